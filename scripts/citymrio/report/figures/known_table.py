"""The run beside a known table of its regions: trade between two regions, home shares and
footprints.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from ...base.money import format_unit
from . import names, style

#: Regions that are named in a panel: those furthest from the line.
NAMED = 4


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """Three scatters with the line of equality."""
    table = tables["known_trade"]
    flows = tables["known_flows"]
    labels = tables["regions"].set_index("region")["name"]
    trade = style.word("Trade of two regions ({})", format_unit(run["unit"]))
    figure, (pairs, homes, carbon) = style.panels(2.75, [trade, "Home share", "Footprint (Mt CO₂)"])
    flows = flows[(flows["estimate"] > 0) & (flows["known"] > 0)]
    equal_axes(pairs, flows, log=True)
    pairs.scatter(flows["known"], flows["estimate"], s=5, color=style.INK, alpha=0.45, linewidth=0)
    measure(pairs, "\n".join(_apart(table)))
    named: list[tuple[Axes, pd.DataFrame]] = []
    for axes, quantity in ((homes, "home share"), (carbon, "footprint")):
        mine = table[(table["quantity"] == quantity) & (table["group"] == "region")]
        equal_axes(axes, mine, log=quantity == "footprint")
        axes.scatter(mine["known"], mine["estimate"], s=14, color=style.INK, alpha=0.7, linewidth=0)
        named.append((axes, mine))
    measure(
        homes,
        style.word(
            "all: {:.2f}, known {:.2f}",
            _cell(table, "home share", "estimate"),
            _cell(table, "home share", "known"),
        ),
    )
    measure(carbon, f"WAPE {_cell(table, 'footprint wape', 'value'):.3f}")
    for axes in (pairs, homes, carbon):
        axes.set_xlabel(style.word("Known"))
    pairs.set_ylabel(style.word("Run"))
    style.settle(figure)
    for axes, mine in named:
        name_furthest(axes, mine, labels)
    style.say(
        figure,
        style.word(
            "The trade of two regions is wrong by {:.2f} of its size (WAPE).",
            _cell(table, "trade between pairs", "value"),
        ),
    )
    return figure


def _apart(table: pd.DataFrame) -> Iterator[str]:
    """How near trade is inside and across provinces: the level, and errors by product and pair."""
    for where in ("inside", "across"):
        estimate, known, error = (
            _cell(table, f"trade {where} provinces", name)
            for name in ("estimate", "known", "value")
        )
        if known > 0:
            said = f"{where} provinces: {{:.2f}} of the known, WAPE {{:.2f}}"
            yield style.word(said, estimate / known, error)


def _cell(table: pd.DataFrame, quantity: str, column: str) -> float:
    return float(
        table.loc[(table["quantity"] == quantity) & table["region"].fillna("").eq(""), column].iloc[
            0
        ]
    )


def equal_axes(axes: Axes, points: pd.DataFrame, *, log: bool) -> None:
    """Equal axes around the points, with the line of equality."""
    values = points[["estimate", "known"]].to_numpy(float).ravel()
    values = values[np.isfinite(values) & (values > 0 if log else True)]
    if not values.size:
        style.note(axes, style.word("No data"))
        return
    low, high = values.min(), values.max()
    limits = (
        (low / 1.6, high * 1.6) if log else (low - 0.1 * (high - low), high + 0.1 * (high - low))
    )
    if log:
        axes.set(xscale="log", yscale="log")
        for axis in (axes.xaxis, axes.yaxis):
            style.ticks(axis, LogLocator(base=10))
    axes.plot(limits, limits, color=style.MUTED, linewidth=0.6, zorder=0)
    axes.set(xlim=limits, ylim=limits, box_aspect=1)


def measure(axes: Axes, text: str) -> None:
    """A number in the upper left corner."""
    axes.text(0.04, 0.96, text, transform=axes.transAxes, ha="left", va="top", size=style.SMALL)


def name_furthest(axes: Axes, points: pd.DataFrame, labels: pd.Series) -> None:
    """Names of the regions furthest from the line."""
    off = (points["estimate"] / points["known"] - 1).abs()
    chosen = points.loc[off.sort_values(ascending=False).index[:NAMED]]
    names.place(
        axes,
        chosen[["known", "estimate"]].to_numpy(float),
        [str(labels.get(region, region)) for region in chosen["region"]],
        others=points[["known", "estimate"]].to_numpy(float),
        size=style.SMALL,
        colour=style.INK,
        leader=style.MUTED,
    )
