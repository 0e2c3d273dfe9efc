"""Every method on every system of known truth, as one table (docs/accuracy.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd


def side_by_side(systems: Mapping[str, tuple[pd.DataFrame, Mapping[str, Any]]], fits: Mapping[str, str]) -> pd.DataFrame:
    """systems.csv: every method on every system, the scores of all products in columns.

    Parameters
    ----------
    systems
        By code of the system: its accuracy and what it rests on, as :func:`.report.experiment` returns them.
    fits
        By code of the system: what the calibrated method is fitted on, as the list says it; blank: its own outside regions.

    Returns
    -------
    pandas.DataFrame
        system, method, one column a quantity of accuracy.csv, title, basis (a key of :data:`.table.BASES`), cities, sectors, fit.
    """
    parts = []
    for code, (scores, about) in systems.items():
        wide = scores[scores["group"].eq("all")].pivot(index="method", columns="quantity", values="value")
        wide = wide.loc[scores["method"].drop_duplicates(), scores["quantity"].drop_duplicates()].reset_index()
        about_it = {
            "title": about["title"],
            "basis": about["basis"],
            "cities": len(about["cities"]),
            "sectors": sum(about["sectors"].values()),
            "fit": fits[code] or "own outside regions",
        }
        parts.append(wide.assign(**about_it).assign(system=code))
    table = pd.concat(parts, ignore_index=True)
    return table[["system", *table.columns.drop("system")]]
