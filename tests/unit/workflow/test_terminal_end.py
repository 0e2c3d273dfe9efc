"""The last words of a run: which pages to open first, how many warnings it gathered, and where they are."""

from __future__ import annotations

import io
import logging
import os

import pytest

from citymrio.base.labels import write_table
from citymrio.base.notices import Notice, as_table
from citymrio.workflow.terminal import Terminal


@pytest.mark.parametrize(
    ("count", "age", "said"),
    [(0, 0, ""), (1, 0, "1 warning: "), (24, 0, "24 warnings: "), (24, 3600, "")],
    ids=["none", "one", "many", "of another run"],
)
def test_a_run_ends_with_the_number_of_its_warnings(tmp_path, count, age, said):
    stream, path = io.StringIO(), tmp_path / "tables/warnings.csv"
    shown = Terminal(logging.StreamHandler(stream), dry=False, scripts=dict, log=None)
    write_table(as_table([Notice(f"row {k}", "x", "1,\n2", "y", "z.") for k in range(count)]), path)
    os.utime(path, (shown.began + 1 - age,) * 2)
    shown.end(str(tmp_path))
    first, *others = stream.getvalue().splitlines()
    assert first.startswith("Done: 0 jobs in ")
    assert others == ([f"{said}{path} lists what looks wrong but was used"] if said else [])


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (["report/start.html", "explorer/index.html"], "{0}/report/start.html and {0}/explorer/index.html"),
        (["explorer/index.html"], "{0}/explorer/index.html"),
        ([], None),
    ],
    ids=["a whole run", "one target", "neither"],
)
def test_a_run_ends_with_the_pages_to_open_that_it_has_made(tmp_path, made, said):
    stream = io.StringIO()
    shown = Terminal(logging.StreamHandler(stream), dry=False, scripts=dict, log=None)
    for name in ("report/start.html", "explorer/index.html"):
        path = tmp_path / name
        path.parent.mkdir()
        path.touch()
        os.utime(path, (shown.began + (1 if name in made else -3600),) * 2)
    write_table(as_table([Notice("row 0", "x", "1", "y", "z.")]), tmp_path / "tables/warnings.csv")
    os.utime(tmp_path / "tables/warnings.csv", (shown.began + 1,) * 2)
    shown.end(str(tmp_path))
    done, *pages, warnings = stream.getvalue().splitlines()
    assert done.startswith("Done: ") and warnings.startswith("1 warning: ")
    assert pages == ([f"Open first: {said.format(tmp_path)}"] if said else [])
