"""Faults of boundaries.geojson: what the maps and distances need of polygons."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path

from ...base.errors import DataError

FIX = "see docs/contracts.md, boundaries.geojson."


def boundary_faults(path: Path | None, regions: list[str]) -> list[DataError]:
    """Every fault of the polygons; a country without boundaries has none (its maps are left out)."""
    if path is None:
        return []
    from shapely.geometry import shape
    from shapely.validation import explain_validity

    where = str(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except (OSError, ValueError, RecursionError) as error:
        return [DataError(f"no GeoJSON ({error}); expected a FeatureCollection", where=where, fix=FIX)]
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        return [DataError("no GeoJSON: it has no list of features; expected a FeatureCollection", where=where, fix=FIX)]
    if content.get("type") != "FeatureCollection":
        return [DataError(f"the key 'type' is {content.get('type')!r}; expected 'FeatureCollection'", where=where, fix=FIX)]
    codes = []
    for number, feature in enumerate(features, start=1):
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            return [DataError(f"feature {number} of {len(features)} is not of type 'Feature'", where=where, fix=FIX)]
        properties = feature.get("properties") if isinstance(feature, dict) else None
        if not isinstance(properties, dict) or "region" not in properties:
            has = ", ".join(map(str, properties)) if isinstance(properties, dict) and properties else "none"
            fault = f"feature {number} of {len(features)} has no property 'region' (its properties: {has})"
            return [DataError(f"{fault}; expected the code of its region", where=where, fix=FIX)]
        codes.append(str(properties["region"]))
    faults, seen = [], set()
    for code, feature in zip(codes, features, strict=True):
        place = f"polygon of region '{code}'"
        if regions and code not in regions:
            faults.append(
                DataError(
                    f"{place}: there is no such region; expected a code of regions.csv",
                    where=where,
                    fix="remove it, or add the region.",
                )
            )
        if code in seen:
            faults.append(
                DataError(f"{place} stands there twice; expected once", where=where, fix="join them as a MultiPolygon.")
            )
        seen.add(code)
        if feature.get("geometry") is None:
            faults.append(DataError(f"{place} has no geometry; expected a Polygon or MultiPolygon", where=where, fix=FIX))
            continue
        try:
            _numbers(feature["geometry"])
            polygon = shape(feature["geometry"])
            kind, empty = polygon.geom_type, polygon.is_empty
        except Exception as error:  # shapely's readers raise whatever the malformed part makes Python raise
            faults.append(
                DataError(f"{place} cannot be read ({error}); expected a Polygon or MultiPolygon", where=where, fix=FIX)
            )
            continue
        if kind not in ("Polygon", "MultiPolygon") or empty:
            state = "is empty" if empty else f"is a {kind}"
            faults.append(DataError(f"{place} {state}; expected a Polygon or MultiPolygon", where=where, fix=FIX))
            continue
        west, south, east, north = polygon.bounds
        if west < -180 or east > 180 or south < -90 or north > 90:
            faults.append(
                DataError(
                    f"{place} reaches from {west:.6g}, {south:.6g} to {east:.6g}, {north:.6g}; expected "
                    "longitude and latitude in degrees",
                    where=where,
                    fix="project it to WGS 84 (EPSG:4326).",
                )
            )
        elif not polygon.is_valid:
            faults.append(
                DataError(
                    f"{place} is not valid ({explain_validity(polygon)}); expected rings that do not cross themselves",
                    where=where,
                    fix="repair the polygon (make_valid in a GIS).",
                )
            )
    missing = [code for code in regions if code and code not in seen]
    if missing and features:
        these = "region has" if len(missing) == 1 else "regions have"
        faults.append(
            DataError(
                f"{len(missing)} {these} no polygon, the first is '{missing[0]}'; expected one each",
                where=where,
                fix="add the polygons, or remove the file: maps are left out then.",
            )
        )
    elif not features:
        faults.append(DataError("there is no polygon; expected one per region", where=where, fix="add them, or remove the file."))
    return faults or _drawing_faults(path, len(features))


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no number of JSON")


def _numbers(geometry: dict) -> None:
    """Stop at the first coordinate that is no finite number, or a ring that is open: shapely guesses, the maps do not."""
    kind, rings = str(geometry["type"]).lower(), geometry.get("coordinates")
    if kind not in ("polygon", "multipolygon"):
        return
    if kind == "multipolygon":
        rings = [ring for part in rings for ring in part]
    for ring in rings:
        for point in ring:
            for value in point:
                if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                    shown = f"a {type(value).__name__}" if isinstance(value, list | dict) else repr(value)[:40]
                    raise ValueError(f"a coordinate is {shown}, a number was expected")
        if list(ring[0]) != list(ring[-1]):
            raise ValueError("a ring does not end where it begins")


def _drawing_faults(path: Path, count: int) -> list[DataError]:
    """What the reader of the maps makes of the file."""
    import geopandas

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = geopandas.read_file(path)
    except Exception as error:  # the driver's own words
        return [DataError(f"cannot be read for the maps ({error}); expected plain GeoJSON", where=str(path), fix=FIX)]
    if len(table) != count:
        return [DataError(f"the maps see {len(table)} of its {count} features", where=str(path), fix=FIX)]
    if table.crs is not None and not table.crs.is_geographic:
        return [
            DataError(
                f"the key 'crs' names {table.crs.name}; expected longitude and latitude in degrees",
                where=str(path),
                fix="project it to WGS 84 (EPSG:4326), or remove the key if they are degrees.",
            )
        ]
    return []
