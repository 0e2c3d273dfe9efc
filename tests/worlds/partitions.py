"""Regions of a known table in random provinces, and what may be told of them: all of it is the
truth.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from monotone import KINDS

from citymrio.cities.province import Province
from citymrio.config.models import Cities, Solver
from known_truth.as_dataset import (
    CASES,
    final_demand_table,
    parent_mrio,
    regions_table,
    told,
)
from known_truth.table import KnownTable

DEMAND = ("final demand",)
#: What is told of every city: what the experiments tell; one kind alone; several together.
TOLD = {
    "experiment": CASES["all_sectors"].kinds,
    "industries": CASES["three_industries"].kinds,
    **{name: (KINDS[f"{name} by sector"].rows,) for name in ("value added", "output", "exports")},
    "final demand": (KINDS["final demand by category"].rows,),
    "everything": tuple(
        KINDS[f"{name} by {part}"].rows
        for part, names in {
            "sector": ("output", "value added", "exports"),
            "category": DEMAND,
            "product": DEMAND,
        }.items()
        for name in names
    ),
}
ANY = "any subset"


def in_provinces(table: KnownTable, seed: int) -> KnownTable:
    """The cities in three to six random provinces of any size."""
    rng = np.random.default_rng(seed)
    cities, count = np.flatnonzero(table.is_city), int(rng.integers(3, 7))
    regions = table.regions.copy()
    group = rng.permutation(
        np.concatenate([np.arange(count), rng.integers(0, count, len(cities) - count)])
    )
    regions.loc[cities, "province"] = [f"province {number}" for number in group]
    return replace(table, regions=regions)


def observed(table: KnownTable, what: str, seed: int) -> dict[str, pd.DataFrame]:
    """Exact observations by province, all of them the truth: of a name in `TOLD`, or a random part
    of everything.
    """
    result = told(table, TOLD[what if what != ANY else "everything"])
    if what == ANY:
        rng = np.random.default_rng(seed)
        for province, rows in result.items():
            part = rows.groupby(["region", "quantity"])["value"].transform(
                lambda values: rng.random() ** 2
            )
            result[province] = rows[rng.random(len(rows)) < part].reset_index(drop=True)
    return result


def provinces_of(
    table: KnownTable, config: Cities, known: dict[str, pd.DataFrame], priors: pd.DataFrame | None
) -> Iterator[Province]:
    """The provinces of the cities, ready for the chain."""
    mrio, final_demand = parent_mrio(table), final_demand_table(table)
    tables = {
        "regions": regions_table(table),
        "sectors": table.sectors,
        "final_demand": final_demand,
    }
    for code in dict.fromkeys(table.regions.loc[table.is_city, "province"]):
        yield Province.of(mrio, code, tables, known[code], config, Solver().direct, priors=priors)
