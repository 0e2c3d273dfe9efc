"""Which versions of packages are installed, whoever installed them (pip from the lock, conda), not
what a lock file says.
"""

import importlib.metadata
import platform
import re
from functools import cache
from importlib import import_module
from pathlib import Path

#: Names of distributions that differ from the package that is imported. By hand:
#: `importlib.metadata.packages_distributions` reads the list of files of every installed package,
#: which takes more than a second whenever a run starts.
DISTRIBUTIONS = {"PIL": "pillow", "sklearn": "scikit-learn", "yaml": "pyyaml"}
#: Version of a package that is not installed.
MISSING = "not installed"


@cache
def required(package: str) -> frozenset[str]:
    """Names of the distributions that an installed package requires, of whatever version; extras
    are left out.
    """
    try:
        lines = importlib.metadata.requires(DISTRIBUTIONS.get(package, package)) or []
    except importlib.metadata.PackageNotFoundError:
        return frozenset()
    return frozenset(re.split(r"[^\w.-]", line)[0] for line in lines if "extra ==" not in line)


@cache
def version(package: str) -> str:
    """Version of an installed package, Python itself as `python` (3.12); `MISSING` where it is not
    there.
    """
    if package == "python":
        return ".".join(platform.python_version_tuple()[:2])
    try:
        return importlib.metadata.version(DISTRIBUTIONS.get(package, package))
    except importlib.metadata.PackageNotFoundError:
        return MISSING


def installed(prefix: str | Path) -> list[str]:
    """Everything that is installed in an environment, by name and version as conda and pip write
    them, sorted.
    """
    patterns = ("conda-meta/*.json", "lib/python3*/site-packages/*.dist-info")
    return sorted(path.stem for pattern in patterns for path in Path(prefix).glob(pattern))


def kernel() -> str:
    """The linear algebra that numpy computes with on this processor, such as ``openblas SkylakeX``;
    last digits depend on it.
    """
    import_module("numpy")  # loads it
    from threadpoolctl import threadpool_info

    found = [one for one in threadpool_info() if one["user_api"] == "blas"]
    of_numpy = [one for one in found if "numpy" in one["filepath"].split("-packages")[-1]] or found
    return (
        " ".join(filter(None, (of_numpy[0]["internal_api"], of_numpy[0].get("architecture"))))
        if of_numpy
        else "unknown"
    )
