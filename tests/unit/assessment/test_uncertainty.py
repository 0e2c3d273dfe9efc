"""The ensemble: draws are reproducible and common to all methods, what is known stays, summaries
are right on known members.
"""

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.special import ndtri

from citymrio.analysis.tables import BALANCES
from citymrio.assessment.ensemble import inputs, member
from citymrio.assessment.ensemble.blocks import read_members, read_numbers
from citymrio.assessment.ensemble.inputs import INPUTS, draw, lognormal
from citymrio.assessment.ensemble.intervals import compare_with_intervals, is_cell, with_intervals
from citymrio.assessment.ensemble.layout import (
    BLOCK,
    REGION,
    REJECTED,
    SUPPLIERS,
    blocks,
    members_of,
)
from citymrio.assessment.ensemble.member import (
    _drawn_kappa,
    _savings,
    member_config,
    member_priors,
    run_members,
)
from citymrio.assessment.ensemble.summary import _shares, summarise
from citymrio.assessment.truth import coverage
from citymrio.base.errors import ConfigError, DataError, InfeasibleError, collect_notices
from citymrio.base.labels import read_dataset, read_table, write_dataset, write_table
from citymrio.cities.demand import redistribute
from citymrio.cities.outputs import within_sets
from citymrio.config.models import Emissions, Uncertainty, load_config
from citymrio.dataset.dataset import DatasetFolder
from citymrio.report.columns import dictionary

pytestmark = pytest.mark.slow

CODES = ["a1", "a2", "b1"]


@pytest.fixture
def dataset():
    columns = [
        "region",
        "quantity",
        "sectors",
        "category",
        "value",
        "unit",
        "source",
        "status",
        "reliability",
    ]
    a = pd.DataFrame([("a1", "value_added", "1", "", 10.0, "", "", "observed", 1.0),
                      ("a2", "value_added", "1", "", 20.0, "", "", "imputed", 1.0),
                      ("a1", "emissions", "", "", 5.0, "", "", "observed", 1.0)], columns=columns)  # fmt: skip
    regions = pd.DataFrame(
        {
            "region": CODES,
            "province": ["a", "a", "b"],
            "population": [3.0, 4.0, 5.0],
            "population_rural": [1.0, 1.0, 1.0],
        }
    )
    tables = {
        "regions": regions,
        "sectors": pd.DataFrame(
            {
                "sector": ["1", "2"],
                "industry": ["primary", "tertiary"],
                "kind": ["goods", "services"],
            }
        ),
        "inventory_sectors": pd.DataFrame(
            {"inventory_sector": ["1", "2", "3"], "kind": "production", "key": ""}
        ),
        "bridge": pd.DataFrame({"inventory_sector": ["1", "2"], "sector": ["1", "2"]}),
        "final_demand": pd.DataFrame(
            {"category": ["C", "G", "S"], "role": ["household", "government", "stock_changes"]}
        ),
        "benchmarks": pd.DataFrame(
            {"parameter": ["peak_emissions", "global_intensity.power"], "value": [12.0, 5.0]}
        ),
    }
    return DatasetFolder(
        tables=tables,
        provinces={"a": None, "b": None},
        national=None,
        observations={"a": a, "b": a.iloc[:0]},
        inventory={},
        inventory_city=None,
        inventory_national=None,
        info={},
    )


def test_a_member_has_the_same_draws_whatever_the_method(dataset):
    one = draw(dataset, load_config({"method": "paper"}).uncertainty, 7)
    other = draw(dataset, load_config({"method": "calibrated"}).uncertainty, 7)
    assert one.numbers == other.numbers
    xr.testing.assert_identical(one.factors, other.factors)
    pd.testing.assert_frame_equal(one.dataset.observations["a"], other.dataset.observations["a"])


def test_members_and_seeds_differ(dataset):
    config = load_config({}).uncertainty
    assert draw(dataset, config, 1).numbers != draw(dataset, config, 2).numbers
    assert (
        draw(dataset, config, 1).numbers
        != draw(dataset, config.model_copy(update={"seed": -1}), 1).numbers
    )


def test_an_input_without_spread_is_not_drawn_and_leaves_the_other_streams_alone(dataset):
    config = load_config({}).uncertainty
    still = config.model_copy(
        update={"observed_sd": 0.0, "imputed_sd": 0.0, "emissions_sd": 0.0, "population_sd": 0.0}
    )
    one, other = draw(dataset, config, 3), draw(dataset, still, 3)
    assert other.dataset.observations["a"]["value"].tolist() == [10.0, 20.0, 5.0]
    assert other.dataset.tables["regions"]["population"].tolist() == [3.0, 4.0, 5.0]
    xr.testing.assert_equal(one.factors, other.factors)


def test_the_level_of_intensities_is_drawn_for_every_city_and_common_to_its_sectors(dataset):
    """A city with a CO2 total, too (a1): the total says how much of the draw is in its intensities
    and how much in outputs.
    """
    spreads = dict.fromkeys(("intensity_sector_sd", "intensity_row_sd"), 0.0)
    config = load_config({"uncertainty": spreads}).uncertainty
    drawn = draw(dataset, config, 5).factors["intensity"]
    for city in ("a1", "a2"):
        level = drawn.sel(region=city).values
        assert (level == level[0]).all() and level[0] != 1


def test_every_key_of_a_spread_belongs_to_an_input_and_the_docs_say_what_is_drawn():
    settings = {"method", "members", "seed", "level"}
    keys = {key for entry in INPUTS for key in entry.keys}
    elsewhere = {key for key in keys if "." in key}  # those of other sections
    assert keys - elsewhere == set(Uncertainty.model_fields) - settings
    assert elsewhere <= {f"emissions.{name}" for name in Emissions.model_fields}
    assert len({entry.name for entry in INPUTS}) == len(INPUTS)
    assert inputs.markdown() in (Path(__file__).parents[3] / "docs/accuracy.md").read_text(
        encoding="utf-8"
    )


def test_one_more_input_is_seen_everywhere_and_moves_no_other(dataset, monkeypatch):
    config = load_config({}).uncertainty
    before = draw(dataset, config, 3)

    def enter(drawn, z, config):
        return drawn.times("output", lognormal(z, config.demand_sd)[:, None]).noted("weather", z)

    extra = inputs.Input("weather", "rain", "yields", ("demand_sd",), ("region",), enter)
    for place in (0, len(INPUTS)):
        monkeypatch.setattr(inputs, "INPUTS", (*INPUTS[:place], extra, *INPUTS[place:]))
        after = draw(dataset, config, 3)
        assert after.numbers == before.numbers
        xr.testing.assert_identical(
            after.factors.drop_vars("output"), before.factors.drop_vars("output")
        )
        pd.testing.assert_frame_equal(
            after.dataset.observations["a"], before.dataset.observations["a"]
        )
        own = pd.DataFrame(after.by_region).drop(columns="weather")
        pd.testing.assert_frame_equal(own, pd.DataFrame(before.by_region))
        assert (after.factors["output"] != before.factors["output"]).all()
    assert "weather" in inputs.region_columns() and "\n| rain | `demand_sd` |" in inputs.markdown()
    table, numbers, regions = members()
    table["draw_weather"] = table["draw_intensity"]
    table["draw_intensity"] = 0 * table["draw_intensity"]
    result = summarise(table, numbers, regions, 0.9)
    assert result["regions"].set_index("region").at["y", "main_input"] == "rain"
    assert "rain" in set(result["variance"]["input"])


def test_every_balance_that_may_make_a_net_producer_has_an_interval():
    assert set(BALANCES.values()) <= set(REGION)


def test_factors_have_mean_one():
    z = np.random.default_rng(0).standard_normal(400_000)
    assert lognormal(z, 0.5).mean() == pytest.approx(1.0, abs=0.005)


def balanced_to_one(reference):
    """The reference scaled to rows and columns that sum to 1."""
    for _ in range(500):
        reference = reference / reference.sum(axis=1, keepdims=True)
        reference = reference / reference.sum(axis=0)
    return reference


@pytest.mark.night
def test_draws_of_trade_keep_its_level_on_average_and_open_cities_are_open_both_ways(dataset):
    """Else intervals would lie on one side of the estimate."""
    nothing = {name: 0.0 for name in Uncertainty.model_fields if name.endswith("_sd")} | {
        "output_sd_sectors": {}
    }

    def factors(**sd):
        config = Uncertainty(**(nothing | sd))
        return [draw(dataset, config, number).factors for number in range(1, 301)]

    own = np.array([np.diag(f["trade"].values) for f in factors(own_trade_sd=0.86)])
    assert np.log(own).std() == pytest.approx(0.86, abs=0.03)
    gravity = np.where(np.eye(own.shape[1], dtype=bool), 5.0 * own.shape[1], 1.0)
    home = np.trace(balanced_to_one(gravity)) / own.shape[1]
    homes = [
        np.trace(balanced_to_one(gravity * np.where(gravity > 1, one, 1.0))) / len(one)
        for one in own[:100]
    ]
    assert home > 0.8 and (1 - np.mean(homes)) / (1 - home) == pytest.approx(1.0, abs=0.1)
    change = np.concatenate([f["border"].values for f in factors(border_change_sd=0.5)])
    assert np.exp(-change).mean() == pytest.approx(1.0, abs=0.06) and change.std() == pytest.approx(
        0.5, abs=0.04
    )
    assert all((change == change[:, :1]).ravel())
    product = np.concatenate([f["border"].values for f in factors(border_product_sd=0.4)])
    assert product.std() == pytest.approx(0.4, abs=0.03) and product.std(axis=1).min() > 0
    assert product.mean() == pytest.approx(0.0, abs=0.04)
    logs = [
        np.log(f["trade"].values) for f in factors(openness_sd=0.58)
    ]  # the sum of a seller's and a buyer's draw
    both = np.array(
        [(log.mean(axis=1) - log.mean(), log.mean(axis=0) - log.mean()) for log in logs]
    ).transpose(1, 0, 2)
    assert np.corrcoef(both.reshape(2, -1))[0, 1] == pytest.approx(0.76, abs=0.06)


def test_parameters_stay_in_their_ranges_and_reach_the_estimate(dataset):
    config = load_config({"method": "paper"})
    for number in range(1, 40):
        drawn = draw(dataset, config.uncertainty, number).cities
        assert 0 <= drawn["border_barrier"] <= 1 and 0.5 <= drawn["demand_weight"] <= 1
        cities = member_config(config, drawn).cities
        assert (cities.split, cities.trade_prior, cities.demand_tilt) == ("joint", "border", True)
        assert cities.border_barrier == drawn["border_barrier"] and cities.theta == drawn["theta"]


def test_priors_move_by_their_standard_errors():
    priors = pd.DataFrame(
        {
            "sector": ["1"] * 3,
            "parameter": ["theta", "border_effect", "kappa"],
            "prior": [1.0, 4.0, 2.0],
            "se": [np.nan, 0.5, 0.2],
        }
    )
    errors = {"border_effect": 2.0, "kappa": 1.0, "theta": 1.0}
    moved = member_priors(priors, errors)["prior"].tolist()
    assert moved[:2] == [1.0, 5.0] and moved[2] == pytest.approx(2.2, rel=0.03)


@pytest.mark.parametrize(("kappa", "se"), [(4.0, 0.4), (6.0, 8.0), (1.0, 3.0), (0.0, 1.0)])
def test_drawn_demand_leans_on_average_as_much_as_the_estimate(kappa, se):
    """An exponent of wide error, moved by it, would make demand lean where it does not."""
    nodes = ndtri((np.arange(4000) + 0.5) / 4000)
    found = [_drawn_kappa(kappa, se, z) for z in nodes]
    assert np.mean(0.5 ** np.array(found)) == pytest.approx(0.5**kappa, rel=0.02)
    assert all(np.diff(found) >= 0) and min(found) >= 0
    if se < 1:
        assert np.std(found) == pytest.approx(se, rel=0.1)


def test_demand_that_does_not_lean_or_has_no_error_stays():
    for kappa, se in ((1000.0, 1.0), (0.0, 1.0), (4.0, 0.0), (4.0, np.nan)):
        assert _drawn_kappa(kappa, se, 1.0) == kappa


def test_a_drawn_sector_mix_keeps_the_totals_of_every_industry_and_sector():
    rng = np.random.default_rng(3)
    prior = np.outer([0.6, 0.3, 0.1], [1.0, 3.0, 2.0, 5.0])
    sets = np.array([[0, 0, 0, 1], [0, 0, 2, 1], [0, 0, 0, 1]])
    factor = rng.lognormal(0, 0.5, prior.shape)
    drawn = within_sets(prior, factor, sets, np.ones(4))
    assert drawn.sum(axis=0) == pytest.approx(prior.sum(axis=0))
    for city, number in ((0, 0), (0, 1), (1, 0), (1, 2), (2, 0)):
        member = sets[city] == number
        assert drawn[city, member].sum() == pytest.approx(prior[city, member].sum())
    # odds ratios are those of the factors: nothing else of the draw is lost
    odds = [m[0, 0] * m[2, 1] / (m[0, 1] * m[2, 0]) for m in (drawn, prior * factor)]
    assert odds[0] == pytest.approx(odds[1])


def test_a_sector_that_follows_use_gives_no_way_to_what_is_drawn_of_others():
    """Sums of sets and of sectors are met by those that grow with their city."""
    rng = np.random.default_rng(5)
    prior = np.outer([0.5, 0.3, 0.2], [1.0, 3.0, 2.0, 5.0])
    sets, factor = np.zeros(prior.shape, int), rng.lognormal(0, 0.7, prior.shape)
    factor[:, 2] = 1.0
    moved = {}
    for loading in (1.0, 0.1, 0.0):
        drawn = within_sets(prior, factor, sets, np.array([1.0, 1.0, loading, 0.8]))
        np.testing.assert_allclose(drawn.sum(axis=0), prior.sum(axis=0), rtol=1e-11)
        np.testing.assert_allclose(drawn.sum(axis=1), prior.sum(axis=1), rtol=1e-11)
        moved[loading] = np.ptp(np.log(drawn[:, 2] / prior[:, 2]))
    assert moved[0.0] < 1e-9 and 0.05 * moved[1.0] < moved[0.1] < 0.2 * moved[1.0]


def test_sectors_grow_with_their_city_by_their_loading_alone():
    """Of many a draw the search for sums had stopped far from them; one division then met them."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        prior, factor = rng.lognormal(0, 1, (3, 5)), rng.lognormal(0, 0.7, (3, 5))
        loading = rng.uniform(0, 1, 5).round(1)
        drawn = within_sets(prior, factor, np.zeros(prior.shape, int), loading)
        moved = np.log(drawn / (prior * factor))
        for city in (1, 2):
            between = moved[city] - moved[0]
            size = (loading @ between) / (loading @ loading)
            np.testing.assert_allclose(between, size * loading, atol=1e-7, err_msg=str(seed))


def test_drawn_outputs_of_small_cities_are_on_average_those_of_their_value_added():
    rng = np.random.default_rng(4)
    prior = np.outer([0.85, 0.1, 0.05], np.ones(6))
    sets = np.zeros(prior.shape, int)
    draws = [
        within_sets(prior, lognormal(rng.normal(size=prior.shape), 0.8), sets, np.ones(6))
        for _ in range(300)
    ]
    assert np.mean(draws, axis=0).sum(axis=1) == pytest.approx(prior.sum(axis=1), rel=1e-9)
    assert np.std(draws, axis=0)[2].min() > 0.01


def test_drawn_final_demand_keeps_the_provinces_cells():
    rng = np.random.default_rng(1)
    final, factor = rng.random((3, 2, 2)), rng.random((3, 2)) + 0.5
    drawn = redistribute(final, factor)
    assert drawn.sum(axis=0) == pytest.approx(final.sum(axis=0))
    assert not np.allclose(drawn, final)


def members(count=400):
    rng = np.random.default_rng(2)
    draws = rng.standard_normal((count + 1, 2))
    draws[0] = 0
    intensity = rng.standard_normal((count + 1, 2))
    intensity[0] = 0
    cba = np.stack([100 + 10 * draws[:, 0], 50 + 3 * intensity[:, 1]], axis=1)
    dims = ("member", "region")
    data = dict.fromkeys(REGION, (dims, cba))
    data["super_emitter"] = (dims, np.where(cba > 105, 4, 1))
    data["quintile"] = (dims, np.ones((count + 1, 2), int))
    data["same_structure"] = (dims, np.where(cba > 95, 1.0, 0.0))
    supplier = np.full((count + 1, 2, SUPPLIERS), -1)
    supplier[cba[:, 0] > 95, 0, 0] = 1  # y delivers to x where x is large; nobody delivers to y
    data["supplier"] = ((*dims, "rank"), supplier)
    main = np.full((1, 2, SUPPLIERS), -1)
    main[0, 0, 0] = 1
    data["main_supplier"] = ((*dims, "rank"), np.broadcast_to(main, supplier.shape))
    data["supplied_mt"] = ((*dims, "rank"), np.where(main == 1, cba[..., None], np.nan))
    for name in ("statistics", "population", "sector_mix", "demand"):
        data[f"draw_{name}"] = (dims, np.zeros((count + 1, 2)))
    data["draw_intensity"] = (dims, intensity)
    table = xr.Dataset(data, coords={"member": np.arange(count + 1), "region": ["x", "y"]})
    rows = [(m, "total", cba[m].sum(), "Mt") for m in range(count + 1)]
    rows += [(m, "paper: T1", cba[m, 0], "Mt") for m in range(count + 1)]
    rows += [(m, "draw: theta", draws[m, 0], "") for m in range(1, count + 1)]
    numbers = pd.DataFrame(rows, columns=["member", "quantity", "value", "unit"])
    regions = pd.DataFrame({"region": ["x", "y"], "name": ["X", "Y"], "kind": ["city", "city"]})
    return table, numbers, regions


def test_a_flow_outside_its_interval_is_warned_of():
    table, numbers, regions = members()
    table["supplied_mt"] = table["supplied_mt"] * xr.where(table["member"] > 0, 1.0, 10.0)
    with collect_notices() as notices:
        summarise(table, numbers, regions, 0.9)
    (value,) = [notice.value for notice in notices if "outside its interval" in notice.what]
    assert value == "mt of 1 of 1 rows of suppliers.csv"


def test_intervals_probabilities_and_main_inputs_of_known_members():
    result = summarise(*members(), 0.9)
    for name, found in result.items():
        listed = [column for column in dictionary() if column.table == f"uncertainty/{name}"]
        assert all(any(column.holds(one) for column in listed) for one in found), name
    x, y = (result["regions"].set_index("region").loc[code] for code in ("x", "y"))
    assert (
        x["cba_mt"] == 100
        and x["cba_mt_low"] == pytest.approx(100 - 16.4, abs=2)
        and x["cba_mt_high"] == pytest.approx(100 + 16.4, abs=2)
    )
    assert x["p_hybrid"] == pytest.approx(0.31, abs=0.06) and y["p_super_emitter"] == 0
    assert x["p_structure"] == pytest.approx(0.69, abs=0.06) and y["p_structure"] == 0
    assert (x["main_input"], y["main_input"]) == ("distance exponent", "level of intensities")
    assert x["main_input_share"] > 0.99
    ranks = ["cba_rank", "cba_rank_low", "cba_rank_high"]
    assert (x[ranks].tolist(), y[ranks].tolist()) == ([1, 1, 1], [2, 2, 2])


def test_a_rank_has_the_interval_of_its_draws():
    table, numbers, regions = members()
    cba = table["cba_mt"].values.copy()
    cba[:, 1] = 100  # as often above x as below
    table["cba_mt"] = (("member", "region"), cba)
    found = summarise(table, numbers, regions, 0.9)["regions"]
    assert found[["cba_rank_low", "cba_rank_high"]].to_numpy().tolist() == [[1, 2], [1, 2]]


def test_what_adds_up_is_reported_without_draws_and_what_does_not_as_the_median_inside_its_interval():
    table, numbers, regions = members()
    count = numbers[numbers["quantity"].eq("total")].assign(
        quantity="super-emitters: hybrid", value=lambda t: (t["value"] > 160) * 1.0
    )
    count.loc[count["member"].eq(0), "value"] = 7.0  # far from every draw
    total = numbers[numbers["quantity"].eq("total")].assign(quantity="sum of city footprints (CBA)")
    found = summarise(table, pd.concat([numbers, count, total]), regions, 0.9)["numbers"].set_index(
        "quantity"
    )
    own = found.loc["super-emitters: hybrid"]
    assert (own["reported"], own["value"], own["estimate"]) == ("median", own["median"], 7.0)
    added = found.loc["sum of city footprints (CBA)"]
    assert (added["reported"], added["value"]) == ("central", added["estimate"]) and added[
        "value"
    ] == 150
    medians = found[found["reported"].eq("median")]
    assert ((medians["low"] <= medians["value"]) & (medians["value"] <= medians["high"])).all()


@pytest.mark.parametrize(("values", "median"), [([3.0, 4.0], 4.0), ([3.5, 4.5], 4.0)])
def test_the_median_of_a_count_is_a_count(values, median):
    """Half a city would be rounded one way by one page and the other way by another."""
    table, numbers, regions = members(2)
    own = numbers[numbers["quantity"].eq("total")].assign(
        quantity="super-emitters: hybrid", value=[3.0, *values]
    )
    found = summarise(table, pd.concat([numbers, own]), regions, 0.9)["numbers"]
    assert found.set_index("quantity").loc["super-emitters: hybrid", "median"] == median


def test_a_sum_outside_its_interval_is_said_with_its_numbers():
    table, numbers, regions = members()
    total = numbers[numbers["quantity"].eq("total")].assign(quantity="sum of city footprints (CBA)")
    total.loc[total["member"].eq(0), "value"] = 400.0
    with collect_notices() as notices:
        summarise(table, numbers, regions, 0.9)
        assert not notices
        summarise(table, pd.concat([numbers, total]), regions, 0.9)
    (notice,) = notices
    assert (
        "sum of city footprints (CBA) 400 (1" in notice.value
        and "outside its interval" in notice.what
    )


def test_suppliers_have_the_part_of_the_members_in_which_they_are_the_largest():
    table, numbers, regions = members()
    found = summarise(table, numbers, regions, 0.9)["suppliers"]
    assert found[["region", "name", "supplier", "supplier_name"]].to_numpy().tolist() == [
        ["x", "X", "y", "Y"]
    ]
    share = float((table["cba_mt"].sel(region="x", member=slice(1, None)) > 95).mean())
    assert found["p_supplier"].tolist() == found["p_largest"].tolist() == [share]
    amounts = table["cba_mt"].sel(region="x").to_numpy()
    ends = np.quantile(amounts[1:], [0.05, 0.95])
    assert found[["mt", "mt_low", "mt_high"]].to_numpy()[0] == pytest.approx([amounts[0], *ends])


def test_a_large_supplier_of_the_run_is_listed_even_where_no_member_has_it_among_the_largest():
    table, numbers, regions = members()
    table["supplier"][:] = -1
    table["supplier"][:, 1, 0] = 0  # x delivers to y, which has no large supplier in the run
    found = summarise(table, numbers, regions, 0.9)["suppliers"].set_index("region")
    assert found.loc["y", ["supplier", "p_largest"]].tolist() == ["x", 1.0]
    assert np.isnan(found.at["y", "mt_low"]) and "x" not in found.index
    table["supplier"][:, 0, 0] = 0
    found = summarise(table, numbers, regions, 0.9)["suppliers"].set_index("region")
    rows = found.loc["x", ["supplier", "p_supplier", "mt"]].to_numpy().tolist()
    assert rows[1] == ["y", 0.0, float(table["cba_mt"][0, 0])] and np.isnan(rows[0][2])


def test_savings_of_a_member_are_those_of_the_scenarios_that_are_quoted():
    """By side and depth; 0 where a city does nothing or no city does anything, blank where there
    is no such scenario.
    """
    names = ["technology_light", "technology_light_capped", "sum_light_cut", "joint_light_cut"]
    scenarios = pd.DataFrame(
        {
            "scenario": [*names, "demand_light_cut"],
            "side": ["technology", "technology", "sum", "joint", "demand"],
            "depth": "light",
            "headline": [True, False, True, True, True],
        }
    )
    of_cities = pd.DataFrame({"scenario": names, "region": "y", "saving_mt": [2.0, 1.0, 2.5, 2.25]})
    found = _savings({"scenarios": scenarios, "scenario_cities": of_cities}, pd.Series(["x", "y"]))
    assert found["saving_technology_light_mt"].tolist() == [0.0, 2.0]
    assert {name: sum(saved) for name, saved in found.items() if "light" in name} == {
        "saving_technology_light_mt": 2.0,
        "saving_demand_light_mt": 0.0,
        "saving_sum_light_mt": 2.5,
        "saving_joint_light_mt": 2.25,
    }
    assert all(np.isnan(saved).all() for name, saved in found.items() if "deep" in name)


def test_what_a_city_saves_and_its_rank_are_medians_inside_their_intervals_and_its_footprint_is_not():
    table, numbers, regions = members()
    saved = np.maximum(table["cba_mt"].values - 90, 0)
    saved[0] = 1000.0  # far from every draw, as is the footprint
    for side in ("technology", "sum", "joint"):
        table[f"saving_{side}_light_mt"] = (("member", "region"), saved)
    cba = table["cba_mt"].values.copy()
    cba[0] = [1.0, 1000.0]
    table["cba_mt"] = (("member", "region"), cba)
    found = summarise(table, numbers, regions, 0.9)["regions"]
    assert found["cba_mt"].tolist() == [1.0, 1000.0]
    for side in ("technology", "sum", "joint"):
        name = f"saving_{side}_light_mt"
        assert found[name].to_numpy() == pytest.approx(np.median(saved[1:], axis=0))
        assert found[name].between(found[f"{name}_low"], found[f"{name}_high"]).all()
    assert found["cba_rank"].tolist() == [1, 2]


def test_cells_of_tables_have_intervals_in_a_table_of_their_own_and_stand_beside_the_tables_of_the_run():
    table, numbers, regions = members()
    cell = numbers[numbers["quantity"].eq("total")].assign(quantity="intercity: same_city, mt")
    other = numbers[numbers["quantity"].eq("total")].assign(quantity="quintiles: Q1, cba_mt")
    today = other.assign(quantity="quota: existing, new_mt")
    then = other.assign(quantity="quota: technology_light, new_mt")
    found = summarise(table, pd.concat([numbers, cell, other, today, then]), regions, 0.9)
    known = found["cells"].set_index("table")
    assert known.loc["quota", "reported"].tolist() == ["median", "median"]  # beside one another
    assert known.loc["intercity", ["row", "column", "reported"]].tolist() == [
        "same_city",
        "mt",
        "central",
    ]
    assert known.loc["quintiles", ["row", "column", "reported"]].tolist() == [
        "Q1",
        "cba_mt",
        "median",
    ]
    assert not is_cell(found["numbers"]["quantity"]).any() and "total" in set(
        found["numbers"]["quantity"]
    )
    quintiles = pd.DataFrame({"quintile": ["Q1", "Q2"], "cities": [1, 1], "cba_mt": [7.0, 5.0]})
    joined = with_intervals("quintiles", quintiles, found["regions"], found["cells"])
    assert [*joined] == [
        "quintile",
        "cities",
        "cba_mt",
        "ensemble_cba_mt",
        "cba_mt_low",
        "cba_mt_high",
    ]
    own = known.loc["quintiles"]
    assert (
        joined.loc[0].tolist()[2:] == [7.0, own["median"], own["low"], own["high"]]
        and joined.loc[1].isna().sum() == 3
    )
    pd.testing.assert_frame_equal(
        with_intervals("audit", quintiles, found["regions"], found["cells"]), quintiles
    )


def test_members_weigh_in_intervals_and_probabilities_as_weights_csv_says():
    table, numbers, regions = members()
    out = np.flatnonzero(table["cba_mt"].sel(region="x").values > 108)[1:]
    gone = table["cba_mt"].copy()
    gone[{"member": out}] = np.nan
    left = numbers[numbers["quantity"].str.startswith("draw: ") | ~numbers["member"].isin(out)]
    said = pd.DataFrame({"member": out, "quantity": REJECTED, "value": 1.0, "unit": "members"})
    reason = said.assign(quantity="left out: P01")
    with collect_notices() as notices:
        found = summarise(table.assign(cba_mt=gone), pd.concat([left, said, reason]), regions, 0.9)
    (notice,) = notices
    assert f"{len(out)} of 400 members ({len(out)} at P01)" in notice.value
    weight = found["weights"].set_index("member")["weight"]
    assert (weight[out] == 0).all() and weight[weight > 0].mean() == pytest.approx(1)
    plain = left[left["quantity"].eq("total") & left["member"].gt(0)].set_index("member")["value"]
    row = found["numbers"].set_index("quantity").loc["total"]
    assert (
        row["mean"] == pytest.approx(np.average(plain, weights=weight[plain.index]))
        and row["mean"] > plain.mean()
    )
    x = found["regions"].set_index("region").loc["x"]
    kept = table["cba_mt"].sel(region="x", member=plain.index).to_series()
    assert (
        x["p_hybrid"] == pytest.approx(np.average(kept > 105, weights=weight[kept.index]))
        and x["p_hybrid"] > (kept > 105).mean()
    )


def test_a_number_that_no_member_has_keeps_its_estimate_and_has_no_interval():
    table, numbers, regions = members()
    alone = pd.DataFrame({"member": [0], "quantity": "paper: T9", "value": 3.0, "unit": "Mt"})
    row = (
        summarise(table, pd.concat([numbers, alone]), regions, 0.9)["numbers"]
        .set_index("quantity")
        .loc["paper: T9"]
    )
    assert (
        row["estimate"] == 3.0
        and row["members"] == 0
        and row[["mean", "low", "high", "sd"]].isna().all()
    )


def test_the_order_of_the_parts_does_not_matter():
    table, numbers, regions = members()
    one = summarise(table, numbers, regions, 0.9)
    other = summarise(
        table.isel(member=slice(None, None, -1)),
        numbers.sample(frac=1, random_state=0),
        regions,
        0.9,
    )
    for name in one:
        pd.testing.assert_frame_equal(one[name], other[name])


def test_a_block_has_the_same_members_however_many_are_asked_for():
    for asked in (2, 9, 10, 11, 200):
        held = [member for block in blocks(asked) for member in members_of(block)]
        assert held[: asked + 1] == [*range(asked + 1)] and len(held) - 1 - asked < BLOCK
    assert [*blocks(20)] == [*blocks(11)] == [0, 1, 2] and [*members_of(0)] == [0]


def test_a_summary_of_some_members_is_that_of_a_smaller_ensemble(tmp_path):
    table, numbers, regions = members(30)
    paths = {
        kind: [tmp_path / f"{block}.{kind}" for block in (2, 0, 3, 1)] for kind in ("nc", "csv")
    }
    for variable in table.data_vars.values():
        variable.attrs["units"] = "1"
    for block in blocks(30):
        own = [*members_of(block)]
        write_dataset(table.sel(member=own), tmp_path / f"{block}.nc")
        write_table(numbers[numbers["member"].isin(own)], tmp_path / f"{block}.csv")
    one = summarise(
        read_members(paths["nc"], 14), read_numbers(paths["csv"], 14), regions, level=0.9
    )
    few = table.sel(member=range(15)), numbers[numbers["member"] < 15]
    for name, made in summarise(*few, regions, level=0.9).items():
        pd.testing.assert_frame_equal(one[name], made)


def test_shares_of_the_variance_add_up_to_one():
    rng = np.random.default_rng(4)
    a, b = rng.standard_normal(500), rng.standard_normal(500)
    shares = _shares(2 * a + b + rng.standard_normal(500), {"a": a[:, None], "b": b[:, None]})
    assert sum(shares.values()) == pytest.approx(1.0)
    assert shares["a"] == pytest.approx(4 / 6, abs=0.08) and shares["b"] == pytest.approx(
        1 / 6, abs=0.05
    )


def test_shares_of_the_variance_need_two_members_a_draw():
    rng = np.random.default_rng(5)
    draws, values = rng.standard_normal((22, 10)), rng.standard_normal(22)
    assert np.isnan([*_shares(values[:21], {"a": draws[:21]}).values()]).all()
    assert np.isfinite([*_shares(values, {"a": draws}).values()]).all()


def test_the_papers_number_is_inside_or_outside_our_interval():
    numbers = summarise(*members(), 0.9)["numbers"]
    comparison = pd.DataFrame(
        {"id": ["T1", "T2"], "paper": [101.0, 5.0], "comparable": [True, True]}
    )
    table = compare_with_intervals(comparison, numbers)
    assert table["inside"].tolist() == ["true", ""]
    outside = compare_with_intervals(comparison.assign(paper=300.0), numbers)
    assert outside["inside"].tolist() == ["false", ""]


def test_a_total_that_the_inventory_does_not_use_is_not_a_total_of_the_draw(dataset):
    def has_total(**changed):
        tables = {p: table.assign(**changed) for p, table in dataset.observations.items()}
        return draw(
            dataclasses.replace(dataset, observations=tables), load_config({}).uncertainty, 1
        ).has_total

    assert has_total().any()
    own = () if dataset.inventory_city is None else dataset.inventory_city["region"]
    alone = dataset.tables["regions"]["region"].isin([*own]).to_numpy()
    for unused in ({"status": "imputed"}, {"reliability": 0.0}):
        assert has_total(**unused).tolist() == alone.tolist()


def test_the_dataset_itself_is_not_changed_by_a_draw(dataset):
    before = dataclasses.replace(
        dataset, observations={p: t.copy() for p, t in dataset.observations.items()}
    )
    draw(dataset, load_config({}).uncertainty, 1)
    pd.testing.assert_frame_equal(dataset.observations["a"], before.observations["a"])


def test_inputs_by_region_explain_sums_over_regions_by_their_weighted_mean():
    rng = np.random.default_rng(5)
    table, numbers, regions = members()
    level = rng.standard_normal(table["draw_demand"].shape)
    level[0] = 0
    table["draw_demand"] = (("member", "region"), level)
    weights = np.array([100.0, 50.0])
    national = pd.DataFrame(
        {
            "member": table["member"].values,
            "quantity": "nation",
            "value": level @ weights,
            "unit": "Mt",
        }
    )
    variance = summarise(table, pd.concat([numbers, national]), regions, 0.9)["variance"].set_index(
        ["quantity", "input"]
    )["share"]
    assert variance["nation", "level of final demand"] > 0.98
    assert variance["total", "level of final demand"] < 0.02
    assert variance.groupby("quantity").sum().to_numpy() == pytest.approx(1.0)


def test_coverage_counts_the_cities_whose_interval_holds_the_truth():
    summary = pd.DataFrame(
        {
            "region": ["x", "y", "p"],
            "cba_mt": [1.0, 2.0, 9.0],
            "cba_mt_low": [0.5, 1.0, 9.0],
            "cba_mt_high": [1.5, 3.0, 9.0],
            "pba_mt": 1.0,
            "pba_mt_low": 0.9,
            "pba_mt_high": 1.1,
        }
    )
    regions = pd.DataFrame({"region": ["x", "y", "p"], "kind": ["city", "city", "province"]})
    dims = {"region": ["x", "y", "p"], "category": ["h", "g"]}
    truth = xr.Dataset(
        {
            "cba": (("region", "category"), np.array([[5e5, 5e5], [2e6, 2e6], [0, 0]])),
            "pba": ("region", np.array([0.8e6, 1.0e6, 0.0])),
        },
        coords=dims,
    )
    table = coverage(summary, truth, regions)
    assert [*table] == [c.name for c in dictionary() if c.table == "uncertainty/coverage"]
    table = table.set_index("quantity")
    assert table["cities"].tolist() == [2, 2]
    assert table["inside"].tolist() == [0.5, 0.5]
    assert table.loc["cba_mt", "truth_above"] == 0.5 and table.loc["pba_mt", "truth_below"] == 0.5


def test_an_ensemble_of_one_is_refused():
    with pytest.raises(ConfigError, match="needs at least 2"):
        load_config({"uncertainty": {"members": 1}})
    assert load_config({}).uncertainty.members == 0


def test_too_few_members_leave_the_shares_of_the_variance_blank():
    result = summarise(*members(3), 0.9)
    assert result["variance"]["share"].isna().all()
    assert (
        result["regions"]["main_input"].eq("").all()
        and result["regions"]["cba_mt_low"].notna().all()
    )


def test_a_job_all_of_whose_members_are_left_out_keeps_their_draws(dataset, monkeypatch, tmp_path):
    def refuse(*_):
        raise InfeasibleError("no table", where="P01")

    monkeypatch.setattr(member, "_estimate", refuse)
    drawn = dict.fromkeys(inputs.region_columns(), np.full(3, 0.5))
    config = load_config({})
    context = SimpleNamespace(
        dataset=dataset,
        config=config,
        rows=None,
        uncertainty=config.uncertainty,
        indices=lambda _: drawn,
        suppliers=np.full((3, SUPPLIERS), -1),
    )
    regions, numbers, accounts = run_members(context, [1, 2])
    assert not accounts.data_vars
    assert regions.sizes == {"region": 3, "rank": SUPPLIERS, "member": 2}
    assert regions["cba_mt"].isnull().all() and (regions["draw_sector_mix"] == 0.5).all(), (
        "only its draws are kept"
    )
    assert numbers.loc[numbers["quantity"].eq(REJECTED), "member"].tolist() == [1, 2]
    assert numbers["quantity"].eq("left out: P01").sum() == 2
    assert numbers["quantity"].eq("draw: theta").sum() == 2
    write_dataset(regions, tmp_path / "part.nc")
    write_table(numbers, tmp_path / "part.csv")
    parts, tables = read_dataset(tmp_path / "part.nc"), read_table(tmp_path / "part.csv")
    with pytest.raises(DataError, match="0 members to summarise, 2 are left out"):
        summarise(parts, tables, dataset.tables["regions"], 0.9)


def test_members_left_out_are_counted_and_change_nothing_else():
    table, numbers, regions = members(50)
    plain = summarise(table, numbers, regions, 0.9)
    extra = pd.DataFrame(
        {"member": [60, 61], "quantity": REJECTED, "value": 1.0, "unit": "members"}
    )
    other = summarise(table, pd.concat([numbers, extra]), regions, 0.9)
    row = other["numbers"].set_index("quantity").loc[REJECTED]
    assert (row["mean"], row["members"]) == (2.0, 52)
    pd.testing.assert_frame_equal(plain["regions"], other["regions"])
    pd.testing.assert_frame_equal(plain["variance"], other["variance"])
    pd.testing.assert_frame_equal(
        *(t["numbers"][t["numbers"]["quantity"] != REJECTED] for t in (plain, other))
    )
