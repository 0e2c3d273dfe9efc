"""Accounts of further stressors by region, beside those of CO2 (method section 9).

In: nested/mrio.nc, stressors.csv and lists of the dataset, footprint/{emissions,footprints}.nc.
Out: footprint/stressors.nc, tables/stressors.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_dataset, read_table, read_tables, write_outputs
from citymrio.config.models import Emissions
from citymrio.emissions.stressors import TEXT, stressor_inventories
from citymrio.footprints.stressors import stressor_accounts, stressor_table
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, params):
    nested = NestedMRIO.from_dataset(read_dataset(files.nested))
    tables = read_tables(files.lists)
    rows = read_table(files.stressors, text=TEXT)
    accounts = stressor_accounts(nested, stressor_inventories(rows, tables, nested.dataset))
    table = stressor_table(
        accounts,
        read_dataset(files.footprints),
        read_dataset(files.inventory),
        tables["regions"],
        Emissions(**params.emissions),
    )
    write_outputs(out, accounts=accounts, table=table)
