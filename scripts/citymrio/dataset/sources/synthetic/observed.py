"""What the statistics of the synthetic country show of the truth: distorted provincial tables,
noisy and missing city data.
"""

import numpy as np
import pandas as pd
import xarray as xr

from citymrio.base.labels import array
from citymrio.base.vocabulary import OBSERVATION

from ...printed_trade import PAIRS
from .blueprint import MONEY, VALUE_ADDED_ITEMS, Blueprint
from .country import Country
from .economy import Economy
from .parameters import Parameters

#: Years after that of the dataset for which CO2 totals of cities are invented.
LATER = 7


def provincial_truth(
    blueprint: Blueprint, country: Country, truth: xr.Dataset, economy: Economy
) -> list[dict[str, np.ndarray]]:
    """True provincial tables: total use (imports and inflows included), trade accounts by product,
    exact.
    """
    owner, count = country.province_index, len(blueprint.sector)
    table = truth["province_table"].values
    use = economy.use
    between = table.sum(axis=3)
    between[np.arange(len(between)), :, np.arange(len(between))] = 0.0
    result = []
    for p in range(len(country.provinces)):
        rows = owner == p
        total = np.concatenate([use[rows].sum(axis=0), np.zeros((count, 1))], axis=1)
        total[:, -1] = table[:, :, p, -1].sum(axis=0) + economy.stock_changes_imports[p]
        imports = (economy.import_share[rows] * use[rows].sum(axis=2)).sum(
            axis=0
        ) + economy.stock_changes_imports[p]
        result.append(
            {
                "use": total,
                "imports": imports,
                "exports": truth["exports"].values[rows].sum(axis=0),
                "error": truth["error"].values[rows].sum(axis=0),
                "output": truth["output"].values[rows].sum(axis=0),
                "value_added": truth["value_added"].values[rows].sum(axis=0),
                "outflow": between[p].sum(axis=1),
                "inflow": between[:, :, p].sum(axis=0),
            }
        )
    return result


def distort(
    account: dict[str, np.ndarray],
    parameters: Parameters,
    rng: np.random.Generator,
    *,
    transit: np.ndarray,
    hauling: float = 1.0,
) -> dict[str, np.ndarray]:
    """A provincial table as its statistics print it: balanced, but at another level than the truth.

    Sector j's whole column (inputs, value added, output) and product i's exports move by one
    lognormal factor per sector; each final-demand category by another (capital formation most).
    Imports keep their share of use. Outflow and inflow take the remaining net trade N by the
    nearest pair (OUT f, INF / f), f = (N + sqrt(N^2 + 4 OUT INF)) / (2 OUT). The odds that what the
    province could make for itself is cross-hauled are multiplied by `hauling`.
    `transit` (share of output, by product) is added to both (re-exports). Products that never leave
    keep outflow 0; what their net trade is above 0 goes to the error account.
    """
    count = len(account["output"])
    mean, sd = np.log1p(parameters.overstated), parameters.table_sd
    level = np.exp(rng.normal(mean, sd, count))
    demand = np.exp(rng.normal(mean, sd, account["use"].shape[1] - count))
    use = account["use"] * np.concatenate([level, demand])[None]
    before = account["use"].sum(axis=1)
    imports = np.divide(
        account["imports"] * use.sum(axis=1),
        before,
        out=account["imports"].copy(),
        where=before != 0,
    )
    table = {key: account[key] * level for key in ("output", "value_added", "exports", "error")} | {
        "use": use,
        "imports": imports,
    }
    net = table["output"] - use.sum(axis=1) - table["exports"] + imports - table["error"]
    out, into = account["outflow"], account["inflow"]
    root = np.sqrt(net**2 + 4 * out * into)
    high = np.where(
        net >= 0,
        (net + root) / 2,
        np.divide(2 * out * into, root - net, out=np.zeros(count), where=root > net),
    )
    spare = np.where(out == 0, high, 0.0)
    table["error"] = table["error"] + spare
    moved = np.where(out == 0, 0.0, transit * table["output"])
    table["outflow"] = high - spare
    table["inflow"] = np.where(
        net >= 0, np.divide(out * into, high, out=np.zeros(count), where=high > 0), high - net
    )
    if hauling != 1:
        own = table["output"] - table["exports"] - table["error"] - table["outflow"]
        room = own + np.minimum(table["outflow"], table["inflow"])
        kept = np.divide(own, room, out=np.ones(count), where=(own > 0) & (room > 0))
        moved = moved + room * (kept - kept / (kept + (1 - kept) * hauling))
    table["outflow"] += moved
    table["inflow"] += moved
    # Output and value added absorb the round-off of the two roots, so that the printed table
    # balances to the last digit.
    table["output"] = (
        use.sum(axis=1)
        + table["exports"]
        - imports
        + table["outflow"]
        - table["inflow"]
        + table["error"]
    )
    table["value_added"] = table["output"] - use[:, :count].sum(axis=0)
    return table


def unreported(account: dict[str, np.ndarray], missing: str) -> dict[str, np.ndarray]:
    """The table of a province that reports no trade with the nation (`missing` = "domestic") or
    abroad ("foreign").

    All its trade is in the other pair; the missing pair is NaN.
    """
    kept, away = PAIRS if missing == "domestic" else PAIRS[::-1]
    table = dict(account)
    for absent, present in zip(away, kept, strict=True):
        table[present] = account[present] + account[absent]
        table[absent] = np.full_like(account[absent], np.nan)
    return table


def inventory_errors(
    provinces: int, rows: int, parameters: Parameters, rng: np.random.Generator
) -> np.ndarray:
    """Printed over true emissions of provinces (province, row): a level of all, one of each
    province, one of each row.

    Errors of provinces and rows have mean 1, so that they leave the nation's sum. Of the level of
    all, its inverse has: nothing but the printed sum tells it, and the true one is expected there.
    """
    spreads = parameters.inventory_sd, parameters.province_inventory_sd, parameters.province_row_sd
    parts = zip(spreads, (1, -1, -1), ((1, 1), (provinces, 1), (provinces, rows)), strict=True)
    return np.exp(sum(sd * rng.normal(size=shape) + s * sd**2 / 2 for sd, s, shape in parts))


def value_added_items(
    blueprint: Blueprint, value_added: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Value added by item (item, sector); agriculture's net taxes are negative (subsidies), profits
    take the rest.
    """
    shares = np.array(list(VALUE_ADDED_ITEMS.values()))[:, None] * np.exp(
        rng.normal(0, 0.15, (4, len(value_added)))
    )
    shares[1] = np.where(blueprint.sectors["industry"] == "primary", -0.03, shares[1])
    shares[3] = 1 - shares[:3].sum(axis=0)
    items = shares * value_added
    items[3] += value_added - items.sum(axis=0)
    return items


def label(
    blueprint: Blueprint, account: dict[str, np.ndarray], items: np.ndarray, *, nation: bool = False
) -> xr.Dataset:
    """A provincial (or the national) table with its labels, variables as in provinces/<p>.nc."""
    data = {
        "total_use": array(
            account["use"], ("sector", "use"), MONEY, "total use, imports and inflows included"
        ),
        "value_added": array(items, ("item", "sector"), MONEY, "value added by item"),
    }
    names = (
        ("output", "exports", "imports", "error")
        if nation
        else ("output", "exports", "imports", "outflow", "inflow", "error")
    )
    data |= {name: array(account[name], ("sector",), MONEY, name) for name in names}
    return xr.Dataset(
        data,
        coords={
            "sector": blueprint.sector,
            "use": blueprint.sector + blueprint.category,
            "item": list(VALUE_ADDED_ITEMS),
        },
    )


def nation(accounts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The national table: the sum of the true provinces (trade between them cancels by product)."""
    return {
        key: sum((account[key] for account in accounts), np.zeros(()))
        for key in ("use", "imports", "exports", "error", "output", "value_added")
    }


def observations(
    blueprint: Blueprint,
    country: Country,
    truth: xr.Dataset,
    final: np.ndarray,
    emissions: np.ndarray,
    parameters: Parameters,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """All city data, one datum a row, with the columns of observations/<p>.csv.

    Parameters
    ----------
    final
        True final demand, imports included (region, category without stock changes), 10^4 CNY.
    emissions
        True CO2 of the regions with households, t; NaN where no total is published.
    """
    sectors, regions = blueprint.sectors, country.regions
    output, va, exports = (truth[name].values for name in ("output", "value_added", "exports"))
    count = len(regions)
    split = (regions["kind"] == "city").to_numpy() & parameters.detail
    silent = _silent(blueprint, country, parameters.silent, rng)
    sd = parameters.statistics_sd
    noise = rng.lognormal(0, sd, (count, 3))
    industries = [
        (sectors["industry"] == industry).to_numpy()
        for industry in ("primary", "secondary", "tertiary")
    ]
    #: Region, quantity, codes of sectors, category, value, source.
    told: list[tuple[int, str, list[str], str, float, str]] = [
        (
            place,
            "value_added",
            sectors["sector"][chosen].tolist(),
            "",
            va[place, chosen].sum() * noise[place, k],
            "yearbook, value added by industry",
        )
        for place in range(count)
        if place not in silent
        for k, chosen in enumerate(industries)
    ]
    industrial = np.flatnonzero((sectors["industry"] == "secondary") & (sectors["kind"] == "goods"))
    # of the tiny country one output is observed nowhere, though its neighbours' is
    hidden = (list(regions["region"]).index("P0302"), 3) if blueprint.size == "tiny" else (-1, -1)
    detailed = rng.random(count) < 0.30
    noise = rng.lognormal(0, sd, output.shape)
    for place in np.flatnonzero(detailed & split).tolist():
        largest = industrial[np.argsort(-output[place, industrial], kind="stable")][:5]
        told += [
            (
                place,
                "output",
                [blueprint.sector[i]],
                "",
                output[place, i] * noise[place, i],
                "yearbook, industrial output",
            )
            for i in sorted(largest)
            if (place, i) != hidden and output[place, i] > 0
        ]
    traders = rng.random(count) < 0.60
    noise = rng.lognormal(0, sd, count)
    goods = (sectors["kind"] == "goods").to_numpy()
    traded = sectors["sector"][goods].tolist()
    sold = exports[:, goods]
    told += [
        (p, "exports", traded, "", sold[p].sum() * noise[p], "customs, exports of goods")
        for p in np.flatnonzero(traders & split).tolist()
    ]
    investors = rng.random(count) < 0.33
    noise = rng.lognormal(0, sd, count)
    capital = list(blueprint.final_demand["role"]).index("capital")
    category, source = blueprint.category[capital], "yearbook, capital formation"
    told += [
        (p, "final_demand", [], category, final[p, capital] * noise[p], source)
        for p in np.flatnonzero(investors & split).tolist()
    ]
    offset = rng.lognormal(*parameters.offset, len(country.provinces))[country.province_index]
    noise = rng.lognormal(0, parameters.totals_sd, count)
    source = "city inventory, total with households"
    told += [
        (p, "emissions", [], "", emissions[p] * offset[p] * noise[p], source)
        for p in np.flatnonzero(np.isfinite(emissions)).tolist()
    ]
    rows = [
        (
            regions["region"].iloc[place],
            quantity,
            ";".join(codes),
            of,
            value,
            "t CO2" if quantity == "emissions" else MONEY,
            f"synthetic: {source}",
            "observed",
            0.7 if quantity == "emissions" else 0.9,
        )
        for place, quantity, codes, of, value, source in told
    ]
    return pd.DataFrame(rows, columns=[*OBSERVATION]).sort_values(
        ["region", "quantity", "sectors", "category"], kind="stable"
    )


def history(table: pd.DataFrame, year: int, rng: np.random.Generator) -> pd.DataFrame:
    """CO2 totals of the year and of `LATER` more (emissions_history.csv): a trend by region, noise,
    and years without a total.

    Parameters
    ----------
    table
        Observations of all regions: a region with a total in them has that one in `year`.
    """
    known = table[table["quantity"].eq("emissions") & table["sectors"].eq("")]
    start = known["value"].to_numpy()[:, None]
    growth = rng.normal(0.02, 0.03, start.shape) * np.arange(1, LATER + 1)
    later = start * np.exp(growth + rng.normal(0, 0.08, growth.shape))
    later[rng.random(growth.shape) < 0.15] = np.nan
    years = [*range(year, year + LATER + 1)]
    wide = pd.DataFrame(
        np.hstack([start, later]),
        pd.Index(known["region"], name="region"),
        pd.Index(years, name="year"),
    )
    long = wide.stack().dropna().rename("emissions").reset_index()
    return long.assign(source="synthetic: city inventory, total with households")


def _silent(
    blueprint: Blueprint, country: Country, number: int, rng: np.random.Generator
) -> set[int]:
    """Cities without value added by industry; in the tiny country a city of P04."""
    if blueprint.size == "tiny":
        return {list(country.regions["region"]).index("P0406")}
    cities = np.flatnonzero((country.regions["kind"] == "city") & ~country.regions["capital"])
    return set(rng.choice(cities, number, replace=False).tolist())


def reported_gdp(
    table: pd.DataFrame, truth: xr.Dataset, country: Country, rng: np.random.Generator
) -> np.ndarray:
    """GDP as printed in regions.csv, 10^4 CNY: the sum of the printed industries, or the noisy
    truth where none are.
    """
    total = (
        table[table["quantity"] == "value_added"]
        .groupby("region")["value"]
        .sum()
        .reindex(country.regions["region"])
    )
    true = truth["value_added"].values.sum(axis=1) * rng.lognormal(0, 0.04, len(country.regions))
    return np.where(total.notna(), total.to_numpy(), true)
