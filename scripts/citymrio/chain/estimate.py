"""The whole chain in memory, from a dataset to footprints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import xarray as xr

from ..config.models import Config
from ..dataset.dataset import DatasetFolder
from ..footprints.footprint import footprints
from .tables import Tables, estimate_tables


@dataclass(frozen=True)
class Estimate(Tables):
    """One estimate of the whole chain: its tables and the footprints."""

    footprints: xr.Dataset


def estimate(dataset: DatasetFolder, config: Config, mrio: xr.Dataset | None = None, **drawn: Any) -> Estimate:
    """Run the whole chain in memory; the parameters are those of :func:`.tables.estimate_tables`."""
    tables = estimate_tables(dataset, config, mrio, **drawn)
    return Estimate(**vars(tables), footprints=footprints(tables.nested, tables.inventory, config.inventory))
