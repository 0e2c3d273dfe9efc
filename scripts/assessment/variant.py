"""One alternative estimate: the chain in memory with the choices of a variant (method section 16,
R8, R12).

In: every file of the dataset, provinces/mrio.nc (used when the provincial step is that of the main
estimate).
Out: variants/<name>/{nested,emissions}.nc.
"""

from citymrio.workflow.job import adapter
from citymrio.base.files import common_folder
from citymrio.base.labels import read_dataset, write_outputs
from citymrio.chain.steps import known_of, run_steps
from citymrio.config.models import Config
from citymrio.dataset.dataset import DatasetFolder

with adapter(snakemake) as (files, out, params):
    config = Config.model_validate(params.sections)
    dataset = DatasetFolder.read(common_folder(files.dataset), config.cities.extras)
    given = {"mrio": read_dataset(files.mrio)} if params.same_provinces else {}
    made = run_steps(known_of(dataset, config.in_memory, **given), "nested", "inventory")
    write_outputs(out, nested=made["nested"].to_dataset(), inventory=made["inventory"])
