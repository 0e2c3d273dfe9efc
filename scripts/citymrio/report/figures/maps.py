"""Maps of regions in an equal-area projection that suits their extent, with province borders, a
scale bar and names of cities; without polygons, bars of the cities in order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from ..shapes import MARGIN, Box, gaps, place, rectangle, scale_steps, simplify_regions, widen_box
from . import known, names, style

if TYPE_CHECKING:
    import geopandas
    from shapely.geometry.base import BaseGeometry

DETAIL = 2500  # simplification: parts of the larger side of the map
INSET = 0.27  # larger side of an inset, share of the map's larger side
ABOVE, BELOW, WIDTH = (
    0.35,
    0.22,
    0.8,
)  # room in an inset, shares of what it shows; its least width, share of its height
FREE = 0.002  # part of a corner that regions may cover where the inset is put on it
BAR = (0.3, 0.08)  # room of the scale bar, shares of the map's width and of its larger side
SEEN = 150  # a gap is in the legend when it is larger than the square of this part of the map's larger side  # noqa: E501
LINE, BORDER = "#999999", "#444444"
HATCHED: dict[str, Any] = {
    "facecolor": style.EMPTY,
    "edgecolor": "#aaaaaa",
    "hatch": "//////",
    "linewidth": 0.3,
}
DOTTED: dict[str, Any] = {
    "facecolor": "white",
    "edgecolor": "#aaaaaa",
    "hatch": "......",
    "linewidth": 0.2,
}
BLANK: dict[str, Any] = {"facecolor": style.EMPTY, "edgecolor": "#aaaaaa", "linewidth": 0.3}
HEAD, FOOT = 0.3, 0.6  # room of a map's title and of its legend, inch
ROW, LEAST = 0.13, 1.0  # height of a bar with its room, and least height of all of them, inch
VALUE = 0.45  # room of the number behind a bar, inch


class Shapes(NamedTuple):
    """Boundaries ready to draw; boxes are west, south, east, north in metres.

    Attributes
    ----------
    regions
        Polygons with a column ``region``, projected and simplified.
    frame
        Extent of the map.
    far
        Extent of the inset: small parts far away from the rest; None when there are none.
    inset
        Where the inset lies on the map.
    bar
        Where the scale bar lies on the map.
    provinces
        Provinces, whose borders are drawn; empty where they are the regions or are not told.
    gaps
        Land or water that the regions surround and none of them covers.
    far_name
        What the inset shows.
    """

    regions: geopandas.GeoDataFrame
    frame: Box
    far: Box | None
    inset: Box | None
    bar: Box
    provinces: geopandas.GeoSeries
    gaps: geopandas.GeoSeries
    far_name: str


class Ranking(NamedTuple):
    """What takes the place of a map where there are no polygons.

    Attributes
    ----------
    called, values
        Name and quantity of every city, by region code; cities are in the order of the quantity.
    unit
        What the bars are, "" where the legend says it.
    columns
        Columns of bars, where names leave room for them.
    """

    called: pd.Series
    values: pd.Series
    unit: str
    columns: int


def ground(
    boundaries: geopandas.GeoDataFrame | None,
    regions: pd.DataFrame,
    column: str,
    unit: str = "",
    columns: int = 3,
) -> Shapes | Ranking:
    """A map of the polygons, or without them a ranking of the cities by a column; `unit` and
    `columns` as of :class:`Ranking`.
    """
    if boundaries is not None:
        return project(boundaries, regions if "province" in regions else None)
    cities = style.cities(regions).set_index("region")
    return Ranking(cities["name"], cities[column], unit, columns)


def project(boundaries: geopandas.GeoDataFrame, regions: pd.DataFrame | None = None) -> Shapes:
    """Boundaries in their equal-area projection, with no more detail than print shows (shared
    borders stay shared).

    Parts that lie outside the extent of the largest parts (99% of the area, with a margin) go into
    an inset, in the emptiest corner of the map; where every corner is taken, beside it.

    Parameters
    ----------
    boundaries
        Polygons with a column ``region``.
    regions
        Region, name and province of every region: for province borders and the name of the inset.
    """
    placed = place(boundaries)
    frame, parts, near = placed.frame, placed.parts, placed.near
    far = None if near.all() else _with_room(widen_box(parts[~near].total_bounds, MARGIN))
    simple = simplify_regions(placed, DETAIL)
    land = simple.geometry.union_all()
    inset = None if far is None else _corner(land, frame, _inset_size(frame, far))
    if inset is not None and _covered(land, inset) > FREE:
        width = inset[2] - inset[0]
        frame = (frame[0], frame[1], frame[2] + 1.05 * width, frame[3])
        inset = (frame[2] - width, frame[1], frame[2], frame[1] + inset[3] - inset[1])
    larger = max(frame[2] - frame[0], frame[3] - frame[1])
    bar = _corner(land, frame, (BAR[0] * (frame[2] - frame[0]), BAR[1] * larger), inset)
    there = simple.loc[parts.index[~near].unique(), "region"] if far is not None else []
    return Shapes(
        simple,
        frame,
        far,
        inset,
        bar,
        _provinces(simple, regions),
        gaps(land, simple.crs),
        _far_name(there, regions),
    )


def _with_room(bounds: Box) -> Box:
    """The extent of an inset with room for its name above and its scale bar below, and wide enough
    for both.
    """
    west, south, east, north = bounds
    south, north = south - BELOW * (north - south), north + ABOVE * (north - south)
    pad = max(WIDTH * (north - south) - (east - west), 0.0) / 2
    return west - pad, south, east + pad, north


def _covered(land: BaseGeometry, place: Box) -> float:
    """Part of a box that regions cover."""
    whole = rectangle(place)
    return land.intersection(whole).area / whole.area


def _inset_size(frame: Box, far: Box) -> tuple[float, float]:
    width, height = far[2] - far[0], far[3] - far[1]
    scale = INSET * max(frame[2] - frame[0], frame[3] - frame[1]) / max(width, height)
    return scale * width, scale * height


def _corner(
    land: BaseGeometry, frame: Box, size: tuple[float, float], taken: Box | None = None
) -> Box:
    """A box of that size in the emptiest corner of the map, off the one that is taken; the lower
    corners come first.
    """
    (west, south, east, north), (width, height) = frame, size
    corners = [
        (east - width, south, east, south + height),
        (west, south, west + width, south + height),
        (west, north - height, west + width, north),
        (east - width, north - height, east, north),
    ]
    free = [
        place
        for place in corners
        if taken is None or not rectangle(place).intersects(rectangle(taken))
    ]
    return min(free or corners, key=lambda place: _covered(land, place))


def _provinces(shapes: geopandas.GeoDataFrame, regions: pd.DataFrame | None) -> geopandas.GeoSeries:
    """The regions of every province in one."""
    told = {} if regions is None else regions.set_index("region").get("province", {})
    province = shapes["region"].map(told)
    if not 1 < province.nunique() < len(shapes):
        return shapes.geometry.iloc[:0]
    return (
        shapes.geometry.groupby(province).apply(lambda part: part.union_all()).set_crs(shapes.crs)
    )


def _far_name(there: Sequence[str], regions: pd.DataFrame | None) -> str:
    found: Any = [] if regions is None else regions.loc[regions["region"].isin(list(there)), "name"]
    return (
        style.word("Far parts of {}", found.iloc[0]) if len(found) == 1 else style.word("Far parts")
    )


def fit(shapes: Shapes | Ranking, width: float, height: float) -> tuple[float, float]:
    """Width and height of a map, or of a ranking, in the room that there is, inch."""
    if isinstance(shapes, Ranking):
        rows = -(-len(shapes.values) // shapes.columns)
        return width, min(max(ROW * rows, LEAST), height)
    west, south, east, north = shapes.frame
    scale = min(width / (east - west), height / (north - south))
    return scale * (east - west), scale * (north - south)


def add(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place that no layout moves, inch from the figure's upper left corner."""
    across, down = figure.get_size_inches()
    return figure.add_axes(
        (left / across, 1 - (top + height) / down, width / across, height / down)
    )


def page(shapes: Shapes | Ranking, head: float = HEAD, foot: float = FOOT) -> tuple[Figure, Axes]:
    """A figure of two columns that holds one map as large as it gets, with room for its title and
    legend.
    """
    room = style.DOUBLE - 0.24
    width, height = fit(shapes, room, 5.4)
    figure = style.new_figure(style.DOUBLE, head + height + foot + style.strip.get())
    figure.set_layout_engine("none")
    return figure, add(figure, 0.12 + (room - width) / 2, head, width, height)


def categories(
    axes: Axes,
    shapes: Shapes | Ranking,
    values: pd.Series,
    colours: Mapping[str, str],
    names: Mapping[str, str],
    *,
    title: str,
    unsplit: Sequence[str] = (),
    rows: int | None = None,
    status: pd.Series | None = None,
) -> None:
    """A map of named classes.

    Parameters
    ----------
    shapes
        From `ground`.
    values
        Class by region (index: region code); regions without one stay grey, those that are not in
        it are not covered.
    colours, names
        Colour and printed name of each class, in the order of the legend.
    title
        Title of the legend, with the unit.
    unsplit
        Regions drawn hatched: provinces kept whole.
    rows
        Rows of the legend; by default one.
    status
        How the class of a region is known (index: region code): observed solid, imputed light,
        modelled hatched in white.
    """
    if isinstance(shapes, Ranking):
        _rank(axes, shapes, values, colours, status)
        entries: list[Artist] = [
            *(style.patch(names.get(key, key), facecolor=col) for key, col in colours.items()),
            *known.legend([] if status is None else [*status]),
        ]
        title = style.word("{}. Bars: {}", title, shapes.unit) if shapes.unit else title
    else:
        entries = _map(axes, shapes, values, colours, names, unsplit, status)
    axes.set_axis_off()
    axes.legend(
        handles=entries,
        title=title,
        ncols=int(np.ceil(len(entries) / (rows or 1))),
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        alignment="center",
        handlelength=1.1,
        handleheight=0.9,
        columnspacing=0.9,
        handletextpad=0.4,
        borderaxespad=0.2,
    )


def _rank(
    axes: Axes,
    ranking: Ranking,
    classes: pd.Series,
    colours: Mapping[str, str],
    status: pd.Series | None,
) -> None:
    """Bars of the cities in order, in the colours of their classes; of more than there is room for,
    those furthest from 0.
    """
    dpi = axes.figure.dpi
    across, down = axes.bbox.width / dpi, axes.bbox.height / dpi
    every = ranking.values.astype(float).replace([np.inf, -np.inf], np.nan).dropna()
    every = every.sort_values(ascending=False, kind="stable")
    if every.empty:
        return style.note(axes, style.NO_CITIES)
    called = ranking.called[every.index]
    probe = axes.text(0, 0, "\n".join(called), size=style.SMALL)
    left = probe.get_window_extent().width / dpi + 0.06
    probe.remove()
    columns = min(max(int(across / (left + 3 * VALUE)), 1), ranking.columns)
    room = columns * int(down / ROW + 1e-9)
    shown = every[every.abs().rank(method="first", ascending=False) <= room]
    if len(shown) < len(every):
        said = style.word("The largest {} of {}", len(shown), len(every))
        axes.text(
            1,
            1.01,
            said,
            transform=axes.transAxes,
            ha="right",
            size=style.SMALL,
            color=style.MUTED,
        )
    rows, low, high = -(-len(shown) // columns), min(shown.min(), 0.0), max(shown.max(), 0.0)
    before = VALUE * (low < 0)  # room of numbers below 0
    wide = across / columns - left - before - VALUE
    for k in range(columns):
        part = shown.iloc[k * rows : (k + 1) * rows]
        start = k * across / columns + left + before
        bars = axes.inset_axes((start / across, 0, wide / across, 1))
        for row, (region, value) in enumerate(part.items()):
            colour = colours.get(classes.get(region), style.EMPTY)
            look: dict[str, Any] = {"facecolor": colour, "edgecolor": LINE, "linewidth": 0.3}
            look |= {} if status is None else known.look(status.get(region, ""), colour)
            drawn = bars.barh(row, value, height=0.72, **look)
            bars.bar_label(drawn, [style.amount(value)], padding=2, size=style.SMALL)
        bars.set(xlim=(low, high or 1.0), ylim=(max(rows, LEAST / ROW) - 0.4, -0.6), xticks=[])
        bars.set_yticks(range(len(part)), list(called[part.index]), size=style.SMALL)
        bars.tick_params(axis="y", length=0, pad=2 + 72 * before)
        bars.spines[["top", "right", "bottom"]].set_visible(False)
        bars.spines["left"].set_position(("data", 0.0))


def _map(
    axes: Axes,
    shapes: Shapes,
    values: pd.Series,
    colours: Mapping[str, str],
    names: Mapping[str, str],
    unsplit: Sequence[str],
    status: pd.Series | None,
) -> list[Artist]:
    """Draw a map of named classes; the entries of its legend."""
    regions = shapes.regions
    classes = regions["region"].map(values).where(lambda v: v.isin(list(colours)))
    outside = regions["region"].isin(list(unsplit)) & classes.isna()
    strange = ~regions["region"].isin([*values.index, *unsplit])
    entries: list[Artist] = [
        style.patch(names.get(key, key), facecolor=colour) for key, colour in colours.items()
    ]
    blank = classes.isna() & ~outside & ~strange
    gaps_seen = (shapes.gaps.area > _seen(shapes.frame)).any()
    without = {
        "Province not split": (outside.any(), HATCHED),
        "No value": (blank.any(), BLANK),
        "Not covered": (strange.any() or gaps_seen, DOTTED),
    }
    entries += [style.patch(name, **look) for name, (there, look) in without.items() if there]
    fill = classes.map(dict(colours)).fillna(style.EMPTY)
    _paint(axes, shapes, fill, (outside, strange), shapes.frame)
    if status is not None:
        entries += _statuses(axes, regions, classes, colours, status)
    if len(shapes.provinces):
        parts = shapes.provinces.explode(ignore_index=True)
        parts[parts.area > _seen(shapes.frame)].boundary.plot(
            ax=axes, color=BORDER, linewidth=0.4, aspect=None
        )
        entries.append(style.line("Province border", color=BORDER, linewidth=0.8))
    if shapes.far is not None and shapes.inset is not None:
        _inset(axes, shapes, fill, (outside, strange), (shapes.inset, shapes.far))
    _scale_bar(axes, shapes.bar, shapes.frame)
    return entries


def _seen(frame: Box) -> float:
    return (max(frame[2] - frame[0], frame[3] - frame[1]) / SEEN) ** 2


def _paint(
    axes: Axes, shapes: Shapes, fill: pd.Series, kinds: tuple[pd.Series, pd.Series], frame: Box
) -> None:
    """Regions in their colours, those kept whole hatched, those not covered and gaps dotted."""
    outside, strange = kinds
    regions = shapes.regions
    regions.plot(ax=axes, color=list(fill), edgecolor=LINE, linewidth=0.15, aspect=None)
    large = shapes.gaps[shapes.gaps.area > _seen(frame)]
    for parts, look in ((regions[outside], HATCHED), (regions[strange], DOTTED), (large, DOTTED)):
        if len(parts):
            parts.plot(ax=axes, aspect=None, **look)
    axes.set(
        xlim=(frame[0], frame[2]),
        ylim=(frame[1], frame[3]),
        aspect="equal",
        xticks=[],
        yticks=[],
        xlabel="",
        ylabel="",
    )


def _statuses(
    axes: Axes,
    regions: geopandas.GeoDataFrame,
    classes: pd.Series,
    colours: Mapping[str, str],
    status: pd.Series,
) -> list:
    """Draws how the classes of regions are known over them; entries of the legend."""
    of = regions["region"].map(status).where(classes.notna(), "")
    light, modelled = of.eq("imputed"), of.eq("modelled")
    if light.any():
        fill = [known.lighter(colour) for colour in classes[light].map(dict(colours))]
        regions[light].plot(ax=axes, color=fill, edgecolor=LINE, linewidth=0.15, aspect=None)
    if modelled.any():
        regions[modelled].plot(
            ax=axes,
            facecolor="none",
            edgecolor="none",
            hatch="////",
            hatchcolor="white",
            aspect=None,
        )
    entries = known.legend(of[~modelled])
    if modelled.any():
        entries.append(
            style.patch(
                known.NAMES["modelled"], facecolor=known.GREY, hatch=known.HATCH, hatchcolor="white"
            )
        )
    return entries


def _inset(
    axes: Axes,
    shapes: Shapes,
    fill: pd.Series,
    kinds: tuple[pd.Series, pd.Series],
    boxes: tuple[Box, Box],
) -> None:
    """Far parts in a framed inset, with what they are and a scale bar of their own; `boxes` are the
    inset's place on the map and what it shows.
    """
    (west, south, east, north), far = boxes
    inset = axes.inset_axes((west, south, east - west, north - south), transform=axes.transData)
    _paint(inset, shapes, fill, kinds, far)
    inset.spines[:].set(visible=True, linewidth=0.5, color=style.MUTED)
    west, south, east, north = far
    _scale_bar(inset, (west, south, east, south + 0.15 * (north - south)), far, share=0.4)
    inset.annotate(
        shapes.far_name.replace(" of ", " of\n"),
        (0.5, 1),
        (0, -2),
        xycoords="axes fraction",
        textcoords="offset points",
        ha="center",
        va="top",
        size=style.SMALL,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )


def _scale_bar(axes: Axes, place: Box, frame: Box, share: float = 0.2) -> None:
    """A bar of a round length, about that share of the map's width, in the middle of its room."""
    longest = share * min(frame[2] - frame[0], 1.5 * (frame[3] - frame[1])) / 1000
    length = max(step for step in scale_steps(longest / 100, longest) if step <= longest)
    middle, low = (place[0] + place[2]) / 2, place[1] + 0.25 * (place[3] - place[1])
    ends, tick = (middle - 500 * length, middle + 500 * length), 0.012 * (frame[3] - frame[1])
    axes.plot(
        [ends[0], ends[0], ends[1], ends[1]],
        [low + tick, low, low, low + tick],
        color=style.INK,
        linewidth=0.7,
    )
    axes.annotate(
        f"{style.number(length)} km",
        (middle, low),
        (0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=style.SMALL,
    )


def quantity(
    axes: Axes,
    shapes: Shapes | Ranking,
    values: pd.Series,
    *,
    title: str,
    unsplit: Sequence[str] = (),
    rows: int | None = None,
) -> None:
    """A map of a quantity in classes with round limits; arguments as in `categories`."""
    breaks = style.round_breaks(values)
    labels = style.class_names(breaks)
    shades = style.sequential(len(labels))
    colours = {label: to_hex(shades(i)) for i, label in enumerate(labels)}
    classed(axes, shapes, values, breaks, colours, title=title, unsplit=unsplit, rows=rows)


def classed(
    axes: Axes,
    shapes: Shapes | Ranking,
    values: pd.Series,
    breaks: Sequence[float],
    colours: Mapping[str, str],
    **options: Any,
) -> None:
    """A map of a quantity in classes between the breaks, each with its name and colour; the other
    arguments as in `categories`.
    """
    numbers = values[np.isfinite(values.astype(float))]
    found = np.array([*colours], object)[np.digitize(numbers, breaks)]
    classes = pd.Series(found, index=numbers.index, dtype=object).reindex(values.index)
    if isinstance(shapes, Ranking):
        shapes = shapes._replace(values=values)
    categories(axes, shapes, classes, colours, {}, **options)


def name_largest(
    axes: Axes,
    shapes: Shapes | Ranking,
    values: pd.Series,
    called: pd.Series,
    count: int = 10,
) -> None:
    """Names of the regions with the largest values beside dots in them, on a map; `values` and
    `called` by region code.
    """
    if isinstance(shapes, Ranking):
        return
    there = shapes.regions.set_index("region").geometry
    largest = (
        values[values.index.isin(there.index)]
        .dropna()
        .sort_values(ascending=False, kind="stable")
        .head(count)
    )
    if largest.empty:
        return
    points = there[largest.index].representative_point()
    points = np.column_stack([points.x, points.y])
    axes.scatter(
        points[:, 0], points[:, 1], s=5, color=style.INK, edgecolor="white", linewidth=0.4, zorder=4
    )
    keep_off = [place for place in (shapes.inset, shapes.bar) if place is not None]
    names.place(
        axes,
        points,
        list(called[largest.index]),
        others=points,
        keep_off=keep_off,
        size=style.SMALL,
        colour=style.INK,
        leader=style.INK,
    )


def by_region(regions: pd.DataFrame, column: str) -> tuple[pd.Series, list[str]]:
    """A column of the cities by region code, and the codes of provinces kept whole."""
    unsplit = regions.loc[regions["kind"] == "province", "region"]
    return style.cities(regions).set_index("region")[column], list(unsplit)
