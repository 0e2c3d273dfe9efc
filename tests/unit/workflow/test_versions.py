"""Versions of packages as inputs of rules."""

from __future__ import annotations

import importlib.metadata
import platform

import numpy as np
import pytest

from citymrio.base.software import DISTRIBUTIONS, version
from citymrio.workflow.code import packages
from citymrio.workflow.versions import stamps, with_those_behind


def test_packages_of_a_file_are_those_that_are_neither_pythons_nor_ours(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/__init__.py").write_text("")
    (tmp_path / "lib/one.py").write_text("import os\nimport numpy.linalg as la\nfrom . import two\nfrom lib import two\n")
    (tmp_path / "lib/two.py").write_text("def f():\n    from sklearn.cluster import KMeans\n    return KMeans\n")
    files = [tmp_path / "lib/one.py", tmp_path / "lib/two.py"]
    assert packages(files, tmp_path) == ["numpy", "sklearn"]


def test_what_works_behind_a_package_counts():
    assert with_those_behind(["geopandas"]) == ["geopandas", "pyproj", "python", "shapely"]
    assert set(with_those_behind(["xarray"])) == {"xarray", "numpy", "netCDF4", "python"}


def test_a_stamp_holds_the_version_and_is_written_only_when_it_says_something_else(tmp_path):
    first = stamps(["numpy"], tmp_path)
    assert {path.name: path.read_text() for path in first} == {
        "numpy": f"{np.__version__}\n",
        "python": f"{'.'.join(platform.python_version_tuple()[:2])}\n",
    }
    before = [path.stat().st_mtime_ns for path in first]
    assert [path.stat().st_mtime_ns for path in stamps(["numpy"], tmp_path)] == before
    first[0].write_text("0.1\n")
    assert stamps(["numpy"], tmp_path)[0].read_text() == f"{np.__version__}\n"


@pytest.mark.parametrize("package", DISTRIBUTIONS)
def test_packages_that_are_called_otherwise_are_found(package):
    assert version(package) == importlib.metadata.version(DISTRIBUTIONS[package])


def test_every_package_that_the_library_imports_has_a_version(root):
    scripts = root / "scripts"
    found = with_those_behind(packages(sorted(scripts.rglob("*.py")), scripts))
    assert {"numpy", "cvxpy", "clarabel", "matplotlib", "sklearn"} <= set(found)
    assert [package for package in found if version(package) == "not installed"] == []
