"""Preconditioners of Newton's equations.

The rows that are left when the largest group has been eliminated often fall into components that
share no variable: the rows and columns of one city, where the eliminated rows are the cells of the
province. The block of each component is small enough to be inverted, and a handful of iterations do
then. In the Schur complement H22 - H21 H11^-1 H12 the block is

    B = M2 diag(c - c^2 a^2 / h) M2',        c = x / w,

with factor a and diagonal h of the eliminated row of a variable. It is so exactly, where an
eliminated row has one variable of each component, and between that and H22 elsewhere. The row and
column totals of a city imply each other, so that B is singular; a share of the diagonal is added to
it.
"""

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from .groups import pick_rows

#: Rows of the largest component whose block is inverted; larger ones make do with the diagonal.
_LARGEST = 256
#: Share of the diagonal that is added to a block.
_RIDGE = 1e-2


class Jacobi:
    """The inverse of the diagonal."""

    #: Iterations before the first look at the residual.
    window = 5

    def __init__(self, diagonal: np.ndarray):
        self.inverse = 1.0 / diagonal

    def __call__(self, r: np.ndarray) -> np.ndarray:
        """Approximate solution of H z = r."""
        return self.inverse * r


class Components:
    """Components of the rows M2 (m x n): rows that share variables, directly or through other rows.

    Each component has two parts: its rows of the group (rows that share no variable at all), and
    its others.
    """

    def __init__(self, rows: sp.csr_array, columns: sp.csr_array, group: np.ndarray):
        """`columns` is M2'; `group` holds the indices of the group's rows."""
        m, counts = rows.shape[0], np.diff(rows.indptr)
        others = np.ones(m, dtype=bool)
        others[group] = False
        others = np.flatnonzero(others)
        self.parts, self.columns, self.rows, squared = (
            (group, others),
            columns,
            pick_rows(rows, others),
            pick_rows(rows, group),
        )
        self.squared = with_data(squared, squared.data**2)
        # every row outside the group is linked to one row of each of its variables, the group's
        # where there is one
        linked = np.empty(rows.shape[1], dtype=rows.indices.dtype)
        linked[self.rows.indices] = np.repeat(others, counts[others])
        linked[squared.indices] = np.repeat(group, counts[group])
        counts[group] = 0
        links = np.ones(self.rows.nnz), linked[self.rows.indices], np.append(0, np.cumsum(counts))
        self.count, label = connected_components(
            sp.csr_array(links, shape=(m, m)), connection="weak"
        )
        self.labels, self.places, self.sizes = [], [], []
        for part in self.parts:
            own = label[part]
            order, sizes = np.argsort(own, kind="stable"), np.bincount(own, minlength=self.count)
            place = np.empty(len(part), dtype=np.intp)
            place[order] = np.arange(len(part)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
            self.labels.append(own)
            self.places.append(place)
            self.sizes.append(int(sizes.max(initial=0)))

    @property
    def useful(self) -> bool:
        """Whether blocks say more than the diagonal, and are small."""
        return self.count > 1 and 1 < sum(self.sizes) <= _LARGEST and min(self.sizes) > 0


class Blocks:
    """The inverse of the block of each component. The group's part of it is diagonal, and
    eliminated.
    """

    window = 2

    def __init__(self, components: Components, curvature: np.ndarray, diagonal: np.ndarray):
        """Of M2 diag(curvature) M2' plus a share of `diagonal` (of H22)."""
        (a, b), count, columns = components.sizes, components.count, components.columns
        (group, others), (label, label_b), (place, place_b) = (
            components.parts,
            components.labels,
            components.places,
        )
        self.parts, self.places = components.parts, (label * a + place, label_b * b + place_b)
        self.padded = np.zeros((count, a, 1)), np.zeros((count, b, 1))
        first = np.ones((count, a))
        first[label, place] = components.squared @ curvature + _RIDGE * diagonal[group]
        self.first = 1.0 / first[:, :, None]
        at = np.empty(len(diagonal), dtype=np.intp)
        at[group], at[others] = place, a + place_b
        hessian = components.rows @ with_data(
            columns, columns.data * np.repeat(curvature, np.diff(columns.indptr))
        )
        dense = np.zeros(count * b * (a + b))
        dense[
            np.repeat((label_b * b + place_b) * (a + b), np.diff(hessian.indptr))
            + at[hessian.indices]
        ] = hessian.data
        dense = dense.reshape(count, b, a + b)
        dense[label_b, place_b, a + place_b] += _RIDGE * diagonal[others]
        every = np.arange(b)
        dense[:, every, a + every] += dense[:, every, a + every] == 0  # places without a row
        self.across = dense[:, :, :a]
        self.weighted = self.across * self.first.transpose(0, 2, 1)
        self.last = np.linalg.inv(dense[:, :, a:] - self.weighted @ self.across.transpose(0, 2, 1))

    def __call__(self, r: np.ndarray) -> np.ndarray:
        """Approximate solution of S z = r."""
        (group, others), (place, place_b), (upper, lower) = self.parts, self.places, self.padded
        upper.ravel()[place], lower.ravel()[place_b] = r[group], r[others]
        below = self.last @ (lower - self.weighted @ upper)
        above = self.first * upper - self.weighted.transpose(0, 2, 1) @ below
        z = np.empty_like(r)
        z[group], z[others] = above.ravel()[place], below.ravel()[place_b]
        return z


def with_data(matrix: sp.csr_array, data: np.ndarray) -> sp.csr_array:
    """The same pattern with other values."""
    return sp.csr_array((data, matrix.indices, matrix.indptr), shape=matrix.shape)
