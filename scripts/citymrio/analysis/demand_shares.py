"""Final demand by role: what households, government and capital formation take, and the target
share of capital.
"""

from collections.abc import Mapping
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError
from ..base.labels import values_of
from ..base.vocabulary import ROLES
from ..config.models import Scenarios
from ..dataset.benchmarks import MEGACITY, of_kind

#: `scenarios.consumption` -> the roles whose demand capital is shifted to, and their words.
CONSUMERS = {
    "households": (("household",), "households' consumption"),
    "households_government": (
        ("household", "government"),
        "consumption of households and government",
    ),
}
#: The role of stock changes in final_demand.csv: nobody's consumption.
STOCK_CHANGES = "stock_changes"


def roles_of(roles: Mapping[str, str]) -> list[str]:
    """The roles of the vocabulary, and behind them others that occur: none is left out in silence.

    Parameters
    ----------
    roles
        category -> role.
    """
    return [*ROLES, *(role for role in dict.fromkeys(roles.values()) if role not in ROLES)]


def categories(roles: Mapping[str, str], role: str) -> list[str]:
    """Categories of a role, in their order."""
    return [category for category, its in roles.items() if its == role]


def by_role(values: xr.DataArray, roles: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Sums over the categories of every role (region,), of values (region, category); 0 where it
    has none.
    """
    amounts = values_of(values, region=values["region"].values, category=[*roles])
    its = np.array([*roles.values()])
    return {role: amounts[:, its == role].sum(axis=1) for role in roles_of(roles)}


def consumption(demand: xr.DataArray, roles: Mapping[str, str]) -> dict[str, np.ndarray]:
    """Final demand (region,) by role, stock changes left out (method section 11b): what the share
    of capital refers to.

    Parameters
    ----------
    demand
        (region, category), money, imports included.
    """
    return {role: part for role, part in by_role(demand, roles).items() if role != STOCK_CHANGES}


def capital_share(demand: xr.DataArray, roles: Mapping[str, str]) -> pd.Series:
    """Share of capital in final demand without stock changes, by region (NaN where that is not
    above 0).
    """
    spent = consumption(demand, roles)
    total = reduce(add, spent.values())
    share = spent["capital"] / np.where(total > 0, total, np.nan)
    return pd.Series(share, demand.indexes["region"], name="capital_share")


def capital_target(benchmarks: pd.DataFrame, config: Scenarios) -> float:
    """Target share c*: the configured one, or the mean of the benchmark megacities
    (``megacity_capital_share.*``).

    Raises
    ------
    DataError
        Neither is given, or the target is not below 1.
    """
    if config.capital_target is not None:
        target = float(config.capital_target)
    else:
        shares = of_kind(benchmarks, MEGACITY)
        if shares.empty:
            raise DataError(
                "no parameter 'megacity_capital_share.<city>'",
                where="benchmarks.csv",
                fix="set scenarios.capital_target, add shares of cities that show the way, or do "
                "without scenarios (scenarios: {run: false}).",
            )
        target = float(shares.mean())
    if not 0 <= target < 1:
        raise DataError(
            f"target share of capital is {target}",
            where="scenarios",
            fix="expected a share in [0, 1).",
        )
    return target
