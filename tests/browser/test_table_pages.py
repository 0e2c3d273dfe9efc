"""Tables as pages, and the first page of the report, in a browser: sorted, filtered, explained, by
hand and by keyboard.
"""

from __future__ import annotations

import base64

import pandas as pd
import pytest
from PIL import Image

from citymrio.report.columns import Column
from citymrio.report.pages import table_page
from citymrio.report.start import Run, start_page

WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
COLUMNS = {
    "region": Column("t", "region", "", "Code of the region", code=True),
    "cba_mt": Column("t", "cba_mt", "Mt CO2", "Footprint, with households"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table with numbers of every form, wider and longer than a window; a first page."""
    folder = tmp_path_factory.mktemp("pages")
    table = pd.DataFrame(
        {
            "region": [130200, 110000, 120000, *range(200000, 200200)],
            "name": ["Tangshan", "Beijing", '<b>"&', *(f"Place {n}" for n in range(200))],
            "cba_mt": [1234.5, -2.0, float("nan"), *(n / 1e5 for n in range(200))],
            **{f"more_{n}": [f"text {n}"] * 203 for n in range(20)},
        }
    )
    text = table_page(
        table, "Regions", "What it is, in ``code``.", COLUMNS, source="somewhere", synthetic=True
    )
    (folder / "regions.html").write_text(text, encoding="utf-8")
    for name in ("fig1", "fig3"):
        Image.new("RGB", (1800, 600), "#0072b2").save(folder / f"{name}.png")
    row = {
        "other_method": 7237.0,
        "interval_of": "calibrated",
        "reported": "central",
        "low": 6900.0,
        "high": 7400.0,
    }
    row |= {"printed": 7324.0, "number": "T022", "ensemble": "", "warnings": "1"}
    tables = {
        "headline": pd.DataFrame(
            [
                {
                    "group": "Footprints",
                    "quantity": "footprints of the cities",
                    "unit": "Mt CO2",
                    "value": 7242.0,
                    **row,
                }
            ]
        ),
        "regions": pd.DataFrame(columns=["name", "name_local", "province", "province_name"]),
        "identified": pd.DataFrame(
            [("output", 42.0, 4.1, 0.0, 3)],
            columns=["quantity", "numbers", "data_observed", "data_imputed", "cities"],
        ),
        "read": pd.DataFrame(
            [("provinces/11", "11.csv", 4, "trade is not reported")],
            columns=["table", "file", "rows", "note"],
        ),
        "benchmarks": pd.DataFrame(
            [("peak", 12.0, "Gt", "assumed: a guess")],
            columns=["parameter", "value", "unit", "source"],
        ),
    }
    warnings = pd.DataFrame(
        [("here", "odd", "3", "2", "Used.")],
        columns=["where", "what", "value", "expectation", "effect"],
    )
    info = {
        "name": "Nowhere",
        "year": 2012,
        "unit": "10^4 CNY",
        "price_basis": "current",
        "synthetic": True,
        "notes": ["A note."],
    }
    run = Run(info, "paper", 0, "", 0.9, "abc", ["regions"], "The paper's method", ["One step."])
    figures = {name: folder / f"{name}.png" for name in ("fig1", "fig3")}
    (folder / "start.html").write_text(start_page(run, tables, warnings, figures), encoding="utf-8")
    return folder


@pytest.fixture
def page(browser, folder):
    """Opens a page in a window of its own; nothing may be said on its console, and nothing asked of
    any host.
    """
    contexts, said = [], []

    def opened(name="regions", size=WIDE, address=None, **options):
        contexts.append(browser.new_context(viewport=size, **options))
        page = contexts[-1].new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "request",
            lambda request: said.extend(
                [request.url] * (not request.url.startswith(("file:", "data:")))
            ),
        )
        page.goto(address or (folder / f"{name}.html").as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


def column(page, number):
    """The cells of a column in sight."""
    return page.eval_on_selector_all(
        f".rows tbody tr:not([hidden]) > :nth-child({number})",
        "cells => cells.map(c => c.textContent)",
    )


def test_a_click_sorts_numbers_by_size_and_another_turns_the_order_with_blanks_last(page):
    page = page()
    button = page.get_by_role("button", name="Caused by its consumption (CBA)")
    button.click()
    first = column(page, 3)
    assert first[:2] == ["\N{MINUS SIGN}2", "0"] and first[-2:] == ["1,234", ""]
    assert page.locator("[aria-sort]").get_attribute("aria-sort") == "ascending"
    button.click()
    assert column(page, 3)[0] == "1,234" and column(page, 3)[-1] == ""
    assert page.locator("[aria-sort]").get_attribute("aria-sort") == "descending"
    assert page.locator("[aria-sort]").count() == 1


def test_the_keyboard_sorts_and_shows_what_a_column_means(page):
    page = page()
    page.get_by_role("button", name="Code", exact=True).focus()
    tip = page.locator(".tip")
    assert tip.is_visible() and tip.inner_text() == "Code of the region"
    page.keyboard.press("Enter")
    assert column(page, 1)[0] == "110000"
    page.keyboard.press("Escape")
    assert tip.is_hidden()
    assert page.get_by_role("button", name="Caused by its consumption (CBA)").evaluate(
        "b => document.getElementById(b.getAttribute('aria-describedby')).textContent"
    )


def test_a_tap_shows_what_a_column_means(browser, folder):
    context = browser.new_context(viewport=NARROW, has_touch=True)
    page = context.new_page()
    page.goto((folder / "regions.html").as_uri())
    page.get_by_role("button", name="Code", exact=True).tap()
    assert page.locator(".tip").inner_text() == "Code of the region"
    context.close()


def test_the_filter_shows_rows_that_contain_the_words_and_counts_them(page):
    page = page()
    page.get_by_role("searchbox").fill("TANG")
    assert (
        column(page, 2) == ["Tangshan"]
        and page.get_by_role("status").inner_text() == "1 of 203 rows"
    )
    page.get_by_role("searchbox").fill("")
    assert len(column(page, 2)) == 203 and page.get_by_role("status").inner_text() == ""


def test_codes_and_names_are_shown_as_they_are(page):
    page = page()
    assert column(page, 1)[0] == "130200" and column(page, 2)[2] == '<b>"&'


@pytest.mark.parametrize(
    ("size", "stays"), [(WIDE, (1, 2)), (NARROW, (2,))], ids=["wide", "narrow"]
)
def test_head_and_first_columns_stay_in_sight(page, size, stays):
    page = page(size=size)
    place = (
        "n => document.querySelectorAll('.rows tbody tr')[40].children[n - "
        "1].getBoundingClientRect().left"
    )
    page.evaluate("() => document.querySelector('.scroll').scrollTo(0, 800)")
    head = page.locator(".rows thead").bounding_box()["y"]
    before = [page.evaluate(place, n) for n in stays]
    page.evaluate("() => document.querySelector('.scroll').scrollTo(700, 800)")
    if size is WIDE:
        assert [page.evaluate(place, n) for n in stays] == pytest.approx(before, abs=1)
    frame = page.locator(".scroll").bounding_box()
    left = [page.evaluate(place, n) for n in stays]
    assert all(frame["x"] - 1 <= x < frame["x"] + frame["width"] for x in left)
    assert page.evaluate(place, 10) < page.evaluate(place, 20)
    assert head == pytest.approx(page.locator(".scroll").bounding_box()["y"], abs=2)


def test_the_page_is_not_wider_than_a_telephone(page):
    for name in ("regions", "start"):
        opened = page(name, NARROW)
        assert (
            opened.evaluate(
                "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            <= 0
        ), name


def test_inside_the_report_pages_work_and_lead_nowhere(page, folder):
    """There, a page is an address that holds it: it has no folder, so that its links show their
    path only.
    """
    uri = {
        name: "data:text/html;base64,"
        + base64.b64encode((folder / f"{name}.html").read_bytes()).decode()
        for name in ("regions", "start")
    }
    table = page(address=uri["regions"])
    table.get_by_role("button", name="Caused by its consumption (CBA)").click()
    assert column(table, 3)[0] == "\N{MINUS SIGN}2"
    start = page(address=uri["start"])
    assert start.locator('a[href]:not([href^="#"])').count() == 0
    assert start.get_by_text("explorer/index.html").first.is_visible()
    assert page("start").locator('a[href="../explorer/index.html"]').count() > 0


def test_on_a_telephone_a_number_stands_beside_its_whole_name(page):
    opened = page("start", NARROW)
    row = opened.locator("tbody tr", has=opened.locator("td")).first
    name, number = (row.locator(cell).first.bounding_box() for cell in ("th", "td.number"))
    assert name["width"] > 100 and number["x"] < NARROW["width"], (name, number)


def test_warnings_of_single_numbers_wait_until_a_reader_asks(page):
    opened = page("start")
    warning = opened.locator("#w1")
    assert not warning.is_visible()
    opened.locator('a[href="#w1"]').first.click()
    assert warning.is_visible()


@pytest.mark.parametrize("name", ["regions", "start"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(page, name, size, scheme):
    from axe_playwright_python.sync_playwright import Axe

    opened = page(name, size, color_scheme=scheme)
    ground = opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") is (scheme == "light")
    found = Axe().run(opened).response["violations"]
    assert [(rule["id"], rule["nodes"][0]["html"][:200]) for rule in found] == []


def test_a_page_reads_without_scripts(browser, folder):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((folder / "regions.html").as_uri())
    assert page.get_by_text("Tangshan").is_visible() and page.get_by_role("searchbox").count() == 0
    page.get_by_text("What the columns mean").click()
    assert page.get_by_text("Footprint, with households").is_visible()
    context.close()
