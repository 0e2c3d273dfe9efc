"""Raw tables of regions -> arrays by region: uses of home, other regions' and foreign products,
value added, output, trade.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from os.path import commonpath
from pathlib import Path

import numpy as np
import pandas as pd

from ....base.errors import CityMRIOError, DataError, gather_faults, raise_faults
from ....base.money import printed_gaps
from ...cells import read_text
from ...contract.corrections import Corrections
from ...contract.tables import Table
from ...own_years import own_years
from ...printed_trade import RE_EXPORTS
from ...sums import both_sides, printed_step, reconcile
from ..raw_files import RawFiles
from .lists import BLOCKS, FIX, Layout

TRADE = ("exports", "imports", "outflow", "inflow", RE_EXPORTS)


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
        (block, account of `TRADE`) -> shape (region, sector), as printed beside the uses.
    value_added
        Shape (region, item, sector).
    output
        Shape (region, sector).
    set_aside
        Item of value added -> what the files print of it below final demand, which no account of
        the tables takes.
    filled
        Regions with the numbers of another of their years, times the growth of the others.
    step
        Unit of the last printed digit, where growth hides it.
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
    filled: frozenset[str] = frozenset()
    step: float | None = None

    def sold(self, block: str, account: str) -> np.ndarray:
        """An account of trade of a block, 0 where no file has it; shape (region, sector)."""
        return self.trade.get((block, account), np.zeros_like(self.output))


def read_blocks(
    raw: RawFiles, files: Table, layout: Layout, regions: Table, categories: list[str], year: int
) -> Blocks:
    """Read every raw table, of the year where its file has several.

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
    known = dict(zip(regions.frame["printed"], regions.frame["region"], strict=True))
    read, entries = [], files.frame.to_dict("records")
    for position, entry in enumerate(entries):
        if entry["role"] in BLOCKS:
            mine = raw.sources[raw.sources["role"] == entry["role"]]
            if mine.empty:
                raise files.fault(
                    position, f"no file of the sources list has the role '{entry['role']}'", FIX
                )
            factor = 1.0 if np.isnan(entry["factor"]) else entry["factor"]
            read += [
                _cells(raw.paths[name], entry, region, year).assign(
                    name=name, entry=position, factor=factor
                )
                for name, region in mine[["file", "province"]].to_numpy()
            ]
    if not read:
        message = f"no file has a table: no role is one of {', '.join(BLOCKS)}"
        raise DataError(message, where=str(files.where), fix=FIX)
    every = _corrected(_of_year(pd.concat(read, ignore_index=True), year), raw.corrections)
    parts = []
    for position, entry in enumerate(entries):
        block = entry["role"]
        if block in BLOCKS:
            cells = every[every["entry"] == position].copy()
            cells = _meant(cells, layout, block, known, absent=entry["absent"])
            parts.append(cells.assign(block=block, value=cells["value"] * cells["factor"]))
    cells = pd.concat(parts, ignore_index=True)
    codes, sectors = [*dict.fromkeys(known.values())], layout.codes("sector")
    own, below = cells[cells["row_is"] == "sector"], cells[cells["column_is"] == "sector"]
    items, output = (below[below["row_is"] == name] for name in ("item", "output"))
    beside = own[own["column_is"] == "output"]
    by_product = {"region": codes, "row_code": sectors}
    by_user = {"region": codes, "column_code": sectors}
    raise_faults(
        [
            DataError(
                f"no row is '{name}'; expected value added and output of every sector",
                where=layout.where,
                fix=FIX,
            )
            for name, part in (("item", items), ("output", pd.concat([output, beside])))
            if part.empty
        ]
    )
    aside = cells[(cells["row_is"] == "item") & (cells["column_is"] == "category")]
    found = Blocks(
        codes,
        sectors,
        categories,
        layout.codes("item"),
        {
            str(block): _filled(part, by_product | {"column_code": [*sectors, *categories]})
            for block, part in own[own["column_is"].isin(["sector", "category"])].groupby(
                "block", sort=False
            )
        },
        {
            key: _filled(part, by_product)
            for key, part in own[own["column_is"].isin(TRADE)].groupby(["block", "column_is"])
        },
        _once((items, {"region": codes, "row_code": layout.codes("item")} | by_user)),
        _once((output, by_user), (beside, by_product)),
        {code: value for code, value in aside.groupby("row_code")["value"].sum().items() if value},
        frozenset(cells.loc[cells["away"] > 0, "region"]),
    )
    made = (items if output.empty else output)["file"].unique()
    place = commonpath(made)  # one file, or the folder of those of the regions
    found = _closed(found, place, partial(_mend, cells, raw.corrections, found))
    growth = cells.drop_duplicates("region").set_index("region")["growth"].reindex(codes).to_numpy()
    if (growth == 1).all():
        return found
    step = printed_step(*found.uses.values()) * growth.max()
    by_region = growth[:, None, None]
    return replace(
        found,
        uses={block: use * by_region for block, use in found.uses.items()},
        trade={key: sold * growth[:, None] for key, sold in found.trade.items()},
        value_added=found.value_added * by_region,
        output=found.output * growth[:, None],
        step=step,
    )


def _once(*printed: tuple[pd.DataFrame, dict[str, list[str]]]) -> np.ndarray:
    """Totals by labels as the first block has them; `printed`: cells of rows, of columns.

    Raises
    ------
    DataError
        Other blocks, or the other axis, repeat them as others.
    """
    first, *others = [
        (own, axes) for cells, axes in printed for _, own in cells.groupby("block", sort=False)
    ]
    found = _filled(*first)
    limit = np.apply_along_axis(printed_gaps, -1, found)
    for own, axes in others:
        told = _filled(own.assign(value=1.0), axes) > 0
        again = _filled(own, axes)
        wrong = np.argwhere(told & (np.abs(again - found) > limit)).tolist()
        for place in map(tuple, wrong[:1]):
            names = [labels[k] for labels, k in zip(axes.values(), place, strict=True)]
            raise DataError(
                f"the total of {', '.join(names)} is {again[place]:.10g}, and "
                f"{found[place]:.10g} in {first[0]['file'].iloc[0]}; expected the same "
                f"({len(wrong)} such)",
                where=own["file"].iloc[0],
                fix="correct one of them in corrections.csv of the classification folder, or call "
                "its row or column 'unused' in layout.csv.",
            )
    return found


def _mend(
    cells: pd.DataFrame, corrections: Corrections, blocks: Blocks, side: str, flat: int, gap: float
) -> str:
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
    here = cells[(cells[[*meant]] == [*meant.values()]).all(axis=1)]
    if here.empty:
        return "give every row and column of the files its meaning in layout.csv."
    one = here.iloc[0]
    printed, used = (
        f"{value / one['factor']:.15g}" for value in (one["value"], one["value"] + gap)
    )
    line = (one["row"], one["column"], printed, used, f"the {side} does not add up")
    return corrections.of(f"{one['name']}!{one['printed']}").proposal([line])


def _cells(path: Path, entry: dict[str, str], region: str, year: int) -> pd.DataFrame:
    """Columns file, line, year, printed (the region), row, column, value of one file; those that it
    prints are text but the year.

    Raises
    ------
    DataError
        A year that is no whole number.
    """
    wanted = {"region": "printed", "row": "row", "column": "column", "value": "value"}
    wanted |= {"year": "year"} if entry["year"] else {}
    if entry["form"] == "wide":
        wanted = {"row": "row"}
    headings = {entry[name]: ours for name, ours in wanted.items()}
    table = read_text(path, [*headings], FIX, entry["delimiter"] or ",").rename(columns=headings)
    table["line"] = np.arange(len(table)) + 2
    if entry["form"] == "wide":
        table = table.melt(id_vars=["row", "line"], var_name="column", value_name="value")
        table["printed"] = region
    text = ["printed", "row", "column", "value"]
    table[text] = table[text].apply(lambda column: column.str.strip())
    years = table["year"] if entry["year"] else pd.Series(float(year), table.index)
    own = pd.to_numeric(years, errors="coerce")
    raise_faults(
        [
            DataError(
                f"row {table['line'][k]}: '{years[k]}' is no year",
                where=str(path),
                fix="correct column 'year' of files.csv.",
            )
            for k in table.index[own % 1 != 0][:1]
        ]
    )
    return table.assign(year=own, file=str(path))[["line", *text, "year", "file"]]


def _of_year(cells: pd.DataFrame, year: int) -> pd.DataFrame:
    """Rows of the year; of a region that has none, those of the nearest of its own
    (:func:`own_years`), with one growth for all its files, so that its rows and columns still add
    up.

    Raises
    ------
    DataError
        A region whose files have no such year in common.
    """
    others = cells.loc[cells["year"] != year, "file"].unique()
    if not len(others):
        return cells.assign(away=0, growth=1.0)
    numbers = pd.to_numeric(cells["value"], errors="coerce") * cells["factor"]
    chosen = own_years(cells.assign(value=numbers), year, "printed", [], ", ".join(others))
    chosen["value"] = cells["value"]
    pair = ["printed", "file"]
    left = pd.MultiIndex.from_frame(cells[pair]).difference(pd.MultiIndex.from_frame(chosen[pair]))
    years = chosen.groupby("printed")["year"].first()
    raise_faults(
        [
            DataError(
                f"'{region}' has no row of {years[region]:.0f}, the year that its other files have",
                where=file,
                fix="give one year of the region to all its files.",
            )
            for region, file in left
        ]
    )
    return chosen


def _corrected(cells: pd.DataFrame, corrections: Corrections) -> pd.DataFrame:
    """Cells that hold something, as `corrections` has them: lines of `file!region`, or of a file of
    one region.
    """
    faults, regions = list[CityMRIOError](), cells.groupby("name")["printed"].nunique()
    by_table = cells.groupby(["name", "printed"], sort=False) if corrections.lines else ()
    for (file, region), mine in by_table:
        places = dict(zip(zip(mine["row"], mine["column"], strict=True), mine.index, strict=True))
        lines = corrections.of(f"{file}!{region}", *([file] if regions[file] == 1 else []))
        for line in lines.lines:
            k = places.get((line.row, line.column))
            with gather_faults(faults):
                if k is None:
                    raise line.fault(
                        f"row {line.row}, column {line.column} of region '{region}' is not in "
                        f"{file}"
                    )
                place = f"{mine['file'][k]}, row {mine['line'][k]}"
                cells.loc[k, "value"] = repr(lines.use(line, mine["value"][k] or None, place))
    raise_faults(faults)
    return cells[cells["value"] != ""]


def _meant(
    cells: pd.DataFrame, layout: Layout, block: str, known: dict[str, str], *, absent: str
) -> pd.DataFrame:
    """Cells that the lists use, with what their row and column are, their region's code and their
    value as a number.
    """
    axes = {axis: layout.axis(block, axis) for axis in ("row", "column")}
    for name, listed, where in (
        ("printed", known, "regions.csv"),
        ("row", axes["row"], "layout.csv"),
        ("column", axes["column"], "layout.csv"),
    ):
        strange = cells[~cells[name].isin(list(listed))]
        if len(strange):
            first, named = strange.iloc[0], "region" if name == "printed" else name
            raise DataError(
                f"row {first['line']}, {named} '{first[name]}' is not in {where} "
                f"({strange[name].nunique()} such)",
                where=first["file"],
                fix=f"add it to {where}, as 'unused' where it is none of the accounts."
                if name != "printed"
                else "add it.",
            )
    for axis, meaning in axes.items():
        for k, part in enumerate(("is", "code")):
            cells[f"{axis}_{part}"] = [meaning[printed][k] for printed in cells[axis]]
    cells = cells[(cells["row_is"] != "unused") & (cells["column_is"] != "unused")].copy()
    value = pd.to_numeric(cells["value"], errors="coerce").astype(float)
    raise_faults(
        [
            DataError(
                f"row {one['line']}: '{one['value']}' is no number ({one['printed']}, "
                f"{one['row']}, {one['column']})",
                where=one["file"],
                fix="add a line to corrections.csv of the classification folder.",
            )
            for one in cells[~np.isfinite(value)].to_dict("records")
        ]
    )
    key = ["printed", "row", "column"]
    twice = cells[cells.duplicated(key)]
    raise_faults(
        [
            DataError(
                f"row {one['line']}: {', '.join(one[name] for name in key)} is given twice "
                f"({len(twice)} such)",
                where=one["file"],
                fix="keep one of them.",
            )
            for one in twice[:1].to_dict("records")
        ]
    )
    if absent != "0":
        here = set(cells[key].itertuples(index=False, name=None))
        rows, columns = ([p for p in axes[a] if p in set(cells[a])] for a in axes)
        for region, row, column in product(known, rows, columns):
            needed = "sector" in (axes["row"][row][0], axes["column"][column][0])
            if needed and (region, row, column) not in here:
                raise DataError(
                    f"there is no number of region '{region}', row '{row}', column '{column}'",
                    where=cells["file"].iloc[0],
                    fix="complete the file, or write 0 into column 'absent' of files.csv where "
                    "absent cells are 0.",
                )
    return cells.assign(value=value, region=cells["printed"].map(known))


def _filled(cells: pd.DataFrame, axes: dict[str, list[str]]) -> np.ndarray:
    """Sums of cells by the labels of some columns, 0 where there is none."""
    index = pd.MultiIndex.from_product([*axes.values()])
    sums = cells.groupby([*axes])["value"].sum().reindex(index, fill_value=0.0)
    return sums.to_numpy(float).reshape([len(labels) for labels in axes.values()])


def _closed(blocks: Blocks, where: str, mend: Callable[[str, int, float], str]) -> Blocks:
    """The blocks, whose columns (and, where home products stand alone, rows) of every region add up
    to its output: what printing explains is in the largest item of value added.
    """
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
        sold, (made, len(inputs) * width + len(blocks.items)), blocks.output, place, mend
    )
    if not reconcile(sums, printed_step(*inputs), where):
        return blocks
    largest = np.abs(blocks.value_added).argmax(axis=1)[:, None]
    booked = np.zeros_like(blocks.value_added)
    gap = np.where(blocks.output > 0, blocks.output - made, 0.0)
    np.put_along_axis(booked, largest, gap[:, None], axis=1)
    return replace(blocks, value_added=blocks.value_added + booked)
