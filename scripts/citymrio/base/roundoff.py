"""When a difference of totals is nothing but round-off.

What is left of an account (inputs = output - value added - imports) is a difference of totals that
a solve met to its tolerance. Where nothing is left in truth, 2e-13 may be found instead of 0, and
an entropy problem would look for cells that add up to it.
"""

import numpy as np

from .solvers import BEARABLE

#: Share of its scale (the largest total in the difference, such as output) up to which a difference
#: is 0: a solve leaves each of its totals open by up to 2e-11, and a difference has two to four of
#: them. Recorded inputs are 1e-2 of output and more.
SHARE = 5 * BEARABLE


def difference(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """A difference of totals, exactly 0 where it is round-off of its scale.

    Examples
    --------
    >>> difference(np.array([2e-13, 0.5]), np.array([1.0, 1.0]))
    array([0. , 0.5])
    """
    return np.where(np.abs(values) <= SHARE * np.abs(scale), 0.0, values)
