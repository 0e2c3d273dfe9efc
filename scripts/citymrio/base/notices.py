"""What is accepted with a warning: the second of three outcomes of an input (refused, accepted with
a warning, accepted).

Code that meets something that looks wrong but can be used calls :func:`warn`. Whoever started it
gathers the notices with :func:`collecting` and writes them to a table (`warnings.csv`); outside
such a block they go to the log.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


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
COLUMNS = tuple(field.name for field in fields(Notice))

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


def few(names: Sequence[str], most: int = 5, between: str = ", ") -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return between.join(names[:most]) + more


@contextmanager
def collecting() -> Iterator[list[Notice]]:
    """Gather the notices of a block in the list that it yields, in the order in which they were
    given.
    """
    kept: list[Notice] = []
    token = _collector.set((kept, set()))
    try:
        yield kept
    finally:
        _collector.reset(token)


def rows(notices: list[Notice]) -> list[tuple[str, ...]]:
    """Notices as rows of `COLUMNS`."""
    return [astuple(notice) for notice in notices]


def as_table(notices: Iterable[Notice]) -> pd.DataFrame:
    """Notices as the table warnings.csv, all text."""
    import pandas as pd

    return pd.DataFrame(rows(list(notices)), columns=list(COLUMNS), dtype=str)


def read_warnings(path: str | Path) -> pd.DataFrame:
    """A table of warnings, all text."""
    import pandas as pd

    return pd.read_csv(path, dtype=str, keep_default_na=False)


#: Part of a datum from which the distance to what it is compared with is worth a warning.
GAP = 0.1


def warn_level(what: str, factor: float, place: str) -> None:
    """Say that data of cities have another level than their province: they are brought to it, their
    proportions count.
    """
    if not 1 - GAP <= factor <= 1 / (1 - GAP):
        warn(
            where=place,
            what=f"the level of the observed {what} of cities differs from the province's",
            value=f"{factor:.4g} times",
            expectation=f"the same within {GAP:.0%}",
            effect="The data are scaled to the province's level; only their proportions are used.",
        )
