"""Inequalities by a primal-dual barrier, where the projected Newton method of `newton.py` does not settle quickly.

For ``<=`` rows the dual has z = -y >= 0. With a logarithmic barrier the function

    phi(y) = g(y) + sum_i mu_i ln(-y_i)            (i over ``<=`` rows)

is smooth and concave; its maximum tends to that of g as mu -> 0. With slacks s_i > 0 and s_i z_i = mu_i, Newton's equations are

    (M diag(x / w) M' + diag(s / z)) d = t - M x - mu / z,     ds = (mu - s z + s d) / z,

a symmetric positive definite system as before, solved by conjugate residuals; the line search looks at the slope of phi, as in
`newton.py`. mu_i is a share of the row's own size, so that the path does not depend on the unit.

Reference: Wright, S. J. (1997) Primal-Dual Interior-Point Methods, SIAM; Nocedal, J., Wright, S. J. (2006) Numerical
Optimization, chapter 19.
"""

from __future__ import annotations

import numpy as np

from .dual import LIMIT, OPTIMAL, STALLED, Dual, DualResult, dot
from .newton import REACH, conjugate_residuals
from .precondition import Jacobi

#: Share of the way to the bound that a step may go.
_SHARE = 0.99
#: Smallest barrier, as a share of a row's size.
_LEAST = 1e-17


def maximise_with_barrier(
    dual: Dual, y: np.ndarray, *, tol: float, gap_tol: float, max_iterations: int, patience: int = 60
) -> DualResult:
    """Maximise the dual from `y` along the barrier's path until residual, violation and gap are within their tolerances."""
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
        result.history.append((residual, gap, float(np.abs(y).max(initial=0.0))))
        since = 0 if worst < 0.5 * best else since + 1
        best = min(best, worst)
        if residual <= tol and gap <= gap_tol:
            result.status = OPTIMAL
        elif since > patience:
            result.status = STALLED
        if result.status != LIMIT or result.newton >= max_iterations:
            break
        if a > 0.5 or result.newton == 0:
            mu = max(_LEAST, 0.1 * mu)
        barrier = np.where(inside, mu * scale, 0.0)
        right = gradient + np.divide(barrier, y, out=np.zeros_like(y), where=inside)
        ratio = np.where(inside, slack / np.where(inside, -y, 1.0), 0.0)
        d, count = _direction(dual, caps, x, right, ratio, min(1e-2, max(1e-8, worst)), most)
        a = _step(dual, x, y, gradient, d, barrier, inside)
        before = u
        shift = np.where(inside, (barrier + slack * y + slack * d) / np.where(inside, -y, 1.0), 0.0)
        slack = np.maximum(slack + a * shift, (1 - _SHARE) * slack)
        y = y + a * d
        u = dual.log(y)
        x = dual.primal(u)
        result.newton += 1
        result.inner += count
    result.y, result.x, result.log, result.residual, result.gap, result.drift = y, x, u, residual, gap, u - before
    return result


class _Caps:
    """Rows of one variable (caps, floors), at most one per variable: they are eliminated from Newton's equations.

    A cap on x_k with ratio s/z leaves the curvature c_k = x_k / w_k as c_k (s/z) / (a^2 c_k + s/z) to the other rows.
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
    dual: Dual, caps: _Caps, x: np.ndarray, right: np.ndarray, ratio: np.ndarray, tolerance: float, most: int
) -> tuple[np.ndarray, int]:
    curvature = x / dual.w
    at, factor = caps.variable, caps.factor
    whole = factor**2 * curvature[at] + ratio[caps.rows]
    shift = np.zeros_like(x)
    shift[at] = factor * curvature[at] * right[caps.rows] / whole
    left = curvature.copy()
    left[at] *= ratio[caps.rows] / whole
    diagonal = dual.squared @ left + ratio
    diagonal = np.where(diagonal > 0, diagonal, 1.0)

    def hessian(p: np.ndarray) -> np.ndarray:
        return np.where(caps.free, dual.sums(left * dual.back(p)) + ratio * p, 0.0)

    reduced = np.where(caps.free, right - dual.sums(shift), 0.0)
    goal = tolerance * float(np.abs(reduced / diagonal).max(initial=0.0))
    d, count = conjugate_residuals(hessian, diagonal, Jacobi(diagonal), reduced, goal, most, Jacobi.window)
    d[caps.rows] = (right[caps.rows] - factor * curvature[at] * dual.back(d)[at]) / whole
    return d, count


def _step(
    dual: Dual, x: np.ndarray, y: np.ndarray, gradient: np.ndarray, d: np.ndarray, barrier: np.ndarray, inside: np.ndarray
) -> float:
    """Step length with a small slope of phi at its end, short of the bound y = 0."""
    v = dual.back(d)
    rate = v / dual.w
    bounded = np.flatnonzero(inside)
    to, move, weight = y[bounded], d[bounded], barrier[bounded]

    def slope(a: float) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            value = dot(gradient, d) - float(np.sum(x * v * np.expm1(a * rate))) + float(np.sum(weight * move / (to + a * move)))
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
        a = np.sqrt(low * high) if low > 0.01 * high else 0.5 * (low + high) if low > 0 else 0.2 * high
    return low
