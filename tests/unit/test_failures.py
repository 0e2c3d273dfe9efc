"""The summary of a run in which jobs have failed."""

from __future__ import annotations

import os

from citymrio.failures import Failed, failures, first_error


def log(folder, name, text, age=0.0):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, (1000.0 - age, 1000.0 - age))
    return str(path)


def test_every_failed_job_is_named_with_its_log_and_the_first_line_of_its_error(tmp_path):
    text = "INFO citymrio.x: fine\nERROR citymrio.workflow: rule cities, province 13: p13.csv: row 2 is odd\nTraceback\n"
    first = Failed("rule cities, province 13", log(tmp_path, "13.log", text))
    second = Failed("rule audit", str(tmp_path / "none.log"))
    assert failures([first, second], 999.0, 3).splitlines() == [
        "2 jobs have failed:",
        "  rule audit: ended without a message (killed, or out of memory?)",
        f"    log: {tmp_path / 'none.log'}",
        "  rule cities, province 13: p13.csv: row 2 is odd",
        f"    log: {tmp_path / '13.log'}",
        "3 jobs were not run.",
        "What is done is kept: after fixing it, the same command goes on from here.",
    ]


def test_the_log_of_an_earlier_run_says_nothing(tmp_path):
    path = log(tmp_path, "a.log", "ERROR citymrio.workflow: rule audit: old\n", age=10.0)
    assert first_error(path, 999.0) is None
    assert first_error(path, 900.0) == "rule audit: old"
