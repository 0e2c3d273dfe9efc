"""Which rows of the table of stressors speak for a region: those of its own, of its province or of
the country, at one level.
"""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ...base.errors import DataError
from ...base.notices import few
from ...base.vocabulary import HOUSEHOLDS
from .folder import InputFolder

#: Levels at which a stressor may be known, and what a message calls each.
LEVELS = {"region": "the region", "province": "its province", "country": "the country"}


def is_total(rows: pd.DataFrame) -> pd.Series:
    """Whether a row is the total of a region: it names no sector of either list."""
    return rows["sector"].eq("") & rows["inventory_sector"].eq("")


def levels_of(rows: pd.DataFrame, regions: pd.DataFrame) -> pd.DataFrame:
    """Which rows by sector there are for the regions, of one stressor: bool columns by level, in
    the order of `regions` (columns region, province).
    """
    known = rows[~is_total(rows)]
    country = bool((known["region"].eq("") & known["province"].eq("")).any())
    own, of_province = (
        regions["region"].isin(known["region"]),
        regions["province"].isin(known["province"]),
    )
    return pd.DataFrame({"region": own, "province": of_province, "country": country})


def stressor_faults(data: InputFolder) -> Iterator[DataError]:
    """Regions for which a stressor has no rows, or rows of several levels, which would count
    twice; a sector that is called as households are.
    """
    if not (data.whole("stressors") and data.whole("regions")):
        return
    rows, regions = data.tables["stressors"].frame, data.tables["regions"].frame
    if not data.given and HOUSEHOLDS in data.column("sectors", "sector"):
        yield DataError(
            f"sector '{HOUSEHOLDS}' of sectors.csv is what households are called here; "
            "expected another code",
            where=data.place("stressors"),
            fix="change the code of the sector everywhere.",
        )
    for stressor, own in rows.groupby("stressor", sort=False):
        found = levels_of(own, regions)
        for message, fix in _of_one(found, regions):
            where = data.place("stressors")
            yield DataError(f"stressor '{stressor}': {message}", where=where, fix=fix)


def _of_one(found: pd.DataFrame, regions: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Messages and fixes of one stressor."""
    count = found.sum(axis=1)
    for wrong, message, fix in (
        (
            count == 0,
            "no row by sector speaks for {}; expected rows of the region, its province or the "
            "country",
            "add them, 0 where there is none.",
        ),
        (
            count > 1,
            "rows of {} say the amounts of {} twice; expected one of these levels",
            "keep the finest level that has all sectors.",
        ),
    ):
        alike = [tuple(row) for row in found[wrong].to_numpy()]
        for levels, rows in regions[wrong].groupby(
            pd.Series(alike, regions.index[wrong], dtype=object)
        ):
            called = " and of ".join(
                LEVELS[name] for name, has in zip(LEVELS, levels, strict=True) if has
            )
            named = f"region {few(rows['region'].tolist())}"
            yield message.format(*filter(None, (called, named))), fix
