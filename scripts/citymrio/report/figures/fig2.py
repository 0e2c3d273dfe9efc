"""Figure 2: carbon flows between groups of cities, and value added per unit of emissions."""

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure
from matplotlib.transforms import ScaledTranslation

from ...analysis.features import COUNT
from . import known, style

#: Key of the rows and columns of sums.
ALL = "all"
#: Colours of money per carbon: not those of carbon.
MONEY = "YlOrBr"
ROUNDED = "Margins are of unrounded numbers:\nrounded cells may not add up to them."
#: Height of a row, inch, and of one whose cells have their intervals in a second line; how high the
#: two lines stand in it.
HEIGHTS, LINES = (0.155, 0.235), (0.36, 0.76)
#: Width of the strip that shows how the cities of a row are known, in cells.
STRIP = 0.3
#: Upper right corner of the legend from the lower left one of the cells, inch: below the note.
NOTE = (-10 / 72, -24 / 72)


@style.styled
def draw(tables: style.Tables, boundaries: style.Boundaries, run: style.Run) -> Figure:
    """Two matrices that share their rows, each with its margins and its colour bar; with an
    ensemble every cell has its interval.
    """
    flows = tables["flows_groups"]
    benefit = tables["va_per_emission"]
    quintiles = tables["quintiles"].set_index("quintile")
    structures = style.present(flows["producer_structure"], list(style.STRUCTURE_NAMES))
    producers = style.present(quintiles.index.to_series(), style.QUINTILES)
    consumers = style.present(flows["consumer_quintile"], style.QUINTILES)
    rows = pd.MultiIndex.from_product([producers, [*structures, ALL]])
    counted = quintiles.reindex(producers, columns=[f"{COUNT}{name}" for name in structures])
    counts = counted.fillna(0.0).assign(all=np.nan).to_numpy(float).ravel()
    if not np.nansum(counts):
        figure = style.new_figure(style.DOUBLE, 2.0)
        return style.noted(figure, style.NO_CITIES)
    spread = tables.get("uncertainty/cells")
    figure, (left, right) = style.panels(
        1.75 + HEIGHTS[spread is not None] * (len(rows) + 1),
        ["Carbon flows between cities", "Value added per unit of emissions"],
    )
    shares, money, carbon = (
        _with_margins(table, column).reindex(index=[*rows, (ALL, ALL)], columns=[*consumers, ALL])
        for table, column in ((flows, "percent"), (benefit, "value_added"), (benefit, "mt"))
    )
    ratios = money / carbon.where(carbon > 0)
    block = len(structures) + 1
    for axes, values, shades, label, cell in (
        (
            left,
            shares,
            style.sequential(256),
            style.word("% of all inter-city flows"),
            ("flows_groups", "percent"),
        ),
        (
            right,
            ratios,
            colormaps[MONEY],
            style.word("10⁹ {} per Mt CO₂", run["currency"]),
            ("va_per_emission", "ratio"),
        ),
    ):
        drawn = _heat(axes, values, counts, block, shades, _ends(spread, *cell))
        bar = figure.colorbar(
            drawn, ax=axes, location="bottom", fraction=0.02, pad=0.012, aspect=40, shrink=0.82
        )
        bar.set_label(label, size=style.SMALL, labelpad=2)
        bar.ax.tick_params(labelsize=style.SMALL, length=2, pad=1)
        bar.outline.set_visible(False)
        axes.set_xticks(np.arange(len(consumers) + 1) + 0.5, [*consumers, style.word("All")])
        axes.xaxis.tick_top()
        axes.tick_params(length=0, labelsize=style.TEXT, pad=1)
        axes.xaxis.set_label_position("top")
        axes.set_xlabel(style.word("Cities where goods and services were consumed"), labelpad=3)
    _row_names(left, rows, block)
    _statuses(left, tables["regions"], rows)
    note = style.word(ROUNDED)
    ends = "Below a number the {}.\n{}"
    left.annotate(
        note if spread is None else style.word(ends, style.interval_words(run), note),
        (0, 0),
        (-10, -4),
        xycoords="axes fraction",
        textcoords="offset points",
        annotation_clip=False,
        ha="right",
        va="top",
        size=style.SMALL,
        color=style.MUTED,
    )
    flows = (
        shares.drop(index=ALL, level=0).drop(index=ALL, level=1).drop(columns=ALL).stack().dropna()
    )
    if len(flows):  # a single city has no partner
        producer, structure, consumer = flows.idxmax()
        interval = _ends(spread, "flows_groups", "percent").get("/".join(flows.idxmax()), "")
        interval = f" ({style.interval_words(run)} {interval}%)" if interval else ""
        largest = f"{flows.max():.1f}%{interval}"
        style.say(
            figure,
            style.word(
                "The largest flow, {}, goes from cities of {} with the structure {} to those of "
                "{}; {} takes {:.0f}% of all.",
                largest,
                producer,
                style.readable(structure, style.STRUCTURE_NAMES).lower(),
                consumer,
                consumers[0],
                shares.at[(ALL, ALL), consumers[0]],
            ),
        )
    return figure


def _with_margins(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """A column by producing quintile and structure (rows) and consuming quintile, with the sums of
    both.
    """
    wide = table.set_index(["producer_quintile", "producer_structure", "consumer_quintile"])[
        column
    ].unstack("consumer_quintile")
    wide[ALL] = wide.sum(axis=1)
    sums = wide.groupby(level="producer_quintile").sum()
    whole = sums.sum().to_frame().T.set_axis(pd.MultiIndex.from_tuples([(ALL, ALL)]))
    sums.index = pd.MultiIndex.from_product([sums.index, [ALL]])
    return pd.concat([wide, sums, whole])


def _ends(spread: pd.DataFrame | None, table: str, column: str) -> dict[str, str]:
    """Intervals of the cells of a table, in few letters, alike ends once, by the key of the cell
    (uncertainty/cells.csv); none without an ensemble.
    """
    if spread is None:
        return {}
    own = spread[spread["table"].eq(table) & spread["column"].eq(column)].dropna(subset="low")
    return {
        row.row: "–".join(dict.fromkeys(f"{end:.{0 if row.high >= 10 else 1}f}" for end in ends))
        for row in own.itertuples()
        for ends in [(row.low, row.high)]
    }


def _heat(
    axes: Axes,
    table: pd.DataFrame,
    counts: np.ndarray,
    block: int,
    shades: Colormap,
    ends: dict[str, str],
) -> QuadMesh:
    """Colour and number of each cell, numbers alone in the margins; groups without cities say so,
    no flow is a dash.

    `table` has a row of sums below every `block` - 1 groups and one below all, and a last column
    of sums. `ends`: intervals by the key of their cell.
    """
    values = table.to_numpy(dtype=float)
    height, width = values.shape[0] - 1, values.shape[1] - 1
    cells = np.append(counts > 0, False)[:, None] & np.append(np.ones(width, dtype=bool), False)
    shown = np.where(cells, values, np.nan)
    high = np.nanmax(shown) if np.isfinite(shown).any() else 1.0
    scale = Normalize(min(np.nanmin(shown, initial=0.0), 0.0), max(high, style.FLAT))
    drawn = axes.pcolormesh(
        np.arange(width + 2),
        np.arange(height + 2),
        np.ma.masked_invalid(shown),
        cmap=shades,
        norm=scale,
        edgecolor="white",
        lw=0.6,
    )
    for i, j in np.ndindex(values.shape):
        if i < height and counts[i] == 0:
            continue
        value, weight = (
            float(values[i, j]),
            "bold" if i == height or np.isnan(counts[i]) else "normal",
        )
        colour = style.ink_on(shades(scale(value))) if np.isfinite(shown[i, j]) else style.INK
        said = ends.get("/".join((*table.index[i], table.columns[j])), "")
        lines = {_text(value): LINES[0], said: LINES[1]} if said else {_text(value): 0.52}
        for text, place in lines.items():
            axes.text(
                j + 0.5,
                i + place,
                text,
                ha="center",
                va="center",
                size=style.SMALL,
                color=colour,
                weight=weight,
            )
    for i in np.flatnonzero(counts == 0):
        axes.text(
            width / 2,
            i + 0.52,
            style.word("no city"),
            ha="center",
            va="center",
            size=style.SMALL,
            color=style.MUTED,
        )
    for k in range(block, height + 1, block):
        axes.plot([0, width + 1], [k, k], color=style.INK, linewidth=0.8)
        axes.plot([0, width + 1], [k - 1, k - 1], color=style.MUTED, linewidth=0.4)
    axes.plot([width, width], [0, height + 1], color=style.MUTED, linewidth=0.4)
    axes.set(xlim=(0, width + 1), ylim=(height + 1, 0), yticks=[])
    axes.spines[:].set_visible(False)
    return drawn


def _text(value: float) -> str:
    """One decimal; positive values that would round to 0.0 are ``<0.1``; no value is a dash."""
    if not np.isfinite(value):
        return "–"
    return "<0.1" if 0 < value < 0.05 else f"{value:.1f}"


def _statuses(axes: Axes, regions: pd.DataFrame, rows: pd.MultiIndex) -> None:
    """A strip at the left of each row: how the structure of its cities is known, by share of the
    cities.
    """
    for i, (quintile, structure) in enumerate(rows):
        own = regions.loc[
            regions["quintile"].eq(quintile) & regions["structure"].eq(structure),
            "structure_status",
        ]
        start = -STRIP
        for status, share in known.shares(own) if len(own) else ():
            axes.barh(
                i + 0.5,
                share * STRIP,
                left=start,
                height=0.7,
                clip_on=False,
                **known.look(status, known.GREY),
            )
            start += share * STRIP
    if handles := known.legend(regions["structure_status"]):
        title = style.word("How the structure of a row's cities is known")
        axes.legend(
            handles=handles,
            loc="upper right",
            bbox_to_anchor=(0, 0),
            bbox_transform=axes.transAxes + ScaledTranslation(*NOTE, axes.figure.dpi_scale_trans),
            ncols=3,
            title=title,
            alignment="right",
            columnspacing=0.8,
            handlelength=1.2,
            borderaxespad=0.0,
        ).set_in_layout(False)


def _row_names(axes: Axes, rows: pd.MultiIndex, block: int) -> None:
    for i, (quintile, structure) in enumerate([*rows, (ALL, ALL)]):
        whole = structure == ALL
        words = (
            style.word("All of {}", quintile)
            if whole
            else style.readable(structure, style.STRUCTURE_NAMES)
        )
        axes.text(
            -0.1 - STRIP,
            i + 0.52,
            style.word("All cities") if quintile == ALL else words,
            ha="right",
            va="center",
            size=style.SMALL,
            weight="bold" if whole else "normal",
        )
    for k in range(0, len(rows), block):
        axes.text(
            -3.25 - STRIP,
            k + block / 2,
            rows[k][0],
            ha="center",
            va="center",
            size=style.TITLE,
            weight="bold",
        )
        axes.plot(
            [-2.95 - STRIP] * 2,
            [k + 0.15, k + block - 0.15],
            color=style.MUTED,
            linewidth=0.8,
            clip_on=False,
        )
    axes.text(
        -3.8 - STRIP,
        len(rows) / 2,
        style.word("Cities where goods and services were produced"),
        rotation=90,
        ha="center",
        va="center",
        size=style.TEXT,
    )
