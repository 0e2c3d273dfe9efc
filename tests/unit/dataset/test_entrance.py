"""What later steps take for granted is refused at the entrance: facts that no step checks a second
time.
"""

from __future__ import annotations

import csv

import numpy as np
import pytest
import toy

from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder


def written(folder, tables):
    for name, rows in tables.items():
        path = folder / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as target:
            csv.writer(target).writerows(rows)
    return folder


def find_faults(folder):
    return faults_of(read_folder(folder))


def test_the_toy_country_passes(tmp_path):
    assert find_faults(written(tmp_path, toy.example_tables())) == []


#: Observations 1 (value added of AGR of N1) and 4 (CO2 of N1), as the cities' accounts and the
#: inventory read them.
ADDED, CO2 = 1, 4


@pytest.mark.parametrize(
    ("table", "row", "column", "value", "expected"),
    [
        (
            "observations",
            ADDED,
            "region",
            "9999",
            "column 'region' is '9999'; expected a code of regions",
        ),
        (
            "observations",
            ADDED,
            "sectors",
            "77",
            "column 'sectors' is '77'; expected a code of sectors",
        ),
        (
            "observations",
            ADDED,
            "quantity",
            "happiness",
            "column 'quantity' is 'happiness'; expected one of value_added",
        ),
        ("observations", ADDED, "value", "", "column 'value' is empty; expected a value"),
        ("observations", ADDED, "value", "inf", "column 'value' is 'inf', not a finite number"),
        ("observations", ADDED, "value", -1, "column 'value' is -1; expected at least 0"),
        (
            "observations",
            CO2,
            "region",
            "9999",
            "column 'region' is '9999'; expected a code of regions",
        ),
        (
            "observations",
            CO2,
            "sectors",
            "AGR",
            "column 'sectors' is 'AGR'; expected a code of inventory_sectors",
        ),
        ("observations", CO2, "value", -1, "column 'value' is -1; expected at least 0"),
        ("observations", CO2, "value", "", "column 'value' is empty; expected a value"),
        ("regions", 1, "population", 0, "column 'population' is 0; expected above 0"),
        ("regions", 1, "population", "", "column 'population' is empty; expected a value"),
        ("regions", 1, "gdp", "", "column 'gdp' is empty; expected a value"),
    ],
)
def test_a_cell(tmp_path, table, row, column, value, expected):
    tables = toy.example_tables()
    tables[table][row][tables[table][0].index(column)] = value
    assert any(expected in fault.message for fault in find_faults(written(tmp_path, tables)))


@pytest.mark.parametrize(("row", "region"), [(ADDED, "N1"), (CO2, "N1")])
def test_a_datum_that_is_there_twice(tmp_path, row, region):
    tables = toy.example_tables()
    tables["observations"].append([*tables["observations"][row]])
    faults = [fault.message for fault in find_faults(written(tmp_path, tables))]
    assert any(
        f"region '{region}', quantity" in message and "appears twice" in message
        for message in faults
    )


def test_a_datum_that_is_there_twice_with_its_sectors_in_another_order(tmp_path):
    tables = toy.example_tables()
    again = next([*row] for row in tables["observations"] if row[2] == "ENE;MAN")
    again[2] = "MAN;ENE"
    tables["observations"].append(again)
    (fault,) = find_faults(written(tmp_path, tables))
    assert "sectors is 'MAN;ENE'" in fault.message and "(in any order)" in fault.message


def test_a_region_in_the_file_of_another_province(tmp_path):
    tables = toy.example_tables()
    header, *rows = tables.pop("observations")
    tables["observations/NO"] = [header, *rows]
    tables["observations/SO"] = [header]
    assert any(
        "region 'S1' belongs to province 'SO'" in fault.message
        for fault in find_faults(written(tmp_path, tables))
    )


def changed(tmp_path, change):
    """Faults of the toy country whose table of province NO, read into memory, is changed."""
    data = read_folder(written(tmp_path, toy.example_tables()))
    change(data.provinces["NO"])
    return [fault.message for fault in faults_of(data)]


def test_a_row_or_column_that_does_not_close_to_the_rounding_of_printed_tables(tmp_path):
    def within(table):
        table["error"].values[0] += 4.0  # half a unit for each of its whole numbers, and its output

    def beyond(table):
        table["error"].values[0] += 21.0
        table["value_added"].values[0, 1] -= 21.0

    assert changed(tmp_path, within) == []
    row, column = changed(tmp_path, beyond)
    assert "the row of sector AGR adds up to 500021, its output is 500000" in row
    assert "the column of sector ENE adds up to 699979, its output is 700000" in column


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize(
    "name",
    ["total_use", "value_added", "output", "exports", "imports", "outflow", "inflow", "error"],
)
def test_a_cell_that_is_not_a_finite_number(tmp_path, name, value):
    def change(table):
        table[name].values[(1,) * table[name].ndim] = value

    (message,) = changed(tmp_path, change)
    assert message.startswith(f"{name} is {value} at ") and message.endswith(
        "expected a finite number"
    )


def test_a_city_inventory_of_a_case_between_the_cases_or_of_two_cases(tmp_path):
    header = toy.HEADERS["inventory_city"]
    rows = [
        ["N1", "2", "coal", 10, "", 1.5],
        ["N2", "2", "coal", 10, "", 1],
        ["N2", "3", "coal", 10, "", 2],
    ]
    tables = toy.example_tables() | {"inventory_city": [header, *rows]}
    messages = [fault.message for fault in find_faults(written(tmp_path, tables))]
    assert "row 2, column 'case' is 1.5; expected one of 1, 2, 3" in messages
    assert (
        sum("expected the same case in every row of a region" in message for message in messages)
        == 2
    )
