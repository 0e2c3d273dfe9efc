"""Newton-CG on the dual of an entropy problem: the kernel, on plain arrays.

The problem (class KL of the method) with variables x (n), rows M (m x n), targets t (m):

    minimise  sum_k w_k (x_k ln(x_k / q_k) - x_k + q_k)   subject to  (M x)_i = t_i  or  (M x)_i <= t_i,   x >= 0.

Its dual is smooth and concave in y (m), with y_i free for equalities and y_i <= 0 for ``<=`` rows:

    g(y) = t'y - sum_k w_k q_k (exp(u_k) - 1),      u = (M'y) / w,      x(y) = q exp(u),
    gradient t - M x,      Hessian -M diag(x / w) M'.

Three tools find its maximum:

- *Scaling sweeps* start it. Rows that share no variable form a group, whose block of the Hessian is diagonal: each row of
  a group is moved to its own optimum (in closed form for rows of ones: RAS / IPF; the quadratic form of GRAS for rows of
  both signs).
- *Newton steps* finish it. H d = gradient is solved by preconditioned conjugate gradients with two products by M an
  iteration, never forming H; the largest group of rows, whose block of H is diagonal, is eliminated first, and only the Schur
  complement of the others is iterated on. Redundant rows (totals implied by others) make H singular but consistent, which
  conjugate gradients tolerate. ``<=`` rows follow projected Newton (Bertsekas 1982): rows at their bound whose gradient keeps
  them there are left out of the system.
- *The line search* looks at the slope, never at the value of g. Along a direction d the slope is
  s(a) = gradient'd - sum_k x_k (M'd)_k (exp(a (M'd)_k / w_k) - 1): it is computed without cancellation, so that it is exact to
  round-off where differences of g are long lost. As g is concave, a step that ends with a slope between -s(0)/2 and s(0)/2
  has passed most of the way to the maximum on the line; a safeguarded Newton iteration on s finds one.

References: Bertsekas, D. P. (1982) Projected Newton methods for optimization problems with simple constraints, SIAM J.
Control Optim. 20(2). Erlander, S. (1981) Entropy in linear programs, Math. Program. 21. Fang, S.-C., Rajasekera, J. R.,
Tsao, H.-S. J. (1997) Entropy Optimization and Mathematical Programming, Kluwer. Junius, T., Oosterhaven, J. (2003) The
solution of updating or regionalizing a matrix with both positive and negative entries, Econ. Syst. Res. 15(1).
Dembo, R. S., Eisenstat, S. C., Steihaug, T. (1982) Inexact Newton methods, SIAM J. Numer. Anal. 19(2).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy.sparse as sp

OPTIMAL, STALLED, LIMIT = "optimal", "stalled", "limit"

#: Slope fraction at which a line search stops.
_SLOPE = 0.5
#: Largest change of a variable's logarithm in one step: one that has underflowed has no curvature to come back by.
REACH = 30.0


@dataclass
class Rows:
    """Rows M (m x n, CSR, no empty row), targets t, and which of them are equalities."""

    matrix: sp.csr_array
    target: np.ndarray
    equality: np.ndarray


@dataclass
class DualResult:
    """Where the ascent ended: dual y, primal x = q exp(u), status and counts; `drift` is the last step's change of u,
    `start` the dual after the first sweeps.
    """

    y: np.ndarray
    x: np.ndarray
    log: np.ndarray
    status: str
    residual: float
    gap: float
    newton: int = 0
    cg: int = 0
    sweeps: int = 0
    seconds: float = 0.0
    drift: np.ndarray | None = None
    start: np.ndarray | None = None
    history: list = field(default_factory=list)


def dot(a: np.ndarray, b: np.ndarray) -> float:
    """Inner product by pairwise summation, the same on any number of threads (unlike BLAS)."""
    return float(np.sum(a * b))


def groups(matrix: sp.csr_array) -> list[tuple[int, int]]:
    """Runs of consecutive rows that share no variable, greedily."""
    m = matrix.shape[0]
    columns = matrix.tocsc()
    columns.sort_indices()
    previous = np.concatenate(([-1], columns.indices[:-1]))
    starts = columns.indptr[:-1]
    previous[starts[starts < len(previous)]] = -1
    latest = np.full(m, -1)
    np.maximum.at(latest, columns.indices, previous)
    runs, start = [], 0
    while start < m:
        clash = np.flatnonzero(latest[start + 1 :] >= start)
        stop = start + 1 + int(clash[0]) if len(clash) else m
        runs.append((start, stop))
        start = stop
    return runs


class Dual:
    """The dual function of one problem: products with M, gradient, Hessian, scaling sweeps."""

    def __init__(self, q: np.ndarray, w: np.ndarray, rows: Rows, most_groups: int = 40):
        self.q, self.w, self.rows = q, w, rows
        self.matrix = rows.matrix
        ones = bool(np.all(self.matrix.data == 1.0))
        self.magnitude = self.matrix if ones else abs(self.matrix)
        self.squared = self.matrix if ones else self.matrix.multiply(self.matrix).tocsr()
        runs = groups(self.matrix)
        plain = ones and bool(np.all(w == 1.0))
        self.blocks = [Block(self.matrix, w, run, plain) for run in runs] if len(runs) <= most_groups else []
        start, stop = max(runs, key=lambda run: run[1] - run[0], default=(0, 0))
        self.pivot, self.rest = slice(start, stop), np.r_[0:start, stop : len(rows.target)]
        block = next((block for block in self.blocks if block.start == start), None)
        upper, lower = self.matrix[start:stop] if block is None else block.matrix, self.matrix[self.rest]
        self.parts = upper, sp.csr_array(upper.T) if block is None else block.back, lower, sp.csr_array(lower.T)

    @cached_property
    def transposed(self) -> sp.csr_array:
        """M' (n x m)."""
        return sp.csr_array(self.matrix.T)

    def back(self, y: np.ndarray) -> np.ndarray:
        """M'y."""
        _, upper, _, lower = self.parts
        return upper @ y[self.pivot] + lower @ y[self.rest]

    def primal(self, u: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            return self.q * np.exp(u)

    def log(self, y: np.ndarray) -> np.ndarray:
        return self.back(y) / self.w

    def gradient(self, x: np.ndarray) -> np.ndarray:
        return self.rows.target - self.matrix @ x

    def scale(self, x: np.ndarray) -> np.ndarray:
        """What the residual of a row is relative to: the larger of its target and the sum of its terms' magnitudes."""
        return np.maximum(np.abs(self.rows.target), self.magnitude @ x)

    def measure(self, x: np.ndarray, y: np.ndarray, gradient: np.ndarray) -> tuple[float, float]:
        """Largest relative residual, and duality gap relative to sum of w x."""
        scale = self.scale(x)
        gap = abs(dot(y, gradient)) / max(dot(self.w, x), np.finfo(float).tiny)
        wrong = np.where(self.rows.equality, np.abs(gradient), np.maximum(-gradient, 0.0))
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = np.where(scale > 0, wrong / scale, 0.0)
        return float(relative.max(initial=0.0)), gap

    def sweep(self, y: np.ndarray, x: np.ndarray) -> np.ndarray:
        """Move every row, group by group, to its own optimum; `y` changes in place. Returns x at the new y."""
        for block in self.blocks:
            rows = slice(block.start, block.stop)
            step = block.steps(x, self.w, self.rows.target[rows])
            free = self.rows.equality[rows]
            if not free.all():
                step = np.where(free, step, np.minimum(step, -y[rows]))
            y[rows] += step
            with np.errstate(over="ignore", invalid="ignore"):
                if block.outside is None:
                    x = x * np.exp((block.back @ step) / self.w)
                else:  # one exponential a row; 1 + expm1(step) would lose what a long step leaves
                    x = x * (block.outside + block.back @ np.exp(step))
        return x


class Block:
    """A group of rows that share no variable: the Hessian's block is diagonal."""

    def __init__(self, matrix: sp.csr_array, w: np.ndarray, run: tuple[int, int], plain: bool):
        self.start, self.stop = run
        self.matrix = matrix[self.start : self.stop]
        self.back = sp.csr_array(self.matrix.T)
        self.plain, self.signed = plain, False
        #: Rows of ones and weights of 1 alone: 1 for the variables in none of the rows, else 0.
        self.outside = 1.0 - self.back @ np.ones(self.stop - self.start) if plain else None
        if plain:
            return
        rate = self.matrix.data / w[self.matrix.indices]
        self.signed, self.plain = bool(np.any(rate < 0)), bool(np.all(rate == 1.0))
        self.squared = self.matrix.multiply(self.matrix).tocsr()
        self.largest = np.maximum.reduceat(np.abs(rate), self.matrix.indptr[:-1])
        if self.signed:
            self.positive, self.negative = sp.csr_array(self.matrix.maximum(0)), sp.csr_array((-self.matrix).maximum(0))

    def steps(self, x: np.ndarray, w: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Steps d towards sum_k a_k x_k exp(a_k d / w_k) = target, row by row (exact where a_k / w_k is one number)."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if self.plain:
                step = np.log(target / (self.matrix @ x))
            elif not self.signed:
                total = self.matrix @ x
                rate = (self.squared @ (x / w)) / total
                step = np.log(target / total) / rate
                step = np.where(step > 0, np.log(target / total) / self.largest, step)
            else:
                up, down = self.positive @ x, self.negative @ x
                root = np.hypot(target, 2.0 * np.sqrt(up * down))
                high = np.where(target >= 0, (target + root) / (2 * up), 2 * down / (root - target))
                step = np.log(np.where(up > 0, high, -down / target)) / self.largest
        return np.where(np.isfinite(step), np.clip(step, -300.0, 300.0), 0.0)


def conjugate_gradients(apply, diagonal, right, goal, most):
    """Solve apply(d) = right by conjugate gradients with Jacobi preconditioner, until the largest residual relative to its
    own diagonal is at most `goal` (so that small margins count as much as large ones).

    Returns the solution and the number of iterations; stops early where the curvature is lost in round-off (the
    direction of a redundant row).
    """
    inverse = 1.0 / diagonal
    d = np.zeros_like(right)
    r = right.copy()
    z = inverse * r
    p = z.copy()
    rho = dot(r, z)
    count = 0
    best, best_rho, shrunk = d, rho, False
    energy = gained = 0.0
    window = 5
    while count < most and rho > 0:
        if count >= window:
            if gained <= 0.01 * energy and np.abs(z).max() <= goal:
                break
            window, gained = count + max(5, count // 4), 0.0
        hp = apply(p)
        curvature = dot(p, hp)
        if not curvature > 1e-15 * dot(p, diagonal * p):
            break
        a = rho / curvature
        d = d + a * p
        r -= a * hp
        energy += a * rho
        gained += a * rho
        z = inverse * r
        rho, old = dot(r, z), rho
        p = z + (rho / old) * p
        count += 1
        if rho < best_rho:
            best, best_rho, shrunk = d, rho, True
        elif rho > 1e6 * best_rho and shrunk:  # round-off along a redundant row grows
            return best, count
    return d, count


def maximise(
    q: np.ndarray,
    w: np.ndarray,
    rows: Rows,
    *,
    tol: float = 1e-12,
    gap_tol: float | None = None,
    max_iterations: int = 100_000,
    sweeps: int = 10,
) -> DualResult:
    """Maximise the dual until the largest relative residual is at most `tol` and the relative gap at most `gap_tol`.

    Scaling sweeps, then projected Newton steps; if there are ``<=`` rows and the steps do not settle, a barrier method.
    """
    clock = time.perf_counter()
    gap_tol = tol if gap_tol is None else gap_tol
    dual = Dual(q, w, rows)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if rows.equality.all():
            result = _projected_newton(dual, tol, gap_tol, max_iterations, sweeps, patience=40)
        else:
            result = _projected_newton(dual, tol, gap_tol, min(max_iterations, 12 + sweeps), sweeps, patience=8)
            if result.status != OPTIMAL and max_iterations > result.newton + result.sweeps:
                from .barrier import maximise_with_barrier

                start = result.start
                left = max_iterations - result.newton - result.sweeps
                follow = maximise_with_barrier(dual, start, tol=tol, gap_tol=gap_tol, max_iterations=left)
                follow.newton, follow.cg, follow.sweeps = follow.newton + result.newton, follow.cg + result.cg, result.sweeps
                result = follow
    result.seconds = time.perf_counter() - clock
    return result


def _projected_newton(dual, tol, gap_tol, max_iterations, sweeps, patience) -> DualResult:
    m = len(dual.rows.target)
    y, x = np.zeros(m), dual.q.copy()
    u = np.zeros(len(x))
    result = DualResult(y, x, u, LIMIT, np.inf, np.inf)
    most_cg = max(200, min(4 * m, 5000))
    best, best_slope, since = np.inf, np.inf, 0
    extra, before = sweeps, u.copy()
    while True:
        for _ in range(extra if dual.blocks else 0):
            x = dual.sweep(y, x)
            result.sweeps += 1
        if result.newton == 0:
            result.start = y.copy()
        u = dual.log(y)
        x = dual.primal(u)
        gradient = dual.gradient(x)
        residual, gap = dual.measure(x, y, gradient)
        result.history.append((residual, gap, float(np.abs(y).max(initial=0.0))))
        done = residual <= tol and gap <= gap_tol
        since = 0 if residual < 0.5 * best else since + 1
        best = min(best, residual)
        if done or result.newton + result.sweeps >= max_iterations or since > patience:
            result.status = OPTIMAL if done else (STALLED if since > patience else LIMIT)
            break
        before = u
        y, a, count, slope = _newton_step(dual, y, x, gradient, residual, tol, most_cg)
        x = dual.primal(dual.log(y)) if a < 0.5 else x
        since = 0 if slope < 0.5 * best_slope else since
        best_slope = min(best_slope, slope)
        result.newton += 1
        result.cg += count
        extra = 0 if a >= 0.5 else 1
    result.y, result.x, result.log, result.residual, result.gap = y, x, u, residual, gap
    result.drift = u - before
    return result


def _newton_step(dual, y, x, gradient, residual, tol, most_cg):
    """One projected Newton step with a slope line search: new y, step length, CG iterations, slope at the start."""
    held = ~dual.rows.equality & (y >= 0) & (gradient >= 0)
    free = ~held
    curvature = x / dual.w
    diagonal = dual.squared @ curvature
    diagonal = np.where(diagonal > 0, diagonal, 1.0)
    right = np.where(free, gradient, 0.0)
    tolerance = min(1e-2, max(1e-8, residual, 0.03 * tol / residual if residual > 0 else 0.0))
    goal = tolerance * float(np.abs(right / diagonal).max(initial=0.0))
    d, count = _direction(dual, curvature, diagonal, right, free, goal, most_cg)
    a, y_new = line_search(dual, y, x, gradient, d)
    return y_new, a, count, dot(gradient, d)


def _direction(dual, curvature, diagonal, right, free, goal, most):
    """Solve H d = right on the free rows: the pivot rows are eliminated, conjugate gradients solve for the others."""
    upper, upper_t, lower, lower_t = dual.parts
    pivot, rest = dual.pivot, dual.rest
    free_upper, free_lower = free[pivot], free[rest]
    inverse = np.where(free_upper, 1.0 / diagonal[pivot], 0.0)
    whole = bool(free_lower.all())

    def schur(p):
        v = lower_t @ p
        v -= upper_t @ (inverse * (upper @ (curvature * v)))
        product = lower @ (curvature * v)
        return product if whole else np.where(free_lower, product, 0.0)

    reduced = right[rest] - lower @ (curvature * (upper_t @ (inverse * right[pivot])))
    d = np.empty_like(right)
    d[rest], count = conjugate_gradients(schur, diagonal[rest], np.where(free_lower, reduced, 0.0), goal, most)
    d[pivot] = inverse * (right[pivot] - upper @ (curvature * (lower_t @ d[rest])))
    return d, count


def line_search(dual, y, x, gradient, d):
    """Step along the projected path min(y + a d, 0 on ``<=`` rows) whose end slope is small or still uphill."""
    bounded = ~dual.rows.equality
    slope_0 = dot(gradient, d)
    if not slope_0 > 0:
        d = np.where(bounded & (y >= 0) & (gradient >= 0), 0.0, gradient / np.maximum(dual.squared @ (x / dual.w), 1e-300))
        slope_0 = dot(gradient, d)
        if not slope_0 > 0:
            return 0.0, y
    hit = bounded & (d > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        reach = np.min(np.where(hit, -y / np.where(hit, d, 1.0), np.inf), initial=np.inf)
    if reach >= 1.0:
        a = _slope_search(dual, x, dual.back(d), slope_0, reach)
        return a, _project(y + a * d, bounded)
    a = 1.0
    while a > 1e-12:
        new = _project(y + a * d, bounded)
        s = new - y
        slope = dot(gradient, s)
        if slope > 0 and _slope(dual, x, dual.back(s), slope, 1.0) >= -_SLOPE * slope:
            return a, new
        a *= 0.5
    return 0.0, y


def _project(y, bounded):
    return np.where(bounded, np.minimum(y, 0.0), y)


def _slope(dual, x, v, slope_0, a):
    """Slope of the dual after a step `a` along a direction with M'd = v."""
    with np.errstate(over="ignore", invalid="ignore"):
        value = slope_0 - float(np.sum(x * v * np.expm1(a * (v / dual.w))))
    return value if np.isfinite(value) else -np.inf


def _slope_search(dual, x, v, slope_0, reach):
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
