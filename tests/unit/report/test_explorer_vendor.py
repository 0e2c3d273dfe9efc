"""Libraries of others in the explorer: the files are those of the list, and every licence text is
there and in the page.
"""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import subprocess
import tarfile
from pathlib import Path

import pytest

from citymrio.base.errors import DataError
from citymrio.report.explorer.page import LIBRARIES, packages, page

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "scripts/citymrio/report/explorer/data/vendor"


def module():
    spec = importlib.util.spec_from_file_location("vendor", ROOT / "docs/vendor.py")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


vendor = module()


def test_every_file_is_the_one_of_the_list_and_there_is_no_other():
    listed = {part["file"]: part["sha256"] for package in packages() for part in package["files"]}
    there = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FOLDER.iterdir()
        if path.name != "vendor.json"
    }
    assert there == listed
    assert set(LIBRARIES) <= set(there)


def test_every_package_has_a_licence_text_that_the_page_carries():
    text = page("", "", {}, "")
    for package in packages():
        (name,) = [
            part["file"] for part in package["files"] if part["file"].endswith("LICENSE.txt")
        ]
        licence = (FOLDER / name).read_text(encoding="utf-8")
        assert "Copyright" in licence
        assert licence.strip() in text
        assert f"{package['package']} {package['version']} ({package['licence']})" in text
    assert text.index("-->") > text.index(licence.strip())


@pytest.fixture
def npm(monkeypatch, tmp_path):
    """A client of npm that packs what it is given."""

    def install(content: bytes):
        def run(command, cwd, **options):
            assert command == ["npm", "pack", "--silent", "--ignore-scripts", "toy@1.2.3"]
            with tarfile.open(Path(cwd) / "toy-1.2.3.tgz", "w:gz") as archive:
                entry = tarfile.TarInfo("package/dist/toy.js")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
            return subprocess.CompletedProcess(command, 0, stdout="toy-1.2.3.tgz\n")

        monkeypatch.setattr(vendor.subprocess, "run", run)

    return install


TOY = {
    "package": "toy",
    "version": "1.2.3",
    "files": [
        {"file": "toy.js", "member": "dist/toy.js", "sha256": hashlib.sha256(b"good").hexdigest()}
    ],
}


def test_what_is_fetched_is_written_only_where_it_is_what_the_list_says(npm, tmp_path):
    npm(b"bad")
    with pytest.raises(DataError, match="toy@1.2.3, dist/toy.js"):
        vendor.fetch(TOY, tmp_path)
    assert list(tmp_path.iterdir()) == []
    npm(b"good")
    vendor.fetch(TOY, tmp_path)
    assert (tmp_path / "toy.js").read_bytes() == b"good"


def test_every_folder_that_is_named_is_fetched(npm, capsys, tmp_path):
    for folder, content in ((tmp_path / "own", []), (tmp_path / "other", [TOY])):
        folder.mkdir()
        (folder / "vendor.json").write_text(json.dumps(content), encoding="utf-8")
    npm(b"good")
    assert vendor.main([tmp_path / "own", tmp_path / "other"]) == 0
    assert (tmp_path / "other/toy.js").read_bytes() == b"good"
    npm(b"bad")
    assert vendor.main([tmp_path / "other"]) == 1
    assert "Fix:" in capsys.readouterr().err


def test_without_a_name_the_folders_are_those_of_the_explorer_and_of_the_site():
    assert vendor.FOLDERS[0] == FOLDER
    assert all((folder / "vendor.json").is_file() for folder in vendor.FOLDERS)


def test_without_npm_the_message_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DataError, match="install npm"):
        vendor.fetch(TOY, tmp_path)
