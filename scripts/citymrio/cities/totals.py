"""City totals as constraints: outputs, exports and imports of a city, summed over any set of sectors (method 1c, 1d, 16 R15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from ..base.errors import CertificateError, InfeasibleError
from ..base.notices import GAP, warn, warn_level
from ..base.tolerances import TINY
from ..entropy import EntropyModel
from .province import Step

#: Relative deviation from which a datum counts as softened.
MET = 1e-10
#: A total of 0 that conflicts with other data is softened towards this part of what the rest of the data give.
NEARLY_ZERO = 1e-3


@dataclass(frozen=True)
class Total:
    """One datum: the weighted sum over the columns of a city's row.

    Attributes
    ----------
    city
        Position of the city.
    weights
        Share of every column that belongs to the datum, shape (column,).
    value
        What was observed, in the unit of the table.
    name
        What it sums ("all sectors", "sectors 01-27").
    """

    city: int
    weights: np.ndarray
    value: float
    name: str


def totals_by_sector(data: pd.DataFrame, codes: Sequence[str], sectors: Sequence[str]) -> list[Total]:
    """Data (region, sectors as tuple, value) as sums over columns that are the sectors."""
    place, result = {code: n for n, code in enumerate(codes)}, []
    for region, members, value in data[["region", "sectors", "value"]].itertuples(index=False):
        result.append(Total(place[region], np.isin(sectors, members).astype(float), float(value), set_name(members, sectors)))
    return result


def set_name(members: Sequence[str], sectors: Sequence[str]) -> str:
    """A set of sectors in words."""
    if len(members) == len(sectors):
        return "all sectors"
    return f"sector {members[0]}" if len(members) == 1 else f"sectors {members[0]}-{members[-1]} ({len(members)})"


def meet_totals(
    step: Step,
    what: str,
    prior: np.ndarray,
    totals: np.ndarray,
    data: list[Total],
    columns: Sequence[str],
    cap: np.ndarray | None = None,
) -> np.ndarray:
    """Values nearest to a prior that meet the province's totals and what is observed of its cities.

    min KL(z | z0)  s.t.  sum_r z_c^r = T_c,  z_c^r <= cap_c^r,  sum_c w_c z_c^r = b  for every datum.

    Where all cities report the same set, its data are brought to the province's level first (the sources differ in level,
    method 1a). The data are met exactly; where they conflict with the totals, the caps or one another, they become soft with
    weight `rho_gdp`, and every deviation is reported. A datum none of whose cells can be positive is reported as not used.

    Parameters
    ----------
    what
        "exports", "imports", "output": for messages and diagnostics.
    prior
        z0, shape (region, column); columns sum to `totals`. Cells of 0 stay 0.
    totals
        T, shape (column,).
    columns
        Labels of the columns.
    cap
        Shape (region, column).

    Returns
    -------
    ndarray
        Shape (region, column).

    Raises
    ------
    InfeasibleError, CertificateError
        The province's totals alone cannot be met below the caps.
    """
    data = _usable(step, what, prior, _levelled(step, what, prior, totals, data))
    if not data:
        return prior
    result = prior
    if len(step.codes) > 1:
        problem = (step, what, prior, totals, data, columns, cap)
        try:
            solution = step.solve(_model(*problem, rho=None))
        except (InfeasibleError, CertificateError) as error:
            step.report.add(f"hard {what} in conflict", float(len(data)), flag="softened", note=str(error)[:300])
            solution = step.solve(_model(*problem, rho=step.config.rho_gdp))
        result = solution[what]
        reached = result.sum(axis=0)  # columns are closed to round-off
        result = result * np.divide(totals, reached, out=np.ones_like(reached), where=reached > 0)
    _report(step, what, totals, data, result)
    return result


def _report(step: Step, what: str, totals: np.ndarray, data: list[Total], result: np.ndarray) -> None:
    """Say how far each datum is met."""
    worst = 0.0
    for datum in data:
        gap, code = float(result[datum.city] @ datum.weights) - datum.value, step.codes[datum.city]
        worst = max(worst, abs(gap) / max(datum.value, TINY) if datum.value else abs(gap) / max(float(totals.sum()), TINY))
        if abs(gap) > MET * max(datum.value, NEARLY_ZERO * float(totals @ datum.weights)):
            note = f"{datum.name}: {datum.value:.6g} observed, {datum.value + gap:.6g} kept"
            step.report.add(f"softened {what}", gap, region=code, flag="softened", note=note)
        if abs(gap) > GAP * max(datum.value, datum.value + gap):
            warn(
                where=f"{step.place}, city {code}",
                what=f"the observed {what} of {datum.name} is met in part",
                value=f"{datum.value + gap:.6g}",
                expectation=f"{datum.value:.6g}, observed",
                effect="The datum is in conflict with the province's totals or with other data.",
            )
    step.report.add(f"observed {what}: largest deviation", worst, note=f"{len(data)} data")


def _levelled(step: Step, what: str, prior: np.ndarray, totals: np.ndarray, data: list[Total]) -> list[Total]:
    """Data of a set that every city reports, scaled to the province's total of the set."""
    groups: dict[bytes, list[Total]] = {}
    for datum in data:
        groups.setdefault(datum.weights.tobytes(), []).append(datum)
    result = []
    for group in groups.values():
        level, reported = float(totals @ group[0].weights), sum(datum.value for datum in group)
        if len(group) < len(prior) or len(prior) == 1 or level <= 0 or reported <= 0:
            result += group
            continue
        step.report.add(f"{what} level gap", reported / level, note=f"{group[0].name}, all cities")
        warn_level(f"{what} ({group[0].name})", reported / level, step.place)
        result += [Total(d.city, d.weights, d.value * level / reported, d.name) for d in group]
    return result


def _usable(step: Step, what: str, prior: np.ndarray, data: list[Total]) -> list[Total]:
    """Data that the prior has cells for; the others are reported where they are not 0."""
    result = []
    for datum in data:
        if float(prior[datum.city] @ datum.weights) > 0:
            result.append(datum)
        elif datum.value > 0:
            code, why = step.codes[datum.city], "the province, or the city's output, has none"
            note = f"{datum.name}: {why}"
            step.report.add(f"{what} not used", datum.value, region=code, flag="softened", note=note)
            warn(
                where=f"{step.place}, city {code}",
                what=f"the observed {what} of {datum.name} is not used",
                value=f"{datum.value:.6g}",
                expectation=f"0: {why}",
                effect="The city has none.",
            )
    return result


def _model(
    step: Step,
    what: str,
    prior: np.ndarray,
    totals: np.ndarray,
    data: list[Total],
    columns: Sequence[str],
    cap: np.ndarray | None,
    rho: float | None,
) -> EntropyModel:
    """The problem of :func:`meet_totals`, its data hard (`rho` None) or soft."""
    width = prior.shape[1]
    model = EntropyModel(f"{what} of cities, {step.place}")
    z = model.variable(what, prior=prior)
    model.equal(f"provincial {what}", z.sum_over(0), np.where(prior.sum(axis=0) > 0, totals, 0.0), labels=list(columns))
    row = np.repeat(np.arange(len(data)), width)
    cells = np.concatenate([datum.city * width + np.arange(width) for datum in data])
    weights = np.concatenate([datum.weights for datum in data])
    matrix = sp.csr_matrix((weights, (row, cells)), shape=(len(data), prior.size))
    values = np.array([datum.value for datum in data])
    if rho is not None:
        values = np.where(values > 0, values, NEARLY_ZERO * (matrix @ prior.ravel()))
    labels = [f"city {step.codes[datum.city]}, {datum.name}" for datum in data]
    model.equal(f"observed {what}", z.rows(matrix), values, labels=labels, soft=rho)
    if cap is not None:
        free = np.flatnonzero(prior.ravel() > 0)
        labels = [f"city {step.codes[cell // width]}, {columns[cell % width]}" for cell in free]
        model.at_most(f"room for {what}", z.each().pick(free), cap.ravel()[free], labels=labels)
    return model
