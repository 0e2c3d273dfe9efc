"""Maps of regions in an equal-area projection that suits their extent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from . import style

if TYPE_CHECKING:
    import geopandas

NO_BOUNDARIES = "No map: this run has no boundaries\n(dataset/boundaries.geojson)."
UNSPLIT = "Province not split"
DETAIL = 2500  # simplification: parts of the larger side of the map


def equal_area(boundaries: geopandas.GeoDataFrame) -> str:
    """Albers equal-area projection for the extent: standard parallels one sixth inside it (Snyder 1987, section 14).

    Near the equator, where the two parallels would cancel, the cylindrical equal-area projection takes its place.
    """
    west, south, east, north = boundaries.total_bounds
    first, second = south + (north - south) / 6, north - (north - south) / 6
    middle = (west + east) / 2
    if abs(first + second) < 10.0:
        return f"+proj=cea +lat_ts={max(abs(first), abs(second)):.6f} +lon_0={middle:.6f} +datum=WGS84 +units=m +no_defs"
    return (
        f"+proj=aea +lat_1={first:.6f} +lat_2={second:.6f} +lat_0={(south + north) / 2:.6f} +lon_0={middle:.6f}"
        " +datum=WGS84 +units=m +no_defs"
    )


def project(boundaries: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Boundaries in their equal-area projection, with no more detail than print shows (shared borders stay shared)."""
    if boundaries.crs is None:
        boundaries = boundaries.set_crs("EPSG:4326")
    boundaries = boundaries.to_crs("EPSG:4326")
    projected = boundaries.to_crs(equal_area(boundaries))
    west, south, east, north = projected.total_bounds
    tolerance = max(east - west, north - south) / DETAIL
    return projected.set_geometry(projected.geometry.simplify_coverage(tolerance))


def categories(
    axes: Axes,
    shapes: geopandas.GeoDataFrame,
    values: pd.Series,
    colours: Mapping[str, str],
    names: Mapping[str, str],
    *,
    title: str,
    unsplit: Sequence[str] = (),
    rows: int | None = None,
) -> None:
    """A map of named classes.

    Parameters
    ----------
    shapes
        Projected boundaries with a column ``region``.
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
    """
    classes = shapes["region"].map(values).where(lambda v: v.isin(list(colours)))
    fill = classes.map(dict(colours)).fillna(style.EMPTY)
    shapes.plot(ax=axes, color=list(fill), edgecolor="#999999", linewidth=0.15, aspect="equal")
    outside = shapes["region"].isin(list(unsplit)) & classes.isna()
    entries = [style.swatch(colour, names.get(key, key)) for key, colour in colours.items()]
    if outside.any():
        shapes[outside].plot(ax=axes, facecolor=style.EMPTY, edgecolor="#aaaaaa", hatch="//////", linewidth=0.3, aspect="equal")
        entries.append(style.swatch(style.EMPTY, UNSPLIT, hatch="//////", edgecolor="#aaaaaa", linewidth=0.3))
    if (classes.isna() & ~outside).any():
        entries.append(style.swatch(style.EMPTY, "No value", edgecolor="#aaaaaa", linewidth=0.3))
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


def quantity(
    axes: Axes,
    shapes: geopandas.GeoDataFrame,
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
