"""Emission intensities of the provinces by sector of the table, and emissions of cities with an inventory (method section 8; R6).

In: provinces/mrio.nc (output), dataset/inventory/<p>.csv, inventory_city, tables of the dataset.  Out: provinces/intensities.nc.
"""

import pandas as pd

from citymrio.workflow.job import adapter
from citymrio.base.files import by_stem
from citymrio.base.labels import read_dataset, read_table, write_dataset
from citymrio.emissions.intensities import emissions_of_cities, provincial_intensities

with adapter(snakemake):
    files = snakemake.input
    lists = {name: read_table(files[name]) for name in ("inventory_sectors", "bridge", "fuels", "sectors")}
    provincial = {code: read_table(path) for code, path in by_stem(files.inventory).items()}
    own = [read_table(path) for path in by_stem(files.city).values()]
    intensities = provincial_intensities(read_dataset(files.mrio)["output"], provincial, **lists).to_dataset(name="intensity")
    write_dataset(
        intensities.assign(emitted=emissions_of_cities(pd.concat(own, ignore_index=True) if own else None, **lists)),
        snakemake.output.intensities,
    )
