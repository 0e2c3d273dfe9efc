"""Stop the run if an invariant of the balance audit fails.

In: tables/audit.csv, cities/<p>/diagnostics.csv.
Out: audit_passed.json (how many invariants hold, and at which tolerance).
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.audit import audit_verdict
from citymrio.base.files import by_folder
from citymrio.base.labels import read_table, write_json

with adapter(snakemake) as (files, out, _):
    audit = files.audit
    diagnostics = {str(path): read_table(path) for path in by_folder(files.diagnostics).values()}
    write_json(audit_verdict(read_table(audit), audit, diagnostics), out.verdict)
