"""Level of the provincial inventories, and the RAS of cities' emissions to provincial sector totals and city totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import add

import numpy as np
import pandas as pd
import scipy.sparse as sp
import xarray as xr

from ..base.errors import DataError
from ..base.tolerances import SOLVED
from ..config.models import Inventory, Solver
from ..entropy import EntropyModel

#: Weight of the households' cells in the RAS to city totals: their number of people is known, so that a gap between a city's
#: total and its prior goes to production first (log change of households = 1/10 of that of production in the same city).
HOUSEHOLD_WEIGHT = 10.0


@dataclass(frozen=True)
class Frame:
    """Labels and sizes an inventory is spread by, in the order of regions.csv and inventory_sectors.csv.

    Attributes
    ----------
    codes, province
        Region codes and the province of each.
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
    province: np.ndarray
    names: list[str]
    sectors: list[str]
    sectors_of: np.ndarray
    output: np.ndarray
    population: np.ndarray
    people: dict[str, np.ndarray]

    @property
    def provinces(self) -> list[str]:
        """Province codes, sorted."""
        return sorted(set(self.province))

    @property
    def size(self) -> np.ndarray:
        """(region, inventory_sector): output of the sectors a row covers, or people of a household row."""
        size = self.output @ self.sectors_of.T
        for name, people in self.people.items():
            size[:, self.names.index(name)] = people
        return size

    def within_province(self, values: np.ndarray) -> np.ndarray:
        """Shares of the regions in the sum over their province; 0 where the sum is 0."""
        total = pd.Series(values).groupby(self.province).transform("sum").to_numpy()
        return np.divide(values, total, out=np.zeros(len(values)), where=total > 0)

    @cached_property
    def shares(self) -> np.ndarray:
        """(region, inventory_sector): each region's share of its province, summing to 1 in every province.

        Where a province has no output in any sector a row covers, the share of all output stands in; what is emitted there
        ends in the orphan account, so that the total is kept.
        """
        by_people = self.within_province(self.population)
        everything = self.within_province(self.output.sum(axis=1))
        empty = pd.Series(everything).groupby(self.province).transform("sum").to_numpy() == 0
        stand_in = np.where(empty, by_people, everything)
        columns = []
        for name, values in zip(self.names, self.size.T, strict=True):
            share = self.within_province(values)
            none = pd.Series(share).groupby(self.province).transform("sum").to_numpy() == 0
            columns.append(np.where(none, by_people if name in self.people else stand_in, share))
        return np.column_stack(columns)


def provincial_level(emissions: xr.DataArray, frame: Frame) -> tuple[dict[str, np.ndarray], set[str]]:
    """Provincial totals by inventory sector, t CO2; provinces without an inventory by the mean intensities of the others.

    Parameters
    ----------
    emissions
        (province, inventory_sector, fuel), t CO2, of the provinces that have an inventory.

    Returns
    -------
    level
        Province -> (inventory_sector,).
    imputed
        Provinces without an inventory.
    """
    known = {p: emissions.sel(province=p).sum("fuel").to_numpy() for p in emissions["province"].values}
    unknown = sorted(set(known) - set(frame.provinces))
    if unknown:
        raise DataError(f"inventory of province '{unknown[0]}'", where="inventory", fix="use the province codes of regions.csv.")
    if not known:
        raise DataError("no province has an emission inventory", where="inventory", fix="give inventory/<p>.csv.")
    has = np.isin(frame.province, [*known])
    size, total = frame.size[has].sum(axis=0), sum(known.values())
    intensity = np.divide(total, size, out=np.zeros_like(total), where=size > 0)
    level = {p: known.get(p, intensity * frame.size[frame.province == p].sum(axis=0)) for p in frame.provinces}
    return level, set(frame.provinces) - set(known)


def to_national(level: Mapping[str, np.ndarray], national: pd.DataFrame | None, frame: Frame) -> dict[str, np.ndarray]:
    """Scale every inventory row of all provinces to the national inventory (R11).

    A row that no province reports is spread by output (or people).

    Raises
    ------
    DataError
        No national inventory, or one that lacks a row.
    """
    where = "inventory_national.csv"
    if national is None or national.empty:
        raise DataError("control_total is 'national' but there is no national inventory", where=where, fix="choose 'provinces'.")
    target = national.groupby("inventory_sector")["emissions"].sum()
    missing = [name for name in frame.names if name not in target.index]
    if missing:
        raise DataError(f"inventory sector {missing[0]} is missing", where=where, fix="give all rows, also those of 0 t.")
    result = {p: values.copy() for p, values in level.items()}
    for j, name in enumerate(frame.names):
        total = sum(values[j] for values in level.values())
        weights = {p: level[p][j] if total > 0 else frame.size[frame.province == p, j].sum() for p in level}
        sum_of_weights = sum(weights.values())
        if sum_of_weights == 0 and target[name] > 0:
            raise DataError(f"{target[name]:.6g} t in row {name}, where no region has output", where=where, fix="fix bridge.csv.")
        for p in level:
            result[p][j] = target[name] * weights[p] / sum_of_weights if sum_of_weights > 0 else 0.0
    return result


def calibrate_province(
    province: str,
    frame: Frame,
    level: np.ndarray,
    inventories: Mapping[str, np.ndarray],
    totals: Mapping[str, float],
    *,
    config: Inventory,
    solver: Solver,
    factors: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Emissions of the regions of one province by inventory sector.

    The prior of a region is its own inventory, or else provincial intensity times output, ``E_j^p x_j^r / X_j^p`` [P]. With
    control totals of provinces or the nation the known city totals are first scaled by one factor so that they and the other
    regions' priors add up to the province, then (R6) RAS of the prior to (provincial sector totals, city totals): the
    Kullback-Leibler projection, households with weight 10. With `cities_raw` a known city keeps its total as printed, all of
    its rows in proportion.

    Parameters
    ----------
    level
        (inventory_sector,) provincial totals, t CO2.
    inventories, totals
        Own inventories (inventory_sector,) and own totals of cities, t CO2.
    factors
        Factors on the prior (region of the province, inventory_sector): intensities other than the province's.

    Returns
    -------
    table, prior
        (region of the province, inventory_sector), t CO2.
    factor
        Scale of the city totals (1 for `cities_raw` and where nothing is known).
    """
    rows = np.flatnonzero(frame.province == province)
    codes = [frame.codes[r] for r in rows]
    if len(rows) == 1 and config.control_total != "cities_raw":
        return level[None].copy(), level[None].copy(), level.sum() / totals[codes[0]] if totals.get(codes[0]) else 1.0
    share = frame.shares[rows]
    prior = share * level
    for r, code in enumerate(codes):
        if code in inventories:
            prior[r] = inventories[code]
    if factors is not None:
        prior = prior * factors
    known = np.array([code in totals for code in codes])
    target = np.array([totals.get(code, 0.0) for code in codes])
    empty = known & (target > 0) & (prior.sum(axis=1) == 0)
    if empty.any():
        raise DataError(
            f"{target[empty][0]:.6g} t are reported, but the region has neither output nor people in a sector with emissions",
            where=f"region {codes[int(np.argmax(empty))]}",
            fix="check the city's total and its accounts.",
        )
    if config.control_total == "cities_raw":
        before = prior.sum(axis=1)
        scale = np.where(known, np.divide(target, before, out=np.zeros_like(before), where=before > 0), 1.0)
        return prior * scale[:, None], prior, 1.0
    if config.missing == "residual" and known.any() and not known.all():
        prior, factor = _residual(prior, share, level, known, target)
    else:
        factor = _scale(level.sum(), prior, known, target, province)
    lost = (level > 0) & (prior.sum(axis=0) == 0)
    prior = np.where(lost, share * level, prior)
    target = target * factor
    if not known.any():
        return prior * _closing(prior, level), prior, 1.0
    table = _ras(prior, level, known, target, codes, frame, province, solver)
    lost = level.sum() - table.sum()
    if abs(lost) > SOLVED * level.sum():
        raise DataError(
            f"{lost:.6g} t of {level.sum():.6g} t find no city: the cities that emit in those sectors have a total of 0",
            where=f"province {province}",
            fix="correct the city totals, or leave them out.",
        )
    return table, prior, factor


def _scale(total: float, prior: np.ndarray, known: np.ndarray, target: np.ndarray, province: str) -> float:
    if not known.any() or target.sum() == 0:
        return 1.0
    rest = prior[~known].sum()
    if rest > total:
        raise DataError(
            f"cities without a total have {rest:.6g} t in their own inventories, the province has {total:.6g} t",
            where=f"province {province}",
            fix="check the units of inventory_city.",
        )
    return float((total - rest) / target.sum())


def _residual(prior, share, level, known, target) -> tuple[np.ndarray, float]:
    """Regions without a total get what the known ones leave, sector by sector, by output; nothing where they leave nothing."""
    total = level.sum()
    factor = min(1.0, total / target.sum()) if target.sum() > 0 else 1.0
    before = prior.sum(axis=1)
    taken = prior * np.divide(target * factor, before, out=np.zeros_like(before), where=before > 0)[:, None]
    left = np.maximum(level - taken[known].sum(axis=0), 0.0) if target.sum() < total else np.zeros_like(level)
    weights = np.where(known[:, None], 0.0, share)
    sums = weights.sum(axis=0)
    weights = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)
    return np.where(known[:, None], prior, weights * left), factor


def _closing(table: np.ndarray, level: np.ndarray) -> np.ndarray:
    total = table.sum(axis=0)
    return np.divide(level, total, out=np.zeros_like(level), where=total > 0)


def _ras(prior, level, known, target, codes, frame: Frame, province: str, solver: Solver) -> np.ndarray:
    unit = level.sum()
    live_rows = np.flatnonzero((prior.sum(axis=1) > 0) & ~(known & (target == 0)))
    household = np.isin(frame.names, [*frame.people])
    model = EntropyModel(f"emissions of cities, province {province}")
    blocks = []
    for name, columns, weight in (("production", ~household, 1.0), ("households", household, HOUSEHOLD_WEIGHT)):
        live = np.flatnonzero(columns & (level > 0) & (prior[live_rows].sum(axis=0) > 0))
        if not live.size:
            continue
        variable = model.variable(name, prior=prior[np.ix_(live_rows, live)] / unit, weight=weight)
        model.equal(f"{name} of the province", variable.sum_over(0), level[live] / unit, labels=[frame.names[j] for j in live])
        blocks.append((name, live, variable))
    fixed = np.flatnonzero(known[live_rows])
    if fixed.size:
        pick = sp.csr_array((np.ones(fixed.size), (np.arange(fixed.size), fixed)), shape=(fixed.size, live_rows.size))
        parts = [variable.rows(sp.kron(pick, np.ones((1, live.size)), format="csr")) for _, live, variable in blocks]
        total = reduce(add, parts)
        labels = [codes[live_rows[r]] for r in fixed]
        model.equal("total of the city", total, target[live_rows[fixed]] / unit, labels=labels)
    solution = model.solve(solver=solver.name, tol=solver.tol_inner, max_iterations=solver.max_iterations)
    table = np.zeros_like(prior)
    for name, live, _ in blocks:
        table[np.ix_(live_rows, live)] = solution[name] * unit
    return table * _closing(table, level)
