"""Regions of a known table in random provinces, and what may be told of them: all of it is the truth."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from citymrio.assessment.known_table.parent import MONEY, final_demand_table, parent_mrio, regions_table
from citymrio.assessment.known_table.table import KnownTable
from citymrio.assessment.known_table.told import CASES, told
from citymrio.cities.province import Province
from citymrio.config.models import Cities, Solver

COLUMNS = ["region", "quantity", "sectors", "category", "value", "unit", "source", "status", "reliability"]
#: What is told of every city: all that the experiments tell; value added of its industries; ...; any subset of it all.
TOLD = ("experiment", "industries", "value_added", "output", "exports", "final_demand", "everything", "any")


def in_provinces(table: KnownTable, seed: int) -> KnownTable:
    """The cities in three to six random provinces, none of them empty."""
    rng = np.random.default_rng(seed)
    cities, count = np.flatnonzero(table.is_city), int(rng.integers(3, 7))
    group = rng.permutation(np.concatenate([np.arange(count), rng.integers(0, count, len(cities) - count)]))
    regions = table.regions.copy()
    places = regions["province"].to_numpy(object)
    places[cities] = [f"province {number}" for number in group]
    return replace(table, regions=regions.assign(province=places))


def told_of(table: KnownTable, what: str, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Exact observations by province, all of them the truth."""
    if what == "experiment":
        return told(table, CASES["all_sectors"].kinds)
    rng, result = np.random.default_rng(seed), {}
    for province, group in table.regions.groupby("province", sort=False):
        rows: list[tuple] = []
        for r in group.index if group["role"].iloc[0] == "city" else []:
            given = [row for row in _of_region(table, r) if row[3] >= 0]
            if what == "any":
                kept = dict(zip(sorted({row[0] for row in given}), rng.random(9), strict=False))
                given = [row for row in given if rng.random() < kept[row[0]] ** 2]
            elif what != "everything":
                given = [row for row in given if row[0] == what]
            names = {"industries": "value_added", "final_demand_cells": "final_demand"}
            rows += [
                (table.regions["region"][r], names.get(q, q), sectors, category, value, MONEY, table.name, "observed", 1.0)
                for q, sectors, category, value in given
            ]
        result[province] = pd.DataFrame(rows, columns=COLUMNS)
    return result


def _of_region(table: KnownTable, r: int) -> Iterator[tuple[str, str, str, float]]:
    """Kind of datum, sectors, category, value of all that can be known of a region."""
    sectors = table.sectors["sector"].to_numpy()
    for industry in table.sectors["industry"].unique():
        member = table.sectors["industry"].eq(industry).to_numpy()
        yield "industries", ";".join(sectors[member]), "", float(table.value_added[r, member].sum())
    for name in ("output", "value_added", "exports"):
        for j, sector in enumerate(sectors):
            yield name, sector, "", float(getattr(table, name)[r, j])
    used = table.f[:, :, r].sum(axis=0)
    for k, category in enumerate(table.categories):
        if category != "inventory":
            yield "final_demand", "", category, float(used[:, k].sum())
            for i, sector in enumerate(sectors):
                yield "final_demand_cells", sector, category, float(used[i, k])


def provinces_of(
    table: KnownTable, config: Cities, told: dict[str, pd.DataFrame], priors: pd.DataFrame | None
) -> Iterator[Province]:
    """The provinces of the cities, ready for the chain."""
    mrio, final_demand = parent_mrio(table), final_demand_table(table)
    tables = {"regions": regions_table(table), "sectors": table.sectors, "final_demand": final_demand}
    for code in dict.fromkeys(table.regions.loc[table.is_city, "province"]):
        yield Province.of(mrio, code, tables, told[code], config, Solver().direct, priors=priors)
