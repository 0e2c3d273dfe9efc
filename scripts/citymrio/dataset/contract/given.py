"""Lists of the dataset of a given table that follow from its sectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ...base.errors import DataError
from ...base.vocabulary import HOUSEHOLDS
from .tables import EMISSION_STATUS, Table

#: Lists of emissions that may be left out, together.
OF_EMISSIONS = ("inventory_sectors", "bridge")


def complete_lists(tables: dict[str, Table], folder: Path) -> list[DataError]:
    """Add what the folder leaves out: without a list of inventory sectors, they are the sectors of
    the table.

    A sector that sectors.csv marks as `key` is a key sector under its own code. The column `status`
    of emissions is filled in.

    Parameters
    ----------
    tables
        Those that were read, by name; they are added to.

    Returns
    -------
    list of DataError
        One of the two lists is there without the other.
    """
    emissions = tables.get("emissions")
    if emissions is not None:
        emissions.frame["status"] = (
            emissions.frame["status"].fillna("").replace("", EMISSION_STATUS[0])
        )
    there = [name for name in OF_EMISSIONS if name in tables]
    if len(there) == 1:
        missing = next(name for name in OF_EMISSIONS if name not in there)
        return [
            DataError(
                f"the file is missing, and there is {there[0]}",
                where=str(folder / f"{missing}.csv"),
                fix="give both lists, or neither: inventory sectors are the sectors of the table "
                "then.",
            )
        ]
    if there or "sectors" not in tables:
        return []
    sectors, places = tables["sectors"].frame, tables["sectors"].places
    columns = {
        "inventory_sector": sectors["sector"],
        "name": sectors["name"],
        "kind": "production",
        "residence": "",
    }
    listed = pd.DataFrame({**columns, "key": np.where(sectors["key"], sectors["sector"], "")})
    if emissions is not None and emissions.frame["sector"].eq(HOUSEHOLDS).any():
        row = int(emissions.frame["sector"].eq(HOUSEHOLDS).idxmax())
        listed.loc[len(listed)] = [HOUSEHOLDS, "Households", "household", "", ""]
        places = [*places, emissions.places[row]]
    bridge = pd.DataFrame(
        {"inventory_sector": sectors["sector"], "sector": sectors["sector"]}, dtype=str
    )
    tables["inventory_sectors"] = Table(listed.astype(str), places)
    tables["bridge"] = Table(bridge, tables["sectors"].places)
    return []
