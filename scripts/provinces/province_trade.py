"""Estimate trade between provinces by doubly constrained entropy (method 0.2; Wilson 1970).

In: provinces/system.nc, dataset/regions.csv, dataset/sectors.csv for a known trade.
Out: provinces/trade.nc, provinces/trade.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_dataset, read_table, write_outputs
from citymrio.config.models import Provinces, Solver
from citymrio.provinces.trade import province_trade

with adapter(snakemake) as (files, out, params):
    trade, report = province_trade(
        read_dataset(files.system),
        read_table(files.regions),
        Provinces(**params.provinces),
        Solver(**params.solver),
        read_table(files.sectors) if files.sectors else None,
    )
    write_outputs(out, province_trade=trade, province_trade_report=report)
