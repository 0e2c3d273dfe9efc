"""How many cities' intervals hold their true footprint and production emissions (docs/accuracy.md).

In: uncertainty/regions.csv, the dataset's regions.csv, footprints of the true table.
Out: uncertainty/coverage.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.truth import coverage
from citymrio.base.labels import read_dataset, read_table, write_table

with adapter(snakemake) as (files, out, _):
    table = coverage(
        read_table(files.regions), read_dataset(files.true_footprints), read_table(files.cities)
    )
    write_table(table, out.coverage)
