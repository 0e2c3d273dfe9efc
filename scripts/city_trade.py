"""Trade between the cities of a province (method section 5).

In: cities/<p>/split.nc, dataset/regions.csv.  Out: cities/<p>/trade.nc and its diagnostics.
"""

from citymrio.cities.trade import city_trade
from citymrio.config import Cities, Solver
from citymrio.labels import read_dataset, read_table, write_dataset, write_table
from citymrio.workflow import adapter

with adapter(snakemake):
    files, out, params = snakemake.input, snakemake.output, snakemake.params
    trade, diagnostics = city_trade(
        read_dataset(files.split), read_table(files.regions), Cities(**params.cities), Solver(**params.solver)
    )
    write_dataset(trade, out.trade)
    write_table(diagnostics, out.diagnostics)
