"""How many numbers of the cities the data identify, measured on the estimate.

In: nested/mrio.nc, footprint/{footprints,emissions}.nc, analysis/key_intensities.csv,
tables/observations_use.csv (where there is something to estimate), tables of the dataset.
Out: tables/identified.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.analysis.identified import (
    final_demand_by_product,
    identification_table,
    quantities_of,
    warn_of_identification,
)
from citymrio.analysis.status import Evidence
from citymrio.base.labels import read_dataset, read_table, write_table

with adapter(snakemake) as (files, out, _):
    regions, inventory = read_table(files.regions), read_dataset(files.inventory)
    quantities = quantities_of(
        read_dataset(files.footprints),
        inventory,
        final_demand_by_product(read_dataset(files.nested), read_table(files.final_demand)),
        read_table(files.intensities),
        {
            "sectors": read_table(files.sectors),
            "inventory_sectors": read_table(files.inventory_sectors),
        },
    )
    used = read_table(files.used) if files.used else None
    table = identification_table(quantities, Evidence.of(used, regions, inventory), regions)
    warn_of_identification(table)
    write_table(table, out.table)
