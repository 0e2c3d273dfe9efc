"""Members left out, what the others weigh for them, and the convergence of intervals: on ensembles
whose answer is known.
"""

import numpy as np
import pandas as pd
import pytest

from citymrio.assessment.ensemble.convergence import (
    convergence,
    effective_members,
    member_counts,
    quantile,
    quantile_error,
)
from citymrio.assessment.ensemble.summary import draw_shifts, weights


def test_quantiles_of_equal_members_are_numpys_and_a_member_that_weighs_double_counts_as_two():
    values = np.random.default_rng(0).standard_normal((40, 3))
    ends = (0.05, 0.5, 0.95)
    np.testing.assert_allclose(
        quantile(values, ends, np.full(40, 0.3)), np.quantile(values, ends, axis=0), rtol=1e-12
    )
    assert quantile(np.array([1.0, 2.0, 9.0]), [0.5], np.array([1.0, 1.0, 4.0]))[0] > 2.0
    weight = np.random.default_rng(1).uniform(0.5, 2.0, 4000)
    drawn = np.random.default_rng(2).standard_normal(4000) - np.log(weight)
    again = np.repeat(drawn, (weight * 100).astype(int))
    np.testing.assert_allclose(quantile(drawn, ends, weight), np.quantile(again, ends), atol=0.02)
    assert quantile(np.array([3.0]), ends, np.ones(1)).tolist() == [3.0] * 3
    assert effective_members(np.full(7, 2.0)) == pytest.approx(7) and effective_members(
        np.array([1.0, 1e-9])
    ) == pytest.approx(1)


def test_the_error_of_a_quantile_is_that_of_repeated_ensembles():
    rng = np.random.default_rng(1)
    for probability in (0.05, 0.5, 0.95):
        ensembles = rng.standard_normal((200, 1500))  # members of 1500 ensembles
        spread = np.quantile(ensembles, probability, axis=0).std()
        assert np.sqrt(
            (quantile_error(ensembles, probability, np.ones(200)) ** 2).mean()
        ) == pytest.approx(spread, rel=0.12)
    assert quantile_error(np.full(50, 3.0), 0.05, np.ones(50)) == 0


def test_ends_settle_and_their_errors_fall_as_members_are_added():
    rng = np.random.default_rng(2)
    values = pd.DataFrame(rng.normal(10, 2, (400, 2)), columns=["a", "b"])
    table = convergence(values, 0.9, np.ones(400)).set_index(["quantity", "members"])
    assert table.loc["a"].index.tolist() == [25, 50, 100, 200, 400]
    assert (table.loc["a"]["low_se"].iloc[0] / table.loc["a"]["low_se"].iloc[-1]) == pytest.approx(
        4, rel=0.5
    )
    last = table.loc["b", 400]
    assert (
        abs(last["low"] - (10 - 2 * 1.645)) < 3 * last["low_se"]
        and abs(last["high"] - (10 + 2 * 1.645)) < 3 * last["high_se"]
    )
    assert (member_counts(20), member_counts(25), member_counts(26), member_counts(200)) == (
        [20],
        [25],
        [25, 26],
        [25, 50, 100, 200],
    )


def drawn(members=2000, seed=3):
    """Draws a, b, c; results that follow a and c; members whose draw of a is above 1 have no
    estimate.
    """
    rng = np.random.default_rng(seed)
    draws = pd.DataFrame(rng.standard_normal((members, 3)), columns=["a", "b", "c"])
    noise = rng.standard_normal((members, 2))
    results = pd.DataFrame(
        {"y": 50 + 3 * draws["a"] + draws["c"] + noise[:, 0], "z": 5 + noise[:, 1]}
    )
    return draws, results, (draws["a"] < 1).to_numpy()


def gradual(members, seed):
    """The same with members that are left out the likelier, the larger their draw of a: one in five
    in all.
    """
    draws, results, _ = drawn(members, seed)
    chance = np.random.default_rng(seed + 1000).random(members)
    return draws, results, chance < 1 / (1 + np.exp(draws["a"].to_numpy() * 1.5 - 1.9))


def test_weights_bring_back_what_members_left_out_would_have_shown():
    plain, weighed, other = [], [], []
    for seed in range(20):
        draws, results, estimated = gradual(400, seed)
        weight = weights(draws, estimated)
        assert (weight[~estimated] == 0).all() and (weight[estimated] > 0).all()
        assert weight[estimated].mean() == pytest.approx(1)
        plain.append(results["y"][estimated].mean() - 50)
        weighed.append(np.average(results["y"], weights=weight) - 50)
        other.append(np.average(results["z"], weights=weight) - 5)
    assert np.mean(plain) < -0.5 and abs(np.mean(weighed)) < 0.25 * abs(np.mean(plain))
    assert abs(np.mean(other)) < 0.05


def test_weights_move_part_of_the_way_where_no_member_stands_for_those_left_out():
    draws, results, estimated = drawn(
        400
    )  # cut off: no member with an estimate is like those without
    bias = results["y"][estimated].mean() - 50
    left = np.average(results["y"], weights=weights(draws, estimated)) - 50
    assert bias < left < 0.6 * bias


def test_nobody_left_out_weighs_all_alike_and_many_draws_do_not_tell_few_members_apart():
    draws, _, estimated = drawn(50)
    assert (weights(draws, np.ones(50, bool)) == 1).all()
    wide = pd.DataFrame(
        np.random.default_rng(5).standard_normal((50, 80))
    )  # more draws than members
    weight = weights(wide, estimated)
    assert weight[estimated].min() > 0.3 and weight.max() < 3


def test_the_draw_that_decides_is_named_first():
    draws, _, estimated = drawn(200)
    table = draw_shifts(draws, estimated)
    assert table["draw"].iloc[0] == "a" and table["difference"].iloc[0] > 1.5
    others = table.iloc[1:]
    assert (others["difference"].abs() < 3.5 * others["se"]).all()
    assert table["chance"].iloc[0] == pytest.approx(1.26, abs=0.02)  # P(|z| < 1.26)^3 = .5
    assert draw_shifts(draws, np.ones(200, bool)).empty
