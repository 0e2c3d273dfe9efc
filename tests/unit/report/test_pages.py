"""Tables as pages: numbers as people read them, text that cannot break the page, captions for all that is shown."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import citymrio
from citymrio.report.pages import SHOWN, number, table_page


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (3.0, "3"),
        (-2.0, "\u22122"),
        (1234567.0, "1,234,567"),
        (1234567.8, "1,234,568"),
        (1234.56, "1,235"),
        (999.98, "1,000"),
        (12.3456, "12.35"),
        (0.00123456, "0.001235"),
        (1e-8, "1e\u22128"),
        (1.23456e-12, "1.235e\u221212"),
        (9999.9, "10,000"),
        (float("nan"), ""),
        (float("inf"), "inf"),
        (7, "7"),
    ],
)
def test_a_number_is_shown_with_four_significant_digits(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [(12.345, 1, "12.3"), (1234567.8, 0, "1,234,568"), (0.0, 2, "0.00"), (0.004, 2, "0.004"), (-0.26, 1, "\u22120.3")],
)
def test_numbers_have_the_decimals_that_are_asked_for_unless_that_leaves_nothing(value, decimals, text):
    assert number(value, decimals) == text
    assert number(float("nan"), decimals) == "" and number(float("inf"), decimals) == "inf"


def test_a_page_holds_every_cell_and_text_is_escaped():
    table = pd.DataFrame({"region": ["01", "02"], "name": ["<b>A&B</b>", "C"], "x": [1.5, float("nan")], "ok": [True, False]})
    page = table_page(table, "A <title>", "made & shown")
    assert page.count("<tr>") == 3
    assert "&lt;b&gt;A&amp;B&lt;/b&gt;" in page
    assert "<b>" not in page
    assert '<td class="text">01</td>' in page
    assert '<td class="number">1.5</td>' in page
    assert '<td class="number"></td>' in page
    assert "<h1>A &lt;title&gt;</h1>" in page


def test_a_table_without_rows_is_a_page_with_its_columns():
    page = table_page(pd.DataFrame({"case": pd.Series(dtype=str), "mt": pd.Series(dtype=float)}), "Deficits", "none")
    assert page.count("<tr>") == 1
    assert ">case</th>" in page


def test_every_table_shown_has_a_caption_and_every_caption_a_table():
    folder = Path(citymrio.__file__).parent / "report/captions" / "tables"
    assert {path.stem for path in folder.glob("*.rst")} == set(SHOWN)
    for path in folder.glob("*.rst"):
        assert path.read_text(encoding="utf-8").rstrip().endswith("."), path.name
