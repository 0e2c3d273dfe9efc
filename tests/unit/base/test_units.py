"""Units as people write them: one table of what is understood, everything else named as such."""

from __future__ import annotations

import pytest

from citymrio.base.units import SYMBOLS, conversion_factor, parse_unit


@pytest.mark.parametrize(
    ("text", "expected", "times"),
    [
        ("Mt", "Gt CO2", 1e-3),
        ("Mt CO2", "Gt CO2", 1e-3),
        ("tCO2", "t CO2", 1.0),
        ("kt CO₂", "t CO2", 1e3),
        ("million tonnes CO2", "t CO2", 1e6),
        ("10^4 t", "t CO2", 1e4),
        ("%", "1", 0.01),
        ("share", "1", 1.0),
        ("kg CO2 per capita", "t CO2 per person", 1e-3),
        ("t CO2 per person and year", "t CO2 per person", 1.0),
        ("t CO2/10^6 EUR", "t CO2 per 10^4 EUR", 0.01),
        ("g CO2 per EUR", "t CO2 per million EUR", 1.0),
        ("million EUR", "1000 EUR", 1e3),
        ("EUR million", "1000 EUR", 1e3),
        ("euro Millions", "10^6 EUR", 1.0),
        ("EUR Mio.", "10^6 EUR", 1.0),
        ("kg CO2 per USD thousand", "t CO2 per 10^6 USD", 1.0),
        ("M.EUR", "kEUR", 1e3),
        ("Mill USD", "10^6 USD", 1.0),
        ("10^8 yuan", "10^4 CNY", 1e4),
        ("thousand USD/capita/year", "USD per person", 1e3),
        ("10⁴ m³", "m3", 1e4),
        ("thousand persons", "persons", 1e3),
        ("ha", "km2", 0.01),
        ("m", "km", 1e-3),
        ("TJ", "GJ", 1e3),
        ("万元", "10^4 CNY", 1.0),
        ("亿元", "10^4 CNY", 1e4),
    ],
)
def test_what_is_of_the_same_dimension_is_converted(text, expected, times):
    assert conversion_factor(text, expected) == times


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("banana", "t CO2"),
        ("", "t CO2"),
        ("t CO2e", "t CO2"),
        ("t C", "t CO2"),
        ("ton", "t CO2"),
        ("mt", "t CO2"),
        ("mEUR", "EUR"),
        ("EUR per capita", "USD per capita"),
        ("USD", "USD per capita"),
        ("t CO2", "t CO2 per person"),
        ("t CO2", "t"),  # of a fuel
        ("20 t", "t"),
        ("1,000 t", "t"),
        ("km CO2", "t CO2"),
        ("10^16 EUR", "EUR"),
        (None, "t"),
        (5, "1"),
    ],
)
def test_what_is_of_another_or_of_none_is_not(text, expected):
    assert conversion_factor(text, expected) is None


def test_every_symbol_is_of_its_dimension():
    for kind, symbols in SYMBOLS.items():
        assert {parse_unit(symbol).dimension for symbol in symbols} == {kind}
