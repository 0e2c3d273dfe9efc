"""Trade among thousands of regions of one level: sector by sector, from a dense reference with borders."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..base.errors import DataError
from ..base.solvers import TOLERANCE
from ..base.threads import one_blas_thread, ordered_map
from ..entropy.certificate import Certificate
from ..entropy.margins import Margins, fit_margins


def border_reference(kernel: np.ndarray, countries: np.ndarray, factor: float) -> np.ndarray:
    """Reference measure of trade (R, R) with a border effect: `factor` times the kernel where a border lies between.

    Parameters
    ----------
    kernel
        Reference by distance (R, R), with the own distance on the diagonal (:func:`~citymrio.trade.kernel.kernel`).
    countries
        The country or state of every region (R).
    factor
        From 0 (no trade across borders) to 1 (no effect). McCallum (1995) found 1/22 between Canada and the United States.

    Examples
    --------
    >>> border_reference(np.ones((3, 3)), np.array(["A", "A", "B"]), 0.1)
    array([[1. , 1. , 0.1],
           [1. , 1. , 0.1],
           [0.1, 0.1, 1. ]])
    """
    if not 0 <= factor <= 1:
        raise DataError(f"a border factor of {factor}, expected 0 to 1", where="reference of trade")
    return np.where(countries[:, None] == countries, kernel, factor * kernel)


@one_blas_thread
def one_level_trade(
    outflow: np.ndarray,
    inflow: np.ndarray,
    reference: np.ndarray | Callable[[int], np.ndarray],
    *,
    regions: list[str],
    sectors: list[str],
    name: str = "trade",
    tol: float = TOLERANCE,
    shares: bool = False,
    threads: int = 1,
) -> tuple[np.ndarray, list[Certificate]]:
    """Trade T_rs of every sector, r = s included, nearest to a reference, with given supply and demand of every region.

    min KL(T | q)  s.t.  sum_s T_rs = O_r, sum_r T_rs = I_s, T_rs = 0 where q_rs = 0 (Wilson 1970), by
    :func:`~citymrio.entropy.margins.fit_margins`: no matrix of constraints, so that 3,000 regions need 72 MB a sector.

    Parameters
    ----------
    outflow, inflow
        (R, n): what every region sells to, and buys from, the regions together; equal sums per sector.
    reference
        q (R, R) for all sectors, or a function of the sector's position; a diagonal of 0 leaves own supply out.
    name
        What is traded between whom, for messages.
    tol
        What each certificate must keep.
    shares
        Return T_rs / I_s (0 where a region buys nothing), as :class:`~citymrio.nested.one_level.OneLevelMRIO` takes them.
    threads
        Sectors at the same time; results do not depend on it.

    Returns
    -------
    ndarray
        (n, R, R).
    list of Certificate
        One a sector, of the flows.

    Raises
    ------
    InfeasibleError
        Margins that no trade can have, with sector, regions and amounts.
    """
    result = np.empty((len(sectors), len(regions), len(regions)))

    def fitted(i: int) -> Certificate:
        prior = reference(i) if callable(reference) else reference
        margins = Margins(outflow[:, i], inflow[:, i], regions, regions, title=f"{name}, sector {sectors[i]}")
        solution = fit_margins(prior, margins, tol=tol, out=result[i])
        if shares:
            sums = result[i].sum(axis=0)
            np.divide(result[i], sums, out=result[i], where=sums > 0)
        return solution.certificate

    return result, list(ordered_map(fitted, range(len(sectors)), threads))
