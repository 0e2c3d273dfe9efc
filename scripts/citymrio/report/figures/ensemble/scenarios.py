"""Savings of every scenario, with intervals."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...plain import DEPTHS, SIDES, scenario_name
from .. import style
from . import LINE

NOTE = "{level:.0%} intervals of {basis}"
PREFIX = "saving: "
#: All measures together.
TOGETHER = "#8c8c8c"


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """Median and interval of the draws of every scenario, and without draws; light before deep, single sides before both."""
    numbers = style.table(tables, "numbers", ["quantity", "estimate", "median", "low", "high"])
    table = numbers[numbers["quantity"].str.startswith(PREFIX)]
    figure = style.new_figure(style.DOUBLE, 1.05 + LINE * max(len(table), 3))
    axes = figure.subplots()
    style.panel(axes, "", "Savings of every scenario", pad=17)
    if table.empty:
        style.note(axes, "No scenarios: they are switched off (scenarios.run),\nor no city is a super-emitter.")
        return figure
    table = table.assign(name=table["quantity"].str.removeprefix(PREFIX))
    table = table.iloc[table["name"].map(_order).argsort(kind="stable")]
    names = list(table["name"])
    for place, (name, row) in enumerate(zip(names, table.itertuples(), strict=True)):
        side = next((side for side in SIDES if name.startswith(side)), "")
        axes.barh(place, row.median, color=style.TYPE_COLOURS.get(side, TOGETHER), height=0.66)
        axes.plot([row.low, row.high], [place] * 2, color=style.INK, linewidth=1.2, solid_capstyle="butt")
        axes.plot(row.estimate, place, marker="o", markersize=3.2, color="white", markeredgecolor=style.INK, markeredgewidth=0.8)
    axes.set_yticks(range(len(names)), [scenario_name(name) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel("Saving (Mt CO₂)")
    handles = [
        style.swatch(TOGETHER, "Median of the draws"),
        Line2D([], [], color=style.INK, linewidth=1.2, label="Interval of the draws"),
        style.dot("white", "Without draws", edge=style.INK, size=3.6),
    ]
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=3, columnspacing=1.2, borderaxespad=0.2)
    first = table.iloc[0]
    low, high = style.amount(first["low"]), style.amount(first["high"])
    style.say(figure, f"{scenario_name(names[0])}: {style.amount(first['median'])} Mt, interval {low} to {high} Mt.")
    return figure


def _order(name: str) -> int:
    """The place of a scenario: by depth, then by side."""
    words = name.split("_")
    depth = next((k for k, word in enumerate(DEPTHS) if word in words), len(DEPTHS))
    side = next((k for k, word in enumerate(SIDES) if word in words), len(SIDES))
    return 100 * depth + side
