"""Outputs of cities: the province's output by shares of value added, what is observed, CO2 totals
(method 1a, 16 R5 and R6).
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import scipy.sparse as sp

from ..base.errors import CertificateError, DataError
from ..base.projections import RESIZED, ratio, relative_loadings, value_added_rates
from ..base.tolerances import SOLVED
from ..entropy import EntropyModel
from ..entropy.scaling import MAX_STEPS, RIDGE, solve_biproportional
from ..trade.priors.table import FOLLOWS, prior_values
from .demand import final_demand_prior
from .joint import KnownSums, Prior, joint_outputs, noise_of_data
from .observations import Datum, city_totals
from .province import CityStep, Province
from .shares import finest_shares
from .totals import Account, bring_to_level, weight

#: Row of diagnostics.csv: a city's CO2 total against its prior.
GAP_OF_TOTAL = "CO2 total against its prior"
#: Log standard deviation of a CO2 total where outputs and intensities share its gap: small beside
#: theirs, since the inventory meets the total. What is left here would all be put on intensities.
TOTAL_SD = 0.02
#: Largest absolute log change of a sector's output caused by a CO2 total: a factor of 30.
LOG_BOUND = 3.4011973816621555


def output_account(
    province: Province, data: dict[str, list[Datum]], step: CityStep
) -> tuple[Account, np.ndarray]:
    """Outputs x (region, sector): the prior by the finest value added that covers a sector (R5),
    and what is observed of them; and the factors by which CO2 totals move intensities (region,
    sector), 1 where they move none.
    """
    total = province.block.output
    shares, finest = finest_shares(province, data["value_added"], step)
    prior, sets = total * shares, _sets(province, finest)
    follows, factor = np.zeros(len(total)), province.factor("output")
    if province.config.demand == "consumption" and FOLLOWS in (province.parameters or {}):
        follows = prior_values(province.parameters, FOLLOWS, province.names, step.place)
        factor = factor * _use_beyond(province, prior) ** follows
    if follows.any() or province.factors is not None:
        # what is told of a set is its value added: of a mix that earns less, more is made
        worth = value_added_rates(province.block.value_added, total)
        prior = within_sets(prior * worth, factor, sets, 1 - follows) / worth
        prior = prior * province.factor("productivity")
        prior = prior * np.divide(
            total, prior.sum(axis=0), out=np.zeros_like(total), where=total > 0
        )
    prior = _with_reported(prior, total, data["output"])
    known = bring_to_level(step, "output", prior, total, data["output"])
    moved = np.ones_like(prior)
    if province.config.emissions_enter != "intensity" and len(province.codes) > 1:
        if province.config.emissions_enter == "output":
            prior = outputs_from_emissions(province, prior, data["emissions"], step)
        else:
            prior, moved = _by_variances(province, prior, data["emissions"], known, step, sets)
    return Account("output", prior, total, known, province.names), moved


def _with_reported(prior: np.ndarray, total: np.ndarray, data: Sequence[Datum]) -> np.ndarray:
    """Prior outputs (region, sector) with those of sectors that a city reports though its value
    added gives it none: from the largest set to the smallest, of one set by the surest datum.
    """
    filled = prior.copy()
    for datum in sorted(
        data, key=lambda d: (-np.count_nonzero(d.weights), d.key, d.reliability, d.value)
    ):
        members = (datum.weights > 0) & (total > 0)
        if datum.measure == "amount" and datum.value > 0 and not prior[datum.city, members].any():
            filled[datum.city, members] = datum.value * total[members] / total[members].sum()
    if np.array_equal(filled, prior):
        return prior
    return filled * ratio(total, filled.sum(axis=0))


def _use_beyond(province: Province, prior: np.ndarray) -> np.ndarray:
    """A city's share in the use of a product over its share in prior outputs (region, sector), 1
    where either is 0 (method section 17).
    """
    earned = prior * ratio(province.block.value_added, province.block.output)
    bought = prior @ province.coefficients.T
    use = bought + final_demand_prior(province, bought, earned).sum(axis=2)
    shares = ratio(ratio(use, use.sum(axis=0)), ratio(prior, prior.sum(axis=0)))
    return np.where(shares > 0, shares, 1.0)


def _sets(province: Province, finest: np.ndarray) -> np.ndarray:
    """Number of the set that decides the share of a city in a sector; without data, of the
    industry, below 0.
    """
    names = province.sectors["industry"].tolist()
    numbers = {name: -1 - k for k, name in enumerate(dict.fromkeys(names))}
    return np.where(finest < 0, [numbers[name] for name in names], finest)


def within_sets(
    prior: np.ndarray, factor: np.ndarray, sets: np.ndarray, loading: np.ndarray
) -> np.ndarray:
    """Value added by prior outputs, times factors, with the totals of every city and set and of
    every sector kept: only the mix of sectors inside a set changes.

    Were the totals of sectors met by one division, the largest city, whose draw is in its divisor,
    would lose on average what the small ones gain.

    Parameters
    ----------
    sets
        Number of the set of every (region, sector).
    loading
        How far a sector grows with a city's set (sector,), 0 to 1: those that follow use do little.

    Raises
    ------
    CertificateError
        The totals are not met.
    """
    cities = np.arange(len(prior))[:, None] * (np.ptp(sets) + 1)
    member = np.unique(cities + sets, return_inverse=True)[1].reshape(sets.shape)
    sectors = np.broadcast_to(np.arange(prior.shape[1]), member.shape)
    drawn = np.zeros((member.max() + 1, prior.shape[1]))
    drawn[member, sectors] = prior * factor
    whole = np.bincount(member.ravel(), prior.ravel())
    drawn = _near_totals(drawn, loading, whole, prior.sum(axis=0))
    found = solve_biproportional(drawn[None], whole[None], prior.sum(axis=0)[None], SOLVED)
    if found is None:
        raise CertificateError(
            "a mix of sectors, drawn or by use, does not keep the totals of the cities",
            where="outputs of cities",
            fix="correct value added of the cities, or draw them less far apart (output_sd).",
        )
    return found[0][0][member, sectors]


def _near_totals(
    drawn: np.ndarray, loading: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """drawn_ij exp(s_i loading_j) t_j with sums of rows and columns (Newton's method on the logs of
    the sums), as near to those of rows as a change of columns by the factor `RESIZED` comes.
    """
    power = relative_loadings(drawn, loading)
    size, place, bound = np.zeros(len(rows)), np.zeros(len(columns)), np.log(RESIZED)
    for _ in range(MAX_STEPS):
        found = drawn * np.exp(size[:, None] * power + place)
        whole, reached = found.sum(axis=1), found.sum(axis=0)
        # a row at its bound grows, or shrinks, no further
        free = np.abs(size + np.sign(rows - whole) * SOLVED) <= bound
        short, gap = np.where(free, rows - whole, 0.0), columns - reached
        if max(ratio(np.abs(short), rows).max(), ratio(np.abs(gap), columns).max()) <= SOLVED:
            break
        loaded = found * power
        part = ratio(free, loaded.sum(axis=1))
        slope = np.diag(reached * (1 + RIDGE) + (reached == 0))
        slope = slope - loaded.T @ (found * part[:, None])
        step = np.linalg.solve(slope, gap - loaded.T @ (part * short))
        grown = part * (short - found @ step)
        shorter = max(np.abs(step).max(), np.abs(grown).max(), 1.0)
        size = np.clip(size + grown / shorter, -bound, bound)
        place = place + step / shorter
    return found


def _by_variances(
    province: Province,
    prior: np.ndarray,
    data: Sequence[Datum],
    told: Sequence[Datum],
    step: CityStep,
    sets: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Outputs (region, sector) that agree with the cities' CO2 totals as far as their variances say
    (:mod:`.joint`), and the factors by which these move intensities (region, sector).

    `told`: outputs that are observed, at the level at which they are used.
    """
    totals, trust = city_totals(data, len(province.codes))
    if not (np.isfinite(totals).any() or np.isfinite(province.own_emissions).any()):
        return prior, np.ones_like(prior)
    if province.intensity is None:
        step.report.add(
            "CO2 totals change intensities alone",
            float(np.isfinite(totals).sum()),
            note="no inventory of the province",
        )
        return prior, np.ones_like(prior)
    emissions = province.block.output * province.intensity.sum(axis=0)
    noise = noise_of_data(trust)
    priors = Prior.of(province, province.intensity, prior, sets).condition_on(told, step.place)
    known = KnownSums(
        province.block.output,
        emissions,
        totals,
        noise,
        province.own_emissions,
        province.household_emissions,
    )
    for r, gap, sd in priors.gaps(known):
        step.report.add(
            GAP_OF_TOTAL,
            gap,
            region=province.codes[r],
            limit=sd,
            note="log; limit: standard deviation by the priors",
        )
    # of an estimate the inventory meets the totals; a draw of one moves by its own error, too
    error = (
        TOTAL_SD
        if province.factors is None
        else max(TOTAL_SD, province.factors.attrs["emissions_sd"])
    )
    met = replace(known, noise=np.full(len(totals), error))
    found, intensity = joint_outputs(priors, met, step.place)
    moved = np.divide(found, prior, out=np.ones_like(prior), where=prior > 0)
    step.report.add(
        "outputs moved by CO2 totals",
        float(np.abs(np.log(moved)).max()),
        note="largest absolute log change",
    )
    whole = found.sum(axis=0)
    closing = np.divide(province.block.output, whole, out=np.zeros_like(emissions), where=whole > 0)
    emits = (priors.intensity > 0) & (intensity > 0)
    return found * closing, np.divide(
        intensity, priors.intensity, out=np.ones_like(prior), where=emits
    )


def outputs_from_emissions(
    province: Province, prior: np.ndarray, data: Sequence[Datum], step: CityStep
) -> np.ndarray:
    """Sector outputs that agree, softly and within bounds, with the cities' CO2 totals
    (``emissions_enter: output``).

    min KL(x | x0) + rho KL(s | E)  s.t.  sum_r x_j^r = X_j,  s^r = sum_j e_j x_j^r,

    so that x_j^r = x0_j^r a_j exp(lambda_r e_j). A multiplier with |lambda_r e_max| above
    `LOG_BOUND` is fixed at the bound, its city's target dropped, and the free targets are re-closed
    to the province (R6).

    Parameters
    ----------
    prior
        x0, shape (region, sector), columns sum to the province's output.
    data
        CO2 totals of cities, t. Emissions of households in them are taken to be as large a part in
        every city.

    Returns
    -------
    ndarray
        Shape (region, sector), columns sum to the province's output.

    Raises
    ------
    DataError
        The province has no intensities.
    """
    target, trust = city_totals(data, len(province.codes))
    known = np.isfinite(target) & (target > 0)
    if not known.any():
        return prior
    if province.intensity is None:
        raise DataError(
            "cities.emissions_enter is 'output', but the province has no emission inventory to "
            "take intensities from",
            where=step.place,
            fix="give the province's inventory, or set cities.emissions_enter: intensity.",
        )
    e = province.intensity.sum(axis=0)
    if not (e > 0).any():
        return prior
    total, rho = province.block.output, weight(trust, step.config.rho_gdp)
    free, bound, start, result = known.copy(), LOG_BOUND / e.max(), prior.copy(), prior
    while free.any():
        level = float(total @ e) - (start @ e)[~free].sum()
        if level <= 0:
            break
        members = np.flatnonzero(free)
        goal = target[free] * level / target[free].sum()
        result, softened = _met_softly(province, start, members, goal, e, rho[members], step)
        # stationarity in s: x = x0 a exp(lambda e) with lambda = -rho ln(s / E)
        multiplier = -rho[members] * np.log1p(softened)
        over = np.abs(multiplier) > bound * (1 + SOLVED)
        if not over.any():
            worst = int(np.abs(softened).argmax())
            step.report.add(
                "largest softened CO2 total",
                float(np.abs(softened).max()),
                region=province.codes[members[worst]],
            )
            step.report.add("CO2 multipliers", float(np.abs(multiplier).max()), limit=bound)
            break
        for r, sign in zip(members[over], np.sign(multiplier[over]), strict=True):
            start[r] = prior[r] * np.exp(sign * bound * e)
            free[r] = False
            value = float(sign * bound * e.max())
            step.report.add(
                "CO2 total at its bound", value, region=province.codes[r], flag="softened"
            )
        # the province's output is met by all cities again before the next round
        start = start * np.divide(
            total, start.sum(axis=0), out=np.zeros_like(total), where=total > 0
        )
        result = start
    return result


def _met_softly(
    province: Province,
    start: np.ndarray,
    members: np.ndarray,
    goal: np.ndarray,
    e: np.ndarray,
    rho: np.ndarray,
    step: CityStep,
) -> tuple[np.ndarray, np.ndarray]:
    """Outputs nearest to `start` with CO2 totals of some cities as soft goals; and the relative
    deviation from each goal.
    """
    model = EntropyModel(f"outputs from CO2 totals, {step.place}")
    x = model.variable("output", prior=start)
    model.equal("provincial output", x.sum_over(0), province.block.output, labels=province.names)
    cells = (members[:, None] * len(e) + np.arange(len(e))).ravel()
    rows = np.repeat(np.arange(len(members)), len(e))
    matrix = sp.csr_matrix(
        (np.tile(e, len(members)), (rows, cells)), shape=(len(members), start.size)
    )
    labels = [province.codes[r] for r in members]
    model.equal("CO2 total", x.rows(matrix), goal, labels=labels, soft=rho)
    solution = step.solve(model)
    return solution["output"], np.asarray(solution.slack["CO2 total"]) / goal
