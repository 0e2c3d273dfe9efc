"""Units of money: any power of ten of any currency, in one spelling."""

from __future__ import annotations

import numpy as np
import pytest

from citymrio.base.errors import DataError
from citymrio.base.money import (
    Money,
    billions_per_unit,
    format_unit,
    parse_money,
    rounding,
    scale_of,
    standard_unit,
)


@pytest.mark.parametrize(
    ("text", "power"),
    [
        ("10^6 EUR", 6),
        ("million EUR", 6),
        ("1000000 EUR", 6),
        ("1000 EUR", 3),
        ("thousand EUR", 3),
        ("billion EUR", 9),
        ("10^0 EUR", 0),
        ("1 EUR", 0),
        ("EUR", 0),
        ("10 EUR", 1),
        (" 10^12 EUR ", 12),
    ],
)
def test_every_spelling_of_a_unit(text, power):
    assert parse_money(text) == Money(power, "EUR")
    assert parse_money(standard_unit(text)) == Money(power, "EUR")
    assert scale_of(text) == 10.0**power and billions_per_unit(text) == 10.0**power / 1e9


@pytest.mark.parametrize(
    "text",
    [
        "",
        "EURO",
        "eur",
        "10^6",
        "10^-2 EUR",
        "10^16 EUR",
        "2000 EUR",
        "1,000 EUR",
        "mega EUR",
        None,
        6,
    ],
)
def test_what_is_no_unit(text):
    assert parse_money(text) is None
    if isinstance(text, str):
        assert standard_unit(text) == text
        with pytest.raises(DataError, match="no unit of money"):
            scale_of(text)


def test_figures_print_powers_as_superscripts():
    assert [format_unit(unit) for unit in ("10^4 CNY", "10^12 JPY", "EUR")] == [
        "10⁴ CNY",
        "10¹² JPY",
        "EUR",
    ]


def test_rounding_is_a_unit_but_never_much_of_the_amounts():
    assert rounding(np.array([1e6, 3e6, 0.0])) == 1.0
    assert rounding(np.array([0.5, 1.5, 0.0])) == pytest.approx(1e-3)
    assert rounding(np.zeros(3)) == 1.0
