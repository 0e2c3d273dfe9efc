"""Which versions of packages are installed, whoever installed them (pip from the lock, conda), not what a lock file says."""

from __future__ import annotations

import importlib.metadata
import platform
from functools import cache

#: Names of distributions that differ from the package that is imported. By hand: `importlib.metadata.packages_distributions`
#: reads the list of files of every installed package, which takes more than a second whenever a run starts.
DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn", "yaml": "pyyaml"}


@cache
def version(package: str) -> str:
    """Version of an installed package, Python itself as `python` (3.12); "not installed" where it is missing."""
    if package == "python":
        return ".".join(platform.python_version_tuple()[:2])
    try:
        return importlib.metadata.version(DISTRIBUTIONS.get(package, package))
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
