"""A dataset folder to fill in, and a toy example that runs: `make dataset-template DIR=mydata`
(docs/bring-your-own-data.md).

mydata/config.yaml        a configuration; it runs the example until `raw_dir` names your own folder
mydata/example/           the toy country as CSV files       mydata/example_workbook/   the same as
one workbook mydata/csv/               empty tables with comments         mydata/workbook/
the same as one workbook
"""

import argparse
import csv
import io
import json
import re
import shlex
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandera.pandas as pa

from ...base.errors import CityMRIOError, DataError
from ...base.labels import write_atomic, write_text
from ..contract.folder import DEFAULTS, KEYS, MADE, OF_SHEETS, OPTIONAL_KEYS
from ..contract.io_cells import ACCOUNTS
from ..contract.tables import BY_NAME, MONEY, OPTIONAL

#: The toy country: its tables as rows, the header first, and its polygons.
EXAMPLE = Path(__file__).parent / "data/example"
INVENTORIES = ("inventory", "inventory_city", "inventory_national")
#: Columns that the example leaves out: all that is observed are amounts, all is of one year.
LEFT_OUT = (
    ("observations", "measure"),
    ("extras", "measure"),
    ("benchmarks", "year"),
    *((name, "status") for name in INVENTORIES),
)
#: Columns of every table.
HEADERS = {"dataset": ["key", "value"]} | {
    name: [column for column in schema.columns if (name, column) not in LEFT_OUT]
    for name, schema in BY_NAME.items()
}


def example_tables() -> dict[str, list[list[Any]]]:
    """Every table of the toy country as rows, the header first; input-output tables are
    `provinces/<p>`, `national`.
    """
    return json.loads((EXAMPLE / "tables.json").read_text(encoding="utf-8"))


#: What the input-output tables are, as spreadsheets; other tables: their schemas.
NOTES: dict[str, tuple[str, ...]] = {
    "national": (
        "The national table: as a province, without outflow and inflow. Needed for "
        "provinces.calibrate: national.",
    ),
    "province": (
        "One table per province: products (rows) by uses (columns), total use, imports and "
        "inflows included; money in one unit.",
        "Rows: uses + exports - imports + outflow - inflow + error = output. Below the products "
        "one row per item of value added.",
        "Columns: inputs + value added = output. Leave exports and imports, or outflow and "
        "inflow, blank if not reported.",
        "Products from abroad and from other provinces by use, or supply and use tables: see "
        "docs/bring-your-own-data.md.",
    ),
}
#: Columns whose codes other tables refer to.
CODE_COLUMNS = ("region", "province", "sector", "category", "inventory_sector", "fuel")
IO_HEADER = ["sector", "<sector 1>", "<sector 2>", "<category 1>", "<category 2>", *ACCOUNTS]
CONFIG = """\
# A run on your own data. Every key: config/README.md. Check it before running: make check-data
# CONFIG={path}
run: {run}

dataset:
  kind: user
  # The toy example. When you have filled in {folder}/csv (or the workbook in {folder}/workbook),
  # name that folder instead.
  raw_dir: {folder}/example
  year: 2020

groups:
  clusters: 3  # structure types: at most as many as there are cities
"""


def write_template(folder: str | Path) -> list[Path]:
    """Write the empty folder, the example and a configuration; returns the files.

    Raises
    ------
    DataError
        The folder is there already and not empty.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(
            "is there already",
            where=str(folder),
            fix="name a folder that is not there yet: DIR=...",
        )
    empty = {name: _commented(notes(name)) + [header] for name, header in HEADERS.items()}
    empty["provinces/P1"] = _commented(NOTES["province"]) + [IO_HEADER]
    empty["national"] = _commented(NOTES["national"]) + [
        [name for name in IO_HEADER if name not in ("outflow", "inflow")]
    ]
    filled = {
        name: _commented(
            NOTES["province"] if name.startswith("provinces/") else NOTES.get(name) or notes(name)
        )
        + rows
        for name, rows in example_tables().items()
    }
    for tables, csv_folder, book in (
        (empty, "csv", "workbook"),
        (filled, "example", "example_workbook"),
    ):
        for name, rows in tables.items():
            write_rows(rows, folder / csv_folder / f"{name}.csv")
        _write_workbook(tables, folder / book / "dataset.xlsx")
    text = (EXAMPLE / "boundaries.geojson").read_text(encoding="utf-8")
    for name in ("example", "example_workbook"):
        write_text(text, folder / name / "boundaries.geojson")
    run = re.sub(r"[^A-Za-z0-9_.-]+", "_", folder.name).lstrip("_.-") or "mydata"
    shown = json.dumps(str(folder), ensure_ascii=False)[1:-1]
    content = CONFIG.format(run=run, folder=shown, path=folder / "config.yaml")
    content = content.replace(f"raw_dir: {shown}/example", f'raw_dir: "{shown}/example"')
    write_text(content, folder / "config.yaml")
    return [path for path in folder.rglob("*") if path.is_file()]


def notes(table: str) -> list[str]:
    """What a table holds in lines of at most 120 characters, for the comments of an empty one."""
    if table == "dataset":
        texts = [
            "About the dataset, one key a row; several sources or notes with ; between. Keys "
            "that may be left out have (*)."
        ]
        texts += [
            f"{key}{' (*)' if key in DEFAULTS or key not in KEYS else ''}: {meaning}"
            for key, meaning in {**KEYS, **OPTIONAL_KEYS, **OF_SHEETS}.items()
            if key not in MADE
        ]
    else:
        schema = BY_NAME[table]
        optional = " Optional: remove this table if you have none." if table in OPTIONAL else ""
        texts = [f"{schema.description}{optional}"]
        for name, _, unit, values, _, meaning in (
            described_column(name, column) for name, column in schema.columns.items()
        ):
            of = "" if unit == "-" else f" ({MONEY})" if unit == MONEY else f" ({unit})"
            texts.append(f"{name}{of}: {meaning}{'' if values == '-' else f'; {values}'}")
    return [
        line
        for text in texts
        for line in textwrap.wrap(text.replace("`", ""), 120, subsequent_indent="  ")
    ]


def described_column(name: str, column: pa.Column) -> tuple[str, ...]:
    """Name, type, unit, values, what may lack (cell, column) and meaning of a column."""
    about = column.metadata or {}
    refers = about.get("refers")
    kind = {"float": "number", "bool": "true or false"}.get(
        about["kind"], "code" if refers or name in CODE_COLUMNS else "text"
    )
    values = [
        str(check.error)
        for check in column.checks
        if str(check.error) not in ("text, not blank", "a finite number")
    ]
    if refers:
        also = "".join(f" or `{code}`" for code in about.get("also", ()))
        values.append(
            f"codes of {refers}.csv, joined by ;"
            if about.get("many")
            else f"a code of {refers}.csv{also}"
        )
        values += (
            ["of {2}.csv where {0} is {1}".format(*about["instead"])] if "instead" in about else []
        )
    blank = "column" if not column.required else "cell" if column.nullable else "-"
    return (
        f"`{name}`",
        kind,
        about.get("unit", ""),
        "; ".join(values) or "-",
        blank,
        column.description or "",
    )


def _commented(lines: Sequence[str]) -> list[list[Any]]:
    return [[f"# {line}"] for line in lines]


def write_rows(rows: Sequence[Sequence[Any]], path: Path) -> None:
    """Write rows as CSV."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    write_text(buffer.getvalue(), path)


def _write_workbook(tables: dict[str, list[list[Any]]], path: Path) -> None:
    import datetime

    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name.replace("provinces/", "province "))
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
    book.properties.created = book.properties.modified = datetime.datetime(2020, 1, 1)
    write_atomic(path, book.save)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the template to the folder named by the first argument."""
    parser = argparse.ArgumentParser(
        prog="citymrio template", description="Write a dataset folder to fill in."
    )
    parser.add_argument("folder", type=Path, help="where; it must be new or empty")
    folder = parser.parse_args(arguments).folder
    try:
        written = write_template(folder)
    except (CityMRIOError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(written)} files in {folder}. The toy example runs as it is:")
    config = shlex.quote(str(folder / "config.yaml"))
    if Path("Snakefile").is_file():
        print(
            f"  make check-data CONFIG={config}\n  .venv/bin/snakemake --cores all --configfile "
            f"{config}"
        )
    else:  # the library alone was installed
        print(
            f"  citymrio check {config}\nTables are made in a clone of the project, whose "
            "README says how."
        )
    return 0
