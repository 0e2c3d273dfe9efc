"""Pools of regions whose emissions by sector are known together, and the RAS of cities' emissions
to sector and city totals.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add

import numpy as np
import pandas as pd
import scipy.sparse as sp
import xarray as xr
from scipy.optimize import brentq

from ..base import roundoff
from ..base.errors import DataError, warn
from ..base.reliability import USUAL, odds
from ..base.solvers import DIRECT
from ..base.tolerances import SOLVED
from ..base.vocabulary import NATION
from ..config.models import Emissions, Solver
from ..entropy import EntropyModel
from ..entropy.scaling import Data, solve_with_data

#: Weight of the households' cells in the RAS to city totals: their number of people is known, so
#: that a gap between a city's total and its prior goes to production first (log change of
#: households = 1/10 of that of production in the same city).
HOUSEHOLD_WEIGHT = 10.0
#: An observed 0 counts as this share of the prior.
OBSERVED_ZERO = 1e-6
#: Largest factor between what the only CO2 total of a pool leaves to its other regions and what
#: their outputs say, before a word is said.
LEFT = 2.0
NATIONAL = "inventory_national.csv"


@dataclass(frozen=True)
class Frame:
    """Labels and sizes an inventory is spread by, in the order of regions.csv and
    inventory_sectors.csv.

    Attributes
    ----------
    codes
        Region codes.
    pool
        Of each region the code of its province, where that is the lowest level with an inventory,
        or else `NATION`.
    names, sectors
        Inventory sectors and sectors of the table.
    sectors_of
        (inventory_sector, sector), 0/1: the bridge.
    output
        (region, sector), money.
    population
        (region,), persons.
    people
        Household row -> (region,), persons of that residence.
    """

    codes: list[str]
    pool: np.ndarray
    names: list[str]
    sectors: list[str]
    sectors_of: np.ndarray
    output: np.ndarray
    population: np.ndarray
    people: dict[str, np.ndarray]

    @cached_property
    def size(self) -> np.ndarray:
        """(region, inventory_sector): output of the sectors a row covers, or people of a household
        row.
        """
        size = self.output @ self.sectors_of.T
        for name, people in self.people.items():
            size[:, self.names.index(name)] = people
        return size

    def over_pool(self, values: np.ndarray) -> np.ndarray:
        """Sums over the pool of every region, of the shape of the values (region,) or (region,
        column).
        """
        return (
            pd.DataFrame(values)
            .groupby(self.pool)
            .transform("sum")
            .to_numpy()
            .reshape(values.shape)
        )

    def within_pool(self, values: np.ndarray) -> np.ndarray:
        """Shares of the regions in the sum over their pool, (region,) or (region, column); 0 where
        the sum is 0.
        """
        total = self.over_pool(values)
        return np.divide(values, total, out=np.zeros(values.shape), where=total > 0)

    @cached_property
    def shares(self) -> np.ndarray:
        """(region, inventory_sector): each region's share of its pool, summing to 1 in every pool.

        Where a pool has no output in any sector a row covers, the share of all output stands in;
        what is emitted there ends in the orphan account, so that the total is kept.
        """
        by_people = self.within_pool(self.population)
        everything = self.within_pool(self.output.sum(axis=1))
        stand_in = np.where(self.over_pool(everything) == 0, by_people, everything)
        other = np.where(np.isin(self.names, [*self.people]), by_people[:, None], stand_in[:, None])
        share = self.within_pool(self.size)
        return np.where(self.over_pool(share) == 0, other, share)


@dataclass(frozen=True)
class Pool:
    """Regions whose emissions by inventory sector are known together, and what they are.

    Attributes
    ----------
    label
        Code of the province, or `NATION`.
    rows
        Positions of the regions.
    level
        (inventory_sector,), t CO2, of all of them.
    spread
        (region of the pool, inventory_sector), t CO2: the level by output and people.
    basis
        Where the level is from: `province`, `nation`, or `intensities` of other regions.
    """

    label: str
    rows: np.ndarray
    level: np.ndarray
    spread: np.ndarray
    basis: str

    @property
    def place(self) -> str:
        """The pool in messages."""
        return (
            "the provinces without an inventory"
            if self.label == NATION
            else f"province {self.label}"
        )

    def at(self, level: np.ndarray, shares: np.ndarray) -> Pool:
        """The same pool at another level: by `shares`, or in the proportions of its regions'
        intensities where these made it.
        """
        spread = shares[self.rows] * level
        if self.basis == "intensities":
            factor = np.divide(level, self.level, out=np.zeros_like(level), where=self.level > 0)
            spread = np.where(self.level > 0, self.spread * factor, spread)
        return replace(self, level=level, spread=spread)


def pools(
    emissions: xr.DataArray, own: Mapping[str, np.ndarray], national: pd.Series | None, frame: Frame
) -> dict[str, Pool]:
    """The pools of a country by label, each at the lowest level that is known.

    A province with an inventory is a pool. The others are one pool together at what the national
    inventory leaves to them; without a national inventory each is a pool of its own: its cities'
    own inventories, and the mean intensities of all regions with an inventory for the rest.

    Parameters
    ----------
    emissions
        (province, inventory_sector, fuel), t CO2, of the provinces that have an inventory.
    own
        Inventories of cities in provinces without one: region -> (inventory_sector,), t CO2, NaN
        where not known.
    national
        The national inventory, t CO2 by inventory sector.

    Raises
    ------
    DataError
        A national inventory that lacks a row or is below the sum of its provinces.
    """
    known = dict(
        zip(emissions["province"].values.astype(str), emissions.sum("fuel").to_numpy(), strict=True)
    )
    size = frame.size
    observed = np.full(size.shape, np.nan)
    for region, values in own.items():
        observed[frame.codes.index(region)] = values
    by_intensity = np.where(
        np.isnan(observed), _intensities(known, observed, size, frame) * size, observed
    )
    result = {}
    for label in sorted(set(frame.pool)):
        rows = np.flatnonzero(frame.pool == label)
        spread = by_intensity[rows]
        if label == NATION:
            level, basis = _remainder(national, known, frame), "nation"
        elif label in known:
            level, basis = known[label], "province"
        else:
            level, basis = spread.sum(axis=0), "intensities"
        if basis != "intensities":
            spread = frame.shares[rows] * level
        result[label] = Pool(label, rows, level, spread, basis)
    return result


def _intensities(
    known: Mapping[str, np.ndarray], observed: np.ndarray, size: np.ndarray, frame: Frame
) -> np.ndarray:
    """(inventory_sector,), t CO2 per unit of size: mean of the provinces and cities with an
    inventory.
    """
    has = np.isin(frame.pool, [*known])[:, None] | ~np.isnan(observed)
    total, base = (
        sum(known.values(), np.nansum(observed, axis=0)),
        np.where(has, size, 0.0).sum(axis=0),
    )
    return np.divide(total, base, out=np.zeros_like(base), where=base > 0)


def _remainder(national: pd.Series, known: Mapping[str, np.ndarray], frame: Frame) -> np.ndarray:
    """(inventory_sector,), t CO2: what the national inventory leaves to the provinces without
    one.
    """
    target = _rows_of_nation(national, frame)
    left = roundoff.difference(target - sum(known.values(), np.zeros_like(target)), target)
    if (left < 0).any():
        j = int(np.argmax(left < 0))
        raise DataError(
            f"{target[j]:.6g} t in inventory sector {frame.names[j]}, where the provinces with "
            "an inventory have "
            f"{target[j] - left[j]:.6g} t and others are still to come",
            where=NATIONAL,
            fix="correct one of them, or leave the national inventory out: the other provinces' "
            "intensities then stand in.",
        )
    return left


def _rows_of_nation(national: pd.Series, frame: Frame) -> np.ndarray:
    missing = [name for name in frame.names if name not in national.index]
    if missing:
        raise DataError(
            f"inventory sector {missing[0]} is missing",
            where=NATIONAL,
            fix="give all rows, also those of 0 t.",
        )
    return national.loc[frame.names].to_numpy(float)


def apply_control_total(
    pools: Mapping[str, Pool], national: pd.Series | None, config: Emissions, frame: Frame
) -> dict[str, Pool]:
    """The pools at the level that `emissions.control_total` names (R11).

    The sum of the provinces P and the national inventory N are two observations of the nation's
    emissions, row by row, with log standard deviations s_P and s_N (`control_total_sd`); `both` is
    P^(1 - w) N^w with w = s_P^2 / (s_P^2 + s_N^2).
    """
    if config.control_total in ("provinces", "cities_raw"):
        return dict(pools)
    other = scale_to_national(pools, national, frame)
    if config.control_total == "national":
        return other
    own, theirs = np.square(config.control_total_sd)
    return mix_levels(pools, other, float(own / (own + theirs)) if own + theirs > 0 else 0.5, frame)


def control_error(config: Emissions) -> float:
    """Log standard deviation of the level of a nation's emissions of which there are two
    observations: of their mean by variance.

    It is the same whichever of them a run takes (:func:`apply_control_total`): the other is known
    as well.
    """
    own, theirs = config.control_total_sd
    return own * theirs / float(np.hypot(own, theirs)) if own and theirs else 0.0


def scale_to_national(
    pools: Mapping[str, Pool], national: pd.Series | None, frame: Frame
) -> dict[str, Pool]:
    """Scale every inventory row of all pools to the national inventory (R11).

    A row that none of them reports is spread by output (or people).

    Raises
    ------
    DataError
        No national inventory, or one that lacks a row.
    """
    if national is None:
        message = "control_total is 'national' or 'both', but there is no national inventory"
        raise DataError(message, where=NATIONAL, fix="choose 'provinces'.")
    target = _rows_of_nation(national, frame)
    level = np.array([pool.level for pool in pools.values()])
    size = np.array([frame.size[pool.rows].sum(axis=0) for pool in pools.values()])
    weights = np.where(level.sum(axis=0) > 0, level, size)
    total = weights.sum(axis=0)
    nowhere = (total == 0) & (target > 0)
    if nowhere.any():
        j = int(np.argmax(nowhere))
        message = f"{target[j]:.6g} t in row {frame.names[j]}, where no region has output"
        raise DataError(message, where=NATIONAL, fix="fix bridge.csv.")
    scaled = np.divide(target * weights, total, out=np.zeros_like(weights), where=total > 0)
    return {
        label: pool.at(values, frame.shares)
        for (label, pool), values in zip(pools.items(), scaled, strict=True)
    }


def mix_levels(
    pools: Mapping[str, Pool], other: Mapping[str, Pool], weight: float, frame: Frame
) -> dict[str, Pool]:
    """Pools whose level lies between two observations of it: ``level^(1 - weight) other^weight``,
    linear where one is 0.
    """
    result = {}
    for label, pool in pools.items():
        mine, theirs = pool.level, other[label].level
        both = (mine > 0) & (theirs > 0)
        apart = np.divide(theirs, mine, out=np.ones_like(mine), where=both)
        level = np.where(both, mine * apart**weight, (1 - weight) * mine + weight * theirs)
        result[label] = pool.at(level, frame.shares)
    return result


@dataclass(frozen=True)
class Part:
    """An observed amount of a part of a city's emissions: t CO2 of some inventory sectors, and its
    weight by reliability.
    """

    region: str
    sectors: tuple[str, ...]
    value: float
    weight: float


@dataclass(frozen=True)
class KnownEmissions:
    """What is known of cities: own inventories (inventory_sector,), whole totals with their
    weights, and parts, t CO2.
    """

    inventories: Mapping[str, np.ndarray]
    totals: Mapping[str, float]
    weights: Mapping[str, float]
    parts: tuple[Part, ...] = ()


def calibrate(
    pool: Pool,
    frame: Frame,
    known: KnownEmissions,
    *,
    config: Emissions,
    solver: Solver,
    factors: np.ndarray | None = None,
    alone: bool = True,
    weighed: bool = False,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Emissions of the regions of one pool by inventory sector.

    The prior of a region is its own inventory, or else its part of the level by output and people:
    for a province with an inventory the provincial intensity times output, ``E_j^p x_j^r / X_j^p``
    [P]. With control totals of provinces or the nation the known city totals are first scaled so
    that they and the other regions' priors add up to the pool, by one factor where they are equally
    reliable; one total alone counts as it stands. Then (R6) RAS of the prior to (sector totals,
    city totals), the Kullback-Leibler projection, households with weight 10, observed parts of
    cities as soft goals. With `cities_raw` a known city keeps its total as printed, all of its rows
    in proportion, and parts do not count.

    Parameters
    ----------
    factors
        Factors on the prior (region of the pool, inventory_sector): intensities other than the
        pool's, whose level they keep.
    alone
        Whether one total alone counts as it stands: not where outputs and intensities have met it
        by its variance (:mod:`citymrio.cities.joint`): what it leaves may be next to
        nothing.
    weighed
        Whether they have weighed the totals of a draw, each with its error: of a province with an
        inventory, those of cities without one of their own are not met again.

    Returns
    -------
    table, prior
        (region of the pool, inventory_sector), t CO2.
    scale
        (region of the pool,): factor on the city's own total (1 for `cities_raw`), NaN where it has
        none.
    """
    level, codes = pool.level, [frame.codes[r] for r in pool.rows]
    has = np.array([code in known.totals for code in codes])
    target = np.array([known.totals.get(code, 0.0) for code in codes])
    if len(codes) == 1 and config.control_total != "cities_raw":
        return (
            level[None].copy(),
            level[None].copy(),
            np.divide(level.sum(), target, out=np.ones(1), where=target > 0),
        )
    prior = pool.spread.copy()
    for r, code in enumerate(codes):
        if code in known.inventories:
            prior[r] = known.inventories[code]
    if factors is not None:
        prior = prior * factors
        prior = prior * _closing(prior, level)
    empty = has & (target > 0) & (prior.sum(axis=1) == 0)
    if empty.any():
        raise DataError(
            f"{target[empty][0]:.6g} t are reported, but the region has neither output nor "
            "people in a sector with emissions",
            where=f"region {codes[int(np.argmax(empty))]}",
            fix="check the city's total and its accounts.",
        )
    if config.control_total == "cities_raw":
        before = prior.sum(axis=1)
        scale = np.where(
            has, np.divide(target, before, out=np.zeros_like(before), where=before > 0), 1.0
        )
        return prior * scale[:, None], prior, np.ones(len(codes))
    if config.missing == "residual" and has.any() and not has.all():
        prior, factor = _residual(prior, frame.shares[pool.rows], level, has, target)
    elif alone and has.sum() == 1 and target.sum() < level.sum():
        factor = np.ones(len(codes))  # it has no level to be compared with
        _warn_of_rest(level.sum() - target.sum(), prior[~has].sum(), pool.place)
    else:
        weights = np.array([known.weights.get(code, odds(USUAL)) for code in codes])
        factor = _scale(pool, prior, has, target, weights)
    if weighed and pool.basis == "province" and config.missing != "residual":
        has &= np.isin(codes, [*known.inventories])
    lost = (level > 0) & (prior.sum(axis=0) == 0)
    prior = np.where(lost, pool.spread, prior)
    parts = [part for part in known.parts if part.region in codes]
    if not has.any() and not parts:
        return prior * _closing(prior, level), prior, factor
    table = _ras(prior, pool, has, target * factor, parts, frame, solver)
    lost = level.sum() - table.sum()
    if abs(lost) > SOLVED * level.sum():
        raise DataError(
            f"{lost:.6g} t of {level.sum():.6g} t find no city: the cities that emit in those "
            "sectors have a total of 0",
            where=pool.place,
            fix="correct the city totals, or leave them out.",
        )
    return table, prior, factor


def _warn_of_rest(left: float, expected: float, place: str) -> None:
    if not expected / LEFT <= left <= expected * LEFT:
        warn(
            where=place,
            what="the only CO2 total leaves the other cities far from what their outputs say",
            value=f"{left:.4g} t of {expected:.4g} t",
            expectation=f"within a factor of {LEFT:g}",
            effect="The total counts as it stands; the others share what it leaves. Fix: check the "
            "total, or set cities.emissions_enter: both, which weighs it.",
        )


def _scale(
    pool: Pool, prior: np.ndarray, has: np.ndarray, target: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Factors on the totals so that they and the other regions' priors add up to the pool: ``exp(-a
    / weight)``, a common a.
    """
    if not has.any() or target.sum() == 0:
        return np.ones(len(has))
    rest, total = prior[~has].sum(), pool.level.sum()
    if rest > total:
        raise DataError(
            f"cities without a total have {rest:.6g} t in their own inventories, all together "
            f"have {total:.6g} t",
            where=pool.place,
            fix="check the units of inventory_city.",
        )
    common = float((total - rest) / target.sum())
    give = np.where(has, weights[has].max() / weights, 0.0)
    if common == 0 or np.ptp(give[has]) == 0:
        return np.full(len(has), common)
    bounds = sorted(
        (np.log(common), np.log(common) / give[has].max())
    )  # the factor of the surest total lies between
    found = brentq(
        lambda a: float((target * np.exp(a * give)).sum() - (total - rest)),
        *bounds,
        xtol=1e-15,
        rtol=1e-14,
    )
    scaled = np.exp(found * give)
    return scaled * (total - rest) / float((target * scaled).sum())


def _residual(
    prior: np.ndarray, share: np.ndarray, level: np.ndarray, known: np.ndarray, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Regions without a total get what the known ones leave, sector by sector, by output; nothing
    where they leave nothing.
    """
    total = level.sum()
    factor = min(1.0, total / target.sum()) if target.sum() > 0 else 1.0
    before = prior.sum(axis=1)
    taken = (
        prior
        * np.divide(target * factor, before, out=np.zeros_like(before), where=before > 0)[:, None]
    )
    left = (
        np.maximum(level - taken[known].sum(axis=0), 0.0)
        if target.sum() < total
        else np.zeros_like(level)
    )
    weights = np.where(known[:, None], 0.0, share)
    sums = weights.sum(axis=0)
    weights = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)
    return np.where(known[:, None], prior, weights * left), np.full(len(known), factor)


def _closing(table: np.ndarray, level: np.ndarray) -> np.ndarray:
    total = table.sum(axis=0)
    return np.divide(level, total, out=np.zeros_like(level), where=total > 0)


def _ras(
    prior: np.ndarray,
    pool: Pool,
    has: np.ndarray,
    target: np.ndarray,
    parts: list[Part],
    frame: Frame,
    solver: Solver,
) -> np.ndarray:
    level, unit, codes = pool.level, pool.level.sum(), [frame.codes[r] for r in pool.rows]
    live_rows = np.flatnonzero((prior.sum(axis=1) > 0) & ~(has & (target == 0)))
    household = np.isin(frame.names, [*frame.people])
    met, chosen, goal, soft = _parts_met(parts, prior, frame.names, codes, live_rows)
    if solver.name == DIRECT:
        live = np.flatnonzero((level > 0) & (prior[live_rows].sum(axis=0) > 0))
        fixed = np.flatnonzero(has[live_rows])
        wholes, told = np.ones((fixed.size, live.size)), chosen[:, live_rows][:, :, live]
        data = Data(
            np.zeros(fixed.size + len(goal), int),
            np.concatenate([fixed, told.any(axis=2).argmax(axis=1)]),
            np.concatenate([wholes, told.sum(axis=1)]),
            np.concatenate([target[live_rows[fixed]], goal]) / unit,
            np.concatenate([np.full(fixed.size, np.inf), soft]),
        )
        found = solve_with_data(
            prior[np.ix_(live_rows, live)][None] / unit,
            level[None, live] / unit,
            np.ones((1, live.size)),
            data,
            np.where(household[live], HOUSEHOLD_WEIGHT, 1.0),
            solver.tol_inner,
        )
        if found is not None:
            table = np.zeros_like(prior)
            table[np.ix_(live_rows, live)] = found[0][0] * unit
            return table * _closing(table, level)
    model = EntropyModel(f"emissions of cities, {pool.place}")
    blocks = []
    for name, columns, weight in (
        ("production", ~household, 1.0),
        ("households", household, HOUSEHOLD_WEIGHT),
    ):
        live = np.flatnonzero(columns & (level > 0) & (prior[live_rows].sum(axis=0) > 0))
        if not live.size:
            continue
        variable = model.variable(name, prior=prior[np.ix_(live_rows, live)] / unit, weight=weight)
        model.equal(
            f"{name} of all regions",
            variable.sum_over(0),
            level[live] / unit,
            labels=[frame.names[j] for j in live],
        )
        blocks.append((name, live, variable))

    fixed = live_rows[has[live_rows]]
    if fixed.size:
        one = sp.csr_array(np.eye(live_rows.size)[has[live_rows]])
        whole = reduce(
            add, [v.rows(sp.kron(one, np.ones((1, live.size)), "csr")) for _, live, v in blocks]
        )
        model.equal(
            "total of the city", whole, target[fixed] / unit, labels=[codes[r] for r in fixed]
        )
    if len(goal):
        labels = [f"{part.region}, inventory sectors {';'.join(part.sectors)}" for part in met]
        cells = [chosen[:, live_rows][:, :, live].reshape(len(goal), -1) for _, live, _ in blocks]
        sums = reduce(
            add, [v.rows(sp.csr_array(part)) for (_, _, v), part in zip(blocks, cells, strict=True)]
        )
        model.equal("part of the city", sums, goal / unit, labels=labels, soft=soft)
    solution = model.solve(
        solver=solver.name, tol=solver.tol_inner, max_iterations=solver.max_iterations
    )
    table = np.zeros_like(prior)
    for name, live, _ in blocks:
        table[np.ix_(live_rows, live)] = solution[name] * unit
    return table * _closing(table, level)


def _parts_met(
    parts: list[Part], prior: np.ndarray, names: list[str], codes: list[str], rows: np.ndarray
) -> tuple[list[Part], np.ndarray, np.ndarray, np.ndarray]:
    """The parts that the cells of `rows` can meet, their cells (part, region, inventory_sector),
    goals and weights; of others a word.
    """
    chosen = np.array(
        [np.outer(np.isin(codes, part.region), np.isin(names, part.sectors)) for part in parts],
        float,
    ).reshape(len(parts), *prior.shape)
    before = (chosen * prior).sum(axis=(1, 2))
    met = [k for k, part in enumerate(parts) if before[k] > 0 and codes.index(part.region) in rows]
    for k in set(range(len(parts))) - set(met):
        warn(
            where=f"observations, region {parts[k].region}",
            what=f"observed emissions of inventory sectors {';'.join(parts[k].sectors)} are not "
            "used",
            value=f"{parts[k].value:.6g} t",
            expectation="a part in which the region emits",
            effect="The region has no output (or people) there, or a total of 0.",
        )
    goal = np.maximum([parts[k].value for k in met], OBSERVED_ZERO * before[met])
    weights = np.array([parts[k].weight for k in met])
    return [parts[k] for k in met], chosen[met], goal, weights
