"""Killed at random moments, a run goes on by the same command to the same bytes; more kills: `make
test-kill N=20`.
"""

from __future__ import annotations

import pytest
from checkout import Checkout, whole_outputs
from kill_points import MODES, kill_run
from thorough import times

pytestmark = pytest.mark.slow

#: Outputs of the target `estimate`.
ESTIMATE = (
    "dataset/",
    "provinces/",
    "cities/",
    "nested/",
    "warnings/balance_provinces",
    "warnings/province_trade",
    "warnings/cities/",
)


@pytest.mark.night
def test_a_run_that_is_killed_again_and_again_ends_in_the_same_bytes(finished, tmp_path):
    undisturbed = whole_outputs(finished.results())
    reference = {
        name: content for name, content in undisturbed.items() if name.startswith(ESTIMATE)
    }
    checkout = Checkout.make(tmp_path / "killed")
    number = times(len(MODES), 2 * len(MODES))
    kills = list(kill_run(checkout, reference, number, seed=7, targets=("estimate",)))
    assert [kill.mode for kill in kills] == [*MODES] * (number // len(MODES))
    assert whole_outputs(checkout.results()) == reference


def test_a_file_that_is_still_being_written_is_no_output(tmp_path):
    """A kill may leave a folder half written; its files stand under no name of an output."""
    for name in (
        ".part-dataset/regions.csv",
        "dataset/.part-regions.csv",
        "logs/dataset.log",
        "dataset/regions.csv",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    assert list(whole_outputs(tmp_path)) == ["dataset/regions.csv"]
