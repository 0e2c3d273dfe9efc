"""The data folder is closed: every file is read, declared to be no data, or refused, and read.csv
accounts for each.
"""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import given_files
import pytest
import toy_run
from china_world import make_world
from tables_world import write_world

from citymrio.base.errors import CityMRIOError
from citymrio.config.models import Dataset
from citymrio.dataset.check import report_reading
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.reading import make_dataset


def moved(name: str, to: str):
    def change(folder: Path) -> None:
        (folder / to).parent.mkdir(exist_ok=True)
        (folder / name).rename(folder / to)

    return change


def added(name: str, like: str = ""):
    def change(folder: Path) -> None:
        (folder / name).parent.mkdir(exist_ok=True)
        if like:
            shutil.copy(folder / like, folder / name)
        else:
            (folder / name).write_bytes(b"x")

    return change


REFUSED = {
    "corrections.CSV": (added("corrections.CSV"), "did you mean corrections.csv?"),
    "corrections.ods": (added("corrections.ods"), "did you mean corrections.csv?"),
    "emissions_history.csv.gz": (
        lambda folder: (folder / "emissions_history.csv.gz").write_bytes(gzip.compress(b"x")),
        "did you mean emissions_history.csv?",
    ),
    "foreign_trade.csv.txt": (added("foreign_trade.csv.txt"), "did you mean foreign_trade.csv?"),
    "Boundaries.GeoJSON": (
        moved("boundaries.geojson", "Boundaries.GeoJSON"),
        "did you mean boundaries.geojson?",
    ),
    "provinces/NO.imports.CSV": (
        added("provinces/NO.imports.CSV"),
        "did you mean provinces/NO.imports.csv?",
    ),
    "provinces/NO.import.csv": (
        added("provinces/NO.import.csv", "provinces/NO.csv"),
        "did you mean provinces/NO.imports.csv?",
    ),
    "provinces/no.csv": (
        added("provinces/no.csv", "provinces/NO.csv"),
        "did you mean provinces/NO.csv?",
    ),
    "provinces/NO.csv.bak": (added("provinces/NO.csv.bak"), "did you mean provinces/NO.csv?"),
    "observation.csv": (
        added("observation.csv", "observations.csv"),
        "did you mean observations.csv?",
    ),
    "province": (added("province/NO.csv", "provinces/NO.csv"), "did you mean provinces?"),
    "Inventory": (added("Inventory/NO.csv", "inventory.csv"), "did you mean inventory?"),
    "dataset.xlsx.bak": (added("dataset.xlsx.bak"), "did you mean dataset.csv?"),
    "tables.XLSX": (added("tables.XLSX"), ""),
    "report.pdf": (added("report.pdf"), ""),
    "config.yaml": (added("config.yaml"), ""),
    "regions.csv~": (added("regions.csv~", "regions.csv"), "did you mean regions.csv?"),
    "inventory/NO.xlsx": (added("inventory/NO.xlsx"), "did you mean inventory/NO.csv?"),
    "observations/SO.CSV": (
        added("observations/SO.CSV", "observations.csv"),
        "did you mean observations/SO.csv?",
    ),
    "truth": (added("truth/other.nc"), ""),
    "files.csv": (added("files.csv"), ""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_nothing_reads_is_refused_by_name(tmp_path, name):
    """These files were left out in silence, or with a warning that a run went on from."""
    folder = toy_run.write_folder(tmp_path / "data")
    change, hint = REFUSED[name]
    change(folder)
    with pytest.raises(CityMRIOError) as error:
        make_dataset(Dataset(kind="user", raw_dir=str(folder), year=2020), tmp_path / "dataset")
    said = str(error.value)
    assert (
        f"{folder / name}: nothing reads this f" in said
        and hint in said
        and "Fix: give it the name" in said
    )
    assert not (tmp_path / "dataset").exists()


@pytest.mark.slow
def test_a_table_in_two_forms_is_refused(tmp_path):
    toy_run.write_folder(tmp_path / "raw")
    make_dataset(Dataset(kind="user", raw_dir=str(tmp_path / "raw"), year=2020), tmp_path / "data")
    shutil.copy(tmp_path / "raw/provinces/NO.csv", tmp_path / "data/provinces/NO.csv")
    shutil.copy(tmp_path / "raw/dataset.csv", tmp_path / "data/dataset.csv")
    said = [str(fault) for fault in read_folder(tmp_path / "data").faults]
    assert len(said) == 2 and all(
        "nothing reads this file (the table is read in another form, beside it)" in text
        for text in said
    )


def test_every_file_is_in_what_was_read(tmp_path, capsys):
    folder = toy_run.write_folder(tmp_path / "data")
    aside = {
        "notes.md": "declared to be no data by its name",
        "Notes on inventories.xlsx": "declared to be no data by its name",
        "README": "declared to be no data by its name",
        "#old regions.csv": "declared to be no data by its name",
        "provinces/# NO.csv": "declared to be no data by its name",
        "notes": "declared to be no data by its name",
        ".DS_Store": "hidden: its name begins with a dot",
        ".git": "hidden: its name begins with a dot",
        "Thumbs.db": "left behind by a program",
        "desktop.ini": "left behind by a program",
        "~$dataset.xlsx": "left behind by a program",
    }
    for name in aside:
        added(f"{name}/papers.pdf" if name in ("notes", ".git") else name)(folder)
    read, warnings = make_dataset(
        Dataset(kind="user", raw_dir=str(folder), year=2020), tmp_path / "dataset"
    )
    assert warnings == []
    rows = read[read["table"] == "no data"].set_index("file")
    assert rows["note"].to_dict() == {str(folder / name): why for name, why in aside.items()}
    inside = [
        path
        for path in folder.rglob("*")
        if path.is_file() and path.parent.name not in ("notes", ".git")
    ]
    assert {str(path) for path in inside} <= set(read["file"])
    assert read.set_index("table").loc["dataset", ["file", "rows"]].tolist() == [
        str(folder / "dataset.csv"),
        8,
    ]
    assert f"not read: {folder / 'Thumbs.db'} (left behind by a program)" in report_reading(read)


@pytest.mark.slow
def test_a_dataset_that_a_run_wrote_can_be_given_again(tmp_path):
    toy_run.write_folder(tmp_path / "raw")
    make_dataset(Dataset(kind="user", raw_dir=str(tmp_path / "raw"), year=2020), tmp_path / "data")
    for name in ("read.csv", "warnings.csv"):
        (tmp_path / "data" / name).write_text("x\n")
    read, _ = make_dataset(
        Dataset(kind="user", raw_dir=str(tmp_path / "data"), year=2020), tmp_path / "again"
    )
    notes = read.set_index("file")["note"]
    assert (
        notes[str(tmp_path / "data/read.csv")]
        == notes[str(tmp_path / "data/warnings.csv")]
        == "written by a run, not read"
    )


def test_the_folder_of_lists_of_a_given_table_is_closed(tmp_path):
    lists = given_files.write_toy_lists(tmp_path / "lists", given_files.toy()[1])
    (lists / "table").mkdir()
    (lists / "table/Z.txt").write_text("x")
    config = Dataset(kind="mrio", raw_dir=str(lists), year=2020, mrio=str(lists / "table"))
    read, _ = make_dataset(config, tmp_path / "dataset")
    assert read.set_index("file").loc[str(lists / "table/Z.txt"), "note"] == "read apart"
    (lists / "inventory.csv").write_text("x")
    (lists / "emissions.tsv").write_text("x")
    with pytest.raises(CityMRIOError) as error:
        make_dataset(config, tmp_path / "dataset")
    assert "inventory.csv: nothing reads this file" in str(error.value)
    assert "emissions.tsv: nothing reads this file (did you mean emissions.csv?)" in str(
        error.value
    )


@pytest.mark.slow
def test_the_folder_of_lists_of_printed_tables_is_closed(tmp_path):
    config = write_world(tmp_path)
    read, _ = make_dataset(config, tmp_path / "dataset")
    assert {str(path) for path in Path(config.classification).iterdir()} <= set(read["file"])
    (Path(config.classification) / "observations.csv").write_text("x")
    with pytest.raises(CityMRIOError, match=r"observations\.csv: nothing reads this file"):
        make_dataset(config, tmp_path / "again")


def test_the_lists_of_china_are_closed(tmp_path):
    config = make_world(tmp_path)
    (Path(config.classification) / "corrections.CSV").write_text("x")
    with pytest.raises(CityMRIOError, match=r"corrections\.CSV: nothing reads this file"):
        make_dataset(config, tmp_path / "dataset")
