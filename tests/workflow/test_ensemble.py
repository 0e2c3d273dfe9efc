"""A run that asks for an ensemble has intervals in tables of their own; its other tables and its
figures are as they were.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import pytest
from checkout import whole_outputs

from citymrio.assessment.ensemble.intervals import TABLES
from citymrio.assessment.headline import INSIDE, KNOWN, MEMBERS, SPREAD
from citymrio.assessment.paper.readings.table import comparable_results
from citymrio.base.labels import read_table
from citymrio.report.pages import SHOWN, format_number

pytestmark = pytest.mark.slow

ASKED = ("--config", "uncertainty={members: 3}")


@pytest.mark.night
def test_an_ensemble_adds_tables_and_changes_no_other(finished, tmp_path):
    plain = whole_outputs(finished.results())
    copy = finished.copy(tmp_path / "checkout")
    code, text = copy.run("tables", "--dry-run", *ASKED)
    assert code == 0, text
    assert re.search(r"^uncertainty +\d", text, flags=re.M), "headline.csv has intervals: " + text
    code, text = copy.run("all", *ASKED)
    assert code == 0, text
    found = whole_outputs(copy.results())
    tables = {"headline", "regions", "paper_comparison", "variants", *TABLES} & {*SHOWN}
    joined = {f"report/{name}.html" for name in tables} | {
        "report/start.html",
        "explorer/index.html",
    }
    joined |= {"tables/headline.csv", "summary.txt"}
    # what the ensemble says of its members
    joined |= {"tables/warnings.csv", "report/warnings.html"}
    joined |= {
        f"figures/{name}.{kind}"
        for name in ("fig1", "fig2", "fig3", "fig4")
        for kind in ("pdf", "png")
    }
    assert {name for name in plain if found[name] != plain[name]} - {"provenance.json"} == joined
    added = {name.split("/")[0] for name in found.keys() - plain.keys()}
    assert added == {"uncertainty", "warnings"}
    assert b"cba_mt_low" in found["report/regions.html"].replace(b"<wbr>", b"")
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
        f"the inter-city share % {format_number(share['value'])} {format_number(share['low'])} to "
        f"{format_number(share['high'])}" in words
    )
    inside = comparable_results(compared)["inside"].astype(str).str.lower()
    assert (
        f"{(inside == 'true').sum()} of its {inside.isin(['true', 'false']).sum()} results that "
        "can be compared" in page
    )
    assert "intervals of 3 members, method calibrated" in page
    headline = read_table(copy.results() / "tables/headline.csv")
    spread = headline[headline["group"].eq(SPREAD)].set_index("quantity")["value"]
    assert spread.to_dict() == {MEMBERS: 3, INSIDE: pytest.approx(45)}
    for name in ("summary.txt", "report/start.html", "uncertainty/results.html"):
        said = " ".join(found[name].decode().split())
        assert "3 members are few: a further draw lies inside such a 90% interval" in said, name
    own = headline[~headline["group"].isin([KNOWN, SPREAD]) & headline["value"].notna()]
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
        f"{block}.{kind}" for block in (0, 1) for kind in ("csv", "nc")
    }
    assert read_table(ensemble / "weights.csv")["member"].tolist() == [1, 2, 3]
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
        "left over uncertainty/accounts/0.nc" in said[0].stdout
        and "SET_ASIDE=yes` moves" in said[0].stdout
    )
    assert "every file is what its job wrote" in said[2].stdout
    held = copy.results() / "set_aside_1"
    for path in [
        *(copy.results() / "uncertainty").rglob("*.nc"),
        *(held / "uncertainty/members").iterdir(),
    ]:
        assert path.is_relative_to(held) and path.read_bytes() == found[str(path.relative_to(held))]


def blocks(jobs: set[str]) -> set[str]:
    """Blocks of members among jobs."""
    return {job.rpartition("/")[2] for job in jobs if job.startswith("uncertainty_members/")}


@pytest.mark.night
def test_a_killed_ensemble_keeps_every_finished_block(finished, tmp_path):
    copy = finished.copy(tmp_path / "checkout")
    asked = ("uncertainty", "--config", "uncertainty={members: 20}")
    process = copy.start(*asked, cores=1, start_new_session=True, stdout=subprocess.DEVNULL)
    try:
        # on one core a second block begins when the first is done, and known to be
        while len(blocks({*copy.logs()})) < 2:
            assert process.poll() is None
            time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    folder = copy.results() / "uncertainty/members"
    kept = {path.stem: path.read_bytes() for path in folder.glob("[0-9]*.nc")}
    assert len(kept) == 1
    assert blocks(copy.jobs(*asked)) == {"0", "1", "2"} - {*kept}
    assert all((folder / f"{block}.nc").read_bytes() == content for block, content in kept.items())
    code, text = copy.verify("--members", "10")
    assert "unmade" in text and not re.search(r"^  left over", text, flags=re.M), text


@pytest.mark.parametrize(
    ("members", "said"),
    [(0, "uncertainty.members is 0"), (5, "5: too few to tell the value of data")],
)
def test_the_value_of_data_is_not_told_from_too_few_members(checkout, tmp_path, members, said):
    asked = ("--config", f"uncertainty={{members: {members}}}")
    code, text = checkout(tmp_path / "checkout").run("value_of_data_report", "--dry-run", *asked)
    assert code != 0 and said in text
