"""Workbooks whose rows and columns are known by the codes in their cells, never by position.

A bureau's sheet has one row of column codes (01..42, TIU, FU101, ... GO) and one column of row
codes (01..42, TII, VA001,
... TI); titles, merged cells and the number of rows above differ from year to year. `io_layout.csv` of the classification
says which code means what. A code is whatever the cells hold: a number, letters, or a heading in
words. Blanks, full-width characters, upper case and leading zeros in it do not matter.
"""  # noqa: E501

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ....base.errors import DataError, warn
from ....base.printed_names import warn_of_names
from ....base.units import conversion_factor
from ...contract.corrections import NONE, FileCorrections
from ...contract.grid import Grid
from ...workbook import LISTED, UNIT, YEAR, Sheet, Workbook, code, letters, words

#: Printed tables close to rounding only: largest gap of an identity, in the unit of the table (10^4
#: CNY).
PRINT_TOLERANCE = 1.0
#: Half a fen (0.01 yuan) in the unit of the table: no statistic is finer, what is smaller a
#: spreadsheet's arithmetic left behind.
HALF_FEN = 5e-7
#: Money of the Chinese sources.
CURRENCY, MONEY = "CNY", "10^4 CNY"
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


def _code_of(text: str) -> str:
    """A code as grids know it; `01#2` is the second row of a sector."""
    first, mark, block = text.partition("#")
    return code(first) + mark + block


def meanings(layout: pd.DataFrame) -> dict[str, dict[str, str]]:
    """What the codes of a layout mean, by axis; its rows that are spellings of sectors left out."""
    coded = layout[(layout.role != "sector") & (layout.code != "")]
    return {
        axis: dict(coded.loc[coded.axis == axis, ["code", "name"]].values)
        for axis in ("row", "column")
    }


def find_codes(
    sheet: Sheet, sectors: Sequence[str], layout: pd.DataFrame, blocks: int = 1
) -> tuple[Grid, int] | str:
    """The grid of a sheet and its row of codes, or what it lacks (as text) when it is not an
    input-output table of this classification.

    With several `blocks` every sector has that many rows (home products, then imports); a row of
    the second block is known as `01#2`. Columns that mean `OPTIONAL` may be missing.
    """
    meaning, kept = meanings(layout), {*sectors}
    name_of = {}
    for axis, others in meaning.items():
        spelled = layout[(layout.axis == axis) & (layout.role == "sector")]
        printed = dict(zip(spelled.name, spelled.code, strict=True))
        name_of[axis] = {code(printed.get(s, s)): s for s in sectors} | {code(c): c for c in others}
    across, down = name_of["column"], name_of["row"]
    hits = [len(kept & {across.get(code(cell)) for cell in row}) for row in sheet.rows]
    if max(hits, default=0) < 2:
        return "no row holds the sector codes"
    header = hits.index(max(hits))
    named = [across.get(code(cell)) for cell in sheet.rows[header]]
    columns = {name: k for k, name in enumerate(named) if name is not None}
    for name in columns:
        if named.count(name) > 1:
            return f"code {name} appears twice in row {header + 1}"
    needed = [c for c, name in meaning["column"].items() if name not in OPTIONAL]
    if lacking := [name for name in [*sectors, *needed] if name not in columns]:
        return f"row {header + 1} lacks the codes {', '.join(lacking)}"
    body = sheet.rows[header + 1 :]
    before = [
        [down.get(code(row[k])) if k < len(row) else None for row in body]
        for k in range(min(columns[s] for s in sectors))
    ]
    if not before:
        return "there is no column before the sectors"
    rows, times = dict[str, int](), dict.fromkeys([*sectors, *meaning["row"]], 0)
    for index, found in enumerate(max(before, key=lambda names: len(kept & {*names})), header + 1):
        if found is not None:
            times[found] += 1
            rows[found if times[found] == 1 else f"{found}#{times[found]}"] = index
    for name, count in times.items():
        expected = blocks if name in kept else 1
        if 0 < count != expected:
            return (
                f"code {name} appears {count} times in the column of row codes, expected {expected}"
            )
    if lacking := [name for name, count in times.items() if count == 0]:
        return f"the column of row codes lacks {', '.join(lacking)}"
    grid = Grid(
        sheet.where(),
        sheet.rows,
        rows,
        columns,
        lambda row, column: f"cell {letters(column)}{row + 1}",
        least=HALF_FEN,
    )
    return grid, header


def locate_table(
    path: str | Path,
    sectors: Mapping[str, Sequence[str]],
    layout: pd.DataFrame,
    *,
    year: int,
    title: tuple[str, ...] = (),
    others: tuple[str, ...] = (),
    blocks: int = 1,
    corrections: FileCorrections = NONE,
) -> Grid:
    """The first sheet of a workbook that holds all codes of a layout and whose title does not
    contradict.

    Its cells are corrected by the lines of its file. What looks wrong in it is a warning: names of
    `sectors` that are not those beside the codes, columns nobody reads.

    Raises
    ------
    DataError
        There is none; the message says what every sheet lacks, or what the title says.
    """
    faults, wrong = [], None
    for sheet in Workbook(path).sheets():
        found = find_codes(sheet, [*sectors], layout, blocks)
        if isinstance(found, str):
            faults.append(f"sheet '{sheet.name}': {found}")
            continue
        problem = title_fault(sheet, found[1], year, title, others)
        if problem is None:
            _warn_of_sheet(sheet, *found, sectors)
            return found[0].corrected(corrections, _code_of)
        wrong = wrong or problem
    raise wrong or DataError(
        f"no sheet is an input-output table of {len(sectors)} sectors ({'; '.join(faults)})",
        where=str(path),
        fix="name the classification folder of its year in dataset.classification, or another "
        "file in the sources list.",
    )


def _warn_of_sheet(
    sheet: Sheet, grid: Grid, header: int, sectors: Mapping[str, Sequence[str]]
) -> None:
    """Say what a sheet holds beside what is read: names of another classification, columns of
    numbers without a meaning.
    """
    left = min(grid.columns[s] for s in sectors)
    above = sheet.rows[:header]
    printed = {
        sector: [
            text
            for text in [
                *sheet.rows[grid.rows[sector]][:left],
                *(row[k] for k in [grid.columns[sector]] for row in above if k < len(row)),
            ]
            if isinstance(text, str) and code(text) != sector
        ]
        for sector, names in sectors.items()
        if names
    }
    warn_of_names(sheet.where(), printed, sectors, "sectors.csv")
    body = [sheet.rows[grid.rows[s]] for s in sectors]
    numbers = {
        column: values
        for column in range(left, max(map(len, body)))
        if (values := _numbers([row[column] if column < len(row) else None for row in body]))
        is not None
    }
    read = set(grid.columns.values())
    for column in [column for column in numbers if column not in read]:
        known = [numbers[c] for c in sorted(numbers) if c in read and c < column]
        sums = np.cumsum(known[::-1], axis=0) if known else np.zeros((0, len(sectors)))
        if any(np.allclose(s, numbers[column], rtol=1e-6, atol=PRINT_TOLERANCE) for s in sums):
            continue  # a subtotal of the columns before it
        codes = sheet.rows[header]
        called = code(codes[column]) if column < len(codes) else ""
        warn(
            where=sheet.where(header, column),
            what="a column of numbers that the layout does not mention",
            value=f"{called or f'column {letters(column)}, without a code'}, sum "
            f"{numbers[column].sum():.6g}",
            expectation="every column of numbers in io_layout.csv, or a sum of those before it",
            effect="It is not read. Fix: add its code to io_layout.csv, if it belongs to a "
            "category or to trade.",
        )


def _numbers(cells: Sequence[object]) -> np.ndarray | None:
    """A column of numbers, None where it holds words, or zeros alone."""
    values = np.array([c if isinstance(c, int | float) else 0.0 for c in cells], dtype=float)
    words_too = any(isinstance(cell, str) and cell.strip() for cell in cells)
    return None if words_too or not values.any() else values


def title_fault(
    sheet: Sheet, header: int, year: int, title: tuple[str, ...] = (), others: tuple[str, ...] = ()
) -> DataError | None:
    """What the words above the codes say against year, unit and place; None if nothing.

    Parameters
    ----------
    title, others
        Names of the place in the languages a title may be in, and those of other places.
    """
    texts = [(k, v) for k in range(header) for v in sheet.rows[k] if isinstance(v, str)]
    above = [words(text) for _, text in texts]
    years = {int(y) for y in YEAR.findall(" ".join(above))}
    if years and year not in years:
        return DataError(
            f"the title speaks of {', '.join(map(str, sorted(years)))}, the run is for {year}",
            where=sheet.where(),
            fix="use the table of the run's year, or set dataset.year.",
        )
    for index, text in texts:
        said = UNIT.search(unicodedata.normalize("NFKC", text))
        if said and conversion_factor(said[1], MONEY) != 1:
            return DataError(
                f"the unit is '{said[1]}'; expected {MONEY}",
                where=sheet.where(index),
                fix="bring the table to 10^4 yuan, or correct the cell.",
            )
    heading = next(filter(None, above), "")
    named = [any(words(name) in heading for name in names) for names in (others, title)]
    if named == [True, False]:
        return DataError(
            f"the title is '{heading}', a table of '{title[0]}' was expected",
            where=sheet.where(),
            fix=LISTED,
        )
    return None
