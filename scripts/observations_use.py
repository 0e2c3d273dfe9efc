"""What the run made of every observation of a city.

In: cities/<p>/observations.csv, observations of the dataset, footprint/inventory.{nc,csv}.
Out: tables/observations_use.csv.
"""

from citymrio.analysis.observations import observations_use
from citymrio.base.labels import read_dataset, read_table, write_table
from citymrio.workflow.job import adapter

with adapter(snakemake):
    files = snakemake.input
    tables = [[read_table(path) for path in paths] for paths in (files.used, files.observations)]
    table = observations_use(*tables, read_dataset(files.inventory), read_table(files.report))
    write_table(table, snakemake.output.table)
