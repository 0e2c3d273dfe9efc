"""Figure S5: shares of population, economy and carbon by quintile of affluence."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from . import style

MEASURES = {
    "population_percent": "Population",
    "gdp_percent": "GDP",
    "cba_percent": "Carbon footprint",
    "cba_capital_percent": "Footprint of\ncapital formation",
}


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """One stacked bar per measure."""
    table = tables["quintiles"].set_index("quintile")
    quintiles = style.present(table.index.to_series(), style.QUINTILES)
    figure = shares(
        table.loc[quintiles, list(MEASURES)],
        MEASURES,
        style.colours_of(quintiles, style.QUINTILE_COLOURS),
        {q: style.QUINTILE_NAMES.get(q, q) for q in quintiles},
        title=style.word("Economy, population and carbon by quintile"),
        label=style.word("Share of all cities (%)"),
        legend=style.word("Quintile of affluence"),
        pattern="{:.1f}",
    )
    first = table.loc[quintiles[0]] if quintiles else None
    if first is not None and np.isfinite(first["cba_percent"]):
        people, carbon = first["population_percent"], first["cba_percent"]
        style.say(
            figure,
            style.word(
                "{} has {:.1f}% of the people and {:.1f}% of the footprint.",
                quintiles[0],
                people,
                carbon,
            ),
        )
    return figure


def shares(
    table: pd.DataFrame,
    bars: Mapping[str, str],
    colours: Mapping[str, str],
    names: Mapping[str, str],
    *,
    title: str,
    label: str,
    legend: str,
    pattern: str,
) -> Figure:
    """Horizontal stacked bars: one bar per column of `table`, one part per row."""
    figure, (axes,) = style.panels(0.95 + 0.36 * len(bars), [title])
    total = float(table.sum().max())
    if not total > 0:
        return style.noted(figure, style.NO_CITIES)
    for row, column in enumerate(bars):
        left = 0.0
        for key, value in table[column].items():
            axes.barh(
                row,
                value,
                left=left,
                height=0.66,
                color=colours[key],
                edgecolor="white",
                linewidth=0.5,
            )
            text = pattern.format(value)
            if value > (0.004 + 0.007 * len(text)) * total:  # it fits
                axes.text(
                    left + value / 2,
                    row,
                    text,
                    ha="center",
                    va="center",
                    size=style.SMALL,
                    color=style.ink_on(colours[key]),
                )
            left += value
    style.names(
        axes,
        range(len(bars)),
        bars.values(),
        ylim=(len(bars) - 0.5, -0.5),
        xlim=(0, max(total, style.NO_WIDTH)),
        xlabel=label,
    )
    axes.tick_params(axis="y", labelsize=style.TEXT)
    axes.legend(
        handles=[style.patch(names[key], facecolor=colours[key]) for key in table.index],
        title=legend,
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        alignment="left",
    )
    return figure
