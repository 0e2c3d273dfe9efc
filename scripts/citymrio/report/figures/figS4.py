"""Figure S4: carbon intensity of key sectors in super-emitters against the national and global
benchmarks.
"""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from ...base.money import format_unit
from ...dataset.benchmarks import INTENSITY, assumed_parameters
from . import style

#: Lanes of a row: the benchmarks above, then one for each type; and the height of one.
LANE = 0.23
#: Points nearer than this along the axis, in decades, would hide one another: they go above and
#: below, in steps of a lane.
NEAR, APART, MOST = 0.022, 0.3, 0.42
#: Least height of a row, of all rows where points are piled up, and of a point, inch.
ROW, PAGE, DOT = 0.57, 3.9, 0.052

#: Decades of the axis below which its numbers stand at 2 and 5 too.
FEW = 1.5


def _lower_limit(values: pd.Series) -> float:
    """The decade below all but the lowest 3% of the values; just below the lowest if that is less
    than a decade lower.
    """
    decade = 10.0 ** np.floor(np.log10(np.quantile(values, 0.03)))
    return float(decade if values.min() < decade / 3 else min(decade, values.min() / 1.3))


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """One row per key sector: the benchmarks in a lane of their own, and a lane of points per
    type.
    """
    table = tables["intensities"]
    doubtful = assumed_parameters(tables["benchmarks"])
    keys = style.present(table["key_sector"], list(style.KEY_NAMES))
    figure, (axes,) = style.panels(
        0.75 + _row_height(table, len(keys)) * max(len(keys), 2),
        ["Carbon intensity of key sectors in super-emitters"],
    )
    shown = table[(table["intensity"] > 0) & np.isfinite(table["intensity"].astype(float))]
    if shown.empty:
        return style.noted(figure, style.word("No super-emitter has emissions in a key sector."))
    low = _lower_limit(shown["intensity"].astype(float))
    types = style.present(shown["super_emitter"], list(style.TYPE_NAMES))
    for row, key in enumerate(keys):
        lanes = row + LANE * (np.arange(len(types) + 1) - len(types) / 2)
        for lane, kind in zip(lanes[1:], types, strict=True):
            part = shown[(shown["key_sector"] == key) & (shown["super_emitter"] == kind)]
            _points(
                axes,
                part["intensity"].to_numpy(dtype=float),
                lane,
                low,
                style.TYPE_COLOURS[kind],
            )
        marks = table.loc[table["key_sector"] == key, ["national", "global"]].iloc[0].astype(float)
        axes.plot(
            [marks["national"]] * 2,
            [row - 0.44, row + 0.44],
            color=style.INK,
            linewidth=1.0,
            zorder=1,
        )
        if np.isfinite(marks["global"]):
            axes.scatter(marks["global"], lanes[0], **_diamond(INTENSITY + key in doubtful))
    for row in range(1, len(keys)):
        axes.axhline(row - 0.5, color=style.FAINT, linewidth=0.5)
    axes.set(xscale="log", xlim=(low, None))
    few = np.log10(axes.get_xlim()[1] / low) < FEW
    style.ticks(axes.xaxis, LogLocator(base=10, subs=(1, 2, 5) if few else (1,)))
    style.names(
        axes,
        range(len(keys)),
        [style.readable(key, style.KEY_NAMES) for key in keys],
        xlabel=style.word("Carbon intensity (t CO₂ per {} of output)", format_unit(run["unit"])),
        ylim=(len(keys) - 0.5, -0.5),
    )
    axes.tick_params(axis="y", labelsize=style.TEXT)
    known = table.dropna(subset=["global"])["key_sector"]
    handles: list[Artist] = [
        *(style.dot(style.TYPE_COLOURS[kind], style.TYPE_NAMES[kind]) for kind in types),
        style.line("National mean", color=style.INK, linewidth=1.0),
        *(
            axes.scatter([], [], label=style.word(label), **_diamond(guessed))
            for guessed, label in ((False, "Global mean"), (True, "Global mean, assumed"))
            if (INTENSITY + known).isin(doubtful).eq(guessed).any()
        ),
    ]
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        title=style.word("Super-emitters"),
        alignment="left",
    )
    first = shown[shown["key_sector"] == keys[0]]
    above, name = (
        (first["intensity"] > first["national"]).sum(),
        style.readable(keys[0], style.KEY_NAMES).lower(),
    )
    style.say(
        figure,
        style.word(
            "In {}, {} of {} super-emitters lie above the national mean.", name, above, len(first)
        ),
    )
    return figure


def _diamond(guessed: bool) -> dict[str, Any]:
    """Look of a global mean: filled, or hollow and dashed where it is assumed."""
    look: dict[str, Any] = {
        "marker": "D",
        "s": 26,
        "edgecolor": style.INK,
        "linewidth": 0.9,
        "zorder": 4,
    }
    return look | (
        {"facecolor": "white", "linestyle": (0, (1.6, 1.2))}
        if guessed
        else {"facecolor": style.INK}
    )


def _points(axes: Axes, values: np.ndarray, lane: float, low: float, colour: str) -> None:
    """A dot for every city; neighbours that would hide one another go above and below; arrowheads
    stand for what is below.
    """
    inside, below = np.sort(values[values >= low]), values[values < low]
    look: dict[str, Any] = {"color": colour, "edgecolor": "white", "linewidth": 0.3, "zorder": 3}
    axes.scatter(inside, lane + LANE * _lifts(np.log10(inside)), s=13, **look)
    if len(below):
        axes.scatter(low, lane, s=16, marker="<", clip_on=False, **look)
        label = style.word("{} below", len(below)) if len(below) > 1 else f"{below[0]:.1g}"
        axes.text(
            low * 1.12,
            lane,
            label,
            va="center",
            size=style.SMALL,
            color=style.MUTED,
        )


def _row_height(table: pd.DataFrame, rows: int) -> float:
    """Height of a row, inch: that of the highest pile of points, as far as the page has room."""
    groups = table[table["intensity"] > 0].groupby(["key_sector", "super_emitter"])["intensity"]
    levels = [_levels(np.sort(np.log10(values.to_numpy(dtype=float)))) for _, values in groups]
    pile = 1 + 2 * max((max(map(abs, found), default=0) for found in levels), default=0)
    return float(np.clip(pile * DOT / LANE, ROW, max(ROW, PAGE / max(rows, 2))))


def _lifts(places: np.ndarray) -> np.ndarray:
    """How far above its lane each of the sorted places is drawn, in lanes."""
    levels = np.array(_levels(places), dtype=float)
    most = np.abs(levels).max(initial=0.0)
    return levels * (min(APART, MOST / most) if most else 0.0)


def _levels(places: np.ndarray) -> list[int]:
    """For sorted places the nearest of the levels 0, 1, -1, 2, ... that no near place before
    has.
    """
    levels: list[int] = []
    for k, place in enumerate(places):
        taken = {levels[i] for i in range(k) if place - places[i] < NEAR}
        levels.append(
            next(level for step in range(k + 1) for level in (step, -step) if level not in taken)
        )
    return levels
