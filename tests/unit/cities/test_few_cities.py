"""Countries of few cities go through the analysis and every figure; what there is no data for is
blank and said.

One without any city is no dataset (schemas refuses it), yet analysis and figures do not break on it
either.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import toy_run
from matplotlib.text import Text
from thorough import sampled

from citymrio.assessment.headline import headline as headline_table
from citymrio.assessment.variants import headline
from citymrio.base import errors
from citymrio.report.figures import registry
from citymrio.report.summary import summary

#: The whole chain and every figure of four countries.
pytestmark = pytest.mark.slow


def only(*cities: str):
    """The toy country with these cities; a province without any is one region, what is left out of
    one is its first city's.
    """

    def change(tables: toy_run.Tables) -> None:
        head, *rows = tables["regions"]
        at = {name: head.index(name) for name in head}
        regions = []
        for province in ("NO", "SO"):
            mine = [row for row in rows if row[at["province"]] == province]
            kept = [[*row] for row in mine if row[at["region"]] in cities] or [[*mine[0]]]
            for column in ("population", "population_rural", "gdp"):
                kept[0][at[column]] += sum(row[at[column]] for row in mine) - sum(
                    row[at[column]] for row in kept
                )
            if len(kept) == 1:
                kept[0][at["kind"]] = (
                    "municipality" if kept[0][at["region"]] in cities else "province"
                )
            regions += kept
        tables["regions"] = [head, *regions]
        codes, observations = {row[at["region"]] for row in regions}, tables["observations"]
        tables["observations"] = [
            observations[0],
            *(row for row in observations[1:] if row[0] in codes and row[1] == "value_added"),
        ]

    return change


FEW = {0: (), 1: ("N1",), 2: ("N1", "N2"), 4: ("N1", "N2", "S1", "S2")}


@pytest.fixture(scope="module", params=FEW)
def small(request, tmp_path_factory):
    with errors.collect_notices() as kept:
        run = toy_run.run(
            tmp_path_factory.mktemp("small"), only(*FEW[request.param]), checked=request.param > 0
        )
    return request.param, run, kept


def test_the_run_says_what_few_cities_mean(small):
    count, run, kept = small
    regions = run.tables["regions"]
    assert regions["quintile"].ne("").sum() == regions["structure"].ne("").sum() == count
    by_quintile = [1] * count + [0] * (5 - count)
    assert run.tables["quintiles"]["cities"].tolist() == by_quintile
    said = {notice.where: notice for notice in kept}
    assert said["quintiles.csv"].value == str(count) and "blank" in said["quintiles.csv"].effect
    assert ("clusters.csv" in said) == (count < 6)  # two for each of three structures
    assert run.tables["clusters"]["k"].tolist() == [min(count, 3)] * 2


def test_percentages_of_nothing_are_blank_and_those_of_cities_add_up(small):
    count, run, _ = small
    sums = run.tables["quintiles"][["population_percent", "cba_percent"]].sum(min_count=1)
    np.testing.assert_allclose(sums, [100, 100] if count else [np.nan, np.nan])
    empty = run.tables["scenarios"]["saving_share_percent"].isna()
    assert empty.all() if count == 0 else not empty.any()


@pytest.mark.parametrize("name", sampled(registry.FIGURES, 3))
def test_every_figure_is_drawn_without_a_warning_and_says_what_is_missing(small, name):
    count, run, _ = small
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = run.figure(name)
    texts = [text.get_text() for text in figure.findobj(Text)]
    assert not [text for text in texts if "nan" in text.lower().split() or "$nan" in text]
    if count == 0 and name in ("fig2", "fig3", "figS5", "figS6"):
        assert any(text.startswith("No data: this run has no city") for text in texts)


def test_a_deficit_without_its_quintile_says_so(small):
    count, run, _ = small
    texts = {text.get_text() for text in run.figure("fig4").findobj(Text)}
    missing = [text for text in texts if "no city in that quintile" in text]
    assert len(missing) == {0: 2, 1: 2, 2: 1, 4: 0}[count]


def test_the_summary_and_the_headline_of_a_country_without_cities_make_no_numbers_up(small):
    count, run, kept = small
    said = errors.as_table(kept)
    text = summary(
        run=run.dataset.info,
        regions=run.tables["regions"],
        headline=headline_table(run.tables, run.dataset.info, said, "paper"),
        method="paper",
        verdict={"invariants": 16, "largest_relative_error": 0.0, "tolerance": 1e-6},
        accuracy=None,
        warnings=said,
        outputs={},
    )
    assert "nan" not in text and f"{count}, {len(run.tables['regions'])}" in text
    table = headline(
        run.estimate.footprints, run.dataset.tables["regions"], run.estimate.nested.roles
    )
    assert len(table) == 0 if count == 0 else np.isfinite(table["value"]).all()
