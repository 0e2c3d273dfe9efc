"""Without a diagnosis the ascent ends at the first proof that nothing is feasible, and at nothing
else.
"""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog

from citymrio.entropy import kernel
from citymrio.entropy.dual import INFEASIBLE, OPTIMAL, Dual, Rows


def table(seed, caps=False):
    """Margins of a table with structural zeros, and of blocks of it, that a point meets; its zeros
    may have a positive prior.
    """
    rng = np.random.default_rng(seed)
    shape = 5, 6
    prior = rng.lognormal(0, 2, shape) * (rng.random(shape) < 0.8)
    point = prior * rng.lognormal(0, 1, shape) * (rng.random(shape) < 0.85)
    place = np.arange(point.size).reshape(shape)
    groups = [*place, *place.T, *(place[:2, k : k + 2].ravel() for k in (0, 2, 4))]
    matrix = np.zeros((len(groups), point.size))
    for row, cells in zip(matrix, groups, strict=True):
        row[cells] = 1.0
    if caps:
        matrix = np.vstack([matrix, np.eye(point.size)[:8]])
    target = matrix @ point.ravel()
    equality = np.arange(len(matrix)) < len(groups)
    target[~equality] *= 1.2
    keep = (matrix * (prior.ravel() > 0)).any(axis=1) & (target > 0)
    return prior.ravel(), sp.csr_array(matrix[keep]), target[keep], equality[keep]


def solved(prior, matrix, target, equality, diagnose):
    return kernel.solve(prior, np.ones(len(prior)), matrix, target, equality, diagnose=diagnose)


def feasible(prior, matrix, target, equality):
    cells, a = prior > 0, matrix.toarray()
    rows = {"A_eq": a[equality][:, cells], "b_eq": target[equality]}
    if not equality.all():
        rows |= {"A_ub": a[~equality][:, cells], "b_ub": target[~equality]}
    return linprog(np.zeros(int(cells.sum())), bounds=(0, None), method="highs", **rows).status == 0


@pytest.mark.parametrize("caps", [False, True])
@pytest.mark.parametrize("gap", [0.0, 1e-14])
def test_what_has_a_solution_is_solved_to_the_same_bytes(caps, gap):
    met = 0
    for seed in range(30):
        prior, matrix, target, equality = table(seed, caps)
        target = target * (1 + gap * np.random.default_rng(seed).standard_normal(len(target)))
        one, other = (
            solved(prior, matrix, target, equality, diagnose) for diagnose in (True, False)
        )
        if one.status == OPTIMAL:
            met += 1
            np.testing.assert_array_equal(one.x, other.x)
            assert other.status == OPTIMAL and other.newton == one.newton
    assert met > 20


@pytest.mark.parametrize("caps", [False, True])
@pytest.mark.parametrize("gap", [pytest.param(0.3, marks=pytest.mark.slow), 1e-2])
def test_a_contradiction_is_proven_and_only_where_there_is_one(caps, gap):
    contradictions, steps, before = 0, [], []
    for seed in range(30):
        prior, matrix, target, equality = table(seed, caps)
        target = target * np.random.default_rng(seed).lognormal(0, gap, len(target))
        result = solved(prior, matrix, target, equality, False)
        if feasible(prior, matrix, target, equality):
            assert result.status == OPTIMAL
            continue
        contradictions += 1
        assert result.status != OPTIMAL
        if result.status == INFEASIBLE and result.conflict is None:
            steps.append(result.newton)
            before.append(solved(prior, matrix, target, equality, True).newton)
    proven = 0.3 if caps else 0.8  # with caps the barrier takes over before most proofs
    assert contradictions > 15 and len(steps) > proven * contradictions
    assert np.median(steps) < 0.3 * np.median(before)


def test_no_feasible_point_exceeds_the_bounds_of_its_variables():
    for seed in range(8):
        prior, matrix, target, _ = table(seed)
        signed = sp.csr_array(
            sp.vstack([matrix, sp.csr_array(np.where(np.arange(len(prior)) < 2, -1.0, 0.0)[None])])
        )
        rows = Rows(signed, np.append(target, -0.1), np.ones(len(target) + 1, bool))
        dual = Dual(np.where(prior > 0, prior, 1.0), np.ones(len(prior)), rows)
        for k in range(len(prior)):
            cost = -np.eye(len(prior))[k]
            found = linprog(
                cost, A_eq=matrix.toarray(), b_eq=target, bounds=(0, None), method="highs"
            )
            if found.status == 0:
                assert found.x[k] <= dual.most[k] * (1 + 1e-9)


@pytest.mark.parametrize("gap", [1e-3, 1e-2])
def test_totals_that_disagree_a_little_are_proven_within_few_steps(gap):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        prior = rng.lognormal(0, 2, (4, 8, 10))  # cities, products, columns
        place, point = np.arange(prior.size).reshape(prior.shape), prior * rng.lognormal(0, 1)
        groups = [
            place.reshape(4, -1).T,
            place.reshape(-1, 10),
            place.swapaxes(1, 2).reshape(-1, 8),
        ]
        groups = [row for group in groups for row in group]
        columns, sizes = np.concatenate(groups), [len(row) for row in groups]
        starts = np.concatenate([[0], np.cumsum(sizes)])
        matrix = sp.csr_array((np.ones(len(columns)), columns, starts))
        target = matrix @ point.ravel()
        target[0] *= 1 + gap  # a cell of all cities together
        result = solved(prior.ravel(), matrix, target, np.ones(len(target), bool), False)
        assert result.status == INFEASIBLE and result.newton <= 5


def test_a_step_upwards_on_a_cap_proves_nothing():
    matrix = sp.csr_array(np.array([[1.0], [1.0]]))
    rows = Rows(matrix, np.array([0.5, 1.0]), np.array([True, False]))
    dual = Dual(np.ones(1), np.ones(1), rows)
    step = np.array([0.0, 1.0])  # t'd = 1 exceeds (M'd)'x = 0.5, but x <= 1 says nothing upwards
    assert not dual.contradicts(step, dual.log(step))
    rows.equality[:] = True
    assert dual.contradicts(step, dual.log(step))
