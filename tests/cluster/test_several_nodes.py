"""Ensembles scattered over the four nodes of a real Slurm, of which one is lost at work: its jobs
run elsewhere.

The results are those of a local run to the last byte. The tiny country: Slurm starts the lost jobs
again, as most clusters do. China 2012: Slurm gives them up, and Snakemake submits them again.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from checkout import ROOT, Checkout, whole_outputs
from local_slurm import LocalSlurm, several_nodes
from submission import (
    BRISK,
    CHINA,
    Outcome,
    bare,
    china_checkout,
    lose_node,
    run,
    snakemake,
    submit,
)

NODES = 4
#: Every block of members is a submission of its own.
ALONE = ("uncertainty", "--group-components", "members=1", "cities=8", "figures=20")
TINY = (*ALONE, "--configfile", "config/tiny.yaml", "--config", "uncertainty={members: 40}")
CHINA_ENSEMBLE = (*ALONE, *CHINA, "uncertainty={members: 30}")
#: `sitecustomize.py` of all Python processes of a run: what a file system does that has no locks.
NO_LOCKS = """
import errno, fcntl

def flock(handle, kind):
    raise OSError(errno.ENOLCK, "No locks available")

fcntl.flock = flock
"""


@dataclass(frozen=True)
class Pair:
    """An ensemble by a local run, and by a cluster that has lost a node, on the same estimate."""

    local: Path
    scattered: Outcome


@pytest.fixture(scope="module")
def nodes(slurm):
    """Skips where Slurm cannot have several nodes on one machine."""
    if not several_nodes():
        pytest.skip("needs a Slurm that was built with --enable-multiple-slurmd, as Debian's is")


@pytest.fixture(scope="module")
def ensemble(nodes, record, tmp_path_factory):
    """Makes a pair."""

    def make(name: str, checkout, arguments: tuple[str, ...], **options) -> Pair:
        base = tmp_path_factory.mktemp(name) / "a"
        local, here = checkout(base / "local"), checkout(base / "slurm")
        if (ROOT / "results" / name).is_dir():
            shutil.copytree(ROOT / "results" / name, local / "results" / name)
        snakemake(local, *arguments)
        apart = shutil.ignore_patterns("uncertainty", "uncertainty*.json")
        shutil.copytree(local / "results" / name, here / "results" / name, ignore=apart)
        with LocalSlurm(nodes=NODES, **options) as cluster:
            outcome = submit(
                cluster, here, *arguments, victim="uncertainty_members", kill=lose_node
            )
        record.extend(outcome.record(f"{name}, ensemble on {NODES} nodes"))
        return Pair(local / "results" / name, outcome)

    return make


@pytest.fixture(scope="module")
def tiny(ensemble):
    return ensemble("tiny", lambda folder: Checkout.make(folder).folder, TINY)


@pytest.fixture(scope="module")
def china(ensemble):
    return ensemble("china2012", china_checkout, CHINA_ENSEMBLE, requeue=False)


def assert_ran_elsewhere(outcome: Outcome) -> None:
    """All four nodes had work, and the run ended well on the three that were left."""
    assert outcome.code == 0, outcome.text
    assert {node for nodes in outcome.nodes.values() for node in nodes} == {
        f"node{number}" for number in range(1, NODES + 1)
    }
    last = [job for job in outcome.jobs if job.comment == outcome.killed.comment][-1]
    assert last.state == "COMPLETED"
    assert outcome.nodes[last.number][-1] != outcome.killed.node


def assert_same_bytes(pair: Pair, name: str) -> None:
    ours, theirs = (
        whole_outputs(pair.scattered.folder / "results" / name),
        whole_outputs(pair.local),
    )
    assert "uncertainty/regions.csv" in ours
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []


def test_slurm_starts_the_jobs_of_a_lost_node_again_elsewhere(tiny):
    outcome = tiny.scattered
    assert_ran_elsewhere(outcome)
    assert outcome.killed.number in outcome.requeued
    assert {job.state for job in outcome.jobs} == {"COMPLETED"}


def test_where_slurm_gives_them_up_snakemake_submits_them_again(china):
    outcome = china.scattered
    assert_ran_elsewhere(outcome)
    assert outcome.requeued == []
    assert outcome.restarts >= 1
    assert {job.state for job in outcome.jobs if job.number == outcome.killed.number} == {
        "NODE_FAIL"
    }


def test_the_tiny_country_is_that_of_a_local_run_to_the_last_byte(tiny):
    assert_same_bytes(tiny, "tiny")


def test_china_is_that_of_the_local_run_to_the_last_byte(china):
    assert_same_bytes(china, "china2012")


def test_no_part_takes_more_memory_than_it_asks_for(tiny, china):
    for outcome in (tiny.scattered, china.scattered):
        asked = {job.number: job.memory for job in outcome.jobs}
        assert {
            number: peak for number, peak in outcome.peaks.items() if peak > asked[number]
        } == {}


def test_without_locks_a_run_is_refused_and_goes_on_when_one_answers_for_it(nodes, tmp_path):
    folder, local = (Checkout.make(tmp_path / name).folder for name in ("slurm", "local"))
    (tmp_path / "sitecustomize.py").write_text(NO_LOCKS, encoding="utf-8")
    words = ("results/tiny/provinces/mrio.nc", "--configfile", "config/tiny.yaml")
    with LocalSlurm(nodes=NODES) as cluster:
        unlocked = {**bare(cluster.environment), "PYTHONPATH": str(tmp_path)}
        code, text = run(
            folder, *words, "--profile", "profiles/slurm", *BRISK, environment=unlocked
        )
        assert code != 0
        assert (
            text.count("locks do not work on the file system of results/tiny (No locks available)")
            == 1
        ), text
        assert cluster.jobs() == []
        unlocked["CITYMRIO_UNLOCKED"] = "1"
        code, text = run(
            folder, *words, "--profile", "profiles/slurm", *BRISK, environment=unlocked
        )
        assert code == 0, text
        assert {job.state for job in cluster.jobs()} == {"COMPLETED"}
    snakemake(local, *words)
    ours = whole_outputs(folder / "results/tiny")
    assert "provinces/mrio.nc" in ours
    assert ours == whole_outputs(local / "results/tiny")
