"""Projected Newton steps on the dual of an entropy problem, with a line search on the slope.

- *Newton steps*. H d = gradient is solved by preconditioned conjugate residuals with two products
  by M an iteration, never forming H; the largest group of rows, whose block of H is diagonal, is
  eliminated first, and only the Schur complement of the others is iterated on (`precondition.py`
  says from what). Redundant rows (totals implied by others) make H singular, and the round-off of
  their targets inconsistent: conjugate residuals do not see that part. ``<=`` rows follow projected
  Newton (Bertsekas 1982): rows at their bound whose gradient keeps them there are left out of the
  system.
- *The line search* looks at the slope, never at the value of g. Along a direction d the slope is
  s(a) = gradient'd - sum_k x_k (M'd)_k (exp(a (M'd)_k / w_k) - 1): it is computed without
  cancellation, so that it is exact to round-off where differences of g are long lost. As g is
  concave, a step that ends with a slope between -s(0)/2 and s(0)/2 has passed most of the way to
  the maximum on the line; a safeguarded Newton iteration on s finds one.

References: Bertsekas, D. P. (1982) Projected Newton methods for optimization problems with simple
constraints, SIAM J. Control Optim. 20(2). Dembo, R. S., Eisenstat, S. C., Steihaug, T. (1982)
Inexact Newton methods, SIAM J. Numer. Anal. 19(2). Stiefel, E. (1955) Relaxationsmethoden bester
Strategie zur Loesung linearer Gleichungssysteme, Comment. Math. Helv. 29. Fong, D. C.-L., Saunders,
M. (2012) CG versus MINRES: an empirical comparison, SQU J. Sci. 17(1).
"""

from collections.abc import Callable

import numpy as np

from ..base.tolerances import TINY
from .dual import INFEASIBLE, LIMIT, OPTIMAL, STALLED, Dual, DualResult, dot

#: Slope fraction at which a line search stops.
_SLOPE = 0.5
#: Largest change of a variable's logarithm in a step that needs no line search.
_SHORT = 1e-3
#: Shortest step along a projected path, and the part of a residual that nothing can remove (rows
#: that imply one another).
_SHORTEST, _SINGULAR = 1e-12, 1e-15
#: Largest change of a variable's logarithm in one step: one that has underflowed has no curvature
#: to come back by.
REACH = 30.0


Map = Callable[[np.ndarray], np.ndarray]


def conjugate_residuals(
    apply: Map,
    diagonal: np.ndarray,
    precondition: Map,
    right: np.ndarray,
    goal: float,
    most: int,
    least: int,
) -> tuple[np.ndarray, np.ndarray, int]:
    """Solve apply(d) = right by preconditioned conjugate residuals.

    They go on until the largest residual relative to its own diagonal is at most `goal` (so that
    small margins count as much as large ones) and the last iterations have gained next to nothing.

    Redundant rows make the system singular, and the round-off of their targets inconsistent. Step
    lengths of conjugate gradients are spoilt by the part of the residual that nothing can remove;
    those of conjugate residuals do not see it. Returns the solution, what preconditioning makes of
    the residual that is left, and the number of iterations; stops where only that part is left.
    """
    inverse = 1.0 / diagonal
    d, r = np.zeros_like(right), right.copy()
    z = precondition(r)
    p, hp = z.copy(), apply(z)
    rho = dot(z, hp)
    energy = gained = 0.0
    count, window = 0, least
    while rho > _SINGULAR * dot(z, diagonal * z):
        change = precondition(hp)
        a = rho / dot(hp, change)
        gain = a * dot(r, p)
        energy, gained = energy + gain, gained + gain
        d += a * p
        r -= a * hp
        z -= a * change
        count += 1
        if count >= most:
            break
        if count >= window:
            if gained <= 0.01 * energy and np.abs(inverse * r).max() <= goal:
                break
            window, gained = count + max(least, count // 4), 0.0
        hz = apply(z)
        rho, old = dot(z, hz), rho
        p = z + (rho / old) * p
        hp = hz + (rho / old) * hp
    return d, z, count


def projected_newton(
    dual: Dual,
    tol: float,
    max_iterations: int,
    sweeps: int,
    patience: int,
    prove: bool = False,
) -> DualResult:
    """Scaling sweeps, then Newton steps, until residual and gap are within tolerance or `patience`
    steps have gained nothing.

    With `prove` they also end, as `INFEASIBLE`, at a proof that nothing is feasible.
    """
    m = len(dual.rows.target)
    y, x = np.zeros(m), dual.q.copy()
    u = np.zeros(len(x))
    result = DualResult(y, x, u, LIMIT, np.inf, np.inf)
    most_cg = max(200, min(4 * m, 5000))
    best, best_slope, since = np.inf, np.inf, 0
    extra, before, last = sweeps, u.copy(), y
    while True:
        for _ in range(extra if dual.groups else 0):
            dual.sweep(y, x)
            result.sweeps += 1
        if result.newton == 0:
            result.start = y.copy()
        u = dual.log(y)
        x = dual.primal(u)
        gradient, residual, gap = dual.measure(x, y)
        done = residual <= tol and gap <= tol
        since = 0 if residual < 0.5 * best else since + 1
        best = min(best, residual)
        if done or result.newton + result.sweeps >= max_iterations or since > patience:
            result.status = OPTIMAL if done else (STALLED if since > patience else LIMIT)
            break
        if prove and since and result.newton and _proven(dual, y, last):
            result.status = INFEASIBLE
            break
        before, last = u, y
        y, a, count, slope = _newton_step(dual, y, x, gradient, residual, tol, most_cg)
        x = dual.primal(dual.log(y)) if a < 0.5 else x
        since = 0 if slope < 0.5 * best_slope else since
        best_slope = min(best_slope, slope)
        result.newton += 1
        result.inner += count
        extra = 0 if a >= 0.5 else 1
    result.y, result.x, result.log, result.residual, result.gap = y, x, u, residual, gap
    result.drift = u - before
    return result


def _proven(dual: Dual, y: np.ndarray, last: np.ndarray) -> bool:
    """Whether the last step has shown that nothing is feasible.

    The dual has no maximum then. It drifts along a ray that proves it; so do its steps, and the
    part of the gradient that a step could not remove, most often long before the dual itself.
    """
    return any(dual.contradicts(d, dual.log(d)) for d in (dual.unmet(), y - last, y))


def _newton_step(
    dual: Dual,
    y: np.ndarray,
    x: np.ndarray,
    gradient: np.ndarray,
    residual: float,
    tol: float,
    most_cg: int,
) -> tuple[np.ndarray, float, int, float]:
    """One projected Newton step with a slope line search: new y, step length, inner iterations,
    slope at the start.
    """
    held = ~dual.rows.equality & (y >= 0) & (gradient >= 0)
    free = ~held
    curvature = x / dual.w
    diagonal = dual.diagonal(curvature)
    right = np.where(free, gradient, 0.0)
    tolerance = min(1e-2, max(1e-8, residual, 0.3 * tol / residual if residual > 0 else 0.0))
    goal = tolerance * float(np.abs(right / diagonal).max(initial=0.0))
    d, count = _direction(dual, curvature, diagonal, right, free, goal, most_cg)
    a, y_new = line_search(dual, y, x, gradient, d)
    return y_new, a, count, dot(gradient, d)


def _direction(
    dual: Dual,
    curvature: np.ndarray,
    diagonal: np.ndarray,
    right: np.ndarray,
    free: np.ndarray,
    goal: float,
    most: int,
) -> tuple[np.ndarray, int]:
    """Solve H d = right on the free rows: the largest group is eliminated, conjugate residuals
    solve for the others.
    """
    upper = dual.upper
    pivot, rest = dual.pivot, dual.rest
    inverse, free = np.where(free[pivot], 1.0 / diagonal[pivot], 0.0), free[rest]
    whole = bool(free.all())

    def schur(p: np.ndarray) -> np.ndarray:
        v = dual.back_others(p)
        v -= upper.back(inverse * upper.sums(curvature * v))
        v *= curvature
        product = dual.sums_others(v)
        return product if whole else np.where(free, product, 0.0)

    inner = dual.preconditioner(curvature, diagonal)
    precondition = inner if whole else lambda r: np.where(free, inner(r), 0.0)
    reduced = right[rest] - dual.sums_others(curvature * upper.back(inverse * right[pivot]))
    found, left, dual.last_count = conjugate_residuals(
        schur, diagonal[rest], precondition, np.where(free, reduced, 0.0), goal, most, inner.window
    )

    def whole_of(part: np.ndarray, target: np.ndarray | float) -> np.ndarray:
        """All rows of a direction by those that are not eliminated."""
        d = np.empty_like(right)
        d[rest] = part
        d[pivot] = inverse * (target - upper.sums(curvature * dual.back_others(part)))
        return d

    dual.unmet = lambda: whole_of(left, 0.0)
    return whole_of(found, right[pivot]), dual.last_count


def line_search(
    dual: Dual, y: np.ndarray, x: np.ndarray, gradient: np.ndarray, d: np.ndarray
) -> tuple[float, np.ndarray]:
    """Step along the projected path min(y + a d, 0 on ``<=`` rows) whose end slope is small or
    still uphill.

    A step so short that no variable changes by more than a thousandth is Newton's own: its end
    slope is a thousandth of the first whatever the data, while the sums of a slope that small may
    be round-off of the large rows.
    """
    bounded = dual.bounded
    reach = _reach(y, d, bounded)
    v = dual.back(d) if reach >= 1.0 else None
    if v is not None and float(np.abs(v / dual.w).max(initial=0.0)) <= _SHORT:
        return 1.0, _project(y + d, bounded)
    slope_0 = dot(gradient, d)
    if not slope_0 > 0:
        d = np.where(
            ~dual.rows.equality & (y >= 0) & (gradient >= 0),
            0.0,
            gradient / np.maximum(dual.squared @ (x / dual.w), TINY),
        )
        slope_0, reach, v = dot(gradient, d), _reach(y, d, bounded), None
        if not slope_0 > 0:
            return 0.0, y
    if reach >= 1.0:
        a = _slope_search(dual, x, dual.back(d) if v is None else v, slope_0, reach)
        return a, _project(y + a * d, bounded)
    a = 1.0
    while a > _SHORTEST:
        new = _project(y + a * d, bounded)
        s = new - y
        slope = dot(gradient, s)
        if slope > 0 and _slope(dual, x, dual.back(s), slope, 1.0) >= -_SLOPE * slope:
            return a, new
        a *= 0.5
    return 0.0, y


def _reach(y: np.ndarray, d: np.ndarray, bounded: np.ndarray | None) -> float:
    """How far along d the first ``<=`` row comes to its bound y = 0."""
    if bounded is None:
        return np.inf
    hit = bounded & (d > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.min(np.where(hit, -y / np.where(hit, d, 1.0), np.inf), initial=np.inf))


def _project(y: np.ndarray, bounded: np.ndarray | None) -> np.ndarray:
    return y if bounded is None else np.where(bounded, np.minimum(y, 0.0), y)


def _slope(dual: Dual, x: np.ndarray, v: np.ndarray, slope_0: float, a: float) -> float:
    """Slope of the dual after a step `a` along a direction with M'd = v."""
    with np.errstate(over="ignore", invalid="ignore"):
        value = slope_0 - float(np.sum(x * v * np.expm1(a * (v / dual.w))))
    return value if np.isfinite(value) else -np.inf


def _slope_search(dual: Dual, x: np.ndarray, v: np.ndarray, slope_0: float, reach: float) -> float:
    rate = v / dual.w
    top = float(np.abs(rate).max(initial=0.0))
    a = min(1.0, reach, REACH / top if top > 0 else np.inf)
    low, high = 0.0, np.inf
    for _ in range(60):
        slope = _slope(dual, x, v, slope_0, a)
        if abs(slope) <= _SLOPE * slope_0 or (slope > 0 and a >= reach):
            return a
        if slope > 0:
            low = a
        else:
            high = a
        with np.errstate(over="ignore"):
            bend = float(np.sum(x * v * rate * np.exp(np.minimum(a * rate, 700.0))))
        trial = a + slope / bend if np.isfinite(slope) and bend > 0 else -1.0
        if np.isinf(high):
            trial = min(max(trial, 1.1 * a), 10.0 * a)
        elif not low + 0.05 * (high - low) < trial < high - 0.05 * (high - low):
            trial = np.sqrt(low * high) if low > 0 else 0.1 * high
        a = min(trial, reach)
    return low
