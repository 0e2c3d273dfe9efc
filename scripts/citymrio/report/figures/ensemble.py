"""Figures of an ensemble, a function each: what the registry calls ``ENSEMBLE`` and ``VALUE``."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...assessment.ensemble.layout import TOP as NAMED
from ..palette import FLOW_COLOURS, FLOW_NAMES
from ..plain import DEPTHS, SIDES, scenario_name
from . import style

#: Cities that a figure names.
TOP = 40
#: A line of a figure that lists cities, scenarios or sectors, inch.
LINE = 0.155

#: What is printed below a figure, with level (0) and basis (1) of intervals, where others say how
#: many emissions are modelled.
NOTES = {
    "intervals": "{0:.0%} intervals of {1}",
    "membership": "Shares of {1}",
    "intercity_share": "{0:.0%} intervals of {1}",
    "scenarios": "{0:.0%} intervals of {1}",
    "value_of_data": "Widths of {0:.0%} intervals of {1}",
}


#: Column of regions.csv -> its name, colour, marker, place beside the line of its city.
SHOWN = {
    "cba_mt": ("Footprint (consumption-based)", style.INK, "o", -0.17),
    "pba_mt": ("Production emissions", "#8c8c8c", "s", 0.17),
}


@style.styled
def intervals(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """A line for each city, the largest footprint first: estimate and interval of both accounts."""
    regions = tables["regions"]
    top = regions[regions["p_super_emitter"].notna()].nlargest(TOP, "cba_mt")
    figure, (axes,) = style.panels(
        0.85 + LINE * max(len(top), 5),
        [style.word("Intervals of cities: the {} largest footprints", len(top))],
    )
    place = np.arange(len(top))
    for name, (label, colour, marker, shift) in SHOWN.items():
        axes.hlines(
            place + shift,
            top[f"{name}_low"],
            top[f"{name}_high"],
            color=colour,
            linewidth=1.4,
            alpha=0.7,
        )
        axes.plot(
            top[name],
            place + shift,
            linestyle="none",
            marker=marker,
            markersize=2.8,
            color=colour,
            label=style.word(label),
        )
    style.names(
        axes,
        place,
        top["name"],
        ylim=(len(top) - 0.4, -0.6),
        xlim=(0, None),
        xlabel=style.word("Emissions (Mt CO₂)"),
    )
    style.grid(axes)
    axes.legend(loc="lower right")
    if len(top):
        first = top.iloc[0]
        low, high = (style.amount(first[f"cba_mt_{end}"]) for end in ("low", "high"))
        style.say(
            figure,
            style.word(
                "The largest footprint, of {}, is {} Mt ({}).",
                first["name"],
                style.amount(first["cba_mt"]),
                style.span(low, high, style.word("{} Mt")),
            ),
        )
    return figure


#: Least probability of being a super-emitter of the cities that are shown.
LEAST = 0.02


@style.styled
def membership(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """Shares of members by type and by quintile, the most frequent super-emitters first."""
    types = {
        f"p_{name}": (style.TYPE_NAMES[name], style.TYPE_COLOURS[name])
        for name in ("technology", "hybrid", "demand")
    }
    quintiles = {
        f"p_{name.lower()}": (name, style.QUINTILE_COLOURS[name]) for name in style.QUINTILES
    }
    cities = tables["regions"]
    chosen = cities[cities["p_super_emitter"] > LEAST].nlargest(TOP, ["p_super_emitter", "cba_mt"])
    figure, (left, right) = style.panels(
        1.0 + LINE * max(len(chosen), 5),
        ["Super-emitter, by type", "Quintile of affluence"],
        pad=17,
        sharey=True,
    )
    place = np.arange(len(chosen))
    for axes, parts in ((left, types), (right, quintiles)):
        axes.barh(place, 100, color=style.EMPTY, height=0.76)
        colours = {column: colour for column, (_, colour) in parts.items()}
        style.stack(axes, place, 100 * chosen[[*parts]].astype(float), colours, height=0.76)
        axes.set(xlim=(0, 100), xlabel=style.word("Share of the members (%)"))
        named = [*parts.values(), *([("None", style.EMPTY)] if parts is types else [])]
        axes.legend(
            handles=[style.patch(name, facecolor=colour) for name, colour in named],
            loc="lower left",
            bbox_to_anchor=(0, 1.0),
            ncols=5,
            handlelength=1.0,
            columnspacing=0.9,
        )
    style.names(left, place, chosen["name"], ylim=(len(chosen) - 0.4, -0.6))
    right.tick_params(axis="y", length=0, labelleft=False)
    style.say(
        figure,
        style.word(
            "{} cities are super-emitters in more than 95% of the members.",
            (cities["p_super_emitter"] > 0.95).sum(),
        ),
    )
    return figure


#: Part of the embodied emissions in numbers.csv -> its name and colour.
PARTS = {
    "same city": (FLOW_NAMES["home"], FLOW_COLOURS["home"]),
    "same province": (FLOW_NAMES["province"], FLOW_COLOURS["province"]),
    "other province": (FLOW_NAMES["elsewhere"], FLOW_COLOURS["elsewhere"]),
    "inter-city share": ("Inter-city share: all but the own region", style.MUTED),
}


@style.styled
def intercity_share(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """Estimate and interval of each part."""
    table = tables["numbers"].set_index("quantity")
    figure, (axes,) = style.panels(
        1.75, ["Where the emissions embodied in the regions' demand arise"]
    )
    for place, (name, (_, colour)) in enumerate(PARTS.items()):
        row = table.loc[f"embodied flows: {name}"]
        axes.barh(place, row["estimate"], color=colour, height=0.6)
        axes.plot(
            [row["low"], row["high"]],
            [place] * 2,
            color=style.INK,
            linewidth=1.6,
            solid_capstyle="butt",
        )
        low, high = (f"{row[end]:.0f}" for end in ("low", "high"))
        text = f"{row['estimate']:.0f} ({style.span(low, high)})"
        axes.text(max(row["estimate"], row["high"]) + 1, place, text, va="center", size=style.SMALL)
    style.names(
        axes,
        range(len(PARTS)),
        [name for name, _ in PARTS.values()],
        ylim=(len(PARTS) - 0.4, -0.6),
        xlim=(0, 112),
        xticks=range(0, 101, 20),
        xlabel=style.word("Share of the embodied emissions (%)"),
    )
    share = table.loc["embodied flows: inter-city share"]
    style.say(
        figure,
        style.word(
            "Over all regions the inter-city share is {:.0f}% ({}).",
            share["estimate"],
            style.span(f"{share['low']:.0f}", f"{share['high']:.0f}", "{}%"),
        ),
    )
    return figure


PREFIX = "saving: "
#: All measures together.
TOGETHER = "#8c8c8c"


@style.styled
def scenarios(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """Median and interval of the draws of every scenario, and without draws; light before deep,
    single sides before both.
    """
    numbers = tables["numbers"]
    table = numbers[numbers["quantity"].str.startswith(PREFIX)]
    figure, (axes,) = style.panels(
        1.05 + LINE * max(len(table), 3), ["Savings of every scenario"], pad=17
    )
    if table.empty:
        return style.noted(
            figure,
            style.word(
                "No scenarios: they are switched off (scenarios.run),\n"
                "or no city is a super-emitter."
            ),
        )
    table = table.assign(name=table["quantity"].str.removeprefix(PREFIX))
    table = table.sort_values("name", key=lambda names: names.map(_order), kind="stable")
    names = list(table["name"])
    for place, row in enumerate(table.itertuples()):
        side = next((side for side in SIDES if row.name.startswith(side)), "")
        axes.barh(place, row.median, color=style.TYPE_COLOURS.get(side, TOGETHER), height=0.66)
        axes.plot(
            [row.low, row.high], [place] * 2, color=style.INK, linewidth=1.2, solid_capstyle="butt"
        )
        axes.plot(
            row.estimate,
            place,
            marker="o",
            markersize=3.2,
            color="white",
            markeredgecolor=style.INK,
            markeredgewidth=0.8,
        )
    style.names(
        axes,
        range(len(names)),
        [_scenario(name) for name in names],
        ylim=(len(names) - 0.4, -0.6),
        xlabel=style.word("Saving (Mt CO₂)"),
    )
    axes.legend(
        handles=[
            style.patch("Median of the draws", facecolor=TOGETHER),
            style.line("Interval of the draws", color=style.INK, linewidth=1.2),
            style.dot("white", "Without draws", edge=style.INK, size=3.6),
        ],
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=3,
        columnspacing=1.2,
        borderaxespad=0.2,
    )
    first = table.iloc[0]
    low, high = style.amount(first["low"]), style.amount(first["high"])
    style.say(
        figure,
        style.word(
            "{}: {} Mt, interval {}.",
            _scenario(names[0]),
            style.amount(first["median"]),
            style.span(low, high, style.word("{} Mt")),
        ),
    )
    return figure


def _scenario(name: str) -> str:
    """The name of a scenario, in the language of the figure."""
    side, *rest = scenario_name(name).rsplit(", ", 1)
    depth, *mode = rest[0].split(": ") if rest else [""]
    text = style.word("{}, {}", style.word(side), style.word(depth)) if depth else style.word(side)
    return style.word("{}: {}", text, style.word(mode[0])) if mode else text


def _order(name: str) -> int:
    """The place of a scenario: by depth, then by side."""
    words = name.split("_")
    depth = next((k for k, word in enumerate(DEPTHS) if word in words), len(DEPTHS))
    side = next((k for k, word in enumerate(SIDES) if word in words), len(SIDES))
    return 100 * depth + side


@style.styled
def value_of_data(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """Left: bars by kind, dots for single cities; right: the best datum of the cities whose
    intervals fall most.
    """
    table = tables["value_of_data"].fillna(
        {"region": "", "sectors": "", "category": "", "name": ""}
    )
    whole = table[table["sectors"].eq("") & table["category"].eq("") & table["target"].isin(SHOWN)]
    nation, city = whole[whole["region"].eq("")], whole[whole["region"].ne("")]
    order = nation[nation["target"].eq("cba_mt")].sort_values("fall_pct", ascending=False)
    place = pd.Series(np.arange(len(order)), index=order["kind"])
    figure, (left, right) = style.panels(
        5.2,
        ["Kinds of data (cities without)", "Footprints that one datum helps most"],
        width_ratios=(1.25, 1),
    )
    for target, (label, colour, marker, shift) in SHOWN.items():
        bars, dots = (rows[rows["target"].eq(target)] for rows in (nation, city))
        at = place.reindex(bars["kind"]).to_numpy(float) + 1.1 * shift
        left.barh(at, bars["fall_pct"], 0.34, color=colour, alpha=0.75, label=style.word(label))
        left.errorbar(
            bars["fall_pct"],
            at,
            xerr=bars["se_pct"],
            fmt="none",
            ecolor=style.MUTED,
            elinewidth=0.7,
        )
        at = place.reindex(dots["kind"]).to_numpy(float) + 1.1 * shift
        left.plot(
            dots["fall_pct"],
            at,
            linestyle="none",
            marker=marker,
            ms=2.6,
            mfc="white",
            mec=colour,
            mew=0.7,
        )
    style.names(
        left,
        place,
        [f"{_words(row.words)} ({row.lacking})" for row in order.itertuples()],
        ylim=(max(len(order), 1) - 0.4, -0.6),
        xlim=(0, None),
        xlabel=style.word("Fall of the interval (%)"),
    )
    style.grid(left)
    left.plot(
        [],
        [],
        "o",
        ms=2.6,
        mfc="white",
        mec=style.MUTED,
        mew=0.7,
        linestyle="none",
        label=style.word("One city, by its own datum"),
    )
    left.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor="none")
    _cities(right, city[city["target"].eq("cba_mt")])
    if len(order):
        first = order.iloc[0]
        style.say(
            figure,
            style.word(
                "{} would narrow footprints most: by {:.0f}%.",
                _words(first["words"]),
                first["fall_pct"],
            ),
        )
    return figure


def _words(text: str) -> str:
    """A kind of data at the beginning of a line."""
    text = str(text).replace("CO2", "CO₂")
    return text[:1].upper() + text[1:]


def _cities(axes: Axes, city: pd.DataFrame) -> None:
    """The intervals of footprints that one datum narrows most: their width now, and with it."""
    best = (
        city.assign(fall=city["width"] - city["expected"])
        .sort_values("fall", ascending=False)
        .drop_duplicates("region")
        .head(NAMED)
    )
    place, colour = np.arange(len(best)), SHOWN["cba_mt"][1]
    axes.hlines(place, best["expected"], best["width"], color=colour, linewidth=1.4, alpha=0.45)
    axes.plot(
        best["width"],
        place,
        "o",
        ms=2.8,
        mfc="white",
        mec=colour,
        linestyle="none",
        label=style.word("Now"),
    )
    axes.plot(
        best["expected"],
        place,
        "o",
        ms=2.8,
        color=colour,
        linestyle="none",
        label=style.word("With the datum"),
    )
    style.names(
        axes,
        place,
        best["name"] + ": " + best["words"].str.replace("CO2", "CO₂"),
        ylim=(max(len(best), 1) + 2.6, -0.8),  # room for the legend
        xlim=(0, None),
        xlabel=style.word("Width of the interval (Mt CO₂)"),
    )
    axes.yaxis.tick_right()
    style.grid(axes)
    axes.legend(loc="lower right", frameon=True, framealpha=0.9, edgecolor="none")
