"""Other groups and scenarios on the same estimate: tables/sensitivity.csv."""

from __future__ import annotations

import numpy as np
import pytest
import toy_run

from citymrio.assessment.analysed import COLUMNS, analysis_tables, sensitivity
from citymrio.base.errors import ConfigError
from citymrio.config.models import load_config

CASES = {
    "same": {},
    "high": {"groups": {"super_share": 0.9}},
    "two": {"groups": {"clusters": 2}},
    "target": {"scenarios": {"capital_target": 0.05}},
}


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    return toy_run.run(tmp_path_factory.mktemp("sensitivity"), sensitivity=CASES)


@pytest.fixture(scope="module")
def table(toy):
    cases = {name: toy.config.with_sensitivity(name) for name in CASES}
    return sensitivity(toy.tables, toy.config.groups, toy.estimate, toy.dataset, cases)


def of(table, case: str):
    return table[table["case"].eq(case)].set_index("quantity")


def test_a_case_without_keys_says_what_the_run_says(table):
    same = of(table, "same")
    assert tuple(table.columns) == COLUMNS and list(table["case"].unique()) == list(CASES)
    assert len(same) > 15 and same["main"].notna().all()
    np.testing.assert_array_equal(same["value"], same["main"])


def test_a_threshold_moves_the_types_and_leaves_the_quintiles(table):
    high = of(table, "high")
    types = [f"super-emitters: {kind}" for kind in ("demand", "technology", "hybrid")]
    assert high.loc[types, "main"].sum() > high.loc[types, "value"].sum() == 0
    savings = high[high.index.str.startswith("saving:")]
    assert (
        savings["main"].gt(0).any() and savings["value"].isna().all()
    )  # no city acts: there are no scenarios
    quintiles = high[
        high.index.str.startswith(("quintiles:", "per capita:", "affluence:", "structures:"))
    ]
    assert len(quintiles) > 10 and quintiles["value"].equals(quintiles["main"].rename("value"))


def test_the_numbers_are_those_of_the_tables(toy, table):
    tables = analysis_tables(toy.estimate, toy.dataset, toy.config.with_sensitivity("target"))
    target = of(table, "target")
    for row in tables["scenarios"].itertuples():
        assert target.at[f"saving: {row.scenario}", "value"] == row.saving_mt
    assert target.at["net producers", "value"] == tables["regions"]["role"].eq("net producer").sum()
    moved = target[target["value"] != target["main"]]
    assert (
        len(moved)
        and moved.index.str.startswith("saving: ").all()
        and not moved.index.str.contains("technology").any()
    )


def test_a_number_that_only_one_side_has_is_blank_on_the_other(table):
    two = of(table, "two")
    assert two["value"].isna().any() and not (two["value"].isna() & two["main"].isna()).any()
    assert (
        two.loc[two.index.str.startswith("structures:"), "value"].sum()
        == two.loc[two.index.str.startswith("structures:"), "main"].sum()
    )


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ({"group": {}}, "unknown key 'sensitivity.a.group': did you mean 'groups'?"),
        (
            {"groups": {"super_shere": 0.1}},
            "sensitivity 'a': unknown key 'groups.super_shere': did you mean 'super_share'?",
        ),
        ({"groups": {"super_share": 2}}, "sensitivity 'a': 'groups.super_share' is 2"),
        (
            {"scenarios": {"key_sectors": []}},
            "sensitivity 'a': 'scenarios.key_sectors' is []; expected at least 1",
        ),
    ],
)
def test_a_wrong_case_is_refused_when_the_configuration_is_read(case, said):
    with pytest.raises(ConfigError) as caught:
        load_config({"sensitivity": {"a": case}})
    assert said in str(caught.value)


def test_a_case_keeps_the_other_keys_of_the_run():
    config = load_config(
        {"groups": {"clusters": 4}, "sensitivity": {"a": {"groups": {"super_share": 0.1}}}}
    )
    changed = config.with_sensitivity("a")
    assert (changed.groups.clusters, changed.groups.super_share, config.groups.super_share) == (
        4,
        0.1,
        None,
    )
    assert changed.scenarios == config.scenarios and changed.cities == config.cities
