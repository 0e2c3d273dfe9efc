"""Supply and use tables in the folder of a user: converted on entry by the model that the dataset
names.
"""

from __future__ import annotations

import pytest
import toy
import toy_run
import toy_supply_use
import xarray as xr
from small_countries import audited, failed

from citymrio.base.errors import collect_notices
from citymrio.base.labels import read_dataset, read_json
from citymrio.config.models import Dataset
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources import template, user
from citymrio.dataset.supply_use import MODELS


def made(path, change):
    raw = toy_run.write_folder(path / "raw", change)
    user.build(Dataset(kind="user", raw_dir=str(raw), year=2020), path / "dataset")
    return path / "dataset"


def faults(path, change) -> list[str]:
    def both(tables):
        toy_supply_use.to_supply_and_use(tables)
        change(tables)

    return [str(fault) for fault in faults_of(read_folder(toy_run.write_folder(path, both)))]


@pytest.mark.parametrize("model", ["A", "B", "C", "D"])
def test_without_secondary_output_the_dataset_is_that_of_symmetric_tables(tmp_path, model):
    plain = made(tmp_path / "plain", lambda tables: None)
    other = made(tmp_path / "other", lambda tables: toy_supply_use.to_supply_and_use(tables, model))
    for name in (*(f"provinces/{p}" for p in toy.PROVINCES), "national"):
        xr.testing.assert_allclose(
            read_dataset(other / f"{name}.nc"), read_dataset(plain / f"{name}.nc"), rtol=1e-12
        )
    before, after = (read_json(folder / "dataset.json") for folder in (plain, other))
    assert [note for note in after["notes"] if note not in before["notes"]] == [
        f"Input-output tables from supply and use tables by model {model}: {MODELS[model]}."
    ]
    assert before | {"notes": []} == after | {"notes": []}


@pytest.mark.parametrize("model", ["B", "D"])
def test_a_country_with_secondary_output_runs_to_the_audit(tmp_path, model):
    folder = made(
        tmp_path, lambda tables: toy_supply_use.to_supply_and_use(tables, model, secondary=0.05)
    )
    result, table = audited(DatasetFolder.read(folder))
    assert not failed(table)
    table = read_dataset(folder / "provinces/NO.nc")
    made_by = {"B": 0.95, "D": 1.0}[model] * 2_400_000  # products of B, industries of D
    assert float(table["output"].sel(sector="MAN")) == pytest.approx(made_by)


def cell(row, column):
    """A number of the symmetric table of province NO."""
    rows = toy.example_tables()["provinces/NO"]
    return next(line for line in rows if line[0] == row)[rows[0].index(column)]


def as_published(tables):
    """The tables of one province with what those of nations have: rounding, negative cells of
    scrap, used goods that nobody makes, demand below 0.
    """
    toy_supply_use.to_supply_and_use(tables)
    supply, use = tables["provinces/NO.supply"], tables["provinces/NO.use"]
    column = {name: k for k, name in enumerate(use[0])}
    row = {line[0]: line for line in use}
    row["AGR"][column["households"]] += 3  # rounding of a dozen numbers
    less = cell("ENE", "MAN") + 90_000  # MAN sells a product that it does not count as made
    row["ENE"][column["MAN"]] -= less
    row["ENE"][column["exports"]] += less
    row["surplus"][column["MAN"]] += less
    row["SER"][column["households"]] += cell("SER", "capital") + 500
    row["SER"][column["capital"]] = -500
    used = ["USED", *[0] * (len(use[0]) - 1)]
    used[column["AGR"]], used[column["households"]], used[column["exports"]] = 40, -100, 60
    row["surplus"][column["AGR"]] -= 40
    use.insert(1 + len(toy.CODES), used)
    supply.append(["USED", *[0] * len(toy.CODES)])


def test_tables_as_they_are_published_are_used_and_what_was_done_is_said(tmp_path):
    """45 rounding faults and every negative cell were refused."""
    with collect_notices() as notices:
        folder = made(tmp_path / "new", as_published)
    plain = made(tmp_path / "plain", toy_supply_use.to_supply_and_use)
    said = {notice.what: notice.value for notice in notices if "NO" in notice.where}
    assert "'AGR': -3 of 500000" in said["products that do not add up"]
    assert "1 of use, 90000;" in said["cells below 0 between products and industries"]
    assert said["products that nobody makes and no industry has the code of"] == "USED"
    assert "-500 of SER in capital" in said["final demand below 0"]
    table, before = (read_dataset(path / "provinces/NO.nc") for path in (folder, plain))
    made_by = [float(part["output"].sel(sector="MAN")) for part in (table, before)]
    assert made_by[0] == pytest.approx(made_by[1] + 90_000)
    assert float(table["total_use"].sel(sector="SER", use="capital")) == 0
    stocks = [float(part["total_use"].sel(use="stock_changes").sum()) for part in (table, before)]
    assert stocks[0] == pytest.approx(stocks[1] - 500)
    assert not failed(audited(DatasetFolder.read(folder))[1])


def test_a_workbook_may_hold_them_and_no_file_is_left_aside(tmp_path):
    tables = toy.example_tables()
    toy_supply_use.to_supply_and_use(tables)
    sheets = {
        name: rows
        for name, rows in tables.items()
        if not name.startswith(("provinces/", "national"))
    }
    for name in [name for name in tables if name.startswith(("provinces/", "national"))]:
        stem, _, form = name.removeprefix("provinces/").partition(".")
        sheets[f"national {form}" if stem == "national" else f"{form} {stem}"] = tables[name]
    template._write_workbook(sheets, tmp_path / "book/dataset.xlsx")
    assert [str(fault) for fault in faults_of(read_folder(tmp_path / "book"))] == []
    folder = toy_run.write_folder(tmp_path / "csv", toy_supply_use.to_supply_and_use)
    assert not read_folder(folder).faults


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda tables: tables["dataset"].pop(),
            "(key 'supply_use_model') is not given; expected one of A: product by product",
        ),
        (
            lambda tables: (
                tables["dataset"].append(["supply_use_model", "E"]) or tables["dataset"].pop(-2)
            ),
            "is 'E'; expected one",
        ),
        (lambda tables: tables.pop("provinces/NO.use"), "there is no use table beside it"),
        (
            lambda tables: tables.update({"provinces/NO": toy.example_tables()["provinces/NO"]}),
            "there are supply and use tables as well",
        ),
        (
            lambda tables: tables["provinces/NO.supply"][1].__setitem__(1, 600_000),
            "the row of product 'AGR' adds up to 500000",
        ),
        (
            lambda tables: tables["provinces/NO.supply"][1].__setitem__(1, 600_000),
            "NO.use,AGR,error,0,100000,own judgement",
        ),
        (
            lambda tables: tables["provinces/NO.supply"][1].__setitem__(1, 600_000),
            "NO.use,wages,AGR,150000,250000,own judgement",
        ),
        (
            lambda tables: tables["provinces/NO.supply"][0].__setitem__(2, "ENR"),
            "column 'ENE' is missing",
        ),
        (lambda tables: tables["provinces/NO.use"].pop(2), "the row of sector 'ENE' is missing"),
        (lambda tables: tables["provinces/NO.use"][1].__setitem__(2, "1,5"), "'1,5'"),
        (
            lambda tables: tables["dataset"].append(["import_mode", "home"]),
            "supply and use tables hold total use",
        ),
        (
            lambda tables: tables.update({"provinces/NO.imports": tables["provinces/NO.use"]}),
            "use by source beside supply and use tables is not read",
        ),
    ],
)
def test_what_cannot_be_converted_is_refused(tmp_path, change, expected):
    found = faults(tmp_path, change)
    assert any(expected in fault and "Fix:" in fault for fault in found), found
