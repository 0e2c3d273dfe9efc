"""Bring the raw files of the sources list together, each checked against its sha256.

In: the sources list, files in raw_dir.  Out: raw.csv, where each file lies; without raw_dir, the files in `downloads`.
"""

import pandas as pd

from citymrio.base.labels import write_table
from citymrio.config.models import Dataset
from citymrio.dataset.sources.retrieve import read_sources, retrieve
from citymrio.workflow.job import adapter

with adapter(snakemake):
    config = Dataset(**snakemake.params.dataset)
    checksums = read_sources(config.sources)["sha256"]
    write_table(pd.DataFrame({"path": map(str, retrieve(config)), "sha256": checksums}), snakemake.output.manifest)
