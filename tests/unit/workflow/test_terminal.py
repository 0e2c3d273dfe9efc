"""What becomes of Snakemake's records on the terminal, those of a cluster among them."""

from __future__ import annotations

import io
import logging
import os
import re
import statistics
import threading
import time
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_logger_plugin_citymrio import LAST_WORDS, REMARKS, SAID, LogHandler
from snakemake_logger_plugin_citymrio import words as words_of_plugin
from snakemake_logger_plugin_citymrio.words import duration, what_is_wrong

PLAIN = dict.fromkeys(
    ("printshellcmds", "nocolor", "debug_dag", "verbose", "show_failed_logs", "stdout", "dryrun"),
    False,
)


@pytest.fixture
def handler(monkeypatch):
    """Makes a handler that writes to a stream: ``handler(quiet=[...])``."""
    made = []

    def make(**settings):
        one = LogHandler(SimpleNamespace(**{**PLAIN, "quiet": [], **settings}), None)
        one.stream = io.StringIO()
        made.append(one)
        return one

    monkeypatch.setenv(SAID, "")
    monkeypatch.setattr(logging, "raiseExceptions", True)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    yield make
    for one in made:
        one.close()


@pytest.fixture
def terminal(handler):
    return handler()


@pytest.fixture
def stream(terminal):
    return terminal.stream


def send(terminal, message="", event=None, level=logging.INFO, **fields):
    record = logging.makeLogRecord(
        {"msg": message, "levelno": level, "levelname": logging.getLevelName(level), **fields}
    )
    record.event = event
    terminal.handle(record)


def begin(terminal, number, province, at=100.0):
    fields = {
        "rule_name": "cities",
        "wildcards": {"province": province},
        "log": [f"logs/{province}.log"],
        "created": at,
    }
    send(terminal, event=LogEvent.JOB_INFO, jobid=number, rule_msg=f"Province {province}", **fields)


def fail(terminal, number, province, message=None, logs=()):
    fields = {
        "rule_name": "cities",
        "rule_msg": message,
        "log": [f"logs/{province}.log", *logs],
        "created": 103.0,
    }
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
    fail(
        terminal,
        1,
        "11",
        "SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'.",
        ["slurm/7.log"],
    )
    assert stream.getvalue() == "[failed] Province 11  3.0 s  (log: logs/11.log)\n"
    cause = "SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'. The cluster's log: slurm/7.log"
    assert terminal.failed[1] == ("rule cities, province 11", "logs/11.log", cause)
    begin(terminal, 2, "12")
    send(
        terminal,
        event=LogEvent.GROUP_ERROR,
        level=logging.ERROR,
        aux_logs=["slurm/8.log"],
        job_error_info=[{"jobid": 2}],
    )
    fail(terminal, 2, "12")
    assert terminal.failed[2].cause == "ended without a message; the cluster's log is slurm/8.log."


def test_the_signal_that_ended_a_job_is_that_of_its_own_script(terminal, stream):
    command = "Command '/p /r/.snakemake/scripts/tmp1.{}' died with <Signals.{}>."
    words = f'RuleException:\nCalledProcessError in file "x", line 1:\n{command}'
    for script, number in (("nest.py", "SIGTERM: 15"), ("cities.py", "SIGKILL: 9")):
        send(
            terminal,
            words.format(script, number),
            LogEvent.ERROR,
            logging.ERROR,
            exception="RuleException",
        )
    begin(terminal, 1, "11")
    fail(terminal, 1, "11")
    assert "SIGKILL" in terminal.failed[1].cause
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


def test_a_job_that_fails_and_succeeds_when_it_is_tried_again_has_not_failed(terminal, stream):
    begin(terminal, 1, "11")
    fail(terminal, 1, "11")
    begin(terminal, 1, "11", at=104.0)
    send(terminal, event=LogEvent.JOB_FINISHED, job_id=1)
    send(terminal, event=LogEvent.PROGRESS, done=1, total=1, created=105.0)
    terminal.close()
    assert stream.getvalue().splitlines()[1:] == ["[1/1 100%] Province 11  1.0 s"]


def test_what_failed_is_said_once_at_the_end(terminal, stream):
    begin(terminal, 1, "11")
    fail(terminal, 1, "11")
    send(terminal, event=LogEvent.PROGRESS, done=1, total=4)
    send(terminal, LAST_WORDS, LogEvent.ERROR, logging.ERROR, exception="WorkflowError")
    for _ in range(2):
        terminal.close()
    said = stream.getvalue()
    assert (
        said.count("1 job has failed:\n  rule cities, province 11: ended without a message.") == 1
    )
    assert "2 jobs were not run." in said and LAST_WORDS not in said


@pytest.mark.parametrize(
    ("quiet", "says"), [([], True), (["HOST"], True), (["RULES"], False), (["ALL"], False)]
)
def test_jobs_say_themselves_what_is_wrong_where_quiet_keeps_it_away_here(handler, quiet, says):
    handler(quiet=[SimpleNamespace(name=name) for name in quiet])
    assert (SAID in os.environ) == says


@pytest.mark.parametrize(
    "asked", ["verbose", "printshellcmds", "debug_dag", "show_failed_logs", "dryrun"]
)
def test_who_asks_for_more_has_snakemakes_words(handler, asked):
    terminal = handler(**{asked: True})
    send(terminal, "Building DAG of jobs...")
    assert terminal.stream.getvalue() == "Building DAG of jobs...\n" and SAID not in os.environ


def test_the_time_left_follows_from_what_jobs_took_at_the_last_run(terminal, stream):
    terminal.live = True
    assert terminal._left() == ""
    send(terminal, event=LogEvent.RESOURCES_INFO, cores=2)
    send(terminal, event=LogEvent.RUN_INFO, stats={"dataset": 1, "cities": 4, "total": 5})
    about = {"citymrio": "begin", "since": 0.0, "weights": {"dataset": 20.0, "cities": 10.0}}
    send(terminal, "Run tiny", **about)
    assert "Run tiny: 5 jobs on 2 cores, more when the dataset is there\n" in stream.getvalue()
    assert terminal._left() == ", about 30 s left"
    now = time.time()
    terminal.began = now - 20.0
    for number in range(2):  # 20 seconds of the last run took 20 seconds on this machine
        begin(terminal, number, str(number), at=now)
        send(terminal, event=LogEvent.JOB_FINISHED, job_id=number)
    send(terminal, event=LogEvent.PROGRESS, done=2, total=5, created=now)
    assert terminal._left() == ", about 40 s left"
    send(
        terminal, event=LogEvent.PROGRESS, done=2, total=7, created=now
    )  # a checkpoint has brought two jobs
    assert terminal._left() == ", about 1 min 10 s left"
    begin(terminal, 2, "13", at=now)
    assert stream.getvalue().endswith("running: Province 13, about 1 min 10 s left")


def test_jobs_that_a_checkpoint_brought_are_not_left_when_they_are_done(terminal):
    send(terminal, event=LogEvent.RUN_INFO, stats={"dataset": 1, "total": 1})
    weights = {"dataset": 10.0, "cities": 10.0}
    send(terminal, "Run tiny", citymrio="begin", since=0.0, weights=weights)
    for number in range(5):
        begin(terminal, number, str(number))
        send(terminal, event=LogEvent.JOB_FINISHED, job_id=number)
        send(terminal, event=LogEvent.PROGRESS, done=number + 1, total=6, created=101.0)
        assert terminal._rest() == pytest.approx(10.0 * (6 - number - 1))


def test_a_job_names_its_steps_in_its_log_and_the_log_of_an_earlier_run_names_none(
    terminal, stream, tmp_path
):
    log = tmp_path / "a.log"
    log.write_text("INFO citymrio.x: Member 9 (9 of 10)  1.0 s\n")
    begin(terminal, 1, "11")
    job = terminal.running[1]
    job.logs, job.stamp = [str(log)], None
    job.stamp = job._stamp()
    assert job.steps() == []
    step = "INFO citymrio.x: Member 1 (1 of 10)  1.0 s\n"
    log.write_text(f"{step}INFO other: no step\nINFO citymrio.x: Mem")
    assert job.steps() == ["Member 1  1.0 s"]
    with log.open("a") as more:
        more.write("ber 2 (2 of 10)  2.0 s\n")
    assert job.steps() == ["Member 2  2.0 s"]
    assert job.steps() == []


def test_the_first_steps_tell_how_long_the_work_takes_that_no_run_has_measured(
    terminal, stream, tmp_path
):
    send(terminal, event=LogEvent.RESOURCES_INFO, cores=1)
    send(terminal, event=LogEvent.RUN_INFO, stats={"cities": 3, "total": 3})
    send(terminal, "Run tiny", citymrio="begin", since=0.0, weights={})
    terminal.began = time.time() - 40.0
    begin(terminal, 1, "11", at=terminal.began)
    terminal.running[1].logs = [str(tmp_path / "a.log")]
    (tmp_path / "a.log").write_text("INFO citymrio.x: Member 2 (2 of 10)  20.0 s\n")
    terminal._say_steps(terminal.running[1])
    # 200 seconds a job: 160 of the first, and two more
    found = re.search(
        r"Province 11: Member 2  20.0 s  \(after 4\d s, about 9 min (\d+) s left\)",
        stream.getvalue(),
    )
    assert found and 18 <= int(found[1]) <= 22, stream.getvalue()
    send(terminal, event=LogEvent.JOB_FINISHED, job_id=1)
    send(terminal, event=LogEvent.PROGRESS, done=1, total=3, created=terminal.began + 200.0)
    assert "[1/3  33%] Province 11  3 min 20 s\n" in stream.getvalue()


@pytest.mark.parametrize("measured", [{}, {"dataset": 1.0}], ids=["first run", "first ensemble"])
def test_a_first_ensemble_learns_from_all_members_that_are_done(terminal, tmp_path, measured):
    """Block 0 has one member: by its two seconds alone all others had two seconds each; and among
    jobs that nothing was known of nothing was said.
    """
    send(terminal, event=LogEvent.RESOURCES_INFO, cores=1)
    stats = {"cities": 4, **{f"fig{number}": 1 for number in range(1, 7)}, "total": 10}
    send(terminal, event=LogEvent.RUN_INFO, stats=stats)
    send(terminal, "Run tiny", citymrio="begin", since=0.0, weights=measured)
    terminal.began = time.time() - 42.0
    log = tmp_path / "a.log"
    for block, began, took in ((0, terminal.began, 2.0), (1, terminal.began + 2.0, 40.0)):
        begin(terminal, block, "11", at=began)
        terminal.running[block].logs = [str(log)]
        if not block:
            log.write_text("INFO citymrio.x: Member 0 (1 of 1)  2.0 s\n")
            send(terminal, event=LogEvent.JOB_FINISHED, job_id=0)
            send(terminal, event=LogEvent.PROGRESS, done=1, total=10, created=began + took)
    log.write_text("INFO citymrio.x: Member 2 (2 of 10)  20.0 s\n")
    terminal._say_steps(terminal.running[1])
    figures = 6 * statistics.median([200.0, *measured.values()])
    assert terminal._rest() == pytest.approx(3 * 200.0 + figures, rel=0.02)
    assert terminal._left().endswith(" left")
    with log.open("a") as more:
        more.write("INFO citymrio.x: Member 4 (4 of 10)  20.0 s\n")
    terminal._say_steps(terminal.running[1])  # faster than the first two
    assert terminal.weights["cities"] == pytest.approx(100.0, rel=0.02)


def test_the_share_that_is_done_is_one_of_work_not_of_jobs(terminal, stream):
    send(terminal, event=LogEvent.RUN_INFO, stats={"dataset": 1, "cities": 3, "total": 4})
    about = {"citymrio": "begin", "since": 0.0, "weights": {"dataset": 70.0, "cities": 10.0}}
    send(terminal, "Run tiny", **about)
    for number in (1, 2, 3):
        begin(terminal, number, str(number))
        send(terminal, event=LogEvent.JOB_FINISHED, job_id=number)
        send(terminal, event=LogEvent.PROGRESS, done=number, total=4, created=110.0)
    assert re.findall(r"\[\d/4 +(\d+)%\]", stream.getvalue()) == ["10", "20", "30"]


def test_without_a_terminal_what_is_running_is_said_after_ten_seconds_of_silence(terminal, stream):
    for number in range(1, 7):
        begin(terminal, number, f"1{number}", at=time.time() - 65.0)
    terminal.spoke = time.time() - 10.5
    until = time.monotonic() + 20
    while not stream.getvalue() and time.monotonic() < until:
        time.sleep(0.1)
    jobs = "; ".join(rf"Province 1{number} \(1 min \d+ s\)" for number in range(1, 5))
    assert re.fullmatch(rf"running: {jobs}; 2 more\n", stream.getvalue())


def test_a_run_that_has_no_job_yet_says_so(terminal, stream):
    terminal.spoke = time.time() - 10.5
    until = time.monotonic() + 20
    while not stream.getvalue() and time.monotonic() < until:
        time.sleep(0.1)
    assert re.fullmatch(r"running: no job at work after \d+\.?\d* s\n", stream.getvalue())


@pytest.mark.parametrize("quiet", ["RULES", "ALL"])
def test_nothing_is_said_of_jobs_at_work_where_quiet_keeps_them_away(handler, quiet):
    """It had said for minutes that no job was at work."""
    terminal = handler(quiet=[SimpleNamespace(name=quiet)])
    terminal.spoke = time.time() - 10.5
    time.sleep(1.2)
    assert terminal.stream.getvalue() == ""


def test_an_interruption_is_the_last_line(terminal, stream):
    send(terminal, event=LogEvent.RUN_INFO, stats={"cities": 5, "total": 5})
    send(terminal, "Interrupted.", citymrio="interrupted", level=logging.ERROR)
    begin(terminal, 1, "11")
    fail(terminal, 1, "11")
    terminal.close()
    assert (
        stream.getvalue()
        == "Interrupted: 0 of 5 jobs done, results kept; the same command resumes the run.\n"
    )


@pytest.mark.parametrize(
    "seconds, text",
    [
        (0.0, "0.0 s"),
        (1.84, "1.8 s"),
        (9.96, "10 s"),
        (43.2, "43 s"),
        (59.6, "1 min 0 s"),
        (7500, "2 h 5 min"),
    ],
)
def test_durations_in_words(seconds, text):
    assert duration(seconds) == text


def test_a_message_that_lists_thousands_of_files_is_cut_with_the_log_named():
    files = "\n".join(f"    results/x/{i}.nc" for i in range(3000))
    said = f"MissingInputException in rule nest:\nMissing input files for rule nest:\n{files}"
    text = what_is_wrong(said, "MissingInputException", [], "a.log")
    assert text.startswith("Missing input files for rule nest:\n    results/x/0.nc")
    assert len(text.splitlines()) == 9 and text.endswith("more lines (a.log has them all)")


def test_a_target_with_a_slash_is_not_said_to_be_meant_by_its_own_name():
    """It read: target 'estimate': did you mean 'estimate'?"""
    said = "MissingRuleException:\nNo rule to produce estimate (if you use input functions ...)."
    text = what_is_wrong(said, "MissingRuleException", ["estimate", "all"], "a.log")
    assert text.startswith("target 'estimate': with '/' it is a file or folder, without it is a")


def test_without_a_log_an_unexpected_error_keeps_its_traceback():
    text = "Traceback (most recent call last):\n  File \"x.py\", line 1, in f\nKeyError: 'odd'"
    assert what_is_wrong(text, "KeyError", [], None) == text
    assert (
        what_is_wrong(text, "KeyError", [], "a.log")
        == "stopped by an unexpected KeyError: 'odd'. The traceback is in a.log."
    )


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (
            'OSError in file "/a/rules/data.smk", line 51:\n[Errno 28] No space left on '
            'device\n  File "x", line 1, in f',
            "OSError",
        ),
        (
            "WorkflowError:\nError recording metadata for finished job ([Errno 28] No space "
            "left on device). Please",
            "WorkflowError",
        ),
    ],
)
def test_a_place_that_cannot_be_written_is_one_message_that_names_it_however_often_snakemake_says_so(
    terminal, stream, monkeypatch, words, kind
):
    monkeypatch.setattr(words_of_plugin, "_can_write", lambda place: place != ".snakemake")
    send(
        terminal,
        "Failed to set marker file for job started ([Errno 28] No space left on device). Snakemake",
        level=logging.WARNING,
    )
    for _ in range(2):
        send(terminal, words, LogEvent.ERROR, logging.ERROR, exception=kind)
    (line,) = stream.getvalue().splitlines()
    assert line.startswith(
        f"{os.path.abspath('.snakemake')} cannot be written: No space left on device. Fix: "
        "check space"
    )


def test_a_file_that_the_system_refuses_is_named():
    text = (
        "PermissionError in file x:\n[Errno 13] Permission denied: '/a/.snakemake/conda'\n  "
        "File y, line 2, in z"
    )
    assert what_is_wrong(text, "PermissionError", [], "a.log").startswith(
        "/a/.snakemake/conda cannot be written: Permission denied."
    )
