"""The explorer: one page of the run to look around in, without a server.

In: tables/*.csv, analysis/key_intensities.csv, footprint/*.nc, dataset.json and tables of the dataset.  Out: explorer/index.html.
"""

from pathlib import Path

from citymrio.base.labels import read_dataset, read_json, read_table, write_atomic
from citymrio.config.models import Groups, Scenarios
from citymrio.emissions.activity import national_inventory
from citymrio.report.explorer.page import page
from citymrio.report.explorer.payload import blocks
from citymrio.report.explorer.scenario_block import scenario_block
from citymrio.workflow.job import adapter, by_stem

with adapter(snakemake):
    files = snakemake.input
    tables, run = {name: read_table(path) for name, path in by_stem(files.tables).items()}, read_json(files.run)
    scenario = scenario_block(
        regions=tables["regions"],
        intensities=read_table(files.intensities),
        benchmarks=read_table(files.benchmarks),
        final_demand=read_table(files.final_demand),
        inventory_sectors=read_table(files.inventory_sectors),
        national_inventory=national_inventory(read_table(files.national) if files.national else None, read_table(files.fuels)),
        inventory=read_dataset(files.inventory),
        groups=Groups(**snakemake.params.groups),
        scenarios=Scenarios(**snakemake.params.scenarios),
    )
    text = page(
        title=run["name"],
        description=f"Who emits carbon for whom: {run['name']}, {run['year']}",
        blocks=blocks(tables, read_dataset(files.footprints), run, {}) | {"scenario": scenario},
        without_script="<p>This page needs JavaScript. The same numbers are in the tables beside it.</p>",
    )
    write_atomic(snakemake.output.page, lambda target: Path(target).write_text(text, encoding="utf-8"))
