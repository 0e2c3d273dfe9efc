"""Every method on every system of known truth, side by side: two tables, a figure, one more of
observed trade (docs/accuracy.md).

In: accuracy.csv and accuracy.json of every system.
Out: systems.csv, differences.csv, systems.pdf and systems.png, systems_trade.pdf and
systems_trade.png.
"""

from pathlib import Path

from citymrio.workflow.job import adapter
from citymrio.assessment.known_table.side_by_side import differences, side_by_side
from citymrio.base.labels import read_json, read_table, write_table
from citymrio.base.stamp import figure_stamp
from citymrio.config.models import Figures
from citymrio.report.figures.style import save
from citymrio.report.figures.systems import draw

with adapter(snakemake):
    files, out, fits = snakemake.input, snakemake.output, snakemake.params.fits
    given = zip(fits, files.accuracy, files.about, strict=True)
    systems = {code: (read_table(scores), read_json(about)) for code, scores, about in given}
    write_table(side_by_side(systems, fits), out.table)
    write_table(differences(systems), out.differences)
    png = Path(out.png)
    figure = draw({"systems": read_table(out.table)}, None, Figures(), synthetic=False, run={})
    stamp = figure_stamp("systems", [*files.accuracy, *files.about], {}, png.parent)
    save(figure, png.with_suffix(""), stamp)
    if out.trade:
        figure = draw(
            {"systems": read_table(out.table)},
            None,
            Figures(),
            synthetic=False,
            run={"case": "supply_and_use"},
        )
        save(figure, Path(out.trade[0]).with_suffix(""), stamp)
