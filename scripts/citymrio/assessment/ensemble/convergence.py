"""How far the ends of intervals may move with more members: standard errors of quantiles, and ends by number of members."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import betainc

#: Numbers of members whose intervals are shown: so many, twice as many, and so on, then all.
FIRST = 25


def quantile_error(values: np.ndarray, probability: float) -> np.ndarray:
    """Standard error of a sample quantile over the first axis (Maritz and Jarrett 1978).

    It is what resampling the members without end would give: the k-th smallest of n values is the quantile of a resample with the
    probability I(k/n; a, b) - I((k-1)/n; a, b), a = (n - 1) p + 1, b = n + 1 - a, the law of the order statistic that
    `numpy.quantile` takes.
    """
    ordered = np.sort(np.asarray(values, float), axis=0)
    count = len(ordered)
    a = (count - 1) * probability + 1
    weights = np.diff(betainc(a, count + 1 - a, np.arange(count + 1) / count))
    mean = np.tensordot(weights, ordered, axes=1)
    return np.sqrt(np.tensordot(weights, (ordered - mean) ** 2, axes=1))


def steps(members: int) -> list[int]:
    """25, 50, 100, ... and all members."""
    doubled = [FIRST * 2**k for k in range(max(members // FIRST, 1).bit_length()) if FIRST * 2**k < members]
    return [*doubled, members]


def convergence(values: pd.DataFrame, level: float) -> pd.DataFrame:
    """The table convergence.csv.

    Parameters
    ----------
    values
        One row a member, in the order of members; one column a quantity, without gaps.
    level
        Probability of the intervals.

    Returns
    -------
    DataFrame
        quantity, members, low, high, low_se, high_se: the ends of the interval from the first so many members and their standard
        errors.
    """
    ends = ((1 - level) / 2, (1 + level) / 2)
    parts = []
    for count in steps(len(values)):
        first = values.to_numpy(float)[:count]
        low, high = np.quantile(first, ends, axis=0)
        errors = {f"{name}_se": quantile_error(first, end) for name, end in zip(("low", "high"), ends, strict=True)}
        parts.append(pd.DataFrame({"quantity": [*values], "members": count, "low": low, "high": high, **errors}))
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["quantity", "members"], kind="stable", ignore_index=True)
