"""Scripts as forks of one interpreter that has imported what they need, so that a run pays for imports once, not once a job.

Snakemake starts Python anew for every script, and a small job spends more time importing pandas and cvxpy than working. Here
Snakemake's process starts one further interpreter (`main`) with the first job. It imports what a script imports and forks; the
fork runs the script as ``python script`` would. It is a process of its own, measured by Snakemake's benchmark like any other.
What a script imports only while it runs is imported beforehand from its second job on.

By hand: the forkserver of `multiprocessing` takes a list of modules when it starts, needed or not, and Snakemake itself among
them. Jobs with an environment or container of their own, with more than one thread, scripts of other workflows, and systems
other than Linux (where compiled libraries may not survive a fork) are left to Snakemake, and so is everything with
``CITYMRIO_FORKS=0``.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
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
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

#: Environment variable by which every job starts an interpreter of its own ("0").
VARIABLE = "CITYMRIO_FORKS"
#: The module as it stands on the command line of the interpreter, and therefore of its forks.
MODULE = "citymrio.workflow.forks"
#: How the names of the forks' processes begin (`ps`, `top`); the script's name follows.
NAME = "job "
#: jemalloc, which pyarrow brings, frees memory in a thread of its own by default; a process with threads must not fork.
ONE_THREAD = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}
#: Longest request in bytes: a path, a few variables, names of modules.
LONGEST = 1 << 18


class Gone(Exception):
    """The interpreter has ended or cannot fork; the script has not begun."""


class Ended(NamedTuple):
    """How a fork ended."""

    status: int
    """Exit status, negative for the signal that ended it."""
    cpu_seconds: float = 0.0
    megabytes: float = 0.0
    """Its largest memory, with what it shared with the interpreter (resident set size)."""


class Interpreter:
    """The interpreter as Snakemake's process sees it; it starts with the first script and ends with Snakemake's process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._imported: dict[str, list[str]] = {}

    def _start(self) -> socket.socket:
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        command = [*shlex.split(sys.executable), "-P", "-m", MODULE, str(theirs.fileno())]
        with theirs:
            handles, variables = [theirs.fileno()], os.environ | ONE_THREAD
            self._process = subprocess.Popen(command, pass_fds=handles, stdin=subprocess.DEVNULL, env=variables)
        return control

    def _send(self, request: bytes, reply: int) -> None:
        with self._lock:
            for last in (False, True):
                if self._control is None:
                    self._control = self._start()
                try:
                    socket.send_fds(self._control, [request], [reply])
                    return
                except OSError as error:  # it has ended
                    self._control.close()
                    self._control = None
                    if last:
                        raise Gone from error

    def run(self, script: str, variables: dict[str, str], watch: Callable[[int], contextlib.AbstractContextManager]) -> Ended:
        """Run a script in a fork.

        Parameters
        ----------
        script
            Path of the script as Snakemake has written it: ``<folder>/<random>.<name>.py``.
        variables
            Environment variables of this job.
        watch
            Called with the number of the fork's process; the context lasts until the fork has ended.

        Raises
        ------
        Gone
            The interpreter has ended or cannot fork; the script has not begun.
        """
        name = Path(script).name.partition(".")[2]
        modules = self._imported.get(name, [])
        request = json.dumps({"script": script, "variables": variables, "modules": modules}).encode()
        ours, theirs = os.pipe()
        with open(ours, encoding="utf-8") as reply:
            try:
                self._send(request, theirs)
            finally:
                os.close(theirs)
            began = reply.readline()
            if not began:
                raise Gone
            with watch(json.loads(began)["process"]):
                for answer in map(json.loads, reply):
                    if "modules" in answer:
                        self._imported[name] = [*modules, *answer["modules"]]
                    else:
                        return Ended(**answer)
        return Ended(-signal.SIGKILL)  # the interpreter was killed, and the fork with it


def fork_scripts(scripts: Path) -> None:
    """From now on Snakemake runs the Python scripts of the folder `scripts` as forks, where this can be done (see the module)."""
    from snakemake.script import PythonScript

    plain = PythonScript.execute_script
    if sys.platform != "linux" or os.environ.get(VARIABLE) == "0" or hasattr(plain, "forks"):
        return
    from .inside import or_else  # not in every fork

    interpreter, folder = Interpreter(), scripts.resolve()

    def execute_script(self: Any, fname: str, edit: bool = False) -> None:
        alone = self.container_img or self.conda_env or self.env_modules or self.shadow_dir or self.threads != 1
        if alone or not self.is_local or not Path(self.local_path).resolve().is_relative_to(folder):
            return plain(self, fname, edit=edit)

        def watch(process: int) -> contextlib.AbstractContextManager:
            if self.bench_record is None:
                return contextlib.nullcontext()
            from snakemake.benchmark import benchmarked  # not at every parse

            return benchmarked(process, self.bench_record)

        temporary = self.resources.get("tmpdir")
        variables = dict.fromkeys(("TMPDIR", "TMP", "TEMPDIR", "TEMP"), str(temporary)) if temporary else {}
        try:
            end = interpreter.run(fname, variables, watch)
        except Gone:
            return plain(self, fname, edit=edit)
        if (
            self.bench_record is not None and end.megabytes
        ):  # exact, and there for jobs that are shorter than Snakemake's interval
            largest = max(self.bench_record.max_rss or 0.0, end.megabytes)
            self.bench_record.max_rss, self.bench_record.cpu_time = largest, end.cpu_seconds
        if end.status:
            raise subprocess.CalledProcessError(end.status, f"{sys.executable} {fname}")
        return None

    forked = or_else(execute_script, plain, "every job starts an interpreter of its own, which takes longer")
    forked.forks = True  # type: ignore[attr-defined]  # this may be called once for every module of a workflow
    PythonScript.execute_script = forked


def _prepare(script: str, modules: list[str]) -> None:
    """Import what the script imports at its head, and modules that its earlier jobs have imported.

    What cannot be imported is left to the fork, which says so.
    """
    before = len(sys.modules)
    with contextlib.suppress(Exception):
        tree = ast.parse(Path(script).read_bytes(), script)
        for node in tree.body:
            if isinstance(node, ast.Import | ast.ImportFrom) and getattr(node, "module", "") != "__future__":
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
    os.environ.update(variables)
    os.write(reply, json.dumps({"process": os.getpid()}).encode() + b"\n")
    with contextlib.suppress(OSError):
        Path("/proc/self/comm").write_text(NAME + Path(script).name.partition(".")[2], encoding="utf-8")
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
    more = [name for name, module in list(sys.modules.items()) if name not in known and getattr(module, "__spec__", None)]
    with contextlib.suppress(OSError):
        os.write(reply, json.dumps({"modules": more}).encode() + b"\n")
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status & 0xFF)


def main(handle: int) -> NoReturn:
    """Fork for every request that comes from the socket `handle`, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Snakemake's process decides what becomes of its jobs
    control = socket.socket(fileno=handle)
    replies: dict[int, int] = {}
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.data is not None:
                    selector.unregister(key.fd)
                    os.close(key.fd)
                    _, status, used = os.wait4(key.data, 0)
                    reply = replies.pop(key.data)
                    end = Ended(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
                    with contextlib.suppress(OSError):
                        os.write(reply, json.dumps(end._asdict()).encode() + b"\n")
                    os.close(reply)
                    continue
                data, handles, _, _ = socket.recv_fds(control, LONGEST, 1)
                if not data:
                    os._exit(0)
                request, reply = json.loads(data), handles[0]
                _prepare(request["script"], request["modules"])
                if len(os.listdir("/proc/self/task")) > 1:  # a lock that another thread holds would stay held in the fork
                    os.close(reply)
                    continue
                process = os.fork()
                if process == 0:
                    control.close()
                    for other in replies.values():
                        os.close(other)
                    _run(request["script"], request["variables"], reply)
                replies[process] = reply
                selector.register(os.pidfd_open(process), selectors.EVENT_READ, process)


if __name__ == "__main__":
    main(int(sys.argv[1]))
