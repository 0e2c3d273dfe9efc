"""Intervals beside the numbers they belong to: cells of tables that an ensemble keeps, columns
joined to tables of the run.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from .layout import REGION


class Cells(NamedTuple):
    """A table whose cells the ensemble keeps: the columns that name a row, and those that have
    intervals.
    """

    keys: tuple[str, ...]
    columns: tuple[str, ...]


_PRODUCED, _CONSUMED = ("producer_quintile", "producer_structure"), ("consumer_quintile",)
_OF_GROUPS = (
    *("cba_mt", "cba_percent", "cba_capital_mt", "cba_capital_percent", "pba_mt", "pba_percent"),
    *("per_capita_unweighted", "per_capita_weighted"),
)
#: Tables of the run whose numbers have intervals in uncertainty/cells.csv; those of regions stand
#: in uncertainty/regions.csv.
TABLES = {
    "quintiles": Cells(("quintile",), (*_OF_GROUPS, "affluence_mean_usd")),
    "structures": Cells(("structure",), ("cities", *_OF_GROUPS)),
    "flows_groups": Cells(_PRODUCED + _CONSUMED, ("mt", "percent")),
    "va_per_emission": Cells(_PRODUCED + _CONSUMED, ("ratio",)),
    "va_dependence": Cells(
        _PRODUCED[:1] + _CONSUMED, ("percent_of_value_added", "percent_of_trade")
    ),
    "intercity": Cells(("component",), ("mt", "share")),
    "intercity_cities": Cells(("component",), ("mt", "share")),
    "scenarios": Cells(
        ("scenario",),
        (
            *("cities", "saving_mt", "saving_share_percent", "saving_share_national_percent"),
            *("saving_cba_mt", "interaction_mt"),
        ),
    ),
    "quota": Cells(
        ("scenario",),
        ("saving_mt", "new_mt", "increase_of_existing_percent", "increase_of_new_percent"),
    ),
    "deficits": Cells(
        ("case",),
        (
            *("cities", "population", "target_usd", "deficit_mt"),
            *("target_weighted_usd", "deficit_weighted_mt"),
        ),
    ),
}


def cells(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The cells of a member: quantity (``<table>: <keys>, <column>``, keys with / between),
    value.
    """
    names, values = [], []
    for name, own in TABLES.items():
        table = tables[name]
        rows = _rows(table, own)
        for column in own.columns:
            names += [f"{name}: {row}, {column}" for row in rows]
            values += table[column].tolist()
    return pd.DataFrame({"quantity": names, "value": values, "unit": ""}).dropna(subset="value")


def _rows(table: pd.DataFrame, own: Cells) -> list[str]:
    return [*map("/".join, zip(*(table[key].astype(str) for key in own.keys), strict=True))]


def cell_table(numbers: pd.DataFrame) -> pd.DataFrame:
    """uncertainty/cells.csv from rows of numbers.csv that are cells: table, row, column, and the
    columns of the numbers.
    """
    parts = numbers["quantity"].str.extract(r"^(?P<table>\w+): (?P<row>.*), (?P<column>\w+)$")
    return parts.join(numbers.drop(columns=["quantity", "unit"]))


def is_cell(quantities: pd.Series | pd.Index) -> np.ndarray:
    """Whether quantities of members are cells of tables."""
    return np.asarray(quantities.str.match(rf"(?:{'|'.join(TABLES)}): .*, \w+$"), bool)


def compare_with_intervals(comparison: pd.DataFrame, numbers: pd.DataFrame) -> pd.DataFrame:
    """paper_comparison.csv with our interval of every number and whether the paper's lies inside
    it.

    Columns added: central (the ensemble's estimate without draws), median (of the draws), lower,
    upper, inside (true, false; blank without an interval or where the two cannot be compared).
    """
    intervals = numbers[numbers["quantity"].str.startswith("paper: ")].copy()
    intervals["id"] = intervals["quantity"].str.removeprefix("paper: ")
    table = comparison.merge(
        intervals[["id", "estimate", "median", "low", "high"]].rename(
            columns={"estimate": "central", "low": "lower", "high": "upper"}
        ),
        on="id",
        how="left",
    )
    known = table["lower"].notna() & table["comparable"].astype(str).str.lower().eq("true")
    inside = (table["paper"] >= table["lower"]) & (table["paper"] <= table["upper"])
    table["inside"] = np.where(known, inside.astype(str).str.lower(), "")
    return table


def with_intervals(
    name: str,
    table: pd.DataFrame,
    regions: pd.DataFrame,
    known: pd.DataFrame | None = None,
    numbers: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """A table of the run with the columns that the ensemble adds, each beside the number it belongs
    to.

    Parameters
    ----------
    name, table
        A table of the run; one without intervals comes back as it is.
    regions, known, numbers
        uncertainty/regions.csv, cells.csv and numbers.csv.

    Returns
    -------
    pandas.DataFrame
        `ensemble_<column>` (as the ensemble reports it), `<column>_low`, `<column>_high`; of
        regions also the probabilities. In a row of variants.csv they are those of its quantity,
        whatever the variant.
    """
    if name == "regions":
        extra = regions.drop(columns=["name"]).rename(
            columns={own: f"ensemble_{own}" for own in REGION}
        )
        return table.merge(extra, on="region", how="left", validate="one_to_one")
    if name == "variants" and numbers is not None:
        own = numbers.set_index("quantity")
        joined = {"value": "ensemble_value", "low": "value_low", "high": "value_high"}
        return table.assign(**{new: table["quantity"].map(own[k]) for k, new in joined.items()})
    if name not in TABLES or known is None:
        return table
    rows = pd.Series(_rows(table, TABLES[name]), table.index)
    parts = []
    for column in table:
        parts.append(table[column])
        if column in TABLES[name].columns:
            own = known[known["table"].eq(name) & known["column"].eq(column)].set_index("row")
            names = {
                "value": f"ensemble_{column}",
                "low": f"{column}_low",
                "high": f"{column}_high",
            }
            parts += [rows.map(own[source]).rename(new) for source, new in names.items()]
    return pd.concat(parts, axis=1)
