"""A folder of published tables becomes the lists of a dataset, in a new folder: recognised as a
whole, or refused.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

import pandas as pd
import yaml

from ....base.errors import CityMRIOError, DataError, gather_faults, raise_faults
from ....base.files import files_below, sha256_of
from ....base.labels import read_json
from ...cells import read_csv, text_of
from ...contract.corrections import COLUMNS, NAME, Corrections
from ...contract.folder import CONFIRM
from ...contract.tables import BY_NAME, OF_GIVEN
from ...sums import CELLS_SHOWN
from ...workbook import WORKBOOKS, Sheet, header_row
from ..china.emissions import PROCESS_COLUMN, TOTAL_COLUMNS, plain
from ..mrio.matlab import STRUCT, no_struct, variables_of
from ..mrio.pymrio_folder import PARAMETERS
from ..template import write_rows
from . import given, tables
from .extensions import refuse_unknown_rows
from .found import FIX_LEFT, Asked, Found
from .sheets import Rectangle, Table, read_rectangle, read_square, sheets_of, with_plain_numbers

TEXT = (".csv", ".tsv", ".txt")
#: Between the names of a file and a sheet, in --without as in corrections.csv.
SHEET = "!"
#: Why a sheet is left out.
OTHER_YEAR = "it, or its file, is called by another year"
#: Lists of the contract that a folder may hold already: they count as they are.
LISTS = ("dataset", *BY_NAME, *OF_GIVEN)
#: Clusters of the method, where there are two regions for each.
CLUSTERS = 5
HEAD = """\
# Made by citymrio intake from {source}. Every key: config/README.md.
# What was guessed is in guesses.csv, and in the notes that begin with "confirm" in the lists.
"""


def intake(source: Path, target: Path, asked: Asked) -> Found:
    """Recognise the files of a folder (or one file) and write the lists to a new folder.

    Returns
    -------
    Found
        What was found; `target` holds config.yaml, lists/, sources.csv and guesses.csv.

    Raises
    ------
    DataError
        `target` is there already; every file that is not recognised. Nothing is written then.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise DataError(
            "is there already", where=str(target), fix="name a folder that is not there yet: --to."
        )
    if target.resolve().is_relative_to(source.resolve()):
        raise DataError(
            "lies in the folder that is read", where=str(target), fix="name another one: --to."
        )
    files = _files(source, asked)
    lists = {path.stem: path for path in files if path.suffix == ".csv" and path.stem in LISTS}
    boundaries = [path for path in files if path.name == "boundaries.geojson"]
    rest = [path for path in files if path not in lists.values() and path not in boundaries]
    beside = source.parent / NAME if source.is_file() else lists.get("corrections")
    lines = Corrections.read(beside) if beside else Corrections(source / NAME)
    found = recognised(source, rest, asked, lines, target)
    _use(lines, found, lists)
    if "regions" in lists:
        _renamed(found, _list(lists["regions"]))
    if "regions" in lists and _merged(found, lists["regions"]):
        found.used[lists.pop("regions")] = "lists/regions.csv, by region"
    if "inventory_sectors" in lists:
        found.tables["inventory_sectors"] = _list(lists["inventory_sectors"])
    for path, sheets in found.inventories.items():
        of = {name: _list(lists[name]) for name in tables.OF_INVENTORY if name in lists}
        tables.inventory_of(path, sheets, found, of)
        found.used[path] = "lists/inventory.csv"
    if found.kind == "user" and "inventory" not in lists and not found.inventories:
        found.said.append("no file has emissions: fill in inventory.csv (t CO2)")
    if "regions" in lists:
        found.tables["regions"] = _list(lists["regions"])
    as_they_are = [*lists.values(), *boundaries]
    found.used |= {path: f"lists/{path.name}, as it is" for path in as_they_are}
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".part-") as part:
        _write(found, Path(part) / "new", source, target, as_they_are)
        if target.exists():
            target.rmdir()
        (Path(part) / "new").rename(target)
    return found


def _files(source: Path, asked: Asked) -> list[Path]:
    if source.is_file():
        return [source]
    if not source.is_dir():
        raise DataError("there is no such folder", where=str(source), fix="name a folder.")
    files, faults, _ = files_below(source)
    raise_faults(faults)
    raise_faults(
        [
            DataError(
                f"--without {pattern} names no file", where=str(source), fix="correct or drop it."
            )
            for pattern in asked.without
            if SHEET not in pattern and not any(_fits(path, source, pattern) for path in files)
        ]
    )
    left = [p for p in files if not any(_fits(p, source, pattern) for pattern in asked.without)]
    if not left:
        raise DataError("holds no file", where=str(source), fix="name the folder of the tables.")
    return left


def _fits(path: Path, source: Path, pattern: str) -> bool:
    name = path.relative_to(source).as_posix()
    inside = name.startswith(f"{pattern.rstrip('/')}/")
    return inside or fnmatch(name, pattern) or fnmatch(path.name, pattern)


def _use(lines: Corrections, found: Found, lists: dict[str, Path]) -> None:
    """Say which cells of sheets are corrected; the other lines are those of the lists."""
    if not lines.applied:
        return
    lists.pop("corrections", None)
    for line in lines.applied:
        place = f"row {line.row}, column {line.column}"
        found.guesses.append((line.file, place, line.printed, f"{line.used:.10g}"))
        found.said.append(f"corrected: {line.file}, {place}: {line.printed} -> {line.used:.10g}")
    found.used[lines.path] = "cells of sheets"
    if left := [line for line in lines.lines if line not in lines.applied]:
        found.tables["corrections"] = pd.DataFrame(left, columns=list(COLUMNS))
        found.used[lines.path] += ", lists/corrections.csv"


def recognised(
    source: Path, files: Sequence[Path], asked: Asked, lines: Corrections, target: Path
) -> Found:
    """The lists of the one system that the files are.

    Raises
    ------
    DataError
        Several systems, none, or every file that is not recognised.
    """
    systems = [
        path.parent
        for path in files
        if path.name == PARAMETERS and "Z" in read_json(path).get("files", {})
    ]
    files_of_matlab = [path for path in files if path.suffix.lower() == ".mat"]
    faults, variables = list[CityMRIOError](), dict[Path, list[str]]()
    for path in files_of_matlab:
        with gather_faults(faults):
            variables[path] = variables_of(path)
    matlab = [path for path, names in variables.items() if STRUCT in names]
    beside = [path for path in variables if path not in matlab]
    if not (systems or matlab):  # nothing else has rows to choose from
        refuse_unknown_rows((*asked.co2, *asked.stressors), (), source)
    inside = [path for path in files if systems and path.is_relative_to(systems[0])]
    rest = [path for path in files if path not in (*inside, *files_of_matlab)]
    sheets, unread = _sheets(rest, asked, faults)
    if not matlab:
        faults += [no_struct(path, variables[path], f", or {FIX_LEFT}") for path in beside]
    blocks = [
        (sheet, of)
        for sheet in (() if systems or matlab else sheets)
        if (of := given.block_of(sheet))
    ]
    several = [*systems, *matlab, *dict.fromkeys(sheet.path for sheet, _ in blocks)]
    if len(several) > 1:
        raise DataError(
            f"holds several multi-regional tables: {', '.join(map(str, several))}",
            where=str(source),
            fix="name the folder of one of them, or leave the others out with --without.",
        )
    if not several:
        found = _single(source, sheets, faults, asked, lines)
        found.say_unread(unread, OTHER_YEAR)
        return found
    _refuse_unknown_columns(asked, (), source)
    found = Found("mrio")
    with gather_faults(faults):
        if systems:
            found = given.pymrio_found(systems[0], asked, target)
        elif matlab:
            found = given.matlab_found(matlab[0], beside, sheets, asked, target)
        else:
            sheet, labels = blocks[0]
            found = given.workbook_found(sheet.path, sheet, labels, asked, target)
            found.say_unread(
                (s for s in sheets if s.path == sheet.path and s is not sheet),
                f"the table is that of sheet '{sheet.name}'",
            )
    found.say_unread(unread, OTHER_YEAR)
    faults += [
        _unknown(path, "no part of the table")
        for path in rest
        if found.used and path not in found.used
    ]
    raise_faults(faults)
    return found


def _sheets(
    files: Sequence[Path], asked: Asked, faults: list[CityMRIOError]
) -> tuple[list[Sheet], list[Sheet]]:
    """The sheets of all files that may hold a table, and those that are called by another year than
    the one that is asked for; every other file is one of the `faults`.
    """
    sheets: list[Sheet] = []
    for path in files:
        if path.suffix.lower() not in (*WORKBOOKS, *TEXT):
            faults.append(
                _unknown(path, "neither a workbook, a CSV file, a pymrio folder nor a .mat file")
            )
            continue
        with gather_faults(faults):
            sheets += [sheet for sheet in sheets_of(path) if sheet.rows]
    for pattern in [pattern for pattern in asked.without if SHEET in pattern]:
        left = [s for s in sheets if not fnmatch(f"{s.path.name}{SHEET}{s.name}", pattern)]
        if len(left) == len(sheets) and not faults:  # it may be of a workbook that cannot be read
            lost = f"--without {pattern}"
            faults.append(DataError("names no sheet", where=lost, fix="correct or drop it."))
        sheets = left
    years = {tables.year_of(sheet) for sheet in sheets}
    wanted = {"", str(asked.year)} if str(asked.year) in years else years
    of_year = [sheet for sheet in sheets if tables.year_of(sheet) in wanted]
    return of_year, [sheet for sheet in sheets if tables.year_of(sheet) not in wanted]


def _unknown(path: Path, why: str) -> DataError:
    return DataError(f"is not recognised: {why}", where=str(path), fix=FIX_LEFT)


def _single(
    source: Path,
    printed: Sequence[Sheet],
    faults: list[CityMRIOError],
    asked: Asked,
    lines: Corrections,
) -> Found:
    """Tables of single regions, their sheets with the lines of `file!sheet`."""
    sheets: list[Sheet] = []
    for sheet in printed:
        with gather_faults(faults):
            sheets.append(with_plain_numbers(lines.of(sheet.path.name).sheet(sheet)))
    why: dict[Path, list[CityMRIOError]] = {sheet.path: [] for sheet in sheets}
    books = {
        sheet.path
        for sheet in sheets
        if header_row(sheet, (PROCESS_COLUMN, TOTAL_COLUMNS[0]), same=plain)
    }
    inventories = {path: [s for s in sheets if s.path == path] for path in sorted(books)}
    sheets = [sheet for sheet in sheets if sheet.path not in books]
    halves: dict[str, Rectangle] = {}
    for sheet in sheets:
        name = f"{sheet.path.stem} {sheet.name}" if sheet.name != sheet.path.stem else sheet.name
        half = tables.MAKE.search(name) or tables.USE.search(name)
        if half and (rectangle := read_rectangle(sheet)):
            halves[name] = rectangle
    pairs = tables.pairs_of(halves)
    paired = [half.sheet for pair in pairs.values() for half in pair]
    left = [sheet for sheet in sheets if not any(sheet is half for half in paired)]
    read, imports, near = _squares(left, asked, why)
    taken = {*read, *inventories, *(sheet.path for sheet in paired)}
    taken |= {table.sheet.path for table in imports}
    for path in why:
        alone = [
            DataError(
                "is one of two tables: its make or use table is missing",
                where=r.sheet.where(),
                fix="name both files alike, such as national_make.csv and national_use.csv.",
            )
            for r in halves.values()
            if r.sheet.path == path
        ]
        faults += near.get(path, []) if path in taken else alone or _of_file(path, why[path])
    named = [(tables.key_of(t, alone=len(of) == 1), t) for of in read.values() for t in of]
    titles = [(of.sheet, of.title) for _, of in named]
    titles += [(of.sheet, of.title) for of in halves.values()]
    years = tables.several_years(titles, asked.year)
    keys = [key for key, _ in named]
    doubled = [t.sheet.where() for key, t in named if keys.count(key) > 1]
    checks = (
        (
            read and pairs,
            "holds symmetric tables, and make and use tables",
            "take one form: leave the other out with --without.",
        ),
        (
            not (read or pairs or faults),
            "holds no input-output table",
            "see docs/bring-your-own-data.md for the forms.",
        ),
        (
            years,
            f"holds tables of {years}",
            "say the year of the dataset with --year: sheets and files that are called by another "
            f"are left out; or leave them out with --without, such as 'FILE{SHEET}SHEET'.",
        ),
        (
            not years and doubled,
            f"several tables have the same name: {', '.join(doubled)}",
            "name files (or sheets) after regions; --year takes those of a year by which sheets or "
            "files are called, --without leaves some out.",
        ),
    )
    faults += [
        DataError(message, where=str(source), fix=fix) for wrong, message, fix in checks if wrong
    ]
    raise_faults([*_cells_alike(faults)])
    by_key, stops = dict(named), list[CityMRIOError]()
    for table in by_key.values():
        with gather_faults(faults):
            stops += tables.give_imports(table)
    faults += [
        DataError(
            "holds imported products and has no table beside it that is of the same region",
            where=table.sheet.where(),
            fix="give home products as another sheet, or a file of a name alike (NO_home.xlsx, "
            "NO_imports.xlsx), or leave the file out with --without.",
        )
        for table in imports
        if not any(table is of.imported for of in by_key.values())
    ]
    for key, pair in pairs.items():
        with gather_faults(faults):
            by_key[key] = tables.read_pair(*pair, asked.columns)
    raise_faults(faults)
    _refuse_unknown_columns(asked, [*by_key.values(), *imports], source)
    found = tables.found_of(source, by_key, asked)
    found.said += [
        f"not read: {fault.where}: {fault.message}. Fix: {fault.fix}"
        for path in why
        if path in taken
        for fault in why[path]
    ]
    found.inventories, found.faults = inventories, stops
    other = sorted({tables.year_of(sheet) for sheet, _ in titles} - {"", str(asked.year)})
    if asked.year and other:
        found.said.append(
            f"sheets or files are called by {', '.join(other)}: taken for {asked.year}"
        )
    return found


def _squares(
    sheets: Sequence[Sheet], asked: Asked, why: dict[Path, list[CityMRIOError]]
) -> tuple[dict[Path, list[Table]], list[Table], dict[Path, list[CityMRIOError]]]:
    """Symmetric tables by file, those of imports alone, and the faults of sheets that would be
    tables but for these; `why` takes what sheets are not.
    """
    read: dict[Path, list[Table]] = {}
    imports: list[Table] = []
    near: dict[Path, list[CityMRIOError]] = {}
    apart: list[Sheet] = []
    for sheet in sheets:
        own: list[CityMRIOError] = []
        with gather_faults(own):
            table = read_square(sheet, asked.columns)
            read.setdefault(sheet.path, []).append(table)
        if own and tables.says_imports(sheet, asked.columns):
            apart.append(sheet)
            continue
        why[sheet.path] += own
        if own and all(fault.where != sheet.where() for fault in own):  # cells alone
            near.setdefault(sheet.path, []).extend(own)
    for sheet in apart:
        home, own = tables.beside(sheet, read), []
        with gather_faults(own):
            table = read_square(sheet, asked.columns, imports=True, like=home)
            table.said.append((f"sheet '{sheet.name}'", sheet.name, "use of imports"))
            imports.append(table)
            if home:
                home.imported = table
        why[sheet.path] += own
        if any(fault.fix != FIX_LEFT for fault in own):
            near.setdefault(sheet.path, []).extend(own)
    return read, imports, near


def _refuse_unknown_columns(asked: Asked, read: Iterable[Table], source: Path) -> None:
    """Refuse columns that --column gives a meaning and that no table has, all at once."""
    headings = [f" / {words} / " for table in read for at, words, _ in table.said if at != "row"]
    raise_faults(
        [
            DataError(
                f"no table of a region has a column '{name}'",
                where=str(source),
                fix="write --column CODE=MEANING or HEADING=MEANING, or leave it out.",
            )
            for name in asked.columns
            if not any(f" / {name} / " in words for words in headings)
        ]
    )


def _list(path: Path) -> pd.DataFrame:
    cells = read_csv(path)
    raise_faults(cells.faults)
    return pd.DataFrame([[*map(text_of, row)] for row in cells.rows], columns=cells.header)


def _cells_alike(faults: Iterable[CityMRIOError]) -> Iterator[CityMRIOError]:
    """The faults, one of a sheet where many of its cells hold the same, such as a dash."""
    groups: dict[tuple[str, str], list[CityMRIOError]] = {}
    for fault in faults:
        groups.setdefault((fault.where.partition(", cell ")[0], fault.message), []).append(fault)
    for (where, message), alike in groups.items():
        if len(alike) <= CELLS_SHOWN:
            yield from alike
            continue
        cell = alike[0].where.rsplit(" ", 1)[-1]
        fix = "write numbers there, 0 where there is nothing; or, with a line for each, "
        yield DataError(
            f"{len(alike)} cells like {cell}: {message}", where=where, fix=f"{fix}{alike[0].fix}"
        )


def _of_file(path: Path, reasons: Sequence[CityMRIOError]) -> list[CityMRIOError]:
    """Why a file holds no table, in one fault where no sheet of it is near to one."""
    if len(reasons) < 2 or any(fault.fix != FIX_LEFT for fault in reasons):
        return [*reasons] or [_unknown(path, "it holds no table")]
    return [_unknown(path, f"none of its {len(reasons)} sheets is a table ({reasons[0].message})")]


def _renamed(found: Found, own: pd.DataFrame) -> None:
    """Call tables of provinces by the codes of their provinces in a list of regions, which may be
    cities; the list knows them by code or name of the province, or of its region.
    """
    if "province" not in own or not found.cells:
        return
    rows, regions = own.to_dict("records"), found.tables["regions"]
    known = {plain(of[key]): of["province"] for key in tables.NAMED if key in own for of in rows}
    codes = {
        of["province"]: known.get(plain(of["name"]), known.get(plain(of["region"]), of["province"]))
        for of in regions.to_dict("records")
    }
    if len({*codes.values()}) < len(codes):  # regions of one province: their tables stay theirs
        return
    names = {f"provinces/{old}": f"provinces/{new}" for old, new in codes.items()}
    found.cells = {
        path.replace(head, names.get(head, head), 1): rows
        for path, rows in found.cells.items()
        for head in [path.partition(".")[0]]
    }
    found.used = {
        path: re.sub(r"provinces/\w+", lambda found: names.get(found[0], found[0]), text)
        for path, text in found.used.items()
    }
    regions["province"] = regions["province"].map(codes)


def _merged(found: Found, path: Path) -> bool:
    """Whether a list of regions has some columns of regions.csv alone: they count, by code or name
    of the region.

    Raises
    ------
    DataError
        It has no row of a region, or two.
    """
    own = _list(path)
    regions = found.tables["regions"]
    if {*regions} <= {*own, "note", "name_local"}:
        return False
    keys = [key for key in ("region", "name") if key in own]
    key = next((key for key in keys if {*regions[key]} <= {*own[key]}), next(iter(keys), ""))
    if not key:
        raise DataError(
            "has neither a column region nor name", where=str(path), fix="add one of them."
        )
    rows = own.set_index(key)
    raise_faults(
        [
            DataError(
                f"region '{code}' has {int(own[key].eq(code).sum())} rows; expected one",
                where=str(path),
                fix=f"name every region once, by its {key}, or leave its table out: --without "
                f"FILE, or 'FILE{SHEET}SHEET'.",
            )
            for code in regions[key]
            if own[key].eq(code).sum() != 1
        ]
    )
    if lost := [code for code in own[key] if code not in {*regions[key]}]:
        found.said.append(f"{path.name}: no table is of {', '.join(lost)}: left out")
    for column in [column for column in regions if column in rows and column != "note"]:
        regions[column] = rows.loc[regions[key], column].to_numpy()
    regions["note"] = f"{CONFIRM}: kind, province and gdp, as far as {path.name} lacks them"
    return True


def _write(found: Found, part: Path, source: Path, target: Path, lists: Sequence[Path]) -> None:
    """Write all of it to a folder that becomes `target`."""
    (part / "lists").mkdir(parents=True)
    own = {path.stem for path in lists}
    about = pd.DataFrame({"key": [*found.info], "value": [*found.info.values()]})
    for name, frame in {"dataset": about, **found.tables}.items():
        if name not in own:
            frame.to_csv(part / "lists" / f"{name}.csv", index=False, lineterminator="\n")
    for name, rows in found.cells.items():
        write_rows(rows, part / "lists" / f"{name}.csv")
    for path in lists:
        shutil.copyfile(path, part / "lists" / path.name)
    write_rows(
        [["path", "bytes", "sha256", "used_as"]]
        + [
            [str(path), path.stat().st_size, sha256_of(path), used]
            for path, used in sorted(found.used.items())
        ],
        part / "sources.csv",
    )
    write_rows([["file", "place", "says", "taken_for"], *found.guesses], part / "guesses.csv")
    (part / "config.yaml").write_text(_config(found, source, target), encoding="utf-8")


def _config(found: Found, source: Path, target: Path) -> str:
    run = re.sub(r"[^A-Za-z0-9_.-]+", "_", target.name).lstrip("_.-") or "mydata"
    compared = int((found.tables["regions"]["kind"] != "province").sum())
    text = {
        "run": run,
        "dataset": {
            "kind": found.kind,
            "year": found.info["year"],
            **({} if found.mrio is None else {"mrio": str(found.mrio)}),
            "raw_dir": str(target / "lists"),
        },
        **(
            {"provinces": {"calibrate": "none"}}
            if found.kind == "user" and not found.calibrate
            else {}
        ),
        "groups": {"clusters": max(2, min(CLUSTERS, compared // 2))},
        "scenarios": {"run": False},
    }
    lines = yaml.safe_dump(text, sort_keys=False, allow_unicode=True)
    lines = lines.replace(
        "  run: false", "  run: false # true with the parameters in benchmarks.csv"
    )
    return HEAD.format(source=json.dumps(str(source), ensure_ascii=False)) + lines
