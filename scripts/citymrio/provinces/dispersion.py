"""How outputs and intensities differ between the provinces: the spreads of those of cities (method
section 17).

A city's outputs within an industry, and its intensities, are known to differ from its province's;
how far they differ between the provinces is seen. The variance of a spread is a mean over the
provinces that have data, with a prior of few degrees of freedom, so that few provinces leave most
to it (scaled inverse chi-square; Gelman et al. 2013, section 2.6).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ..base.labels import values_of
from ..trade.priors.table import SPREADS, prior_rows

#: Prior log standard deviations and their degrees of freedom: weak, since five provinces outweigh
#: them. Declared, not fitted.
BEFORE = {
    "output_sd": 0.5,
    "productivity_sd": 0.15,
    "intensity_sd": 0.3,
    "intensity_sector_sd": 0.4,
}
FREEDOM = 2.0
#: Power of the effective number of cities by which mixes of outputs differ more between cities than
#: between provinces: half of what independent cities would (:func:`effective_cities`).
AVERAGED = 0.25
NOTES = {
    "output_sd": "outputs within their industry, weighted by output",
    "productivity_sd": "output of an industry for its value added",
    "intensity_sd": "level of a province's intensities, weighted by emissions",
    "intensity_sector_sd": "intensities around that level, weighted by emissions",
}


def fit_spreads(
    mrio: xr.Dataset, intensities: xr.DataArray, sectors: pd.DataFrame, regions: pd.DataFrame
) -> pd.DataFrame:
    """Rows `output_sd` (by kind), `productivity_sd`, `intensity_sd` and `intensity_sector_sd` of
    priors.csv.

    Parameters
    ----------
    mrio
        provinces/mrio.nc: `output` and `value_added` (province, sector).
    intensities
        provinces/intensities.nc (province, inventory_sector, sector).
    regions
        regions.csv: how many cities a province averages over.

    Returns
    -------
    DataFrame
        estimate: root mean square of log deviations between provinces; prior: of cities, with the
        prior of few degrees of freedom; se: of the prior; n: provinces.
    """
    names, kind, industry = (
        sectors[name].to_numpy(object) for name in ("sector", "kind", "industry")
    )
    codes = mrio["province"].values.tolist()
    x, v = (
        np.maximum(values_of(mrio[name], province=codes, sector=names), 0.0)
        for name in ("output", "value_added")
    )
    e = values_of(
        intensities.sum("inventory_sector"), province=intensities["province"].values, sector=names
    )
    own = values_of(mrio["output"], province=intensities["province"].values, sector=names)
    emits = (e * own).sum(axis=1) > 0
    e, own = e[emits], own[emits]
    mix, earned = _within_industries(x, industry), _productivity(x, v, industry)
    city, sector = _intensities(e, own)
    found = {name: np.empty(len(names)) for name in SPREADS}
    for one in np.unique(kind):
        found["output_sd"][kind == one] = _weighted(mix[:, kind == one], x[:, kind == one])
    for name, value in (
        ("productivity_sd", earned),
        ("intensity_sd", city),
        ("intensity_sector_sd", sector),
    ):
        found[name][:] = value
    steps, parts = {"output_sd": effective_cities(regions) ** AVERAGED}, []
    for name, estimate in found.items():
        count = len(x) if name in ("output_sd", "productivity_sd") else len(own)
        freedom = np.where(np.isfinite(estimate), max(count - 1, 0), 0)
        seen = np.where(
            np.isfinite(estimate), estimate, 0.0
        )  # without freedom: where nothing is seen, the prior stands
        posterior = steps.get(name, 1.0) * np.sqrt(
            (FREEDOM * BEFORE[name] ** 2 + freedom * seen**2) / (FREEDOM + freedom)
        )
        se = posterior / np.sqrt(2 * (FREEDOM + freedom))
        every = np.full(len(names), count)
        parts.append(
            prior_rows(
                sectors,
                name,
                estimate,
                se,
                every,
                posterior,
                "provinces of the nation",
                NOTES[name],
            )
        )
    return pd.concat(parts, ignore_index=True)


def effective_cities(regions: pd.DataFrame) -> float:
    """Cities that a province averages over, 1 / sum w^2 with the shares w of its cities; mean over
    provinces by size.

    Mixes of sectors that differ between cities independently (which plants a city has) differ
    between provinces by its square root less; mixes that all cities of a province share, as much.
    `AVERAGED` lies between the two readings. Intensities are carried as they are: fuels, grid,
    prices and policy are largely shared in a province.
    """
    size = regions["gdp"] if (regions["gdp"] > 0).all() else regions["population"]
    whole = size.groupby(regions["province"]).sum()
    squares = (size**2).groupby(regions["province"]).sum()
    return (
        float(np.average((whole**2 / squares)[whole > 0], weights=whole[whole > 0]))
        if whole.sum() > 0
        else 1.0
    )


def _weighted(deviation: np.ndarray, weight: np.ndarray) -> float:
    """Root of the weighted mean square of deviations (province, sector) from a mean over the
    provinces; NaN of one province.
    """
    count, known = len(deviation), np.isfinite(deviation) & (weight > 0)
    if count < 2 or not known.any():
        return np.nan
    return float(
        np.sqrt(np.average(deviation[known] ** 2, weights=weight[known]) * count / (count - 1))
    )


def _within_industries(x: np.ndarray, industry: np.ndarray) -> np.ndarray:
    """log of a sector's share in its industry over the nation's (province, sector); NaN where a
    province makes none.
    """
    result = np.full(x.shape, np.nan)
    for one in np.unique(industry):
        own = x[:, industry == one]
        whole, nation = (
            own.sum(axis=1, keepdims=True),
            own.sum(axis=0) / max(own.sum(), np.finfo(float).tiny),
        )
        share = np.divide(own, whole * nation, out=np.zeros_like(own), where=whole * nation > 0)
        result[:, industry == one] = np.log(np.where(share > 0, share, np.nan))
    return result


def _productivity(x: np.ndarray, v: np.ndarray, industry: np.ndarray) -> float:
    """Spread of the output of an industry over its value added, given what the nation's ratios by
    sector say of it.
    """
    nation = np.divide(
        v.sum(axis=0), x.sum(axis=0), out=np.zeros(x.shape[1]), where=x.sum(axis=0) > 0
    )
    deviation, weight = [], []
    for one in np.unique(industry):
        own = industry == one
        expected, seen = x[:, own] @ nation[own], v[:, own].sum(axis=1)
        ratio = np.divide(expected, seen, out=np.zeros_like(seen), where=seen > 0)
        deviation.append(np.log(np.where(ratio > 0, ratio, np.nan)))
        weight.append(x[:, own].sum(axis=1))
    return _weighted(np.column_stack(deviation), np.column_stack(weight))


def _intensities(e: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    """Spread of a province's level of intensities, and of its sectors around it, weighted by
    emissions.

    The level as it is measured holds chance of the sectors, the variance of these times the sum of
    squared weights: it is taken off.
    """
    if len(e) < 2:
        return np.nan, np.nan
    emitted = e * x
    weight = emitted / emitted.sum(axis=1, keepdims=True)
    nation = emitted.sum(axis=0) / np.where(x.sum(axis=0) > 0, x.sum(axis=0), 1.0)
    ratio = np.divide(e, nation, out=np.ones_like(e), where=emitted > 0)
    deviation = np.log(ratio)
    level = (weight * deviation).sum(axis=1)
    around = _weighted(np.where(emitted > 0, deviation - level[:, None], np.nan), emitted)
    chance = around**2 * float((weight**2).sum(axis=1).mean())
    return float(np.sqrt(max(level.var(ddof=1) - chance, 0.0))), around
