"""Make the dataset of a run and check it against the contract (docs/contracts.md), whatever country it is.

In: a seed (kind `synthetic`), raw files (`china`) or a folder (`user`).  Out: results/<run>/dataset/.
"""

from importlib import import_module

from citymrio.config import Dataset
from citymrio.labels import whole_folder
from citymrio.schemas import check_dataset
from citymrio.workflow import adapter

with adapter(snakemake):
    config = Dataset(**snakemake.params.dataset)
    with whole_folder(snakemake.output.folder) as folder:
        import_module(f"citymrio.datasets.{config.kind}").build(config, folder)
        check_dataset(folder)
