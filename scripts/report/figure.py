"""Draw one figure; its files carry its name (citymrio/report/figures/registry.py).

In: tables/*.csv, tables and boundaries of the dataset, tables of the ensemble (where there is one)
as the figure needs them.
Out: figures/<name>.png, and in the other formats of figures.formats.
"""

from importlib import import_module
from pathlib import Path

from citymrio.workflow.job import adapter
from citymrio.base.files import by_stem
from citymrio.base.labels import read_json, read_table
from citymrio.base.stamp import figure_stamp
from citymrio.config.models import Figures
from citymrio.report.figures.style import modelled, save, speaking

with adapter(snakemake):
    files = snakemake.input
    language, boundaries = snakemake.params.language, None
    run = speaking(read_json(files.run), language, read_table(files.names) if files.names else None)
    if files.boundaries:
        import geopandas  # slow to import: only for maps

        boundaries = geopandas.read_file(files.boundaries)
    if files.regions:
        regions = read_table(files.regions)
        run["modelled"] = modelled(
            regions["emissions_status"], regions["emissions_split_status"], language
        )
    if files.intervals:
        run |= {"level": snakemake.params.level, "method": snakemake.params.method}
    png, config = Path(snakemake.output.png), Figures(**snakemake.params.figures)
    tables = {
        name: read_table(path) for name, path in by_stem([*files.tables, *files.dataset]).items()
    }
    tables |= {
        f"uncertainty/{name}": read_table(path) for name, path in by_stem(files.intervals).items()
    }
    draw = import_module(snakemake.params.module).draw
    figure = draw(tables, boundaries, config, synthetic=run["synthetic"], run=run)
    data = [
        *files.tables,
        *files.dataset,
        *files.intervals,
        *([files.boundaries] if files.boundaries else []),
        files.run,
    ]
    data += [files.regions] if files.regions and files.regions not in data else []
    stamp = figure_stamp(png.stem, data, snakemake.params.figures, png.parents[1])
    save(figure, png.with_suffix(""), stamp, config.formats)
