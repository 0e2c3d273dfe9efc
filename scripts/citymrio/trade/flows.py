"""Doubly constrained trade without a diagonal: flows between regions whose outflow and inflow
totals are known.

Used one level up between provinces (method 16 R1) and inside a province between cities (method
section 5).
"""

from collections.abc import Sequence

import numpy as np

from ..base.diagnostics import Diagnostics
from ..base.errors import BalanceError, CertificateError, InfeasibleError
from ..base.solvers import BEARABLE, DIRECT
from ..base.tolerances import SOLVED, TINY
from ..config.models import Solver
from ..entropy import EntropyModel, Solution
from ..entropy.scaling import solve_biproportional

#: Relative slack of O_h + I_h <= sum O below which the only solution is the star (round-off of the
#: margins; those of a looser tolerance are open by it).
STAR_TOLERANCE = 1e-12


def dominance_excess(outflow: np.ndarray, inflow: np.ndarray) -> np.ndarray:
    """Excess of O_h + I_h over sum O per region and sector, shape (regions, sectors): condition (H)
    of method section 3.

    A non-negative matrix with zero diagonal, row sums O and column sums I exists iff the excess is
    <= 0 for every region; at most one region can violate it.
    """
    return outflow + inflow - outflow.sum(axis=0, keepdims=True)


def zero_diagonal_trade(
    outflow: np.ndarray,
    inflow: np.ndarray,
    prior: np.ndarray,
    *,
    regions: list[str],
    sectors: list[str],
    name: str,
    solver: Solver,
    report: Diagnostics,
) -> np.ndarray:
    """Trade T_rs, r != s, with row sums O_r and column sums I_s, nearest to a prior in the sense of
    Kullback-Leibler.

    min KL(T | q)  s.t.  sum_s T_rs = O_r, sum_r T_rs = I_s, T_rr = 0   (method section 5; Wilson
    1970).

    Where one region h has O_h + I_h = sum O (a dominant region, or two regions) the solution is the
    star T_hs = I_s, T_sh = O_s, others 0, in closed form.

    Parameters
    ----------
    outflow, inflow
        Shape (regions, sectors), >= 0, equal sums per sector.
    prior
        Reference measure, shape (regions, regions) or (sectors, regions, regions), > 0 off the
        diagonal.
    name
        What is traded between whom, for messages.
    report
        Gets the stars, the certificate and, by sector, the number of effective partners.

    Returns
    -------
    ndarray
        Shape (sectors, regions, regions).

    Raises
    ------
    BalanceError
        Sums of outflow and inflow differ, or a region violates (H).
    """
    count, width = outflow.shape
    totals = outflow.sum(axis=0)
    inflow = _close_sums(outflow, inflow, name, sectors, solver.tol_inner)
    stars, excess = _stars(outflow, inflow, min(max(STAR_TOLERANCE, solver.tol_inner), BEARABLE))
    for j, h in stars.items():
        if excess[h, j] > SOLVED * totals[j]:
            raise BalanceError(
                f"outflow + inflow of {regions[h]} exceed all outflow by {excess[h, j]:.6g} "
                f"(total {totals[j]:.6g})",
                where=f"{name}, sector {sectors[j]}",
                fix="condition (H) must hold before the trade step: see split.",
            )
    others = [j for j in range(width) if totals[j] > 0 and j not in stars]
    try:
        solution = _between_all(outflow, inflow, prior, others, (regions, sectors), name, solver)
    except (InfeasibleError, CertificateError):
        # next to the star, the little that is left to others drowns in the round-off of the margins
        nearly, _ = _stars(outflow, inflow, BEARABLE)
        if len(nearly) == len(stars):
            raise
        stars, others = nearly, [j for j in others if j not in nearly]
        solution = _between_all(outflow, inflow, prior, others, (regions, sectors), name, solver)
    trade = np.zeros((width, count, count))
    for j, h in stars.items():
        trade[j, h, :] = inflow[:, j]
        trade[j, :, h] = outflow[:, j]
        trade[j, h, h] = 0.0
        report.add("star", 1.0, sector=sectors[j], region=regions[h])
    if solution is not None:
        trade[others] = solution["trade"]
        report.add_certificate(
            solution.certificate, ("iterations", "residual", "relative_gap"), solver.tol_inner
        )
    for j in np.flatnonzero(totals > 0).tolist():
        report.add(
            "effective_partners", effective_partners(trade[j], outflow[:, j]), sector=sectors[j]
        )
    return trade


def _between_all(
    outflow: np.ndarray,
    inflow: np.ndarray,
    prior: np.ndarray,
    others: list[int],
    labels: tuple[list[str], list[str]],
    name: str,
    solver: Solver,
) -> Solution | None:
    """Trade in the sectors `others` (positions) by the solver; None without any. `labels`: of
    regions and of sectors.
    """
    if not others:
        return None
    (regions, sectors), count = labels, len(outflow)
    q = np.broadcast_to(prior, (outflow.shape[1], count, count))[others]
    q[:, np.arange(count), np.arange(count)] = 0.0
    q *= (outflow.T[others] > 0)[:, :, None] & (inflow.T[others] > 0)[:, None, :]
    q *= (outflow.sum(axis=0)[others] / q.sum(axis=(1, 2)))[:, None, None]
    rows = [f"{sectors[j]} {region}" for j in others for region in regions]
    return constrained_flows(q, outflow.T[others], inflow.T[others], name, solver, (rows, rows))


def constrained_flows(
    prior: np.ndarray,
    outflow: np.ndarray,
    inflow: np.ndarray,
    name: str,
    solver: Solver,
    labels: tuple[Sequence[str], Sequence[str]] | None = None,
) -> Solution:
    """Matrices nearest to a prior in the sense of Kullback-Leibler with given row and column sums,
    one a layer (a sector).

    min KL(T | q)  s.t.  sum_s T_rs = O_r, sum_r T_rs = I_s, T_rs = 0 where q_rs = 0 (Wilson 1970).

    Parameters
    ----------
    prior
        q (layer, origin, destination) >= 0.
    outflow, inflow
        O (layer, origin) and I (layer, destination), equal sums per layer.
    labels
        What messages call the cells of `outflow` and of `inflow`; their numbers when not given.

    Returns
    -------
    Solution
        With ``trade`` (layer, origin, destination).
    """
    if solver.name == DIRECT and (
        found := solve_biproportional(prior, outflow, inflow, solver.tol_inner)
    ):
        return Solution({"trade": found[0]}, found[1])
    origins, destinations = labels or (None, None)
    model = EntropyModel(name)
    flow = model.variable("trade", prior=prior)
    model.equal("outflow", flow.sum_over(2), outflow.ravel(), labels=origins)
    model.equal("inflow", flow.sum_over(1), inflow.ravel(), labels=destinations)
    return model.solve(
        solver=solver.name, tol=solver.tol_inner, max_iterations=solver.max_iterations
    )


def _close_sums(
    outflow: np.ndarray, inflow: np.ndarray, name: str, sectors: list[str], tol: float
) -> np.ndarray:
    """Inflow (regions, sectors) whose sums are those of outflow where round-off sets them apart by
    more than `tol`.

    The solver may leave sums open by `tol`: margins further apart contradict each other. Those
    beyond round-off are refused.
    """
    totals, sums = outflow.sum(axis=0), inflow.sum(axis=0)
    gap = np.abs(totals - sums)
    if (gap > SOLVED * np.maximum(totals, TINY)).any():
        j = int(np.argmax(gap / np.maximum(totals, TINY)))
        raise BalanceError(
            f"outflow sums to {totals[j]:.10g}, inflow to {sums[j]:.10g}",
            where=f"{name}, sector {sectors[j]}",
            fix="the two margins must be closed before the trade step.",
        )
    apart = (gap > tol * totals) & (sums > 0)
    return np.where(
        apart, inflow * np.divide(totals, sums, out=np.ones_like(totals), where=apart), inflow
    )


def _stars(
    outflow: np.ndarray, inflow: np.ndarray, slack: float
) -> tuple[dict[int, int], np.ndarray]:
    """Sectors whose only solution is the star, with its centre (positions); and the excess of
    condition (H) by region and sector.

    A region beyond condition (H) by all but `slack` is among the centres: the caller refuses what
    exceeds it.
    """
    totals, excess = outflow.sum(axis=0), dominance_excess(outflow, inflow)
    centres = excess.argmax(axis=0)
    stars = {
        int(j): int(h)
        for j, h in enumerate(centres)
        if totals[j] != 0 and (excess[h, j] > -slack * totals[j] or len(outflow) == 2)
    }
    return stars, excess


def effective_partners(trade: np.ndarray, outflow: np.ndarray) -> float:
    """exp(entropy) of a region's shares of partners, mean over regions weighted by outflow."""
    share = trade / np.where(outflow[:, None] > 0, outflow[:, None], 1.0)
    entropy = -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=1)
    return float(np.average(np.exp(entropy), weights=outflow))
