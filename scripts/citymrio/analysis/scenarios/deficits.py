"""Carbon deficits: what lifting the demand of less affluent cities would emit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...base.errors import DataError
from ...config.models import Scenarios
from ...dataset.benchmarks import DEFICIT_TARGET as TARGET
from ...dataset.benchmarks import deficit_targets as targets_given

#: Case -> the quintile whose mean is the target (unless benchmarks.csv gives one), and the quintiles that are lifted to it.
LIFTED = {"to_q3": ("Q3", ("Q4", "Q5")), "to_q2": ("Q2", ("Q3", "Q4", "Q5"))}


def deficit_targets(benchmarks: pd.DataFrame, config: Scenarios) -> dict[str, float] | None:
    """Case -> target of benchmarks.csv, USD per capita, where the configuration asks for them; None: the means of the quintiles.

    Raises
    ------
    DataError
        A target is missing.
    """
    if config.deficit_targets == "quintile_means":
        return None
    given = targets_given(benchmarks)
    if lacking := [case for case in LIFTED if case not in given]:
        raise DataError(
            f"scenarios.deficit_targets is 'benchmarks' but the parameter '{TARGET}{lacking[0]}' is not there",
            where="benchmarks.csv",
            fix="add it (USD per capita) with its source, or choose 'quintile_means'.",
        )
    return {case: float(given[case]) for case in LIFTED}


def lifting_factors(affluence: pd.Series, quintile: pd.Series, case: str, target: float) -> pd.Series:
    """Factors ``g_s = y* / y_s`` on the demand of the cities that are lifted; 1 for all others.

    Parameters
    ----------
    affluence
        USD per capita by city.
    quintile
        Q1..Q5 by city.
    case
        ``to_q3`` lifts Q4 and Q5, ``to_q2`` lifts Q3 to Q5. A city above the target stays.
    target
        ``y*``, USD per capita; NaN (a mean of no city): there are no factors.
    """
    if np.isnan(target):
        return pd.Series(np.nan, index=affluence.index)
    raised = quintile.isin(LIFTED[case][1]) & (affluence < target)
    return pd.Series(np.where(raised, target / affluence, 1.0), index=affluence.index, name="factor")


def quintile_mean(affluence: pd.Series, quintile: pd.Series, name: str, population: pd.Series | None = None) -> float:
    """Mean affluence of a quintile, unweighted (as the paper's means are) or weighted by population; NaN without a city."""
    group = quintile.eq(name)
    if not group.any():
        return float("nan")
    weights = None if population is None else population[group].to_numpy(float)
    return float(np.average(affluence[group].to_numpy(float), weights=weights))


def deficits(regions: pd.DataFrame, affluence_column: str, targets: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Additional emissions of lifting poorer cities' demand, structure and intensities unchanged (deficits.csv).

    ``deficit = sum_s (g_s - 1) CBA^s``: the footprint is linear in the final demand of a city, so this equals a full
    computation with all of F^s scaled by g_s.

    Parameters
    ----------
    regions
        Cities of regions.csv: the affluence column, quintile, population, cba_demand_mt (footprint without households' direct
        emissions).
    targets
        Case -> USD per capita (:func:`deficit_targets`); the means of the quintiles when not given.

    Returns
    -------
    pandas.DataFrame
        case, target (what it is), cities, population, target_usd, deficit_mt, and both with the population-weighted mean as
        target (the same again where targets are given).
    """
    cities = regions.set_index("region")
    y, cba, quintile = cities[affluence_column], cities["cba_demand_mt"], cities["quintile"]
    rows = []
    for case, (reference, _) in LIFTED.items():
        row: dict[str, object] = {"case": case, "target": f"mean of {reference}" if targets is None else f"{TARGET}{case}"}
        for suffix, weights in (("", None), ("_weighted", cities["population"])):
            target = quintile_mean(y, quintile, reference, weights) if targets is None else targets[case]
            factors = lifting_factors(y, quintile, case, target)
            raised = factors > 1
            if not suffix:
                row |= {"cities": int(raised.sum()), "population": float(cities.loc[raised, "population"].sum())}
            row[f"target{suffix}_usd"] = target
            row[f"deficit{suffix}_mt"] = float(((factors - 1) * cba).sum(skipna=False))
        rows.append(row)
    return pd.DataFrame(rows)
