"""Headline numbers under both methods: in the table and at the end of a run."""

import numpy as np
import pandas as pd
import pytest

from citymrio.assessment.headline import COLUMNS as COLUMNS_OF_TABLE
from citymrio.assessment.headline import OF_CITIES, OF_DATA
from citymrio.assessment.paper.readings.joint import HEADLINES, methods
from citymrio.assessment.paper.results import Missing, Results
from citymrio.base.methods import METHODS
from citymrio.report.summary import WIDTH, headline_lines


class OneMethod:
    """A run that has an estimate by one method only, with footprints of 5 and 7 Mt in its two
    cities.
    """

    def __init__(self, known: str):
        self.known = known
        self.targets = pd.DataFrame(
            [(number, "words", 7324, "Mt CO2") for number in HEADLINES],
            columns=["id", "q", "value", "unit"],
        )

    def case(self, settings):
        if settings["method"] != self.known:
            raise Missing("variant")
        cities = pd.DataFrame(
            {"kind": "city", "cba_mt": [5.0, 7.0], "role": "net producer", "super_emitter": "none"}
        )
        tables = {"regions": cities.assign(cba_capital_mt=[3.0, 3.0])}
        return type(
            "Case",
            (),
            {"results": Results(tables, {"synthetic": False, "name": "China", "year": 2012})},
        )


@pytest.mark.parametrize(("known", "other"), [("paper", "calibrated"), ("calibrated", "paper")])
def test_a_method_that_the_run_has_no_estimate_by_is_blank(known, other, monkeypatch):
    monkeypatch.setattr(
        "citymrio.assessment.paper.readings.joint.HEADLINES",
        {n: HEADLINES[n] for n in ("T022", "T037", "T146")},
    )
    table = methods(OneMethod(known))
    assert [*table.columns] == ["number", "quantity", "unit", "printed", *METHODS]
    assert table[known].tolist() == [12.0, 50.0, 2.0]
    assert table[other].isna().all()
    assert table["printed"].tolist() == [7324.0] * 3


def test_lines_show_what_the_run_has_and_fit_the_page():
    entries = [*OF_CITIES, *OF_DATA]
    table = pd.DataFrame(
        [(entry.group, entry.quantity, entry.unit, 1.0, np.nan, 7242.04) for entry in entries],
        columns=["group", "quantity", "unit", "value", "other_method", "printed"],
    ).reindex(columns=[*COLUMNS_OF_TABLE])
    lines = headline_lines(table, "paper")
    assert lines[0].split() == ["Footprints", "this", "run", "printed"]
    assert lines[1].split() == ["footprints", "of", "the", "cities,", "Mt", "CO2", "1.00", "7,242"]
    assert len(lines) == len(entries) + table["group"].nunique()
    assert max(map(len, lines)) <= WIDTH
    both = headline_lines(table.assign(other_method=0.5), "paper")
    assert both[0].split() == ["Footprints", "this", "run", "calibrated", "printed"]
    assert max(map(len, both)) <= WIDTH
    assert all("  " in line[:2] for line in both)


def test_a_number_without_a_value_has_no_line():
    table = pd.DataFrame(
        {
            "group": ["Savings"],
            "quantity": ["x"],
            "unit": ["%"],
            "value": [np.nan],
            "other_method": [1.0],
            "printed": [1.0],
        }
    ).reindex(columns=[*COLUMNS_OF_TABLE])
    assert headline_lines(table, "") == []


def test_an_interval_stands_behind_the_number_by_its_method():
    row = {
        "group": "Savings",
        "quantity": "demand, light",
        "unit": "Mt CO2",
        "value": 142.0,
        "other_method": 126.0,
        "printed": 384.0,
    }
    table = pd.DataFrame(
        [row | {"low": 111.0, "high": 139.2, "interval_of": "calibrated"}]
    ).reindex(columns=[*COLUMNS_OF_TABLE])
    assert headline_lines(table, "paper")[0].split()[-5:] == [
        "run",
        "calibrated",
        "90%",
        "interval",
        "printed",
    ]
    assert headline_lines(table, "paper")[1].split()[-6:] == [
        "142",
        "126",
        "111",
        "to",
        "139",
        "384",
    ]
    alike = headline_lines(table.assign(low=139.2), "paper")[1]
    assert alike.split("126")[1].split() == ["139", "in", "almost", "all", "draws", "384"]
    assert headline_lines(table, "calibrated")[1].split()[-6:] == [
        "142",
        "111",
        "to",
        "139",
        "126",
        "384",
    ]
