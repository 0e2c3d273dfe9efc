"""What the columns of a run's tables mean: one source for the headings of its pages and for
docs/tables.md.

The dictionary is data/columns.csv: table, column, unit, meaning, decimals (`code`: it holds codes,
and "130200" is no number). A part of a name in angle brackets stands for anything
(``va_share_<group>``); ``{unit}`` and ``{currency}`` of a unit are those of the dataset. Without
decimals a number is shown with four significant digits.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

#: Instead of decimals: the column holds codes.
CODE = "code"


class Column(NamedTuple):
    """A column: table, name or pattern, unit (blank for text and pure numbers), meaning, decimals,
    and whether it holds codes.
    """

    table: str
    name: str
    unit: str
    meaning: str
    decimals: int | None = None
    code: bool = False

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
        )
        for table, name, unit, meaning, decimals in list(csv.reader(text.splitlines()))[1:]
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
        name: column._replace(unit=column.unit.format(unit=run["unit"], currency=run["currency"]))
        for name, column in found.items()
        if column is not None
    }


#: What columns that an ensemble joins to a table begin with, where the table has a column of that
#: name.
JOINED = "ensemble_"


#: What such a column says of the column of the table that it belongs to.
SPREAD = {
    f"{JOINED}(.+)": "{} by the ensemble's method, as the ensemble reports it "
    "(uncertainty/cells.csv)",
    "(.+)_low": "{}: low end of its interval",
    "(.+)_high": "{}: high end of its interval",
}


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
            (own[parts[1]], words)
            for form, words in SPREAD.items()
            if (parts := re.fullmatch(form, name)) and parts[1] in own
        ]
        if known := own.get(name, theirs.get(name.removeprefix(JOINED))):
            found[name] = known
        elif meant:
            found[name] = meant[0][0]._replace(
                name=name, meaning=meant[0][1].format(meant[0][0].meaning)
            )
    return found
