"""Outputs of cities by their value added and their CO2 totals together (method section 1a, R6, ``emissions_enter: both``).

A CO2 total that differs from the province's intensities times the city's outputs may lie in the outputs or in the intensities.
Each moves by its variance: the logarithms of both are normal around their priors, and everything that is known of their sums is a
datum,

    log x_j^r ~ N(log x0_j^r, C_x),    log e_j^r ~ N(log e_j^p, C_e),
    sum_r x_j^r = X_j,    sum_r e_j^r x_j^r = E_j,    sum_j e_j^r x_j^r = T^r exp(level) for every city with a CO2 total T.

C_x: within a set of sectors whose value added is known the mix varies and the sum does not, apart from output for value added;
C_e: a level of the city and its sectors. The spreads are those between the provinces (`provinces.dispersion`). The maximum of
this posterior is found by Gauss-Newton steps, each the closed form of linear data on normal variables (Tarantola 2005, chapter
3). A member of the ensemble starts from drawn priors and drawn data: its maximum is a draw of the posterior (randomised maximum
likelihood, Oliver, He and Reynolds 1996). What comes out is a reference; the accounts are met exactly by the steps that follow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..base.errors import CertificateError
from ..base.reliability import odds
from ..trade.priors.table import SPREADS, fitted
from .province import Province

#: Log standard deviation of the province's own sums: they are exact; a datum needs some.
SURE = 1e-4
#: Log standard deviation of a CO2 total of reliability 0.9; others by the odds of theirs, as the weights of all data.
TOTAL, USUAL = 0.1, 0.9
#: Log standard deviation of the level of all CO2 totals of a province against its inventory: only their proportions count.
LEVEL = 0.3
#: Largest log change of a step, the change at which the steps have settled (a reference has a spread of 0.3 and more), the gain
#: (of minus twice the log posterior) that is worth no further step, most steps.
STRIDE, SETTLED, GAINED, STEPS = 1.5, 0.01, 0.01, 300


@dataclass(frozen=True)
class Prior:
    """Priors of outputs and intensities of the cities of a province, and how they vary.

    Attributes
    ----------
    output, intensity
        x0 and e0 (region, sector).
    sets
        (region, sector): number of the set whose sum keeps.
    mix
        Log standard deviation of outputs within their set (sector,).
    level
        The same of the output of a set, given its value added.
    city, sector
        The same of the intensities of a city together, and of one sector.
    """

    output: np.ndarray
    intensity: np.ndarray
    sets: np.ndarray
    mix: np.ndarray
    level: float
    city: float
    sector: float

    @classmethod
    def of(cls, province: Province, output: np.ndarray, sets: np.ndarray) -> Prior:
        """With the spreads of priors.csv."""
        names, place = province.names, province.place("joint outputs")
        spread = {name: fitted(province.priors, name, names, place) for name in SPREADS}
        one = {name: float(values[0]) for name, values in spread.items()}
        mix, *others = spread["output_sd"], one["productivity_sd"], one["intensity_sd"], one["intensity_sector_sd"]
        return cls(output, province.intensities, sets, mix, *others)

    def covariances(self) -> tuple[np.ndarray, np.ndarray]:
        """C_x and C_e of every city, (region, sector, sector) both.

        C_x is (I - 1 a') D (I - a 1') + level^2 1 1' in every set, a the shares of the sectors in the output of their set.
        """
        unit, made = np.eye(self.output.shape[1]), self.output > 0
        outputs = unit * ~made[:, None, :]
        for number in np.unique(self.sets):
            member = ((self.sets == number) & made).astype(float)
            size = self.output * member
            whole = size.sum(axis=1, keepdims=True)
            share = np.divide(size, whole, out=np.zeros_like(size), where=whole > 0)
            keeps = member[:, :, None] * (unit - share[:, None, :])
            outputs = outputs + (keeps * self.mix**2) @ keeps.transpose(0, 2, 1)
            outputs = outputs + self.level**2 * member[:, :, None] * member[:, None, :]
        emits = made & (self.intensity > 0)
        city = self.city**2 * emits[:, :, None] * emits[:, None, :]
        return outputs, self.sector**2 * unit + city

    def gaps(self, totals: np.ndarray, noise: np.ndarray) -> list[tuple[int, float, float]]:
        """Cities with a CO2 total: position, log of the total over its prior, and the standard deviation that the priors give it.

        The common level of the totals of a province is not known: the mean gap is taken off.
        """
        emitted = self.output * self.intensity
        known = np.flatnonzero(np.isfinite(totals) & (totals > 0) & (emitted.sum(axis=1) > 0))
        share = emitted[known] / emitted[known].sum(axis=1, keepdims=True)
        both = sum(self.covariances())[known]
        sd = np.sqrt(np.einsum("ri,rij,rj->r", share, both, share) + noise[known] ** 2)
        gap = np.log(totals[known] / emitted[known].sum(axis=1))
        return [*zip(known.tolist(), (gap - gap.mean()).tolist(), sd.tolist(), strict=True)] if len(known) else []


def noise_of_totals(reliability: np.ndarray) -> np.ndarray:
    """Log standard deviation of CO2 totals by their reliability."""
    return TOTAL * np.sqrt(odds(USUAL) / np.maximum(odds(reliability), SURE))


@dataclass(frozen=True)
class Known:
    """What is known of the cities of a province.

    Attributes
    ----------
    output, emissions
        X and E of the province (sector,), money and t CO2.
    totals, noise
        CO2 totals of cities, NaN where there is none, and their log standard deviations (region,).
    own
        Emissions by sector of cities with an inventory of their own, t CO2, NaN elsewhere (region, sector).
    """

    output: np.ndarray
    emissions: np.ndarray
    totals: np.ndarray
    noise: np.ndarray
    own: np.ndarray


class _Posterior:
    """The posterior of log outputs and log emissions (region, sector) around their priors, near places where exact sums are met.

    What an inventory of a city's own has by sector is taken first: its emissions stay, and outputs have the prior that their
    intensities leave, in closed form.
    """

    def __init__(self, prior: Prior, known: Known):
        self.known, self.made = known, prior.output > 0
        emits = self.made & (prior.intensity > 0)
        self.kept = emits & (known.own > 0)
        self.free = emits & ~self.kept
        self.start = [
            np.log(np.where(here, values, 1.0)) for here, values in ((self.made, prior.output), (emits, prior.intensity))
        ]
        self.covariances = list(prior.covariances())
        self.precisions = [np.linalg.inv(one) for one in self.covariances]
        for r in np.flatnonzero(self.kept.any(axis=1)):
            own = np.flatnonzero(self.kept[r])
            gain = np.linalg.inv(self.covariances[1][r][np.ix_(own, own)])
            pull = np.zeros(len(self.made[r]))
            pull[own] = gain @ (np.log(known.own[r, own]) - self.start[1][r, own])
            pull = pull + self.precisions[0][r] @ self.start[0][r]
            self.precisions[0][r][np.ix_(own, own)] += gain
            self.covariances[0][r] = np.linalg.inv(self.precisions[0][r])
            self.start[0][r] = np.where(self.made[r], self.covariances[0][r] @ pull, 0.0)
        self.told = np.flatnonzero((known.totals > 0) & self.free.any(axis=1) & ~self.kept.any(axis=1))
        left = known.emissions - np.where(self.kept, known.own, 0.0).sum(axis=0)
        self.columns = np.flatnonzero(self.made.any(axis=0))
        self.emitting = np.flatnonzero(self.free.any(axis=0) & (left > 0))
        self.goal = np.log(np.concatenate([known.output[self.columns], left[self.emitting], known.totals[self.told]]))
        exact = np.full(len(self.columns) + len(self.emitting), SURE**2)
        self.variance = np.diag(np.concatenate([exact, known.noise[self.told] ** 2]))
        self.variance[len(exact) :, len(exact) :] += LEVEL**2
        self.weight = np.linalg.inv(self.variance[len(exact) :, len(exact) :])

    def amounts(self, log_x: np.ndarray, log_e: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Outputs and emissions that are not of a city's own inventory (region, sector)."""
        return np.where(self.made, np.exp(log_x), 0.0), np.where(self.free, np.exp(log_x + log_e), 0.0)

    def closed(self, log_x: np.ndarray, log_e: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """The place where columns meet the sums that are exact, and its distance from priors and data (minus 2 log posterior)."""
        log_x, log_e, told = log_x.copy(), log_e.copy(), len(self.told)
        goals = np.split(self.goal, [len(self.columns), len(self.goal) - told])
        log_x[:, self.columns] += goals[0] - np.log(self.amounts(log_x, log_e)[0].sum(axis=0)[self.columns])
        log_e[:, self.emitting] += goals[1] - np.log(self.amounts(log_x, log_e)[1].sum(axis=0)[self.emitting])
        gap = goals[2] - np.log(self.amounts(log_x, log_e)[1].sum(axis=1)[self.told])
        moves = (np.where(here, now - before, 0.0) for here, now, before in self._pairs(log_x, log_e))
        far = sum(float(np.einsum("ri,rij,rj->", m, c, m)) for m, c in zip(moves, self.precisions, strict=True))
        return log_x, log_e, far + float(gap @ self.weight @ gap)

    def _pairs(self, log_x: np.ndarray, log_e: np.ndarray) -> zip:
        return zip((self.made, self.free), (log_x, log_e), self.start, strict=True)

    def step(self, log_x: np.ndarray, log_e: np.ndarray) -> list[np.ndarray]:
        """The step to the maximum of the posterior whose data are linear from here on."""
        x, e = self.amounts(log_x, log_e)
        moved = (log_x - self.start[0], log_e - self.start[1])
        gained = _gains(x, e, moved, self.goal, self.variance, (self.columns, self.emitting, self.told), self.covariances)
        return [
            np.where(here, before + gain - now, 0.0)
            for (here, now, before), gain in zip(self._pairs(log_x, log_e), gained, strict=True)
        ]


def joint_outputs(prior: Prior, known: Known, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Outputs and intensities of the cities of a province that agree with its sums and with what is known of their emissions.

    Returns
    -------
    output
        (region, sector); columns sum to X.
    intensity
        (region, sector), t CO2 per unit of money.

    Raises
    ------
    CertificateError
        The steps do not settle.
    """
    if len(prior.output) == 1:
        return prior.output, prior.intensity
    posterior = _Posterior(prior, known)
    log_x, log_e, distance = posterior.closed(*posterior.start)
    for _ in range(STEPS):
        step_x, step_e = posterior.step(log_x, log_e)
        longest = max(np.abs(step_x).max(), np.abs(step_e).max(), SURE)
        part = min(1.0, STRIDE / longest)
        trial = posterior.closed(log_x + part * step_x, log_e + part * step_e)
        while part * longest >= SETTLED and trial[2] > distance:
            part /= 2
            trial = posterior.closed(log_x + part * step_x, log_e + part * step_e)
        if part * longest < SETTLED or distance - trial[2] < GAINED:
            x, e = posterior.amounts(log_x, log_e)
            emitted = np.where(posterior.kept, known.own, e)
            return x, np.divide(emitted, x, out=prior.intensity.copy(), where=(x > 0) & (emitted > 0))
        log_x, log_e, distance = trial
    raise CertificateError(
        f"outputs and intensities still move by {longest:.3g} (log) after {STEPS} steps",
        where=where,
        fix="check the CO2 totals of its cities, or set cities.emissions_enter: intensity.",
    )


def _gains(
    x: np.ndarray,
    e: np.ndarray,
    moved: tuple[np.ndarray, np.ndarray],
    goal: np.ndarray,
    variance: np.ndarray,
    data: tuple[np.ndarray, np.ndarray, np.ndarray],
    covariances: list[np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """What log outputs and log intensities gain on their priors (region, sector), the data linearised at outputs x, emissions e.

    Derivatives of the logarithm of a sum are shares: w of cities in the output of a sector, v in its emissions, s of sectors in
    the emissions of a city.
    """
    (columns, emitting, known), (c_x, c_e) = data, covariances
    sums = np.concatenate([x.sum(axis=0)[columns], e.sum(axis=0)[emitting], e.sum(axis=1)[known]])
    w, v, s = x[:, columns] / sums[: len(columns)], np.zeros_like(x), np.zeros_like(x)
    v[:, emitting] = e[:, emitting] / sums[len(columns) : len(columns) + len(emitting)]
    s[known] = e[known] / sums[len(columns) + len(emitting) :, None]
    both = c_x + c_e
    x_of_s, both_of_s = np.einsum("rij,rj->ri", c_x, s), np.einsum("rij,rj->ri", both, s)
    wide = np.zeros_like(x)
    wide[:, columns] = w
    by_output = np.einsum("ri,rj,rij->ij", wide, wide, c_x)[np.ix_(columns, columns)]
    crossed = np.einsum("ri,rj,rij->ij", wide, v, c_x)[np.ix_(columns, emitting)]
    by_emission = np.einsum("ri,rj,rij->ij", v, v, both)[np.ix_(emitting, emitting)]
    of_city = np.diag(np.einsum("ri,ri->r", s, both_of_s)[known])
    with_output, with_emission = (wide * x_of_s)[known][:, columns], (v * both_of_s)[known][:, emitting]
    gram = np.block(
        [
            [by_output, crossed, with_output.T],
            [crossed.T, by_emission, with_emission.T],
            [with_output, with_emission, of_city],
        ]
    )
    moved_x, moved_both = moved[0], moved[0] + moved[1]
    predicted = np.concatenate(
        [
            (wide * moved_x).sum(axis=0)[columns],
            (v * moved_both).sum(axis=0)[emitting],
            (s * moved_both).sum(axis=1)[known],
        ]
    )
    multiplier = np.linalg.solve(gram + variance, goal - np.log(sums) + predicted)
    of_x, of_e, of_r = np.split(multiplier, [len(columns), len(columns) + len(emitting)])
    by_e = s.copy()
    by_e[known] *= of_r[:, None]
    by_e[:, emitting] += v[:, emitting] * of_e
    by_x = by_e.copy()
    by_x[:, columns] += w * of_x
    return np.einsum("rij,rj->ri", c_x, by_x), np.einsum("rij,rj->ri", c_e, by_e)
