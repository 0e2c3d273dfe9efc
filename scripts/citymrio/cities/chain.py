"""The chain of one province in memory: accounts -> split -> tables -> trade -> link."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import xarray as xr

from ..config.models import Cities, Solver
from .accounts import city_accounts
from .link import link
from .split import split_supply_demand
from .tables import city_tables
from .trade import city_trade


def estimate_province(
    mrio: xr.Dataset,
    province: str,
    dataset: Mapping[str, pd.DataFrame],
    observations: pd.DataFrame,
    config: Cities,
    solver: Solver,
    emission_intensity: xr.DataArray | None = None,
    priors: pd.DataFrame | None = None,
    factors: xr.Dataset | None = None,
) -> tuple[xr.Dataset, xr.Dataset, pd.DataFrame]:
    """Estimate the linked city tables of one province.

    Parameters
    ----------
    mrio
        provinces/mrio.nc.
    dataset
        Tables `regions`, `sectors`, `final_demand`.
    observations
        Observations of this province.
    priors
        priors/priors.csv; needed when ``config.needs_priors``.
    factors
        One draw of the ensemble (citymrio.assessment.ensemble).

    Returns
    -------
    linked, accounts, report
        As written to cities/<p>/.
    """
    accounts, first = city_accounts(
        mrio,
        province,
        dataset["regions"],
        observations,
        dataset["sectors"],
        dataset["final_demand"],
        config,
        solver,
        emission_intensity,
        priors,
        factors,
    )
    split, second = split_supply_demand(accounts, mrio, dataset["regions"], config, solver, priors)
    tables, third = city_tables(accounts, split, mrio, config, solver)
    trade, fourth = city_trade(split, dataset["regions"], config, solver, priors)
    report = pd.concat([first, second, third, fourth], ignore_index=True)
    return link(accounts, split, tables, trade, mrio), accounts, report
