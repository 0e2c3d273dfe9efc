"""A block of the ensemble's members: the whole chain with drawn inputs (docs/accuracy.md).

In: every file of the dataset, provinces/{mrio,system}.nc, the main estimate's footprints and
inventory, footprints by the ensemble's method, config/paper_targets.csv.
Out: uncertainty/members/<block>.nc and .csv, uncertainty/accounts/<block>.nc.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.ensemble.layout import members_of
from citymrio.assessment.ensemble.member import Context, run_members
from citymrio.base.files import common_folder
from citymrio.base.labels import read_dataset, read_table, write_outputs
from citymrio.config.models import Config
from citymrio.dataset.dataset import DatasetFolder

with adapter(snakemake) as (files, out, params):
    config = Config.model_validate(params.sections)
    context = Context.of(
        DatasetFolder.read(common_folder(files.dataset), config.cities.extras),
        config,
        read_dataset(files.mrio),
        read_dataset(files.system),
        read_dataset(files.footprints),
        read_dataset(files.inventory),
        read_table(files.targets[0]) if files.targets else None,
        suppliers=read_dataset(files.suppliers),
    )
    regions, numbers, accounts = run_members(context, members_of(int(snakemake.wildcards.block)))
    write_outputs(out, numbers=numbers, regions=regions, accounts=accounts)
