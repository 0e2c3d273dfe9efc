"""Pages that are generated from the code say what the code says."""

from __future__ import annotations

import shutil
from pathlib import Path

import documents
import pytest


@pytest.mark.parametrize("name", documents.GENERATED)
def test_the_committed_page_is_what_the_code_writes(root, name):
    text = (root / name).read_text(encoding="utf-8")
    assert text == documents.GENERATED[name](text), "run: make config"


def test_every_page_is_rewritten(root, tmp_path, monkeypatch):
    for name in documents.GENERATED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, tmp_path / name)
    (tmp_path / "config/schema.json").write_text("{}", encoding="utf-8")
    (tmp_path / "docs/tables.md").write_text("old", encoding="utf-8")
    monkeypatch.setattr(documents, "ROOT", tmp_path)
    documents.main()
    for name in documents.GENERATED:
        assert (tmp_path / name).read_bytes() == Path(root / name).read_bytes(), name
