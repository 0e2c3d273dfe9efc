"""The reference measure of trade with distance and a home (border) term per sector."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..errors import BalanceError
from ..flows import distances_km


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
            mend="give every region its own lon and lat.",
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
