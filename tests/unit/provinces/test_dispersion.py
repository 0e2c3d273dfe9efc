"""How provinces differ: spreads of intensities, and inventories without what is error in them."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from citymrio.provinces.dispersion import (
    LEAST_SHOWN,
    _weighted_rms,
    share_in_sector,
    shrink_inventories,
    spread_of_rows,
    variance_around_sums,
    variance_before_sums,
)

TRUE, ERROR = 0.4, 0.3


@pytest.fixture
def printed():
    """(printed and true intensities, output) of 40 provinces, 12 rows of one sector each."""
    rng = np.random.default_rng(1)
    coords = {"province": [f"P{k}" for k in range(40)], "sector": [f"s{k}" for k in range(12)]}
    output = xr.DataArray(rng.uniform(1, 3, (40, 12)), coords)
    true = np.exp(TRUE * rng.normal(size=(40, 12)))
    seen = true * np.exp(ERROR * rng.normal(size=(40, 12)))

    def by_row(values):
        return xr.DataArray(
            values[:, :, None] * np.eye(12),
            coords | {"inventory_sector": [f"r{k}" for k in range(12)]},
            ("province", "inventory_sector", "sector"),
        )

    return by_row(seen), by_row(true), output


def test_expected_inventories_are_nearer_to_the_true_ones_and_keep_the_nation(printed):
    seen, true, output = printed
    factors, province_sd, row_sd = shrink_inventories(seen, output, 0.0, ERROR)
    rows = (seen * output).sum("sector")
    np.testing.assert_allclose((rows * factors).sum("province"), rows.sum("province"), rtol=1e-13)

    def error(rows):
        log = np.log(rows / (true * output).sum("sector"))
        return float(np.sqrt(((log - log.mean("province")) ** 2).mean()))

    best = TRUE * ERROR / np.hypot(TRUE, ERROR)  # of what is expected given the printed
    assert error(rows) > 1.25 * best
    assert error(rows * factors) < 1.1 * best
    assert row_sd == pytest.approx(best, rel=0.05)
    assert province_sd < 0.2 * row_sd


def test_draws_around_expected_inventories_differ_as_much_as_the_true_ones():
    """A province's level has errors of its own and those of its rows; were only its own taken off,
    draws would add the others a second time.
    """
    rng = np.random.default_rng(2)
    coords = {"province": [f"P{k}" for k in range(300)], "sector": [*"abcdefgh"]}
    output = xr.DataArray(np.ones((300, 8)), coords)
    true = 0.1 * rng.normal(size=(300, 1)) + 0.2 * rng.normal(size=(300, 8))
    errors = 0.05 * rng.normal(size=(300, 1)) + 0.25 * rng.normal(size=(300, 8))
    rows = coords | {"inventory_sector": [*"ABCDEFGH"]}
    dims = ("province", "inventory_sector", "sector")
    seen = xr.DataArray(np.exp(true + errors)[:, :, None] * np.eye(8), rows, dims)
    factors, province_sd, row_sd = shrink_inventories(seen, output, 0.05, 0.25)
    around = province_sd * rng.normal(size=(300, 1)) + row_sd * rng.normal(size=(300, 8))
    drawn = true + errors + np.log(factors.values) + around
    level = [np.log(np.exp(one).mean(axis=1)).std() for one in (true, drawn)]
    assert level[1] == pytest.approx(level[0], rel=0.1)


def test_inventories_without_error_and_of_one_province_stay(printed):
    seen, _, output = printed
    factors, *left = shrink_inventories(seen, output, 0.0, 0.0)
    np.testing.assert_allclose(factors, 1.0, rtol=1e-13)
    assert left == [0.0, 0.0]
    for few in (seen.isel(province=[0]), seen.isel(province=[])):
        factors, *left = shrink_inventories(few, output, 0.1, 0.2)
        np.testing.assert_allclose(factors, 1.0, rtol=1e-13)
        assert left == [0.1, 0.2]


def test_rows_without_emissions_or_sectors_stay(printed):
    seen, _, output = printed
    seen = seen.copy()
    seen[:, 0] = 0.0  # households: no sector
    seen[3, 1] = 0.0
    factors, *_ = shrink_inventories(seen, output, 0.1, 0.2)
    assert (factors[:, 0] == 1).all() and np.isfinite(factors).all()


def test_rows_share_a_sector_where_they_emit_in_it_alone():
    emitted = np.array([[6.0, 0.0], [2.0, 0.0], [0.0, 3.0], [1.0, 1.0], [0.0, 0.0]])
    expected = np.eye(5)
    expected[:2, :2] = [0.75, 0.25]
    np.testing.assert_array_equal(share_in_sector(emitted), expected)


def before(variance, *sums):
    shown = variance_around_sums(*sums)
    return variance_before_sums(variance / shown.sum(axis=1), shown)


@pytest.mark.parametrize("sd", [np.full(5, 0.3), np.array([0.3, 0.3, 0.2, 0.4, 0.3])])
@pytest.mark.parametrize("loading", [np.ones(5), np.array([1.0, 1.0, 0.2, 0.6, 1.0])])
def test_spreads_of_sectors_are_those_before_sums_are_met(loading, sd):
    """Two industries, and a sector alone: in small ones a sector makes much of its own sum, and one
    that hardly varies shows the others.
    """
    rng = np.random.default_rng(3)
    industry, whole = np.array(["a", "a", "b", "b", "b"]), np.array([1.0, 1.0, 4.0, 2.0, 2.0])
    z = sd * rng.normal(size=(400_000, 5))
    met = z.copy()
    for own in (industry == "a", industry == "b"):
        level = (z[:, own] @ whole[own]) / (loading[own] @ whole[own])
        met[:, own] -= level[:, None] * loading[own]
    assert met.std(axis=0).min() < 0.25
    found = before(met.var(axis=0), whole, industry, loading)
    assert np.sqrt(found) == pytest.approx(sd, abs=0.005)
    alone = before(np.array([0.0, np.nan]), np.array([3.0, 1.0]), np.array([*"ab"]), np.ones(2))
    assert alone[0] == 0 and np.isnan(alone[1])


def test_a_sector_that_makes_nearly_all_of_its_industry_is_not_said_to_vary_widely():
    """It shows how the others vary; what it varies by itself would be ten times what is drawn."""
    rng = np.random.default_rng(4)
    whole = np.array([0.96, 0.04])
    output = whole * np.exp(0.6 * rng.normal(size=(20_000, 2)))
    log = np.log(output / output.sum(axis=1, keepdims=True) / whole)
    variance = (log - log.mean(axis=0)).var(axis=0)
    found = np.sqrt(before(variance, whole, np.array([*"aa"]), np.ones(2)))
    assert found.max() < 0.7
    assert np.sqrt(variance[0] / (1 - 2 * 0.96 + whole @ whole)) > 0.6


def test_a_steady_sector_is_not_said_not_to_vary_at_all():
    """It may show less than the others make it show by chance; without a spread it would be sure,
    and what is told of it without a solution.
    """
    seen = np.array([0.8, 0.8, 0.8, 0.01])
    found = before(seen, np.full(4, 1.0), np.array([*"aaaa"]), np.ones(4))
    alone = seen / (1 - 2 / 4 + 1 / 4)
    assert found[3] == pytest.approx(LEAST_SHOWN * alone[3]) and found[:3] == pytest.approx(
        alone[:3], rel=0.1
    )


def test_a_sector_that_shows_next_to_nothing_of_its_own_is_not_said_to_vary_widely():
    """It alone grows with its industry, and the others vary less than it shows."""
    loading = np.array([1.0, 0.05, 0.05])
    shown = variance_around_sums(np.array([10.0, 8.0, 8.0]), np.array([*"aaa"]), loading)
    assert shown[0, 0] < 0.01 < LEAST_SHOWN < shown[0].sum()
    alike = np.array([1.0, 0.1, 0.1])
    assert (variance_before_sums(alike, shown) <= alike / LEAST_SHOWN).all()


def test_a_spread_of_few_provinces_of_unlike_size_is_that_which_they_were_drawn_with():
    """The largest is near the mean that it makes most of: without regard to it, .46."""
    rng, sd = np.random.default_rng(7), 0.5
    size = rng.lognormal(0, 0.6, (4000, 5))
    x = size * rng.lognormal(0, sd, size.shape)
    mean = x.sum(axis=1) / size.sum(axis=1)
    pairs = zip(np.log(x / (size * mean[:, None])), x, strict=True)
    seen = [_weighted_rms(*pair) for pair in pairs]
    assert np.sqrt(np.mean(np.square(seen))) == pytest.approx(sd, rel=0.03)


def test_rows_of_all_inventories_err_by_half_of_what_two_observations_differ_by():
    """Less what the rows of single provinces make of it."""
    rng, error, own = np.random.default_rng(5), 0.2, 0.1
    rows = [f"r{k}" for k in range(400)]
    true = rng.uniform(1.0, 2.0, (30, 400))
    alike = error * rng.normal(size=(2, 400))
    single = own * rng.normal(size=true.shape)
    provincial = xr.DataArray(
        true * np.exp(alike[0] + single),
        {"province": range(30), "inventory_sector": rows},
        ("province", "inventory_sector"),
    )
    nation = pd.Series(1.3 * true.sum(axis=0) * np.exp(alike[1]), rows)
    # two errors of 0.2: their mean errs by 0.2 / root 2, of whatever level
    assert spread_of_rows(provincial, nation, 0.0) == pytest.approx(error / np.sqrt(2), rel=0.1)
    less = (error**2 / 2 - own**2 / 30) ** 0.5
    assert spread_of_rows(provincial, nation, own) == pytest.approx(less, rel=0.1)
    assert spread_of_rows(provincial, nation, 2.0) == 0
    assert spread_of_rows(provincial, None, 0.0) == 0
    alike = provincial.sum("province").to_series()
    assert spread_of_rows(provincial, 1.2 * alike, 0.0) == pytest.approx(0.0, abs=1e-12)
