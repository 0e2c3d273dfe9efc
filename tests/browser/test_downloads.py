"""What a reader takes away: tables as they are, charts as files of their own."""

from __future__ import annotations

import csv
import io
import json
import re
from xml.etree import ElementTree

import pytest
from PIL import Image


def buttons(explorer, form: str):
    """Buttons in sight that save something in a form."""
    return [
        button
        for button in explorer.panel().locator("button.save").all()
        if button.is_visible() and button.inner_text() == form
    ]


def without_comments(text: str) -> str:
    """A CSV file without the lines that say what it is."""
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith("# "))


def test_a_table_comes_back_as_it_is_byte_for_byte(explorer, results):
    """Every whole table of the page, from the screen that lists them."""
    explorer.go("method")
    names = explorer.page.evaluate("Object.keys(explorer.data.tables)")
    assert "regions" in names and len(names) > 5
    found = {}
    for button in buttons(explorer, "CSV"):
        name, text = explorer.download(button)
        label = button.get_attribute("aria-label").removeprefix("CSV: ").removesuffix(".csv")
        assert name.endswith(f"_{label}.csv"), name
        found[label] = text
    assert set(names) <= set(found)
    for name in names:
        folder = "uncertainty" if name in ("cells", "numbers", "suppliers") else "tables"
        assert found[name] == (results / f"{folder}/{name}.csv").read_bytes(), name


def test_the_file_of_all_places_is_by_the_method_in_sight(toy_explorer):
    """It was the run's own whichever method was chosen, and said so of all."""
    toy_explorer.set(tab="overview", method="calibrated")
    (csv_button,) = [
        button
        for button in buttons(toy_explorer, "CSV")
        if "regions" in toy_explorer.download(button)[0]
    ]
    _, text = toy_explorer.download(csv_button)
    text = text.decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(without_comments(text))))
    shown = toy_explorer.page.evaluate(
        "explorer.data.analysed.calibrated.rows.regions.map((row) => row.cba_mt)"
    )
    assert [float(row["cba_mt"]) for row in rows] == shown
    own = toy_explorer.page.evaluate("explorer.data.regions.map((row) => row.cba_mt)")
    assert own != shown
    assert "alibrated method" in text.split("region,")[0]


def test_what_is_in_sight_comes_as_csv_and_json_with_the_same_rows(explorer):
    seen = 0
    for tab in explorer.tabs():
        if tab == "method":
            continue
        explorer.go(tab)
        tables = dict(map(explorer.download, buttons(explorer, "CSV")))
        objects = dict(map(explorer.download, buttons(explorer, "JSON")))
        assert {name[:-4] for name in tables} == {name[:-5] for name in objects}, tab
        for name, text in tables.items():
            rows = list(csv.DictReader(io.StringIO(without_comments(text.decode("utf-8")))))
            others = json.loads(objects[name[:-4] + ".json"])["rows"]
            assert len(rows) == len(others) > 0, (tab, name)
            seen += 1
    assert seen >= 4
    assert explorer.said == []


@pytest.mark.parametrize("form", ["SVG", "PNG"])
def test_a_chart_is_a_file_of_its_own(explorer, form):
    seen = 0
    for tab in explorer.tabs():
        explorer.go(tab)
        for button in buttons(explorer, form):
            name, content = explorer.download(button)
            assert name.endswith(f".{form.lower()}")
            if form == "PNG":
                assert content.startswith(b"\x89PNG") and len(content) > 2_000, (tab, name)
            else:
                drawing = ElementTree.fromstring(content)
                assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
                assert len(list(drawing.iter())) > 10, (tab, name)
                assert (
                    not re.search(rb"var\(--[a-z]+\)(?![^<]*:root)", content) or b":root" in content
                )
            seen += 1
    assert seen >= 4


@pytest.mark.parametrize("choices", ["tab=overview", "tab=city"])
def test_an_image_to_share_has_the_size_that_networks_show(opened, toy, choices):
    explorer = opened(toy, choices)
    name, picture = explorer.download(explorer.panel().locator("button.share"))
    with Image.open(io.BytesIO(picture)) as image:
        assert image.size == (1200, 630)
        inks = image.convert("L").crop((64, 40, 1200, 630)).histogram()
    assert sum(inks[:128]) > 2000  # letters
    assert name.startswith("toyland_2020_invented_data_share") and name.endswith(".png")
