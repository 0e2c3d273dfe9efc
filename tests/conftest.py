"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """Data that is not part of the project: CITYMRIO_SHARED, else ../shared beside the repository; skips when absent."""
    folder = Path(os.environ.get("CITYMRIO_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"needs the raw data in {folder} (set CITYMRIO_SHARED)")
    return folder
