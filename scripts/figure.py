"""Draw one figure; the name of its files is the figure's (citymrio/figures/<name>.py).

In: tables/*.csv, tables and boundaries of the dataset as the figure needs them.  Out: figures/<name>.pdf and .png.
"""

from pathlib import Path

from citymrio.config import Figures
from citymrio.figures import draw
from citymrio.figures.style import save
from citymrio.labels import read_json, read_table
from citymrio.stamp import figure_stamp
from citymrio.workflow import adapter, by_stem

with adapter(snakemake):
    files = snakemake.input
    run, boundaries = read_json(files.run), None
    if files.boundaries:
        import geopandas  # slow to import: only for maps

        boundaries = geopandas.read_file(files.boundaries)
    png = Path(snakemake.output.png)
    figure = draw(
        png.stem,
        {name: read_table(path) for name, path in by_stem([*files.tables, *files.dataset]).items()},
        boundaries,
        Figures(**snakemake.params.figures),
        synthetic=run["synthetic"],
        run=run,
    )
    data = [*files.tables, *files.dataset, *([files.boundaries] if files.boundaries else []), files.run]
    save(figure, png.with_suffix(""), figure_stamp(png.stem, data, snakemake.params.figures, png.parents[1]))
