"""How near an estimate is to a known truth (tables/accuracy.csv): cells, flows between cities,
footprints, shares.

A relative error of a footprint is |estimate - truth| / truth of one city; wape: see
:func:`.measures.wape`.
"""

from itertools import product

import numpy as np
import pandas as pd
import xarray as xr

from ..analysis.affluence import is_city
from ..analysis.super_emitters import types
from ..base.errors import DataError
from ..footprints.footprint import SCOPES, scope_masks
from ..nested import NestedMRIO
from ..nested.flows import pairs
from .measures import wape

COLUMNS = ("quantity", "group", "value", "note")
#: Cells between provinces that are compared at a time: they stay in a processor's cache.
BLOCK = 30_000
#: (table, scope) -> sum of absolute errors, and of absolute true cells.
Sums = dict[tuple[str, str], tuple[float, float]]


def accuracy(
    truth: NestedMRIO,
    truth_footprints: xr.Dataset,
    estimate: NestedMRIO,
    estimate_footprints: xr.Dataset,
    regions: pd.DataFrame,
    sectors: pd.DataFrame,
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

    Returns
    -------
    pandas.DataFrame
        quantity, group, value, note. Quantities end in ``wape``, ``bias`` (estimate minus truth),
        ``median`` or ``p90`` (relative errors over cities), ``true`` or ``estimate`` (both levels,
        for shares and counts).

    Raises
    ------
    DataError
        The two tables have different regions, sectors or columns.
    """
    _same_labels(truth, estimate)
    kind = (
        sectors.assign(sector=sectors["sector"].astype(str))
        .set_index("sector")["kind"]
        .reindex(truth.sectors)
    )
    if kind.isna().any():
        raise DataError(
            f"sector {kind.index[kind.isna()][0]} is not listed",
            where="sectors.csv",
            fix="give it a row.",
        )
    city = (
        regions.assign(region=regions["region"].astype(str))
        .set_index("region")
        .reindex(truth.regions)
    )
    if city["kind"].isna().any():
        raise DataError(
            f"region {city.index[city['kind'].isna()][0]} is not listed",
            where="regions.csv",
            fix="give it a row.",
        )
    is_a_city = is_city(city).to_numpy()
    rows = [
        *_compare_cells(truth, estimate),
        *_accounts(truth, estimate),
        *_trade(truth, estimate, kind.to_numpy()),
        *_embodied(truth, truth_footprints, estimate_footprints, "flows", "embodied carbon"),
        *_embodied(
            truth, truth_footprints, estimate_footprints, "va_flows", "embodied value added"
        ),
        *_footprints(truth_footprints, estimate_footprints, is_a_city),
        *_super_emitters(truth_footprints, estimate_footprints, is_a_city),
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _same_labels(truth: NestedMRIO, estimate: NestedMRIO) -> None:
    pairs = {
        name: (getattr(truth, name), getattr(estimate, name))
        for name in ("regions", "sectors", "categories", "provinces")
    }
    for name, (true, other) in pairs.items():
        if list(true) != list(other):
            only = sorted(set(true) ^ set(other))
            what = (
                f"in one of them only: {only[:5]}" if only else "the same labels in another order"
            )
            raise DataError(
                f"truth and estimate have different {name}: {what}",
                where="accuracy",
                fix="compare tables of one dataset.",
            )
    if truth.stock_changes != estimate.stock_changes:
        raise DataError(
            f"the category of stock changes is {truth.stock_changes} in the truth, "
            f"{estimate.stock_changes} in the estimate",
            where="accuracy",
            fix="compare tables of one dataset.",
        )


def _masks(truth: NestedMRIO) -> dict[str, np.ndarray]:
    """Scope -> which (origin, destination) pairs of regions belong to it."""
    province = dict(zip(truth.regions, truth.provinces[truth.province_of], strict=True))
    return scope_masks(truth.regions.tolist(), truth.regions.tolist(), province)


def _compare_cells(truth: NestedMRIO, estimate: NestedMRIO) -> list[tuple]:
    """WAPE of Z and of final demand cell by cell. Works through the table by pairs of provinces: it
    is never held whole.
    """
    gap: dict[tuple[str, str], float] = {}
    size: dict[tuple[str, str], float] = {}
    for p, q in product(range(truth.provinces.size), repeat=2):
        found = _within(truth, estimate, p) if p == q else _between(truth, estimate, p, q)
        for key, (error, level) in found.items():
            gap[key] = gap.get(key, 0.0) + error
            size[key] = size.get(key, 0.0) + level
    rows = []
    for table in ("Z", "final demand"):
        total = sum(size[table, scope] for scope in SCOPES)
        rows += [
            *(
                (
                    f"{table} wape",
                    scope,
                    gap[table, scope] / size[table, scope] if size[table, scope] else np.nan,
                    "",
                )
                for scope in SCOPES
            ),
            (
                f"{table} wape",
                "all",
                sum(gap[table, scope] for scope in SCOPES) / total,
                "cell by cell, all blocks",
            ),
        ]
    return rows


def _within(truth: NestedMRIO, estimate: NestedMRIO, p: int) -> Sums:
    """Sums of the cells inside province p."""
    found: Sums = {}
    count = truth.members[p].size
    own = np.eye(count, dtype=bool)
    for kind, (_, part) in truth.parts.items():
        pair = [
            cells.dense_within(p).reshape(count, -1, count, truth.sectors.size)
            for cells in (part, estimate.parts[kind][1])
        ]
        sums = [np.abs(cells).sum(axis=(1, 3)) for cells in (pair[1] - pair[0], pair[0])]
        for scope, mask in (("same_city", own), ("same_province", ~own)):
            _add(found, kind, scope, *(float(values[mask].sum()) for values in sums))
    return found


def _between(truth: NestedMRIO, estimate: NestedMRIO, p: int, q: int) -> Sums:
    """The same of the cells from province p to another one, q: origin shares times what q receives,
    some regions at a time.
    """
    found: Sums = {}
    rows = truth.members[p]
    for kind, (_, true) in truth.parts.items():
        pair = [
            (part.origin[rows][:, :, None], part.received(p, q).reshape(truth.sectors.size, -1))
            for part in (true, estimate.parts[kind][1])
        ]
        share, received = pair[0]
        level = float(np.abs(share).sum(axis=0)[:, 0] @ np.abs(received).sum(axis=1))
        error, step = 0.0, max(1, BLOCK // max(1, received.size))
        for start in range(0, rows.size, step):
            cells, other = (share[start : start + step] * received for share, received in pair)
            np.subtract(cells, other, out=cells)
            error += float(
                np.abs(cells, out=cells).sum()
            )  # not dasum of BLAS: its bits depend on where the array lies
        _add(found, kind, "other_province", error, level)
    return found


def _add(found: Sums, kind: str, scope: str, error: float, level: float) -> None:
    key = ("Z" if kind == "industry" else "final demand", scope)
    before = found.get(key, (0.0, 0.0))
    found[key] = (before[0] + error, before[1] + level)


def _deliveries(table: NestedMRIO, q: int) -> np.ndarray:
    """What every region delivers of each product to all columns of each region of province q:
    (sector, origin, R_q).
    """
    index = table.members[q]
    flows = np.zeros((table.sectors.size, table.regions.size, index.size))
    for _, part in table.parts.values():
        each = np.repeat(np.eye(index.size)[:, None], part.count, axis=1)
        flows += part.origin.T[:, :, None] * part.inflow(q, each)[:, table.province_of]
        flows[:, index] += part.within(q, each).transpose(1, 0, 2)
    return flows


def _accounts(truth: NestedMRIO, estimate: NestedMRIO) -> list[tuple]:
    """WAPE of output, value added and exports by region and sector, and of final demand by region
    and category.
    """
    rows = [
        (
            f"{name} wape",
            "region x sector",
            wape(estimate.dataset[name].values, truth.dataset[name].values),
            "",
        )
        for name in ("output", "value_added", "exports")
    ]
    total = [
        (table.purchases().values + table.dataset["imports"].values)[:, truth.sectors.size :]
        for table in (truth, estimate)
    ]
    rows.append(
        (
            "final demand total wape",
            "region x category",
            wape(total[1], total[0]),
            "imports included",
        )
    )
    return rows


def _trade(truth: NestedMRIO, estimate: NestedMRIO, kind: np.ndarray) -> list[tuple]:
    """Flows between cities by product, and the share of its needs that a city supplies itself."""
    masks, rows, count = _masks(truth), [], truth.regions.size
    scopes = {"": ~masks["same_city"], **{f", {scope}": masks[scope] for scope in SCOPES[1:]}}
    products = {
        "all": np.ones(kind.size),
        "goods": (kind == "goods") * 1.0,
        "services": (kind == "services") * 1.0,
    }
    added = np.empty((4, len(products), count, count))
    for q, index in enumerate(truth.members):
        true, found = _deliveries(truth, q), _deliveries(estimate, q)
        for values, flows in zip(
            added, (np.abs(found - true), np.abs(true), true, found), strict=True
        ):
            summed = np.stack([*products.values()]) @ flows.reshape(kind.size, -1)
            values[:, :, index] = summed.reshape(len(products), count, -1)
    for k, name in enumerate(products):
        gap, size, *both = added[:, k]
        for scope, mask in scopes.items():
            total = size[mask].sum()
            value = float(gap[mask].sum() / total) if total > 0 else np.nan
            rows.append(
                ("inter-city flows wape", name + scope, value, "by product, origin and destination")
            )
        share = [float(np.trace(flow) / flow.sum()) for flow in both]
        rows += [
            (
                "home share true",
                name,
                share[0],
                "part of domestic products used where they are made",
            ),
            ("home share estimate", name, share[1], ""),
            ("home share bias", name, share[1] - share[0], "estimate minus truth"),
        ]
    return rows


def _embodied(
    truth: NestedMRIO, true: xr.Dataset, found: xr.Dataset, variable: str, name: str
) -> list[tuple]:
    """Embodied flows between regions, and their shares by where they come from."""
    masks, rows = _masks(truth), []
    flows = [
        pairs(result, variable).transpose("origin", "destination").values
        for result in (true, found)
    ]
    groups = {"inter-city": ~masks["same_city"], **{scope: masks[scope] for scope in SCOPES}}
    for group, mask in groups.items():
        rows.append(
            (
                f"{name} wape",
                group,
                wape(flows[1][mask], flows[0][mask]),
                "by origin and destination",
            )
        )
        share = [float(flow[mask].sum() / flow.sum()) for flow in flows]
        rows += [
            (f"{name} share true", group, share[0], "of all footprints"),
            (f"{name} share estimate", group, share[1], ""),
            (f"{name} share bias", group, share[1] - share[0], "estimate minus truth"),
        ]
    return rows


def _footprints(true: xr.Dataset, found: xr.Dataset, city: np.ndarray) -> list[tuple]:
    """Errors of CBA and PBA over the cities, beside the naive footprint CBA = PBA scaled to the
    same total.
    """
    rows = []
    cba = [result["cba"].sum("category").values[city] for result in (true, found)]
    pba = [result["pba"].values[city] for result in (true, found)]
    naive = pba[1] * (cba[1].sum() / pba[1].sum())
    for name, (truth, estimate) in (("CBA", cba), ("PBA", pba), ("CBA naive", (cba[0], naive))):
        relative = np.abs(estimate / truth - 1)[truth > 0]
        note = "baseline: every city's CBA is its PBA, scaled" if name == "CBA naive" else ""
        rows += [
            (f"{name} wape", "cities", wape(estimate, truth), note),
            (f"{name} median", "cities", float(np.median(relative)), "relative error"),
            (f"{name} p90", "cities", float(np.quantile(relative, 0.9)), "relative error"),
            (
                f"{name} bias",
                "cities",
                float(estimate.sum() / truth.sum() - 1),
                "of the total, relative",
            ),
        ]
        rank = pd.Series(truth).rank().corr(pd.Series(estimate).rank())
        rows.append((f"{name} rank correlation", "cities", float(rank), "Spearman"))
    cba = [
        result["cba"].transpose("category", "region").values[:, city] for result in (found, true)
    ]
    categories = true["category"].values
    rows += [
        ("CBA wape", str(category), wape(*values), "")
        for category, *values in zip(categories, *cba, strict=True)
    ]
    return rows


def _super_emitters(
    true: xr.Dataset, found: xr.Dataset, city: np.ndarray, share: float = 0.01
) -> list[tuple]:
    """Super-emitters in truth and estimate, from a share of the cities' footprints up, and how many
    cities are called by their true type.
    """
    named = []
    for result in (true, found):
        cba = pd.Series(result["cba"].sum("category").values[city])
        named.append(types(pd.Series(result["pba"].values[city]), cba, share * float(cba.sum())))
    super_true, super_found = named[0] != "none", named[1] != "none"
    return [
        (
            "super-emitters true",
            "cities",
            float(super_true.sum()),
            f"above {share:.0%} of the cities' footprints",
        ),
        ("super-emitters estimate", "cities", float(super_found.sum()), ""),
        ("super-emitters in both", "cities", float((super_true & super_found).sum()), ""),
        (
            "super-emitters of the true type",
            "cities",
            float(((named[0] == named[1]) & super_true).sum()),
            "",
        ),
    ]
