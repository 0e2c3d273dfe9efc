"""docs/method.md holds what the code refers to: numbered sections, rules, invariants."""

import re
from pathlib import Path

import pytest
import yaml

from citymrio.assessment import audit

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/method.md").read_text(encoding="utf-8")
NUMBER = r"(?:\d+(?:\.\d+)?(?: ?[a-g]\b)?|R\d+)"
REFERENCE = re.compile(
    rf"[Mm]ethod(?:\.md)?,? (?:sections? )?({NUMBER}(?:(?:, | and |-|; rules? ){NUMBER})*)"
)
RULE = re.compile(r"\b[Rr]ules? (R\d+(?:(?:, |-)R\d+)*)")
FILES = sorted([*(ROOT / "scripts").rglob("*.py"), *(ROOT / "rules").glob("*.smk")])


def headings() -> set[str]:
    numbers = set()
    for first, last in re.findall(r"^##+ (\d+(?:\.\d+)?)(?:-(\d+))?\.? ", PAGE, flags=re.M):
        numbers |= {str(n) for n in range(int(first), int(last) + 1)} if last else {first}
    return numbers


def items() -> set[str]:
    """Parts of a section, such as 1b."""
    return set(re.findall(r"\*\*(\d+[a-g])\b", PAGE))


def rules() -> set[str]:
    return set(re.findall(r"^(R\d+)\. ", PAGE, flags=re.M))


def references() -> list[tuple[str, str]]:
    found = []
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        for match in [*REFERENCE.finditer(text), *RULE.finditer(text)]:
            found += [(str(path.relative_to(ROOT)), name) for name in re.findall(NUMBER, match[1])]
    return sorted(set(found))


def test_the_code_refers_to_the_page():
    assert len(references()) > 60


@pytest.mark.parametrize(("path", "name"), references())
def test_a_reference_leads_to_a_heading_an_item_or_a_rule(path, name):
    assert name.replace(" ", "") in headings() | items() | rules(), (
        f"{path} refers to {name}, which docs/method.md does not have"
    )


def test_the_page_lists_the_invariants_of_the_audit():
    assert re.findall(r"^\| (I\d+) \| (.*) \|$", PAGE, flags=re.M) == [
        (name, text) for name, text, _ in audit._INVARIANTS
    ]


def test_the_citation_names_the_study():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    study = citation["references"][0]
    assert study["doi"] in (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(study["authors"]) == 16


def test_how_to_cite_names_software_version_and_every_author_of_the_study():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    said = " ".join(
        (ROOT / "docs/index.md")
        .read_text(encoding="utf-8")
        .partition("## How to cite")[2]
        .replace(">", "")
        .split()
    )
    study = citation["references"][0]
    assert f"*{citation['title']}*, version {citation['version']}." in said
    assert all(
        f"{author['family-names']}, {author['given-names'][0]}." in said
        for author in study["authors"]
    )
    assert study["title"] in said and study["doi"] in said
