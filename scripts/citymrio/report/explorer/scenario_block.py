"""What a browser needs to compute scenarios as `citymrio.analysis.scenarios` does
(`data/js/engine.js` is the other side).

Nothing is computed here: the settings of the run, the parameters it read, and the intensities of
key sectors with all digits. The rest (emissions, footprints and final demand by role) is in
regions.csv and parameters.csv, which the page holds anyway.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import xarray as xr

from ...analysis.affluence import MEASURES as COLUMNS
from ...analysis.affluence import PRODUCTS, affluence_column, is_city
from ...analysis.demand_shares import CONSUMERS, STOCK_CHANGES, capital_target, roles_of
from ...analysis.scenarios.deficits import LIFTED, deficit_targets, peak_emissions
from ...analysis.scenarios.demand import deep_structure
from ...analysis.scenarios.possible import feasible_scenarios
from ...analysis.scenarios.registry import DEPTHS, MEASURES
from ...analysis.scenarios.technology import DEEP, LIGHT, SPREAD, national_emissions_of
from ...analysis.super_emitters import super_share
from ...assessment.paper import PAPER_SIZES, PAPER_USD
from ...base.errors import DataError, collect_notices
from ...base.roundoff import SHARE
from ...base.vocabulary import AFFLUENCE
from ...config.models import Groups, Scenarios
from .blocks import Block, columns, json_block


def scenario_block(
    *,
    regions: pd.DataFrame,
    intensities: pd.DataFrame,
    benchmarks: pd.DataFrame,
    final_demand: pd.DataFrame,
    inventory_sectors: pd.DataFrame,
    national_inventory: pd.Series | None,
    inventory: xr.Dataset,
    groups: Groups,
    scenarios: Scenarios,
) -> Block:
    """The block `scenario`.

    Parameters
    ----------
    regions
        tables/regions.csv.
    intensities
        analysis/key_intensities.csv.
    benchmarks, final_demand, inventory_sectors
        Tables of the dataset.
    national_inventory
        Its national inventory by inventory sector, t CO2, where there is one.
    inventory
        footprint/emissions.nc, which tells whether emissions were given.
    groups, scenarios
        The run's settings.
    """
    with collect_notices() as notices:  # the run has said them already
        allowed = feasible_scenarios(scenarios, inventory, benchmarks, inventory_sectors)
        structure = deep_structure(regions, scenarios) if allowed.run else scenarios.deep_structure
    roles = dict(zip(final_demand["category"], final_demand["role"], strict=True))
    keys = [*dict.fromkeys(intensities["key_sector"])]
    sized = len({*groups.quintile_sizes}) > 1
    return json_block(
        {
            "run": allowed.run,
            "why_not": ""
            if allowed.run
            else (notices[0].value if notices else "it was made without them"),
            "types": groups.super_emitters,
            "settings": _settings(
                groups, allowed, benchmarks, structure, int(is_city(regions).sum())
            ),
            "round_off": SHARE,
            "measures": [*MEASURES],
            "depths": [*DEPTHS],
            "lifted": {
                case: {"target": target, "quintiles": [*lifted]}
                for case, (target, lifted) in LIFTED.items()
            },
            "affluence": _affluence(),
            "sizes": [*(groups.quintile_sizes if sized else PAPER_SIZES)],
            "roles": [role for role in roles_of(roles) if role != STOCK_CHANGES],
            "consumers": {
                name: {"roles": [*its], "words": words} for name, (its, words) in CONSUMERS.items()
            },
            "light": LIGHT,
            "deep": DEEP,
            "spread": SPREAD,
            "keys": keys,
            **of_intensities(intensities),
            "national_inventory": _of_national_inventory(
                keys, national_inventory, inventory_sectors
            ),
            "benchmarks": columns(benchmarks),
        }
    )


def of_intensities(intensities: pd.DataFrame) -> dict[str, Any]:
    """Rows of key_intensities.csv, and the benchmarks by key sector (`means`)."""
    means = intensities.drop_duplicates("key_sector").set_index("key_sector").astype(object)
    names = ["national", "global", "plausible"]
    return {
        "intensities": columns(intensities[["region", "key_sector", "emissions_t", "output"]]),
        "means": {
            key: dict(zip(names, values, strict=True))
            for key, values in columns(means[names].T).items()
        },
    }


def _settings(
    groups: Groups,
    scenarios: Scenarios,
    benchmarks: pd.DataFrame,
    structure: str | None,
    cities: int,
) -> dict[str, Any]:
    """The run's settings by the names that the page uses: those of the configuration."""
    peak = peak_emissions(benchmarks, scenarios)
    share = super_share(benchmarks, groups, cities)
    sized = len({*groups.quintile_sizes}) > 1
    mode = "threshold" if groups.thresholds_usd else "sizes" if sized else "rank"
    targets = deficit_targets(benchmarks, scenarios)
    return {
        "super_share": None if pd.isna(share) else share,
        "super_base": groups.super_base,
        "affluence": affluence_column(groups),
        "quintile_mode": mode,
        "thresholds_usd": [*(groups.thresholds_usd or PAPER_USD)],
        "light_benchmark": scenarios.light_benchmark,
        "deep_benchmark": scenarios.deep_benchmark,
        "capital_target": capital_target(benchmarks, scenarios) if scenarios.run else None,
        "capital_target_configured": scenarios.capital_target is not None,
        "demand_mode": scenarios.demand_mode,
        "consumption": scenarios.consumption,
        "deep_structure": structure,
        "peak_mt": None if pd.isna(peak) else peak,
        "peak_configured": scenarios.peak_emissions_gt is not None,
        "deficit_targets": targets or {case: target for case, (target, _) in LIFTED.items()},
    }


def _affluence() -> dict[str, dict[str, str]]:
    """Column of regions.csv -> words, and the keys of the configuration that choose it."""
    return {
        start + end: {
            "words": f"{AFFLUENCE[measure]}{of}",
            "affluence": measure,
            "affluence_products": products,
        }
        for products, (end, of) in PRODUCTS.items()
        for measure, start in COLUMNS.items()
    } | {"gdp_usd": {"words": AFFLUENCE["gdp"], "affluence": "gdp", "affluence_products": "all"}}


def _of_national_inventory(
    keys: list[str], national: pd.Series | None, inventory_sectors: pd.DataFrame
) -> Mapping[str, float] | None:
    """Emissions of the key sectors in the national inventory, t; None where there is none that has
    all their rows.
    """
    try:
        return national_emissions_of(keys, national, inventory_sectors).astype(float).to_dict()
    except DataError:
        return None
