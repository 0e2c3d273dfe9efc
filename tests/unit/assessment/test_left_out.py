"""Members left out and their bias, and the convergence of intervals: on constructed ensembles whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from citymrio.assessment.ensemble.convergence import convergence, quantile_error, steps
from citymrio.assessment.ensemble.left_out import bias, draw_shifts


def test_the_error_of_a_quantile_is_that_of_repeated_ensembles():
    rng = np.random.default_rng(1)
    for probability in (0.05, 0.5, 0.95):
        ensembles = rng.standard_normal((200, 1500))  # members of 1500 ensembles
        spread = np.quantile(ensembles, probability, axis=0).std()
        assert np.sqrt((quantile_error(ensembles, probability) ** 2).mean()) == pytest.approx(spread, rel=0.12)
    assert quantile_error(np.full(50, 3.0), 0.05) == 0


def test_ends_settle_and_their_errors_fall_as_members_are_added():
    rng = np.random.default_rng(2)
    values = pd.DataFrame(rng.normal(10, 2, (400, 2)), columns=["a", "b"])
    table = convergence(values, 0.9).set_index(["quantity", "members"])
    assert table.loc["a"].index.tolist() == [25, 50, 100, 200, 400]
    assert (table.loc["a"]["low_se"].iloc[0] / table.loc["a"]["low_se"].iloc[-1]) == pytest.approx(4, rel=0.5)
    last = table.loc["b", 400]
    assert abs(last["low"] - (10 - 2 * 1.645)) < 3 * last["low_se"] and abs(last["high"] - (10 + 2 * 1.645)) < 3 * last["high_se"]
    assert (steps(20), steps(25), steps(26), steps(200)) == ([20], [25], [25, 26], [25, 50, 100, 200])


def drawn(members=2000, seed=3):
    """Draws a, b, c; results that follow a and c; members whose draw of a is above 1 have no estimate."""
    rng = np.random.default_rng(seed)
    draws = pd.DataFrame(rng.standard_normal((members, 3)), columns=["a", "b", "c"])
    noise = rng.standard_normal((members, 2))
    results = pd.DataFrame({"y": 50 + 3 * draws["a"] + draws["c"] + noise[:, 0], "z": 5 + noise[:, 1]})
    return draws, results, (draws["a"] < 1).to_numpy()


def test_the_bias_of_truncated_draws_is_recovered():
    draws, results, estimated = drawn()
    table = bias(results[estimated], draws, estimated, pd.Series({"y": "Mt", "z": "t"})).set_index("quantity")
    # E[a | a < 1] = -phi(1) / Phi(1) = -.2876
    assert table.at["y", "bias"] == pytest.approx(3 * -0.2876, abs=0.15)
    assert table.at["y", "adjusted"] == pytest.approx(results["y"].mean(), abs=4 * table.at["y", "se"])
    assert abs(table.at["z", "bias"]) < 4 * table.at["z", "se"]
    assert table.at["y", "mean"] - table.at["y", "bias"] == pytest.approx(table.at["y", "adjusted"])
    assert table.at["y", "r2"] > 0.7 and table.at["z", "r2"] < 0.05
    assert table["unit"].tolist() == ["Mt", "t"]


def test_the_error_of_the_bias_is_right():
    found = []
    for seed in range(60):
        draws, results, estimated = drawn(200, seed)
        row = bias(results[estimated], draws, estimated, pd.Series(dtype=str)).iloc[0]
        found.append((row["adjusted"] - results["y"].mean()) / row["se"])
    assert 0.75 < np.std(found) < 1.25 and abs(np.mean(found)) < 0.4


def test_the_draw_that_decides_is_named_first():
    draws, _, estimated = drawn(200)
    table = draw_shifts(draws, estimated)
    assert table["draw"].iloc[0] == "a" and table["difference"].iloc[0] > 1.5
    others = table.iloc[1:]
    assert (others["difference"].abs() < 3.5 * others["se"]).all()
    assert table["chance"].iloc[0] == pytest.approx(1.26, abs=0.02)  # P(|z| < 1.26)^3 = .5


def test_nobody_left_out_brings_no_bias_and_few_members_tell_none():
    draws, results, estimated = drawn(50)
    everyone = np.ones(50, bool)
    table = bias(results, draws, everyone, pd.Series(dtype=str))
    assert (table["bias"] == 0).all() and (table["adjusted"] == table["mean"]).all()
    assert draw_shifts(draws, everyone).empty
    few = bias(results[estimated].iloc[:5], draws.iloc[:8], np.arange(8) < 5, pd.Series(dtype=str))
    assert few["bias"].isna().all() and few["mean"].notna().all()
