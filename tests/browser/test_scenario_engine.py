"""The page computes scenarios as the library does: for the run's settings, and for others, which the library computes anew."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import analysis_world
import numpy as np
import pandas as pd
import pytest
from chromium import Opened

from citymrio.analysis.affluence import affluence_column, is_city, quintiles
from citymrio.analysis.scenarios.deficits import LIFTED, deficit_targets, deficits, peak_emissions, quota
from citymrio.analysis.scenarios.measure import Inputs
from citymrio.analysis.scenarios.possible import possible
from citymrio.analysis.scenarios.run import run_scenarios
from citymrio.analysis.super_emitters import households_count, national_emissions, super_emitters
from citymrio.analysis.super_share import super_share
from citymrio.base.labels import read_dataset, read_json, read_table
from citymrio.base.notices import collecting
from citymrio.base.units import MT
from citymrio.base.vocabulary import GIVEN
from citymrio.config.models import Groups, Scenarios
from citymrio.emissions.activity import national_inventory
from citymrio.nested import NestedMRIO
from citymrio.report.explorer.page import explorer
from citymrio.report.explorer.payload import Material
from citymrio.report.explorer.scenario_block import scenario_block

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
ABOUT = {"name": "World", "year": 2012, "unit": "10^4 CNY", "currency": "CNY", "synthetic": True}
#: What the page leaves blank once a setting is not the run's: it needs the whole table.
BLANK = {"saving_cba_mt", "interaction_mt"}


@dataclass(frozen=True)
class Run:
    """What the scenarios of a run are computed from."""

    inputs: Inputs
    tables: dict[str, pd.DataFrame]
    groups: Groups
    scenarios: Scenarios
    about: dict[str, Any]

    def expected(self, groups: Groups, scenarios: Scenarios, inputs: Inputs | None = None) -> dict[str, pd.DataFrame]:
        """The tables with other settings, by the library."""
        inputs = inputs or self.inputs
        regions = self.tables["regions"].copy()
        cities = regions[is_city(regions)].set_index("region")
        national = national_emissions(inputs.inventory, households_count(inputs.footprints)) * MT
        share = super_share(inputs.benchmarks, groups)
        found = super_emitters(cities["pba_mt"], cities["cba_mt"], national, share, groups.super_base)
        found["quintile"] = quintiles(cities[affluence_column(groups)], groups)
        places = regions["region"].isin(found.index)
        for name in found:
            regions.loc[places, name] = found[name].reindex(regions.loc[places, "region"]).to_numpy()
        with collecting():
            allowed = possible(scenarios, inputs.inventory, inputs.benchmarks, inputs.inventory_sectors)
            table, of_cities = run_scenarios(replace(inputs, regions=regions), allowed)
            left = quota(table, national_emissions(inputs.inventory, True) * MT, peak_emissions(inputs.benchmarks, scenarios))
        lifted = deficits(regions[places], affluence_column(groups), deficit_targets(inputs.benchmarks, scenarios))
        types = regions.loc[places, ["region", *found.columns]]
        return {"regions": types, "scenarios": table, "scenario_cities": of_cities, "quota": left, "deficits": lifted}


def of_world() -> Run:
    """The small world of the tests of the analysis."""
    world = analysis_world.make()
    inputs = Inputs(
        nested=world.nested,
        footprints=world.footprints,
        inventory=world.inventory,
        intensities=world.intensities,
        regions=world.tables["regions"],
        bridge=analysis_world.BRIDGE,
        inventory_sectors=analysis_world.INVENTORY_SECTORS,
        final_demand=analysis_world.FINAL_DEMAND,
        benchmarks=analysis_world.BENCHMARKS,
    )
    run = Run(inputs, dict(world.tables), analysis_world.GROUPS, analysis_world.SCENARIOS, ABOUT)
    run.tables.update(run.expected(run.groups, run.scenarios) | {"regions": world.tables["regions"]})
    return run


def of_given_table() -> Run:
    """The same as a table that somebody else made, without benchmarks: deficits only."""
    run = of_world()
    benchmarks = run.inputs.benchmarks.iloc[:0]
    intensities = run.inputs.intensities.assign(**{"global": np.nan})
    inventory = run.inputs.inventory.assign_attrs(control_total=GIVEN)
    given = replace(run, inputs=replace(run.inputs, inventory=inventory, benchmarks=benchmarks, intensities=intensities))
    given.tables.update(given.expected(run.groups, run.scenarios) | {"regions": run.tables["regions"]})
    return given


def of_folder(name: str) -> Run:
    """A finished run of this checkout."""
    folder = ROOT / "results" / name
    if not (folder / "provenance.json").exists():
        pytest.skip(f"needs the finished run results/{name}")
    data, config = folder / "dataset", read_json(folder / "provenance.json")["config"]
    tables = {path.stem: read_table(path) for path in sorted((folder / "tables").glob("*.csv"))}
    national = data / "inventory_national.csv"
    inputs = Inputs(
        nested=NestedMRIO.from_dataset(read_dataset(folder / "nested" / "mrio.nc")),
        footprints=read_dataset(folder / "footprint" / "footprints.nc"),
        inventory=read_dataset(folder / "footprint" / "inventory.nc"),
        intensities=read_table(folder / "analysis" / "key_intensities.csv"),
        regions=tables["regions"],
        bridge=read_table(data / "bridge.csv"),
        inventory_sectors=read_table(data / "inventory_sectors.csv"),
        final_demand=read_table(data / "final_demand.csv"),
        benchmarks=read_table(data / "benchmarks.csv"),
        national_inventory=national_inventory(
            read_table(national) if national.exists() else None, read_table(data / "fuels.csv")
        ),
    )
    run = read_json(data / "dataset.json")
    return Run(inputs, tables, Groups(**config["groups"]), Scenarios(**config["scenarios"]), run)


@pytest.fixture(scope="module", params=["world", "given", "tiny", "synthetic", "china2012", "finland2014"])
def opened(request, browser, tmp_path_factory):
    """A run, and its page in a browser."""
    made = {"world": of_world, "given": of_given_table}
    run = made[request.param]() if request.param in made else of_folder(request.param)
    inputs = run.inputs
    block = scenario_block(
        regions=run.tables["regions"],
        intensities=inputs.intensities,
        benchmarks=inputs.benchmarks,
        final_demand=inputs.final_demand,
        inventory_sectors=inputs.inventory_sectors,
        national_inventory=inputs.national_inventory,
        inventory=inputs.inventory,
        groups=run.groups,
        scenarios=run.scenarios,
    )
    wanted = ("regions", "scenarios", "scenario_cities", "quota", "deficits", "parameters")
    material = Material({name: run.tables[name] for name in wanted}, inputs.footprints, run.about)
    path = tmp_path_factory.mktemp("page") / "index.html"
    path.write_text(explorer(material, {"inputs": {}}, {}, scenario=block), encoding="utf-8")
    sheet = Opened.open(browser, path)
    yield (
        run,
        lambda parameters: json.loads(
            sheet.page.evaluate("(parameters) => JSON.stringify(window.explorer.scenario(parameters))", parameters)
        ),
    )
    assert sheet.said == []
    sheet.close()


def compare(found: dict[str, Any], expected: dict[str, pd.DataFrame], *, blank: bool) -> None:
    """Every cell to 1e-9; where `blank`, what needs the whole table must be null in the page, and nothing else may be."""
    for name, table in expected.items():
        rows = found[name]
        skip = ["note"]
        if blank and name in ("scenarios", "scenario_cities", "quota"):
            assert all(row["saving_mt"] is None for row in rows if row["scenario"].startswith("joint")), name
            if name == "scenarios":
                assert all(row["saving_cba_mt"] is None for row in rows if row["side"] != "demand")
            joint = table["scenario"].astype(str).str.startswith("joint")
            table, skip = table[~joint], ["note", *BLANK]
            rows = [row for row in rows if not row["scenario"].startswith("joint")]
        assert len(rows) == len(table), (name, len(rows), len(table))
        for column in table.columns.difference(skip):
            ours = [row[column] for row in rows]
            if pd.api.types.is_bool_dtype(table[column]) or not pd.api.types.is_numeric_dtype(table[column]):
                assert [value or "" for value in ours] == [
                    value or "" for value in table[column].astype(object).where(table[column].notna(), "")
                ], (name, column)
            else:
                got = np.array([np.nan if value is None else value for value in ours], float)
                np.testing.assert_allclose(got, table[column].to_numpy(float), rtol=1e-9, atol=1e-12, err_msg=f"{name}.{column}")


def test_settings_of_the_run(opened):
    """With the run's own settings every cell equals the run's tables, those that need the engine included."""
    run, scenario = opened
    found = scenario({})
    assert found["changed"] == []
    names = ("scenarios", "scenario_cities", "quota", "deficits")
    columns = ["region", "quintile", "super_emitter", "super_emitter_sum_cba", "super_emitter_national", "super_margin"]
    regions = run.tables["regions"]
    compare(found, {name: run.tables[name] for name in names} | {"regions": regions.loc[is_city(regions), columns]}, blank=False)
    assert found["threshold"] == pytest.approx(run.tables["parameters"].set_index("parameter").loc["super_threshold", "value"])


#: What the reader chooses in the page, and the same as settings: (parameters, groups, scenarios).
CHOICES = {
    "threshold": ({"super_share": 0.02}, {"super_share": 0.02}, {}),
    "low threshold": ({"super_share": 0.002}, {"super_share": 0.002}, {}),
    "nobody above": ({"super_share": 0.9}, {"super_share": 0.9}, {}),
    "national base": ({"super_base": "national"}, {"super_base": "national"}, {}),
    "capital target": ({"capital_target": 0.35}, {}, {"capital_target": 0.35}),
    "no capital": ({"capital_target": 0.0}, {}, {"capital_target": 0.0}),
    "cut": ({"demand_mode": "cut"}, {}, {"demand_mode": "cut"}),
    "government": ({"consumption": "households_government"}, {}, {"consumption": "households_government"}),
    "peak": ({"peak_mt": 15000.0}, {}, {"peak_emissions_gt": 15.0}),
    "GDP": ({"affluence": "gdp_usd"}, {"affluence": "gdp"}, {}),
    "households": (
        {"affluence": "affluence_household_capital_domestic_usd"},
        {"affluence": "household_capital", "affluence_products": "domestic"},
        {},
    ),
    "paper's sizes": ({"quintile_mode": "paper_sizes"}, {"quintile_mode": "paper_sizes"}, {}),
    "thresholds in USD": ({"quintile_mode": "threshold"}, {"quintile_mode": "threshold"}, {}),
    "other structure": ({"deep_structure": "heavy"}, {}, {"deep_structure": "heavy"}),
    "mean of cities": ({"light_benchmark": "cities"}, {}, {"light_benchmark": "cities"}),
    "mean of provinces": ({"light_benchmark": "provinces"}, {}, {"light_benchmark": "provinces"}),
    "national inventory": ({"light_benchmark": "national_inventory"}, {}, {"light_benchmark": "national_inventory"}),
    "lower of both": ({"deep_benchmark": "min_global_national"}, {}, {"deep_benchmark": "min_global_national"}),
    "several": (
        {"super_share": 0.007, "capital_target": 0.1, "affluence": "gdp_usd", "super_base": "national"},
        {"super_share": 0.007, "affluence": "gdp", "super_base": "national"},
        {"capital_target": 0.1},
    ),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_other_settings(opened, choice):
    """What the page computes for another setting equals what a run with that setting gives."""
    run, scenario = opened
    parameters, groups, scenarios = CHOICES[choice]
    if choice == "national inventory" and run.inputs.national_inventory is None:
        pytest.skip("a run without a national inventory")
    if choice == "other structure" and "va_share_heavy" not in run.tables["regions"]:
        pytest.skip("a country without a structure of that name")
    expected = run.expected(run.groups.model_copy(update=groups), run.scenarios.model_copy(update=scenarios))
    found = scenario(parameters)
    needs_engine = set(found["changed"]) - {"peak_mt", "deficit_targets"}
    compare(found, expected, blank=bool(needs_engine))


@pytest.mark.parametrize(("light", "deep"), [(1.3, 0.8), (0.5, 1.2)])
def test_scaled_benchmarks(opened, light, deep):
    """Benchmarks by a factor, and one of a reader's own."""
    run, scenario = opened
    if not len(run.inputs.intensities):
        pytest.skip("a table without key sectors")
    table = run.inputs.intensities
    key = table["key_sector"].iloc[0]
    own = table["key_sector"].eq(key)
    moved = table.assign(**{"national": table["national"] * light, "global": table["global"] * deep})
    moved.loc[own, "global"] = 0.123
    expected = run.expected(run.groups, run.scenarios, replace(run.inputs, intensities=moved))
    compare(scenario({"light_scale": light, "deep_scale": deep, "deep": {key: 0.123}}), expected, blank=True)


def test_targets_of_deficits(opened, monkeypatch):
    """Another quintile's mean as the target, and an amount."""
    run, scenario = opened
    monkeypatch.setitem(LIFTED, "to_q3", ("Q1", LIFTED["to_q3"][1]))
    expected = run.expected(run.groups, run.scenarios.model_copy(update={"deficit_targets": "quintile_means"}))["deficits"]
    found = scenario({"deficit_targets": {"to_q3": "Q1", "to_q2": "Q2"}})
    compare(found, {"deficits": expected}, blank=False)
    cities = run.tables["regions"][is_city(run.tables["regions"])]
    amounts = {"to_q3": 3600.0, "to_q2": 5300.0}
    compare(
        scenario({"deficit_targets": amounts}),
        {"deficits": deficits(cities, affluence_column(run.groups), amounts)},
        blank=False,
    )


def test_unknown_parameter(opened):
    """A parameter that the page does not know is refused with the names that it knows."""
    _, scenario = opened
    with pytest.raises(Exception, match="no parameter threshold; known: super_share"):
        scenario({"threshold": 1})


def test_a_table_without_benchmarks_has_deficits_and_says_why_it_has_no_scenarios(opened):
    """No benchmark, no target of capital: the page computes what is left."""
    run, scenario = opened
    if run.inputs.inventory.attrs.get("control_total") != GIVEN:
        pytest.skip("a table that was estimated here")
    found = scenario({"super_share": 0.05})
    assert found["scenarios"] == [] and found["problems"] == []
    assert all(row["deficit_mt"] > 0 for row in found["deficits"])
