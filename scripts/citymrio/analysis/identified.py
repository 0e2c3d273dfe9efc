"""What public data identify: how many numbers of the cities really differ, and how many data stand
behind them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import warn
from .status import STATUSES, Evidence

#: Singular values below this part of the largest are round-off of the solver.
ROUND_OFF = 1e-6
#: Spread of shares within an industry up to which the cities of a province have the same mix.
SAME_MIX = 1e-6
#: Correlation of key intensities from which they move as one.
AS_ONE = 0.99


@dataclass(frozen=True)
class Quantity:
    """A quantity of cities, as the run estimated it.

    Attributes
    ----------
    name
        Row of identified.csv.
    values
        region x item.
    groups
        Item -> group, within which the mix is compared; None: items are compared as they are.
    kinds, codes, categories
        Quantities of observations that are data on it, and the codes and categories these are sums
        over.
    told
        What the data are on, region x (category and code), category by category. A datum on what a
        region does not have counts no more than its zero does in `values`.
    """

    name: str
    values: pd.DataFrame
    groups: pd.Series | None
    kinds: tuple[str, ...]
    codes: Sequence[str]
    told: pd.DataFrame
    categories: Sequence[str] = ("",)


def identification_table(
    quantities: Iterable[Quantity], evidence: Evidence, regions: pd.DataFrame
) -> pd.DataFrame:
    """identified.csv: how many numbers a city has of each quantity, and how many of them the data
    tell.

    Measured on the estimate: the cities of a province differ in as many directions as the matrix
    (city, item) of their shares in the province has ranks. Provinces with one city are left out:
    their table is the city's.

    Returns
    -------
    pandas.DataFrame
        quantity; numbers (items with a value, mean over cities); data_observed, data_imputed
        (independent data on what has a value, mean); provinces, cities; rank (median over
        provinces) and rank_limit (the most it could be); spread (standard deviation over the cities
        of a province of the shares within a group, mean); correlation (of logarithms between items
        over the cities of a province, mean; only without groups); degenerate.
    """
    split = regions[~regions["region"].isin(evidence.alone)]
    rows = []
    for quantity in quantities:
        measured = [
            _measure(quantity.values.reindex(part["region"]), quantity.groups)
            for _, part in split.groupby("province")
        ]
        found = pd.DataFrame(
            measured, columns=["numbers", "rank", "rank_limit", "spread", "correlation"]
        )
        sums_over = (quantity.kinds, quantity.codes, quantity.categories)
        there = quantity.told.ne(0).T
        data = [
            np.mean(
                [evidence.data(r, *sums_over, there[r].to_numpy(), which) for r in split["region"]]
            )
            if len(split)
            else np.nan
            for which in (STATUSES[:1], STATUSES)
        ]
        spread, correlation = found["spread"].mean(), found["correlation"].mean()
        rows.append(
            {
                "quantity": quantity.name,
                "numbers": found["numbers"].mean(),
                "data_observed": data[0],
                "data_imputed": data[1] - data[0],
                "provinces": len(found),
                "cities": len(split),
                "rank": found["rank"].median(),
                "rank_limit": found["rank_limit"].median(),
                "spread": spread,
                "correlation": correlation,
                "degenerate": bool(
                    spread <= SAME_MIX if quantity.groups is not None else correlation >= AS_ONE
                ),
            }
        )
    return pd.DataFrame(rows)


def _measure(values: pd.DataFrame, groups: pd.Series | None) -> tuple[float, ...]:
    """Items with a value, rank and its limit, spread and correlation, of the cities of a
    province.
    """
    table = values.to_numpy(float)
    numbers = float((np.isfinite(table) & (table != 0)).sum(axis=1).mean())
    whole = np.isfinite(table).all(axis=0) & (np.nansum(table, axis=0) > 0)
    shares = table[:, whole] / table[:, whole].sum(axis=0)
    singular = np.linalg.svd(shares, compute_uv=False) if shares.size else np.zeros(0)
    rank = float((singular > ROUND_OFF * singular.max()).sum()) if singular.size else 0.0
    limit = float(min(shares.shape))
    if groups is None:
        return numbers, rank, limit, np.nan, _correlate(table)
    spreads = []
    for _, items in groups.groupby(groups):
        part = values[items.index].to_numpy(float)
        total = part.sum(axis=1, keepdims=True)
        if len(items) > 1 and (total > 0).sum() > 1:
            inside = total[:, 0] > 0
            spreads += [*(part[inside] / total[inside]).std(axis=0)]
    return numbers, rank, limit, float(np.mean(spreads)) if spreads else np.nan, np.nan


def _correlate(table: np.ndarray) -> float:
    """Mean correlation of the logarithms of two items over cities that have both; NaN where no two
    have three cities.
    """
    found = []
    for two in zip(*np.tril_indices(table.shape[1], -1), strict=True):
        both = (table[:, two] > 0).all(axis=1)
        logs = np.log(table[both][:, two])
        if both.sum() > 2 and (logs.std(axis=0) > ROUND_OFF).all():
            found.append(np.corrcoef(logs.T)[0, 1])
    return float(np.mean(found)) if found else float("nan")


def warn_of_identification(table: pd.DataFrame) -> None:
    """Say which numbers of cities are the province's, spread by fewer data than there are
    numbers.
    """
    helps = (
        "Fix: observe output or value added by sector, power plants, or inventories of "
        "cities by sector."
    )
    same = table[table["degenerate"] & table["spread"].notna()]
    if len(same):
        warn(
            where="identified.csv",
            what="the cities of a province have the same mix within an industry",
            value="; ".join(
                f"{row.quantity} ({row.numbers:.0f} numbers, rank {row.rank:.0f})"
                for row in same.itertuples()
            ),
            expectation=f"shares that differ between cities by more than {SAME_MIX:g}",
            effect="These numbers are the province's, not the city's: differences between such "
            f"cities follow the model. {helps}",
        )
    for row in table[table["degenerate"] & table["correlation"].notna()].itertuples():
        warn(
            where="identified.csv",
            what=f"the {row.quantity} of a city move as one",
            value=f"correlation {row.correlation:.2f} between key sectors over the cities of a "
            "province",
            expectation=f"below {AS_ONE:g}",
            effect="One number a city, its CO2 total, sets all of them: they do not tell which "
            f"sector is dirty. {helps}",
        )


def final_demand_by_product(nested: xr.Dataset, final_demand: pd.DataFrame) -> xr.DataArray:
    """Final demand (region, sector, category) for products of the country, without stock changes.

    Parameters
    ----------
    nested
        nested/mrio.nc.
    """
    categories = [*final_demand.loc[final_demand["role"].ne("stock_changes"), "category"]]
    layers = (nested[name] for name in ("use_self", "use_intra", "use_rest"))
    return reduce(add, (layer.sel(use=categories) for layer in layers)).rename(use="category")


def quantities_of(
    footprints: xr.Dataset,
    inventory: xr.Dataset,
    demand: xr.DataArray,
    intensities: pd.DataFrame,
    tables: Mapping[str, pd.DataFrame],
) -> list[Quantity]:
    """The quantities of a run.

    Parameters
    ----------
    demand
        Final demand (region, sector, category) for products of the country.
    intensities
        analysis/key_intensities.csv.
    tables
        sectors and inventory_sectors of the dataset.
    """
    codes = [*tables["sectors"]["sector"]]
    industry = tables["sectors"].set_index("sector")["industry"]
    inventory_rows = [*tables["inventory_sectors"]["inventory_sector"]]

    def wide(values: xr.DataArray) -> pd.DataFrame:
        return values.transpose("region", "sector").to_pandas()[codes]

    flat = demand.sel(sector=codes).stack(item=["category", "sector"]).transpose("region", "item")
    labels = [f"{category}|{sector}" for category, sector in flat["item"].values]
    by_product = pd.DataFrame(flat.to_numpy(), index=flat["region"].values, columns=labels)
    groups = pd.Series([label.split("|")[0] for label in labels], index=labels)
    by_key = intensities.pivot(index="region", columns="key_sector", values="intensity")
    added, output = wide(footprints["value_added"]), wide(footprints["output"])
    emitted = inventory["emissions_inventory"].transpose("region", "inventory_sector")
    of_emissions = (("emissions",), inventory_rows, emitted.to_pandas()[inventory_rows])
    return [
        Quantity("value added by sector", added, industry, ("value_added",), codes, added),
        Quantity("output by sector", output, industry, ("output", "value_added"), codes, output),
        Quantity("emissions by sector", wide(inventory["emissions"]), industry, *of_emissions),
        Quantity(
            "final demand by product and category",
            by_product,
            groups,
            ("final_demand",),
            codes,
            by_product,
            [*demand["category"].to_numpy()],
        ),
        Quantity("intensities of key sectors", by_key, None, *of_emissions),
    ]
