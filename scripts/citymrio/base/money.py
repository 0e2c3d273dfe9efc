"""Money: 10^4 of the dataset's currency. The dataset names it (dataset.json), every table carries it in `units`."""

from __future__ import annotations

from collections.abc import Iterable

import xarray as xr

from .errors import DataError

#: Units of the currency in one unit of money of the model.
SCALE = 10_000
#: 10^9 of the currency in one unit of money of the model.
BILLION = SCALE / 1e9


def unit_of(currency: str) -> str:
    """The unit of money of a currency: the only one that a dataset may have.

    Examples
    --------
    >>> unit_of("EUR"), printed(unit_of("EUR"))
    ('10^4 EUR', '10⁴ EUR')
    """
    return f"10^4 {currency}"


def unit_in(table: xr.Dataset, name: str = "output") -> str:
    """The unit of money of a labelled table: that of its variable `name`.

    Raises
    ------
    DataError
        The variable has no units.
    """
    unit = str(table[name].attrs.get("units", ""))
    if not unit:
        raise DataError(f"variable '{name}' has no units", where="labelled table", fix="give its unit, such as 10^4 EUR.")
    return unit


def unit_in_all(tables: Iterable[xr.Dataset]) -> str:
    """The unit of money that several tables share.

    Raises
    ------
    DataError
        They differ.
    """
    units = sorted({unit_in(table) for table in tables})
    if len(units) != 1:
        raise DataError(f"money is in {' and in '.join(units)}", where="labelled tables", fix="give all tables in one unit.")
    return units[0]


def printed(unit: str) -> str:
    """The unit as figures print it: ``10⁴ EUR``."""
    return unit.replace("10^4", "10⁴")
