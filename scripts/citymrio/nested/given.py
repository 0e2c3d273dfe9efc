"""A given multi-regional table as a nested one: every region is a province of its own
(docs/contracts.md, nested/mrio.nc).
"""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from ..base.labels import array
from .layout import COLUMN_ERROR


def given_nested(
    cells: np.ndarray,
    accounts: Mapping[str, np.ndarray],
    *,
    regions: Sequence[str],
    sectors: Sequence[str],
    roles: Mapping[str, str],
    unit: str,
) -> xr.Dataset:
    """The variables of nested/mrio.nc.

    Parameters
    ----------
    cells
        (R, n, R, n + K), money: what sector i of region r delivers to column c of region s. It is
        not copied.
    accounts
        exports, error, output, value_added, column_error (R, n), imports (R, n + K), money.
    roles
        Final-demand category -> role, in the order of the columns.

    Returns
    -------
    xr.Dataset
        With the variable `column_error`, which nested tables of estimates do not have.
    """
    count, n = len(regions), len(sectors)
    own = np.stack([cells[r, :, r] for r in range(count)])
    rest = np.empty_like(own)
    for s in range(count):
        others = np.arange(count) != s
        rest[s] = cells[:, :, s][others].sum(axis=0)
    sold = accounts["output"] != 0
    for r, i in np.argwhere(~sold):
        sold[r, i] = (cells[r, i] != 0).any()
    use = ("region", "sector", "use")
    of_rows = {
        "exports": "sales outside of the table",
        "error": "what the rows leave unexplained",
        "output": "gross output",
        "value_added": "value added",
        COLUMN_ERROR: "what the columns leave unexplained",
    }
    data = {
        "use_self": array(own, use, unit, "purchases from the region itself"),
        "use_intra": array(
            np.zeros_like(own), use, unit, "purchases from other regions of the province: none"
        ),
        "use_rest": array(rest, use, unit, "purchases from other regions"),
        "intra_share": array(
            np.zeros((0, n)), ("pair", "sector"), "1", "shares of trade inside provinces: none"
        ),
        "out_share": array(
            sold.astype(float), ("region", "sector"), "1", "share in the deliveries of the province"
        ),
        "stock_changes_share": array(
            np.ones((count, n)), ("region", "sector"), "1", "share in stock changes of the province"
        ),
        "province_table": array(
            cells, ("origin_province", "sector", "province", "use"), unit, "the given table"
        ),
        **{
            name: array(accounts[name], ("region", "sector"), unit, text)
            for name, text in of_rows.items()
        },
        "imports": array(accounts["imports"], ("region", "use"), unit, "imports"),
        "region_province": array(
            np.array(regions, dtype=str), ("region",), "1", "every region is a province of its own"
        ),
    }
    none = ("pair", np.array([], dtype="<U1"))
    labels = {
        "region": [*regions],
        "sector": [*sectors],
        "use": [*sectors, *roles],
        "province": [*regions],
    }
    coords = {
        **labels,
        "origin_province": [*regions],
        "pair_origin": none,
        "pair_destination": none,
    }
    return xr.Dataset(data, coords, {"final_demand": json.dumps(dict(roles)), "given": "yes"})
