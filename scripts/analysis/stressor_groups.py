"""Groups, types above the threshold and demand scenarios of another stressor than CO2.

In: nested/mrio.nc, footprint/stressors.nc, tables/regions.csv, lists of the dataset.
Out: tables/stressor_*.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.analysis.of_stressor import inventory_of, stressor_groups, stressor_inputs
from citymrio.base.files import by_stem
from citymrio.base.labels import read_dataset, read_table, read_tables, write_table
from citymrio.config.models import Emissions, Groups, Scenarios
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, params):
    nested = NestedMRIO.from_dataset(read_dataset(files.nested))
    lists = read_tables(files.lists)
    inventory = inventory_of(read_dataset(files.accounts), params.stressor)
    inputs = stressor_inputs(
        nested, inventory, read_table(files.regions), lists, Emissions(**params.emissions)
    )
    made = stressor_groups(
        params.stressor,
        inputs,
        lists["sectors"],
        Groups(**params.groups),
        Scenarios(**params.scenarios),
    )
    for name, path in by_stem(out.tables).items():
        write_table(made[name.removeprefix("stressor_")], path)
