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


def province_from_cells(
    cells: Cells, sectors: list[str], categories: list[str], unit: str
) -> tuple[xr.Dataset | None, list[DataError]]:
    """The table of docs/contracts.md, provinces/<p>.nc, from cells; None where rows or columns are missing.

    The first column holds codes of products, then one row per item of value added. Columns are found by their names. `unit`
    is the dataset's unit of money.
    """
    faults, where = list(cells.faults), cells.where
    columns = {name: k for k, name in enumerate(cells.header) if k}
    rows: dict[str, int] = {}
    for k, (row, number) in enumerate(zip(cells.rows, cells.numbers, strict=True)):
        name = text_of(row[0]).strip()
        problem = "is blank" if not name else "appears twice; expected once" if name in rows else text_fault(name)
        if problem:
            faults.append(DataError(f"row {number}, the code '{name}' {problem}", where=where, fix=LAYOUT))
        else:
            rows[name] = k
    items = [name for name in rows if name not in sectors]
    wanted, known = [*sectors, *categories], ACCOUNTS + OTHER_ACCOUNTS
    for name in wanted + ["output"]:
        if name not in columns:
            faults.append(
                DataError(f"column '{name}' is missing{_near(name, set(columns) - set(wanted))}", where=where, fix=LAYOUT)
            )
    for name in sectors:
        if name not in rows:
            faults.append(DataError(f"the row of sector '{name}' is missing{_near(name, items)}", where=where, fix=LAYOUT))
    for name in columns:
        if name and name not in wanted and name not in known and name.lower() not in ("name", "note"):
            faults.append(
                DataError(
                    f"column '{name}' is unknown; expected a sector, a category or {', '.join(known)}",
                    where=where,
                    fix=LAYOUT,
                )
            )
    if not items:
        faults.append(DataError("there is no row of value added below the products", where=where, fix=LAYOUT))
    if any(name not in columns for name in [*wanted, "output"]) or any(name not in rows for name in sectors) or not items:
        return None, faults

    def read(row: str, column: str, blank: float = 0.0) -> float:
        try:
            value = number_of(cells.rows[rows[row]][columns[column]])
        except ValueError as fault:
            faults.append(
                DataError(f"row {cells.numbers[rows[row]]}, column '{column}' {fault}", where=where, fix="correct the cell.")
            )
            return 0.0
        return blank if np.isnan(value) else value

    use = np.array([[read(i, c) for c in wanted] for i in sectors])
    added = np.array([[read(item, j) for j in sectors] for item in items])
    parts = {
        "total_use": array(use, ("sector", "use"), unit, "total use"),
        "value_added": array(added, ("item", "sector"), unit, "value added"),
    }
    accounts = {name: np.array([read(i, name, np.nan) for i in sectors]) for name in known if name in columns}
    for name, values in accounts.items():
        gaps = np.isnan(values)
        if name == "output" and gaps.all():
            faults.append(DataError("column 'output' is empty; expected numbers", where=where, fix="fill it in."))
        for i in np.flatnonzero(gaps) if name == "output" and not gaps.all() else ():
            problem = f"row {cells.numbers[rows[sectors[i]]]}, column 'output' is empty; expected a number"
            faults.append(DataError(problem, where=where, fix="fill it in."))
        if name in ("error", "output") or not gaps.all():
            accounts[name] = np.nan_to_num(values, nan=0.0)
    accounts = {name: np.full(len(sectors), 0.0 if name == "error" else np.nan) for name in ACCOUNTS} | accounts
    parts |= {name: array(values, ("sector",), unit, name) for name, values in accounts.items()}
    return xr.Dataset(parts, coords={"sector": sectors, "use": wanted, "item": items}), faults


def _near(name: str, others) -> str:
    near = difflib.get_close_matches(name, sorted(others), n=1, cutoff=0.6)
    same = [other for other in others if other.lstrip("0") == name.lstrip("0")]
    alike = [other for other in others if looks(other) == looks(name)]
    if alike:
        return f" (there is '{alike[0]}', which only looks like it: {odd_letter(alike[0]) or 'letters of another alphabet'})"
    return f" (there is '{(same or near)[0]}')" if same or near else ""
