"""The tables of the analysis of any estimate, in memory: what a run writes to tables/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from ..analysis.affluence import affluence_column, is_city
from ..analysis.scenarios.deficits import deficit_targets, deficits, quota
from ..analysis.scenarios.measure import Inputs
from ..analysis.scenarios.run import run_scenarios
from ..analysis.tables import GroupInputs, group_tables, parameter_table
from ..base.errors import CityMRIOError
from ..config.models import Config
from ..dataset.dataset import DatasetFolder, check_read
from ..emissions.activity import national_inventory
from ..emissions.key_sectors import intensity_table, key_intensities
from ..nested import NestedMRIO

if TYPE_CHECKING:
    from ..analysis.features import Features
    from ..analysis.structures import Clusters
    from ..chain.estimate import Estimate


@dataclass(frozen=True)
class Estimated:
    """What the analysis reads of an estimate; :class:`..chain.estimate.Estimate` has it too.

    Attributes
    ----------
    mrio
        provinces/mrio.nc.
    nested, inventory, footprints
        The nested table, emissions.nc and footprints.nc.
    """

    mrio: xr.Dataset
    nested: NestedMRIO
    inventory: xr.Dataset
    footprints: xr.Dataset


def analysis_tables(
    result: Estimated | Estimate,
    dataset: DatasetFolder,
    config: Config,
    clusters: Mapping[Features, Clusters] | None = None,
) -> dict[str, pd.DataFrame]:
    """The tables of the analysis, as a run writes them; refuses what :func:`.estimate` refuses, and
    a `result` that is none.
    """
    check_read(dataset, config)
    if not isinstance(getattr(result, "footprints", None), xr.Dataset):
        raise CityMRIOError(
            f"{result!r:.60} is of type {type(result).__name__}; expected an estimate",
            where="result",
            fix="give what cm.estimate returns",
        )
    groups = group_tables(group_inputs(result, dataset), config.groups, clusters)
    intensities = intensities_of(result, dataset, config)
    tables = groups | further_tables(result, dataset, config, groups["regions"], intensities)
    return tables | scenario_tables(result, dataset, config, tables, intensities)


def group_inputs(result: Estimated | Estimate, dataset: DatasetFolder) -> GroupInputs:
    """What the tables of groups are made from."""
    own = dataset.tables
    return GroupInputs(
        regions=own["regions"],
        sectors=own["sectors"],
        final_demand=own["final_demand"],
        benchmarks=own["benchmarks"],
        footprints=result.footprints,
        inventory=result.inventory,
        usd_rate=dataset.info["usd_rate"],
        mrio=result.mrio,
    )


def further_tables(
    result: Estimated | Estimate,
    dataset: DatasetFolder,
    config: Config,
    regions: pd.DataFrame,
    intensities: pd.DataFrame,
) -> dict[str, pd.DataFrame]:
    """Deficits, parameters, intensities and lists of the dataset, from regions.csv and
    :func:`intensities_of`.
    """
    own = dataset.tables
    targets = deficit_targets(own["benchmarks"], config.scenarios)
    return {
        "deficits": deficits(regions[is_city(regions)], affluence_column(config.groups), targets),
        "parameters": parameter_table(
            regions,
            result.footprints,
            result.inventory,
            own["benchmarks"],
            config.groups,
            config.scenarios,
        ),
        "intensities": intensity_table(intensities, regions),
        **{name: own[name] for name in ("sectors", "fuels", "inventory_sectors")},
    }


def scenario_tables(
    result: Estimated | Estimate,
    dataset: DatasetFolder,
    config: Config,
    tables: Mapping[str, pd.DataFrame],
    intensities: pd.DataFrame,
    solved: dict[bytes, xr.DataArray] | None = None,
) -> dict[str, pd.DataFrame]:
    """Scenarios and quota.

    Parameters
    ----------
    tables
        regions and parameters of the same configuration.
    intensities
        From :func:`intensities_of`.
    solved
        Footprints after measures, shared by the configurations of an estimate
        (:attr:`.Inputs.solved`).
    """
    inputs = scenario_inputs(result, dataset, config, tables["regions"], intensities)
    if solved is not None:
        inputs = replace(inputs, solved=solved)
    scenarios, cities = run_scenarios(inputs, config.scenarios)
    values = tables["parameters"]
    parameters = dict(zip(values["parameter"], values["value"], strict=True))
    return {
        "scenarios": scenarios,
        "scenario_cities": cities,
        "quota": quota(scenarios, parameters["emissions"], parameters["peak_emissions"]),
    }


def scenario_inputs(
    result: Estimated | Estimate,
    dataset: DatasetFolder,
    config: Config,
    regions: pd.DataFrame,
    intensities: pd.DataFrame,
) -> Inputs:
    """What scenarios are computed from, with a regions.csv."""
    own, given = dataset.tables, None
    if config.scenarios.light_benchmark == "national_inventory":
        given = national_inventory(dataset.inventory_national, own["fuels"])
    return Inputs(
        nested=result.nested,
        footprints=result.footprints,
        inventory=result.inventory,
        intensities=intensities,
        bridge=own["bridge"],
        inventory_sectors=own["inventory_sectors"],
        regions=regions,
        benchmarks=own["benchmarks"],
        national_inventory=given,
    )


def intensities_of(
    result: Estimated | Estimate, dataset: DatasetFolder, config: Config
) -> pd.DataFrame:
    """Intensities of the key sectors in all regions."""
    own = dataset.tables
    return key_intensities(
        inventory=result.inventory,
        output=result.footprints["output"],
        bridge=own["bridge"],
        inventory_sectors=own["inventory_sectors"],
        benchmarks=own["benchmarks"],
        key_sectors=config.scenarios.key_sectors,
    )
