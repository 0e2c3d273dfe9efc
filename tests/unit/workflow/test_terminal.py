"""What becomes of Snakemake's records on the terminal, those of a cluster among them."""

from __future__ import annotations

import io
import logging
import os

import pytest
from snakemake_interface_logger_plugins.common import LogEvent

from citymrio.workflow import terminal as of_terminal
from citymrio.workflow.terminal import REMARKS, Terminal, duration, what_is_wrong


@pytest.fixture
def stream():
    return io.StringIO()


@pytest.fixture
def terminal(stream):
    return Terminal(logging.StreamHandler(stream), dry=False, scripts=lambda: {"cities": "cities.py"}, log=".snakemake/log/a.log")


def send(terminal, message="", event=None, level=logging.INFO, **fields):
    record = logging.makeLogRecord({"msg": message, "levelno": level, "levelname": logging.getLevelName(level), **fields})
    record.event = event
    terminal.handle(record)


def begin(terminal, number, province, at=100.0):
    fields = {"rule_name": "cities", "wildcards": {"province": province}, "log": [f"logs/{province}.log"], "created": at}
    send(terminal, event=LogEvent.JOB_INFO, jobid=number, rule_msg=f"Province {province}", **fields)


def fail(terminal, number, province, message=None, logs=()):
    fields = {"rule_name": "cities", "rule_msg": message, "log": [f"logs/{province}.log", *logs], "created": 103.0}
    send(terminal, event=LogEvent.JOB_ERROR, jobid=number, level=logging.ERROR, **fields)


def test_the_jobs_of_a_group_have_a_line_each_with_a_count_of_its_own(terminal, stream):
    for number, province in enumerate(("11", "12", "13")):
        begin(terminal, number, province)
    for number in range(3):
        send(terminal, event=LogEvent.JOB_FINISHED, job_id=number)
    send(terminal, event=LogEvent.PROGRESS, done=12, total=41, created=101.8)
    assert stream.getvalue().splitlines() == [
        "[10/41  24%] Province 11  1.8 s",
        "[11/41  26%] Province 12  1.8 s",
        "[12/41  29%] Province 13  1.8 s",
    ]


def test_what_a_cluster_says_of_a_failed_job_is_kept_with_its_log(terminal, stream):
    begin(terminal, 1, "11")
    fail(terminal, 1, "11", "SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'.", ["slurm/7.log"])
    assert stream.getvalue() == "[failed] Province 11  3.0 s  (log: logs/11.log)\n"
    assert terminal.causes == {1: "SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'. The cluster's log: slurm/7.log"}
    begin(terminal, 2, "12")
    send(terminal, event=LogEvent.GROUP_ERROR, level=logging.ERROR, aux_logs=["slurm/8.log"], job_error_info=[{"jobid": 2}])
    fail(terminal, 2, "12")
    assert terminal.causes[2] == "ended without a message; the cluster's log is slurm/8.log."


def test_the_signal_that_ended_a_job_is_that_of_its_own_script(terminal, stream):
    command = "Command '/p /r/.snakemake/scripts/tmp1.{}' died with <Signals.{}>."
    words = f'RuleException:\nCalledProcessError in file "x", line 1:\n{command}'
    for script, number in (("nest.py", "SIGTERM: 15"), ("cities.py", "SIGKILL: 9")):
        send(terminal, words.format(script, number), LogEvent.ERROR, logging.ERROR, exception="RuleException")
    begin(terminal, 1, "11")
    fail(terminal, 1, "11")
    assert "SIGKILL" in str(terminal.causes[1])
    assert "SIGKILL" not in stream.getvalue()


def test_warnings_and_unknown_remarks_are_shown_and_known_remarks_are_not(terminal, stream):
    for remark in REMARKS:
        send(terminal, f"{remark} ...")
    send(terminal, "Job 5 has been submitted with SLURM jobid 12 (log: x).")
    send(terminal, None)
    assert stream.getvalue() == ""
    send(terminal, "SLURM run ID: abc")
    send(terminal, "The partition is full.", level=logging.WARNING)
    assert stream.getvalue() == "SLURM run ID: abc\nThe partition is full.\n"


def test_quiet_keeps_job_lines_away_and_errors_not(stream):
    original = logging.StreamHandler(stream)
    original.addFilter(lambda record: False)
    terminal = Terminal(original, dry=False, scripts=dict, log=None)
    begin(terminal, 1, "11")
    send(terminal, event=LogEvent.JOB_FINISHED, job_id=1)
    send(terminal, event=LogEvent.PROGRESS, done=1, total=1, created=101.0)
    assert stream.getvalue() == ""
    send(terminal, "WorkflowError:\nraw is not there.", LogEvent.ERROR, logging.ERROR, exception="WorkflowError")
    assert stream.getvalue() == "raw is not there.\n"


@pytest.mark.parametrize(
    "seconds, text", [(0.0, "0.0 s"), (1.84, "1.8 s"), (9.96, "10 s"), (43.2, "43 s"), (59.6, "1 min 0 s"), (7500, "2 h 5 min")]
)
def test_durations_in_words(seconds, text):
    assert duration(seconds) == text


def test_a_message_that_lists_thousands_of_files_is_cut_with_the_log_named():
    files = "\n".join(f"    results/x/{i}.nc" for i in range(3000))
    said = f"MissingInputException in rule nest:\nMissing input files for rule nest:\n{files}"
    text = what_is_wrong(said, "MissingInputException", [], "a.log")
    assert text.startswith("Missing input files for rule nest:\n    results/x/0.nc")
    assert len(text.splitlines()) == 9 and text.endswith("more lines (a.log has them all)")


def test_without_a_log_an_unexpected_error_keeps_its_traceback():
    text = "Traceback (most recent call last):\n  File \"x.py\", line 1, in f\nKeyError: 'odd'"
    assert what_is_wrong(text, "KeyError", [], None) == text
    assert what_is_wrong(text, "KeyError", [], "a.log") == "stopped by an unexpected KeyError: 'odd'. The traceback is in a.log."


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (
            'OSError in file "/a/rules/data.smk", line 51:\n[Errno 28] No space left on device\n  File "x", line 1, in f',
            "OSError",
        ),
        (
            "WorkflowError:\nError recording metadata for finished job ([Errno 28] No space left on device). Please",
            "WorkflowError",
        ),
    ],
)
def test_a_place_that_cannot_be_written_is_one_message_that_names_it_however_often_snakemake_says_so(
    terminal, stream, monkeypatch, words, kind
):
    monkeypatch.setattr(of_terminal, "_can_write", lambda place: place != ".snakemake")
    send(
        terminal,
        "Failed to set marker file for job started ([Errno 28] No space left on device). Snakemake",
        level=logging.WARNING,
    )
    for _ in range(2):
        send(terminal, words, LogEvent.ERROR, logging.ERROR, exception=kind)
    (line,) = stream.getvalue().splitlines()
    assert line.startswith(f"{os.path.abspath('.snakemake')} cannot be written: No space left on device. Fix: check space")


def test_a_file_that_the_system_refuses_is_named():
    text = "PermissionError in file x:\n[Errno 13] Permission denied: '/a/.snakemake/conda'\n  File y, line 2, in z"
    assert what_is_wrong(text, "PermissionError", [], "a.log").startswith(
        "/a/.snakemake/conda cannot be written: Permission denied."
    )
