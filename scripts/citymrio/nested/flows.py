"""Flows between regions: the matrix of all pairs, or of many regions the same flows by block.

By block they are as exact: pair by pair inside provinces, in factors between them. The table has
the rank of the provinces' deliveries there (`columns`), and so have the flows. Of an emitter r in
province p and a consumer s in another province

    G^{rs} = sum_i u_i^r X_i^{ps} + sum_i v_i^r Y_i^{ps} ,

    u^r = e^r (K_p O_p)^r ,   v^r = e^r (K_p w_p)^r ,   X = C^-1 (W K (F + w Y) + D) ,

with u (v) what r emits for a unit that its province delivers (of stock changes, with their origin
shares w), X the deliveries of p that the final demand F of s needs, D those that it draws directly
and Y those of them that are stock changes; K, O, W, C as in `leontief`. This takes R (R_q + n P)
numbers instead of R^2, and one solve with R_q columns a province.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from ..base.labels import array, values_of
from ..base.money import unit_in
from ..base.threads import one_blas_thread
from .table import NestedMRIO

#: Regions up to which the flows of all pairs are kept as one matrix.
WHOLE = 1000


def in_blocks(table: NestedMRIO) -> bool:
    """Whether flows are kept by block: many regions, in provinces that are few for them."""
    count, layers = table.regions.size, table.categories.size + 2
    between = 2 * table.sectors.size * table.provinces.size
    return count > WHOLE and not table.is_dense and between < layers * count


@one_blas_thread
def trace_blocks(
    table: NestedMRIO, stressors: Mapping[str, xr.DataArray]
) -> tuple[xr.Dataset, np.ndarray]:
    """Flows of stressors by block, all categories of final demand together.

    Returns
    -------
    xarray.Dataset
        Of every stressor ``<name>_within`` (destination, place): flows from the regions of the own
        province, in order, and ``<name>_rate`` (origin, delivery): what a region emits for a unit
        that its province delivers. Of all ``deliveries`` (destination, origin_province, delivery):
        what the final demand of a region needs of those of other provinces, money; and
        ``province_of_origin`` (origin). Attribute ``residual``: the largest of the solves.
    leaving
        What regions emit for exports and error (stressor, 2, origin).
    """
    within, rates, leaving, deliveries = table.by_delivery(
        [table.intensity(stressor).values for stressor in stressors.values()]
    )
    unit, origins = unit_in(table.dataset), table.provinces[table.province_of]
    data = {
        "deliveries": array(
            deliveries.transpose(2, 1, 0),
            ("destination", "origin_province", "delivery"),
            unit,
            "deliveries of other provinces that the final demand of a region needs",
        ),
        "province_of_origin": array(origins, ("origin",), "1", "province"),
        "origin_province": table.provinces,
        "delivery": [*table.sectors, *(f"{name} (stock changes)" for name in table.sectors)],
    }
    for k, (name, stressor) in enumerate(stressors.items()):
        units, text = stressor.attrs["units"], "for a unit that its province delivers to others"
        data[f"{name}_rate"] = array(rates[k], ("origin", "delivery"), f"{units} per {unit}", text)
        text = "from the regions of the own province, in order"
        data[f"{name}_within"] = array(within[k], ("destination", "place"), units, text)
    return xr.Dataset(data, attrs={"residual": table.leontief.last}), leaving


@dataclass(frozen=True)
class Flows:
    """Flows of a stressor between regions; whole, all regions are one block.

        G^{rs} = within^{rs}   (r, s in one block),      rate^r . deliveries^s_p   (r in block p)

    Attributes
    ----------
    members
        Positions of the regions of every block.
    within
        Flows inside every block, origin first.
    rates, deliveries
        Of every block what its regions emit for deliveries, and need of the blocks' deliveries; see
        :func:`trace_blocks`.
    """

    members: tuple[np.ndarray, ...]
    within: tuple[np.ndarray, ...]
    rates: tuple[np.ndarray, ...] = ()
    deliveries: tuple[np.ndarray, ...] = ()

    @classmethod
    def whole(cls, flows: np.ndarray) -> Flows:
        """Flows (origin, destination) as one block."""
        return cls((np.arange(len(flows)),), (flows,))

    @classmethod
    def of(
        cls, footprints: xr.Dataset, name: str = "flows", codes: Sequence[str] | None = None
    ) -> Flows:
        """Flows of footprints.nc (`name`: ``flows`` or ``va_flows``) between the regions `codes`,
        in their order; of all where they are not given.
        """
        origins = footprints["origin"].values.tolist()
        codes = origins if codes is None else [*codes]
        if name in footprints:
            return cls.whole(values_of(footprints[name], origin=codes, destination=codes))
        place, owner = pd.Index(codes).get_indexer(origins), footprints["province_of_origin"].values
        blocks = []
        for province in footprints["origin_province"].values:
            index = np.flatnonzero(owner == province)
            chosen = place[index] >= 0
            kept = index[chosen]
            inside = footprints[f"{name}_within"].values[kept, : index.size][:, chosen].T
            rates, deliveries = footprints[f"{name}_rate"].values, footprints["deliveries"].values
            blocks.append((place[kept], inside, rates[kept], deliveries[kept]))
        return cls(*zip(*blocks, strict=True))

    def _block(self, p: int, q: int) -> np.ndarray:
        return self.within[p] if p == q else self.rates[p] @ self.deliveries[q][:, p].T

    @property
    def count(self) -> int:
        """Number of regions."""
        return sum(index.size for index in self.members)

    def into(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Block by block its regions, and the flows from all regions to them (origin,
        destination).
        """
        order = np.argsort(np.concatenate(self.members))
        for q, index in enumerate(self.members):
            blocks = [self._block(p, q) for p in range(len(self.members))]
            yield index, np.concatenate(blocks)[order]

    def out_of(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Block by block its regions, and the flows from them to all regions (origin,
        destination).
        """
        order = np.argsort(np.concatenate(self.members))
        for p, index in enumerate(self.members):
            blocks = [self._block(p, q) for q in range(len(self.members))]
            yield index, np.concatenate(blocks, axis=1)[:, order]

    def to_others(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """:meth:`into` without what regions emit for themselves."""
        for index, values in self.into():
            values[index, np.arange(index.size)] = 0.0
            yield index, values

    @property
    def own(self) -> np.ndarray:
        """What regions emit for themselves (region,)."""
        found = np.empty(self.count)
        for index, values in zip(self.members, self.within, strict=True):
            found[index] = np.diagonal(values)
        return found

    def by_origin(self, destinations: np.ndarray) -> np.ndarray:
        """Sums over the destinations of a mask (origin,)."""
        parts = [
            np.compress(destinations[index], values, axis=1).sum(axis=1)
            for index, values in self.into()
        ]
        return np.sum(parts, axis=0)

    def by_destination(self, origins: np.ndarray) -> np.ndarray:
        """Sums over the origins of a mask (destination,)."""
        found = np.empty(self.count)
        for index, values in self.into():
            found[index] = values[origins].sum(axis=0)
        return found

    def between(self, origins: np.ndarray, destinations: np.ndarray) -> np.ndarray:
        """Sums between different regions, by groups: weights (groups, region) on both sides."""
        parts = [origins @ values @ destinations[:, index].T for index, values in self.to_others()]
        return np.sum(parts, axis=0)


def pairs(footprints: xr.Dataset, name: str = "flows") -> xr.DataArray:
    """Flows of footprints.nc between all pairs of regions, for what looks at single pairs: 8 R^2
    bytes.
    """
    if name in footprints:
        return footprints[name]
    codes, flows = footprints["origin"].values, Flows.of(footprints, name)
    values = np.empty((codes.size, codes.size))
    for index, into in flows.into():
        values[:, index] = into
    return xr.DataArray(values, {"origin": codes, "destination": codes}, ("origin", "destination"))
