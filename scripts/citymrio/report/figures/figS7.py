"""Figure S7: key sectors of super-emitters with high production-based emissions."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from ...base.money import format_unit
from ...dataset.benchmarks import INTENSITY, assumed_parameters
from . import known, style

KINDS = ("technology", "hybrid")
#: Places of the means of the country and the world, above those of the cities.
MEANS = {"national": ("National mean", -2.5), "global": ("Global mean", -1.5)}
#: Colours of intensities above the national mean, and of others.
HIGH, ORDINARY = "#f0bfa6", "#dedede"


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """Stacked shares on the left, a matrix of intensities on the right, one row per city."""
    table = tables["intensities"]
    table = table[table["super_emitter"].isin(KINDS)]
    keys = style.present(table["key_sector"], list(style.KEY_NAMES))
    shares = table.pivot(index="region", columns="key_sector", values="percent")
    cities = table.drop_duplicates("region").set_index("region")
    order = [
        r for kind in KINDS for r in _ranked(shares, cities.index[cities["super_emitter"] == kind])
    ]
    figure = style.new_figure(style.DOUBLE, 1.5 + 0.175 * (len(order) + 3))
    if not order or not keys:
        none = (
            "No super-emitter has emissions in a key sector."
            if order
            else "No super-emitter has high production-based emissions."
        )
        return style.noted(figure, none)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1, 1.2))
    kinds = cities.loc[order, "super_emitter"]
    # half a line parts the kinds
    places = dict(zip(order, np.arange(len(order)) + 0.5 * kinds.ne(kinds.iloc[0]), strict=True))
    _shares(left, shares.reindex(columns=keys), places)
    _intensities(
        right,
        table,
        keys,
        places,
        assumed_parameters(tables["benchmarks"]),
        format_unit(run["unit"]),
    )
    style.names(left, list(places.values()), [cities.at[region, "name"] for region in places])
    left.spines["left"].set_bounds(-0.6, max(places.values()) + 0.7)
    right.tick_params(axis="y", length=0, labelleft=False)
    beside = min(
        -0.3, -0.06 - 0.018 * max(len(cities.at[region, "name"]) for region in places)
    )  # left of the longest name
    for kind, rows in pd.Series(places).groupby(kinds, sort=False):
        left.text(
            beside,
            rows.mean(),
            style.word(style.TYPE_NAMES[str(kind)]),
            rotation=90,
            ha="center",
            va="center",
            weight="bold",
            color=style.TYPE_INKS[str(kind)],
            transform=left.get_yaxis_transform(),
        )
    total = shares.loc[order].sum(axis=1)
    style.say(
        figure,
        style.word(
            "Key sectors make {:.0f} to {:.0f}% of the production emissions of {} super-emitters.",
            total.min(),
            total.max(),
            len(order),
        ),
    )
    return figure


def _ranked(shares: pd.DataFrame, regions: Iterable[str]) -> list[str]:
    """Regions by the share of all key sectors, largest first."""
    total = shares.loc[list(regions)].sum(axis=1)
    return list(total.index[np.lexsort((total.index, -total.to_numpy()))])


def _shares(axes: Axes, shares: pd.DataFrame, places: dict[str, float]) -> None:
    colours = style.colours_of(shares.columns, style.KEY_COLOURS)
    parts = shares.loc[[*places]].fillna(0.0)
    style.stack(axes, [*places.values()], parts, colours, height=0.74, linewidth=0)
    axes.set(xlim=(0, 100), xlabel=style.word("Share of production emissions (%)"))
    lines = max(_head(key).count("\n") + 1 for key in shares.columns)
    room = 9 + 1.2 * style.SMALL * lines  # for the names of sectors
    style.panel(axes, "a", style.word("Emissions of key sectors"), pad=room)
    below = axes.transAxes + ScaledTranslation(0, -0.42, axes.figure.dpi_scale_trans)
    axes.legend(
        handles=[
            style.patch(style.readable(key, style.KEY_NAMES), facecolor=colours[key])
            for key in shares.columns
        ],
        loc="upper left",
        bbox_to_anchor=(-0.3, 0.0),
        bbox_transform=below,
        ncols=2,
        columnspacing=1.0,
    )


def _intensities(
    axes: Axes,
    table: pd.DataFrame,
    keys: list[str],
    places: dict[str, float],
    doubtful: set[str],
    unit: str,
) -> None:
    """Numbers under the names of their sectors, the means first; a column has as many decimals as
    its largest number needs.
    """
    values, status = (
        table.pivot(index="region", columns="key_sector", values=name).reindex(columns=keys)
        for name in ("intensity", "intensity_status")
    )
    marks = (
        table.drop_duplicates("key_sector")
        .set_index("key_sector")[["national", "global"]]
        .astype(float)
    )
    for j, key in enumerate(keys):
        column = pd.concat([values[key], marks.loc[key]])
        digits = _decimals(column)
        widest = max(len(_text(value, digits)) for value in column)
        end = axes.transData + ScaledTranslation(
            0.27 * widest * style.SMALL / 72, 0, axes.figure.dpi_scale_trans
        )
        for region, place in places.items():
            value = values.at[region, key]
            high = np.isfinite(value) and value > marks.at[key, "national"]
            tint = known.look(str(status.at[region, key]), HIGH if high else ORDINARY)
            axes.barh(place, 0.94, left=j + 0.03, height=0.8, **tint)
            around = (
                {"facecolor": "white", "edgecolor": "none", "pad": 0.3} if "hatch" in tint else None
            )
            axes.text(
                j + 0.5,
                place,
                _text(value, digits),
                ha="right",
                va="center",
                size=style.SMALL,
                bbox=around,
                transform=end,
            )
        for name, (_, place) in MEANS.items():
            if name == "global" and INTENSITY + key in doubtful:
                axes.barh(place, 0.94, left=j + 0.03, height=0.8, **style.assumed_look(style.INK))
            axes.text(
                j + 0.5,
                place,
                _text(marks.at[key, name], digits),
                ha="right",
                va="center",
                size=style.SMALL,
                weight="bold",
                transform=end,
            )
    for words, place in MEANS.values():
        axes.text(
            -0.05,
            place,
            style.word(words),
            ha="right",
            va="center",
            size=style.SMALL,
            weight="bold",
        )
    below = axes.transAxes + ScaledTranslation(0, -0.42, axes.figure.dpi_scale_trans)
    handles = [
        *known.legend(table["intensity_status"], ORDINARY),
        style.patch("Above the national mean", facecolor=HIGH),
    ]
    if any(INTENSITY + key in doubtful for key in keys):
        handles.append(
            style.patch(
                style.word("{} benchmark", style.word(style.ASSUMED)),
                **style.assumed_look(style.INK),
            )
        )
    axes.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.0, 0.0),
        bbox_transform=below,
        ncols=2,
        columnspacing=1.0,
    )
    style.names(
        axes,
        np.arange(len(keys)) + 0.5,
        map(_head, keys),
        "x",
        xlim=(0, len(keys)),
        ylim=(max(places.values()) + 0.7, min(place for _, place in MEANS.values()) - 0.6),
    )
    axes.xaxis.tick_top()
    axes.spines[["left", "bottom"]].set_visible(False)
    style.panel(axes, "b", style.word("Carbon intensity (t CO₂ per {})", unit))


def _head(key: str) -> str:
    """The name of a sector over its column."""
    return style.readable(key, style.KEY_NAMES).replace(" and ", "\nand ").replace(" ", "\n", 1)


def _decimals(values: pd.Series) -> int:
    """Decimals that four digits of the largest number leave, at most two."""
    largest = np.nanmax(values.to_numpy(dtype=float), initial=0.0)
    return 2 if largest < 100 else 1 if largest < 1000 else 0


def _text(value: float, digits: int) -> str:
    """A number of so many decimals; what would print as 0 is less than the last one."""
    if not np.isfinite(value):
        return "–"
    least = 10.0**-digits
    return f"<{least:.{digits}f}" if 0 < value < least / 2 else f"{value:,.{digits}f}"
