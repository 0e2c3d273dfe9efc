"""Outputs of cities by their value added and their CO2 totals together (method section 1a, R6,
``emissions_enter: both``).

A CO2 total that differs from the province's intensities times the city's outputs may lie in the
outputs or in the intensities. Each moves by its variance: the logarithms of both are normal around
their priors, and everything that is known of their sums is a datum,

    log x_j^r ~ N(log x0_j^r, C_x),    log e_j^r ~ N(log e_j^p, C_e),
    sum_r x_j^r = X_j,    sum_r e_j^r x_j^r = E_j,
    sum_j e_j^r x_j^r + H^r = T^r exp(level)

for every city with a CO2 total T, which holds its households' H.

C_x: within a set of sectors whose value added is known the mix varies and that sum does not, apart
from output for value added; C_e: a level of the city and its sectors, around a level of every
sector with which the priors add up to E. Where mixes differ much, the share of a sector in its set
is not that of the prior: what a set earns is linear in steps alone. An output that is told of a
city is a datum too, log sum_j a_j x_j^r ~ N(log b, s): the priors are conditioned by it first, so
that a total is not explained by outputs that are known. The spreads are those between the provinces
(`provinces.dispersion`). The maximum of this posterior is found by Gauss-Newton steps, each the
closed form of linear data on normal variables (Tarantola 2005, chapter 3), extrapolated from the
last few (Anderson 1965). A member of the ensemble starts from drawn priors and drawn data: its
maximum is a draw of the posterior (randomised maximum likelihood, Oliver, He and Reynolds 1996).
What comes out is a reference; the accounts are met exactly by the steps that follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.linalg import lapack

from ..base.errors import CertificateError
from ..base.projections import log_or_zero, ratio, value_added_rates
from ..base.reliability import USUAL, odds
from ..trade.priors.table import prior_values
from .observations import Datum
from .province import Province

#: Log standard deviation of the province's own sums: they are exact; a datum needs some.
SURE = 1e-4
#: Log standard deviation of a datum of usual reliability; others by the odds of theirs, as the
#: weights of all data.
NOISE = 0.1
#: Log standard deviation of the level of all CO2 totals of a province against its inventory: only
#: their proportions count.
LEVEL = 0.3
#: Largest log change of a step, the change and the gain (of minus twice the log posterior) at which
#: steps have settled, most steps; steps before the last that an extrapolation looks back on, share
#: of its diagonal that keeps its system regular.
STRIDE, SETTLED, GAINED, MAX_STEPS = 1.5, 1e-5, 1e-5, 300
MEMORY, RIDGE = 3, 1e-8


@dataclass(frozen=True)
class Prior:
    """Priors of outputs and intensities of the cities of a province, and how they vary.

    Attributes
    ----------
    output, intensity
        x0 and e0 (region, sector).
    sets
        (region, sector): number of the set whose value added keeps.
    worth
        Value added per output (sector,).
    mix
        Log standard deviation of outputs within their set (sector,).
    level
        The same of the output of a set, given its value added.
    city, sector
        The same of the intensities of a city together, and of one sector.
    told
        C_x given what is told of outputs (:meth:`condition_on`), (region, sector, sector), not a
        number for cities of which nothing is told; None without.
    """

    output: np.ndarray
    intensity: np.ndarray
    sets: np.ndarray
    worth: np.ndarray
    mix: np.ndarray
    level: float
    city: float
    sector: float
    told: np.ndarray | None = None

    @classmethod
    def of(
        cls, province: Province, intensity: np.ndarray, output: np.ndarray, sets: np.ndarray
    ) -> Prior:
        """With the province's intensities and the spreads of priors.csv."""
        names, place = province.names, province.place("joint outputs")
        mix, *others = (
            prior_values(province.parameters, name, names, place)
            for name in ("output_sd", "productivity_sd", "intensity_sd", "intensity_sector_sd")
        )
        level, city, sector = (float(of[0]) for of in others)  # one number for all sectors
        return cls(
            output,
            province.drawn_intensity @ intensity,
            sets,
            value_added_rates(province.block.value_added, province.block.output),
            mix=mix,
            level=level,
            city=city,
            sector=sector,
        )

    def condition_on(self, data: Sequence[Datum], where: str) -> Prior:
        """The same given outputs that are told of cities, each with the spread of its reliability.

        Raises
        ------
        CertificateError
            The steps of a city do not settle.
        """
        if not (data := [datum for datum in data if datum.value > 0]):
            return self
        before = self.covariances[0]
        centre, covariance = self.output.copy(), np.full(before.shape, np.nan)
        for r in sorted({datum.city for datum in data}):
            told = _Told.of(self.output[r], before[r], [datum for datum in data if datum.city == r])
            moved = _find_maximum(np.zeros(len(centre[r])), told, where, "told outputs")
            centre[r], covariance[r] = told.output(moved), told.covariance(moved)
        return replace(self, output=centre, told=covariance)

    @property
    def is_told(self) -> np.ndarray:
        """Cities of whose outputs something is told (region,)."""
        if self.told is None:
            return np.zeros(len(self.output), bool)
        return ~np.isnan(self.told[:, 0, 0])

    @cached_property
    def members(self) -> np.ndarray:
        """1 where a sector that a city makes is of a set (set, region, sector)."""
        numbers = np.unique(self.sets)[:, None, None]
        return ((self.sets == numbers) & (self.output > 0)).astype(float)

    @cached_property
    def places(self) -> np.ndarray:
        """Where the set of a sector stands among sums of sets (region, sector)."""
        numbers = np.unique(self.sets, return_inverse=True)[1].reshape(self.sets.shape)
        return numbers * len(numbers) + np.arange(len(numbers))[:, None]

    def sum_sets(self, values: np.ndarray) -> np.ndarray:
        """Sums of sets (..., set, region) of values (..., region, sector)."""
        return np.vecdot(self.members, values[..., None, :, :])

    def spread_sets(self, sums: np.ndarray) -> np.ndarray:
        """Values of sets (set, region) at their sectors (region, sector)."""
        return np.where(self.output > 0, sums.take(self.places), 0.0)

    def value_added_of_sets(self, output: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Value added of sets (set, region), and shares of sectors in that of theirs (region,
        sector).
        """
        earned = output * self.worth
        whole = self.sum_sets(earned)
        return whole, ratio(earned, self.spread_sets(whole))

    @cached_property
    def emits(self) -> np.ndarray:
        """1 where a sector of a city emits (region, sector)."""
        return ((self.output > 0) & (self.intensity > 0)).astype(float)

    @cached_property
    def covariances(self) -> np.ndarray:
        """C_x, around the prior, and C_e of every city, (2, region, sector, sector).

        C_x is (I - 1 a') D (I - a 1') + level^2 1 1' in every set, a the shares of sectors in the
        value added of their set.
        """
        unit, (_, share) = np.eye(len(self.mix)), self.value_added_of_sets(self.output)
        held = share * self.mix**2
        common = self.spread_sets(self.sum_sets(share * held) + self.level**2)
        same = np.einsum("srj,srk->rjk", self.members, self.members)
        outputs = same * (common[:, :, None] - held[:, None] - held[:, :, None])
        outputs += np.where(self.output > 0, self.mix**2, 1.0)[:, None] * unit
        if self.told is not None:
            outputs = np.where(np.isnan(self.told), outputs, self.told)
        alike = self.emits[:, :, None] * self.emits[:, None]
        return np.array([outputs, self.sector**2 * unit + self.city**2 * alike])

    def gaps(self, known: KnownSums) -> list[tuple[int, float, float]]:
        """Cities with a CO2 total: position, log of the total over its prior, and the standard
        deviation that the priors give it.

        The common level of the totals of a province is not known: the mean gap is taken off.
        """
        emitted = self.output * self.intensity
        whole = emitted.sum(axis=1) + known.household
        told = np.flatnonzero((known.totals > 0) & emitted.any(axis=1))
        share = emitted[told] / whole[told, None]
        both = self.covariances.sum(axis=0)[told]
        sd = np.sqrt(np.einsum("ri,rij,rj->r", share, both, share) + known.noise[told] ** 2)
        gap = np.log(known.totals[told] / whole[told])
        return (
            [*zip(told.tolist(), (gap - gap.mean()).tolist(), sd.tolist(), strict=True)]
            if len(told)
            else []
        )


def noise_of_data(reliability: np.ndarray) -> np.ndarray:
    """Log standard deviation of CO2 totals and of told outputs by their reliability."""
    return NOISE * np.sqrt(odds(USUAL) / np.maximum(odds(reliability), SURE))


@dataclass(frozen=True)
class KnownSums:
    """What is known of the cities of a province.

    Attributes
    ----------
    output, emissions
        X and E of the province (sector,), money and t CO2.
    totals, noise
        CO2 totals of cities, NaN where there is none, and their log standard deviations (region,).
    own
        Emissions by sector of cities with an inventory of their own, t CO2, NaN elsewhere (region,
        sector).
    household
        Direct emissions of households, which totals hold, t CO2 (region,).
    """

    output: np.ndarray
    emissions: np.ndarray
    totals: np.ndarray
    noise: np.ndarray
    own: np.ndarray
    household: np.ndarray


@dataclass(frozen=True)
class _Told:
    """Log outputs (sector,) of one city around their prior, given sums that are told."""

    prior: np.ndarray
    precision: np.ndarray
    weights: np.ndarray
    goal: np.ndarray
    variance: np.ndarray

    @classmethod
    def of(cls, prior: np.ndarray, covariance: np.ndarray, data: Sequence[Datum]) -> _Told:
        weights, goal = np.array([d.weights for d in data]), np.log([d.value for d in data])
        noise = np.maximum(noise_of_data(np.array([d.reliability for d in data])), SURE)
        return cls(prior, np.linalg.inv(covariance), weights, goal, noise**2)

    def output(self, moved: np.ndarray) -> np.ndarray:
        return np.where(self.prior > 0, self.prior * np.exp(moved), 0.0)

    def covariance(self, moved: np.ndarray) -> np.ndarray:
        """What is left of the covariance, the sums linearised at `moved`."""
        share = self._shares(moved)
        return np.linalg.inv(self.precision + (share.T / self.variance) @ share)

    def evaluate(self, moved: np.ndarray) -> tuple[np.ndarray, float]:
        """The place, and its distance from prior and data (minus 2 log posterior)."""
        return moved, float(
            moved @ self.precision @ moved + (self._gaps(moved) ** 2 / self.variance).sum()
        )

    def step(self, moved: np.ndarray) -> np.ndarray:
        """The step to the maximum of the posterior whose data are linear from here on."""
        share = self._shares(moved)
        pull = (share.T / self.variance) @ (self._gaps(moved) + share @ moved)
        return np.where(self.prior > 0, self.covariance(moved) @ pull - moved, 0.0)

    def _gaps(self, moved: np.ndarray) -> np.ndarray:
        return self.goal - np.log(self.weights @ self.output(moved))

    def _shares(self, moved: np.ndarray) -> np.ndarray:
        part = self.weights * self.output(moved)
        return part / part.sum(axis=1, keepdims=True)


class _Posterior:
    """The posterior of log outputs and log emissions (region, sector) around their priors, near
    places where exact sums are met.

    What an inventory of a city's own has by sector is taken first: its emissions stay, and outputs
    have the prior that their intensities leave, in closed form.
    """

    def __init__(self, prior: Prior, known: KnownSums):
        self.prior, self.known, self.made = prior, known, prior.output > 0
        emits = prior.emits > 0
        self.kept = emits & (known.own > 0)
        self.free = emits & ~self.kept
        pairs = ((self.made, prior.output), (emits, prior.intensity))
        self.start = np.array([np.log(np.where(here, values, 1.0)) for here, values in pairs])
        self.whole = prior.value_added_of_sets(prior.output)[0]
        #: Cities of whose outputs more is known than what sets earn, their C_x and its inverse.
        self.apart = np.flatnonzero(prior.is_told | self.kept.any(axis=1))
        self.precision = np.linalg.inv(prior.covariances[0, self.apart])
        for precision, r in zip(self.precision, self.apart, strict=True):
            own = np.flatnonzero(self.kept[r])
            gain = np.linalg.inv(prior.covariances[1, r][np.ix_(own, own)])
            pull = precision @ self.start[0, r]
            pull[own] += gain @ (np.log(known.own[r, own]) - self.start[1, r, own])
            precision[np.ix_(own, own)] += gain
            self.start[0, r] = np.where(self.made[r], np.linalg.solve(precision, pull), 0.0)
        self.covariance = np.linalg.inv(self.precision)
        self.moves = np.array([self.made, self.free])
        left = known.emissions - np.where(self.kept, known.own, 0.0).sum(axis=0)
        # what the cities of a province emit alike per output is not known before its sums are
        x, e = (of.sum(axis=0) for of in self.amounts(self.start))
        self.start[1] += log_or_zero(ratio(left * x, known.output * e))
        told = (known.totals > 0) & self.free.any(axis=1) & ~self.kept.any(axis=1)
        n, sure = known.output.size, np.full(2 * known.output.size, SURE**2)
        #: Sums of outputs and emissions by sector and of emissions by city: which are known, their
        #: logarithms and variances (0 and 1 where they are not).
        self.told = np.concatenate(
            [self.made.any(axis=0), self.free.any(axis=0) & (left > 0), told]
        )
        goal = np.concatenate([known.output, left, known.totals])
        self.goal = np.log(np.where(self.told, goal, 1.0))
        self.variance = np.diag(np.where(self.told, np.append(sure, known.noise**2), 1.0))
        self.variance[2 * n :, 2 * n :] += LEVEL**2 * np.outer(told, told)
        self.weight = np.linalg.inv(self.variance[2 * n :, 2 * n :])
        self.parts = slice(n), slice(n, 2 * n), slice(2 * n, None)
        #: Cities of which no more is known than what sets earn, 1 (region,); precisions of log
        #: outputs in their set (region, sector), and their sums.
        self.alone = np.ones(len(self.made))
        self.alone[self.apart] = 0.0
        self.precise = np.where(self.made, prior.mix**-2.0, 0.0)
        self.precise_sums = prior.sum_sets(self.precise)

    def amounts(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Outputs and emissions that are not of a city's own inventory (region, sector)."""
        return np.where(self.made, np.exp(place[0]), 0.0), self._emitted(place)

    def _emitted(self, place: np.ndarray) -> np.ndarray:
        return np.where(self.free, np.exp(place[0] + place[1]), 0.0)

    def evaluate(self, place: np.ndarray) -> tuple[np.ndarray, float]:
        """The place where columns meet the sums that are exact, and its distance from priors and
        data (minus 2 log posterior).
        """
        place, (of_x, of_e, of_r) = place.copy(), self.parts
        place[0] += self._log_gaps(np.where(self.made, np.exp(place[0]), 0.0).sum(axis=0), of_x)
        e = self._emitted(place)
        change = self._log_gaps(e.sum(axis=0), of_e)
        place[1] += change
        gap = self._log_gaps((e * np.exp(change)).sum(axis=1) + self.known.household, of_r)
        return place, self._distance(place) + float(gap @ self.weight @ gap)

    def _log_gaps(self, sums: np.ndarray, part: slice = slice(None)) -> np.ndarray:
        """Logarithms of what is known over sums, 0 where nothing is."""
        return self.goal[part] - np.log(np.where(self.told[part], sums, 1.0))

    def _distance(self, place: np.ndarray) -> float:
        """From the priors: z' W z - (1' W z)^2 / 1' W 1 of the mix in every set, W = D^-1, and the
        square of what the set earns over level^2; likewise of intensities.
        """
        prior, (x, e) = self.prior, np.where(self.moves, place - self.start, 0.0)
        earned = np.where(self.made, np.exp(place[0]), 0.0) * prior.worth
        sums, whole = prior.sum_sets(np.array([self.precise * x, earned]))
        level = log_or_zero(ratio(whole, self.whole)) / prior.level
        alike = ratio(sums**2, self.precise_sums)
        far = self.alone @ (np.vecdot(self.precise, x * x) + (level * level - alike).sum(axis=0))
        part = prior.city**2 / (prior.sector**2 + prior.city**2 * prior.emits.sum(axis=1))
        shared = part @ np.vecdot(prior.emits, e) ** 2
        far += ((e * e).sum() - shared) / prior.sector**2
        apart = x[self.apart]
        return float(far + (apart * np.matvec(self.precision, apart)).sum())

    def _local_prior(
        self, place: np.ndarray, output: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The prior of log outputs, what sets earn linear from here on: mean (region, sector); a D
        and the rest of a column of C_x, a' D a + level^2 (region, sector) each.
        """
        prior, (whole, share) = self.prior, self.prior.value_added_of_sets(output)
        moved, held = np.where(self.made, place[0] - self.start[0], 0.0), share * self.prior.mix**2
        shift, common = prior.sum_sets(share * np.array([moved, held]))
        shift = prior.spread_sets(shift - log_or_zero(ratio(whole, self.whole)))
        shift[self.apart] = 0.0
        return self.start[0] + shift, held, prior.spread_sets(common + prior.level**2)

    def _covariance_of_sums(
        self, held: np.ndarray, common: np.ndarray, share: np.ndarray
    ) -> np.ndarray:
        """Covariances (2 sector, 2 sector) of sums over cities of log outputs and log emissions,
        each with its shares (2, region, sector).
        """
        prior, (w, v), own = self.prior, share, share * self.alone[:, None]
        left = prior.members[:, :, None] * own.swapaxes(0, 1)
        of_held, rest = left * held[:, None], left * (common - held)[:, None]
        left, of_held, rest = (of.reshape(-1, w.shape[1] * 2) for of in (left, of_held, rest))
        found = (left.T @ rest - of_held.T @ left).reshape(2, w.shape[1], 2, -1)
        found += np.einsum(
            "ari,rij,brj->aibj", share[:, self.apart], self.covariance, share[:, self.apart]
        )
        diagonal = np.einsum("aibi->iab", found)
        diagonal += np.einsum("ari,bri,i->iab", own, own, prior.mix**2)
        diagonal[:, 1, 1] += prior.sector**2 * (v * v).sum(axis=0)
        found[1, :, 1] += prior.city**2 * v.T @ v
        return found.reshape(len(left.T), -1)

    def _times_covariance(
        self, held: np.ndarray, common: np.ndarray, pull: np.ndarray
    ) -> np.ndarray:
        """C_x times (region, sector)."""
        prior = self.prior
        total, of_held = prior.sum_sets(np.array([pull, held * pull]))
        found = (
            prior.mix**2 * pull
            + (common - held) * prior.spread_sets(total)
            - prior.spread_sets(of_held)
        )
        found[self.apart] = np.matvec(self.covariance, pull[self.apart])
        return found

    def step(self, place: np.ndarray) -> np.ndarray:
        """The step to the maximum of the posterior whose data are linear from here on; not a number
        where they have no positive definite covariance.

        Derivatives of the logarithm of a sum are shares: w of cities in the output of a sector, v
        in its emissions, s of sectors in the emissions of a city.
        """
        prior, last, amounts = self.prior, self.parts[2], np.array(self.amounts(place))
        mean, held, common = self._local_prior(place, amounts[0])
        whole = amounts[1].sum(axis=1) + self.known.household
        sums, first = np.append(amounts.sum(axis=1), whole), slice(last.start)
        below = np.where(self.told, sums, np.inf)
        share, s = amounts / below[first].reshape(2, 1, -1), amounts[1] / below[last, None]

        def of_intensities(pull: np.ndarray) -> np.ndarray:
            alike = prior.emits * np.vecdot(prior.emits, pull)[:, None]
            return prior.sector**2 * pull + prior.city**2 * alike

        gained = self._times_covariance(held, common, s)
        gained = np.array([gained, gained + of_intensities(s)])
        gram = self.variance.copy()
        gram[first, first] += self._covariance_of_sums(held, common, share)
        gram[last, last] += np.diag((s * gained[1]).sum(axis=1))
        gram[first, last] = (share * gained).swapaxes(1, 2).reshape(-1, len(s))
        moved = place - (mean, self.start[1])
        moved[1] += moved[0]
        predicted = np.append((share * moved).sum(axis=1), (s * moved[1]).sum(axis=1))
        # what is below its diagonal, as LAPACK sees the transpose
        right = self._log_gaps(sums) + predicted
        *_, multiplier, failed = lapack.dposv(gram.T, right, lower=True, overwrite_a=True)
        if failed:
            return np.full(place.shape, np.nan)
        share *= multiplier[first].reshape(2, 1, -1)
        s = s * multiplier[last, None] + share[1]
        ends = (
            mean + self._times_covariance(held, common, s + share[0]),
            self.start[1] + of_intensities(s),
        )
        return np.where(self.moves, np.array(ends) - place, 0.0)


def joint_outputs(prior: Prior, known: KnownSums, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Outputs and intensities of the cities of a province that agree with its sums and with what is
    known of their emissions.

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
    x, e = posterior.amounts(
        _find_maximum(posterior.start, posterior, where, "outputs and intensities")
    )
    emitted = np.where(posterior.kept, known.own, e)
    return x, np.divide(emitted, x, out=prior.intensity.copy(), where=(x > 0) & (emitted > 0))


def _find_maximum(
    place: np.ndarray, posterior: _Posterior | _Told, where: str, what: str
) -> np.ndarray:
    """The place of the maximum of a posterior: steps are extrapolated from the last few where that
    leads nearer to it, and halved as long as they lead away from it.

    Raises
    ------
    CertificateError
        The steps do not settle.
    """
    place, distance = posterior.evaluate(place)
    steps: list[np.ndarray] = []
    ends: list[np.ndarray] = []
    for _ in range(MAX_STEPS):
        step = posterior.step(place)
        longest = max(np.abs(step).max(), SURE)
        if not np.isfinite(longest):
            break
        steps, ends = [*steps[-MEMORY:], step.ravel()], [*ends[-MEMORY:], (place + step).ravel()]
        jump = _extrapolate(steps, ends).reshape(place.shape) - place
        part = min(1.0, STRIDE / max(np.abs(jump).max(), SURE))
        trial, far = posterior.evaluate(place + part * jump)
        if not far < distance:
            steps, ends = steps[-1:], ends[-1:]
            part = min(1.0, STRIDE / longest)
            trial, far = posterior.evaluate(place + part * step)
            while part * longest >= SETTLED and far > distance:
                part /= 2
                trial, far = posterior.evaluate(place + part * step)
        if not distance - far >= GAINED:
            return place
        place, distance = trial, far
    raise CertificateError(
        f"{what} do not settle: the last step moves them by {longest:.3g} (log)",
        where=where,
        fix="check the CO2 totals and outputs of its cities, or set cities.emissions_enter: "
        "intensity.",
    )


def _extrapolate(steps: list[np.ndarray], ends: list[np.ndarray]) -> np.ndarray:
    """Where steps would end that shrink as the last few did."""
    both = np.array([steps, ends])
    changes, moves = both[:, 1:] - both[:, :-1]
    gram = changes @ changes.T
    gram.flat[:: len(gram) + 1] *= 1 + RIDGE
    return ends[-1] - np.linalg.solve(gram, changes @ steps[-1]) @ moves
