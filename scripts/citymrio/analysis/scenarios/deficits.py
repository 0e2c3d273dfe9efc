"""The quota to the carbon peak, what scenarios add to it, and deficits: what lifting less affluent
cities would emit.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...base.errors import DataError, warn
from ...config.models import Scenarios
from ...dataset.benchmarks import DEFICIT_TARGET as TARGET
from ...dataset.benchmarks import PEAK, of_kind, value_of

#: Case -> the quintile whose mean is the target (unless benchmarks.csv gives one), and the
#: quintiles that are lifted to it.
LIFTED = {"to_q3": ("Q3", ("Q4", "Q5")), "to_q2": ("Q2", ("Q3", "Q4", "Q5"))}


def deficit_targets(benchmarks: pd.DataFrame, config: Scenarios) -> dict[str, float] | None:
    """Case -> target of benchmarks.csv, USD per capita, where the configuration asks for them;
    None: the means of the quintiles.

    Raises
    ------
    DataError
        A target is missing.
    """
    if config.deficit_targets == "quintile_means":
        return None
    targets = of_kind(benchmarks, TARGET)
    if lacking := [case for case in LIFTED if case not in targets]:
        raise DataError(
            "scenarios.deficit_targets is 'benchmarks' but the parameter "
            f"'{TARGET}{lacking[0]}' is not there",
            where="benchmarks.csv",
            fix="add it (USD per capita) with its source, or choose 'quintile_means'.",
        )
    return {case: float(targets[case]) for case in LIFTED}


def lifting_factors(
    affluence: pd.Series, quintile: pd.Series, case: str, target: float
) -> pd.Series:
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
    return pd.Series(
        np.where(raised, target / affluence, 1.0), index=affluence.index, name="factor"
    )


def quintile_mean(
    affluence: pd.Series, quintile: pd.Series, name: str, population: pd.Series | None = None
) -> float:
    """Mean affluence of a quintile, unweighted (as the paper's means are) or weighted by
    population; NaN without a city.
    """
    group = quintile.eq(name)
    if not group.any():
        return float("nan")
    weights = None if population is None else population[group].to_numpy(float)
    return float(np.average(affluence[group].to_numpy(float), weights=weights))


def deficits(
    regions: pd.DataFrame, affluence_column: str, targets: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Additional emissions of lifting poorer cities' demand, structure and intensities unchanged
    (deficits.csv).

    ``deficit = sum_s (g_s - 1) CBA^s``: the footprint is linear in the final demand of a city, so
    this equals a full computation with all of F^s scaled by g_s.

    Parameters
    ----------
    regions
        Cities of regions.csv: the affluence column, quintile, population, cba_demand_mt (footprint
        without households' direct emissions).
    targets
        Case -> USD per capita (:func:`deficit_targets`); the means of the quintiles when not given.

    Returns
    -------
    pandas.DataFrame
        case, target (what it is), cities, population, target_usd, deficit_mt, and both with the
        population-weighted mean as target (the same again where targets are given).
    """
    named = (affluence_column, "cba_demand_mt", "quintile", "population")
    y, cba, quintile, population = (regions[name] for name in named)
    rows = []
    for case, (reference, _) in LIFTED.items():
        row: dict[str, object] = {
            "case": case,
            "target": f"mean of {reference}" if targets is None else f"{TARGET}{case}",
        }
        for suffix, weights in (("", None), ("_weighted", population)):
            target = (
                quintile_mean(y, quintile, reference, weights) if targets is None else targets[case]
            )
            factors = lifting_factors(y, quintile, case, target)
            raised = factors > 1
            if not suffix:
                row |= {
                    "cities": int(raised.sum()),
                    "population": float(population[raised].sum()),
                }
            row[f"target{suffix}_usd"] = target
            row[f"deficit{suffix}_mt"] = float(((factors - 1) * cba).sum(skipna=False))
        rows.append(row)
    return pd.DataFrame(rows)


def peak_emissions(benchmarks: pd.DataFrame, config: Scenarios) -> float:
    """Emissions at the carbon peak, Mt: the configured ones, or those of benchmarks.csv; NaN where
    neither gives any.
    """
    peak = config.peak_emissions_gt
    if peak is None:
        peak = value_of(benchmarks, PEAK)
    return float("nan") if peak is None else 1000 * peak


def quota(scenarios: pd.DataFrame, emissions_mt: float, peak_mt: float) -> pd.DataFrame:
    """Carbon quota up to the peak, and what the headline scenarios add to it (quota.csv).

    ``existing = peak - emissions``, ``new = existing + saving``; the increase is given on both
    bases, existing and new (blank where the base is not above 0). Without a peak there is no quota:
    its columns are blank, with a warning.

    Parameters
    ----------
    emissions_mt, peak_mt
        Emissions of the year and at the carbon peak, Mt; NaN for a peak that is not known
        (:func:`peak_emissions`).
    """
    existing = peak_mt - emissions_mt
    if np.isnan(peak_mt):
        warn(
            where=f"benchmarks.csv, {PEAK}",
            what=f"no parameter '{PEAK}'",
            value="none",
            expectation="the country's emissions at its carbon peak, in Gt CO2 (or "
            "scenarios.peak_emissions_gt)",
            effect="No quota is computed: its columns of quota.csv are blank, and figure 4a "
            "says so.",
        )
    elif existing <= 0:
        warn(
            where="quota.csv",
            what="the emissions of the year are not below those at the carbon peak",
            value=f"{emissions_mt:.6g} Mt, at the peak {peak_mt:.6g} Mt",
            expectation="a peak above the emissions of the year",
            effect="There is no quota left: increases in percent of it are blank.",
        )
    chosen = scenarios["headline"].to_numpy(bool)
    saving = np.append(0.0, scenarios["saving_mt"].to_numpy(float)[chosen])
    left = {"existing": np.full_like(saving, existing), "new": existing + saving}
    return pd.DataFrame(
        {
            "scenario": ["existing", *scenarios["scenario"][chosen]],
            "existing_mt": left["existing"],
            "saving_mt": saving,
            "new_mt": left["new"],
            **{
                f"increase_of_{base}_percent": 100 * saving / np.where(amount > 0, amount, np.nan)
                for base, amount in left.items()
            },
        }
    )
