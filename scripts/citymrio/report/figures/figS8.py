"""Figure S8: share of capital formation in final demand, super-emitters with high consumption against megacities abroad."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ...dataset.benchmarks import megacity_shares
from . import style

ABROAD = "#7f7f7f"


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """Vertical bars, largest share first, in three groups."""
    regions = style.cities(style.table(tables, "regions", ["region", "name", "kind", "super_emitter", "capital_share"]))
    benchmarks = style.table(tables, "benchmarks", ["parameter", "value"])
    target = style.parameter(style.table(tables, "parameters", ["parameter", "value"]), "capital_target")
    bars = []
    for kind in ("demand", "hybrid"):
        part = regions[(regions["super_emitter"] == kind) & regions["capital_share"].notna()]
        part = part.sort_values(["capital_share", "region"], ascending=[False, True])
        bars.append((style.TYPE_NAMES[kind] + " super-emitters", style.TYPE_COLOURS[kind], part["name"], part["capital_share"]))
    abroad = megacity_shares(benchmarks).sort_index().sort_values(ascending=False, kind="stable")
    names = abroad.index.str.replace("_", " ").str.title()
    bars.append(("Megacities abroad", ABROAD, names, abroad))
    bars = [bar for bar in bars if len(bar[2])]
    figure = style.new_figure(style.DOUBLE, 2.9)
    axes = figure.subplots()
    style.panel(axes, "", "Capital formation in final demand")
    if not bars:
        style.note(axes, "Neither super-emitters with high consumption nor megacities abroad are in this run.")
        return figure
    size = style.sizes(config)["small"]
    place, ticks, labels = 0.0, [], []
    for _, colour, group, values in bars:
        places = place + np.arange(len(group))
        axes.bar(places, 100 * values.to_numpy(dtype=float), width=0.7, color=colour)
        for x, value in zip(places, values, strict=True):
            axes.text(x, 1.0, f"{100 * value:.0f}", ha="center", va="bottom", size=size, color=style.ink_on(colour))
        ticks += list(places)
        labels += list(group)
        place = places[-1] + 1.8
    handles = [style.swatch(colour, name) for name, colour, _, _ in bars]
    if np.isfinite(target):
        axes.axhline(100 * target, color=style.INK, linewidth=0.8, linestyle=(0, (4, 2)))
        handles.append(
            Line2D([], [], color=style.INK, linewidth=0.8, linestyle=(0, (4, 2)), label=f"Target ({100 * target:.0f}%)")
        )
    axes.set_xticks(ticks, labels, rotation=60, ha="right", rotation_mode="anchor")
    axes.tick_params(axis="x", length=0)
    axes.set_xlim(-0.7, place - 1.1)
    top = 100 * max(pd.concat([values for *_, values in bars]).max(), target if np.isfinite(target) else 0)
    axes.set_ylim(0, top * 1.05)
    axes.set_ylabel("Share of final demand (%)")
    axes.legend(handles=handles, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, borderaxespad=0.2)
    return figure
