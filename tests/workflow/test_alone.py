"""An adapter runs once more, alone, from the log of its job; the run stays as it is."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
import tempfile

import pytest
from checkout import ROOT

from citymrio.__main__ import main
from citymrio.workflow.alone import job_of
from citymrio.workflow.manifest import read_records

#: The main line as the tiny country has it (docs/architecture.md), a step that warns, and one with
#: a wildcard of its own.
JOBS = (
    "dataset",
    "balance_provinces",
    "province_trade",
    "province_mrio",
    "cities/P04",
    "nest",
    "emissions",
    "footprint",
    "super_emitters",
    "variant_footprints/joint_gravity",
)
LOG = "results/tiny/logs/cities/P04.log"


@pytest.fixture
def here(finished, tmp_path, monkeypatch):
    """The finished run, as the working folder; temporary folders are made in `tmp_path`."""
    monkeypatch.chdir(finished.folder)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return finished


def files_of(folder):
    """Relative path -> bytes and time of change, of everything below a folder."""
    found = {path: path.stat() for path in folder.rglob("*") if path.is_file()}
    return {
        str(path.relative_to(folder)): (path.read_bytes(), stat.st_mtime_ns)
        for path, stat in found.items()
    }


def test_the_command_writes_elsewhere_and_changes_nothing_in_the_run(here, tmp_path):
    before = files_of(here.results())
    command = [sys.executable, "-P", "-m", "citymrio", "adapter", LOG]
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
    )
    (folder,) = tmp_path.glob("citymrio-*")
    assert (done.returncode, done.stdout) == (
        0,
        f"scripts/cities/cities.py writes to {folder}\n",
    ), done.stderr
    assert files_of(here.results()) == before
    assert files_of(folder).keys() == read_records(here.results())["cities/P04"].outputs.keys()


@pytest.mark.parametrize("name", JOBS)
def test_adapters_make_the_same_bytes_from_the_object_that_a_log_gives(here, name):
    job = job_of(f"results/tiny/logs/{name}.log")
    runpy.run_path(job.script, {"snakemake": job}, "__main__")
    made = {path: content for path, (content, _) in files_of(job.folder).items()}
    assert made.keys() == read_records(here.results())[name].outputs.keys()
    assert made == {path: (here.results() / path).read_bytes() for path in made}


def test_the_object_has_what_the_rule_says_by_name_and_by_place(here):
    job = job_of(LOG)
    assert (job.rule, job.script, job.wildcards.province) == (
        "cities",
        "scripts/cities/cities.py",
        "P04",
    )
    assert job.input.mrio == job.input["mrio"] == job.input[1] == "results/tiny/provinces/mrio.nc"
    assert job.output.linked == str(job.folder / "cities/P04/linked.nc")
    assert job.params.solver["tol_outer"] == 1e-9
    assert str(job.input.code) == job.script and job.input.extras == []


def test_an_error_comes_as_it_was_raised_so_that_a_debugger_stops_at_it(here):
    job = job_of(LOG)
    job.wildcards.province = "P99"
    with pytest.raises(KeyError):  # a job of a run makes one message of it and exits
        runpy.run_path(job.script, {"snakemake": job}, "__main__")


def test_a_file_that_is_no_log_and_a_folder_that_is_not_of_the_run_are_refused(
    here, tmp_path, monkeypatch, capsys
):
    assert main(["adapter", "results/tiny/summary.txt"]) == 1
    assert (
        "summary.txt: does not begin with what a job was given. Fix: name the log of a job"
        in capsys.readouterr().err
    )
    monkeypatch.chdir(tmp_path)
    assert main(["adapter", str(here.folder / LOG)]) == 1
    assert (
        "scripts/cities/cities.py: is an input of the job and not there" in capsys.readouterr().err
    )
