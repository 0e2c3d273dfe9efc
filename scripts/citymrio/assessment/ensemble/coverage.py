"""How many intervals hold the truth, where it is known (coverage.csv)."""

import numpy as np
import pandas as pd
import xarray as xr

from ...analysis.affluence import is_city
from ...base.units import MT

#: Probabilities of the intervals that are judged.
LEVELS = (0.5, 0.8, 0.9)


def counted(
    members: np.ndarray, truth: np.ndarray, level: float, estimate: np.ndarray
) -> dict[str, float]:
    """How many intervals hold the truth.

    Parameters
    ----------
    members
        (member, value).
    truth, estimate
        (value,): the truth, and the estimate without draws.
    level
        Probability of the intervals.

    Returns
    -------
    dict
        values (how many), inside (their share), inside_by_size (weighted by the true size),
        truth_below, truth_above (shares), width (median, relative to the truth where it is not 0),
        error (of the estimate, likewise).
    """
    low, high = np.quantile(members, [(1 - level) / 2, (1 + level) / 2], axis=0)
    below, above, size = truth < low, truth > high, np.abs(truth)
    inside, some = ~(below | above), size > 0
    return {
        "values": len(truth),
        "inside": float(inside.mean()),
        "inside_by_size": float(size[inside].sum() / size.sum()) if some.any() else np.nan,
        "truth_below": float(below.mean()),
        "truth_above": float(above.mean()),
        "width": float(np.median((high - low)[some] / size[some])) if some.any() else np.nan,
        "error": float(np.median(np.abs(estimate - truth)[some] / size[some]))
        if some.any()
        else np.nan,
    }


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
