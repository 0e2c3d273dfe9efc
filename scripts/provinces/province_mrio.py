"""Build the provincial MRIO from the balanced system and the trade between provinces (method 0.2).

In: provinces/system.nc, provinces/trade.nc.
Out: provinces/mrio.nc.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_dataset, write_dataset
from citymrio.provinces.mrio import province_mrio

with adapter(snakemake) as (files, out, _):
    mrio = province_mrio(read_dataset(files.system), read_dataset(files.province_trade))
    write_dataset(mrio, out.mrio)
