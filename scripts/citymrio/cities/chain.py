"""The chain of one province: accounts -> split -> tables -> trade -> link.

Trade among its cities by maximum entropy is step 5, their tables, trade and exogenous columns in
one place are step 6.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..base.diagnostics import Diagnostics
from ..base.errors import CertificateError, InfeasibleError
from ..base.labels import array
from ..trade.flows import zero_diagonal_trade
from .accounts import accounts_step, city_accounts
from .observations import gather_observations
from .outputs import GAP_OF_TOTAL, output_account
from .province import CityStep, Province
from .split import split_supply_demand
from .tables import city_tables, demand_gives_way


def city_trade(province: Province, split: xr.Dataset) -> tuple[xr.Dataset, Diagnostics]:
    """Trade T_rs (r != s) with row sums O and column sums I; in mode ``joint`` it is known from the
    split.

    Returns
    -------
    trade
        cities/<p>/trade.nc: trade(sector, origin, destination), zero diagonal.
    report
        Diagnostics: certificate, stars, effective partners.
    """
    step, codes, names = province.step("city_trade", "trade"), province.codes, province.names
    if "trade" in split:
        values = split.variables["trade"].transpose("sector", "origin", "destination").values
    else:
        values = zero_diagonal_trade(
            split.variables["out_intra"].values,
            split.variables["in_intra"].values,
            province.reference,
            regions=codes,
            sectors=names,
            name=province.place("trade among cities"),
            solver=province.solver,
            report=step.report,
        )
    dims = ("sector", "origin", "destination")
    trade = array(values, dims, province.unit, "trade among cities of the province")
    return province.dataset({"trade": trade}, *dims, province=province.code), step.report


def link(
    province: Province,
    accounts: xr.Dataset,
    split: xr.Dataset,
    tables: xr.Dataset,
    trade: xr.Dataset,
) -> xr.Dataset:
    """All that the nested table needs of one province.

    z_ic^{rs} = [r = s] y_ic^{s,self} + tau_i^rs y_ic^{s,intra} with tau_i^rs = T_rs / I_s
    (Chenery-Moses per layer); the exogenous cells of stock changes of the province's own products
    are on r = s, by the cities' shares w_i^s. Where column totals had to be softened, value added
    is what is left of output, so that the columns add up; the province's value added stays what it
    is.

    Returns
    -------
    xr.Dataset
        cities/<p>/linked.nc of docs/contracts.md.
    """
    block, unit = province.block, province.unit
    share = accounts.variables["stock_changes_share"].values
    table = tables.variables["table"].values[:3].copy()  # self, intra, rest
    for k in province.stocks:
        table[0, :, :, k] = share * block.local[:, k]
        table[2, :, :, k] = share * block.rest[:, k]
    imports = accounts.variables["imports"].values.copy()
    if province.by_product:  # the last layer is abroad
        abroad = tables.variables["table"].values[3]
        imports[:, province.kept] = abroad.sum(axis=1)[:, province.kept]
    data = {
        "table": array(
            table,
            ("layer", "region", "sector", "use"),
            unit,
            "use of product by column and layer of source",
        ),
        "trade": array(
            trade.variables["trade"].values,
            ("sector", "origin", "destination"),
            unit,
            "trade among cities",
        ),
        "out_rest": array(
            split.variables["out_rest"].values,
            ("region", "sector"),
            unit,
            "supply to other provinces E",
        ),
        "imports": array(imports, ("region", "use"), unit, "imports used by each column"),
        **{
            name: accounts.variables[name]
            for name in ("output", "value_added", "exports", "error", "stock_changes_share")
        },
    }
    if tables.attrs.get("softened"):
        n = len(province.names)
        added = (
            accounts.variables["output"].values
            - table[..., :n].sum(axis=(0, 2))
            - imports[:, province.industry]
        )
        data["value_added"] = array(
            added, ("region", "sector"), unit, accounts["value_added"].attrs["long_name"]
        )
    return province.dataset(
        data,
        *("layer", "region", "sector", "use", "origin", "destination"),
        layers=("self", "intra", "rest"),
        **province.attributes,
    )


#: What is kept of an observation as it was given, and what became of it.
GIVEN = (
    "region",
    "quantity",
    "sectors",
    "category",
    "source",
    "measure",
    "value",
    "unit",
    "status",
    "reliability",
)
MADE = ("level", "prior", "estimate", "weight", "use", "why")


def observations_use(province: Province, step: CityStep) -> pd.DataFrame:
    """One row per observation: as given, its level, prior, estimate, slack, weight, what it moved,
    and how it was used.

    Rows of emissions are open: the inventory uses them.
    """
    table = province.observations.reset_index(drop=True).assign(measure=province.measures)
    table = table[list(GIVEN)].rename(columns={"value": "observed"})
    names = dict(zip(province.codes, province.cities["name"], strict=True))
    table.insert(0, "province", province.code)
    table.insert(2, "name", table["region"].map(names))
    for name in MADE:
        blank = "" if name in ("use", "why") else np.nan
        table[name] = [step.uses.get(row, {}).get(name, blank) for row in table.index]
    table.insert(table.columns.get_loc("estimate") + 1, "slack", table["estimate"] - table["level"])
    table.insert(table.columns.get_loc("weight") + 1, "moved", table["estimate"] - table["prior"])
    return table


@dataclass(frozen=True)
class ProvinceEstimate:
    """What the chain of one province makes: the files of cities/<p>/ (docs/contracts.md).

    `step` is that of the accounts, which knows what became of every observation.
    """

    province: Province
    step: CityStep
    accounts: xr.Dataset
    split: xr.Dataset
    tables: xr.Dataset
    trade: xr.Dataset
    linked: xr.Dataset
    reports: tuple[Diagnostics, ...]

    @cached_property
    def diagnostics(self) -> pd.DataFrame:
        """cities/<p>/diagnostics.csv: the reports of all steps."""
        return pd.concat(
            [report.table() for report in self.reports if report.every]
            or [self.reports[0].table()],
            ignore_index=True,
        )

    @cached_property
    def used(self) -> pd.DataFrame:
        """cities/<p>/observations.csv: what the accounts made of every observation."""
        return observations_use(self.province, self.step)


def estimate_cities(*of: Any, distances: pd.DataFrame | None = None) -> ProvinceEstimate:
    """The cities of one province, from the arguments of :meth:`.Province.of`; and `distances`."""
    return estimate_province(replace(Province.of(*of), distances=distances))


def calc_accounts(*of: Any) -> xr.Dataset:
    """Accounts of the cities of one province, from the arguments of :meth:`.Province.of`."""
    return city_accounts(Province.of(*of))[0]


def gaps_of_totals(*of: Any) -> pd.DataFrame:
    """What the CO2 totals of the cities of one province miss of their priors (diagnostics.csv),
    from the arguments of :meth:`.Province.of`; nothing behind the priors of outputs is estimated.
    """
    province = Province.of(*of)
    step = accounts_step(province)
    output_account(province, gather_observations(province, step), step)
    rows = step.report.table()
    return rows[rows["quantity"].eq(GAP_OF_TOTAL)]


def estimate_province(province: Province) -> ProvinceEstimate:
    """Estimate the linked tables of the cities of one province."""
    step = accounts_step(province)
    accounts, first = city_accounts(province, step)
    accounts, split, tables, reports = solve_split_and_tables(province, accounts)
    trade, last = city_trade(province, split)
    linked = link(province, accounts, split, tables, trade)
    return ProvinceEstimate(
        province, step, accounts, split, tables, trade, linked, (first, *reports, last)
    )


def solve_split_and_tables(
    province: Province, accounts: xr.Dataset
) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset, tuple[Diagnostics, ...]]:
    """Steps 3 and 4; where the cities' inputs contradict their modelled demand, demand gives way
    and both are made anew.

    Returns
    -------
    accounts, split, tables
        The accounts with the demand that is kept, the split of supply and demand, the city tables.
    reports
        Diagnostics of all that was made.
    """
    split, first = split_supply_demand(province, accounts)
    try:
        tables, second = city_tables(province, accounts, split)
    except (InfeasibleError, CertificateError) as conflict:
        accounts, gave_way = demand_gives_way(province, accounts, split, conflict)
        split, first = split_supply_demand(province, accounts)
        tables, second = city_tables(province, accounts, split)
        return accounts, split, tables, (gave_way, first, second)
    return accounts, split, tables, (first, second)
