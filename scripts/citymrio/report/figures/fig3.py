"""Figure 3: production-based against consumption-based emissions of every city, with super-emitters
typed and named.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator

from ...analysis.super_emitters import most_are_super_emitters
from . import maps, names, style

AXES = ["pba_mt", "cba_mt"]


#: Cities named in panel a: those furthest from the line of equal emissions.
FAR = 6
#: Super-emitters named in panel b: the largest.
NAMED = 32
#: Least part of an axis below the threshold, relative to that above it.
BELOW = 0.26
#: Side of both panels and of the room around them, inch.
SMALL, LARGE, HEAD, LEFT = 2.1, 4.05, 0.3, 0.47


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """All cities on the left, super-emitters enlarged on the right, one legend below; both panels
    square, with equal scales.
    """
    cities = style.cities(tables["regions"])
    threshold = style.parameter(tables["parameters"], "super_threshold")
    supers = cities[cities["super_emitter"].isin(list(style.TYPE_NAMES))]
    figure = style.new_figure(style.DOUBLE, HEAD + LARGE + 0.42 + style.strip.get())
    figure.set_layout_engine("none")
    positive = cities[(cities["pba_mt"] > 0) & (cities["cba_mt"] > 0)]
    if positive.empty:
        return style.noted(figure, style.NO_CITIES)
    left = maps.add(figure, LEFT, HEAD, SMALL, SMALL)
    right = maps.add(figure, style.DOUBLE - LARGE - 0.08, HEAD, LARGE, LARGE)
    below = maps.add(
        figure, 0.08, HEAD + SMALL + 0.5, style.DOUBLE - LARGE - 0.6, LARGE - SMALL - 0.4
    )
    style.panel(left, "a", style.word("All {} cities", len(cities)))
    said = (
        style.word(" ({} of {} cities: the threshold tells few apart)", len(supers), len(cities))
        if most_are_super_emitters(cities["super_emitter"])
        else ""
    )
    style.panel(right, "b", style.word("Super-emitters{}", said))
    _scatter(
        left,
        positive,
        threshold,
        9,
        _limits([positive[axis] for axis in AXES], threshold, 0.06, alike=True),
    )
    if len(cities) > len(positive):
        text = style.word("{} not above 0, not shown", len(cities) - len(positive))
        left.text(
            0.98,
            0.02,
            text,
            transform=left.transAxes,
            ha="right",
            size=style.SMALL,
        )
    shown = positive[positive["region"].isin(supers["region"])]
    ends = _ends(tables.get("uncertainty/regions"), shown)
    _legend(below, positive, style.interval_words(run) if len(ends) else "")
    ordinary = positive[~positive["region"].isin(supers["region"])]
    off = np.log(ordinary["cba_mt"] / ordinary["pba_mt"]).abs()
    far = ordinary.loc[off.sort_values(ascending=False, kind="stable").head(FAR).index]
    _names(left, far, positive, (threshold, [left.get_xlim(), left.get_ylim()]))
    counts = supers["super_emitter"].value_counts()
    parts = [
        style.word("{} {}", count, style.readable(name, style.TYPE_NAMES).lower())
        for name, count in counts.items()
    ]
    style.say(
        figure,
        style.word(
            "{} of {} cities are super-emitters{}{}.",
            len(supers),
            len(cities),
            style.word(": ") * bool(parts),
            style.word(", ").join(parts),
        ),
    )
    if shown.empty:
        off = style.word("Super-emitters are switched off (groups.super_emitters).")
        style.note(
            right,
            style.word("No city lies above the threshold.") if np.isfinite(threshold) else off,
        )
        return figure
    low_high = [
        np.concatenate(
            [shown[axis], *(ends[f"{axis}_{end}"] for end in ("low", "high") if len(ends))]
        )
        for axis in AXES
    ]
    limits = _limits(low_high, threshold, 0.1)
    _scatter(right, shown, threshold, 24, limits)
    _bars(right, shown, ends)
    _type_names(right, counts, threshold)
    largest = shown.assign(size=shown[AXES].max(axis=1)).sort_values(
        ["size", "region"], ascending=[False, True]
    )
    _names(right, largest.head(NAMED), shown, (threshold, limits))
    return figure


def _ends(intervals: pd.DataFrame | None, cities: pd.DataFrame) -> pd.DataFrame:
    """Estimates of these cities by the method of the ensemble and ends of their intervals, in
    their order; no row where the run has no ensemble.
    """
    columns = [f"{axis}{end}" for axis in AXES for end in ("", "_low", "_high")]
    if intervals is None:
        return pd.DataFrame(columns=columns)
    ends = intervals.set_index("region")[columns].reindex(cities["region"])
    return ends.where(ends > 0)


def _bars(axes: Axes, cities: pd.DataFrame, ends: pd.DataFrame) -> None:
    """Intervals of cities along both axes, in the colours of their structures, with a tick at the
    estimate by the ensemble's method, which is not that of a dot by another method.
    """
    if not len(ends):
        return
    colours = [_colours(cities)[structure] for structure in cities["structure"]]
    options: dict[str, Any] = {"color": colours, "linewidth": 0.6, "alpha": 0.6, "zorder": 2}
    axes.hlines(cities["cba_mt"], ends["pba_mt_low"], ends["pba_mt_high"], **options)
    axes.vlines(cities["pba_mt"], ends["cba_mt_low"], ends["cba_mt_high"], **options)
    for x, y, marker in (
        (ends["pba_mt"], cities["cba_mt"], "|"),
        (cities["pba_mt"], ends["cba_mt"], "_"),
    ):
        axes.scatter(x, y, marker=marker, s=16, **options)


def _limits(
    values: list[pd.Series], threshold: float, margin: float, alike: bool = False
) -> list[tuple[float, float]]:
    """Limits of both logarithmic axes, as many decades long, that hold all values and the
    threshold; or the same for both.

    There is room for the name of a quadrant below the threshold.
    """
    values = [np.concatenate(values)] * 2 if alike else values
    ranges = []
    for part in values:
        everything = np.concatenate(
            [part[np.isfinite(part)], [threshold] if np.isfinite(threshold) else []]
        )
        low, high = np.log10(everything.min()), np.log10(everything.max())
        if np.isfinite(threshold):
            low = min(low, np.log10(threshold) - BELOW * (high - np.log10(threshold)))
        ranges.append((low, high))
    half = (0.5 + margin) * max(*(high - low for low, high in ranges), 0.3)
    return [
        (float(10 ** ((low + high) / 2 - half)), float(10 ** ((low + high) / 2 + half)))
        for low, high in ranges
    ]


def _scatter(
    axes: Axes,
    cities: pd.DataFrame,
    threshold: float,
    size: float,
    limits: list[tuple[float, float]],
) -> None:
    axes.set(xscale="log", yscale="log", xlim=limits[0], ylim=limits[1], aspect="equal")
    if np.isfinite(threshold):
        _shade(axes, threshold, *limits)
    both = max(limits[0][0], limits[1][0]), min(limits[0][1], limits[1][1])
    axes.plot(both, both, color="#999999", linewidth=0.6, zorder=1)
    for structure, colour in _colours(cities).items():
        for quintile in style.QUINTILES:
            part = cities[(cities["structure"] == structure) & (cities["quintile"] == quintile)]
            if len(part):
                axes.scatter(
                    part["pba_mt"],
                    part["cba_mt"],
                    s=size,
                    marker=style.QUINTILE_MARKERS[quintile],
                    linewidth=0.35,
                    edgecolor="white",
                    color=colour,
                    zorder=3,
                )
    for axis, (low, high) in zip((axes.xaxis, axes.yaxis), limits, strict=True):
        style.ticks(axis, LogLocator(base=10, subs=(1, 2, 5) if high / low < 1000 else (1,)))
    axes.set(
        xlabel=style.word("Production-based emissions (Mt CO₂)"),
        ylabel=style.word("Consumption-based emissions (Mt CO₂)"),
    )


def _colours(cities: pd.DataFrame) -> dict[str, str]:
    return style.colours_of(
        style.present(cities["structure"], list(style.STRUCTURE_NAMES)), style.STRUCTURE_COLOURS
    )


def _shade(axes: Axes, threshold: float, x: tuple[float, float], y: tuple[float, float]) -> None:
    areas = {
        "demand": ((x[0], threshold), threshold - x[0], y[1] - threshold),
        "technology": ((threshold, y[0]), x[1] - threshold, threshold - y[0]),
        "hybrid": ((threshold, threshold), x[1] - threshold, y[1] - threshold),
    }
    for kind, (corner, width, height) in areas.items():
        axes.add_patch(
            Rectangle(
                corner, width, height, facecolor=style.TYPE_SHADES[kind], edgecolor="none", zorder=0
            )
        )
    axes.axhline(threshold, color=style.INK, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)
    axes.axvline(threshold, color=style.INK, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)


def _type_names(axes: Axes, counts: pd.Series, threshold: float) -> None:
    """Names of the types in their quadrants, off the line of equal emissions; the threshold
    below.
    """
    x_right = axes.get_xlim()[1]
    corners = {
        "demand": ((axes.get_xlim()[0], axes.get_ylim()[1]), (4, -4), "left", "top"),
        "hybrid": ((x_right, threshold), (-4, 4), "right", "bottom"),
        "technology": ((x_right, axes.get_ylim()[0]), (-4, 4), "right", "bottom"),
    }
    for kind, (corner, offset, horizontal, vertical) in corners.items():
        axes.annotate(
            f"{style.word(style.TYPE_NAMES[kind])} ({counts.get(kind, 0)})",
            corner,
            offset,
            textcoords="offset points",
            ha=horizontal,
            va=vertical,
            size=style.TEXT,
            weight="bold",
            color=style.TYPE_INKS[kind],
        )
    axes.text(
        0.015,
        0.015,
        style.word("threshold {:.1f} Mt", threshold)
        if threshold >= 1
        else style.word("threshold {:.2g} Mt", threshold),
        transform=axes.transAxes,
        ha="left",
        va="bottom",
        size=style.SMALL,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
    )


def _names(
    axes: Axes,
    named: pd.DataFrame,
    others: pd.DataFrame,
    quadrants: tuple[float, list[tuple[float, float]]],
) -> None:
    """Names of cities, each in the quadrant of its type (threshold and limits of both axes)."""
    within = []
    threshold, (x, y) = quadrants
    if np.isfinite(threshold):
        boxes = {
            "demand": (x[0], threshold, threshold, y[1]),
            "technology": (threshold, y[0], x[1], threshold),
            "hybrid": (threshold, threshold, x[1], y[1]),
        }
        within = [
            boxes.get(kind, (x[0], y[0], threshold, threshold)) for kind in named["super_emitter"]
        ]
    names.place(
        axes,
        named[AXES].to_numpy(dtype=float),
        list(named["name"]),
        others=others[AXES].to_numpy(dtype=float),
        within=within,
        size=style.SMALL,
        colour=style.INK,
        leader=style.MUTED,
    )


def _legend(axes: Axes, cities: pd.DataFrame, interval: str) -> None:
    axes.set_axis_off()
    structures = [
        style.dot(colour, style.readable(structure, style.STRUCTURE_NAMES), size=5)
        for structure, colour in _colours(cities).items()
    ]
    quintiles = [
        style.dot(style.MUTED, style.QUINTILE_NAMES.get(q, q), style.QUINTILE_MARKERS[q], 5)
        for q in style.present(cities["quintile"], style.QUINTILES)
    ]
    options: dict[str, Any] = {
        "loc": "upper left",
        "alignment": "left",
        "handletextpad": 0.2,
        "borderaxespad": 0.0,
    }
    first = axes.legend(
        handles=structures,
        title=style.word("Industrial structure"),
        bbox_to_anchor=(0.0, 1.0),
        **options,
    )
    axes.add_artist(first)
    if interval:
        quintiles.append(
            style.line(
                style.word("{} (b)", interval).replace(", ", ",\n"),
                color=style.MUTED,
                linewidth=0.8,
                marker="|",
            )
        )
    axes.legend(
        handles=quintiles,
        title=style.word("Quintile of affluence"),
        bbox_to_anchor=(0.52, 1.0),
        **options,
    )
