"""A union of states, and a world of countries: no page of their runs says city, province or nation."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import runpy
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from citymrio.base.labels import read_json, write_json
from citymrio.base.words import in_country_words, of_run
from citymrio.report import glossary, pages
from citymrio.report.columns import dictionary
from citymrio.report.figures import registry
from citymrio.report.language import catalogue
from citymrio.workflow.alone import job_of

pytestmark = pytest.mark.slow

STATES = {
    "region": ["state", "states", "州"],
    "group": ["division", "divisions", "大区"],
    "country": ["union", "unions", "联邦"],
}
COUNTRIES = {
    "region": ["country", "countries", "国家"],
    "group": ["continent", "continents", "大洲"],
    "country": ["world", "worlds", "世界"],
}
#: Words that are left; names of files, keys and columns are none.
OURS = re.compile(
    r"(?<![\w.`/{])(?:inter-?)?(?:city(?!mrio)|cities|municipalit|provinc|prefectur|country|countri|nation|megacit)"
    r"[a-z]*(?![\w`/}]|\.\w)|城市|(?<!节)省(?!略)|全国|(?<!平均)国家",
    re.IGNORECASE,
)
#: What compares with the paper names its country and its cities; sources of an invented country are
#: its own, and Chinese explains codes of tables.
NOT_OURS = re.compile(
    r"another country|paper's country|（另一国家|合成国家|[Ss]ynthetic country|mean country"
    r"|论文的国家|同一国家|synthetic: .*|\b[a-z]+ ?(?=[：（、])"
)
BESIDE_THE_PAPER = {"paper_comparison", "readings", "methods"}
PAGES = ("collect_warnings", "explorer", "table_pages", "start_page", "summary")


def left(text: str, theirs: Sequence[str] = ()) -> list[str]:
    """Words of ours that a text still has, each with what stands around it; `theirs` are those that
    a run calls its regions.
    """
    text = NOT_OURS.sub("", text)
    for word in theirs:
        text = re.sub(word, "", text, flags=re.IGNORECASE)
    return [text[max(0, at.start() - 30) : at.end() + 20] for at in OURS.finditer(text)]


def unpacked(block: str) -> dict:
    return json.loads(gzip.decompress(base64.b64decode(block)))


def visible(text: str) -> str:
    """What a reader of a page may see: texts, those read aloud, messages, meanings and cells of
    tables that scripts say. Columns of files stay in code.
    """
    said = []
    blocks = dict(re.findall(r'id="block-([\w-]+)"[^>]*?>([^<]*)<', text))
    columns = {}
    if "run" in blocks:
        run = unpacked(blocks["run"])
        said += run["messages"].values()
        columns = run["columns"]
    for table in columns.keys() - BESIDE_THE_PAPER:
        for name, values in unpacked(blocks[f"table-{table}"]).items():
            known = columns[table].get(name, {})
            said += [known.get("head", ""), known.get("meaning", "")]
            own = known.get("cells", {})
            said += {own.get(cell, cell) for cell in values if isinstance(cell, str)}
    text = re.sub(r"<(style|script|metadata|code)\b.*?</\1>", " ", text, flags=re.DOTALL)
    read_aloud = re.findall(r'(?:alt|title|aria-label)="([^"]*)"', text)
    bare = re.sub(r"<[^>]+>", " ", re.sub(r"<meta[^>]*>", "", text))
    return re.sub(r"[ \t]+", " ", html.unescape("\n".join([bare, *read_aloud, *said])))


@pytest.fixture(scope="module")
def renamed(request, finished, tmp_path_factory) -> Path:
    """The finished run, as if it were of states or of countries."""
    folder = finished.copy(tmp_path_factory.mktemp("words") / "checkout").folder
    path = folder / "results/tiny/dataset/dataset.json"
    invented = {
        "name": "Toyland",
        "name_local": "玩具世界",
        "notes": ["Data of each city in a province."],
        "words": request.param,
    }
    write_json({**read_json(path), **invented}, path)
    yield folder
    of_run({})


def made(job: str, language: str) -> dict[str, str]:
    """Relative path -> text of what a job of the run makes in a language."""
    job = job_of(f"results/tiny/logs/{job}.log")
    for key in {"language"} & vars(job.params).keys():
        vars(job.params)[key] = language
    if about := vars(job.params).get("about"):
        about["language"] = language
    if figures := vars(job.params).get("figures"):
        figures["formats"] = ["svg"]
    runpy.run_path(job.script, {"snakemake": job}, "__main__")
    found = {
        str(path.relative_to(job.folder)): path.read_text(encoding="utf-8")
        for path in job.folder.rglob("*")
        if path.suffix in (".html", ".txt", ".svg", ".csv")
    }
    shutil.rmtree(job.folder)
    return found


def leftovers(jobs: list[str], language: str) -> dict[str, list[str]]:
    found, theirs = {}, read_json("results/tiny/dataset/dataset.json")["words"]["region"]
    for job in jobs:
        for path, text in made(job, language).items():
            if Path(path).stem not in BESIDE_THE_PAPER and (words := left(visible(text), theirs)):
                found[path] = words
            if job == "collect_warnings":  # the pages read what it writes
                Path("results/tiny", path).write_text(text, encoding="utf-8")
    return found


@pytest.mark.parametrize(
    ("renamed", "language"),
    [
        pytest.param(STATES, "en", id="states-en"),
        pytest.param(COUNTRIES, "zh", id="countries-zh"),
        pytest.param(STATES, "zh", id="states-zh"),
        pytest.param(COUNTRIES, "en", id="countries-en"),
    ],
    indirect=["renamed"],
)
def test_no_page_has_another_country_s_words(renamed, monkeypatch, language):
    monkeypatch.chdir(renamed)
    assert leftovers([*PAGES], language) == {}


@pytest.mark.parametrize("renamed", [STATES, COUNTRIES], ids=["states", "countries"], indirect=True)
def test_no_figure_has_another_country_s_words(renamed, monkeypatch):
    monkeypatch.chdir(renamed)
    drawn = [*registry.FIGURES, "readings"]
    assert leftovers([name for name in drawn if name not in BESIDE_THE_PAPER], "en") == {}


def templates(language: str) -> dict[str, str]:
    """Everything that is written before there is a run, but for what is of the paper."""
    files = [*Path(pages.__file__).parent.glob("**/*.rst")]
    chinese = language == "zh"
    captions = {
        str(path): path.read_text(encoding="utf-8")
        for path in files
        if (path.name.endswith(".zh.rst") or path.parent.name == "zh") == chinese
    }
    said = {key: text[language] for key, text in catalogue().items()}
    meanings = {f"{c.table}.{c.name}": c.meaning_zh if chinese else c.meaning for c in dictionary()}
    terms = {
        one.term: one.meaning_zh if chinese else f"{one.term}: {one.meaning}"
        for one in glossary.terms()
    }
    titles = {} if chinese else {name: shown.title for name, shown in pages.SHOWN.items()}
    return {**said, **captions, **meanings, **terms, **titles}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_text_keeps_words_that_a_country_may_call_otherwise(language):
    of_run({"words": STATES})
    try:
        told_ = {key: in_country_words(text, language) for key, text in templates(language).items()}
    finally:
        of_run({})
    assert len(told_) > 2000
    assert {key: found for key, text in told_.items() if (found := left(text))} == {}


def test_what_is_left_is_found():
    assert left("Other regions of the province, provinces/21.csv, `cities`, {city}") == [
        "Other regions of the province, provinces/21.csv, "
    ]
    assert len(left("城市和省，节省")) == 2
