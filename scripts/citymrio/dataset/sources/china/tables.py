"""Input-output tables of the statistics bureaus: read by their codes (`coded`) and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ....base.errors import CityMRIOError, DataError, raise_faults
from ....base.labels import array
from ....base.notices import warn
from ...contract.corrections import FileCorrections
from ...printed_trade import NOTE, PAIRS, TOTALS, net_of, say, settle
from .coded import HALF_FEN, MONEY, PRINT_TOLERANCE, CodedSheet, locate_table, meanings

#: What printing explains for each number of a sum, where a table is printed in whole numbers.
ROUNDING = 0.5

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
    columns["error"], value_added = closed(use, value_added, columns)
    for name in (
        name
        for pair in (*PAIRS, tuple(TOTALS))
        if _unreported(columns, pair)
        for name in pair
        if name in columns
    ):
        columns[name] = np.full(len(sectors), np.nan)
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
):
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
    allowed = allowed_gap(coded, whole.shape[1] + len(columns))
    columns, notes = settle(whole.sum(axis=1), columns, sectors, allowed, coded.sheet.where())
    return (whole, coded.block(_items(meaning), sectors), columns), notes


def allowed_gap(coded: CodedSheet, count: int) -> float:
    """Gap of a sum of `count` printed numbers that printing explains."""
    return max(PRINT_TOLERANCE, ROUNDING * (count + 1)) if coded.whole else PRINT_TOLERANCE


@dataclass(frozen=True)
class Sum:
    """A printed number (at two codes) and what it should be: the sum of `count` numbers, as
    corrected or as printed.

    `mend`: the cell that a message proposes to correct by the gap, where it is not the printed
    number itself.
    """

    what: str
    row: str
    column: str
    expected: tuple[float, ...]
    count: int = 1
    mend: tuple[str, str] | None = None

    def fault(self, coded: CodedSheet) -> list[CityMRIOError]:
        """The gap that rounding does not explain, if there is one."""
        value, allowed = coded.value(self.row, self.column), allowed_gap(coded, self.count)
        gaps = [value - expected for expected in self.expected]
        if any(abs(gap) <= allowed for gap in gaps):
            return []
        row, column = self.mend or (self.row, self.column)
        used = coded.value(row, column) + (gaps[0] if self.mend else -gaps[0])
        return [
            DataError(
                f"{coded.place(self.row, self.column)}: {self.what} is {value:.6g}, "
                f"{self.expected[0]:.6g} was expected "
                f"(gap {gaps[0]:.6g}, allowed {allowed:g})",
                where=coded.sheet.where(),
                fix=coded.corrections.proposal(
                    [(row, column, coded.cell(row, column), used, f"{self.what} does not add up")]
                ),
            )
        ]


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
        column, bad = sectors[j], [(rows or sectors)[i] for i in np.flatnonzero(use[:, j] < 0)]
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


def closed(
    use: np.ndarray, value_added: np.ndarray, columns: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Errors (sector,) and value added (item, sector) of a table whose whole numbers miss their
    sums by more than printing does.

    Rows are closed by the error, columns by the largest item of value added. A table within
    PRINT_TOLERANCE stays as printed.

    Parameters
    ----------
    use
        (sector, use).
    columns
        `output`, `error` and the trade columns there are.
    """
    output = columns["output"]
    error = (
        output
        - use.sum(axis=1)
        - net_of({name: values for name, values in columns.items() if name != "error"})
    )
    gap = np.where(
        output > 0, output - use[:, : len(use)].sum(axis=0) - value_added.sum(axis=0), 0.0
    )
    if max(np.abs(gap).max(), np.abs(error - columns["error"]).max()) <= PRINT_TOLERANCE:
        return columns["error"], value_added
    items = value_added.copy()
    items[np.abs(items).argmax(axis=0), np.arange(len(use))] += gap
    return np.where(np.abs(error) < HALF_FEN, 0.0, error), items


def _unreported(columns: Mapping[str, np.ndarray], pair: tuple[str, ...]) -> bool:
    """Whether a pair of trade columns holds nothing but printing noise (below one unit in every
    sector).
    """
    return all((np.abs(columns[name]) < PRINT_TOLERANCE).all() for name in pair if name in columns)


def _check_sums(coded: CodedSheet, sectors: list[str], parts: Parts, printed: Parts, names) -> None:
    """Signs and identities of a printed table: every cell below 0, and every gap above what
    rounding explains, at once.

    `parts` with the corrected cells, `printed` without them.
    """
    use, value_added, columns = parts
    count, items = len(sectors), _items(names)
    of = {axis: {name: code for code, name in table.items()} for axis, table in names.items()}
    faults = negative_use(coded, sectors, use[:, :count], items)
    paid, ends = use.sum(axis=0)[:count] + value_added.sum(axis=0), of["column"]["output"]
    for i, sector in enumerate(sectors):
        largest = max(items, key=lambda code: abs(coded.value(code, sector)))
        sums = [
            Sum(
                "output",
                sector,
                ends,
                tuple(p[0][i].sum() + net_of(p[2])[i] for p in (parts, printed)),
                use.shape[1] + len(columns),
                mend=(sector, of["column"]["error"])
                if of["column"].get("error") in coded.columns
                else None,
            ),
            Sum(
                "intermediate use in total",
                sector,
                of["column"]["intermediate_use"],
                tuple(p[0][i, :count].sum() for p in (parts, printed)),
                count,
            ),
            Sum(
                "total input",
                of["row"]["input"],
                sector,
                (paid[i],),
                count + len(items),
                mend=(largest, sector),
            ),
            Sum("total input", of["row"]["input"], sector, (columns["output"][i],)),
            Sum(
                "value added",
                of["row"]["value_added"],
                sector,
                tuple(p[1][:, i].sum() for p in (parts, printed)),
                len(items),
            ),
            Sum(
                "intermediate input in total",
                of["row"]["intermediate_input"],
                sector,
                tuple(p[0][:, i].sum() for p in (parts, printed)),
                count,
            ),
        ]
        faults += [fault for one in sums for fault in one.fault(coded)]
    raise_faults(faults)


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
