"""Footprints and production emissions of the cities with the largest footprints, with intervals."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from .. import style
from . import LINE, TOP

NOTE = "{level:.0%} intervals of {basis}"
#: Column of regions.csv -> its name, colour, marker, place beside the line of its city.
SHOWN = {
    "cba_mt": ("Footprint (consumption-based)", style.INK, "o", -0.17),
    "pba_mt": ("Production emissions", "#8c8c8c", "s", 0.17),
}


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """A line for each city, the largest footprint first: estimate and interval of both accounts."""
    columns = ["name", "p_super_emitter", *(f"{name}{end}" for name in SHOWN for end in ("", "_low", "_high"))]
    regions = style.table(tables, "regions", columns)
    top = regions[regions["p_super_emitter"].notna()].nlargest(TOP, "cba_mt")
    figure = style.new_figure(style.DOUBLE, 0.85 + LINE * max(len(top), 5))
    axes = figure.subplots()
    style.panel(axes, "", f"Intervals of cities: the {len(top)} largest footprints")
    place = np.arange(len(top))
    for name, (label, colour, marker, shift) in SHOWN.items():
        axes.hlines(place + shift, top[f"{name}_low"], top[f"{name}_high"], color=colour, linewidth=1.4, alpha=0.7)
        axes.plot(top[name], place + shift, linestyle="none", marker=marker, markersize=2.8, color=colour, label=label)
    axes.set_yticks(place, top["name"])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(top) - 0.4, -0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel("Emissions (Mt CO₂)")
    axes.grid(axis="x", linewidth=0.3, color=style.FAINT)
    axes.set_axisbelow(True)
    axes.legend(loc="lower right")
    if len(top):
        first = top.iloc[0]
        span = f"{style.amount(first['cba_mt_low'])} to {style.amount(first['cba_mt_high'])} Mt"
        style.say(figure, f"The largest footprint, of {first['name']}, is {style.amount(first['cba_mt'])} Mt ({span}).")
    return figure
