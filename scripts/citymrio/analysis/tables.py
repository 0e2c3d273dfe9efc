"""The tables people read (results/<run>/tables/), from footprints, inventory and groups: accounts
of regions, for whom they emit, what groups add up to; columns in docs/tables.md.
"""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError, collect_notices, warn
from ..base.labels import refuse_nan, values_of
from ..base.money import billions_per_unit, unit_in
from ..base.units import MT
from ..config.models import Groups, Scenarios
from ..dataset.benchmarks import PEAK
from ..footprints.footprint import SCOPES, scope_masks
from ..nested.flows import Flows
from .affluence import (
    QUINTILES,
    affluence,
    affluence_column,
    affluence_words,
    is_city,
    per_capita,
    quintile_cuts,
    quintiles,
)
from .demand_shares import by_role, capital_share, capital_target
from .features import BESIDE, COUNT, MAPPINGS, SCALES, SHARE, Features, groups_of
from .scenarios.deficits import peak_emissions
from .status import STATUS_COLUMNS, Evidence, region_statuses
from .structures import (
    Clusters,
    at_basic_prices,
    centroid_table,
    cluster,
    cluster_table,
    value_added_shares,
    warn_of_quality,
)
from .super_emitters import (
    BASES,
    households_count,
    most_are_super_emitters,
    national_emissions,
    super_emitters,
    super_share,
    thresholds,
)

#: `groups.net_balance` -> the column of regions.csv whose sign makes a net producer.
BALANCES = {
    "cities": "net_balance_cities_mt",
    "regions": "net_balance_mt",
    "exports": "net_balance_with_exports_mt",
}


def balances(f: xr.Dataset, regions: pd.DataFrame) -> dict[str, np.ndarray]:
    """The columns of `BALANCES` (region,), Mt CO2, of any estimate `f` (footprints.nc)."""
    codes, cities = [*regions["region"]], is_city(regions).to_numpy()
    flows = Flows.of(f, "flows", codes)
    made, caused, *apart = (
        values_of(f[name], region=codes) * MT
        for name in ("pba_total", "cba_total", "exports", "error", "orphan")
    )
    within = flows.by_origin(cities) - flows.by_destination(cities)
    inland = made - apart[0] - apart[1] - apart[2] - caused
    return {
        BALANCES["regions"]: inland,
        BALANCES["exports"]: made - caused,
        BALANCES["cities"]: within * MT,
    }


def roles_by_balance(balance: pd.Series) -> np.ndarray:
    """Net producer where a balance is above 0, else net consumer."""
    return np.where(balance > 0, "net producer", "net consumer")


def carbon_ledger(flows: Flows, cities: np.ndarray) -> dict[str, np.ndarray]:
    """For whom a region emits in the country, and where its footprint is emitted (region,), Mt CO2.

        pba_mt = own_mt + for_cities_mt + for_provinces_mt + exports_mt + error_mt + orphan_mt
                 (+ household_direct_mt)
        cba_mt = own_mt + from_cities_mt + from_provinces_mt (+ household_direct_mt)

    with households' direct emissions where the configuration counts them; provinces are those that
    are not split.

    Parameters
    ----------
    flows
        Flows, t CO2.
    cities
        Which regions are cities.
    """
    names = ("for_cities_mt", "for_provinces_mt", "from_cities_mt", "from_provinces_mt")
    found = {name: np.zeros(flows.count) for name in ("own_mt", *names)}
    found["own_mt"] += flows.own * MT
    for index, values in flows.to_others():
        others = values * MT
        for kind, to, from_ in ((cities, *names[::2]), (~cities, *names[1::2])):
            found[to] += others[:, kind[index]].sum(axis=1)
            found[from_][index] = others[kind].sum(axis=0)
    return found


#: Part of production emissions above which those in the error account are worth a warning.
ERROR_ACCOUNT = 0.01


@dataclass(frozen=True)
class GroupInputs:
    """What the tables of groups are made from.

    Attributes
    ----------
    regions, sectors, final_demand, benchmarks
        Tables of the dataset contract.
    footprints, inventory
        footprints.nc and emissions.nc.
    usd_rate
        Units of the currency per USD (dataset.json).
    mrio
        provinces/mrio.nc: taxes on products, where the dataset names them; None without any.
    evidence
        What is known of the regions; None leaves their statuses blank.
    """

    regions: pd.DataFrame
    sectors: pd.DataFrame
    final_demand: pd.DataFrame
    benchmarks: pd.DataFrame
    footprints: xr.Dataset
    inventory: xr.Dataset
    usd_rate: float
    mrio: xr.Dataset | None = None
    evidence: Evidence | None = None

    @property
    def value_added(self) -> xr.DataArray:
        """Value added (region, sector) at basic prices."""
        return at_basic_prices(self.footprints["value_added"], self.mrio, self.regions)


def group_tables(
    inputs: GroupInputs,
    groups: Groups,
    clusters: Mapping[Features, Clusters] | None = None,
    *,
    quality: bool = False,
) -> dict[str, pd.DataFrame]:
    """All tables of groups: regions, quintiles, structures, flows, benefits, inter-city share,
    clusters.

    Parameters
    ----------
    clusters
        Structures of another estimate to keep; found here when not given.
    quality
        Whether all variants of the clustering are found, with their stability, and weak structures
        are warned of.

    Returns
    -------
    dict
        Name of the table -> its rows.
    """
    footprints = inputs.footprints
    refuse_nan(footprints, "footprint/footprints.nc")
    if clusters is None:
        clusters = structures(
            inputs.value_added, inputs.regions, inputs.sectors, groups, quality=quality
        )
    table = region_table(inputs, clusters, groups)
    cities = table[is_city(table)]
    names = structure_names(inputs.sectors, cities, groups.cluster_map)
    flows, benefit = group_flows(footprints, cities, names)
    return {
        "regions": table,
        "quintiles": quintile_table(cities, names, groups),
        "structures": structure_table(cities, names),
        "flows_groups": flows,
        "va_per_emission": benefit,
        "va_dependence": value_added_dependence(footprints, cities),
        "intercity_cities": intercity_table(footprints, table),
        "clusters": cluster_table(clusters),
        "centroids": centroid_table(clusters),
    }


def structures(
    value_added: xr.DataArray,
    regions: pd.DataFrame,
    sectors: pd.DataFrame,
    config: Groups,
    *,
    beside: bool = True,
    quality: bool = False,
) -> dict[Features, Clusters]:
    """K-means of the cities, the configured features first, with those of the maps `BESIDE` (R13).

    Parameters
    ----------
    beside
        Whether the maps `BESIDE` are clustered too; without them their columns of regions.csv are
        blank.
    quality
        Whether every other map and scale is clustered too, all with their stability, and weak
        structures are warned of. A map that has no value added of some city is left out then, with
        a warning, unless it is the configured one.
    """
    made = value_added.sel(region=[*regions.loc[is_city(regions), "region"]])
    used = Features(config.cluster_map, config.cluster_features)
    wanted = [
        used,
        *(Features(mapping, used.scale) for mapping in (BESIDE if beside else ())),
        *(
            Features(mapping, scale)
            for scale in (SCALES if quality else ())
            for mapping in MAPPINGS
        ),
    ]
    found = {}
    for features in dict.fromkeys(wanted):
        settings = config.model_copy(
            update={"cluster_map": features.mapping, "cluster_features": features.scale}
        )
        try:
            shares = value_added_shares(made, sectors, features.mapping)
        except DataError as error:
            if features.mapping == used.mapping:
                raise
            warn(
                where=f"clusters.csv, map {features.mapping}",
                what="a variant of the clustering is left out",
                value=error.message,
                expectation="value added above 0 in every city",
                effect="It is not compared with the structures in use.",
            )
            continue
        with (
            nullcontext() if features == used else collect_notices()
        ):  # what is said of the structures in use holds for all
            found[features] = cluster(shares, settings, stability=quality)
    if quality:
        warn_of_quality(found[used])
    return found


def structure_names(sectors: pd.DataFrame, cities: pd.DataFrame, mapping: str) -> list[str]:
    """Structures in order of their first sector; additional clusters (`<group>_2`) behind."""
    names = list(dict.fromkeys(groups_of(sectors, mapping)))
    return names + sorted(set(cities["structure"]) - set(names))


def region_table(
    inputs: GroupInputs, clusters: Mapping[Features, Clusters], config: Groups
) -> pd.DataFrame:
    """regions.csv: one row per region. Unsplit provinces have no quintile, structure or type.

    `pba_mt` and `cba_mt` count households' direct emissions only if the configuration says so
    (`household_direct_mt` always shows them); `cba_demand_mt` is the footprint of final demand
    alone. A net producer emits more for others than they for it, by the balance that
    `groups.net_balance` names (the paper's wording is reversed); all three balances are there.
    """
    regions, final_demand = inputs.regions, inputs.final_demand
    codes = [*regions["region"]]
    f = inputs.footprints
    if f["region"].values.tolist() != codes:
        f = f.sel(region=codes)
    roles = dict(zip(final_demand["category"], final_demand["role"], strict=True))
    demand = f["final_demand_total"]
    status = {
        name: values_of(inputs.inventory[name], region=codes).astype(str)
        for name in ("status", "split_status")
    }
    named = ("name", "name_local", "province", "province_name", "kind", "population", "gdp")
    affluent = affluence(
        regions=regions,
        demand={"all": demand, "domestic": f["final_demand"]},
        final_demand=final_demand,
        usd_rate=inputs.usd_rate,
        unit=unit_in(f),
    )
    columns: dict[str, Any] = {
        "region": codes,
        **{name: regions[name].array for name in named},
        **account_columns(f, roles, regions["population"].to_numpy(float)),
        **{f"demand_{role}": part for role, part in by_role(demand, roles).items()},
        **{name: affluent[name].array for name in affluent.columns[1:]},
    }
    city, flows = is_city(regions).to_numpy(), Flows.of(f, "flows", codes)
    text = ("quintile", "structure", *BESIDE.values())
    kinds = ("super_emitter", *(f"super_emitter_{base}" for base in BASES))
    own = _of_cities(pd.DataFrame(columns)[city], inputs, clusters, config).reindex(codes)
    own = own.fillna(dict.fromkeys(text, "") | dict.fromkeys(kinds, "none"))
    columns |= {name: own[name].array for name in own}
    columns |= balances(f, regions) | carbon_ledger(flows, city)
    columns["role"] = roles_by_balance(columns[BALANCES[config.net_balance]])
    columns["capital_share"] = capital_share(demand, roles).to_numpy()
    shares = value_added_shares(
        inputs.value_added.sel(region=codes), inputs.sectors, config.cluster_map
    )
    columns |= {f"{SHARE}{group}": shares[group].array for group in shares}
    columns |= {f"emissions_{name}": known for name, known in status.items()}
    columns |= dict.fromkeys(STATUS_COLUMNS, "")
    if inputs.evidence is not None:
        found = region_statuses(
            inputs.evidence, regions, inputs.sectors, final_demand, config.cluster_map
        ).loc[codes]
        columns |= {name: found[name].array for name in STATUS_COLUMNS}
    total = flows.by_destination(np.ones(len(codes), dtype=bool))
    for column, known in zip(
        ("cba_modelled_share", "cba_split_modelled_share"), status.values(), strict=True
    ):
        of_modelled = flows.by_destination(known == "modelled")
        columns[column] = np.divide(of_modelled, total, out=np.zeros_like(total), where=total > 0)
    columns |= {name: regions[name].to_numpy(float) for name in ("lon", "lat")}
    table = pd.DataFrame(columns)
    warn_of_error(table)
    return table


def account_columns(
    f: xr.Dataset, roles: Mapping[str, str], population: np.ndarray
) -> dict[str, np.ndarray]:
    """Columns of regions.csv from footprints: accounts, Mt, and the footprint per person, t."""
    columns = {
        "pba_mt": f["pba_total"].to_numpy() * MT,
        "cba_mt": f["cba_total"].to_numpy() * MT,
        "cba_demand_mt": f["cba"].sum("category").to_numpy() * MT,
        **{f"cba_{role}_mt": part * MT for role, part in by_role(f["cba"], roles).items()},
        **{f"{name}_mt": f[name].to_numpy() * MT for name in ("exports", "error", "orphan")},
        "household_direct_mt": f["household"].to_numpy() * MT,
    }
    return {**columns, "per_capita_t": columns["cba_mt"] / MT / population}


def _of_cities(
    cities: pd.DataFrame, inputs: GroupInputs, clusters: Mapping[Features, Clusters], config: Groups
) -> pd.DataFrame:
    """What only cities have: quintile, structures, types of super-emitters (index: region)."""
    values = cities.set_index("region")
    table = pd.DataFrame({"quintile": quintiles(values[affluence_column(config)], config)})
    table["structure"] = clusters[Features(config.cluster_map, config.cluster_features)].labels
    for mapping, column in BESIDE.items():
        found = clusters.get(Features(mapping, config.cluster_features))
        table[column] = "" if found is None else found.labels
    national = national_emissions(inputs.inventory, households_count(inputs.footprints)) * MT
    share = super_share(inputs.benchmarks, config, len(values))
    types = super_emitters(values["pba_mt"], values["cba_mt"], national, share, config.super_base)
    if most_are_super_emitters(types["super_emitter"]):
        count = int(types["super_emitter"].ne("none").sum())
        warn(
            where="regions.csv, column super_emitter",
            what="most cities are super-emitters: the threshold tells few of them apart",
            value=f"{count} of {len(types)} at {share:.3g} of the base (groups.super_base)",
            expectation=f"a threshold above a city's mean share, {1 / len(types):.2g}",
            effect="Scenarios, where they run, act on nearly every city. Fix: set super_share in "
            "benchmarks.csv (or groups.super_share), or switch them off (groups.super_emitters: "
            "false).",
        )
    return table.join(types)


def warn_of_error(table: pd.DataFrame) -> None:
    """Say where much of the emissions ends in the error account, in nobody's footprint."""
    made, booked = table["pba_mt"].sum(), table["error_mt"]
    if booked.abs().sum() > ERROR_ACCOUNT * made:
        largest = booked.abs().idxmax()
        warn(
            where="regions.csv, column error_mt",
            what="emissions in the error account of the tables",
            value=f"{booked.sum():+.4g} Mt CO2 in all, {booked.abs().sum():.4g} Mt whatever the "
            "sign "
            f"({booked.abs().sum() / made:.1%} of production emissions); most in "
            f"{table['name'][largest]}: "
            f"{booked[largest]:+.4g} Mt",
            expectation=f"at most {ERROR_ACCOUNT:.0%}",
            effect="Where it is above 0, they are in nobody's footprint; where it is below, "
            "footprints and exports hold more "
            "than is emitted. Fix: look for the gaps of the provincial tables "
            "(provinces/system.nc, `error`).",
        )


def _summary(cities: pd.DataFrame, by: str, labels: Sequence[str]) -> list[dict[str, Any]]:
    rows, groups = [], cities[by].to_numpy(object)
    values = {
        name: cities[name].to_numpy()
        for name in ("population", "gdp", "cba_mt", "cba_capital_mt", "pba_mt")
    }
    for label in labels:
        own = groups == label
        row: dict[str, Any] = {by: label, "cities": int(own.sum())}
        for quantity, amounts in values.items():
            row[quantity], whole = amounts[own].sum(), amounts.sum()
            row[f"{quantity.removesuffix('_mt')}_percent"] = (
                100 * row[quantity] / whole if whole else np.nan
            )
        means = (
            per_capita(values["cba_mt"][own] / MT, values["population"][own])
            if own.any()
            else (np.nan, np.nan)
        )
        row["per_capita_unweighted"], row["per_capita_weighted"] = means
        rows.append(row)
    return rows


def quintile_table(cities: pd.DataFrame, names: list[str], config: Groups) -> pd.DataFrame:
    """quintiles.csv: levels, shares of all cities (percent), the affluence they are made of, and
    counts by structure.

    Parameters
    ----------
    cities
        Cities of :func:`region_table`.
    names
        Structures.
    """
    quintile, structure = (cities[name].to_numpy(object) for name in ("quintile", "structure"))
    values, people = (cities[name].to_numpy() for name in (affluence_column(config), "population"))
    rows = _summary(cities, "quintile", QUINTILES)
    for row in rows:
        own = quintile == row["quintile"]
        some, weights = values[own], people[own]
        row |= dict.fromkeys(
            (f"affluence_{what}_usd" for what in ("min", "mean", "weighted")), np.nan
        )
        if own.any():
            row |= {
                "affluence_min_usd": some.min(),
                "affluence_mean_usd": some.mean(),
                "affluence_weighted_usd": (some * weights).sum() / weights.sum(),
            }
        row["affluence"] = affluence_words(config)
        row |= {f"{COUNT}{name}": int((structure[own] == name).sum()) for name in names}
    return pd.DataFrame(rows)


def structure_table(cities: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """structures.csv: levels, shares and means by structure (figure 1c)."""
    return pd.DataFrame(_summary(cities, "structure", names))


def _membership(
    cities: pd.DataFrame, names: list[str]
) -> tuple[np.ndarray, np.ndarray, list[tuple[str, str]]]:
    producers = [(q, s) for q in QUINTILES for s in names]
    quintile, structure = (cities[name].to_numpy(object) for name in ("quintile", "structure"))
    made = np.array([(quintile == q) & (structure == s) for q, s in producers], float)
    used = np.array([quintile == q for q in QUINTILES], float)
    return made, used, producers


def group_flows(
    footprints: xr.Dataset, cities: pd.DataFrame, names: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """flows_groups.csv and va_per_emission.csv: flows between different cities by group (figure 2).

    ``F[(Q, cluster) -> Q'] = sum G^rs``, r in (Q, cluster), s in Q', r != s, in percent of all such
    flows; and value added over emissions, ``sum VA^rs / sum G^rs``, over the same pairs (10^9 of
    the currency per Mt; blank without flow).
    """
    codes = [*cities["region"]]
    made, used, producers = _membership(cities, names)
    carbon = Flows.of(footprints, "flows", codes).between(made, used) * MT
    earned = Flows.of(footprints, "va_flows", codes)
    money = earned.between(made, used) * billions_per_unit(unit_in(footprints))
    keys = [
        {"producer_quintile": q, "producer_structure": s, "consumer_quintile": consumer}
        for q, s in producers
        for consumer in QUINTILES
    ]
    mt, ratio = carbon.ravel(), np.full(carbon.size, np.nan)
    np.divide(money.ravel(), mt, out=ratio, where=mt != 0)
    groups = pd.DataFrame(keys)
    flows = {"mt": mt, "percent": 100 * mt / (mt.sum() or np.nan)}
    benefit = {"value_added": money.ravel(), "mt": mt, "ratio": ratio}
    return groups.assign(**flows), groups.assign(**benefit)


def value_added_dependence(footprints: xr.Dataset, cities: pd.DataFrame) -> pd.DataFrame:
    """va_dependence.csv: value added a quintile earns through the final demand of another, on two
    bases (method section 12).

    Columns producer_quintile, consumer_quintile, value_added (10^9 of the currency, between
    different cities), percent_of_value_added (of all value added of the producers),
    percent_of_trade (of what they earn through other cities of the table).
    """
    codes = [*cities["region"]]
    _, used, _ = _membership(cities, [])
    scale = billions_per_unit(unit_in(footprints))
    money = Flows.of(footprints, "va_flows", codes).between(used, used) * scale
    total = used @ footprints["value_added"].sel(region=codes).sum("sector").to_numpy() * scale
    trade = money.sum(axis=1)
    rows = [
        {
            "producer_quintile": producer,
            "consumer_quintile": consumer,
            "value_added": money[p, c],
            "percent_of_value_added": 100 * money[p, c] / total[p] if total[p] else np.nan,
            "percent_of_trade": 100 * money[p, c] / trade[p] if trade[p] else np.nan,
        }
        for p, producer in enumerate(QUINTILES)
        for c, consumer in enumerate(QUINTILES)
    ]
    return pd.DataFrame(rows)


def intercity_table(footprints: xr.Dataset, regions: pd.DataFrame) -> pd.DataFrame:
    """intercity_cities.csv: footprint of the cities by where it was emitted (R12).

    Components same_city (with households' direct emissions where the footprint counts them),
    same_province (another city of it), other_province (unsplit provinces included); mt, share (sums
    to 1).
    """
    origins, consumers = footprints["origin"].values, [*regions.loc[is_city(regions), "region"]]
    province = dict(zip(regions["region"], regions["province"], strict=True))
    city = np.isin(origins, consumers)
    amounts = np.zeros(len(SCOPES))
    for index, values in Flows.of(footprints).into():
        chosen = city[index]
        masks = scope_masks(origins, origins[index[chosen]], province).values()
        amounts += [np.compress(chosen, values, axis=1)[mask].sum() for mask in masks]
    if households_count(footprints):
        amounts[SCOPES.index("same_city")] += float(
            footprints["household"].sel(region=consumers).sum()
        )
    shares = amounts / amounts.sum() if amounts.any() else np.nan
    return pd.DataFrame({"component": SCOPES, "mt": amounts * MT, "share": shares})


def parameter_table(
    regions: pd.DataFrame,
    footprints: xr.Dataset,
    inventory: xr.Dataset,
    benchmarks: pd.DataFrame,
    groups: Groups,
    scenarios: Scenarios,
) -> pd.DataFrame:
    """parameters.csv: the analysis' own parameters that figures and text quote: parameter, value,
    unit, source.

    `emissions` is everything the country emits, which the quota compares with its peak;
    `emissions_counted` counts households' direct emissions only where PBA and CBA do, and is the
    base of all shares of national emissions.

    Parameters
    ----------
    regions
        regions.csv of :func:`group_tables`.
    footprints, inventory
        footprints.nc and emissions.nc.
    """
    cities, counts = regions[is_city(regions)], households_count(footprints)
    national = national_emissions(inventory, counts) * MT
    share = super_share(benchmarks, groups, len(cities))
    limit = thresholds(cities["cba_mt"], national, share)
    households = f"households' direct emissions {'included' if counts else 'left out'}"
    of = {base: f"{share:.4g} of {base}, {households}" for base in BASES}
    if not groups.super_emitters:
        of = dict.fromkeys(BASES, "groups.super_emitters is false")
    if scenarios.run:
        target, configured = capital_target(benchmarks, scenarios), scenarios.capital_target
        target_of = (
            "mean of megacity_capital_share.*" if configured is None else "scenarios.capital_target"
        )
    else:
        target, target_of = np.nan, "scenarios.run is false"
    peak = peak_emissions(benchmarks, scenarios)
    peak_of = (
        "not given: there is no quota"
        if np.isnan(peak)
        else "scenarios.peak_emissions_gt"
        if scenarios.peak_emissions_gt is not None
        else "benchmarks.csv"
    )
    level = f"inventory, control total {inventory.attrs['control_total']}"
    whole = national_emissions(inventory, True) * MT
    column = affluence_column(groups)
    rows = [
        ("super_threshold", limit[groups.super_base], "Mt", of[groups.super_base]),
        *((f"super_threshold.{base}", limit[base], "Mt", of[base]) for base in BASES),
        ("capital_target", target, "share", target_of),
        (PEAK, peak, "Mt", peak_of),
        ("emissions", whole, "Mt", f"{level}, households' direct emissions included"),
        ("emissions_counted", national, "Mt", f"{level}, {households}, as in PBA and CBA"),
        *(
            (
                f"affluence_cut.{quintile}",
                value,
                "USD",
                f"lowest {column} in {quintile}, mode "
                f"{'threshold' if groups.thresholds_usd else 'rank'}",
            )
            for quintile, value in quintile_cuts(cities[column], cities["quintile"]).items()
        ),
    ]
    return pd.DataFrame(rows, columns=["parameter", "value", "unit", "source"])
