"""Ranks, coverage and bias over all drawn countries, and whether the intervals pass (coverage.csv,
ranks.csv, bias.csv).
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from drawn_countries import FAMILIES
from scipy.stats import kstest

#: What 90% intervals should hold, at least and at most.
GOAL = (0.85, 0.95)
#: Standard errors by which a number of countries widens these bounds.
ERRORS = 2.0
#: Probability that ranks which are uniform are called otherwise, all quantities together.
SIGNIFICANCE = 0.05
#: Countries from which on ranks decide; a sample of fewer is judged by coverage, and its ranks are
#: told.
RANKED = 100
TENTHS = 10
LEVELS = (0.5, 0.8, 0.9)


def groups(table: pd.DataFrame) -> Iterator[tuple[dict[str, str], pd.DataFrame]]:
    """Rows of all countries by family (all of them first), kind and quantity."""
    for family in ("all", *FAMILIES):
        own = table if family == "all" else table[table["family"].eq(family)]
        for (kind, quantity), rows in own.groupby(["kind", "quantity"], sort=False):
            yield {"family": family, "kind": kind, "quantity": quantity}, rows


def bounds(values: int, error: float = 0.0) -> tuple[float, float]:
    """`GOAL` widened by `ERRORS` standard errors: binomial ones of so many values, or `error` where
    that is larger.
    """
    low, high = GOAL
    errors = [max(np.sqrt(p * (1 - p) / values), error) for p in GOAL]
    return low - ERRORS * errors[0], min(high + ERRORS * errors[1], 1.0)


def share(inside: pd.Series, number: pd.Series) -> tuple[float, float]:
    """Share of truths inside, and its standard error over countries, each of which counts alike."""
    own = inside.groupby(number).mean()
    return float(own.mean()), float(own.std(ddof=1) / np.sqrt(len(own))) if len(own) > 1 else np.nan


def coverage(table: pd.DataFrame) -> pd.DataFrame:
    """coverage.csv.

    Parameters
    ----------
    table
        Tables of all countries (:data:`.country.COLUMNS`) with number and family.
    """
    rows = []
    for names, own in groups(table):
        number, rank = own["number"], own["rank"]
        row: dict = {**names, "countries": number.nunique(), "values": len(own)}
        for level in LEVELS:
            row[f"cover{100 * level:.0f}"], error = share((rank - 0.5).abs() <= level / 2, number)
        row["se90"] = error
        row["below"], row["above"] = share(rank < 0.05, number)[0], share(rank > 0.95, number)[0]
        row["low"], row["high"] = bounds(len(own), error)
        rows.append(row | {"passes": bool(row["low"] <= row["cover90"] <= row["high"])})
    return pd.DataFrame(rows)


def ranks(table: pd.DataFrame) -> pd.DataFrame:
    """ranks.csv: one value a country is tested, as those of one country are not independent."""
    rows = []
    for names, own in groups(table):
        rank = own["rank"]
        counts = np.histogram(rank, TENTHS, (0, 1))[0] / len(rank)
        rows.append(
            {
                **names,
                "countries": own["number"].nunique(),
                "mean": rank.mean(),
                "sd": rank.std(ddof=0),
                "ks": float(kstest(own.loc[own["item"].eq(0), "rank"], "uniform").pvalue),
                **{f"d{k}": value for k, value in enumerate(counts, 1)},
            }
        )
    found = pd.DataFrame(rows)
    found.insert(
        found.columns.get_loc("ks") + 1, "ks_holm", found.groupby("family")["ks"].transform(holm)
    )
    found.insert(found.columns.get_loc("ks_holm") + 1, "uniform", found["ks_holm"] >= SIGNIFICANCE)
    return found


def holm(values: pd.Series) -> pd.Series:
    """P-values corrected for their number (Holm 1979)."""
    order = values.sort_values()
    raised = np.maximum.accumulate(order.to_numpy() * np.arange(len(order), 0, -1)).clip(max=1.0)
    return pd.Series(raised, order.index).reindex(values.index)


def bias(table: pd.DataFrame) -> pd.DataFrame:
    """bias.csv: estimate and draws over the truth, and where the estimate lies among its own
    draws.
    """
    rows = []
    for names, own in groups(table):
        known = own[own["truth"].abs() > 0]
        central, middle = known["central"] / known["truth"], known["median"] / known["truth"]
        rows.append(
            {
                **names,
                "countries": own["number"].nunique(),
                "central": central.median(),
                "draws": middle.median(),
                "central_low": central.quantile(0.1),
                "central_high": central.quantile(0.9),
                "place": own["rank_central"].median(),
                "outside": ((own["rank_central"] - 0.5).abs() > 0.45).mean(),
                "width": ((known["high"] - known["low"]) / known["truth"].abs()).median(),
            }
        )
    return pd.DataFrame(rows)


def pooled(table: pd.DataFrame) -> dict[str, float]:
    """Coverage of the 90% intervals of all numbers of headline.csv together, its error over
    countries and its bounds.
    """
    own = table[table["kind"].eq("headline")]
    found, error = share((own["rank"] - 0.5).abs() <= 0.45, own["number"])
    low, high = bounds(len(own), error)
    return {"cover90": found, "se90": error, "low": low, "high": high}


def uneven(ranked: pd.DataFrame) -> list[str]:
    """Quantities whose ranks are not uniform, in words."""
    own = ranked[ranked["family"].eq("all") & ~ranked["uniform"]]
    return [
        f"{row['quantity']}: ranks are not uniform (mean {row['mean']:.2f}, p {row['ks_holm']:.2g})"
        for _, row in own.iterrows()
    ]


def verdict(
    cover: pd.DataFrame, ranked: pd.DataFrame, together: dict[str, float], about: pd.DataFrame
) -> list[str]:
    """What fails, in words; empty where all passes. Ranks count from `RANKED` countries on."""
    said = uneven(ranked) if len(about) >= RANKED else []
    if not together["low"] <= together["cover90"] <= together["high"]:
        said.append("all numbers of headline.csv together: 90% intervals hold " + _held(together))
    own = cover[cover["family"].eq("all") & ~cover["passes"]]
    said += [f"{row['quantity']}: 90% intervals hold {_held(row)}" for _, row in own.iterrows()]
    stopped = about[about["stopped"].ne("")]
    said += [f"country {row.number} has no estimate: {row.stopped}" for row in stopped.itertuples()]
    return said


def _held(row: Mapping[str, Any]) -> str:
    return (
        f"{100 * row['cover90']:.1f}% of the truths, allowed {100 * row['low']:.1f} to "
        f"{100 * row['high']:.1f}%"
    )
