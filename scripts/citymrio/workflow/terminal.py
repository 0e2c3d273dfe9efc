"""What a run shows on the terminal: one line a job, one message a fault; the rest is in Snakemake's own log.

The Snakefiles call `take_over` while they are read. Snakemake's handler of the terminal stays in place behind ours and writes
what is not ours to say (warnings, dry runs, `--lint`, `--summary`); its log file keeps everything in its own form. A plugin for
the log would not do: Snakemake loads it before it has read the Snakefile, and stops where an environment lacks it.
"""

from __future__ import annotations

import contextlib
import csv
import difflib
import logging
import os
import re
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ..base.errors import CityMRIOError
from .failures import Exit, exit_status
from .forks import MODULE as FORKS
from .inside import or_else
from .job import SAID

#: Remarks of Snakemake about its own work, by how they begin; its log has them.
REMARKS = (
    "Assuming unrestricted shared",
    "Building DAG of jobs",
    "Updating checkpoint dep",
    "Select jobs to execute",
    "Execute ",
    "Using shell:",
    "Provided ",
    "Rules claiming more threads",
    "Conda environments: ignored",
    "Singularity containers: ignored",
    "Group jobs: inactive",
    "DAG of jobs will be updated",
    "Complete log(s):",
    "Elapsed time:",
    "Removing output files of failed",
    "Terminating processes on user request",
    "Shutting down, this might take",
    "Exiting because a job execution failed",
    "Submitted array job",
    "Cleaning up SLURM log files",
    "Ignore corrupted or currently written metadata record",
)
#: How the last words of a run with failed jobs read; what failed has been said by then.
LAST_WORDS = "At least one job did not complete successfully."
#: Errors of Snakemake whose message is written for the user, beside those called Exception.
SAID_WELL = {"WorkflowError", "CliException", "ApiError", "WildcardError", "SourceFileError"}
#: What the system has refused, in the words of an error or a warning of Snakemake: number, reason, file.
REFUSED = re.compile(r"\[Errno (?:5|12|13|24|27|28|30|122)\] ([^\n:()]+)(?:: '([^'\n]+)')?")
#: Names of files that a message of Snakemake lists; the rest are counted.
SHOWN = 5
#: Pages of a run to open first.
PAGES = ("report/start.html", "explorer/index.html")


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
        Snakemake's words: the kind of the error with its place in the Snakefile, the message, a traceback.
    kind
        Name of the class of the error.
    targets
        Names of rules, for a target that does not exist.
    log
        File that has Snakemake's words, None when there is none.
    """
    if found := REFUSED.search(text):
        return refused(found[1], found[2])
    if kind == "MissingRuleException" and (found := re.search(r"No rule to produce (.+?) \(if you use", text)):
        near = difflib.get_close_matches(found[1], list(targets), n=3)
        meant = f"did you mean {' or '.join(map(repr, near))}?" if near else "no rule and no output has this name."
        return f"target '{found[1]}': {meant} Fix: `snakemake --list-target-rules` lists the targets."
    if kind == "InputFunctionException" and (inner := re.search(r"^Error:\n  (\w+):\n    (.*?)\nWildcards:", text, re.M | re.S)):
        kind, text = inner[1], (f"{inner[1]}:\n{inner[2]}" if inner[1] == "WorkflowError" else text)
    places = r'  File ".*", line \d+, in |Traceback:$|Wildcards:$'
    lines = [line for line in text.splitlines() if line.strip() and not re.match(places, line)]
    if lines and re.match(rf"{kind}( in .*)?[:.]$", lines[0]):
        lines = lines[1:]
    if kind not in _names(CityMRIOError) | SAID_WELL and not kind.endswith("Exception"):
        last = lines[-1] if "Traceback (most recent call last):" in text else " ".join(lines)
        if log is None:
            return text
        return f"stopped by an unexpected {kind}: {last.strip().removeprefix(f'{kind}: ')}. The traceback is in {log}."
    if len(lines) > SHOWN + 4:
        where = f" ({log} has them all)" if log else ""
        lines = [*lines[: SHOWN + 3], f"and {len(lines) - SHOWN - 3} more lines{where}"]
    return "\n".join(lines).strip()


def refused(reason: str, file: str | None) -> str:
    """What to say of a file that the system does not write: without its name, the places that cannot be written now."""
    places = [os.path.abspath(place) for place in (".snakemake", "results", tempfile.gettempdir()) if not _can_write(place)]
    where = file or " and ".join(places) or "a file of Snakemake"
    fix = "check space and permissions there, inodes (df -i) and limits (ulimit -a); the same command resumes the run."
    return f"{where} cannot be written: {reason.strip()}. Fix: {fix}"


def _can_write(place: str) -> bool:
    try:
        with tempfile.TemporaryFile(dir=place) as probe:
            probe.write(bytes(1 << 16))
            probe.flush()
    except OSError:
        return False
    return True


def _names(base: type) -> set[str]:
    return {base.__name__}.union(*map(_names, base.__subclasses__()))


class Terminal(logging.Handler):
    """Takes the place of Snakemake's handler of the terminal.

    Parameters
    ----------
    original
        Snakemake's handler; what is not said here in other words goes through it.
    dry
        A dry run: only errors are said in other words.
    scripts
        Called for the names of rules and of their scripts.
    log
        Snakemake's log file.
    """

    def __init__(self, original: logging.StreamHandler, *, dry: bool, scripts: Callable[[], dict[str, str]], log: str | None):
        super().__init__(original.level)
        self.original, self.dry, self.scripts, self.log = original, dry, scripts, log
        self.stream = original.stream
        self.live = self.stream.isatty() and os.environ.get("TERM") != "dumb"
        self.total = self.done = 0
        self.began = self.since = time.time()  # `since` by the clock of the file system, once the run has begun
        self.interrupted = 0
        self.running: dict[int, tuple[str, float, list[str]]] = {}
        self.finished: list[int] = []
        self.exits: list[Exit] = []
        self.said: set[str] = set()
        #: What is known of the end of a failed job beside its log, by number.
        self.causes: dict[int, Exit | str] = {}

    # -- what comes from Snakemake ------------------------------------------------------------------------------------

    def emit(self, record: logging.LogRecord) -> None:
        """Say what a record of Snakemake means to a user, or leave it to the log."""
        if self.interrupted:
            return
        event = str(getattr(record, "event", None) or "")
        if self.dry and event != "error":
            self.original.handle(record)
        elif event in ("shellcmd", "group_info", "resources_info", "job_started", "workflow_started", "rulegraph"):
            return
        elif method := getattr(self, f"_on_{event}", None):
            or_else(method, self.original.handle, "some lines are Snakemake's own words")(record)
        elif found := REFUSED.search(str(record.msg)):
            self._say_once(refused(found[1], found[2]))
        elif not self._remark(record):
            with self.lock:
                self._wipe()
                self.original.handle(record)
                self._show_running()

    def _remark(self, record: logging.LogRecord) -> bool:
        text = str(record.msg or "")
        submitted = re.match(r"Job \S+ has been submitted with SLURM", text)
        return not text or text.startswith(REMARKS) or bool(submitted)

    def _quiet(self, record: logging.LogRecord) -> bool:
        """Whether --quiet keeps this from the terminal."""
        return not all(part.filter(record) if hasattr(part, "filter") else part(record) for part in self.original.filters)

    def _on_run_info(self, record: logging.LogRecord) -> None:
        self.total = record.stats.get("total", 0)

    def _on_job_info(self, record: logging.LogRecord) -> None:
        wildcards = ", ".join(map(str, dict(record.wildcards).values()))
        label = record.rule_msg or f"{record.rule_name} {wildcards}".strip()
        self.running[record.jobid] = (label, record.created, list(record.log))
        if not self._quiet(record):
            self._show_running()

    def _on_job_finished(self, record: logging.LogRecord) -> None:
        self.finished.append(record.job_id)

    def _on_progress(self, record: logging.LogRecord) -> None:
        self.done, self.total = record.done, record.total
        for later, job in enumerate(reversed(self.finished)):
            self.running[job] = (*self.running.get(job, ("a job", record.created, [])), record.done - later)
        for job in self.finished:
            label, began, _, number = self.running.pop(job)
            if not self._quiet(record):
                share = f"[{number:{len(str(record.total))}d}/{record.total} {100 * number // record.total:3d}%]"
                self.say(f"{share} {label}  {duration(record.created - began)}")
        self.finished.clear()

    def _on_group_error(self, record: logging.LogRecord) -> None:
        for job in record.job_error_info if record.aux_logs else ():
            self.causes[job["jobid"]] = f"ended without a message; the cluster's log is {', '.join(record.aux_logs)}."

    def _on_job_error(self, record: logging.LogRecord) -> None:
        label, began, logs = self.running.pop(record.jobid, (record.rule_name, record.created, []))
        known = next((end for end in self.exits if end.script in (None, self.scripts().get(record.rule_name))), None)
        if known is not None:
            self.exits.remove(known)
        elsewhere = [log for log in record.log if logs and log not in logs]
        if record.rule_msg:
            self.causes[record.jobid] = record.rule_msg + (f" The cluster's log: {', '.join(elsewhere)}" if elsewhere else "")
        elif known:
            self.causes[record.jobid] = known
        if not self._quiet(record):
            log = next(iter([*logs, *record.log]), "none")
            self.say(f"[failed] {label}  {duration(record.created - began)}  (log: {log})")

    def _on_error(self, record: logging.LogRecord) -> None:
        text, kind = str(record.msg), getattr(record, "exception", "")
        if (end := exit_status(text)) is not None:
            self.exits.append(end)
        elif LAST_WORDS not in text:
            self._say_once(what_is_wrong(text, kind, self.scripts(), self.log))

    def _say_once(self, text: str) -> None:
        """A message that Snakemake may have reason to repeat for every job."""
        if text not in self.said:
            self.said.add(text)
            self.say(text)

    # -- what goes to the terminal ------------------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """A line, or a message of several."""
        with self.lock:
            self._wipe()
            self.stream.write(f"{text}\n")
            self._show_running()
            self.stream.flush()

    def _wipe(self) -> None:
        if self.live:
            self.stream.write("\r\x1b[K")

    def _show_running(self) -> None:
        """On a terminal the last line names the jobs at work; it is written over."""
        if not self.live or self.interrupted:
            return
        labels = [label for label, *_ in self.running.values()]
        text = f"running: {'; '.join(labels)}"
        width = shutil.get_terminal_size().columns - 1
        self._wipe()
        if labels:
            self.stream.write(text if len(text) <= width else f"{text[: width - 3]}...")
        self.stream.flush()

    def close(self) -> None:
        """Wipe the line of jobs at work."""
        with self.lock:
            self._wipe()
        self.original.close()
        super().close()

    # -- the run ------------------------------------------------------------------------------------------------------

    def begin(self, results: str, configfiles: Iterable[str], cores: int | None, others: str) -> None:
        """Say what runs, how many jobs it has, and where results and logs go."""
        self.heed_signals()  # Snakemake has put a handler of its own for SIGTERM
        by = f" ({', '.join(os.path.relpath(path) for path in configfiles)})" if configfiles else ""
        jobs = f"{self.total} {'job' if self.total == 1 else 'jobs'}"
        at_once = f" on {cores} {'core' if cores == 1 else 'cores'}" if cores else ""
        place = f", Snakemake's own log in {os.path.relpath(self.log)}" if self.log else ""
        self.say(f"Run {Path(results).name}{by}: {jobs}{at_once}{others}")
        self.say(f"Results and the log of every job go to {results}{place}")

    def end(self, results: str) -> None:
        """Say that all is done, in what time, which pages to open first, and whether the run has gathered warnings."""
        jobs = f"{self.done} {'job' if self.done == 1 else 'jobs'}"
        self.say(f"Done: {jobs} in {duration(time.time() - self.began)}. Results: {results}")
        *pages, path = (Path(results) / name for name in (*PAGES, "tables/warnings.csv"))
        if made := [str(page) for page in pages if self._made(page)]:
            self.say(f"Open first: {' and '.join(made)}")
        if self._made(path):
            with path.open(encoding="utf-8", newline="") as table:
                count = sum(1 for _ in csv.DictReader(table))
            if count:
                self.say(f"{count} {'warning' if count == 1 else 'warnings'}: {path} lists what looks wrong but was used")

    def _made(self, path: Path) -> bool:
        """Whether this run has written the file."""
        return path.is_file() and path.stat().st_mtime >= self.since

    def heed_signals(self) -> None:
        """End the run in order at Ctrl-C and at SIGTERM, unless they are ignored (`nohup`)."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self.interrupt)

    def interrupt(self, number: int, *_: Any) -> None:
        """End the run at a signal: say so in one line, end its jobs; a second signal does not wait for them."""
        status = 128 + number
        if self.interrupted:
            _end_jobs(signal.SIGKILL)
            os._exit(status)
        if self.total:
            kept = f"{self.done} of {self.total} jobs done, results kept; the same command resumes the run."
        else:
            kept = "nothing had begun."
        self.running.clear()
        self.say(f"Interrupted: {kept}")
        self.interrupted = status
        threading.Thread(target=_keep_ending_jobs, name="end-jobs", daemon=True).start()
        raise SystemExit(status)


def _keep_ending_jobs() -> None:
    for _ in range(10):  # a job that starts only now is ended as well
        _end_jobs(signal.SIGTERM)
        time.sleep(0.5)
    while True:
        _end_jobs(signal.SIGKILL)
        time.sleep(0.5)


#: Jobs that were told to end: one that outlives the interpreter it was forked from is no child of this process any more.
_told: set[Any] = set()


def _end_jobs(number: int) -> None:
    """Send a signal to the jobs of this machine (not to a `scancel` that ends those of a cluster)."""
    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any("/.snakemake/scripts/" in word or word == FORKS for word in child.cmdline()):
                _told.add(child)
    for job in _told:
        with contextlib.suppress(psutil.Error):
            job.send_signal(number)
            job.send_signal(signal.SIGCONT)  # one that somebody has stopped hears nothing else


def take_over(workflow: Any) -> Terminal | None:
    """Put our handler in the place of Snakemake's, and say what a signal does; None where Snakemake's own words are wanted.

    That is so on a node of a cluster, in a workflow that imports this one, with another logger, and where more is asked for than
    usual (`--verbose`, `--printshellcmds`, `--debug-dag`, `--show-failed-logs`).
    """
    from snakemake.logging import logger
    from snakemake.shell import shell

    settings = workflow.output_settings
    asked = settings.verbose or settings.printshellcmds or settings.debug_dag or settings.show_failed_logs
    original = next((handler for handler in logger.handlers if handler.name == "DefaultStreamHandler"), None)
    os.environ.pop(SAID, None)
    if original is None or asked or workflow.exec_mode.name != "DEFAULT" or not workflow.modifier.is_main_snakefile():
        return None
    logs, bash = workflow.logger_manager.get_logfile(), Path(shell.get_executable() or "").name == "bash"
    terminal = Terminal(
        original,
        dry=settings.dryrun,
        scripts=lambda: {rule.name: Path(str(rule.script)).name for rule in workflow.rules},
        log=os.path.relpath(logs[0]) if logs else None,
    )
    logger.removeHandler(original)
    logger.addHandler(terminal)
    threading.excepthook = lambda stopped: terminal.say(f"A thread has stopped: {stopped.exc_type.__name__}: {stopped.exc_value}")
    logging.raiseExceptions = False  # on a full disk Snakemake's log cannot be written: what is to be said goes to the terminal
    if not settings.dryrun:
        os.environ[SAID] = str(os.getpid())
    terminal.heed_signals()
    # Ctrl-C goes to every process of the terminal: jobs leave it to us, and are ended by us without a word.
    if bash:
        shell.prefix("set -euo pipefail; trap '' INT; ")
    return terminal
