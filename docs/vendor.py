"""Fetches the JavaScript of others that the explorer and the documentation site hold (`make
vendor`, or docs/vendor.py FOLDER).

vendor.json of each folder lists packages of the npm registry with version, licence and the files
taken from each, with SHA-256. A package that is bundled in another one (``inside``) gives its
licence text only.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from citymrio.base.errors import CityMRIOError, DataError
from citymrio.base.labels import write_atomic

FOLDERS = (ROOT / "scripts/citymrio/report/explorer/data/vendor", ROOT / "docs/vendor")


def fetch(package: dict[str, Any], target: Path) -> None:
    """Fetch the files of a package with npm's own client, and write them where they are what the
    list says.

    Raises
    ------
    DataError
        npm is missing or fails, or a file is another one.
    """
    spec = f"{package['package']}@{package['version']}"
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                ["npm", "pack", "--silent", "--ignore-scripts", spec],
                cwd=folder,
                capture_output=True,
                text=True,
                check=True,
            )
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", "") or error
            raise DataError(
                f"npm pack failed: {said}",
                where=spec,
                fix="install npm, and see that it reaches its registry.",
            ) from error
        with tarfile.open(Path(folder) / done.stdout.strip().splitlines()[-1]) as archive:
            contents = {
                part["file"]: archive.extractfile(f"package/{part['member']}").read()
                for part in package["files"]
            }
    for part in package["files"]:
        found = hashlib.sha256(contents[part["file"]]).hexdigest()
        if found != part["sha256"]:
            raise DataError(
                f"SHA-256 is {found}, expected {part['sha256']}",
                where=f"{spec}, {part['member']}",
                fix="look at what changed; if the version is new, put this one into vendor.json.",
            )
    for name, content in contents.items():
        write_atomic(target / name, lambda path, content=content: Path(path).write_bytes(content))


def main(folders: Sequence[str | Path] = ()) -> int:
    """Fetch every package of the folders; exit code 1 with one message if one is not what the list
    says.
    """
    for target in map(Path, folders or FOLDERS):
        for package in json.loads((target / "vendor.json").read_text(encoding="utf-8")):
            try:
                fetch(package, target)
            except CityMRIOError as error:
                print(error, file=sys.stderr)
                return 1
            print(f"{package['package']} {package['version']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
