"""Cells of an .xlsx workbook as its XML has them: every cell that is there, whatever size the sheet claims to have.

openpyxl opens the archive, finds the sheets and parses cells. Its own sheets are not used: they believe the `<dimension>` that
the writing program left behind (rows beyond it vanish), take a formula that was never computed for a blank, and read text such
as `1_0` as a number.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from openpyxl.reader.excel import ExcelReader
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._reader import FORMULA_TAG, VALUE_TAG, WorkSheetParser

from ..base.errors import DataError
from .cells import PLAIN

RECALCULATE = "open the workbook in a spreadsheet program and save it, or replace the formulas by their values."


class XlsxBook:
    """The worksheets of an .xlsx workbook; sheets of charts are left out.

    Parameters
    ----------
    handle
        The open file.
    path
        What a message calls it.

    Raises
    ------
    Exception
        Whatever openpyxl makes of a damaged part.
    """

    def __init__(self, handle, path: Path):
        self.path = path
        self._reader = _Reader(handle, read_only=True, data_only=True, keep_links=False)
        self._reader.read()
        self._targets = {}
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
                        raise DataError(f"the cell {_address(cell)} appears twice", where=where, fix="save the workbook anew.")
                    values[cell["column"] - 1] = cell["value"]
        if parser.formulas:
            more = f" (and {len(parser.formulas) - 1} more)" if len(parser.formulas) > 1 else ""
            raise DataError(
                f"the cell {parser.formulas[0]}{more} holds a formula without its value", where=where, fix=RECALCULATE
            )
        return cells

    def close(self) -> None:
        """Release the archive."""
        self._reader.archive.close()


class _Reader(ExcelReader):
    def read_chartsheet(self, sheet, rel) -> None:
        """Charts hold no data."""


class _Parser(WorkSheetParser):
    """Cells with their values; formulas without one are listed in `formulas`."""

    where = ""

    def __init__(self, *arguments: Any, **options: Any):
        super().__init__(*arguments, **options)
        self.formulas: list[str] = []

    def parse_cell(self, element) -> dict[str, Any]:
        text = element.findtext(VALUE_TAG)
        if text and element.get("t", "n") == "n" and not PLAIN.fullmatch(text.strip()):
            raise DataError(
                f"the cell {element.get('r', '')} holds '{text[:40]}' as a number", where=self.where, fix="write a plain number."
            )
        cell = super().parse_cell(element)
        # Programs write the empty text that a formula gave as a value of type text; a missing value is none at all.
        empty_text = text is not None and element.get("t") == "str"
        if cell["value"] is None and not empty_text and element.find(FORMULA_TAG) is not None:
            self.formulas.append(_address(cell))
        return cell


def _address(cell: dict[str, Any]) -> str:
    return f"{get_column_letter(cell['column'])}{cell['row']}"
