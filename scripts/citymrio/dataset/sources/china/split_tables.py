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
from ...workbook import REPLACE
from .tables import CodedSheet, closed, compare, io_table, locate_table

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
    given = [name for _, parts in demand for name in parts]
    if sorted(given) != sorted(categories):
        raise DataError(
            f"the layout gives {', '.join(given)}; expected {', '.join(categories)}",
            where="io_layout.csv",
            fix="name every category once, joint columns with ';'.",
        )
    of_name = dict(zip(layout.name, layout.code, strict=True))
    items = sorted(layout.code[(layout.axis == "row") & (layout.role == "value_added")])
    rows = {0: sectors, 1: [f"{sector}#2" for sector in sectors]}
    use = {k: coded.block(rows[k], sectors) for k in rows}
    final = {k: coded.block(rows[k], [c for c, _ in demand]) for k in rows}
    exports = {k: coded.block(rows[k], [of_name["exports"]])[:, 0] for k in rows}
    ends = {k: coded.block(rows[k], [of_name[";".join(BLOCKS)]])[:, 0] for k in rows}
    value_added = coded.block(items, sectors)
    _check_sums(coded, of_name, rows, {k: (use[k], final[k], exports[k]) for k in rows}, value_added, ends[0])
    total, final_total = use[0] + use[1], final[0] + final[1]
    split = np.column_stack(
        [final_total[:, j] * _proportions(shares, parts, sectors)[name] for j, (_, parts) in enumerate(demand) for name in parts]
    )
    ordered = split[:, [given.index(category) for category in categories]]
    every = np.hstack([total, ordered])
    ex = exports[0] + exports[1]
    flows = {"exports": ex, "imports": ends[1], "error": ends[0] - (every.sum(axis=1) + ex - ends[1]), "output": ends[0]}
    _, value_added = closed(every, value_added, flows)
    called = dict(zip(layout.code, layout.name, strict=True))
    labels = {"sector": sectors, "use": [*sectors, *categories], "item": [called[item] for item in items]}
    return io_table(every, value_added, flows, labels, "total use, imports included")


def _check_sums(
    coded: CodedSheet,
    of_name: Mapping[str, str],
    rows: Mapping[int, list[str]],
    blocks: Mapping[int, tuple[np.ndarray, np.ndarray, np.ndarray]],
    value_added: np.ndarray,
    output: np.ndarray,
) -> None:
    """Identities of a printed table; `blocks` are inputs, final demand and exports of home products (0) and of imports (1)."""
    sectors, (use, other) = rows[0], (blocks[0][0], blocks[1][0])
    count, width = len(sectors), len(sectors) + blocks[0][1].shape[1] + 1
    for k, i in np.ndindex(len(BLOCKS), count):
        inputs, final, exports = blocks[k]
        row, bad = rows[k][i], np.flatnonzero(inputs[i] < 0)
        if bad.size:
            raise DataError(
                f"intermediate use is {inputs[i, bad[0]]:.6g}, a value of 0 or more was expected",
                where=coded.sheet.where(coded.rows[row], coded.columns[sectors[bad[0]]]),
                fix=REPLACE,
            )
        compare(coded, "intermediate use in total", row, of_name["intermediate_use"], inputs[i].sum(), count)
        compare(coded, BLOCKS[k], row, of_name[";".join(BLOCKS)], inputs[i].sum() + final[i].sum() + exports[i], width)
    total, paid = use + other, 2 * count + len(value_added)
    for i, sector in enumerate(sectors):
        compare(coded, "intermediate input in total", of_name["intermediate_input"], sector, total[:, i].sum(), 2 * count)
        compare(coded, "total input", of_name["input"], sector, total[:, i].sum() + value_added[:, i].sum(), paid)
        compare(coded, "total input", of_name["input"], sector, output[i])


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
