"""The chain in memory as far as the nested table and the emissions of its cities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import xarray as xr

from ..cities.chain import estimate_province
from ..cities.province import Province
from ..config.models import Config
from ..dataset.dataset import DatasetFolder
from ..emissions.intensities import emissions_of_cities, provincial_intensities
from ..emissions.inventory import EmissionTables, InventoryDraw, build_inventory
from ..nested import NestedMRIO
from ..provinces.balance import balance
from ..provinces.mrio import province_mrio
from ..provinces.priors import run_priors, with_spreads
from ..provinces.trade import province_trade


@dataclass(frozen=True)
class Tables:
    """The tables of one estimate: the provincial MRIO, the nested table, the inventory.

    `accounts` are the cities' accounts by province; `system` is the balanced provincial system, None where the MRIO was given;
    `mrio` is None where the table of all regions was.
    """

    mrio: xr.Dataset | None
    nested: NestedMRIO
    inventory: xr.Dataset
    accounts: dict[str, xr.Dataset]
    system: xr.Dataset | None


def estimate_tables(
    dataset: DatasetFolder,
    config: Config,
    mrio: xr.Dataset | None = None,
    *,
    priors: pd.DataFrame | None = None,
    factors: xr.Dataset | None = None,
    inventory_draw: InventoryDraw | None = None,
    provincial: xr.DataArray | None = None,
) -> Tables:
    """Run the chain in memory as far as the emissions of cities, without cvxpy's compilation (:attr:`.Config.in_memory`).

    Parameters
    ----------
    mrio
        provinces/mrio.nc, when the provincial step is the same as in the main estimate.
    priors
        priors.csv; fitted here when the method needs it and none is given.
    factors, inventory_draw
        One draw of the ensemble: factors on outputs and exports (region, sector), and what changes of the inventories.
    provincial
        The provincial inventories as an array, when they are at hand (they are the same for every member of an ensemble).
    """
    config, system = config.in_memory, None
    if mrio is None:
        system, mrio = provincial_tables(dataset, config)
    drawn = known_of_provinces(dataset, config, mrio, priors, provincial) | {"factors": factors}
    linked, accounts = {}, {}
    for p in dataset.codes:
        province = Province.of(mrio, p, dataset.tables, dataset.observations[p], config.cities, config.solver, **drawn)
        result = estimate_province(province)
        linked[p], accounts[p] = result.linked, result.accounts
    nested = NestedMRIO.from_parts(mrio, linked, dataset.tables["final_demand"])
    inventory = city_inventories(dataset, config, nested.dataset, inventory_draw, provincial)
    return Tables(mrio, nested, inventory, accounts, system)


def provincial_tables(dataset: DatasetFolder, config: Config) -> tuple[xr.Dataset, xr.Dataset]:
    """provinces/system.nc and provinces/mrio.nc."""
    tables = dataset.tables
    system, _ = balance(
        dataset.provinces,
        dataset.national,
        tables["regions"],
        tables["final_demand"],
        config.provinces,
        config.solver,
        config.dataset.neighbours,
    )
    trade, _ = province_trade(system, tables["regions"], config.provinces, config.solver, names=tables["sectors"])
    return system, province_mrio(system, trade)


def known_of_provinces(
    dataset: DatasetFolder,
    config: Config,
    mrio: xr.Dataset,
    priors: pd.DataFrame | None = None,
    provincial: xr.DataArray | None = None,
) -> dict[str, Any]:
    """Arguments of :meth:`.Province.of` that come from one level up, where the method needs them: emissions and priors."""
    tables, emissions, intensities = dataset.tables, None, None
    if config.cities.emissions_enter != "intensity":
        lists = {name: tables[name] for name in ("inventory_sectors", "bridge", "fuels", "sectors")}
        intensities = provincial_intensities(mrio["output"], dataset.inventory if provincial is None else provincial, **lists)
        emissions = {"intensity": intensities, "emitted": emissions_of_cities(dataset.inventory_city, **lists)}
    if priors is None and config.cities.needs_priors:
        priors = run_priors(mrio, tables, config, intensities)
    elif priors is not None:
        priors = with_spreads(priors, mrio, tables, intensities)
    return {"emissions": emissions, "priors": priors}


def city_inventories(
    dataset: DatasetFolder,
    config: Config,
    made: xr.Dataset,
    drawn: InventoryDraw | None = None,
    provincial: xr.DataArray | None = None,
) -> xr.Dataset:
    """footprint/inventory.nc, from `output` and `value_added` (region, sector) in `made`.

    The other parameters are those of :func:`estimate_tables`.
    """
    tables = dataset.tables
    emissions = EmissionTables(
        **{name: tables[name] for name in ("regions", "sectors", "inventory_sectors", "bridge", "fuels")},
        provincial=dataset.inventory if provincial is None else provincial,
        city=dataset.inventory_city,
        national=dataset.inventory_national,
        observations=pd.concat(dataset.observations.values(), ignore_index=True),
    )
    inventory, _ = build_inventory(
        emissions,
        made["output"],
        config.inventory,
        config.solver,
        value_added=made["value_added"],
        drawn=drawn,
    )
    return inventory
