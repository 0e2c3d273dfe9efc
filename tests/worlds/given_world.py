"""A nested table written out cell by cell, as a table that somebody else made: every region is a
province of its own.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from citymrio.base.labels import array
from citymrio.nested import NestedMRIO
from citymrio.nested.dense import row_block


def given(nested: NestedMRIO) -> xr.Dataset:
    """The same cells and accounts in the layout of nested/mrio.nc, with the dense table as
    ``province_table``.
    """
    data, count, n = nested.dataset, nested.regions.size, nested.sectors.size
    width = n + nested.categories.size
    cells = np.empty((count, n, count, width))
    for rows in nested.members:
        cells[rows] = row_block(nested, rows)
    place = np.arange(count)
    own = cells[place, :, place].copy()
    unit = data["output"].attrs["units"]
    empty, one = np.zeros((count, n, width)), np.ones((count, n))
    dims = ("region", "sector", "use")
    variables = {
        "use_self": array(own, dims, unit),
        "use_intra": array(empty, dims, unit),
        "use_rest": array(cells.sum(axis=0).transpose(1, 0, 2) - own, dims, unit),
        "intra_share": array(np.zeros((0, n)), ("pair", "sector"), "1"),
        "out_share": array(one, ("region", "sector"), "1"),
        "stock_changes_share": array(one, ("region", "sector"), "1"),
        "province_table": array(cells, ("origin_province", "sector", "province", "use"), unit),
        "region_province": array(nested.regions, ("region",), "1"),
        **{
            name: data[name].variable.copy()
            for name in ("exports", "error", "output", "value_added", "imports")
        },
    }
    names = {dim: data[dim].values.astype(str) for dim in ("region", "sector", "use")}
    pairs = {
        name: ("pair", np.array([], dtype=str)) for name in ("pair_origin", "pair_destination")
    }
    return xr.Dataset(
        variables,
        {**names, "province": nested.regions, "origin_province": nested.regions, **pairs},
        dict(data.attrs),
    )
