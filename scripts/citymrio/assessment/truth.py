"""How near an estimate is to a known truth (tables/accuracy.csv): cells, flows between cities, footprints, shares.

A relative error of a footprint is |estimate - truth| / truth of one city; wape: see :func:`.measures.wape`.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import xarray as xr

from ..analysis.affluence import is_city
from ..analysis.super_emitters import types
from ..base.errors import DataError
from ..footprints.scopes import SCOPES, scope_masks
from ..nested import NestedMRIO
from ..nested.dense import province_block
from .measures import wape

COLUMNS = ("quantity", "group", "value", "note")
#: (table, scope) -> sum of absolute errors, and of absolute true cells.
Sums = dict[tuple[str, str], tuple[float, float]]


def accuracy(
    truth: NestedMRIO,
    truth_footprints: xr.Dataset,
    estimate: NestedMRIO,
    estimate_footprints: xr.Dataset,
    regions: pd.DataFrame,
    sectors: pd.DataFrame,
    *,
    super_share: float = 0.01,
) -> pd.DataFrame:
    """Compare an estimate with the truth.

    Parameters
    ----------
    truth, estimate
        Nested tables of the same regions and sectors.
    truth_footprints, estimate_footprints
        Their footprints (footprints.nc; the truth's from :mod:`.true_footprints`).
    regions, sectors
        regions.csv (which regions are cities) and sectors.csv (goods and services).
    super_share
        Threshold of super-emitters as a share of the cities' footprints.

    Returns
    -------
    pandas.DataFrame
        quantity, group, value, note. Quantities end in ``wape``, ``bias`` (estimate minus truth), ``median`` or ``p90``
        (relative errors over cities), ``true`` or ``estimate`` (both levels, for shares and counts).

    Raises
    ------
    DataError
        The two tables have different regions, sectors or columns.
    """
    _same_labels(truth, estimate)
    kind = sectors.assign(sector=sectors["sector"].astype(str)).set_index("sector")["kind"].reindex(truth.sectors)
    if kind.isna().any():
        raise DataError(f"sector {kind.index[kind.isna()][0]} is not listed", where="sectors.csv", fix="give it a row.")
    city = regions.assign(region=regions["region"].astype(str)).set_index("region").reindex(truth.regions)
    if city["kind"].isna().any():
        raise DataError(f"region {city.index[city['kind'].isna()][0]} is not listed", where="regions.csv", fix="give it a row.")
    is_a_city = is_city(city).to_numpy()
    cells, flows = _compare_cells(truth, estimate)
    rows = [*cells, *_accounts(truth, estimate), *_trade(truth, flows, kind.to_numpy())]
    rows += _embodied(truth, truth_footprints, estimate_footprints, "flows", "embodied carbon")
    rows += _embodied(truth, truth_footprints, estimate_footprints, "va_flows", "embodied value added")
    rows += _footprints(truth_footprints, estimate_footprints, is_a_city)
    rows += _super_emitters(truth_footprints, estimate_footprints, is_a_city, super_share)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _same_labels(truth: NestedMRIO, estimate: NestedMRIO) -> None:
    pairs = {name: (getattr(truth, name), getattr(estimate, name)) for name in ("regions", "sectors", "categories", "provinces")}
    for name, (true, other) in pairs.items():
        if list(true) != list(other):
            only = sorted(set(true) ^ set(other))
            what = f"in one of them only: {only[:5]}" if only else "the same labels in another order"
            raise DataError(
                f"truth and estimate have different {name}: {what}", where="accuracy", fix="compare tables of one dataset."
            )
    if truth.stock_changes != estimate.stock_changes:
        raise DataError(
            f"the category of stock changes is {truth.stock_changes} in the truth, {estimate.stock_changes} in the estimate",
            where="accuracy",
            fix="compare tables of one dataset.",
        )


def _masks(truth: NestedMRIO) -> dict[str, np.ndarray]:
    """Scope -> which (origin, destination) pairs of regions belong to it."""
    province = dict(zip(truth.regions, truth.provinces[truth.province_of], strict=True))
    return scope_masks(truth.regions, truth.regions, province)


def _compare_cells(truth: NestedMRIO, estimate: NestedMRIO) -> tuple[list[tuple], tuple[np.ndarray, np.ndarray]]:
    """WAPE of Z and of final demand cell by cell, and the flows (origin, sector, destination) of both tables.

    Works through the table by pairs of provinces: the dense table is never held.
    """
    shape = (truth.regions.size, truth.sectors.size, truth.regions.size)
    flows = np.zeros(shape), np.zeros(shape)
    gap, size = {}, {}
    for p, q in product(range(truth.provinces.size), repeat=2):
        found = _within(truth, estimate, p, flows) if p == q else _between(truth, estimate, p, q, flows)
        for key, (error, level) in found.items():
            gap[key] = gap.get(key, 0.0) + error
            size[key] = size.get(key, 0.0) + level
    rows = []
    for table in ("Z", "final demand"):
        total = sum(size[table, scope] for scope in SCOPES)
        rows += [
            (f"{table} wape", scope, gap[table, scope] / size[table, scope] if size[table, scope] else np.nan, "")
            for scope in SCOPES
        ]
        rows.append((f"{table} wape", "all", sum(gap[table, scope] for scope in SCOPES) / total, "cell by cell, all blocks"))
    return rows, flows


def _within(truth: NestedMRIO, estimate: NestedMRIO, p: int, flows: tuple[np.ndarray, np.ndarray]) -> Sums:
    """Sums of the cells inside province p, into whose flows they are added up."""
    n, index = truth.sectors.size, truth.members[p]
    pair = [province_block(table, p, p) for table in (truth, estimate)]
    for flow, block in zip(flows, pair, strict=True):
        flow[index[:, None], :, index[None]] = block.sum(axis=3).transpose(0, 2, 1)
    error, level = np.abs(pair[1] - pair[0]), np.abs(pair[0])
    own, found = np.eye(index.size, dtype=bool), {}
    for table, where in (("Z", slice(0, n)), ("final demand", slice(n, None))):
        sums = [values[..., where].sum(axis=(1, 3)) for values in (error, level)]
        for scope, mask in (("same_city", own), ("same_province", ~own)):
            found[table, scope] = tuple(float(part[mask].sum()) for part in sums)
    return found


def _between(truth: NestedMRIO, estimate: NestedMRIO, p: int, q: int, flows: tuple[np.ndarray, np.ndarray]) -> Sums:
    """The same of the cells from province p to another one, q: origin shares times what q receives."""
    rows, columns, found = truth.members[p], truth.members[q], {}
    for kind, (_, true) in truth.parts.items():
        pair = [(part.origin[rows], part.received(p, q)) for part in (true, estimate.parts[kind][1])]
        for flow, (share, received) in zip(flows, pair, strict=True):
            flow[rows[:, None], :, columns[None]] += share[:, None] * received.sum(axis=2).T[None]
        key = ("Z" if kind == "industry" else "final demand", "other_province")
        share, received = pair[0]
        level = float((np.abs(share).sum(axis=0) * np.abs(received).sum(axis=(1, 2))).sum())
        error, cells = 0.0, [np.empty(received.shape) for _ in pair]
        for r in range(rows.size):
            for out, (share, received) in zip(cells, pair, strict=True):
                np.multiply(share[r, :, None, None], received, out=out)
            np.subtract(*cells, out=cells[0])
            error += float(np.abs(cells[0], out=cells[0]).sum())
        before = found.get(key, (0.0, 0.0))
        found[key] = (before[0] + error, before[1] + level)
    return found


def _accounts(truth: NestedMRIO, estimate: NestedMRIO) -> list[tuple]:
    """WAPE of output, value added and exports by region and sector, and of final demand by region and category."""
    rows = []
    for name in ("output", "value_added", "exports"):
        rows.append((f"{name} wape", "region x sector", wape(estimate.dataset[name].values, truth.dataset[name].values), ""))
    total = [(table.purchases().values + table.dataset["imports"].values)[:, truth.sectors.size :] for table in (truth, estimate)]
    rows.append(("final demand total wape", "region x category", wape(total[1], total[0]), "imports included"))
    return rows


def _trade(truth: NestedMRIO, flows: tuple[np.ndarray, np.ndarray], kind: np.ndarray) -> list[tuple]:
    """Flows between cities by product, and the share of its needs that a city supplies itself."""
    masks, rows = _masks(truth), []
    scopes = {"": ~masks["same_city"], **{f", {scope}": masks[scope] for scope in SCOPES[1:]}}
    products = {"all": np.ones(kind.size), "goods": (kind == "goods") * 1.0, "services": (kind == "services") * 1.0}
    values = (np.abs(flows[1] - flows[0]), np.abs(flows[0]), *flows)
    added = [np.matmul(np.stack([*products.values()]), part) for part in values]  # (origin, products, destination)
    for k, name in enumerate(products):
        gap, size, *both = (part[:, k] for part in added)
        for scope, mask in scopes.items():
            total = size[mask].sum()
            value = float(gap[mask].sum() / total) if total > 0 else np.nan
            rows.append(("inter-city flows wape", name + scope, value, "by product, origin and destination"))
        share = [float(np.trace(flow) / flow.sum()) for flow in both]
        rows.append(("home share true", name, share[0], "part of domestic products used where they are made"))
        rows.append(("home share estimate", name, share[1], ""))
        rows.append(("home share bias", name, share[1] - share[0], "estimate minus truth"))
    return rows


def _embodied(truth: NestedMRIO, true: xr.Dataset, found: xr.Dataset, variable: str, name: str) -> list[tuple]:
    """Embodied flows between regions, and their shares by where they come from."""
    masks, rows = _masks(truth), []
    flows = [result[variable].transpose("origin", "destination").values for result in (true, found)]
    groups = {"inter-city": ~masks["same_city"], **{scope: masks[scope] for scope in SCOPES}}
    for group, mask in groups.items():
        rows.append((f"{name} wape", group, wape(flows[1][mask], flows[0][mask]), "by origin and destination"))
        share = [float(flow[mask].sum() / flow.sum()) for flow in flows]
        rows.append((f"{name} share true", group, share[0], "of all footprints"))
        rows.append((f"{name} share estimate", group, share[1], ""))
        rows.append((f"{name} share bias", group, share[1] - share[0], "estimate minus truth"))
    return rows


def _footprints(true: xr.Dataset, found: xr.Dataset, city: np.ndarray) -> list[tuple]:
    """Errors of CBA and PBA over the cities, beside the naive footprint CBA = PBA scaled to the same total."""
    rows = []
    cba = [result["cba"].sum("category").values[city] for result in (true, found)]
    pba = [result["pba"].values[city] for result in (true, found)]
    naive = pba[1] * (cba[1].sum() / pba[1].sum())
    for name, (truth, estimate) in (("CBA", cba), ("PBA", pba), ("CBA naive", (cba[0], naive))):
        relative = np.abs(estimate / truth - 1)[truth > 0]
        note = "baseline: every city's CBA is its PBA, scaled" if name == "CBA naive" else ""
        rows.append((f"{name} wape", "cities", wape(estimate, truth), note))
        rows.append((f"{name} median", "cities", float(np.median(relative)), "relative error"))
        rows.append((f"{name} p90", "cities", float(np.quantile(relative, 0.9)), "relative error"))
        rows.append((f"{name} bias", "cities", float(estimate.sum() / truth.sum() - 1), "of the total, relative"))
        rank = pd.Series(truth).rank().corr(pd.Series(estimate).rank())
        rows.append((f"{name} rank correlation", "cities", float(rank), "Spearman"))
    for category in true["category"].values:
        values = [result["cba"].sel(category=category).values[city] for result in (true, found)]
        rows.append(("CBA wape", str(category), wape(values[1], values[0]), ""))
    return rows


def _super_emitters(true: xr.Dataset, found: xr.Dataset, city: np.ndarray, share: float) -> list[tuple]:
    """Super-emitters in truth and estimate, and how many cities are called by their true type."""
    named = []
    for result in (true, found):
        cba = pd.Series(result["cba"].sum("category").values[city])
        named.append(types(pd.Series(result["pba"].values[city]), cba, share * float(cba.sum())))
    super_true, super_found = named[0] != "none", named[1] != "none"
    return [
        ("super-emitters true", "cities", float(super_true.sum()), f"above {share:.0%} of the cities' footprints"),
        ("super-emitters estimate", "cities", float(super_found.sum()), ""),
        ("super-emitters in both", "cities", float((super_true & super_found).sum()), ""),
        ("super-emitters of the true type", "cities", float(((named[0] == named[1]) & super_true).sum()), ""),
    ]
