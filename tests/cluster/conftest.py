"""A cluster of one node for the session, and what the runs on it took, printed at the end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from one_node import OneNode, missing

sys.path.append(str(Path(__file__).parents[1] / "workflow"))  # checkout.py

RECORD = pytest.StashKey[list[str]]()


def pytest_configure(config):
    config.stash[RECORD] = []


def pytest_terminal_summary(terminalreporter, config):
    if config.stash[RECORD]:
        terminalreporter.section("on Slurm")
        for line in config.stash[RECORD]:
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def record(request) -> list[str]:
    """Lines for the end of the output."""
    return request.config.stash[RECORD]


@pytest.fixture(scope="session")
def cluster():
    """Slurm on this machine alone; skips where it is not installed."""
    lacking = missing()
    if lacking:
        pytest.skip(f"needs Slurm: no {', '.join(lacking)} (on Debian: apt-get install slurm-wlm munge)")
    with OneNode() as cluster:
        yield cluster
