"""A dataset folder read whole, in the form of the contract or as spreadsheets, with every fault of its files.

A table is ``<table>.csv`` or the sheet ``<table>`` of a workbook (.xlsx) in the folder. Tables by province are
one such table with a column `province` (inventories) or `region` (observations, extras, city inventories), or
``<table>/<province>.csv``.
Input-output tables are ``provinces/<province>.nc``, ``provinces/<province>.csv`` or the sheet ``province <province>``;
the national one is called `national`. Use by source may stand beside them: ``provinces/<province>.imports.csv`` and
``.inflow.csv``, or the sheets ``imports <province>`` and ``inflow <province>`` (``national.imports.csv``, ``national imports``).
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import xarray as xr

from ...base.errors import CityMRIOError, DataError
from ...base.files import files_below, netcdf_faults
from ...base.labels import read_dataset, read_json
from ...base.money import standard
from ...base.vocabulary import PRICES
from ..cells import Cells, number_of, read_csv, read_sheet, text_of
from ..io_blocks import BLOCKS, with_blocks
from ..io_cells import province_from_cells
from ..printed_names import warn_of_names
from ..workbook import Workbook
from . import tables as schemas
from .intensity_units import in_money
from .tables import Table, read_table_cells

#: Keys of dataset.json and what they say.
KEYS = {
    "name": "name of the country or data set",
    "year": "year of all data and of the prices, 1900 to 2100; the one of the configuration",
    "currency": "code of three letters such as EUR",
    "unit": "unit of all money: a power of ten of the currency, such as 10^6 EUR, million EUR, 1000 EUR or EUR",
    "emission_unit": "unit of all emissions: t CO2",
    "price_basis": f"prices of the tables: {', '.join(PRICES)}; more words may follow (purchasers' prices of 2015)",
    "usd_rate": "units of the currency per US dollar, above 0 (1 for USD)",
    "synthetic": "true or false: figures say so where the data are invented",
    "import_mode": "total: uses include imports and inflows (spreadsheets also home: tables of home products, with imports and "
    "inflow in tables beside them)",
    "sources": "list of {file, sha256, url, terms}",
    "notes": "list of texts for readers",
    "counts": "keys and values: regions, cities, data observed, imputed and modelled",
    "has_truth": "true or false: whether the folder `truth` is there (synthetic countries)",
}
#: Keys that no spreadsheet gives.
MADE = ("counts", "has_truth")
#: What a spreadsheet's table `dataset` (key, value) may leave out.
DEFAULTS: dict[str, Any] = {
    "emission_unit": "t CO2",
    "price_basis": "not stated",
    "synthetic": False,
    "import_mode": "total",
    "sources": [],
    "notes": [],
    "counts": {},
    "has_truth": False,
}
#: Beginnings of the names of sheets that hold a table of a province.
BY_CODE = ("province ", *(f"{name} " for name in BLOCKS))
#: Sheets of a workbook whose names begin so are not read.
NOTES = ("#", "note", "read me", "readme")
FIX = "see docs/bring-your-own-data.md for the files of a dataset."


@dataclass
class InputFolder:
    """What is in a folder.

    Attributes
    ----------
    tables
        regions, sectors, final_demand, inventory_sectors, bridge, fuels, benchmarks, and those of observations, extras,
        inventory, inventory_city, inventory_national that are there; `inventory` with a column `province`.
    provinces, national
        Input-output tables.
    io_places
        File (or sheet) of every input-output table, by province; the national one under "".
    info, info_place
        dataset.json.
    boundaries
        Path of boundaries.geojson, None without.
    faults
        Everything that cannot be read or does not keep the form of its table.
    """

    folder: Path
    tables: dict[str, Table] = field(default_factory=dict)
    provinces: dict[str, xr.Dataset] = field(default_factory=dict)
    national: xr.Dataset | None = None
    io_places: dict[str, str] = field(default_factory=dict)
    info: dict = field(default_factory=dict)
    info_place: str = ""
    boundaries: Path | None = None
    faults: list[CityMRIOError] = field(default_factory=list)

    def whole(self, table: str) -> bool:
        """Whether a table was read without losing a row or a code: only then it can judge codes elsewhere."""
        return table in self.tables and self.tables[table].whole

    def column(self, table: str, name: str) -> list[str]:
        """A column of a table, empty where the table could not be read."""
        return self.tables[table].frame[name].tolist() if table in self.tables else []

    @property
    def codes(self) -> list[str]:
        """Province codes of regions.csv, sorted."""
        return sorted(set(self.column("regions", "province")) - {""})

    def place(self, table: str) -> str:
        """File (or sheet) of a table, for messages about the whole of it."""
        found = self.tables.get(table)
        return found.places[0][0] if found and found.places else str(self.folder / f"{table}.csv")


def read_folder(folder: str | Path, *, own: bool = False, made: Container[str] = ()) -> InputFolder:
    """Read a dataset folder; faults are collected, not raised.

    Parameters
    ----------
    own
        The folder was written by this program just now: its netCDF files need not be tried in another process first.
    made
        Tables that the caller makes and the folder does not hold; `provinces` stands for all input-output tables.
    """
    reader = _Reader(InputFolder(Path(folder)), own)
    if not reader.data.folder.is_dir():
        reader.data.faults.append(DataError("there is no such folder", where=str(folder), fix="name the folder of the dataset."))
        return reader.data
    reader.data.faults += files_below(folder)[1]
    if reader.data.faults:  # what cannot be read would be taken for absent
        return reader.data
    reader.workbooks()
    reader.info()
    reader.home = reader.data.info.get("import_mode") == "home"
    for name in (name for name in schemas.BY_NAME if name not in made):
        if name in schemas.BY_PROVINCE:
            reader.by_province(name)
        else:
            reader.table(name)
    if "provinces" not in made:
        reader.io_tables()
    path = reader.data.folder / "boundaries.geojson"
    reader.data.boundaries = path if path.exists() else None
    return reader.data


class _Reader:
    def __init__(self, data: InputFolder, own: bool):
        self.data, self.own, self.unread, self.home = data, own, False, False
        self.sheets: dict[str, tuple[list[list[Any]], str]] = {}

    def workbooks(self) -> None:
        """Sheets of all workbooks of the folder, by name in lower case."""
        for path in sorted(self.data.folder.glob("*.xls*")):
            if path.name.startswith(("~$", ".")):
                continue
            try:
                with Workbook(path) as book:
                    for name in book.sheet_names:
                        self.sheet(book, name)
            except CityMRIOError as error:
                self.unread = True
                self.data.faults.append(
                    DataError(error.message, where=error.where, fix="save it anew as .xlsx, without a password.")
                )
        known = {name.replace("_", " ") for name in [*schemas.BY_NAME, "dataset", "national", "national imports"]}
        for key, (_, where) in self.sheets.items():
            if key not in known and not key.startswith(BY_CODE):
                names = [*sorted(known), *(f"{name}<code>" for name in BY_CODE)]
                self.fault("the dataset has no table of this name", where, f"call it one of {', '.join(names)}.")

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
        try:
            if path.exists():
                return read_csv(path)
            return read_sheet(*in_book) if in_book else None
        except CityMRIOError as error:
            self.data.faults.append(error)
        return None

    def has(self, name: str) -> bool:
        return (self.data.folder / f"{name}.csv").exists() or name.replace("_", " ") in self.sheets

    def missing(self, name: str, *, sheet: str | None = None, other: str = "", fix: str = "") -> None:
        """A table that is nowhere: as `<name>.csv`, as a sheet, in its `other` form. It may be in a workbook that is not read."""
        if sheet and self.unread:
            return
        forms = [*([f"the sheet '{sheet}' of a workbook"] if sheet else []), *([other] if other else [])]
        also = f", and so {'is' if len(forms) == 1 else 'are'} {' and '.join(forms)}" if forms else ""
        self.fault(f"the file is missing{also}", str(self.data.folder / f"{name}.csv"), fix or FIX)

    def info(self) -> None:
        path = self.data.folder / "dataset.json"
        self.data.info_place = str(path)
        if path.exists():
            try:
                value = read_json(path)
                if not isinstance(value, dict):
                    raise DataError(f"is {type(value).__name__}; expected keys and values", where=str(path), fix=FIX)
            except CityMRIOError as error:
                self.data.faults.append(error)
                return
            self.data.info = _in_standard_spelling(value)
            for key in KEYS:
                if key not in value:
                    self.fault(f"key '{key}' is missing", str(path), "see docs/contracts.md.")
            return
        if not self.has("dataset"):
            self.missing("dataset", sheet="dataset", other="dataset.json")
            return
        cells = self.cells("dataset")
        if cells is None:
            return
        self.data.info_place = cells.where
        self.data.faults += cells.faults
        if not {"key", "value"} <= set(cells.header):
            self.fault(f"expected the columns 'key' and 'value', there are: {', '.join(cells.header)}", cells.where)
            return
        keys, values = cells.header.index("key"), cells.header.index("value")
        given: dict[str, Any] = {}
        free = [key for key in KEYS if key not in MADE]
        for row, number in zip(cells.rows, cells.numbers, strict=True):
            name = text_of(row[keys]).strip()
            if name not in free or name in given:
                state = "appears twice" if name in given else f"is unknown; expected one of {', '.join(free)}"
                self.fault(f"row {number}, key '{name}' {state}", cells.where)
                continue
            given[name] = _setting(name, row[values])
        for name in KEYS:
            if name not in given and name not in DEFAULTS:
                self.fault(f"key '{name}' is missing", cells.where)
        self.data.info = _in_standard_spelling(DEFAULTS | given)

    def table(self, name: str) -> None:
        if not self.has(name):
            if name not in schemas.OPTIONAL:
                self.missing(name, sheet=name.replace("_", " "))
            elif name == "fuels" and not self.unread:  # inventories in t CO2 need none
                self.keep(name, [])
            return
        cells = self.cells(name)
        if cells is not None:
            self.keep(name, [(cells, {})])

    def keep(self, name: str, parts: list[tuple[Cells, dict[str, str]]]) -> None:
        table, faults = read_table_cells(parts, schemas.BY_NAME[name])
        self.data.faults += faults
        if name == "benchmarks":
            table = replace(table, frame=in_money(table.frame, self.data.info.get("unit", "")))
        elif name == "observations":
            table = replace(table, frame=table.frame.assign(unit=table.frame["unit"].map(standard)))
        self.data.tables[name] = table

    def by_province(self, name: str) -> None:
        """Rows of all provinces under one another; `inventory` with the province in a column."""
        folder = self.data.folder / name
        parts: list[tuple[Cells, dict[str, str]]] = []
        if self.has(name):
            cells = self.cells(name)
            parts += [(cells, {})] if cells is not None else []
        unknown = sorted(
            p.name for p in folder.glob("*") if p.is_file() and not p.name.startswith((".", "~")) and p.suffix != ".csv"
        )
        if unknown:
            self.fault("the file is not a table of a province", str(folder / unknown[0]), "save it as <province>.csv.")
        for path in sorted(folder.glob("*.csv")):
            if path.stem not in self.data.codes and "regions" in self.data.tables:
                self.fault(
                    f"is the table of '{path.stem}', which is not a province of regions.csv",
                    str(path),
                    "add the province to regions.csv, or remove the file.",
                )
                continue
            try:
                parts.append((read_csv(path), {"province": path.stem} if name == "inventory" else {}))
            except CityMRIOError as error:
                self.data.faults.append(error)
        if name == "observations" and not self.has(name):
            absent = [code for code in self.data.codes if not (folder / f"{code}.csv").exists()]
            if absent and len(absent) == len(self.data.codes):
                self.missing(name, sheet=name, other=f"{name}/{absent[0]}.csv")
            else:
                for code in absent:
                    self.missing(f"{name}/{code}", fix="give every province its file; one without rows is welcome.")
        if not parts:
            return
        self.keep(name, parts)
        if name != "inventory":
            self.own_regions(name, parts)

    def own_regions(self, name: str, parts: list[tuple[Cells, dict[str, str]]]) -> None:
        """The file of a province holds regions of that province only."""
        table = self.data.tables[name]
        owner = dict(zip(self.data.column("regions", "region"), self.data.column("regions", "province"), strict=True))
        for row, (where, _) in enumerate(table.places):
            path = Path(where)
            region = table.frame["region"].iloc[row]
            if path.parent.name == name and region in owner and owner[region] != path.stem:
                self.data.faults.append(
                    table.fault(
                        row,
                        f"region '{region}' belongs to province '{owner[region]}'; expected one of '{path.stem}'",
                        "move the row to the file of its province.",
                    )
                )

    def io_tables(self) -> None:
        sectors, categories = self.data.column("sectors", "sector"), self.data.column("final_demand", "category")
        folder = self.data.folder / "provinces"
        files = [p for p in folder.glob("*") if p.suffix in (".nc", ".csv") and not p.name.startswith(".")]
        found = {_province_of(path) for path in files}
        found |= {key.partition(" ")[2] for key in self.sheets if key.startswith(BY_CODE)}
        codes = self.data.codes
        tables = [folder / f"{code}.nc" for code in codes]
        damaged = {} if self.own else netcdf_faults([*tables, self.data.folder / "national.nc"])
        lower = {code.lower(): code for code in codes}
        for extra in sorted(found - set(codes) - set(lower)) if "regions" in self.data.tables else ():
            self.fault(
                f"there is a table of province '{extra}', which has no region in regions.csv",
                str(folder / extra),
                "add its regions to regions.csv, or remove the table.",
            )
        if not (sectors and categories):
            return
        if self.home and not any(p.suffix == ".nc" for p in files):
            self.data.info = self.data.info | {"import_mode": "total"}  # what the tables are as they are read
        for code in ["", *codes]:
            name, sheet = (f"provinces/{code}", f"province {code}") if code else ("national", "national")
            path = self.data.folder / f"{name}.nc"
            table: xr.Dataset | None
            try:
                if str(path) in damaged:
                    raise damaged[str(path)]
                blocks = self.blocks(code)
                if path.exists():
                    table, place = _as_labelled(read_dataset(path)), str(path)
                    for block in blocks.values():
                        self.fault(f"{place} is netCDF", block.where, "give imports_use and inflow_use in that file.")
                elif (cells := self.cells(name, sheet)) is not None:
                    table, faults = province_from_cells(cells, sectors, categories, str(self.data.info.get("unit", "")))
                    self.data.faults += faults
                    self.names(cells)
                    place = cells.where
                    if table is not None and (blocks or self.home):
                        table, faults = with_blocks(table, blocks, home=self.home, nation=not code, where=place)
                        self.data.faults += faults
                elif code and len(codes) == 1 and self.data.national is not None and not found:  # the nation is the province
                    flows = dict.fromkeys(("outflow", "inflow"), xr.zeros_like(self.data.national["exports"]))
                    table, place = self.data.national.assign(flows), self.data.io_places[""]
                elif code and not (self.data.folder / f"{name}.csv").exists() and sheet.lower() not in self.sheets:
                    self.missing(name, sheet=sheet, other=f"{name}.nc")
                    continue
                else:
                    continue
            except CityMRIOError as error:
                self.data.faults.append(error)
                continue
            if table is None:
                continue
            self.data.io_places[code] = place
            if code:
                self.data.provinces[code] = table
            else:
                self.data.national = table

    def blocks(self, code: str) -> dict[str, Cells]:
        """Use by source beside the table of a province (or of the nation, "")."""
        found = {}
        for name in BLOCKS if code else ("imports",):
            file, sheet = (f"provinces/{code}.{name}", f"{name} {code}") if code else (f"national.{name}", f"national {name}")
            if (cells := self.cells(file, sheet)) is not None:
                found[name] = cells
        return found

    def names(self, cells: Cells) -> None:
        """Say where the names beside the codes of a table are not those of sectors.csv."""
        column = next((k for k, name in enumerate(cells.header) if name.lower() == "name"), None)
        if column is not None:
            listed = dict(zip(self.data.column("sectors", "sector"), self.data.column("sectors", "name"), strict=True))
            printed = {code: [row[column]] for row in cells.rows if (code := text_of(row[0]).strip()) in listed and row[column]}
            warn_of_names(cells.where, printed, {code: [name] for code, name in listed.items()}, "sectors.csv")


def _province_of(path: Path) -> str:
    """The province that the name of a table in provinces/ says: `P1` of P1.csv, P1.nc and P1.imports.csv."""
    name, _, form = path.stem.rpartition(".")
    return name if form in BLOCKS else path.stem


def _as_labelled(table: xr.Dataset) -> xr.Dataset:
    """Labels of a netCDF file that holds them as numbers are codes all the same; units of money in the standard spelling."""
    for variable in table.data_vars.values():
        if "units" in variable.attrs:
            variable.attrs["units"] = standard(str(variable.attrs["units"]))
    numbers = [name for name in ("sector", "use", "item") if name in table.coords and table[name].dtype.kind in "iuf"]
    return table.assign_coords({name: [*map(str, table[name].values)] for name in numbers if table[name].dims == (name,)})


def _in_standard_spelling(info: dict) -> dict:
    """dataset.json with its unit of money in the one spelling that tables carry."""
    return {**info, "unit": standard(info["unit"])} if isinstance(info.get("unit"), str) else info


def _setting(name: str, cell: object) -> Any:
    """A value of the table `dataset` with the type it has in dataset.json."""
    text = text_of(cell).strip()
    if name in ("sources", "notes"):
        parts = [part.strip() for part in text.split(";") if part.strip()]
        return [{"file": part, "sha256": "", "url": "", "terms": ""} for part in parts] if name == "sources" else parts
    if name == "synthetic":
        return {"true": True, "false": False, "yes": True, "no": False}.get(text.lower(), text)
    if name == "year" and re.fullmatch(r"\d{1,6}", text, re.ASCII):
        return int(text)
    if name == "usd_rate":
        try:
            return number_of(text)
        except ValueError:
            return text
    return text
