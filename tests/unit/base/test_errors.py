"""The same fault in many rows is one message; different faults stay apart."""

from __future__ import annotations

import pytest

from citymrio.base.errors import DataError, DataErrors, merge_faults
from citymrio.base.labels import read_dataset, read_json, read_table
from citymrio.dataset.check import report
from citymrio.dataset.sources.retrieve import read_sources


def fault(row, word="n.a.", where="regions.csv", column="gdp"):
    return DataError(
        f"row {row}, column '{column}' is '{word}'; expected a number",
        where=where,
        fix="write a number.",
    )


def test_one_word_in_fifteen_rows_is_one_message():
    (one,) = merge_faults([fault(row) for row in range(2, 17)])
    text = (
        "regions.csv: rows 2, 3, 4, 5, 6 ... (15 rows), column 'gdp' is 'n.a.'; expected a "
        "number. Fix: write a number."
    )
    assert str(one) == text
    assert str(DataErrors([fault(row) for row in range(2, 17)])) == text
    assert str(merge_faults([fault(3), fault(7), fault(9)])[0]).startswith(
        "regions.csv: rows 3, 7, 9 (3 rows), column"
    )


def test_rows_in_the_place_are_grouped_too():
    faults = [DataError("is odd", where=f"p.csv, row {row}") for row in (2, 5)]
    assert [str(one) for one in merge_faults(faults)] == ["p.csv, rows 2, 5 (2 rows): is odd"]


def test_different_faults_stay_apart_in_their_order():
    faults = [
        fault(2),
        fault(2, column="population"),
        fault(3, word="x"),
        fault(4),
        fault(2, where="sectors.csv"),
        fault(9, word="x"),
    ]
    assert [str(one).partition(";")[0] for one in merge_faults(faults)] == [
        "regions.csv: rows 2, 4 (2 rows), column 'gdp' is 'n.a.'",
        "regions.csv: row 2, column 'population' is 'n.a.'",
        "regions.csv: rows 3, 9 (2 rows), column 'gdp' is 'x'",
        "sectors.csv: row 2, column 'gdp' is 'n.a.'",
    ]


def test_the_same_fault_twice_is_said_once():
    assert [str(one) for one in merge_faults([DataError("is missing", where="a.csv")] * 2)] == [
        "a.csv: is missing"
    ]


def test_the_report_counts_every_fault_and_says_each_kind_once():
    assert report([fault(row) for row in range(2, 17)]).splitlines() == [
        "regions.csv: 15 faults",
        "  - rows 2, 3, 4, 5, 6 ... (15 rows), column 'gdp' is 'n.a.'; expected a number",
        "    fix: write a number.",
    ]


@pytest.mark.parametrize(
    "read", [read_table, read_dataset, read_json, read_sources], ids=lambda read: read.__name__
)
def test_a_file_that_is_not_there_is_named_once(read, tmp_path):
    with pytest.raises(DataError) as error:
        read(tmp_path / "nowhere.csv")
    assert str(error.value).count("nowhere.csv") == 1
    assert "No such file or directory" in str(error.value)


@pytest.mark.parametrize("message", ["is odd", "is odd."])
def test_a_fix_follows_a_full_stop(message):
    assert str(DataError(message, where="a.csv", fix="mend it.")) == "a.csv: is odd. Fix: mend it."
