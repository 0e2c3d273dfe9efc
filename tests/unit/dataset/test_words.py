"""What a dataset calls its regions, their groups and the whole."""

from __future__ import annotations

import json
import re

import pytest
import toy_run

from citymrio.assessment.check import main
from citymrio.base.errors import CityMRIOError
from citymrio.base.words import set_words
from citymrio.config.models import Dataset
from citymrio.dataset.sources import user
from citymrio.report.language import named


@pytest.fixture(autouse=True)
def other_tests_speak_of_cities():
    yield
    set_words({})


def built(folder, words: str) -> dict:
    def change(tables: toy_run.Tables) -> None:
        tables["dataset"].append(["words", words])

    raw = toy_run.write_folder(folder / "raw", change)
    user.build(Dataset(kind="user", raw_dir=str(raw), year=2020), folder / "dataset")
    return toy_run.DatasetFolder.read(folder / "dataset").info


def test_words_reach_the_dataset(tmp_path):
    info = built(tmp_path, "region: state / states / 州; group: census division / census divisions")
    assert info["words"] == {
        "region": ["state", "states", "州"],
        "group": ["census division", "census divisions"],
    }


def test_names_in_another_script_of_sectors_and_of_the_whole_reach_the_dataset(tmp_path):
    def change(tables: toy_run.Tables) -> None:
        head, *rows = tables["sectors"]
        tables["sectors"] = [[*head, "name_local"], *([*row, f"部门{row[0]}"] for row in rows)]
        tables["dataset"].append(["name_local", "玩具国"])

    raw = toy_run.write_folder(tmp_path / "raw", change)
    user.build(Dataset(kind="user", raw_dir=str(raw), year=2020), tmp_path / "dataset")
    made = toy_run.DatasetFolder.read(tmp_path / "dataset")
    sectors = made.tables["sectors"]
    assert sectors["name_local"].tolist() == [f"部门{code}" for code in sectors["sector"]]
    assert named(made.info, "zh")["name"] == "玩具国"
    assert named(made.info, "en") == made.info


@pytest.mark.parametrize(
    "words",
    [
        "state",
        "region: state",
        "city: state / states",
        "region: <b> / states",
        "region: a / b / c / d",
    ],
)
def test_other_words_are_refused_with_a_fix(tmp_path, words):
    with pytest.raises(CityMRIOError, match=r"key 'words' is .*Fix: write it as region: state"):
        built(tmp_path, words)


OURS = re.compile(
    r"(?<![\w./'`])(city|cities|municipalit|provinc|nation|country)(?!\.)", re.IGNORECASE
)


def checked(folder, capsys, change) -> str:
    """What `check-data` says of the toy country as states in divisions of a union."""

    def of_states(tables: toy_run.Tables) -> None:
        row = "region: state / states; group: division / divisions; country: union / unions"
        tables["dataset"].append(["words", row])
        tables["regions"][1][1] = "Salt Lake City"
        change(tables)

    raw = toy_run.write_folder(folder / "raw", of_states)
    config = folder / "states.yaml"
    dataset = {"kind": "user", "raw_dir": str(raw), "year": 2020}
    config.write_text(json.dumps({"dataset": dataset, **toy_run.SETTINGS}))
    main([str(config)])
    return capsys.readouterr().out.replace(str(folder), "").replace("Salt Lake City", "")


def test_the_check_of_a_country_of_states_says_states(tmp_path, capsys):
    def change(tables: toy_run.Tables) -> None:
        for row in tables["observations"][1:]:
            row[4] *= 1.4 if row[:2] == ["N1", "emissions"] else 1

    said = checked(tmp_path, capsys, change)
    assert "tables of states, and trade between states: by entropy" in said
    assert "division NO: 1 warning" in said
    tables = re.compile(r"(?m)^  (provinces|national): ")
    assert tables.findall(said) == ["provinces", "national"]
    assert OURS.findall(tables.sub("", said)) == []


def test_faults_of_a_country_of_states_say_states(tmp_path, capsys):
    def change(tables: toy_run.Tables) -> None:
        tables["regions"][2][4] = "Middle"
        tables["regions"][3][5] = "town"
        tables["inventory"][1][0] = "XX"

    said = checked(tmp_path, capsys, change)
    kinds = "expected one of city, municipality, province"
    assert f"column 'kind' is 'town'; {kinds}" in said and "division 'NO'" in said
    assert OURS.findall(said.replace(kinds, "")) == []


def test_faults_of_a_country_without_states_say_states(tmp_path, capsys):
    def change(tables: toy_run.Tables) -> None:
        for row in tables["regions"][1:]:
            row[5] = "province"

    said = checked(tmp_path, capsys, change)
    assert "no region is a state or a division of one state" in said
    assert "split at least one division into states" in said
