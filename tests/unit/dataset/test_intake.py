"""`citymrio intake`: lists of a dataset from tables as their publishers print them."""

from __future__ import annotations

import csv
import re
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import ceads_world
import given_files
import numpy as np
import openpyxl
import pandas as pd
import pymrio
import pytest
import scipy.sparse
from published_tables import (
    NAMES,
    OF_INVENTORY,
    PLACES,
    add_column,
    add_to_column,
    as_eurostat_prints,
    home_and_imported,
    inventory_sheet,
    make_and_use,
    pairs,
    printed,
    table,
    workbooks,
    write_book,
    write_rows,
)
from toy import CATEGORIES, CODES, example_tables

from citymrio.__main__ import main
from citymrio.base.errors import DataError, DataErrors, collect_notices
from citymrio.base.files import sha256_of
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.sources.intake.folder import intake
from citymrio.dataset.sources.intake.found import Asked
from citymrio.dataset.sources.intake.sheets import read_square
from citymrio.dataset.workbook import Sheet

ASKED = Asked(year=2020, unit="10^4 XTS", usd_rate=2.0)
INVENTORY = "province,inventory_sector,fuel,emissions\n" + "".join(
    f"{province},{sector},,{1000 * (k + 1)}\n"
    for province in ("NO", "SO")
    for k, sector in enumerate([*CODES, "households"])
)


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return [*csv.reader(handle)]


def as_told(rows):
    """A table by its labels, blanks 0."""
    return {
        (row[0], name): float(value or 0)
        for row in rows[1:]
        for name, value in zip(rows[0][1:], row[1:], strict=False)
    }


def test_three_rows_of_one_name_are_three_items_of_value_added(tmp_path):
    rows = [
        [None, "01", "02", "Households", "Stock changes", "Output"],
        ["01", 10.0, 20.0, 30.0, 40.0, 100.0],
        ["02", 20.0, 30.0, 40.0, 10.0, 100.0],
        *(["Tax", *own, None, None, None] for own in ((30.0, 20.0), (15.0, 10.0), (25.0, 20.0))),
    ]
    items = read_square(Sheet(tmp_path / "NO.xlsx", "table", rows)).items
    assert {name: own.tolist() for name, own in items.items()} == {
        "tax": [30.0, 20.0],
        "tax_2": [15.0, 10.0],
        "tax_3": [25.0, 20.0],
    }


def test_workbooks_of_provinces_become_tables_with_the_numbers_that_they_print(tmp_path):
    found = intake(workbooks(tmp_path / "in"), tmp_path / "out", Asked())
    assert (found.info["year"], found.info["unit"]) == (2020, "10^4 XTS")
    assert found.info["price_basis"] == "producers' prices"
    items = {"wages": "v1", "taxes": "v2", "surplus": "v3"}
    for name in ("provinces/NO", "provinces/SO", "national"):
        told = as_told(rows_of(tmp_path / f"out/lists/{name}.csv"))
        for (row, column), value in as_told(table(name)).items():
            assert told.get((items.get(row, row), column), 0) == value, (name, row, column)
    demand = pd.read_csv(tmp_path / "out/lists/final_demand.csv")
    assert demand["category"].tolist() == CATEGORIES
    assert demand["role"].tolist() == ["household", "government", "capital", "stock_changes"]
    regions = pd.read_csv(tmp_path / "out/lists/regions.csv")
    assert regions[["region", "name"]].to_numpy().tolist() == [["NO", "North"], ["SO", "South"]]
    listed = pd.read_csv(tmp_path / "out/sources.csv").set_index("path")
    path = tmp_path / "in/NO.xlsx"
    assert listed.loc[str(path), "sha256"] == sha256_of(path)
    assert listed.loc[str(path), "bytes"] == path.stat().st_size


@pytest.mark.slow
def test_with_what_no_table_tells_the_lists_have_no_fault_and_guesses_are_warned_of(
    tmp_path, capsys
):
    workbooks(tmp_path / "in")
    (tmp_path / "in/regions.csv").write_text(PLACES, encoding="utf-8")
    (tmp_path / "in/inventory.csv").write_text(INVENTORY, encoding="utf-8")
    status = main(
        ["intake", str(tmp_path / "in"), "--to", str(tmp_path / "out"), "--usd-rate", "2"]
    )
    said = capsys.readouterr().out
    assert status == 0, said
    assert "no fault" in said
    assert "guesses to confirm: 4 of 4 rows" in said
    assert "final demand stock_changes (Changes in inventories F4): stock_changes" in said
    regions = pd.read_csv(tmp_path / "out/lists/regions.csv")
    assert regions["population"].tolist() == [2_300_000, 3_300_000]


def test_an_inventory_of_ceads_is_read_with_the_lists_of_its_rows_and_columns(tmp_path, capsys):
    folder = workbooks(tmp_path / "in")
    (folder / "regions.csv").write_text(PLACES, encoding="utf-8")
    sheets = {
        f"{name}2020": inventory_sheet(k + 1) for k, name in enumerate(("North", "South", "East"))
    }
    write_book(folder / "inventories.xlsx", {"NOTE": [["notes"]], **sheets})
    with pytest.raises(DataError, match=r"an inventory of CEADs, and there is no .*fuels"):
        (folder / "inventory_sectors.csv").write_text(OF_INVENTORY["inventory_sectors"], "utf-8")
        intake(folder, tmp_path / "out", Asked())
    for name, text in OF_INVENTORY.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    arguments = ["intake", str(folder), "--to", str(tmp_path / "out"), "--usd-rate", "2"]
    assert main(arguments) == 0, capsys.readouterr().out
    found = pd.read_csv(tmp_path / "out/lists/inventory.csv")
    total = found.groupby(["province", "inventory_sector"])["emissions"].sum()
    sheet = f"{folder / 'inventories.xlsx'}, sheet "
    said = capsys.readouterr().out
    assert f"not read: {sheet}'NOTE': is of no region" in said
    assert f"not read: {sheet}'East2020': is of no region of the tables" in said
    assert total.to_dict() == {
        ("NO", 1): 1e6,
        ("NO", 2): 8e6,
        ("SO", 1): 2e6,
        ("SO", 2): 16e6,
    }


def test_what_is_lacking_is_told_at_once_with_a_fix(tmp_path, capsys):
    workbooks(tmp_path / "in")
    assert main(["intake", str(tmp_path / "in"), "--to", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().out
    assert "dataset.csv has no usd_rate yet: add XTS per US dollar in 2020" in said
    assert "no file has emissions" in said
    assert "column 'population' is empty" in said


def test_a_list_that_is_no_csv_is_refused_by_name(tmp_path):
    """It ended in an error of Python."""
    folder = workbooks(tmp_path / "in")
    for content, said in (
        (PLACES.replace("730000", "Köln").encode("latin-1"), "row 2 is not text in UTF-8"),
        (b'region,population\nNO,"1\n', "row 2 is not valid CSV"),
        (b"region,region\nNO,1\n", "column 'region' appears twice"),
    ):
        (folder / "regions.csv").write_bytes(content)
        with pytest.raises(DataError, match=said):
            intake(folder, tmp_path / "out", Asked())
        assert not (tmp_path / "out").exists()


def test_a_file_that_is_no_table_is_refused_with_all_others_and_nothing_is_written(tmp_path):
    workbooks(tmp_path / "in")
    write_rows(tmp_path / "in/prices.csv", [["year", "index"], [2019, 99.0], [2020, 100.0]])
    (tmp_path / "in/map.png").write_bytes(b"\x89PNG")
    with pytest.raises(DataError) as error:
        intake(tmp_path / "in", tmp_path / "out", Asked())
    text = str(error.value)
    assert "map.png" in text and "prices.csv" in text
    assert "--without" in text
    assert not (tmp_path / "out").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    intake(tmp_path / "in", tmp_path / "out", Asked(without=["*.png", "prices.csv"]))
    with pytest.raises(DataError, match="is there already"):
        intake(tmp_path / "in", tmp_path / "out", Asked())
    with pytest.raises(DataError, match="--without no.csv names no file"):
        intake(tmp_path / "in", tmp_path / "other", Asked(without=["no.csv"]))


@pytest.mark.parametrize(
    ("written", "mark", "said"),
    [
        (lambda v: f"{v:,.0f}", ",", "with thousands separators; expected plain digits"),
        (lambda v: f"{v:.1f}".replace(".", ","), ";", "with a decimal comma; expected a decimal p"),
    ],
)
def test_numbers_with_separators_are_one_fault_that_says_so(tmp_path, capsys, written, mark, said):
    """They were told cell by cell, or as a table without numbers, with a command that lists all of
    a dataset where none was written.
    """
    for name in ("NO", "SO"):
        rows = printed(table(f"provinces/{name}"), f"Input-output table of {name}, 2020")
        path = tmp_path / f"given/{name}.csv"
        path.parent.mkdir(exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle, delimiter=mark).writerows(
                [written(cell) if isinstance(cell, int | float) else cell for cell in row]
                for row in rows
            )
    assert main(["intake", str(tmp_path / "given"), "--to", str(tmp_path / "mine")]) == 1
    text = capsys.readouterr().err
    lines = [line for line in text.splitlines() if line.startswith("  - ")]
    assert len(lines) == 2 and all("cells are no plain numbers: " in line for line in lines)
    assert said in text and "check-data" not in text and "Nothing is written." in text
    assert not (tmp_path / "mine").exists()


def test_every_fault_is_told_where_nothing_is_written(tmp_path, capsys):
    for k in range(30):
        write_rows(tmp_path / f"given/other{k}.csv", [["no", "table"], [k, k]])
    assert main(["intake", str(tmp_path / "given"), "--to", str(tmp_path / "mine")]) == 1
    text = capsys.readouterr().err
    assert all(f"other{k}.csv" in text for k in range(30)) and "more faults" not in text


def test_a_stray_matlab_file_is_refused_together_with_the_faults_of_the_tables(tmp_path):
    """It was taken for the table, and the others were not looked at."""
    folder = workbooks(tmp_path / "in")
    given_files.write_emissions(folder / "areas.mat", {"E": np.ones((2, 3))}, {})
    (folder / "broken.mat").write_bytes(b"no matlab at all" * 20)
    write_rows(folder / "prices.csv", [["year", "index"], [2019, 99.0], [2020, 100.0]])
    with pytest.raises(DataError) as error:
        intake(folder, tmp_path / "out", Asked())
    text = str(error.value)
    assert "areas.mat: there is no struct MRIO (variables: E)" in text
    assert "broken.mat: cannot be read as MATLAB 5" in text and "prices.csv" in text
    assert text.count("--without") == 2
    assert not (tmp_path / "out").exists()
    intake(folder, tmp_path / "out", Asked(without=["*.mat", "prices.csv"]))


def test_a_file_beside_a_matlab_table_is_refused_together_with_its_stressors(tmp_path):
    folder = matlab_folder(tmp_path / "in")
    given_files.write_emissions(folder / "emissions.mat", {"E": MADE[:, :3]}, ROWS)
    (folder / "map.png").write_bytes(b"\x89PNG")
    with pytest.raises(DataError) as error:
        intake(folder, tmp_path / "out", Asked(unit="10^6 EUR"))
    assert {Path(fault.where).name for fault in error.value.faults} == {"emissions.mat", "map.png"}


def test_sheets_of_coefficients_and_small_ones_beside_a_table_are_said(tmp_path):
    rows = table("provinces/NO")
    sheet = printed(rows, "North 2020 input-output table")
    shares = [["", *CODES]] + [
        [code, *(rows[i + 1][j + 1] / rows[j + 1][-1] for j in range(4))]
        for i, code in enumerate(CODES)
    ]
    write_book(tmp_path / "in/NO.xlsx", {"A": shares, "table": sheet})
    found = intake(tmp_path / "in", tmp_path / "out", Asked())
    assert any("sheet 'A': coefficients, not amounts" in line for line in found.said)


def test_numbers_that_are_alike_across_and_down_are_no_sectors(tmp_path):
    sheet = printed(table("provinces/NO"), "North 2020 input-output table")
    width = max(map(len, sheet))
    sheet = [[*row, *[None] * (width - len(row)), *[0] * 9] for row in sheet]
    sheet += [[0] * (width + 9) for _ in range(9)]
    write_book(tmp_path / "in/NO.xlsx", {"table": sheet})
    found = intake(tmp_path / "in", tmp_path / "out", Asked())
    assert found.tables["sectors"]["sector"].tolist() == CODES


def test_another_classification_is_refused_even_with_as_many_sectors(tmp_path):
    def change(name, rows):
        if name == "provinces/SO":
            rows[0][1], rows[1][0] = "FOR", "FOR"

    workbooks(tmp_path / "in")
    rows = table("provinces/SO")
    change("provinces/SO", rows)
    write_rows(tmp_path / "in/SO.csv", rows)
    (tmp_path / "in/SO.xlsx").unlink()
    with pytest.raises(DataError, match=r"SO.csv.*in one only: AGR, FOR"):
        intake(tmp_path / "in", tmp_path / "out", Asked())


def test_the_same_codes_with_the_names_of_other_sectors_are_refused(tmp_path):
    workbooks(tmp_path / "in")
    rows = printed(table("provinces/SO"), "South 2020 input-output table", NAMES[1:] + NAMES[:1])
    write_book(tmp_path / "in/SO.xlsx", {"table": rows})
    with pytest.raises(DataError) as error:
        intake(tmp_path / "in", tmp_path / "out", Asked())
    assert "has the codes of NO.xlsx with other names, 4 of 4" in str(error.value)
    assert "AGR is 'Coal and electricity', there 'Agriculture'" in str(error.value)


def test_a_column_counts_as_the_command_says(tmp_path, capsys):
    workbooks(tmp_path / "in")
    arguments = ["intake", str(tmp_path / "in"), "--to", str(tmp_path / "out")]
    assert main([*arguments, "--column", "F2=capital", "F3=government"]) == 1
    demand = pd.read_csv(tmp_path / "out/lists/final_demand.csv")
    assert demand["role"].tolist() == ["household", "capital", "government", "stock_changes"]
    assert main([*arguments, "--column", "F2=investment"]) == 1
    assert "'F2=investment' does not say what a column is" in capsys.readouterr().err


def test_a_column_that_no_table_has_is_refused_and_make_and_use_tables_heed_theirs(tmp_path):
    """Both were ignored."""
    lost = Asked(year=2020, unit="10^4 XTS", usd_rate=2.0, columns={"F9": "capital"})
    pymrio.load_test().save_all(tmp_path / "pymrio")
    for source in (workbooks(tmp_path / "in"), tmp_path / "pymrio"):
        with pytest.raises(DataError, match="no table of a region has a column 'F9'"):
            intake(source, tmp_path / "out", lost)
        assert not (tmp_path / "out").exists()
    heeded = replace(lost, columns={"Government consumption": "households"})
    found = intake(make_and_use(tmp_path / "halves"), tmp_path / "out", heeded)
    assert found.tables["final_demand"]["role"].tolist() == [
        *("household", "household", "capital", "stock_changes")
    ]


def test_rows_that_do_not_add_up_are_refused_by_the_check_with_the_line_that_mends_them(
    tmp_path, capsys
):
    def change(name, rows):
        if name == "provinces/SO":
            rows[2][rows[0].index("exports")] += 50_000

    workbooks(tmp_path / "in", change)
    (tmp_path / "in/regions.csv").write_text(PLACES, encoding="utf-8")
    main(["intake", str(tmp_path / "in"), "--to", str(tmp_path / "out"), "--usd-rate", "2"])
    said = capsys.readouterr().out
    assert "the row of sector ENE adds up to" in said
    assert "SO,ENE,error,0,-50000,own judgement,the row does not add up" in said


@pytest.mark.parametrize("form", ["sheets", "files", "stacked"])
def test_home_and_imported_products_become_total_use_with_imports_apart(tmp_path, form):
    folder = pairs(tmp_path / "in", form=form)
    (folder / "regions.csv").write_text(PLACES, encoding="utf-8")
    (folder / "inventory.csv").write_text(INVENTORY, encoding="utf-8")
    found = intake(folder, tmp_path / "out", Asked(usd_rate=2.0))
    assert found.faults == []
    for name in ("provinces/NO", "provinces/SO", "national"):
        total = as_told(rows_of(tmp_path / f"out/lists/{name}.csv"))
        block = as_told(rows_of(tmp_path / f"out/lists/{name}.imports.csv"))
        printed_total = as_told(table(name))
        home, imported = home_and_imported(name, "")
        for i, code in enumerate(CODES):
            for k, use in enumerate([*CODES, *CATEGORIES]):
                assert total[code, use] == printed_total[code, use]
                at = 3 + k + (k >= len(CODES))
                assert block[code, use] == imported[5 + i][at]
            assert total[code, "imports"] == imported[5 + i][-1]
            assert total[code, "output"] == home[5 + i][-1]
    data = read_folder(tmp_path / "out/lists")
    assert faults_of(data) == []
    assert float(data.provinces["NO"]["imports_use"].sum()) == 320001


def test_home_and_imported_products_as_eurostat_prints_them(tmp_path):
    home, bought = as_eurostat_prints(tmp_path / "in")
    asked = Asked(unit="10^6 EUR", usd_rate=0.9)
    found = intake(tmp_path / "in/fi.xlsx", tmp_path / "out", asked)
    assert found.faults == []
    total = as_told(rows_of(tmp_path / "out/lists/national.csv"))
    block = as_told(rows_of(tmp_path / "out/lists/national.imports.csv"))
    uses = ["A", "B-E", "F-U", "households", "government", "capital", "stock_changes", "exports"]
    for code, own, foreign in zip(("A", "B-E", "F-U"), home, bought, strict=True):
        for use, a, b in zip(uses, own, foreign, strict=True):
            assert (total[code, use], block[code, use]) == (a + b, b)
        assert (total[code, "output"], total[code, "imports"]) == (sum(own), sum(foreign))
    assert total["taxes_less_subsidies_on_products", "B-E"] == 2
    assert not [f for f in faults_of(read_folder(tmp_path / "out/lists")) if "national" in f.where]


def test_total_use_and_imports_apart_keep_the_numbers_of_both(tmp_path):
    rows = table("provinces/NO")
    _, imported = home_and_imported("provinces/NO", "North 2020")
    sheets = {"Total use": printed(rows, "North 2020 input-output table"), "Imports": imported}
    write_book(tmp_path / "in/NO.xlsx", sheets)
    intake(tmp_path / "in", tmp_path / "out", Asked())
    total = as_told(rows_of(tmp_path / "out/lists/national.csv"))
    assert total["AGR", "MAN"] == as_told(rows)["AGR", "MAN"]
    block = as_told(rows_of(tmp_path / "out/lists/national.imports.csv"))
    assert block["AGR", "MAN"] == imported[5][5]


def test_faults_of_both_sheets_are_told_at_once_with_lines_that_mend_them(tmp_path, capsys):
    def change(name, home, imported):
        if name == "provinces/SO":
            home[5][5] = "n.a."
            imported[6][4] = "1,5"
            imported[7][3] = "-"

    folder = pairs(tmp_path / "in", change)
    with pytest.raises(DataErrors) as error:
        intake(folder, tmp_path / "out", Asked())
    assert not (tmp_path / "out").exists()
    assert [fault.where for fault in error.value.faults] == [
        f"{folder / 'SO.xlsx'}, sheet '{sheet}', cell {cell}"
        for sheet, cell in (("Home products", "F6"), ("Imports", "E7"), ("Imports", "D8"))
    ]
    lines = [fault.fix.splitlines()[-1] for fault in error.value.faults]
    assert lines[0] == "SO.xlsx!Home products,6,F,n.a.,<number>,own judgement,<reason>"
    home, imported = home_and_imported("provinces/SO", "")
    used = home[5][5], imported[6][4], imported[7][3]
    given = [line.replace("<number>", str(value)) for line, value in zip(lines, used, strict=True)]
    text = "\n".join(["file,row,column,printed,used,source,reason", *given])
    (folder / "corrections.csv").write_text(text, encoding="utf-8")
    found = intake(folder, tmp_path / "out", Asked())
    assert found.faults == []
    assert not (tmp_path / "out/lists/corrections.csv").exists()
    corrected = [row for row in found.guesses if row[0] == "SO.xlsx!Home products"]
    assert corrected == [("SO.xlsx!Home products", "row 6, column F", "n.a.", str(used[0]))]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("TII", "it is the sum of rows above, but for some cells"),
        ("TVA", "it is the sum of rows above, but for some cells"),
        ("TI", "it is not the column of output"),
    ],
)
def test_a_total_with_a_wrong_cell_stays_a_total_and_is_said(tmp_path, row, said):
    """It became value added, and every column a fault; an output below was not compared."""
    rows = printed(table("provinces/NO"), "North 2020 input-output table")
    wrong = next(cells for cells in rows if row in cells)
    wrong[wrong.index(row) + 1] += 7_000
    write_book(tmp_path / "in/NO.xlsx", {"NO": rows})
    found = intake(tmp_path / "in", tmp_path / "out", replace(ASKED, year=None))
    assert [line for line in found.said if said in line and f"row {rows.index(wrong) + 1}" in line]
    (cells,) = found.cells.values()
    assert len(cells) == 1 + len(CODES) + 3


@pytest.mark.parametrize("wrong", [{"usd_rate": 0.0}, {"year": 0}])
def test_a_zero_that_the_command_says_is_not_taken_for_nothing(tmp_path, wrong):
    workbooks(tmp_path / "in")
    found = intake(tmp_path / "in", tmp_path / "out", replace(ASKED, **wrong))
    assert {key: found.info[key] for key in wrong} == wrong


def test_the_year_of_a_publication_is_not_that_of_the_tables(tmp_path):
    sheets = sheets_of("NO", "SO", "national")
    for rows in sheets.values():
        rows.insert(2, ["Published 12.3.2022, revised 5.4.2022"])
    write_book(tmp_path / "in/io.xlsx", sheets)
    assert intake(tmp_path / "in", tmp_path / "out", Asked(usd_rate=2.0)).info["year"] == 2020


def test_many_cells_with_a_dash_are_one_fault_of_their_sheet(tmp_path):
    rows = printed(table("provinces/NO"), "North 2020 input-output table")
    for row in [row for row in rows if {"AGR", "ENE"} & {*row[:3]}]:
        row[3:] = ["-"] * len(row[3:])
    write_book(tmp_path / "in/NO.xlsx", {"NO": rows})
    with pytest.raises(DataError, match=r"\d\d cells like \w+: the cell is '-', text") as error:
        intake(tmp_path / "in", tmp_path / "out", Asked())
    assert len(error.value.faults) == 1
    line = r"\nNO.xlsx!NO,\d+,[A-Z],-,<number>,"
    assert re.search(f"0 where there is nothing; .*{line}", error.value.fix)


def test_a_cell_of_imports_that_neither_sum_fits_is_told_with_its_line(tmp_path, capsys):
    def change(name, home, imported):
        if name == "provinces/SO":
            imported[7][5] += 90_000

    folder = pairs(tmp_path / "in", change)
    assert main(["intake", str(folder), "--to", str(tmp_path / "out"), "--usd-rate", "2"]) == 1
    said = capsys.readouterr().out
    _, imported = home_and_imported("provinces/SO", "")
    assert "the use of imported MAN (row 8) adds up to" in said
    assert "the use of imports by MAN (column F) adds up to" in said
    line = f"SO.xlsx!Imports,8,F,{imported[7][5] + 90_000},{imported[7][5]},own judgement,"
    assert said.count(line) == 2
    assert "no fault" not in said
    lines = f"file,row,column,printed,used,source,reason\n{line}a slip\n"
    (folder / "corrections.csv").write_text(lines, encoding="utf-8")
    assert intake(folder, tmp_path / "mended", Asked()).faults == []


def test_imports_without_home_products_and_home_products_without_imports_are_refused(tmp_path):
    pairs(tmp_path / "in", form="files")
    (tmp_path / "in/NO_imports.xlsx").unlink()
    (tmp_path / "in/SO_home.xlsx").unlink()
    with pytest.raises(DataErrors) as error:
        intake(tmp_path / "in", tmp_path / "out", Asked())
    text = str(error.value)
    assert "NO_home.xlsx" in text and "the rows above hold home products only" in text
    assert "SO_imports.xlsx" in text and "has no table beside it" in text
    assert text.count("Fix:") == 2


def test_another_classification_in_the_sheet_of_imports_is_refused_with_other_columns(tmp_path):
    def change(name, home, imported):
        if name == "provinces/SO":
            imported[4][3] = imported[5][2] = "FOR"
        if name == "national":
            for row in imported[3:]:
                del row[9:10]

    with pytest.raises(DataErrors) as error:
        intake(pairs(tmp_path / "in", change), tmp_path / "out", Asked())
    text = str(error.value)
    assert "has other sectors than" in text and "AGR, FOR" in text
    assert "has other categories of final demand than" in text and "government" in text


def test_a_sheet_is_imports_where_its_title_or_the_command_says_so(tmp_path):
    home, imported = home_and_imported("provinces/NO", "North 2020 input-output table")
    write_book(tmp_path / "in/NO.xlsx", {"1": home, "2": imported})
    with pytest.raises(DataError, match="the rows above hold home products only"):
        intake(tmp_path / "in", tmp_path / "out", Asked())
    asked = Asked(columns={"2": "imports"})
    intake(tmp_path / "in", tmp_path / "out", asked)
    imported[0] = ["Use of imported products, North 2020"]
    write_book(tmp_path / "in/NO.xlsx", {"1": home, "2": imported})
    intake(tmp_path / "in", tmp_path / "other", Asked())
    for name in ("out", "other"):
        assert (tmp_path / name / "lists/national.imports.csv").exists()


REGIONS = {"NO": ("provinces/NO", "North"), "SO": ("provinces/SO", "South")}
REGIONS |= {"EA": ("provinces/SO", "East"), "national": ("national", "Toyland")}


def sheets_of(*names):
    """Printed sheets by names such as `NO`, `NO 2015` (2020 without a year)."""
    sheets = {}
    for name in names:
        code, _, year = name.partition(" ")
        rows, place = REGIONS[code]
        sheets[name] = printed(table(rows), f"{place} {year or 2020} input-output table")
    return sheets


def regions_of(found):
    return found.tables["regions"][["region", "name"]].to_numpy().tolist()


NORTH_AND_SOUTH = [["NO", "North"], ["SO", "South"]]


def test_sheets_of_other_years_are_left_out_by_name_or_the_year_is_asked_for(tmp_path):
    """Two years of a region became two regions."""
    names = ["NO 2015", "NO 2020", "SO 2015", "SO 2020", "national 2020"]
    write_book(tmp_path / "in/io.xlsx", sheets_of(*names))
    with pytest.raises(DataError, match=r"holds tables of 2015, 2020.*--year") as error:
        intake(tmp_path / "in", tmp_path / "out", Asked(usd_rate=2.0))
    assert not (tmp_path / "out").exists() and len(error.value.faults) == 1
    found = intake(tmp_path / "in", tmp_path / "out", Asked(year=2020, usd_rate=2.0))
    assert regions_of(found) == NORTH_AND_SOUTH
    for name in ("NO 2015", "SO 2015"):
        assert (
            f"not read: {tmp_path / 'in/io.xlsx'}, sheet '{name}': it, or its file, is"
            in " ".join(found.said)
        )
    for code in ("NO", "SO", "national"):
        pair = {year: sheets_of(f"{code} {year}")[f"{code} {year}"] for year in ("2015", "2020")}
        write_book(tmp_path / f"books/{code}.xlsx", pair)
    found = intake(tmp_path / "books", tmp_path / "other", Asked(year=2015, usd_rate=2.0))
    assert regions_of(found) == NORTH_AND_SOUTH and found.info["year"] == 2015


def test_a_year_that_no_sheet_is_called_by_is_refused_or_said(tmp_path):
    """Two years of a region were called two tables of one name, without a place; one other year
    was taken without a word.
    """
    write_book(tmp_path / "in/io.xlsx", sheets_of("NO 2015", "NO 2020", "SO 2020"))
    asked = Asked(year=2017, usd_rate=2.0)
    with pytest.raises(DataError, match=r"same name: .*'NO 2015', .*'NO 2020'.*--year"):
        intake(tmp_path / "in", tmp_path / "out", asked)
    write_book(tmp_path / "one/io.xlsx", sheets_of("NO 2015", "SO 2015", "national 2015"))
    found = intake(tmp_path / "one", tmp_path / "out", asked)
    assert "sheets or files are called by 2015: taken for 2017" in found.said


def test_two_years_of_a_place_in_the_titles_of_sheets_are_refused(tmp_path):
    sheets = sheets_of("NO 2015", "NO 2020", "SO", "national")
    sheets = {f"Sheet{k}": rows for k, rows in enumerate(sheets.values())}
    write_book(tmp_path / "in/io.xlsx", sheets)
    with pytest.raises(DataError, match="holds tables of 2015, 2020"):
        intake(tmp_path / "in", tmp_path / "out", Asked(usd_rate=2.0))
    found = intake(tmp_path / "in", tmp_path / "out", Asked(["io.xlsx!Sheet0"], usd_rate=2.0))
    assert [name for _, name in regions_of(found)] == ["North", "South"]


def test_a_sheet_of_another_region_is_read_or_left_out_by_name(tmp_path):
    write_book(tmp_path / "in/io.xlsx", sheets_of("NO", "SO", "EA", "national"))
    found = intake(tmp_path / "in", tmp_path / "out", Asked(usd_rate=2.0))
    assert regions_of(found) == [["EA", "East"], *NORTH_AND_SOUTH]
    (tmp_path / "in/regions.csv").write_text(PLACES, encoding="utf-8")
    with pytest.raises(DataError, match=r"region 'EA' has 0 rows.*--without FILE, or 'FILE!SHEET'"):
        intake(tmp_path / "in", tmp_path / "other", Asked(usd_rate=2.0))
    with pytest.raises(DataError, match=r"--without io.xlsx!WE: names no sheet"):
        intake(tmp_path / "in", tmp_path / "other", Asked(["io.xlsx!WE"], usd_rate=2.0))
    found = intake(tmp_path / "in", tmp_path / "other", Asked(["io.xlsx!EA"], usd_rate=2.0))
    assert regions_of(found) == NORTH_AND_SOUTH


def test_rounded_subtotals_are_no_items_of_value_added(tmp_path):
    """They are sums to the last digit that is printed only."""
    sheets = sheets_of("NO", "SO", "national")
    for rows in sheets.values():
        for row in rows[5:]:
            row[:] = [cell / 100 if isinstance(cell, int | float) else cell for cell in row]
            if row[1] in ("Intermediate inputs", "Total value added"):
                row[3:] = [cell + 1 for cell in row[3:]]
    write_book(tmp_path / "in/io.xlsx", sheets)
    found = intake(tmp_path / "in", tmp_path / "out", Asked(usd_rate=2.0))
    items = {guess[2] for guess in found.guesses if guess[-1] == "value added"}
    assert items == {"v1", "v2", "v3"}


def test_a_sheet_with_a_bad_cell_is_refused_beside_tables_that_are_read(tmp_path):
    """Its region was left out, among many lines to confirm."""
    sheets = sheets_of("NO", "SO", "national")
    sheets["SO"][6][4] = "(30)"
    write_book(tmp_path / "in/io.xlsx", sheets)
    with pytest.raises(DataError, match=r"'SO', cell .*the cell is '\(30\)'") as error:
        intake(tmp_path / "in", tmp_path / "out", Asked(usd_rate=2.0))
    assert "io.xlsx!SO" in str(error.value) and not (tmp_path / "out").exists()


def test_cells_without_a_number_are_read_as_0_and_said_once_a_sheet(tmp_path):
    sheets = sheets_of("NO", "SO", "national")
    sheets["SO"][5][4] = sheets["SO"][6][9] = sheets["SO"][11][3] = None
    write_book(tmp_path / "in/io.xlsx", sheets)
    found = intake(tmp_path / "in", tmp_path / "out", Asked(usd_rate=2.0))
    (said,) = [line for line in found.said if "without a number" in line]
    assert "sheet 'SO', 3 cells without a number: the first is E6: read as 0" in said
    assert [guess[3] for guess in found.guesses].count("read as 0") == 1


def test_cells_without_a_number_in_make_and_use_tables_are_said(tmp_path):
    folder = make_and_use(tmp_path / "in")
    for name in ("make", "use"):
        rows = rows_of(folder / f"national_{name}.csv")
        rows[1][2] = rows[2][1] = ""
        write_rows(folder / f"national_{name}.csv", rows)
    found = intake(folder, tmp_path / "out", ASKED)
    said = [line.partition("use', ")[2] for line in found.said if "without a number" in line]
    assert said == [
        "2 cells without a number of the supply table: the first is C2: read as 0",
        "2 cells without a number: the first is C2: read as 0",
    ]


def test_a_title_of_another_year_or_unit_is_said(tmp_path):
    sheets = sheets_of("NO", "SO 2017", "national")
    sheets = {name.split()[0]: rows for name, rows in sheets.items()}
    sheets["NO"][2] = ["Unit: 1000 XTS"]
    write_book(tmp_path / "in/io.xlsx", sheets)
    said = intake(tmp_path / "in", tmp_path / "out", Asked(usd_rate=2.0)).said
    assert [line for line in said if "sheet 'SO': the year of its title is 2017" in line]
    assert [line for line in said if "sheet 'NO': the unit of money of its title is" in line]


def test_sheets_may_be_called_by_the_names_of_a_list_whose_other_regions_are_said(tmp_path):
    sheets = sheets_of("NO", "SO", "national")
    write_book(
        tmp_path / "in/io.xlsx",
        dict(zip(("North", "South", "Nation"), sheets.values(), strict=True)),
    )
    listed = PLACES.replace("region,", "region,name,").replace("NO,", "NO,North,")
    listed = listed.replace("SO,", "SO,South,") + "EA,East,1000000,0,12,50,9000\n"
    (tmp_path / "in/regions.csv").write_text(listed, encoding="utf-8")
    found = intake(tmp_path / "in", tmp_path / "out", Asked(usd_rate=2.0))
    assert regions_of(found) == NORTH_AND_SOUTH
    assert "regions.csv: no table is of East: left out" in found.said


@pytest.mark.slow
def test_sheets_may_be_called_by_provinces_of_a_list_of_cities(tmp_path, capsys):
    """The tables had codes of their own, which no city's province had."""
    sheets = sheets_of("NO", "SO", "national")
    names = ("North 2020", "South 2020", "National 2020")
    write_book(tmp_path / "in/io.xlsx", dict(zip(names, sheets.values(), strict=True)))
    write_rows(tmp_path / "in/regions.csv", example_tables()["regions"])
    (tmp_path / "in/inventory.csv").write_text(INVENTORY, encoding="utf-8")
    words = [str(tmp_path / "in"), "--to", str(tmp_path / "out"), "--usd-rate", "2"]
    assert main(["intake", *words]) == 0
    said = capsys.readouterr().out
    assert (
        "5 regions, 4 sectors" in said
        and "clusters: 2" in (tmp_path / "out/config.yaml").read_text()
    )
    tables = sorted(path.stem for path in (tmp_path / "out/lists/provinces").iterdir())
    assert tables == ["NO", "SO"]
    used = pd.read_csv(tmp_path / "out/sources.csv").set_index("path")["used_as"]
    assert "provinces/NO.csv provinces/SO.csv" in used[str(tmp_path / "in/io.xlsx")]


#: Foreign goods that are sold abroad again, by product.
AGAIN = [0, 0, 300, 0]


def passing(sheet, *, inside=False, heading="Re-exports", bought="Imports"):
    """Re-exports in a column of their own, in imports, and `inside` of exports or not."""
    add_to_column(sheet, bought, AGAIN)
    add_column(sheet, bought, heading, AGAIN)
    if inside:
        add_to_column(sheet, "Exports", AGAIN)


def of_home_and_total(sheet):
    passing(sheet)
    at = sheet[3].index("Exports")
    add_column(
        sheet,
        "Imports",
        "Total exports",
        [r[at] + a for r, a in zip(sheet[5:9], AGAIN, strict=True)],
    )
    sheet[3][at] = "Domestic exports"


def kept_and_passed_on(sheet):
    passing(sheet)
    add_to_column(sheet, "Imports", [-a for a in AGAIN])
    add_column(sheet, "Others", "Imports for re-exports", AGAIN)


@pytest.mark.parametrize(
    "edit",
    [
        passing,
        partial(passing, inside=True, heading="of which re-exports"),
        partial(passing, heading="Exports of foreign goods"),
        partial(passing, heading="转口"),
        of_home_and_total,
        kept_and_passed_on,
    ],
    ids=["apart", "inside", "foreign", "entrepot", "domestic", "imports"],
)
def test_re_exports_leave_exports_and_imports_however_they_are_printed(tmp_path, edit):
    """Domestic exports beside them were outflow, other words a sum, or a category."""
    folder = workbooks(tmp_path / "in", edit=edit)
    (folder / "regions.csv").write_text(PLACES, encoding="utf-8")
    (folder / "inventory.csv").write_text(INVENTORY, encoding="utf-8")
    found = intake(folder, tmp_path / "out", Asked(usd_rate=2.0))
    assert found.tables["final_demand"]["category"].tolist() == CATEGORIES
    with collect_notices() as notices:
        data = read_folder(tmp_path / "out/lists")
        assert faults_of(data) == []
    assert any("without re-exports of 300" in notice.value for notice in notices)
    plain = as_told(table("provinces/NO"))
    for name in ("exports", "imports", "outflow"):
        told = data.provinces["NO"][name].to_series().to_dict()
        assert told == {code: plain[code, name] for code in CODES}, name


def test_re_exports_are_no_unknown_column_where_another_list_has_a_fault(tmp_path):
    """The check said: remove it."""
    folder = workbooks(tmp_path / "in", edit=passing)
    intake(folder, tmp_path / "out", Asked(usd_rate=2.0))
    faults = faults_of(read_folder(tmp_path / "out/lists"))
    assert any("population" in fault.message for fault in faults)
    assert not [fault for fault in faults if "re_exports" in fault.message]


def test_what_rows_below_the_products_sell_and_buy_abroad_is_said(tmp_path):
    """A row of re-exports was passed over without a word, or value added of 0."""

    def add_row(sheet, blank):
        row = [None, "Re-exports", "RX", *[blank] * (len(sheet[5]) - 3)]
        for heading in ("Exports", "Imports"):
            row[sheet[3].index(heading)] = 300
        sheet.insert(9, row)

    for blank in (None, 0):
        folder = workbooks(tmp_path / f"in{blank}", edit=partial(add_row, blank=blank))
        found = intake(folder, tmp_path / f"out{blank}", Asked(usd_rate=2.0))
        place = f"{folder / 'NO.xlsx'}, sheet 'table', row 10: RX / Re-exports"
        assert f"{place}: in no account: 300 in exports, 300 in imports" in found.said
        told = as_told(rows_of(tmp_path / f"out{blank}/lists/provinces/NO.csv"))
        assert ("rx", "AGR") not in told
        assert told["MAN", "exports"] == as_told(table("provinces/NO"))["MAN", "exports"]


def test_re_exports_in_a_sheet_of_imports_are_its_exports(tmp_path):
    def change(name, home, imported):
        add_column(imported, "Imports", "Re-exports", AGAIN)
        add_to_column(imported, "Imports", AGAIN)

    folder = pairs(tmp_path / "in", change)
    found = intake(folder, tmp_path / "out", Asked(usd_rate=2.0))
    assert found.faults == []
    block = as_told(rows_of(tmp_path / "out/lists/provinces/NO.imports.csv"))
    total = as_told(rows_of(tmp_path / "out/lists/provinces/NO.csv"))
    plain = as_told(table("provinces/NO"))
    assert block["MAN", "exports"] == 300
    assert total["MAN", "exports"] == plain["MAN", "exports"] + 300


@pytest.mark.parametrize("inside", [False, True])
def test_re_exports_of_make_and_use_tables_leave_exports_and_imports(tmp_path, inside):
    """The column that the intake wrote was unknown to the check."""
    folder = make_and_use(tmp_path / "in")
    use = rows_of(folder / "national_use.csv")
    use[0].append("Re-exports")
    at, out = use[0].index("Imports"), use[0].index("Exports")
    for row in use[1:6]:
        row.append(300 if row[0] == "MAN" else 0)
        row[at] = float(row[at]) - row[-1]  # below 0 there
        row[out] = float(row[out]) + row[-1] * inside
    write_rows(folder / "national_use.csv", use)
    asked = Asked(year=2020, unit="10^4 XTS", usd_rate=2.0)
    intake(folder, tmp_path / "out", asked)
    data = read_folder(tmp_path / "out/lists")
    assert not [fault for fault in faults_of(data) if "national" in str(fault.where)]
    plain = as_told(table("national"))
    for name in ("exports", "imports"):
        assert float(data.national[name].sel(sector="MAN")) == pytest.approx(plain["MAN", name])


def test_make_and_use_tables_with_scrap_totals_and_imports_below_zero(tmp_path):
    asked = Asked(year=2020, unit="10^4 XTS", usd_rate=2.0)
    found = intake(make_and_use(tmp_path / "in"), tmp_path / "out", asked)
    assert found.info["supply_use_model"] == "D"
    supply = as_told(rows_of(tmp_path / "out/lists/national.supply.csv"))
    assert supply["Scrap", "MAN"] == 1000  # turned: products by industries
    assert ("Total industry output", "MAN") not in supply
    use = as_told(rows_of(tmp_path / "out/lists/national.use.csv"))
    national = as_told(table("national"))
    assert use["ENE", "imports"] == national["ENE", "imports"] > 0
    data = read_folder(tmp_path / "out/lists")
    assert not [f for f in faults_of(data) if "national" in str(f.where)]
    output = data.national["output"].sel(sector="MAN")
    assert float(output) == national["MAN", "output"] + 1000
    (tmp_path / "in/national_use.csv").unlink()
    with pytest.raises(DataError, match="its make or use table is missing"):
        intake(tmp_path / "in", tmp_path / "other", asked)


def test_a_pymrio_folder_is_read_where_it_is_with_its_extensions_by_name(tmp_path):
    system = pymrio.load_test()
    folder = tmp_path / "in"
    system.emissions.F = system.emissions.F.rename(index={"emission_type1": "CO2 - combustion"})
    system.emissions.F_Y = system.emissions.F_Y.rename(index={"emission_type1": "CO2 - combustion"})
    system.emissions.unit = system.emissions.unit.rename(
        index={"emission_type1": "CO2 - combustion"}
    )
    system.save_all(folder)
    found = intake(folder, tmp_path / "out", Asked(year=2000))
    assert "extension emissions: 2 rows (kg)" in found.said
    assert "  taken as CO2 (confirm): emissions: CO2 - combustion, air (kg)" in found.said
    emissions = pd.read_csv(tmp_path / "out/lists/emissions.csv")
    made = system.emissions.F.loc[("CO2 - combustion", "air")]
    household = system.emissions.F_Y.loc[("CO2 - combustion", "air")].sum()
    assert emissions["emissions"].sum() == pytest.approx((made.sum() + household) / 1000)
    one = emissions.set_index(["region", "sector"])["emissions"]
    assert one["reg2", "mining"] == pytest.approx(made["reg2", "mining"] / 1000)
    roles = pd.read_csv(tmp_path / "out/lists/accounts.csv").set_index("name")["role"]
    assert roles.to_dict() == {"Export": "exports", "Value Added": "unused"}
    assert found.info["unit"] == "10^6 USD" and found.info["usd_rate"] == 1
    assert found.faults == []
    water = pd.read_csv(tmp_path / "out/lists/stressors.csv").set_index(["region", "sector"])
    of_water = ("emission_type2", "water")
    assert {*water["stressor"]} == {"emission_type2_water"} and {*water["unit"]} == {"kg"}
    assert water["value"]["reg2", "mining"] == system.emissions.F.loc[of_water]["reg2", "mining"]
    directly = system.emissions.F_Y.loc[of_water]["reg2"].sum()
    assert water["value"]["reg2", "households"] == pytest.approx(directly)


def test_value_added_in_an_extension_of_another_name_and_re_exports_are_accounts(tmp_path):
    """The rows had become stressors, and the category had no role."""
    system = pymrio.load_test()
    closing = system.Z.sum(axis=1) + system.Y.sum(axis=1) - system.Z.sum()
    system.factor_inputs.F = system.factor_inputs.F.astype(float)
    system.factor_inputs.F.loc["Value Added"] = closing
    system.Y = system.Y.rename(columns={"Export": "Re-exports"}, level=-1)
    system.emissions.F_Y.columns = system.Y.columns
    system.save_all(tmp_path / "in")
    (tmp_path / "in/factor_inputs").rename(tmp_path / "in/VA")
    found = intake(tmp_path / "in", tmp_path / "out", Asked(year=2000))
    roles = pd.read_csv(tmp_path / "out/lists/accounts.csv").set_index("name")["role"]
    assert roles.to_dict() == {"Re-exports": "exports", "Value Added": "value_added"}
    assert not [line for line in found.said if "Value Added (" in line]
    gdp = pd.read_csv(tmp_path / "out/lists/regions.csv").set_index("region")["gdp"]
    assert gdp["reg2"] == pytest.approx(closing["reg2"].sum())


def test_a_category_that_no_word_explains_is_said_with_what_to_do(tmp_path, capsys):
    system = pymrio.load_test()
    names = {"Final consumption expenditure by households": "Sundry, net"}
    system.Y = system.Y.rename(columns=names, level=-1)
    system.emissions.F_Y.columns = system.Y.columns
    system.save_all(tmp_path / "in")
    assert main(["intake", str(tmp_path / "in"), "--to", str(tmp_path / "out"), "--year", "2000"])
    said = capsys.readouterr().out
    assert "role unknown: fill it in (final_demand.csv); of sales to outside" in said


@pytest.mark.parametrize(
    "unit",
    [
        "(Millions of euros)",
        "All sectors, EUR million",
        "Table of GDP million EUR",
        "Use, € million",
        "EUR Mio. of 2012",
        "Imports, EUR million CIF",
        "THE million EUR table",
        "Of THE millions, EUR million",
    ],
)
def test_a_unit_in_words_and_a_year_in_a_cell_of_its_own_are_read(tmp_path, unit):
    folder = make_and_use(tmp_path / "in")
    for path in folder.glob("*.csv"):
        above = ["Table of the nation"], [unit], ["2012"]
        write_rows(path, [*above, *rows_of(path)])
    found = intake(folder, tmp_path / "out", Asked(usd_rate=2.0))
    assert (found.info["year"], found.info["unit"]) == (2012, "10^6 EUR")


@pytest.mark.parametrize("title", ["Imports, million CIF", "THE million things of 2012"])
def test_capitals_beside_million_that_are_no_currency_are_no_unit(tmp_path, title):
    folder = make_and_use(tmp_path / "in")
    for path in folder.glob("*.csv"):
        write_rows(path, [[title], ["2012"], *rows_of(path)])
    with pytest.raises(DataError, match="no file says the unit of money"):
        intake(folder, tmp_path / "out", Asked(usd_rate=2.0))


def test_names_are_names_whether_codes_stand_beside_or_above_them(tmp_path):
    """Of a table labelled by names, with numbers as codes, the names were 211 or squeezed."""
    folder = make_and_use(tmp_path / "in")
    named = {"AGR": "Farms and woods", "ENE": "Oil and gas", "MAN": "Making things", "SER": "Help"}
    for path in folder.glob("*.csv"):
        head, *rows = rows_of(path)
        numbered = {code: str(100 + k) for k, code in enumerate(CODES)} | {"SER": "4A"}
        codes = ["", *(numbered.get(code, code) for code in head)]
        names = ["", *(named.get(code, code) for code in head)]
        rows = [[numbered.get(row[0], ""), named.get(row[0], row[0]), *row[1:]] for row in rows]
        write_rows(path, [codes, names, *rows])
    intake(folder, tmp_path / "out", Asked(year=2020, unit="10^4 XTS", usd_rate=2.0))
    sectors = pd.read_csv(tmp_path / "out/lists/sectors.csv")
    assert sectors["name"].tolist() == [*named.values()]
    assert sectors["group_a"].tolist()[:2] == ["agriculture", "energy"]


def test_final_demand_below_zero_is_no_fault_where_another_list_has_one(tmp_path):
    folder = make_and_use(tmp_path / "in")
    use = rows_of(folder / "national_use.csv")
    at, out = len(CODES) + 1, use[0].index("Exports")  # the first category
    for row in use[1:]:
        if row[0] == "MAN":
            row[out] = float(row[out]) + float(row[at]) + 5000
            row[at] = -5000
    write_rows(folder / "national_use.csv", use)
    intake(folder, tmp_path / "out", Asked(year=2020, unit="10^4 XTS", usd_rate=2.0))
    with collect_notices() as notices:
        faults = faults_of(read_folder(tmp_path / "out/lists"))
    assert any("population" in fault.message for fault in faults)
    assert not [fault for fault in faults if "total_use" in fault.message]
    assert "final demand below 0" in [notice.what for notice in notices]


def test_a_row_below_zero_and_a_long_extension_are_no_stressors_and_said(tmp_path):
    system = pymrio.load_test()
    system.emissions.F.iloc[1, 0] = -1.0
    system.save_all(tmp_path / "in")
    found = intake(tmp_path / "in", tmp_path / "out", Asked(year=2000, co2=["emissions"]))
    assert "stressors" not in found.tables  # both rows are CO2
    found = intake(tmp_path / "in", tmp_path / "other", Asked(year=2000))
    assert {*found.tables["stressors"]["stressor"]} == {"emission_type1_air"}
    assert "  'emission_type2, water' has amounts below 0: left out" in found.said
    many = [system.emissions.F.assign(k=k).set_index("k", append=True) for k in range(7)]
    system.emissions.F = pd.concat(many).droplevel("compartment")
    system.emissions.F_Y = system.emissions.unit = None
    system.save_all(tmp_path / "long")
    found = intake(tmp_path / "long", tmp_path / "third", Asked(year=2000))
    assert any("14 rows are left out: at most 12 become stressors" in line for line in found.said)


def test_rows_of_a_long_extension_are_chosen_by_name(tmp_path):
    system = pymrio.load_test()
    taken = system.emissions.F.iloc[[0]].droplevel("compartment")
    names = [f"Water - crop {k}" for k in range(299)]
    long = [*names, "Domestic extraction used - limestone, gypsum, chalk, dolomite and marble"]
    system.emissions.F = pd.concat(
        [taken.set_axis([name]) * (k + 1) for k, name in enumerate(long)]
    )
    system.emissions.F.index.name = "stressor"
    system.emissions.F_Y = system.emissions.unit = None
    system.save_all(tmp_path / "in")
    three = ["emissions: Water - crop 7", "Water - crop 70", long[-1]]
    found = intake(tmp_path / "in", tmp_path / "out", Asked(year=2000, stressors=three))
    rows = pd.read_csv(tmp_path / "out/lists/stressors.csv").groupby("stressor")["value"].sum()
    assert [*rows.index] == [
        "Domestic_extraction_used_limestone_gypsum_chalk_dolomite_and_mar",
        "Water_crop_7",
        "Water_crop_70",
    ]
    whole = taken.to_numpy().sum()
    assert rows.to_numpy() == pytest.approx([300 * whole, 8 * whole, 71 * whole])
    assert any(line.startswith("  297 rows are left out: ") for line in found.said)


def test_rows_that_no_extension_has_are_refused_together_with_those_that_are_near(tmp_path):
    pymrio.load_test().save_all(tmp_path / "in")
    asked = Asked(year=2000, co2=["emissions: emission_type9"], stressors=["watr"])
    with pytest.raises(DataErrors) as error:
        intake(tmp_path / "in", tmp_path / "out", asked)
    assert [fault.where for fault in error.value.faults] == [str(tmp_path / "in")] * 2
    told = "no row of an extension is called 'emissions: emission_type9'"
    assert f"{told}. Fix: write EXTENSION: ROW, such as 'emissions: emission_type" in str(
        error.value
    )
    assert not (tmp_path / "out").exists()


def test_rows_of_extensions_that_workbooks_do_not_have_are_refused(tmp_path):
    """They were ignored."""
    source = workbooks(tmp_path / "in")
    for asked in (Asked(stressors=["water"]), Asked(co2=["water"])):
        with pytest.raises(DataError, match="no row of an extension is called 'water'"):
            intake(source, tmp_path / "out", asked)
        assert not (tmp_path / "out").exists()


def test_a_row_of_an_extension_can_be_named_and_without_one_the_check_asks(tmp_path):
    pymrio.load_test().save_all(tmp_path / "in")
    found = intake(tmp_path / "in", tmp_path / "out", Asked(year=2000))
    assert any("no row of an extension says CO2" in line for line in found.said)
    assert len(rows_of(tmp_path / "out/lists/emissions.csv")) == 1
    named = Asked(year=2000, co2=["emissions: emission_type1"])
    intake(tmp_path / "in", tmp_path / "other", named)
    assert len(rows_of(tmp_path / "other/lists/emissions.csv")) > 48


def test_a_table_that_a_run_would_stop_at_is_told_with_lines_that_mend_it(tmp_path, capsys):
    system = pymrio.load_test()
    system.Y.iloc[0, 0] -= 2 * system.Z.iloc[0].sum() + 2 * system.Y.iloc[0].sum()
    system.save_all(tmp_path / "in")
    arguments = ["--year", "2000", "--to", str(tmp_path / "out")]
    assert main(["intake", str(tmp_path / "in"), *arguments]) == 1
    said = capsys.readouterr().out
    assert "What a run would stop at in the table:" in said
    assert "region reg1, sector food: output is -" in said
    assert str(tmp_path / "out/lists/corrections.csv") in said


def test_a_table_in_whole_millions_with_a_ghost_output_is_taken_and_said(tmp_path):
    system = pymrio.load_test()
    output = system.Z.sum(axis=1) + system.Y.sum(axis=1)
    system.Z, system.Y = (part.div(1000).round() for part in (system.Z, system.Y))
    system.x = output.div(1000).round().to_frame("indout")
    ghost = ("reg6", "other")
    system.Z.loc[ghost], system.Z[ghost] = 0.0, 0.0
    system.Y.loc[ghost] = 0.0
    system.Y.loc[ghost, ("reg6", "Changes in inventories")] = -1.0
    system.x.loc[ghost] = -1.0
    system.x["indout"] += [1, 0, -1] * 16  # other sums were rounded on their own
    system.x.loc[ghost] = -1.0
    rows = system.Z.sum(axis=1) + system.Y.sum(axis=1)
    assert (rows != system.x["indout"]).any()
    system.save_all(tmp_path / "in")
    found = intake(tmp_path / "in", tmp_path / "out", Asked(year=2011))
    assert found.faults == []
    said = {notice.what: notice for notice in found.notices}
    assert (
        "region reg6, sector other: output is -1"
        in said["outputs below 0 from stock changes alone"].value
    )
    assert said["rows that do not add up"].expectation.endswith("printed to 1")


def test_a_matlab_file_takes_its_names_from_a_list_beside_it(tmp_path):
    fields, _ = given_files.toy()
    (tmp_path / "in").mkdir()
    given_files.write_matlab73(tmp_path / "in/toy_2015.mat", fields)
    names = [["region", "sector", "category"], ["Beta", "Farms", "People"]]
    names += [["Alpha", "Plants", "Capital"], ["", "", "Stocks"]]
    write_rows(tmp_path / "in/names.csv", names)
    asked = Asked(unit="10^6 EUR")
    found = intake(tmp_path / "in", tmp_path / "out", asked)
    assert found.info["year"] == 2015
    assert found.tables["regions"]["region"].tolist() == ["Beta", "Alpha"]
    assert found.tables["sectors"]["sector"].tolist() == ["Farms", "Plants"]
    assert found.tables["final_demand"]["role"].tolist() == [
        "household",
        "capital",
        "stock_changes",
    ]
    assert found.faults == []
    (tmp_path / "in/names.csv").unlink()
    found = intake(tmp_path / "in", tmp_path / "numbered", asked)
    assert found.tables["regions"]["region"].tolist() == ["R1", "R2"]
    assert sum("they are numbered" in line for line in found.said) == 3


MADE = np.array([[1000.0, 2000.0, 3000.0, 4000.0], [5.0, 0.0, 7.0, 8.0]])
ROWS = {"stressors": [("CO2 combustion",), ("Water",)], "units": [("kt",), ("m3",)]}


def matlab_folder(folder: Path, write=given_files.write_matlab73, inside=(), beside=()) -> Path:
    """The table of two regions and two sectors, perhaps with more in its struct or beside it, and
    its names.
    """
    fields, _ = given_files.toy()
    folder.mkdir()
    write(folder / "toy_2015.mat", fields | dict(inside), dict(beside))
    names = [["region", "sector", "category"], ["Beta", "Farms", "People"]]
    write_rows(folder / "names.csv", [*names, ["Alpha", "Plants", "Capital"], ["", "", "Stocks"]])
    return folder


FINAL = np.array([[1.0, 0.0, 0.0, 2.0, 0.0, 0.0], [0.0] * 6])
#: t CO2 of `MADE` and `FINAL` by region and sector.
TOLD = {
    ("Beta", "Farms"): 1e6,
    ("Beta", "Plants"): 2e6,
    ("Alpha", "Farms"): 3e6,
    ("Alpha", "Plants"): 4e6,
    ("Beta", "households"): 1000,
    ("Alpha", "households"): 2000,
}


def told_emissions(folder: Path) -> dict:
    emissions = pd.read_csv(folder / "lists/emissions.csv")
    return emissions.set_index(["region", "sector"])["emissions"].to_dict()


WRITES = pytest.mark.parametrize(
    "write", [given_files.write_matlab5, given_files.write_matlab73], ids=["5", "7.3"]
)


@WRITES
@pytest.mark.parametrize("where", ["inside", "beside"])
def test_emissions_in_the_file_of_the_table_become_lists(tmp_path, write, where):
    """They were read from another file alone: these were passed over without a word."""
    own = {"E": MADE, "E_Y": FINAL, "remark": [("by hand",)] * 5, **ROWS}
    folder = matlab_folder(tmp_path / "in", write, **{where: own})
    asked = Asked(unit="10^6 EUR")
    found = intake(folder, tmp_path / "out", asked)
    assert told_emissions(tmp_path / "out") == TOLD
    water = pd.read_csv(tmp_path / "out/lists/stressors.csv")
    assert water["value"].tolist() == [5, 7, 8] and {*water["unit"]} == {"m3"}
    assert not any("no emissions" in line for line in found.said) and found.faults == []
    assert "not read: toy_2015.mat: remark" in found.said
    assert "extension toy_2015: 2 rows (kt, m3)" in found.said
    with pytest.raises(DataError, match="no row of an extension is called 'air'"):
        intake(folder, tmp_path / "other", replace(asked, stressors=["air"]))
    found = intake(folder, tmp_path / "other", replace(asked, co2=["toy_2015: Water"]))
    assert "  'Water' is in 'm3', which is no mass: not taken as CO2" in found.said


@WRITES
def test_a_vector_is_a_stressor_called_as_its_variable(tmp_path, write):
    own = {"CO2_kt": MADE[:1], "CO2_kt_Y": FINAL[:1], "Water": MADE[1:].T, "Water_unit": [("m3",)]}
    folder = matlab_folder(tmp_path / "in", write, own | {"jobs": MADE[:1] / 10})
    found = intake(folder, tmp_path / "out", Asked(unit="10^6 EUR"))
    assert told_emissions(tmp_path / "out") == TOLD
    others = pd.read_csv(tmp_path / "out/lists/stressors.csv")
    assert {*map(tuple, others[["stressor", "unit"]].to_numpy())} == {
        ("Water", "m3"),
        ("jobs", "1"),
    }
    assert others.loc[others["stressor"] == "Water", "value"].tolist() == [5, 7, 8]
    assert "  taken as CO2 (confirm): toy_2015: CO2_kt (kt)" in found.said


def test_what_has_not_the_columns_of_the_table_or_no_names_is_said(tmp_path):
    folder = matlab_folder(tmp_path / "in", inside={"years": np.arange(7.0), "E": MADE[:, :3]})
    found = intake(folder, tmp_path / "out", Asked(unit="10^6 EUR"))
    assert "not read: toy_2015.mat: E, years" in found.said
    assert "the file has no emissions: fill in emissions.csv" in found.said
    own = {"E": MADE, "W": MADE, "E_rows": ROWS["stressors"], "E_units": ROWS["units"]}
    folder = matlab_folder(tmp_path / "two", inside=own | {"inverse": np.eye(4)})
    found = intake(folder, tmp_path / "other", Asked(unit="10^6 EUR"))
    assert told_emissions(tmp_path / "other")["Alpha", "Plants"] == 4e6
    said = "\n".join(found.said)
    for height in (2, 4):
        assert f"has nothing for its list of {height} texts that names its rows" in said
    assert "not read: toy_2015.mat: W, inverse" in found.said


@pytest.mark.parametrize("name", ["emissions.mat", "emissions73.mat"])
def test_emissions_in_a_matlab_file_beside_the_table_become_lists(tmp_path, name):
    folder = matlab_folder(tmp_path / "in")
    given_files.write_emissions(folder / name, {"E": MADE, "EY": FINAL}, ROWS)
    asked = Asked(unit="10^6 EUR")
    found = intake(folder, tmp_path / "out", asked)
    assert told_emissions(tmp_path / "out") == TOLD
    water = pd.read_csv(tmp_path / "out/lists/stressors.csv")
    assert water["value"].tolist() == [5, 7, 8] and {*water["unit"]} == {"m3"}
    assert not any("no emissions" in line for line in found.said)
    used = pd.read_csv(tmp_path / "out/sources.csv").set_index("path")["used_as"]
    assert used[str(folder / name)] == "lists/emissions.csv and stressors.csv"
    extension = name.removesuffix(".mat")
    chosen = replace(asked, co2=[f"{extension}: Water"])
    with pytest.raises(DataError, match="no row of an extension is called 'air'"):
        intake(folder, tmp_path / "other", replace(chosen, stressors=["air"]))
    found = intake(folder, tmp_path / "other", chosen)
    assert "  'Water' is in 'm3', which is no mass: not taken as CO2" in found.said


def test_columns_of_emissions_are_in_the_order_of_their_own_labels(tmp_path):
    folder = matlab_folder(tmp_path / "in")
    labels = [("Alpha", "Plants"), ("Alpha", "Farms"), ("Beta", "Plants"), ("Beta", "Farms")]
    rows = {"stressors": [("CO2 (kt)",)], "labels": labels}
    final = np.array([[0.0, 0.0, 3.0, 0.0, 0.0, 0.0]])  # of Alpha, which comes first
    matrices = {"E": scipy.sparse.csc_matrix(MADE[:1, ::-1]), "EY": final}
    given_files.write_emissions(folder / "emissions.mat", matrices, rows)
    asked = Asked(unit="10^6 EUR")
    intake(folder, tmp_path / "out", asked)
    emissions = pd.read_csv(tmp_path / "out/lists/emissions.csv")
    told = emissions.set_index(["region", "sector"])["emissions"]
    assert told["Beta", "Farms"] == 1e6 and told["Alpha", "Farms"] == 3e6
    assert told["Alpha", "households"] == 3000
    rows["labels"][0] = ("Alpha", "Mines")
    given_files.write_emissions(folder / "emissions.mat", {"E": MADE[:1, ::-1]}, rows)
    with pytest.raises(DataError, match=r"labels.*'Mines' is neither a code nor") as error:
        intake(folder, tmp_path / "other", asked)
    assert "Fix:" in str(error.value)


@pytest.mark.parametrize(
    ("matrices", "texts", "said"),
    [
        (
            {"E": MADE.T},
            {"stressors": ROWS["stressors"]},
            "has nothing for its matrix of 4 columns; expected 1",
        ),
        (
            {"E": MADE, "F": MADE},
            ROWS,
            "has nothing for its list of 2 texts that names its rows; expected 1",
        ),
        ({"E": MADE, "EY": MADE[:, :3]}, ROWS, "has EY for its matrix of another size; expected 0"),
        (
            {"E": MADE},
            {"units": ROWS["units"]},
            "has nothing for its list of 2 texts that names its rows",
        ),
        (
            {"E": MADE},
            ROWS | {"more": ROWS["stressors"]},
            "has stressors, more for its list of 2 texts",
        ),
        (
            {"E": np.where(MADE == 7, np.nan, MADE)},
            ROWS,
            "emissions is nan at row Water, region Alpha, sector Farms; expected numbers",
        ),
    ],
)
def test_other_layouts_of_emissions_are_refused_in_one_message(tmp_path, matrices, texts, said):
    folder = matlab_folder(tmp_path / "in")
    given_files.write_emissions(folder / "emissions.mat", matrices, texts)
    with pytest.raises(DataError) as error:
        intake(folder, tmp_path / "out", Asked(unit="10^6 EUR"))
    text = str(error.value)
    assert said in text and text.count("Fix:") == 1 and "emissions.mat" in text
    assert not (tmp_path / "out").exists()


def test_a_workbook_in_the_layout_of_ceads_is_read_as_a_given_table(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    *_, added, _, _ = ceads_world.mrio(tmp_path / "in/MRIO_2012.xlsx")
    arguments = ["--to", str(tmp_path / "out"), "--unit", "10^4 CNY", "--usd-rate", "6.3"]
    assert main(["intake", str(tmp_path / "in"), *arguments]) == 1
    lists = tmp_path / "out/lists"
    regions = pd.read_csv(lists / "regions.csv")
    assert regions["region"].tolist() == ["Beijing", "Tianjin", "Hebei"]
    assert regions["gdp"].tolist() == pytest.approx(added.reshape(3, 2).sum(axis=1))
    said = capsys.readouterr().out
    assert "region 'Hebei' has no row; expected its emissions" in said
    assert "sheet 'NOTE': the table is that of sheet 'MRIO 2012'" in said
    regions = regions.assign(population=1e6, population_rural=1e5, lon=110, lat=40, area_km2=1000)
    regions.assign(note="").to_csv(lists / "regions.csv", index=False)
    emissions = [["region", "sector", "emissions"], *([r, "S0", 5.0] for r in regions["region"])]
    write_rows(lists / "emissions.csv", emissions)
    assert main(["check", str(tmp_path / "out/config.yaml")]) == 0, capsys.readouterr().out


def test_two_tables_of_ceads_in_one_workbook_are_refused_where_the_first_was_taken(
    tmp_path, capsys
):
    path = tmp_path / "MRIO_2012.xlsx"
    ceads_world.mrio(path)
    book = openpyxl.load_workbook(path)
    book.copy_worksheet(book["MRIO 2012"]).title = "MRIO 2015"
    book.save(path)
    asked = ["--to", str(tmp_path / "out"), "--unit", "10^4 CNY"]
    assert main(["intake", str(path), *asked]) == 1
    said = capsys.readouterr().err
    assert "sheets 'MRIO 2012', 'MRIO 2015' each hold a block of 6 x (6 + 6) numbers" in said
    assert "save the sheet that is meant as a workbook of its own" in said
    assert not (tmp_path / "out").exists()
    with pytest.raises(DataError, match="each hold a block"):
        ceads_world.read(path)


def test_the_31_workbooks_of_china_are_read_and_checked_within_15_seconds(tmp_path, shared, capsys):
    folder = shared / "data/china2012/raw/provincial_io"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    start = time.process_time()
    assert main(["intake", str(folder), "--to", str(tmp_path / "out"), "--usd-rate", "6.3"]) == 1
    seconds = time.process_time() - start
    said = capsys.readouterr().out
    assert "31 regions, 42 sectors, 5 categories of final demand, 31 tables" in said
    assert "155 faults" in said  # what the tables do not tell of regions, and nothing else
    zhejiang = as_told(rows_of(tmp_path / "out/lists/provinces/330000.csv"))
    assert zhejiang["01", "01"] > 0
    assert zhejiang["va001", "01"] == 16080600
    assert seconds < 15


def test_the_table_of_china_2017_is_read_with_its_imports_apart(tmp_path, shared, capsys):
    folder = shared / "data/china2017/raw/national_io"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here")
    told = ["--usd-rate", "6.75", "--column", "TC=households"]
    assert main(["intake", str(folder), "--to", str(tmp_path / "out"), *told]) == 1
    said = capsys.readouterr().out
    assert "1 regions, 42 sectors, 3 categories of final demand, 2 tables" in said
    assert "\n5 faults in" in said  # what the table does not tell of the region, and nothing else
    block = as_told(rows_of(tmp_path / "out/lists/national.imports.csv"))
    total = as_told(rows_of(tmp_path / "out/lists/national.csv"))
    imports = sum(value for (_, column), value in block.items() if column != "exports")
    assert 0 < imports <= sum(value for (_, column), value in total.items() if column == "imports")
