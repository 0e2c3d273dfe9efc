"""Data that were left out against what the run predicts of them, by kind, and how its intervals
hold them.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from ...base.money import format_unit
from ...base.units import MT
from . import style

#: Method of left_out.csv -> its words, its colour, and the column that it is set against.
METHODS = {
    "run": ("The run", style.INK, "told"),
    "gdp_hidden": ("The run, GDP hidden", style.INK, "told"),
    "per_head": ("People × value added per head", style.SPARE_COLOURS[5], "printed"),
}
#: Behind texts that may lie on points.
BEHIND = {"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.8}
INDUSTRIES = ("primary", "secondary", "tertiary")


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """CO2 totals, three industries, the histogram of the totals' places in their draws, extra
    observations.
    """
    left_out = tables["left_out"].fillna({"industry": ""})
    scores = tables["scores"].fillna({"industry": "", "neighbours": ""})
    figure = style.new_figure(style.DOUBLE, 4.7)
    axes = figure.subplots(2, 3)
    money = format_unit(str(run.get("unit", "")))
    panels = [
        ("emissions", "", style.word("CO₂ totals of cities"), MT, style.word("Mt CO₂")),
        *(
            ("value_added", name, style.word("Value added, {}", style.word(name)), 1.0, money)
            for name in INDUSTRIES
        ),
    ]
    for letter, one, (quantity, industry, title, scale, unit) in zip(
        "abcd", axes.flat, panels, strict=False
    ):
        style.panel(one, letter, title)
        of = left_out[left_out["quantity"].eq(quantity) & left_out["industry"].eq(industry)]
        _predictions(one, of, scores, scale, unit)
    _places(axes[1, 1], scores)
    _apart(axes[1, 2], tables)
    own = scores[
        scores[["quantity", "method", "against", "neighbours"]]
        .eq(["emissions", "run", "told", ""])
        .all(axis=1)
    ]
    if len(own):
        style.say(
            figure,
            style.word(
                "CO₂ totals are missed by {:.0f}% of their size (WAPE).", 100 * own["wape"].iloc[0]
            ),
        )
    return figure


def _predictions(
    axes: Axes,
    rows: pd.DataFrame,
    scores: pd.DataFrame,
    scale: float,
    unit: str,
) -> None:
    """Predicted against left out, a dot a city, with the scores of every method."""
    ends: list[float] = []
    for place, (method, (words, colour, against)) in enumerate(reversed(METHODS.items())):
        part = rows[rows["method"].eq(method)]
        positive = part[(part[against] > 0) & (part["predicted"] > 0)]
        if positive.empty:
            continue
        x, y = positive[against] * scale, positive["predicted"] * scale
        axes.plot(
            x,
            y,
            linestyle="none",
            marker="o",
            markersize=2.2,
            markeredgewidth=0,
            color=colour,
            alpha=0.6,
            zorder=2 + place,
        )
        ends += [x.min(), y.min(), x.max(), y.max()]
        key = (
            scores["method"].eq(method)
            & scores["against"].eq(against)
            & scores["neighbours"].eq("")
        )
        key &= scores["quantity"].eq(part["quantity"].iloc[0]) & scores["industry"].eq(
            part["industry"].iloc[0]
        )
        score = scores[key].iloc[0]
        text = style.word(
            "{}:\nWAPE {:.0f}%, log sd {:.2f}",
            style.word(words),
            100 * score["wape"],
            score["log_sd"],
        )
        low = method == "per_head"
        axes.text(
            0.97 if low else 0.03,
            0.03 if low else 0.97,
            text,
            color=colour,
            size=style.SMALL,
            ha="right" if low else "left",
            va="bottom" if low else "top",
            transform=axes.transAxes,
            zorder=5,
            bbox=BEHIND,
        )
    if not ends:
        style.note(axes, style.word("Nothing can be left out."))
        return
    limits = min(ends) / 1.5, max(ends) * 1.5
    axes.plot(limits, limits, color=style.MUTED, linewidth=0.6, zorder=1)
    axes.set(xscale="log", yscale="log", xlim=limits, ylim=limits)
    for axis in (axes.xaxis, axes.yaxis):
        style.ticks(
            axis,
            LogLocator(base=10),
            lambda value: (
                style.number(value) if value < 1e5 else format_unit(f"10^{np.log10(value):.0f}")
            ),
        )
    axes.set(xlabel=style.word("Left out ({})", unit), ylabel=style.word("Predicted"))


def _places(axes: Axes, scores: pd.DataFrame) -> None:
    """In which tenth of its draws a left-out total lies: level bars if the intervals are honest."""
    style.panel(axes, "e", style.word("CO₂ totals in their intervals"))
    key = (
        scores["quantity"].eq("emissions")
        & scores["method"].eq("run")
        & scores["against"].eq("told")
        & scores["neighbours"].eq("")
    )
    values = scores.loc[key, [name for name in scores.columns if name.startswith("pit_")]]
    if values.empty or values.isna().to_numpy().all():
        style.note(axes, style.word("There are no draws."))
        return
    shares = 100 * values.iloc[0].to_numpy(float)
    axes.bar(np.arange(len(shares)), shares, width=0.85, color="#9a9a9a")
    axes.axhline(100 / len(shares), color=style.INK, linewidth=0.8, linestyle=(0, (4, 2)))
    axes.set(
        xticks=[-0.5, 4.5, 9.5],
        xticklabels=[style.word("Lowest draw"), style.word("Median"), style.word("Highest")],
        ylabel=style.word("Cities (%)"),
    )


def _apart(axes: Axes, tables: style.Tables) -> None:
    """Shares of cities by the first extra observation of an output beside those of the run."""
    apart = tables["apart"]
    apart = apart[apart["quantity"].eq("output")]
    if apart.empty:
        style.panel(axes, "f", style.word("Extra observations kept apart"))
        style.note(
            axes, "The dataset has no extra observations\n(dataset.extras, or a table extras)."
        )
        return
    first = apart[["extra", "quantity", "sectors"]].iloc[0]
    rows = apart[(apart[["extra", "quantity", "sectors"]] == first).all(axis=1)]
    style.panel(
        axes, "f", style.word("{}, kept apart", str(first["extra"]).replace("_", " ").capitalize())
    )
    axes.plot([0, 100], [0, 100], color=style.MUTED, linewidth=0.6, zorder=1)
    axes.plot(
        100 * rows["told"],
        100 * rows["account"],
        linestyle="none",
        marker="o",
        markersize=2.2,
        markeredgewidth=0,
        color=METHODS["run"][1],
        alpha=0.6,
    )
    scores = tables["apart_scores"]
    of = scores[
        (scores[["extra", "quantity", "sectors"]].astype(str) == first.astype(str)).all(axis=1)
    ].set_index("estimate")["wrong_percent"]
    text = style.word(
        "In the wrong city: output {:.0f}%,\nby people {:.0f}%, by GDP {:.0f}%",
        of["account"],
        of["population"],
        of["gdp"],
    )
    axes.text(
        0.97,
        0.97,
        text,
        ha="right",
        va="top",
        size=style.SMALL,
        transform=axes.transAxes,
        bbox=BEHIND,
    )
    axes.set(
        xlim=(-2, 102),
        ylim=(-2, 102),
        xlabel=style.word("Share of its province, as observed (%)"),
        ylabel=style.word("Share of its province, the run (%)"),
    )
