"""Sums that printed totals miss."""

from __future__ import annotations

import numpy as np

from citymrio.base.errors import collect_notices
from citymrio.dataset.sums import Sums, reconcile


def test_the_largest_gaps_that_are_named_are_those_that_are_said():
    """Gaps of larger totals, which are round-off there, took their places: none was named."""
    printed = np.array([9e3, 9e3, 9e3, 200.0])
    total = printed - np.array([0.4, 0.4, 0.4, 0.3])
    sums = Sums("row", total, printed, 20, "row {}".format, lambda k, gap: "", "error")
    with collect_notices() as notices:
        assert reconcile([sums], 0.1, "NO.csv")
    assert [notice.value for notice in notices] == [
        "1 of 4, 1.5 in sum of amounts; the largest: row 3: 0.3 of 200"
    ]
