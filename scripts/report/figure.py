"""Draw one figure; its files carry its name (citymrio/report/figures/registry.py).

In: tables/*.csv, tables and boundaries of the dataset, tables of the ensemble (where there is one)
as the figure needs them.
Out: figures/<name>.png, and in the other formats of figures.formats.
"""

from importlib import import_module

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_json, read_table, read_tables
from citymrio.config.models import Figures
from citymrio.report.figures.style import modelled, save_stamped, speaking

with adapter(snakemake) as (files, out, params):
    language, boundaries = params.language, None
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
        run |= {"level": params.level, "method": params.method}
    config = Figures(**params.figures)
    tables = read_tables([*files.tables, *files.dataset])
    spread = read_tables(files.intervals)
    tables |= {f"uncertainty/{name}": table for name, table in spread.items()}
    draw = import_module(params.module).draw
    figure = draw(tables, boundaries, config, synthetic=run["synthetic"], run=run)
    single = filter(None, [files.boundaries, files.run, files.regions])
    data = [*dict.fromkeys([*files.tables, *files.dataset, *files.intervals, *single])]
    save_stamped(figure, out.png, data, params.figures, config.formats)
