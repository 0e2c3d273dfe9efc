"""The true MRIO in the nested, factored form of method 7 (what ``NestedMRIO.from_dataset`` reads)."""

from __future__ import annotations

import json

import numpy as np
import xarray as xr

from citymrio.base.labels import array

from .blueprint import MONEY, Blueprint
from .country import Country
from .economy import Economy


def _share(part: np.ndarray, total: np.ndarray) -> np.ndarray:
    return np.divide(part, total, out=np.zeros(np.broadcast_shapes(part.shape, total.shape)), where=total != 0)


def nest(blueprint: Blueprint, country: Country, economy: Economy, *, year: int) -> xr.Dataset:
    """The true table, variables as in nested/mrio.nc (docs/contracts.md), in 10^4 CNY.

    Sources of a city's use of a product are the same shares for all columns: self, other cities of the province, other
    provinces (Chenery-Moses). Provincial cells are Y_ic^pq = t_i^pq sum_s use_rest_ic^s with t the province's share in
    what q receives. Output is the sum of deliveries and value added what output leaves after inputs and imports, so that
    the row and column identities (I1, I2) and the nesting (I3) hold to round-off.
    """
    owner, provinces, count = country.province_index, len(country.provinces), len(blueprint.sector)
    regions, member = len(owner), np.eye(provinces)[owner].T
    same = owner[:, None] == owner[None]
    trade, diagonal = economy.trade, np.einsum("iss->si", economy.trade)
    received = trade.sum(axis=1).T
    within = np.where(same, trade, 0.0).sum(axis=1).T - diagonal
    within = np.where((member @ np.ones(regions))[owner][:, None] > 1, np.maximum(within, 0.0), 0.0)
    domestic = (1 - economy.import_share)[:, :, None] * economy.use
    share_self, share_intra = _share(diagonal, received), _share(within, received)
    share_rest = _share(np.where(same, 0.0, trade).sum(axis=1).T, received)
    no_stock = np.zeros((regions, count, 1))
    use_self = np.concatenate([share_self[:, :, None] * domestic, no_stock], axis=2)
    use_intra = np.concatenate([share_intra[:, :, None] * domestic, no_stock], axis=2)
    use_rest = np.concatenate([share_rest[:, :, None] * domestic, no_stock], axis=2)

    pairs = (owner[:, None] * provinces + owner).ravel()
    between = np.stack([np.bincount(pairs, flows.ravel(), provinces**2).reshape(provinces, -1) for flows in trade], axis=1)
    between[np.arange(provinces), :, np.arange(provinces)] = 0.0
    origin = _share(between, between.sum(axis=0)[None])
    table = origin[:, :, :, None] * np.einsum("qs,sic->iqc", member, use_rest)[None]
    own = np.einsum("ps,sic->pic", member, use_self + use_intra)
    table[np.arange(provinces), :, np.arange(provinces), :] = own

    w, cells = economy.inventory_share, economy.inventory_cells
    stock_own = cells[np.arange(provinces), :, np.arange(provinces)]
    stock_in = cells.sum(axis=0).T - stock_own
    use_self[:, :, -1] = w * stock_own[owner]
    use_rest[:, :, -1] = w * stock_in[owner]
    table[:, :, :, -1] = cells
    leaving = np.where(same, 0.0, trade).sum(axis=2).T
    out_share = _share(leaving, (member @ leaving)[owner])

    pair = np.argwhere(same & ~np.eye(regions, dtype=bool))
    tau = _share(trade[:, pair[:, 0], pair[:, 1]].T, within[pair[:, 1]])
    imports = np.concatenate([np.einsum("si,sic->sc", economy.import_share, economy.use), np.zeros((regions, 1))], axis=1)
    # A province's imported inventory change is spread like the rest of that column, by output shares.
    imports[:, -1] = (w * economy.inventory_imports[owner]).sum(axis=1)
    use = use_self + use_intra + use_rest
    delivered = _delivered(owner, pair, tau, use_self, use_intra, out_share, w, table)
    output = delivered + economy.exports + economy.error
    value_added = output - use[:, :, :count].sum(axis=1) - imports[:, :count]
    return _label(
        blueprint,
        country,
        year,
        pair,
        {
            "use_self": use_self,
            "use_intra": use_intra,
            "use_rest": use_rest,
            "intra_share": tau,
            "out_share": out_share,
            "inventory_share": w,
            "province_table": table,
            "exports": economy.exports,
            "error": economy.error,
            "output": output,
            "value_added": value_added,
            "imports": imports,
        },
    )


def _delivered(owner, pair, tau, use_self, use_intra, out_share, w, table) -> np.ndarray:
    """Domestic deliveries of each region by product, summed from the factored cells (region, sector)."""
    provinces = table.shape[0]
    own = use_self.sum(axis=2)
    partner = np.zeros_like(own)
    np.add.at(partner, pair[:, 0], tau * use_intra.sum(axis=2)[pair[:, 1]])
    others = table.copy()
    others[np.arange(provinces), :, np.arange(provinces), :] = 0.0
    sent = others.sum(axis=2)
    return own + partner + out_share * sent[owner][:, :, :-1].sum(axis=2) + w * sent[owner][:, :, -1]


_DIMS = {
    "use_self": (("region", "sector", "use"), MONEY, "use of own products"),
    "use_intra": (("region", "sector", "use"), MONEY, "use of products of other regions of the province"),
    "use_rest": (("region", "sector", "use"), MONEY, "use of products of other provinces"),
    "intra_share": (("pair", "sector"), "1", "share of an origin in what a region receives from its province"),
    "out_share": (("region", "sector"), "1", "share of a region in its province's outflow"),
    "inventory_share": (("region", "sector"), "1", "share of a region in the province's inventory cells"),
    "province_table": (("origin_province", "sector", "province", "use"), MONEY, "domestic cells between provinces"),
    "exports": (("region", "sector"), MONEY, "exports"),
    "error": (("region", "sector"), MONEY, "statistical error"),
    "output": (("region", "sector"), MONEY, "gross output"),
    "value_added": (("region", "sector"), MONEY, "value added"),
    "imports": (("region", "use"), MONEY, "imports by using column"),
}


def _label(blueprint: Blueprint, country: Country, year: int, pair: np.ndarray, values: dict) -> xr.Dataset:
    codes, regions = list(country.provinces["province"]), np.array(country.regions["region"], dtype=str)
    data = {name: array(value, _DIMS[name][0], _DIMS[name][1], _DIMS[name][2]) for name, value in values.items()}
    data["region_province"] = array(np.array(country.regions["province"], dtype=str), ("region",), "1", "province of a region")
    roles = dict(zip(blueprint.category, blueprint.final_demand["role"], strict=True))
    return xr.Dataset(
        data,
        coords={
            "region": regions,
            "sector": blueprint.sector,
            "use": blueprint.sector + blueprint.category,
            "province": codes,
            "origin_province": codes,
            "pair": np.arange(len(pair)),
            "pair_origin": ("pair", regions[pair[:, 0]] if len(pair) else np.array([], dtype=str)),
            "pair_destination": ("pair", regions[pair[:, 1]] if len(pair) else np.array([], dtype=str)),
        },
        attrs={"final_demand": json.dumps(roles), "unit": MONEY, "year": year},
    )
