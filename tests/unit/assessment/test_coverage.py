"""Coverage of intervals: what is counted, what a system's cities are told, the ensemble on a known table."""

from dataclasses import replace

import numpy as np
import pytest
from known_world import NAMES, invented, write

from citymrio.assessment.ensemble.coverage import LEVELS, counted
from citymrio.assessment.known_table.as_dataset import SILENT, System, stressor_of
from citymrio.assessment.known_table.intervals import QUANTITIES, coverage_of, member, truth_of
from citymrio.assessment.known_table.run import outside_priors
from citymrio.assessment.known_table.table import read_known_table
from citymrio.base.errors import DataError
from citymrio.base.notices import collecting
from citymrio.config.models import Config, Uncertainty

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
        assert found["inside"] == pytest.approx(level, abs=3 * np.sqrt(level * (1 - level) / count) + 1 / members)
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
    system = System.of(table, None, Config(uncertainty=Uncertainty(members=2, observed_sd=0.0, emissions_sd=0.0)))
    told = system.dataset.observations["province P"]
    city = table.is_city
    added = told[told["quantity"].eq("value_added")]
    assert {tuple(sorted(group)) for _, group in added.groupby("region")["sectors"]} == {("1", "2;3", "4;5;6")}
    truth = table.value_added[city]
    assert added.loc[added["sectors"].eq("2;3"), "value"].to_numpy() == pytest.approx(truth[:, 1:3].sum(axis=1))
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
    noisy = System.of(table, None, Config(uncertainty=Uncertainty(members=2))).dataset.observations["province P"]
    error = np.log(noisy["value"] / told["value"])
    assert 0.02 < error[told["quantity"].eq("value_added")].std() < 0.1
    assert error[told["quantity"].eq("emissions")].abs().min() > 0


def test_without_energy_sectors_value_added_stands_in_and_this_is_said(table):
    plain = replace(table, sectors=table.sectors.assign(energy=False))
    with collecting() as notices:
        stressor, words = stressor_of(plain)
    assert words == "value added" and stressor == pytest.approx(np.maximum(table.value_added, 0))
    assert "no sector is marked" in notices[0].what


def test_marks_of_sectors_are_read_by_name_and_must_be_true_or_false(tmp_path, table):
    arrays, regions = invented()
    rows = table.sectors[["name", "kind"]].rename(columns={"name": "sector"}).assign(**MARKS)
    path = write(tmp_path, arrays)
    found = read_known_table(path, regions, rows.iloc[::-1]).sectors
    assert found["name"].tolist() == NAMES
    assert found["energy"].tolist() == MARKS["energy"] and found["primary"].tolist() == MARKS["primary"]
    with pytest.raises(DataError, match="energy of Mining is 'maybe'"):
        read_known_table(path, regions, rows.astype({"energy": object}).replace({"energy": {True: "maybe"}}))


@pytest.mark.slow
def test_the_ensemble_of_a_run_is_drawn_on_a_known_table(table):
    priors = outside_priors(table)
    system = System.of(table, priors, Config(cities={"split": "joint", "trade_prior": "border", "demand_tilt": True}))
    truth, central, drawn = truth_of(system), member(system, 0), member(system, 1)
    for quantity, true in truth.items():
        assert central[quantity].shape == drawn[quantity].shape == true.shape, quantity
        if len(true):
            assert not np.array_equal(central[quantity], drawn[quantity]), quantity
    # what is kept exactly: output of the province, its production emissions in all
    for quantity in ("output by sector", "final demand by product"):
        assert drawn[quantity].sum() == pytest.approx(truth[quantity].sum(), rel=1e-6)
    found = coverage_of(table, priors, Uncertainty(members=12))
    assert set(found["method"]) == {"calibrated", "paper"}
    assert set(found["quantity"]) == set(QUANTITIES) - {"production emissions (total not told)"}
    wide = found.pivot_table(index=["method", "quantity"], columns="level", values="inside")
    assert (wide.diff(axis=1).iloc[:, 1:] >= 0).all(axis=None), "a wider interval holds more"
    assert (found["members"] + found["left_out"]).eq(12).all()
    without = coverage_of(table, None, Uncertainty(members=2))
    assert set(without["method"]) == {"paper"}, "the calibrated method needs priors"
