"""Which scenarios the data of a given table allow: they switch off, and say so, where key sectors
or benchmarks are missing.

A dataset that the estimate was made for must have them (its checks refuse it otherwise); a table
that somebody else made seldom comes with benchmarks.
"""

import pandas as pd
import xarray as xr

from ...base.errors import warn
from ...base.vocabulary import GIVEN
from ...config.models import Scenarios
from ...dataset.benchmarks import INTENSITY, MEGACITY, of_kind
from ...emissions.key_sectors import keys_of


def feasible_scenarios(
    config: Scenarios,
    inventory: xr.Dataset,
    benchmarks: pd.DataFrame,
    inventory_sectors: pd.DataFrame | None = None,
) -> Scenarios:
    """The scenarios as configured, or switched off where a given table lacks what they need.

    Parameters
    ----------
    inventory
        footprint/emissions.nc, which tells whether emissions were given.
    inventory_sectors
        Without the list, key sectors are not looked at, and nothing is said.

    Returns
    -------
    Scenarios
        With the key sectors that the table has, whether scenarios are computed or not.
    """
    if inventory.attrs.get("control_total") != GIVEN:
        return config
    there = config.key_sectors
    lacking = (
        []
        if has_target(config, benchmarks)
        else ["scenarios.capital_target, or megacity_capital_share.<city>"]
    )
    if inventory_sectors is not None:
        keys = keys_of(inventory_sectors)
        wanted = config.key_sectors or keys
        there = tuple(key for key in wanted if key in keys)
        absent = [key for key in wanted if key not in keys] if keys else ["of any name"]
        if absent:
            lacking.append(
                f"key sectors {', '.join(absent)} (sectors.csv or inventory_sectors.csv, column "
                "key)"
            )
        known = set(of_kind(benchmarks, INTENSITY).index)
        if absent := [key for key in there if key not in known]:
            lacking.append(
                f"global_intensity.{', global_intensity.'.join(absent)} of benchmarks.csv"
            )
        if config.run and lacking:
            warn(
                where="scenarios.csv",
                what="the given table lacks what scenarios need",
                value=f"missing: {'; '.join(lacking)}",
                expectation="benchmarks and key sectors",
                effect="Scenarios are switched off: their tables have no rows. Fix: add what is "
                "missing, or name the key sectors "
                "that the table has in scenarios.key_sectors.",
            )
    return config.model_copy(update={"run": config.run and not lacking, "key_sectors": there})


def has_target(config: Scenarios, benchmarks: pd.DataFrame) -> bool:
    """Whether anything says to which share capital falls."""
    return config.capital_target is not None or not of_kind(benchmarks, MEGACITY).empty
