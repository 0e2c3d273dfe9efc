"""Every case of the catalogue: the one message, nothing written, and the next correct run unharmed."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import catalogue
import pytest
from thorough import night

from citymrio.base.errors import CityMRIOError, ConfigError, DataErrors
from citymrio.base.labels import read_json
from citymrio.config.loading import read_config
from citymrio.config.models import Dataset
from citymrio.dataset.check import check_run
from citymrio.dataset.sources.china import build as china
from citymrio.dataset.sources.user import build


def named(cases):
    """Every case; `make test` tries one in three, the slow tests another, the night the last."""
    cases = [
        pytest.param(
            case, id=case.name, marks=([], [pytest.mark.slow], [pytest.mark.slow, night])[k % 3]
        )
        for k, case in enumerate(cases)
    ]
    return pytest.mark.parametrize("case", cases)


def refused(folder, out):
    """The faults with which the adapter's library function refuses `folder`; nothing may have been
    written.
    """
    with pytest.raises(CityMRIOError) as error:
        build(Dataset(kind="user", raw_dir=str(folder), year=2020), out)
    assert not out.exists(), sorted(out.rglob("*"))
    return error.value.faults if isinstance(error.value, DataErrors) else [error.value]


def judge(case, faults):
    texts = [str(fault) for fault in faults]
    assert any(re.search(case.expect, text, re.DOTALL) for text in texts), texts
    assert case.more or len(texts) == 1, texts
    for fault in faults:
        assert fault.where, texts
        assert fault.fix, texts


@named(catalogue.FOLDER)
def test_csv(case, copy_of, tmp_path):
    folder = copy_of("folder")
    case.damage(folder)
    judge(case, refused(folder, tmp_path / "out"))


@named(catalogue.WORKBOOK)
def test_workbook(case, copy_of, tmp_path):
    folder = copy_of("workbook")
    case.damage(folder)
    judge(case, refused(folder, tmp_path / "out"))


@named(catalogue.CONTRACT)
def test_contract(case, copy_of, tmp_path):
    folder = copy_of("contract")
    case.damage(folder)
    judge(case, refused(folder, tmp_path / "out"))


@named(catalogue.RAW)
def test_raw_files(case, tmp_path):
    dataset = china_world().make_world(tmp_path)
    case.damage(tmp_path / "raw")
    with pytest.raises(CityMRIOError) as error:
        china.build(dataset, tmp_path / "out")
    judge(case, [error.value])
    assert str(error.value).count("[sha256 ") == 1  # the one file, with its address and checksum
    assert not (tmp_path / "out").exists()


def china_world():
    """The small China of the unit tests."""
    path = Path(__file__).parents[1] / "worlds/china_world.py"
    spec = importlib.util.spec_from_file_location("china_world", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@named(catalogue.CONFIG)
def test_configuration(case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "config.yaml"
    if case.damage is not None:
        path.write_bytes(
            case.damage if isinstance(case.damage, bytes) else case.damage.encode("utf-8")
        )
    before = sorted(tmp_path.iterdir())
    with pytest.raises(ConfigError) as error:
        read_config(path)
    assert re.search(case.expect, str(error.value)), str(error.value)
    assert str(path) in error.value.where
    assert error.value.fix
    assert sorted(tmp_path.iterdir()) == before  # a tag ran nothing


def test_the_catalogue_has_a_hundred_cases_of_different_names():
    parts = (
        catalogue.FOLDER,
        catalogue.WORKBOOK,
        catalogue.CONTRACT,
        catalogue.RAW,
        catalogue.CONFIG,
        catalogue.CHAIN,
    )
    names = [case.name for part in parts for case in part]
    assert len(names) >= 100
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("form", ["folder", "workbook", "contract"])
def test_a_correct_run_after_a_refused_one_is_unharmed(form, toys, copy_of, tmp_path):
    folder, out = copy_of(form), tmp_path / "out"
    (folder / "boundaries.geojson").write_text("{}", encoding="utf-8")
    refused(folder, out)
    build(Dataset(kind="user", raw_dir=str(toys[form]), year=2020), out)
    expected = toys["contract"]
    written = {
        str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()
    }
    assert written == {
        str(path.relative_to(expected)): path.read_bytes()
        for path in expected.rglob("*")
        if path.is_file()
    }
    assert read_json(out / "dataset.json")["name"] == "Toyland"


def test_the_configuration_and_its_dataset_are_checked_together(toys, tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text(
        f"dataset: {{kind: user, raw_dir: {str(toys['folder'])!r}, year: 2019}}\n", encoding="utf-8"
    )
    faults = check_run(path).faults
    assert [fault.message for fault in faults] == [
        "key 'year' is 2020; expected 2019, the year of the configuration"
    ]
