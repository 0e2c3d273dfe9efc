"""The page of an ensemble: it lists numbers by the width of their intervals."""

import html
import re

import pandas as pd
import pytest

from citymrio.assessment.ensemble.layout import REASON, REJECTED
from citymrio.assessment.headline import INSIDE
from citymrio.report.uncertainty import NAMED, WIDTHS, by_width, page


def numbers(half):
    """numbers.csv with intervals of half so much of the estimate, all quantities alike."""
    rows = [(name, "%", 50.0, 50.0 * (1 - half), 50.0 * (1 + half)) for name in NAMED]
    return pd.DataFrame(rows, columns=["quantity", "unit", "value", "low", "high"]).set_index(
        "quantity"
    )


def test_numbers_stand_by_the_width_of_their_interval():
    first, second, last = WIDTHS
    for half, limit in (
        (0.9 * first, first),
        (1.1 * first, second),
        (0.9 * second, second),
        (1.1 * second, last),
    ):
        classes = by_width(numbers(half))
        assert classes.pop(limit) == [*NAMED] and not any(classes.values())


def test_a_quantity_that_a_run_lacks_is_in_no_class():
    assert [name for names in by_width(numbers(0.01).iloc[:2]).values() for name in names] == [
        *NAMED
    ][:2]


def plain(text: str) -> str:
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", text)).split())


def ensemble(left_out: float) -> dict[str, pd.DataFrame]:
    """Tables of an ensemble of 20 members, so many of them left out."""
    extra = {"value": [0.0] * 3, "low": [0.0] * 3, "high": [0.0] * 3}
    rows = numbers(0.1).reset_index()
    names = [REJECTED, f"{REASON}province P04", INSIDE]
    rows = pd.concat([rows, pd.DataFrame({"quantity": names, "unit": "%", **extra})])
    rows["mean"] = [50.0] * len(NAMED) + [left_out, left_out, 81.4]
    rows["members"], rows["estimate"], rows["low_se"], rows["high_se"] = 20, 50.0, 0.5, 0.7
    saving = rows.iloc[[0]].assign(quantity="saving: technology_light_capped", unit="Mt CO2")
    regions = pd.DataFrame(
        {
            "p_super_emitter": [1.0, 0.5],
            **{f"p_q{k}": [1.0, 0.1] for k in range(1, 6)},
            **{
                f"{name}{end}": 10.0 + n
                for name in ("cba_mt", "pba_mt")
                for n, end in enumerate(("", "_low", "_high"))
            },
        }
    )
    quantity = "embodied flows: inter-city share"
    return {
        "numbers": pd.concat([rows, saving]),
        "regions": regions,
        "variance": pd.DataFrame({"quantity": [quantity], "input": ["border"], "share": [0.4]}),
        "weights": pd.DataFrame({"weight": [0.0, 0.8, 1.2]}),
        "left_out_draws": pd.DataFrame(
            {"draw": ["output of mining"], "difference": [1.5], "se": [0.25], "chance": [2.1]}
        ),
    }


def result(left_out: float, language: str, inside: str = "true") -> str:
    comparison = pd.DataFrame(
        {
            "comparable": [True, True],
            "counts_as": ["result", "setting"],
            "within": [True, True],
            "weight": ["normal", "normal"],
            "inside": [inside, ""],
        }
    )
    run = {"name": "A country", "year": 2012, "synthetic": True}
    tables = ensemble(left_out) | {"paper_comparison": comparison}
    return page(tables, run, 0.9, "calibrated", language)


def test_members_that_are_left_out_are_said_with_place_draw_and_weights():
    said = plain(result(3, "en"))
    assert (
        "3 of 20: their draws contradict what is kept exactly, 3 of them at province P04. Their "
        "draws differ most in output of mining, by +1.50 standard deviations (standard error 0.25). "
        "By chance alone the largest of 1 differences is 2.1 standard errors. Members with draws "
        "like theirs weigh more in all intervals, medians and probabilities: 0.80 to 1.20. "
        "Together they tell as much as 2 equal members." in said
    )
    assert "None of 20: every draw has an estimate." in plain(result(0, "en"))
    assert (
        "1 of its 1 results that can be compared lie inside our interval. Not counted: 1 settings."
        in said
    )
    assert "The paper" in said and "The paper" not in plain(result(0, "en", inside=""))


@pytest.mark.parametrize("left_out", [0, 3])
def test_the_page_in_chinese_says_nothing_in_english_but_what_it_marks(left_out):
    text = result(left_out, "zh")
    assert '<html lang="zh">' in text and "结果有多可靠？" in text
    own = re.sub(r'<span lang="en">.*?</span>|<style>.*?</style>', " ", text, flags=re.S)
    found = set(re.findall("[A-Za-z]{3,}", plain(own)))
    assert found <= {"MEMBERS", "make", "uncertainty"}  # a command
    assert "技术，轻度，仅合理强度" in text and "百万吨 CO2" in text
    assert ('<span lang="en">province P04</span>' in text) == bool(left_out)
