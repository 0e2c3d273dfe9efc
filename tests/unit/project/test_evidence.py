"""docs/evidence.md: every constant has a row, every claim of README a gate that exists, every table
is that of its list.
"""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pandas as pd
import pytest

from citymrio.base.methods import METHODS
from citymrio.config.models import Config

ROOT = Path(__file__).parents[3]
#: Words with which a sentence claims something that could be false.
CLAIMING = {
    *(
        "all",
        "always",
        "any",
        "cannot",
        "certifies",
        "each",
        "every",
        "exact",
        "exactly",
        "kept",
        "measured",
        "never",
        "no",
    ),
    *("none", "nothing", "same", "tested", "whatever"),
}
#: Sentences that only name or cite.
CITING = re.compile(r"doi:|^Figure \d|git clone|published study of|docs/results\.md")


def module():
    spec = importlib.util.spec_from_file_location("evidence", ROOT / "docs/evidence.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


evidence = module()
README = (ROOT / "README.md").read_text(encoding="utf-8")


def plain(text: str) -> str:
    """A page without code blocks, pictures and marks."""
    text = re.sub(r"^```.*?^```|!\[[^\]]*\]\([^)]*\)", "", text, flags=re.M | re.S)
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"<!--.*?-->|[`*]", "", text))


def claiming(text: str) -> list[str]:
    """Sentences that claim something, and headings of tables of numbers."""
    found = []
    for part in re.split(r"\n\s*\n|\n(?=[-#|] ?)", plain(text)):
        words = " ".join(part.split())
        if words.startswith("|"):
            found.append(words.strip("| "))
        elif not words.startswith("#"):
            for sentence in re.split(r"(?<=[.!?:])\s+(?=[A-Z])", words):
                said = {*re.findall(r"[a-z]+", sentence.lower())}
                if (said & CLAIMING or re.search(r"\d", sentence)) and not CITING.search(sentence):
                    found.append(sentence)
    return found


def without_gate(text: str) -> list[str]:
    """Claims of a page that no row of docs/claims.csv has."""
    known = [row["words"] for row in evidence.rows("claims.csv")]
    lines, headings = text.splitlines(), set()
    for above, below in zip(lines, lines[1:], strict=False):
        if re.fullmatch(r"\|[-|]+\|", below):
            headings.add(" ".join(plain(above).split()).strip("| "))
    pages = {heading for heading in headings if "page" in heading}  # a list of pages claims nothing
    claims = [one for one in claiming(text) if "|" not in one or one in headings - pages]
    return [one for one in claims if not any(words in one for words in known)]


def test_every_key_and_every_named_number_of_the_estimate_has_a_row():
    rows = [row["name"] for row in evidence.known()]
    assert sorted({*evidence.keys(), *evidence.named()} - {*rows}) == [], (
        "Fix: add rows to docs/constants.csv, or spreads.csv"
    )
    assert sorted({*rows} - {*evidence.keys(), *evidence.named()}) == [], (
        "Fix: take these rows out of docs/constants.csv"
    )
    assert len({*rows}) == len(rows)


def test_every_constant_says_its_basis_and_one_that_no_data_gave_says_why():
    for row in evidence.known():
        assert row["basis"] in evidence.BASES, row
        if row["basis"] == "numerical":
            continue
        assert row["seen"] and row["reason"], row
        assert row["fitted_on"] or row["basis"] not in ("fitted", "measured"), row


def test_numbers_in_capitals_are_found_in_tuples_and_tables_and_nothing_else():
    source = (
        "A = -1.5\nB, C = 2, 3\nD = {'x': (0.1, 0.2)}\nE = True\nF = 'x'\nG: float = "
        "1e-3\nh = 3\nI = {'x': 'y'}\nJ = 2 * 3\n"
    )
    assert [*evidence.numbers(source)] == ["A", "B", "C", "D", "G", "J"]


def test_every_claim_of_readme_is_in_the_table():
    assert without_gate(README) == [], "Fix: add rows to docs/claims.csv, or claim less"


@pytest.mark.parametrize(
    "claim",
    [
        "No run takes more than a minute.",
        "Intervals hold the truth in 90 of 100 cities.",
        "| a | b |\n|---|---|\n| 1 | 2 |",
    ],
)
def test_a_claim_without_a_gate_is_found(claim):
    assert len(without_gate(f"{README}\n\n{claim}\n")) == 1


def test_every_gate_is_there_and_every_claim_is_one_of_readme():
    makefiles = [ROOT / "Makefile", *(ROOT / "make").glob("*.mk")]
    targets = {
        name
        for path in makefiles
        for name in re.findall(r"^([a-z0-9-]+):", path.read_text(encoding="utf-8"), flags=re.M)
    }
    said = " ".join(plain(README).replace("\n|", " |").split())
    for row in evidence.rows("claims.csv"):
        assert row["words"] in said, f"README does not say: {row['words']}"
        assert row["shows"], row
        for gate in row["gate"].split("; "):
            command, _, test = gate.partition("::")
            if command.startswith("make "):
                assert command.split()[1] in targets, gate
            else:
                text = (ROOT / command).read_text(encoding="utf-8")
                assert not test or re.search(rf"^def {test}\(", text, flags=re.M), gate


def test_the_page_is_that_of_its_lists():
    for page in (ROOT / "docs").glob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert evidence.filled(text) == text, f"{page.name}. Fix: make config"
        assert (
            text.count("<!-- table: ")
            == len(evidence.BLOCK.findall(text))
            == text.count("<!-- end -->")
        )


def test_a_target_is_met_within_its_ends_and_unknown_before_it_is_measured():
    assert [
        evidence.met(*case)
        for case in (("0.95", ".9", "1.1"), ("1.2", ".9", "1.1"), ("3", "", "0"), ("23", "23", ""))
    ] == [*("yes", "**no**", "**no**", "yes")]
    assert evidence.met("–", "", "1") == evidence.met("3", "–", "") == "not measured"
    facts = {fact["name"] for fact in evidence.rows("facts.csv")}
    assert {row["fact"] for row in evidence.rows("targets.csv")} <= facts


def test_both_methods_share_the_inventories():
    assert all(set(keys) <= set(type(Config().cities).model_fields) for keys in METHODS.values())


def test_tables_of_gates_are_taken_from_their_results(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence, "ROOT", tmp_path)
    (tmp_path / "docs").mkdir()
    folder = tmp_path / "results/evidence"
    folder.mkdir(parents=True)
    key = {
        "family": ["all", "all", "gravity"],
        "kind": ["headline", "array", "headline"],
        "quantity": ["Savings: light", "x", "Savings: light"],
    }
    pd.DataFrame(
        key | {"countries": 200, "cover90": 0.91, "low": 0.85, "high": 0.95, "passes": True}
    ).to_csv(folder / "coverage.csv", index=False)
    pd.DataFrame(key | {"ks_holm": 0.4}).to_csv(folder / "ranks.csv", index=False)
    pd.DataFrame(key | {"central": 1.2, "draws": 1.02}).to_csv(folder / "bias.csv", index=False)
    assert "Not measured yet" in evidence.gates()
    evidence.refresh(tmp_path / "results")
    assert evidence.gates().splitlines()[2:] == ["| Savings: light | 0.91 | 1.20 | 1.02 |"]
    found = pd.read_csv(tmp_path / "docs/evidence.csv").replace({"passes": {"yes": "**no**"}})
    evidence.keep("evidence.csv", found)
    assert "| Savings: light | **0.91** |" in evidence.gates()


#: Words that no gate proves, as pages and texts of a run used them.
EMPTY = re.compile(
    r"\b(?:solid|rough|roughly|robust|robustly)\b|choice\s+does\s+not\s+matter|no\s+constant\s+was\s+chosen"
    r"|\b(?:is|are)\s+known\s+(?:to\s+)?within",
    re.I,
)


def test_no_page_says_what_no_gate_proves():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    found = {page.name: [*EMPTY.findall(plain(page.read_text(encoding="utf-8")))] for page in pages}
    assert {name: words for name, words in found.items() if words} == {}
    assert EMPTY.search("footprints per person are known within 15%") and EMPTY.search(
        "the choice does\nnot matter"
    )


def test_every_table_in_a_page_has_rows():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    blocks = {
        match["name"]: match[0]
        for page in pages
        for match in evidence.BLOCK.finditer(page.read_text(encoding="utf-8"))
    }
    assert len(blocks) > 8
    rows = {
        name: sum(line.startswith("|") for line in text.splitlines()) - 2
        for name, text in blocks.items()
    }
    assert [
        name for name, text in blocks.items() if rows[name] < 1 and "Not measured yet" not in text
    ] == []


def test_what_the_paper_says_of_cities_is_bold_outside_its_tolerance():
    table = pd.DataFrame(
        {
            "quantity": ["Ordos footprint", "Beijing footprint", "net producers"],
            "counts_as": "result",
            "paper": [36.0, 6.5, 159],
            "ours": [30.5, 6.95, 158],
            "within": [False, True, True],
        }
    )
    assert evidence.named_cities(table).splitlines()[2:] == [
        "| Ordos footprint | 36 | **30.5** |",
        "| Beijing footprint | 6.5 | 6.95 |",
    ]


def test_the_table_of_what_is_worth_collecting_has_the_kinds_that_all_cities_collect(tmp_path):
    path = tmp_path / "value_of_data.csv"
    path.write_text(
        "target,kind,words,sectors,category,region,lacking,fall_pct,se_pct\n"
        "cba_mt,demand,final demand,,,,305,33.6,1.6\npba_mt,demand,final demand,,,,305,-0.2,0.4\n"
        "cba_mt,demand,final demand,,,320500,305,9,1\ncba_mt,demand,final demand,01,,,305,8,1\n",
        encoding="utf-8",
    )
    found = evidence.worth(evidence.read_table(path))
    assert "| final demand | 305 | 34 (±2) | 0 (±0) |" in found
    assert found.count("final demand") == 1
