"""Solves with the trade among many regions, by an iteration on its factors: no matrix of all their rows is ever formed.

    D = own_s on the diagonal + tau_i^{rs} intra_ij^s        (regions r, s; sectors i, j)

is what regions of one group deliver to one another when trade is proportional over uses (Chenery 1953; Moses 1955). A product
costs 2 n R (R + 2 n) instead of 2 (n R)^2. ``(I - D) x = b`` is solved by generalised conjugate residuals, preconditioned with
every region's own block: what is left to the iteration is the trade between regions, which shrinks from step to step.
Source: Eisenstat, Elman and Schultz (1983), Variational iterative methods for nonsymmetric systems of linear equations, SIAM
J. Numer. Anal. 20(2) (GCR, and ORTHOMIN where old directions are dropped); Saad (2003), Iterative methods for sparse linear
systems, chapters 6 and 9.
"""

from __future__ import annotations

import numpy as np

from ..base.errors import CertificateError

#: Residual at which the iteration ends, relative to the largest entry of each right-hand side; round-off is near 1e-16.
GOAL = 1e-15
#: Directions that a step is made conjugate to, and most steps. A table whose largest column sum is 0.99 takes some 100.
DIRECTIONS, STEPS = 4, 1000
#: Numbers of one block of right-hand sides: 2 MB, which stay in a processor's cache; and the least columns of one.
BLOCK, COLUMNS = 250_000, 64


class RegionalSystem:
    """I - D of R regions with n sectors.

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
        self.intra, self.tau = intra, tau
        count, n = intra.shape[:2]
        self._inverse = np.linalg.inv(np.eye(n) - own)
        self.columns = max(COLUMNS, BLOCK // (count * n))

    def _between(self, values: np.ndarray, transposed: bool) -> np.ndarray:
        """Product of (R, n, k) with the part of D that joins different regions."""
        bought = values if transposed else np.matmul(self.intra, values)
        shares = self.tau.transpose(0, 2, 1) if transposed else self.tau
        moved = np.matmul(shares, bought.transpose(1, 0, 2)).transpose(1, 0, 2)
        return np.matmul(self.intra.transpose(0, 2, 1), moved) if transposed else moved

    def solve(self, right: np.ndarray, transposed: bool = False) -> np.ndarray:
        """(I - D)^-1 b, or (I - D)^-T b, for b (R, n, k).

        Raises
        ------
        CertificateError
            The iteration does not converge: the regions' inputs use up their output.
        """
        result = np.empty(right.shape)
        for start in range(0, right.shape[2], self.columns):
            block = slice(start, start + self.columns)
            part = np.ascontiguousarray(right[:, :, block])
            scale = np.abs(part).max(axis=(0, 1))
            scale[scale == 0] = 1.0
            result[:, :, block] = self._conjugate_residuals(part / scale, transposed) * scale
        return result

    def _conjugate_residuals(self, right: np.ndarray, transposed: bool) -> np.ndarray:
        """GCR on all columns at once, as one vector: every column gets the same polynomial of the matrix."""
        inverse = self._inverse.transpose(0, 2, 1) if transposed else self._inverse
        found, rest = np.zeros(right.size), right.reshape(-1).copy()
        steps, images = np.empty((DIRECTIONS, right.size)), np.empty((DIRECTIONS, right.size))
        for count in range(STEPS):
            left = np.abs(rest).max(initial=0.0)
            if left <= GOAL:
                return found.reshape(right.shape)
            step = np.matmul(inverse, rest.reshape(right.shape))
            image = rest - self._between(step, transposed).reshape(-1)
            step, kept = step.reshape(-1), min(count, DIRECTIONS)
            share = images[:kept] @ image
            image -= share @ images[:kept]
            step -= share @ steps[:kept]
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
            f"the iteration between {right.shape[0]} regions stopped at a relative residual of {left:.1e} after {count} steps",
            where="trade between regions",
            fix="look for columns whose inputs use up their output (value added and imports close to 0 or negative).",
        )
