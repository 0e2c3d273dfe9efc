"""Supply and use tables in the folder of a user: converted on entry by the model that the dataset
names.
"""

from __future__ import annotations

import pytest
import toy_run
import toy_supply_use
import xarray as xr
from small_countries import audited, failed

from citymrio.base.labels import read_dataset, read_json
from citymrio.config.models import Dataset
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources import template, user
from citymrio.dataset.sources import template as toy
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
    template._workbook(sheets, tmp_path / "book/dataset.xlsx")
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
