"""Figure S4: carbon intensity of key sectors in super-emitters against the national and global benchmarks."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from ...base.money import printed
from . import style


def _lower_limit(values) -> float:
    """The decade below all but the lowest 3% of the values; just below the lowest if that is less than a decade lower."""
    decade = 10.0 ** np.floor(np.log10(np.quantile(values, 0.03)))
    return float(decade if values.min() < decade / 3 else min(decade, values.min() / 1.3))


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """One row of points per key sector and type."""
    columns = ["region", "super_emitter", "key_sector", "intensity", "national", "global"]
    table = style.table(tables, "intensities", columns)
    figure = style.new_figure(style.DOUBLE, 3.6)
    axes = figure.subplots()
    style.panel(axes, "", "Carbon intensity of key sectors in super-emitters")
    keys = style.present(table["key_sector"], list(style.KEY_NAMES))
    shown = table[(table["intensity"] > 0) & np.isfinite(table["intensity"].astype(float))]
    if shown.empty:
        style.note(axes, "No super-emitter has emissions in a key sector.")
        return figure
    low = _lower_limit(shown["intensity"].astype(float))
    types = style.present(shown["super_emitter"], list(style.TYPE_NAMES))
    for row, key in enumerate(keys):
        for k, kind in enumerate(types):
            part = shown[(shown["key_sector"] == key) & (shown["super_emitter"] == kind)].sort_values("intensity")
            offset = (k - (len(types) - 1) / 2) * 0.24
            options = {"color": style.TYPE_COLOURS[kind], "alpha": 0.75, "linewidth": 0}
            inside, below = part[part["intensity"] >= low], part[part["intensity"] < low]
            axes.scatter(inside["intensity"], np.full(len(inside), row + offset), s=13, **options)
            if len(below):
                axes.scatter(low * 1.1, row + offset, s=16, marker="<", **options)
                label = f"{len(below)} below" if len(below) > 1 else f"{below['intensity'].iloc[0]:.1g}"
                axes.text(low * 1.25, row + offset, label, va="center", size=style.sizes(config)["small"], color=style.MUTED)
        marks = table.loc[table["key_sector"] == key, ["national", "global"]].iloc[0].astype(float)
        axes.plot([marks["national"]] * 2, [row - 0.42, row + 0.42], color=style.INK, linewidth=1.6, zorder=4)
        if np.isfinite(marks["global"]):
            axes.plot(marks["global"], row, marker="D", markersize=5.5, color="white", markeredgecolor=style.INK, zorder=5)
    for row in range(1, len(keys)):
        axes.axhline(row - 0.5, color=style.FAINT, linewidth=0.5)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(base=10))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: style.number(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(left=low)
    axes.set_xlabel(f"Carbon intensity (t CO₂ per {printed(run['unit'])} of output)")
    axes.set_yticks(range(len(keys)), [style.readable(key, style.KEY_NAMES) for key in keys])
    axes.tick_params(axis="y", length=0, labelsize=style.sizes(config)["text"])
    axes.set_ylim(len(keys) - 0.5, -0.5)
    handles = [style.dot(style.TYPE_COLOURS[kind], style.TYPE_NAMES[kind]) for kind in types]
    handles.append(Line2D([], [], color=style.INK, linewidth=1.6, label="National mean"))
    if table["global"].notna().any():
        handles.append(style.dot("white", "Global mean", "D", 5, edge=style.INK))
    axes.legend(
        handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2, title="Super-emitters", alignment="left"
    )
    return figure
