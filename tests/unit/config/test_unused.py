"""Keys that have no effect are said, and only those: a key that is said to have none moves no
number of the estimate.
"""

import pytest
from small_countries import tiny

from citymrio.chain.estimate import estimate
from citymrio.config.models import load_config
from citymrio.config.unused import CONDITIONS, unused_keys
from citymrio.dataset.check import check_run
from citymrio.dataset.sources.template import write_template

#: Key -> another value, and choices under which it has no effect.
OTHERS = {
    "provinces.va_cap": (0.9, {"provinces": {"calibrate": "none", "err_tol": 1.0}}),
    "provinces.trade_cap": (0.8, {"provinces": {"calibrate": "none", "err_tol": 1.0}}),
    "provinces.stock_cap": (0.3, {"provinces": {"calibrate": "none", "err_tol": 1.0}}),
    "cities.demand_weight": (0.3, {}),
    "cities.theta": (2.0, {}),
    "cities.border_change": (-0.3, {}),
    "cities.border_barrier": (0.4, {}),
}
#: Choices under which some of them have an effect on the tiny country.
USED = {
    "cities.demand_weight": {"cities": {"demand": "blend"}},
    "cities.theta": {"cities": {"split": "joint", "trade_prior": "power"}},
}


def with_key(key, value, choices):
    section, name = key.split(".")
    return load_config({**choices, section: {**choices.get(section, {}), name: value}})


def moved(key, choices):
    """Whether another value of the key moves the footprints of the tiny country."""
    config = load_config(choices)
    other = with_key(key, OTHERS[key][0], choices)
    return not estimate(tiny(), config).footprints.identical(estimate(tiny(), other).footprints)


@pytest.mark.slow
@pytest.mark.parametrize("key", OTHERS)
def test_a_key_that_is_said_to_have_no_effect_has_none(key):
    value, choices = OTHERS[key]
    said = unused_keys(with_key(key, value, choices))
    assert [notice.what for notice in said] == [f"'{key}' has no effect"]
    assert not moved(key, choices)


@pytest.mark.slow
@pytest.mark.parametrize("key", USED)
def test_a_key_that_has_an_effect_is_not_said(key):
    assert unused_keys(with_key(key, OTHERS[key][0], USED[key])) == []
    assert moved(key, USED[key])


def test_keys_that_were_not_given_are_not_said():
    assert unused_keys(load_config({})) == []
    assert unused_keys(load_config({"method": "calibrated"})) == []


def test_a_variant_that_uses_a_key_of_the_main_estimate_counts_and_its_own_are_looked_at():
    power = {"cities": {"trade_prior": "power"}}
    assert unused_keys(load_config({"cities": {"theta": 2.0}, "variants": {"far": power}})) == []
    (said,) = unused_keys(load_config({"variants": {"far": {"cities": {"theta": 2.0}}}}))
    assert said.where == "configuration, variant far" and "cities.theta" in said.what


def test_a_key_that_every_variant_that_would_use_it_overrides_is_said():
    far = {"cities": {"trade_prior": "power", "theta": 1.0}}
    given = {"cities": {"theta": 2.0}, "variants": {"far": far}}
    (said,) = unused_keys(load_config(given))
    assert said.where == "configuration" and "'cities.theta' has no effect" in said.what
    near = {"cities": {"trade_prior": "power"}}
    assert unused_keys(load_config({**given, "variants": {"far": far, "near": near}})) == []
    assert [n.what for n in unused_keys(load_config({**given, "variants": {"far": {}}}))] == [
        "'cities.theta' has no effect"
    ]


def test_the_ensemble_and_the_dataset():
    assert [n.what for n in unused_keys(load_config({"uncertainty": {"seed": 1}}))] == [
        "'uncertainty.seed' has no effect"
    ]
    assert (
        unused_keys(
            load_config(
                {"uncertainty": {"seed": 1, "members": 2}, "cities": {"border_change": -0.5}}
            )
        )
        == []
    )
    (said,) = unused_keys(load_config({"dataset": {"raw_dir": "folder"}}))
    assert (
        said.value == "folder"
        and said.expectation == "dataset.kind: china or tables or user or mrio"
    )


def test_the_check_says_it(tmp_path):
    write_template(tmp_path / "toy")
    path = tmp_path / "toy/config.yaml"
    path.write_text(
        path.read_text(encoding="utf-8") + "cities: {border_change: 0.2}\n", encoding="utf-8"
    )
    checked = check_run(path)
    assert checked.faults == []
    assert [notice.what for notice in checked.warnings] == ["'cities.border_change' has no effect"]


def test_every_condition_is_of_a_key():
    config = load_config({})
    for key in CONDITIONS:
        section, name = key.split(".")
        assert name in type(getattr(config, section)).model_fields, key
