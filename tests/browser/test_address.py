"""Whatever the reader chooses stands in the address: a link shows the same screen, and the back
button goes back.
"""

from __future__ import annotations

import pytest
from thorough import THOROUGH

#: Choices of words that no control in sight offers: values to try.
WORDS = ("0", "1", "no", "yes", "")


def other_value(explorer, key: str, now):
    """Another value of a choice that the page accepts: of its control, else of its kind; None where
    there is none.
    """
    tried = explorer.page.evaluate(
        """([key, words]) => {
            const control = document.getElementById(`choose-${key}`);
            if (control) return [...control.options].map((option) => option.value);
            const range = document.getElementById(`slide-${key}`) ?? document.getElementById(`type-${key}`);
            if (range) return [range.min, range.max].map(Number);
            const radios = [...document.querySelectorAll(`input[type="radio"][name="${key}"]`)];
            if (radios.length) return radios.map((radio) => radio.value);
            return [...explorer.data.rows.regions.slice(0, 3).map((row) => row.region), ...words];
        }""",
        [key, WORDS],
    )
    for value in tried:
        if isinstance(now, int | float) and isinstance(value, str):
            continue
        if value != now and explorer.set(**{key: value}) == [] and explorer.state()[key] != now:
            return explorer.state()[key]
    return None


def offered(explorer, keys) -> set[str]:
    """Choices that have a control in sight."""
    return set(
        explorer.page.evaluate(
            """(keys) => keys.filter((key) => ["choose", "slide", "type"].some((kind) =>
                document.getElementById(`${kind}-${key}`)?.checkVisibility())
                || document.querySelector(`input[type="radio"][name="${key}"]`)?.checkVisibility())""",
            [*keys],
        )
    )


def test_every_choice_comes_back_from_its_address(opened, results, explorer):
    """Every choice on every screen that offers it (those without a control on the last; by night
    all on all): by day one state in four is opened again. What cannot be changed must be named
    here.
    """
    first, tabs = explorer.state(), explorer.tabs()
    reached, changed = 0, set()
    for tab in tabs:
        explorer.set(**first | {"tab": tab})
        here = offered(explorer, first)
        if THOROUGH or tab == tabs[-1]:
            here |= set(first) - (set() if THOROUGH else changed)
        for key in [key for key in first if key in here - {"tab"}]:
            explorer.set(**first | {"tab": tab})
            if other_value(explorer, key, first[key]) is None:
                continue
            changed.add(key)
            reached += 1
            if reached % 4 and not THOROUGH:
                continue
            chosen, text, address = explorer.state(), explorer.text(), explorer.hash
            again = opened(results, address)
            assert again.state() == chosen, (tab, key)
            assert again.hash == address
            assert again.text() == text, (tab, key)
            assert again.said == []
            again.close()
    if not explorer.page.evaluate("Object.keys(explorer.data.methods?.others ?? {}).length"):
        changed.add("method")  # a run of one method
    assert changed | {"tab"} == set(first), f"no other value is known of {set(first) - changed}"


def test_all_choices_at_once_come_back_from_their_address(opened, results, explorer):
    for tab in explorer.tabs():
        explorer.set(tab=tab)
        for key, now in explorer.state().items():
            if key != "tab":
                other_value(explorer, key, now)
    chosen = explorer.state()
    again = opened(results, explorer.hash)
    assert again.state() == chosen
    assert again.text() == explorer.text()


def test_the_address_of_a_city_alone_opens_it(opened, results, explorer):
    codes = explorer.page.evaluate("explorer.data.codes")
    for code in (codes[0], codes[-1]):
        again = opened(results, f"city={code}")
        assert again.state()["city"] == code
        assert again.state()["tab"] == "city"
        assert (
            again.page.evaluate(
                "code => explorer.data.rows.regions.find((row) => row.region === code).name", code
            )
            in again.text()
        )


def test_nothing_chosen_is_nothing_in_the_address(explorer):
    first = explorer.state()
    assert explorer.hash == ""
    explorer.go("city")
    assert explorer.hash == "tab=city"
    explorer.set(**first)
    assert explorer.hash == ""


def test_the_city_stays_when_the_screen_changes(explorer):
    code = explorer.page.evaluate("explorer.data.codes.at(-1)")
    explorer.set(city=code)
    for tab in explorer.tabs():
        explorer.go(tab)
        assert explorer.state()["city"] == code


def test_the_back_button_goes_back_and_forth_again(explorer):
    first = explorer.state()
    explorer.go("city")
    explorer.go("method")
    explorer.page.go_back()
    assert explorer.state() == first | {"tab": "city"}
    assert explorer.panel().get_attribute("id") == "panel-city"
    explorer.page.go_back()
    assert explorer.state() == first
    explorer.page.go_forward()
    assert explorer.state()["tab"] == "city"


@pytest.mark.parametrize(
    "address", ["tab=nowhere", "city=%3Cb%3E", "colour=blue", "city=%E0%A4%A", "=", "&&", "city"]
)
def test_an_address_that_the_page_does_not_know_is_refused_in_words_not_in_silence(
    opened, toy, address
):
    explorer = opened(toy, address)
    assert explorer.panel().is_visible()
    assert explorer.said == []
    if address not in ("&&",):
        said = (
            explorer.page.locator("#live").inner_text() + explorer.page.locator("body").inner_text()
        )
        assert "This page has no" in said
