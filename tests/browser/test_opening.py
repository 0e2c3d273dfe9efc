"""The page opens from a disk, asks nothing of anybody, is small and quick, and runs no script but
its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import made_pages
import pytest
from chromium import ROOT

LIMIT = 3_000_000  # bytes
#: Seconds of the processor until a page is ready, twice the second that is promised: on a busy
#: machine a page is ready later, with the same work.
WORK = 2


def test_it_opens_from_a_folder_with_a_blank_and_another_alphabet_asks_nothing_of_anybody_and_says_nothing(
    opened, moved
):
    explorer = opened(moved)
    assert explorer.url.startswith("file:///")
    assert "%20" in explorer.url and "%C3%BC" in explorer.url
    for tab in explorer.tabs():
        explorer.go(tab)
        assert explorer.text().strip()
    assert explorer.requests == [explorer.url]
    assert explorer.said == []


def test_it_is_small_and_quick(browser, opened, results, measured):
    size = (results / "explorer/index.html").stat().st_size
    ready = [ready_after(opened(results)) for _ in range(3)]
    work = work_until_ready(browser, results)
    measured(
        f"{results.name}: {size / 1e6:.2f} MB, ready {min(ready) / 1000:.2f} s after the "
        f"address was opened, with {work:.2f} s of the processor"
    )
    assert size < LIMIT
    assert work < WORK


def work_until_ready(browser, results) -> float:
    """Seconds of the processor that the page's process takes until the page is ready."""
    context = browser.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    page.goto((results / "explorer/index.html").resolve().as_uri())
    page.evaluate("() => window.explorer.ready")
    found = session.send("Performance.getMetrics")["metrics"]
    context.close()
    return next(one["value"] for one in found if one["name"] == "ProcessTime")


def ready_after(explorer) -> float:
    """Milliseconds from the start of the navigation until the page was ready, by the page's own
    clock.
    """
    (mark,) = explorer.page.evaluate(
        "performance.getEntriesByName('ready').map((mark) => mark.startTime)"
    )
    return mark


def test_it_says_which_run_it_is_of_and_whether_its_data_are_made_up(explorer, results):
    run = json.loads((results / "dataset/dataset.json").read_text(encoding="utf-8"))
    name = run["name"][:1].upper() + run["name"][1:]
    assert name in explorer.page.title()
    shown = explorer.page.locator("header").inner_text()
    assert name in shown
    assert ("Synthetic data" in shown) is bool(run["synthetic"])
    if run["synthetic"]:
        for tab in explorer.tabs():
            explorer.go(tab)
            assert explorer.page.get_by_text("Synthetic data", exact=True).first.is_visible(), tab


def test_only_the_scripts_of_the_page_run(explorer):
    """The policy is in the page itself; a script that gets into it, however, does not run, and
    nothing is fetched.
    """
    policy = explorer.page.locator('meta[http-equiv="Content-Security-Policy"]').get_attribute(
        "content"
    )
    sources = dict(part.split(None, 1) for part in policy.split("; "))
    assert sources["default-src"] == "'none'"
    assert "unsafe" not in sources["script-src"] and "'sha256-" in sources["script-src"]
    broken = explorer.page.evaluate(
        """async () => {
            const refused = [];
            document.addEventListener("securitypolicyviolation", (event) => refused.push(event.effectiveDirective));
            const script = document.createElement("script");
            script.textContent = "window.injected = 1";
            document.body.append(script);
            const image = document.createElement("img");
            image.setAttribute("onerror", "window.injected = 2");
            image.src = "data:,";
            document.body.append(image);
            const fetched = await fetch("https://example.org/").then(() => true, () => false);
            await new Promise((done) => setTimeout(done, 200));
            return { injected: window.injected ?? null, fetched, refused };
        }"""
    )
    assert broken["injected"] is None
    assert broken["fetched"] is False
    assert {"script-src-elem", "script-src-attr", "connect-src"} <= set(broken["refused"])


def test_text_is_not_run_as_a_program(explorer):
    """No eval under this policy: our scripts and the libraries need none. (In a timer: what drives
    the browser is let off.)
    """
    refused = explorer.page.evaluate(
        """() => new Promise((done) => setTimeout(() => {
            try { done(new Function("return 1")()); } catch (error) { done(error.name); }
        }))"""
    )
    assert refused == "EvalError"


def test_without_scripts_a_reader_finds_the_numbers_and_where_they_are(opened, results):
    explorer = opened(results, java_script_enabled=False)
    text = explorer.page.locator("body").inner_text()
    run = json.loads((results / "dataset/dataset.json").read_text(encoding="utf-8"))
    assert run["name"] in text
    assert "JavaScript" in text
    assert not explorer.page.locator("#loading").is_visible()
    assert "tables" in text


@pytest.fixture
def awkward(opened, toy):
    return opened(toy)


def test_names_that_are_markup_are_shown_as_they_are_written(awkward):
    seen = {}
    for tab in awkward.tabs():
        awkward.set(city="S1", tab=tab)
        seen[tab] = awkward.page.locator("body").inner_text()
    assert made_pages.CITY in seen["overview"]
    assert made_pages.CITY in seen["city"]
    assert any(made_pages.LOCAL in text for text in seen.values())
    assert any(made_pages.PROVINCE in text for text in seen.values())
    assert not any("&lt;" in text or "&quot;" in text for text in seen.values())
    assert awkward.page.evaluate("window.broken ?? null") is None
    assert awkward.page.locator("main img, main b, main i").count() == 0
    assert awkward.said == []


def test_a_city_is_found_by_its_latin_name_its_local_name_and_its_code(explorer):
    regions = explorer.page.evaluate(
        "explorer.data.rows.regions.map(({ region, name, name_local }) => ({ region, name, "
        "name_local }))"
    )
    named = [
        row for row in regions if row["name_local"] and row["name_local"] != row["name"]
    ] or regions
    row = named[len(named) // 2]
    for text in filter(None, (row["name"], row["name_local"], row["region"])):
        explorer.go("overview")
        explorer.page.fill("#find", text)
        explorer.page.press("#find", "Enter")
        found = next(entry for entry in regions if entry["region"] == explorer.state()["city"])
        assert text in (found["name"], found["name_local"], found["region"])
        assert explorer.state()["tab"] == "city"
        assert found["name"] in explorer.text()


def test_pictures_are_taken_of_every_screen_at_three_widths(toy, tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "tests/browser/pictures.py"), str(tmp_path)],
        env={**os.environ, "RESULTS": str(toy), "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    taken = {path.stem.rsplit("_", 1)[0] for path in tmp_path.glob("*/*_tablet.png")}
    assert {"overview", "city", "scenarios"} < taken
    assert {
        *(f"{tab}_{width}" for tab in taken for width in ("wide", "tablet", "narrow")),
        *("overview_printed", "city_printed", "beside"),
    } == {path.stem for path in tmp_path.glob("*/*.png")}
