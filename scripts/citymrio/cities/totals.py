"""Accounts of cities that meet the province's totals and what is observed of the cities (method
1a-1d, 2b, 16 R15).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from ..base.errors import GAP, CertificateError, InfeasibleError, warn, warn_level
from ..base.reliability import USUAL, Number, odds
from ..base.solvers import DIRECT
from ..base.tolerances import TINY
from ..entropy import EntropyModel, Labels, LinearRows, Solution, Variable
from ..entropy.scaling import Data, solve_with_data
from .observations import Datum, group_data, not_used
from .province import CityStep

#: Relative deviation from which a datum counts as not met exactly.
EXACT = 1e-10
#: A soft datum of 0 stands for this part of what the city would have without it.
NEARLY_ZERO = 1e-3
#: A cap closer than this (relative) binds.
BINDS = 1e-6


def weight(reliability: Number, rho: float) -> Number:
    """Weight of a soft datum: rho times the odds of its reliability, r / (1 - r), over those of
    :data:`~citymrio.base.reliability.USUAL`.

    A datum alone, without totals to keep, leads to prior^(1 / (1 + w)) datum^(w / (1 + w)).
    """
    return rho * odds(reliability) / odds(USUAL)


@dataclass(frozen=True)
class Account:
    """One quantity of the cities of a province, and all that is to hold of it.

    Attributes
    ----------
    what
        "output", "value added", "exports", "final demand", "imports": for messages and diagnostics.
    prior
        z0, shape (region, column); columns sum to `totals`. Cells of 0 stay 0.
    totals
        T, shape (column,).
    data
        What is observed, at the level at which it is used (:func:`bring_to_level`).
    columns
        Labels of the columns.
    room
        Most that a cell may be, as a share of the city's output (column,), where it is one;
        `output` is estimated in the same columns.
    cap
        Most that a cell may be, shape (region, column).
    fixed
        Columns that stay at the prior (column,).
    exact
        Whether data of reliability 1 are met exactly.
    """

    what: str
    prior: np.ndarray
    totals: np.ndarray
    data: list[Datum]
    columns: Sequence[str]
    room: np.ndarray | None = None
    cap: np.ndarray | None = None
    fixed: np.ndarray | None = None
    exact: bool = True

    @cached_property
    def matrix(self) -> np.ndarray:
        """Weights of the data, shape (datum, column)."""
        return np.array([datum.weights for datum in self.data]).reshape(
            len(self.data), self.prior.shape[1]
        )

    @cached_property
    def cities(self) -> np.ndarray:
        """City of every datum."""
        return np.array([datum.city for datum in self.data], int)

    @cached_property
    def wanted(self) -> np.ndarray:
        """Values of the data."""
        return np.array([datum.value for datum in self.data], float)

    @cached_property
    def certain(self) -> np.ndarray:
        """Which data are met exactly."""
        return np.array([self.exact and datum.reliability == 1 for datum in self.data], bool)

    @cached_property
    def free(self) -> np.ndarray:
        """Columns with a choice: neither fixed nor full up to the caps (column,)."""
        free = self.prior.sum(axis=0) > 0
        if self.fixed is not None:
            free &= ~self.fixed
        if self.cap is not None:
            free &= self.cap.sum(axis=0) > self.totals * (1 + BINDS)
        return free

    @cached_property
    def moving(self) -> np.ndarray:
        """Columns that data touch, positions; all others are at their prior in the solution as
        well.
        """
        return np.flatnonzero(self.free & (self.matrix > 0).any(axis=0))

    def told(
        self, columns: np.ndarray, rho: float, *, exact: bool
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Of every datum: its weights in these columns, what is left for them of its value, its
        own weight, infinite where it is met exactly, and whether they can move it.
        """
        part, fixed = self.matrix[:, columns], self.matrix.copy()
        fixed[:, columns] = 0.0
        before = self.prior[self.cities]
        left = self.wanted - (before * fixed).sum(axis=1)
        before = (before[:, columns] * part).sum(axis=1)
        certain = self.certain & exact & (left >= 0)
        trust = np.array([datum.reliability for datum in self.data])
        soft = np.where(certain, np.inf, weight(np.where(certain, USUAL, trust), rho))
        goal = np.where(certain, left, np.maximum(left, NEARLY_ZERO * before))
        return part, goal, soft, before > 0

    def sums(self, values: np.ndarray) -> np.ndarray:
        """The sums that the data tell of, of `values` (region, column)."""
        return (values[self.cities] * self.matrix).sum(axis=1)

    def full(self, values: np.ndarray, within: float) -> np.ndarray:
        """Cells that a cap holds back, up to a relative gap `within` (region, column)."""
        cap = np.full_like(values, np.inf) if self.cap is None else self.cap
        return (values >= cap * (1 - within)) & (cap > 0)

    def binds(self, values: np.ndarray) -> bool:
        """Whether a cap holds back a cell of the columns that data touch."""
        return bool(self.data) and bool(self.full(values, BINDS)[:, self.moving].any())


def bring_to_level(
    step: CityStep, what: str, prior: np.ndarray, totals: np.ndarray, data: Sequence[Datum]
) -> list[Datum]:
    """Data at the level at which they are used (:meth:`Group.levels`), without those that cannot
    be, which are said.
    """
    result: list[Datum] = []
    for group in group_data(data):
        before, whole = (
            prior[group.cities] @ group.data[0].weights,
            float(totals @ group.data[0].weights),
        )
        values, why = group.levels(before, whole, len(prior))
        if values is None:
            for datum in group.data:
                if datum.value > 0 or before.sum() > 0:
                    not_used(step, what, datum, why)
                else:
                    step.note(
                        datum.row, use="used", why="the province, or the city, has none either"
                    )
            continue
        reported, everyone = float(group.values.sum()), len(group.data) == len(prior)
        if not group.share and reported > 0 and (everyone or len(group.data) > 1):
            gap = reported / (whole if everyone else float(before.sum()))
            note = f"{group.data[0].name}, {len(group.data)} of {len(prior)} cities"
            step.report.add(f"{what} level gap", gap, note=note)
            if everyone:
                warn_level(f"{what} ({group.data[0].name})", gap, step.place)
        result += [
            datum._replace(value=float(value))
            for datum, value in zip(group.data, values, strict=True)
        ]
    _contradictions(step, what, result)
    return _usable(step, what, prior, result)


def _contradictions(step: CityStep, what: str, data: Sequence[Datum]) -> None:
    """Say where sources tell different things of the same."""
    same: dict[tuple[int, bytes], list[Datum]] = {}
    for datum in data:
        same.setdefault((datum.city, datum.key), []).append(datum)
    for told in same.values():
        low, high = min(told, key=lambda d: d.value), max(told, key=lambda d: d.value)
        if len(told) > 1 and low.value < (1 - GAP) * high.value:
            code = step.codes[low.city]
            value = f"{low.value:.6g} ({low.source}), {high.value:.6g} ({high.source})"
            step.report.add(
                f"{what} contradicted",
                high.value - low.value,
                region=code,
                note=f"{low.name}: {value}",
            )
            warn(
                where=f"{step.place}, city {code}",
                what=f"sources contradict each other on {what} of {low.name}",
                value=value,
                expectation=f"the same within {GAP:.0%}",
                effect="Both are used at the level of the province, each with the weight of its "
                "reliability.",
            )


def _usable(step: CityStep, what: str, prior: np.ndarray, data: Sequence[Datum]) -> list[Datum]:
    """Data that the prior has cells for."""
    result = []
    for datum in data:
        if float(prior[datum.city] @ datum.weights) > 0:
            result.append(datum)
        elif datum.value > 0:
            not_used(step, what, datum, "the province, or the city's output, has none")
        else:
            step.note(datum.row, use="used", why="the city has none without it either")
    return result


def solve_account(step: CityStep, account: Account) -> np.ndarray:
    """Values (region, column) nearest to the prior that meet the province's totals and what is
    observed; see :func:`solve_accounts`.
    """
    return solve_accounts(step, [account])[account.what]


def solve_exactly(step: CityStep, account: Account) -> np.ndarray | None:
    """The same; None where a cap holds back what is observed.

    Caps that the solution without them keeps hold nothing back, and any other cap holds something
    back in the solution with them: none need be in the problem.
    """
    try:
        result = solve_accounts(step, [account], soften=False, caps=False)[account.what]
    except (InfeasibleError, CertificateError):
        return None
    return None if account.binds(result) else result


def solve_accounts(
    step: CityStep, accounts: Sequence[Account], *, soften: bool = True, caps: bool = True
) -> dict[str, np.ndarray]:
    """Accounts nearest to their priors that meet the province's totals and what is observed of its
    cities.

    min sum KL(z | z0) + sum w KL(s | b)  s.t.  sum_r z_c^r = T_c,  z_c^r <= cap_c^r,  s = sum_c a_c
    z_c^r for every datum,

    for all accounts, with w by the reliability of the datum (:func:`weight`), s = b where it is
    exact. Exact data in conflict with the totals, the caps or one another become soft as well
    (unless `soften` is off; without `caps` none is in the problem). Of several accounts the first
    is "output", with the same columns: the caps of the others are shares of it, and it gives way
    where a datum needs it.

    Raises
    ------
    InfeasibleError, CertificateError
        The province's totals alone cannot be met below the caps; without `soften`, exact data are
        in conflict.
    """
    active = [account for account in accounts if len(_columns(account, accounts))]
    result = {account.what: account.prior for account in accounts}
    if not any(account.data for account in active) or len(step.codes) == 1:
        return result
    try:
        solution = _solve_model(step, active, exact=True, caps=caps)
    except (InfeasibleError, CertificateError) as error:
        certain = [account for account in active if account.certain.any()]
        if not certain or not soften:
            raise
        for account in certain:
            count = float(account.certain.sum())
            step.report.add(
                f"exact {account.what} in conflict", count, flag="softened", note=str(error)[:300]
            )
        solution = _solve_model(step, active, exact=False)
    names = ("iterations", "residual", "relative_gap", "entropy")
    step.report.add_certificate(solution.certificate, names, step.solver.tol_inner)
    for account in active:
        columns = _columns(account, active)
        part, totals = solution[account.what], account.totals[columns]
        reached = part.sum(axis=0)  # columns are closed to round-off
        result[account.what] = account.prior.copy()
        closing = np.divide(totals, reached, out=np.ones_like(reached), where=reached > 0)
        result[account.what][:, columns] = part * closing
    return result


def _columns(account: Account, accounts: Sequence[Account]) -> np.ndarray:
    """Columns of an account that are estimated: those that data touch, of any account where there
    are several.
    """
    if len(accounts) == 1:
        return account.moving
    touched = np.unique(np.concatenate([one.moving for one in accounts]))
    return touched[account.free[touched]]


def _solve_model(
    step: CityStep, accounts: Sequence[Account], *, exact: bool, caps: bool = True
) -> Solution:
    """Of the problem of :func:`solve_accounts`: by the multipliers of totals and data, or by the
    general solver.
    """
    if step.solver.name == DIRECT and (len(accounts) > 1 or not caps or accounts[0].cap is None):
        columns = _columns(accounts[0], accounts)
        shape = (len(accounts), len(step.codes), len(columns))
        prior, totals, room = np.zeros(shape), np.zeros(shape[::2]), np.ones(shape[::2])
        data = []
        for k, account in enumerate(accounts):
            own = _columns(account, accounts)
            at = np.searchsorted(columns, own)
            prior[k][:, at], totals[k, at] = account.prior[:, own], account.totals[own]
            if k and account.room is not None:
                room[k] = account.room[columns]
            part, goal, soft, used = account.told(own, step.config.rho_gdp, exact=exact)
            wide = np.zeros((len(part), len(columns)))
            wide[:, at] = part
            told = np.full(len(part), k), account.cities, wide, goal, soft
            data.append([values[used] for values in told])
        found = solve_with_data(
            prior,
            totals,
            room,
            Data(*map(np.concatenate, zip(*data, strict=True))),
            np.ones(len(columns)),
            step.solver.tol_inner,
        )
        if found is not None:
            values = {
                account.what: part[:, np.searchsorted(columns, _columns(account, accounts))]
                for account, part in zip(accounts, found[0], strict=True)
            }
            return Solution(values, found[1])
    return step.solve(_model(step, accounts, exact=exact, caps=caps))


def _model(
    step: CityStep, accounts: Sequence[Account], *, exact: bool, caps: bool = True
) -> EntropyModel:
    """The problem of :func:`solve_accounts`; without `exact` all data are soft."""
    model = EntropyModel(
        f"{', '.join(account.what for account in accounts)} of cities, {step.place}"
    )
    variables: dict[str, Variable] = {}
    for account in accounts:
        columns = _columns(account, accounts)
        labels = [account.columns[c] for c in columns]
        z = model.variable(account.what, prior=account.prior[:, columns])
        variables[account.what] = z
        model.equal(
            f"provincial {account.what}", z.sum_over(0), account.totals[columns], labels=labels
        )
        _observed_rows(model, step, account, columns, z, exact=exact)
        limit = account.cap if caps else None
        if len(accounts) > 1 and account.room is not None:
            every = _columns(accounts[0], accounts)
            same = np.arange(len(step.codes))[:, None] * len(every) + np.searchsorted(
                every, columns
            )
            most = variables["output"].each().pick(same.ravel()) * np.tile(
                account.room[columns], len(step.codes)
            )
            rows: LinearRows = z.each() - most
            limit = np.zeros_like(account.prior)
        else:
            rows = z.each()
        if limit is not None:
            free = np.flatnonzero((account.prior[:, columns] > 0).ravel())
            bounds = limit[:, columns].ravel()[free]
            cells = Labels("city {}, {}", step.codes, labels, chosen=free)
            model.at_most(f"room for {account.what}", rows.pick(free), bounds, labels=cells)
    return model


def _observed_rows(
    model: EntropyModel,
    step: CityStep,
    account: Account,
    columns: np.ndarray,
    z: Variable,
    *,
    exact: bool,
) -> None:
    """The rows of what is observed, less what fixed columns have of it."""
    width = len(columns)
    part, goal, soft, used = account.told(columns, step.config.rho_gdp, exact=exact)
    certain = np.isinf(soft)
    for name, chosen in (("exact", certain & used), ("observed", ~certain & used)):
        kept = np.flatnonzero(chosen)
        if not len(kept):
            continue
        cells = (account.cities[kept][:, None] * width + np.arange(width)).ravel()
        row = np.repeat(np.arange(len(kept)), width)
        rows = z.rows(
            sp.csr_matrix(
                (part[kept].ravel(), (row, cells)), shape=(len(kept), len(step.codes) * width)
            )
        )
        labels = [
            f"city {step.codes[d.city]}, {d.name}{f' ({d.source})' if d.source else ''}"
            for d in (account.data[k] for k in kept)
        ]
        own = soft[kept] if name == "observed" else None
        model.equal(f"{name} {account.what}", rows, goal[kept], labels=labels, soft=own)


def report_data(
    step: CityStep, account: Account, result: np.ndarray, before: np.ndarray | None = None
) -> None:
    """Say of every datum what it was without it, what it is, and how far it is met.

    Parameters
    ----------
    before
        The account (region, column) without these data, where it is not the prior.
    """
    if not account.data:
        return
    prior, estimate = (
        account.sums(account.prior if before is None else before),
        account.sums(result),
    )
    weights = weight(np.array([datum.reliability for datum in account.data]), step.config.rho_gdp)
    goal = np.maximum(account.wanted, NEARLY_ZERO * account.sums(account.prior))
    alone = np.log(np.maximum(account.sums(account.prior), TINY) / goal) / (1 + weights)
    strained = np.abs(np.log(np.maximum(estimate, TINY) / goal) - alone) > GAP
    worst = 0.0
    for n, datum in enumerate(account.data):
        gap, code, size = (
            float(estimate[n] - datum.value),
            step.codes[datum.city],
            max(datum.value, float(estimate[n]), TINY),
        )
        worst = max(worst, abs(gap) / size)
        met = abs(gap) <= EXACT * max(size, NEARLY_ZERO * float(account.totals @ datum.weights))
        in_part = not met and bool(strained[n] or account.certain[n])
        if not met:
            note = f"{datum.name}: {datum.value:.6g} observed, {estimate[n]:.6g} kept"
            flag = "softened" if in_part else ""
            step.report.add(f"softened {account.what}", gap, region=code, flag=flag, note=note)
        step.note(
            datum.row,
            level=datum.value,
            prior=float(prior[n]),
            estimate=float(estimate[n]),
            weight=np.inf if met and account.certain[n] else float(weights[n]),
            use="softened" if in_part else "used",
            why="in conflict with the province's totals or with other data" if in_part else "",
        )
        if in_part and abs(gap) > GAP * size:
            warn(
                where=f"{step.place}, city {code}",
                what=f"the observed {account.what} of {datum.name} is met in part",
                value=f"{estimate[n]:.6g}",
                expectation=f"{datum.value:.6g}, observed",
                effect="The datum is in conflict with the province's totals or with other data.",
            )
    step.report.add(
        f"observed {account.what}: largest deviation", worst, note=f"{len(account.data)} data"
    )
