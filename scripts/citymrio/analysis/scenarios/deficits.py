"""Carbon deficits: what lifting the demand of less affluent cities would emit."""

from __future__ import annotations

import numpy as np
import pandas as pd

#: Case -> the quintile whose mean is the target, and the quintiles that are lifted to it.
LIFTED = {"to_q3": ("Q3", ("Q4", "Q5")), "to_q2": ("Q2", ("Q3", "Q4", "Q5"))}


def lifting_factors(affluence: pd.Series, quintile: pd.Series, case: str, population: pd.Series | None = None) -> pd.Series:
    """Factors ``g_s = y* / y_s`` on the demand of the cities that are lifted; 1 for all others.

    Parameters
    ----------
    affluence
        USD per capita by city.
    quintile
        Q1..Q5 by city.
    case
        ``to_q3`` lifts Q4 and Q5 to the mean of Q3, ``to_q2`` lifts Q3 to Q5 to the mean of Q2. A city above the mean stays.
    population
        Weights of the mean; unweighted without (as the paper's means are).
    """
    reference, lifted = LIFTED[case]
    group = quintile.eq(reference)
    if not group.any():
        return pd.Series(np.nan, index=affluence.index)
    weights = None if population is None else population[group].to_numpy(float)
    target = float(np.average(affluence[group].to_numpy(float), weights=weights))
    raised = quintile.isin(lifted) & (affluence < target)
    return pd.Series(np.where(raised, target / affluence, 1.0), index=affluence.index, name="factor")


def deficits(regions: pd.DataFrame, affluence_column: str) -> pd.DataFrame:
    """Additional emissions of lifting poorer cities' demand, structure and intensities unchanged (deficits.csv).

    ``deficit = sum_s (g_s - 1) CBA^s``: the footprint is linear in the final demand of a city, so this equals a full
    computation with all of F^s scaled by g_s.

    Parameters
    ----------
    regions
        Cities of regions.csv: the affluence column, quintile, population, cba_demand_mt (footprint without households' direct
        emissions).

    Returns
    -------
    pandas.DataFrame
        case, cities, population, target_usd, deficit_mt, and both with the population-weighted mean as target.
    """
    cities = regions.set_index("region")
    y, cba = cities[affluence_column], cities["cba_demand_mt"]
    rows = []
    for case, (reference, _) in LIFTED.items():
        group = cities["quintile"].eq(reference)
        row: dict[str, object] = {"case": case}
        for suffix, weights in (("", None), ("_weighted", cities["population"])):
            factors = lifting_factors(y, cities["quintile"], case, weights)
            raised = factors > 1
            if not suffix:
                row |= {"cities": int(raised.sum()), "population": float(cities.loc[raised, "population"].sum())}
            lift = {"weights": cities.loc[group, "population"]} if suffix else {}
            row[f"target{suffix}_usd"] = float(np.average(y[group], **lift)) if group.any() else np.nan
            row[f"deficit{suffix}_mt"] = float(((factors - 1) * cba).sum(skipna=False))
        rows.append(row)
    return pd.DataFrame(rows)
