"""Emission inventories of cities: level, calibration to city totals, bridge to the sectors of the
table.

Method sections 8 and 16 (R6, R11). Chain: inventories of provinces, else the nation, else cities
(activity x factor) -> control total -> prior of every city (own inventory, or the level by output
and people) -> RAS to (sector total, city total) -> bridge. Emissions of a given table are taken
through the bridge as they are; nothing is estimated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..base.concordance import classification_attribute, mark_classification
from ..base.errors import GAP, warn, warn_level
from ..base.labels import (
    EMISSIONS,
    INTENSITY_CHANGE,
    array,
    join_regions,
    refuse_nan,
    stack,
    values_of,
)
from ..base.projections import ratio
from ..base.reliability import combine_sources, odds
from ..base.units import MT
from ..base.vocabulary import GIVEN, NATION
from ..config.models import Emissions, Solver
from .activity import (
    city_emissions,
    emissions_of_all_fuels,
    household_rows,
    national_inventory,
    own_sectors,
    provincial_emissions,
)
from .bridge import bridge_matrix, bridge_shares
from .calibration import (
    Frame,
    KnownEmissions,
    Part,
    Pool,
    apply_control_total,
    calibrate,
    control_error,
    pools,
)

#: Status of a region: the least sure of its rows with emissions.
SUREST_FIRST = ("observed", "imputed", "modelled")
#: Regions and sectors that a warning names.
NAMED = 5


def given_emissions(
    tables: Mapping[str, pd.DataFrame], accounts: Mapping[str, xr.DataArray], given: pd.DataFrame
) -> tuple[xr.Dataset, pd.DataFrame]:
    """What :func:`given_inventory` makes of a run's files: its tables, the nested table and
    emissions.csv.
    """
    output = accounts["output"]
    frame = frame_of(EmissionTables(**tables, provincial={}), output)
    inventory, report = given_inventory(given, frame, tables["regions"])
    return mark_classification(inventory, classification_attribute(output)), report


def given_inventory(
    given: pd.DataFrame, frame: Frame, regions: pd.DataFrame
) -> tuple[xr.Dataset, pd.DataFrame]:
    """footprint/emissions.nc and footprint/emissions.csv of emissions that are given.

    Parameters
    ----------
    given
        emissions.csv: region, sector (a code of inventory_sectors.csv), emissions (t CO2), status.
    frame
        Regions, sectors, the bridge between them and the outputs that split an inventory sector
        with several sectors.
    regions
        regions.csv.

    Returns
    -------
    inventory, report
        As :func:`~citymrio.emissions.inventory.calc_inventory` returns them. Emissions of sectors
        without output are orphans.
    """
    wide = given.pivot(index="region", columns="sector", values="emissions")
    wide = wide.reindex(index=frame.codes, columns=frame.names)
    warn_of_missing(wide, frame)
    table = wide.fillna(0.0).to_numpy(float)
    dataset = to_sectors(table, frame)
    dataset["emissions_prior"] = array(
        table, ("region", "inventory_sector"), EMISSIONS, "emissions as they are given"
    )
    rows = given[given["emissions"] > 0]
    worst = (
        rows["status"]
        .map(SUREST_FIRST.index)
        .groupby(rows["region"])
        .max()
        .reindex(frame.codes, fill_value=0)
    )
    told = given.pivot(index="region", columns="sector", values="status").reindex(
        index=frame.codes, columns=frame.names
    )
    split = told.where(wide > 0, "observed").to_numpy(object)
    mark_status(
        dataset,
        [SUREST_FIRST[k] for k in worst],
        split,
        [name not in frame.people for name in frame.names],
    )
    dataset["basis"] = array(
        ["own"] * len(frame.codes), ("region",), "", "whose data the emissions are from"
    )
    dataset["case"] = array(
        [2] * len(frame.codes), ("region",), "1", "case of the region's own data: by sector"
    )
    provinces = sorted(set(regions["province"]))
    owner = regions.set_index("region")["province"].reindex(frame.codes).to_numpy()
    totals = pd.Series(table.sum(axis=1)).groupby(owner).sum().reindex(provinces).to_numpy()
    dataset = dataset.assign_coords(province=provinces, fuel=["all"])
    dataset["province_emissions"] = array(
        totals[:, None], ("province", "fuel"), EMISSIONS, "emissions of the provinces"
    )
    dataset.attrs = {"control_total": GIVEN, "missing": GIVEN}
    return dataset, inventory_report(dataset, regions, {}, np.full(len(frame.codes), np.nan))


def warn_of_missing(
    wide: pd.DataFrame,
    frame: Frame,
    where: str = "emissions.csv",
    none: str = "nothing is emitted",
    taken: str = "emit nothing",
) -> None:
    """Warn of sectors with output of which no row says anything.

    `wide` holds the amounts (region, inventory_sector), NaN without a row.
    """
    reached = (frame.output @ frame.sectors_of.T) > 0
    silent = np.argwhere(wide.isna().to_numpy() & reached)
    if len(silent):
        places = ", ".join(f"{frame.codes[r]}/{frame.names[j]}" for r, j in silent[:NAMED])
        warn(
            where=where,
            what="sectors with output that have no row",
            value=f"{len(silent)}: {places}{' ...' if len(silent) > NAMED else ''}",
            expectation=f"a row for every region and sector, 0 where {none}",
            effect=f"They are taken to {taken}.",
        )


#: Status of a region's emissions: its own data, those of its province kept whole, filled-in data of
#: its province kept whole, or spread from what others report. Of their split over inventory
#: sectors: the same without `PROVINCE`.
OBSERVED, PROVINCE, IMPUTED, MODELLED = "observed", "province", "imputed", "modelled"


@dataclass(frozen=True)
class EmissionTables:
    """What a dataset says about emissions.

    Attributes
    ----------
    regions, sectors, inventory_sectors, bridge, fuels
        Tables of the dataset contract.
    provincial
        Province -> rows of ``inventory/<p>.csv``, or what
        :func:`~citymrio.emissions.activity.provincial_emissions` made of them. A province without
        data takes part in what the national inventory leaves, or gets the others' mean intensities.
    city, national
        Optional rows of ``inventory_city/*.csv`` and ``inventory_national.csv``.
    observations
        Optional rows of ``observations/*.csv`` (quantity `emissions` without sectors = total of the
        city, t CO2, households included).
    persons
        Persons of household rows, weighted as their emissions differ (region, inventory_sector), of
        provinces/intensities.nc; without, by people alone.
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
    persons: xr.DataArray | None = None

    @cached_property
    def emissions(self) -> xr.DataArray:
        """The provincial inventories (province, inventory_sector, fuel), t CO2."""
        if isinstance(self.provincial, xr.DataArray):
            return self.provincial
        return provincial_emissions(self.provincial, self.inventory_sectors, self.fuels)

    @cached_property
    def filled(self) -> frozenset[str]:
        """Provinces whose inventory is filled in: no row of it is observed."""
        if isinstance(self.provincial, xr.DataArray):
            return frozenset()
        rows = {
            code: table["status"]
            for code, table in self.provincial.items()
            if len(table) and "status" in table
        }
        return frozenset(
            code for code, status in rows.items() if status.isin(["imputed", "modelled"]).all()
        )

    @cached_property
    def spread(self) -> frozenset[tuple[str, str]]:
        """(province or region, inventory sector) whose amounts are a total spread over sectors."""
        inventories = {} if isinstance(self.provincial, xr.DataArray) else dict(self.provincial)
        if self.city is not None:
            inventories |= {str(code): rows for code, rows in self.city.groupby("region")}
        return frozenset(
            (code, sector)
            for code, table in inventories.items()
            if "status" in table
            for sector in table.loc[table["status"].eq("spread"), "inventory_sector"]
        )

    @cached_property
    def nation(self) -> pd.Series | None:
        """The national inventory by inventory sector, t CO2; None where there is none."""
        return national_inventory(self.national, self.fuels)


@dataclass(frozen=True)
class InventoryDraw:
    """What one member of the ensemble changes of the inventories; totals are conserved as without
    it.

    Attributes
    ----------
    intensity
        Factors (region, inventory_sector) on the cities' intensities before totals are imposed.
    level
        Factors (place, inventory_sector) on the emissions of every pool: the code of a province, or
        `NATION`.
    row
        Factors (inventory_sector,) on the emissions of all pools alike, whatever the control total.
    common
        Factor on all emissions: errors that all inventories have in common.
    control_total
        The error of the level that `emissions.control_total` names, in its standard deviations and
        the same in every row. It counts where the provinces' inventories and the nation's are
        known, so that there are two observations of the level. What `level` changes of the nation's
        emissions is part of this error, and is not drawn twice.
    """

    intensity: xr.DataArray
    level: xr.DataArray
    row: xr.DataArray
    common: float = 1.0
    control_total: float = 0.0

    def of(
        self, found: Mapping[str, Pool], data: EmissionTables, frame: Frame, config: Emissions
    ) -> dict[str, Pool]:
        """The pools at their drawn level."""
        factors = values_of(self.level, place=[*found], inventory_sector=frame.names)
        drawn = {
            label: pool.at(pool.level * factor, frame.shares)
            for (label, pool), factor in zip(found.items(), factors, strict=True)
        }
        row, error = values_of(self.row, inventory_sector=frame.names), self.common
        drawn = {  # a national control total would take back what rows have in common
            label: pool.at(pool.level * row, frame.shares)
            for label, pool in apply_control_total(drawn, data.nation, config, frame).items()
        }
        observed_twice = data.nation is not None and NATION not in found
        if observed_twice and config.control_total != "cities_raw":
            before, after = (
                sum(pool.level.sum() for pool in pools.values())
                for pools in (apply_control_total(found, data.nation, config, frame), drawn)
            )
            error *= ratio(before, after) * np.exp(control_error(config) * self.control_total)
        return {label: pool.at(pool.level * error, frame.shares) for label, pool in drawn.items()}


def city_inventories(
    tables: Mapping[str, pd.DataFrame],
    made: Mapping[str, Any],
    provincial: Mapping[str, pd.DataFrame] | xr.DataArray,
    city: pd.DataFrame | None,
    national: pd.DataFrame | None,
    observations: Mapping[str, pd.DataFrame],
    config: Emissions,
    solver: Solver,
    drawn: InventoryDraw | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """footprint/emissions.nc and footprint/emissions.csv of a run.

    Parameters
    ----------
    tables
        Tables regions, sectors, inventory_sectors, bridge and fuels.
    made
        `nested`: `output` and `value_added` (region, sector), money. `accounts`: province ->
        cities/<p>/accounts.nc, whose intensities CO2 totals may have moved. `intensities`:
        provinces/intensities.nc, or None where totals do not change outputs.
    provincial, city, national
        Of :class:`EmissionTables`.
    observations
        Province -> observations/<p>.csv.
    drawn
        One draw of the ensemble.
    """
    told = stack(observations.values())
    persons = None if made["intensities"] is None else made["intensities"]["persons"]
    data = EmissionTables(**tables, provincial=provincial, city=city, national=national)
    data = replace(data, observations=told, persons=persons)
    moved = [own for own in made["accounts"].values() if INTENSITY_CHANGE in own]
    sectors = tables["sectors"]["sector"].tolist()
    return calc_inventory(
        data,
        made["nested"]["output"],
        config,
        solver,
        value_added=made["nested"]["value_added"],
        moved=join_regions(moved, INTENSITY_CHANGE, sector=sectors) if moved else None,
        drawn=drawn,
    )


def calc_inventory(
    data: EmissionTables,
    output: xr.DataArray,
    config: Emissions,
    solver: Solver,
    *,
    value_added: xr.DataArray | None = None,
    moved: xr.DataArray | None = None,
    drawn: InventoryDraw | None = None,
) -> tuple[xr.Dataset, pd.DataFrame]:
    """Emissions of every region by sector of the table, with all totals conserved.

    Parameters
    ----------
    output, value_added
        (region, sector), money; value added is needed by cities of case 2 (proxy of services).
    moved
        Factors (region, sector) by which CO2 totals move a province's intensities in its cities, as
        they moved outputs; of regions with an inventory of their own they do not count.
    drawn
        One draw of the ensemble; totals that `moved` has weighed are not imposed again.

    Returns
    -------
    inventory
        footprint/emissions.nc of docs/contracts.md. Per region: sum of `emissions_inventory` = sum
        over sectors of `emissions` and `orphan` plus `household_emissions`.
    report
        footprint/emissions.csv, one row per region.

    Raises
    ------
    DataError
        A table breaks its contract.
    InfeasibleError
        City totals and provincial sector totals contradict each other.
    """
    frame = frame_of(data, output)
    found = pools(data.emissions, _own_of_silent(data, frame), data.nation, frame)
    if drawn is not None:
        found = drawn.of(found, data, frame, config)
    else:
        found = apply_control_total(found, data.nation, config, frame)
    known, cases = _known_of_cities(data, frame, found, value_added)
    table = np.zeros((len(frame.codes), len(frame.names)))
    prior, scale = table.copy(), np.full(len(frame.codes), np.nan)
    factors = None if moved is None else _by_row(moved, frame, known)
    if drawn is not None:
        draw = values_of(drawn.intensity, region=frame.codes, inventory_sector=frame.names)
        factors = draw if factors is None else draw * factors
    for pool in found.values():
        rows = pool.rows
        of_pool = None if factors is None else factors[rows]
        table[rows], prior[rows], factor = calibrate(
            pool,
            frame,
            known,
            config=config,
            solver=solver,
            factors=of_pool,
            alone=moved is None,
            weighed=moved is not None and drawn is not None,
        )
        total = np.array([known.totals.get(frame.codes[r], np.nan) for r in rows])
        warn_level("CO2 totals", _over(total, factor), f"inventory, {pool.place}")
        scale[rows] = np.where(np.isnan(total), np.nan, factor)
    dataset = to_sectors(table, frame)
    dims = ("region", "inventory_sector")
    dataset["emissions_prior"] = array(
        prior, dims, EMISSIONS, "emissions before cities' totals and parts"
    )
    status, basis, split = _marks(data, known, cases, found, frame)
    mark_status(dataset, status, split, [name not in frame.people for name in frame.names])
    dataset["basis"] = array(basis, ("region",), "", "whose data the emissions are from")
    case = [cases.get(code, 0) for code in frame.codes]
    dataset["case"] = array(case, ("region",), "1", "case of the city's own data, 0 = none")
    provinces = sorted(set(data.regions["province"]))
    by_fuel = data.emissions.sum("inventory_sector").reindex(province=provinces, fill_value=0.0)
    dataset = dataset.assign_coords(province=provinces, fuel=by_fuel["fuel"].values)
    dataset["province_emissions"] = array(
        by_fuel.to_numpy(),
        ("province", "fuel"),
        EMISSIONS,
        "provincial inventories as given (before control totals), by fuel",
    )
    dataset.attrs = {"control_total": config.control_total, "missing": config.missing}
    refuse_nan(dataset, "inventory")
    _warn_of_parts(known, dataset)
    dataset = mark_classification(dataset, classification_attribute(output))
    return dataset, inventory_report(dataset, data.regions, known.totals, scale)


def _by_row(moved: xr.DataArray, frame: Frame, known: KnownEmissions) -> np.ndarray:
    """Factors on intensities by sector as factors by inventory sector (region, inventory_sector):
    means over the sectors of a row, weighted by output; 1 of households and of regions with an
    inventory of their own.
    """
    codes = [*filter(moved.get_index("region").__contains__, frame.codes)]
    factor = np.ones_like(frame.output)
    factor[np.isin(frame.codes, codes)] = values_of(moved, region=codes, sector=frame.sectors)
    covered = frame.output @ frame.sectors_of.T
    rows = np.divide(
        (frame.output * factor) @ frame.sectors_of.T,
        covered,
        out=np.ones_like(covered),
        where=covered > 0,
    )
    rows[np.isin(frame.codes, [*known.inventories])] = 1.0
    return rows


def _over(total: np.ndarray, factor: np.ndarray) -> float:
    """Observed totals over what they are scaled to; 1 without any."""
    given, scaled = np.nansum(total), np.nansum(total * factor)
    return (
        1.0
        if np.isnan(total).all() or given == scaled
        else given / scaled
        if scaled > 0
        else np.inf
    )


def _warn_of_parts(known: KnownEmissions, dataset: xr.Dataset) -> None:
    """Observed parts of cities that the estimate misses."""
    for part in known.parts:
        cells = {"region": part.region, "inventory_sector": [*part.sectors]}
        before, found = (
            float(dataset[name].sel(cells).sum())
            for name in ("emissions_prior", "emissions_inventory")
        )
        if abs(found - part.value) > GAP * part.value and before > 0:
            warn(
                where=f"observations, region {part.region}",
                what="observed emissions of a part of the region are met in part only",
                value=f"sectors {';'.join(part.sectors)}: {found:.6g} t for {part.value:.6g} t "
                f"({before:.6g} t without it)",
                expectation=f"the same within {GAP:.0%}",
                effect="The datum counts by its reliability, within the sums of the province's "
                "or the nation's inventory.",
            )


def _own_of_silent(data: EmissionTables, frame: Frame) -> dict[str, np.ndarray]:
    """Cities' own inventories by sector (case 1) in provinces without one that no national
    inventory speaks for.
    """
    if data.city is None or NATION in frame.pool:
        return {}
    silent = data.regions.loc[
        ~data.regions["province"].isin(data.emissions["province"].values), "region"
    ]
    rows = data.city[data.city["region"].isin(silent) & data.city["case"].eq(1)]
    return own_sectors(rows, data.fuels, frame.names, [*frame.people])


def _known_of_cities(
    data: EmissionTables, frame: Frame, found: Mapping[str, Pool], value_added: xr.DataArray | None
) -> tuple[KnownEmissions, dict[str, int]]:
    """What is known of cities, and the case of each that has data of its own."""
    inventories: dict[str, np.ndarray] = {}
    totals, cases = dict[str, float](), dict[str, int]()
    if data.city is not None and len(data.city):
        inventories, totals, cases = city_emissions(
            data.city,
            emissions=emissions_of_all_fuels(
                data.emissions, {label: pool.level for label, pool in found.items()}
            ),
            proxy=_case_proxy(frame, data.sectors, value_added),
            province_of=dict(zip(frame.codes, frame.pool, strict=True)),
            fuels=data.fuels,
            household=[*frame.people],
        )
    observed, weights, parts = _observed_totals(data.observations)
    return KnownEmissions(inventories, totals | observed, weights, parts), dict.fromkeys(
        observed, 3
    ) | cases


def frame_of(data: EmissionTables, output: xr.DataArray) -> Frame:
    """What spreading emissions over cities and sectors needs to know of them."""
    regions, sectors, inventory_sectors = data.regions, data.sectors, data.inventory_sectors
    codes = [*regions["region"]]
    x = output.sel(region=codes, sector=[*sectors["sector"]]).transpose("region", "sector")
    province = regions["province"].to_numpy(str)
    with_inventory = np.isin(province, data.emissions["province"].values.astype(str))
    return Frame(
        codes=codes,
        pool=province if data.nation is None else np.where(with_inventory, province, NATION),
        names=[*inventory_sectors["inventory_sector"]],
        sectors=[*sectors["sector"]],
        sectors_of=bridge_matrix(data.bridge, inventory_sectors, sectors),
        output=x.to_numpy(),
        population=regions["population"].to_numpy(float),
        people=household_rows(inventory_sectors, regions)
        if data.persons is None
        else {
            name: values_of(data.persons, region=codes, inventory_sector=[name])[:, 0]
            for name in inventory_sectors.loc[
                inventory_sectors["kind"].eq("household"), "inventory_sector"
            ]
        },
    )


def _case_proxy(
    frame: Frame, sectors: pd.DataFrame, value_added: xr.DataArray | None
) -> xr.DataArray:
    """Proxy shares of the cases 2 and 3: services by tertiary value added, else output; households
    by people.
    """
    shares = frame.shares.copy()
    tertiary = sectors["industry"].eq("tertiary").to_numpy()
    services = (frame.sectors_of.sum(axis=1) > 0) & (
        frame.sectors_of[:, ~tertiary].sum(axis=1) == 0
    )
    if value_added is not None and services.any():
        v = (
            value_added.sel(region=frame.codes, sector=frame.sectors)
            .transpose("region", "sector")
            .to_numpy()
        )
        by_value_added = frame.within_pool(v[:, tertiary].sum(axis=1))
        shares[:, services] = by_value_added[:, None]
    return xr.DataArray(
        shares,
        {"region": frame.codes, "inventory_sector": frame.names},
        ("region", "inventory_sector"),
    )


def _observed_totals(
    observations: pd.DataFrame | None,
) -> tuple[dict[str, float], dict[str, float], tuple[Part, ...]]:
    """Observed CO2: totals of whole cities with their weights, several sources
    :func:`~citymrio.base.reliability.combine_sources`, and parts of cities.

    Rows as the schema `OBSERVATIONS` of the dataset contract has them; imputed data and those
    without reliability do not count.
    """
    if observations is None or not len(observations):
        return {}, {}, ()
    rows = observations[observations["quantity"].eq("emissions")]
    weight = odds(rows["reliability"].astype(float))
    rows = rows.assign(weight=weight, members=rows["sectors"].map(_codes))
    unused = ~rows["status"].eq("observed") | rows["weight"].eq(0)
    for row in rows[unused].itertuples():
        imputed = row.status != "observed"
        warn(
            where=f"observations, region {row.region}",
            what="observed emissions of "
            f"{f'status {row.status!r}' if imputed else 'reliability 0'} do not enter the "
            "inventory",
            value=f"{row.value:.6g}",
            expectation="the status 'observed'" if imputed else "a reliability above 0",
            effect="The city is estimated like one without the datum.",
        )
    rows = rows[~unused].astype({"value": float, "reliability": float})
    whole = rows["members"].map(len).eq(0)
    sources: dict[str, list[tuple[float, float]]] = {}
    for row in rows[whole].itertuples():
        sources.setdefault(row.region, []).append((row.value, row.reliability))
    told = {region: combine_sources(*zip(*own, strict=True)) for region, own in sources.items()}
    parts = rows.loc[~whole, ["region", "members", "value", "weight"]].itertuples(index=False)
    return (
        {region: value for region, (value, _) in told.items()},
        {region: float(odds(reliability)) for region, (_, reliability) in told.items()},
        tuple(Part(*part) for part in parts),
    )


def _codes(text: object) -> tuple[str, ...]:
    """Codes joined by ``;``, in order."""
    return tuple(sorted(filter(None, str(text or "").split(";"))))


def to_sectors(table: np.ndarray, frame: Frame, unit: str = EMISSIONS) -> xr.Dataset:
    """Emissions, or amounts of another `unit`, by inventory sector (region, inventory_sector) taken
    through the bridge, with households and orphans apart.
    """
    by_sector = np.einsum("rj,rji->ri", table, bridge_shares(frame.sectors_of, frame.output))
    household = table[:, [frame.names.index(name) for name in frame.people]].sum(axis=1)
    zero = frame.output == 0
    dims = ("region", "sector")
    return xr.Dataset(
        {
            "emissions": array(
                np.where(zero, 0.0, by_sector), dims, unit, "emissions of production"
            ),
            "emissions_inventory": array(
                table, ("region", "inventory_sector"), unit, "emissions before the bridge"
            ),
            "household_emissions": array(
                household, ("region",), unit, "direct emissions of households"
            ),
            "orphan": array(
                np.where(zero, by_sector, 0.0),
                dims,
                unit,
                "emissions of sectors without output",
            ),
        },
        coords={"region": frame.codes, "sector": frame.sectors, "inventory_sector": frame.names},
    )


def _marks(
    data: EmissionTables,
    known: KnownEmissions,
    cases: Mapping[str, int],
    found: Mapping[str, Pool],
    frame: Frame,
) -> tuple[list[str], list[str], np.ndarray]:
    """How the emissions of every region are known, whose data they are from, and how each inventory
    sector of them is known.

    Everything that says of emissions whether they are observed or modelled takes it from here. A
    total that is observed says nothing of its split: sectors are observed in a region's own
    inventory of case 1, where a province is kept whole and has an inventory, and where a datum is
    of one inventory sector alone.

    Returns
    -------
    status, basis
        By region. `basis` is own, `province`, `nation` or `intensities` of others.
    split
        (region, inventory_sector).
    """
    status, basis = [], []
    split = np.full((len(frame.codes), len(frame.names)), MODELLED, dtype=object)
    told = (
        set()
        if data.city is None
        else {*zip(data.city["region"], data.city["inventory_sector"], strict=True)}
    )
    for k, (row, label) in enumerate(zip(data.regions.itertuples(), frame.pool, strict=True)):
        level = found[label].basis
        whole = (
            level == "province" and row.kind != "city"
        )  # the province's inventory is the region's
        own = row.region in known.totals
        if whole:
            kept = IMPUTED if row.province in data.filled else OBSERVED
            split[k] = [
                MODELLED if (row.province, name) in data.spread else kept for name in frame.names
            ]
        if cases.get(row.region) == 1:  # households that it leaves out are spread from the province
            split[k] = [
                MODELLED
                if (row.region, n) in data.spread
                or (n in frame.people and (row.region, n) not in told)
                else OBSERVED
                for n in frame.names
            ]
        kept = (
            IMPUTED
            if row.province in data.filled
            else OBSERVED
            if row.kind == "municipality"
            else PROVINCE
        )
        status.append(OBSERVED if own else kept if whole else MODELLED)
        basis.append("own" if own and not whole else level)
    for part in known.parts:
        if len(part.sectors) == 1:
            split[frame.codes.index(part.region), frame.names.index(part.sectors[0])] = OBSERVED
    return status, basis, split


def mark_status(
    dataset: xr.Dataset, status: Sequence[str], split: np.ndarray, production: Sequence[bool]
) -> None:
    """Write into the inventory how emissions are known.

    Parameters
    ----------
    status
        By region, of its total.
    split
        (region, inventory_sector), of every sector.
    production
        Which inventory sectors are not households': their worst status is that of the region's
        split.
    """
    order = np.array([OBSERVED, IMPUTED, MODELLED])
    rank = np.argmax(split[:, np.array(production), None] == order, axis=2)
    known = {
        "status": (
            np.array(status),
            "how the total is known: observed, of the province, imputed or modelled",
        ),
        "split_status": (
            order[rank.max(axis=1)],
            "how its split over sectors is known, the worst of sectors",
        ),
        "sector_status": (split.astype(str), "how every inventory sector is known"),
    }
    dims = ("region", "inventory_sector")
    for name, (values, words) in known.items():
        dataset[name] = array(values, dims[: values.ndim], "", words)


def inventory_report(
    dataset: xr.Dataset, regions: pd.DataFrame, totals: Mapping[str, float], scale: np.ndarray
) -> pd.DataFrame:
    """One row per region; factor = total over what provincial intensities (or the own inventory)
    alone give.
    """
    total = dataset["emissions_inventory"].sum("inventory_sector").to_numpy()
    before = dataset["emissions_prior"].sum("inventory_sector").to_numpy()
    report = regions[["region", "name", "province"]].assign(
        total_mt=total * MT,
        households_mt=dataset["household_emissions"].to_numpy() * MT,
        orphan_mt=dataset["orphan"].sum("sector").to_numpy() * MT,
        target_mt=[totals.get(code, np.nan) * MT for code in regions["region"]],
        target_scale=scale,
        prior_mt=before * MT,
        factor=np.divide(total, before, out=np.ones_like(total), where=before > 0),
        **{name: dataset[name].values.astype(str) for name in ("status", "split_status", "basis")},
        case=dataset["case"].values,
    )
    return report.reset_index(drop=True)
