"""The chain in memory as far as the accounts of the cities: what needs no tables does not wait for them."""

from __future__ import annotations

from typing import Any

import xarray as xr

from ..cities.accounts import city_accounts
from ..cities.province import Province
from ..config.models import Config
from ..dataset.dataset import DatasetFolder

KEPT = ["output", "value_added", "final_prior"]


def accounts_of_cities(dataset: DatasetFolder, config: Config, mrio: xr.Dataset, **drawn: Any) -> xr.Dataset:
    """Outputs and values added (region, sector) and final demand (region, sector, category) of all regions.

    Parameters
    ----------
    mrio
        provinces/mrio.nc.
    drawn
        `emissions`, `priors` and `factors` of :meth:`.Province.of`.
    """
    parts = []
    for p in dataset.codes:
        province = Province.of(mrio, p, dataset.tables, dataset.observations[p], config.cities, config.solver, **drawn)
        parts.append(city_accounts(province)[0][KEPT])
    return xr.concat(parts, dim="region")
