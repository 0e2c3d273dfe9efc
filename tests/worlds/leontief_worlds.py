"""A county table from a city table: every city split in proportional parts that trade with other
cities only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from citymrio.nested import NestedMRIO


def split_regions(
    nested: NestedMRIO, stressor: xr.DataArray, counts: Mapping[str, int], seed: int = 0
):
    """Split every region into `counts[region]` parts of random size with its coefficients.

    Returns the finer table, the position of each part's region, and the stressor by part. Flows of
    the parts add up to the flows of the regions exactly.
    """
    rng, dataset = np.random.default_rng(seed), nested.to_dataset()
    owner = np.repeat(np.arange(nested.regions.size), [counts[region] for region in nested.regions])
    share = np.concatenate(
        [rng.dirichlet(np.full(counts[region], 4.0)) for region in nested.regions]
    )
    names = np.array(
        [f"{nested.regions[r]}{k:03d}" for r, k in zip(owner, np.arange(owner.size), strict=True)]
    )
    part = xr.DataArray(share, {"region": names}, ("region",))
    fine = {"region_province": ("region", dataset["region_province"].values[owner], {"units": "1"})}
    for name, variable in dataset.data_vars.items():
        if "region" in variable.dims and name != "region_province":
            values = variable.isel(region=owner).assign_coords(region=names) * part
            fine[name] = values.transpose(*variable.dims).assign_attrs(variable.attrs)
    position = {region: k for k, region in enumerate(nested.regions)}
    origin = np.array([position[code] for code in dataset["pair_origin"].values], dtype=int)
    target = np.array([position[code] for code in dataset["pair_destination"].values], dtype=int)
    members = [np.flatnonzero(owner == r) for r in range(nested.regions.size)]
    first, second, rows = [], [], []
    for k, (r, s) in enumerate(zip(origin, target, strict=True)):
        grid = np.meshgrid(members[r], members[s], indexing="ij")
        first.append(grid[0].ravel())
        second.append(grid[1].ravel())
        rows.append(np.full(grid[0].size, k))
    first, second, rows = (
        np.concatenate(parts) if parts else np.empty(0, dtype=int)
        for parts in (first, second, rows)
    )
    values = dataset["intra_share"].values[rows] * share[first][:, None]
    fine["intra_share"] = (("pair", "sector"), values, dataset["intra_share"].attrs)
    fine["province_table"] = dataset["province_table"]
    coords = {
        "region": names,
        "sector": nested.sectors,
        "use": dataset["use"].values,
        "pair_origin": ("pair", names[first]),
        "pair_destination": ("pair", names[second]),
    }
    result = NestedMRIO.from_dataset(xr.Dataset(fine, coords, dataset.attrs))
    split = (
        stressor.sel(region=nested.regions).isel(region=owner).assign_coords(region=names) * part
    ).assign_attrs(stressor.attrs)
    return result, owner, split
