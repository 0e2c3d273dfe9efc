"""The text on the method says what ran: of every way to estimate, and never from the name of a
method.
"""

from __future__ import annotations

import pandas as pd
import pytest

from citymrio.config.models import load_config
from citymrio.report.method import heading, what_ran

REGIONS = pd.DataFrame(
    {
        "region": ["A1", "A2", "B1"],
        "province": ["A", "A", "B"],
        "kind": ["city", "city", "province"],
        "emissions_status": ["observed", "modelled", "province"],
        "emissions_split_status": ["modelled", "modelled", "observed"],
    }
)

SPREADS = "of how outputs and intensities vary"


def said(changes, regions=REGIONS, *, given=False, mrio=False):
    config = load_config(changes)
    names = ("groups", "scenarios", "emissions", "provinces", "cities")
    settings = {name: getattr(config, name).model_dump(mode="json") for name in names} | {
        "dataset": {"mrio": mrio}
    }
    method = "" if given else config.method
    return heading(method, settings), " ".join(what_ran(method, settings, regions))


@pytest.mark.parametrize(
    ("changes", "mrio", "expected", "absent"),
    [
        (
            {},
            False,
            ["distance plays no part", "No parameter was fitted"],
            ["leans", "one level up"],
        ),
        (
            {"cities": {"trade_prior": "power", "theta": 2.0}},
            False,
            ["an exponent that is set (2)", "No parameter was fitted"],
            [],
        ),
        (
            {"method": "calibrated"},
            False,
            [
                f"of trade, of demand, of that lean and {SPREADS} were fitted",
                "distance is set (1)",
                "leans",
            ],
            ["No param"],
        ),
        (
            {"method": "calibrated"},
            True,
            ["were given, and are used", "were fitted one level up"],
            ["is set", "entropy from the"],
        ),
        (
            {"method": "calibrated", "cities": {"trade_prior": "power"}},
            False,
            [f"of demand, of that lean and {SPREADS} were fitted"],
            ["of trade"],
        ),
        (
            {"method": "calibrated", "cities": {"priors": "p.csv"}},
            False,
            ["none was fitted here"],
            ["were fitted"],
        ),
        (
            {"provinces": {"trade_known": "t.csv", "calibrate": "none"}},
            False,
            ["as they are printed", "trade known from"],
            [],
        ),
    ],
)
def test_what_ran_is_said_of_every_way_to_estimate(changes, mrio, expected, absent):
    _, text = said(changes, mrio=mrio)
    assert [part for part in expected if part not in text] == [] and [
        part for part in absent if part in text
    ] == []
    assert (
        "observed in 2 of 3 regions, their split by sector in 1" in text
        and "1 of 2 provinces are one region each" in text
    )


def test_a_run_without_cities_or_with_one_province_claims_neither_fit_nor_trade():
    alone = REGIONS.iloc[1:].assign(kind="province")
    _, text = said({"method": "calibrated"}, alone)
    assert (
        "nothing of a city was estimated, nothing fitted" in text
        and "entropy optimisation" not in text
    )
    assert "quintiles" not in text
    _, text = said({"cities": {"trade_prior": "power"}}, REGIONS.iloc[:2])
    assert "no trade between provinces" in text and "No parameter was fitted" in text


def test_a_given_table_estimates_nothing_and_a_changed_method_says_what_is_changed():
    assert (
        said({}, given=True)[0] == "A given table"
        and "nothing of it was estimated" in said({}, given=True)[1]
    )
    assert (
        said({"cities": {"trade_prior": "power"}})[0]
        == "The paper's method, but cities.trade_prior: power"
    )
    assert said({"method": "calibrated"})[0] == "The calibrated method"
