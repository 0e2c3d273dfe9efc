"""Probability of each super-emitter type and of each quintile."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from .. import style
from . import LINE, TOP

NOTE = "Shares of {basis}"
#: Least probability of being a super-emitter of the cities that are shown.
LEAST = 0.02


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """Shares of members by type and by quintile, the most frequent super-emitters first."""
    types = {f"p_{name}": (style.TYPE_NAMES[name], style.TYPE_COLOURS[name]) for name in ("technology", "hybrid", "demand")}
    quintiles = {f"p_{name.lower()}": (name, style.QUINTILE_COLOURS[name]) for name in style.QUINTILES}
    cities = style.table(tables, "regions", ["name", "cba_mt", "p_super_emitter", *types, *quintiles])
    chosen = cities[cities["p_super_emitter"] > LEAST].nlargest(TOP, ["p_super_emitter", "cba_mt"])
    figure = style.new_figure(style.DOUBLE, 1.0 + LINE * max(len(chosen), 5))
    left, right = figure.subplots(1, 2, sharey=True)
    place = np.arange(len(chosen))
    for axes, letter, title, parts in (
        (left, "a", "Super-emitter, by type", types),
        (right, "b", "Quintile of affluence", quintiles),
    ):
        style.panel(axes, letter, title, pad=17)
        axes.barh(place, 100, color=style.EMPTY, height=0.76)
        start = np.zeros(len(chosen))
        for column, (_, colour) in parts.items():
            width = 100 * chosen[column].to_numpy(float)
            axes.barh(place, width, left=start, color=colour, height=0.76)
            start += width
        axes.set_xlim(0, 100)
        axes.set_xlabel("Share of the members (%)")
        handles = [style.swatch(colour, name) for name, colour in parts.values()]
        handles += [style.swatch(style.EMPTY, "None")] if parts is types else []
        axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=5, handlelength=1.0, columnspacing=0.9)
    left.set_ylim(len(chosen) - 0.4, -0.6)
    left.set_yticks(place, chosen["name"])
    left.tick_params(axis="y", length=0)
    right.tick_params(axis="y", length=0, labelleft=False)
    style.say(figure, f"{(cities['p_super_emitter'] > 0.95).sum()} cities are super-emitters in more than 95% of the members.")
    return figure
