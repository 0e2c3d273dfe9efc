"""The reference measure of trade with distance and a home (border) term per sector."""

from __future__ import annotations

import numpy as np

from ...base.tolerances import TINY

#: Relative change of the factors at which scaling has settled.
SETTLED = 1e-9


def border_kernel(distance: np.ndarray, theta: np.ndarray, border: np.ndarray) -> np.ndarray:
    """q_i^rs = exp(border_i [r = s]) d_rs^-theta_i, shape (sector, region, region).

    Own distances stand on the diagonal, so that the border effect is what a region buys from itself
    beyond what its own distance explains: neither a unit of length nor the size of territories is
    in it, and it can be carried from one level to another.

    Parameters
    ----------
    distance
        (region, region), own distances on the diagonal
        (:func:`~citymrio.trade.distances.region_distances`).
    theta, border
        Distance exponent and border effect by sector.
    """
    log = -np.asarray(theta, float)[:, None, None] * np.log(distance)[None]
    home = np.arange(len(distance))
    log[:, home, home] += np.asarray(border, float)[:, None]
    return np.exp(log - log.max(axis=(1, 2), keepdims=True))


def home_shares(
    supply: np.ndarray,
    demand: np.ndarray,
    outflow: np.ndarray,
    inflow: np.ndarray,
    reference: np.ndarray,
    *,
    rounds: int = 500,
) -> np.ndarray:
    """Part of demand that cities would supply themselves under a reference measure, by sector.

    Scaling of the bordered matrix (cities and rest) to supply and demand, outflow and inflow, as in
    the joint split. Where the totals leave no solution on the support of the measure, the last
    round of scaling is taken: this is a parameter of a prior, not an account.

    Parameters
    ----------
    supply, demand
        (region, sector); outflow, inflow (sector); reference (sector, region, region).
    """
    count = len(supply)
    # the rest's row and column come last; between it and cities the reference is 1
    s, d = np.vstack([supply, inflow]), np.vstack([demand, outflow])
    matrix = np.ones((count + 1, count + 1, s.shape[1]))
    matrix[:count, :count] = reference.transpose(1, 2, 0) * (supply[:, None] > 0) * (demand > 0)
    matrix[count, count] = 0.0
    a, new, b, sums = np.ones_like(s), np.zeros_like(s), np.ones_like(d), np.empty_like(s)
    for _ in range(rounds):
        np.einsum("rsi,si->ri", matrix, b, out=sums)
        new.fill(0.0)
        np.divide(s, sums, out=new, where=sums > 0)
        np.einsum("rsi,ri->si", matrix, new, out=sums)
        b.fill(0.0)
        np.divide(d, sums, out=b, where=sums > 0)
        a -= new
        moved = np.abs(a, out=a)[:count].max(axis=0) / np.maximum(new[:count].max(axis=0), TINY)
        a, new = new, a
        if moved.max() < SETTLED:
            break
    own = np.einsum("rri,ri,ri->i", matrix[:count, :count], a[:count], b[:count])
    total = demand.T.sum(axis=1)
    return np.where(
        supply.sum(axis=0) > 0,
        np.divide(own, total, out=np.zeros_like(total), where=total > 0),
        0.0,
    )
