"""What the run predicts of data that it is not told: CO2 totals and values added left out, extra
observations kept apart.

In: every file of the dataset (emissions_history.csv where it has one), provinces/mrio.nc.
Out: validation/left_out.csv, apart.csv and apart_scores.csv.
"""

import pandas as pd

from citymrio.workflow.job import adapter
from citymrio.assessment.validation.apart import kept_apart, scores_apart
from citymrio.assessment.validation.left_out import (
    Left,
    between_years,
    left_out_emissions,
    left_out_value_added,
)
from citymrio.base.files import common_folder
from citymrio.base.labels import read_dataset, read_table, write_outputs
from citymrio.config.models import Config
from citymrio.dataset.dataset import DatasetFolder

with adapter(snakemake) as (files, out, params):
    config = Config.model_validate(params.sections)
    folder = common_folder(files.dataset)
    left = Left(DatasetFolder.read(folder), config, read_dataset(files.mrio))
    history = read_table(files.history) if files.history else None
    parts = [left_out_emissions(left), between_years(left, history), left_out_value_added(left)]
    table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    extras = [read_table(path) for path in files.extras]
    apart = kept_apart(extras, left.main, left.inventory(left.dataset, left.main), left.regions)
    write_outputs(out, left_out=table, apart=apart, apart_scores=scores_apart(apart))
