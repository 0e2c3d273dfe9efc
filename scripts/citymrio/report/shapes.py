"""Boundaries of regions in an equal-area projection that suits their extent: for the maps of figures and of the explorer."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import geopandas

Box = tuple[float, float, float, float]  # west, south, east, north in metres

DETAIL = 2500  # simplification: parts of the larger side of the map
MAIN_SHARE, MARGIN = 0.99, 0.03  # area that sets the extent of the map; margin around it, share of the larger side


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
    frame: Box
    """Extent of the map."""
    far: Box | None
    """Extent of the inset: small parts far away from the rest; None when there are none."""


def project(boundaries: geopandas.GeoDataFrame, detail: float = DETAIL) -> Shapes:
    """Boundaries in their equal-area projection, with no more detail than print shows (shared borders stay shared).

    `detail` is the number of parts of the larger side that a simplified border may tell apart.

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
    near = parts.intersects(rectangle(frame))
    frame = tuple(float(value) for value in parts[near].total_bounds)
    far = None if near.all() else _widened(parts[~near].total_bounds, MARGIN)
    tolerance = max(frame[2] - frame[0], frame[3] - frame[1]) / detail
    return Shapes(projected.set_geometry(projected.geometry.simplify_coverage(tolerance)), frame, far)


def _widened(bounds, share: float) -> Box:
    west, south, east, north = (float(value) for value in bounds)
    pad = share * max(east - west, north - south)
    return west - pad, south - pad, east + pad, north + pad


def rectangle(bounds):
    """A rectangle from west, south, east, north."""
    from shapely.geometry import box

    return box(*bounds)


def gaps(projected: Shapes) -> geopandas.GeoSeries:
    """Land or water that the regions surround and none of them covers."""
    from geopandas import GeoSeries
    from shapely import Polygon, get_parts

    whole = get_parts(projected.regions.geometry.union_all())
    return GeoSeries([Polygon(ring) for part in whole for ring in part.interiors], crs=projected.regions.crs)
