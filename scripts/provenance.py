"""Record where a run comes from: configuration, versions, commit, checksums.

In: the dataset, tables/*.csv.  Out: provenance.json.
"""

from pathlib import Path

from citymrio.labels import read_json, write_json
from citymrio.provenance import provenance
from citymrio.workflow import adapter

with adapter(snakemake):
    files = snakemake.input
    record = provenance(snakemake.params.config, read_json(files.run), files.dataset, files.tables, Path(__file__).parents[1])
    write_json(record, snakemake.output.provenance)
