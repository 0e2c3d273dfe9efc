"""`make validation` leaves data out and predicts them, beside a finished run whose other results
stay as they are.
"""

from __future__ import annotations

import pytest
from checkout import whole_outputs

from citymrio.base.labels import read_table
from citymrio.report.columns import dictionary

pytestmark = pytest.mark.slow

ASKED = ("--config", "validation={folds: 2, members: 3}")
TABLES = ("left_out", "scores", "apart", "apart_scores")


@pytest.mark.night
def test_a_validation_adds_its_tables_and_changes_no_other(finished, tmp_path):
    plain = whole_outputs(finished.results())
    copy = finished.copy(tmp_path / "checkout")
    code, text = copy.run("all", "--dry-run")
    assert code == 0 and "left_out" not in text, text
    assert copy.jobs("validation", *ASKED) == {
        *(f"left_out_draws/{k}-of-4" for k in range(1, 5)),
        "left_out",
        "validation",
    }
    found = whole_outputs(copy.results())
    assert {name for name in plain if found.get(name) != plain[name]} == set()
    assert {name.split("/")[0] for name in found.keys() - plain.keys()} == {"validation"}
    tables = {name: read_table(copy.results() / f"validation/{name}.csv") for name in TABLES}
    for name, table in tables.items():
        known = [column for column in dictionary() if column.table == name]
        assert [
            column for column in table.columns if not any(one.holds(column) for one in known)
        ] == []
        assert [
            one.name for one in known if not any(one.holds(column) for column in table.columns)
        ] == []
    left_out, scores = tables["left_out"], tables["scores"]
    observed = read_table(copy.results() / "footprint/emissions.csv").query("status == 'observed'")[
        "region"
    ]
    emissions = left_out[left_out["quantity"].eq("emissions")]
    assert (
        set(emissions["region"]) < set(observed)
        and emissions["region"].is_unique
        and set(emissions["fold"]) == {1, 2}
    )
    assert (emissions[["printed", "told", "predicted"]] > 0).to_numpy().all()
    run = scores[
        scores["method"].eq("run") & scores["against"].eq("told") & scores["neighbours"].isna()
    ].iloc[0]
    assert run["data"] == len(emissions) and 0 < run["wape"] < 1 and run["assumed_sd"] > 0
    assert run[[f"pit_{k}" for k in range(1, 11)]].sum() == pytest.approx(1)
    assert (
        tables["apart"].empty and tables["apart_scores"].empty
    )  # the synthetic country has no extra observations
    assert copy.jobs("validation", *ASKED) == set()
    again = copy.jobs("validation", *ASKED, "method=paper")
    assert again & {"left_out", "validation"} == set(), (
        "predictions are by the method of the ensemble"
    )
