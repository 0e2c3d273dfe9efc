"""Small countries with drawn parameters, never those that the estimator was fitted on, nor those of
its priors: the true numbers of one, and where they lie among the draws of the estimate's ensemble.

A country has five provinces of three to eight cities and the eight sectors of the tiny country. Its
cities know what many cities know: value added of three industries, and five of six a CO2 total.
Parameters are uniform in `RANGES` and `OF_FAMILY`, which are wider than the priors of the estimate.
Half of the countries trade by gravity, half by intervening opportunities around hubs.
"""

import logging
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from citymrio.analysis.super_emitters import TIMES_MEAN
from citymrio.assessment.analysed import Estimated
from citymrio.assessment.ensemble.intervals import is_cell
from citymrio.assessment.ensemble.member import Context, kept, run_members
from citymrio.assessment.headline import ERRORS, OF_CITIES
from citymrio.base.errors import BalanceError, CityMRIOError, DataError, collect_notices
from citymrio.base.labels import EMISSIONS, array, read_dataset
from citymrio.base.methods import METHODS
from citymrio.chain.estimate import Estimate, estimate
from citymrio.config.models import Config, Dataset
from citymrio.dataset.benchmarks import INTENSITY, MEGACITY, PEAK
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources.synthetic.blueprint import Blueprint
from citymrio.dataset.sources.synthetic.build import write
from citymrio.dataset.sources.synthetic.country import Country, Plan
from citymrio.dataset.sources.synthetic.emissions import Emissions
from citymrio.dataset.sources.synthetic.parameters import Parameters
from citymrio.footprints.footprint import footprints
from citymrio.nested import NestedMRIO

PROVINCES, CITIES = 5, (3, 8)
#: Countries that are drawn until one balances.
TRIES = 50

#: Parameter of a synthetic country -> range that it is drawn from (of a pair: the range of either,
#: or its lowest and its highest). Demand of households rises with GDP by about 0.28 more than
#: `household` says, since richer cities are more urban; capital formation by .03 more than
#: `capital`, since part of what is invested is earned at home. Demand scatters 1.18 times as much
#: inside provinces of 5.8 cities as between them, as measured
#: (provinces.consumption.DEMAND_AVERAGED). How far cities and provinces differ in industries
#: (provinces.dispersion.AVERAGED) and in CO2 per unit of GDP, and which sectors go together, is as
#: in China: what their mixes and levels share (`shared`), and the scatter of groups, of sectors and
#: of levels, lie where tests find this.
RANGES: dict[str, tuple] = {
    "size_sd": (0.3, 0.8),
    "income_sd": (0.15, 0.5),
    "inputs_sd": (0.05, 0.35),
    "value_added_sd": (0.03, 0.25),
    "type_power": (0.0, 1.0),
    "profile_sd": (0.0, 0.5),
    "spread": (0.4, 1.8),
    "shared": (0.0, 1.0),
    "openness_sd": (0.1, 0.8),
    "household": (0.12, 0.92),
    "capital": (0.27, 1.27),
    "taste_sd": ((0.074, 0.1), (0.37, 0.5)),
    "investment_sd": ((0.044, 0.06), (0.26, 0.35)),
    "products_sd": (0.1, 0.9),
    "province": (0.0, 2.0),
    "distance": (0.3, 2.0),
    "pair_sd": (0.1, 0.8),
    "alike_sd": (0.2, 0.8),
    "own_sd": (0.3, 1.4),
    "home_sd": (0.2, 0.8),
    "intensity_sd": (0.1, 0.7),
    "together_sd": (0.0, 0.5),
    "level_sd": (0.0, 0.7),
    "overstated": (0.0, 0.05),
    "table_sd": (0.01, 0.06),
    "reexports": ((0.0, 0.0), (0.0, 0.6)),
    "hauling_sd": (0.1, 0.4),
    "province_hauling_sd": (0.15, 0.65),
    "statistics_sd": (0.02, 0.08),
    "totals_sd": (0.04, 0.16),
    "offset": (0.03, 0.15),
    "national_row_sd": (0.02, 0.1),
    "inventory_sd": (0.02, 0.08),
    "province_inventory_sd": (0.04, 0.16),
    "province_row_sd": (0.05, 0.25),
    "population_sd": (0.0, 0.04),
    "covered_power": (0.0, 1.0),
    "fuel": (0.0, 0.9),
}
#: The same by family. `home` is such that the border between the cities of a province exceeds the
#: one that is carried to them by about as much as in the draws of an ensemble: a test measures
#: both.
OF_FAMILY: dict[str, dict[str, tuple[float, float]]] = {
    "gravity": {"home": (-0.8, 1.6)},
    "opportunities": {"home": (0.85, 3.25), "hub": (0.3, 1.5)},
}
FAMILIES = tuple(OF_FAMILY)
#: Benchmarks are known with an error that all of a kind have in common: prefix of the parameter ->
#: range of its spread.
BENCHMARKS = {INTENSITY: (0.1, 0.3), MEGACITY: (0.04, 0.14), PEAK: (0.02, 0.08)}
COVERED = 5 / 6


@dataclass(frozen=True)
class Drawn:
    """A drawn country: what its statistics show, and its truth.

    Attributes
    ----------
    benchmarks
        The true ones, where the dataset has those that are printed.
    redrawn
        Countries before it that could not be built.
    """

    family: str
    parameters: Parameters
    dataset: DatasetFolder
    land: Country
    emissions: Emissions
    folder: Path
    benchmarks: pd.DataFrame
    redrawn: int


def drawn_parameters(family: str, rng: np.random.Generator) -> Parameters:
    """Parameters of a country of a family; what its rich cities live from is dealt anew.

    Were rich cities and capitals always those of high technology, which sells much for little value
    added, all countries would be one in this.
    """
    default, found = Parameters(), dict[str, Any](trade=family)
    for name, (low, high) in (RANGES | OF_FAMILY[family]).items():
        pair = isinstance(getattr(default, name), tuple)
        value = rng.uniform(low, high, 2 if pair else None)
        found[name] = tuple(value.tolist()) if pair else float(value)
    return replace(
        default,
        **found,
        types=tuple(rng.permutation(default.types).tolist()),
        covered=COVERED,
        silent=0,
        unreported=(0, 0),
        detail=False,
    )


def drawn_plan(rng: np.random.Generator) -> Plan:
    """How many cities the provinces have."""
    cities = rng.integers(CITIES[0], CITIES[1] + 1, PROVINCES)
    return Plan(
        cities=tuple(int(n) for n in np.sort(cities)[::-1]),
        municipalities=0,
        unsplit=0,
        population=1e8,
        gdp=4e8,
        cells=500,
        scale=0.5,
        kinds=("split",) * PROVINCES,
        dominant=False,
    )


def drawn_blueprint(rng: np.random.Generator) -> Blueprint:
    """The tables of the tiny country, the borders, distance exponents and spreads of its goods
    dealt anew, borders and exponents of services drawn.

    Were the same product always the one that travels farthest, all countries would be one in this.
    Services are anything from as home-bound as goods, as in Austria, to what the table says. What
    is home-bound is made where it is used, as far as in the table.
    """
    blueprint = replace(Blueprint.load("tiny"), size="drawn")
    table, goods = blueprint.technology.copy(), blueprint.sectors["kind"].eq("goods").to_numpy()
    bound = table.sort_values("border")[["border", "local"]]
    for name in ("border", "theta", "spread"):
        table.loc[goods, name] = rng.permutation(table.loc[goods, name])
    for name in ("border", "theta"):
        ends = blueprint.technology[name].min(), blueprint.technology[name].max()
        table.loc[~goods, name] = rng.uniform(*ends, (~goods).sum())
    table["local"] = np.interp(table["border"], bound["border"], bound["local"])
    return replace(blueprint, technology=table)


def drawn_country(
    seed: int,
    number: int,
    folder: Path,
    draw: Callable[[str, np.random.Generator], Parameters] = drawn_parameters,
) -> Drawn:
    """Country `number` of a seed, written into `folder`; drawn anew where its land or its economy
    cannot be built.

    Raises
    ------
    BalanceError
        None of `TRIES` countries can be built.
    """
    family = FAMILIES[number % len(FAMILIES)]
    for attempt in range(TRIES):
        rng = np.random.default_rng([seed, number, attempt])
        parameters, plan = draw(family, rng), drawn_plan(rng)
        config, place = Dataset(seed=int(rng.integers(2**31))), folder / str(attempt)
        blueprint = drawn_blueprint(rng)
        try:
            land, emissions = write(config, blueprint, plan, parameters, place)
        except (BalanceError, DataError):
            continue
        dataset = DatasetFolder.read(place)
        benchmarks = true_benchmarks(dataset.tables["benchmarks"], rng)
        return Drawn(family, parameters, dataset, land, emissions, place, benchmarks, attempt)
    raise BalanceError(
        f"none of {TRIES} drawn countries can be built",
        where=f"country {number} of seed {seed}",
        fix="take another seed.",
    )


def true_benchmarks(printed: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Benchmarks that the printed ones are observations of."""
    value = printed["value"].astype(float).to_numpy(copy=True)
    for prefix, spread in BENCHMARKS.items():
        value[printed["parameter"].str.startswith(prefix)] *= np.exp(
            rng.uniform(*spread) * rng.normal()
        )
    return printed.assign(value=value)


#: Values of an array that are kept of a country, drawn among all.
KEPT = 40
#: Draws within this of the truth, relative, count as equal to it: round-off of what is kept
#: exactly.
TIED = 1e-9
#: Columns of a country's table.
COLUMNS = (
    "quantity",
    "kind",
    "item",
    "truth",
    "central",
    "median",
    "low",
    "high",
    "rank",
    "rank_central",
    "members",
)

#: Numbers of headline.csv, as a member keeps them, but those of the account of errors: what printed
#: tables leave open is no property of a country.
HEADLINE = tuple(entry.ensemble for entry in OF_CITIES if entry not in ERRORS)
#: Quantities of a member that are left out: those of that account, and what says the same as a
#: number of headline.csv.
SAME = {
    *(entry.variant for entry in OF_CITIES),
    *(entry.ensemble for entry in ERRORS),
    *("embodied flows: same city", "embodied flows: inter-city share"),
    *(f"per capita: {quintile}" for quintile in ("Q1", "Q2", "Q5")),
    *(f"super-emitters: {kind}" for kind in ("demand", "technology", "hybrid")),
    *(f"saving: technology_{depth}" for depth in ("light", "deep")),
    *(
        f"saving: {side}_{depth}_shift"
        for side in ("demand", "sum", "joint")
        for depth in ("light", "deep")
    ),
}


@dataclass(frozen=True)
class Result:
    """What is found of one country.

    Attributes
    ----------
    table
        Columns `COLUMNS`; `rank`: of the truth among the draws, from 0 to 1, ties at random;
        `rank_central`: of the estimate without draws.
    about
        seed, number, family, redrawn (countries that could not be built), members, left_out
        (members without an estimate), stopped (why there is no estimate, blank), seconds.
    """

    table: pd.DataFrame
    about: dict


def arrays(
    nested: NestedMRIO, result: xr.Dataset, owner: np.ndarray, told: np.ndarray
) -> dict[str, np.ndarray]:
    """Values of cities and of pairs of cities, of a true or of an estimated table.

    Parameters
    ----------
    result
        Footprints.
    owner, told
        (region,) in the order of the table: province, and whether its CO2 total is known.
    """
    codes = nested.regions
    own = result.sel(region=codes, origin=codes, destination=codes)
    dense = nested.to_dense()
    stocks = [category for category, role in nested.roles.items() if role == "stock_changes"]
    final = dense["Y"].sel(category=[c for c in dense["category"].values if c not in stocks])
    inputs = dense["Z"].sum(str(dense["Z"].dims[-1]))
    cells = (inputs + final.sum("category")).sum("sector").transpose("origin", "destination")
    trade = cells.sel(origin=codes, destination=codes).values
    flows = own["flows"].transpose("origin", "destination").values
    pba = own["pba_total"].values
    same = owner[:, None] == owner[None]
    inside, across = same & ~np.eye(len(owner), dtype=bool), ~same
    use = own["final_demand_total"].sel(
        category=[c for c in own["category"].values if c not in stocks]
    )
    return {
        "footprint of a city": own["cba_total"].values,
        "production emissions of a city, total told": pba[told],
        "production emissions of a city, total not told": pba[~told],
        "home share of a city": np.diag(trade) / trade.sum(axis=0),
        "deliveries between two cities of a province": trade[inside],
        "deliveries between cities of two provinces": trade[across],
        "embodied flows between two cities of a province": flows[inside],
        "embodied flows between cities of two provinces": flows[across],
        "output of a city": own["output"].sum("sector").values,
        "output of a sector of a city": own["output"].values.ravel(),
        "final demand of a city": use.sum("category").values,
        "final demand of a category of a city": use.values.ravel(),
        "same-province deliveries in all": trade[inside].sum(keepdims=True),
    }


def context_of(dataset: DatasetFolder, config: Config) -> tuple[Context, Estimate]:
    """What members share, and the estimate without draws, all in memory."""
    main = estimate(dataset, config)
    return Context.of(
        dataset, config, main.mrio, main.system, main.footprints, main.inventory
    ), main


def truth_of(drawn: Drawn, main: Estimate, config: Config) -> tuple[Estimated, DatasetFolder]:
    """The true table, its emissions and footprints, and the dataset with true populations and
    benchmarks.
    """
    nested = NestedMRIO.from_dataset(read_dataset(drawn.folder / "truth/truth.nc"))
    regions, carbon, table = (
        drawn.land.regions,
        drawn.emissions,
        drawn.dataset.tables["inventory_sectors"],
    )
    rows = table["inventory_sector"].tolist()
    active = (
        nested.dataset["output"]
        .transpose("region", "sector")
        .sel(region=regions["region"].tolist())
        .values
        > 0
    )
    household = table["kind"].eq("household").to_numpy()
    coords = {
        "region": regions["region"].tolist(),
        "sector": nested.sectors,
        "inventory_sector": rows,
    }
    by_row = carbon.by_inventory_sector
    data = {
        "emissions": (np.where(active, carbon.bridged, 0.0), ("region", "sector")),
        "orphan": (np.where(active, 0.0, carbon.bridged), ("region", "sector")),
        "household_emissions": (by_row[:, household].sum(axis=1), ("region",)),
        "emissions_inventory": (by_row, ("region", "inventory_sector")),
    }
    order = main.inventory["inventory_sector"].values
    true = xr.Dataset(
        {name: array(values, dims, EMISSIONS, name) for name, (values, dims) in data.items()},
        coords,
    )
    inventory = main.inventory.assign(
        true.sel(region=main.inventory["region"].values, inventory_sector=order).data_vars
    )
    people = {
        name: regions.set_index("region")[name] for name in ("population", "population_rural")
    }
    printed = drawn.dataset.tables["regions"]
    own = printed.assign(
        **{name: printed["region"].map(values).astype(float) for name, values in people.items()}
    )
    tables = drawn.dataset.tables | {"regions": own, "benchmarks": drawn.benchmarks}
    found = Estimated(main.mrio, nested, inventory, footprints(nested, inventory, config.emissions))
    return found, replace(drawn.dataset, tables=tables)


def settings_of(cities: int, method: str = "calibrated", **uncertainty: Any) -> Config:
    """The configuration of a small country: super-emitters as rare as among many cities."""
    return Config(
        cities=METHODS[method],
        groups={"super_share": min(TIMES_MEAN / cities, 0.5)},
        uncertainty={"method": method, **uncertainty},
    )


def run_country(seed: int, number: int, members: int) -> Result:
    """Make country `number` of a seed, estimate it, draw members and rank the truth among them."""
    start = time.perf_counter()
    about: dict = {"seed": seed, "number": number}
    logging.disable(logging.WARNING)
    try:
        with tempfile.TemporaryDirectory() as folder, collect_notices():
            drawn = drawn_country(seed, number, Path(folder))
            about |= {
                "family": drawn.family,
                "redrawn": drawn.redrawn,
                "members": 0,
                "left_out": 0,
                "stopped": "",
            }
            try:
                rng = np.random.default_rng([seed, number, 1 << 20])
                table, found = ranked(drawn, members, rng)
                about |= {"members": found, "left_out": members - found}
            except CityMRIOError as error:
                table, about["stopped"] = (
                    pd.DataFrame(columns=[*COLUMNS]),
                    f"{type(error).__name__}: {error}",
                )
    finally:
        logging.disable(logging.NOTSET)
    return Result(table, about | {"seconds": round(time.perf_counter() - start, 1)})


def ranked(drawn: Drawn, members: int, rng: np.random.Generator) -> tuple[pd.DataFrame, int]:
    """The table of a country, and how many members have an estimate.

    The members have draws of their own: ranks of several countries among the same few draws would
    share what these have in common.
    """
    dataset = drawn.dataset
    config = settings_of(len(dataset.tables["regions"]), seed=int(rng.integers(2**31)))
    context, main = context_of(dataset, config)
    owner = (
        dataset.tables["regions"]
        .set_index("region")["province"]
        .loc[main.nested.regions]
        .to_numpy()
    )
    table = pd.concat(dataset.observations.values())
    told = np.isin(main.nested.regions, table.loc[table["quantity"].eq("emissions"), "region"])
    found: dict[int, dict[str, np.ndarray]] = {}

    def watch(member: int, result: Estimate) -> None:
        found[member] = arrays(result.nested, result.footprints, owner, told)

    _, numbers, _ = run_members(context, range(members + 1), watch)
    drawn_members = [member for member in found if member > 0]
    if not drawn_members:
        raise DataError(
            f"none of {members} members has an estimate",
            where="ensemble",
            fix="see what the draws of the members contradict.",
        )
    truth, true_dataset = truth_of(drawn, main, config)
    _, true_numbers = kept(truth, true_dataset, config, context.structure, None)
    true_arrays = arrays(truth.nested, truth.footprints, owner, told)
    wide = numbers.pivot(index="member", columns="quantity", values="value").reindex([*found])
    rows = []
    true = true_numbers.set_index("quantity")["value"]
    true = true[~is_cell(true.index)]
    for name in sorted(
        true.index, key=lambda name: HEADLINE.index(name) if name in HEADLINE else len(HEADLINE)
    ):
        value = float(true[name])
        if name not in SAME and name in wide and wide[name].notna().all():
            kind = "headline" if name in HEADLINE else "further"
            rows.append(
                (
                    name,
                    kind,
                    0,
                    *placed(wide.loc[drawn_members, name].to_numpy(), value, wide.at[0, name], rng),
                )
            )
    for name, values in true_arrays.items():
        draws = np.array([found[m][name] for m in drawn_members])
        chosen = rng.permutation(len(values))[:KEPT]
        for item, k in enumerate(chosen):
            rows.append(
                (name, "array", item, *placed(draws[:, k], values[k], found[0][name][k], rng))
            )
    made = pd.DataFrame(rows, columns=[*COLUMNS[:-1]]).assign(members=len(drawn_members))
    return made, len(drawn_members)


def placed(
    draws: np.ndarray, truth: float, central: float, rng: np.random.Generator
) -> tuple[float, ...]:
    """Truth, central, median and 90% interval of the draws, ranks of truth and central (0 to 1)."""
    low, median, high = np.quantile(draws, [0.05, 0.5, 0.95])
    return truth, central, median, low, high, rank(draws, truth, rng), rank(draws, central, rng)


def rank(draws: np.ndarray, value: float, rng: np.random.Generator) -> float:
    """Rank of a value among draws as a number from 0 to 1: uniform where it is one of them,
    whatever the ties.
    """
    equal = np.abs(draws - value) <= TIED * np.abs(value)
    below = int(((draws < value) & ~equal).sum())
    return float((below + rng.integers(0, int(equal.sum()) + 1) + rng.random()) / (len(draws) + 1))
