"""Two tables side by side: a finished run, and another run, its own truth, or a table that somebody
else made (docs/compare.md).

In: files of A and of B, a list of labels that differ.
Out: four tables, compare.json, summary.txt, warnings.csv, figures with captions.
"""

from citymrio.workflow.job import adapter
from citymrio.analysis.change_tables import Run
from citymrio.assessment.comparison.compare import compare, given_side, true_side
from citymrio.base.concordance import read_pairs
from citymrio.base.labels import read_table, write_json, write_outputs, write_text
from citymrio.config.models import Figures
from citymrio.report.compared import page
from citymrio.report.figures.compare import CAPTIONS, draw
from citymrio.report.figures.style import save_stamped, speaking
from citymrio.report.language import word

with adapter(snakemake) as (files, out, params):
    mine = Run.read(params.a)
    run = speaking(mine.info, params.language, mine.regions)
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
    write_outputs(out, **tables)
    # pages and figures are made from what stands in the files
    written, boundaries = {name: read_table(out[name]) for name in tables}, None
    if files.boundaries:
        import geopandas  # slow to import: only for maps

        boundaries = geopandas.read_file(files.boundaries[0])
    config = Figures(**params.figures)
    for name in CAPTIONS:
        figure = draw(name, written, boundaries, config, run=run | about)
        png = out[f"{name}_png"]
        save_stamped(figure, png, [*files.tables], params.figures, config.formats)
    write_text(page(written, about), out.summary)
    captions = {name: word(said, params.language) for name, said in CAPTIONS.items()}
    write_json(about | {"captions": captions}, out.about)
