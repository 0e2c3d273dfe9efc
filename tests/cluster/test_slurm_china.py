"""The estimation of China 2012 on a real Slurm of one node; a submission of eight provinces is
cancelled at work.

The results are those of a local run to the last byte. `make test-slurm`; skips where Slurm is
absent.
"""

from __future__ import annotations

import pytest
from checkout import ROOT, whole_outputs
from submission import (
    CHINA,
    assert_retried,
    assert_within_memory,
    cancel,
    china_checkout,
    snakemake,
    submit,
)


@pytest.fixture(scope="module")
def china(cluster, record, tmp_path_factory):
    """The estimation of China 2012 through the profile as it is; a submission of eight provinces is
    cancelled at work.
    """
    folder = china_checkout(tmp_path_factory.mktemp("china") / "a" / "slurm")
    outcome = submit(cluster, folder, "estimate", *CHINA, victim="_cities", kill=cancel)
    record.extend(outcome.record("China 2012, estimation"))
    return outcome


def test_a_cancelled_group_of_provinces_is_retried_as_a_whole(china):
    assert_retried(china)


def test_31_provinces_are_four_submissions(china):
    provinces = [
        job
        for job in china.jobs
        if job.rule == "cities_cities" and job.number != china.killed.number
    ]
    assert len(provinces) == 4


def test_no_job_of_china_takes_more_memory_than_it_asks_for(china):
    assert_within_memory(china)


def test_the_estimation_of_china_is_that_of_the_local_run_to_the_last_byte(china):
    snakemake(ROOT, "estimate", *CHINA)  # no job where `make china2012` has made it
    ours, local = (
        whole_outputs(china.folder / "results/china2012"),
        whole_outputs(ROOT / "results/china2012"),
    )
    assert "nested/mrio.nc" in ours
    assert len(ours) > 200
    assert sorted(ours.keys() - local.keys()) == []
    assert [name for name in ours if ours[name] != local[name]] == []
