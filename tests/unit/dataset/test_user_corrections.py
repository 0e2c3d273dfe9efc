"""Spreadsheets of one's own: corrected cells, and trade in the columns that a source prints."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest

from citymrio.base.errors import DataError, collect_notices
from citymrio.base.labels import read_dataset, read_json, read_table
from citymrio.config.models import Dataset
from citymrio.dataset.check import report_reading
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.corrections import Correction, Corrections
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.reading import make_dataset, what_was_read
from citymrio.dataset.sources import template, user
from citymrio.dataset.workbook import Sheet

HEADER = "file,row,column,printed,used,source,reason\n"


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    folder = tmp_path_factory.mktemp("template")
    template.write_template(folder / "template")
    return folder / "template/example"


@pytest.fixture
def mine(example, tmp_path):
    return shutil.copytree(example, tmp_path / "mine")


def edit(path, change):
    """Rewrite a provincial table; `change(row)` gets every row as a dict of its cells."""
    lines = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.lstrip('"').startswith("#")
    ]
    rows = list(csv.DictReader(lines))
    rows = [change(dict(row)) for row in rows]
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def dataset(folder) -> Dataset:
    return Dataset(kind="user", raw_dir=str(folder), year=2020)


def test_a_cell_that_is_no_number_is_named_with_the_line_that_mends_it(mine):
    """Only the workbooks of statistics offices had the line; sums that miss it are not named."""
    printed = {}

    def damage(row):
        if row["sector"] == "MAN":
            printed["is"], row["ENE"] = row["ENE"], "1.234,5"
        return row

    edit(mine / "provinces/NO.csv", damage)
    (fault,) = faults_of(read_folder(mine))
    assert fault.message.endswith(
        "column 'ENE' is '1.234,5', with a decimal comma; expected a decimal point"
    )
    line = str(fault).splitlines()[-1]
    assert line == 'NO,MAN,ENE,"1.234,5",<number>,own judgement,<reason>'
    used = line.replace("<number>", printed["is"]).replace("<reason>", "typed by hand")
    (mine / "corrections.csv").write_text(HEADER + used + "\n", encoding="utf-8")
    assert faults_of(read_folder(mine)) == []


def test_rows_and_columns_beyond_rounding_are_refused_with_the_lines_that_mend_them(mine, tmp_path):
    def damage(row):
        if row["sector"] in ("AGR", "SER"):
            row["exports"] = str(float(row["exports"]) + 1000)
        if row["sector"] == "taxes":
            row["ENE"] = str(float(row["ENE"]) + 500)
        return row

    edit(mine / "provinces/NO.csv", damage)
    found = faults_of(read_folder(mine))
    assert [fault.message.partition(" adds")[0] for fault in found] == [
        "the row of sector AGR",
        "the row of sector SER",
        "the column of sector ENE",
    ]
    lines = [str(fault).splitlines()[-1] for fault in found]
    assert lines[0] == "NO,AGR,error,0,-1000,own judgement,the row does not add up"
    (mine / "corrections.csv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    assert faults_of(read_folder(mine)) == []


@pytest.mark.parametrize("without_error", [False, True])
def test_deliveries_below_zero_are_refused_with_the_lines_that_mend_them(mine, without_error):
    def damage(row):
        if row["sector"] in ("AGR", "SER"):
            row["exports"] = str(float(row["exports"]) + float(row["MAN"]) + 7000)
            row["MAN"] = "-7000"
        if row["sector"] == "taxes":
            row["MAN"] = str(float(row["MAN"]) + 168_000 + 288_000 + 14_000)
        if without_error:
            del row["error"]
        return row

    edit(mine / "provinces/NO.csv", damage)
    found = faults_of(read_folder(mine))
    assert ["-7000 at sector" in fault.message for fault in found] == [True, True]
    lines = str(found[-1]).splitlines()[1:]
    assert lines[0] == "NO,AGR,MAN,-7000,0,own judgement,intermediate use below 0"
    assert len(lines) == 5
    (mine / "corrections.csv").write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")
    data = read_folder(mine)
    assert faults_of(data) == []
    assert data.provinces["NO"]["error"].values.tolist() == [-7000, 0, 0, -7000]


def test_lines_of_the_supplied_mrio_are_left_to_its_reader(mine):
    line = "mrio.xlsx!Table,4,P,1,2,yearbook,a digit\n"
    (mine / "corrections.csv").write_text(HEADER + line, encoding="utf-8")
    (fault,) = faults_of(read_folder(mine))
    assert "'mrio.xlsx!Table', of which nothing is read" in fault.message
    assert faults_of(read_folder(mine, others=[mine.parent / "mrio.xlsx"])) == []


def test_what_rounding_explains_is_booked_and_said_once(mine, tmp_path):
    def damage(row):
        if row["sector"] in ("AGR", "SER"):
            row["exports"] = str(float(row["exports"]) + 3)
        if row["sector"] == "taxes":
            row["ENE"] = str(float(row["ENE"]) - 2)
        return row

    edit(mine / "provinces/NO.csv", damage)
    with collect_notices() as said:
        user.build(dataset(mine), tmp_path / "out")
    table = read_dataset(tmp_path / "out/provinces/NO.nc")
    assert table["error"].values.tolist() == [-3, 0, 0, -3]
    assert float(table["value_added"].sel(item="wages", sector="ENE")) == 185502
    found = [notice for notice in said if "do not add up" in notice.what]
    assert [notice.what.split()[0] for notice in found] == ["rows", "columns"]
    assert "2 of 4, 6 in sum" in found[0].value and "AGR: -3 of 500000" in found[0].value


def test_corrected_cells_count_and_are_in_every_account_of_the_dataset(mine, tmp_path):
    def damage(row):
        if row["sector"] == "AGR":
            row["MAN"] = str(-float(row["MAN"]))
        return row

    sound = read_folder(mine).provinces["NO"]
    edit(mine / "provinces/NO.csv", damage)
    with pytest.raises(
        DataError,
        match="total_use is -168000 at sector AGR, use MAN; expected at least 0.*corrections.csv",
    ):
        user.build(dataset(mine), tmp_path / "out")
    (mine / "corrections.csv").write_text(
        HEADER + "NO,AGR,MAN,-168000,168000,yearbook,sign\n", encoding="utf-8"
    )
    read, notices = make_dataset(dataset(mine), tmp_path / "out")
    assert read_dataset(tmp_path / "out/provinces/NO.nc").equals(sound)
    assert read_table(tmp_path / "out/corrections.csv").used.tolist() == [168000]
    assert any(
        "Corrected cells: 1 in 1 file" in note
        for note in read_json(tmp_path / "out/dataset.json")["notes"]
    )
    assert [n.value for n in notices if "corrected" in n.what] == [
        "row AGR, column MAN: -168000 -> 168000"
    ]
    assert read.set_index("table").loc["corrections", "rows"] == 1
    again = read_folder(tmp_path / "out")  # in a folder of netCDF tables the lines are a record
    assert faults_of(again) == [] and len(again.tables["corrections"].frame) == 1


@pytest.mark.parametrize(
    "line, message",
    [
        (
            "NO,AGR,MAN,5,6,me,typo",
            "the line says that '5' is printed at row .*, where '168000' is found",
        ),
        ("NO,AGR,XXX,5,6,me,typo", "row AGR, column XXX is no cell"),
        ("XX,AGR,MAN,5,6,me,typo", "'XX', of which nothing is read"),
        ("NO,AGR,MAN,168000,much,me,typo", "'used' is 'much', text; expected a number"),
        ("NO,AGR,MAN,168000,1,,typo", "column 'source' is empty"),
        ("NO,AGR,MAN,168000,1,me,it does not add up", "the row of sector AGR adds up to"),
    ],
)
def test_a_line_that_does_not_fit_is_refused(mine, tmp_path, line, message):
    (mine / "corrections.csv").write_text(HEADER + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=message):
        user.build(dataset(mine), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_cell_of_a_list_is_corrected_by_its_row_number(mine):
    regions = (mine / "regions.csv").read_text(encoding="utf-8").splitlines()
    number = next(k for k, line in enumerate(regions, 1) if line.startswith("N1,"))
    (mine / "corrections.csv").write_text(
        HEADER + f"regions.csv,{number},population,1400000,1500000,census,late\n", encoding="utf-8"
    )
    found = read_folder(mine)
    assert (
        faults_of(found, levels=False) == []
        and found.tables["regions"].frame.population[0] == 1_500_000
    )


def total(row):
    """Foreign and domestic trade in one column each way."""
    for name, parts in (
        ("outflow_total", ("exports", "outflow")),
        ("inflow_total", ("imports", "inflow")),
    ):
        values = [row.pop(part) for part in parts]
        row[name] = str(sum(map(float, values))) if all(values) else ""
    return row


def test_totals_of_every_province_are_split_to_the_nation_and_marked(mine, tmp_path):
    before = read_folder(mine)
    for path in (mine / "provinces").glob("*.csv"):
        edit(path, total)
    _, notices = make_dataset(dataset(mine), tmp_path / "out")
    made = {p: read_dataset(tmp_path / f"out/provinces/{p}.nc") for p in ("NO", "SO")}
    nation = read_dataset(tmp_path / "out/national.nc")
    for flow, other in (("exports", "outflow"), ("imports", "inflow")):
        np.testing.assert_allclose(
            sum(table[flow] for table in made.values()), nation[flow], rtol=1e-12
        )
        for p, table in made.items():
            whole = before.provinces[p][flow] + before.provinces[p][other]
            np.testing.assert_allclose(table[flow] + table[other], whole, rtol=1e-12)
            assert table[flow].attrs["status"] == "modelled"
    assert (
        sum(
            note.startswith("Modelled: 2 of 2")
            for note in read_json(tmp_path / "out/dataset.json")["notes"]
        )
        == 2
    )
    assert len([n for n in notices if "in one column" in n.what]) == 2


def test_totals_that_nothing_splits_are_refused_before_the_run_and_known_amounts_split_them(
    mine, tmp_path
):
    for path in (mine / "provinces").glob("*.csv"):
        edit(path, total)
    (mine / "national.csv").unlink()
    said = "\n".join(map(str, faults_of(read_folder(mine))))
    assert said.count("nothing says how much of it is exports") == 2 and "foreign_trade.csv" in said
    rows = "province,sector,exports,imports\nNO,,420000,320000\nSO,,870000,600000\n"
    (mine / "foreign_trade.csv").write_text(rows, encoding="utf-8")
    with collect_notices():
        found = read_folder(mine)
    assert faults_of(found) == []
    assert float(found.provinces["NO"].exports.sum()) == pytest.approx(420_000)
    assert "split by" in what_was_read(found).set_index("table").loc["provinces/NO", "note"]
    read, notices = make_dataset(dataset(mine), tmp_path / "out")
    assert not [notice for notice in notices if "not used" in notice.effect]
    assert "2 files (imports and inflow in one column, split by" in report_reading(read)


def test_re_exports_and_a_column_of_net_trade_are_read_and_said(mine):
    def change(row):
        if row["sector"] == "MAN":
            row["re_exports"], row["imports"] = "1000", str(float(row["imports"]) + 1000)
        else:
            row["re_exports"] = "0" if row["imports"] else ""
        if row["outflow"]:
            row["outflow"], row["inflow"] = str(float(row["outflow"]) - float(row["inflow"])), ""
        return row

    before = read_folder(mine).provinces["NO"]
    edit(mine / "provinces/NO.csv", change)
    with collect_notices() as notices:
        found = read_folder(mine)
        assert faults_of(found) == []
    after = found.provinces["NO"]
    assert after.imports.equals(before.imports) and "re_exports" not in after
    np.testing.assert_allclose(after.outflow - after.inflow, before.outflow - before.inflow)
    said = " ".join(notice.value for notice in notices)
    assert "re-exports of 1000" in said and "outflow is the net, split by its sign" in said


@pytest.mark.parametrize("row", ["\N{SUPERSCRIPT TWO}", "0", "-1", "9" * 5000, "two"])
def test_a_row_of_a_sheet_that_is_no_number_from_one_is_refused(tmp_path, row):
    sheet = Sheet(tmp_path / "book.xlsx", "2012", [["name", "value"], ["coal", 1.0]])
    line = Correction(
        "book.xlsx!2012", row, "B", "1", 2.0, "yearbook", "sign", "corrections.csv, row 2"
    )
    with pytest.raises(
        DataError,
        match=r"row .*, column B is no cell of .*book.xlsx, sheet '2012'; expected such as 12, C",
    ):
        Corrections(tmp_path / "corrections.csv", [line]).of("book.xlsx").sheet(sheet)
