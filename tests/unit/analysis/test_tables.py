import analysis_world
import numpy as np
import pandas as pd
import pytest
from nested_worlds import CATEGORIES

from citymrio.analysis.demand_shares import roles_of
from citymrio.analysis.features import BESIDE
from citymrio.analysis.super_emitters import national_emissions
from citymrio.analysis.tables import BALANCES, GroupInputs, group_tables, structures, warn_of_error
from citymrio.base.errors import ConfigError, collect_notices
from citymrio.config.models import Emissions, Groups, load_config


@pytest.fixture(scope="module")
def world():
    return analysis_world.make()


@pytest.fixture(scope="module")
def regions(world):
    return world.tables["regions"]


def test_footprint_by_role_adds_up_to_the_footprint(regions):
    parts = regions[[f"cba_{role}_mt" for role in CATEGORIES.values() if role != "household"]].sum(
        axis=1
    )
    np.testing.assert_allclose(
        parts + regions["cba_household_mt"], regions["cba_demand_mt"], rtol=1e-12
    )
    np.testing.assert_allclose(regions["cba_mt"], regions["cba_demand_mt"], rtol=1e-15)


def test_a_role_that_the_vocabulary_lacks_has_columns_of_its_own(world, regions):
    other = analysis_world.FINAL_DEMAND.replace({"role": {"government": "charities"}})
    data = GroupInputs(
        world.regions,
        analysis_world.SECTORS,
        other,
        analysis_world.BENCHMARKS,
        world.footprints,
        world.inventory,
        6.3,
    )
    table = group_tables(data, analysis_world.GROUPS)["regions"]
    for column, usual in (
        ("cba_charities_mt", "cba_government_mt"),
        ("demand_charities", "demand_government"),
    ):
        np.testing.assert_array_equal(table[column], regions[usual])
    parts = table[
        [
            f"cba_{role}_mt"
            for role in roles_of(dict(zip(other["category"], other["role"], strict=True)))
        ]
    ]
    np.testing.assert_allclose(parts.sum(axis=1), table["cba_demand_mt"], rtol=1e-12)


def test_production_is_consumption_exports_error_and_orphans(regions):
    made = regions["pba_mt"].sum()
    used = regions[["cba_mt", "exports_mt", "error_mt", "orphan_mt"]].sum().sum()
    assert made == pytest.approx(used, rel=1e-10)


def test_net_balance_without_exports_sums_to_zero(regions):
    assert regions["net_balance_mt"].sum() == pytest.approx(0, abs=1e-10 * regions["cba_mt"].sum())
    difference = regions["net_balance_with_exports_mt"] - regions["net_balance_mt"]
    np.testing.assert_allclose(
        difference, regions[["exports_mt", "error_mt", "orphan_mt"]].sum(axis=1), atol=1e-15
    )


def test_net_balance_of_cities_is_made_of_flows_between_cities(world, regions):
    cities = [*regions.loc[regions["kind"].ne("province"), "region"]]
    flows = (
        world.footprints["flows"]
        .sel(origin=cities, destination=cities)
        .transpose("origin", "destination")
        .to_numpy()
    )
    found = regions.set_index("region")["net_balance_cities_mt"]
    np.testing.assert_allclose(
        found[cities], (flows.sum(axis=1) - flows.sum(axis=0)) / 1e6, atol=1e-15
    )
    assert found[cities].sum() == pytest.approx(0, abs=1e-10 * regions["cba_mt"].sum())


@pytest.mark.parametrize("households", [False, True])
def test_the_ledger_of_every_region_closes(households):
    """PBA is emitted for the region itself, for others, abroad and the error; CBA in the region
    itself and in others.
    """
    table = analysis_world.make(inventory=Emissions(include_households=households)).tables[
        "regions"
    ]
    counted = table["household_direct_mt"] * households
    made = table[
        ["own_mt", "for_cities_mt", "for_provinces_mt", "exports_mt", "error_mt", "orphan_mt"]
    ].sum(axis=1)
    used = table[["own_mt", "from_cities_mt", "from_provinces_mt"]].sum(axis=1)
    np.testing.assert_allclose(made + counted, table["pba_mt"], rtol=1e-12)
    np.testing.assert_allclose(used + counted, table["cba_mt"], rtol=1e-12)
    apart = (
        table["for_cities_mt"]
        + table["for_provinces_mt"]
        - table["from_cities_mt"]
        - table["from_provinces_mt"]
    )
    np.testing.assert_allclose(apart, table["net_balance_mt"], atol=1e-12 * table["pba_mt"].max())
    assert (table[["own_mt", "for_cities_mt", "exports_mt"]] > 0).all().all()


@pytest.mark.parametrize("setting", [*BALANCES])
def test_the_role_is_the_sign_of_the_balance_that_the_setting_names(setting):
    assert Groups().net_balance == "cities"
    groups = analysis_world.GROUPS.model_copy(update={"net_balance": setting})
    table = analysis_world.make(groups=groups).tables["regions"]
    producers = table["role"].eq("net producer")
    assert 0 < producers.sum() < len(table)
    assert (producers == (table[BALANCES[setting]] > 0)).all()


def test_balances_that_are_not_known_are_refused():
    with pytest.raises(ConfigError, match="net_balance"):
        load_config({"groups": {"net_balance": "foreign"}})


def test_quintiles_are_made_by_the_measure_that_the_settings_name():
    groups = analysis_world.GROUPS.model_copy(
        update={"affluence": "household_capital", "affluence_products": "domestic"}
    )
    tables = analysis_world.make(groups=groups).tables
    column = "affluence_household_capital_domestic_usd"
    cities = tables["regions"].query("kind != 'province'")
    best = cities.loc[cities["quintile"].eq("Q1"), column]
    assert best.min() >= cities.loc[cities["quintile"].ne("Q1"), column].max()
    assert tables["quintiles"]["affluence_min_usd"].iloc[0] == best.min()
    assert set(tables["quintiles"]["affluence"]) == {
        "households' consumption and capital formation per capita, domestic products"
    }


@pytest.mark.parametrize("counted", [False, True])
def test_threshold_and_national_emissions_count_households_as_pba_and_cba_do(counted):
    tables = analysis_world.make(
        inventory=Emissions(include_households=True) if counted else None
    ).tables
    values = tables["parameters"].set_index("parameter")
    assert values.at["emissions_counted", "value"] == pytest.approx(
        tables["regions"]["pba_mt"].sum(), rel=1e-12
    )
    assert values.at["super_threshold.national", "value"] == pytest.approx(
        0.1 * tables["regions"]["pba_mt"].sum(), rel=1e-12
    )
    for name in ("emissions_counted", "super_threshold.national"):
        assert (
            f"households' direct emissions {'included' if counted else 'left out'}"
            in values.at[name, "source"]
        )
    cities = tables["regions"].query("kind != 'province'")
    assert tables["intercity_cities"]["mt"].sum() == pytest.approx(
        cities["cba_mt"].sum(), rel=1e-12
    )


def test_households_count_in_both_totals_when_the_configuration_says_so(regions):
    counted = analysis_world.make(inventory=Emissions(include_households=True)).tables["regions"]
    for total in ("pba_mt", "cba_mt"):
        np.testing.assert_allclose(
            counted[total] - regions[total], regions["household_direct_mt"], rtol=1e-9
        )
    np.testing.assert_allclose(counted["cba_demand_mt"], regions["cba_demand_mt"], rtol=1e-15)


def test_unsplit_provinces_have_no_quintile_structure_or_type(regions):
    province = regions[regions["kind"].eq("province")]
    assert len(province) == 1
    assert (province[["quintile", "structure", "structure_b"]] == "").all(axis=None)
    assert (province["super_emitter"] == "none").all()
    assert (regions.loc[regions["kind"].ne("province"), "quintile"] != "").all()


def test_shares_of_quintiles_and_structures_sum_to_100(world):
    for name in ("quintiles", "structures"):
        table = world.tables[name]
        percent = [column for column in table if column.endswith("_percent")]
        assert len(percent) == 5
        np.testing.assert_allclose(table[percent].sum(), 100, rtol=1e-12)


def test_structure_counts_add_up_to_the_cities_of_a_quintile(world):
    table = world.tables["quintiles"]
    counts = table[[column for column in table if column.startswith("structure_")]]
    assert (counts.sum(axis=1) == table["cities"]).all() and table["cities"].sum() == 10


def test_flows_between_groups_are_all_flows_between_different_cities(world, regions):
    codes = [*regions.loc[regions["kind"].ne("province"), "region"]]
    flows = world.footprints["flows"].sel(origin=codes, destination=codes).to_numpy()
    table = world.tables["flows_groups"]
    assert table["mt"].sum() * 1e6 == pytest.approx(flows.sum() - np.trace(flows), rel=1e-12)
    assert table["percent"].sum() == pytest.approx(100, rel=1e-12)


def test_one_flow_between_groups_by_hand(world, regions):
    city = regions[regions["kind"].ne("province")].set_index("region")
    producer, consumer = city.index[2], city.index[8]
    group = (city["quintile"] == city.loc[producer, "quintile"]) & (
        city["structure"] == city.loc[producer, "structure"]
    )
    target = city["quintile"] == city.loc[consumer, "quintile"]
    carbon = money = 0.0
    for r in city.index[group]:
        for s in city.index[target]:
            if r != s:
                carbon += float(world.footprints["flows"].sel(origin=r, destination=s)) / 1e6
                money += float(world.footprints["va_flows"].sel(origin=r, destination=s)) / 1e5
    key = ["producer_quintile", "producer_structure", "consumer_quintile"]
    place = (
        city.loc[producer, "quintile"],
        city.loc[producer, "structure"],
        city.loc[consumer, "quintile"],
    )
    row = world.tables["va_per_emission"].set_index(key).loc[place]
    assert row["mt"] == pytest.approx(carbon) and row["value_added"] == pytest.approx(money)
    assert row["ratio"] == pytest.approx(money / carbon)
    assert world.tables["flows_groups"].set_index(key).loc[place, "mt"] == pytest.approx(carbon)


def test_groups_without_cities_have_no_ratio(world):
    table = world.tables["va_per_emission"]
    empty = table["mt"].eq(0)
    assert empty.any() and table.loc[empty, "ratio"].isna().all()


def test_dependence_on_trade_sums_to_100_and_exceeds_that_on_all_value_added(world):
    table = world.tables["va_dependence"]
    np.testing.assert_allclose(
        table.groupby("producer_quintile")["percent_of_trade"].sum(), 100, rtol=1e-12
    )
    assert (table["percent_of_trade"] >= table["percent_of_value_added"]).all()


def test_intercity_parts_are_the_footprint_of_the_cities(world, regions):
    table = world.tables["intercity_cities"]
    assert table["mt"].sum() == pytest.approx(
        regions.loc[regions["kind"].ne("province"), "cba_demand_mt"].sum(), rel=1e-12
    )
    assert table["share"].sum() == pytest.approx(1, rel=1e-12)
    assert [*table["component"]] == ["same_city", "same_province", "other_province"]


def test_value_added_shares_of_a_region_sum_to_one(regions):
    shares = regions[[column for column in regions if column.startswith("va_share_")]]
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)


def test_parameters_name_both_thresholds_and_the_national_total(world, regions):
    values = world.tables["parameters"].set_index("parameter")["value"]
    cities = regions[regions["kind"].ne("province")]
    assert values["super_threshold.sum_cba"] == pytest.approx(0.1 * cities["cba_mt"].sum())
    assert values["super_threshold.national"] == pytest.approx(
        0.1 * national_emissions(world.inventory, False) / 1e6
    )
    assert values["emissions"] == pytest.approx(
        regions[["pba_mt", "household_direct_mt"]].sum().sum(), rel=1e-12
    )
    assert (
        values["affluence_cut.Q1"] == cities.loc[cities["quintile"].eq("Q1"), "affluence_usd"].min()
    )


def test_without_the_maps_beside_only_their_columns_are_blank(world, regions):
    data = GroupInputs(
        *(
            world.regions,
            analysis_world.SECTORS,
            analysis_world.FINAL_DEMAND,
            analysis_world.BENCHMARKS,
        ),
        *(world.footprints, world.inventory, 6.3),
    )
    groups = analysis_world.GROUPS
    found = structures(
        data.value_added, world.regions, analysis_world.SECTORS, groups, beside=False
    )
    table = group_tables(data, groups, found)["regions"]
    blank = [column for mapping, column in BESIDE.items() if mapping != groups.cluster_map]
    assert table[blank].eq("").all(axis=None)
    pd.testing.assert_frame_equal(table.drop(columns=blank), regions.drop(columns=blank))


def test_a_second_run_gives_the_same_tables(world):
    again = analysis_world.make.__wrapped__()
    for name, table in world.tables.items():
        assert table.to_csv(index=False) == again.tables[name].to_csv(index=False), name


def test_emissions_in_the_error_account_are_said_above_one_percent():
    table = pd.DataFrame(
        {"name": ["A", "B", "C"], "pba_mt": [50.0, 30.0, 20.0], "error_mt": [-0.9, 0.09, 0.0]}
    )
    with collect_notices() as notices:
        warn_of_error(table)
        assert not notices
        table.loc[1, "error_mt"] *= 2
        warn_of_error(table)
    assert (
        len(notices) == 1
        and "(1.1% of production emissions)" in notices[0].value
        and table["name"][0] in notices[0].value
    )
