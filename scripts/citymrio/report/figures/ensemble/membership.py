"""Probability of each super-emitter type and of each quintile."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..style import DOUBLE, QUINTILE_COLOURS, TYPE_COLOURS, TYPE_NAMES, literal_texts
from . import TOP, finish

NOTE = "Shares of {basis}"


@literal_texts
def draw(tables: Mapping[str, pd.DataFrame], *, synthetic: bool, note: str) -> Figure:
    """Probability of each super-emitter type and of each quintile, cities in doubt and super-emitters first."""
    regions = tables["regions"]
    cities = regions[regions["p_super_emitter"].notna()]
    chosen = cities[cities["p_super_emitter"] > 0.02].nlargest(TOP, ["p_super_emitter", "cba_mt"]).iloc[::-1]
    figure = Figure(figsize=(DOUBLE, max(2.5, 0.17 * len(chosen) + 1)), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    place = np.arange(len(chosen))
    for axes, names, colours, labels in (
        (left, ("technology", "hybrid", "demand"), TYPE_COLOURS, TYPE_NAMES),
        (right, ("Q1", "Q2", "Q3", "Q4", "Q5"), QUINTILE_COLOURS, {}),
    ):
        start = np.zeros(len(chosen))
        for name in names:
            width = chosen[f"p_{name.lower()}"].to_numpy()
            axes.barh(place, width, left=start, color=colours[name], height=0.75, label=labels.get(name, name))
            start += width
        axes.set_xlim(0, 1)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=5, frameon=False, fontsize=6, handlelength=1)
    left.set_ylim(-0.8, len(chosen) - 0.2)
    left.set_yticks(place, chosen["name"], fontsize=6.5)
    left.set_xlabel("probability of being a super-emitter, by type")
    right.set_xlabel("probability of each quintile of affluence")
    return finish(figure, synthetic, note)
