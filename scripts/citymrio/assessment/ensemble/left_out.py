"""Members that are left out since their draws contradict what is kept exactly: which draws, and what the others weigh for it.

The members with an estimate are a sample of the draws that are possible, not of all that are drawn. The draws of both are known:
members whose draws are like those that are left out weigh more, so that together they stand for all that are drawn, so far as
having an estimate follows the draws.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

#: Standard deviation, over members, that the log-odds of having an estimate have a priori. Declared: 1 lets one member in forty
#: have odds of being left out that are seven times the usual ones, and calls nothing certain.
ODDS_SD = 1.0


def draw_shifts(draws: pd.DataFrame, estimated: np.ndarray) -> pd.DataFrame:
    """How the draws of members that are left out differ (left_out_draws.csv).

    Parameters
    ----------
    draws
        One row a member, one column a draw; those of the nation are means over cities.
    estimated
        (member,): whether it has an estimate.

    Returns
    -------
    DataFrame
        draw, kept (mean of the members with an estimate), left_out (of those without; both in standard deviations of all members
        from the mean of all), difference (left_out - kept), se, chance (size of difference / se that the largest of so many
        draws exceeds in every second ensemble by chance alone); ordered by the size of difference / se. Without members left out,
        no row.
    """
    names = ["draw", "kept", "left_out", "difference", "se", "chance"]
    if estimated.all() or not estimated.any():
        return pd.DataFrame(columns=names)
    values = draws.to_numpy(float)
    spread = values.std(axis=0)
    varies = spread > 0
    z = (values[:, varies] - values[:, varies].mean(axis=0)) / spread[varies]
    kept, out = z[estimated].mean(axis=0), z[~estimated].mean(axis=0)
    # of members that are left out by chance: drawn from all without replacement, each with variance 1
    error = np.full(len(kept), np.sqrt(1 / estimated.sum() + 1 / (~estimated).sum()))
    chance = NormalDist().inv_cdf((1 + 0.5 ** (1 / max(len(kept), 1))) / 2)
    table = pd.DataFrame(dict(zip(names, ([*draws.columns[varies]], kept, out, out - kept, error, chance), strict=True)))
    order = (table["difference"].abs() / table["se"]).sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def weights(draws: pd.DataFrame, estimated: np.ndarray) -> np.ndarray:
    """What every member weighs (member,): those with an estimate as many draws as they stand for, 1 in the mean; the others 0.

    A member with an estimate whose draws are such that only a part p of their like has one stands for 1/p of them
    (inverse-probability weights; Robins, Rotnitzky and Zhao 1994, Journal of the American Statistical Association 89). p comes
    from a logistic regression on the draws. A priori its coefficients are normal, and so wide that the log-odds of members differ
    by a standard deviation of `ODDS_SD`: with as many draws as members the data alone would tell the two kinds apart at once.

    Parameters
    ----------
    draws, estimated
        As of :func:`draw_shifts`.
    """
    result = estimated.astype(float)
    x = draws.to_numpy(float)
    spread = x.std(axis=0)
    if result.min() == 1 or result.max() == 0 or not spread.any():
        return result
    from sklearn.linear_model import LogisticRegression  # slow to import

    z = (x[:, spread > 0] - x[:, spread > 0].mean(axis=0)) / spread[spread > 0]
    fitted = LogisticRegression(C=ODDS_SD**2 / z.shape[1]).fit(z, estimated)
    result = result / fitted.predict_proba(z)[:, 1]
    return result * estimated.sum() / result.sum()
