"""Parts of the ascent: groups and their products, components and their inverse, conjugate
residuals.
"""

import numpy as np
import pytest
import scipy.sparse as sp

from citymrio.entropy.ascent import maximise
from citymrio.entropy.dual import Dual, Rows
from citymrio.entropy.groups import Group, find_groups, rows_between
from citymrio.entropy.newton import conjugate_residuals
from citymrio.entropy.precondition import Blocks, Components, Jacobi


def random_rows(generator, m, n, share, signed=False):
    dense = (generator.random((m, n)) < share) * (
        generator.lognormal(0, 1, (m, n)) if signed else 1.0
    )
    dense *= generator.choice([-1.0, 1.0], dense.shape) if signed else 1.0
    return sp.csr_array(dense[dense.any(axis=1)])


def greedy_groups(matrix):
    """Row by row: a row that shares a variable with the group so far starts the next one."""
    runs, start, seen = [], 0, set()
    for row in range(matrix.shape[0]):
        own = set(matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]])
        if own & seen:
            runs.append((start, row))
            start, seen = row, set()
        seen |= own
    return [*runs, (start, matrix.shape[0])] if matrix.shape[0] else []


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
def test_groups_are_those_of_a_walk_over_the_rows(share):
    generator = np.random.default_rng(1)
    for _ in range(200):
        matrix = random_rows(generator, *generator.integers(1, 40, 2), share)
        assert find_groups(matrix) == greedy_groups(matrix)


@pytest.mark.parametrize("signed", [False, True])
def test_products_of_groups_are_those_of_their_rows(signed):
    """Three-way margins: runs of neighbours, rows that repeat in the same order, scattered rows,
    and an incomplete group.
    """
    generator = np.random.default_rng(2)
    shape = (3, 4, 5)
    place = np.indices(shape).reshape(3, -1)
    keys = (
        place[0] * 4 + place[1],
        place[1] * 5 + place[2],
        place[0] * 5 + place[2],
        np.where(place[0] == 1, place[1], -1),
    )
    for kind, key in zip(("runs", "tiled", "complete", ""), keys, strict=True):
        used = key >= 0
        matrix = sp.csr_array(
            (np.ones(used.sum()), (key[used], np.flatnonzero(used))),
            shape=(key.max() + 1, key.size),
        )
        if signed:
            matrix = matrix * generator.choice([-2.0, 1.0, 3.0], key.size)
        matrix, w = sp.csr_array(sp.vstack((np.ones((1, key.size)), matrix))), np.ones(key.size)
        group = Group(matrix, w, (1, matrix.shape[0]), not signed, not signed)
        assert {"runs": group.runs, "tiled": group.tiled, "complete": group.complete}.get(
            kind, True
        ) or signed
        assert not (signed and (group.runs or group.tiled))
        rows, v, y = (
            rows_between(matrix, 1, matrix.shape[0]),
            generator.random(key.size),
            generator.random(group.stop - 1),
        )
        np.testing.assert_allclose(group.sums(v), rows @ v, rtol=1e-14)
        np.testing.assert_allclose(group.back(y), rows.T @ y, rtol=1e-14)
        np.testing.assert_allclose(group.back_squared(y), rows.power(2).T @ y, rtol=1e-14)
        x = v.copy()
        group.move(x, w, y)
        np.testing.assert_allclose(x, v * np.exp(rows.T @ y), rtol=1e-13)


def city_rows(generator, cities, rows, columns, share=0.8, signed=False):
    """Row and column totals of each city of its own size; the group: the rows."""
    blocks, group, at = [], [], 0
    for _ in range(cities):
        r, c = generator.integers(2, rows + 1), generator.integers(2, columns + 1)
        table = generator.random((r, c)) < share
        table[:, 0] = table[0] = True
        i, j = np.nonzero(table)
        values = generator.choice([-1.0, 2.0], len(i)) if signed else np.ones(len(i))
        k = np.arange(len(i))
        blocks.append(
            sp.csr_array(
                (np.r_[values, values], (np.r_[i, r + j], np.r_[k, k])), shape=(r + c, len(i))
            )
        )
        group.extend(range(at, at + r))
        at += r + c
    return sp.csr_array(sp.block_diag(blocks)), np.array(group)


@pytest.mark.parametrize("signed", [False, True])
def test_blocks_are_inverted_component_by_component(signed):
    generator = np.random.default_rng(3)
    rows, group = city_rows(generator, 6, 7, 9, signed=signed)
    columns = sp.csr_array(rows.T)
    components = Components(rows, columns, group)
    assert components.useful
    assert components.count == 6
    curvature = generator.lognormal(0, 2, rows.shape[1])
    hessian = (rows @ sp.diags_array(curvature) @ columns).toarray()
    diagonal = np.diag(hessian).copy()
    r = generator.normal(size=len(diagonal))
    expected = np.linalg.solve(hessian + 0.01 * np.diag(diagonal), r)
    np.testing.assert_allclose(Blocks(components, curvature, diagonal)(r), expected, rtol=1e-9)


def test_rows_that_all_hang_together_have_no_useful_components():
    rows, group = city_rows(np.random.default_rng(4), 1, 7, 9)
    assert not Components(rows, sp.csr_array(rows.T), group).useful


def test_variables_outside_the_group_link_their_rows():
    """Rows 0-1 are the group; 2 and 3 share a variable that no row of the group has."""
    rows = sp.csr_array(
        np.array(
            [[1.0, 0, 0, 0], [0, 0, 0, 1.0], [1.0, 1.0, 0, 0], [0, 1.0, 0, 0], [0, 0, 1.0, 1.0]]
        )
    )
    components = Components(rows, sp.csr_array(rows.T), np.array([0, 1]))
    label = np.empty(5, dtype=int)
    for part, own in zip(components.parts, components.labels, strict=True):
        label[part] = own
    assert components.count == 2
    assert label[0] == label[2] == label[3] != label[1] == label[4]


def test_inverses_of_blocks_save_iterations_and_change_nothing():
    generator = np.random.default_rng(5)
    cities, sectors, uses = 8, 12, 14
    q = generator.lognormal(0, 2, (cities, sectors, uses))
    truth = q * generator.lognormal(0, 1, q.shape)
    place = np.indices(q.shape).reshape(3, -1)
    margins = (
        place[1] * uses + place[2],
        place[0] * sectors + place[1],
        place[0] * uses + place[2],
    )
    sums = (truth.sum(0), truth.sum(2), truth.sum(1))
    matrix = sp.csr_array(
        sp.vstack([sp.csr_array((np.ones(q.size), (k, np.arange(q.size)))) for k in margins])
    )
    rows = Rows(
        matrix, np.concatenate([s.ravel() for s in sums]), np.ones(matrix.shape[0], dtype=bool)
    )
    found = maximise(q.ravel(), np.ones(q.size), rows)
    original = Dual.preconditioner
    try:
        Dual.preconditioner = lambda self, curvature, diagonal: Jacobi(diagonal[self.rest])
        plain = maximise(q.ravel(), np.ones(q.size), rows)
    finally:
        Dual.preconditioner = original
    assert found.status == plain.status == "optimal"
    assert 2 * found.inner < plain.inner
    np.testing.assert_allclose(found.x, plain.x, rtol=1e-10)


def test_what_redundant_rows_leave_does_not_spoil_the_steps():
    """A sector's trade: supply and use add up but for round-off, which weighs more than the wrong
    total of a small place.

    Conjugate gradients take step lengths from the whole residual, and grow away from the solution
    here.
    """
    generator = np.random.default_rng(6)
    size = np.exp(generator.normal(0, 2, 30)) * 1e7
    size[3] = 85.0
    cells = (
        size[:, None]
        * size
        * np.exp(generator.normal(0, 1, (30, 30)))
        / size.sum()
        * (1 - np.eye(30))
    )
    supply, use = cells.sum(1), cells.sum(0)
    singular = np.diag(supply) - (cells / use) @ cells.T
    wrong = np.zeros(30)
    wrong[3] = 2e-12 * supply[3]
    lost = 5e-16 * supply  # what no solution removes: singular' 1 = 0
    d, _, count = conjugate_residuals(
        lambda v: singular @ v,
        supply,
        Jacobi(supply),
        wrong - wrong.sum() / supply.sum() * supply + lost,
        2e-14,
        500,
        5,
    )
    left = (wrong + lost - singular @ d) / supply
    assert count < 100
    assert np.abs(left).max() < 5e-15
    assert np.abs(d).max() < 1e-9
