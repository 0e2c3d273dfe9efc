"""Coverage of intervals: what is counted, what a system's cities are told, the ensemble on a known
table.
"""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from known_world import NAMES, invented, write

from citymrio.base.errors import DataError, collect_notices
from citymrio.base.methods import METHODS
from citymrio.config.models import Config, Uncertainty
from known_truth.as_dataset import SILENT, System, stressor_of
from known_truth.intervals import (
    JUDGED,
    LEVELS,
    QUANTITIES,
    _among,
    _outputs,
    counted,
    coverage_of,
    member,
    pool_spreads,
    trade_residuals,
    truth_of,
)
from known_truth.run import outside_priors
from known_truth.table import read_known_table

MARKS = {"primary": [True, *[False] * 5], "energy": [False, True, *[False] * 4]}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The invented world, with sectors told apart and marked."""
    arrays, regions = invented()
    known = read_known_table(write(tmp_path_factory.mktemp("world"), arrays), regions)
    return replace(known, sectors=known.sectors.assign(**MARKS))


def test_intervals_of_the_distribution_of_the_truth_hold_as_much_of_it_as_they_should():
    rng = np.random.default_rng(1)
    count, members = 4000, 400
    centre, spread = rng.normal(5, 1, count), rng.uniform(0.5, 2, count)
    truth = rng.normal(centre, spread)
    drawn = rng.normal(centre, spread, (members, count))
    for level in LEVELS:
        found = counted(drawn, truth, level, centre)
        # the standard error of a share, and the interval's ends are those of a sample
        assert found["inside"] == pytest.approx(
            level, abs=3 * np.sqrt(level * (1 - level) / count) + 1 / members
        )
        assert found["truth_below"] + found["truth_above"] == pytest.approx(1 - found["inside"])
        assert found["values"] == count


def test_intervals_too_narrow_and_intervals_off_the_truth_are_told_apart():
    rng = np.random.default_rng(2)
    truth, zero = rng.normal(0, 1, 4000), np.zeros(4000)
    narrow = counted(rng.normal(0, 0.5, (400, 4000)), truth, 0.9, zero)
    assert narrow["inside"] == pytest.approx(0.589, abs=0.03)  # P(|z| < 1.645 / 2)
    assert narrow["truth_below"] == pytest.approx(narrow["truth_above"], abs=0.03)
    low = counted(rng.normal(2, 1, (400, 4000)), truth, 0.9, zero)
    assert low["truth_below"] > 0.6 and low["truth_above"] < 0.001


def test_large_values_count_more_where_shares_are_by_size():
    members = np.array([[0.9, 9.0], [1.1, 11.0]])
    found = counted(members, np.array([5.0, 10.0]), 0.9, np.array([1.0, 10.0]))
    assert (found["inside"], found["inside_by_size"]) == (0.5, pytest.approx(10 / 15))
    assert found["error"] == pytest.approx((0.8 + 0) / 2)


def test_cities_are_told_what_cities_are_told(table):
    system = System.of(
        table, None, Config(uncertainty=Uncertainty(members=2, observed_sd=0.0, emissions_sd=0.0))
    )
    told = system.dataset.observations["province P"]
    city = table.is_city
    added = told[told["quantity"].eq("value_added")]
    assert {tuple(sorted(group)) for _, group in added.groupby("region")["sectors"]} == {
        ("1", "2;3", "4;5;6")
    }
    truth = table.value_added[city]
    assert added.loc[added["sectors"].eq("2;3"), "value"].to_numpy() == pytest.approx(
        truth[:, 1:3].sum(axis=1)
    )
    emissions = told[told["quantity"].eq("emissions")]
    stressor, words = stressor_of(table)
    assert words == "purchases of energy products"
    assert stressor == pytest.approx(table.z[:, 1].sum(axis=0))
    silent = np.arange(city.sum()) % SILENT == SILENT - 1
    assert emissions["value"].to_numpy() == pytest.approx(stressor[city].sum(axis=1)[~silent])
    assert set(told["reliability"]) == {0.9, 0.7}
    exact = system.provincial.sel(province="province P", fuel="all").values
    assert exact == pytest.approx(stressor[city].sum(axis=0))
    # errors are as wide as the ensemble takes them to be
    noisy = System.of(table, None, Config(uncertainty=Uncertainty(members=2))).dataset.observations[
        "province P"
    ]
    error = np.log(noisy["value"] / told["value"])
    assert 0.02 < error[told["quantity"].eq("value_added")].std() < 0.1
    assert error[told["quantity"].eq("emissions")].abs().min() > 0


def test_without_energy_sectors_value_added_stands_in_and_this_is_said(table):
    plain = replace(table, sectors=table.sectors.assign(energy=False))
    with collect_notices() as notices:
        stressor, words = stressor_of(plain)
    assert words == "value added" and stressor == pytest.approx(np.maximum(table.value_added, 0))
    assert "no sector is marked" in notices[0].what


def test_marks_of_sectors_are_read_by_name_and_must_be_true_or_false(tmp_path, table):
    arrays, regions = invented()
    rows = table.sectors[["name", "kind"]].rename(columns={"name": "sector"}).assign(**MARKS)
    path = write(tmp_path, arrays)
    found = read_known_table(path, regions, rows.iloc[::-1]).sectors
    assert found["name"].tolist() == NAMES
    assert (
        found["energy"].tolist() == MARKS["energy"]
        and found["primary"].tolist() == MARKS["primary"]
    )
    with pytest.raises(DataError, match="energy of Mining is 'maybe'"):
        read_known_table(
            path, regions, rows.astype({"energy": object}).replace({"energy": {True: "maybe"}})
        )


@pytest.mark.slow
def test_the_ensemble_of_a_run_is_drawn_on_a_known_table(table):
    priors = outside_priors(table)
    system = System.of(
        table,
        priors,
        Config(cities={"split": "joint", "trade_prior": "border", "demand_tilt": True}),
    )
    truth, central, drawn = truth_of(system), member(system, 0), member(system, 1)
    for quantity, true in truth.items():
        assert central[quantity].shape == drawn[quantity].shape == true.shape, quantity
        if len(true):
            assert not np.array_equal(central[quantity], drawn[quantity]), quantity
    # what is kept exactly: output of the province, its production emissions in all
    for quantity in ("output by sector", "final demand by product"):
        assert drawn[quantity].sum() == pytest.approx(truth[quantity].sum(), rel=1e-6)
    found = coverage_of(table, priors, Uncertainty(members=12, output_sd=0.4))
    assert set(found["method"]) == set(JUDGED)
    spreads = found.groupby("method")[["output_sd", "own_trade_sd"]].first()
    assert spreads.loc["calibrated"].notna().all()
    assert spreads.loc["calibrated_own"].isna().tolist() == [True, False], "a run fits outputs"
    # one province, whose every city is told its total
    across = {"deliveries across provinces", "embodied flows across provinces"}
    assert set(found["quantity"]) == set(QUANTITIES) - across - {
        "production emissions (total not told)"
    }
    wide = found.pivot_table(index=["method", "quantity"], columns="level", values="inside")
    assert (wide.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None), "a wider interval holds more"
    assert (found["members"] + found["left_out"]).eq(12).all()
    without = coverage_of(table, None, Uncertainty(members=2))
    assert set(without["method"]) == {"calibrated_own", "paper"}, "it needs priors from elsewhere"


def shifted(table, factor):
    """The known table with trade between pairs of cities multiplied by `factor` (city, city);
    stands for the truth.
    """
    city = np.flatnonzero(table.is_city)
    z, f = table.z.copy(), table.f.copy()
    for cells in (z, f):
        block = cells[np.ix_(city, range(cells.shape[1]), city)]
        cells[np.ix_(city, range(cells.shape[1]), city)] = block * factor[:, None, :, None]
    return replace(table, z=z, f=f)


def test_spreads_are_the_root_mean_squares_of_known_residuals(table):
    city = table.is_city
    rng = np.random.default_rng(4)
    level = np.exp(rng.normal(0, 0.2, (city.sum(), 2)))[
        :, [0, 0, 0, 1, 1, 1]
    ]  # goods are one industry, services the other
    output = table.output.copy()
    output[city] *= level
    rows = {(s, p): r for s, p, r in _outputs(table, replace(table, output=output))}
    assert np.sort(rows["productivity_sd", "given value added"]) == pytest.approx(
        np.sort(np.log(level[:, [0, 3]]).ravel())
    )
    assert np.abs(rows["output_sd", "within its industry"]).max() < 1e-12
    pair = np.exp(rng.normal(0, 0.5, (5, 5)))
    np.fill_diagonal(pair, 1.0)
    origin = np.exp(rng.normal(0, 0.5, 5))[:, None] * (1 - np.eye(5)) + np.eye(5)
    found = {p: r for _, p, r in trade_residuals(_among(table, shifted(table, origin)))}
    assert np.abs(found["pair of cities"]).max() < 1e-9, "effects of the origin are none of a pair"
    found = {p: r for _, p, r in trade_residuals(_among(table, shifted(table, pair)))}
    assert np.sqrt(np.mean(found["pair of cities"] ** 2)) == pytest.approx(0.5, rel=0.5)
    home = np.ones((5, 5)) + np.diag([0.0, 1.0, 0.0, 0.0, 0.0])
    found = {p: r for _, p, r in trade_residuals(_among(table, shifted(table, home)))}
    assert np.sort(found["home"]) == pytest.approx(
        np.sort((np.log([1, 2, 1, 1, 1]) - np.log(2) / 5) * np.sqrt(5 / 4))
    )


def test_spreads_of_outputs_are_those_that_draws_have_before_sums_are_met():
    rng, sd, count = np.random.default_rng(9), 0.5, 400
    sectors = pd.DataFrame({"industry": list("aabbbb")})
    size = np.array([3.0, 2.0, 1.0, 2.0, 4.0, 2.0]) * np.exp(rng.normal(0, 0.2, (count, 6)))
    drawn = size * np.exp(rng.normal(0, sd, size.shape))
    for own in ([0, 1], [2, 3, 4, 5]):
        drawn[:, own] *= (size[:, own].sum(axis=1) / drawn[:, own].sum(axis=1))[:, None]
    guess, true = (
        SimpleNamespace(
            output=output,
            value_added=output,
            sectors=sectors,
            is_city=np.full(count, True),
            goods=np.full(6, True),
        )
        for output in (size, drawn)
    )
    seen = {spread: residuals for spread, _, residuals in _outputs(guess, true)}["output_sd"]
    # to first order in the spread; without it, .37
    assert np.sqrt(np.mean(np.square(seen))) == pytest.approx(sd, rel=0.1)


def test_chance_of_the_effects_is_no_scatter_of_own_trade():
    """What pairs tell of origins and destinations is uncertain by their own scatter."""
    rng = np.random.default_rng(8)
    own, scatter = np.eye(5, dtype=bool), np.where(np.eye(5), 0.4, 0.8)
    provinces = [np.exp(rng.normal(0, scatter)) for _ in range(400)]
    found = {
        part: np.sqrt(np.mean(np.square(residuals)))
        for _, part, residuals in trade_residuals(
            (np.pad(truth, (0, 1), constant_values=1.0), np.ones((6, 6))) for truth in provinces
        )
    }
    assert found["pair of cities"] == pytest.approx(0.8, rel=0.03)
    assert found["home"] == pytest.approx(0.4, rel=0.1)
    # cities that trade with one neighbour alone: effects are not told, and nothing is said of home
    few = np.where(own | np.roll(own, 1, axis=1), 1.0, 0.0)
    empty = list(trade_residuals([(np.pad(few, (0, 1), constant_values=1.0), np.ones((6, 6)))]))
    assert [len(r) for _, part, r in empty if part in ("pair of cities", "home")] == [0, 0]
    same = {p: r for _, p, r in trade_residuals([(np.ones((6, 6)), np.ones((6, 6)))])}
    assert np.all(same["home"] == 0) and len(same["home"]) == 5


def test_a_system_is_judged_with_the_spreads_of_the_others():
    def measured(system, basis, **sd):
        return pd.DataFrame(
            {
                "system": system,
                "basis": basis,
                "spread": [*sd],
                "part": "",
                "sd": [*sd.values()],
                "values": 9,
            }
        )

    one = measured(
        "one", "published", output_sd=0.3, services_sd=0.1, productivity_sd=0.2, city_trade_sd=0.5
    )
    two = measured(
        "two", "estimated", output_sd=0.4, services_sd=0.1, productivity_sd=0.2, city_trade_sd=0.5
    )
    fancy = measured("fancy", "invented", output_sd=9.0, services_sd=9.0)
    found = pool_spreads([one, two, fancy], 12)
    assert found.output_sd == pytest.approx(np.sqrt((0.3**2 + 0.4**2) / 2)) and found.members == 12
    assert found.output_sd_sectors == {
        "services": pytest.approx(0.1)
    } and found.city_trade_sd == pytest.approx(0.5)
    assert pool_spreads([fancy], 12) == pool_spreads([], 12) == Uncertainty(members=12)


@pytest.mark.slow
def test_new_draws_move_what_they_are_of_and_keep_the_totals(table):
    priors = outside_priors(table)
    still = {name: 0.0 for name in Uncertainty.model_fields if name.endswith("_sd")}
    still |= {
        "output_sd_sectors": {},
        "border_barrier_range": (0.5, 0.5),
        "border_change_sd": 0.0,
        "border_product_sd": 0.0,
    }
    still |= {"demand_weight_range": (1.0, 1.0)}
    unmoved = priors.assign(se=0.0)

    def one(**drawn):
        config = Config(cities=METHODS["calibrated"], uncertainty={**still, **drawn})
        return member(System.of(table, unmoved, config), 1)

    plain, productive, trading = one(), one(productivity_sd=0.3), one(city_trade_sd=0.5)
    assert np.abs(productive["output by sector"] / plain["output by sector"] - 1).max() > 0.05
    assert productive["output by sector"].reshape(5, 6).sum(axis=0) == pytest.approx(
        table.output[table.is_city].sum(axis=0)
    )
    assert trading["output by sector"] == pytest.approx(plain["output by sector"])
    inside = "deliveries inside a province"
    assert np.log(trading[inside] / plain[inside]).std() > 0.2
