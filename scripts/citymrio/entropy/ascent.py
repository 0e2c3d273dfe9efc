"""The maximum of an entropy problem's dual (`dual.py`): three tools, one after the other.

*Scaling sweeps* start it. Rows that share no variable form a group, whose block of the Hessian is diagonal: each row of a
group is moved to its own optimum (in closed form for rows of ones: RAS / IPF; the quadratic form of GRAS for rows of both
signs: Junius, T., Oosterhaven, J. (2003) The solution of updating or regionalizing a matrix with both positive and negative
entries, Econ. Syst. Res. 15(1)). *Newton steps* (`newton.py`) finish it. A *barrier* (`barrier.py`) takes over where there are
``<=`` rows and the steps do not settle.
"""

from __future__ import annotations

import time

import numpy as np

from ..base.solvers import TOLERANCE
from ..base.threads import one_blas_thread
from .barrier import maximise_with_barrier
from .dual import INFEASIBLE, OPTIMAL, Dual, DualResult, Rows
from .newton import projected_newton


@one_blas_thread
def maximise(
    q: np.ndarray,
    w: np.ndarray,
    rows: Rows,
    *,
    tol: float = TOLERANCE,
    gap_tol: float | None = None,
    max_iterations: int = 100_000,
    sweeps: int = 10,
    prove: bool = False,
) -> DualResult:
    """Maximise the dual until the largest relative residual is at most `tol` and the relative gap at most `gap_tol`.

    Scaling sweeps, then projected Newton steps; if there are ``<=`` rows and the steps do not settle, a barrier method.

    Parameters
    ----------
    q, w
        Prior and weight of the variables (n), positive.
    rows
        The constraints (m), none of them empty.
    tol, gap_tol
        Tolerances; `gap_tol` is `tol` when not given.
    max_iterations
        Most sweeps and Newton steps together.
    sweeps
        Scaling sweeps before the first Newton step.
    prove
        Whether to stop, with the status `INFEASIBLE`, as soon as the dual proves that nothing is feasible.
    """
    clock = time.perf_counter()
    gap_tol = tol if gap_tol is None else gap_tol
    dual = Dual(q, w, rows)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        if rows.equality.all():
            result = projected_newton(dual, tol, gap_tol, max_iterations, sweeps, patience=40, prove=prove)
        else:
            result = projected_newton(dual, tol, gap_tol, min(max_iterations, 12 + sweeps), sweeps, patience=8, prove=prove)
            if result.status not in (OPTIMAL, INFEASIBLE) and max_iterations > result.newton + result.sweeps:
                left = max_iterations - result.newton - result.sweeps
                follow = maximise_with_barrier(dual, result.start, tol=tol, gap_tol=gap_tol, max_iterations=left)
                follow.newton, follow.inner, follow.sweeps = (
                    follow.newton + result.newton,
                    follow.inner + result.inner,
                    result.sweeps,
                )
                result = follow
    result.seconds = time.perf_counter() - clock
    return result
