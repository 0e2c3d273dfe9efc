"""A run of the workflow on the one-node cluster: watched, one of its jobs killed, and set beside a local run."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from one_node import Job, OneNode

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config", "rules", "scripts", "profiles", "envs")
PATIENCE = 1800  # seconds for a run; it takes three minutes
BRISK = ("--slurm-init-seconds-before-status-checks", "1", "--latency-wait", "5")  # nobody else waits for this cluster


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

    @property
    def attempts(self) -> list[Job]:
        """Submissions of the job that was killed, in order."""
        return [job for job in self.jobs if job.comment == self.killed.comment]

    def record(self, name: str) -> list[str]:
        """Lines for people: submissions, wall time, the retry, memory asked for and used by rule."""
        retry = " -> ".join(f"job {job.number} {job.state} ({job.memory} MB)" for job in self.attempts)
        lines = [f"{name}: {len(self.jobs)} submissions, {self.seconds:.0f} s; killed {self.killed.rule}: {retry}"]
        rules: dict[str, list[Job]] = {}
        for job in self.jobs:
            rules.setdefault(job.rule.split("/")[0], []).append(job)
        for rule, jobs in sorted(rules.items()):
            peak = max(self.peaks.get(job.number, 0) for job in jobs)
            lines.append(
                f"  {rule:24s} {len(jobs):3d} jobs, longest {max(job.seconds for job in jobs):3d} s, "
                f"asked {min(job.memory for job in jobs):5d} MB, peak {peak:5.0f} MB"
            )
        return lines


def checkout(folder: Path) -> Path:
    """A copy of the workflow, without results."""
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, folder / part)
    return folder


def snakemake(folder: Path, *arguments: str) -> str:
    """Run Snakemake without a cluster; what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *arguments], cwd=folder, env=bare(), capture_output=True, text=True, timeout=PATIENCE
    )
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    return text


def bare(environment: dict[str, str] | None = None) -> dict[str, str]:
    """The environment without what `make` and pytest put in."""
    return {key: value for key, value in (environment or os.environ).items() if key != "PYTHONPATH"}


def kill_script(cluster: OneNode, job: Job) -> bool:
    """kill -9 of the rule's script inside a job, if it runs by now."""
    for process, command in cluster.processes(job.number):
        if "/.snakemake/scripts/" in command:
            os.kill(process, signal.SIGKILL)
            return True
    return False


def cancel(cluster: OneNode, job: Job) -> bool:
    """Cancel a whole job that has begun its work."""
    if any("/.snakemake/scripts/" in command for _, command in cluster.processes(job.number)):
        cluster.client("scancel", str(job.number))
        return True
    return False


def submit(cluster: OneNode, folder: Path, *arguments: str, victim: str, kill: Callable[[OneNode, Job], bool]) -> Outcome:
    """Run Snakemake through profiles/slurm; `kill` the first job whose comment contains `victim`, once."""
    command = [sys.executable, "-m", "snakemake", *arguments, "--profile", "profiles/slurm", *BRISK]
    earlier = {job.number for job in cluster.jobs()}
    killed = None
    peaks: dict[int, float] = {}
    start = time.monotonic()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=bare(cluster.environment), stdout=output, stderr=subprocess.STDOUT, text=True
        )
        try:
            while process.poll() is None and time.monotonic() - start < PATIENCE:
                for job in cluster.jobs(("RUNNING",)):
                    if killed is None and victim in job.comment and kill(cluster, job):
                        killed = job
                    peaks[job.number] = max(peaks.get(job.number, 0), cluster.memory(job.number))
                time.sleep(0.2)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        output.seek(0)
        text = output.read()
    seconds = time.monotonic() - start
    assert killed is not None, f"no job of {victim} was caught at work\n{text}"
    jobs = [job for job in cluster.jobs() if job.number not in earlier]
    return Outcome(folder, process.returncode, text, seconds, jobs, killed, peaks)


def outputs(folder: Path) -> dict[str, bytes]:
    """Relative path -> bytes of everything a run leaves; logs, timings and Snakemake's own marks apart."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).parts[0] not in ("logs", "benchmarks") and not path.name.startswith(".")
    }
