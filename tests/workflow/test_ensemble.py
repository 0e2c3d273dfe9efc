"""A run that asks for an ensemble publishes intervals beside its numbers; one that does not is as it was."""

from __future__ import annotations

import pandas as pd
import pytest

from citymrio.base.labels import read_table
from citymrio.report.pages import number

pytestmark = pytest.mark.slow


def test_an_ensemble_adds_columns_and_changes_no_number(finished, tmp_path):
    plain = finished.results()
    copy = finished.copy(tmp_path / "checkout")
    code, text = copy.run("all", "uncertainty", "--set-scatter", "members=2", "--config", "uncertainty={members: 3}")
    assert code == 0, text
    tables = copy.results() / "tables"
    before, after = (read_table(folder / "regions.csv") for folder in (plain / "tables", tables))
    pd.testing.assert_frame_equal(after[before.columns], before)
    cities = after[after["kind"] != "province"]
    assert (cities["cba_mt_low"] < cities["cba_mt_high"]).all()
    assert cities[["p_q1", "p_q2", "p_q3", "p_q4", "p_q5"]].sum(axis=1).to_numpy() == pytest.approx(1.0)
    compared = read_table(tables / "paper_comparison.csv")
    assert compared["lower"].notna().any() and (compared["lower"] <= compared["upper"])[compared["lower"].notna()].all()
    page = (copy.results() / "uncertainty/results.html").read_text(encoding="utf-8")
    share = read_table(copy.results() / "uncertainty/numbers.csv").set_index("quantity").loc["embodied flows: inter-city share"]
    assert f"the inter-city share {number(share['estimate'])} % ({number(share['low'])} to {number(share['high'])})" in page
    inside = compared["inside"].astype(str).str.lower()
    assert f"{(inside == 'true').sum()} of its {inside.isin(['true', 'false']).sum()} numbers that can be compared" in page
    coverage = read_table(copy.results() / "uncertainty/coverage.csv").set_index("quantity")
    assert coverage.loc[["cba_mt", "pba_mt"], "cities"].tolist() == [len(cities)] * 2
    assert {path.name for path in (copy.results() / "uncertainty/members").iterdir()} == {
        f"{part}-of-2.{kind}" for part in (1, 2) for kind in ("csv", "nc")
    }
    code, text = copy.run()
    assert code == 0, text
    for name in ("regions.csv", "paper_comparison.csv"):
        assert (tables / name).read_bytes() == (plain / "tables" / name).read_bytes(), name


def test_an_ensemble_without_members_is_refused_in_words(checkout, tmp_path):
    code, text = checkout(tmp_path / "checkout").run("uncertainty", "--dry-run")
    assert code != 0 and "uncertainty.members is 0" in text
