"""What a user reads on the terminal: one line a job, one message a fault, one line at an
interruption.
"""

from __future__ import annotations

import contextlib
import os
import pty
import re
import signal
import subprocess
import time

import psutil
import pytest
from checkout import Checkout, environment
from forked import snakemake
from thorough import sampled

from citymrio.workflow.forks import NAME

pytestmark = pytest.mark.slow

JOB = re.compile(r"\[ *(\d+)/(\d+) +(\d+)%\] (.+?)  (\d[\d.]* s|\d+ min \d+ s)")
NOISE = (
    "CalledProcessError",
    "Traceback",
    "message: None",
    "jobid",
    "Exception:",
    "Select jobs",
    "WorkflowError",
    'File "',
)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Checkout:
    return Checkout.make(tmp_path_factory.mktemp("terminal") / "checkout")


def clean(text: str) -> None:
    assert [word for word in NOISE if word in text] == [], text


def lines_of(text: str) -> list[str]:
    """Lines without Snakemake's own about the profile, which it says before it reads the Snakefile,
    and without what a busy machine says every ten seconds.
    """
    apart = ("Using workflow specific profile", "running: ")
    return [line for line in text.splitlines() if not line.startswith(apart)]


def test_a_run_is_one_line_a_job_between_where_it_goes_and_how_long_it_took(copy):
    code, text = copy.run("results/tiny/provinces/mrio.nc", cores=1)
    assert code == 0, text
    clean(text)
    first, second, *jobs, last = lines_of(text)
    assert re.fullmatch(
        r"Run tiny \(config/tiny.yaml\): \d+ jobs on 1 core, more when the dataset is there", first
    )
    assert re.fullmatch(
        r"Results and the log of every job go to results/tiny, Snakemake's own log in "
        r"\.snakemake/log/\S+\.log",
        second,
    )
    found = [JOB.fullmatch(line) for line in jobs]
    assert all(found), text
    assert [int(job[1]) for job in found] == list(range(1, len(found) + 1))
    assert found[-1][1] == found[-1][2] and found[-1][3] == "100"
    assert "Balancing the provincial tables into one system" in [job[4] for job in found]
    assert re.fullmatch(rf"Done: {len(found)} jobs in \d.*s\. Results: results/tiny", last)
    full = max(
        (copy.folder / ".snakemake/log").glob("*.log"), key=lambda path: path.stat().st_mtime
    ).read_text()
    assert (
        full.count("Finished jobid") == len(found) and "Job stats:" in full
    )  # the log keeps Snakemake's own words
    code, text = copy.run("results/tiny/provinces/mrio.nc", cores=1)
    assert code == 0 and "Nothing to be done" in text


def test_dry_run_summary_and_graph_are_those_of_snakemake(copy):
    code, text = copy.run("results/tiny/nested/mrio.nc", "--forceall", "--dry-run", cores=1)
    assert (
        code == 0
        and "Job stats:" in text
        and "This was a dry-run" in text
        and "Nesting the cities" in text
    )
    code, text = copy.run(
        "results/tiny/nested/mrio.nc", "--dag", cores=1, stderr=subprocess.DEVNULL
    )
    assert code == 0 and text.startswith("digraph")
    code, text = copy.run(
        "results/tiny/nested/mrio.nc", "--summary", cores=1, stderr=subprocess.DEVNULL
    )
    assert code == 0 and text.startswith("output_file\t")
    code, text = copy.run("results/tiny/nested/mrio.nc", "--verbose", "--dry-run", cores=1)
    assert code == 0 and "Job stats:" in text


def test_on_a_terminal_the_last_line_names_the_jobs_at_work_and_is_written_over(copy):
    ours, theirs = pty.openpty()
    process = copy.start(
        "results/tiny/dataset", "--forcerun", "dataset", cores=1, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    text = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the end, on Linux
            break
        if not piece:
            break
        text += piece
    os.close(ours)
    assert process.wait() == 0, text
    assert b"\r\x1b[Krunning: Making the dataset" in text
    shown = [
        line.rsplit("\x1b[K", 1)[-1] for line in text.decode().replace("\r\n", "\n").split("\n")
    ]
    assert any(JOB.fullmatch(line) and "Making the dataset" in line for line in shown), text
    assert not any(line.startswith("running") for line in shown)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (
            ("estimat",),
            "target 'estimat': did you mean 'estimate'? Fix: `snakemake --list-target-rules`",
        ),
        (
            ("no/such/file.csv",),
            "target 'no/such/file.csv': no rule and no output has this name. Fix:",
        ),
        (("all", "--config", "rn=x"), "unknown key 'rn': did you mean 'run'?"),
        (("estimat", "--dry-run"), "target 'estimat': did you mean 'estimate'?"),
        (("uncertainty",), "uncertainty.members is 0: no ensemble."),
    ],
)
def test_a_fault_before_any_job_is_one_message(copy, arguments, message):
    code, text = copy.run(*arguments, cores=1)
    assert code not in (0, None)
    assert text.count(message) == 1, text
    clean(text)
    assert len(lines_of(text)) == (3 if "--dry-run" in arguments else 1), text


def test_an_unexpected_error_while_the_workflow_is_read_names_the_log_that_has_its_traceback(copy):
    path = copy.folder / "rules/report.smk"
    sound = path.read_text()
    path.write_text(f"{sound}\n\n{{}}['odd']\n")
    try:
        code, text = copy.run("all", cores=1)
    finally:
        path.write_text(sound)
    assert code != 0
    (line,) = lines_of(text)
    log = re.fullmatch(
        r"stopped by an unexpected KeyError: 'odd'\. The traceback is in (\S+\.log)\.", line
    )
    assert log, text
    assert "rules/report.smk" in (copy.folder / log[1]).read_text()


def test_a_refused_job_is_one_line_and_one_message_with_its_log(copy, tmp_path):
    code, text = copy.run("results/tiny/dataset", cores=1)
    assert code == 0, text
    country = tmp_path / "country"
    import shutil

    shutil.copytree(copy.results() / "dataset", country)
    table = country / "regions.csv"
    head, *rows = table.read_text().splitlines()
    at = head.split(",").index("gdp")
    broken = [
        ",".join(["n.a." if i == at else cell for i, cell in enumerate(row.split(","))])
        for row in rows
    ]
    table.write_text("\n".join([head, *broken]))
    (copy.folder / "mine.yaml").write_text(
        f"run: mine\ndataset: {{kind: user, raw_dir: {country}}}\n"
    )
    code, text = copy.run("results/mine/dataset", cores=1, config="mine.yaml")
    assert code == 1
    clean(text)
    assert text.count("column 'gdp' is 'n.a.'") == 1, text
    assert f"({len(rows)} rows)" in text
    assert re.search(
        r"^\[failed\] Making the dataset  \S+ s  \(log: results/mine/logs/dataset.log\)$",
        text,
        re.M,
    ), text
    assert (
        text.index("1 job has failed:")
        < text.index("rule dataset: ")
        < text.index("    log: results/mine/logs/dataset.log")
    )
    assert "Traceback" in (copy.folder / "results/mine/logs/dataset.log").read_text()


def as_on_a_terminal() -> None:
    """Ctrl-C is heard even where the tests run in the background of a shell, which makes programs
    deaf to it.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def jobs_of(process: subprocess.Popen) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        try:
            if child.name().startswith(NAME) or any(
                "/.snakemake/scripts/" in word for word in child.cmdline()
            ):
                found.append(child)
        except psutil.Error:
            pass
    return found


def wait_for_a_job(process: subprocess.Popen) -> list[psutil.Process]:
    begin = time.monotonic()
    while not (jobs := jobs_of(process)):
        assert process.poll() is None and time.monotonic() - begin < 200
        time.sleep(0.02)
    return jobs


@pytest.mark.parametrize(
    "number, whom",
    [(signal.SIGINT, "group"), (signal.SIGTERM, "process"), (signal.SIGINT, "process")],
)
def test_an_interrupted_run_says_so_in_one_line_and_ends_its_jobs(tmp_path, number, whom):
    checkout = Checkout.make(tmp_path / "checkout")
    process = checkout.start(
        "results/tiny/provinces/mrio.nc",
        cores=1,
        start_new_session=True,
        preexec_fn=as_on_a_terminal,
    )
    try:
        jobs = wait_for_a_job(process)
        (os.killpg if whom == "group" else os.kill)(process.pid, number)
        text, _ = process.communicate(timeout=100)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 128 + number, text
    clean(text)
    assert "failed" not in text
    last = lines_of(text)[-1]
    assert re.fullmatch(
        r"Interrupted: \d+ of \d+ jobs done, results kept; the same command resumes the run\.", last
    ), text
    assert not any(job.is_running() and job.status() != psutil.STATUS_ZOMBIE for job in jobs)


@pytest.mark.parametrize("whom", sampled(["job", "interpreter", "job without forks"], 3))
def test_one_interruption_ends_a_run_whose_job_was_stopped_and_leaves_no_process_and_no_lock(
    tmp_path, whom
):
    checkout = Checkout.make(tmp_path / "checkout")
    options = {
        "start_new_session": True,
        "preexec_fn": as_on_a_terminal,
        "forks": "without" not in whom,
    }
    process = checkout.start("results/tiny/provinces/mrio.nc", cores=1, **options)
    try:
        job = wait_for_a_job(process)[-1]
        alive = psutil.Process(process.pid).children(recursive=True)
        (job.parent() if whom == "interpreter" else job).suspend()
        os.killpg(process.pid, signal.SIGINT)
        text, _ = process.communicate(timeout=100)
        left = [one for one in alive if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
    finally:
        for one in [psutil.Process(process.pid), *alive] if process.poll() is None else alive:
            with contextlib.suppress(psutil.Error):
                one.kill()
    assert process.returncode == 130, text
    assert lines_of(text)[-1].startswith("Interrupted: ")
    assert left == []
    code, text = checkout.run("results/tiny/dataset", cores=1)
    assert code == 0 and "Waiting for jobs" not in text, text


def test_an_interruption_before_any_job_is_one_line(copy):
    """While the workflow is read: a Snakefile that waits there."""
    path = copy.folder / "rules/report.smk"
    sound = path.read_text()
    path.write_text(f"{sound}\n\nimport time\n\nPath('waiting').touch()\ntime.sleep(60)\n")
    process = copy.start("all", cores=1, start_new_session=True, preexec_fn=as_on_a_terminal)
    try:
        begin = time.monotonic()
        while not (copy.folder / "waiting").exists():
            assert process.poll() is None and time.monotonic() - begin < 200
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        text, _ = process.communicate(timeout=50)
    finally:
        path.write_text(sound)
        (copy.folder / "waiting").unlink(missing_ok=True)
        if process.poll() is None:
            process.kill()
    assert process.returncode == 130, text
    assert lines_of(text) == ["Interrupted: nothing had begun."]


def test_a_killed_job_is_named_with_its_log_and_the_likely_cause(tmp_path):
    checkout = Checkout.make(tmp_path / "checkout")
    process = checkout.start("results/tiny/dataset", cores=1)
    wait_for_a_job(process)[-1].kill()
    text, _ = process.communicate(timeout=100)
    assert process.returncode == 1, text
    clean(text)
    assert (
        "  rule dataset: was killed (SIGKILL), most likely by the system, because memory ran "
        "out. Fix: run fewer jobs" in text
    )
    assert "    log: results/tiny/logs/dataset.log" in text


def test_a_workflow_that_imports_this_one_keeps_the_words_of_snakemake(copy, tmp_path):
    snakefile = (
        f'module citymrio:\n    snakefile:\n        "{copy.folder}/Snakefile"\n    '
        'config:\n        config["citymrio"]\n\n\n'
    )
    (tmp_path / "Snakefile").write_text(f"{snakefile}use rule * from citymrio as citymrio_*\n")
    words = ["results/tiny/dataset", "--cores", "1", "--config"]
    words += ["citymrio={run: tiny, dataset: {kind: synthetic, size: tiny}}"]
    code, text = snakemake(words, str(tmp_path), environment())
    assert code == 0, text
    assert "Finished jobid" in text and "Run tiny" not in text
