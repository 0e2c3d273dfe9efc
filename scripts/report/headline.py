"""Headline numbers of the run: what it found, by the other method, with intervals, as the paper
prints them, warnings on them.

In: tables of the run, warnings.csv, dataset.json; with an ensemble its numbers.
Out: tables/headline.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.headline import headline
from citymrio.base.errors import read_warnings
from citymrio.base.labels import read_json, read_tables, write_table

with adapter(snakemake) as (files, out, params):
    tables = read_tables([*files.tables, *files.numbers])
    about = (params.method, params.other, params.drawn_by)
    table = headline(tables, read_json(files.run), read_warnings(files.warnings), *about)
    write_table(table, out.headline)
