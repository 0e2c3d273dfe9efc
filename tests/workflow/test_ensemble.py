"""A run that asks for an ensemble has intervals in tables of their own; its other tables and its
figures are as they were.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from checkout import whole_outputs

from citymrio.assessment.ensemble.intervals import TABLES
from citymrio.assessment.headline import KNOWN
from citymrio.assessment.paper.readings.table import comparable_results
from citymrio.base.labels import read_table
from citymrio.report.pages import SHOWN, number

pytestmark = pytest.mark.slow

ASKED = ("--config", "uncertainty={members: 3}")


def test_an_ensemble_adds_tables_and_changes_no_other(finished, tmp_path):
    plain = whole_outputs(finished.results())
    copy = finished.copy(tmp_path / "checkout")
    code, text = copy.run("tables", "--dry-run", *ASKED)
    assert code == 0, text
    assert re.search(r"^uncertainty +\d", text, flags=re.M), "headline.csv has intervals: " + text
    code, text = copy.run("all", "--set-scatter", "members=2", *ASKED)
    assert code == 0, text
    found = whole_outputs(copy.results())
    tables = {"headline", "regions", "paper_comparison", *TABLES} & {*SHOWN}
    joined = {f"report/{name}.html" for name in tables} | {
        "report/start.html",
        "explorer/index.html",
    }
    joined |= {"tables/headline.csv", "summary.txt"}
    joined |= {
        f"figures/{name}.{kind}" for name in ("fig1", "fig3", "fig4") for kind in ("pdf", "png")
    }
    assert {name for name in plain if found[name] != plain[name]} - {"provenance.json"} == joined
    assert {name.split("/")[0] for name in found.keys() - plain.keys()} == {
        "uncertainty",
        "provinces",
        "warnings",
    }
    assert b"cba_<wbr>mt_<wbr>low" in found["report/regions.html"]
    assert b"inside" in found["report/paper_comparison.html"]
    ensemble = copy.results() / "uncertainty"
    cities = read_table(ensemble / "regions.csv").dropna(subset="p_q1")
    assert (cities["cba_mt_low"] < cities["cba_mt_high"]).all()
    assert cities[["p_q1", "p_q2", "p_q3", "p_q4", "p_q5"]].sum(axis=1).to_numpy() == pytest.approx(
        1.0
    )
    compared = read_table(ensemble / "paper_comparison.csv")
    assert (
        compared["lower"].notna().any()
        and (compared["lower"] <= compared["upper"])[compared["lower"].notna()].all()
    )
    page = (ensemble / "results.html").read_text(encoding="utf-8")
    share = (
        read_table(ensemble / "numbers.csv")
        .set_index("quantity")
        .loc["embodied flows: inter-city share"]
    )
    words = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert (
        f"the inter-city share % {number(share['value'])} {number(share['low'])} to "
        f"{number(share['high'])}" in words
    )
    inside = comparable_results(compared)["inside"].astype(str).str.lower()
    assert (
        f"{(inside == 'true').sum()} of its {inside.isin(['true', 'false']).sum()} results that "
        "can be compared" in page
    )
    assert "intervals of 3 members, method calibrated" in page
    headline = read_table(copy.results() / "tables/headline.csv")
    own = headline[headline["group"].ne(KNOWN) & headline["value"].notna()]
    assert (
        own[["low", "high", "central", "median"]].notna().all(axis=None)
        and own["interval_of"].eq("calibrated").all()
    )
    medians = own[own["reported"].eq("median")]
    assert (
        (medians["low"] <= medians["other_method"]) & (medians["other_method"] <= medians["high"])
    ).all()
    before = finished.results() / "tables/headline.csv"
    assert own["value"].tolist() == read_table(before).loc[own.index, "value"].tolist(), (
        "by the paper's method, as it was"
    )
    coverage = read_table(ensemble / "coverage.csv").set_index("quantity")
    assert coverage.loc[["cba_mt", "pba_mt"], "cities"].tolist() == [len(cities)] * 2
    assert {path.name for path in (ensemble / "members").iterdir()} == {
        f"{part}-of-2.{kind}" for part in (1, 2) for kind in ("csv", "nc")
    }
    code, text = copy.run()
    assert code == 0, text
    again = whole_outputs(copy.results())
    assert {name for name in plain if again[name] != plain[name]} <= {"provenance.json"}
    variables = {**os.environ, "PYTHONPATH": str(copy.folder / "scripts")}
    command = [sys.executable, "-P", "-m", "citymrio", "verify", "config/tiny.yaml"]
    said = []
    for words in ([], ["--set-aside"], []):
        said.append(
            subprocess.run(
                [*command, *words], cwd=copy.folder, env=variables, capture_output=True, text=True
            )
        )
    assert [done.returncode for done in said] == [1, 0, 0], said
    assert (
        "left over uncertainty/accounts/1-of-2.nc" in said[0].stdout
        and "SET_ASIDE=yes` moves" in said[0].stdout
    )
    assert "every file is what its job wrote" in said[2].stdout
    held = copy.results() / "set_aside_1"
    for path in [
        *(copy.results() / "uncertainty").rglob("*.nc"),
        *(held / "uncertainty/members").iterdir(),
    ]:
        assert path.is_relative_to(held) and path.read_bytes() == found[str(path.relative_to(held))]


def test_an_ensemble_without_members_is_refused_in_words(checkout, tmp_path):
    code, text = checkout(tmp_path / "checkout").run("uncertainty", "--dry-run")
    assert code != 0 and "uncertainty.members is 0" in text


@pytest.mark.parametrize(
    ("members", "said"),
    [(0, "uncertainty.members is 0"), (5, "5: too few to tell the value of data")],
)
def test_the_value_of_data_is_not_told_from_too_few_members(checkout, tmp_path, members, said):
    asked = ("--config", f"uncertainty={{members: {members}}}")
    code, text = checkout(tmp_path / "checkout").run("value_of_data_report", "--dry-run", *asked)
    assert code != 0 and said in text
