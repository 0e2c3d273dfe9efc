"""Readings of the paper's numbers: its value at 1, every reading of the text as a dot, the one in
use filled.
"""

import re
from textwrap import shorten
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FixedLocator

from ...assessment.paper.readings.table import JOINT, RESULT, count_met, is_true
from . import style

#: Ratios that the axis shows; what lies outside is a triangle at its edge.
LIMITS = (0.5, 2.0)
TICKS = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.5, 2.0)
#: Height of a line and of what surrounds them, and of the figure at most (the page of a journal),
#: inch.
LINE, REST, PAGE = 0.148, 0.75, 9.4
#: Room beside the names and the printed values, which are wider in print than in the layout; share
#: of the width.
MARGIN = 0.015
#: Shape and fill tell readings apart, not colour: colours have meanings of their own
#: (citymrio/report/palette.py).
USED, SETTING, CHAIN = "#222222", "#222222", "#8c8c8c"
#: First digits of the place in the paper -> the heading of its part.
PARTS = {
    "3.1": "Inequality of footprints (3.1)",
    "3.2": "Supply chains between cities (3.2)",
    "3.3": "Mitigation (3.3)",
}
ELSEWHERE = "Elsewhere"
#: Longest name of a number in a label, characters.
LONGEST = 64
#: Signs of units as they are printed.
SIGNS = {"CO2": "CO₂", "10^4": "10⁴", "10^9": "10⁹"}


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """One line for each result with readings."""
    found, table = tables["paper_comparison"], tables["readings"]
    comparison = found.set_index("id")
    known = table[
        table["needs"].ne(JOINT)
        & table["ratio"].gt(0)
        & table["number"].map(comparison["counts_as"]).eq(RESULT)
    ]
    lines = _lines(known, comparison)
    figure = style.new_figure(style.DOUBLE, min(LINE * max(len(lines), 6) + REST, PAGE))
    engine: Any = figure.get_layout_engine()
    left, bottom, width, height = engine.get()["rect"]
    engine.set(rect=(left + MARGIN, bottom, width - 2 * MARGIN, height))
    axes = figure.subplots()
    if known.empty:
        return style.noted(
            figure, style.word("No number of the paper can be computed in this run.")
        )
    _frame(axes, lines)
    for place, (number, *_) in enumerate(lines):
        if number:
            _line(
                axes, place, known[known["number"].eq(number)], comparison.at[number, "tolerance"]
            )
    met = count_met(found, table)
    if met.judged:
        words = style.word(
            "Within tolerance, of {}: in use {}, jointly {}, each by a reading of its own {}",
            met.judged,
            met.used,
            style.word("not computed") if met.joint is None else met.joint,
            met.union,
        )
        axes.set_xlabel(f"{axes.get_xlabel()}\n{words}")
        style.say(figure, style.word("{}.", words))
    _legend(axes)
    used = known[is_true(known["used"])].drop_duplicates("number")
    style.say(
        figure,
        style.word(
            "Of {} results, {} are within a tenth of the printed value.",
            len(used),
            used["ratio"].between(0.9, 1.1).sum(),
        ),
    )
    return figure


def _lines(known: pd.DataFrame, comparison: pd.DataFrame) -> list[tuple[str, str, str]]:
    """Number, name and printed value of every line, from the top; a heading has only a name."""
    parts: dict[str, list[tuple[str, str, str]]] = {}
    for number, group in known.groupby("number", sort=False):
        first = group.iloc[0]
        heading = next(
            (words for part, words in PARTS.items() if part in str(comparison.at[number, "place"])),
            ELSEWHERE,
        )
        parts.setdefault(heading, []).append(
            (str(number), _short(first["quantity"]), _printed(first))
        )
    order = [heading for heading in (*PARTS.values(), ELSEWHERE) if heading in parts]
    return [line for heading in order for line in (("", heading, ""), *parts[heading])]


def _short(quantity: str) -> str:
    """What a number is, without what stands in brackets or does not fit into a line."""
    words = re.split(" [(]|（", style.word(quantity))[0]
    text = shorten(words, LONGEST, placeholder=" …", break_on_hyphens=False)
    return text[:1].upper() + text[1:]


def _printed(row: pd.Series) -> str:
    """The paper's value with its unit."""
    unit, value = str(row["unit"]), style.number(row["paper"])
    if unit.startswith("%"):
        return f"{value}%"
    for plain, sign in SIGNS.items():
        unit = unit.replace(plain, sign)
    return value if unit == "count" else f"{value} {style.word(unit)}"


def _frame(axes: Axes, lines: list[tuple[str, str, str]]) -> None:
    axes.set(xscale="log", xlim=(LIMITS[0] * 0.97, LIMITS[1] * 1.03), ylim=(len(lines) - 0.4, -0.6))
    style.ticks(axes.xaxis, FixedLocator(TICKS), "{:.1f}".format)
    axes.minorticks_off()
    style.names(axes, range(len(lines)), [words for _, words, _ in lines])
    for label, (number, _, _) in zip(axes.get_yticklabels(), lines, strict=True):
        label.set_fontweight("normal" if number else "bold")
    axes.spines["left"].set_visible(False)
    paper = axes.secondary_yaxis("right")
    style.names(paper, range(len(lines)), [printed for _, _, printed in lines])
    paper.spines["right"].set_visible(False)
    axes.text(
        1.01,
        1.004,
        style.word("The paper"),
        transform=axes.transAxes,
        size=style.SMALL,
        weight="bold",
        ha="left",
        va="bottom",
    )
    axes.axvline(1.0, color=style.INK, linewidth=0.9, zorder=2)
    axes.set_xlabel(style.word("Value of this run over the paper's"))
    for place, (number, *_) in enumerate(lines):
        if number:
            axes.axhline(place, color=style.FAINT, linewidth=0.4, zorder=0)


def _line(axes: Axes, place: int, rows: pd.DataFrame, tolerance: object) -> None:
    low, high = _band(float(rows["paper"].iloc[0]), tolerance)
    axes.add_patch(
        Rectangle(
            (low, place - 0.36), high - low, 0.72, facecolor=style.FAINT, linewidth=0, zorder=1
        )
    )
    ratio = rows["ratio"].to_numpy(float)
    used, chain = (
        is_true(rows["used"]).to_numpy(),
        rows["needs"].astype(str).str.startswith("variant").to_numpy(),
    )
    shown = np.clip(ratio, *LIMITS)
    outside = shown != ratio
    for mask, marker, face, edge, size in (
        (~used & ~chain & ~outside, "o", "white", SETTING, 14),
        (chain & ~used & ~outside, "D", "white", CHAIN, 12),
        (used & ~outside, "o", USED, USED, 24),
    ):
        axes.scatter(
            shown[mask],
            np.full(mask.sum(), place),
            s=size,
            marker=marker,
            facecolor=face,
            edgecolor=edge,
            lw=0.8,
            zorder=3,
        )
    for k in sorted(np.flatnonzero(outside), key=lambda k: used[k]):  # the one in use lies on top
        colour = USED if used[k] else CHAIN if chain[k] else SETTING
        marker = ">" if ratio[k] > 1 else "<"
        face = USED if used[k] else "white"
        axes.scatter(
            shown[k],
            place,
            s=16,
            marker=marker,
            facecolor=face,
            edgecolor=colour,
            lw=0.8,
            zorder=3,
            clip_on=False,
        )


def _band(paper: float, tolerance: object) -> tuple[float, float]:
    """Ratios within the tolerance; none where the target has no tolerance, or an exact one."""
    text = tolerance if isinstance(tolerance, str) else ""
    if not text or text == "exact":
        return 1.0, 1.0
    width = float(text[:-1]) / 100 if text.endswith("%") else float(text) / abs(paper)
    return 1 - width, 1 + width


def _legend(axes: Axes) -> None:
    axes.legend(
        handles=[
            style.dot(USED, "In use", size=5),
            style.dot("white", "Another reading", size=4, edge=SETTING),
            style.dot("white", "Needs the chain again", marker="D", size=3.6, edge=CHAIN),
            style.patch("Tolerance", facecolor=style.FAINT),
            style.dot("white", "Outside the axis", marker=">", size=4, edge=SETTING),
        ],
        loc="lower right",
        bbox_to_anchor=(1.0, 0.998),
        ncols=5,
        handletextpad=0.3,
        columnspacing=1.2,
    )
