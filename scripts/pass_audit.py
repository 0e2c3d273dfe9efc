"""Stop the run if an invariant of the balance audit fails.

In: tables/audit.csv.  Out: audit_passed.json (how many invariants hold, and at which tolerance).
"""

from citymrio.labels import read_table, write_json
from citymrio.summary import audit_verdict
from citymrio.workflow import adapter

with adapter(snakemake):
    write_json(audit_verdict(read_table(snakemake.input.audit), snakemake.input.audit), snakemake.output.verdict)
