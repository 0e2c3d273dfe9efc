"""Many regions: solves by iteration on factors, and counties inside provinces, against dense
solves.
"""

from __future__ import annotations

import numpy as np
import pytest
from nested_worlds import make_world

from citymrio.base.errors import CertificateError
from citymrio.nested import leontief
from citymrio.nested.leontief import RegionalSystem

R, N, K = 9, 4, 2
REGIONS, SECTORS = [f"r{r}" for r in range(R)], [f"s{i}" for i in range(N)]
CATEGORIES = ["households", "capital"]


def dense_of(own, intra, tau):
    """D as a matrix (R n, R n)."""
    count, n = intra.shape[:2]
    cells = np.einsum("irs,sij->risj", np.stack([np.asarray(m) for m in tau]), intra)
    cells[np.arange(count), :, np.arange(count)] += own
    return cells.reshape(count * n, count * n)


def drawn(seed=0, used=0.6):
    rng = np.random.default_rng(seed)
    own, intra = rng.gamma(1, 1, (2, R, N, N))
    scale = used / (own + intra).sum(axis=1, keepdims=True)
    tau = rng.gamma(0.3, 1, (N, R, R))
    tau[:, np.arange(R), np.arange(R)] = 0.0
    return own * scale, intra * scale, tau / tau.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(
    "case", [{}, {"used": 0.97, "seed": 3}], ids=["off-diagonal", "nearly all"]
)
def test_regional_solves_equal_dense(case, transposed, monkeypatch):
    monkeypatch.setattr(leontief, "COLUMNS", 2)
    monkeypatch.setattr(leontief, "BLOCK", 1)
    parts, right = drawn(**case), np.random.default_rng(1).normal(size=(R, N, 5))
    system, matrix = RegionalSystem(*parts), np.eye(R * N) - dense_of(*parts)
    expected = np.linalg.solve(matrix.T if transposed else matrix, right.reshape(R * N, 5)).reshape(
        right.shape
    )
    found = system.solve(right, transposed)
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(expected).max())


def test_purchases_that_shrink_quickly_are_added_up_without_conjugate_steps(monkeypatch):
    monkeypatch.setattr(leontief, "MAX_STEPS", 1)  # enough to see that nothing is left
    (own, intra, tau), right = drawn(used=0.6), np.ones((R, N, 1))
    found = RegionalSystem(own, intra, tau).solve(right)
    rest = (np.eye(R * N) - dense_of(own, intra, tau)) @ found.reshape(R * N, 1)
    np.testing.assert_allclose(rest, 1.0, rtol=1e-13)


def test_an_iteration_that_does_not_converge_says_so(monkeypatch):
    monkeypatch.setattr(leontief, "MAX_STEPS", 3)
    with pytest.raises(
        CertificateError, match="stopped at a relative residual of .* after 2 steps"
    ):
        RegionalSystem(*drawn(used=0.97)).solve(np.ones((R, N, 1)))


@pytest.mark.parametrize(
    "world", [{"seed": 1}, {"seed": 5, "cities": (12, 1, 3, 9)}], ids=["small", "uneven"]
)
@pytest.mark.parametrize("keep", [True, False], ids=["by category", "summed"])
def test_large_provinces_have_the_flows_of_the_direct_solve(world, keep, monkeypatch):
    world = make_world(**world)
    direct, large = world.nested, world.nested
    expected = direct.trace(world.emissions, keep_category=keep)
    monkeypatch.setattr(leontief, "DIRECT", 10)
    large.threads = 2
    found = large.trace(world.emissions, keep_category=keep)
    assert large.leontief.iterates and not direct.leontief.iterates
    for name in expected:
        np.testing.assert_allclose(
            found[name].values, expected[name].values, atol=1e-13 * abs(expected[name]).max().item()
        )
    assert found.attrs["residual"] < 1e-13
    right = np.random.default_rng(2).normal(size=(direct.shape[0], 3))
    np.testing.assert_allclose(large.solve(right), direct.solve(right), atol=1e-12)
    np.testing.assert_allclose(
        large.solve_transposed(right), direct.solve_transposed(right), atol=1e-12
    )


def test_a_wrong_local_solve_is_refused(monkeypatch):
    world = make_world(seed=1)
    monkeypatch.setattr(leontief, "DIRECT", 10)
    nested = world.nested
    assert nested.leontief.iterates
    right = RegionalSystem.solve
    monkeypatch.setattr(
        RegionalSystem,
        "solve",
        lambda self, b, transposed=False: right(self, b, transposed) * (1 + 1e-8),
    )
    with pytest.raises(CertificateError, match="relative residual"):
        nested.trace(world.emissions)
