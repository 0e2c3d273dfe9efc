"""Ctrl-C and SIGTERM end a run and its jobs at once, with exit status 130 or 143.

By hand: Snakemake waits for its jobs to end, knows nothing of forks, and returns 1.
"""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from .forks import MODULE as FORKS

#: Exit status of an interrupted run.
STATUS: list[int] = []
#: Jobs that were told to end: one that outlives the interpreter it was forked from is no child of
#: this process any more.
_told: set[Any] = set()


def handle_interrupts(say: Callable[[], object]) -> None:
    """End the run in order at Ctrl-C and at SIGTERM, unless they are ignored (`nohup`); `say` says
    that it was interrupted.
    """

    def interrupt(number: int, *_: Any) -> NoReturn:
        if STATUS:  # a second signal does not wait for jobs
            _end_jobs(signal.SIGKILL)
            os._exit(STATUS[0])
        STATUS.append(128 + number)
        said = threading.Event()
        # In a thread of its own: this one may hold the lock of what is said.
        threading.Thread(
            target=_keep_ending_jobs, args=(say, said), name="end-jobs", daemon=True
        ).start()
        said.wait(1.0)
        raise SystemExit(STATUS[0])

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, interrupt)
        if signal.getsignal(signal.SIGURG) is not _nothing:
            signal.signal(signal.SIGURG, _nothing)
            threading.Thread(
                target=_keep_waking, args=(threading.get_ident(),), name="wake", daemon=True
            ).start()


def _nothing(*_: Any) -> None:
    """The handler of a signal that only ends a wait."""


def _keep_waking(main: int) -> None:
    """Python hears a signal that comes just before the main thread begins to wait for a lock, or
    that another thread of the process gets, only when that wait ends, which may be never: a signal
    of its own ends it every second.
    """
    while not STATUS:
        time.sleep(1.0)
        signal.pthread_kill(main, signal.SIGURG)


def _keep_ending_jobs(say: Callable[[], object], said: threading.Event) -> NoReturn:
    say()
    said.set()
    began = time.monotonic()
    while True:  # a job that starts only now is ended as well
        _end_jobs(signal.SIGTERM if time.monotonic() - began < 5 else signal.SIGKILL)
        time.sleep(0.5)


def _end_jobs(number: int) -> None:
    """Send a signal to the jobs of this machine (not to a `scancel` that ends those of a
    cluster).
    """
    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if any("/.snakemake/scripts/" in word or word == FORKS for word in child.cmdline()):
                _told.add(child)
    for job in _told:
        with contextlib.suppress(psutil.Error):
            job.send_signal(number)
            job.send_signal(signal.SIGCONT)  # one that somebody has stopped hears nothing else
