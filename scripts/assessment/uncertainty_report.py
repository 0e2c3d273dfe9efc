"""How sure are the results: the figures of the ensemble, and its page in plain words.

In: uncertainty/*.csv, provinces/priors.csv, dataset/sectors.csv, dataset.json.
Out: uncertainty/results.html, uncertainty/figures/*.png, and in the other formats of
figures.formats.
"""

from pathlib import Path

from citymrio.workflow.job import adapter
from citymrio.base.files import by_stem
from citymrio.base.labels import read_json, read_table, write_atomic
from citymrio.base.stamp import figure_stamp
from citymrio.config.models import Figures
from citymrio.report.figures.style import save, speaking
from citymrio.report.uncertainty import figures, page

with adapter(snakemake):
    files, out, params = snakemake.input, snakemake.output, snakemake.params
    tables = {
        name: read_table(path)
        for name, path in by_stem([*files.tables, files.priors, files.sectors]).items()
    }
    names = read_table(files.names) if files.names else None
    run = speaking(read_json(files.run), params.drawn_in, names)
    level = params.uncertainty["level"]
    text = page(tables, run, level, params.method, params.language)
    write_atomic(out.page, lambda target: Path(target).write_text(text, encoding="utf-8"))
    for name, figure in figures(
        tables, run, level, params.method, Figures(**params.figures)
    ).items():
        stem = Path(out.page).parent / "figures" / name
        data = [*files.tables, files.priors, files.sectors, files.run]
        settings = {**params.uncertainty, **params.figures}
        save(
            figure,
            stem,
            figure_stamp(name, data, settings, stem.parents[2]),
            params.figures["formats"],
        )
