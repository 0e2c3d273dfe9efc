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
from ..config.models import Solver
from ..entropy import EntropyModel

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
    prior: np.ndarray,
    totals: np.ndarray,
    data: list[Total],
    *,
    what: str,
    codes: Sequence[str],
    columns: Sequence[str],
    place: str,
    rho: float,
    solver: Solver,
    rows: list[dict],
    cap: np.ndarray | None = None,
) -> np.ndarray:
    """Values nearest to a prior that meet the province's totals and what is observed of its cities.

    min KL(z | z0)  s.t.  sum_r z_c^r = T_c,  z_c^r <= cap_c^r,  sum_c w_c z_c^r = b  for every datum.

    Where all cities report the same set, its data are brought to the province's level first (the sources differ in level,
    method 1a). The data are met exactly; where they conflict with the totals, the caps or one another, they become soft with
    weight `rho`, and every deviation is reported. A datum none of whose cells can be positive is reported as not used.

    Parameters
    ----------
    prior
        z0, shape (region, column); columns sum to `totals`. Cells of 0 stay 0.
    totals
        T, shape (column,).
    cap
        Shape (region, column).
    what
        "exports", "imports", "output": for messages and diagnostics.

    Returns
    -------
    ndarray
        Shape (region, column).

    Raises
    ------
    InfeasibleError, CertificateError
        The province's totals alone cannot be met below the caps.
    """
    data = _usable(_levelled(data, prior, totals, what, place, rows), prior, what, codes, place, rows)
    if not data:
        return prior
    if len(codes) == 1:
        result = prior
    else:
        result, reason = _solve(prior, totals, data, what, codes, columns, place, None, solver, cap)
        if result is None:
            rows.append({"quantity": f"hard {what} in conflict", "value": float(len(data)), "flag": "softened", "note": reason})
            result, reason = _solve(prior, totals, data, what, codes, columns, place, rho, solver, cap)
    worst = 0.0
    for datum in data:
        gap = float(result[datum.city] @ datum.weights) - datum.value
        worst = max(worst, abs(gap) / max(datum.value, TINY) if datum.value else abs(gap) / max(float(totals.sum()), TINY))
        if abs(gap) > MET * max(datum.value, NEARLY_ZERO * float(totals @ datum.weights)):
            rows.append(
                {
                    "region": codes[datum.city],
                    "quantity": f"softened {what}",
                    "value": gap,
                    "flag": "softened",
                    "note": f"{datum.name}: {datum.value:.6g} observed, {datum.value + gap:.6g} kept",
                }
            )
        if abs(gap) > GAP * max(datum.value, datum.value + gap):
            warn(
                where=f"{place}, city {codes[datum.city]}",
                what=f"the observed {what} of {datum.name} is met in part",
                value=f"{datum.value + gap:.6g}",
                expectation=f"{datum.value:.6g}, observed",
                effect="The datum is in conflict with the province's totals or with other data.",
            )
    rows.append({"quantity": f"observed {what}: largest deviation", "value": worst, "note": f"{len(data)} data"})
    return result


def _levelled(data: list[Total], prior: np.ndarray, totals: np.ndarray, what: str, place: str, rows: list[dict]) -> list[Total]:
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
        rows.append({"quantity": f"{what} level gap", "value": reported / level, "note": f"{group[0].name}, all cities"})
        warn_level(f"{what} ({group[0].name})", reported / level, place)
        result += [Total(d.city, d.weights, d.value * level / reported, d.name) for d in group]
    return result


def _usable(data: list[Total], prior: np.ndarray, what: str, codes: Sequence[str], place: str, rows: list[dict]) -> list[Total]:
    result = []
    for datum in data:
        if float(prior[datum.city] @ datum.weights) > 0:
            result.append(datum)
        elif datum.value > 0:
            rows.append(
                {
                    "region": codes[datum.city],
                    "quantity": f"{what} not used",
                    "value": datum.value,
                    "flag": "softened",
                    "note": f"{datum.name}: the province, or the city's output, has none",
                }
            )
            warn(
                where=f"{place}, city {codes[datum.city]}",
                what=f"the observed {what} of {datum.name} is not used",
                value=f"{datum.value:.6g}",
                expectation="0: the province, or the city's output, has none",
                effect="The city has none.",
            )
    return result


def _solve(prior, totals, data, what, codes, columns, place, rho, solver, cap) -> tuple[np.ndarray | None, str]:
    """Solution, or None and the reason where hard data (`rho` None) are in conflict; columns closed to round-off."""
    width = prior.shape[1]
    model = EntropyModel(f"{what} of cities, {place}")
    z = model.variable(what, prior=prior)
    model.equal(f"provincial {what}", z.sum_over(0), np.where(prior.sum(axis=0) > 0, totals, 0.0), labels=list(columns))
    row = np.repeat(np.arange(len(data)), width)
    cells = np.concatenate([datum.city * width + np.arange(width) for datum in data])
    weights = np.concatenate([datum.weights for datum in data])
    matrix = sp.csr_matrix((weights, (row, cells)), shape=(len(data), prior.size))
    values = np.array([datum.value for datum in data])
    if rho is not None:
        values = np.where(values > 0, values, NEARLY_ZERO * (matrix @ prior.ravel()))
    labels = [f"city {codes[datum.city]}, {datum.name}" for datum in data]
    model.equal(f"observed {what}", z.rows(matrix), values, labels=labels, soft=rho)
    if cap is not None:
        free = np.flatnonzero(prior.ravel() > 0)
        labels = [f"city {codes[cell // width]}, {columns[cell % width]}" for cell in free]
        model.at_most(f"room for {what}", z.each().pick(free), cap.ravel()[free], labels=labels)
    try:
        solution = model.solve(solver=solver.name, tol=solver.tol_inner, max_iterations=solver.max_iterations)
    except (InfeasibleError, CertificateError) as error:
        if rho is not None:
            raise
        return None, str(error)[:300]
    result = solution[what]
    reached = result.sum(axis=0)
    return result * np.divide(totals, reached, out=np.ones_like(reached), where=reached > 0), ""
