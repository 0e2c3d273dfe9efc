"""Affluence and quintiles of cities (method section 10, R9)."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import warn
from ..base.labels import values_of
from ..base.money import scale_of
from ..base.vocabulary import AFFLUENCE
from ..config.models import Groups

QUINTILES = ("Q1", "Q2", "Q3", "Q4", "Q5")

#: What is added before rounding down, so that a whole number that lost its last digits stays one.
LAST_DIGITS = 1e-9


def is_city(regions: pd.DataFrame) -> pd.Series:
    """Cities and municipalities; unsplit provinces are in the table and the flows, not among the
    cities.
    """
    return regions["kind"].isin(["city", "municipality"])


#: Measure of affluence by final demand -> beginning of its columns.
MEASURES = {
    "final_demand": "affluence",
    "private_demand": "affluence_private",
    "household_capital": "affluence_household_capital",
}
#: Products that a measure counts -> end of its columns' names, and words.
PRODUCTS = {"all": ("_usd", ""), "domestic": ("_domestic_usd", ", domestic products")}


def affluence(
    *,
    regions: pd.DataFrame,
    demand: Mapping[str, xr.DataArray],
    final_demand: pd.DataFrame,
    usd_rate: float,
    unit: str,
) -> pd.DataFrame:
    """Final demand by every measure, and GDP, per capita, USD.

    Parameters
    ----------
    regions
        region, population (persons, above 0), gdp (money), as in the dataset.
    demand
        A key of `PRODUCTS` -> final demand (region, category), money, stock changes included.
    final_demand
        category, role.
    usd_rate
        Units of the currency per USD.
    unit
        The unit of money, such as ``10^6 EUR``.

    Returns
    -------
    pandas.DataFrame
        region, the columns of `MEASURES` and `PRODUCTS` (:func:`affluence_column`), gdp_usd.
    """
    role = final_demand.set_index("category")["role"]
    counted = {
        "final_demand": [*role.index],
        "private_demand": [*role.index[role.ne("government")]],
        "household_capital": [*role.index[role.isin(["household", "capital"])]],
    }
    per_person = scale_of(unit) / usd_rate / regions["population"].to_numpy(float)
    codes = [*regions["region"]]
    columns = {
        start + end: values_of(demand[products], region=codes, category=counted[measure]).sum(
            axis=1
        )
        * per_person
        for products, (end, _) in PRODUCTS.items()
        for measure, start in MEASURES.items()
    }
    gdp = regions["gdp"].to_numpy(float) * per_person
    return pd.DataFrame({"region": codes, **columns, "gdp_usd": gdp})


def affluence_column(config: Groups) -> str:
    """Column of :func:`affluence` that the configuration ranks cities by."""
    return (
        "gdp_usd"
        if config.affluence == "gdp"
        else MEASURES[config.affluence] + PRODUCTS[config.affluence_products][0]
    )


def affluence_words(config: Groups) -> str:
    """The same in words."""
    return f"{AFFLUENCE[config.affluence]} per capita{PRODUCTS[config.affluence_products][1]}"


def quintiles(values: pd.Series, config: Groups) -> pd.Series:
    """Q1 (most affluent) to Q5 of every city.

    Parameters
    ----------
    values
        Affluence in USD per capita, indexed by region (cities only), none missing.

    Returns
    -------
    pandas.Series
        ``Q1``..``Q5``, same index. By rank: five groups in proportion to their sizes (largest
        remainders, first group first; of equal ones 309 cities give 62, 62, 62, 62, 61). With
        thresholds: Q1..Q4 are the cities strictly above their lower bound [P: "> $7000"]. Equal
        values: by region code.
    """
    if config.thresholds_usd:
        group = (values.to_numpy()[:, None] <= np.asarray(config.thresholds_usd)).sum(axis=1)
        return pd.Series(np.array(QUINTILES)[group], index=values.index, name="quintile")
    if len(values) < len(QUINTILES):
        warn(
            where="quintiles.csv",
            what="fewer cities than quintiles",
            value=len(values),
            expectation=f"at least {len(QUINTILES)}",
            effect="The last quintiles are empty; their numbers are blank.",
        )
    sizes = _sizes(len(values), config.quintile_sizes)
    order = values.sort_index().sort_values(ascending=False, kind="stable").index
    ranked = pd.Series(np.repeat(QUINTILES, sizes), order, name="quintile")
    return ranked.reindex(values.index)


def _sizes(count: int, weights: Sequence[float]) -> np.ndarray:
    """Whole numbers in proportion to the weights that sum to `count` (largest remainders, first
    group first).
    """
    exact = count * np.asarray(weights, float) / sum(weights)
    sizes = np.floor(exact + LAST_DIGITS).astype(int)
    order = np.argsort(-(exact - sizes), kind="stable")
    sizes[order[: count - sizes.sum()]] += 1
    return sizes


def quintile_cuts(values: pd.Series, groups: pd.Series) -> dict[str, float]:
    """Lowest affluence in Q1..Q4, USD (groups without a city are left out)."""
    return {q: float(values[groups.eq(q)].min()) for q in QUINTILES[:-1] if groups.eq(q).any()}


def per_capita(emissions_t: pd.Series, population: pd.Series) -> tuple[float, float]:
    """Mean of the cities' emissions per capita, unweighted and weighted by people, t.

    The paper's quintile means are unweighted (method section 14); both are reported.
    """
    return float((emissions_t / population).mean()), float(emissions_t.sum() / population.sum())
