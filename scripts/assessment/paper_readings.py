"""Every definition that the paper's text allows for its numbers, one joint choice; headline numbers
by method (docs/china.md).

In: nested/mrio.nc, footprint/{emissions,footprints}.nc, the same of variants, provinces/mrio.nc,
tables of the dataset, dataset.json, config/paper_targets.csv.
Out: tables/readings.csv, tables/methods.csv.
"""

from citymrio.workflow.job import adapter
from citymrio.assessment.analysed import Estimated
from citymrio.assessment.paper.readings.chains import MAIN
from citymrio.assessment.paper.readings.joint import Run, all_readings, methods, tables_of
from citymrio.base.labels import read_dataset, read_json, read_table, read_tables, write_outputs
from citymrio.config.models import Config
from citymrio.dataset.dataset import DatasetFolder

with adapter(snakemake) as (files, out, params):
    config = Config.model_validate(
        {**params.sections, "method": params.method, "variants": params.settings}
    )
    mrio, names = read_dataset(files.mrio), [MAIN, *params.variants]
    nested = tables_of(map(read_dataset, files.nested))
    read = (map(read_dataset, paths) for paths in (files.inventories, files.footprints))
    estimates = {
        name: Estimated(mrio, *parts) for name, *parts in zip(names, nested, *read, strict=True)
    }
    tables = read_tables(files.dataset)
    national = read_table(files.national) if files.national else None
    dataset = DatasetFolder(tables, {}, None, {}, {}, None, national, read_json(files.run))
    run = Run(dataset, config, estimates, read_table(files.targets))
    write_outputs(out, readings=all_readings(run), methods=methods(run))
