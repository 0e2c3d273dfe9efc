"""Emission inventories of all cities by sector of the table (method section 8; rules R6, R11).

In: nested/mrio.nc (output, value added), cities/<p>/accounts.nc and provinces/intensities.nc where
CO2 totals tell outputs, dataset tables, inventories and observations of every province; of a given
table its emissions.csv.
Out: footprint/emissions.nc, footprint/emissions.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.base.files import by_folder
from citymrio.base.labels import read_dataset, read_table, read_tables, stack, write_outputs
from citymrio.config.models import Emissions, Solver
from citymrio.emissions.inventory import city_inventories, given_emissions

with adapter(snakemake) as (files, out, params):
    tables = {
        name: read_table(files[name])
        for name in ("regions", "sectors", "inventory_sectors", "bridge", "fuels")
    }
    nested = read_dataset(files.nested)
    if files.emissions:
        inventory, report = given_emissions(tables, nested, read_table(files.emissions))
    else:
        accounts = {code: read_dataset(path) for code, path in by_folder(files.accounts).items()}
        inventory, report = city_inventories(
            tables,
            {
                "nested": nested,
                "accounts": accounts,
                "intensities": read_dataset(files.intensities) if files.intensities else None,
            },
            read_tables(files.provincial),
            stack(read_tables(files.inventory_city).values()),
            read_table(files.inventory_national) if files.inventory_national else None,
            read_tables(files.observations),
            Emissions(**params.emissions),
            Solver(**params.solver),
        )
    write_outputs(out, inventory=inventory, inventory_report=report)
