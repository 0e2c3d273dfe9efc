"""Headline numbers of the run: what it found, by the other method, as the paper prints them, and the warnings that bear on them.

In: tables of the run, warnings.csv, dataset.json.  Out: tables/headline.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.headline import headline
from citymrio.base.files import by_stem
from citymrio.base.labels import read_json, read_table, write_table
from citymrio.base.notices import read_warnings

with adapter(snakemake):
    files, params = snakemake.input, snakemake.params
    tables = {name: read_table(path) for name, path in by_stem(files.tables).items()}
    table = headline(tables, read_json(files.run), read_warnings(files.warnings), params.method, params.other)
    write_table(table, snakemake.output.headline)
