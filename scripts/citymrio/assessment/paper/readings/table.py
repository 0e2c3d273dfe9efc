"""What tables/readings.csv says: which numbers some reading meets, and what remains outside every
reading.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
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
        Met by the joint reading that meets most.
    union
        Met by at least one reading, each for its own number.
    """

    judged: int
    used: int
    joint: int
    union: int


def met(table: pd.DataFrame) -> set[str]:
    """Numbers of readings.csv that at least one reading of their own meets within the tolerance."""
    return set(table.loc[true(table["within"]) & table["needs"].ne(JOINT), "number"])


def counts(comparison: pd.DataFrame, table: pd.DataFrame) -> Counts:
    """How many of the comparable results with a tolerance are met, as used, jointly and
    separately.
    """
    results = comparable_results(comparison)
    judged = results[results["within"].astype(str).str.lower().isin(["true", "false"])]
    used, joint = true(judged["within"]), table[table["needs"].eq(JOINT)]
    together = judged["id"].isin(joint.loc[true(joint["within"]), "number"])
    return Counts(
        len(judged),
        *(int(which.sum()) for which in (used, together, used | judged["id"].isin(met(table)))),
    )


def choices(table: pd.DataFrame) -> str:
    """The choices of the joint reading in readings.csv; blank without one."""
    return next(iter(table.loc[table["needs"].eq(JOINT), "words"]), "")


def outside(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers of readings.csv that no reading meets, with the datum that would decide each.

    Returns
    -------
    pandas.DataFrame
        number, quantity, unit, paper, nearest (the value with the ratio nearest to 1), datum;
        numbers without a tolerance or without any value are left out.
    """
    rows = []
    for number, group in table[table["needs"].ne(JOINT)].groupby("number", sort=False):
        known = group[group["value"].notna()]
        if number in met(table) or not known["within"].astype(str).str.lower().eq("false").any():
            continue
        nearest = known.loc[
            np.log(known["ratio"].where(known["ratio"] > 0)).abs().fillna(np.inf).idxmin()
        ]
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
    return pd.DataFrame(
        rows, columns=["number", "quantity", "unit", "paper", "nearest", "reading", "datum"]
    )


def in_markdown(table: pd.DataFrame, numbers: Iterable[str]) -> str:
    """Some numbers of readings.csv as a table of a page: paper, in use, all other readings (* of a
    variant).
    """
    lines = ["| number | printed | in use | other readings |", "|---|---:|---:|---|"]
    for number in numbers:
        group = table[
            table["number"].eq(number) & table["value"].notna() & table["needs"].ne(JOINT)
        ]
        used = true(group["used"])
        others = [
            f"{row.reading} {_digits(row.value)}{'*' * row.needs.startswith('variant')}"
            for row in group[~used].itertuples()
        ]
        first, mine = group.iloc[0], group.loc[used, "value"]
        unit = "" if first["unit"] == "count" else f", {first['unit']}"
        said = _digits(mine.iloc[0]) if len(mine) else ""
        lines.append(
            f"| {first['quantity']}{unit} ({number}) | {_digits(first['paper'])} | {said} | "
            f"{'; '.join(others)} |"
        )
    return "\n".join(lines) + "\n"


def outside_in_markdown(table: pd.DataFrame, comparison: pd.DataFrame) -> str:
    """Results outside every reading as a table of a page: the paper's value, the nearest reading,
    the datum that would decide.
    """
    found = outside(table)
    found = found[found["number"].isin(comparable_results(comparison)["id"])]
    lines = [
        "| number | printed | nearest | the reading | what would decide it |",
        "|---|---:|---:|---|---|",
    ]
    for row in found.itertuples():
        unit = "" if row.unit == "count" else f", {row.unit}"
        paper, nearest = _digits(row.paper), _digits(row.nearest)
        lines.append(
            f"| {row.quantity}{unit} ({row.number}) | {paper} | {nearest} | {row.reading} | "
            f"{row.datum} |"
        )
    return "\n".join(lines) + "\n"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 or float(value).is_integer() else f"{value:.3g}"


def comparable_results(comparison: pd.DataFrame) -> pd.DataFrame:
    """Rows of paper_comparison.csv that can be compared and are results: what "so many of so many"
    counts.
    """
    return comparison[true(comparison["comparable"]) & comparison["counts_as"].eq(RESULT)]


def others(comparison: pd.DataFrame) -> dict[str, int]:
    """How many comparable numbers are no results, by what they count as; without those of none."""
    counts = comparison.loc[true(comparison["comparable"]), "counts_as"].value_counts()
    return {name: int(counts[name]) for name in OTHERS if name in counts.index}


def true(column: pd.Series) -> pd.Series:
    """Where a column of a file says ``true`` (blank: it does not)."""
    return column.astype(str).str.lower().eq("true")
