"""A provincial MRIO supplied by the user in place of the estimated one (CEADs' workbook layout, or
netCDF).
"""

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ..base.concordance import classification_attribute, classification_faults
from ..base.diagnostics import Diagnostics
from ..base.errors import raise_faults
from ..base.files import netcdf_faults
from ..base.labels import array, read_dataset, with_carried
from ..base.money import unit_in
from ..base.vocabulary import GIVEN
from ..dataset.contract.corrections import NONE, Corrections, FileCorrections
from ..dataset.contract.io_tables import form_faults, label_faults
from ..dataset.raw_table import Lists, RawTable
from ..dataset.signs import signs_in_stocks
from ..dataset.sources.ceads import read_workbook
from .drawn import SUPPLIED

DIMS = ("province", "sector")
#: Variables of provinces/mrio.nc that are read, and their dimensions.
VARIABLES = {
    "table": ("origin", "sector", "destination", "use"),
    "imports": ("province", "use"),
    **dict.fromkeys(("value_added", "output", "exports", "error"), DIMS),
}


def supplied_mrio(
    path: str | Path,
    regions: pd.DataFrame,
    sectors: pd.DataFrame,
    final_demand: pd.DataFrame,
    err_tol: float,
    unit: str,
    corrections: Corrections | None = None,
) -> xr.Dataset:
    """Read a provincial MRIO and close it (B1 and B2 of method 0.2).

    Parameters
    ----------
    path
        A workbook in CEADs' layout, or netCDF with the variables of provinces/mrio.nc; provinces,
        sectors and categories in the order of the dataset's tables.
    err_tol
        Largest gap of a row or column that is booked, as a share of output.
    corrections
        Lines of the dataset's corrections.csv: those of the file count, and of `file!sheet` of a
        workbook.

    Returns
    -------
    xr.Dataset
        provinces/mrio.nc. Imports are known by user only; ``import_table`` spreads each user's
        imports over products as its use of domestic products (read by ``cities.import_mode:
        by_product`` alone).

    Raises
    ------
    DataError
        Labels differ from the dataset's, a value is not finite, rows or columns do not add up,
        final demand is below 0 and no category of stock changes can carry it.
    """
    named = regions.drop_duplicates("province").sort_values("province")
    places = named[["province", "province_name"]].set_axis(["region", "name"], axis=1)
    lists = Lists.of(places, sectors, final_demand)
    lines = corrections.of(Path(path).name) if corrections else NONE
    if Path(path).suffix == ".nc":
        raw = _from_netcdf(path, lists, sectors, unit)
    else:
        raw = read_workbook(path, lists, corrections=lines)
    mrio = signs_in_stocks(_close_table(raw, lists, unit, err_tol, lines), lists.stocks, str(path))
    output = mrio["output"].values
    use, imports = mrio["table"].sum("origin").values, mrio["imports"].values
    use = use.transpose(1, 0, 2)
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
    mrio.attrs["trade"] = GIVEN
    return mrio


def _close_table(
    raw: RawTable,
    lists: Lists,
    unit: str,
    err_tol: float,
    corrections: FileCorrections,
) -> xr.Dataset:
    """A table between provinces as the variables of provinces/mrio.nc, closed: what columns miss
    is value added.
    """
    closed = raw.closed(lists, err_tol, corrections, column_account="value added")
    accounts = dict(closed.accounts)
    accounts["value_added"] = accounts["value_added"] + accounts.pop("column_error")
    parts = {
        "table": array(
            closed.cells,
            ("origin", "sector", "destination", "use"),
            unit,
            "deliveries between provinces",
        ),
        "imports": array(accounts.pop("imports"), ("province", "use"), unit, "imports by user"),
        **{
            kind: array(values, ("province", "sector"), unit, kind.replace("_", " "))
            for kind, values in accounts.items()
        },
    }
    coords = {
        "origin": lists.regions,
        "destination": lists.regions,
        "province": lists.regions,
        "sector": lists.sectors,
    }
    return xr.Dataset(parts, coords={**coords, "use": [*lists.sectors, *lists.categories]})


def _from_netcdf(path: str | Path, lists: Lists, sectors: pd.DataFrame, unit: str) -> RawTable:
    """The variables of provinces/mrio.nc with the labels of the dataset, in order."""
    raise_faults([*netcdf_faults([path]).values()])
    mrio = read_dataset(path)
    labels = {
        **dict.fromkeys(("province", "origin", "destination"), lists.regions),
        "sector": lists.sectors,
        "use": [*lists.sectors, *lists.categories],
    }
    faults = [
        *form_faults(mrio, VARIABLES, unit, str(path)),
        *classification_faults(mrio, sectors, str(path)),
    ]
    raise_faults([*faults, *label_faults(mrio, labels, str(path))])
    mrio = (
        mrio.assign(table=with_carried(mrio))[[*VARIABLES]]
        .transpose("origin", "province", "sector", "destination", "use")
        .astype(float)
    )
    return RawTable(
        mrio["table"].values,
        mrio["exports"].values,
        mrio["error"].values,
        mrio["imports"].values,
        str(path),
        mrio["output"].values,
        mrio["value_added"].values,
    )


def system_of(mrio: xr.Dataset) -> xr.Dataset:
    """provinces/system.nc of a given MRIO: its own margins, so that every later stage and the audit
    read one source.
    """
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
            "province": mrio["province"].values.tolist(),
            "sector": mrio["sector"].values,
            "use": mrio.indexes["use"],
            "item": ["total"],
        },
        attrs={"calibrate": SUPPLIED, **classification_attribute(mrio)},
    )


def balance_report() -> pd.DataFrame:
    """provinces/balance.csv where nothing was balanced."""
    row = {
        "province": "",
        "sector": "",
        "item": "provincial MRIO",
        "raw": np.nan,
        "balanced": np.nan,
        "factor": np.nan,
        "note": "supplied (dataset.mrio), used as it is",
    }
    return pd.DataFrame([row])


def trade_of(mrio: xr.Dataset) -> tuple[xr.Dataset, pd.DataFrame]:
    """provinces/trade.nc of a given MRIO: flows between provinces by product, zero diagonal; and
    its (empty) diagnostics.
    """
    flows = mrio["table"].sum("use").transpose("sector", "origin", "destination").values.copy()
    index = np.arange(flows.shape[1])
    flows[:, index, index] = 0.0
    coords = {name: mrio[name].values for name in ("sector", "origin", "destination")}
    trade = array(flows, tuple(coords), unit_in(mrio), "trade between provinces")
    report = Diagnostics("province_trade")
    report.add("supplied", 1.0)
    return xr.Dataset({"trade": trade}, coords=coords), report.table()
