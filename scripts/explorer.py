"""The explorer: one page of the run to look around in, without a server.

In: tables/*.csv, footprint/footprints.nc, analysis/region_{chains,layers}.csv, flows of variants, intervals of an ensemble,
dataset/{dataset.json,sectors.csv,boundaries.geojson}.  Out: explorer/index.html.
"""

from pathlib import Path

from citymrio.assessment.ensemble.intervals import with_intervals
from citymrio.base.labels import read_dataset, read_json, read_table, write_atomic
from citymrio.base.stamp import figure_stamp
from citymrio.report.explorer.page import explorer
from citymrio.report.explorer.payload import Material
from citymrio.workflow.job import adapter, by_folder, by_stem

with adapter(snakemake):
    files, params, boundaries = snakemake.input, snakemake.params, None
    tables = {name: read_table(path) for name, path in by_stem(files.tables).items()}
    if files.intervals:
        tables |= {"regions": with_intervals(tables["regions"], read_table(files.intervals)), "numbers": read_table(files.numbers)}
    if files.boundaries:
        import geopandas  # slow to import: only for maps

        boundaries = geopandas.read_file(files.boundaries)
    material = Material(
        tables=tables,
        footprints=read_dataset(files.footprints),
        run=read_json(files.run),
        boundaries=boundaries,
        method=params.method,
        variants={name: read_dataset(path) for name, path in by_folder(files.variants).items()},
        settings=params.variants,
        intervals=params.ensemble if files.intervals else None,
        chains=(read_table(files.chains), read_table(files.layers)),
        sectors=read_table(files.sectors),
    )
    folder = Path(snakemake.output.page).parents[1]
    stamp = figure_stamp("explorer", [path for path in files if path not in files.code], params.settings, folder)
    text = explorer(material, stamp, {"method": params.method, "variants": params.variants, **params.settings})
    write_atomic(snakemake.output.page, lambda target: Path(target).write_text(text, encoding="utf-8"))
