"""Cities' own emission inventories in the three cases of method section 8, for four fifths of the cities."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .blueprint import Blueprint
from .country import Country
from .emissions import Emissions, activity_rows, sector_rows
from .parameters import Parameters


def covered(country: Country, parameters: Parameters, rng: np.random.Generator) -> np.ndarray:
    """Which regions have an inventory (region,), bool: all municipalities, and cities drawn with odds that rise with size."""
    regions = country.regions
    city = np.flatnonzero(regions["kind"] == "city")
    municipality = np.flatnonzero(regions["kind"] == "municipality")
    number = int(round(parameters.covered * (len(city) + len(municipality)))) - len(municipality)
    weight = regions["population"].to_numpy()[city] ** parameters.covered_power
    chosen = rng.choice(city, number, replace=False, p=weight / weight.sum())
    mask = np.zeros(len(regions), dtype=bool)
    mask[chosen] = True
    mask[municipality] = True
    return mask


def build(
    blueprint: Blueprint, country: Country, output: np.ndarray, emissions: Emissions, known: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Inventories of the known cities: region, inventory_sector, fuel, activity, emissions, case.

    Case 1: energy balance by sector and fuel (noise 3%). Case 2: emissions by sector; services and households by the
    provincial intensity times output and population (noise 8% elsewhere). Case 3: only the total is the city's own (noise
    8%); its sectors follow provincial intensities.
    """
    owner, people = country.province_index, country.regions["population"].to_numpy()
    driver = output @ blueprint.bridge.T
    household = (blueprint.inventory["kind"] == "household").to_numpy()
    driver[:, household] = people[:, None]
    services = household | (blueprint.bridge.sum(axis=1) > 1)
    case = np.where(country.regions["capital"], 1, rng.choice([1, 2, 3], len(owner), p=[0.4, 0.35, 0.25]))
    noise = rng.lognormal(0, 1, emissions.by_fuel.shape)
    tables, places = [], np.flatnonzero(known)
    for place in places:
        own = emissions.by_fuel[place]
        province = owner == owner[place]
        total = driver[province].sum(axis=0)
        rate = np.divide(emissions.by_fuel[province].sum(axis=(0, 2)), total, out=np.zeros_like(total), where=total > 0)
        proxy = (rate * driver[place])[:, None]
        if case[place] == 1:
            tables.append(activity_rows(blueprint, own * noise[place] ** 0.03))
        elif case[place] == 2:
            seen = np.where(services[:, None], proxy, own.sum(axis=1, keepdims=True) * noise[place, :, :1] ** 0.08)
            tables.append(sector_rows(blueprint, seen))
        else:
            tables.append(sector_rows(blueprint, proxy * (own.sum() / proxy.sum() * noise[place, 0, 0] ** 0.08)))
    table, row = pd.concat(tables, ignore_index=True), np.repeat(places, [len(table) for table in tables])
    table.insert(0, "region", country.regions["region"].to_numpy()[row])
    return table.assign(case=case[row])
