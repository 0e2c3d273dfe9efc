"""Small countries with drawn parameters: never those that the estimator was fitted on, nor those of
its priors.

A country has five provinces of three to eight cities and the eight sectors of the tiny country. Its
cities know what many cities know: value added of three industries, and five of six a CO2 total.
Parameters are uniform in `RANGES`, which are wider than the priors of the estimate. Half of the
countries trade by gravity, half by intervening opportunities around hubs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...base.errors import BalanceError, DataError
from ...config.models import Dataset
from ...dataset.benchmarks import INTENSITY, MEGACITY, PEAK
from ...dataset.dataset import DatasetFolder
from ...dataset.sources.synthetic.blueprint import Blueprint
from ...dataset.sources.synthetic.build import write
from ...dataset.sources.synthetic.country import Country, Plan
from ...dataset.sources.synthetic.emissions import Emissions
from ...dataset.sources.synthetic.parameters import Parameters

FAMILIES = ("gravity", "opportunities")
PROVINCES, CITIES = 5, (3, 8)
#: Countries that are drawn until one balances.
TRIES = 50

#: Parameter of a synthetic country -> range that it is drawn from (a pair: the range of either).
#: Demand of households rises with income by about 0.3 more than `household` says, since richer
#: cities are more urban.
RANGES: dict[str, tuple[float, float]] = {
    "size_sd": (0.3, 0.8),
    "income_sd": (0.15, 0.5),
    "inputs_sd": (0.05, 0.35),
    "value_added_sd": (0.03, 0.25),
    "profile_sd": (0.1, 0.6),
    "spread": (0.3, 1.3),
    "openness_sd": (0.1, 0.6),
    "household": (0.1, 0.9),
    "capital": (0.3, 1.3),
    "taste_sd": (0.05, 0.5),
    "investment_sd": (0.03, 0.35),
    "products_sd": (0.03, 0.3),
    "home": (0.5, 3.5),
    "province": (0.0, 2.0),
    "distance": (0.3, 2.0),
    "pair_sd": (0.1, 0.8),
    "intensity_sd": (0.1, 0.7),
    "together_sd": (0.0, 0.5),
    "level_sd": (0.0, 0.5),
    "overstated": (0.0, 0.05),
    "table_sd": (0.01, 0.06),
    "statistics_sd": (0.02, 0.12),
    "totals_sd": (0.04, 0.2),
    "offset": (0.03, 0.15),
    "national_row_sd": (0.02, 0.1),
    "inventory_sd": (0.02, 0.08),
    "province_inventory_sd": (0.04, 0.16),
    "province_row_sd": (0.05, 0.25),
    "population_sd": (0.0, 0.04),
    "covered_power": (0.0, 1.0),
}
#: The same of the second family alone.
HUB = (0.3, 1.5)
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
    """Parameters of a country of a family."""
    default, found = Parameters(), dict[str, Any](trade=family)
    for name, (low, high) in RANGES.items():
        pair = isinstance(getattr(default, name), tuple)
        value = rng.uniform(low, high, 2 if pair else None)
        found[name] = tuple(value.tolist()) if pair else float(value)
    hub = float(rng.uniform(*HUB)) if family == FAMILIES[1] else 0.0
    return replace(
        default,
        **found,
        hub=hub,
        earned=True,
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
    family, blueprint = (
        FAMILIES[number % len(FAMILIES)],
        replace(Blueprint.load("tiny"), size="drawn"),
    )
    for attempt in range(TRIES):
        rng = np.random.default_rng([seed, number, attempt])
        parameters, plan = draw(family, rng), drawn_plan(rng)
        config, place = Dataset(seed=int(rng.integers(2**31))), folder / str(attempt)
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
