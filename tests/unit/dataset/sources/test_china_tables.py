"""Input-output workbooks: found by codes, checked cell by cell, wrong ones refused with their
place.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from china_tables import provincial_tables, real_table
from china_world import CATEGORIES, SECTORS, YEAR, table_numbers, write_classification, write_io

from citymrio.base.errors import DataError
from citymrio.base.money import rounding
from citymrio.dataset.sources.china.tables import read_io_table
from citymrio.dataset.workbook import Workbook, code, letters


@pytest.fixture
def layout(tmp_path) -> pd.DataFrame:
    write_classification(tmp_path / "lists")
    table = pd.read_csv(tmp_path / "lists/io_layout.csv", dtype=str)
    return table[table.table == "province"]


def same(a, b) -> bool:
    """Equal to the 16 digits that a workbook keeps."""
    return np.allclose(a, b, rtol=1e-14, atol=0)


def cell_with(sheet, text):
    """The first cell of a sheet that holds `text`."""
    return next(cell for row in sheet.iter_rows() for cell in row if cell.value == text)


def put(row, column, value):
    """A damage: another value at two codes; a function changes the value that is there."""

    def damage(sheet, at):
        cell = at(row, column)
        cell.value = value(cell.value) if callable(value) else value

    return damage


def rename(old, new):
    """A damage: the first cell with a code gets another one."""
    return lambda sheet, at: setattr(cell_with(sheet, old), "value", new)


def read(path, layout, **options):
    options = {
        "sectors": dict.fromkeys(SECTORS, ()),
        "categories": CATEGORIES,
        "layout": layout,
        "year": YEAR,
        "title": ("宁夏", "Ningxia"),
        "others": ("北京", "Beijing"),
    } | options
    return read_io_table(path, **options)


@pytest.fixture
def make(tmp_path, layout):
    """Write a table, read it back."""

    def write_and_read(numbers=None, *, title=f"宁夏{YEAR}年投入产出表", **options):
        path = tmp_path / "64.xlsx"
        write_io(path, numbers or table_numbers(), title=title, **options)
        return read(path, layout)

    return write_and_read


def test_a_table_is_read_by_its_codes_wherever_it_stands(make):
    numbers = table_numbers()
    for options in ({}, {"top": 9, "left": 3}, {"as_numbers": True}):
        table = make(numbers, **options)
        assert same(table.total_use.values, np.hstack([numbers["z"], numbers["f"]]))
        assert same(table.value_added.values, numbers["v"])
        assert same(table.outflow.values, numbers["OF"])
        assert list(table["use"].values) == [*SECTORS, *CATEGORIES]


def test_order_of_sectors_and_categories_is_the_one_asked_for(tmp_path, layout):
    numbers = table_numbers()
    write_io(tmp_path / "a.xlsx", numbers, title=f"宁夏{YEAR}年")
    table = read(tmp_path / "a.xlsx", layout, sectors=dict.fromkeys(["03", "01", "02"], ()))
    assert same(table.output.values, numbers["GO"][[2, 0, 1]])
    assert same(table.total_use.values[0, :3], numbers["z"][2][[2, 0, 1]])


def test_a_pair_of_trade_columns_without_numbers_is_not_reported(make):
    table = make(table_numbers(trade=False))
    assert np.isnan(table.outflow.values).all() and np.isnan(table.inflow.values).all()
    assert not np.isnan(table.exports.values).any()


def test_one_empty_column_of_a_pair_stays_a_number(make):
    numbers = table_numbers()
    numbers["GO"] = numbers["GO"] - numbers["OF"]
    numbers["OF"] = np.zeros(3)
    numbers["v"] = np.outer([0.5, 0.1, 0.1, 0.3], numbers["GO"] - numbers["z"].sum(0))
    table = make(numbers)
    assert (table.outflow.values == 0).all() and (table.inflow.values > 0).all()


@pytest.mark.parametrize(
    "edit, message",
    [
        (
            put("02", "03", "12,5"),
            r"cell E7 is '12,5', with a decimal comma; expected a decimal point",
        ),
        (put("02", "03", "１２"), r"cell E7 is '１２', not in plain digits; expected digits 0-9"),
        (put("VA001", "01", None), r"total input adds up to"),
        (put("02", "03", None), r"output adds up to"),
        (
            put("02", "03", -1.0),
            r"cell E7: intermediate use is -1, a value of 0 or more was expected",
        ),
        (put("02", "GO", lambda v: v + 5), r"output adds up to .* \(gap 5, allowed 0\.\d+\)"),
        (put("VA002", "02", lambda v: v + 5), r"total input adds up to"),
        (put("TVA", "02", lambda v: v * 1.5), r"value added adds up to"),
        (rename("02", "01"), r"code 01 appears twice"),
        (rename("FU101", "F9"), r"lacks the codes FU101"),
        (rename("VA001", "V1"), r"column of row codes lacks VA001"),
    ],
)
def test_a_damaged_table_is_refused_with_place_and_value(make, edit, message):
    with pytest.raises(DataError, match=message):
        make(edit=edit)


def test_rounding_of_printed_numbers_passes_and_more_does_not(make):
    near = rounding(table_numbers()["GO"])
    assert make(edit=put("01", "GO", lambda v: v + 0.9 * near)).output.values[0] > 0
    with pytest.raises(DataError, match="gap"):
        make(edit=put("01", "GO", lambda v: v + 1.2 * near))


@pytest.mark.parametrize(
    ("unit", "refused"),
    [("单位：万元", False), ("单位:亿元", True), ("Unit: 10^4 yuan", False), ("Unit: USD", True)],
)
def test_the_unit_that_a_table_prints_is_ten_thousand_yuan(make, unit, refused):
    """It was not read: a table in 10^8 yuan was taken for one in 10^4."""

    def edit(sheet, _):
        sheet.cell(2, 1, unit)

    if refused:
        with pytest.raises(DataError, match=r"the unit is '.*'; expected 10\^4 CNY"):
            make(edit=edit)
    else:
        assert make(edit=edit).sizes["sector"] == 3


def test_the_title_must_not_name_another_year_or_place(make):
    with pytest.raises(DataError, match=f"speaks of 2003, the run is for {YEAR}"):
        make(title="宁夏2003年投入产出表")
    with pytest.raises(DataError, match="a table of '宁夏' was expected"):
        make(title=f"北 京{YEAR}年投入产出表")
    assert make(title=f"宁 夏 回 族 自 治 区{YEAR}年投入产出表").sizes["sector"] == 3
    assert make(title=f"Ningxia, {YEAR}").sizes["sector"] == 3


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is empty"),
        (b"a,b\n1,2\n", "is not an Excel workbook"),
        (b"PK\x03\x04" + b"x" * 50, "damaged"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 50, "damaged or protected"),
    ],
)
def test_what_is_no_workbook_is_refused_whatever_its_name(tmp_path, content, message):
    path = tmp_path / "table.xls"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        Workbook(path)


def test_a_workbook_is_known_by_its_content_not_by_its_ending(tmp_path, layout):
    write_io(tmp_path / "a.xlsx", table_numbers(), title="宁夏")
    (tmp_path / "a.xlsx").rename(tmp_path / "a.xls")
    assert same(read(tmp_path / "a.xls", layout).output.values, table_numbers()["GO"])


def test_a_truncated_workbook_is_refused(tmp_path, layout):
    path = tmp_path / "a.xlsx"
    write_io(path, table_numbers(), title="宁夏")
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(DataError, match="damaged"):
        read(path, layout)


def test_a_table_without_a_column_of_errors_or_with_one_column_of_net_trade_is_read(
    tmp_path, layout
):
    numbers = table_numbers()
    net = numbers["OF"] - numbers["IF"]
    numbers |= {
        "GO": numbers["GO"] - numbers["ERR"],
        "ERR": np.zeros(3),
        "OF": net,
        "IF": np.zeros(3),
    }
    numbers["v"] = np.outer([0.5, 0.1, 0.1, 0.3], numbers["GO"] - numbers["z"].sum(0))
    path = tmp_path / "a.xlsx"

    def edit(sheet, at):
        for flow in ("ERR", "IF"):
            place = cell_with(sheet, flow).column
            for row in range(1, sheet.max_row + 1):
                sheet.cell(row, place).value = None

    write_io(path, numbers, title=f"宁夏{YEAR}年", edit=edit)
    table = read(path, layout)
    assert (table.error.values == 0).all()
    assert same(table.outflow.values - table.inflow.values, net)
    assert (table.outflow.values >= 0).all() and (table.inflow.values >= 0).all()
    assert ((table.outflow.values == 0) | (table.inflow.values == 0)).all()


def test_a_heading_in_words_may_stand_for_a_code_and_several_columns_for_a_category(
    tmp_path, layout
):
    numbers = table_numbers()
    spelled = {"01": "农林牧渔 产品和服务", "02": "ＰＯＷＥＲ"}

    def edit(sheet, at):
        for _ in ("column", "row"):
            cell_with(sheet, "01").value = spelled["01"]
            cell_with(sheet, "02").value = "Power"
        cell_with(sheet, "ERR").value = "其 他"

    write_io(tmp_path / "a.xlsx", numbers, title=f"宁夏{YEAR}年", edit=edit)
    rows = [
        ("province", axis, text, "sector", code)
        for axis in ("row", "column")
        for code, text in spelled.items()
    ]
    mine = layout.replace(
        {"code": {"ERR": "其他"}, "name": {"urban_households": "rural_households"}}
    )
    mine = pd.concat([mine, pd.DataFrame(rows, columns=list(layout))], ignore_index=True)
    table = read(
        tmp_path / "a.xlsx",
        mine,
        categories=["rural_households", "government", "capital", "stock_changes"],
    )
    assert same(table.error.values, numbers["ERR"])
    assert same(
        table.total_use.sel(use="rural_households").values, numbers["f"][:, 0] + numbers["f"][:, 1]
    )
    assert list(table.sector.values) == SECTORS


def test_of_several_sheets_the_one_of_the_year_is_taken(tmp_path, layout):
    import openpyxl

    numbers = table_numbers()
    write_io(tmp_path / "a.xlsx", numbers, title=f"宁夏{YEAR}年")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    other = book.copy_worksheet(book["基本流量表"])
    other.cell(1, 1).value = "宁夏2003年"
    book.move_sheet(other, -2)
    book.save(tmp_path / "a.xlsx")
    assert same(read(tmp_path / "a.xlsx", layout).output.values, numbers["GO"])
    assert same(read(tmp_path / "a.xlsx", layout, year=2003).output.values, numbers["GO"])


def test_whole_numbers_may_miss_their_sums_by_half_of_each_and_are_closed(make):
    whole = {name: np.rint(value) for name, value in table_numbers().items()}
    whole["OF"] = whole["OF"] + 3.0
    gap = whole["GO"] - (
        whole["z"].sum(1)
        + whole["f"].sum(1)
        + whole["EX"]
        - whole["IM"]
        + whole["OF"]
        - whole["IF"]
        + whole["ERR"]
    )
    assert 1.0 < np.abs(gap).max() < 6.0
    table = make(whole)
    net = table.exports - table.imports + table.outflow - table.inflow + table.error
    np.testing.assert_allclose(table.total_use.sum("use") + net, table.output, rtol=1e-14)
    columns = table.total_use.sel(use=SECTORS).sum("sector").rename(
        use="sector"
    ) + table.value_added.sum("item")
    np.testing.assert_allclose(columns, table.output, rtol=1e-14)
    whole["OF"] = whole["OF"] + 30.0
    with pytest.raises(DataError, match="gap"):
        make(whole)


def test_codes_and_addresses_are_read_as_people_write_them():
    assert [code(v) for v in (1, 1.0, "1", " 01 ", "001", "０１", "go", None)] == [
        *["01"] * 6,
        "GO",
        "",
    ]
    assert [code(v) for v in ("FU 101", "ｆｕ１０１", "农 业", "CN01")] == [
        "FU101",
        "FU101",
        "农业",
        "CN01",
    ]
    assert [letters(i) for i in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@pytest.mark.parametrize("year", [2012, 2017])
def test_the_31_real_tables_of_a_year_add_up(shared, year):
    folder = shared / f"data/china{year}/raw/provincial_io"
    if not folder.is_dir():
        pytest.skip(f"needs {folder}")
    missing = []
    for province, table in provincial_tables(folder, year):
        parts = [
            table[n].fillna(0) * s
            for n, s in (
                ("exports", 1),
                ("imports", -1),
                ("outflow", 1),
                ("inflow", -1),
                ("error", 1),
            )
        ]
        assert float(np.abs(table.total_use.sum("use") + sum(parts) - table.output).max()) < 2
        missing += [
            (province, n) for n in ("exports", "outflow") if np.isnan(table[n].values).all()
        ]
    if year == 2012:
        assert missing == [("15", "exports"), ("42", "outflow"), ("63", "outflow")]


def test_the_real_national_table_has_the_known_totals(shared):
    table = real_table(shared / "data/china2012/raw/national_io/china.xls", 2012, "nation")
    totals = {
        n: round(float(table[n].sum()) / 1e8, 3)
        for n in ("output", "value_added", "exports", "imports", "error")
    }
    assert totals == {
        "output": 160.163,
        "value_added": 53.680,
        "exports": 13.667,
        "imports": 12.203,
        "error": 0.205,
    }
    assert "outflow" not in table


def test_another_classification_than_the_tables_own_is_refused_by_name(tmp_path, layout):
    write_io(tmp_path / "a.xlsx", table_numbers(), title="宁夏")
    with pytest.raises(
        DataError, match=re.escape("no sheet is an input-output table of 4 sectors")
    ):
        read(tmp_path / "a.xlsx", layout, sectors=dict.fromkeys([*SECTORS, "04"], ()))
