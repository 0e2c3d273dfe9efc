"""Outputs of cities from their CO2 totals: option ``emissions_enter: output`` of method 16 R6."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp
import xarray as xr

from ..base.errors import DataError
from ..base.tolerances import SOLVED
from ..config.models import Cities, Solver
from ..entropy import EntropyModel


def outputs_from_emissions(
    prior: np.ndarray,
    total: np.ndarray,
    intensity: xr.DataArray | None,
    data,
    cities: pd.DataFrame,
    sectors: pd.DataFrame,
    config: Cities,
    solver: Solver,
    rows: list[dict],
    place: str,
) -> np.ndarray:
    """Sector outputs that agree, softly and within bounds, with the cities' CO2 totals.

    min KL(x | x0) + rho KL(s | E)  s.t.  sum_r x_j^r = X_j,  s^r = sum_j e_j x_j^r,

    so that x_j^r = x0_j^r a_j exp(lambda_r e_j). A multiplier with |lambda_r e_max| above `emissions_log_bound` is fixed
    at the bound, its city's target dropped, and the free targets are re-closed to the province (R6).

    Parameters
    ----------
    prior
        x0, shape (region, sector), columns sum to `total`.
    intensity
        Provincial e_j, t CO2 per 10^4 of the currency, by sector.

    Returns
    -------
    ndarray
        Shape (region, sector), columns sum to `total`.
    """
    target = data.emissions.reindex(cities["region"]).to_numpy(float)
    known = np.isfinite(target) & (target > 0)
    if not known.any():
        return prior
    if intensity is None:
        raise DataError(
            "cities.emissions_enter is 'output', but the province has no emission inventory to take intensities from",
            where=place,
            fix="give the province's inventory, or set cities.emissions_enter: intensity.",
        )
    e = intensity.sel(sector=sectors["sector"].tolist()).values
    if not (e > 0).any():
        return prior
    codes, names = cities["region"].tolist(), sectors["sector"].tolist()
    free, bound, start, result = known.copy(), config.emissions_log_bound / e.max(), prior.copy(), prior
    while free.any():
        fixed_part = (start @ e)[~free].sum()
        level = float(total @ e) - fixed_part
        goal = target[free] * level / target[free].sum() if level > 0 else np.zeros(0)
        if level <= 0:
            break
        model = EntropyModel(f"outputs from CO2 totals, {place}")
        x = model.variable("output", prior=start)
        model.equal("provincial output", x.sum_over(0), total, labels=names)
        members = np.flatnonzero(free)
        matrix = sp.csr_matrix(
            (
                np.tile(e, len(members)),
                (np.repeat(np.arange(len(members)), len(e)), (members[:, None] * len(e) + np.arange(len(e))).ravel()),
            ),
            shape=(len(members), start.size),
        )
        labels = [codes[r] for r in members]
        model.equal("CO2 total", x.rows(matrix), goal, labels=labels, soft=config.rho_emissions)
        solution = model.solve(solver=solver.name, tol=solver.tol_inner, max_iterations=solver.max_iterations)
        result = solution["output"]
        # stationarity in s: x = x0 a exp(lambda e) with lambda = -rho ln(s / E)
        multiplier = -config.rho_emissions * np.log1p(np.asarray(solution.slack["CO2 total"]) / goal)
        over = np.abs(multiplier) > bound * (1 + SOLVED)
        if not over.any():
            slack = np.asarray(solution.slack["CO2 total"]) / goal
            rows.append(
                {
                    "quantity": "largest softened CO2 total",
                    "value": float(np.abs(slack).max()),
                    "note": labels[int(np.abs(slack).argmax())],
                }
            )
            rows.append({"quantity": "CO2 multipliers", "value": float(np.abs(multiplier).max()), "limit": bound})
            break
        for r, sign in zip(members[over], np.sign(multiplier[over]), strict=True):
            start[r] = prior[r] * np.exp(sign * bound * e)
            free[r] = False
            rows.append(
                {
                    "region": codes[r],
                    "quantity": "CO2 total at its bound",
                    "value": float(sign * bound * e.max()),
                    "flag": "softened",
                }
            )
        # the province's output is met by all cities again before the next round
        start = start * np.divide(total, start.sum(axis=0), out=np.zeros_like(total), where=total > 0)
        result = start
    return result
