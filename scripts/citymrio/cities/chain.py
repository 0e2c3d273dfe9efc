"""The chain of one province: accounts -> split -> tables -> trade -> link."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import xarray as xr

from ..base.diagnostics import Diagnostics
from ..base.errors import CertificateError, InfeasibleError
from .accounts import accounts_step, city_accounts
from .link import link
from .province import Province, Step
from .split import split_supply_demand
from .tables import city_tables, demand_gives_way
from .trade import city_trade
from .use import observations_use


@dataclass(frozen=True)
class ProvinceEstimate:
    """What the chain of one province makes: the files of cities/<p>/ (docs/contracts.md).

    `step` is that of the accounts, which knows what became of every observation.
    """

    province: Province
    step: Step
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
            [report.table() for report in self.reports if report.rows] or [self.reports[0].table()], ignore_index=True
        )

    @cached_property
    def used(self) -> pd.DataFrame:
        """cities/<p>/observations.csv: what the accounts made of every observation."""
        return observations_use(self.province, self.step)


def estimate_cities(*of: Any) -> ProvinceEstimate:
    """The cities of one province, from the arguments of :meth:`.Province.of`."""
    return estimate_province(Province.of(*of))


def accounts_alone(*of: Any) -> tuple[xr.Dataset, pd.DataFrame]:
    """Accounts of the cities of one province and their diagnostics, from the arguments of :meth:`.Province.of`."""
    accounts, report = city_accounts(Province.of(*of))
    return accounts, report.table()


def estimate_province(province: Province) -> ProvinceEstimate:
    """Estimate the linked tables of the cities of one province."""
    step = accounts_step(province)
    accounts, first = city_accounts(province, step)
    accounts, split, tables, reports = split_and_tables(province, accounts)
    trade, last = city_trade(province, split)
    linked = link(province, accounts, split, tables, trade)
    return ProvinceEstimate(province, step, accounts, split, tables, trade, linked, (first, *reports, last))


def split_and_tables(
    province: Province, accounts: xr.Dataset
) -> tuple[xr.Dataset, xr.Dataset, xr.Dataset, tuple[Diagnostics, ...]]:
    """Steps 3 and 4; where the cities' inputs contradict their modelled demand, demand gives way and both are made anew.

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
