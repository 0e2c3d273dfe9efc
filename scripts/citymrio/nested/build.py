"""From the stages' results to the nested table, and the checks a table must pass before anything is computed on it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import BalanceError, DataError
from ..base.labels import array, refuse_nan
from ..base.money import unit_in

if TYPE_CHECKING:
    from .table import NestedMRIO

#: Variables of a nested table and their dims (docs/contracts.md).
VARIABLES = {
    "use_self": ("region", "sector", "use"),
    "use_intra": ("region", "sector", "use"),
    "use_rest": ("region", "sector", "use"),
    "intra_share": ("pair", "sector"),
    "out_share": ("region", "sector"),
    "inventory_share": ("region", "sector"),
    "province_table": ("origin_province", "sector", "province", "use"),
    "exports": ("region", "sector"),
    "error": ("region", "sector"),
    "output": ("region", "sector"),
    "value_added": ("region", "sector"),
    "imports": ("region", "use"),
    "region_province": ("region",),
}


def roles_of(final_demand: pd.DataFrame | Mapping[str, str] | None, *sources: xr.Dataset) -> dict[str, str]:
    """Final-demand roles by category: given, or from the attribute ``final_demand`` (JSON) of the first dataset that has it."""
    if isinstance(final_demand, pd.DataFrame):
        return dict(zip(final_demand["category"], final_demand["role"], strict=True))
    if final_demand is not None:
        return dict(final_demand)
    for source in sources:
        if "final_demand" in source.attrs:
            return dict(json.loads(source.attrs["final_demand"]))
    raise DataError(
        "the roles of the final-demand categories are unknown",
        where="nested table",
        fix="pass final_demand.csv, or set the attribute 'final_demand' (JSON: category -> role) on the provincial MRIO.",
    )


def nest(province_mrio: xr.Dataset, linked: Mapping[str, xr.Dataset], final_demand=None) -> xr.Dataset:
    """The nested table's dataset from the provincial MRIO and the linked tables of every province (method.md section 7).

    Shares: tau_i^rs = T_i^rs / sum_r T_i^rs; e_i^r = E_i^r / sum_{R_p} E_i^r; the inventory cells of other provinces are spread
    by output shares w on both sides. Returns the variables of ``nested/mrio.nc``.

    Raises
    ------
    DataError
        A province without linked tables, labels that differ, or a share without a base (flow where no trade, outflow or
        output can carry it).
    """
    provinces = [str(code) for code in province_mrio["origin"].values]
    missing, extra = sorted(set(provinces) - set(linked)), sorted(set(linked) - set(provinces))
    if missing or extra:
        raise DataError(f"provinces without linked tables: {missing}; linked but not in the MRIO: {extra}", where="nested table")
    roles = roles_of(final_demand, province_mrio, *linked.values())
    sectors = province_mrio["sector"].values.astype(str)
    categories = [str(use) for use in province_mrio["use"].values if str(use) not in set(sectors)]
    uses = np.array([*sectors, *categories])
    stock = inventory_category(roles, categories)
    table = province_mrio["table"].transpose("origin", "sector", "destination", "use").sel(sector=sectors, use=uses)
    parts = []
    for p in provinces:
        refuse_nan(linked[p], f"linked tables of province {p}")
        parts.append(_province_part(p, linked[p].sel(sector=sectors, use=uses), table, stock))
    unit = unit_in(province_mrio)
    merged = xr.concat([part[0] for part in parts], dim="region", join="exact")
    pairs = pd.concat([part[1] for part in parts], ignore_index=True)
    dataset = merged.assign(
        intra_share=array(
            np.concatenate([part[2] for part in parts]), ("pair", "sector"), "1", "share of the origin in purchases"
        ),
        province_table=array(
            table.values, ("origin_province", "sector", "province", "use"), unit, "domestic cells of the provincial MRIO"
        ),
        region_province=array(np.repeat(provinces, [part[0].sizes["region"] for part in parts]), ("region",), "1", "province"),
    )
    dataset = dataset.assign_coords(
        province=np.array(provinces),
        origin_province=np.array(provinces),
        pair_origin=("pair", pairs["origin"].to_numpy(dtype=str)),
        pair_destination=("pair", pairs["destination"].to_numpy(dtype=str)),
    )
    dataset.attrs = {"final_demand": json.dumps({c: roles[c] for c in categories})}
    return dataset


def inventory_category(roles: Mapping[str, str], categories: list[str]) -> str | None:
    """The one category of role `inventory`, or None when the table has none."""
    unknown = [category for category in categories if category not in roles]
    if not categories:
        raise DataError("the table has no final-demand category", where="nested table")
    stocks = [category for category in categories if roles.get(category) == "inventory"]
    if unknown or len(stocks) > 1:
        raise DataError(
            f"final-demand categories without a role: {unknown}; of role inventory: {stocks} (at most one)", where="nested table"
        )
    return stocks[0] if stocks else None


def _province_part(p: str, link: xr.Dataset, table: xr.DataArray, stock: str | None):
    regions = link["region"].values.astype(str)
    sectors = link["sector"].values.astype(str)
    trade = link["trade"].transpose("sector", "origin", "destination").sel(origin=regions, destination=regions).values
    diagonal = np.einsum("irr->ir", trade)
    if np.any(diagonal != 0):
        i, r = np.argwhere(diagonal != 0)[0]
        raise DataError(f"trade of {regions[r]} with itself is {diagonal[i, r]:.6g}", where=f"province {p}, sector {sectors[i]}")
    use = link["table"].transpose("layer", "region", "sector", "use")
    own, intra, rest = (use.sel(layer=layer).values.copy() for layer in ("self", "intra", "rest"))
    bought = trade.sum(axis=1)
    _need_base(bought, np.abs(intra).sum(axis=2).T, p, sectors, regions, "buys from its province, but has no trade")
    tau = np.divide(trade, bought[:, None, :], out=np.zeros_like(trade), where=bought[:, None, :] != 0)
    outflow = link["out_rest"].transpose("region", "sector").values
    others = table.sel(origin=p).drop_sel(destination=p)
    final = others if stock is None else others.drop_sel(use=stock)
    _need_base(
        outflow.sum(axis=0)[:, None],
        np.abs(final).sum(["destination", "use"]).values[:, None],
        p,
        sectors,
        [p],
        "has outflows, but no city's out_rest",
    )
    total = outflow.sum(axis=0)
    out_share = np.divide(outflow, total, out=np.zeros_like(outflow), where=total != 0)
    weight = link["inventory_share"].transpose("region", "sector").values
    if stock is not None:
        column = list(link["use"].values.astype(str)).index(stock)
        arriving = table.sel(destination=p, use=stock).drop_sel(origin=p)
        moving = np.abs(arriving).sum("origin").values + np.abs(others.sel(use=stock)).sum("destination").values
        _need_base(
            weight.sum(axis=0)[:, None], moving[:, None], p, sectors, [p], "trades inventories, but no city's inventory_share"
        )
        rest[:, :, column] = weight * arriving.sum("origin").values[None]
    first, second = np.nonzero(~np.eye(regions.size, dtype=bool))
    names = pd.DataFrame({"origin": regions[first], "destination": regions[second]}, dtype=object)
    shares = np.ascontiguousarray(tau[:, first, second].T)
    unit = unit_in(link)
    data = {
        "use_self": array(own, VARIABLES["use_self"], unit, "purchases from the region itself"),
        "use_intra": array(intra, VARIABLES["use_intra"], unit, "purchases from other regions of the province"),
        "use_rest": array(rest, VARIABLES["use_rest"], unit, "purchases from other provinces"),
        "out_share": array(out_share, VARIABLES["out_share"], "1", "share of the region in the province's outflow"),
        "inventory_share": array(
            weight, VARIABLES["inventory_share"], "1", "share of the region in inventories traded by provinces"
        ),
    }
    names_of = {"exports": "exports abroad", "error": "statistical error", "output": "total output", "value_added": "value added"}
    for name, text in names_of.items():
        data[name] = array(link[name].transpose("region", "sector").values, ("region", "sector"), unit, text)
    data["imports"] = array(
        link["imports"].transpose("region", "use").values, ("region", "use"), unit, "imports from abroad, by use"
    )
    coords = {"region": regions, "sector": sectors, "use": link["use"].values.astype(str)}
    return xr.Dataset(data, coords), names, shares


def _need_base(base: np.ndarray, flow: np.ndarray, p: str, sectors, regions, what: str) -> None:
    bad = (base == 0) & (flow != 0)
    if bad.any():
        i, r = np.argwhere(bad)[0]
        raise DataError(
            f"{regions[r]} {what} to share {flow[i, r]:.6g} by ({int(bad.sum())} such cases)",
            where=f"province {p}, sector {sectors[i]}",
        )


def trade_shares(nested: NestedMRIO) -> tuple[np.ndarray, ...]:
    """tau_i^rs of every province as (n, R_q, R_q), from the pairs of the dataset."""
    place = {code: k for k, code in enumerate(nested.regions)}
    try:
        origin = np.array([place[code] for code in nested.dataset["pair_origin"].values.astype(str)], dtype=int)
        target = np.array([place[code] for code in nested.dataset["pair_destination"].values.astype(str)], dtype=int)
    except KeyError as error:
        raise DataError(f"a pair names the unknown region {error}", where="nested table") from None
    wrong = (origin == target) | (nested.province_of[origin] != nested.province_of[target])
    if wrong.any():
        k = int(np.argmax(wrong))
        raise DataError(
            f"pair {nested.regions[origin[k]]} -> {nested.regions[target[k]]} is not two regions of one province",
            where="nested table",
        )
    shares, local = nested.dataset["intra_share"].values, np.empty(nested.regions.size, dtype=int)
    result = []
    for index in nested.members:
        local[index] = np.arange(index.size)
        result.append(np.zeros((nested.sectors.size, index.size, index.size)))
    for p in range(nested.provinces.size):
        mine = nested.province_of[origin] == p
        result[p][:, local[origin[mine]], local[target[mine]]] = shares[mine].T
    return tuple(result)


def destination_share(nested: NestedMRIO, q: int) -> np.ndarray:
    """m_ic^s of province q, (R_q, n, C): share of s in the province's purchases from other provinces.

    Where the province buys nothing on balance, its use share inside the province, else its share of the column's total.
    """
    index = nested.members[q]
    rest = nested.dataset["use_rest"].values[index]
    inside = nested.dataset["use_self"].values[index] + nested.dataset["use_intra"].values[index]
    share, open_ = np.zeros_like(rest), np.ones(rest.shape[1:], dtype=bool)
    for base in (rest, inside, np.broadcast_to((inside + rest).sum(axis=1, keepdims=True), rest.shape)):
        total = base.sum(axis=0)
        use = open_ & (total != 0)
        share[:, use] = base[:, use] / total[use]
        open_ &= ~use
    others = np.abs(np.delete(nested.dataset["province_table"].values[:, :, q], q, axis=0)).sum(axis=0)
    if nested.inventory is not None:
        column = nested.sectors.size + list(nested.categories).index(nested.inventory)
        share[:, :, column] = nested.dataset["inventory_share"].values[index]
        open_[:, column] = share[:, :, column].sum(axis=0) == 0
    lost = open_ & (others > 0)
    if lost.any():
        i, c = np.argwhere(lost)[0]
        raise DataError(
            f"other provinces deliver {others[i, c]:.6g} to column {nested.dataset['use'].values[c]}, which no region uses",
            where=f"province {nested.provinces[q]}, sector {nested.sectors[i]}",
        )
    return share


def check_layout(dataset: xr.Dataset) -> None:
    """Stop unless every variable is there with its dims, all values are finite, and labels agree.

    Raises
    ------
    DataError
        With the variable, the place and the value.
    """
    for name, dims in VARIABLES.items():
        if name not in dataset:
            raise DataError(f"variable '{name}' is missing", where="nested table", fix="see docs/contracts.md, nested/mrio.nc.")
        if set(dataset[name].dims) != set(dims):
            raise DataError(f"'{name}' has dims {dataset[name].dims}, expected {dims}", where="nested table")
    refuse_nan(dataset, "nested table")
    for dim in ("region", "sector", "use", "province"):
        names = dataset[dim].values.astype(str)
        if np.unique(names).size != names.size:
            raise DataError(f"a label of '{dim}' occurs twice", where="nested table")
    unknown = sorted(set(dataset["region_province"].values.astype(str)) - set(dataset["province"].values.astype(str)))
    absent = sorted(set(dataset["sector"].values.astype(str)) - set(dataset["use"].values.astype(str)))
    if unknown or absent:
        raise DataError(f"unknown provinces of regions: {unknown}; sectors without a use column: {absent}", where="nested table")


def check_balance(nested: NestedMRIO, tolerance: float) -> None:
    """Stop when output does not fit the table: the row and column identities (I1, I2), or a zero output with purchases.

    Raises
    ------
    BalanceError
        With region, sector, both sides and the gap. Peers accept such an x and return footprints that do not add up.
    """
    x = nested.dataset["output"].values
    if (x < 0).any():
        raise BalanceError(f"output is {x.min():.6g}", where=nested.place(x, np.argmin(x)), fix="output cannot be negative.")
    purchases = nested.purchases().values[:, : nested.sectors.size]
    idle = np.abs(nested.column_magnitude()) * (x == 0)
    if idle.any():
        where = nested.place(idle, np.argmax(idle))
        raise BalanceError(
            f"output is 0 but purchases of {idle.max():.6g} are recorded", where=where, fix="zero output needs a zero column."
        )
    sides = {
        "row": nested.deliveries().values + nested.dataset["exports"].values + nested.dataset["error"].values,
        "column": purchases + nested.dataset["imports"].values[:, : nested.sectors.size] + nested.dataset["value_added"].values,
    }
    for side, total in sides.items():
        gap = np.abs(total - x) / np.maximum(x, np.finfo(float).tiny)
        gap[(x == 0)] = np.where(np.abs(total[x == 0]) > tolerance * x.max(initial=0.0), np.inf, 0.0)
        if gap.max() > tolerance:
            worst = np.unravel_index(np.argmax(gap), gap.shape)
            raise BalanceError(
                f"the {side} adds up to {total[worst]:.10g}, output is {x[worst]:.10g} (relative gap {gap[worst]:.1e}, "
                f"allowed {tolerance:.1e})",
                where=nested.place(x, np.argmax(gap)),
                fix="Z, Y and x must belong to one table: rebuild it from its parts.",
            )


def check_productive(nested: NestedMRIO) -> dict[str, Any]:
    """Largest column sum of A and, when it is not below 1, the spectral radius, which must be.

    Raises
    ------
    BalanceError
        The table is not productive: no output could serve a positive demand (Hawkins and Simon 1949).
    """
    sums = nested.coefficients.rmatmat(np.ones((nested.regions.size, nested.sectors.size, 1)))[:, :, 0]
    report = {"max_column_sum": float(sums.max()), "where": nested.place(sums, np.argmax(sums)), "spectral_radius": None}
    if sums.max() >= 1:
        report["spectral_radius"] = radius = _spectral_radius(nested)
        if not radius < 1:
            raise BalanceError(
                f"the table is not productive: spectral radius of A {radius:.6f}, largest column sum {sums.max():.6f}",
                where=report["where"],
                fix="inputs exceed output there: value added plus imports must be positive.",
            )
    return report


def _spectral_radius(nested: NestedMRIO, iterations: int = 2000, tolerance: float = 1e-12) -> float:
    """Power iteration on A + I (A >= 0): the shift keeps cyclic tables from oscillating."""
    vector, radius = np.ones((nested.regions.size, nested.sectors.size, 1)), np.inf
    for _ in range(iterations):
        product = nested.coefficients.matmat(vector) + vector
        last, radius = radius, np.abs(product).sum() / np.abs(vector).sum() - 1
        vector = product / np.abs(product).max()
        if abs(radius - last) <= tolerance:
            break
    return float(radius)
