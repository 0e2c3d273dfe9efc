"""The toy country as CSV files, as a workbook and in the form of the contract, made once."""

from __future__ import annotations

import shutil

import pytest

from citymrio.config.models import Dataset
from citymrio.dataset.sources.template import write_template
from citymrio.dataset.sources.user import build


@pytest.fixture(scope="session")
def toys(tmp_path_factory):
    """Sound folders by form; copied, never changed."""
    base = tmp_path_factory.mktemp("toy") / "mydata"
    write_template(base)
    build(Dataset(kind="user", raw_dir=str(base / "example"), year=2020), base / "contract")
    return {
        "folder": base / "example",
        "workbook": base / "example_workbook",
        "contract": base / "contract",
    }


@pytest.fixture
def copy_of(toys, tmp_path):
    """Copy of one of the folders."""

    def copy(form: str):
        return shutil.copytree(toys[form], tmp_path / "data")

    return copy
