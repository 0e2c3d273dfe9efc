"""Scenarios of technology, demand and both, the carbon quota they set free, the deficits of lifting
(method section 11).

In: nested/mrio.nc, footprint/*.nc, analysis/key_intensities.csv, tables/{regions,parameters}.csv,
tables of the dataset, its inventory_national.csv where there is one.
Out: tables/{scenarios,scenario_cities,quota,deficits}.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.analysis.affluence import affluence_column, is_city
from citymrio.analysis.scenarios.deficits import deficit_targets, deficits, quota
from citymrio.analysis.scenarios.measure import Inputs
from citymrio.analysis.scenarios.possible import feasible_scenarios
from citymrio.analysis.scenarios.run import run_scenarios
from citymrio.base.labels import read_dataset, read_table, write_outputs
from citymrio.config.models import Groups, Scenarios
from citymrio.emissions.activity import national_inventory
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, params):
    regions, benchmarks = read_table(files.regions), read_table(files.benchmarks)
    groups, settings = Groups(**params.groups), Scenarios(**params.scenarios)
    national = read_table(files.national) if files.national else None
    inputs = Inputs(
        nested=NestedMRIO.from_dataset(read_dataset(files.nested)),
        footprints=read_dataset(files.footprints),
        inventory=read_dataset(files.inventory),
        intensities=read_table(files.intensities),
        bridge=read_table(files.bridge),
        inventory_sectors=read_table(files.inventory_sectors),
        regions=regions,
        benchmarks=benchmarks,
        national_inventory=national_inventory(national, read_table(files.fuels)),
    )
    lifted = deficits(
        regions[is_city(regions)], affluence_column(groups), deficit_targets(benchmarks, settings)
    )
    settings = feasible_scenarios(settings, inputs.inventory, benchmarks, inputs.inventory_sectors)
    scenarios, cities = run_scenarios(inputs, settings)
    parameters = read_table(files.parameters).set_index("parameter")["value"]
    left = quota(scenarios, parameters["emissions"], parameters["peak_emissions"])
    write_outputs(out, scenarios=scenarios, cities=cities, quota=left, deficits=lifted)
