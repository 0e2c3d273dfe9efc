"""How the ends of intervals settle as members are added."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ..style import DOUBLE, INK, MUTED, literal_texts
from . import finish

NOTE = "{level:.0%} intervals of {basis}, and of the first of them; bars: two standard errors of each end"
#: Quantities that are shown, with the title of their panel.
PANELS = {
    "sum of city footprints (CBA)": "Sum of city footprints",
    "embodied flows: inter-city share": "Inter-city share",
    "embodied flows: other province": "From other provinces",
    "share of capital in city footprints": "Share of capital",
    "saving: technology_light": "Saving, technology light",
    "saving: demand_deep_shift": "Saving, demand deep",
}
COLUMNS = 3


@literal_texts
def draw(tables: Mapping[str, pd.DataFrame], *, synthetic: bool, note: str) -> Figure:
    """Both ends of the interval of each quantity by number of members, and the estimate without draws."""
    table, numbers = tables["convergence"], tables["numbers"].set_index("quantity")
    shown = [name for name in PANELS if name in set(table["quantity"])]
    rows = max(-(-len(shown) // COLUMNS), 1)
    figure = Figure(figsize=(DOUBLE, 0.4 + 1.6 * rows), layout="constrained")
    panels = [*figure.subplots(rows, COLUMNS, squeeze=False).flat]
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    for axes, name in zip(panels, shown, strict=False):
        own = table[table["quantity"].eq(name)].sort_values("members")
        for end in ("low", "high"):
            value, error = own[end].to_numpy(), 2 * own[f"{end}_se"].to_numpy()
            axes.errorbar(own["members"], value, error, color="#21918c", marker="o", markersize=3, lw=1, elinewidth=1, capsize=2)
        axes.axhline(numbers.at[name, "estimate"], color=INK, lw=0.7, ls=":")
        axes.set_title(f"{PANELS[name]}, {numbers.at[name, 'unit']}", fontsize=7.5, loc="left")
        axes.set_xscale("log")
        axes.set_xticks(own["members"], own["members"].astype(str))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.tick_params(labelsize=6.5)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel("members", fontsize=6.5, color=MUTED)
    return finish(figure, synthetic, note)
