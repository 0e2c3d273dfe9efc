"""How outputs and intensities differ between the provinces: the spreads of those of cities (method
section 17).

A city's outputs within an industry, and its intensities, are known to differ from its province's;
how far they differ between the provinces is seen. The variance of a spread is a mean over the
provinces that have data, with a prior of few degrees of freedom, so that few provinces leave most
to it (scaled inverse chi-square; Gelman et al. 2013, section 2.6).
"""

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import digamma, polygamma

from ..base.labels import values_of
from ..trade.priors.table import SPREADS, pooled, prior_rows

#: Prior log standard deviations and their degrees of freedom: weak, since five provinces outweigh
#: them. Declared, not fitted.
BEFORE = {
    "output_sd": 0.5,
    "productivity_sd": 0.15,
    "intensity_sd": 0.3,
    "intensity_sector_sd": 0.4,
}
FREEDOM = 2.0
#: Power of the effective number of cities (:func:`effective_cities`) by which mixes of outputs
#: differ more between cities than between provinces. Measured: shares of three industries in the
#: value added of 280 Chinese cities around those of their 23 provinces, five years, 2008 to 2016.
AVERAGED = 0.3
NOTES = {
    "output_sd": "outputs within their industry, weighted by output",
    "productivity_sd": "output of an industry for its value added",
    "intensity_sd": "level of a province's intensities, weighted by emissions",
    "intensity_sector_sd": "intensities around that level, weighted by emissions",
}


def fit_spreads(
    mrio: xr.Dataset, intensities: xr.DataArray, sectors: pd.DataFrame, regions: pd.DataFrame
) -> pd.DataFrame:
    """Rows `output_sd` (by sector), `productivity_sd`, `intensity_sd` and `intensity_sector_sd` of
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
        found["output_sd"][kind == one] = _by_sector(mix[:, kind == one], x[:, kind == one])
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
        prior = steps.get(name, 1.0) * np.sqrt(variance(name, seen**2, freedom))
        se = prior / np.sqrt(2 * (FREEDOM + freedom))
        every = np.full(len(names), count)
        parts.append(
            prior_rows(
                sectors,
                name,
                estimate,
                se,
                every,
                prior,
                "provinces of the nation",
                NOTES[name],
            )
        )
    return pd.concat(parts, ignore_index=True)


def variance(name: str, seen: Any, freedom: Any) -> Any:
    """Posterior of a spread's variance: `BEFORE` with `FREEDOM`, and what is seen with its own."""
    return (FREEDOM * BEFORE[name] ** 2 + freedom * seen) / (FREEDOM + freedom)


def effective_cities(regions: pd.DataFrame) -> float:
    """Cities that a province averages over, 1 / sum w^2 with the shares w of its cities; mean over
    provinces by size.

    Mixes of sectors that differ between cities independently (which plants a city has) differ
    between provinces by its square root less; mixes that all cities of a province share, as much.
    Intensities are carried as they are: fuels, grid, prices and policy are largely shared in a
    province.
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


def _by_sector(deviation: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """:func:`_weighted` of every column, drawn towards the mean of all as far as chance says.

    The logarithm of a spread that n provinces show has the mean and the variance of log chi-square
    of n - 1 degrees of freedom, halved. Columns that nowhere deviate, a sector alone in its
    industry, show none.
    """
    seen = np.array([_weighted(*column) for column in zip(deviation.T, weight.T, strict=True)])
    half = np.maximum(np.isfinite(deviation).sum(axis=0) - 1, 1) / 2
    log = np.log(np.where(seen > 0, seen, np.nan)) - (digamma(half) - np.log(half)) / 2
    return np.exp(pooled(log, np.sqrt(polygamma(1, half)) / 2, np.zeros(len(log))))


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
    emitted, whole = e * x, x.sum(axis=0)
    nation = emitted.sum(axis=0) / np.where(whole > 0, whole, 1.0)
    level, around = split_deviations(emitted, nation * x)
    spread = _weighted(around, emitted)
    weight = emitted / emitted.sum(axis=1, keepdims=True)
    chance = spread**2 * float((weight**2).sum(axis=1).mean())
    return float(np.sqrt(max(level.var(ddof=1) - chance, 0.0))), spread


def split_deviations(emitted: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log(emitted / expected) of a province and a sector or row as the province's level, weighted
    by emissions, (province,) and what is around it (province, column), NaN without emissions.
    """
    known = (emitted > 0) & (expected > 0)
    ratio = np.divide(emitted, expected, out=np.ones_like(emitted), where=known)
    own = np.where(known, emitted, 0.0)
    level = (own * np.log(ratio)).sum(axis=1) / np.where(own.any(axis=1), own.sum(axis=1), 1.0)
    return level, np.where(known, np.log(ratio) - level[:, None], np.nan)


def shrink_inventories(
    intensities: xr.DataArray, output: xr.DataArray, province_sd: float, row_sd: float
) -> tuple[xr.DataArray, float, float]:
    """What printed inventories of provinces say of the true ones, which differ less.

    A province's intensities differ from the nation's in truth and by errors of its inventory. The
    true ones are expected at the share of their variance that is no error (Efron and Morris 1975),
    by province and by row around it; the nation's emissions by row are kept.

    Parameters
    ----------
    intensities
        provinces/intensities.nc (province, inventory_sector, sector).
    output
        X (province, sector), money.
    province_sd, row_sd
        Log standard deviations of the errors of a province's level and of a row around it.

    Returns
    -------
    factors
        (province, inventory_sector): expected over printed emissions; 1 where nothing is compared.
    province_sd, row_sd
        Log standard deviations that are left.
    """
    codes, sectors = intensities["province"].values, intensities["sector"].values
    x = values_of(output, province=codes, sector=sectors)
    by_sector = intensities.to_numpy() * x[:, None]
    whole = x.sum(axis=0)
    nation = by_sector.sum(axis=0) / np.where(whole > 0, whole, 1.0)
    emitted, expected = by_sector.sum(axis=2), x @ nation.T
    level, around = split_deviations(emitted, expected)
    shift, left = np.zeros_like(around), dict[str, float]()
    for name, sd, deviation, seen in (
        (
            "intensity_sd",
            province_sd,
            level[:, None],
            _weighted(level[:, None], emitted.sum(1, keepdims=True)),
        ),
        ("intensity_sector_sd", row_sd, around, _weighted(around, emitted)),
    ):
        error = 0.0  # of one province nothing is compared: its errors are as wide as they were
        if np.isfinite(seen):
            true = variance(name, max(seen**2 - sd**2, 0.0), len(level) - 1)
            error = sd**2 / (sd**2 + true)
        shift = shift + error * deviation
        left[name] = float(sd * np.sqrt(1 - error))
    drawn_in = np.exp(-np.where(np.isfinite(around), shift, 0.0))
    kept = np.divide(
        emitted.sum(axis=0),
        (emitted * drawn_in).sum(axis=0),
        out=np.ones(emitted.shape[1]),
        where=emitted.sum(axis=0) > 0,
    )
    factors = xr.DataArray(drawn_in * kept, dict(intensities.isel(sector=0, drop=True).coords))
    return factors, left["intensity_sd"], left["intensity_sector_sd"]
