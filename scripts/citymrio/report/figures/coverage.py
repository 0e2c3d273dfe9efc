"""How many intervals hold the truth against how many should, on every system of known truth: one panel a quantity."""

from string import ascii_lowercase

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from . import style
from .systems import MARKERS

#: Quantities that have a panel, with what its title says. Those of many cells of very different size count by their size.
PANELS = {
    "footprint of a city": "Footprint of a city",
    "production emissions (total told)": "Production emissions",
    "home share of a city": "Home share",
    "deliveries inside a province": "Deliveries\nin a province",
    "deliveries across provinces": "Deliveries\nacross provinces",
    "embodied flows inside a province": "Embodied flows\nin a province",
    "embodied flows across provinces": "Embodied flows\nacross provinces",
    "output of a city": "Output of a city",
    "output by sector": "Output by sector",
    "final demand of a city": "Final demand\nof a city",
    "final demand by product": "Final demand\nby product",
}
COLUMNS = 4
METHOD = "calibrated"
#: What 90% intervals should hold at least and at most.
GOAL = (0.85, 0.95)
FOOTER = "Known truth. Markers: every value counts alike; lines: by its true size. Grey: 85 to 95% where 90% should"


def draw(tables, boundaries, config, *, synthetic: bool, run) -> Figure:
    """The figure of coverage.csv, for the calibrated method."""
    return _draw(tables, boundaries, config, synthetic=synthetic, run={**run, "name": FOOTER, "year": ""})


@style.styled
def _draw(tables, boundaries, config, run) -> Figure:
    columns = ["system", "title", "basis", "method", "quantity", "level", "members", "inside", "inside_by_size"]
    table = style.table(tables, "coverage", columns)
    if METHOD in set(table["method"]):
        table = table[table["method"].eq(METHOD)]
    systems = table.drop_duplicates("system")
    colours = style.colours_of(systems["system"], {})
    rows = -(-len(PANELS) // COLUMNS)
    figure = style.new_figure(style.DOUBLE, 0.7 + 1.9 * rows)
    levels = sorted(table["level"].unique())
    grid = list(figure.subplots(rows, COLUMNS, sharex=True, sharey=True).flat)
    for axes in grid[len(PANELS) :]:
        axes.remove()
    for n, (axes, (quantity, title)) in enumerate(zip(grid, PANELS.items(), strict=False)):
        style.panel(axes, ascii_lowercase[n], title)
        axes.plot([0, 100], [0, 100], color=style.MUTED, linewidth=0.6, zorder=1)
        axes.vlines(90, *(100 * goal for goal in GOAL), color="#c8c8c8", linewidth=6, zorder=0)
        for k, row in enumerate(systems.itertuples()):
            values = table[table["system"].eq(row.system) & table["quantity"].eq(quantity)].set_index("level").reindex(levels)
            _curve(axes, values, colours[row.system], MARKERS[k % len(MARKERS)], row.basis == "estimated")
        axes.set(xlim=(45, 95), ylim=(0, 103), xticks=[round(100 * level) for level in levels], yticks=[0, 25, 50, 75, 100])
        if n % COLUMNS == 0:
            axes.set_ylabel("Hold the truth (%)")
        if n >= len(PANELS) - COLUMNS:
            axes.set_xlabel("Should hold it (%)")
            axes.tick_params(labelbottom=True)
    handles = []
    for k, row in enumerate(systems.itertuples()):
        colour, hollow = colours[row.system], row.basis == "estimated"
        label = f"{row.title} (the truth is itself an estimate)" if hollow else row.title
        handles.append(style.dot("white" if hollow else colour, label, MARKERS[k % len(MARKERS)], edge=colour))
    handles.append(Line2D([], [], color=style.MUTED, linewidth=0.6, label="As many as should"))
    figure.legend(handles=handles, loc="outside upper left", ncols=2)
    return figure


def _curve(axes, values: pd.DataFrame, colour: str, marker: str, hollow: bool) -> None:
    """One system: shares by number as markers, shares by size as a line."""
    nominal = 100 * values.index.to_numpy(float)
    axes.plot(nominal, 100 * values["inside_by_size"].to_numpy(float), color=colour, linewidth=0.9, zorder=2)
    axes.plot(
        nominal,
        100 * values["inside"].to_numpy(float),
        linestyle="none",
        marker=marker,
        markersize=4,
        markeredgewidth=0.9,
        color=colour,
        markerfacecolor="white" if hollow else colour,
        zorder=3,
        clip_on=False,
    )
