"""The chain of one province: accounts, split, tables, trade and linking of its cities (method sections 1-6).

In: provinces/mrio.nc, provinces/priors.csv (calibrated), dataset/{regions,sectors,final_demand}.csv, observations/<p>.csv.
Out: cities/<p>/{accounts,split,tables,trade,linked}.nc, cities/<p>/diagnostics.csv.
"""

from citymrio.base.labels import read_dataset, read_table, write_dataset, write_table
from citymrio.cities.accounts import city_accounts
from citymrio.cities.link import link
from citymrio.cities.split import split_supply_demand
from citymrio.cities.tables import city_tables
from citymrio.cities.trade import city_trade
from citymrio.config.models import Cities, Solver
from citymrio.workflow.job import adapter, stack

with adapter(snakemake):
    files, out, params = snakemake.input, snakemake.output, snakemake.params
    province, config, solver = snakemake.wildcards.province, Cities(**params.cities), Solver(**params.solver)
    mrio, regions = read_dataset(files.mrio), read_table(files.regions)
    intensities = read_dataset(files.intensities)["intensity"] if files.intensities else None
    priors = read_table(files.priors) if files.priors else None
    known = intensities is not None and province in intensities["province"].values
    accounts, first = city_accounts(
        mrio,
        province,
        regions,
        read_table(files.observations),
        read_table(files.sectors),
        read_table(files.final_demand),
        config,
        solver,
        intensities.sel(province=province) if known else None,
        priors,
    )
    split, second = split_supply_demand(accounts, mrio, regions, config, solver, priors)
    tables, third = city_tables(accounts, split, mrio, config, solver)
    trade, fourth = city_trade(split, regions, config, solver, priors)
    write_dataset(accounts, out.accounts)
    write_dataset(split, out.split)
    write_dataset(tables, out.tables)
    write_dataset(trade, out.trade)
    write_dataset(link(accounts, split, tables, trade, mrio), out.linked)
    write_table(stack([first, second, third, fourth]), out.diagnostics)
