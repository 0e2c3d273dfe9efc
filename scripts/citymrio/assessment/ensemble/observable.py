"""What of a member statistics could show: the accounts of its cities (accounts/*.nc), kept for the value of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from ...base.labels import EMISSIONS, array

if TYPE_CHECKING:
    from ...chain.estimate import Estimate


def observable(result: Estimate) -> xr.Dataset:
    """Accounts of all cities as statistics would show them, in single precision (a draw has no more than three digits).

    Returns
    -------
    Dataset
        Money: ``output``, ``value_added``, ``exports``, ``final_products`` (final demand by product, without stock changes)
        (region, sector); ``final_demand`` (region, category), imports included, stock changes 0; ``imports`` (region).
        t CO2: ``emissions`` (region, sector), ``emissions_row`` (region, inventory_sector), ``emissions_total`` (region),
        households' own included.
    """
    footprints, inventory = result.footprints, result.inventory
    unit, regions, sectors = footprints["output"].attrs["units"], footprints["region"].values, footprints["sector"].values
    cities = xr.concat([own[["exports", "final_demand", "imports"]] for own in result.accounts.values()], dim="region")
    cities = cities.sel(region=regions, sector=sectors)
    stocks = [category for category, role in result.nested.roles.items() if role == "inventory"]
    use = footprints["final_demand_total"]
    total = inventory["emissions"].sum("sector") + inventory["orphan"].sum("sector") + inventory["household_emissions"]
    found = {
        "output": (footprints["output"], unit, "output"),
        "value_added": (footprints["value_added"], unit, "value added"),
        "exports": (cities["exports"], unit, "exports abroad"),
        "final_products": (cities["final_demand"], unit, "final demand by product, without stock changes"),
        "final_demand": (use.where(~use["category"].isin(stocks), 0.0), unit, "final demand by category, imports included"),
        "imports": (cities["imports"].sum("use"), unit, "imports from abroad"),
        "emissions": (inventory["emissions"].sel(region=regions, sector=sectors), EMISSIONS, "emissions of sectors"),
        "emissions_row": (inventory["emissions_inventory"].sel(region=regions), EMISSIONS, "emissions by row of the inventory"),
        "emissions_total": (total.sel(region=regions), EMISSIONS, "emissions, households' own included"),
    }
    data = {
        name: array(values.values.astype(np.float32), values.dims, units, title) for name, (values, units, title) in found.items()
    }
    rows, categories = inventory["inventory_sector"].values, footprints["category"].values
    return xr.Dataset(data, {"region": regions, "sector": sectors, "category": categories, "inventory_sector": rows})
