"""A year in the layout of 2007 runs to the audit by lists alone: one outflow, one inflow, cells
below 0, columns nobody knows.
"""

from __future__ import annotations

import csv
import hashlib
import re
import shutil
from pathlib import Path

import china_2007 as world
import china_world as china
import numpy as np
import pytest

from citymrio.assessment.audit import audit, corrected_row
from citymrio.base.errors import as_table
from citymrio.base.labels import read_json, read_table, write_table
from citymrio.chain.estimate import estimate
from citymrio.config.loading import read_config
from citymrio.dataset.check import check_run
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.reading import make_dataset

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def refused(tmp_path_factory):
    """The world without corrections, and what the check says of it."""
    config = world.make(tmp_path_factory.mktemp("year of 2007"))
    return config, check_run(config)


@pytest.fixture(scope="module")
def corrected(refused, tmp_path_factory):
    """The same with the lines that the messages propose, pasted as they stand; its dataset, and
    what was said on reading.
    """
    config, checked = refused
    lines = [line for fault in checked.faults for line in fault.fix.splitlines()[1:]]
    folder = config.parent / "lists/china2007"
    text = "file,row,column,printed,used,source,reason\n" + "\n".join(lines) + "\n"
    (folder / "corrections.csv").write_text(text, encoding="utf-8")
    out = tmp_path_factory.mktemp("dataset of 2007")
    read, notices = make_dataset(read_config(config).dataset, out)
    write_table(read, out / "read.csv")
    write_table(as_table(notices), out / "warnings.csv")
    return config, out, notices


def test_every_bad_cell_of_every_file_is_named_at_once_with_a_line_to_paste(refused):
    config, checked = refused
    said = "\n".join(map(str, checked.faults))
    assert len(re.findall("intermediate use is -", said)) == sum(map(len, world.NEGATIVE.values()))
    assert {"宁夏", "海南"} == {name for name in world.PROVINCES.values() if f"{name}.xlsx" in said}
    assert "replace the file" not in said and "the file of the sources list" not in said
    assert f"{config.parent}/lists/china2007/corrections.csv" in said


def test_files_that_a_run_has_downloaded_are_checked_without_naming_their_folder(refused, tmp_path):
    config, checked = refused
    text = config.read_text(encoding="utf-8")
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads/sources").symlink_to(config.parent / "raw")
    mine = tmp_path / "mine.yaml"
    mine.write_text(
        text.replace(f"raw_dir: {config.parent}/raw", f"downloads: {tmp_path}/downloads"),
        encoding="utf-8",
    )
    assert len(check_run(mine).faults) == len(checked.faults)


def test_the_proposed_lines_make_the_tables_add_up_and_are_in_every_account(corrected):
    _, out, notices = corrected
    lines = read_table(out / "corrections.csv")
    assert (lines.used[lines.printed.astype(float) < 0] == 0).all() and len(lines) == 6
    made = DatasetFolder.read(out)
    tables, _ = world.provinces()
    for province, cells in world.NEGATIVE.items():
        table, before = made.provinces[province], tables[province]
        for i, j, _ in cells:
            assert table.total_use.values[i, j] == 0
        columns = table.total_use.values[:, :3].sum(axis=0) + table.value_added.sum("item").values
        np.testing.assert_allclose(columns, before["GO"], rtol=1e-12)
        opened = -np.minimum(before["z"], 0).sum(
            axis=1
        )  # as much more is used of these products than is printed
        np.testing.assert_allclose(table.error.values, -opened, atol=1e-6)
    assert sum("corrected cells" in notice.what for notice in notices) == 2
    assert any("booked as error" in notice.effect for notice in notices)
    assert any(note.startswith("Corrected cells: 6 in 2 files") for note in made.info["notes"])
    assert read_table(out / "read.csv").set_index("table").loc["corrections", "rows"] == 6


def test_trade_in_one_column_is_split_to_the_nations_exports_and_imports(corrected):
    _, out, notices = corrected
    made, (tables, nation) = DatasetFolder.read(out), world.provinces()
    for flow, total, other in (("exports", "OF", "outflow"), ("imports", "IF", "inflow")):
        found = {p: table[flow].values for p, table in made.provinces.items()}
        np.testing.assert_allclose(sum(found.values()), nation[flow], rtol=1e-12)
        for p, table in made.provinces.items():
            np.testing.assert_allclose(table[flow] + table[other], tables[p][total], rtol=1e-12)
            assert (table[flow] >= 0).all() and (table[other] >= 0).all()
            assert table[flow].attrs["status"] == table[other].attrs["status"] == "modelled"
    read = read_table(out / "read.csv").set_index("table")
    assert "(modelled)" in read.loc["provinces/64", "note"]
    assert (
        sum(note.startswith("Modelled: 3 of 3 provinces print") for note in made.info["notes"]) == 2
    )
    assert sum("in one column" in notice.what for notice in notices) == 2


def test_columns_nobody_knows_are_named_and_left_out(corrected):
    unknown = [notice for notice in corrected[2] if "does not mention" in notice.what]
    assert {notice.value.split(",")[0] for notice in unknown} == {"X1", "X2"}
    assert not [notice for notice in corrected[2] if "belong to other" in notice.what]


def test_the_year_runs_to_an_audit_without_a_failed_row(corrected):
    config, out, _ = corrected
    settings, data = read_config(config), DatasetFolder.read(out)
    found = estimate(data, settings)
    report = audit(
        found.nested,
        found.mrio,
        found.system,
        found.accounts,
        found.footprints,
        settings.audit.tolerance,
    )
    assert report["passed"].all(), report[~report["passed"]]
    row = corrected_row(read_table(out / "corrections.csv"), data.provinces).iloc[0]
    assert (
        row.passed
        and row.description.startswith("6 corrected cells in 2 files")
        and set(row.index) == set(report)
    )
    data.provinces["64"].output[0] += 5000.0  # the row can fail
    row = corrected_row(read_table(out / "corrections.csv"), data.provinces).iloc[0]
    assert not row.passed and row["where"] == "province 64, row 01"
    assert corrected_row(None, data.provinces).empty
    for flow in ("exports", "imports"):
        np.testing.assert_allclose(
            found.system[flow].sum("province"), data.national[flow], rtol=1e-9
        )


def test_a_line_whose_printed_value_is_not_in_the_file_or_that_nothing_reads_is_a_fault(
    refused, corrected, tmp_path
):
    config, _ = refused
    path = config.parent / "lists/china2007/corrections.csv"
    kept = path.read_text(encoding="utf-8")
    with path.open(encoding="utf-8") as handle:
        first = next(csv.DictReader(handle))
    try:
        path.write_text(kept.replace(first["printed"], "-1", 1), encoding="utf-8")
        (fault, *_) = check_run(config).faults
        assert "the line says that '-1' is printed at" in str(fault) and first["printed"][
            :8
        ] in str(fault)
        path.write_text(kept + "99,01,02,5,6,me,a province that is not there\n", encoding="utf-8")
        (fault,) = check_run(config).faults
        assert f"{path}, row 8" == fault.where and "'99', of which nothing is read" in fault.message
    finally:
        path.write_text(kept, encoding="utf-8")


def test_no_raw_file_changed(corrected):
    config, out, _ = corrected
    listed = {row["file"]: row["sha256"] for row in read_json(out / "dataset.json")["sources"]}
    for row in read_table(Path(config).parent / "sources.csv").itertuples():
        assert listed[row.file] == row.sha256


@pytest.fixture()
def world_of_2007(corrected, tmp_path):
    """A copy of the corrected year that a test may change: its folder and configuration."""
    here = corrected[0].parent
    folder = shutil.copytree(here, tmp_path / "year")
    config = folder / "china2007.yaml"
    config.write_text(
        config.read_text(encoding="utf-8").replace(str(here), str(folder)), encoding="utf-8"
    )
    return folder, config


def _said(folder, config, out):
    """Warnings of a year whose raw files were changed: the sources list takes them as they are."""
    rows = list(csv.DictReader((folder / "sources.csv").open(encoding="utf-8")))
    for row in rows:
        path = folder / "raw" / row["file"]
        row |= {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        }
    china.write_csv(folder / "sources.csv", [[*rows[0]], *([*row.values()] for row in rows)])
    return make_dataset(read_config(config).dataset, out)[1]


def test_a_unit_of_the_census_that_the_panel_lacks_is_named_with_its_people(
    corrected, world_of_2007, tmp_path
):
    assert not [notice for notice in corrected[2] if "of the census" in notice.what]
    folder, config = world_of_2007
    with (folder / "raw/census.csv").open("a", encoding="utf-8") as census:
        census.write("喀什,640500,2400000,1600000,800000,2000000,1000000,1000000\n")
        census.write("拉萨,540100,300000,200000,100000,300000,200000,100000\n")
    own = (folder / "lists/china2007/provinces.csv").read_text(encoding="utf-8")
    (folder / "lists/china").mkdir(exist_ok=True)
    (folder / "lists/china/provinces.csv").write_text(
        own + "54,Tibet,西藏,province,\n", encoding="utf-8"
    )
    names = folder / "lists/china2007/region_names.csv"
    names.write_text(names.read_text(encoding="utf-8") + "640500,Kashgar,喀什\n", encoding="utf-8")
    china.write_sheet(
        folder / "raw/cities.xlsx",
        "emission vector",
        [["city", "year", "emission"], ["宁夏喀什", world.YEAR, 7.0]],
    )
    said = {notice.what: notice for notice in _said(folder, config, tmp_path / "dataset")}
    unit = said["people of the census whose unit is in no other file"]
    assert (
        unit.value.startswith("640500 喀什: 1,")
        and "added_units.csv" in unit.effect
        and "% of the census" in unit.effect
    )
    assert said["provinces of the census without an input-output table"].value == "54 西藏: 300,000"
    assert said["CO2 totals of places that are no region"].value == "宁夏喀什: 7e+06 t"


def test_a_unit_that_the_panel_lacks_in_this_year_is_filled_in_from_its_own_other_years(
    corrected, world_of_2007, tmp_path
):
    folder, config = world_of_2007
    added = next((folder / "lists").rglob("added_units.csv"))
    china.write_csv(added, [["region", "name_local", "last_year", "note"]])
    panel = [china.PANEL_HEADER]
    for year, growth, part in ((world.YEAR, 1.0, None), (2006, 0.5, 0.2), (2010, 2.0, 0.4)):
        for code, share in world.CITIES.items():
            if (code, year) != ("640300", world.YEAR):
                gdp = growth * world.GDP[code[:2]] * (share if code != "640300" else part) / 1e4
                name = {**china.CITIES, "640300": "吴忠市"}[code]
                panel.append(china.panel_row(code, gdp, year=year, name=name))
    china.write_sheet(folder / "raw/panel.xlsx", "面板数据", panel)
    said = {notice.what: notice for notice in _said(folder, config, tmp_path / "dataset")}
    unit = said["regions that the file lacks in 2007 and has in other years"]
    assert "640300 64 primary: 2006 (x 2)" in unit.value and unit.value.count("2006") == 3
    assert "people of the census whose unit is in no other file" not in said
    regions = read_table(tmp_path / "dataset/regions.csv").set_index("region")
    # its part in 2006, the nearest; the others have doubled since
    assert regions.gdp["640300"] == pytest.approx(world.GDP["64"] * 0.2)
    data = read_table(tmp_path / "dataset/observations/64.csv")
    own = data[data.region.eq("640300") & data.quantity.eq("value_added")]
    assert set(own.status) == {"imputed"} and set(own.source) == {"city panel of 2006"}
    info = read_json(tmp_path / "dataset/dataset.json")
    assert info["lists"]["value_added_imputed"] == ["640300"]
    (note,) = (note for note in info["notes"] if "city panel of 2006" in note)
    assert note.startswith("Value added of ") and "people times" not in note
