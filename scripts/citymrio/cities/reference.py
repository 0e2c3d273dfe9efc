"""The reference measure of trade among the cities of a province: what the split, the trade and the demand tilt start from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..config.models import Cities
from ..trade.flows import kernel
from ..trade.priors import border_kernel, discount, fitted


def reference(cities: pd.DataFrame, sectors: list[str], config: Cities, priors: pd.DataFrame | None, place: str) -> np.ndarray:
    """Reference measure of trade between cities, shape (sector, region, region); the diagonal is the city itself."""
    if config.trade_prior == "border":
        border = fitted(priors, "border", sectors, place) + discount(priors, sectors, config)
        return border_kernel(cities, fitted(priors, "theta", sectors, place), border)
    q = kernel(cities, prior=config.trade_prior, theta=config.theta, scale=config.distance_scale)
    return np.broadcast_to(q, (len(sectors), *q.shape))
