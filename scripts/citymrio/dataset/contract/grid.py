"""A table of numbers whose rows and columns are known by their codes, wherever it stands in a
file: a workbook of a statistics office, a spreadsheet of the contract.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...base.errors import CityMRIOError, DataError, warn
from ..cells import number_of
from .corrections import NONE, FileCorrections


def say_blank(where: str, blank: Sequence[str]) -> None:
    """Say that cells of an input-output table without a number, such as `E12`, are read as 0."""
    if blank:
        warn(
            where=where,
            what="cells without a number are read as 0",
            value=f"{len(blank)} in all; the first is {blank[0]}",
            expectation="a number in every cell of the table",
            effect="Rows and columns are checked with 0 there. Fix: write 0 where there is "
            "nothing, and the number where there is one.",
        )


@dataclass
class Grid:
    """Cells by codes.

    Attributes
    ----------
    where
        What a message calls the table: its file, and the sheet of a workbook.
    cells
        Row by row, None where blank.
    rows, columns
        Code -> index into `cells`.
    place
        Indices -> what a message calls the cell.
    lines
        Corrections of its file.
    least
        Amounts below it are 0: what a spreadsheet's arithmetic leaves of cells that cancel.
    changed
        Indices of the corrected cells.
    printed
        The grid without its corrections, None where there are none.
    faults
        What is wrong with it; reading cells adds to it.
    blank
        Cells without a number that were read as 0, as messages call them; reading adds to them.
    """

    where: str
    cells: Sequence[Sequence[Any]]
    rows: dict[str, int]
    columns: dict[str, int]
    place: Callable[[int, int], str]
    lines: FileCorrections = NONE
    least: float = 0.0
    changed: set[tuple[int, int]] = field(default_factory=set)
    printed: Grid | None = None
    faults: list[CityMRIOError] = field(default_factory=list)
    blank: dict[str, None] = field(default_factory=dict)

    def fault(self, message: str, fix: str) -> None:
        """Add a fault, once."""
        fault = DataError(message, where=self.where, fix=fix)
        if str(fault) not in map(str, self.faults):
            self.faults.append(fault)

    def at(self, row: str, column: str) -> str:
        """What a message calls the cell at two codes."""
        return self.place(self.rows[row], self.columns[column])

    def cell(self, row: str, column: str) -> Any:
        """What is in it."""
        cells, k = self.cells[self.rows[row]], self.columns[column]
        return cells[k] if k < len(cells) else None

    def value(self, row: str, column: str, blank: float = 0.0) -> float:
        """The number in it, `blank` where it is empty; 0 and a fault where it holds something
        else.
        """
        try:
            value = number_of(self.cell(row, column))
        except ValueError as error:
            line = (row, column, self.cell(row, column), "<number>", "<reason>")
            self.fault(f"{self.at(row, column)} {error}", self.lines.proposal([line]))
            return 0.0
        if np.isnan(value):
            return blank
        return value if abs(value) >= self.least else 0.0

    def block(self, rows: Sequence[str], columns: Sequence[str]) -> np.ndarray:
        """Numbers at `rows` x `columns`, float64 (rows, columns), 0 where blank."""
        values = [[self.value(row, column, np.nan) for column in columns] for row in rows]
        return self._filled(np.array(values, float), rows, columns)

    def _filled(
        self, values: np.ndarray, rows: Sequence[str], columns: Sequence[str]
    ) -> np.ndarray:
        """Values (rows, columns) with 0 where blank, which is noted."""
        for i, j in np.argwhere(np.isnan(values)):
            self.blank[self.at(rows[i], columns[j])] = None
        return np.nan_to_num(values)

    def account(self, rows: Sequence[str], name: str, absent: float = np.nan) -> np.ndarray:
        """A column of numbers, blanks 0; `absent` throughout where it is not there or has no number
        at all.
        """
        values = np.array([self.value(row, name, np.nan) for row in rows if name in self.columns])
        if np.isnan(values).all():
            return np.full(len(rows), absent)
        if np.isnan(absent):
            return self._filled(values[:, None], rows, [name])[:, 0]
        return np.nan_to_num(values)

    def say_blank(self) -> None:
        """Say how many cells without a number were read as 0."""
        say_blank(self.where, [*self.blank])

    def corrected(self, lines: FileCorrections, key: Callable[[str], str]) -> Grid:
        """The grid with the corrections of its file, whose codes `key` brings to the form that they
        have here; a line that does not fit is one of `faults`.
        """
        rows, columns = (
            {key(name): k for name, k in axis.items()} for axis in (self.rows, self.columns)
        )
        cells, changed, faults = lines.apply(
            [list(row) for row in self.cells],
            rows,
            columns,
            lambda row, column: f"{self.place(row, column)} of {self.where}",
            self.where,
            key=key,
        )
        printed = replace(self, faults=[]) if changed else None
        return replace(
            self, cells=cells, lines=lines, changed=changed, printed=printed, faults=faults
        )
