"""Part supply and demand of the cities of a province into own city, own province, other provinces (method section 3).

In: cities/<p>/accounts.nc, provinces/mrio.nc, dataset/regions.csv.  Out: cities/<p>/split.nc and its diagnostics.
"""

from citymrio.cities.split import split_supply_demand
from citymrio.config import Cities, Solver
from citymrio.labels import read_dataset, read_table, write_dataset, write_table
from citymrio.workflow import adapter

with adapter(snakemake):
    files, out, params = snakemake.input, snakemake.output, snakemake.params
    split, diagnostics = split_supply_demand(
        read_dataset(files.accounts),
        read_dataset(files.mrio),
        read_table(files.regions),
        Cities(**params.cities),
        Solver(**params.solver),
    )
    write_dataset(split, out.split)
    write_table(diagnostics, out.diagnostics)
