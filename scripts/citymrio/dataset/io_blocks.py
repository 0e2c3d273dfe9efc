"""Use by source as spreadsheets: products from abroad (`imports`) and from other provinces (`inflow`), beside a provincial table.

    sector | 01 .. n | final-demand categories | exports | outflow
    01..n  |         |                         |         |

A block has the products and the columns of its table. `exports` and `outflow` (may be left out) are goods that pass on: sold
abroad again, or to other provinces. The table itself gives total use, or home products only (dataset.csv, `import_mode: home`).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from ..base.errors import DataError
from ..base.labels import array
from ..base.money import rounding
from .cells import Cells
from .io_cells import LAYOUT, Grid

#: Block -> variable of docs/contracts.md, and its name there.
BLOCKS = {
    "imports": ("imports_use", "use of products from abroad"),
    "inflow": ("inflow_use", "use of products of other provinces"),
}
#: Where products of a block may go instead of being used.
ONWARD = ("exports", "outflow")


def with_blocks(
    table: xr.Dataset, blocks: Mapping[str, Cells], *, home: bool, nation: bool, where: str
) -> tuple[xr.Dataset | None, list[DataError]]:
    """A provincial table with its use by source, and with total use where it gave home products only.

    Parameters
    ----------
    table
        As `io_cells.province_from_cells` reads it.
    blocks
        `imports`, `inflow`: cells of those that are there.
    home
        Whether the table gives home products only: use, exports and outflow. Blocks are added to them then.
    nation
        Whether it is the national table, which has no inflow.
    where
        Place of the table.
    """
    faults: list[DataError] = []
    expected = [name for name in BLOCKS if not (nation and name == "inflow")]
    if home and (lacking := [name for name in expected if name not in blocks]):
        message = f"the table gives home products (import_mode: home), but there is no table of its {lacking[0]}"
        faults.append(DataError(f"{message}; expected one", where=where, fix="add it, or give total use and import_mode: total."))
    sectors, uses = [*map(str, table["sector"].values)], [*map(str, table["use"].values)]
    unit = table["output"].attrs["units"]
    result = table.copy()
    for name, cells in blocks.items():
        grid = Grid.of(cells)
        if grid.lacks(sectors, uses, ONWARD):
            faults += grid.faults
            continue
        for other in sorted(set(grid.rows) - set(sectors)):
            grid.fault(f"row '{other}' is not a product of the table; expected its products only")
        use = np.array([[grid.read(i, c) for c in uses] for i in sectors])
        onward = {account: grid.account(sectors, account, 0.0) for account in ONWARD}
        faults += grid.faults
        variable, words = BLOCKS[name]
        result[variable] = array(use, ("sector", "use"), unit, words)
        bought, given = use.sum(axis=1) + sum(onward.values()), result[name].values
        if np.isnan(given).all():
            result[name] = result[name].copy(data=bought)
        elif home or any(amount.any() for amount in onward.values()):
            for k in np.flatnonzero(np.abs(bought - given) > rounding(table["output"].values)):
                message = f"the row of product '{sectors[k]}' adds up to {bought[k]:.10g}, column '{name}' of {where} "
                message += f"is {given[k]:.10g}; expected the same"
                faults.append(DataError(message, where=cells.where, fix=LAYOUT))
        if home:
            result["total_use"] = result["total_use"] + use
            for account in ONWARD:
                if onward[account].any():
                    result[account] = result[account].fillna(0.0) + onward[account]
    if home:
        for name in ("total_use", *ONWARD):
            result[name].attrs = table[name].attrs
    if faults:  # a table of total use is judged by itself
        return (None if home else table), faults
    return result, faults
