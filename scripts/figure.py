"""Draw one figure; its files carry its name (citymrio/report/figures/registry.py).

In: tables/*.csv, tables and boundaries of the dataset as the figure needs them.
Out: figures/<name>.pdf and .png.
"""

from importlib import import_module
from pathlib import Path

from citymrio.base.labels import read_json, read_table
from citymrio.base.stamp import figure_stamp
from citymrio.config.models import Figures
from citymrio.report.figures.style import modelled, save
from citymrio.workflow.job import adapter, by_stem

with adapter(snakemake):
    files = snakemake.input
    run, boundaries = read_json(files.run), None
    if files.boundaries:
        import geopandas  # slow to import: only for maps

        boundaries = geopandas.read_file(files.boundaries)
    if files.regions:
        run["modelled"] = modelled(read_table(files.regions)["inventory_status"])
    png = Path(snakemake.output.png)
    figure = import_module(snakemake.params.module).draw(
        {name: read_table(path) for name, path in by_stem([*files.tables, *files.dataset]).items()},
        boundaries,
        Figures(**snakemake.params.figures),
        synthetic=run["synthetic"],
        run=run,
    )
    data = [*files.tables, *files.dataset, *([files.boundaries] if files.boundaries else []), files.run]
    data += [files.regions] if files.regions and files.regions not in data else []
    save(figure, png.with_suffix(""), figure_stamp(png.stem, data, snakemake.params.figures, png.parents[1]))
