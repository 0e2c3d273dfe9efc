"""What is worth collecting: how far each kind of data that cities lack would narrow the intervals
(docs/value-of-data.md).

In: uncertainty/members/*, uncertainty/accounts/*, footprint/footprints.nc, every file of the
dataset.
Out: uncertainty/value_of_data.csv.
"""

import pandas as pd
import xarray as xr

from citymrio.workflow.job import adapter
from citymrio.assessment.ensemble.value import Outcomes, collectable, value_of_data
from citymrio.base.files import common_folder
from citymrio.base.labels import read_dataset, read_table, write_table
from citymrio.config.models import Uncertainty
from citymrio.dataset.dataset import DatasetFolder

with adapter(snakemake):
    files, config = snakemake.input, Uncertainty.model_validate(snakemake.params.uncertainty)
    dataset, footprints = (
        DatasetFolder.read(common_folder(files.dataset)),
        read_dataset(files.footprints),
    )
    regions = dataset.tables["regions"]
    members = xr.concat([read_dataset(path) for path in files.members], dim="member")
    numbers = pd.concat([read_table(path) for path in files.numbers], ignore_index=True)
    outcomes = Outcomes.of(members, numbers, footprints, regions, config.level)
    parts = [
        part for part in map(read_dataset, files.accounts) if part.data_vars
    ]  # a job may keep no member
    data = collectable(xr.concat(parts, dim="member"), dataset, footprints, config)
    write_table(value_of_data(outcomes, data, regions), snakemake.output.table)
