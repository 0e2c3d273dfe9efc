"""Thresholds and targets that figures and scenarios quote (method sections 10, 11).

In: footprint/footprints.nc, footprint/emissions.nc, tables/regions.csv, benchmarks of the dataset.
Out: tables/parameters.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.analysis.scenarios.possible import feasible_scenarios
from citymrio.analysis.tables import parameter_table
from citymrio.base.labels import read_dataset, read_table, write_outputs
from citymrio.config.models import Groups, Scenarios

with adapter(snakemake) as (files, out, params):
    inventory, benchmarks = read_dataset(files.inventory), read_table(files.benchmarks)
    parameters = parameter_table(
        read_table(files.regions),
        read_dataset(files.footprints),
        inventory,
        benchmarks,
        Groups(**params.groups),
        feasible_scenarios(Scenarios(**params.scenarios), inventory, benchmarks),
    )
    write_outputs(out, parameters=parameters)
