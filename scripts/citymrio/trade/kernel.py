"""The reference measure of trade by distance alone, and the distance inside a region."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..base.errors import BalanceError
from ..base.geography import distances_km, own_distance_km


def kernel(regions: pd.DataFrame, *, prior: str, theta: float, scale: float) -> np.ndarray:
    """Reference measure q_rs of trade, shape (regions, regions), with the own distance on the diagonal.

    ``uniform``: 1; ``power``/``gravity``: d^-theta; ``exp``: exp(-d / scale) (Wilson 1970). Values are relative to
    their geometric mean, so that a change of the length unit changes nothing.
    """
    count = len(regions)
    if prior == "uniform":
        return np.ones((count, count))
    distance = distances_km(regions["lon"].to_numpy(), regions["lat"].to_numpy())
    np.fill_diagonal(distance, own_distance_km(regions["area_km2"].to_numpy()))
    if not (distance > 0).all():
        r, s = np.argwhere(~(distance > 0))[0]
        raise BalanceError(
            f"the distance from {regions['region'].iloc[r]} to {regions['region'].iloc[s]} is {distance[r, s]} km",
            where="dataset/regions.csv",
            fix="give every region its own lon/lat and a positive area_km2, or use the prior 'uniform'.",
        )
    log = -theta * np.log(distance) if prior in ("power", "gravity") else -distance / scale
    with np.errstate(over="ignore"):
        values = np.exp(log - log.mean())
    if not (np.isfinite(values) & (values > 0)).all():
        raise BalanceError(
            f"trade with the reference '{prior}' differs by e^{np.ptp(log):.6g} between near and far, beyond all numbers",
            where="trade",
            fix="raise cities.distance_scale, or lower theta.",
        )
    return values
