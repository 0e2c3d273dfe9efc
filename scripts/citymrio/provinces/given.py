"""What later steps read of a provincial MRIO that was supplied: its own margins and trade, so that
they need no second path.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from ..base.diagnostics import Diagnostics
from ..base.labels import array
from ..base.money import unit_in

DIMS = ("province", "sector")


def system_of(mrio: xr.Dataset) -> xr.Dataset:
    """provinces/system.nc of a given MRIO: its own margins, so that every later stage and the audit
    read one source.
    """
    provinces = mrio["province"].values.tolist()
    flows = mrio["table"].sum("use").transpose("sector", "origin", "destination").values
    local = np.diagonal(flows, axis1=1, axis2=2).T
    part = {
        "output": mrio["output"].transpose(*DIMS).values,
        "exports": mrio["exports"].transpose(*DIMS).values,
        "error": mrio["error"].transpose(*DIMS).values,
        "imports": mrio["import_table"].sum("use").transpose(*DIMS).values,
        "outflow": flows.sum(axis=2).T - local,
        "inflow": flows.sum(axis=1).T - local,
        "local": local,
        "transit": mrio["transit"].transpose(*DIMS).values,
    }
    unit = unit_in(mrio)
    use = mrio["table"].sum("origin").rename(destination="province") + mrio["import_table"]
    return xr.Dataset(
        {
            "total_use": array(
                use.transpose("province", "sector", "use").values,
                ("province", "sector", "use"),
                unit,
                "total use",
            ),
            "value_added": array(
                mrio["value_added"].transpose(*DIMS).values[:, None],
                ("province", "item", "sector"),
                unit,
                "value added",
            ),
            **{name: array(values, DIMS, unit, name) for name, values in part.items()},
        },
        coords={
            "province": provinces,
            "sector": mrio["sector"].values,
            "use": mrio.indexes["use"],
            "item": ["total"],
        },
        attrs={"calibrate": "supplied"},
    )


def balance_report() -> pd.DataFrame:
    """provinces/balance.csv where nothing was balanced."""
    row = {
        "province": "",
        "sector": "",
        "item": "provincial MRIO",
        "note": "supplied (dataset.mrio), used as it is",
    }
    return pd.DataFrame(
        [row], columns=["province", "sector", "item", "raw", "balanced", "factor", "note"]
    )


def trade_of(mrio: xr.Dataset) -> tuple[xr.Dataset, pd.DataFrame]:
    """provinces/trade.nc of a given MRIO: flows between provinces by product, zero diagonal; and
    its (empty) diagnostics.
    """
    flows = mrio["table"].sum("use").transpose("sector", "origin", "destination").values.copy()
    index = np.arange(flows.shape[1])
    flows[:, index, index] = 0.0
    coords = {name: mrio[name].values for name in ("sector", "origin", "destination")}
    unit = unit_in(mrio)
    data = {
        "trade": array(flows, ("sector", "origin", "destination"), unit, "trade between provinces")
    }
    report = Diagnostics("province_trade")
    report.add("supplied", 1.0)
    return xr.Dataset(data, coords=coords), report.table()
