"""Two amounts of the same thing: from one table, how far apart is worth a warning, and how far is a fault."""

from __future__ import annotations

from functools import partial

import pytest

from citymrio.base.errors import DataError
from citymrio.base.notices import collecting
from citymrio.dataset.contract.levels import BANDS, NEVER, Pair


def place(message, fix):
    return DataError(f"row 7, {message}", where="a.csv", fix=fix)


def said(value, band, kind):
    """What a pair (value, 10000) says: faults, warnings."""
    pair = partial(Pair, place, "it is", other="the other is", reference=1e4, band=band, kind=kind)(value=value)
    with collecting() as notices:
        pair.warn()
    return [str(fault) for fault in pair.faults()], notices


@pytest.mark.parametrize(("band", "kind"), [("table", "same"), ("region", "same"), ("nation", "same"), ("cities", "part")])
def test_a_difference_is_nothing_then_a_warning_then_a_fault(band, kind):
    warn, refuse = BANDS[band].warn, BANDS[band].refuse
    assert 1.1 <= warn <= 1.2 < refuse
    assert said(1e4 * (warn - 0.01), band, kind) == ([], [])
    faults, notices = said(1e4 * (warn + 0.01), band, kind)
    assert faults == [] and [(n.where, n.effect) for n in notices] == [("a.csv, row 7", BANDS[band].effect)]
    assert f"factor of {warn:g}" in notices[0].expectation or f"{warn:g} times" in notices[0].expectation
    faults, _ = said(1.01e4 * refuse, band, kind)
    assert len(faults) == 1 and "a.csv: row 7, it is" in faults[0]
    below = said(1e4 / (warn + 0.01), band, kind)[1]
    assert len(below) == (kind == "same")


def test_every_band_says_why_and_one_that_warns_says_what_follows():
    for name, band in BANDS.items():
        assert band.why and band.compared and band.warn != band.refuse, name
        assert band.effect.endswith(".") == (band.warn < NEVER), name
    assert said(1e4 * 99, "intensity", "same") == ([], [])  # refused from 100 times on, never warned of
