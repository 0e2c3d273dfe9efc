"""A provincial MRIO of the user in place of the estimated one (`dataset.mrio`: CEADs' workbook
layout, or netCDF).

In: the file, dataset/{regions,sectors,final_demand}.csv and dataset.json.
Out: provinces/supplied.nc.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_json, read_table, write_dataset
from citymrio.provinces.supplied import supplied_mrio

with adapter(snakemake):
    files = snakemake.input
    tables = [read_table(files[name]) for name in ("regions", "sectors", "final_demand")]
    unit = read_json(files.run)["unit"]
    write_dataset(
        supplied_mrio(files.mrio, *tables, snakemake.params.err_tol, unit), snakemake.output.mrio
    )
