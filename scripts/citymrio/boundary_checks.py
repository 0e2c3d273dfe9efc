"""Faults of boundaries.geojson: what the maps and distances need of polygons."""

from __future__ import annotations

import json
from pathlib import Path

from .errors import DataError

FIX = "see docs/contracts.md, boundaries.geojson."


def boundary_faults(path: Path | None, regions: list[str]) -> list[DataError]:
    """Every fault of the polygons; a country without boundaries has none (its maps are left out)."""
    if path is None:
        return []
    from shapely.geometry import shape
    from shapely.validation import explain_validity

    where = str(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return [DataError(f"no GeoJSON ({error}); expected a FeatureCollection", where=where, fix=FIX)]
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        return [DataError("no GeoJSON: it has no list of features; expected a FeatureCollection", where=where, fix=FIX)]
    codes = []
    for number, feature in enumerate(features, start=1):
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
    return faults
