"""The provincial MRIO from balanced tables and trade between provinces (method section 0.2)."""

import numpy as np
import xarray as xr

from ..base.concordance import classification_attribute
from ..base.labels import array
from ..base.money import unit_in
from ..base.vocabulary import CARRIED, SOURCES


def province_mrio(system: xr.Dataset, trade: xr.Dataset) -> xr.Dataset:
    """The provincial MRIO: use of product i in province q drawn from home, other provinces and
    abroad in equal shares.

    Y_ic^pq = U_ic^q T_i^pq / U_i^q (p != q), Y_ic^qq = U_ic^q LOC_i^q / U_i^q, imports IM_ic^q =
    U_ic^q IM_i^q / U_i^q with U_i = sum_c U_ic = LOC_i + INF_i + IM_i (Chenery 1953; Moses 1955).
    Then (B1) and (B2) of method 0.2 hold. Where tables print use by source, the system has it
    (`sources`): then Y_ic^pq = (use of inflow)_ic^q T_i^pq / INF_i^q, and so on.

    Returns
    -------
    xr.Dataset
        provinces/mrio.nc of docs/contracts.md, plus ``import_table`` (province, sector, use).
    """
    codes, sectors = system["province"].values.tolist(), system["sector"].values.tolist()
    use = system["total_use"].transpose("province", "sector", "use").values
    part = {
        name: system[name].transpose("province", "sector").values
        for name in ("output", "exports", "imports", "outflow", "inflow", "error", "transit")
    }
    total = use.sum(axis=2)
    share_use = np.divide(
        use, total[:, :, None], out=np.zeros_like(use), where=total[:, :, None] != 0
    )
    flows = (
        trade["trade"]
        .transpose("origin", "sector", "destination")
        .sel(origin=codes, destination=codes, sector=sectors)
        .values.copy()
    )
    index = np.arange(len(codes))
    flows[index, :, index] = system["local"].transpose("province", "sector").values
    if "imports_use" in system:
        home, elsewhere, imports = (
            system[name].transpose("province", "sector", "use").values for name in SOURCES
        )
        size = part["inflow"][:, :, None]
        drawn = np.divide(elsewhere, size, out=np.zeros_like(elsewhere), where=size != 0)
        table = flows[:, :, :, None] * drawn.transpose(1, 0, 2)[None]
        table[index, :, index] = home
    else:
        table = flows[:, :, :, None] * share_use.transpose(1, 0, 2)[None]
        imports = share_use * part["imports"][:, :, None]
    items = system["value_added"].transpose("province", "item", "sector")
    value_added = items.values.sum(axis=1)
    taxes = str(items.attrs.get("product_taxes", ""))
    on_products = (
        {} if not taxes else {"product_taxes": items.sel(item=taxes.split(";")).values.sum(axis=1)}
    )
    unit = unit_in(system)
    dims = ("province", "sector")
    return xr.Dataset(
        {
            "table": array(
                table, ("origin", "sector", "destination", "use"), unit, "domestic cells Y_ic^pq"
            ),
            "imports": array(
                imports.sum(axis=1), ("province", "use"), unit, "imports used by each column"
            ),
            "import_table": array(
                imports, ("province", "sector", "use"), unit, "imports by product and column"
            ),
            "value_added": array(value_added, dims, unit, "value added"),
            **{
                name: array(values, dims, unit, "taxes on products, in value added")
                for name, values in on_products.items()
            },
            **{
                name: array(part[name], dims, unit, name)
                for name in ("output", "exports", "error", "transit")
            },
            **({CARRIED: system[CARRIED]} if CARRIED in system else {}),
        },
        coords={
            "origin": codes,
            "destination": codes,
            "province": codes,
            "sector": sectors,
            "use": system.indexes["use"],
        },
        attrs=classification_attribute(system),
    )
