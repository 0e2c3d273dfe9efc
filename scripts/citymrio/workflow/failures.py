"""What to say when jobs have failed: each with its log and the message of its error, or what ended it."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

#: How the adapters' message begins in a log (`workflow.adapter`); a traceback ends it.
MESSAGE = "ERROR citymrio.workflow.job: "
TRACEBACK = "Traceback (most recent call last):"
#: Signals by which the system ends a program that went wrong in compiled code.
CRASHES = ("SIGSEGV", "SIGBUS", "SIGILL", "SIGABRT", "SIGFPE")


class Exit(NamedTuple):
    """How the script of a job ended."""

    script: str | None
    """Name of the script, None where it is not known."""
    status: int
    """Its exit status, negative for a signal."""

    def __str__(self) -> str:
        number = -self.status if self.status < 0 else self.status - 128
        try:
            name = signal.Signals(number).name
        except ValueError:
            return f"ended without a message (exit status {self.status}); its output is above."
        if name == "SIGKILL":
            return (
                "was killed (SIGKILL), most likely by the system, because memory ran out. "
                "Fix: run fewer jobs at once (--cores 1), or give it more memory."
            )
        if name in CRASHES:
            fix = "give it more memory (ulimit -v has a limit), run again; if it crashes again, create the environment again."
            return f"crashed in compiled code ({name}). Fix: {fix}"
        return f"was stopped from outside ({name}), by a person or a time limit. Fix: run again."


def exit_status(text: str) -> Exit | None:
    """How a script ended, from Snakemake's words about it; None where the text is about something else."""
    found = re.search(r"returned non-zero exit status (\d+)\.|died with <Signals\.\w+: (\d+)>\.", text)
    if "CalledProcessError" not in text or found is None:
        return None
    script = re.search(r"/\.snakemake/scripts/\w+\.([^/'\"]+\.py)", text)
    return Exit(script[1] if script else None, int(found[1]) if found[1] else -int(found[2]))


class Failed(NamedTuple):
    """A job that failed."""

    name: str
    """Rule and wildcards (`workflow.job_name`)."""
    log: str | None
    """Its log file."""
    cause: str = "ended without a message."
    """What is known where the log has no message."""


def error_of(log: str | Path | None, since: float) -> str | None:
    """The message in a log that was written after `since` (seconds since 1970), None when there is none."""
    if log is None or not Path(log).is_file() or Path(log).stat().st_mtime < since:
        return None
    _, found, rest = Path(log).read_text(encoding="utf-8", errors="replace").rpartition(MESSAGE)
    return rest.partition(TRACEBACK)[0].strip() if found else None


def failures(jobs: Iterable[Failed], since: float, not_run: int) -> str:
    """The summary of a run in which jobs have failed: what several have in common is said once.

    Parameters
    ----------
    jobs
        Jobs that failed.
    since
        When the run began by the clock of the logs' file system (`lock.begin`); older logs say nothing about it.
    not_run
        Number of jobs that were not run, most of them since they need a failed one.
    """
    jobs = sorted(jobs)
    groups: dict[str, list[Failed]] = {}
    for job in jobs:
        error = error_of(job.log, since)
        groups.setdefault(error.removeprefix(f"{job.name}: ") if error else job.cause, []).append(job)
    lines = [f"{len(jobs)} {'job has' if len(jobs) == 1 else 'jobs have'} failed:"]
    for said, alike in groups.items():
        first = alike[0]
        others = f" (and {len(alike) - 1} more: {_listed(job.name for job in alike[1:])})" if len(alike) > 1 else ""
        whole = f"  {first.name}{others}: {said}".splitlines()
        lines += ["\n    ".join(map(_short, whole)), f"    log: {first.log or 'none'}"]
    if not_run:
        lines.append(f"{not_run} {'job was' if not_run == 1 else 'jobs were'} not run.")
    lines.append("Finished jobs are kept. After fixing the fault, the same command resumes the run.")
    return "\n".join(lines)


def _short(line: str, most: int = 1200) -> str:
    """A line that can be read: how a long one begins, and its end, which says what to do; the log has it whole."""
    return line if len(line) <= most else f"{line[: most - 300]} ... ({len(line) - most} characters more) ... {line[-300:]}"


def _listed(names: Iterable[str], shown: int = 5) -> str:
    names = list(names)
    return "; ".join(names[:shown]) + ("; ..." if len(names) > shown else "")
