"""The map of the explorer: boundaries of the run in their equal-area projection, as paths of SVG
with integer coordinates.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import shapes

if TYPE_CHECKING:
    import geopandas
    import pandas as pd

#: Units of the drawing on the larger side of the map; also the detail of its borders.
SIZE = 1500
#: Size of an inset, share of the map's: the first that fits into the corner; and the space around
#: it, in units.
INSETS, GAP = (0.3, 0.26, 0.22), 10
#: Share of the width that the bar of the scale takes, at most.
BAR = 0.2

Point = tuple[int, int]


class Sheet(NamedTuple):
    """Where metres of the projection lie in the drawing, whose y grows downwards."""

    west: float
    north: float
    scale: float
    left: int = 0
    top: int = 0

    def points(self, coordinates: np.ndarray) -> list[Point]:
        """Integer places of coordinates (k, 2) in metres; a place that follows itself is left
        out.
        """
        x = np.rint((coordinates[:, 0] - self.west) * self.scale).astype(int) + self.left
        y = np.rint((self.north - coordinates[:, 1]) * self.scale).astype(int) + self.top
        moved = np.append(True, (np.diff(x) != 0) | (np.diff(y) != 0))
        return list(zip(x[moved].tolist(), y[moved].tolist(), strict=True))


def path(lines: Iterable[list[Point]], closed: bool) -> str:
    """Lines as a path of SVG, with relative steps."""
    return "".join(
        f"M{line[0][0]} {line[0][1]}l"
        + _steps(line[:-1] if closed else line)
        + ("z" if closed else "")
        for line in lines
    )


def _steps(line: list[Point]) -> str:
    steps = [(x - a, y - b) for (a, b), (x, y) in zip(line[:-1], line[1:], strict=True)]
    return "".join(
        f"{'' if x < 0 or not i else ' '}{x}{'' if y < 0 else ' '}{y}"
        for i, (x, y) in enumerate(steps)
    )


def map_block(boundaries: geopandas.GeoDataFrame, regions: pd.DataFrame) -> dict[str, Any]:
    """The block `map`.

    Parameters
    ----------
    boundaries
        dataset/boundaries.geojson.
    regions
        Columns region, name, province and kind.

    Returns
    -------
    dict
        width, height of the drawing; regions: code -> path; points: code -> a place inside its
        largest part; provinces: path of the borders between provinces; outside: path of land of no
        region, and of what regions enclose and none covers ("" where there is nothing); unsplit:
        codes; inset: None, or label, frame (x, y, width, height) and regions; scale: km and length
        of the bar.
    """
    placed = shapes.place(boundaries)
    simple = shapes.simplify_regions(placed, SIZE)
    west, south, east, north = placed.frame
    scale = SIZE / max(east - west, north - south)
    sheet, width, height = (
        Sheet(west, north, scale),
        round((east - west) * scale),
        round((north - south) * scale),
    )
    parts = simple[["region", "geometry"]].explode(ignore_index=True)
    near = parts.intersects(shapes.rectangle(placed.frame))
    drawn = {code: _rings(part, sheet) for code, part in parts[near].groupby("region", sort=False)}
    centres = {
        code: _place(part, sheet) for code, part in parts[near].groupby("region", sort=False)
    }
    inset = None
    if not near.all():
        names = parts.loc[~near, "region"].dropna().unique().tolist()
        inset, aside, width = _inset(
            parts[~near], parts[near], placed.frame, sheet, (width, height)
        )
        inset |= {"names": names[:2], "more": len(names) > 2}
        centres |= {
            code: _place(part, aside)
            for code, part in parts[~near].groupby("region")
            if code not in centres
        }
    kilometres, length = _bar(scale, width)
    return {
        "width": width,
        "height": height,
        "regions": {code: path(rings, closed=True) for code, rings in drawn.items()},
        "points": centres,
        "provinces": path(
            _borders(drawn, dict(zip(regions["region"], regions["province"], strict=True))),
            closed=False,
        ),
        "outside": path(
            [
                *_rings_of(shapes.gaps(simple.geometry.union_all(), simple.crs), sheet),
                *_rings_of(parts.geometry[parts["region"].isna() & near], sheet),
            ],
            closed=True,
        ),
        "unsplit": regions.loc[regions["kind"] == "province", "region"].tolist(),
        "inset": inset,
        "scale": {"km": kilometres, "length": length},
    }


def _rings_of(polygons: Iterable, sheet: Sheet) -> list[list[Point]]:
    rings = [
        sheet.points(np.asarray(ring.coords))
        for polygon in polygons
        for ring in (polygon.exterior, *polygon.interiors)
    ]
    return [ring for ring in rings if len(ring) > 3]


def _rings(parts: geopandas.GeoDataFrame, sheet: Sheet) -> list[list[Point]]:
    """Rings of a region; one that is smaller than a unit of the drawing stays as a square of one
    unit.
    """
    rings = _rings_of(parts.geometry, sheet)
    if not rings:
        x, y = _place(parts, sheet)
        rings = [[(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1), (x, y)]]
    return rings


def _place(parts: geopandas.GeoDataFrame, sheet: Sheet) -> Point:
    point = parts.geometry.loc[parts.area.idxmax()].representative_point()
    return sheet.points(np.array([[point.x, point.y]]))[0]


def _inset(
    far: geopandas.GeoSeries,
    near: geopandas.GeoSeries,
    frame: shapes.Box,
    sheet: Sheet,
    size: tuple[int, int],
) -> tuple[dict[str, Any], Sheet, int]:
    """The inset, its sheet, and the width of the drawing: in the lower right corner, beside the map
    where land is in the way.
    """
    width, height = size
    west, south, east, north = shapes.widen_box(far.total_bounds, shapes.MARGIN)
    for share in INSETS:
        scale = min(share * height / (north - south), share * width / (east - west))
        wide, high = math.ceil((east - west) * scale), math.ceil((north - south) * scale)
        left, top = width - wide, height - high
        corner = [sheet.west + (left - GAP) / sheet.scale, frame[1], frame[2]]
        if not near.intersects(
            shapes.rectangle((*corner, sheet.north - (top - GAP) / sheet.scale))
        ).any():
            break
    else:
        left, width = width + GAP, width + GAP + wide
    aside = Sheet(west, north, scale, left, top)
    inset = {
        "frame": [left, top, wide, high],
        "regions": {
            code: path(_rings(part, aside), closed=True)
            for code, part in far.groupby("region", sort=False)
        },
    }
    return inset, aside, width


def _borders(
    drawn: Mapping[str, list[list[Point]]], province: Mapping[str, str]
) -> list[list[Point]]:
    """Lines along which two provinces meet: edges that regions of different provinces share."""
    from shapely import LineString, MultiLineString, line_merge

    owners: dict[tuple[Point, Point], str] = {}
    shared = []
    for code, rings in drawn.items():
        for ring in rings:
            for edge in zip(ring[:-1], ring[1:], strict=True):
                key = (min(edge), max(edge))
                if owners.setdefault(key, province[code]) != province[code]:
                    shared.append(LineString(key))
    merged = line_merge(MultiLineString(shared))
    lines = getattr(merged, "geoms", [merged])
    return [[(int(x), int(y)) for x, y in line.coords] for line in lines]


def _bar(scale: float, width: int) -> tuple[float, int]:
    """Kilometres (1, 2 or 5 times a power of ten) of the bar of the scale, and its length in
    units.
    """
    most = BAR * width / scale / 1000
    kilometres = max(step for step in shapes.scale_steps(most / 10, most) if step <= most)
    return (round(kilometres) if kilometres >= 1 else kilometres), round(kilometres * 1000 * scale)
