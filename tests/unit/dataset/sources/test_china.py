"""The China adapter end to end: a country of three provinces made on the spot, and the real 2012
where its files are.
"""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
import shapely
from china_world import (
    PROVINCES,
    SECTORS,
    YEAR,
    make_world,
    table_numbers,
    write_csv,
    write_io,
    write_sources,
)
from sound_dataset import check_dataset

from citymrio.base.errors import DataError
from citymrio.base.labels import read_dataset, read_json, read_table
from citymrio.config.models import Dataset
from citymrio.dataset.sources.china import build as china
from citymrio.dataset.sources.china.regions import boundaries, package_file, read_polygons
from citymrio.dataset.sources.polygons import measures, simplify


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("china")
    dataset = make_world(folder)
    china.build(dataset, folder / "dataset")
    return dataset, folder


@pytest.fixture(scope="module")
def real(tmp_path_factory, shared, root):
    lists = root / "config"
    dataset = Dataset(
        kind="china",
        raw_dir=str(shared / "data/china2012/raw"),
        sources=str(lists / "sources/china2012.csv"),
        classification=str(lists / "classification/china2012"),
    )
    folder = tmp_path_factory.mktemp("china2012")
    china.build(dataset, folder)
    return folder


def observations(folder) -> pd.DataFrame:
    return pd.concat(
        [read_table(p) for p in sorted(folder.glob("observations/*.csv"))], ignore_index=True
    )


def hashes(folder) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.mark.slow
def test_the_small_country_keeps_the_contract(world):
    check_dataset(
        world[1] / "dataset", levels=False
    )  # its numbers are too round to be plausible per capita


@pytest.mark.slow
def test_the_same_files_give_the_same_bytes(world, tmp_path):
    dataset, folder = world
    china.build(dataset, tmp_path)
    assert hashes(tmp_path) == hashes(folder / "dataset")


def test_other_names_of_cities_and_places_inside_a_province_that_is_not_split_come_with_the_dataset(
    world,
):
    names = read_json(world[1] / "dataset/dataset.json")["other_names"]
    assert {"region": "110000", "names": ["Peking"]} in names
    assert {"region": "460000", "place": "City 460100", "names": ["海口市", "Hoihow"]} in names


def test_every_other_name_of_china_is_of_a_place_and_means_one_place_only(root):
    lists = root / "config/classification/china"
    names = pd.read_csv(lists / "other_names.csv", dtype=str)
    places = pd.read_csv(lists / "region_names.csv", dtype=str)
    provinces = pd.read_csv(lists / "provinces.csv", dtype=str)
    assert set(names["region"]) <= {*places["region"], *(provinces["province"] + "0000")}
    assert not names.duplicated(["region", "other_name"]).any()
    meant = (
        names.merge(places.drop_duplicates("region"), on="region")
        .groupby("other_name")["name"]
        .nunique()
    )
    assert meant[meant > 1].empty  # a place may have had two codes, a name has one place


def test_regions_are_cities_a_municipality_and_an_unsplit_province(world):
    regions = read_table(world[1] / "dataset/regions.csv").set_index("region")
    assert regions.kind.to_dict() == {
        "110000": "municipality",
        "460000": "province",
        "640100": "city",
        "640200": "city",
        "640300": "city",
    }
    assert regions.population["640100"] == pytest.approx(3000 * 1.1)
    assert regions.population_rural["110000"] == pytest.approx(0.5 * (500 + 400))
    assert regions.gdp["110000"] == 1e6
    assert regions.gdp["460000"] == pytest.approx(
        read_dataset(world[1] / "dataset/provinces/46.nc").value_added.sum().item()
    )


def test_the_city_outside_the_panel_is_imputed_per_capita_and_says_so(world):
    table = observations(world[1] / "dataset")
    table = table[(table.quantity == "value_added") & (table.region == "640300")]
    per_capita = (200.0 + 250.0) * 1e4 / (3000 + 4000)
    assert table.value.tolist() == pytest.approx(
        [share * per_capita * 5000 for share in (0.1, 0.5, 0.4)]
    )
    assert set(table.status) == {"imputed"} and table.sectors.tolist() == SECTORS


def test_city_totals_go_to_their_region_and_those_of_unsplit_provinces_nowhere(world):
    table = observations(world[1] / "dataset")
    table = table[table.quantity == "emissions"].set_index("region").value
    assert table.to_dict() == {"110000": 10.5e6, "640100": 7.0e6}
    assert any("海南海口" in note for note in read_json(world[1] / "dataset/dataset.json")["notes"])


def test_totals_of_all_years_are_kept_as_printed_and_the_year_alone_enters_the_estimate(world):
    table = read_table(world[1] / "dataset/emissions_history.csv").set_index(["region", "year"])[
        "emissions"
    ]
    now = (
        observations(world[1] / "dataset")
        .query("quantity == 'emissions'")
        .set_index("region")["value"]
    )
    assert table.xs(YEAR, level="year").to_dict() == now.to_dict()
    assert set(table.index.get_level_values("year")) > {YEAR}


def test_a_province_without_an_inventory_gets_the_intensities_of_the_others(world):
    folder = world[1] / "dataset"
    known = sum(
        read_table(folder / f"inventory/{p}.csv").groupby("inventory_sector").emissions.sum()
        for p in ("11", "64")
    )
    output = {p: read_dataset(folder / f"provinces/{p}.nc").output.to_series() for p in PROVINCES}
    people = read_table(folder / "regions.csv").set_index("province")
    rural = people.groupby(level=0).population_rural.sum()
    imputed = read_table(folder / "inventory/46.csv").set_index("inventory_sector")
    assert set(imputed.status) == {"imputed"}
    assert imputed.emissions["2"] == pytest.approx(
        known["2"] / (output["11"]["02"] + output["64"]["02"]) * output["46"]["02"]
    )
    assert imputed.emissions["5"] == pytest.approx(
        known["5"] / (rural["11"] + rural["64"]) * rural["46"]
    )


def test_counts_and_lists_say_what_is_observed_and_what_not(world):
    run = read_json(world[1] / "dataset/dataset.json")
    assert run["year"] == YEAR and run["usd_rate"] == 6.2 and not run["synthetic"]
    assert (
        run["counts"]
        | {"regions": 5, "cities": 4, "value_added_imputed": 1, "emissions_observed": 2}
        == run["counts"]
    )
    assert run["lists"]["outflow_inflow_not_reported"] == ["64"] and run["lists"][
        "inventory_imputed"
    ] == ["46"]
    assert {s["file"] for s in run["sources"]} >= {"io/11.xlsx", "census.csv", "city.geojson"}


def test_a_table_of_the_wrong_province_stops_the_build_and_writes_nothing(tmp_path):
    dataset = make_world(tmp_path)
    write_io(tmp_path / "raw/io/64.xlsx", table_numbers(), title=f"北京{YEAR}年投入产出表")
    files = {f"io/{p}.xlsx": ("provincial_io", p) for p in PROVINCES}
    roles = {
        "inventory.xlsx": "inventory_provinces",
        "cities.xlsx": "emissions_cities",
        "panel.xlsx": "value_added_cities",
        "census.csv": "population_cities",
    }
    write_sources(
        tmp_path / "sources.csv",
        tmp_path / "raw",
        files | {f: (role, "") for f, role in roles.items()},
    )
    with pytest.raises(DataError, match="a table of '宁夏' was expected"):
        china.build(dataset, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_list_without_a_province_or_with_an_unmatched_role_is_refused(tmp_path):
    dataset = make_world(tmp_path)
    text = (tmp_path / "sources.csv").read_text()
    (tmp_path / "sources.csv").write_text(text.replace("provincial_io,64", "provincial_io,65"))
    with pytest.raises(DataError, match="0 files have the role 'provincial_io' and province '64'"):
        china.build(dataset, tmp_path / "out")


@pytest.mark.slow
def test_a_list_that_lacks_a_column_or_has_a_word_for_a_number_is_refused_by_name(tmp_path):
    """A column of text that was missing ended in an error of Python."""
    dataset = make_world(tmp_path)
    path = tmp_path / "lists/year/code_changes.csv"
    sound = path.read_bytes()
    for rows, message in (
        (
            [["code", "note"], ["110000", ""]],
            r"column 'current' is missing \(there are: code, note",
        ),
        ([["code", "current", "new"]], "column 'new' is unknown; expected code, current"),
    ):
        write_csv(path, rows)
        with pytest.raises(DataError, match=f"code_changes.csv: .*{message}"):
            china.build(dataset, tmp_path / "out")
    path.write_bytes(sound)
    write_csv(tmp_path / "lists/year/prices.csv", [["parameter", "value"], ["usd_rate", "six"]])
    with pytest.raises(DataError, match=r"prices.csv: row 2, column 'value' is 'six', text"):
        china.build(dataset, tmp_path / "out")
    assert not (tmp_path / "out/dataset.json").exists()


def test_a_region_the_census_does_not_know_is_refused_by_name(tmp_path):
    dataset = make_world(tmp_path)
    write_csv(tmp_path / "lists/year/code_changes.csv", [["code", "current", "note"]])
    with pytest.raises(DataError, match="the census has no population of 110000"):
        china.build(dataset, tmp_path / "out")


def test_a_district_that_has_moved_goes_back_to_its_city_of_the_year():
    cities = read_polygons(package_file("city.geojson")).loc[["370100", "370900"]]
    units = pd.DataFrame(
        {
            "district": ["370116", "370117"],
            "name": ["Laiwu", "Gangcheng"],
            "region": "371200",
            "last_year": 2018,
        }
    )
    parts = {"370100": ["370100"], "371200": ["371200"]}
    district = package_file("district.geojson")
    before, rest = boundaries(parts, units, year=2012, cities=cities, district_file=district)
    after, _ = boundaries(parts, units, year=2019, cities=cities, district_file=district)
    assert list(rest.index) == ["370900"]  # belongs to no region here
    areas = measures(before).area_km2
    assert areas["371200"] == pytest.approx(2246, rel=0.02)  # Laiwu, 2,246 square kilometres
    assert areas.sum() == pytest.approx(measures(after).area_km2.sum(), rel=1e-6) and list(
        after.index
    ) == ["370100"]


def test_simplified_borders_stay_shared():
    shapes = read_polygons(package_file("city.geojson")).loc[
        ["640100", "640200", "640300", "640400", "640500"]
    ]
    simple = np.asarray(simplify(shapes).values)
    assert (
        shapely.get_num_coordinates(simple).sum()
        < shapely.get_num_coordinates(np.asarray(shapes.values)).sum()
    )
    assert shapely.coverage_is_valid(simple)


def test_china_2012_keeps_the_contract_and_counts_313_regions(real):
    check_dataset(real)
    counts = read_json(real / "dataset.json")["counts"]
    expected = {
        "provinces": 31,
        "regions": 313,
        "cities": 309,
        "municipalities": 4,
        "unsplit_provinces": 4,
        "value_added_observed": 301,
        "value_added_imputed": 8,
        "emissions_observed": 260,
        "emissions_not_observed": 49,
        "inventories_observed": 30,
    }
    assert counts | expected == counts


def test_known_cities_of_2012_have_their_printed_numbers(real):
    regions = read_table(real / "regions.csv").set_index("region")
    table = observations(real)
    emissions = table[table.quantity == "emissions"].set_index("region").value
    assert emissions["130200"] == pytest.approx(280.2e6, rel=1e-3)  # Tangshan, as in the paper
    assert regions.gdp["150600"] * 1e4 / regions.population["150600"] == pytest.approx(
        182680, rel=0.02
    )  # Ordos, yearbook
    assert regions.gdp["654000"] == pytest.approx(
        (1251.9627 - 486.2311 - 188.1090) * 1e4
    )  # Ili without Tacheng and Altay
    assert regions.population["371200"] == pytest.approx(
        1.3e6, rel=0.03
    )  # Laiwu, inside Jinan since 2019
    assert regions.population.sum() == pytest.approx(1354e6, rel=0.01)  # yearbook, end of 2012


def test_boundaries_of_2012_are_small_whole_and_complete(real):
    path = real / "boundaries.geojson"
    assert path.stat().st_size < 3_000_000
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    shapes = [shapely.from_geojson(json.dumps(f["geometry"])) for f in features]
    uncovered = [
        shape
        for feature, shape in zip(features, shapes, strict=True)
        if feature["properties"]["region"] is None
    ]
    assert any(shape.contains(shapely.Point(121, 24)) for shape in uncovered)  # Taiwan
    assert len(shapes) - len(uncovered) == 313 and all(
        s.is_valid and not s.is_empty for s in shapes
    )
    total = sum(s.area for s in shapes)
    assert total - shapely.union_all(shapes).area < 1e-6 * total
