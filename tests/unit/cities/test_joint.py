"""Outputs by value added and CO2 totals together: each moves by its variance, sums of the province
hold, draws hold the truth.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from averages import power_of_averages

from citymrio.assessment.ensemble.inputs import with_spreads
from citymrio.assessment.ensemble.member import PRIOR_SCALE, scale_between_cities
from citymrio.base.errors import CertificateError
from citymrio.cities.joint import LEVEL, KnownSums, Prior, _Posterior, joint_outputs, noise_of_data
from citymrio.cities.observations import Datum
from citymrio.cities.outputs import within_sets
from citymrio.config.models import Uncertainty
from citymrio.provinces.dispersion import (
    AVERAGED,
    DEMAND_AVERAGED,
    FOLLOWING,
    _intensities,
    excess_use,
    final_demand_with_national_mix,
    fit_spreads,
    national_uses,
)
from citymrio.provinces.dispersion import PRIOR_SPREADS as WITHOUT
from citymrio.trade.priors.table import SPREAD_PARAMETERS

CITIES, SECTORS = 6, 5
SETS = np.broadcast_to(np.array([0, 0, 0, 1, 1]), (CITIES, SECTORS))


def prior_of(rng, **spreads):
    values = {"mix": np.full(SECTORS, 0.4), "level": 0.1, "city": 0.2, "sector": 0.3} | spreads
    output = rng.uniform(1, 10, (CITIES, SECTORS))
    return Prior(
        output,
        np.broadcast_to(rng.uniform(0.1, 3, SECTORS), output.shape),
        SETS,
        np.linspace(0.2, 0.6, SECTORS),
        **values,
    )


def truth_of(prior, rng):
    """Outputs and intensities drawn from a prior, as :class:`Prior` describes it."""
    mix = prior.output * np.exp(rng.normal(size=prior.output.shape) * prior.mix)
    for number in np.unique(SETS):
        own = SETS[0] == number
        worth = prior.worth[own]
        mix[:, own] *= (
            (prior.output[:, own] @ worth)
            / (mix[:, own] @ worth)
            * np.exp(rng.normal(0, prior.level, CITIES))
        )[:, None]
    around = (
        rng.normal(size=prior.output.shape) * prior.sector
        + rng.normal(size=(CITIES, 1)) * prior.city
    )
    return mix, prior.intensity * np.exp(around)


def known_of(output, intensity, noise=0.01, told=slice(None), household=0.0):
    emissions, totals = output * intensity, np.full(CITIES, np.nan)
    totals[told] = (emissions.sum(axis=1) + household)[told]
    return KnownSums(
        output.sum(axis=0),
        emissions.sum(axis=0),
        totals,
        np.full(CITIES, noise),
        np.full(output.shape, np.nan),
        np.zeros(CITIES) + household,
    )


def test_sums_of_the_province_and_totals_are_met():
    rng, before, after = np.random.default_rng(1), [], []
    for _ in range(12):
        prior = prior_of(rng)
        output, intensity = truth_of(prior, rng)
        known = known_of(output, intensity)
        found, e = joint_outputs(prior, known, "here")
        assert found.sum(axis=0) == pytest.approx(known.output, rel=1e-12)
        assert (found * e).sum(axis=0) == pytest.approx(known.emissions, rel=1e-12)
        gaps = np.log((found * e).sum(axis=1) / known.totals)
        assert np.ptp(gaps) < 0.05  # the level of all totals is not known, their proportions are
        before.append(np.abs(np.log(prior.output / output)).mean())
        after.append(np.abs(np.log(found / output)).mean())
    assert np.mean(after) < 0.97 * np.mean(before)


def test_emissions_of_households_in_totals_move_nothing():
    """Totals that agree with the priors, households' emissions included: these differ by city."""
    rng = np.random.default_rng(4)
    prior = prior_of(rng)
    production = (prior.output * prior.intensity).sum(axis=1)
    known = known_of(prior.output, prior.intensity, household=production * rng.uniform(0.1, 2.0))
    uneven = known_of(
        prior.output, prior.intensity, household=production * rng.uniform(0.1, 2.0, CITIES)
    )
    for one in (known, uneven):
        found, e = joint_outputs(prior, one, "here")
        assert found == pytest.approx(prior.output, rel=1e-6)
        assert e == pytest.approx(prior.intensity, rel=1e-6)
        assert [gap for _, gap, _ in prior.gaps(one)] == pytest.approx([0] * CITIES, abs=1e-9)


@pytest.mark.parametrize("seed", [0, 7, 25, 27])
def test_what_comes_out_is_the_maximum_of_the_posterior(seed):
    """One step more moves nothing, however far from the priors it is."""
    rng = np.random.default_rng(seed)
    prior = prior_of(rng, mix=np.full(SECTORS, 0.8), city=0.5, sector=0.6)
    beyond = prior_of(rng, mix=np.full(SECTORS, 1.2), city=0.8, sector=1.0)
    known = known_of(*truth_of(beyond, rng), noise=0.1)
    place = np.log(joint_outputs(prior, known, "here"))
    assert np.abs(_Posterior(prior, known).step(place)).max() < 0.01


def test_a_step_is_the_closed_form_of_linear_data_on_normal_variables():
    """Cell by cell, with all covariances and derivatives in full; a sector without output, one
    without emissions and a city without a total among them.
    """
    rng = np.random.default_rng(3)
    prior = prior_of(rng)
    prior.output[:, 1] = prior.output[2, 0] = 0.0
    prior = replace(prior, intensity=prior.intensity * (np.arange(SECTORS) != 4))
    known = known_of(*truth_of(prior, rng), told=slice(1, None), household=2.0)
    posterior = _Posterior(prior, known)
    place, _ = posterior.evaluate(posterior.start + 0.3 * posterior.moves)
    x, e = posterior.amounts(place)
    cells, size = x.size, (CITIES, SECTORS)
    covariance, mean = np.zeros((2, *size, 2, *size)), posterior.start.copy()
    for r in range(CITIES):
        covariance[0, r, :, 0, r] = np.diag(prior.output[r] == 0) * 1.0
        for number in np.unique(SETS):  # the value added of a set, linear from this place on
            own = np.flatnonzero((SETS[0] == number) & (prior.output[r] > 0))
            now, before = (of[r, own] * prior.worth[own] for of in (x, prior.output))
            share, whole = now / now.sum(), np.log(now.sum() / before.sum())
            mean[0, r, own] += share @ (place - posterior.start)[0, r, own] - whole
            keeps = np.eye(len(own)) - share
            varies = keeps @ np.diag(prior.mix[own] ** 2) @ keeps.T + prior.level**2
            covariance[0, r, own[:, None], 0, r, own] = varies
        covariance[1, r, :, 1, r] = prior.covariances[1, r]
    covariance = covariance.reshape(2 * cells, 2 * cells)
    by_x, by_e = np.zeros((2, len(posterior.goal), 2, *size))
    told, (of_x, of_e, of_r) = posterior.told, posterior.parts
    counts = [int(told[part].sum()) for part in posterior.parts]
    assert counts == [SECTORS - 1, SECTORS - 2, CITIES - 1]
    for j in range(SECTORS):
        by_x[of_x][j, 0, :, j] = x[:, j]
        by_e[of_e][j, :, :, j] = e[:, j]
    for r in range(CITIES):
        by_e[of_r][r, :, r] = e[r]
    amounts = np.array([part[0].sum() for part in by_x + by_e])
    amounts[of_r] += 2.0  # of households
    shares = (by_x + by_e).reshape(len(amounts), -1)[told] / amounts[told, None]
    moved = (place - mean).ravel()
    gap = posterior.goal[told] - np.log(amounts[told]) + shares @ moved
    variance = posterior.variance[np.ix_(told, told)]
    gain = covariance @ shares.T @ np.linalg.inv(variance + shares @ covariance @ shares.T)
    wanted = ((gain @ gap) - moved).reshape(place.shape)
    found = posterior.step(place)
    assert found[posterior.moves] == pytest.approx(wanted[posterior.moves], rel=1e-7, abs=1e-9)
    assert not found[~posterior.moves].any()


def test_a_step_that_is_no_number_is_no_end():
    prior = prior_of(np.random.default_rng(3))
    known = known_of(prior.output, prior.intensity, noise=np.nan)
    with pytest.raises(CertificateError, match="do not settle: the last step moves them by nan"):
        joint_outputs(prior, known, "here")


@pytest.mark.parametrize("fixed", ["outputs", "intensities"])
def test_what_does_not_vary_stays(fixed):
    rng = np.random.default_rng(2)
    prior = prior_of(rng)
    still = (
        {"mix": np.full(SECTORS, 1e-4), "level": 1e-4}
        if fixed == "outputs"
        else {"city": 1e-4, "sector": 1e-4}
    )
    # what all cities of a province have in common follows from its sums
    same = np.broadcast_to(prior.intensity[0], prior.intensity.shape)
    prior = replace(prior, intensity=same, **still)
    output, intensity = truth_of(prior, rng)
    found, e = joint_outputs(prior, known_of(output, intensity, noise=0.1), "here")
    moved = {
        "outputs": np.abs(np.log(found / prior.output)).max(),
        "intensities": np.abs(np.log(e / prior.intensity)).max(),
    }
    other = "intensities" if fixed == "outputs" else "outputs"
    assert moved[fixed] < 0.02 < 0.1 < moved[other]


def test_distances_from_the_priors_are_those_of_their_covariances():
    """Near the priors: there what a set earns is linear."""
    rng = np.random.default_rng(7)
    prior = prior_of(rng)
    prior.output[0, 1] = prior.output[1, 3] = prior.output[1, 4] = 0.0
    prior = replace(prior, intensity=prior.intensity * (np.arange(SECTORS) != 2))
    posterior = _Posterior(prior, known_of(prior.output, prior.intensity))
    moved = 1e-5 * rng.normal(size=posterior.start.shape) * posterior.moves
    far = (moved * np.matvec(np.linalg.inv(prior.covariances), moved)).sum()
    # logarithms leave round-off of 1e-16 in what is 1e-10
    assert posterior._distance(posterior.start + moved) == pytest.approx(far, rel=1e-3)


def test_draws_share_a_gap_between_outputs_and_intensities_as_the_truth_does():
    """Where mixes differ as they do between cities, the share of a sector in its set is not that of
    the prior: with such shares draws moved intensities by .72, not .51. And what cities emit alike
    is known from their sum alone: drawn intensities that had to meet it one by one fell where
    outputs are large.
    """
    rng, sets, moved, together = np.random.default_rng(6), np.zeros((6, 6), int), [], []
    of_sector, emits = np.array([5, 20, 29, 25, 9, 12]) / 100, np.array([3, 10, 30, 5, 50, 2]) / 100
    mix, city, sector, noise = np.full(6, 0.9), 0.3, 0.45, 0.1

    def factors():
        around = sector * rng.normal(size=(6, 6)) + city * rng.normal(size=(6, 1))
        return np.exp(mix * rng.normal(size=(6, 6))), np.exp(around)

    for _ in range(300):
        earned = rng.lognormal(0, 0.6, (6, 1))
        of_x, of_e = factors()
        x, e = of_sector * of_x, emits / of_sector * of_e
        x = x * earned / x.sum(axis=1, keepdims=True)
        output, emissions = x.sum(axis=0), (x * e).sum(axis=0)
        prior = earned / earned.sum() * output
        of_x, of_e = factors()
        drawn = Prior(
            within_sets(prior, of_x, sets, np.ones(6)),
            emissions / output * of_e,
            sets,
            np.ones(6),
            mix,
            0.02,
            city,
            sector,
        )
        totals = (x * e).sum(axis=1) * np.exp(rng.normal(0, noise * 2**0.5, 6))
        none = np.full((6, 6), np.nan), np.zeros(6)
        known = KnownSums(output, emissions, totals, np.full(6, noise), *none)
        for of_x, of_e in ((x, e), joint_outputs(drawn, known, "here")):
            gap = np.log((of_x * of_e).sum(axis=1) / earned[:, 0])
            around, part = gap - gap.mean(), np.log(of_e[:, 4])
            moved.append(around @ (part - part.mean()) / (around @ around))
            mixed = np.log(of_x / of_x.sum(axis=1, keepdims=True))
            together.append(((mixed - mixed.mean(axis=0)) * np.log(of_e)).mean())
    assert np.mean(together[1::2]) == pytest.approx(np.mean(together[::2]), abs=0.01)
    assert np.median(moved[1::2]) == pytest.approx(np.median(moved[::2]), abs=0.08)


def test_a_gap_is_shared_by_variances():
    """Two cities, one sector and its counterpart: the closed form of one datum on two normal
    variables.
    """
    prior = Prior(
        np.array([[1.0, 1e6], [1e6, 1e6]]),
        np.array([[1.0, 1e-9], [1.0, 1e-9]]),
        np.zeros((2, 2), int),
        np.ones(2),
        np.array([0.4, 0.4]),
        0.05,
        0.0,
        0.3,
    )
    shift = 0.5
    known = KnownSums(
        np.array([1e6 + 1, 2e6]),
        np.array([1e6 + 1, 2e-3]),
        np.array([np.exp(shift), np.nan]),
        np.array([0.1, 0.1]),
        np.full((2, 2), np.nan),
        np.zeros(2),
    )
    found, e = joint_outputs(prior, known, "here")
    # a sector varies against the rest of its set, which varies, too
    outputs, intensities = 0.4**2 + 0.4**2 + 0.05**2, 0.3**2
    whole = outputs + intensities + 0.1**2 + LEVEL**2
    assert np.log(found[0, 0]) == pytest.approx(shift * outputs / whole, rel=0.03)
    assert np.log(e[0, 0]) == pytest.approx(shift * intensities / whole, rel=0.03)


def test_an_inventory_by_sector_tells_outputs_too():
    rng = np.random.default_rng(3)
    prior = prior_of(rng, city=0.0, sector=0.05)
    output, intensity = truth_of(prior, rng)
    known = known_of(output, intensity)
    own = np.full(output.shape, np.nan)
    own[:3] = (output * intensity)[:3]
    plain, _ = joint_outputs(prior, known, "here")
    found, e = joint_outputs(prior, replace(known, own=own), "here")
    assert (found * e)[:3] == pytest.approx(own[:3], rel=1e-12)
    error = [np.abs(np.log(x[:3] / output[:3])).mean() for x in (plain, found)]
    assert error[1] < 0.5 * error[0]


@pytest.mark.parametrize("sectors", [[3], [0, 1]])
def test_a_told_output_is_no_longer_looked_for_in_a_total(sectors):
    rng, errors, gaps = np.random.default_rng(4), [], []
    weights = np.isin(np.arange(SECTORS), sectors) * 1.0
    for _ in range(60):
        prior = prior_of(rng)
        output, intensity = truth_of(prior, rng)
        told = [Datum(r, weights, float(output[r] @ weights), "told", 1.0) for r in range(CITIES)]
        given, known = prior.condition_on(told, "here"), known_of(output, intensity)
        assert given.output @ weights == pytest.approx(output @ weights, rel=1e-2)
        found, e = joint_outputs(given, known, "here")
        plain, other = joint_outputs(prior, known, "here")
        assert found @ weights == pytest.approx(output @ weights, rel=2e-2)
        met = plain * np.where(
            weights > 0, (output @ weights / (plain @ weights))[:, None], 1
        )  # the level alone, afterwards
        pairs = ((found, output), (met, output), (e, intensity), (other, intensity))
        errors.append([np.abs(np.log(one / true)).mean() for one, true in pairs])
        gaps += [gap / sd for _, gap, sd in given.gaps(known)]
    output, leveled, emitted, unaware = np.mean(errors, axis=0)
    assert output < 0.98 * leveled and emitted < unaware
    assert 0.75 < np.std(gaps) < 1.1  # the mean gap of a province is taken off


def test_a_told_output_counts_by_its_reliability():
    prior = prior_of(np.random.default_rng(5))
    weights, before = np.eye(SECTORS)[3], prior.output[0, 3]
    moved = []
    for reliability in (0.3, 0.9, 1.0):
        given = prior.condition_on([Datum(0, weights, 4 * before, "told", reliability)], "here")
        assert np.array_equal(given.output[1:], prior.output[1:])
        moved.append(np.log(given.output[0, 3] / before))
    assert 0 < moved[0] < moved[1] < moved[2] == pytest.approx(np.log(4), rel=5e-3)


def test_intervals_of_draws_hold_the_truth():
    """Each draw starts from drawn priors and drawn totals (randomised maximum likelihood): ranks of
    the truth are uniform.
    """
    rng, draws, inside = np.random.default_rng(4), 19, []
    for _ in range(25):
        prior = prior_of(rng)
        output, intensity = truth_of(prior, rng)
        noise = 0.1
        known = known_of(output, intensity, noise, told=slice(0, 5))
        known = replace(known, totals=known.totals * np.exp(rng.normal(0, noise, CITIES)))
        found = []
        for _ in range(draws):
            x, e = truth_of(prior, rng)
            x = x * (known.output / x.sum(axis=0))
            seen = replace(known, totals=known.totals * np.exp(rng.normal(0, noise, CITIES)))
            found.append(joint_outputs(replace(prior, output=x, intensity=e), seen, "here")[0])
        rank = (np.array(found) < output).sum(axis=0)
        inside.append((rank >= 1) & (rank <= draws - 1))
    assert 0.86 <= np.mean(inside) <= 0.94


def test_noise_of_a_datum_follows_its_reliability():
    assert noise_of_data(np.array([0.9, 0.5])) == pytest.approx([0.1, 0.3])
    assert noise_of_data(np.array([1.0]))[0] < 0.02


SECTOR_TABLE = pd.DataFrame(
    {
        "sector": [f"s{k}" for k in range(12)],
        "kind": ["goods"] * 8 + ["services"] * 4,
        "industry": ["secondary"] * 8 + ["tertiary"] * 4,
    }
)


def two_cities_each(count):
    """Regions of provinces whose two cities are alike."""
    return pd.DataFrame(
        {"province": np.repeat([f"p{k}" for k in range(count)], 2), "gdp": 1.0, "population": 1.0}
    )


FINAL = pd.DataFrame(
    {
        "category": ["households", "capital", "stored"],
        "role": ["household", "capital", "stock_changes"],
    }
)


def tables_of(count, sectors=SECTOR_TABLE):
    return {"sectors": sectors, "final_demand": FINAL, "regions": two_cities_each(count)}


def _in_proportion(output):
    """Final demand (province, sector, category) of the nation's mix, as large as a province's
    outputs allow.
    """
    left = 0.4 * output.sum(axis=1)[:, None] * output.sum(axis=0) / output.sum()
    return left[:, :, None] * np.array([0.6, 0.4])


def provinces_with(rng, count, mix=0.5, level=0.3, sector=0.4):
    codes, names = [f"p{k}" for k in range(count)], SECTOR_TABLE["sector"].tolist()
    size = rng.uniform(5, 10, 12)
    output = size * np.exp(rng.normal(0, mix, (count, 12)))
    e = np.linspace(0.5, 2, 12) * np.exp(
        rng.normal(0, sector, (count, 12)) + rng.normal(0, level, (count, 1))
    )
    coords = {"province": codes, "sector": names}
    mrio = xr.Dataset(
        {
            n: (("province", "sector"), v)
            for n, v in (("output", output), ("value_added", 0.4 * output))
        },
        coords,
    )
    # use: the same inputs for a unit of all outputs, and what is left of them in proportion
    use = np.concatenate(
        [0.05 * output[:, None] * np.ones((12, 1)), _in_proportion(output)], axis=2
    )
    mrio["table"] = xr.DataArray(
        use[None],
        {"origin": ["all"], "destination": codes, "use": [*names, "households", "capital"]},
        ("origin", "destination", "sector", "use"),
    )
    return mrio, xr.DataArray(
        e[:, None],
        {**coords, "inventory_sector": ["all"]},
        ("province", "inventory_sector", "sector"),
    )


def test_spreads_between_provinces_are_recovered():
    """Were what lies around the sum of an industry, and around the level of a province, taken for
    the whole of it, sectors would be drawn with .45 of .5 and .37 of .4 here, and less of fewer.
    """
    made = provinces_with(np.random.default_rng(5), 300)
    fit = fit_spreads(*made, tables_of(300)).groupby("parameter")["estimate"].mean()
    assert fit["intensity_sd"] == pytest.approx(0.3, abs=0.03)
    assert fit["intensity_sector_sd"] == pytest.approx(0.4, abs=0.02)
    assert fit["output_sd"] == pytest.approx(0.5, abs=0.02)
    assert fit["productivity_sd"] < 0.01


def test_provinces_count_alike_in_the_spread_of_the_level_of_intensities():
    """The level is weighted by emissions, its variance between provinces is not (method 17)."""
    rng = np.random.default_rng(12)
    intensity, size = np.exp(rng.normal(0, 0.3, (30, 1))), np.exp(rng.normal(0, 2, (30, 1)))
    spread, around = _intensities(intensity * size, size)
    assert spread == pytest.approx(np.log(intensity).std(ddof=1), rel=1e-12)
    assert np.isnan(around)  # of one sector


def in_rows(intensities, rng, spread):
    """Every sector's intensity as that of three rows, .6, .3 and .1 of it in the nation."""
    e = intensities.to_numpy()[:, 0]
    part = np.array([0.6, 0.3, 0.1]) * np.exp(rng.normal(0, spread, (*e.shape, 3)))
    rows = e[..., None] * part / part.sum(axis=2, keepdims=True)
    values = np.zeros((len(e), e.shape[1], 3, e.shape[1]))
    values[:, np.arange(e.shape[1]), :, np.arange(e.shape[1])] = rows.transpose(1, 0, 2)
    names = [f"{name} {k}" for name in intensities["sector"].values for k in range(3)]
    coords = {**intensities.drop_vars("inventory_sector").coords, "inventory_sector": names}
    return xr.DataArray(values.reshape(len(e), -1, e.shape[1]), coords, intensities.dims)


def test_rows_that_share_a_sector_have_a_spread_of_their_own():
    """Cities had been drawn with that of sectors, which average over their rows."""
    rng = np.random.default_rng(9)
    mrio, intensities = provinces_with(rng, 300)
    rows = in_rows(intensities, rng, 0.4)
    fit = fit_spreads(mrio, rows, tables_of(300)).groupby("parameter")[["estimate", "prior"]].mean()
    assert fit.at["intensity_row_sd", "estimate"] == pytest.approx(0.4, abs=0.02)
    alone = fit_spreads(mrio, intensities, tables_of(300)).groupby("parameter")
    before = alone[["estimate", "prior"]].mean()
    for name in ("intensity_sd", "intensity_sector_sd"):
        assert fit.at[name, "prior"] == pytest.approx(before.at[name, "prior"], rel=1e-12)
    estimate, prior = before.loc["intensity_row_sd"]
    assert np.isnan(estimate) and prior == pytest.approx(WITHOUT["intensity_row_sd"])


def test_a_sector_that_differs_more_has_a_wider_spread_as_far_as_provinces_tell():
    def spreads(count, seed):
        mix = np.append(np.hypot(0.5, 0.9), np.full(11, 0.5))
        made = provinces_with(np.random.default_rng(seed), count, mix)
        rows = fit_spreads(*made, tables_of(count))
        own = rows[rows["parameter"].eq("output_sd")].set_index("sector")["prior"]
        return own[:8] / 2**AVERAGED  # goods

    many = spreads(300, 5)
    # shares cannot exceed 1, and part passes for following use: less than the 1.03 that is drawn
    assert many["s0"] > 0.55
    assert many.iloc[1:].to_numpy() == pytest.approx(0.5, abs=0.1)
    # the log of a spread that five provinces show has a standard deviation of 0.4 by chance
    few = np.log([spreads(5, seed) for seed in range(20)])
    assert few.std(axis=1).mean() < 0.1 and few.mean() == pytest.approx(np.log(0.5), abs=0.1)


def beyond(x, mrio):
    bought, final = national_uses(mrio, mrio["sector"].values.tolist(), FINAL)
    return excess_use(x, final_demand_with_national_mix(final), bought)


def followers(rng, count, follows, sd):
    """Provinces whose demand for capital differs, and whose goods follow what they use of it."""
    mrio, e = provinces_with(rng, count, mix=0.0, sector=0.0)
    level, table = np.exp(rng.normal(0, 1.0, count)), mrio["table"]
    table.loc[{"use": "households", "sector": ["s0", "s1"]}] = 0.0
    others = [name for name in mrio["sector"].values if name not in ("s0", "s1")]
    table.loc[{"use": "capital", "sector": others}] = 0.0
    table.loc[{"use": "capital"}] = table.loc[{"use": "capital"}] * level[None, :, None]
    industry = SECTOR_TABLE["industry"].to_numpy(object)
    x = mrio["output"].values.copy()
    gap = beyond(x, mrio)
    for one in np.unique(industry):
        own = industry == one
        made = x[:, own] * np.exp(follows * gap[:, own] + rng.normal(0, sd, (count, own.sum())))
        x[:, own] = made * (x[:, own].sum(axis=1) / made.sum(axis=1))[:, None]
    mrio["output"].values[:] = x
    return mrio, e


@pytest.mark.parametrize("follows", [0.0, 0.5, 0.9])
def test_outputs_that_follow_use_are_found(follows):
    """Without it their spread would be that of what they follow, too."""
    mrio, e = followers(np.random.default_rng(3), 100, follows, 0.1)
    rows = fit_spreads(mrio, e, tables_of(100)).set_index(["parameter", "sector"])
    found = rows.loc["follows_use"]
    assert (np.abs(found["prior"][:2] - follows) < 2.5 * found["se"][:2]).all()
    assert (found["se"][:2] < 0.09).all() and found["n"].eq(100).all()
    spread = rows.loc["output_sd"]["estimate"]
    assert spread[:8].to_numpy() == pytest.approx(0.1, abs=0.03)


@pytest.mark.parametrize("lean", [0.0, 0.6])
def test_final_demand_by_product_has_the_spread_of_provinces(lean):
    """One measured on one country had been drawn in every other."""
    rng, count = np.random.default_rng(12), 200
    mrio, e = provinces_with(rng, count)
    x = mrio["output"].values
    factor = np.exp(rng.normal(0, 0.3, x.shape) + rng.normal(0, 0.5, (count, 1)))
    factor *= np.exp(-lean * beyond(x, mrio))
    mrio["table"].values[0, :, :, 12:] *= factor[:, :, None]
    tilt = dict.fromkeys(SECTOR_TABLE["sector"], lean)
    rows = fit_spreads(mrio, e, tables_of(count), tilt).set_index("parameter")
    found = rows.loc["demand_product_sd"].drop_duplicates("prior").squeeze()
    assert found["estimate"] == pytest.approx(0.3, abs=0.02)
    assert found["prior"] == pytest.approx(2**DEMAND_AVERAGED * found["estimate"], rel=0.02)


def test_provinces_that_do_not_tell_how_outputs_follow_use_leave_the_prior():
    alone = SECTOR_TABLE.assign(industry=[*SECTOR_TABLE["industry"][:-1], "other"])
    for count, sectors in ((2, SECTOR_TABLE), (30, alone)):
        mrio, e = followers(np.random.default_rng(4), count, 0.9, 0.1)
        rows = fit_spreads(mrio, e, tables_of(count, sectors))
        last = rows[rows["parameter"].eq("follows_use")].iloc[-1]
        assert np.isnan(last["estimate"])
        assert (last["prior"], last["se"]) == pytest.approx((0.5, FOLLOWING.std()))


def test_the_step_of_mixes_is_that_of_observed_cities(shared):
    """Shares of industries in value added, cities around their province and provinces around the
    nation.
    """
    panel = pd.read_csv(shared / "data/extra/raw/city_panel_investment.csv", encoding="utf-8-sig")
    names, powers = [f"gdp_{name}_100m" for name in ("primary", "secondary", "tertiary")], []
    for year in (2008, 2010, 2012, 2014, 2016):
        own = panel[panel["year"].eq(year) & (panel[names] > 0).all(axis=1)]
        own = own[own.groupby("province")["city"].transform("size") >= 3]
        powers.append(power_of_averages(own[names], own["province"]))
    assert np.mean(powers) == pytest.approx(AVERAGED, abs=0.01) and np.std(powers) < 0.05


def test_one_province_leaves_the_prior():
    rows = fit_spreads(*provinces_with(np.random.default_rng(6), 1), tables_of(1))
    assert rows["prior"].groupby(rows["parameter"]).mean().to_dict() == pytest.approx(
        {name: WITHOUT[name] for name in SPREAD_PARAMETERS}
        | {
            "output_sd": 2**AVERAGED * WITHOUT["output_sd"],
            "demand_product_sd": 2**DEMAND_AVERAGED * WITHOUT["demand_product_sd"],
            "follows_use": 0.5,
        }
    )
    assert rows["estimate"].isna().all()


def test_a_province_that_emits_nothing_says_nothing_of_intensities():
    mrio, e = provinces_with(np.random.default_rng(9), 30)
    silent = xr.concat([e[:20], xr.zeros_like(e[20:])], "province")
    found = fit_spreads(mrio, silent, tables_of(30)).set_index("parameter").loc[["intensity_sd"]]
    assert found["n"].eq(20).all()
    own = fit_spreads(mrio, e[:20], tables_of(30)).set_index("parameter").loc[["intensity_sd"]]
    pd.testing.assert_frame_equal(found, own)


def test_what_no_sector_shows_keeps_its_prior():
    mrio, e = provinces_with(np.random.default_rng(10), 30)
    services = mrio["sector"].isin(SECTOR_TABLE.query("kind == 'services'")["sector"])
    rows = fit_spreads(mrio.where(~services, 0.0), e, tables_of(30))
    found = rows[rows["parameter"].eq("output_sd")].groupby("kind")["prior"].mean()
    assert (
        found["services"]
        == pytest.approx(2**AVERAGED * WITHOUT["output_sd"])
        != pytest.approx(found["goods"])
    )


def test_gaps_of_totals_set_the_scale():
    rng = np.random.default_rng(7)
    limit = rng.uniform(0.3, 0.6, 400)
    gaps = pd.DataFrame(
        {
            "province": np.repeat([f"p{k}" for k in range(20)], 20),
            "value": 1.5 * limit * rng.normal(size=400),
            "limit": limit,
        }
    )
    gaps["value"] -= gaps.groupby("province")["value"].transform("mean")
    scale, sd = scale_between_cities(gaps)
    assert scale == pytest.approx(1.5, abs=0.12) and sd == pytest.approx(
        1 / np.sqrt(2 * 386), rel=1e-6
    )
    assert scale_between_cities(gaps.iloc[:0])[0] == pytest.approx(PRIOR_SCALE)


def test_given_spreads_stay_and_others_come_from_priors():
    priors = fit_spreads(*provinces_with(np.random.default_rng(8), 30), tables_of(30))
    given = with_spreads(
        Uncertainty(output_sd=0.7, output_sd_sectors={"electricity": 0.95}), priors, (1.2, 0.1)
    )
    assert (
        given.output_sd == 0.7
        and given.output_sd_sectors == {"electricity": 0.95}
        and given.scale_sd == 0.1
    )
    fitted = with_spreads(Uncertainty(), priors, (1.2, 0.1))
    mean = priors.groupby(["parameter", "kind"])["prior"].mean()
    by_sector = priors[priors["parameter"].eq("output_sd")].set_index("sector")["prior"]
    assert fitted.output_sd == pytest.approx(1.2 * mean["output_sd", "goods"])
    assert fitted.output_sd_sectors == pytest.approx((1.2 * by_sector).to_dict())
    of_kind = with_spreads(Uncertainty(output_sd_sectors={"goods": 0.3}), priors).output_sd_sectors
    assert of_kind == {"goods": 0.3} | by_sector[8:].to_dict()  # what is given for a kind stays
    assert fitted.intensity_sd == pytest.approx(1.2 * mean["intensity_sd", "goods"])
    assert with_spreads(Uncertainty()).scale_sd == 0.0


@pytest.mark.parametrize("kind", ["goods", "services"])
def test_a_country_of_one_kind_of_sectors_has_every_spread(kind):
    alone = SECTOR_TABLE.assign(kind=kind)
    priors = fit_spreads(*provinces_with(np.random.default_rng(11), 30), tables_of(30, alone))
    found = with_spreads(Uncertainty(), priors, (1.2, 0.1))
    priors = priors[priors["parameter"].ne("follows_use")]
    mean = priors.groupby("parameter")["prior"].mean()
    mean[mean.index != "demand_product_sd"] *= 1.2  # which CO2 totals do not show
    assert {name: getattr(found, name) for name in mean.index} == pytest.approx(mean.to_dict())
    assert np.mean([*found.output_sd_sectors.values()]) == pytest.approx(mean["output_sd"])
