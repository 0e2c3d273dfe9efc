"""Rebuild exactly what changed: each row makes one change and compares the jobs that ran with those
that had to.
"""

from __future__ import annotations

import os
import shutil

import pytest
from changes import CHANGES, DAY
from checkout import PARTS, Checkout, whole_outputs

from citymrio.base.labels import read_table, write_table

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def changed(finished, tmp_path_factory) -> Checkout:
    """A finished run; every test changes it and leaves its results complete."""
    return finished.copy(tmp_path_factory.mktemp("rebuild") / "checkout")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(change, id=change.name, marks=[pytest.mark.night] * (change.name not in DAY))
        for change in CHANGES
    ],
)
def test_a_change_runs_what_depends_on_it_and_nothing_else(changed, rebuilds, change):
    options = change.make(changed) or {}
    ran = changed.jobs("all", "mrio_table", **options)
    rebuilds.add(change.name, change.jobs, ran)
    assert ran == change.jobs


def test_results_carried_to_another_checkout_run_nothing(finished, rebuilds, tmp_path):
    """Results and Snakemake's records go along; every file of the workflow is newer."""
    checkout = Checkout.make(tmp_path / "checkout")
    for part in ("results", ".snakemake"):
        shutil.copytree(finished.folder / part, checkout.folder / part)
    for part in PARTS:
        for path in [checkout.folder / part, *(checkout.folder / part).rglob("*")]:
            os.utime(path)
    ran = checkout.jobs("all", "mrio_table")
    rebuilds.add("results carried to another checkout", set(), ran)
    assert ran == set()


@pytest.mark.parametrize("altered", [False, True], ids=["whole", "altered"])
def test_results_alone_are_taken_over_by_command_where_they_are_what_the_configuration_makes(
    finished, tmp_path, altered
):
    checkout = Checkout.make(tmp_path / "checkout")
    shutil.copytree(finished.folder / "results", checkout.folder / "results")
    if altered:
        (checkout.results() / "tables/regions.csv").write_text("")
        code, text = checkout.verify("--take-over")
        assert (
            code == 1
            and "altered   tables/regions.csv" in text
            and "is not taken over" in text
            and "Fix: " in text
        )
        assert not any((checkout.folder / ".snakemake/metadata").iterdir())
        return
    code, text = checkout.verify("--take-over", config="config/config.yaml")
    assert code == 1 and "there is no such run" in text
    before = whole_outputs(checkout.results())
    code, text = checkout.verify("--take-over")
    assert code == 0, text
    assert checkout.jobs("all", "mrio_table") == set()
    assert whole_outputs(checkout.results()) == before


def test_results_of_another_configuration_are_not_taken_over(finished, tmp_path):
    checkout = Checkout.make(tmp_path / "checkout")
    shutil.copytree(finished.folder / "results", checkout.folder / "results")
    with open(checkout.folder / "config/tiny.yaml", "a", encoding="utf-8") as config:
        config.write("groups: {super_share: 0.2}\n")
    code, text = checkout.verify("--take-over")
    assert code == 1 and "is unfinished, or of another configuration" in text


@pytest.mark.night
def test_a_country_of_ones_own_gives_the_same_table_as_the_one_it_is_a_copy_of(
    own_tables, finished
):
    mine, original = (
        own_tables.results("mine") / "nested/mrio.nc",
        finished.results() / "nested/mrio.nc",
    )
    assert mine.read_bytes() == original.read_bytes()


@pytest.mark.night
def test_one_citys_observation_runs_its_province_and_what_is_below(own_tables, rebuilds):
    """Target `tables`: what lies below reads tables only."""
    path = own_tables.folder / "country/observations/P04.csv"
    table = read_table(path)
    table.loc[table["quantity"].eq("value_added").idxmax(), "value"] *= 1.01
    write_table(table, path)
    expected = {
        "dataset",
        "cities/P04",
        "nest",
        "emissions",
        "footprint",
        "groups",
        "parameters",
        "super_emitters",
        "scenarios",
    }
    expected |= {
        "supply_paths",
        "audit",
        "pass_audit",
        "collect_warnings",
        "observations_use",
        "trends",
        "identified",
    }
    expected |= {"headline"}
    ran = own_tables.jobs("tables", config="mine.yaml", run="mine")
    rebuilds.add("one city's observation (target: tables)", expected, ran)
    assert ran == expected


@pytest.mark.night
def test_a_total_of_another_year_runs_no_estimate(own_tables, rebuilds):
    """Variants and the ensemble read the whole dataset, but not other years. Target `tables`."""
    path = own_tables.folder / "country/emissions_history.csv"
    table = read_table(path)
    table.loc[table["year"].idxmax(), "emissions"] *= 1.01
    write_table(table, path)
    expected = {"dataset", "trends"}
    ran = own_tables.jobs("tables", config="mine.yaml", run="mine")
    rebuilds.add("one total of another year (target: tables)", expected, ran)
    assert ran == expected


def test_a_typing_error_in_the_configuration_runs_nothing(changed, rebuilds):
    before = changed.logs()
    code, text = changed.run("--config", "cities={spilt: joint}")
    ran = {job for job, time in changed.logs().items() if before.get(job) != time}
    rebuilds.add("typing error in the configuration (refused)", set(), ran)
    assert code != 0
    assert "unknown key 'cities.spilt': did you mean 'split'?" in text
    assert ran == set()
