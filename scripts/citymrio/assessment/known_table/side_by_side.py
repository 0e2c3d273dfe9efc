"""Every method on every system of known truth, as one table, and where `calibrated` is better
(docs/accuracy.md).
"""

from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from .scores import DRAWS, PROBABILITY, SEED

#: Quantities that modelled trade is no truth of.
OF_TRADE = ("flows", "pattern", "own_use", "embodied")
#: Name of all systems together in differences.csv.
TOGETHER = "all systems"


def side_by_side(
    systems: Mapping[str, tuple[pd.DataFrame, Mapping[str, Any]]], fits: Mapping[str, str]
) -> pd.DataFrame:
    """systems.csv: every method on every system, the scores of all products in columns.

    Parameters
    ----------
    systems
        By code of the system: its accuracy and what it rests on, as :func:`.report.experiment`
        returns them.
    fits
        By code of the system: what the calibrated method is fitted on, as the list says it; blank:
        its own outside regions.

    Returns
    -------
    pandas.DataFrame
        system, case, method, one column a quantity of accuracy.csv, title, basis (a key of
        :data:`.table.BASES`), trade (a key of :data:`.systems.TRUTHS`), cities, provinces, sectors,
        fit.
    """
    parts = []
    for code, (scores, about) in systems.items():
        keys = ["case", "method"]
        wide = scores[scores["group"].eq("all")].pivot(
            index=keys, columns="quantity", values="value"
        )
        order = pd.MultiIndex.from_frame(scores[keys].drop_duplicates())
        wide = wide.loc[order, scores["quantity"].drop_duplicates()].reset_index()
        about_it = {
            "title": about["title"],
            "basis": about["basis"],
            "trade": about["trade"],
            "cities": len(about["cities"]),
            "provinces": len(about["provinces"]),
            "sectors": sum(about["sectors"].values()),
            "fit": fits[code] or about.get("fit", "own outside regions"),
        }
        parts.append(wide.assign(**about_it).assign(system=code))
    table = pd.concat(parts, ignore_index=True)
    return table[["system", *table.columns.drop("system")]]


def differences(systems: Mapping[str, tuple[pd.DataFrame, Mapping[str, Any]]]) -> pd.DataFrame:
    """differences.csv: by how much the error of `calibrated` is smaller (negative) or larger than
    that of another method.

    All systems together, but those whose truth is itself an estimate (of trade: the work of a
    model): the mean of their differences, every table counting alike in however many groups. Its
    interval draws tables anew, with replacement, one of the systems of each, and the difference in
    it from a normal distribution as wide as the interval that drawing its cities gave.

    Parameters
    ----------
    systems
        As of :func:`side_by_side`.

    Returns
    -------
    pandas.DataFrame
        system, case, method, quantity (of all products), difference, low, high.
    """
    keys, values = ["case", "method", "quantity"], ["difference", "low", "high"]
    rows = pd.concat(
        [
            scores[scores["group"].eq("all")].assign(system=code)
            for code, (scores, _) in systems.items()
        ]
    )
    known = rows["system"].map(
        {code: about["basis"] != "estimated" for code, (_, about) in systems.items()}
    )
    modelled = rows["system"].map(
        {code: about["trade"] == "modelled" for code, (_, about) in systems.items()}
    )
    known &= ~(modelled & rows["quantity"].str.startswith(OF_TRADE))
    truth = rows["system"].map({code: about["table"] for code, (_, about) in systems.items()})
    rows = rows.assign(known=known, truth=truth).dropna(subset=values)
    rng, wide = np.random.default_rng(SEED), 2 * NormalDist().inv_cdf((1 + PROBABILITY) / 2)
    pooled = []
    for key, group in rows[rows["known"]].groupby(keys, sort=False):
        group = group.sort_values("truth", kind="stable")
        sizes = group.groupby("truth").size().to_numpy()
        if len(sizes) > 1:
            tables = rng.integers(len(sizes), size=(DRAWS, len(sizes)))
            chosen = (np.cumsum(sizes) - sizes)[tables] + rng.integers(sizes[tables])
            centre, sd = (
                group["difference"].to_numpy(),
                (group["high"] - group["low"]).to_numpy() / wide,
            )
            drawn = rng.normal(centre[chosen], sd[chosen]).mean(axis=1)
            ends = np.quantile(drawn, [(1 - PROBABILITY) / 2, (1 + PROBABILITY) / 2])
            pooled.append(
                (TOGETHER, *key, group.groupby("truth")["difference"].mean().mean(), *ends)
            )
    rows = rows[["system", *keys, *values]]
    return pd.concat([rows, pd.DataFrame(pooled, columns=rows.columns)], ignore_index=True)
