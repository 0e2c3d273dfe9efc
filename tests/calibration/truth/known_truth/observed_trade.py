"""Observed trade between the zones of several parents (states, divisions) as known truth for trade
alone (docs/accuracy.md).

Parents play provinces, their zones cities. What a zone supplies and uses of a product is known, and
what the zones of a parent trade with the rest of the nation in sum, as the joint split of a run
knows it. Distance exponent and border effect are fitted one level up, between the *other* parents:
nothing of the zones that are judged enters. Deliveries between zones of one parent, and of zones to
themselves, are scored.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pandas as pd
import xarray as xr

from citymrio.base.errors import DataError
from citymrio.base.files import sha256_of
from citymrio.base.labels import needs_columns, read_table
from citymrio.config.models import Cities, Solver
from citymrio.trade.distances import distance_matrix, province_distances, region_distances
from citymrio.trade.flows import constrained_flows
from citymrio.trade.priors.fit import fit_flows
from citymrio.trade.priors.kernel import border_kernel
from citymrio.trade.priors.table import BORDER, by_parameter, carried_border, prior_values
from citymrio.trade.priors.table import COLUMNS as PRIORS

from .intervals import as_rows, trade_residuals
from .scores import COLUMNS, DRAWS, PROBABILITY, SEED
from .systems import TRUTHS, System

#: Columns of the two tables of a country whose zones have no known partners.
FLOWS = ("zone", "product", "own_use", "outflow_rest_of_country")
ZONES = ("zone", "lon", "lat", "area_km2", "inflow_rest_of_country_all_products")

#: Column of the tables -> its name here.
NAMES = {"zone": "region", "parent": "province", "activity_musd": "population"}
#: The same of a table of routed miles of the Commodity Flow Survey.
MILES = {"orig_FAFID": "origin", "dest_FAFID": "destination", "Distance": "value"}
#: Rules for the trade between the zones of a parent, as keys of `cities`: all trade alike; the rule
#: before (the typical distance at home, a discount of 1); border effects carried as they are; the
#: default and its other end; the default with a table of distances.
RULES: dict[str, dict] = {
    "joint_uniform": {"trade_prior": "uniform"},
    "discount": {"border_change": -1.0, "border_barrier": 0.0},
    "border_carried": {"border_change": 0.0, "border_barrier": 0.0},
    "calibrated": {},
    "border_open": {"border_barrier": 1.0},
    "road": {},
}
#: Columns of codes, whatever they look like.
CODES = ("zone", "parent", "origin", "destination", "product", *list(MILES)[:2])
#: Rule, what is scored, group -> of every parent the sums of absolute errors, estimates and truths.
Sums: TypeAlias = dict[tuple[str, str, str], list[tuple[float, float, float]]]
#: What is told of a zone, as a case of accuracy.csv.
CASE = "supply_and_use"


@dataclass(frozen=True)
class ObservedTrade:
    """Known trade.

    Attributes
    ----------
    regions
        Zones: region, province (its parent), lon, lat, area_km2, population (what weights a zone in
        its parent's centre).
    sectors
        Products: sector, kind.
    flows
        (sector, origin, destination), own supply on the diagonal.
    road
        Distances of a table (origin, destination), where the system has one.
    """

    regions: pd.DataFrame
    sectors: pd.DataFrame
    flows: np.ndarray
    road: pd.DataFrame | None = None

    def members(self, parent: str) -> np.ndarray:
        """Positions of the zones of a parent."""
        return np.flatnonzero(self.regions["province"].eq(parent))

    @property
    def judged(self) -> list[str]:
        """Parents of several zones."""
        count = self.regions["province"].value_counts()
        return sorted(count.index[count > 1])


def read_observed_trade(system: System) -> ObservedTrade:
    """Observed trade as a list of systems names it.

    `truth`: origin, destination, product, value, and columns that tell several years apart;
    `regions`: zone, parent, lon, lat, area_km2, activity_musd; `products`: those that count, joined
    by ";" (blank: all); `without`: zones or parents left out.

    Raises
    ------
    DataError
        A missing column, a product, zone or parent that is not there, a negative value.
    """
    zones, table = (read_table(path, text=CODES) for path in (system.regions, system.truth))
    zones = zones.rename(columns=NAMES)
    for frame, columns, where in (
        (zones, ("region", "province", "lon", "lat", "area_km2", "population"), system.regions),
        (table, ("origin", "destination", "product", "value"), system.truth),
    ):
        needs_columns(frame, columns, where)
    chosen, out = (
        {name for name in text.split(";") if name} for text in (system.products, system.without)
    )
    for names, known, what in (
        (chosen, table["product"], "product"),
        (out, zones[["region", "province"]].stack(), "zone"),
    ):
        if lost := sorted(names - set(known.astype(str))):
            raise DataError(
                f"{what} '{lost[0]}' is not there",
                where=system.truth,
                fix="correct the list of systems.",
            )
    zones = zones[~zones["region"].isin(out) & ~zones["province"].isin(out)].reset_index(drop=True)
    zones = zones.assign(gdp=1.0, population_rural=0.0)
    table = table[table["product"].astype(str).isin(chosen)] if chosen else table
    keys = [name for name in table if name not in ("origin", "destination", "value")]
    label = table[keys].astype(str).agg(" ".join, axis=1)
    sectors = pd.DataFrame({"sector": sorted(label.unique()), "kind": "goods"})
    place = [
        pd.Index(codes).get_indexer(values.astype(str))
        for codes, values in (
            (sectors["sector"], label),
            (zones["region"], table["origin"]),
            (zones["region"], table["destination"]),
        )
    ]
    inside = (place[1] >= 0) & (place[2] >= 0)
    if (table["value"] < 0).any() or not inside.any():
        raise DataError(
            "a value is negative, or no zone is known",
            where=system.truth,
            fix="values >= 0 between zones of the list.",
        )
    flows = np.zeros((len(sectors), len(zones), len(zones)))
    np.add.at(
        flows, tuple(index[inside] for index in place), table["value"].to_numpy(float)[inside]
    )
    road = None
    if system.distances:
        miles = read_table(system.distances, text=CODES).rename(columns=MILES)
        road = without_gaps(distance_matrix(miles, system.distances), zones)
    return ObservedTrade(zones, sectors, flows, road)


def without_gaps(matrix: pd.DataFrame, zones: pd.DataFrame) -> pd.DataFrame:
    """Distances of all zones; a pair without shipments has that of the way back, or km times the
    table's mean ratio to km.
    """
    codes = zones["region"].tolist()
    road, km = matrix.reindex(index=codes, columns=codes).to_numpy(float), region_distances(zones)
    road = np.where(np.isnan(road), road.T, road)
    ratio = np.exp(np.nanmean(np.log(road / km)))
    return pd.DataFrame(np.where(np.isnan(road), ratio * km, road), index=codes, columns=codes)


def priors_of_others(trade: ObservedTrade, parent: str, rule: str) -> pd.DataFrame:
    """theta and border effect between all parents but one, whose zones are judged."""
    codes, distance = province_distances(trade.regions, trade.road if rule == "road" else None)
    group = (trade.regions["province"].to_numpy() == np.array(codes)[:, None]).astype(float)
    keep = np.array([code != parent for code in codes])
    flows = np.einsum("pr,irs,qs->ipq", group, trade.flows, group, optimize=True)[:, keep][
        :, :, keep
    ]
    names = [code for code in codes if code != parent]
    coords = {"sector": trade.sectors["sector"].tolist(), "origin": names, "destination": names}
    distance = distance[np.ix_(keep, keep)]
    if rule == "discount":
        distance = constant_at_home(distance)
    return fit_flows(
        xr.DataArray(flows, coords, tuple(coords)),
        distance,
        trade.sectors,
        f"parents without {parent}",
    )


def priors_of_zones(trade: ObservedTrade) -> pd.DataFrame:
    """theta and border effect between all zones, for systems on the same level."""
    codes = trade.regions["region"].tolist()
    coords = {"sector": trade.sectors["sector"].tolist(), "origin": codes, "destination": codes}
    flows = xr.DataArray(trade.flows, coords, tuple(coords))
    return fit_flows(flows, region_distances(trade.regions), trade.sectors, "zones")


def constant_at_home(distance: np.ndarray) -> np.ndarray:
    """Distances with the typical one, the geometric mean between regions, in place of own ones: the
    rule before.
    """
    off = ~np.eye(len(distance), dtype=bool)
    return np.where(off, distance, np.exp(np.log(distance[off]).mean()))


def between_zones(
    trade: ObservedTrade, parent: str, rule: str, priors: pd.DataFrame | None
) -> np.ndarray:
    """Estimated trade among the zones of a parent and the rest of the nation, which comes last,
    (sector, zone, zone).

    The joint split of a run (:func:`citymrio.cities.split.split_supply_demand`): supply and use of
    every zone, outflow and inflow of all together, nothing at home of the rest.
    """
    own, names = trade.members(parent), trade.sectors["sector"].tolist()
    zones, count = trade.regions.iloc[own], len(own)
    supply, use = (trade.flows[:, own].sum(axis=2), trade.flows[:, :, own].sum(axis=1))
    local = trade.flows[np.ix_(np.arange(len(names)), own, own)].sum(axis=(1, 2))
    config = Cities(split="joint", **{"trade_prior": "border", **RULES[rule]})
    reference = np.ones((len(names), count + 1, count + 1))
    if config.trade_prior == "border":
        distance = region_distances(zones, trade.road if rule == "road" else None)
        distance = constant_at_home(distance) if rule == "discount" else distance
        border = carried_border(priors, names, config, parent)
        reference[:, :count, :count] = border_kernel(
            distance, prior_values(by_parameter(priors), "theta", names, parent), border
        )
    reference[:, -1, -1] = 0.0
    outflow, inflow = (np.column_stack([part, part.sum(axis=1) - local]) for part in (supply, use))
    outflow[:, -1], inflow[:, -1] = inflow[:, -1].copy(), outflow[:, -1].copy()
    solver = Solver().direct
    return constrained_flows(reference, outflow, inflow, f"zones of {parent}", solver)["trade"]


def true_between_zones(trade: ObservedTrade, parent: str) -> np.ndarray:
    """The truth in the form of :func:`between_zones`."""
    own = trade.members(parent)
    rest = np.setdiff1d(np.arange(len(trade.regions)), own)
    group = np.zeros((len(own) + 1, len(trade.regions)))
    group[np.arange(len(own)), own] = group[-1, rest] = 1.0
    result = np.einsum("ar,irs,bs->iab", group, trade.flows, group, optimize=True)
    result[:, -1, -1] = 0.0
    return result


def estimates(
    trade: ObservedTrade, rules: tuple[str, ...]
) -> Iterator[tuple[str, np.ndarray, dict[str, np.ndarray]]]:
    """By parent, truth and estimate by rule of the trade among its zones and the rest."""
    for parent in trade.judged:
        priors: dict[str, pd.DataFrame] = {}
        for rule in rules:
            own = rule if rule in ("discount", "road") else ""
            if RULES[rule].get("trade_prior") != "uniform" and own not in priors:
                priors[own] = priors_of_others(trade, parent, rule)
        found = {
            rule: between_zones(trade, parent, rule, priors.get(rule, priors.get("")))
            for rule in rules
        }
        yield parent, true_between_zones(trade, parent), found


def accuracy_of_trade(trade: ObservedTrade) -> pd.DataFrame:
    """accuracy.csv of a system of observed trade.

    Errors of single deliveries, products apart, over the zones of all parents. `difference` is the
    error of `calibrated` less that of the rule; `low` and `high` hold 90% of what it is when
    parents are drawn anew, with replacement.

    Returns
    -------
    DataFrame
        case, and the columns of :data:`.scores.COLUMNS`; no skill.
    """
    rules = tuple(rule for rule in RULES if rule != "road" or trade.road is not None)
    sums: Sums = {}
    for _, true, found in estimates(trade, rules):
        count = true.shape[1] - 1
        off = ~np.eye(count, dtype=bool)
        for rule, guess in found.items():
            for what, chosen in (("flows_inside", off), ("own_use", ~off)):
                x, y = (part[:, :count, :count][:, chosen] for part in (guess, true))
                sums.setdefault((rule, what, "all"), []).append(
                    (float(np.abs(x - y).sum()), float(x.sum()), float(y.sum()))
                )
    return scored(sums)


def scored(sums: Sums) -> pd.DataFrame:
    """Rows of accuracy.csv from sums of absolute errors, estimates and truths of every parent (of
    every zone: own use alone).
    """
    count = len(next(iter(sums.values())))
    weights = np.ones((DRAWS + 1, count))  # the first is the sample itself
    weights[1:] = np.random.default_rng(SEED).multinomial(count, np.full(count, 1 / count), DRAWS)
    values = {}
    for (rule, what, group), parts in sums.items():
        error, guess, true = (weights @ np.array(parts)).T
        values[rule, f"{what}_wape", group], values[rule, f"{what}_level", group] = (
            error / true,
            guess / true,
        )
    rows = []
    for (rule, quantity, group), value in values.items():
        both = (values["calibrated", quantity, group], value)
        size = [np.abs(part - 1) if quantity.endswith("level") else part for part in both]
        change = size[0] - size[1] if rule != "calibrated" else np.full(DRAWS + 1, np.nan)
        low, high = np.quantile(change[1:], [(1 - PROBABILITY) / 2, (1 + PROBABILITY) / 2])
        rows.append((rule, quantity, group, value[0], np.nan, change[0], low, high))
    return pd.DataFrame(rows, columns=COLUMNS).assign(case=CASE)[["case", *COLUMNS]]


def accuracy_of_own_use(system: System) -> tuple[pd.DataFrame, dict]:
    """accuracy.csv where no partner is known (:func:`.own_use_estimates`), and what is said of it;
    zones are drawn anew.

    Deliveries to other zones are those of an origin to all of them together.
    """
    rules = {
        rule: keys
        for rule, keys in RULES.items()
        if rule not in ("discount", "border_open", "road")
    }
    zones, sectors, found = own_use_estimates(system, rules)
    true, kinds = found.pop("true"), sectors["kind"].to_numpy()
    groups = {"all": kinds != "", "goods": kinds == "goods", "services": kinds == "services"}
    sums: Sums = {
        (rule, what, group): [
            *zip(
                *(part[chosen].sum(axis=0).tolist() for part in (np.abs(x - y), x, y)), strict=True
            )
        ]
        for group, chosen in groups.items()
        for rule, guess in found.items()
        for what, x, y in zip(("own_use", "flows_inside"), guess, true, strict=True)
    }
    about = {
        "cities": zones["region"].tolist(),
        "provinces": ["the nation"],
        "sectors": {kind: int((kinds == kind).sum()) for kind in ("goods", "services")},
        "calibrated_is_fitted_on": "mean over goods of the table of priors "
        f"{Path(system.fit).name}, for all products",
        "told": "what every zone supplies by product, what it takes in of all products; places "
        "and areas",
    }
    return scored(sums), about


def trade_spreads(trade: ObservedTrade) -> pd.DataFrame:
    """Spreads of trade around its prior (:func:`.intervals.trade_residuals`), all products
    together.
    """
    both = (
        (true.sum(axis=0), found["calibrated"].sum(axis=0))
        for _, true, found in estimates(trade, ("calibrated",))
    )
    return as_rows(trade_residuals(both))


def trade_experiment(system: System) -> tuple[pd.DataFrame, pd.DataFrame, dict]:
    """accuracy.csv of a system of observed trade, priors fitted on all of its zones (for other
    systems), what both rest on.
    """
    if is_own_use(system):
        accuracy, said = accuracy_of_own_use(system)
        priors = pd.DataFrame(columns=PRIORS)
    else:
        trade = read_observed_trade(system)
        accuracy, priors = accuracy_of_trade(trade), priors_of_zones(trade)
        said = {
            "cities": trade.regions.loc[
                trade.regions["province"].isin(trade.judged), "region"
            ].tolist(),
            "provinces": trade.judged,
            "sectors": {"goods": len(trade.sectors), "services": 0},
            "fit": "other parents",
            "calibrated_is_fitted_on": "trade between the other parents; no zone of the parent "
            "that is judged enters",
            "told": "what every zone supplies and uses by product; outflow and inflow of the "
            "parent; places and areas",
        }
    files = [
        path
        for path in (system.truth, system.regions, system.sectors, system.distances, system.fit)
        if path
    ]
    about = {
        "table": Path(system.truth).name,
        "title": system.title,
        "truth": TRUTHS[system.trade],
        "basis": "published",
        "trade": system.trade,
        "notes": [f"left out: {system.without}"] if system.without else [],
        "sha256": {Path(path).name: sha256_of(path) for path in files},
    }
    return accuracy, priors, about | said


def is_own_use(system: System) -> bool:
    """Whether a table of flows has no partners."""
    return "own_use" in pd.read_csv(system.truth, nrows=0).columns


def read_own_use(
    system: System,
) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]:
    """Zones (region, lon, lat, area_km2), products (sector, kind), own use, outflow and inflow
    (product, zone).

    Raises
    ------
    DataError
        A missing column, a product without a kind.
    """
    tables = [
        read_table(path, text=("zone", "product"))
        for path in (system.truth, system.regions, system.sectors)
    ]
    for table, columns, where in zip(
        tables,
        (FLOWS, ZONES, ("product", "kind")),
        (system.truth, system.regions, system.sectors),
        strict=True,
    ):
        needs_columns(table, columns, where)
    flows, zones, kinds = tables
    own, out = (
        flows.pivot(index="product", columns="zone", values=name)[zones["zone"].tolist()]
        for name in FLOWS[2:]
    )
    if lost := sorted(set(own.index) - set(kinds["product"])):
        raise DataError(
            f"product '{lost[0]}' has no kind",
            where=system.sectors,
            fix="goods or services for every product.",
        )
    sectors = kinds.set_index("product").loc[own.index].rename_axis("sector").reset_index()
    share = zones["inflow_rest_of_country_all_products"].to_numpy(float)
    outflow = out.to_numpy(float)
    inflow = outflow.sum(axis=1, keepdims=True) * share / share.sum()
    return zones.rename(columns={"zone": "region"}), sectors, own.to_numpy(float), outflow, inflow


def own_use_estimates(
    system: System, rules: dict[str, dict]
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, tuple]]:
    """Zones, products, and by rule estimated own use and outflow beside the true ones, each
    (product, zone).

    What zones use of their own products and send to the rest of the country is known, services
    included, but no partner (Austria's Laender). The zones are the whole country: nothing is
    outside. A zone takes in its part of what flows out of a product, the part that it has in all
    inflow. Distance exponent and border effect are means over goods of another system of observed
    trade on the same level (states of a nation), for goods and services alike: whether services are
    more home-bound is what is judged.
    """
    zones, sectors, own, outflow, inflow = read_own_use(system)
    priors = read_table(system.fit)
    goods = priors[priors["kind"].eq("goods")].groupby("parameter")["prior"].mean()
    names, every = sectors["sector"].tolist(), np.ones(len(sectors))
    table = pd.DataFrame(
        {"sector": names, "kind": "goods", "parameter": BORDER, "prior": goods[BORDER]}
    )
    found = {}
    for rule, keys in rules.items():
        config = Cities(split="joint", **{"trade_prior": "border", **keys})
        reference = np.ones((len(names), len(zones), len(zones)))
        if config.trade_prior == "border":
            border = carried_border(table, names, config, system.system)
            reference = border_kernel(region_distances(zones), goods["theta"] * every, border)
        supply, use = own + outflow, own + inflow
        guess = constrained_flows(reference, supply, use, system.title, Solver().direct)["trade"]
        home = np.einsum("iss->is", guess)
        found[rule] = (home, supply - home)
    return zones, sectors, {"true": (own, outflow), **found}
