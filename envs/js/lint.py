"""Check the explorer's scripts and tests with Biome (`make lint-js`), or rewrite them: python
envs/js/lint.py BIOME [--write].

The page runs its scripts as one, so they share their names: rules are checked on the joined text,
the style file by file.
"""

import os
import re
import subprocess
import sys
import tempfile
from bisect import bisect_right
from importlib.resources import files
from pathlib import Path

from citymrio.report.explorer.page import SCRIPTS, part

HERE = Path(__file__).resolve().parent
FOLDER = Path(str(files("citymrio.report.explorer") / "data" / "js"))
TESTS = sorted(map(str, (HERE.parents[1] / "tests/js").glob("*.mjs")))


def joined(texts: list[str]) -> tuple[str, list[int]]:
    """The scripts as one function, as the page has them, and the first line of each in it."""
    head = ["(() => {"]
    starts, lines = [], head
    for text in texts:
        starts.append(len(lines) + 1)
        lines = [*lines, *text.splitlines()]
    return "\n".join([*lines, "})();"]) + "\n", starts


def place(line: int, starts: list[int]) -> str:
    """File and line of a line of the joined text."""
    at = max(0, bisect_right(starts, line) - 1)
    return f"{os.path.relpath(FOLDER / SCRIPTS[at])}:{line - starts[at] + 1}"


def lint(program: str) -> int:
    """Rules, unused and undeclared names; every finding with the file that it is in."""
    text, starts = joined([part(f"js/{name}") for name in SCRIPTS])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "explorer.js"
        path.write_text(text, encoding="utf-8")
        command = [
            program,
            "lint",
            f"--config-path={HERE}",
            "--reporter=github",
            "--diagnostic-level=warn",
        ]
        done = subprocess.run(
            [*command, "--error-on-warnings", str(path)], capture_output=True, text=True
        )
    found = re.findall(
        r"^::(\w+) title=([^,]+),file=[^,]+,line=(\d+),.*?::(.*)$", done.stdout, flags=re.M
    )
    for level, rule, line, said in found:
        print(f"{place(int(line), starts)}: {level}: {said} ({rule})")
    if done.returncode and not found:
        print(done.stdout + done.stderr)
    if done.returncode or not TESTS:  # without a file Biome would take the whole folder
        return done.returncode
    return subprocess.run([*command, "--error-on-warnings", *TESTS]).returncode


def style(program: str, write: bool) -> int:
    """The style of every file; rewritten where that is asked for."""
    names = [*(str(FOLDER / name) for name in SCRIPTS), *TESTS]
    return subprocess.run(
        [program, "format", f"--config-path={HERE}", *(["--write"] if write else []), *names]
    ).returncode


if __name__ == "__main__":
    program, *words = sys.argv[1:]
    sys.exit(style(program, "--write" in words) or lint(program))
