"""Value added of cities: provincial ratios that meet what is observed (method 1b)."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from ..base.errors import BalanceError
from ..base.notices import GAP, warn
from ..base.tolerances import SOLVED, SUMS
from ..entropy import EntropyModel
from .observations import Observations, sets_of
from .province import Province, Step


def city_value_added(province: Province, output: np.ndarray, data: Observations, step: Step) -> np.ndarray:
    """Value added v (region, sector): provincial ratios, column totals hard, observed sums of a city soft (method 1b).

    min KL(v | v0) + rho KL(s | b)  s.t.  sum_r v_j^r = V_j,  v_j^r <= cap_j^r,  s = sum of the observed set of sectors;
    v_j^r = x_j^r in sectors without any inputs (`province.bare`). Imports enter a column in proportion to its size (mode B): the
    ceiling of value added is what they leave.

    Raises
    ------
    BalanceError
        Value added of the province exceeds (1 - va_delta) of its output, and ``cities.repair`` is ``stop``.
    """
    provincial, total, bare = province.block.value_added, province.block.output, province.bare
    codes, names, sectors = province.codes, province.names, province.sectors
    delta = step.config.va_delta if step.config.repair == "stop" else 0.0
    over = ~bare & (provincial > (1 - delta) * total * (1 + SUMS))
    if over.any():
        j = int(np.argmax(np.where(over, provincial - (1 - delta) * total, -np.inf)))
        raise BalanceError(
            f"value added {provincial[j]:.6g} exceeds (1 - va_delta) of output {total[j]:.6g}",
            where=f"{step.place}, sector {names[j]}",
            fix="correct value added or output of the province, or set cities.repair: relax_cap.",
        )
    ratio = np.divide(provincial, total, out=np.zeros_like(total), where=total > 0)
    prior = output * np.where(bare, 1.0, ratio)
    positive = ratio > 0
    industries = frozenset(tuple(sorted(group)) for _, group in sectors.groupby("industry")["sector"])
    found = sets_of(data.value_added, codes, names, np.where(positive, provincial, 0.0), prior, industries, step.place)
    if len(codes) == 1:
        return prior
    positive &= ~bare
    labels, targets, matrix = _less_bare(*found, np.where(bare, output, 0.0), step.place)
    # every city keeps at least va_delta of the province's share of domestic inputs, so that its column can be filled
    inputs = np.where(positive, 1 - province.import_share - ratio, 0.0)
    cap = output * np.where(positive, 1 - province.import_share - delta * inputs, 0.0)
    model = EntropyModel(f"value added, {step.place}")
    v = model.variable("value_added", prior=np.where(positive, prior, 0.0))
    model.equal("provincial value added", v.sum_over(0), np.where(positive, provincial, 0.0), labels=names)
    if labels:
        model.equal("observed value added", v.rows(matrix), targets, labels=labels, soft=step.config.rho_gdp)
    model.at_most("value added below output", v.each(), cap.ravel(), labels=[f"{r} {j}" for r in codes for j in names])
    solution = step.solve(model)
    result = solution["value_added"]
    if labels:
        slack = np.asarray(solution.slack["observed value added"]) / np.where(targets > 0, targets, 1.0)
        worst = int(np.argmax(np.abs(slack)))
        title, label = "largest softened observation of value added", labels[worst]
        step.report.add(title, float(slack[worst]), note=label, region=label.split(" ")[0])
    step.report.add("capped value added", float(((result >= cap * (1 - SOLVED)) & (cap > 0)).sum()))
    names_of = ("iterations", "residual", "relative_gap", "entropy")
    step.report.add_certificate(solution.certificate, names_of, step.solver.tol_inner)
    return np.where(positive[None], result, prior)


def _less_bare(
    labels: list[str], targets: np.ndarray, matrix: sp.csr_matrix, fixed: np.ndarray, place: str
) -> tuple[list[str], np.ndarray, sp.csr_matrix]:
    """Observed sums without the sectors whose value added is their output (`fixed`); a datum that leaves nothing is not used."""
    part = matrix @ fixed.ravel()
    if not part.any():
        return labels, targets, matrix
    free = matrix.copy()
    free.data = np.where(fixed.ravel()[free.indices] > 0, 0.0, free.data)
    free.eliminate_zeros()
    some, left = np.diff(free.indptr) > 0, targets - part
    for k in np.flatnonzero(np.where(some, left <= 0, np.abs(left) > GAP * part)):
        warn(
            where=f"{place}, {labels[k]}",
            what="observed value added does not fit sectors without inputs",
            value=f"{targets[k]:.6g}",
            expectation=f"{'more than' if some[k] else 'about'} {part[k]:.6g}, the output of the sectors without inputs",
            effect="The datum is not used: value added of these sectors is their output.",
        )
    keep = np.flatnonzero(some & (left > 0))
    return [labels[k] for k in keep], left[keep], free[keep]
