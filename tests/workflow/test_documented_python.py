"""Python that pages show runs as it stands, in the order of the page, on a finished run of the tiny
country; notebooks too.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import notebooks
import pandas as pd
import publish
import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
WALK = "docs/one-province.md"
PAGES = ("docs/tutorial.md", "docs/read-results.md", "docs/api.md", WALK)
NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))
BLOCK = re.compile(
    r"^```python\n(?P<code>.*?)^```\n(?:\n```text\n(?P<shown>.*?)^```)?", flags=re.M | re.S
)


@pytest.fixture
def here(finished, tmp_path, monkeypatch) -> Path:
    """A folder with the results and the configuration of the tiny country, as a reader has them;
    plots are not shown.
    """
    (tmp_path / "results").mkdir()
    shutil.copytree(finished.results(), tmp_path / "results/tiny")
    shutil.copytree(finished.folder / "config", tmp_path / "config")
    monkeypatch.chdir(tmp_path)
    released = tmp_path / "release/data/tiny"
    released.mkdir(parents=True)
    publish.write_data(Path("results/tiny"), released, publish.About("0" * 40, 1_700_000_000))
    plt.switch_backend("agg")
    yield tmp_path
    plt.close("all")


def words(text: str) -> list[list[str]]:
    """The words of every line that has some."""
    return [line.split() for line in text.splitlines() if line.split()]


@pytest.mark.parametrize("page", PAGES)
def test_the_python_of_a_page_runs_and_prints_what_the_page_shows(here, page):
    blocks = list(BLOCK.finditer((ROOT / page).read_text(encoding="utf-8")))
    names: dict = {}
    for block in blocks:
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(compile(block["code"], page, "exec"), names)
        said = words(printed.getvalue())
        shown = words(block["shown"] or "")
        assert [line for line in shown if line not in said] == [], printed.getvalue()
        assert page != WALK or shown == said, printed.getvalue()  # it shows all that is printed
    assert len(blocks) > 1 and any(block["shown"] for block in blocks)


def test_the_tutorial_ends_in_a_plot_of_every_city(here):
    names: dict = {}
    for block in BLOCK.finditer((ROOT / "docs/tutorial.md").read_text(encoding="utf-8")):
        exec(compile(block["code"], "tutorial", "exec"), names)
    assert (here / "my_plot.png").stat().st_size > 10_000
    assert len(names["shares"]) == len(names["regions"])
    assert names["shares"].sum(axis=1).sub(100).abs().max() < 1e-9


def test_the_numbers_that_the_tutorial_quotes_are_those_of_the_run(here):
    """The summary that step 1 shows, and the flows that step 2 speaks of."""
    page, summary = (
        (ROOT / "docs/tutorial.md").read_text(encoding="utf-8"),
        words(Path("results/tiny/summary.txt").read_text()),
    )
    shown = words(re.search(r"```text\n(.*?)^```", page, flags=re.M | re.S)[1])
    assert len(shown) == 3
    assert [line for line in shown if line not in summary] == []


def test_the_columns_of_the_spreadsheet_recipe_are_where_it_says(here):
    """J, G and AF of regions.csv; the two sums of the recipe are the cells it names."""
    page = (ROOT / "docs/read-results.md").read_text(encoding="utf-8")
    letters = re.search(
        r"`cba_mt`,\s`population` and `quintile` \(here (\w+), (\w+) and (\w+)\)", page
    )
    regions, quintiles = (
        pd.read_csv("results/tiny/tables/regions.csv"),
        pd.read_csv("results/tiny/tables/quintiles.csv"),
    )

    def place(letter: str) -> int:
        return sum((ord(sign) - 64) * 26**power for power, sign in enumerate(reversed(letter))) - 1

    assert [regions.columns[place(letter)] for letter in letters.groups()] == [
        "cba_mt",
        "population",
        "quintile",
    ]
    assert page.count(f"=SUMIF({letters[3]}:{letters[3]};") == 2
    first, row = regions[regions["quintile"].eq("Q1")], quintiles.set_index("quintile").loc["Q1"]
    assert first["cba_mt"].sum() == pytest.approx(row["cba_mt"], rel=1e-12)
    assert first["cba_mt"].sum() * 1e6 / first["population"].sum() == pytest.approx(
        row["per_capita_weighted"], rel=1e-12
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_and_says_what_it_is_kept_with(here, path):
    kept, fresh = json.loads(path.read_text(encoding="utf-8")), notebooks.run(path)
    assert kept["nbformat"] == 4 and len(fresh["cells"]) > 3
    assert notebooks.said(kept) == notebooks.said(fresh), "make tiny notebooks"
    assert [cell["source"] for cell in kept["cells"]] == [cell["source"] for cell in fresh["cells"]]
    assert sum(bool(texts) for texts in notebooks.said(kept)) > 3


def test_a_notebook_whose_outputs_are_old_or_missing_is_found(tmp_path):
    cells = [
        {"cell_type": "markdown", "source": ["# two"]},
        {"cell_type": "code", "source": ["print('a')\n", "1 + 1"], "outputs": []},
    ]
    path = tmp_path / "two.ipynb"
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    fresh = notebooks.run(path)
    assert notebooks.said(fresh) == [[], [("text", "a\n"), ("text/plain", "2")]]
    assert notebooks.said(fresh) != notebooks.said({"cells": cells})
