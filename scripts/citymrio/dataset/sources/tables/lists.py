"""The lists that describe raw tables of regions: which files, which codes, which regions
(docs/tables-of-regions.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ....base.errors import DataError, raise_faults
from ...cells import number_of, read_csv, text_of
from ...contract.folder import InputFolder, read_folder
from ...contract.tables import Table

#: Blocks of a table of uses, by where a product comes from; `total`: all of it together.
BLOCKS = ("home", "regions", "abroad", "total")
#: What a row or column of a file can be, and the axes where it can be it.
MEANINGS = {
    "sector": ("row", "column"),
    "category": ("column",),
    "item": ("row",),
    "output": ("row", "column"),
    "exports": ("column",),
    "imports": ("column",),
    "outflow": ("column",),
    "inflow": ("column",),
    "unused": ("row", "column"),
}
#: Columns of every list, and whether a cell may be blank.
COLUMNS = {
    "files": {
        "role": False,
        "form": False,
        "delimiter": True,
        "region": True,
        "row": True,
        "column": True,
        "value": True,
        "factor": True,
        "absent": True,
    },
    "layout": {"block": True, "axis": True, "printed": False, "as": False, "code": True},
    "regions": {
        "printed": False,
        "polygon": True,
        "region": False,
        "name": False,
        "name_local": True,
        "province": False,
        "province_name": False,
        "population": False,
        "population_rural": False,
    },
}
#: Columns that name a row of a list: there is one such row.
KEYS = {"files": ["role"], "layout": ["block", "axis", "printed"], "regions": ["printed"]}
#: What regions.csv may have beside them; without a file of polygons it must.
PLACES = ("lon", "lat", "area_km2")
FIX = "see docs/tables-of-regions.md."
#: Tables of the contract that are made here.
MADE = ("regions", "observations", "provinces")


def read_list(folder: Path, name: str) -> Table:
    """A list of the classification folder, every cell as text.

    Raises
    ------
    DataError
        The file, a column or a cell that must be there is missing; a row is there twice.
    """
    cells = read_csv(folder / f"{name}.csv")
    raise_faults(cells.faults)
    lacking = [column for column in COLUMNS[name] if column not in cells.header]
    if lacking:
        there = ", ".join(filter(None, cells.header))
        raise DataError(
            f"column '{lacking[0]}' is missing (there are: {there})", where=cells.where, fix=FIX
        )
    frame = pd.DataFrame(
        [[text_of(cell).strip() for cell in row] for row in cells.rows],
        columns=cells.header,
        dtype=object,
    )
    found = Table(frame, [(cells.where, number) for number in cells.numbers])
    for column in [column for column, blank in COLUMNS[name].items() if not blank]:
        raise_faults(found.faults(frame[column].eq(""), f"column '{column}' is blank", FIX))
    named = ", ".join(f"{column} '{{{column}}}'" for column in KEYS[name])
    twice = frame.duplicated(KEYS[name])
    raise_faults(found.faults(twice, f"{named} appears twice; expected once", FIX))
    return found


@dataclass(frozen=True)
class Layout:
    """layout.csv: what every printed row and column is.

    Attributes
    ----------
    where
        The file.
    entries
        (block, axis, printed) -> (meaning, code).
    """

    where: str
    entries: dict[tuple[str, str, str], tuple[str, str]]

    @classmethod
    def of(cls, found: Table, sectors: list[str], categories: list[str]) -> Layout:
        """The layout, checked against the sectors and categories of the dataset.

        Raises
        ------
        DataError
            An unknown block, axis, meaning or code; the same row or column twice; a sector or
            category that nothing gives.
        """
        entries: dict[tuple[str, str, str], tuple[str, str]] = {}
        codes = {"sector": sectors, "category": categories}
        for row, entry in enumerate(found.frame.to_dict("records")):
            meaning, code, axis, block = entry["as"], entry["code"], entry["axis"], entry["block"]
            sides = MEANINGS.get(meaning, ())
            for sound, message in (
                (sides, f"column 'as' is '{meaning}'; expected one of {', '.join(MEANINGS)}"),
                (
                    not axis or axis in sides,
                    f"a {axis or 'row'} cannot be '{meaning}'; expected {' or '.join(sides)}",
                ),
                (
                    not block or block in BLOCKS,
                    f"column 'block' is '{block}'; expected blank or one of {', '.join(BLOCKS)}",
                ),
                (
                    code in codes.get(meaning, [code]),
                    f"column 'code' is '{code}', which is no {meaning} of the dataset",
                ),
                (
                    meaning in codes or (meaning == "item") == bool(code),
                    f"column 'code' is '{code}'; expected "
                    f"{'a code' if meaning == 'item' else 'blank'}",
                ),
            ):
                if not sound:
                    raise found.fault(row, message, FIX)
            for one in [block] if block else BLOCKS:
                for side in [axis] if axis else sides:
                    if entries.setdefault((one, side, entry["printed"]), (meaning, code)) != (
                        meaning,
                        code,
                    ):
                        raise found.fault(
                            row,
                            f"the {side} '{entry['printed']}' is given twice, as different things",
                            FIX,
                        )
        layout = cls(found.where, entries)
        for meaning, wanted in codes.items():
            for code in [code for code in wanted if code not in layout.codes(meaning)]:
                raise DataError(f"no row gives the {meaning} '{code}'", where=found.where, fix=FIX)
        return layout

    def codes(self, meaning: str) -> list[str]:
        """Codes of a meaning (sectors, items of value added), in the order of the list."""
        return [*dict.fromkeys(code for what, code in self.entries.values() if what == meaning)]

    def axis(self, block: str, axis: str) -> dict[str, tuple[str, str]]:
        """Printed code -> (meaning, code) of the rows or columns of a block."""
        return {
            printed: what
            for (one, side, printed), what in self.entries.items()
            if (one, side) == (block, axis)
        }


def number(found: Table, row: int, column: str) -> float:
    """A number of a list.

    Raises
    ------
    DataError
        The cell holds none.
    """
    try:
        value = number_of(found.frame[column].iloc[row] or None)
    except ValueError as fault:
        raise found.fault(row, f"column '{column}' {fault}", FIX) from None
    if not value == value:
        raise found.fault(row, f"column '{column}' is blank; expected a number", FIX)
    return value


def read_lists(folder: str | Path) -> InputFolder:
    """The tables of the contract in a classification folder, beside its lists."""
    return read_folder(folder, made=MADE, others=[Path(folder) / f"{name}.csv" for name in COLUMNS])
