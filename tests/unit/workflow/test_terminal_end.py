"""The last words of a run: how many warnings it gathered, and where they are."""

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
