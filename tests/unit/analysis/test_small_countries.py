"""A country of nineteen cities: what means nothing there is said, set by its dataset, or switched
off.
"""

from __future__ import annotations

import re

import pandas as pd
import pytest
import toy_run
from matplotlib.text import Text

from citymrio.analysis.super_emitters import super_share
from citymrio.assessment.headline import headline
from citymrio.base import errors
from citymrio.config.models import Groups
from citymrio.report.summary import summary

pytestmark = pytest.mark.slow


def made(folder, change=lambda tables: None, **settings):
    def both(tables):
        toy_run.nineteen(tables)
        change(tables)

    with errors.collect_notices() as kept:
        return toy_run.run(folder, both, **settings), {notice.where: notice for notice in kept}


def texts(figure):
    return " | ".join(text.get_text() for text in figure.findobj(Text))


def end_of_run(run):
    tables = run.tables
    return summary(
        run=run.dataset.info,
        regions=tables["regions"],
        headline=headline(tables, run.dataset.info, errors.as_table([]), "paper"),
        method="paper",
        verdict={"invariants": 1, "largest_relative_error": 0.0},
        accuracy=None,
        warnings=errors.as_table([]),
        outputs={"tables": ["tables/regions.csv"]},
    )


def test_savings_name_the_warning_of_their_cities_and_not_that_of_the_peak(plain):
    run, _ = plain
    places = ["benchmarks.csv, peak_emissions", "regions.csv, column super_emitter"]
    warnings = pd.DataFrame({"where": places})
    table = headline(run.tables, run.dataset.info, warnings, "paper")
    named = table.loc[table["group"].eq("Savings"), "warnings"]
    assert len(named) and named.eq("2").all()


@pytest.mark.parametrize(("cities", "said"), [(10, False), (11, True)])
def test_the_share_of_the_ten_largest_is_left_out_where_these_are_all(plain, cities, said):
    run, _ = plain
    tables = {**run.tables, "regions": run.tables["regions"].head(cities)}
    table = headline(tables, run.dataset.info, errors.as_table([]), "paper")
    shares = table.set_index("quantity")["value"]
    assert pd.notna(shares["share of the ten largest cities"]) == said


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """With the study's threshold, which is made for hundreds of cities."""
    return made(tmp_path_factory.mktemp("plain"), groups={"clusters": 3, "super_share": 0.01})


def test_a_threshold_that_most_cities_exceed_is_said(plain):
    run, said = plain
    count = int(run.tables["regions"]["super_emitter"].ne("none").sum())
    assert count > 15
    notice = said["regions.csv, column super_emitter"]
    assert (
        notice.value == f"{count} of 19 at 0.01 of the base (groups.super_base)"
        and "mean share, 0.053" in notice.expectation
    )
    assert f"({count} of 19 cities: the threshold tells few apart)" in texts(run.figure("fig3"))
    assert re.search(rf"by both \(hybrid\), cities +{count}\n", end_of_run(run))


def test_what_is_modelled_is_said_by_tables_figures_and_summary(plain):
    """No total of the nineteen is observed: what their provinces report is spread by output and
    people.
    """
    run, _ = plain
    regions = run.tables["regions"]
    assert set(regions["emissions_status"]) == {"modelled"} and regions[
        "cba_modelled_share"
    ].tolist() == pytest.approx([1.0] * 19)
    words = "emissions modelled, not observed, in 19 of 19 regions"
    assert (
        set(regions["emissions_split_status"]) == {"modelled"}
        and (regions["cba_split_modelled_share"] == 1.0).all()
    )
    assert (
        words in texts(run.figure("fig1"))
        and words in texts(run.figure("fig2"))
        and words not in texts(run.figure("figS3"))
    )
    assert re.search(r"total emissions modelled, regions +19\n", end_of_run(run))


def test_without_a_threshold_it_is_twice_the_mean_city():
    table = pd.DataFrame({"parameter": [], "value": []})
    assert super_share(table, Groups(), 19) == pytest.approx(2 / 19)
    assert [super_share(table, Groups(), count) for count in (5, 2)] == [0.25, 0.5]
    assert super_share(table, Groups(super_share=0.01), 19) == 0.01


def test_the_threshold_comes_from_the_dataset(tmp_path):
    def larger(tables):
        tables["benchmarks"].append(["super_share", 0.08, "1", "assumed, toy"])

    run, said = made(tmp_path, larger)
    assert 0 < run.tables["regions"]["super_emitter"].ne("none").sum() < 10
    assert "regions.csv, column super_emitter" not in said
    parameters = run.tables["parameters"].set_index("parameter")
    assert (
        parameters.loc["super_threshold", "source"]
        == "0.08 of sum_cba, households' direct emissions left out"
    )
    assert parameters.loc["super_threshold", "value"] == pytest.approx(
        0.08 * run.tables["regions"]["cba_mt"].sum()
    )


@pytest.mark.parametrize(
    "off", [{"groups": {"super_emitters": False}}, {"scenarios": {"run": False}}], ids=str
)
def test_what_is_switched_off_has_no_rows_and_figures_say_so(tmp_path, off):
    """Without scenarios their benchmarks are not needed."""

    def without(tables):
        if "scenarios" in off:
            tables["benchmarks"] = tables["benchmarks"][:1]

    run, said = made(tmp_path, without, **off)
    assert (
        run.tables["scenarios"].empty
        and run.tables["scenario_cities"].empty
        and len(run.tables["quota"]) == 1
    )
    assert "No scenarios: they are switched off" in texts(run.figure("fig4"))
    assert ("scenarios.csv" in said) == ("groups" in off)
    if "groups" in off:
        assert set(run.tables["regions"]["super_emitter"]) == {"none"}
        assert "Super-emitters are switched off" in texts(run.figure("fig3"))
        run.figure("figS7"), run.figure("figS8"), run.figure("supply_chains")
    assert "saved" not in end_of_run(run)


def test_no_number_is_printed_as_nothing(plain):
    """The quota of the toy country is a few Mt: in Gt every step would be 0.00."""
    shown = texts(plain[0].figure("fig4"))
    assert "Mt CO₂ (in brackets" in shown and "+0.00" not in shown and "0.00" not in shown
    assert "0.0 Mt CO2 saved" not in end_of_run(plain[0])
