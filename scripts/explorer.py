"""The explorer: one page of the run to look around in, without a server.

In: tables/*.csv, footprint/footprints.nc, dataset/dataset.json.  Out: explorer/index.html.
"""

from pathlib import Path

from citymrio.base.labels import read_dataset, read_json, read_table, write_atomic
from citymrio.report.explorer.page import page
from citymrio.report.explorer.payload import blocks
from citymrio.workflow.job import adapter, by_stem

with adapter(snakemake):
    files = snakemake.input
    tables, run = {name: read_table(path) for name, path in by_stem(files.tables).items()}, read_json(files.run)
    text = page(
        title=run["name"],
        description=f"Who emits carbon for whom: {run['name']}, {run['year']}",
        blocks=blocks(tables, read_dataset(files.footprints), run, {}),
        without_script="<p>This page needs JavaScript. The same numbers are in the tables beside it.</p>",
    )
    write_atomic(snakemake.output.page, lambda target: Path(target).write_text(text, encoding="utf-8"))
