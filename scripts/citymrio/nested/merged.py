"""Technical coefficients with sectors and regions merged, kept in factored form.

Adding rows and columns of a table up to groups (S, 0/1, groups x rows) gives the coefficients ``S A W`` with
``W = diag(x) S' diag(1/x_g)``: a group's column is the mean of its members' columns, weighted with output, and S W = I.
Nothing needs to be added up: with P = W S,

    S (I - A P)^-1 = (I - S A W)^-1 S ,     so that     m'S = (e'S)(I - A P)^-1     for     m' = e'(I - S A W)^-1 .

A P has the factors of A with their columns mixed within groups, so the solve of `leontief` serves both. Groups never cross a
province. Source: Miller and Blair (2009), section 4.9 (aggregation); the identity follows from S W = I.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
import scipy.sparse as sp

from ..base.errors import DataError
from .columns import Columns


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
            (R, n) output, the weights; a group without output has equal weights (its columns are 0).

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
            member = sp.csr_array((np.ones(size), (place, np.arange(size))), shape=(labels.size, size))
            weight = output[index].ravel()
            empty = (member @ weight == 0)[place]
            weight = np.where(empty, 1.0, weight)
            spread = sp.csr_array((weight / (member @ weight)[place], (np.arange(size), place)), shape=(size, labels.size))
            mix.append((spread @ member).tocsr())
        return cls(**{field.name: getattr(columns, field.name) for field in fields(Columns)}, mix=tuple(mix))

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
