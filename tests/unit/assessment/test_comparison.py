import re
from pathlib import Path

import analysis_world
import numpy as np
import pandas as pd
import pytest
from analysis_world import BENCHMARKS, BRIDGE, FINAL_DEMAND, GROUPS, INVENTORY_SECTORS, SCENARIOS, SECTORS

from citymrio.analysis.affluence import affluence_column, is_city
from citymrio.analysis.scenarios.deficits import deficits
from citymrio.analysis.scenarios.measure import Inputs
from citymrio.analysis.scenarios.quota import quota
from citymrio.analysis.scenarios.run import run_scenarios
from citymrio.assessment.paper.comparison import COLUMNS, compare
from citymrio.assessment.paper.results import COMPUTED, FIGURE_2B, NOT_COMPUTED
from citymrio.base.errors import DataError
from citymrio.base.labels import read_table
from citymrio.emissions.key_sectors import intensity_table

TARGETS = read_table(Path(__file__).parents[3] / "config/paper_targets.csv")


@pytest.fixture(scope="module")
def tables():
    world = analysis_world.make()
    regions = world.tables["regions"]
    inputs = Inputs(
        nested=world.nested,
        footprints=world.footprints,
        inventory=world.inventory,
        intensities=world.intensities,
        bridge=BRIDGE,
        inventory_sectors=INVENTORY_SECTORS,
        regions=regions,
        final_demand=FINAL_DEMAND,
        benchmarks=BENCHMARKS,
    )
    scenarios, _ = run_scenarios(inputs, SCENARIOS)
    made = {
        "scenarios": scenarios,
        "quota": quota(scenarios, 9000.0, 12200.0),
        "deficits": deficits(regions[is_city(regions)], affluence_column(GROUPS)),
        "intensities": intensity_table(world.intensities, regions),
    }
    dataset = {"sectors": SECTORS, "inventory_sectors": INVENTORY_SECTORS, "fuels": pd.DataFrame({"fuel": ["coal"]})}
    return {**world.tables, **made, **dataset}


def result(tables, synthetic=False, name="China 2012", year=2012):
    return compare(TARGETS, tables, {"synthetic": synthetic, "name": name, "year": year}).set_index("id", drop=False)


def test_every_target_is_computed_or_has_a_reason():
    ids = set(TARGETS["id"])
    assert ids == set(COMPUTED) | set(NOT_COMPUTED)
    assert not set(COMPUTED) & set(NOT_COMPUTED)


def test_the_cells_of_figure_2b_are_those_their_targets_name():
    cells = TARGETS[TARGETS["kind"].eq("figure")]
    short = {"light manufacturing": "light", "heavy manufacturing": "heavy", "high-tech": "high_tech"}
    pattern = re.compile(r"VA per emission, (Q\d) (.+) producers, (Q\d) consumers")
    for target in cells.itertuples():
        producer, structure, consumer = pattern.fullmatch(target.quantity).groups()
        keywords = COMPUTED[target.id][0].keywords
        wanted = {"producer": producer, "structure": short.get(structure, structure), "consumer": consumer}
        assert keywords == wanted
    assert len(cells) == 5 * len(FIGURE_2B) + 4


def test_targets_are_unique_and_have_numbers():
    assert not TARGETS["id"].duplicated().any()
    assert np.isfinite(TARGETS["value"]).all()


def test_all_columns_of_the_contract_and_one_row_per_target(tables):
    found = result(tables)
    assert [*found.columns] == [*COLUMNS] and [*found["id"]] == [*TARGETS["id"]]


def test_a_row_without_a_number_says_why(tables):
    found = result(tables)
    blank = found["ours"].isna()
    assert blank.any() and found.loc[blank, "note"].str.startswith("not computed: ").all()
    assert not found.loc[blank, "comparable"].any() and found.loc[blank, "ratio"].isna().all()


def test_a_synthetic_run_is_never_comparable(tables):
    found = result(tables, synthetic=True)
    assert not found["comparable"].any()
    assert found.loc[found["ours"].notna(), "note"].str.startswith("synthetic data").all()


@pytest.mark.parametrize(("name", "year"), [("China 2017", 2017), ("Utopia", 2012)])
def test_another_year_or_country_is_not_comparable(tables, name, year):
    found = result(tables, name=name, year=year)
    assert found["ours"].notna().any() and not found["comparable"].any()


def test_a_run_on_real_data_is_comparable_where_it_has_a_number(tables):
    found = result(tables)
    assert (found["comparable"] == found["ours"].notna()).all()


def test_numbers_read_off_a_figure_have_low_weight(tables):
    found = result(tables)
    assert (found["weight"].eq("low") == found["kind"].eq("figure")).all()


def test_ratio_is_ours_over_the_papers(tables):
    row = result(tables).loc["T022"]
    cities = tables["regions"].query("kind != 'province'")
    assert row["ours"] == pytest.approx(cities["cba_mt"].sum())
    assert row["ratio"] == pytest.approx(row["ours"] / 7324)


def test_within_follows_exact_absolute_and_relative_tolerances(tables):
    found = result(tables)
    assert found.loc["T005", "within"] == "false"  # 5 provinces, 31 exact
    assert found.loc["T076", "within"] == "true"  # the flows sum to 100
    assert found.loc["T022", "within"] == "false"
    assert found.loc["T013", "within"] == ""


def test_counts_of_types_add_up(tables):
    ours = result(tables)["ours"]
    assert ours["T156"] + ours["T157"] + ours["T158"] == ours["T149"] > 0
    assert ours["T146"] + ours["T147"] == ours["T148"] == ours["T001"]


def test_shares_of_levels_agree_with_their_levels(tables):
    ours = result(tables)["ours"]
    assert ours["T028"] == pytest.approx(100 * ours["T027"] / ours["T022"])
    assert ours["T037"] == pytest.approx(100 * ours["T036"] / ours["T022"])
    assert ours["T062"] == pytest.approx(ours["T061"] / 100 * ours["T022"])
    assert ours["T177"] == pytest.approx(100 * ours["T176"] / ours["T022"])
    assert ours["T184"] == pytest.approx(ours["T176"] + ours["T180"])


def test_a_named_city_is_looked_up_on_real_data_only(tables):
    regions = tables["regions"].copy()
    regions.loc[1, "name"] = "Beijing"
    named = {**tables, "regions": regions}
    assert result(named)["ours"]["T055"] == pytest.approx(regions.loc[1, "per_capita_t"])
    assert np.isnan(result(named, synthetic=True)["ours"]["T055"])
    assert "no city named Beijing" in result(tables).loc["T055", "note"]


def test_a_printed_total_is_that_of_its_year_and_blank_where_there_is_none(tables):
    regions = tables["regions"].copy()
    names = {0: "Shanghai", 1: "Wenzhou"}
    regions["name"] = regions["name"].where(~regions.index.isin(names), regions.index.map(names))
    totals = {"emissions_2012_mt": [200.0, 34.8], "emissions_2018_mt": [190.0, 47.7], "emissions_2019_mt": [150.0, np.nan]}
    trends = pd.DataFrame({"region": regions["region"][:2], **totals})
    found = result({**tables, "regions": regions, "emissions_trends": trends})
    assert found["ours"][["T204", "T205", "T210"]].tolist() == pytest.approx([34.8, 47.7, -25.0])
    assert "truncated in print" in found.loc["T205", "note"]
    assert "no city named Tangshan" in found.loc["T202", "note"]
    without = result({**tables, "regions": regions})
    assert without["ours"][["T204", "T210"]].isna().all() and "no printed total of Wenzhou in 2012" in without.loc["T204", "note"]


def test_a_target_nobody_explains_is_refused(tables):
    more = pd.concat([TARGETS, TARGETS.iloc[:1].assign(id="T999")])
    with pytest.raises(DataError, match="T999"):
        compare(more, tables, {"synthetic": False, "name": "China 2012", "year": 2012})
