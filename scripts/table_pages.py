"""Main tables as pages for the report.

In: tables/*.csv, dataset/dataset.json; with an ensemble its intervals.  Out: report/<table>.html.
"""

from pathlib import Path

from citymrio.assessment.ensemble.intervals import with_intervals
from citymrio.base.labels import read_json, read_table, write_atomic
from citymrio.report.columns import described
from citymrio.report.pages import SHOWN, table_page
from citymrio.workflow.job import adapter, by_stem

with adapter(snakemake):
    files, pages = snakemake.input, by_stem(snakemake.output.pages)
    tables, run = {name: read_table(path) for name, path in by_stem(files.tables).items()}, read_json(files.run)
    if files.intervals:
        tables["regions"] = with_intervals(tables["regions"], read_table(files.intervals))
    origin = f"{run['name']}, {run['year']}" + (", synthetic data" if run["synthetic"] else "")
    origin += f"; money in {run['unit']}, {run['price_basis']}"
    for name, page in pages.items():
        table = tables[name]
        text = table_page(table, SHOWN[name].title, f"{origin}: {name}.csv", described(name, table.columns, run))
        write_atomic(page, lambda target, text=text: Path(target).write_text(text, encoding="utf-8"))
