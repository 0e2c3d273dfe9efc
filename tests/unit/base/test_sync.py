"""What has its own name is on the disk: files and folders are brought there before and after their
rename.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from citymrio.base import labels
from citymrio.base.files import PART
from citymrio.base.labels import whole_folder, write_atomic


def test_files_and_folders_are_on_the_disk_before_and_after_their_rename(tmp_path, monkeypatch):
    """A rename that reaches the disk before the bytes leaves an empty file under its own name after
    a power failure.
    """
    done = []
    monkeypatch.setattr(
        labels,
        "sync",
        lambda path: done.append(("sync", Path(path).name.startswith(PART), Path(path))),
    )
    replace = os.replace
    monkeypatch.setattr(
        labels.os,
        "replace",
        lambda old, new: (done.append(("rename", Path(new))), replace(old, new)),
    )
    write_atomic(tmp_path / "a.txt", lambda target: Path(target).write_text("a"))
    assert [step[:2] for step in done] == [
        ("sync", True),
        ("rename", tmp_path / "a.txt"),
        ("sync", False),
    ]
    assert done[-1][2] == tmp_path
    done.clear()
    with whole_folder(tmp_path / "folder") as part:
        (part / "inside").mkdir()
        (part / "inside/b.txt").write_text("b")
    names = [step[-1].name for step in done]
    assert {"b.txt", "inside", f"{PART}folder"} <= set(names[: names.index("folder")])
    assert done[-1][0] == "sync" and done[-1][2] == tmp_path


def test_bytes_that_cannot_reach_the_disk_are_an_error_and_folders_are_left_alone(
    tmp_path, monkeypatch
):
    def refuse(handle):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(labels.os, "fsync", refuse)
    labels.sync(tmp_path)
    with pytest.raises(OSError, match="Input/output error"):
        write_atomic(tmp_path / "a.txt", lambda target: Path(target).write_text("a"))
    assert list(tmp_path.iterdir()) == []
