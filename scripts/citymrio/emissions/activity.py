"""From energy and activity data to emissions: activity x emission factor, and scaling down to cities (cases 1-3).

First half of method section 8: what the inventories of provinces and cities say, before anything is calibrated.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError
from ..base.labels import EMISSIONS

#: Fuel names with a meaning of their own: process emissions, and all fuels together (blank in the files).
PROCESS, ALL_FUELS = "process", "all"


def row_emissions(table: pd.DataFrame, fuels: pd.DataFrame) -> pd.DataFrame:
    """Emissions of every row of an inventory: ``CE = AD x EF`` where activity is given, the printed emissions else.

    Parameters
    ----------
    table
        Columns inventory_sector, fuel (blank = all fuels, ``process`` = process emissions), activity (unit of the fuel),
        emissions (t CO2); a row needs one of the two. Fuel and activity may be absent.
    fuels
        fuel, unit, emission_factor (t CO2 per unit).

    Returns
    -------
    pandas.DataFrame
        The table with blank fuels named ``all`` and `emissions` in every row that has data (NaN: a row without data).

    Notes
    -----
    Eq. (3) of the paper, ``CE = sum_ij AD_ij EF_i``; EF contains net calorific value, carbon content, oxidation and 44/12.
    Rows that contradict themselves or one another are refused on entry (`citymrio.dataset.contract.inventories`).
    """
    rows = table.copy()
    rows["fuel"] = rows["fuel"].fillna("").replace("", ALL_FUELS) if "fuel" in rows else ALL_FUELS
    for name in ("activity", "emissions"):
        rows[name] = pd.to_numeric(rows[name]) if name in rows else np.nan
    computed = rows["activity"] * rows["fuel"].map(fuels.set_index("fuel")["emission_factor"])
    rows["emissions"] = computed.where(computed.notna(), rows["emissions"])
    return rows


def national_inventory(table: pd.DataFrame | None, fuels: pd.DataFrame) -> pd.Series | None:
    """The national inventory by inventory sector, t CO2, from rows of inventory_national.csv; None where there is none."""
    if table is None or table.empty:
        return None
    return row_emissions(table, fuels).groupby("inventory_sector")["emissions"].sum()


def _pivot(rows: pd.DataFrame, column: str, sectors: list[str], fuels: list[str]) -> np.ndarray:
    unknown = sorted(set(rows["inventory_sector"]) - set(sectors))
    if unknown:
        raise DataError(
            f"inventory sector '{unknown[0]}' is not in inventory_sectors.csv", fix="use the codes of inventory_sectors.csv."
        )
    table = rows.pivot_table(index="inventory_sector", columns="fuel", values=column, aggfunc="sum")
    return table.reindex(index=sectors, columns=fuels).fillna(0.0).to_numpy(float)


def provincial_emissions(
    provincial: Mapping[str, pd.DataFrame], inventory_sectors: pd.DataFrame, fuels: pd.DataFrame
) -> xr.DataArray:
    """Provincial inventories as a labelled array.

    Parameters
    ----------
    provincial
        Province code -> rows of ``inventory/<p>.csv``; provinces without an inventory have no entry or no rows with data.

    Returns
    -------
    xarray.DataArray
        (province, inventory_sector, fuel), t CO2; fuel runs over fuels.csv, ``process``, ``all``.
    """
    sectors = [*inventory_sectors["inventory_sector"]]
    names = [*fuels["fuel"], *(name for name in (PROCESS, ALL_FUELS) if name not in set(fuels["fuel"]))]
    codes, emissions = [], []
    for province in sorted(provincial):
        rows = row_emissions(provincial[province], fuels)
        rows = rows[rows["emissions"].notna()]
        if rows.empty:
            continue
        codes.append(province)
        emissions.append(_pivot(rows, "emissions", sectors, names))
    coords = {"province": np.array(codes, dtype=str), "inventory_sector": sectors, "fuel": names}
    shape = (len(codes), len(sectors), len(names))
    dims = ("province", "inventory_sector", "fuel")
    attrs = {"units": EMISSIONS, "long_name": "provincial inventory"}
    return xr.DataArray(np.reshape(emissions, shape), coords, dims, attrs=attrs)


def with_level(emissions: xr.DataArray, level: Mapping[str, np.ndarray]) -> xr.DataArray:
    """Provincial inventories with those of other places, t CO2 by inventory sector, as emissions of all fuels."""
    other = [place for place in level if place not in emissions["province"].values]
    if not other:
        return emissions
    added = np.zeros((len(other), *emissions.shape[1:]))
    added[:, :, [*emissions["fuel"].values].index(ALL_FUELS)] = [level[place] for place in other]
    coords = {"province": other, **{name: emissions[name].values for name in emissions.dims[1:]}}
    return xr.concat([emissions, xr.DataArray(added, coords, emissions.dims)], dim="province")


def own_sectors(city: pd.DataFrame, fuels: pd.DataFrame, sectors: list[str], household: list[str]) -> dict[str, np.ndarray]:
    """Cities' own inventories of case 1: region -> t CO2 by inventory sector, NaN for households that a city leaves out."""
    found = {}
    for region, group in city.groupby("region", sort=True):
        rows = row_emissions(group, fuels)
        known = rows[rows["emissions"].notna()]
        table = _pivot(known, "emissions", sectors, [*known["fuel"].unique()]).sum(axis=1)
        if not known["inventory_sector"].isin(household).any():
            table[np.isin(sectors, household)] = np.nan
        found[region] = table
    return found


def city_emissions(
    city: pd.DataFrame,
    *,
    emissions: xr.DataArray,
    proxy: xr.DataArray,
    province_of: Mapping[str, str],
    fuels: pd.DataFrame,
    household: list[str],
) -> tuple[dict[str, np.ndarray], dict[str, float], dict[str, int]]:
    """Cities' own inventories, scaled down from the province as far as they are incomplete (method section 8, cases 1-3).

    Case 1, sectors and fuels known: taken as they are (household rows that are missing altogether come from the province by
    population). Case 2, no balance of the city: ``AD_ij^r = AD_ij^p x proxy share``. Case 3, totals only (blank inventory
    sector): the total of a fuel is spread over sectors as ``AD_ij^p x proxy share``, the total of all fuels by the
    emissions of the province, both in proportion. A `coverage` column (share of output covered, e.g. by above-scale
    enterprises) divides the row. After Shan et al. (2017), Journal of Cleaner Production 163; the cases are our reading.

    Parameters
    ----------
    city
        Rows region, inventory_sector, fuel, activity, emissions, case, optional coverage.
    emissions
        Of the provinces, from :func:`provincial_emissions`, and of other pools of regions.
    proxy
        (region, inventory_sector): a city's share of its pool, one per inventory sector.
    province_of
        region -> its pool in `emissions`.

    Returns
    -------
    inventories
        region -> t CO2 by inventory sector (order of `emissions.inventory_sector`).
    totals
        region -> t CO2, only where the city's own data fix the total (cases 1 and 3).
    cases
        region -> 1, 2 or 3.
    """
    sectors = [*emissions["inventory_sector"].values]
    is_household = np.isin(sectors, household)
    inventories: dict[str, np.ndarray] = {}
    totals: dict[str, float] = {}
    cases: dict[str, int] = {}
    for region, group in city.groupby("region", sort=True):
        where = f"inventory_city, region {region}"
        if region not in province_of:
            raise DataError("the region is not in regions.csv", where=where, fix="correct the code.")
        numbers = sorted(set(group["case"].dropna().astype(int)))
        if len(numbers) != 1 or numbers[0] not in (1, 2, 3):
            raise DataError(f"case is {numbers}, expected one of 1, 2, 3 per city", where=where, fix="see docs/contracts.md.")
        cases[region] = numbers[0]
        rows = row_emissions(group, fuels)
        if "coverage" in rows:
            coverage = pd.to_numeric(rows["coverage"]).fillna(1.0)
            if not coverage.between(0, 1, inclusive="right").all():
                raise DataError("coverage must lie in (0, 1]", where=where, fix="write the share of output covered.")
            rows["emissions"] /= coverage
        share = proxy.sel(region=region, inventory_sector=sectors).to_numpy()
        known = rows[rows["emissions"].notna()]
        if numbers[0] == 1:
            table = _pivot(known, "emissions", sectors, [*emissions["fuel"].values]).sum(axis=1)
            if not known["inventory_sector"].isin(household).any():
                by_population = emissions.sel(province=province_of[region]).sum("fuel").to_numpy() * share
                table = np.where(is_household, by_population, table)
        elif numbers[0] == 2:
            table = emissions.sel(province=province_of[region]).sum("fuel").to_numpy() * share
        else:
            table = _spread_totals(known, emissions.sel(province=province_of[region]), share, where)
        inventories[region] = table
        if numbers[0] != 2:
            totals[region] = float(table.sum())
    return inventories, totals, cases


def _spread_totals(known: pd.DataFrame, emissions: xr.DataArray, share: np.ndarray, where: str) -> np.ndarray:
    """Case 3: totals by fuel (or of all fuels) over inventory sectors, in proportion to the scaled-down provincial pattern."""
    pattern = emissions.to_numpy() * share[:, None]
    names = [*emissions["fuel"].values]
    table = np.zeros(pattern.shape[0])
    for row in known.itertuples():
        column = pattern.sum(axis=1) if row.fuel == ALL_FUELS else pattern[:, names.index(row.fuel)]
        if row.inventory_sector:
            table[[*emissions["inventory_sector"].values].index(row.inventory_sector)] += row.emissions
        elif column.sum() > 0:
            table += row.emissions * column / column.sum()
        elif row.emissions > 0:
            raise DataError(
                f"{row.emissions:.6g} t from {row.fuel} cannot be spread: the province burns none in sectors the city has",
                where=where,
                fix="give the sector of these emissions.",
            )
    return table
