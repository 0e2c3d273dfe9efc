"""What stands where a file is expected: links, folders, pipes, devices, files without read
permission.
"""

from __future__ import annotations

import os
import shutil

import pytest

from citymrio.base.concordance import read_pairs
from citymrio.base.errors import CityMRIOError, ConfigError, DataError
from citymrio.base.files import file_fault, files_below
from citymrio.base.labels import read_dataset, read_json, read_table
from citymrio.config.loading import read_config
from citymrio.config.models import Dataset
from citymrio.dataset.cells import read_csv
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.sources.template import write_template
from citymrio.dataset.sources.user import build
from citymrio.dataset.workbook import Workbook

READERS = {
    "csv": read_csv,
    "workbook": Workbook,
    "netcdf": read_dataset,
    "table": read_table,
    "json": read_json,
    "configuration": read_config,
    "concordance": read_pairs,
}


@pytest.fixture
def toy(tmp_path):
    write_template(tmp_path / "toy")
    return tmp_path / "toy/example"


@pytest.mark.parametrize("name", READERS)
def test_a_pipe_or_an_endless_file_is_refused_and_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "gone").symlink_to("nowhere")
    expected = {
        "pipe": "is a pipe; expected a file",
        "zero": "is a link to /dev/zero, a device; expected a file",
        "gone": "is a link to nowhere, which does not exist",
        ".": "is a folder; expected a file",
    }
    for file, message in expected.items():
        with pytest.raises(CityMRIOError) as error:
            READERS[name](tmp_path / file)
        assert error.value.message.rstrip(".") == message
        assert str(tmp_path / file) in error.value.where
        assert isinstance(error.value, ConfigError if name == "configuration" else DataError)


def test_a_linked_folder_is_followed(toy, tmp_path):
    shutil.move(toy / "provinces", tmp_path / "elsewhere")
    (toy / "provinces").symlink_to(tmp_path / "elsewhere")
    files, faults, _ = files_below(toy)
    assert faults == []
    assert toy / "provinces/NO.csv" in files
    assert faults_of(read_folder(toy)) == []


BROKEN = {
    "an optional table that is a link to nothing": (
        lambda f: (f / "inventory_city.csv").symlink_to("gone.csv"),
        r"inventory_city\.csv: is a link to gone\.csv, which does not exist",
    ),
    "an optional table that is a folder": (
        lambda f: (f / "inventory_national.csv").mkdir(),
        r"inventory_national\.csv: is a folder; expected a file",
    ),
    "boundaries that are a link to nothing": (
        lambda f: (
            (f / "boundaries.geojson").unlink(),
            (f / "boundaries.geojson").symlink_to("/gone/map.geojson"),
        ),
        r"boundaries\.geojson: is a link to /gone/map\.geojson, which does not exist",
    ),
    "an optional folder that is a file": (
        lambda f: (f / "inventory_city").write_text("x"),
        r"inventory_city: is a file; expected a folder",
    ),
    "a linked folder that is gone": (
        lambda f: (f / "inventory_city").symlink_to("gone"),
        r"inventory_city: is a link to gone, which does not exist",
    ),
    "a link to itself": (
        lambda f: (f / "inventory_national.csv").symlink_to("inventory_national.csv"),
        r"national\.csv: is a link to inventory_national\.csv, which leads back to itself",
    ),
    "a folder that holds itself": (
        lambda f: (f / "inventory_city").symlink_to(f),
        r"inventory_city: is a link to .*, which contains it",
    ),
    "a link to the folder above": (
        lambda f: (f / "inventory_city").symlink_to(f.parent),
        r"inventory_city: is a link to .*, which contains it",
    ),
    "a pipe": (
        lambda f: os.mkfifo(f / "inventory_city.csv"),
        r"inventory_city\.csv: is a pipe; expected a file",
    ),
    "an endless file": (
        lambda f: (f / "inventory_national.csv").symlink_to("/dev/zero"),
        r"inventory_national\.csv: is a link to /dev/zero, a device; expected a file",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_read_is_named_and_not_taken_for_absent(toy, tmp_path, name):
    damage, message = BROKEN[name]
    damage(toy)
    with pytest.raises(DataError, match=message):
        build(Dataset(kind="user", raw_dir=str(toy), year=2020), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_or_folder_without_the_right_to_be_read_is_named(toy):
    (toy / "national.csv").chmod(0)
    (toy / "observations").mkdir()
    (toy / "observations").chmod(0)
    messages = [str(fault) for fault in files_below(toy)[1]]
    assert all("cannot be read (Permission denied)" in message for message in messages)
    assert len(messages) == 2


def test_a_folder_of_all_sorts_is_no_dataset(tmp_path, monkeypatch):
    monkeypatch.setattr("citymrio.base.files.MOST", 10)
    for number in range(20):
        (tmp_path / f"{number}.txt").write_text("x")
    files, faults, _ = files_below(tmp_path)
    assert "holds 10 files or more" in str(faults[0])


def test_a_sound_file_has_no_fault_and_notes_of_programs_do_not_count(toy):
    (toy / ".#regions.csv").symlink_to("someone@host.1234")
    assert file_fault(toy / "regions.csv") is None
    assert faults_of(read_folder(toy)) == []
