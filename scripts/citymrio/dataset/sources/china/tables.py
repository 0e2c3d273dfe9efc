"""Input-output tables of the statistics bureaus: workbooks read by the codes in their cells, never by position.

A bureau's sheet has one row of column codes (01..42, TIU, FU101, ... GO) and one column of row codes (01..42, TII, VA001,
... TI); titles, merged cells and the number of rows above differ from year to year. `io_layout.csv` of the classification
says which code means what. A code is whatever the cells hold: a number, letters, or a heading in words. Blanks, full-width
characters, upper case and leading zeros in it do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ....base.errors import DataError
from ....base.labels import array
from ....base.money import Money
from ....base.notices import warn
from ...printed_names import warn_of_names
from ...workbook import REPLACE, Sheet, Workbook, code, letters, words

#: Printed tables close to rounding only: largest gap of an identity, in the unit of the table (10^4 CNY).
PRINT_TOLERANCE = 1.0
#: The same for each number of a sum, where a table is printed in whole numbers.
ROUNDING = 0.5
#: Half a fen (0.01 yuan) in the unit of the table: no statistic is finer, what is smaller a spreadsheet's arithmetic left behind.
HALF_FEN = 5e-7

#: Money of the Chinese sources.
CURRENCY = "CNY"
MONEY = str(Money(4, CURRENCY))

FLOWS = ("exports", "imports", "outflow", "inflow", "error", "output")
PAIRS = (("exports", "imports"), ("outflow", "inflow"))
#: Columns that a table may lack: trade it does not report, an error account that is 0.
OPTIONAL = ("exports", "imports", "outflow", "inflow", "error")


@dataclass(frozen=True)
class CodedSheet:
    """A sheet whose rows and columns are known by their codes: `rows[code]` and `columns[code]` are indices into it.

    `whole`: the numbers between sectors are printed without decimals.
    """

    sheet: Sheet
    header: int
    rows: dict[str, int]
    columns: dict[str, int]
    whole: bool = False

    def value(self, row: str, column: str) -> float:
        """The number at two codes; a blank cell is 0 (the sums that are checked next would miss it otherwise)."""
        return amount(self.sheet.number(self.rows[row], self.columns[column], blank=0.0, text=True))

    def block(self, rows: list[str], columns: list[str]) -> np.ndarray:
        """Numbers at `rows` x `columns`, float64 (rows, columns)."""
        return np.array([[self.value(row, column) for column in columns] for row in rows], dtype=float)


def amount(value: float) -> float:
    """A number of a table as money: less than half a fen is nothing (a sum of cells that cancel leaves 1e-9 behind)."""
    return value if abs(value) >= HALF_FEN else 0.0


def find_codes(
    sheet: Sheet,
    sectors: list[str],
    row_codes: list[str],
    column_codes: list[str],
    *,
    blocks: int = 1,
    optional: tuple[str, ...] = (),
    spelled: dict[str, dict[str, str]] | None = None,
) -> CodedSheet | str:
    """The sheet with its codes, or what it lacks (as text) when it is not an input-output table of this classification.

    With several `blocks` every sector has that many rows (home products, then imports); a row of the second block is known as
    `01#2`. Columns of `optional` codes may be missing. `spelled` says by axis what the cells hold for a sector, where it is
    not its code.
    """
    spelled = spelled or {}
    name_of = {
        axis: {code(spelled.get(axis, {}).get(s, s)): s for s in sectors} | {code(c): c for c in others}
        for axis, others in (("row", row_codes), ("column", column_codes))
    }
    kept = set(sectors)
    header, best = None, 0
    for index, row in enumerate(sheet.rows):
        hits = len(kept & {name_of["column"].get(code(value)) for value in row})
        if hits > best:
            header, best = index, hits
    if header is None or best < 2:
        return "no row holds the sector codes"
    columns: dict[str, int] = {}
    for position, value in enumerate(sheet.rows[header]):
        name = name_of["column"].get(code(value))
        if name is not None and name in columns:
            return f"code {name} appears twice in row {header + 1}"
        if name is not None:
            columns[name] = position
    lacking = [name for name in [*sectors, *column_codes] if name not in columns and name not in optional]
    if lacking:
        return f"row {header + 1} lacks the codes {', '.join(lacking)}"
    body = sheet.rows[header + 1 :]
    first = min(columns[s] for s in sectors)
    position = max(
        range(first),
        key=lambda place: len(kept & {name_of["row"].get(code(row[place])) for row in body if place < len(row)}),
        default=None,
    )
    if position is None:
        return "there is no column before the sectors"
    rows, times = {}, dict.fromkeys([*sectors, *row_codes], 0)
    for index, row in enumerate(body, header + 1):
        name = name_of["row"].get(code(row[position])) if position < len(row) else None
        if name is not None:
            times[name] += 1
            rows[name if times[name] == 1 else f"{name}#{times[name]}"] = index
    for name, count in times.items():
        expected = blocks if name in sectors else 1
        if 0 < count != expected:
            return f"code {name} appears {count} times in the column of row codes, expected {expected}"
    lacking = [name for name, count in times.items() if count == 0]
    if lacking:
        return f"the column of row codes lacks {', '.join(lacking)}"
    cells = (sheet.rows[rows[i]][columns[j]] for i in sectors for j in sectors if columns[j] < len(sheet.rows[rows[i]]))
    numbers = [cell for cell in cells if isinstance(cell, int | float)]
    return CodedSheet(sheet, header, rows, columns, bool(numbers) and all(float(n).is_integer() for n in numbers))


def read_io_table(
    path: str | Path,
    *,
    sectors: list[str],
    categories: list[str],
    layout: pd.DataFrame,
    year: int,
    title: tuple[str, ...] = (),
    others: tuple[str, ...] = (),
    names: Mapping[str, Sequence[str]] | None = None,
) -> xr.Dataset:
    """Read one competitive input-output table (use includes imports and inflows) and check that it adds up.

    Identities, each within 1 unit of the table because printed numbers are rounded (half a unit for each number of the sum, where
    a table is printed without decimals)::

        sum_use total_use + exports - imports + outflow - inflow + error = output        (rows)
        sum_product total_use + sum_item value_added = output                            (columns)
        printed totals = sums of their parts

    Trade columns that are missing, blank or below one unit in every sector are not reported by the source: they become NaN, and
    the net trade then sits in the other pair. One column for both holds the net, which is split by its sign. A table without a
    column of errors has none: they are 0. In a table of whole numbers, rounding of rows is booked as error, that of columns as
    part of the largest item of value added.

    Parameters
    ----------
    path
        Workbook; of its sheets the first is taken that holds all codes and whose title does not contradict.
    sectors, categories
        Codes of the sectors and names of the final-demand categories, in the order wanted.
    layout
        Rows of `io_layout.csv` for this kind of table: axis, code, role, name. Several columns of one category are added up;
        role `sector` says what the table calls a sector, where that is not its code.
    year, title, others
        What the sheet's title must say, if it names a year or a place at all: the year, one of the names of the place, and none
        of other places.
    names
        Names of every sector, to be compared with those beside the codes.

    Returns
    -------
    xarray.Dataset
        `total_use` (sector, use), `value_added` (item, sector), `output`, `exports`, `imports`, `error` and, where the layout
        has them, `outflow`, `inflow` (sector); 10^4 CNY.

    Raises
    ------
    DataError
        No sheet with the codes, the wrong year or place, a cell that is not a number, an identity that does not hold.
    """
    of = {axis: _coded(layout, axis) for axis in ("row", "column")}
    meaning = {axis: dict(zip(part.code, part.name, strict=True)) for axis, part in of.items()}
    coded = locate_table(path, sectors, layout, year=year, title=title, others=others, names=names)
    demand = {category: [c for c, name in meaning["column"].items() if name == category] for category in categories}
    known = [*(category for category in categories if demand[category]), *meaning["column"].values()]
    lacking = [name for name in (*categories, "output") if name not in known]
    if lacking:
        raise DataError(f"no code for {', '.join(lacking)}", where="io_layout.csv", fix="add the row to the layout.")
    items = list(of["row"].loc[of["row"].role == "value_added"].sort_values("code", kind="stable").code)
    use = np.column_stack(
        [coded.block(sectors, sectors), *(coded.block(sectors, demand[category]).sum(axis=1) for category in categories)]
    )
    value_added = coded.block(items, sectors)
    columns = _flows(coded, sectors, meaning["column"])
    _check_sums(coded, sectors, use, value_added, columns, meaning)
    columns["error"], value_added = closed(use, value_added, columns)
    missing = [pair for pair in PAIRS if _unreported(columns, pair)]
    for name in (name for pair in missing for name in pair if name in columns):
        columns[name] = np.full(len(sectors), np.nan)
    labels = {"sector": sectors, "use": [*sectors, *categories], "item": [meaning["row"][item] for item in items]}
    flows = {name: columns[name] for name in FLOWS if name in columns}
    return io_table(use, value_added, flows, labels, "total use, imports and inflows included")


def io_table(
    use: np.ndarray, value_added: np.ndarray, flows: Mapping[str, np.ndarray], labels: Mapping[str, list[str]], called: str
) -> xr.Dataset:
    """A table in the form of the contract; `flows` are columns by sector, `called` says what the use is."""
    variables = {
        "total_use": array(use, ("sector", "use"), MONEY, called),
        "value_added": array(value_added, ("item", "sector"), MONEY, "value added by item"),
        **{name: array(values, ("sector",), MONEY, name) for name, values in flows.items()},
    }
    return xr.Dataset(variables, coords=labels)


def _flows(coded: CodedSheet, sectors: list[str], meaning: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Trade, errors and output by sector; what a sheet has no column for is 0, net trade in one column is split by its sign."""
    flows = {name: c for c, name in meaning.items() if name in FLOWS and c in coded.columns}
    columns = {name: coded.block(sectors, [c])[:, 0] for name, c in flows.items()}
    columns.setdefault("error", np.zeros(len(sectors)))
    for out, into in PAIRS:
        if (out in columns) != (into in columns):
            net = columns[out] if out in columns else -columns[into]
            columns[out], columns[into] = np.where(net > 0, net, 0.0), np.where(net < 0, -net, 0.0)
    for name in PAIRS[0]:
        columns.setdefault(name, np.zeros(len(sectors)))
    return columns


def _coded(layout: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Rows of a layout that are no spelling of a sector, by axis."""
    return layout[(layout.axis == axis) & (layout.role != "sector") & (layout.code != "")]


def locate_table(
    path: str | Path,
    sectors: list[str],
    layout: pd.DataFrame,
    *,
    year: int,
    title: tuple[str, ...] = (),
    others: tuple[str, ...] = (),
    blocks: int = 1,
    names: Mapping[str, Sequence[str]] | None = None,
) -> CodedSheet:
    """The first sheet of a workbook that holds all codes of a layout and whose title does not contradict.

    What looks wrong in it is a warning: `names` of sectors that are not those beside the codes, columns nobody reads.

    Raises
    ------
    DataError
        There is none; the message says what every sheet lacks, or what the title says.
    """
    codes = {axis: list(_coded(layout, axis).code) for axis in ("row", "column")}
    spelled = {
        axis: dict(layout.loc[(layout.axis == axis) & (layout.role == "sector"), ["name", "code"]].values)
        for axis in ("row", "column")
    }
    optional = tuple(layout.code[(layout.axis == "column") & layout.name.isin(OPTIONAL)])
    faults, wrong = [], None
    with Workbook(path) as book:
        for sheet in book.sheets():
            found = find_codes(sheet, sectors, codes["row"], codes["column"], blocks=blocks, optional=optional, spelled=spelled)
            if isinstance(found, CodedSheet):
                problem = title_fault(found, year, title, others)
                if problem is None:
                    _warn_of_sheet(found, sectors, names or {})
                    return found
                wrong = wrong or problem
            else:
                faults.append(f"sheet '{sheet.name}': {found}")
    raise wrong or DataError(
        f"no sheet is an input-output table of {len(sectors)} sectors ({'; '.join(faults)})",
        where=str(path),
        fix="use the file of the sources list, or the classification folder of its year.",
    )


def _warn_of_sheet(coded: CodedSheet, sectors: list[str], names: Mapping[str, Sequence[str]]) -> None:
    """Say what a sheet holds beside what is read: names of another classification, columns of numbers without a meaning."""
    sheet, left = coded.sheet, min(coded.columns[s] for s in sectors)
    printed: dict[str, list[str]] = {sector: [] for sector in sectors if sector in names}
    for sector, texts in printed.items():
        beside = sheet.rows[coded.rows[sector]][:left]
        above = [row[coded.columns[sector]] for row in sheet.rows[: coded.header] if coded.columns[sector] < len(row)]
        texts += [text for text in [*beside, *above] if isinstance(text, str) and code(text) != sector]
    warn_of_names(sheet.where(), printed, names, "sectors.csv")
    width = max(len(sheet.rows[coded.rows[s]]) for s in sectors)
    numbers = {column: _column_of_numbers(coded, sectors, column) for column in range(left, width)}
    numbers = {column: values for column, values in numbers.items() if values is not None}
    read = set(coded.columns.values())
    for column in [column for column in numbers if column not in read]:
        known = [np.array(numbers[c]) for c in sorted(numbers) if c in read and c < column]
        sums = np.cumsum(known[::-1], axis=0) if known else np.zeros((0, len(sectors)))
        if any(np.allclose(part, numbers[column], rtol=1e-6, atol=PRINT_TOLERANCE) for part in sums):
            continue  # a subtotal of the columns before it
        header = sheet.rows[coded.header]
        called = code(header[column]) if column < len(header) else ""
        warn(
            where=sheet.where(coded.header, column),
            what="a column of numbers that the layout does not mention",
            value=f"{called or f'column {letters(column)}, without a code'}, sum {numbers[column].sum():.6g}",
            expectation="every column of numbers in io_layout.csv, or a sum of those before it",
            effect="It is not read. Fix: add its code to io_layout.csv, if it belongs to a category or to trade.",
        )


def _column_of_numbers(coded: CodedSheet, sectors: list[str], column: int) -> np.ndarray | None:
    """A column at the rows of the sectors, None where it holds no numbers, or zeros alone."""
    cells = [row[column] if column < len(row) else None for row in (coded.sheet.rows[coded.rows[s]] for s in sectors)]
    found = [cell for cell in cells if isinstance(cell, int | float) and not isinstance(cell, bool) and np.isfinite(cell)]
    if not any(found) or any(isinstance(cell, str) and cell.strip() for cell in cells):
        return None
    return np.array([cell if isinstance(cell, int | float) else 0.0 for cell in cells], dtype=float)


def compare(coded: CodedSheet, what: str, row: str, column: str, expected: float, count: int = 1) -> None:
    """Stop when the number at two codes misses what was expected of `count` printed numbers by more than rounding explains."""
    value = coded.value(row, column)
    allowed = max(PRINT_TOLERANCE, ROUNDING * (count + 1)) if coded.whole else PRINT_TOLERANCE
    if not abs(value - expected) <= allowed:
        raise DataError(
            f"{what} is {value:.6g}, {expected:.6g} was expected (gap {value - expected:.6g}, allowed {allowed:g})",
            where=coded.sheet.where(coded.rows[row], coded.columns[column]),
            fix="the table is damaged or has another layout: use the file of the sources list.",
        )


def closed(use: np.ndarray, value_added: np.ndarray, columns: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Errors (sector,) and value added (item, sector) of a table whose whole numbers miss their sums by more than printing does.

    Rows are closed by the error, columns by the largest item of value added. A table within PRINT_TOLERANCE stays as printed.

    Parameters
    ----------
    use
        (sector, use).
    columns
        `output`, `error` and the trade columns there are.
    """
    zero, output = np.zeros(len(use)), columns["output"]
    net = sum(columns.get(out, zero) - columns.get(into, zero) for out, into in PAIRS)
    error = output - use.sum(axis=1) - net
    gap = np.where(output > 0, output - use[:, : len(use)].sum(axis=0) - value_added.sum(axis=0), 0.0)
    if max(np.abs(gap).max(), np.abs(error - columns["error"]).max()) <= PRINT_TOLERANCE:
        return columns["error"], value_added
    items = value_added.copy()
    items[np.abs(items).argmax(axis=0), np.arange(len(use))] += gap
    return np.where(np.abs(error) < HALF_FEN, 0.0, error), items


def _unreported(columns: dict[str, np.ndarray], pair: tuple[str, str]) -> bool:
    """Whether a pair of trade columns holds nothing but printing noise (below one unit in every sector)."""
    return all((np.abs(columns[name]) < PRINT_TOLERANCE).all() for name in pair if name in columns)


def title_fault(coded: CodedSheet, year: int, title: tuple[str, ...] = (), others: tuple[str, ...] = ()) -> DataError | None:
    """What the words above the codes say against year and place; None if nothing.

    Parameters
    ----------
    title, others
        Names of the place in the languages a title may be in, and those of other places.
    """
    above = [words(v) for row in coded.sheet.rows[: coded.header] for v in row if isinstance(v, str)]
    years = {int(y) for y in re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", " ".join(above))}
    if years and year not in years:
        return DataError(
            f"the title speaks of {', '.join(map(str, sorted(years)))}, the run is for {year}",
            where=coded.sheet.where(),
            fix="use the table of the run's year, or set dataset.year.",
        )
    heading = next((text for text in above if text), "")
    if any(words(name) in heading for name in others) and not any(words(name) in heading for name in title):
        return DataError(
            f"the title is '{heading}', a table of '{title[0]}' was expected", where=coded.sheet.where(), fix=REPLACE
        )
    return None


def _check_sums(coded, sectors, use, value_added, columns, names) -> None:
    """Identities of a printed table; the first gap above what rounding explains stops, with place, value and expectation."""
    count, width, items = len(sectors), use.shape[1] + len(columns), len(value_added)
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
                fix=REPLACE,
            )
        compare(coded, "output", sector, code_of["column"]["output"], use[i].sum() + net[i], width)
        compare(coded, "intermediate use in total", sector, code_of["column"]["intermediate_use"], use[i, :count].sum(), count)
        compare(coded, "total input", code_of["row"]["input"], sector, use[:, i].sum() + value_added[:, i].sum(), count + items)
        compare(coded, "total input", code_of["row"]["input"], sector, output)
        compare(coded, "value added", code_of["row"]["value_added"], sector, value_added[:, i].sum(), items)
        compare(coded, "intermediate input in total", code_of["row"]["intermediate_input"], sector, use[:, i].sum(), count)
