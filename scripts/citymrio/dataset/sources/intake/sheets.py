"""Input-output tables of one region in sheets of any layout: found by what they hold.

A symmetric table is where the labels of a row and those of a column are the same, in the same
order, with numbers between them: the sectors. What stands right of them and below is told by its
words; a column or row that is the sum of those before it is a subtotal. Home products and imported
ones may stand one below the other, or in two sheets.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ....base.errors import CityMRIOError, DataError, gather_faults, raise_faults
from ....base.labels import decimals
from ...cells import PLAIN, is_number, number_of, read_utf8, text_of
from ...printed_trade import RE_EXPORTS
from ...sums import CELLS_SHOWN, printed_step
from ...workbook import WORKBOOKS, YEAR, Sheet, Workbook, code, letters
from . import guesses
from .found import FIX_LEFT

#: Rows and columns of a sheet in which the labels of its table begin.
SEARCHED_ROWS, SEARCHED_COLUMNS = 30, 8
#: How near a subtotal is to its sum, relative to the larger of the two; how near, at most, where
#: numbers are rounded.
NEAR, ROUNDED = 1e-5, 1e-2
#: What a column is that no list names.
TOTAL = "total"
#: Words of a column or row that is a sum, and of a row below the products that says what of each
#: column is imported.
TOTALS = re.compile(r"\btotal", re.IGNORECASE)
BOUGHT = re.compile(r"import|进口", re.IGNORECASE)
#: A column of imports that are sold abroad again, beside imports without them.
PASSING = "imports_for_re_exports"
#: What becomes of numbers of a row below the products that no account has.
ASIDE = "in no account"
#: What becomes of cells without a number.
BLANK = "read as 0"
#: What a message says of numbers that are written with separators.
SEPARATED = re.compile("', with (thousands separators|a decimal comma)")
#: Exports of home products, where foreign ones have a column of their own.
HOME = re.compile(r"domestic exports?", re.IGNORECASE)


@dataclass
class Table:
    """The table of a region, symmetric or of use (with the one of supply beside it), as labels and
    numbers.

    Attributes
    ----------
    sheet
        Where it is.
    products
        Labels of its rows; of a symmetric table its sectors.
    sectors, names
        Codes and names of its columns.
    inputs
        (product, sector).
    title
        Words above the table.
    supply, made
        The sheet of supply, and its numbers (product, sector).
    values
        Label (a category of final demand, an account) -> its column, (product,).
    categories
        Label of a category -> its words, and the entry of `guesses.CATEGORIES` that they name.
    items
        Item of value added -> its row, (sector,).
    said
        What became of every column right of the sectors and every row below: where it is, its
        words, and their meaning.
    places
        Sector, category or account -> its column in the sheet; `top` is the row of its first
        product.
    bought
        Rows of the sheet that say what is imported, below home products -> their words.
    imported
        Its use of imported products.
    blank
        Addresses of cells without a number.
    """

    sheet: Sheet
    products: list[str]
    sectors: list[str]
    names: list[str]
    inputs: np.ndarray
    title: str = ""
    supply: Sheet | None = None
    made: np.ndarray | None = None
    values: dict[str, np.ndarray] = field(default_factory=dict)
    categories: dict[str, tuple[str, str]] = field(default_factory=dict)
    items: dict[str, np.ndarray] = field(default_factory=dict)
    said: list[tuple[str, str, str]] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)
    top: int = 0
    bought: dict[int, list[str]] = field(default_factory=dict)
    imported: Table | None = None
    blank: list[str] = field(default_factory=list)

    def use(self, columns: Iterable[str]) -> np.ndarray:
        """(product, column): use by sectors, and these columns."""
        return np.column_stack([self.inputs, *(self.values[name] for name in columns)])

    def cells(self) -> dict[str, tuple[Sheet, list[list[Any]]]]:
        """Spreadsheets of the contract (`io_cells`) by the end of their name, and where each is
        from.
        """
        columns = [*self.categories, *(c for c in self.values if c not in self.categories)]
        first = "sector" if self.made is None else "product"
        rows = [
            [first, *self.sectors, *columns],
            *_labelled(self.products, self.use(columns)),
            *_labelled(self.items, self.items.values()),
        ]
        if self.imported is not None:
            return {"": (self.sheet, rows), ".imports": self.imported.cells()[""]}
        if self.supply is None or self.made is None:
            return {"": (self.sheet, rows)}
        supply = [["product", *self.sectors], *_labelled(self.products, self.made)]
        return {".supply": (self.supply, supply), ".use": (self.sheet, rows)}

    def take_columns(
        self,
        columns: Iterable[tuple[int, list[str], str, np.ndarray]],
        told: Mapping[str, str],
        like: Table | None = None,
    ) -> None:
        """Give columns their meaning: where each is (below 0: nowhere in a sheet), its words (the
        nearest first), what it is called, its numbers. A column means what one of the same words
        does in the table `like`.

        Raises
        ------
        DataError
            None of them is final demand.
        """
        before, columns = [*self.inputs.T], [*columns]
        again = any(
            guesses.account(words_of) in (RE_EXPORTS, PASSING) for _, words_of, _, _ in columns
        )
        known = {words: meaning for _, words, meaning in like.said} if like else {}
        for at, words_of, called, values in columns:
            mine = next((told[text] for text in words_of if text in told), "")
            meaning = mine if mine not in guesses.CATEGORIES else ""
            if not mine:
                meaning = guesses.account(words_of[:1]) or guesses.account(words_of)
                home = again and HOME.search(" ".join(words_of))
                meaning = "exports" if home and meaning == "outflow" else meaning
            sums = not mine and not meaning and is_sum(values, before)
            if like and (same := known.get(" / ".join(words_of), "")):
                meaning = same
                self.categories |= {c: of for c, of in like.categories.items() if c == same}
            elif meaning in self.values or sums or (not mine and TOTALS.search(words_of[0])):
                meaning = meaning if meaning and meaning not in self.values else TOTAL
            elif not meaning:
                guess = mine or guesses.category(words_of)
                meaning = guesses.unique(guess or slug(words_of[0]), self.categories)
                self.categories[meaning] = (called, guess)
            if meaning != TOTAL:
                self.values[meaning], self.places[meaning] = values, at
                before.append(values)
            place = f"column {letters(at)}" if at >= 0 else "column"
            self.said.append((place, " / ".join(words_of), meaning))
        for account in ("imports", "inflow", PASSING):
            if account in self.values and self.values[account].sum() < 0:
                self.values[account] = -self.values[account]
                self.said.append(("column", account, f"{account}: below 0, taken with a plus"))
        if (passing := self.values.pop(PASSING, None)) is not None:  # in imports, as elsewhere
            self.values["imports"] = self.values.get("imports", 0.0) + passing
            self.values.setdefault(RE_EXPORTS, passing)
            self.places.setdefault(RE_EXPORTS, self.places.pop(PASSING))
        if not self.categories:
            raise DataError(
                "no column of final demand right of the sectors",
                where=self.sheet.where(),
                fix="an input-output table has final demand beside its sectors; is it another "
                "table?",
            )

    def take_rows(self, rows: Iterable[tuple[int, list[str], np.ndarray]]) -> None:
        """Give rows below the products (where each is, its words, its numbers) their meaning: items
        of value added, and what is imported below home products, until the output.

        Raises
        ------
        DataError
            None of them is; nothing says what output is.
        """
        before = [*self.inputs, *(self.imported.inputs if self.imported else ())]
        for at, words_of, values in rows:
            output = self.values.get("output")
            is_output = output is not None and _near(values, output)
            if is_output or (self.items and guesses.account(words_of[:2]) == "output"):
                if output is not None and not is_output:
                    other = f"{ASIDE}: it is not the column of output"
                    self.said.append((f"row {at + 1}", " / ".join(words_of), other))
                self.values.setdefault("output", values)
                break
            text = " ".join(words_of)
            if is_sum(values, before) or (self.made is not None and TOTALS.search(text)):
                continue
            if is_sum(values, before, mostly=True):
                total = f"{ASIDE}: it is the sum of rows above, but for some cells"
                self.said.append((f"row {at + 1}", " / ".join(words_of), total))
                continue
            bought = self.made is None and BOUGHT.search(text) and values.any()
            if not bought and (aside := self._aside(at)):
                self.said.append((f"row {at + 1}", " / ".join(words_of), f"{ASIDE}: {aside}"))
                if not values.any():
                    continue
            before.append(values)
            if bought:
                self.bought[at] = words_of
                continue
            item = guesses.unique(slug(words_of[0]), self.items)
            self.items[item] = values
            block = [self.places[name] for name in self.sectors if name in self.places]
            self.blank += self.sheet.blank([at], block)
            self.said.append(("row", item, "value added"))
        faults = [
            DataError(problem, where=self.sheet.where(), fix=f"{fix}, or {FIX_LEFT}")
            for there, problem, fix in (
                (self.items, "no row of value added below the products", "add its rows"),
                (
                    "output" in self.values,
                    "neither a column nor a row says that it is output",
                    "call it `output`",
                ),
            )
            if not there
        ]
        raise_faults(faults)

    def say_blank(self, blank: Sequence[str], of: str = "") -> None:
        """Say how many cells without a number are read as 0."""
        if blank:
            self.said.append(
                (f"{len(blank)} cells without a number{of}", f"the first is {blank[0]}", BLANK)
            )

    def _aside(self, at: int) -> str:
        """What a row below the products has in columns of final demand and trade."""
        cells = self.sheet.rows[at] if at >= 0 else []
        found = {name: cells[c] for name, c in self.places.items() if cells and name in self.values}
        found.pop("output", None)
        return ", ".join(f"{v:.10g} in {name}" for name, v in found.items() if is_number(v) and v)


def _labelled(labels: Iterable[str], numbers: Iterable[Iterable[float]]) -> list[list[Any]]:
    return [[label, *map(decimals, row)] for label, row in zip(labels, numbers, strict=True)]


def sheets_of(path: Path) -> list[Sheet]:
    """The sheets of a workbook, or a CSV file as one."""
    if path.suffix.lower() in WORKBOOKS:
        return [*Workbook(path).sheets()]
    text = read_utf8(path)
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    mark = max(",;\t", key=lambda one: sum(line.count(one) for line in lines))
    rows = [
        [_cell(cell) for cell in row]
        for row in csv.reader(io.StringIO(text), delimiter=mark)
        if not (row and row[0].startswith("#"))
    ]
    width = max(map(len, rows), default=0)
    return [Sheet(path, path.stem, [row + [None] * (width - len(row)) for row in rows])]


def with_plain_numbers(sheet: Sheet) -> Sheet:
    """The sheet, where hardly a number is written with separators.

    Raises
    ------
    DataError
        One fault for all such numbers, more than a message lists or more than there are others.
    """
    found: dict[str, list[str]] = {}
    for row, cells in enumerate(sheet.rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, str):
                try:
                    number_of(cell)
                except ValueError as error:
                    if kind := SEPARATED.search(str(error)):
                        found.setdefault(kind[0], []).append(f"{letters(column)}{row + 1} {error}")
    plain = sum(is_number(cell) for cells in sheet.rows for cell in cells)
    for cells in sorted(found.values(), key=len)[-1:]:
        if len(cells) > min(CELLS_SHOWN, plain):
            raise DataError(
                f"{len(cells)} cells are no plain numbers: {cells[0]}",
                where=sheet.where(),
                fix="save it anew, with a decimal point and without thousands separators.",
            )
    return sheet


def _cell(text: str) -> Any:
    text = text.strip()
    if not text:
        return None
    # `01` is a code, whatever it looks like
    number = PLAIN.fullmatch(text) and not re.fullmatch(r"0\d+", text, re.ASCII)
    return float(text) if number else text


def _text(cell: Any) -> str:
    return " ".join(text_of(cell).split())


def _key(cell: Any) -> str:
    return code(_text(cell))


@dataclass(frozen=True)
class Corner:
    """Where a block begins: its row of labels and first column, its column of labels and first
    row; `size` sectors.
    """

    header: int
    column: int
    labels: int
    row: int
    size: int


def find_square(sheet: Sheet) -> Corner | None:
    """The longest run of labels that a row and a column share; None without one of two labels. Of
    several as long the one with the shortest labels: these are the codes.
    """
    rows, found = sheet.rows, dict[Corner, int]()
    for labels in range(min(SEARCHED_COLUMNS, len(rows[0]) if rows else 0)):
        down = [_key(row[labels]) for row in rows]
        for header in range(min(SEARCHED_ROWS, len(rows))):
            across = [_key(cell) for cell in rows[header]]
            for column in (c for c in range(labels + 1, len(across)) if across[c]):
                start = next(
                    (
                        r
                        for r in range(header + 1, header + 5)
                        if down[r : r + 1] == [across[column]]
                    ),
                    None,
                )
                if start is None:
                    continue
                run = dict[str, None]()
                for label, beside in zip(across[column:], down[start:], strict=False):
                    if not label or label != beside or label in run:
                        break  # numbers that are alike are no labels
                    run[label] = None
                found[Corner(header, column, labels, start, len(run))] = len("".join(run))
                break  # the first label of a row begins its run
    best = max(found, key=lambda corner: (corner.size, -found[corner]), default=None)
    if best and TOTALS.search(_text(rows[best.header][best.column + best.size - 1])):
        best = replace(best, size=best.size - 1)  # sums behind the last sector, both ways
    return best if best and best.size > 1 else None


def read_square(
    sheet: Sheet,
    told: Mapping[str, str] | None = None,
    *,
    imports: bool = False,
    like: Table | None = None,
) -> Table:
    """The symmetric table of a sheet, or its use of imported products alone, beside the table
    `like`; `told` is the meaning of columns that is not guessed.

    Raises
    ------
    DataError
        There is none (the fix is `FIX_LEFT`), or cells that are no numbers, no output, no value
        added, all at once.
    """

    def none(why: str) -> DataError:
        return DataError(why, where=sheet.where(), fix=FIX_LEFT)

    corner = find_square(sheet)
    if corner is None:
        raise none("no row and column share their labels")
    rows, n = sheet.rows, corner.size
    body = range(corner.row, corner.row + n)
    block = range(corner.column, corner.column + n)
    if sum(is_number(rows[r][c]) for r in body for c in block) < n * n / 4:
        raise none(f"between the {n} labels that a row and a column share there are no numbers")
    faults: list[CityMRIOError] = []
    table = _block(sheet, corner, told or {}, faults, like)
    shares = table.inputs.any() and np.abs(table.inputs).max() <= 1.0 + 1e-9
    if shares and "output" not in table.values:  # a table of amounts has one
        raise none("coefficients, not amounts")
    after = corner.row + n
    first = _key(rows[corner.row][corner.labels])
    if after < len(rows) and _key(rows[after][corner.labels]) == first:
        table.imported = _block(sheet, replace(corner, row=after), told or {}, faults, table)
        if "output" not in table.values:  # one column (GO/IM) ends the rows of both
            table.values = {{"imports": "output"}.get(c, c): v for c, v in table.values.items()}
        after += n
    if not imports:  # below them are sums of them, or the columns will not close
        with gather_faults(faults):
            table.take_rows(_rows(table, corner, after, faults))
    raise_faults(faults)
    for part in filter(None, (table, table.imported)):
        part.say_blank(part.blank)
    return table


def _block(
    sheet: Sheet,
    corner: Corner,
    told: Mapping[str, str],
    faults: list[CityMRIOError],
    like: Table | None,
) -> Table:
    """The products of a corner, and the columns right of its sectors."""
    rows, n = sheet.rows, corner.size
    body = range(corner.row, corner.row + n)
    block = range(corner.column, corner.column + n)
    labels = [_key(rows[corner.header][c]) for c in block]
    names = [_name(rows[r][: corner.column], labels[k]) for k, r in enumerate(body)]
    sectors = guesses.codes_of(labels, "S")
    inputs = _numbers(sheet, body, block, faults)
    table = Table(sheet, sectors, sectors, names, inputs, _title(sheet, corner.header))
    table.top, table.places = corner.row, dict(zip(sectors, block, strict=True))
    with gather_faults(faults):
        table.take_columns(_columns(sheet, corner, faults), told, like)
    table.blank = sheet.blank(body, [c for name, c in table.places.items() if name != "error"])
    return table


def _numbers(
    sheet: Sheet, rows: Sequence[int], columns: Sequence[int], faults: list[CityMRIOError]
) -> np.ndarray:
    """Numbers of a sheet; 0 and faults where one of them is none."""
    values = np.zeros((len(rows), len(columns)))
    with gather_faults(faults):
        values = sheet.numbers(rows, columns)
    return values


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))


def _name(cells: Sequence[Any], label: str) -> str:
    """The text beside the label, or the label's own where that has more letters: a name, whichever
    of the two is the code.
    """
    texts = [(_key(cell), _text(cell)) for cell in cells if isinstance(cell, str)]
    own = next((text for key, text in texts if key == label), label)
    beside = (text for key, text in reversed(texts) if key != label and len(text) > 1)
    return max(next(beside, ""), own, key=_letters)


def _title(sheet: Sheet, header: int) -> str:
    """Texts above a table, and a year in a cell of its own."""
    cells = [cell for row in sheet.rows[:header] for cell in row if cell is not None]
    said = [_text(cell) for cell in cells if isinstance(cell, str) or YEAR.fullmatch(_text(cell))]
    return " | ".join(filter(None, said))


def _columns(
    sheet: Sheet, corner: Corner, faults: list[CityMRIOError]
) -> Iterator[tuple[int, list[str], str, np.ndarray]]:
    """Columns of numbers right of the sectors (`Table.take_columns`)."""
    body = range(corner.row, corner.row + corner.size)
    above = sheet.rows[: corner.header + 1][::-1]  # the nearest words first
    for column in range(corner.column + corner.size, len(sheet.rows[corner.header])):
        if any(is_number(sheet.rows[r][column]) for r in body):
            said = [text for row in above if column < len(row) and (text := _text(row[column]))]
            called = " ".join(reversed(said[:2])) or letters(column)
            values = _numbers(sheet, body, [column], faults)[:, 0]
            yield column, said or [letters(column)], called, values


def is_sum(values: np.ndarray, kept: list[np.ndarray], *, mostly: bool = False) -> bool:
    """Whether numbers are the sum of two or more columns (or rows) just before them, each rounded
    to its last digit; `mostly`: whether more than half of them are, of those above rounding.
    """
    if len(kept) < 2 or not values.any():
        return False
    sums, size = np.cumsum(kept[::-1], axis=0)[1:], np.abs(values).max()
    digits = printed_step(values, *kept) / 2 * np.arange(3, len(kept) + 2)
    near = np.maximum(NEAR, np.minimum(ROUNDED, digits / size)) * size
    fits = np.abs(sums - values) <= near[:, None]
    if mostly:
        told = np.abs(values) > near[:, None]
        return bool(((fits & told).sum(axis=1) > told.sum(axis=1) / 2).any())
    return bool(fits.all(axis=1).any())


def slug(text: str) -> str:
    """A code from words."""
    return re.sub(r"[^\w.-]+", "_", text.strip()).strip("_-")[:40].lower() or "item"


def _rows(
    table: Table, corner: Corner, after: int, faults: list[CityMRIOError]
) -> Iterator[tuple[int, list[str], np.ndarray]]:
    """Rows of numbers below the products (`Table.take_rows`)."""
    sheet, beside = table.sheet, [*table.places.values()]
    block = range(corner.column, corner.column + corner.size)
    for index in range(after, len(sheet.rows)):
        row = sheet.rows[index]
        texts = [text for cell in reversed(row[: corner.column]) if (text := _text(cell))]
        if any(is_number(row[c]) for c in (*block, *beside) if c < len(row)):
            yield index, texts or [f"row {index + 1}"], _numbers(sheet, [index], block, faults)[0]


def _near(one: np.ndarray, other: np.ndarray) -> bool:
    size = max(np.abs(other).max(), 1e-300)
    return bool(
        np.abs(one - other).max() <= 1e-3 * size and np.median(np.abs(one - other)) <= NEAR * size
    )


@dataclass
class Rectangle:
    """A table of products by industries, or one of the two transposed: labels and numbers.

    `names` are longer texts beside its labels, by label; `down` and `across` their rows and columns
    in the sheet.
    """

    sheet: Sheet
    rows: list[str]
    columns: list[str]
    values: np.ndarray
    names: dict[str, str]
    title: str
    down: dict[str, int]
    across: dict[str, int]

    def part(self, rows: Sequence[str], columns: Sequence[str]) -> np.ndarray:
        """Numbers at labels, (row, column)."""
        return self.values[
            np.ix_([*map(self.rows.index, rows)], [*map(self.columns.index, columns)])
        ]

    def turned(self) -> Rectangle:
        """Rows for columns."""
        return replace(self, rows=self.columns, columns=self.rows, values=self.values.T)

    def blank(self, *labels: str) -> list[str]:
        """Addresses of cells without a number, in rows and columns of these labels."""
        rows, columns = (
            [k for label, k in axis.items() if label in labels] for axis in (self.down, self.across)
        )
        return self.sheet.blank(rows, columns)


def read_rectangle(sheet: Sheet) -> Rectangle | None:
    """The block of numbers of a sheet with the labels left of it and above; None without one."""
    for index, row in enumerate(sheet.rows[:SEARCHED_ROWS]):
        numbers = [c for c, cell in enumerate(row) if is_number(cell)]
        if index == 0 or len(numbers) < 2:
            continue
        header = sheet.rows[index - 1]
        first = next((c for c in numbers if _text(header[c])), 0)
        columns = [c for c in range(first, len(header)) if _text(header[c])]
        if first == 0 or not all(isinstance(header[c], str) for c in columns):
            continue
        label = next((c for c in range(first - 1, -1, -1) if isinstance(row[c], str)), None)
        if label is None or len(columns) < 2:
            continue
        down = [r for r in range(index, len(sheet.rows)) if _text(sheet.rows[r][label])]
        down = [r for r in down if any(is_number(sheet.rows[r][c]) for c in columns)]
        names = dict[str, str]()
        for c in columns:
            above = [_text(r[c]) for r in sheet.rows[: index - 1] if isinstance(r[c], str)]
            names.setdefault(_text(header[c]), max(*above[-1:], _text(header[c]), "", key=_letters))
        names |= {
            _text(row[label]): _name(row[:first], _key(row[label]))
            for row in (sheet.rows[r] for r in down)
        }
        return Rectangle(
            sheet,
            [_text(sheet.rows[r][label]) for r in down],
            [_text(header[c]) for c in columns],
            sheet.numbers(down, columns),
            names,
            _title(sheet, index - 1),
            {_text(sheet.rows[r][label]): r for r in down},
            {_text(header[c]): c for c in columns},
        )
    return None


def without_totals(labels: Sequence[str], values: np.ndarray) -> list[int]:
    """Positions along the first axis that are neither called a total nor the sum of those before
    them.
    """
    kept: list[int] = []
    for k, label in enumerate(labels):
        total = re.search(r"\btotal|合计|小计|总", label, re.IGNORECASE)
        if not total and not is_sum(values[k], [values[j] for j in kept]):
            kept.append(k)
    return kept
