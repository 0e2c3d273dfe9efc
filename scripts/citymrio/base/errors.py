"""What is wrong with an input, and what is accepted with a warning: an input is refused, accepted
with a warning, or accepted.

An error that a user can cause is one clear message: where, the value, what was expected, how to fix
it. Code that meets something that looks wrong but can be used calls :func:`warn`. Whoever started
it gathers the notices with :func:`collect_notices` and writes them to a table (`warnings.csv`);
outside such a block they go to the log.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import astuple, dataclass, fields
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class CityMRIOError(Exception):
    """Base of every error that is the input's or the configuration's fault, not the program's.

    Parameters
    ----------
    message
        What is wrong, with the value and what was expected.
    where
        The place: file and row, or province / sector / city.
    fix
        What the user can do about it.
    """

    @cached_property
    def faults(self) -> list[CityMRIOError]:
        """Itself."""
        return [self]

    def __init__(self, message: str, *, where: str = "", fix: str = ""):
        self.message, self.where, self.fix = message, where, fix
        text = f"{where}: {message}" if where else message
        ended = text if text.endswith((".", "?", "!")) else f"{text}."
        super().__init__(f"{ended} Fix: {fix}" if fix else text)


def reason(error: BaseException) -> str:
    """Why something failed, without the name of the file where the system puts it in: the message
    names it already.
    """
    return error.strerror if isinstance(error, OSError) and error.strerror else str(error)


class ConfigError(CityMRIOError):
    """The configuration has an unknown key, a value out of range, or keys that contradict each
    other.
    """


class DataError(CityMRIOError):
    """An input table does not keep its contract (docs/contracts.md)."""


class BalanceError(CityMRIOError):
    """Accounts that must add up do not: margins disagree, or a cap lies below its total."""


class InfeasibleError(BalanceError):
    """An entropy problem has no solution; the message names the constraints in conflict and the
    amount.

    Attributes
    ----------
    conflict
        Constraint, label and factor of every row of the contradiction.
    amount
        By how much the rows contradict each other, in the unit of the targets.
    forced
        By variable, the cells that the constraints force to 0 together, where such zeros are not
        allowed.
    """

    conflict: Sequence[tuple[str, str, float]] = ()
    amount: float = 0.0
    forced: Mapping[str, np.ndarray] = MappingProxyType({})


class CertificateError(CityMRIOError):
    """A solution was returned that misses the tolerance of its certificate."""


class DataErrors(DataError):
    """Several faults of the input data, all of them in `faults`; the message is the first, then the
    others.

    Faults that differ in their rows only are one line of the message.

    Parameters
    ----------
    faults
        At least one, in the order in which they should be fixed.
    """

    #: Faults that a message lists; the rest are counted.
    SHOWN = 20

    def __init__(self, faults: list[CityMRIOError]):
        self.faults = faults
        first, *others = merge_faults(faults)
        super().__init__(first.message, where=first.where, fix=first.fix)
        lines = [str(first), *(f"also: {fault}" for fault in others[: self.SHOWN])]
        if len(others) > self.SHOWN:
            more = len(others) - self.SHOWN
            lines.append(f"and {more} more faults (make check-data lists all of a dataset)")
        self.args = ("\n".join(lines),)


def raise_faults(faults: Sequence[CityMRIOError]) -> None:
    """Raise what was found.

    Raises
    ------
    DataError
        The fault, or `DataErrors` with all of them.
    """
    if len(faults) == 1:
        raise faults[0]
    if faults:
        raise DataErrors(list(faults))


@contextmanager
def gather_faults(faults: list[CityMRIOError]) -> Iterator[None]:
    """Keep the faults of what a block raises because of its input, and go on behind it."""
    try:
        yield
    except CityMRIOError as error:
        faults += error.faults


#: Rows that a message names; the rest are counted.
ROWS_SHOWN = 5
_ROW = re.compile(r"\brow (\d+)\b")


def merge_faults(faults: Iterable[CityMRIOError]) -> list[CityMRIOError]:
    """The faults, where those that differ in their rows only, or in nothing, are one.

    Examples
    --------
    >>> [str(fault) for fault in merge_faults(DataError("value is -1", where=f"sectors.csv, row {row}") for row in (3, 7, 9))]
    ['sectors.csv, rows 3, 7, 9 (3 rows): value is -1']
    """  # noqa: E501
    groups: dict[tuple, list[CityMRIOError]] = {}
    for fault in faults:
        key = (type(fault), _ROW.sub("row", f"{fault.where}\0{fault.message}", count=1), fault.fix)
        groups.setdefault(key, []).append(fault)
    return [_one(alike) for alike in groups.values()]


def _one(alike: list[CityMRIOError]) -> CityMRIOError:
    first = alike[0]
    found = [_ROW.search(f"{fault.where}\0{fault.message}") for fault in alike]
    rows = list(dict.fromkeys(row[1] for row in found if row))
    if len(rows) < 2:
        return first
    named = ", ".join(rows[:ROWS_SHOWN]) + (" ..." if len(rows) > ROWS_SHOWN else "")
    where, _, message = _ROW.sub(
        f"rows {named} ({len(rows)} rows)", f"{first.where}\0{first.message}", count=1
    ).partition("\0")
    return CityMRIOError(message, where=where, fix=first.fix)


@dataclass(frozen=True, order=True)
class Notice:
    """One warning.

    Attributes
    ----------
    where
        The place: file and row, or province, city, sector.
    what
        What is unusual, in a few words.
    value
        The value that was met, as text.
    expectation
        What would have been usual.
    effect
        What the run does with it, or what it means for the results.
    """

    where: str
    what: str
    value: str
    expectation: str
    effect: str

    def __str__(self) -> str:
        return (
            f"{self.where}: {self.what}: {self.value}; expected {self.expectation}. {self.effect}"
        )


#: Columns of warnings.csv.
WARNING_COLUMNS = tuple(field.name for field in fields(Notice))

#: Notices in their order, and the same as a set: an ensemble gives hundreds.
_collector: ContextVar[tuple[list[Notice], set[Notice]] | None] = ContextVar(
    "notices", default=None
)


def warn(*, where: str, what: str, value: object, expectation: str, effect: str) -> None:
    """Say that an input is used although it looks wrong. The same notice is kept once."""
    notice = Notice(str(where), what, str(value), expectation, effect)
    if (collector := _collector.get()) is None:
        logging.getLogger(__name__).warning("%s", notice)
        return
    kept, known = collector
    if notice not in known:
        known.add(notice)
        kept.append(notice)


def first_names(names: Sequence[str], most: int = 5, between: str = ", ") -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return between.join(names[:most]) + more


@contextmanager
def collect_notices() -> Iterator[list[Notice]]:
    """Gather the notices of a block in the list that it yields, in the order in which they were
    given.
    """
    kept: list[Notice] = []
    token = _collector.set((kept, set()))
    try:
        yield kept
    finally:
        _collector.reset(token)


def as_table(notices: Iterable[Notice]) -> pd.DataFrame:
    """Notices as the table warnings.csv, all text."""
    import pandas as pd

    return pd.DataFrame(list(map(astuple, notices)), columns=list(WARNING_COLUMNS), dtype=str)


def read_warnings(path: str | Path) -> pd.DataFrame:
    """A table of warnings, all text."""
    import pandas as pd

    return pd.read_csv(path, dtype=str, keep_default_na=False)


#: Part of a datum from which the distance to what it is compared with is worth a warning.
GAP = 0.1


def warn_level(what: str, factor: float, place: str) -> None:
    """Say that data of cities have another level than their province: they are brought to it."""
    if not 1 - GAP <= factor <= 1 / (1 - GAP):
        warn(
            where=place,
            what=f"the level of the observed {what} of cities differs from the province's",
            value=f"{factor:.4g} times",
            expectation=f"the same within {GAP:.0%}",
            effect="The data are scaled to the province's level.",
        )


@contextmanager
def optional_packages(extra: str) -> Iterator[None]:
    """Where the block imports a package that is not there, name the extra of the wheel that brings
    it.

    Raises
    ------
    CityMRIOError
        A package is missing.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        if package == "citymrio":  # a fault of this project
            raise
        fix = f"pip install citymrio[{extra}]"
        raise CityMRIOError(
            f"the package {package} is not installed", where="citymrio", fix=fix
        ) from error
