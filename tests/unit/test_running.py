"""One run at a time in a folder, also after a crash; jobs end with their run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from citymrio.running import PART, RunError, begin

HOLD = "import sys, time; from citymrio.running import begin; begin('results', 'run.lock'); print('begun', flush=True); {then}"
#: A run that starts a job; the job says that it has joined, and would live for a minute.
JOB = "import time; from citymrio.running import join; join(); print('joined', flush=True); time.sleep(60)"


@pytest.fixture
def start(root, tmp_path):
    """Start Python in a folder of its own; what is still alive at the end is killed."""
    started = []

    def start(program, **environment):
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(root / "scripts"), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_second_run_is_refused_with_the_process_of_the_first(start, tmp_path):
    first = start(HOLD.format(then="time.sleep(60)"))
    assert first.stdout.readline() == "begun\n"
    second = start(HOLD.format(then="pass"))
    text, _ = second.communicate()
    assert second.returncode != 0
    assert f"results cannot be locked: another run (process {first.pid} on " in text


def test_a_run_that_was_killed_holds_nothing(start):
    first = start(HOLD.format(then="time.sleep(60)"))
    first.stdout.readline()
    first.kill()
    first.wait()
    second = start(HOLD.format(then="pass"))
    assert second.communicate()[0] == "begun\n"


def test_a_job_whose_run_was_killed_ends_and_the_next_run_begins_after_it(start):
    program = (
        f"import subprocess; job = subprocess.Popen([sys.executable, '-c', {JOB!r}]); print(job.pid, flush=True); job.wait()"
    )
    first = start(HOLD.format(then=program))
    assert first.stdout.readline() == "begun\n"
    job = psutil.Process(int(first.stdout.readline()))
    assert first.stdout.readline() == "joined\n"
    first.kill()
    first.wait()
    second = start(HOLD.format(then="pass"))
    assert "begun\n" in second.communicate()[0]
    assert second.returncode == 0
    assert not job.is_running() or job.status() == psutil.STATUS_ZOMBIE


def test_a_job_that_begins_after_its_run_was_replaced_stops(start, tmp_path):
    (tmp_path / "run.lock").write_text("1 host new", encoding="utf-8")
    job = start(JOB, CITYMRIO_RUN=f"{tmp_path / 'run.lock'}\n1 host old")
    text, _ = job.communicate()
    assert job.returncode != 0
    assert "the run that this job belongs to has ended" in text


def test_a_process_without_a_run_joins_nothing(start):
    job = start(JOB.replace("time.sleep(60)", "pass"), CITYMRIO_RUN="")
    assert job.communicate()[0] == "joined\n"


def test_part_files_of_a_killed_run_are_cleared_away_and_outputs_stay(tmp_path, monkeypatch):
    monkeypatch.setenv("CITYMRIO_RUN", "")
    results = tmp_path / "results"
    (results / f"{PART}dataset").mkdir(parents=True)
    (results / f"{PART}dataset/{PART}x.nc").write_text("half")
    (results / "tables").mkdir()
    (results / f"tables/{PART}regions.abc.csv").write_text("half")
    (results / "tables/regions.csv").write_text("whole")
    begin(results, tmp_path / "run.lock")
    assert [path.name for path in results.rglob("*")] == ["tables", "regions.csv"]


def test_results_that_cannot_be_written_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("CITYMRIO_RUN", "")
    (tmp_path / "results").write_text("a file")
    with pytest.raises(RunError, match=r"results cannot be written: .*Fix: check space and permissions"):
        begin(tmp_path / "results", tmp_path / "run.lock")


def test_no_program_of_a_run_inherits_its_lock(start):
    """A job must not hold the lock of the run: the next one would be refused for as long as the job lives."""
    first = start(HOLD.format(then="import subprocess; subprocess.Popen(['sleep', '5'], stdout=-3)"))
    first.wait()
    second = start(HOLD.format(then="pass"))
    begin_time = time.monotonic()
    assert "begun\n" in second.communicate()[0]
    assert time.monotonic() - begin_time < 5


def test_signals_are_left_as_they_are(start):
    first = start(HOLD.format(then="time.sleep(60)"))
    first.stdout.readline()
    first.send_signal(signal.SIGTERM)
    assert first.wait() == -signal.SIGTERM
