"""Cells of Excel workbooks, old (.xls) and new (.xlsx), as plain rows; formulas and links are never
run.

A workbook is read by content: the first bytes say which kind it is, a sheet is found by the codes
it holds, and every number is named by its spreadsheet address when it is not one.

Of a new workbook openpyxl opens the archive, finds the sheets and parses cells. Its own sheets are
not used: they believe the `<dimension>` that the writing program left behind (rows beyond it
vanish), take a formula that was never computed for a blank, and read text such as `1_0` as a
number.
"""

from __future__ import annotations

import io
import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import xlrd
from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser

from ..base.errors import CityMRIOError, DataError, gather_faults, raise_faults
from ..base.files import refuse_no_file
from .cells import PLAIN, is_number, number_of

#: Endings of workbooks.
WORKBOOKS = (".xlsx", ".xlsm", ".xls")
#: A year in a title, and the unit of money: `单位：万元`, `Unit: 10000 yuan`.
YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
UNIT = re.compile(r"(?:单位|[Uu]nits?)\s*[:：]\s*([^()（）\n|]*[^()（）\s|])")


class XlsxBook:
    """The worksheets of an .xlsx workbook; sheets of charts are left out.

    Raises
    ------
    Exception
        Whatever openpyxl makes of a damaged part.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        # openpyxl believes in endings of names, not in content
        content = io.BytesIO(path.read_bytes())
        self._reader = _Reader(content, read_only=True, data_only=True, keep_links=False)
        self._reader.read()
        self._targets: dict[str, str] = {}
        for sheet, relation in self._reader.parser.find_sheets():
            if relation.target not in self._reader.valid_files:
                raise ValueError(f"the sheet '{sheet.name}' is missing in it")
            if "chartsheet" not in relation.Type:
                self._targets[sheet.name] = relation.target
        self.sheet_names = list(self._targets)

    def cells(self, name: str) -> dict[int, dict[int, Any]]:
        """Values of a sheet by row and column, counted from 0; blanks are not in it.

        Raises
        ------
        DataError
            A formula without its value, a number that is none, two values at one address.
        """
        where = f"{self.path}, sheet '{name}'"
        book, reader = self._reader.wb, self._reader
        cells: dict[int, dict[int, Any]] = {}
        with reader.archive.open(self._targets[name]) as source:
            parser = _Parser(
                source,
                reader.shared_strings,
                data_only=True,
                epoch=book.epoch,
                date_formats=book._date_formats,
                timedelta_formats=book._timedelta_formats,
            )
            parser.where = where
            for _, row in parser.parse():
                for cell in row:
                    if cell["value"] is None:
                        continue
                    values = cells.setdefault(cell["row"] - 1, {})
                    if cell["column"] - 1 in values:
                        raise DataError(
                            f"the cell {_address(cell)} appears twice",
                            where=where,
                            fix="save the workbook anew.",
                        )
                    values[cell["column"] - 1] = cell["value"]
        if parser.formulas:
            more = f" (and {len(parser.formulas) - 1} more)" if len(parser.formulas) > 1 else ""
            raise DataError(
                f"the cell {parser.formulas[0]}{more} holds a formula without its value",
                where=where,
                fix="open the workbook in a spreadsheet program and save it, or replace the "
                "formulas by their values.",
            )
        return cells


class XlsBook:
    """The sheets of an .xls workbook."""

    def __init__(self, path: Path) -> None:
        self._book = xlrd.open_workbook(
            file_contents=path.read_bytes(), on_demand=True, ragged_rows=True
        )
        self.sheet_names = list(self._book.sheet_names())

    def cells(self, name: str) -> dict[int, dict[int, Any]]:
        """Values of a sheet by row and column, counted from 0; blanks are not in it."""
        sheet, blank = self._book.sheet_by_name(name), (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK)
        read = {
            xlrd.XL_CELL_ERROR: lambda value: xlrd.error_text_from_code.get(value, "#ERROR"),
            xlrd.XL_CELL_BOOLEAN: bool,
        }
        return {
            index: {
                column: read[cell.ctype](cell.value) if cell.ctype in read else cell.value
                for column, cell in enumerate(sheet.row(index))
                if cell.ctype not in blank and cell.value != ""
            }
            for index in range(sheet.nrows)
        }


#: The first bytes of a workbook -> what reads it, and what may be wrong with it beside damage.
BOOKS: dict[bytes, tuple[Callable[[Path], XlsxBook | XlsBook], str]] = {
    b"PK\x03\x04": (XlsxBook, ""),
    b"\xd0\xcf\x11\xe0": (XlsBook, " or protected by a password"),
}


class _Reader(ExcelReader):  # type: ignore[misc]
    def read_chartsheet(self, sheet: Any, rel: Any) -> None:
        """Charts hold no data."""


class _Parser(WorkSheetParser):  # type: ignore[misc]
    """Cells with their values; formulas without one are listed in `formulas`."""

    where = ""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.formulas: list[str] = []

    def parse_cell(self, element: Any) -> dict[str, Any]:
        text = element.findtext(VALUE_TAG)
        if text and element.get("t", "n") == "n" and not PLAIN.fullmatch(text.strip()):
            raise DataError(
                f"the cell {element.get('r', '')} holds '{text[:40]}' as a number",
                where=self.where,
                fix="write a plain number.",
            )
        cell = super().parse_cell(element)
        # Programs write the empty text that a formula gave as a value of type text; a missing value
        # is none at all.
        empty_text = text is not None and element.get("t") == "str"
        if cell["value"] is None and not empty_text and element.find(FORMULA_TAG) is not None:
            self.formulas.append(_address(cell))
        return cell


def _address(cell: dict[str, Any]) -> str:
    return f"{letters(cell['column'] - 1)}{cell['row']}"


#: A sheet of more cells than this (the rectangle that holds all of its values) is refused where it
#: is next to empty.
LARGE, SPARSE = 5_000_000, 0.01
#: What to do about a file whose form is not the one expected: its checksum is that of the sources
#: list, or it is the user's own.
LISTED = (
    "give another file (in the sources list with its address, bytes and sha256), or say in "
    "the lists what this one holds."
)


@dataclass(frozen=True)
class Sheet:
    """One sheet: its file, its name, its cells row by row (None where blank).

    `mend`: row, column, the number that counts and why -> the line of corrections.csv that a
    message proposes for a cell.
    """

    path: Path
    name: str
    rows: list[list[Any]]
    mend: Callable[[int, int, Any, str], str] | None = None

    def where(self, row: int | None = None, column: int | None = None) -> str:
        """Place in the words of a spreadsheet: file, sheet and address such as `E12` (indices count
        from 0).
        """
        place = f"{self.path}, sheet '{self.name}'"
        if row is None:
            return place
        return (
            f"{place}, row {row + 1}"
            if column is None
            else f"{place}, cell {letters(column)}{row + 1}"
        )

    def cell(self, row: int, column: int) -> Any:
        """What is in a cell, None beyond the last one."""
        cells = self.rows[row] if row < len(self.rows) else []
        return cells[column] if column < len(cells) else None

    def number(self, row: int, column: int, *, blank: float = math.nan) -> float:
        """The number in a cell, also one typed as text in plain digits (`1787.36`).

        Raises
        ------
        DataError
            Anything else (`cells.number_of`), or (unless `blank` is given) nothing in the cell.
        """
        try:
            value = number_of(self.cell(row, column))
            if math.isnan(value) and math.isnan(blank):
                raise ValueError("is blank; expected a number")
        except ValueError as error:
            raise DataError(
                f"the cell {error}",
                where=self.where(row, column),
                fix=self.fix(
                    row,
                    column,
                    otherwise="write a plain number (no text, no thousands separators, no "
                    "full-width digits).",
                ),
            ) from None
        return blank if math.isnan(value) else value

    def fix(
        self,
        row: int,
        column: int,
        used: Any = "<number>",
        why: str = "<reason>",
        *,
        otherwise: str = "correct the cell.",
    ) -> str:
        """What a message says to do about a cell."""
        return self.mend(row, column, used, why) if self.mend else otherwise

    def blank(self, rows: Iterable[int], columns: Iterable[int]) -> list[str]:
        """Addresses such as `E12` of the cells at rows x columns that hold nothing."""
        return [
            f"{letters(column)}{row + 1}"
            for row, column in product(rows, columns)
            if self.cell(row, column) is None
        ]

    def numbers(self, rows: Iterable[int], columns: Iterable[int]) -> np.ndarray:
        """The numbers at rows x columns, 0 where blank.

        Raises
        ------
        DataError
            Every cell that holds something else.
        """
        places, found, faults = list(columns), list(rows), list[CityMRIOError]()
        values = np.zeros((len(found), len(places)))
        for k, j in np.ndindex(values.shape):
            cell = self.cell(found[k], places[j])
            if is_number(cell) and math.isfinite(cell):
                values[k, j] = cell
            elif cell is not None:
                with gather_faults(faults):
                    values[k, j] = self.number(found[k], places[j])
        raise_faults(faults)
        return values


def letters(column: int) -> str:
    """Spreadsheet name of a column: 0 is A, 26 is AA."""
    before = letters(column // 26 - 1) if column > 25 else ""
    return before + chr(ord("A") + column % 26)


def code(value: Any) -> str:
    """A code as text.

    `1`, `1.0`, `"1"`, `"01"`, `"001"` and full-width `"０１"` are all `"01"`; other codes are in
    upper case, without blanks (`"FU 101"` is `"FU101"`).
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = words(value).upper()
    return str(int(text)).zfill(2) if text.isascii() and text.isdigit() else text


def words(value: Any) -> str:
    """Text without blanks, full-width letters and digits as plain ones: `"北 京"` is `"北京"`, `"ＧＤＰ"`
    is `"GDP"`.
    """  # noqa: E501
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", str(value)))


class Workbook:
    """A workbook that was read, whichever its kind; its cells are parsed sheet by sheet.

    Raises
    ------
    DataError
        The file is missing, empty, protected by a password, or not a workbook, whatever its name
        says.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        refuse_no_file(path)
        with self.path.open("rb") as handle:
            head = handle.read(4)
        if head not in BOOKS:
            what = "is not an Excel workbook, whatever its name says" if head else "is empty"
            raise DataError(f"the file {what}", where=str(path), fix=LISTED)
        kind, or_else = BOOKS[head]
        try:
            self._book = kind(self.path)
        except Exception as error:  # the libraries raise whatever a damaged part makes Python raise
            raise self._damaged(error, or_else) from error
        self.sheet_names = self._book.sheet_names

    def _damaged(self, error: Exception, more: str = "", sheet: str = "") -> DataError:
        where = f"{self.path}, sheet '{sheet}'" if sheet else str(self.path)
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        return DataError(
            f"the {'sheet' if sheet else 'workbook'} is damaged{more} ({reason})",
            where=where,
            fix=LISTED,
        )

    def sheet(self, name: str) -> Sheet:
        """A sheet by its name; blanks, upper case and full-width letters in it do not matter, if it
        stays the only one.

        Raises
        ------
        DataError
            There is no such sheet (the message lists those there are), or it is damaged, or a cell
            of it cannot be used.
        """
        like = [
            other for other in self.sheet_names if words(other).casefold() == words(name).casefold()
        ]
        if name not in self.sheet_names and len(like) != 1:
            raise DataError(
                f"there is no sheet '{name}' (sheets: {', '.join(self.sheet_names)})",
                where=str(self.path),
                fix=LISTED,
            )
        name = name if name in self.sheet_names else like[0]
        try:
            cells = self._book.cells(name)
        except DataError:
            raise
        except Exception as error:  # as above
            raise self._damaged(error, sheet=name) from error
        return Sheet(self.path, name, _rectangle(cells, f"{self.path}, sheet '{name}'"))

    def sheets(self) -> Iterable[Sheet]:
        """All sheets in the order of the file, read one at a time."""
        return map(self.sheet, self.sheet_names)


def _rectangle(cells: dict[int, dict[int, Any]], where: str) -> list[list[Any]]:
    """Values by row and column as rows of the same width from A1 on; blank rows and columns at the
    end are left out.

    Raises
    ------
    DataError
        A few values far outside of the table would make it huge.
    """
    cells = {row: values for row, values in cells.items() if values}
    height = max(cells, default=-1) + 1
    width = max((max(values) + 1 for values in cells.values()), default=0)
    count = sum(map(len, cells.values()))
    if height * width > LARGE and count < SPARSE * height * width:
        raise DataError(
            f"{count} values lie between A1 and {letters(width - 1)}{height}; expected a table "
            "without distant cells",
            where=where,
            fix="clear the cells far outside of the table.",
        )
    return [[cells.get(row, {}).get(column) for column in range(width)] for row in range(height)]


def header_row(
    sheet: Sheet,
    names: Iterable[str],
    *,
    same: Callable[[object], str] = lambda name: str(name).strip(),
) -> tuple[int, dict[str, int]] | None:
    """Row whose cells include all `names` (compared after `same`), and the column of each; None
    when there is none.
    """
    wanted = {name: same(name) for name in names}
    for index, row in enumerate(sheet.rows[:20]):
        found = {
            same(value): column
            for column, value in reversed(list(enumerate(row)))
            if value is not None
        }
        if set(wanted.values()) <= set(found):
            return index, {name: found[key] for name, key in wanted.items()}
    return None
