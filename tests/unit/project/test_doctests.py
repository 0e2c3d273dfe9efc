"""Examples in the docstrings of the library print what they say."""

from __future__ import annotations

import contextlib
import doctest
import io
import re
from importlib import import_module
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[3] / "docs/api.md"
SCRIPTS = Path(__file__).parents[3] / "scripts"
#: Modules with examples.
MODULES = [
    ".".join(path.relative_to(SCRIPTS).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((SCRIPTS / "citymrio").rglob("*.py"))
    if re.search(r"^ *>>> ", path.read_text(encoding="utf-8"), flags=re.M)
]


def test_the_library_has_examples():
    assert MODULES


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name):
    outcome = doctest.testmod(import_module(name))
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_the_province_of_the_page_agrees_with_its_cities_and_prints_what_it_shows():
    """Its cities had another value added than their province."""
    section = PAGE.read_text(encoding="utf-8").partition("## The cities of a province")[2]
    code, shown = re.search(
        r"```python\n(.*?)^```\n+```text\n(.*?)^```", section, flags=re.M | re.S
    ).groups()
    names: dict = {"cm": import_module("citymrio"), "pd": import_module("pandas")}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(code, str(PAGE), "exec"), names)
    assert shown.splitlines() == [line.rstrip() for line in printed.getvalue().splitlines()]
    earned = names["province"].mrio["value_added"].to_pandas().loc["province"]
    for joined, amount in names["added"].sum().items():
        assert earned[joined.split(";")].sum() == amount
    uses = names["table"].estimate.used
    assert (uses["level"] - uses["observed"]).abs().max() < 1e-9
