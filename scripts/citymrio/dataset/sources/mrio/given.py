"""A given multi-regional table: read in whatever form it comes, checked, and what does not add up
booked and said.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ....base.errors import BalanceError, DataError
from ....base.money import PRINTED_RELATIVE
from ....base.notices import warn
from .form import Lists, RawTable
from .matlab import read_matlab
from .pymrio_folder import PARAMETERS, read_pymrio

#: Places that a warning names.
NAMED = 3


@dataclass(frozen=True)
class GivenTable:
    """A table whose rows and columns close; R regions, n sectors, C = n + K columns of a region,
    money.

    Rows: cells + exports + error = output. Columns: inputs + imports + value added + column error =
    output.

    Attributes
    ----------
    cells
        (R, n, R, C): what sector i of region r delivers to column c of region s.
    accounts
        exports, error, output, value_added, column_error (R, n), imports (R, C).
    """

    cells: np.ndarray
    accounts: dict[str, np.ndarray]


def read_given(path: str | Path, lists: Lists, unit: str, tolerance: float) -> GivenTable:
    """Read a table and book what does not add up.

    Parameters
    ----------
    path
        A pymrio folder, or a MATLAB file.
    unit
        Unit of money of the dataset.
    tolerance
        Largest gap of a row or column that is booked, as a share of its output
        (`provinces.err_tol`).

    Raises
    ------
    DataError
        The form is unknown, labels or shapes are not those of the lists, a value is not finite, an
        output is negative.
    BalanceError
        A gap above the tolerance.
    """
    path = Path(path)
    if path.is_dir() and (path / PARAMETERS).is_file():
        table = read_pymrio(path, lists, unit)
    elif path.suffix.lower() == ".mat":
        table = read_matlab(path, lists)
    else:
        raise DataError(
            f"is neither a pymrio folder (no {PARAMETERS}) nor a .mat file",
            where=str(path),
            fix="name a folder that pymrio's save_all wrote, or a MATLAB file with the struct "
            "MRIO.",
        )
    _refuse_not_finite(table, lists)
    return booked(table, lists, tolerance)


def booked(table: RawTable, lists: Lists, tolerance: float) -> GivenTable:
    """The table with the gaps of its rows in the account `error` and those of its columns in
    `column_error`.
    """
    n = len(lists.sectors)
    delivered = table.cells.sum(axis=(2, 3)) + table.exports + table.error
    output = delivered if table.output is None else table.output
    if (output < 0).any():
        place = _place(lists, int(np.argmin(output)))
        raise DataError(
            f"output is {output.min():.6g}; expected at least 0",
            where=f"{table.where}, {place}",
            fix="correct the table.",
        )
    missing = output - delivered
    _say(
        missing,
        output,
        "row",
        "cells, final demand, exports and error against output",
        table,
        lists,
        tolerance,
    )
    _say_negative(table, lists)
    bought = np.zeros_like(output)
    for r in range(len(lists.regions)):  # one origin at a time: no copy of the cells
        bought += table.cells[r, :, :, :n].sum(axis=0)
    bought += table.imports[:, :n]
    value_added = table.value_added
    if value_added is None:
        value_added = output - bought
        warn(
            where=table.where,
            what="value added is not given",
            value="no row of factor inputs is value added",
            expectation="value added by sector and region",
            effect="It is what closes the columns: output less inputs less imports.",
        )
    unpaid = output - bought - value_added
    _say(
        unpaid,
        output,
        "column",
        "inputs, imports and value added against output",
        table,
        lists,
        tolerance,
    )
    accounts = {
        "exports": table.exports,
        "error": table.error + missing,
        "output": output,
        "value_added": value_added,
        "column_error": unpaid,
        "imports": table.imports,
    }
    return GivenTable(table.cells, accounts)


def _place(lists: Lists, flat: int) -> str:
    region, sector = divmod(flat, len(lists.sectors))
    return f"region {lists.regions[region]}, sector {lists.sectors[sector]}"


def _refuse_not_finite(table: RawTable, lists: Lists) -> None:
    """Stop at the first value that is not a finite number."""
    uses = [*lists.sectors, *lists.categories]
    for r, code in enumerate(lists.regions):
        bad = ~np.isfinite(table.cells[r])
        if bad.any():
            i, s, c = np.unravel_index(int(np.argmax(bad)), bad.shape)
            raise DataError(
                f"the delivery to region {lists.regions[s]}, {uses[c]} is "
                f"{table.cells[r, i, s, c]} ({int(bad.sum())} such cells "
                "in the region's rows)",
                where=f"{table.where}, region {code}, sector {lists.sectors[i]}",
                fix="every cell must be a finite number.",
            )
    for name in ("exports", "error", "output", "value_added", "imports"):
        values = getattr(table, name)
        if values is not None and (bad := ~np.isfinite(values)).any():
            r, k = np.unravel_index(int(np.argmax(bad)), bad.shape)
            raise DataError(
                f"{name.replace('_', ' ')} is {values[r, k]} ({int(bad.sum())} such values)",
                where=f"{table.where}, region {lists.regions[r]}, {uses[k]}",
                fix="every value must be a finite number.",
            )


def _say(
    gap: np.ndarray,
    output: np.ndarray,
    side: str,
    sums: str,
    table: RawTable,
    lists: Lists,
    tolerance: float,
) -> None:
    """Refuse gaps above the tolerance, and say those that are no rounding, with the largest
    places.
    """
    size = np.abs(gap)
    order = np.argsort(-size, axis=None, kind="stable")[:NAMED]
    largest = "; ".join(
        f"{_place(lists, int(k))}: {gap.flat[k]:.6g} of {output.flat[k]:.6g}"
        for k in order
        if size.flat[k] > 0
    )
    account = "error" if side == "row" else "column_error"
    over = size > tolerance * output + np.finfo(float).eps * output.max(initial=0.0)
    if over.any():
        worst = int(np.argmax(np.where(over, size, 0.0)))
        raise BalanceError(
            f"the {side} does not add up: {gap.flat[worst]:.6g} of an output of "
            f"{output.flat[worst]:.6g} is left ({sums}; "
            f"{int(over.sum())} {side}s above the tolerance of {tolerance:.3g}; the largest: "
            f"{largest})",
            where=f"{table.where}, {_place(lists, worst)}",
            fix="correct the table, or raise provinces.err_tol"
            + (
                ", or list the rows of factor inputs that are no value added as unused in "
                "accounts.csv."
                if side == "column"
                else "."
            ),
        )
    said = size > PRINTED_RELATIVE * output
    if said.any():
        warn(
            where=table.where,
            what=f"{side}s of the given table that do not add up",
            value=f"{int(said.sum())} of {gap.size}, {size.sum():.6g} in sum of amounts; the "
            f"largest: {largest}",
            expectation=f"{sums}, to {PRINTED_RELATIVE:g} of output",
            effect=f"The gap is booked in the account {account}; all other numbers stay as they "
            "are.",
        )


def _say_negative(table: RawTable, lists: Lists) -> None:
    """Negative cells of deliveries and of final demand (stock changes apart, which are known by
    their role elsewhere).
    """
    n = len(lists.sectors)
    count, total, worst, place = 0, 0.0, 0.0, ""
    for r, code in enumerate(lists.regions):
        part = table.cells[r, :, :, :n]
        negative = part < 0
        if negative.any():
            count, total = count + int(negative.sum()), total + float(part[negative].sum())
            if part.min() < worst:
                i, s, c = np.unravel_index(int(np.argmin(part)), part.shape)
                worst, place = (
                    float(part.min()),
                    f"{code}/{lists.sectors[i]} to {lists.regions[s]}/{lists.sectors[c]}",
                )
    if count:
        warn(
            where=table.where,
            what="negative deliveries between sectors",
            value=f"{count} cells, {total:.6g} in sum; the largest, {place}: {worst:.6g}",
            expectation="deliveries of at least 0",
            effect="They are used as they are: flows of emissions may be negative; the audit "
            "leaves out its invariant I13.",
        )
