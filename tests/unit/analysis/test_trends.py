"""Printed totals after the year of the run: nothing filled, the change to the last year there is,
the cities that stand out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from citymrio.analysis.trends import COLUMNS, EXAMPLES, emissions_trends


def regions(names=("Ada", "Bel", "Cor", "Dun")) -> pd.DataFrame:
    kinds = ["city"] * (len(names) - 1) + ["province"]
    codes = [f"r{k}" for k in range(len(names))]
    groups = ["Q1", "Q1", *["Q2"] * (len(names) - 3), ""]
    return pd.DataFrame(
        {"region": codes, "name": names, "kind": kinds, "quintile": groups, "structure": "heavy"}
    )


def history(**totals: dict[int, float]) -> pd.DataFrame:
    rows = [
        (region, year, 1e6 * value) for region, of in totals.items() for year, value in of.items()
    ]
    return pd.DataFrame(rows, columns=["region", "year", "emissions"])


def test_a_year_without_a_total_is_blank_and_the_change_is_to_the_last_that_is_there():
    given = history(
        r0={2011: 9, 2012: 10, 2014: 15}, r1={2012: 4}, r2={2013: 8, 2015: 9}, r3={2012: 5}
    )
    table = emissions_trends(regions(), given, 2012).set_index("region")
    assert [*table.index] == ["r0", "r1", "r2"]  # a province kept whole is no city
    by_year = table[[f"emissions_{year}_mt" for year in (2012, 2013, 2014, 2015)]].to_numpy()
    np.testing.assert_allclose(
        by_year, [[10, np.nan, 15, np.nan], [4, np.nan, np.nan, np.nan], [np.nan, 8, np.nan, 9]]
    )
    assert table.loc["r0", ["first_year", "first_mt", "last_year", "last_mt"]].tolist() == [
        2012,
        10,
        2014,
        15,
    ]
    assert table.at["r0", "change_percent"] == pytest.approx(50)
    assert table.at["r1", "last_year"] == 2012 and np.isnan(table.at["r1", "change_percent"])
    assert (
        table.at["r2", "last_year"] == 2015
        and table.loc["r2", ["first_year", "first_mt", "change_percent"]].isna().all()
    )
    assert "emissions_2011_mt" not in table


def test_the_largest_of_each_quintile_stand_out_where_the_papers_cities_are_not_all_there():
    given = history(r0={2012: 3}, r1={2012: 7}, r2={2012: 1})
    assert emissions_trends(regions(), given, 2012)["example"].tolist() == [False, True, True]
    named = regions((*EXAMPLES[::-1], "Big", "Whole"))
    table = emissions_trends(named, history(r0={2012: 1}, r5={2012: 99}), 2012)
    assert set(table.loc[table["example"], "name"]) == {*EXAMPLES}
    some = regions((*EXAMPLES[:4], "Big", "Whole"))
    assert emissions_trends(some, history(r4={2012: 99}), 2012)["example"].tolist() == [
        False
    ] * 4 + [True]


def test_a_dataset_without_other_years_gives_a_table_without_rows():
    table = emissions_trends(regions(), None, 2012)
    assert [*table.columns] == [*COLUMNS] and table.empty


def test_a_history_that_ends_before_the_run_says_nothing_of_its_cities():
    table = emissions_trends(regions(), history(r0={2010: 1}), 2012)
    assert (
        table["emissions_2012_mt"].isna().all()
        and table["last_year"].isna().all()
        and not table["example"].any()
    )
