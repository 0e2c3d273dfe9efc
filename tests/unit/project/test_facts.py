"""Numbers of README and docs that stand in several places: docs/facts.csv has them, and no place
says another one.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
NUMBER = re.compile(r"(?<![\w.,-])(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?![\w-])")
#: Words behind a number that do not say what it is.
EMPTY = {
    *(
        "a",
        "all",
        "an",
        "and",
        "are",
        "at",
        "by",
        "for",
        "from",
        "in",
        "is",
        "it",
        "its",
        "lie",
        "of",
        "on",
        "or",
        "that",
        "the",
    )
}
EMPTY |= {"them", "they", "this", "to", "was", "were", "which", "with"}


def module():
    spec = importlib.util.spec_from_file_location("facts", ROOT / "docs/facts.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


facts = module()
VALUES = {fact["name"]: fact["value"] for fact in facts.facts()}
TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in facts.PAGES}


def plain(text: str) -> str:
    """A label without its code, unit and marks: 'saving, technology light, Mt CO2' and '`make`: 309
    cities' are the same row.
    """
    text = re.sub(r"<!--.*?-->|[`*]|\(.*?\)", "", text).lower()
    return re.sub(r",? *(%|mt( co2)?)$", "", text.strip()).removeprefix("method: ")


def cells(text: str) -> Iterator[tuple[tuple[str, str], str]]:
    """(label of the row, heading of the column), cell, for every cell of every table of a page."""
    heading: list[str] = []
    for line in text.splitlines():
        if not line.startswith("|"):
            heading = []
            continue
        row = [cell.strip() for cell in line.strip("|").split("|")]
        if not heading:
            heading = row
        elif not set("".join(row)) <= set("-: "):
            yield from (
                ((plain(row[0]), plain(name)), cell)
                for name, cell in zip(heading[1:], row[1:], strict=False)
            )


def sentences(text: str) -> Iterator[tuple[str, str, bool]]:
    """Words that follow a number, the number, and whether it is marked, for every number of the
    prose of a page.

    The words are the first three that say something, up to the next number, comma or full stop;
    fewer than two tell nothing.
    """
    prose = re.sub(r"^```.*?^```|^\|.*?$", "", text, flags=re.M | re.S)
    marked = re.sub(facts.SPAN, lambda span: f"\0{span['value']}\0", prose)
    for found in re.finditer(rf"(\0)?({NUMBER.pattern})\0?(?P<behind>[^\d.,;:()\0]*)", marked):
        behind = [
            word for word in re.findall(r"[a-z]+", found["behind"].lower()) if word not in EMPTY
        ][:3]
        if len(behind) > 1:
            yield " ".join(behind), found[2], bool(found[1])


def differing(texts: dict[str, str]) -> list[str]:
    """Places that say another number than a marked place of the same words."""
    known: dict[object, set[str]] = {}
    places = []
    for page, text in texts.items():
        for key, cell in cells(text):
            values = NUMBER.findall(re.sub("<!--.*?-->", "", cell))
            if facts.SPAN.search(cell):
                known.setdefault(key, set()).add(" ".join(values))
            else:
                places.append((page, key, " ".join(values)))
        for words, value, is_marked in sentences(text):
            if is_marked:
                known.setdefault(words, set()).add(value)
            else:
                places.append((page, words, value))
    return [
        f"{page}: {value} {key}; elsewhere {known[key]}"
        for page, key, value in places
        if value not in known.get(key, {value})
    ]


def test_every_number_of_the_table_stands_in_the_pages_as_the_table_has_it():
    assert {
        page: text for page, text in TEXTS.items() if facts.filled(text, VALUES) != text
    } == {}, "Fix: make config"
    used = [span["name"] for text in TEXTS.values() for span in facts.SPAN.finditer(text)]
    assert set(used) == set(VALUES)
    assert sum(text.count("<!--=") for text in TEXTS.values()) == 2 * len(used)


def test_no_number_differs_between_two_places():
    assert differing(TEXTS) == []


@pytest.mark.parametrize(
    "drifted",
    [
        "| run | time | disk |\n|---|---|---|\n| `make tiny`: 14 cities, every rule | 1 min | "
        "12 MB |",
        "| quantity | printed | `paper` |\n|---|---|---|\n| embodied in trade between cities, % "
        "| 80 | 85.7 |",
        "Of 66 results with a tolerance, not one counts.",
        "There are 50 jobs of every rule.",
    ],
)
def test_a_number_that_has_drifted_is_found(drifted):
    marked = (
        "| run | time | disk |\n|---|---|---|\n| `make tiny`: 14 cities, every rule | 1 min | "
        "<!--=a-->11 MB<!--=--> |\n\n"
        "| China | `method: paper` |\n|---|---|\n| embodied in trade between cities | "
        "<!--=b-->85.8<!--=--> |\n\n"
        "Of <!--=c-->64<!--=--> results with a tolerance, not one counts twice. All "
        "<!--=d-->54<!--=--> jobs of every rule."
    )
    same = (
        drifted.replace("12 MB", "11 MB")
        .replace("85.7", "85.8")
        .replace("66", "64")
        .replace("50 jobs", "54 jobs")
    )
    found = differing({"one.md": marked, "other.md": drifted})
    assert len(found) == 1 and found[0].startswith("other.md: ")
    assert differing({"one.md": marked, "other.md": same}) == []


def test_a_number_is_taken_from_a_table_a_text_or_the_size_of_a_folder(tmp_path):
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables/a.csv").write_text("id,mt\nT1,7241.6\nT2,1\n", encoding="utf-8")
    (tmp_path / "summary.txt").write_text(
        "within tolerance, as used    22 of 64\n", encoding="utf-8"
    )
    fact = {
        "name": "x",
        "source": "tables/a.csv",
        "row": "id == 'T1'",
        "column": "mt:sum",
        "form": ",.0f",
    }
    assert facts.taken(fact, tmp_path) == "7,242"
    assert facts.taken(fact | {"row": "mt > 0", "column": "id:count", "form": "d"}, tmp_path) == "2"
    (tmp_path / "d.csv").write_text(
        "system,difference,low,high\nall,-0.284,-0.49,-0.08\n", encoding="utf-8"
    )
    interval = {
        "source": "d.csv",
        "row": "system == 'all'",
        "column": "difference:interval",
        "form": "",
    }
    assert facts.taken(fact | interval, tmp_path) == "-0.28 (-0.49 to -0.08)"
    assert (
        facts.taken(
            fact | {"source": "summary.txt", "row": r"as used +\d+ of (\d+)", "form": ".0f"},
            tmp_path,
        )
        == "64"
    )
    assert facts.taken(fact | {"source": "tables", "form": "MB"}, tmp_path) == "0 MB"
    assert facts.taken(fact | {"source": "`make bench-run`"}, tmp_path) is None
    with pytest.raises(SystemExit, match="x: .*a.csv has no row id == 'T3'. Fix:"):
        facts.taken(fact | {"row": "id == 'T3'"}, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("run", ["tiny", "synthetic", "china2012"])
def test_the_table_is_that_of_the_finished_runs(run):
    """Of runs in results/ (.ci/run makes them); sizes of folders depend on what else was made
    there.
    """
    if not (ROOT / "results" / run / "summary.txt").is_file():
        pytest.skip(f"results/{run} is not there: finish the run (make)")
    files = [fact for fact in facts.facts() if fact["source"].startswith(f"{run}/")]
    found = {fact["name"]: facts.taken(fact, ROOT / "results") or fact["value"] for fact in files}
    assert found == {fact["name"]: fact["value"] for fact in files}, "Fix: make facts"
