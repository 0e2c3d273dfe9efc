"""What every adapter in scripts/ shares: a log, one clear message when something is wrong, whole outputs, a record of both.

An adapter opens its inputs, calls one function of the library and writes its outputs, inside ``with adapter(snakemake):``.
Numerical libraries are held to one thread by the Snakefile (`THREAD_VARIABLES`), so that sums are added in the same order
on every machine; parallel work is parallel jobs.
"""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import CityMRIOError
from ..base.files import short_of_memory
from ..base.notices import Notice, as_table, collecting
from . import manifest
from .lock import join

if TYPE_CHECKING:
    import pandas as pd

#: Environment variables by which numerical libraries read their number of threads.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)

#: Environment variable that is set where the run says what failed at its end, from the jobs' logs (`citymrio.workflow.terminal`).
SAID = "CITYMRIO_TERMINAL"


def environment() -> dict[str, str]:
    """What the workflow sets for its jobs: one thread for numerical libraries, figures without a screen.

    matplotlib keeps its list of fonts in MPLCONFIGDIR, here where the home folder may be missing or read-only.
    """
    fonts = os.environ.get("MPLCONFIGDIR") or os.path.abspath(".snakemake/matplotlib")
    return {**dict.fromkeys(THREAD_VARIABLES, "1"), "MPLBACKEND": "agg", "MPLCONFIGDIR": fonts}


def job_name(job: Any) -> str:
    """The rule and its wildcards in plain words, such as ``rule city_tables, province 13``."""
    wildcards = ", ".join(f"{name} {value}" for name, value in job.wildcards.items())
    return f"rule {job.rule}, {wildcards}" if wildcards else f"rule {job.rule}"


def message(error: BaseException, job: Any) -> str:
    """One message about `error` for the person who runs the workflow."""
    log = f" The traceback is in {job.log[0]}." if job.log else ""
    if isinstance(error, MemoryError) or short_of_memory():  # then nothing else that was said is believed
        fix = "run fewer jobs at once (--cores), give them more (mem_mb), or raise the limit (ulimit -v)."
        return f"{job_name(job)}: out of memory. Fix: {fix}{log}"
    if isinstance(error, CityMRIOError):
        return f"{job_name(job)}: {error}"
    if isinstance(error, OSError) and error.strerror:
        place = f" '{error.filename}'" if error.filename else ""
        fix = "check space and permissions, inodes (df -i) and limits (ulimit -a), then run again."
        return f"{job_name(job)}: {error.strerror}{place}. Fix: {fix}{log}"
    return f"{job_name(job)}: stopped by an unexpected {type(error).__name__}: {error}.{log}"


@contextmanager
def adapter(job: Any) -> Iterator[None]:
    """Run the body of an adapter: log records go to the job's log, errors become one message and exit code 1.

    What the library says with :func:`citymrio.base.notices.warn` goes to the output `warnings` of the rule (perhaps without a
    row), from where the run's table of warnings takes it; a rule without such an output leaves it in its log.

    Inputs that are no longer what their jobs wrote are refused; what was read and written is recorded (`manifest`).

    Parameters
    ----------
    job
        The object `snakemake` that Snakemake puts into the script.
    """
    logging.raiseExceptions = False  # on a full disk the log cannot be written: the message still goes to the terminal
    _log_to([logging.NullHandler()])
    try:
        join()
        if job.log:
            Path(job.log[0]).parent.mkdir(parents=True, exist_ok=True)
            _log_to([logging.FileHandler(job.log[0], mode="w", encoding="utf-8")])
        before = _states(job)
        record = manifest.Job(job)
        record.forget()
        with collecting() as notices:
            yield
        _refuse_changes(before)
        _keep(notices, getattr(getattr(job, "output", None), "warnings", None))
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


def _keep(notices: list[Notice], path: str | None) -> None:
    """Write notices to the declared output, or to the log where there is none."""
    if path is None:
        for notice in notices:
            logging.getLogger(__name__).warning("%s", notice)
        return
    from ..base.labels import write_table

    write_table(as_table(notices), path)


def _holds(logs: Sequence[str], text: str) -> bool:
    """Whether the job's log has the message: a disk may be full."""
    try:
        return bool(logs) and text in Path(logs[0]).read_text(encoding="utf-8")
    except OSError:
        return False


def _log_to(handlers: list[logging.Handler]) -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s", handlers=handlers, force=True)
    logging.captureWarnings(True)


def _states(job: Any) -> dict[str, tuple[int, int]]:
    """Size and time of every input file."""
    stats = {str(path): os.stat(path) for path in job.input if os.path.isfile(path)}
    return {path: (stat.st_size, stat.st_mtime_ns) for path, stat in stats.items()}


def _refuse_changes(before: Mapping[str, tuple[int, int]]) -> None:
    """Stop if an input has changed since `before`: Snakemake would note its new content beside a result of the old one."""
    for path, state in before.items():
        stat = os.stat(path) if os.path.exists(path) else None
        if stat is None or (stat.st_size, stat.st_mtime_ns) != state:
            raise CityMRIOError("the file was changed while the job ran", where=path, fix="run again; results stay as they were.")


def by_stem(paths: Iterable[str | Path] | str) -> dict[str, Path]:
    """Files by the name of what they hold: ``provinces/13.nc`` is ``{"13": ...}``, in sorted order."""
    if isinstance(paths, str):
        paths = [paths]
    return {path.stem: path for path in sorted(map(Path, paths))}


def by_folder(paths: Iterable[str | Path] | str) -> dict[str, Path]:
    """Files by their folder: ``cities/13/linked.nc`` is ``{"13": ...}``, in sorted order."""
    if isinstance(paths, str):
        paths = [paths]
    return {path.parent.name: path for path in sorted(map(Path, paths))}


def stack(tables: Iterable[pd.DataFrame]) -> pd.DataFrame | None:
    """Tables of the same columns under one another, None when there is none; tables without rows leave no trace in the types."""
    import pandas as pd

    tables = list(tables)
    filled = [table for table in tables if len(table)] or tables[:1]
    return pd.concat(filled, ignore_index=True) if filled else None


def stack_named(tables: Mapping[str, pd.DataFrame], column: str) -> pd.DataFrame:
    """Tables under one another, with the name of each in a first column."""
    import pandas as pd

    return pd.concat(
        [table.assign(**{column: name})[[column, *table.columns]] for name, table in tables.items()], ignore_index=True
    )


def common_folder(paths: Iterable[str | Path]) -> Path:
    """The folder that holds all of these files, at whatever depth."""
    return Path(os.path.commonpath([Path(path).parent for path in paths]))
