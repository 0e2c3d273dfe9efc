"""Groups of rows that share no variable: the rows of a group can be moved to their own optimum side
by side.

The block of the Hessian that belongs to a group is diagonal. Each row of a group has its optimum in
closed form where its factors over the weights are one number: for rows of ones RAS / IPF, for rows
of both signs the quadratic form of GRAS (Junius, T., Oosterhaven, J. (2003) Econ. Syst. Res.
15(1)).
"""

import numpy as np
import scipy.sparse as sp


def find_groups(matrix: sp.csr_array) -> list[tuple[int, int]]:
    """Runs of consecutive rows that share no variable, greedily."""
    (m, n), indices, indptr = matrix.shape, matrix.indices, matrix.indptr
    runs, start, length = [], 0, m
    seen = np.empty(n, dtype=np.intp)
    while start < m:
        stop = min(start + length, m)
        entries = indices[
            indptr[start] : min(indptr[stop], indptr[start] + n + 1)
        ]  # among n + 1 one comes again
        places = np.arange(len(entries))
        seen[entries[::-1]] = places[::-1]  # the first place of each variable
        again = np.flatnonzero(seen[entries] != places)
        if len(again):
            stop = int(np.searchsorted(indptr, indptr[start] + again[0], side="right")) - 1
        elif stop < m:
            length *= 4
            continue
        runs.append((start, stop))
        length = 2 * (
            stop - start
        )  # looking at all rows again for every short run would take the square of the time
        start = stop
    return runs


def rows_between(matrix: sp.csr_array, start: int, stop: int) -> sp.csr_array:
    """Neighbouring rows, sharing the memory of the matrix."""
    first, last = matrix.indptr[start], matrix.indptr[stop]
    part = (
        matrix.data[first:last],
        matrix.indices[first:last],
        matrix.indptr[start : stop + 1] - first,
    )
    return sp.csr_array(part, shape=(stop - start, matrix.shape[1]))


def pick_rows(matrix: sp.csr_array, index: np.ndarray) -> sp.csr_array:
    """Rows of a sorted index; neighbours share the memory of the matrix."""
    if len(index) and index[-1] - index[0] + 1 == len(index):
        return rows_between(matrix, int(index[0]), int(index[-1]) + 1)
    return matrix[index]


class Group:
    """Rows `start` to `stop` of M (`matrix`), which share no variable."""

    def __init__(
        self, matrix: sp.csr_array, w: np.ndarray, run: tuple[int, int], ones: bool, plain: bool
    ):
        """`ones`: all factors of M are 1; `plain`: all weights as well."""
        self.start, self.stop = run
        self.matrix = rows_between(matrix, *run)
        self.plain, self.signed = plain, False
        self.transposed: sp.csr_array | None = None
        self.row: np.ndarray | None = None
        self.runs = self.tiled = self.complete = False
        if ones:  # the row of each variable, or one more row for the variables outside
            n, count = matrix.shape[1], self.stop - self.start
            self.row = np.full(n, count)
            self.counts, every = np.diff(self.matrix.indptr), np.arange(count)
            self.row[self.matrix.indices] = np.repeat(every, self.counts)
            self.complete = self.matrix.nnz == n
            self.runs = self.complete and bool(
                np.all(self.matrix.indices[1:] > self.matrix.indices[:-1])
            )
            self.tiled = (
                self.complete
                and n % count == 0
                and bool(np.all(self.row.reshape(-1, count) == every))
            )
        else:
            self.transposed = sp.csr_array(self.matrix.T)
        if plain:
            return
        rate = self.matrix.data / w[self.matrix.indices]
        self.signed, self.plain = bool(np.any(rate < 0)), bool(np.all(rate == 1.0))
        self.squared = self.matrix.multiply(self.matrix).tocsr()
        self.largest = np.maximum.reduceat(np.abs(rate), self.matrix.indptr[:-1])
        if self.signed:
            self.positive, self.negative = (
                sp.csr_array(self.matrix.maximum(0)),
                sp.csr_array((-self.matrix).maximum(0)),
            )

    def sums(self, v: np.ndarray) -> np.ndarray:
        """Mv of the group's own rows. Rows that are runs of variables, or repeat in the same order,
        need no index.
        """
        if self.runs:
            return np.add.reduceat(v, self.matrix.indptr[:-1])
        if self.tiled:
            return v.reshape(-1, self.stop - self.start).sum(axis=0)
        return self.matrix @ v

    def back(self, y: np.ndarray) -> np.ndarray:
        """M'y of the group's own rows."""
        if self.runs:
            return np.repeat(y, self.counts)
        if self.row is None:
            return self.transposed @ y
        if self.tiled:
            return np.broadcast_to(y, (len(self.row) // len(y), len(y))).reshape(-1)
        return y[self.row] if self.complete else np.append(y, 0.0)[self.row]

    def back_squared(self, y: np.ndarray) -> np.ndarray:
        """(M o M)'y: each factor squared."""
        return self.back(y) if self.transposed is None else self.transposed.power(2) @ y

    def move(self, x: np.ndarray, w: np.ndarray, step: np.ndarray) -> None:
        """Change x to x exp(M'step / w) in place."""
        if self.complete and self.plain:  # one exponential a row
            x *= self.back(np.exp(step))
        elif self.plain and self.row is not None:
            x *= np.append(np.exp(step), 1.0)[self.row]
        else:
            x *= np.exp(self.back(step) / w)

    def steps(self, x: np.ndarray, w: np.ndarray, target: np.ndarray) -> np.ndarray:
        """Steps d towards sum_k a_k x_k exp(a_k d / w_k) = target, row by row (exact where a_k /
        w_k is one number).
        """
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if self.plain:
                step = np.log(target / self.sums(x))
            elif not self.signed:
                total = self.matrix @ x
                rate = (self.squared @ (x / w)) / total
                step = np.log(target / total) / rate
                step = np.where(step > 0, np.log(target / total) / self.largest, step)
            else:
                up, down = self.positive @ x, self.negative @ x
                root = np.hypot(target, 2.0 * np.sqrt(up * down))
                high = np.where(target >= 0, (target + root) / (2 * up), 2 * down / (root - target))
                step = np.log(np.where(up > 0, high, -down / target)) / self.largest
        return np.where(np.isfinite(step), np.clip(step, -300.0, 300.0), 0.0)
