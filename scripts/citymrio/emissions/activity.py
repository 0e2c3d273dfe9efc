"""From energy and activity data to emissions: activity x emission factor, and scaling down to
cities (cases 1-3); emission intensities of provinces, t CO2 per unit of money.

First half of method section 8: what the inventories of provinces and cities say, before anything is
calibrated.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError
from ..base.geography import people_of
from ..base.labels import EMISSIONS
from .bridge import bridge_matrix, bridge_shares


def household_rows(inventory_sectors: pd.DataFrame, regions: pd.DataFrame) -> dict[str, np.ndarray]:
    """Household row -> persons of its residence (region,)."""
    rows = inventory_sectors[inventory_sectors["kind"].eq("household")]
    return {
        row.inventory_sector: people_of(regions, "household", row.residence)
        for row in rows.itertuples()
    }


def provincial_intensities(
    output: xr.DataArray,
    inventory: Mapping[str, pd.DataFrame] | xr.DataArray,
    inventory_sectors: pd.DataFrame,
    bridge: pd.DataFrame,
    fuels: pd.DataFrame,
    sectors: pd.DataFrame,
) -> xr.DataArray:
    """e_bj^p = E_bj^p / X_j^p with the inventory rows b bridged by output; 0 where the sector makes
    nothing.

    Summed over the rows: the intensity of the sector.

    Parameters
    ----------
    output
        X (province, sector), money.
    inventory
        Province -> rows of inventory/<p>.csv, or what
        :func:`~citymrio.emissions.activity.provincial_emissions` made of them.

    Returns
    -------
    DataArray
        (province, inventory_sector, sector) for the provinces that have an inventory, t CO2 per
        unit of money.
    """
    if not isinstance(inventory, xr.DataArray):
        inventory = provincial_emissions(inventory, inventory_sectors, fuels)
    emissions = inventory.sum("fuel").transpose("province", "inventory_sector")
    codes = emissions["province"].values.tolist()
    x = (
        output.sel(province=codes, sector=[*sectors["sector"]])
        .transpose("province", "sector")
        .to_numpy()
    )
    shares = bridge_shares(bridge_matrix(bridge, inventory_sectors, sectors), x)
    rows = [*inventory_sectors["inventory_sector"]]
    by_sector = emissions.sel(inventory_sector=rows).to_numpy()[:, :, None] * shares
    values = np.divide(by_sector, x[:, None], out=np.zeros_like(by_sector), where=x[:, None] > 0)
    return xr.DataArray(
        values,
        {"province": codes, "inventory_sector": rows, "sector": [*sectors["sector"]]},
        ("province", "inventory_sector", "sector"),
        attrs={"units": f"{EMISSIONS} per {output.attrs['units']}"},
    )


def emissions_of_cities(
    city: pd.DataFrame | None,
    inventory_sectors: pd.DataFrame,
    bridge: pd.DataFrame,
    fuels: pd.DataFrame,
    sectors: pd.DataFrame,
) -> xr.DataArray:
    """Emissions by sector of the cities that have an inventory of their own by sector (case 1).

    Parameters
    ----------
    city
        Rows of inventory_city.

    Returns
    -------
    DataArray
        (region, sector), t CO2; NaN where a row of the inventory speaks of several sectors.
    """
    names = inventory_sectors["inventory_sector"].tolist()
    household = inventory_sectors.loc[
        inventory_sectors["kind"].eq("household"), "inventory_sector"
    ].tolist()
    own = {} if city is None else own_sectors(city[city["case"].eq(1)], fuels, names, household)
    matrix = bridge_matrix(bridge, inventory_sectors, sectors)
    alone = matrix.sum(axis=1) == 1
    table = np.array([*own.values()]).reshape(len(own), len(names))
    values = np.where(matrix[~alone].sum(axis=0) > 0, np.nan, table[:, alone] @ matrix[alone])
    return xr.DataArray(
        values,
        {"region": [*own], "sector": [*sectors["sector"]]},
        ("region", "sector"),
        attrs={"units": EMISSIONS},
    )


#: Fuel names with a meaning of their own: process emissions, and all fuels together (blank in the
#: files).
PROCESS, ALL_FUELS = "process", "all"


def row_emissions(table: pd.DataFrame, fuels: pd.DataFrame) -> pd.DataFrame:
    """Emissions of every row of an inventory: ``CE = AD x EF`` where activity is given, the printed
    emissions else.

    Parameters
    ----------
    table
        Columns inventory_sector, fuel (blank = all fuels, ``process`` = process emissions),
        activity (unit of the fuel), emissions (t CO2); a row needs one of the two. Fuel and
        activity may be absent.
    fuels
        fuel, unit, emission_factor (t CO2 per unit).

    Returns
    -------
    pandas.DataFrame
        The table with blank fuels named ``all`` and `emissions` in every row that has data (NaN: a
        row without data).

    Notes
    -----
    Eq. (3) of the paper, ``CE = sum_ij AD_ij EF_i``; EF contains net calorific value, carbon
    content, oxidation and 44/12. Rows that contradict themselves or one another are refused on
    entry (`citymrio.dataset.contract.inventories`).
    """
    rows = table.copy()
    rows["fuel"] = rows["fuel"].fillna("").replace("", ALL_FUELS) if "fuel" in rows else ALL_FUELS
    for name in ("activity", "emissions"):
        rows[name] = pd.to_numeric(rows[name]) if name in rows else np.nan
    # by reindex: `map` leaves an empty column of names what it is, and names cannot be multiplied
    computed = rows["activity"] * fuels.set_index("fuel")["emission_factor"].reindex(
        rows["fuel"]
    ).to_numpy(float)
    rows["emissions"] = computed.where(computed.notna(), rows["emissions"])
    return rows


def national_inventory(table: pd.DataFrame | None, fuels: pd.DataFrame) -> pd.Series | None:
    """The national inventory by inventory sector, t CO2, from rows of inventory_national.csv; None
    where there is none.
    """
    if table is None or table.empty:
        return None
    return row_emissions(table, fuels).groupby("inventory_sector")["emissions"].sum()


def _cells(
    rows: pd.DataFrame, owner: np.ndarray, owners: int, sectors: list[str], fuels: list[str]
) -> np.ndarray:
    """Emissions of inventory rows as cells (owner, inventory_sector, fuel), t CO2; rows of one cell
    add up.

    `owner` is the position of every row's place.
    """
    places = [
        pd.Series(range(len(labels)), labels)[rows[name]].to_numpy(int)
        for name, labels in (("inventory_sector", sectors), ("fuel", fuels))
    ]
    found = np.zeros((owners, len(sectors), len(fuels)))
    np.add.at(found, (owner, *places), rows["emissions"].to_numpy(float))
    return found


def provincial_emissions(
    provincial: Mapping[str, pd.DataFrame], inventory_sectors: pd.DataFrame, fuels: pd.DataFrame
) -> xr.DataArray:
    """Provincial inventories as a labelled array.

    Parameters
    ----------
    provincial
        Province code -> rows of ``inventory/<p>.csv``; provinces without an inventory have no entry
        or no rows with data.

    Returns
    -------
    xarray.DataArray
        (province, inventory_sector, fuel), t CO2; fuel runs over fuels.csv, ``process``, ``all``.
    """
    sectors = [*inventory_sectors["inventory_sector"]]
    names = [
        *fuels["fuel"],
        *(name for name in (PROCESS, ALL_FUELS) if name not in set(fuels["fuel"])),
    ]
    inventories = {
        province: provincial[province]
        for province in sorted(provincial)
        if len(provincial[province])
    }
    codes, emissions = np.zeros(0, dtype=str), np.zeros((0, len(sectors), len(names)))
    if inventories:
        rows = row_emissions(pd.concat(inventories.values(), ignore_index=True), fuels)
        known = rows["emissions"].notna().to_numpy()
        owner, codes = pd.factorize(
            np.repeat([*inventories], [len(table) for table in inventories.values()])[known]
        )
        emissions = _cells(rows[known], owner, len(codes), sectors, names)
    coords = {"province": codes.astype(str), "inventory_sector": sectors, "fuel": names}
    dims = ("province", "inventory_sector", "fuel")
    attrs = {"units": EMISSIONS, "long_name": "provincial inventory"}
    return xr.DataArray(emissions, coords, dims, attrs=attrs)


def emissions_of_all_fuels(
    emissions: xr.DataArray, level: Mapping[str, np.ndarray]
) -> xr.DataArray:
    """Provincial inventories with those of other places, t CO2 by inventory sector, as emissions of
    all fuels.
    """
    other = [place for place in level if place not in emissions["province"].values]
    if not other:
        return emissions
    added = np.zeros((len(other), *emissions.shape[1:]))
    added[:, :, [*emissions["fuel"].values].index(ALL_FUELS)] = [level[place] for place in other]
    coords = {"province": other, **{name: emissions[name].values for name in emissions.dims[1:]}}
    return xr.concat([emissions, xr.DataArray(added, coords, emissions.dims)], dim="province")


def own_sectors(
    city: pd.DataFrame, fuels: pd.DataFrame, sectors: list[str], household: list[str]
) -> dict[str, np.ndarray]:
    """Cities' own inventories of case 1: region -> t CO2 by inventory sector, NaN for households
    that a city leaves out.
    """
    rows = row_emissions(city, fuels)
    owner, regions = pd.factorize(rows["region"], sort=True)
    table, without = _own_tables(
        rows, owner, len(regions), sectors, [*rows["fuel"].unique()], household
    )
    table[np.ix_(without, np.isin(sectors, household))] = np.nan
    return dict(zip(regions.astype(str), table, strict=True))


def _own_tables(
    rows: pd.DataFrame,
    owner: np.ndarray,
    owners: int,
    sectors: list[str],
    fuels: list[str],
    household: list[str],
) -> tuple[np.ndarray, np.ndarray]:
    """Inventories of several places (owner, inventory_sector), t CO2, and which of them have no row
    of households.
    """
    known = rows["emissions"].notna().to_numpy()
    rows, owner = rows[known], owner[known]
    table = _cells(rows, owner, owners, sectors, fuels).sum(axis=2)
    without = np.ones(owners, bool)
    without[owner[rows["inventory_sector"].isin(household).to_numpy()]] = False
    return table, without


def city_emissions(
    city: pd.DataFrame,
    *,
    emissions: xr.DataArray,
    proxy: xr.DataArray,
    province_of: Mapping[str, str],
    fuels: pd.DataFrame,
    household: list[str],
) -> tuple[dict[str, np.ndarray], dict[str, float], dict[str, int]]:
    """Cities' own inventories, scaled down from the province as far as they are incomplete (method
    section 8, cases 1-3).

    Case 1, sectors and fuels known: taken as they are (household rows that are missing altogether
    come from the province by population). Case 2, no balance of the city: ``AD_ij^r = AD_ij^p x
    proxy share``. Case 3, totals only (blank inventory sector): the total of a fuel is spread over
    sectors as ``AD_ij^p x proxy share``, the total of all fuels by the emissions of the province,
    both in proportion. After Shan et al. (2017), Journal of Cleaner Production 163; the cases are
    our reading.

    Parameters
    ----------
    city
        Rows region, inventory_sector, fuel, activity, emissions, case.
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
    sectors, names = [*emissions["inventory_sector"].values], [*emissions["fuel"].values]
    rows = row_emissions(city, fuels)
    first = rows.drop_duplicates("region").sort_values("region")
    cases = dict(zip(first["region"], first["case"].astype(int), strict=True))
    place = {region: k for k, region in enumerate(cases)}
    owner = rows["region"].map(place).to_numpy(int)
    case = np.array([*cases.values()])
    level = emissions.sel(province=[province_of[region] for region in cases]).to_numpy()
    share = proxy.sel(region=[*cases], inventory_sector=sectors).to_numpy()
    scaled = level.sum(axis=2) * share
    own, without = _own_tables(
        rows[case[owner] == 1], owner[case[owner] == 1], len(cases), sectors, names, household
    )
    amounts = np.where(
        (case == 1)[:, None] & ~(without[:, None] & np.isin(sectors, household)), own, scaled
    )
    amounts[case == 3] = 0.0
    for region, group in rows[(case[owner] == 3) & rows["emissions"].notna().to_numpy()].groupby(
        "region", sort=True
    ):
        k = place[region]
        amounts[k] = _spread_totals(
            group, level[k] * share[k][:, None], sectors, names, f"inventory_city, region {region}"
        )
    inventories = dict(zip(cases, amounts, strict=True))
    return (
        inventories,
        {region: float(inventories[region].sum()) for region in cases if cases[region] != 2},
        cases,
    )


def _spread_totals(
    known: pd.DataFrame, pattern: np.ndarray, sectors: list[str], fuels: list[str], where: str
) -> np.ndarray:
    """Case 3: totals by fuel (or of all fuels) over inventory sectors, in proportion to the
    scaled-down provincial pattern.

    `pattern` has the shape (inventory_sector, fuel).
    """
    table = np.zeros(len(sectors))
    for fuel, sector, emissions in known[["fuel", "inventory_sector", "emissions"]].itertuples(
        index=False
    ):
        column = pattern.sum(axis=1) if fuel == ALL_FUELS else pattern[:, fuels.index(fuel)]
        if sector:
            table[sectors.index(sector)] += emissions
        elif column.sum() > 0:
            table += emissions * column / column.sum()
        elif emissions > 0:
            raise DataError(
                f"{emissions:.6g} t from {fuel} cannot be spread: the province burns none in "
                "sectors the city has",
                where=where,
                fix="give the sector of these emissions.",
            )
    return table
