"""The page of an ensemble: what it calls solid follows from the width of the intervals."""

import pandas as pd

from citymrio.report.words import NAMED, OPEN, SOLID, by_width


def numbers(half):
    """numbers.csv with intervals of half so much of the estimate, all quantities alike."""
    rows = [(name, "%", 50.0, 50.0 * (1 - half), 50.0 * (1 + half)) for name in NAMED]
    return pd.DataFrame(rows, columns=["quantity", "unit", "estimate", "low", "high"]).set_index("quantity")


def test_what_is_solid_follows_from_the_width_of_the_interval():
    for half, kind in ((0.9 * SOLID, "solid"), (1.1 * SOLID, "rough"), (0.9 * OPEN, "rough"), (1.1 * OPEN, "open")):
        classes = by_width(numbers(half))
        assert classes.pop(kind) == [*NAMED] and not any(classes.values())


def test_a_quantity_that_a_run_lacks_is_in_no_class():
    assert [name for names in by_width(numbers(0.01).iloc[:2]).values() for name in names] == [*NAMED][:2]
