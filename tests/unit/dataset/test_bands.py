"""Two amounts of the same thing: from one table, how far apart is worth a warning, and how far is a
fault.
"""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace

import pandas as pd
import pytest
import xarray as xr

from citymrio.base.errors import DataError, collect_notices
from citymrio.dataset.contract.io_tables import with_signs_in_stocks
from citymrio.dataset.contract.levels import BANDS, NEVER, Pair
from citymrio.dataset.unusual import _roles


def place(message, fix):
    return DataError(f"row 7, {message}", where="a.csv", fix=fix)


def said(value, band, kind):
    """What a pair (value, 10000) says: faults, warnings."""
    pair = partial(Pair, place, "it is", other="the other is", reference=1e4, band=band, kind=kind)(
        value=value
    )
    with collect_notices() as notices:
        pair.warn()
    return [str(fault) for fault in pair.faults()], notices


@pytest.mark.parametrize(
    ("band", "kind"),
    [("table", "same"), ("region", "same"), ("nation", "same"), ("cities", "part")],
)
def test_a_difference_is_nothing_then_a_warning_then_a_fault(band, kind):
    warn, refuse = BANDS[band].warn, BANDS[band].refuse
    assert 1.1 <= warn <= 1.2 < refuse
    assert said(1e4 * (warn - 0.01), band, kind) == ([], [])
    faults, notices = said(1e4 * (warn + 0.01), band, kind)
    assert faults == [] and [(n.where, n.effect) for n in notices] == [
        ("a.csv, row 7", BANDS[band].effect)
    ]
    assert (
        f"factor of {warn:g}" in notices[0].expectation
        or f"{warn:g} times" in notices[0].expectation
    )
    faults, _ = said(1.01e4 * refuse, band, kind)
    assert len(faults) == 1 and "a.csv: row 7, it is" in faults[0]
    below = said(1e4 / (warn + 0.01), band, kind)[1]
    assert len(below) == (kind == "same")


def test_every_band_says_why_and_one_that_warns_says_what_follows():
    for name, band in BANDS.items():
        assert band.why and band.compared and band.warn != band.refuse, name
        assert band.effect.endswith(".") == (band.warn < NEVER), name
    assert said(1e4 * 99, "intensity", "same") == (
        [],
        [],
    )  # refused from 100 times on, never warned of


def country(shares):
    """Provinces whose final demand has these shares of households, government and capital
    formation.
    """
    uses = ["h", "g", "c"]
    tables = {
        code: xr.Dataset({"total_use": (("sector", "use"), [own])}, {"sector": ["1"], "use": uses})
        for code, own in shares.items()
    }
    final = pd.DataFrame({"category": uses, "role": ["household", "government", "capital"]})
    places = {code: f"{code}.csv" for code in shares}
    return SimpleNamespace(
        tables={"final_demand": SimpleNamespace(frame=final)},
        provinces=tables,
        io_places=places,
        place=lambda name: f"{name}.csv",
    )


USUAL = {"A": [50, 15, 35], "B": [45, 13, 42], "C": [55, 18, 27], "D": [48, 12, 40]}


@pytest.mark.parametrize(
    ("changed", "where", "what"),
    [
        ({}, None, ""),
        ({"D": [12, 48, 40]}, "D.csv", "look exchanged"),
        ({"D": [25, 30, 45]}, None, ""),  # another province, not exchanged columns
        (
            {code: [own[1], own[0], own[2]] for code, own in USUAL.items()},
            "final_demand.csv",
            "is unusual: household",
        ),
    ],
)
def test_roles_with_unusual_shares_or_exchanged_in_one_province_are_said(changed, where, what):
    with collect_notices() as notices:
        _roles(country(USUAL | changed))
    assert (
        [what in n.what for n in notices if n.where == where] in ([True], [True, False])
        if where
        else notices == []
    )


def test_final_demand_below_0_counts_in_its_own_role():
    """Stock changes carry it through the estimate: they were said to be unusual in its place."""
    data = country(dict.fromkeys(USUAL, [90, -45, 30]))
    final = data.tables["final_demand"].frame
    final.loc[3] = ["s", "stock_changes"]
    for code, table in data.provinces.items():
        table = table.reindex(use=["1", "h", "g", "c", "s"], fill_value=1.0)
        table = table.assign(output=("sector", [200.0]))
        data.provinces[code] = with_signs_in_stocks(table, "s", code)
        assert data.provinces[code]["total_use"].sel(use="s").item() == -44
    with collect_notices() as notices:
        _roles(data)
    said = {notice.what.rpartition(": ")[2]: notice.value for notice in notices}
    assert said["government"] == "-60.0% in all provinces together"
    assert "stock_changes" not in said
