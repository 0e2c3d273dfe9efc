"""Emission intensities of the provinces by sector of the table, and emissions of cities with an
inventory (method section 8; R6).

In: provinces/mrio.nc (output), dataset/inventory/<p>.csv, inventory_city, tables of the dataset.
Out: provinces/intensities.nc.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_dataset, read_table, read_tables, stack, write_dataset
from citymrio.emissions.intensities import province_intensities

with adapter(snakemake) as (files, out, _):
    lists = {
        name: read_table(files[name])
        for name in ("inventory_sectors", "bridge", "fuels", "sectors")
    }
    provincial = read_tables(files.provincial)
    city = stack(read_tables(files.inventory_city).values())
    write_dataset(
        province_intensities(
            read_dataset(files.mrio), provincial, city, lists, read_table(files.regions)
        ),
        out.intensities,
    )
