"""Record where a run comes from: configuration, versions, commit, checksums.

In: the dataset, tables/*.csv.  Out: provenance.json.
"""

from citymrio.labels import read_json, write_json
from citymrio.provenance import provenance
from citymrio.workflow import adapter

with adapter(snakemake):
    files, params = snakemake.input, snakemake.params
    record = provenance(params.config, read_json(files.run), files.dataset, files.tables, params.folder)
    write_json(record, snakemake.output.provenance)
