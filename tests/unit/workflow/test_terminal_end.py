"""The last words of a run: which pages to open first, how many warnings it gathered, and where they
are.
"""

from __future__ import annotations

import os
import time

import pytest

from citymrio.base.errors import Notice, as_table
from citymrio.base.labels import write_table
from citymrio.workflow.last_words import last_words, seconds_of_rules
from citymrio.workflow.manifest import Record


@pytest.mark.parametrize(
    ("count", "age", "said"),
    [(0, 0, ""), (1, 0, "1 warning: "), (24, 0, "24 warnings: "), (24, 3600, "")],
    ids=["none", "one", "many", "of another run"],
)
def test_a_run_ends_with_the_number_of_its_warnings(tmp_path, count, age, said):
    began, path = time.time(), tmp_path / "tables/warnings.csv"
    write_table(as_table([Notice(f"row {k}", "x", "1,\n2", "y", "z.") for k in range(count)]), path)
    os.utime(path, (began + 1 - age,) * 2)
    first, *others = last_words(tmp_path, began)
    assert first == f"Results: {tmp_path}"
    assert others == ([f"{said}{path} lists what looks wrong but was used"] if said else [])


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            ["report/start.html", "explorer/index.html"],
            "{0}/report/start.html and {0}/explorer/index.html",
        ),
        (["explorer/index.html"], "{0}/explorer/index.html"),
        ([], None),
    ],
    ids=["a whole run", "one target", "neither"],
)
def test_a_run_ends_with_the_pages_to_open_that_it_has_made(tmp_path, made, said):
    began = time.time()
    for name in ("report/start.html", "explorer/index.html"):
        path = tmp_path / name
        path.parent.mkdir()
        path.touch()
        os.utime(path, (began + (1 if name in made else -3600),) * 2)
    write_table(as_table([Notice("row 0", "x", "1", "y", "z.")]), tmp_path / "tables/warnings.csv")
    os.utime(tmp_path / "tables/warnings.csv", (began + 1,) * 2)
    first, *pages, warnings = last_words(tmp_path, began)
    assert first == f"Results: {tmp_path}" and warnings.startswith("1 warning: ")
    assert pages == ([f"Open first: {said.format(tmp_path)}"] if said else [])


def test_the_seconds_of_a_rule_are_the_mean_of_its_jobs_that_have_a_benchmark(tmp_path):
    kept = {"outputs": {}, "inputs": {}, "external": {}, "params": "", "version": ""}
    fields = {"wildcards": {}, "run": "r", "made": (), **kept}
    for job, text in {
        "cities/P01": "s\tmax_rss\n2.0\t1\n",
        "cities/P02": "s\tmax_rss\n4.0\t1\n",
        "nest": "s\n",
        "audit": None,
    }.items():
        Record(job=job, rule=job.partition("/")[0], **fields).write(tmp_path)
        path = tmp_path / f"benchmarks/{job}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        if text:
            path.write_text(text)
    assert seconds_of_rules(tmp_path) == {"cities": 3.0}
