"""CO2 inventories in the CEADs layout: provinces by sector and fuel, the nation by sector, cities as totals.

Sheets have fuels across (plus process emissions and a printed total) and the 47 sectors down, in Mt CO2.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd

from ....base.errors import DataError
from ....base.units import TONNES_PER_MT
from ...workbook import REPLACE, Sheet, Workbook, header_row, words

#: Heading of the printed total; older workbooks, which have no scope 2, say `Total`.
TOTAL_COLUMNS = ("Scope 1 Total", "Total")
PROCESS_COLUMN = "Process"
#: Largest gap between a printed total and the sum of its parts, Mt (the sheets carry full precision).
TOTAL_TOLERANCE = 1e-4


def plain(name: object) -> str:
    """A name reduced to its letters and digits, lower case, so that spaces and signs do not matter."""
    return re.sub(r"[^a-z0-9]", "", words(name).lower().replace("&", "and"))


def read_inventory_sheet(sheet: Sheet, sectors: pd.DataFrame, fuels: pd.DataFrame) -> pd.DataFrame:
    """One inventory sheet as a long table: inventory_sector, fuel (fuels and `process`), emissions in t CO2.

    Raises
    ------
    DataError
        A fuel, sector or total is missing, the unit is not Mt, a cell is negative or not a number, totals do not add up.
    """
    heads = (header_row(sheet, [name, PROCESS_COLUMN, *fuels.name], same=plain) for name in TOTAL_COLUMNS)
    found, total_column = next(((head, name) for head, name in zip(heads, TOTAL_COLUMNS, strict=True) if head), (None, ""))
    if found is None:
        raise DataError(
            f"no row holds the fuels ({fuels.name.iloc[0]}, ... {TOTAL_COLUMNS[0]})", where=sheet.where(), fix=REPLACE
        )
    header, columns = found
    units = {str(value).strip() for row in sheet.rows[header + 1 : header + 2] for value in row[1:] if value is not None}
    if not {plain(unit) for unit in units} <= {"mtco2", "mt"}:
        raise DataError(
            f"the unit is {', '.join(sorted(units))}, 'Mt CO2' was expected", where=sheet.where(header + 1), fix=REPLACE
        )
    wanted = {sector: plain(name) for sector, name in zip(sectors.inventory_sector, sectors.name, strict=True)}
    rows = _labels(sheet, header, min(columns.values()), set(wanted.values()))
    lacking = [sectors.name[i] for i, name in enumerate(wanted.values()) if name not in rows]
    if lacking:
        raise DataError(f"the sectors {', '.join(lacking)} are missing", where=sheet.where(), fix=REPLACE)
    names = [*fuels.name, PROCESS_COLUMN]
    records, total = [], 0.0
    for sector, name in wanted.items():
        row = rows[name]
        values = np.array([sheet.number(row, columns[fuel], blank=0.0) for fuel in names])
        if (values < 0).any():
            place = int(np.argmax(values < 0))
            raise DataError(
                f"emissions are {values[place]:.6g} Mt, a value of 0 or more was expected",
                where=sheet.where(row, columns[names[place]]),
                fix=REPLACE,
            )
        printed = sheet.number(row, columns[total_column])
        _compare(sheet, row, columns[total_column], printed, values.sum())
        total += values.sum()
        records += [(sector, fuel, value * TONNES_PER_MT) for fuel, value in zip([*fuels.fuel, "process"], values, strict=True)]
    for row in (index for name, index in rows.items() if name.startswith("total")):
        _compare(sheet, row, columns[total_column], sheet.number(row, columns[total_column]), total)
    return pd.DataFrame(records, columns=["inventory_sector", "fuel", "emissions"])


def _labels(sheet: Sheet, header: int, before: int, wanted: set[str]) -> dict[str, int]:
    """Rows below the header by their labels, which stand in that column left of the fuels that names most sectors."""
    best: dict[str, int] = {}
    for column in range(before):
        below = enumerate(sheet.rows[header + 1 :], header + 1)
        found = {plain(row[column]): index for index, row in below if len(row) > column and row[column] is not None}
        if len(wanted & set(found)) > len(wanted & set(best)):
            best = found
    return best


def _compare(sheet: Sheet, row: int, column: int, printed: float, parts: float) -> None:
    if not abs(printed - parts) <= TOTAL_TOLERANCE:
        raise DataError(
            f"the printed total is {printed:.9g} Mt, its parts sum to {parts:.9g} Mt", where=sheet.where(row, column), fix=REPLACE
        )


def read_provincial_inventories(
    path: str | Path, *, provinces: pd.DataFrame, year: int, sectors: pd.DataFrame, fuels: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Inventories by province code; a sheet is named after province and year (`Hebei2012`).

    Provinces whose `inventory_sheet` is blank have no inventory and are left out.

    Raises
    ------
    DataError
        A province's sheet is missing, or a sheet does not keep the layout.
    """
    inventories = {}
    with Workbook(path) as book:
        for province, name in zip(provinces.province, provinces.inventory_sheet, strict=True):
            if name:
                inventories[province] = read_inventory_sheet(book.sheet(f"{name}{year}"), sectors, fuels)
    return inventories


def read_national_inventory(path: str | Path, *, year: int, sectors: pd.DataFrame, fuels: pd.DataFrame) -> pd.DataFrame:
    """National inventory of a year: inventory_sector, emissions (t CO2)."""
    with Workbook(path) as book:
        table = read_inventory_sheet(book.sheet(str(year)), sectors, fuels)
    return table.groupby("inventory_sector", sort=False, as_index=False)["emissions"].sum()


def read_city_emissions(path: str | Path, *, year: int) -> pd.DataFrame:
    """CO2 totals of cities in a year: name as printed, emissions (t CO2), where (address of the row).

    Raises
    ------
    DataError
        No sheet has the columns city, year, emission; nothing for the year; a city twice; a value that is not positive.
    """
    with Workbook(path) as book:
        for sheet in book.sheets():
            found = header_row(sheet, ["city", "year", "emission"])
            if found:
                break
        else:
            raise DataError("no sheet has the columns city, year, emission", where=str(path), fix=REPLACE)
    header, columns = found
    records = []
    for index in range(header + 1, len(sheet.rows)):
        row = sheet.rows[index]
        if row[columns["year"]] is None or int(sheet.number(index, columns["year"])) != year:
            continue
        value = sheet.number(index, columns["emission"])
        if not value > 0:
            raise DataError(
                f"emissions are {value:.6g} Mt, a positive value was expected",
                where=sheet.where(index, columns["emission"]),
                fix=REPLACE,
            )
        records.append((str(row[columns["city"]]).strip(), value * TONNES_PER_MT, sheet.where(index)))
    table = pd.DataFrame(records, columns=["name", "emissions", "where"])
    if table.empty:
        raise DataError(f"there is no city total for {year}", where=sheet.where(), fix="choose a year the file covers.")
    twice = table.name[table.name.duplicated()]
    if len(twice):
        raise DataError(f"city {twice.iloc[0]} has two totals for {year}", where=sheet.where(), fix=REPLACE)
    return table
