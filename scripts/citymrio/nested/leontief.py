"""The Leontief solve on the factored table: exact, without the dense matrix (method.md 7.1).

    A = D + O W ,

D block-diagonal by province, O (R n x P n) the origin shares, W (P n x R n) the inflow
coefficients. With K = (I - D)^-1 and the capacitance matrix C = I - W K O (P n x P n), the Woodbury
identity gives

    (I - A)^-1 b = K b + K O C^-1 W K b ,      (I - A)^-T b = K' (b + W' C^-T O' K' b) .

The factorisations (LU of I - D by province and of C) are computed once; every stressor and scenario
shares them. A province of many regions (counties) is not factorised: `RegionalSystem` solves with
its trade as it is stored.

A table given cell by cell (`FactoredTable.is_dense`) has no such form. There I - A is factorised in
single precision, half the time and memory of double, and every solve is refined against the exact
table in double precision until it passes the certificate. Where refinement stalls (a table close to
not being productive), the factorisation is made anew in double precision. Source: Woodbury (1950);
Hager (1989), Updating the inverse of a matrix, SIAM Review 31(2); Higham (2002), Accuracy and
Stability of Numerical Algorithms, chapter 12 (iterative refinement).
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import lu_factor, lu_solve

from ..base.errors import CertificateError
from ..base.threads import blas_threads, one_blas_thread, ordered_map
from .columns import Columns, GivenColumns, Product

#: Largest residual of a solve, relative to the largest entry of its right-hand side: a hundredth of
#: what the audit allows.
TOLERANCE = 1e-10
#: Rows of a table given cell by cell from which two threads share the products of a solve. Their
#: number goes into the last digits, so that it follows from the size of the table alone, never from
#: the machine or from the cores that a run has.
LARGE = 4000
#: Rows of a province above which it is solved by iteration: factors take more time there, from
#: 2,000 rows on a multiple of it, and 8 rows^2 bytes.
DIRECT = 500


class Leontief:
    """LU factors of I - A in Woodbury form.

    Parameters
    ----------
    coefficients
        Technical coefficients A as :class:`Columns` with n columns a region.
    threads
        Provinces factored and solved at the same time; the result does not depend on it.
    tolerance
        Largest residual relative to the largest entry of the right-hand side. A solve that misses
        it is refined once; if it still does, :class:`CertificateError`.

    Attributes
    ----------
    residual
        Largest relative residual of all solves so far.
    last
        Relative residual of the last solve.
    """

    #: Refinements of a solve before its residual is judged.
    steps = 1

    @one_blas_thread
    def __init__(self, coefficients: Columns, tolerance: float = TOLERANCE, threads: int = 1):
        self.coefficients, self.tolerance, self.threads = coefficients, tolerance, threads
        self.residual = self.last = 0.0
        self._n, self._provinces = coefficients.source[0].shape[0], len(coefficients.regions)
        self._local: list[tuple[np.ndarray, np.ndarray] | RegionalSystem] = []
        self._spread: list[np.ndarray] = []
        size = self._n * self._provinces
        columns = np.zeros(
            (self._n, self._provinces, self._n, self._provinces)
        )  # its columns first, as LAPACK has them
        for q, (factors, spread) in enumerate(
            ordered_map(self._factor, range(self._provinces), threads)
        ):
            self._local.append(factors)
            self._spread.append(spread)
            columns[:, q] -= coefficients.inflow(q, spread).transpose(2, 0, 1)
        capacitance = columns.reshape(size, size).T
        capacitance[np.diag_indices_from(capacitance)] += 1.0
        self._exchange = capacitance.copy()
        self._capacitance = lu_factor(capacitance, overwrite_a=True, check_finite=False)

    @property
    def iterates(self) -> bool:
        """Whether a province is so large that it is solved by iteration."""
        return any(isinstance(local, RegionalSystem) for local in self._local)

    def _factor(self, q: int) -> tuple[tuple[np.ndarray, np.ndarray] | RegionalSystem, np.ndarray]:
        """LU of I - D_q (of a large province its factors as they are), and K_q O_q (R_q, n, n)."""
        index, columns = self.coefficients.regions[q], self.coefficients
        outflow = self._outflow(q)
        if type(columns) is Columns and index.size * self._n > DIRECT:
            system = RegionalSystem(columns.own[q], columns.intra[q], columns.tau[q])
            return system, system.solve(outflow)
        block = self.coefficients.dense_within(q)
        np.negative(block, out=block)
        block[np.diag_indices_from(block)] += 1.0
        factors = lu_factor(block.T, overwrite_a=True, check_finite=False)
        solved = lu_solve(
            factors, outflow.reshape(index.size * self._n, self._n), check_finite=False
        )
        return factors, np.ascontiguousarray(solved).reshape(outflow.shape)

    def _outflow(self, q: int) -> np.ndarray:
        """O_q (R_q, n, n)."""
        origin = self.coefficients.origin[self.coefficients.regions[q]]
        outflow = np.zeros((*origin.shape, self._n))
        outflow[:, np.arange(self._n), np.arange(self._n)] = origin
        return outflow

    @one_blas_thread
    def solve(self, right: np.ndarray) -> np.ndarray:
        """(I - A)^-1 b for b of shape (R, n, k)."""
        return self._refined(right, self._solve_once, self.coefficients.matmat)

    @one_blas_thread
    def solve_transposed(self, right: np.ndarray) -> np.ndarray:
        """(I - A)^-T b for b of shape (R, n, k)."""
        return self._refined(right, self._solve_transposed_once, self.coefficients.rmatmat)

    def _refined(self, right: np.ndarray, solve: Product, product: Product) -> np.ndarray:
        scale = np.abs(right).max(initial=0.0)
        if scale == 0.0:
            self._record(0.0)
            return np.zeros_like(right)
        result = solve(right)
        rest = right - result + product(result)
        for _ in range(self.steps):
            if np.abs(rest).max() <= self.tolerance * scale:
                break
            result = result + solve(rest)
            rest = right - result + product(result)
        self._record(np.abs(rest).max() / scale)
        return result

    def _record(self, residual: float) -> None:
        self.last = float(residual)
        self.residual = max(self.residual, self.last)
        if not residual <= self.tolerance:
            raise CertificateError(
                f"the Leontief system was solved with a relative residual of {residual:.1e}, "
                f"allowed {self.tolerance:.1e}",
                where="nested table",
                fix="look for columns whose inputs nearly use up their output (value added and "
                "imports close to 0).",
            )

    def _local_solve(self, q: int, right: np.ndarray, transposed: bool = False) -> np.ndarray:
        local = self._local[q]
        if isinstance(local, RegionalSystem):
            return local.solve(right, transposed)
        flat = right.reshape(-1, right.shape[2])
        return lu_solve(local, flat, trans=int(transposed), check_finite=False).reshape(right.shape)

    def _capacitance_solve(self, right: np.ndarray, transposed: bool = False) -> np.ndarray:
        flat = right.reshape(-1, right.shape[2])
        return lu_solve(self._capacitance, flat, trans=int(transposed), check_finite=False).reshape(
            right.shape
        )

    def _solve_once(self, right: np.ndarray) -> np.ndarray:
        result = np.empty(right.shape)
        drawn = np.zeros((self._n, self._provinces, right.shape[2]))
        for q, index in enumerate(self.coefficients.regions):
            local = self._local_solve(q, right[index])
            result[index] = local
            drawn += self.coefficients.inflow(q, local)
        outflow = self._capacitance_solve(drawn)
        for q, index in enumerate(self.coefficients.regions):
            result[index] += np.matmul(self._spread[q], outflow[:, q])
        return result

    def _solve_transposed_once(self, right: np.ndarray) -> np.ndarray:
        gathered = np.stack(
            [
                np.einsum("rij,rik->jk", self._spread[q], right[index])
                for q, index in enumerate(self.coefficients.regions)
            ],
            axis=1,
        )
        prices = self._capacitance_solve(gathered, transposed=True)
        result = np.empty(right.shape)
        for q, index in enumerate(self.coefficients.regions):
            paid = right[index] + self.coefficients.inflow_transposed(q, prices)
            result[index] = self._local_solve(q, paid, transposed=True)
        return result

    def emitted_for_deliveries(self, q: int, intensities: np.ndarray) -> np.ndarray:
        """What regions of q with intensities (R, stressor, n) emit for a unit of its deliveries
        (R_q, stressor, n).
        """
        return intensities[self.coefficients.regions[q]] @ self._spread[q]

    def solve_province(self, q: int, right: np.ndarray) -> tuple[np.ndarray, float]:
        """K_q b for b (R_q, n, k), and the residual of this and of K_q O_q."""
        needed = np.ascontiguousarray(self._local_solve(q, right))
        return needed, max(
            self._open(q, right, needed), self._open(q, self._outflow(q), self._spread[q])
        )

    def solve_between(self, drawn: np.ndarray, local: float) -> np.ndarray:
        """C^-1 b for b (n, P, k); `local` is the residual of what stands in b."""
        found, scale = self._capacitance_solve(drawn), np.abs(drawn).max(axis=(0, 1))
        rest = (self._exchange @ found.reshape(-1, found.shape[2])).reshape(found.shape) - drawn
        open_ = np.abs(rest).max(axis=(0, 1)) / np.where(scale > 0, scale, 1.0)
        self._record(local + open_.max(initial=0.0))
        return found

    def _open(self, q: int, right: np.ndarray, found: np.ndarray) -> float:
        """Largest residual of a local solve, each relative to the largest entry of its right-hand
        side.
        """
        rest = right - found
        rest += self.coefficients.within(q, found)
        scale = np.abs(right).max(axis=(0, 1))
        return float(
            (np.abs(rest).max(axis=(0, 1)) / np.where(scale > 0, scale, 1.0)).max(initial=0.0)
        )


class DirectLeontief(Leontief):
    """LU factors of I - A of a table given cell by cell; parameters, attributes and methods as in
    :class:`Leontief`.
    """

    steps = 5
    coefficients: GivenColumns

    def __init__(self, coefficients: GivenColumns, tolerance: float = TOLERANCE):
        self.coefficients, self.tolerance = coefficients, tolerance
        self.residual = self.last = 0.0
        self._threads = 2 if coefficients.origin.size >= LARGE else 1
        self._factorise(np.float32)

    def _factorise(self, precision: type[np.floating]) -> None:
        """LU of (I - A)', which LAPACK takes as it lies in memory."""
        columns = self.coefficients
        (count, n), self._precision = columns.origin.shape, precision
        matrix = np.empty((count * n, count * n), dtype=precision)
        for r, rows in enumerate(matrix.reshape(count, n, count, n)):
            np.multiply(
                columns.cells[r][:, :, columns.columns],
                -columns.factor,
                out=rows,
                casting="same_kind",
            )
        matrix[np.diag_indices_from(matrix)] += 1.0
        with blas_threads(self._threads):
            self._factors = lu_factor(matrix.T, overwrite_a=True, check_finite=False)

    def _refined(self, right: np.ndarray, solve: Product, product: Product) -> np.ndarray:
        before = self.residual
        with blas_threads(self._threads):
            try:
                return super()._refined(right, solve, product)
            except CertificateError:
                if self._precision is np.float64:
                    raise
            self.residual = before
            del self._factors  # the next ones need the memory
            self._factorise(np.float64)
            return super()._refined(right, solve, product)

    def _solve_once(self, right: np.ndarray) -> np.ndarray:
        return self._solved(right, transposed=False)

    def _solve_transposed_once(self, right: np.ndarray) -> np.ndarray:
        return self._solved(right, transposed=True)

    def _solved(self, right: np.ndarray, *, transposed: bool) -> np.ndarray:
        """A solve with the factors of (I - A)'; the right-hand side is brought to 1 first, so that
        a small one is not lost.
        """
        scale = np.abs(right).max(initial=0.0) or 1.0
        flat = (right / scale).reshape(-1, right.shape[2]).astype(self._precision)
        found = lu_solve(
            self._factors, flat, trans=int(not transposed), overwrite_b=True, check_finite=False
        )
        return found.reshape(right.shape) * scale


def _move(shares: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values (R, n, k) between regions, by shares (n, R, R)."""
    return np.matmul(shares, values.transpose(1, 0, 2)).transpose(1, 0, 2)


#: Residual at which the iteration ends, relative to the largest entry of each right-hand side;
#: round-off is near 1e-16.
GOAL = 1e-15
#: Directions that a step is made conjugate to, and most steps. A table whose largest column sum is
#: 0.99 takes some 100.
DIRECTIONS, MAX_STEPS = 4, 1000
#: Share of the term before that a term of the series keeps at most: a step that is made conjugate
#: takes the time of five terms.
QUICK = 0.75
#: Numbers of one block of right-hand sides: 2 MB, which stay in a processor's cache; and the least
#: columns of one.
BLOCK, COLUMNS = 250_000, 64


class RegionalSystem:
    """I - D of R regions with n sectors, solved by an iteration on factors: no matrix of all their
    rows is ever formed.

        D = own_s on the diagonal + tau_i^{rs} intra_ij^s        (regions r, s; sectors i, j)

    is what regions of one group deliver to one another when trade is proportional over uses
    (Chenery 1953; Moses 1955). A product costs 2 n R (R + n) instead of 2 (n R)^2. With every
    region's own block solved, G = intra (I - own)^-1, what is left of ``(I - D) x = b`` are the
    purchases y that regions make of one another:

        (I - G tau) y = G b,                x = (I - own)^-1 (b + tau y) ,
        (I - tau' G') z = tau' (I - own)^-T b,    x = (I - own)^-T b + G' z   (transposed).

    Trade between regions shrinks from step to step, so that y is the sum of its steps, G b + G tau
    G b + ...; where they shrink slowly, generalised conjugate residuals find the rest. Source:
    Eisenstat, Elman and Schultz (1983), Variational iterative methods for nonsymmetric systems of
    linear equations, SIAM J. Numer. Anal. 20(2) (GCR, and ORTHOMIN where old directions are
    dropped); Saad (2003), Iterative methods for sparse linear systems, chapters 4, 6 and 9.

    Parameters
    ----------
    own
        (R, n, n): inputs from the region itself per unit of output.
    intra
        (R, n, n): inputs that are traded, per unit of output of region s.
    tau
        (n, R, R): share of origin r in what region s buys of sector i; nothing on its diagonal.
    """

    def __init__(self, own: np.ndarray, intra: np.ndarray, tau: np.ndarray):
        count, n = intra.shape[:2]
        self.tau, self._inverse = tau, np.linalg.inv(np.eye(n) - own)
        self._bought = np.matmul(intra, self._inverse)
        self.columns = max(COLUMNS, BLOCK // (count * n))

    def _solved(self, right: np.ndarray) -> np.ndarray:
        needed = self._iterated(
            np.matmul(self._bought, right),
            lambda bought: np.matmul(self._bought, _move(self.tau, bought)),
        )
        return np.matmul(self._inverse, right + _move(self.tau, needed))

    def _solved_transposed(self, right: np.ndarray) -> np.ndarray:
        shares, bought = self.tau.transpose(0, 2, 1), self._bought.transpose(0, 2, 1)
        alone = np.matmul(self._inverse.transpose(0, 2, 1), right)
        paid = self._iterated(
            _move(shares, alone),
            lambda prices: _move(shares, np.matmul(bought, prices)),
        )
        return alone + np.matmul(bought, paid)

    def solve(self, right: np.ndarray, transposed: bool = False) -> np.ndarray:
        """(I - D)^-1 b, or (I - D)^-T b, for b (R, n, k).

        Raises
        ------
        CertificateError
            The iteration does not converge: the regions' inputs use up their output.
        """
        result, solved = (
            np.empty(right.shape),
            self._solved_transposed if transposed else self._solved,
        )
        for start in range(0, right.shape[2], self.columns):
            block = slice(start, start + self.columns)
            part = np.ascontiguousarray(right[:, :, block])
            scale = np.abs(part).max(axis=(0, 1))
            scale[scale == 0] = 1.0
            result[:, :, block] = solved(part / scale) * scale
        return result

    def _iterated(self, right: np.ndarray, product: Product) -> np.ndarray:
        """The y of ``y - product(y) = b``: the sum of b, product(b), ... as long as its terms
        shrink quickly, the rest by GCR on all columns at once, as one vector: every column gets
        the same polynomial of the matrix.
        """
        terms, term, before = np.zeros(right.shape), right, np.inf
        while GOAL < (left := np.abs(term).max(initial=0.0)) <= QUICK * before:
            terms += term
            term, before = product(term), left
        found, rest = terms.reshape(-1), term.reshape(-1).copy()
        steps, images = np.empty((DIRECTIONS, right.size)), np.empty((DIRECTIONS, right.size))
        for count in range(MAX_STEPS):
            left = np.abs(rest).max(initial=0.0)
            if left <= GOAL:
                return found.reshape(right.shape)
            image = rest - product(rest.reshape(right.shape)).reshape(-1)
            kept = min(count, DIRECTIONS)
            share = images[:kept] @ image
            image -= share @ images[:kept]
            step = rest - share @ steps[:kept]
            length = np.sqrt(image @ image)
            if not length > 0:
                break
            place = count % DIRECTIONS
            np.divide(image, length, out=images[place])
            np.divide(step, length, out=steps[place])
            share = images[place] @ rest
            found += share * steps[place]
            rest -= share * images[place]
        raise CertificateError(
            f"the iteration between {right.shape[0]} regions stopped at a relative residual of "
            f"{left:.1e} after {count} steps",
            where="trade between regions",
            fix="look for columns whose inputs use up their output (value added and imports "
            "close to 0 or negative).",
        )
