"""Figure 1: carbon footprints of cities, total and per capita, and their spread within quintiles
and structures.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator

from ...dataset.benchmarks import assumed_references, per_capita
from ..shapes import scale_steps
from . import known, maps, style

#: Half the width in which the cities of a group are spread, and places between quintiles and
#: structures.
SPREAD, BETWEEN = 0.26, 0.8
#: A line at a value that is assumed; one at a value that has a source is as wide, and solid.
ASSUMED_LINE: dict[str, Any] = {"linestyle": (0, (2, 2)), "linewidth": 0.8}
#: Cities from which a group has a box; below, its median alone.
FEW = 5
#: Largest over smallest value from which the axis is logarithmic.
WIDE = 4.0


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """Two maps, or rankings, above a panel of groups."""
    regions = tables["regions"]
    shapes = maps.ground(boundaries, regions, "cba_mt", columns=1)
    room = (style.DOUBLE - 0.34) / 2
    width, height = maps.fit(shapes, room, 3.6)
    below = 2.05
    figure = style.new_figure(
        style.DOUBLE, maps.HEAD + height + maps.FOOT + 0.42 + below + 0.78 + style.strip.get()
    )
    figure.set_layout_engine("none")
    left, right = (
        maps.add(figure, 0.12 + k * (room + 0.1) + (room - width) / 2, maps.HEAD, width, height)
        for k in (0, 1)
    )
    style.panel(left, "a", style.word("Carbon footprint of cities"))
    style.panel(right, "b", style.word("Carbon footprint per capita"))
    cities = style.cities(regions)
    called = cities.set_index("region")["name"]
    for axes, column, unit in (
        (left, "cba_mt", style.word("Mt CO₂")),
        (right, "per_capita_t", style.word("t CO₂ per capita")),
    ):
        values, unsplit = maps.by_region(regions, column)
        maps.quantity(axes, shapes, values, title=unit, unsplit=unsplit, rows=2)
        maps.name_largest(axes, shapes, values, called)
    axes = maps.add(
        figure, 0.5, maps.HEAD + height + maps.FOOT + 0.42, style.DOUBLE - 0.5 - 1.2, below
    )
    _groups(axes, tables, run)
    if len(cities):
        first = cities.loc[cities["cba_mt"].idxmax()]
        style.say(
            figure,
            style.word(
                "The footprints add up to {} Mt; the largest is that of {}, {} Mt.",
                style.amount(cities["cba_mt"].sum()),
                first["name"],
                style.amount(first["cba_mt"]),
            ),
        )
    return figure


def _groups(axes: Axes, tables: style.Tables, run: style.Run) -> None:
    """A point for every city, and median, quartiles and means of every quintile and structure."""
    columns = ["per_capita_unweighted", "per_capita_weighted"]
    quintiles = tables["quintiles"].set_index("quintile")
    structures = tables["structures"].set_index("structure")
    cities = style.cities(tables["regions"])
    cities = cities[cities["per_capita_t"] > 0]
    first = style.present(quintiles.index.to_series(), style.QUINTILES)
    second = style.present(structures.index.to_series(), list(style.STRUCTURE_NAMES))
    # those other figures show come first
    inhabited = sorted(second, key=lambda s: not np.isfinite(structures.at[s, columns[0]]))
    shades = style.colours_of(inhabited, style.STRUCTURE_COLOURS)
    groups = [
        *((q, "quintile", "demand_status", style.QUINTILE_COLOURS[q]) for q in first),
        *((s, "structure", "structure_status", shades[s]) for s in second),
    ]
    places = [*range(len(first)), *(len(first) + BETWEEN + 1.75 * i for i in range(len(second)))]
    statuses: list[str] = []
    for place, (group, column, status, colour) in zip(places, groups, strict=True):
        part = cities[cities[column].eq(group)].sort_values("per_capita_t", kind="stable")
        _points(axes, place, part["per_capita_t"].to_numpy(float), part[status], colour)
        statuses += list(part[status])
    rows = (
        pd.concat([quintiles.loc[first, columns], structures.loc[second, columns]])
        .to_numpy(float)
        .reshape(-1, 2)
    )
    ends: list[float] = []
    if (numbers := tables.get("uncertainty/numbers")) is not None:
        means = numbers.set_index("quantity").reindex([f"per capita: {name}" for name in first])
        if not run.get("method"):  # draws by the method of the run
            rows[: len(first), 0] = np.where(
                means["median"].notna(), means["median"], rows[: len(first), 0]
            )
        drawn = means[["low", "median", "high"]].set_axis(places[: len(first)]).dropna()
        ends = _intervals(axes, drawn)
    look: dict[str, Any] = {
        "linestyle": "none",
        "color": "white",
        "markeredgecolor": style.INK,
        "markeredgewidth": 0.8,
        "zorder": 5,
    }
    axes.plot(np.array(places) + 0.42, rows[:, 0], marker="D", markersize=3.6, **look)
    axes.plot(np.array(places) + 0.54, rows[:, 1], marker="o", markersize=3.6, **look)
    right = places[-1] + 0.75 if places else 1.0
    axes.set_xlim(-0.6, right)
    lines = _benchmarks(axes, tables["benchmarks"], right)
    _axis(axes, [*cities["per_capita_t"], *lines.values(), *ends])
    _names(axes, places, [group for group, *_ in groups], rows[:, 0])
    if first and second:
        axes.axvline(len(first) - 0.5 + BETWEEN / 2, color=style.FAINT, linewidth=0.8)
    known.panel(
        axes,
        "c",
        style.word("Footprint per capita of cities by quintile and industrial structure"),
        tables,
    )
    _legend(axes, statuses, [run] if ends else [])


def _points(axes: Axes, place: float, values: np.ndarray, statuses: pd.Series, colour: str) -> None:
    """The cities of a group, and the box of their median and quartiles; an even spread keeps points
    of like values apart.
    """
    if not values.size:
        return
    across = place + SPREAD * (2 * ((np.arange(values.size) * 0.6180339887498949) % 1) - 1)
    looks = [known.look(status, colour) for status in statuses]
    axes.scatter(
        across,
        values,
        s=7,
        facecolor=[look["facecolor"] for look in looks],
        edgecolor=[look["edgecolor"] for look in looks],
        linewidth=0.7,
        zorder=2,
    )
    if values.size < FEW:
        axes.hlines(
            np.median(values), place - 0.31, place + 0.31, color=style.INK, linewidth=1.4, zorder=4
        )
        return
    line = {"color": style.INK, "linewidth": 0.7}
    axes.boxplot(
        values,
        positions=[place],
        widths=0.62,
        whis=(5, 95),
        showfliers=False,
        showcaps=False,
        boxprops=line,
        whiskerprops=line,
        medianprops={"color": style.INK, "linewidth": 1.4},
        manage_ticks=False,
        zorder=4,
    )


def _intervals(axes: Axes, means: pd.DataFrame) -> list[float]:
    """Intervals of the quintiles' means by place, with a dash at the median of the draws, which is
    not what a diamond by another method shows; their ends.
    """
    line: dict[str, Any] = {"color": style.INK, "linewidth": 1.0, "zorder": 4}
    for row in means.itertuples():
        axes.vlines(row.Index + 0.42, row.low, row.high, **line)
        axes.plot(row.Index + 0.42, row.median, marker="_", markersize=7, **line)
    return means[["low", "high"]].to_numpy(float).ravel().tolist()


def _benchmarks(axes: Axes, benchmarks: pd.DataFrame, right: float) -> dict[str, float]:
    """Lines of other places' footprints per capita, dashed where the value is assumed; their names
    stand beside the axes.
    """
    lines, assumed = per_capita(benchmarks), assumed_references(benchmarks)
    for name, value in lines.items():
        look = ASSUMED_LINE if name in assumed else {"linewidth": ASSUMED_LINE["linewidth"]}
        axes.axhline(value, color=style.MUTED, zorder=0, **look)
        axes.annotate(
            f"{style.word(name)} {value:g}",
            (right, value),
            (3, 0),
            textcoords="offset points",
            va="center",
            size=style.SMALL,
            color=style.MUTED,
            annotation_clip=False,
        )
    if assumed & set(lines):
        axes.plot(
            [],
            [],
            color=style.MUTED,
            label=style.word("Assumed, not observed"),
            **ASSUMED_LINE,
        )
    return lines


def _axis(axes: Axes, values: Sequence[float]) -> None:
    """An axis that holds all values: logarithmic where they are far apart."""
    low, high = (min(values), max(values)) if len(values) else (1.0, 10.0)
    if high > WIDE * low:
        axes.set(yscale="log", ylim=(low / 1.15, high * 1.15))
        style.ticks(axes.yaxis, FixedLocator(scale_steps(low, high)))
        axes.minorticks_off()
    else:
        pad = 0.08 * (high - low) or 1.0
        axes.set_ylim(low - pad, high + pad)
    axes.set_ylabel(style.word("Footprint (t CO₂ per capita)"))


def _names(
    axes: Axes,
    places: Sequence[float],
    groups: Sequence[str],
    means: np.ndarray,
) -> None:
    """Names of the groups below the axes, and below each its mean over cities."""
    names = [style.readable(group, style.STRUCTURE_NAMES).replace(" ", "\n") for group in groups]
    tallest = max((name.count("\n") for name in names), default=0)
    numbers = [f"{mean:.1f}" if np.isfinite(mean) else style.word("no city") for mean in means]
    filled = [name + "\n" * (tallest - name.count("\n")) for name in names]
    axes.set_xticks(
        places, [f"{name}\n{number}" for name, number in zip(filled, numbers, strict=True)]
    )
    axes.tick_params(axis="x", length=0, labelsize=style.SMALL)
    axes.annotate(
        "\n" * (tallest + 1) + style.word("Mean over cities"),
        (1, 0),
        (3, -3.5),
        xycoords="axes fraction",
        textcoords="offset points",
        va="top",
        size=style.SMALL,
        color=style.MUTED,
    )


def _legend(axes: Axes, statuses: Sequence[str], ensembles: Sequence[Mapping]) -> None:
    points = [
        style.dot(
            known.look(status, known.GREY)["facecolor"],
            style.word("City, its group {}", style.word(name).lower()),
            size=3.2,
            edge=known.GREY,
        )
        for status, name in known.NAMES.items()
        if status in statuses
    ]
    handles = [
        *points,
        style.patch(
            style.word("Median, quartiles; 5th to 95th percentile"),
            facecolor="white",
            edgecolor=style.INK,
            linewidth=0.7,
        ),
        style.dot("white", style.word("Mean over cities"), "D", 3.6, edge=style.INK),
        style.dot("white", style.word("Mean over people"), "o", 3.6, edge=style.INK),
        *(
            style.line(
                style.word("Mean, {}", style.interval_words(run)),
                color=style.INK,
                linewidth=1.0,
                marker="|",
            )
            for run in ensembles
        ),
        *axes.get_legend_handles_labels()[0],
    ]
    axes.legend(
        handles=handles,
        loc="upper center",
        bbox_to_anchor=(0.56, -0.2),
        ncols=min(len(handles), 4) if ensembles or len(handles) > 5 else len(handles),
        columnspacing=1.2,
        handletextpad=0.4,
    )
