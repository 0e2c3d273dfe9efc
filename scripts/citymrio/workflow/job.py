"""What every adapter in scripts/ shares: a log, one clear message when something is wrong, whole
outputs, a record of both.

An adapter opens its inputs, calls one function of the library and writes its outputs, inside ``with
adapter(snakemake) as (files, out, params):``. Numerical libraries are held to one thread by the
Snakefile (`THREAD_VARIABLES`), so that sums are added in the same order on every machine; parallel
work is parallel jobs.
"""

import csv
import json
import logging
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..base.errors import CityMRIOError, DataError, Notice, as_table, collect_notices
from ..base.files import short_of_memory
from ..base.words import in_country_words, names_in, set_words
from . import loaded, manifest
from .code import KNOWN, ParsedImports, closure
from .lock import follow_run
from .manifest import run_folder

loaded.record_loading()

#: Environment variable that is set where `snakemake_logger_plugin_citymrio` says what failed, from
#: the jobs' logs.
SAID = "CITYMRIO_TERMINAL"
#: What stands in the first line of a log before what the job was given (`citymrio.workflow.alone`).
GIVEN = "given: "


def message(error: BaseException, job: Any) -> str:
    """One message about `error` for the person who runs the workflow."""
    name, log = (
        manifest.job_name(job.rule, job.wildcards),
        f" The traceback is in {job.log[0]}." if job.log else "",
    )
    if (
        isinstance(error, MemoryError) or short_of_memory()
    ):  # then nothing else that was said is believed
        fix = (
            "run fewer jobs at once (--cores), give them more (mem_mb), or raise the limit "
            "(ulimit -v)."
        )
        return f"{name}: out of memory. Fix: {fix}{log}"
    if isinstance(error, CityMRIOError):
        _speak(job)
        return f"{name}: {in_country_words(str(error))}"
    if isinstance(error, OSError) and error.strerror:
        place = f" '{error.filename}'" if error.filename else ""
        fix = "check space and permissions, inodes (df -i) and limits (ulimit -a), then run again."
        return f"{name}: {error.strerror}{place}. Fix: {fix}{log}"
    return f"{name}: stopped by an unexpected {type(error).__name__}: {error}.{log}"


@contextmanager
def adapter(job: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Run the body of an adapter: log records go to the job's log, errors become one message and
    exit code 1.

    What the library says with :func:`citymrio.base.errors.warn` goes to the output `warnings` of
    the rule (perhaps without a row), from where the run's table of warnings takes it; a rule
    without such an output leaves it in its log.

    Inputs that are no longer what their jobs wrote are refused; what was read and written is
    recorded (`manifest`).

    Parameters
    ----------
    job
        The object `snakemake` that Snakemake puts into the script.

    Yields
    ------
    tuple
        Its input, output and params.
    """
    parts = job.input, job.output, job.params
    if hasattr(job, "alone"):  # no job of a run: nothing is recorded, and errors are the debugger's
        with collect_notices() as notices:
            yield parts
        _keep(notices, job)
        return
    logging.raiseExceptions = (
        False  # on a full disk the log cannot be written: the message still goes to the terminal
    )
    _log_to([logging.NullHandler()])
    try:
        follow_run()
        if job.log:
            Path(job.log[0]).parent.mkdir(parents=True, exist_ok=True)
            _log_to([logging.FileHandler(job.log[0], mode="w", encoding="utf-8")])
            logging.getLogger(__name__).info(
                "%s%s", GIVEN, json.dumps(job_arguments(job), ensure_ascii=False)
            )
        record = manifest.Job(job)
        record.forget()
        loaded.OPENED.clear()  # what was opened up to now is not of the job
        loaded.WRITTEN.clear()
        with collect_notices() as notices:
            yield parts
        _refuse_undeclared(job)
        record.refuse_changes()
        _keep(notices, job)
        record.write()
    except Exception as error:
        text = message(error, job)
        logging.getLogger(__name__).error("%s\n%s", text, traceback.format_exc())
        if SAID not in os.environ or not _holds(job.log, text):
            print(text, file=sys.stderr, flush=True)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    finally:
        logging.shutdown()


def job_arguments(job: Any) -> dict[str, Any]:
    """What the script of a job is given, by name; of its code the script alone."""
    parts = {
        part: dict(getattr(job, part).items())
        for part in ("input", "output", "params", "wildcards")
    }
    parts["input"] |= {"code": parts["input"].get("code", [])[:1]}
    return {"rule": job.rule, "log": job.log[0], **parts}


def _keep(notices: list[Notice], job: Any) -> None:
    """Write notices to the declared output, or to the log where there is none."""
    if (path := getattr(getattr(job, "output", None), "warnings", None)) is None:
        if notices:
            _speak(job)
        for notice in notices:
            logging.getLogger(__name__).warning("%s", in_country_words(str(notice)))
        return
    from ..base.labels import write_table

    write_table(as_table(notices), path)


def _speak(job: Any) -> None:
    """From now on say everything in the words of the run's dataset, once that is there."""
    from ..base.labels import read_json, read_table

    dataset = run_folder(job.log[0]) / "dataset"
    with suppress(Exception):  # none yet, or damaged: what is to be said is another thing
        set_words(
            read_json(dataset / "dataset.json"), names_in(read_table(dataset / "regions.csv"))
        )


def _holds(logs: Sequence[str], text: str) -> bool:
    """Whether the job's log has the message: a disk may be full."""
    try:
        return bool(logs) and text in Path(logs[0]).read_text(encoding="utf-8")
    except OSError:
        return False


def _log_to(handlers: list[logging.Handler]) -> None:
    logging.basicConfig(
        level=logging.INFO,
        format="%(levelname)s %(name)s: %(message)s",
        handlers=handlers,
        force=True,
    )
    logging.captureWarnings(True)


def _listed(job: Any) -> list[str]:
    """Raw files that raw.csv (rule retrieve) lists, each with the checksum that its reader holds it
    against.
    """
    return [
        row["path"]
        for path in (*job.input, *job.output)
        if Path(path).name == "raw.csv" and Path(path).is_file()
        for row in csv.DictReader(Path(path).read_text(encoding="utf-8").splitlines())
    ]


def _refuse_undeclared(job: Any) -> None:
    """Stop if the job has loaded or opened more than its rule declares: an edit of that would make
    nothing anew.

    A module that a fork has from the interpreter may be another job's. Those that the script
    imports are found by reading it, which also shows a module that is imported only since the code
    was changed.
    """
    inputs = {os.path.realpath(path) for path in job.input}
    may = (
        *job.input,
        *job.output,
        *job.log,
        *_listed(job),
        *filter(None, [os.environ.get("MPLCONFIGDIR")]),
    )
    more = {*loaded.find_undeclared(may), *(loaded.LOADED.keys() - loaded.INHERITED - inputs)}
    if script := next(iter(getattr(job.input, "code", [])), None):
        more |= {
            *map(
                os.path.realpath,
                closure(Path(script).resolve(), loaded.ROOT, known=ParsedImports(KNOWN)),
            )
        } - inputs
    if more:
        raise DataError(
            "read by the job, but no input of its rule: a change of it would make nothing anew.",
            where=manifest.list_some(sorted(more)),
            fix="if the code was changed during the run, run again; else declare the file as an "
            "input of the rule, or report this.",
        )
