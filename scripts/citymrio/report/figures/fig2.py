"""Figure 2: carbon flows between groups of cities, and value added per unit of emissions."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from ...analysis.features import COUNT
from . import known, style

#: Width of the strip that shows how the cities of a row are known, in cells.
STRIP = 0.3


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """Two matrices that share their rows."""
    keys = ["producer_quintile", "producer_structure", "consumer_quintile"]
    flows = style.table(tables, "flows_groups", [*keys, "percent"])
    benefit = style.table(tables, "va_per_emission", [*keys, "ratio"])
    quintiles = style.table(tables, "quintiles", ["quintile"]).set_index("quintile")
    structures = style.present(flows["producer_structure"], list(style.STRUCTURE_NAMES))
    producers = style.present(quintiles.index.to_series(), style.QUINTILES)
    consumers = style.present(flows["consumer_quintile"], style.QUINTILES)
    rows = pd.MultiIndex.from_product([producers, structures])
    counts = np.array([_count(quintiles, q, s) for q, s in rows])
    if not counts.any():
        figure = style.new_figure(style.DOUBLE, 2.0)
        style.note(figure.subplots(), style.NO_CITIES)
        return figure
    figure = style.new_figure(style.DOUBLE, 1.05 + 0.185 * (len(rows) + 1))
    left, right = figure.subplots(1, 2, width_ratios=(len(consumers) + 1.1, len(consumers)))
    shares = _matrix(flows, "percent", rows, consumers)
    ratios = _matrix(benefit, "ratio", rows, consumers)
    _heat(left, shares, counts, config)
    _heat(right, ratios, counts, config)
    _totals(left, shares, config)
    _row_names(left, rows, len(structures), config)
    _statuses(left, style.table(tables, "regions", ["quintile", "structure", "structure_status"]), rows)
    style.panel(left, "a", "Carbon flows between cities\n(% of all inter-city flows)")
    style.panel(right, "b", f"Value added per unit of emissions\n(10⁹ {run['currency']} per Mt CO₂)")
    for axes in (left, right):
        axes.set_xticks(np.arange(len(consumers)) + 0.5, consumers)
        axes.xaxis.tick_top()
        axes.tick_params(length=0, labelsize=style.sizes(config)["text"], pad=1)
        axes.xaxis.set_label_position("top")
        axes.set_xlabel("Cities where goods and services were consumed", labelpad=3, x=len(consumers) / 2 / axes.get_xlim()[1])
        for k in range(1, len(producers)):
            axes.plot([0, len(consumers)], [k * len(structures)] * 2, color=style.INK, linewidth=0.8)
    return figure


def _count(quintiles: pd.DataFrame, quintile: str, structure: str) -> float:
    column = f"{COUNT}{structure}"
    return float(quintiles.at[quintile, column]) if column in quintiles else 0.0


def _matrix(table: pd.DataFrame, column: str, rows: pd.MultiIndex, consumers: list[str]) -> np.ndarray:
    wide = table.set_index(["producer_quintile", "producer_structure", "consumer_quintile"])[column].unstack("consumer_quintile")
    return wide.reindex(index=rows, columns=consumers).to_numpy(dtype=float)


def _heat(axes: Axes, values: np.ndarray, counts: np.ndarray, config) -> None:
    """Colour and number of each cell; groups without cities are hatched, cells without a flow carry a dash."""
    shown = np.where(counts[:, None] > 0, values, np.nan)
    height, width = values.shape
    low, high = (np.nanmin(shown), np.nanmax(shown)) if np.isfinite(shown).any() else (0.0, 1.0)
    shades = style.sequential(256)
    scale = Normalize(min(low, 0.0), max(high, style.FLAT))
    axes.pcolormesh(np.arange(width + 1), np.arange(height + 1), np.ma.masked_invalid(shown), cmap=shades, norm=scale)
    size = style.sizes(config)["small"]
    for i in range(height):
        if counts[i] == 0:
            axes.add_patch(
                Rectangle((0, i), width, 1, facecolor="white", edgecolor="#bbbbbb", hatch="//////", linewidth=0, zorder=1)
            )
            continue
        for j in range(width):
            value = values[i, j]
            colour = style.ink_on(shades(scale(value))) if np.isfinite(value) else style.INK
            axes.text(j + 0.5, i + 0.52, _text(value), ha="center", va="center", size=size, color=colour)
    axes.set_xlim(0, width)
    axes.set_ylim(height + 1.1, 0)
    axes.set_yticks([])
    for k in range(1, width):
        axes.plot([k, k], [0, height], color="white", linewidth=0.6, zorder=1.5)
    for k in range(1, height):
        axes.plot([0, width], [k, k], color="white", linewidth=0.6, zorder=1.5)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _text(value: float) -> str:
    """One decimal; positive values that would round to 0.0 are ``<0.1``; no value is a dash."""
    if not np.isfinite(value):
        return "–"
    return "<0.1" if 0 < value < 0.05 else f"{value:.1f}"


def _totals(axes: Axes, shares: np.ndarray, config) -> None:
    """Margins of the matrix of shares: sums of the shown cells along rows and columns."""
    size = style.sizes(config)["small"]
    height, width = shares.shape
    for i, value in enumerate(np.nansum(shares, axis=1)):
        axes.text(width + 0.95, i + 0.52, f"{value:.1f}" if value else "–", ha="right", va="center", size=size)
    for j, value in enumerate(np.nansum(shares, axis=0)):
        axes.text(j + 0.5, height + 0.62, f"{value:.1f}", ha="center", va="center", size=size, clip_on=False)
    axes.text(width + 0.95, height + 0.62, f"{np.nansum(shares):.0f}", ha="right", va="center", size=size, weight="bold")
    axes.text(width + 0.98, -0.42, "Total", ha="right", va="center", size=size)
    axes.text(-0.1, height + 0.62, "Total", ha="right", va="center", size=size)
    axes.set_xlim(0, width + 1.1)


def _statuses(axes: Axes, regions: pd.DataFrame, rows: pd.MultiIndex) -> None:
    """A strip at the left of each row: how the structure of its cities is known, by share of the cities."""
    for i, (quintile, structure) in enumerate(rows):
        own = regions.loc[regions["quintile"].eq(quintile) & regions["structure"].eq(structure), "structure_status"]
        start = -STRIP
        for status, share in known.shares(own) if len(own) else ():
            axes.barh(i + 0.5, share * STRIP, left=start, height=0.7, clip_on=False, **known.look(status, known.GREY))
            start += share * STRIP
    if handles := known.legend(regions["structure_status"]):
        title = "How the structure of the cities in a row is known"
        axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.0, 0.0), ncols=3, title=title, alignment="left")


def _row_names(axes: Axes, rows: pd.MultiIndex, block: int, config) -> None:
    size = style.sizes(config)
    for i, (_, structure) in enumerate(rows):
        axes.text(
            -0.1 - STRIP, i + 0.52, style.readable(structure, style.STRUCTURE_NAMES), ha="right", va="center", size=size["small"]
        )
    for k in range(0, len(rows), block):
        axes.text(-2.85 - STRIP, k + block / 2, rows[k][0], ha="center", va="center", size=size["title"], weight="bold")
        axes.plot([-2.55 - STRIP] * 2, [k + 0.15, k + block - 0.15], color=style.MUTED, linewidth=0.8, clip_on=False)
    axes.text(
        -3.4 - STRIP,
        len(rows) / 2,
        "Cities where goods and services were produced",
        rotation=90,
        ha="center",
        va="center",
        size=size["text"],
    )
