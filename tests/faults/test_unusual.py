"""What looks wrong in a sound dataset is said: where, what, and the value; the sound toy country
says nothing.
"""

from __future__ import annotations

import json
import shutil

import pytest
from damage import Rows, cell, content, table
from thorough import sampled

from citymrio.assessment.check import main
from citymrio.config.models import Dataset
from citymrio.dataset.reading import make_dataset
from citymrio.report.pages import word_of


def times(name: str, factor: float, column: str = "value", **where: str):
    """Multiply a column in the rows that hold `where`."""

    def change(rows: Rows) -> None:
        place, found = rows.header.index(column), 0
        for row in rows.rows:
            if all(row[rows.header.index(key)] == value for key, value in where.items()):
                row[place], found = f"{float(row[place]) * factor:.12g}", found + 1
        assert found

    return table(name, change)


def written(name: str, column: str, value: str, **where: str):
    def change(rows: Rows) -> None:
        hits = [
            row
            for row in rows.rows
            if all(row[rows.header.index(key)] == text for key, text in where.items())
        ]
        assert hits
        for row in hits:
            row[rows.header.index(column)] = value

    return table(name, change)


def both(*damages):
    return lambda folder: [damage(folder) for damage in damages]


def transit(folder) -> None:
    """600,000 of agriculture come in and go out again."""
    for name in ("exports", "imports"):
        rows = Rows(folder / "provinces/NO.csv")
        row = next(row for row in rows.rows if row[0] == "AGR")
        place = rows.header.index(name)
        row[place] = str(int(row[place]) + 600_000)
        rows.save()


def swap_tables(folder) -> None:
    one, other = folder / "provinces/NO.csv", folder / "provinces/SO.csv"
    shutil.move(one, folder / "aside")
    shutil.move(other, one)
    shutil.move(folder / "aside", other)


def exchanged(folder) -> None:
    """Population and GDP of a region in each other's column."""
    rows = Rows(folder / "regions.csv")
    one, other = (rows.header.index(name) for name in ("population", "gdp"))
    row = next(row for row in rows.rows if row[rows.header.index("region")] == "N2")
    row[one], row[other] = row[other], row[one]
    rows.save()


def turned_polygons(folder) -> None:
    path = folder / "boundaries.geojson"
    content = json.loads(path.read_text(encoding="utf-8"))
    for feature in content["features"]:
        rings = feature["geometry"]["coordinates"]
        feature["geometry"]["coordinates"] = [[[y, x] for x, y in ring] for ring in rings]
    path.write_text(json.dumps(content), encoding="utf-8")


def named(*names: str):
    """Names beside the codes of a provincial table."""

    def damage(folder) -> None:
        rows = Rows(folder / "provinces/NO.csv")
        rows.header.insert(1, "name")
        for k, row in enumerate(rows.rows):
            row.insert(1, names[k] if k < len(names) else "")
        rows.save()

    return damage


ORDER = ("Coal and electricity", "Manufacturing", "Construction and services", "Agriculture")
CASES = {
    "output of one city above its province": (
        times("observations", 2.4, region="S1", quantity="output"),
        (
            "observations.csv, row",
            "one region's datum against the account of its whole province",
            "output of region 'S1', sectors MAN: 5.04e+06, all of province 'SO': 4e+06",
        ),
    ),
    "emissions of one city above its province": (
        times("observations", 2.3, region="N1", quantity="emissions"),
        (
            "observations.csv",
            "one region's datum against the account of its whole province",
            "emissions of region 'N1': 1.886e+07",
        ),
    ),
    "emissions of the cities together above their province": (
        times("observations", 2.3, region="N1", quantity="emissions"),
        (
            "observations.csv",
            "CO2 totals of cities added up against the inventory",
            "cities of province 'NO' add up to",
        ),
    ),
    "final demand below 0": (
        both(
            cell("provinces/NO", 0, "households", "-10"),
            cell("provinces/NO", 0, "exports", "160010"),
        ),
        ("NO.csv", "final demand below 0", "1 cells, -10 in sum"),
    ),
    "exports above output": (transit, ("NO.csv", "exports above output", "in sector AGR")),
    "imports above use at home": (
        transit,
        ("NO.csv", "imports above use at home", "in sector AGR"),
    ),
    "tables of two provinces swapped": (
        swap_tables,
        ("NO.csv, ", "look swapped", "the table of NO fits the cities of SO"),
    ),
    "longitude and latitude of a city exchanged": (
        both(
            written("regions", "lon", "50.5", region="N1"),
            written("regions", "lat", "10.5", region="N1"),
        ),
        (
            "regions.csv, row",
            "longitude and latitude look exchanged",
            "region N1: lon 50.5, lat 10.5",
        ),
    ),
    "the same without polygons": (
        both(
            written("regions", "lon", "50.5", region="N1"),
            written("regions", "lat", "10.5", region="N1"),
            lambda folder: (folder / "boundaries.geojson").unlink(),
        ),
        ("regions.csv, row", "longitude and latitude look exchanged", "region N1"),
    ),
    "cells without a number in a provincial table": (
        both(
            cell("provinces/NO", 0, "government", ""),
            cell("provinces/NO", 1, "exports", ""),
            cell("provinces/NO", 2, "error", ""),  # a column that may be left out
        ),
        (
            "NO.csv",
            "cells without a number are read as 0",
            "2 in all; the first is row 6, column 'government'",
        ),
    ),
    "two cities of one name in a province": (
        both(
            written("regions", "name", "Twin", region="S1"),
            written("regions", "name", "Twin", region="S3"),
        ),
        (
            "regions.csv, row",
            "two places with the same name",
            "'Twin' is the name of region S1 and of region S3",
        ),
    ),
    "two provinces of one name": (
        written("regions", "province_name", "Twin"),
        (
            "regions.csv, row",
            "two places with the same name",
            "'Twin' is the name of province NO and of province SO; 3 of 5 regions",
        ),
    ),
    "a dollar rate that leaves 43 dollars a person": (
        written("dataset", "value", "300", key="usd_rate"),
        (
            "dataset.csv",
            "GDP per person of all regions together is that of no country",
            "42.79 USD per person (usd_rate is 300 XTS per USD)",
        ),
    ),
    "a centre outside its polygon": (
        written("regions", "lon", "14.5", region="N1"),
        ("regions.csv, row", "lies outside its polygon", "region N1: lon 14.5"),
    ),
    "a city on the other side of the world": (
        both(
            written("regions", "lon", "-120", region="S1"),
            lambda folder: (folder / "boundaries.geojson").unlink(),
        ),
        ("regions.csv, row", "far from the rest of its province or country", "region S1"),
    ),
    "longitude and latitude of all polygons exchanged": (
        turned_polygons,
        ("regions.csv", "longitude and latitude look exchanged", "5 of 5 regions"),
    ),
    "the same of cities and polygons": (
        both(
            turned_polygons,
            *(
                both(
                    written("regions", "lon", lat, region=code),
                    written("regions", "lat", lon, region=code),
                )
                for code, lon, lat in (
                    ("N1", "10.5", "50.5"),
                    ("N2", "11.5", "50.5"),
                    ("S1", "10.5", "49.5"),
                    ("S2", "11.5", "49.5"),
                    ("S3", "12.5", "49.5"),
                )
            ),
        ),
        ("regions.csv", "area of a polygon is not the area of its region", "5 of 5 regions"),
    ),
    "area in hectares": (
        times("regions", 100, "area_km2", region="S3"),
        ("regions.csv", "area of a polygon is not the area of its region", "region S3"),
    ),
    "an area that is off by a third": (
        times("regions", 0.7, "area_km2", region="S3"),
        ("regions.csv", "area of a polygon is not the area of its region", "region S3"),
    ),
    "area in hectares, without polygons": (
        both(
            times("regions", 100, "area_km2", region="S3"),
            lambda folder: (folder / "boundaries.geojson").unlink(),
        ),
        ("regions.csv, row", "the density of a region far from the others'", "with 700000 km2"),
    ),
    "GDP of a province off by a third": (
        times("regions", 1.34, "gdp", province="NO"),
        (
            "NO.csv",
            "value added of a provincial table against the GDP of its regions",
            "the GDP of the province's regions is",
        ),
    ),
    "GDP of a region off by a third": (
        times("regions", 1.34, "gdp", region="S1"),
        (
            "observations.csv, row",
            "value added of a region, all sectors together, against its GDP",
            "region 'S1' adds up to",
        ),
    ),
    "population and GDP of a region exchanged": (
        exchanged,
        (
            "regions.csv, row",
            "population and GDP of a region look exchanged",
            "region N2: population",
        ),
    ),
    "households and government exchanged": (
        both(
            written("final_demand", "role", "government", category="households"),
            written("final_demand", "role", "household", category="government"),
        ),
        (
            "final_demand.csv",
            "the share of a role in final demand is unusual: household",
            "in all provinces together",
        ),
    ),
    "a year that leaves its series": (
        content(
            "emissions_history.csv",
            b"region,year,emissions,source\nN1,2017,8e6,x\nN1,2018,8.1e6,x\nN1,2019,3.9e6,x\nN1,2020,8.2e6,x\nN1,2021,8.3e6,x\n",
        ),
        (
            "emissions_history.csv, row 4",
            "a CO2 total that leaves its own series",
            "3.9e+06 t of region N1 in 2019",
        ),
    ),
    "population off by a power of ten": (
        both(
            times("regions", 0.05, "population", region="N1"),
            times("regions", 0.05, "population_rural", region="N1"),
        ),
        ("regions.csv", "GDP per capita of a region far from the others'", "with 70,000 persons"),
    ),
    "a cell of the inventory above the cities' totals": (
        times("inventory", 1.9, "activity", province="NO", inventory_sector="3", fuel="coal"),
        (
            "inventory.csv, row",
            "outweighs the observed totals of the province's cities",
            "inventory sector 3, fuel coal",
        ),
    ),
    "an intensity beyond ten times the nation's": (
        times("inventory", 12, "activity", province="NO", inventory_sector="2", fuel="coal"),
        ("inventory.csv, row", "more than ten times the national one", "in province NO"),
    ),
    "a benchmark in kg": (
        times("benchmarks", 1000, parameter="global_intensity.electricity"),
        ("benchmarks.csv, row", "global_intensity.electricity is of another order", "1.2e+04"),
    ),
    "a benchmark per capita in kg": (
        times("benchmarks", 1000, parameter="per_capita.us"),
        ("benchmarks.csv, row", "per_capita.us is of another order", "17000"),
    ),
    "a peak in Mt": (
        times("benchmarks", 1000, parameter="peak_emissions"),
        ("benchmarks.csv, row", "peak_emissions is of another order", "60 Gt CO2"),
    ),
    "a CO2 total of the year in emissions_history that is not the one observed": (
        content(
            "emissions_history.csv",
            b"region,year,emissions,source\nN1,2020,9.5e6,made up\nN1,2021,9.7e6,made up\n",
        ),
        (
            "emissions_history.csv, row 2",
            "a CO2 total of the dataset's year in emissions_history against the one that is observed",
            "emissions (t) of region 'N1' are 9.5e+06",
        ),
    ),
    "names of another classification beside the codes": (
        named(*ORDER),
        (
            "NO.csv",
            "names beside the codes",
            "4 of 4: AGR is 'Coal and electricity', sectors.csv says 'Agriculture'",
        ),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sampled(CASES, 3))
def test_what_looks_wrong_is_said_and_used(copy_of, tmp_path, name):
    damage, (where, what, value) = CASES[name]
    folder = copy_of("folder")
    damage(folder)
    _, warnings = make_dataset(
        Dataset(kind="user", raw_dir=str(folder), year=2020), tmp_path / "made"
    )
    fitting = [n for n in warnings if where in n.where and what in n.what and value in n.value]
    assert len(fitting) == 1, warnings
    assert fitting[0].expectation
    assert fitting[0].effect.endswith(".")
    said = (fitting[0].what, fitting[0].value, fitting[0].expectation, fitting[0].effect)
    assert [text for text in said if not word_of(text, "zh")] == []


@pytest.mark.parametrize("form", ["folder", "workbook", "contract"])
def test_the_sound_toy_country_is_accepted_without_a_warning(toys, tmp_path, form):
    read, warnings = make_dataset(
        Dataset(kind="user", raw_dir=str(toys[form]), year=2020), tmp_path / "made"
    )
    assert warnings == []
    rows = read.groupby("table")["rows"].sum()
    assert (rows["regions"], rows["sectors"], rows["benchmarks"], rows["inventory_city"]) == (
        5,
        4,
        8,
        0,
    )
    assert "optional" in read.set_index("table")["note"]["inventory_city"]


def test_names_that_are_spelt_in_another_way_are_no_warning(copy_of, tmp_path):
    folder = copy_of("folder")
    named("AGRICULTURE ", "Coal & electricity", "Manufacturing industry", "Construction, services")(
        folder
    )
    _, warnings = make_dataset(
        Dataset(kind="user", raw_dir=str(folder), year=2020), tmp_path / "made"
    )
    assert warnings == []


@pytest.mark.slow
def test_check_data_prints_warnings_by_file_and_what_was_read(copy_of, tmp_path, capsys):
    folder, path = copy_of("folder"), tmp_path / "mine.yaml"
    times("benchmarks", 1000, parameter="per_capita.us")(folder)
    cell("regions", 0, "lon", "14.5")(folder)
    keys = "scenarios: {key_sectors: [electricity, iron_steel, coal]}\n"
    path.write_text(
        f"dataset: {{kind: user, raw_dir: {str(folder)!r}, year: 2020}}\n{keys}", encoding="utf-8"
    )
    assert main([str(path)]) == 0
    text = capsys.readouterr().out
    assert text.strip().endswith(
        "no fault, 5 warnings."
    )  # two of the tables, three of the run that it tries
    assert f"{folder}/benchmarks.csv: 1 warning\n  - row " in text
    assert "  regions: 5 rows" in text
    assert "  inventory_city: not there (optional)" in text


def _only(column: str, *values: str):
    def change(rows: Rows) -> None:
        rows.rows = [row for row in rows.rows if row[rows.header.index(column)] in values]

    return change


STRUCTURES = {
    "no observation": table("observations", _only("region")),
    "observations of one province": table("observations", _only("region", "N1", "N2")),
    "emissions alone": table("observations", _only("quantity", "emissions")),
    "an inventory of one province": table("inventory", _only("province", "NO")),
    "no benchmark": table("benchmarks", _only("parameter")),
    "one region a province": both(
        table("regions", _only("region", "N1", "S1")),
        table("observations", _only("region", "N1", "S1")),
        times("observations", 2, quantity="emissions"),
        times("observations", 2, quantity="value_added"),
        times("regions", 2, "gdp"),
        lambda folder: (folder / "boundaries.geojson").unlink(),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sampled(STRUCTURES, 2))
def test_a_country_that_lacks_what_is_compared_is_accepted(copy_of, tmp_path, name):
    folder = copy_of("folder")
    STRUCTURES[name](folder)
    read, warnings = make_dataset(
        Dataset(kind="user", raw_dir=str(folder), year=2020), tmp_path / "made"
    )
    assert (read["rows"] >= 0).all()
    assert [
        notice
        for notice in warnings
        if "one region's datum" not in notice.what and "per capita" not in notice.what
    ] == []
