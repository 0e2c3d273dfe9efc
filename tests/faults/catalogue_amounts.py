"""Catalogue: accounts, units and levels, polygons of a folder of CSV files."""

from __future__ import annotations

import csv

import toy
import toy_blocks
from case import Case
from damage import (
    all_scaled,
    cell,
    content,
    copied,
    geometry,
    info,
    scaled,
    several,
    table,
    text,
    truncated,
    twice,
    with_column,
    without_column,
    without_polygon,
    without_row,
)

NORTH = "provinces/NO"
FLAT = {"type": "Polygon", "coordinates": [[[10, 50], [11, 51], [10, 50], [10, 50]]]}
METRES = {
    "type": "Polygon",
    "coordinates": [[[500000, 0], [600000, 0], [600000, 90000], [500000, 90000], [500000, 0]]],
}


def _in(unit: str):
    """Say that all amounts are in another unit, everywhere."""

    def damage(folder) -> None:
        for path in folder.rglob("*.csv"):
            path.write_text(
                path.read_text(encoding="utf-8").replace("10^4 XTS", unit), encoding="utf-8"
            )

    return damage


def _with_blocks(change, *, home: bool = False):
    """Use by source beside the tables, with something wrong in it."""

    def damage(folder) -> None:
        tables = toy.example_tables()
        (toy_blocks.to_home_products if home else toy_blocks.add_blocks)(tables)
        change(tables)
        for name, rows in tables.items():
            if name.startswith(("provinces/", "national", "dataset")):
                with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as target:
                    csv.writer(target).writerows(rows)

    return damage


def _block(kind: str, row: str, column: str, factor: float):
    """Multiply a cell of a block of the North; a column without its name, where no row is named."""

    def change(tables) -> None:
        rows = tables[f"{NORTH}.{kind}"]
        k = rows[0].index(column)
        if not row:
            rows[0][k] = "note"
        for line in rows[1:]:
            line[k] = float(line[k]) * (factor if line[0] == row else 1.0)

    return _with_blocks(change)


ACCOUNTS = [
    Case(
        "negative-output",
        "a negative output",
        cell(NORTH, 0, "output", "-500000"),
        "output is -500000 at sector AGR",
        True,
    ),
    Case(
        "added-above-output",
        "value added above output",
        cell(NORTH, 4, "AGR", "900000"),
        "the column of sector AGR adds up to 1250000, its output is 500000",
    ),
    Case(
        "row-open",
        "a row that does not balance",
        cell(NORTH, 0, "exports", "11000"),
        "the row of sector AGR adds up to 501000",
    ),
    Case(
        "column-open",
        "a column that does not balance",
        cell(NORTH, 4, "AGR", "150500"),
        "the column of sector AGR adds up to 500500",
    ),
    Case(
        "transposed-cell",
        "two digits swapped in a cell",
        cell(NORTH, 1, "MAN", "414000"),
        "the row of sector ENE",
        True,
    ),
    Case(
        "negative-use",
        "a negative input",
        several(
            cell(NORTH, 0, "MAN", "-10"),
            cell(NORTH, 0, "exports", "178010"),
            cell(NORTH, 4, "MAN", "648010"),
        ),
        "total_use is -10 at sector AGR, use MAN",
    ),
    Case(
        "output-blank",
        "an output that is missing",
        cell(NORTH, 0, "output", ""),
        "column 'output' is empty",
        True,
    ),
    Case(
        "io-text",
        "text in a provincial table",
        cell(NORTH, 0, "AGR", "n.a."),
        "text; expected a number",
        True,
    ),
    Case(
        "io-column-missing",
        "a use is missing",
        without_column(NORTH, "capital"),
        "column 'capital' is missing",
    ),
    Case(
        "io-row-missing",
        "a product is missing",
        without_row(NORTH, 2),
        "the row of sector 'MAN' is missing",
    ),
    Case("io-row-twice", "a product twice", twice(NORTH, 2), "the code 'MAN' appears twice"),
    Case(
        "io-column-extra",
        "a use nobody knows",
        with_column(NORTH, "tourism", "0"),
        "column 'tourism' is unknown",
    ),
    Case(
        "io-code",
        "a product under another code",
        cell(NORTH, 2, "sector", "MAM"),
        "the row of sector 'MAN' is missing .there is 'MAM'",
    ),
    Case(
        "io-no-added",
        "no value added at all",
        table(NORTH, lambda r: r.rows.__delitem__(slice(4, None))),
        "no row of value added",
    ),
    Case(
        "io-items",
        "other items of value added than elsewhere",
        cell(NORTH, 4, "sector", "salaries"),
        "value-added items differ",
    ),
    Case(
        "all-zero",
        "a table of zeros",
        table(
            NORTH,
            lambda r: r.rows.__setitem__(
                slice(None), [[x[0], *["0"] * (len(x) - 1)] for x in r.rows]
            ),
        ),
        "output is 0 in every sector",
    ),
    Case(
        "table-of-other",
        "the table of another province",
        copied("provinces/SO.csv", "provinces/NO.csv"),
        "is the same as the table of province 'NO'",
    ),
]

LEVELS = [
    Case(
        "gdp-1000",
        "GDP off by 1,000",
        scaled("regions", None, "gdp", 1e-3),
        "USD per capita; expected 30",
        True,
    ),
    Case(
        "gdp-10000",
        "GDP in units instead of 10^4",
        scaled("regions", None, "gdp", 1e4),
        "USD per capita; expected 30",
        True,
    ),
    Case(
        "gdp-10",
        "GDP off by 10",
        scaled("regions", None, "gdp", 0.1),
        "the GDP of the province's regions is",
        True,
    ),
    Case(
        "table-1000",
        "a table off by 1,000",
        all_scaled(NORTH, 1e-3),
        "value added of the table is .* the GDP of the province",
        True,
    ),
    Case(
        "nation-100",
        "the nation off by 100",
        all_scaled("national", 100),
        "value added of the national table is",
    ),
    Case(
        "datum-10000",
        "a datum off by 10,000",
        scaled("observations", 0, "value", 1e4),
        "value added is .* the GDP of region 'N1'",
        True,
    ),
    Case(
        "data-1000",
        "data off by 1,000",
        scaled("observations", None, "value", 1e-3, "value_added"),
        "adds up to .* its GDP is",
        True,
    ),
    Case(
        "city-above-province",
        "city sums above the province",
        cell("observations", 19, "value", "99000000"),
        "output of the cities of province 'SO', sectors MAN, add up to 9.9e.07, those of the "
        "province to 4e.06",
    ),
    Case(
        "city-co2-kt",
        "a city's CO2 in Mt",
        cell("observations", 3, "value", "8.2"),
        "t per capita; expected 0.001 to 2000",
    ),
    Case(
        "city-co2-0",
        "a city's CO2 of 0",
        cell("observations", 3, "value", "0"),
        "emissions are 0 t, .* leave the row out",
    ),
    Case(
        "city-co2-kg",
        "cities' CO2 in kg",
        scaled("observations", None, "value", 1e3, "emissions"),
        "t per capita; expected",
        True,
    ),
    Case(
        "co2-above-province",
        "cities' CO2 above the province",
        scaled("observations", 3, "value", 9, "emissions"),
        "its inventory to",
    ),
    Case(
        "activity-1000",
        "activities in 1,000 t",
        scaled("inventory", None, "activity", 1e-5),
        "emissions of the cities of province .NO. add up to",
        True,
    ),
    Case(
        "factor-kg",
        "emission factors in kg",
        scaled("fuels", 0, "emission_factor", 1000),
        "at most 3.7 per t",
        True,
    ),
    Case(
        "people-10000",
        "people in 10^4",
        scaled("regions", None, "population", 1e-4),
        "USD per capita; expected|at most population",
        True,
    ),
    Case("area", "area in m2", scaled("regions", 0, "area_km2", 1e6), "persons per km2; expected"),
    Case(
        "year",
        "data of another year",
        info("year", "2015"),
        "key 'year' is 2015; expected 2020, the year of the configuration",
    ),
    Case(
        "year-text",
        "a year that is none",
        info("year", "MMXX"),
        "key 'year' is 'MMXX'; expected a year",
    ),
    Case(
        "currency",
        "another currency than the unit",
        info("currency", "USD"),
        r"key 'unit' is '10\^4 XTS'; expected a power of ten of the currency, such as '10\^6 USD'",
        True,
    ),
    Case(
        "currency-text",
        "a currency without a code",
        info("currency", "Toy dollars"),
        "expected a code of three letters",
    ),
    Case(
        "unit",
        "data in another unit than the dataset's",
        info("unit", "10^6 XTS"),
        "value added of region 'N1' adds up",
        True,
    ),
    Case(
        "peak-in-bananas",
        "a benchmark in no unit",
        cell("benchmarks", 7, "unit", "banana"),
        "is 'banana'; expected Gt CO2",
    ),
    Case(
        "per-head-in-eur",
        "money, not emissions",
        cell("benchmarks", 4, "unit", "EUR per capita"),
        "expected t CO2 per person",
    ),
    Case(
        "unit-spelling",
        "a unit that is no power of ten",
        info("unit", "mio XTS"),
        "key 'unit' is 'mio XTS'; expected a power",
        True,
    ),
    Case(
        "unit-billions",
        "every amount is a thousandfold of what its unit says",
        _in("10^9 XTS"),
        "USD per capita; expected 30",
        True,
    ),
    Case(
        "prices",
        "prices in words of one's own",
        info("price_basis", "factor cost"),
        "'price_basis' is 'factor cost'; expected basic",
    ),
    Case(
        "intensity-of-nothing",
        "a benchmark per output of nobody knows what",
        cell("benchmarks", 0, "unit", "t CO2 per output"),
        r"'unit' is 't CO2 per output'; expected t CO2 per 10\^4 XTS",
    ),
    Case(
        "intensity-per-other-money",
        "a benchmark per money of another country",
        cell("benchmarks", 0, "unit", "t CO2 per 10^4 USD"),
        r"'unit' is 't CO2 per 10\^4 USD'; expected t CO2 per 10\^4 XTS",
    ),
    Case(
        "block-negative",
        "a negative use of imports",
        _block("imports", "MAN", "MAN", -1.0),
        r"imports_use is -.* expected at least 0",
        True,
    ),
    Case(
        "block-above-use",
        "more use of inflow than use",
        _block("inflow", "AGR", "households", 50.0),
        "expected at most total_use",
        True,
    ),
    Case(
        "block-above-imports",
        "more use than imports",
        _block("imports", "MAN", "MAN", 3.0),
        "expected at most as much",
        True,
    ),
    Case(
        "block-column",
        "a block without a category",
        _block("imports", "", "capital", 0.0),
        "column 'capital' is missing",
    ),
    Case(
        "block-alone",
        "home products without their inflow",
        _with_blocks(lambda tables: tables.pop(f"{NORTH}.inflow"), home=True),
        "there is no table of its inflow",
        True,
    ),
    Case(
        "usd-rate",
        "no exchange rate",
        info("usd_rate", "0"),
        "key 'usd_rate' is 0.0; expected XTS per US dollar",
        True,
    ),
]

LEVELS += [
    Case(
        "one-city-all",
        "a city that is said to hold everything",
        several(*(cell("observations", row, "value", "0") for row in (4, 5, 6))),
        "value added of region 'N2' adds up to 0, its GDP is",
    ),
    Case(
        "city-co2-1000",
        "a city's CO2 in 1,000 t",
        scaled("observations", 3, "value", 1e-3, "emissions"),
        "its GDP at the intensity of its province gives .* expected the same within a factor of "
        "100",
    ),
    Case(
        "history-mt",
        "a total of another year in Mt",
        content("emissions_history.csv", b"region,year,emissions,source\nN1,2021,8.3,made up\n"),
        r"emissions_history\.csv: row 2, emissions of 2021 are 8.3 t, that is 5.929e-06 t per "
        r"capita",
    ),
    Case(
        "history-date",
        "a total of a day",
        content(
            "emissions_history.csv", b"region,year,emissions,source\nN1,2021.5,8.3e6,made up\n"
        ),
        "column 'year' is 2021.5; expected a whole year such as 2015",
    ),
]

POLYGONS = [
    Case(
        "no-geojson",
        "boundaries that are no GeoJSON",
        content("boundaries.geojson", b"{}"),
        "it has no list of features; expected a FeatureCollection",
    ),
    Case(
        "geojson-cut",
        "boundaries cut off",
        truncated("boundaries.geojson"),
        "not GeoJSON .Expecting value",
    ),
    Case(
        "geojson-property",
        "polygons without a region",
        text("boundaries.geojson", '"region"', '"id"'),
        "feature 1 of 5 has no property 'region' .its properties: id",
    ),
    Case(
        "no-area",
        "a polygon that encloses nothing",
        geometry("N1", FLAT),
        "polygon of region 'N1' holds no area",
    ),
    Case(
        "metres",
        "polygons in metres",
        geometry("N1", METRES),
        "expected longitude and latitude in degrees",
    ),
    Case(
        "point",
        "a point for a polygon",
        geometry("N1", {"type": "Point", "coordinates": [1, 1]}),
        "is a Point; expected a Polygon",
    ),
    Case(
        "no-geometry",
        "a polygon without a geometry",
        geometry("N1", None),
        "polygon of region 'N1' has no geometry",
    ),
    Case(
        "polygon-unknown",
        "a polygon of an unknown region",
        text("boundaries.geojson", '"N1"', '"N9"'),
        "there is no such region",
        True,
    ),
    Case(
        "polygon-missing",
        "a region without a polygon",
        without_polygon("N2"),
        "1 region has no polygon, the first is 'N2'",
    ),
    Case(
        "polygon-twice",
        "a polygon twice",
        text("boundaries.geojson", '"N1"', '"N2"'),
        "'N2' appears twice",
        True,
    ),
]
