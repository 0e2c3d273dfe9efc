"""Figures of an ensemble, and its page in plain words: how sure the results are, or what is worth
collecting (params.module).

In: uncertainty/*.csv, tables of the dataset, dataset.json.
Out: uncertainty/<page>.html, uncertainty/figures/*.png, and in the other formats of
figures.formats.
"""

from importlib import import_module

from citymrio.workflow.job import adapter
from citymrio.base.files import by_stem
from citymrio.base.labels import read_json, read_table, read_tables, write_text
from citymrio.config.models import Figures
from citymrio.report.figures.style import save_stamped, speaking

with adapter(snakemake) as (files, out, params):
    report, config = import_module(params.module), Figures(**params.figures)
    data = [*files.tables, *files.labels]
    tables = read_tables(data)
    names = read_table(files.names) if files.names else None
    run = speaking(read_json(files.run), params.drawn_in, names)
    about = (tables, run, params.uncertainty["level"], params.method)
    write_text(report.page(*about, params.language), out.page)
    drawn, settings = report.figures(*about, config), {**params.uncertainty, **params.figures}
    for name, png in by_stem(out.png).items():
        save_stamped(drawn[name], png, [*data, files.run], settings, config.formats, above=2)
