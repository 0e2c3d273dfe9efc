"""Members that are left out since their draws contradict what is kept exactly: which draws, and what bias it brings.

The members with an estimate are a sample of the draws that are possible, not of all that are drawn. The draws of both are known.
A regression of a result on the draws, among the members with an estimate, predicts it for those without: the mean of the
estimated results less the mean of estimated and predicted ones is the bias that leaving members out brings, so far as it follows
the draws.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

#: Members for each draw that a regression holds.
EACH = 3


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


def bias(results: pd.DataFrame, draws: pd.DataFrame, estimated: np.ndarray, units: pd.Series) -> pd.DataFrame:
    """The bias that leaving members out brings to the mean of every result (left_out.csv).

    Parameters
    ----------
    results
        One row a member with an estimate, one column a quantity.
    draws, estimated
        As of :func:`draw_shifts`: all members.
    units
        Unit by quantity.

    Returns
    -------
    DataFrame
        quantity, unit, mean (of members with an estimate), adjusted (all members, those left out as predicted), bias (mean -
        adjusted), se, sd (over members with an estimate), share (bias / sd), r2 (adjusted part of the variance that the draws
        explain). Blank where there are too few members for a regression.
    """
    x = draws.to_numpy(float)
    spread = x[estimated].std(axis=0)
    varies = spread > 0
    centre = x[estimated][:, varies].mean(axis=0)
    z = (x[:, varies] - centre) / spread[varies]
    y = results.to_numpy(float)
    mean, sd = y.mean(axis=0), y.std(axis=0, ddof=1)
    kept, count = int(estimated.sum()), len(estimated)
    gap, error, explained = np.zeros(y.shape[1]), np.zeros(y.shape[1]), np.full(y.shape[1], np.nan)
    if not estimated.all():
        if kept < EACH * varies.sum() + 2:
            gap, error = np.full_like(gap, np.nan), np.full_like(gap, np.nan)
        else:
            own, inverse = z[estimated], np.linalg.pinv(z[estimated].T @ z[estimated], hermitian=True)
            slope = inverse @ own.T @ (y - mean)
            residual = ((y - mean - own @ slope) ** 2).sum(axis=0) / (kept - varies.sum() - 1)
            shift = z[~estimated].mean(axis=0)
            part = (count - kept) / count
            gap = -part * (shift @ slope)
            # of the slopes, and of what the draws do not say of the members that are left out
            error = part * np.sqrt(residual * (shift @ inverse @ shift + 1 / (count - kept)))
            total = y.var(axis=0, ddof=1)
            explained = 1 - np.divide(residual, total, out=np.ones_like(total), where=total > 0)
    table = pd.DataFrame({"quantity": [*results], "unit": [*units.reindex([*results])], "mean": mean})
    share = np.divide(gap, sd, out=np.zeros_like(sd), where=sd > 0)
    return table.assign(adjusted=mean - gap, bias=gap, se=error, sd=sd, share=share, r2=explained)
