"""Cells of two tables side by side, a few regions of origin at a time: neither table is ever held dense."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...footprints.scopes import SCOPES
from ...nested import NestedMRIO
from ...nested.dense import row_block
from .common import Matched

#: Regions of origin that are taken at a time.
BLOCK = 4
#: Largest differences that are listed.
LARGEST = 20
#: Columns of the list of cells.
CELLS = ("origin", "sector", "destination", "use", "a", "b", "difference")


@dataclass
class Cells:
    """What one pass through both tables gives, amounts in the unit of A.

    Attributes
    ----------
    sums
        (scope, column group, 3): sum of |A - B|, of A, of B; groups are `intermediate` and the common categories.
    groups
        Names of the groups.
    flows
        Of either table (n, R, R): deliveries of product i from r to s, to all uses but stock changes.
    largest
        The cells that differ most (:data:`CELLS`).
    """

    sums: np.ndarray
    groups: list[str]
    flows: tuple[np.ndarray, np.ndarray]
    largest: pd.DataFrame


def side_by_side(a: NestedMRIO, b: NestedMRIO, common: dict[str, Matched], masks: dict[str, np.ndarray], factor: float) -> Cells:
    """Compare all cells between common regions, sectors and columns.

    Parameters
    ----------
    masks
        Scope -> (R, R) pairs of common regions that belong to it.
    factor
        What amounts of B are multiplied by.
    """
    regions, sectors, categories = (common[name] for name in ("regions", "sectors", "categories"))
    count, n, groups = len(regions.labels), len(sectors.labels), ["intermediate", *categories.labels]
    uses = [
        np.concatenate([at(sectors), table.sectors.size + at(categories)])
        for table, at in ((a, lambda m: m.a), (b, lambda m: m.b))
    ]
    stock = a.stock_changes
    kept = np.array([True] * n + [label != stock for label in categories.labels])
    sums = np.zeros((len(SCOPES), len(groups), 3))
    flows = np.zeros((n, count, count)), np.zeros((n, count, count))
    found: list[tuple] = []
    for start in range(0, count, BLOCK):
        rows = slice(start, min(start + BLOCK, count))
        pair = [
            row_block(table, at.regions[rows])[:, at.sectors][:, :, at.regions][..., use] * scale
            for table, at, use, scale in (
                (a, _Positions(regions.a, sectors.a), uses[0], 1.0),
                (b, _Positions(regions.b, sectors.b), uses[1], factor),
            )
        ]
        for flow, cells in zip(flows, pair, strict=True):
            flow[:, rows] = cells[..., kept].sum(axis=3).transpose(1, 0, 2)
        gap = np.abs(pair[0] - pair[1])
        for k, values in enumerate((gap, *pair)):
            by_use = values.sum(axis=1)
            grouped = np.concatenate([by_use[..., :n].sum(axis=2, keepdims=True), by_use[..., n:]], axis=2)
            for m, scope in enumerate(SCOPES):
                sums[m, :, k] += grouped[masks[scope][rows]].sum(axis=0)
        found += _largest(gap, pair, start)
    found = sorted(found, key=lambda cell: (-cell[0], cell[1:5]))[:LARGEST]
    columns = [*sectors.labels, *categories.labels]
    table = pd.DataFrame(
        [
            (regions.labels[r], sectors.labels[i], regions.labels[s], columns[c], mine, other, mine - other)
            for _, r, i, s, c, mine, other in found
        ],
        columns=list(CELLS),
    )
    return Cells(sums, groups, flows, table)


@dataclass(frozen=True)
class _Positions:
    regions: np.ndarray
    sectors: np.ndarray


def _largest(gap: np.ndarray, pair: list[np.ndarray], start: int) -> list[tuple]:
    """The cells of a block that differ most: size, their four positions, both values."""
    flat = gap.ravel()
    chosen = np.argpartition(flat, -LARGEST)[-LARGEST:] if flat.size > LARGEST else np.arange(flat.size)
    places = np.array(np.unravel_index(chosen[flat[chosen] > 0], gap.shape)).T
    return [(float(gap[*p]), start + int(p[0]), *map(int, p[1:]), *(float(cells[*p]) for cells in pair)) for p in places]
