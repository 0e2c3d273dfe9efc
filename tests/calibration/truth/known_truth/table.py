"""A known multi-regional table and the roles its regions play: cities of a province, or the world
outside. It is a file or a run.

File: ``.npz`` in the layout of :mod:`citymrio.assessment.known_table`. Regions table: region, lon,
lat, role {city, outside}, province (of the cities; blank: one province; the column may be absent),
area_km2 (may be blank or absent). Sectors table (optional): sector (its name in the file), kind
{goods, services} and, for the coverage of intervals, primary and energy {true, false}.
Outside regions without coordinates, and aggregates such as ROW, take part in everything but the fit
of trade.

The folder of a run (``results/<run>``) holds a truth in one of two forms:

- ``dataset/truth/truth.nc``: the table that an invented country was made from. Its cities are
  judged in their provinces; a province of one region, and every province that is not named, is one
  outside region.
- ``provinces/mrio.nc``, where there is no such table: its provinces are judged as the cities of the
  nation; nothing is outside. What a province makes, uses and sells out of itself is printed; who
  sells to whom is an estimate of the run, unless the run was given the MRIO. That truth is itself
  an estimate (`BASES`).

Final demand of a run is added up to households, government, capital and stock changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from citymrio.assessment.known_table import ROLES, Cells, read_cells
from citymrio.base.errors import DataError, warn
from citymrio.base.files import corrections_beside
from citymrio.base.geography import distances_km, province_centres
from citymrio.base.labels import needs_columns, read_dataset, read_table
from citymrio.base.tolerances import SOLVED
from citymrio.base.vocabulary import GIVEN, KINDS
from citymrio.nested import NestedMRIO

from .systems import System

#: What a table of sectors may say of a sector besides: it is one of the primary industry; it makes
#: energy products.
MARKS = ("primary", "energy")

#: What the truth of a known table rests on.
BASES = {
    "published": "a published table",
    "invented": "an invented country: the truth is exact",
    "estimated": "printed tables of the provinces; who of them sells to whom is itself an estimate",
}

#: Names of regions that are an aggregate of the rest and have no place on the map.
AGGREGATES = {"row", "rest of world", "rest of the world", "rest", "roi", "rwd", "wwa"}

#: Words in the names of service sectors: used only where the table has neither `kinds` nor a sector
#: called construction.
SERVICE_WORDS = (
    "trade",
    "retail",
    "hotel",
    "restaurant",
    "transport",
    "post",
    "telecom",
    "communication",
    "financ",
    "insurance",
    "real estate",
    "real state",
    "renting",
    "business",
    "public",
    "education",
    "health",
    "social",
    "service",
    "household",
)


@dataclass(frozen=True, kw_only=True)
class KnownTable(Cells):
    """The truth.

    Attributes
    ----------
    regions
        region, lon, lat, role, province, area_km2; in the order of the arrays. Outside regions are
        provinces of their own.
    sectors
        sector (code), name, kind {goods, services}, industry, primary and energy (bool).
    basis
        What the truth rests on: a key of `BASES`.
    """

    regions: pd.DataFrame
    sectors: pd.DataFrame
    basis: str = "published"

    @property
    def is_city(self) -> np.ndarray:
        """Which regions play cities."""
        return self.regions["role"].eq("city").to_numpy()

    @property
    def goods(self) -> np.ndarray:
        """Which sectors make goods."""
        return self.sectors["kind"].eq("goods").to_numpy()


def read_known_table(
    path: str | Path,
    regions: pd.DataFrame,
    sectors: pd.DataFrame | None = None,
) -> KnownTable:
    """Read and check a known table and the table of its regions.

    Parameters
    ----------
    sectors
        Table of sectors (sector, kind), where the file does not tell goods from services.

    Raises
    ------
    DataError
        What :func:`.read_cells` refuses; a missing column, names that differ, fewer than two cities,
        nothing outside.
    """
    path = Path(path)
    cells, arrays = read_cells(path)
    names, titles = ([*map(str, arrays[key])] for key in ("regions", "sectors"))
    notes = [
        *cells.notes,
        "people are not known: under `calibrated` final demand of cities is proportional to "
        "their value added",
    ]
    own = {
        "regions": _regions(regions, names, path, notes),
        "sectors": _sectors(arrays, titles, sectors, path, notes),
    }
    return KnownTable(**vars(cells) | own | {"notes": tuple(notes)})


def in_groups(table: KnownTable, groups: int, seed: int = 1) -> KnownTable:
    """The table with its cities put at random into provinces of equal size, so that trade inside
    and across provinces is judged.

    Raises
    ------
    DataError
        A province would have fewer than two cities.
    """
    cities = np.flatnonzero(table.is_city)
    if not 1 <= groups <= len(cities) // 2:
        raise DataError(
            f"{groups} groups of {len(cities)} cities",
            where=table.name,
            fix=f"name 1 to {len(cities) // 2} groups: a province needs two cities.",
        )
    regions = table.regions.copy()
    for n, members in enumerate(
        np.array_split(np.random.default_rng(seed).permutation(cities), groups)
    ):
        regions.loc[members, "province"] = f"province {n + 1:02d}"
    note = f"the cities are put at random into {groups} provinces (seed {seed})"
    return replace(table, regions=regions, notes=(*table.notes, note))


def _sectors(
    arrays: Mapping[str, np.ndarray],
    titles: list[str],
    table: pd.DataFrame | None,
    path: Path,
    notes: list[str],
) -> pd.DataFrame:
    lower = [title.lower() for title in titles]
    building = [i for i, title in enumerate(lower) if "construction" in title or "建筑" in title]
    if table is not None:
        kind = _kinds(table, titles, path)
        notes.append("goods and services as the table of sectors says")
    elif "kinds" in arrays:
        kind = [str(v) for v in arrays["kinds"]]
        if set(kind) - set(KINDS) or len(kind) != len(titles):
            raise DataError(
                f"{len(kind)} kinds {sorted(set(kind))} for {len(titles)} sectors",
                where=f"{path}, kinds",
                fix="goods or services for every sector.",
            )
    elif building and building[0] > 0:
        # the order of every standard classification: goods, construction, services
        kind = ["goods" if i < building[0] else "services" for i in range(len(titles))]
        notes.append(f"goods are the sectors before {titles[building[0]]}")
    else:
        kind = [
            "services" if any(word in title for word in SERVICE_WORDS) else "goods"
            for title in lower
        ]
        alike = len(set(kind)) == 1
        notes.append(
            f"the sectors are of no known classification: all count as {kind[0]}"
            if alike
            else "the sectors are of no known classification: goods and services told apart by "
            "words in their names"
        )
        warn(
            where=str(path),
            what="the sectors are of no known classification",
            value=f"{kind.count('goods')} count as goods, {kind.count('services')} as services "
            f"({', '.join(titles[:3])}, ...)",
            expectation="a sector called construction, the array `kinds`, or a table of sectors "
            "(SECTORS=file.csv: sector, kind)",
            effect="The scores of goods and of services "
            + (
                "are not told apart, and priors of other sectors are those of one kind."
                if alike
                else "rest on that guess."
            ),
        )
    industry = ["tertiary" if v == "services" else "secondary" for v in kind]
    codes = [f"{i + 1:0{len(str(len(titles)))}d}" for i in range(len(titles))]
    marks = {name: _marked(table, name, titles) for name in MARKS}
    return pd.DataFrame(
        {"sector": codes, "name": titles, "kind": kind, "industry": industry, **marks}
    )


def _marked(table: pd.DataFrame | None, name: str, titles: list[str]) -> list[bool]:
    """Which sectors a column of the table of sectors marks with `true`; none without the column."""
    if table is None or name not in table:
        return [False] * len(titles)
    said = table[name].astype(str).str.strip().str.lower()
    bad = ~said.isin(["true", "false"])
    if bad.any():
        row = table.loc[bad, "sector"].iloc[0]
        raise DataError(
            f"{name} of {row} is '{table.loc[bad, name].iloc[0]}'",
            where="table of sectors",
            fix="true or false.",
        )
    return said.eq("true").set_axis(table["sector"].astype(str).str.strip()).loc[titles].tolist()


def _kinds(table: pd.DataFrame, titles: list[str], path: Path) -> list[str]:
    """Kind of every sector from a table of sectors."""
    where = "table of sectors"
    needs_columns(table, ("sector", "kind"), where)
    names, kinds = (
        table["sector"].astype(str).str.strip(),
        table["kind"].astype(str).str.strip().str.lower(),
    )
    _refuse_other_rows("sector", names.tolist(), titles, path, where)
    bad = ~kinds.isin(KINDS)
    if bad.any():
        raise DataError(
            f"kind of {names[bad].iloc[0]} is '{table['kind'][bad].iloc[0]}'",
            where=where,
            fix="goods or services.",
        )
    return kinds.set_axis(names).loc[titles].tolist()


def _refuse_other_rows(
    what: str, rows: list[str], names: list[str], path: Path, where: str
) -> None:
    """A table has one row for every name of the file, and no other."""
    double = sorted({name for name in rows if rows.count(name) > 1})
    lost, unknown = (
        [name for name in names if name not in rows],
        [name for name in dict.fromkeys(rows) if name not in names],
    )
    problems = [
        f"{what} {', '.join(found)} {state}"
        for found, state in (
            (double, "occurs twice"),
            (lost, "has no row"),
            (unknown, f"is not in {path.name}"),
        )
        if found
    ]
    if problems:
        raise DataError(
            "; ".join(problems), where=where, fix=f"one row per {what} of the table, spelled alike."
        )


def _regions(table: pd.DataFrame, names: list[str], path: Path, notes: list[str]) -> pd.DataFrame:
    where = "regions table"
    needs_columns(table, ("region", "lon", "lat", "role"), where)
    table = table.assign(
        region=table["region"].astype(str).str.strip(),
        role=table["role"].astype(str).str.strip().str.lower(),
    )
    table = table if "province" in table else table.assign(province="")
    rows = table["region"].tolist()
    lost, unknown = (
        [name for name in names if name not in rows],
        [name for name in dict.fromkeys(rows) if name not in names],
    )
    absent = [name for name in lost if name.lower() in AGGREGATES]
    if absent:  # the rest of the world has no place to write down
        rest = pd.DataFrame(
            {"region": absent, "lon": np.nan, "lat": np.nan, "role": "outside", "province": ""}
        )
        table = pd.concat([table, rest], ignore_index=True)
        notes.append(f"without a row in the regions table, and so outside: {', '.join(absent)}")
    if unknown and lost == absent:
        notes.append(
            f"rows of the regions table that the table does not have: {', '.join(unknown)}"
        )
        table = table[~table["region"].isin(unknown)]
    _refuse_other_rows("region", table["region"].tolist(), names, path, where)
    table = table.set_index("region").loc[names].reset_index()
    bad = table.loc[~table["role"].isin(["city", "outside"]), "role"]
    if len(bad):
        raise DataError(f"role is '{bad.iloc[0]}'", where=where, fix="city or outside.")
    city = table["role"].eq("city")
    if city.sum() < 2 or city.all():
        raise DataError(
            f"{int(city.sum())} of {len(table)} regions are cities",
            where=where,
            fix="at least two cities and one region outside.",
        )
    for column in ("lon", "lat"):
        table[column] = pd.to_numeric(table[column], errors="coerce")
        if table.loc[city, column].isna().any():
            raise DataError(
                f"no {column}",
                where=f"{where}, {table.loc[city & table[column].isna(), 'region'].iloc[0]}",
                fix="every city needs its coordinates in degrees.",
            )
    _refuse_same_place(table[city], where)
    groups = table["province"].fillna("").astype(str).str.strip()
    own = groups.where(groups != "", "all")
    there = table[["lon", "lat"]].notna().all(axis=1)
    table = table.assign(
        province=("province " + own).where(city, "outside " + table["region"]),
        mapped=there & ~table["region"].str.lower().isin(AGGREGATES),
        area_km2=lambda rows: _areas(rows, where, notes),
    )
    return table[["region", "lon", "lat", "role", "province", "mapped", "area_km2"]]


def area_of_own_distance(distance: np.ndarray | pd.Series) -> np.ndarray | pd.Series:
    """The area of the disc inside which the mean distance is this: the inverse of
    :func:`citymrio.base.geography.own_distance_km`.
    """
    return np.pi * (1.5 * distance) ** 2


def _areas(table: pd.DataFrame, where: str, notes: list[str]) -> pd.Series:
    """Areas as the table gives them; where it is silent, such that a region's own distance is half
    that to the nearest other one.

    Wei (1996) and Head and Mayer (2002) take a quarter to a half.
    """
    printed = table["area_km2"] if "area_km2" in table else pd.Series(np.nan, table.index)
    area = pd.to_numeric(printed, errors="coerce")
    wrong = printed.notna() & ~(np.isfinite(area) & (area > 0))
    if wrong.any():
        row = table[wrong].iloc[0]
        fix = "give the area in km2, above 0, or leave it blank."
        raise DataError(
            f"area_km2 is '{row['area_km2']}'", where=f"{where}, {row['region']}", fix=fix
        )
    silent = table["mapped"] & area.isna()
    if silent.any():
        places = table[table["mapped"]]
        distance = distances_km(places["lon"].to_numpy(), places["lat"].to_numpy())
        np.fill_diagonal(distance, np.inf)
        nearest = pd.Series(distance.min(axis=1), places.index)
        area = area.where(~silent, area_of_own_distance(nearest / 2))
        notes.append(
            "without an area, so that half the distance to the nearest region is its own: "
            f"{int(silent.sum())} regions"
        )
    return area


def _refuse_same_place(cities: pd.DataFrame, where: str) -> None:
    same = cities.duplicated(["lon", "lat"], keep=False)
    if same.any():
        place = cities.loc[same, ["lon", "lat"]].iloc[0]
        names = cities.loc[
            cities["lon"].eq(place["lon"]) & cities["lat"].eq(place["lat"]), "region"
        ].tolist()
        raise DataError(
            f"{' and '.join(names[:4])} are at the same place ({place['lon']}, {place['lat']})",
            where=where,
            fix="give every city its own lon and lat.",
        )


TRUTH = Path("dataset/truth/truth.nc")
MRIO = Path("provinces/mrio.nc")
TABLES = ("regions", "sectors", "final_demand")
NATION = "nation"
ACCOUNTS = ("output", "value_added", "exports", "error")


def run_files(folder: str | Path) -> list[Path]:
    """The files of a run that make its known table.

    Raises
    ------
    DataError
        The run has not made them.
    """
    folder = Path(folder)
    truth = TRUTH if (folder / TRUTH).is_file() else MRIO
    files = [folder / truth, *(folder / f"dataset/{name}.csv" for name in TABLES)]
    absent = [str(path.relative_to(folder)) for path in files if not path.is_file()]
    if absent:
        raise DataError(
            f"the run has no {', '.join(absent)}",
            where=str(folder),
            fix="run it first (as far as its dataset, or its provincial MRIO), or name a .npz.",
        )
    return files


def known_run(folder: str | Path, provinces: str = "") -> KnownTable:
    """Read a run as a known table.

    Parameters
    ----------
    folder
        results/<run>.
    provinces
        Codes of the provinces whose cities are judged, joined by ";" (a run with a true table
        only); blank: all.

    Raises
    ------
    DataError
        A file is missing, a province is unknown or has no cities, a role of final demand is
        unknown.
    """
    truth, *tables = run_files(folder)
    regions, sectors, final_demand = (read_table(path) for path in tables)
    wanted = [code for code in provinces.split(";") if code]
    data = read_dataset(truth)
    if truth.name == MRIO.name:
        if wanted:
            raise DataError(
                f"provinces are named ({provinces}), but the run has no true table of its cities",
                where=str(folder),
                fix="leave them out: all provinces are judged as cities of the nation.",
            )
        places = province_centres(regions, data["province"].values.tolist()).assign(
            role="city", province=f"province {NATION}"
        )
        basis = "published" if data.attrs.get("trade") == GIVEN else "estimated"
        data = data.rename(province="region")
    else:
        data, places = _cities(data, regions, wanted, folder)
        basis = "invented"
    return _labelled(
        Path(folder).name, data, places.assign(mapped=True), sectors, final_demand, basis
    )


def _cities(
    truth: xr.Dataset, regions: pd.DataFrame, wanted: list[str], folder: str | Path
) -> tuple[xr.Dataset, pd.DataFrame]:
    """The true table with every province that is not judged added up to one region; and the places
    of its regions.
    """
    several = regions["province"].map(regions["province"].value_counts()) > 1
    known = dict.fromkeys(regions.loc[several, "province"])
    if lost := [code for code in wanted if code not in known]:
        raise DataError(
            f"province {', '.join(lost)} has no cities to judge",
            where=str(folder),
            fix=f"name provinces of several cities: {', '.join(list(known)[:10])}.",
        )
    city = several & (regions["province"].isin(wanted) if wanted else True)
    label = regions["region"].where(city, "province " + regions["province"])
    table = NestedMRIO.from_dataset(truth).aggregate(
        regions=dict(zip(regions["region"], label, strict=True)), sectors=None
    )
    inside = regions.loc[city, ["region", "province", "lon", "lat", "area_km2", "population"]]
    inside = inside.assign(province="province " + inside["province"], role="city")
    columns = ["province", "lon", "lat", "area_km2", "population"]
    outside = province_centres(regions[~city])[columns] if (~city).any() else inside.iloc[:0]
    outside = outside.assign(
        region="province " + outside["province"],
        province="outside " + outside["province"],
        role="outside",
    )
    places = (
        pd.concat([inside, outside]).set_index("region").loc[table["region"].values].reset_index()
    )
    return table, places


def _labelled(
    name: str,
    data: xr.Dataset,
    places: pd.DataFrame,
    sectors: pd.DataFrame,
    final_demand: pd.DataFrame,
    basis: str,
) -> KnownTable:
    """The known table of a labelled one: `table` (origin, sector, destination, use), accounts
    (region, sector), imports.
    """
    codes, order = sectors["sector"].tolist(), places["region"].tolist()
    cells = (
        data["table"]
        .transpose("origin", "sector", "destination", "use")
        .sel(origin=order, destination=order, sector=codes)
    )
    roles = final_demand.groupby("role", sort=False)["category"].agg(list)
    held = [category for category in ROLES if ROLES[category] in roles]
    final = np.stack(
        [cells.sel(use=roles[ROLES[category]]).sum("use").values for category in held], axis=-1
    )
    z = cells.sel(use=codes).values
    account = {
        n: data[n].transpose("region", "sector").sel(region=order, sector=codes).values
        for n in ACCOUNTS
    }
    imports = data["imports"].transpose("region", "use").sel(region=order, use=codes).values
    columns = z.sum(axis=(0, 1)) + imports + account["value_added"]
    rows = z.sum(axis=(2, 3)) + final.sum(axis=(2, 3)) + account["exports"] + account["error"]
    for what, total in (("columns", columns), ("rows", rows)):
        gap = float(np.abs(total - account["output"]).max() / account["output"].mean())
        if gap > SOLVED:
            raise DataError(
                f"{what} miss output by up to {gap:.2g} of its mean",
                where=name,
                fix="make the run anew.",
            )
    merged = [f"{' and '.join(roles[ROLES[c]])} are {c}" for c in held if len(roles[ROLES[c]]) > 1]
    notes = [BASES[basis], *(f"final demand: {text}" for text in merged)]
    marks = {
        "primary": sectors["industry"].eq("primary"),
        "energy": sectors["group_a"].eq("energy"),
    }
    columns = ["region", "lon", "lat", "role", "province", "mapped", "area_km2", "population"]
    return KnownTable(
        name=name,
        regions=places[columns],
        sectors=sectors[["sector", "name", "kind", "industry"]]
        .assign(**marks)
        .reset_index(drop=True),
        categories=tuple(held),
        z=z,
        f=final,
        **account,
        imports=imports,
        notes=tuple(notes),
        basis=basis,
    )


def true_tables(system: System) -> list[str]:
    """The files of the truth: those of a run, or a known table with its corrections."""
    if system.is_run:
        return [str(path) for path in run_files(system.truth)]
    return [system.truth, *map(str, corrections_beside(system.truth))]
