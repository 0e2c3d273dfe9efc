"""What a dataset calls its regions, their groups and the whole."""

from __future__ import annotations

import pytest
import toy_run

from citymrio.base.errors import CityMRIOError
from citymrio.config.models import Dataset
from citymrio.dataset.sources import user


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
