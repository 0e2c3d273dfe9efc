"""The commit in provenance.json is the workflow's own, or unknown."""

from __future__ import annotations

import re
import subprocess

import pytest

from citymrio.workflow.provenance import UNKNOWN, commit


def git(folder, *words):
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    return subprocess.run(
        ["git", "-C", folder, *identity, *words], check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    folder = tmp_path / "outer"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "file").write_text("a\n", encoding="utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_a_checkout_has_its_commit_and_says_whether_files_differ(checkout):
    revision = git(checkout, "rev-parse", "HEAD")
    assert commit(checkout) == {"commit": revision, "modified": False}
    (checkout / "file").write_text("b\n", encoding="utf-8")
    assert commit(checkout) == {"commit": revision, "modified": True}


def test_unpacked_inside_another_repository_is_not_of_its_commit(checkout):
    inner = checkout / "citymrio"
    inner.mkdir()
    (inner / "Snakefile").write_text("a\n", encoding="utf-8")
    assert commit(inner) == {"commit": UNKNOWN, "modified": UNKNOWN}
    git(checkout, "add", ".")
    git(checkout, "commit", "-q", "-m", "with the copy")
    assert commit(inner) == {"commit": UNKNOWN, "modified": UNKNOWN}


def test_without_a_repository_a_commit_or_git_nothing_is_claimed(tmp_path, checkout, monkeypatch):
    unknown = {"commit": UNKNOWN, "modified": UNKNOWN}
    plain, fresh = tmp_path / "plain", tmp_path / "fresh"
    plain.mkdir()
    fresh.mkdir()
    git(fresh, "init", "-q")
    assert commit(plain) == unknown
    assert commit(fresh) == unknown
    assert commit(tmp_path / "nowhere") == unknown
    monkeypatch.setenv("GIT_DIR", str(checkout / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(plain))
    assert commit(plain) == unknown
    monkeypatch.setenv("PATH", str(plain))
    assert commit(checkout) == unknown


def test_a_run_records_the_commit_of_the_folder_that_holds_the_snakefile(root, adapters):
    ups = re.search(
        r"folder = .*Path\(__file__\)\.parents\[(\d)\]",
        adapters["provenance"].read_text(encoding="utf-8"),
    )
    assert adapters["provenance"].parents[int(ups[1])] == root
