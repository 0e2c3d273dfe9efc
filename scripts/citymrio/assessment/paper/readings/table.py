"""What tables/readings.csv says: which numbers some reading meets, and what remains outside every reading."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..counted import comparable_results, true

#: Columns of readings.csv.
COLUMNS = (*("number", "quantity", "unit", "paper", "reading", "words", "value", "ratio", "within", "used", "needs"),)
#: What `needs` begins with where nothing the run has gives the reading.
DATA = "data: "
NOTHING = "nothing"
#: The reading of the row that names the deciding datum.
DECIDED = "decided by data"


def met(table: pd.DataFrame) -> set[str]:
    """Numbers of readings.csv that at least one reading meets within the tolerance."""
    return set(table.loc[true(table["within"]), "number"])


def counts(comparison: pd.DataFrame, table: pd.DataFrame) -> tuple[int, int, int]:
    """Of the comparable results with a tolerance: how many there are, how many are met as used, how many by some reading."""
    results = comparable_results(comparison)
    judged = results[results["within"].astype(str).str.lower().isin(["true", "false"])]
    used = true(judged["within"])
    return len(judged), int(used.sum()), int((used | judged["id"].isin(met(table))).sum())


def outside(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers of readings.csv that no reading meets, with the datum that would decide each.

    Returns
    -------
    pandas.DataFrame
        number, quantity, unit, paper, nearest (the value with the ratio nearest to 1), datum; numbers without a tolerance or
        without any value are left out.
    """
    rows = []
    for number, group in table.groupby("number", sort=False):
        known = group[group["value"].notna()]
        if number in met(table) or not known["within"].astype(str).str.lower().eq("false").any():
            continue
        nearest = known.loc[np.log(known["ratio"].where(known["ratio"] > 0)).abs().fillna(np.inf).idxmin()]
        datum = group.loc[group["reading"].eq(DECIDED), "needs"].iloc[0].removeprefix(DATA)
        first = group.iloc[0]
        rows.append(
            {
                **{name: first[name] for name in ("quantity", "unit", "paper")},
                "number": number,
                "nearest": nearest["value"],
                "reading": nearest["reading"],
                "datum": datum,
            }
        )
    return pd.DataFrame(rows, columns=["number", "quantity", "unit", "paper", "nearest", "reading", "datum"])
