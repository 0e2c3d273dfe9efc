"""Variables, labels and roles of a nested table: what ``nested/mrio.nc`` must hold
(docs/contracts.md).
"""

import json
from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError
from ..base.labels import refuse_nan

#: Variables of a nested table and their dims (docs/contracts.md).
VARIABLES = {
    "use_self": ("region", "sector", "use"),
    "use_intra": ("region", "sector", "use"),
    "use_rest": ("region", "sector", "use"),
    "intra_share": ("pair", "sector"),
    "out_share": ("region", "sector"),
    "stock_changes_share": ("region", "sector"),
    "province_table": ("origin_province", "sector", "province", "use"),
    "exports": ("region", "sector"),
    "error": ("region", "sector"),
    "output": ("region", "sector"),
    "value_added": ("region", "sector"),
    "imports": ("region", "use"),
    "region_province": ("region",),
}
#: Of given tables only (region, sector): inputs + imports + value added + column_error = output.
COLUMN_ERROR = "column_error"


def roles_of(
    final_demand: pd.DataFrame | Mapping[str, str] | None, *sources: xr.Dataset
) -> dict[str, str]:
    """Final-demand roles by category: given, or from the attribute ``final_demand`` (JSON) of the
    first dataset that has it.
    """
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
        fix="pass final_demand.csv, or set the attribute 'final_demand' (JSON: category -> "
        "role) on the provincial MRIO.",
    )


def stock_category(roles: Mapping[str, str], categories: list[str]) -> str | None:
    """The one category of role `stock_changes`, or None when the table has none."""
    unknown = [category for category in categories if category not in roles]
    if not categories:
        raise DataError("the table has no final-demand category", where="nested table")
    stocks = [category for category in categories if roles.get(category) == "stock_changes"]
    if unknown or len(stocks) > 1:
        raise DataError(
            f"final-demand categories without a role: {unknown}; of role stock_changes: {stocks} "
            "(at most one)",
            where="nested table",
        )
    return stocks[0] if stocks else None


def check_layout(dataset: xr.Dataset) -> None:
    """Stop unless every variable is there with its dims, all values are finite, and labels agree.

    Raises
    ------
    DataError
        With the variable, the place and the value.
    """
    for name, dims in VARIABLES.items():
        if name not in dataset:
            raise DataError(
                f"variable '{name}' is missing",
                where="nested table",
                fix="see docs/contracts.md, nested/mrio.nc.",
            )
        if set(dataset[name].dims) != set(dims):
            raise DataError(
                f"'{name}' has dims {dataset[name].dims}, expected {dims}", where="nested table"
            )
    refuse_nan(dataset, "nested table")
    for dim in ("region", "sector", "use", "province"):
        names = dataset[dim].values.astype(str)
        if np.unique(names).size != names.size:
            raise DataError(f"a label of '{dim}' occurs twice", where="nested table")
    unknown = sorted(
        set(dataset["region_province"].values.astype(str))
        - set(dataset["province"].values.astype(str))
    )
    absent = sorted(
        set(dataset["sector"].values.astype(str)) - set(dataset["use"].values.astype(str))
    )
    if unknown or absent:
        raise DataError(
            f"unknown provinces of regions: {unknown}; sectors without a use column: {absent}",
            where="nested table",
        )


def in_order(dataset: xr.Dataset, **labels: np.ndarray) -> xr.Dataset:
    """The dataset with `labels` in this order; a dim that is in order already is not copied."""
    moved = {
        dim: names
        for dim, names in labels.items()
        if not np.array_equal(dataset.variables[dim].values.astype(str), names)
    }
    return dataset.sel(moved) if moved else dataset
