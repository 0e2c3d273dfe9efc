"""Water and employment of the tiny country from the table to accounts, and to pymrio: nothing is
lost on the way.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pymrio
import pytest
import xarray as xr
from small_countries import tiny

from citymrio.base.errors import DataError, collect_notices
from citymrio.base.labels import read_table
from citymrio.chain.estimate import estimate
from citymrio.config.models import Config, Dataset, Emissions
from citymrio.dataset.sources.synthetic import build as synthetic
from citymrio.emissions.stressors import TEXT, stressor_inventories
from citymrio.footprints import stressors
from citymrio.footprints.stressors import stressor_accounts, stressor_table
from citymrio.nested.export import write_pymrio

NAMES = ("regions", "sectors", "inventory_sectors", "bridge", "fuels")


@pytest.fixture(scope="module")
def country():
    return estimate(tiny(), Config()), {name: tiny().tables[name] for name in NAMES}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tiny")
    synthetic.build(Dataset(size="tiny", stressors=("water", "employment")), folder)
    for name in ("regions.csv", "inventory/P01.csv", "observations/P02.csv"):  # nothing else moves
        assert read_table(folder / name).equals(_of_tiny(name))
    return read_table(folder / "stressors.csv", text=TEXT)


def _of_tiny(name: str) -> pd.DataFrame:
    folder, _, code = name.removesuffix(".csv").partition("/")
    return tiny().tables[folder] if not code else getattr(tiny(), folder)[code]


@pytest.fixture(scope="module")
def accounts(country, rows):
    result, tables = country
    with collect_notices():
        found = stressor_inventories(rows, tables, result.nested.dataset)
    return stressor_accounts(result.nested, found)


def test_amounts_are_those_of_the_table(accounts, rows, country):
    by_city = rows[rows["stressor"] == "employment"].pivot(
        index="region", columns="sector", values="value"
    )
    made = (accounts["amount"] + accounts["orphan"]).sel(stressor="employment").to_pandas()
    given = by_city.loc[made.index, made.columns]
    np.testing.assert_allclose(made, given, rtol=1e-12)
    totals = rows[(rows["stressor"] == "water") & (rows["region"] != "")].set_index("region")
    water = accounts.sel(stressor="water")
    found = (water["pba"] + water["household"]).to_pandas()
    np.testing.assert_allclose(found[totals.index], totals["value"], rtol=1e-12)
    assert (water["status"].to_pandas()[totals.index] == "observed").all()
    assert water["basis"].to_pandas()[totals.index].str.endswith("scaled to its total").all()
    owner = country[1]["regions"].set_index("region")["province"]
    free = [p for p, members in owner.groupby(owner) if not members.index.isin(totals.index).any()]
    province = rows[rows["province"].isin(free)].groupby("province")["value"].sum()
    np.testing.assert_allclose(found.groupby(owner).sum()[province.index], province, rtol=1e-12)


def test_what_a_province_has_is_split_by_output_and_people(country):
    result, tables = country
    rows = pd.DataFrame(
        {
            "stressor": "energy",
            "unit": "TJ",
            "province": [*sorted(set(tables["regions"]["province"]))] * 2,
            "sector": np.repeat(["02", "households"], 5),
            "value": 100.0,
        }
    )
    with collect_notices() as said:
        (found,) = stressor_inventories(rows, tables, result.nested.dataset).values()
    inside = tables["regions"].set_index("region").query("province == 'P04'")
    output = result.nested.dataset["output"].sel(region=inside.index, sector="02")
    made = found["emissions"].sel(region=inside.index, sector="02")
    np.testing.assert_allclose(made, 100 * output / output.sum(), rtol=1e-12)
    people = inside["population"] / inside["population"].sum()
    np.testing.assert_allclose(found["household_emissions"].sel(region=inside.index), 100 * people)
    assert set(found["status"].sel(region=inside.index).values) == {"modelled"}
    assert [one.what for one in said] == ["sectors with output that have no row"]


def test_inventory_sectors_go_through_the_bridge_and_the_country_is_a_level(country):
    result, tables = country
    names = tables["inventory_sectors"]["inventory_sector"]
    rows = pd.DataFrame(
        {"stressor": "CH4", "unit": "t CH4", "inventory_sector": names, "value": 1000.0}
    )
    (found,) = stressor_inventories(rows, tables, result.nested.dataset).values()
    parts = ("emissions", "orphan", "household_emissions")
    assert float(sum(found[name].sum() for name in parts)) == pytest.approx(1000 * len(names))
    assert set(found["basis"].values) == {"nation"} and found["emissions"].attrs["units"] == "t CH4"


def test_a_total_without_anything_to_scale_is_refused(country, rows):
    result, tables = country
    water = rows[rows["stressor"] == "water"]
    code = water.loc[water["region"] != "", "region"].iloc[0]
    none = water["province"].eq(tables["regions"].set_index("region")["province"][code])
    with pytest.raises(DataError, match=f"region {code} has a total and no amount.*Fix: "):
        zero = water.assign(value=water["value"].where(~none, 0.0))
        stressor_inventories(zero, tables, result.nested.dataset)


def test_nothing_is_lost_between_production_and_consumption(accounts, country):
    result, tables = country
    table = stressor_table(
        accounts, result.footprints, result.inventory, tables["regions"], Emissions()
    )
    assert table["stressor"].unique().tolist() == ["CO2", "water", "employment"]
    sums = table.groupby("stressor").sum(numeric_only=True)
    leaving = sums["exports"] + sums["error"] + sums["orphan"]
    np.testing.assert_allclose(sums["pba"], sums["cba"] + leaving, rtol=1e-12)
    np.testing.assert_allclose(sums["outflow"], sums["inflow"], rtol=1e-12)
    parts = table[["own", "outflow", "exports", "error", "orphan"]].sum(axis=1)
    np.testing.assert_allclose(table["pba"], parts, rtol=1e-9)
    np.testing.assert_allclose(table["cba"], table["own"] + table["inflow"], rtol=1e-9)
    carbon = table[table["stressor"] == "CO2"].set_index("region")
    np.testing.assert_allclose(carbon["cba"], result.footprints["cba_total"], rtol=1e-12)
    counted = stressor_table(
        accounts,
        result.footprints,
        result.inventory,
        tables["regions"],
        Emissions(include_households=True),
    )
    for name in ("pba", "cba"):
        np.testing.assert_allclose(counted[name], table[name] + table["household"], rtol=1e-12)


def test_many_regions_are_traced_by_block_to_the_same_accounts(
    accounts, country, rows, monkeypatch
):
    result, tables = country
    monkeypatch.setattr(stressors, "in_blocks", lambda nested: True)
    with collect_notices():
        found = stressor_inventories(rows, tables, result.nested.dataset)
    other = stressor_accounts(result.nested, found)
    for name in ("cba", "own", "outflow", "inflow", "exports", "error", "multiplier"):
        np.testing.assert_allclose(other[name], accounts[name], rtol=1e-9, atol=1e-3)


def test_pymrio_finds_the_same_accounts(accounts, country, tmp_path):
    result, _ = country
    write_pymrio(result.nested, tmp_path, result.inventory, stressors=accounts)
    loaded = pymrio.load_all(tmp_path).calc_all()
    assert loaded.stressors.unit["unit"].unique().tolist() == ["m3", "persons"]
    for name in ("water", "employment"):
        one = accounts.sel(stressor=name)
        theirs = loaded.stressors.D_cba_reg.loc[name, result.nested.regions]
        np.testing.assert_allclose(theirs, one["cba"].sum("category"), rtol=1e-9)
        households = loaded.stressors.F_Y.loc[f"{name} of households"].to_numpy().sum()
        assert households == pytest.approx(float(one["household"].sum()))
    carbon = xr.DataArray(loaded.emissions.D_cba_reg.loc["CO2", result.nested.regions])
    np.testing.assert_allclose(carbon, result.footprints["cba"].sum("category"), rtol=1e-9)
