"""Slurm on this machine, for tests: munged, slurmctld and one slurmd a node run from a temporary
folder and are gone afterwards.

By hand, from the repository:

    python tests/cluster/local_slurm.py sinfo                        # a command on a cluster that
    lives as long as it python tests/cluster/local_slurm.py --nodes 4 .venv/bin/snakemake --profile
    profiles/slurm --configfile config/tiny.yaml

Nothing outside that folder is written: key, socket, state, ports and logs are its own, and a Slurm
that is installed and runs on the machine is left alone. Root is not needed: the daemons run as
whoever starts them. Nodes have names, ports, spool folders and logs of their own; they share this
machine's processors, memory and file system.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SEARCH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin"])
PROGRAMS = (
    "munged",
    "slurmctld",
    "slurmd",
    "sbatch",
    "srun",
    "squeue",
    "sinfo",
    "scontrol",
    "scancel",
)
# No control groups, no accounting: what a container or a virtual machine offers. Memory is policed
# by Slurm itself: a step that uses more than its job asked for is killed, so that too small a
# request in a rule does not pass.
CONFIGURATION = """\
ClusterName=local
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n.spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=UsePss,OverMemoryKill
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
MinJobAge=86400
KillWait=5
ReturnToService=2
JobRequeue={requeue}
PartitionName=main Nodes=ALL Default=YES State=UP MaxTime=INFINITE
"""
NODE = (
    "NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={cpus} "
    "RealMemory={memory}\n"
)


def missing() -> list[str]:
    """Programs of Slurm and munge that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name, path=SEARCH) is None]


def several_nodes() -> bool:
    """Whether this Slurm can have several nodes on one machine."""
    with LocalSlurm() as cluster:
        return (
            re.search(r"MULTIPLE_SLURMD += yes", cluster.client("scontrol", "show", "config"))
            is not None
        )


def free_ports(number: int) -> list[int]:
    """Ports nobody listens on now."""
    with contextlib.ExitStack() as sockets:
        found = []
        for _ in range(number):
            listener = sockets.enter_context(socket.socket())
            listener.bind(("127.0.0.1", 0))
            found.append(listener.getsockname()[1])
        return found


@dataclass(frozen=True)
class Job:
    """One submission as Slurm knows it: number, state, comment (rule and wildcards), memory asked
    for (MB), seconds, node.
    """

    number: int
    state: str
    comment: str
    memory: int
    seconds: int
    node: str = ""

    @property
    def rule(self) -> str:
        """Rule, or rule/wildcards."""
        return self.comment.removeprefix("rule_").removeprefix("group_").replace("_wildcards_", "/")


@dataclass
class LocalSlurm:
    """A Slurm cluster of this machine alone. A context manager; `environment` is what its clients
    need.

    One node has two processors, so that jobs wait in the queue; several have one each. With
    `requeue`, as on most clusters, Slurm itself starts the jobs of a lost node again.
    """

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="slurm-")))
    nodes: int = 1
    requeue: bool = True
    daemons: dict[str, subprocess.Popen] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of the nodes."""
        return [f"node{number}" for number in range(1, self.nodes + 1)]

    @property
    def environment(self) -> dict[str, str]:
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("SLURM_", "SBATCH_", "SRUN_"))
        }
        return inherited | {
            "SLURM_CONF": str(self.folder / "slurm.conf"),
            "PATH": f"{self.folder}{os.pathsep}{SEARCH}",
        }

    def __enter__(self) -> LocalSlurm:
        signal.signal(
            signal.SIGTERM, lambda *_: sys.exit(143)
        )  # so that a terminated test takes its daemons along
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        if {"munged", "slurmctld"} <= self.daemons.keys():
            self.client("scancel", "--user", getpass.getuser(), "--full", check=False)
            self._until(
                lambda: not self.jobs(("PENDING", "RUNNING", "COMPLETING")),
                "jobs to end",
                30,
                check=False,
            )
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for daemon in reversed(self.daemons.values()):
            daemon.terminate()
        for daemon in reversed(self.daemons.values()):
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self.daemons.clear()
        shutil.rmtree(self.folder, ignore_errors=True)

    def client(self, *command: str, check: bool = True) -> str:
        """What a command of Slurm prints."""
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=60
        )
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}\n{self.last_words()}")
        return done.stdout

    def jobs(self, states: tuple[str, ...] = ("all",)) -> list[Job]:
        """Every submission in one of the states, oldest first."""
        columns = "%i|%T|%k|%m|%M|%N"
        listing = self.client(
            "squeue",
            "--noheader",
            f"--states={','.join(states)}",
            f"--format={columns}",
            check=False,
        )
        rows = [line.strip().split("|") for line in listing.splitlines() if line.count("|") == 5]
        jobs = [
            Job(int(number), state, comment, megabytes(memory), seconds(time), node)
            for number, state, comment, memory, time, node in rows
        ]
        return sorted(jobs, key=lambda job: job.number)

    def processes(self, number: int) -> Iterator[tuple[int, str]]:
        """Process id, and name with command line, of everything that runs inside a job."""
        mark = f"SLURM_JOB_ID={number}".encode()
        for process in Path("/proc").iterdir():
            if process.name.isdigit():
                try:
                    if mark in (process / "environ").read_bytes().split(b"\0"):
                        words = (process / "comm").read_bytes() + (
                            process / "cmdline"
                        ).read_bytes().replace(b"\0", b" ")
                        yield int(process.name), words.decode(errors="replace")
                except OSError:  # it has just ended, or belongs to someone else
                    continue

    def memory(self, number: int) -> float:
        """MB held now by all processes of a job together, pages that several share counted once
        (PSS).
        """
        total = 0
        for process, _ in self.processes(number):
            with contextlib.suppress(OSError):
                rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
                total += next(
                    (
                        int(line.split()[1])
                        for line in rollup.splitlines()
                        if line.startswith("Pss:")
                    ),
                    0,
                )
        return total / 1024

    def kill_node(self, name: str) -> None:
        """Take a node away as a power cut does: its slurmd and all that runs there die, then Slurm
        is told.
        """
        self.daemons.pop(name).kill()
        running = {job.number for job in self.jobs(("RUNNING", "COMPLETING")) if job.node == name}
        jobs = {process for number in running for process, _ in self.processes(number)}
        steps = set()
        for process in jobs:
            with contextlib.suppress(OSError):  # it has just ended
                parent = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1]
                if Path(f"/proc/{parent}/cmdline").read_bytes().startswith(b"slurmstepd"):
                    steps.add(int(parent))
        for process in steps | jobs:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self.client("scontrol", "update", f"NodeName={name}", "State=DOWN", "Reason=killed")

    def last_words(self) -> str:
        """The ends of the daemons' logs."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(
            f"-- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-15:])
            for path in logs
        )

    def _start(self) -> None:
        lacking = missing()
        if lacking:
            raise FileNotFoundError(
                f"Slurm is not installed: no {', '.join(lacking)} (on Debian: slurm-wlm and munge)"
            )
        self.folder.chmod(0o755)
        (self.folder / "state").mkdir()
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        controller_port, *ports = free_ports(1 + self.nodes)
        host = socket.gethostname().split(".")[0]
        text = CONFIGURATION.format(
            folder=self.folder,
            host=host,
            user=getpass.getuser(),
            controller_port=controller_port,
            requeue=int(self.requeue),
        )
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20 // self.nodes
        cpus = min(2, os.cpu_count() or 1) if self.nodes == 1 else 1
        for name, port in zip(self.names, ports, strict=True):
            text += NODE.format(name=name, host=host, port=port, cpus=cpus, memory=memory)
        (self.folder / "slurm.conf").write_text(text, encoding="utf-8")
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=disabled\n", encoding="utf-8")
        # Snakemake's plugin takes SLURM_CONF away from the srun inside a job, as if every cluster
        # had its configuration in /etc.
        srun = self.folder / "srun"
        srun.write_text(
            f"#!/bin/sh\nSLURM_CONF={self.folder}/slurm.conf exec "
            f'{shutil.which("srun", path=SEARCH)} "$@"\n'
        )
        srun.chmod(0o755)
        munge = {
            "key-file": "munge.key",
            "socket": "munge.socket",
            "pid-file": "munge.pid",
            "log-file": "munge.log",
        }
        munge["seed-file"] = "munge.seed"
        self._launch(
            "munged",
            "--foreground",
            "--force",
            *(f"--{key}={self.folder / name}" for key, name in munge.items()),
        )
        self._until((self.folder / "munge.socket").exists, "munged")
        self._launch("slurmctld", "-D")
        for name in self.names:
            (self.folder / f"{name}.spool").mkdir()
            self._launch("slurmd", "-D", "-N", name, name=name)
        self._until(self._all_idle, "idle nodes")

    def _all_idle(self) -> bool:
        return (
            self.client("sinfo", "--noheader", "--Node", "--format=%t", check=False).split()
            == ["idle"] * self.nodes
        )

    def _launch(self, program: str, *arguments: str, name: str | None = None) -> None:
        output = (self.folder / f"{name or program}.out.log").open("w")
        command = [shutil.which(program, path=SEARCH), *arguments]
        daemon = subprocess.Popen(
            command, env=self.environment, stdout=output, stderr=subprocess.STDOUT
        )
        self.daemons[name or program] = daemon
        output.close()

    def _until(self, condition, what: str, patience: float = 30, check: bool = True) -> None:
        end = time.monotonic() + patience
        while not condition():
            ended = [daemon for daemon in self.daemons.values() if daemon.poll() is not None]
            if ended or time.monotonic() > end:
                if not check:
                    return
                which = (
                    f"{ended[0].args[0]} ended with status {ended[0].returncode}"
                    if ended
                    else f"no {what} in {patience:g} s"
                )
                raise RuntimeError(f"Slurm did not start: {which}\n{self.last_words()}")
            time.sleep(0.2)


def megabytes(text: str) -> int:
    """Memory as squeue prints it (1000M, 1.50G)."""
    units = {"K": 1 / 1024, "M": 1, "G": 1024, "T": 1024**2}
    return round(float(text[:-1]) * units[text[-1]]) if text[-1] in units else int(text)


def seconds(text: str) -> int:
    """Time as squeue prints it (1-02:03:04, 2:03); "INVALID" (a job that never ran) is 0."""
    if not text[-1].isdigit():
        return 0
    days, _, clock = text.rpartition("-")
    total = 0
    for part in clock.split(":"):
        total = 60 * total + int(part)
    return total + 86400 * int(days or 0)


def main(command: list[str]) -> int:
    nodes = 1
    if command[:1] == ["--nodes"]:
        nodes, command = int(command[1]), command[2:]
    if not command:
        print(__doc__)
        return 2
    try:
        with LocalSlurm(nodes=nodes) as cluster:
            code = subprocess.call(command, env=cluster.environment)
            for job in cluster.jobs():
                line = (
                    f"{job.number:5d} {job.state:12s} {job.node:8s} {job.memory:6d} MB "
                    f"{job.seconds:5d} s  {job.rule}"
                )
                print(line, file=sys.stderr)
            return code
    except (FileNotFoundError, RuntimeError) as fault:
        print(fault, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
