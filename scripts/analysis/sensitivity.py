"""Other groups and scenarios on the main estimate, beside those of the run.

In: nested/mrio.nc, footprint/*.nc, provinces/mrio.nc, tables of the dataset,
tables/{regions,scenarios,quota,deficits}.csv.
Out: tables/sensitivity.csv, and what its cases warn of beyond the run.
"""

from citymrio.workflow.job import adapter
from citymrio.analysis.scenarios.possible import possible
from citymrio.assessment.analysed import Estimated, sensitivity
from citymrio.base.errors import Notice, read_warnings
from citymrio.base.labels import read_dataset, read_json, read_table, read_tables, write_table
from citymrio.config.models import Config, Groups
from citymrio.dataset.dataset import DatasetFolder
from citymrio.nested import NestedMRIO

with adapter(snakemake) as (files, out, params):
    tables = read_tables(files.dataset)
    national = read_table(files.national) if files.national else None
    dataset = DatasetFolder(tables, {}, None, {}, {}, None, national, read_json(files.run))
    inventory, mrio = (
        read_dataset(files.inventory),
        read_dataset(files.mrio) if files.mrio else None,
    )
    nested = NestedMRIO.from_dataset(read_dataset(files.nested))
    result = Estimated(mrio, nested, inventory, read_dataset(files.footprints))
    cases = {name: Config.model_validate(values) for name, values in params.cases.items()}
    needed = inventory, tables["benchmarks"], tables["inventory_sectors"]
    cases = {
        name: one.model_copy(update={"scenarios": possible(one.scenarios, *needed)})
        for name, one in cases.items()
    }
    main = read_tables(files.tables)
    said = {
        Notice(*row) for path in files.said for row in read_warnings(path).itertuples(index=False)
    }
    write_table(
        sensitivity(main, Groups(**params.groups), result, dataset, cases, said),
        out.table,
    )
