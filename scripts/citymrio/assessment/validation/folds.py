"""Which cities are left out together, and datasets without what they report."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pandas as pd

from ...analysis.affluence import is_city
from ...dataset.contract.tables import measures
from ...dataset.dataset import DatasetFolder
from .layout import ALL, SOME


def of_several(regions: pd.DataFrame) -> pd.Series:
    """Whether a region is a city among others of its province: of a city alone, the province's own tables tell."""
    return is_city(regions) & regions.groupby("province")["region"].transform("size").gt(1)


def deal(regions: pd.DataFrame, known: Collection[str], count: int, seed: int) -> dict[str, int]:
    """Fold (1 to `count`) of every region that reports something and can be left out.

    The cities of a province are dealt out in random order, one province after the other, so that every fold has as many of a
    province as any other, give or take one.

    Parameters
    ----------
    regions
        regions.csv.
    known
        Regions that report what is left out.
    """
    chosen = regions[regions["region"].isin([*known]) & of_several(regions)]
    result: dict[str, int] = {}
    for number, (_, members) in enumerate(chosen.groupby("province", sort=True)):
        order = np.random.default_rng([seed, number]).permutation(members["region"].to_numpy())
        for code in order:
            result[str(code)] = 1 + len(result) % count
    return result


def neighbours(regions: pd.DataFrame, known: Collection[str]) -> dict[str, str]:
    """Whether all other cities of a region's province report the same (`ALL`), or some do not (`SOME`)."""
    reports = regions["region"].isin([*known])
    silent = (~reports).groupby(regions["province"]).transform("sum") - (~reports)
    return dict(zip(regions["region"], np.where(silent > 0, SOME, ALL), strict=True))


def without(dataset: DatasetFolder, regions: Collection[str], quantity: str) -> DatasetFolder:
    """The dataset without what some regions report of a quantity; of emissions, without their own inventories too."""
    out = set(regions)
    rows = {
        p: table[~(table["region"].isin(out) & table["quantity"].eq(quantity))].reset_index(drop=True)
        for p, table in dataset.observations.items()
    }
    city = dataset.inventory_city
    if quantity == "emissions" and city is not None:
        left = city[~city["region"].isin(out)].reset_index(drop=True)
        city = left if len(left) else None
    return replace(dataset, observations=rows, inventory_city=city)


def without_gdp(dataset: DatasetFolder, regions: Collection[str]) -> DatasetFolder:
    """The dataset with the GDP of some regions by people: GDP per head of the others of their province, else the nation."""
    table = dataset.tables["regions"]
    out = table["region"].isin([*regions])
    told = table[~out]
    per_head = told.groupby("province")["gdp"].sum() / told.groupby("province")["population"].sum()
    nation = told["gdp"].sum() / told["population"].sum()
    guess = table["population"] * table["province"].map(per_head).fillna(nation)
    tables = dataset.tables | {"regions": table.assign(gdp=table["gdp"].where(~out, guess))}
    return replace(dataset, tables=tables)


def printed_totals(dataset: DatasetFolder) -> pd.Series:
    """CO2 totals of whole regions as printed, t CO2 (several sources: their mean), by region."""
    table = _told(dataset, "emissions")
    return table[table["sectors"].eq("")].groupby("region")["value"].mean()


def printed_value_added(dataset: DatasetFolder) -> pd.DataFrame:
    """Values added of industries as printed (region x industry), of the regions that report every industry.

    A region reports an industry where the sets of sectors that it reports inside it cover each of its sectors once.
    """
    industries = {name: {*group["sector"]} for name, group in dataset.tables["sectors"].groupby("industry", sort=False)}
    table = _told(dataset, "value_added")
    found: dict[str, dict[str, float]] = {}
    for region, rows in table.groupby("region"):
        sets = [(set(filter(None, codes.split(";"))), value) for codes, value in zip(rows["sectors"], rows["value"], strict=True)]
        for name, sectors in industries.items():
            inside = [(codes, value) for codes, value in sets if codes and codes <= sectors]
            codes = [code for part, _ in inside for code in part]
            if len(codes) == len(set(codes)) and set(codes) == sectors:
                found.setdefault(str(region), {})[name] = sum(value for _, value in inside)
    return pd.DataFrame.from_dict(found, orient="index", columns=[*industries]).dropna().rename_axis("region")


def _told(dataset: DatasetFolder, quantity: str) -> pd.DataFrame:
    """Amounts of a quantity that are observed and trusted."""
    table = pd.concat([dataset.observations[p] for p in dataset.codes], ignore_index=True)
    table = table.assign(sectors=table["sectors"].fillna(""), measure=measures(table))
    kept = table["quantity"].eq(quantity) & table["status"].eq("observed") & table["reliability"].gt(0)
    return table[kept & table["measure"].eq("amount")]
