"""A dataset folder read whole, in the form of the contract or as spreadsheets, with every fault of
its files.

A table is ``<table>.csv`` or the sheet ``<table>`` of a workbook (.xlsx) in the folder. Tables by
province are one such table with a column `province` (inventories) or `region` (observations,
extras, city inventories), or ``<table>/<province>.csv``. Input-output tables are
``provinces/<province>.nc``, ``provinces/<province>.csv`` or the sheet ``province <province>``; the
national one is called `national`. Use by source may stand beside them:
``provinces/<province>.imports.csv`` and ``.inflow.csv``, or the sheets ``imports <province>`` and
``inflow <province>`` (``national.imports.csv``, ``national imports``). Supply and use tables may
stand in its place: ``.supply.csv`` and ``.use.csv``, the sheets ``supply <province>`` and ``use
<province>``.
"""

import re
from collections.abc import Callable, Container, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import xarray as xr

from ...base.errors import CityMRIOError, DataError, gather_faults, warn
from ...base.files import NOTES, files_below, netcdf_faults, stray_file_fault
from ...base.labels import EMISSIONS, read_dataset, read_json
from ...base.money import parse_money, printed_gaps, standard_unit
from ...base.printed_names import warn_of_names
from ...base.units import conversion_factor
from ...base.vocabulary import HOUSEHOLDS, PRICES
from ..cells import Cells, number_of, read_csv, read_sheet, text_of
from ..own_years import own_years
from ..printed_trade import TOTALS, complete_trade, settle_table
from ..supply_use import MODELS
from ..workbook import WORKBOOKS, Workbook
from . import tables as schemas
from .corrections import NAME, Corrections
from .io_cells import BLOCKS, TABLES, from_supply_and_use, province_from_cells, with_blocks
from .io_tables import VARIABLES, closed_table, label_faults, with_signs_in_stocks
from .tables import Table, in_expected_units, read_table_cells

#: Keys of dataset.json and what they say.
KEYS = {
    "name": "name of the country",
    "year": "year of data and prices, 1900 to 2100; that of the configuration",
    "currency": "code of three letters such as EUR",
    "unit": "unit of all money: a power of ten of the currency, such as 10^6 EUR, million EUR or "
    "EUR",
    "emission_unit": "unit of emissions without a column `unit`: t CO2",
    "price_basis": f"prices of the tables: {', '.join(PRICES)}; more words may follow "
    "(purchasers' prices of 2015)",
    "usd_rate": "units of the currency per US dollar, above 0 (1 for USD)",
    "synthetic": "true or false: figures say so where the data are invented",
    "import_mode": "total: uses include imports and inflows (spreadsheets also home: tables of "
    "imports and inflow beside)",
    "sources": "list of file, sha256, url and terms",
    "notes": "list of texts for readers",
    "counts": "keys and values: regions, cities, data observed, imputed and modelled",
    "has_truth": "true or false: whether the folder `truth` is there (synthetic countries)",
}
#: Keys of spreadsheets only, which say how tables are read.
OF_SHEETS = {
    "supply_use_model": "where provinces have supply and use tables: "
    + "; ".join(f"{name} {text}" for name, text in MODELS.items()),
}
#: Keys that may be missing everywhere.
OPTIONAL_KEYS = {
    "name_local": "the name where `report.language` is zh",
    "classification": "name of the classification of sectors, such as nace2; without it the "
    "dataset's own name. A run adds the version, which codes and names of the sectors determine "
    "(nace2@9d33de8c)",
    "product_taxes": "items of value added that are taxes less subsidies on products: part of "
    "GDP, but not of value added at basic prices, so that structures leave them out",
    "words": "what pages call city, province and country: one, several, and the word where "
    "`report.language` is zh (region: state / states / 州; group: division / divisions; country: "
    "union / unions)",
}
#: Keys that no spreadsheet gives.
MADE = ("counts", "has_truth")
#: What a spreadsheet's table `dataset` (key, value) may leave out.
DEFAULTS: dict[str, Any] = {
    "emission_unit": EMISSIONS,
    "price_basis": "not stated",
    "synthetic": False,
    "import_mode": "total",
    "sources": [],
    "notes": [],
    "counts": {},
    "has_truth": False,
}
#: Beginnings of the names of sheets that hold a table of a province.
BY_CODE = ("province ", *(f"{name} " for name in (*BLOCKS, *TABLES)))
#: Sheets of the nation.
NATIONAL = ("national", "national imports", "national supply", "national use")
#: How the note of a row begins whose values are guessed (`dataset.sources.intake`).
CONFIRM = "confirm"
#: Lists of a given table's emissions that may be left out, together.
LISTS_OF_EMISSIONS = ("inventory_sectors", "bridge")
#: Files of a dataset that a run wrote: what it said of it, and the truth of an invented country.
WRITTEN = {
    "read.csv": "written by a run, not read",
    "warnings.csv": "written by a run, not read",
    "truth/truth.nc": "kept with the dataset",
    "truth/emissions.csv": "kept with the dataset",
}
FIX = "see docs/bring-your-own-data.md for the files of a dataset."


@dataclass
class InputFolder:
    """What is in a folder.

    Attributes
    ----------
    tables
        regions, sectors, final_demand, inventory_sectors, bridge, fuels, benchmarks, and those of
        observations, extras, inventory, inventory_city, inventory_national that are there;
        `inventory` with a column `province`.
    io, io_places
        Input-output tables, and the file (or sheet) of each, by province; the national one, under
        "", comes last.
    info, info_place
        dataset.json.
    boundaries
        Path of boundaries.geojson, None without.
    faults
        Everything that cannot be read or does not keep the form of its table.
    given
        Whether the folder describes a multi-regional table that is given: there are no tables of
        provinces, and nothing is known of cities beside it.
    files
        What became of every file: its rows, where it is one table, and a note.
    lines
        Corrections of cells; None where the tables are no spreadsheets.
    """

    folder: Path
    tables: dict[str, Table] = field(default_factory=dict)
    io: dict[str, xr.Dataset] = field(default_factory=dict)
    io_places: dict[str, str] = field(default_factory=dict)
    info: dict = field(default_factory=dict)
    info_place: str = ""
    boundaries: Path | None = None
    faults: list[CityMRIOError] = field(default_factory=list)
    given: bool = False
    lines: Corrections | None = None
    files: dict[Path, tuple[int, str]] = field(default_factory=dict)

    @property
    def schemas(self) -> dict[str, pa.DataFrameSchema]:
        """The tables that such a folder may have, and their schemas."""
        if not self.given:
            return schemas.BY_NAME
        return {
            name: one for name, one in schemas.BY_NAME.items() if name not in schemas.NOT_OF_GIVEN
        } | schemas.OF_GIVEN

    @property
    def provinces(self) -> dict[str, xr.Dataset]:
        """Input-output tables of the provinces."""
        return {code: table for code, table in self.io.items() if code}

    @property
    def national(self) -> xr.Dataset | None:
        """The national input-output table."""
        return self.io.get("")

    def whole(self, table: str) -> bool:
        """Whether a table was read without losing a row or a code: only then it can judge codes
        elsewhere.
        """
        return table in self.tables and self.tables[table].whole

    def column(self, table: str, name: str) -> list[str]:
        """A column of a table, empty where the table could not be read."""
        return self.tables[table].frame[name].tolist() if table in self.tables else []

    def faulty(
        self, table: str, column: str, why: Callable[[str], object], message: str, fix: str
    ) -> list[DataError]:
        """Faults of the rows of a table (none without it) whose value in a column is wrong: {why}
        in the message is what `why` says of it.
        """
        if table not in self.tables:
            return []
        found = [why(value) for value in self.column(table, column)]
        return self.tables[table].faults(found, message, fix, why=found)

    @property
    def stocks(self) -> list[str]:
        """Categories of stock changes."""
        categories = self.column("final_demand", "category")
        roles = self.column("final_demand", "role")
        return [c for c, role in zip(categories, roles, strict=True) if role == "stock_changes"]

    @property
    def codes(self) -> list[str]:
        """Province codes of regions.csv, sorted."""
        return sorted(set(self.column("regions", "province")) - {""})

    @property
    def owner(self) -> dict[str, str]:
        """Province of every region."""
        provinces = self.column("regions", "province")
        return dict(zip(self.column("regions", "region"), provinces, strict=True))

    def place(self, table: str) -> str:
        """File (or sheet) of a table, for messages about the whole of it."""
        where = self.tables[table].where if table in self.tables else ""
        return where or str(self.folder / f"{table}.csv")


def read_folder(
    folder: str | Path,
    *,
    own: bool = False,
    made: Container[str] = (),
    given: bool = False,
    others: Iterable[str | Path | None] = (),
) -> InputFolder:
    """Read a dataset folder; faults are collected, not raised. It is closed: a file that nothing
    reads is a fault.

    Parameters
    ----------
    own
        The folder was written by this program just now: its netCDF files need not be tried in
        another process first.
    made
        Tables that the caller makes and the folder does not hold; `provinces` stands for all
        input-output tables.
    given
        The folder describes a multi-regional table that is given (kind `mrio`).
    others
        Files and folders, in it or elsewhere, that the caller reads.
    """
    reader = _Reader(InputFolder(Path(folder), given=given), own)
    if not reader.data.folder.is_dir():
        reader.data.faults.append(
            DataError(
                "there is no such folder", where=str(folder), fix="name the folder of the dataset."
            )
        )
        return reader.data
    files, faults, aside = files_below(folder)
    reader.data.faults += faults
    if faults:  # what cannot be read would be taken for absent
        return reader.data
    reader.data.files |= {path: (0, why) for path, why in aside.items()}
    apart = [Path(path).resolve() for path in others if path is not None]
    reader.others = {path.name for path in apart}
    for path in files:
        if any(path.resolve().is_relative_to(place) for place in apart):
            reader.data.files[path] = 0, "read apart"
        elif (why := WRITTEN.get(path.relative_to(folder).as_posix())) is not None:
            reader.data.files[path] = 0, why
    reader.workbooks()
    reader.info()
    if not given:
        reader.corrections()
    reader.home = reader.data.info.get("import_mode") == "home"
    reader.model = reader.data.info.pop("supply_use_model", None)
    for name in reader.data.schemas:
        if name not in made and (given or name != "corrections"):
            read = reader.by_province if name in schemas.BY_PROVINCE else reader.table
            read(name)
    if given:
        reader.data.faults += complete_lists(reader.data.tables, reader.data.folder)
    elif "provinces" not in made:
        reader.io_tables()
        reader.trade()
        reader.corrected()
    path = reader.data.folder / "boundaries.geojson"
    if path.exists():
        reader.data.boundaries = path
        reader.data.files[path] = 0, ""
    if not own:
        reader.close(files)
    return reader.data


class _Reader:
    def __init__(self, data: InputFolder, own: bool):
        self.data, self.own, self.unread, self.home = data, own, False, False
        self.model: str | None = None
        self.others: set[str] = set()
        self.sheets: dict[str, tuple[list[list[Any]], str]] = {}
        self.lines = Corrections(data.folder / NAME)

    def workbooks(self) -> None:
        """Sheets of all workbooks of the folder, by name in lower case."""
        books = (path for path in self.data.folder.iterdir() if path.suffix in WORKBOOKS)
        for path in sorted({*books} - {*self.data.files}):
            self.data.files[path] = 0, ""
            try:
                book = Workbook(path)
                for name in book.sheet_names:
                    self.sheet(book, name)
            except CityMRIOError as error:
                self.unread = True
                self.data.faults.append(
                    DataError(
                        error.message,
                        where=error.where,
                        fix="save it anew as .xlsx, without a password.",
                    )
                )
        nation, codes = ((), ()) if self.data.given else (NATIONAL, BY_CODE)
        known = {name.replace("_", " ") for name in [*self.data.schemas, "dataset", *nation]}
        for key, (_, where) in self.sheets.items():
            if key not in known and not key.startswith(codes):
                names = [f"'{name}'" for name in [*sorted(known), *(f"{of}<code>" for of in codes)]]
                self.fault(
                    "the dataset has no table of this name",
                    where,
                    f"call it one of {', '.join(names)}.",
                )

    def sheet(self, book: Workbook, name: str) -> None:
        """Keep a sheet that is not blank; notes are for people."""
        key = " ".join(name.strip().lower().replace("_", " ").split())
        if key.startswith(NOTES):
            return
        try:
            sheet = book.sheet(name)
        except CityMRIOError as error:
            self.unread = True
            self.data.faults.append(error)
            return
        if key in self.sheets:
            self.fault("two workbooks have this sheet", sheet.where(), "keep one of them.")
        elif any(cell is not None for row in sheet.rows for cell in row):
            self.sheets[key] = (sheet.rows, sheet.where())

    def fault(self, message: str, where: str, fix: str = FIX) -> None:
        self.data.faults.append(DataError(message, where=where, fix=fix))

    def cells(self, name: str, sheet: str | None = None) -> Cells | None:
        """Cells of ``<name>.csv`` or of the sheet; None when there is none or it cannot be read."""
        path, key = self.data.folder / f"{name}.csv", (sheet or name).replace("_", " ").lower()
        in_book = self.sheets.get(key)
        if path.exists() and in_book:
            self.fault(f"the table is in {in_book[1]} as well", str(path), "keep one of them.")
        found: Cells | None = None
        with gather_faults(self.data.faults):
            if path.exists():
                self.data.files[path] = 0, ""
                read = read_csv(path)
                self.data.files[path] = len(read.rows), ""
            elif in_book:
                read = read_sheet(*in_book)
            else:
                return None
            _warn_of_guesses(read)
            found = self.correct(read, name)
        return found

    def has(self, name: str) -> bool:
        return (self.data.folder / f"{name}.csv").exists() or name.replace("_", " ") in self.sheets

    def missing(
        self, name: str, *, sheet: str | None = None, other: str = "", fix: str = ""
    ) -> None:
        """A table that is nowhere: as `<name>.csv`, as a sheet, in its `other` form. It may be in a
        workbook that is not read.
        """
        if sheet and self.unread:
            return
        forms = [*filter(None, (sheet and f"the sheet '{sheet}' of a workbook", other))]
        also = f", and so {'are' if forms[1:] else 'is'} {' and '.join(forms)}" if forms else ""
        self.fault(f"the file is missing{also}", str(self.data.folder / f"{name}.csv"), fix or FIX)

    def info(self) -> None:
        path = self.data.folder / "dataset.json"
        self.data.info_place = str(path)
        if path.exists():
            self.data.files[path] = 0, ""
            with gather_faults(self.data.faults):
                value = read_json(path)
                if not isinstance(value, dict):
                    raise DataError(
                        f"is {type(value).__name__}; expected keys and values",
                        where=str(path),
                        fix=FIX,
                    )
                self.data.info = _in_standard_spelling(value)
                for key in [key for key in KEYS if key not in value]:
                    self.fault(f"key '{key}' is missing", str(path), "see docs/contracts.md.")
            return
        if not self.has("dataset"):
            self.missing("dataset", sheet="dataset", other="dataset.json")
            return
        if (cells := self.cells("dataset")) is None:
            return
        self.data.info_place = cells.where
        self.data.faults += cells.faults
        if not {"key", "value"} <= set(cells.header):
            self.fault(
                f"expected the columns 'key' and 'value', there are: {', '.join(cells.header)}",
                cells.where,
            )
            return
        keys, values = cells.header.index("key"), cells.header.index("value")
        given: dict[str, Any] = {}
        free = [key for key in (*KEYS, *OF_SHEETS, *OPTIONAL_KEYS) if key not in MADE]
        for row, number in zip(cells.rows, cells.numbers, strict=True):
            name = text_of(row[keys]).strip()
            if name not in free or name in given:
                state = (
                    "appears twice"
                    if name in given
                    else f"is unknown; expected one of {', '.join(free)}"
                )
                self.fault(f"row {number}, key '{name}' {state}", cells.where)
                continue
            given[name] = _setting(name, row[values])
        for name in [name for name in KEYS if name not in given and name not in DEFAULTS]:
            self.fault(f"key '{name}' is missing", cells.where)
        self.data.info = _in_standard_spelling(DEFAULTS | given)

    def table(self, name: str) -> None:
        if self.has(name):
            if (cells := self.cells(name)) is not None:
                self.keep(name, [(cells, {})])
        elif name not in (schemas.OPTIONAL_OF_GIVEN if self.data.given else schemas.OPTIONAL):
            self.missing(name, sheet=name.replace("_", " "))
        elif name in ("fuels", "benchmarks") and not self.unread:
            self.keep(name, [])  # inventories in t CO2 need no fuels

    def keep(self, name: str, parts: list[tuple[Cells, dict[str, str]]]) -> None:
        convert = None
        if name in ("benchmarks", "observations", "extras"):
            unit = str(self.data.info.get("unit"))
            convert = partial(
                in_expected_units, name, unit=unit if parse_money(unit) else "", own=self.own
            )
        self.data.tables[name], faults = read_table_cells(parts, self.data.schemas[name], convert)
        self.data.faults += faults

    def by_province(self, name: str) -> None:
        """Rows of all provinces under one another; `inventory` with the province in a column."""
        folder = self.data.folder / name
        parts: list[tuple[Cells, dict[str, str]]] = []
        if (cells := self.cells(name)) is not None:
            parts.append((cells, {}))
        for path in sorted(set(folder.glob("*.csv")) - set(self.data.files)):
            self.data.files[path] = 0, ""
            if path.stem not in self.data.codes and "regions" in self.data.tables:
                self.fault(
                    f"is the table of '{path.stem}', which is not a province of regions.csv",
                    str(path),
                    "add the province to regions.csv, or remove the file.",
                )
                continue
            with gather_faults(self.data.faults):
                cells = self.correct(read_csv(path), f"{name}/{path.stem}")
                parts.append((cells, {"province": path.stem} if name == "inventory" else {}))
        if name == "observations" and not self.has(name):
            absent = [code for code in self.data.codes if not (folder / f"{code}.csv").exists()]
            if absent and len(absent) == len(self.data.codes):
                self.missing(name, sheet=name, other=f"{name}/{absent[0]}.csv")
            else:
                for code in absent:
                    self.missing(
                        f"{name}/{code}",
                        fix="give every province its file; one without rows is welcome.",
                    )
        if not parts:
            return
        if name in ("observations", "extras"):
            parts = [(_of_year(cells, self.data.info.get("year")), rest) for cells, rest in parts]
        self.keep(name, parts)
        if name != "inventory":
            self.own_regions(name, parts)

    def own_regions(self, name: str, parts: list[tuple[Cells, dict[str, str]]]) -> None:
        """The file of a province holds regions of that province only."""
        table = self.data.tables[name]
        province = {
            cells.where: Path(cells.where).stem
            for cells, _ in parts
            if Path(cells.where).parent.name == name
        }
        owner = table.frame["region"].map(self.data.owner)
        expected = pd.Series([province.get(where) for where, _ in table.places], dtype=object)
        self.data.faults += table.faults(
            owner.notna() & expected.notna() & (owner != expected),
            "region '{region}' belongs to province '{owner}'; expected one of '{expected}'",
            "move the row to the file of its province.",
            owner=owner,
            expected=expected,
        )

    def tables_of_provinces(self, codes: list[str], whole: bool) -> tuple[list[Path], set[str]]:
        """Files with tables of provinces, and the codes they name; a fault for a code of no region.

        `whole`: whether they can be read, since sectors and categories are known.
        """
        folder = self.data.folder / "provinces"
        files = [
            p
            for p in folder.glob("*")
            if p.suffix in (".nc", ".csv")
            and p not in self.data.files
            and "." not in _province_of(p)  # a form that nothing reads
        ]
        found = {_province_of(path) for path in files}
        found |= {key.partition(" ")[2] for key in self.sheets if key.startswith(BY_CODE)}
        known = {*codes, *(code.lower() for code in codes)}
        for extra in sorted(found - known) if "regions" in self.data.tables else ():
            self.fault(
                f"there is a table of province '{extra}', which has no region in regions.csv",
                str(folder / extra),
                "add its regions to regions.csv, or remove the table.",
            )
        said = [path for path in files if not whole or _province_of(path) not in known]
        self.data.files |= dict.fromkeys(said, (0, ""))  # not read, since something else is wrong
        return files, found

    def io_tables(self) -> None:
        sectors, categories = (
            self.data.column("sectors", "sector"),
            self.data.column("final_demand", "category"),
        )
        codes, whole = self.data.codes, bool(sectors and categories)
        files, found = self.tables_of_provinces(codes, whole)
        tables = [self.data.folder / f"provinces/{code}.nc" for code in codes]
        damaged = {} if self.own else netcdf_faults([*tables, self.data.folder / "national.nc"])
        if not whole:
            return
        if self.home and not any(p.suffix == ".nc" for p in files):
            self.data.info = self.data.info | {
                "import_mode": "total"
            }  # what the tables are as they are read
        for code in ["", *codes]:
            with gather_faults(self.data.faults):
                table, place = self.io_table(code, damaged, bool(found))
                if table is not None:
                    self.data.io_places[code] = place
                    self.data.io[code] = self.with_product_taxes(table, place)
        if (nation := self.data.io.pop("", None)) is not None:  # read first
            self.data.io[""] = nation

    def io_table(
        self, code: str, damaged: Mapping[str, DataError], any_province: bool
    ) -> tuple[xr.Dataset | None, str]:
        """The table of a province, or of the nation (""), and its place; None where there is
        none.
        """
        name, sheet = (
            (f"provinces/{code}", f"province {code}") if code else ("national", "national")
        )
        path, data = self.data.folder / f"{name}.nc", self.data
        blocks = self.beside(code, BLOCKS if code else ("imports",))
        pair = self.beside(code, TABLES)
        if path.exists():
            data.files[path] = 0, ""
            if str(path) in damaged:
                raise damaged[str(path)]
            for other in (*blocks.values(), *pair.values()):
                self.fault(
                    f"{path} is netCDF",
                    other.where,
                    "remove it, or give imports_use and inflow_use in that file.",
                )
            return _as_labelled(read_dataset(path)), str(path)
        lists = data.column("sectors", "sector"), data.column("final_demand", "category")
        unit = str(data.info.get("unit", ""))
        if pair:
            place = next(iter(pair.values())).where
            return self.from_pair(name, pair, blocks, (*lists, unit)), place
        if (cells := self.cells(name, sheet)) is not None:
            self.names(cells)
            table = province_from_cells(cells, *lists, unit, self.lines.of(code or name))
            if blocks or self.home:
                table = with_blocks(
                    table, blocks, home=self.home, nation=not code, where=cells.where
                )
            return table, cells.where
        nation = data.national
        if code and len(data.codes) == 1 and nation is not None and not any_province:
            flows = dict.fromkeys(("outflow", "inflow"), xr.zeros_like(nation["exports"]))
            return nation.assign(flows), data.io_places[""]  # the nation is the province
        if code and not (data.folder / f"{name}.csv").exists() and sheet.lower() not in self.sheets:
            self.missing(name, sheet=sheet, other=f"{name}.nc")
        return None, ""

    def close(self, files: list[Path]) -> None:
        """A fault for every file, and every folder of files, that nothing read."""
        left = [path.relative_to(self.data.folder) for path in files if path not in self.data.files]
        nation, by_code, forms = (
            ((), (), ())
            if self.data.given
            else (NATIONAL, ("provinces", *schemas.BY_PROVINCE), (*BLOCKS, *TABLES))
        )
        known = [
            *(f"{name.replace(' ', '.')}.csv" for name in [*self.data.schemas, "dataset", *nation]),
            "boundaries.geojson",
            "dataset.json",
            *(f"{name}/{code}.csv" for name in by_code for code in self.data.codes),
            *(f"provinces/{code}.{form}.csv" for code in self.data.codes for form in forms),
        ]
        if (
            self.data.faults
        ):  # a table may be unread because another one, or its own content, is at fault
            tables = {*known, *(name.replace(".csv", ".nc") for name in known)}
            read = {path.relative_to(self.data.folder).with_suffix("") for path in self.data.files}
            left = [
                path
                for path in left
                if path.as_posix() not in tables or path.with_suffix("") in read
            ]
        for place in dict.fromkeys(
            path.parts[0] if path.parts[0] not in by_code else path.as_posix() for path in left
        ):
            count = sum(path.parts[0] == place for path in left)
            folder = (self.data.folder / place).is_dir()
            names = {name.lower(): name for name in (by_code if folder else known)}
            near = "".join(names[one] for one in get_close_matches(place.lower(), names, n=1))
            hint = f" (did you mean {near}?)" if near else ""
            hint = " (the table is read in another form, beside it)" if near == place else hint
            self.data.faults.append(
                stray_file_fault(
                    self.data.folder / place,
                    hint,
                    f"folder of {count} file{'s' if count > 1 else ''}" if folder else "file",
                )
            )

    def trade(self) -> None:
        """Foreign and domestic trade apart in every table (`printed_trade`)."""
        sectors = self.data.column("sectors", "sector")
        uses = [*sectors, *self.data.column("final_demand", "category")]
        if not all(
            _has_form(table, nation=not code)
            and not any(label_faults(table, {"sector": sectors, "use": uses}, ""))
            for code, table in self.data.io.items()
        ):
            return  # their faults come first
        self.carry_signs()
        if self.data.faults:
            return
        io, places = self.data.io, self.data.io_places
        for code, table in io.items():
            with gather_faults(self.data.faults):
                io[code] = settle_table(table, printed_gaps(table["output"].values), places[code])
        # what a run wrote has it in its tables
        known = None if self.own else self.data.tables.get("foreign_trade")
        done = complete_trade(
            self.data.provinces,
            self.data.national,
            None if known is None else known.frame,
            places,
            self.data.place("foreign_trade"),
        )
        io |= done.tables
        self.data.faults += done.faults
        for code, table in io.items():
            with suppress(DataError):  # what printing does not explain is told by the check
                io[code] = closed_table(table, places[code])
        self.note(*done.notes)

    def carry_signs(self) -> None:
        """Carry final demand below 0 of every table as stock changes."""
        stocks = self.data.stocks
        carried: xr.DataArray | None = None
        for code, table in self.data.io.items() if len(stocks) == 1 else ():
            place, signed = self.data.io_places[code], table["total_use"]
            table = with_signs_in_stocks(table, stocks[0], place, None if code else carried)
            moved = (signed - table["total_use"]).where(signed["use"] != stocks[0], 0.0)
            known = 0.0 if carried is None else carried.reindex_like(moved, fill_value=0.0)
            carried = moved + known
            self.data.io[code] = table

    def corrections(self) -> None:
        """The lines of the table `corrections`."""
        if self.has("corrections") and (cells := self.cells("corrections")) is not None:
            self.keep("corrections", [(cells, {})])
            self.lines = Corrections.from_table(cells.where, self.data.tables["corrections"])

    def correct(self, cells: Cells, name: str) -> Cells:
        """A table with its corrected cells: rows by the code in their first column or, where it is
        no code, by their number.
        """
        province = name.removeprefix("provinces/")
        names = (
            *([province] if province != name else []),
            name,
            f"{name}.csv",
            f"province {province}",
        )
        lines = self.lines.of(*names)
        closes = any(line.column == "error" for line in lines.lines)
        if closes and name.startswith(("provinces/", "national")) and "error" not in cells.header:
            rows = [[*row, None] for row in cells.rows]  # the column may be left out
            cells = replace(cells, header=[*cells.header, "error"], rows=rows)
        codes = [text_of(row[0]).strip() for row in cells.rows]
        by_code = {code: k for k, code in enumerate(codes) if codes.count(code) == 1}
        by_number = {str(number): k for k, number in enumerate(cells.numbers)}
        columns = {name: k for k, name in reversed([*enumerate(cells.header)])}
        rows, _, faults = lines.apply(
            cells.rows,
            by_number | by_code,
            columns,
            lambda row, k: f"row {cells.numbers[row]}, column '{cells.header[k]}' of {cells.where}",
            cells.where,
        )
        return replace(cells, rows=rows, faults=(*cells.faults, *faults))

    def corrected(self) -> None:
        """Say what was corrected; a line that no table took is a fault, but where tables are
        netCDF: it is a record there.
        """
        faulty = {fault.where for fault in self.data.faults}
        if not any(place.endswith(".nc") for place in self.data.io_places.values()):
            self.data.lines = self.lines
            left = self.lines.unused(
                "a table of this folder that is a spreadsheet, or the code of a province"
            )
            later = {n.where for n in self.lines.lines if n.file.partition("!")[0] in self.others}
            self.data.faults += [fault for fault in left if fault.where not in faulty | later]
        self.note(*self.lines.say())

    def with_product_taxes(self, table: xr.Dataset, place: str) -> xr.Dataset:
        """Mark the items of value added that are taxes on products, as dataset.json names them."""
        taxes = self.data.info.get("product_taxes") or []
        if not taxes or "value_added" not in table or "item" not in table.coords:
            return table
        items = [*map(str, table["item"].values)]
        for name in [name for name in taxes if name not in items]:
            self.fault(
                f"key 'product_taxes' names '{name}'; expected an item of value added "
                f"({', '.join(items)})",
                place,
                "name the row as the tables do.",
            )
        return table.assign(
            value_added=table["value_added"].assign_attrs(product_taxes=";".join(map(str, taxes)))
        )

    def from_pair(
        self,
        name: str,
        pair: dict[str, Cells],
        blocks: dict[str, Cells],
        lists: tuple[list[str], list[str], str],
    ) -> xr.Dataset:
        """A symmetric table from supply and use tables, which stand in its place; `lists`: sectors,
        categories, unit of money.
        """
        for other in blocks.values():
            self.fault(
                "use by source beside supply and use tables is not read",
                other.where,
                "give a symmetric table with it.",
            )
        if (cells := self.cells(name, name.replace("provinces/", "province "))) is not None:
            self.fault("there are supply and use tables as well", cells.where, "keep one of them.")
        if self.home:
            self.fault(
                "import_mode is 'home', but supply and use tables hold total use",
                self.data.info_place,
            )
        lines = self.lines.of(f"{name.removeprefix('provinces/')}.use")
        table = from_supply_and_use(pair, *lists, self.model, lines)
        self.note(
            f"Input-output tables from supply and use tables by model {self.model}: "
            f"{MODELS.get(self.model or '', '')}."
        )
        return table

    def note(self, *notes: str) -> None:
        """Add what the dataset is to say, once, where its notes are a list."""
        said = self.data.info.get("notes", [])
        if isinstance(said, list) and notes:
            self.data.info["notes"] = [*said, *(note for note in notes if note not in said)]

    def beside(self, code: str, forms: Iterable[str]) -> dict[str, Cells]:
        """Tables of these forms beside (or in place of) the table of a province, or of the nation
        ("").
        """
        found = {}
        for name in forms:
            file, sheet = (
                (f"provinces/{code}.{name}", f"{name} {code}")
                if code
                else (f"national.{name}", f"national {name}")
            )
            if (cells := self.cells(file, sheet)) is not None:
                found[name] = cells
        return found

    def names(self, cells: Cells) -> None:
        """Say where the names beside the codes of a table are not those of sectors.csv."""
        column = next((k for k, name in enumerate(cells.header) if name.lower() == "name"), None)
        if column is not None:
            codes, names = (self.data.column("sectors", name) for name in ("sector", "name"))
            listed = {code: [name] for code, name in zip(codes, names, strict=True)}
            printed = {
                code: [row[column]]
                for row in cells.rows
                if (code := text_of(row[0]).strip()) in listed and row[column]
            }
            warn_of_names(cells.where, printed, listed, "sectors.csv")


def _has_form(table: xr.Dataset, *, nation: bool) -> bool:
    """Whether a table has all variables of the contract, or totals in the place of two, as numbers
    along its dimensions.
    """
    covered = {part for total, parts in TOTALS.items() if total in table for part in parts}
    needed = {
        name
        for name, variable in VARIABLES.items()
        if (variable.nation or not nation) and not variable.optional
    } - covered
    dims = {
        name: VARIABLES[name].dims if name in VARIABLES else ("sector",)
        for name in map(str, table.data_vars)
    }
    return needed <= set(dims) and all(
        table[name].dtype.kind in "fiu" and set(table[name].dims) == set(dims[name])
        for name in dims
    )


def _province_of(path: Path) -> str:
    """The province that the name of a table in provinces/ says: `P1` of P1.csv, P1.nc and
    P1.imports.csv.
    """
    name, _, form = path.stem.rpartition(".")
    return name if form in (*BLOCKS, *TABLES) else path.stem


def _as_labelled(table: xr.Dataset) -> xr.Dataset:
    """Labels of a netCDF file that holds them as numbers are codes all the same; units of money in
    the standard spelling; whole numbers are numbers like others.
    """
    for name, variable in [*table.data_vars.items()]:
        if "units" in variable.attrs:
            variable.attrs["units"] = standard_unit(str(variable.attrs["units"]))
        if variable.dtype.kind in "iu":
            table[name] = variable.astype(float)
    return table.assign_coords(
        {
            name: [*map(str, labels.values)]
            for name, labels in table.coords.items()
            if labels.dtype.kind in "iuf" and labels.dims == (name,)
        }
    )


def _in_standard_spelling(info: dict) -> dict:
    """dataset.json with its units in the one spelling that tables carry."""
    spelt = {"unit": standard_unit(info["unit"])} if isinstance(info.get("unit"), str) else {}
    spelt |= (
        {"emission_unit": EMISSIONS}
        if conversion_factor(info.get("emission_unit"), EMISSIONS) == 1
        else {}
    )
    return {**info, **spelt}


def _warn_of_guesses(cells: Cells) -> None:
    """Say that rows hold guesses: their notes begin with `CONFIRM`."""
    if "note" not in cells.header:
        return
    column = cells.header.index("note")
    notes = [text for row in cells.rows if (text := text_of(row[column])).startswith(CONFIRM)]
    if notes:
        warn(
            where=cells.where,
            what=f"guesses to {CONFIRM}",
            value=f"{len(notes)} of {len(cells.rows)} rows; the first: {notes[0]}",
            expectation="values that somebody has looked at",
            effect="They are used as they are. Fix: correct them, and clear their notes.",
        )


def _setting(name: str, cell: object) -> Any:
    """A value of the table `dataset` with the type it has in dataset.json."""
    text = text_of(cell).strip()
    parts = [part.strip() for part in text.split(";") if part.strip()]
    if name == "sources":
        return [{"file": part, "sha256": "", "url": "", "terms": ""} for part in parts]
    if name in ("notes", "product_taxes"):
        return parts
    if name == "words":
        levels = [part.partition(":") for part in parts]
        return {level.strip(): [one.strip() for one in of.split("/")] for level, _, of in levels}
    if name == "synthetic":
        return {"true": True, "false": False, "yes": True, "no": False}.get(text.lower(), text)
    if name == "year" and re.fullmatch(r"\d{1,6}", text, re.ASCII):
        return int(text)
    if name == "usd_rate":
        with suppress(ValueError):
            return number_of(text)
    return text


def complete_lists(tables: dict[str, Table], folder: Path) -> list[DataError]:
    """Add what the folder leaves out: without a list of inventory sectors, they are the sectors of
    the table.

    A sector that sectors.csv marks as `key` is a key sector under its own code. The column `status`
    of emissions is filled in.

    Parameters
    ----------
    tables
        Those that were read, by name; they are added to.

    Returns
    -------
    list of DataError
        One of the two lists is there without the other.
    """
    emissions = tables.get("emissions")
    if emissions is not None:
        emissions.frame["status"] = (
            emissions.frame["status"].fillna("").replace("", schemas.EMISSION_STATUS[0])
        )
    there = [name for name in LISTS_OF_EMISSIONS if name in tables]
    if len(there) == 1:
        missing = next(name for name in LISTS_OF_EMISSIONS if name not in there)
        return [
            DataError(
                f"the file is missing, and there is {there[0]}",
                where=str(folder / f"{missing}.csv"),
                fix="give both lists, or neither: inventory sectors are the sectors of the table "
                "then.",
            )
        ]
    if there or "sectors" not in tables:
        return []
    sectors, places = tables["sectors"].frame, tables["sectors"].places
    columns = {
        "inventory_sector": sectors["sector"],
        "name": sectors["name"],
        "kind": "production",
        "residence": "",
    }
    listed = pd.DataFrame({**columns, "key": np.where(sectors["key"], sectors["sector"], "")})
    if emissions is not None and emissions.frame["sector"].eq(HOUSEHOLDS).any():
        row = int(emissions.frame["sector"].eq(HOUSEHOLDS).idxmax())
        listed.loc[len(listed)] = [HOUSEHOLDS, "Households", "household", "", ""]
        places = [*places, emissions.places[row]]
    bridge = pd.DataFrame(
        {"inventory_sector": sectors["sector"], "sector": sectors["sector"]}, dtype=str
    )
    tables["inventory_sectors"] = Table(listed.astype(str), places)
    tables["bridge"] = Table(bridge, tables["sectors"].places)
    return []


#: What tells one observed quantity of a region from another.
OBSERVED = ("quantity", "sectors", "category", "measure", "extra")


def _of_year(cells: Cells, year: Any) -> Cells:
    """Observations of the year, blank or named in a column `year`; of a region that lacks one, its
    own of the nearest year, `imputed` (:func:`..own_years.own_years`).
    """
    if "year" not in cells.header or not isinstance(year, int):
        return cells
    rows = [dict(zip(cells.header, row, strict=True)) for row in cells.rows]
    table = pd.DataFrame([[text_of(row[name]).strip() for name in row] for row in rows])
    table = table.reindex(columns=range(len(cells.header))).set_axis(cells.header, axis=1)
    when = pd.to_numeric(table["year"].mask(table["year"] == "", str(year)), errors="coerce")
    faults = [
        DataError(
            f"row {cells.numbers[k]}: '{table['year'][k]}' is no year",
            where=cells.where,
            fix=f"write a year, such as {year}, or leave the cell blank.",
        )
        for k in np.flatnonzero(when % 1 != 0)
    ]
    what, apart = ([n for n in names if n in table] for names in (OBSERVED, ("unit",)))
    chosen = table.assign(away=0)
    if len(table) and not faults and {"region", "value"} <= {*table}:
        chosen = own_years(table.assign(year=when), year, "region", what, cells.where, apart)
    for k in chosen.index[chosen["away"] > 0]:
        with suppress(ValueError):  # what is no number is told by the rules of the table
            rows[k]["value"] = float(table["value"][k]) * chosen.at[k, "growth"]
        rows[k]["status"] = "imputed"
    header = [name for name in cells.header if name != "year"]
    found = [[rows[k].get(name) for name in header] for k in chosen.index]
    numbers = [cells.numbers[k] for k in chosen.index]
    both = (*cells.faults, *faults)
    return replace(cells, header=header, rows=found, numbers=numbers, faults=both)
