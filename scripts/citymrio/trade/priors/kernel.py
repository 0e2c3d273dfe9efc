"""The reference measure of trade with distance and a home (border) term per sector."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...base.errors import BalanceError
from ...base.geography import distances_km
from ...base.tolerances import TINY

#: Relative change of the factors at which scaling has settled.
SETTLED = 1e-9


def relative_distance(regions: pd.DataFrame, where: str = "regions.csv") -> np.ndarray:
    """Distances over their geometric mean between different regions, shape (n, n); 1 on the diagonal.

    The diagonal is a constant: how much a region prefers itself is the border term, not the size of its territory. A
    change of the length unit changes nothing, and the border term is the log preference for home over a partner at the
    typical distance, so that it can be carried from one level to another.

    Raises
    ------
    BalanceError
        Two regions share their coordinates.
    """
    distance = distances_km(regions["lon"].to_numpy(float), regions["lat"].to_numpy(float))
    count = len(regions)
    off = ~np.eye(count, dtype=bool)
    if count > 1 and not (np.isfinite(distance[off]).all() and (distance[off] > 0).all()):
        r, s = np.argwhere(off & ~(distance > 0))[0]
        raise BalanceError(
            f"the distance from {regions['region'].iloc[r]} to {regions['region'].iloc[s]} is {distance[r, s]} km",
            where=where,
            fix="give every region its own lon and lat.",
        )
    np.fill_diagonal(distance, 1.0)
    if count > 1:
        distance = distance / np.exp(np.log(distance[off]).mean())
    np.fill_diagonal(distance, 1.0)
    return distance


def border_kernel(regions: pd.DataFrame, theta: np.ndarray, border: np.ndarray) -> np.ndarray:
    """q_i^rs = exp(border_i [r = s]) d_rs^-theta_i, shape (sector, region, region), d relative and constant at home.

    Parameters
    ----------
    theta, border
        Distance exponent and log preference for home by sector.
    """
    log = -np.asarray(theta, float)[:, None, None] * np.log(relative_distance(regions))[None]
    home = np.arange(len(regions))
    log[:, home, home] = np.asarray(border, float)[:, None]
    return np.exp(log - log.max(axis=(1, 2), keepdims=True))


def home_shares(
    supply: np.ndarray, demand: np.ndarray, outflow: np.ndarray, inflow: np.ndarray, reference: np.ndarray, *, rounds: int = 500
) -> np.ndarray:
    """Part of demand that cities would supply themselves under a reference measure, by sector.

    Scaling of the bordered matrix (cities and rest) to supply and demand, outflow and inflow, as in the joint split. Where the
    totals leave no solution on the support of the measure, the last round of scaling is taken: this is a parameter of a prior,
    not an account.

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
    a, b, sums = np.ones_like(s), np.ones_like(d), np.empty_like(s)
    for _ in range(rounds):
        np.einsum("rsi,si->ri", matrix, b, out=sums)
        new = np.divide(s, sums, out=np.zeros(s.shape), where=sums > 0)
        np.einsum("rsi,ri->si", matrix, new, out=sums)
        b = np.divide(d, sums, out=np.zeros(d.shape), where=sums > 0)
        moved = np.abs(new - a)[:count].max(axis=0) / np.maximum(new[:count].max(axis=0), TINY)
        a = new
        if moved.max() < SETTLED:
            break
    own = np.einsum("rri,ri,ri->i", matrix[:count, :count], a[:count], b[:count])
    total = demand.T.sum(axis=1)
    return np.where(supply.sum(axis=0) > 0, np.divide(own, total, out=np.zeros_like(total), where=total > 0), 0.0)
