"""Outputs of cities: what is observed, the province's output by shares of industries, CO2 totals (method 1a, 16 R5 and R6)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..base.errors import DataError
from ..base.notices import warn, warn_level
from ..base.tolerances import SOLVED
from ..entropy import EntropyModel
from .observations import Observations
from .province import Province, Step


def city_outputs(province: Province, data: Observations, step: Step) -> np.ndarray:
    """Outputs x (region, sector): observed ones, else the province's output by the city's share of the industry (R5)."""
    total, cities, sectors = province.block.output, province.cities, province.sectors
    shares = data.industry_share.loc[cities["region"], sectors["industry"].tolist()].to_numpy()
    prior = total * shares
    observed = data.output.reindex(index=cities["region"], columns=sectors["sector"]).to_numpy()
    level = np.where(np.isnan(observed), within_industries(prior, province.factor("output"), sectors), observed)
    result = np.zeros_like(prior)
    for j, sector in enumerate(sectors["sector"]):
        if total[j] == 0:
            lost = float(np.nansum(observed[:, j]))
            if lost > 0:
                step.report.add("lost output", lost, sector=sector, note="the province makes none")
                warn(
                    where=f"{step.place}, sector {sector}",
                    what="the observed output of cities is not used",
                    value=f"{lost:.6g}",
                    expectation="0: the province makes none",
                    effect="The cities make none either.",
                )
            continue
        z = level[:, j]
        if z.sum() <= 0:
            if not np.isnan(observed[:, j]).any():
                raise DataError(
                    f"all cities report output 0, the province makes {total[j]:.6g}",
                    where=f"{step.place}, sector {sector}",
                    fix="leave the zero observations of at least one city out.",
                )
            z = np.where(np.isnan(observed[:, j]), cities["gdp"].to_numpy() / cities["gdp"].sum() * total[j], observed[:, j])
        if np.isfinite(observed[:, j]).all():
            warn_level(f"output of sector {sector}", float(z.sum() / total[j]), step.place)
        result[:, j] = z * (total[j] / z.sum())
        if not np.isnan(observed[:, j]).all():
            note = f"{int(np.isfinite(observed[:, j]).sum())} of {len(z)} cities observed"
            step.report.add("output level gap", float(z.sum() / total[j]), sector=sector, note=note)
    return result


def within_industries(prior: np.ndarray, factor: np.ndarray, sectors: pd.DataFrame) -> np.ndarray:
    """Prior outputs times factors, with the total of every city and industry kept: only the mix of sectors changes."""
    drawn = prior * factor
    for industry in sectors["industry"].unique():
        member = (sectors["industry"] == industry).to_numpy()
        before, after = prior[:, member].sum(axis=1), drawn[:, member].sum(axis=1)
        drawn[:, member] *= np.divide(before, after, out=np.ones_like(after), where=after > 0)[:, None]
    return drawn


def outputs_from_emissions(province: Province, prior: np.ndarray, emissions: pd.Series, step: Step) -> np.ndarray:
    """Sector outputs that agree, softly and within bounds, with the cities' CO2 totals (``emissions_enter: output``).

    min KL(x | x0) + rho KL(s | E)  s.t.  sum_r x_j^r = X_j,  s^r = sum_j e_j x_j^r,

    so that x_j^r = x0_j^r a_j exp(lambda_r e_j). A multiplier with |lambda_r e_max| above `emissions_log_bound` is fixed
    at the bound, its city's target dropped, and the free targets are re-closed to the province (R6).

    Parameters
    ----------
    prior
        x0, shape (region, sector), columns sum to the province's output.
    emissions
        CO2 totals by city, t; NaN where not observed.

    Returns
    -------
    ndarray
        Shape (region, sector), columns sum to the province's output.

    Raises
    ------
    DataError
        The province has no intensities.
    """
    target = emissions.reindex(province.codes).to_numpy(float)
    known = np.isfinite(target) & (target > 0)
    if not known.any():
        return prior
    if province.intensity is None:
        raise DataError(
            "cities.emissions_enter is 'output', but the province has no emission inventory to take intensities from",
            where=step.place,
            fix="give the province's inventory, or set cities.emissions_enter: intensity.",
        )
    e = province.intensity.sel(sector=province.names).values
    if not (e > 0).any():
        return prior
    total = province.block.output
    free, bound, start, result = known.copy(), step.config.emissions_log_bound / e.max(), prior.copy(), prior
    while free.any():
        level = float(total @ e) - (start @ e)[~free].sum()
        if level <= 0:
            break
        members = np.flatnonzero(free)
        goal = target[free] * level / target[free].sum()
        result, softened = _met_softly(province, start, members, goal, e, step)
        # stationarity in s: x = x0 a exp(lambda e) with lambda = -rho ln(s / E)
        multiplier = -step.config.rho_emissions * np.log1p(softened)
        over = np.abs(multiplier) > bound * (1 + SOLVED)
        if not over.any():
            worst = int(np.abs(softened).argmax())
            step.report.add("largest softened CO2 total", float(np.abs(softened).max()), note=province.codes[members[worst]])
            step.report.add("CO2 multipliers", float(np.abs(multiplier).max()), limit=bound)
            break
        for r, sign in zip(members[over], np.sign(multiplier[over]), strict=True):
            start[r] = prior[r] * np.exp(sign * bound * e)
            free[r] = False
            value = float(sign * bound * e.max())
            step.report.add("CO2 total at its bound", value, region=province.codes[r], flag="softened")
        # the province's output is met by all cities again before the next round
        start = start * np.divide(total, start.sum(axis=0), out=np.zeros_like(total), where=total > 0)
        result = start
    return result


def _met_softly(
    province: Province, start: np.ndarray, members: np.ndarray, goal: np.ndarray, e: np.ndarray, step: Step
) -> tuple[np.ndarray, np.ndarray]:
    """Outputs nearest to `start` with CO2 totals of some cities as soft goals; and the relative deviation from each goal."""
    model = EntropyModel(f"outputs from CO2 totals, {step.place}")
    x = model.variable("output", prior=start)
    model.equal("provincial output", x.sum_over(0), province.block.output, labels=province.names)
    cells = (members[:, None] * len(e) + np.arange(len(e))).ravel()
    rows = np.repeat(np.arange(len(members)), len(e))
    matrix = sp.csr_matrix((np.tile(e, len(members)), (rows, cells)), shape=(len(members), start.size))
    labels = [province.codes[r] for r in members]
    model.equal("CO2 total", x.rows(matrix), goal, labels=labels, soft=step.config.rho_emissions)
    solution = step.solve(model)
    return solution["output"], np.asarray(solution.slack["CO2 total"]) / goal
