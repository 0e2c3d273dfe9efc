"""What the reliability of a datum says of its weight."""

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
