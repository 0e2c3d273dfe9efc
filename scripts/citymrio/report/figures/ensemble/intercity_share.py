"""Where the emissions embodied in cities' demand arise, with intervals."""

from __future__ import annotations

from matplotlib.figure import Figure

from ...palette import FLOW_COLOURS, FLOW_NAMES
from .. import style

NOTE = "{level:.0%} intervals of {basis}"
#: Part of the embodied emissions in numbers.csv -> its name and colour.
PARTS = {
    "same city": (FLOW_NAMES["home"], FLOW_COLOURS["home"]),
    "same province": (FLOW_NAMES["province"], FLOW_COLOURS["province"]),
    "other province": (FLOW_NAMES["elsewhere"], FLOW_COLOURS["elsewhere"]),
    "inter-city share": ("Inter-city share: all but the own region", style.MUTED),
}


@style.styled
def draw(tables, boundaries, config, run) -> Figure:
    """Estimate and interval of each part."""
    table = style.table(tables, "numbers", ["quantity", "estimate", "low", "high"]).set_index("quantity")
    figure = style.new_figure(style.DOUBLE, 1.75)
    axes = figure.subplots()
    style.panel(axes, "", "Where the emissions embodied in the regions' demand arise")
    size = style.sizes(config)["small"]
    for place, (name, (_, colour)) in enumerate(PARTS.items()):
        row = table.loc[f"embodied flows: {name}"]
        axes.barh(place, row["estimate"], color=colour, height=0.6)
        axes.plot([row["low"], row["high"]], [place] * 2, color=style.INK, linewidth=1.6, solid_capstyle="butt")
        text = f"{row['estimate']:.0f} ({row['low']:.0f}–{row['high']:.0f})"
        axes.text(max(row["estimate"], row["high"]) + 1, place, text, va="center", size=size)
    axes.set_yticks(range(len(PARTS)), [name for name, _ in PARTS.values()])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(PARTS) - 0.4, -0.6)
    axes.set_xlim(0, 112)
    axes.set_xticks(range(0, 101, 20))
    axes.set_xlabel("Share of the embodied emissions (%)")
    share = table.loc["embodied flows: inter-city share"]
    style.say(figure, f"The inter-city share is {share['estimate']:.0f}% ({share['low']:.0f} to {share['high']:.0f}%).")
    return figure
