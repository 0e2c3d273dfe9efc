"""Scenarios of technology, demand and both, the carbon quota they set free, the deficits of lifting (method section 11).

In: nested/mrio.nc, footprint/*.nc, analysis/key_intensities.csv, tables/{regions,parameters}.csv, tables of the dataset.
Out: tables/{scenarios,scenario_cities,quota,deficits}.csv.
"""

from citymrio.analysis.affluence import affluence_column, is_city
from citymrio.analysis.scenarios.deficits import deficits
from citymrio.analysis.scenarios.measure import Inputs
from citymrio.analysis.scenarios.possible import possible
from citymrio.analysis.scenarios.quota import quota
from citymrio.analysis.scenarios.run import run_scenarios
from citymrio.base.labels import read_dataset, read_table, write_table
from citymrio.config.models import Groups, Scenarios
from citymrio.nested import NestedMRIO
from citymrio.workflow.job import adapter

with adapter(snakemake):
    files, out = snakemake.input, snakemake.output
    regions = read_table(files.regions)
    inputs = Inputs(
        nested=NestedMRIO.from_dataset(read_dataset(files.nested)),
        footprints=read_dataset(files.footprints),
        inventory=read_dataset(files.inventory),
        intensities=read_table(files.intensities),
        bridge=read_table(files.bridge),
        inventory_sectors=read_table(files.inventory_sectors),
        regions=regions,
        final_demand=read_table(files.final_demand),
        benchmarks=read_table(files.benchmarks),
    )
    config = possible(Scenarios(**snakemake.params.scenarios), inputs.inventory, inputs.benchmarks, inputs.inventory_sectors)
    scenarios, cities = run_scenarios(inputs, config)
    parameters = read_table(files.parameters).set_index("parameter")["value"]
    write_table(scenarios, out.scenarios)
    write_table(cities, out.cities)
    write_table(quota(scenarios, parameters["emissions"], parameters["peak_emissions"]), out.quota)
    write_table(deficits(regions[is_city(regions)], affluence_column(Groups(**snakemake.params.groups))), out.deficits)
