"""The text on the method says what ran: of every way to estimate, and never from the name of a
method.
"""

from __future__ import annotations

import pandas as pd
import pytest

from citymrio.config.models import load_config
from citymrio.report.explorer.payload import Material, _what_ran
from citymrio.report.method import PARAMETERS_OF, heading, what_ran
from citymrio.trade.priors.table import KNOWN

REGIONS = pd.DataFrame(
    {
        "region": ["A1", "A2", "B1"],
        "province": ["A", "A", "B"],
        "kind": ["city", "city", "province"],
        "emissions_status": ["observed", "modelled", "province"],
        "emissions_split_status": ["modelled", "modelled", "observed"],
    }
)

#: provinces/priors.csv where every parameter was fitted but the exponent of distance.
FITTED = pd.DataFrame(
    [
        ("theta", 0, 1.0, "cities.theta"),
        ("border_effect", 5, 2.0, "provinces of the nation"),
        ("kappa", 5, 1.0, "provinces of the nation"),
        ("elasticity", 5, 0.9, "provinces of the nation"),
        ("output_sd", 5, 0.3, "provinces of the nation"),
    ],
    columns=["parameter", "n", "prior", "source"],
)
SPREADS = "of how outputs and intensities vary"


def said(changes, regions=REGIONS, *, given=False, mrio=False, priors=FITTED):
    config = load_config(changes)
    # a table that is given estimates nothing: its rule names no settings of an estimate
    names = ("groups", "scenarios", *(() if given else ("emissions", "provinces", "cities")))
    settings = {name: getattr(config, name).model_dump(mode="json") for name in names}
    if not given:
        settings["dataset"] = {"mrio": mrio}
    method = "" if given else config.method
    return heading(method, settings), " ".join(
        what_ran(method, settings, regions, priors if config.cities.needs_priors else None)
    )


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
            {"method": "calibrated", "cities": {"trade_prior": "power"}},
            False,
            [f"of demand, of that lean and {SPREADS} were fitted"],
            ["of trade"],
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
        "observed in 1 of 3 regions and that of the whole province in 1, their split by sector in 1"
        in text
        and "1 of 2 provinces are one region each" in text
    )


def test_what_was_fitted_is_what_the_table_of_priors_says_whatever_the_configuration():
    calibrated = {"method": "calibrated"}
    theta = FITTED.assign(n=5, source="provinces of the nation")
    text = said(calibrated, mrio=True, priors=theta)[1]
    assert "were given, and are used" in text and "were fitted on the provinces" in text
    assert "is set" not in text and "entropy from the" not in text
    # a table of another run, but the spreads, which it lacked
    elsewhere = FITTED.assign(source=["cities.priors: a run"] * 4 + ["provinces of the nation"])
    text = said(calibrated | {"cities": {"priors": "p.csv"}}, priors=elsewhere)[1]
    assert f"The parameters {SPREADS} were fitted on the provinces" in text
    assert "The parameters of trade, of demand and of that lean are those of another table." in text
    text = said(calibrated, priors=FITTED.assign(source="cities.priors"))[1]
    assert "none was fitted here" in text and "were fitted" not in text
    # nothing was fitted, and no step ran that fits
    for none in (FITTED.assign(n=0), None):
        text = said(calibrated, priors=none)[1]
        assert "No parameter was fitted." in text and "one level up" not in text


def test_every_parameter_of_a_table_of_priors_has_its_words():
    named = [name for names in PARAMETERS_OF.values() for name in names]
    assert sorted(named) == sorted({*KNOWN} - {"tilt"})  # what kappa was fitted on


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


def test_the_explorer_says_of_each_view_what_its_method_does():
    config = load_config({})
    names = ("groups", "scenarios", "emissions", "provinces", "cities")
    settings = {name: getattr(config, name).model_dump(mode="json") for name in names} | {
        "dataset": {"mrio": False}
    }
    known = {"method": "paper", "configured": settings, "priors": FITTED}
    material = Material({"regions": REGIONS}, None, {}, **known)
    own, other = _what_ran(material), _what_ran(material, "calibrated")
    assert (own["heading"], other["heading"]) == ("The paper's method", "The calibrated method")
    assert "No parameter was fitted" in " ".join(own["text"])
    assert "No parameter was fitted" not in " ".join(other["text"])
    assert _what_ran(Material({"regions": REGIONS}, None, {})) == {}
