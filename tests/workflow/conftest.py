"""Copies of the repository to run in, and two complete runs of the tiny country."""

from __future__ import annotations

import os
import shutil

import pytest
from checkout import Checkout
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


@pytest.fixture(scope="session")
def two_runs(tmp_path_factory) -> tuple[Checkout, Checkout]:
    """The tiny country through every rule in two checkouts, one with two cores and one with one."""
    pair = tuple(Checkout.make(tmp_path_factory.mktemp(name)) for name in ("first", "second"))
    processes = [checkout.start("all", "mrio_table", cores=cores) for checkout, cores in zip(pair, (2, 1), strict=True)]
    for process in processes:
        text, _ = process.communicate()
        assert process.returncode == 0, text
    return pair


@pytest.fixture(scope="session")
def finished(two_runs) -> Checkout:
    """A checkout whose run is complete; tests leave its results complete."""
    return two_runs[0]


def country_of_ones_own(folder, original: Checkout) -> Checkout:
    """A checkout with a country of its own in the folder `country` (a copy of the tiny one) and its configuration."""
    checkout = Checkout.make(folder)
    shutil.copytree(original.results() / "dataset", checkout.folder / "country")
    text = "run: mine\ndataset: {kind: user, raw_dir: country}\n"
    (checkout.folder / "mine.yaml").write_text(text, encoding="utf-8")
    return checkout


@pytest.fixture
def own_country(two_runs, tmp_path) -> Checkout:
    """A country of one's own that has not run yet."""
    return country_of_ones_own(tmp_path / "checkout", two_runs[1])


@pytest.fixture(scope="module")
def own_tables(two_runs, tmp_path_factory) -> Checkout:
    """A country of one's own whose tables are made."""
    checkout = country_of_ones_own(tmp_path_factory.mktemp("own") / "checkout", two_runs[1])
    code, text = checkout.run("tables", config="mine.yaml")
    assert code == 0, text
    return checkout
