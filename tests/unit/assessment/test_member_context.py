"""Members of one part share a context: each is what a fresh one gives, and nothing of it is kept
but its results.
"""

import gc
import logging
import weakref

import numpy as np
import pandas as pd
import pytest
from small_countries import tiny

from citymrio.assessment.ensemble import member
from citymrio.assessment.ensemble.member import Context, member_config, run_members
from citymrio.base.errors import collect_notices
from citymrio.base.solvers import DIRECT
from citymrio.chain.estimate import estimate
from citymrio.config.models import load_config


@pytest.fixture(scope="module")
def made():
    config = load_config({"uncertainty": {"method": "calibrated"}})
    with collect_notices():
        return config, estimate(tiny(), member_config(config, {}))


def context_of(made):
    config, result = made
    return Context.of(
        tiny(), config, result.mrio, result.system, result.footprints, result.inventory
    )


def run(context, members):
    with collect_notices():
        return run_members(context, members)


@pytest.mark.slow
def test_members_of_a_context_that_was_used_are_those_of_a_fresh_one(made):
    used = context_of(made)
    regions, numbers, accounts = run(used, [2, 0])
    for number in (0, 2):
        alone = run(context_of(made), [number])
        for one, other in ((alone[0], regions), (alone[2], accounts)):
            assert one.identical(other.sel(member=[number]))
        among = numbers[numbers["member"].eq(number)].reset_index(drop=True)
        pd.testing.assert_frame_equal(alone[1], among, check_exact=True, check_dtype=False)


def test_a_member_follows_the_largest_suppliers_of_the_footprints_it_is_given(made):
    config, result = made
    codes = tiny().tables["regions"]["region"].tolist()
    other = result.footprints.assign(flows=result.footprints["flows"] ** -1.0)
    chain = result.mrio, result.system, result.footprints, result.inventory
    own, given = (
        Context.of(tiny(), config, *chain, **more).suppliers for more in ({}, {"suppliers": other})
    )
    assert len(codes) == len(own) == len(given) and (own[:, 0] != given[:, 0]).all()


@pytest.mark.slow
def test_nothing_of_a_member_outlives_it_but_its_results(made, monkeypatch, caplog):
    caplog.set_level(
        logging.CRITICAL
    )  # the records that pytest keeps hold errors, and these the frames they were raised in
    known, estimate_of = [], member._estimate

    def watched(context, drawn):
        gc.collect()
        assert not any(reference() for reference in known), (
            "an estimate is held while the next one is made"
        )
        result = estimate_of(context, drawn)
        known.extend(
            map(weakref.ref, (result.nested, result.accounts[tiny().codes[0]], result.footprints))
        )
        return result

    monkeypatch.setattr(member, "_estimate", watched)
    run(context_of(made), [0, 1])
    assert len(known) == 6


def nothing(*_):
    return None


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, pytest.param(11, marks=pytest.mark.night)])
def test_members_by_factors_are_those_of_the_general_solver(made, monkeypatch, count):
    context = context_of(made)
    found = run(context, range(count))
    for name in (
        "citymrio.trade.flows.solve_biproportional",
        "citymrio.cities.split.solve_biproportional",
    ):
        monkeypatch.setattr(name, nothing)
    for name in ("citymrio.cities.totals", "citymrio.emissions.calibration"):
        monkeypatch.setattr(f"{name}.solve_with_data", nothing)
    monkeypatch.setattr("citymrio.cities.tables.solve_fixed_point", nothing)
    general = run(context, range(count))
    assert found[1]["quantity"].equals(general[1]["quantity"])
    numbers = (table[1]["value"].to_numpy(float) for table in (found, general))
    np.testing.assert_allclose(*numbers, rtol=1e-10, atol=1e-11)
    for name, values in general[0].items():  # balances are differences of footprints
        size = np.abs(general[0]["cba_mt"].values).max() if values.attrs["units"] == "Mt CO2" else 0
        np.testing.assert_allclose(
            found[0][name], values, rtol=1e-10, atol=1e-11 * size, err_msg=name
        )


def test_members_solve_without_compilation(made):
    assert member_config(made[0], {"theta": 1.2}).solver.name == DIRECT
