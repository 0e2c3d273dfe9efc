"""Priors fitted one level up: the generating process is recovered, units do not matter, sums are
enough for the border.
"""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from citymrio.base.errors import DataError
from citymrio.cities.demand import tilt_factor
from citymrio.config.models import Cities
from citymrio.trade.distances import region_distances
from citymrio.trade.priors.fit import (
    border_from_sums,
    fit_flows,
    fit_gravity,
    fit_margins,
    fit_tilt,
    home_exponent,
)
from citymrio.trade.priors.kernel import border_kernel, home_shares
from citymrio.trade.priors.poisson import find_separated, poisson_fit
from citymrio.trade.priors.table import (
    FOLLOWS,
    OPEN_BORDER,
    barrier,
    carried_border,
    check_priors,
    shrink_to_group,
)

COUNT = 24
THETA, BORDER = 1.3, 3.2


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(7)
    codes = [f"r{n:02d}" for n in range(COUNT)]
    regions = pd.DataFrame(
        {"region": codes, "lon": rng.uniform(80, 120, COUNT), "lat": rng.uniform(22, 45, COUNT)}
    )
    distance = region_distances(regions.assign(area_km2=np.exp(rng.normal(11, 1, COUNT))))
    size = np.exp(rng.normal(0, 1, COUNT)[:, None] + rng.normal(0, 1, COUNT)[None] + 4)
    mean = size * (distance / np.exp(np.log(distance).mean())) ** -THETA
    mean[np.arange(COUNT), np.arange(COUNT)] *= np.exp(BORDER)
    return regions, distance, mean, rng.poisson(mean).astype(float)


def test_theta_and_border_of_a_known_process_lie_within_two_standard_errors(world):
    _, distance, _, flows = world
    fit = fit_gravity(flows, distance)
    assert abs(fit["theta"] - THETA) < 2 * fit["theta_se"]
    assert abs(fit["border"] - BORDER) < 2 * fit["border_se"]
    assert fit["theta_se"] < 0.05 and fit["border_se"] < 0.1


@pytest.mark.slow
def test_standard_errors_match_the_spread_of_repeated_fits(world):
    _, distance, mean, _ = world
    rng = np.random.default_rng(3)
    fits = [fit_gravity(rng.poisson(mean).astype(float), distance) for _ in range(40)]
    spread = np.std([f["theta"] for f in fits], ddof=1)
    assert np.mean([f["theta_se"] for f in fits]) == pytest.approx(spread, rel=0.35)


def test_without_noise_the_parameters_come_back_to_nine_digits(world):
    _, distance, mean, _ = world
    fit = fit_gravity(mean, distance)
    assert (fit["theta"], fit["border"]) == pytest.approx((THETA, BORDER), rel=1e-9)


def test_log_ols_on_the_same_zeros_would_be_far_off(world):
    _, distance, mean, _ = world
    flows = np.random.default_rng(1).poisson(mean / 50).astype(float)  # many zeros
    fit = fit_gravity(flows, distance)
    assert abs(fit["theta"] - THETA) < 3 * fit["theta_se"]
    assert (flows == 0).mean() > 0.3


@pytest.mark.parametrize("unit", [1e-6, 1e4])
def test_the_unit_of_money_changes_nothing(world, unit):
    _, distance, _, flows = world
    one, other = fit_gravity(flows, distance), fit_gravity(flows * unit, distance)
    for name in ("theta", "theta_se", "border", "border_se"):
        assert other[name] == pytest.approx(one[name], rel=1e-7)


@pytest.mark.parametrize("unit", [1e-3, 60.0])
def test_the_unit_of_length_changes_neither_theta_nor_the_border_effect(world, unit):
    _, distance, _, flows = world
    one, other = fit_gravity(flows, distance), fit_gravity(flows, distance * unit)
    for name in ("theta", "theta_se", "border", "border_se"):
        assert other[name] == pytest.approx(one[name], rel=1e-7)


def test_a_border_effect_does_not_move_with_the_size_of_regions(world):
    """So that it can be carried to another level: with a constant on the diagonal it moves by theta
    log(size).
    """
    _, distance, _, _ = world
    near = distance.copy()
    np.fill_diagonal(near, np.diag(distance) / 5)
    for own in (distance, near):
        flows = own**-THETA * np.exp(BORDER * np.eye(COUNT))
        assert fit_gravity(flows, own)["border"] == pytest.approx(BORDER, rel=1e-8)
    constant = [np.where(np.eye(COUNT, dtype=bool), 500.0, own) for own in (distance, near)]
    flows = [own**-THETA * np.exp(BORDER * np.eye(COUNT)) for own in (distance, near)]
    moved = [fit_gravity(t, d)["border"] for t, d in zip(flows, constant, strict=True)]
    assert moved[1] - moved[0] == pytest.approx(THETA * np.log(5), rel=0.01)


def test_sums_alone_give_the_same_border_as_the_flows_when_theta_is_known(world):
    _, distance, mean, flows = world
    local, out, into = (
        np.diag(flows),
        flows.sum(axis=1) - np.diag(flows),
        flows.sum(axis=0) - np.diag(flows),
    )
    border, se, used = border_from_sums(local, out, into, distance, THETA)
    assert used == COUNT
    assert abs(border - BORDER) < 2 * se + 0.02
    exact, _, _ = border_from_sums(
        np.diag(mean), mean.sum(1) - np.diag(mean), mean.sum(0) - np.diag(mean), distance, THETA
    )
    assert exact == pytest.approx(BORDER, rel=1e-8)


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_a_fit_from_sums_takes_the_same_steps_in_every_unit_of_length(world, unit):
    _, distance, _, flows = world
    sums = np.diag(flows), flows.sum(1) - np.diag(flows), flows.sum(0) - np.diag(flows)
    found, same = (border_from_sums(*sums, d, THETA) for d in (distance, unit * distance))
    assert same == pytest.approx(found, rel=1e-13)


def test_the_kernel_prefers_home_by_the_border_effect_over_a_partner_as_far_as_itself(world):
    _, distance, _, _ = world
    q = border_kernel(distance, np.array([0.0]), np.array([2.0]))[0]
    assert np.allclose(np.diag(q) / q[0, 1], np.exp(2.0))
    steep = border_kernel(distance, np.array([1.5]), np.array([0.7]))[0]
    assert steep[0, 1] / steep[0, 2] == pytest.approx((distance[0, 1] / distance[0, 2]) ** -1.5)
    assert steep[0, 0] / steep[0, 2] == pytest.approx(
        np.exp(0.7) * (distance[0, 0] / distance[0, 2]) ** -1.5
    )


def priors_table(goods: float, services: float = 3.0) -> pd.DataFrame:
    rows = [("1", "goods", goods), ("2", "goods", goods + 1), ("3", "services", services)]
    return pd.concat(
        [
            pd.DataFrame(rows, columns=["sector", "kind", "prior"]).assign(parameter=name)
            for name in ("theta", "border_effect", "kappa")
        ]
    )


def test_both_readings_of_the_border_between_provinces_can_be_chosen_and_span_what_lies_between():
    table, sectors = priors_table(2.5), ["1", "2", "3"]

    def carried(**keys):
        return carried_border(table, sectors, Cities(border_change=0.0, **keys), "here")

    faces, faces_not = carried(border_barrier=0.0), carried(border_barrier=1.0)
    assert faces.tolist() == pytest.approx([2.5, 3.5, 3.0])
    assert faces_not[:2].mean() == pytest.approx(OPEN_BORDER)  # goods as in observed trade
    assert faces - faces_not == pytest.approx(
        np.full(3, 3.0 - OPEN_BORDER)
    )  # services keep their distance from goods
    assert carried() == pytest.approx((faces + faces_not) / 2)
    assert carried_border(table, sectors, Cities(border_barrier=0.0), "here") == pytest.approx(
        faces - 0.1
    )


def test_there_is_no_barrier_where_provinces_trade_as_states_do():
    assert barrier(priors_table(OPEN_BORDER - 1.0)) == 0
    assert barrier(priors_table(OPEN_BORDER)) == pytest.approx(0.5)


def test_a_table_of_priors_with_borders_relative_to_a_typical_distance_is_refused():
    below = priors_table(3.0)
    below.loc[below["parameter"].eq("kappa"), "prior"] = -1.0
    with pytest.raises(DataError, match="kappa is -1, expected a number of 0 or more.*correct it"):
        check_priors(below, ["1", "2", "3"])
    old = priors_table(3.0).replace({"parameter": {"border_effect": "border"}})
    with pytest.raises(DataError, match=r"'border' is unknown.*Fix: .*fit the table anew"):
        check_priors(old, ["1", "2", "3"])


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("output_sd", {"1": 0.5, "2": 0.5}, "sector 3: no value of output_sd"),
        (
            "output_sd",
            {"1": 0.5, "2": 0.0, "3": 0.5},
            r"sector 2: output_sd is 0, expected a number above 0.*Fix: .*leave out all rows",
        ),
        (
            "demand_product_sd",
            {"1": 0.3, "2": 0.3, "3": 0.5},
            "sector 3: demand_product_sd is 0.5, but 0.3 of 1; expected one number for all.*Fix: ",
        ),
        (
            FOLLOWS,
            {"1": 0.0, "2": 1.0, "3": 1.5},
            r"sector 3: follows_use is 1.5, expected a number from 0 to 1.*Fix: .*leave out all",
        ),
    ],
)
def test_what_a_table_has_is_given_for_every_sector_and_possible(name, values, words):
    given = pd.DataFrame(
        {
            "sector": [*values],
            "kind": "goods",
            "parameter": name,
            "prior": [*values.values()],
        }
    )
    with pytest.raises(DataError, match=words):
        check_priors(pd.concat([priors_table(3.0), given], ignore_index=True), ["1", "2", "3"])


def test_pooling_moves_an_uncertain_estimate_more_than_a_sure_one():
    estimate, se = np.array([1.0, 1.0, 3.0, 3.0]), np.array([0.01, 0.01, 0.01, 2.0])
    drawn = shrink_to_group(estimate, se, np.array(["g"] * 4))
    assert abs(drawn[3] - estimate[3]) > 10 * abs(drawn[2] - estimate[2])
    assert shrink_to_group(np.array([1.0, np.nan]), np.array([0.1, np.nan]), np.array(["g", "g"]))[
        1
    ] == pytest.approx(1.0)


def test_a_tilt_of_a_known_process_is_recovered():
    rng = np.random.default_rng(5)
    codes, names = [f"r{n}" for n in range(40)], ["1", "2", "3", "4"]
    ratio, supply = np.exp(rng.normal(0, 1, (40, 4))), np.exp(rng.normal(0, 1, (40, 4)))
    home = np.array([0.3, 0.6, 0.8, 0.95])
    tilt = home**2.0
    demand = ratio ** (1 - tilt) * supply**tilt * np.exp(rng.normal(0, 0.05, (40, 4)))
    sectors = pd.DataFrame({"sector": names, "kind": ["goods", "goods", "services", "services"]})

    def labelled(values):
        return xr.DataArray(values, {"region": codes, "sector": names}, ("region", "sector"))

    table = fit_tilt(
        labelled(demand),
        labelled(ratio),
        labelled(supply),
        xr.DataArray(home, {"sector": names}, ("sector",)),
        sectors,
        "test",
    )
    rows = table[table["parameter"] == "tilt"]
    assert np.all(np.abs(rows["estimate"] - tilt) < 3 * rows["se"] + 0.01)
    kappa = table[table["parameter"] == "kappa"]["prior"].unique()
    assert kappa == pytest.approx([2.0], abs=0.15)


def test_kappa_needs_three_sectors():
    with pytest.raises(
        DataError, match=r"at least 3 are needed.*Fix: give a table of priors \(cities.priors\)"
    ):
        home_exponent(np.array([0.5, 0.6]), np.array([0.1, 0.1]), np.array([0.5, 0.6]))


def test_the_tilt_keeps_every_products_total_and_leaves_cities_without_supply_in_proportion():
    demand, supply = np.array([[4.0], [2.0], [2.0], [2.0]]), np.array([[1.0], [5.0], [0.0], [0.0]])
    factor = tilt_factor(demand, supply, np.array([1.0]))
    assert (demand * factor).sum() == pytest.approx(10.0)
    assert (demand * factor)[1, 0] / (demand * factor)[0, 0] == pytest.approx(5.0)
    assert factor[2, 0] == pytest.approx(factor[3, 0])
    assert np.allclose(tilt_factor(demand, supply, np.array([0.0])), 1.0)


def test_predicted_home_shares_are_those_of_a_known_matrix():
    rng = np.random.default_rng(2)
    q = np.exp(rng.normal(0, 1, (1, 4, 4)))
    a, b = np.exp(rng.normal(0, 1, 4)), np.exp(rng.normal(0, 1, 4))
    trade = q[0] * a[:, None] * b
    out, into = a * 0.7, b * 0.4
    home = home_shares(
        (trade.sum(1) + out)[:, None],
        (trade.sum(0) + into)[:, None],
        np.array([out.sum()]),
        np.array([into.sum()]),
        q,
    )
    assert home[0] == pytest.approx(np.trace(trade) / (trade.sum() + into.sum()), rel=1e-6)


def test_home_shares_are_met_to_round_off_where_scaling_is_slow():
    rng = np.random.default_rng(3)
    reference = np.exp(rng.normal(0, 1, (1, 8, 8))) + 3000.0 * np.eye(8)
    supply = rng.lognormal(0, 1, (8, 1))
    demand = supply[rng.permutation(8)]
    outflow = inflow = np.array([1e-3])
    matrix = np.ones((9, 9))
    matrix[:8, :8], matrix[8, 8] = reference[0], 0.0
    s, d, b = np.append(supply, inflow), np.append(demand, outflow), np.ones(9)
    for _ in range(100_000):
        a = s / (matrix @ b)
        b = d / (a @ matrix)
    expected = np.trace((matrix * a[:, None] * b)[:8, :8]) / demand.sum()
    found = home_shares(supply, demand, outflow, inflow, reference)
    assert found[0] == pytest.approx(expected, rel=1e-11)


def test_the_exponent_of_the_tilt_is_where_its_slope_is_0():
    rng = np.random.default_rng(8)
    for _ in range(20):
        home, se = rng.uniform(0.1, 0.9, 12), rng.uniform(0.05, 0.3, 12)
        tilt = home**1.7 + se * rng.normal(size=12)
        kappa = home_exponent(tilt, se, home)[0]
        moved = home_exponent(tilt * (1 + 1e-15), se, home)[0]
        assert moved == pytest.approx(kappa, rel=1e-11)


def test_home_shares_are_the_same_with_the_rest_of_the_nation_scaled_apart():
    rng = np.random.default_rng(5)
    supply, demand = rng.lognormal(0, 1, (2, 6, 3))
    supply[1, 0], demand[2, 1] = 0.0, 0.0
    outflow, inflow = np.array([0.0, 0.5, 2.0]), np.array([0.3, 0.0, 1.0])
    reference, found = np.exp(rng.normal(0, 1, (3, 6, 6))), []
    for i in range(3):
        s, d = supply[:, i], demand[:, i]
        q, b, mu = reference[i] * (s > 0)[:, None] * (d > 0), np.ones(6), 1.0
        for _ in range(500):
            sums = q @ b + mu
            a, nu = np.divide(s, sums, out=np.zeros(6), where=sums > 0), inflow[i] / b.sum()
            sums = q.T @ a + nu
            b, mu = np.divide(d, sums, out=np.zeros(6), where=sums > 0), outflow[i] / a.sum()
        found.append((np.diag(q) * a * b).sum() / d.sum())
    assert home_shares(supply, demand, outflow, inflow, reference) == pytest.approx(
        found, rel=1e-12
    )


def test_fits_from_flows_and_from_sums_fill_every_sector(world):
    regions, distance, mean, flows = world
    sectors = pd.DataFrame({"sector": ["1", "2"], "kind": ["goods", "goods"]})
    codes = regions["region"].tolist()
    silent = np.diag(
        np.diag(flows)
    )  # no trade at all: nothing to fit, the mean of the kind is taken
    stack = xr.DataArray(
        np.stack([flows, silent]),
        {"sector": ["1", "2"], "origin": codes, "destination": codes},
        ("sector", "origin", "destination"),
    )
    table = fit_flows(stack, distance, sectors, "test")
    border = table[table["parameter"] == "border_effect"].set_index("sector")
    assert np.isnan(border.loc["2", "estimate"]) and border.loc["2", "prior"] == pytest.approx(
        border.loc["1", "prior"]
    )

    def labelled(values):
        return xr.DataArray(
            np.stack([values, values], axis=1),
            {"region": codes, "sector": ["1", "2"]},
            ("region", "sector"),
        )

    sums = fit_margins(
        labelled(np.diag(mean)),
        labelled(mean.sum(1) - np.diag(mean)),
        labelled(mean.sum(0) - np.diag(mean)),
        distance,
        sectors,
        np.full(2, THETA),
        "test",
        "given",
    )
    assert sums[sums["parameter"] == "border_effect"]["prior"].tolist() == pytest.approx(
        [BORDER, BORDER], rel=1e-7
    )
    with pytest.raises(DataError, match="no value of kappa"):
        check_priors(sums, ["1", "2"])


def test_negative_observations_are_refused():
    with pytest.raises(DataError, match=">= 0"):
        poisson_fit(np.array([1.0, -1.0]), np.ones((2, 1)))


@pytest.mark.parametrize("unit", [1.0, 1e5])
def test_coefficients_and_robust_errors_are_those_of_statsmodels(unit):
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    rng = np.random.default_rng(11)
    x = np.column_stack([np.ones(200), rng.normal(0, 1, (200, 3))])
    offset = rng.normal(0, 0.5, 200)
    y = unit * rng.poisson(np.exp(x @ [0.3, 0.5, -0.4, 0.2] + offset)) * rng.gamma(2.0, 0.5, 200)
    assert (y == 0).mean() > 0.1
    ours = poisson_fit(y, x, offset)
    theirs = GLM(y, x, Poisson(), offset=offset).fit(cov_type="HC0", tol=1e-12)
    level = np.log(y.mean()) - np.log(
        np.exp(offset).mean()
    )  # the constant is that of scaled observations
    np.testing.assert_allclose(
        ours.coefficients, theirs.params - [level, 0, 0, 0], rtol=1e-8, atol=1e-10
    )
    np.testing.assert_allclose(
        ours.standard_errors, theirs.bse * np.sqrt(200 / 196), rtol=1e-6
    )  # n / (n - rank)
    np.testing.assert_allclose(ours.mean, theirs.fittedvalues, rtol=1e-8)


def test_zeros_that_tell_nothing_are_found():
    x = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 1.0], [1.0, 1.0]])
    assert [*find_separated(np.array([1.0, 2.0, 0.0, 0.0]), x)] == [False, False, True, True]
    assert not find_separated(np.array([1.0, 0.0, 0.0, 3.0]), x).any()


def test_sparse_flows_give_no_sure_and_wild_exponent():
    """With zeros left in that tell nothing, there was a distance exponent of 221 (error 0.1)."""
    rng = np.random.default_rng(0)
    wild = 0
    for _ in range(100):
        distance = rng.uniform(10, 1000, (5, 5))
        np.fill_diagonal(distance, 20)
        flows = np.exp(rng.normal(0, 2, (5, 5))) * (rng.random((5, 5)) < 0.3)
        np.fill_diagonal(flows, np.exp(rng.normal(2, 1, 5)))
        fit = fit_gravity(flows, distance)
        wild += abs(fit["theta"]) > 15 and abs(fit["theta"]) > 5 * fit["theta_se"]
    assert wild == 0
