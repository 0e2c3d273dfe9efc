"""What became of the cities' emissions after the year of the run: printed totals by year, and the
change to the last one.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from . import style

OTHERS = "#bdbdbd"
#: The lightest two are too light for lines and text on white.
LINES = style.QUINTILE_COLOURS | {"Q4": "#8a75ba", "Q5": "#9a86cb"}
#: Steps of the axis of changes: last total over first.
STEPS = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0)


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """A panel for every quintile with all its cities, and one of the changes."""
    cities = tables["emissions_trends"]
    figure = style.new_figure(style.DOUBLE, 4.6)
    years = [int(name.split("_")[1]) for name in cities.columns if name.startswith("emissions_")]
    if len(years) < 2 or cities["first_mt"].isna().all():
        return style.noted(
            figure,
            "No city has totals of the run's year and of a later one (emissions_history.csv).",
        )
    found = style.present(cities["quintile"], style.QUINTILES)
    grid = figure.add_gridspec(2, 3)
    series = cities.set_axis(cities.index)[[f"emissions_{year}_mt" for year in years]]
    inside = series.to_numpy(float)[series.notna().to_numpy()]
    limits = inside.min() / 1.2, inside.max() * 6
    for k, quintile in enumerate(found[:5]):
        axes = figure.add_subplot(grid[divmod(k, 3)])
        style.panel(axes, "abcde"[k], style.QUINTILE_NAMES.get(quintile, quintile))
        own = cities["quintile"] == quintile
        _lines(axes, years, series[own], cities[own])
        axes.set(yscale="log", ylim=limits, xlim=(years[0] - 0.2, years[-1] + 0.2))
        style.ticks(axes.yaxis, LogLocator(base=10))
        axes.set_xticks(
            years,
            [f"{year}" if k % 2 == 0 or len(years) < 5 else "" for k, year in enumerate(years)],
        )
        if k % 3 == 0:
            axes.set_ylabel(style.word("Emissions as printed (Mt CO₂)"))
    axes = figure.add_subplot(grid[1, 2])
    style.panel(axes, "abcdef"[len(found[:5])], style.word("Change since {}", years[0]))
    _changes(axes, cities, found[:5])
    told = cities["change_percent"].dropna()
    style.say(
        figure,
        style.word("Totals rose in {} of {} cities with a later one.", (told > 0).sum(), len(told)),
    )
    return figure


def _lines(axes: Axes, years: list[int], series: pd.DataFrame, cities: pd.DataFrame) -> None:
    """All cities of a quintile in grey, its examples in colour with their first and last total; a
    year without one is a gap.
    """
    for place, values in series.iterrows():
        if not cities.at[place, "example"]:
            axes.plot(
                years, values, color=OTHERS, linewidth=0.5, marker=".", markersize=1.2, zorder=1
            )
    for place, city in enumerate(cities[cities["example"].astype(bool)].itertuples()):
        colour = LINES.get(city.quintile, style.INK)
        axes.plot(
            years,
            series.loc[city.Index],
            color=colour,
            linewidth=1.6,
            marker="o",
            markersize=2.6,
            zorder=3,
        )
        told = city.first_mt == city.first_mt
        text = style.word("{}: {}", city.name, style.amount(city.first_mt)) if told else city.name
        if city.change_percent == city.change_percent:
            text += style.word(" → {} in {:.0f}", style.amount(city.last_mt), city.last_year)
        axes.text(
            0.03,
            0.97 - 0.1 * place,
            text,
            color=colour,
            size=style.TEXT,
            weight="bold",
            va="top",
            transform=axes.transAxes,
        )


def _changes(axes: Axes, cities: pd.DataFrame, quintiles: list[str]) -> None:
    """A dot a city, side by side within its quintile in the order of the change; the axis is one of
    ratios.
    """
    axes.axhline(1, color=style.MUTED, linewidth=0.6, zorder=1)
    plain = {"s": 5, "alpha": 0.55, "linewidth": 0, "zorder": 2}
    marked = {"s": 22, "edgecolor": style.INK, "linewidth": 0.7, "zorder": 3}
    for k, quintile in enumerate(quintiles):
        part = cities[
            (cities["quintile"] == quintile) & cities["change_percent"].notna()
        ].sort_values("change_percent")
        spread = 0.36 if len(part) > 1 else 0.0
        part = part.assign(place=k + np.linspace(-spread, spread, len(part)))
        for example, look in ((False, plain), (True, marked)):
            dots = part[part["example"].astype(bool) == example]
            ratio = 1 + dots["change_percent"] / 100
            axes.scatter(dots["place"], ratio, color=LINES.get(quintile, style.INK), **look)
    style.names(axes, range(len(quintiles)), quintiles, "x", yscale="log")
    low, high = axes.get_ylim()
    steps = [step for step in STEPS if low <= step <= high]
    names = [
        "0" if step == 1 else f"{100 * (step - 1):+,.0f}%".replace("-", "\N{MINUS SIGN}")
        for step in steps
    ]
    axes.set(yticks=steps, yticklabels=names, ylabel=style.word("Last total against the first"))
    axes.yaxis.set_minor_locator(NullLocator())
