"""What the ensemble draws of provinces and benchmarks: members keep every identity, what is
reported lies inside its interval.
"""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from citymrio.assessment.analysed import analysis_tables
from citymrio.assessment.audit import audit
from citymrio.assessment.ensemble.inputs import draw, output_sds
from citymrio.assessment.ensemble.layout import SUPPLIERS
from citymrio.assessment.ensemble.member import Context, _estimate, member_config, run_members
from citymrio.assessment.ensemble.summary import summarise
from citymrio.assessment.headline import OF_CITIES, headline
from citymrio.base.errors import WARNING_COLUMNS, ConfigError
from citymrio.base.vocabulary import GIVEN
from citymrio.chain.estimate import estimate
from citymrio.config.models import Dataset, Uncertainty, load_config
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources.synthetic import build as synthetic
from citymrio.emissions.calibration import HOUSEHOLD_WEIGHT
from citymrio.footprints.footprint import intercity

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
    config = load_config(
        {"uncertainty": {"output_sd_sectors": {"services": 0.2, "electricity": 0.95}}}
    ).uncertainty
    bridge = dataset.tables["bridge"].merge(
        inventory[inventory["key"].eq("electricity")], on="inventory_sector"
    )
    expected = np.where(sectors["kind"].eq("services"), 0.2, 0.55)
    expected[sectors["sector"].isin(bridge["sector"])] = 0.95
    assert output_sds(dataset, config).tolist() == expected.tolist() and len(set(expected)) == 3
    code = sectors["sector"].iloc[0]  # of priors.csv: a word of the configuration goes first
    config = config.model_copy(update={"output_sd_sectors": {code: 0.7, "services": 0.2}})
    assert output_sds(dataset, config)[0] == (0.2 if sectors["kind"].iloc[0] == "services" else 0.7)


def test_households_are_drawn_as_much_less_widely_as_they_weigh_more(dataset):
    config = Uncertainty(seed=3, intensity_sd=0.0, intensity_sector_sd=0.4)
    household = dataset.tables["inventory_sectors"]["kind"].eq("household").to_numpy()
    log = np.log([draw(dataset, config, number).factors["intensity"] for number in range(1, 41)])
    assert log[:, :, ~household].std() == pytest.approx(0.4, rel=0.05)
    assert log[:, :, household].std() == pytest.approx(0.4 / np.sqrt(HOUSEHOLD_WEIGHT), rel=0.1)


def test_rows_of_all_inventories_are_drawn_together_where_two_sources_differ(dataset, context):
    config = Uncertainty(seed=3, province_row_sd=0.0, province_inventory_sd=0.0)

    def factors(number, sd):
        drawn = draw(dataset, config.model_copy(update={"inventory_row_sd": sd}), number)
        return np.log(drawn.factors["inventory_row"].values)

    log = np.array([factors(number, 0.3) for number in range(1, 41)])
    assert log.std() == pytest.approx(0.3, rel=0.1) and not factors(1, None).any()
    nation = dataset.inventory_national
    power = nation["emissions"].eq(nation["emissions"].max())
    apart = nation.assign(emissions=nation["emissions"] * np.where(power, 3.0, 1.0))

    def spread(**changes):
        return replace(context, dataset=replace(dataset, **changes)).uncertainty.inventory_row_sd

    assert spread(inventory_national=apart) > max(context.uncertainty.inventory_row_sd, 0.1)
    few = dict([*dataset.inventory.items()][:-1])
    assert spread(inventory_national=apart, inventory=few) == 0
    own = config.model_copy(update={"inventory_row_sd": 0.02})
    given = context.config.model_copy(update={"uncertainty": own})
    assert replace(context, config=given).uncertainty.inventory_row_sd == 0.02


def hauling_of(dataset, **spreads):
    """Factors on odds of cross-hauling (member, province, sector)."""
    config = Uncertainty(seed=3, cross_hauling_sd=0.0, **spreads)
    return np.array([draw(dataset, config, k).factors["hauling"].values for k in range(1, 101)])


@pytest.mark.slow
def test_errors_of_cross_hauling_are_symmetric_in_the_logarithm_of_odds(dataset):
    logs = np.log(hauling_of(dataset, province_hauling_sd=0.8, transit_range=(0, 0)))
    assert np.mean(logs) == pytest.approx(0.0, abs=0.1)
    assert np.std(logs) == pytest.approx(0.8, rel=0.1)


@pytest.mark.slow
def test_what_passes_through_a_province_is_no_cross_hauling(dataset):
    kept = hauling_of(dataset, province_hauling_sd=0.0, transit_range=(0.1, 0.3))
    assert (kept > 0.7).all() and (kept <= 0.9).all()
    assert np.mean(kept) == pytest.approx(0.8, abs=0.01)
    np.testing.assert_array_equal(kept, kept[:, :, :1].repeat(kept.shape[2], axis=2))
    assert np.ptp(kept[:, :, 0], axis=1).min() > 0


def test_rows_of_a_sector_vary_around_it_and_leave_it_its_own_spread(dataset):
    config = Uncertainty(seed=3, intensity_sd=0.0, intensity_sector_sd=0.3, intensity_row_sd=0.2)
    share = np.eye(len(dataset.tables["inventory_sectors"]))
    share[3:6, 3:6] = own = np.array([0.6, 0.3, 0.1])
    drawn = [draw(dataset, config, n, share).factors["intensity"] for n in range(1, 81)]
    factor = np.array(drawn)[:, :, :6]
    assert np.log(factor[:, :, 3:] @ own).std() == pytest.approx(0.3, rel=0.05)
    around = np.log(factor[:, :, 3:]) - np.log(factor[:, :, 3:] @ own)[..., None]
    # of a row and the mean of all, weighted: 1 - 2 w + sum w^2 of the variance
    expected = 0.2 * np.sqrt(1 - 2 * own + (own**2).sum())
    assert around.std(axis=(0, 1)) == pytest.approx(expected, rel=0.1)
    assert np.log(factor[:, :, :3]).std() == pytest.approx(0.3, rel=0.05)


def test_a_word_that_names_no_sector_is_refused(dataset):
    config = load_config({"uncertainty": {"output_sd_sectors": {"elektricity": 0.95}}}).uncertainty
    with pytest.raises(
        ConfigError,
        match="names 'elektricity'; expected a kind .*goods, services.* codes, or a key .*electricity",
    ):
        output_sds(dataset, config)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("demand_weight_range", "1' is 1.5: Input should be less than or equal to 1"),
        ("province_theta_range", "0' is -0.5: Input should be greater than or equal to 0"),
    ],
)
def test_a_weight_beyond_one_and_an_exponent_below_zero_are_refused(key, said):
    with pytest.raises(ConfigError, match=f"'uncertainty.{key}.{said}"):
        load_config({"uncertainty": {key: [-0.5, 1.5]}})


def test_benchmarks_are_drawn_by_one_factor_each_and_so_are_the_keys_that_stand_in_for_them(
    dataset,
):
    config = load_config({"scenarios": {"capital_target": 0.3, "peak_emissions_gt": 10.0}})
    drawn = draw(dataset, config.uncertainty, 3)
    before, after = (
        one.tables["benchmarks"].set_index("parameter")["value"].astype(float)
        for one in (dataset, drawn.dataset)
    )
    ratio = (after / before).groupby(lambda name: name.split(".")[0]).agg(["min", "max"])
    np.testing.assert_allclose(ratio["min"], ratio["max"], rtol=1e-12)
    moved = ratio["min"]
    assert moved["global_intensity"] != 1 and moved["per_capita"] == 1
    scenarios = member_config(config, {}, drawn.scenarios).scenarios
    assert scenarios.capital_target == pytest.approx(0.3 * moved["megacity_capital_share"])
    assert scenarios.peak_emissions_gt == pytest.approx(10.0 * moved["peak_emissions"])
    assert (
        member_config(load_config({}), {}, drawn.scenarios).scenarios == load_config({}).scenarios
    )


@pytest.mark.slow
@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_member_with_everything_drawn_passes_the_audit(context, number):
    result = _estimate(context, draw(context.dataset, context.config.uncertainty, number))
    assert (
        abs(result.mrio["table"] - context.mrio["table"]).sum() > 0.02 * context.mrio["table"].sum()
    )
    rows = audit(result.nested, result.mrio, result.system, result.accounts, result.footprints)
    assert rows["passed"].all(), rows[~rows["passed"]]
    footprints, inventory = result.footprints, result.inventory
    emitted = float(inventory["emissions_inventory"].sum() - inventory["household_emissions"].sum())
    booked = sum(float(footprints[name].sum()) for name in ("cba", "exports", "error", "orphan"))
    assert booked == pytest.approx(emitted, rel=1e-9) and float(
        footprints["pba"].sum()
    ) == pytest.approx(emitted, rel=1e-9)


@pytest.mark.slow
def test_trade_that_was_given_is_not_drawn(context):
    given = replace(context, mrio=context.mrio.assign_attrs(trade=GIVEN))
    result = _estimate(given, draw(context.dataset, context.config.uncertainty, 1))
    assert result.mrio is given.mrio and result.system is given.system


@pytest.mark.slow
def test_no_number_that_is_reported_lies_outside_its_interval(ensemble):
    for name in ("numbers", "cells"):
        table = ensemble[2][name].dropna(subset="low")
        table = table[table["reported"].eq("median")]
        assert (
            len(table)
            and ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()
        ), name
    numbers = ensemble[2]["numbers"].set_index("quantity")
    for entry in OF_CITIES:
        row = numbers.loc[entry.ensemble]
        assert row["low"] <= row["value"] <= row["high"] and row["reported"] == (
            "central" if entry.adds else "median"
        ), entry
    assert (
        numbers.loc["Savings: technology side, light", "median"]
        == numbers.loc["saving: technology_light", "median"]
    )


@pytest.mark.slow
def test_sums_of_the_central_table_are_the_means_of_the_draws(context):
    """Within a tenth of the interval's width, and twice the error that few members leave in the
    mean; without transit, of which the central table takes the least that there can be.
    """
    still = context.config.uncertainty.model_copy(update={"transit_range": (0, 0)})
    still = replace(context, config=context.config.model_copy(update={"uncertainty": still}))
    members, numbers, _ = run_members(still, range(MEMBERS + 1))
    numbers = summarise(members, numbers, context.dataset.tables["regions"], 0.9)["numbers"]
    sums = numbers[numbers["reported"].eq("central") & numbers["low"].notna()].set_index("quantity")
    assert {entry.ensemble for entry in OF_CITIES if entry.adds} <= {*sums.index}
    allowed = 0.1 * (sums["high"] - sums["low"]) + 2 * sums["sd"] / np.sqrt(MEMBERS)
    gap = (sums["mean"] - sums["estimate"]).abs()
    assert (gap < allowed).all(), (gap / allowed).sort_values().tail(3)


@pytest.mark.slow
def test_every_headline_number_is_that_of_the_table_of_the_run(ensemble, context):
    result = _estimate(context, None)
    tables = analysis_tables(result, context.dataset, member_config(context.config, {}))
    tables["intercity"] = intercity(result.footprints, context.dataset.tables["regions"])
    table = headline(
        tables, context.dataset.info, pd.DataFrame(columns=WARNING_COLUMNS), "calibrated"
    ).set_index("quantity")
    numbers = ensemble[2]["numbers"].set_index("quantity")["estimate"]
    for entry in OF_CITIES:
        assert numbers[entry.ensemble] == pytest.approx(
            table.at[entry.quantity, "value"], rel=1e-6
        ), entry


@pytest.mark.slow
def test_suppliers_are_those_with_the_largest_flows(ensemble, context):
    members, suppliers = ensemble[0], ensemble[2]["suppliers"]
    flows = (
        _estimate(context, None)
        .footprints["flows"]
        .transpose("destination", "origin")
        .values.copy()
    )
    np.fill_diagonal(flows, 0.0)
    assert (members["supplier"].sel(member=0).values[:, 0] == flows.argmax(axis=1)).all()
    assert (
        suppliers.groupby("region").size().between(SUPPLIERS, 2 * SUPPLIERS).all()
        and suppliers["p_supplier"].between(0, 1).all()
        and suppliers["mt"].notna().groupby(suppliers["region"]).sum().eq(SUPPLIERS).all()
    )
    assert (suppliers["p_largest"] <= suppliers["p_supplier"]).all() and (
        suppliers["region"] != suppliers["supplier"]
    ).all()
    assert suppliers.groupby("region")["p_largest"].sum().max() <= 1 + 1e-12


@pytest.mark.slow
def test_municipalities_have_intervals_of_production_and_of_footprints(ensemble, dataset):
    table = ensemble[2]["regions"].merge(dataset.tables["regions"][["region", "kind"]], on="region")
    whole = table[table["kind"].eq("municipality")]
    assert len(whole)
    for name in ("pba_mt", "cba_mt"):
        assert ((whole[f"{name}_high"] - whole[f"{name}_low"]) / whole[name] > 0.1).all()
        assert ((whole[f"{name}_low"] < whole[name]) & (whole[name] < whole[f"{name}_high"])).all()


@pytest.mark.slow
def test_the_new_causes_are_told_apart(context, ensemble):
    regions = context.dataset.tables["regions"]
    assert ensemble[2]["variance"]["share"].isna().all(), "forty members do not tell"
    variance = summarise(*run_members(context, range(81))[:2], regions, 0.9)["variance"]
    assert {
        "provincial inventories",
        "trade between provinces",
        "final demand of provinces",
        "benchmarks",
    } <= {*variance["input"]}
    of_cities = variance[
        variance["quantity"].eq("emissions of a city (mean over cities)")
    ].set_index("input")["share"]
    assert of_cities["provincial inventories"] > 0.15 and of_cities["benchmarks"] < 0.1
