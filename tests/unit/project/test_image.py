"""The image of envs/Dockerfile, as far as a file can be read: it is built only where docker is
(`make image`).
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch

import pytest


@pytest.fixture(scope="module")
def steps(root) -> list[tuple[str, str]]:
    """(instruction, what follows) of every step of the Dockerfile."""
    lines = [
        line
        for line in (root / "envs/Dockerfile").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    ]
    text = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def test_the_image_has_a_python_that_is_tested_and_what_make_needs(root, steps):
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    tested = [word.rpartition(" ")[2] for word in project["classifiers"]]
    assert re.fullmatch(r"python:(3\.\d+)-slim", steps[0][1])[1] in tested
    installed = shlex.split(next(words for name, words in steps if "apt-get install" in words))
    assert {"git", "make"} <= set(installed)


def test_what_the_image_runs_are_targets_of_the_makefile_and_its_command_is_the_default_run(
    root, steps
):
    asked = [
        words.removeprefix("make").split()
        for name, words in steps
        if name == "RUN"
        for words in words.split(" && ")
        if words[:4] == "make"
    ]
    assert asked == [["tiny"], ["clean"]]
    for target in [*asked, []]:
        done = subprocess.run(
            ["make", "--dry-run", f"PYTHON={sys.executable}", *target],
            cwd=root,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
    assert steps[-1] == ("CMD", '["make"]')


def test_the_image_gets_every_file_of_the_project_and_no_result(root, steps):
    assert ("COPY", ". .") in steps
    lines = (root / "envs/Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    left_out = [line for line in lines if line and line[0] not in "#!"]

    def ignored(path: str) -> bool:
        parts = [path, *(path.rsplit("/", n)[0] for n in range(1, path.count("/") + 1))]
        return f"!{path}" not in lines and any(
            fnmatch(part, pattern.removeprefix("**/")) for part in parts for pattern in left_out
        )

    tracked = subprocess.run(
        ["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True
    ).stdout.split("\n")[:-1]
    assert len(tracked) > 500
    assert [path for path in tracked if ignored(path)] == []
    assert all(
        map(
            ignored,
            (
                "results/tiny/summary.txt",
                ".venv/bin/python",
                ".venv-lowest/bin/python",
                ".snakemake/log",
            ),
        )
    )


def test_without_docker_the_target_says_what_it_needs(root, tmp_path):
    for program in ("bash", "make"):
        (tmp_path / program).symlink_to(shutil.which(program))
    variables = {"PATH": str(tmp_path), "PYTHON": "python3"}
    done = subprocess.run(
        [tmp_path / "make", "image"], cwd=root, env=variables, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "make image needs docker, which is not installed." in done.stderr
