"""A cluster of one node, and what the runs on it took, printed at the end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from local_slurm import LocalSlurm, missing

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
def slurm():
    """Skips where Slurm is not installed."""
    lacking = missing()
    if lacking:
        pytest.skip(
            f"needs Slurm: no {', '.join(lacking)} (on Debian: apt-get install slurm-wlm munge)"
        )


@pytest.fixture(scope="module")
def cluster(slurm):
    """Slurm on this machine alone, of one node."""
    with LocalSlurm() as cluster:
        yield cluster
