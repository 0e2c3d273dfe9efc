"""Versions of packages as inputs of rules."""

from __future__ import annotations

import importlib.metadata
import platform
import sys
from pathlib import Path

import numpy as np
import pytest

from citymrio.base.errors import DataError
from citymrio.base.software import DISTRIBUTIONS, version
from citymrio.workflow.code import packages
from citymrio.workflow.versions import (
    ENGINES,
    FOLDER,
    refuse_changes,
    stamp_of_conda,
    stamps,
    with_those_behind,
)

CONFIGURATIONS = {
    "usual": {"solver": {"name": "ENTROPY_DUAL"}},
    "main": {"solver": {"name": "CLARABEL"}},
    "variant": {"variants": {"other": {"solver": {"name": "SCS"}}}},
}


def test_packages_of_a_file_are_those_that_are_neither_pythons_nor_ours(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/__init__.py").write_text("")
    (tmp_path / "lib/one.py").write_text(
        "import os\nimport numpy.linalg as la\nfrom . import two\nfrom lib import two\n"
    )
    (tmp_path / "lib/two.py").write_text(
        "def f():\n    from sklearn.cluster import KMeans\n    return KMeans\n"
    )
    files = [tmp_path / "lib/one.py", tmp_path / "lib/two.py"]
    assert packages(files, tmp_path) == ["numpy", "sklearn"]


def test_what_a_package_requires_and_what_works_behind_it_counts():
    assert {
        "geopandas",
        "numpy",
        "pandas",
        "pyarrow",
        "pyogrio",
        "pyproj",
        "python",
        "shapely",
    } <= {*with_those_behind(["geopandas"])}
    assert {"xarray", "numpy", "netCDF4", "python"} <= set(with_those_behind(["xarray"]))
    assert {"pillow", "fonttools", "contourpy", "kiwisolver"} <= set(
        with_those_behind(["matplotlib"])
    )
    assert {"pydantic", "pydantic-core"} <= set(with_those_behind(["pydantic"]))


def test_a_stamp_holds_the_version_and_is_written_only_when_it_says_something_else(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    found = {path.name: path.read_text() for path in stamps(["numpy"])}
    assert found == {
        "numpy": f"{np.__version__}\n",
        "python": f"{'.'.join(platform.python_version_tuple()[:2])}\n",
    }
    path = Path(FOLDER) / "numpy"
    before = path.stat().st_mtime_ns
    stamps(["numpy"])
    assert path.stat().st_mtime_ns == before
    path.write_text("0.1\n")
    with pytest.raises(
        DataError,
        match=f"the run began with 0.1, and this job has {np.__version__}: it was installed since",
    ):
        refuse_changes([str(path)])
    refuse_changes(map(str, stamps(["numpy"])))


def environment(prefix: Path, name: str, file: Path, **packages: str) -> Path:
    """What conda leaves of an environment: its file, and a name for everything installed."""
    folder = prefix / name
    for package, number in packages.items():
        (folder / "conda-meta").mkdir(parents=True, exist_ok=True)
        (folder / f"conda-meta/{package}-{number}-0.json").write_text("{}")
    (folder / "lib/python3.12/site-packages/ipfn-1.4.dist-info").mkdir(parents=True)
    (prefix / f"{name}.yaml").write_bytes(file.read_bytes())
    return folder


def test_where_jobs_have_an_environment_of_their_own_the_stamp_is_of_that(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file, prefix = tmp_path / "environment.yaml", tmp_path / "made"
    file.write_text("dependencies: [numpy]\n")
    assert stamp_of_conda(prefix, file).read_text() == "not made yet\n"
    made = environment(prefix, "abc_", file, numpy="2.3.1")
    other = environment(prefix, "def_", file, numpy="1.0")
    (prefix / "def_.yaml").write_text("another file\n")
    stamp = stamp_of_conda(prefix, file)
    assert stamp.read_text() == "ipfn-1.4\nnumpy-2.3.1-0\n"
    monkeypatch.setattr(sys, "prefix", str(made))
    refuse_changes([str(stamp)])
    monkeypatch.setattr(sys, "prefix", str(other))
    with pytest.raises(
        DataError, match="the run began with numpy-2.3.1-0, and this job has numpy-1.0-0"
    ):
        refuse_changes([str(stamp)])


def test_an_engine_of_cvxpy_counts_where_the_configuration_names_its_solver(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = {
        case: {path.name for path in stamps(["cvxpy"], config)}
        for case, config in CONFIGURATIONS.items()
    }
    assert not ENGINES & found["usual"]
    assert (found["main"] - found["usual"]) & ENGINES == {"clarabel"}
    assert (found["variant"] - found["usual"]) & ENGINES == {"scs"}


@pytest.mark.parametrize("package", DISTRIBUTIONS)
def test_packages_that_are_called_otherwise_are_found(package):
    assert version(package) == importlib.metadata.version(DISTRIBUTIONS[package])


def test_every_package_that_the_library_imports_has_a_version(root):
    scripts = root / "scripts"
    found = with_those_behind(packages(sorted(scripts.rglob("*.py")), scripts))
    assert {"numpy", "cvxpy", "matplotlib", "sklearn"} <= set(found)
    assert [package for package in found if version(package) == "not installed"] == []
