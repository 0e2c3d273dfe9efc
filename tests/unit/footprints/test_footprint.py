"""Footprints: accounts that add up, scenarios without a new factorisation, and an independent dense
check.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from nested_worlds import inventory_of, make_world

from citymrio.base.concordance import CLASSIFICATION, mark_classification
from citymrio.base.errors import DataError
from citymrio.base.labels import read_dataset, write_dataset
from citymrio.config.models import Emissions
from citymrio.footprints import footprint


@pytest.fixture(scope="module")
def world():
    return make_world(7, cities=(1, 3, 4, 2), sectors=6)


@pytest.fixture(scope="module")
def nested(world):
    return world.nested


@pytest.fixture(scope="module")
def result(world, nested):
    return footprint.footprints(nested, inventory_of(world, orphan=12.5))


def test_totals_of_both_accounts_agree_once_exports_error_and_orphans_count(result):
    consumed = float(
        result["cba"].sum()
        + result["exports"].sum()
        + result["error"].sum()
        + result["orphan"].sum()
    )
    assert consumed == pytest.approx(float(result["pba"].sum()), rel=1e-13)


def test_every_region_gives_account_of_its_emissions(result):
    passed_on = (
        result["flows"].sum("destination").values
        + (result["exports"] + result["error"] + result["orphan"]).values
    )
    np.testing.assert_allclose(passed_on, result["pba"].values, rtol=1e-12)


def test_orphan_emissions_are_in_pba_of_their_region_only(world, nested, result):
    without = footprint.footprints(nested, inventory_of(world))
    gap = (result["pba"] - without["pba"]).values
    assert gap[1] == pytest.approx(12.5)
    assert np.count_nonzero(np.abs(gap) > 1e-9) == 1
    np.testing.assert_array_equal(result["cba"].values, without["cba"].values)


def test_emissions_and_footprints_of_another_classification_are_refused(world, nested, tmp_path):
    own, other = ({CLASSIFICATION: f"nace2@{version}"} for version in ("12345678", "9d33de8c"))
    table = type(nested)(mark_classification(nested.dataset, own))
    made = footprint.footprints(table, inventory_of(world))
    assert made.attrs[CLASSIFICATION] == "nace2@12345678"
    for name, part in (("emissions", inventory_of(world)), ("multiplier", made)):
        for said in (own, other):
            write_dataset(mark_classification(part, said), tmp_path / f"{name}.nc")
            found = read_dataset(tmp_path / f"{name}.nc")[name]
            if said is own:
                assert table.align(found, name).equals(found)
            else:
                with pytest.raises(DataError, match="of the classification nace2@9d33de8c"):
                    table.align(found, name)
    inventory = mark_classification(inventory_of(world), other)
    with pytest.raises(DataError, match="the same codes may mean other sectors"):
        footprint.footprints(table, inventory)


def test_households_count_in_the_headline_only_when_configured(world, nested, result):
    counted = footprint.footprints(
        nested, inventory_of(world, orphan=12.5), Emissions(include_households=True)
    )
    np.testing.assert_array_equal(result["pba_total"].values, result["pba"].values)
    np.testing.assert_allclose(
        (counted["pba_total"] - result["pba_total"]).values, result["household"].values
    )
    np.testing.assert_allclose(
        (counted["cba_total"] - result["cba_total"]).values, result["household"].values
    )
    np.testing.assert_array_equal(counted["cba"].values, result["cba"].values)


def test_value_added_flows_equal_a_dense_computation(nested, result):
    table, size, regions = nested.to_dense(), nested.shape[0], nested.regions.size
    x, v = (nested.dataset[name].values.ravel() for name in ("output", "value_added"))
    share = np.divide(1.0, x, out=np.zeros_like(x), where=x > 0)
    demand = table["Y"].values.reshape(size, regions, -1).sum(axis=2)
    needed = np.linalg.solve(np.eye(size) - table["Z"].values.reshape(size, size) * share, demand)
    expected = ((v * share)[:, None] * needed).reshape(regions, -1, regions).sum(axis=1)
    np.testing.assert_allclose(
        result["va_flows"].values, expected, rtol=1e-10, atol=1e-12 * expected.max()
    )


def test_final_demand_total_holds_imports(nested, result):
    gap = (result["final_demand_total"] - result["final_demand"]).values
    np.testing.assert_allclose(
        gap, nested.dataset["imports"].sel(use=nested.categories).values, rtol=1e-9, atol=1e-10
    )


def test_every_variable_has_units_and_survives_the_disk(result, tmp_path):
    write_dataset(result, tmp_path / "footprints.nc")
    xr.testing.assert_identical(read_dataset(tmp_path / "footprints.nc"), result)


def test_no_emissions_give_footprints_of_exactly_zero(world, nested):
    empty = footprint.footprints(nested, inventory_of(world) * 0.0)
    assert not empty["flows_category"].values.any()


def test_nan_in_the_inventory_is_refused(world, nested):
    inventory = inventory_of(world)
    inventory["emissions"] = inventory["emissions"].copy()
    inventory["emissions"][2, 3] = np.nan
    with pytest.raises(DataError, match="emissions is nan at region"):
        footprint.footprints(nested, inventory)


def test_more_emissions_of_a_sector_never_lower_a_footprint(world, nested, result):
    more = world.emissions.copy()
    r, i = np.argwhere(nested.dataset["output"].values > 0)[5]
    more[r, i] += 100.0
    cba = footprint.footprints(nested, inventory_of(world).assign(emissions=more))["flows_category"]
    signed = [category for category in nested.categories if category != nested.stock_changes]
    change = (cba - result["flows_category"]).sel(category=signed)
    assert float(change.min()) > -1e-12
    assert float(change.sum()) > 0


def test_shares_between_cities_add_up_to_one(nested, result):
    regions = pd.DataFrame(
        {"region": nested.regions, "province": nested.provinces[nested.province_of]}
    )
    table = footprint.intercity(result, regions)
    assert list(table["component"]) == ["same_city", "same_province", "other_province"]
    assert table["share"].sum() == pytest.approx(1.0)
    assert table["mt"][0] == pytest.approx(np.trace(result["flows"].values) / 1e6)
    owner = nested.province_of
    inside = result["flows"].values[owner[:, None] == owner[None, :]].sum()
    assert table["mt"][:2].sum() == pytest.approx(inside / 1e6)


def test_every_pair_of_regions_is_in_one_scope():
    province = {"a1": "a", "a2": "a", "b1": "b"}
    masks = footprint.scope_masks(["a1", "a2", "b1"], ["a2", "b1"], province)
    assert masks["same_city"].tolist() == [[False, False], [True, False], [False, True]]
    assert masks["same_province"].tolist() == [[True, False], [False, False], [False, False]]
    assert (sum(mask.astype(int) for mask in masks.values()) == 1).all()


def test_region_without_province_is_refused(nested, result):
    regions = pd.DataFrame(
        {"region": nested.regions[1:], "province": nested.provinces[nested.province_of][1:]}
    )
    with pytest.raises(DataError, match="regions without a province"):
        footprint.intercity(result, regions)


# --- scenarios
# -------------------------------------------------------------------------------------------------------


def test_unchanged_scenario_returns_cba(world, nested, result):
    for given in (
        {"multiplier": result["multiplier"]},
        {"intensity": nested.intensity(world.emissions)},
    ):
        np.testing.assert_allclose(
            footprint.cba_with(nested, **given).values, result["cba"].values, rtol=1e-10, atol=1e-9
        )


def test_changed_intensities_equal_a_full_run(world, nested):
    factor = xr.DataArray(
        np.random.default_rng(1).random(nested.sectors.size),
        {"sector": nested.sectors},
        ("sector",),
    )
    changed = footprint.cba_with(nested, intensity=nested.intensity(world.emissions) * factor)
    inventory = inventory_of(world).assign(emissions=world.emissions * factor)
    full = footprint.footprints(nested, inventory)["cba"]
    np.testing.assert_allclose(changed.values, full.values, rtol=1e-10, atol=1e-9)


def test_shifted_demand_equals_a_dense_run(world, nested, result):
    amount = 0.4 * result["final_demand_total"].sel(category="capital")
    amount[2:] = 0.0
    weights = footprint.shift_weights(
        result["final_demand_total"], amount, ["capital"], ["households"]
    )
    found = footprint.cba_with(nested, multiplier=result["multiplier"], weights=weights).sum(
        "category"
    )
    needed = nested.intensity(world.emissions) * nested.solve(nested.demand(weights))
    assert float(needed.sum()) == pytest.approx(float(found.sum()), rel=1e-11)
    np.testing.assert_allclose(
        found.values[2:], result["cba"].sum("category").values[2:], rtol=1e-12
    )


def test_shift_keeps_the_total_of_final_demand(result):
    money = result["final_demand_total"]
    amount = 0.3 * money.sel(category="capital")
    weights = footprint.shift_weights(money, amount, ["capital"], ["households", "government"])
    np.testing.assert_allclose(
        (weights * money).sum("category").values, money.sum("category").values, rtol=1e-12
    )
    np.testing.assert_allclose(
        (weights * money).sel(category="capital").values, 0.7 * money.sel(category="capital").values
    )
    targets = weights.sel(category=["households", "government"])
    np.testing.assert_allclose(targets.max("category").values, targets.min("category").values)


def test_cut_removes_exactly_the_amount(result):
    money = result["final_demand_total"]
    amount = 0.3 * money.sel(category="capital")
    weights = footprint.cut_weights(money, amount, ["capital"])
    np.testing.assert_allclose(((1 - weights) * money).sum("category").values, amount.values)


def test_cutting_more_than_there_is_is_refused(result):
    amount = 1.1 * result["final_demand_total"].sel(category="capital")
    with pytest.raises(DataError, match="region .*: cannot take .* from capital of"):
        footprint.cut_weights(result["final_demand_total"], amount, ["capital"])


def test_shifting_to_an_empty_category_is_refused(result):
    money = result["final_demand_total"].copy()
    money.loc[{"category": "households", "region": money["region"].values[4]}] = 0.0
    amount = 0.1 * money.sel(category="capital")
    with pytest.raises(DataError, match="there is no product mix to shift to"):
        footprint.shift_weights(money, amount, ["capital"], ["households"])


def test_intensities_of_several_cases_are_solved_together(nested, world):
    intensity = nested.intensity(world.emissions)
    cases = xr.concat([intensity, 0.5 * intensity], dim="case")
    found = footprint.cba_with(nested, intensity=cases)
    assert found.dims == ("region", "category", "case")
    for k, factor in enumerate((1.0, 0.5)):
        alone = footprint.cba_with(nested, intensity=factor * intensity)
        np.testing.assert_allclose(found[..., k].values, alone.values, rtol=1e-12)


def test_a_changed_footprint_has_the_unit_of_its_stressor(world, nested, result):
    """It was t CO2 whatever it was of."""
    jobs = nested.intensity(world.emissions.assign_attrs(units="persons"))
    assert footprint.cba_with(nested, intensity=jobs).attrs["units"] == "persons"
    assert footprint.cba_with(nested, multiplier=result["multiplier"]).attrs["units"] == "t CO2"
    assert footprint.cba_with(nested, intensity=jobs.drop_attrs()).attrs["units"] == ""


def test_intensity_and_multiplier_exclude_each_other(nested, result):
    with pytest.raises(ValueError, match="either intensity or multiplier"):
        footprint.cba_with(nested, intensity=result["multiplier"], multiplier=result["multiplier"])


def test_flows_without_categories_are_those_of_all_together(world, nested, result):
    without = footprint.footprints(nested, inventory_of(world, orphan=12.5), keep_category=False)
    assert {*result} - {*without} == {"flows_category"}
    for name in without:
        size = np.abs(result[name].values).max()
        np.testing.assert_allclose(
            without[name].values, result[name].values, rtol=1e-11, atol=1e-13 * size
        )
