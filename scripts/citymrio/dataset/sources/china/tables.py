"""Input-output tables of the statistics bureaus: read by their codes (`coded`) and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ....base.errors import DataError, raise_faults
from ....base.labels import array
from ....base.notices import warn
from ...contract.corrections import FileCorrections
from ...contract.io_tables import closed_table
from ...printed_trade import NOTE, PAIRS, TOTALS, net_of, say, settle
from ...sums import Sums, allowed, printed_step, reconcile
from .coded import MONEY, PRINT_TOLERANCE, CodedSheet, locate_table, meanings

FLOWS = ("exports", "imports", "outflow", "inflow", *TOTALS, "re_exports", "error", "output")
TRADE = ("exports", "imports", "outflow", "inflow", *TOTALS, "re_exports")
#: Rows of `io_layout.csv` that hold sums.
TOTAL_ROWS = ("intermediate_input", "value_added", "input")


def read_io_table(
    path: str | Path,
    *,
    sectors: list[str],
    categories: list[str],
    layout: pd.DataFrame,
    year: int,
    title: tuple[str, ...] = (),
    others: tuple[str, ...] = (),
    names: Mapping[str, Sequence[str]] | None = None,
    corrections: FileCorrections | None = None,
) -> xr.Dataset:
    """Read one competitive input-output table (use includes imports and inflows) and check that it
    adds up.

    Identities, each within 1 unit of the table because printed numbers are rounded (half a unit for
    each number of the sum, where a table is printed without decimals)::

        sum_use total_use + exports - imports + outflow - inflow + error = output        (rows)
        sum_product total_use + sum_item value_added = output                            (columns)
        printed totals = sums of their parts

    Trade columns are settled by `printed_trade.settle`. Those that are missing, blank or below one
    unit in every sector are not reported by the source: they become NaN, and the net trade then
    sits in the other pair. A table without a column of errors has none: they are 0. In a table of
    whole numbers, rounding of rows is booked as error, that of columns as part of the largest item
    of value added. With corrected cells, rows and printed totals may add up as printed or as
    corrected; what a correction then leaves open in a row is booked as error. Columns must add up
    as corrected.

    Parameters
    ----------
    path
        Workbook; of its sheets the first is taken that holds all codes and whose title does not
        contradict.
    sectors, categories
        Codes of the sectors and names of the final-demand categories, in the order wanted.
    layout
        Rows of `io_layout.csv` for this kind of table: axis, code, role, name. Several columns of
        one category are added up; role `sector` says what the table calls a sector, where that is
        not its code.
    year, title, others
        What the sheet's title must say, if it names a year or a place at all: the year, one of the
        names of the place, and none of other places.
    names
        Names of every sector, to be compared with those beside the codes.
    corrections
        Lines of corrections.csv for the file.

    Returns
    -------
    xarray.Dataset
        `total_use` (sector, use), `value_added` (item, sector), `output`, `error` and, where the
        layout has them, `exports`, `imports`, `outflow`, `inflow`, `outflow_total`, `inflow_total`
        (sector); 10^4 CNY.

    Raises
    ------
    DataError
        No sheet with the codes, the wrong year or place; every cell that is not a number or below
        0, every identity that does not hold.
    """
    meaning = meanings(layout)
    coded = locate_table(
        path,
        sectors,
        layout,
        year=year,
        title=title,
        others=others,
        names=names,
        corrections=corrections,
    )
    lacking = [name for name in (*categories, "output") if name not in meaning["column"].values()]
    if lacking:
        raise DataError(
            f"no code for {', '.join(lacking)}",
            where="io_layout.csv",
            fix="add the row to the layout.",
        )
    (use, value_added, columns), notes = _parts(coded, sectors, categories, meaning)
    raise_faults(coded.faults)
    printed = (
        _parts(coded.printed, sectors, categories, meaning)[0]
        if coded.printed
        else (use, value_added, columns)
    )
    _check_sums(coded, sectors, (use, value_added, columns), printed, meaning)
    _book(coded, sectors, use, columns)
    say(notes, coded.sheet.where())
    labels = {
        "sector": sectors,
        "use": [*sectors, *categories],
        "item": [meaning["row"][item] for item in _items(meaning)],
    }
    flows = {
        name: columns[name]
        for name in FLOWS
        if name in columns and not (name in TOTALS and np.isnan(columns[name]).all())
    }
    table = io_table(use, value_added, flows, labels, "total use, imports and inflows included")
    step = printed_step(printed[0][:, : len(sectors)])
    table = closed_table(table, coded.sheet.where(), step)
    for pair in (*PAIRS, tuple(TOTALS)):
        if _unreported(columns, pair):
            for name in table.data_vars.keys() & {*pair}:
                table[name][:] = np.nan
    for name in notes.keys() & flows.keys():
        table[name].attrs[NOTE] = notes[name]
    return table


def io_table(
    use: np.ndarray,
    value_added: np.ndarray,
    flows: Mapping[str, np.ndarray],
    labels: Mapping[str, list[str]],
    called: str,
) -> xr.Dataset:
    """A table in the form of the contract; `flows` are columns by sector, `called` says what the
    use is.
    """
    variables = {
        "total_use": array(use, ("sector", "use"), MONEY, called),
        "value_added": array(value_added, ("item", "sector"), MONEY, "value added by item"),
        **{name: array(values, ("sector",), MONEY, name) for name, values in flows.items()},
    }
    return xr.Dataset(variables, coords=labels)


#: Use (sector, use), value added (item, sector), columns of trade, errors and output (sector,).
Parts = tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]


def _items(meaning: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Codes of the items of value added, in order."""
    return sorted(code for code, name in meaning["row"].items() if name not in TOTAL_ROWS)


def _parts(
    coded: CodedSheet,
    sectors: list[str],
    categories: list[str],
    meaning: Mapping[str, Mapping[str, str]],
) -> tuple[Parts, dict[str, str]]:
    """`Parts` of a table, and what is to be said of its columns: trade that is blank in all sectors
    is not reported.
    """
    demand = {
        category: [c for c, name in meaning["column"].items() if name == category]
        for category in categories
    }
    use = [
        coded.block(sectors, sectors),
        *(coded.block(sectors, demand[category]).sum(axis=1) for category in categories),
    ]
    flows = {
        name: c for c, name in meaning["column"].items() if name in FLOWS and c in coded.columns
    }
    blank = {
        name
        for name, c in flows.items()
        if name in TRADE and all(coded.cell(s, c) is None for s in sectors)
    }
    columns = {
        name: coded.block(sectors, [c])[:, 0] for name, c in flows.items() if name not in blank
    }
    columns.setdefault("error", np.zeros(len(sectors)))
    if not columns.keys() & {*PAIRS[0], *TOTALS}:
        columns |= {name: np.zeros(len(sectors)) for name in PAIRS[0]}
    whole = np.column_stack(use)
    near = allowed(
        columns["output"],
        whole.shape[1] + len(columns),
        printed_step(whole[:, : len(sectors)]),
    )
    columns, notes = settle(whole.sum(axis=1), columns, sectors, near, coded.sheet.where())
    return (whole, coded.block(_items(meaning), sectors), columns), notes


def printed_sums(
    coded: CodedSheet,
    what: str,
    cells: Sequence[tuple[str, str]],
    totals: Sequence[np.ndarray],
    count: int,
    mend: Sequence[tuple[str, str]] = (),
) -> Sums:
    """Printed numbers at `cells` (row, column) and what they should be: sums of `count` numbers, as
    corrected or as printed, whichever is nearer.

    `mend`: the cells that messages propose to correct by the gap, where these are not the printed
    numbers themselves.
    """
    printed = np.array([coded.value(*cell) for cell in cells])
    choice = np.abs(printed - np.array(totals)).argmin(axis=0)

    def line(k: int, gap: float) -> str:
        row, column = (mend or cells)[k]
        used = coded.value(row, column) + (gap if mend else -gap)
        cell = (row, column, coded.cell(row, column), used, f"{what} does not add up")
        return coded.corrections.proposal([cell])

    return Sums(
        what,
        np.array(totals)[choice, np.arange(len(cells))],
        printed,
        count,
        lambda k: f"{coded.place(*cells[k])}: {what}",
        line,
        called="the printed number",
    )


def negative_use(
    coded: CodedSheet,
    sectors: list[str],
    use: np.ndarray,
    items: list[str],
    rows: Sequence[str] = (),
) -> list:
    """A fault for every column of intermediate use (sector, sector) with cells below 0; `rows`:
    other codes of its rows.

    Proposed are 0 for the cells and, so that the column still adds up, as much less of its largest
    item of value added.
    """
    faults = []
    for j in np.flatnonzero((use < 0).any(axis=0)):
        column, bad = (
            sectors[j],
            [(rows or sectors)[i] for i in np.flatnonzero(use[:, j] < 0).tolist()],
        )
        lines = [
            (row, column, coded.cell(row, column), 0, "intermediate use below 0") for row in bad
        ]
        item = max(items, key=lambda code: abs(coded.value(code, column)))
        less = coded.value(item, column) + use[use[:, j] < 0, j].sum()
        lines.append((item, column, coded.cell(item, column), less, "inputs below 0 are read as 0"))
        others = ", ".join(
            f"{coded.place(row, column)}: {coded.value(row, column):.6g}" for row in bad[1:]
        )
        faults.append(
            DataError(
                f"{coded.place(bad[0], column)}: intermediate use is "
                f"{coded.value(bad[0], column):.6g}, a value of 0 or more was "
                f"expected{f' (and {others})' if others else ''}",
                where=coded.sheet.where(),
                fix=coded.corrections.proposal(lines),
            )
        )
    return faults


def _unreported(columns: Mapping[str, np.ndarray], pair: tuple[str, ...]) -> bool:
    """Whether a pair of trade columns holds nothing but printing noise (below one unit in every
    sector).
    """
    return all((np.abs(columns[name]) < PRINT_TOLERANCE).all() for name in pair if name in columns)


def _check_sums(
    coded: CodedSheet,
    sectors: list[str],
    parts: Parts,
    printed: Parts,
    names: Mapping[str, Mapping[str, str]],
) -> None:
    """Signs and identities of a printed table: every cell below 0, and every gap above what
    rounding explains, at once.

    `parts` with the corrected cells, `printed` without them.
    """
    use, value_added, columns = parts
    count, items = len(sectors), _items(names)
    of = {axis: {name: code for code, name in table.items()} for axis, table in names.items()}
    paid, code = use.sum(axis=0)[:count] + value_added.sum(axis=0), of["column"].__getitem__
    largest = [max(items, key=lambda item: abs(coded.value(item, s))) for s in sectors]
    both = (parts, printed)

    def at_end(name: str) -> list[tuple[str, str]]:
        return [(sector, code(name)) for sector in sectors]

    def at_foot(name: str) -> list[tuple[str, str]]:
        return [(of["row"][name], sector) for sector in sectors]

    rows = [p[0].sum(axis=1) + net_of(p[2]) for p in both]
    error = at_end("error") if of["column"].get("error") in coded.columns else []
    inputs, added = [p[0][:, :count].sum(axis=0) for p in both], [p[1].sum(axis=0) for p in both]
    sums = [
        printed_sums(
            coded, "output", at_end("output"), rows, use.shape[1] + len(columns), mend=error
        ),
        printed_sums(
            coded,
            "intermediate use in total",
            at_end("intermediate_use"),
            [p[0][:, :count].sum(axis=1) for p in both],
            count,
        ),
        printed_sums(
            coded,
            "total input",
            at_foot("input"),
            [paid],
            count + len(items),
            mend=[*zip(largest, sectors, strict=True)],
        ),
        printed_sums(coded, "total input", at_foot("input"), [columns["output"]], 1),
        printed_sums(coded, "value added", at_foot("value_added"), added, len(items)),
        printed_sums(
            coded, "intermediate input in total", at_foot("intermediate_input"), inputs, count
        ),
    ]
    faults = negative_use(coded, sectors, use[:, :count], items)
    reconcile(sums, printed_step(printed[0][:, :count]), coded.sheet.where(), faults)


def _book(
    coded: CodedSheet, sectors: list[str], use: np.ndarray, columns: dict[str, np.ndarray]
) -> None:
    """Book in the error account what corrections leave open in the rows that they change, and say
    so.
    """
    rows = coded.changed_rows(sectors)
    rest = columns["output"] - use.sum(axis=1) - net_of(columns)
    booked = [k for k in rows if abs(rest[k]) > PRINT_TOLERANCE]
    columns["error"] = columns["error"].copy()
    columns["error"][booked] += rest[booked]
    if booked:
        warn(
            where=coded.sheet.where(),
            what="rows that do not add up after corrections",
            value=f"{np.abs(rest[booked]).sum():.6g} in sectors "
            f"{', '.join(sectors[k] for k in booked)}",
            expectation="corrections of all cells that change, trade and output among them",
            effect="The difference is booked as error. Fix: correct the other cells of the row "
            "as well.",
        )
