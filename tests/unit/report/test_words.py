"""The page of an ensemble: it lists numbers by the width of their intervals."""

import pandas as pd

from citymrio.report.words import NAMED, WIDTHS, by_width


def numbers(half):
    """numbers.csv with intervals of half so much of the estimate, all quantities alike."""
    rows = [(name, "%", 50.0, 50.0 * (1 - half), 50.0 * (1 + half)) for name in NAMED]
    return pd.DataFrame(rows, columns=["quantity", "unit", "value", "low", "high"]).set_index(
        "quantity"
    )


def test_numbers_stand_by_the_width_of_their_interval():
    first, second, last = WIDTHS
    for half, limit in (
        (0.9 * first, first),
        (1.1 * first, second),
        (0.9 * second, second),
        (1.1 * second, last),
    ):
        classes = by_width(numbers(half))
        assert classes.pop(limit) == [*NAMED] and not any(classes.values())


def test_a_quantity_that_a_run_lacks_is_in_no_class():
    assert [name for names in by_width(numbers(0.01).iloc[:2]).values() for name in names] == [
        *NAMED
    ][:2]
