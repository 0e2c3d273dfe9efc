"""Scripts as forks of one interpreter that has imported what they need, so that a run pays for
imports once, not once a job.

Snakemake starts Python anew for every script, and a small job spends more time importing pandas and
cvxpy than working. Here Snakemake's process starts one further interpreter (`main`) with the first
job. It imports what a script imports and forks; the fork runs the script as ``python script``
would. It is a process of its own, measured by Snakemake's benchmark like any other. What a script
imports only while it runs is imported beforehand from its second job on.

By hand: the forkserver of `multiprocessing` takes a list of modules when it starts, needed or not,
and Snakemake itself among them. Jobs with an environment or container of their own, with more than
one thread, scripts of other workflows, and systems other than Linux (where compiled libraries may
not survive a fork) are left to Snakemake, and so is everything with ``CITYMRIO_FORKS=0``.
"""

import ast
import contextlib
import gc
import importlib
import inspect
import json
import os
import runpy
import selectors
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from . import loaded
from .manifest import Digests

#: Environment variables by which numerical libraries read their number of threads.
THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
#: Environment variable by which every job starts an interpreter of its own ("0").
VARIABLE = "CITYMRIO_FORKS"
#: The module as it stands on the command line of the interpreter, and therefore of its forks.
MODULE = "citymrio.workflow.forks"
#: How the names of the forks' processes begin (`ps`, `top`); the script's name follows.
NAME = "job "
#: jemalloc, which pyarrow brings, frees memory in a thread of its own by default; a process with
#: threads must not fork.
ONE_THREAD = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
#: Longest request in bytes: a path, a few variables, names of modules.
LONGEST = 1 << 18
#: What the interpreter hears of: its parent has ended, a request, SIGTERM. Any other number is the
#: process of a fork that ended.
END, FORK, STOP = 0, -1, -2


def environment() -> dict[str, str]:
    """What the workflow sets for its jobs: one thread for numerical libraries, figures without a
    screen.

    matplotlib keeps a list of installed fonts, by which nothing is drawn, in MPLCONFIGDIR: here
    where the home folder may be missing or read-only.
    """
    fonts = os.environ.get("MPLCONFIGDIR") or os.path.abspath(".snakemake/matplotlib")
    return {**dict.fromkeys(THREAD_VARIABLES, "1"), "MPLBACKEND": "agg", "MPLCONFIGDIR": fonts}


class Gone(Exception):
    """The interpreter has ended, cannot fork, or has code that was changed since: the script has
    not begun.
    """


class Ended(NamedTuple):
    """How a fork ended."""

    status: int
    """Exit status, negative for the signal that ended it."""
    cpu_seconds: float = 0.0
    megabytes: float = 0.0
    """Its largest memory, with what it shared with the interpreter (resident set size)."""


class Interpreter:
    """The interpreter as Snakemake's process sees it; it starts with the first script and ends with
    Snakemake's process.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._current: tuple[subprocess.Popen[bytes], socket.socket] | None = None
        self._imported: dict[str, list[str]] = {}

    def _start(self) -> tuple[subprocess.Popen[bytes], socket.socket]:
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [*shlex.split(sys.executable), "-P", "-m", MODULE, str(theirs.fileno())]
        with theirs:
            process = subprocess.Popen(
                command,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env=os.environ | ONE_THREAD,
            )
        return process, control

    def _send(self, request: bytes, reply: int) -> subprocess.Popen[bytes]:
        """Send a request to the interpreter; where it has ended, the next one starts another."""
        with self._lock:
            process, control = self._current = self._current or self._start()
            try:
                socket.send_fds(control, [request], [reply])
            except OSError:
                control.close()
                self._current = None
                raise Gone from None
        return process

    def run(
        self,
        script: str,
        variables: dict[str, str],
        watch: Callable[[int], contextlib.AbstractContextManager],
    ) -> Ended:
        """Run a script in a fork.

        Parameters
        ----------
        script
            Path of the script as Snakemake has written it: ``<folder>/<random>.<name>.py``.
        variables
            Environment variables of this job.
        watch
            Called with the number of the fork's process; the context lasts until the fork has
            ended.

        Raises
        ------
        Gone
            The script has not begun.
        """
        name = Path(script).name.partition(".")[2]
        modules = self._imported.get(name, [])
        request = json.dumps({"script": script, "variables": variables, "modules": modules})
        ours, theirs = os.pipe()
        with open(ours, encoding="utf-8") as reply:
            try:
                process = self._send(request.encode(), theirs)
            finally:
                os.close(theirs)
            if not (began := reply.readline()):
                raise Gone
            with watch(int(began)):
                for answer in map(json.loads, reply):
                    if "modules" in answer:
                        self._imported[name] = [*modules, *answer["modules"]]
                    else:
                        return Ended(**answer)
        return Ended(process.wait() or 1)  # the interpreter has ended, and the fork with it


#: What a job of Snakemake has to say of itself for a fork to run it: settings of its script.
SETTINGS = {
    "container_img",
    "conda_env",
    "env_modules",
    "shadow_dir",
    "threads",
    "bench_record",
    "resources",
    "is_local",
}


def _meets(script: Any) -> bool:
    """Whether Snakemake's class of Python scripts is the one that this module knows."""
    if [*inspect.signature(script.execute_script).parameters] != ["self", "fname", "edit"]:
        return False
    return inspect.signature(script).parameters.keys() >= SETTINGS and hasattr(script, "local_path")


@contextlib.contextmanager
def measured(process: int, record: Any) -> Iterator[None]:
    """Snakemake's benchmark of a fork in `record`, None for a job without one.

    A fork that ended before this begins, while Snakemake's process was stopped, has its seconds of
    wall clock only.
    """
    began = time.time()
    with contextlib.ExitStack() as watched:
        if record:
            from psutil import NoSuchProcess
            from snakemake.benchmark import benchmarked

            try:
                watched.enter_context(benchmarked(process, record))
            except NoSuchProcess:
                watched.callback(lambda: setattr(record, "running_time", time.time() - began))
        yield


def fork_scripts(*folders: Path) -> None:
    """From now on Snakemake runs the Python scripts of these folders as forks, where this can be
    done (see the module).

    Where Snakemake's class is another one than this module knows, one line says so, and Snakemake
    runs its scripts itself.
    """
    if sys.platform != "linux" or os.environ.get(VARIABLE) == "0":
        return
    try:
        from snakemake.script import PythonScript

        plain, known = PythonScript.execute_script, _meets(PythonScript)
        from snakemake import benchmark
    except (AttributeError, ImportError):
        known = False
    if not known or not hasattr(benchmark, "benchmarked"):
        print(
            "This Snakemake runs scripts in a way not known here: every job starts an "
            "interpreter of its own.",
            file=sys.stderr,
        )
        return
    if hasattr(plain, "forks"):  # this may be called once for every module of a workflow
        return
    interpreter, ours = Interpreter(), [folder.resolve() for folder in folders]

    def execute_script(self: Any, fname: str, edit: bool = False) -> None:
        alone = (
            self.container_img
            or self.conda_env
            or self.env_modules
            or self.shadow_dir
            or self.threads != 1
        )
        path = Path(self.local_path).resolve() if self.is_local and not alone else Path()
        if not any(path.is_relative_to(folder) for folder in ours):
            return plain(self, fname, edit=edit)

        temporary = self.resources.get("tmpdir")
        variables = (
            dict.fromkeys(("TMPDIR", "TMP", "TEMPDIR", "TEMP"), str(temporary)) if temporary else {}
        )
        try:
            end = interpreter.run(fname, variables, partial(measured, record=self.bench_record))
        except Gone:
            return plain(self, fname, edit=edit)
        if (
            self.bench_record and end.megabytes
        ):  # exact, and there for jobs that are shorter than Snakemake's interval
            largest = max(self.bench_record.max_rss or 0.0, end.megabytes)
            self.bench_record.max_rss, self.bench_record.cpu_time = largest, end.cpu_seconds
        if end.status:
            raise subprocess.CalledProcessError(end.status, f"{sys.executable} {fname}")
        return None

    execute_script.forks = True  # type: ignore[attr-defined]
    PythonScript.execute_script = execute_script


def _prepare(script: str, modules: list[str]) -> None:
    """Import what the script imports at its head, and modules that its earlier jobs have imported.

    What cannot be imported is left to the fork, which says so.
    """
    before = len(sys.modules)
    with contextlib.suppress(Exception):
        for node in ast.parse(Path(script).read_bytes(), script).body:
            if (
                isinstance(node, ast.Import | ast.ImportFrom)
                and getattr(node, "module", "") != "__future__"
            ):
                with contextlib.suppress(Exception):
                    exec(compile(ast.Module([node], []), script, "exec"), {})
    for name in modules:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    if len(sys.modules) > before:
        gc.collect()
        gc.freeze()  # forks share what is there


def _run(script: str, variables: dict[str, str], reply: int) -> NoReturn:
    """In the fork: run the script, say what else it has imported, end."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ.update(variables)
    os.write(reply, f"{os.getpid()}\n".encode())
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(
            NAME + Path(script).name.partition(".")[2], encoding="utf-8"
        )
    loaded.INHERITED.update(loaded.LOADED)
    known, status = set(sys.modules), 0
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    more = [
        name
        for name, module in list(sys.modules.items())
        if name not in known and getattr(module, "__spec__", None)
    ]
    with contextlib.suppress(OSError):
        os.write(reply, json.dumps({"modules": more}).encode() + b"\n")
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status & 0xFF)


def _fork(request: dict[str, Any], digests: Digests) -> int | None:
    """The process of a fork that runs a script, 0 in the fork itself; None where this is left to
    Snakemake: a module of the library is no longer what was loaded, or another thread may hold a
    lock, which would stay held in the fork.
    """
    _prepare(request["script"], request["modules"])
    changed = any(digests.of(path) != digest for path, digest in loaded.LOADED.items())
    return None if changed or len(os.listdir("/proc/self/task")) > 1 else os.fork()


def main(handle: int) -> NoReturn:
    """Fork for every request from the socket `handle` until it is closed or SIGTERM comes, then
    wait for the forks.

    Where Snakemake's process ends, so does this one, at once; its forks notice (`lock.follow_run`).
    """
    loaded.record_loading()
    control, digests = socket.socket(fileno=handle), Digests()
    replies: dict[int, int] = {}
    stopped, stop = socket.socketpair()
    for one in (stopped, stop):
        one.setblocking(False)
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Snakemake's process decides what becomes of its jobs
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.set_wakeup_fd(stop.fileno(), warn_on_full_buffer=False)
    with selectors.DefaultSelector() as selector:
        for heard, act in (
            (control.fileno(), FORK),
            (stopped.fileno(), STOP),
            (os.pidfd_open(os.getppid()), END),
        ):
            selector.register(heard, selectors.EVENT_READ, act)
        taking = True
        while taking or replies:
            key = selector.select()[0][0]
            if key.data == END:
                os._exit(1)
            elif key.data == FORK and (received := socket.recv_fds(control, LONGEST, 1))[0]:
                request, reply = json.loads(received[0]), received[1][0]
                try:
                    process = _fork(request, digests)
                except Exception:  # this job is left to Snakemake; the others go on
                    traceback.print_exc()
                    process = None
                if process == 0:
                    signal.set_wakeup_fd(-1)
                    for other in (control.detach(), *replies.values()):
                        os.close(other)
                    _run(request["script"], request["variables"], reply)
                elif process:
                    replies[process] = reply
                    selector.register(os.pidfd_open(process), selectors.EVENT_READ, process)
                else:
                    os.close(reply)
            elif key.data in (FORK, STOP):
                taking = False
                for one in (control, stopped):
                    selector.unregister(one)
                    one.close()
            else:
                selector.unregister(key.fd)
                os.close(key.fd)
                _, status, used = os.wait4(key.data, 0)
                end = Ended(
                    os.waitstatus_to_exitcode(status),
                    used.ru_utime + used.ru_stime,
                    used.ru_maxrss / 1024,
                )
                with contextlib.suppress(OSError), open(replies.pop(key.data), "wb") as reply_file:
                    reply_file.write(json.dumps(end._asdict()).encode() + b"\n")
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
