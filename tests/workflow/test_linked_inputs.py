"""A dataset whose folders are links: what the run depends on, and what it says of a link that leads
nowhere.
"""

from __future__ import annotations

import re
import shutil

import pytest

from citymrio.dataset.sources.template import write_template

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def linked(checkout, tmp_path_factory):
    """A checkout with the toy country, whose provincial tables stand elsewhere behind a link."""
    place = checkout(tmp_path_factory.mktemp("linked"))
    write_template(place.folder / "toy")
    example = place.folder / "toy/example"
    shutil.move(example / "provinces", place.folder / "elsewhere")
    (example / "provinces").symlink_to(place.folder / "elsewhere")
    text = "run: toy\ndataset: {kind: user, raw_dir: toy/example, year: 2020}\n"
    (place.folder / "toy.yaml").write_text(text, encoding="utf-8")
    return place


def test_a_file_in_a_linked_folder_is_an_input(linked):
    code, text = linked.run("results/toy/dataset", config="toy.yaml")
    assert code == 0, text
    code, text = linked.run("results/toy/dataset", "--dry-run", config="toy.yaml")
    assert "Nothing to be done" in text
    table = linked.folder / "elsewhere/NO.csv"
    table.write_text(table.read_text(encoding="utf-8") + "# checked\n", encoding="utf-8")
    code, text = linked.run("results/toy/dataset", "--dry-run", config="toy.yaml")
    assert code == 0, text
    assert "Nothing to be done" not in text
    assert re.search(r"^dataset +1$", text, re.MULTILINE), text


def test_a_link_to_nothing_is_named_before_anything_runs(linked):
    link = linked.folder / "toy/example/inventory_city.csv"
    link.symlink_to("gone.csv")
    code, text = linked.run("results/toy/dataset", "--dry-run", config="toy.yaml")
    link.unlink()
    assert code != 0
    assert "toy/example/inventory_city.csv: is a link to gone.csv, which does not exist" in text
