"""How far an estimate is from the truth, in one number."""

import numpy as np
import pandas as pd


def wape(estimate: np.ndarray, truth: np.ndarray) -> float:
    """sum |estimate - truth| / sum |truth|: 0 is exact, 1 is what writing zeros gives; NaN where
    the truth is 0 throughout.
    """
    return share_of_whole(np.abs(estimate - truth).sum(), np.abs(truth).sum())


def correlation(one: pd.Series, other: pd.Series) -> float:
    """Pearson's correlation; of ranks, Spearman's. NaN where one of them is constant, or has fewer
    than two values.
    """
    if len(one) < 2 or one.nunique() < 2 or other.nunique() < 2:
        return float("nan")
    return float(one.corr(other))


def spearman(estimate: np.ndarray, truth: np.ndarray) -> float:
    """Rank correlation."""
    return float(pd.Series(estimate).corr(pd.Series(truth), method="spearman"))


def share_of_whole(amount: float, whole: float) -> float:
    """amount / whole; NaN where there is no whole."""
    return float(amount / whole) if whole != 0 else float("nan")
