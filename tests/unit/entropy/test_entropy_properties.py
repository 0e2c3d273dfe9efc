"""Random problems of every kind: feasible ones are solved and certified, infeasible ones refused by
name.
"""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citymrio.entropy import EntropyModel, InfeasibleError

pytestmark = pytest.mark.slow

many = settings(max_examples=40, deadline=None, derandomize=True)
seeds = st.integers(0, 2**32 - 1)


def random_model(seed, shift=0.0, solver_friendly=False):
    """A feasible model with a random choice of margins, general rows, caps, floors, soft rows and
    signed entries.

    Feasible because every hard target comes from one positive point; `shift` then breaks one row
    and its repetition.
    """
    g = np.random.default_rng(seed)
    shape = (int(g.integers(2, 6)), int(g.integers(2, 7)))
    spread = 0.5 if solver_friendly else g.choice([0.5, 2.0, 4.0])
    scale = 1.0 if solver_friendly else 10.0 ** g.integers(-6, 7)
    empty = g.random(shape) < g.choice([0.0, 0.3])
    prior = np.where(empty, 0.0, np.exp(g.normal(0, spread, shape))) * scale
    point = prior * np.exp(g.normal(0, spread, shape))
    model = EntropyModel(f"random {seed}")
    if g.random() < 0.3:
        sign = np.where(g.random(shape) < 0.2, -1.0, 1.0)
        x = model.signed_variable("x", prior * sign)
        point = point * sign
    else:
        sign = np.ones(shape)
        x = model.variable("x", prior, weight=g.choice([0.5, 1.0, 3.0]))
    full = np.flatnonzero(np.abs(point).sum(1))
    model.equal(
        "rows", x.sum_over(1).pick(full), point.sum(1)[full], labels=[f"row {i}" for i in full]
    )
    if g.random() < 0.7:
        model.equal("columns", x.sum_over(0), point.sum(0))
    if g.random() < 0.4:
        weights = g.random(shape)
        model.equal("observed", x.dot(weights), (weights * point).sum())
    if g.random() < 0.4:
        model.at_most(
            "cap", x.each(), (point + np.abs(point) * g.random(shape) * 0.5 + 1e-12 * scale).ravel()
        )
    if g.random() < 0.3 and np.all(sign > 0):
        other = model.variable("y", np.ones(shape[0]) * scale)
        model.equal("link", x.sum_over(1) - other.each(), 0.5 * point.sum(1))
    if g.random() < 0.4:
        model.equal(
            "soft",
            x.dot(np.abs(sign) * (sign > 0)),
            abs(point).sum() * g.uniform(0.3, 2.0),
            soft=float(g.choice([0.1, 10.0])),
        )
    if shift:
        row = int(g.choice(full))
        model.equal(
            "again",
            x.sum_over(1).pick([row]),
            point.sum(1)[row] * (1 + shift),
            labels=[f"row {row}"],
        )
    return model


@many
@given(seeds)
def test_random_feasible_problems_are_solved_to_tolerance(seed):
    solution = random_model(seed).solve(tol=1e-11)
    assert solution.certificate.passes(1e-11)


@many
@given(seeds, st.sampled_from([1e-6, 1e-2, 1.0]))
def test_random_contradictions_are_refused_and_named(seed, shift):
    with pytest.raises(InfeasibleError) as error:
        random_model(seed, shift).solve(tol=1e-11)
    names = {name for name, _, _ in error.value.conflict}
    assert "again" in names
    assert names & {"rows", "columns", "cap", "observed"}


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seeds)
def test_random_problems_agree_with_clarabel(seed):
    ours = random_model(seed, solver_friendly=True).solve()
    tight = {"tol_gap_abs": 1e-11, "tol_gap_rel": 1e-11, "tol_feas": 1e-11}
    theirs = random_model(seed, solver_friendly=True).solve(solver="CLARABEL", tol=1e-6, **tight)
    np.testing.assert_allclose(ours["x"], theirs["x"], rtol=1e-4, atol=1e-6)
    assert ours.certificate.objective == pytest.approx(
        theirs.certificate.objective, rel=1e-6, abs=1e-7
    )


@many
@given(seeds, st.integers(2, 7))
def test_trade_is_solved_or_refused_as_condition_h_says(seed, count):
    """Zero diagonal, margins O and I: a solution exists exactly if O_r + I_r <= sum O for every r."""
    g = np.random.default_rng(seed)
    out, into = np.exp(g.normal(0, 1.5, count)), np.exp(g.normal(0, 1.5, count))
    into *= out.sum() / into.sum()
    excess = float((out + into).max() - out.sum())
    model = EntropyModel("trade")
    t = model.variable("trade", 1.0 - np.eye(count))
    labels = [str(r) for r in range(count)]
    model.equal("out", t.sum_over(1), out, labels=labels)
    model.equal("in", t.sum_over(0), into, labels=labels)
    if excess > 1e-9 * out.sum():
        with pytest.raises(InfeasibleError) as error:
            model.solve()
        assert error.value.amount == pytest.approx(excess, rel=1e-6)
        assert {label for _, label, _ in error.value.conflict} == set(labels)
    else:
        solution = model.solve()["trade"]
        np.testing.assert_allclose(solution.sum(1), out, rtol=1e-11)
        np.testing.assert_allclose(solution.sum(0), into, rtol=1e-11)


@many
@given(seeds, st.sampled_from([1e-8, 1e-3, 1e6]))
def test_the_money_unit_does_not_matter(seed, unit):
    g = np.random.default_rng(seed)
    prior, point = np.exp(g.normal(0, 1, (4, 5))), np.exp(g.normal(0, 1, (4, 5)))
    solutions = []
    for factor in (1.0, unit):
        model = EntropyModel("unit")
        x = model.variable("x", prior * factor)
        model.equal("rows", x.sum_over(1), point.sum(1) * factor)
        model.equal("columns", x.sum_over(0), point.sum(0) * factor)
        model.at_most("cap", x.each(), (1.5 * point).ravel() * factor)
        solutions.append(model.solve()["x"] / factor)
    np.testing.assert_allclose(solutions[1], solutions[0], rtol=1e-9)
