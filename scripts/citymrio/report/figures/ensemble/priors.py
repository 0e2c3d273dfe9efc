"""Priors of trade that were fitted, by sector."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..style import DOUBLE, INK, literal_texts
from . import finish

NOTE = "fitted on the provinces"
KINDS = {"goods": "#d55e00", "services": "#0072b2"}


@literal_texts
def draw(tables: Mapping[str, pd.DataFrame], *, synthetic: bool, note: str) -> Figure:
    """Fitted border and demand tilt by sector: estimate with two standard errors, and the value used."""
    priors, sectors = tables["priors"], tables["sectors"]
    figure = Figure(figsize=(DOUBLE, 0.155 * len(sectors) + 1), layout="constrained")
    columns = figure.subplots(1, 2, sharey=True)
    order = sectors["sector"].tolist()[::-1]
    place = np.arange(len(order))
    names = sectors.set_index("sector")["name"].reindex(order)
    for axes, parameter, title in zip(
        columns, ("border", "tilt"), ("preference for home, log", "demand tilt to own supply"), strict=True
    ):
        rows = priors[priors["parameter"].eq(parameter)].set_index("sector").reindex(order)
        colours = [KINDS[kind] for kind in rows["kind"]]
        axes.hlines(place, rows["estimate"] - 2 * rows["se"], rows["estimate"] + 2 * rows["se"], color=colours, lw=1.2)
        axes.scatter(rows["estimate"], place, c=colours, s=9, zorder=3, label="estimate, 2 standard errors")
        axes.scatter(rows["prior"], place, marker="|", c=INK, s=45, zorder=4, label="used")
        axes.set_xlabel(title)
        axes.grid(axis="x", lw=0.3)
    columns[0].set_yticks(place, [str(name)[:42] for name in names], fontsize=6)
    columns[0].set_ylim(-1, len(order))
    columns[1].legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False, fontsize=6)
    return finish(figure, synthetic, note)
