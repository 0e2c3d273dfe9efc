"""Demand: capital in the final demand of super-emitters with high consumption falls to a target
share.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from ...base import roundoff
from ...base.errors import ConfigError, warn
from ...config.models import Scenarios
from ...footprints.footprint import cut_weights, shift_weights
from ..demand_shares import (
    CONSUMERS,
    STOCK_CHANGES,
    capital_target,
    categories,
    consumption,
    roles_of,
)
from ..features import SHARE, STUDY_STRUCTURE
from .measure import Inputs, Measure

BASIS = "consumption"
#: Capital above the target moves to consumption (`scenarios.consumption`), or is removed.
MODES = ("shift", "cut")


def measures(inputs: Inputs, depth: str, config: Scenarios) -> dict[str, Measure]:
    """Both modes; cities: :func:`cities`."""
    chosen, target = (
        cities(inputs.regions, depth, config),
        capital_target(inputs.benchmarks, config),
    )
    demand, (consumers, words) = (
        inputs.footprints["final_demand_total"],
        CONSUMERS[config.consumption],
    )
    of = " and ".join(
        ", ".join(role for role in roles_of(inputs.nested.roles) if role != STOCK_CHANGES).rsplit(
            ", ", 1
        )
    )
    notes = {"shift": f"the rest goes to {words}", "cut": "the rest is cut"}
    return {
        mode: Measure(
            chosen,
            weights=demand_weights(demand, inputs.nested.roles, chosen, target, mode, consumers),
            note=f"capital share of {of} demand to {target:.4g}; {notes[mode]}",
        )
        for mode in MODES
    }


def cities(regions: pd.DataFrame, depth: str, config: Scenarios) -> list[str]:
    """Codes of the cities that change their demand, from the columns super_emitter, quintile and
    structure of regions.csv.

    Light: super-emitters of the types demand and hybrid. Deep: these and all cities of the first
    quintile whose structure is that of the measure (:func:`deep_structure`).
    """
    chosen = regions["super_emitter"].isin(["demand", "hybrid"])
    if depth == "deep" and (structure := deep_structure(regions, config)):
        # further clusters of a structure are called <structure>_2, ...
        belongs = regions["structure"].str.fullmatch(re.escape(structure) + r"(_\d+)?")
        chosen = chosen | (regions["quintile"].eq("Q1") & belongs)
    return [*regions.loc[chosen, "region"]]


def deep_structure(regions: pd.DataFrame, config: Scenarios) -> str | None:
    """The structure whose cities deep demand measures add: `scenarios.deep_structure`, or the
    study's, where the country has it.

    Structures are the groups of sectors.csv; regions.csv has a column ``va_share_<group>`` for
    each.

    Raises
    ------
    ConfigError
        The configured structure is none of the country's.
    """
    groups = [name.removeprefix(SHARE) for name in regions.columns if name.startswith(SHARE)]
    wanted = config.deep_structure or STUDY_STRUCTURE
    if wanted in groups:
        return wanted
    if config.deep_structure is not None:
        raise ConfigError(
            f"'scenarios.deep_structure' is '{wanted}'; expected one of {', '.join(groups)}",
            fix="name a group of sectors.csv (of the map that groups.cluster_map names).",
        )
    warn(
        where="sectors.csv",
        what=f"no group of sectors is called '{wanted}'",
        value=", ".join(groups),
        expectation="scenarios.deep_structure, the structure whose most affluent cities the "
        "deep demand scenarios add",
        effect="The deep demand scenarios cover only the super-emitters and equal the light ones.",
    )
    return None


def demand_weights(
    demand: xr.DataArray,
    roles: Mapping[str, str],
    regions: Iterable[str],
    target: float,
    mode: str,
    consumers: Sequence[str] = ("household",),
) -> xr.DataArray:
    """Factors on final demand that bring capital down to its target share in the given cities.

    With c = capital and o = all other consumption
    (:func:`~citymrio.analysis.demand_shares.consumption`), ``c > target (o + c)``: `shift` moves
    ``c - target (o + c)`` to the consumers, with their mix of categories and products (the total
    stays); `cut` removes ``c - target / (1 - target) o`` (the share after the cut is the target).

    Parameters
    ----------
    demand
        (region, category), money, imports included.
    consumers
        Roles that the shifted demand goes to.

    Returns
    -------
    xarray.DataArray
        (region, category), 1 where nothing changes.
    """
    by_role = consumption(demand, roles)
    capital = by_role["capital"]
    if mode == "shift":
        kept = target * sum(by_role.values())
    else:
        kept = (
            target / (1 - target) * sum(part for role, part in by_role.items() if role != "capital")
        )
    chosen = np.isin(demand["region"].values, [*regions])
    # a city at the target changes nothing, whatever round-off its demand has
    above = np.where(chosen, np.maximum(roundoff.difference(capital - kept, capital), 0.0), 0.0)
    amount = xr.DataArray(above, {"region": demand["region"].values}, ("region",))
    source = categories(roles, "capital")
    if mode == "shift":
        return shift_weights(
            demand, amount, source, [name for role in consumers for name in categories(roles, role)]
        )
    return cut_weights(demand, amount, source)
