"""Groups, scenarios and supply chains of a variant, as the run has them of its own estimate (method
sections 10, 11 and 15 e).

In: variants/<name>/{nested,emissions,footprints}.nc, provinces/mrio.nc, tables of the dataset, its
inventory_national.csv where there is one, dataset.json.
Out: variants/<name>/analysis/*.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.analysed import Estimated, analysis_tables, intensities_of
from citymrio.base.files import by_stem
from citymrio.base.labels import read_dataset, read_json, read_table, read_tables, write_table
from citymrio.config.models import Config
from citymrio.dataset.dataset import DatasetFolder
from citymrio.footprints.supply_chains import all_paths
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, params):
    config = Config.model_validate(params.sections)
    national = read_table(files.national) if files.national else None
    tables = read_tables(files.dataset)
    dataset = DatasetFolder(tables, {}, None, {}, {}, None, national, read_json(files.run))
    estimate = Estimated(
        read_dataset(files.mrio),
        NestedMRIO.from_dataset(read_dataset(files.nested)),
        read_dataset(files.inventory),
        read_dataset(files.footprints),
    )
    made = analysis_tables(estimate, dataset, config)
    made["key_intensities"] = intensities_of(estimate, dataset, config)
    intensity = estimate.nested.intensity(estimate.inventory["emissions"])
    made["region_chains"], made["region_layers"] = all_paths(estimate.nested, intensity)
    for name, path in by_stem(out.tables).items():
        write_table(made[name], path)
