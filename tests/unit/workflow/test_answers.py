"""Where Snakemake has no record of an output, ours answers: inputs by content, parameters by digest, times of benchmarks."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.persistence import MetadataRecord, ParamsChange

from citymrio.workflow.answers import answer, seconds
from citymrio.workflow.manifest import Record, params_digest


class Persistence:
    """Snakemake's, as far as it is asked."""

    def __init__(self, own):
        self.own = own

    def _read_record(self, key):
        return self.own.get(key)

    def params_changed(self, job, file=None):
        return ParamsChange()

    def _input_changed(self, job, file=None):
        return False

    def _params(self, job):
        return job.params

    def _input(self, job):
        return job.input


@pytest.fixture
def run(tmp_path, monkeypatch) -> Path:
    """A run with one job, of two inputs, one of them named twice by its rule."""
    monkeypatch.chdir(tmp_path)
    run = Path("results/x")
    for name, text in {"tables/a.csv": "a\n", "benchmarks/groups.tsv": "s\tmax_rss\n2.5\t10\n"}.items():
        (run / name).parent.mkdir(parents=True, exist_ok=True)
        (run / name).write_text(text)
    digests = {
        "outputs": {"tables/a.csv": "0"},
        "inputs": {"dataset/b.csv": "1"},
        "external": {"scripts/analysis/groups.py": "2"},
    }
    Record(
        job="groups", rule="groups", wildcards={}, run="results/x", made=("tables/a.csv",), params=params_digest(["'p'"]),
        version="0", **digests,
    ).write(run)  # fmt: skip
    return run


def a_job(**changes):
    inputs = ["scripts/analysis/groups.py", "results/x/dataset/b.csv", "results/x/dataset/b.csv"]
    return SimpleNamespace(**{"params": ["'p'"], "input": inputs, "output": ["results/x/tables/a.csv"], **changes})


OUTPUT = "results/x/tables/a.csv"


def test_a_lost_record_is_told_from_ours(run):
    persistence = Persistence({})
    answer(persistence, run)
    told = persistence._read_record(OUTPUT)
    assert told.rule == "groups" and told.log == ["results/x/logs/groups.log"]
    assert told.input_checksums == {"results/x/dataset/b.csv": "sha256:1", "scripts/analysis/groups.py": "sha256:2"}
    assert told.endtime - told.starttime == pytest.approx(2.5)
    assert persistence._read_record("results/x/tables/other.csv") is None


def test_snakemakes_own_record_counts_where_it_has_one(run):
    own = MetadataRecord(rule="another")
    persistence = Persistence({OUTPUT: own})
    answer(persistence, run)
    assert persistence._read_record(OUTPUT) is own
    assert not persistence.params_changed(a_job(params=["'q'"])).only_new
    assert not persistence._input_changed(a_job(input=[]), file=OUTPUT)


def test_an_output_that_is_gone_has_no_record(run):
    (run / "tables/a.csv").unlink()
    persistence = Persistence({})
    answer(persistence, run)
    assert persistence._read_record(OUTPUT) is None


def test_other_parameters_and_other_inputs_are_seen(run):
    persistence = Persistence({})
    answer(persistence, run)
    assert not persistence.params_changed(a_job()).only_new
    assert persistence.params_changed(a_job(params=["'q'"])).only_new == {"'q'"}
    assert not persistence._input_changed(a_job(), file=OUTPUT)
    assert persistence._input_changed(a_job(input=["scripts/analysis/groups.py"]), file=OUTPUT)


def test_a_job_without_a_benchmark_took_no_time(tmp_path):
    assert seconds(tmp_path / "none.tsv") == 0.0
    (tmp_path / "cut.tsv").write_text("s\n")
    assert seconds(tmp_path / "cut.tsv") == 0.0
