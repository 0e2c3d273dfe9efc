"""Snakemake for tests, as forks of one process that has imported it: half the CPU of a start is
the import.

``snakemake(words, folder, environment)`` does what ``python -m snakemake`` does there. Only
Snakemake and packages of others are imported beforehand, never the library, which every checkout
has as it is. With THOROUGH=yes (at night), and wherever a test needs the process itself
(`Checkout.start`), Snakemake is started as users do.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
import threading

#: A process with threads must not fork: none of OpenBLAS and of the memory that pyarrow brings.
NO_THREADS = {"OPENBLAS_NUM_THREADS": "1", "JE_ARROW_MALLOC_CONF": "background_thread:false"}
#: What every start imports, of others.
IMPORTED = ("snakemake.cli", "snakemake.report.html_reporter", "smart_open")
LONGEST = 1 << 18  # bytes of a request
LOCK = threading.Lock()
STARTED: list[socket.socket] = []


def server() -> socket.socket:
    """The process that has imported Snakemake, started by the first who asks."""
    if not STARTED:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            subprocess.Popen(
                [sys.executable, "-P", __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | NO_THREADS,
            )
        STARTED.append(ours)
        atexit.register(ours.close)  # it ends then
    return STARTED[0]


def snakemake(words: list[str], folder: str, environment: dict[str, str]) -> tuple[int, str]:
    """Exit code (negative: the signal) and everything that is printed."""
    if os.environ.get("THOROUGH") == "yes":
        done = subprocess.run(
            [sys.executable, "-m", "snakemake", *words],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout
    read, write = os.pipe()
    request = json.dumps([words, folder, environment]).encode()
    with LOCK, open(read, encoding="utf-8") as output:
        socket.send_fds(server(), [request], [write])
        os.close(write)
        text = output.read()
        answer = server().recv(LONGEST)
    if not answer:
        raise RuntimeError(f"the process that has imported Snakemake has ended\n{text}")
    return int(answer), text


def serve(requests: socket.socket) -> None:
    """Fork for every request, one after another; comes back in the fork alone, or at the end."""
    for name in IMPORTED:
        importlib.import_module(name)
    if len(os.listdir("/proc/self/task")) > 1:
        sys.exit("Snakemake starts threads when it is imported. Fix: name them in NO_THREADS")
    while True:
        request, handles, *_ = socket.recv_fds(requests, LONGEST, 1)
        if not request:
            sys.exit()
        process = os.fork()
        if not process:
            break
        os.close(handles[0])
        _, status = os.waitpid(process, 0)
        requests.send(str(os.waitstatus_to_exitcode(status)).encode())
    requests.close()
    words, folder, environment = json.loads(request)
    for number in (1, 2):
        os.dup2(handles[0], number)
    os.close(handles[0])
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    paths = environment.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:0] = [folder, *filter(None, paths)]  # as `python -m` does
    importlib.invalidate_caches()
    sys.argv = ["snakemake", *words]


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module("snakemake", run_name="__main__", alter_sys=True)
