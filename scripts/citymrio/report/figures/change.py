"""Figures of the change between two runs: nation and quintiles, and the cities that rose and fell
most.
"""

import itertools
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ...analysis.change_tables import LEFT
from ..language import word
from . import style

#: Parts of the change in the order they are stacked: column stem -> name; their colours mean
#: nothing else.
NAMES = {
    "level": "Final demand per capita",
    "population": "Population",
    "structure": "Final-demand structure",
    "technology": "Technology and trade",
    "intensity": "Carbon intensity",
    "coverage": "In one run only",
    "classification": "Classification",
}
PARTS = {
    part: (name, colour)
    for (part, name), colour in zip(
        NAMES.items(), (*style.SPARE_COLOURS[: len(NAMES) - 1], "#999999"), strict=True
    )
}
#: Parts that no factor makes: left out of the figure where they are 0.
ACCOUNTS = ("coverage", "classification")
GROUPS = {"cities": "All cities", **style.QUINTILE_NAMES}
#: Cities shown on each side; the caption has the number.
SHOWN = 12

CAPTIONS = {
    "change_groups": "Change of footprints of final demand between two years, by what drives it "
    "(average of the two polar "
    "decompositions; 'classification' is the part due to merging sectors and regions into "
    "common ones, 'in one run only' what regions and sectors emit and use that the other run does "
    "not have). a, all regions: from the "
    "footprint of the earlier year to that of the later, Mt. b, cities together and by quintile "
    "of affluence of the earlier year "
    "(Q1 the most affluent), percent of the group's earlier footprint; dots: the whole change. "
    "Prices are named below.",
    "change_cities": "The 12 cities whose footprints rose most and the 12 whose fell "
    "most, Mt: bars by what "
    "drives the change, dots the whole change, in the prices named below. Regions that are not "
    "cities are left out.",
}


def draw(
    name: str,
    tables: Mapping[str, pd.DataFrame],
    config: style.Figures,
    *,
    synthetic: bool,
    run: Mapping[str, Any],
) -> Figure:
    """Draw a figure by its name (a key of CAPTIONS) from change.csv and change_groups.csv; `run` is
    change.json, where it is not English with the language.
    """
    language, earlier, later = run.get("language", "en"), run["earlier"], run["later"]
    current = str(run["prices"]).startswith("current")
    prices = word("current prices" if current else "prices of {}", language, earlier["year"])
    name_of_both = word("{} and {} ({})", language, earlier["name"], later["name"], prices)
    return FIGURES[name](
        tables,
        None,
        config,
        synthetic=synthetic,
        run={**run, "name": name_of_both, "year": ""},
    )


def _stack(axes: Axes, table: pd.DataFrame, suffix: str, *, horizontal: bool) -> None:
    """Stacked bars of the parts, positive and negative apart, and a dot for the whole."""
    place = np.arange(len(table))
    high, low = np.zeros(len(table)), np.zeros(len(table))
    bar = axes.barh if horizontal else axes.bar
    for part, (label, colour) in PARTS.items():
        values = table[f"{part}_{suffix}"].to_numpy(float)
        if part == "coverage" and not values.any():
            continue
        start = np.where(values >= 0, high, low)
        options: dict[str, Any] = {
            "left" if horizontal else "bottom": start,
            "height" if horizontal else "width": 0.7,
        }
        bar(place, values, color=colour, linewidth=0, label=style.word(label), **options)
        high, low = high + np.maximum(values, 0), low + np.minimum(values, 0)
    whole = table[f"change_{suffix}"].to_numpy(float)
    pair = (whole, place) if horizontal else (place, whole)
    axes.plot(
        *pair,
        linestyle="none",
        marker="o",
        markersize=4.5,
        color="white",
        markeredgecolor=style.INK,
        label=style.word("Whole change"),
    )
    (axes.axvline if horizontal else axes.axhline)(0, color=style.MUTED, linewidth=0.6)


def _waterfall(axes: Axes, row: pd.Series, years: tuple[str, str]) -> None:
    """From the footprint of the earlier year to that of the later."""
    parts = [part for part in PARTS if part not in ACCOUNTS or abs(row[f"{part}_mt"]) > 0]
    levels = itertools.accumulate([row["cba_earlier_mt"], *(row[f"{part}_mt"] for part in parts)])
    steps = [
        (years[0], 0.0, row["cba_earlier_mt"], style.MUTED),
        *(
            (style.word(PARTS[part][0]), level, row[f"{part}_mt"], PARTS[part][1])
            for part, level in zip(parts, levels, strict=False)
        ),
        (years[1], 0.0, row["cba_later_mt"], style.MUTED),
    ]
    top = max(max(start, start + size) for _, start, size, _ in steps)
    for k, (name, start, size, colour) in enumerate(steps):
        axes.bar(k, size, bottom=start, width=0.7, color=colour, linewidth=0)
        text = f"{size:,.0f}" if name in years else f"{size:+,.0f}".replace("-", "\u2212")
        axes.text(
            k,
            max(start, start + size) + 0.012 * top,
            text,
            ha="center",
            va="bottom",
            size=style.SMALL,
        )
    style.names(
        axes,
        range(len(steps)),
        [textwrap.fill(name, 13, break_long_words=False) for name, *_ in steps],
        "x",
        ylim=(0, top * 1.08),
        ylabel=style.word("Mt CO₂"),
    )
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: style.number(value)))


def _years(run: Mapping[str, Any]) -> tuple[str, str]:
    return str(run["earlier"]["year"]), str(run["later"]["year"])


@style.styled
def _groups(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    table = tables["change_groups"].set_index("group")
    years = _years(run)
    titles = [
        style.word("All regions: change of footprints, {} to {}", *years),
        style.word("Cities by quintile of affluence in {}", years[0]),
    ]
    figure, (above, below) = style.panels(5.6, titles, nrows=2, height_ratios=(1, 1.05))
    _waterfall(above, table.loc["all"], years)
    shown = [
        name
        for name in ("cities", *style.QUINTILES)
        if name in table.index and table.loc[name, "regions"] > 0
    ]
    _stack(below, table.loc[shown], "percent", horizontal=False)
    label = style.word("Percent of the footprint of {}", years[0])
    named = [GROUPS.get(name, name) for name in shown]
    style.names(below, range(len(shown)), named, "x", ylabel=label)
    below.legend(
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        borderaxespad=0.2,
        title=style.word("Change by"),
        alignment="left",
    )
    return figure


@style.styled
def _cities(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    table = style.cities(tables["change"]).sort_values(["change_mt", "region"], kind="stable")
    provinces = run.get("provinces_local", {}) if run.get("local") else {}
    for row in table.itertuples():
        if str(row.name).endswith(LEFT.format("")):
            place = provinces.get(str(row.province), str(row.name).removesuffix(LEFT.format("")))
            table.at[row.Index, "name"] = style.word(LEFT, place)
    years = _years(run)
    shown = {
        "Cities risen most, {} to {}": table[table["change_mt"] > 0].tail(SHOWN)[::-1],
        "Cities fallen most, {} to {}": table[table["change_mt"] < 0].head(SHOWN),
    }
    figure, both = style.panels(3.9, [style.word(title, *years) for title in shown], sharex=True)
    for axes, part in zip(both, shown.values(), strict=True):
        _stack(axes, part, "mt", horizontal=True)
        style.names(axes, range(len(part)), part["name"])
        axes.invert_yaxis()
        axes.xaxis.set_major_locator(MaxNLocator(4))
        axes.set_xlabel(style.word("Mt CO₂"))
    handles, labels = axes.get_legend_handles_labels()
    title = style.word("Change by")
    figure.legend(handles, labels, loc="outside right upper", title=title, alignment="left")
    return figure


FIGURES: dict[str, Callable[..., Figure]] = {"change_groups": _groups, "change_cities": _cities}
