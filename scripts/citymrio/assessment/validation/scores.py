"""How far predictions of left-out data are from them, and whether the ensemble's intervals hold
them (validation/scores.csv).
"""

import numpy as np
import pandas as pd
from scipy.stats import norm

from ...config.models import Uncertainty
from ..measures import correlation, wape
from . import ALL, OTHER_YEARS, PER_HEAD, RUN, SOME

LEVELS = (50, 80, 90)
TENTHS = tuple(f"pit_{k}" for k in range(1, 11))
COLUMNS = (
    "quantity",
    "industry",
    "method",
    "against",
    "neighbours",
    "data",
    "wape",
    "median_log_error",
    "bias",
    "log_sd",
    "log_sd_within",
    "rank_correlation",
    "assumed_sd",
    *(f"within_{level}" for level in LEVELS),
    *TENTHS,
)


def pit_of_draws(draws: pd.DataFrame, truth: pd.Series) -> pd.DataFrame:
    """Place of the truth among the draws of every region, from 0 to 1 (probability integral
    transform): its `low` and `high` end.

    n draws part the range into n + 1 places of the same probability, if the draws are right; a
    truth has one of them, with ties several. (Czado, Gneiting and Held 2009: a count is spread over
    its place, so that any number of draws can be judged.)
    """
    wide = draws.pivot(index="region", columns="member", values="emissions").reindex(truth.index)
    below, same = wide.lt(truth, axis=0).sum(axis=1), wide.eq(truth, axis=0).sum(axis=1)
    places = wide.notna().sum(axis=1).replace(0, np.nan) + 1
    return pd.DataFrame({"low": below / places, "high": (below + same + 1) / places})


def pit_lognormal(predicted: pd.Series, truth: pd.Series, sd: float) -> pd.DataFrame:
    """The same where draws are lognormal around the prediction, with that mean and log standard
    deviation: a point.
    """
    place = norm.cdf((np.log(truth / predicted) + sd**2 / 2) / sd) if sd > 0 else np.nan
    return pd.DataFrame({"low": place, "high": place}, index=truth.index)


def _below(pit: pd.DataFrame, level: float) -> float:
    """Share of the places that lie below a level."""
    low, width = pit["low"].to_numpy(), (pit["high"] - pit["low"]).to_numpy()
    part = np.divide(level - low, width, out=np.where(low < level, 1.0, 0.0), where=width > 0)
    return float(part.clip(0, 1).mean())


def score(table: pd.DataFrame, against: str, pit: pd.DataFrame) -> dict[str, float]:
    """Scores of some rows of left_out.csv; errors are of the natural log of predicted over truth.

    Parameters
    ----------
    against
        Column that is the truth.
    pit
        Of every row, `low` and `high`; NaN without an interval.
    """
    truth, predicted = table[against].to_numpy(float), table["predicted"].to_numpy(float)
    positive = (truth > 0) & (predicted > 0)
    error = pd.Series(
        np.log(predicted[positive] / truth[positive]), index=table["province"].to_numpy()[positive]
    )
    # the standard deviation around the mean of the province, with the degrees of freedom that these
    # means take
    means = error.groupby(level=0)
    free = len(error) - means.ngroups
    within = (
        float(np.sqrt(((error - means.transform("mean")) ** 2).sum() / free))
        if free > 0
        else np.nan
    )
    known = pit.dropna()
    share, tenths = (
        dict.fromkeys((f"within_{level}" for level in LEVELS), np.nan),
        dict.fromkeys(TENTHS, np.nan),
    )
    if len(known):
        share = {
            f"within_{level}": _below(known, 0.5 + level / 200) - _below(known, 0.5 - level / 200)
            for level in LEVELS
        }
        edges = [0.0, *(_below(known, k / 10) for k in range(1, 10)), 1.0]
        tenths = dict(zip(TENTHS, np.diff(edges), strict=True))
    return {
        "data": len(table),
        "wape": wape(predicted, truth),
        "median_log_error": float(error.abs().median()),
        "bias": float(error.mean()),
        "log_sd": float(error.std()),
        "log_sd_within": within,
        "rank_correlation": correlation(pd.Series(predicted).rank(), pd.Series(truth).rank()),
        **share,
        **tenths,
    }


def scores(left_out: pd.DataFrame, draws: pd.DataFrame, config: Uncertainty) -> pd.DataFrame:
    """validation/scores.csv: every kind of datum and prediction, against what is told and what is
    printed, by neighbours.

    Parameters
    ----------
    left_out
        validation/left_out.csv.
    draws
        member, region, emissions: the left-out totals as the ensemble draws them.
    """
    draws = draws.astype({"emissions": float})  # a part without members holds no number
    spread = np.log(draws.pivot(index="region", columns="member", values="emissions")).std(axis=1)
    rows = []
    for (quantity, industry, method), table in left_out.fillna({"industry": ""}).groupby(
        ["quantity", "industry", "method"], sort=False
    ):
        table = table.set_index("region")
        sd = {
            RUN: float(spread.median()),
            PER_HEAD: config.imputed_sd,
            OTHER_YEARS: np.sqrt(1.5) * config.emissions_sd,
        }.get(method, np.nan)
        # what the run makes of the datum when it is told (at the province's level), and as printed
        for against in ("told", "printed"):
            if table[against].isna().all():
                continue
            if method == RUN:
                pit = pit_of_draws(draws, table[against])
            else:
                pit = pit_lognormal(table["predicted"], table[against], sd)
            for group in ("", ALL, SOME):
                chosen = table["neighbours"].eq(group) if group else table["neighbours"].notna()
                if chosen.any():
                    found = score(table[chosen], against, pit[chosen])
                    key = {
                        "quantity": quantity,
                        "industry": industry,
                        "method": method,
                        "against": against,
                        "neighbours": group,
                    }
                    rows.append(key | {"assumed_sd": sd} | found)
    return pd.DataFrame(rows, columns=[*COLUMNS])
