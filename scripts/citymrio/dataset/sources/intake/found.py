"""What an intake found: the lists of a dataset on their way to a new folder."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ....base import money
from ....base.errors import CityMRIOError, DataError, Notice
from ...workbook import Sheet

FIX_LEFT = (
    "leave it out with --without, or give it one of the forms of docs/bring-your-own-data.md."
)


@dataclass
class Asked:
    """What the command says beside the folder; None and "" where it says nothing.

    Attributes
    ----------
    without
        Patterns of files that are left out.
    co2, stressors
        Rows of extensions that are CO2, and that become stressors, `extension: row`.
    columns
        Code or heading of a column -> its meaning, which counts before the guess.
    """

    without: Sequence[str] = ()
    year: int | None = None
    unit: str = ""
    usd_rate: float | None = None
    co2: Sequence[str] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    stressors: Sequence[str] = ()


@dataclass
class Found:
    """The lists, and where they are from.

    Attributes
    ----------
    kind
        `dataset.kind` of the configuration.
    tables
        Name of a list -> its rows.
    cells
        Path below the folder of the lists -> rows of a table of cells.
    info
        The table `dataset`; what is not known is left out.
    mrio
        The multi-regional table itself, read where it is.
    used
        Path of a file -> what it is used as.
    guesses
        Rows of guesses.csv: file, place, what it says, what it is taken for.
    calibrate
        Whether there is a national table beside those of provinces.
    said
        Lines for the reader.
    inventories
        Workbooks with inventories of CEADs, and their sheets of sectors by fuels.
    faults, notices
        What a run would stop at, and warn of, in the multi-regional table.
    """

    kind: str
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    cells: dict[str, list[list[Any]]] = field(default_factory=dict)
    info: dict[str, Any] = field(default_factory=dict)
    mrio: Path | None = None
    used: dict[Path, str] = field(default_factory=dict)
    guesses: list[tuple[str, str, str, str]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    faults: list[CityMRIOError] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    calibrate: bool = False
    inventories: dict[Path, list[Sheet]] = field(default_factory=dict)

    def say_unread(self, sheets: Iterable[Sheet], why: str) -> None:
        """Name sheets that are left out."""
        self.said += [f"not read: {sheet.where()}: {why}" for sheet in sheets]

    def about(self, name: str, year: int | None, unit: str, asked: Asked) -> None:
        """Fill in what the dataset says of itself: what the command says counts before what the
        files say.

        Raises
        ------
        DataError
            Neither says the year or the unit of money.
        """
        year, unit = year if asked.year is None else asked.year, asked.unit or unit
        parsed = money.parse_money(unit)
        lacking = [
            *(["the year (--year 2015)"] if year is None else []),
            *(["the unit of money (--unit '10^6 EUR')"] if parsed is None else []),
        ]
        if parsed is None or lacking:
            said = f"; the unit found is '{unit}'" if unit else ""
            raise DataError(
                f"no file says {' and '.join(lacking)}{said}",
                where=name,
                fix="say it to the command.",
            )
        rate = asked.usd_rate
        if rate is None and parsed.currency == "USD":
            rate = 1.0
        self.info = {
            "name": name,
            "year": year,
            "currency": parsed.currency,
            "unit": str(parsed),
            **({} if rate is None else {"usd_rate": rate}),
            "notes": "made by citymrio intake",
        }
        if rate is None:
            self.said.append(
                f"dataset.csv has no usd_rate yet: add {parsed.currency} per US dollar in {year}"
            )
