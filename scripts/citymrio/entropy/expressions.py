"""Linear rows over named variables: sparse matrices that can be added, scaled and handed to
cvxpy.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, reduce
from operator import add
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from numpy.lib.array_utils import normalize_axis_tuple

if TYPE_CHECKING:
    import cvxpy as cp


class Labels(Sequence):
    """What rows are called in messages, put together when one is asked for: every combination of
    `parts` in `text`, the last one fastest; of these those at the positions `chosen`.

    Examples
    --------
    >>> labels = Labels("city {} product {}", ["north", "south"], ["coal", "steel"])
    >>> len(labels), labels[1]
    (4, 'city north product steel')
    """

    def __init__(self, text: str, *parts: Sequence, chosen: np.ndarray | None = None):
        self.text, self.parts, self.sizes = text, parts, tuple(map(len, parts))
        self.chosen = np.arange(np.prod(self.sizes, dtype=int)) if chosen is None else chosen

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, row: Any) -> Any:
        places = np.unravel_index(self.chosen[row], self.sizes)
        return self.text.format(*(part[k] for part, k in zip(self.parts, places, strict=True)))


def numbers_of(values: Any, shape: tuple[int, ...] | None, what: str) -> np.ndarray:
    """Values as numbers of a shape, or of their own.

    Raises
    ------
    ValueError
        No numbers, or of another shape; `what` they are is in the message.
    """
    try:
        found = np.asarray(values, dtype=float)
        return found if shape is None else np.broadcast_to(found, shape)
    except (TypeError, ValueError) as error:
        wanted = "" if shape is None else f" of shape {shape}"
        raise ValueError(f"{what}: expected numbers{wanted}, not {values!r:.60}") from error


class LinearRows:
    """Rows a'x: one sparse matrix (count x support) for each variable in `parts`.

    Supports ``+``, ``-``, multiplication by a scalar or by a 1-d array (one factor per row).
    """

    __array_ufunc__ = None  # so that array * rows comes here

    def __init__(self, count: int, parts: dict[str, sp.csr_array]):
        self.count, self.parts = count, parts

    def __add__(self, other: LinearRows) -> LinearRows:
        if not isinstance(other, LinearRows):
            return NotImplemented
        if self.count != other.count:
            raise ValueError(f"rows of different number: {self.count} and {other.count}")
        parts = dict(self.parts)
        for name, matrix in other.parts.items():
            parts[name] = sp.csr_array(parts[name] + matrix) if name in parts else matrix
        return LinearRows(self.count, parts)

    def __mul__(self, factor: float | np.ndarray) -> LinearRows:
        factor = np.asarray(factor, dtype=float)
        if factor.ndim > 1 or (factor.ndim == 1 and factor.size != self.count):
            raise ValueError(
                f"{self.count} rows are scaled by a scalar or {self.count} factors, not by "
                f"shape {factor.shape}"
            )
        parts = {}
        for name, matrix in self.parts.items():
            scaled = matrix.copy()
            scaled.data = scaled.data * (
                factor if factor.ndim == 0 else np.repeat(factor, np.diff(matrix.indptr))
            )
            scaled.eliminate_zeros()
            parts[name] = scaled
        return LinearRows(self.count, parts)

    __rmul__ = __mul__

    def __neg__(self) -> LinearRows:
        return self * -1.0

    def __sub__(self, other: LinearRows) -> LinearRows:
        return self + (-other) if isinstance(other, LinearRows) else NotImplemented

    def pick(self, rows: np.ndarray) -> LinearRows:
        """The given rows (indices or mask)."""
        rows = np.flatnonzero(rows) if np.asarray(rows).dtype == bool else np.asarray(rows)
        return LinearRows(
            len(rows), {name: sp.csr_array(matrix[rows]) for name, matrix in self.parts.items()}
        )

    def cvxpy(self, variables: dict[str, Variable]) -> cp.Expression | None:
        """As a cvxpy expression (None when no variable has a cell)."""
        terms = [
            matrix @ variables[name].cvxpy
            for name, matrix in self.parts.items()
            if variables[name].count
        ]
        return sum(terms[1:], terms[0]) if terms else None

    def stacked(self, columns: dict[str, slice], width: int) -> sp.csr_array:
        """One matrix (count x width) over all variables, which are at `columns`."""
        shape = (self.count, width)
        placed = [
            sp.csr_array((m.data, m.indices + columns[name].start, m.indptr), shape=shape)
            for name, m in self.parts.items()
            if name in columns
        ]
        return reduce(add, placed) if placed else sp.csr_array(shape)


class Variable:
    """Named variables in an array; cells with a prior of 0 do not exist.

    Attributes
    ----------
    shape
        Shape of the prior.
    support
        Flat (C order) positions of the cells with a prior that is not 0.
    cvxpy
        The cvxpy variable of magnitudes on the support.
    """

    def __init__(self, name: str, prior: np.ndarray, weight: np.ndarray):
        self.name, self.shape = name, prior.shape
        flat = prior.ravel()
        self.support = np.flatnonzero(flat)
        self.count = len(self.support)
        self.magnitude = np.abs(flat[self.support])
        self.sign = np.sign(flat[self.support])
        self.support_weight = weight.ravel()[self.support]
        self.size = flat.size

    @cached_property
    def place(self) -> np.ndarray:
        """Position on the support of every cell (C order), -1 outside."""
        place = np.full(self.size, -1)
        place[self.support] = np.arange(self.count)
        return place

    @cached_property
    def cvxpy(self) -> cp.Variable:
        """Magnitudes on the support."""
        import cvxpy as cp

        return cp.Variable(self.count, name=self.name)

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Values on the support as an array of the full shape, zeros elsewhere."""
        full = np.zeros(self.size)
        full[self.support] = values
        return full.reshape(self.shape)

    def _rows(self, count: int, row: np.ndarray, data: np.ndarray | None = None) -> LinearRows:
        data = self.sign if data is None else data * self.sign
        matrix = sp.csc_array(
            (data, row, np.arange(self.count + 1)), shape=(count, self.count)
        ).tocsr()
        matrix.eliminate_zeros()
        return LinearRows(count, {self.name: matrix})

    def each(self) -> LinearRows:
        """One row per cell of the array (C order), those without a prior empty."""
        return self._rows(self.size, self.support)

    def sum_over(self, axes: int | tuple[int, ...]) -> LinearRows:
        """Sums over the given axes: one row per cell of what remains, in C order.

        Raises
        ------
        ValueError
            An axis that the variable does not have.
        """
        gone = normalize_axis_tuple(axes, len(self.shape))
        stay = [axis for axis in range(len(self.shape)) if axis not in gone]
        if not stay:
            return self.total()
        count = int(np.prod([self.shape[axis] for axis in stay]))
        row = np.arange(count).reshape(
            [size if axis in stay else 1 for axis, size in enumerate(self.shape)]
        )
        return self._rows(count, np.broadcast_to(row, self.shape).ravel()[self.support])

    def total(self) -> LinearRows:
        """The sum of all cells: one row."""
        return self._rows(1, np.zeros(self.count, dtype=int))

    def dot(self, weights: np.ndarray) -> LinearRows:
        """The weighted sum of all cells: one row; `weights` broadcasts to the shape."""
        weights = numbers_of(weights, self.shape, f"weights of '{self.name}'").ravel()
        return self._rows(1, np.zeros(self.count, dtype=int), weights[self.support])

    def rows(self, matrix: sp.sparray) -> LinearRows:
        """General rows: a sparse matrix whose columns are the cells of the full array (C order)."""
        matrix = sp.coo_array(matrix)
        if matrix.shape[1] != self.size:
            raise ValueError(
                f"rows of '{self.name}' need {self.size} columns, not {matrix.shape[1]}"
            )
        row, cell = matrix.coords
        column = self.place[cell]
        kept = (column >= 0) & (matrix.data != 0)
        column = column[kept]
        entries = matrix.data[kept] * self.sign[column], (row[kept], column)
        return LinearRows(
            matrix.shape[0], {self.name: sp.csr_array(entries, shape=(matrix.shape[0], self.count))}
        )

    def sums(self, row: np.ndarray, count: int) -> LinearRows:
        """`count` sums of cells: `row` has the shape of the array and says of every cell which sum
        it is part of, -1 of none.

        Raises
        ------
        ValueError
            Another number of cells, a sum beyond `count`.
        """
        row = np.asarray(row).ravel()
        if row.size != self.size or row.max(initial=-1) >= count:  # scipy would read beyond memory
            raise ValueError(
                f"sums of '{self.name}': expected {self.size} cells with sums below {count}, not "
                f"{row.size} with sums up to {row.max(initial=-1)}"
            )
        row = row[self.support]
        part = row >= 0
        columns = self.sign[part], row[part], np.append(0, np.cumsum(part))
        return LinearRows(
            count, {self.name: sp.csc_array(columns, shape=(count, self.count)).tocsr()}
        )
