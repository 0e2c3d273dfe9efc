"""Workbooks as programs really write them: wrong dimensions, formulas, far cells, charts, damage."""

from __future__ import annotations

import random
import re
import time
import zipfile

import openpyxl
import pytest
from openpyxl.chart import BarChart
from openpyxl.styles import Font

from citymrio.base.errors import DataError
from citymrio.config.models import Dataset
from citymrio.dataset.sources.template import write_template
from citymrio.dataset.sources.user import build
from citymrio.dataset.workbook import Workbook, letters

ROWS = [["code", "value"], ["01", 1.5], ["02", 2], [None, None], ["03", True]]


def write(path, rows=ROWS, change=lambda book: None):
    book = openpyxl.Workbook()
    book.active.title = "data"
    for row in rows:
        book.active.append(row)
    change(book)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("column", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (16_383, "XFD"), (29_999, "ARIV")]
)
def test_columns_have_names_beyond_the_last_of_a_spreadsheet(column, name):
    assert letters(column) == name


def rewrite(path, pattern, change):
    """Change the parts of the archive whose names match."""
    with zipfile.ZipFile(path) as source:
        parts = {info.filename: source.read(info) for info in source.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in parts.items():
            new = change(data) if re.search(pattern, name) else data
            if new is not None:
                target.writestr(name, new)
    return path


def rows_of(path, name="data"):
    book = Workbook(path)
    return book.sheet(name).rows


def claim(size):
    """Let a sheet claim this size."""
    return lambda data: re.sub(rb"<dimension [^>]*>", f'<dimension ref="{size}"/>'.encode(), data)


@pytest.mark.parametrize("size", ["A1:B2", "B2:B2", "A1:XFD1048576"])
def test_the_size_that_a_sheet_claims_does_not_count(tmp_path, size):
    path = rewrite(write(tmp_path / "a.xlsx"), "sheet1", claim(size))
    assert rows_of(path) == ROWS


def test_a_whole_country_is_the_same_whatever_its_sheets_claim(tmp_path):
    write_template(tmp_path / "toy")
    for name in ("sound", "claims"):
        source = tmp_path / "toy/example_workbook"
        if name == "claims":
            rewrite(source / "dataset.xlsx", "worksheets/", claim("A1:C9"))
        build(Dataset(kind="user", raw_dir=str(source), year=2020), tmp_path / name)
    files = [
        {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
        for out in (tmp_path / "sound", tmp_path / "claims")
    ]
    assert len(files[0]) > 10
    assert files[0] == files[1]


def test_a_formula_counts_with_its_value_and_is_refused_without(tmp_path):
    def formulas(value):
        return lambda data: re.sub(
            rb"<f>([^<]*)</f><v ?/>|<f>([^<]*)</f><v></v>", rb"<f>1+1</f>" + value, data
        )

    path = write(tmp_path / "a.xlsx", [["code", "value"], ["01", "=1+1"], ["02", "=2+2"]])
    with pytest.raises(
        DataError,
        match=r"sheet 'data': the cell B2 \(and 1 more\) holds a formula without its "
        r"value.*Fix: open",
    ):
        rows_of(path)
    assert rows_of(rewrite(path, "sheet1", formulas(b"<v>2</v>")))[1:] == [["01", 2], ["02", 2]]


def test_a_formula_that_gave_an_empty_text_is_blank(tmp_path):
    path = write(tmp_path / "a.xlsx", [["code", "value"], ["01", '=IF(1,"","")']])
    rewrite(
        path,
        "sheet1",
        lambda data: re.sub(
            rb'(<c r="B2"[^>]*)><f>.*?</f><v ?/?>(</v>)?', rb'\1 t="str"><f>A1</f><v></v>', data
        ),
    )
    assert rows_of(path)[1] == ["01", None]


def test_a_blank_cell_in_the_last_corner_costs_nothing(tmp_path):
    def far(book):
        book.active["XFD1048576"].font = Font(bold=True)

    path = write(tmp_path / "a.xlsx", change=far)
    begin = time.process_time()
    assert rows_of(path) == ROWS
    assert time.process_time() - begin < 1


def test_a_value_in_the_last_corner_is_refused(tmp_path):
    path = write(tmp_path / "a.xlsx", change=lambda book: book.active.cell(1048576, 16384, "x"))
    with pytest.raises(
        DataError,
        match="9 values lie between A1 and XFD1048576; expected a table without distant cells",
    ):
        rows_of(path)


def test_a_sheet_of_charts_is_left_out(tmp_path):
    path = write(
        tmp_path / "a.xlsx",
        change=lambda book: book.create_chartsheet("chart").add_chart(BarChart()),
    )
    book = Workbook(path)
    assert book.sheet_names == ["data"]
    assert [sheet.rows for sheet in book.sheets()] == [ROWS]


def test_a_sheet_that_is_missing_in_the_archive_is_not_left_out(tmp_path):
    path = rewrite(
        write(tmp_path / "a.xlsx", change=lambda book: book.create_sheet("more")),
        "sheet2",
        lambda data: None,
    )
    with pytest.raises(
        DataError, match="the workbook is damaged .the sheet 'more' is missing in it"
    ):
        Workbook(path)


@pytest.mark.parametrize("text", ["1_0", "\uff11\uff12", "inf", "nan", "0x10", "1e", "1,5"])
def test_a_number_that_is_none_is_refused_with_its_cell(tmp_path, text):
    path = rewrite(
        write(tmp_path / "a.xlsx"),
        "sheet1",
        lambda data: data.replace(b"<v>1.5</v>", f"<v>{text}</v>".encode()),
    )
    with pytest.raises(DataError, match=f"sheet 'data': the cell B2 holds '{text}' as a number"):
        rows_of(path)


def test_two_cells_of_one_address_are_refused(tmp_path):
    path = rewrite(
        write(tmp_path / "a.xlsx"), "sheet1", lambda data: data.replace(b'r="B3"', b'r="B2"')
    )
    with pytest.raises(DataError, match="the cell B2 appears twice"):
        rows_of(path)


def test_a_cut_sheet_is_one_message(tmp_path):
    path = rewrite(write(tmp_path / "a.xlsx"), "sheet1", lambda data: data[: len(data) // 2])
    with pytest.raises(DataError, match=r"a\.xlsx.* is damaged"):
        rows_of(path)


def test_a_flipped_bit_changes_nothing_or_is_one_message(tmp_path):
    """Every bit of the archive is a candidate: checksums of the parts, the directory, headers."""
    path, rng = write(tmp_path / "a.xlsx"), random.Random(5)
    sound, refused = path.read_bytes(), 0
    for _ in range(300):
        data = bytearray(sound)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)
        try:
            assert rows_of(path) == ROWS
        except DataError as error:
            refused += 1
            assert "a.xlsx" in error.where
    assert refused > 100
