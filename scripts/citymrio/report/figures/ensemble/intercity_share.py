"""Where the emissions embodied in cities' demand arise, with intervals."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from ..style import INK, SINGLE, literal_texts
from . import finish

NOTE = "{level:.0%} intervals of {basis}"
PARTS = {"same city": "#21918c", "same province": "#fde725", "other province": "#440154"}


@literal_texts
def draw(tables: Mapping[str, pd.DataFrame], *, synthetic: bool, note: str) -> Figure:
    """Where the emissions embodied in cities' demand arise: estimate and interval of each part."""
    numbers = tables["numbers"]
    table = numbers.set_index("quantity")
    figure = Figure(figsize=(SINGLE * 1.4, SINGLE * 0.8), layout="constrained")
    axes = figure.subplots()
    rows = [*PARTS, "inter-city share"]
    for place, name in enumerate(rows[::-1]):
        row = table.loc[f"embodied flows: {name}"]
        colour = PARTS.get(name, "#9a9a9a")
        axes.barh(place, row["estimate"], color=colour, height=0.55, alpha=0.85)
        axes.hlines(place, row["low"], row["high"], color=INK, lw=2)
        axes.text(
            max(row["estimate"], row["high"]) + 1.5,
            place,
            f"{row['estimate']:.0f} ({row['low']:.0f}-{row['high']:.0f})",
            va="center",
            fontsize=7,
        )
    axes.set_yticks(range(len(rows)), rows[::-1])
    axes.set_xlim(0, 115)
    axes.set_xlabel("% of emissions embodied in the regions' demand")
    return finish(figure, synthetic, note)
