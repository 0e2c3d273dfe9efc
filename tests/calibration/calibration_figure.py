"""Simulation-based calibration: how many intervals hold the truth, and where it lies among the
draws, one line a quantity.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from citymrio.report.figures import style

LEVELS = {"cover50": 0.5, "cover80": 0.8, "cover90": 0.9}
MARKERS = {"cover50": "v", "cover80": "D", "cover90": "o"}
TENTHS = [f"d{k}" for k in range(1, 11)]
#: Times as often as it should be, at the ends of the colour scale.
MOST = 3.0
#: What the figure shows, for readers who do not see it.
SHOWS = (
    "Dot plot of how many intervals hold the truth, by quantity, and heat map of its ranks among "
    "the draws."
)
#: What the footer says in place of a run.
RUN = {
    "name": "Small countries with drawn parameters. Uniform ranks: every tenth of the draws holds "
    "a tenth of the truths",
    "year": "",
}


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """The figure of coverage.csv and ranks.csv; `run` is :data:`RUN`."""
    cover = tables["coverage"]
    ranks = tables["ranks"]
    chosen = cover["family"].eq("all") & cover["kind"].isin(["headline", "array"])
    cover = cover[chosen].reset_index(drop=True)
    ranks = ranks[ranks["family"].eq("all")].set_index("quantity").loc[cover["quantity"]]
    place = -np.arange(len(cover)) - 0.8 * cover["kind"].eq("array").to_numpy()
    figure = style.new_figure(style.DOUBLE, 1.0 + 0.165 * len(cover))
    left, right = figure.subplots(1, 2, sharey=True, gridspec_kw={"width_ratios": [1.15, 1.0]})
    _coverage(left, cover, place)
    _ranks(figure, right, ranks, place)
    labels = [text[:1].upper() + text[1:] for text in cover["quantity"]]
    style.names(left, place, labels, ylim=(place.min() - 0.6, 0.6))
    style.panel(left, "a", "Intervals that hold the truth")
    style.panel(right, "b", "The truth among the draws")
    handles = [
        style.dot(style.INK, f"{100 * level:.0f}% interval", MARKERS[name])
        for name, level in LEVELS.items()
    ]
    handles.append(
        Line2D(
            [],
            [],
            color="#c8c8c8",
            linewidth=4,
            label=f"allowed of 90%, {int(cover['countries'].max())} countries",
        )
    )
    figure.legend(handles=handles, loc="outside upper left", ncols=4)
    style.say(figure, SHOWS)
    inside = cover["cover90"].between(cover["low"], cover["high"])
    style.say(
        figure,
        f"Of {len(cover)} quantities {int(inside.sum())} have 90% intervals that hold as many "
        "truths as they should.",
    )
    return figure


def _coverage(axes: Axes, cover: pd.DataFrame, place: np.ndarray) -> None:
    axes.hlines(
        place, 100 * cover["low"], 100 * cover["high"], color="#c8c8c8", linewidth=4, zorder=1
    )
    for name, level in LEVELS.items():
        axes.axvline(100 * level, color=style.MUTED, linewidth=0.5, zorder=0)
        colour = style.INK if name == "cover90" else style.MUTED
        axes.plot(
            100 * cover[name],
            place,
            linestyle="none",
            marker=MARKERS[name],
            markersize=3.2,
            color=colour,
            zorder=3,
        )
    axes.set(
        xlim=(-2, 102),
        xticks=[0, 25, *(100 * level for level in LEVELS.values())],
        xlabel="Truths inside (%)",
    )


def _ranks(figure: Figure, axes: Axes, ranks: pd.DataFrame, place: np.ndarray) -> None:
    norm = TwoSlopeNorm(1.0, 0.0, MOST)
    for y, values in zip(place, len(TENTHS) * ranks[TENTHS].to_numpy(float), strict=True):
        axes.pcolormesh(
            np.linspace(0, 1, 11),
            [y - 0.42, y + 0.42],
            values[None],
            cmap="RdBu_r",
            norm=norm,
            rasterized=True,
        )
    axes.set(
        xlim=(0, 1),
        xticks=[0, 0.25, 0.5, 0.75, 1.0],
        xlabel="Rank of the truth: 0 below all draws, 1 above all",
    )
    axes.tick_params(axis="y", length=0)
    bar = figure.colorbar(axes.collections[0], ax=axes, extend="max", aspect=50, pad=0.02)
    bar.set_label("Times as often as it should be")
