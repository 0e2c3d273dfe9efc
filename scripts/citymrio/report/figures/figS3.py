"""Figure S3: layout of the nested city-level MRIO table, with the run's own numbers."""

import itertools
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from . import style

#: Of greys and browns: no colour that means a group, type or sector.
BLOCKS = {
    "Z": "#dde1e6",
    "own": "#4a545f",
    "Y": "#eee6da",
    "own_y": "#8a7558",
    "column": "#efefef",
    "row": "#e6e6e6",
}


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """A schematic: proportions are not to scale, the printed counts are the run's."""
    regions = tables["regions"]
    sectors = tables["sectors"]
    demand = tables["final_demand"]
    cities = style.cities(regions)
    whole = len(regions) - len(cities)
    summary = style.word("{} regions ({} cities", len(regions), len(cities)) + (
        style.word(" and {} provinces not split)", whole) if whole else style.word(")")
    )
    counts = summary, len(sectors), len(demand)
    title = style.word("Nested MRIO table: {}, {} sectors, {} categories of final demand", *counts)
    figure, (axes,) = style.panels(4.6, [title])
    axes.set_axis_off()
    axes.set(xlim=(-2.9, 13.6), ylim=(8.6, -1.75))
    _blocks(axes)
    _labels(axes, regions, sectors, demand)
    style.say(
        figure, style.word("It has {}, {} sectors and {} categories of final demand.", *counts)
    )
    return figure


def _box(
    axes: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    colour: str,
    text: str = "",
    **options: Any,
) -> None:
    axes.add_patch(
        Rectangle((x, y), width, height, facecolor=colour, edgecolor="white", linewidth=0.8)
    )
    if text:
        axes.text(
            x + width / 2, y + height / 2, text, **{"ha": "center", "va": "center", **options}
        )


def _blocks(axes: Axes) -> None:
    side, step = 5.0, 1.25
    for i, j in itertools.product(range(4), repeat=2):
        own = i == j
        label = "⋯" if 2 in (i, j) and i != j else ("⋱" if i == j == 2 else "")
        colour = "white" if own else style.MUTED
        for left, kind in ((0, "own" if own else "Z"), (5.5, "own_y" if own else "Y")):
            _box(axes, left + j * step, i * step, step, step, BLOCKS[kind], label, color=colour)
    flat, upright = {"size": style.TEXT}, {"size": style.SMALL, "rotation": 90}
    for x, y, width, height, kind, text, look in (
        (10.9, 0, 0.55, side, "column", "Exports", upright),
        (11.5, 0, 0.55, side, "column", "Error", upright),
        (12.35, 0, 0.75, side, "column", "Output x", upright | flat),
        (0, 5.3, side, 0.62, "row", "Imports", flat),
        (0, 6.0, side, 0.62, "row", "Value added", flat),
        (5.5, 5.3, side, 0.62, "row", "Imports for final demand", flat),
        (0, 6.7, side, 0.62, "column", "Input x", flat),
        (0, 7.5, side, 0.62, "row", "CO₂ emissions by region and sector", flat),
    ):
        _box(axes, x, y, width, height, BLOCKS[kind], style.word(text), **look)


def _labels(
    axes: Axes,
    regions: pd.DataFrame,
    sectors: pd.DataFrame,
    demand: pd.DataFrame,
) -> None:
    count = len(regions)
    names = [style.word("Region 1"), style.word("Region 2"), "⋮", style.word("Region {}", count)]
    for k, name in enumerate(names):
        axes.text(-0.12, (k + 0.5) * 1.25, name, ha="right", va="center", size=style.SMALL)
        axes.text(
            (k + 0.5) * 1.25,
            -0.12,
            name if k != 2 else "⋯",
            ha="center",
            va="bottom",
            size=style.SMALL,
        )
        axes.text(
            5.5 + (k + 0.5) * 1.25,
            -0.12,
            name if k != 2 else "⋯",
            ha="center",
            va="bottom",
            size=style.SMALL,
        )
    axes.text(
        -2.45,
        2.5,
        style.word("Products\n({} per region)", len(sectors)),
        ha="center",
        va="center",
        rotation=90,
    )
    rows = count * len(sectors)
    used = style.word(
        "Intermediate use, Z: {:,} × {:,}\n({} sectors per region)", rows, rows, len(sectors)
    )
    bought = style.word(
        "Final demand, Y: {:,} × {:,}\n({} categories per region)",
        rows,
        count * len(demand),
        len(demand),
    )
    axes.text(2.5, -0.85, used, ha="center", va="bottom")
    axes.text(8.0, -0.85, bought, ha="center", va="bottom")
    listed = "\n".join(f"{k}  {style.word(name)}" for k, name in enumerate(demand["name"], start=1))
    axes.text(
        5.6,
        6.35,
        style.word("Categories of final demand"),
        ha="left",
        va="top",
        size=style.SMALL,
        weight="bold",
    )
    axes.text(5.6, 6.75, listed, ha="left", va="top", size=style.SMALL, linespacing=1.25)
    axes.text(9.6, 6.35, style.word("Shades"), ha="left", va="top", size=style.SMALL, weight="bold")
    for k, (colour, text) in enumerate(
        (
            (BLOCKS["own"], style.word("intermediate, own products")),
            (BLOCKS["Z"], style.word("intermediate, from others")),
            (BLOCKS["own_y"], style.word("final, own products")),
            (BLOCKS["Y"], style.word("final, from others")),
        )
    ):
        y = 6.9 + 0.42 * k
        axes.add_patch(Rectangle((9.6, y - 0.14), 0.3, 0.28, facecolor=colour, edgecolor="none"))
        axes.text(10.05, y, text, ha="left", va="center", size=style.SMALL)
