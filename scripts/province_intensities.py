"""Emission intensities of the provinces by sector of the table (method section 8; rule R6, `output`).

In: provinces/mrio.nc (output), dataset/inventory/<p>.csv, tables of the dataset.  Out: provinces/intensities.nc.
"""

from citymrio.workflow.job import adapter
from citymrio.base.files import by_stem
from citymrio.base.labels import read_dataset, read_table, write_dataset
from citymrio.emissions.intensities import provincial_intensities

with adapter(snakemake):
    files = snakemake.input
    intensities = provincial_intensities(
        read_dataset(files.mrio)["output"],
        {code: read_table(path) for code, path in by_stem(files.inventory).items()},
        read_table(files.inventory_sectors),
        read_table(files.bridge),
        read_table(files.fuels),
        read_table(files.sectors),
    )
    write_dataset(intensities.to_dataset(name="intensity"), snakemake.output.intensities)
