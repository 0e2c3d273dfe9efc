"""Write the nested table in pymrio's folder layout (only on request: the dense table is large).

In: nested/mrio.nc, footprint/inventory.nc, dataset/regions.csv.  Out: mrio/.
"""

from citymrio.export import write_pymrio
from citymrio.labels import read_dataset, read_table
from citymrio.nested import NestedMRIO
from citymrio.workflow import adapter

with adapter(snakemake):
    files = snakemake.input
    write_pymrio(
        NestedMRIO.from_dataset(read_dataset(files.nested)),
        snakemake.output.folder,
        read_dataset(files.inventory),
        read_table(files.regions).set_index("region")["population"].to_xarray(),
    )
