"""Changes in inventories scaled to a signed total with a bound on every fall."""

import numpy as np
import pytest

from citymrio.provinces.steps import bounded_gras_scale, gras_scale

SHARES = np.full(4, 0.25)
ROW = np.array([5.0, -4.0, -1.0, 8.0])


def test_a_row_that_keeps_its_bounds_is_scaled_as_without_them():
    bounds = np.array([9.0, 50.0, 50.0, 9.0])
    assert (bounded_gras_scale(ROW, -3.0, SHARES, bounds) == gras_scale(ROW, -3.0, SHARES)).all()


@pytest.mark.parametrize("total", [-3.0, -6.5, -9.9])
def test_the_total_is_reached_and_no_entry_falls_below_its_bound(total):
    bounds = np.array([1.0, 4.5, 5.0, 2.0])
    result = bounded_gras_scale(ROW, total, SHARES, bounds)
    assert result.sum() == pytest.approx(total, rel=1e-12)
    assert (result >= -bounds - 1e-15).all()


def test_entries_between_the_bounds_share_one_factor():
    result = bounded_gras_scale(ROW, -5.0, SHARES, np.array([9.0, 4.5, 50.0, 9.0]))
    assert result[1] == -4.5
    factor = result[0] / ROW[0]
    assert result[3] / ROW[3] == pytest.approx(factor)
    assert ROW[2] / result[2] == pytest.approx(factor)


def test_a_row_without_entries_takes_a_fall_in_proportion_to_the_room():
    result = bounded_gras_scale(
        np.zeros(3), -3.0, np.array([1.0, 0.0, 0.0]), np.array([1.0, 2.0, 3.0])
    )
    assert result == pytest.approx([-1.0, -0.8, -1.2])


def test_a_total_below_all_bounds_is_refused():
    with pytest.raises(ValueError, match="below the sum of the bounds"):
        bounded_gras_scale(ROW, -20.0, SHARES, np.ones(4))
