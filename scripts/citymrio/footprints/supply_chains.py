"""Supply chains behind a footprint: structural path analysis and production layers on the factored
table.

    CBA = e'(I - A)^-1 y = e'y + e'A y + e'A^2 y + ... ,
    a path: e_{v_t} a_{v_t v_(t-1)} ... a_{v_1 v_0} y_{v_0}

A node v is a product (region, sector). The subtree of a chain v_0 ... v_t holds all paths that
begin with it; its sum is m_{v_t} a_{v_t v_(t-1)} ... y_{v_0}, so the multiplier m is an exact
bound, and a best-first search finds the largest paths without going through the others. Sources:
Defourny and Thorbecke (1984); Treloar (1997); method.md section 15 e.
"""

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from ..base.errors import DataError, first_names
from ..base.threads import one_blas_thread
from ..nested import NestedMRIO

COLUMNS = [
    "kind",
    "rank",
    "order",
    "value",
    "share",
    "origin",
    "origin_sector",
    "product_region",
    "product_sector",
    "path",
]


@dataclass(frozen=True)
class SupplyPaths:
    """The largest supply-chain paths of a footprint.

    Attributes
    ----------
    table
        One row a path (kind ``path``), largest first, then ``remainder`` and ``total``; paths +
        remainder = total. Columns: kind, rank, order (number of deliveries between emitter and
        final product), value, share, origin and origin_sector (the emitter), product_region and
        product_sector (what is bought), path (from emitter to final product).
    total, remainder
        The footprint, and what the listed paths leave.
    bound
        No path that is not listed is larger than this.
    """

    table: pd.DataFrame
    total: float
    remainder: float
    bound: float


class PathSearch:
    """Searches on one table with one set of intensities; multipliers and columns are shared by all
    searches.

    Parameters
    ----------
    nested
        The table.
    intensity
        Emissions per unit of output (region, sector), not negative.

    Raises
    ------
    DataError
        Negative intensities or coefficients: then a multiplier does not bound the paths behind it.
    """

    def __init__(self, nested: NestedMRIO, intensity: xr.DataArray):
        self.nested = nested
        self.intensity = nested.align(intensity, "intensity").values
        if (self.intensity < 0).any():
            worst = np.argmin(self.intensity)
            raise DataError(
                f"intensity is {self.intensity.min():.6g}, expected at least 0",
                where=nested.place(self.intensity, worst),
                fix="correct the emissions of the sector.",
            )
        columns = nested.coefficients
        parts = (
            columns.own,
            columns.intra,
            columns.tau,
            columns.share,
            columns.source,
            (columns.origin,),
        )
        lowest = min(float(array.min(initial=0.0)) for part in parts for array in part)
        if lowest < 0:
            raise DataError(
                f"a technical coefficient or share is {lowest:.6g}, expected at least 0",
                where="nested table",
                fix="correct the negative flow.",
            )
        self.multiplier = nested.multipliers(intensity=intensity).values
        self._local = np.empty(nested.regions.size, dtype=int)
        for index in nested.members:
            self._local[index] = np.arange(index.size)

    def demand(self, region: str, category: str | None = None) -> np.ndarray:
        """Products (R, n) that a region buys for one category, or for all."""
        nested = self.nested
        for what, given, known in (
            ("region", region, nested.regions.tolist()),
            ("category", category, [None, *nested.categories.tolist()]),
        ):
            if given not in known:  # a list of categories is none of them
                raise DataError(
                    f"unknown {what} {given!r}",
                    where="supply-chain paths",
                    fix=f"one of: {first_names([name for name in known if name], 10)}.",
                )
        weights, s = (
            np.zeros((nested.regions.size, nested.categories.size, 1)),
            int(np.flatnonzero(nested.regions == region)[0]),
        )
        weights[
            s,
            slice(None)
            if category is None
            else int(np.flatnonzero(nested.categories == category)[0]),
        ] = 1.0
        if nested.is_dense:
            return nested.demand_array(weights)[:, :, 0]
        q = int(nested.province_of[s])  # the other provinces buy nothing
        index, bought = nested.members[q], np.zeros((*self.intensity.shape, 1))
        for positions, part in nested.final_parts():
            values = weights[index][:, positions]
            delivered = part.scatter(part.inflow(q, values))
            delivered[index] += part.within(q, values)
            bought += delivered
        return bought[:, :, 0]

    def column(self, node: int) -> np.ndarray:
        """Technical coefficients of the column of a node (R, n), from the factors."""
        columns, nested = self.nested.coefficients, self.nested
        s, j = divmod(node, nested.sectors.size)
        q, local = int(nested.province_of[s]), int(self._local[s])
        outside = columns.source[q][:, :, j] * columns.share[q][j, :, local][:, None]
        result = columns.origin * outside[:, nested.province_of].T
        index = nested.members[q]
        result[index] += columns.tau[q][:, :, local].T * columns.intra[q][local, :, j][None]
        result[s] += columns.own[q][local, :, j]
        return result

    @one_blas_thread
    def largest(
        self,
        region: str,
        category: str | None = None,
        count: int = 20,
        min_share: float = 1e-5,
        max_expanded: int = 200_000,
    ) -> SupplyPaths:
        """The `count` largest paths (by absolute value) behind the footprint of a region (and
        category).

        Best-first branch and bound: the chain with the largest subtree is opened next, and the
        search ends when no subtree is larger than the smallest path kept. Chains below `min_share`
        of the footprint are not followed.
        """
        found, total, bound = self._search(region, category, count, min_share, max_expanded)
        rows = self._rows(found, total)
        remainder = total - sum(value for value, _ in found)
        for kind, value in (("remainder", remainder), ("total", total)):
            rows.append([kind, pd.NA, pd.NA, value, _share(value, total), "", "", "", "", ""])
        table = pd.DataFrame(rows, columns=COLUMNS).astype({"rank": "Int64", "order": "Int64"})
        return SupplyPaths(table, total, remainder, bound)

    def _search(
        self,
        region: str,
        category: str | None,
        count: int,
        min_share: float,
        max_expanded: int,
    ) -> tuple[list[tuple[float, tuple[int, ...]]], float, float]:
        """Values and chains of the largest paths, the footprint, and the bound of all other paths.

        What follows a chain is sorted by its subtrees; only the largest that is still unopened
        waits in the queue.
        """
        demand = self.demand(region, category).ravel()
        intensity, multiplier = self.intensity.ravel(), self.multiplier.ravel()
        total, size = float(multiplier @ demand), float(multiplier @ np.abs(demand))
        floor, bound, expanded = min_share * size, 0.0, 0
        order, heap, kept = itertools.count(), list[Any](), list[Any]()

        def follow(weights: np.ndarray, chain: tuple[int, ...]) -> None:
            nonlocal bound
            sizes = multiplier * np.abs(weights)
            limit = max(floor, kept[0][0] if len(kept) == count else 0.0)
            chosen = np.flatnonzero(sizes > limit)
            chosen = chosen[np.argsort(-sizes[chosen], kind="stable")]
            wait(
                iter(
                    zip(
                        sizes[chosen].tolist(),
                        weights[chosen].tolist(),
                        chosen.tolist(),
                        strict=True,
                    )
                ),
                chain,
            )
            sizes[chosen] = 0.0
            bound = max(bound, float(sizes.max()))

        def wait(followers: Iterator[tuple[float, float, int]], chain: tuple[int, ...]) -> None:
            for subtree, weight, node in itertools.islice(followers, 1):
                heapq.heappush(heap, (-subtree, next(order), weight, node, chain, followers))

        follow(demand, ())
        while heap and expanded < max_expanded:
            largest, _, weight, node, before, followers = heapq.heappop(heap)
            if len(kept) == count and -largest <= kept[0][0]:
                bound = max(bound, -largest)
                break
            wait(followers, before)
            expanded += 1
            chain = (*before, node)
            value = intensity[node] * weight
            if value != 0.0:
                entry = (abs(value), -next(order), value, chain)
                if len(kept) < count:
                    heapq.heappush(kept, entry)
                else:
                    bound = max(bound, heapq.heappushpop(kept, entry)[0])
            follow(self.column(node).ravel() * weight, chain)
        else:
            bound = max(bound, -heap[0][0] if heap else 0.0)
        found = sorted(kept, key=lambda entry: (-entry[0], -entry[1]))
        return [(value, chain) for _, _, value, chain in found], total, bound

    def _rows(self, found: list[tuple[float, tuple[int, ...]]], total: float) -> list[list[Any]]:
        rows = []
        for rank, (value, chain) in enumerate(found, start=1):
            names = [self._name(node) for node in chain]
            text = " > ".join(f"{region}/{sector}" for region, sector in reversed(names))
            rows.append(
                [
                    "path",
                    rank,
                    len(chain) - 1,
                    value,
                    _share(value, total),
                    *names[-1],
                    *names[0],
                    text,
                ]
            )
        return rows

    def _name(self, node: int) -> tuple[str, str]:
        r, i = divmod(node, self.nested.sectors.size)
        return str(self.nested.regions[r]), str(self.nested.sectors[i])

    @one_blas_thread
    def layers(self, region: str, category: str | None = None, count: int = 10) -> pd.DataFrame:
        """Production layers e'A^t y, t = 0 ... count - 1, and the remainder e'(I - A)^-1 A^count y,
        computed on its own.

        Columns: layer (0 = emissions of the final producers; blank for remainder and total), kind
        {layer, remainder, total}, value, share, cumulative (share up to the layer).
        """
        vector = self.demand(region, category)
        total = float((self.multiplier * vector).sum())
        rows, reached = [], 0.0
        for layer in range(count):
            value = float((self.intensity * vector).sum())
            reached += value
            rows.append(["layer", layer, value, _share(value, total), _share(reached, total)])
            vector = self.nested.coefficients.matmat(vector[:, :, None])[:, :, 0]
        rest = float((self.multiplier * vector).sum())
        rows.append(["remainder", pd.NA, rest, _share(rest, total), _share(reached + rest, total)])
        rows.append(["total", pd.NA, total, 1.0, 1.0])
        return pd.DataFrame(rows, columns=["kind", "layer", "value", "share", "cumulative"]).astype(
            {"layer": "Int64"}
        )


def _share(value: float, total: float) -> float:
    return value / total if total else 0.0


def supply_paths(
    nested: NestedMRIO,
    intensity: xr.DataArray,
    regions: list[str],
    categories: tuple[str | None, ...] = (None,),
    count: int = 10,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Paths and layers of several regions (the super-emitters, say): two tables with region and
    category ("" = all) in front.

    Values are in the unit of the intensities (t).
    """
    search = PathSearch(nested, intensity)
    paths, layers = [], []
    for region in regions:
        for category in categories:
            front = {"region": region, "category": category or ""}
            paths.append(search.largest(region, category, count).table.assign(**front))
            layers.append(search.layers(region, category).assign(**front))

    def joined(parts: list[pd.DataFrame], names: list[str]) -> pd.DataFrame:
        whole = (
            pd.concat(parts, ignore_index=True)
            if parts
            else pd.DataFrame(columns=[*names, "region", "category"])
        )
        return whole[["region", "category", *names]]

    return joined(paths, COLUMNS), joined(layers, ["kind", "layer", "value", "share", "cumulative"])


#: Regions whose chains are searched, at most: those with the largest footprints.
MOST = 600
#: Production layers that are told apart; the rest is one number.
LAYERS = 6


def region_layers(search: PathSearch, layers: int = LAYERS) -> pd.DataFrame:
    """Production layers of every region at once: e'A^t is the same for all of them.

    Columns: region, layer (0 = emissions of the final producers; blank for all that comes after the
    last layer), value, share.
    """
    nested, prices = search.nested, [search.intensity]
    for _ in range(1, layers):
        prices.append(nested.coefficients.rmatmat(prices[-1][:, :, None])[:, :, 0])
    rest = search.multiplier
    for _ in range(layers):
        rest = nested.coefficients.rmatmat(rest[:, :, None])[:, :, 0]
    worth = np.stack([*prices, rest, search.multiplier], axis=2)
    values = nested.demand_array_transposed(worth).sum(axis=1)
    values, totals = values[:, :-1], values[:, -1:]
    return pd.DataFrame(
        {
            "region": np.repeat(nested.regions.astype(str), layers + 1),
            "layer": pd.array([*range(layers), pd.NA] * nested.regions.size, dtype="Int64"),
            "value": values.ravel(),
            "share": np.divide(
                values, totals, out=np.zeros_like(values), where=totals != 0
            ).ravel(),
        }
    )


@one_blas_thread
def all_paths(
    nested: NestedMRIO, intensity: xr.DataArray, count: int = 10, most: int = MOST
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The largest paths behind the footprint of every region (where there are more, of the `most`
    largest), and layers of all.

    Returns
    -------
    chains
        Columns region, rank, value, share, path (as in `PathSearch.largest`), regions in the order
        of the table.
    layers
        As in `region_layers`, of all regions.
    """
    search = PathSearch(nested, intensity)
    layers = region_layers(search)
    chosen = set(layers.groupby("region")["value"].sum().nlargest(most).index)
    every = pd.concat(
        [
            search.largest(region, count=count).table.assign(region=region)
            for region in nested.regions.astype(str)
            if region in chosen
        ],
        ignore_index=True,
    )
    chains = every.loc[every["kind"] == "path", ["region", "rank", "value", "share", "path"]]
    return chains.reset_index(drop=True), layers
