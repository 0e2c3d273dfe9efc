"""The reference measure of trade by distance alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..base.errors import BalanceError
from .distances import region_distances


def kernel(
    regions: pd.DataFrame, *, prior: str, theta: float, scale: float, given: str | pd.DataFrame | None = None
) -> np.ndarray:
    """Reference measure q_rs of trade, shape (regions, regions), with the own distance on the diagonal.

    ``uniform``: 1; ``power``/``gravity``: d^-theta; ``exp``: exp(-d / scale) (Wilson 1970). Values are relative to
    their geometric mean, so that a change of the length unit changes nothing. `given`: a table of distances.
    """
    if prior == "uniform":
        return np.ones((len(regions), len(regions)))
    distance = region_distances(regions, given)
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
