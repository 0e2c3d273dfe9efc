"""Cells of Excel workbooks, old (.xls) and new (.xlsx), as plain rows; formulas and links are never run.

A workbook is read by content: the first bytes say which kind it is, a sheet is found by the codes it holds, and every
number is named by its spreadsheet address when it is not one.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from ..errors import DataError

REPLACE = "replace the file by the one of the sources list (url and checksum there)."


@dataclass(frozen=True)
class Sheet:
    """One sheet: its file, its name, its cells row by row (None where blank)."""

    path: Path
    name: str
    rows: list[list[Any]]

    def where(self, row: int | None = None, column: int | None = None) -> str:
        """Place in the words of a spreadsheet: file, sheet and address such as `E12` (indices count from 0)."""
        place = f"{self.path}, sheet '{self.name}'"
        if row is None:
            return place
        return f"{place}, row {row + 1}" if column is None else f"{place}, cell {letters(column)}{row + 1}"

    def number(self, row: int, column: int, *, blank: float | None = None, text: bool = False) -> float:
        """The number in a cell; with `text` also one typed as text, in plain digits with a decimal point (`1787.36`).

        Raises
        ------
        DataError
            Text, an error value, a truth value, or (unless `blank` is given) nothing in the cell.
        """
        value = self.rows[row][column] if row < len(self.rows) and column < len(self.rows[row]) else None
        if value is None and blank is not None:
            return blank
        if text and isinstance(value, str) and re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value.strip(), re.ASCII):
            return float(value)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            shown = "blank" if value is None else repr(value)
            raise DataError(
                f"the cell is {shown}, a number was expected",
                where=self.where(row, column),
                fix="write a plain number (no text, no thousands separators, no full-width digits).",
            )
        return float(value)


def letters(column: int) -> str:
    """Spreadsheet name of a column: 0 is A, 26 is AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def code(value: Any, width: int = 2) -> str:
    """A code as text: `1`, `1.0`, `"1"`, `"01"`, `"001"` and full-width `"０１"` are all `"01"`; other codes are in upper case,
    without blanks (`"FU 101"` is `"FU101"`).
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = words(value).upper()
    return str(int(text)).zfill(width) if text.isascii() and text.isdigit() else text


def words(value: Any) -> str:
    """Text without blanks, full-width letters and digits as plain ones: `"北 京"` is `"北京"`, `"ＧＤＰ"` is `"GDP"`."""
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", str(value)))


class Workbook:
    """A workbook opened for reading, whichever its kind.

    Raises
    ------
    DataError
        The file is missing, empty, protected by a password, or no workbook whatever its name says.
    """

    def __init__(self, path: str | Path):
        self.path, self._handle = Path(path), None
        try:
            with self.path.open("rb") as handle:
                head = handle.read(8)
        except OSError as error:
            raise DataError(f"cannot be opened ({error.strerror})", where=str(path), fix=REPLACE) from error
        if head[:4] == b"PK\x03\x04":
            self._open_xlsx()
        elif head[:4] == b"\xd0\xcf\x11\xe0":
            self._open_xls()
        else:
            what = "is empty" if not head else "is no Excel workbook, whatever its name says"
            raise DataError(f"the file {what}", where=str(path), fix=REPLACE)

    def _open_xlsx(self) -> None:
        import openpyxl

        self._handle = self.path.open("rb")  # a handle, because openpyxl judges a path by its ending
        try:
            self._book = openpyxl.load_workbook(self._handle, read_only=True, data_only=True, keep_links=False)
        except (BadZipFile, KeyError, ValueError, OSError, SyntaxError) as error:
            self._handle.close()
            raise DataError(f"the workbook is damaged ({error})", where=str(self.path), fix=REPLACE) from error
        self.sheet_names = list(self._book.sheetnames)
        self._rows = self._xlsx_rows

    def _open_xls(self) -> None:
        import xlrd

        try:
            self._book = xlrd.open_workbook(str(self.path), on_demand=True)
        except (xlrd.XLRDError, xlrd.compdoc.CompDocError, AssertionError, IndexError, ValueError, OSError) as error:
            raise DataError(
                f"the workbook is damaged or protected by a password ({error})", where=str(self.path), fix=REPLACE
            ) from error
        self.sheet_names = list(self._book.sheet_names())
        self._rows = self._xls_rows

    def _xlsx_rows(self, name: str) -> list[list[Any]]:
        sheet = self._book[name]
        return [list(row) for row in sheet.iter_rows(values_only=True)] if hasattr(sheet, "iter_rows") else []

    def _xls_rows(self, name: str) -> list[list[Any]]:
        import xlrd

        sheet = self._book.sheet_by_name(name)
        rows = []
        for index in range(sheet.nrows):
            row = []
            for cell in sheet.row(index):
                if cell.ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                    row.append(None)
                elif cell.ctype == xlrd.XL_CELL_ERROR:
                    row.append(xlrd.error_text_from_code.get(cell.value, "#ERROR"))
                elif cell.ctype == xlrd.XL_CELL_BOOLEAN:
                    row.append(bool(cell.value))
                else:
                    row.append(None if cell.value == "" else cell.value)
            rows.append(row)
        return rows

    def sheet(self, name: str) -> Sheet:
        """A sheet by its name; blanks, upper case and full-width letters in it do not matter, if it stays the only one.

        Raises
        ------
        DataError
            There is no such sheet; the message lists those there are.
        """
        like = [other for other in self.sheet_names if words(other).casefold() == words(name).casefold()]
        if name not in self.sheet_names and len(like) != 1:
            raise DataError(
                f"there is no sheet '{name}' (sheets: {', '.join(self.sheet_names)})", where=str(self.path), fix=REPLACE
            )
        name = name if name in self.sheet_names else like[0]
        return Sheet(self.path, name, self._rows(name))

    def sheets(self) -> Iterable[Sheet]:
        """All sheets in the order of the file, read one at a time."""
        for name in self.sheet_names:
            yield self.sheet(name)

    def close(self) -> None:
        """Release the file."""
        close = getattr(self._book, "close", None) or self._book.release_resources
        close()
        if self._handle is not None:
            self._handle.close()

    def __enter__(self) -> Workbook:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def header_row(
    sheet: Sheet, names: Iterable[str], *, same: Callable[[object], str] = lambda name: str(name).strip(), search: int = 20
) -> tuple[int, dict[str, int]] | None:
    """Row whose cells include all `names` (compared after `same`), and the column of each; None when there is none."""
    wanted = {name: same(name) for name in names}
    for index, row in enumerate(sheet.rows[:search]):
        found = {same(value): column for column, value in reversed(list(enumerate(row))) if value is not None}
        if set(wanted.values()) <= set(found):
            return index, {name: found[key] for name, key in wanted.items()}
    return None
