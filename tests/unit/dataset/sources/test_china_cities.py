"""Cities: value added, people on the boundaries of the year, and whose name is whose."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from china_world import PANEL_HEADER, YEAR, panel_row, write_csv, write_sheet

from citymrio.base.errors import DataError
from citymrio.dataset.sources.china.cities import (
    correct_census,
    impute_value_added,
    match_names,
    population,
    read_census,
    read_value_added,
    stem,
)

NESTED = pd.DataFrame(columns=["region", "contains", "first_year", "last_year"])
PROVINCES = pd.DataFrame(
    {"province": ["22", "42", "46", "63"], "name_local": ["吉林", "湖北", "海南", "青海"]}
)
NAMES = {
    "220200": "吉林市",
    "222400": "延边朝鲜族自治州",
    "420100": "武汉市",
    "422800": "恩施土家族苗族自治州",
    "429021": "神农架林区",
    "460100": "海口市",
    "632500": "海南藏族自治州",
}
PLACES = pd.DataFrame({"region": list(NAMES), "name_local": list(NAMES.values())})


def panel(tmp_path, rows, **options):
    write_sheet(tmp_path / "p.xlsx", "面板数据2000-2023", [PANEL_HEADER, *rows, [None] * 9])
    return read_value_added(
        tmp_path / "p.xlsx", year=YEAR, **{"nested_units": NESTED} | options
    ).set_index("region")


def census_of(**columns) -> pd.DataFrame:
    """A census table from rows code=(total 2010, share 2010, total 2020, share 2020)."""
    names = [(y, n) for y in (2010, 2020) for n in ("total", "urban_share")]
    table = pd.DataFrame(
        {c.strip("c"): v for c, v in columns.items()}, index=names, dtype=float
    ).T.rename_axis("region")
    table.columns = pd.MultiIndex.from_tuples(names)
    return table


def corrections(*rows) -> pd.DataFrame:
    return pd.DataFrame(
        rows,
        columns=[
            "last_year",
            "census",
            "unit",
            "region",
            "taken_from",
            "persons",
            "urban",
            "source",
        ],
    )


def test_value_added_of_the_year_is_read_in_10_thousand_yuan_and_text_digits_count(tmp_path):
    row = panel_row("640100", 100.0, name="银川市")
    row[6] = "10.00"
    table = panel(tmp_path, [row, panel_row("640100", 7.0, year=YEAR - 1)])
    assert table.loc["640100", ["gdp", "primary", "secondary", "tertiary"]].tolist() == [
        1e6,
        1e5,
        5e5,
        4e5,
    ]


def test_a_unit_inside_another_is_not_counted_twice(tmp_path):
    nested = pd.DataFrame(
        [("640100", "640200", np.nan, YEAR), ("640100", "640200", YEAR + 2, np.nan)],
        columns=NESTED.columns,
    )
    rows = [panel_row("640100", 100.0), panel_row("640200", 30.0)]
    assert panel(tmp_path, rows, nested_units=nested).gdp.tolist() == [7e5, 3e5]
    assert panel(tmp_path, rows, nested_units=nested.iloc[1:]).gdp.tolist() == [1e6, 3e5]


@pytest.mark.parametrize(
    "rows, message",
    [
        ([panel_row("640100", 5.0, year=YEAR - 1)], f"there is nothing for {YEAR}"),
        ([panel_row("640100", 5.0), panel_row("640100", 6.0)], "code 640100 appears twice"),
        ([panel_row("640100", -5.0)], "cell F2: gdp is -5, a positive value"),
        ([[*panel_row("640100", 5.0)[:7], "1,5", 1.0]], "cell H2: the cell is '1,5'"),
    ],
)
def test_a_damaged_panel_is_refused_with_its_place(tmp_path, rows, message):
    with pytest.raises(DataError, match=message):
        panel(tmp_path, rows)


def test_population_lies_on_the_line_between_two_censuses():
    people = population(census_of(c640100=(1000, 0.5, 2000, 0.75)), year=2012)
    assert people.population["640100"] == pytest.approx(1200)
    assert people.population_rural["640100"] == pytest.approx(0.8 * 500 + 0.2 * 500)
    assert people.status["640100"] == "observed"


def test_outside_the_censuses_growth_goes_on_and_no_count_falls_below_zero():
    table = census_of(
        c659004=(1000, 0.2, 4000, 0.9), c650100=(500, 1.0, 500, 1.0), c650200=(500, 0.4, 500, 0.4)
    )
    early, late = (population(table, year=year) for year in (2000, 2030))
    assert early.population.tolist() == pytest.approx([250, 500, 500])
    assert late.population.tolist() == pytest.approx([16000, 500, 500])
    odds = (1 - early.population_rural / early.population) / (
        early.population_rural / early.population
    )
    assert odds["659004"] == pytest.approx(0.25**2 / 9)
    assert early.population_rural["650100"] == 0 and early.population_rural[
        "650200"
    ] == pytest.approx(300)
    assert (early.population_rural <= early.population).all() and (late.population_rural >= 0).all()


def test_an_unknown_urban_share_moves_with_its_province_and_says_so():
    table = census_of(
        c640100=(1000, 0.5, 1000, 0.75),
        c640200=(1000, 0.5, 1000, np.nan),
        c640300=(1000, np.nan, 1000, np.nan),
    )
    people = population(table, year=2020)
    assert people.population_rural.tolist() == pytest.approx([250, 250, 250])
    assert people.status.tolist() == ["observed", "imputed", "imputed"]


def test_a_fully_urban_city_has_no_rural_people_and_no_nan():
    people = population(
        census_of(c440300=(1000, 1.0, 2000, 1.0), c440100=(500, 0.5, 500, 0.6)), year=2015
    )
    assert people.population_rural["440300"] == 0 and people.population["440300"] == 1500


def test_a_unit_counted_once_keeps_its_count():
    table = census_of(c460300=(np.nan, np.nan, 2333, 1.0), c460100=(900, 0.5, 1000, 0.6))
    assert population(table, year=2012).population["460300"] == pytest.approx(2333)


def test_corrections_move_people_and_lose_none():
    table = census_of(c370100=(8000, 0.5, 9000, 0.6))
    moves = corrections(
        (2018, 2010, "Laiwu", "371200", "370100", 1600, np.nan, ""),
        (2018, 2020, "Laiwu", "371200", "370100", np.nan, np.nan, ""),
    )
    moved = correct_census(table, moves, year=2012)
    assert moved[2010, "total"].to_dict() == {"370100": 6400, "371200": 1600}
    assert moved[2020, "total"].to_dict() == {"370100": 7200, "371200": 1800}  # the share of 2010
    assert moved[2010, "urban_share"].tolist() == [0.5, 0.5]
    assert correct_census(table, moves, year=2019)[2010, "total"].to_dict() == {"370100": 8000}


def test_people_without_a_row_are_added_with_their_own_urban_people():
    table = census_of(c659001=(np.nan,) * 4, c650100=(100, 0.5, 100, 0.5))
    rows = corrections(
        (np.nan, 2010, "S", "659001", "", 40, 10, ""),
        (np.nan, 2020, "S", "659001", "", 50, np.nan, ""),
    )
    moved = correct_census(table, rows, year=2012)
    assert (
        moved.loc["659001", (2010, "total")] == 40
        and moved.loc["659001", (2010, "urban_share")] == 0.25
    )
    assert moved.loc["659001", (2020, "total")] == 50 and np.isnan(
        moved.loc["659001", (2020, "urban_share")]
    )


@pytest.mark.parametrize(
    "row, message",
    [
        ((np.nan, 2000, "U", "1", "370100", 10, np.nan, ""), "no census of 2000"),
        ((np.nan, 2010, "U", "1", "999999", 10, np.nan, ""), "no 999999"),
        (
            (np.nan, 2010, "U", "1", "370100", 9000, np.nan, ""),
            "9000 persons are to be moved out of 8000",
        ),
        ((np.nan, 2010, "U", "1", "", np.nan, np.nan, ""), "nan persons"),
    ],
)
def test_a_correction_that_cannot_be_made_is_refused(row, message):
    with pytest.raises(DataError, match=message):
        correct_census(census_of(c370100=(8000, 0.5, 9000, 0.6)), corrections(row), year=2012)


def test_a_census_with_one_year_or_a_doubled_code_is_refused(tmp_path):
    write_csv(
        tmp_path / "c.csv",
        [["city_code", "popu_2010", "popu_urban_2010", "popu_rural_2010"], ["110100", 1, 1, 0]],
    )
    with pytest.raises(DataError, match="two censuses"):
        read_census(tmp_path / "c.csv")
    names = [f"{s}_{y}" for y in (2010, 2020) for s in ("popu", "popu_urban", "popu_rural")]
    write_csv(
        tmp_path / "c.csv", [["city_code", *names], ["110100", *[2] * 6], ["110100", *[2] * 6]]
    )
    with pytest.raises(DataError, match="code 110100 appears twice"):
        read_census(tmp_path / "c.csv")


def test_imputed_value_added_is_the_mean_per_capita_of_the_province():
    known = pd.DataFrame(
        {
            "region": ["420100", "420200", "430100"],
            "primary": [10.0, 20, 99],
            "secondary": [20.0, 40, 99],
            "tertiary": [30.0, 0, 99],
        }
    )
    people = pd.Series({"420100": 100.0, "420200": 200.0, "430100": 1.0, "429004": 30.0})
    row = impute_value_added(
        known, people, pd.DataFrame({"region": ["429004"], "name_local": ["仙桃市"]})
    ).iloc[0]
    assert [row.primary, row.secondary, row.tertiary] == pytest.approx([3.0, 6.0, 3.0])
    assert row.gdp == pytest.approx(12.0)


def test_names_with_their_province_in_front_and_no_ending_are_matched():
    printed = ["吉林吉林", "吉林延边", "湖北恩施州", "湖北神农架", "海南海口", "青海海南"]
    names = pd.DataFrame({"name": printed, "where": "row"})
    assert match_names(names, PLACES, PROVINCES, {}).tolist() == [
        "220200",
        "222400",
        "422800",
        "429021",
        "460100",
        "632500",
    ]


def test_names_that_fit_nothing_or_the_same_place_are_all_named():
    names = pd.DataFrame(
        {"name": ["湖北仙桃", "湖北武汉", "湖北武汉市"], "where": ["row 2", "row 3", "row 4"]}
    )
    with pytest.raises(
        DataError, match="湖北仙桃 .row 2. fits no place; 湖北武汉, 湖北武汉市 all mean 420100"
    ):
        match_names(names, PLACES, PROVINCES, {})
    assert match_names(names.iloc[:2], PLACES, PROVINCES, {"湖北仙桃": "429004"}).tolist() == [
        "429004",
        "420100",
    ]


def test_endings_of_place_names_are_cut_but_never_the_whole_name():
    assert [stem(n) for n in ("兴安盟", "阿克苏地区", "恩施州", "市", "沙市")] == [
        "兴安",
        "阿克苏",
        "恩施",
        "市",
        "沙市",
    ]
