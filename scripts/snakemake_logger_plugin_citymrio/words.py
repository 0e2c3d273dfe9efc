"""What to say of errors and of jobs that failed: one message a fault, with its log, or what ended
it.
"""

import difflib
import errno
import os
import re
import signal
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

#: How the adapters' message begins in a log (`citymrio.workflow.job`); a traceback ends it.
MESSAGE = "ERROR citymrio.workflow.job: "
TRACEBACK = "Traceback (most recent call last):"
#: Signals by which the system ends a program that went wrong in compiled code.
CRASHES = ("SIGSEGV", "SIGBUS", "SIGILL", "SIGABRT", "SIGFPE")

#: Errors of Snakemake whose message is written for the user, beside those called Exception.
SAID_WELL = {"WorkflowError", "CliException", "ApiError", "WildcardError", "SourceFileError"}
#: What the system has refused, in the words of an error or a warning of Snakemake: number, reason,
#: file.
REFUSED = re.compile(r"\[Errno (?:5|12|13|24|27|28|30|122)\] ([^\n:()]+)(?:: '([^'\n]+)')?")
#: How the system says that a disk, or a user's part of it, is full.
FULL = re.compile(f"{os.strerror(errno.ENOSPC)}|{os.strerror(errno.EDQUOT)}")
#: Names of files that a message of Snakemake lists; the rest are counted.
SHOWN = 5


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
            fix = (
                "give it more memory (ulimit -v has a limit), run again; if it crashes again, "
                "create the environment again."
            )
            return f"crashed in compiled code ({name}). Fix: {fix}"
        return f"was stopped from outside ({name}), by a person or a time limit. Fix: run again."


def exit_status(text: str) -> Exit | None:
    """How a script ended, from Snakemake's words about it; None where the text is about something
    else.
    """
    found = re.search(
        r"returned non-zero exit status (\d+)\.|died with <Signals\.\w+: (\d+)>\.", text
    )
    if "CalledProcessError" not in text or found is None:
        return None
    script = re.search(r"/\.snakemake/scripts/\w+\.([^/'\"]+\.py)", text)
    return Exit(script[1] if script else None, int(found[1]) if found[1] else -int(found[2]))


class Failed(NamedTuple):
    """A job that failed."""

    name: str
    """Rule and wildcards."""
    log: str | None
    """Its log file."""
    cause: str = "ended without a message."
    """What is known where the log has no message."""


def error_of(log: str | Path | None, since: float) -> str | None:
    """The message in a log that was written after `since` (seconds since 1970), None when there is
    none.
    """
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
        When the run began by the clock of the logs' file system; older logs say nothing about it.
    not_run
        Number of jobs that were not run, most of them since they need a failed one.
    """
    jobs = sorted(jobs)
    groups: dict[str, list[Failed]] = {}
    full = None  # a disk is full once, whichever files it has refused
    for job in jobs:
        error = error_of(job.log, since)
        said = error.removeprefix(f"{job.name}: ") if error else job.cause
        if FULL.search(said):
            said = full = full or said
        groups.setdefault(said, []).append(job)
    lines = [f"{len(jobs)} {'job has' if len(jobs) == 1 else 'jobs have'} failed:"]
    for said, alike in groups.items():
        first = alike[0]
        others = (
            f" (and {len(alike) - 1} more: {_listed(job.name for job in alike[1:])})"
            if len(alike) > 1
            else ""
        )
        whole = f"  {first.name}{others}: {said}".splitlines()
        lines += ["\n    ".join(map(_short, whole)), f"    log: {first.log or 'none'}"]
    if not_run:
        lines.append(f"{not_run} {'job was' if not_run == 1 else 'jobs were'} not run.")
    lines.append(
        "Finished jobs are kept. After fixing the fault, the same command resumes the run."
    )
    return "\n".join(lines)


def _short(line: str, most: int = 1200) -> str:
    """A line that can be read: how a long one begins, and its end, which says what to do; the log
    has it whole.
    """
    return (
        line
        if len(line) <= most
        else f"{line[: most - 300]} ... ({len(line) - most} characters more) ... {line[-300:]}"
    )


def _listed(names: Iterable[str]) -> str:
    names = list(names)
    return "; ".join(names[:5]) + ("; ..." if len(names) > 5 else "")


def duration(seconds: float) -> str:
    """Seconds in words: ``1.8 s``, ``43 s``, ``3 min 12 s``, ``2 h 5 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def what_is_wrong(text: str, kind: str, targets: Iterable[str], log: str | None) -> str:
    """What Snakemake says of an error before or between jobs, in one message without traceback.

    Parameters
    ----------
    text
        Snakemake's words: the kind of the error with its place in the Snakefile, the message, a
        traceback.
    kind
        Name of the class of the error.
    targets
        Names of rules, for a target that does not exist.
    log
        File that has Snakemake's words, None when there is none.
    """
    if found := REFUSED.search(text):
        return refused(found[1], found[2])
    if kind == "MissingRuleException" and (
        found := re.search(r"No rule to produce (.+?) \(if you use", text)
    ):
        near = difflib.get_close_matches(found[1], list(targets), n=3)
        meant = (  # Snakemake leaves the slash of `estimate/` out when it says what is missing
            "with '/' it is a file or folder, without it is a target."
            if found[1] in near
            else f"did you mean {' or '.join(map(repr, near))}?"
            if near
            else "no rule and no output has this name."
        )
        return (
            f"target '{found[1]}': {meant} Fix: `snakemake --list-target-rules` lists the targets."
        )
    if kind == "InputFunctionException" and (
        inner := re.search(r"^Error:\n  (\w+):\n    (.*?)\nWildcards:", text, re.M | re.S)
    ):
        kind, text = inner[1], (f"{inner[1]}:\n{inner[2]}" if inner[1] == "WorkflowError" else text)
    places = r'  File ".*", line \d+, in |Traceback:$|Wildcards:$'
    lines = [line for line in text.splitlines() if line.strip() and not re.match(places, line)]
    if lines and re.match(rf"{kind}( in .*)?[:.]$", lines[0]):
        lines = lines[1:]
    if kind not in SAID_WELL and not kind.endswith("Exception") and " Fix: " not in text:
        last = lines[-1] if "Traceback (most recent call last):" in text else " ".join(lines)
        if log is None:
            return text
        return (
            f"stopped by an unexpected {kind}: {last.strip().removeprefix(f'{kind}: ')}. The "
            f"traceback is in {log}."
        )
    if len(lines) > SHOWN + 4:
        where = f" ({log} has them all)" if log else ""
        lines = [*lines[: SHOWN + 3], f"and {len(lines) - SHOWN - 3} more lines{where}"]
    return "\n".join(lines).strip()


def refused(reason: str, file: str | None) -> str:
    """What to say of a file that the system does not write: without its name, the places that
    cannot be written now.
    """
    places = [
        os.path.abspath(place)
        for place in (".snakemake", "results", tempfile.gettempdir())
        if not _can_write(place)
    ]
    where = file or " and ".join(places) or "a file of Snakemake"
    fix = (
        "check space and permissions there, inodes (df -i) and limits (ulimit -a); the same "
        "command resumes the run."
    )
    return f"{where} cannot be written: {reason.strip()}. Fix: {fix}"


def _can_write(place: str) -> bool:
    try:
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(bytes(1 << 16))
            probe.flush()
    except OSError:
        return False
    return True
