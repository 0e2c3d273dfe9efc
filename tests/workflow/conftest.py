"""Copies of the repository to run in, and two complete runs of the tiny country."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config", "rules", "scripts", "profiles", "envs", "report")


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

    def start(self, *arguments: str, cores: int = 2, config: str = "config/tiny.yaml") -> subprocess.Popen:
        """Start Snakemake; `arguments` may begin with targets."""
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        command = [sys.executable, "-m", "snakemake", *arguments, "--cores", str(cores), "--configfile", config]
        return subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *arguments: str, **options) -> tuple[int, str]:
        """Run Snakemake to its end: exit code and everything it printed."""
        process = self.start(*arguments, **options)
        text, _ = process.communicate()
        return process.returncode, text

    def results(self, run: str = "tiny") -> Path:
        return self.folder / "results" / run

    def logs(self, run: str = "tiny") -> dict[str, int]:
        """Log of every job that ever ran, with the time of its last run."""
        folder = self.results(run) / "logs"
        return {str(path.relative_to(folder))[:-4]: path.stat().st_mtime_ns for path in folder.rglob("*.log")}

    def jobs(self, *arguments: str, run: str = "tiny", **options) -> set[str]:
        """Run Snakemake and return the jobs it ran, as rule or rule/wildcard."""
        before = self.logs(run)
        code, text = self.run(*arguments, **options)
        assert code == 0, text
        return {job for job, time in self.logs(run).items() if before.get(job) != time}


@pytest.fixture(scope="session")
def checkout():
    """Makes a copy of the workflow in a folder: ``checkout(folder)``."""
    return Checkout.make


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory) -> tuple[Checkout, Checkout]:
    """The tiny country through every rule in two checkouts, one with two cores and one with one."""
    pair = tuple(Checkout.make(tmp_path_factory.mktemp(name)) for name in ("first", "second"))
    processes = [checkout.start("all", "mrio_table", cores=cores) for checkout, cores in zip(pair, (2, 1), strict=True)]
    for process in processes:
        text, _ = process.communicate()
        assert process.returncode == 0, text
    return pair


@pytest.fixture(scope="session")
def finished(two_runs) -> Checkout:
    """A checkout whose run is complete; tests leave its results complete."""
    return two_runs[0]


@pytest.fixture
def own_country(two_runs, tmp_path) -> Checkout:
    """A checkout with a country of its own in the folder `country` (a copy of the tiny one) and its configuration."""
    checkout = Checkout.make(tmp_path / "checkout")
    shutil.copytree(two_runs[1].results() / "dataset", checkout.folder / "country")
    text = "run: mine\ndataset: {kind: user, raw_dir: country}\n"
    (checkout.folder / "mine.yaml").write_text(text, encoding="utf-8")
    return checkout
