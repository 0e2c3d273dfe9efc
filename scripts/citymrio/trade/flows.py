"""Doubly constrained trade without a diagonal: flows between regions whose outflow and inflow totals are known.

Used one level up between provinces (method 16 R1) and inside a province between cities (method section 5).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..base.errors import BalanceError
from ..base.solvers import BEARABLE
from ..base.tolerances import SOLVED, TINY
from ..entropy import EntropyModel

EARTH_RADIUS_KM = 6371.0088

#: Relative slack of O_h + I_h <= sum O below which the only solution is the star (round-off of the margins; those of a looser
#: tolerance are open by it).
STAR_TOLERANCE = 1e-12


def distances_km(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Great-circle distances (haversine), shape (n, n), km; the diagonal is 0."""
    lam, phi = np.radians(np.asarray(lon, float)), np.radians(np.asarray(lat, float))
    half = np.sin((phi[:, None] - phi) / 2) ** 2 + np.cos(phi[:, None]) * np.cos(phi) * np.sin((lam[:, None] - lam) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))


def own_distance_km(area_km2: np.ndarray) -> np.ndarray:
    """Mean distance inside a disc of the region's area, 2/3 sqrt(area / pi) (method section 3)."""
    return 2 / 3 * np.sqrt(np.asarray(area_km2, float) / np.pi)


def kernel(regions: pd.DataFrame, *, prior: str, theta: float, scale: float) -> np.ndarray:
    """Reference measure q_rs of trade, shape (regions, regions), with the own distance on the diagonal.

    ``uniform``: 1; ``power``/``gravity``: d^-theta; ``exp``: exp(-d / scale) (Wilson 1970). Values are relative to
    their geometric mean, so that a change of the length unit changes nothing.
    """
    count = len(regions)
    if prior == "uniform":
        return np.ones((count, count))
    distance = distances_km(regions["lon"].to_numpy(), regions["lat"].to_numpy())
    np.fill_diagonal(distance, own_distance_km(regions["area_km2"].to_numpy()))
    if not (distance > 0).all():
        r, s = np.argwhere(~(distance > 0))[0]
        raise BalanceError(
            f"the distance from {regions['region'].iloc[r]} to {regions['region'].iloc[s]} is {distance[r, s]} km",
            where="dataset/regions.csv",
            fix="give every region its own lon/lat and a positive area_km2, or use the prior 'uniform'.",
        )
    log = -theta * np.log(distance) if prior in ("power", "gravity") else -distance / scale
    with np.errstate(over="ignore"):
        values = np.exp(log - log.mean())
    if not (np.isfinite(values) & (values > 0)).all():
        raise BalanceError(
            f"trade with the reference '{prior}' differs by e^{np.ptp(log):.6g} between near and far, beyond all numbers",
            where="trade",
            fix="raise cities.distance_scale, or lower theta.",
        )
    return values


def dominant(outflow: np.ndarray, inflow: np.ndarray) -> np.ndarray:
    """Excess of O_h + I_h over sum O per region and sector, shape (regions, sectors): condition (H) of method section 3.

    A non-negative matrix with zero diagonal, row sums O and column sums I exists iff the excess is <= 0 for every
    region; at most one region can violate it.
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
    solver: str,
    tol: float,
    max_iterations: int,
) -> tuple[np.ndarray, list[dict]]:
    """Trade T_rs, r != s, with row sums O_r and column sums I_s, nearest to a prior in the sense of Kullback-Leibler.

    min KL(T | q)  s.t.  sum_s T_rs = O_r, sum_r T_rs = I_s, T_rr = 0   (method section 5; Wilson 1970).

    Where one region h has O_h + I_h = sum O (a dominant region, or two regions) the solution is the star
    T_hs = I_s, T_sh = O_s, others 0, in closed form.

    Parameters
    ----------
    outflow, inflow
        Shape (regions, sectors), >= 0, equal sums per sector.
    prior
        Reference measure, shape (regions, regions) or (sectors, regions, regions), > 0 off the diagonal.

    Returns
    -------
    trade
        Shape (sectors, regions, regions).
    diagnostics
        One row per sector: iterations, residual, effective partners.

    Raises
    ------
    BalanceError
        Sums of outflow and inflow differ, or a region violates (H).
    """
    count, width = outflow.shape
    trade = np.zeros((width, count, count))
    rows: list[dict] = []
    totals = outflow.sum(axis=0)
    gap = np.abs(totals - inflow.sum(axis=0))
    if (gap > SOLVED * np.maximum(totals, TINY)).any() and (gap > SOLVED * totals).any():
        j = int(np.argmax(gap / np.maximum(totals, TINY)))
        raise BalanceError(
            f"outflow sums to {totals[j]:.10g}, inflow to {inflow[:, j].sum():.10g}",
            where=f"{name}, sector {sectors[j]}",
            fix="the two margins must be closed before the trade step.",
        )
    excess = dominant(outflow, inflow)
    open_sectors = []
    for j in range(width):
        if totals[j] == 0:
            continue
        h = int(np.argmax(excess[:, j]))
        if excess[h, j] > SOLVED * totals[j]:
            raise BalanceError(
                f"outflow + inflow of {regions[h]} exceed all outflow by {excess[h, j]:.6g} (total {totals[j]:.6g})",
                where=f"{name}, sector {sectors[j]}",
                fix="condition (H) must hold before the trade step: see split.",
            )
        if excess[h, j] > -min(max(STAR_TOLERANCE, tol), BEARABLE) * totals[j] or count == 2:
            trade[j, h, :] = inflow[:, j]
            trade[j, :, h] = outflow[:, j]
            trade[j, h, h] = 0.0
            rows.append({"sector": sectors[j], "quantity": "star", "value": 1.0, "region": regions[h]})
        else:
            open_sectors.append(j)
    if open_sectors:
        q = np.broadcast_to(prior, (width, count, count))[open_sectors]
        q[:, np.arange(count), np.arange(count)] = 0.0
        q *= (outflow.T[open_sectors] > 0)[:, :, None] & (inflow.T[open_sectors] > 0)[:, None, :]
        q *= (totals[open_sectors] / q.sum(axis=(1, 2)))[:, None, None]
        model = EntropyModel(name)
        flow = model.variable("trade", prior=q)
        labels = [f"{sectors[j]} {region}" for j in open_sectors for region in regions]
        model.equal("outflow", flow.sum_over(2), outflow.T[open_sectors].ravel(), labels=labels)
        model.equal("inflow", flow.sum_over(1), inflow.T[open_sectors].ravel(), labels=labels)
        solution = model.solve(solver=solver, tol=tol, max_iterations=max_iterations)
        trade[open_sectors] = solution["trade"]
        certificate = solution.certificate
        rows.append({"quantity": "iterations", "value": float(certificate.iterations)})
        rows.append({"quantity": "residual", "value": float(certificate.residual), "limit": tol})
        rows.append({"quantity": "relative_gap", "value": float(certificate.relative_gap)})
    for j in range(width):
        if totals[j] > 0:
            share = trade[j] / np.where(outflow[:, j, None] > 0, outflow[:, j, None], 1.0)
            entropy = -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=1)
            partners = float(np.average(np.exp(entropy), weights=outflow[:, j]))
            rows.append({"sector": sectors[j], "quantity": "effective_partners", "value": partners})
    return trade, rows


def diagnostics(step: str, rows: list[dict]) -> pd.DataFrame:
    """Rows of cities/<p>/diagnostics.csv: step, quantity, region, sector, value, limit, flag, note."""
    columns = ["step", "quantity", "region", "sector", "value", "limit", "flag", "note"]
    table = pd.DataFrame([{"step": step, **row} for row in rows], columns=columns)
    for name in ("region", "sector", "flag", "note"):
        table[name] = table[name].astype(object).where(table[name].notna(), "")
    return table
