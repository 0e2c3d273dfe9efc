"""Factors and multipliers find what the general solver finds, and leave to it what has no answer."""

import numpy as np
import pytest
import scipy.sparse as sp

from citymrio.base.errors import InfeasibleError
from citymrio.base.projections import RESIZED, resize_rows
from citymrio.base.solvers import DIRECT
from citymrio.entropy import EntropyModel
from citymrio.entropy.scaling import (
    Data,
    proves_infeasible,
    solve_biproportional,
    solve_fixed_point,
    solve_with_data,
)

RNG = np.random.default_rng(4)


@pytest.mark.parametrize(("rows", "columns"), [(5, 9), (9, 5)])
def test_balanced_matrices_are_those_of_the_general_solver(rows, columns):
    prior = np.exp(2 * RNG.normal(size=(3, rows, columns)))
    prior[0, 0] = prior[1, :, 1] = prior[2, 1:3, 2] = 0.0
    flows = prior * np.exp(RNG.normal(size=(3, rows, columns)))
    flows[2, 3] = 0.0  # a row without flows whose prior is not 0
    sums = flows.sum(axis=2), flows.sum(axis=1)
    model = EntropyModel("matrices")
    cells = model.variable("cells", prior)
    model.equal("rows", cells.sum_over(2), sums[0].ravel())
    model.equal("columns", cells.sum_over(1), sums[1].ravel())
    found, certificate = solve_biproportional(prior, *sums, 1e-12)
    assert found == pytest.approx(model.solve(DIRECT)["cells"], rel=1e-11, abs=0)
    assert certificate.passes(1e-12)


def test_rows_meet_their_sums_by_columns_that_grow_with_them():
    values, loading = np.array([[1.0, 2.0, 3.0], [0.0, 2.0, 1.0]]), np.array([1.0, 0.5, 0.0])
    found = resize_rows(values, loading, np.array([9.0, 2.5]))
    assert found.sum(axis=1) == pytest.approx([9.0, 2.5], rel=1e-12)
    change = found[0] / values[0]
    assert change[2] == 1.0 and change[1] == pytest.approx(change[0] ** 0.5)
    assert found[1, 0] == 0.0 and found[1, 2] == values[1, 2]
    # no change of the others leaves as little as the last column alone has; without it all change
    least = resize_rows(values, loading, np.array([2.0, 2.5]))
    assert least[0].sum() > 3.0 and least[0, 0] == pytest.approx(values[0, 0] / RESIZED)
    alone = resize_rows(values[:1, 2:], loading[2:], np.array([2.0]))
    assert alone == pytest.approx(np.array([[2.0]]))


def test_sums_that_no_matrix_has_are_left_to_the_general_solver():
    prior = np.eye(3)[None]
    assert (
        solve_biproportional(prior, np.array([[1.0, 2, 3]]), np.array([[1.0, 3, 2]]), 1e-12) is None
    )
    assert (
        solve_biproportional(np.ones((1, 2, 2)), np.ones((1, 2)), np.array([[1.0, 1.1]]), 1e-12)
        is None
    )


def accounts(soft):
    """Output, value added and exports of cities, data on two of them; caps that bind."""
    cities, sectors = 6, 8
    prior = np.exp(0.5 * np.random.default_rng(0).normal(size=(3, cities, sectors))) * [
        [[1.0]],
        [[0.6]],
        [[0.5]],
    ]
    prior[2, 1] = prior[:, :, 3] = 0.0
    totals = prior.sum(axis=1)
    room = np.stack([np.ones(sectors), np.full(sectors, 0.9), np.full(sectors, 0.8)])
    told = [(1, 0, slice(0, 4)), (1, 0, slice(4, 8)), (1, 2, slice(0, 8)), (0, 3, slice(0, 5))]
    matrix = np.zeros((len(told), sectors))
    for row, (_, _, some) in zip(matrix, told, strict=True):
        row[some] = 1.0
    account, city = np.array([place[:2] for place in told]).T
    value = (matrix * prior[account, city]).sum(axis=1) * [1.7, 0.8, 1.4, 0.7]
    data = Data(account, city, matrix, value, np.asarray(soft, float))
    return prior, totals, room, data


@pytest.mark.parametrize("soft", [(1.0, 9.0, 30.0, 2.0), (np.inf, 9.0, np.inf, 2.0)])
def test_accounts_with_data_are_those_of_the_general_solver(soft):
    prior, totals, room, data = accounts(soft)
    model, (_, cities, sectors) = EntropyModel("accounts"), prior.shape
    parts = [model.variable(f"{k}", part) for k, part in enumerate(prior)]
    for k, part in enumerate(parts):
        model.equal(f"totals {k}", part.sum_over(0), totals[k])
    for k in (1, 2):
        most = parts[0].each() * np.tile(room[k], cities)
        model.at_most(f"room {k}", parts[k].each() - most, 0.0)
    for d, (k, city) in enumerate(zip(data.account, data.row, strict=True)):
        place = city * sectors + np.flatnonzero(data.matrix[d])
        row = sp.csr_array(
            (np.ones(len(place)), (np.zeros(len(place), int), place)), (1, prior[k].size)
        )
        weight = None if np.isinf(data.soft[d]) else data.soft[d]
        model.equal(f"datum {d}", parts[k].rows(row), data.value[d], soft=weight)
    found, certificate = solve_with_data(prior, totals, room, data, np.ones(sectors), 1e-12)
    solution = model.solve(DIRECT)
    full = found[1:] >= found[0] * room[1:, None] * (1 - 1e-9)
    assert full.any() and not full.all()
    for k in range(3):
        assert found[k] == pytest.approx(solution[f"{k}"], rel=1e-9, abs=1e-13)
    assert certificate.passes(1e-12)


def test_data_beyond_their_total_and_cells_without_room_are_left_to_the_general_solver():
    prior, totals, room, data = accounts((np.inf,) * 4)
    value, weight = data.value.copy(), np.ones(prior.shape[2])
    data.value[2] = 10 * totals[1].sum()
    assert solve_with_data(prior, totals, room, data, weight, 1e-12) is None
    data.value[:], room[2, 0] = value, 0.0  # cells without room
    assert solve_with_data(prior, totals, room, data, weight, 1e-12) is None


def test_rounds_settle_at_their_fixed_point_or_say_so():
    matrix = RNG.normal(size=(40, 40))
    matrix *= 0.95 / np.abs(np.linalg.eigvals(matrix)).max()
    right = RNG.normal(size=40)
    found = solve_fixed_point(lambda place: matrix @ place + right, np.zeros(40))
    assert found == pytest.approx(np.linalg.solve(np.eye(40) - matrix, right), rel=1e-10)
    assert solve_fixed_point(lambda place: place + 1.0, np.zeros(3)) is None
    assert solve_fixed_point(lambda place: np.log(place), np.zeros(3)) is None


def test_rounds_that_drift_end_at_a_proof():
    shown = []

    def refuse(way):
        shown.append(way)
        if len(shown) > 2:
            raise InfeasibleError("proven")

    with pytest.raises(InfeasibleError, match="proven"):
        solve_fixed_point(lambda place: place + 1.0, np.zeros(3), refuse)
    assert all(way == pytest.approx(way[0]) and way[0] > 0 for way in shown)
    near = solve_fixed_point(lambda place: 0.5 * place + 1e-3, np.zeros(3), refuse)
    assert near == pytest.approx(2e-3, rel=1e-10) and len(shown) == 3


def test_a_slow_drift_is_seen_through_what_fades_slower():
    fading, drift = np.array([1.0, 0.9, 0.97]), np.array([0.1, 0.0, 0.0])
    ways = []
    solve_fixed_point(
        lambda place: fading * place + (1 - fading) * 50 + drift, np.zeros(3), ways.append
    )
    assert ways[2] / np.abs(ways[2]).max() == pytest.approx([1.0, 0.0, 0.0], abs=1e-3)


def test_a_proof_is_more_than_round_off():
    targets, ray = np.array([3.0, 4.0]), np.array([1.0, -0.5])
    assert proves_infeasible(targets * ray, -np.array([0.9]))
    assert not proves_infeasible(targets * ray, -np.array([1.0]))
    assert not proves_infeasible(targets * ray, -np.array([1.0 - 1e-7]))
    assert not proves_infeasible(targets * ray, -np.array([np.inf])) and not proves_infeasible(
        np.array([np.nan])
    )
