"""Rebuild exactly what changed: each test changes one thing and lists the jobs that ran."""

from __future__ import annotations

import os

import pytest

from citymrio.labels import read_table, write_table

pytestmark = pytest.mark.workflow

ESTIMATION = {"balance_provinces", "province_trade", "province_mrio", "nest"}


def append(path, text):
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def rules_of(jobs):
    return {job.split("/")[0] for job in jobs}


def test_a_touch_of_every_file_runs_nothing(finished):
    for path in finished.folder.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            os.utime(path)
    assert finished.jobs() == set()


def test_a_comment_in_a_figures_module_draws_that_figure_only(finished):
    append(finished.folder / "scripts/citymrio/figures/fig3.py", "# a comment\n")
    assert finished.jobs() <= {"fig3", "summary"}
    assert finished.jobs() == set()


def test_the_look_of_figures_redraws_figures_only(finished):
    jobs = finished.jobs("--config", "figures={dpi: 150}")
    assert len(jobs) >= 12
    assert {rule for rule in rules_of(jobs) if not rule.startswith("fig")} <= {"supply_chains", "summary", "provenance"}


def test_an_edit_of_the_footprint_module_runs_no_estimation_of_the_main_table(finished):
    append(finished.folder / "scripts/citymrio/footprint.py", "# a comment\n")
    jobs = rules_of(finished.jobs())
    assert {"footprint", "groups", "audit"} <= jobs
    assert not jobs & {*ESTIMATION, "cities", "dataset", "inventory"}


def test_a_scenario_parameter_runs_scenarios_and_what_follows(finished):
    jobs = rules_of(finished.jobs("--config", "scenarios={demand_mode: cut}"))
    assert {"scenarios", "fig4"} <= jobs
    assert not jobs & {*ESTIMATION, "cities", "footprint", "groups", "variant", "fig1", "fig2"}


def test_one_citys_observation_runs_its_province_and_nesting_only(own_country):
    target = "results/mine/nested/mrio.nc"
    first = own_country.jobs(target, config="mine.yaml", run="mine")
    assert {job for job in first if job.startswith("cities/")} == {f"cities/P0{n}" for n in range(1, 6)}
    path = own_country.folder / "country/observations/P04.csv"
    table = read_table(path)
    table.loc[table["quantity"].eq("value_added").idxmax(), "value"] *= 1.01
    write_table(table, path)
    assert own_country.jobs(target, config="mine.yaml", run="mine") == {"dataset", "cities/P04", "nest"}


def test_a_country_of_ones_own_gives_the_same_table_as_the_one_it_is_a_copy_of(own_country, two_runs):
    own_country.jobs("results/mine/nested/mrio.nc", config="mine.yaml", run="mine")
    mine, original = own_country.results("mine") / "nested/mrio.nc", two_runs[1].results() / "nested/mrio.nc"
    assert mine.read_bytes() == original.read_bytes()
