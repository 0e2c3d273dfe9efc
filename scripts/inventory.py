"""Emission inventories of all cities by sector of the table (method section 8; rules R6, R11).

In: nested/mrio.nc (output, value added), dataset tables, inventories and observations of every province.
Out: footprint/inventory.nc, footprint/inventory.csv.
"""

from citymrio.base.labels import read_dataset, read_table, write_dataset, write_table
from citymrio.config.models import Inventory, Solver
from citymrio.emissions.inventory import build_inventory
from citymrio.workflow.job import adapter, by_stem, stack

with adapter(snakemake):
    files, out, params = snakemake.input, snakemake.output, snakemake.params
    nested = read_dataset(files.nested)
    inventory, report = build_inventory(
        regions=read_table(files.regions),
        sectors=read_table(files.sectors),
        inventory_sectors=read_table(files.inventory_sectors),
        bridge=read_table(files.bridge),
        fuels=read_table(files.fuels),
        provincial={code: read_table(path) for code, path in by_stem(files.provincial).items()},
        output=nested["output"],
        value_added=nested["value_added"],
        city=stack(map(read_table, by_stem(files.city).values())),
        national=read_table(files.national) if files.national else None,
        observations=stack(map(read_table, by_stem(files.observations).values())),
        config=Inventory(**params.inventory),
        solver=Solver(**params.solver),
    )
    write_dataset(inventory, out.inventory)
    write_table(report, out.report)
