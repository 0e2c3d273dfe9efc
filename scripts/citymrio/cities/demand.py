"""Final demand of cities by product and category: consumption functions, the ratio rule, proxies
(method 2b, 16 R8).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..base.geography import people_of
from ..trade.flows import constrained_flows
from ..trade.priors.table import prior_values
from .observations import Datum
from .province import CityStep, Province
from .totals import Account, bring_to_level


def final_demand_account(
    province: Province, prior: np.ndarray, data: Sequence[Datum], step: CityStep
) -> Account:
    """Final demand of cities (region, product x category): the rule's, and what is observed (soft).

    What is observed holds imports; they leave in the province's proportions of product and category
    (of the category, where its imports are not known by product), unless the prior contains them
    (mode `by_product`).

    Parameters
    ----------
    prior
        f0, shape (region, sector, category), without stock changes.
    """
    flat = prior.reshape(len(prior), -1)
    totals = flat.sum(axis=0)
    domestic, table = prior.sum(axis=0), province.block.import_table
    if province.by_product:
        imported = np.zeros_like(domestic)
    elif table is not None:
        imported = table[:, province.final]
    else:
        whole = domestic.sum(axis=0)
        share = np.divide(
            province.block.imports[province.final], whole, out=np.zeros_like(whole), where=whole > 0
        )
        imported = domestic * share
    used_in_all = (domestic + imported).ravel()
    known = []
    for datum in data:
        home, used = float(totals @ datum.weights), float(used_in_all @ datum.weights)
        known.append(datum._replace(value=datum.value * (home / used if used > 0 else 1.0)))
    columns = [
        f"{category} of product {name}"
        for name in province.names
        for category in province.final_categories
    ]
    return Account(
        "final demand",
        flat,
        totals,
        bring_to_level(step, "final demand", flat, totals, known),
        columns,
        exact=False,
    )


def observed_categories(account: Account, shape: tuple[int, ...]) -> np.ndarray:
    """Where something is observed of a city's category (region, category)."""
    result = np.zeros((shape[0], shape[2]), bool)
    for datum in account.data:
        result[datum.city] |= (datum.weights.reshape(shape[1:]) > 0).any(axis=0)
    return result


def consumption_shares(province: Province, value_added: np.ndarray) -> np.ndarray:
    """Share of each city in a category of its province by a consumption function, shape (region,
    category).

    w_k^r ~ n_k^r (G^r / N^r)^e_k with the people n whose demand it is, GDP G, all people N: demand
    per head follows GDP per head with the elasticity e_k of the provinces. A draw has factors of
    mean 1 on w, by the spread around that function.

    Parameters
    ----------
    value_added
        Shape (region, sector).
    """
    names, place = province.final_categories, province.place("final demand")
    elasticity = prior_values(province.parameters, "elasticity", names, place)
    people, gdp = province.people["population"], value_added.sum(axis=1)
    per_head = np.divide(gdp, people, out=np.zeros_like(gdp), where=(people > 0) & (gdp > 0))
    living = [people_of(province.people, *province.roles[name]) for name in names]
    # a province of cities only may have rural demand all the same: then it is everyone's
    own = np.stack([n if (n * per_head).sum() > 0 else people for n in living], axis=1)
    shares = own * np.power(
        per_head[:, None], elasticity, out=np.zeros_like(own), where=per_head[:, None] > 0
    )
    if province.factors is not None:
        sd = prior_values(province.parameters, "demand_sd", names, place)
        shares = shares * np.exp(
            sd * np.log(province.factor("demand_level", "category")) - sd**2 / 2
        )
    return np.stack([_normal(column) for column in shares.T], axis=1)


def _normal(values: np.ndarray) -> np.ndarray:
    """Shares in a sum; equal ones where it is 0."""
    total = values.sum()
    return values / total if total > 0 else np.full(len(values), 1 / len(values))


def proxy_shares(
    value_added: np.ndarray,
    cities: pd.DataFrame,
    sectors: pd.DataFrame,
    roles: Sequence[tuple[str, str]],
) -> np.ndarray:
    """Share g_k^r of each city in a final-demand category of its province, by role and residence of
    the categories, shape (region, category).

    Rural households by rural population; urban (and all) households half by population, half by
    GDP; government half by population, half by GDP; capital by non-agricultural value added (R8).
    """
    population = cities["population"].to_numpy(float)
    rural = cities["population_rural"].to_numpy(float)
    gdp = value_added.sum(axis=1)
    secondary = value_added[:, (sectors["industry"] != "primary").to_numpy()].sum(axis=1)
    columns = []
    for role, residence in roles:
        if role == "household" and residence == "rural":
            columns.append(_normal(rural))
        elif role == "household" and residence == "urban":
            columns.append(0.5 * _normal(population - rural) + 0.5 * _normal(gdp))
        elif role == "capital":
            columns.append(_normal(secondary))
        else:
            columns.append(0.5 * _normal(population) + 0.5 * _normal(gdp))
    return np.stack(columns, axis=1)


def final_demand_prior(
    province: Province, intermediate: np.ndarray, value_added: np.ndarray
) -> np.ndarray:
    """Final demand f_ik^r, shape (region, sector, category); sums over regions equal the province
    exactly.

    ``consumption``: f_ik^r = F_ik w_k^r (:func:`consumption_shares`); ``ratio``: f_ik^r = F_ik
    z_i^r / Z_i: a city has the province's ratio h_i of intermediate to total demand, so that f_i^r
    = z_i^r / h_i - z_i^r; ``proxy``: f_ik^r = F_ik g_k^r; ``blend``: F_ik [w z_i^r / Z_i + (1 - w)
    g_k^r]. In these products without intermediate demand follow g. Stock changes are not among the
    categories.

    Parameters
    ----------
    intermediate
        z_i^r, shape (region, sector).
    value_added
        Shape (region, sector).
    """
    config, total = province.config, province.domestic[:, province.final]
    if config.demand == "consumption":
        return total[None] * consumption_shares(province, value_added)[:, None, :]
    provincial = province.domestic[:, province.industry].sum(axis=1)
    roles = [province.roles[name] for name in province.final_categories]
    g = proxy_shares(value_added, province.cities, province.sectors, roles)
    by_proxy = total[None] * g[:, None, :]
    has = provincial > 0
    part = np.divide(intermediate, provincial, out=np.zeros_like(intermediate), where=has)
    by_ratio = np.where(has[None, :, None], total[None] * part[:, :, None], by_proxy)
    if config.demand == "proxy":
        return by_proxy
    weight = config.demand_weight if config.demand == "blend" else 1.0
    return weight * by_ratio + (1 - weight) * by_proxy


def tilt_factor(demand: np.ndarray, supply: np.ndarray, tilt: np.ndarray) -> np.ndarray:
    """Factor on a city's demand for a product that lets it lean towards the city's own supply,
    shape (region, sector).

    D'_i^r = D_i^r (s_i^r / d_i^r)^tilt_i / norm with shares s of supply and d of demand, and sum_r
    D' = sum_r D. Cities that make none of the product, or use none, keep their proportion (method
    section 17).

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
    level = np.divide(
        made.sum(axis=0), used.sum(axis=0), out=np.ones(demand.shape[1]), where=used.sum(axis=0) > 0
    )
    factor = np.where(both, (relative / level) ** tilt, 1.0)
    total = (demand * factor).sum(axis=0)
    return factor * np.divide(
        demand.sum(axis=0), total, out=np.ones(demand.shape[1]), where=total > 0
    )


def redistribute(final_demand: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Final demand (region, sector, category) times factors (region, sector), with the province's
    cells kept.
    """
    drawn = final_demand * factor[:, :, None]
    total, now = final_demand.sum(axis=0), drawn.sum(axis=0)
    return drawn * np.divide(total, now, out=np.ones_like(now), where=now != 0)


def redistribute_within_categories(
    final_demand: np.ndarray, factor: np.ndarray, province: Province, place: str
) -> np.ndarray:
    """The same with the cities' categories kept as well: nearest to demand times factors with both
    margins as they were.

    Of every category, min KL(f | f0 factor) with the sums of cities and those of products (the
    province's cells).
    """
    before = final_demand.transpose(2, 0, 1)
    solution = constrained_flows(
        before * factor, before.sum(axis=2), before.sum(axis=1), place, province.solver
    )
    return solution["trade"].transpose(1, 2, 0)
