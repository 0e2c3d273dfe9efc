"""Extra observations: points with a quantity, and tables by code, in a small China and on invented
squares.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from china_world import INVESTMENT, PLANTS_HEADER, YEAR, add_extras, make_world, write_csv
from sound_dataset import check_dataset

from citymrio.base.errors import DataError, DataErrors, collect_notices
from citymrio.base.labels import read_json, read_table
from citymrio.config.models import Dataset
from citymrio.dataset.sources.china import build as china
from citymrio.dataset.sources.china.extras import (
    add_up_by_region,
    observed_shares,
    read_columns,
    read_plants,
)
from citymrio.dataset.sources.retrieve import everything

HOURS = pd.DataFrame(
    [
        ("Coal", "", 5000.0),
        ("Hydro", "", 3500.0),
        ("Hydro", "Pumped", 0.0),
        ("Hydro", "Dam and Pumped", 3000.0),
    ],
    columns=["fuel", "technology", "hours"],
)
MEANING = {
    "extra": "x",
    "quantity": "output",
    "sectors": "02",
    "category": "",
    "unit": "MWh",
    "source": "invented",
    "reliability": 0.7,
    "reliability_imputed": 0.3,
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The small China with plants and investment, its dataset, and what was said on the way."""
    folder = tmp_path_factory.mktemp("china")
    dataset = add_extras(folder, make_world(folder))
    with collect_notices() as notices:
        china.build(dataset, folder / "dataset")
    return dataset, folder, notices


def plants(folder, *rows, year=YEAR, hours=HOURS):
    write_csv(folder / "plants.csv", [PLANTS_HEADER, *rows])
    return read_plants(folder / "plants.csv", hours, year=year, hours_from="hours.csv")


def plant(
    name="a", fuel="Coal", technology="", capacity=10, commissioned="", state="", lat=1.0, lon=1.0
):
    return [name, fuel, technology, capacity, commissioned, state, lat, lon]


def rows_of(folder, extra):
    table = read_table(folder / "dataset/extras/64.csv")
    return table[table["extra"] == extra].set_index("region")


@pytest.mark.slow
def test_plants_are_added_up_by_city_and_a_city_without_plants_has_0(world):
    table = rows_of(world[1], "power_plants")
    assert table["value"].to_dict() == {
        "640100": 600 * 5000 + 100 * 2000,
        "640200": 300 * 5000,
        "640300": 0,
    }
    assert (
        set(table["sectors"]) == {"02"}
        and set(table["measure"]) == {"share"}
        and set(table["unit"]) == {"MWh"}
    )
    assert set(table["status"]) == {"observed"} and set(table["reliability"]) == {0.7}


def test_investment_is_matched_by_code_and_filled_values_count_as_imputed(world):
    _, folder, notices = world
    table = rows_of(folder, "investment")
    assert table["value"].to_dict() == {"640100": 60.0, "640200": 20.0}
    assert table["status"].to_dict() == {"640100": "observed", "640200": "imputed"}
    assert table["reliability"].to_dict() == {"640100": 0.7, "640200": 0.3}
    assert set(table["category"]) == {"capital"} and set(table["quantity"]) == {"final_demand"}
    said = [notice for notice in notices if "filled in" in notice.what]
    assert [notice.value for notice in said] == ["1 of 4 cities"]


def test_a_province_of_one_region_has_no_shares(world):
    assert sorted(path.name for path in (world[1] / "dataset/extras").iterdir()) == ["64.csv"]


def test_the_dataset_keeps_the_contract_and_names_its_extra_sources(world):
    dataset, folder, _ = world
    check_dataset(folder / "dataset", levels=False)
    info = read_json(folder / "dataset/dataset.json")
    assert {"plants.csv", "panel.csv"} <= {source["file"] for source in info["sources"]}
    assert (
        info["counts"]["extras_power_plants"] == 3
        and info["counts"]["extras_investment_imputed"] == 1
    )
    assert len(everything(dataset)) == 9


@pytest.mark.slow
def test_nothing_else_of_the_dataset_depends_on_extras(world, tmp_path):
    """Without `dataset.extras` neither file nor list is looked at: all tables are the same, byte
    for byte.
    """
    dataset, folder, _ = world
    bare = dataset.model_copy(
        update={"extras": (), "extras_sources": "nowhere.csv", "extras_dir": "nowhere"}
    )
    china.build(bare, tmp_path / "dataset")
    mine = {p.relative_to(tmp_path): p.read_bytes() for p in (tmp_path / "dataset").rglob("*.*")}
    theirs = {p.relative_to(folder): p.read_bytes() for p in (folder / "dataset").rglob("*.*")}
    differ = {
        str(path) for path in mine.keys() | theirs.keys() if mine.get(path) != theirs.get(path)
    }
    assert differ == {"dataset/extras/64.csv", "dataset/dataset.json"}
    assert len(everything(bare)) == 7


def test_files_may_lie_below_raw_dir_and_are_checked_there(world):
    dataset, folder, _ = world
    beside = dataset.model_copy(update={"extras_dir": None})
    with pytest.raises(
        DataError,
        match=r"2 of 2 raw files cannot be used: .*panel.csv is missing .*dataset.extras_dir",
    ):
        everything(beside)
    with pytest.raises(DataError, match="dataset.extras_dir"):
        china.build(beside, folder / "unused")
    for name in ("plants.csv", "panel.csv"):
        (folder / "raw" / name).write_bytes((folder / "extras" / name).read_bytes())
    assert len(everything(beside)) == 9


def test_an_altered_file_and_a_role_without_a_file_are_refused(tmp_path):
    dataset = add_extras(tmp_path, make_world(tmp_path))
    (tmp_path / "extras/plants.csv").write_bytes(
        (tmp_path / "extras/plants.csv").read_bytes().replace(b"600", b"601")
    )
    with pytest.raises(DataError, match=r"plants.csv has been altered \(its sha256 differs\)"):
        china.build(dataset, tmp_path / "out")
    add_extras(tmp_path, dataset)
    rows = (tmp_path / "extras.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "extras.csv").write_text(
        "\n".join(r for r in rows if "power_plants" not in r) + "\n", encoding="utf-8"
    )
    with pytest.raises(DataError, match="0 files have the role 'power_plants'; expected one"):
        china.build(dataset, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_codes_that_are_no_region_are_named_but_those_of_unsplit_provinces(tmp_path):
    rows = [*INVESTMENT, [YEAR, "中卫市", 640500, 9.0, "False"]]
    dataset = add_extras(tmp_path, make_world(tmp_path), investment=rows)
    with collect_notices() as notices:
        china.build(dataset, tmp_path / "dataset")
    said = [notice for notice in notices if "no region of the year" in notice.what]
    assert [notice.value for notice in said] == ["1 of 5: 中卫市 (640500)"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            [YEAR, "银川市", 640100, 61.0, "False"],
            f"column 'city_code' is '640100'; expected every code once in {YEAR}",
        ),
        (
            [YEAR, "吴忠市", 640300, -1.0, "False"],
            "column 'fai_100m' is '-1'; expected an amount of 0 or more",
        ),
        ([YEAR, "吴忠市", 640300, "1,0", "False"], "column 'fai_100m' is '1,0'; expected a number"),
        (
            [YEAR, "吴忠市", 640300, 1.0, "maybe"],
            "column 'fai_imputed' is 'maybe'; expected True or False",
        ),
    ],
)
def test_a_faulty_row_of_the_panel_is_refused_by_row_and_column(tmp_path, row, words):
    dataset = add_extras(tmp_path, make_world(tmp_path), investment=[*INVESTMENT, row])
    with pytest.raises(DataError) as error:
        china.build(dataset, tmp_path / "out")
    assert f"row 7, {words}" in str(error.value)


def test_a_year_the_panel_does_not_cover_is_refused(tmp_path):
    dataset = add_extras(
        tmp_path, make_world(tmp_path), investment=[row for row in INVESTMENT if row[0] != YEAR]
    )
    with pytest.raises(DataError, match=f"there is nothing for {YEAR}"):
        china.build(dataset, tmp_path / "out")


def test_plants_count_by_year_and_state(tmp_path):
    rows = [
        plant("old", commissioned="1999"),
        plant("now", commissioned="2015"),
        plant("span", commissioned="2010-2020"),
        plant("unknown"),
        plant("later", commissioned="2016"),
        plant("closed", state="Shutdown"),
        plant("building", state="under construction"),
    ]
    assert list(plants(tmp_path, *rows, year=2015)["name"]) == ["old", "now", "span", "unknown"]


def test_hours_are_those_of_the_fuel_and_of_the_longest_technology_that_fits(tmp_path):
    rows = [
        plant("a", "coal"),
        plant("b", "Hydro", "Run of River"),
        plant("c", "Hydro", "Pumped Storage"),
    ]
    rows.append(plant("d", "Hydro", "Dam and Pumped Storage"))
    assert plants(tmp_path, *rows)["value"].tolist() == [50_000, 35_000, 0, 30_000]


def test_a_plant_without_a_capacity_is_left_out_and_said(tmp_path):
    with collect_notices() as notices:
        assert list(plants(tmp_path, plant("a"), plant("b", capacity=""))["name"]) == ["a"]
    assert [notice.value for notice in notices] == ["1 of 2: b"]


def test_every_fault_of_the_plants_is_said_at_once(tmp_path):
    rows = [
        plant(),
        plant(capacity=-5),
        plant(capacity=0),
        plant(lat=91.0),
        plant(lon=-200.0),
        plant(fuel="Peat"),
        plant(commissioned="soon"),
    ]
    with pytest.raises(DataErrors) as error:
        plants(tmp_path, *rows)
    text = str(error.value)
    assert len(error.value.faults) == 6
    for words in (
        "row 3, column 'Capacity (MW)' is '-5'; expected a capacity above 0 MW",
        "row 4, column 'Capacity (MW)' is '0'",
        "row 5, column 'Latitude' is '91'; expected -90 to 90",
        "row 6, column 'Longitude' is '-200'; expected -180 to 180",
        "row 7, column 'Fuel' is 'Peat'; expected a fuel with full-load hours in hours.csv",
        "row 8, column 'Commissioning Date' is 'soon'; expected a year, or blank",
    ):
        assert words in text
    write_csv(tmp_path / "plants.csv", [PLANTS_HEADER[:-1], plant()[:-1]])
    with pytest.raises(DataError, match=r"column 'Longitude' is missing \(there are: Name, Fuel"):
        read_plants(tmp_path / "plants.csv", HOURS, year=YEAR, hours_from="hours.csv")


SQUARES = gpd.GeoSeries(
    {"A": shapely.box(0, 0, 1, 1), "B": shapely.box(1, 0, 2, 1), "C": shapely.box(5, 5, 6, 6)}
)


def points(*rows):
    return pd.DataFrame(rows, columns=["name", "lon", "lat", "value"])


def test_points_are_added_up_by_polygon_and_a_coast_counts():
    given = points(("a", 0.5, 0.5, 1.0), ("b", 0.6, 0.5, 2.0), ("offshore", 1.5, -0.01, 4.0))
    with collect_notices() as notices:
        found = add_up_by_region(given, SQUARES, where="file", what="points", unit="t")
    assert found.to_dict() == {"A": 3.0, "B": 4.0, "C": 0.0}
    assert notices == []


def test_points_in_no_region_and_without_coordinates_are_counted_and_named():
    given = points(
        ("in", 0.5, 0.5, 1.0),
        ("far", 3.5, 3.5, 2.0),
        ("farther", 9.0, 9.0, 3.0),
        ("nowhere", np.nan, np.nan, 5.0),
    )
    with collect_notices() as notices:
        found = add_up_by_region(given, SQUARES, where="file", what="points", unit="t")
    assert found.sum() == 1.0
    assert {(notice.what, notice.value) for notice in notices} == {
        ("points without coordinates", "1 of 4, 5 of 11 t: nowhere"),
        ("points in no region", "2 of 4, 5 of 11 t: farther, far"),
    }


def test_shares_need_two_cities_that_report_something():
    regions = pd.DataFrame({"region": list("abcdef"), "province": ["1", "1", "2", "3", "3", "4"]})
    values = pd.DataFrame(
        {"region": list("abcde"), "value": [1.0, 0.0, 5.0, 0.0, 0.0], "status": "observed"}
    )
    found = observed_shares(values, MEANING, regions)
    assert list(found) == ["1"]
    assert found["1"]["value"].tolist() == [1.0, 0.0]


def test_a_table_that_is_none_is_refused(tmp_path):
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\x00bad")
    with pytest.raises(DataError, match="cannot be read as CSV"):
        read_columns(tmp_path / "t.csv", {"a": "A"})


@pytest.mark.slow
def test_the_real_files_say_what_the_documentation_says(tmp_path, shared, root):
    """China 2012: plants and cities that docs/china.md counts. Skipped where the files are not at
    hand.
    """
    raw, extra = shared / "data/china2012/raw", shared / "data/extra/raw"
    if not (raw.is_dir() and extra.is_dir()):
        pytest.skip(f"needs the raw files in {raw} and {extra}")
    lists = {
        "sources": "sources/china2012.csv",
        "classification": "classification/china2012",
        "extras_sources": "sources/china_extras.csv",
    }
    places = {
        "raw_dir": str(raw),
        "extras_dir": str(extra),
        **{key: str(root / "config" / path) for key, path in lists.items()},
    }
    with collect_notices() as notices:
        china.build(
            Dataset(kind="china", extras=("power_plants", "investment"), **places), tmp_path
        )
    table = pd.concat([read_table(path) for path in sorted(tmp_path.glob("extras/*.csv"))])
    plants, invested = (table[table["extra"] == name] for name in ("power_plants", "investment"))
    assert (len(plants), int((plants["value"] == 0).sum()), len(invested)) == (305, 16, 272)
    said = {notice.what: notice.value for notice in notices}
    assert said["power plants in no region"].startswith("18 of 2846, 4.68")
    assert said["power plants without coordinates"].startswith("11 of 2846")
    assert said["power plants without a capacity"].startswith("27 of 2873")
    assert "codes of cities that are no region of the year" not in said
