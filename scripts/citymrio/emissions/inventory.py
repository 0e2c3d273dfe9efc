"""Emission inventories of cities: level, calibration to city totals, bridge to the sectors of the table.

Method sections 8 and 16 (R6, R11). Chain: provincial inventories (activity x factor) -> control total -> prior of every city
(own inventory, or provincial intensity times output) -> RAS to (provincial sector total, city total) -> bridge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError
from ..base.labels import EMISSIONS, array, refuse_nan
from ..base.notices import warn, warn_level
from ..base.units import MT
from ..config.models import Inventory, Solver
from .activity import city_emissions, provincial_emissions
from .bridge import bridge_matrix, bridge_shares
from .calibration import Frame, calibrate_province, provincial_level, to_national


@dataclass(frozen=True)
class EmissionTables:
    """What a dataset says about emissions.

    Attributes
    ----------
    regions, sectors, inventory_sectors, bridge, fuels
        Tables of the dataset contract.
    provincial
        Province -> rows of ``inventory/<p>.csv``, or what :func:`~citymrio.emissions.activity.provincial_emissions` made of
        them. A province without data gets the mean intensities of the others.
    city, national
        Optional rows of ``inventory_city/*.csv`` and ``inventory_national.csv``.
    observations
        Optional rows of ``observations/*.csv`` (quantity `emissions` without sectors = total of the city, t CO2, households
        included).
    """

    regions: pd.DataFrame
    sectors: pd.DataFrame
    inventory_sectors: pd.DataFrame
    bridge: pd.DataFrame
    fuels: pd.DataFrame
    provincial: Mapping[str, pd.DataFrame] | xr.DataArray
    city: pd.DataFrame | None = None
    national: pd.DataFrame | None = None
    observations: pd.DataFrame | None = None

    @cached_property
    def emissions(self) -> xr.DataArray:
        """The provincial inventories (province, inventory_sector, fuel), t CO2."""
        if isinstance(self.provincial, xr.DataArray):
            return self.provincial
        return provincial_emissions(self.provincial, self.inventory_sectors, self.fuels)


def build_inventory(
    data: EmissionTables,
    output: xr.DataArray,
    config: Inventory,
    solver: Solver,
    *,
    value_added: xr.DataArray | None = None,
    factors: xr.DataArray | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Emissions of every region by sector of the table, with all totals conserved.

    Parameters
    ----------
    output, value_added
        (region, sector), 10^4 of the currency; value added is needed by cities of case 2 (proxy of services).
    factors
        Factors (region, inventory_sector) on the cities' intensities before totals are imposed: one draw of the ensemble.

    Returns
    -------
    inventory
        footprint/inventory.nc of docs/contracts.md. Per region: sum of `emissions_inventory` = sum over sectors of `emissions`
        and `orphan` plus `household_emissions`.
    report
        footprint/inventory.csv, one row per region.

    Raises
    ------
    DataError
        A table breaks its contract.
    InfeasibleError
        City totals and provincial sector totals contradict each other.
    """
    frame = _frame(data, output)
    level, imputed = provincial_level(data.emissions, frame)
    if config.control_total == "national":
        level = to_national(level, data.national, frame)
    inventories, totals, cases = _known_of_cities(data, frame, value_added)
    table = np.zeros((len(frame.codes), len(frame.names)))
    prior, scale = table.copy(), np.full(len(frame.codes), np.nan)
    draw = None if factors is None else factors.sel(region=frame.codes, inventory_sector=frame.names).values
    for province in frame.provinces:
        rows = np.flatnonzero(frame.province == province)
        table[rows], prior[rows], factor = calibrate_province(
            province,
            frame,
            level[province],
            inventories,
            totals,
            config=config,
            solver=solver,
            factors=None if draw is None else draw[rows],
        )
        warn_level("CO2 totals", 1 / factor if factor > 0 else np.inf, f"inventory, province {province}")
        scale[rows] = np.where([frame.codes[r] in totals for r in rows], factor, np.nan)
    dataset = _to_sectors(table, frame)
    status = [_status(row, totals, imputed) for row in data.regions.itertuples()]
    dataset["status"] = array(status, ("region",), "", "where the emissions come from")
    case = [cases.get(code, 0) for code in frame.codes]
    dataset["case"] = array(case, ("region",), "1", "case of the city's own data, 0 = none")
    by_fuel = data.emissions.sum("inventory_sector").reindex(province=frame.provinces, fill_value=0.0)
    dataset = dataset.assign_coords(province=frame.provinces, fuel=by_fuel["fuel"].values)
    dataset["province_emissions"] = array(
        by_fuel.to_numpy(), ("province", "fuel"), EMISSIONS, "provincial inventories as given (before control totals), by fuel"
    )
    dataset.attrs = {"control_total": config.control_total, "missing": config.missing}
    refuse_nan(dataset, "inventory")
    return dataset, _report(dataset, data.regions, prior, totals, scale)


def _known_of_cities(
    data: EmissionTables, frame: Frame, value_added: xr.DataArray | None
) -> tuple[dict[str, np.ndarray], dict[str, float], dict[str, int]]:
    """Own inventories (inventory_sector,) and totals of cities, t CO2, and the case of each city that has data."""
    inventories, totals, cases = {}, {}, {}
    if data.city is not None and len(data.city):
        inventories, totals, cases = city_emissions(
            data.city,
            emissions=data.emissions,
            proxy=_case_proxy(frame, data.sectors, value_added),
            province_of=dict(zip(frame.codes, frame.province, strict=True)),
            fuels=data.fuels,
            household=[*frame.people],
        )
    for region, total in _observed_totals(data.observations).items():
        totals[region] = total
        cases.setdefault(region, 3)
    return inventories, totals, cases


def _frame(data: EmissionTables, output: xr.DataArray) -> Frame:
    regions, sectors, inventory_sectors = data.regions, data.sectors, data.inventory_sectors
    codes = [*regions["region"]]
    x = output.sel(region=codes, sector=[*sectors["sector"]]).transpose("region", "sector")
    bad = np.argwhere(~(np.isfinite(x.to_numpy()) & (x.to_numpy() >= 0)))
    if len(bad):
        r, i = bad[0]
        raise DataError(
            f"output is {float(x[r, i])}, expected a finite number >= 0",
            where=f"accounts, region {codes[r]}, sector {x['sector'].values[i]}",
            fix="correct the account.",
        )
    population = regions["population"].to_numpy(float)
    rural = regions["population_rural"].to_numpy(float)
    people = {"rural": rural, "urban": population - rural}
    household = inventory_sectors[inventory_sectors["kind"].eq("household")]
    return Frame(
        codes=codes,
        province=regions["province"].to_numpy(str),
        names=[*inventory_sectors["inventory_sector"]],
        sectors=[*sectors["sector"]],
        sectors_of=bridge_matrix(data.bridge, inventory_sectors, sectors),
        output=x.to_numpy(),
        population=population,
        people={row.inventory_sector: people.get(row.residence, population) for row in household.itertuples()},
    )


def _case_proxy(frame: Frame, sectors: pd.DataFrame, value_added: xr.DataArray | None) -> xr.DataArray:
    """Proxy shares of the cases 2 and 3: services by tertiary value added, else output; households by people."""
    shares = frame.shares.copy()
    tertiary = sectors["industry"].eq("tertiary").to_numpy()
    services = (frame.sectors_of.sum(axis=1) > 0) & (frame.sectors_of[:, ~tertiary].sum(axis=1) == 0)
    if value_added is not None and services.any():
        v = value_added.sel(region=frame.codes, sector=frame.sectors).transpose("region", "sector").to_numpy()
        by_value_added = frame.within_province(v[:, tertiary].sum(axis=1))
        shares[:, services] = by_value_added[:, None]
    return xr.DataArray(shares, {"region": frame.codes, "inventory_sector": frame.names}, ("region", "inventory_sector"))


def _observed_totals(observations: pd.DataFrame | None) -> dict[str, float]:
    """CO2 totals of cities that are observed; rows as the schema `OBSERVATIONS` of the dataset contract has them."""
    if observations is None or not len(observations):
        return {}
    totals = observations[observations["quantity"].eq("emissions")]
    rows = totals[totals["status"].eq("observed")]
    for row in totals[~totals["status"].eq("observed") | totals["reliability"].eq(0)].itertuples():
        trusted = row.reliability > 0
        warn(
            where=f"observations, region {row.region}",
            what=f"a CO2 total of {'status ' + repr(row.status) if trusted else 'reliability 0'} does not enter the inventory",
            value=f"{row.value:.6g}",
            expectation="the status 'observed'" if trusted else "a reliability above 0",
            effect="The city is estimated like one without a total.",
        )
    rows = rows[rows["reliability"] > 0]
    return {  # of several sources the mean, by reliability
        str(region): float(told["value"].iloc[0] if len(told) == 1 else np.average(told["value"], weights=told["reliability"]))
        for region, told in rows.groupby("region", sort=False)
    }


def _to_sectors(table: np.ndarray, frame: Frame) -> xr.Dataset:
    by_sector = np.einsum("rj,rji->ri", table, bridge_shares(frame.sectors_of, frame.output))
    household = table[:, [frame.names.index(name) for name in frame.people]].sum(axis=1)
    zero = frame.output == 0
    dims = ("region", "sector")
    return xr.Dataset(
        {
            "emissions": array(np.where(zero, 0.0, by_sector), dims, EMISSIONS, "emissions of production"),
            "emissions_inventory": array(table, ("region", "inventory_sector"), EMISSIONS, "emissions before the bridge"),
            "household_emissions": array(household, ("region",), EMISSIONS, "direct emissions of households"),
            "orphan": array(np.where(zero, by_sector, 0.0), dims, EMISSIONS, "emissions of sectors without output"),
        },
        coords={"region": frame.codes, "sector": frame.sectors, "inventory_sector": frame.names},
    )


def _status(row, totals: Mapping[str, float], imputed: set[str]) -> str:
    if row.province in imputed and row.region not in totals:
        return "national_intensity"
    if row.kind == "province":
        return "province"
    return "observed" if row.region in totals or row.kind == "municipality" else "provincial_intensity"


def _report(dataset: xr.Dataset, regions: pd.DataFrame, prior: np.ndarray, totals: Mapping[str, float], scale) -> pd.DataFrame:
    """One row per region; factor = total over what provincial intensities (or the own inventory) alone give."""
    total = dataset["emissions_inventory"].sum("inventory_sector").to_numpy()
    before = prior.sum(axis=1)
    report = regions[["region", "name", "province"]].copy()
    report["total_mt"] = total * MT
    report["households_mt"] = dataset["household_emissions"].to_numpy() * MT
    report["orphan_mt"] = dataset["orphan"].sum("sector").to_numpy() * MT
    report["target_mt"] = [totals.get(code, np.nan) * MT for code in report["region"]]
    report["target_scale"] = scale
    report["prior_mt"] = before * MT
    report["factor"] = np.divide(total, before, out=np.ones_like(total), where=before > 0)
    report["status"] = dataset["status"].values.astype(str)
    report["case"] = dataset["case"].values
    return report.reset_index(drop=True)
