"""Figure 3: production-based against consumption-based emissions of every city, with super-emitters typed and named."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from ...analysis.super_emitters import most
from . import names, style

COLUMNS = ["region", "name", "kind", "pba_mt", "cba_mt", "quintile", "structure", "super_emitter"]


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """All cities on the left, super-emitters enlarged on the right, one legend below."""
    cities = style.cities(style.table(tables, "regions", COLUMNS))
    threshold = style.parameter(style.table(tables, "parameters", ["parameter", "value"]), "super_threshold")
    supers = cities[cities["super_emitter"].isin(list(style.TYPE_NAMES))]
    figure = style.new_figure(style.DOUBLE, 4.5)
    positive = cities[(cities["pba_mt"] > 0) & (cities["cba_mt"] > 0)]
    if positive.empty:
        style.note(figure.subplots(), style.NO_CITIES)
        return figure
    grid = figure.add_gridspec(2, 2, width_ratios=(1, 1.75), height_ratios=(1, 0.42))
    left, below, right = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0]), figure.add_subplot(grid[:, 1])
    style.panel(left, "a", f"All {len(cities)} cities")
    said = f" ({len(supers)} of {len(cities)} cities: the threshold tells few apart)" if most(cities["super_emitter"]) else ""
    style.panel(right, "b", f"Super-emitters{said}")
    values = [positive["pba_mt"], positive["cba_mt"]]
    _scatter(left, positive, threshold, 11, [_limits(values, threshold, 0.06)] * 2)
    if len(cities) > len(positive):
        text = f"{len(cities) - len(positive)} not above 0, not shown"
        left.text(0.98, 0.02, text, transform=left.transAxes, ha="right", size=style.sizes(config)["small"])
    _legend(below, positive, config)
    if supers.empty:
        off = "Super-emitters are switched off (groups.super_emitters)."
        style.note(right, "No city lies above the threshold." if np.isfinite(threshold) else off)
        return figure
    shown = positive[positive["region"].isin(supers["region"])]
    _scatter(right, shown, threshold, 26, [_limits([shown[c]], threshold, 0.14) for c in ("pba_mt", "cba_mt")])
    _type_names(right, cities["super_emitter"].value_counts(), threshold, config)
    style.settle(figure)  # names are placed on final positions
    _names(right, shown, threshold, config)
    return figure


def _limits(values: list[pd.Series], threshold: float, margin: float) -> tuple[float, float]:
    """Limits of a logarithmic axis that holds all values and the threshold."""
    everything = np.concatenate([*values, [threshold] if np.isfinite(threshold) else []])
    low, high = np.log10(everything.min()), np.log10(everything.max())
    pad = margin * max(high - low, 0.3)
    return float(10 ** (low - pad)), float(10 ** (high + pad))


def _scatter(axes: Axes, cities: pd.DataFrame, threshold: float, size: float, limits: list[tuple[float, float]]) -> None:
    axes.set(xscale="log", yscale="log", xlim=limits[0], ylim=limits[1])
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
        axis.set_major_locator(LogLocator(base=10, subs=(1, 2, 5) if high / low < 1000 else (1,)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: style.number(value)))
        axis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("Production-based emissions (Mt CO₂)")
    axes.set_ylabel("Consumption-based emissions (Mt CO₂)")


def _colours(cities: pd.DataFrame) -> dict[str, str]:
    return style.colours_of(style.present(cities["structure"], list(style.STRUCTURE_NAMES)), style.STRUCTURE_COLOURS)


def _shade(axes: Axes, threshold: float, x: tuple[float, float], y: tuple[float, float]) -> None:
    areas = {
        "demand": ((x[0], threshold), threshold - x[0], y[1] - threshold),
        "technology": ((threshold, y[0]), x[1] - threshold, threshold - y[0]),
        "hybrid": ((threshold, threshold), x[1] - threshold, y[1] - threshold),
    }
    for kind, (corner, width, height) in areas.items():
        axes.add_patch(Rectangle(corner, width, height, facecolor=style.TYPE_SHADES[kind], edgecolor="none", zorder=0))
    axes.axhline(threshold, color=style.INK, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)
    axes.axvline(threshold, color=style.INK, linewidth=0.7, linestyle=(0, (4, 2)), zorder=1)


def _type_names(axes: Axes, counts: pd.Series, threshold: float, config) -> None:
    size = style.sizes(config)["text"]
    corners = {
        "demand": (0.015, 0.985, "left", "top"),
        "hybrid": (0.985, 0.985, "right", "top"),
        "technology": (0.985, 0.015, "right", "bottom"),
    }
    for kind, (x, y, horizontal, vertical) in corners.items():
        axes.text(
            x,
            y,
            f"{style.TYPE_NAMES[kind]} ({counts.get(kind, 0)})",
            transform=axes.transAxes,
            ha=horizontal,
            va=vertical,
            size=size,
            weight="bold",
            color=style.TYPE_INKS[kind],
        )
    axes.text(
        0.015,
        0.015,
        f"threshold {threshold:.1f} Mt" if threshold >= 1 else f"threshold {threshold:.2g} Mt",
        transform=axes.transAxes,
        ha="left",
        va="bottom",
        size=style.sizes(config)["small"],
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
    )


def _names(axes: Axes, supers: pd.DataFrame, threshold: float, config) -> None:
    """Names of at most `label_cities` super-emitters, largest first."""
    order = supers.assign(size=supers[["pba_mt", "cba_mt"]].max(axis=1)).sort_values(["size", "region"], ascending=[False, True])
    order = order.head(config.label_cities)
    lines = [threshold] if np.isfinite(threshold) else []
    names.place(
        axes,
        order[["pba_mt", "cba_mt"]].to_numpy(dtype=float),
        list(order["name"]),
        others=supers[["pba_mt", "cba_mt"]].to_numpy(dtype=float),
        lines=(lines, lines),
        size=style.sizes(config)["small"],
        colour=style.INK,
        leader=style.MUTED,
    )


def _legend(axes: Axes, cities: pd.DataFrame, config) -> None:
    axes.set_axis_off()
    structures = [
        style.dot(colour, style.readable(structure, style.STRUCTURE_NAMES), size=5)
        for structure, colour in _colours(cities).items()
    ]
    quintiles = [
        style.dot(style.MUTED, style.QUINTILE_NAMES.get(q, q), style.QUINTILE_MARKERS[q], 5)
        for q in style.present(cities["quintile"], style.QUINTILES)
    ]
    options = {"loc": "upper left", "alignment": "left", "handletextpad": 0.2, "borderaxespad": 0.0}
    first = axes.legend(handles=structures, title="Industrial structure", bbox_to_anchor=(0.0, 1.0), **options)
    axes.add_artist(first)
    axes.legend(handles=quintiles, title="Quintile of affluence", bbox_to_anchor=(0.54, 1.0), **options)
