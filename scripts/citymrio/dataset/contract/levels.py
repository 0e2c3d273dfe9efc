"""Units and levels: amounts that are off by a power of ten, or that cannot belong to the same country and year.

Sound data of different sources differ: provinces and cities by a fifth, inventories by half. What is refused here differs by a
factor of `FACTOR` and more, or is outside what any place on Earth shows per capita.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...base.errors import DataError
from .folder import InputFolder, frame_of
from .tables import Table

#: Largest factor between two sources of the same amount.
FACTOR = 3.0
#: Largest factor between a city's emissions per GDP and its province's (Chinese cities: 0.2 to 10).
CITY_FACTOR = 100.0
#: USD per capita, t CO2 per capita, persons per km2: outside of this no region lies.
GDP_PER_HEAD, EMISSIONS_PER_HEAD, DENSITY = (30.0, 2e6), (1e-3, 2e3), (1e-3, 1e6)
#: t CO2 per unit of any fuel (per t, per 10^4 m3, per TJ).
EMISSION_FACTOR = 1e3
UNITS = "check units (10^4 of the currency, t CO2, persons, km2)."


def level_faults(data: InputFolder) -> list[DataError]:
    """Every implausible level of a dataset whose tables are sound in form."""
    regions = data.tables["regions"]
    faults = _per_capita(data, regions) + _lists(data)
    faults += _gdp_of_tables(data, regions.frame) + _observed(data, regions.frame) + _emissions(data, regions.frame)
    return faults


def _per_capita(data: InputFolder, table: Table) -> list[DataError]:
    regions, faults = table.frame, []
    ratios = (
        ("gdp", regions["gdp"] * 1e4 / data.info["usd_rate"] / regions["population"], GDP_PER_HEAD, "USD per capita"),
        ("population", regions["population"] / regions["area_km2"], DENSITY, "persons per km2"),
    )
    for column, values, (low, high), unit in ratios:
        for row in np.flatnonzero(~values.between(low, high)):
            faults.append(
                table.fault(
                    int(row),
                    f"column '{column}' is {regions[column].iloc[row]:.10g}, that is {values.iloc[row]:.4g} {unit}; expected "
                    f"{low:g} to {high:g}",
                    UNITS,
                )
            )
    return faults


def _lists(data: InputFolder) -> list[DataError]:
    faults = []
    fuels, benchmarks = data.tables["fuels"], data.tables["benchmarks"]
    for row, value in enumerate(fuels.frame["emission_factor"]):
        if value > EMISSION_FACTOR:
            faults.append(
                fuels.fault(
                    row,
                    f"column 'emission_factor' is {value:.10g}; expected at most {EMISSION_FACTOR:g} t CO2 per unit",
                    "give it in t CO2 per unit of the fuel, not kg.",
                )
            )
    for row, (name, value) in enumerate(zip(benchmarks.frame["parameter"], benchmarks.frame["value"], strict=True)):
        if "share" in name.split(".")[0] and not 0 <= value <= 1:
            faults.append(benchmarks.fault(row, f"{name} is {value:.10g}; expected a share from 0 to 1", "0.25, not 25%."))
        elif value < 0:
            faults.append(benchmarks.fault(row, f"{name} is {value:.10g}; expected at least 0", "correct the cell."))
    return faults


def _factor(value: float, other: float) -> bool:
    """Whether two amounts of the same thing are within `FACTOR`."""
    return other > 0 and 1 / FACTOR <= value / other <= FACTOR


def _gdp_of_tables(data: InputFolder, regions: pd.DataFrame) -> list[DataError]:
    faults, total = [], 0.0
    gdp = regions.groupby("province")["gdp"].sum()
    for code, table in sorted(data.provinces.items()):
        added = float(table["value_added"].sum())
        total += added
        if not _factor(added, gdp[code]):
            faults.append(
                DataError(
                    f"value added of the table is {added:.6g}, the GDP of the province's regions is {gdp[code]:.6g}; expected "
                    f"the same within a factor of {FACTOR:g}",
                    where=data.io_places[code],
                    fix=UNITS,
                )
            )
    if data.national is not None:
        added = float(data.national["value_added"].sum())
        if not _factor(added, total):
            faults.append(
                DataError(
                    f"value added of the national table is {added:.6g}, that of all provinces {total:.6g}; expected the same "
                    f"within a factor of {FACTOR:g}",
                    where=data.io_places[""],
                    fix=UNITS,
                )
            )
    return faults


def _observed(data: InputFolder, regions: pd.DataFrame) -> list[DataError]:
    """Observations against the region's GDP, its population and the accounts of its province."""
    table = data.tables["observations"]
    observed, faults = table.frame, []
    gdp, people = regions.set_index("region")["gdp"], regions.set_index("region")["population"]
    for row, (region, quantity, value) in enumerate(observed[["region", "quantity", "value"]].itertuples(index=False)):
        if quantity == "value_added" and value > FACTOR * gdp[region]:
            faults.append(
                table.fault(
                    row,
                    f"value added is {value:.6g}, the GDP of region '{region}' is {gdp[region]:.6g}; "
                    f"expected at most {FACTOR:g} times as much",
                    UNITS,
                )
            )
        if quantity == "emissions":
            per_capita, (low, high) = value / people[region], EMISSIONS_PER_HEAD
            if not low <= per_capita <= high:
                faults.append(
                    table.fault(
                        row,
                        f"emissions are {value:.6g} t, that is {per_capita:.4g} t per capita; expected {low:g} to {high:g}",
                        UNITS if value > 0 else "leave the row out if the total is not known.",
                    )
                )
    added = observed.loc[observed["quantity"] == "value_added"].groupby("region")["value"].sum()
    sectors = set(data.column("sectors", "sector"))
    for region, value in added.items():
        mine = observed.loc[(observed["region"] == region) & (observed["quantity"] == "value_added")]
        covered = {code for text in mine["sectors"] for code in text.split(";")} if mine["sectors"].ne("").all() else sectors
        if covered >= sectors and value * FACTOR < gdp[region]:
            faults.append(
                table.fault(
                    int(mine.index[0]),
                    f"value added of region '{region}' adds up to {value:.6g}, its GDP is "
                    f"{gdp[region]:.6g}; expected the same within a factor of {FACTOR:g}",
                    UNITS,
                )
            )
    return faults + _city_sums(data, table, regions)


def _city_sums(data: InputFolder, table: Table, regions: pd.DataFrame) -> list[DataError]:
    """Sums of the cities' data against the accounts of their province."""
    faults = []
    observed = table.frame.assign(province=table.frame["region"].map(regions.set_index("region")["province"]))
    groups = observed.groupby(["province", "quantity", "sectors", "category"], sort=True)
    for (code, quantity, sectors, category), rows in groups:
        of = f", sectors {sectors}," if sectors else ""
        account = data.provinces[code]
        names = [part for part in sectors.split(";") if part] or [*map(str, account["sector"].values)]
        if quantity == "value_added":
            given, what = float(account["value_added"].sel(sector=names).sum()), "value added"
        elif quantity == "output":
            given, what = float(account["output"].sel(sector=names).sum()), "output"
        elif quantity in ("exports", "imports"):
            flows = account[quantity].sel(sector=names)
            if np.isnan(flows.values).all():  # the province reports the net in its trade with the nation
                continue
            given, what = float(flows.sum()), quantity
        elif quantity == "final_demand":
            given, what = float(account["total_use"].sel(use=category).sum()), f"final demand ({category})"
        else:
            continue
        total = float(rows["value"].sum())
        if total > FACTOR * given + 2.0:
            faults.append(
                table.fault(
                    int(rows.index[0]),
                    f"{what} of the cities of province '{code}'{of} adds up to {total:.6g}, that of "
                    f"the province is {given:.6g}; expected at most {FACTOR:g} times as much",
                    UNITS,
                )
            )
    return faults


def _emissions(data: InputFolder, regions: pd.DataFrame) -> list[DataError]:
    if "inventory" not in data.tables or data.tables["inventory"].frame.empty:
        return [
            DataError(
                "no province has an emission inventory; expected inventory.csv or inventory/<province>.csv",
                where=str(data.folder),
                fix="give at least one.",
            )
        ]
    table, faults = data.tables["inventory"], []
    factors = data.tables["fuels"].frame.set_index("fuel")["emission_factor"]
    people = regions.groupby("province")["population"].sum()

    def tonnes(frame: pd.DataFrame) -> pd.Series:
        return frame["emissions"].fillna(frame["activity"] * frame["fuel"].map(factors)).fillna(0.0)

    amounts = tonnes(table.frame)
    totals = amounts.groupby(table.frame["province"]).sum()
    low, high = EMISSIONS_PER_HEAD
    for code, total in totals.items():
        row = int(np.argmax(table.frame["province"] == code))
        per_capita = total / people[code]
        if not low <= per_capita <= high:
            faults.append(
                table.fault(
                    row,
                    f"emissions of province '{code}' add up to {total:.6g} t, that is {per_capita:.4g} t per "
                    f"head; expected {low:g} to {high:g}",
                    UNITS,
                )
            )
    owner = regions.set_index("region")["province"]
    seen = data.tables["observations"].frame
    observed = seen.loc[seen["quantity"] == "emissions"]
    sums = observed.groupby(observed["region"].map(owner))["value"].sum()
    for code, total in sums.items():
        if code in totals and total > FACTOR * totals[code]:
            row = int(observed.index[observed["region"].map(owner) == code][0])
            faults.append(
                data.tables["observations"].fault(
                    row,
                    f"emissions of the cities of province '{code}' add up to {total:.6g} t, its inventory to "
                    f"{totals[code]:.6g} t; expected at most {FACTOR:g} times as much",
                    UNITS,
                )
            )
    gdp, people_of = regions.set_index("region")["gdp"], regions.set_index("region")["population"]
    for row, (region, value) in observed[["region", "value"]].iterrows():
        code = owner[region]
        if code in totals and totals[code] > 0 and low <= value / people_of[region] <= high:
            usual = totals[code] * gdp[region] / gdp[(owner == code).to_numpy()].sum()
            if not 1 / CITY_FACTOR <= value / usual <= CITY_FACTOR:
                faults.append(
                    data.tables["observations"].fault(
                        int(row),
                        f"emissions of region '{region}' are {value:.6g} t, its GDP at the intensity of its province gives "
                        f"{usual:.6g} t; expected the same within a factor of {CITY_FACTOR:g}",
                        UNITS,
                    )
                )
    if "inventory_city" in data.tables:
        city = data.tables["inventory_city"]
        sums = tonnes(city.frame).groupby(city.frame["region"].map(owner)).sum()
        for code, total in sums.items():
            if code in totals and total > FACTOR * totals[code]:
                row = int(np.argmax(city.frame["region"].map(owner) == code))
                faults.append(
                    city.fault(
                        row,
                        f"inventories of the cities of province '{code}' add up to {total:.6g} t, its own "
                        f"to {totals[code]:.6g} t; expected at most {FACTOR:g} times as much",
                        UNITS,
                    )
                )
    listed = frame_of(data, "inventory_national")
    if listed is not None and len(listed) and set(totals.index) == set(data.codes):
        national = data.tables["inventory_national"]
        total = float(national.frame["emissions"].sum())
        if not _factor(total, float(totals.sum())):
            faults.append(
                DataError(
                    f"the national inventory adds up to {total:.6g} t, those of the provinces to "
                    f"{totals.sum():.6g} t; expected the same within a factor of {FACTOR:g}",
                    where=data.place("inventory_national"),
                    fix=UNITS,
                )
            )
    return faults
