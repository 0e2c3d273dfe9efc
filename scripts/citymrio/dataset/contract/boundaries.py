"""Faults of boundaries.geojson: what the maps and distances need of polygons."""

import json
import math
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from pyproj import Geod
from shapely.geometry import shape

from ...base.errors import DataError, warn
from ..cells import is_number

FIX = "see docs/contracts.md, boundaries.geojson."
WGS84 = Geod(ellps="WGS84")


def boundary_faults(path: Path | None, regions: list[str]) -> list[DataError]:
    """Every fault of the polygons; a country without boundaries has none (its maps are left
    out).
    """
    if path is None:
        return []

    def fault(message: str, fix: str = FIX) -> DataError:
        return DataError(message, where=str(path), fix=fix)

    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (OSError, ValueError, RecursionError) as error:
        return [fault(f"not GeoJSON ({error}); expected a FeatureCollection")]
    if problem := _form_fault(content):
        return [fault(*problem)]
    features, faults, seen = content["features"], [], set()
    for feature in features:
        code = feature["properties"]["region"]
        code = None if code is None else str(code)
        place = "polygon without a region (null)" if code is None else f"polygon of region '{code}'"
        if regions and code not in (None, *regions):
            faults.append(
                fault(
                    f"{place}: there is no such region; expected a code of regions.csv",
                    "remove it, or add the region.",
                )
            )
        again = ("appears twice; expected once", "join them as a MultiPolygon.")
        twice = again if code is not None and code in seen else None
        faults += [
            fault(f"{place} {problem[0]}", problem[1])
            for problem in filter(None, (twice, _polygon_fault(feature.get("geometry"))))
        ]
        seen.add(code)
    if missing := [code for code in regions if code and code not in seen]:
        these = "region has" if len(missing) == 1 else "regions have"
        faults.append(
            fault(
                f"{len(missing)} {these} no polygon, the first is '{missing[0]}'; expected one "
                "each",
                "add the polygons, or remove the file: maps are left out then.",
            )
        )
    return faults or _drawing_faults(path, len(features))


def _form_fault(content: Any) -> tuple[str, str] | None:
    """What keeps a file from being a collection of features with a region each, and what to do;
    None for nothing.
    """
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        return "not GeoJSON: it has no list of features; expected a FeatureCollection", FIX
    if content.get("type") != "FeatureCollection":
        return f"the key 'type' is {content.get('type')!r}; expected 'FeatureCollection'", FIX
    for number, feature in enumerate(features, start=1):
        place = f"feature {number} of {len(features)}"
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            return f"{place} is not of type 'Feature'", FIX
        properties = feature.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        if "region" not in properties:
            has = ", ".join(map(str, properties)) or "none"
            return (
                f"{place} has no property 'region' (its properties: {has}); expected the code of "
                "its region",
                FIX,
            )
    return (
        None
        if features
        else ("there is no polygon; expected one per region", "add them, or remove the file.")
    )


def _polygon_fault(geometry: Any) -> tuple[str, str] | None:
    """What is wrong with a geometry, and what to do; None for one that is sound or repaired."""
    if geometry is None:
        return "has no geometry; expected a Polygon or MultiPolygon", FIX
    try:
        _numbers(geometry)
        polygon = shape(geometry)
        kind, empty = polygon.geom_type, polygon.is_empty
    except (
        Exception
    ) as error:  # shapely's readers raise whatever the malformed part makes Python raise
        return f"cannot be read ({error}); expected a Polygon or MultiPolygon", FIX
    if kind not in ("Polygon", "MultiPolygon") or empty:
        return f"{'is empty' if empty else f'is a {kind}'}; expected a Polygon or MultiPolygon", FIX
    polygon = repaired(polygon)
    west, south, east, north = polygon.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        reach = f"reaches from {west:.6g}, {south:.6g} to {east:.6g}, {north:.6g}"
        return (
            f"{reach}; expected longitude and latitude in degrees",
            "project it to WGS 84 (EPSG:4326).",
        )
    if polygon.is_empty:
        return "holds no area; expected rings that enclose one", "correct the polygon."
    return None


def repaired(polygon: shapely.Geometry) -> shapely.Geometry:
    """A polygon whose rings do not cross themselves (shapely's make_valid) and which ends at the
    antimeridian: a ring that jumps from 179 to -179 degrees, or reaches beyond 180, is cut there.
    """
    steps = [
        np.abs(np.diff(shapely.get_coordinates(ring)[:, 0])).max()
        for part in shapely.get_parts(polygon)
        for ring in shapely.get_rings(part)
    ]
    jumps = any(180 < step < 360 for step in steps)
    west, _, east, _ = polygon.bounds
    if west >= -540 and east <= 540 and (jumps or west < -180 or east > 180):
        if jumps or west < -180:
            polygon = shapely.transform(
                polygon, lambda xy: np.where(xy < [0, -np.inf], xy + [360, 0], xy)
            )
        whole = shapely.make_valid(polygon)
        halves = [
            shapely.transform(
                whole.intersection(shapely.box(turn - 180, -1e9, turn + 180, 1e9)),
                lambda xy, turn=turn: xy - [turn, 0],
            )
            for turn in (0, 360)
        ]
        polygon = shapely.union_all(halves)
    return areas(polygon if polygon.is_valid else shapely.make_valid(polygon))


def areas(shape: shapely.Geometry) -> shapely.Geometry:
    """Polygons only: lines and points left by an overlay are dropped."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    parts = shapely.get_parts(shapely.get_parts(shape))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def area_km2(shape: shapely.Geometry) -> float:
    """Area of polygons in degrees, on the ellipsoid."""
    return abs(WGS84.geometry_area_perimeter(shapely.orient_polygons(shape))[0]) / 1e6


def write_boundaries(path: Path, target: str | Path) -> None:
    """The polygons of a sound file, those repaired that needs it; without any, the file as it
    is.
    """
    content = json.loads(path.read_text(encoding="utf-8"))
    mended = []
    for feature in content["features"]:
        polygon = shape(feature["geometry"])
        if (better := repaired(polygon)) is not polygon:
            feature["geometry"] = json.loads(shapely.to_geojson(better))
            mended.append(str(feature["properties"]["region"]))
    if not mended:
        shutil.copyfile(path, target)
        return
    warn(
        where=str(path),
        what="polygons that are not valid, or cross the antimeridian",
        value=", ".join(mended),
        expectation="rings that do not cross themselves, between -180 and 180 degrees",
        effect="They are repaired (make_valid) and cut at 180 degrees; the file stays as it is.",
    )
    Path(target).write_text(json.dumps(content), encoding="utf-8")


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number of JSON")


def _numbers(geometry: dict) -> None:
    """Stop at the first coordinate that is not a finite number, or a ring that is open: shapely
    guesses, the maps do not.
    """
    kind = str(geometry["type"]).lower()
    rings: Any = geometry.get("coordinates")
    if kind not in ("polygon", "multipolygon"):
        return
    if kind == "multipolygon":
        rings = [ring for part in rings for ring in part]
    for value in [value for ring in rings for point in ring for value in point]:
        if not is_number(value) or not math.isfinite(value):
            nested = isinstance(value, list | dict)
            shown = f"a {type(value).__name__}" if nested else repr(value)[:40]
            raise ValueError(f"a coordinate is {shown}, a number was expected")
    if any(list(ring[0]) != list(ring[-1]) for ring in rings):
        raise ValueError("a ring does not end where it begins")


def _drawing_faults(path: Path, count: int) -> list[DataError]:
    """What the reader of the maps makes of the file."""
    import geopandas

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = geopandas.read_file(path)
    except Exception as error:  # the driver's own words
        problem = f"cannot be read for the maps ({error}); expected plain GeoJSON"
        return [DataError(problem, where=str(path), fix=FIX)]
    if len(table) != count:
        problem = f"the maps see {len(table)} of its {count} features"
        return [DataError(problem, where=str(path), fix=FIX)]
    if table.crs is None or table.crs.is_geographic:
        return []
    return [
        DataError(
            f"the key 'crs' names {table.crs.name}; expected longitude and latitude in degrees",
            where=str(path),
            fix="project it to WGS 84 (EPSG:4326), or remove the key if they are degrees.",
        )
    ]
