"""The tables of the analysis of any estimate, in memory: what a run writes to tables/."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import xarray as xr

from ..analysis.affluence import affluence_column, is_city
from ..analysis.scenarios.deficits import deficit_targets, deficits
from ..analysis.scenarios.measure import Inputs
from ..analysis.scenarios.quota import quota
from ..analysis.scenarios.run import run_scenarios
from ..analysis.tables import GroupInputs, group_tables
from ..config.models import Config
from ..dataset.dataset import DatasetFolder
from ..emissions.activity import national_inventory
from ..emissions.key_sectors import intensity_table, key_intensities
from ..nested import NestedMRIO


@dataclass(frozen=True)
class Estimated:
    """What the analysis reads of an estimate; :class:`..chain.estimate.Estimate` has it too.

    Attributes
    ----------
    mrio
        provinces/mrio.nc.
    nested, inventory, footprints
        The nested table, inventory.nc and footprints.nc.
    """

    mrio: xr.Dataset
    nested: NestedMRIO
    inventory: xr.Dataset
    footprints: xr.Dataset


def analysis_tables(result: Estimated, dataset: DatasetFolder, config: Config, clusters=None) -> dict[str, pd.DataFrame]:
    """The tables of the analysis, as a run writes them."""
    own = dataset.tables
    tables = group_tables(
        GroupInputs(
            regions=own["regions"],
            sectors=own["sectors"],
            final_demand=own["final_demand"],
            benchmarks=own["benchmarks"],
            footprints=result.footprints,
            inventory=result.inventory,
            usd_rate=dataset.info["usd_rate"],
            mrio=result.mrio,
        ),
        config.groups,
        config.scenarios,
        clusters,
    )
    intensities = key_intensities(
        inventory=result.inventory,
        output=result.footprints["output"],
        bridge=own["bridge"],
        inventory_sectors=own["inventory_sectors"],
        benchmarks=own["benchmarks"],
        key_sectors=config.scenarios.key_sectors,
    )
    inputs = Inputs(
        nested=result.nested,
        footprints=result.footprints,
        inventory=result.inventory,
        intensities=intensities,
        bridge=own["bridge"],
        inventory_sectors=own["inventory_sectors"],
        regions=tables["regions"],
        final_demand=own["final_demand"],
        benchmarks=own["benchmarks"],
        national_inventory=national_inventory(dataset.inventory_national, own["fuels"]),
    )
    scenarios, cities = run_scenarios(inputs, config.scenarios)
    regions = tables["regions"]
    parameters = tables["parameters"].set_index("parameter")["value"]
    targets = deficit_targets(own["benchmarks"], config.scenarios)
    return tables | {
        "scenarios": scenarios,
        "scenario_cities": cities,
        "quota": quota(scenarios, parameters["emissions"], parameters["peak_emissions"]),
        "deficits": deficits(regions[is_city(regions)], affluence_column(config.groups), targets),
        "intensities": intensity_table(intensities, regions),
        **{name: own[name] for name in ("sectors", "fuels", "inventory_sectors")},
    }
