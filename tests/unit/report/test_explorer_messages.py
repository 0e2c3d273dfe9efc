"""The catalogue of the explorer's words: complete in both languages, and every message is used."""

from __future__ import annotations

import gzip
import json
import re

import figure_tables
import numpy as np
import pytest
import xarray as xr

from citymrio.report.explorer.page import SCRIPTS, explorer, part
from citymrio.report.explorer.payload import Material, blocks

LANGUAGES = ("en", "zh")
SAID = json.loads(part("messages.json"))
CODE = "\n".join(part(f"js/{name}") for name in SCRIPTS)
#: Keys as the scripts write them: said at once, as parts of a sentence, or with a word filled in.
WRITTEN = re.compile(r"""words\.(?:say|rich|marked)\(\s*"([^"]+)"|\["([\w.]+)",\s*\{""")
PATTERNS = [
    re.compile(re.sub(r"\\\$\\\{.*?\\\}", ".+", re.escape(text)))
    for text in re.findall(r"`((?:[\w.]|\$\{[^`]*?\})+)`", CODE)
    if "." in re.sub(r"\$\{.*?\}", "", text)
]


def test_every_message_is_there_in_every_language_with_the_same_values():
    for key, said in SAID.items():
        assert tuple(said) == LANGUAGES and all(said.values()), key
        names = {language: set(re.findall(r"\{(\w+)\}", text)) for language, text in said.items()}
        assert {frozenset(found - {"Names", "names"}) for found in names.values()} == {
            frozenset(names["en"] - {"Names", "names"})
        }, key
        assert len({text.count("*") for text in said.values()}) == 1, key


def test_every_message_that_the_scripts_say_is_in_the_catalogue():
    keys = {one or other for one, other in WRITTEN.findall(CODE)}
    assert len(keys) > 50
    assert keys - set(SAID) == set()


def test_every_message_of_the_catalogue_is_said():
    from_data = ("class.", "cause.", "status.", "role.", "kind.", "method.", "tab.", "type.")
    unused = [
        key
        for key in SAID
        if f'"{key}"' not in CODE
        and not key.startswith(from_data)
        and not any(pattern.fullmatch(key) for pattern in PATTERNS)
    ]
    assert unused == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_speaks_the_language_of_the_run(language):
    tables = {"regions": figure_tables.make().tables["regions"]}
    codes = tables["regions"]["region"].tolist()
    flows = (("origin", "destination"), np.ones((len(codes), len(codes))))
    labels = {"origin": codes, "destination": codes}
    footprints = xr.Dataset(dict.fromkeys(("flows", "va_flows"), flows), labels)
    run = {"name": "T", "year": 2020, "synthetic": True, "unit": "10^4 CNY", "currency": "CNY"}
    material = Material(tables, footprints, run, method="paper", language=language)
    assert f'<html lang="{language}">' in explorer(material, {"inputs": {}}, {})
    made = blocks(material)
    held = json.loads(gzip.decompress(made["run"].data))
    assert held["language"] == language
    assert held["messages"] == {key: said[language] for key, said in SAID.items()}
    label = json.loads(gzip.decompress(made["methods"].data))["label"]
    assert label == SAID["method.paper"][language]
