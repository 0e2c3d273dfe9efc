"""One run at a time in a results folder, also after a crash: a lock that ends with the process that
holds it.

The workflow takes the lock when its jobs start (`take_run`) and every job joins it (`follow_run`).
It lies beside the real folder of the results, and is tried first: a file system that gives every
lock keeps nobody out. The system frees a lock of this kind whatever ends its holder, `kill -9` and
power failure included: nothing is ever unlocked by hand. Jobs that outlive a killed run end within
a second, and the next run begins when they have. By hand: libraries of file locks know neither jobs
that share a run nor file systems that give every lock away.
"""

import contextlib
import fcntl
import os
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from ..base.errors import CityMRIOError
from ..base.files import PART

#: Environment variable that tells jobs which run they belong to: the lock file and the run's mark.
VARIABLE = "CITYMRIO_RUN"
#: Folder of the locks, beside the folders of runs, and how the file ends that jobs of a run lock.
LOCKS, JOBS = ".locks", ".jobs"
#: Environment variable that lets a run go on, at one's own risk, where locks do not work ("1").
UNLOCKED = "CITYMRIO_UNLOCKED"

#: Where the system lists what is mounted.
MOUNTS = Path("/proc/self/mounts")

_held: list[int] = []


class RunError(CityMRIOError):
    """A run cannot begin, or a job has lost its run."""


def _take(handle: int, kind: int, patience: float = 0.0) -> bool:
    """Whether the lock was taken within `patience` seconds.

    Raises
    ------
    OSError
        The file system has no locks.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)
        else:
            return True


def lock_of(results: str | Path) -> Path:
    """The lock of the run in a folder: beside the real folder, the same one for all checkouts that
    are linked to it.
    """
    real = Path(results).resolve()
    return real.parent / LOCKS / f"{real.name}.lock"


def _mount_of(path: Path) -> tuple[str, set[str]]:
    """Kind and options of the file system that a path lies on; blank where the system does not
    say.
    """
    with contextlib.suppress(OSError, ValueError):
        mounts = [line.split() for line in MOUNTS.read_text(encoding="utf-8").splitlines()]
        at = [(Path(fields[1].replace("\\040", " ")), fields[2], fields[3]) for fields in mounts]
        above = [
            (len(place.parts), kind, options)
            for place, kind, options in at
            if path.is_relative_to(place)
        ]
        _, kind, options = max(enumerate(above), key=lambda item: (item[1][0], item[0]))[1]
        return kind, set(options.split(","))
    return "", set()


def _why_locks_fail(lock: Path) -> str | None:
    """Why a lock that this process holds keeps nobody out, None where it does: it is tried from a
    second handle.
    """
    other = os.open(lock, os.O_RDWR)
    try:
        if _take(other, fcntl.LOCK_EX):
            return "a lock that is held there was granted a second time"
    finally:
        os.close(other)
    kind, options = _mount_of(lock)
    local = options & {"nolock", "local_lock=all", "local_lock=flock", "localflock"}
    if local and kind.startswith(("nfs", "lustre")):
        return f"its mount option {min(local)} hides locks from other machines"
    return None


def _holder(lock: Path) -> str:
    """The process that holds a lock, in words."""
    process, host, *_ = [*lock.read_text(encoding="utf-8").split(), "?", "?"]
    return f"process {process} on {host}"


def at_work(results: str | Path) -> str:
    """The process whose run is at work in the folder `results`, in words; "" where none is, where
    this process belongs to it, or where the file system has no locks.
    """
    lock = lock_of(results)
    if os.environ.get(VARIABLE, "").partition("\n")[0] == str(lock):
        return ""
    with contextlib.suppress(OSError), open(lock, encoding="utf-8") as file:
        if not _take(file.fileno(), fcntl.LOCK_SH):
            return _holder(lock)
    return ""


def _lock(results: Path, lock: Path, say: Callable[[str], object]) -> int:
    """Take the lock; the handle that holds it."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        # who only asks whether a run is at work (`at_work`) holds the lock for a moment
        if not _take(handle, fcntl.LOCK_EX, patience=0.2):
            raise RunError(
                f"{results} cannot be locked: another run ({_holder(lock)}) is writing there.",
                fix="wait until it has ended, or stop it; nothing needs to be unlocked by hand.",
            )
        why = _why_locks_fail(lock)
    except OSError as error:
        why = error.strerror
    except BaseException:
        os.close(handle)
        raise
    if why is None:
        return handle
    if os.environ.get(UNLOCKED) != "1":
        os.close(handle)
        raise RunError(
            f"locks do not work on the file system of {results} ({why}): two runs there at once "
            "would mix their results.",
            fix="put results on a file system with locks (`results` may be a link), or, if you "
            "make sure yourself that only one "
            f"run at a time uses the folder, set the environment variable {UNLOCKED}=1.",
        )
    say(
        f"Locks do not work on the file system of {results} ({why}); {UNLOCKED}=1: nothing "
        "keeps a second run away."
    )
    return handle


def take_run(results: str | Path, *, say: Callable[[str], object] = print) -> float:
    """Take the run in the folder `results` for this process and clear away what a killed run was
    writing.

    Parameters
    ----------
    results
        Folder of the run's results; made where it is missing. Its lock (:func:`lock_of`) stays when
        it is removed.
    say
        Called with a sentence when there is something to wait for or to know.

    Returns
    -------
    float
        When the run began by the clock of the file system, which dates the run's files (seconds
        since 1970).

    Raises
    ------
    RunError
        Another run is going on there, locks do not work there, or the folder cannot be written.
    """
    results, lock = Path(results), lock_of(results)
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = _lock(results, lock, say)
        _held.append(handle)  # until this process ends
        mark = f"{os.getpid()} {socket.gethostname()} {uuid.uuid4().hex}"
        os.truncate(handle, 0)
        os.pwrite(handle, mark.encode(), 0)
        os.fsync(handle)
        os.environ[VARIABLE] = f"{lock}\n{mark}"
        # With `UNLOCKED`, the file system may have no locks for the jobs of killed runs either.
        ignored = [OSError] if os.environ.get(UNLOCKED) == "1" else []
        with (
            open(lock.with_suffix(JOBS), "a", encoding="utf-8") as jobs,
            contextlib.suppress(*ignored),
        ):
            if not _take(jobs.fileno(), fcntl.LOCK_EX, patience=2.0):
                say(f"Waiting for jobs in {results} to end that belong to a run that was killed.")
                _take(jobs.fileno(), fcntl.LOCK_EX, patience=float("inf"))
        results.mkdir(parents=True, exist_ok=True)
        probe = results / f"{PART}probe"
        probe.write_bytes(b"\0" * 4096)
        began = probe.stat().st_mtime
        probe.unlink()
    except OSError as error:
        raise RunError(
            f"{results} cannot be written: {error.strerror}.", fix="check space and permissions."
        ) from error
    for path in sorted(results.rglob(f"{PART}*")):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # it may have gone with its folder
    return began


def follow_run() -> None:
    """Belong to the run that started this process: the next run waits for its end, and it ends when
    its parent does.

    Does nothing in a process that no run started.

    Raises
    ------
    RunError
        The run is over and another one goes on in its place.
    """
    lock, _, mark = os.environ.get(VARIABLE, "").partition("\n")
    if not lock or not Path(lock).is_file():
        return
    parent = os.getppid()
    with contextlib.suppress(OSError):  # a file system without locks
        handle = os.open(Path(lock).with_suffix(JOBS), os.O_RDWR | os.O_CREAT, 0o666)
        fcntl.flock(handle, fcntl.LOCK_SH)
        _held.append(handle)  # until this process ends
    if Path(lock).read_text(encoding="utf-8") != mark:
        raise RunError(
            "the run that this job belongs to has ended, and another has started in its place; "
            "nothing was written."
        )
    threading.Thread(target=_end_with, args=(parent,), name="end-with-parent", daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process soon after its parent has ended; what it was writing stays a part-file."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
