"""The certificate of a solution, computed from the solution alone: it trusts no solver and no
status.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp


@dataclass(frozen=True)
class Certificate:
    """How good a solution is.

    Attributes
    ----------
    relative_gap
        (primal - dual objective) / max(|primal|, sum of w x): free of the money unit.
    residual
        Largest |Mx - t| of an equality, relative to its own margin: max(|t|, sum of the magnitudes
        of its terms).
    violation
        Largest excess of Mx over t of an inequality, relative in the same way.
    entropy
        H = -sum p ln p of the variables normalised to sum 1.
    objective
        Primal objective.
    worst
        Index of the row with the largest residual or violation (-1 without rows).
    """

    relative_gap: float
    residual: float
    violation: float
    entropy: float
    objective: float
    worst: int = -1
    iterations: int = 0
    seconds: float = 0.0
    build_seconds: float = 0.0
    variables: int = 0
    constraints: int = 0
    status: str = ""

    def passes(self, tol: float) -> bool:
        """Gap, residual and violation within `tol`."""
        return bool(self.relative_gap <= tol and self.residual <= tol and self.violation <= tol)


def kl(x: np.ndarray, q: np.ndarray) -> np.ndarray:
    """x ln(x/q) - x + q without cancellation near x = q; 0 ln 0 = 0; infinite for x < 0 and for x >
    0 = q.

    Examples
    --------
    >>> kl(np.array([0.0, 2.0, 1.0]), np.array([3.0, 2.0, 0.0]))
    array([ 3.,  0., inf])
    """
    x, q = np.asarray(x, dtype=float), np.asarray(q, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        delta = (x - q) / q
        near = np.abs(delta) < 0.1
        if near.all():
            value = q * _small(delta)
        else:
            value = np.where(
                near, q * _small(np.where(near, delta, 0.0)), x * np.log(x / q) - x + q
            )
    value = np.where(x == 0, q, value)
    return np.where((x < 0) | ((q <= 0) & (x > 0)), np.inf, value)


def _small(d: np.ndarray) -> np.ndarray:
    """(1 + d) ln(1 + d) - d; by its series where |d| < 1e-3."""
    series, small = (
        d * d * (1 / 2 - d * (1 / 6 - d * (1 / 12 - d * (1 / 20 - d / 30)))),
        np.abs(d) < 1e-3,
    )
    return series if small.all() else np.where(small, series, (1 + d) * np.log1p(d) - d)


def certify(
    x: np.ndarray,
    y: np.ndarray,
    *,
    prior: np.ndarray,
    weight: np.ndarray,
    matrix: sp.sparray,
    target: np.ndarray,
    equality: np.ndarray,
    linear: np.ndarray | None = None,
    **facts: Any,
) -> Certificate:
    """Certificate of the primal x (n) and the dual y (m; y <= 0 on ``<=`` rows; M'y = objective's
    gradient).

    With xhat = q exp((M'y - c) / w), the duality gap of min sum w KL(x|q) + c'x subject to Mx = t
    (or <= t) is sum w KL(x|xhat) + y'(Mx - t): two terms that are small one by one, so the gap does
    not drown in cancellation.

    Parameters
    ----------
    prior, weight, linear
        q, w and c of the variables (n); c is 0 when not given.
    matrix, target, equality
        Rows M (m x n), t and which of them are equalities (m); the others are ``<=``.
    facts
        What else the certificate says: iterations, seconds, build_seconds, status.
    """
    linear, matrix = np.zeros_like(prior) if linear is None else linear, sp.csr_array(matrix)
    dual = np.where(equality, y, np.minimum(y, 0.0))
    exponent = (matrix.T @ dual - linear) / weight
    with np.errstate(over="ignore"):
        implied = prior * np.exp(exponent)
    product = matrix @ x
    plain = matrix.data.min(initial=0.0) >= 0 and x.min(initial=0.0) >= 0
    excess = product - target
    scale = np.maximum(np.abs(target), product if plain else abs(matrix) @ np.abs(x))
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(scale > 0, excess / scale, 0.0)
    wrong = np.where(equality, np.abs(relative), np.maximum(relative, 0.0))
    primal = float(np.sum(weight * kl(x, prior)) + np.sum(linear * x))
    distance = kl(x, implied)
    faint = (
        (implied == 0) & (prior > 0) & (x > 0)
    )  # exp() gave 0 where another solver leaves a trace: KL from the exponent
    distance[faint] = x[faint] * (np.log(x[faint] / prior[faint]) - exponent[faint] - 1.0)
    with np.errstate(invalid="ignore"):
        gap = float(np.sum(weight * distance) + np.sum(dual * excess))
    mass = max(abs(primal), float(np.sum(weight * np.abs(x))), np.finfo(float).tiny)
    share = x[x > 0]
    share = share / np.sum(share)
    return Certificate(
        relative_gap=abs(gap) / mass if np.isfinite(gap) else np.inf,
        residual=float(np.max(wrong[equality], initial=0.0)),
        violation=float(np.max(wrong[~equality], initial=0.0)),
        entropy=float(-np.sum(share * np.log(share))),
        objective=primal,
        worst=int(np.argmax(wrong)) if len(wrong) else -1,
        variables=len(x),
        constraints=len(target),
        **facts,
    )
