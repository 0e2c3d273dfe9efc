"""A pymrio system as a nested table: every country a province of one region."""

from __future__ import annotations

import json

import numpy as np
import pymrio
import xarray as xr

from citymrio.base.labels import array
from citymrio.nested import NestedMRIO

MONEY = "10^4 XTS"


def nested_from_pymrio(
    system: pymrio.IOSystem, stressor: tuple[str, ...]
) -> tuple[NestedMRIO, xr.DataArray]:
    """The nested table of a calculated system without signed categories set apart, and one stressor
    (region, sector).
    """
    regions, sectors = (
        [str(name) for name in system.get_regions()],
        [str(name) for name in system.get_sectors()],
    )
    categories = [str(name) for name in system.get_Y_categories()]
    count, n, k = len(regions), len(sectors), len(categories)
    cells = np.concatenate(
        [
            system.Z.to_numpy().reshape(count, n, count, n),
            system.Y.to_numpy().reshape(count, n, count, k),
        ],
        axis=3,
    )
    output = cells.sum(axis=(2, 3))
    own = np.stack([cells[r, :, r] for r in range(count)])
    rest = np.stack([np.delete(cells[:, :, r], r, axis=0).sum(axis=0) for r in range(count)])
    zero = np.zeros((count, n))
    ones = array(np.ones((count, n)), ("region", "sector"), "1")
    use = ("region", "sector", "use")
    value_added = output - (own + rest)[:, :, :n].sum(axis=1)
    dataset = xr.Dataset(
        {
            "use_self": array(own, use, MONEY),
            "use_intra": array(np.zeros_like(own), use, MONEY),
            "use_rest": array(rest, use, MONEY),
            "intra_share": array(np.zeros((0, n)), ("pair", "sector"), "1"),
            "out_share": ones,
            "stock_changes_share": ones,
            "province_table": array(cells, ("origin_province", "sector", "province", "use"), MONEY),
            "exports": array(zero, ("region", "sector"), MONEY),
            "error": array(zero, ("region", "sector"), MONEY),
            "output": array(output, ("region", "sector"), MONEY),
            "value_added": array(value_added, ("region", "sector"), MONEY),
            "imports": array(np.zeros((count, n + k)), ("region", "use"), MONEY),
            "region_province": array(np.array(regions), ("region",), "1"),
        },
        {
            "region": regions,
            "sector": sectors,
            "use": [*sectors, *categories],
            "province": regions,
            "origin_province": regions,
            "pair_origin": ("pair", np.array([], dtype=str)),
            "pair_destination": ("pair", np.array([], dtype=str)),
        },
        {"final_demand": json.dumps(dict.fromkeys(categories, "household"))},
    )
    emitted = system.emissions.F.loc[stressor].to_numpy().reshape(count, n)
    return NestedMRIO.from_dataset(dataset), xr.DataArray(
        emitted, {"region": regions, "sector": sectors}, ("region", "sector")
    )
