"""What the accounts of a province made of every observation of its cities (cities/<p>/observations.csv)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .province import Province, Step

#: What is kept of an observation as it was given, and what became of it.
GIVEN = ("region", "quantity", "sectors", "category", "source", "measure", "value", "unit", "status", "reliability")
MADE = ("level", "prior", "estimate", "weight", "use", "why")


def observations_use(province: Province, step: Step) -> pd.DataFrame:
    """One row per observation: as given, its level, prior, estimate, slack, weight, what it moved, and how it was used.

    Rows of emissions are open: the inventory uses them.
    """
    table = province.observations.reset_index(drop=True)
    table = table.assign(
        measure=(table["measure"] if "measure" in table else pd.Series("", table.index)).astype(object).fillna("")
    )
    table = table[list(GIVEN)].rename(columns={"value": "observed"})
    table["measure"] = table["measure"].replace("", "amount")
    names = dict(zip(province.codes, province.cities["name"], strict=True))
    table.insert(0, "province", province.code)
    table.insert(2, "name", table["region"].map(names))
    for name in MADE:
        blank = "" if name in ("use", "why") else np.nan
        table[name] = [step.uses.get(row, {}).get(name, blank) for row in table.index]
    table.insert(table.columns.get_loc("estimate") + 1, "slack", table["estimate"] - table["level"])
    table.insert(table.columns.get_loc("weight") + 1, "moved", table["estimate"] - table["prior"])
    return table
