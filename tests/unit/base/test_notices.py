"""Warnings are gathered where somebody gathers them, and logged elsewhere."""

import logging

from citymrio.base.errors import WARNING_COLUMNS, Notice, as_table, collect_notices, warn

GIVEN = {
    "where": "regions.csv, row 3",
    "what": "population",
    "value": 12,
    "expectation": "some 10^5",
    "effect": "It is used.",
}


def test_a_block_gathers_each_notice_once():
    with collect_notices() as kept:
        warn(**GIVEN)
        warn(**GIVEN)
        warn(**GIVEN | {"value": 13})
    assert [notice.value for notice in kept] == ["12", "13"]
    first = as_table(kept)[[*WARNING_COLUMNS]].iloc[0]
    assert first.tolist() == [str(GIVEN[name]) for name in WARNING_COLUMNS]


def test_an_inner_block_keeps_its_notices_to_itself():
    with collect_notices() as outer:
        with collect_notices() as inner:
            warn(**GIVEN)
        assert outer == []
    assert inner == [Notice(**GIVEN | {"value": "12"})]


def test_without_a_block_a_notice_goes_to_the_log(caplog):
    with caplog.at_level(logging.WARNING):
        warn(**GIVEN)
    assert "regions.csv, row 3: population: 12; expected some 10^5. It is used." in caplog.text
