"""True CO2 emissions of every region, by inventory sector and fuel: activity times emission factor
plus process emissions; further stressors.

Four fifths of the cities have an inventory of their own, in the three cases of method section 8.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ....base.vocabulary import HOUSEHOLDS
from .blueprint import Blueprint
from .country import Country
from .parameters import Parameters

#: Unit, and amount per unit of output by industry (10^4 CNY) and per person of households; all
#: invented.
STRESSORS = {
    "water": ("m3", {"primary": 400.0, "secondary": 20.0, "tertiary": 6.0}, 45.0),
    "employment": ("persons", {"primary": 0.4, "secondary": 0.05, "tertiary": 0.09}, 0.0),
}
#: Standard deviations (log) of intensities between provinces and between their cities, and the
#: share of cities whose total of water is known.
BETWEEN, INSIDE, KNOWN = 0.3, 0.2, 0.5


def covered(country: Country, parameters: Parameters, rng: np.random.Generator) -> np.ndarray:
    """Which regions have an inventory (region,), bool: all municipalities, and cities drawn with
    odds that rise with size.
    """
    regions = country.regions
    city = np.flatnonzero(regions["kind"] == "city")
    municipality = np.flatnonzero(regions["kind"] == "municipality")
    number = int(round(parameters.covered * (len(city) + len(municipality)))) - len(municipality)
    weight = regions["population"].to_numpy()[city] ** parameters.covered_power
    chosen = rng.choice(city, number, replace=False, p=weight / weight.sum())
    return np.isin(np.arange(len(regions)), [*chosen, *municipality])


def city_inventories(
    blueprint: Blueprint,
    country: Country,
    output: np.ndarray,
    emissions: Emissions,
    known: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Inventories of the known cities: region, inventory_sector, fuel, activity, emissions, case.

    Case 1: energy balance by sector and fuel (noise 3%). Case 2: emissions by sector; services and
    households by the provincial intensity times output and population (noise 8% elsewhere). Case 3:
    only the total is the city's own (noise 8%); its sectors follow provincial intensities.
    """
    owner, people = country.province_index, country.regions["population"].to_numpy()
    driver = output @ blueprint.bridge.T
    household = (blueprint.inventory["kind"] == "household").to_numpy()
    driver[:, household] = people[:, None]
    services = household | (blueprint.bridge.sum(axis=1) > 1)
    case = np.where(
        country.regions["capital"], 1, rng.choice([1, 2, 3], len(owner), p=[0.4, 0.35, 0.25])
    )
    noise = rng.lognormal(0, 1, emissions.by_fuel.shape)
    tables, places = [], np.flatnonzero(known)
    for place in places:
        own = emissions.by_fuel[place]
        province = owner == owner[place]
        total = driver[province].sum(axis=0)
        rate = np.divide(
            emissions.by_fuel[province].sum(axis=(0, 2)),
            total,
            out=np.zeros_like(total),
            where=total > 0,
        )
        proxy = (rate * driver[place])[:, None]
        if case[place] == 1:
            tables.append(activity_rows(blueprint, own * noise[place] ** 0.03))
        elif case[place] == 2:
            seen = np.where(
                services[:, None],
                proxy,
                own.sum(axis=1, keepdims=True) * noise[place, :, :1] ** 0.08,
            )
            tables.append(sector_rows(blueprint, seen))
        else:
            tables.append(
                sector_rows(
                    blueprint, proxy * (own.sum() / proxy.sum() * noise[place, 0, 0] ** 0.08)
                )
            )
    table, row = (
        pd.concat(tables, ignore_index=True),
        np.repeat(places, [len(table) for table in tables]),
    )
    table.insert(0, "region", country.regions["region"].to_numpy()[row])
    return table.assign(case=case[row])


@dataclass(frozen=True)
class Emissions:
    """True emissions, t CO2.

    Attributes
    ----------
    by_fuel
        (region, inventory_sector, fuel + process).
    bridged
        Production emissions of the sectors, orphans (emissions without output) included (region,
        sector).
    """

    by_fuel: np.ndarray
    bridged: np.ndarray

    @property
    def by_inventory_sector(self) -> np.ndarray:
        """(region, inventory_sector)."""
        return self.by_fuel.sum(axis=2)


def draw_emissions(
    blueprint: Blueprint,
    country: Country,
    output: np.ndarray,
    gdp: np.ndarray,
    parameters: Parameters,
    rng: np.random.Generator,
) -> Emissions:
    """Emissions from true outputs (region, sector) and, of households, GDP (region,): intensities
    differ by province and, more, by city.

    Where several inventory sectors share one sector of the table (ferrous and non-ferrous metals),
    cities differ most. One region keeps a plant that emits in a sector without output (an orphan).
    """
    owner = country.province_index
    shape, provinces = (len(owner), len(blueprint.inventory)), len(country.provinces)
    production = (blueprint.inventory["kind"] == "production").to_numpy()
    driver = output @ blueprint.bridge.T
    people = country.regions["population"].to_numpy()
    rural = country.regions["population_rural"].to_numpy()
    level = gdp / people * (people.sum() / gdp.sum())
    for q in np.flatnonzero(~production):
        rows = {"rural": rural, "urban": people - rural}.get(
            blueprint.inventory["residence"][q], people
        )
        driver[:, q] = rows * level**parameters.fuel
    together = (blueprint.bridge[:, blueprint.bridge.sum(axis=0) > 1].sum(axis=1) > 0).astype(float)
    between, inside = parameters.intensity_sd
    spread = np.where(production, inside + parameters.together_sd * together, 0.15)
    intensity = np.exp(
        rng.normal(0, between, (provinces, shape[1]))[owner] + rng.normal(0, 1, shape) * spread
    )
    if parameters.level_sd > 0:
        intensity = intensity * np.exp(
            parameters.level_sd * country.scatter(rng, 1, parameters.shared)
        )
    total = driver * intensity
    total *= (blueprint.inventory["national_mt"].to_numpy() * 1e6 / total.sum(axis=0))[None]
    total = _orphan(blueprint, output, total)
    mix = (
        blueprint.fuel_shares[None]
        * np.exp(rng.normal(0, 0.18, (provinces, *blueprint.fuel_shares.shape)))[owner]
    )
    mix = mix * np.exp(rng.normal(0, 0.12, mix.shape))
    by_fuel = total[:, :, None] * mix / mix.sum(axis=2, keepdims=True)
    return Emissions(by_fuel, bridge(blueprint, by_fuel.sum(axis=2), output))


def _orphan(blueprint: Blueprint, output: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Add an idle plant: 0.05% of the sector's emissions in the first region that has none of its
    output.
    """
    single = np.flatnonzero(
        (blueprint.bridge.sum(axis=1) == 1) & (blueprint.inventory["key"] != "").to_numpy()
    )
    for q in single:
        idle = np.flatnonzero(output[:, int(np.argmax(blueprint.bridge[q]))] == 0)
        if len(idle):
            total[idle[0], q] = 5e-4 * total[:, q].sum()
            return total
    return total


def bridge(blueprint: Blueprint, emissions: np.ndarray, output: np.ndarray) -> np.ndarray:
    """Emissions by inventory sector as emissions by sector; rows with several targets are split by
    the region's output.
    """
    targets = blueprint.bridge.sum(axis=1)[None, :, None]
    weight = blueprint.bridge[None] * np.where(targets > 1, 1.0, 0.0) * output[:, None, :]
    single = blueprint.bridge[None] * np.where(targets == 1, 1.0, 0.0)
    total = weight.sum(axis=2, keepdims=True)
    weight = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0) + single
    return np.einsum("rq,rqi->ri", emissions, weight)


def activity_rows(blueprint: Blueprint, emissions: np.ndarray) -> pd.DataFrame:
    """Long inventory of one territory from its emissions (inventory_sector, fuel + process).

    Fuels carry activity in their physical unit (emissions = activity x factor of fuels.csv);
    process rows carry emissions.
    """
    codes, fuels = (
        blueprint.inventory["inventory_sector"].to_numpy(),
        np.append(blueprint.fuels["fuel"].to_numpy(), "process"),
    )
    factor = np.append(blueprint.fuels["emission_factor"].to_numpy(float), np.nan)
    q, f = np.nonzero(emissions > 0)
    amount = emissions[q, f]
    direct = np.where(f == len(fuels) - 1, amount, np.nan)
    return pd.DataFrame(
        {
            "inventory_sector": codes[q],
            "fuel": fuels[f],
            "activity": amount / factor[f],
            "emissions": direct,
        }
    )


def sector_rows(blueprint: Blueprint, emissions: np.ndarray) -> pd.DataFrame:
    """Long inventory of one territory with totals by inventory sector only (all fuels)."""
    return pd.DataFrame(
        {
            "inventory_sector": blueprint.inventory["inventory_sector"],
            "fuel": "",
            "activity": np.nan,
            "emissions": emissions.sum(axis=1),
        }
    )


def draw_stressor(
    name: str, blueprint: Blueprint, land: Country, output: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """Rows of stressors.csv from the true outputs (region, sector): water, which statistics tell by
    province, with totals of some cities, or employment, which they tell by city.
    """
    unit, by_industry, by_person = STRESSORS[name]
    owner, sectors = land.province_index, [*blueprint.sector]
    base = blueprint.sectors["industry"].map(by_industry).to_numpy(float)
    spread = rng.normal(0, BETWEEN, (len(land.provinces), len(sectors)))[owner]
    amounts = output * base * np.exp(spread + rng.normal(0, INSIDE, output.shape))
    people = land.regions["population"].to_numpy(float)
    table = pd.DataFrame(
        np.column_stack([amounts, people * by_person]), columns=[*sectors, HOUSEHOLDS]
    )
    regions = land.regions["region"]
    if name == "employment":
        rows = long(table.set_index(regions), "region", "value")
    else:
        codes = land.provinces["province"].to_numpy()[owner]
        totals = pd.DataFrame({"region": regions, "value": table.sum(axis=1)})
        known = rng.random(len(regions)) < KNOWN
        rows = pd.concat([long(table.groupby(codes).sum(), "province", "value"), totals[known]])
    every = {"stressor": name, "unit": unit, "region": "", "province": "", "sector": ""}
    return rows.reindex(columns=[*every, "value"]).fillna(every)


def long(table: pd.DataFrame, place: str, value: str) -> pd.DataFrame:
    """A table (place, sector) with a row for each of its values."""
    return table.rename_axis(index=place, columns="sector").stack().rename(value).reset_index()
