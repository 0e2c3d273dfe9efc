"""Quintiles, industrial structures, super-emitters, flows between groups (method sections 10-12).

In: footprint/footprints.nc, footprint/emissions.nc, provinces/mrio.nc, tables of the dataset,
tables/observations_use.csv (where there is something to estimate).
Out: tables/{regions,quintiles,structures,flows_groups,va_per_emission,va_dependence}.csv,
tables/{intercity_cities,clusters,centroids}.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.analysis.status import Evidence
from citymrio.analysis.tables import GroupInputs, group_tables
from citymrio.base.labels import read_dataset, read_json, read_table, write_outputs
from citymrio.config.models import Groups

with adapter(snakemake) as (files, out, params):
    regions, inventory = read_table(files.regions), read_dataset(files.inventory)
    inputs = GroupInputs(
        regions=regions,
        sectors=read_table(files.sectors),
        final_demand=read_table(files.final_demand),
        benchmarks=read_table(files.benchmarks),
        footprints=read_dataset(files.footprints),
        inventory=inventory,
        usd_rate=read_json(files.run)["usd_rate"],
        mrio=read_dataset(files.mrio) if files.mrio else None,
        evidence=Evidence.of(read_table(files.used) if files.used else None, regions, inventory),
    )
    write_outputs(out, **group_tables(inputs, Groups(**params.groups), quality=True))
