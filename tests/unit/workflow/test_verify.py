"""What `make verify` says about a run beside what its configuration makes."""

from __future__ import annotations

from pathlib import Path

from citymrio.workflow.manifest import Fault, Record
from citymrio.workflow.verify import beside_the_plan, describe_faults, kernel_note

RUN = Path("results/r")


def record(job, made, version=None):
    from citymrio import __version__

    return Record(
        job=job,
        rule=job.split("/")[0],
        wildcards={"variant": "v"} if "/" in job else {},
        run="results/r",
        made=tuple(made),
        outputs={},
        inputs={},
        external={},
        params="",
        version=version or __version__,
    )


def found(records, plan):
    return {
        (fault.kind, fault.path)
        for fault in beside_the_plan(RUN, {record.job: record for record in records}, plan)
    }


def test_outputs_of_a_variant_that_is_no_longer_configured_are_left_over():
    records = [record("nest", ["nested/mrio.nc"]), record("variant/v", ["variants/v/headline.csv"])]
    assert found(records, {"results/r/nested/mrio.nc": False}) == {
        ("left over", "variants/v/headline.csv")
    }


def test_jobs_of_provinces_are_not_left_over_while_the_dataset_is_to_be_made_again(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    city = record("cities/11", ["cities/11/tables.nc"])
    city = Record(
        **{name: getattr(city, name) for name in city.__dataclass_fields__}
        | {"wildcards": {"province": "11"}}
    )
    assert found([city], {"results/r/dataset": False}) == {
        ("unmade", "dataset"),
        ("left over", "cities/11/tables.nc"),
    }
    assert found([city], {"results/r/dataset": True}) == {("unmade", "dataset")}


def test_what_the_configuration_asks_for_and_was_never_made_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert found([], {"results/r/nested/mrio.nc": True, "elsewhere/x.csv": True}) == {
        ("unmade", "nested/mrio.nc")
    }


def test_what_would_be_made_again_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "results/r/nested").mkdir(parents=True)
    (tmp_path / "results/r/nested/mrio.nc").write_text("x")
    records = [record("nest", ["nested/mrio.nc"])]
    assert found(records, {"results/r/nested/mrio.nc": True}) == {("outdated", "nested/mrio.nc")}


def test_results_of_another_version_are_said():
    assert found(
        [record("nest", ["nested/mrio.nc"], "0.0.1")], {"results/r/nested/mrio.nc": False}
    ) == {("version", "nest")}


def test_a_sound_run_is_one_line_and_faults_of_one_reason_are_one_line():
    assert describe_faults(RUN, []).count("\n") == 0
    said = describe_faults(RUN, [Fault("moved", f"job{k}", "made as results/s") for k in range(9)])
    assert "moved     job0, job1, job2, job3, job4, job5 and 3 more: made as results/s" in said
    assert said.splitlines()[-1].startswith("Fix: ")


def test_where_checksums_may_differ_although_nothing_is_wrong_the_reason_is_said():
    here = Record(**{**vars(record("nest", [])), "kernel": "openblas Haswell"})
    there = Record(**{**vars(record("footprint", [])), "kernel": "openblas SkylakeX"})
    assert kernel_note([here, record("retrieve", [])], "openblas Haswell") == ""
    assert (
        "computed with openblas SkylakeX; this machine computes with openblas Haswell"
        in kernel_note([there], here.kernel)
    )
    assert "openblas Haswell and openblas SkylakeX" in kernel_note([here, there], here.kernel)
