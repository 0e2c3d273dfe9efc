"""Layouts that CEADs publishes: the provincial MRIO workbook, and city inventories by sector and
fuel.

The MRIO has products of provinces down (province by province) and their users across: all sectors
of all provinces (2012: 1,302), then the final-demand categories of all provinces (155), then
exports, an error column and output. Below the products stand imports, value added (by item, or one
row) and total inputs. Rows and columns around the block are found by their labels.
"""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from ...base.errors import DataError, raise_faults, warn
from ...base.printed_names import warn_of_names
from ..cells import is_number
from ..contract.corrections import NONE, FileCorrections
from ..contract.grid import say_blank
from ..raw_table import Lists, RawTable
from ..workbook import LISTED, Sheet, Workbook
from .china.emissions import plain, read_by_region

LABELS = {
    "exports": r"^(total )?exports?$|^ex$|(?<!再)出口",
    "re-exports": r"^re-? ?exports?$|再出口|转口",
    "error": r"^err(or)?s?$|^others?$|^statistical|误差|其他",
    "output": r"^(total|gross) outputs?$|^(go|to)$|总产出",
    "imports": r"^(total )?imports?$|^im$|进口",
    "added": r"^(total )?value[ -]added$|^t?va$|^增加值(合计)?$",
    "item": r"^va0*\d+$|compensation|劳动者报酬|tax|生产税|depreciation|折旧|surplus|营业盈余",
}


def is_label(kind: str, value: object) -> bool:
    """Whether a cell is a label of this account (a key of `LABELS`)."""
    label = " ".join(value.split()).lower() if isinstance(value, str) else ""
    return bool(re.search(LABELS[kind], label))


def read_workbook(
    path: str | Path, lists: Lists, *, corrections: FileCorrections = NONE
) -> RawTable:
    """The table of a workbook in CEADs' layout, its rows and columns in the order of the lists.

    Parameters
    ----------
    corrections
        Lines of corrections.csv for cells of `file!sheet`.

    Raises
    ------
    DataError
        No block of that size or several, a total that is not labelled, a cell that is not a number.
    """
    regions, n, _, uses = lists.shape
    height, k = regions * n, regions * (uses - n)
    places = ((page, _block(page, height, height + k)) for page in Workbook(path).sheets())
    blocks = [(page, start) for page, start in places if start]
    if len(blocks) != 1:
        named = ", ".join(f"'{page.name}'" for page, _ in blocks)
        raise DataError(
            f"{f'sheets {named} each hold a' if blocks else 'no'} block of {height} x ({height} + "
            f"{k}) numbers; expected {regions} provinces x {n} sectors",
            where=str(path),
            fix="save the sheet that is meant as a workbook of its own."
            if blocks
            else "check the codes of provinces, sectors and categories.",
        )
    page, (top, left) = corrections.sheet(blocks[0][0]), blocks[0][1]
    _warn_of_labels(page, top, left, lists)
    rows = range(top, top + height)
    cells = page.numbers(rows, range(left, left + height + k))
    across = {
        kind: _column(page, top, left + height + k, kind) for kind in ("exports", "error", "output")
    }
    raise_faults(
        [
            DataError(f"no column of {kind} right of the block", where=page.where(), fix=LISTED)
            for kind in ("exports", "output")
            if across[kind] is None
        ]
    )
    account = {
        kind: np.zeros((regions, n))
        if column is None
        else page.numbers(rows, [column]).reshape(regions, n)
        for kind, column in across.items()
    }
    if (again := _column(page, top, left + height + k, "re-exports")) is not None:
        warn(
            where=page.where(),
            what="a column of re-exports",
            value=f"{page.numbers(rows, [again]).sum():.6g} in all",
            expectation="exports of products of the regions",
            effect="It is in no account: foreign goods that are sold abroad again. "
            "Fix: where rows add up to output only with it, add it to the column of exports.",
        )
    below = _below(page, top + height, left)
    imports, added = (
        page.numbers(found, range(left, left + height + k)).sum(axis=0) for found in below
    )
    trade = [column for kind, column in across.items() if column and kind != "error"]
    blank = page.blank(rows, [*range(left, left + height + k), *trade])
    say_blank(page.where(), [*blank, *page.blank(below[1], range(left, left + height))])

    def place(side: str, k: int) -> str:
        cell = page.where(top + k) if side == "row" else page.where(top, left + k)
        return cell.removeprefix(page.where()).lstrip(", ")

    return RawTable(
        np.concatenate(
            [
                cells[:, :height].reshape(regions, n, regions, n),
                cells[:, height:].reshape(regions, n, regions, uses - n),
            ],
            axis=3,
        ),
        imports=np.concatenate(
            [imports[:height].reshape(regions, n), imports[height:].reshape(regions, uses - n)],
            axis=1,
        ),
        value_added=added[:height].reshape(regions, n),
        where=page.where(),
        address=place,
        **account,
    )


def _warn_of_labels(page: Sheet, top: int, left: int, lists: Lists) -> None:
    """Say where the labels left of the block are of other regions or sectors than the lists have
    at that place.
    """
    n = len(lists.sectors)
    rows = page.rows[top : top + len(lists.regions) * n]
    labels = [[v for v in row[:left] if _text(v)] for row in rows]
    blocks = [labels[start : start + n] for start in range(0, len(labels), n)]
    called = {
        kind: {code: [name] for code, name in lists.names.get(kind, {}).items()}
        for kind in ("regions", "sectors")
    }
    firsts = {region: block[0] for region, block in zip(lists.regions, blocks, strict=True)}
    warn_of_names(page.where(), firsts, called["regions"], "regions.csv")
    for region, block in zip(lists.regions, blocks, strict=True):
        where = f"{page.where()}, province {region}"
        printed = dict(zip(lists.sectors, block, strict=True))
        if warn_of_names(where, printed, called["sectors"], "sectors.csv"):
            return  # the other regions would say the same


def _block(page: Sheet, height: int, width: int) -> tuple[int, int] | None:
    """Upper left corner of the first run of `height` rows that have numbers in `width` columns
    (blanks count as 0).
    """
    run, corner = 0, (0, 0)
    for index, row in enumerate(page.rows):
        first = next(
            (
                c
                for c, value in enumerate(row)
                if is_number(value) and not any(_text(v) for v in row[c : c + width])
            ),
            -1,
        )
        full = (
            first >= 0
            and len(row) - first >= width
            and sum(map(is_number, row[first : first + width])) >= width // 2
        )
        if full and index >= 1 and (run == 0 or corner[1] == first):
            corner = (index, first) if run == 0 else corner
            run += 1
            if run == height:
                return corner
        else:
            run, corner = (1, (index, first)) if full else (0, (0, 0))
    return None


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _column(page: Sheet, top: int, start: int, kind: str) -> int | None:
    labels = ((k, row[k]) for row in page.rows[:top][::-1] for k in range(start, len(row)))
    return next((column for column, label in labels if is_label(kind, label)), None)


def _below(page: Sheet, start: int, left: int) -> list[list[int]]:
    """Rows of imports and of value added; its items where there is no row of their sum."""
    kinds = ("imports", "added", "item")
    kind_of = {
        index: next((kind for kind in kinds if any(is_label(kind, v) for v in row[:left])), "")
        for index, row in enumerate(page.rows[start:], start)
    }
    rows = {kind: [k for k, of in kind_of.items() if of == kind] for kind in kinds}
    chosen = {"imports": rows["imports"][:1], "value added": rows["added"][:1] or rows["item"]}
    raise_faults(
        [
            DataError(f"no row of {kind} below the block", where=page.where(), fix=LISTED)
            for kind, found in chosen.items()
            if not found
        ]
    )
    return [*chosen.values()]


def read_city_inventories(
    path: str | Path,
    *,
    regions: pd.DataFrame,
    inventory_sectors: pd.DataFrame,
    fuels: pd.DataFrame,
) -> pd.DataFrame:
    """City inventories by sector and fuel, one sheet a city (`Chengde`, `Chengde2012`), in the form
    of inventory_city.csv.

    Parameters
    ----------
    regions, inventory_sectors, fuels
        Tables of the dataset; sheets are matched with `name` of the regions, rows and columns with
        `name` of the others.

    Returns
    -------
    pandas.DataFrame
        region, inventory_sector, fuel, activity (blank), emissions (t CO2), case.

    Raises
    ------
    DataError
        Two sheets of one city, a name that two regions have, no sheet of any region, or a sheet
        that does not keep the layout.
    """
    names = regions["name"].map(plain)
    raise_faults(
        [
            DataError(
                f"{int((names == plain(name)).sum())} regions are called '{name}'; expected one",
                where=str(path),
                fix="give them different names.",
            )
            for name in regions["name"][names.duplicated()]
        ]
    )
    known = dict(zip(names, regions["region"], strict=True))
    sheets = Workbook(path).sheets()
    found = read_by_region(sheets, known, Path(path), inventory_sectors, fuels)
    parts = [found[code].assign(region=code, activity=np.nan, case=1.0) for code in sorted(found)]
    columns = ["region", "inventory_sector", "fuel", "activity", "emissions", "case"]
    return pd.concat(parts, ignore_index=True)[columns]
