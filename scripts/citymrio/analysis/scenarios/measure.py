"""What a measure reads, and what it is to the scenarios."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
import xarray as xr

from ...nested import NestedMRIO


@dataclass(frozen=True)
class Inputs:
    """What scenarios are computed from.

    Attributes
    ----------
    nested, footprints, inventory
        The nested table, footprints.nc, emissions.nc.
    intensities
        Of the key sectors in all regions (:func:`citymrio.emissions.key_sectors.key_intensities`).
    regions
        tables/regions.csv: region, kind, super_emitter, quintile, structure, va_share_<group>.
    bridge, inventory_sectors, benchmarks
        Tables of the dataset.
    national_inventory
        Its national inventory by inventory sector, t CO2, where there is one.
    solved
        Bytes of emissions (region, sector) -> footprints (region, category) with them, of what was
        solved on the nested table.
    """

    nested: NestedMRIO
    footprints: xr.Dataset
    inventory: xr.Dataset
    intensities: pd.DataFrame
    regions: pd.DataFrame
    bridge: pd.DataFrame
    inventory_sectors: pd.DataFrame
    benchmarks: pd.DataFrame
    national_inventory: pd.Series | None = None
    solved: dict[bytes, xr.DataArray] = field(default_factory=dict, repr=False)

    @cached_property
    def means(self) -> pd.DataFrame:
        """What `intensities` say of every key sector, whatever the region."""
        return self.intensities.drop_duplicates("key_sector").set_index("key_sector")

    @cached_property
    def cities(self) -> list[str]:
        """Codes of the cities, in the order of regions.csv."""
        return [*self.regions.loc[self.regions["kind"].ne("province"), "region"]]


@dataclass(frozen=True, eq=False)
class Measure:
    """One measure at one depth and in one mode.

    Attributes
    ----------
    cities
        Codes of the cities that carry it out.
    emissions
        Emissions (region, sector) after the measure, t, from those before it, where it lowers
        intensities.
    saved
        What it then saves in each of the cities' own production, t (index: region).
    weights
        Factors on final demand (region, category), where it changes that (elsewhere a 1 without
        dims).
    note
        Column `note` of scenarios.csv.
    """

    cities: list[str]
    emissions: Callable[[xr.DataArray], xr.DataArray] | None = None
    saved: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))
    weights: xr.DataArray = field(default_factory=lambda: xr.DataArray(1.0))
    note: str = ""
