"""EntropyDual as a cvxpy solver: agreement with Clarabel, dual signs, refusals, statistics,
numerics.
"""

import os
import subprocess
import sys
from pathlib import Path

import cvxpy as cp
import numpy as np
import pytest
import scipy.sparse as sp

from citymrio.entropy import EntropyDual, NotEntropyProblem
from citymrio.entropy.ascent import maximise
from citymrio.entropy.dual import Dual, Rows
from citymrio.entropy.groups import find_groups

TIGHT = {"tol_gap_abs": 1e-12, "tol_gap_rel": 1e-12, "tol_feas": 1e-12}


def mixed_problem():
    """Every kind of term and constraint of the class in one problem."""
    generator = np.random.default_rng(3)
    matrix, x0, q = generator.random((3, 8)), generator.random(8), generator.random(8) + 0.1
    x = cp.Variable(8, name="x")
    constraints = [
        matrix @ x == matrix @ x0,
        x[0] <= 0.5 * x0[0] + 0.2,
        x[1] + x[2] >= 1.2 * (x0[1] + x0[2]),
        x >= 0,
        cp.sum(x[4:6]) <= 0.8 * x0[4:6].sum(),
    ]
    objective = (
        cp.sum(cp.kl_div(x[:4], q[:4]))
        + 2 * cp.sum(cp.rel_entr(x[4:], q[4:]))
        - cp.sum(cp.entr(x[:2]))
    )
    objective += 0.3 * x[5] + 3 * cp.kl_div(matrix[0] @ x + 0.1, 2.0)
    return x, cp.Problem(cp.Minimize(objective), constraints), constraints


@pytest.fixture(scope="module")
def both():
    found = []
    for solver, options in ((EntropyDual(), {}), ("CLARABEL", TIGHT)):
        x, problem, constraints = mixed_problem()
        problem.solve(solver=solver, **options)
        found.append((x.value, problem.value, [c.dual_value for c in constraints]))
    return found


def test_primal_and_value_agree_with_clarabel(both):
    ours, theirs = both
    np.testing.assert_allclose(ours[0], theirs[0], atol=1e-8)
    assert ours[1] == pytest.approx(theirs[1], rel=1e-9)


def test_duals_agree_with_clarabel_in_sign_and_size(both):
    for ours, theirs in zip(both[0][2], both[1][2], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_statistics_come_back_through_cvxpy():
    _, problem, _ = mixed_problem()
    problem.solve(solver=EntropyDual())
    stats = problem.solver_stats
    assert problem.status == "optimal"
    assert stats.solver_name == "ENTROPY_DUAL"
    assert stats.num_iters >= 1 and stats.solve_time > 0
    assert stats.extra_stats["residual"] < 1e-12 and stats.extra_stats["relative_gap"] < 1e-12


def test_maximise_entropy_is_accepted():
    x = cp.Variable((2, 3))
    problem = cp.Problem(
        cp.Maximize(cp.sum(cp.entr(x))),
        [cp.sum(x, axis=0) == [1, 2, 3], cp.sum(x, axis=1) == [2, 4]],
    )
    problem.solve(solver=EntropyDual())
    np.testing.assert_allclose(x.value, np.outer([2, 4], [1, 2, 3]) / 6, rtol=1e-12)


def test_reference_of_zero_fixes_the_variable_at_zero():
    x = cp.Variable(3)
    problem = cp.Problem(cp.Minimize(cp.sum(cp.kl_div(x, [1, 2, 0]))), [cp.sum(x) == 5])
    problem.solve(solver=EntropyDual())
    np.testing.assert_allclose(x.value, [5 / 3, 10 / 3, 0], rtol=1e-13)


def test_parameters_can_change_between_solves():
    total, x = cp.Parameter(), cp.Variable(3)
    problem = cp.Problem(cp.Minimize(cp.sum(cp.kl_div(x, [1, 2, 3]))), [cp.sum(x) == total])
    for value in (1.0, 2.0):
        total.value = value
        problem.solve(solver=EntropyDual())
        np.testing.assert_allclose(x.value, np.array([1, 2, 3]) * value / 6, rtol=1e-13)


def test_infeasible_status():
    x = cp.Variable(3)
    problem = cp.Problem(
        cp.Minimize(cp.sum(cp.kl_div(x, [1, 2, 3]))), [x[0] + x[1] == 1, x[0] + x[1] >= 2]
    )
    problem.solve(solver=EntropyDual())
    assert problem.status == "infeasible"


X, Y = cp.Variable(3, name="flows"), cp.Variable(3, name="shares")
KL = cp.sum(cp.kl_div(X, np.ones(3)))


@pytest.mark.parametrize(
    "objective, constraints, message",
    [
        (KL + cp.sum_squares(X), [], "second-order cone .* variable 'flows'"),
        (KL + cp.norm(X), [], "second-order cone .* variable 'flows'"),
        (cp.sum(cp.exp(X)), [], "exponential or logarithm.* variable 'flows'"),
        (KL - cp.sum(cp.log(Y)), [], "exponential or logarithm.* variable 'shares'"),
        (cp.sum(cp.kl_div(X, Y)), [cp.sum(Y) == 1], "second argument is not constant"),
        (KL + Y[0], [Y >= 0], "no entropy term .* for variable 'shares'"),
        (KL + cp.norm1(X), [], "no entropy term .* next to variable 'flows'"),
        (
            cp.sum(X),
            [KL <= 1],
            "entropy term inside a constraint or another term over variable 'flows'",
        ),
        (KL, [cp.diag(X) >> 0], "semidefinite constraint over variable 'flows'"),
        (cp.sum(cp.kl_div(X, -np.ones(3))), [], "reference value .* is -1"),
    ],
)
def test_other_problem_classes_are_refused_by_the_name_of_the_term(objective, constraints, message):
    with pytest.raises(NotEntropyProblem, match=message):
        cp.Problem(cp.Minimize(objective), constraints).solve(solver=EntropyDual())


def test_unknown_option_is_refused():
    with pytest.raises(NotEntropyProblem, match="no option eps"):
        cp.Problem(cp.Minimize(KL), [cp.sum(X) == 1]).solve(solver=EntropyDual(), eps=1e-3)


def test_groups_are_runs_of_rows_without_a_common_variable():
    matrix = sp.csr_array(
        np.array([[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1], [0, 1, 0, 0]])
    )
    assert find_groups(matrix) == [(0, 2), (2, 4), (4, 5)]


def two_way(decades, seed, count=40, empty=0.6):
    """A matrix with margins spread over `decades` each way, its prior uniform."""
    generator = np.random.default_rng(seed)
    truth = np.exp(generator.normal(0, 2, (count, count))) * (
        generator.random((count, count)) > empty
    )
    truth *= 10 ** generator.uniform(
        -decades / 2, decades / 2, (count, 1)
    ) * 10 ** generator.uniform(-decades / 2, decades / 2, count)
    i, j = np.nonzero(truth)
    ones, columns = np.ones(len(i)), np.arange(len(i))
    blocks = [sp.csr_array((ones, (key, columns)), shape=(count, len(i))) for key in (i, j)]
    matrix = sp.csr_array(sp.vstack(blocks))
    matrix = matrix[np.flatnonzero(np.diff(matrix.indptr))]
    return Rows(matrix, matrix @ truth[i, j], np.ones(matrix.shape[0], dtype=bool))


@pytest.mark.parametrize("seed", range(5))
def test_margins_over_twelve_orders_of_magnitude_hold_each_to_itself(seed):
    rows = two_way(12, seed)
    result = maximise(np.ones(rows.matrix.shape[1]), np.ones(rows.matrix.shape[1]), rows, tol=1e-12)
    assert result.status == "optimal"
    np.testing.assert_allclose(rows.matrix @ result.x, rows.target, rtol=2e-12)


def test_solution_is_bitwise_repeatable():
    rows = two_way(6, 0)
    a, b = (
        maximise(np.ones(rows.matrix.shape[1]), np.ones(rows.matrix.shape[1]), rows)
        for _ in range(2)
    )
    assert a.x.tobytes() == b.x.tobytes()


def test_redundant_and_repeated_rows_do_no_harm():
    rows = two_way(3, 1)
    q = np.ones(rows.matrix.shape[1])
    total = sp.csr_array(rows.matrix.sum(axis=0)[None, :] / 2)
    many = Rows(
        sp.csr_array(sp.vstack((rows.matrix, rows.matrix[:7], total))),
        np.concatenate((rows.target, rows.target[:7], [rows.target.sum() / 2])),
        np.ones(len(rows.target) + 8, dtype=bool),
    )
    np.testing.assert_allclose(maximise(q, q, many).x, maximise(q, q, rows).x, rtol=1e-9)


THREADED = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from entropy_problems import PROBLEMS
for name in ("joint 11 cities", "caps, soft rows, signed entries"):
    model, _ = PROBLEMS[name]()
    solution = model.solve()
    print(hashlib.sha256(b"".join(value.tobytes() for value in solution.values.values())).hexdigest())
"""


@pytest.mark.slow
def test_the_number_of_threads_does_not_change_a_bit():
    root = Path(__file__).parents[3]
    found = []
    for threads in ("1", "4"):
        names = dict.fromkeys(
            ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads
        )
        environment = os.environ | names | {"PYTHONPATH": str(root / "scripts")}
        command = [sys.executable, "-c", THREADED, str(root / "tests/benchmarks")]
        found.append(
            subprocess.run(
                command, env=environment, capture_output=True, text=True, check=True
            ).stdout
        )
    assert len(found[0].split()) == 2
    assert found[0] == found[1]


@pytest.mark.parametrize("weight", [1.0, 2.0])
@pytest.mark.parametrize("scale", [1.0, 1e-14, 1e-40, 1e30])
def test_a_sweep_keeps_x_at_its_y_however_long_the_steps(scale, weight):
    """Two-way margins far below (or above) the prior: the primal that sweeps carry along is the one
    of their dual.
    """
    generator = np.random.default_rng(2)
    cells = generator.lognormal(0, 1, (4, 5)) * scale * np.exp(generator.normal(0, 8, (4, 1)))
    rows = sp.csr_array(
        np.vstack([np.kron(np.eye(4), np.ones(5)), np.kron(np.ones(4), np.eye(5))]) * weight
    )
    target = np.concatenate([cells.sum(axis=1), cells.sum(axis=0)]) * weight
    w = np.full(20, weight)
    dual = Dual(np.ones(20), w, Rows(rows, target, np.ones(9, dtype=bool)))
    y, x = np.zeros(9), np.ones(20)
    for _ in range(5):
        dual.sweep(y, x)
    np.testing.assert_allclose(x, dual.primal(dual.log(y)), rtol=1e-11)
