"""Fixtures that all tests share, and which process of pytest-xdist runs which tests.

`make test` runs what is quick: units, and everything that reads the one finished run of the tiny
country. Marked ``slow``, and left to `make test-slow`, is what starts Snakemake, pip, another Python
or forked jobs itself, builds the site, a release or a country of its own for one fact, repeats the
whole chain or a fit many times, draws every figure or page again, or reads the raw files of China.
Of these, what is marked ``night`` as well is skipped but with THOROUGH=yes.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest
from thorough import THOROUGH

ROOT = Path(__file__).parents[1]
# As in every job of the workflow (`citymrio.workflow.forks.THREAD_VARIABLES`): two processes of
# tests do not fight for two cores.
os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)
# Tests make much and keep little in circles: garbage is looked for more seldom than by default
# (2000), which takes 7% of the CPU seconds.
gc.set_threshold(50_000)
# What a test writes need not outlive a power failure: nothing waits for the disk.
os.fsync = lambda handle: None
#: Fixtures that hand out finished runs of the tiny country (tests/workflow/conftest.py).
RUNS = {"finished", "two_runs"}


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def adapters() -> dict[str, Path]:
    """Name of a rule -> its adapter."""
    packages = ("citymrio", "snakemake_logger_plugin_citymrio")
    return {
        path.stem: path
        for path in sorted((ROOT / "scripts").glob("*/*.py"))
        if path.parent.name not in packages
    }


@pytest.fixture(scope="session")
def shared() -> Path:
    """Data that is not part of the project: CITYMRIO_SHARED, else ../shared beside the repository;
    skips when absent.
    """
    folder = Path(os.environ.get("CITYMRIO_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"needs the raw data in {folder} (set CITYMRIO_SHARED)")
    return folder


@pytest.fixture(scope="session", autouse=True)
def _sound_netcdf_files_are_tried_once():
    """Copies of a dataset hold the same netCDF files: what the process that tries them
    (`citymrio.base.files.netcdf_faults`) has read whole is not handed to another one again.
    """
    if not (folder := sys.modules.get("citymrio.dataset.contract.folder")):
        yield
        return
    from citymrio.base import files

    sound = set()

    def once(paths, **options):
        content = {
            str(path): (files.READ_WHOLE, sha256(path.read_bytes()).digest())
            for path in map(Path, paths)
            if path.is_file()
        }
        left = [path for path, known in content.items() if known not in sound]
        faults = files.netcdf_faults(left, **options)
        sound.update(content[path] for path in left if path not in faults)
        return faults

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder, "netcdf_faults", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _sound_tables_are_tried_once():
    """Nor is a table tried again that its schema has found sound: countries of tests share most."""
    if not (pandera := sys.modules.get("pandera.pandas")):
        yield
        return
    validate, sound = pandera.DataFrameSchema.validate, {}

    def once(schema, frame, **options):
        content = sha256(pickle.dumps(frame)).digest()
        if (id(schema), content) not in sound:
            validate(schema, frame, **options)
            sound[id(schema), content] = schema  # kept, so that no other gets its number
        return frame

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pandera.DataFrameSchema, "validate", once)
        yield


def pytest_collection_finish() -> None:
    """Modules and tests live to the end: no collection of garbage looks through them again."""
    gc.collect()
    gc.freeze()


def skipped(item: pytest.Item) -> bool:
    return bool(item.get_closest_marker("night")) and not THOROUGH


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]):
    """Mark what reads raw files, skip what is for the night; then order the files so that two
    processes are busy to the end (pytest-xdist, ``loadfile``).

    One file that needs a finished run comes first and makes it; meanwhile the other process does
    what is slow and needs none, then what is slow and needs one. Quick files come last, many and
    short: so no process waits long for the other. Otherwise files with many tests come first.
    """
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
        if skipped(item):
            item.add_marker(pytest.mark.skip("for the night: make test-slow THOROUGH=yes"))
    yield  # here those are left out that were not asked for
    run = [item for item in items if not skipped(item)]
    files = Counter(item.path for item in run)
    slow = Counter(item.path for item in run if item.get_closest_marker("slow"))
    need_a_run = {
        item.path for item in run if not RUNS.isdisjoint(getattr(item, "fixturenames", ()))
    }
    maker = max(need_a_run, key=lambda path: (slow[path], files[path], path), default=None)

    def place(item: pytest.Item) -> tuple:
        path, runs = item.path, item.path in need_a_run
        return path != maker, not slow[path], runs, -slow[path], -files[path], path

    items.sort(key=place)
