"""The maximum of an entropy problem's dual (`dual.py`): three tools, one after the other.

*Scaling sweeps* start it. Rows that share no variable form a group, whose block of the Hessian is
diagonal: each row of a group is moved to its own optimum (in closed form for rows of ones: RAS /
IPF; the quadratic form of GRAS for rows of both signs: Junius, T., Oosterhaven, J. (2003) The
solution of updating or regionalizing a matrix with both positive and negative entries, Econ. Syst.
Res. 15(1)). *Newton steps* (`newton.py`) finish it. A primal-dual logarithmic *barrier* takes over
where there are ``<=`` rows and the steps do not settle.
"""

import time

import numpy as np

from ..base.solvers import TOLERANCE
from ..base.threads import one_blas_thread
from .dual import INFEASIBLE, LIMIT, OPTIMAL, STALLED, Dual, DualResult, Rows, dot
from .newton import REACH, conjugate_residuals, projected_newton
from .precondition import Jacobi

#: Share of the way to the bound that a step may go.
_SHARE = 0.99
#: Smallest barrier, as a share of a row's size.
_LEAST = 1e-17


def maximise_with_barrier(
    dual: Dual,
    y: np.ndarray,
    *,
    tol: float,
    max_iterations: int,
    patience: int = 60,
) -> DualResult:
    """Maximise the dual from `y` along the barrier's path until residual, violation and gap are
    within the tolerance.
    """
    rows = dual.rows
    inside = ~rows.equality
    y = np.where(inside, np.minimum(y, -0.1 * np.median(dual.w)), y)
    u = dual.log(y)
    x = dual.primal(u)
    product = dual.sums(x)
    scale = dual.scale(x, product)
    slack = np.where(inside, np.maximum(rows.target - product, 0.1 * scale), 1.0)
    mu = float(np.mean((-y * slack / scale)[inside]))
    result = DualResult(y, x, u, LIMIT, np.inf, np.inf)
    best, since, a, before = np.inf, 0, 1.0, u
    most = max(200, min(4 * len(y), 5000))
    caps = _Caps(dual)
    while True:
        gradient, residual, gap = dual.measure(x, y)
        worst = max(residual, gap)
        since = 0 if worst < 0.5 * best else since + 1
        best = min(best, worst)
        if residual <= tol and gap <= tol:
            result.status = OPTIMAL
        elif since > patience:
            result.status = STALLED
        if result.status != LIMIT or result.newton >= max_iterations:
            break
        if a > 0.5 or result.newton == 0:
            mu = max(_LEAST, 0.1 * mu)
        barrier = np.where(inside, mu * scale, 0.0)
        right = gradient + np.divide(barrier, y, out=np.zeros_like(y), where=inside)
        stiffness = np.where(inside, slack / np.where(inside, -y, 1.0), 0.0)
        d, count = _direction(dual, caps, x, right, stiffness, min(1e-2, max(1e-8, worst)), most)
        a = _step(dual, x, y, gradient, d, barrier, inside)
        before = u
        shift = np.where(inside, (barrier + slack * y + slack * d) / np.where(inside, -y, 1.0), 0.0)
        slack = np.maximum(slack + a * shift, (1 - _SHARE) * slack)
        y = y + a * d
        u = dual.log(y)
        x = dual.primal(u)
        result.newton += 1
        result.inner += count
    result.y, result.x, result.log, result.residual, result.gap, result.drift = (
        y,
        x,
        u,
        residual,
        gap,
        u - before,
    )
    return result


class _Caps:
    """Rows of one variable (caps, floors), at most one per variable: they are eliminated from
    Newton's equations.

    A cap on x_k with stiffness s/z (slack over multiplier) leaves the curvature c_k = x_k / w_k as
    c_k (s/z) / (a^2 c_k + s/z) to the other rows.
    """

    def __init__(self, dual: Dual):
        matrix = dual.matrix
        rows = np.flatnonzero(~dual.rows.equality & (np.diff(matrix.indptr) == 1))
        variable, first = np.unique(matrix.indices[matrix.indptr[rows]], return_index=True)
        self.rows, self.variable = rows[first], variable
        self.factor = matrix.data[matrix.indptr[self.rows]]
        self.free = np.ones(matrix.shape[0], dtype=bool)
        self.free[self.rows] = False


def _direction(
    dual: Dual,
    caps: _Caps,
    x: np.ndarray,
    right: np.ndarray,
    stiffness: np.ndarray,
    tolerance: float,
    most: int,
) -> tuple[np.ndarray, int]:
    curvature = x / dual.w
    at, factor = caps.variable, caps.factor
    whole = factor**2 * curvature[at] + stiffness[caps.rows]
    shift = np.zeros_like(x)
    shift[at] = factor * curvature[at] * right[caps.rows] / whole
    left = curvature.copy()
    left[at] *= stiffness[caps.rows] / whole
    diagonal = dual.squared @ left + stiffness
    diagonal = np.where(diagonal > 0, diagonal, 1.0)

    def hessian(p: np.ndarray) -> np.ndarray:
        return np.where(caps.free, dual.sums(left * dual.back(p)) + stiffness * p, 0.0)

    reduced = np.where(caps.free, right - dual.sums(shift), 0.0)
    goal = tolerance * float(np.abs(reduced / diagonal).max(initial=0.0))
    d, _, count = conjugate_residuals(
        hessian, diagonal, Jacobi(diagonal), reduced, goal, most, Jacobi.window
    )
    d[caps.rows] = (right[caps.rows] - factor * curvature[at] * dual.back(d)[at]) / whole
    return d, count


def _step(
    dual: Dual,
    x: np.ndarray,
    y: np.ndarray,
    gradient: np.ndarray,
    d: np.ndarray,
    barrier: np.ndarray,
    inside: np.ndarray,
) -> float:
    """Step length with a small slope of phi at its end, short of the bound y = 0."""
    v = dual.back(d)
    rate = v / dual.w
    bounded = np.flatnonzero(inside)
    to, move, weight = y[bounded], d[bounded], barrier[bounded]

    def slope(a: float) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            value = (
                dot(gradient, d)
                - float(np.sum(x * v * np.expm1(a * rate)))
                + float(np.sum(weight * move / (to + a * move)))
            )
        return value if np.isfinite(value) else -np.inf

    first = slope(0.0)
    if not first > 0:
        return 0.0
    hit = move > 0
    reach = float(np.min(-to[hit] / move[hit], initial=np.inf)) * _SHARE
    top = float(np.max(np.abs(rate), initial=0.0))
    a = high = min(1.0, reach, REACH / top if top > 0 else 1.0)
    low = 0.0
    for _ in range(60):
        end = slope(a)
        if end >= -0.5 * first and (end <= 0.5 * first or a == high):
            return a
        if end > 0:
            low = a
        else:
            high = a
        a = (
            np.sqrt(low * high)
            if low > 0.01 * high
            else 0.5 * (low + high)
            if low > 0
            else 0.2 * high
        )
    return low


@one_blas_thread
def maximise(
    q: np.ndarray,
    w: np.ndarray,
    rows: Rows,
    *,
    tol: float = TOLERANCE,
    max_iterations: int = 100_000,
    sweeps: int = 10,
    prove: bool = False,
) -> DualResult:
    """Maximise the dual until largest relative residual and relative gap are at most `tol`.

    Scaling sweeps, then projected Newton steps; if there are ``<=`` rows and the steps do not
    settle, a barrier method.

    Parameters
    ----------
    q, w
        Prior and weight of the variables (n), positive.
    rows
        The constraints (m), none of them empty.
    tol
        Tolerance.
    max_iterations
        Most sweeps and Newton steps together.
    sweeps
        Scaling sweeps before the first Newton step.
    prove
        Whether to stop, with the status `INFEASIBLE`, as soon as the dual proves that nothing is
        feasible.
    """
    clock = time.perf_counter()
    dual = Dual(q, w, rows)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if rows.equality.all():
            result = projected_newton(dual, tol, max_iterations, sweeps, patience=40, prove=prove)
        else:
            result = projected_newton(
                dual,
                tol,
                min(max_iterations, 12 + sweeps),
                sweeps,
                patience=8,
                prove=prove,
            )
            if (
                result.status not in (OPTIMAL, INFEASIBLE)
                and max_iterations > result.newton + result.sweeps
            ):
                left = max_iterations - result.newton - result.sweeps
                follow = maximise_with_barrier(dual, result.start, tol=tol, max_iterations=left)
                follow.newton, follow.inner, follow.sweeps = (
                    follow.newton + result.newton,
                    follow.inner + result.inner,
                    result.sweeps,
                )
                result = follow
    del dual.unmet  # which refers to the dual: its memory would wait for the garbage collector
    result.seconds = time.perf_counter() - clock
    return result
