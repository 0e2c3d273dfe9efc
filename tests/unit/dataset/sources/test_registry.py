"""A kind of dataset is one entry of `SOURCES` and one of `config.kinds`; the configuration's own
list of kinds keeps step.
"""

from __future__ import annotations

from typing import get_args

import pytest

from citymrio.config.kinds import KEYS, readers, reads
from citymrio.config.models import Dataset
from citymrio.dataset.sources import SOURCES, source

#: Keys that every kind reads.
EVERY = {"kind", "year", "mrio"}


def test_the_kinds_of_the_configuration_are_those_with_a_source():
    assert set(get_args(Dataset.model_fields["kind"].annotation)) == set(SOURCES) == set(KEYS)


def test_every_key_of_the_section_is_read_by_some_kind_or_by_all():
    assert {key for keys in KEYS.values() for key in keys} == set(Dataset.model_fields) - EVERY
    assert readers("raw_dir") == ["china", "tables", "user", "mrio"]
    assert reads("user", "year") and reads("user", "raw_dir") and not reads("user", "seed")


@pytest.mark.parametrize("kind", SOURCES)
def test_every_source_can_build(kind):
    assert callable(source(kind).build)


def test_no_other_package_names_a_country(root):
    """Configuration and the paper's own case apart."""
    library = root / "scripts/citymrio"
    allowed = ("config/", "dataset/sources/", "assessment/paper/")
    named = [
        str(path.relative_to(library))
        for path in library.rglob("*.py")
        if not str(path.relative_to(library)).startswith(allowed)
        and "china" in path.read_text(encoding="utf-8").lower()
    ]
    assert named == []
