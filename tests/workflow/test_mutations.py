"""A file that a run opens is changed: what goes on from the finished run is what a run from scratch
makes.
"""

from __future__ import annotations

import hashlib
import time

import pytest
from checkout import Checkout, whole_outputs
from mutations import opened, run
from thorough import times

pytestmark = pytest.mark.slow

#: Two jobs that load the same module, one after the other.
FOOTPRINTS = ("results/tiny/footprint/footprints.nc", "results/tiny/validation/true_footprints.nc")


@pytest.mark.night
def test_files_that_a_run_opens_are_changed_at_random_and_nothing_is_stale(
    finished, two_runs, tmp_path
):
    """More of them: `make test-mutations N=60`."""
    results = run(finished, opened(two_runs[1]), times(2, 6), 7, tmp_path)
    assert [(result.mutations, result.stale) for result in results if result.stale] == []


def test_a_module_edited_in_the_middle_of_a_run_is_never_certified_with_results_of_the_old_one(
    tmp_path,
):
    """The old module has been loaded by then, for another script: the same run goes on with the new
    one, and records that.
    """
    module = "scripts/citymrio/footprints/footprint.py"
    checkout, scratch = Checkout.make(tmp_path / "edited"), Checkout.make(tmp_path / "scratch")
    text = (checkout.folder / module).read_text(encoding="utf-8")
    edited = text.replace("embodied in exports abroad", "embodied in exports")
    assert edited != text
    process = checkout.start(*FOOTPRINTS)
    while not (checkout.results() / "manifest/true_footprints.json").exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    (checkout.folder / module).write_text(edited, encoding="utf-8")
    said, _ = process.communicate()
    assert process.returncode in (0, 1), said
    assert process.returncode == 1 or "some were edited, altered or removed while the run" in said
    record = checkout.results() / "manifest/footprint.json"
    if record.exists():
        assert hashlib.sha256(edited.encode()).hexdigest() in record.read_text(encoding="utf-8")
    code, said = checkout.run(*FOOTPRINTS)
    assert code == 0, said
    (scratch.folder / module).write_text(edited, encoding="utf-8")
    code, said = scratch.run(*FOOTPRINTS)
    assert code == 0, said
    assert whole_outputs(checkout.results()) == whole_outputs(scratch.results())
