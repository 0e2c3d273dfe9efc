"""Footprints and production emissions of the cities with the largest footprints, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ..style import DOUBLE, literal_texts
from . import TOP, finish

NOTE = "{level:.0%} intervals of {basis}"


@literal_texts
def draw(tables: Mapping[str, pd.DataFrame], *, synthetic: bool, note: str) -> Figure:
    """Footprints and production emissions of the 40 cities with the largest footprints, with intervals."""
    regions = tables["regions"]
    top = regions[regions["p_super_emitter"].notna()].nlargest(TOP, "cba_mt").iloc[::-1]
    figure = Figure(figsize=(DOUBLE, DOUBLE * 1.05), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(top))
    for name, colour, shift, label in (
        ("cba_mt", "#0072b2", 0.16, "footprint (CBA)"),
        ("pba_mt", "#d55e00", -0.16, "production (PBA)"),
    ):
        low, high = top[f"{name}_low"], top[f"{name}_high"]
        axes.hlines(place + shift, low, high, color=colour, lw=2.2, alpha=0.55)
        axes.plot(top[name], place + shift, "o", ms=3, color=colour, label=label)
    axes.set_yticks(place, top["name"], fontsize=6.5)
    axes.yaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("Mt CO₂")
    axes.set_ylim(-1, len(top))
    axes.grid(axis="x", lw=0.3)
    axes.legend(loc="lower right", frameon=False)
    return finish(figure, synthetic, note)
