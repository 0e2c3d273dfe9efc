"""True trade: flows of one product between all regions, with distance decay and a bias towards home."""

from __future__ import annotations

import numpy as np

from citymrio.base.errors import BalanceError

from ....base.tolerances import SOLVED, SUMS, TINY

#: Largest relative gap of a row sum.
MISSED = 1e-10


def kernel(distance: np.ndarray, province: np.ndarray, *, theta: float, border: float, province_border: float) -> np.ndarray:
    """Gravity kernel q_rs = exp(border [r = s] + province_border [same province]) d_rs^-theta (region, region).

    The own distance is the same for all regions: the mean distance to the nearest other region.
    """
    count = len(distance)
    apart = np.where(np.eye(count, dtype=bool), np.inf, distance)
    own = float(apart.min(axis=1).mean())
    distance = np.where(np.eye(count, dtype=bool), own, np.maximum(distance, 0.5 * own))
    same = province[:, None] == province[None]
    return np.exp(border * np.eye(count) + province_border * same) * (distance / own) ** -theta


def opportunities(
    distance: np.ndarray, province: np.ndarray, supply: np.ndarray, *, decay: float, border: float, province_border: float
) -> np.ndarray:
    """Intervening opportunities: exp(-decay S_rs) in place of the distance of :func:`kernel` (region, region).

    S_rs is the share of national supply nearer to the buyer s than r is: not kilometres deter, but sellers on the way.
    """
    nearer = distance.T[:, None, :] < distance.T[:, :, None]  # (buyer, seller, another seller)
    nearer = nearer & ~np.eye(len(distance), dtype=bool)[:, None, :]
    passed = (nearer * supply).sum(axis=2).T / max(supply.sum(), TINY)
    same = province[:, None] == province[None]
    return np.exp(border * np.eye(len(distance)) + province_border * same - decay * passed)


def balance(prior: np.ndarray, supply: np.ndarray, demand: np.ndarray, *, where: str, tolerance: float = 1e-13) -> np.ndarray:
    """Flows T = diag(a) prior diag(b) with row sums `supply` and column sums `demand` (matrix scaling).

    Scaling steps, then Newton steps on the concave dual (log a, log b), which converge where scaling creeps (strong home
    bias); last, columns are scaled once, so column sums are exact and row sums hold to `tolerance`.

    Raises
    ------
    BalanceError
        Totals differ, or no flows on the prior's support have these margins.
    """
    if not np.isclose(supply.sum(), demand.sum(), rtol=SOLVED, atol=0):
        raise BalanceError(f"supply {supply.sum():.6g} differs from demand {demand.sum():.6g}", where=where)
    rows, columns = supply > 0, demand > 0
    flows = np.zeros_like(prior)
    if not rows.any():
        return flows
    s, d = supply[rows], demand[columns] * (supply.sum() / demand.sum())
    q = prior[np.ix_(rows, columns)] * s[:, None] * d[None]
    a, b = np.ones(len(s)), d / q.sum(axis=0)
    for _ in range(100):
        a = s / (q @ b)
        b = d / (a @ q)
    for _ in range(60):
        t = a[:, None] * q * b[None]
        row, column = t.sum(axis=1), t.sum(axis=0)
        gap = max(np.abs(row - s).max() / s.mean(), np.abs(column - d).max() / d.mean())
        if gap < tolerance:
            break
        try:
            a, b = _newton(q, t, a, b, s, d)
        except np.linalg.LinAlgError:
            break
        b = d / (a @ q)
    missed = float(np.abs((a[:, None] * q * b[None]).sum(axis=1) / s - 1).max())
    if not missed < MISSED:
        raise BalanceError(f"margins missed by {missed:.3g} (relative)", where=where)
    t = a[:, None] * q * b[None]
    flows[np.ix_(rows, columns)] = t * (d / t.sum(axis=0))[None]
    return flows


def _newton(q, t, a, b, s, d) -> tuple[np.ndarray, np.ndarray]:
    """One damped Newton step of max s'u + d'v - sum q exp(u + v), with the columns' unknowns eliminated."""
    row, column = t.sum(axis=1), t.sum(axis=0)
    schur = np.diag(row) - (t / column[None]) @ t.T
    right = (s - row) - t @ ((d - column) / column)
    scale = np.sqrt(row)
    system = schur / scale[:, None] / scale[None]
    flat = scale / np.linalg.norm(scale)
    step = np.linalg.solve(system + np.outer(flat, flat), right / scale) / scale
    follow = (d - column - t.T @ step) / column
    size = min(1.0, 2.0 / max(np.abs(step).max(), np.abs(follow).max(), TINY))

    def dual(u: np.ndarray, v: np.ndarray) -> float:
        return float(s @ u + d @ v - np.exp(u) @ (q @ np.exp(v)))

    u, v = np.log(a), np.log(b)
    start = dual(u, v)
    while dual(u + size * step, v + size * follow) < start - SUMS * abs(start) and size > 1e-4:
        size /= 2
    return np.exp(u + size * step), np.exp(v + size * follow)
