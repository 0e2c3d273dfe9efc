"""Outputs of cities by their value added and their CO2 totals together (method section 1a, R6,
``emissions_enter: both``).

A CO2 total that differs from the province's intensities times the city's outputs may lie in the
outputs or in the intensities. Each moves by its variance: the logarithms of both are normal around
their priors, and everything that is known of their sums is a datum,

    log x_j^r ~ N(log x0_j^r, C_x),    log e_j^r ~ N(log e_j^p, C_e), sum_r x_j^r = X_j,    sum_r
    e_j^r x_j^r = E_j,    sum_j e_j^r x_j^r + H^r = T^r exp(level) for every city with a CO2 total
    T, which holds its households' H.

C_x: within a set of sectors whose value added is known the mix varies and the sum does not, apart
from output for value added; C_e: a level of the city and its sectors. An output that is told of a
city is a datum too, log sum_j a_j x_j^r ~ N(log b, s): the priors are conditioned by it first, so
that a total is not explained by outputs that are known. The spreads are those between the provinces
(`provinces.dispersion`). The maximum of this posterior is found by Gauss-Newton steps, each the
closed form of linear data on normal variables (Tarantola 2005, chapter 3), extrapolated from the
last few (Anderson 1965). A member of the ensemble
starts from drawn priors and drawn data: its maximum is a draw of the posterior (randomised maximum
likelihood, Oliver, He and Reynolds 1996). What comes out is a reference; the accounts are met
exactly by the steps that follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.linalg import lapack

from ..base.errors import CertificateError
from ..base.projections import ratio
from ..base.reliability import odds
from ..trade.priors.table import SPREADS, fitted
from .observations import Datum
from .province import Province

#: Log standard deviation of the province's own sums: they are exact; a datum needs some.
SURE = 1e-4
#: Log standard deviation of a datum of reliability 0.9; others by the odds of theirs, as the
#: weights of all data.
NOISE, USUAL = 0.1, 0.9
#: Log standard deviation of the level of all CO2 totals of a province against its inventory: only
#: their proportions count.
LEVEL = 0.3
#: Largest log change of a step, the change and the gain (of minus twice the log posterior) at which
#: steps have settled, most steps; steps before the last that an extrapolation looks back on, share
#: of its diagonal that keeps its system regular.
STRIDE, SETTLED, GAINED, STEPS = 1.5, 1e-5, 1e-5, 300
MEMORY, RIDGE = 3, 1e-8


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
    told
        C_x given what is told of outputs (:meth:`given`), (region, sector, sector); None without.
    """

    output: np.ndarray
    intensity: np.ndarray
    sets: np.ndarray
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
        spread = {name: fitted(province.parameters, name, names, place) for name in SPREADS}
        one = {name: float(values[0]) for name, values in spread.items()}
        return cls(
            output,
            province.drawn_intensity @ intensity,
            sets,
            mix=spread["output_sd"],
            level=one["productivity_sd"],
            city=one["intensity_sd"],
            sector=one["intensity_sector_sd"],
        )

    def given(self, data: Sequence[Datum], where: str) -> Prior:
        """The same given outputs that are told of cities, each with the spread of its reliability.

        Raises
        ------
        CertificateError
            The steps of a city do not settle.
        """
        if not (data := [datum for datum in data if datum.value > 0]):
            return self
        centre, covariance = self.output.copy(), self.covariances[0].copy()
        for r in sorted({datum.city for datum in data}):
            told = _Told.of(
                self.output[r], covariance[r], [datum for datum in data if datum.city == r]
            )
            moved = _settled(np.zeros(len(centre[r])), told, where, "told outputs")
            centre[r], covariance[r] = told.output(moved), told.covariance(moved)
        return replace(self, output=centre, told=covariance)

    @cached_property
    def _sets(self) -> tuple[np.ndarray, np.ndarray]:
        """1 where two sectors of a city are of one set (region, sector, sector), and the share of
        every sector in the output of its set (region, sector).
        """
        made = self.output > 0
        same = (self.sets[:, :, None] == self.sets[:, None]) & made[:, :, None] & made[:, None]
        whole = (same * self.output[:, None]).sum(axis=2)
        return same.astype(float), np.divide(
            self.output, whole, out=np.zeros_like(whole), where=made
        )

    @cached_property
    def _emitting(self) -> np.ndarray:
        """1 where two sectors of a city emit (region, sector, sector)."""
        emits = (self.output > 0) & (self.intensity > 0)
        return (emits[:, :, None] & emits[:, None]).astype(float)

    @cached_property
    def covariances(self) -> np.ndarray:
        """C_x and C_e of every city, (2, region, sector, sector).

        C_x is (I - 1 a') D (I - a 1') + level^2 1 1' in every set, a the shares of the sectors in
        the output of their set.
        """
        (same, share), unit = self._sets, np.eye(self.output.shape[1])
        keeps = same * (unit - share[:, None])
        outputs = unit * (self.output <= 0)[:, None]
        outputs = outputs + (keeps * self.mix**2) @ keeps.transpose(0, 2, 1) + self.level**2 * same
        intensities = self.sector**2 * unit + self.city**2 * self._emitting
        return np.array([outputs if self.told is None else self.told, intensities])

    @cached_property
    def precisions(self) -> np.ndarray:
        """Their inverses; that of C_x, in closed form, is a a' / level^2 + W - W 1 1' W / 1' W 1 in
        every set, W = D^-1.
        """
        if self.told is not None:
            return np.linalg.inv(self.covariances)
        (same, share), unit, of_sector = self._sets, np.eye(len(self.mix)), self.mix**-2.0
        weight = same * of_sector
        outputs = unit * np.where(self.output > 0, of_sector, 1.0)[:, None]
        outputs = outputs + same * share[:, :, None] * share[:, None] / self.level**2
        outputs = outputs - weight * ratio(of_sector[:, None], weight.sum(axis=2)[:, :, None])
        part = self.city**2 / (self.sector**2 + self.city**2 * self._emitting.sum(axis=2))
        return np.array([outputs, (unit - part[:, :, None] * self._emitting) / self.sector**2])

    def gaps(self, known: Known) -> list[tuple[int, float, float]]:
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
class Known:
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

    def closed(self, moved: np.ndarray) -> tuple[np.ndarray, float]:
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

    def __init__(self, prior: Prior, known: Known):
        self.known, self.made = known, prior.output > 0
        emits = self.made & (prior.intensity > 0)
        self.kept = emits & (known.own > 0)
        self.free = emits & ~self.kept
        pairs = ((self.made, prior.output), (emits, prior.intensity))
        self.start = np.array([np.log(np.where(here, values, 1.0)) for here, values in pairs])
        self.covariances, self.precisions = prior.covariances.copy(), prior.precisions.copy()
        for r in np.flatnonzero(self.kept.any(axis=1)):
            own = np.flatnonzero(self.kept[r])
            gain = np.linalg.inv(self.covariances[1, r][np.ix_(own, own)])
            pull = np.zeros(len(self.made[r]))
            pull[own] = gain @ (np.log(known.own[r, own]) - self.start[1, r, own])
            pull = pull + self.precisions[0, r] @ self.start[0, r]
            self.precisions[0, r][np.ix_(own, own)] += gain
            self.covariances[0, r] = np.linalg.inv(self.precisions[0, r])
            self.start[0, r] = np.where(self.made[r], self.covariances[0, r] @ pull, 0.0)
        # of outputs, and of emissions, which are both
        self.combined = np.array([self.covariances[0], self.covariances.sum(axis=0)])
        self.moves = np.array([self.made, self.free])
        left = known.emissions - np.where(self.kept, known.own, 0.0).sum(axis=0)
        told = (known.totals > 0) & self.free.any(axis=1) & ~self.kept.any(axis=1)
        #: Sectors with output, sectors with emissions and cities with a total: what is known.
        self.data = (
            np.flatnonzero(self.made.any(axis=0)),
            np.flatnonzero(self.free.any(axis=0) & (left > 0)),
            np.flatnonzero(told),
        )
        of_x, of_e = self.data[:2]
        #: Covariances of sums of columns (sector, region, sector): of outputs, of outputs with
        #: emissions, of emissions.
        self.crossed = [
            of.swapaxes(0, 1)[one].take(other, axis=2)
            for of, one, other in zip(
                self.combined[[0, 0, 1]], (of_x, of_x, of_e), (of_x, of_e, of_e), strict=True
            )
        ]
        goals = zip((known.output, left, known.totals), self.data, strict=True)
        self.goal = np.log(np.concatenate([of[some] for of, some in goals]))
        first, last = len(self.data[0]), len(self.goal) - len(self.data[2])
        self.parts = slice(first), slice(first, last), slice(last, None)
        self.variance = np.diag(np.append(np.full(last, SURE**2), known.noise[told] ** 2))
        self.variance[last:, last:] += LEVEL**2
        self.weight = np.linalg.inv(self.variance[last:, last:])

    def amounts(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Outputs and emissions that are not of a city's own inventory (region, sector)."""
        return np.where(self.made, np.exp(place[0]), 0.0), self._emitted(place)

    def _emitted(self, place: np.ndarray) -> np.ndarray:
        return np.where(self.free, np.exp(place[0] + place[1]), 0.0)

    def closed(self, place: np.ndarray) -> tuple[np.ndarray, float]:
        """The place where columns meet the sums that are exact, and its distance from priors and
        data (minus 2 log posterior).
        """
        place, (columns, emitting, told) = place.copy(), self.data
        of_x, of_e, of_r = (self.goal[part] for part in self.parts)
        x = np.where(self.made, np.exp(place[0]), 0.0).sum(axis=0)
        place[0][:, columns] += of_x - np.log(x[columns])
        e = self._emitted(place)
        factor = np.exp(of_e) / e.sum(axis=0)[emitting]
        place[1][:, emitting] += np.log(factor)
        e[:, emitting] *= factor
        emitted = e.sum(axis=1) + self.known.household
        gap = of_r - np.log(emitted[told])
        moved = np.where(self.moves, place - self.start, 0.0)
        far = (moved * np.matvec(self.precisions, moved)).reshape(2, -1).sum(axis=1)
        return place, float(far[0] + far[1]) + float(gap @ self.weight @ gap)

    def step(self, place: np.ndarray) -> np.ndarray:
        """The step to the maximum of the posterior whose data are linear from here on; not a number
        where they have no positive definite covariance.

        Derivatives of the logarithm of a sum are shares: w of cities in the output of a sector, v
        in its emissions, s of sectors in the emissions of a city.
        """
        (columns, emitting, told), (of_x, of_e, of_r) = self.data, self.parts
        x, e = self.amounts(place)
        of_cities = e.sum(axis=1) + self.known.household
        sums = np.concatenate([x.sum(axis=0)[columns], e.sum(axis=0)[emitting], of_cities[told]])
        w, v, s = x[:, columns] / sums[of_x], e[:, emitting] / sums[of_e], np.zeros_like(e)
        s[told] = e[told] / sums[of_r, None]
        x_of_s, both_of_s = np.matvec(self.combined, s)
        gram, (x_of_x, x_of_e, e_of_e) = self.variance.copy(), self.crossed
        gram[of_x, of_x] += np.vecmat(w.T, x_of_x * w)
        gram[of_e, of_e] += np.vecmat(v.T, e_of_e * v)
        gram[of_r, of_r] += np.diag((s * both_of_s).sum(axis=1)[told])
        gram[of_x, of_e] = np.vecmat(w.T, x_of_e * v)
        gram[of_x, of_r] = (w * x_of_s[:, columns])[told].T
        gram[of_e, of_r] = (v * both_of_s[:, emitting])[told].T
        moved_x, moved_both = place - self.start
        moved_both += moved_x
        predicted = np.concatenate(
            [
                (w * moved_x[:, columns]).sum(axis=0),
                (v * moved_both[:, emitting]).sum(axis=0),
                (s * moved_both).sum(axis=1)[told],
            ]
        )
        # what is below its diagonal, as LAPACK sees the transpose
        right = self.goal - np.log(sums) + predicted
        *_, multiplier, failed = lapack.dposv(gram.T, right, lower=True, overwrite_a=True)
        if failed:
            return np.full(place.shape, np.nan)
        s[told] *= multiplier[of_r, None]
        s[:, emitting] += v * multiplier[of_e]
        by_x = s.copy()
        by_x[:, columns] += w * multiplier[of_x]
        gained = np.matvec(self.covariances, np.array([by_x, s]))
        return np.where(self.moves, self.start + gained - place, 0.0)


def joint_outputs(prior: Prior, known: Known, where: str) -> tuple[np.ndarray, np.ndarray]:
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
    x, e = posterior.amounts(_settled(posterior.start, posterior, where, "outputs and intensities"))
    emitted = np.where(posterior.kept, known.own, e)
    return x, np.divide(emitted, x, out=prior.intensity.copy(), where=(x > 0) & (emitted > 0))


def _settled(place: np.ndarray, posterior: _Posterior | _Told, where: str, what: str) -> np.ndarray:
    """The place of the maximum of a posterior: steps are extrapolated from the last few where that
    leads nearer to it, and halved as long as they lead away from it.

    Raises
    ------
    CertificateError
        The steps do not settle.
    """
    place, distance = posterior.closed(place)
    steps: list[np.ndarray] = []
    ends: list[np.ndarray] = []
    for _ in range(STEPS):
        step = posterior.step(place)
        longest = max(np.abs(step).max(), SURE)
        if not np.isfinite(longest):
            break
        steps, ends = [*steps[-MEMORY:], step.ravel()], [*ends[-MEMORY:], (place + step).ravel()]
        jump = _extrapolated(steps, ends).reshape(place.shape) - place
        part = min(1.0, STRIDE / max(np.abs(jump).max(), SURE))
        trial, far = posterior.closed(place + part * jump)
        if not far < distance:
            steps, ends = steps[-1:], ends[-1:]
            part = min(1.0, STRIDE / longest)
            trial, far = posterior.closed(place + part * step)
            while part * longest >= SETTLED and far > distance:
                part /= 2
                trial, far = posterior.closed(place + part * step)
        if not distance - far >= GAINED:
            return place
        place, distance = trial, far
    raise CertificateError(
        f"{what} do not settle: the last step moves them by {longest:.3g} (log)",
        where=where,
        fix="check the CO2 totals and outputs of its cities, or set cities.emissions_enter: "
        "intensity.",
    )


def _extrapolated(steps: list[np.ndarray], ends: list[np.ndarray]) -> np.ndarray:
    """Where steps would end that shrink as the last few did."""
    both = np.array([steps, ends])
    changes, moves = both[:, 1:] - both[:, :-1]
    gram = changes @ changes.T
    gram.flat[:: len(gram) + 1] *= 1 + RIDGE
    return ends[-1] - np.linalg.solve(gram, changes @ steps[-1]) @ moves
