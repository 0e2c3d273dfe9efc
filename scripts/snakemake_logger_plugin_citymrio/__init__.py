"""What a run shows on the terminal, as a logger plugin of Snakemake: one line a job, one message a
fault, what runs, time left.

`profiles/default` enables it (`logger: citymrio`). Snakemake's own log keeps everything in its own
form. The plugin imports nothing of citymrio: Snakemake loads it before the Snakefile says which
copy of the library a run takes. What the run knows (`rules/run.smk`) comes as records with the
attribute `citymrio`.
"""

import logging
import os
import re
import shutil
import sys
import threading
import time
from pathlib import Path
from statistics import median
from typing import Any

from snakemake_interface_logger_plugins.base import LogHandlerBase

from .words import REFUSED, Exit, Failed, duration, exit_status, failures, refused, what_is_wrong

#: Environment variable that tells jobs that this handler says what failed, from their logs
#: (`citymrio.workflow.job`).
SAID = "CITYMRIO_TERMINAL"
#: Remarks of Snakemake about its own work, by how they begin; its log has them.
REMARKS = (
    "host: ",
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
REMARK = re.compile(
    "|".join([r"None\Z", r"Job \S+ has been submitted with SLURM", *map(re.escape, REMARKS)])
)
#: Events that mean nothing to a user.
UNSAID = ("shellcmd", "group_info", "job_started", "workflow_started", "rulegraph", "debug_dag")
#: How the last words of a run with failed jobs read; what failed is said at the end.
LAST_WORDS = "At least one job did not complete successfully."
#: Steps of a job that its log names and the terminal shows, such as members of an ensemble: which
#: of how many it is, and how long it took.
STEP = re.compile(r"^INFO \S+: (Member \d+) \((\d+) of (\d+)\)  (.*)$", re.MULTILINE)
#: Seconds without a line after which a run without a terminal says what is running, and of how many
#: jobs.
SILENCE, SHOWN = 10.0, 4


class Running:
    """A job at work."""

    def __init__(self, record: Any):
        wildcards = dict(record.wildcards)
        named = ", ".join(f"{name} {value}" for name, value in wildcards.items())
        self.rule, self.began, self.logs = record.rule_name, record.created, list(record.log)
        self.name = f"rule {self.rule}" + (f", {named}" if named else "")
        self.label = (
            record.rule_msg or f"{self.rule} {', '.join(map(str, wildcards.values()))}".strip()
        )
        self.read, self.stamp = 0, self._stamp()
        self.expected = 0.0  # seconds, by the steps that are done; 0: it names none

    def _stamp(self) -> tuple[int, int] | None:
        try:
            stat = os.stat(self.logs[0])
        except (OSError, IndexError):
            return None
        return stat.st_size, stat.st_mtime_ns

    def steps(self) -> list[str]:
        """Steps that its log names since the last look; what an earlier run left there is not
        read.
        """
        if (stamp := self._stamp()) in (None, self.stamp):
            return []
        self.stamp = stamp
        whole, _, _ = Path(self.logs[0]).read_bytes()[self.read :].rpartition(b"\n")
        self.read += len(whole)
        steps = STEP.findall(whole.decode(errors="replace"))
        for _, number, count, _ in steps[-1:]:
            self.expected = (time.time() - self.began) * int(count) / int(number)
        return [f"{name}  {took}" for name, _, _, took in steps]


class LogHandler(LogHandlerBase):
    """Takes the place of Snakemake's own words on the terminal.

    Those stay where more is asked for than usual (`--verbose`, `--printshellcmds`, `--debug-dag`,
    `--show-failed-logs`) and, but for errors, in a dry run. Snakemake's filter keeps away what
    `--quiet` names.
    """

    lock: threading.RLock  # each handler of Python has one
    writes_to_stream = True
    writes_to_file = False
    has_filter = False
    has_formatter = False
    needs_rulegraph = False

    def __post_init__(self) -> None:
        """Begin to heed what Snakemake says."""
        asked = self.common_settings
        self.stream = sys.stdout if asked.stdout else sys.stderr
        self.plain = (
            asked.verbose or asked.printshellcmds or asked.debug_dag or asked.show_failed_logs
        )
        self.dry, self.live = (
            asked.dryrun,
            self.stream.isatty() and os.environ.get("TERM") != "dumb",
        )
        self.total = self.done = self.cores = 0
        self.began = self.since = self.spoke = (
            time.time()
        )  # `since` by the clock of the file system, once the run has begun
        self.interrupted = False
        self.running: dict[int, Running] = {}
        self.failed: dict[int, Failed] = {}
        self.finished: list[int] = []
        self.exits: list[Exit] = []
        self.causes: dict[int, str] = {}
        self.said: set[str] = set()
        self.targets: list[str] = []
        self.waiting: dict[str, int] = {}
        self.weights: dict[str, float] = {}
        self.measured: set[str] = set()  # rules that the last run has measured
        self.stepped = False
        self.spent = 0.0
        os.environ.pop(SAID, None)
        if self.plain or self.dry:
            return
        # Who wants no word of jobs here hears what a failed one says itself.
        heard = not {getattr(one, "name", "") for one in asked.quiet or ()} & {"ALL", "RULES"}
        if heard:
            os.environ[SAID] = str(os.getpid())
        threading.excepthook = lambda end: self._say_once(
            f"A thread has stopped: {end.exc_type.__name__}: {end.exc_value}"
        )
        logging.raiseExceptions = False  # Snakemake's log cannot be written on a full disk: what is said goes to the terminal  # noqa: E501
        self.over = threading.Event()
        if heard:
            threading.Thread(target=self._look, name="terminal", daemon=True).start()

    # -- what comes from Snakemake
    # ------------------------------------------------------------------------------------

    def emit(self, record: logging.LogRecord) -> None:
        """Say what a record means to a user, or leave it to the log."""
        if self.interrupted:
            return
        event = str(getattr(record, "event", None) or "")
        ours = getattr(record, "citymrio", None)
        if ours != "targets" and (self.plain or (self.dry and event != "error")):
            if (text := self.format(record)) not in ("", "None"):
                print(text, file=self.stream, flush=True)
        elif method := getattr(self, f"_on_{ours or event}", None):
            method(record)
        elif event not in UNSAID and not REMARK.match(text := str(record.msg or "None")):
            self._say_once(refused(*found.groups())) if (
                found := REFUSED.search(text)
            ) else self.say(text)

    def _on_targets(self, record: Any) -> None:
        self.targets = record.targets

    def _on_run_info(self, record: Any) -> None:
        self.waiting = dict(record.stats)
        self.total = self.waiting.pop("total", 0)

    def _on_resources_info(self, record: Any) -> None:
        self.cores = getattr(record, "cores", None) or self.cores

    def _on_begin(self, record: Any) -> None:
        self.since, self.weights = record.since, dict(record.weights)
        self.measured = {*self.weights}
        at_once = f" on {_counted(self.cores, 'core')}" if self.cores else ""
        more = ", more when the dataset is there" if "dataset" in self.waiting else ""
        self.say(f"{record.msg}: {_counted(self.total, 'job')}{at_once}{more}")

    def _on_end(self, record: Any) -> None:
        self.say(
            f"Done: {_counted(self.done, 'job')} in {duration(time.time() - self.began)}. "
            f"{record.msg}"
        )

    def _on_interrupted(self, record: Any) -> None:
        so_far = (
            f"{self.done} of {self.total} jobs done, results kept; the same command "
            "resumes the run."
        )
        self.running.clear()
        self.say(f"Interrupted: {so_far if self.total else 'nothing had begun.'}")
        self.interrupted = True

    def _on_job_info(self, record: Any) -> None:
        self.running[record.jobid] = Running(record)
        self.failed.pop(record.jobid, None)
        self._show_running()

    def _on_job_finished(self, record: Any) -> None:
        self.finished.append(record.job_id)

    def _on_progress(self, record: Any) -> None:
        self.done, self.total = record.done, record.total
        first = record.done - len(self.finished) + 1
        for number, job in enumerate((self.running.pop(one, None) for one in self.finished), first):
            if job:  # else --quiet keeps jobs away
                self._say_steps(job)
                took = record.created - job.began
                self.waiting[job.rule] = max(self.waiting.get(job.rule, 0) - 1, 0)
                self._learn(job.rule, took)
                self.spent += self.weights[job.rule]
                share = f"[{number:{len(str(record.total))}d}/{record.total} {self._part(number)}]"
                self.say(f"{share} {job.label}  {duration(took)}")
        self.finished.clear()

    def _on_group_error(self, record: Any) -> None:
        for job in record.job_error_info if record.aux_logs else ():
            self.causes[job["jobid"]] = (
                f"ended without a message; the cluster's log is {', '.join(record.aux_logs)}."
            )

    def _on_job_error(self, record: Any) -> None:
        job = self.running.pop(record.jobid, None)
        own = job.logs if job else []
        ends = [
            end for end in self.exits if end.script in (None, f"{record.rule_name}.py")
        ] or self.exits[:1]
        cause = self.causes.pop(record.jobid, "ended without a message.")
        if record.rule_msg:
            elsewhere = [log for log in record.log if own and log not in own]
            cause = record.rule_msg + (
                f" The cluster's log: {', '.join(elsewhere)}" if elsewhere else ""
            )
        elif ends:
            self.exits.remove(ends[0])
            cause = str(ends[0])
        log = next(iter([*own, *record.log]), None)
        self.failed[record.jobid] = Failed(
            job.name if job else f"rule {record.rule_name}", log, cause
        )
        took = f"  {duration(record.created - job.began)}" if job else ""
        self.say(f"[failed] {job.label if job else record.rule_name}{took}  (log: {log or 'none'})")

    def _on_error(self, record: Any) -> None:
        text, kind = str(record.msg), getattr(record, "exception", "")
        if (end := exit_status(text)) is not None:
            self.exits.append(end)
        elif not (self.failed and LAST_WORDS in text):
            handlers = logging.getLogger("snakemake.logging").handlers
            files = [
                os.path.relpath(one.baseFilename)
                for one in handlers
                if isinstance(one, logging.FileHandler)
            ]
            self._say_once(what_is_wrong(text, kind, self.targets, next(iter(files), None)))

    # -- what goes to the terminal
    # ------------------------------------------------------------------------------------

    def _say_once(self, text: str) -> None:
        """A message that Snakemake may have reason to repeat for every job."""
        if text not in self.said:
            self.said.add(text)
            self.say(text)

    def say(self, text: str) -> None:
        """A line, or a message of several."""
        with self.lock:
            self._wipe()
            self.stream.write(f"{text}\n")
            self.spoke = time.time()
            self._show_running()
            self.stream.flush()

    def _wipe(self) -> None:
        if self.live:
            self.stream.write("\r\x1b[K")

    def _show_running(self) -> None:
        """On a terminal the last line names the jobs at work and the time left; it is written
        over.
        """
        if self.live and not self.interrupted:
            self._wipe()
            if self.running:
                width, left = shutil.get_terminal_size().columns - 1, self._left()
                text = f"running: {'; '.join(job.label for job in self.running.values())}"
                short = (
                    text
                    if len(text + left) <= width
                    else f"{text[: max(width - len(left) - 3, 0)]}..."
                )
                self.stream.write(short + left)
            self.stream.flush()

    def _learn(self, rule: str, seconds: float) -> None:
        """What a job of a rule takes, by what was seen last, unless the last run has told."""
        if rule not in self.measured:
            self.weights[rule] = seconds

    def _rest(self) -> float | None:
        """Seconds of all jobs that are not done, at the pace of the last run; of rules that had no
        part in it, by the jobs and steps that are done. None where there was no last run, most jobs
        are not known and no step is done.
        """
        if not self.weights:
            return None
        usual = median(self.weights.values())
        later = max(
            self.total - self.done - sum(self.waiting.values()), 0
        )  # jobs that a checkpoint has brought
        known = sum(count for rule, count in self.waiting.items() if rule in self.weights)
        if not (self.measured or self.stepped) and 2 * known < self.total - self.done:
            return None
        return later * usual + sum(
            count * self.weights.get(rule, usual) for rule, count in self.waiting.items()
        )

    def _part(self, number: int) -> str:
        """Percent of the work that is done, with so many jobs: by their seconds, where these are
        known.
        """
        rest = self._rest()
        done, whole = (number, self.total) if rest is None else (self.spent, self.spent + rest)
        return f"{100 if number == self.total else int(100 * done / (whole or 1.0)):3d}%"

    def _left(self) -> str:
        """The time that is left, by what jobs of these rules took at the last run, or took so far;
        blank where that is not known.
        """
        if (rest := self._rest()) is None:
            return ""
        now = time.time()
        rest -= sum(
            min(now - job.began, self.weights.get(job.rule, 0.0)) for job in self.running.values()
        )
        begun = now - self.began
        pace = self.spent / begun if self.spent > 0.05 * (self.spent + rest) else max(self.cores, 1)
        return f", about {duration(max(round(rest / pace), 1))} left"

    def _say_steps(self, job: Running) -> None:
        for step in job.steps():
            self.stepped = True
            self._learn(job.rule, job.expected)
            so_far = duration(time.time() - self.began)
            self.say(f"{job.label}: {step}  (after {so_far}{self._left()})")

    def _look(self) -> None:
        """Every second: steps that jobs name in their logs; without a terminal, what is running
        after ten seconds of silence.
        """
        while not self.over.wait(1.0):
            with self.lock:
                for job in list(self.running.values()):
                    self._say_steps(job)
                now = time.time()
                if self.live:
                    self._show_running()
                elif now - self.spoke >= SILENCE and not self.interrupted:
                    jobs = [
                        f"{job.label} ({duration(now - job.began)})"
                        for job in self.running.values()
                    ]
                    more = [f"{len(jobs) - SHOWN} more"] if len(jobs) > SHOWN else []
                    said = "; ".join([*jobs[:SHOWN], *more])
                    waits = f"no job at work after {duration(now - self.began)}"
                    self.say(f"running: {said}{self._left()}" if jobs else f"running: {waits}")

    def close(self) -> None:
        """Wipe the line of jobs at work; say what failed."""
        if not (self.plain or self.dry):
            self.over.set()
            self.running.clear()
            with self.lock:
                self._wipe()
            if self.failed and not self.interrupted:
                self.say(
                    failures(
                        self.failed.values(), self.since, self.total - self.done - len(self.failed)
                    )
                )
                self.failed.clear()  # it may be closed twice
        super().close()


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
