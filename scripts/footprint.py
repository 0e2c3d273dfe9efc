"""Footprints of every region, and flows of carbon and value added from origin to destination (method section 9).

In: nested/mrio.nc, footprint/inventory.nc, dataset/regions.csv.  Out: footprint/footprints.nc, tables/intercity.csv.
"""

from citymrio.config import Inventory
from citymrio.footprint import footprints, intercity
from citymrio.labels import read_dataset, read_table, write_dataset, write_table
from citymrio.nested import NestedMRIO
from citymrio.workflow import adapter

with adapter(snakemake):
    files, out = snakemake.input, snakemake.output
    nested = NestedMRIO.from_dataset(read_dataset(files.nested))
    result = footprints(nested, read_dataset(files.inventory), Inventory(**snakemake.params.inventory))
    write_dataset(result, out.footprints)
    write_table(intercity(result, read_table(files.regions)), out.intercity)
