"""CO2 inventories in the CEADs layout: provinces by sector and fuel, the nation by sector, cities
as totals.

Sheets have fuels across (plus process emissions and a printed total) and the 47 sectors down, in Mt
CO2.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from ....base.errors import CityMRIOError, DataError, first_names, gather_faults, raise_faults
from ....base.labels import EMISSIONS
from ....base.units import TONNES_PER_MT, conversion_factor
from ...contract.corrections import NONE, FileCorrections
from ...workbook import LISTED, Sheet, Workbook, header_row, words

#: Heading of the printed total; older workbooks, which have no scope 2, say `Total`.
TOTAL_COLUMNS = ("Scope 1 Total", "Total")
PROCESS_COLUMN = "Process"
#: Largest gap between a printed total and the sum of its parts, Mt (the sheets carry full
#: precision).
TOTAL_TOLERANCE = 1e-4


def plain(name: object) -> str:
    """A name reduced to its letters and digits, lower case, so that spaces and signs do not
    matter.
    """
    return re.sub(r"[^a-z0-9]", "", words(name).lower().replace("&", "and"))


def read_inventory_sheet(
    sheet: Sheet,
    sectors: pd.DataFrame,
    fuels: pd.DataFrame,
    corrections: FileCorrections = NONE,
) -> pd.DataFrame:
    """One inventory sheet as a long table: inventory_sector, fuel (fuels and `process`), emissions
    in t CO2.

    Raises
    ------
    DataError
        A fuel, sector or total is missing, or the unit is not Mt; every cell that is negative or
        not a number, and every total that does not add up.
    """
    printed, sheet = sheet, corrections.sheet(sheet)
    found = [
        (name, *head)
        for name in TOTAL_COLUMNS
        if (head := header_row(sheet, [name, PROCESS_COLUMN, *fuels.name], same=plain))
    ]
    if not found:
        raise DataError(
            f"no row holds the fuels ({fuels.name.iloc[0]}, ... {TOTAL_COLUMNS[0]})",
            where=sheet.where(),
            fix=LISTED,
        )
    total_column, header, columns = found[0]
    units = {
        str(value).strip()
        for row in sheet.rows[header + 1 : header + 2]
        for value in row[1:]
        if value is not None
    }
    if {conversion_factor(" ".join(unit.split()), EMISSIONS) for unit in units} != {TONNES_PER_MT}:
        said = ", ".join(sorted(units)) or "not given"
        raise DataError(
            f"the unit is {said}, 'Mt CO2' was expected", where=sheet.where(header + 1), fix=LISTED
        )
    wanted = {
        sector: plain(name)
        for sector, name in zip(sectors.inventory_sector, sectors.name, strict=True)
    }
    rows = _labels(sheet, header, min(columns.values()), set(wanted.values()))
    if lacking := [sectors.name[i] for i, name in enumerate(wanted.values()) if name not in rows]:
        raise DataError(
            f"the sectors {', '.join(lacking)} are missing", where=sheet.where(), fix=LISTED
        )
    places, total, faults = [columns[f] for f in (*fuels.name, PROCESS_COLUMN)], np.zeros(2), []
    records = []
    for sector, name in wanted.items():
        row = rows[name]
        values, bad = _amounts(sheet, row, places, corrections)
        before = [cell for k in places if isinstance(cell := printed.rows[row][k], int | float)]
        parts = np.array(
            [values.sum(), values.sum() if printed.rows is sheet.rows else sum(before)]
        )
        faults += bad or _gap(sheet, row, columns[total_column], parts, corrections)
        total += parts
        records += [
            (sector, fuel, value * TONNES_PER_MT)
            for fuel, value in zip([*fuels.fuel, "process"], values, strict=True)
        ]
    for name in rows if not faults else ():
        if name.startswith("total"):
            faults += _gap(sheet, rows[name], columns[total_column], total, corrections)
    raise_faults(faults)
    return pd.DataFrame(records, columns=["inventory_sector", "fuel", "emissions"])


def _labels(sheet: Sheet, header: int, before: int, wanted: set[str]) -> dict[str, int]:
    """Rows below the header by their labels, which stand in that column left of the fuels that
    names most sectors.
    """
    by_column = (
        {
            plain(row[column]): index
            for index, row in enumerate(sheet.rows[header + 1 :], header + 1)
            if len(row) > column and row[column] is not None
        }
        for column in range(before)
    )
    return max(by_column, key=lambda rows: len(wanted & set(rows)), default={})


def _amounts(
    sheet: Sheet, row: int, columns: list[int], corrections: FileCorrections
) -> tuple[np.ndarray, list[CityMRIOError]]:
    """Numbers of a row in Mt, and a fault for every cell that is below 0 or not a number."""
    values, faults = np.zeros(len(columns)), list[CityMRIOError]()
    for k, column in enumerate(columns):
        with gather_faults(faults):
            values[k] = corrections.amount(
                sheet, row, column, "emissions are {} Mt", blank=0.0, mend=(0, "emissions below 0")
            )
    return values, faults


def _gap(
    sheet: Sheet, row: int, column: int, parts: np.ndarray, corrections: FileCorrections
) -> list[CityMRIOError]:
    """The gap between a printed total and the sum of its parts, as corrected (0) and as printed
    (1), if neither agrees.
    """
    try:
        printed = sheet.number(row, column)
        problem = f"the printed total is {printed:.9g} Mt, its parts sum to {parts[0]:.9g} Mt"
        if (np.abs(printed - parts) <= TOTAL_TOLERANCE).any():
            return []
    except DataError as error:
        problem = error.message
    line = corrections.cell(
        sheet, row, column, float(parts[0]), "the total is not the sum of its parts"
    )
    return [DataError(problem, where=sheet.where(row, column), fix=line)]


def region_of(sheet: Sheet, known: Mapping[str, str]) -> str | None:
    """The code of the region whose name a sheet bears, perhaps with the year."""
    return known.get(plain(re.sub(r"\d{4}$", "", sheet.name.strip())))


def read_by_region(
    sheets: Iterable[Sheet],
    known: Mapping[str, str],
    where: Path,
    sectors: pd.DataFrame,
    fuels: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Inventories of the sheets that bear the name of a region, perhaps with the year; `known`:
    names (`plain`) -> codes.

    Raises
    ------
    DataError
        No sheet is of a region; two are of one; every fault of the sheets.
    """
    found, faults, names = dict[str, pd.DataFrame](), list[CityMRIOError](), list[str]()
    for sheet in sheets:
        names.append(sheet.name)
        code = region_of(sheet, known)
        with gather_faults(faults):
            if code in found:
                raise DataError(
                    f"region '{code}' has two sheets; expected one",
                    where=sheet.where(),
                    fix="keep one of them.",
                )
            if code is not None:
                found[code] = read_inventory_sheet(sheet, sectors, fuels)
    if not found and not faults:
        raise DataError(
            f"no sheet bears the name of a region (sheets: {first_names(names)})",
            where=str(where),
            fix="name the sheets after the regions of regions.csv (columns region, name).",
        )
    raise_faults(faults)
    return found


def read_inventories(
    path: str | Path,
    names: Mapping[str, str],
    *,
    sectors: pd.DataFrame,
    fuels: pd.DataFrame,
    corrections: FileCorrections = NONE,
) -> dict[str, pd.DataFrame]:
    """Inventories by code; `names` are those of their sheets (`Hebei2012`).

    Raises
    ------
    DataError
        Every sheet that is missing, every cell that cannot be used, in all of them.
    """
    inventories: dict[str, pd.DataFrame] = {}
    faults: list[CityMRIOError] = []
    book = Workbook(path)
    for code, name in names.items():
        with gather_faults(faults):
            inventories[code] = read_inventory_sheet(book.sheet(name), sectors, fuels, corrections)
    raise_faults(faults)
    return inventories


def read_city_emissions(
    path: str | Path, *, year: int, corrections: FileCorrections = NONE
) -> pd.DataFrame:
    """CO2 totals of cities in all years: name as printed, year, emissions (t CO2), where (address
    of the row).

    Raises
    ------
    DataError
        No sheet has the columns city, year, emission; nothing for `year`; every city that appears
        twice in a year, every value that is not positive.
    """
    heads = (
        (sheet, header_row(sheet, ["city", "year", "emission"]))
        for sheet in Workbook(path).sheets()
    )
    found = next(((sheet, *head) for sheet, head in heads if head), None)
    if found is None:
        raise DataError(
            "no sheet has the columns city, year, emission", where=str(path), fix=LISTED
        )
    sheet, header, columns = corrections.sheet(found[0]), *found[1:]
    records, faults = [], list[CityMRIOError]()
    for index in range(header + 1, len(sheet.rows)):
        row = sheet.rows[index]
        if row[columns["year"]] is None:
            continue
        place, of = columns["emission"], int(sheet.number(index, columns["year"]))
        with gather_faults(faults):
            value = corrections.amount(sheet, index, place, "emissions are {} Mt", positive=True)
            city = str(row[columns["city"]]).strip()
            records.append((city, of, value * TONNES_PER_MT, sheet.where(index)))
    raise_faults(faults)
    table = pd.DataFrame(records, columns=["name", "year", "emissions", "where"])
    if not table["year"].eq(year).any():
        raise DataError(
            f"there is no city total for {year}",
            where=sheet.where(),
            fix="choose a year the file covers.",
        )
    twice = table[table.duplicated(["name", "year"])]
    raise_faults(
        [
            DataError(f"city {name} has two totals for {of}", where=place, fix=LISTED)
            for name, of, _, place in twice.values
        ]
    )
    return table
