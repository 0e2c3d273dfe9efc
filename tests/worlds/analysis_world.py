"""A small nested world with inventory, footprints and tables, for the tests of the analysis."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
from nested_worlds import CATEGORIES, make_world

from citymrio.analysis.tables import GroupInputs, group_tables, parameter_table
from citymrio.config.models import Emissions, Groups, Scenarios, Solver
from citymrio.emissions.inventory import EmissionTables, calc_inventory
from citymrio.emissions.key_sectors import key_intensities
from citymrio.footprints.footprint import footprints

CITIES = (1, 2, 4, 1, 3)
SECTORS = pd.DataFrame(
    {
        "sector": ["01", "02", "03", "04", "05"],
        "industry": ["primary", "secondary", "secondary", "secondary", "tertiary"],
        "group_a": ["agriculture", "energy", "light", "heavy", "high_tech"],
        "group_b": ["agriculture", "energy", "light", "heavy", "services"],
    }
)
INVENTORY_SECTORS = pd.DataFrame(
    {
        "inventory_sector": [*"1234567"],
        "name": ["farms", "power", "textiles", "steel", "other metals", "services", "people"],
        "kind": ["production"] * 6 + ["household"],
        "residence": [""] * 6 + ["all"],
        "key": ["", "electricity", "", "iron_steel", "", "", ""],
    }
)
BRIDGE = pd.DataFrame(
    {"inventory_sector": [*"123456"], "sector": ["01", "02", "03", "04", "04", "05"]}
)
FINAL_DEMAND = pd.DataFrame({"category": [*CATEGORIES], "role": [*CATEGORIES.values()]})
BENCHMARKS = pd.DataFrame(
    [
        ("global_intensity.electricity", 0.2),
        ("global_intensity.iron_steel", 0.02),
        ("megacity_capital_share.X", 0.1),
        ("megacity_capital_share.Y", 0.2),
    ],
    columns=["parameter", "value"],
)
SCENARIOS = Scenarios(key_sectors=("electricity", "iron_steel"))
GROUPS = Groups(super_share=0.1, clusters=3)


@cache
def make(
    seed: int = 1,
    scenarios: Scenarios = SCENARIOS,
    groups: Groups = GROUPS,
    inventory: Emissions | None = None,
):
    """Everything the analysis of one run reads and writes, for a random world of 11 regions (the
    fourth province is unsplit).
    """
    rng = np.random.default_rng(seed)
    world = make_world(seed, CITIES)
    nested = world.nested
    codes = [str(code) for code in nested.regions]
    province = [code[:2] for code in codes]
    population = rng.uniform(2, 20, len(codes)) * 1e4
    regions = pd.DataFrame(
        {
            "region": codes,
            "name": [f"City {code}" for code in codes],
            "name_local": "",
            "province": province,
            "province_name": province,
            "kind": [
                "province" if p == "14" else "municipality" if p == "11" else "city"
                for p in province
            ],
            "population": population,
            "population_rural": population * 0.4,
            "gdp": rng.uniform(1, 5, len(codes)),
            "lon": 100.0,
            "lat": 30.0,
        }
    )
    provincial = {
        p: pd.DataFrame(
            {
                "inventory_sector": [*"1234567"],
                "fuel": "",
                "activity": np.nan,
                "emissions": rng.lognormal(2, 1, 7),
            }
        )
        for p in sorted(set(province))
    }
    output = nested.dataset["output"]
    fuels = pd.DataFrame({"fuel": ["coal"], "unit": ["t"], "emission_factor": [2.0]})
    emissions = EmissionTables(regions, SECTORS, INVENTORY_SECTORS, BRIDGE, fuels, provincial)
    made, report = calc_inventory(emissions, output, inventory or Emissions(), Solver())
    found = footprints(nested, made, inventory or Emissions())
    tables = group_tables(
        GroupInputs(
            regions=regions,
            sectors=SECTORS,
            final_demand=FINAL_DEMAND,
            benchmarks=BENCHMARKS,
            footprints=found,
            inventory=made,
            usd_rate=6.3,
        ),
        groups,
    )
    tables["parameters"] = parameter_table(
        tables["regions"], found, made, BENCHMARKS, groups, scenarios
    )
    intensities = key_intensities(
        inventory=made,
        output=output,
        bridge=BRIDGE,
        inventory_sectors=INVENTORY_SECTORS,
        benchmarks=BENCHMARKS,
        key_sectors=scenarios.key_sectors,
    )
    return SimpleNamespace(
        nested=nested,
        regions=regions,
        inventory=made,
        report=report,
        footprints=found,
        tables=tables,
        intensities=intensities,
    )
