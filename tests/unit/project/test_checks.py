"""What runs before a commit and in continuous integration is what the Makefile has, with programs
of the lock.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml


def test_hooks_are_programs_of_the_environment_that_make_lint_runs(root):
    (repository,) = yaml.safe_load((root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))[
        "repos"
    ]
    assert repository["repo"] == "local"
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    lock = (root / "envs/development.lock").read_text(encoding="utf-8")
    for hook in repository["hooks"]:
        program = hook["entry"].split()[0].removeprefix(".venv/bin/")
        assert hook["language"] == "system"
        assert f"$(BIN)/{program}" in makefile
        assert re.search(rf"^{program}==", lock, flags=re.M), program


def called(root, *names: str) -> set[str]:
    """Targets of make that scripts of CI call."""
    text = "\n".join((root / ".ci" / name).read_text(encoding="utf-8") for name in names)
    return set(re.findall(r"^ *make ([a-z0-9-]+)", text, flags=re.M))


def test_every_suite_and_check_is_run_before_a_change_lands_or_at_night(root):
    makefiles = "\n".join(
        path.read_text(encoding="utf-8")
        for path in (root / "Makefile", *sorted((root / "make").glob("*.mk")))
    )
    suites = set(re.findall(r"^(test(?:-[a-z]+)?):", makefiles, flags=re.M))
    before, night = called(root, "run", "steps.sh"), called(root, "nightly")
    assert {
        "lint",
        "docs",
        "test",
        "report",
        "verify",
        "china2012",
        "finland2014",
    } <= before
    assert {"coverage", "fuzz", "evidence", "test-versions", "test-storage"} <= night
    # those of test-all are those of `make test ALL=yes` and of test-js; the files of test-rebuild too
    assert suites - before - night == {"test-all", "test-rebuild"}
    for name, tests in (("run", "make test ALL=yes"), ("nightly", "make test-slow")):
        lines = (root / ".ci" / name).read_text(encoding="utf-8").splitlines()
        behind = next(k for k, line in enumerate(lines) if line.startswith(tests))
        # some tests read these runs
        assert {"default_run", "china", "finland"} < {*lines[:behind]}


@pytest.mark.parametrize(
    ("target", "message"),
    [
        *(
            (f"{target} RESULTS='toy nothere'", "there is no finished run in nothere (RESULTS): ")
            for target in ("test-browser", "test-js", "explorer-pictures")
        ),
        ("explorer-pictures", "there is no finished run in results. Fix: make"),
        ("release-check", "release: no release is here. Fix: make release"),
        ("notebooks", "there is no finished run in results/tiny. Fix: make tiny"),
    ],
)
def test_nothing_is_installed_for_a_look_at_what_is_not_there(root, tmp_path, target, message):
    shutil.copy2(root / "Makefile", tmp_path)
    shutil.copytree(root / "make", tmp_path / "make")
    done = subprocess.run(
        ["make", *shlex.split(target)], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode != 0 and message in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"Makefile", "make"}


@pytest.mark.parametrize(
    ("script", "words", "message"),
    [
        ("dense", ["--run", "nothere"], "nothere is no finished run: nested/mrio.nc is missing."),
        ("competitors", ["--systems", "nothere.csv"], "nothere.csv: "),
    ],
)
def test_a_benchmark_of_what_is_not_there_is_one_message(root, script, words, message):
    command = [sys.executable, f"tests/benchmarks/{script}.py", *words]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr.startswith(message)
    assert "Traceback" not in done.stderr and " Fix: " in done.stderr


@pytest.mark.parametrize(("ending", "code"), [("true", 0), ("false", 1), ("exit 3", 3)])
def test_ci_says_how_long_every_step_took_and_which_failed(root, ending, code):
    script = f'source "{root}/.ci/steps.sh"; step "one"; sleep 1; step "two"; {ending}; echo behind'
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
    assert done.returncode == code
    *_, head, one, two, total = done.stdout.splitlines()
    assert head == "seconds  step"
    assert re.fullmatch(r" +[1-9]  one", one) and re.fullmatch(
        rf" +\d  two{': FAILED' if code else ''}", two
    )
    assert re.fullmatch(r" +[1-9]  in all", total)
    assert ("behind" in done.stdout) is (code == 0)


def test_a_finding_in_the_joined_scripts_is_told_by_its_file_and_line(root):
    spec = importlib.util.spec_from_file_location("lint", root / "envs/js/lint.py")
    lint = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lint)
    text, starts = lint.joined(["const a = 1;\nconst b = 2;\n", "\nuse(a);\n", "use(b);\n"])
    lines = text.splitlines()
    assert (lines[0], lines[-1]) == ("(() => {", "})();")
    assert [line for line in lines if "use" in line] == ["use(a);", "use(b);"]
    names = [name for name, *_ in zip(lint.SCRIPTS, "abc", strict=False)]
    found = [
        lint.place(1 + lines.index(line), starts).rsplit("/", 1)[1]
        for line in ("const b = 2;", "use(a);", "use(b);")
    ]
    assert found == [f"{names[0]}:2", f"{names[1]}:2", f"{names[2]}:1"]


def test_quick_and_slow_tests_are_all_tests(root):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    assert re.findall(r"\$\(TESTS\) (.*)", makefile) == [
        '$(if $(ALL),,-m "not slow")',
        "-m slow",
        '-m "not slow" --cov --cov-report=',
    ]
    everything = r"^test-all: .*\n\t@.* test ALL=yes\n\t@.* test-js$"
    assert re.search(everything, makefile, flags=re.M)
    options = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "pytest"
    ]["ini_options"]
    assert "-m " not in options["addopts"] and any(
        marker.startswith("slow: ") for marker in options["markers"]
    )


def test_no_script_hides_a_module_of_python_or_of_a_package(root, adapters):
    """Jobs and tests have scripts/ at the front of their path: a folder without `__init__.py` hides
    nothing there.
    """
    tops = {path.parent.name for path in (root / "scripts").glob("*/__init__.py")} | {
        p.stem for p in (root / "scripts").glob("*.py")
    }
    assert tops == {"citymrio", "snakemake_logger_plugin_citymrio"}
    assert adapters.keys() & (set(sys.stdlib_module_names) | set(packages_distributions())) == set()


def test_the_report_of_snakemake_in_this_folder_is_not_spelled(root, tmp_path):
    """`snakemake --report` leaves report.html here, with words of its libraries."""
    program = shutil.which(
        "codespell",
        path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    )
    if program is None:
        pytest.skip("needs codespell")
    shutil.copy2(root / "pyproject.toml", tmp_path)
    for name in ("report.html", "page.html"):
        (tmp_path / name).write_text("<p>" + "recie" + "ve</p>\n", encoding="utf-8")
    done = subprocess.run([program], cwd=tmp_path, capture_output=True, text=True)
    assert "page.html" in done.stdout and "report.html" not in done.stdout
