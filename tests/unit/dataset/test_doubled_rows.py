"""A row that is there twice, in every table that a user gives: refused by place, never a traceback."""

from __future__ import annotations

import csv
from pathlib import Path

import given_files
import pytest
import toy_run
from china_world import add_extras, make_world
from tables_world import write_world

from citymrio.base.errors import CityMRIOError
from citymrio.config.models import Dataset
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.contract.tables import read_list
from citymrio.dataset.reading import make_dataset
from citymrio.dataset.sources.china import build as china

#: Tables that the toy country lacks.
MORE = {
    "extras": [
        [
            "region",
            "quantity",
            "sectors",
            "category",
            "value",
            "unit",
            "source",
            "status",
            "reliability",
            "extra",
        ],
        ["N1", "output", "ENE", "", 300000, "10^4 XTS", "plants", "observed", 0.9, "plants"],
    ],
    "inventory_city": [
        ["region", "inventory_sector", "fuel", "activity", "emissions", "case"],
        ["N1", "4", "coal", "", 100, 1],
    ],
    "inventory_national": [
        ["inventory_sector", "fuel", "activity", "emissions"],
        ["4", "coal", "", 1e6],
    ],
    "emissions_history": [["region", "year", "emissions", "source"], ["N1", 2020, 8.2e6, "x"]],
    "foreign_trade": [["province", "sector", "exports", "imports"], ["NO", "AGR", 1, 1]],
    "corrections": [
        ["file", "row", "column", "printed", "used", "source", "reason"],
        ["NO", "AGR", "error", 0, 0, "x", "y"],
    ],
    "stressors": [
        ["stressor", "unit", "region", "province", "sector", "value"],
        *(["water", "m3", "", province, "AGR", 1] for province in ("NO", "SO")),
    ],
}
TABLES = [*toy_run.toy.example_tables(), *MORE]


@pytest.mark.parametrize("place", [1, -1])
@pytest.mark.parametrize("name", TABLES)
def test_of_a_country_of_ones_own(tmp_path, name, place):
    """A doubled row of fuels.csv ended in a traceback."""

    def change(tables: toy_run.Tables) -> None:
        tables |= {name: [[*row] for row in MORE[name]]} if name in MORE else {}
        tables[name].append([*tables[name][place]])

    found = [str(fault) for fault in faults_of(read_folder(toy_run.write_folder(tmp_path, change)))]
    assert any(f"{name}.csv" in text and ("twice" in text or "same" in text) for text in found), (
        found
    )


def doubled(path: Path, place: int) -> None:
    rows = [*csv.reader(path.open(encoding="utf-8", newline=""))]
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([*rows, rows[place]])


@pytest.mark.parametrize("place", [1, -1])
def test_of_lists_of_printed_tables(tmp_path, place):
    config = write_world(tmp_path)
    for path in sorted(Path(config.classification).glob("*.csv")):
        whole = path.read_bytes()
        doubled(path, place)
        with pytest.raises(CityMRIOError) as error:
            make_dataset(config, tmp_path / "dataset")
        assert "twice" in str(error.value) or "as above" in str(error.value), (
            f"{path.name}: {error.value}"
        )
        path.write_bytes(whole)


@pytest.mark.parametrize("place", [1, -1])
def test_of_lists_of_a_given_table(tmp_path, place):
    lists = given_files.toy()[1]
    for name in lists:
        folder = given_files.write_toy_lists(tmp_path / name, lists)
        doubled(folder / f"{name}.csv", place)
        with pytest.raises(CityMRIOError, match="twice"):
            make_dataset(
                Dataset(kind="mrio", raw_dir=str(folder), year=2020, mrio="table"),
                tmp_path / "dataset",
            )


@pytest.mark.slow
def test_of_lists_of_china(tmp_path, monkeypatch):
    """Doubled rows of added_units and extras ended in a traceback, those of eight other lists were
    used.
    """
    config, read = add_extras(tmp_path, make_world(tmp_path)), set()

    def noted(path, schema):
        read.add(Path(path))
        return read_list(path, schema)

    monkeypatch.setattr(china, "read_list", noted)
    china.build(config, tmp_path / "dataset")
    lists = china.Classification(config.classification)
    paths = [
        path
        for path in Path(config.classification).glob("*.csv")
        if len(path.read_bytes().splitlines()) > 1
    ]
    assert len(paths) > 10 and read >= {*paths}  # what reading a list refuses, the build refuses
    for path in paths:
        doubled(path, 1)
        with pytest.raises(CityMRIOError) as error:
            lists[path.stem]
        assert f"{path.name}: row" in str(error.value) and "appears twice" in str(error.value), (
            error.value
        )
