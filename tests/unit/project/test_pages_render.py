"""README.md, config/README.md and docs/ as a Markdown parser reads them: whole tables, working
links, files that exist.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from citymrio.config.models import Config

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), ROOT / "config/README.md", *ROOT.glob("docs/**/*.md")])
PAGES.remove(ROOT / "CHANGELOG.md")  # names files as they were
NAMES = [str(path.relative_to(ROOT)) for path in PAGES]
PARSER = MarkdownIt("commonmark").enable("table")

#: Folders of the repository, and the library as pages name it; what begins with one of them in a
#: code span is a file.
FOLDERS = ("config", "docs", "envs", "profiles", "report", "rules", "scripts", "tests", "citymrio")
#: Files that a reader writes: names in examples.
OF_READERS = {
    "config/yours.yaml",
    "config/mine.yaml",
    "config/china2015.yaml",
    "config/sources/china2015.csv",
    "config/classification/china2015",
}


def tokens(page: str) -> list[Token]:
    return PARSER.parse((ROOT / page).read_text(encoding="utf-8"))


def inline(page: str, *kinds: str) -> list[Token]:
    """The inline tokens of a page (links, images, code spans)."""
    return [
        child for token in tokens(page) for child in token.children or [] if child.type in kinds
    ]


def cells(line: str) -> int:
    """Number of cells of a row of a table: bars part cells, also inside code spans, unless a
    backslash is before them.
    """
    return len(re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|")))


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub makes them."""
    read = PARSER.parse(page.read_text(encoding="utf-8"))
    found: set[str] = set()
    for opened, content in zip(read, read[1:], strict=False):
        if opened.type == "heading_open":
            text = "".join(child.content for child in content.children or [])
            slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
            found.add(
                next(
                    name
                    for name in [slug, *(f"{slug}-{k}" for k in range(1, 99))]
                    if name not in found
                )
            )
    return found


def torn_rows(text: str) -> list[str]:
    """Lines of tables that have another number of cells than their header, and lines with a bar
    that are in no table.
    """
    lines, read = text.splitlines(), PARSER.parse(text)
    faults = []
    for token in read:
        if token.type == "table_open":
            first, last = token.map
            faults += [line for line in lines[first:last] if cells(line) != cells(lines[first])]
        if token.type == "inline" and token.level == 1:
            faults += [
                line for line in token.content.splitlines() if re.match(r"\s*\||.*\|\s*$", line)
            ]
    return faults


@pytest.mark.parametrize("page", NAMES)
def test_nothing_follows_a_table_without_a_blank_line(page):
    """The site would take it for another row."""
    lines = [line.strip() for line in (ROOT / page).read_text(encoding="utf-8").splitlines()]
    found = [
        after
        for row, after in zip(lines, lines[1:], strict=False)
        if row.startswith("|") and after and not after.startswith(("|", "<!--"))
    ]
    assert found == []


@pytest.mark.parametrize("page", NAMES)
def test_no_cell_ends_in_braces(page):
    """The site would take them for attributes of the cell, and leave them out."""
    parsed = zip(tokens(page), tokens(page)[1:], strict=False)
    found = [text.content for opened, text in parsed if opened.type in ("td_open", "th_open")]
    assert [text for text in found if text.endswith("}")] == []


@pytest.mark.parametrize("page", NAMES)
def test_no_word_is_lost_as_a_tag(page):
    """``results/<run>`` in plain text is a tag for Markdown: readers would see ``results/``."""
    tags = [
        token.content
        for token in [*tokens(page), *inline(page, "html_inline")]
        if token.type.startswith("html")
    ]
    assert [tag for tag in tags if not tag.startswith("<!--")] == []


@pytest.mark.parametrize("page", NAMES)
def test_no_line_begins_with_a_number_of_the_table_of_facts(page):
    """A comment at the beginning of a line ends the paragraph or the list."""
    assert [
        token.content
        for token in tokens(page)
        if token.type == "html_block" and "<!--=" in token.content
    ] == []


@pytest.mark.parametrize("page", NAMES)
def test_every_row_of_a_table_has_the_cells_of_its_header(page):
    assert not torn_rows((ROOT / page).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "| a | b |\n|---|---|\n| 1 | two\nlines |\n",
        "| a | b |\n|---|---|\n| 1 | |change| |\n",
        "| a | b |\n|---|---|\n| 1 |\n",
        "| a | b |\n|---|\n| 1 | 2 |\n",
    ],
)
def test_a_torn_row_is_found(text):
    assert torn_rows(text)


@pytest.mark.parametrize("page", NAMES)
def test_links_and_images_lead_to_files_and_headings(page):
    missing = []
    for token in inline(page, "link_open", "image"):
        target = str(token.attrGet("href") or token.attrGet("src"))
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        path = (ROOT / page).parent / name if name else ROOT / page
        if not path.exists() or (anchor and anchor not in anchors(path)):
            missing.append(target)
    assert not missing


@pytest.mark.parametrize("page", NAMES)
def test_files_named_in_code_spans_exist(page):
    missing = []
    for token in inline(page, "code_inline"):
        for word in re.split(r"[\s,=]+", token.content):
            if (
                word.partition("/")[0] in FOLDERS
                and "/" in word
                and not re.search(r"[<>*{}$]|\.\.\.", word)
            ):
                path = (
                    ROOT
                    / ("scripts" if word.startswith("citymrio/") else "")
                    / word.partition("::")[0]
                )
                if word not in OF_READERS and not path.exists():
                    missing.append(word)
    assert not missing


def resolves(name: str) -> bool:
    """Whether a dotted name leads to a module of the library or to something in one."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part, None)
        return found is not None
    return False


def is_key(name: str) -> bool:
    section, key = name.split(".")
    default = getattr(Config.model_fields.get(section), "default", None)
    return key in getattr(type(default), "model_fields", {})


@pytest.mark.parametrize("page", NAMES)
def test_names_of_the_library_and_keys_of_the_configuration_exist(page):
    packages = [path.parent.name for path in (ROOT / "scripts/citymrio").glob("*/__init__.py")]
    missing = []
    for token in inline(page, "code_inline"):
        name = token.content.removesuffix("()")
        if re.fullmatch(r"citymrio(\.\w+)+", name):
            missing += [name] if not resolves(name) else []
        elif re.fullmatch(r"[a-z]+\.[a-z_]+", name) and name.partition(".")[0] in {
            *packages,
            *Config.model_fields,
        }:
            ends = (
                "csv",
                "py",
                "json",
                "nc",
                "yaml",
                "html",
                "geojson",
                "lock",
                "parquet",
                "smk",
                "xlsx",
            )
            if name.partition(".")[2] not in ends and not (
                is_key(name) or resolves(f"citymrio.{name}")
            ):
                missing.append(name)
    assert not missing
