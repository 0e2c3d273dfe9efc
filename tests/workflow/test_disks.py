"""Disks that refuse, two runs at once, the cache between workflows: through Snakemake, with the
profile.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time

import pytest
from checkout import Checkout, whole_outputs

pytestmark = pytest.mark.slow


@pytest.fixture
def disk(tmp_path):
    """Mounts a small disk in memory at a folder: ``disk(folder, options)``; skips where that is not
    allowed.
    """
    mounted = []

    def mount(folder, options):
        folder.mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = (
            subprocess.run(command, capture_output=True, text=True)
            if shutil.which("mount")
            else None
        )
        if done is None or done.returncode:
            pytest.skip("needs the right to mount a disk (root)")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_gives_one_message_and_no_half_file_and_the_run_goes_on_when_there_is_space(
    disk, finished, tmp_path
):
    checkout = Checkout.make(tmp_path / "checkout")
    results = disk(checkout.folder / "results", "size=300k")
    code, text = checkout.run("results/tiny/dataset", cores=1)
    assert code != 0
    assert "Traceback" not in text
    messages = [line.strip() for line in text.splitlines() if line.strip().startswith("rule ")]
    assert len(messages) == 1, text
    assert ": No space left on device '" in messages[0]
    assert (
        "Fix: check space and permissions, inodes (df -i) and limits (ulimit -a), then run again."
        in messages[0]
    )
    whole = whole_outputs(finished.results())
    assert whole_outputs(results / "tiny") == {}
    subprocess.run(["mount", "-o", "remount,size=50m", str(results)], check=True)
    code, text = checkout.run("results/tiny/dataset", cores=1)
    assert code == 0, text
    dataset = {name: content for name, content in whole.items() if name.startswith("dataset/")}
    assert whole_outputs(results / "tiny") == dataset
    assert list(results.rglob(".part-*")) == []


@pytest.mark.parametrize("options", ["size=4k", "size=600k", "nr_inodes=1"])
@pytest.mark.night
def test_no_space_for_snakemakes_own_folder_is_one_message_before_anything_begins(
    disk, tmp_path, options
):
    checkout = Checkout.make(tmp_path / "checkout")
    place = disk(checkout.folder / ".snakemake", options)
    code, text = checkout.run("results/tiny/dataset", cores=1)
    assert code == 1
    lines = [
        line for line in text.splitlines() if not line.startswith("Using workflow specific profile")
    ]
    assert lines == [
        f"{place} cannot be written: No space left on device. "
        "Fix: check space and permissions there, inodes (df -i) and limits (ulimit -a)."
    ]


@pytest.mark.parametrize("after", ["Run tiny", "[1/"])
@pytest.mark.night
def test_snakemakes_own_folder_that_fills_during_a_run_is_one_message_and_the_run_goes_on_later(
    disk, finished, tmp_path, after
):
    checkout = Checkout.make(tmp_path / "checkout")
    place = disk(checkout.folder / ".snakemake", "size=4m")
    process = checkout.start("results/tiny/provinces/mrio.nc", cores=1)
    text = ""
    while after not in text:
        assert (line := process.stdout.readline()), text
        text += line
    with open(place / "fill", "wb", buffering=0) as fill, contextlib.suppress(OSError):
        while True:
            fill.write(bytes(1024))
    text += process.communicate(timeout=300)[0]
    assert process.returncode == 1
    assert (
        text.count(f"{place} cannot be written: No space left on device. Fix: check space") == 1
    ), text
    # a job that had just begun may say it of itself
    said = [line for line in text.splitlines() if "No space left" in line]
    assert len(said) <= 2 and all("Fix: check space" in line for line in said), text
    assert "Traceback" not in text, text
    (place / "fill").unlink()
    code, text = checkout.run("results/tiny/provinces/mrio.nc", cores=1)
    assert code == 0, text
    made = whole_outputs(checkout.results())
    assert made == {
        name: content for name, content in whole_outputs(finished.results()).items() if name in made
    }


def test_results_without_inodes_left_are_one_message_with_the_file(disk, tmp_path):
    checkout = Checkout.make(tmp_path / "checkout")
    disk(checkout.folder / "results", "nr_inodes=40")
    code, text = checkout.run("results/tiny/provinces/mrio.nc", cores=1)
    assert code == 1
    assert text.count("No space left on device '") == 1 and "inodes (df -i)" in text, text
    assert "Traceback (most" not in text


@pytest.mark.night
def test_a_job_that_fails_says_why_where_the_clock_runs_ahead_of_the_disk(own_country, tmp_path):
    """Files are dated by a server of files, say; here the clock of Python is set forward in every
    process.
    """
    ahead = tmp_path / "ahead"
    ahead.mkdir()
    text = "import time\nnow = time.time\ntime.time = lambda: now() + 3600\n"
    (ahead / "sitecustomize.py").write_text(text, encoding="utf-8")
    (own_country.folder / "country/regions.csv").write_text("region\n", encoding="utf-8")
    code, text = own_country.run("results/mine/dataset", config="mine.yaml", path=ahead, cores=1)
    assert code == 1
    assert "ended without a message" not in text
    assert "  rule dataset: country/regions.csv: " in text, text


def test_results_on_a_disk_that_is_read_only_are_refused_before_any_job(disk, tmp_path):
    checkout = Checkout.make(tmp_path / "checkout")
    disk(checkout.folder / "results", "ro")
    code, text = checkout.run("estimate", cores=1)
    assert code != 0
    assert "Traceback" not in text
    assert (
        text.count(
            "results/tiny cannot be written: Read-only file system. Fix: check space and "
            "permissions."
        )
        == 1
    )
    assert "Finished jobid" not in text


def test_a_second_run_is_refused_while_the_first_goes_on_and_another_results_folder_is_free(
    tmp_path,
):
    checkout = Checkout.make(tmp_path / "checkout")
    first = checkout.start("results/tiny/dataset", cores=1)
    begin = time.monotonic()
    lock = checkout.folder / "results/.locks/tiny.lock"
    while not (lock.is_file() and lock.read_text()):
        assert first.poll() is None and time.monotonic() - begin < 120
        time.sleep(0.02)
    first.send_signal(signal.SIGSTOP)  # it holds the lock as long as we need
    try:
        code, text = checkout.run("results/tiny/dataset", cores=1)
        other, other_text = checkout.run("results/other/dataset", "--config", "run=other", cores=1)
    finally:
        first.send_signal(signal.SIGCONT)
    assert code != 0
    assert f"results/tiny cannot be locked: another run (process {first.pid} on " in text
    assert "Traceback" not in text
    assert other == 0, other_text
    text, _ = first.communicate(timeout=300)
    assert first.returncode == 0, text


def test_the_cache_between_workflows_is_refused(tmp_path, monkeypatch):
    """Wildcards are not part of its key: docs/rebuild.md says what would come of that."""
    cache = tmp_path / "cache"
    cache.mkdir()
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", str(cache))
    code, text = Checkout.make(tmp_path / "checkout").run("estimate", "--cache", "cities", cores=1)
    assert code != 0
    assert (
        "Rules with a benchmark directive may not be marked as eligible for between-workflow "
        "caching" in text
    )
    assert os.listdir(cache) == []
