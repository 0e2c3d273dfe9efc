"""The answer on a city: first the calibrated method with its ranges, in four sentences; a workbook;
two sheets of paper.
"""

from __future__ import annotations

import csv
import io
import math
import re

import openpyxl
import pytest
from chromium import NARROW
from test_downloads import buttons, without_comments

from citymrio.base.labels import read_dataset, read_json, read_table


def told(explorer) -> list[str]:
    """The four sentences."""
    lines = explorer.page.locator("#answer > p:not(.note)").all_inner_texts()
    assert len(lines) == 4
    return lines


def digits(value: float) -> str:
    """A number with three digits, as the page writes it."""
    return f"{value:,.{max(0, 2 - math.floor(math.log10(value)))}f}"


def test_the_answer_says_what_the_tables_say_by_every_method(explorer, results):
    regions = read_table(results / "tables/regions.csv").set_index("region")
    city = str(regions["cba_mt"].idxmax())
    views = ["main", *explorer.page.evaluate("Object.keys(explorer.data.methods.others)")]
    for view in views:
        if explorer.set(city=city, tab="city", method=view):
            continue
        table = regions["cba_mt"]
        if view != "main":
            other = read_table(results / "tables/variants_regions.csv")
            table = other[other["variant"].eq(view)].set_index("region")["cba_mt"]
        lines = told(explorer)
        assert f"{digits(table[city])} Mt CO2" in lines[0], (view, lines[0])
        if "draws): rank" not in lines[0]:  # else the median of the draws
            assert f"rank {(table > table[city]).sum() + 1} of {len(table)}" in lines[0]
        person = 1e6 * table[city] / regions.at[city, "population"]
        assert f"{digits(person)} t a person" in lines[3]


def test_a_run_with_an_ensemble_has_ranges_and_one_without_says_so(explorer, results):
    city = explorer.page.evaluate("explorer.data.codes[0]")
    explorer.set(city=city, tab="city")
    first, where, *_ = told(explorer)
    if not (results / "uncertainty/regions.csv").exists():
        assert "No range was computed" in first
        return
    own = read_table(results / "uncertainty/regions.csv").set_index("region").loc[city]
    shown = [float(one) for one in re.search(r"([\d.]+) to ([\d.]+)", first).groups()]
    assert shown == pytest.approx([own["cba_mt_low"], own["cba_mt_high"]], rel=0.02)
    assert "largest suppliers" in where
    ledger = explorer.page.locator("#ledger-sentence").inner_text()
    shown = re.search(r"emitted .* Mt CO2 \(([\d.,]+) to ([\d.,]+) in 90 of 100 draws\):", ledger)
    ends = [float(one.replace(",", "")) for one in shown.groups()]
    assert ends == pytest.approx([own["pba_mt_low"], own["pba_mt_high"]], rel=0.02)
    parts = explorer.page.locator("#ledger-table tbody tr .aside, #ledger-table tfoot .aside")
    assert parts.count() >= 6
    made, used = parts.all_inner_texts()[-2:]
    for said, column in ((made, "pba_mt"), (used, "cba_mt")):
        ends = [float(one.replace(",", "")) for one in re.findall(r"[\d.,]+", said)]
        assert ends == pytest.approx([own[f"{column}_low"], own[f"{column}_high"]], rel=0.02)
    button = next(
        one
        for one in buttons(explorer, "CSV")
        if one.get_attribute("aria-label") == "CSV: footprint by category"
    )
    text = without_comments(explorer.download(button)[1].decode("utf-8"))
    first = next(csv.DictReader(io.StringIO(text)))
    assert float(first["mt_low"]) == own["cba_household_mt_low"]
    assert float(first["mt_high"]) == own["cba_household_mt_high"]


def test_the_calibrated_method_comes_first_and_the_reproduction_has_the_printed_numbers(explorer):
    methods = explorer.page.evaluate("explorer.data.methods")
    kinds = {"main": methods["main"]} | {
        name: one["method"]
        for name, one in methods["others"].items()
        if explorer.page.evaluate("name => Boolean(explorer.data[`flows-${name}`])", name)
    }
    calibrated = next((view for view, kind in kinds.items() if kind == "calibrated"), "main")
    assert explorer.state()["method"] == calibrated
    printed = explorer.page.evaluate("explorer.data.headline.some((row) => row.printed !== null)")
    for view, kind in kinds.items():
        explorer.set(method=view)
        shown = "Printed:" in explorer.text()
        assert shown is (kind == "paper" and printed), view


def test_the_city_comes_as_one_workbook(explorer, results):
    city = explorer.page.evaluate("explorer.data.codes.at(-1)")
    explorer.set(city=city, tab="city", method="main")
    name, content = explorer.download(explorer.page.locator("#workbook"))
    assert name.endswith(".xlsx") and city.lower() in name
    book = openpyxl.load_workbook(io.BytesIO(content))
    about = "\n".join(str(row[0]) for row in book["about"].values if row[0])
    run = read_json(results / "dataset/dataset.json")
    assert told(explorer)[0] in about and "Source: citymrio" in about and "Licence" in about
    assert ("Invented data" in about) is bool(run["synthetic"])
    assert "Ranges:" in about and str(run["year"]) in about
    table = read_table(results / "tables/regions.csv").set_index("region").loc[city]
    numbers = {row[0]: row[1] for row in book["numbers"].values}
    assert numbers["cba_mt"] == table["cba_mt"] and numbers["name"] == table["name"]
    flows = read_dataset(results / "footprint/footprints.nc")["flows"]
    head, *rows = book["emitted_for_it"].values
    total = float(flows.sel(destination=city).sum())
    assert sum(row[head.index("t_co2")] for row in rows) == pytest.approx(total, rel=1e-3)


def test_a_file_of_a_chart_says_its_range_and_has_the_colours_of_paper(opened, toy):
    explorer = opened(toy, "tab=city", color_scheme="dark")
    seen = 0
    for button in buttons(explorer, "SVG"):
        text = explorer.download(button)[1].decode("utf-8")
        assert "Ranges: none was computed" in text and "var(--" not in text.split("</style>")[-1]
        seen += 1
    assert seen >= 4


def test_a_city_is_printed_on_two_sheets(explorer):
    codes = explorer.page.evaluate("explorer.data.codes")
    for city in {codes[0], codes[len(codes) // 2], codes[-1]}:
        explorer.set(city=city, tab="city")
        document = explorer.page.pdf(format="A4", print_background=True)
        assert len(re.findall(rb"/Type\s*/Page[^s]", document)) <= 2, city


def test_bars_of_categories_are_long_on_a_phone_beside_a_small_negative_one(opened, toy):
    explorer = opened(toy, "method=main", size=NARROW)
    city = explorer.page.evaluate(
        """() => {
          const { data } = explorer;
          data.intervals = { level: 0.9, members: 40, suppliers: 10, method: data.methods.main };
          const row = data.regions.at(-1);
          row.cba_stock_changes_mt = -0.01 * row.cba_mt;
          for (const role of ["household", "government", "capital", "stock_changes"])
            Object.assign(row, { [`cba_${role}_mt_low`]: -1.22, [`cba_${role}_mt_high`]: 11.5 });
          return row.region;
        }"""
    )
    explorer.set(city=city, tab="city", method="main")
    assert "(\u22121.2 to 11.5)" in explorer.page.locator("#categories svg").text_content()
    bars = explorer.page.locator("#categories svg rect").all()
    widths = sorted(bar.bounding_box()["width"] for bar in bars)
    assert widths[-1] > explorer.page.locator("#categories").bounding_box()["width"] / 4
    assert widths[0] < widths[-1] / 4  # the scale does not run backwards for want of room


def test_a_map_of_super_emitters_says_that_its_counts_are_those_without_draws(opened, toy):
    explorer = opened(toy, "method=main")
    said = "The map counts the estimate without draws"
    explorer.set(measure="super_emitter")
    assert said not in explorer.text()
    explorer.page.evaluate(
        "explorer.data.intervals = { level: 0.9, method: explorer.data.methods.main }"
    )
    explorer.set(measure="cba_mt")
    assert said not in explorer.text()
    explorer.set(measure="super_emitter")
    assert said in explorer.text()
