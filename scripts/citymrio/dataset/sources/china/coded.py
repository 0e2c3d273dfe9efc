"""Workbooks whose rows and columns are known by the codes in their cells, never by position.

A bureau's sheet has one row of column codes (01..42, TIU, FU101, ... GO) and one column of row
codes (01..42, TII, VA001,
... TI); titles, merged cells and the number of rows above differ from year to year. `io_layout.csv` of the classification
says which code means what. A code is whatever the cells hold: a number, letters, or a heading in
words. Blanks, full-width characters, upper case and leading zeros in it do not matter.
"""  # noqa: E501

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ....base.errors import CityMRIOError, DataError
from ....base.notices import warn
from ....base.printed_names import warn_of_names
from ....base.units import factor
from ...contract.corrections import Correction, FileCorrections, none
from ...workbook import LISTED, Sheet, Workbook, code, letters, words

#: Printed tables close to rounding only: largest gap of an identity, in the unit of the table (10^4
#: CNY).
PRINT_TOLERANCE = 1.0
#: Half a fen (0.01 yuan) in the unit of the table: no statistic is finer, what is smaller a
#: spreadsheet's arithmetic left behind.
HALF_FEN = 5e-7
#: Money of the Chinese sources, and how tables print their unit: `单位：万元`, `Unit: 10000 yuan`.
CURRENCY, MONEY = "CNY", "10^4 CNY"
UNIT = re.compile(r"(?:单位|[Uu]nit)\s*[:：]\s*([^()（）\n]*[^()（）\s])")
#: Columns that a table may lack: trade it does not report, an error account that is 0.
OPTIONAL = (
    "exports",
    "imports",
    "outflow",
    "inflow",
    "outflow_total",
    "inflow_total",
    "re_exports",
    "error",
)


@dataclass(frozen=True)
class CodedSheet:
    """A sheet whose rows and columns are known by their codes: `rows[code]` and `columns[code]` are
    indices into it.

    `corrections` are the lines of its file; `changed` are those that hold here, by row and column,
    and `printed` is the sheet without them. What cannot be read is kept in `faults`.
    """

    sheet: Sheet
    header: int
    rows: dict[str, int]
    columns: dict[str, int]
    corrections: FileCorrections = field(default_factory=none)
    changed: dict[tuple[int, int], Correction] = field(default_factory=dict)
    printed: CodedSheet | None = None
    faults: list[DataError] = field(default_factory=list)

    def value(self, row: str, column: str) -> float:
        """The number at two codes; a blank cell is 0 (the sums that are checked next would miss it
        otherwise).

        A cell that holds something else is 0 and a fault.
        """
        try:
            return amount(
                self.sheet.number(self.rows[row], self.columns[column], blank=0.0, text=True)
            )
        except CityMRIOError as error:
            line = self.corrections.proposal(
                [(row, column, self.cell(row, column), "<number>", "<reason>")]
            )
            fault = DataError(
                f"{self.place(row, column)}: {error.message}", where=self.sheet.where(), fix=line
            )
            if str(fault) not in map(str, self.faults):
                self.faults.append(fault)
            return 0.0

    def block(self, rows: Sequence[str], columns: Sequence[str]) -> np.ndarray:
        """Numbers at `rows` x `columns`, float64 (rows, columns)."""
        return np.array(
            [[self.value(row, column) for column in columns] for row in rows], dtype=float
        )

    def cell(self, row: str, column: str) -> object:
        """What is in the cell at two codes."""
        cells = self.sheet.rows[self.rows[row]]
        return cells[self.columns[column]] if self.columns[column] < len(cells) else None

    def place(self, row: str, column: str) -> str:
        """The cell at two codes in the words of a spreadsheet."""
        return f"cell {letters(self.columns[column])}{self.rows[row] + 1}"

    def corrected(self, corrections: FileCorrections) -> CodedSheet:
        """The sheet with the corrections of its file; a line that does not fit is one of
        `faults`.
        """

        def find(line: Correction) -> tuple[int, int]:
            known = [
                {_code_of(name): place for name, place in axis.items()}
                for axis in (self.rows, self.columns)
            ]
            places = known[0].get(_code_of(line.row)), known[1].get(_code_of(line.column))
            for name, place in zip(("row", "column"), places, strict=True):
                if place is None:
                    raise line.fault(
                        f"column '{name}' is '{getattr(line, name)}', which is no code of "
                        f"{self.sheet.where()}"
                    )
            return places  # type: ignore[return-value]

        rows, changed, faults = corrections.apply(self.sheet.rows, find, self.sheet.where)
        printed = replace(self, faults=[]) if changed else None
        return replace(
            self,
            sheet=replace(self.sheet, rows=rows),
            corrections=corrections,
            changed=changed,
            printed=printed,
            faults=faults,
        )

    def changed_rows(self, rows: Sequence[str]) -> list[int]:
        """Which of these rows hold a corrected cell."""
        touched = {row for row, _ in self.changed}
        return [k for k, row in enumerate(rows) if self.rows[row] in touched]


def _code_of(text: str) -> str:
    """A code as `CodedSheet` knows it; `01#2` is the second row of a sector."""
    first, mark, block = text.partition("#")
    return code(first) + mark + block


def amount(value: float) -> float:
    """A number of a table as money: less than half a fen is nothing (a sum of cells that cancel
    leaves 1e-9 behind).
    """
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
    """The sheet with its codes, or what it lacks (as text) when it is not an input-output table of
    this classification.

    With several `blocks` every sector has that many rows (home products, then imports); a row of
    the second block is known as `01#2`. Columns of `optional` codes may be missing. `spelled` says
    by axis what the cells hold for a sector, where it is not its code.
    """
    spelled = spelled or {}
    name_of = {
        axis: {code(spelled.get(axis, {}).get(s, s)): s for s in sectors}
        | {code(c): c for c in others}
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
    for place, value in enumerate(sheet.rows[header]):
        name = name_of["column"].get(code(value))
        if name is not None and name in columns:
            return f"code {name} appears twice in row {header + 1}"
        if name is not None:
            columns[name] = place
    lacking = [
        name for name in [*sectors, *column_codes] if name not in columns and name not in optional
    ]
    if lacking:
        return f"row {header + 1} lacks the codes {', '.join(lacking)}"
    body = sheet.rows[header + 1 :]
    first = min(columns[s] for s in sectors)
    position = max(
        range(first),
        key=lambda place: len(
            kept & {name_of["row"].get(code(row[place])) for row in body if place < len(row)}
        ),
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
            return (
                f"code {name} appears {count} times in the column of row codes, expected {expected}"
            )
    lacking = [name for name, count in times.items() if count == 0]
    if lacking:
        return f"the column of row codes lacks {', '.join(lacking)}"
    return CodedSheet(sheet, header, rows, columns)


def _coded(layout: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Rows of a layout that are no spelling of a sector, by axis."""
    return layout[(layout.axis == axis) & (layout.role != "sector") & (layout.code != "")]


def meanings(layout: pd.DataFrame) -> dict[str, dict[str, str]]:
    """What the codes of a layout mean, by axis."""
    return {axis: dict(_coded(layout, axis)[["code", "name"]].values) for axis in ("row", "column")}


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
    corrections: FileCorrections | None = None,
) -> CodedSheet:
    """The first sheet of a workbook that holds all codes of a layout and whose title does not
    contradict.

    Its cells are corrected by the lines of its file. What looks wrong in it is a warning: `names`
    of sectors that are not those beside the codes, columns nobody reads.

    Raises
    ------
    DataError
        There is none; the message says what every sheet lacks, or what the title says.
    """
    codes = {axis: list(_coded(layout, axis).code) for axis in ("row", "column")}
    spelled = {
        axis: dict(
            layout.loc[(layout.axis == axis) & (layout.role == "sector"), ["name", "code"]].values
        )
        for axis in ("row", "column")
    }
    optional = tuple(layout.code[(layout.axis == "column") & layout.name.isin(OPTIONAL)])
    faults, wrong = [], None
    with Workbook(path) as book:
        for sheet in book.sheets():
            found = find_codes(
                sheet,
                sectors,
                codes["row"],
                codes["column"],
                blocks=blocks,
                optional=optional,
                spelled=spelled,
            )
            if isinstance(found, CodedSheet):
                problem = title_fault(found, year, title, others)
                if problem is None:
                    _warn_of_sheet(found, sectors, names or {})
                    return found.corrected(corrections) if corrections else found
                wrong = wrong or problem
            else:
                faults.append(f"sheet '{sheet.name}': {found}")
    raise wrong or DataError(
        f"no sheet is an input-output table of {len(sectors)} sectors ({'; '.join(faults)})",
        where=str(path),
        fix="name the classification folder of its year in dataset.classification, or another "
        "file in the sources list.",
    )


def _warn_of_sheet(
    coded: CodedSheet, sectors: list[str], names: Mapping[str, Sequence[str]]
) -> None:
    """Say what a sheet holds beside what is read: names of another classification, columns of
    numbers without a meaning.
    """
    sheet, left = coded.sheet, min(coded.columns[s] for s in sectors)
    printed: dict[str, list[str]] = {sector: [] for sector in sectors if sector in names}
    for sector, texts in printed.items():
        beside = sheet.rows[coded.rows[sector]][:left]
        above = [
            row[coded.columns[sector]]
            for row in sheet.rows[: coded.header]
            if coded.columns[sector] < len(row)
        ]
        texts += [
            text for text in [*beside, *above] if isinstance(text, str) and code(text) != sector
        ]
    warn_of_names(sheet.where(), printed, names, "sectors.csv")
    width = max(len(sheet.rows[coded.rows[s]]) for s in sectors)
    numbers = {
        column: values
        for column in range(left, width)
        if (values := _column_of_numbers(coded, sectors, column)) is not None
    }
    read = set(coded.columns.values())
    for column in [column for column in numbers if column not in read]:
        known = [np.array(numbers[c]) for c in sorted(numbers) if c in read and c < column]
        sums = np.cumsum(known[::-1], axis=0) if known else np.zeros((0, len(sectors)))
        if any(
            np.allclose(part, numbers[column], rtol=1e-6, atol=PRINT_TOLERANCE) for part in sums
        ):
            continue  # a subtotal of the columns before it
        header = sheet.rows[coded.header]
        called = code(header[column]) if column < len(header) else ""
        warn(
            where=sheet.where(coded.header, column),
            what="a column of numbers that the layout does not mention",
            value=f"{called or f'column {letters(column)}, without a code'}, sum "
            f"{numbers[column].sum():.6g}",
            expectation="every column of numbers in io_layout.csv, or a sum of those before it",
            effect="It is not read. Fix: add its code to io_layout.csv, if it belongs to a "
            "category or to trade.",
        )


def _column_of_numbers(coded: CodedSheet, sectors: list[str], column: int) -> np.ndarray | None:
    """A column at the rows of the sectors, None where it holds no numbers, or zeros alone."""
    cells = [
        row[column] if column < len(row) else None
        for row in (coded.sheet.rows[coded.rows[s]] for s in sectors)
    ]
    found = [
        cell
        for cell in cells
        if isinstance(cell, int | float) and not isinstance(cell, bool) and np.isfinite(cell)
    ]
    if not any(found) or any(isinstance(cell, str) and cell.strip() for cell in cells):
        return None
    return np.array([cell if isinstance(cell, int | float) else 0.0 for cell in cells], dtype=float)


def title_fault(
    coded: CodedSheet, year: int, title: tuple[str, ...] = (), others: tuple[str, ...] = ()
) -> DataError | None:
    """What the words above the codes say against year, unit and place; None if nothing.

    Parameters
    ----------
    title, others
        Names of the place in the languages a title may be in, and those of other places.
    """
    above = [
        words(v) for row in coded.sheet.rows[: coded.header] for v in row if isinstance(v, str)
    ]
    years = {int(y) for y in re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", " ".join(above))}
    if years and year not in years:
        return DataError(
            f"the title speaks of {', '.join(map(str, sorted(years)))}, the run is for {year}",
            where=coded.sheet.where(),
            fix="use the table of the run's year, or set dataset.year.",
        )
    for index, row in enumerate(coded.sheet.rows[: coded.header]):
        for said in filter(
            None, (UNIT.search(unicodedata.normalize("NFKC", v)) for v in row if isinstance(v, str))
        ):
            if factor(said[1], MONEY) != 1:
                fix = "bring the table to 10^4 yuan, or correct the cell."
                return DataError(
                    f"the unit is '{said[1]}'; expected {MONEY}",
                    where=coded.sheet.where(index),
                    fix=fix,
                )
    heading = next((text for text in above if text), "")
    if any(words(name) in heading for name in others) and not any(
        words(name) in heading for name in title
    ):
        return DataError(
            f"the title is '{heading}', a table of '{title[0]}' was expected",
            where=coded.sheet.where(),
            fix=LISTED,
        )
    return None
