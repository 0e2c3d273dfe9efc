"""Five people's tasks from the door to the answer, with what it takes: clicks counted, words typed,
seconds noted. And a number is the same wherever it stands.
"""

from __future__ import annotations

import csv
import io
import re
import time
from dataclasses import dataclass

import made_pages
import openpyxl
import pytest
from chromium import Opened
from test_access import violations
from test_downloads import buttons, without_comments

from citymrio.base.labels import read_dataset, read_table
from citymrio.report.pages import format_amount, format_number


@dataclass
class Visitor:
    """Somebody at the page, whose clicks and searches count."""

    at: Opened
    clicks: int = 0
    began: float = 0.0

    def __post_init__(self):
        self.began = time.perf_counter()

    def click(self, target) -> None:
        (self.at.page.locator(target) if isinstance(target, str) else target).click()
        self.clicks += 1

    def save(self, button) -> str:
        self.clicks += 1
        return self.at.download(button)[1].decode("utf-8")

    def find(self, text: str) -> None:
        """Type into the search field, and take the first match: counts as one click."""
        self.at.page.fill("#find", text)
        self.at.page.press("#find", "Enter")
        self.clicks += 1

    def told(self) -> list[str]:
        return self.at.page.locator("#answer p").all_inner_texts()

    def done(self, measured, who: str, most: int) -> None:
        assert self.clicks <= most, f"{who}: {self.clicks} clicks"
        assert self.at.said == []
        measured(f"{who}: {self.clicks} clicks, {time.perf_counter() - self.began:.1f} s")


def largest(results):
    return read_table(results / "tables/regions.csv").set_index("region")["cba_mt"].idxmax()


def test_an_analyst_finds_a_footprint_its_range_and_the_first_lever(explorer, results, measured):
    city = str(largest(results))
    visitor = Visitor(explorer)
    visitor.find(city)
    footprint, _, lever, person = visitor.told()[:4]
    assert "Mt CO2" in footprint and "rank 1 of" in footprint
    assert "of 100 draws" in footprint or "No range was computed" in footprint
    assert "could save" in lever or "No scenario" in lever or "was computed for" in lever
    assert "t a person" in person
    visitor.done(measured, "an analyst", 1)


def test_an_economist_loads_the_flows_of_all_partners(explorer, results, measured):
    city = str(largest(results))
    visitor = Visitor(explorer)
    visitor.find(city)
    explorer.set(method="main")
    save = next(
        button
        for button in buttons(explorer, "CSV")
        if button.get_attribute("aria-label") == "CSV: flows"
    )
    rows = list(csv.DictReader(io.StringIO(without_comments(visitor.save(save)))))
    flows = read_dataset(results / "footprint/footprints.nc")["flows"].sel(destination=city)
    assert sum(float(row["t_co2"]) for row in rows) == pytest.approx(float(flows.sum()), rel=1e-3)
    assert {row["region"] for row in rows if row["region"]} <= set(flows["origin"].values)
    visitor.done(measured, "an economist", 2)


def test_a_reviewer_sees_how_a_printed_number_compares_and_why(browser, results, measured):
    if not (results / "report/paper_comparison.html").is_file():
        pytest.skip("a run that stands beside no paper, or without its report")
    visitor = Visitor(Opened.open(browser, results / "report/start.html"))
    page = visitor.at.page
    visitor.click(page.get_by_role("link", name="Beside the paper"))
    page.wait_for_url("**/paper_comparison.html")
    table = read_table(results / "tables/paper_comparison.csv")
    if table["comparable"].astype(str).str.lower().eq("true").any():
        assert "under one consistent reading" in page.locator("main > p").first.inner_text()
    heads = [text.lower() for text in page.locator("thead th button").all_inner_texts()]
    assert {"paper", "this run", "tolerance", "within tolerance", "note"} <= set(heads)
    page.get_by_role("searchbox").fill("T022")
    row = page.locator("tbody tr:visible")
    assert row.count() == 1 and "7,324" in row.inner_text()
    visitor.done(measured, "a reviewer", 1)
    visitor.at.close()


def test_a_student_sees_what_the_tutorial_says(explorer, results, root, measured):
    if results.name != "tiny":
        pytest.skip("the tutorial is about the small run")
    text = (root / "docs/tutorial.md").read_text(encoding="utf-8")
    visitor = Visitor(explorer)
    visitor.find(re.search(r"Type `(\w+)` into the search", text)[1])
    emitted, used = re.search(r"emits ([\d.]+) Mt and consumes ([\d.]+) Mt", text).groups()
    shown = visitor.at.text()
    assert f"*{used}".strip("*") in visitor.told()[0] and f"emitted {emitted} Mt" in shown
    assert re.search(r"`#(city=\w+)`", text)[1] in explorer.hash
    for listed, place in re.findall(r"([\d.]+) Mt come from (\w+)", text):
        row = explorer.page.locator("#flows-table tbody tr", has_text=place).inner_text()
        assert float(row.split("\t")[1]) == pytest.approx(float(listed), abs=0.05), row
    visitor.done(measured, "a student", 1)


@pytest.fixture
def chinese(opened, toy):
    """The explorer of the toy country in Chinese, just opened."""
    return opened(toy / made_pages.CHINESE)


def test_an_office_prints_a_city_on_two_sheets_in_chinese(chinese, toy, measured):
    visitor = Visitor(chinese)
    visitor.find(str(largest(toy)))
    first = visitor.told()[0]
    assert "碳足迹" in first and "百万吨 CO2" in first and "列第 1" in first
    document = chinese.page.pdf(format="A4", print_background=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", document)) <= 2
    visitor.done(measured, "an office", 1)


#: Words in Latin letters that are the same in Chinese: units, short names, forms of files.
SAME = {
    *("CO", "CSV", "JSON", "SVG", "PNG", "PBA", "CBA", "GDP", "SHA", "MIT", "ISC", "Plot"),
    *("Observable", "means", "citymrio", "csv", "CNY", "yaml", "toy", "Toy"),
    *("demand", "technology", "hybrid", "none", "joint"),  # codes that the tables have
}

#: What a page says in its own language: text in sight or told to readers of the screen.
SAID = """() => {
  const found = [];
  const other = (element) => element?.closest('[lang="en"], script, style, noscript, pre');
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode;
    if (!other(text.parentElement)) found.push(text.textContent);
  }
  const told = ["aria-label", "title", "placeholder", "aria-valuetext"];
  for (const element of document.body.querySelectorAll("*"))
    if (!other(element)) for (const name of told) found.push(element.getAttribute(name) ?? "");
  return found;
}"""


def test_a_page_in_chinese_says_nothing_in_english(chinese, toy):
    regions = read_table(toy / "tables/regions.csv")
    run = chinese.page.evaluate("explorer.data.run")
    data = chinese.page.evaluate(
        """() => [
          ...explorer.data.paths.sectors.flatMap((one) => [one.name, one.name_local]),
          ...Object.values(explorer.data.tables).flatMap((table) => Object.keys(table)),
          ...Object.keys(explorer.data.tables),
          ...explorer.data.scenario.benchmarks.source,
          ...explorer.data.scenario.benchmarks.parameter.map((name) => name.split(".").at(-1)),
        ]"""
    )
    names = [*regions["name"], *regions["name_local"].dropna(), *regions["province_name"], *data]
    names = sorted({str(name) for name in [*names, run["name"], run["unit"]] if name}, key=len)
    words = "|".join(re.escape(name) for name in reversed(names))
    data_said = rf"(?<![A-Za-z])(?:{words})(?![A-Za-z])"
    for tab in [tab.get_attribute("id") for tab in chinese.page.query_selector_all("[role=tab]")]:
        chinese.page.click(f"#{tab}")
        assert violations(chinese) == [], tab
        if tab == "tab-method":  # names of columns, files and settings, and what data say
            assert chinese.page.locator("#audit-table [lang=en]").count() == 0
            chinese.page.evaluate(
                "document.querySelectorAll('tbody, dd').forEach((e) => e.remove())"
            )
            chinese.page.evaluate(
                "document.querySelectorAll('th').forEach((e) => e.removeAttribute('title'))"
            )
        left = {}
        for text in chinese.page.evaluate(SAID):
            rest = re.sub(data_said, "", text)
            words = set(re.findall(r"[A-Za-z]{3,}", rest)) - SAME
            if words:
                left[text[:80]] = words
        assert left == {}, (tab, left)


def test_a_number_is_the_same_on_every_surface(explorer, results):
    """The footprint of the largest place: in the table, the page without scripts, the views, the
    files.
    """
    table = read_table(results / "tables/regions.csv").set_index("region")
    city = str(table["cba_mt"].idxmax())
    value = table.at[city, "cba_mt"]
    explorer.set(city=city, method="main", tab="overview")
    html = (results / "explorer/index.html").read_text(encoding="utf-8")
    bare = html.partition("<noscript>")[2].partition("</noscript>")[0]
    assert re.search(
        rf'<td>{city}</td><td class="number">{re.escape(format_number(value, 2))}', bare
    )
    row = explorer.page.locator("#cities-table tbody tr").first.inner_text().split("\t")
    heads = explorer.page.locator("#cities-table thead .sort").all_inner_texts()
    shown = row[[head.startswith("Caused") for head in heads].index(True)]
    assert float(shown.replace(",", "")) == pytest.approx(value, rel=5e-3)
    explorer.set(tab="city")
    said = re.search(r"was ([\d.,]+) Mt", explorer.page.locator("#answer p").first.inner_text())
    assert float(said[1].replace(",", "")) == pytest.approx(value, rel=5e-3)
    book = openpyxl.load_workbook(
        io.BytesIO(explorer.download(explorer.page.locator("#workbook"))[1])
    )
    assert {row[0]: row[1] for row in book["numbers"].values}["cba_mt"] == value
    if "compare" in explorer.tabs():
        explorer.set(tab="compare")
        line = explorer.page.locator("#compare-table tbody tr", has_text="(CBA)").first
        first = line.inner_text().split("\t")[1].split("\n")[0]
        assert float(first.replace(",", "")) == pytest.approx(value, rel=5e-4)
    flows = read_dataset(results / "footprint/footprints.nc")["flows"].sel(destination=city)
    assert float(flows.sum()) / 1e6 == pytest.approx(value, rel=1e-6)


def test_a_saving_a_count_and_a_rank_are_the_same_on_every_surface(explorer, results):
    """What does not add up is the median of the draws, inside its interval: of the nation on the
    first page, in headline.csv and on the screen of scenarios; of a city on its own, in its
    workbook and in the table of savings.
    """
    if not (results / "uncertainty/regions.csv").exists():
        pytest.skip("a run without an ensemble")
    explorer.set(tab="scenarios")
    method = explorer.page.evaluate("explorer.data.intervals.method")
    view = explorer.state()["method"]
    methods = explorer.page.evaluate("explorer.data.methods")
    if method not in (methods["main"], methods["others"].get(view, {}).get("method")):
        pytest.skip("the ensemble is by a method that the page does not hold")
    numbers = read_table(results / "uncertainty/numbers.csv").set_index("quantity")
    quoted = read_table(results / "tables/headline.csv").set_index("quantity")
    start = (results / "report/start.html").read_text(encoding="utf-8")

    def saved(name: str) -> list[dict[str, str]]:
        button = explorer.panel().get_by_role("button", name=f"CSV: {name}", exact=True)
        text = without_comments(explorer.download(button)[1].decode("utf-8"))
        return list(csv.DictReader(io.StringIO(text)))

    table = {row["scenario"]: row for row in saved("scenarios now")}
    assert len(table) > 4
    sides = {"technology": "technology side", "demand": "demand side"} | {
        "sum": "both sides added up",
        "joint": "both sides at once",
    }
    for name, row in table.items():
        value, low, high = numbers.loc[f"saving: {name}", ["value", "low", "high"]]
        shown = [float(row[f"saving_mt{end}"]) for end in ("", "_low", "_high")]
        assert shown == [value, low, high] and low <= value <= high, name
        if row["headline"] == "True":
            number_of = f"{row['side']}-{row['depth']}"
            own = quoted.loc[f"{sides[row['side']]}, {row['depth']}"]
            assert [own["median"], own["low"], own["high"]] == shown
            tile = explorer.page.locator(f'[data-number="{number_of}"]').inner_text()
            digits = format_amount(value, "Mt CO2")
            assert f"{digits} Mt\n" in tile and "interval: " in tile, tile
            assert f'<td class="number">{digits}</td>' in start
    emitters = quoted.loc["of any type"]
    tile = explorer.page.locator('[data-number="super"]').inner_text()
    assert f"{emitters['median']:.0f} cit" in tile

    regions = read_table(results / "uncertainty/regions.csv").set_index("region")
    by_city = {row["region"]: row for row in saved("savings by city")}
    city = str(regions["saving_sum_light_mt"].idxmax())
    explorer.set(city=city, tab="city")
    own = regions.loc[city]
    book = openpyxl.load_workbook(
        io.BytesIO(explorer.download(explorer.page.locator("#workbook"))[1])
    )
    sheet = {row[0]: row for row in book["scenario_cities"].values}
    listed = {(row["side"], row["depth"]): row for row in saved("savings")}
    for side in sides:
        for depth in ("light", "deep"):
            column = f"saving_{side}_{depth}_mt"
            expected = own[[column, f"{column}_low", f"{column}_high"]].tolist()
            assert expected[1] <= expected[0] <= expected[2], column
            if (side, depth) not in listed:  # it is asked to save by the other side alone
                assert expected[0] == 0, (side, depth)
                continue
            row = listed[side, depth]
            assert [float(row[f"{end}_mt"]) for end in ("saving", "low", "high")] == expected
            name = next(
                name
                for name, one in table.items()
                if (one["side"], one["depth"], one["headline"]) == (side, depth, "True")
            )
            _, value, reported, low, high = sheet[name]
            assert ([value, low, high], reported) == (expected, "median")
            if side in ("technology", "demand") and expected[0]:
                assert float(by_city[city][f"{side}_{depth}"]) == expected[0]
    first = explorer.page.locator("#answer p").first.inner_text()
    assert own["cba_rank_low"] <= own["cba_rank"] <= own["cba_rank_high"]
    assert f"rank {own['cba_rank']} of {len(regions)}" in first
