"""Columns `unit`: every amount is brought to the unit that the contract expects of it, or its row
is refused (`base.units`).
"""

from __future__ import annotations

from collections.abc import Iterator

from ...base.errors import DataError
from ...base.units import factor
from .. import benchmarks
from .tables import Table, measures

FIX = "convert the value; docs/contracts.md, Units, lists what is understood."


def _expected(name: str, table: Table, unit: str) -> Iterator[str]:
    """The unit that every row of a table should have; "" where any may stand (shares of a physical
    measure).
    """
    if name == "benchmarks":
        yield from (benchmarks.unit_of(parameter, unit) for parameter in table.frame["parameter"])
    else:
        for quantity, measure in zip(table.frame["quantity"], measures(table.frame), strict=True):
            yield "" if measure != "amount" else "t CO2" if quantity == "emissions" else unit


def in_expected_units(name: str, table: Table, unit: str, *, own: bool = False) -> list[DataError]:
    """Convert the column `value` of a table in place; faults are units of another dimension, or
    that are not understood.

    Parameters
    ----------
    name
        benchmarks, observations or extras.
    unit
        Unit of money of the dataset, in the standard spelling.
    own
        The table was written by this program: its values are read elsewhere as they are, so that
        none is converted.
    """
    faults, frame = [], table.frame
    for row, expected in enumerate(_expected(name, table, unit)):
        given = frame.at[row, "unit"]
        times = factor(given, expected) if expected else 1.0
        if not given.strip() or times == 1.0 and not (unit and unit in expected):
            continue
        if times is None or (own and times != 1.0):
            also = "" if own else " (or another unit of it, which is converted)"
            faults.append(
                table.fault(row, f"column 'unit' is '{given}'; expected {expected}{also}", FIX)
            )
            continue
        frame.at[row, "value"] *= times
        frame.at[row, "unit"] = expected
    return faults
