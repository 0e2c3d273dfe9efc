"""Bring the raw files of the sources lists together, each checked against its sha256.

In: the sources lists, files in raw_dir and extras_dir.
Out: raw.csv, where each file lies; without the folders, the files in `downloads`.
"""

import pandas as pd

from citymrio.workflow.job import adapter
from citymrio.base.labels import write_table
from citymrio.config.models import Dataset
from citymrio.dataset.sources.retrieve import everything

with adapter(snakemake) as (_, out, params):
    found = everything(Dataset(**params.dataset))
    table = pd.DataFrame(
        {"path": [str(path) for path, _ in found], "sha256": [checksum for _, checksum in found]}
    )
    write_table(table, out.manifest)
