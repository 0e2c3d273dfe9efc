"""A share of the draws of left-out CO2 totals (docs/validation.md).

In: every file of the dataset, provinces/mrio.nc.
Out: validation/draws/<part>.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.validation.left_out import Left, draws_of_totals
from citymrio.base.files import common_folder
from citymrio.base.labels import read_dataset, write_table
from citymrio.config.models import Config
from citymrio.dataset.dataset import DatasetFolder

with adapter(snakemake) as (files, out, params):
    config = Config.model_validate(params.sections)
    left = Left(DatasetFolder.read(common_folder(files.dataset)), config, read_dataset(files.mrio))
    write_table(draws_of_totals(left, params.members), out.draws)
