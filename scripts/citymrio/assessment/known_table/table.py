"""A known multi-regional table and the roles its regions play: cities of a province, or the world
outside. It is a file or a run.

File: ``.npz`` with Z (N, N), F (N, R K), x (N), va (N), N = regions x sectors, region by region;
`countries` (or `regions`), R names; `sectors`, names; optional `categories` (K names; households,
government, capital, stock_changes when K = 4) and `kinds` (goods or services by sector). Regions
table: region, lon, lat, role {city, outside}, province (of the cities; blank: one province; the
column may be absent), area_km2 (may be blank or absent). Sectors table (optional): sector (its
name in the file), kind {goods, services} and, for the coverage of intervals, primary and energy
{true, false}.
Outside regions without coordinates, and aggregates such as ROW, take part in everything but the fit
of trade. What does not add up, within the limits below, is booked where it belongs, and `notes` say
so.

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

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd
import xarray as xr

from ...base.errors import DataError, raise_faults, reason, warn
from ...base.geography import area_of_own_distance, distances_km, province_centres
from ...base.labels import needs_columns, read_dataset, read_table
from ...base.tolerances import SOLVED
from ...base.vocabulary import GIVEN, KINDS
from ...dataset.contract.corrections import Corrections
from ...dataset.raw_table import Lists, RawTable
from ...nested import NestedMRIO
from .systems import CORRECTIONS, System, corrections_beside

#: Final-demand categories of a known table -> role.
ROLES = {
    "households": "household",
    "government": "government",
    "capital": "capital",
    "stock_changes": "stock_changes",
}
CATEGORIES = tuple(ROLES)
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

#: Negative intermediate flows of a published table, as a share of all flows; a gap of a row or
#: column that is booked whatever the table is printed to, as a share of its output.
NEGATIVE_SHARE, TOLERANCE = 1e-3, 0.05

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

#: Share of a total up to which a difference needs no note: round-off of the file.
UNSAID = 1e-9


@dataclass(frozen=True)
class KnownTable:
    """The truth.

    Attributes
    ----------
    regions
        region, lon, lat, role, province, area_km2; in the order of the arrays. Outside regions are
        provinces of their own.
    sectors
        sector (code), name, kind {goods, services}, industry, primary and energy (bool).
    z, f
        (region, sector, region, sector) and (region, sector, region, category), money of the file.
    output, value_added, exports, error
        (region, sector); value added is output less intermediate inputs (taxes less subsidies on
        products included).
    imports
        (region, sector): inputs that are neither products of the regions nor value added.
    notes
        What was done to the file, in words.
    basis
        What the truth rests on: a key of `BASES`.
    """

    name: str
    regions: pd.DataFrame
    sectors: pd.DataFrame
    categories: tuple[str, ...]
    z: np.ndarray
    f: np.ndarray
    output: np.ndarray
    value_added: np.ndarray
    imports: np.ndarray
    exports: np.ndarray
    error: np.ndarray
    notes: tuple[str, ...]
    basis: str = "published"

    @property
    def is_city(self) -> np.ndarray:
        """Which regions play cities."""
        return self.regions["role"].eq("city").to_numpy()

    @property
    def goods(self) -> np.ndarray:
        """Which sectors make goods."""
        return self.sectors["kind"].eq("goods").to_numpy()

    @property
    def final(self) -> np.ndarray:
        """Which final-demand categories are not stock changes."""
        return np.array([name != "stock_changes" for name in self.categories])

    def trade(self) -> np.ndarray:
        """Deliveries T_i^rs to all uses but stock changes, shape (sector, origin, destination)."""
        return (self.z.sum(axis=3) + self.f[..., self.final].sum(axis=3)).transpose(1, 0, 2)


def read_known_table(
    path: str | Path,
    regions: pd.DataFrame | str | Path,
    sectors: pd.DataFrame | None = None,
    *,
    judged: bool = True,
) -> KnownTable:
    """Read and check a known table and the table of its regions.

    Parameters
    ----------
    sectors
        Table of sectors (sector, kind), where the file does not tell goods from services.
    judged
        Whether estimates are scored on it: then it needs cities, and something outside. A table to
        fit on needs neither.

    Raises
    ------
    DataError
        A missing array or column, shapes that do not fit, names that differ, values that are not
        finite, negative intermediate flows or outputs, rows or columns that do not add up.
    """
    path = Path(path)
    arrays = arrays_of(path)
    names = [str(v) for v in arrays[names_of(arrays)]]
    titles = [str(v) for v in arrays["sectors"]]
    count, width = len(names), len(titles)
    k = _shapes(arrays, count, width, path)
    z = np.asarray(arrays["Z"], float).reshape(count, width, count, width)
    f = np.asarray(arrays["F"], float).reshape(count, width, count, k).copy()
    x = np.array(arrays["x"], float).reshape(count, width)
    va = np.array(arrays["va"], float).reshape(count, width)
    for what, found in (("region", names), ("sector", titles)):
        if len(set(found)) != len(found):
            double = next(name for name in found if found.count(name) > 1)
            raise DataError(
                f"{what} {double} occurs twice",
                where=str(path),
                fix=f"every {what} needs a name of its own.",
            )
    notes: list[str] = []
    categories = _categories(arrays, k, path)
    lists = Lists(names, titles, list(categories), {}, stocks=("stock_changes",))
    lines = Corrections.read(path.with_suffix(CORRECTIONS)).of(path.name, "table")
    if lines.lines:
        none = np.zeros_like(x)
        printed = RawTable(np.concatenate([z, f], axis=3), none, none, none, str(path), x, va)
        absent = [line for line in lines.lines if line.column in ("exports", "error", "imports")]
        raise_faults([line.fault(f"{path.name} has no {line.column}") for line in absent])
        raise_faults([*printed.correct(lists, lines), *lines.whole.unused(f"{path.name} or table")])
        z, f = (np.ascontiguousarray(part) for part in np.split(printed.cells, [width], axis=3))
        lines.whole.say()
        notes.append(f"{len(lines.lines)} cells are corrected ({lines.whole.path.name})")
    z = _without_negatives(z, f[..., categories.index("stock_changes")], names, titles, path, notes)
    _move_negatives(f, categories, notes)
    rests = x - z.sum(axis=(0, 1)) - va, x - z.sum(axis=(2, 3)) - f.sum(axis=(2, 3))
    imports, exports = _beyond(rests, (va, x), notes)
    raw = RawTable(
        np.concatenate([z, f], axis=3),
        exports,
        np.zeros_like(x),
        np.concatenate([imports, np.zeros((count, k))], axis=1),
        str(path),
        x,
        va,
    )
    table = raw.closed(lists, TOLERANCE, lines).accounts
    z, f = (np.ascontiguousarray(part) for part in np.split(raw.cells, [width], axis=3))
    x, value_added = table["output"], table["value_added"] + table["column_error"]
    error = table["error"]
    notes += [
        f"what does not add up ({np.abs(gap).sum():.6g} in all) is booked in {account}"
        for account, gap, whole in (
            ("value added", table["column_error"], np.abs(va).sum()),
            ("the error account", error, x.sum()),
        )
        if np.abs(gap).sum() > UNSAID * whole
    ] + [
        "people are not known: under `calibrated` final demand of cities is proportional to "
        "their value added"
    ]
    places, kinds = (
        _regions(regions, names, path, notes, judged),
        _sectors(arrays, titles, sectors, path, notes),
    )
    return KnownTable(
        path.stem,
        places,
        kinds,
        categories,
        z,
        f,
        x,
        value_added,
        imports,
        exports,
        error,
        tuple(notes),
    )


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


def names_of(arrays: Collection[str]) -> str:
    """The array that names the regions."""
    return "countries" if "countries" in arrays else "regions"


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file, those that a known table needs sound in form.

    Raises
    ------
    DataError
        It cannot be read, an array is missing, names are no list, numbers are none.
    """
    try:
        with np.load(path, allow_pickle=False) as source:
            arrays = {key: source[key] for key in source.files}
    except (OSError, ValueError, EOFError, BadZipFile, AttributeError, TypeError) as error:
        text = (
            "save names as text (dtype str), not as Python objects."
            if "Object arrays" in str(error)
            else "write it with numpy.savez; see docs/accuracy.md for the layout."
        )
        state = (
            "is empty"
            if path.is_file() and not path.stat().st_size
            else f"cannot be read as .npz ({reason(error)})"
        )
        raise DataError(state, where=str(path), fix=text) from error
    missing = [key for key in ("Z", "F", "x", "va", "sectors") if key not in arrays]
    if names_of(arrays) not in arrays:
        missing.append("countries")
    if missing:
        there = f"there are: {', '.join(arrays)}" if arrays else "the file holds no array"
        raise DataError(
            f"array {', '.join(missing)} is missing ({there})",
            where=str(path),
            fix="see docs/accuracy.md for the layout.",
        )
    for key in (names_of(arrays), "sectors"):
        if arrays[key].ndim != 1 or not arrays[key].size:
            raise DataError(
                f"shape {arrays[key].shape}, expected a list of names",
                where=f"{path}, {key}",
                fix="give the names.",
            )
    for key in ("Z", "F", "x", "va"):
        if arrays[key].dtype.kind not in "fiu":
            raise DataError(
                f"holds {arrays[key].dtype}, expected numbers",
                where=f"{path}, {key}",
                fix="save numbers.",
            )
    return arrays


def _shapes(arrays: Mapping[str, np.ndarray], count: int, width: int, path: Path) -> int:
    size = count * width
    wanted = {"Z": (size, size), "x": (size,), "va": (size,)}
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            raise DataError(
                f"shape {arrays[name].shape}, expected {shape} for {count} regions and {width} "
                "sectors",
                where=f"{path}, {name}",
                fix="rows go region by region, sectors inside.",
            )
    rows, columns = arrays["F"].shape if arrays["F"].ndim == 2 else (0, 0)
    if rows != size or columns == 0 or columns % count:
        raise DataError(
            f"shape {arrays['F'].shape}, expected ({size}, {count} times the categories)",
            where=f"{path}, F",
            fix="columns go region by region, categories inside.",
        )
    if not (np.asarray(arrays["x"]) > 0).any():
        raise DataError("no sector has an output", where=f"{path}, x", fix="correct the file.")
    return columns // count


def _categories(arrays: Mapping[str, np.ndarray], k: int, path: Path) -> tuple[str, ...]:
    if "categories" in arrays:
        found = tuple(str(v) for v in arrays["categories"])
    elif k == len(CATEGORIES):
        found = CATEGORIES
    else:
        raise DataError(
            f"{k} final-demand categories without names",
            where=f"{path}, F",
            fix="add the array `categories` (households, government, capital, stock_changes).",
        )
    if len(found) != k or found.count("stock_changes") != 1 or not set(found) <= set(ROLES):
        raise DataError(
            f"categories are {found}",
            where=f"{path}, categories",
            fix=f"{k} names out of {', '.join(ROLES)}, stock_changes exactly once.",
        )
    return found


def _without_negatives(
    z: np.ndarray,
    stock: np.ndarray,
    names: list[str],
    titles: list[str],
    path: Path,
    notes: list[str],
) -> np.ndarray:
    """Intermediate flows >= 0: a few negative ones are sales from the user's stock, booked in its
    column of stock changes (`stock`).
    """
    negative = z < 0
    if not negative.any():
        return z
    amount = -float(z[negative].sum())
    r, i, s, j = np.argwhere(negative)[0]
    if amount > NEGATIVE_SHARE * z.sum():
        raise DataError(
            f"a flow is {z[r, i, s, j]:.6g} ({int(negative.sum())} negative ones, "
            f"{amount / z.sum():.2%} of all flows)",
            where=f"{path}, Z, {titles[i]} of {names[r]} to {titles[j]} of {names[s]}",
            fix=f"intermediate flows must be >= 0; up to {NEGATIVE_SHARE:.1%} in all is booked "
            "in the column of stock changes.",
        )
    stock += np.where(negative, z, 0.0).sum(axis=3)
    notes.append(
        f"{int(negative.sum())} negative intermediate flows ({amount:.6g}) are booked in the "
        "column of stock changes"
    )
    return np.where(negative, 0.0, z)


def _move_negatives(f: np.ndarray, categories: tuple[str, ...], notes: list[str]) -> None:
    """Negative cells of household, government and capital demand are sales from stock: booked in
    the column of stock changes.
    """
    stock = categories.index("stock_changes")
    moved, amount = 0, 0.0
    for k in range(len(categories)):
        if k == stock:
            continue
        negative = f[..., k] < 0
        moved, amount = moved + int(negative.sum()), amount - float(f[..., k][negative].sum())
        f[..., stock] += np.where(negative, f[..., k], 0.0)
        f[..., k] = np.where(negative, 0.0, f[..., k])
    if moved:
        notes.append(
            f"{moved} negative cells of final demand ({amount:.6g}) are booked in the "
            "column of stock changes"
        )


def _beyond(
    rests: tuple[np.ndarray, np.ndarray], wholes: tuple[np.ndarray, np.ndarray], notes: list[str]
) -> list[np.ndarray]:
    """Imports and exports out of the table (region, sector), which the file does not have: what
    columns and rows leave, where that is more than a file's own round-off.
    """
    found = []
    for rest, whole, share, words in (
        (
            rests[0],
            wholes[0],
            0.02,
            "inputs beyond products and value added",
        ),
        (rests[1], wholes[1], 2e-3, "sales beyond the regions"),
    ):
        there = np.abs(rest).sum() > share * np.abs(whole).sum()
        found.append(np.where(there & (rest > 0), rest, 0.0))
        if there:
            place = "imports from" if whole is wholes[0] else "exports to"
            notes.append(f"{words} ({found[-1].sum():.6g}) are {place} outside of the table")
    return found


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


def _regions(
    regions: pd.DataFrame | str | Path, names: list[str], path: Path, notes: list[str], judged: bool
) -> pd.DataFrame:
    where = "regions table" if isinstance(regions, pd.DataFrame) else str(regions)
    table = regions if isinstance(regions, pd.DataFrame) else read_table(regions)
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
    if judged and (city.sum() < 2 or city.all()):
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
    return KnownTable(
        name,
        places[["region", "lon", "lat", "role", "province", "mapped", "area_km2", "population"]],
        sectors[["sector", "name", "kind", "industry"]].assign(**marks).reset_index(drop=True),
        tuple(held),
        z,
        final,
        account["output"],
        account["value_added"],
        imports,
        account["exports"],
        account["error"],
        tuple(notes),
        basis,
    )


def true_tables(system: System) -> list[str]:
    """The files of the truth: those of a run, or a known table with its corrections."""
    if system.is_run:
        return [str(path) for path in run_files(system.truth)]
    return [system.truth, *map(str, corrections_beside(system.truth))]
