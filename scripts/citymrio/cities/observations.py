"""Observations about the cities of a province, gathered by quantity (docs/contracts.md, observations/<p>.csv)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..base.notices import warn, warn_level
from .province import Province, Step
from .totals import NEARLY_ZERO, set_name


@dataclass(frozen=True)
class Observations:
    """What is known about the cities of one province.

    Attributes
    ----------
    value_added
        One row per datum: region, sectors (tuple of codes), value (money).
    industry_share
        Share of each city in the province's value added of an industry (region x industry), columns sum to 1.
    output, exports
        Single-sector data (region x sector), NaN where not observed.
    totals
        By quantity (output, exports, imports), data on sets of sectors: region, sectors (tuple of codes), value. Outputs of a
        single sector are not among them.
    final_demand
        Region x category, NaN where not observed.
    emissions
        t CO2 by region, NaN where not observed.
    """

    value_added: pd.DataFrame
    industry_share: pd.DataFrame
    output: pd.DataFrame
    exports: pd.DataFrame
    final_demand: pd.DataFrame
    emissions: pd.Series
    totals: dict[str, pd.DataFrame]


def gather(province: Province, step: Step) -> Observations:
    """Sort the observations of a province by quantity and complete the industry shares.

    A city without value added of an industry takes the province's mean per capita (per unit of GDP where the regions
    table has it), flagged `imputed` in the diagnostics.

    The rows keep the schema `OBSERVATIONS` of the dataset contract: they are not checked again (a dataset is, as a whole, before
    anything reads it).
    """
    cities, sectors, table = province.cities, province.sectors, province.observations.copy()
    table["sectors"] = _sets(table["sectors"])
    size = np.array([len(members) for members in table["sectors"]], int)
    single = size == 1

    filled = table.assign(sectors=_sets(table["sectors"], whole=tuple(sectors["sector"])))

    def sums(quantity: str) -> pd.DataFrame:
        chosen = filled.loc[filled["quantity"] == quantity, ["region", "sectors", "value"]]
        return chosen.reset_index(drop=True)

    added = sums("value_added")

    def matrix(quantity: str) -> pd.DataFrame:
        chosen = table.loc[(table["quantity"] == quantity) & single]
        chosen = chosen.assign(sector=[members[0] for members in chosen["sectors"]])
        return chosen.pivot(index="region", columns="sector", values="value").reindex(index=cities["region"]).astype(float)

    demand = table.loc[table["quantity"] == "final_demand"].pivot(index="region", columns="category", values="value")
    whole = (table["quantity"] == "emissions") & (size == 0)  # parts of a city's emissions enter its inventory alone
    emissions = table.loc[whole].groupby("region")["value"].sum().reindex(cities["region"])
    return Observations(
        value_added=added,
        industry_share=_industry_shares(added, province, step),
        output=matrix("output"),
        exports=matrix("exports"),
        final_demand=demand.reindex(index=cities["region"]).astype(float),
        emissions=emissions,
        totals={
            "output": sums("output").loc[lambda t: [len(members) > 1 for members in t["sectors"]]],
            "exports": sums("exports"),
            "imports": sums("imports"),
        },
    )


def _sets(column: pd.Series, whole: tuple[str, ...] = ()) -> pd.Series:
    """Sets of sectors, from ";"-joined codes or sets, as sorted tuples; `whole` where the set is empty.

    The type is `object` whatever the length: an empty table would keep its type of text, which knows no tuples.
    """
    sets = [v if isinstance(v, tuple) else tuple(sorted(part for part in str(v).split(";") if part)) for v in column]
    return pd.Series([members or whole for members in sets], index=column.index, dtype=object)


def _industry_shares(added: pd.DataFrame, province: Province, step: Step) -> pd.DataFrame:
    cities = province.cities
    index = cities["region"].to_numpy()
    population, gdp = cities.set_index("region")["population"], cities.set_index("region")["gdp"]
    shares = pd.DataFrame(index=index)
    for industry, group in province.sectors.groupby("industry", sort=True):
        members = tuple(sorted(group["sector"]))
        exact = added.loc[added["sectors"] == members].set_index("region")["value"].reindex(index)
        missing = exact.isna()
        if missing.all():
            base = gdp if (gdp > 0).all() else population
            exact = base.astype(float)
        elif missing.any():
            base = gdp if (gdp > 0).all() else population
            exact[missing] = exact[~missing].sum() / base[~missing].sum() * base[missing]
        for region in index[missing.to_numpy()]:
            step.report.add(
                f"value added of {industry} industry",
                float(exact[region]),
                region=region,
                flag="imputed",
                note="no observation; proportional to GDP or population",
            )
        total = exact.sum()
        shares[industry] = exact / total if total > 0 else (population / population.sum()).to_numpy()
    return shares


def sets_of(
    added: pd.DataFrame,
    regions: list[str],
    sectors: list[str],
    totals: np.ndarray,
    prior: np.ndarray,
    industries: frozenset[tuple[str, ...]] = frozenset(),
    place: str = "value added",
) -> tuple[list[str], np.ndarray, sp.csr_matrix]:
    """Rows of the soft constraints 'sum of a set of sectors of a city': labels, targets, matrix on (region, sector).

    Levels of city and provincial statistics differ: the data of one set are scaled so that, with the prior of cities
    that do not report it, they sum to the province (method 1b). What one city alone reports has no level to be compared with
    and counts as it stands, unless it is one of the `industries`, whose shares made the prior. A sum of 0 counts as nearly 0.
    """
    labels, targets, chosen, columns = [], [], [], []
    position = {code: n for n, code in enumerate(sectors)}
    place_of = {code: n for n, code in enumerate(regions)}
    for members, group in added.groupby("sectors", sort=True):
        wanted = np.array([position[s] for s in members])
        reporting = [place_of[r] for r in group["region"]]
        silent = np.setdiff1d(np.arange(len(regions)), reporting)
        level = totals[wanted].sum() - prior[np.ix_(silent, wanted)].sum()
        sum_reported = group["value"].sum()
        name = f"value added of {set_name(members, sectors)}"
        alone = len(group) == 1 and len(regions) > 1 and tuple(members) not in industries
        usable = level > 0 and (alone or sum_reported > 0)
        if usable and not alone:
            warn_level(name, sum_reported / level, place)
        for region, value in zip(group["region"], group["value"], strict=True):
            cells = wanted[totals[wanted] > 0]
            cells = cells[prior[place_of[region], cells] > 0]
            if len(cells) and usable:
                chosen += [len(labels)] * len(cells)
                columns += [place_of[region] * len(sectors) + j for j in cells]
                labels.append(f"{region} sectors {members[0]}-{members[-1]}")
                goal = value if alone else value * level / sum_reported
                targets.append(goal or NEARLY_ZERO * float(prior[place_of[region], cells].sum()))
            elif value > 0 or len(cells):
                warn(
                    where=f"{place}, city {region}",
                    what=f"the observed {name} is not used",
                    value=f"{value:.6g}",
                    expectation="a datum that can be met",
                    effect="The province's table, or the city's output, leaves no room for it; ratios of the province stand in.",
                )
    matrix = sp.csr_matrix((np.ones(len(columns)), (chosen, columns)), shape=(len(labels), len(regions) * len(sectors)))
    return labels, np.array(targets), matrix
