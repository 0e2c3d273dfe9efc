"""Sound tables that can hardly be meant: each is warned of once, with place and value."""

from __future__ import annotations

from functools import partial

import pytest
import toy_run

from citymrio.base.errors import Notice, collect_notices
from citymrio.config.models import Dataset
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.reading import make_dataset
from citymrio.dataset.unusual import warn_of_unusual
from citymrio.report.pages import word_of


def each(table, column, of, **where):
    """Write `of(cell)` into a column of the rows that hold `where`."""

    def change(tables) -> None:
        head, *rows = tables[table]
        place = head.index(column)
        hit = [row for row in rows if all(row[head.index(k)] == v for k, v in where.items())]
        assert hit
        for row in hit:
            row[place] = of(row[place])

    return change


def warned(tmp_path, *changes) -> list[Notice]:
    """What is said of the toy country with these changes, which is no fault."""

    def change(tables) -> None:
        for one in changes:
            one(tables)

    folder = read_folder(toy_run.write_folder(tmp_path, change))
    assert [str(fault) for fault in faults_of(folder)] == []
    with collect_notices() as notices:
        warn_of_unusual(folder)
    return notices


def negative_imports(tables, booked=False) -> None:
    """Imports of a province below 0; the gap of every row in `error`, where it is booked."""
    head, *rows = tables["provinces/NO"]
    imports, error = head.index("imports"), head.index("error")
    for row in rows[:4]:
        row[imports] *= -1
        row[error] = 2 * row[imports] if booked else row[error]


def test_imports_below_0_throughout_are_no_imports_above_use(tmp_path):
    assert not [
        n for n in warned(tmp_path, partial(negative_imports, booked=True)) if "above" in n.what
    ]


def test_a_row_that_closes_with_the_other_sign_of_imports_says_so(tmp_path):
    folder = read_folder(toy_run.write_folder(tmp_path, negative_imports))
    found = [str(fault) for fault in faults_of(folder) if "adds up to" in str(fault)]
    assert found
    assert all("column 'imports' is subtracted, yet below 0 throughout" in text for text in found)


def test_two_co2_totals_of_a_city_that_differ_are_said(tmp_path):
    def two(factor, tables):
        head, *rows = tables["observations"]
        told = next([*row] for row in rows if row[head.index("quantity")] == "emissions")
        told[head.index("value")] *= factor
        told[head.index("source")] = "Yearbook"
        tables["observations"].append(told)

    (notice,) = warned(tmp_path / "half", partial(two, 0.5))
    assert notice.what == "sources contradict each other on emissions of N1"
    assert "(Yearbook), " in notice.value and "observations.csv, row " in notice.where
    assert warned(tmp_path / "near", partial(two, 0.95)) == []


def test_a_sector_that_the_bridge_leaves_out_is_said(tmp_path):
    said = warned(tmp_path, each("bridge", "sector", lambda _: "MAN", sector="SER"))
    (notice,) = [n for n in said if n.where.endswith("bridge.csv")]
    assert notice.what == "sectors with output that have no row" and notice.value == "SER"


def test_an_inventory_of_a_city_whose_amounts_are_not_read_is_said(tmp_path):
    def own(tables, case) -> None:
        sectors = [row[0] for row in tables["inventory_sectors"][1:]]
        head = ["region", "inventory_sector", "emissions", "case"]
        tables["inventory_city"] = [head, *(["N1", code, 5.0, case] for code in sectors)]

    (notice,) = [n for n in warned(tmp_path / "2", partial(own, case=2)) if "case 2" in n.what]
    assert notice.value == "1 in all; the first is N1" and "inventory_city" in notice.where
    assert not [n for n in warned(tmp_path / "1", partial(own, case=1)) if "case 2" in n.what]


def test_a_key_column_that_is_not_the_inventorys_is_said_once(tmp_path):
    folder = toy_run.write_folder(tmp_path / "raw", each("sectors", "key", lambda _: "true"))
    config = Dataset(kind="user", raw_dir=str(folder), year=2020)
    _, said = make_dataset(config, tmp_path / "dataset")
    assert [n.what for n in said] == [
        "column 'key' differs from the key sectors of inventory_sectors"
    ]


def test_shares_of_all_cities_that_are_not_100_percent_are_said(tmp_path):
    def shares(values, tables):
        head, *rows = tables["observations"]
        tables["observations"] = [[*head, "measure"], *([*row, ""] for row in rows)]
        for region, value in zip(("S1", "S2", "S3"), values, strict=False):
            row = dict.fromkeys(head, "") | {"region": region, "quantity": "final_demand"}
            row |= {"value": value, "unit": "%", "source": "survey", "status": "observed"}
            tables["observations"].append([*(row | {"reliability": 0.9}).values(), "share"])

    (notice,) = warned(tmp_path / "off", partial(shares, (20, 45, 0.3)))
    assert "do not add up to 100%" in notice.what
    assert notice.value == "final_demand of province SO: 65.3%"
    assert warned(tmp_path / "rounded", partial(shares, (20, 45, 34))) == []
    assert warned(tmp_path / "some", partial(shares, (20, 45))) == []


def test_rural_people_in_percent_are_said(tmp_path):
    (notice,) = warned(tmp_path / "percent", each("regions", "population_rural", lambda _: 30))
    assert notice.what == "population_rural looks like a percentage"
    assert notice.value == "region N1: 30; 5 of 5 regions" and "regions.csv, row" in notice.where
    said = warned(tmp_path / "none", each("regions", "population_rural", lambda _: 0))
    assert not [n for n in said if "percentage" in n.what]


def test_emissions_of_a_country_a_thousand_times_too_small_are_said(tmp_path):
    """All of them in kt, which no comparison of one with another shows."""
    small = [
        each("inventory", "emissions", lambda amount: amount and amount / 1000),
        each("inventory", "activity", lambda amount: amount and amount / 1000),
        each("observations", "value", lambda value: value / 1000, quantity="emissions"),
    ]
    said = warned(tmp_path, *small)
    (notice,) = [n for n in said if "hardly any country" in n.what]
    assert "inventory" in notice.where and notice.expectation == "0.1 to 100 t CO2 per person"


@pytest.mark.parametrize(
    ("parameter", "value", "unit", "shown", "follows"),
    [
        ("megacity_capital_share.Lima", 0.28, "%", "0.0028", "demand scenario takes their mean"),
        ("peak_emissions", 60, "Gt CO2", "60 Gt CO2", "quota is what the run's emissions leave"),
        ("per_capita.us", 17000, "t CO2 per person", "17000 t CO2 per person", "stands beside"),
    ],
)
def test_a_benchmark_out_of_range_is_said_with_what_it_does(
    tmp_path, parameter, value, unit, shown, follows
):
    def change(tables):
        head, *rows = tables["benchmarks"]
        row = [*rows[0]]
        for name, cell in (("parameter", parameter), ("value", value), ("unit", unit)):
            row[head.index(name)] = cell
        tables["benchmarks"] = [head, *(one for one in rows if one[0] != parameter), row]

    (notice,) = warned(tmp_path, change)
    assert notice.value == shown and follows in notice.effect
    for sentence in notice.effect.split(". "):
        assert word_of(sentence, "zh")


def test_a_history_without_the_year_of_the_dataset_is_said(tmp_path):
    def history(years, tables):
        rows = [["N1", year, 8.2e6, "Yearbook"] for year in years]
        tables["emissions_history"] = [["region", "year", "emissions", "source"], *rows]

    (notice,) = warned(tmp_path / "without", partial(history, (2018, 2021)))
    assert notice.what == "the year of the dataset is missing" and notice.value == "2018, 2021"
    assert warned(tmp_path / "with", partial(history, (2018, 2020, 2021))) == []


def test_a_stressor_of_a_place_a_thousand_times_the_others_is_said(tmp_path):
    def water(tables, *, total=4e6, province=5e6):
        head = ["stressor", "unit", "region", "province", "sector", "value"]
        codes = ("NO", "SO")
        rows = [["water", "m3", "", code, "AGR", 5e6] for code in codes]
        rows[1][-1] = province
        rows += [["water", "m3", region, "", "", total] for region in ("N1", "S1")]
        rows[-1][-1] = 4e6
        tables["stressors"] = [head, *rows]

    assert warned(tmp_path / "sound", water) == []
    for name, change in (("region N1", {"total": 4e9}), ("province SO", {"province": 5e9})):
        (notice,) = warned(tmp_path / name, partial(water, **change))
        assert notice.what == "stressor water per unit of GDP far from the others'"
        assert notice.value.endswith(f"in {name}") and "stressors.csv, row " in notice.where
