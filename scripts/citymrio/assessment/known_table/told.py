"""What is told about the cities of a known table: kinds of observation, and the cases that methods
are judged in.

Every method, the ensemble and the rules of the literature are told the same of a case: the
provinces' table, coordinates, and the observations that :func:`told` writes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from .parent import MONEY
from .table import KnownTable

COLUMNS = (
    "region",
    "quantity",
    "sectors",
    "category",
    "value",
    "unit",
    "source",
    "status",
    "reliability",
    "measure",
)

#: One datum: position of the city, quantity, sectors (";"-joined codes), category, value.
Row = tuple[int, str, str, str, float]


#: A kind of observation: every true datum of it in a known table.
Kind: TypeAlias = Callable[[KnownTable], Iterator[Row]]


def account(quantity: str, by: str) -> Kind:
    """Data of an account (region, sector) by single sector, by set (those of an industry), or of
    all sectors.
    """

    def rows(table: KnownTable) -> Iterator[Row]:
        values, codes = getattr(table, quantity), table.sectors["sector"]
        sets: dict[str, list[Any]] = {
            "sector": [[j] for j in range(len(codes))],
            "set": [
                np.flatnonzero(table.sectors["industry"].eq(i))
                for i in table.sectors["industry"].unique()
            ],
            "all": [np.arange(len(codes))],
        }
        for r in np.flatnonzero(table.is_city):
            for members in sets[by]:
                yield (
                    int(r),
                    quantity,
                    "" if by == "all" else ";".join(codes.iloc[members]),
                    "",
                    float(values[r, members].sum()),
                )

    return rows


def told(
    table: KnownTable, kinds: Sequence[Kind], noise: float = 0.0, trust: float = 1.0, seed: int = 0
) -> dict[str, pd.DataFrame]:
    """Observations of the cities by province: the last of `kinds` with noise and the reliability
    `trust`, others exact.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for kind in kinds:
        last = kind is kinds[-1]
        for r, quantity, sectors, category, value in kind(table):
            drawn = value * float(np.exp(rng.normal(0, noise))) if last and noise else value
            if drawn >= 0:  # what is negative is not observed
                head = (table.regions["region"][r], quantity, sectors, category, drawn, MONEY)
                rows.append((*head, table.name, "observed", trust if last else 1.0, ""))
    whole = pd.DataFrame(rows, columns=list(COLUMNS))
    province = table.regions.set_index("region")["province"]
    groups = dict(list(whole.groupby(whole["region"].map(province)))) if len(whole) else {}
    return {
        p: groups.get(p, whole.iloc[:0]).reset_index(drop=True)
        for p in dict.fromkeys(table.regions["province"])
    }


@dataclass(frozen=True)
class Case:
    """What is told about every city.

    Attributes
    ----------
    kinds
        Kinds of observation.
    surveyed
        Whether these come from statistics: with errors as wide as the ensemble takes them to be,
        and a CO2 total of five cities of six. Otherwise everything is exact, emissions by sector
        included, so that trade alone is judged.
    words
        The same, for people.
    """

    kinds: tuple[Kind, ...]
    surveyed: bool
    words: str


#: What methods are told, by name of the case; the first is what cities of the study's country have.
CASES = {
    "three_industries": Case(
        (account("value_added", "set"),),
        True,
        "value added of three industries and a CO2 total of five cities of six, with errors as "
        "the ensemble takes them to be",
    ),
    "all_sectors": Case(
        (account("value_added", "sector"), account("output", "sector")),
        False,
        "output, value added and emissions by sector",
    ),
}
