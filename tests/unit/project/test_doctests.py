"""Examples in the docstrings of the library print what they say."""

from __future__ import annotations

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

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
