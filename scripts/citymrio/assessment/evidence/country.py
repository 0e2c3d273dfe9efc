"""One drawn country: its true numbers, and where they lie among the draws of the estimate's
ensemble.
"""

import logging
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ...base.errors import CityMRIOError, DataError
from ...base.labels import EMISSIONS, array, read_dataset
from ...base.methods import METHODS
from ...base.notices import collecting
from ...chain.estimate import Estimate, estimate
from ...config.models import Config, Dataset
from ...dataset.dataset import DatasetFolder
from ...dataset.sources.synthetic.blueprint import Blueprint
from ...dataset.sources.synthetic.build import write
from ...dataset.sources.synthetic.country import PLANS
from ...dataset.sources.synthetic.parameters import Parameters
from ...footprints.footprint import footprints
from ...nested import NestedMRIO
from ..analysed import Estimated
from ..ensemble.intervals import is_cell
from ..ensemble.member import Context, kept, run_members
from ..headline import ERRORS, OF_CITIES
from .drawn import FAMILIES, Drawn, drawn_country

#: A city is a super-emitter above so many times the mean city (309 cities and 1% of all make 3.1
#: times).
TIMES_MEAN = 2.0
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


def full_size(seed: int, members: int = 0) -> pd.DataFrame:
    """Headline numbers of the synthetic country of full size, as its default parameters and a seed
    make it.

    Columns: seed, quantity, truth, central (the estimate without draws), median (of the draws;
    blank without members), and both over the truth (central_ratio, median_ratio).
    """
    logging.disable(logging.WARNING)
    try:
        with tempfile.TemporaryDirectory() as folder, collecting():
            land, carbon = write(
                Dataset(seed=seed), Blueprint.load("full"), PLANS["full"], Parameters(), folder
            )
            dataset, config = DatasetFolder.read(folder), Config(cities=METHODS["calibrated"])
            printed = dataset.tables["benchmarks"]
            drawn = Drawn(
                FAMILIES[0], Parameters(), dataset, land, carbon, Path(folder), printed, 0
            )
            context, main = context_of(dataset, config)
            truth, own = truth_of(drawn, main, config)
            true = kept(truth, own, config, context.structure, None)[1]
            numbers = run_members(context, range(members + 1))[1]
    finally:
        logging.disable(logging.NOTSET)
    wide = numbers.pivot(index="member", columns="quantity", values="value").reindex(
        columns=[*HEADLINE]
    )
    table = pd.DataFrame(
        {"truth": true.set_index("quantity")["value"].reindex([*HEADLINE]), "central": wide.loc[0]}
    )
    table["median"] = wide[wide.index > 0].median()
    for name in ("central", "median"):
        table[f"{name}_ratio"] = table[name] / table["truth"]
    table.insert(0, "seed", seed)
    return table.rename_axis("quantity").reset_index()[
        ["seed", "quantity", *table.columns.drop("seed")]
    ]


def run_country(seed: int, number: int, members: int) -> Result:
    """Make country `number` of a seed, estimate it, draw members and rank the truth among them."""
    start = time.perf_counter()
    about: dict = {"seed": seed, "number": number}
    logging.disable(logging.WARNING)
    try:
        with tempfile.TemporaryDirectory() as folder, collecting():
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
