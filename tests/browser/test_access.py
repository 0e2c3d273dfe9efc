"""For everybody: by keyboard, on a telephone, enlarged, with a screen reader, on paper."""

from __future__ import annotations

import re
import zlib

import pytest
from chromium import NARROW

#: States beyond the tabs as they open: (name, size, choices).
STATES = {
    "city": ((1400, 1000), "tab=city&direction=out"),
    "narrow": (NARROW, ""),
    "narrow city": (NARROW, "tab=city"),
    "narrow scenarios": (NARROW, "tab=scenarios"),
}


def violations(explorer) -> list[str]:
    """What axe finds, one line for each rule with the first element."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(explorer.page).response["violations"]
    return [
        f"{rule['id']} ({rule['impact']}): {rule['nodes'][0]['html'][:200]} (of "
        f"{len(rule['nodes'])})"
        for rule in found
    ]


def test_axe_finds_nothing_on_any_tab(explorer):
    for tab in explorer.tabs():
        explorer.go(tab)
        assert violations(explorer) == [], tab


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_in_other_states(opened, results, state):
    size, choices = STATES[state]
    assert violations(opened(results, choices, size=size)) == []


def test_axe_finds_nothing_once_a_scenario_differs_from_the_run(explorer):
    explorer.go("scenarios")
    slider = explorer.panel().locator('input[type="range"]').first
    if not slider.count():
        pytest.skip("a run without scenarios")
    slider.focus()
    explorer.page.keyboard.press("ArrowRight")
    assert explorer.hash
    assert violations(explorer) == []


def test_axe_finds_nothing_in_a_city_that_was_compared(explorer):
    codes = explorer.page.evaluate("explorer.data.codes")
    explorer.set(tab="compare", city=codes[-1])
    assert violations(explorer) == []


@pytest.mark.parametrize(
    ("size", "factor"), [(NARROW, 2), ((700, 500), 2), ((320, 640), 1)], ids=["390", "200%", "320"]
)
def test_no_screen_has_to_be_pushed_sideways(opened, results, size, factor):
    """On a telephone, enlarged to 200% on a screen of 1400 pixels, and at the 320 pixels of WCAG
    1.4.10.
    """
    explorer = opened(results, size=size, device_scale_factor=factor)
    for tab in explorer.tabs():
        explorer.go(tab)
        wide = explorer.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide[0] <= wide[1], (tab, wide, sticking_out(explorer))
    assert explorer.said == []


def sticking_out(explorer) -> list[str]:
    """Elements that reach beyond the window, for the message."""
    return explorer.page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter((element) => element.getBoundingClientRect().right > document.documentElement.clientWidth + 1
                && !element.closest(".scroll *") && !element.closest(".unseen"))
            .slice(0, 5).map((element) => element.outerHTML.slice(0, 120))"""
    )


def test_a_window_that_becomes_narrow_while_it_is_open_keeps_its_charts_inside(explorer):
    for tab in explorer.tabs():
        explorer.page.set_viewport_size({"width": 1400, "height": 1000})
        explorer.go(tab)
        explorer.page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
        explorer.page.wait_for_timeout(500)
        wide = explorer.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide[0] <= wide[1], (tab, wide, sticking_out(explorer))


def tab_to(explorer, selector: str, *, most: int = 900, back: bool = False) -> None:
    """Press Tab until an element has the focus, and see that it shows it."""
    for _ in range(most):
        if explorer.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            break
        explorer.page.keyboard.press("Shift+Tab" if back else "Tab")
    else:
        raise AssertionError(f"{selector} is not reached with {most} presses of Tab")
    seen = explorer.page.evaluate(
        """() => {
            const style = getComputedStyle(document.activeElement);
            return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
        }"""
    )
    assert seen, f"{selector} has the focus, and nothing shows it"


def test_a_whole_journey_by_keyboard(explorer):
    """Find a city, look at its flows out, compare, move the threshold, reset, read the method, save
    a table: no mouse.
    """
    page = explorer.page
    rows = page.evaluate("explorer.data.rows.regions.map(({ region, name }) => [region, name])")
    code, name = rows[len(rows) // 3]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    tab_to(explorer, "#find")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    assert explorer.state()["tab"] == "city"
    assert (
        page.evaluate(
            "code => explorer.data.rows.regions.find((row) => row.region === code).name",
            explorer.state()["city"],
        )
        == name
    )
    tab_to(explorer, '[name="direction"]')
    page.keyboard.press("ArrowRight")
    assert explorer.state()["direction"] == "out"
    page.keyboard.press("Home")
    tab_to(explorer, '[role="tab"][aria-selected="true"]', back=True)
    for tab in explorer.tabs()[2:]:
        page.keyboard.press("ArrowRight")
        assert explorer.state()["tab"] == tab
        assert page.evaluate("document.activeElement.id") == f"tab-{tab}"
    page.keyboard.press("Home")
    assert explorer.state()["tab"] == "overview"
    page.keyboard.press("End")
    assert explorer.state()["tab"] == explorer.tabs()[-1]
    tab_to(explorer, "button.save")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert waiting.value.suggested_filename.endswith((".csv", ".json"))
    assert explorer.said == []


def test_scenarios_are_moved_and_reset_by_keyboard(explorer):
    page = explorer.page
    if "scenarios" not in explorer.tabs():
        pytest.skip("a run without scenarios")
    page.focus("#tab-scenarios")
    page.keyboard.press("Enter")
    before = explorer.text()
    tab_to(explorer, 'input[type="range"]')
    page.keyboard.press("PageUp")
    assert explorer.hash not in ("", "tab=scenarios")
    assert explorer.text() != before
    page.locator("button", has_text=re.compile("reset", re.I)).first.focus()
    page.keyboard.press("Enter")
    assert explorer.hash == "tab=scenarios"
    assert explorer.text() == before


def test_the_table_of_cities_is_sorted_by_keyboard_and_says_so(explorer):
    page = explorer.page
    tab_to(explorer, "main table thead button", most=900)
    page.keyboard.press("Enter")
    head = page.evaluate("document.activeElement.closest('th').getAttribute('aria-sort')")
    assert head in ("ascending", "descending")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('th').getAttribute('aria-sort')") != head


def fills(document: bytes) -> tuple[int, set[tuple[float, float, float]]]:
    """Filled areas of a PDF and their colours, from its streams of drawing commands."""
    count, colours = 0, set()
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", document, flags=re.S):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        count += len(re.findall(rb"^f\*?\s*$", text, flags=re.M))
        for match in re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) rg\s", text):
            colours.add(tuple(round(float(part) * 255) for part in match))
    return count, colours


def test_the_printed_page_holds_the_map_and_not_the_buttons(explorer):
    """As areas that can be enlarged, in the colours of the screen; what is for clicking stays out."""
    shapes = []
    if explorer.page.evaluate("Boolean(explorer.data.map)"):
        shapes = (
            explorer.panel()
            .locator("svg.map")
            .first.evaluate(
                "svg => [...svg.querySelectorAll('path[data-region]')].map((shape) => "
                "getComputedStyle(shape).fill)"
            )
        )
    count, colours = fills(explorer.page.pdf(format="A4", print_background=True))
    assert count >= len(shapes)
    wanted = {
        tuple(map(int, re.findall(r"\d+", colour)[:3]))
        for colour in shapes
        if colour.startswith("rgb")
    }
    assert wanted <= colours
    explorer.page.emulate_media(media="print")
    explorer.page.set_viewport_size({"width": 760, "height": 1000})  # the width of a sheet
    assert (
        explorer.page.locator("header h1").bounding_box()["height"] < 120
    )  # one or two lines, not one letter a line
    for gone in ("#tabs", "#find", "button.save"):
        assert not explorer.page.locator(gone).first.is_visible(), gone


@pytest.mark.parametrize("colours", ["dark", "forced"])
def test_it_can_be_read_in_the_colours_that_a_reader_prefers(opened, toy, colours):
    options = {"color_scheme": "dark"} if colours == "dark" else {"forced_colors": "active"}
    explorer = opened(toy, **options)
    for tab in explorer.tabs():
        explorer.go(tab)
        assert violations(explorer) == [], tab
