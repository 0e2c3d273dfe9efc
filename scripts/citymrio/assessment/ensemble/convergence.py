"""How far the ends of intervals may move with more members: standard errors of quantiles, and ends
by number of members.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.special import betainc

#: Numbers of members whose intervals are shown: so many, twice as many, and so on, then all.
FIRST = 25


def quantile(values: np.ndarray, probabilities: Sequence[float], weights: np.ndarray) -> np.ndarray:
    """Quantiles (probability, ...) over the first axis of members that weigh so much; with equal
    weights `numpy.quantile`.

    The k-th smallest value stands at the weight below it and half its own, the smallest at 0 and
    the largest at 1; between them quantiles are linear.
    """
    table = np.asarray(values, float).reshape(len(values), -1)
    order = np.argsort(table, axis=0, kind="stable")
    places = np.cumsum(weights[order], axis=0) - weights[order] / 2
    span = places[-1:] - places[:1]
    places = np.divide(
        places - places[:1], span, out=np.zeros_like(places), where=span > 0
    )  # one value is every quantile
    columns = zip(places.T, np.take_along_axis(table, order, axis=0).T, strict=True)
    found = np.column_stack([np.interp(probabilities, place, column) for place, column in columns])
    return found.reshape(len(probabilities), *np.shape(values)[1:])


def quantile_error(values: np.ndarray, probability: float, weights: np.ndarray) -> np.ndarray:
    """Standard error of a sample quantile over the first axis (Maritz and Jarrett 1978).

    It is what resampling the members without end would give: the k-th smallest of n values is the
    quantile of a resample with the probability I(k/n; a, b) - I((k-1)/n; a, b), a = (n - 1) p + 1,
    b = n + 1 - a, the law of the order statistic that `numpy.quantile` takes. Members that weigh
    differently have the part of their weight in place of 1/n, and count as `effective_members`.
    """
    table = np.asarray(values, float)
    order = np.argsort(table, axis=0, kind="stable")
    ordered, count = np.take_along_axis(table, order, axis=0), effective_members(weights)
    a = (count - 1) * probability + 1
    reached = np.cumsum(weights[order] / weights.sum(), axis=0).clip(max=1.0)
    chance = np.diff(betainc(a, count + 1 - a, reached), axis=0, prepend=0.0)
    mean = (chance * ordered).sum(axis=0)
    return np.sqrt((chance * (ordered - mean) ** 2).sum(axis=0))


def effective_members(weights: np.ndarray) -> float:
    """How many equal members tell as much as these."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def probability_inside(level: float, members: float) -> float:
    """Probability that a further draw lies in the interval of so many members, in the mean.

    The quantiles p of n draws stand at the place 1 + (n - 1) p of their order, and n draws divide
    the line into n + 1 parts that are alike: between the two quantiles lie level (n - 1) / (n + 1).
    """
    return level * (members - 1) / (members + 1)


def member_counts(members: int) -> list[int]:
    """25, 50, 100, ... and all members."""
    doubled = [
        FIRST * 2**k for k in range(max(members // FIRST, 1).bit_length()) if FIRST * 2**k < members
    ]
    return [*doubled, members]


def convergence(values: pd.DataFrame, level: float, weights: np.ndarray) -> pd.DataFrame:
    """The table convergence.csv.

    Parameters
    ----------
    values
        One row a member, in the order of members; one column a quantity, without gaps.
    level
        Probability of the intervals.
    weights
        (member,): what a member weighs.

    Returns
    -------
    DataFrame
        quantity, members, low, high, low_se, high_se: the ends of the interval from the first so
        many members and their standard errors.
    """
    ends = ((1 - level) / 2, (1 + level) / 2)
    parts = []
    for count in member_counts(len(values)):
        first = values.to_numpy(float)[:count]
        low, high = quantile(first, ends, weights[:count])
        errors = {
            f"{name}_se": quantile_error(first, end, weights[:count])
            for name, end in zip(("low", "high"), ends, strict=True)
        }
        parts.append(
            pd.DataFrame(
                {"quantity": [*values], "members": count, "low": low, "high": high, **errors}
            )
        )
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values(["quantity", "members"], kind="stable", ignore_index=True)
