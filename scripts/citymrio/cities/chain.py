"""The chain of one province: accounts -> split -> tables -> trade -> link. The one place that wires it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import xarray as xr

from .accounts import accounts_step, city_accounts
from .link import link
from .province import Province
from .split import split_supply_demand
from .tables import city_tables
from .trade import city_trade
from .use import observations_use


@dataclass(frozen=True)
class ProvinceEstimate:
    """What the chain of one province makes: the files of cities/<p>/ (docs/contracts.md)."""

    accounts: xr.Dataset
    split: xr.Dataset
    tables: xr.Dataset
    trade: xr.Dataset
    linked: xr.Dataset
    diagnostics: pd.DataFrame
    observations: pd.DataFrame


def estimate_province(province: Province) -> ProvinceEstimate:
    """Estimate the linked tables of the cities of one province."""
    step = accounts_step(province)
    accounts, first = city_accounts(province, step)
    split, second = split_supply_demand(province, accounts)
    tables, third = city_tables(province, accounts, split)
    trade, fourth = city_trade(province, split)
    linked = link(province, accounts, split, tables, trade)
    reports = [report for report in (first, second, third, fourth) if len(report)]
    diagnostics = pd.concat(reports or [first], ignore_index=True)
    return ProvinceEstimate(accounts, split, tables, trade, linked, diagnostics, observations_use(province, step))
