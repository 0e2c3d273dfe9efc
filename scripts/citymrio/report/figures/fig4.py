"""Figure 4: carbon quota set free by mitigation in super-emitters, against the deficits of lifting
less affluent cities.
"""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ...analysis.scenarios.technology import CAPPED
from ...dataset.benchmarks import DEFICIT_TARGET, INTENSITY, assumed_parameters
from ..plain import side_name
from . import known, style

EXISTING, TOGETHER, DEFICIT = "#c4c4c4", "#8c8c8c", "#3f3f3f"
#: Rows of scenarios.csv that are no measure of their own.
SUM, JOINT = "sum", "joint"
DEPTHS = {"light": "Light mitigation", "deep": "Deep mitigation"}
#: A target that benchmarks.csv gives.
GIVEN = "from benchmarks.csv"
#: A quota below this, Mt, is drawn in Mt.
SMALL = 100.0
#: Columns of the ensemble's numbers.csv, and how its savings and deficits are called there.
SPREAD, SAVING = ("low", "median", "high"), "saving: "
DEFICITS = {
    "to_q3": "Deficits: lifting Q4 and Q5 to Q3",
    "to_q2": "Deficits: lifting Q3, Q4 and Q5 to Q2",
}
#: Height of a bar in lines, and of a line, inch.
BAR, LINE = 0.7, 0.19
#: Room right of the longest bar before the texts are measured, as a part of it.
ROOM = 0.6


class Line(NamedTuple):
    """A line of a panel: a name, and perhaps a bar with a text behind it.

    Attributes
    ----------
    above
        The part of `value` above plausible intensities.
    assumed
        Whether the value rests on an assumed benchmark.
    spread
        Lower end, median and upper end of the ensemble's draws, where there are any.
    """

    name: str
    text: str = ""
    value: float = np.nan
    colour: str = TOGETHER
    start: float = 0.0
    above: float = 0.0
    assumed: bool = False
    spread: tuple[float, ...] = ()


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """Steps of the quota on the left, savings against deficits on the right: horizontal bars beside
    their names.
    """
    scenarios = tables["scenarios"]
    deficits = tables["deficits"]
    spread = tables.get("uncertainty/numbers")
    # as the median, where the draws are by the method of the run
    reported = spread is not None and not run.get("method")
    savings = _savings(scenarios, spread, reported)
    lifted = deficits["case"].map(DEFICITS)
    deficits = _with_spread(deficits, "deficit_mt", lifted, spread, reported)
    sides = [side for side in dict.fromkeys(scenarios["side"]) if side not in (SUM, JOINT)]
    colours = style.colours_of(sides, style.TYPE_COLOURS)
    doubtful = (
        {("technology", "deep"), (JOINT, "deep")}
        if any(name.startswith(INTENSITY) for name in assumed_parameters(tables["benchmarks"]))
        else set()
    )
    figure, (left, right) = style.panels(
        1.25 + LINE * (2 * len(sides) + 7),
        ["Carbon quota up to the peak", "Savings against deficits"],
    )
    if savings.empty:
        style.note(
            left,
            style.word(
                "No scenarios: they are switched off (scenarios.run),\n"
                "or no city is a super-emitter."
            ),
        )
    else:
        _quota(left, savings, colours, tables["quota"].set_index("scenario"), doubtful)
    lines = [
        *_saving_lines(savings, colours, doubtful),
        *_deficit_lines(deficits),
    ]
    _draw(right, lines, style.word("Mt CO₂ (in brackets: % of the footprints of all cities)"))
    handles = _legend(savings, bool(doubtful))
    if spread is not None:
        handles.append(
            style.line(
                style.word("Median of the draws, {}", style.interval_words(run)),
                color=style.INK,
                linewidth=1.0,
                marker="o",
                markersize=3,
                markerfacecolor="white",
                markeredgewidth=0.8,
            )
        )
    if handles:
        style.legend_below(figure, handles)
    style.settle(figure)
    for axes in (left, right):
        _widen(axes)
    if len(savings):
        whole = [
            style.word(
                "{} Mt ({})", style.amount(row["saving_mt"]), style.word(DEPTHS[depth]).lower()
            )
            for (side, depth), row in savings.iterrows()
            if side == JOINT
        ]
        lift = [style.amount(value) for value in deficits["deficit_mt"] if np.isfinite(value)]
        both = style.word(" and ")
        style.say(
            figure,
            style.word(
                "Both sides at once save {}; the deficits are {} Mt.",
                both.join(whole),
                both.join(lift) or style.word("not known"),
            ),
        )
    return figure


def _savings(scenarios: pd.DataFrame, spread: pd.DataFrame | None, reported: bool) -> pd.DataFrame:
    """Headline scenarios by side and depth, with the part above plausible intensities, and what
    `_with_spread` adds.
    """
    rows = scenarios[scenarios["headline"].astype(bool)].set_index(["side", "depth"])
    capped = scenarios[scenarios["mode"].eq(CAPPED)].set_index(["side", "depth"])["saving_mt"]
    rows = rows.assign(above_mt=(rows["saving_mt"] - capped.reindex(rows.index)).fillna(0.0))
    return _with_spread(rows, "saving_mt", SAVING + rows["scenario"], spread, reported)


def _with_spread(
    rows: pd.DataFrame,
    amount: str,
    quantities: pd.Series,
    spread: pd.DataFrame | None,
    reported: bool,
) -> pd.DataFrame:
    """Rows with `spread`, the numbers `SPREAD` of these quantities (none without an ensemble), and
    `value`: the median where it is `reported`, else the column `amount`.
    """
    drawn = pd.DataFrame(columns=["quantity", *SPREAD]) if spread is None else spread
    found = drawn.set_index("quantity")[list(SPREAD)].reindex(quantities).to_numpy(float)
    median = found[:, SPREAD.index("median")]
    return rows.assign(
        spread=[tuple(ends[np.isfinite(ends)]) for ends in found],
        value=np.where(reported & np.isfinite(median), median, rows[amount]),
    )


def _quota(
    axes: Axes,
    savings: pd.DataFrame,
    colours: dict[str, str],
    quota: pd.DataFrame,
    doubtful: set,
) -> None:
    """The existing quota; for each depth what every measure adds, what two of them would avoid
    twice, and the new quota.
    """
    existing = float(quota["existing_mt"].iloc[0])
    unit, scale = ("Gt", 1000.0) if not abs(existing) < SMALL else ("Mt", 1.0)
    if not np.isfinite(existing):
        style.note(
            axes,
            style.word(
                "No quota: the dataset gives no emissions\nat the carbon peak (peak_emissions of "
                "benchmarks.csv)."
            ),
        )
        return
    existing /= scale
    lines = [Line(style.word("Existing quota"), _level(existing, unit), existing, EXISTING)]
    for depth, part in savings.groupby(level="depth", sort=False):
        own = part.droplevel("depth")
        lines.append(Line(style.word(DEPTHS[str(depth)])))
        base = existing
        for side in (side for side in colours if side in own.index):
            step, above = own.at[side, "saving_mt"] / scale, own.at[side, "above_mt"] / scale
            lines.append(
                Line(
                    style.word(side_name(side)),
                    _step(step, unit),
                    step,
                    colours[side],
                    base,
                    above,
                    (side, depth) in doubtful,
                )
            )
            base += step
        whole = own.loc[JOINT] if JOINT in own.index else own.loc[SUM]
        new, percent = quota.loc[whole["scenario"], ["new_mt", "increase_of_existing_percent"]]
        overlap = new / scale - base
        lines.append(
            Line(style.word("Overlap, counted once"), _step(overlap, unit), overlap, TOGETHER, base)
        )
        text = _level(new / scale, unit) + (f" (+{percent:.0f}%)" if np.isfinite(percent) else "")
        lines.append(Line(style.word("New quota"), text, new / scale, EXISTING, 0.0))
    _draw(
        axes,
        lines,
        style.word("{} CO₂ (in brackets: % of the existing quota)", style.word(unit)),
        mark=existing,
    )


def _saving_lines(savings: pd.DataFrame, colours: dict[str, str], doubtful: set) -> Iterator[Line]:
    """For each depth a bar for every measure, and one for all at once."""
    # all are shares of the same footprints; a measure may save something in the draws alone
    percent_of_mt = (savings["saving_share_percent"] / savings["saving_mt"]).max()
    for depth, part in savings.groupby(level="depth", sort=False):
        own = part.droplevel("depth")
        yield Line(style.word(DEPTHS[str(depth)]))
        for side in (side for side in (*colours, JOINT) if side in own.index):
            row, value = own.loc[side], own.at[side, "value"]
            share = value * percent_of_mt
            text = style.amount(value) + (f" ({share:z.1f}%)" if np.isfinite(share) else "")
            text = text.replace("-", "\N{MINUS SIGN}")
            look = (
                colours.get(side, TOGETHER),
                0.0,
                min(row["above_mt"], value),
                (side, depth) in doubtful,
            )
            name = style.word(
                side_name(side).replace("Both", "All") if len(colours) > 2 else side_name(side)
            )
            yield Line(name, text, value, *look, row["spread"])


def _deficit_lines(deficits: pd.DataFrame) -> Iterator[Line]:
    """A bar for every target that less affluent cities are lifted to."""
    yield Line(style.word("Deficit of less affluent cities"))
    for row in deficits.to_dict("records"):
        target = str(row["target"])
        target = style.word(GIVEN if target.startswith(DEFICIT_TARGET) else target)
        if not np.isfinite(row["target_usd"]):
            yield Line(style.word("Lifting to the {}:\nno city in that quintile", target))
            continue
        people = (
            f"{row['population'] / 1e6:,.0f}"
            if row["population"] >= 1e7
            else f"{row['population'] / 1e6:.1f}"
        )
        text = style.word("{} for {} million people\n", style.amount(row["value"]), people)
        text += style.word("in {:.0f} cities, to US${:,.0f}", row["cities"], row["target_usd"])
        name = style.word("Lifting to the {}", target)
        yield Line(name, text, row["value"], DEFICIT, spread=row["spread"])


def _draw(axes: Axes, lines: list[Line], label: str, mark: float | None = None) -> None:
    """Bars from the top, names at their left, texts at their right; headings are bold."""
    ends = [style.NO_WIDTH]
    for place, line in enumerate(lines):
        if not np.isfinite(line.value):
            continue
        full = line.value - line.above
        axes.barh(place, full, left=line.start, height=BAR, **_look(line))
        if line.above > 0:
            axes.barh(place, line.above, left=line.start + full, height=BAR, **_implausible(line))
        if line.spread:
            low, median, high = line.spread
            axes.plot(
                [low, high],
                [place] * 2,
                color=style.INK,
                linewidth=1.0,
                solid_capstyle="butt",
                zorder=3,
            )
            axes.plot(
                median,
                place,
                linestyle="none",
                marker="o",
                markersize=3,
                color="white",
                markeredgecolor=style.INK,
                markeredgewidth=0.8,
                zorder=4,
            )
        ends.append(max(line.start, line.start + line.value, *line.spread))
    right = max(ends)
    for place, line in enumerate(lines):
        if np.isfinite(line.value):
            end = (
                max(line.start, line.start + line.value, *line.spread, 0.0)
                + (0.03 if line.spread else 0.015) * right
            )
            axes.text(
                end, place, line.text, ha="left", va="center", size=style.SMALL, linespacing=1.0
            )
    if mark is not None:
        axes.axvline(mark, color=style.MUTED, linewidth=0.5, linestyle=(0, (3, 2)), zorder=0)
    style.names(
        axes, range(len(lines)), [line.name for line in lines], ylim=(len(lines) - 0.5, -0.6)
    )
    for tick, line in zip(axes.get_yticklabels(), lines, strict=True):
        tick.set_fontweight("normal" if np.isfinite(line.value) else "bold")
    low = min(
        [
            0.0,
            *(
                min(line.start, line.start + line.value)
                for line in lines
                if np.isfinite(line.value)
            ),
        ]
    )
    axes.set(xlim=(low, right * (1 + ROOM)), xlabel=label)
    style.ticks(
        axes.xaxis,
        MaxNLocator(5),
        lambda value: style.number(value).replace("-", "\N{MINUS SIGN}"),
    )


def _widen(axes: Axes) -> None:
    """An axis just so long that every text right of a bar ends within it."""
    low, high = axes.get_xlim()
    boxes = [
        (text.get_position()[0], text.get_window_extent().width / axes.bbox.width)
        for text in axes.texts
    ]
    axes.set_xlim(
        low,
        max(
            [low + (start - low) / (1 - width) for start, width in boxes if width < 1], default=high
        ),
    )


def _look(line: Line) -> dict:
    return (
        style.assumed_look(line.colour) if line.assumed else {"color": line.colour, "linewidth": 0}
    )


def _implausible(line: Line) -> dict:
    """Look of the part of a saving that lies above plausible intensities."""
    look = {"facecolor": known.lighter(line.colour), "edgecolor": line.colour, "linewidth": 0.8}
    return look | (
        {"linestyle": style.assumed_look(line.colour)["linestyle"]} if line.assumed else {}
    )


def _legend(savings: pd.DataFrame, doubtful: bool) -> list:
    looks = {
        "Rests on assumed global intensities": _look(Line("", colour=known.GREY, assumed=True)),
        "Part above plausible intensities": _implausible(Line("", colour=known.GREY)),
    }
    there = (bool(len(savings)) and doubtful, (savings["above_mt"] > 0).any())
    chosen = itertools.compress(looks.items(), there)
    return [style.patch(name, **look) for name, look in chosen]


def _level(value: float, unit: str) -> str:
    return f"{value:.2f}" if unit == "Gt" else style.amount(value)


def _step(value: float, unit: str) -> str:
    """A saving with its sign; in words what would print as 0.00."""
    if abs(value) < 0.005:
        return style.amount(value)
    digits = f"{value:+.2f}" if unit == "Gt" else f"{'+' if value > 0 else ''}{style.amount(value)}"
    return digits.replace("-", "\N{MINUS SIGN}")
