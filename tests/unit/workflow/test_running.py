"""One run at a time in a folder, also after a crash; jobs end with their run."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time

import psutil
import pytest
from snakemake_logger_plugin_citymrio.words import error_of

from citymrio.base.files import PART
from citymrio.workflow.lock import RunError, at_work, lock_of, take_run
from citymrio.workflow.verify import refuse_unfinished

HOLD = (
    "import sys, time; from citymrio.workflow.lock import take_run; take_run('results'); "
    "print('begun', flush=True); {then}"
)
#: A run that starts a job; the job says that it has joined, and would live for a minute.
JOB = (
    "import time; from citymrio.workflow.lock import follow_run; follow_run(); print('joined', "
    "flush=True); time.sleep(60)"
)


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
        f"import subprocess; job = subprocess.Popen([sys.executable, '-c', {JOB!r}]); "
        "print(job.pid, flush=True); job.wait()"
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
    take_run(results)
    assert [path.name for path in results.rglob("*")] == ["tables", "regions.csv"]


def test_results_that_cannot_be_written_are_named(tmp_path, monkeypatch):
    monkeypatch.setenv("CITYMRIO_RUN", "")
    (tmp_path / "results").write_text("a file")
    with pytest.raises(
        RunError, match=r"results cannot be written: .*Fix: check space and permissions"
    ):
        take_run(tmp_path / "results")


def test_no_program_of_a_run_inherits_its_lock(start):
    """A job must not hold the lock of the run: the next one would be refused for as long as the job
    lives.
    """
    first = start(
        HOLD.format(then="import subprocess; subprocess.Popen(['sleep', '5'], stdout=-3)")
    )
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


def test_the_lock_lies_beside_the_real_folder_and_stays_when_results_are_removed(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "disk").mkdir()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results").symlink_to(tmp_path / "disk")
    assert lock_of("one/results/r") == lock_of("two/results/r") == tmp_path / "disk/.locks/r.lock"
    (tmp_path / "disk/r").symlink_to(tmp_path / "elsewhere/s")
    assert lock_of("one/results/r") == tmp_path / "elsewhere/.locks/s.lock"


def test_who_asks_learns_whether_a_run_is_at_work(start, tmp_path, monkeypatch):
    results = tmp_path / "results"
    assert at_work(results) == ""
    first = start(HOLD.format(then="time.sleep(60)"))
    assert first.stdout.readline() == "begun\n"
    assert at_work(results) == f"process {first.pid} on {socket.gethostname()}"
    with pytest.raises(RunError, match=rf"a run is at work in .*{first.pid}.*Fix: wait until"):
        refuse_unfinished(results, [])
    monkeypatch.setenv("CITYMRIO_RUN", f"{lock_of(results)}\nmark")  # a job of that run
    assert at_work(results) == ""
    monkeypatch.delenv("CITYMRIO_RUN")
    first.kill()
    first.wait()
    assert at_work(results) == ""


def test_two_checkouts_whose_results_are_one_folder_are_kept_apart(start, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "linked").symlink_to("disk")
    first = start(HOLD.replace("'results'", "'disk/r'").format(then="time.sleep(60)"))
    assert first.stdout.readline() == "begun\n"
    second = start(HOLD.replace("'results'", "'linked/r'").format(then="pass"))
    text, _ = second.communicate()
    assert f"linked/r cannot be locked: another run (process {first.pid} on " in text


def no_lock(error):
    def flock(handle, kind):
        if error:
            raise OSError(error, os.strerror(error))

    return flock


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (errno.ENOLCK, "No locks available"),
        (errno.EOPNOTSUPP, "Operation not supported"),
        (errno.ENOSYS, "Function not implemented"),
        (None, "a lock that is held there was granted a second time"),
    ],
)
def test_a_file_system_without_locks_is_refused_unless_it_is_asked_for(
    tmp_path, monkeypatch, error, why
):
    monkeypatch.setenv("CITYMRIO_RUN", "")
    monkeypatch.setattr("citymrio.workflow.lock.fcntl.flock", no_lock(error))
    with pytest.raises(RunError) as refusal:
        take_run(tmp_path / "results")
    assert f"locks do not work on the file system of {tmp_path / 'results'} ({why})" in str(
        refusal.value
    )
    assert "Fix: put results on a file system with locks" in str(refusal.value)
    assert not (tmp_path / "results").exists()
    monkeypatch.setenv("CITYMRIO_UNLOCKED", "1")
    said = []
    take_run(tmp_path / "results", say=said.append)
    assert (tmp_path / "results").is_dir()
    assert said[0].endswith("CITYMRIO_UNLOCKED=1: nothing keeps a second run away.")


@pytest.mark.parametrize(
    ("mount", "works"),
    [
        ("server:/data {path} nfs4 rw,vers=4.2,local_lock=none 0 0", True),
        ("server:/data {path} nfs rw,nolock,local_lock=all 0 0", False),
        ("server:/data {path} nfs rw,local_lock=flock 0 0", False),
        ("mgs:/data {path} lustre rw,localflock 0 0", False),
        ("mgs:/data {path} lustre rw,flock 0 0", True),
        ("/dev/sda {path} ext4 rw 0 0", True),
        ("server:/data {path} nfs rw,nolock,local_lock=all 0 0\n/dev/sda {path} ext4 rw 0 0", True),
    ],
)
def test_a_mount_whose_locks_do_not_reach_other_machines_is_refused(
    tmp_path, monkeypatch, mount, works
):
    folder = tmp_path / "a disk"
    folder.mkdir()
    table = tmp_path / "mounts"
    table.write_text(
        "/dev/root / ext4 rw 0 0\n" + mount.format(path=str(folder).replace(" ", "\\040")) + "\n"
    )
    monkeypatch.setenv("CITYMRIO_RUN", "")
    monkeypatch.setattr("citymrio.workflow.lock.MOUNTS", table)
    if works:
        take_run(folder / "results")
    else:
        with pytest.raises(
            RunError, match=r"its mount option \w+.* hides locks from other machines"
        ):
            take_run(folder / "results")


def test_a_run_begins_by_the_clock_that_dates_its_files(tmp_path, monkeypatch):
    """That of this machine may run ahead of the file system's: what failed would then be taken for
    an older run's.
    """
    monkeypatch.setenv("CITYMRIO_RUN", "")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3600)
    began = take_run(tmp_path / "results")
    log = tmp_path / "results/a.log"
    log.write_text("ERROR citymrio.workflow.job: rule a: why\n")
    assert error_of(log, began) == "rule a: why"
    assert error_of(log, time.time()) is None
    os.utime(log, (began - 1, began - 1))
    assert error_of(log, began) is None


@pytest.mark.slow
def test_an_interruption_that_another_thread_gets_ends_a_main_thread_that_waits(root):
    """As one that comes just before the main thread begins to wait: the wait itself goes on."""
    waits = (
        "import signal, threading, time\n"
        "from citymrio.workflow.interrupt import handle_interrupts\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a job of a shell ignores it
        "handle_interrupts(lambda: print('said', flush=True))\n"
        "def other():\n"
        "    time.sleep(1.0)\n"
        "    signal.pthread_kill(threading.get_ident(), signal.SIGINT)\n"
        "    time.sleep(60)\n"
        "threading.Thread(target=other, daemon=True).start()\n"
        "lock = threading.Lock()\n"
        "lock.acquire()\n"
        "lock.acquire()\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", waits],
        env=os.environ | {"PYTHONPATH": str(root / "scripts")},
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stdout) == (130, "said\n"), done.stderr
