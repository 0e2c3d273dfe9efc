"""Which versions of which packages a script computes with, as small files that can be inputs of a rule.

Content decides what runs anew: a job whose packages are of other versions than at its last run is done again, others are not.
What counts is what is installed, whoever installed it (pip from the lock, conda), not what a lock file says.
"""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable
from functools import cache
from pathlib import Path

#: Names of distributions that differ from the package that is imported.
DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn", "yaml": "pyyaml"}
#: What computes or writes behind a package without being imported by name.
BEHIND = {
    "cvxpy": ("clarabel", "scs"),
    "geopandas": ("shapely", "pyproj"),
    "pandas": ("numpy",),
    "xarray": ("numpy", "netCDF4"),
}


@cache
def version(package: str) -> str:
    """Version of an installed package, Python itself as `python` (3.12); "not installed" where it is missing."""
    if package == "python":
        return ".".join(platform.python_version_tuple()[:2])
    try:
        return importlib.metadata.version(DISTRIBUTIONS.get(package, package))
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def with_those_behind(packages: Iterable[str]) -> list[str]:
    """These packages, those that work behind them, and Python, sorted."""
    found, todo = {"python"}, list(packages)
    while todo:
        package = todo.pop()
        if package not in found:
            found.add(package)
            todo.extend(BEHIND.get(package, ()))
    return sorted(found)


def stamps(packages: Iterable[str], folder: str | Path) -> list[Path]:
    """One file for each package in `folder`, holding its version; written only where it says something else.

    Parameters
    ----------
    packages
        Names that are imported (`closure.packages`).
    folder
        Where the files are, one for each package.
    """
    files = []
    for package in with_those_behind(packages):
        path, text = Path(folder) / package, f"{version(package)}\n"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        files.append(path)
    return files
