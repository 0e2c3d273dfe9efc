"""From any problem of the class to the kernel and back: structural zeros, empty rows, linear terms.

`solve` takes the arrays of a problem (prior, weights, linear costs, rows), removes what cannot
move, calls the dual ascent and puts the pieces together again.
"""

from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp

from ..base.solvers import TOLERANCE
from .ascent import maximise
from .dual import INFEASIBLE, OPTIMAL, DualResult, Rows
from .infeasible import find_conflict, find_ray

#: Largest relative residual of a result that misses its tolerance and is still passed on: its
#: certificate says what it is worth.
INACCURATE = 1e-6
#: exp(-_GONE) is 0 in double precision, and _GONE below the smallest number's logarithm for any
#: prior of at most exp(50).
_GONE = 800.0


@dataclass
class KernelResult:
    """Primal x (n), dual y (m), status, and what was found on the way.

    `forced` marks variables that every feasible point has at 0 although their prior is positive,
    `boundary` those of them that only a combination of rows forces; `conflict` holds the rows of a
    contradiction with their factors, when the status is ``infeasible``.
    """

    x: np.ndarray
    y: np.ndarray
    status: str
    residual: float = np.inf
    gap: float = np.inf
    newton: int = 0
    inner: int = 0
    sweeps: int = 0
    seconds: float = 0.0
    forced: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    boundary: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    conflict: tuple[np.ndarray, np.ndarray] | None = None


class Signs:
    """Which variables a row has with a positive and with a negative factor, for questions about
    zeros.
    """

    def __init__(self, matrix: sp.csr_array):
        self.matrix = matrix
        one_sign = not len(matrix.data) or matrix.data.min() > 0
        self.positive = _pattern(matrix, 1) if not one_sign else matrix
        self.negative = None if one_sign else _pattern(matrix, -1)

    def filled(self, alive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rows that have a living variable with a positive factor, and with a negative one."""
        if self.negative is None:
            plus = (
                np.diff(self.matrix.indptr) > 0
                if alive.all()
                else (self.positive @ alive.astype(float)) > 0
            )
            return plus, np.zeros(len(plus), dtype=bool)
        live = alive.astype(float)
        return (self.positive @ live) > 0, (self.negative @ live) > 0

    def touched(self, rows: np.ndarray) -> np.ndarray:
        """Variables of the rows that are marked."""
        marked = np.flatnonzero(rows)
        found = np.zeros(self.matrix.shape[1], dtype=bool)
        found[self.matrix[marked].indices] = True
        return found


def _pattern(matrix: sp.csr_array, sign: int) -> sp.csr_array:
    pattern = matrix.copy()
    pattern.data = (np.sign(matrix.data) == sign).astype(float)
    pattern.eliminate_zeros()
    return pattern


def structural_zeros(
    signs: Signs, target: np.ndarray, equality: np.ndarray, alive: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Variables that rows of one sign with target 0 force to 0, until nothing changes; and the rows
    that contradict.

    Returns (alive, contradictory row indices, rows with variables): a row without a variable left
    and a target that is not 0 (or, for ``<=``, negative) contradicts, or a row of positive terms
    with a negative target.
    """
    zero = target == 0
    while True:
        plus, minus = signs.filled(alive)
        force = zero & (plus ^ minus) & (equality | plus)
        if not force.any():
            break
        alive = alive & ~signs.touched(force)
    wrong = np.where(
        equality,
        ((target > 0) & ~plus) | ((target < 0) & ~minus),
        (target < 0) & ~minus,
    )
    return alive, np.flatnonzero(wrong), plus | minus


def solve(
    prior: np.ndarray,
    weight: np.ndarray,
    matrix: sp.csr_array,
    target: np.ndarray,
    equality: np.ndarray,
    linear: np.ndarray | None = None,
    *,
    tol: float = TOLERANCE,
    max_iterations: int = 100_000,
    diagnose: bool = True,
) -> KernelResult:
    """Solve min sum w KL(x|q) + c'x subject to rows ``Mx = t`` (equality) or ``Mx <= t``, x >= 0, x
    = 0 where q = 0.

    If the ascent ends with variables that still shrink, their zeros are proven (or not) by a ray of
    the dual, fixed, and the rest is solved again: the optimum then lies on the boundary, where the
    dual of the whole problem has no maximum.

    Parameters
    ----------
    prior, weight, linear
        q >= 0, w > 0 and c of the variables (n); c is 0 when not given.
    matrix, target, equality
        Rows M (m x n), t and which of them are equalities (m).
    tol
        Largest relative residual and gap.
    max_iterations
        Most sweeps and Newton steps together.
    diagnose
        Whether a contradiction is looked for when the ascent fails (linear programs, up to a
        minute). Without it the ascent ends at the first proof that there is one.
    """
    n, m = len(prior), len(target)
    q = prior if linear is None else prior * np.exp(-linear / weight)
    matrix = sp.csr_array(matrix)
    signs = Signs(matrix)
    alive, wrong, full = structural_zeros(signs, target, equality, q > 0)
    if len(wrong):
        factors = np.where(target[wrong] > 0, 1.0, -1.0)
        return KernelResult(np.zeros(n), np.zeros(m), INFEASIBLE, conflict=(wrong, factors))
    totals = KernelResult(np.zeros(n), np.zeros(m), "", boundary=np.zeros(n, dtype=bool))
    rays = []
    while True:
        columns, keep = np.flatnonzero(alive), np.flatnonzero(full)
        part = matrix[keep] if len(keep) < m else matrix
        part = part[:, columns] if len(columns) < n else part
        rows = Rows(part, target[keep], equality[keep])
        inner = maximise(
            q[columns],
            weight[columns],
            rows,
            tol=tol,
            max_iterations=max_iterations,
            prove=not diagnose,
        )
        _count(totals, inner)
        suspects = _vanishing(inner, rows)
        search = inner.status != INFEASIBLE and suspects.any()
        found = find_ray(rows.matrix, rows.target, rows.equality, suspects) if search else None
        if found is None or found[2] > 0:
            break
        dead, ray = np.zeros(n, dtype=bool), np.zeros(m)
        dead[columns], ray[keep] = found[:2]
        fewer, wrong, filled = structural_zeros(signs, target, equality, alive & ~dead)
        if len(
            wrong
        ):  # zeros that leave a target without variables: nothing is feasible, so that any zero can be proven  # noqa: E501
            break
        rays.append((ray, dead))
        totals.boundary |= dead
        alive, full = fewer, filled
    totals.x[columns], totals.y[keep] = inner.x, inner.y
    totals.status, totals.residual, totals.gap = inner.status, inner.residual, inner.gap
    totals.forced = (q > 0) & ~alive
    if inner.status != OPTIMAL and diagnose:
        every, hint = np.ones(len(columns), dtype=bool), None if found is None else found[1]
        conflict = find_conflict(rows.matrix, rows.target, rows.equality, every, hint=hint)
        if conflict is not None:
            totals.status, totals.conflict = INFEASIBLE, (keep[conflict.rows], conflict.factors)
    _close_dual(signs, target, equality, q, weight, rays, totals.y)
    return totals


def _count(totals: KernelResult, inner: DualResult) -> None:
    totals.newton += inner.newton
    totals.inner += inner.inner
    totals.sweeps += inner.sweeps
    totals.seconds += inner.seconds


def _vanishing(inner: DualResult, rows: Rows) -> np.ndarray:
    """Variables that were still shrinking in the last step and no longer count in any of their
    rows.
    """
    if inner.drift is None or not len(inner.x):
        return np.zeros(len(inner.x), dtype=bool)
    drift, limit = (
        (inner.drift, 1e-4)
        if inner.status == OPTIMAL
        else (np.where(inner.log < -10, -1.0, 0.0), 1e-5)
    )
    if not drift.min() < -0.3:
        return np.zeros(len(inner.x), dtype=bool)
    with np.errstate(over="ignore", invalid="ignore"):
        scale = np.maximum(np.abs(rows.target), abs(rows.matrix) @ inner.x)
    columns = rows.matrix.tocsc()
    least = np.full(len(inner.x), np.inf)
    scale = np.where(np.isnan(scale), np.inf, scale)
    np.minimum.at(
        least, np.repeat(np.arange(len(inner.x)), np.diff(columns.indptr)), scale[columns.indices]
    )
    return (drift < -0.3) & (inner.x <= limit * least)


def _close_dual(
    signs: Signs,
    target: np.ndarray,
    equality: np.ndarray,
    q: np.ndarray,
    weight: np.ndarray,
    rays: list[tuple[np.ndarray, np.ndarray]],
    y: np.ndarray,
) -> None:
    """Move the dual along the rays that prove the zeros, far enough that it implies them; `y`
    changes in place.

    Along such a ray the dual value of all other variables stays; without the move the dual would
    belong to the problem without the forced variables only.
    """
    matrix = signs.matrix
    for ray, dead in reversed(rays):
        _push(matrix, weight, ray, dead, y)
    alive, order, zero = q > 0, [], target == 0
    while True:
        plus, minus = signs.filled(alive)
        force = zero & (plus ^ minus) & (equality | plus)
        if not force.any():
            break
        dead = signs.touched(force) & alive
        order.append((np.where(force, np.where(plus, -1.0, 1.0), 0.0), dead))
        alive = alive & ~dead
    for ray, dead in reversed(order):
        _push(matrix, weight, ray, dead, y)


def _push(
    matrix: sp.csr_array, weight: np.ndarray, ray: np.ndarray, dead: np.ndarray, y: np.ndarray
) -> None:
    if dead.any():
        u, rate = (matrix.T @ y) / weight, (matrix.T @ ray) / weight
        y += ray * max(0.0, float(np.max((u[dead] + _GONE) / -rate[dead])))
