"""Boundaries of regions in an equal-area projection that suits their extent: for the maps of
figures and of the explorer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import geopandas

MAIN_SHARE, MARGIN = (
    0.99,
    0.03,
)  # area that sets the extent of the map; margin around it, share of the larger side
Box = tuple[float, float, float, float]


def equal_area(west: float, south: float, east: float, north: float) -> str:
    """Albers equal-area projection for an extent in degrees: standard parallels one sixth inside it
    (Snyder 1987, section 14).

    Near the equator, where the two parallels would cancel, the cylindrical equal-area projection
    takes its place.
    """
    first, second = south + (north - south) / 6, north - (north - south) / 6
    middle = (west + east) / 2
    if abs(first + second) < 10.0:
        return (
            f"+proj=cea +lat_ts={max(abs(first), abs(second)):.6f} +lon_0={middle:.6f} "
            "+datum=WGS84 +units=m +no_defs"
        )
    return (
        f"+proj=aea +lat_1={first:.6f} +lat_2={second:.6f} +lat_0={(south + north) / 2:.6f} "
        f"+lon_0={middle:.6f}"
        " +datum=WGS84 +units=m +no_defs"
    )


class Placed(NamedTuple):
    """Boundaries in their projection; boxes are west, south, east, north in metres.

    Attributes
    ----------
    regions
        Polygons with a column ``region``, in full detail.
    frame
        Extent of the map.
    parts
        Parts of the regions one by one, with the index of the regions.
    near
        Whether a part lies in the extent of the map; the others are for an inset.
    """

    regions: geopandas.GeoDataFrame
    frame: Box
    parts: geopandas.GeoSeries
    near: pd.Series


def place(boundaries: geopandas.GeoDataFrame) -> Placed:
    """Boundaries in their equal-area projection.

    The map's extent is that of the largest parts (99% of the area, with a margin), and of all that
    reaches into it.
    """
    degrees = boundaries.to_crs("EPSG:4326")
    first = degrees.to_crs(equal_area(*degrees.total_bounds))
    parts = first.geometry.explode(ignore_index=True)
    areas = parts.area.to_numpy()
    order = np.argsort(-areas, kind="stable")
    main = parts.iloc[
        order[: int(np.searchsorted(np.cumsum(areas[order]), MAIN_SHARE * areas.sum())) + 1]
    ]
    projected = first.to_crs(equal_area(*main.to_crs("EPSG:4326").total_bounds))
    parts = projected.geometry.explode()
    near = parts.intersects(rectangle(widen_box(main.to_crs(projected.crs).total_bounds, MARGIN)))
    west, south, east, north = (float(value) for value in parts[near].total_bounds)
    return Placed(projected, (west, south, east, north), parts, near)


def simplify_regions(placed: Placed, detail: float) -> geopandas.GeoDataFrame:
    """The regions with no more detail than `detail` parts of the larger side of the map; shared
    borders stay shared.
    """
    west, south, east, north = placed.frame
    tolerance = max(east - west, north - south) / detail
    return placed.regions.set_geometry(placed.regions.geometry.simplify_coverage(tolerance))


def gaps(land: Any, crs: Any) -> geopandas.GeoSeries:
    """What all regions in one (`land`) surround and none of them covers: land of nobody, or
    water.
    """
    from geopandas import GeoSeries
    from shapely.geometry import Polygon

    return GeoSeries(
        [Polygon(ring) for part in getattr(land, "geoms", [land]) for ring in part.interiors],
        crs=crs,
    )


def widen_box(bounds: Any, share: float) -> Box:
    """A box with a margin, a share of its larger side."""
    west, south, east, north = (float(value) for value in bounds)
    pad = share * max(east - west, north - south)
    return west - pad, south - pad, east + pad, north + pad


def scale_steps(low: float, high: float) -> list[float]:
    """1, 2, 5, 10, ... times a power of ten, from at most `low` to more than `high`."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    return [m * 10.0**p for p in powers for m in (1, 2, 5)]


def rectangle(bounds: Any) -> Any:
    """A polygon from west, south, east, north."""
    from shapely.geometry import box

    return box(*bounds)
