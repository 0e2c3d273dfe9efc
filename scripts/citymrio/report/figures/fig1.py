"""Figure 1: carbon footprints of cities, total and per capita, and their means by quintile and structure."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...dataset.benchmarks import per_capita
from . import known, maps, quality, style


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """Two maps above one row of bars."""
    regions = style.table(tables, "regions", ["region", "name", "kind", "cba_mt", "per_capita_t"])
    figure = style.new_figure(style.DOUBLE, 5.5)
    upper, lower = figure.subfigures(2, 1, height_ratios=(1.35, 1))
    left, right = upper.subplots(1, 2)
    below = lower.subplots()
    style.panel(left, "a", "Carbon footprint of cities")
    style.panel(right, "b", "Carbon footprint per capita")
    if boundaries is None:
        style.note(left, maps.NO_BOUNDARIES)
        style.note(right, maps.NO_BOUNDARIES)
    else:
        shapes = maps.project(boundaries)
        for axes, column, unit in ((left, "cba_mt", "Mt CO₂"), (right, "per_capita_t", "t CO₂ per capita")):
            values, unsplit = maps.by_region(regions, column)
            maps.quantity(axes, shapes, values, title=unit, unsplit=unsplit, rows=2)
    _bars(below, tables, config)
    cities = style.cities(regions)
    if len(cities):
        first = cities.loc[cities["cba_mt"].idxmax()]
        total, most = style.amount(cities["cba_mt"].sum()), style.amount(first["cba_mt"])
        style.say(figure, f"The footprints add up to {total} Mt; the largest is that of {first['name']}, {most} Mt.")
    return figure


def _bars(axes: Axes, tables, config) -> None:
    columns = ["per_capita_unweighted", "per_capita_weighted"]
    quintiles = style.table(tables, "quintiles", ["quintile", *columns]).set_index("quintile")
    structures = style.table(tables, "structures", ["structure", *columns]).set_index("structure")
    size = style.sizes(config)
    first = style.present(quintiles.index.to_series(), style.QUINTILES)
    second = style.present(structures.index.to_series(), list(style.STRUCTURE_NAMES))
    places = [*range(len(first)), *(len(first) + 0.55 + 1.45 * i for i in range(len(second)))]
    rows = [*(quintiles.loc[q] for q in first), *(structures.loc[s] for s in second)]
    inhabited = sorted(second, key=lambda s: not np.isfinite(structures.at[s, columns[0]]))  # those other figures show come first
    shades = style.colours_of(inhabited, style.STRUCTURE_COLOURS)
    colours = [style.QUINTILE_COLOURS[q] for q in first] + [shades[s] for s in second]
    names = first + [style.readable(s, style.STRUCTURE_NAMES).replace(" ", "\n") for s in second]
    means = np.array([row["per_capita_unweighted"] for row in rows], dtype=float)
    weighted = np.array([row["per_capita_weighted"] for row in rows], dtype=float)
    regions = style.cities(style.table(tables, "regions", ["kind", "quintile", "structure", "demand_status", "structure_status"]))
    statuses = [regions.loc[regions["quintile"].eq(q), "demand_status"] for q in first]
    statuses += [regions.loc[regions["structure"].eq(s), "structure_status"] for s in second]
    for place, mean, colour, status in zip(places, np.nan_to_num(means), colours, statuses, strict=True):
        base = 0.0
        for name, share in known.shares(status):
            axes.bar(place, share * mean, bottom=base, width=0.62, **known.look(name, colour))
            base += share * mean
        axes.bar(place, mean, width=0.62, facecolor="none", edgecolor=style.INK, linewidth=0.4)
    axes.plot(
        places,
        weighted,
        linestyle="none",
        marker="D",
        markersize=4,
        color="white",
        markeredgecolor=style.INK,
        markeredgewidth=0.8,
    )
    benchmarks = style.table(tables, "benchmarks", ["parameter", "value"])
    right = places[-1] + 0.55 if places else 1.0
    lines = per_capita(benchmarks)
    for name, value in lines.items():
        axes.axhline(value, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 2)), zorder=0)
        axes.text(right + 0.08, value, f"{name} {value:g}", ha="left", va="center", size=size["small"], color=style.MUTED)
    top = np.nanmax([*means, *weighted, *lines.values(), 1.0]) * 1.12
    for place, mean, other in zip(places, means, weighted, strict=True):
        if np.isfinite(mean):
            axes.text(
                place,
                np.nanmax([mean, other + 0.02 * top]) + 0.015 * top,
                f"{mean:.1f}",
                ha="center",
                va="bottom",
                size=size["small"],
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.6, "alpha": 0.8},
            )
    axes.set_xticks(places, names)
    axes.tick_params(axis="x", length=0, labelsize=size["small"])
    axes.set_xlim(-0.6, right)
    axes.set_ylim(0, top)
    axes.set_ylabel("Footprint (t CO₂ per capita)")
    if first and second:
        axes.axvline(len(first) - 0.25, color=style.FAINT, linewidth=0.8)
    quality.panel(axes, "c", "Mean footprint per capita by quintile and industrial structure", tables, config)
    handles = [
        *known.legend(pd.concat(statuses) if statuses else []),
        style.swatch("white", "Mean over cities", edgecolor=style.INK, linewidth=0.4),
        style.dot("white", "Mean over people", "D", 4, edge=style.INK),
    ]
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.22), ncols=len(handles))
