"""Headline numbers under both methods: in the table and at the end of a run."""

from pathlib import Path

import pandas as pd
import pytest

from citymrio.assessment.paper.methods import COLUMNS, HEADLINES, methods
from citymrio.assessment.paper.results import Missing, Results
from citymrio.report.summary import WIDTH, methods_lines

ROOT = Path(__file__).parents[3]


class OneMethod:
    """A run that has an estimate by one method only, with footprints of 5 and 7 Mt in its two cities."""

    def __init__(self, known: str):
        self.known = known
        self.targets = pd.DataFrame(
            [(number, "words", 7324, "Mt CO2") for number in HEADLINES], columns=["id", "q", "value", "unit"]
        )

    def case(self, settings):
        if settings["method"] != self.known:
            raise Missing("variant")
        cities = pd.DataFrame({"kind": "city", "cba_mt": [5.0, 7.0], "role": "net producer", "super_emitter": "none"})
        tables = {"regions": cities.assign(cba_capital_mt=[3.0, 3.0])}
        return type("Case", (), {"results": Results(tables, {"synthetic": False, "name": "China", "year": 2012})})


@pytest.mark.parametrize(("known", "other"), [("paper", "calibrated"), ("calibrated", "paper")])
def test_a_method_that_the_run_has_no_estimate_by_is_blank(known, other, monkeypatch):
    monkeypatch.setattr("citymrio.assessment.paper.methods.HEADLINES", {n: HEADLINES[n] for n in ("T022", "T037", "T146")})
    table = methods(OneMethod(known))
    assert [*table.columns] == [*COLUMNS]
    assert table[known].tolist() == [12.0, 50.0, 2.0]
    assert table[other].isna().all()
    assert table["printed"].tolist() == [7324.0] * 3
    assert methods_lines(table) == []


def test_lines_show_both_methods_and_fit_the_page():
    units = pd.read_csv(ROOT / "config" / "paper_targets.csv", index_col="id")["unit"]
    rows = [(n, words, units[n], 1.0, 7242.04, 0.5) for n, words in HEADLINES.items()]
    lines = methods_lines(pd.DataFrame(rows, columns=[*COLUMNS]))
    assert lines[0].split() == ["by", "method", "paper", "calibrated"]
    assert lines[1].split() == ["footprints", "of", "the", "cities,", "Mt", "CO2", "7,242", "0.5"]
    assert {len(line) for line in lines} == {WIDTH}
