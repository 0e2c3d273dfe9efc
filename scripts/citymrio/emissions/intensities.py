"""Emissions of the provinces per unit of output, and who emits those of households: what CO2 totals
tell outputs with (method section 8; R6).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from ..base.labels import EMISSIONS, array, values_of
from ..provinces.consumption import posterior
from .activity import (
    emissions_of_cities,
    household_rows,
    provincial_emissions,
    provincial_intensities,
)

#: Prior mean of the elasticity of households' emissions per person to GDP per head: less than
#: demand's, since fuel is a necessity.
RISES = 0.5


def province_intensities(
    mrio: xr.Dataset,
    inventory: Mapping[str, pd.DataFrame] | xr.DataArray,
    city: pd.DataFrame | None,
    lists: Mapping[str, pd.DataFrame],
    regions: pd.DataFrame,
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
    regions
        regions.csv.

    Returns
    -------
    Dataset
        `intensity` (province, inventory_sector, sector), t CO2 per unit of money; `emitted`
        (region, sector), t CO2, NaN without an inventory of its own by sector; and those
        of :func:`households_of_cities`.
    """
    rows = lists["inventory_sectors"]
    if not isinstance(inventory, xr.DataArray):
        inventory = provincial_emissions(inventory, rows, lists["fuels"])
    found = without_households(mrio["output"], inventory, city, lists, regions)
    return found.assign(households_of_cities(inventory.sum("fuel"), rows, regions))


def without_households(
    output: xr.DataArray,
    inventory: xr.DataArray,
    city: pd.DataFrame | None,
    lists: Mapping[str, pd.DataFrame],
    regions: pd.DataFrame,
) -> xr.Dataset:
    """`intensity` and `emitted` of :func:`province_intensities`, which do not ask how many people
    there are.
    """
    intensity = provincial_intensities(output, inventory, **lists)
    emitted = emissions_of_cities(city, **lists).reindex(region=[*regions["region"]])
    return intensity.to_dataset(name="intensity").assign(emitted=emitted)


def households_of_cities(
    emissions: xr.DataArray, inventory_sectors: pd.DataFrame, regions: pd.DataFrame
) -> xr.Dataset:
    """Who emits the household rows of the provincial inventories.

    A city's emissions per person of a row rise with its GDP per head as those of the provinces do:
    the elasticity is that of a fit between them (:func:`posterior`).

    Parameters
    ----------
    emissions
        (province, inventory_sector), t CO2.

    Returns
    -------
    Dataset
        `persons` (region, inventory_sector), times (GDP per head over that of the nation, where
        there is none that of the province) to the power of the elasticity, and `household`, t CO2
        by these; both 0 in rows of production.
    """
    rows, owner = (
        inventory_sectors["inventory_sector"].tolist(),
        regions["province"].to_numpy(object),
    )
    gdp, everyone = (regions[name].to_numpy(float) for name in ("gdp", "population"))
    residents = household_rows(inventory_sectors, regions)
    sums = pd.DataFrame(np.column_stack([gdp, everyone, *residents.values()])).groupby(owner).sum()
    place, (money, persons, *lives) = sums.index.get_indexer(owner), sums.to_numpy().T
    own, income = (
        np.divide(amount, heads, out=np.zeros_like(amount), where=heads > 0)
        for amount, heads in ((gdp, everyone), (money, persons))
    )
    known = np.where(own > 0, own, income[place])
    above = np.divide(known, money.sum() / persons.sum(), out=np.ones_like(known), where=known > 0)
    level, people = np.zeros((len(sums), len(rows))), np.zeros((len(owner), len(rows)))
    level[sums.index.get_indexer(emissions["province"].values)] = values_of(
        emissions, province=emissions["province"].values, inventory_sector=rows
    )
    for (name, here), whole in zip(residents.items(), lives, strict=True):
        emitted = level[:, rows.index(name)]
        told = (emitted > 0) & (whole > 0) & (income > 0)
        power = posterior(np.log(emitted[told] / whole[told]), np.log(income[told]), RISES)[0]
        # a province with emissions of a residence that nobody has: everyone's, as in the inventory
        nobody = ((whole == 0) & (emitted > 0))[place]
        people[:, rows.index(name)] = np.where(nobody, everyone, here) * above**power
    total = pd.DataFrame(people).groupby(owner).sum().to_numpy()[place]
    share = np.divide(people, total, out=np.zeros_like(people), where=total > 0)
    return xr.Dataset(
        {
            name: array(values, ("region", "inventory_sector"), unit, name)
            for name, values, unit in (
                ("persons", people, "persons"),
                ("household", share * level[place], EMISSIONS),
            )
        },
        {"region": regions["region"].tolist(), "inventory_sector": rows},
    )
