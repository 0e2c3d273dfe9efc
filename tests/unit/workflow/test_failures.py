"""The summary of a run in which jobs have failed."""

from __future__ import annotations

import os

import pytest
from snakemake_logger_plugin_citymrio.words import Exit, Failed, error_of, exit_status, failures


def log(folder, name, text, age=0.0):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    os.utime(path, (1000.0 - age, 1000.0 - age))
    return str(path)


def test_every_failed_job_is_named_with_its_log_and_the_first_line_of_its_error(tmp_path):
    text = (
        "ERROR other.library: not the message\nERROR citymrio.workflow.job: rule cities, "
        "province 13: p13.csv: row 2 is odd\n"
        "also: row 3 is odder\nTraceback (most recent call last):\n  File\n"
    )
    first = Failed("rule cities, province 13", log(tmp_path, "13.log", text))
    second = Failed("rule audit", str(tmp_path / "none.log"), str(Exit("audit.py", -9)))
    assert failures([first, second], 999.0, 3).splitlines() == [
        "2 jobs have failed:",
        "  rule audit: was killed (SIGKILL), most likely by the system, because memory ran out. "
        "Fix: run fewer jobs at once (--cores 1), or give it more memory.",
        f"    log: {tmp_path / 'none.log'}",
        "  rule cities, province 13: p13.csv: row 2 is odd",
        "    also: row 3 is odder",
        f"    log: {tmp_path / '13.log'}",
        "3 jobs were not run.",
        "Finished jobs are kept. After fixing the fault, the same command resumes the run.",
    ]


def test_the_log_of_an_earlier_run_says_nothing(tmp_path):
    path = log(tmp_path, "a.log", "ERROR citymrio.workflow.job: rule audit: old\n", age=10.0)
    assert error_of(path, 999.0) is None
    assert error_of(path, 900.0) == "rule audit: old"


def test_what_several_jobs_have_in_common_is_said_once(tmp_path):
    text = (
        "ERROR citymrio.workflow.job: rule cities, province {0}: sectors.csv: row 2 is "
        "odd\nTraceback (most recent call last):\n"
    )
    jobs = [
        Failed(f"rule cities, province {n}", log(tmp_path, f"{n}.log", text.format(n)))
        for n in range(11, 19)
    ]
    lines = failures(jobs, 999.0, 0).splitlines()
    assert lines[0] == "8 jobs have failed:"
    assert lines[1].startswith("  rule cities, province 11 (and 7 more: rule cities, province 12; ")
    assert lines[1].endswith("; ...): sectors.csv: row 2 is odd")
    assert len(lines) == 4


@pytest.mark.parametrize(
    "words, status, said",
    [
        ("returned non-zero exit status 137.", 137, "was killed (SIGKILL)"),
        ("died with <Signals.SIGKILL: 9>.", -9, "was killed (SIGKILL)"),
        ("died with <Signals.SIGSEGV: 11>.", -11, "crashed in compiled code (SIGSEGV)"),
        ("returned non-zero exit status 143.", 143, "was stopped from outside (SIGTERM)"),
        ("returned non-zero exit status 1.", 1, "ended without a message (exit status 1)"),
    ],
)
def test_the_end_of_a_script_is_read_from_the_words_of_snakemake(words, status, said):
    place = 'RuleException:\nCalledProcessError in file "/a b/rules/data.smk", line 51:\n'
    command = (
        "Command 'set -euo pipefail; /a b/python '/a b/.snakemake/scripts/tmp1x_.dataset.py'' "
    )
    end = exit_status(place + command + words)
    assert end == ("dataset.py", status)
    assert str(end).startswith(said)
    assert exit_status("MissingOutputException: some files are missing") is None


def test_a_full_disk_is_said_once_whichever_files_it_refused(tmp_path):
    text = (
        "ERROR citymrio.workflow.job: rule cities: No space left on device 'p{0}.nc'. Fix: check.\n"
    )
    jobs = [
        *(Failed("rule cities", log(tmp_path, f"{n}.log", text.format(n))) for n in range(9)),
        Failed("rule nest", None, "Disk quota exceeded 'x'. Fix: check."),
        Failed("rule trade", None, "crashed."),
    ]
    lines = failures(jobs, 999.0, 0).splitlines()
    assert lines[0] == "11 jobs have failed:"
    assert lines[1].startswith("  rule cities (and 9 more: ")
    assert lines[1].endswith("No space left on device 'p0.nc'. Fix: check.")
    assert lines[3] == "  rule trade: crashed." and len(lines) == 6


def test_a_line_of_thousands_of_names_is_cut_in_the_middle(tmp_path):
    names = "; ".join(f"some/where/file_{i}.xlsx is missing" for i in range(1000))
    job = Failed(
        "rule retrieve",
        log(
            tmp_path,
            "a.log",
            f"ERROR citymrio.workflow.job: rule retrieve: raw: {names}. Fix: put them there.",
        ),
    )
    text = failures([job], 999.0, 0)
    assert len(text) < 1600
    assert (
        "rule retrieve: raw: some/where/file_0.xlsx is missing" in text
        and "characters more" in text
    )
    assert "file_999.xlsx is missing. Fix: put them there.\n" in text
