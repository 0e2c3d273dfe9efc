"""Intervals beside the numbers they belong to: columns joined to tables of the run."""

from __future__ import annotations

import numpy as np
import pandas as pd


def compare_with_intervals(comparison: pd.DataFrame, numbers: pd.DataFrame) -> pd.DataFrame:
    """paper_comparison.csv with our interval of every number and whether the paper's lies inside it.

    Columns added: central (the ensemble's estimate without draws), lower, upper, inside (true, false; blank without an interval
    or where the two cannot be compared).
    """
    intervals = numbers[numbers["quantity"].str.startswith("paper: ")].copy()
    intervals["id"] = intervals["quantity"].str.removeprefix("paper: ")
    table = comparison.merge(
        intervals[["id", "estimate", "low", "high"]].rename(columns={"estimate": "central", "low": "lower", "high": "upper"}),
        on="id",
        how="left",
    )
    known = table["lower"].notna() & table["comparable"].astype(str).str.lower().eq("true")
    inside = (table["paper"] >= table["lower"]) & (table["paper"] <= table["upper"])
    table["inside"] = np.where(known, inside.astype(str).str.lower(), "")
    return table


def with_intervals(regions: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """tables/regions.csv with the interval and probability columns of the ensemble (`ensemble_cba_mt`: its own estimate)."""
    extra = summary.drop(columns=["name"]).rename(
        columns={name: f"ensemble_{name}" for name in ("cba_mt", "pba_mt", "per_capita_t", "net_balance_mt")}
    )
    return regions.merge(extra, on="region", how="left", validate="one_to_one")
