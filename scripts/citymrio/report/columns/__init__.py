"""What the columns of a run's tables mean: one source for the headings of its pages and for
docs/tables.md.

The dictionary is data/columns.csv: table, column, unit, meaning, decimals (`code`: it holds codes,
and "130200" is no number), and the meaning in Chinese of tables that the explorer shows. A part of
a name in angle brackets stands for anything
(``va_share_<group>``); ``{unit}`` and ``{currency}`` of a unit are those of the dataset. Without
decimals a number is shown with four significant digits.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from ..language import in_country_words, say

#: Instead of decimals: the column holds codes.
CODE = "code"


class Column(NamedTuple):
    """A column: table, name or pattern, unit (blank for text and pure numbers), meaning, decimals,
    whether it holds codes, and the meaning in Chinese (blank: not written).
    """

    table: str
    name: str
    unit: str
    meaning: str
    decimals: int | None = None
    code: bool = False
    meaning_zh: str = ""

    def said(self, language: str) -> str:
        """The meaning in a language; in English where there is no other."""
        return (self.meaning_zh if language == "zh" else "") or self.meaning

    def holds(self, name: str) -> bool:
        """Whether a column of this name is meant."""
        return re.fullmatch(re.sub(r"<\w+>", r"\\w+", self.name), name) is not None


@cache
def dictionary() -> tuple[Column, ...]:
    """All columns, by table and in their order."""
    text = files(__name__).joinpath("data/columns.csv").read_text(encoding="utf-8")
    return tuple(
        Column(
            table,
            name,
            unit,
            meaning,
            int(decimals) if decimals.isdigit() else None,
            decimals == CODE,
            chinese,
        )
        for table, name, unit, meaning, decimals, chinese in list(csv.reader(text.splitlines()))[1:]
    )


def codes(table: str) -> tuple[str, ...]:
    """Columns of a table that hold codes: text, however much they look like numbers."""
    return tuple(column.name for column in dictionary() if column.table == table and column.code)


def described(table: str, names: Iterable[str], run: Mapping[str, str]) -> dict[str, Column]:
    """What the dictionary says of the columns of a table, those it knows by their own name before
    those it knows by a pattern.

    Parameters
    ----------
    run
        dataset.json: unit, currency.
    """
    known = sorted(
        (column for column in dictionary() if column.table == table),
        key=lambda column: "<" in column.name,
    )
    found = {name: next((column for column in known if column.holds(name)), None) for name in names}
    return {
        name: column._replace(
            unit=column.unit.format(unit=run["unit"], currency=run["currency"]),
            meaning=in_country_words(column.meaning),
            meaning_zh=in_country_words(column.meaning_zh, "zh"),
        )
        for name, column in found.items()
        if column is not None
    }


#: What columns that an ensemble joins to a table begin with, where the table has a column of that
#: name.
JOINED = "ensemble_"


#: What such a column is called -> what it says of the column of the table that it belongs to.
SPREAD = {f"{JOINED}(.+)": "ensemble", "(.+)_low": "low", "(.+)_high": "high"}


def joined(table: str, names: Iterable[str], run: Mapping[str, str]) -> dict[str, Column]:
    """The same for a table with the columns that an ensemble joins to it
    (:mod:`citymrio.assessment.ensemble.intervals`).
    """
    names = [*names]
    own = described(table, names, run)
    theirs = described(
        f"uncertainty/{table}",
        [name.removeprefix(JOINED) for name in names if name not in own],
        run,
    )
    found = {}
    for name in names:
        meant = [
            (own[parts[1]], kind)
            for form, kind in SPREAD.items()
            if (parts := re.fullmatch(form, name)) and parts[1] in own
        ]
        if known := own.get(name, theirs.get(name.removeprefix(JOINED))):
            found[name] = known
        elif meant:
            column, kind = meant[0]
            said = {
                language: say(f"ran.column.{kind}", language, meaning=column.said(language))
                for language in ("en", "zh")
            }
            found[name] = column._replace(name=name, meaning=said["en"], meaning_zh=said["zh"])
    return found
