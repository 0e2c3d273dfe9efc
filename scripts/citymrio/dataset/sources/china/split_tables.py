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

from ....base.errors import CityMRIOError, DataError, raise_faults
from ...contract.corrections import FileCorrections
from .coded import CodedSheet, locate_table
from .tables import Sum, closed, io_table, negative_use

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
    corrections: FileCorrections | None = None,
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
    corrections
        Lines of corrections.csv for the file: what they leave open in a row is part of `error`, columns must add up.

    Raises
    ------
    DataError
        No sheet with the codes, the wrong year; every cell that is not a number or below 0, every sum that does not hold.
    """
    coded = locate_table(path, sectors, layout, year=year, blocks=len(BLOCKS), names=names, corrections=corrections)
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
    blocks = {k: _block(coded, rows[k], sectors, [c for c, _ in demand], of_name) for k in rows}
    value_added = coded.block(items, sectors)
    raise_faults(coded.faults)
    printed = {k: _block(coded.printed or coded, rows[k], sectors, [c for c, _ in demand], of_name) for k in rows}
    _check_sums(coded, of_name, rows, (blocks, printed), value_added, items)
    use, final, exports, ends = ({k: block[part] for k, block in blocks.items()} for part in range(4))
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


Block = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _block(coded: CodedSheet, rows: list[str], sectors: list[str], demand: list[str], of_name: Mapping[str, str]) -> Block:
    """Inputs (sector, sector), final demand (sector, column), exports and the last column (sector,) of one block."""
    exports, ends = (coded.block(rows, [of_name[name]])[:, 0] for name in ("exports", ";".join(BLOCKS)))
    return coded.block(rows, sectors), coded.block(rows, demand), exports, ends


def _check_sums(
    coded: CodedSheet,
    of_name: Mapping[str, str],
    rows: Mapping[int, list[str]],
    blocks: tuple[Mapping[int, Block], Mapping[int, Block]],
    value_added: np.ndarray,
    items: list[str],
) -> None:
    """Signs and identities of a printed table, all at once.

    `blocks`: those of home products (0) and imports (1), as corrected and as printed.
    """
    sectors = rows[0]
    count, width = len(sectors), len(sectors) + blocks[0][0][1].shape[1] + 1
    faults: list[CityMRIOError] = []
    sums = []
    for k, i in np.ndindex(len(BLOCKS), count):
        row = rows[k][i]
        inputs = tuple(part[k][0][i].sum() for part in blocks)
        whole = tuple(sum(np.sum(values[i]) for values in part[k][:3]) for part in blocks)
        sums.append(Sum("intermediate use in total", row, of_name["intermediate_use"], inputs, count))
        sums.append(Sum(BLOCKS[k], row, of_name[";".join(BLOCKS)], whole, width))
    for k in rows:
        faults += negative_use(coded, sectors, blocks[0][k][0], items, rows[k])
    total = tuple(part[0][0] + part[1][0] for part in blocks)
    added, output = value_added.sum(axis=0), blocks[0][0][3]
    for i, sector in enumerate(sectors):
        inputs = tuple(part[:, i].sum() for part in total)
        sums.append(Sum("intermediate input in total", of_name["intermediate_input"], sector, inputs, 2 * count))
        sums.append(Sum("total input", of_name["input"], sector, (inputs[0] + added[i],), 2 * count + len(value_added)))
        sums.append(Sum("total input", of_name["input"], sector, (output[i],)))
    raise_faults([*faults, *(fault for one in sums for fault in one.fault(coded))])


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
