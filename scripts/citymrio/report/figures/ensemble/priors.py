"""Priors of trade that were fitted, by sector."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .. import style

NOTE = "Fitted on the provinces"
#: What a sector makes -> its name, colour, and the fill of its points.
KINDS = {"goods": ("Goods", style.INK, style.INK), "services": ("Services", "#7a7a7a", "white")}
#: Parameter of priors.csv -> the title of its panel.
PANELS = {"border_effect": "Border effect, logarithm", "tilt": "Lean of demand towards own supply"}
USED = "#d5448d"
#: A line, inch, and the longest name of a sector.
LINE, LONGEST = 0.14, 44


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """Fitted border effect and tilt by sector: estimate with two standard errors, and the value used."""
    priors = style.table(tables, "priors", ["parameter", "sector", "kind", "estimate", "se", "prior"])
    sectors = style.table(tables, "sectors", ["sector", "name"]).set_index("sector")["name"].astype(str)
    figure = style.new_figure(style.DOUBLE, 0.95 + LINE * len(sectors))
    columns = figure.subplots(1, 2, sharey=True)
    place = np.arange(len(sectors))
    for letter, axes, (parameter, title) in zip("ab", columns, PANELS.items(), strict=True):
        style.panel(axes, letter, title)
        rows = priors[priors["parameter"].eq(parameter)].set_index("sector").reindex(sectors.index)
        colours = [KINDS[kind][1] if kind in KINDS else style.MUTED for kind in rows["kind"]]
        fills = [KINDS[kind][2] if kind in KINDS else style.MUTED for kind in rows["kind"]]
        axes.hlines(place, rows["estimate"] - 2 * rows["se"], rows["estimate"] + 2 * rows["se"], color=colours, linewidth=1.0)
        axes.scatter(rows["estimate"], place, facecolor=fills, edgecolor=colours, linewidth=0.8, s=10, zorder=3)
        axes.scatter(rows["prior"], place, marker="|", color=USED, s=40, linewidth=1.4, zorder=4)
        axes.grid(axis="x", linewidth=0.3, color=style.FAINT)
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", length=0)
    columns[0].set_yticks(place, [name if len(name) <= LONGEST else name[: LONGEST - 1] + "…" for name in sectors])
    columns[1].tick_params(axis="y", labelleft=False)
    columns[0].set_ylim(len(sectors) - 0.3, -0.7)
    handles = [style.dot(fill, f"{name}: estimate", edge=colour, size=3.6) for name, colour, fill in KINDS.values()]
    handles.append(Line2D([], [], color=style.MUTED, linewidth=1.0, label="Two standard errors"))
    handles.append(Line2D([], [], linestyle="none", marker="|", color=USED, markeredgewidth=1.4, label="Value used"))
    style.legend_below(figure, handles)
    style.say(figure, f"There are {len(sectors)} sectors.")
    return figure
