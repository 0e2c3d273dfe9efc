"""Step 6: the cities of a province linked: tables, trade and exogenous columns in one place (method section 6)."""

from __future__ import annotations

import xarray as xr

from ..base.labels import array
from .province import Province


def link(province: Province, accounts: xr.Dataset, split: xr.Dataset, tables: xr.Dataset, trade: xr.Dataset) -> xr.Dataset:
    """All that the nested table needs of one province.

    z_ic^{rs} = [r = s] y_ic^{s,self} + tau_i^rs y_ic^{s,intra} with tau_i^rs = T_rs / I_s (Chenery-Moses per layer); the
    exogenous cells of stock changes of the province's own products are on r = s, by the cities' shares w_i^s. Where column
    totals had to be softened, value added is what is left of output, so that the columns add up; the province's value added
    stays what it is.

    Returns
    -------
    xr.Dataset
        cities/<p>/linked.nc of docs/contracts.md.
    """
    block, unit = province.block, province.unit
    share = accounts["inventory_share"].values
    table = tables["table"].values[:3].copy()  # self, intra, rest
    for k in province.stocks:
        table[0, :, :, k] = share * block.local[:, k]
        table[2, :, :, k] = share * block.rest[:, k]
    imports = accounts["imports"].values.copy()
    if "abroad" in tables["layer"].values:
        abroad = tables["table"].sel(layer="abroad").values
        imports[:, province.kept] = abroad.sum(axis=1)[:, province.kept]
    data = {
        "table": array(table, ("layer", "region", "sector", "use"), unit, "use of product by column and layer of source"),
        "trade": array(trade["trade"].values, ("sector", "origin", "destination"), unit, "trade among cities"),
        "out_rest": array(split["out_rest"].values, ("region", "sector"), unit, "supply to other provinces E"),
        "imports": array(imports, ("region", "use"), unit, "imports used by each column"),
    }
    for name in ("output", "value_added", "exports", "error", "inventory_share"):
        data[name] = accounts[name].variable
    if tables.attrs.get("softened"):
        n = len(province.names)
        added = accounts["output"].values - table[..., :n].sum(axis=(0, 2)) - imports[:, province.industry]
        data["value_added"] = array(added, ("region", "sector"), unit, accounts["value_added"].attrs["long_name"])
    coords = {"layer": ["self", "intra", "rest"], **province.labels("region", "sector", "use", "origin", "destination")}
    return xr.Dataset(data, coords=coords, attrs=province.attributes)
