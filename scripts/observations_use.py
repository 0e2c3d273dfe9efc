"""What the run made of every observation of a city.

In: cities/<p>/observations.csv, observations of the dataset, footprint/inventory.csv.
Out: tables/observations_use.csv.
"""

from citymrio.analysis.observations import observations_use
from citymrio.base.labels import read_table, write_table
from citymrio.workflow.job import adapter

with adapter(snakemake):
    files = snakemake.input
    table = observations_use(map(read_table, files.used), map(read_table, files.observations), read_table(files.inventory))
    write_table(table, snakemake.output.table)
