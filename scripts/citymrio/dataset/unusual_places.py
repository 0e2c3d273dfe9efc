"""Coordinates that look wrong: longitude and latitude exchanged, another projection, a centre far
from polygon or province.
"""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from ..base.notices import warn
from .contract.folder import InputFolder
from .contract.levels import BANDS

RADIUS_KM = 6371.0
#: How far beyond the frame of its polygon a centre may lie, as a share of the frame, and in
#: degrees.
MARGIN, MARGIN_DEGREES = 0.1, 0.05
#: Largest factor between the area of a polygon and `area_km2`.
AREA = BANDS["area"].warn
#: A region this many times as far from the others' middle as the farthest of them: of the country,
#: of its province.
FAR = 3.0


def warn_of_places(data: InputFolder) -> None:
    """Say which coordinates of a sound dataset can hardly be right."""
    regions = data.tables["regions"].frame
    polygons = _polygons(data)
    exchanged, outside = [], []
    for row, (region, lon, lat) in enumerate(
        regions[["region", "lon", "lat"]].itertuples(index=False)
    ):
        if region in polygons:
            frame = polygons[region].bounds
            if not _inside(frame, lon, lat):
                (exchanged if _inside(frame, lat, lon) else outside).append(row)
    far, turned = _far(regions)
    exchanged += [row for row in turned if row not in exchanged]
    shown = [
        f"lon {lon:.6g}, lat {lat:.6g}"
        for lon, lat in regions[["lon", "lat"]].itertuples(index=False)
    ]
    _say(
        data,
        exchanged,
        shown,
        what="longitude and latitude look exchanged",
        expectation="a centre inside its polygon, near the other regions",
        effect="Distances and maps take it as it stands. Fix: exchange the columns lon and lat "
        "of the row.",
    )
    _say(
        data,
        outside,
        shown,
        what="the centre of a region lies outside its polygon",
        expectation="a centre inside the polygon of boundaries.geojson",
        effect="Distances take the centre, maps the polygon. Fix: check that both are longitude "
        "and latitude (WGS 84).",
    )
    _say(
        data,
        [row for row in far if row not in {*exchanged, *outside}],
        shown,
        what="a region far from the rest of its province or country",
        expectation="a centre near the other regions",
        effect="Its trade costs follow the distance. Fix: check lon and lat.",
    )
    given = regions["area_km2"]
    drawn = pd.Series(
        {
            row: _area(polygons[code])
            for row, code in enumerate(regions["region"])
            if code in polygons
        },
        dtype=float,
    )
    ratio = drawn / given.reindex(drawn.index)
    _say(
        data,
        [int(row) for row in ratio.index[~ratio.between(1 / AREA, AREA)]],
        {
            row: f"{area:.4g} km2 on the map, area_km2 is {given[row]:.4g}"
            for row, area in drawn.items()
        },
        what="the area of a polygon is not the area of its region",
        expectation=f"area_km2 within a factor of {AREA:g}",
        effect=BANDS["area"].effect,
    )


def _say(
    data: InputFolder, rows: list[int], shown, *, what: str, expectation: str, effect: str
) -> None:
    """One warning for all rows of one kind: the first with its value, and how many."""
    if not rows:
        return
    table = data.tables["regions"]
    where, number = table.places[rows[0]]
    more = f"; {len(rows)} of {len(table.frame)} regions" if len(rows) > 1 else ""
    value = f"region {table.frame['region'].iloc[rows[0]]}: {shown[rows[0]]}{more}"
    warn(
        where=f"{where}, row {number}",
        what=what,
        value=value,
        expectation=expectation,
        effect=effect,
    )


def _polygons(data: InputFolder) -> dict:
    """Polygons by region; empty without boundaries."""
    if data.boundaries is None:
        return {}
    from shapely.geometry import shape

    features = json.loads(data.boundaries.read_text(encoding="utf-8"))["features"]
    of = [(feature["properties"]["region"], feature["geometry"]) for feature in features]
    return {str(region): shape(geometry) for region, geometry in of if region is not None}


def _inside(frame: tuple[float, float, float, float], lon: float, lat: float) -> bool:
    west, south, east, north = frame
    dx, dy = (MARGIN * size + MARGIN_DEGREES for size in (east - west, north - south))
    return west - dx <= lon <= east + dx and south - dy <= lat <= north + dy


def _area(polygon) -> float:
    """Area on the sphere, km2: that of the polygon in the equal-area cylindrical projection."""
    from shapely import transform

    flat = transform(
        polygon,
        lambda xy: (
            RADIUS_KM * np.column_stack([np.radians(xy[:, 0]), np.sin(np.radians(xy[:, 1]))])
        ),
    )
    return float(flat.area)


def _points(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Points on the unit sphere (n, 3)."""
    x, y = np.radians(lon), np.radians(lat)
    return np.column_stack([np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)])


def _far(regions: pd.DataFrame) -> tuple[list[int], list[int]]:
    """Rows far from the rest of their country or province, and rows that would be near with lon and
    lat exchanged.
    """
    lon, lat = regions["lon"].to_numpy(), regions["lat"].to_numpy()
    here, there = _points(lon, lat), _points(lat, lon)
    far, turned = [], []
    groups = [np.arange(len(regions)), *regions.groupby("province").indices.values()]
    for members in groups:
        if len(members) < 4:
            continue
        for row in members:
            others = here[members[members != row]]
            middle = np.median(others, axis=0)
            spread = np.linalg.norm(others - middle, axis=1).max()
            if np.linalg.norm(here[row] - middle) > FAR * spread and row not in far:
                far.append(int(row))
                if np.linalg.norm(there[row] - middle) <= FAR * spread:
                    turned.append(int(row))
    return far, turned
