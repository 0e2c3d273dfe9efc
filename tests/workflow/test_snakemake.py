"""The workflow on the Snakemake that runs these tests: the lock's, and the lowest and the newest
(make test-versions).
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
import snakemake
from thorough import THOROUGH

pytestmark = pytest.mark.slow

#: How the line begins that says what is done without.
LINE = f"Snakemake {snakemake.__version__} is not one this workflow knows"
FEW = "results/tiny/provinces/mrio.nc"


def test_a_run_a_second_one_results_taken_over_and_an_altered_result(finished, tmp_path):
    run = finished.copy(tmp_path / "run")
    code, text = run.run("all", "mrio_table", "--dry-run")
    assert code == 0 and "Nothing to be done" in text and LINE not in text, text
    shutil.rmtree(run.folder / ".snakemake")
    code, text = run.run("all", "mrio_table", "--dry-run")
    assert code == 0 and "finished results, of which this folder has no records" in text, text
    assert "Nothing to be done" not in text and LINE not in text, text
    code, text = run.verify("--take-over")
    assert code == 0 and "every file is what its job wrote" in text, text
    code, text = run.run("all", "mrio_table", "--dry-run")
    assert code == 0 and "Nothing to be done" in text and "results/tiny:" not in text, text
    table, before = (
        run.results() / "tables/audit.csv",
        (run.results() / "tables/audit.csv").read_bytes(),
    )
    table.write_bytes(before + b"\n")
    assert (
        {"audit"}
        <= run.jobs()
        < {"audit", "pass_audit", *(job for job in run.logs() if "/" not in job)}
    )
    assert table.read_bytes() == before


def test_a_run_is_told_in_our_words(checkout, tmp_path):
    code, text = checkout(tmp_path / "run").run(FEW, cores=1)
    assert code == 0 and LINE not in text, text
    lines = text.splitlines()
    assert any(line.startswith("Run tiny (config/tiny.yaml): ") for line in lines), text
    assert lines[-1].startswith("Done: "), text


#: Names of Snakemake's inside that another version may call otherwise -> what the run says that it
#: does without.
OTHERWISE = {
    ("_prepare_dag", "bench_record"): [
        "results that were altered or lost are not made again",
        "every job starts an interpreter of its own",
    ],
    ("PATH_MODIFIER_FLAG", "benchmarked"): [
        "jobs on nodes without a shared file system run here",
        "every job starts an interpreter of its own",
    ],
    ("forcefiles", "resource_settings"): [
        "results that were altered or lost are not made again",
        "placeholders in the names of a cluster are not looked for",
    ],
    ("is_main_process",): [
        "inputs that lie among the results are not refused",
        "Ctrl-C is Snakemake's",
    ],
    ("execute_script",): ["every job starts an interpreter of its own"],
}


@pytest.fixture
def renamed(tmp_path):
    """Makes a folder with a Snakemake in which names are others: ``renamed(*names)``."""

    def make(*names: str) -> Path:
        package = tmp_path / "other/snakemake"
        shutil.copytree(
            Path(snakemake.__file__).parent,
            package,
            ignore=shutil.ignore_patterns("__pycache__", "assets"),
        )
        for path in package.rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for name in names:
                text = re.sub(rf"\b{name}\b", f"{name}_renamed", text)
            path.write_text(text, encoding="utf-8")
        return package.parent

    return make


#: In part, all of them at once.
TRIED = [[names] for names in OTHERWISE] if THOROUGH else [[*OTHERWISE]]


@pytest.mark.parametrize("several", TRIED, ids=lambda several: " ".join(several[0]))
def test_where_the_inside_of_snakemake_is_another_one_a_run_says_so_in_a_line_and_goes_on(
    checkout, tmp_path, renamed, several
):
    run = checkout(tmp_path / "run")
    code, text = run.run(FEW, path=renamed(*(name for names in several for name in names)))
    assert code == 0 and "Traceback" not in text, text
    said = [
        line
        for line in text.splitlines()
        if line.startswith((LINE, "This Snakemake runs scripts in a way not known here"))
    ]
    for without in {line for names in several for line in OTHERWISE[names]}:
        assert sum(f": {without}" in line for line in said) == 1, text


def test_where_the_configuration_cannot_be_read_the_run_stops(checkout, tmp_path, renamed):
    code, text = checkout(tmp_path / "run").run(FEW, path=renamed("config_settings"))
    assert code != 0 and "Traceback" not in text, text
    assert (
        f"{LINE} (" in text
        and "the configuration cannot be read" in text
        and "Fix: install the Snakemake of" in text
    )
