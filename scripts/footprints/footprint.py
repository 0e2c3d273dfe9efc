"""Footprints of every region, and flows of carbon and value added from origin to destination
(method section 9).

In: nested/mrio.nc, footprint/emissions.nc, dataset/regions.csv.
Out: footprint/footprints.nc, tables/intercity.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_dataset, read_table, write_outputs
from citymrio.config.models import Emissions
from citymrio.footprints.footprint import footprints, intercity
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, params):
    nested = NestedMRIO.from_dataset(read_dataset(files.nested))
    result = footprints(nested, read_dataset(files.inventory), Emissions(**params.emissions))
    write_outputs(out, footprints=result, intercity=intercity(result, read_table(files.regions)))
