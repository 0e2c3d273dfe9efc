"""One run at a time in a results folder, also after a crash: a lock that ends with the process that holds it.

The workflow takes the lock when its jobs start (`begin`) and every job joins it (`join`). The system frees a lock of this
kind whatever ends its holder, `kill -9` and power failure included: nothing is ever unlocked by hand. Jobs that outlive a
killed run end within a second, and the next run begins when they have.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from .errors import CityMRIOError

try:
    import fcntl
except ImportError:  # Windows: runs are not kept apart there
    fcntl = None

#: Environment variable that tells jobs which run they belong to: the lock file and the run's mark.
VARIABLE = "CITYMRIO_RUN"
#: How the names of files begin that are still being written (`labels.write_atomic`).
PART = ".part-"

_held: list[int] = []


class RunError(CityMRIOError):
    """A run cannot begin, or a job has lost its run."""


def _try_lock(handle: int, kind: int, patience: float = 0.0) -> bool:
    """Whether the lock was taken within `patience` seconds; a file system without locks gives every lock."""
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)
        except OSError as error:
            if error.errno in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
                return True
            raise
        else:
            return True


def _jobs_file(lock: Path) -> Path:
    return lock.with_suffix(".jobs")


def begin(results: str | Path, lock: str | Path, *, say: Callable[[str], object] = print) -> None:
    """Take the run in the folder `results` for this process and clear away what a killed run was writing.

    Parameters
    ----------
    results
        Folder of the run's results; made where it is missing.
    lock
        Lock file, in a folder that stays when results are removed.
    say
        Called with a sentence when there is something to wait for.

    Raises
    ------
    RunError
        Another run is going on there, or the folder cannot be written.
    """
    results, lock = Path(results), Path(lock).absolute()
    lock.parent.mkdir(parents=True, exist_ok=True)
    if fcntl is not None:
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        if not _try_lock(handle, fcntl.LOCK_EX):
            os.close(handle)
            process, host, *_ = [*lock.read_text(encoding="utf-8").split(), "?", "?"]
            raise RunError(
                f"{results} cannot be locked: another run (process {process} on {host}) is writing there.",
                fix="wait until it has ended, or stop it; nothing needs to be unlocked by hand.",
            )
        _held.append(handle)  # until this process ends
        mark = f"{os.getpid()} {socket.gethostname()} {uuid.uuid4().hex}"
        os.truncate(handle, 0)
        os.pwrite(handle, mark.encode(), 0)
        os.fsync(handle)
        os.environ[VARIABLE] = f"{lock}\n{mark}"
        with open(_jobs_file(lock), "a", encoding="utf-8") as jobs:
            if not _try_lock(jobs, fcntl.LOCK_EX, patience=2.0):
                say(f"Waiting for jobs in {results} to end that belong to a run that was killed.")
                _try_lock(jobs, fcntl.LOCK_EX, patience=float("inf"))
    try:
        results.mkdir(parents=True, exist_ok=True)
        probe = results / f"{PART}probe"
        probe.write_bytes(b"\0" * 4096)
        probe.unlink()
    except OSError as error:
        raise RunError(f"{results} cannot be written: {error.strerror}.", fix="check space and permissions.") from error
    for path in sorted(results.rglob(f"{PART}*")):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # it may have gone with its folder


def join() -> None:
    """Belong to the run that started this process: the next run waits for its end, and it ends when its parent does.

    Does nothing in a process that no run started.

    Raises
    ------
    RunError
        The run is over and another one goes on in its place.
    """
    lock, _, mark = os.environ.get(VARIABLE, "").partition("\n")
    if not lock or not Path(lock).is_file() or fcntl is None:
        return
    parent = os.getppid()
    with contextlib.suppress(OSError):  # a file system without locks
        handle = os.open(_jobs_file(Path(lock)), os.O_RDWR | os.O_CREAT, 0o666)
        fcntl.flock(handle, fcntl.LOCK_SH)
        _held.append(handle)  # until this process ends
    if Path(lock).read_text(encoding="utf-8") != mark:
        raise RunError("the run that this job belongs to has ended and another has begun in its place; nothing was written.")
    threading.Thread(target=_end_with, args=(parent,), name="end-with-parent", daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process soon after its parent has ended; what it was writing stays a part-file."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
