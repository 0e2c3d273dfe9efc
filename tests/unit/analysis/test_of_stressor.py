"""Groups and demand scenarios of another stressor than CO2 (`analysis.stressor`): its numbers, its
unit, and what is left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_countries import tiny

from citymrio.analysis.of_stressor import inventory_of, stressor_groups, stressor_inputs
from citymrio.assessment.analysed import analysis_tables
from citymrio.base.errors import ConfigError, DataError, collect_notices
from citymrio.chain.estimate import estimate
from citymrio.config.models import Config, Emissions, load_config
from citymrio.dataset.named import check_stressor
from citymrio.emissions.stressors import stressor_inventories
from citymrio.footprints.stressors import stressor_accounts
from citymrio.report.columns import described, dictionary
from citymrio.report.pages import SHOWN, caption

LISTS = ("regions", "sectors", "inventory_sectors", "bridge", "fuels")


@pytest.fixture(scope="module")
def made():
    """The estimate, its tables of CO2, the tables of CO2 as a stressor and of water, and what was
    said of water.
    """
    dataset, config = tiny(), Config()
    result = estimate(dataset, config)
    with collect_notices():
        carbon = analysis_tables(result, dataset, config)
    emitted = result.inventory["emissions"].to_series().rename("value").reset_index()
    households = result.inventory["household_emissions"].to_series().rename("value")
    rows = pd.concat([emitted, households.reset_index().assign(sector="households")])
    rows = rows.assign(stressor="same", unit="t")
    water = rows.assign(stressor="water", unit="m3", value=1000 * rows["value"])
    found = {}
    lists = {name: dataset.tables[name] for name in LISTS}
    with collect_notices():
        amounts = stressor_inventories(pd.concat([rows, water]), lists, result.nested.dataset)
    accounts = stressor_accounts(result.nested, amounts)
    for name in ("same", "water"):
        inventory = inventory_of(accounts, name)
        with collect_notices() as said:
            inputs = stressor_inputs(
                result.nested, inventory, carbon["regions"], dataset.tables, Emissions()
            )
            found[name] = stressor_groups(
                name, inputs, dataset.tables["sectors"], config.groups, config.scenarios
            )
    return result, carbon, found, said


def test_groups_and_scenarios_of_water_are_those_of_its_own_footprints(made):
    """Water that is used where CO2 is emitted has the same groups, shares and types; amounts are in
    its unit.
    """
    _, carbon, found, said = made
    same, water = found["same"], found["water"]
    for name, table in water.items():
        assert (table["stressor"] == "water").all() and (table["unit"] == "m3").all(), name
        assert not [column for column in table if column.endswith(("_mt", "_t")) or column == "mt"]
    mega = 1e6
    for name, ours, column in (
        ("regions", "cba_mt", "cba"),
        ("regions", "own_mt", "own"),
        ("quintiles", "cba_mt", "cba"),
        ("structures", "cba_capital_mt", "cba_capital"),
        ("flows_groups", "mt", "amount"),
        ("deficits", "deficit_mt", "deficit"),
    ):
        expected = carbon[name][ours].to_numpy() * mega
        np.testing.assert_allclose(same[name][column], expected, rtol=1e-9, atol=1e-3)
        np.testing.assert_allclose(water[name][column], 1000 * expected, rtol=1e-9, atol=1)
    np.testing.assert_allclose(
        same["regions"]["per_capita"], carbon["regions"]["per_capita_t"], rtol=1e-9
    )
    assert water["regions"]["role"].tolist() == carbon["regions"]["role"].tolist()
    types = water["regions"]["threshold_type"].tolist()
    assert types == same["regions"]["threshold_type"].tolist() and set(types) != {"none"}
    demand = carbon["scenarios"].query("side == 'demand'").set_index("scenario")
    mine = water["scenarios"].set_index("scenario")
    assert set(mine["side"]) == {"demand"}
    acted = mine["cities"] == demand["cities"][mine.index]
    assert acted.any()
    np.testing.assert_allclose(
        mine["saving"][acted], 1e9 * demand["saving_mt"][mine.index][acted], rtol=1e-9
    )
    (left_out,) = [one for one in said if "CO2 alone" in one.what]
    assert "water" in left_out.what and "key sectors" in left_out.value


def test_every_column_is_in_the_dictionary_and_captions_name_the_stressor(made):
    run = {"unit": "10^4 CNY", "currency": "CNY"}
    for name, table in made[2]["water"].items():
        name = f"stressor_{name}"
        assert [*described(name, table, run)] == [*table], name
        known = [column for column in dictionary() if column.table == name]
        assert all(any(column.holds(one) for one in table) for column in known), name
        assert "water" in caption(name, "water") and name in SHOWN
        assert "{" not in caption(name)


def test_without_a_target_of_capital_its_scenarios_are_left_out_with_a_word(made):
    result, carbon, _, _ = made
    dataset = tiny()
    none = dataset.tables["benchmarks"].query("not parameter.str.startswith('megacity')")
    inputs = stressor_inputs(
        result.nested,
        result.inventory,
        carbon["regions"],
        {**dataset.tables, "benchmarks": none},
        Emissions(),
    )
    with collect_notices() as said:
        found = stressor_groups(
            "CO2", inputs, dataset.tables["sectors"], Config().groups, Config().scenarios
        )
    assert found["scenarios"].empty
    assert any("to which share capital falls" in one.value for one in said)


def test_a_stressor_that_the_dataset_does_not_have_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="the synthetic country has CO2, water.*Fix: "):
        load_config({"dataset": {"stressors": ["water"]}, "analysis": {"stressor": "jobs"}})
    check_stressor("CO2", tmp_path)
    with pytest.raises(DataError, match="names 'water'; the dataset has CO2.*Fix: "):
        check_stressor("water", tmp_path)
    (tmp_path / "stressors.csv").write_text("stressor,unit\nwater,m3\n", encoding="utf-8")
    check_stressor("water", tmp_path)
