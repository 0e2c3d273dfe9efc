"""Benchmark of whole runs: seconds, CPU seconds and memory of every rule, of this state of the code
and of an earlier one.

``python tests/benchmarks/run.py --before e3cd9d4 --raw-dir folder`` runs the default configuration
and China 2012 from nothing, in turn: the earlier state, then this one (the files as they are), each
in a folder of its own, and once more with nothing to do. Writes and prints
``results/benchmarks/run.csv`` (one row a rule; row ``whole run`` has the wall clock and the peak
memory of all processes together) and ``results/benchmarks/run_tables.csv``: files of both runs that
differ, and by how much.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import numpy as np
import pandas as pd
import psutil
import xarray as xr

from citymrio.base.labels import write_table

PARTS = ("Snakefile", "workflow", "config", "rules", "scripts", "profiles", "envs", "report")
#: `prctl` that makes this process the parent of processes whose own parent has ended, so that their
#: CPU time is counted.
SUBREAPER = 36


def checkout(folder: Path, state: str | None) -> Path:
    """The files of the workflow in a folder: those of a commit, or as they are."""
    if state is None:
        for part in PARTS:
            source, target = ROOT / part, folder / part
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source, target)
        return folder
    listed = subprocess.run(
        ["git", "ls-tree", "--name-only", state], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    parts = [
        part for part in PARTS if part in listed.stdout.split()
    ]  # an earlier state may lack one
    done = subprocess.run(["git", "archive", state, *parts], cwd=ROOT, stdout=subprocess.PIPE)
    if done.returncode:
        raise SystemExit(
            f"--before {state}: git knows no such state. Fix: name a commit of this repository "
            "(`git log --oneline`)."
        )
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


class Watch(threading.Thread):
    """The largest memory of all processes below this one together, once a second; shared pages
    count once (PSS).
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.megabytes, self._over = 0.0, threading.Event()

    def run(self) -> None:
        """Look until `stop`."""
        while not self._over.wait(1.0):
            total = 0
            for process in psutil.Process().children(recursive=True):
                try:
                    total += process.memory_full_info().pss
                except psutil.Error:
                    continue
            self.megabytes = max(self.megabytes, total / 2**20)

    def stop(self) -> float:
        """The peak in MB."""
        self._over.set()
        self.join()
        return self.megabytes


def measured(folder: Path, config: str, words: list[str], cores: int) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak MB of one call of Snakemake; stops with its output where
    it fails.
    """
    before, watch = resource.getrusage(resource.RUSAGE_CHILDREN), Watch()
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--cores",
        str(cores),
        "--configfile",
        config,
        *words,
    ]
    variables = {
        key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "CITYMRIO_RUN")
    }
    watch.start()
    began = time.perf_counter()
    done = subprocess.run(
        command,
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    seconds = time.perf_counter() - began
    megabytes = watch.stop()
    while True:  # what outlives Snakemake for a moment
        try:
            os.wait()
        except ChildProcessError:
            break
    if done.returncode:
        raise SystemExit(f"{folder}: {config} failed:\n{done.stdout}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, megabytes


def by_rule(results: Path) -> pd.DataFrame:
    """Jobs, seconds and CPU seconds (summed; sampled, so that very short jobs count less) and MB
    (largest) of every rule.
    """
    rows = []
    for path in sorted((results / "benchmarks").rglob("*.tsv")):
        rule = path.relative_to(results / "benchmarks").parts[0].removesuffix(".tsv")
        row = pd.read_csv(path, sep="\t").iloc[0]
        rule = (
            "figures"
            if re.match(r"figS?\d|readings|emissions_trends|supply_chains", rule)
            else rule
        )
        rows.append((rule, 1, row["s"], row["cpu_time"], row["max_rss"]))
    table = pd.DataFrame(rows, columns=["rule", "jobs", "seconds", "cpu_seconds", "mb"])
    how = {"jobs": "sum", "seconds": "sum", "cpu_seconds": "sum", "mb": "max"}
    return table.groupby("rule").agg(how).reset_index()


def differences(first: Path, second: Path) -> pd.DataFrame:
    """Tables (CSV) and arrays (netCDF) of two runs that differ in a byte: the largest difference
    relative to the largest value of its column or array, and what else differs.
    """
    rows = []
    names = {
        path.relative_to(folder)
        for folder in (first, second)
        for kind in ("*.csv", "*.nc")
        for path in folder.rglob(kind)
    }
    for name in sorted(names):
        one, two = first / name, second / name
        if not (one.exists() and two.exists()):
            rows.append((str(name), np.nan, f"only {'before' if one.exists() else 'after'}"))
        elif one.read_bytes() != two.read_bytes():
            rows.append((str(name), *_difference(one, two)))
    return pd.DataFrame(rows, columns=["file", "largest_relative_difference", "note"])


def _difference(one: Path, two: Path) -> tuple[float, str]:
    if one.suffix == ".nc":
        with xr.open_dataset(one) as a, xr.open_dataset(two) as b:
            columns = {
                name: (a[name].values, b[name].values)
                for name in a.variables
                if name in b.variables
            }
            other = sorted({*a.variables} ^ {*b.variables})
            other += ["attributes"] if a.attrs != b.attrs else []
    else:
        a, b = (pd.read_csv(path, dtype=None, low_memory=False) for path in (one, two))
        columns = {name: (a[name].to_numpy(), b[name].to_numpy()) for name in a if name in b}
        other = sorted({*a.columns} ^ {*b.columns})
    worst = 0.0
    for name, (before, after) in columns.items():
        if before.shape != after.shape:
            other.append(f"shape of {name}")
        elif before.dtype.kind in "fiu" and after.dtype.kind in "fiu":
            scale = np.nanmax(np.abs(before), initial=0.0) or 1.0
            worst = max(worst, float(np.nanmax(np.abs(before - after), initial=0.0) / scale))
            other += (
                [f"gaps of {name}"]
                if (np.isnan(before.astype(float)) != np.isnan(after.astype(float))).any()
                else []
            )
        elif (pd.Series(before.ravel()).astype(str) != pd.Series(after.ravel()).astype(str)).any():
            other.append(str(name))
    return worst, ", ".join(map(str, other))


def main() -> None:
    """Run both states, write and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--before", help="commit of the earlier state; without it only this state runs"
    )
    parser.add_argument(
        "--raw-dir",
        help="folder of China's raw files; without it only the default configuration runs",
    )
    parser.add_argument("--cores", type=int, default=2)
    options = parser.parse_args()
    ctypes.CDLL(None).prctl(SUBREAPER, 1)
    runs = {"synthetic": ("config/config.yaml", [])}
    if options.raw_dir:
        folder = Path(options.raw_dir).resolve()
        if not folder.is_dir():
            raise SystemExit(
                f"--raw-dir {options.raw_dir} is no folder. Fix: name the folder of China's raw "
                "files."
            )
        runs["china2012"] = (
            "config/china2012.yaml",
            ["--config", f"dataset={{raw_dir: '{folder}'}}"],
        )
    states = {"before": options.before, "after": None} if options.before else {"after": None}
    tables, changed = [], []
    with tempfile.TemporaryDirectory(dir=ROOT / "results") as base:
        folders = {name: checkout(Path(base) / name, state) for name, state in states.items()}
        for run, (config, words) in runs.items():
            rules = {}
            for name, folder in folders.items():
                whole = measured(folder, config, words, options.cores)
                nothing = measured(folder, config, words, options.cores)
                rules[name] = by_rule(folder / "results" / run).set_index("rule")
                rules[name].loc["whole run"] = [rules[name]["jobs"].sum(), *whole]
                rules[name].loc["nothing to do"] = [0, *nothing]
            table = pd.concat(rules, axis=1)
            table.columns = [f"{column}_{name}" for name, column in table.columns]
            tables.append(table.reset_index().assign(run=run))
            if options.before:
                two = [folder / "results" / run for folder in folders.values()]
                changed.append(differences(*two).assign(run=run))
    table = pd.concat(tables, ignore_index=True)
    if options.before:
        table["ratio"] = table["seconds_after"] / table["seconds_before"]
    table = table[["run", *table.columns.drop("run")]].sort_values(
        ["run", "cpu_seconds_after"], ascending=[True, False]
    )
    target = ROOT / "results/benchmarks"
    target.mkdir(parents=True, exist_ok=True)
    write_table(table, target / "run.csv")
    print(table.round(2).to_string(index=False))
    if options.before:
        write_table(pd.concat(changed, ignore_index=True), target / "run_tables.csv")
        print(pd.concat(changed, ignore_index=True).to_string(index=False))


if __name__ == "__main__":
    main()
