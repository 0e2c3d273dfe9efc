"""A provincial MRIO of the user in place of the estimated one (`dataset.mrio`: CEADs' workbook
layout, or netCDF).

In: the file, dataset/{regions,sectors,final_demand,corrections}.csv and dataset.json.
Out: provinces/supplied.nc.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_json, read_table, write_dataset
from citymrio.dataset.contract.corrections import Corrections
from citymrio.provinces.supplied import supplied_mrio

with adapter(snakemake):
    files = snakemake.input
    tables = [read_table(files[name]) for name in ("regions", "sectors", "final_demand")]
    unit = read_json(files.run)["unit"]
    params = snakemake.params
    lines = Corrections.of_lists(files.corrections, params.lists)
    mrio = supplied_mrio(files.mrio, *tables, params.err_tol, unit, lines)
    write_dataset(mrio, snakemake.output.mrio)
