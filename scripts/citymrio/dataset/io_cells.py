"""An input-output table as a spreadsheet: one province (or the nation), products by uses, with the accounts around it.

    sector | 01 .. n | final-demand categories | exports | imports | outflow | inflow | error | output
    01..n  |         |                         |         |         |         |        |       |
    items  |         (value added, one row an item)

Use is total use, imports and inflows included; rows: sum of uses + exports - imports + outflow - inflow + error = output;
columns: sum of inputs + value added = output. A pair of trade columns may be left out (not reported), `error` as well (0).
`outflow_total` and `inflow_total` hold foreign and domestic trade in one column, `re_exports` foreign goods that are sold abroad
again (`printed_trade`).
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from ..base.errors import DataError
from ..base.labels import array
from .cells import Cells, looks, number_of, odd_letter, text_fault, text_of
from .printed_trade import RE_EXPORTS, TOTALS

ACCOUNTS = ("exports", "imports", "outflow", "inflow", "error", "output")
#: Columns of trade that a table may have instead of, or beside those of ACCOUNTS.
OTHER_ACCOUNTS = (*TOTALS, RE_EXPORTS)
LAYOUT = "see docs/bring-your-own-data.md for the layout of a provincial table."


@dataclass
class Grid:
    """A sheet whose rows and columns are found by their names.

    Attributes
    ----------
    cells
        As read.
    columns, rows
        Position by name: of the header (but for the first column), and of the first column.
    faults
        What is wrong with it; reading cells adds to it.
    """

    cells: Cells
    columns: dict[str, int]
    rows: dict[str, int]
    faults: list[DataError]

    @classmethod
    def of(cls, cells: Cells) -> Grid:
        """The names of a sheet; rows without a name, or named twice, are faults."""
        grid = cls(cells, {name: k for k, name in enumerate(cells.header) if k}, {}, list(cells.faults))
        for k, (row, number) in enumerate(zip(cells.rows, cells.numbers, strict=True)):
            name = text_of(row[0]).strip()
            problem = "is blank" if not name else "appears twice; expected once" if name in grid.rows else text_fault(name)
            if problem:
                grid.fault(f"row {number}, the code '{name}' {problem}")
            else:
                grid.rows[name] = k
        return grid

    def fault(self, message: str, fix: str = LAYOUT) -> None:
        """Add a fault of the sheet."""
        self.faults.append(DataError(message, where=self.cells.where, fix=fix))

    def lacks(self, rows: Sequence[str], columns: Sequence[str], others: Sequence[str]) -> bool:
        """Whether rows or columns are missing; columns that are neither wanted nor among `others` are faults as well."""
        for name in columns:
            if name not in self.columns:
                self.fault(f"column '{name}' is missing{_near(name, set(self.columns) - set(columns))}")
        for name in rows:
            if name not in self.rows:
                self.fault(f"the row of sector '{name}' is missing{_near(name, set(self.rows) - set(rows))}")
        for name in self.columns:
            if name and name not in columns and name not in others and name.lower() not in ("name", "note"):
                self.fault(f"column '{name}' is unknown; expected a sector, a category or {', '.join(others)}")
        return any(name not in self.columns for name in columns) or any(name not in self.rows for name in rows)

    def read(self, row: str, column: str, blank: float = 0.0) -> float:
        """The number of a cell; `blank` for an empty one."""
        try:
            value = number_of(self.cells.rows[self.rows[row]][self.columns[column]])
        except ValueError as fault:
            self.fault(f"row {self.cells.numbers[self.rows[row]]}, column '{column}' {fault}", "correct the cell.")
            return 0.0
        return blank if np.isnan(value) else value

    def account(self, rows: Sequence[str], name: str, absent: float = np.nan) -> np.ndarray:
        """A column of numbers, blanks 0; `absent` throughout where it is not there or has no number at all."""
        if name not in self.columns:
            return np.full(len(rows), absent)
        values = np.array([self.read(row, name, np.nan) for row in rows])
        return np.full(len(rows), absent) if np.isnan(values).all() else np.nan_to_num(values, nan=0.0)


def province_from_cells(
    cells: Cells, sectors: list[str], categories: list[str], unit: str
) -> tuple[xr.Dataset | None, list[DataError]]:
    """The table of docs/contracts.md, provinces/<p>.nc, from cells; None where rows or columns are missing.

    The first column holds codes of products, then one row per item of value added. Columns are found by their names. `unit`
    is the dataset's unit of money.
    """
    grid, wanted = Grid.of(cells), [*sectors, *categories]
    items = [name for name in grid.rows if name not in sectors]
    lacking = grid.lacks(sectors, [*wanted, "output"], ACCOUNTS + OTHER_ACCOUNTS)
    if not items:
        grid.fault("there is no row of value added below the products")
    if lacking or not items:
        return None, grid.faults
    use = np.array([[grid.read(i, c) for c in wanted] for i in sectors])
    added = np.array([[grid.read(item, j) for j in sectors] for item in items])
    parts = {
        "total_use": array(use, ("sector", "use"), unit, "total use"),
        "value_added": array(added, ("item", "sector"), unit, "value added"),
    }
    output = np.array([grid.read(i, "output", np.nan) for i in sectors])
    for name in ACCOUNTS:
        values = grid.account(sectors, name, 0.0 if name == "error" else np.nan) if name != "output" else np.nan_to_num(output)
        parts[name] = array(values, ("sector",), unit, name)
    for name in (name for name in OTHER_ACCOUNTS if name in grid.columns):
        parts[name] = array(grid.account(sectors, name), ("sector",), unit, name)
    gaps = [i for i, value in zip(sectors, output, strict=True) if np.isnan(value)]
    if len(gaps) == len(sectors):
        grid.fault("column 'output' is empty; expected numbers", "fill it in.")
    else:
        for i in gaps:
            number = cells.numbers[grid.rows[i]]
            grid.fault(f"row {number}, column 'output' is empty; expected a number", "fill it in.")
    return xr.Dataset(parts, coords={"sector": sectors, "use": wanted, "item": items}), grid.faults


def _near(name: str, others) -> str:
    near = difflib.get_close_matches(name, sorted(others), n=1, cutoff=0.6)
    same = [other for other in others if other.lstrip("0") == name.lstrip("0")]
    alike = [other for other in others if looks(other) == looks(name)]
    if alike:
        return f" (there is '{alike[0]}', which only looks like it: {odd_letter(alike[0]) or 'letters of another alphabet'})"
    return f" (there is '{(same or near)[0]}')" if same or near else ""
