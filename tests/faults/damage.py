"""Ways to damage a dataset folder, one thing at a time: cells, rows, columns, files, sheets,
variables.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl

from citymrio.base.labels import read_dataset, write_dataset

Damage = Callable[[Path], Any]


class Rows:
    """A CSV table under repair: comments, header, rows."""

    def __init__(self, path: Path):
        self.path = path
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
        first = next(k for k, row in enumerate(rows) if row and not row[0].startswith("#"))
        self.comments, self.header, self.rows = rows[:first], rows[first], rows[first + 1 :]

    def save(self) -> None:
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([*self.comments, self.header, *self.rows])
        self.path.write_text(buffer.getvalue(), encoding="utf-8")


def table(name: str, change: Callable[[Rows], Any]) -> Damage:
    def damage(folder: Path) -> None:
        rows = Rows(folder / f"{name}.csv")
        change(rows)
        rows.save()

    return damage


def cell(name: str, row: int, column: str, value: str) -> Damage:
    """Write `value` into a data row (counted from 0)."""

    def change(rows: Rows) -> None:
        rows.rows[row] += [""] * (len(rows.header) - len(rows.rows[row]))
        rows.rows[row][rows.header.index(column)] = value

    return table(name, change)


def scaled(name: str, row: int | None, column: str, factor: float, of: str | None = None) -> Damage:
    """Multiply numbers of a column; only rows whose `quantity` is `of`, if given."""

    def change(rows: Rows) -> None:
        place = rows.header.index(column)
        for k, line in enumerate(rows.rows):
            chosen = (row is None or k == row) and (
                of is None or line[rows.header.index("quantity")] == of
            )
            if chosen and len(line) > place and line[place]:
                line[place] = repr(float(line[place]) * factor)

    return table(name, change)


def all_scaled(name: str, factor: float) -> Damage:
    """Multiply every number of an input-output table."""

    def change(rows: Rows) -> None:
        rows.rows = [
            [line[0], *(repr(float(value) * factor) for value in line[1:])] for line in rows.rows
        ]

    return table(name, change)


def without_row(name: str, row: int) -> Damage:
    return table(name, lambda rows: rows.rows.pop(row))


def twice(name: str, row: int) -> Damage:
    return table(name, lambda rows: rows.rows.insert(row, list(rows.rows[row])))


def with_row(name: str, *values: str) -> Damage:
    return table(name, lambda rows: rows.rows.append(list(values)))


def without_column(name: str, column: str) -> Damage:
    def change(rows: Rows) -> None:
        place = rows.header.index(column)
        for line in [rows.header, *rows.rows]:
            del line[place : place + 1]

    return table(name, change)


def with_column(name: str, column: str, value: str = "1") -> Damage:
    def change(rows: Rows) -> None:
        rows.header.append(column)
        for line in rows.rows:
            line += [""] * (len(rows.header) - 1 - len(line)) + [value]

    return table(name, change)


def renamed(name: str, old: str, new: str) -> Damage:
    def change(rows: Rows) -> None:
        rows.header[rows.header.index(old)] = new

    return table(name, change)


def swapped_rows(name: str, one: int, other: int) -> Damage:
    def change(rows: Rows) -> None:
        rows.rows[one], rows.rows[other] = rows.rows[other], rows.rows[one]

    return table(name, change)


def no_rows(name: str) -> Damage:
    return table(name, lambda rows: rows.rows.clear())


def text(name: str, old: str, new: str) -> Damage:
    """Replace text in a file."""

    def damage(folder: Path) -> None:
        content = (folder / name).read_text(encoding="utf-8")
        assert old in content, (name, old)
        (folder / name).write_text(content.replace(old, new), encoding="utf-8")

    return damage


def content(name: str, data: bytes) -> Damage:
    """Replace the content of a file."""

    def damage(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)

    return damage


def recoded(name: str, encoding: str) -> Damage:
    return lambda folder: (folder / name).write_bytes(
        (folder / name).read_text(encoding="utf-8").encode(encoding)
    )


def removed(name: str) -> Damage:
    return lambda folder: (folder / name).unlink()


def copied(name: str, other: str) -> Damage:
    return lambda folder: (folder / other).write_bytes((folder / name).read_bytes())


def truncated(name: str, share: float = 0.5) -> Damage:
    def damage(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[: int(len(data) * share)])

    return damage


def several(*damages: Damage) -> Damage:
    def damage(folder: Path) -> None:
        for one in damages:
            one(folder)

    return damage


def info(key: str, value: str) -> Damage:
    """Change a key of the table `dataset`."""

    def change(rows: Rows) -> None:
        row = next(line for line in rows.rows if line[0] == key)
        row[1] = value

    return table("dataset", change)


def geometry(region: str, value: Any) -> Damage:
    """Replace the geometry of one polygon."""

    def damage(folder: Path) -> None:
        path = folder / "boundaries.geojson"
        features = json.loads(path.read_text(encoding="utf-8"))
        for feature in features["features"]:
            if feature["properties"]["region"] == region:
                feature["geometry"] = value
        path.write_text(json.dumps(features), encoding="utf-8")

    return damage


def without_polygon(region: str) -> Damage:
    """Take a region out of the boundaries."""

    def damage(folder: Path) -> None:
        path = folder / "boundaries.geojson"
        features = json.loads(path.read_text(encoding="utf-8"))
        features["features"] = [
            f for f in features["features"] if f["properties"]["region"] != region
        ]
        path.write_text(json.dumps(features), encoding="utf-8")

    return damage


def netcdf(name: str, change: Callable) -> Damage:
    """Change a netCDF file through `change(dataset) -> dataset or None`."""

    def damage(folder: Path) -> None:
        data = read_dataset(folder / name)
        data = change(data) or data
        for variable in data.data_vars.values():
            variable.encoding.clear()
        if all("units" in variable.attrs for variable in data.data_vars.values()):
            write_dataset(data, folder / name)
        else:
            data.to_netcdf(folder / name)

    return damage


def netcdf_cell(name: str, variable: str, value: float, **labels: str) -> Damage:
    def change(data) -> None:
        data[variable].loc[labels] = value

    return netcdf(name, change)


def sheet(name: str, change: Callable, book: str = "dataset.xlsx") -> Damage:
    """Change a sheet of the workbook through `change(sheet)`."""

    def damage(folder: Path) -> None:
        workbook = openpyxl.load_workbook(folder / book)
        change(workbook[name])
        workbook.save(folder / book)

    return damage


def header_of(sheet) -> int:
    """Row of the header in a sheet (counted from 1)."""
    return next(
        row
        for row in range(1, sheet.max_row + 1)
        if not str(sheet.cell(row, 1).value).startswith("#")
    )


def sheet_cell(name: str, row: int, column: str, value: Any) -> Damage:
    """Write a cell of a sheet; data rows are counted from 0."""

    def change(sheet) -> None:
        top = header_of(sheet)
        place = next(c.column for c in sheet[top] if c.value == column)
        sheet.cell(top + 1 + row, place).value = value

    return sheet(name, change)
