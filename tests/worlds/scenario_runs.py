"""Runs whose scenarios the explorer computes too: what the library computes for any settings, and
the page that holds the run.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import analysis_world
import numpy as np
import pandas as pd

from citymrio.analysis.affluence import affluence_column, is_city, quintiles
from citymrio.analysis.scenarios.deficits import deficit_targets, deficits, peak_emissions, quota
from citymrio.analysis.scenarios.measure import Inputs
from citymrio.analysis.scenarios.possible import feasible_scenarios
from citymrio.analysis.scenarios.run import run_scenarios
from citymrio.analysis.super_emitters import (
    households_count,
    national_emissions,
    super_emitters,
    super_share,
)
from citymrio.assessment.paper import PAPER_SIZES
from citymrio.base.errors import collect_notices
from citymrio.base.labels import read_dataset, read_json, read_table
from citymrio.base.units import MT
from citymrio.base.vocabulary import GIVEN
from citymrio.config.models import Groups, Scenarios
from citymrio.emissions.activity import national_inventory
from citymrio.nested import NestedMRIO
from citymrio.report.explorer.page import explorer
from citymrio.report.explorer.payload import BY_METHOD, Material
from citymrio.report.explorer.scenario_block import scenario_block

#: The variant that is the estimate by another method.
OTHER = "calm"
ABOUT = {"name": "World", "year": 2012, "unit": "10^4 CNY", "currency": "CNY", "synthetic": True}


@dataclass(frozen=True)
class Run:
    """What the scenarios of a run are computed from."""

    inputs: Inputs
    tables: dict[str, pd.DataFrame]
    groups: Groups
    scenarios: Scenarios
    about: dict[str, Any]

    def expected(
        self, groups: Groups, scenarios: Scenarios, inputs: Inputs | None = None
    ) -> dict[str, pd.DataFrame]:
        """The tables with other settings, by the library."""
        inputs = inputs or self.inputs
        regions = self.tables["regions"].copy()
        cities = regions[is_city(regions)].set_index("region")
        national = national_emissions(inputs.inventory, households_count(inputs.footprints)) * MT
        share = super_share(inputs.benchmarks, groups, len(cities))
        found = super_emitters(
            cities["pba_mt"], cities["cba_mt"], national, share, groups.super_base
        )
        found["quintile"] = quintiles(cities[affluence_column(groups)], groups)
        places = regions["region"].isin(found.index)
        for name in found:
            regions.loc[places, name] = (
                found[name].reindex(regions.loc[places, "region"]).to_numpy()
            )
        with collect_notices():
            allowed = feasible_scenarios(
                scenarios, inputs.inventory, inputs.benchmarks, inputs.inventory_sectors
            )
            table, of_cities = run_scenarios(replace(inputs, regions=regions), allowed)
            left = quota(
                table,
                national_emissions(inputs.inventory, True) * MT,
                peak_emissions(inputs.benchmarks, scenarios),
            )
        lifted = deficits(
            regions[places], affluence_column(groups), deficit_targets(inputs.benchmarks, scenarios)
        )
        types = regions.loc[places, ["region", *found.columns]]
        return {
            "regions": types,
            "scenarios": table,
            "scenario_cities": of_cities,
            "quota": left,
            "deficits": lifted,
        }


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
        benchmarks=analysis_world.BENCHMARKS,
    )
    run = Run(inputs, dict(world.tables), analysis_world.GROUPS, analysis_world.SCENARIOS, ABOUT)
    run.tables.update(
        run.expected(run.groups, run.scenarios) | {"regions": world.tables["regions"]}
    )
    return run


def of_given_table() -> Run:
    """The same as a table that somebody else made, without benchmarks: deficits only."""
    run = of_world()
    benchmarks = run.inputs.benchmarks.iloc[:0]
    intensities = run.inputs.intensities.assign(**{"global": np.nan})
    inventory = run.inputs.inventory.assign_attrs(control_total=GIVEN)
    given = replace(
        run,
        inputs=replace(
            run.inputs, inventory=inventory, benchmarks=benchmarks, intensities=intensities
        ),
    )
    given.tables.update(
        given.expected(run.groups, run.scenarios) | {"regions": run.tables["regions"]}
    )
    return given


def of_folder(folder: Path) -> Run:
    """A finished run."""
    data, config = folder / "dataset", read_json(folder / "provenance.json")["config"]
    tables = {path.stem: read_table(path) for path in sorted((folder / "tables").glob("*.csv"))}
    national = data / "inventory_national.csv"
    inputs = Inputs(
        nested=NestedMRIO.from_dataset(read_dataset(folder / "nested" / "mrio.nc")),
        footprints=read_dataset(folder / "footprint" / "footprints.nc"),
        inventory=read_dataset(folder / "footprint" / "emissions.nc"),
        intensities=read_table(folder / "analysis" / "key_intensities.csv"),
        regions=tables["regions"],
        bridge=read_table(data / "bridge.csv"),
        inventory_sectors=read_table(data / "inventory_sectors.csv"),
        benchmarks=read_table(data / "benchmarks.csv"),
        national_inventory=national_inventory(
            read_table(national) if national.exists() else None, read_table(data / "fuels.csv")
        ),
    )
    run = read_json(data / "dataset.json")
    return Run(inputs, tables, Groups(**config["groups"]), Scenarios(**config["scenarios"]), run)


def twisted(run: Run) -> Run:
    """A run whose every number that scenarios are computed from is another."""
    regions, intensities = run.tables["regions"].copy(), run.inputs.intensities.copy()
    for table, columns in ((regions, BY_METHOD), (intensities, "emissions_t|output|national")):
        numbers = table.filter(regex=columns).select_dtypes("number")
        table[numbers.columns] = numbers.to_numpy() * np.linspace(0.4, 1.7, len(table))[:, None]
    regions["structure"] = regions["structure"].to_numpy()[::-1]
    parameters = run.tables["parameters"].assign(value=lambda table: 1.1 * table["value"])
    tables = {**run.tables, "regions": regions, "parameters": parameters}
    return replace(run, inputs=replace(run.inputs, intensities=intensities), tables=tables)


def page(run: Run, other: Run | None = None) -> str:
    """The explorer of a run, with what its scenarios need; `other`: the run by another method."""
    inputs = run.inputs
    block = scenario_block(
        regions=run.tables["regions"],
        intensities=inputs.intensities,
        benchmarks=inputs.benchmarks,
        final_demand=pd.DataFrame(inputs.nested.roles.items(), columns=["category", "role"]),
        inventory_sectors=inputs.inventory_sectors,
        national_inventory=inputs.national_inventory,
        inventory=inputs.inventory,
        groups=run.groups,
        scenarios=run.scenarios,
    )
    wanted = ("regions", "scenarios", "scenario_cities", "quota", "deficits", "parameters")
    beside = {}
    if other is not None:
        tables = {name: other.tables[name] for name in wanted}
        beside = {
            "other": OTHER,
            "analysed": {**tables, "key_intensities": other.inputs.intensities},
            "variants": {OTHER: other.inputs.footprints},
            "settings": {OTHER: {"method": "calibrated"}},
        }
    shown = {name: run.tables[name] for name in wanted}
    material = Material(shown, inputs.footprints, run.about, **beside)
    return explorer(material, {"inputs": {}}, {}, scenario=block)


#: What the reader chooses in the page, and the same as settings: (parameters, groups, scenarios).
CHOICES = {
    "threshold": ({"super_share": 0.02}, {"super_share": 0.02}, {}),
    "low threshold": ({"super_share": 0.002}, {"super_share": 0.002}, {}),
    "nobody above": ({"super_share": 0.9}, {"super_share": 0.9}, {}),
    "national base": ({"super_base": "national"}, {"super_base": "national"}, {}),
    "capital target": ({"capital_target": 0.35}, {}, {"capital_target": 0.35}),
    "no capital": ({"capital_target": 0.0}, {}, {"capital_target": 0.0}),
    "cut": ({"demand_mode": "cut"}, {}, {"demand_mode": "cut"}),
    "government": (
        {"consumption": "households_government"},
        {},
        {"consumption": "households_government"},
    ),
    "peak": ({"peak_mt": 15000.0}, {}, {"peak_emissions_gt": 15.0}),
    "GDP": ({"affluence": "gdp_usd"}, {"affluence": "gdp"}, {}),
    "households": (
        {"affluence": "affluence_household_capital_domestic_usd"},
        {"affluence": "household_capital", "affluence_products": "domestic"},
        {},
    ),
    "paper's sizes": ({"quintile_mode": "sizes"}, {"quintile_sizes": PAPER_SIZES}, {}),
    "thresholds in USD": (
        {"quintile_mode": "threshold"},
        {"thresholds_usd": (7000, 4500, 3000, 2000)},
        {},
    ),
    "other structure": ({"deep_structure": "heavy"}, {}, {"deep_structure": "heavy"}),
    "mean of cities": ({"light_benchmark": "cities"}, {}, {"light_benchmark": "cities"}),
    "mean of provinces": ({"light_benchmark": "provinces"}, {}, {"light_benchmark": "provinces"}),
    "national inventory": (
        {"light_benchmark": "national_inventory"},
        {},
        {"light_benchmark": "national_inventory"},
    ),
    "lower of both": (
        {"deep_benchmark": "min_global_national"},
        {},
        {"deep_benchmark": "min_global_national"},
    ),
    "several": (
        {
            "super_share": 0.007,
            "capital_target": 0.1,
            "affluence": "gdp_usd",
            "super_base": "national",
        },
        {"super_share": 0.007, "affluence": "gdp", "super_base": "national"},
        {"capital_target": 0.1},
    ),
}
