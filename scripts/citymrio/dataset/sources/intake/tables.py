"""Intake of tables of single regions: symmetric ones, or make and use tables, become the folder of
kind `user`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from ....base.errors import CityMRIOError, DataError, raise_faults
from ....base.money import CODES, parse_money
from ....base.printed_names import differing_names
from ....base.units import BEHIND
from ...printed_trade import RE_EXPORTS
from ...sums import Sums, printed_step
from ...workbook import UNIT, YEAR, Sheet, letters, words
from ..china.emissions import plain, read_by_region, region_of
from ..template import HEADERS
from . import guesses
from .found import FIX_LEFT, Asked, Found
from .sheets import ASIDE, BLANK, Rectangle, Table, without_totals

#: Words of a title around the name of its place.
TITLE = re.compile(
    r"^(?P<name>.+?)[\s,]*(?:19|20)\d\d\s*年?\s*(?:投入产出|input|io)", re.IGNORECASE
)
NATION = re.compile(r"^(national?|country|nation|china|total)\b|全国|中国", re.I | re.M)
MAKE = re.compile(r"make|supply", re.IGNORECASE)
USE = re.compile(r"use", re.IGNORECASE)
#: Lists that name the rows and columns of an inventory.
OF_INVENTORY = ("inventory_sectors", "fuels")
#: Columns of regions.csv by which sheets may be named.
NAMED = ("region", "name", "province_name", "province")
#: Model of supply and use tables: industry by industry, any number of products.
MODEL = "D"


def found_of(folder: Path, tables: Mapping[str, Table], asked: Asked) -> Found:
    """The lists of tables by region; the key is the name of the file, or of the sheet; of make and
    use tables what their names have in common.

    Raises
    ------
    DataError
        Tables with other sectors or categories than most, and what no file says, all at once.
    """
    found = Found("user")
    sectors = _most([tuple(table.sectors) for table in tables.values()])
    alike = [table for table in tables.values() if tuple(table.sectors) == sectors]
    categories = _most([tuple(table.categories) for table in alike])
    faults = [
        DataError(
            f"has {len(own)} {what}, most tables have {len(most)} (in one only: "
            f"{', '.join(sorted({*own} ^ {*most})[:3])})",
            where=table.sheet.where(),
            fix=f"bring it to the same {what}, or {FIX_LEFT}",
        )
        for table in tables.values()
        for what, own, most in (
            ("sectors", (*table.sectors,), sectors),
            ("categories of final demand", (*table.categories,), categories),
        )
        if own != most
    ]
    raise_faults([*faults, *_named_otherwise(alike)])
    first, nation = alike[0], _nation(tables)
    keys = [key for key in tables if key != nation]
    codes = dict(zip(keys, guesses.codes_of(keys, "R"), strict=True)) or {str(nation): "nation"}
    called = {nation: folder.name} if first.made is not None else {}
    names, gdp = (
        [_place(tables[key].title, called.get(key, key)) for key in codes],
        [float(np.sum([*tables[key].items.values()])) for key in codes],
    )
    regions = guesses.regions_list([*codes.values()], names, gdp, "municipality")
    found.tables["regions"] = regions.sort_values(["province", "region"], ignore_index=True)
    province = dict(zip(regions["region"], regions["province"], strict=True))
    seen: dict[tuple[str, str, str], list[str]] = {}
    for key, table in tables.items():
        path = "national" if key == nation else f"provinces/{province[codes[key]]}"
        for end, (sheet, rows) in table.cells().items():
            found.cells[f"{path}{end}"] = rows
            found.used[sheet.path] = f"{found.used.get(sheet.path, '')} {path}{end}.csv".strip()
        for part in filter(None, (table, table.imported)):
            for guess in part.said:
                seen.setdefault(guess, []).append(part.sheet.path.name)
                if guess[2].startswith((ASIDE, BLANK)):
                    found.said.append(f"{part.sheet.where()}, {': '.join(guess)}")
    found.guesses += [
        (files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more", *guess)
        for guess, files in seen.items()
    ]
    found.tables["sectors"] = guesses.sectors_list(first.sectors, first.names, keys=True)
    found.tables["final_demand"] = guesses.demand_list(
        categories, *zip(*(first.categories[name] for name in categories), strict=True)
    )
    found.calibrate = nation is not None
    _of_user(found)
    titles = [table.title for table in tables.values()]
    files = [table.sheet.path.stem for table in tables.values()]
    year, unit = _said(titles, [folder.name, *tables, *files])
    found.about(folder.name, year, unit, asked)
    for table in tables.values():
        found.said += _said_otherwise(table, asked.year or year, asked.unit or unit)
    found.info |= {"price_basis": basis} if (basis := guesses.prices(titles)) else {}
    if first.made is not None:
        found.info["supply_use_model"] = MODEL
        found.said.append(
            f"make and use tables become symmetric by model {MODEL}, industry by industry (key "
            "supply_use_model of dataset.csv)"
        )
    return found


def _named_otherwise(tables: Sequence[Table]) -> Iterator[DataError]:
    """A fault for every table whose codes are those of the others, with other sectors' names beside
    them: two classifications.
    """
    first, *others = tables
    names = {code: [name] for code, name in zip(first.sectors, first.names, strict=True)}
    for table in others:
        own = {code: [name] for code, name in zip(table.sectors, table.names, strict=True)}
        if odd := differing_names(own, names):
            shown = "; ".join(f"{c} is '{a}', there '{b}'" for c, (a, b) in [*odd.items()][:3])
            yield DataError(
                f"has the codes of {first.sheet.path.name} with other names, {len(odd)} of "
                f"{len(own)}: {shown}",
                where=table.sheet.where(),
                fix=f"bring both to one classification, or {FIX_LEFT}",
            )


def _most(values: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return Counter(values).most_common(1)[0][0]


def _nation(tables: Mapping[str, Table]) -> str | None:
    """The key of the national table: the only one that there is, is called so (or not at all), or
    has no trade with other regions where all others have; None for none.
    """
    if len(tables) == 1:
        return next(iter(tables))
    named = [k for k, t in tables.items() if not k or NATION.search(f"{k}\n{_place(t.title, k)}")]
    apart = [key for key, table in tables.items() if "outflow" not in table.values]
    apart = apart if len(tables) > 2 else []
    return next((of[0] for of in (named, apart) if len(of) == 1), None)


def _place(title: str, key: str) -> str:
    said = TITLE.search(title.split(" | ")[0])
    return said["name"].strip() if said else key


def year_of(sheet: Sheet) -> str:
    """The year by which a sheet, or its file, is called; "" for none."""
    return next(iter(YEAR.findall(f"{sheet.name} {sheet.path.stem}")), "")


def several_years(titles: Iterable[tuple[Sheet, str]], asked: int | None) -> str:
    """Years of tables that cannot be of one dataset: those by which their sheets or files are
    called, unless the year is `asked` for, or those in the titles of tables of one place.
    """
    years: dict[str, set[str]] = {}
    for sheet, title in titles:
        own, place = year_of(sheet), _place(title, "")
        if own and not asked:
            years.setdefault("", set()).add(own)
        elif place and not own:
            years.setdefault(place, set()).update(YEAR.findall(title)[:1])
    return next((", ".join(sorted(of)) for of in years.values() if len(of) > 1), "")


def key_of(table: Table, *, alone: bool) -> str:
    """What the region of a table is called: its file, or its sheet where the file has several
    tables, without a year.
    """
    stem, name = table.sheet.path.stem, table.sheet.name
    names = (stem,) if alone else (name, stem)
    bare = [re.sub(rf"[\W_]*{YEAR.pattern}\s*年?", "", text).strip("_-. ") for text in names]
    key = next(filter(None, bare), names[0])
    return plain_name(key) if table.imported else key


#: A unit of money in words: million EUR, Millions of dollars, Mio. EUR.
MILLIONS = re.compile(
    r"\b(?:thousand|million|billion|trillion|mio|mln|mrd)[s.]?(?: of)? \w+", re.IGNORECASE
)


def _said(titles: Sequence[str], names: Sequence[str]) -> tuple[int | None, str]:
    """The year and the unit of money that most titles say; the year also by the names of files. Of
    several years in a title the first counts: others are those of revisions and publications.
    """
    years = [y for title in titles for y in YEAR.findall(title)[:1]]
    years = years or [y for name in names for y in YEAR.findall(name)]
    said = [u for title in titles for u in UNIT.findall(unicodedata.normalize("NFKC", title))]
    units = [u if parse_money(u) else words(u) for u in said]
    # GDP million EUR: what stands behind "million" comes first
    patterns = (MILLIONS, BEHIND)
    units = units or [
        u
        for of in patterns
        for title in titles
        for u in of.findall(title)
        if (money := parse_money(u)) is None or money.currency in CODES
    ]
    units = [*filter(parse_money, units)] or units
    return (
        int(Counter(years).most_common(1)[0][0]) if years else None,
        Counter(units).most_common(1)[0][0] if units else "",
    )


def _said_otherwise(table: Table, year: int | None, unit: str) -> Iterator[str]:
    """Where the title of a table says another year or unit of money than those that are taken."""
    own_year, own_unit = _said([table.title], [])
    same_unit = parse_money(own_unit) in (None, parse_money(unit))
    for what, mine, taken, same in (
        ("year", own_year, year, own_year in (None, year)),
        ("unit of money", own_unit, unit, same_unit),
    ):
        if not same:
            yield (
                f"{table.sheet.where()}: the {what} of its title is {mine}, it is taken for "
                f"{taken}. Fix: bring it to the same {what}, or {FIX_LEFT}"
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
    blank = ("inventory", "observations", "benchmarks")
    found.tables |= {name: pd.DataFrame(columns=HEADERS[name]) for name in blank}


def inventory_of(
    path: Path, sheets: Sequence[Sheet], found: Found, lists: Mapping[str, pd.DataFrame]
) -> None:
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
    regions = found.tables["regions"].to_dict("records")
    known = {plain(of[key]): of["province"] for of in regions for key in NAMED}
    read = read_by_region(sheets, known, path, *(lists[name] for name in OF_INVENTORY))
    parts = [part.assign(province=province, activity="") for province, part in read.items()]
    found.tables["inventory"] = pd.concat(parts)[HEADERS["inventory"]]
    strange = [sheet for sheet in sheets if not region_of(sheet, known)]
    found.say_unread(strange, "is of no region of the tables")


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


def read_pair(supply: Rectangle, use: Rectangle, told: Mapping[str, str]) -> Table:
    """The make (or supply) and use tables of a region; `told` is the meaning of columns that
    somebody gave.

    Raises
    ------
    DataError
        Rows or columns of one are not those of the other; no value added or final demand.
    """
    supply, how = _upright(supply, use)
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
    names = [
        next((t.names[label] for t in (supply, use) if t.names.get(label)), label)
        for label in industries
    ]
    made = supply.part(products, industries)
    table = Table(
        use.sheet,
        products,
        guesses.codes_of(industries, "S"),
        names,
        use.part(products, industries),
        f"{supply.title} | {use.title}",
        supply.sheet,
        made,
        said=how,
    )

    def words_of(label: str) -> list[str]:
        return [*dict.fromkeys(filter(None, [label, use.names.get(label, "")]))]

    beside = [label for label in use.columns if label not in industries]
    table.take_columns(
        (
            (-1, words_of(label), words_of(label)[-1], use.part(products, [label])[:, 0])
            for label in beside
        ),
        told,
    )
    table.values["output"] = made.sum(axis=0)
    below = [label for label in use.rows if label not in products]
    rows = ((-1, words_of(label), use.part([label], industries)[0]) for label in below)
    table.take_rows(row for row in rows if row[2].any())
    del table.values["output"]
    table.say_blank(supply.blank(*products, *industries), " of the supply table")
    blank = use.blank(*products, *industries, *beside)
    table.say_blank([*dict.fromkeys([*blank, *use.blank(*below, *industries)])])
    return table


#: What imports may be besides used here, and columns of their sums.
ONWARD, SUMS = ("exports", "outflow"), ("imports", "output")
#: Why a line of corrections.csv is proposed.
WHY = "imports do not add up"
#: Words of names by which sheets of home and of imported products differ.
IMPORTED = r"import(?:ed|s)?|进口|(?<![a-z])imp(?![a-z])"
PARTS = re.compile(rf"{IMPORTED}|domestic|home|total|国内|(?<![a-z])dom(?![a-z])", re.IGNORECASE)


def plain_name(text: str) -> str:
    """A name of a file or sheet without these words."""
    return PARTS.sub("", text).strip("_-. ") or text


def says_imports(sheet: Sheet, told: Mapping[str, str]) -> bool:
    """Whether a sheet, its title or its file is called imports, or somebody says that it is."""
    if sheet.name in told:
        return told[sheet.name] == "imports"
    titles = [cell for row in sheet.rows[:5] for cell in row if isinstance(cell, str)][:3]
    return any(re.search(IMPORTED, text, re.I) for text in (sheet.name, sheet.path.stem, *titles))


def beside(sheet: Sheet, read: Mapping[Path, Sequence[Table]]) -> Table | None:
    """The table to which a sheet of imports belongs: the only other one of its file, or the one of
    a sheet or file whose name is alike.
    """
    own = read.get(sheet.path, [])
    if len(own) > 1:
        name = plain_name(sheet.name)
        own = [table for table in own if plain_name(table.sheet.name) == name]
    elif not own:
        name = plain_name(sheet.path.stem)
        files = [of for path, of in read.items() if plain_name(path.stem) == name]
        own = [table for of in files for table in of]
    return own[0] if len(own) == 1 and own[0].imported is None else None


def give_imports(table: Table) -> list[CityMRIOError]:
    """Make total use (in place) of home products and the imported ones beside them: the account of
    imports, and exports with what is sold abroad again. A table with a column of imports is total
    use already. What does not add up between the two is returned.

    Raises
    ------
    DataError
        Home products without imported ones; two tables that have not the same sectors and
        categories, or a column that imports do not have.
    """
    imported, at = table.imported, next(iter(table.bought), 0)
    if imported is None:
        if table.bought:
            raise DataError(
                f"row {at + 1} is '{table.bought[at][0]}': the rows above hold home products only",
                where=table.sheet.where(at),
                fix="put the use of imports beside it, as a sheet or a file of a name alike "
                "(NO_home.xlsx, NO_imports.xlsx), or leave the file out with --without.",
            )
        return []
    if "exports" not in imported.values and RE_EXPORTS in imported.values:
        imported.values["exports"] = imported.values.pop(RE_EXPORTS)
        imported.places["exports"] = imported.places.pop(RE_EXPORTS)
    others = {*imported.values} - {*imported.categories, *ONWARD, *SUMS}
    raise_faults(
        [
            *_named_otherwise([table, imported]),
            *(
                DataError(
                    f"has other {what} than {table.sheet.where()} (in one only: "
                    f"{', '.join(sorted({*own} ^ {*other})[:3]) or 'none, in another order'})",
                    where=imported.sheet.where(),
                    fix="give both the same, or say what a column is with --column.",
                )
                for what, own, other in (
                    ("sectors", table.sectors, imported.sectors),
                    (
                        "categories of final demand",
                        sorted(table.categories),
                        sorted(imported.categories),
                    ),
                )
                if own != other
            ),
            *(
                DataError(
                    f"column {letters(imported.places[name])} is {name}; expected uses of imports",
                    where=imported.sheet.where(),
                    fix=f"say what it is with --column, such as {', '.join(ONWARD)} or total.",
                )
                for name in sorted(others)
            ),
        ]
    )
    columns = [*table.categories, *(name for name in ONWARD if name in imported.values)]
    printed = next((name for name in SUMS if name in imported.values), "")
    own = imported.use(columns)
    faults = _sums_of_imports(table, imported, own, columns, printed)
    if "imports" not in table.values:
        table.inputs = table.inputs + imported.inputs
        for name in columns:
            table.values[name] = table.values.get(name, 0.0) + imported.values[name]
        table.values["imports"] = imported.values[printed] if printed else own.sum(axis=1)
    imported.values = {name: imported.values[name] for name in columns}
    return faults


def _sums_of_imports(
    table: Table, imported: Table, own: np.ndarray, columns: Sequence[str], printed: str
) -> list[CityMRIOError]:
    """Faults of the imports by product and use (`own`) against their printed sums: the column
    `printed` beside them, and the row below home products.
    """
    uses, n = [*table.sectors, *columns], len(table.sectors)
    totals, faults = [own.sum(axis=1), own.sum(axis=0)], list[CityMRIOError]()
    told = [imported.values[printed] if printed else totals[0], totals[1].copy()]
    for k, use in enumerate(uses):
        rows = [row for row in table.bought if table.sheet.rows[row][table.places[use]] is not None]
        if use in table.places and rows:
            told[1][k] = table.sheet.numbers(rows, [table.places[use]]).sum()
    gaps = [told[side] - totals[side] for side in (0, 1)]

    def place(side: int, k: int) -> str:
        if side == 0:
            return f"the use of imported {table.sectors[k]} (row {imported.top + k + 1})"
        return f"the use of imports by {uses[k]} (column {letters(imported.places[uses[k]])})"

    def mend(side: int, k: int, gap: float) -> str:
        crossing = np.flatnonzero(np.isclose(gaps[1 - side], gap, rtol=1e-6))
        if crossing.size == 1:  # the cell that a row and a column have in common
            i, j = (k, int(crossing[0])) if side == 0 else (int(crossing[0]), k)
            at, used = (imported.top + i, imported.places[uses[j]]), own[i, j] + gap
            return imported.sheet.fix(*at, used, WHY)
        sheet, row, column = (
            (imported.sheet, imported.top + k, imported.places[printed])
            if side == 0
            else (table.sheet, [*table.bought][-1], table.places[uses[k]])
        )
        return sheet.fix(row, column, sheet.number(row, column, blank=0.0) - gap, WHY)

    step = printed_step(own)
    for side, count in ((0, len(uses)), (1, n)):
        sums = Sums(
            ("row", "column")[side],
            totals[side],
            told[side],
            count,
            partial(place, side),
            partial(mend, side),
            called=("the printed sum", f"the row of imports of {table.sheet.where()}")[side],
        )
        faults += sums.faults(step, imported.sheet.where())
    return faults


def _upright(supply: Rectangle, use: Rectangle) -> tuple[Rectangle, list[tuple[str, str, str]]]:
    """The supply table, products down (a make table has industries there), and what is said of it.
    By its labels, and where they are the same both ways by its name.
    """
    rows, columns = set(use.rows), set(use.columns)
    upright = len(rows & set(supply.rows)) + len(columns & set(supply.columns))
    turned = len(rows & set(supply.columns)) + len(columns & set(supply.rows))
    named = re.search("make", f"{supply.sheet.path.stem} {supply.sheet.name}", re.IGNORECASE)
    if turned < upright or (turned == upright and not named):
        return supply, []
    return supply.turned(), [("make table", "rows are industries", "supply, turned")]
