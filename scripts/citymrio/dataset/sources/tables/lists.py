"""The lists that describe raw tables of regions: which files, which codes, which regions
(docs/tables-of-regions.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandera.pandas as pa

from ....base.errors import DataError, raise_faults
from ...contract.folder import InputFolder, read_folder
from ...contract.tables import (
    Table,
    choice_column,
    number_column,
    rule,
    text_column,
)

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
    "re_exports": ("column",),
    "unused": ("row", "column"),
}
#: The role of the file of polygons.
BOUNDARIES = "boundaries"
#: What regions.csv may have; without a file of polygons it must.
PLACES = {"lon": (-180, 180), "lat": (-90, 90), "area_km2": (0, None)}
PAGE = "docs/tables-of-regions.md"
FIX = f"see {PAGE}."
#: The lists: their columns, whose meanings are on the page, and the key of a row.
LISTS = {
    "files": pa.DataFrameSchema(
        {
            "role": choice_column((*BLOCKS, BOUNDARIES), ""),
            "form": text_column(""),
            **{
                name: text_column("", blank=True, required=False)
                for name in ("delimiter", "region", "row", "column", "value", "year")
            },
            "factor": number_column("", "-", above=0, blank=True, required=False),
            "absent": choice_column(("", "0"), "", required=False),
        },
        checks=[
            rule(
                lambda t: t["form"].isin(["long", "wide"]) | t["role"].eq(BOUNDARIES),
                "form long or wide",
            )
        ],
        unique=["role"],
        title=PAGE,
    ),
    "layout": pa.DataFrameSchema(
        {
            "block": choice_column(("", *BLOCKS), ""),
            "axis": choice_column(("", "row", "column"), ""),
            "printed": text_column(""),
            "as": choice_column(MEANINGS, ""),
            "code": text_column("", blank=True),
        },
        unique=["block", "axis", "printed"],
        title=PAGE,
    ),
    "regions": pa.DataFrameSchema(
        {
            **{
                name: text_column("")
                for name in ("printed", "region", "name", "province", "province_name")
            },
            "polygon": text_column("", blank=True, required=False),
            "name_local": text_column("", blank=True, required=False),
            "population": number_column("", "persons"),
            "population_rural": number_column("", "persons"),
            "kind": text_column("", blank=True, required=False),
            **{
                name: number_column("", "-", *bounds, blank=True, required=False)
                for name, bounds in PLACES.items()
            },
        },
        checks=[rule(lambda t: ~t["region"].duplicated(), "region once in the table")],
        unique=["printed"],
        title=PAGE,
    ),
}


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
            An axis that a meaning cannot have, an unknown code; the same row or column twice; a
            sector or category that nothing gives.
        """
        entries: dict[tuple[str, str, str], tuple[str, str]] = {}
        codes = {"sector": sectors, "category": categories}
        for row, entry in enumerate(found.frame.to_dict("records")):
            meaning, code, axis, block = entry["as"], entry["code"], entry["axis"], entry["block"]
            sides = MEANINGS[meaning]
            for sound, message in (
                (
                    not axis or axis in sides,
                    f"a {axis or 'row'} cannot be '{meaning}'; expected {' or '.join(sides)}",
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
        raise_faults(
            [
                DataError(f"no row gives the {meaning} '{code}'", where=found.where, fix=FIX)
                for meaning, wanted in codes.items()
                for code in wanted
                if code not in layout.codes(meaning)
            ]
        )
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


def read_lists(folder: str | Path) -> InputFolder:
    """The tables of the contract in a classification folder, beside its lists."""
    made = ("regions", "observations", "provinces")  # from the raw files
    return read_folder(folder, made=made, others=[Path(folder) / f"{name}.csv" for name in LISTS])
