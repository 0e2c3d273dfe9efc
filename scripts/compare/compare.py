"""Two tables side by side: a finished run, and another run, its own truth, or a table that somebody
else made (docs/compare.md).

In: files of A and of B, a list of labels that differ.
Out: four tables, compare.json, summary.txt, warnings.csv, figures with captions.
"""

from pathlib import Path

from citymrio.workflow.job import adapter
from citymrio.analysis.change_tables import Run
from citymrio.assessment.comparison.common import given_side, true_side
from citymrio.assessment.comparison.compare import compare
from citymrio.base.concordance import read_pairs
from citymrio.base.labels import read_table, write_atomic, write_json, write_table
from citymrio.base.stamp import figure_stamp
from citymrio.config.models import Figures
from citymrio.report.compared import page
from citymrio.report.figures.compare import CAPTIONS, draw
from citymrio.report.figures.style import save
from citymrio.report.language import of_run, told

with adapter(snakemake):
    files, params, out = snakemake.input, snakemake.params, snakemake.output
    mine = Run.read(params.a)
    of_run(mine.info)
    if params.truth:
        other = true_side(params.a)
    else:
        other = (
            given_side(params.b, params.lists, mine.info["unit"], params.err_tol)
            if params.lists
            else Run.read(params.b)
        )
    spread = read_table(files.intervals[0]) if files.intervals else None
    tables, about = compare(mine, other, read_pairs(params.labels or None), spread)
    about["intervals_of_a"] = params.intervals_of
    for name, table in tables.items():
        write_table(table, out[name])
    # pages and figures are made from what stands in the files
    written, boundaries = {name: read_table(out[name]) for name in tables}, None
    if files.boundaries:
        import geopandas  # slow to import: only for maps

        boundaries = geopandas.read_file(files.boundaries[0])
    config = Figures(**params.figures)
    for name in CAPTIONS:
        figure = draw(name, written, boundaries, config, run=about)
        png = Path(out[f"{name}_png"])
        stamp = figure_stamp(name, [*files.tables], params.figures, png.parents[1])
        save(figure, png.with_suffix(""), stamp, config.formats)
    text = page(written, about)
    write_atomic(out.summary, lambda target: Path(target).write_text(text, encoding="utf-8"))
    captions = {name: told(said) for name, said in CAPTIONS.items()}
    write_json(about | {"captions": captions}, out.about)
