"""How the ends of intervals settle as members are added."""

from __future__ import annotations

from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from ...plain import scenario_name
from .. import style

NOTE = "{level:.0%} intervals of {basis}, and of the first of them"
#: Quantities that are shown, with the title of their panel.
PANELS = {
    "sum of city footprints (CBA)": "Sum of the cities' footprints",
    "embodied flows: inter-city share": "Inter-city share",
    "embodied flows: other province": "From other provinces",
    "share of capital in city footprints": "Share of capital in footprints",
    "saving: technology_light": "Saving: " + scenario_name("technology_light").lower(),
    "saving: demand_deep_shift": "Saving: " + scenario_name("demand_deep").lower(),
}
COLUMNS = 3


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """Both ends of the interval of each quantity by number of members, and what is reported."""
    table = style.table(tables, "convergence", ["quantity", "members", "low", "high", "low_se", "high_se"])
    numbers = style.table(tables, "numbers", ["quantity", "unit", "value"]).set_index("quantity")
    shown = [name for name in PANELS if name in set(table["quantity"])]
    rows = max(-(-len(shown) // COLUMNS), 1)
    figure = style.new_figure(style.DOUBLE, 0.35 + 1.65 * rows)
    panels = [*figure.subplots(rows, COLUMNS, squeeze=False).flat]
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    for letter, axes, name in zip("abcdef", panels, shown, strict=False):
        own = table[table["quantity"].eq(name)].sort_values("members")
        for end in ("low", "high"):
            value, error = own[end].to_numpy(), 2 * own[f"{end}_se"].to_numpy()
            axes.errorbar(
                own["members"], value, error, color=style.MUTED, marker="o", markersize=2.8, lw=0.9, elinewidth=0.9, capsize=2
            )
        axes.axhline(numbers.at[name, "value"], color=style.INK, linewidth=0.8, linestyle=(0, (1.5, 1.5)))
        style.panel(axes, letter, PANELS[name])
        axes.set_ylabel(str(numbers.at[name, "unit"]).replace("CO2", "CO₂"))
        axes.set_xscale("log")
        axes.set_xticks(own["members"], own["members"].astype(str))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("Members")
    if len(table):
        style.say(figure, f"The last of them has {table['members'].max():.0f} members.")
    return figure
