"""National tables that print home products and imports apart."""

from __future__ import annotations

import numpy as np
import openpyxl
import pandas as pd
import pytest

from citymrio.base.errors import DataError
from citymrio.dataset.sources.china.tables import is_split, read_io_table

SECTORS, CATEGORIES = ["01", "02"], ["rural", "urban", "capital", "stock_changes"]
LAYOUT = pd.DataFrame(
    [
        ("column", "TIU", "total", "intermediate_use"), ("column", "TC", "final_demand", "rural;urban"),
        ("column", "FU201", "final_demand", "capital"), ("column", "FU202", "final_demand", "stock_changes"),
        ("column", "EX", "flow", "exports"), ("column", "GO/IM", "flow", "output;imports"),
        ("row", "TII", "total", "intermediate_input"), ("row", "VA001", "value_added", "wages"), ("row", "TI", "total", "input"),
    ],
    columns=["axis", "code", "role", "name"],
)  # fmt: skip
SHARES = pd.DataFrame(
    {"rural": [1.0, 0], "urban": [3.0, 0], "capital": [9.0, 9], "stock_changes": [-1.0, 2]},
    index=SECTORS,
)
HOME = np.array(
    [[10.0, 20, 30, 5, -2, 4], [30, 5, 8, 7, 1, 6]]
)  # two sectors, TC, FU201, FU202, EX
ABROAD = np.array([[1.0, 2, 3, 1, 0, 1], [4, 0, 2, 2, 1, 0]])


def write(path, edit=None):
    sheet = (book := openpyxl.Workbook()).active
    sheet.append(["某年非竞争型投入产出表"])
    sheet.append([None, None, "代码", 1, 2, "TIU", "TC", "FU201", "FU202", "EX", "GO/IM"])
    for block in (HOME, ABROAD):
        for i, row in enumerate(block):
            sheet.append([None, "产品", str(i + 1), *row[:2], row[:2].sum(), *row[2:], row.sum()])
    inputs = (HOME + ABROAD)[:, :2].sum(axis=0)
    sheet.append([None, None, "TII", *inputs])
    sheet.append([None, None, "VA001", *(HOME.sum(axis=1) - inputs)])
    sheet.append([None, None, "TI", *HOME.sum(axis=1)])
    if edit:
        edit(sheet)
    book.save(path)


def read(path, sectors=SECTORS, categories=CATEGORIES, layout=LAYOUT, shares=SHARES):
    return read_io_table(
        path,
        sectors=dict.fromkeys(sectors, ()),
        categories=categories,
        layout=layout,
        year=2017,
        shares=shares,
    )


def test_both_blocks_add_up_to_total_use_with_output_and_imports_at_their_ends(tmp_path):
    write(tmp_path / "n.xlsx")
    table = read(tmp_path / "n.xlsx")
    assert table.total_use.values[:, :2].tolist() == (HOME + ABROAD)[:, :2].tolist()
    assert table.output.values.tolist() == HOME.sum(axis=1).tolist()
    assert table.imports.values.tolist() == ABROAD.sum(axis=1).tolist()
    gap = table.total_use.sum("use") + table.exports - table.imports + table.error - table.output
    assert np.abs(gap).max() < 1e-12 and np.abs(table.error).max() < 1e-12


def test_a_joint_column_is_split_by_the_provinces_and_by_all_products_where_they_have_none(
    tmp_path,
):
    write(tmp_path / "n.xlsx")
    use = read(tmp_path / "n.xlsx").total_use
    assert use.sel(use=["rural", "urban"]).values.tolist() == [
        [33 / 4, 33 * 3 / 4],
        [10 / 4, 10 * 3 / 4],
    ]
    assert use.sel(use="stock_changes").values.tolist() == [
        -2,
        2,
    ]  # a column of its own may be negative


@pytest.mark.parametrize(
    "edit, message",
    [
        (lambda s: setattr(s["K3"], "value", 99.0), "cell K3: output adds up to 67, .* is 99"),
        (lambda s: setattr(s["K6"], "value", 99.0), "cell K6: imports adds up to 9, .* is 99"),
        (lambda s: setattr(s["D8"], "value", 99.0), "cell D9: total input adds up to"),
        (lambda s: setattr(s["D5"], "value", -1.0), "cell D5: intermediate use is -1"),
        (
            lambda s: s.delete_rows(6),
            "code 02 appears 1 times in the column of row codes, expected 2",
        ),
    ],
)
def test_a_damaged_table_is_refused_with_its_place(tmp_path, edit, message):
    write(tmp_path / "n.xlsx", edit)
    with pytest.raises(DataError, match=message):
        read(tmp_path / "n.xlsx")


def test_a_joint_column_is_not_split_in_negative_proportions(tmp_path):
    write(tmp_path / "n.xlsx")
    shares = SHARES.assign(rural=[-1.0, 0.0])
    with pytest.raises(DataError, match="rural or urban is negative in sector 01"):
        read_io_table(
            tmp_path / "n.xlsx",
            sectors=dict.fromkeys(SECTORS, ()),
            categories=CATEGORIES,
            layout=LAYOUT,
            year=2017,
            shares=shares,
        )


def test_the_real_national_table_of_2017_adds_up(shared, root):
    path = shared / "data/china2017/raw/national_io/china.xlsx"
    if not path.exists():
        pytest.skip(f"needs {path}")
    lists = root / "config/classification/china2012"
    sectors, categories = (
        pd.read_csv(lists / f"{n}.csv", dtype=str).iloc[:, 0].tolist()
        for n in ("sectors", "final_demand")
    )
    layout = pd.read_csv(lists / "io_layout.csv", dtype=str)
    layout = layout[
        (layout.table == "nation")
        & ~layout.code.isin(["FU101", "FU102", "FU103", "IM", "ERR", "GO"])
    ]
    joint = [
        ("nation", "column", "TC", "final_demand", "rural_households;urban_households;government")
    ]
    ends = [("nation", "column", "GO/IM", "flow", "output;imports")]
    layout = pd.concat([layout, pd.DataFrame(joint + ends, columns=layout.columns)])
    assert is_split(layout)
    shares = pd.DataFrame(1.0, index=sectors, columns=categories)
    table = read(path, sectors, categories, layout, shares)
    totals = {
        n: round(float(table[n].sum()) / 1e8, 2)
        for n in ("output", "value_added", "exports", "imports")
    }
    assert totals == {"output": 225.77, "value_added": 82.32, "exports": 16.38, "imports": 14.93}
    assert np.abs(table.error).max() < 1e-5
