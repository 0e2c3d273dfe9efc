"""How what a run shows of a city is known: observed, imputed, modelled.

A datum is a sum over sectors (or categories). A quantity of a city is `observed` where it is such a
sum, or follows from observed sums; `imputed` where data that were filled in are among them;
`modelled` where the data do not determine it. A region that is alone in its province has the
province's table and inventory.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from typing import Self

import numpy as np
import pandas as pd
import xarray as xr

from .features import groups_of

#: Columns of regions.csv: how its value added by industry and by group, output by sector, final
#: demand by category are known.
STATUS_COLUMNS = ("value_added_status", "structure_status", "output_status", "demand_status")
#: How what is shown of a city is known, the best first.
STATUSES = ("observed", "imputed", "modelled")


def incidence(sums: Iterable[str], codes: Sequence[str]) -> np.ndarray:
    """Rows (datum, code) of sums ``01;02``: 1 where the code is in the sum; a blank one is over all
    codes.
    """
    parts = [set(filter(None, str(text).split(";"))) for text in sums]
    rows = [[float(not part or code in part) for code in codes] for part in parts]
    return np.array(rows).reshape(len(rows), len(codes))


def is_determined(data: np.ndarray, targets: np.ndarray) -> bool:
    """Whether every row of `targets` (k, n) is a combination of the rows of `data` (m, n)."""
    if not len(data):
        return False
    return bool(np.linalg.matrix_rank(np.vstack([data, targets])) == np.linalg.matrix_rank(data))


def worst_status(statuses: Iterable[str]) -> str:
    """The status that is farthest from an observation."""
    return STATUSES[max(STATUSES.index(status) for status in statuses)]


def by_category(
    sums: Iterable[tuple[str, str]], codes: Sequence[str], categories: Sequence[str]
) -> np.ndarray:
    """Rows (datum, category and code) of sums over codes in sums over categories, category by
    category.
    """
    pairs = [*sums]
    over = incidence((of for _, of in pairs), categories)
    rows = over[:, :, None] * incidence((text for text, _ in pairs), codes)[:, None]
    return rows.reshape(len(rows), len(categories) * len(codes))


@cache
def _status(
    data: tuple[tuple[str, str], ...],
    observed: tuple[bool, ...],
    targets: tuple[str, ...],
    codes: tuple[str, ...],
    categories: tuple[str, ...],
) -> str:
    """Status of sums over codes, in each category, from data: the codes and the category of each,
    and whether it is observed or imputed.
    """
    given = by_category(data, codes, categories)
    wanted = by_category(product(targets, categories), codes, categories)
    if is_determined(given[np.array(observed, bool)], wanted):
        return STATUSES[0]
    return STATUSES[1] if is_determined(given, wanted) else STATUSES[2]


@dataclass(frozen=True)
class Evidence:
    """What is known of regions.

    Attributes
    ----------
    used
        tables/observations_use.csv: the observations that the estimate used.
    alone
        Regions with their province's data: every region of a given table, and those that are alone
        in their province.
    emitted
        Status of every inventory sector of every region, as emissions.nc has it (region,
        inventory_sector).
    """

    used: pd.DataFrame
    alone: frozenset[str]
    emitted: pd.DataFrame

    @classmethod
    def of(cls, used: pd.DataFrame | None, regions: pd.DataFrame, inventory: xr.Dataset) -> Self:
        """`used` is None for a table that was given: there is nothing to estimate."""
        emitted = inventory["sector_status"].transpose("region", "inventory_sector").to_pandas()
        if used is None:
            none = pd.DataFrame(columns=["region", "quantity", "sectors", "category", "status"])
            return cls(none, frozenset(regions["region"]), emitted)
        counts = regions["province"].map(regions["province"].value_counts())
        chosen = used[used["use"].eq("used")].fillna({"sectors": "", "category": ""})
        return cls(chosen, frozenset(regions.loc[counts.eq(1), "region"]), emitted)

    @cached_property
    def _rows(self) -> dict[tuple[str, str], list[dict[str, str]]]:
        """(region, quantity) -> its data: sectors, category, status."""
        groups = self.used.groupby(["region", "quantity"], sort=False)
        return {
            key: part.to_dict("records") for key, part in groups[["sectors", "category", "status"]]
        }

    def status(
        self,
        region: str,
        quantity: str,
        targets: Sequence[str],
        codes: Sequence[str],
        categories: Sequence[str] = ("",),
    ) -> str:
        """Status of a region's quantity by sector, and by category of final demand.

        Parameters
        ----------
        targets
            The sums that are shown, as texts of codes (`incidence`), in each category.
        codes, categories
            All codes; all categories, of a quantity that has some.
        """
        if region in self.alone and quantity != "emissions":  # its province may have no inventory
            return STATUSES[0]
        rows = self._rows.get((region, quantity), ())
        data = tuple((row["sectors"], row["category"]) for row in rows)
        observed = tuple(row["status"] == STATUSES[0] for row in rows)
        return _status(data, observed, (*targets,), (*codes,), (*categories,))

    def data(
        self,
        region: str,
        quantities: Sequence[str],
        codes: Sequence[str],
        categories: Sequence[str],
        there: np.ndarray,
        statuses: Sequence[str],
    ) -> int:
        """Independent data on quantities of a region: the rank of their sums over categories and
        codes, as far as these are `there` (category by category).
        """
        rows = [row for name in quantities for row in self._rows.get((region, name), ())]
        chosen = [row for row in rows if row["status"] in statuses]
        pairs = ((row["sectors"], row["category"]) for row in chosen)
        sums = by_category(pairs, codes, categories)
        return int(np.linalg.matrix_rank(sums[:, there]))


def region_statuses(
    evidence: Evidence,
    regions: pd.DataFrame,
    sectors: pd.DataFrame,
    final_demand: pd.DataFrame,
    mapping: str,
) -> pd.DataFrame:
    """Statuses of every region.

    Returns
    -------
    pandas.DataFrame
        Index region; `value_added_status` of industries, `structure_status` of the groups that are
        clustered, `output_status` of sectors, `demand_status` of categories of final demand (the
        worst of each).
    """
    codes = [*sectors["sector"]]
    industries = _joined(sectors.set_index("sector")["industry"])
    groups = _joined(groups_of(sectors, mapping))
    categories = [*final_demand.loc[final_demand["role"].ne("stock_changes"), "category"]]
    rows = [
        {
            "region": region,
            "value_added_status": evidence.status(region, "value_added", industries, codes),
            "structure_status": evidence.status(region, "value_added", groups, codes),
            "output_status": evidence.status(region, "output", codes, codes),
            "demand_status": evidence.status(region, "final_demand", [""], codes, categories),
        }
        for region in regions["region"]
    ]
    return pd.DataFrame(rows).set_index("region")


def _joined(labels: pd.Series) -> list[str]:
    """The codes of every label as the text of a sum."""
    return [";".join(map(str, part.index)) for _, part in labels.groupby(labels)]


def intensity_status(
    evidence: Evidence,
    intensities: pd.DataFrame,
    bridge: pd.DataFrame,
    inventory_sectors: pd.DataFrame,
    sectors: pd.DataFrame,
) -> pd.Series:
    """Status of every row of key_intensities.csv: the worse of its emissions' and its output's."""
    rows, codes = [*inventory_sectors["inventory_sector"]], [*sectors["sector"]]
    own = inventory_sectors.groupby("key")["inventory_sector"].agg(list)
    made = {
        key: sorted({*bridge.loc[bridge["inventory_sector"].isin(own[key]), "sector"]})
        for key in own.index
    }
    found = []
    for region, key in zip(intensities["region"], intensities["key_sector"], strict=True):
        emitted = worst_status(evidence.emitted.loc[region, own[key]])
        if emitted == STATUSES[2]:  # a datum may be the sum of the key sector's rows
            emitted = evidence.status(region, "emissions", [";".join(own[key])], rows)
        found.append(
            worst_status([emitted, evidence.status(region, "output", [";".join(made[key])], codes)])
        )
    return pd.Series(found, index=intensities.index, dtype=str)
