"""Make the dataset of a run and check it against the contract (docs/contracts.md), whatever country
it is.

In: a seed (kind `synthetic`), raw files (`china`) or a folder (`user`).
Out: results/<run>/dataset/, with what was read (read.csv) and what looks wrong (warnings.csv).
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import whole_folder
from citymrio.config.models import Dataset
from citymrio.dataset.reading import make_dataset, write_reading

with adapter(snakemake):
    config = Dataset(**snakemake.params.dataset)
    with whole_folder(snakemake.output.folder) as folder:
        write_reading(*make_dataset(config, folder), folder)
