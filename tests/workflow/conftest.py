"""Copies of the repository to run in, and finished runs of the tiny country."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable

import pytest
from checkout import Checkout
from mutations import TARGETS, hook
from rebuilds import Rebuilds

REBUILDS = Rebuilds()


@pytest.fixture(scope="session")
def rebuilds() -> Rebuilds:
    """The table of changes, jobs expected and jobs run; printed at the end of the session."""
    return REBUILDS


def pytest_terminal_summary(terminalreporter):
    if REBUILDS.rows:
        terminalreporter.section("what was rebuilt")
        terminalreporter.write_line(REBUILDS.text())
        if path := os.environ.get("REBUILD_TABLE"):
            REBUILDS.write(path)
            terminalreporter.write_line(f"written to {path}")


@pytest.fixture(scope="session")
def checkout():
    """Makes a copy of the workflow in a folder: ``checkout(folder)``."""
    return Checkout.make


def finished_run(
    factory: pytest.TempPathFactory,
    name: str,
    cores: int,
    options: Callable[[Checkout], dict] = lambda checkout: {},
) -> Checkout:
    """The tiny country through every rule in a checkout that all processes of the session share;
    the first to ask makes it.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    folder, done = base / name, base / f"{name}.done"
    with open(base / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            checkout = Checkout.make(folder)
            code, text = checkout.run(*TARGETS, cores=cores, **options(checkout))
            assert code == 0, text
            done.touch()
    return Checkout(folder)


@pytest.fixture(scope="session")
def finished(tmp_path_factory) -> Checkout:
    """A checkout whose run with two cores is complete. Tests read it; those that run Snakemake take
    a `copy()`.
    """
    return finished_run(tmp_path_factory, "first", 2)


@pytest.fixture(scope="session")
def two_runs(finished, tmp_path_factory) -> tuple[Checkout, Checkout]:
    """The same run in two checkouts, to be read only: on two cores, and on one, with an interpreter
    for every job, whose processes write down what they open.
    """
    return finished, finished_run(tmp_path_factory, "second", 1, hook)


def country_of_ones_own(folder, original: Checkout) -> Checkout:
    """A checkout with a country of its own in the folder `country` (a copy of the tiny one) and its
    configuration.
    """
    checkout = Checkout.make(folder)
    shutil.copytree(original.results() / "dataset", checkout.folder / "country")
    text = "run: mine\ndataset: {kind: user, raw_dir: country}\n"
    (checkout.folder / "mine.yaml").write_text(text, encoding="utf-8")
    return checkout


@pytest.fixture
def own_country(finished, tmp_path) -> Checkout:
    """A country of one's own that has not run yet."""
    return country_of_ones_own(tmp_path / "checkout", finished)


@pytest.fixture(scope="module")
def own_tables(finished, tmp_path_factory) -> Checkout:
    """A country of one's own whose tables are made."""
    checkout = country_of_ones_own(tmp_path_factory.mktemp("own") / "checkout", finished)
    code, text = checkout.run("tables", config="mine.yaml")
    assert code == 0, text
    return checkout
