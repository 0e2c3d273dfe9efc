"""The small parts of the local cluster that need no Slurm."""

from __future__ import annotations

import local_slurm
import pytest
from local_slurm import Job, LocalSlurm, free_ports, megabytes, missing, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1000M", 1000), ("1.50G", 1536), ("512", 512), ("2048K", 2), ("1T", 1024**2)],
)
def test_memory_as_squeue_prints_it(text, expected):
    assert megabytes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0:07", 7), ("12:03", 723), ("2:00:01", 7201), ("1-02:03:04", 93784), ("INVALID", 0)],
)
def test_time_as_squeue_prints_it(text, expected):
    assert seconds(text) == expected


def test_a_job_is_named_by_rule_and_wildcards():
    assert Job(1, "RUNNING", "rule_cities_wildcards_P01", 1000, 3).rule == "cities/P01"
    assert Job(1, "RUNNING", "rule_nest", 1000, 3).rule == "nest"


def test_ports_differ_and_are_free():
    assert len(set(free_ports(5))) == 5


def test_where_slurm_is_absent_the_programs_that_lack_are_named_and_nothing_is_left(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(local_slurm, "SEARCH", str(tmp_path))
    assert missing() == list(local_slurm.PROGRAMS)
    folder = tmp_path / "cluster"
    folder.mkdir()
    with (
        pytest.raises(FileNotFoundError, match="no munged, slurmctld, .*slurm-wlm and munge"),
        LocalSlurm(folder),
    ):
        pass
    assert not folder.exists()
