"""Footprints of every region, and flows of carbon and value added from origin to destination (method section 9).

In: nested/mrio.nc, footprint/inventory.nc.  Out: footprint/footprints.nc.
"""

from citymrio.config import Inventory
from citymrio.footprint import footprints
from citymrio.labels import read_dataset, write_dataset
from citymrio.nested import NestedMRIO
from citymrio.workflow import adapter

with adapter(snakemake):
    files = snakemake.input
    nested = NestedMRIO.from_dataset(read_dataset(files.nested))
    result = footprints(nested, read_dataset(files.inventory), Inventory(**snakemake.params.inventory))
    write_dataset(result, snakemake.output.footprints)
