"""Corrections of printed cells: `corrections.csv`, one line a cell, applied on reading
(docs/bring-your-own-data.md).

Raw files stay as they were downloaded. A line says what is printed and what is used instead, from
which source and why. The printed value must be the one in the file, so that a correction cannot
outlive the file it was written for.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from ...base.errors import CityMRIOError, DataError, first_names, gather_faults, raise_faults, warn
from ..cells import number_of, text_of
from ..workbook import Sheet, letters
from .tables import CORRECTIONS, Table, read_list

NAME = "corrections.csv"
COLUMNS = tuple(CORRECTIONS.columns)
#: A printed number and the one in the file are the same within this share: a line has fewer digits
#: than a spreadsheet's cell.
SAME = 1e-9
#: Columns right of the last one of a sheet that a line may fill in.
BEYOND = 26


@dataclass(frozen=True)
class Correction:
    """One line: the cell at `row` and `column` of a file holds `printed` (text; "" blank), `used`
    counts.
    """

    file: str
    row: str
    column: str
    printed: str
    used: float
    source: str
    reason: str
    where: str

    @property
    def change(self) -> float:
        """Used less printed; a printed text or blank counts as 0."""
        return self.used - (_number(self.printed) or 0.0)

    def fault(self, problem: str, fix: str = "correct or remove the line.") -> DataError:
        """A fault of this line."""
        return DataError(problem, where=self.where, fix=fix)

    def replace(self, cell: Any, place: str) -> float:
        """The number that counts instead of a cell.

        Raises
        ------
        DataError
            The cell does not hold what the line says is printed there.
        """
        found, expected = _number(cell), _number(self.printed)
        if text_of(cell).strip() == "" and expected == 0:
            found = 0.0  # a blank counts as 0
        alike = (
            found is not None
            and expected is not None
            and math.isclose(found, expected, rel_tol=SAME, abs_tol=1e-12)
        )
        if not alike and (expected is not None or text_of(cell).strip() != self.printed):
            shown = "blank" if cell is None else f"'{text_of(cell)}'"
            raise self.fault(
                f"the line says that '{self.printed}' is printed at {place}, where {shown} is found"
            )
        return self.used


@dataclass
class Corrections:
    """The lines of one `corrections.csv`, and which of them were applied.

    Attributes
    ----------
    path
        The file, whether it is there or not.
    lines
        Sound lines in the order of the file.
    """

    path: Path
    lines: list[Correction] = field(default_factory=list)
    applied: list[Correction] = field(default_factory=list)

    @classmethod
    def read(cls, path: str | Path) -> Corrections:
        """The lines of a file, none where there is no file.

        Raises
        ------
        DataError
            Every fault of its form.
        """
        return cls.from_table(path, read_list(path, CORRECTIONS) if Path(path).exists() else None)

    @classmethod
    def from_table(cls, path: str | Path, table: Table | None) -> Corrections:
        """The lines of a table, none without one."""
        if table is None:
            return cls(Path(path))
        places = [f"{where}, row {number}" for where, number in table.places]
        columns = [table.frame[name].tolist() for name in COLUMNS]
        return cls(Path(path), list(map(Correction, *columns, places)))

    @classmethod
    def of_lists(cls, path: str | Path | Sequence[str], lists: str | Path) -> Corrections:
        """The lines of a dataset (none without a path), which messages place in the folder
        `lists` that they came from.
        """
        lines = cls.read(str(path)) if path else cls(Path(NAME))
        return replace(lines, path=Path(lists) / NAME)

    def of(self, *names: str) -> FileCorrections:
        """Lines of a file or province, under whichever of its names; a message calls it by the
        first.
        """
        return FileCorrections(self, names)

    def unused(
        self,
        expected: str = "a file of the sources list or a province, `file!sheet` for a sheet "
        "without codes",
    ) -> list:
        """A fault for every line whose cell nothing reads."""
        return [
            line.fault(
                f"column 'file' is '{line.file}', of which nothing is read; expected {expected}"
            )
            for line in self.lines
            if line not in self.applied
        ]

    def say(self) -> list[str]:
        """Warn of every file with corrections; what is said of all of them, for the notes of a
        dataset (nothing without any).
        """
        for file in dict.fromkeys(line.file for line in self.applied):
            lines = [line for line in self.applied if line.file == file]
            shown = [
                f"row {n.row}, column {n.column}: {n.printed or 'blank'} -> {n.used:.10g}"
                for n in lines
            ]
            warn(
                where=f"{self.path}, {file}",
                what=f"corrected cells ({len(lines)})",
                value=first_names(shown, between="; "),
                expectation="cells that can be used as they are printed",
                effect="The corrected values are used; together they are "
                f"{sum(n.change for n in lines):.6g} more than the "
                "printed ones (unit of the file). The dataset's corrections.csv lists them with "
                "source and reason.",
            )
        if not self.applied:
            return []
        files = len({line.file for line in self.applied})
        return [
            f"Corrected cells: {len(self.applied)} in {files} "
            f"{'file' if files == 1 else 'files'}, changes of "
            f"{sum(abs(line.change) for line in self.applied):.6g} in sum "
            "without sign (corrections.csv of the dataset: printed, used, source and reason of "
            "each)."
        ]

    def table(self) -> pd.DataFrame:
        """The lines that were applied, as corrections.csv of a dataset."""
        return pd.DataFrame(self.applied, columns=list(COLUMNS))


@dataclass(frozen=True)
class FileCorrections:
    """The lines of one file, which may go by several names (path in the sources list, code of the
    province).
    """

    whole: Corrections
    names: tuple[str, ...]

    @property
    def lines(self) -> list[Correction]:
        """Lines of the file."""
        return [line for line in self.whole.lines if line.file in self.names]

    def use(self, line: Correction, cell: Any, place: str) -> float:
        """What counts instead of a cell (`Correction.replace`); the line counts as applied."""
        used = line.replace(cell, place)
        if line not in self.whole.applied:
            self.whole.applied.append(line)
        return used

    def apply(
        self,
        cells: list[list[Any]],
        rows: Mapping[str, int],
        columns: Mapping[str, int],
        place: Callable[[int, int], str],
        where: str,
        *,
        key: Callable[[str], str] = str,
    ) -> tuple[list[list[Any]], set[tuple[int, int]], list[CityMRIOError]]:
        """Cells with those that are corrected, their indices, and a fault for each line that does
        not fit.

        Parameters
        ----------
        rows, columns
            Index of a row or column by what a line calls it, brought to its form by `key`.
        place
            What a message calls the cell at these indices.
        where
            What it calls the table.
        """
        found, faults = set[tuple[int, int]](), list[CityMRIOError]()
        cells = [list(row) for row in cells] if self.lines else cells
        for line in self.lines:
            row, column = rows.get(key(line.row)), columns.get(key(line.column))
            with gather_faults(faults):
                if row is None or column is None:
                    raise line.fault(f"row {line.row}, column {line.column} is no cell of {where}")
                cells[row] += [None] * (column + 1 - len(cells[row]))
                cells[row][column] = self.use(line, cells[row][column], place(row, column))
                found.add((row, column))
        return cells, found, faults

    def sheet(self, sheet: Sheet) -> Sheet:
        """A sheet with the lines of `file!sheet`, whose rows are numbers and whose columns are
        letters; its messages propose lines.

        Raises
        ------
        DataError
            Lines that do not fit, all at once.
        """
        rows = {str(k + 1): k for k in range(len(sheet.rows))}
        columns = {letters(k): k for k in range(max(map(len, sheet.rows), default=0) + BEYOND)}
        cells, _, faults = self.named(sheet).apply(
            sheet.rows,
            rows,
            columns,
            sheet.where,
            f"{sheet.where()}; expected such as 12, C",
            key=str.upper,
        )
        raise_faults(faults)
        told = replace(sheet, rows=cells)
        return replace(told, mend=partial(self.cell, told)) if self.names else told

    def named(self, sheet: Sheet) -> FileCorrections:
        """The lines of one sheet, `file!sheet`."""
        return replace(self, names=tuple(f"{name}!{sheet.name}" for name in self.names))

    def cell(self, sheet: Sheet, row: int, column: int, used: Any, why: str) -> str:
        """What a message says to do about a cell of a sheet: a line ready to be pasted."""
        line = (str(row + 1), letters(column), sheet.cell(row, column), used, why)
        return self.named(sheet).proposal([line])

    def amount(
        self,
        sheet: Sheet,
        row: int,
        column: int,
        called: str,
        *,
        positive: bool = False,
        blank: float = math.nan,
        mend: tuple[Any, str] = ("<number>", "<reason>"),
    ) -> float:
        """The number in a cell of a sheet, 0 or more (or above 0); `called`: what a message says of
        it, with {} for the number; `mend`: what it proposes where it is below, and why.

        Raises
        ------
        DataError
            The cell holds another or none, with the line that would mend it.
        """
        value = sheet.number(row, column, blank=blank)
        if value > 0 or (value == 0 and not positive):
            return value
        least = "positive value" if positive else "value of 0 or more"
        raise DataError(
            f"{called.format(f'{value:.6g}')}, a {least} was expected",
            where=sheet.where(row, column),
            fix=self.cell(sheet, row, column, *mend),
        )

    def proposal(self, cells: Iterable[tuple[str, str, Any, Any, str]]) -> str:
        """What a message says to do: cells (row, column, printed, used, reason) as lines ready to
        be pasted.
        """
        if not self.names:
            return "correct the cell."
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(
            [self.names[0], row, column, text_of(printed), text_of(used), "own judgement", why]
            for row, column, printed, used, why in cells
        )
        new = (
            "" if self.whole.path.exists() else f", a new file that begins with {','.join(COLUMNS)}"
        )
        return f"where the file is wrong, add to {self.whole.path}{new}:\n{out.getvalue().rstrip()}"


#: No corrections, for a file that is the user's own: it is corrected where it stands.
NONE = Corrections(Path(NAME)).of()


def _number(cell: Any) -> float | None:
    """The number in a cell, None where it is blank or text."""
    try:
        value = number_of(cell if cell != "" else None)
    except ValueError:
        return None
    return None if math.isnan(value) else value
