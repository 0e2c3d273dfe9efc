"""The catalogue of the explorer's words: complete in both languages, and every message is used."""

from __future__ import annotations

import gzip
import json
import re
from importlib.resources import files
from pathlib import Path

import figure_tables
import numpy as np
import pandas as pd
import pytest
import xarray as xr

from citymrio.analysis.demand_shares import CONSUMERS
from citymrio.analysis.scenarios.registry import DEPTHS
from citymrio.analysis.scenarios.technology import DEEP, LIGHT
from citymrio.base.errors import Notice, as_table
from citymrio.report.columns import dictionary
from citymrio.report.explorer.page import SCRIPTS, explorer, part, without_script
from citymrio.report.explorer.payload import DISPENSABLE, TILES, Material, blocks
from citymrio.report.explorer.payload import dictionary as columns_of
from citymrio.report.explorer.scenario_block import _affluence
from citymrio.report.figures.registry import (
    BESIDE_PAPER,
    ENSEMBLE,
    FIGURES,
    KNOWN,
    VALIDATION,
    VALUE,
)
from citymrio.report.language import WRITTEN as PYTHON
from citymrio.report.language import catalogue, say
from citymrio.report.pages import SHOWN
from citymrio.report.palette import (
    DEMAND_NAMES,
    KEY_NAMES,
    QUINTILES,
    STRUCTURE_NAMES,
    TYPE_NAMES,
)

LANGUAGES = ("en", "zh")
#: Families of messages that Python says beside the scripts.
SAID_BY_PYTHON = ("block.", "variant.")
SAID = catalogue()
CODE = "\n".join(part(f"js/{name}") for name in SCRIPTS)
LIBRARY = "\n".join(
    path.read_text(encoding="utf-8") for path in files("citymrio.report").glob("**/*.py")
)
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
        if key.startswith(("figure.", "page.word.")):
            continue  # values without names: test_chinese_figures.py, test_pages.py
        names = {language: set(re.findall(r"\{(\w+)\}", text)) for language, text in said.items()}
        assert {frozenset(found - {"Names", "names"}) for found in names.values()} == {
            frozenset(names["en"] - {"Names", "names"})
        }, key
        assert len({text.count("*") for text in said.values()}) == 1, key


def test_no_message_asks_a_reader_for_a_command():
    asked = {key for key, said in SAID.items() for text in said.values() if "MEMBERS" in text}
    assert asked == set()


def test_every_message_that_the_scripts_say_is_in_the_catalogue():
    keys = {one or other for one, other in WRITTEN.findall(CODE)}
    assert len(keys) > 50
    assert keys - set(SAID) == set()


def test_every_message_of_the_catalogue_is_said():
    """By the scripts, whose keys may end in a code of the data, or by Python."""
    from_data = tuple(
        f"{name}."
        for name in [
            "affluence",
            "benchmark",
            "class",
            "cause",
            "consumers",
            "depth",
            "file",
            "head",
            "key",
            "kind",
            "measure",
            "method",
            "mode",
            "observed",
            "role",
            "status",
            "tab",
            "tile",
            "type",
            "unit",
        ]
    )
    unused = [
        key
        for key in SAID
        if not key.startswith((*from_data, *PYTHON, *SAID_BY_PYTHON))
        and f'"{key}"' not in CODE
        and not any(pattern.fullmatch(key) for pattern in PATTERNS)
    ]
    assert unused == []
    families = {key.split(".")[0] + "." for key in SAID} & {*PYTHON, *SAID_BY_PYTHON}
    assert [name for name in families if f'"{name}' not in LIBRARY] == []


def test_every_word_for_a_file_a_page_or_a_figure_is_of_one_that_is_there():
    saved = set(re.findall(r'(?:download\.bar\(|name: |id: |bar\()"(\w+)"', CODE))
    said = {
        "file": saved | set(re.findall(r'"file\.(\w+)"', CODE)),
        "start.page": {one.title for one in SHOWN.values()},
        "start.pages": {one.group for one in SHOWN.values()},
        "start.figure": {*FIGURES, *BESIDE_PAPER, *KNOWN, *ENSEMBLE, *VALUE, *VALIDATION},
    }
    for family, names in said.items():
        known = {key.removeprefix(f"{family}.") for key in SAID if key.startswith(f"{family}.")}
        assert known - names == set(), family


def test_what_stands_in_tables_and_registries_has_a_message():
    blocks_ = {f"block.{name.split('-')[0]}{'.of' if '-' in name else ''}" for name in DISPENSABLE}
    others = {f"tile.{name}" for name in TILES.values()} | {
        *(f"affluence.{column}" for column in _affluence()),
        *(f"benchmark.{name}" for name in (*LIGHT, *DEEP)),
        *(f"consumers.{name}" for name in CONSUMERS),
        *(f"depth.{name}" for name in DEPTHS),
        *(f"type.{name}" for name in TYPE_NAMES),
        *(f"key.{name}" for name in KEY_NAMES),
        *(f"demand.{name}" for name in DEMAND_NAMES if name != "other"),
        *(f"class.{name}" for name in (*QUINTILES, *STRUCTURE_NAMES)),
    }
    assert (blocks_ | others) - set(SAID) == set()
    for key, words in {
        **{f"benchmark.{name}": said for name, said in {**LIGHT, **DEEP}.items()},
        **{f"consumers.{name}": said for name, (_, said) in CONSUMERS.items()},
        **{f"type.{name}": said for name, said in TYPE_NAMES.items()},
        **{f"key.{name}": said for name, said in KEY_NAMES.items()},
    }.items():
        assert SAID[key]["en"] == words, key


def test_every_column_of_a_table_of_the_explorer_has_a_meaning_in_chinese():
    rules = Path(__file__).parents[3].joinpath("rules/report.smk").read_text(encoding="utf-8")
    listed = re.findall(r'"(\w+)"', re.search(r"^EXPLORED = \[(.*?)\]", rules, re.M | re.S)[1])
    explored = {*listed, "uncertainty/regions", "uncertainty/numbers", "uncertainty/suppliers"}
    known = [column for column in dictionary() if column.table in explored]
    assert len(known) > 200
    assert [(one.table, one.name) for one in known if not one.meaning_zh] == []


#: Words that the scripts write and nobody reads: fonts, classes, lists of styles; names of rows in
#: tables; what stands in every language as it is.
NOT_SAID = re.compile(
    r"Liberation Sans|Noto Sans CJK SC|\.points circle|^note |^chart |^number |^headline |^scroll |^pair |"
    r"^color-mix|^more share$|^Mt CO2$|^(?:True|False|Escape|Enter|Names)$|^[Zz]heng, H\.|^citymrio dev|"
    r"^of any type$|^by (?:demand|technology|both)|^(?:technology|demand) side$|^both sides|^lifting |"
    r"^super-emitter threshold$|"
    r"^no message|^this run brings no|^no parameter|^mean of|xmlns|^Arrow|^Home$|^End$|^Blob$"
)


def literals(script: str) -> list[str]:
    """Texts of a script that hold a capitalised word or two words, but for what a template fills
    in.
    """
    code = re.sub(r"/\*.*?\*/", "", script, flags=re.S)
    code = re.sub(r"(?m)(?:^|\s)//.*$", "", code)
    found = [
        plain or re.sub(r"\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}", "", template)
        for plain, template in re.findall(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\\n]|\\.)*)`', code)
    ]
    return [
        text.strip()
        for text in found
        if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}|^ ?[A-Z][a-z]{2,}", text)
        and not NOT_SAID.search(text.strip())
    ]


@pytest.mark.parametrize("name", [name for name in SCRIPTS if name != "book.js"])
def test_no_script_says_what_the_catalogue_does_not_have(name):
    assert literals(part(f"js/{name}")) == []


def test_a_text_that_bypasses_the_catalogue_is_found():
    assert literals('h("p", {}, "None of them")') == ["None of them"]
    assert literals("fill(a, `${count} of the cities`)") == ["of the cities"]
    assert literals('label: "City"') == ["City"]
    assert literals("// A comment of words\nh('p')") == []


def test_a_reader_without_scripts_reads_the_language_of_the_run():
    tables = {"regions": figure_tables.make().tables["regions"]}
    run = {"name": "T", "year": 2020, "synthetic": True, "unit": "10^4 CNY", "currency": "CNY"}
    text = without_script(Material(tables, xr.Dataset(), run, method="paper", language="zh"))
    names = {*tables["regions"]["name"], *tables["regions"]["region"]}
    words = re.sub(r"<[^>]+>", " ", re.sub("|".join(map(re.escape, names)), "", text))
    left = set(re.findall(r"[A-Za-z]{3,}", words))
    assert left <= {"JavaScript", "PBA", "CBA", "csv", "tables", "regions", "amp", "quot"}
    assert "消费侧" in text


def test_tables_of_a_page_in_chinese_have_chinese_heads_and_words():
    where = "destination P04 (6 regions), origin P04, sector 04, use capital"
    balance = "row: deliveries + exports + error = output (relative to output)"
    notice = Notice("inventory, province P01", "emissions of sectors without output", "9 t", "", "")
    tables = {
        "audit": pd.DataFrame({"invariant": ["I1"], "description": [balance], "where": [where]}),
        "warnings": as_table([notice]),
    }
    run = {"unit": "10^4 CNY", "currency": "CNY"}
    found = columns_of(tables, run, "zh")
    heads = [column["head"] for table in found.values() for column in table.values()]
    assert len(heads) == 8 and not re.search("[A-Za-z]", "".join(heads))
    said = [
        found["audit"]["description"]["cells"][balance],
        found["audit"]["where"]["cells"][where],
        *(found["warnings"][name]["cells"][getattr(notice, name)] for name in ("what", "value")),
    ]
    assert said[0].startswith("行：供给 + 出口") and said[2:] == ["没有产出的部门的排放", "9 吨"]
    assert said[1] == "去向地 P04（6 个地区），来源地 P04，部门 04，用途 固定资本形成总额"
    english = columns_of(tables, run)
    assert english["audit"]["where"]["head"] == "Where" and "cells" not in english["audit"]["where"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_speaks_the_language_of_the_run(language):
    tables = {"regions": figure_tables.make().tables["regions"]}
    codes = tables["regions"]["region"].tolist()
    flows = (("origin", "destination"), np.ones((len(codes), len(codes))))
    labels = {"origin": codes, "destination": codes}
    footprints = xr.Dataset({"flows": flows}, labels)
    run = {"name": "T 2020", "year": 2020, "synthetic": True}
    run |= {"unit": "10^4 CNY", "currency": "CNY"}
    material = Material(tables, footprints, run, method="paper", language=language)
    text = explorer(material, {"inputs": {}}, {})
    assert f'<html lang="{language}">' in text and f'og:locale" content="{language}_' in text
    said = say("without.description", language, run="T 2020")  # the year once
    assert f'<meta property="og:description" content="{said}">' in text
    made = blocks(material)
    held = json.loads(gzip.decompress(made["run"].data))
    assert held["language"] == language
    assert held["messages"] == {
        key: said[language] for key, said in SAID.items() if not key.startswith(PYTHON)
    }
    label = json.loads(gzip.decompress(made["methods"].data))["label"]
    assert label == SAID["method.paper"][language]
