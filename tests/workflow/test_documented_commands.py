"""Every command of README, config/README and docs is run: here, with Snakemake dry, so that it
reads the words, or elsewhere.
"""

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
from forked import snakemake
from thorough import sampled

from citymrio.analysis.change_tables import Run
from citymrio.config.loading import read_config

pytestmark = pytest.mark.slow

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "config/README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
PROGRAMS = (
    "make",
    "citymrio",
    "snakemake",
    "python",
    "pip",
    ".venv/bin/snakemake",
    ".venv/bin/python",
)
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
#: Seconds that a command may take here; what takes longer is run elsewhere.
LONGEST = 300
#: Commands that are not run here -> who runs them: `quick` and `slow` with the files of tests, `ci`
#: (.ci/run), `nightly` (.ci/nightly), or nobody, with the reason.
ELSEWHERE = {
    r"make (test( ALL=yes)?|lint|docs)": "ci",
    r"make test-(all|slow)": "nobody: make test ALL=yes runs its tests",
    r"make": "ci",
    r"make china2012 RAW_DIR=folder|make finland2014( (RAW_DIR|TRUTH)=\S+)?": "ci",
    r"make report( .*)?": "ci",
    r"make verify( CONFIG=\S+)?": "ci",
    r"make test-slurm NODES=1": "ci",
    r"make (coverage|evidence|test-(js|kill|mutations|versions|storage|slurm|browser))": "nightly",
    r"make (test-kill N=20|test-mutations N=60|evidence N=200 SEED=1)": "nightly",  # the numbers that are not named
    r"make verify CONFIG=\S+ SET_ASIDE=yes": "slow: tests/workflow/test_damage.py",
    r"make verify CONFIG=\S+ TAKE_OVER=yes": "slow: tests/workflow/test_tiny_rebuild.py",
    r"make (\.venv/\.installed|PYTHON=/path/to/python3\.12)": "slow: "
    "tests/unit/project/test_install.py",
    r"pip install( --no-deps)? \.": "slow: tests/unit/project/test_install.py",
    r"python docs/pymrio_lists\.py|snakemake --cores 1 --configfile given/config\.yaml": "slow: "
    "tests/workflow/test_given_tables.py",
    r".venv/bin/python -m pdb .* adapter .*": "nobody: needs somebody who debugs it; "
    "tests/workflow/test_alone.py",
    r"citymrio provenance .*": "quick: tests/workflow/test_provenance.py",
    r"make compare( .*)?": "slow: tests/workflow/test_compare.py",
    r"make (systems|interval-coverage)( .*)?|make truth": "slow: tests/workflow/test_make_truth.py",
    r".* (CONFIG=|--configfile )mychina\.yaml": "slow: tests/workflow/test_how_to.py",
    r"snakemake (estimate )?--profile profiles/(pbs|lsf|htcondor|generic)( .*)?": "slow: "
    "tests/workflow/test_other_schedulers.py",
    r"snakemake --cores 2( citymrio_all)?": "slow: tests/workflow/test_module.py",
    r"pip install snakemake-storage-plugin-fs|snakemake .* --default-storage-provider fs .*": "nightly",
    r"(\.venv/bin/)?python -m pytest tests/browser .*|make test-browser RESULTS=.*": "nobody: parts of it are run",
    r"make test-rebuild": "nobody: make test ALL=yes runs its files",
    r"make lint-js": "nobody: make lint runs it",
    r"make (format(-js)?|facts|lock|notebooks|explorer-pictures)": "nobody: it rewrites files of the project, "
    "or is for people to look at",
    r"make release(-check)?": "nightly",
    r"make release LICENCE=\S+": "nobody: make release with a word that it hands on",
    r"make evidence N=30": "ci",
    r"make evidence SEED=\d+": "nobody: the night runs another seed",
    r"make (check-data CONFIG=config/china\d+\.yaml)": "nobody: needs the raw files of China",
    r"make bench-\w+( .*)?|python tests/benchmarks/\w+\.py( .*)?": "nobody: measurements of "
    "minutes to hours",
    r"citymrio intake( FOLDER --to NEW)?|citymrio check mine/config\.yaml": "quick: "
    "tests/unit/dataset/test_intake.py",
    r"citymrio <digest> <JSON>": "nobody: no command, what a PDF says of itself",
    r"snakemake --executor kubernetes .*": "nobody: needs Kubernetes",
    r"make image": "nobody: needs docker; tests/unit/project/test_image.py reads what it builds",
}


def commands_of(text: str) -> list[str]:
    """Commands that a page shows: lines of its blocks of bash, and words in backquotes that begin
    with a program.
    """
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.M | re.S)
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    lines = [re.sub(r"(^|\s)#.*", "", line) for block in blocks for line in block.splitlines()]
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose)]
    found = [part.strip() for line in [*lines, *spans] for part in line.split("&&")]
    return [
        command
        for command in found
        if command.split(" ")[0] in PROGRAMS and (" " in command or command == "make")
    ]


def documented() -> list[str]:
    """Every command once, with what a reader fills in."""
    found = []
    for page in PAGES:
        for command in commands_of(page.read_text(encoding="utf-8")):
            for pattern, text in FILLED:
                command = re.sub(pattern, text, command)
            found.append(command)
    return list(dict.fromkeys(found))


def elsewhere(command: str) -> list[str]:
    """Who else runs a command."""
    return [who for pattern, who in ELSEWHERE.items() if re.fullmatch(pattern, command)]


def form(command: str) -> str:
    """A command without what its numbers are and which configuration it names: those are read, not
    run.
    """
    command = re.sub(
        r"\bconfig/\w+\.yaml", "config/<file>.yaml", command.removeprefix(".venv/bin/")
    )
    return re.sub(r"\b\d+\b|(?<=--cores )all", "<number>", command)


def forms() -> dict[str, list[str]]:
    """Commands that are run here, by their form."""
    found: dict[str, list[str]] = {}
    for command in documented():
        if not elsewhere(command):
            found.setdefault(form(command), []).append(command)
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A clone after `make`, whose Snakemake is always dry, with the files that the pages speak of."""
    folder = Checkout.make(tmp_path_factory.mktemp("documented") / "citymrio").folder
    for name in ("Makefile", "README.md"):
        shutil.copy2(ROOT / name, folder)
    for part in ("make", "docs", "tests/calibration"):
        shutil.copytree(ROOT / part, folder / part)
    programs = folder / ".venv/bin"
    programs.mkdir(parents=True)
    for name, words in (
        ("python", ""),
        ("citymrio", "-m citymrio"),
        ("snakemake", "-m snakemake --dry-run"),
    ):
        (programs / name).write_text(
            f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {words} "$@"\n', encoding="utf-8"
        )
        (programs / name).chmod(0o755)
    (folder / ".venv/.installed").touch()
    for name in ("yours", "china2015"):
        shutil.copy2(folder / "config/china2012.yaml", folder / f"config/{name}.yaml")
    for page in ("tutorial", "how-to"):
        text = (ROOT / f"docs/{page}.md").read_text(encoding="utf-8")
        for name, content in re.findall(
            r"```yaml\n# (config/\w+\.yaml)\n(.*?)```", text, flags=re.S
        ):
            (folder / name).write_text(content, encoding="utf-8")
    (folder / "folder").mkdir()
    finished = [
        f"results/{run}/{name}"
        for run in ("china2012", "china2017", "a", "b")
        for name in Run.FILES
    ]
    shown = [
        f"results/{run}/summary.txt"
        for run in (
            "synthetic",
            "china2012",
            "china2012_extras",
            "china2017",
            "finland2014",
            "tiny",
        )
    ]
    others = [
        "file.npz",
        "file.csv",
        "list.csv",
        "results/truth/file/accuracy.csv",
        "results/truth/file/warnings.csv",
    ]
    others += [
        f"results/{run}/validation/scores.csv"
        for run in ("synthetic", "china2012", "china2012_extras", "tiny")
    ]
    others += [
        f"results/change/{pair}/tables/change_groups.csv" for pair in ("china2012-china2017", "a-b")
    ]
    for name in [*finished, *shown, *others]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        text = "{}" if name.endswith(".json") else "case,method,all,\n"
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(folder: Path, command: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
    clean = {
        key: value
        for key, value in os.environ.items()
        if key not in ("RAW_DIR", "CONFIG", "MAKEFLAGS", "CITYMRIO_RUN")
    }
    environment = {
        **clean,
        "PATH": f"{folder / '.venv/bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(folder / "scripts"),
    }
    if (words := shlex.split(command))[0].endswith("snakemake"):
        code, text = snakemake(["--dry-run", *words[1:]], str(cwd or folder), environment)
        return subprocess.CompletedProcess(words, code, text)
    return subprocess.run(
        ["timeout", str(LONGEST), "bash", "-c", command],
        cwd=cwd or folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_pages_show_commands_and_every_exception_is_one_of_them():
    commands = documented()
    assert {"make", "make export-tiny", "snakemake --list-rules"} <= set(commands)
    assert len(commands) > 30
    assert [
        pattern
        for pattern in ELSEWHERE
        if not any(re.fullmatch(pattern, command) for command in commands)
    ] == []


def test_every_command_is_run_in_one_place():
    """By this file, or by one of the quick tests, the slow tests, .ci/run and .ci/nightly; or it is
    said why by nobody.
    """
    assert {
        command: found for command in documented() if len(found := elsewhere(command)) > 1
    } == {}
    scripts = {"ci": (ROOT / ".ci/run", ROOT / ".ci/steps.sh"), "nightly": (ROOT / ".ci/nightly",)}
    ran = {
        who: "\n".join(path.read_text(encoding="utf-8") for path in paths)
        for who, paths in scripts.items()
    }
    for command in documented():
        for who, _, how in (text.partition(": ") for text in elsewhere(command)):
            if who in ran:
                target = (
                    re.match(r"make ?([\w-]*)", command)[1]
                    if command.startswith("make")
                    else "test-storage"
                )
                assert re.search(rf"^ *make ?{target}( |$)", ran[who], flags=re.M), command
            elif who in ("quick", "slow"):
                # a file of quick tests may have slow ones besides, but is not slow as a whole
                text = (ROOT / how).read_text(encoding="utf-8")
                mark = "pytestmark = pytest.mark.slow" if who == "quick" else "pytest.mark.slow"
                assert (mark in text) is (who == "slow"), command
            else:
                assert who == "nobody" and how, command


def test_every_configuration_that_a_command_names_is_one(folder):
    """Of commands that differ in it alone one is run."""
    named = {
        name
        for commands in forms().values()
        for command in commands
        for name in re.findall(r"\bconfig/\w+\.yaml", command)
    }
    assert len(named) > 3
    for name in named:
        assert read_config(folder / name).run


@pytest.mark.parametrize("command", sampled((commands[-1] for commands in forms().values()), 6))
def test_a_documented_command_works(folder, command):
    if command.startswith("make dataset-template"):
        shutil.rmtree(folder / "mydata", ignore_errors=True)
    elif "mydata" in command or command == "make check-data":
        run(folder, "test -d mydata || make dataset-template DIR=mydata")
    done = run(folder, command)
    assert done.returncode != 124, f"more than {LONGEST} s: name it in ELSEWHERE\n{done.stdout}"
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout


def test_a_target_that_configfile_swallows_would_be_noticed(folder):
    swallowed = run(
        folder, "snakemake --profile profiles/slurm --configfile config/china2012.yaml estimate"
    )
    assert swallowed.returncode != 0
    asked = run(
        folder, "snakemake estimate --profile profiles/slurm --configfile config/china2012.yaml"
    )
    assert asked.returncode == 0, asked.stdout
    assert not re.search(r"^summary ", asked.stdout, flags=re.M)  # the target, not the default


@pytest.mark.parametrize(
    "command",
    [
        "make -C {folder} export-tiny",
        "snakemake mrio_table --snakefile {folder}/Snakefile --directory {folder} --configfile "
        "{folder}/config/tiny.yaml",
        "snakemake estimate --snakefile {folder}/Snakefile --configfile {folder}/config/tiny.yaml",
    ],
)
def test_commands_work_from_outside_the_project(folder, tmp_path, command):
    done = run(folder, command.format(folder=shlex.quote(str(folder))), cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "This was a dry-run" in done.stdout
