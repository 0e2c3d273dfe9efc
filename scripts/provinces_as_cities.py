"""The provinces of the run as the cities of the nation: how near single-region tables and home shares come (docs/accuracy.md).

In: provinces/system.nc, tables of the dataset.  Out: uncertainty/accuracy_provinces.csv.
"""

from citymrio.config import Solver
from citymrio.experiments.provinces import provinces_as_cities
from citymrio.labels import read_dataset, read_table, write_table
from citymrio.provinces import province_centres
from citymrio.workflow import adapter

with adapter(snakemake):
    files, params = snakemake.input, snakemake.params
    accuracy = provinces_as_cities(
        read_dataset(files.system),
        province_centres(read_table(files.regions)),
        read_table(files.sectors),
        read_table(files.final_demand),
        Solver(**params.solver),
        params.theta,
    )
    write_table(accuracy, snakemake.output.accuracy)
