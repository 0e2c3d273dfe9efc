"""The money that intensities of benchmarks.csv are given per: any power of ten of the currency, converted on entry."""

from __future__ import annotations

import pandas as pd

from ...base.money import Money, parsed
from ..benchmarks import INTENSITIES

#: What an intensity may be given in, before its money.
TONNES = ("t CO2", "t", "tCO2", "t CO₂")


def money_of(unit: str) -> Money | None:
    """The money that an intensity is given per: ``t CO2 per 10^4 EUR``; None where the text says no such unit."""
    tonnes, _, money = unit.partition(" per ")
    return parsed(money) if tonnes.strip() in TONNES else None


def currency_of(unit: str) -> str:
    """The currency of that money; "" where there is none."""
    money = money_of(unit)
    return money.currency if money else ""


def in_money(benchmarks: pd.DataFrame, unit: str) -> pd.DataFrame:
    """The table with every intensity in t CO2 per `unit`; rows in anything else stay (faults, see `checks`)."""
    own = parsed(unit)
    result = benchmarks.copy()
    for row in result.index[result["parameter"].str.startswith(INTENSITIES)]:
        given = money_of(result.at[row, "unit"])
        if own and given and given.currency == own.currency:
            if given != own:
                result.at[row, "value"] *= own.scale / given.scale
            result.at[row, "unit"] = f"{TONNES[0]} per {own}"
    return result
