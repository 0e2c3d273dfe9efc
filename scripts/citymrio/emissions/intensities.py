"""Emission intensities of provinces by sector of the table, t CO2 per unit of money (method section
8).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from ..base.labels import EMISSIONS
from .activity import own_sectors, provincial_emissions
from .bridge import bridge_matrix, bridge_shares


def province_intensities(
    mrio: xr.Dataset,
    inventory: Mapping[str, pd.DataFrame] | xr.DataArray,
    city: pd.DataFrame | None,
    lists: Mapping[str, pd.DataFrame],
) -> xr.Dataset:
    """provinces/intensities.nc, where CO2 totals change outputs.

    Parameters
    ----------
    mrio
        provinces/mrio.nc.
    inventory, city
        Of :func:`provincial_intensities` and :func:`emissions_of_cities`.
    lists
        Tables inventory_sectors, bridge, fuels and sectors.

    Returns
    -------
    Dataset
        `intensity` (province, inventory_sector, sector), t CO2 per unit of money, and `emitted`
        (region, sector), t CO2 of the cities with an inventory of their own.
    """
    intensities = provincial_intensities(mrio["output"], inventory, **lists).to_dataset(
        name="intensity"
    )
    return intensities.assign(emitted=emissions_of_cities(city, **lists))


def provincial_intensities(
    output: xr.DataArray,
    inventory: Mapping[str, pd.DataFrame] | xr.DataArray,
    inventory_sectors: pd.DataFrame,
    bridge: pd.DataFrame,
    fuels: pd.DataFrame,
    sectors: pd.DataFrame,
) -> xr.DataArray:
    """e_bj^p = E_bj^p / X_j^p with the inventory rows b bridged by output; 0 where the sector makes
    nothing.

    Summed over the rows: the intensity of the sector.

    Parameters
    ----------
    output
        X (province, sector), money.
    inventory
        Province -> rows of inventory/<p>.csv, or what
        :func:`~citymrio.emissions.activity.provincial_emissions` made of them.

    Returns
    -------
    DataArray
        (province, inventory_sector, sector) for the provinces that have an inventory, t CO2 per
        unit of money.
    """
    if not isinstance(inventory, xr.DataArray):
        inventory = provincial_emissions(inventory, inventory_sectors, fuels)
    emissions = inventory.sum("fuel").transpose("province", "inventory_sector")
    codes = emissions["province"].values.tolist()
    x = (
        output.sel(province=codes, sector=[*sectors["sector"]])
        .transpose("province", "sector")
        .to_numpy()
    )
    shares = bridge_shares(bridge_matrix(bridge, inventory_sectors, sectors), x)
    rows = [*inventory_sectors["inventory_sector"]]
    by_sector = emissions.sel(inventory_sector=rows).to_numpy()[:, :, None] * shares
    values = np.divide(by_sector, x[:, None], out=np.zeros_like(by_sector), where=x[:, None] > 0)
    return xr.DataArray(
        values,
        {"province": codes, "inventory_sector": rows, "sector": [*sectors["sector"]]},
        ("province", "inventory_sector", "sector"),
        attrs={"units": f"{EMISSIONS} per {output.attrs['units']}"},
    )


def emissions_of_cities(
    city: pd.DataFrame | None,
    inventory_sectors: pd.DataFrame,
    bridge: pd.DataFrame,
    fuels: pd.DataFrame,
    sectors: pd.DataFrame,
) -> xr.DataArray:
    """Emissions by sector of the cities that have an inventory of their own by sector (case 1).

    Parameters
    ----------
    city
        Rows of inventory_city.

    Returns
    -------
    DataArray
        (region, sector), t CO2; NaN where a row of the inventory speaks of several sectors.
    """
    names = inventory_sectors["inventory_sector"].tolist()
    household = inventory_sectors.loc[
        inventory_sectors["kind"].eq("household"), "inventory_sector"
    ].tolist()
    own = {} if city is None else own_sectors(city[city["case"].eq(1)], fuels, names, household)
    matrix = bridge_matrix(bridge, inventory_sectors, sectors)
    alone = matrix.sum(axis=1) == 1
    table = np.array([*own.values()]).reshape(len(own), len(names))
    values = np.where(matrix[~alone].sum(axis=0) > 0, np.nan, table[:, alone] @ matrix[alone])
    return xr.DataArray(
        values,
        {"region": [*own], "sector": [*sectors["sector"]]},
        ("region", "sector"),
        attrs={"units": EMISSIONS},
    )
