"""Input-output tables of the statistics bureaus: read by their codes (`coded`) and checked.

A national table that prints home products and imports apart (non-competitive) is brought to the
common layout. It has two rows of every sector: what is made at home, with output at its end, and
what is imported, with imports at its end. The sum of both is total use. Where it prints one column
for several categories of final demand (all consumption), the column is split in the proportions of
the provincial tables, product by product.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from ....base.errors import CityMRIOError, DataError, raise_faults, warn
from ....base.labels import array
from ...contract.corrections import NONE, FileCorrections
from ...contract.grid import Grid
from ...contract.io_tables import closed_table, lines_at_zero
from ...printed_trade import NOTE, PAIRS, TOTALS, net_of, say, settle
from ...sums import Sums, allowed_gap, printed_step, reconcile
from .coded import MONEY, PRINT_TOLERANCE, locate_table, meanings

FLOWS = ("exports", "imports", "outflow", "inflow", *TOTALS, "re_exports", "error", "output")
TRADE = ("exports", "imports", "outflow", "inflow", *TOTALS, "re_exports")
#: Rows of `io_layout.csv` that hold sums.
TOTAL_ROWS = ("intermediate_input", "value_added", "input")
#: What ends the rows of the two blocks of a table that prints home products and imports apart.
BLOCKS = ("output", "imports")


def is_split(layout: pd.DataFrame) -> bool:
    """Whether a layout describes a table of two blocks: its last column is named
    `output;imports`.
    """
    return bool((layout.name == ";".join(BLOCKS)).any())


def read_io_table(
    path: str | Path,
    *,
    sectors: Mapping[str, Sequence[str]],
    categories: list[str],
    layout: pd.DataFrame,
    year: int,
    title: tuple[str, ...] = (),
    others: tuple[str, ...] = (),
    shares: pd.DataFrame | None = None,
    corrections: FileCorrections = NONE,
) -> xr.Dataset:
    """Read an input-output table and check that it adds up.

    Identities, each within 1 unit of the table because printed numbers are rounded (half a unit for
    each number of the sum, where a table is printed without decimals)::

        sum_use total_use + exports - imports + outflow - inflow + error = output        (rows)
        sum_product total_use + sum_item value_added = output                            (columns)
        printed totals = sums of their parts

    (rows of a table of two blocks: in both, use + exports = last column).

    Trade columns are settled by `printed_trade.settle`. Those that are missing, blank or below one
    unit in every sector are not reported by the source: they become NaN, and the net trade then
    sits in the other pair. A table without a column of errors has none: they are 0, or what two
    blocks leave open. In a table of whole numbers, rounding of rows is booked as error, that of
    columns as part of the largest item of value added. With corrected cells, rows and printed
    totals may add up as printed or as corrected; what a correction then leaves open in a row is
    booked as error. Columns must add up as corrected.

    Parameters
    ----------
    path
        Workbook; of its sheets the first is taken that holds all codes and whose title does not
        contradict.
    sectors
        Codes in the order wanted, and the names of each to be compared with those beside the codes.
    categories
        Names of the final-demand categories, in the order wanted.
    layout
        Rows of `io_layout.csv` for this kind of table: axis, code, role, name. Several columns of
        one category are added up, and a column may name several categories joined by ";"; role
        `sector` says what the table calls a sector, where that is not its code.
    year, title, others
        What the sheet's title must say, if it names a year or a place at all: the year, one of the
        names of the place, and none of other places.
    shares
        (sector, category): proportions in which joint columns are split, any positive scale.
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
    meaning, codes = meanings(layout), [*sectors]
    named = [name for joint in meaning["column"].values() for name in joint.split(";")]
    if lacking := [name for name in (*categories, "output") if name not in named]:
        raise DataError(
            f"no code for {', '.join(lacking)}",
            where="io_layout.csv",
            fix="add the row to the layout, joint columns with ';'.",
        )
    grid = locate_table(
        path,
        sectors,
        layout,
        year=year,
        title=title,
        others=others,
        blocks=len(BLOCKS) if is_split(layout) else 1,
        corrections=corrections,
    )
    read = Reading(codes, categories, meaning, is_split(layout), shares)
    parts = read.parts(grid)
    raise_faults(grid.faults)
    grid.say_blank()
    printed = read.parts(grid.printed) if grid.printed else parts
    step = printed_step(printed.inputs[0])
    sums, faults = read.sums(grid, parts, printed)
    reconcile(sums, step, grid.where, faults)
    _book(grid, codes, parts)
    say(parts.notes, grid.where)
    called = "imports" if read.split else "imports and inflows"
    flows = {
        name: array(parts.columns[name], ("sector",), MONEY, name)
        for name in FLOWS
        if name in parts.columns and not (name in TOTALS and np.isnan(parts.columns[name]).all())
    }
    table = xr.Dataset(
        {
            "total_use": array(
                parts.use, ("sector", "use"), MONEY, f"total use, {called} included"
            ),
            "value_added": array(parts.added, ("item", "sector"), MONEY, "value added by item"),
            **flows,
        },
        coords={
            "sector": codes,
            "use": [*codes, *categories],
            "item": [meaning["row"][item] for item in read.items],
        },
    )
    table = closed_table(table, grid.where, step)
    for pair in (*PAIRS, tuple(TOTALS)):
        here = [parts.columns[name] for name in pair if name in parts.columns]
        if all((np.abs(values) < PRINT_TOLERANCE).all() for values in here):
            for name in flows.keys() & {*pair}:  # printing noise alone: not reported
                table[name][:] = np.nan
    for name in parts.notes.keys() & flows.keys():
        table[name].attrs[NOTE] = parts.notes[name]
    return table


@dataclass
class Parts:
    """Numbers of a table.

    Attributes
    ----------
    inputs, rows
        By block: use by sectors (sector, sector), and what its rows add up to (sector,).
    use, added
        (sector, use), (item, sector).
    columns
        Trade, errors and output, each (sector,).
    width
        Numbers in the sum of a row.
    notes
        What is to be said of a column.
    """

    inputs: list[np.ndarray]
    rows: list[np.ndarray]
    use: np.ndarray
    added: np.ndarray
    columns: dict[str, np.ndarray]
    width: int
    notes: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What the codes of a table mean, and how its numbers are read and checked."""

    sectors: list[str]
    categories: list[str]
    meaning: dict[str, dict[str, str]]
    split: bool
    shares: pd.DataFrame | None

    @property
    def items(self) -> list[str]:
        """Codes of the items of value added, in order."""
        return sorted(c for c, name in self.meaning["row"].items() if name not in TOTAL_ROWS)

    @property
    def of(self) -> dict[str, str]:
        """Name -> its code."""
        return {name: c for axis in self.meaning.values() for c, name in axis.items()}

    @property
    def blocks(self) -> list[list[str]]:
        """Codes of the rows of every block."""
        return [[f"{s}{mark}" for s in self.sectors] for mark in ("", "#2")[: 1 + self.split]]

    def parts(self, grid: Grid) -> Parts:
        """The numbers; trade that is blank in all sectors is not reported."""
        inputs = [grid.block(rows, self.sectors) for rows in self.blocks]
        demand = {
            c: names
            for c, joint in self.meaning["column"].items()
            if {*(names := joint.split(";"))} <= {*self.categories}
        }
        final = [grid.block(rows, [*demand]) for rows in self.blocks]
        total = dict.fromkeys(self.categories, np.zeros(len(self.sectors)))
        for column, names in zip(np.sum(final, axis=0).T, demand.values(), strict=True):
            share = self._proportions(names)
            total |= {name: total[name] + column * share[name] for name in names}
        use = np.column_stack([np.sum(inputs, axis=0), *total.values()])
        added = grid.block(self.items, self.sectors)
        if self.split:
            return self._of_blocks(grid, inputs, final, use, added)
        flows = {
            name: c
            for c, name in self.meaning["column"].items()
            if name in FLOWS
            and c in grid.columns
            and (name not in TRADE or any(grid.cell(s, c) is not None for s in self.sectors))
        }
        columns = {name: grid.block(self.sectors, [c])[:, 0] for name, c in flows.items()}
        columns.setdefault("error", np.zeros(len(use)))
        if not columns.keys() & {*PAIRS[0], *TOTALS}:
            columns |= {name: np.zeros(len(use)) for name in PAIRS[0]}
        near = allowed_gap(columns["output"], use.shape[1] + len(columns), printed_step(inputs[0]))
        columns, notes = settle(use.sum(axis=1), columns, self.sectors, near, grid.where)
        rows = [use.sum(axis=1) + net_of(columns)]
        return Parts(inputs, rows, use, added, columns, use.shape[1] + len(columns), notes)

    def _of_blocks(
        self,
        grid: Grid,
        inputs: list[np.ndarray],
        final: list[np.ndarray],
        use: np.ndarray,
        added: np.ndarray,
    ) -> Parts:
        """Those of a table that prints home products and imports apart."""
        exports, ends = (
            [grid.block(rows, [self.of[name]])[:, 0] for rows in self.blocks]
            for name in ("exports", ";".join(BLOCKS))
        )
        rows = [
            i.sum(axis=1) + f.sum(axis=1) + e
            for i, f, e in zip(inputs, final, exports, strict=True)
        ]
        sold = exports[0] + exports[1]
        error = ends[0] - (use.sum(axis=1) + sold - ends[1])
        columns = {"exports": sold, "imports": ends[1], "error": error, "output": ends[0]}
        return Parts(inputs, rows, use, added, columns, len(self.sectors) + final[0].shape[1] + 1)

    def _proportions(self, names: list[str]) -> pd.DataFrame:
        """Shares of categories in their sum by sector; those of all sectors together where a sector
        has none.
        """
        if len(names) == 1 or self.shares is None:
            return pd.DataFrame({names[0]: np.ones(len(self.sectors))})
        part = self.shares.loc[self.sectors, names]
        if (part < 0).any(axis=None):
            sector = (part < 0).any(axis=1).idxmax()
            raise DataError(
                f"the provinces' {' or '.join(names)} is negative in sector {sector}",
                where="provincial tables",
                fix="a joint column cannot be split in negative proportions: give its categories "
                "apart.",
            )
        total = part.sum(axis=1)
        share = part.div(total.where(total > 0), axis=0).fillna(part.sum() / part.sum().sum())
        return share.reset_index(drop=True)

    def sums(
        self, grid: Grid, parts: Parts, printed: Parts
    ) -> tuple[list[Sums], list[CityMRIOError]]:
        """What every printed total should be, as corrected or as printed, and a fault for every
        cell below 0.
        """
        both, count, found = (parts, printed), len(self.sectors), list[Sums]()
        largest = [max(self.items, key=lambda i: abs(grid.value(i, s))) for s in self.sectors]
        wide = len(self.blocks) * count

        def check(
            what: str,
            name: str,
            totals: Sequence[np.ndarray],
            numbers: int,
            rows: Sequence[str] = (),
            mend: Sequence[tuple[str, str]] = (),
        ) -> None:
            if name in self.of:
                end = self.of[name]
                cells = [(row, end) for row in rows] or [(end, s) for s in self.sectors]
                found.append(_printed_sums(grid, what, cells, totals, numbers, mend))

        for k, rows in enumerate(self.blocks):
            end = ";".join(BLOCKS) if self.split else "output"
            error = "" if self.split else self.of.get("error", "")
            mend = [(row, error) for row in rows] if error in grid.columns else []
            check(BLOCKS[k], end, [p.rows[k] for p in both], parts.width, rows, mend)
            inside = [p.inputs[k].sum(axis=1) for p in both]
            check("intermediate use in total", "intermediate_use", inside, count, rows)
        inputs = [np.sum(p.inputs, axis=0).sum(axis=0) for p in both]
        added = [p.added.sum(axis=0) for p in both]
        feet = [*zip(largest, self.sectors, strict=True)]
        check("total input", "input", [inputs[0] + added[0]], wide + len(self.items), mend=feet)
        check("total input", "input", [parts.columns["output"]], 1)
        check("value added", "value_added", added, len(self.items))
        check("intermediate input in total", "intermediate_input", inputs, wide)
        return found, [
            fault
            for k, rows in enumerate(self.blocks)
            for fault in self._negative(grid, parts.inputs[k], rows, parts.added)
        ]

    def _negative(
        self, grid: Grid, use: np.ndarray, rows: Sequence[str], added: np.ndarray
    ) -> Iterator[CityMRIOError]:
        """A fault for every column of use by sectors with cells below 0."""
        for j in np.flatnonzero((use < 0).any(axis=0)):
            column = [self.sectors[j]]
            lines = lines_at_zero(use[:, [j]], added[:, [j]], rows, column, self.items)
            first, *more = (
                (grid.at(rows[i], *column), f"{use[i, j]:.6g}")
                for i in np.flatnonzero(use[:, j] < 0).tolist()
            )
            others = f" (and {', '.join(map(': '.join, more))})" if more else ""
            yield DataError(
                f"{first[0]}: intermediate use is {first[1]}, a value of 0 or more was expected"
                f"{others}",
                where=grid.where,
                fix=grid.lines.proposal(lines),
            )


def _printed_sums(
    grid: Grid,
    what: str,
    cells: Sequence[tuple[str, str]],
    totals: Sequence[np.ndarray],
    count: int,
    mend: Sequence[tuple[str, str]],
) -> Sums:
    """Printed numbers at `cells` (row, column) and what they should be: sums of `count` numbers, as
    corrected or as printed, whichever is nearer.

    `mend`: the cells that messages propose to correct by the gap, where these are not the printed
    numbers themselves.
    """
    printed = np.array([grid.value(*cell) for cell in cells])
    choice = np.abs(printed - np.array(totals)).argmin(axis=0)

    def line(k: int, gap: float) -> str:
        cell = (mend or cells)[k]
        used = grid.value(*cell) + (gap if mend else -gap)
        return grid.lines.proposal([(*cell, grid.cell(*cell), used, f"{what} does not add up")])

    return Sums(
        what,
        np.array(totals)[choice, np.arange(len(cells))],
        printed,
        count,
        lambda k: f"{grid.at(*cells[k])}: {what}",
        line,
        called="the printed number",
    )


def _book(grid: Grid, sectors: list[str], parts: Parts) -> None:
    """Book in the error account what corrections leave open in the rows that they change, and say
    so.
    """
    touched = {row for row, _ in grid.changed}
    rest = parts.columns["output"] - parts.use.sum(axis=1) - net_of(parts.columns)
    booked = [
        k
        for k, sector in enumerate(sectors)
        if grid.rows[sector] in touched and abs(rest[k]) > PRINT_TOLERANCE
    ]
    if booked:
        parts.columns["error"] = parts.columns["error"].copy()
        parts.columns["error"][booked] += rest[booked]
        warn(
            where=grid.where,
            what="rows that do not add up after corrections",
            value=f"{np.abs(rest[booked]).sum():.6g} in sectors "
            f"{', '.join(sectors[k] for k in booked)}",
            expectation="corrections of all cells that change, trade and output among them",
            effect="The difference is booked as error. Fix: correct the other cells of the row "
            "as well.",
        )
