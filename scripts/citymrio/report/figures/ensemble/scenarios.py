"""Savings of every scenario, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..style import INK, SINGLE, literal_texts
from . import finish

NOTE = "{level:.0%} intervals of {basis}"


@literal_texts
def draw(tables: Mapping[str, pd.DataFrame], *, synthetic: bool, note: str) -> Figure:
    """Savings of every scenario with intervals."""
    numbers = tables["numbers"]
    table = numbers[numbers["quantity"].str.startswith("saving: ")].copy()
    table["name"] = table["quantity"].str.removeprefix("saving: ").str.replace("_", " ")
    table = table.iloc[::-1]
    figure = Figure(figsize=(SINGLE * 1.5, 0.2 * len(table) + 0.9), layout="constrained")
    axes = figure.subplots()
    place = np.arange(len(table))
    axes.barh(place, table["estimate"], color="#56b4e9", height=0.6, label="estimate without spread")
    axes.hlines(place, table["low"], table["high"], color=INK, lw=1.6, label="interval")
    axes.plot(table["mean"], place, "o", ms=3.5, color=INK, label="expectation over the draws")
    axes.set_yticks(place, table["name"], fontsize=7)
    axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3, frameon=False, fontsize=6, handlelength=1.2)
    axes.set_xlabel("Saving (Mt CO₂)")
    return finish(figure, synthetic, note)
