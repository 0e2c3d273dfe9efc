"""What the run made of every observation of a city (tables/observations_use.csv)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ..base.units import MT


def observations_use(parts: Iterable[pd.DataFrame], statuses: Iterable[pd.DataFrame], inventory: pd.DataFrame) -> pd.DataFrame:
    """All provinces in one table, emissions with what the inventory made of them.

    Parameters
    ----------
    parts
        cities/<p>/observations.csv of every province.
    statuses
        observations/<p>.csv of the dataset in the same order, for the status of the emissions.
    inventory
        footprint/inventory.csv.
    """
    table = pd.concat(parts, ignore_index=True)
    status = pd.concat([part["status"] for part in statuses], ignore_index=True)
    emitted = table["quantity"].eq("emissions")
    known = inventory.set_index("region")
    region = table.loc[emitted, "region"]

    def of_region(column: str) -> np.ndarray:
        return known[column].reindex(region).to_numpy(float)

    usable = (status[emitted].eq("observed") & (table.loc[emitted, "reliability"] > 0)).to_numpy()
    level = table.loc[emitted, "observed"].to_numpy(float) * of_region("target_scale")
    estimate, prior = of_region("total_mt") / MT, of_region("prior_mt") / MT
    used = usable & np.isfinite(level)
    table.loc[emitted, "level"] = np.where(used, level, np.nan)
    table.loc[emitted, "prior"], table.loc[emitted, "estimate"] = prior, estimate
    table.loc[emitted, "slack"] = np.where(used, estimate - level, np.nan)
    table.loc[emitted, "moved"] = estimate - prior
    table.loc[emitted, "use"] = np.where(used, "used", "not used")
    why = np.where(usable, "the province's inventory counts", "its status is imputed, or its reliability 0")
    table.loc[emitted, "why"] = np.where(used, "the city's total, brought to the level of the province", why)
    return table
