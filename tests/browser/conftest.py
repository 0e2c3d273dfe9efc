"""A browser for every process of the session, and the pages it opens: of a toy country made on the
spot, of finished runs.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

import made_pages
import pytest
from chromium import Opened, launched, missing, runs

MEASURED = "measured"


def countries() -> list[str | Path]:
    """The toy country, unless RESULTS names runs without it, and the runs."""
    named = os.environ.get("RESULTS", "").split()
    return [*(["toy"] if not named or "toy" in named else []), *runs()]


def pytest_terminal_summary(terminalreporter):
    lines = [
        text
        for report in terminalreporter.getreports("passed")
        for name, text in report.user_properties
        if name == MEASURED
    ]
    if lines:
        terminalreporter.section("explorers")
        for line in dict.fromkeys(lines):
            terminalreporter.write_line(line)


@pytest.fixture
def measured(record_property):
    """Notes a line for the end of the output, from whatever process."""
    return lambda line: record_property(MEASURED, line)


@pytest.fixture(scope="session")
def browser():
    """Chromium; skips where it or what drives it is not installed."""
    if lacking := missing():
        pytest.skip(f"needs {lacking}")
    with launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def toy(tmp_path_factory) -> Path:
    """Results of the toy country, as far as its explorer and its tests need them; nobody changes
    them.
    """
    base = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    with open(base / "toy.lock", "w") as lock:  # the first process that asks makes it, for all
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = base / "toy.path"
        if not made.exists():
            made.write_text(str(made_pages.make(base / "toy")), encoding="utf-8")
    return Path(made.read_text(encoding="utf-8"))


@pytest.fixture(
    scope="session", params=countries(), ids=lambda value: getattr(value, "name", value)
)
def results(request, browser) -> Path:
    """The results of a run with an explorer: the toy country, and every finished run."""
    folder = request.getfixturevalue("toy") if request.param == "toy" else request.param
    assert (folder / "explorer/index.html").is_file(), (
        f"{folder} has no explorer. Fix: finish the run (make)"
    )
    return folder


@pytest.fixture
def opened(browser):
    """Opens pages and closes them behind the test: ``opened(results, "tab=city", size=(390,
    844))``.
    """
    pages = []

    def open_page(results: Path, choices: str = "", **options) -> Opened:
        pages.append(Opened.open(browser, results / "explorer/index.html", choices, **options))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()


@pytest.fixture
def explorer(opened, results) -> Opened:
    """The explorer of a run, just opened."""
    return opened(results)


@pytest.fixture
def toy_explorer(opened, toy) -> Opened:
    """The explorer of the toy country, just opened: for what does not depend on the run."""
    return opened(toy)


@pytest.fixture
def moved(results, tmp_path) -> Path:
    """The page alone, in a folder whose name has a blank and a letter that is not ASCII."""
    folder = tmp_path / "von Zürich 城市"
    (folder / "explorer").mkdir(parents=True)
    shutil.copy2(results / "explorer/index.html", folder / "explorer")
    return folder
