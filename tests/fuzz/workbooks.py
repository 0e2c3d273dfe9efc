"""Damage to a workbook: cells, formulas, sheets, the sizes that sheets claim, the XML and the bytes
of the archive.
"""

from __future__ import annotations

import datetime
import random
import re
import zipfile
from pathlib import Path

import openpyxl
from openpyxl.chart import BarChart
from openpyxl.styles import Font
from structure import HARMLESS

VALUES = [
    "",
    " ",
    0,
    -1,
    1e308,
    True,
    "1,234",
    "=1+1",
    "=A1",
    "#REF!",
    "#N/A",
    "x",
    "\u200b",
    "1_0",
    "\uff11",
    "x" * 500,
    datetime.datetime(2012, 3, 4),
    datetime.time(1, 2),
    10**20,
    -0.0,
    1e-320,
    "line\nbreak",
    "'1",
    "50%",
]


def damage(folder: Path, _: Path, rng: random.Random) -> str:
    """Damage one workbook in one way; "" where there is none."""
    books = sorted(folder.glob("*.xlsx"))
    if not books:
        return ""
    kinds = [
        (_cell, 30),
        (_lines, 10),
        (_sheet, 8),
        (_claim, 6),
        (_corner, 4),
        (_chart, 3),
        (_xml, 12),
        (_part, 6),
        (_bytes, 12),
    ]
    (change,) = rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])
    return change(rng.choice(books), rng)


def _sheets(path: Path, rng: random.Random):
    book = openpyxl.load_workbook(path)
    return book, rng.choice([sheet for sheet in book.worksheets if sheet.max_row > 1])


def _cell(path: Path, rng: random.Random) -> str:
    book, sheet = _sheets(path, rng)
    cell = sheet.cell(rng.randint(1, sheet.max_row), rng.randint(1, sheet.max_column))
    old = cell.value
    if isinstance(old, int | float) and rng.random() < 0.4:
        cell.value = old * rng.choice([0.5, 2, -1, 1e3, 1e-4])
    else:
        cell.value = rng.choice(VALUES)
    book.save(path)
    return f"{sheet.title}!{cell.coordinate}: {old!r} -> {str(cell.value)[:20]!r}"


def _lines(path: Path, rng: random.Random) -> str:
    book, sheet = _sheets(path, rng)
    what = rng.choice(["insert_rows", "insert_cols", "delete_rows", "delete_cols", "merge"])
    row, column = rng.randint(1, sheet.max_row), rng.randint(1, sheet.max_column)
    if what == "merge":
        sheet.merge_cells(
            start_row=row, end_row=row + 1, start_column=column, end_column=column + 1
        )
    else:
        getattr(sheet, what)(row if what.endswith("rows") else column)
    book.save(path)
    return f"{sheet.title}: {what} at row {row}, column {column}"


def _sheet(path: Path, rng: random.Random) -> str:
    book, sheet = _sheets(path, rng)
    title, what = sheet.title, rng.choice(["remove", "rename", "copy", "empty", "hide"])
    if what == "remove":
        book.remove(sheet)
    elif what == "rename":
        sheet.title = rng.choice(
            ["X", "note", "regions2", "province XX", "dataset2", title[:-1] or "Y"]
        )
    elif what == "copy":
        book.copy_worksheet(sheet).title = rng.choice([f"{title} ", f"{title}2", "note on it"])
    elif what == "empty":
        sheet.delete_rows(1, sheet.max_row)
    else:
        sheet.sheet_state = "hidden"
    book.save(path)
    return f"{title}: {what}{HARMLESS if what == 'hide' else ''}"


def _claim(path: Path, rng: random.Random) -> str:
    size = rng.choice([b"A1", b"A1:B2", b"C3:D4", b"A1:XFD1048576", b"ZZ99:A1"])
    _rewrite(
        path,
        lambda name, data: (
            re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="' + size + b'"', data)
            if "worksheets" in name
            else data
        ),
    )
    return f"sheets claim to be {size.decode()}{HARMLESS}"


def _corner(path: Path, rng: random.Random) -> str:
    book, sheet = _sheets(path, rng)
    cell = sheet[rng.choice(["XFD1048576", "A1048576", "XFD1", "ZZ500"])]
    blank = rng.random() < 0.5
    if blank:
        cell.font = Font(bold=True)
    else:
        cell.value = rng.choice([1, "x"])
    book.save(path)
    return f"{sheet.title}!{cell.coordinate}: {f'blank{HARMLESS}' if blank else 'a value'}"


def _chart(path: Path, rng: random.Random) -> str:
    book, _ = _sheets(path, rng)
    book.create_chartsheet("chart").add_chart(BarChart())
    book.save(path)
    return f"a sheet of charts{HARMLESS}"


def _rewrite(path: Path, change) -> None:
    with zipfile.ZipFile(path) as source:
        parts = {info.filename: source.read(info) for info in source.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in parts.items():
            if (new := change(name, data)) is not None:
                target.writestr(name, new)


def _xml(path: Path, rng: random.Random) -> str:
    """A byte of one part changes, or the part is cut; the checksums of the archive are right."""
    with zipfile.ZipFile(path) as source:
        name = rng.choice(source.namelist())
        data = bytearray(source.read(name))
    place, cut = rng.randrange(len(data)), rng.random() < 0.3
    if cut:
        del data[place:]
    else:
        data[place] = rng.choice(b'<>"=/ 0123456789abcRZ\xff')
    _rewrite(path, lambda part, old: bytes(data) if part == name else old)
    return f"{name}: {'cut at' if cut else 'another'} byte {place}"


def _part(path: Path, rng: random.Random) -> str:
    with zipfile.ZipFile(path) as source:
        name = rng.choice(source.namelist())
    _rewrite(path, lambda part, old: None if part == name else old)
    return f"the workbook lacks {name}"


def _bytes(path: Path, rng: random.Random) -> str:
    data = bytearray(path.read_bytes())
    place, what = rng.randrange(len(data)), rng.choice(["bit", "bit", "cut", "zeros"])
    if what == "bit":
        data[place] ^= 1 << rng.randrange(8)
    elif what == "cut":
        del data[place:]
    else:
        data[place : place + 64] = bytes(len(data[place : place + 64]))
    path.write_bytes(data)
    return f"{path.name}: {what} at byte {place}"
