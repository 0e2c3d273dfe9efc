"""How outputs and intensities differ between the provinces: the spreads of those of cities (method
section 17).

A city's outputs within an industry, and its intensities, are known to differ from its province's;
how far they differ between the provinces is seen. The variance of a spread is a mean over the
provinces that have data, with a prior of few degrees of freedom, so that few provinces leave most
to it (scaled inverse chi-square; Gelman et al. 2013, section 2.6).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import digamma, polygamma

from ..base.labels import values_of
from ..base.projections import log_or_zero, ratio, resize_rows, value_added_rates
from ..base.tolerances import SUMS, TINY
from ..trade.priors.table import FOLLOWS, prior_rows, shrink_to_group

#: Prior log standard deviations and their degrees of freedom: weak, since five provinces outweigh
#: them. Declared, not fitted.
PRIOR_SPREADS = {
    "output_sd": 0.5,
    "productivity_sd": 0.15,
    "intensity_sd": 0.3,
    "intensity_sector_sd": 0.4,
    "intensity_row_sd": 0.4,
    "demand_product_sd": 0.44,
    "province_hauling_sd": 0.7,
}
PRIOR_FREEDOM = 2.0
#: How far outputs follow use, from not at all, as of goods that are shipped anywhere, to in
#: proportion, as of what is used where it is made; and degrees of freedom of its prior, a beta
#: distribution whose mean is how far demand leans towards supply. Declared.
FOLLOWING = np.linspace(0.0025, 0.9975, 200)
WORTH = 2.0
#: Rounds of that fit: each closes all but the share of a sector in its industry. Log standard
#: deviation below which provinces use alike.
ROUNDS, ALIKE = 12, 0.01
#: Power of the effective number of cities (:func:`effective_cities`) by which mixes of outputs
#: differ more between cities than between provinces. Measured: shares of three industries in the
#: value added of 280 Chinese cities around those of their 23 provinces, five years, 2008 to 2016.
AVERAGED = 0.3
#: The same of final demand. Measured: fixed investment, fiscal expenditure and deposits of 280
#: Chinese cities around their GDP, five years from 2008 to 2016, scatter 0.88 to 1.30 times as much
#: inside provinces as between them, where a province averages over 5.8 cities.
DEMAND_AVERAGED = 0.1
#: Least part of its variance that a sector shows around the sum of its industry: one that makes
#: most of it shows how the others vary, which says nothing of its own spread. And how far its own
#: variance is from the one that it would have, were all alike: between this part and its inverse.
#: Declared.
LEAST_SHOWN = 0.25
FITTED_ON = "provinces of the nation"
NOTES = {
    "output_sd": "outputs within the value added of their industry, weighted by it",
    "productivity_sd": "output of an industry for its value added",
    "intensity_sd": "level of a province's intensities, weighted by emissions",
    "intensity_sector_sd": "intensities around that level, weighted by emissions",
    "intensity_row_sd": "rows of the inventory around the sector they share, weighted by emissions",
    "demand_product_sd": "final demand by product around the nation's mix of each category that "
    "leans towards own supply, weighted by it",
}


def fit_spreads(
    mrio: xr.Dataset,
    intensities: xr.DataArray,
    tables: Mapping[str, pd.DataFrame],
    tilt: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Rows `follows_use` and `output_sd` (by sector), `productivity_sd`, `intensity_sd`,
    `intensity_sector_sd`, `intensity_row_sd` and `demand_product_sd` of priors.csv.

    Parameters
    ----------
    mrio
        provinces/mrio.nc.
    intensities
        provinces/intensities.nc (province, inventory_sector, sector).
    tables
        `sectors`, `final_demand` and `regions` of the dataset.
    tilt
        How far demand leans towards supply between the provinces, by sector; a half where that is
        not fitted.

    Returns
    -------
    DataFrame
        estimate: root mean square of log deviations between provinces; prior: of cities, with the
        prior of few degrees of freedom; se: of the prior; n: provinces. Of `follows_use`:
        :func:`fit_following`.
    """
    sectors, regions = tables["sectors"], tables["regions"]
    names, kind, industry = (
        sectors[name].to_numpy(object) for name in ("sector", "kind", "industry")
    )
    codes = mrio["province"].values.tolist()
    x, v = (
        np.maximum(values_of(mrio[name], province=codes, sector=names), 0.0)
        for name in ("output", "value_added")
    )
    emitting = intensities["province"].values
    rows = intensities["inventory_sector"].values
    e = values_of(intensities, province=emitting, inventory_sector=rows, sector=names)
    own = values_of(mrio["output"], province=emitting, sector=names)
    emitted = e * own[:, None]
    emits = emitted.sum(axis=(1, 2)) > 0
    emitted, own = emitted[emits], own[emits]
    worth = value_added_rates(v.sum(axis=0), x.sum(axis=0))
    added = x * worth
    usual = with_national_mix(added, industry)
    bought, final = national_uses(mrio, names, tables["final_demand"])
    expected = final_demand_with_national_mix(final)
    gap = excess_use(usual / worth, expected, bought)
    lean = np.array([(tilt or {}).get(name, 0.5) for name in names])
    follows = fit_following(added, usual, gap, lean, kind, industry)
    mix, earned = follows.pop("left"), _productivity(x, v, worth, industry)
    spread = _by_sector(mix, added, kind, (industry, 1 - follows["prior"]))
    city, sector = _intensities(emitted.sum(axis=1), own)
    leaning = expected * np.exp(-lean * excess_use(x, expected, bought))
    averaged = effective_cities(regions)
    n = np.full(len(names), len(x))
    about = "outputs within their industry's value added on what demand and outputs alike use"
    parts = [prior_rows(sectors, FOLLOWS, n=n, source=FITTED_ON, note=about, **follows)]
    for name, estimate, count, step in (
        ("output_sd", spread, len(x), averaged**AVERAGED),
        ("productivity_sd", earned, len(x), 1.0),
        ("intensity_sd", city, len(own), 1.0),
        ("intensity_sector_sd", sector, len(own), 1.0),
        ("intensity_row_sd", _rows(emitted, own), len(own), 1.0),
        ("demand_product_sd", _mix(final.sum(axis=2), leaning), len(x), averaged**DEMAND_AVERAGED),
    ):
        found = np.broadcast_to(estimate, len(names))
        # the prior is of the level of all sectors: how they differ is seen of each
        seen, weight = np.isfinite(found), x.sum(axis=0)
        squares = np.where(seen, found, 0.0) ** 2
        level = float(ratio(weight @ squares, weight @ seen))
        freedom = np.where(seen, max(count - 1, 0), 0)
        spreads = seen.sum() if name == "output_sd" else 1
        prior = posterior_variance(name, level, freedom * spreads) * (
            squares / level if level > 0 else 1.0
        )
        prior = step * np.sqrt(np.where(seen, prior, PRIOR_SPREADS[name] ** 2))
        se = prior / np.sqrt(2 * (PRIOR_FREEDOM + freedom))
        n = np.full(len(names), count)
        parts.append(prior_rows(sectors, name, found, se, n, prior, FITTED_ON, NOTES[name]))
    return pd.concat(parts, ignore_index=True)


def posterior_variance(name: str, seen: Any, freedom: Any) -> Any:
    """Posterior of a spread's variance: `PRIOR_SPREADS` with `PRIOR_FREEDOM`, and what is seen with
    its own.
    """
    return (PRIOR_FREEDOM * PRIOR_SPREADS[name] ** 2 + freedom * seen) / (PRIOR_FREEDOM + freedom)


def with_national_mix(x: np.ndarray, industry: np.ndarray) -> np.ndarray:
    """What is made, or earned (province, sector), with the nation's mix of sectors in every
    industry.
    """
    result = np.zeros_like(x)
    for own in (industry == one for one in np.unique(industry)):
        whole = x[:, own].sum(axis=1, keepdims=True)
        result[:, own] = whole * x[:, own].sum(axis=0) / max(whole.sum(), TINY)
    return result


def national_uses(
    mrio: xr.Dataset, names: list[str], final_demand: pd.DataFrame
) -> tuple[np.ndarray, np.ndarray]:
    """What the nation's industries buy (sector, industry), and final demand of provinces (province,
    sector, category), stock changes apart; products of all origins.
    """
    categories = final_demand.loc[final_demand["role"] != "stock_changes", "category"].tolist()
    labels = {"destination": mrio["province"].values.tolist(), "sector": names}
    uses = values_of(mrio["table"].sum("origin"), **labels, use=[*names, *categories])
    bought, final = np.split(uses, [len(names)], axis=2)
    return bought.sum(axis=0), final


def final_demand_with_national_mix(final: np.ndarray) -> np.ndarray:
    """Final demand of provinces by product (province, sector) with the nation's mix of products in
    every category of `final` (province, sector, category).
    """
    level = final.sum(axis=1)
    return ratio(level, level.sum(axis=0)) @ final.sum(axis=0).T


def excess_use(x: np.ndarray, final: np.ndarray, bought: np.ndarray) -> np.ndarray:
    """log of a province's share in the use of a product over its share in output (province,
    sector), 0 where either is 0.

    Use is what outputs x (province, sector) buy as the nation's industries do (sector, industry),
    and `final` demand (province, sector).
    """
    whole = x.sum(axis=0)
    use = x @ ratio(bought, whole).T + final
    return log_or_zero(ratio(ratio(use, use.sum(axis=0)), ratio(x, whole)))


def fit_following(
    x: np.ndarray,
    usual: np.ndarray,
    gap: np.ndarray,
    lean: np.ndarray,
    kind: np.ndarray,
    industry: np.ndarray,
) -> dict[str, np.ndarray]:
    """How far outputs of a sector follow use: b in log x = log usual + b gap + (1 - b) s + u, with
    the s by which a province's industry is as large as it is.

    A weighted regression over the provinces for every sector; b is between 0 and 1.

    Parameters
    ----------
    x, usual, gap
        What outputs earn at the nation's ratios, those of :func:`with_national_mix`, and
        :func:`excess_use` of these (province, sector).

    Returns
    -------
    estimate, prior, se
        b by regression; mean and standard deviation of its posterior (sector,). Of fewer than
        three provinces, of use that is all alike, and of a sector alone in its industry b is NaN,
        and the posterior is the prior.
    left
        u (province, sector), NaN where a province makes none, and of a sector alone.
    """
    makes = np.array([(x[:, industry == one].sum(axis=0) > 0).sum() for one in industry])
    mix = np.where((x > 0) & (makes > 1), log_or_zero(ratio(x, usual)), np.nan)
    known, w = np.isfinite(mix), np.where(np.isfinite(mix), x, 0.0)
    weights, count = w.sum(axis=0), known.sum(axis=0)
    t = gap - ratio((w * gap).sum(axis=0), weights)
    spread = (w * t * t).sum(axis=0)
    seen = (ratio(spread, weights) > ALIKE**2) & (count > 2)
    prior, shape = lean, WORTH * np.array([lean, 1 - lean]) - 1
    before = shape[0] * np.log(FOLLOWING)[:, None] + shape[1] * np.log(1 - FOLLOWING)[:, None]
    for _ in range(ROUNDS):  # what one sector follows is taken from the others of its industry
        expected = _following(usual, prior, gap, industry)
        y = np.where(known, mix - expected + prior * gap, 0.0)
        y = y - ratio((w * y).sum(axis=0), weights)
        estimate = np.where(seen, ratio((w * t * y).sum(axis=0), spread), np.nan)
        sd = _by_sector(np.where(known, y - estimate * t, np.nan), w, kind)
        # its weights are no variances: White's sandwich of a common one
        error = sd**2 * ratio((w * t) ** 2, spread**2).sum(axis=0) * ratio(count - 1, count - 2)
        off = (FOLLOWING[:, None] - estimate) ** 2
        log = before - np.where(seen, ratio(off, 2 * error), 0.0)
        likely = np.exp(log - log.max(axis=0))
        likely = likely / likely.sum(axis=0)
        prior = FOLLOWING @ likely
    se = np.sqrt(FOLLOWING**2 @ likely - prior**2)
    return {"estimate": estimate, "prior": prior, "se": se, "left": mix - expected}


def _following(
    usual: np.ndarray, b: np.ndarray, gap: np.ndarray, industry: np.ndarray
) -> np.ndarray:
    """log of the outputs that follow use over usual ones (province, sector), the sums of industries
    kept.
    """
    found, made = np.zeros_like(gap), usual * np.exp(b * gap)
    for own in (industry == one for one in np.unique(industry)):
        whole = usual[:, own].sum(axis=1)
        found[:, own] = resize_rows(made[:, own], 1 - b[own], whole)
    return log_or_zero(ratio(found, usual))


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


def _weighted_rms(
    deviation: np.ndarray, weight: np.ndarray, part: np.ndarray | float = 0.0
) -> float:
    """Root of the weighted mean square of deviations (province, sector) from a mean over the
    provinces; NaN of one province, or where nothing is left but round-off.

    A large province makes most of the mean, and is near it: with shares w in the weights the
    variance that is seen is 1 - sum w^2 of the true one (`LEAST_SHOWN` of it at least).

    `part`: share of a deviation's variance that a mean of several sectors holds, and which is not
    seen around it: sum w^2.
    """
    w = np.where(np.isfinite(deviation), weight, 0.0)
    share = ratio(w, w.sum(axis=0))
    around = np.where(share < 1, np.maximum(1 - share, LEAST_SHOWN), 0.0)
    freedom = float((w * (1 - part) * around).sum())
    if freedom <= SUMS * weight.sum():
        return np.nan
    return float(np.sqrt((w * np.where(w > 0, deviation, 0.0) ** 2).sum() / freedom))


def _by_sector(
    deviation: np.ndarray,
    weight: np.ndarray,
    kind: np.ndarray,
    sums: tuple[np.ndarray, np.ndarray] | None = None,
) -> np.ndarray:
    """:func:`_weighted_rms` of every column, drawn towards the mean of its kind as far as chance
    says.

    `sums`: industries whose sums were met, and loadings (:func:`variance_around_sums`).

    The logarithm of a spread that n provinces show has the mean and the variance of log chi-square
    of n - 1 degrees of freedom, halved. Columns that nowhere deviate, a sector alone in its
    industry, show none.
    """
    seen = np.array([_weighted_rms(*column) for column in zip(deviation.T, weight.T, strict=True)])
    shown = np.eye(len(seen)) if sums is None else variance_around_sums(weight.sum(axis=0), *sums)
    log = np.log(np.where(seen > 0, seen, np.nan) / np.sqrt(shown.sum(axis=1)))
    half = np.maximum(np.isfinite(deviation).sum(axis=0) - 1, 1) / 2
    log -= (digamma(half) - np.log(half)) / 2
    found, se = np.empty(len(log)), np.sqrt(polygamma(1, half)) / 2
    for own in (kind == one for one in np.unique(kind)):
        found[own] = shrink_to_group(log[own], se[own], np.zeros(own.sum()))
    return np.sqrt(variance_before_sums(np.exp(2 * found), shown))


def variance_around_sums(
    whole: np.ndarray, industry: np.ndarray, loading: np.ndarray
) -> np.ndarray:
    """Variance that a sector (row) shows around the sum of its industry of what each sector
    (column) varies: v_s = z_s - l_s sum_k m_k z_k, m = a / sum a l with the shares a of the nation.

    One that makes most of its industry shows how the others vary: it is said to show `LEAST_SHOWN`
    of its own variance, and others to show their own in place of its.

    Parameters
    ----------
    whole
        Output of the nation (sector,).
    loading
        How far a sector grows with its industry, l.
    """
    same, own = industry[:, None] == industry, np.eye(len(whole), dtype=bool)
    held = loading[:, None] * ratio(whole, same @ (loading * whole)) * same
    left = np.square(own - held).sum(axis=1)
    others = np.where(own | (left < LEAST_SHOWN), 0.0, held**2)
    return others + np.diag(np.maximum(left, LEAST_SHOWN) - others.sum(axis=1))


def variance_before_sums(alike: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Variances (sector,) of the logs of outputs before they meet the sum of their industry, from
    those after it. Were draws made with the latter, and met the sums again, sectors would vary too
    little: two that are alike by half.

    Parameters
    ----------
    alike
        Variances before the sum, if sectors of an industry varied alike.
    shown
        Of :func:`variance_around_sums`. A sector that varies little shows the others; how little,
        and how much more one varies that shows little of its own, few provinces cannot tell (a
        quarter to four times `alike`).
    """
    shown = np.where(np.isfinite(alike), shown, 0.0)
    seen, found = alike * shown.sum(axis=1), alike
    for _ in range(ROUNDS):  # multiplied, variances stay positive
        found = found * ratio(seen, shown @ np.nan_to_num(found))
        found = np.clip(found, LEAST_SHOWN * alike, alike / LEAST_SHOWN)
    return found


def _productivity(x: np.ndarray, v: np.ndarray, worth: np.ndarray, industry: np.ndarray) -> float:
    """Spread of the output of an industry over its value added, given what the nation's ratios by
    sector say of it.
    """
    deviation, weight = [], []
    for one in np.unique(industry):
        own = industry == one
        expected, seen = x[:, own] @ worth[own], v[:, own].sum(axis=1)
        excess = ratio(expected, seen)
        deviation.append(np.log(np.where(excess > 0, excess, np.nan)))
        weight.append(x[:, own].sum(axis=1))
    return _weighted_rms(np.column_stack(deviation), np.column_stack(weight))


def _mix(used: np.ndarray, expected: np.ndarray) -> float:
    """Spread of what is used of a product around what is expected (province, sector), the levels of
    provinces and of products apart, weighted by use.
    """
    _, around = split_deviations(used, expected)
    w = np.where(np.isfinite(around), used, 0.0)
    around = around - ratio(np.nansum(w * around, axis=0), w.sum(axis=0))
    part = np.square(ratio(w, w.sum(axis=1, keepdims=True))).sum(axis=1, keepdims=True)
    return _weighted_rms(around, w, part)


def _intensities(emitted: np.ndarray, x: np.ndarray) -> tuple[float, float]:
    """Spread of a province's level of intensities, provinces alike, and of its sectors around it,
    weighted by emissions (province, sector).

    The level is a mean weighted by emissions. As it is measured it holds chance of the sectors, the
    variance of these times the sum of squared weights: it is taken off, and sectors around it lack
    as much.
    """
    if len(emitted) < 2:
        return np.nan, np.nan
    whole = x.sum(axis=0)
    nation = emitted.sum(axis=0) / np.where(whole > 0, whole, 1.0)
    level, around = split_deviations(emitted, nation * x)
    part = ((emitted / emitted.sum(axis=1, keepdims=True)) ** 2).sum(axis=1, keepdims=True)
    spread = _weighted_rms(around, emitted, part)
    chance = spread**2 * float(part.mean()) if np.isfinite(spread) else 0.0
    return float(np.sqrt(max(level.var(ddof=1) - chance, 0.0))), spread


def _rows(emitted: np.ndarray, x: np.ndarray) -> float:
    """Spread of the intensities of inventory rows (province, inventory_sector, sector) around that
    of the sector they share, weighted by emissions.

    w is what each of the rows of a province emits of the sector.
    """
    nation = emitted.sum(axis=0)
    rows, whole = emitted.sum(axis=2), x.sum(axis=0)
    expected = x @ (nation / np.where(whole > 0, whole, 1.0)).T
    own, together = np.where(expected > 0, rows, 0.0), share_in_sector(nation) > 0
    share, log = ratio(own, own @ together), log_or_zero(ratio(own, expected))
    around = log - (share * log) @ together
    # rows that are alone in their sector leave round-off of either sign
    return _weighted_rms(around, own, share**2 @ together)


def share_in_sector(emitted: np.ndarray) -> np.ndarray:
    """Shares of inventory rows in the emissions of the sector they share (row, row): of the second
    in those of the rows that emit in the same sector as the first. Rows of several sectors, or of
    none, stand alone.

    Parameters
    ----------
    emitted
        (inventory_sector, sector), t CO2.
    """
    emits = emitted > 0
    only = emits & (emits.sum(axis=1) == 1)[:, None]
    shared = (only.astype(float) @ only.T) * emitted.sum(axis=1)
    alone = np.diag(~only.any(axis=1)).astype(float)
    return ratio(shared, shared.sum(axis=1)[:, None]) + alone


def split_deviations(emitted: np.ndarray, expected: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log(emitted / expected) of a province and a sector or row as the province's level, weighted
    by emissions, (province,) and what is around it (province, column), NaN without emissions.
    """
    known = (emitted > 0) & (expected > 0)
    excess = np.divide(emitted, expected, out=np.ones_like(emitted), where=known)
    own = np.where(known, emitted, 0.0)
    level = (own * np.log(excess)).sum(axis=1) / np.where(own.any(axis=1), own.sum(axis=1), 1.0)
    return level, np.where(known, np.log(excess) - level[:, None], np.nan)


def spread_of_rows(provincial: xr.DataArray, nation: pd.Series | None, row_sd: float) -> float:
    """Log standard deviation of a row of all inventories, around their level: that of the mean of
    two observations of equal worth, the sum of the provinces and the nation, whose rows differ.
    Rows that one of them lacks are no observation of the other's error.

    Parameters
    ----------
    provincial
        t CO2 (province, inventory_sector).
    nation
        The national inventory, t CO2 by inventory sector; None without one.
    row_sd
        Log standard deviation of rows of single provinces, which the sum has a part of.
    """
    if nation is None:
        return 0.0
    whole = provincial.sum("province").to_series()
    apart = ratio(nation.reindex(whole.index).fillna(0.0).to_numpy(), whole.to_numpy())
    known = np.where(apart > 0, whole, 0.0)
    weight, gap = ratio(known, known.sum()), log_or_zero(apart)
    seen = ratio(weight @ (gap - weight @ gap) ** 2, 1 - weight @ weight)
    share = ratio(provincial.transpose("province", ...).to_numpy(), whole.to_numpy())
    own = row_sd**2 * float(weight @ (share**2).sum(axis=0))
    return float(np.sqrt(max(float(seen) / 4 - own, 0.0)))


def shrink_inventories(
    intensities: xr.DataArray, output: xr.DataArray, province_sd: float, row_sd: float
) -> tuple[xr.DataArray, float, float]:
    """What printed inventories of provinces say of the true ones, which differ less.

    A province's intensities differ from the nation's in truth and by errors of its inventory. The
    true ones are expected at the share of their variance that is no error (Efron and Morris 1975),
    by province and by row around it; errors of rows count in the level as well. The nation's
    emissions by row are kept.

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
    share = ratio(emitted, emitted.sum(axis=1, keepdims=True))
    # of a row's variance, what its province's level has of it
    chance = float((share**2).sum(axis=1).mean()) if len(share) else 0.0
    seen = (
        _weighted_rms(level[:, None], emitted.sum(axis=1, keepdims=True)),
        _weighted_rms(around, emitted),
    )
    error, left = np.zeros(2), (province_sd, row_sd)
    if np.isfinite(seen).all():  # of one province nothing is compared: its errors stay as wide
        freedom = len(level) - 1
        # around the level, rows differ by the rest of their variance
        around_it = max(seen[1] ** 2 / max(1 - chance, TINY) - row_sd**2, 0.0)
        row = posterior_variance("intensity_sector_sd", around_it, freedom)
        errors = np.array([province_sd**2 + chance * row_sd**2, row_sd**2])
        own = max(seen[0] ** 2 - errors[0] - chance * row, 0.0)
        true = np.array([posterior_variance("intensity_sd", own, freedom) + chance * row, row])
        error = errors / (errors + true)
        known = errors * (1 - error)
        left = float(np.sqrt(known[0] - chance * known[1])), float(np.sqrt(known[1]))
    shift = error[0] * level[:, None] + error[1] * around
    drawn_in = np.exp(-np.where(np.isfinite(around), shift, 0.0))
    kept = np.divide(
        emitted.sum(axis=0),
        (emitted * drawn_in).sum(axis=0),
        out=np.ones(emitted.shape[1]),
        where=emitted.sum(axis=0) > 0,
    )
    factors = xr.DataArray(drawn_in * kept, dict(intensities.isel(sector=0, drop=True).coords))
    return factors, *left
