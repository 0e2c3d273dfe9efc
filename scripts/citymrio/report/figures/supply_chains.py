"""Supply chains of the super-emitters: how far up the chain their footprints arise, and the three
largest single chains.
"""

import itertools

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from . import style

#: Layers drawn apart (the others are one part), super-emitters drawn, chains of each.
LAYERS, SHOWN, CHAINS = 4, 12, 3
#: Height of a line of text, inch, and characters of a route.
LINE, WIDE = 0.125, 84
ARROW = " \N{RIGHTWARDS ARROW} "
NOBODY = "No super-emitter."


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """A block of lines per super-emitter, the largest footprint first: its layers, and its chains
    with their routes.
    """
    layers, paths = (
        table[table["category"].fillna("") == ""]
        for table in (tables["production_layers"], tables["supply_chains"])
    )
    names = tables["regions"].set_index("region")["name"]
    sectors = tables["sectors"].set_index("sector")["name"]
    totals = (
        layers[layers["kind"] == "total"]
        .set_index("region")["value"]
        .sort_values(ascending=False, kind="stable")
    )
    rows = list(totals.index[:SHOWN])
    chains = "The {} largest chains: from the sector that emits to the product bought"
    figure, (left, right) = style.panels(
        0.95 + LINE * (CHAINS + 0.6) * max(len(rows), 2),
        ["Production layers", style.word(chains, CHAINS)],
        pad=17,
        width_ratios=(1, 2.6),
        sharey=True,
    )
    if not rows:
        style.note(left, NOBODY)
        style.note(right, NOBODY)
        return figure
    handles = _layers(left, layers, rows)
    _chains(right, paths, rows, sectors, names)
    words = [
        style.word("{}\n{} Mt", names.get(region, region), style.amount(totals[region] / 1e6))
        for region in rows
    ]
    style.names(left, range(len(rows)), words, ylim=(len(rows) - 0.5, -0.5))
    right.tick_params(axis="both", length=0, labelleft=False, labelbottom=False)
    for axes, place in itertools.product((left, right), range(1, len(rows))):
        axes.axhline(place - 0.5, color=style.FAINT, linewidth=0.5)
    first = (
        paths[(paths["kind"] == "path") & (paths["rank"] == 1)]
        .set_index("region")
        .reindex(rows)["share"]
        .dropna()
    )
    if len(first):
        largest = first.idxmax()
        style.say(
            figure,
            style.word(
                "The largest chain makes {:.1f}% of the footprint of {}.",
                100 * first[largest],
                names.get(largest, largest),
            ),
        )
    left.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=len(handles),
        columnspacing=0.7,
        handlelength=0.8,
    )
    if len(totals) > len(rows):
        said = style.word(
            "The {} largest of {} super-emitters; all are in supply_chains.csv.",
            len(rows),
            len(totals),
        )
        right.set_xlabel(said, size=style.SMALL, color=style.MUTED)
    return figure


def _layers(axes: Axes, layers: pd.DataFrame, rows: list[str]) -> list:
    """Stacked bars of the shares by layer; returns the handles of the legend."""
    single = (
        layers[layers["kind"] == "layer"]
        .pivot(index="region", columns="layer", values="share")
        .loc[rows]
        * 100
    )
    parts = {f"{layer:.0f}": single[layer] for layer in sorted(single)[:LAYERS]}
    parts[style.word("{} and above", LAYERS)] = 100 - sum(parts.values())
    colours = dict(zip(parts, np.asarray(style.sequential(len(parts)).colors), strict=True))
    look = {"height": 0.5, "edgecolor": "white", "linewidth": 0.3}
    style.stack(axes, range(len(rows)), pd.DataFrame(parts), colours, **look)
    axes.set(xlim=(0, 100), xlabel=style.word("Share of the footprint (%)"))
    return [style.patch(label, facecolor=colour) for label, colour in colours.items()]


def _chains(
    axes: Axes,
    paths: pd.DataFrame,
    rows: list[str],
    sectors: pd.Series,
    names: pd.Series,
) -> None:
    """A bar and a line of text for each chain: where it begins, through whom it goes, and the
    product that is bought.
    """
    single = paths[(paths["kind"] == "path") & (paths["rank"] <= CHAINS)].sort_values(
        ["region", "rank"]
    )
    widest = 100 * float(single.loc[single["region"].isin(rows), "share"].max())
    axes.set_xlim(0, widest * 7 if widest > 0 else 1)
    axes.spines["bottom"].set_visible(False)
    step = 0.9 / CHAINS
    for row, region in enumerate(rows):
        for k, chain in enumerate(single[single["region"] == region].itertuples()):
            place, share = row + step * (k - (CHAINS - 1) / 2), 100 * chain.share
            axes.barh(place, share, height=0.62 * step, color=style.MUTED)
            text = f"{share:.1f}%  {route(chain.path, sectors, names)}"
            axes.text(share + widest * 0.08, place, text, va="center", size=style.SMALL)


def route(path: str, sectors: pd.Series, names: pd.Series) -> str:
    """A chain in words: sectors from the one that emits to the product bought, each place named
    where it changes.

    Examples
    --------
    >>> sectors, names = pd.Series({"13": "Cement", "28": "Construction"}), pd.Series({"A": "Ordos", "B": "Beijing"})
    >>> route("A/13 > A/28", sectors, names), route("A/13 > B/28", sectors, names)
    ('Ordos: Cement → Construction', 'Ordos: Cement → Beijing: Construction')
    """  # noqa: E501
    steps = [step.strip().split("/") for step in path.split(">")]
    text = ""
    for longest in range(40, 7, -1):
        said, before = [], None
        for place, sector in steps:
            where = f"{names.get(place, place)}{style.word(': ')}" if place != before else ""
            said.append(where + _short(str(sectors.get(sector, sector)), longest))
            before = place
        if len(text := ARROW.join(said)) <= WIDE:
            break
    return text


def _short(name: str, most: int) -> str:
    """The first words of a long name."""
    if len(name) <= most:
        return name
    return name[: most - 1].rsplit(" ", 1)[0].rstrip(",") + "…"
