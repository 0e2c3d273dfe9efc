"""Readers of CEADs' published layouts: the provincial MRIO workbook and city inventories by sector."""

from __future__ import annotations

import numpy as np
import openpyxl
import pandas as pd
import pytest
import xarray as xr
from ceads_world import lists, mrio
from ceads_world import read as read_mrio

from citymrio.base.errors import DataError, collect_notices
from citymrio.dataset.contract.corrections import Corrections
from citymrio.dataset.sources.ceads import read_city_inventories
from citymrio.dataset.sources.template import write_template


def test_the_block_and_the_accounts_around_it_are_found_by_size_and_labels(tmp_path):
    cells, imports, added, exports, output = mrio(tmp_path / "a.xlsx")
    table = read_mrio(tmp_path / "a.xlsx")
    cell = table["table"].sel(origin="12", sector="02", destination="13", use="01")
    assert float(cell) == cells[3, 4]
    assert (
        float(table["table"].sel(origin="11", sector="01", destination="13", use="capital"))
        == cells[0, 11]
    )
    assert float(table["imports"].sel(province="12", use="households")) == imports[8]
    np.testing.assert_allclose(table["value_added"].values.ravel(), added, rtol=1e-12)
    np.testing.assert_array_equal(table["exports"].values.ravel(), exports)
    np.testing.assert_array_equal(table["output"].values.ravel(), output)
    row = (
        table["table"].sum(["destination", "use"]).rename(origin="province")
        + table["exports"]
        + table["error"]
    )
    np.testing.assert_allclose(row.values, table["output"].values, rtol=1e-12)


def test_a_small_gap_of_a_row_goes_into_the_error_account_and_a_large_one_stops(tmp_path):
    def small(sheet):
        sheet.cell(4, 16).value += 10  # exports of the second row

    *_, output = mrio(tmp_path / "a.xlsx", small)
    table = read_mrio(tmp_path / "a.xlsx")
    assert float(table["error"].sel(province="11", sector="02")) == pytest.approx(-10)
    with pytest.raises(DataError, match=r"sheet 'MRIO 2012': row 4: the row adds up to"):
        read_mrio(tmp_path / "a.xlsx", err_tol=0.001)


@pytest.mark.parametrize("heading", ["Re-exports", "再出口"])
def test_a_column_of_re_exports_is_in_no_account_and_said(tmp_path, heading):
    def add(sheet):
        column = sheet.max_column + 1
        sheet.cell(2, column, heading)
        for row in range(3, 9):
            sheet.cell(row, column, 2.0)

    mrio(tmp_path / "plain.xlsx")
    mrio(tmp_path / "a.xlsx", add)
    with collect_notices() as notices:
        found = read_mrio(tmp_path / "a.xlsx")
    assert [(n.what, n.value) for n in notices] == [("a column of re-exports", "12 in all")]
    xr.testing.assert_identical(found, read_mrio(tmp_path / "plain.xlsx"))


def test_cells_without_a_number_are_read_as_0_and_said(tmp_path):
    def empty(sheet):
        sheet.cell(4, 5).value = sheet.cell(5, 16).value = None

    mrio(tmp_path / "a.xlsx", empty)
    with collect_notices() as notices:
        read_mrio(tmp_path / "a.xlsx", err_tol=1.0)
    (said,) = [n for n in notices if n.what == "cells without a number are read as 0"]
    assert said.value == "2 in all; the first is E4"


def test_a_cell_of_the_workbook_is_corrected_by_a_line(tmp_path):
    def change(sheet):
        sheet.cell(4, 16).value += 5000

    mrio(tmp_path / "sound.xlsx")
    mrio(tmp_path / "a.xlsx", change)
    sound = read_mrio(tmp_path / "sound.xlsx")
    printed = float(sound["exports"].sel(province="11", sector="02"))
    line = f"a.xlsx!MRIO 2012,4,P,{printed + 5000!r},{printed!r},yearbook,a digit too many"
    head = "file,row,column,printed,used,source,reason"
    (tmp_path / "corrections.csv").write_text(f"{head}\n{line}\n", encoding="utf-8")
    lines = Corrections.read(tmp_path / "corrections.csv")
    xr.testing.assert_allclose(
        read_mrio(tmp_path / "a.xlsx", err_tol=1e-9, corrections=lines),
        sound,
    )


def test_a_column_that_does_not_add_up_stops_with_its_cell(tmp_path):
    def change(sheet):
        sheet.cell(3, 5).value += 500
        sheet.cell(3, 16).value -= 500

    mrio(tmp_path / "a.xlsx", change)
    with pytest.raises(DataError, match=r"cell E3: the column adds up to"):
        read_mrio(tmp_path / "a.xlsx")


def test_another_number_of_provinces_than_the_workbook_has_is_named(tmp_path):
    mrio(tmp_path / "a.xlsx")
    with pytest.raises(
        DataError, match=r"no block of 8 x \(8 \+ 8\) numbers; expected 4 provinces x 2 sectors"
    ):
        read_mrio(tmp_path / "a.xlsx", provinces=dict.fromkeys("1234", "Hebei"))


def test_value_added_that_is_not_labelled_is_named(tmp_path):
    mrio(tmp_path / "a.xlsx", items=("Wages", "Rents", "Profits"))
    with pytest.raises(DataError, match="no row of value added below the block"):
        read_mrio(tmp_path / "a.xlsx")


FUELS = pd.DataFrame({"fuel": ["raw_coal", "gas"], "name": ["Raw Coal", "Natural Gas"]})
ROWS = pd.DataFrame(
    {
        "inventory_sector": ["1", "2"],
        "name": ["Farming", "Urban"],
        "kind": ["production", "household"],
    }
)
REGIONS = pd.DataFrame({"region": ["130800", "130900"], "name": ["Chengde", "Cangzhou"]})


def inventories(path, *names):
    book = openpyxl.Workbook()
    book.active.title = "NOTE"
    for name in names:
        sheet = book.create_sheet(name)
        sheet.append([None, "Raw Coal", "Natural Gas", "Process", "Scope 1 Total"])
        sheet.append([None, *["Mt CO2"] * 4])
        sheet.append(["Total Consumption", 1.5, 0.5, 0.25, 2.25])
        sheet.append(["Farming", 1.0, 0.5, 0.25, 1.75])
        sheet.append(["Urban", 0.5, 0, 0, 0.5])
    book.save(path)
    return path


def test_the_code_of_the_page_on_your_own_data_runs_as_it_is_printed(tmp_path, monkeypatch, root):
    """The template, a city workbook and an MRIO workbook, whose lists are its own."""
    page = (root / "docs/bring-your-own-data.md").read_text(encoding="utf-8")
    (code,) = [block.split("```")[0] for block in page.split("```python\n")[1:]]
    monkeypatch.chdir(tmp_path)
    write_template(tmp_path / "mydata")
    example, folder = tmp_path / "mydata/example", tmp_path / "mydata/csv"
    for name in ("regions", "inventory_sectors", "fuels"):
        (folder / f"{name}.csv").write_bytes((example / f"{name}.csv").read_bytes())
    for name, columns in (
        (
            "inventory_sectors",
            "inventory_sector,name,kind,residence,key\n1,Farming,production,,\n2,Urban,household,urban,\n",
        ),
        (
            "fuels",
            "fuel,name,unit,emission_factor\nraw_coal,Raw Coal,t,2\ngas,Natural Gas,10^4 m3,20\n",
        ),
    ):
        (folder / f"{name}.csv").write_text(columns, encoding="utf-8")
    inventories(tmp_path / "cities_2012.xlsx", "Aldport2012", "Corvale")
    cells, *_ = mrio(tmp_path / "MRIO_2012.xlsx")
    code = code.replace("**lists", "**workbook")
    space: dict = {"workbook": lists()}
    exec(compile(code, "bring-your-own-data.md", "exec"), space)
    written = pd.read_csv(folder / "inventory_city.csv", dtype={"region": str})
    assert written.groupby("region")["emissions"].sum().to_dict() == {"N1": 2.25e6, "S1": 2.25e6}
    np.testing.assert_array_equal(space["mrio"]["table"].values.sum(), cells.sum())


def read(path):
    return read_city_inventories(path, regions=REGIONS, inventory_sectors=ROWS, fuels=FUELS)


def test_city_inventories_are_matched_by_name_and_given_in_tonnes(tmp_path):
    table = read(inventories(tmp_path / "c.xlsx", "Chengde2012", "Cangzhou"))
    assert sorted(set(table["region"])) == ["130800", "130900"]
    mine = table[table["region"] == "130800"].set_index(["inventory_sector", "fuel"])["emissions"]
    assert mine["1", "raw_coal"] == 1e6
    assert mine["1", "process"] == 0.25e6
    assert mine.sum() == 2.25e6


def test_two_sheets_of_one_city_are_refused(tmp_path):
    with pytest.raises(DataError, match="region '130800' has two sheets"):
        read(inventories(tmp_path / "c.xlsx", "Chengde2012", "Chengde"))


def test_a_workbook_without_a_known_city_is_refused(tmp_path):
    with pytest.raises(
        DataError, match=r"no sheet bears the name of a region \(sheets: NOTE, Elsewhere"
    ):
        read(inventories(tmp_path / "c.xlsx", "Elsewhere"))
