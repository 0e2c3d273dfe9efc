"""Awkward names of folders and files, environments without a home or a screen, and places that
would cost a user's files.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from checkout import ROOT, Checkout
from forked import snakemake
from thorough import sampled

from citymrio.__main__ import main
from citymrio.dataset.sources.template import write_template

pytestmark = pytest.mark.slow

#: A home folder that cannot be made, and a screen that does not exist.
NOWHERE = {"HOME": "/proc/1/nowhere", "MPLBACKEND": "nonsense"}


#: Names of programs that a user may have in the folder of the project.
OWN = (
    "random",
    "types",
    "csv",
    "secrets",
    "difflib",
    "numpy",
    "pandas",
    "yaml",
    "citymrio",
    "snakemake",
    "test",
)


def run(folder: Path, *command: str, **environment: str) -> tuple[int, str]:
    left_out = (
        "PYTHONPATH",
        "MAKEFLAGS",
        "RAW_DIR",
        "CONFIG",
        "XDG_CACHE_HOME",
        "MPLCONFIGDIR",
        "CITYMRIO_RUN",
    )
    clean = {key: value for key, value in os.environ.items() if key not in left_out}
    if command[:3] == (sys.executable, "-m", "snakemake"):
        return snakemake([*command[3:]], str(folder), {**clean, **environment})
    done = subprocess.run(
        command, cwd=folder, env={**clean, **environment}, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def country(folder: Path, name: str) -> Path:
    """The toy country in a folder of that name."""
    write_template(folder / "template")
    shutil.move(folder / "template/example", folder / name)
    return folder / name


@pytest.fixture(scope="module")
def awkward(tmp_path_factory) -> Path:
    """A clone with its environment, raw data and configurations, all with blanks and apostrophes;
    `make` runs Snakemake dry.
    """
    folder = Checkout.make(tmp_path_factory.mktemp("awkward") / "my projet's dir").folder
    shutil.copy2(ROOT / "Makefile", folder)
    shutil.copytree(ROOT / "make", folder / "make")
    venv.create(folder / ".venv", symlinks=True)
    site = next((folder / ".venv").glob("lib/*/site-packages"))
    (site / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"], encoding="utf-8")
    shim = (
        f"#!/bin/sh\nexec {shlex.quote(str(folder / '.venv/bin/python'))} -P -m snakemake "
        '--dry-run "$@"\n'
    )
    (folder / ".venv/bin/snakemake").write_text(shim, encoding="utf-8")
    (folder / ".venv/bin/snakemake").chmod(0o755)
    (folder / ".venv/.installed").touch()
    for name in OWN:  # a user's programs, called as modules of Python and of the project are
        (folder / f"{name}.py").write_text(
            f"raise SystemExit('the user\\'s {name}.py was run')\n", encoding="utf-8"
        )
    country(folder, "raw d's")
    text = 'run: mine\ndataset: {kind: user, raw_dir: "raw d\'s", year: 2020}\n'
    text += "scenarios: {key_sectors: [electricity, iron_steel, coal]}\n"
    (folder / "my conf's.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.night
def test_a_job_runs_where_every_path_is_awkward_and_there_is_no_home(awkward):
    python = str(awkward / ".venv/bin/python")
    command = [
        python,
        "-P",
        "-m",
        "snakemake",
        "results/mine/dataset",
        "--cores",
        "1",
        "--configfile",
        "my conf's.yaml",
    ]
    for forks in ("1", "0"):
        code, text = run(awkward, *command, "--forceall", **NOWHERE, CITYMRIO_FORKS=forks)
        assert code == 0, text
        assert (awkward / "results/mine/dataset/regions.csv").is_file()


@pytest.mark.parametrize(
    ("words", "said", "works"),
    sampled(
        [
            (
                ["check-data", "CONFIG=my conf's.yaml"],
                "my conf's.yaml and raw d's: no fault, 3 warnings.",
                True,
            ),
            (["export-tiny"], "This was a dry-run", True),
            (
                ["china2012", "RAW_DIR=raw d's"],
                "This was a dry-run",
                False,
            ),  # where nothing was made there is no summary to show
            (
                ["china2012", "RAW_DIR=no such d's"],
                "'dataset.raw_dir' is no such d's: there is no such folder.",
                False,
            ),
            (
                ["china2012", "RAW_DIR=raw d's", "EXTRAS_DIR=no such d's"],
                "'dataset.extras_dir' is no such d's: there is no",
                False,
            ),
            (
                ["china2012-extras", "RAW_DIR=raw d's", "EXTRAS_DIR=raw d's"],
                "This was a dry-run",
                False,
            ),
            (["uncertainty", "CONFIG=my conf's.yaml", "MEMBERS=2"], "This was a dry-run", True),
            (
                ["CONFIG=my conf's.yaml"],
                "This was a dry-run",
                False,
            ),  # the run of that file, as the tutorial has it
            (
                ["CONFIG=no such conf's.yaml"],
                "no such conf's.yaml: cannot be read (No such file or directory)",
                False,
            ),
            (
                ["report", "CONFIG=no such conf's.yaml"],
                "no such conf's.yaml: cannot be read (No such file or directory)",
                False,
            ),
        ],
        3,
    ),
)
def test_make_takes_awkward_names_as_they_are_and_needs_no_home(awkward, words, said, works):
    code, text = run(awkward, "make", *words, **NOWHERE)
    assert said in text
    assert "Traceback" not in text
    assert (code == 0) is works


#: Draws a figure as jobs do, with what the workflow sets for them.
DRAW = """
import os
from citymrio.workflow.forks import environment
os.environ.update(environment())
from matplotlib import get_backend, pyplot
pyplot.figure().savefig("drawn.png")
print(get_backend())
"""


def test_a_figure_is_drawn_without_a_home_and_whatever_the_screen_is_called(tmp_path):
    code, text = run(
        tmp_path, sys.executable, "-c", DRAW, **NOWHERE, PYTHONPATH=str(ROOT / "scripts")
    )
    assert (code, text.splitlines()[-1]) == (0, "agg"), text
    assert (tmp_path / "drawn.png").is_file()
    assert list((tmp_path / ".snakemake/matplotlib").iterdir())


@pytest.fixture
def checked(clone, monkeypatch, capsys):
    """What `citymrio check mine.yaml` says in the clone: exit code and text."""

    def check() -> tuple[int, str]:
        monkeypatch.chdir(clone.folder)
        code = main(["check", "mine.yaml"])
        said = capsys.readouterr()
        return code, said.out + said.err

    return check


@pytest.fixture(scope="module")
def clone(tmp_path_factory) -> Checkout:
    return Checkout.make(tmp_path_factory.mktemp("places") / "clone")


def test_jobs_get_what_the_workflow_sets_and_a_variant_may_have_a_dot_in_its_name(clone, tmp_path):
    config = {
        "run": "m",
        "dataset": {"size": "tiny"},
        "variants": {"a.b": {"cities": {"split": "joint"}}},
    }
    text = f"""
module citymrio:
    snakefile: "{clone.folder}/Snakefile"
    config: {config!r}
use rule * from citymrio
import os
print("jobs inherit", os.environ["MPLBACKEND"], os.environ["OMP_NUM_THREADS"], os.environ["MPLCONFIGDIR"])
"""
    (tmp_path / "Snakefile").write_text(text, encoding="utf-8")
    target = "results/m/variants/a.b/headline.csv"
    code, text = run(
        tmp_path, sys.executable, "-m", "snakemake", "--dry-run", target, MPLBACKEND="nonsense"
    )
    assert code == 0, text
    assert f"jobs inherit agg 1 {tmp_path}/.snakemake/matplotlib" in text
    assert "Variant a.b: the whole chain" in text


@pytest.mark.parametrize("raw_dir", ["results/mine", "results", "link", "results/mine/dataset"])
def test_a_country_in_the_place_of_the_results_is_refused_and_stays_whole(clone, raw_dir):
    held = "results/mine/dataset" if raw_dir.endswith("dataset") else "results/mine"
    shutil.rmtree(clone.folder / "results", ignore_errors=True)
    (clone.folder / held).parent.mkdir(parents=True)
    country(clone.folder, held)
    shutil.rmtree(clone.folder / "template")
    if raw_dir == "link" and not (clone.folder / "link").is_symlink():
        (clone.folder / "link").symlink_to("results/mine")
    text = f"run: mine\ndataset: {{kind: user, raw_dir: {raw_dir}, year: 2020}}\n"
    (clone.folder / "mine.yaml").write_text(text, encoding="utf-8")
    before = {
        path: path.read_bytes() for path in (clone.folder / "results").rglob("*") if path.is_file()
    }
    assert len(before) > 10
    code, text = clone.run("results/mine/dataset", config="mine.yaml")
    assert code != 0
    assert text.count("Outputs cannot be inputs") == 1
    assert {
        path: path.read_bytes() for path in (clone.folder / "results").rglob("*") if path.is_file()
    } == before


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        (
            "run: a\ncities: {split: joint}\ncities: {theta: 1.0}\n",
            "mine.yaml, line 3",
            "not plain YAML: key 'cities' appears twice.",
        ),
        (
            "__use_yte__: true\nrun: ?'a' + 'b'\n",
            "mine.yaml",
            "holds a template (`__use_yte__`), which is code.",
        ),
        (
            "run: a\ndataset: {seed: 010}\n",
            "mine.yaml, line 2",
            "not plain YAML: '010' can be read in several ways",
        ),
        ("run: a\ncities: {theta: yes}\n", "mine.yaml", "'cities.theta': the value is True"),
        (
            "a: &a [*a, *a]\nrun: a\n",
            "mine.yaml, line 1",
            "not plain YAML: more than 100000 values, through aliases.",
        ),
    ],
)
def test_the_run_and_check_data_refuse_a_configuration_with_the_same_words(
    clone, checked, text, where, message
):
    (clone.folder / "mine.yaml").write_text(text, encoding="utf-8")
    code, ran = clone.run("--dry-run", config="mine.yaml")
    assert code != 0
    assert f"{where}: {message}" in ran
    assert "Traceback" not in ran
    code, said = checked()
    assert code == 1
    assert f"{where}: 1 fault\n  - {message}" in said


def test_code_in_a_configuration_runs_before_the_workflow_is_read_and_the_message_says_so(
    clone, checked
):
    text = "__use_yte__: true\n__definitions__:\n  - open('ran', 'w').close()\nrun: a\n"
    (clone.folder / "mine.yaml").write_text(text, encoding="utf-8")
    _, said = checked()
    assert "holds a template" in said and "already run" not in said
    assert not (clone.folder / "ran").exists()
    code, said = clone.run("--dry-run", config="mine.yaml")
    assert code != 0
    assert (
        "already run" not in said
        and "`make check-data CONFIG=mine.yaml` looks at a configuration and runs nothing" in said
    )
    assert not (clone.folder / "ran").exists()
    code, said = clone.run("--dry-run", "--workflow-profile", "none", config="mine.yaml")
    assert code != 0
    assert (clone.folder / "ran").exists()
    assert (
        "any code in it has already run" in said
        and "`make check-data CONFIG=mine.yaml` looks at it" in said
    )
    (clone.folder / "ran").unlink()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing", ["--configfile", "config/tiny.yaml", "missing.yaml"]),
        ("missing", ["--configfiles", "missing.yaml"]),
        ("pipe", ["--configfile=pipe.yaml"]),
    ],
)
def test_a_configuration_that_cannot_be_read_is_one_line_before_snakemake_tries(clone, name, words):
    said = {"missing": "cannot be read (No such file or directory)", "pipe": "is no regular file"}[
        name
    ]
    if name == "pipe":
        os.mkfifo(clone.folder / "pipe.yaml")
    code, text = run(
        clone.folder, sys.executable, "-P", "-m", "snakemake", "--dry-run", "tables", *words
    )
    assert code == 1
    lines = [
        line for line in text.splitlines() if not line.startswith("Using workflow specific profile")
    ]
    assert len(lines) == 1 and lines[0].startswith(f"{name}.yaml: {said}. Fix: "), text


@pytest.mark.parametrize("raw_dir", ["my{x}", "two\nlines", "back\\slash", "country"])
def test_names_that_snakemake_reads_as_patterns_are_refused_by_run_and_check(
    clone, checked, raw_dir
):
    folder = country(clone.folder, raw_dir)
    shutil.rmtree(clone.folder / "template")
    if raw_dir == "country":
        (folder / "table{1}.csv").touch()
    (clone.folder / "mine.yaml").write_text(
        f"run: braces\ndataset: {{kind: user, raw_dir: {json.dumps(raw_dir)}}}\n", encoding="utf-8"
    )
    named = f"'dataset.raw_dir' is {raw_dir!r}; expected a path without braces"
    if raw_dir == "country":
        named = "'table{1}.csv' has a brace, a backslash or a line break in its name"
    for code, text in (
        clone.run("results/braces/dataset", "--dry-run", config="mine.yaml"),
        checked(),
    ):
        assert code == 1
        assert text.count(named) == 1 and "Traceback" not in text, text


@pytest.mark.night
def test_a_clone_in_a_folder_with_braces_is_refused_and_a_working_folder_with_braces_works(
    clone, tmp_path
):
    inside = tmp_path / "work{a}"
    inside.mkdir()
    words = [
        "results/tiny/dataset",
        "--cores",
        "1",
        "--configfile",
        str(clone.folder / "config/tiny.yaml"),
    ]
    code, text = run(
        inside,
        sys.executable,
        "-P",
        "-m",
        "snakemake",
        "--snakefile",
        str(clone.folder / "Snakefile"),
        *words,
    )
    assert code == 0, text
    braces = Checkout.make(tmp_path / "clone{a}")
    code, text = braces.run("results/tiny/dataset", "--dry-run")
    assert code == 1
    assert (
        f"the folder of citymrio is '{braces.folder}'; expected a path without braces" in text
        and "Traceback" not in text
    )


def test_several_configurations_are_merged_in_their_order(clone):
    (clone.folder / "mine.yaml").write_text("run: merged\n", encoding="utf-8")
    command = [
        "snakemake",
        "estimate",
        "--dry-run",
        "--configfile",
        "config/tiny.yaml",
        "mine.yaml",
    ]
    code, text = run(
        clone.folder,
        sys.executable,
        "-m",
        *command,
        "--config",
        "dataset={seed: 7}",
        "--printshellcmds",
    )
    assert code == 0, text
    assert "results/merged/nested/mrio.nc" in text and "results/tiny" not in text


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("run: a\n".encode("utf-16"), "config/config.yaml: is not text in UTF-8."),
        (
            b"__use_yte__: true\nrun: ?open('ran', 'w').name\n",
            "config/config.yaml: holds a template",
        ),
        (None, "config/config.yaml: cannot be read (No such file or directory)"),
    ],
)
def test_the_default_configuration_is_looked_at_before_snakemake_reads_it(clone, content, said):
    path = clone.folder / "config/config.yaml"
    sound = path.read_bytes()
    path.write_bytes(content) if content is not None else path.unlink()
    code, text = run(clone.folder, sys.executable, "-m", "snakemake", "--dry-run")
    path.write_bytes(sound)
    assert code != 0
    assert said in text
    assert "Traceback" not in text
    assert not (clone.folder / "ran").exists()


def test_results_behind_the_prefix_of_a_module_are_no_inputs_either(clone, tmp_path):
    config = {"run": "mine", "dataset": {"kind": "user", "raw_dir": "pre/results/mine"}}
    words = f'snakefile: "{clone.folder}/Snakefile"\n    config: {config!r}\n    prefix: "pre"'
    text = f"module citymrio:\n    {words}\nuse rule * from citymrio as citymrio_*\n"
    (tmp_path / "Snakefile").write_text(text, encoding="utf-8")
    code, text = run(tmp_path, sys.executable, "-m", "snakemake", "--dry-run", "citymrio_estimate")
    assert code != 0
    assert (
        "'dataset.raw_dir' is pre/results/mine, which is the results of this run (pre/results/mine)"
        in text
    )
