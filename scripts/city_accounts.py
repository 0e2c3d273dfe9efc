"""Accounts of the cities of a province from any observation about them (method sections 1-2; rules R5, R6, R8).

In: provinces/mrio.nc, dataset/{regions,sectors,final_demand}.csv, dataset/observations/<p>.csv.
Out: cities/<p>/accounts.nc and its diagnostics.
"""

from citymrio.cities.accounts import city_accounts
from citymrio.config import Cities, Solver
from citymrio.labels import read_dataset, read_table, write_dataset, write_table
from citymrio.workflow import adapter

with adapter(snakemake):
    files, out, params = snakemake.input, snakemake.output, snakemake.params
    accounts, diagnostics = city_accounts(
        read_dataset(files.mrio),
        snakemake.wildcards.province,
        read_table(files.regions),
        read_table(files.observations),
        read_table(files.sectors),
        read_table(files.final_demand),
        Cities(**params.cities),
        Solver(**params.solver),
    )
    write_dataset(accounts, out.accounts)
    write_table(diagnostics, out.diagnostics)
