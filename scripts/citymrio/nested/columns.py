"""Factored products with a set of columns of the nested table, province by province.

A cell of the nested table, delivered by sector i of region r to column c (an industry or a
final-demand category) of region s, is

    z_ic^{rs} = [r=s] self_ic^s + tau_i^{rs} intra_ic^s        r, s in the same province,
    z_ic^{rs} = o_i^r Y_ic^{pq} m_ic^s            r in province p, s in another province q,

with trade shares tau (columns sum to 1), origin shares o (e for outflows, w for stock changes) and
destination shares m. The part between provinces has rank (sectors x provinces), so a product costs
R_q n^2 + R_q^2 n per province instead of (R n)^2. Source: Chenery (1953) and Moses (1955) for the
trade shares; method.md sections 6 and 7.

Technical coefficients with sectors and regions merged stay factored (`MergedColumns`). Adding rows
and columns of a table up to groups (S, 0/1, groups x rows) gives the coefficients ``S A W`` with
``W = diag(x) S' diag(1/x_g)``: a group's column is the mean of its members' columns, weighted with
output, and S W = I. Nothing needs to be added up: with P = W S,

    S (I - A P)^-1 = (I - S A W)^-1 S ,
    so that     m'S = (e'S)(I - A P)^-1     for     m' = e'(I - S A W)^-1 .

A P has the factors of A with their columns mixed within groups, so the solve of `leontief` serves
both. Groups never cross a province. Source: Miller and Blair (2009), section 4.9 (aggregation); the
identity follows from S W = I.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np
import scipy.sparse as sp

from ..base.errors import DataError

#: A product with a set of columns, or a solve.
Product = Callable[[np.ndarray], np.ndarray]
#: Regions whose rows are taken out of a table given cell by cell at a time.
BLOCK = 8


def run_of(places: np.ndarray) -> slice | np.ndarray:
    """Positions as a slice, which copies nothing, where they are a run."""
    if places.size and np.array_equal(places, np.arange(places[0], places[0] + places.size)):
        return slice(int(places[0]), int(places[0]) + places.size)
    return places


@dataclass(frozen=True)
class Columns:
    """One set of columns (industries, or final-demand categories with the same origin shares).

    Parameters
    ----------
    regions
        Per province q the positions of its regions, R_q.
    tau
        Per province (n, R_q, R_q): share of origin r in what s buys from other regions of its
        province.
    own, intra
        Per province (R_q, n, C): cells bought from the region itself and from other regions of the
        province.
    share
        Per province (C, n, R_q): share m of region s in the province's purchases from other
        provinces.
    source
        Per province (n, P, C): Y^{pq}, deliveries of the other provinces p (own province: zero).
    origin
        (R, n): share o of region r in its province's deliveries to other provinces.
    """

    regions: tuple[np.ndarray, ...]
    tau: tuple[np.ndarray, ...]
    own: tuple[np.ndarray, ...]
    intra: tuple[np.ndarray, ...]
    share: tuple[np.ndarray, ...]
    source: tuple[np.ndarray, ...]
    origin: np.ndarray

    @property
    def count(self) -> int:
        """Number of columns of one region."""
        return self.own[0].shape[2]

    def scaled(self, factors: np.ndarray) -> Columns:
        """Every column of region s multiplied by ``factors[s, c]`` (R, C): coefficients from
        flows.
        """
        parts = [factors[index] for index in self.regions]
        return Columns(
            self.regions,
            self.tau,
            tuple(own * part[:, None, :] for own, part in zip(self.own, parts, strict=True)),
            tuple(intra * part[:, None, :] for intra, part in zip(self.intra, parts, strict=True)),
            tuple(
                np.ascontiguousarray(share * part.T[:, None, :])
                for share, part in zip(self.share, parts, strict=True)
            ),
            self.source,
            self.origin,
        )

    def within(self, q: int, values: np.ndarray) -> np.ndarray:
        """Deliveries inside province q for column activities (R_q, C, k): (R_q, n, k)."""
        bought = np.matmul(self.intra[q], values).transpose(1, 0, 2)
        return np.matmul(self.own[q], values) + np.matmul(self.tau[q], bought).transpose(1, 0, 2)

    def within_transposed(self, q: int, values: np.ndarray) -> np.ndarray:
        """What the columns of province q pay to its own province at prices (R_q, n, k): (R_q, C,
        k).
        """
        mixed = np.matmul(self.tau[q].transpose(0, 2, 1), values.transpose(1, 0, 2)).transpose(
            1, 0, 2
        )
        return np.matmul(self.own[q].transpose(0, 2, 1), values) + np.matmul(
            self.intra[q].transpose(0, 2, 1), mixed
        )

    def inflow(self, q: int, values: np.ndarray) -> np.ndarray:
        """What province q draws from every other province for activities (R_q, C, k): (n, P, k)."""
        spread = np.matmul(self.share[q], values.transpose(1, 0, 2))
        return np.matmul(self.source[q], spread.transpose(1, 0, 2))

    def inflow_transposed(self, q: int, prices: np.ndarray) -> np.ndarray:
        """What the columns of province q pay to other provinces at provincial prices (n, P, k):
        (R_q, C, k).
        """
        paid = np.matmul(self.source[q].transpose(0, 2, 1), prices).transpose(1, 0, 2)
        return np.matmul(self.share[q].transpose(0, 2, 1), paid).transpose(1, 0, 2)

    def gather(self, values: np.ndarray) -> np.ndarray:
        """Provincial means of (R, n, k) with the origin shares as weights: (n, P, k)."""
        return np.stack(
            [np.einsum("ri,rik->ik", self.origin[index], values[index]) for index in self.regions],
            axis=1,
        )

    def scatter(self, amounts: np.ndarray) -> np.ndarray:
        """Provincial outflows (n, P, k) by region of origin: (R, n, k)."""
        result = np.empty((self.origin.shape[0], self.origin.shape[1], amounts.shape[2]))
        for p, index in enumerate(self.regions):
            result[index] = self.origin[index][:, :, None] * amounts[:, p][None]
        return result

    def matmat(self, values: np.ndarray) -> np.ndarray:
        """Product with column activities (R, C, k): deliveries (R, n, k)."""
        drawn = sum(
            (self.inflow(q, values[index]) for q, index in enumerate(self.regions)), np.zeros(())
        )
        result = self.scatter(drawn)
        for q, index in enumerate(self.regions):
            result[index] += self.within(q, values[index])
        return result

    def rmatmat(self, prices: np.ndarray) -> np.ndarray:
        """Transposed product with prices of products (R, n, k): (R, C, k)."""
        provincial = self.gather(prices)
        result = np.empty((prices.shape[0], self.count, prices.shape[2]))
        for q, index in enumerate(self.regions):
            result[index] = self.within_transposed(q, prices[index]) + self.inflow_transposed(
                q, provincial
            )
        return result

    def by_product(self, prices: np.ndarray) -> np.ndarray:
        """Value at prices (R, n) of what region s buys of product i for column c, over all origins:
        (R, n, C).
        """
        provincial = self.gather(prices[:, :, None])[:, :, 0]
        result = np.empty((prices.shape[0], prices.shape[1], self.count))
        for q, index in enumerate(self.regions):
            mixed = np.einsum("irs,ri->si", self.tau[q], prices[index])
            outside = np.einsum("ipc,ip->ic", self.source[q], provincial)
            result[index] = (
                self.own[q] * prices[index][:, :, None]
                + self.intra[q] * mixed[:, :, None]
                + self.share[q].transpose(2, 1, 0) * outside[None]
            )
        return result

    def dense_within(self, q: int) -> np.ndarray:
        """The province's own block with the transposed layout (R_q C, R_q n): row (s, c), column
        (r, i).
        """
        count, n = self.own[q].shape[:2]
        bought = np.ascontiguousarray(self.intra[q].transpose(0, 2, 1))
        block = bought[:, :, None] * np.ascontiguousarray(self.tau[q].T)[:, None]
        for s in range(count):
            block[s, :, s, :] += self.own[q][s].T
        return block.reshape(count * self.count, count * n)

    def sum_columns(self, q: int) -> tuple[np.ndarray, np.ndarray]:
        """All columns of every region of province q added up: what they receive from its regions
        (R_q, R_q, n), the buyer first, and from other provinces (n, P, R_q).
        """
        within = self.tau[q].T * self.intra[q].sum(axis=2)[:, None]
        places = np.arange(len(within))
        within[places, places] += self.own[q].sum(axis=2)
        return within, np.matmul(self.source[q], self.share[q].transpose(1, 0, 2))

    def received(self, p: int, q: int) -> np.ndarray:
        """What the columns of province q receive from all of province p != q: (n, R_q, C)."""
        return np.multiply(
            self.source[q][:, p][:, None, :], self.share[q].transpose(1, 2, 0), order="C"
        )

    def from_outside(self, q: int) -> np.ndarray:
        """What the columns of province q receive from all of every other province: (n, P, R_q,
        C).
        """
        return self.source[q][:, :, None] * self.share[q].transpose(1, 2, 0)[:, None]

    def dense_between(self, origins: np.ndarray, p: int, q: int) -> np.ndarray:
        """Deliveries of the regions `origins` of province p to province q != p: (len(origins), n,
        R_q, C).
        """
        return self.origin[origins][:, :, None, None] * self.received(p, q)[None]


@dataclass(frozen=True)
class GivenColumns(Columns):
    """:class:`Columns` of a table given cell by cell: every cell, the own blocks as well, is in
    `source`, in views of the table.

    Parameters
    ----------
    cells
        (R, n, R, U): the whole table with all U columns of a region.
    columns
        Positions of these columns among U.
    factor
        (R, C): what every column is multiplied by.
    """

    cells: np.ndarray
    columns: np.ndarray
    factor: np.ndarray

    @classmethod
    def of(
        cls, cells: np.ndarray, columns: np.ndarray, tau: tuple[np.ndarray, ...]
    ) -> GivenColumns:
        """The columns at the positions `columns` (among U) of every region; `tau` as in
        :class:`Columns`.
        """
        count, n, _, _ = cells.shape
        where = run_of(columns)
        none, whole = np.zeros((1, n, columns.size)), np.ones((columns.size, n, 1))
        return cls(
            regions=tuple(np.array([r]) for r in range(count)),
            tau=tau,
            own=(none,) * count,
            intra=(none,) * count,
            share=(whole,) * count,
            source=tuple(cells[:, :, q][:, :, where].transpose(1, 0, 2) for q in range(count)),
            origin=np.ones((count, n)),
            cells=cells,
            columns=columns,
            factor=np.ones((count, columns.size)),
        )

    def scaled(self, factors: np.ndarray) -> GivenColumns:
        """Every column of region s multiplied by ``factors[s, c]`` (R, C)."""
        share = tuple(
            part * row[:, None, None] for part, row in zip(self.share, factors, strict=True)
        )
        return replace(self, share=share, factor=self.factor * factors)

    def dense_within(self, q: int) -> np.ndarray:
        """The region's own block, transposed: row c, column i."""
        return (self.cells[q, :, q][:, self.columns] * self.factor[q]).T

    def _rows(self) -> list[tuple[slice, np.ndarray]]:
        """The table in blocks of rows (b n, R C): one block of all columns where these are most of
        them, else copies of a few.
        """
        count, n, _, width = self.cells.shape
        if self._whole:
            return [(slice(0, count), self.cells.reshape(count * n, count * width))]
        blocks = [slice(start, min(start + BLOCK, count)) for start in range(0, count, BLOCK)]
        return [
            (block, self.cells[block][..., self.columns].reshape(-1, count * self.count))
            for block in blocks
        ]

    @property
    def _whole(self) -> bool:
        return 2 * self.columns.size > self.cells.shape[3]

    def matmat(self, values: np.ndarray) -> np.ndarray:
        """Product with column activities (R, C, k): deliveries (R, n, k)."""
        count, n, _, width = self.cells.shape
        activity = values * self.factor[:, :, None]
        if self._whole:
            activity = np.zeros((count, width, values.shape[2]))
            activity[:, self.columns] = values * self.factor[:, :, None]
        flat, result = activity.reshape(-1, values.shape[2]), np.empty((count, n, values.shape[2]))
        for block, rows in self._rows():
            result[block] = np.matmul(rows, flat).reshape(-1, n, values.shape[2])
        return result

    def rmatmat(self, prices: np.ndarray) -> np.ndarray:
        """Transposed product with prices of products (R, n, k): (R, C, k)."""
        paid = sum(
            (
                np.matmul(rows.T, prices[block].reshape(-1, prices.shape[2]))
                for block, rows in self._rows()
            ),
            np.zeros(()),
        ).reshape(prices.shape[0], -1, prices.shape[2])
        return (paid[:, self.columns] if self._whole else paid) * self.factor[:, :, None]


@dataclass(frozen=True)
class MergedColumns(Columns):
    """:class:`Columns` A seen through P: every column is its group's mean column.

    Parameters
    ----------
    mix
        Per province (R_q n, R_q n): P, rows region by region, sectors inside.
    """

    mix: tuple[sp.csr_array, ...]

    @classmethod
    def of(cls, columns: Columns, groups: np.ndarray, output: np.ndarray) -> MergedColumns:
        """Coefficients `columns` with industries merged.

        Parameters
        ----------
        columns
            Technical coefficients, n columns a region.
        groups
            (R, n) number of the group of every industry.
        output
            (R, n) output, the weights; a group without output has equal weights (its columns are
            0).

        Raises
        ------
        DataError
            A group with members in two provinces.
        """
        owner: dict[int, int] = {}
        mix = []
        for q, index in enumerate(columns.regions):
            labels, place = np.unique(groups[index].ravel(), return_inverse=True)
            for label in labels:
                if owner.setdefault(int(label), q) != q:
                    raise DataError(
                        "regions of two provinces cannot be merged",
                        where=f"merged table, group {label}",
                        fix="merge only regions of one province.",
                    )
            size = place.size
            member = sp.csr_array(
                (np.ones(size), (place, np.arange(size))), shape=(labels.size, size)
            )
            weight = output[index].ravel()
            empty = (member @ weight == 0)[place]
            weight = np.where(empty, 1.0, weight)
            spread = sp.csr_array(
                (weight / (member @ weight)[place], (np.arange(size), place)),
                shape=(size, labels.size),
            )
            mix.append((spread @ member).tocsr())
        return cls(
            **{field.name: getattr(columns, field.name) for field in fields(Columns)},
            mix=tuple(mix),
        )

    def _mixed(self, q: int, values: np.ndarray, *, transposed: bool = False) -> np.ndarray:
        matrix = self.mix[q].T if transposed else self.mix[q]
        return (matrix @ values.reshape(matrix.shape[1], -1)).reshape(values.shape)

    def within(self, q: int, values: np.ndarray) -> np.ndarray:
        """Deliveries inside province q for activities (R_q, n, k)."""
        return super().within(q, self._mixed(q, values))

    def within_transposed(self, q: int, values: np.ndarray) -> np.ndarray:
        """What the columns of province q pay to their own province at prices (R_q, n, k)."""
        return self._mixed(q, super().within_transposed(q, values), transposed=True)

    def inflow(self, q: int, values: np.ndarray) -> np.ndarray:
        """What province q draws from every other province for activities (R_q, n, k): (n, P, k)."""
        return super().inflow(q, self._mixed(q, values))

    def inflow_transposed(self, q: int, prices: np.ndarray) -> np.ndarray:
        """What the columns of province q pay to other provinces at provincial prices (n, P, k)."""
        return self._mixed(q, super().inflow_transposed(q, prices), transposed=True)

    def dense_within(self, q: int) -> np.ndarray:
        """The province's own block, transposed: row (s, c), column (r, i)."""
        return self.mix[q].T @ super().dense_within(q)
