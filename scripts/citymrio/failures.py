"""What to say when jobs have failed: each with its log and the first line of its error."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Failed(NamedTuple):
    """A job that failed."""

    name: str
    """Rule and wildcards (`workflow.job_name`)."""
    log: str | None
    """Its log file."""


def first_error(log: str | Path | None, since: float) -> str | None:
    """First line of the error in a log that was written after `since` (seconds since 1970), None when there is none."""
    if log is None or not Path(log).is_file() or Path(log).stat().st_mtime < since:
        return None
    for line in Path(log).read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("ERROR "):
            return line.removeprefix("ERROR ").partition(": ")[2]
    return None


def failures(jobs: Iterable[Failed], since: float, not_run: int) -> str:
    """The summary of a run in which jobs have failed.

    Parameters
    ----------
    jobs
        Jobs that failed.
    since
        When the run began (seconds since 1970); older logs say nothing about it.
    not_run
        Number of jobs that were not run, most of them since they need a failed one.
    """
    jobs = sorted(jobs)
    lines = [f"{len(jobs)} {'job has' if len(jobs) == 1 else 'jobs have'} failed:"]
    for job in jobs:
        error = first_error(job.log, since)
        said = error.removeprefix(f"{job.name}: ") if error else "ended without a message (killed, or out of memory?)"
        lines += [f"  {job.name}: {said}", f"    log: {job.log or 'none'}"]
    if not_run:
        lines.append(f"{not_run} {'job was' if not_run == 1 else 'jobs were'} not run.")
    lines.append("What is done is kept: after fixing it, the same command goes on from here.")
    return "\n".join(lines)
