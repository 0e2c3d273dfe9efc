"""What the ensemble draws of provinces and benchmarks: members keep every identity, estimates lie inside their own intervals."""

from dataclasses import replace

import numpy as np
import pytest

from citymrio.assessment.audit import audit
from citymrio.assessment.ensemble.inputs import draw, output_sds
from citymrio.assessment.ensemble.member import Context, _estimate, member_config, run_members
from citymrio.assessment.ensemble.summary import summarise
from citymrio.base.errors import ConfigError
from citymrio.chain.estimate import estimate
from citymrio.config.models import Dataset, load_config
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources.synthetic import build as synthetic
from citymrio.provinces.mrio import TRADE_GIVEN

MEMBERS = 40


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    synthetic.build(Dataset(size="tiny"), folder)
    return DatasetFolder.read(folder)


@pytest.fixture(scope="module")
def context(dataset):
    config = load_config({"dataset": {"kind": "synthetic", "size": "tiny"}})
    config = member_config(config, {})
    made = estimate(dataset, config)
    return Context.of(dataset, config, made.mrio, made.system, made.footprints, made.inventory)


@pytest.fixture(scope="module")
def ensemble(context):
    members, numbers, _ = run_members(context, range(MEMBERS + 1))
    return members, numbers, summarise(members, numbers, context.dataset.tables["regions"], 0.9)


def test_spreads_of_outputs_are_given_by_kind_and_by_key_sector(dataset):
    sectors, inventory = dataset.tables["sectors"], dataset.tables["inventory_sectors"]
    config = load_config({"uncertainty": {"output_sd_sectors": {"services": 0.2, "electricity": 0.95}}}).uncertainty
    bridge = dataset.tables["bridge"].merge(inventory[inventory["key"].eq("electricity")], on="inventory_sector")
    expected = np.where(sectors["kind"].eq("services"), 0.2, 0.55)
    expected[sectors["sector"].isin(bridge["sector"])] = 0.95
    assert output_sds(dataset, config).tolist() == expected.tolist() and len(set(expected)) == 3


def test_a_word_that_names_no_sector_is_refused(dataset):
    config = load_config({"uncertainty": {"output_sd_sectors": {"elektricity": 0.95}}}).uncertainty
    with pytest.raises(ConfigError, match="names 'elektricity'; expected a kind .*goods, services.* or a key .*electricity"):
        output_sds(dataset, config)


@pytest.mark.parametrize(
    ("key", "said"), [("control_total_range", r"must lie in \[0, 1\]"), ("province_theta_range", "must lie above 0")]
)
def test_a_weight_beyond_one_and_an_exponent_below_zero_are_refused(key, said):
    with pytest.raises(ConfigError, match=f"{key} {said}"):
        load_config({"uncertainty": {key: [-0.5, 1.5]}})


def test_benchmarks_are_drawn_by_one_factor_each_and_so_are_the_keys_that_stand_in_for_them(dataset):
    config = load_config({"scenarios": {"capital_target": 0.3, "peak_emissions_gt": 10.0}})
    drawn = draw(dataset, config.uncertainty, 3)
    before, after = (one.tables["benchmarks"].set_index("parameter")["value"].astype(float) for one in (dataset, drawn.dataset))
    ratio = (after / before).groupby(lambda name: name.split(".")[0]).agg(["min", "max"])
    np.testing.assert_allclose(ratio["min"], ratio["max"], rtol=1e-12)
    moved = ratio["min"]
    assert moved["global_intensity"] != 1 and moved["per_capita"] == 1
    scenarios = member_config(config, {}, drawn.scenarios).scenarios
    assert scenarios.capital_target == pytest.approx(0.3 * moved["megacity_capital_share"])
    assert scenarios.peak_emissions_gt == pytest.approx(10.0 * moved["peak_emissions"])
    assert member_config(load_config({}), {}, drawn.scenarios).scenarios == load_config({}).scenarios


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_member_with_everything_drawn_passes_the_audit(context, number):
    result = _estimate(context, draw(context.dataset, context.config.uncertainty, number))
    assert abs(result.mrio["table"] - context.mrio["table"]).sum() > 0.02 * context.mrio["table"].sum()
    rows = audit(result.nested, result.mrio, result.system, result.accounts, result.footprints)
    assert rows["passed"].all(), rows[~rows["passed"]]
    footprints, inventory = result.footprints, result.inventory
    emitted = float(inventory["emissions_inventory"].sum() - inventory["household_emissions"].sum())
    booked = sum(float(footprints[name].sum()) for name in ("cba", "exports", "error", "orphan"))
    assert booked == pytest.approx(emitted, rel=1e-9) and float(footprints["pba"].sum()) == pytest.approx(emitted, rel=1e-9)


@pytest.mark.slow
def test_trade_that_was_given_is_not_drawn(context):
    given = replace(context, mrio=context.mrio.assign_attrs(trade=TRADE_GIVEN))
    result = _estimate(given, draw(context.dataset, context.config.uncertainty, 1))
    assert result.mrio is given.mrio and result.system is given.system


@pytest.mark.slow
def test_estimates_are_inside_their_own_intervals(ensemble):
    numbers = ensemble[2]["numbers"].set_index("quantity")
    for name in (
        "sum of city footprints (CBA)",
        "sum of city production emissions (PBA)",
        "share of capital in city footprints",
        "embodied flows: other province",
        "embodied flows: inter-city share",
        "saving: technology_light",
        "saving: technology_deep",
        "saving: demand_deep_shift",
    ):
        row = numbers.loc[name]
        assert row["low"] < row["estimate"] < row["high"], name
    for name in ("sum of city footprints (CBA)", "sum of city production emissions (PBA)"):  # factors have mean 1
        row = numbers.loc[name]
        assert abs(row["mean"] - row["estimate"]) < 3 * row["sd"] / np.sqrt(MEMBERS)


@pytest.mark.slow
def test_municipalities_have_intervals_of_production_and_of_footprints(ensemble, dataset):
    table = ensemble[2]["regions"].merge(dataset.tables["regions"][["region", "kind"]], on="region")
    whole = table[table["kind"].eq("municipality")]
    assert len(whole)
    for name in ("pba_mt", "cba_mt"):
        assert ((whole[f"{name}_high"] - whole[f"{name}_low"]) / whole[name] > 0.1).all()
        assert ((whole[f"{name}_low"] < whole[name]) & (whole[name] < whole[f"{name}_high"])).all()


@pytest.mark.slow
def test_the_new_causes_are_told_apart(ensemble):
    variance = ensemble[2]["variance"]
    assert {"provincial inventories", "trade between provinces", "final demand of provinces", "benchmarks"} <= {
        *variance["input"]
    }
    of_cities = variance[variance["quantity"].eq("emissions of a city (mean over cities)")].set_index("input")["share"]
    assert of_cities["provincial inventories"] > 0.15 and of_cities["benchmarks"] < 0.1
