"""What is told about the cities of a known table: kinds of observation, and the cases that methods are judged in.

Every method, the ensemble and the rules of the literature are told the same of a case: the provinces' table, coordinates, and the
observations that :func:`told` writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .parent import MONEY
from .table import KnownTable

COLUMNS = ("region", "quantity", "sectors", "category", "value", "unit", "source", "status", "reliability", "measure")

#: One datum: position of the city, quantity, sectors (";"-joined codes), category, value.
Datum = tuple[int, str, str, str, float]


@dataclass(frozen=True)
class Kind:
    """A kind of observation.

    Attributes
    ----------
    rows
        Every true datum of the kind in a known table.
    about
        Quantities of :func:`.monotone.errors` that it speaks of.
    measure
        amount or share.
    alone
        Whether it stands alone, instead of beside what a system is first told (:data:`BASE`).
    """

    rows: Callable[[KnownTable], Iterator[Datum]]
    about: tuple[str, ...]
    measure: str = "amount"
    alone: bool = False


def _account(quantity: str, by: str) -> Callable[[KnownTable], Iterator[Datum]]:
    """Data of an account (region, sector) by single sector, by set (those of an industry), or of all sectors."""

    def rows(table: KnownTable) -> Iterator[Datum]:
        values, codes = getattr(table, quantity), table.sectors["sector"]
        sets = {
            "sector": [[j] for j in range(len(codes))],
            "set": [np.flatnonzero(table.sectors["industry"].eq(i)) for i in table.sectors["industry"].unique()],
            "all": [np.arange(len(codes))],
        }[by]
        for r in np.flatnonzero(table.is_city):
            for members in sets:
                yield int(r), quantity, "" if by == "all" else ";".join(codes.iloc[members]), "", float(values[r, members].sum())

    return rows


def _demand(by: str) -> Callable[[KnownTable], Iterator[Datum]]:
    """Data of final demand, products of all origins together: by category, in all, by product, or by product and category."""

    def rows(table: KnownTable) -> Iterator[Datum]:
        use, codes = table.f.sum(axis=0), table.sectors["sector"].tolist()  # (product, region, category)
        final = np.flatnonzero(table.final)
        for r in np.flatnonzero(table.is_city):
            if by == "category":
                yield from ((int(r), "final_demand", "", table.categories[k], float(use[:, r, k].sum())) for k in final)
            elif by == "all":
                yield int(r), "final_demand", "", "", float(use[:, r, final].sum())
            else:
                yield from ((int(r), "final_demand", code, "", float(use[i, r, final].sum())) for i, code in enumerate(codes))

    return rows


#: What a system is first told, as a country with city statistics knows it: value added of every industry.
BASE = Kind(_account("value_added", "set"), ("value_added", "output"), alone=True)
#: Kinds of observation by name.
KINDS = {
    "value added of industries": BASE,
    "value added of all sectors": Kind(_account("value_added", "all"), ("value_added",), alone=True),
    "value added by sector": Kind(_account("value_added", "sector"), ("value_added", "output")),
    "output of industries": Kind(_account("output", "set"), ("output",)),
    "output of all sectors": Kind(_account("output", "all"), ("output_total",)),
    "output by sector": Kind(_account("output", "sector"), ("output",)),
    "output by sector, as shares": Kind(_account("output", "sector"), ("output",), measure="share"),
    "final demand by category": Kind(_demand("category"), ("demand_category",)),
    "final demand in all": Kind(_demand("all"), ("demand_total",)),
    "final demand by product": Kind(_demand("product"), ("demand_product",)),
    "exports by sector": Kind(_account("exports", "sector"), ("exports",)),
    "exports of all sectors": Kind(_account("exports", "all"), ("exports_total",)),
    "imports in all": Kind(_account("imports", "all"), ("imports_total",)),
}


def told(
    table: KnownTable, kinds: Sequence[Kind], noise: float = 0.0, trust: float = 1.0, seed: int = 0
) -> dict[str, pd.DataFrame]:
    """Observations of the cities by province: the last of `kinds` with noise and the reliability `trust`, others exact."""
    rng = np.random.default_rng(seed)
    rows = []
    for kind in kinds:
        last = kind is kinds[-1]
        for r, quantity, sectors, category, value in kind.rows(table):
            drawn = value * float(np.exp(rng.normal(0, noise))) if last and noise else value
            if drawn >= 0:  # what is negative is not observed
                measure = "" if kind.measure == "amount" else kind.measure
                head = (table.regions["region"][r], quantity, sectors, category, drawn, MONEY)
                rows.append((*head, table.name, "observed", trust if last else 1.0, measure))
    whole = pd.DataFrame(rows, columns=list(COLUMNS))
    province = table.regions.set_index("region")["province"]
    groups = dict(list(whole.groupby(whole["region"].map(province)))) if len(whole) else {}
    return {p: groups.get(p, whole.iloc[:0]).reset_index(drop=True) for p in dict.fromkeys(table.regions["province"])}


@dataclass(frozen=True)
class Case:
    """What is told about every city.

    Attributes
    ----------
    kinds
        Kinds of observation.
    surveyed
        Whether these come from statistics: with errors as wide as the ensemble takes them to be, and a CO2 total of five cities
        of six. Otherwise everything is exact, emissions by sector included, so that trade alone is judged.
    words
        The same, for people.
    """

    kinds: tuple[Kind, ...]
    surveyed: bool
    words: str


#: What methods are told, by name of the case; the first is what cities of the study's country have.
CASES = {
    "three_industries": Case(
        (BASE,),
        True,
        "value added of three industries and a CO2 total of five cities of six, with errors as the ensemble takes them to be",
    ),
    "all_sectors": Case(
        (KINDS["value added by sector"], KINDS["output by sector"]), False, "output, value added and emissions by sector"
    ),
}
