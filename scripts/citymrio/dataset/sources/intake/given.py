"""Intake of a multi-regional table: the lists of kind `mrio` from the labels of a pymrio folder, a
MATLAB file or a workbook in CEADs' layout. The table itself stays where it is.
"""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from ....base.errors import CityMRIOError, DataError, collect_notices, gather_faults, raise_faults
from ....base.labels import read_json
from ....base.money import parse_money
from ...cells import PLAIN, is_number
from ...contract.corrections import NAME, Corrections
from ...raw_table import OUTSIDE, Lists, RawTable
from ...workbook import YEAR, Sheet
from ..ceads import LABELS, is_label, read_workbook
from ..mrio.matlab import opened, read_matlab
from ..mrio.pymrio_folder import Wide, factors_of, needed, read_pymrio
from . import guesses
from .extensions import (
    Extension,
    of_matlab,
    of_pymrio,
    take_extensions,
    units_of,
)
from .found import Asked, Found

#: A row of factor inputs is value added where it closes the columns within this share of output.
CLOSES = 0.05
READ = "the multi-regional table, read where it is"
#: Sheets with fewer rows of numbers are no table of several regions.
SMALLEST = 4


def pymrio_found(folder: Path, asked: Asked, target: Path) -> Found:
    """The lists of a pymrio folder; extensions are listed by name, CO2 is a guess.

    Raises
    ------
    DataError
        It lacks Z or Y, or its labels are not a region and one more.
    """
    found = Found("mrio", mrio=folder)
    demand = needed(folder, "Y")
    if bad := next((row for row in [*demand.rows, *demand.columns] if len(row) != 2), None):
        raise DataError(
            f"a label is {bad}; expected a region and one more",
            where=str(demand.path),
            fix="write the folder with pymrio's save_all, two levels of labels.",
        )
    about = read_json(folder / "metadata.json") if (folder / "metadata.json").is_file() else {}
    said = next(iter(units_of(folder).values()), "")
    _about(found, str(about.get("name") or folder.name), [folder.name], said, asked)
    uses = [*dict.fromkeys(row[1] for row in demand.columns)]
    told = {name: guesses.account([name]).removeprefix("re_") for name in uses}
    accounts = {name: role for name, role in told.items() if role in OUTSIDE}
    factors = Wide.open(factors_of(folder), "F")
    inputs = [", ".join(label) for label in factors.rows] if factors is not None else []
    accounts |= {
        name: "imports" if guesses.account([name]) == "imports" else "value_added"
        for name in inputs
    }
    lists = _lists(
        found,
        [*dict.fromkeys(row[0] for row in demand.rows)],
        [*dict.fromkeys(row[1] for row in demand.rows)],
        [name for name in uses if name not in accounts],
        accounts,
    )
    raw = read_pymrio(folder, lists, found.info["unit"])
    closes = raw.value_added is None or _closes(raw)
    why = "by the name" if closes else "the rows do not close the columns"
    if not closes:
        raw.value_added, raw.imports = None, np.zeros(raw.imports.shape)
        accounts |= dict.fromkeys(inputs, "unused")
    if accounts:
        rows = [(*row, f"{guesses.CONFIRM}: {why}") for row in accounts.items()]
        found.tables["accounts"] = pd.DataFrame(rows, columns=["name", "role", "note"])
    found.said += [f"{name}: {role} ({why})" for name, role in accounts.items()]
    found.guesses += [(str(folder), "account", n, f"{of} ({why})") for n, of in accounts.items()]
    _close(found, raw, lists, target)
    regions = found.tables["regions"]
    people = Wide.open(folder, "population")
    if people is not None:
        amounts = dict(zip([row[-1] for row in people.columns], people.whole()[0], strict=True))
        if set(regions["name"]) <= set(amounts):
            regions["population"] = [amounts[name] for name in regions["name"]]
    take_extensions(of_pymrio(folder, lists, found), lists, folder, asked, found)
    found.used |= dict.fromkeys((path for path in folder.rglob("*") if path.is_file()), READ)
    return found


def _about(found: Found, name: str, others: Sequence[str], unit: str, asked: Asked) -> None:
    """The year from the first name that has one, the unit where it is one of money."""
    years = YEAR.findall(" ".join([name, *others]))
    found.about(name, int(years[0]) if years else None, unit if parse_money(unit) else "", asked)


def _closes(raw: RawTable) -> bool:
    """Whether value added and imports close the columns."""
    n = raw.cells.shape[1]
    output = raw.cells.sum(axis=(2, 3)) + raw.exports + raw.error
    paid = raw.cells[..., :n].sum(axis=(0, 1)) + raw.imports[:, :n] + raw.value_added
    return bool(np.abs(output - paid).sum() <= CLOSES * np.abs(output).sum())


def _close(found: Found, raw: RawTable, lists: Lists, target: Path) -> None:
    """Close the table, as a run does: what it would stop at is kept in `found.faults`; GDP of
    regions from its value added.
    """
    n = raw.cells.shape[1]
    added = raw.value_added
    if added is None:
        added = raw.cells.sum(axis=(2, 3)) + raw.exports - raw.cells[..., :n].sum(axis=(0, 1))
    found.tables["regions"]["gdp"] = added.sum(axis=1)
    lines = Corrections(target / "lists" / NAME)
    with collect_notices() as notices, gather_faults(found.faults):
        raw.closed(lists, CLOSES, lines.of(found.mrio.name if found.mrio else "table"))
    found.notices += notices


def _lists(
    found: Found,
    regions: Sequence[str],
    sectors: Sequence[str],
    uses: Sequence[str],
    accounts: dict[str, str] | None = None,
) -> Lists:
    """Lists of the table from its labels, as the readers of tables take them."""
    codes = guesses.codes_of(regions, "R")
    found.tables["regions"] = guesses.regions_list(codes, regions, [""] * len(codes), "city")
    found.tables["sectors"] = guesses.sectors_list(guesses.codes_of(sectors, "S"), sectors)
    named = [guesses.category([name]) for name in uses]
    stocks = [k for k, name in enumerate(named) if name == "stock_changes"]
    for k in stocks[1:]:  # there is one such category
        named[k] = "capital"
    found.tables["final_demand"] = guesses.demand_list(guesses.codes_of(uses, "Y"), uses, named)
    told = pd.DataFrame((accounts or {}).items(), columns=["name", "role"])
    of = found.tables
    return Lists.of(of["regions"], of["sectors"], of["final_demand"], told)


def matlab_found(
    path: Path, beside: Sequence[Path], sheets: Sequence[Sheet], asked: Asked, target: Path
) -> Found:
    """The lists of a MATLAB file; names from columns of `sheets` that are as long as its axes,
    stressors from the MATLAB files `beside` it.

    Raises
    ------
    DataError
        It lacks Z or F; a file beside it is no matrix of stressors.
    """
    found = Found("mrio", mrio=path)
    with opened(path) as fields:
        if lacking := [name for name in ("Z", "F") if name not in fields.found]:
            raise DataError(
                f"field {lacking[0]} is missing", where=str(path), fix="save Z and F in the struct."
            )
        height, wide = fields.shape("Z")[0], fields.shape("F")[1]
    columns = [*_columns(sheets)]
    told = [
        len(texts)
        for axis, texts, _ in columns
        if axis == "regions" and height % len(texts) == wide % len(texts) == 0
    ]
    # without a list of names, the greatest number of regions that both sizes allow
    regions = told[0] if told else math.gcd(height, wide)
    sizes = {"regions": regions, "sectors": height // regions, "categories": wide // regions}
    labels = []
    for what, count in sizes.items():
        fit = [c for c in columns if len(c[1]) == count and c[0] in (what, "")]
        if fit:
            _, texts, sheet = max(fit, key=lambda column: column[0] == what)
            found.used[sheet.path] = "names"
            found.guesses.append((sheet.where(), what, f"{count} texts in a column", what))
        else:
            found.said.append(
                f"no column of a file has {count} names of {what}: they are numbered; write their "
                "names into the list"
            )
            texts = [f"{what[0].upper()}{k + 1}" for k in range(count)]
        labels.append(texts)
    found.said.append(
        f"{path.name}: {height} rows = {sizes['regions']} regions x {sizes['sectors']} sectors, "
        f"{sizes['categories']} categories (the file has no labels)"
    )
    _about(found, path.stem, [], "", asked)
    lists = _lists(found, labels[0], labels[1], labels[2])
    extensions, faults = list[Extension](), list[CityMRIOError]()
    for other in (path, *beside):
        with gather_faults(faults):
            extensions += of_matlab(other, lists, found)
    raise_faults(faults)
    found.used |= dict.fromkeys(beside, "lists/emissions.csv and stressors.csv") | {path: READ}
    take_extensions(extensions, lists, path.parent, asked, found)
    _close(found, read_matlab(path, lists), lists, target)
    return found


#: Axis of a table -> words of the heading of a list of its names.
HEADINGS = {
    "regions": r"region|province|city|cities|country|area|地区|城市|省",
    "sectors": r"sector|industr|product|部门",
    "categories": r"category|categories|demand|^use",
}


def _columns(sheets: Sequence[Sheet]) -> Iterator[tuple[str, list[str], Sheet]]:
    """Columns of different texts without a gap: the axis that the heading names ("" without one),
    the texts below it.
    """
    for sheet in sheets:
        for column in range(len(sheet.rows[0]) if sheet.rows else 0):
            cells = [row[column] for row in sheet.rows]
            last = max((k for k, cell in enumerate(cells) if cell is not None), default=-1)
            texts = [" ".join(str(cell).split()) for cell in cells[: last + 1]]
            if not texts or None in cells[:last]:
                continue
            axis = next((a for a, w in HEADINGS.items() if re.search(w, texts[0].lower())), "")
            names = texts[1:] if axis else texts
            if len(set(names)) == len(names) > 1 and not any(map(PLAIN.fullmatch, names)):
                yield axis, names, sheet


def block_of(sheet: Sheet) -> Lists | None:
    """Regions, sectors and categories of a workbook in CEADs' layout, from the labels around its
    block; None where a sheet is no such block.
    """
    rows = sheet.rows
    top = next(
        (
            r
            for r, row in enumerate(rows)
            if sum(map(is_number, row)) >= max(SMALLEST, len(row) / 2)
        ),
        None,
    )
    if not top:
        return None
    left = next(c for c, cell in enumerate(rows[top]) if is_number(cell))
    below = (
        k
        for k, row in enumerate(rows[top:])
        if any(is_label(kind, cell) for kind in LABELS for cell in row[:left])
    )
    height = next(below, len(rows) - top)
    blocks = [
        (column, starts)
        for column in range(left)
        if (starts := _starts([row[column] for row in rows[top : top + height]]))
    ]
    if not blocks:
        return None
    column, starts = blocks[0]
    count, n = len(starts), height // len(starts)
    regions = [" ".join(str(rows[top + start][column]).split()) for start in starts]
    sectors = next(
        (
            texts
            for c in reversed([c for c in range(left) if c != column])
            if len(set(texts := [str(row[c] or "") for row in rows[top : top + n]])) == n
            and all(texts)
        ),
        [f"S{k + 1}" for k in range(n)],
    )
    ends = [
        c
        for row in rows[:top]
        for c in range(left + height, len(row))
        if is_label("exports", row[c])
    ]
    uses = (min(ends) - left - height) // count if ends else 0
    if uses < 1 or left + height + uses * count != min(ends):
        return None
    first = left + height
    categories = next(
        (
            texts
            for row in rows[top - 1 :: -1]
            if len(set(texts := [str(cell or "") for cell in row[first : first + uses]])) == uses
            and all(texts)
        ),
        [f"Y{k + 1}" for k in range(uses)],
    )
    return Lists(regions, sectors, categories, {})


def _starts(cells: list[object]) -> list[int]:
    """Where the equal blocks of a column of names begin (a name in every row, or in the first of
    its block); none where it has no such blocks.
    """
    if not cells or not isinstance(cells[0], str):
        return []
    named = [(k, cell) for k, cell in enumerate(cells) if cell is not None]
    starts = [0, *(k for (_, last), (k, cell) in pairwise(named) if cell != last)]
    size = len(cells) // len(starts)
    sound = len(starts) > 1 and size > 1 and starts == [*range(0, len(cells), size)]
    return starts if sound and len({cells[k] for k in starts}) == len(starts) else []


def workbook_found(path: Path, sheet: Sheet, labels: Lists, asked: Asked, target: Path) -> Found:
    """The lists of a workbook in CEADs' layout."""
    found = Found("mrio", mrio=path, used={path: READ})
    _about(found, path.stem, [sheet.name], "", asked)
    lists = _lists(found, labels.regions, labels.sectors, labels.categories)
    take_extensions((), lists, path.parent, asked, found)
    _close(found, read_workbook(path, lists), lists, target)
    return found
