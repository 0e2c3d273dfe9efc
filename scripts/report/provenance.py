"""Record where a run comes from: configuration, versions, commit, checksums.

In: the dataset, tables/*.csv, figures and netCDF files.
Out: provenance.json.
"""

from pathlib import Path

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_json, write_json
from citymrio.workflow.provenance import provenance

with adapter(snakemake) as (files, out, params):
    run, folder = read_json(files.run), Path(__file__).parents[2]
    dataset = [*files.dataset, *filter(None, (files.history, files.brought))]
    tables = [*files.tables, *([files.stressors] if files.stressors else [])]
    record = provenance(
        params.config, run, dataset, tables, [*files.stamped, *files.linked], folder
    )
    write_json(record, out.provenance)
