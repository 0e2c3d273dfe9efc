"""Every number the paper prints beside what the run gives, and whether the two can be compared
(method section 14).

In: config/paper_targets.csv, tables of the run and of the dataset, dataset.json.
Out: tables/paper_comparison.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.paper.results import Results, compare
from citymrio.base.labels import read_json, read_table, read_tables, write_table

with adapter(snakemake) as (files, out, _):
    tables = read_tables([*files.groups, *files.tables, *files.dataset])
    comparison = compare(read_table(files.targets), Results(tables, read_json(files.run)))
    write_table(comparison, out.comparison)
