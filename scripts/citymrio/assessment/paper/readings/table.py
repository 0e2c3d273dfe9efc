"""What tables/readings.csv says, and how many of the paper's results it meets."""

from typing import NamedTuple

import pandas as pd

#: What a printed number counts as (column `counts_as`): a result of the study, or something that no
#: model is judged by. A setting is chosen by the design, an identity follows from other numbers of
#: the table, a duplicate repeats a number or is one divided by another, an input enters the study,
#: background does not; a number of a figure was read by character recognition.
RESULT = "result"
OTHERS = ("setting", "identity", "duplicate", "input", "background", "figure")

#: Columns of readings.csv.
COLUMNS = (
    *(
        "number",
        "quantity",
        "unit",
        "paper",
        "reading",
        "words",
        "value",
        "ratio",
        "within",
        "used",
        "needs",
    ),
)
#: What `needs` begins with where nothing the run has gives the reading.
DATA = "data: "
NOTHING = "nothing"
#: The reading of the row that names the deciding datum.
DECIDED = "decided by data"
#: Reading and need of the rows of the joint reading.
JOINT = "one joint reading of all numbers"


class Counts(NamedTuple):
    """How many of the paper's results a run meets.

    Attributes
    ----------
    judged
        Comparable results with a tolerance.
    used
        Met by the readings in use.
    joint
        Met by the joint reading that meets most; None where the run has none.
    union
        Met by at least one reading, each for its own number.
    """

    judged: int
    used: int
    joint: int | None
    union: int


def numbers_met(table: pd.DataFrame) -> set[str]:
    """Numbers of readings.csv that at least one reading of their own meets within the tolerance."""
    return set(table.loc[is_true(table["within"]) & table["needs"].ne(JOINT), "number"])


def count_met(comparison: pd.DataFrame, table: pd.DataFrame) -> Counts:
    """How many of the comparable results with a tolerance are met, as used, jointly and
    separately.
    """
    results = comparable_results(comparison)
    judged = results[results["within"].astype(str).str.lower().isin(["true", "false"])]
    used, joint = is_true(judged["within"]), table[table["needs"].eq(JOINT)]
    together = judged["id"].isin(joint.loc[is_true(joint["within"]), "number"])
    return Counts(
        len(judged),
        int(used.sum()),
        int(together.sum()) if len(joint) else None,
        int((used | judged["id"].isin(numbers_met(table))).sum()),
    )


def comparable_results(comparison: pd.DataFrame) -> pd.DataFrame:
    """Rows of paper_comparison.csv that can be compared and are results: what "so many of so many"
    counts.
    """
    return comparison[is_true(comparison["comparable"]) & comparison["counts_as"].eq(RESULT)]


def others(comparison: pd.DataFrame) -> dict[str, int]:
    """How many comparable numbers are no results, by what they count as; without those of none."""
    counts = comparison.loc[is_true(comparison["comparable"]), "counts_as"].value_counts()
    return {name: int(counts[name]) for name in OTHERS if name in counts.index}


def is_true(column: pd.Series) -> pd.Series:
    """Where a column of a file says ``true`` (blank: it does not)."""
    return column.astype(str).str.lower().eq("true")
