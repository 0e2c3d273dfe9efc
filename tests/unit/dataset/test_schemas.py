"""The dataset contract: what breaks it is named with file, row, column, value and expectation."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from sound_dataset import check_dataset

from citymrio.base.errors import ConfigError, DataError
from citymrio.base.labels import read_dataset, read_table, write_dataset, write_json, write_table
from citymrio.config.models import Dataset, load_config
from citymrio.dataset.sources import user
from citymrio.dataset.sources.synthetic import build as synthetic


@pytest.fixture(scope="module")
def country(tmp_path_factory):
    folder = tmp_path_factory.mktemp("country")
    synthetic.build(Dataset(size="tiny"), folder)
    return folder


@pytest.fixture(scope="module")
def built(country, tmp_path_factory):
    """The country as a user's dataset; copied, never changed."""
    folder = tmp_path_factory.mktemp("built")
    user.build(Dataset(kind="user", raw_dir=str(country)), folder)
    return folder


@pytest.fixture
def copy(built, tmp_path):
    return shutil.copytree(built, tmp_path / "copy")


def rewrite(path, change):
    write_table(change(read_table(path)), path)


def set_cell(row, column, value):
    def change(table):
        table[column] = table[column].astype(object)
        table.loc[row, column] = value
        return table

    return change


def test_the_synthetic_country_keeps_the_contract(country):
    assert check_dataset(country) is None


@pytest.mark.parametrize(
    ("file", "row", "column", "value", "expected"),
    [
        (
            "regions.csv",
            1,
            "population",
            -5,
            r"row 3, column 'population' is -5(\.0)?; expected above 0",
        ),
        ("regions.csv", 0, "lat", 95.0, r"row 2, column 'lat' is 95; expected at most 90"),
        (
            "regions.csv",
            2,
            "kind",
            "town",
            "row 4, column 'kind' is 'town'; expected one of city, municipality, province",
        ),
        ("regions.csv", 0, "gdp", "much", "row 2, column 'gdp' is 'much', text; expected a number"),
        ("regions.csv", 0, "gdp", np.nan, "row 2, column 'gdp' is empty; expected a value"),
        ("sectors.csv", 1, "sector", "01", r"rows 2, 3 \(2 rows\), sector '01' appears twice"),
        (
            "sectors.csv",
            3,
            "industry",
            "quaternary",
            "row 5, column 'industry' is 'quaternary'; expected one of primary",
        ),
        ("final_demand.csv", 0, "role", "export", "row 2, column 'role' is 'export'"),
        (
            "bridge.csv",
            0,
            "sector",
            "77",
            "row 2, column 'sector' is '77'; expected a code of sectors",
        ),
        ("fuels.csv", 0, "emission_factor", -1, "row 2, column 'emission_factor' is -1"),
        (
            "observations/P02.csv",
            0,
            "region",
            "P0401",
            r"row 2, region 'P0401' belongs to province 'P04'; expected one of 'P02'",
        ),
        (
            "observations/P02.csv",
            0,
            "quantity",
            "wages",
            "row 2, column 'quantity' is 'wages'; expected one of value_added",
        ),
        (
            "observations/P02.csv",
            1,
            "reliability",
            1.5,
            "row 3, column 'reliability' is 1.5; expected at most 1",
        ),
        ("observations/P02.csv", 1, "category", "savings", "row 3, column 'category' is 'savings'"),
        (
            "inventory/P02.csv",
            0,
            "inventory_sector",
            "x",
            "row 2, column 'inventory_sector' is 'x'",
        ),
        ("inventory/P02.csv", 0, "fuel", "wood", "row 2, column 'fuel' is 'wood'"),
        ("benchmarks.csv", 0, "value", np.nan, "row 2, column 'value' is empty"),
    ],
)
def test_a_cell_that_breaks_the_contract_is_named(copy, file, row, column, value, expected):
    rewrite(copy / file, set_cell(row, column, value))
    with pytest.raises(DataError, match=f"(?s){file}.*{expected}"):
        check_dataset(copy)


def test_several_faults_are_reported_at_once_and_counted(copy):
    def change(table):
        table["population"] = -1.0 - table.index
        return table

    rewrite(copy / "regions.csv", change)
    with pytest.raises(DataError, match="(?s)row 2, .*row 6, .*and [0-9]+ more faults"):
        check_dataset(copy)


def test_more_rural_people_than_people_is_refused(copy):
    rewrite(copy / "regions.csv", set_cell(0, "population_rural", 1e12))
    with pytest.raises(
        DataError, match="row 2, population is .*, population_rural is 1e.12; expected"
    ):
        check_dataset(copy)


def test_regions_out_of_order_are_refused(copy):
    rewrite(copy / "regions.csv", lambda table: table.iloc[::-1])
    with pytest.raises(DataError, match=r"regions\.csv: row 2, region 'P0501' is out of order"):
        check_dataset(copy)


def test_a_municipality_beside_cities_is_refused(copy):
    rewrite(copy / "regions.csv", set_cell(1, "kind", "municipality"))
    with pytest.raises(
        DataError,
        match="region 'P0201' is of kind 'municipality', but province 'P02' has 2 regions",
    ):
        check_dataset(copy)


def test_two_categories_of_stock_changes_are_refused(copy):
    rewrite(copy / "final_demand.csv", set_cell(0, "role", "stock_changes"))
    with pytest.raises(DataError, match="2 categories have the role 'stock_changes'"):
        check_dataset(copy)


def test_a_production_row_without_a_sector_is_refused(copy):
    code = read_table(copy / "bridge.csv")["inventory_sector"].iloc[0]
    rewrite(copy / "bridge.csv", lambda table: table[table["inventory_sector"] != code])
    with pytest.raises(DataError, match=f"inventory sector '{code}' has no sector in the bridge"):
        check_dataset(copy)


def edit(path, change):
    dataset = read_dataset(path)
    change(dataset)
    write_dataset(dataset, path)


def test_a_column_that_does_not_add_up_is_refused_with_sector_and_amounts(copy):
    def change(dataset):
        dataset["value_added"].loc[{"sector": "05"}] *= 1.5

    edit(copy / "provinces/P04.nc", change)
    with pytest.raises(
        DataError, match=r"P04\.nc: the column of sector 05 adds up to .*, its output is"
    ):
        check_dataset(copy)


def test_a_pair_of_trade_columns_may_be_missing_as_a_whole_but_not_in_part(copy):
    missing = read_dataset(copy / "provinces/P03.nc")
    assert np.isnan(missing["outflow"]).all()

    def change(dataset):
        dataset["outflow"].loc[{"sector": "01"}] = 0.0

    edit(copy / "provinces/P03.nc", change)
    with pytest.raises(DataError, match="outflow is nan at sector 02"):
        check_dataset(copy)


def test_sectors_in_another_order_are_refused(copy):
    path = copy / "provinces/P02.nc"
    write_dataset(read_dataset(path).isel(sector=[1, 0, *range(2, 8)]), path)
    with pytest.raises(
        DataError, match=r"P02\.nc: dimension 'sector' has '02' where the lists have '01'"
    ):
        check_dataset(copy)


def test_a_polygon_of_no_region_is_refused(copy):
    path = copy / "boundaries.geojson"
    data = json.loads(path.read_text())
    data["features"][0]["properties"]["region"] = "elsewhere"
    write_json(data, path)
    with pytest.raises(DataError, match="polygon of region 'elsewhere': there is no such region"):
        check_dataset(copy)


def test_a_user_folder_without_a_description_is_refused(tmp_path):
    with pytest.raises(
        DataError, match=r"dataset\.csv: the file is missing, and so are .* dataset\.json"
    ):
        user.build(Dataset(kind="user", raw_dir=str(tmp_path)), tmp_path / "out")


def test_a_user_country_without_a_folder_is_refused():
    with pytest.raises(ConfigError, match="kind 'user' needs raw_dir, the folder of the dataset"):
        load_config({"dataset": {"kind": "user"}})
