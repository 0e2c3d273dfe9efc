"""Which versions of which packages a script computes with, as small files that can be inputs of a rule.

Content decides what runs anew: a job whose packages are of other versions than at its last run is done again, others are not.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..base.software import version
from ..base.solvers import SOLVERS

#: What computes or writes behind a package without being imported by name.
BEHIND = {
    "cvxpy": tuple(backend.package for backend in SOLVERS.values() if backend.package and backend.installed),
    "geopandas": ("shapely", "pyproj"),
    "pandas": ("numpy",),
    "xarray": ("numpy", "netCDF4"),
}


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
        Names that are imported (`code.packages`).
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
