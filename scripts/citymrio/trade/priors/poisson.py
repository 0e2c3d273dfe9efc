"""Poisson pseudo-maximum likelihood by Newton's method, with robust standard errors.

    max_b  t'b - sum_k exp(x_k'b + o_k)     with the sufficient statistics t = X'y;
    score  t - X'mu = 0,  mu = exp(X b + o)

Consistent whenever E[y | x] = exp(x'b + o), whatever the distribution of y, and zeros enter as they
are, unlike log-OLS (Gourieroux, Monfort and Trognon 1984; Santos Silva and Tenreyro 2006). Only t
is needed for the estimate: observations that are known in sums alone (a region's outflow) can be
used. Covariance: the sandwich H^-1 (sum x x' (y - mu)^2) H^-1 n / (n - rank).

By hand, since libraries fit observations and not sums; a test compares both with statsmodels.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.optimize import linprog

from ...base.errors import DataError

MAX_STEPS = 200

#: Largest score, relative to the statistics, at a maximum; where no step helps any more; and gain
#: of a step that is round-off.
SCORE, SCORE_STUCK, NO_GAIN = 1e-10, 1e-8, 1e-22
#: Shortest step, and the round-off of the likelihood that it may lose.
SHORTEST, ROUND_OFF = 1e-12, 1e-13
#: Share of the largest singular value below which a direction is not identified.
RANK = 1e-14


class Design(Protocol):
    """The regressors X (n, k) of a fit, by what a step of Newton's method needs of them."""

    def predict(self, b: np.ndarray) -> np.ndarray:
        """X b, in any shape that `sums` and `direction` take."""

    def sums(self, mean: np.ndarray) -> np.ndarray:
        """X'mean (k,)."""

    def direction(self, mean: np.ndarray, score: np.ndarray) -> np.ndarray:
        """d with X' diag(mean) X d = score (k,)."""


@dataclass(frozen=True)
class Dense:
    """A design whose regressors are given one by one: `x` (n, k)."""

    x: np.ndarray

    def predict(self, b: np.ndarray) -> np.ndarray:
        """X b (n,)."""
        return self.x @ b

    def sums(self, mean: np.ndarray) -> np.ndarray:
        """X'mean (k,)."""
        return self.x.T @ mean

    def information(self, mean: np.ndarray) -> np.ndarray:
        """X' diag(mean) X (k, k)."""
        return self.x.T @ (mean[:, None] * self.x)

    def direction(self, mean: np.ndarray, score: np.ndarray) -> np.ndarray:
        """d with X' diag(mean) X d = score (k,); of least norm."""
        return np.linalg.lstsq(self.information(mean), score, rcond=RANK)[0]


@dataclass(frozen=True)
class PoissonFit:
    """Coefficients, their robust covariance, fitted means, number of observations and steps of
    Newton's method.
    """

    coefficients: np.ndarray
    covariance: np.ndarray
    mean: np.ndarray
    observations: int
    steps: int

    @property
    def standard_errors(self) -> np.ndarray:
        """Square roots of the diagonal of the covariance."""
        return np.sqrt(np.diag(self.covariance))


def log_linear(
    statistics: np.ndarray, design: Design, offset: np.ndarray, start: np.ndarray, what: str
) -> tuple[np.ndarray, int]:
    """The coefficients b with X'exp(X b + o) = t, by damped Newton steps on the concave likelihood.

    Raises
    ------
    DataError
        No maximum is found: the statistics lie on the edge of what the model can give (separation).
    """
    b = np.array(start, float)

    def at(trial: np.ndarray) -> tuple[float, np.ndarray]:
        """Likelihood and means."""
        with np.errstate(over="ignore"):
            mean = np.exp(design.predict(trial) + offset)
            return float(statistics @ trial - mean.sum()), mean

    now, mu = at(b)
    scale = max(1.0, float(np.abs(statistics).max()))
    for step in range(1, MAX_STEPS + 1):
        score = statistics - design.sums(mu)
        if np.abs(score).max() <= SCORE * scale:
            return b, step
        direction = design.direction(mu, score)
        gain, length = float(direction @ score), 1.0
        value, mean = at(b + direction)
        while length > SHORTEST and not value >= now + 1e-4 * length * gain - ROUND_OFF * abs(now):
            length /= 2
            value, mean = at(b + length * direction)
        if length <= SHORTEST and np.abs(score).max() <= SCORE_STUCK * scale:
            return b, step  # as near as round-off allows
        b, now, mu = b + length * direction, value, mean
        if gain <= NO_GAIN * scale:
            return b, step
    raise DataError(
        f"no maximum of the Poisson likelihood in {MAX_STEPS} steps (largest score "
        f"{np.abs(score).max():.3g})",
        where=what,
        fix="a regressor predicts zeros exactly: leave the sector out or give the parameter.",
    )


def find_separated(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Which observations (n,) of 0 tell nothing: a combination of the regressors x (n, k) is below
    0 there and 0 at all others, so that the likelihood rises without end while their means fall to
    0 (Correia, Guimaraes and Zylkin 2019, arXiv:1903.01633).
    """
    zero = y == 0
    if not zero.any():
        return zero
    positive, count = x[~zero], int(zero.sum())
    # the most observations with a combination at or below -1: z = X b, z = 0 where y > 0
    found = linprog(
        np.concatenate([np.zeros(x.shape[1]), -np.ones(count)]),
        A_ub=np.column_stack([x[zero], np.eye(count)]),
        b_ub=np.zeros(count),
        A_eq=np.column_stack([positive, np.zeros((len(positive), count))]),
        b_eq=np.zeros(len(positive)),
        bounds=[(None, None)] * x.shape[1] + [(0, 1)] * count,
    )
    result = np.zeros(len(y), bool)
    result[zero] = found.x[x.shape[1] :] > 0.5
    return result


def poisson_fit(
    y: np.ndarray, x: np.ndarray, offset: np.ndarray | None = None, *, what: str = "Poisson fit"
) -> PoissonFit:
    """Fit E[y] = exp(x b + offset).

    Parameters
    ----------
    y
        Observations >= 0, shape (n,).
    x
        Regressors, shape (n, k), which span a constant; among collinear columns the minimum-norm
        solution is taken.
    offset
        Shape (n,); 0 where it is left out.

    Returns
    -------
    PoissonFit
        Its constant is that of observations over their mean, with offsets whose exponentials have
        mean 1; slopes, errors and means are those of the observations as they are.

    Raises
    ------
    DataError
        Negative observations, no positive one, or separation.
    """
    y = np.asarray(y, float)
    if not (np.isfinite(y).all() and (y >= 0).all() and (y > 0).any()):
        raise DataError(
            "observations must be finite, >= 0 and not all 0",
            where=what,
            fix="leave empty sectors out.",
        )
    offset = np.zeros_like(y) if offset is None else np.asarray(offset, float)
    scale = y.mean()  # a unit of money changes the constant only: work near 1
    level = np.exp(offset - offset.max())
    guess = np.log(0.5 * (y / scale + level / level.mean()))
    shifted = offset - np.log(np.exp(offset).mean())
    start = np.linalg.lstsq(x, guess - shifted, rcond=None)[0]
    design = Dense(x)
    b, steps = log_linear(design.sums(y / scale), design, shifted, start, what)
    mu = np.exp(design.predict(b) + shifted)
    inverse = np.linalg.pinv(design.information(mu), rcond=RANK, hermitian=True)
    meat = x.T @ (((y / scale - mu) ** 2)[:, None] * x)
    freedom = len(y) - np.linalg.matrix_rank(x)
    covariance = inverse @ meat @ inverse * (len(y) / max(freedom, 1))
    return PoissonFit(b, covariance, mu * scale, len(y), steps)
