"""Emission inventories of all cities by sector of the table (method section 8; rules R6, R11).

In: nested/mrio.nc (output, value added), dataset tables, inventories and observations of every province; of a given table its
emissions.csv.
Out: footprint/inventory.nc, footprint/inventory.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.base.files import by_stem
from citymrio.base.labels import read_dataset, read_table, stack, write_dataset, write_table
from citymrio.config.models import Inventory, Solver
from citymrio.emissions.given import given_inventory
from citymrio.emissions.inventory import EmissionTables, build_inventory, frame_of

with adapter(snakemake):
    files, out, params = snakemake.input, snakemake.output, snakemake.params
    nested = read_dataset(files.nested)
    emissions = EmissionTables(
        **{name: read_table(files[name]) for name in ("regions", "sectors", "inventory_sectors", "bridge", "fuels")},
        provincial={code: read_table(path) for code, path in by_stem(files.provincial).items()},
        city=stack(map(read_table, by_stem(files.city).values())),
        national=read_table(files.national) if files.national else None,
        observations=stack(map(read_table, by_stem(files.observations).values())),
    )
    if files.given:
        frame = frame_of(emissions, nested["output"])
        inventory, report = given_inventory(read_table(files.given), frame, emissions.regions)
    else:
        inventory, report = build_inventory(
            emissions,
            nested["output"],
            Inventory(**params.inventory),
            Solver(**params.solver),
            value_added=nested["value_added"],
        )
    write_dataset(inventory, out.inventory)
    write_table(report, out.report)
