"""Intake of tables of single regions: symmetric ones, or make and use tables, become the folder of
kind `user`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ....base.errors import CityMRIOError, DataError, DataErrors, raise_faults
from ....base.money import parsed
from ....base.printed_names import differing
from ...workbook import Sheet, words
from ..china.emissions import plain, read_inventory_sheet
from ..template import HEADERS
from . import guesses
from .found import FIX_LEFT, Asked, Found
from .sheets import TOTAL, Rectangle, Table, is_sum, plain_number, without_totals

YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
UNIT = re.compile(r"(?:单位|[Uu]nits?)\s*[:：]\s*([^()（）\n|]*[^()（）\s|])")
#: Words of a title around the name of its place.
TITLE = re.compile(
    r"^(?P<name>.+?)[\s,]*(?:19|20)\d\d\s*年?\s*(?:投入产出|input|io)", re.IGNORECASE
)
NATION = re.compile(r"^(national?|country|nation|china|total)\b|全国|中国", re.IGNORECASE)
MAKE = re.compile(r"make|supply", re.IGNORECASE)
USE = re.compile(r"use", re.IGNORECASE)
#: Lists that name the rows and columns of an inventory.
OF_INVENTORY = ("inventory_sectors", "fuels")
#: Columns of regions.csv by which sheets may be named.
NAMED = ("region", "name", "province_name")
#: Model of supply and use tables: industry by industry, any number of products.
MODEL = "D"


def square_found(folder: Path, tables: Mapping[str, Table], asked: Asked) -> Found:
    """The lists of symmetric tables by region; the key is the name of the file, or of the sheet.

    Raises
    ------
    DataError
        Tables with other sectors or categories than most, and what no file says, all at once.
    """
    found = Found("user")
    sectors = _most([tuple(table.sectors) for table in tables.values()])
    alike = [table for table in tables.values() if tuple(table.sectors) == sectors]
    categories = _most([tuple(table.categories) for table in alike])
    faults: list[CityMRIOError] = []
    for table in tables.values():
        for what, own, most in (
            ("sectors", tuple(table.sectors), sectors),
            ("categories of final demand", tuple(table.categories), categories),
        ):
            if own != most:
                other = sorted(set(own) ^ set(most))[:3]
                faults.append(
                    DataError(
                        f"has {len(own)} {what}, most tables have {len(most)} (in one only: "
                        f"{', '.join(other)})",
                        where=table.sheet.where(),
                        fix=f"bring it to the same {what}, or {FIX_LEFT}",
                    )
                )
    raise_faults([*faults, *_named_otherwise(alike)])
    first = alike[0]
    nation = _nation(tables)
    codes = _region_codes([key for key in tables if key != nation])
    labels = _region_lists(
        found,
        {codes[key]: (_place(t, key), _gdp(t)) for key, t in tables.items() if key != nation}
        or {"nation": (_place(first, nation), _gdp(first))},
    )
    for key, table in tables.items():
        path = "national" if key == nation else f"provinces/{labels[codes[key]]}"
        found.cells[path] = table.rows()
        found.used[table.sheet.path] = f"{path}.csv"
    _say_columns(found, tables)
    found.tables["sectors"] = guesses.sectors_list(first.sectors, first.names, keys=True)
    found.tables["final_demand"] = guesses.demand_list(
        categories,
        [first.categories[name][0] for name in categories],
        [first.categories[name][1] for name in categories],
    )
    found.calibrate = nation != ""
    _of_user(found)
    titles = [table.title for table in tables.values()]
    found.about(folder.name, *_said(titles, [folder.name, *tables]), asked)
    found.info |= {"price_basis": basis} if (basis := guesses.prices(titles)) else {}
    return found


def _named_otherwise(tables: Sequence[Table]) -> list[DataError]:
    """A fault for every table whose codes are those of the others, with other sectors' names beside
    them: two classifications.
    """
    first, *others = tables
    names = {code: [name] for code, name in zip(first.sectors, first.names, strict=True)}
    faults = []
    for table in others:
        own = {code: [name] for code, name in zip(table.sectors, table.names, strict=True)}
        if odd := differing(own, names):
            shown = "; ".join(f"{c} is '{a}', there '{b}'" for c, (a, b) in [*odd.items()][:3])
            faults.append(
                DataError(
                    f"has the codes of {first.sheet.path.name} with other names, {len(odd)} of "
                    f"{len(own)}: {shown}",
                    where=table.sheet.where(),
                    fix=f"bring both to one classification, or {FIX_LEFT}",
                )
            )
    return faults


def _most(values: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return Counter(values).most_common(1)[0][0]


def _nation(tables: Mapping[str, Table]) -> str:
    """The key of the national table: the only one that there is, is called so, or has no trade
    with other regions where all others have; "" for none.
    """
    if len(tables) == 1:
        return next(iter(tables))
    named = [k for k, t in tables.items() if NATION.search(k) or NATION.search(_place(t, k))]
    apart = [key for key, table in tables.items() if "outflow" not in table.values]
    return named[0] if len(named) == 1 else apart[0] if len(apart) == 1 and len(tables) > 2 else ""


def _place(table: Table, key: str) -> str:
    said = TITLE.search(table.title.split(" | ")[0])
    return said["name"].strip() if said else key


def _gdp(table: Table) -> float:
    return float(np.sum([*table.items.values()]))


def _region_codes(keys: Sequence[str]) -> dict[str, str]:
    return dict(zip(keys, guesses.codes_of(keys, "R"), strict=True))


def _region_lists(found: Found, regions: Mapping[str, tuple[str, float]]) -> dict[str, str]:
    """regions.csv; the code of its province by region."""
    names, gdp = zip(*regions.values(), strict=True)
    frame = guesses.regions_list([*regions], names, gdp, "municipality")
    found.tables["regions"] = frame.sort_values(["province", "region"], ignore_index=True)
    return dict(zip(frame["region"], frame["province"], strict=True))


def _say_columns(found: Found, tables: Mapping[str, Table]) -> None:
    """Rows of guesses.csv of the columns and rows of the tables; what all say, once."""
    seen: dict[tuple[str, str, str], list[str]] = {}
    for table in tables.values():
        for at, said, meaning in table.columns:
            seen.setdefault((at, said, meaning), []).append(table.sheet.path.name)
        for item in table.items:
            seen.setdefault(("row", item, "value added"), []).append(table.sheet.path.name)
    for (at, said, meaning), files in seen.items():
        where = files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more"
        found.guesses.append((where, f"column {at}" if at != "row" else "row", said, meaning))


def _said(titles: Sequence[str], names: Sequence[str]) -> tuple[int | None, str]:
    """The year and the unit of money that most titles say; the year also by the names of files."""
    years = [y for title in titles for y in YEAR.findall(title)]
    years = years or [y for name in names for y in YEAR.findall(name)]
    said = [u for title in titles for u in UNIT.findall(unicodedata.normalize("NFKC", title))]
    units = [u if parsed(u) else words(u) for u in said]
    units = units or [
        u
        for title in titles
        for u in re.findall(r"\(((?:million|thousand|billion) \w+)\)", title, re.I)
    ]
    return (
        int(Counter(years).most_common(1)[0][0]) if years else None,
        Counter(units).most_common(1)[0][0] if units else "",
    )


def _of_user(found: Found) -> None:
    """What kind `user` needs beside tables: an inventory in the sectors of the tables, to be filled
    in, and the lists that may be without rows.
    """
    sectors = found.tables["sectors"]
    own = {
        "inventory_sector": [*sectors["sector"], "households"],
        "name": [*sectors["name"], "Households"],
        "kind": ["production"] * len(sectors) + ["household"],
    }
    note = f"{guesses.CONFIRM}: the sectors of the tables, for want of an inventory"
    keys = [*guesses.keys_of(sectors["sector"].tolist(), sectors["name"].tolist()), ""]
    found.tables["inventory_sectors"] = pd.DataFrame(own).assign(residence="", key=keys, note=note)
    found.tables["bridge"] = pd.DataFrame(
        {"inventory_sector": sectors["sector"], "sector": sectors["sector"]}
    )
    for name in ("inventory", "observations", "benchmarks"):
        found.tables[name] = pd.DataFrame(columns=HEADERS[name])


def inventory_of(
    path: Path, sheets: Sequence[Sheet], regions: pd.DataFrame, lists: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """inventory.csv from a workbook of CEADs: a sheet a region, by sector and fuel (Mt CO2).

    Parameters
    ----------
    sheets
        Those of the workbook; they bear the names or codes of regions, perhaps with the year.
    lists
        inventory_sectors and fuels, whose names the sheets have.

    Raises
    ------
    DataError
        No sheet is of a region; every fault of its sheets.
    """
    if lacking := [name for name in OF_INVENTORY if name not in lists]:
        raise DataError(
            f"is an inventory of CEADs, and there is no {lacking[0]}.csv beside it",
            where=str(path),
            fix=f"put {', '.join(OF_INVENTORY)} and bridge.csv beside it "
            "(config/classification/china2012 has those of CEADs), or leave it out with --without.",
        )
    known = {plain(of[key]): of["province"] for _, of in regions.iterrows() for key in NAMED}
    parts, faults = [], []
    for sheet in sheets:
        province = known.get(plain(re.sub(r"\d{4}$", "", sheet.name.strip())))
        if province is None:
            continue
        try:
            read = read_inventory_sheet(sheet, lists["inventory_sectors"], lists["fuels"])
            parts.append(read.assign(province=province, activity=""))
        except DataErrors as error:
            faults += error.faults
        except DataError as error:
            faults.append(error)
    raise_faults(faults)
    if not parts:
        raise DataError(
            f"no sheet bears the name of a region ({', '.join(s.name for s in sheets[:3])}, ...)",
            where=str(path),
            fix="give regions.csv with the names (columns region, name), or leave it out with "
            "--without.",
        )
    return pd.concat(parts)[HEADERS["inventory"]]


def pairs_of(sheets: Mapping[str, Rectangle]) -> dict[str, tuple[Rectangle, Rectangle]]:
    """Make (or supply) and use tables by what their names have in common beside these words; only
    those of which both are there.
    """
    halves: dict[str, dict[str, Rectangle]] = {}
    for name, sheet in sheets.items():
        for half, pattern in (("supply", MAKE), ("use", USE)):
            if pattern.search(name):
                key = re.sub(r"[\W_]+", "_", pattern.sub("", name)).strip("_")
                halves.setdefault(key.lower(), {})[half] = sheet
                break
    return {key: (h["supply"], h["use"]) for key, h in halves.items() if len(h) == 2}


def supply_use_found(
    folder: Path, pairs: Mapping[str, tuple[Rectangle, Rectangle]], asked: Asked
) -> Found:
    """The lists of make and use tables; one pair is the nation's.

    Raises
    ------
    DataError
        A use table whose rows or columns are not those of its make table; a table without value
        added or final demand; other industries than most tables.
    """
    found, read, faults = Found("user"), {}, []
    for key, (supply, use) in pairs.items():
        try:
            read[key] = _pair(supply, use)
        except DataError as error:
            faults.append(error)
    raise_faults(faults)
    first = next(iter(read.values()))
    for pair in read.values():
        for what in ("industries", "categories"):
            if list(getattr(pair, what)) != list(getattr(first, what)):
                faults.append(
                    DataError(
                        f"has other {what} than {first.where}",
                        where=pair.where,
                        fix=f"bring it to the same, or {FIX_LEFT}",
                    )
                )
    raise_faults(faults)
    named = [key for key in read if NATION.search(key) or key == ""]
    nation = named[0] if len(named) == 1 else next(iter(read)) if len(read) == 1 else None
    keys = [key for key in read if key != nation]
    codes = _region_codes(keys)
    labels = _region_lists(
        found,
        {codes[key]: (key, read[key].gdp) for key in keys} or {"nation": (folder.name, first.gdp)},
    )
    for key, pair in read.items():
        path = "national" if key == nation else f"provinces/{labels[codes[key]]}"
        found.cells[f"{path}.supply"], found.cells[f"{path}.use"] = pair.supply, pair.use
        for half, sheet in (("supply", pairs[key][0]), ("use", pairs[key][1])):
            found.used[sheet.sheet.path] = (
                f"{found.used.get(sheet.sheet.path, '')} {path}.{half}.csv".strip()
            )
        found.guesses += pair.guesses
    found.tables["sectors"] = guesses.sectors_list(
        [*first.industries], [*first.industries.values()], keys=True
    )
    found.tables["final_demand"] = guesses.demand_list(
        [*first.categories],
        [name for name, _ in first.categories.values()],
        [guess for _, guess in first.categories.values()],
    )
    found.calibrate = nation is not None
    _of_user(found)
    titles = [half.title for pair in pairs.values() for half in pair]
    found.about(
        folder.name,
        *_said(
            titles, [folder.name, *(p.sheet.path.stem for pair in pairs.values() for p in pair)]
        ),
        asked,
    )
    found.info |= {"price_basis": basis} if (basis := guesses.prices(titles)) else {}
    found.info["supply_use_model"] = MODEL
    found.said.append(
        f"make and use tables become symmetric by model {MODEL}, industry by industry (key "
        "supply_use_model of dataset.csv)"
    )
    return found


class _Pair:
    """Make and use tables of a region as spreadsheets of the contract."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.industries: dict[str, str] = {}
        self.categories: dict[str, tuple[str, str]] = {}
        self.supply: list[list[Any]] = []
        self.use: list[list[Any]] = []
        self.guesses: list[tuple[str, str, str, str]] = []
        self.gdp = 0.0


def _pair(supply: Rectangle, use: Rectangle) -> _Pair:
    pair = _Pair(use.sheet.where())
    supply = _upright(supply, use, pair)
    products = [label for label in supply.rows if label in use.rows]
    industries = [label for label in supply.columns if label in use.columns]
    lost = [
        *(supply.rows[k] for k in without_totals(supply.rows, supply.values)),
        *(supply.columns[k] for k in without_totals(supply.columns, supply.values.T)),
    ]
    lost = [label for label in lost if label not in products and label not in industries]
    if len(products) < 2 or len(industries) < 2 or lost:
        raise DataError(
            f"its rows and columns are not those of {supply.sheet.where()} "
            f"({', '.join(lost[:3]) or 'nothing in common'})",
            where=use.sheet.where(),
            fix="give both tables the same labels of products and industries.",
        )
    codes = guesses.codes_of(industries, "S")
    names = (
        next((t.names[label] for t in (supply, use) if t.names.get(label)), label)
        for label in industries
    )
    pair.industries = dict(zip(codes, names, strict=True))
    into = use.part(use.rows, industries)
    bought = into[[use.rows.index(label) for label in products]]
    final = _final(pair, use, products, industries)
    order = [*pair.categories, *(key for key in final if key not in pair.categories)]
    made = supply.part(products, industries)
    pair.supply, pair.use = [["product", *codes]], [["product", *codes, *order]]
    for k, label in enumerate(products):
        pair.supply.append([label, *map(plain_number, made[k])])
        cells = [*bought[k], *(final[key][k] for key in order)]
        pair.use.append([label, *map(plain_number, cells)])
    pair.use += _items(pair, use, products, into)
    return pair


def _upright(supply: Rectangle, use: Rectangle, pair: _Pair) -> Rectangle:
    """The supply table, products down: a make table has industries there. By its labels, and where
    they are the same both ways by its name.
    """
    rows, columns = set(use.rows), set(use.columns)
    upright = len(rows & set(supply.rows)) + len(columns & set(supply.columns))
    turned = len(rows & set(supply.columns)) + len(columns & set(supply.rows))
    named = re.search("make", f"{supply.sheet.path.stem} {supply.sheet.name}", re.IGNORECASE)
    if turned < upright or (turned == upright and not named):
        return supply
    row = (supply.sheet.path.name, "make table", "rows are industries", "supply, turned")
    pair.guesses.append(row)
    return supply.turned()


def _final(
    pair: _Pair, use: Rectangle, products: Sequence[str], industries: Sequence[str]
) -> dict[str, np.ndarray]:
    """Columns of final demand and of accounts, (product,), by what they are taken for."""
    kept = [*use.part(products, industries).T]
    final: dict[str, np.ndarray] = {}
    for label in [label for label in use.columns if label not in industries]:
        values, said = use.part(products, [label])[:, 0], [label, use.names.get(label, "")]
        account = guesses.account(said)
        total = re.search(r"\btotal", " ".join(said), re.IGNORECASE) or is_sum(values, kept)
        if account == "output" or (total and (not account or account in final)):
            key = TOTAL
        else:
            guess = guesses.category(said) if not account else ""
            key = account or guesses.unique([*pair.categories, guess or _plain(label)])[-1]
            if not account:
                pair.categories[key] = (use.names.get(label) or label, guess)
            kept.append(values)
            below = account in ("imports", "inflow") and values.sum() < 0
            final[key] = -values if below else values
        pair.guesses.append((use.sheet.path.name, "column", label, key))
    if not pair.categories:
        raise DataError(
            "no column of final demand beside the industries", where=pair.where, fix=FIX_LEFT
        )
    return final


def _items(
    pair: _Pair, use: Rectangle, products: Sequence[str], into: np.ndarray
) -> list[list[Any]]:
    """Rows of value added as the contract has them: what is below the products, but sums."""
    kept: list[np.ndarray] = []
    items: list[list[Any]] = []
    for label, values in zip(use.rows, into, strict=True):
        said = f"{label} {use.names.get(label, '')}"
        total = re.search(r"\btotal|output", said, re.IGNORECASE) or is_sum(values, kept)
        if label in products or total or not values.any():
            continue
        kept.append(values)
        items.append([_plain(label), *map(plain_number, values)])
        pair.guesses.append((use.sheet.path.name, "row", label, "value added"))
    if not items:
        raise DataError("no row of value added below the products", where=pair.where, fix=FIX_LEFT)
    pair.gdp = float(np.sum(kept))
    return items


def _plain(label: str) -> str:
    return re.sub(r"[^\w.-]+", "_", label).strip("_-")[:40].lower() or "item"
