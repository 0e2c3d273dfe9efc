"""Final demand of cities by product and category: the ratio rule, proxies, and their blend (method 2b, 16 R8)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .province import Province


def proxy_shares(value_added: np.ndarray, cities: pd.DataFrame, sectors: pd.DataFrame, categories: pd.DataFrame) -> np.ndarray:
    """Share g_k^r of each city in a final-demand category of its province, shape (region, category).

    Rural households by rural population; urban (and all) households half by population, half by GDP; government half by
    population, half by GDP; capital by non-agricultural value added (R8).
    """

    def normal(values: np.ndarray) -> np.ndarray:
        total = values.sum()
        return values / total if total > 0 else np.full(len(values), 1 / len(values))

    population = cities["population"].to_numpy(float)
    rural = cities["population_rural"].to_numpy(float)
    gdp = value_added.sum(axis=1)
    secondary = value_added[:, (sectors["industry"] != "primary").to_numpy()].sum(axis=1)
    columns = []
    for row in categories.itertuples():
        if row.role == "household" and row.residence == "rural":
            columns.append(normal(rural))
        elif row.role == "household" and row.residence == "urban":
            columns.append(0.5 * normal(population - rural) + 0.5 * normal(gdp))
        elif row.role == "capital":
            columns.append(normal(secondary))
        else:
            columns.append(0.5 * normal(population) + 0.5 * normal(gdp))
    return np.stack(columns, axis=1)


def final_demand_prior(province: Province, intermediate: np.ndarray, value_added: np.ndarray) -> np.ndarray:
    """Final demand f_ik^r, shape (region, sector, category); sums over regions equal the province exactly.

    ``ratio``: f_ik^r = F_ik z_i^r / Z_i: a city has the province's ratio h_i of intermediate to total demand, so that
    f_i^r = z_i^r / h_i - z_i^r; ``proxy``: f_ik^r = F_ik g_k^r; ``blend``: F_ik [w z_i^r / Z_i + (1 - w) g_k^r].
    Products without intermediate demand always follow g. Stock changes are not among the categories.

    Parameters
    ----------
    intermediate
        z_i^r, shape (region, sector).
    value_added
        Shape (region, sector).
    """
    config, total = province.config, province.domestic[:, province.final]
    provincial = province.domestic[:, province.industry].sum(axis=1)
    categories = province.final_demand.set_index("category").loc[province.uses[province.final]]
    g = proxy_shares(value_added, province.cities, province.sectors, categories)
    by_proxy = total[None] * g[:, None, :]
    has = provincial > 0
    ratio = np.divide(intermediate, provincial, out=np.zeros_like(intermediate), where=has)
    by_ratio = np.where(has[None, :, None], total[None] * ratio[:, :, None], by_proxy)
    if config.demand == "proxy":
        return by_proxy
    weight = config.demand_weight if config.demand == "blend" else 1.0
    return weight * by_ratio + (1 - weight) * by_proxy


def tilt_factor(demand: np.ndarray, supply: np.ndarray, tilt: np.ndarray) -> np.ndarray:
    """Factor on a city's demand for a product that lets it lean towards the city's own supply, shape (region, sector).

    D'_i^r = D_i^r (s_i^r / d_i^r)^tilt_i / norm with shares s of supply and d of demand, and sum_r D' = sum_r D. Cities that make
    none of the product, or use none, keep their proportion (method section 17).

    Parameters
    ----------
    demand, supply
        By the ratio rule, and to the nation (region, sector).
    tilt
        By sector: 0 leaves demand as it is, 1 makes it proportional to supply.
    """
    both = (demand > 0) & (supply > 0)
    used, made = np.where(both, demand, 0.0), np.where(both, supply, 0.0)
    relative = np.divide(made, used, out=np.ones_like(demand), where=both)
    level = np.divide(made.sum(axis=0), used.sum(axis=0), out=np.ones(demand.shape[1]), where=used.sum(axis=0) > 0)
    factor = np.where(both, (relative / level) ** tilt, 1.0)
    total = (demand * factor).sum(axis=0)
    return factor * np.divide(demand.sum(axis=0), total, out=np.ones(demand.shape[1]), where=total > 0)


def redistribute(final_demand: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Final demand (region, sector, category) times factors (region, sector), with the province's cells kept."""
    drawn = final_demand * factor[:, :, None]
    total, now = final_demand.sum(axis=0), drawn.sum(axis=0)
    return drawn * np.divide(total, now, out=np.ones_like(now), where=now != 0)
