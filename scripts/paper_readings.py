"""Every definition that the paper's text allows for its numbers, computed beside the printed values (docs/china.md).

In: every file of the dataset, provinces/mrio.nc, nested/mrio.nc, footprint/inventory.nc, both of variants,
config/paper_targets.csv.  Out: tables/readings.csv.
"""

from citymrio.assessment.paper.readings.chains import MAIN
from citymrio.assessment.paper.readings.evaluate import Run, readings
from citymrio.base.labels import read_dataset, read_table, write_table
from citymrio.config.models import Config
from citymrio.dataset.dataset import DatasetFolder
from citymrio.nested import NestedMRIO
from citymrio.workflow.job import adapter, common_folder

with adapter(snakemake):
    files, params = snakemake.input, snakemake.params
    config = Config.model_validate(
        {
            **params.sections,
            "method": params.method,
            "variants": params.settings,
            "dataset": {"neighbours": params.neighbours},
        }
    )
    estimates = {
        name: (NestedMRIO.from_dataset(read_dataset(nested)), read_dataset(inventory))
        for name, nested, inventory in zip([MAIN, *params.variants], files.nested, files.inventories, strict=True)
    }
    dataset = DatasetFolder.read(common_folder(files.dataset), config.cities.extras)
    run = Run(dataset, config, read_dataset(files.mrio), estimates, read_table(files.targets))
    write_table(readings(run), snakemake.output.readings)
