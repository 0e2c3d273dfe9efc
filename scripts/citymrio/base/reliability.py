"""What the reliability of a datum says of its weight."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Number = TypeVar("Number", float, np.ndarray)
#: What counts as exact but cannot be met, or is told twice, has the weight of this reliability.
CERTAIN = 0.999
#: Reliability of a datum with its usual error, whose weight is `cities.rho_gdp`; also of a city's
#: own inventory, which says nothing of its reliability.
USUAL = 0.9


def odds(reliability: Number) -> Number:
    """Weight of a datum beside a prior of weight 1, r / (1 - r).

    What is found lies at ``log x = r log(datum) + (1 - r) log(prior)``.

    Examples
    --------
    >>> float(odds(0.5)), float(odds(0.0))
    (1.0, 0.0)
    """
    sure = np.minimum(reliability, CERTAIN)
    return sure / (1 - sure)


def combine_sources(values: Sequence[float], reliability: Sequence[float]) -> tuple[float, float]:
    """What several sources say of one amount: their mean by :func:`odds`, and its reliability,
    whose odds are the sum of theirs. One source stays as it is.

    Examples
    --------
    >>> value, reliability = combine_sources([100.0, 200.0], [0.9, 0.9])
    >>> round(value, 9), round(reliability, 3)
    (150.0, 0.947)
    """
    if len(values) == 1:
        return values[0], reliability[0]
    weights = odds(np.array(reliability))
    whole = float(weights.sum())
    return float(np.average(values, weights=weights)), whole / (1 + whole)
