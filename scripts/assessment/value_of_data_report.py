"""What is worth collecting: its figure, and its page in plain words.

In: uncertainty/value_of_data.csv and numbers.csv, dataset/sectors.csv, final_demand.csv and
dataset.json.
Out: uncertainty/value_of_data.html, uncertainty/figures/value_of_data.png, and in the other formats
of figures.formats.
"""

from pathlib import Path

from citymrio.workflow.job import adapter
from citymrio.base.files import by_stem
from citymrio.base.labels import read_json, read_table, write_atomic
from citymrio.base.stamp import figure_stamp
from citymrio.config.models import Figures
from citymrio.report.figures.style import save, speaking
from citymrio.report.value_of_data import figure, page

with adapter(snakemake):
    files, out, params = snakemake.input, snakemake.output, snakemake.params
    tables = {
        name: read_table(path) for name, path in by_stem([*files.tables, *files.labels]).items()
    }
    names = read_table(files.names) if files.names else None
    run = speaking(read_json(files.run), params.drawn_in, names)
    level = params.uncertainty["level"]
    text = page(tables, run, level, params.method, params.language)
    write_atomic(out.page, lambda target: Path(target).write_text(text, encoding="utf-8"))
    stem, settings = Path(out.png).with_suffix(""), {**params.uncertainty, **params.figures}
    stamp = figure_stamp(
        stem.name, [*files.tables, *files.labels, files.run], settings, stem.parents[2]
    )
    config = Figures(**params.figures)
    save(figure(tables, run, level, params.method, config), stem, stamp, config.formats)
