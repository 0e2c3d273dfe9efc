"""Extra observations that the estimate was not told, such as power plants, beside what it says of
the same.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from ..measures import correlation

#: What stands beside a datum: the run's output (or value added, final demand), its emissions of the
#: same sectors, people, GDP.
ESTIMATES = ("account", "emissions", "population", "gdp")
COLUMNS = (
    "extra",
    "quantity",
    "sectors",
    "category",
    "province",
    "region",
    "name",
    "told",
    *ESTIMATES,
)
SCORES = (
    "extra",
    "quantity",
    "sectors",
    "category",
    "estimate",
    "cities",
    "provinces",
    "wrong_percent",
    "log_sd",
    "log_correlation",
    "rank_correlation",
)


def kept_apart(
    extras: Sequence[pd.DataFrame],
    accounts: xr.Dataset,
    inventory: xr.Dataset,
    regions: pd.DataFrame,
) -> pd.DataFrame:
    """Shares of cities in the sum over the cities of their province that have the datum: told, and
    by every estimate.

    Parameters
    ----------
    extras
        extras/<p>.csv of all provinces that have them.
    accounts
        Of the estimate without them (:meth:`.left_out.Left.accounts`).
    inventory
        footprint/emissions.nc of the same.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; `account_total` and `emissions_total` are what the estimate has of all these
        cities together (money, t CO2). Provinces with one such city, or none that the source or the
        run gives anything, say nothing and are left out.
    """
    columns = [*COLUMNS, "account_total", "emissions_total"]
    if not extras:
        return pd.DataFrame(columns=columns)
    table = pd.concat(extras, ignore_index=True).fillna({"sectors": "", "category": ""})
    table = table[table["quantity"].isin(["output", "value_added", "final_demand"])]
    about = regions.set_index("region")
    parts = []
    for key, rows in table.groupby(
        ["extra", "quantity", "sectors", "category", "source"], sort=True
    ):
        extra, quantity, sectors, category, _ = (str(part) for part in key)
        codes = rows["region"].tolist()
        account, emitted = _of(accounts, inventory, codes, quantity, sectors, category)
        values = pd.DataFrame(
            {"told": rows["value"].to_numpy(), "account": account, "emissions": emitted},
            index=codes,
        )
        values = values.join(about[["name", "province", "population", "gdp"]])
        sums = values.groupby("province")[["told", *ESTIMATES]].transform("sum")
        kept = values.groupby("province")["told"].transform("size").gt(1) & (
            sums[["told", "account"]] > 0
        ).all(axis=1)
        shares = (values[["told", *ESTIMATES]] / sums.where(sums > 0))[kept]
        found = shares.assign(extra=extra, quantity=quantity, sectors=sectors, category=category)
        found = (
            found.join(values.loc[kept, ["name", "province"]]).rename_axis("region").reset_index()
        )
        parts.append(
            found.assign(
                account_total=sums["account"][kept].to_numpy(),
                emissions_total=sums["emissions"][kept].to_numpy(),
            )
        )
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _of(
    accounts: xr.Dataset,
    inventory: xr.Dataset,
    codes: list[str],
    quantity: str,
    sectors: str,
    category: str,
) -> tuple[np.ndarray, np.ndarray]:
    """What the estimate has of a datum's sum, and the emissions of its sectors (NaN of final
    demand), by region.
    """
    chosen = [code for code in sectors.split(";") if code] or [*accounts["sector"].values]
    if quantity == "final_demand":
        demand = accounts["final_prior"].sel(region=codes, sector=chosen).sum("sector")
        return demand.sel(category=[category] if category else [*demand["category"].values]).sum(
            "category"
        ).values, np.full(len(codes), np.nan)
    emitted = inventory["emissions"].sel(region=codes, sector=chosen).sum("sector").values
    return accounts[quantity].sel(region=codes, sector=chosen).sum("sector").values, emitted


def scores_apart(table: pd.DataFrame) -> pd.DataFrame:
    """How far every estimate of the shares is from those told.

    Returns
    -------
    pandas.DataFrame
        `SCORES`, a row for every kind of datum and estimate. `wrong_percent`: half the sum of
        |estimate - told| of a province, weighted by the run's amount (emissions: by the run's
        emissions): what stands in the wrong city if the source is right. Logs and ranks over all
        cities, of those that both give something.
    """
    rows = []
    for key, group in table.groupby(["extra", "quantity", "sectors", "category"], sort=True):
        for name in ESTIMATES:
            if group[name].isna().all():
                continue
            weight = group["emissions_total" if name == "emissions" else "account_total"]
            gap = (group[name] - group["told"]).abs().groupby(group["province"]).sum() / 2
            of = weight.groupby(group["province"]).first()
            both = group[(group["told"] > 0) & (group[name] > 0)]
            told, found = np.log(both["told"]), np.log(both[name])
            wrong = 100 * float((gap * of).sum() / of.sum())
            counts = (len(group), group["province"].nunique())
            alike = correlation(found, told), correlation(group[name].rank(), group["told"].rank())
            rows.append((*key, name, *counts, wrong, (found - told).std(), *alike))
    return pd.DataFrame(rows, columns=[*SCORES])
