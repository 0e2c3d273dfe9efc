"""From any problem of the class to the kernel and back: structural zeros, empty rows, linear terms.

`solve` takes the arrays of a problem (prior, weights, linear costs, rows), removes what cannot move, calls the dual
ascent and puts the pieces together again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from .newton import OPTIMAL, DualResult, Rows, maximise

INFEASIBLE = "infeasible"


@dataclass
class KernelResult:
    """Primal x (n), dual y (m), status, and what was found on the way.

    `forced` marks variables that every feasible point has at 0 although their prior is positive; `conflict` holds the
    rows of a contradiction with their coefficients, when the status is ``infeasible``.
    """

    x: np.ndarray
    y: np.ndarray
    status: str
    residual: float
    gap: float
    newton: int = 0
    cg: int = 0
    sweeps: int = 0
    seconds: float = 0.0
    forced: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    conflict: tuple[np.ndarray, np.ndarray] | None = None
    dual: DualResult | None = None


def structural_zeros(matrix: sp.csr_array, target: np.ndarray, equality: np.ndarray, alive: np.ndarray):
    """Variables that rows of one sign with target 0 force to 0, until nothing changes; and the rows that contradict.

    Returns (alive, contradictory row indices): a row without a variable left and a target that is not 0 (or, for
    ``<=``, negative), or a row of positive terms with a negative target.
    """
    alive = alive.copy()
    positive, negative = _sign_pattern(matrix, 1), _sign_pattern(matrix, -1)
    while True:
        live = alive.astype(float)
        plus, minus = (positive @ live) > 0, (negative @ live) > 0
        zero = target == 0
        force = zero & (plus ^ minus) & (equality | plus)
        if not force.any():
            break
        touched = ((positive + negative).T @ force.astype(float)) > 0
        alive &= ~touched
    wrong = np.where(
        equality,
        ((target > 0) & ~plus) | ((target < 0) & ~minus),
        (target < 0) & ~minus,
    )
    return alive, np.flatnonzero(wrong), plus | minus


def _sign_pattern(matrix: sp.csr_array, sign: int) -> sp.csr_array:
    pattern = matrix.copy()
    pattern.data = (np.sign(matrix.data) == sign).astype(float)
    pattern.eliminate_zeros()
    return pattern


def solve(
    prior: np.ndarray,
    weight: np.ndarray,
    matrix: sp.csr_array,
    target: np.ndarray,
    equality: np.ndarray,
    linear: np.ndarray | None = None,
    *,
    tol: float = 1e-12,
    max_iterations: int = 100_000,
) -> KernelResult:
    """Solve min sum w KL(x|q) + c'x subject to rows ``Mx = t`` (equality) or ``Mx <= t``, x >= 0, x = 0 where q = 0."""
    n, m = len(prior), len(target)
    q = prior if linear is None else prior * np.exp(-linear / weight)
    matrix = sp.csr_array(matrix)
    alive, wrong, full = structural_zeros(matrix, target, equality, q > 0)
    if len(wrong):
        signs = np.where(target[wrong] > 0, 1.0, -1.0)
        return KernelResult(np.zeros(n), np.zeros(m), INFEASIBLE, np.inf, np.inf, conflict=(wrong, signs))
    columns, keep = np.flatnonzero(alive), np.flatnonzero(full)
    part = matrix[keep] if len(keep) < m else matrix
    part = part[:, columns] if len(columns) < n else part
    rows = Rows(sp.csr_array(part), target[keep], equality[keep])
    result = maximise(q[columns], weight[columns], rows, tol=tol, max_iterations=max_iterations)
    x, y = np.zeros(n), np.zeros(m)
    x[columns], y[keep] = result.x, result.y
    _close_dual(matrix, target, equality, q, weight, alive, y)
    return KernelResult(
        x, y, result.status, result.residual, result.gap, result.newton, result.cg, result.sweeps, result.seconds,
        forced=(q > 0) & ~alive, dual=result,
    )  # fmt: skip


def _close_dual(matrix, target, equality, q, weight, alive, y) -> None:
    """Push the duals of rows that force variables to 0 until their implied value vanishes (they are unbounded)."""
    dead = (q > 0) & ~alive
    if not dead.any():
        return
    alive = q > 0
    positive, negative = _sign_pattern(matrix, 1), _sign_pattern(matrix, -1)
    order = []
    while True:
        live = alive.astype(float)
        plus, minus = (positive @ live) > 0, (negative @ live) > 0
        force = (target == 0) & (plus ^ minus) & (equality | plus)
        if not force.any():
            break
        touched = ((((positive + negative).T) @ force.astype(float)) > 0) & alive
        order.append((np.flatnonzero(force), np.where(plus, -1.0, 1.0), touched))
        alive &= ~touched
    for force, sign, touched in reversed(order):
        u = (matrix.T @ y) / weight
        part = matrix[force][:, np.flatnonzero(touched)]
        least = np.min(np.abs(part.data) / weight[touched][part.indices])
        need = max(0.0, float(np.max(u[touched])) + 745.0) / least
        y[force] += sign[force] * need
