"""How many intervals hold the truth, where it is known (coverage.csv)."""

import numpy as np
import pandas as pd
import xarray as xr

from ...analysis.affluence import is_city
from ...base.units import MT


def coverage(summary: pd.DataFrame, truth: xr.Dataset, regions: pd.DataFrame) -> pd.DataFrame:
    """Share of cities whose interval holds the truth.

    Columns: quantity, cities, inside, truth_below, truth_above, width (median over cities,
    relative).

    Parameters
    ----------
    summary
        uncertainty/regions.csv; households' direct emissions must not be part of it, as the truth
        does not hold them.
    truth
        Footprints of the true table.
    regions
        regions.csv of the dataset: cities only are counted.
    """
    codes = regions.loc[is_city(regions).to_numpy(), "region"].tolist()
    table = summary.set_index("region").loc[codes]
    true = {
        "cba_mt": truth["cba"].sum("category").sel(region=codes).values,
        "pba_mt": truth["pba"].sel(region=codes).values,
    }
    rows = []
    for name, values in true.items():
        low, high, value = (
            table[f"{name}_low"].to_numpy(),
            table[f"{name}_high"].to_numpy(),
            values * MT,
        )
        below, above = value < low, value > high
        width = np.median((high - low) / table[name].to_numpy())
        rows.append(
            (name, len(codes), 1 - (below | above).mean(), below.mean(), above.mean(), width)
        )
    return pd.DataFrame(
        rows, columns=["quantity", "cities", "inside", "truth_below", "truth_above", "width"]
    )
