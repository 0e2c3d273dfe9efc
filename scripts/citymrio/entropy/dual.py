"""The dual of an entropy problem on plain arrays: products with its rows, gradient, Hessian,
scaling sweeps.

The problem (class KL of the method) with variables x (n), rows M (m x n), targets t (m):

    minimise  sum_k w_k (x_k ln(x_k / q_k) - x_k + q_k)   subject to  (M x)_i = t_i  or  (M x)_i <=
    t_i,   x >= 0.

Its dual is smooth and concave in y (m), with y_i free for equalities and y_i <= 0 for ``<=`` rows:

    g(y) = t'y - sum_k w_k q_k (exp(u_k) - 1),      u = (M'y) / w,      x(y) = q exp(u),
    gradient t - M x,      Hessian -M diag(x / w) M'.

References: Erlander, S. (1981) Entropy in linear programs, Math. Program. 21. Fang, S.-C.,
Rajasekera, J. R., Tsao, H.-S. J. (1997) Entropy Optimization and Mathematical Programming, Kluwer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from .groups import Group, find_groups, pick_rows
from .precondition import Blocks, Components, Jacobi

OPTIMAL, STALLED, LIMIT, INFEASIBLE = "optimal", "stalled", "limit", "infeasible"
#: Share of a contradiction in the terms of its rows beyond which it is no round-off, and no
#: tolerance of a solve bridges it.
PROOF = 1e-6

#: Iterations that cost as much as new inverses of blocks.
_RENEW = 12


@dataclass
class Rows:
    """Rows M (m x n, CSR, no empty row), targets t, and which of them are equalities."""

    matrix: sp.csr_array
    target: np.ndarray
    equality: np.ndarray


@dataclass
class DualResult:
    """Where the ascent ended: dual y, primal x = q exp(u), status and counts.

    `drift` is the last step's change of u, `start` the dual after the first sweeps.
    """

    y: np.ndarray
    x: np.ndarray
    log: np.ndarray
    status: str
    residual: float
    gap: float
    newton: int = 0
    inner: int = 0
    sweeps: int = 0
    seconds: float = 0.0
    drift: np.ndarray | None = None
    start: np.ndarray = field(default_factory=lambda: np.zeros(0))


def dot(a: np.ndarray, b: np.ndarray) -> float:
    """Inner product by pairwise summation, the same on any number of threads (unlike BLAS)."""
    return float(np.add.reduce(a * b))


class Dual:
    """The dual function of one problem: products with M, gradient, Hessian, scaling sweeps."""

    def __init__(self, q: np.ndarray, w: np.ndarray, rows: Rows, most_groups: int = 40):
        self.q, self.w, self.rows = q, w, rows
        #: Which rows are ``<=``; None where none is.
        self.bounded = None if rows.equality.all() else ~rows.equality
        self.matrix = rows.matrix
        self.ones = bool(np.all(self.matrix.data == 1.0))
        self.magnitude = self.matrix if self.ones else abs(self.matrix)
        self.squared = self.matrix if self.ones else self.matrix.multiply(self.matrix).tocsr()
        runs = find_groups(self.matrix)
        plain = self.ones and bool(np.all(w == 1.0))
        largest = max(runs, key=lambda run: run[1] - run[0], default=(0, 0))
        needed = runs if len(runs) <= most_groups else [largest]
        made = {run: Group(self.matrix, w, run, self.ones, plain) for run in needed}
        self.groups = list(made.values()) if len(runs) <= most_groups else []
        #: The largest group, which Newton's steps eliminate, and the other rows with their
        #: transpose.
        self.upper = made[largest] if runs else Group(self.matrix, w, largest, self.ones, True)
        start, stop = largest
        self.pivot, self.rest = slice(start, stop), np.r_[0:start, stop : len(rows.target)]
        self.lower = pick_rows(self.matrix, self.rest)
        start, stop = max(
            (run for run in runs if run != largest), key=lambda run: run[1] - run[0], default=(0, 0)
        )
        self.second = np.flatnonzero((self.rest >= start) & (self.rest < stop))
        self.lower_transposed = sp.csr_array(self.lower.T)
        self.others = [made[run] for run in runs if run != largest] if self.groups else []
        if len(self.others) > 3 or not all(group.complete for group in self.others):
            self.others = []  # one product with all of them takes less time
        self.blocks: Blocks | None = None
        self.last_count = 0
        #: The part of the gradient that the last Newton step could not remove, as a direction (m,).
        self.unmet: Callable[[], np.ndarray] = lambda: np.zeros(len(rows.target))

    @cached_property
    def components(self) -> Components:
        """Components of the rows outside the largest group."""
        return Components(self.lower, self.lower_transposed, self.second)

    @cached_property
    def most(self) -> np.ndarray:
        """What a variable is at most in any feasible point (n,): a target over its factor, in rows
        of positive factors alone.
        """
        matrix, size = self.matrix, np.diff(self.matrix.indptr)
        bounding = np.repeat(
            np.bincount(np.repeat(np.arange(len(size)), size), matrix.data <= 0, len(size)) == 0,
            size,
        )
        most = np.full(matrix.shape[1], np.inf)
        limits = np.repeat(self.rows.target, size)[bounding] / matrix.data[bounding]
        np.minimum.at(most, matrix.indices[bounding], limits)
        return most

    def contradicts(self, y: np.ndarray, u: np.ndarray) -> bool:
        """Whether y (a dual, or a direction), with u = M'y / w, proves that no point is feasible
        (Farkas): t'y exceeds (M'y)'x whatever x may be.
        """
        if (y[~self.rows.equality] > 0).any():
            return False
        v, terms = u * self.w, self.rows.target * y
        with np.errstate(over="ignore", invalid="ignore"):
            reached = float(np.where(v > 0, self.most * v, 0.0).sum())
            return bool(terms.sum() - reached > PROOF * np.abs(terms).sum())

    def preconditioner(self, curvature: np.ndarray, diagonal: np.ndarray) -> Blocks | Jacobi:
        """For the Schur complement; inverses of blocks are kept for as long as they serve."""
        if not len(self.rest) or not self.components.useful:
            return Jacobi(diagonal[self.rest])
        if self.blocks is None or self.last_count > _RENEW:
            taken = curvature * self.upper.back_squared(1.0 / diagonal[self.pivot])
            left = curvature * np.maximum(1.0 - taken, 0.0)
            if not np.isfinite(
                left
            ).all():  # x has overflowed: no inverse, and the line search will step back
                return Jacobi(diagonal[self.rest])
            self.blocks = Blocks(self.components, left, diagonal[self.rest])
        return self.blocks

    def sums(self, v: np.ndarray) -> np.ndarray:
        """Mv."""
        if not self.others:
            return self.matrix @ v
        return np.concatenate([group.sums(v) for group in self.groups])

    def back(self, y: np.ndarray) -> np.ndarray:
        """M'y."""
        v = self.upper.back(y[self.pivot])
        v += self.back_others(y[self.rest])
        return v

    def sums_others(self, v: np.ndarray) -> np.ndarray:
        """M2 v, of the rows outside the largest group."""
        return (
            np.concatenate([group.sums(v) for group in self.others])
            if self.others
            else self.lower @ v
        )

    def back_others(self, y: np.ndarray) -> np.ndarray:
        """M2'y."""
        if not self.others:
            return self.lower_transposed @ y
        first, *more = self.others
        at = first.stop - first.start
        v = first.back(y[:at])
        for group in more:
            np.add(v, group.back(y[at : at + group.stop - group.start]), out=v)
            at += group.stop - group.start
        return v

    def primal(self, u: np.ndarray) -> np.ndarray:
        """x = q exp(u); infinite where it overflows."""
        with np.errstate(over="ignore"):
            x = np.exp(u)
            x *= self.q
            return x

    def log(self, y: np.ndarray) -> np.ndarray:
        """u = M'y / w, the logarithm of x / q at the dual y."""
        u = self.back(y)
        u /= self.w
        return u

    def diagonal(self, curvature: np.ndarray) -> np.ndarray:
        """Diagonal of the Hessian; 1 for rows without curvature."""
        diagonal = self.sums(curvature) if self.ones else self.squared @ curvature
        return np.where(diagonal > 0, diagonal, 1.0)

    def scale(self, x: np.ndarray, product: np.ndarray) -> np.ndarray:
        """What the residual of a row is relative to: the larger of its target and the sum of its
        terms' magnitudes.

        `product` is Mx.
        """
        return np.maximum(np.abs(self.rows.target), product if self.ones else self.magnitude @ x)

    def measure(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float, float]:
        """Gradient, largest relative residual, and duality gap relative to sum of w x."""
        product = self.sums(x)
        gradient, scale = self.rows.target - product, self.scale(x, product)
        gap = abs(dot(y, gradient)) / max(dot(self.w, x), np.finfo(float).tiny)
        wrong = np.where(self.rows.equality, np.abs(gradient), np.maximum(-gradient, 0.0))
        with np.errstate(invalid="ignore", divide="ignore"):
            relative = np.where(scale > 0, wrong / scale, 0.0)
        return gradient, float(relative.max(initial=0.0)), gap

    def sweep(self, y: np.ndarray, x: np.ndarray) -> None:
        """Move every row, group by group, to its own optimum; `y` and its x change in place."""
        for group in self.groups:
            rows = slice(group.start, group.stop)
            step = group.steps(x, self.w, self.rows.target[rows])
            free = self.rows.equality[rows]
            if not free.all():
                step = np.where(free, step, np.minimum(step, -y[rows]))
            y[rows] += step
            with np.errstate(over="ignore", invalid="ignore"):
                group.move(x, self.w, step)
