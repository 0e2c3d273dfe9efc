"""National tables that print home products and imports apart (non-competitive), brought to the common layout.

Such a table has two rows of every sector: what is made at home, with output at its end, and what is imported, with imports at
its end. The sum of both is total use. Where it prints one column for several categories of final demand (all consumption), the
column is split in the proportions of the provincial tables, product by product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ....base.errors import DataError
from ....base.labels import array
from ...workbook import REPLACE
from .tables import MONEY, closed, compare, locate_table

BLOCKS = ("output", "imports")


def is_split(layout: pd.DataFrame) -> bool:
    """Whether a layout describes a table of two blocks: its last column is named `output;imports`."""
    return bool((layout.name == ";".join(BLOCKS)).any())


def read_split_table(
    path: str | Path,
    *,
    sectors: list[str],
    categories: list[str],
    layout: pd.DataFrame,
    year: int,
    shares: pd.DataFrame,
    names: Mapping[str, Sequence[str]] | None = None,
) -> xr.Dataset:
    """Read a table of two blocks; variables as `read_io_table` without outflow, inflow; `error` is what the table leaves open.

    Identities, each within 1 unit: in both blocks, use + exports = last column; over both, use + value added = total input.

    Parameters
    ----------
    layout
        As for `read_io_table`; a `final_demand` column may name several categories joined by ";", the column named
        `output;imports` ends the rows of both blocks.
    shares
        (sector, category): proportions in which joint columns are split, any positive scale.
    names
        Names of every sector, to be compared with those beside the codes.

    Raises
    ------
    DataError
        No sheet with the codes, the wrong year, a cell that is not a number, a sum that does not hold.
    """
    coded = locate_table(path, sectors, layout, year=year, blocks=len(BLOCKS), names=names)
    columns = layout[(layout.axis == "column") & (layout.role != "sector")]
    demand = [
        (c, name.split(";"))
        for c, name, role in zip(columns.code, columns.name, columns.role, strict=True)
        if role == "final_demand"
    ]
    given = [name for _, names in demand for name in names]
    if sorted(given) != sorted(categories):
        raise DataError(
            f"the layout gives {', '.join(given)}; expected {', '.join(categories)}",
            where="io_layout.csv",
            fix="name every category once, joint columns with ';'.",
        )
    of_name = dict(zip(layout.name, layout.code, strict=True))
    items = sorted(layout.code[(layout.axis == "row") & (layout.role == "value_added")])
    last, count = of_name[";".join(BLOCKS)], len(sectors)
    rows = {0: sectors, 1: [f"{sector}#2" for sector in sectors]}
    use = {k: coded.block(rows[k], sectors) for k in rows}
    final = {k: coded.block(rows[k], [c for c, _ in demand]) for k in rows}
    exports = {k: coded.block(rows[k], [of_name["exports"]])[:, 0] for k in rows}
    width = count + len(demand) + 1
    ends = {k: coded.block(rows[k], [last])[:, 0] for k in rows}
    value_added = coded.block(items, sectors)
    for k, i in np.ndindex(len(BLOCKS), count):
        row, bad = rows[k][i], np.flatnonzero(use[k][i] < 0)
        if bad.size:
            raise DataError(
                f"intermediate use is {use[k][i, bad[0]]:.6g}, a value of 0 or more was expected",
                where=coded.sheet.where(coded.rows[row], coded.columns[sectors[bad[0]]]),
                fix=REPLACE,
            )
        compare(coded, "intermediate use in total", row, of_name["intermediate_use"], use[k][i].sum(), count)
        compare(coded, BLOCKS[k], row, last, use[k][i].sum() + final[k][i].sum() + exports[k][i], width)
    total, final_total = use[0] + use[1], final[0] + final[1]
    for i, sector in enumerate(sectors):
        compare(coded, "intermediate input in total", of_name["intermediate_input"], sector, total[:, i].sum(), 2 * count)
        compare(
            coded, "total input", of_name["input"], sector, total[:, i].sum() + value_added[:, i].sum(), 2 * count + len(items)
        )
        compare(coded, "total input", of_name["input"], sector, ends[0][i])
    split = np.column_stack(
        [final_total[:, j] * _proportions(shares, names, sectors)[name] for j, (_, names) in enumerate(demand) for name in names]
    )
    ordered = split[:, [given.index(category) for category in categories]]
    every = np.hstack([total, ordered])
    ex = exports[0] + exports[1]
    flows = {"exports": ex, "imports": ends[1], "error": ends[0] - (every.sum(axis=1) + ex - ends[1]), "output": ends[0]}
    _, value_added = closed(every, value_added, flows)
    variables = {
        "total_use": array(every, ("sector", "use"), MONEY, "total use, imports included"),
        "value_added": array(value_added, ("item", "sector"), MONEY, "value added by item"),
        **{name: array(values, ("sector",), MONEY, name) for name, values in flows.items()},
    }
    names = dict(zip(layout.code, layout.name, strict=True))
    coords = {"sector": sectors, "use": [*sectors, *categories], "item": [names[item] for item in items]}
    return xr.Dataset(variables, coords=coords)


def _proportions(shares: pd.DataFrame, names: list[str], sectors: list[str]) -> pd.DataFrame:
    """Shares of categories in their sum by sector; those of all sectors together where a sector has none."""
    if len(names) == 1:
        return pd.DataFrame({names[0]: np.ones(len(sectors))})
    part = shares.loc[sectors, names]
    if (part < 0).any(axis=None):
        sector = (part < 0).any(axis=1).idxmax()
        raise DataError(
            f"the provinces' {' or '.join(names)} is negative in sector {sector}",
            where="provincial tables",
            fix="a joint column cannot be split in negative proportions: give its categories apart.",
        )
    total = part.sum(axis=1)
    share = part.div(total.where(total > 0), axis=0).fillna(part.sum() / part.sum().sum())
    return share.reset_index(drop=True)


def category_totals(tables: dict[str, xr.Dataset], categories: list[str]) -> pd.DataFrame:
    """Final demand of all provinces by product and category (sector, category)."""
    return sum(table.total_use.sel(use=categories).to_pandas() for _, table in sorted(tables.items()))
