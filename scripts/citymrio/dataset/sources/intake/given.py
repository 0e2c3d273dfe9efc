"""Intake of a multi-regional table: the lists of kind `mrio` from the labels of a pymrio folder, a
MATLAB file or a workbook in CEADs' layout. The table itself stays where it is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from ....base.errors import DataError, kept, raise_faults
from ....base.labels import read_json
from ....base.money import parsed
from ....base.notices import collecting
from ....base.units import factor
from ....base.vocabulary import HOUSEHOLDS
from ...cells import PLAIN
from ...contract.corrections import NAME, Corrections
from ...raw_table import OUTSIDE, Lists, RawTable
from ...workbook import Sheet
from ..ceads import LABELS, is_label, read_workbook
from ..mrio.matlab import opened, read_matlab
from ..mrio.pymrio_folder import FACTORS, PARAMETERS, Wide, needed, read_pymrio
from . import guesses
from .found import Asked, Found

#: A row of factor inputs is value added where it closes the columns within this share of output.
CLOSES = 0.05
READ = "the multi-regional table, read where it is"
EMISSIONS = ("region", "sector", "emissions", "status", "note")
STRESSORS = ("stressor", "unit", "region", "sector", "value", "status", "note")
#: Rows of an extension that all become stressors; of more, those that are named.
MOST = 12
#: Why rows of an extension are left out.
UNNAMED = f"at most {MOST} become stressors, or those that --stressor names"
#: Longest code of a stressor (`contract.checks`).
LONGEST = 64
#: Sheets with fewer rows of numbers are no table of several regions.
SMALLEST = 4


def _different(labels: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(labels))


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
    said = next(iter(_units(folder).values()), "")
    _about(found, str(about.get("name") or folder.name), [folder.name], said, asked)
    uses = _different([row[1] for row in demand.columns])
    accounts = {name: role for name in uses if (role := guesses.account([name])) in OUTSIDE}
    has_factors = (folder / FACTORS / PARAMETERS).is_file()
    factors = Wide.open(folder / FACTORS, "F") if has_factors else None
    inputs = [", ".join(label) for label in factors.rows] if factors is not None else []
    accounts |= {
        name: "imports" if guesses.account([name]) == "imports" else "value_added"
        for name in inputs
    }
    lists = _lists(
        found,
        _different([row[0] for row in demand.rows]),
        _different([row[1] for row in demand.rows]),
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
        names = [row[-1] for row in people.columns]
        amounts = dict(zip(names, people.whole()[0], strict=True))
        if set(regions["name"]) <= set(amounts):
            regions["population"] = [amounts[name] for name in regions["name"]]
    _extensions(folder, asked, found)
    found.used |= dict.fromkeys((path for path in folder.rglob("*") if path.is_file()), READ)
    return found


def _about(found: Found, name: str, others: Sequence[str], unit: str, asked: Asked) -> None:
    """The year from the first name that has one, the unit where it is one of money."""
    years = re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", " ".join([name, *others]))
    found.about(name, int(years[0]) if years else None, unit if parsed(unit) else "", asked)


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
    with collecting() as notices, kept(found.faults):
        raw.closed(lists, CLOSES, lines.of(found.mrio.name if found.mrio else "table"))
    found.notices += notices


def _extensions(folder: Path, asked: Asked, found: Found) -> None:
    """List the extensions by name; emissions.csv from the rows that are CO2, stressors.csv from
    those that are named, else from the others of a short one.
    """
    code = dict(found.tables["regions"][["name", "region"]].to_numpy())
    sector = dict(found.tables["sectors"][["name", "sector"]].to_numpy())
    total: dict[tuple[str, str], float] = {}
    rows_of_co2: list[str] = []
    known: list[tuple[str, str]] = []
    stressors: list[tuple] = []
    for part in sorted(path.parent for path in folder.glob(f"*/{PARAMETERS}")):
        if part.name == FACTORS:
            continue
        made, final = Wide.open(part, "F"), Wide.open(part, "F_Y")
        if made is None:
            found.said.append(f"extension {part.name}: has no F, not read")
            continue
        units, others = _units(part), dict[tuple[str, ...], str]()
        kinds = ", ".join(_different([*units.values()])) or "no unit"
        found.said.append(f"extension {part.name}: {len(made.rows)} rows ({kinds})")
        for label in made.rows:
            name, unit = ", ".join(filter(None, label)), units.get(label, "")
            known.append((part.name, name))
            if not _is_co2(part.name, name, asked.co2):
                others[label] = name
                continue
            times = factor(unit.replace("Gg", "kt").replace("Tg", "Mt"), "t CO2")
            if times is None:
                found.said.append(f"  '{name}' is in '{unit}', which is no mass: not taken as CO2")
                continue
            rows_of_co2.append(f"{part.name}: {name} ({unit})")
            for key, value in _amounts(made, final, label, code, sector).items():
                total[key] = total.get(key, 0.0) + value * times
        chosen = [
            row
            for row, name in others.items()
            if _named(part.name, name, asked.stressors)
            or (len(others) <= MOST and not asked.stressors)
        ]
        if left := len(others) - len(chosen):
            found.said.append(f"  {left} rows are left out: {UNNAMED}")
        for label in chosen:
            amounts = _amounts(made, final, label, code, sector)
            unit = units.get(label, "") or "1"
            stressors += _stressor(part.name, others[label], unit, amounts, found)
    refuse_unknown_rows((*asked.co2, *asked.stressors), known, folder)
    found.said += [f"  taken as CO2 (confirm): {row}" for row in rows_of_co2]
    found.guesses += [(str(folder), row, "extension", "CO2, emissions.csv") for row in rows_of_co2]
    if not total:
        found.said.append(
            "no row of an extension says CO2: name it with --co2 'EXTENSION: ROW', or fill in "
            "emissions.csv"
        )
    note = f"{guesses.CONFIRM}: {'; '.join(rows_of_co2)}"[:200]
    rows = [
        (region, name, value, "observed", note)
        for (region, name), value in total.items()
        if value or name != HOUSEHOLDS
    ]
    found.tables["emissions"] = pd.DataFrame(rows, columns=list(EMISSIONS))
    if stressors:
        found.tables["stressors"] = pd.DataFrame(stressors, columns=list(STRESSORS))


def _stressor(
    extension: str, name: str, unit: str, amounts: dict[tuple[str, str], float], found: Found
) -> list[tuple]:
    """Rows of stressors.csv of a row of an extension, none where it goes below 0."""
    if min(amounts.values()) < 0:
        found.said.append(f"  '{name}' has amounts below 0: left out")
        return []
    found.said.append(f"  taken as a stressor: {name} ({unit})")
    code = re.sub(r"\W+", "_", name).strip("_")[:LONGEST]
    note = f"{guesses.CONFIRM}: {extension}: {name}"
    return [
        (code, unit, region, sector, value, "observed", note)
        for (region, sector), value in amounts.items()
        if value
    ]


def _amounts(
    made: Wide,
    final: Wide | None,
    label: tuple[str, ...],
    code: dict[str, str],
    sector: dict[str, str],
) -> dict[tuple[str, str], float]:
    """A row of an extension: region and sector, or households -> amount."""
    total: dict[tuple[str, str], float] = {}
    for table in (made, final):
        if table is None or label not in table.rows:
            continue
        amounts = table.whole()[table.rows.index(label)]
        for (region, name), value in zip(table.columns, amounts, strict=True):
            key = (code[region], sector[name] if table is made else HOUSEHOLDS)
            total[key] = total.get(key, 0.0) + value
    return total


def _is_co2(extension: str, name: str, asked: Sequence[str]) -> bool:
    if asked:
        return _named(extension, name, asked)
    return bool(guesses.CO2.search(name) and not guesses.NOT_CO2.search(name))


def _named(extension: str, name: str, asked: Sequence[str]) -> bool:
    """Whether a row of an extension is asked for: by its name, the first part of it, or with all of
    its extension.
    """
    return any(
        one in (name, f"{extension}: {name}", extension)
        or name.startswith(f"{one},")
        or f"{extension}: {name}".startswith(f"{one},")
        for one in asked
    )


def refuse_unknown_rows(
    asked: Sequence[str], known: Sequence[tuple[str, str]], folder: Path
) -> None:
    """Refuse rows that are asked for and that no extension has, all at once."""
    names = [f"{extension}: {name}" for extension, name in known]
    lost = [one for one in asked if not any(_named(*row, [one]) for row in known)]
    raise_faults(
        [
            DataError(
                f"no row of an extension is called '{one}'",
                where=str(folder),
                fix=f"write EXTENSION: ROW, such as '{get_close_matches(one, names, 1, 0)[0]}'."
                if names
                else "leave it out: no extension has a row.",
            )
            for one in lost
        ]
    )


def _units(part: Path) -> dict[tuple[str, ...], str]:
    unit = Wide.open(part, "unit")
    return unit.texts() if unit else {}


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


def matlab_found(path: Path, sheets: Sequence[Sheet], asked: Asked, target: Path) -> Found:
    """The lists of a MATLAB file; names from columns of `sheets` that are as long as its axes.

    Raises
    ------
    DataError
        It lacks Z or F.
    """
    found = Found("mrio", mrio=path)
    with opened(path) as fields:
        if lacking := [name for name in ("Z", "F") if name not in fields.found]:
            raise DataError(
                f"field {lacking[0]} is missing", where=str(path), fix="save Z and F in the struct."
            )
        height, wide = fields.shape("Z")[0], fields.shape("F")[1]
    columns = _columns(sheets)
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
    lists = _without_emissions(found, path, [], asked, (labels[0], labels[1], labels[2]))
    _close(found, read_matlab(path, lists), lists, target)
    return found


def _without_emissions(
    found: Found,
    path: Path,
    others: Sequence[str],
    asked: Asked,
    labels: tuple[Sequence[str], Sequence[str], Sequence[str]],
) -> Lists:
    """What files without emissions and a unit have in common; the lists of the table."""
    _about(found, path.stem, others, "", asked)
    found.tables["emissions"] = pd.DataFrame(columns=list(EMISSIONS))
    found.said.append("the file has no emissions: fill in emissions.csv")
    found.used[path] = READ
    return _lists(found, *labels)


#: Axis of a table -> words of the heading of a list of its names.
HEADINGS = {
    "regions": r"region|province|city|cities|country|area|地区|城市|省",
    "sectors": r"sector|industr|product|部门",
    "categories": r"category|categories|demand|^use",
}


def _columns(sheets: Sequence[Sheet]) -> list[tuple[str, list[str], Sheet]]:
    """Columns of different texts without a gap: the axis that the heading names ("" without one),
    the texts below it.
    """
    out = []
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
                out.append((axis, names, sheet))
    return out


def block_of(sheet: Sheet) -> Lists | None:
    """Regions, sectors and categories of a workbook in CEADs' layout, from the labels around its
    block; None where a sheet is no such block.
    """
    rows = sheet.rows
    top = next(
        (
            r
            for r, row in enumerate(rows)
            if sum(isinstance(cell, int | float) for cell in row) >= max(SMALLEST, len(row) / 2)
        ),
        None,
    )
    if not top:
        return None
    left = next(c for c, cell in enumerate(rows[top]) if isinstance(cell, int | float))
    height = 0
    for row in rows[top:]:
        if any(is_label(kind, cell) for kind in LABELS for cell in row[:left]):
            break
        height += 1
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
    found = Found("mrio", mrio=path)
    names = (labels.regions, labels.sectors, labels.categories)
    lists = _without_emissions(found, path, [sheet.name], asked, names)
    _close(found, read_workbook(path, lists, sheet=sheet.name), lists, target)
    return found
