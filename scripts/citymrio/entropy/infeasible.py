"""Why a problem has no solution, or only solutions with zeros: rays of the dual, made exact.

By Farkas' lemma, ``Mx = t`` (``<=`` on some rows), x >= 0 has no solution exactly if there are row
factors d, d <= 0 on ``<=`` rows, with M'd <= 0 on every variable and t'd > 0: the rows with d != 0
contradict each other and t'd is the amount by which. If t'd = 0, the variables with (M'd)_k < 0 are
0 in every feasible point: such a problem has solutions only at the boundary, where the dual has no
maximum. Both kinds of rays are found numerically (least squares for totals that disagree, a linear
program otherwise), rounded to simple numbers, and believed only after the conditions have been
checked on the data.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, lsmr

#: t'd below this share of sum |t d| is the rounding of the data, not a conflict.
ROUNDING = 2e-13
#: Share of a ray's largest factor below which a factor, or a product with a column, is noise of the
#: linear program.
NOISE = 1e-9
#: Tolerance of least squares: round-off.
LEAST_SQUARES = 1e-15
#: Share of the right-hand side below which the residual of least squares is round-off: the rows do
#: not disagree.
AGREE = 1e-14
#: Value of a linear program (of rays of size 1) below which it has found no ray.
NO_RAY = 1e-12
#: Share of sum |t d| that a conflict must exceed where M'd is above 0 by noise.
CLEAR = 1e-6
#: Largest number of variables for which the linear program is tried.
MOST_VARIABLES = 150_000
#: Seconds allowed to the linear program.
SECONDS = 60.0


@dataclass(frozen=True)
class Conflict:
    """Rows of a contradiction, their factors d (largest magnitude 1) and the amount t'd in the unit
    of the targets.
    """

    rows: np.ndarray
    factors: np.ndarray
    amount: float
    relative: float


def find_conflict(
    matrix: sp.csr_array,
    target: np.ndarray,
    equality: np.ndarray,
    alive: np.ndarray,
    hint: np.ndarray | None = None,
    proven: np.ndarray | None = None,
) -> Conflict | None:
    """A contradiction between rows, or None if none can be shown (variables outside `alive` are 0).

    `proven` is a ray found before: if it holds on these data it is the answer. `hint` is one more
    ray to try, last.
    """
    part = sp.csr_array(matrix[:, np.flatnonzero(alive)])
    if proven is not None:
        conflict = _worst(part, target, equality, proven)
        if conflict is not None:
            return conflict
    for d in _candidates(part, target, equality, hint):
        conflict = _worst(part, target, equality, d)
        for lead in (
            _leads(target, d)
            if conflict is None
            else _leads(target, _dense(conflict, len(target)))[:1]
        ):
            smaller = _fewer(
                part,
                target,
                equality,
                d if conflict is None else _dense(conflict, len(target)),
                lead,
            )
            if smaller is not None and (conflict is None or len(smaller.rows) < len(conflict.rows)):
                conflict = smaller
                break
        if conflict is not None:
            return conflict
    return None


def _dense(conflict: Conflict, count: int) -> np.ndarray:
    d = np.zeros(count)
    d[conflict.rows] = conflict.factors
    return d


def _leads(target: np.ndarray, d: np.ndarray) -> list[int]:
    """Rows of a ray worth keeping: the largest term t d, and the largest factors among the rows
    that ask (t d > 0).
    """
    asks = target * d
    order = np.argsort(-np.where(asks > 0, np.abs(d), 0.0), kind="stable")
    return (
        [int(np.argmax(asks)), *(int(i) for i in order[:3] if asks[i] > 0)]
        if np.any(asks > 0)
        else []
    )


def find_ray(
    matrix: sp.csr_array, target: np.ndarray, equality: np.ndarray, suspects: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float] | None:
    """A ray d with M'd < 0 on as many `suspects` as possible, M'd = 0 elsewhere and t'd >= 0:
    (those variables, d, t'd).

    t'd = 0 (to the rounding of the data) proves that these variables are 0 in every feasible point;
    t'd > 0 that there is no feasible point. None if there is no such ray.
    """
    m, n = matrix.shape
    if n > MOST_VARIABLES or not suspects.any():
        return None
    columns = sp.csr_array(matrix.T)
    some, rest = np.flatnonzero(suspects), np.flatnonzero(~suspects)
    count = len(some)
    share = target / max(float(np.abs(target).max(initial=0.0)), np.finfo(float).tiny)
    upper = sp.vstack(
        (
            sp.hstack((columns[some], sp.eye_array(count))),
            sp.hstack((sp.csr_array(-share[None, :]), sp.csr_array((1, count)))),
        )
    )
    equal = sp.hstack((columns[rest], sp.csr_array((len(rest), count))))
    answer = linprog(
        np.concatenate((np.zeros(m), -np.ones(count))),
        A_ub=upper.tocsc(),
        b_ub=np.zeros(count + 1),
        A_eq=equal.tocsc(),
        b_eq=np.zeros(len(rest)),
        bounds=[(-64.0, 64.0 if e else 0.0) for e in equality] + [(0.0, 1.0)] * count,
        method="highs",
        options={"time_limit": SECONDS},
    )
    if answer.x is None:
        return None
    for d in _rounded_rays(answer.x[:m]):
        v = columns @ d
        slack = NOISE * float(np.abs(d).max(initial=0.0))
        dead = suspects & (v < -1e3 * slack)
        fits = np.all(v <= slack) and np.all(v[~suspects] >= -slack) and np.all(d[~equality] <= 0)
        amount, mass = float(np.sum(target * d)), float(np.sum(np.abs(target * d)))
        if fits and dead.any() and amount >= -10 * ROUNDING * mass:
            return dead, d, amount if amount > 10 * ROUNDING * mass else 0.0
    return None


def _candidates(
    part: sp.csr_array, target: np.ndarray, equality: np.ndarray, hint: np.ndarray | None
) -> Iterator[np.ndarray]:
    yield from _disagreement(part, target, equality)
    if part.shape[1] <= MOST_VARIABLES:
        yield from _program(part, target, equality)
    if hint is not None:
        yield hint


def _disagreement(
    part: sp.csr_array, target: np.ndarray, equality: np.ndarray
) -> Iterator[np.ndarray]:
    """Factors d with M'd = 0 and t'd > 0 of equalities that no x of any sign can satisfy together.

    The residual of least squares is such a d, but mixes all rows; projecting again with each row
    scaled by its own |d| (FOCUSS: Gorodnitsky and Rao 1997) concentrates it on few.
    """
    size = np.abs(target)
    scale = np.sqrt(np.where(size > 0, size, size[size > 0].min(initial=1.0)))
    first = d = _projection(part, target, np.where(equality, scale, np.inf), 500)
    for _ in range(8):
        top = float(np.abs(d).max(initial=0.0))
        if top == 0 or not np.isfinite(top):
            break
        with np.errstate(divide="ignore"):
            scale = np.where(np.abs(d) > 1e-5 * top, top / np.abs(d), np.inf)
        d = _projection(part, target, scale, 150)
    if np.any(d):
        with np.errstate(divide="ignore"):
            d = _projection(
                part,
                target,
                np.where(np.abs(d) > 1e-3 * np.abs(d).max(), np.abs(d).max() / np.abs(d), np.inf),
                2000,
            )
    yield d
    yield first


def _projection(part: sp.csr_array, target: np.ndarray, scale: np.ndarray, most: int) -> np.ndarray:
    """Projection of t / scale onto the null space of the rows (scale infinite: row left out), as
    factors of the rows.
    """
    d, rows = np.zeros(len(target)), np.flatnonzero(np.isfinite(scale))
    scale = scale[rows]
    block = sp.csr_array(sp.diags_array(1.0 / scale) @ part[rows])
    norm = np.sqrt(np.asarray(block.multiply(block).sum(axis=0))).ravel()
    used = np.flatnonzero(norm)
    block = sp.csr_array(block[:, used] @ sp.diags_array(1.0 / norm[used]))
    back = sp.csr_array(block.T)
    operator = LinearOperator(
        block.shape, matvec=lambda v: block @ v, rmatvec=lambda v: back @ v, dtype=float
    )
    right = target[rows] / scale
    left = (
        right
        - block
        @ lsmr(operator, right, atol=LEAST_SQUARES, btol=LEAST_SQUARES, conlim=0, maxiter=most)[0]
    )
    if np.linalg.norm(left) > AGREE * np.linalg.norm(right):
        d[rows] = left / scale
    return d


def _program(part: sp.csr_array, target: np.ndarray, equality: np.ndarray) -> Iterator[np.ndarray]:
    """Extreme rays: max t'd subject to M'd <= 0, sum of |t d| = 1, in relative and in absolute
    scaling of the rows.
    """
    size = np.abs(target)
    floor = size[size > 0].min(initial=1.0)
    for scale in (np.where(size > 0, size, floor), np.full(len(target), size.max(initial=1.0))):
        columns = sp.csr_array(part.T @ sp.diags_array(1.0 / scale))
        largest = np.asarray(abs(columns).max(axis=1).todense()).ravel()
        columns = sp.csr_array(sp.diags_array(1.0 / np.where(largest > 0, largest, 1.0)) @ columns)
        cost = target / scale
        upper = sp.vstack(
            (sp.hstack((columns, -columns)), sp.csr_array(np.ones((1, 2 * len(target)))))
        )
        limit = np.concatenate((np.zeros(columns.shape[0]), [1.0]))
        bounds = [(0, None if e else 0) for e in equality] + [(0, None)] * len(target)
        answer = linprog(
            -np.concatenate((cost, -cost)),
            A_ub=upper.tocsc(),
            b_ub=limit,
            bounds=bounds,
            method="highs",
            options={"time_limit": SECONDS},
        )
        if answer.x is not None and -answer.fun > NO_RAY:
            yield (answer.x[: len(target)] - answer.x[len(target) :]) / scale


def _fewer(
    part: sp.csr_array, target: np.ndarray, equality: np.ndarray, ray: np.ndarray, lead: int
) -> Conflict | None:
    """The contradiction of least sum |d| within the rows of `ray` that keeps the factor of row
    `lead`.
    """
    rows = np.flatnonzero(np.abs(ray) > NOISE * np.abs(ray).max())
    first = int(np.searchsorted(rows, lead))
    if len(rows) * part.shape[1] > MOST_VARIABLES * 200 or rows[min(first, len(rows) - 1)] != lead:
        return None
    columns = sp.csr_array(part[rows].T)
    columns = columns[np.flatnonzero(np.diff(columns.indptr))]
    share = target[rows] / np.abs(target[rows]).max()
    upper = sp.vstack(
        (sp.hstack((columns, -columns)), sp.csr_array(np.concatenate((-share, share))[None, :]))
    )
    bounds: list[tuple[float, float | None]] = [(0.0, None if e else 0.0) for e in equality[rows]]
    bounds += [(0.0, None)] * len(rows)
    up, down = first, first + len(rows)
    bounds[up], bounds[down] = (
        ((1.0, 1.0), (0.0, 0.0)) if ray[lead] > 0 else ((0.0, 0.0), (1.0, 1.0))
    )
    answer = linprog(
        np.ones(2 * len(rows)),
        A_ub=upper.tocsc(),
        b_ub=np.zeros(upper.shape[0]),
        bounds=bounds,
        method="highs",
        options={"time_limit": SECONDS},
    )
    if answer.x is None:
        return None
    d = np.zeros(len(target))
    d[rows] = answer.x[: len(rows)] - answer.x[len(rows) :]
    return _worst(part, target, equality, d)


def _rounded_rays(d: np.ndarray) -> Iterator[np.ndarray]:
    """The ray with magnitudes rounded to multiples of 1/12 of its largest, then as it is without
    its noise.
    """
    top = float(np.abs(d).max(initial=0.0))
    if top == 0 or not np.isfinite(top):
        return
    d = np.where(np.abs(d) > 1e-7 * top, d, 0.0) / top
    yield np.round(d * 12) / 12
    yield d


def _worst(
    part: sp.csr_array, target: np.ndarray, equality: np.ndarray, d: np.ndarray
) -> Conflict | None:
    """The worst of the separate conflicts in a ray (rows that share variables belong together),
    checked on the data.
    """
    rows = np.flatnonzero(np.abs(d) > NOISE * np.abs(d).max(initial=0.0))
    if not len(rows):
        return None
    block = part[rows]
    count, member = connected_components(block @ block.T, directed=False)
    found = []
    for component in range(count):
        inside = rows[member == component]
        one = np.zeros_like(d)
        one[inside] = d[inside]
        for ray in _rounded_rays(one):
            conflict = _check_ray(part, target, equality, ray)
            if conflict is not None:
                found.append(conflict)
                break
    return max(found, key=lambda c: c.relative) if found else None


def _check_ray(
    part: sp.csr_array, target: np.ndarray, equality: np.ndarray, d: np.ndarray
) -> Conflict | None:
    v = part.T @ d
    amount, mass = float(np.sum(target * d)), float(np.sum(np.abs(target * d)))
    if np.any(d[~equality] > 0) or amount <= ROUNDING * mass or amount <= 0:
        return None
    if np.any(v > NOISE * np.abs(d).max()):
        return None
    if v.max(initial=0.0) > 0 and amount < CLEAR * mass:
        return None
    rows = np.flatnonzero(d)
    return Conflict(rows, d[rows], amount, amount / mass)
