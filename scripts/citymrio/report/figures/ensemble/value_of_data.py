"""What is worth collecting: the fall of intervals by kind of data, and the cities where one datum matters most."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ....assessment.ensemble.layout import TOP
from ..style import DOUBLE, MUTED, literal_texts
from . import finish

NOTE = "Widths of {level:.0%} intervals of {basis}"
TARGETS = {"cba_mt": ("footprints (CBA)", "#0072b2", 0.19), "pba_mt": ("production (PBA)", "#d55e00", -0.19)}


@literal_texts
def draw(tables: Mapping[str, pd.DataFrame], *, synthetic: bool, note: str) -> Figure:
    """Left: bars by kind, dots for single cities; right: the best datum of the cities whose intervals fall most."""
    table = tables["value_of_data"].fillna({"region": "", "sectors": "", "category": "", "name": ""})
    whole = table[table["sectors"].eq("") & table["category"].eq("") & table["target"].isin(TARGETS)]
    nation, city = whole[whole["region"].eq("")], whole[whole["region"].ne("")]
    order = nation[nation["target"].eq("cba_mt")].sort_values("fall_pct")
    place = pd.Series(np.arange(len(order)), index=order["kind"])
    figure = Figure(figsize=(DOUBLE, DOUBLE * 0.72), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.25, 1))
    for target, (label, colour, shift) in TARGETS.items():
        bars, dots = (rows[rows["target"].eq(target)] for rows in (nation, city))
        at = bars["kind"].map(place) + shift
        left.barh(at, bars["fall_pct"], 0.34, color=colour, alpha=0.75, label=label)
        left.errorbar(bars["fall_pct"], at, xerr=bars["se_pct"], fmt="none", ecolor=MUTED, elinewidth=0.7)
        left.plot(dots["fall_pct"], dots["kind"].map(place) + shift, "o", ms=3, mfc="white", mec=colour, mew=0.7)
    left.set_yticks(place, [f"{row.words} ({row.lacking})".replace("CO2", "CO₂") for row in order.itertuples()], fontsize=6.5)
    left.yaxis.set_minor_locator(NullLocator())
    left.set_ylim(-0.6, len(order) - 0.4)
    left.set_xlim(left=0)
    left.set_xlabel("fall of the interval, %", fontsize=7)
    left.tick_params(axis="x", labelsize=6.5)
    left.grid(axis="x", lw=0.3)
    left.plot([], [], "o", ms=3, mfc="white", mec=MUTED, mew=0.7, label="one city, by its own datum")
    left.legend(loc="lower right", fontsize=6, frameon=True, framealpha=0.9, edgecolor="none")
    left.set_title("a  Kinds of data (cities without)", loc="left", fontsize=7)
    _cities(right, city[city["target"].eq("cba_mt")])
    return finish(figure, synthetic, note)


def _cities(axes, city: pd.DataFrame) -> None:
    """The intervals of footprints that one datum narrows most: their width now, and with it."""
    fall = city["width"] - city["expected"]
    best = city.assign(fall=fall).sort_values("fall").drop_duplicates("region", keep="last").tail(TOP)
    place, colour = np.arange(len(best)), TARGETS["cba_mt"][1]
    axes.hlines(place, best["expected"], best["width"], color=colour, lw=1.6, alpha=0.45)
    axes.plot(best["width"], place, "o", ms=3, mfc="white", mec=colour, label="now")
    axes.plot(best["expected"], place, "o", ms=3, color=colour, label="with the datum")
    axes.set_yticks(
        place,
        [f"{row.name}: {row.words}".replace("CO2", "CO₂") for row in best[["name", "words"]].itertuples(index=False)],
        fontsize=6,
    )
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.tick_right()
    axes.set_ylim(-3.6, max(len(best), 1) - 0.2)  # room for the legend
    axes.set_xlim(left=0)
    axes.set_xlabel("width of the interval, Mt CO₂", fontsize=7)
    axes.tick_params(axis="x", labelsize=6.5)
    axes.grid(axis="x", lw=0.3)
    axes.legend(loc="lower right", fontsize=6, frameon=True, framealpha=0.9, edgecolor="none")
    axes.set_title("b  Footprints that one datum helps most", loc="left", fontsize=7)
