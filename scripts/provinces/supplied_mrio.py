"""A provincial MRIO of the user in place of the estimated one (`dataset.mrio`: CEADs' workbook
layout, or netCDF).

In: the file, dataset/{regions,sectors,final_demand,corrections}.csv and dataset.json.
Out: provinces/{system,trade,mrio}.nc, provinces/{balance,trade}.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.base.concordance import CLASSIFICATION
from citymrio.base.labels import read_json, read_table, write_outputs
from citymrio.dataset.contract.corrections import Corrections
from citymrio.provinces.supplied import balance_report, supplied_mrio, system_of, trade_of

with adapter(snakemake) as (files, out, params):
    tables = [read_table(files[name]) for name in ("regions", "sectors", "final_demand")]
    run = read_json(files.run)
    lines = Corrections.of_lists(files.corrections, params.lists)
    mrio = supplied_mrio(files.mrio, *tables, params.err_tol, run["unit"], lines)
    mrio.attrs[CLASSIFICATION] = run[CLASSIFICATION]
    trade, report = trade_of(mrio)
    write_outputs(
        out,
        system=system_of(mrio),
        balance=balance_report(),
        province_trade=trade,
        province_trade_report=report,
        mrio=mrio,
    )
