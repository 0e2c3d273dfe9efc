"""Supply and use tables as spreadsheets, in place of a symmetric table (`supply_use` has the models that convert them).

supply:  product | industries                        use:  product | industries | categories | exports .. error
         p1..pk  |                                         p1..pk  |            |            |
                                                           items   |            (value added)
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from ..base.errors import DataError
from ..base.money import printed_gaps
from .cells import Cells
from .io_cells import ACCOUNTS, LAYOUT, Grid
from .supply_use import MODELS, SupplyUse, symmetric

#: Names of the two tables.
TABLES = ("supply", "use")
FREE = ("name", "note")


def from_supply_and_use(
    cells: dict[str, Cells], sectors: list[str], categories: list[str], unit: str, model: str | None
) -> tuple[xr.Dataset | None, list[DataError]]:
    """The symmetric table of a province from its supply and use tables, and every fault of the two.

    Parameters
    ----------
    cells
        `supply` and `use`, one of which may be missing (a fault).
    sectors
        Those of the dataset: products in models A and B, industries in C and D.
    model
        A, B, C or D (table `dataset`, key supply_use_model).
    """
    where = next(iter(cells.values())).where
    if lacking := [name for name in TABLES if name not in cells]:
        return None, [DataError(f"there is no {lacking[0]} table beside it; expected both", where=where, fix=LAYOUT)]
    if model not in MODELS:
        said = f"is '{model}'" if model else "is not given"
        choices = "; ".join(f"{name}: {words}" for name, words in MODELS.items())
        message = f"the model that converts it (key 'supply_use_model') {said}; expected one of {choices}"
        return None, [DataError(message, where=where, fix="name it in the table `dataset`.")]
    supply, use = Grid.of(cells["supply"]), Grid.of(cells["use"])
    products = [*supply.rows]
    industries = sectors if model in "CD" else [name for name in supply.columns if name and name.lower() not in FREE]
    lacking = supply.lacks(sectors if model in "AB" else [], industries, ())
    if model in "AB":
        for name in [name for name in products if name not in sectors]:
            supply.fault(f"row '{name}' is no sector; expected the products of sectors.csv, as model {model} makes them sectors")
        products = [*sectors]
    items = [name for name in use.rows if name not in products]
    if not items:
        use.fault("there is no row of value added below the products")
    if use.lacks(products, [*industries, *categories], ACCOUNTS) or lacking or supply.faults or use.faults:
        return None, [*supply.faults, *use.faults]
    made = np.array([[supply.read(i, j) for j in industries] for i in products])
    bought = np.array([[use.read(i, c) for c in [*industries, *categories]] for i in products])
    added = np.array([[use.read(item, j) for j in industries] for item in items])
    accounts = {name: use.account(products, name, 0.0 if name == "error" else np.nan) for name in ACCOUNTS if name != "output"}
    _check_sums(use, products, industries, made, bought, added, accounts)
    if supply.faults or use.faults:
        return None, [*supply.faults, *use.faults]
    columns, money = [*industries, *categories], {"units": unit}
    given = SupplyUse(
        supply=xr.DataArray(made, {"product": products, "industry": industries}, ("product", "industry"), attrs=money),
        use=xr.DataArray(bought, {"product": products, "use": columns}, ("product", "use"), attrs=money),
        value_added=xr.DataArray(added, {"item": items, "industry": industries}, ("item", "industry"), attrs=money),
        accounts={name: xr.DataArray(values, {"product": products}, ("product",)) for name, values in accounts.items()},
        categories=categories,
        where=use.cells.where,
    )
    try:
        return symmetric(given, model), []
    except DataError as error:
        return None, [error]


def _check_sums(
    use: Grid,
    products: list[str],
    industries: list[str],
    made: np.ndarray,
    bought: np.ndarray,
    added: np.ndarray,
    accounts: dict[str, np.ndarray],
) -> None:
    """Faults: products that are not used as they are supplied, industries whose costs are not their output."""
    signs = {"exports": 1, "imports": -1, "outflow": 1, "inflow": -1, "error": 1}
    rows = bought.sum(axis=1) + sum(sign * np.nan_to_num(accounts[name]) for name, sign in signs.items())
    columns = bought[:, : len(industries)].sum(axis=0) + added.sum(axis=0)
    for what, names, total, output in (
        ("row of product", products, rows, made.sum(axis=1)),
        ("column of industry", industries, columns, made.sum(axis=0)),
    ):
        for k in np.flatnonzero(np.abs(total - output) > printed_gaps(output)):
            use.fault(f"the {what} '{names[k]}' adds up to {total[k]:.10g}, its supply is {output[k]:.10g}; expected the same")
