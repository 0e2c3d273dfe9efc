"""Money: a power of ten of the dataset's currency. The dataset names it (dataset.json), every table
carries it in `units`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from . import units
from .errors import DataError

#: Rounding of printed tables (rule R2): largest gap of a sum in the unit of the table, and as a
#: share of the mean amount, which counts where a unit is so large (10^9 EUR) that tables are
#: printed with decimals.
PRINTED, PRINTED_SHARE = 1.0, 1e-3
#: Rounding of a row or column relative to its output.
PRINTED_RELATIVE = 1e-6
#: Code of a currency.
CURRENCY = re.compile(r"[A-Z]{3}")
#: Currencies by code (ISO 4217), with those before the euro and before a change of money: in a
#: title, three capital letters beside "million" may as well be CIF or GDP.
CODES = frozenset(
    re.findall(
        r"\w+",
        """
        AED AFN ALL AMD ANG AOA ARS ATS AUD AWG AZN BAM BBD BDT BEF BGN BHD BIF BMD BND BOB BRL
        BSD BTN BWP BYN BYR BZD CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CYP CZK DEM DJF DKK DOP
        DZD EEK EGP ERN ESP ETB EUR FIM FJD FKP FRF GBP GEL GHC GHS GIP GMD GNF GRD GTQ GYD HKD
        HNL HRK HTG HUF IDR IEP ILS INR IQD IRR ISK ITL JMD JOD JPY KES KGS KHR KMF KPW KRW KWD
        KYD KZT LAK LBP LKR LRD LSL LTL LUF LVL LYD MAD MDL MGA MKD MMK MNT MOP MRO MRU MTL MUR
        MVR MWK MXN MYR MZN NAD NGN NIO NLG NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PTE PYG QAR
        ROL RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SIT SKK SLE SLL SOS SRD SSP STD STN SVC
        SYP SZL THB TJS TMT TND TOP TRL TRY TTD TWD TZS UAH UGX USD UYU UZS VEB VEF VES VND VUV
        WST XAF XCD XDR XEU XOF XPF XTS YER ZAR ZMK ZMW ZWG ZWL
        """,
    )
)
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Money:
    """A unit of money: 10^`power` of the currency.

    Examples
    --------
    >>> [str(parse_money(text)) for text in ("million EUR", "1000 EUR", "10^4 CNY", "EUR")]
    ['10^6 EUR', '10^3 EUR', '10^4 CNY', 'EUR']
    """

    power: int
    currency: str

    def __str__(self) -> str:
        return f"10^{self.power} {self.currency}" if self.power else self.currency


def parse_money(unit: object) -> Money | None:
    """The unit of money that a text names: ``10^6 EUR``, ``million EUR``, ``1000 EUR`` or ``EUR``;
    None for any other.
    """
    found = units.parse_unit(unit)
    if found is None or found.per or not CURRENCY.fullmatch(found.dimension):
        return None
    return Money(len(str(found.size)) - 1, found.dimension)


def standard_unit(unit: str) -> str:
    """The unit in the one spelling that tables carry, ``10^6 EUR`` for ``million EUR``; a text that
    names no unit as it is.

    Examples
    --------
    >>> standard_unit("million EUR"), standard_unit("t CO2")
    ('10^6 EUR', 't CO2')
    """
    return str(money) if (money := parse_money(unit)) else unit


def scale_of(unit: str) -> float:
    """Units of the currency in one unit of money: 1e6 of ``10^6 EUR``.

    Raises
    ------
    DataError
        The text names no unit of money.
    """
    if (money := parse_money(unit)) is None:
        raise DataError(
            f"'{unit}' is no unit of money",
            where="unit",
            fix="give it as 10^6 EUR, million EUR or 1000 EUR.",
        )
    return 10.0**money.power


def billions_per_unit(unit: str) -> float:
    """10^9 of the currency in one unit of money."""
    return scale_of(unit) / 1e9


def rounding(amounts: np.ndarray) -> float:
    """By how much sums of printed amounts may be off: `PRINTED` units, but at most `PRINTED_SHARE`
    of the mean amount.
    """
    size = np.abs(np.asarray(amounts, float))
    size = size[size > 0]
    return float(min(PRINTED, PRINTED_SHARE * size.mean())) if size.size else PRINTED


def printed_gaps(output: np.ndarray) -> np.ndarray:
    """By how much the row or column of each sector of a printed table may be off, from its output
    (sector,).
    """
    return np.maximum(rounding(output), PRINTED_RELATIVE * np.abs(output))


def unit_in(table: xr.Dataset, name: str = "output") -> str:
    """The unit of money of a labelled table: that of its variable `name`.

    Raises
    ------
    DataError
        The variable has no units.
    """
    unit = str(table[name].attrs.get("units", ""))
    if not unit:
        raise DataError(
            f"variable '{name}' has no units",
            where="labelled table",
            fix="give its unit, such as 10^4 EUR.",
        )
    return unit


def unit_in_all(datasets: Iterable[xr.Dataset]) -> str:
    """The unit of money that several tables share.

    Raises
    ------
    DataError
        They differ.
    """
    units = sorted({unit_in(table) for table in datasets})
    if len(units) != 1:
        raise DataError(
            f"money is in {' and in '.join(units)}",
            where="labelled tables",
            fix="give all tables in one unit.",
        )
    return units[0]


def format_unit(unit: str) -> str:
    """The unit as figures print it: ``10⁶ EUR``."""
    return re.sub(r"10\^(\d+)", lambda found: "10" + found[1].translate(_SUPERSCRIPTS), unit)
