"""Super-emitters: cities whose footprint or production exceeds a share of all footprints of
cities, or of national emissions (method section 11, R10).
"""

import numpy as np
import pandas as pd
import xarray as xr

from ..config.models import Groups
from ..dataset.benchmarks import SUPER, value_of

#: A city is a super-emitter above so many times the mean city where neither configuration nor data
#: say more (309 cities and 1% of all, as in the study, make 3.1 times); of few cities above a
#: quarter of all, or the mean.
TIMES_MEAN, QUARTER = 2.0, 0.25


def super_share(benchmarks: pd.DataFrame, config: Groups, cities: int) -> float:
    """The share of the configuration, of benchmarks.csv, or by the number of cities; NaN where
    super-emitters are switched off.
    """
    if not config.super_emitters:
        return float("nan")
    share = config.super_share if config.super_share is not None else value_of(benchmarks, SUPER)
    mean = 1 / max(cities, 1)
    return max(mean, min(TIMES_MEAN * mean, QUARTER)) if share is None else share


TYPES = ("none", "demand", "technology", "hybrid")
BASES = ("sum_cba", "national")


def national_emissions(inventory: xr.Dataset, households: bool) -> float:
    """Emissions of the whole country, t: production and orphans, and those of households directly
    if they count.

    Shares of national emissions count households as their numerator does: PBA and CBA say so in
    footprints.nc (:func:`households_count`).
    """
    total = float(inventory["emissions_inventory"].sum())
    return total if households else total - float(inventory["household_emissions"].sum())


def households_count(footprints: xr.Dataset) -> bool:
    """Whether `pba_total` and `cba_total` count households' direct emissions
    (`emissions.include_households`).
    """
    return bool(footprints.attrs["include_households"])


def thresholds(cba: pd.Series, national: float, share: float) -> dict[str, float]:
    """Threshold of both bases, in the unit of the arguments.

    Parameters
    ----------
    cba
        Footprints of the cities.
    national
        National emissions.
    share
        Share that makes a super-emitter.
    """
    return {"sum_cba": float(cba.sum()) * share, "national": national * share}


def super_emitter_types(pba: pd.Series, cba: pd.Series, threshold: float) -> pd.Series:
    """Type of every city at a threshold; names, never numbers (the paper numbers them in two ways).

    ``demand``: CBA > threshold >= PBA; ``technology``: PBA > threshold >= CBA; ``hybrid``: both
    above; ``none``. Strictly above: a city at the threshold is not a super-emitter.
    """
    consumer, producer = (cba > threshold).to_numpy(), (pba > threshold).to_numpy()
    found = np.select(
        [consumer & producer, consumer, producer], ["hybrid", "demand", "technology"], "none"
    )
    return pd.Series(found, index=cba.index, name="super_emitter")


def super_emitters(
    pba: pd.Series, cba: pd.Series, national: float, share: float, base: str
) -> pd.DataFrame:
    """Types on the chosen base and on both, with the distance to the threshold.

    Parameters
    ----------
    pba, cba
        Production- and consumption-based emissions by city, same index and unit.
    national
        National emissions, same unit.
    share, base
        The threshold (NaN: nobody is above it) and its base.

    Returns
    -------
    pandas.DataFrame
        Index region: super_emitter, super_emitter_sum_cba, super_emitter_national, super_margin
        (larger of PBA and CBA over the threshold in use; above 1 for super-emitters).
    """
    limit = thresholds(cba, national, share)
    found = {one: super_emitter_types(pba, cba, limit[one]) for one in BASES}
    margin = np.maximum(pba, cba) / (limit[base] if limit[base] > 0 else np.nan)
    return pd.DataFrame(
        {
            "super_emitter": found[base],
            **{f"super_emitter_{one}": kinds for one, kinds in found.items()},
            "super_margin": margin,
        }
    )


def most_are_super_emitters(types: pd.Series) -> bool:
    """Whether more than half of the cities are super-emitters, so that the word says nothing of
    them.
    """
    return bool(types.isin(TYPES[1:]).mean() > 0.5)


def super_emitter_codes(regions: pd.DataFrame) -> list[str]:
    """Codes of the super-emitters in regions.csv (columns region, super_emitter), in its order."""
    return list(regions.loc[regions["super_emitter"].isin(TYPES[1:]), "region"])
