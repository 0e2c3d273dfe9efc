"""Entropy problems whose rows are sums of cells, by their factors alone.

The solution is the prior times one factor for each row. To move the rows of one margin to their
optimum is a division (RAS, iterative proportional fitting), and the factors that meet all margins
are a fixed point of such rounds. What a round changes shrinks by a tenth or a half from one to the
next; rounds are extrapolated from the last few, so that some fifty settle to round-off. Whoever
finds no fixed point here asks the general solver, which says why there is none.

Sources: Bacharach, M. (1970) Biproportional Matrices and Input-Output Change, Cambridge. Anderson,
D. G. (1965) Iterative procedures for nonlinear integral equations, J. ACM 12(4).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from ..base.projections import log_or_zero, ratio
from ..base.threads import one_blas_thread
from ..base.tolerances import TINY
from .certificate import Certificate
from .dual import OPTIMAL, PROOF

#: Rounds that an extrapolation looks back on, rounds before the first one, most rounds.
MEMORY, FIRST, MAX_ROUNDS = 10, 3, 120
#: Divisions of rows and columns, which are cheap, before the first step of Newton's method, most of
#: its steps.
DIVISIONS, MAX_STEPS = 10, 40
#: Change of a logarithm at which rounds have settled; share of its diagonal that keeps a system
#: regular.
SETTLED, RIDGE = 1e-13, 1e-12
#: Change of a logarithm beyond which rounds are left as they are where they may prove that there is
#: no fixed point; rounds from one such proof to the next.
FAR, PROVEN = 0.03, 6


def _solve_linear(system: np.ndarray, right: np.ndarray | None = None) -> np.ndarray:
    """The solution of one linear system, or of several, or their inverses; not a number where one
    is singular.
    """
    if system.ndim == 2 and right is not None:
        *_, found, failed = lapack.dgesv(system, right)
        return np.full(right.shape, np.nan) if failed else found
    try:
        return np.linalg.inv(system) if right is None else np.linalg.solve(system, right)
    except np.linalg.LinAlgError:
        return np.full((system if right is None else right).shape, np.nan)


def solve_fixed_point(
    round_of: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    refuse: Callable[[np.ndarray], None] | None = None,
) -> np.ndarray | None:
    """The fixed point of a round, from logarithms of factors to those after it, that begins at
    `start`; None where it does not settle.

    Where there is no fixed point, rounds drift along a direction that proves it. `refuse` is shown
    where they are heading, the mean of the last changes that moves least, as long as they change
    much, and raises where it finds a proof; extrapolation, which would hide the drift, waits.
    """
    place, before = start, None
    changes, moves = np.zeros((MEMORY, start.size)), np.zeros((MEMORY, start.size))
    system, ones, least = np.eye(MEMORY), np.ones(MEMORY), RIDGE**2 * np.eye(MEMORY)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for count in range(MAX_ROUNDS):
            after = round_of(place)
            change = after - place
            largest = np.abs(change).max(initial=0.0)
            if largest <= SETTLED:
                return after
            if not np.isfinite(largest):
                return None
            far = refuse is not None and largest > FAR
            if before is not None:
                k = count % MEMORY
                np.subtract(change, before[0], out=changes[k])
                np.subtract(after, before[1], out=moves[k])
                system[k] = system[:, k] = changes @ changes[k]
                system[k, k] *= 1 + RIDGE
                if refuse is not None and far and count % PROVEN == 0:
                    refuse(_solve_linear(system + (change @ change) * least, ones) @ moves)
            before, place = (change, after), after
            if count >= FIRST and not far:
                place = after - _solve_linear(system, changes @ change) @ moves
    return None


def proves_infeasible(*terms: np.ndarray) -> bool:
    """Whether targets times multipliers that let no cell grow, by row, prove that no cells meet the
    targets (Farkas).
    """
    return bool(
        sum(part.sum() for part in terms) > PROOF * sum(np.abs(part).sum() for part in terms)
    )


def certificate(*margins: tuple[np.ndarray, np.ndarray, np.ndarray]) -> Certificate:
    """Of a prior times factors: residual and gap by margin, from its sums as wanted and as reached
    and its factors; entropy and objective are not found.
    """
    misses = [reached - wanted for wanted, reached, _ in margins]
    sizes = [np.maximum(wanted, reached) for wanted, reached, _ in margins]
    relative = [
        ratio(np.abs(miss), size).max(initial=0.0) for miss, size in zip(misses, sizes, strict=True)
    ]
    gap = sum(
        float((log_or_zero(factor) * miss).sum())
        for (*_, factor), miss in zip(margins, misses, strict=True)
    )
    mass = float(margins[0][1].sum())
    return Certificate(
        abs(gap) / max(mass, TINY), max(relative), 0.0, np.nan, np.nan, status=OPTIMAL
    )


@one_blas_thread
def solve_biproportional(
    prior: np.ndarray, rows: np.ndarray, columns: np.ndarray, tol: float
) -> tuple[np.ndarray, Certificate] | None:
    """Matrices nearest to a prior (problem, row, column) with sums of rows (problem, row) and
    columns, and their certificate; None where the general solver has to decide.
    """
    if rows.shape[1] < columns.shape[1]:
        turned = solve_biproportional(prior.swapaxes(1, 2), columns, rows, tol)
        return turned and (turned[0].swapaxes(1, 2), turned[1])
    left, of_columns = slice(None), np.ones(columns.shape)
    known = [prior, rows, columns, ratio(np.ones_like(rows), rows)[:, :, None]]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(DIVISIONS):
            of_rows = ratio(rows, np.matvec(prior, of_columns))
            of_columns = ratio(columns, np.vecmat(of_rows, prior))
        place = log_or_zero(of_columns)
        for _ in range(MAX_STEPS):
            of_rows, of_columns, reached = _factors_and_sums(known, place[left])
            moves = np.abs(log_or_zero(ratio(known[2], reached))).max(axis=1, initial=0.0) > SETTLED
            if not (some := np.count_nonzero(moves)):
                break
            if 2 * some < len(moves):  # what has settled is left as it is, where it is the most
                left = np.arange(len(prior))[left][moves]
                of_rows, of_columns, reached, *known = (
                    of[moves] for of in (of_rows, of_columns, reached, *known)
                )
            found = known[0] * of_rows[:, :, None] * of_columns[:, None]
            curvature = -((found * known[3]).swapaxes(1, 2) @ found)
            np.einsum("pcc->pc", curvature)[:] += reached * (1 + RIDGE) + (reached == 0)
            step = _solve_linear(curvature, (known[2] - reached)[:, :, None])[:, :, 0]
            place[left] += step / np.maximum(np.abs(step).max(axis=1, keepdims=True), 1.0)
        of_rows, of_columns, reached = _factors_and_sums((prior, rows, columns), place)
        found = prior * of_rows[:, :, None] * of_columns[:, None]
    proof = certificate((rows, found.sum(axis=2), of_rows), (columns, reached, of_columns))
    return (found, proof) if proof.passes(tol) else None


def _factors_and_sums(known: Sequence[np.ndarray], place: np.ndarray) -> tuple[np.ndarray, ...]:
    """Factors of rows, which meet their sums, and of columns, from the logarithms of these; and the
    sums of columns that they give. Known are prior and sums of rows and columns.
    """
    prior, rows, columns = known[:3]
    of_columns = np.where(columns > 0, np.exp(place), 0.0)
    of_rows = ratio(rows, np.matvec(prior, of_columns))
    return of_rows, of_columns, np.vecmat(of_rows, prior) * of_columns


@dataclass(frozen=True)
class Data:
    """Sums along rows that are told: account and row of each, its factors (datum, column), its
    value, and the weight of a soft one, infinite where it is exact.
    """

    account: np.ndarray
    row: np.ndarray
    matrix: np.ndarray
    value: np.ndarray
    soft: np.ndarray


@one_blas_thread
def solve_with_data(
    prior: np.ndarray,
    totals: np.ndarray,
    room: np.ndarray,
    data: Data,
    weight: np.ndarray,
    tol: float,
) -> tuple[np.ndarray, Certificate] | None:
    """Accounts (account, row, column) nearest to a prior that keep the totals of their columns
    (account, column), meet data, and hold no more than a part of the first one (`room`, that of the
    first is 1); and their certificate; None where the general solver has to decide.

    Given its multipliers a cell is in closed form: an account beyond its room and the first one
    meet, log x = (X + sum R (Z - log R)) / (1 + sum R). Newton's steps are in the multipliers of
    totals and data, and none changes the logarithm of a cell by more than 1 for each.

    Parameters
    ----------
    weight
        Weight of a column's divergence.
    """
    some, cells, places = prior > 0, data.matrix / weight, np.ogrid[: len(prior[0]), : len(weight)]
    if (some & (room <= 0)[:, None]).any():
        return None
    log, most = log_or_zero(prior), log_or_zero(room)[1:, None]
    at, same = (data.account, data.row), data.row[:, None] == data.row
    of_totals, of_data = np.zeros(totals.shape), np.zeros(len(data.row))
    every, accounts = np.arange(len(data.row)), np.arange(len(prior))
    rows = np.arange(prior[..., 0].size).reshape(prior.shape[:2])
    told, share = (rows[:, :, None] == rows[at]).astype(float), np.ones(prior.shape)
    mine = (data.matrix[:, None] * (data.account[:, None] == accounts)[:, :, None]).reshape(
        len(every), -1
    )
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for _ in range(MAX_STEPS):
            place = log + (of_totals / weight)[:, None] + told @ (of_data[:, None] * cells)
            level, size = place[0], np.ones(prior.shape[1:])
            beyond = np.where(some[1:], place[1:] - most, -np.inf)
            for k in np.argsort(-beyond, axis=0):
                highest = beyond[k, *places]
                part = np.where(highest > level, room[1:][k, places[1]], 0.0)
                level = np.where(part > 0, (size * level + part * highest) / (size + part), level)
                size = size + part
            full = beyond > level
            place[0], place[1:] = level, np.where(full, level + most, place[1:])
            found = np.where(some, np.exp(place), 0.0)
            share[1:] = np.where(full, room[1:, None], 0.0)
            bend = found[0] / size * share[:, None] * share / weight
            bend[accounts[1:], accounts[1:]] += np.where(full, 0.0, found[1:] / weight)
            summed = np.einsum("arc->ac", found)
            reached = (data.matrix * found[at]).sum(axis=1)
            goal = data.value * np.exp(-of_data / data.soft)
            gaps = totals - summed, goal - reached
            largest = max(
                np.abs(ratio(gaps[0], totals)).max(), np.abs(gaps[1] / reached).max(initial=0.0)
            )
            if largest <= SETTLED or not np.isfinite(largest):
                break
            block = np.einsum("abrc->cab", bend)
            block[:, accounts, accounts] += RIDGE * summed.T + (summed.T == 0)
            across = data.matrix[:, None] * bend[data.account, :, data.row]
            right = np.concatenate([across, gaps[0][None]])
            taken = (right.transpose(2, 0, 1) @ _solve_linear(block)).transpose(1, 2, 0)
            taken, across = (of.reshape(len(of), -1) for of in (taken, across))
            curvature = same * (across @ mine.T) - taken[:-1] @ across.T
            curvature[every, every] += goal / data.soft + RIDGE * reached
            step = _solve_linear(curvature, gaps[1] - across @ taken[-1])
            step /= max(np.abs(step).max(), 1.0)
            of_data += step
            change = (taken[-1] - step @ taken[:-1]).reshape(totals.shape)
            of_totals += change / np.maximum(np.abs(change / weight).max(), 1.0)
    proof = certificate((totals, summed, np.exp(of_totals)), (goal, reached, np.exp(of_data)))
    return (found, proof) if proof.passes(tol) else None
