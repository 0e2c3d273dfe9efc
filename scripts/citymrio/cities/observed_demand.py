"""Final demand that is observed of cities, by category: it scales step 2b (method 2b)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from ..base.notices import GAP, warn, warn_level
from ..entropy import EntropyModel
from .province import Step
from .totals import MET, NEARLY_ZERO


def final_demand_goals(
    step: Step, observed: np.ndarray, prior: np.ndarray, imported: np.ndarray, categories: Sequence[str]
) -> np.ndarray:
    """What is observed at the level of the prior: the province's where every city reports a category, else that of those that do.

    What one city alone reports has no level to be compared with: it counts as it stands, less the province's share of imports.

    Parameters
    ----------
    observed
        Final demand, imports included, shape (region, category), NaN where not observed.
    prior
        Final demand for products of the nation, shape (region, sector, category).
    imported
        Imports of the province by category, 0 where the prior contains them.

    Returns
    -------
    ndarray
        Shape (region, category), NaN where not observed, or of no use (reported, with a warning).
    """
    codes, result = step.codes, np.full(observed.shape, np.nan)
    use = prior.sum(axis=1)
    for k, name in enumerate(categories):
        known = np.isfinite(observed[:, k])
        total = float(use[:, k].sum())
        for r in np.flatnonzero(known & (use[:, k] <= 0)):
            if observed[r, k] > 0:
                _not_used(step, codes[r], name, observed[r, k], "the city, or its province, has none of it")
            known[r] = False
        if not known.any():
            continue
        home = total / (total + imported[k])
        values, level = observed[known, k] * home, float(use[known, k].sum())
        reported = float(values.sum())
        if len(codes) == 1 or known.sum() > 1:
            if reported <= 0 and known.all():
                for r in np.flatnonzero(known):
                    _not_used(step, codes[r], name, 0.0, f"the cities of the province have {total:.6g} in all")
                continue
            if reported > 0:
                note = f"{int(known.sum())} of {len(codes)} cities observed"
                step.report.add(f"final demand ({name}) level gap", reported / level, note=note)
                warn_level(f"final demand ({name})", reported / level, step.place)
                values = values * (level / reported)
        result[known, k] = values
    return result


def _not_used(step: Step, region: str, category: str, value: float, why: str) -> None:
    step.report.add(f"final demand ({category}) not used", value, region=region, flag="softened", note=why)
    warn(
        where=f"{step.place}, city {region}",
        what=f"the observed final demand ({category}) is not used",
        value=f"{value:.6g}",
        expectation="a datum that can be met",
        effect=f"The city's final demand is what it is without it: {why}.",
    )


def meet_final_demand(
    step: Step, prior: np.ndarray, goal: np.ndarray, *, products: Sequence[str], categories: Sequence[str]
) -> np.ndarray:
    """Final demand nearest to a prior with the province's cells and, softly, what is observed of its cities.

    min KL(f | f0) + rho KL(s | b)  s.t.  sum_r f_ik^r = F_ik,  s_k^r = sum_i f_ik^r for every observed (r, k),

    so that f_ik^r = f0_ik^r a_ik b_k^r: an observation scales the city's category, and the province's cells are met by all cities
    again. Categories of which nothing is observed stay as they are. Every deviation from the data is reported.

    Parameters
    ----------
    prior
        f0, shape (region, sector, category).
    goal
        b, shape (region, category), NaN where not observed.

    Returns
    -------
    ndarray
        f, in the shape of the prior, with its sums over regions.
    """
    codes, chosen = step.codes, np.flatnonzero(np.isfinite(goal).any(axis=0))
    if len(codes) == 1 or not len(chosen):
        return prior
    part, total = prior[:, :, chosen], prior.sum(axis=0)[:, chosen]
    known = np.argwhere(np.isfinite(goal[:, chosen]))
    wanted = goal[:, chosen][known[:, 0], known[:, 1]]
    cells = np.arange(part.size).reshape(part.shape)[known[:, 0], :, known[:, 1]]
    matrix = sp.csr_matrix(
        (np.ones(cells.size), (np.repeat(np.arange(len(known)), cells.shape[1]), cells.ravel())), (len(known), part.size)
    )
    before = matrix @ part.ravel()
    model = EntropyModel(f"final demand of cities, {step.place}")
    f = model.variable("final demand", prior=part)
    labels = [f"{categories[k]} of product {i}" for i in products for k in chosen]
    model.equal("provincial final demand", f.sum_over(0), total, labels=labels)
    names = [f"city {codes[r]}, {categories[chosen[k]]}" for r, k in known]
    soft = np.where(wanted > 0, wanted, NEARLY_ZERO * before)
    model.equal("observed final demand", f.rows(matrix), soft, labels=names, soft=step.config.rho_gdp)
    solution = step.solve(model)
    reached = solution["final demand"]
    closing = np.divide(total, reached.sum(axis=0), out=np.ones_like(total), where=reached.sum(axis=0) > 0)
    result = prior.copy()
    result[:, :, chosen] = reached * closing
    kept = matrix @ (reached * closing).ravel()
    step.report.add("observed final demand", float(len(wanted)), note="data in use")
    for (r, k), name, want, got in zip(known, names, wanted, kept, strict=True):
        slack = got - want
        if abs(slack) > MET * max(want, got):
            step.report.add(
                f"softened final demand ({categories[chosen[k]]})",
                slack,
                region=codes[r],
                flag="softened",
                note=f"{want:.6g} observed at the province's level, {got:.6g} kept",
            )
        if abs(slack) > GAP * max(want, got):
            warn(
                where=f"{step.place}, {name}",
                what="the observed final demand is met in part",
                value=f"{got:.6g}",
                expectation=f"{want:.6g}, observed",
                effect="The datum is weighed against the province's table (cities.rho_gdp).",
            )
    return result
