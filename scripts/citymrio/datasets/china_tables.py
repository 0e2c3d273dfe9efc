"""Input-output tables of the statistics bureaus: workbooks read by the codes in their cells, never by position.

A bureau's sheet has one row of column codes (01..42, TIU, FU101, ... GO) and one column of row codes (01..42, TII, VA001,
... TI); titles, merged cells and the number of rows above differ from year to year. `io_layout.csv` of the classification
says which code means what.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..errors import DataError
from ..labels import MONEY, array
from .workbook import REPLACE, Sheet, Workbook, code

#: Printed tables close to rounding only: largest gap of an identity, in the unit of the table (10^4 CNY).
PRINT_TOLERANCE = 1.0
#: Half a fen (0.01 yuan) in the unit of the table: no statistic is finer, what is smaller a spreadsheet's arithmetic left behind.
HALF_FEN = 5e-7

FLOWS = ("exports", "imports", "outflow", "inflow", "error", "output")


@dataclass(frozen=True)
class CodedSheet:
    """A sheet whose rows and columns are known by their codes: `rows[code]` and `columns[code]` are indices into it."""

    sheet: Sheet
    header: int
    rows: dict[str, int]
    columns: dict[str, int]

    def value(self, row: str, column: str) -> float:
        """The number at two codes."""
        return amount(self.sheet.number(self.rows[row], self.columns[column]))

    def block(self, rows: list[str], columns: list[str]) -> np.ndarray:
        """Numbers at `rows` x `columns`, float64 (rows, columns)."""
        return np.array([[self.value(row, column) for column in columns] for row in rows], dtype=float)


def amount(value: float) -> float:
    """A number of a table as money: less than half a fen is nothing (a sum of cells that cancel leaves 1e-9 behind)."""
    return value if abs(value) >= HALF_FEN else 0.0


def find_codes(
    sheet: Sheet, sectors: list[str], row_codes: list[str], column_codes: list[str], *, blocks: int = 1
) -> CodedSheet | str:
    """The sheet with its codes, or what it lacks (as text) when it is not an input-output table of this classification.

    With several `blocks` every sector has that many rows (home products, then imports); a row of the second block is known as
    `01#2`.
    """
    header, best = None, 0
    for index, row in enumerate(sheet.rows):
        hits = len(set(sectors) & {code(value) for value in row})
        if hits > best:
            header, best = index, hits
    if header is None or best < 2:
        return "no row holds the sector codes"
    columns = {}
    for position, value in enumerate(sheet.rows[header]):
        name = code(value)
        if name and name in columns and name in {*sectors, *column_codes}:
            return f"code {name} stands twice in row {header + 1}"
        columns.setdefault(name, position)
    lacking = [name for name in [*sectors, *column_codes] if name not in columns]
    if lacking:
        return f"row {header + 1} lacks the codes {', '.join(lacking)}"
    body = sheet.rows[header + 1 :]
    first = columns[sectors[0]]
    position = max(
        range(first), key=lambda place: len(set(sectors) & {code(row[place]) for row in body if place < len(row)}), default=None
    )
    if position is None:
        return "no column stands before the sectors"
    rows, times = {}, dict.fromkeys([*sectors, *row_codes], 0)
    for index, row in enumerate(body, header + 1):
        name = code(row[position]) if position < len(row) else ""
        if name in times:
            times[name] += 1
            rows[name if times[name] == 1 else f"{name}#{times[name]}"] = index
    for name, count in times.items():
        expected = blocks if name in sectors else 1
        if 0 < count != expected:
            return f"code {name} stands {count} times in the column of row codes, expected {expected}"
    lacking = [name for name, count in times.items() if count == 0]
    if lacking:
        return f"the column of row codes lacks {', '.join(lacking)}"
    return CodedSheet(sheet, header, rows, columns)


def read_io_table(
    path: str | Path, *, sectors: list[str], categories: list[str], layout: pd.DataFrame, year: int, title: str = ""
) -> xr.Dataset:
    """Read one competitive input-output table (use includes imports and inflows) and check that it adds up.

    Identities, each within 1 unit of the table because printed numbers are rounded::

        sum_use total_use + exports - imports + outflow - inflow + error = output        (rows)
        sum_product total_use + sum_item value_added = output                            (columns)
        printed totals = sums of their parts

    Trade columns that are blank or below one unit in every sector are not reported by the source: they become NaN, and the net
    trade then sits in the other pair.

    Parameters
    ----------
    path
        Workbook; of its sheets the first is taken that holds all codes.
    sectors, categories
        Codes of the sectors and names of the final-demand categories, in the order wanted.
    layout
        Rows of `io_layout.csv` for this kind of table: axis, code, role, name.
    year, title
        What the sheet's title must say, if it names a year or a place at all.

    Returns
    -------
    xarray.Dataset
        `total_use` (sector, use), `value_added` (item, sector), `output`, `exports`, `imports`, `error` and, where the layout
        has them, `outflow`, `inflow` (sector); 10^4 CNY.

    Raises
    ------
    DataError
        No sheet with the codes, the wrong year or place, a cell that is no number, an identity that does not hold.
    """
    of = {axis: layout[layout.axis == axis] for axis in ("row", "column")}
    names = {axis: dict(zip(part.code, part.name, strict=True)) for axis, part in of.items()}
    coded = locate_table(path, sectors, layout)
    check_title(coded, year, title)
    demand = {name: c for c, name in names["column"].items() if name in categories}
    lacking = [name for name in (*categories, "output", "exports", "imports", "error") if name not in names["column"].values()]
    if lacking:
        raise DataError(f"no code stands for {', '.join(lacking)}", where="io_layout.csv", mend="add the row to the layout.")
    items = list(of["row"].loc[of["row"].role == "value_added"].sort_values("code", kind="stable").code)
    flows = {name: c for c, name in names["column"].items() if name in FLOWS}
    use = coded.block(sectors, [*sectors, *(demand[category] for category in categories)])
    value_added = coded.block(items, sectors)
    columns = {
        name: np.array([amount(coded.sheet.number(coded.rows[s], coded.columns[c], blank=0.0)) for s in sectors])
        for name, c in flows.items()
    }
    _check_sums(coded, sectors, categories, use, value_added, columns, names)
    missing = [pair for pair in (("exports", "imports"), ("outflow", "inflow")) if _unreported(columns, pair)]
    for name in (name for pair in missing for name in pair if name in columns):
        columns[name] = np.full(len(sectors), np.nan)
    variables = {
        "total_use": array(use, ("sector", "use"), MONEY, "total use, imports and inflows included"),
        "value_added": array(value_added, ("item", "sector"), MONEY, "value added by item"),
    }
    for name in FLOWS:
        if name in columns:
            variables[name] = array(columns[name], ("sector",), MONEY, name)
    item_names = [names["row"][item] for item in items]
    return xr.Dataset(variables, coords={"sector": sectors, "use": [*sectors, *categories], "item": item_names})


def locate_table(path: str | Path, sectors: list[str], layout: pd.DataFrame, *, blocks: int = 1) -> CodedSheet:
    """The first sheet of a workbook that holds all codes of a layout.

    Raises
    ------
    DataError
        There is none; the message says what every sheet lacks.
    """
    codes = {axis: [c for c in layout.code[layout.axis == axis] if c] for axis in ("row", "column")}
    faults = []
    with Workbook(path) as book:
        for sheet in book.sheets():
            found = find_codes(sheet, sectors, codes["row"], codes["column"], blocks=blocks)
            if isinstance(found, CodedSheet):
                return found
            faults.append(f"sheet '{sheet.name}': {found}")
    raise DataError(
        f"no sheet is an input-output table of {len(sectors)} sectors ({'; '.join(faults)})",
        where=str(path),
        mend="use the file of the sources list, or the classification folder of its year.",
    )


def compare(coded: CodedSheet, what: str, row: str, column: str, expected: float) -> None:
    """Stop when the number at two codes misses what was expected by more than PRINT_TOLERANCE."""
    value = coded.value(row, column)
    if not abs(value - expected) <= PRINT_TOLERANCE:
        raise DataError(
            f"{what} is {value:.6g}, {expected:.6g} was expected (gap {value - expected:.6g}, allowed {PRINT_TOLERANCE:g})",
            where=coded.sheet.where(coded.rows[row], coded.columns[column]),
            mend="the table is damaged or has another layout: use the file of the sources list.",
        )


def _unreported(columns: dict[str, np.ndarray], pair: tuple[str, str]) -> bool:
    """Whether a pair of trade columns holds nothing but printing noise (below one unit in every sector)."""
    return all((np.abs(columns[name]) < PRINT_TOLERANCE).all() for name in pair if name in columns)


def check_title(coded: CodedSheet, year: int, title: str) -> None:
    """The words above the codes must not contradict year and place."""
    words = " ".join(str(v) for row in coded.sheet.rows[: coded.header] for v in row if isinstance(v, str))
    years = {int(y) for y in re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", words)}
    if years and year not in years:
        raise DataError(f"the title speaks of {', '.join(map(str, sorted(years)))}, the run is for {year}",
                        where=coded.sheet.where(), mend="use the table of the run's year, or set dataset.year.")  # fmt: skip
    heading = next((v.strip() for row in coded.sheet.rows[: coded.header] for v in row if isinstance(v, str) and v.strip()), "")
    if title and str(year) in heading and title not in heading:
        raise DataError(f"the title is '{heading}', a table of '{title}' was expected", where=coded.sheet.where(), mend=REPLACE)


def _check_sums(coded, sectors, categories, use, value_added, columns, names) -> None:
    """Identities of a printed table; the first gap above PRINT_TOLERANCE stops, with place, value and expectation."""
    count = len(sectors)
    code_of = {axis: {name: c for c, name in table.items()} for axis, table in names.items()}

    zero = np.zeros(count)
    net = columns["exports"] - columns["imports"] + columns.get("outflow", zero) - columns.get("inflow", zero) + columns["error"]
    for i, sector in enumerate(sectors):
        output = columns["output"][i]
        bad = np.flatnonzero(use[i, :count] < 0)
        if bad.size:
            raise DataError(
                f"intermediate use is {use[i, bad[0]]:.6g}, a value of 0 or more was expected",
                where=coded.sheet.where(coded.rows[sector], coded.columns[sectors[bad[0]]]),
                mend=REPLACE,
            )
        compare(coded, "output", sector, code_of["column"]["output"], use[i].sum() + net[i])
        compare(coded, "intermediate use in total", sector, code_of["column"]["intermediate_use"], use[i, :count].sum())
        compare(coded, "total input", code_of["row"]["input"], sector, use[:, i].sum() + value_added[:, i].sum())
        compare(coded, "total input", code_of["row"]["input"], sector, output)
        compare(coded, "value added", code_of["row"]["value_added"], sector, value_added[:, i].sum())
        compare(coded, "intermediate input in total", code_of["row"]["intermediate_input"], sector, use[:, i].sum())
