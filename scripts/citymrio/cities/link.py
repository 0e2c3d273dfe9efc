"""Step 6: the cities of a province linked: tables, trade and exogenous columns in one place (method section 6)."""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..base.errors import BalanceError
from ..base.labels import array
from ..base.money import unit_in
from ..base.tolerances import SOLVED
from .accounts import province_block


def link(accounts: xr.Dataset, split: xr.Dataset, tables: xr.Dataset, trade: xr.Dataset, mrio: xr.Dataset) -> xr.Dataset:
    """All that the nested table needs of one province.

    z_ic^{rs} = [r = s] y_ic^{s,self} + tau_i^rs y_ic^{s,intra} with tau_i^rs = T_rs / I_s (Chenery-Moses per layer); the
    exogenous inventory cells of the province's own products stand on r = s by inventory shares w_i^s. Where column totals had to
    be softened, value added is what is left of output, so that the columns add up; the province's value added stays what it is.

    Returns
    -------
    xr.Dataset
        cities/<p>/linked.nc of docs/contracts.md.
    """
    province = accounts.attrs["province"]
    block = province_block(mrio, province)
    uses = accounts.indexes["use"]
    inventory = [c for c in accounts.attrs["inventory"].split(";") if c]
    share = accounts["inventory_share"].values
    table = tables["table"].sel(layer=["self", "intra", "rest"]).values.copy()
    for k in uses.get_indexer(inventory):
        table[0, :, :, k] = share * block["local"][:, k]
        table[2, :, :, k] = share * block["rest"][:, k]
    imports = accounts["imports"].values.copy()
    if "abroad" in tables["layer"].values:
        abroad = tables["table"].sel(layer="abroad").values
        keep = ~np.isin(uses, inventory)
        imports[:, keep] = abroad.sum(axis=1)[:, keep]
    codes, names = accounts["region"].values.tolist(), accounts["sector"].values.tolist()
    unit = unit_in(accounts)
    data = {
        "table": array(table, ("layer", "region", "sector", "use"), unit, "use of product by column and layer of source"),
        "trade": array(trade["trade"].values, ("sector", "origin", "destination"), unit, "trade among cities"),
        "out_rest": array(split["out_rest"].values, ("region", "sector"), unit, "supply to other provinces E"),
        "imports": array(imports, ("region", "use"), unit, "imports used by each column"),
    }
    for name in ("output", "value_added", "exports", "error", "inventory_share"):
        data[name] = accounts[name].variable
    if tables.attrs.get("softened"):
        n = len(names)
        added = accounts["output"].values - table[..., :n].sum(axis=(0, 2)) - imports[:, uses.get_indexer(names)]
        _refuse_negative(added, accounts["value_added"].values, province, codes, names)
        data["value_added"] = array(added, ("region", "sector"), unit, accounts["value_added"].attrs["long_name"])
    coords = {
        "layer": ["self", "intra", "rest"],
        "region": codes,
        "sector": names,
        "use": uses,
        "origin": codes,
        "destination": codes,
    }
    return xr.Dataset(data, coords=coords, attrs={"province": province, "inventory": ";".join(inventory)})


def _refuse_negative(added: np.ndarray, before: np.ndarray, province: str, codes: list[str], names: list[str]) -> None:
    """Stop where softened inputs leave a city less than no value added (round-off apart)."""
    wrong = (added < -SOLVED * np.maximum(np.abs(before), before.mean())) & (before >= 0)
    if wrong.any():
        s, j = np.argwhere(wrong)[0]
        raise BalanceError(
            f"inputs exceed output by {-added[s, j]:.6g}, value added was to be {before[s, j]:.6g}",
            where=f"link, province {province}, city {codes[s]}, sector {names[j]}",
            fix="the city's output, value added and demand contradict the province's table: correct one of them.",
        )
