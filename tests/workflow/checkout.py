"""Copies of the workflow to run in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from forked import snakemake

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "workflow", "config", "rules", "scripts", "profiles", "envs", "report")


#: Options of `Checkout.run` that are not those of a process.
OURS = {"cores", "config"}


def environment(forks: bool = True) -> dict[str, str]:
    """What is around Snakemake, without what `make` and pytest put in."""
    left_out = ("PYTHONPATH", "CITYMRIO_RUN")
    kept = {key: value for key, value in os.environ.items() if key not in left_out}
    return kept | {"CITYMRIO_FORKS": str(int(forks))}


def whole_outputs(folder: Path) -> dict[str, bytes]:
    """Relative path -> bytes of everything a run leaves below `folder`.

    Logs, timings and records of jobs are left out, and what is hidden: a file or folder that is
    still being written (`.part-dataset/regions.csv`) has a name that begins with a dot.
    """
    apart = ("logs", "benchmarks", "manifest")
    names = {path: path.relative_to(folder).parts for path in sorted(folder.rglob("*"))}
    return {
        "/".join(parts): path.read_bytes()
        for path, parts in names.items()
        if parts[0] not in apart
        and not any(part.startswith(".") for part in parts)
        and path.is_file()
    }


@dataclass(frozen=True)
class Checkout:
    """A copy of the workflow in a folder of its own."""

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Checkout:
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, folder / part)
        return cls(folder)

    def copy(self, folder: Path) -> Checkout:
        """A checkout of the workflow as it is, with the results of this one and Snakemake's records
        of them.
        """
        copy = Checkout.make(folder)
        for part in ("results", ".snakemake"):
            shutil.copytree(self.folder / part, folder / part)
        return copy

    def start(
        self, *arguments: str, path: Path | None = None, forks: bool = True, **options
    ) -> subprocess.Popen:
        """Start Snakemake; `arguments` may begin with targets, `path` goes before all packages;
        `options` are `cores`, `config` and Popen's.
        """
        words = self._words(*arguments, **{name: options.pop(name) for name in OURS & {*options}})
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", *words],
            cwd=self.folder,
            env=environment(forks) | ({"PYTHONPATH": str(path)} if path else {}),
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **options},
        )

    def run(
        self, *arguments: str, forks: bool = True, variables: dict | None = None, **options
    ) -> tuple[int, str]:
        """Run Snakemake to its end: exit code and everything it printed."""
        if {*options} <= OURS:
            around = environment(forks) | (variables or {})
            return snakemake(self._words(*arguments, **options), str(self.folder), around)
        process = self.start(*arguments, forks=forks, **options)
        text, _ = process.communicate()
        return process.returncode, text

    @staticmethod
    def _words(*arguments: str, cores: int = 2, config: str = "config/tiny.yaml") -> list[str]:
        return [*arguments, "--cores", str(cores), "--configfile", config]

    def verify(self, *options: str, config: str = "config/tiny.yaml") -> tuple[int, str]:
        """Exit code of `make verify` and what it says."""
        environment = {**os.environ, "PYTHONPATH": str(self.folder / "scripts")}
        command = [sys.executable, "-m", "citymrio", "verify", config, *options]
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    def results(self, run: str = "tiny") -> Path:
        return self.folder / "results" / run

    def logs(self, run: str = "tiny") -> dict[str, int]:
        """Log of every job that ever ran, with the time of its last run."""
        folder = self.results(run) / "logs"
        return {
            str(path.relative_to(folder))[:-4]: path.stat().st_mtime_ns
            for path in folder.rglob("*.log")
        }

    def jobs(self, *arguments: str, run: str = "tiny", **options) -> set[str]:
        """Run Snakemake and return the jobs it ran, as rule or rule/wildcard."""
        before = self.logs(run)
        code, text = self.run(*arguments, **options)
        assert code == 0, text
        return {job for job, time in self.logs(run).items() if before.get(job) != time}
