"""Margin-only problems with a dense prior, of any size: no matrix of constraints is formed.

    min KL(X|q)   subject to   sum_s X_rs = O_r ,   sum_r X_rs = I_s ,   X >= 0 ,   X_rs = 0 where q_rs = 0.

The solution is X = diag(a) q diag(b), so that every step needs products of the prior with a vector only. Scaling sweeps (RAS /
IPF) start; Newton steps on the dual (log a, log b) finish, where scaling creeps: the columns are eliminated, and conjugate
gradients solve for the rows with two products by q an iteration. The same solution as `EntropyModel` with two constraints.
The existence of a solution is a question of cuts: every set of rows S needs columns N(S) that it reaches with sum O(S) <= sum
I(N(S)) (Gale 1957). Where equality holds, the rows outside of S have next to nothing in these columns, and less with every step.

References: Bacharach, M. (1965) Estimating nonnegative matrices from marginal data, Int. Econ. Rev. 6(3). Gale, D. (1957) A
theorem on flows in networks, Pacific J. Math. 7(2). Knight, P. A., Ruiz, D. (2013) A fast algorithm for matrix balancing, IMA
J. Numer. Anal. 33(3) (Newton steps with conjugate gradients for scaling).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..base.errors import CertificateError, DataError
from ..base.solvers import BEARABLE, TOLERANCE
from ..base.threads import one_blas_thread
from ..base.tolerances import TINY
from .certificate import Certificate, kl
from .explain import conflict_error, unreached_error
from .infeasible import Conflict

#: Scaling sweeps before the first Newton step, and most Newton steps and conjugate gradients.
SWEEPS, NEWTON, GRADIENTS = 20, 60, 2000
#: Residual to which the rows are brought (that of the columns is round-off), and the least that a Newton step is solved to.
GOAL, FLOOR = 1e-14, 1e-15
#: Numbers of the prior that the certificate looks at at a time.
BLOCK = 500_000
#: Largest change of a cell's logarithm in one step, and what makes a cell 0 in double precision.
REACH, GONE = 30.0, 800.0


@dataclass(frozen=True)
class Margins:
    """Row and column sums with their names: what messages say.

    Attributes
    ----------
    rows, columns
        O (R) and I (S), >= 0.
    row_labels, column_labels
        Labels in the same order.
    names
        What the two margins are called.
    title
        What is estimated and where: every error starts with it.
    """

    rows: np.ndarray
    columns: np.ndarray
    row_labels: Sequence[str]
    column_labels: Sequence[str]
    names: tuple[str, str] = ("outflow", "inflow")
    title: str = "margins"

    @property
    def target(self) -> np.ndarray:
        """Rows, then columns (R + S)."""
        return np.concatenate([self.rows, self.columns])

    def describe(self, row: int) -> tuple[str, str]:
        """Name of the margin and label of a row of the problem."""
        k = row - len(self.rows)
        return (self.names[0], self.row_labels[row]) if k < 0 else (self.names[1], self.column_labels[k])


@dataclass
class MarginSolution:
    """X (R, S), the dual of rows and columns, and the certificate, computed from these alone."""

    x: np.ndarray
    row_dual: np.ndarray
    column_dual: np.ndarray
    certificate: Certificate


@dataclass
class _State:
    """Factors a, b, the sums of rows and columns that they give, and counts."""

    a: np.ndarray
    b: np.ndarray
    sums: np.ndarray = field(default_factory=lambda: np.zeros(0))
    count: int = 0


@one_blas_thread
def fit_margins(prior: np.ndarray, margins: Margins, *, tol: float = TOLERANCE, out: np.ndarray | None = None) -> MarginSolution:
    """The matrix nearest to a prior in the sense of Kullback-Leibler that has given row and column sums.

    Parameters
    ----------
    prior
        q (R, S) >= 0; it is not changed.
    margins
        Sums and labels.
    tol
        What the certificate must keep: largest relative residual and gap.
    out
        Where X is written (R, S).

    Raises
    ------
    InfeasibleError
        Sums that disagree, a row or column that no cell of the prior serves, or a set of rows that needs more than the columns
        it reaches; named with amounts.
    CertificateError
        The certificate misses `tol`.

    Examples
    --------
    >>> margins = Margins(np.array([30.0, 10.0]), np.array([24.0, 16.0]), ["north", "south"], ["north", "south"])
    >>> solution = fit_margins(np.ones((2, 2)), margins)
    >>> solution.x.round(6)
    array([[18., 12.],
           [ 6.,  4.]])
    >>> solution.certificate.passes(1e-12)
    True
    """
    clock = time.perf_counter()
    _refuse(prior, margins)
    rows, columns = margins.rows > 0, margins.columns > 0
    whole = bool(rows.all() and columns.all())
    q = prior if whole else prior * rows[:, None] * columns
    y, z = np.where(rows, 0.0, -GONE), np.where(columns, 0.0, -GONE)
    state = _State(rows.astype(float), columns.astype(float))
    settled = _ascend(q, margins, state, tol)
    if not settled:
        _refuse_cut(q, margins, state)
    with np.errstate(divide="ignore"):
        y, z = np.where(rows, np.log(state.a), y), np.where(columns, np.log(state.b), z)
    x = np.multiply(q, state.a[:, None], out=out)
    x *= state.b
    facts = {"iterations": state.count, "seconds": time.perf_counter() - clock, "status": "optimal" if settled else "stalled"}
    certificate = certify_margins(x, y, z, prior, margins, **facts)
    if not certificate.passes(tol):
        name, label = margins.describe(certificate.worst)
        raise CertificateError(
            f"residual {certificate.residual:.1e} ('{name}' at {label}), gap {certificate.relative_gap:.1e}, allowed {tol:.1e}",
            where=margins.title,
            fix="look for margins that leave next to no room, or a prior that differs beyond all measure between its cells.",
        )
    return MarginSolution(x, y, z, certificate)


def _refuse(prior: np.ndarray, margins: Margins) -> None:
    """Stop at sums that disagree, and at rows and columns that no cell serves."""
    if (
        prior.shape != (len(margins.rows), len(margins.columns))
        or not prior.min(initial=0.0) >= 0
        or not np.isfinite(prior.sum())
    ):
        raise DataError(
            f"a prior of shape {prior.shape} from {prior.min():.6g}, expected numbers >= 0 of shape "
            f"{(len(margins.rows), len(margins.columns))}",
            where=margins.title,
        )
    totals = margins.rows.sum(), margins.columns.sum()
    if not abs(totals[0] - totals[1]) <= BEARABLE * max(totals):
        sign = np.sign(totals[0] - totals[1])
        factors = np.concatenate([np.full(len(margins.rows), sign), np.full(len(margins.columns), -sign)])
        _raise(margins, np.arange(len(factors)), factors)
    reached = np.concatenate([prior @ (margins.columns > 0), (margins.rows > 0) @ prior])
    wrong = np.flatnonzero(((margins.target > 0) & (reached == 0)) | ~(margins.target >= 0))
    if len(wrong):
        raise unreached_error(margins.title, margins, wrong)


def _raise(margins: Margins, rows: np.ndarray, factors: np.ndarray) -> None:
    weighted = margins.target[rows] * factors
    amount = float(weighted.sum())
    raise conflict_error(margins.title, margins, Conflict(rows, factors, amount, amount / max(np.abs(weighted).sum(), TINY)))


def _ascend(q: np.ndarray, margins: Margins, state: _State, tol: float) -> bool:
    """Scaling sweeps, then Newton steps, each followed by a sweep; whether the rows have settled."""
    best, since = np.inf, 0
    for step in range(SWEEPS + NEWTON):
        if step >= SWEEPS:
            _newton(q, margins, state)
        state.count += 1
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            for factor, other, target, matrix in (
                (state.a, state.b, margins.rows, q),
                (state.b, state.a, margins.columns, q.T),
            ):
                factor[:] = np.where(target > 0, target / (matrix @ other), 0.0)
        state.sums = state.a * (q @ state.b)
        with np.errstate(divide="ignore", invalid="ignore"):
            gap = np.where(margins.rows > 0, np.abs(state.sums - margins.rows) / margins.rows, 0.0)
        residual = float(gap.max(initial=0.0))
        if not np.isfinite(residual):
            return False
        since = 0 if step <= SWEEPS or residual < 0.5 * best else since + 1
        best = min(best, residual)
        if residual <= GOAL or (residual <= 0.01 * tol and since > 1):
            return True
        if since > 8:
            return residual <= tol
    return residual <= tol


def _newton(q: np.ndarray, margins: Margins, state: _State) -> None:
    """One Newton step on the dual, shortened until its end slope is small; the factors change in place."""
    a, b = state.a, state.b
    rows, columns = state.sums, b * (a @ q)
    right, below = margins.rows - rows, margins.columns - columns
    inverse = np.divide(1.0, columns, out=np.zeros_like(columns), where=columns > 0)
    squared = np.einsum("rs,rs,s->r", q, q, b * b * inverse) * a * a
    diagonal = np.where(rows > 0, np.maximum(rows - squared, 1e-3 * rows), 1.0)

    def schur(v: np.ndarray) -> np.ndarray:
        return rows * v - a * (q @ (b * inverse * b * ((a * v) @ q)))

    goal = max(1e-10, min(1e-2, float(np.abs(right / np.maximum(rows, TINY)).max())))
    d = _gradients(schur, diagonal, right - a * (q @ (b * inverse * below)), goal)
    e = inverse * (below - b * ((a * d) @ q))
    slope = right @ d + below @ e
    length = min(1.0, REACH / max(float(np.abs(d).max() + np.abs(e).max()), TINY))
    for _ in range(40):
        with np.errstate(over="ignore", invalid="ignore"):
            new_a, new_b = a * np.exp(length * d), b * np.exp(length * e)
            end = (margins.rows - new_a * (q @ new_b)) @ d + (margins.columns - new_b * (new_a @ q)) @ e
        if end >= -0.5 * abs(slope) and np.isfinite(new_a).all() and np.isfinite(new_b).all():
            state.a, state.b = new_a, new_b
            return
        length *= 0.5


def _gradients(apply: Callable[[np.ndarray], np.ndarray], diagonal: np.ndarray, right: np.ndarray, goal: float) -> np.ndarray:
    """Conjugate gradients with the diagonal as preconditioner, until every row's residual has fallen to `goal` of the largest.

    The system is singular (one margin implies the last row of the other); what of the right-hand side lies outside of its range
    is round-off: where it is all that is left the iteration goes astray, and the best step so far counts.
    """
    d, r = np.zeros_like(right), right.copy()
    z = r / diagonal
    p, rho = z.copy(), float(r @ z)
    kept, best = d.copy(), float(np.abs(z).max())
    least = max(goal * best, FLOOR)
    for _ in range(GRADIENTS):
        image = apply(p)
        curvature = float(p @ image)
        if not curvature > 1e-15 * float(p @ (diagonal * p)):
            break
        d += rho / curvature * p
        r -= rho / curvature * image
        z = r / diagonal
        rho, old = float(r @ z), rho
        largest = float(np.abs(z).max())
        if largest < best:
            kept, best = d.copy(), largest
        if largest <= least or largest > 1e3 * best:
            break
        p = z + rho / old * p
    return kept


def _refuse_cut(q: np.ndarray, margins: Margins, state: _State) -> None:
    """Stop at rows that need more than the columns that they reach have.

    Where there are such rows the dual diverges, and orders them: sets of the largest factors are tried.
    """
    used = np.flatnonzero(margins.rows > 0)
    with np.errstate(over="ignore", invalid="ignore"):
        score = np.nan_to_num(state.a * (q @ margins.columns) / np.maximum(margins.rows, TINY), nan=np.inf)
    inside, reached = np.zeros(len(score), dtype=bool), np.zeros(q.shape[1], dtype=bool)
    need, most, found = 0.0, BEARABLE * margins.rows.sum(), None
    for r in used[np.argsort(-score[used], kind="stable")]:
        inside[r] = True
        reached |= q[r] > 0
        need += margins.rows[r]
        if need - margins.columns[reached].sum() > most:
            most, found = need - margins.columns[reached].sum(), np.concatenate([inside, reached])
    if found is not None:
        factors = np.concatenate([np.ones(len(inside)), -np.ones(len(reached))])
        _raise(margins, np.flatnonzero(found), factors[found])


def certify_margins(
    x: np.ndarray, row_dual: np.ndarray, column_dual: np.ndarray, prior: np.ndarray, margins: Margins, **facts: object
) -> Certificate:
    """Certificate of X (R, S) and the duals of rows and columns, as `certify` has it, a block of rows at a time."""
    row_sums, column_sums, total = np.empty(x.shape[0]), np.zeros(x.shape[1]), float(x.sum())
    objective = distance = entropy = 0.0
    step = max(1, BLOCK // max(x.shape[1], 1))
    for start in range(0, x.shape[0], step):
        part = slice(start, start + step)
        cells, q = x[part], prior[part]
        with np.errstate(over="ignore"):
            implied = q * np.exp(row_dual[part, None] + column_dual)
        objective += float(kl(cells, q).sum())
        distance += float(kl(cells, implied).sum())
        share = cells[cells > 0] / total
        entropy -= float(np.sum(share * np.log(share)))
        row_sums[part] = cells.sum(axis=1)
        column_sums += cells.sum(axis=0)
    sums = np.concatenate([row_sums, column_sums])
    excess, scale = sums - margins.target, np.maximum(margins.target, sums)
    wrong = np.abs(np.divide(excess, scale, out=np.zeros_like(excess), where=scale > 0))
    gap = distance + float(np.sum(np.concatenate([row_dual, column_dual]) * excess))
    return Certificate(
        relative_gap=abs(gap) / max(abs(objective), total, np.finfo(float).tiny) if np.isfinite(gap) else np.inf,
        residual=float(wrong.max(initial=0.0)),
        violation=0.0,
        entropy=entropy,
        objective=objective,
        worst=int(np.argmax(wrong)) if len(wrong) else -1,
        variables=x.size,
        constraints=len(sums),
        **facts,  # type: ignore[arg-type]
    )
