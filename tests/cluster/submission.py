"""A run of the workflow on the local cluster: watched, one of its jobs or nodes killed, and set
beside a local run.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from checkout import ROOT, Checkout
from local_slurm import Job, LocalSlurm

from citymrio.workflow.forks import NAME

PATIENCE = 1800  # seconds for a run; it takes three minutes
BRISK = (
    "--slurm-init-seconds-before-status-checks",
    "1",
    "--latency-wait",
    "5",
)  # nobody else waits for this cluster

RAW = os.environ.get("RAW_DIR") or "../shared/data/china2012/raw"
CHINA = ("--configfile", "config/china2012.yaml", "--config", f'dataset={{raw_dir: "{RAW}"}}')


def china_checkout(folder: Path) -> Path:
    """A copy of the workflow that finds the raw files of China under the same words as this one;
    skips where they are not.
    """
    raw = ROOT / RAW
    if not raw.is_dir():
        pytest.skip(f"needs the raw files of China 2012 in {RAW} (set RAW_DIR)")
    Checkout.make(folder)
    if not Path(RAW).is_absolute():
        there = Path(os.path.normpath(folder / RAW))
        there.parent.mkdir(parents=True, exist_ok=True)
        if not there.is_symlink():
            there.symlink_to(raw.resolve())
    return folder


@dataclass
class Outcome:
    """What a run on the cluster did."""

    folder: Path
    code: int
    text: str
    seconds: float
    jobs: list[Job]
    killed: Job
    peaks: dict[int, float] = field(default_factory=dict)
    orphans: set[int] = field(default_factory=set)  # in the queue when Snakemake itself was killed
    nodes: dict[int, list[str]] = field(
        default_factory=dict
    )  # of every job, in order; several where Slurm started it again

    @property
    def restarts(self) -> int:
        """Jobs, or groups of jobs, that Snakemake submitted again."""
        return self.text.count("Trying to restart job")

    @property
    def requeued(self) -> list[int]:
        """Submissions that Slurm itself started again, on another node."""
        return [number for number, nodes in self.nodes.items() if len(nodes) > 1]

    @property
    def attempts(self) -> list[Job]:
        """Submissions of the job that was killed, in order: the first and, with more memory, those
        after it.

        Groups of provinces all bear the same comment; only those tried again ask for more memory
        than the first.
        """
        again = (
            job
            for job in self.jobs
            if job.comment == self.killed.comment and job.memory > self.killed.memory
        )
        return [next(job for job in self.jobs if job.number == self.killed.number), *again]

    def record(self, name: str) -> list[str]:
        """Lines for people: submissions, wall time, the retry, memory asked for and used by rule."""
        retry = " -> ".join(
            f"job {job.number} {job.state} ({job.memory} MB)" for job in self.attempts
        )
        lines = [
            f"{name}: {len(self.jobs)} submissions in {self.seconds:.0f} s; tried again: "
            f"{self.restarts} by Snakemake, "
            f"{len(self.requeued)} by Slurm; killed {self.killed.rule} on {self.killed.node}: "
            f"{retry}"
        ]
        used = [node for nodes in self.nodes.values() for node in nodes]
        lines += [f"  {node}: {used.count(node)} jobs" for node in sorted(set(used))]
        if self.orphans:
            ends = ", ".join(
                f"{job.rule} {job.state}" for job in self.jobs if job.number in self.orphans
            )
            lines.append(
                f"  Snakemake killed with {len(self.orphans)} submissions in the queue, which "
                f"ended: {ends}"
            )
        rules: dict[str, list[Job]] = {}
        for job in self.jobs:
            rules.setdefault(job.rule.split("/")[0], []).append(job)
        for rule, jobs in sorted(rules.items()):
            peak = max(self.peaks.get(job.number, 0) for job in jobs)
            lines.append(
                f"  {rule:24s} {len(jobs):3d} jobs, longest "
                f"{max(job.seconds for job in jobs):3d} s, "
                f"asked {min(job.memory for job in jobs):5d} MB, peak {peak:5.0f} MB"
            )
        return lines


def snakemake(folder: Path, *arguments: str) -> str:
    """Run Snakemake without a cluster; what it prints."""
    code, text = run(folder, *arguments, environment=bare())
    assert code == 0, text
    return text


def run(folder: Path, *arguments: str, environment: dict[str, str]) -> tuple[int, str]:
    """Run Snakemake with some environment; exit code and what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return done.returncode, done.stdout + done.stderr


def bare(environment: dict[str, str] | None = None) -> dict[str, str]:
    """The environment without what `make` and pytest put in."""
    return {
        key: value
        for key, value in (environment or os.environ).items()
        if key not in ("PYTHONPATH", "CITYMRIO_RUN")
    }


def is_script(command: str) -> bool:
    """Whether a process runs a rule's script: as a fork, or in an interpreter of its own."""
    return command.startswith(NAME) or "/.snakemake/scripts/" in command


def kill_script(cluster: LocalSlurm, job: Job) -> bool:
    """kill -9 of the rule's script inside a job, if it runs by now."""
    for process, command in cluster.processes(job.number):
        if is_script(command):
            os.kill(process, signal.SIGKILL)
            return True
    return False


def cancel(cluster: LocalSlurm, job: Job) -> bool:
    """Cancel a whole job that has begun its work."""
    if at_work(cluster, job):
        cluster.client("scancel", str(job.number))
        return True
    return False


def lose_node(cluster: LocalSlurm, job: Job) -> bool:
    """Take away the node of a job that has begun its work."""
    if at_work(cluster, job):
        cluster.kill_node(job.node)
        return True
    return False


def at_work(cluster: LocalSlurm, job: Job) -> bool:
    """Whether the script of a rule runs inside a job by now."""
    return any(is_script(command) for _, command in cluster.processes(job.number))


@dataclass
class Submission:
    """Snakemake through profiles/slurm in a folder, started as often as its main process is killed."""

    cluster: LocalSlurm
    folder: Path
    arguments: tuple[str, ...]
    output: Path

    def start(self) -> subprocess.Popen:
        command = [
            sys.executable,
            "-m",
            "snakemake",
            *self.arguments,
            "--profile",
            "profiles/slurm",
            *BRISK,
        ]
        with self.output.open("a", encoding="utf-8") as output:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=bare(self.cluster.environment),
                stdout=output,
                stderr=subprocess.STDOUT,
            )


def submit(
    cluster: LocalSlurm,
    folder: Path,
    *arguments: str,
    victim: str,
    kill: Callable[[LocalSlurm, Job], bool],
    stop_at: str | None = None,
) -> Outcome:
    """Run Snakemake through profiles/slurm, and kill.

    `kill` is called for jobs whose comment contains `victim` until it says that it has killed one.
    When a job runs whose comment contains `stop_at` and another waits in the queue, Snakemake itself
    is killed with signal 9, and the same command is given again.
    """
    submission = Submission(cluster, folder, arguments, folder.parent / f"{folder.name}.log")
    earlier = {job.number for job in cluster.jobs()}
    killed = None
    orphans: list[Job] = []
    peaks: dict[int, float] = {}
    nodes: dict[int, list[str]] = {}
    start = time.monotonic()
    process = submission.start()
    try:
        while process.poll() is None and time.monotonic() - start < PATIENCE:
            running = cluster.jobs(("RUNNING",))
            for job in running:
                if killed is None and victim in job.comment and kill(cluster, job):
                    killed = job
                peaks[job.number] = max(peaks.get(job.number, 0), cluster.memory(job.number))
                if [job.node] != nodes.setdefault(job.number, [job.node])[-1:]:
                    nodes[job.number].append(job.node)
            if (
                stop_at is not None
                and not orphans
                and any(stop_at in job.comment for job in running)
                and any(stop_at in job.comment for job in cluster.jobs(("PENDING",)))
            ):
                process.kill()
                process.wait()
                orphans = cluster.jobs(("RUNNING", "PENDING"))
                process = submission.start()
            time.sleep(0.2)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
    seconds = time.monotonic() - start
    text = submission.output.read_text(encoding="utf-8")
    assert killed is not None, f"no job of {victim} was caught at work\n{text}"
    jobs = [job for job in cluster.jobs() if job.number not in earlier]
    return Outcome(
        folder,
        process.returncode,
        text,
        seconds,
        jobs,
        killed,
        peaks,
        {job.number for job in orphans},
        nodes,
    )


def assert_retried(outcome: Outcome) -> None:
    """The submission that was killed ran again, with twice the memory, and everything else once."""
    assert outcome.code == 0, outcome.text
    assert "Trying to restart job" in outcome.text
    first, second = outcome.attempts
    assert first.number == outcome.killed.number
    assert first.state in ("FAILED", "CANCELLED")
    assert second.state == "COMPLETED"
    assert second.memory == 2 * first.memory
    others = [
        job
        for job in outcome.jobs
        if job.number != first.number and job.number not in outcome.orphans
    ]
    assert [job for job in others if job.state != "COMPLETED"] == []


def assert_within_memory(outcome: Outcome) -> None:
    """No submission took more memory than it asked for."""
    asked = {job.number: job.memory for job in outcome.jobs}
    assert {number: peak for number, peak in outcome.peaks.items() if peak > asked[number]} == {}
