"""What every job does around its work: its log, one message, inputs that stay as they are."""

from __future__ import annotations

import json
import logging
import os
import runpy
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pydantic
import pytest
from snakemake.iocontainers import Namedlist

from citymrio.workflow.job import adapter
from citymrio.assessment.ensemble import blocks, summary
from citymrio.base.errors import DataError, read_warnings, warn
from citymrio.base.labels import write_table
from citymrio.base.words import set_words
from citymrio.workflow import loaded
from citymrio.workflow.alone import Named
from citymrio.workflow.code import closure


@pytest.fixture
def job(tmp_path, monkeypatch):
    for name in ("CITYMRIO_RUN", "CITYMRIO_TERMINAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(loaded, "INHERITED", loaded.LOADED)  # what other tests have loaded
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    (tmp_path / "input.csv").write_text("a\n1\n")
    yield SimpleNamespace(
        rule="cities",
        wildcards={"province": "13"},
        log=[str(tmp_path / "logs/x.log")],
        input=Namedlist([str(tmp_path / "input.csv")]),
        output=Namedlist(),
        params=Namedlist(),
    )
    logging.basicConfig(handlers=[logging.NullHandler()], force=True)
    logging.captureWarnings(False)
    set_words({})


def test_an_error_is_one_message_on_the_terminal_and_its_traceback_is_in_the_log(
    job, capsys, tmp_path
):
    with pytest.raises(SystemExit) as end, adapter(job):
        raise DataError("value is -5", where="p13.csv")
    assert end.value.code == 1
    assert capsys.readouterr().err == "rule cities, province 13: p13.csv: value is -5\n"
    given, error, *rest = (tmp_path / "logs/x.log").read_text().splitlines()
    assert given.startswith('INFO citymrio.workflow.job: given: {"rule": "cities", ')
    assert error == "ERROR citymrio.workflow.job: rule cities, province 13: p13.csv: value is -5"
    assert rest[0].startswith("Traceback")


def test_a_message_speaks_the_words_of_the_run_s_dataset(job, capsys, tmp_path):
    folder = tmp_path / "dataset"
    folder.mkdir()
    words = {"region": ["state", "states"], "group": ["division", "divisions"]}
    (folder / "dataset.json").write_text(json.dumps({"words": words}))
    (folder / "regions.csv").write_text("region,name,province,province_name\nA,Quebec City,Q,Q\n")
    with pytest.raises(SystemExit), adapter(job):
        raise DataError("a city such as Quebec City has no province", where="provinces/13.csv")
    said = "provinces/13.csv: a state such as Quebec City has no division\n"
    assert capsys.readouterr().err == f"rule cities, province 13: {said}"
    with adapter(job):
        warn(where="cities", what="few", value="1", expectation="more cities", effect="None.")
    logged = (tmp_path / "logs/x.log").read_text()
    assert "states: few: 1; expected more states. None." in logged


def test_where_the_run_speaks_at_its_end_the_job_is_silent_unless_its_log_lacks_the_message(
    job, capsys, tmp_path, monkeypatch
):
    monkeypatch.setenv("CITYMRIO_TERMINAL", "1")
    with pytest.raises(SystemExit), adapter(job):
        raise DataError("value is -5", where="p13.csv")
    assert capsys.readouterr().err == ""
    with pytest.raises(SystemExit), adapter(job):
        (tmp_path / "logs/x.log").unlink()
        raise DataError("value is -5", where="p13.csv")
    assert capsys.readouterr().err == "rule cities, province 13: p13.csv: value is -5\n"


def test_an_interrupted_job_ends_without_a_word(job, capsys):
    with pytest.raises(SystemExit) as end, adapter(job):
        raise KeyboardInterrupt
    assert end.value.code == 130
    assert capsys.readouterr().err == ""


def test_an_input_that_is_edited_while_the_job_runs_stops_it(job, capsys, tmp_path):
    with pytest.raises(SystemExit), adapter(job):
        (tmp_path / "input.csv").write_text("a\n12\n")
    assert "input.csv: was changed while the job ran" in capsys.readouterr().err


def test_an_input_that_stays_as_it_is_does_not(job, capsys):
    with adapter(job):
        pass
    assert capsys.readouterr().err == ""


def test_a_log_that_cannot_be_written_gives_one_message(job, capsys, tmp_path):
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(SystemExit), adapter(job):
        raise AssertionError("not reached")
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "logs'. Fix: check space and permissions" in error


def test_what_the_library_warns_of_goes_to_the_output_of_the_rule_or_to_its_log(job, tmp_path):
    given = {
        "where": "row 3",
        "what": "population",
        "value": 12,
        "expectation": "some 10^5",
        "effect": "It is used.",
    }
    with adapter(job):
        warn(**given)
    assert (
        "row 3: population: 12; expected some 10^5. It is used."
        in (tmp_path / "logs/x.log").read_text()
    )
    job.output = Namedlist(fromdict={"warnings": str(tmp_path / "warnings.csv")})
    for notices, rows in (
        ([given, given], "row 3,population,12,some 10^5,It is used.\n"),
        ([], ""),
    ):
        with adapter(job):
            for notice in notices:
                warn(**notice)
        assert (
            tmp_path / "warnings.csv"
        ).read_text() == f"where,what,value,expectation,effect\n{rows}"


def test_a_file_that_is_read_and_is_no_input_stops_the_job_even_beside_its_inputs(
    job, capsys, tmp_path
):
    (tmp_path / "caption.rst").write_text("a\n")
    with pytest.raises(SystemExit), adapter(job):
        (tmp_path / "input.csv").read_text()
        (tmp_path / "caption.rst").read_text()
    assert (
        f"{tmp_path}/caption.rst: read by the job, but no input of its rule"
        in capsys.readouterr().err
    )
    assert not (tmp_path / "manifest").exists()


@pytest.mark.parametrize("write", ["open", "os.open", "tempfile"])
def test_files_that_the_job_makes_itself_its_log_and_installed_packages_are_no_inputs(
    job, tmp_path, write
):
    job.output = Namedlist([str(tmp_path / "out.csv"), str(tmp_path / "folder")])
    with adapter(job):
        if write == "open":
            (tmp_path / ".part-out").write_text("a\n")
            (tmp_path / ".part-out").read_text()
        elif write == "os.open":
            os.close(os.open(tmp_path / "own", os.O_RDWR | os.O_CREAT))
            (tmp_path / "own").read_text()
        else:
            with tempfile.NamedTemporaryFile() as file:
                open(file.name).close()
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder/x").write_text("x\n")
        (tmp_path / "out.csv").write_text((tmp_path / "folder/x").read_text())
        (tmp_path / "logs/x.log").read_text()
        open(pydantic.__file__).close()
        (tmp_path / "not there").is_file()
    assert (tmp_path / "manifest/x.json").is_file()


def test_a_file_below_a_folder_that_is_an_input_is_declared(job, tmp_path):
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset/a.csv").write_text("a\n")
    job.input = Namedlist([*job.input, str(tmp_path / "dataset")])
    with adapter(job):
        (tmp_path / "dataset/a.csv").read_text()


def test_packages_may_lie_anywhere_but_a_folder_that_holds_the_project_is_none(
    job, capsys, tmp_path, monkeypatch
):
    (tmp_path / "target").mkdir()
    (tmp_path / "target/package.txt").write_text("a\n")
    (tmp_path / "other.txt").write_text("a\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "target")
    monkeypatch.syspath_prepend(tmp_path)
    with adapter(job):
        (tmp_path / "target/package.txt").read_text()
    with pytest.raises(SystemExit), adapter(job):
        (tmp_path / "other.txt").read_text()
    assert "other.txt: read by the job" in capsys.readouterr().err


def test_a_raw_file_that_raw_csv_lists_with_its_checksum_is_declared(job, capsys, tmp_path):
    (tmp_path / "raw.csv").write_text(f"path,sha256\n{tmp_path}/a.xls,0\n")
    for name in ("a.xls", "b.xls"):
        os.close(os.open(tmp_path / name, os.O_WRONLY | os.O_CREAT))
    job.input = Namedlist([*job.input, str(tmp_path / "raw.csv")])
    with adapter(job):
        (tmp_path / "a.xls").read_text()
    with pytest.raises(SystemExit), adapter(job):
        (tmp_path / "b.xls").read_text()
    assert "b.xls: read by the job, but no input of its rule" in capsys.readouterr().err


def test_a_module_that_the_script_imports_and_the_rule_does_not_list_stops_the_job(
    job, capsys, adapters
):
    """The code was changed since the run began: it imports one more."""
    script = adapters["provenance"]
    files = [str(path) for path in closure(script, loaded.ROOT)]
    job.input = Namedlist(files)
    job.input._set_name("code", 0, len(files))
    with adapter(job):
        pass
    short = [path for path in files if not path.endswith("workflow/provenance.py")]
    job.input = Namedlist(short)
    job.input._set_name("code", 0, len(short))
    with pytest.raises(SystemExit), adapter(job):
        pass
    assert (
        "workflow/provenance.py: read by the job, but no input of its rule"
        in capsys.readouterr().err
    )


def test_what_the_ensemble_says_of_its_members_stands_in_its_warnings(tmp_path, monkeypatch):
    """They are written where the job ends: a script that collected them itself lost them."""

    def summarise(*_):
        warn(where="weights.csv", what="x", value=1, expectation="y", effect="z.")
        return {}

    monkeypatch.setattr(summary, "summarise", summarise)
    for name in ("read_members", "read_numbers"):
        monkeypatch.setattr(blocks, name, lambda *_: None)
    regions, warnings = str(tmp_path / "regions.csv"), str(tmp_path / "warnings.csv")
    write_table(pd.DataFrame({"region": ["a"]}), regions)
    job = SimpleNamespace(
        alone=True,
        input=Named.of({"members": [], "numbers": [], "regions": regions, "comparison": []}),
        output=Named.of({"warnings": warnings, "comparison": []}),
        params=Named.of({"members": 2, "level": 0.9}),
    )
    script = Path(loaded.LIBRARY).parent / "assessment/uncertainty.py"
    runpy.run_path(str(script), {"snakemake": job}, "__main__")
    assert read_warnings(warnings)["where"].tolist() == ["weights.csv"]
