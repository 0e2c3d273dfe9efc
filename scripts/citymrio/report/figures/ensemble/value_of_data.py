"""What is worth collecting: the fall of intervals by kind of data, and the cities where one datum matters most."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ....assessment.ensemble.layout import TOP
from .. import style
from .intervals import SHOWN

NOTE = "Widths of {level:.0%} intervals of {basis}"


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """Left: bars by kind, dots for single cities; right: the best datum of the cities whose intervals fall most."""
    columns = ["region", "name", "sectors", "category", "target", "kind", "words", "lacking", "fall_pct", "se_pct", "width"]
    table = style.table(tables, "value_of_data", [*columns, "expected"])
    table = table.fillna({"region": "", "sectors": "", "category": "", "name": ""})
    whole = table[table["sectors"].eq("") & table["category"].eq("") & table["target"].isin(SHOWN)]
    nation, city = whole[whole["region"].eq("")], whole[whole["region"].ne("")]
    order = nation[nation["target"].eq("cba_mt")].sort_values("fall_pct", ascending=False)
    place = pd.Series(np.arange(len(order)), index=order["kind"])
    figure = style.new_figure(style.DOUBLE, 5.2)
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    for target, (label, colour, marker, shift) in SHOWN.items():
        bars, dots = (rows[rows["target"].eq(target)] for rows in (nation, city))
        at = place.reindex(bars["kind"]).to_numpy(float) + 1.1 * shift
        left.barh(at, bars["fall_pct"], 0.34, color=colour, alpha=0.75, label=label)
        left.errorbar(bars["fall_pct"], at, xerr=bars["se_pct"], fmt="none", ecolor=style.MUTED, elinewidth=0.7)
        at = place.reindex(dots["kind"]).to_numpy(float) + 1.1 * shift
        left.plot(dots["fall_pct"], at, linestyle="none", marker=marker, ms=2.6, mfc="white", mec=colour, mew=0.7)
    left.set_yticks(place, [f"{_words(row.words)} ({row.lacking})" for row in order.itertuples()])
    left.tick_params(axis="y", length=0)
    left.set_ylim(max(len(order), 1) - 0.4, -0.6)
    left.set_xlim(left=0)
    left.set_xlabel("Fall of the interval (%)")
    left.grid(axis="x", linewidth=0.3, color=style.FAINT)
    left.set_axisbelow(True)
    left.plot([], [], "o", ms=2.6, mfc="white", mec=style.MUTED, mew=0.7, linestyle="none", label="One city, by its own datum")
    left.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor="none")
    style.panel(left, "a", "Kinds of data (cities without)")
    _cities(right, city[city["target"].eq("cba_mt")])
    if len(order):
        first = order.iloc[0]
        style.say(figure, f"{_words(first['words'])} would narrow footprints most: by {first['fall_pct']:.0f}%.")
    return figure


def _words(text: str) -> str:
    """A kind of data at the beginning of a line."""
    text = str(text).replace("CO2", "CO₂")
    return text[:1].upper() + text[1:]


def _cities(axes, city: pd.DataFrame) -> None:
    """The intervals of footprints that one datum narrows most: their width now, and with it."""
    style.panel(axes, "b", "Footprints that one datum helps most")
    fall = city["width"] - city["expected"]
    best = city.assign(fall=fall).sort_values("fall", ascending=False).drop_duplicates("region").head(TOP)
    place, colour = np.arange(len(best)), SHOWN["cba_mt"][1]
    axes.hlines(place, best["expected"], best["width"], color=colour, linewidth=1.4, alpha=0.45)
    axes.plot(best["width"], place, "o", ms=2.8, mfc="white", mec=colour, linestyle="none", label="Now")
    axes.plot(best["expected"], place, "o", ms=2.8, color=colour, linestyle="none", label="With the datum")
    labels = [f"{row.name}: {str(row.words).replace('CO2', 'CO₂')}" for row in best[["name", "words"]].itertuples(index=False)]
    axes.set_yticks(place, labels)
    axes.yaxis.tick_right()
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(max(len(best), 1) + 2.6, -0.8)  # room for the legend
    axes.set_xlim(left=0)
    axes.set_xlabel("Width of the interval (Mt CO₂)")
    axes.grid(axis="x", linewidth=0.3, color=style.FAINT)
    axes.set_axisbelow(True)
    axes.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor="none")
