"""Make the dataset of a run and check it against the contract (docs/contracts.md), whatever country
it is.

In: a seed (kind `synthetic`), raw files (`china`) or a folder (`user`).
Out: results/<run>/dataset/, with what was read (read.csv) and what looks wrong (warnings.csv).
"""

from citymrio.workflow.job import adapter
from citymrio.base.errors import as_table
from citymrio.base.labels import whole_folder, write_table
from citymrio.config.models import Dataset
from citymrio.dataset.reading import make_dataset

with adapter(snakemake) as (_, out, params):
    config = Dataset(**params.dataset)
    with whole_folder(out.folder) as folder:
        read, notices = make_dataset(config, folder)
        write_table(read, folder / "read.csv")
        write_table(as_table(notices), folder / "warnings.csv")
