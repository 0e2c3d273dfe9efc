"""Every method on every system of known truth, side by side: two tables, a figure, one more of
observed trade (docs/accuracy.md).

In: accuracy.csv and accuracy.json of every system.
Out: systems.csv, differences.csv, systems.pdf and systems.png, systems_trade.pdf and
systems_trade.png.
"""

from citymrio.workflow.job import adapter
from citymrio.base.labels import read_json, read_table, write_table
from citymrio.config.models import Figures
from citymrio.report.figures.style import save_stamped
from known_truth.figures import draw
from known_truth.scores import differences, side_by_side

with adapter(snakemake) as (files, out, params):
    given = zip(params.fits, files.accuracy, files.about, strict=True)
    systems = {code: (read_table(scores), read_json(about)) for code, scores, about in given}
    write_table(side_by_side(systems, params.fits), out.table)
    write_table(differences(systems), out.differences)
    written = {"systems": read_table(out.table)}
    pictures = {out.png: {}} | {png: {"case": "supply_and_use"} for png in out.trade[:1]}
    for png, run in pictures.items():
        figure = draw(written, None, Figures(), synthetic=False, run=run)
        save_stamped(figure, png, [*files.accuracy, *files.about], {}, above=0)
