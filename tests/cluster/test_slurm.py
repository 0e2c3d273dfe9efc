"""The tiny country on a real Slurm of one node; one of its submissions is killed, and Snakemake
itself.

The results are those of a local run to the last byte. `make test-slurm NODES=1`; skips where Slurm
is absent.
"""

from __future__ import annotations

import pytest
from checkout import Checkout, whole_outputs
from submission import assert_retried, assert_within_memory, kill_script, snakemake, submit
from thorough import THOROUGH

#: The job whose script is killed, and the one at which Snakemake itself is. Every rule at night; in
#: part the estimate, since each of its stages waits for the next question of how a job is.
VICTIM, STOP = (
    ("rule_cities_cities", "rule_figures_")
    if THOROUGH
    else ("rule_balance_provinces", "rule_cities_cities")
)
TINY = (*(() if THOROUGH else ["estimate"]), "--configfile", "config/tiny.yaml")
ALONE = ("--group-components", "cities=1", "figures=1")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two copies of the workflow, taken at the same moment: one for the cluster, one for the local
    run.
    """
    base = tmp_path_factory.mktemp("tiny")
    return tuple(Checkout.make(base / name).folder for name in ("slurm", "local"))


@pytest.fixture(scope="module")
def tiny(cluster, record, pair):
    """The tiny country through the profile, but every job alone; the script of one job is killed
    with signal 9.

    Later, when the first figure is drawn or the first province estimated, Snakemake itself is
    killed and started again, with others of them waiting in the queue.
    """
    folder, _ = pair
    outcome = submit(
        cluster,
        folder,
        *TINY,
        *ALONE,
        victim=VICTIM,
        kill=kill_script,
        stop_at=STOP,
    )
    record.extend(outcome.record("tiny country"))
    return outcome


def test_the_killed_job_is_retried_with_more_memory_and_the_run_ends_well(tiny):
    assert_retried(tiny)


def test_every_province_is_a_submission_of_its_own(tiny):
    states = [job.state for job in tiny.jobs if job.rule == "cities_cities"]
    assert len(states) == 5 + states.count("FAILED") > 5


def test_a_killed_run_goes_on_while_its_submissions_are_still_in_the_queue(tiny):
    orphans = [job for job in tiny.jobs if job.number in tiny.orphans]
    assert {job.state for job in orphans} <= {"COMPLETED", "FAILED"}
    # those that began after the kill found their run ended, and touched nothing
    assert "FAILED" in {job.state for job in orphans}
    assert tiny.code == 0


def test_no_job_of_the_tiny_country_takes_more_memory_than_it_asks_for(tiny):
    assert_within_memory(tiny)


def test_the_tiny_country_is_that_of_a_local_run_to_the_last_byte(tiny, pair):
    _, local = pair
    snakemake(local, *TINY)
    ours, theirs = (
        whole_outputs(tiny.folder / "results/tiny"),
        whole_outputs(local / "results/tiny"),
    )
    assert len(ours) > (100 if THOROUGH else 40)
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []


def test_a_local_run_goes_on_from_the_results_of_the_cluster_without_a_job(tiny):
    assert "Nothing to be done" in snakemake(tiny.folder, *TINY, "--dry-run")
