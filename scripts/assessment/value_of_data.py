"""What is worth collecting: how far each kind of data that cities lack would narrow the intervals
(docs/value-of-data.md).

In: uncertainty/members/*, uncertainty/accounts/*, uncertainty/weights.csv,
footprint/footprints.nc, every file of the dataset.
Out: uncertainty/value_of_data.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.ensemble.blocks import read_members, read_numbers
from citymrio.assessment.ensemble.value import Outcomes, collectable, value_of_data
from citymrio.base.files import common_folder
from citymrio.base.labels import read_dataset, read_table, write_table
from citymrio.config.models import Uncertainty
from citymrio.dataset.dataset import DatasetFolder

with adapter(snakemake) as (files, out, params):
    config = Uncertainty.model_validate(params.uncertainty)
    dataset, footprints = (
        DatasetFolder.read(common_folder(files.dataset)),
        read_dataset(files.footprints),
    )
    regions = dataset.tables["regions"]
    members = read_members(files.members, config.members)
    numbers = read_numbers(files.numbers, config.members)
    weights = read_table(files.weights)
    outcomes = Outcomes.of(members, numbers, footprints, regions, weights, config.level)
    accounts = read_members(files.accounts, config.members)
    data = collectable(accounts, dataset, footprints, config)
    write_table(value_of_data(outcomes, data, regions), out.table)
