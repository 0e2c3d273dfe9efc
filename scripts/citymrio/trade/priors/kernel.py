"""The reference measure of trade with distance and a home (border) term per sector."""

import numpy as np

from ...base.projections import ratio
from ...base.tolerances import SUMS
from ...entropy.scaling import solve_biproportional

#: Rounds of scaling where no matrix has the sums that are asked for.
SCALING_ROUNDS = 500


def border_kernel(distance: np.ndarray, theta: np.ndarray, border: np.ndarray) -> np.ndarray:
    """q_i^rs = exp(border_i [r = s]) d_rs^-theta_i, shape (sector, region, region).

    Own distances stand on the diagonal, so that the border effect is what a region buys from itself
    beyond what its own distance explains: neither a unit of length nor the size of territories is
    in it, and it can be carried from one level to another.

    Parameters
    ----------
    distance
        (region, region), own distances on the diagonal
        (:func:`~citymrio.trade.distances.region_distances`).
    theta, border
        Distance exponent and border effect by sector.
    """
    log = -np.asarray(theta, float)[:, None, None] * np.log(distance)[None]
    home = np.arange(len(distance))
    log[:, home, home] += np.asarray(border, float)[:, None]
    return np.exp(log - log.max(axis=(1, 2), keepdims=True))


def home_shares(
    supply: np.ndarray,
    demand: np.ndarray,
    outflow: np.ndarray,
    inflow: np.ndarray,
    reference: np.ndarray,
) -> np.ndarray:
    """Part of demand that cities would supply themselves under a reference measure, by sector.

    Scaling of the bordered matrix (cities and rest) to supply and demand, outflow and inflow, as in
    the joint split. Where the totals leave no solution on the support of the measure, the last
    round of scaling is taken: this is a parameter of a prior, not an account.

    Parameters
    ----------
    supply, demand
        (region, sector); outflow, inflow (sector); reference (sector, region, region).
    """
    count = len(supply)
    # the rest's row and column come last; between it and cities the reference is 1
    s, d = np.vstack([supply, inflow]).T, np.vstack([demand, outflow]).T
    matrix = np.ones((len(s), count + 1, count + 1))
    matrix[:, :count, :count] = reference * (supply.T[:, :, None] > 0) * (demand.T[:, None] > 0)
    matrix[:, count, count] = 0.0
    found = solve_biproportional(matrix, s, d, SUMS)
    flows = _scale_to_sums(matrix, s, d) if found is None else found[0]
    own = np.einsum("irr->i", flows[:, :count, :count])
    total = demand.T.sum(axis=1)
    return np.where(
        supply.sum(axis=0) > 0,
        np.divide(own, total, out=np.zeros_like(total), where=total > 0),
        0.0,
    )


def _scale_to_sums(matrix: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The last of `SCALING_ROUNDS` rounds of scaling of matrices (sector, row, column) to their
    sums.
    """
    of_columns = np.ones_like(columns)
    for _ in range(SCALING_ROUNDS):
        of_rows = ratio(rows, (matrix @ of_columns[:, :, None])[:, :, 0])
        of_columns = ratio(columns, (of_rows[:, None] @ matrix)[:, 0])
    return matrix * of_rows[:, :, None] * of_columns[:, None]
