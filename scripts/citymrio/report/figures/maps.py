"""Maps of regions in an equal-area projection that suits their extent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from . import known, style

if TYPE_CHECKING:
    import geopandas

NO_BOUNDARIES = "No map: this run has no boundaries\n(dataset/boundaries.geojson)."
UNSPLIT = "Province not split"
DETAIL = 2500  # simplification: parts of the larger side of the map
MAIN_SHARE, MARGIN = 0.99, 0.03  # area that sets the extent of the map; margin around it, share of the larger side
INSET = 0.3  # height of an inset, share of the map's


def equal_area(west: float, south: float, east: float, north: float) -> str:
    """Albers equal-area projection for an extent in degrees: standard parallels one sixth inside it (Snyder 1987, section 14).

    Near the equator, where the two parallels would cancel, the cylindrical equal-area projection takes its place.
    """
    first, second = south + (north - south) / 6, north - (north - south) / 6
    middle = (west + east) / 2
    if abs(first + second) < 10.0:
        return f"+proj=cea +lat_ts={max(abs(first), abs(second)):.6f} +lon_0={middle:.6f} +datum=WGS84 +units=m +no_defs"
    return (
        f"+proj=aea +lat_1={first:.6f} +lat_2={second:.6f} +lat_0={(south + north) / 2:.6f} +lon_0={middle:.6f}"
        " +datum=WGS84 +units=m +no_defs"
    )


class Shapes(NamedTuple):
    """Boundaries ready to draw."""

    regions: geopandas.GeoDataFrame
    """Polygons with a column ``region``, projected and simplified."""
    frame: tuple[float, float, float, float]
    """Extent of the map: west, south, east, north in metres."""
    far: tuple[float, float, float, float] | None
    """Extent of the inset: small parts far away from the rest; None when there are none."""


def project(boundaries: geopandas.GeoDataFrame) -> Shapes:
    """Boundaries in their equal-area projection, with no more detail than print shows (shared borders stay shared).

    Parts that lie outside the extent of the largest parts (99% of the area, with a margin) go into an inset.
    """
    if boundaries.crs is None:
        boundaries = boundaries.set_crs("EPSG:4326")
    degrees = boundaries.to_crs("EPSG:4326")
    first = degrees.to_crs(equal_area(*degrees.total_bounds))
    parts = first.geometry.explode(ignore_index=True)
    areas = parts.area.to_numpy()
    order = np.argsort(-areas, kind="stable")
    main = parts.iloc[order[: int(np.searchsorted(np.cumsum(areas[order]), MAIN_SHARE * areas.sum())) + 1]]
    projected = first.to_crs(equal_area(*main.to_crs("EPSG:4326").total_bounds))
    frame = _widened(main.to_crs(projected.crs).total_bounds, MARGIN)
    parts = projected.geometry.explode(ignore_index=True)
    near = parts.intersects(_rectangle(frame))
    frame = tuple(float(value) for value in parts[near].total_bounds)
    far = None if near.all() else _widened(parts[~near].total_bounds, MARGIN)
    tolerance = max(frame[2] - frame[0], frame[3] - frame[1]) / DETAIL
    return Shapes(projected.set_geometry(projected.geometry.simplify_coverage(tolerance)), frame, far)


def _widened(bounds, share: float) -> tuple[float, float, float, float]:
    west, south, east, north = (float(value) for value in bounds)
    pad = share * max(east - west, north - south)
    return west - pad, south - pad, east + pad, north + pad


def _rectangle(bounds):
    from shapely.geometry import box

    return box(*bounds)


def categories(
    axes: Axes,
    shapes: Shapes,
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
        Boundaries from `project`.
    values
        Class by region (index: region code); regions without one stay grey.
    colours, names
        Colour and printed name of each class, in the order of the legend.
    title
        Title of the legend, with the unit.
    unsplit
        Regions drawn hatched: provinces kept whole.
    rows
        Rows of the legend; by default one.
    status
        How the class of a region is known (index: region code): observed solid, imputed light, modelled hatched in white.
    """
    regions = shapes.regions
    classes = regions["region"].map(values).where(lambda v: v.isin(list(colours)))
    outside = regions["region"].isin(list(unsplit)) & classes.isna()
    entries = [style.swatch(colour, names.get(key, key)) for key, colour in colours.items()]
    if outside.any():
        entries.append(style.swatch(style.EMPTY, UNSPLIT, hatch="//////", edgecolor="#aaaaaa", linewidth=0.3))
    if (classes.isna() & ~outside).any():
        entries.append(style.swatch(style.EMPTY, "No value", edgecolor="#aaaaaa", linewidth=0.3))
    _paint(axes, regions, classes, colours, outside, shapes.frame)
    if status is not None:
        of = regions["region"].map(status).where(classes.notna(), "")
        light, modelled = of.eq("imputed"), of.eq("modelled")
        if light.any():
            fill = [known.lighter(colour) for colour in classes[light].map(dict(colours))]
            regions[light].plot(ax=axes, color=fill, edgecolor="#999999", linewidth=0.15, aspect=None)
        if modelled.any():
            regions[modelled].plot(ax=axes, facecolor="none", edgecolor="none", hatch="////", hatchcolor="white", aspect=None)
        entries += known.legend(of[~modelled])
        if modelled.any():
            entries.append(style.swatch(known.GREY, known.NAMES["modelled"], hatch=known.HATCH, hatchcolor="white"))
    if shapes.far is not None:
        _inset(axes, shapes, classes, colours, outside)
    axes.set_axis_off()
    columns = int(np.ceil(len(entries) / (rows or 1)))
    axes.legend(
        handles=entries,
        title=title,
        ncols=columns,
        loc="upper center",
        bbox_to_anchor=(0.5, 0.0),
        alignment="center",
        handlelength=1.1,
        handleheight=0.9,
        columnspacing=0.9,
        handletextpad=0.4,
        borderaxespad=0.2,
    )


def _paint(
    axes: Axes, regions: geopandas.GeoDataFrame, classes: pd.Series, colours: Mapping[str, str], outside: pd.Series, frame
) -> None:
    fill = classes.map(dict(colours)).fillna(style.EMPTY)
    regions.plot(ax=axes, color=list(fill), edgecolor="#999999", linewidth=0.15, aspect=None)
    if outside.any():
        regions[outside].plot(ax=axes, facecolor=style.EMPTY, edgecolor="#aaaaaa", hatch="//////", linewidth=0.3, aspect=None)
    axes.set(xlim=(frame[0], frame[2]), ylim=(frame[1], frame[3]), aspect="equal")


def _inset(axes: Axes, shapes: Shapes, classes: pd.Series, colours: Mapping[str, str], outside: pd.Series) -> None:
    """Far parts in a framed inset beside the map, at its lower right."""
    west, south, east, north = shapes.frame
    height = INSET
    width = height * (north - south) / (east - west) * (shapes.far[2] - shapes.far[0]) / (shapes.far[3] - shapes.far[1])
    inset = axes.inset_axes((1.02, 0.0, min(width, INSET), height), anchor="SW")
    west, south, east, north = shapes.far
    there = shapes.regions.cx[west:east, south:north]
    _paint(inset, there, classes.loc[there.index], colours, outside.loc[there.index], shapes.far)
    inset.set(xticks=[], yticks=[], xlabel="", ylabel="")
    for spine in inset.spines.values():
        spine.set(visible=True, linewidth=0.5, color=style.MUTED)


def quantity(
    axes: Axes,
    shapes: Shapes,
    values: pd.Series,
    *,
    title: str,
    unsplit: Sequence[str] = (),
    rows: int | None = None,
) -> None:
    """A map of a quantity in classes with round limits; arguments as in `categories`."""
    breaks = style.round_breaks(values)
    names = style.class_names(breaks)
    shades = style.sequential(len(names))
    keys = [str(i) for i in range(len(names))]
    numbers = values[np.isfinite(values.astype(float))]
    classes = pd.Series([keys[i] for i in np.digitize(numbers, breaks)], index=numbers.index, dtype=object)
    colours = {key: to_hex(shades(i)) for i, key in enumerate(keys)}
    categories(axes, shapes, classes, colours, dict(zip(keys, names, strict=True)), title=title, unsplit=unsplit, rows=rows)


def by_region(regions: pd.DataFrame, column: str) -> tuple[pd.Series, list[str]]:
    """A column of the cities by region code, and the codes of provinces kept whole."""
    cities = style.cities(regions)
    return cities.set_index("region")[column], list(regions.loc[regions["kind"] == "province", "region"])
