"""Kinds of data that cities could collect: one entry each, from which table, figure, page and docs
follow.

An entry of :data:`KINDS` says what is observed, which account of a member would show it, and how
well. What a dataset has of a kind is read from its observations, by the cells (sector, category)
that they cover. The sectors of emissions are the rows of the inventory.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import xarray as xr

from ...analysis.affluence import is_city
from ...dataset.dataset import DatasetFolder


@dataclass(frozen=True)
class Kind:
    """A kind of data.

    Attributes
    ----------
    name, words
        Its name in tables, and what is collected, in words.
    quantity
        Of observations.csv.
    variable
        Account of a member that shows it (:func:`.member.observable`).
    grain
        What one datum covers: all sectors, a sector (of final demand: a product), an industry, a
        row of the inventory, a category of final demand.
    error
        Key of `uncertainty`: log standard deviation of one datum.
    singly
        What one datum of it alone is called, where that is worth a row: which sector, or category,
        matters most.
    """

    name: str
    words: str
    quantity: str
    variable: str
    grain: Literal["total", "sector", "industry", "row", "category"]
    error: str = "observed_sd"
    singly: str = ""


KINDS: tuple[Kind, ...] = (
    Kind("output_total", "output in all", "output", "output", "total"),
    Kind(
        "output_sector",
        "output of every sector",
        "output",
        "output",
        "sector",
        singly="output of one sector",
    ),
    Kind("value_added_total", "value added in all (GDP)", "value_added", "value_added", "total"),
    Kind(
        "value_added_industry",
        "value added of every industry",
        "value_added",
        "value_added",
        "industry",
    ),
    Kind(
        "value_added_sector", "value added of every sector", "value_added", "value_added", "sector"
    ),
    Kind("final_demand_total", "final demand in all", "final_demand", "final_demand", "total"),
    Kind(
        "final_demand_category",
        "final demand of every category",
        "final_demand",
        "final_demand",
        "category",
        singly="final demand of one category",
    ),
    Kind(
        "final_demand_product",
        "final demand for every product",
        "final_demand",
        "final_products",
        "sector",
    ),
    Kind("exports_total", "exports in all", "exports", "exports", "total"),
    Kind("exports_sector", "exports of every sector", "exports", "exports", "sector"),
    Kind("imports_total", "imports in all", "imports", "imports", "total"),
    Kind("emissions_total", "CO2 total", "emissions", "emissions_total", "total", "emissions_sd"),
    Kind(
        "emissions_row",
        "CO2 of every sector",
        "emissions",
        "emissions_row",
        "row",
        "emissions_sd",
        "CO2 of one sector",
    ),
)


@dataclass(frozen=True)
class Part:
    """One datum of a kind: codes of its sectors (none: all), its category (blank: all)."""

    sectors: tuple[str, ...] = ()
    category: str = ""

    @property
    def label(self) -> str:
        """Its sectors as in observations.csv."""
        return ";".join(self.sectors)


def parts(kind: Kind, tables: Mapping[str, pd.DataFrame]) -> list[Part]:
    """The data of a kind that one city can give."""
    sectors, final = tables["sectors"], tables["final_demand"]
    rows, industries = tables["inventory_sectors"], sectors.groupby("industry", sort=False)
    categories = final.loc[final["role"] != "stock_changes", "category"]
    return {
        "total": [Part()],
        "sector": [Part((code,)) for code in sectors["sector"]],
        "industry": [Part(tuple(group["sector"])) for _, group in industries],
        "row": [Part((code,)) for code in rows["inventory_sector"]],
        "category": [Part(category=code) for code in categories],
    }[kind.grain]


def amounts(kind: Kind, accounts: xr.Dataset, wanted: list[Part]) -> np.ndarray:
    """What the data of a kind would show: (..., region, part), in the unit of its observations."""
    table = accounts[kind.variable].astype(float)
    own = [dim for dim in table.dims if dim in ("sector", "category", "inventory_sector")]
    table = table.transpose(..., "region", *own)
    if not own:
        return table.values[..., None]
    if kind.grain == "total":
        return table.sum(own[0]).values[..., None]
    if kind.grain == "category":
        return table.sel(category=[part.category for part in wanted]).values
    return np.stack(
        [table.sel({own[0]: list(part.sectors)}).sum(own[0]).values for part in wanted], axis=-1
    )


def lacks_datum(
    kind: Kind, dataset: DatasetFolder, wanted: list[Part], accounts: xr.Dataset
) -> np.ndarray:
    """Whether a city lacks a datum (region, part): no observations other than imputed ones cover
    it.

    Regions that are no city, and cities alone in their province, lack nothing: the province's own
    tables tell. Sectors without output (rows without emissions) in `accounts`, the main estimate's,
    need no datum.
    """
    regions, final, emitted = (
        dataset.tables["regions"],
        dataset.tables["final_demand"],
        kind.quantity == "emissions",
    )
    codes, dim = regions["region"].tolist(), "inventory_sector" if emitted else "sector"
    sectors = dataset.tables[f"{dim}s"][dim].tolist()
    active = accounts["emissions_row" if emitted else "output"].sel(region=codes, **{dim: sectors})
    idle = (active.transpose("region", dim) <= 0).values
    categories = (
        final.loc[final["role"] != "stock_changes", "category"].tolist()
        if kind.quantity == "final_demand"
        else [""]
    )
    everything = {(sector, category) for sector in sectors for category in categories}

    def cells(members: set[str], category: str) -> set[tuple[str, str]]:
        return {
            (s, c)
            for s, c in everything
            if (not members or s in members) and (not category or c == category)
        }

    table = pd.concat(dataset.observations.values(), ignore_index=True)
    table = table[table["quantity"].eq(kind.quantity) & table["status"].ne("imputed")].fillna(
        {"sectors": "", "category": ""}
    )
    complete = (
        set()
        if not emitted or dataset.inventory_city is None
        else set(dataset.inventory_city["region"])
    )
    missing = np.zeros((len(codes), len(wanted)), bool)
    several = is_city(regions) & regions.groupby("province")["region"].transform("size").gt(1)
    goals = [cells(set(part.sectors), part.category) for part in wanted]
    for r in np.flatnonzero(several & ~regions["region"].isin(complete)):
        mine = table[table["region"].eq(codes[r])]
        known = [
            cells({s for s in row.sectors.split(";") if s}, row.category)
            for row in mine.itertuples()
        ]
        unneeded = {cell for n in np.flatnonzero(idle[r]) for cell in cells({sectors[n]}, "")}
        for k, goal in enumerate(goals):
            missing[r, k] = not goal <= set().union(
                unneeded, *(told for told in known if told <= goal)
            )
    return missing


def markdown() -> str:
    """The table of kinds in docs/value-of-data.md."""
    lines = [
        ("kind", "what is collected", "quantity of observations.csv", "error of one datum"),
        ("---",) * 4,
    ]
    lines += [(f"`{k.name}`", k.words, f"`{k.quantity}`", f"`{k.error}`") for k in KINDS]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
