"""Every command of README, config/README and docs is run: as it stands, with Snakemake dry, so that it really reads the words."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT, Checkout

from citymrio.analysis.change_tables import Run

pytestmark = pytest.mark.slow

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "config/README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAMS = ("make", "citymrio", "snakemake", "python", "pip", ".venv/bin/snakemake", ".venv/bin/python")
#: What a reader fills in -> what is filled in here.
FILLED = [
    (r"\s*\[[^\]]*\]", ""),
    (r"CONFIG=(\.\.\.|file)", "CONFIG=config/tiny.yaml"),
    (r"config/<file>\.yaml", "config/tiny.yaml"),
    (r"TRUTH=\.\.\.", "TRUTH=file.npz"),
    (r"REGIONS=\.\.\.", "REGIONS=file.csv"),
    (r"(RAW|EXTRAS)_DIR=\.\.\.", r"\1_DIR=folder"),
    (r"path/to/citymrio", "."),
]
#: Commands that are not run here, each with the reason.
NOT_RUN = {
    r"make (test(-slow|-all)?|coverage)": "this suite itself",
    r"make evidence( .*)?": "half an hour for 200 countries; its sample is a step of .ci/run",
    r"make (lint(-js)?|format|docs|facts)": "checks of the repository by programs of its own .venv: .ci/run",
    r"make test-(rebuild|kill|mutations|slurm|storage|versions)( .*)?": "suites of their own, of minutes to hours",
    r"make (test-browser|explorer-pictures)( .*)?|(\.venv/bin/)?python -m pytest tests/browser .*": "needs a browser: .ci/run",
    r"make lock": "resolves all packages with uv, over the network",
    r"make bench-\w+( .*)?": "measurements of minutes to hours",
    r"make report( .*)?": "the report needs a finished run: tests/workflow/test_report.py",
    r"make \.venv/\.installed": "downloads all packages; tests/unit/project/test_install.py tries what needs no network",
    r"pip install( --no-deps)? \.": "the first downloads packages; tests/unit/project/test_install.py runs the second",
    r"make check-data CONFIG=config/china\d+\.yaml": "needs the raw files of China",
    r"python lists\.py|snakemake --cores 1 --configfile given/config\.yaml": "an example: tests/workflow/test_given_tables.py",
    r"make verify( .*)?": "needs a finished run: tests/workflow/test_damage.py",
    r"citymrio provenance .*": "needs a finished run: tests/workflow/test_provenance.py",
    r".venv/bin/python -m pdb .* adapter .*": "needs a finished run, and somebody who debugs it: tests/workflow/test_alone.py",
    r"citymrio <digest> <JSON>": "no command: what a PDF says of itself",
    r"python tests/benchmarks/\w+\.py( .*)?": "measurements of minutes, one on the results of China",
    r"make (compare|interval-coverage)( .*)?": "needs runs or tables: tests/workflow/test_compare.py, test_make_truth.py",
    r"make systems( .*)?": "needs tables of known truth and runs: tests/workflow/test_make_truth.py",
    r".* (CONFIG=|--configfile )mychina\.yaml": "needs the dataset of China: tests/workflow/test_how_to.py, on the tiny country",
    r"make PYTHON=/path/to/python3\.12": "a Python that is not here: tests/unit/project/test_install.py",
    r"make truth|snakemake --report": "named in a sentence; it needs files that the sentence does not name",
    r"snakemake (estimate )?--profile profiles/(pbs|lsf|htcondor|generic)( .*)?": "tests/workflow/test_other_schedulers.py",
    r"pip install snakemake-storage-plugin-fs|snakemake .* --default-storage-provider fs .*": "tests/workflow/test_storage.py",
    r"snakemake --executor kubernetes .*": "needs Kubernetes",
    r"python tests/cluster/local_slurm\.py <command>": "needs Slurm: make test-slurm",
    r"snakemake --cores 2( citymrio_all)?": "of the importing workflow: tests/workflow/test_module.py",
}


def commands_of(text: str) -> list[str]:
    """Commands that a page shows: lines of its blocks of bash, and words in backquotes that begin with a program."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.M | re.S)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    lines = [re.sub(r"(^|\s)#.*", "", line) for block in blocks for line in block.splitlines()]
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    found = [part.strip() for line in [*lines, *spans] for part in line.split("&&")]
    return [command for command in found if command.split(" ")[0] in PROGRAMS and (" " in command or command == "make")]


def documented() -> list[str]:
    """Every command once, with what a reader fills in."""
    found = []
    for page in PAGES:
        for command in commands_of(page.read_text(encoding="utf-8")):
            for pattern, text in FILLED:
                command = re.sub(pattern, text, command)
            found.append(command)
    return list(dict.fromkeys(found))


def runnable() -> list[str]:
    return [command for command in documented() if not any(re.fullmatch(pattern, command) for pattern in NOT_RUN)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A clone after `make`, whose Snakemake is always dry, with the files that the pages speak of."""
    folder = Checkout.make(tmp_path_factory.mktemp("documented") / "citymrio").folder
    for name in ("Makefile", "README.md"):
        shutil.copy2(ROOT / name, folder)
    for part in ("make", "docs"):
        shutil.copytree(ROOT / part, folder / part)
    programs = folder / ".venv/bin"
    programs.mkdir(parents=True)
    for name, words in (("python", ""), ("citymrio", "-m citymrio"), ("snakemake", "-m snakemake --dry-run")):
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words} "$@"\n', encoding="utf-8")
        (programs / name).chmod(0o755)
    (folder / ".venv/.installed").touch()
    for name in ("yours", "china2015"):
        shutil.copy2(folder / "config/china2012.yaml", folder / f"config/{name}.yaml")
    for page in ("tutorial", "how-to"):
        text = (ROOT / f"docs/{page}.md").read_text(encoding="utf-8")
        for name, content in re.findall(r"```yaml\n# (config/\w+\.yaml)\n(.*?)```", text, flags=re.S):
            (folder / name).write_text(content, encoding="utf-8")
    (folder / "folder").mkdir()
    finished = [f"results/{run}/{name}" for run in ("china2012", "china2017", "a", "b") for name in Run.FILES]
    shown = [
        f"results/{run}/summary.txt" for run in ("synthetic", "china2012", "china2012_extras", "china2017", "finland2014", "tiny")
    ]
    others = ["file.npz", "file.csv", "results/truth/file/accuracy.csv", "results/truth/file/warnings.csv"]
    others += [f"results/{run}/validation/scores.csv" for run in ("synthetic", "china2012", "china2012_extras", "tiny")]
    others += [f"results/change/{pair}/tables/change_groups.csv" for pair in ("china2012-china2017", "a-b")]
    for name in [*finished, *shown, *others]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("case,method,all,\n", encoding="utf-8")
    return folder


def run(folder: Path, command: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
    clean = {key: value for key, value in os.environ.items() if key not in ("RAW_DIR", "CONFIG", "MAKEFLAGS", "CITYMRIO_RUN")}
    environment = {**clean, "PATH": f"{folder / '.venv/bin'}:{os.environ['PATH']}", "PYTHONPATH": str(folder / "scripts")}
    return subprocess.run(
        ["bash", "-c", command], cwd=cwd or folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_the_pages_show_commands_and_every_exception_is_one_of_them():
    commands = documented()
    assert {"make", "make export-tiny", "snakemake --list-rules"} <= set(commands)
    assert len(commands) > 30
    assert [pattern for pattern in NOT_RUN if not any(re.fullmatch(pattern, command) for command in commands)] == []


@pytest.mark.parametrize("command", runnable())
def test_a_documented_command_works(folder, command):
    if command.startswith("make dataset-template"):
        shutil.rmtree(folder / "mydata", ignore_errors=True)
    elif "mydata" in command or command == "make check-data":
        run(folder, "test -d mydata || make dataset-template DIR=mydata")
    done = run(folder, command)
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout


def test_a_target_that_configfile_swallows_would_be_noticed(folder):
    swallowed = run(folder, "snakemake --profile profiles/slurm --configfile config/china2012.yaml estimate")
    assert swallowed.returncode != 0
    asked = run(folder, "snakemake estimate --profile profiles/slurm --configfile config/china2012.yaml")
    assert asked.returncode == 0, asked.stdout
    assert not re.search(r"^summary ", asked.stdout, flags=re.M)  # the target, not the default


@pytest.mark.parametrize(
    "command",
    [
        "make -C {folder} export-tiny",
        "snakemake mrio_table --snakefile {folder}/Snakefile --directory {folder} --configfile {folder}/config/tiny.yaml",
        "snakemake estimate --snakefile {folder}/Snakefile --configfile {folder}/config/tiny.yaml",
    ],
)
def test_commands_work_from_outside_the_project(folder, tmp_path, command):
    done = run(folder, command.format(folder=shlex.quote(str(folder))), cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "This was a dry-run" in done.stdout
