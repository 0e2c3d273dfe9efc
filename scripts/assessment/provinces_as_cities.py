"""The provinces of the run as the cities of the nation: how near single-region tables and home
shares come (docs/accuracy.md).

In: provinces/system.nc, tables of the dataset.
Out: uncertainty/accuracy_provinces.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.known_table.provinces import Experiment, provinces_as_cities
from citymrio.base.geography import province_centres
from citymrio.base.labels import read_dataset, read_table, write_table
from citymrio.config.models import Solver

with adapter(snakemake):
    files, params = snakemake.input, snakemake.params
    experiment = Experiment(
        read_dataset(files.system),
        province_centres(read_table(files.regions)),
        read_table(files.sectors),
        read_table(files.final_demand),
        Solver(**params.solver).direct,
        params.theta,
    )
    write_table(provinces_as_cities(experiment), snakemake.output.accuracy)
