"""Emissions of the provinces per unit of output, and who emits those of households: what CO2 totals
tell outputs with (method section 8; R6).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from ..base.labels import EMISSIONS, array
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
    rows, fuels = lists["inventory_sectors"], lists["fuels"]
    if not isinstance(inventory, xr.DataArray):
        inventory = provincial_emissions(inventory, rows, fuels)
    intensities = provincial_intensities(mrio["output"], inventory, **lists).to_dataset(
        name="intensity"
    )
    emitted = emissions_of_cities(city, **lists).reindex(region=[*regions["region"]])
    households = households_of_cities(inventory.sum("fuel"), rows, regions)
    return intensities.assign(emitted=emitted).merge(households)


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
    rows = inventory_sectors["inventory_sector"].tolist()
    owner, own = regions["province"].to_numpy(object), regions["gdp"] / regions["population"]
    sums = regions.groupby("province")[["gdp", "population"]].sum()
    income, nation = sums["gdp"] / sums["population"], sums["gdp"].sum() / sums["population"].sum()
    known = np.where(own > 0, own, income.reindex(owner))
    above = np.divide(known, nation, out=np.ones(len(regions)), where=known > 0)
    emitted = emissions.to_pandas()
    level = emitted.reindex(index=owner, columns=rows, fill_value=0.0)
    persons = pd.DataFrame(0.0, owner, rows)
    for name, people in household_rows(inventory_sectors, regions).items():
        whole = pd.Series(people).groupby(owner).sum().reindex(emitted.index)
        per_person = (emitted[name] / whole)[(emitted[name] > 0) & (whole > 0)]
        told = income.reindex(per_person.index)
        y, x = np.log(per_person[told > 0]).to_numpy(), np.log(told[told > 0]).to_numpy()
        # a province with emissions of a residence that nobody has: everyone's, as in the inventory
        nobody = pd.Series(people).groupby(owner).transform("sum").eq(0) & (level[name] > 0).values
        people = np.where(nobody, regions["population"], people)
        persons[name] = people * above ** posterior(y, x, RISES)[0]
    whole = persons.groupby(level=0).transform("sum")
    share = (persons / whole).fillna(0.0)
    return xr.Dataset(
        {
            name: array(values.to_numpy(), ("region", "inventory_sector"), unit, name)
            for name, values, unit in (
                ("persons", persons, "persons"),
                ("household", share * level, EMISSIONS),
            )
        },
        {"region": regions["region"].tolist(), "inventory_sector": rows},
    )
