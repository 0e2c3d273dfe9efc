"""The members that an ensemble asks for, from its blocks."""

from collections.abc import Iterable

import pandas as pd
import xarray as xr

from ...base.labels import read_dataset, read_table


def read_members(paths: Iterable[str], asked: int) -> xr.Dataset:
    """Members 0 to `asked` of files of blocks; one of which no member is kept has no variable."""
    parts = [part for part in map(read_dataset, paths) if part.data_vars]
    found = xr.concat(parts, dim="member")
    return found.sel(member=found["member"] <= asked)


def read_numbers(paths: Iterable[str], asked: int) -> pd.DataFrame:
    """The same of numbers: member, quantity, value, unit."""
    found = pd.concat(map(read_table, paths), ignore_index=True)
    return found[found["member"] <= asked].reset_index(drop=True)
