"""The entrance check of the dataset contract: a folder is checked as a whole, whatever country it
describes.

`faults_of` lists everything that breaks docs/contracts.md, each with file, place, value,
expectation and fix; nothing after it meets a dataset that breaks it. Rules that one
table keeps by itself: `tables`, `io_tables`; what compares tables with one another is here; units
and levels: `levels`; polygons: `boundaries`.
"""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from ...base import roundoff
from ...base.concordance import classification_faults
from ...base.errors import CityMRIOError, DataError, first_names
from ...base.money import CURRENCY, parse_money
from ...base.vocabulary import HOUSEHOLDS, PRICES, ROLES
from ...base.words import names_in, set_words
from .. import benchmarks
from ..cells import looks, odd_letter
from .boundaries import boundary_faults
from .folder import InputFolder
from .inventories import inventory_faults
from .io_tables import table_faults
from .levels import level_faults
from .tables import OBSERVATIONS, Table, code_faults, measures

#: What a code may not hold: it separates lists, or parts of paths and tables, or cannot be in the
#: name of a file or a sheet.
CODE_FAULT = re.compile(r"[;,/\\'\"\s:*?\[\]<>|]")
#: Longest code: codes name files.
LONGEST = 64
#: Codes of provinces name files.
PROVINCE_CODE = re.compile(r"[A-Za-z0-9]+", re.ASCII)
#: Levels at which a stressor may be known, and what a message calls each.
STRESSOR_LEVELS = {"region": "the region", "province": "its province", "country": "the country"}
#: A word of `words`: letters, and what joins them.
WORD = re.compile(r"[^\W\d_]+(?:[ '’-][^\W\d_]+)*")


def faults_of(
    data: InputFolder, *, year: int | None = None, levels: bool = True
) -> list[CityMRIOError]:
    """Every fault of a folder that was read. From now on all is said in its words.

    Parameters
    ----------
    year
        The year the configuration says.
    levels
        Whether amounts must be plausible (units, per capita, cities against their province), or
        only the form counts.
    """
    regions = [data.tables[name].frame for name in ("regions",) if name in data.tables]
    set_words(data.info if _sound(data.info.get("words")) else {}, names_in(*regions))
    faults = [*data.faults, *_info_faults(data, year)]
    for check in (
        _region_faults,
        _list_faults,
        _bridge_faults,
        _reference_faults,
        _stressor_faults,
    ):
        faults += check(data)
    faults += given_faults(data) if data.given else [*_table_faults(data), *inventory_faults(data)]
    if (
        levels and not faults and not data.given
    ):  # levels of tables that are not sound would only repeat their faults in other words
        faults += level_faults(data)
    return faults + boundary_faults(data.boundaries, data.column("regions", "region"))


def given_faults(data: InputFolder) -> Iterator[DataError]:
    """Regions without emissions, accounts that are categories as well."""
    if data.whole("emissions") and data.whole("regions"):
        told, where = set(data.column("emissions", "region")), data.place("emissions")
        yield from [
            DataError(
                f"region '{code}' has no row; expected its emissions",
                where=where,
                fix="add them, 0 where there are none.",
            )
            for code in data.column("regions", "region")
            if code not in told
        ]
    if accounts := data.tables.get("accounts"):
        outside = accounts.frame["role"].isin(["exports", "error"])
        yield from accounts.faults(
            outside & accounts.frame["name"].isin(data.column("final_demand", "category")),
            "'{name}' is a category of final_demand as well; expected one or the other",
            "remove it from one of them.",
        )


def _sound(words: Any) -> bool:
    """Whether `words` of dataset.json can be spoken."""
    return (
        isinstance(words, dict)
        and words.keys() <= {"region", "group", "country"}
        and all(
            isinstance(forms, list)
            and len(forms) in (2, 3)
            and all(isinstance(form, str) and WORD.fullmatch(form) for form in forms)
            for forms in words.values()
        )
    )


def _info_faults(data: InputFolder, year: int | None) -> list[DataError]:
    info = data.info
    given, currency, rate = info.get("year"), info.get("currency"), info.get("usd_rate")
    whole = isinstance(given, int) and not isinstance(given, bool) and 1900 <= given <= 2100
    name, money = info.get("name"), parse_money(info.get("unit"))
    known = isinstance(currency, str) and CURRENCY.fullmatch(currency)
    rate = rate if isinstance(rate, int | float) and not isinstance(rate, bool) else -1
    prices = str(info.get("price_basis")).replace("’", "'").startswith(PRICES)
    kinds = (
        ("sources", list, "a list"),
        ("notes", list, "a list"),
        ("product_taxes", list, "a list"),
        ("classification", str, "a name"),
        ("counts", dict, "keys and values"),
    )
    expected: list[tuple[str, bool, str, str]] = [
        ("name", isinstance(name, str) and bool(name.strip()), "a name", ""),
        ("year", whole, "a year such as 2012", ""),
        (
            "year",
            not whole or year in (None, given),
            f"{year}, the year of the configuration",
            f"set dataset.year: {given}, or bring data of {year}.",
        ),
        ("currency", bool(known), "a code of three letters such as EUR", ""),
        (
            "unit",
            not known or (money is not None and money.currency == currency),
            f"a power of ten of the currency, such as '10^6 {currency}', 'million {currency}' or "
            f"'1000 {currency}'",
            "name the unit in which all money is given.",
        ),
        ("usd_rate", 0 < rate < 1e6, f"{currency} per US dollar, above 0", ""),
        (
            "usd_rate",
            currency != "USD" or rate in (1, -1),
            "1, since the currency is USD",
            "",
        ),
        (
            "price_basis",
            prices,
            f"{', '.join(PRICES)} (more words may follow)",
            "say which prices the tables have.",
        ),
        (
            "emission_unit",
            info.get("emission_unit") == "t CO2",
            "'t CO2'",
            "give all emissions in t CO2.",
        ),
        (
            "import_mode",
            info.get("import_mode") == "total",
            "'total' (in spreadsheets also 'home')",
            "uses include imports and inflows; see docs/contracts.md.",
        ),
        ("synthetic", isinstance(info.get("synthetic"), bool), "true or false", ""),
        (
            "words",
            _sound(info.get("words")),
            "for region, group and country one word, its plural and perhaps the word in Chinese",
            "write it as region: state / states / 州; group: division / divisions.",
        ),
        *((key, isinstance(info.get(key), kind), name, "") for key, kind, name in kinds),
    ]
    return [
        DataError(
            f"key '{key}' is {info[key]!r}; expected {words}",
            where=data.info_place,
            fix=fix or "correct it.",
        )
        for key, sound, words, fix in expected
        if key in info and not sound
    ]


def _code_shapes(table: Table, column: str, shape: re.Pattern | None = None) -> Iterator[DataError]:
    like: dict[str, str] = {}
    for row, value in table.frame[column].drop_duplicates().items():
        if not value:
            continue
        problem = (
            f"column '{column}' is '{value if len(value) <= LONGEST else value[:LONGEST] + '...'}'"
        )
        if len(value) > LONGEST:
            problem += f", {len(value)} characters; expected at most {LONGEST}"
        elif (odd := odd_letter(value)) is not None:
            problem += f", whose {odd}; expected characters that can be told apart"
        elif shape and not shape.fullmatch(value):
            problem += "; expected letters a-z and digits (it names a file)"
        elif not shape and CODE_FAULT.search(value):
            problem += (
                "; expected no blanks, quotes, slashes, commas, semicolons or : * ? [ ] < > |"
            )
        elif (other := like.setdefault(looks(value), value)) != value:
            problem += f", which looks like '{other}'; expected codes that can be told apart"
        else:
            continue
        yield table.fault(int(row), problem, "change the code everywhere.")


def _region_faults(data: InputFolder) -> Iterator[DataError]:
    if (table := data.tables.get("regions")) is None:
        return
    regions, where = table.frame, data.place("regions")
    if regions.empty:
        yield DataError("there is no region", where=where, fix="give one row per region.")
        return
    yield from _code_shapes(table, "region")
    yield from _code_shapes(table, "province", PROVINCE_CODE)
    if regions["kind"].eq("province").all():
        yield DataError(
            "no region is a city or a municipality; expected some: there is nothing to estimate",
            where=where,
            fix="split at least one province into cities.",
        )
    by_province = regions.groupby("province")
    first_name = by_province["province_name"].transform("first")
    yield from table.faults(
        regions["province_name"] != first_name,
        "province '{province}' is called '{province_name}'; expected '{first}' as above",
        "give a province one name (or is the code wrong?).",
        first=first_name,
    )
    if data.given:  # their order is that of the table; nothing is split or kept whole
        return
    order = regions.sort_values(["province", "region"], kind="stable").index.to_numpy()
    for row in np.flatnonzero(order != np.arange(len(order)))[:1].tolist():
        yield table.fault(
            row,
            f"region '{regions['region'].iloc[row]}' is out of order; expected "
            f"'{regions['region'].iloc[order[row]]}'",
            "sort by province, region.",
        )
    first_code = regions.groupby(regions["province"].str.lower())["province"].transform("first")
    yield from table.faults(
        regions["province"] != first_code,
        "provinces '{first}' and '{province}' differ in capitals only; expected different codes",
        "they name files; change one.",
        first=first_code,
    )
    count = by_province["region"].transform("size")
    whole = regions[regions["kind"].isin(["municipality", "province"]) & (count > 1)]
    yield from table.faults(
        regions.index.isin(whole.drop_duplicates("province").index),
        "region '{region}' is of kind '{kind}', but province '{province}' has {count} regions; "
        "expected one",
        "a municipality or an unsplit province is the only region of its province.",
        count=count,
    )


def _list_faults(data: InputFolder) -> Iterator[DataError]:
    for name, column in (
        ("sectors", "sector"),
        ("final_demand", "category"),
        ("inventory_sectors", "inventory_sector"),
        ("fuels", "fuel"),
        ("stressors", "stressor"),
    ):
        if name in data.tables:
            yield from _code_shapes(data.tables[name], column)
            if not len(data.tables[name].frame) and name != "fuels":
                yield DataError(
                    "there is no row", where=data.place(name), fix="see docs/contracts.md."
                )
    for name, column in (  # other tables or the program find these labels by their text
        ("sectors", "group_a"),
        ("sectors", "group_b"),
        ("inventory_sectors", "key"),
        ("benchmarks", "parameter"),
    ):
        yield from data.faulty(
            name,
            column,
            odd_letter,
            f"column '{column}' is '{{{column}}}', whose {{why}}; expected characters that can be "
            "told apart",
            "write it with plain letters.",
        )
    by_households = data.given or "stressors" in data.tables
    yield from data.faulty(
        "sectors",
        "sector",
        lambda code: by_households and code == HOUSEHOLDS,
        "column 'sector' is '{sector}', which stands for the direct emissions and use of "
        "households; expected another code",
        "change the code everywhere.",
    )
    if "final_demand" in data.tables:
        where, demand = data.place("final_demand"), data.tables["final_demand"]
        roles = demand.frame["role"]
        for role, least, most in (
            ("stock_changes", 0 if data.given else 1, 1),
            ("capital", 1, None),
            ("household", 1, None),
        ):
            count = int(roles.eq(role).sum())
            if set(roles) <= set(ROLES) and (count < least or (most is not None and count > most)):
                expected = (
                    ("at most one" if data.given else "exactly one") if most else "at least one"
                )
                yield DataError(
                    f"{count} categories have the role '{role}'; expected {expected}",
                    where=where,
                    fix="give every role its categories.",
                )
        yield from demand.faults(
            demand.frame["category"].isin(data.column("sectors", "sector")),
            "'{category}' is a sector and a category; expected different codes",
            "rename the category.",
        )


def _bridge_faults(data: InputFolder) -> Iterator[DataError]:
    if not (data.whole("bridge") and data.whole("inventory_sectors") and "sectors" in data.tables):
        return
    bridge, listed = data.tables["bridge"], data.tables["inventory_sectors"]
    bridged, kind = (
        listed.frame["inventory_sector"].isin(bridge.frame["inventory_sector"]),
        listed.frame["kind"],
    )
    for wrong, state in (
        (kind.eq("production") & ~bridged, "has no sector in the bridge"),
        (
            kind.eq("household") & bridged,
            "is of kind household, yet the bridge gives it a sector",
        ),
    ):
        yield from listed.faults(
            wrong,
            f"inventory sector '{{inventory_sector}}' {state}; expected sectors for production "
            "alone",
            "correct the bridge or the kind.",
        )


def _reference_faults(data: InputFolder) -> Iterator[DataError]:
    """Codes that are not in the tables their columns refer to."""
    for name, schema in data.schemas.items():
        for column, about in schema.columns.items():
            if name not in data.tables or "refers" not in about.metadata:
                continue
            other, value, instead = about.metadata.get("instead", (column, None, ""))
            rows = data.tables[name].frame[other].eq(value) if instead else None
            for listed_in, chosen in (
                (about.metadata["refers"], None if rows is None else ~rows),
                (instead, rows),
            ):
                if not listed_in or not data.whole(listed_in):
                    continue
                listed = data.schemas[listed_in].columns
                key = column if column in listed else next(iter(listed))
                also = about.metadata.get("also", ())
                called = (
                    f"{listed_in} (or {', '.join(map(repr, also))}, or blank)"
                    if also
                    else listed_in
                )
                known, many = (
                    [*data.column(listed_in, key), *also],
                    about.metadata.get("many", False),
                )
                yield from code_faults(
                    data.tables[name], column, known, listed_in=called, many=many, rows=chosen
                )
    for name in ("observations", "extras"):
        yield from _unit_faults(data, name)
        yield from data.faulty(
            name,
            "category",
            data.stocks.__contains__,
            "column 'category' is '{category}', stock changes; expected another category",
            "leave the row out.",
        )
    if data.whole("inventory_sectors"):
        keys = [key for key in dict.fromkeys(data.column("inventory_sectors", "key")) if key]
        yield from data.faulty(
            "benchmarks",
            "parameter",
            lambda name: name and benchmarks.nearest_parameters(name, keys),
            "nothing reads the parameter '{parameter}' ({why})",
            "correct or remove the row.",
        )


def _unit_faults(data: InputFolder, name: str) -> list[DataError]:
    """Shares of cities in a sum whose parts are in different units (what an amount is in:
    `given_units`).
    """
    if name not in data.tables:
        return []
    table = data.tables[name]
    frame = table.frame[measures(table.frame) == "share"].assign(
        province=lambda t: t["region"].map(data.owner)
    )
    key = ["province", *(column for column in OBSERVATIONS.unique if column != "region")]
    first = frame.groupby(key, dropna=False)["unit"].transform("first").reindex(table.frame.index)
    return table.faults(
        first.notna() & (table.frame["unit"] != first),
        "column 'unit' is '{unit}'; expected '{first}', as in the first row of this sum",
        "convert the value.",
        first=first,
    )


def _table_faults(data: InputFolder) -> Iterator[DataError]:
    sectors, demand = data.column("sectors", "sector"), data.tables.get("final_demand")
    if demand is None or not sectors:
        return
    lists = sectors, demand.frame["category"].tolist(), data.stocks
    unit, items = data.info.get("unit"), None
    sound = True
    for code, table in sorted(data.provinces.items()):
        where, lines = data.io_places[code], data.lines.of(code) if data.lines else None
        faults = classification_faults(table, data.tables["sectors"].frame, where)
        faults += table_faults(table, *lists, where, unit=unit, lines=lines)
        sound = sound and not faults
        yield from faults
        found = [*map(str, table["item"].values)] if "item" in table.coords else []
        if items is not None and found and found != items[0]:
            odd = sorted(set(found) ^ set(items[0])) or found
            yield DataError(
                f"value-added items differ from those of {items[1]} ('{odd[0]}'); expected "
                f"{', '.join(items[0])}",
                where=where,
                fix="give every table the same items in the same order.",
            )
        items = items or ((found, where) if found else None)
    yield from [
        DataError(
            f"is the same as the table of province '{one}'; expected the province's own",
            where=data.io_places[other],
            fix="one of them was copied over the other.",
        )
        for one, other in combinations(sorted(data.provinces), 2)
        if data.provinces[one].equals(data.provinces[other])
    ]
    for code in data.provinces if len(data.codes) == 1 and sound else ():
        table = data.provinces[code]
        for flow in ("outflow", "inflow"):
            total = np.array(table[flow].sum(), float)
            if roundoff.difference(total, table["output"].values.sum()) != 0:
                yield DataError(
                    f"{flow} adds up to {total:.6g}, and there is no other province; expected none",
                    where=data.io_places[code],
                    fix="add it to the trade with foreign countries, or bring the other provinces.",
                )
    if data.national is not None:
        where = data.io_places[""]
        yield from classification_faults(data.national, data.tables["sectors"].frame, where)
        yield from table_faults(data.national, *lists, where, unit=unit, nation=True)


def _stressor_faults(data: InputFolder) -> Iterator[DataError]:
    """Regions for which a stressor has no rows, or rows of several levels, which would count
    twice.
    """
    if not (data.whole("stressors") and data.whole("regions")):
        return
    rows, regions = data.tables["stressors"].frame, data.tables["regions"].frame
    for stressor, own in rows.groupby("stressor", sort=False):
        # a row that names no sector of either list is the total of a region
        known = own[own["sector"].ne("") | own["inventory_sector"].ne("")]
        found = pd.DataFrame(
            {
                "region": regions["region"].isin(known["region"]),
                "province": regions["province"].isin(known["province"]),
                "country": bool((known["region"].eq("") & known["province"].eq("")).any()),
            }
        )
        yield from [
            DataError(f"stressor '{stressor}': {message}", where=data.place("stressors"), fix=fix)
            for message, fix in _spoken_for(found, regions)
        ]


def _spoken_for(found: pd.DataFrame, regions: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Messages and fixes of one stressor; `found`: whether there are rows by sector for each of
    the regions, in their order, at each level.
    """
    count = found.sum(axis=1)
    for wrong, message, fix in (
        (
            count == 0,
            "no row by sector speaks for {}; expected rows of the region, its province or the "
            "country",
            "add them, 0 where there is none.",
        ),
        (
            count > 1,
            "rows of {} say the amounts of {} twice; expected one of these levels",
            "keep the finest level that has all sectors.",
        ),
    ):
        alike = [tuple(row) for row in found[wrong].to_numpy()]
        for levels, rows in regions[wrong].groupby(
            pd.Series(alike, regions.index[wrong], dtype=object)
        ):
            called = " and of ".join(
                STRESSOR_LEVELS[name]
                for name, has in zip(STRESSOR_LEVELS, levels, strict=True)
                if has
            )
            named = f"region {first_names(rows['region'].tolist())}"
            yield message.format(*filter(None, (called, named))), fix
