"""Cells of the tables that people bring: CSV files and sheets of Excel workbooks, as they are, with
their row numbers.

Nothing is guessed. A number is written in plain digits with a decimal point; anything else
(full-width digits, thousands separators, decimal commas, percent signs) is refused with its place,
because a guess would be a wrong number somewhere. Formulas are never run.
"""

import csv
import datetime
import difflib
import io
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..base.errors import CityMRIOError, DataError, reason
from ..base.files import refuse_no_file

PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
TRUE, FALSE = {"true", "yes", "1", "1.0"}, {"false", "no", "0", "0.0"}
#: What a spreadsheet would take for a formula when it opens a table that holds it.
FORMULA = ("=", "@", "+", "-", "\t")
#: Cyrillic and Greek letters that cannot be told from Latin ones.
LIKE_LATIN = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf",
    "ABEKMHOPCTXaeopcyxijsABEZHIKMNOPTYXo",
)
#: Letters and marks that print nothing although Unicode does not call them blank.
UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u2800\u3164\ufe00-\ufe0f\uffa0]")
#: Columns of a file that a message names.
COLUMNS_SHOWN = 12
FIX_FILE = (
    "save the table anew as CSV (UTF-8, separated by commas), or as .xlsx without a password."
)


@dataclass(frozen=True)
class Cells:
    """One table, cell by cell.

    Attributes
    ----------
    where
        What a message calls it: the file, and the sheet of a workbook.
    header
        Names of the columns.
    rows
        Cells below the header, as wide as the header: text, numbers, or None where blank.
    numbers
        Row of each as a person counts them in an editor or spreadsheet.
    faults
        Rows and header cells that cannot be used as they are.
    """

    where: str
    header: list[str]
    rows: list[list[Any]]
    numbers: list[int]
    faults: tuple[CityMRIOError, ...] = ()


def is_number(cell: object) -> bool:
    """Whether a cell of a workbook holds a number."""
    return isinstance(cell, int | float) and not isinstance(cell, bool)


def read_utf8(path: Path) -> str:
    """The text of a file.

    Raises
    ------
    DataError
        The file is missing, empty, or not text in UTF-8.
    """
    refuse_no_file(path)
    content = path.read_bytes()
    if not content.strip():
        raise DataError(
            "the file is empty; expected a table with a header row", where=str(path), fix=FIX_FILE
        )
    kinds = (
        (b"PK\x03\x04", "an Excel workbook or zip archive"),
        (b"\xd0\xcf\x11\xe0", "an old or password-protected workbook"),
        (b"\x89HDF", "netCDF"),
        (b"CDF", "netCDF"),
        (b"%PDF", "PDF"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"<", "HTML or XML"),
    )
    for start, kind in kinds:
        if content.startswith(start):
            raise DataError(
                f"the file is {kind}, whatever its name says; expected CSV",
                where=str(path),
                fix=FIX_FILE,
            )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        raise DataError(f"row {row} is not text in UTF-8", where=str(path), fix=FIX_FILE) from None
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise DataError(
            f"row {row} holds a NUL character; expected text", where=str(path), fix=FIX_FILE
        )
    return text


def read_csv(path: str | Path) -> Cells:
    """Cells of a CSV file (UTF-8, commas); rows that begin with `#` and blank rows are left out.

    Raises
    ------
    DataError
        `read_utf8` cannot read it, or it is not separated by commas.
    """
    path = Path(path)
    reader = csv.reader(io.StringIO(read_utf8(path), newline=""), strict=True)
    rows, numbers, line = [], [], 1
    try:
        for cells in reader:
            rows.append([cell if cell.strip() else None for cell in cells])
            numbers.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"row {line} is not valid CSV ({error})",
            where=str(path),
            fix="close every quotation mark.",
        ) from None
    return _table(str(path), rows, numbers)


def read_text(
    path: str | Path, wanted: Sequence[str], fix: str, delimiter: str = ","
) -> pd.DataFrame:
    """A CSV file with a column of every name that is `wanted`, all cells as text, "" where blank.

    Raises
    ------
    DataError
        It is no CSV, or lacks one of them.
    """
    try:
        table = pd.read_csv(
            path, sep=delimiter, dtype=str, keep_default_na=False, encoding="utf-8-sig"
        )
    except (OSError, ValueError) as error:
        mend = "save it in UTF-8." if isinstance(error, UnicodeDecodeError) else fix
        raise DataError(
            f"cannot be read as CSV ({reason(error)})", where=str(path), fix=mend
        ) from error
    if lacking := [name for name in wanted if name not in table]:
        there = ", ".join(map(str, table.columns[:COLUMNS_SHOWN]))
        raise DataError(
            f"column '{lacking[0]}' is missing (there are: {there})", where=str(path), fix=fix
        )
    return table


def read_sheet(rows: list[list[Any]], where: str) -> Cells:
    """Cells of one sheet of a workbook; rows that begin with `#` and blank rows are left out."""
    cleaned = [
        [None if isinstance(cell, str) and not cell.strip() else cell for cell in row]
        for row in rows
    ]
    return _table(where, cleaned, [*range(1, len(rows) + 1)])


def _table(where: str, rows: list[list[Any]], numbers: list[int]) -> Cells:
    kept = [
        (row, number)
        for row, number in zip(rows, numbers, strict=True)
        if any(cell is not None for cell in row)
        and not str(next(c for c in row if c is not None)).lstrip().startswith("#")
    ]
    if not kept:
        raise DataError(
            "there is no header row; expected a table",
            where=where,
            fix="see docs/contracts.md for the columns.",
        )
    (top, first), body = kept[0], kept[1:]
    while top and top[-1] is None:
        top = top[:-1]
    names = ["" if cell is None else text_of(cell).strip() for cell in top]
    if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
        raise DataError(
            f"row {first}: columns are not separated by commas ({names[0]!r})",
            where=where,
            fix=FIX_FILE,
        )
    faults = []
    if blank := [str(column + 1) for column, name in enumerate(names) if not name]:
        which = (
            f"header of column {blank[0]} is"
            if len(blank) == 1
            else f"headers of columns {', '.join(blank)} are"
        )
        faults.append(
            DataError(
                f"row {first}: the {which} blank (merged cells, or a title above them?)",
                where=where,
                fix="give every column its own name in one header row, the first of the file.",
            )
        )
        if 2 * len(blank) > len(
            names
        ):  # not the header: all that its columns lack would follow from that
            raise faults[0]
    faults += [
        DataError(
            f"row {first}: column '{name}' appears twice; expected once",
            where=where,
            fix="keep one of them.",
        )
        for column, name in enumerate(names)
        if name and name in names[:column]
    ]
    rows, kept_numbers = [], []
    for row, number in body:
        width = max((n + 1 for n, cell in enumerate(row) if cell is not None), default=0)
        if width > len(names):
            faults.append(
                DataError(
                    f"row {number} has {width} cells; expected {len(names)}, as the header has",
                    where=where,
                    fix="remove separators inside numbers, or quote text that holds commas.",
                )
            )
            continue
        rows.append([*row[: len(names)], *[None] * (len(names) - len(row))])
        kept_numbers.append(number)
    return Cells(where, names, rows, kept_numbers, tuple(faults))


def text_of(cell: Any) -> str:
    """A cell as text: whole numbers without a decimal point, blank as ``""``."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)


def text_fault(text: str) -> str | None:
    """Why this text cannot be a code or a name, None if it can."""
    hidden = any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") for letter in text)
    problems = (
        (text != text.strip(), "has blanks around it; expected none"),
        (text.startswith(FORMULA), "begins like a formula; expected plain text"),
        (
            hidden and not text.isprintable(),
            "holds a control character or line break; expected plain text",
        ),
    )
    return next((problem for fits, problem in problems if fits), None)


def odd_letter(text: str) -> str | None:
    """The first character of a code that a reader cannot see or takes for another, by position and
    name; None without one.
    """
    latin = any(letter.isascii() and letter.isalpha() for letter in text)
    for place, letter in enumerate(text, start=1):
        kind, plain = unicodedata.category(letter), unicodedata.normalize("NFKC", letter)
        problems = (
            (kind in ("Cf", "Zl", "Zp") or UNSEEN.match(letter), "cannot be seen"),
            (kind == "Zs" and letter != " ", "looks like a blank"),
            (plain != letter, f"is another form of '{plain}'"),
            (
                latin and letter.translate(LIKE_LATIN) != letter,
                f"looks like the Latin letter {letter.translate(LIKE_LATIN)}",
            ),
            (
                place > 1 and unicodedata.normalize("NFC", text[:place]) != text[:place],
                "joins the letter before it; a program that writes them as one character makes "
                "another code",
            ),
        )
        for problem in [problem for fits, problem in problems if fits][:1]:
            return (
                f"character {place} is {unicodedata.name(letter, 'without a name')} "
                f"(U+{ord(letter):04X}), which {problem}"
            )
    return None


def looks(text: str) -> str:
    """What a reader sees of a code: two codes that look the same are told apart by nobody."""
    seen = (letter for letter in unicodedata.normalize("NFKC", text) if not UNSEEN.match(letter))
    return "".join(
        letter for letter in seen if unicodedata.category(letter) != "Cf" and not letter.isspace()
    ).translate(LIKE_LATIN)


def difference(one: str, other: str) -> str:
    """What tells two texts that look the same apart; "" where they do not."""
    if looks(one) != looks(other):
        return ""
    if "".join(one.split()) == "".join(other.split()):
        return "one of them has a blank"
    return "letters of one of them only look like Latin ones"


def nearest(name: str, others: Iterable[str]) -> str | None:
    """The name of others that somebody meant: what looks the same, else what is the same without
    capitals and leading zeros, else what is nearly the same; None without one.
    """

    def plain(text: str) -> str:
        return text.strip().lstrip("0").lower()

    others = list(others)
    alike = [other for other in others if looks(other) == looks(name)]
    same = [other for other in others if plain(other) == plain(name)]
    close = difflib.get_close_matches(name, others, n=1, cutoff=0.6)
    return next(iter([*alike, *same, *close]), None)


def number_of(cell: Any) -> float:
    """The number in a cell, NaN where it is blank.

    Raises
    ------
    ValueError
        It is not a plain number; the text says what is there and what was expected.
    """
    if cell is None:
        return math.nan
    if not isinstance(cell, str):  # of a workbook
        if isinstance(cell, bool):
            raise ValueError(f"is {cell}; expected a number")
        if isinstance(cell, int | float):
            if not math.isfinite(cell):
                raise ValueError(f"is {cell}; expected a finite number")
            return float(cell)
        if isinstance(cell, datetime.date | datetime.time | datetime.timedelta):
            raise ValueError(f"is a date or time ({cell}); expected a number")
    text = str(cell).strip()
    if PLAIN.fullmatch(text) and math.isfinite(float(text)):
        return float(text)
    shown = repr(text if len(text) <= 40 else text[:37] + "...")
    commas = r"[+-]?\d*,\d+|[+-]?\d{1,3}(\.\d{3})*,\d+"
    hints = (
        (text.startswith("="), "a formula; expected the number itself"),
        (
            any(letter.isdigit() and not letter.isascii() for letter in text),
            "not in plain digits; expected digits 0-9 and a decimal point",
        ),
        (
            text.endswith(("%", "\uff05", "\u2030")),
            "a percentage; expected a plain number (0.25, not 25%)",
        ),
        (
            re.fullmatch(r"[+-]?\d{1,3}([,'_ \u00a0\u202f]\d{3})+(\.\d+)?", text),
            "with thousands separators; expected plain digits",
        ),
        (re.fullmatch(commas, text), "with a decimal comma; expected a decimal point"),
        (
            re.fullmatch(r"[+-]?(nan|inf(inity)?)", text, re.IGNORECASE) or PLAIN.fullmatch(text),
            "not a finite number; leave the cell blank where there is no datum",
        ),
        (text.startswith("#"), "an error value of a spreadsheet; expected a number"),
        (True, "text; expected a number"),
    )
    raise ValueError(f"is {shown}, {next(hint for fits, hint in hints if fits)}")
