"""A provincial MRIO supplied by the user in place of the estimated one (CEADs' workbook layout, or
netCDF).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..base.diagnostics import Diagnostics
from ..base.errors import BalanceError, DataError
from ..base.files import netcdf_faults
from ..base.labels import array, read_dataset, refuse_nan, units_of
from ..base.money import unit_in
from ..base.tolerances import SOLVED
from ..base.units import factor
from ..dataset.contract.corrections import Corrections
from ..dataset.sources.ceads import read_provincial_mrio
from .drawn import SUPPLIED
from .mrio import TRADE_GIVEN

DIMS = ("province", "sector")
VARIABLES = ("table", "imports", "value_added", "output", "exports", "error")


def supplied_mrio(
    path: str | Path,
    regions: pd.DataFrame,
    sectors: pd.DataFrame,
    final_demand: pd.DataFrame,
    err_tol: float,
    unit: str,
    corrections: Corrections | None = None,
) -> xr.Dataset:
    """Read a provincial MRIO and check that it balances (B1 and B2 of method 0.2).

    Parameters
    ----------
    path
        A workbook in CEADs' layout, or netCDF with the variables of provinces/mrio.nc; provinces,
        sectors and categories in the order of the dataset's tables.
    err_tol
        Largest gap of a row that goes into the error account, as a share of output.
    corrections
        Lines of the dataset's corrections.csv: those of `file!sheet` of the workbook count.

    Returns
    -------
    xr.Dataset
        provinces/mrio.nc. Imports are known by user only; ``import_table`` spreads each user's
        imports over products as its use of domestic products (read by ``cities.import_mode:
        by_product`` alone).

    Raises
    ------
    DataError, BalanceError
        Labels differ from the dataset's, a value is not finite, rows or columns do not add up.
    """
    provinces, names = sorted(regions["province"].unique()), sectors["sector"].tolist()
    categories = final_demand["category"].tolist()
    if Path(path).suffix == ".nc":
        for fault in netcdf_faults([path]).values():
            raise fault
        mrio = read_dataset(path)
        missing = [name for name in VARIABLES if name not in mrio]
        if missing:
            raise DataError(
                f"has no variable {missing[0]}",
                where=str(path),
                fix="see provinces/mrio.nc in docs/contracts.md.",
            )
        mrio = mrio[list(VARIABLES)]
        for name, given in units_of(mrio).items():
            if factor(given, unit) != 1:
                raise DataError(
                    f"variable '{name}' is in '{given}'; expected '{unit}'",
                    where=str(path),
                    fix="convert it.",
                )
    else:
        called = {
            "provinces": {
                code: [name] for code, name in regions[["province", "province_name"]].values
            },
            "sectors": {code: [name] for code, name in sectors[["sector", "name"]].values},
        }
        mrio = read_provincial_mrio(
            path,
            provinces=provinces,
            sectors=names,
            categories=categories,
            unit=unit,
            err_tol=err_tol,
            names=called,
            corrections=corrections.of(Path(path).name) if corrections else None,
        )
    wanted = {
        "province": provinces,
        "origin": provinces,
        "destination": provinces,
        "sector": names,
        "use": [*names, *categories],
    }
    for dim, labels in wanted.items():
        if mrio[dim].values.tolist() != labels:
            raise DataError(
                f"the labels of '{dim}' are not those of the dataset, in order",
                where=str(path),
                fix="relabel it.",
            )
    refuse_nan(mrio, str(path))
    output = mrio["output"].transpose(*DIMS).values
    row = mrio["table"].sum(["destination", "use"]).transpose("origin", "sector").values
    row = row + mrio["exports"].transpose(*DIMS).values + mrio["error"].transpose(*DIMS).values
    use = mrio["table"].sum("origin").transpose("destination", "sector", "use").values
    imports = mrio["imports"].transpose("province", "use").values
    n = len(names)
    column = (
        use[:, :, :n].sum(axis=1) + imports[:, :n] + mrio["value_added"].transpose(*DIMS).values
    )
    for title, total in (("row (B1)", row), ("column (B2)", column)):
        gap = np.abs(total - output) - SOLVED * np.maximum(np.abs(output), 1.0)
        if (gap > 0).any():
            p, j = np.unravel_index(int(np.argmax(gap)), gap.shape)
            raise BalanceError(
                f"the {title} adds up to {total[p, j]:.10g}, output is {output[p, j]:.10g}",
                where=f"{path}, province {provinces[p]}, sector {names[j]}",
                fix="balance the table; what is left belongs into the error column.",
            )
    total = use.sum(axis=1, keepdims=True)
    even = np.broadcast_to(
        np.divide(output, output.sum(axis=1, keepdims=True))[:, :, None], use.shape
    )
    share = np.where(
        total != 0, np.divide(use, total, out=np.zeros_like(use), where=total != 0), even
    )
    mrio["import_table"] = array(
        share * imports[:, None, :],
        ("province", "sector", "use"),
        unit,
        "imports by product and column",
    )
    mrio["transit"] = array(np.zeros_like(output), DIMS, unit, "none: a supplied table")
    mrio.attrs["trade"] = TRADE_GIVEN
    return mrio


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
        attrs={"calibrate": SUPPLIED},
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
