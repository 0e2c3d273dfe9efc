"""Figures of a comparison of two tables: footprints, production emissions and home shares by city,
and where they differ.
"""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..language import word
from . import maps, style
from .known_table import equal_axes, measure, name_furthest

#: Limits of the classes of the map, percent, and their colours, from A far below B to A far above
#: (ColorBrewer, RdBu).
BREAKS = (-50.0, -20.0, -5.0, 5.0, 20.0, 50.0)
COLOURS = ("#2166ac", "#67a9cf", "#d1e5f0", "#f7f7f7", "#fddbc7", "#ef8a62", "#b2182b")

CAPTIONS = {
    "compare_scatter": "Cities in two tables, A against B: a, footprints and b, production "
    "emissions, Mt CO₂ without households' "
    "direct emissions, on logarithmic axes; c, home share: the part of the domestic products "
    "that a city uses which it makes "
    "itself. The line is A = B, and the cities furthest from it are named.",
    "compare_map": "Footprint of every city in A as a difference from that in B, percent of B: "
    "blue where A is below B, red "
    "where it is above, white where they differ by less than 5%. Without polygons: the cities in "
    "order, those that differ most.",
}


def draw(
    name: str,
    tables: Mapping[str, pd.DataFrame],
    boundaries: style.Boundaries,
    config: style.Figures,
    *,
    run: Mapping[str, Any],
) -> Figure:
    """Draw a figure by its name (a key of CAPTIONS) from comparison.csv and cities.csv; `run` is
    compare.json, where it is not English with the language.
    """
    language, a, b = run.get("language", "en"), run["a"]["name"], run["b"]["name"]
    if a == b:
        a, b = run["a"]["folder"], run["b"]["folder"]
    if b == f"truth of {a}":
        b = word("truth of {}", language, a)
    named = {**run, "name": word("A: {}. B: {}", language, a, b), "year": ""}
    return FIGURES[name](tables, boundaries, config, synthetic=run["synthetic"], run=named)


@style.styled
def _scatter(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    cities = style.cities(tables["cities"])
    numbers = tables["comparison"].set_index(["quantity", "group"])["value"]
    labels = cities.set_index("region")["name"]
    figure, every = style.panels(
        2.9, ["Footprint (Mt CO₂)", "Production emissions (Mt CO₂)", "Home share"]
    )
    drawn = []
    stems = ("cba_{}_mt", "pba_{}_mt", "home_share_{}")
    for axes, stem, log in zip(every, stems, (True, True, False), strict=True):
        points = cities[["region"]].assign(
            estimate=cities[stem.format("a")], known=cities[stem.format("b")]
        )
        points = points[np.isfinite(points[["estimate", "known"]]).all(axis=1)]
        if log:
            points = points[(points["estimate"] > 0) & (points["known"] > 0)]
        equal_axes(axes, points, log=log)
        axes.scatter(
            points["known"], points["estimate"], s=7, color=style.INK, alpha=0.5, linewidth=0
        )
        axes.set_xlabel("B")
        drawn.append((axes, points))
    drawn[0][0].set_ylabel("A")
    for (axes, _), name in zip(drawn, ("footprint", "production emissions"), strict=False):
        rank, error = (
            numbers[f"{name} rank correlation", "regions"],
            numbers[f"{name} median error", "regions"],
        )
        measure(axes, style.word("rank correlation {:.3f}\nmedian error {:.1%}", rank, error))
    style.settle(figure)
    for axes, points in drawn:
        name_furthest(axes, points, labels)
    return figure


@style.styled
def _map(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    cities = tables["cities"]
    cities = cities.assign(percent=100 * (cities["cba_ratio"] - 1))
    shapes = maps.ground(boundaries, cities, "percent")
    figure, axes = maps.page(shapes)
    style.panel(axes, "", "Footprint in A less that in B")
    percent, unsplit = maps.by_region(cities, "percent")
    called = [
        style.word("below {:+.0f}", BREAKS[0]),
        *(style.word("{:+.0f} to {:+.0f}", *ends) for ends in pairwise(BREAKS)),
        style.word("above {:+.0f}", BREAKS[-1]),
    ]
    names = [text.replace("-", "\N{MINUS SIGN}") for text in called]
    maps.classed(
        axes,
        shapes,
        percent.dropna(),
        BREAKS,
        dict(zip(names, COLOURS, strict=True)),
        title=style.word("Percent of B"),
        unsplit=unsplit,
        rows=2,
    )
    return figure


FIGURES: dict[str, Callable[..., Figure]] = {"compare_scatter": _scatter, "compare_map": _map}
