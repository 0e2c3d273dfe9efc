"""The explorer: one page of the run to look around in, without a server.

In: tables, footprint/*.nc, analysis/*.csv, footprints of variants, intervals of an ensemble,
dataset.
Out: explorer/index.html.
"""

from pathlib import Path

from citymrio.workflow.job import adapter
from citymrio.base.files import by_folder
from citymrio.base.labels import read_dataset, read_json, read_table, read_tables, write_text
from citymrio.base.stamp import EXPLORING, figure_stamp
from citymrio.base.words import names_in, of_run
from citymrio.config.models import Groups, Scenarios
from citymrio.emissions.activity import national_inventory
from citymrio.report.explorer.page import explorer
from citymrio.report.explorer.payload import AS_WRITTEN, Material, with_ensemble
from citymrio.report.explorer.scenario_block import scenario_block
from citymrio.report.language import named

with adapter(snakemake):
    files, params, out = snakemake.input, snakemake.params, Path(snakemake.output.page)
    tables = read_tables(files.tables, text=AS_WRITTEN)
    if files.stressors:
        tables["stressors"] = read_table(files.stressors, text=("stressor", "unit"))
    lists = read_tables(files.lists)
    scenario = scenario_block(
        regions=tables["regions"],
        intensities=read_table(files.intensities),
        **{name: lists[name] for name in ("benchmarks", "final_demand", "inventory_sectors")},
        national_inventory=national_inventory(
            read_table(files.national) if files.national else None, lists["fuels"]
        ),
        inventory=read_dataset(files.inventory),
        groups=Groups(**params.settings["groups"]),
        scenarios=Scenarios(**params.settings["scenarios"]),
    )
    if files.intervals:
        drawn = read_tables(files.numbers, text=AS_WRITTEN)
        tables, ensemble = with_ensemble(
            tables, read_table(files.intervals), drawn, params.ensemble
        )
    material = Material(
        tables,
        read_dataset(files.footprints),
        named(of_run(read_json(files.run), names_in(tables["regions"])), params.language),
        method=params.method,
        boundaries=files.boundaries or None,
        variants={name: read_dataset(path) for name, path in by_folder(files.variants).items()},
        settings=params.variants,
        other=params.other,
        analysed=read_tables(files.analysed),
        intervals=ensemble if files.intervals else None,
        chains=(read_table(files.chains), read_table(files.layers)),
        sectors=lists["sectors"],
        configured=params.settings,
        language=params.language,
        priors=read_table(files.priors) if files.priors else None,
    )
    data = [path for path in files if path not in files.code]
    stamp = figure_stamp("explorer", data, params.settings, out.parents[1], EXPLORING)
    text = explorer(
        material,
        stamp,
        {"method": params.method, "variants": params.variants, **params.settings},
        scenario=scenario,
    )
    write_text(text, out)
