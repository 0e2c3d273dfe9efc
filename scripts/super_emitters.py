"""Intensities of the key sectors in every region, and the table of the super-emitters' (method section 11a).

In: footprint/inventory.nc, footprint/footprints.nc (output), tables/regions.csv, tables of the dataset.
Out: analysis/key_intensities.csv, tables/intensities.csv.
"""

from citymrio.base.labels import read_dataset, read_table, write_table
from citymrio.emissions.key_sectors import intensity_table, key_intensities
from citymrio.workflow.job import adapter

with adapter(snakemake):
    files, out = snakemake.input, snakemake.output
    intensities = key_intensities(
        inventory=read_dataset(files.inventory),
        output=read_dataset(files.footprints)["output"],
        bridge=read_table(files.bridge),
        inventory_sectors=read_table(files.inventory_sectors),
        benchmarks=read_table(files.benchmarks),
        key_sectors=snakemake.params.key_sectors,
    )
    write_table(intensities, out.all)
    write_table(intensity_table(intensities, read_table(files.regions)), out.intensities)
