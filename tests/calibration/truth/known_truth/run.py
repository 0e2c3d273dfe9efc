"""Every method and competitor on one known table, told the same, side by side."""

from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr

from citymrio.base.errors import DataError
from citymrio.base.labels import needs_columns
from citymrio.base.methods import METHODS
from citymrio.chain.estimate import estimate
from citymrio.chain.steps import known_of, run_steps
from citymrio.config.models import Cities, Config
from citymrio.nested import NestedMRIO
from citymrio.provinces.consumption import consumption_rows
from citymrio.trade.distances import region_distances
from citymrio.trade.priors.fit import fit_flows, fit_tilt, ratio_rule
from citymrio.trade.priors.table import COLUMNS as ROWS
from citymrio.trade.priors.table import DEMAND, LEAST, NEEDED, PARAMETERS, check_priors

from .as_dataset import CASES, System, final_demand_table, regions_table
from .competitors import Facts, best_delta, competitor, footprint_level
from .scores import COLUMNS, Scores, equal_accounts, parts_of
from .table import KnownTable

#: `calibrated` by what a run has: priors fitted on the provinces of the table, of whose trade the
#: sums are known; the default, and both ends of the barrier -> keys of `cities`.
OWN_FIT: dict[str, dict[str, float]] = {
    "calibrated_own": {},
    "calibrated_own_closed": {"border_barrier": 0.0},
    "calibrated_own_open": {"border_barrier": 1.0},
}
#: Methods of the project, beside the competitors.
OURS = ("paper", "calibrated", *OWN_FIT)
COMPETITORS = (
    "zeros",
    "cba_equals_pba",
    "slq",
    "flq",
    "charm",
    "borrowed",
    "gravity_ras",
    "mr_gras",
)
ORDER = (*COMPETITORS, *OURS)
#: Methods that are left out where nothing is at hand to fit priors on.
NEED_PRIORS = ("gravity_ras", "calibrated")


def outside_priors(table: KnownTable) -> pd.DataFrame:
    """priors.csv fitted on the outside regions of the table: no city enters. Regions without a
    place on the map are left out of the fit of trade.
    """
    outside, source = ~table.is_city, "outside regions of the same table"
    index = np.flatnonzero(outside)
    mapped = np.flatnonzero(outside & table.regions["mapped"].to_numpy())
    names, codes = table.regions["region"].to_numpy(), table.sectors["sector"].tolist()
    whole = table.trade()
    flows = xr.DataArray(
        whole[np.ix_(np.arange(len(codes)), mapped, mapped)],
        {"sector": codes, "origin": names[mapped], "destination": names[mapped]},
        ("sector", "origin", "destination"),
    )
    rows = fit_flows(
        flows, region_distances(table.regions.iloc[mapped], where=source), table.sectors, source
    )

    def by_region(values: np.ndarray) -> xr.DataArray:
        return xr.DataArray(values, {"region": names[index], "sector": codes}, ("region", "sector"))

    own = np.einsum("irr->i", whole[np.ix_(np.arange(len(codes)), index, index)])
    home = xr.DataArray(own / whole[:, :, index].sum(axis=(1, 2)), {"sector": codes}, ("sector",))
    use = table.z[:, :, index].sum(axis=0).transpose(1, 0, 2)
    tilt = fit_tilt(
        by_region(whole[:, :, index].sum(axis=1).T),
        by_region(ratio_rule(use, table.output[index])),
        by_region(whole[:, index].sum(axis=2).T),
        home,
        table.sectors,
        source,
    )
    return pd.concat([rows, tilt, fit_demand(table, index, source)], ignore_index=True)


def fit_demand(table: KnownTable, chosen: np.ndarray, source: str) -> pd.DataFrame:
    """Consumption functions of some regions of a known table (positions), as rows of priors.csv.

    Where people are not known, value added stands in: all regions are alike per head, and the
    elasticity is the prior's.
    """
    used, gdp = (
        table.f.sum(axis=(0, 1))[chosen][:, table.final],
        table.value_added[chosen].sum(axis=1),
    )
    return consumption_rows(
        used, gdp, regions_table(table).iloc[chosen], final_demand_table(table)[table.final], source
    )


def consumption_priors(final_demand: pd.DataFrame, source: str) -> pd.DataFrame:
    """The same rows where there is no province to fit on: the weak prior."""
    nobody = pd.DataFrame({"population": [], "population_rural": []})
    return consumption_rows(
        np.empty((0, len(final_demand))), np.empty(0), nobody, final_demand, source
    )


def adopt_priors(priors: pd.DataFrame, table: KnownTable, source: str) -> pd.DataFrame:
    """Priors of another system for the sectors of this table: by sector where codes and kinds are
    the same, else by kind.

    Raises
    ------
    DataError
        It is not a table of priors, or has no value for a kind.
    """
    needs_columns(priors, NEEDED, source)
    final, names = final_demand_table(table)[table.final], table.sectors["sector"].tolist()
    demand, priors = (priors[priors["kind"].eq(DEMAND) == of_demand] for of_demand in (True, False))
    demand = demand[demand["sector"].isin(final["category"])].assign(source=source)
    if "population" in table.regions and not table.is_city.all():
        # consumption functions are a nation's own: where people are known, those of its regions
        # that are not judged
        demand = fit_demand(
            table, np.flatnonzero(~table.is_city), "outside regions of the same table"
        )
    elif len(plain := final[~final["category"].isin(demand["sector"])]):
        demand = pd.concat(
            [demand, consumption_priors(plain, f"{source}, which has no such category")],
            ignore_index=True,
        )
    same = set(names) == set(priors["sector"])
    if same:
        kinds = priors.drop_duplicates("sector").set_index("sector")["kind"]
        same = kinds.loc[names].tolist() == table.sectors["kind"].tolist()
    rows = []
    for name in [] if same else PARAMETERS:
        mean = priors[priors["parameter"].eq(name)].groupby("kind")["prior"].mean()
        for sector, kind in zip(names, table.sectors["kind"], strict=True):
            if kind not in mean:
                raise DataError(
                    f"no {name} of {kind}",
                    where=source,
                    fix="the table of priors needs goods and services.",
                )
            rows.append(
                (
                    sector,
                    kind,
                    name,
                    np.nan,
                    np.nan,
                    0,
                    float(mean[kind]),
                    source,
                    f"mean of {kind}: other sectors",
                )
            )
    carried = priors.assign(source=source) if same else pd.DataFrame(rows, columns=ROWS)
    carried = pd.concat([carried, demand], ignore_index=True)
    return check_priors(carried, names, source, final["category"].tolist())


def as_known(nested: NestedMRIO, table: KnownTable) -> KnownTable:
    """An estimated system in the form and the order of the known table."""
    order, sectors = table.regions["region"].tolist(), table.sectors["sector"].tolist()
    cells = nested.to_dense().sel(
        origin=order, destination=order, sector=sectors, category=list(table.categories)
    )
    output = nested.dataset["output"].transpose("region", "sector")
    return replace(
        table,
        z=cells["Z"].values,
        f=cells["Y"].values,
        output=output.sel(region=order, sector=sectors).values,
    )


def own_priors(system: System, config: Config) -> pd.DataFrame:
    """priors.csv as a run fits it, on the provinces that have a place on the map: a rest of the
    world is no province, and its accounts are others.
    """
    regions = system.dataset.tables["regions"].query("mapped")
    codes = [code for code in system.mrio["province"].values if code in {*regions["province"]}]
    mrio = system.mrio.sel(province=codes, origin=codes, destination=codes)
    emitting = system.provincial["province"]
    provincial = system.provincial.sel(province=emitting[emitting.isin(codes)])
    dataset = replace(system.dataset, tables=system.dataset.tables | {"regions": regions})
    return run_steps(known_of(dataset, config, mrio=mrio, provincial=provincial), "priors")[
        "priors"
    ]


def method_table(system: System, method: str) -> tuple[KnownTable, np.ndarray]:
    """The table of a method in the form of the known one, and emissions (region, sector), by the
    chain of a run.
    """
    table, own = system.table, method in OWN_FIT
    keys = METHODS["calibrated"] | OWN_FIT[method] if own else METHODS[method]
    config = system.config.model_copy(update={"cities": Cities(**keys)})
    priors = own_priors(system, config) if own else system.priors
    priors = priors if config.cities.needs_priors else None
    result = estimate(
        system.dataset, config, system.mrio, adopted=priors, provincial=system.provincial
    )
    at = {"region": table.regions["region"].tolist(), "sector": table.sectors["sector"].tolist()}
    emissions = result.inventory["emissions"].transpose("region", "sector").sel(at).values
    return as_known(result.nested, table), emissions


def estimated_parts(
    system: System, facts: Facts, method: str, delta: float
) -> dict[str, np.ndarray]:
    """What is scored of a method; where all is told, so are emissions."""
    told = facts.emissions if system.case.surveyed else system.stressor
    if method == "cba_equals_pba":
        return equal_accounts(told, footprint_level(facts, system.table.is_city, told))
    if method in OURS:
        table, emissions = method_table(system, method)
        return parts_of(table, emissions if system.case.surveyed else told)
    return parts_of(competitor(system.table, facts, method, delta), told)


def methods_of(table: KnownTable, priors: pd.DataFrame | None) -> list[str]:
    """The methods that are tried: without priors those that need none, with too few provinces for
    a fit none that is fitted on them.
    """
    few = table.regions.loc[table.regions["mapped"], "province"].nunique() < LEAST
    lacking = {*(NEED_PRIORS if priors is None else ()), *(OWN_FIT if few else ())}
    return [method for method in ORDER if method not in lacking]


def accuracy(
    table: KnownTable, priors: pd.DataFrame | None
) -> tuple[pd.DataFrame, dict[str, float]]:
    """accuracy.csv (case, and the columns of :data:`.scores.COLUMNS`), and the exponent of FLQ by
    case.
    """
    tables, deltas = [], {}
    for name, case in CASES.items():
        system = System.of(table, priors, Config(), case=case)
        scores, facts = Scores(system.table, system.stressor), Facts.of(system)
        deltas[name] = best_delta(system.table, facts)
        # one after the other: each is as large as the table itself
        found = {
            m: scores.pieces(estimated_parts(system, facts, m, deltas[name]))
            for m in methods_of(table, priors)
        }
        tables.append(scores.table(found, COMPETITORS).assign(case=name)[["case", *COLUMNS]])
    return pd.concat(tables, ignore_index=True), deltas
