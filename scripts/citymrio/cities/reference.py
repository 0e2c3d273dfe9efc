"""The reference measure of trade among the cities of a province: what the split, the trade and the demand tilt start from."""

from __future__ import annotations

import numpy as np

from ..trade.kernel import kernel
from ..trade.priors.kernel import border_kernel
from ..trade.priors.table import discount, fitted
from .province import Province


def reference(province: Province, place: str) -> np.ndarray:
    """Reference measure of trade between cities, shape (sector, region, region); the diagonal is the city itself."""
    config, cities, sectors, priors = province.config, province.cities, province.names, province.priors
    if config.trade_prior == "border":
        border = fitted(priors, "border", sectors, place) + discount(priors, sectors, config)
        return border_kernel(cities, fitted(priors, "theta", sectors, place), border) * province.trade_factor()
    q = kernel(cities, prior=config.trade_prior, theta=config.theta, scale=config.distance_scale)
    return np.broadcast_to(q * province.trade_factor(), (len(sectors), *q.shape))
