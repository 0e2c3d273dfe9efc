"""Raw tables of regions -> arrays by region: uses of home, other regions' and foreign products,
value added, output, trade.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ....base.errors import DataError, raise_faults, reason
from ...contract.corrections import Correction, Corrections
from ...sums import both_sides, printed_step, reconcile
from .lists import BLOCKS, FIX, Layout, List, number

TRADE = ("exports", "imports", "outflow", "inflow")


@dataclass(frozen=True)
class Blocks:
    """What the raw files print, in the unit of the dataset, regions first.

    Attributes
    ----------
    regions, sectors, categories, items
        Labels, in the order of the lists.
    uses
        Block -> use of its products, shape (region, sector, use); blocks that no file has are left
        out.
    trade
        (block, account) -> shape (region, sector): exports, imports, outflow, inflow as printed
        beside the uses of a block.
    value_added
        Shape (region, item, sector).
    output
        Shape (region, sector).
    set_aside
        Item of value added -> what the files print of it below final demand, which no account of
        the tables takes.
    """

    regions: list[str]
    sectors: list[str]
    categories: list[str]
    items: list[str]
    uses: dict[str, np.ndarray]
    trade: dict[tuple[str, str], np.ndarray]
    value_added: np.ndarray
    output: np.ndarray
    set_aside: dict[str, float]

    def sold(self, block: str, account: str) -> np.ndarray:
        """An account of trade of a block, 0 where no file has it; shape (region, sector)."""
        return self.trade.get((block, account), np.zeros_like(self.output))


@dataclass(frozen=True)
class Raw:
    """The sources list, where its files lie, and the corrections of their cells."""

    sources: pd.DataFrame
    paths: dict[str, Path]
    corrections: Corrections


@dataclass(frozen=True)
class Printed:
    """The cells that were read of every file, and by what its numbers were multiplied, for lines of
    corrections.csv; `regions`: printed code -> code.
    """

    corrections: Corrections
    regions: dict[str, str]
    files: dict[str, tuple[pd.DataFrame, float]] = field(default_factory=dict)

    def mend(self, blocks: Blocks, side: str, flat: int, gap: float) -> str:
        """The largest item of a column, or the exports of a row, changed by the gap, as the file
        prints them.
        """
        r, j = divmod(flat, len(blocks.sectors))
        item = blocks.items[int(np.abs(blocks.value_added[r, :, j]).argmax())]
        sector, column = blocks.sectors[j], side == "column"
        meant = {
            "region": blocks.regions[r],
            "row_is": "item" if column else "sector",
            "row_code": item if column else sector,
            "column_is": "sector" if column else "exports",
            "column_code": sector if column else "",
        }
        region = next(one for one, code in self.regions.items() if code == meant["region"])
        for file, (cells, factor) in self.files.items():
            here = cells[(cells[[*meant]] == [*meant.values()]).all(axis=1)]
            if len(here):
                row, name, value = here[["row", "column", "value"]].iloc[0]
                used = (f"{(value + gap) / factor:.15g}", f"the {side} does not add up")
                line = (row, name, f"{value / factor:.15g}", *used)
                return self.corrections.of(f"{file}!{region}").proposal([line])
        return "give every row and column of the files its meaning in layout.csv."


def read_blocks(
    raw: Raw, files: List, layout: Layout, regions: List, categories: list[str]
) -> Blocks:
    """Read every raw table.

    Parameters
    ----------
    raw
        The raw files. The role of a file is its block; `province` names the region of a wide file.
    files, regions
        files.csv and regions.csv.

    Raises
    ------
    DataError
        A role, row, column, region or cell that the lists do not have or the files lack; a cell
        that is no number; sums that do not close.
    """
    known = dict(zip(regions.rows["printed"], regions.rows["region"], strict=True))
    labels = {"region": [*dict.fromkeys(known.values())], "item": layout.items}
    labels["sector"] = [
        *dict.fromkeys(code for what, code in layout.entries.values() if what == "sector")
    ]
    uses, trade, rest, aside = {}, {}, {}, dict[Any, Any]()
    printed = Printed(raw.corrections, known)
    for position, entry in enumerate(files.rows.to_dict("records")):
        block = entry["role"]
        if block not in BLOCKS:
            continue
        mine = raw.sources[raw.sources["role"] == block]
        if mine.empty:
            raise files.fault(position, f"no file of the sources list has the role '{block}'")
        read = [
            (one.file, _cells(raw.paths[one.file], entry, one.province, files, position))
            for one in mine.itertuples()
        ]
        cells = pd.concat(
            [_corrected(part, raw.corrections, file).assign(name=file) for file, part in read]
        )
        cells = _meant(cells, layout, block, known, absent=entry["absent"])
        factor = number(files, position, "factor") if entry["factor"] else 1.0
        cells["value"] *= factor
        printed.files.update({file: (cells[cells["name"] == file], factor) for file, _ in read})
        uses[block] = _array(cells, labels, "sector", categories)
        for account in TRADE:
            if (cells["column_is"] == account).any():
                trade[block, account] = _array(
                    cells[cells["column_is"] == account], labels, "sector"
                )
        for name in ("item", "output"):
            if (cells["row_is"] == name).any() and name not in rest:
                part = cells[(cells["row_is"] == name) & (cells["column_is"] == "sector")]
                rest[name] = _below(part, labels, name)
        if "output" not in rest and (cells["column_is"] == "output").any():
            rest["output"] = _array(cells[cells["column_is"] == "output"], labels, "sector")
        below = cells[(cells["row_is"] == "item") & (cells["column_is"] == "category")]
        aside |= {
            code: aside.get(code, 0.0) + float(value)
            for code, value in below.groupby("row_code")["value"].sum().items()
        }
    for name in ("item", "output"):
        if name not in rest:
            raise DataError(
                f"no row is '{name}'; expected value added and output of every sector",
                where=layout.where,
                fix=FIX,
            )
    found = Blocks(
        labels["region"],
        labels["sector"],
        categories,
        labels["item"],
        uses,
        trade,
        rest["item"],
        rest["output"],
        {code: value for code, value in aside.items() if value},
    )
    _check_sums(found, str(files.where), printed)
    return found


def _cells(
    path: Path, entry: dict[str, str], region: str, files: List, position: int
) -> pd.DataFrame:
    """Columns file, line, region, row, column, value of one file, all text, blank cells left
    out.
    """
    try:
        table = pd.read_csv(
            path,
            sep=entry["delimiter"] or ",",
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
        )
    except (OSError, ValueError, pd.errors.ParserError) as error:
        raise DataError(
            f"cannot be read as CSV ({reason(error)})", where=str(path), fix=FIX
        ) from error
    if entry["form"] not in ("long", "wide"):
        raise files.fault(position, f"column 'form' is '{entry['form']}'; expected long or wide")
    wanted = ("region", "row", "column", "value") if entry["form"] == "long" else ("row",)
    for name in wanted:
        if entry[name] not in table:
            there = ", ".join(map(str, table.columns[:8]))
            raise DataError(
                f"column '{entry[name]}' is missing (there are: {there})", where=str(path), fix=FIX
            )
    table["line"] = np.arange(len(table)) + 2
    if entry["form"] == "wide":
        table = table.melt(id_vars=[entry["row"], "line"], var_name="column", value_name="value")
        table = table.rename(columns={entry["row"]: "row"}).assign(region=region)
    else:
        table = table.rename(columns={entry[name]: name for name in wanted})
    table = table[["line", "region", "row", "column", "value"]].assign(file=str(path))
    for name in ("region", "row", "column", "value"):
        table[name] = table[name].str.strip()
    return table


def _corrected(cells: pd.DataFrame, corrections: Corrections, file: str) -> pd.DataFrame:
    """Cells that hold something, as `corrections` has them: lines of `file!region`, or of a file of
    one region.
    """
    regions = [*dict.fromkeys(cells["region"])] if corrections.lines else []
    for region in regions:
        mine = cells[cells["region"] == region]
        places = {key: k for k, key in enumerate(zip(mine["row"], mine["column"], strict=True))}

        def find(line: Correction, places: dict = places, region: str = region) -> tuple[int, int]:
            if (line.row, line.column) not in places:
                raise line.fault(
                    f"row {line.row}, column {line.column} of region '{region}' is not in {file}"
                )
            return places[line.row, line.column], 0

        def place(k: int, _: int, mine: pd.DataFrame = mine) -> str:
            return f"{mine['file'].iloc[k]}, row {mine['line'].iloc[k]}"

        names = (f"{file}!{region}", *([file] if len(regions) == 1 else []))
        rows = [[value or None] for value in mine["value"]]
        rows, found, faults = corrections.of(*names).apply(rows, find, place)
        raise_faults(faults)
        for k, _ in found:
            cells.loc[mine.index[k], "value"] = repr(rows[k][0])
    return cells[cells["value"] != ""]


def _meant(
    cells: pd.DataFrame, layout: Layout, block: str, known: dict[str, str], *, absent: str
) -> pd.DataFrame:
    """Cells that the lists use, with what their row and column are, their region's code and their
    value as a number.
    """
    axes = {axis: layout.axis(block, axis) for axis in ("row", "column")}
    for name, listed, where in (
        ("region", known, "regions.csv"),
        ("row", axes["row"], "layout.csv"),
        ("column", axes["column"], "layout.csv"),
    ):
        strange = cells[~cells[name].isin(list(listed))]
        if len(strange):
            first = strange.iloc[0]
            raise DataError(
                f"row {first['line']}, {name} '{first[name]}' is not in {where} "
                f"({strange[name].nunique()} such)",
                where=first["file"],
                fix=f"add it to {where}, as 'unused' where it is none of the accounts."
                if name != "region"
                else "add it.",
            )
    for axis in axes:
        for part, place in (("is", 0), ("code", 1)):
            cells[f"{axis}_{part}"] = cells[axis].map(
                {printed: what[place] for printed, what in axes[axis].items()}
            )
    cells = cells[(cells["row_is"] != "unused") & (cells["column_is"] != "unused")].copy()
    value = pd.to_numeric(cells["value"], errors="coerce").astype(float)
    wrong = cells[~np.isfinite(value)]
    raise_faults(
        [
            DataError(
                f"row {one['line']}: '{one['value']}' is no number ({one['region']}, "
                f"{one['row']}, {one['column']})",
                where=one["file"],
                fix="add a line to corrections.csv of the classification folder.",
            )
            for one in wrong.to_dict("records")
        ]
    )
    twice = cells[cells.duplicated(["region", "row", "column"])]
    if len(twice):
        first = twice.iloc[0]
        cell = f"{first['region']}, {first['row']}, {first['column']}"
        raise DataError(
            f"row {first['line']}: {cell} is given twice",
            where=first["file"],
            fix="keep one of them.",
        )
    if absent != "0":
        _refuse_gaps(cells, axes, known)
    cells["value"] = value
    cells["region"] = cells["region"].map(known)
    return cells


def _refuse_gaps(
    cells: pd.DataFrame, axes: dict[str, dict[str, tuple[str, str]]], known: dict[str, str]
) -> None:
    """Refuse a cell that the rows and columns which are there call for, and that is absent."""
    seen = {axis: set(cells[axis]) for axis in axes}
    here = set(zip(cells["region"], cells["row"], cells["column"], strict=True))
    rows = [(row, what[0]) for row, what in axes["row"].items() if row in seen["row"]]
    columns = [
        (column, what[0]) for column, what in axes["column"].items() if column in seen["column"]
    ]
    for region, (row, is_row), (column, is_column) in product(known, rows, columns):
        needed = is_column == "sector" or is_row == "sector"
        if needed and (region, row, column) not in here:
            raise DataError(
                f"there is no number of region '{region}', row '{row}', column '{column}'",
                where=cells["file"].iloc[0],
                fix="complete the file, or write 0 into column 'absent' of files.csv where "
                "absent cells are 0.",
            )


def _array(
    cells: pd.DataFrame, labels: dict[str, list[str]], row: str, categories: list[str] | None = None
) -> np.ndarray:
    """Sums by region and product, and with `categories` by use (sectors, then categories)."""
    cells = cells[cells["row_is"] == row]
    if categories is not None:
        cells = cells[cells["column_is"].isin(["sector", "category"])]
    keys = ["region", "row_code", *(["column_code"] if categories is not None else [])]
    axes = [
        labels["region"],
        labels[row],
        *([[*labels["sector"], *categories]] if categories is not None else []),
    ]
    return _filled(cells, keys, axes)


def _below(cells: pd.DataFrame, labels: dict[str, list[str]], row: str) -> np.ndarray:
    """Rows below the products: items of value added (region, item, sector), or output (region,
    sector).
    """
    keys = ["region", *(["row_code"] if row == "item" else []), "column_code"]
    return _filled(
        cells,
        keys,
        [labels["region"], *([labels["item"]] if row == "item" else []), labels["sector"]],
    )


def _filled(cells: pd.DataFrame, keys: list[str], axes: list[list[str]]) -> np.ndarray:
    sums = cells.groupby(keys)["value"].sum()
    index = pd.MultiIndex.from_product(axes)
    return sums.reindex(index, fill_value=0.0).to_numpy(float).reshape([len(axis) for axis in axes])


def _check_sums(blocks: Blocks, where: str, printed: Printed) -> None:
    """Columns (and, where home products stand alone, rows) of every region add up to its output."""
    width = len(blocks.sectors)
    inputs = [use[:, :, :width] for use in blocks.uses.values()]
    made = sum((i.sum(axis=1) for i in inputs), blocks.value_added.sum(axis=1))
    sold = blocks.output, 0
    if "home" in blocks.uses:
        home = blocks.uses["home"].sum(axis=2)
        sold = (
            home + blocks.sold("home", "exports") + blocks.sold("home", "outflow"),
            blocks.uses["home"].shape[2] + 2,
        )

    def place(side: str, k: int) -> str:
        r, j = divmod(k, width)
        return f"the {side} of sector {blocks.sectors[j]} of region {blocks.regions[r]}"

    sums = both_sides(
        sold,
        (made, len(inputs) * width + len(blocks.items)),
        blocks.output,
        place,
        partial(printed.mend, blocks),
        booked=("the account error", ""),  # columns: in the tables of provinces
    )
    reconcile(sums, printed_step(*inputs), where)
