"""Which of the paper's numbers "so many of so many" counts: its results, and nothing that no model is judged by."""

from __future__ import annotations

import pandas as pd

#: What a printed number counts as (column `counts_as`): a result of the study, or something that no model is judged by. A setting
#: is chosen by the design, an identity follows from other numbers of the table, a duplicate repeats a number or is one divided by
#: another, an input enters the study, background does not; a number of a figure was read by character recognition.
RESULT = "result"
OTHERS = {
    "setting": "settings",
    "identity": "identities",
    "duplicate": "duplicates",
    "input": "inputs",
    "background": "background",
    "figure": "numbers read off a figure",
}


def comparable_results(comparison: pd.DataFrame) -> pd.DataFrame:
    """Rows of paper_comparison.csv that can be compared and are results: what "so many of so many" counts."""
    return comparison[_comparable(comparison) & comparison["counts_as"].eq(RESULT)]


def others_in_words(comparison: pd.DataFrame) -> str:
    """How many comparable numbers are no results, by what they count as: ``15 settings, 20 duplicates``; "" where none."""
    counts = comparison.loc[_comparable(comparison), "counts_as"].value_counts()
    return ", ".join(f"{counts[name]} {words}" for name, words in OTHERS.items() if name in counts.index)


def true(column: pd.Series) -> pd.Series:
    """Where a column of a file says ``true`` (blank: it does not)."""
    return column.astype(str).str.lower().eq("true")


def _comparable(comparison: pd.DataFrame) -> pd.Series:
    return true(comparison["comparable"])
