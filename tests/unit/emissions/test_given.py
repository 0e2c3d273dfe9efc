"""Emissions of a given table: as they are given, orphans and households apart; scenarios as far as
its data allow them.
"""

from __future__ import annotations

import pandas as pd
import pytest
import xarray as xr

from citymrio.analysis.scenarios.possible import feasible_scenarios
from citymrio.base.errors import collect_notices
from citymrio.base.labels import array
from citymrio.config.models import Scenarios
from citymrio.emissions.inventory import EmissionTables, frame_of, given_inventory
from citymrio.emissions.key_sectors import key_intensities


@pytest.fixture
def world():
    """Two regions and two sectors; an inventory sector `fuel` of both sectors, one of sector 2, and
    households.
    """
    regions = pd.DataFrame(
        {"region": ["B", "A"], "name": ["b", "a"], "province": ["X", "X"], "kind": "city"}
    )
    regions = regions.assign(population=10.0, population_rural=0.0)
    listed = pd.DataFrame(
        {
            "inventory_sector": ["fuel", "two", "homes"],
            "name": "",
            "kind": ["production", "production", "household"],
            "residence": "",
            "key": ["", "electricity", ""],
        }
    )
    bridge = pd.DataFrame({"inventory_sector": ["fuel", "fuel", "two"], "sector": ["1", "2", "2"]})
    sectors = pd.DataFrame({"sector": ["1", "2"], "industry": "secondary"})
    fuels = pd.DataFrame({"fuel": [], "emission_factor": []})
    tables = EmissionTables(regions, sectors, listed, bridge, fuels, provincial={})
    output = xr.DataArray(
        [[3.0, 1.0], [5.0, 0.0]], {"region": ["B", "A"], "sector": ["1", "2"]}, ("region", "sector")
    )
    given = pd.DataFrame(
        {
            "region": ["B", "B", "A", "A", "A"],
            "sector": ["fuel", "homes", "fuel", "two", "homes"],
            "emissions": [8.0, 1.0, 10.0, 7.0, 0.0],
            "status": ["observed", "imputed", "observed", "observed", "modelled"],
        }
    )
    return tables, output, given


def test_emissions_go_where_they_are_given(world):
    tables, output, given = world
    with collect_notices() as notices:
        inventory, report = given_inventory(given, frame_of(tables, output), tables.regions)
    assert inventory["emissions"].sel(region="B").values.tolist() == [6.0, 2.0]  # split by output
    assert inventory["emissions"].sel(region="A").values.tolist() == [10.0, 0.0]
    assert inventory["orphan"].sel(region="A", sector="2").item() == 7.0  # no output
    assert inventory["household_emissions"].values.tolist() == [1.0, 0.0]
    assert inventory["status"].values.tolist() == [
        "imputed",
        "observed",
    ]  # a row of 0 t says nothing
    parts = (
        inventory["emissions"].sum("sector")
        + inventory["orphan"].sum("sector")
        + inventory["household_emissions"]
    )
    assert (
        parts.values.tolist()
        == inventory["emissions_inventory"].sum("inventory_sector").values.tolist()
        == [9.0, 17.0]
    )
    assert report["total_mt"].tolist() == pytest.approx([9e-6, 17e-6]) and report[
        "status"
    ].tolist() == ["imputed", "observed"]
    assert [(notice.what, notice.value) for notice in notices] == [
        ("sectors with output that have no row", "1: B/two")
    ]


def test_scenarios_switch_off_where_benchmarks_or_key_sectors_are_missing(world):
    tables, output, given = world
    inventory, _ = given_inventory(given, frame_of(tables, output), tables.regions)
    benchmarks = pd.DataFrame({"parameter": ["global_intensity.electricity"], "value": [1.0]})
    config = Scenarios(key_sectors=("electricity",), capital_target=0.3)
    assert feasible_scenarios(config, inventory, benchmarks, tables.inventory_sectors) == config
    with collect_notices() as notices:
        off = feasible_scenarios(
            Scenarios(key_sectors=("electricity", "coal")),
            inventory,
            benchmarks[:0],
            tables.inventory_sectors,
        )
    assert not off.run and off.key_sectors == ("electricity",)
    # without names, the key sectors are those that there are; that there are none is said
    assert feasible_scenarios(
        Scenarios(capital_target=0.3), inventory, benchmarks, tables.inventory_sectors
    ) == Scenarios(key_sectors=("electricity",), capital_target=0.3)
    with collect_notices() as missing:
        wordless = tables.inventory_sectors.assign(key="")
        assert not feasible_scenarios(
            Scenarios(capital_target=0.3), inventory, benchmarks, wordless
        ).run
    assert "key sectors of any name" in missing[0].value
    (said,) = notices
    for word in (
        "capital_target",
        "key sectors coal",
        "global_intensity.electricity of benchmarks.csv",
    ):
        assert word in said.value
    estimated = inventory.assign_attrs(
        control_total="provinces"
    )  # the dataset of an estimate must have them
    assert (
        feasible_scenarios(Scenarios(), estimated, benchmarks[:0], tables.inventory_sectors)
        == Scenarios()
    )


def test_key_sectors_that_a_given_table_does_not_have_have_no_row(world):
    tables, output, given = world
    inventory, _ = given_inventory(given, frame_of(tables, output), tables.regions)
    x = xr.Dataset({"output": array(output.values, ("region", "sector"), "EUR")}, output.coords)[
        "output"
    ]
    lists = {"bridge": tables.bridge, "inventory_sectors": tables.inventory_sectors}
    benchmarks = pd.DataFrame({"parameter": [], "value": []}, dtype=object)
    some = key_intensities(
        inventory=inventory,
        output=x,
        benchmarks=benchmarks,
        key_sectors=("electricity", "coal"),
        **lists,
    )
    assert some["key_sector"].unique().tolist() == ["electricity"] and len(some) == 2
    none = key_intensities(
        inventory=inventory, output=x, benchmarks=benchmarks, key_sectors=("coal",), **lists
    )
    assert none.empty and [*none.columns] == [*some.columns]
