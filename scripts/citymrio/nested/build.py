"""From the stages' results to the dataset of a nested table (method.md section 7)."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError
from ..base.labels import array, refuse_nan
from ..base.money import unit_in
from .layout import VARIABLES, roles_of, stock_category


def nest(
    province_mrio: xr.Dataset,
    linked: Mapping[str, xr.Dataset],
    final_demand: pd.DataFrame | Mapping[str, str] | None = None,
) -> xr.Dataset:
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
    stock = stock_category(roles, categories)
    table = province_mrio["table"].transpose("origin", "sector", "destination", "use").sel(sector=sectors, use=uses).values
    column = None if stock is None else [*uses].index(stock)
    parts = []
    for k, p in enumerate(provinces):
        refuse_nan(linked[p], f"linked tables of province {p}")
        parts.append(_province_part(linked[p].sel(sector=sectors, use=uses), p, table[k], table[:, :, k], k, column))
    unit = unit_in(province_mrio)
    merged = xr.concat([part[0] for part in parts], dim="region", join="exact")
    pairs = pd.concat([part[1] for part in parts], ignore_index=True)
    dataset = merged.assign(
        intra_share=array(
            np.concatenate([part[2] for part in parts]), ("pair", "sector"), "1", "share of the origin in purchases"
        ),
        province_table=array(
            table, ("origin_province", "sector", "province", "use"), unit, "domestic cells of the provincial MRIO"
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


def _province_part(
    link: xr.Dataset, p: str, outgoing: np.ndarray, incoming: np.ndarray, place: int, stock: int | None
) -> tuple[xr.Dataset, pd.DataFrame, np.ndarray]:
    """One province: its variables of the nested table, its pairs of regions, and the shares of their trade (pair, sector).

    Parameters
    ----------
    outgoing, incoming
        What it sells (sector, destination, use) and buys (origin, sector, use), itself included.
    place, stock
        Positions of the province, and of the column of stock changes.
    """
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
    others = np.delete(outgoing, place, axis=1)
    final = others if stock is None else np.delete(others, stock, axis=2)
    _need_base(
        outflow.sum(axis=0)[:, None],
        np.abs(final).sum(axis=(1, 2))[:, None],
        p,
        sectors,
        [p],
        "has outflows, but no city's out_rest",
    )
    total = outflow.sum(axis=0)
    out_share = np.divide(outflow, total, out=np.zeros_like(outflow), where=total != 0)
    weight = link["inventory_share"].transpose("region", "sector").values
    if stock is not None:
        arriving = np.delete(incoming[:, :, stock], place, axis=0)
        moving = np.abs(arriving).sum(axis=0) + np.abs(others[:, :, stock]).sum(axis=1)
        _need_base(
            weight.sum(axis=0)[:, None], moving[:, None], p, sectors, [p], "trades inventories, but no city's inventory_share"
        )
        rest[:, :, stock] = weight * arriving.sum(axis=0)[None]
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


def _need_base(
    base: np.ndarray, flow: np.ndarray, p: str, sectors: np.ndarray, regions: np.ndarray | list[str], what: str
) -> None:
    bad = (base == 0) & (flow != 0)
    if bad.any():
        i, r = np.argwhere(bad)[0]
        raise DataError(
            f"{regions[r]} {what} to share {flow[i, r]:.6g} by ({int(bad.sum())} such cases)",
            where=f"province {p}, sector {sectors[i]}",
        )
