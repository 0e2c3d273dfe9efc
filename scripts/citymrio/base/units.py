"""Units as people write them: one table of what is understood, and one reader of it. Money as a
power of ten: `money`.

A unit is a symbol of `SYMBOLS` or a currency, with a power of ten before it (``10^4 m3``, ``million
EUR``) or, in words, behind a currency (``EUR million``), of a mass with ``CO2`` behind it, per
others: ``t CO2 per person``, ``kg CO2/EUR``, ``USD per capita and year``. All data are of one year,
so that "per year" says nothing.
"""

import math
import re
from dataclasses import dataclass
from fractions import Fraction

#: Megatonnes in a tonne: ``tonnes * MT`` is in Mt.
MT = 1e-6
#: Tonnes in a megatonne: ``mt * TONNES_PER_MT`` is in t. Dividing by `MT` gives another last digit.
TONNES_PER_MT = 1e6

#: Words for a power of ten.
WORDS = {
    "thousand": 3,
    "million": 6,
    "mill": 6,
    "mio": 6,
    "mln": 6,
    "billion": 9,
    "bn": 9,
    "mrd": 9,
    "trillion": 12,
}
_ENERGY = {
    "GJ": "1",
    "MJ": "1e-3",
    "TJ": "1e3",
    "PJ": "1e6",
    "EJ": "1e9",
    "tce": "29.3076",
    "toe": "41.868",
}
#: Dimension -> symbol -> its size in the first symbol of the dimension.
SYMBOLS = {
    "mass": {
        "t": "1",
        "tonne": "1",
        "tonnes": "1",
        "kt": "1e3",
        "Mt": "1e6",
        "Gt": "1e9",
        "kg": "1e-3",
        "g": "1e-6",
    },
    "share": {"1": "1", "share": "1", "%": "1e-2", "percent": "1e-2"},
    "people": dict.fromkeys(
        ("person", "persons", "people", "capita", "inhabitant", "inhabitants"), "1"
    ),
    "energy": _ENERGY | {"kWh": "36e-4", "MWh": "3.6", "GWh": "36e2", "TWh": "36e5"},
    "volume": {"m3": "1", "l": "1e-3"},
    "area": {"km2": "1", "ha": "1e-2", "m2": "1e-6"},
    "distance": {"km": "1", "m": "1e-3"},
}
#: Other names of currencies.
CURRENCIES = {
    "yuan": "CNY",
    "元": "CNY",
    "RMB": "CNY",
    "euro": "EUR",
    "euros": "EUR",
    "€": "EUR",
    "US$": "USD",
}
#: Powers of ten that stand before 元 without a blank.
_YUAN = {"千": "10^3 ", "万": "10^4 ", "百万": "10^6 ", "亿": "10^8 "}
#: Dimension of a mass of CO2; a mass alone stands for it where nothing else is meant.
CO2 = "CO2"
#: Largest power of ten.
LARGEST = 15
_SIZES = {
    symbol: (kind, Fraction(size))
    for kind, symbols in SYMBOLS.items()
    for symbol, size in symbols.items()
}
_POWER = re.compile(
    rf"(?:10\^(?P<power>\d\d?)|(?P<digits>10*)|(?P<word>{'|'.join(WORDS)})[s.]?(?: of)?) +",
    re.IGNORECASE,
)
#: A power of ten in words behind a currency: EUR million, US$ bn, EUR Mio.
BEHIND = re.compile(
    rf"(?<!\w)(?:[A-Z]{{3}}|{'|'.join(map(re.escape, CURRENCIES))}) +"
    rf"(?i:{'|'.join(WORDS)})[s.]?(?!\w)"
)
_CURRENCY = re.compile(r"(?P<prefix>k|M\.?)?(?P<code>[A-Z]{3})")
_YEAR = re.compile(r"( per | and |/)(year|yr|a)$")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₂", "01234567892")


@dataclass(frozen=True)
class Unit:
    """A unit: its size in the base units of its dimension, the dimension itself, and those that it
    is per.
    """

    size: Fraction
    dimension: str
    per: tuple[str, ...] = ()


def parse_unit(text: object) -> Unit | None:
    """The unit that a text names; None where it names none that is understood.

    Examples
    --------
    >>> [float(parse_unit(text).size) for text in ("Mt CO2", "kg CO2/EUR", "10^4 m³", "USD per capita and year")]
    [1000000.0, 0.001, 10000.0, 1.0]
    """  # noqa: E501
    if not isinstance(text, str):
        return None
    plain = (
        re.sub(r"10([⁰-⁹¹²³]+)", r"10^\1", text.strip()).translate(_SUPERSCRIPTS).replace("m^", "m")
    )
    plain = re.sub(r"(百万|[千万亿])(?=元)", lambda found: _YUAN[found[1]], plain)
    top, *below = re.split(r" per |/", _YEAR.sub("", plain))
    parts = [_one(part.strip()) for part in (top, *below)]
    units = [part for part in parts if part is not None]
    if len(units) < len(parts):
        return None
    one, *others = units
    size = one.size / math.prod(other.size for other in others)
    return Unit(size, one.dimension, tuple(other.dimension for other in others))


def _one(text: str) -> Unit | None:
    """A unit without a "per"."""
    if BEHIND.fullmatch(text):
        text = " ".join(reversed(text.split()))
    found = _POWER.match(text)
    power = 0
    if found:
        word = (found["word"] or "").lower()
        power = (
            int(found["power"])
            if found["power"]
            else WORDS[word]
            if word
            else len(found["digits"]) - 1
        )
        text = text[found.end() :]
    symbol = re.sub(r" ?CO2$", "", text)
    symbol, of_co2 = symbol.strip(), symbol != text
    symbol = CURRENCIES.get(symbol, symbol)
    kind, size = _SIZES.get(symbol, ("", Fraction(0)))
    if money := _CURRENCY.fullmatch(symbol):
        kind, size = (
            money["code"],
            Fraction(1 if not money["prefix"] else 10**3 if money["prefix"] == "k" else 10**6),
        )
    if not size or power > LARGEST or (of_co2 and kind != "mass"):
        return None
    return Unit(10**power * size, CO2 if of_co2 else kind, ())


def conversion_factor(text: object, expected: str) -> float | None:
    """What an amount in one unit is multiplied by to be in another; None where the text names none
    of that dimension.

    A mass stands for one of CO2 where that is expected.

    Examples
    --------
    >>> conversion_factor("Mt", "t CO2"), conversion_factor("EUR", "USD")
    (1000000.0, None)
    >>> conversion_factor("t CO2 per 10^6 EUR", "t CO2 per 10^4 EUR")
    0.01
    """
    given, wanted = parse_unit(text), parse_unit(expected)
    if given is None or wanted is None or given.per != wanted.per:
        return None
    if given.dimension not in (
        wanted.dimension,
        "mass" if wanted.dimension == CO2 else wanted.dimension,
    ):
        return None
    return float(given.size / wanted.size)
