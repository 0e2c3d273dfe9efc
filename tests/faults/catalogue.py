"""The catalogue of bad inputs: what is broken, where, and the one message it must give.

Every case damages one thing of the toy country (`folder`: CSV files; `workbook`: one .xlsx; `contract`: netCDF and CSV as
docs/contracts.md has them) or of its configuration (`config`), or meets the estimate with a sound folder (`chain`).
`expect` is a regular expression that the message must match; a case gives this message and no other unless `more` says so.
"""

from __future__ import annotations

import datetime
import shutil
from dataclasses import dataclass
from typing import Any

import numpy as np
from damage import (
    all_scaled,
    cell,
    content,
    copied,
    geometry,
    header_of,
    info,
    netcdf,
    netcdf_cell,
    no_rows,
    recoded,
    removed,
    renamed,
    scaled,
    several,
    sheet,
    sheet_cell,
    swapped_rows,
    table,
    text,
    truncated,
    twice,
    with_column,
    with_row,
    without_column,
    without_row,
)


@dataclass(frozen=True)
class Case:
    """One entry: identifier, what is broken, the message as a regular expression."""

    name: str
    broken: str
    damage: Any
    expect: str
    more: bool = False


NORTH = "provinces/NO"
BOW = {"type": "Polygon", "coordinates": [[[10, 50], [11, 51], [11, 50], [10, 51], [10, 50]]]}
METRES = {"type": "Polygon", "coordinates": [[[500000, 0], [600000, 0], [600000, 90000], [500000, 90000], [500000, 0]]]}


def _transposed(rows) -> None:
    lines = [rows.header, *[line + [""] * (len(rows.header) - len(line)) for line in rows.rows]]
    flipped = [list(line) for line in zip(*lines, strict=True)]
    rows.header, rows.rows = flipped[0], flipped[1:]


def _two_headers(rows) -> None:
    rows.rows.insert(0, rows.header)
    rows.header = ["", "people", "", "", "", "", "", "", "money", "", "", ""]


def _semicolons(folder) -> None:
    path = folder / "fuels.csv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith(("#", '"#'))]
    path.write_text("\n".join(line.replace(",", ";") for line in lines) + "\n", encoding="utf-8")


FILES = [
    Case("no-folder", "the folder is not there", shutil.rmtree, "there is no such folder"),
    Case("no-regions", "regions.csv is missing", removed("regions.csv"), r"regions\.csv: the file is missing", True),
    Case("no-sectors", "sectors.csv is missing", removed("sectors.csv"), r"sectors\.csv: the file is missing"),
    Case(
        "no-observations", "observations are missing", removed("observations.csv"), r"observations.*: the file is missing", True
    ),
    Case("no-table-of-a-province", "a provincial table is missing", removed(f"{NORTH}.csv"), r"NO\.nc: the file is missing"),
    Case("no-dataset-keys", "dataset.csv is missing", removed("dataset.csv"), r"dataset\.json: the file is missing"),
    Case("empty-file", "a file of 0 bytes", content("fuels.csv", b""), r"fuels\.csv: the file is empty"),
    Case("blank-file", "a file of blanks", content("fuels.csv", b" \n\n"), r"fuels\.csv: the file is empty"),
    Case("comments-only", "a file of comments", content("fuels.csv", b"# fuels\n"), r"fuels\.csv: there is no header row"),
    Case("no-inventory-rows", "an inventory without rows", no_rows("inventory"), "no province has an emission inventory"),
    Case("no-inventory", "no inventory at all", removed("inventory.csv"), "no province has an emission inventory"),
    Case("truncated-csv", "a table cut off inside a row", truncated("regions.csv", 0.9), r"regions\.csv: row \d+.*", True),
    Case(
        "open-quote", "a quotation mark that is never closed", text("fuels.csv", "coal,Coal", 'coal,"Coal'), r"row \d+ is no CSV"
    ),
    Case(
        "zip-as-csv",
        "a workbook called .csv",
        content("fuels.csv", b"PK\x03\x04junk"),
        "is an Excel workbook or zip archive, what",
    ),
    Case(
        "html-as-csv", "a web page called .csv", content("fuels.csv", b"<html>login</html>"), "is HTML or XML, whatever its name"
    ),
    Case("pdf-as-csv", "a PDF called .csv", content("fuels.csv", b"%PDF-1.7"), "is PDF, whatever its name says"),
    Case("netcdf-as-csv", "netCDF called .csv", content("fuels.csv", b"\x89HDF\r\n"), "is netCDF, whatever its name says"),
    Case("gbk", "a table in GBK instead of UTF-8", recoded("regions.csv", "gb18030"), r"row \d+ is not text in UTF-8", True),
    Case("utf16", "a table in UTF-16", recoded("fuels.csv", "utf-16"), r"is not text in UTF-8"),
    Case("nul", "a NUL character in a table", text("fuels.csv", "Coal", "Co\0al"), "holds a NUL character"),
    Case("semicolons", "semicolons between the columns", _semicolons, "columns are not separated by commas"),
    Case(
        "twice-a-province",
        "the same table as file and in a folder",
        copied(f"{NORTH}.csv", "provinces/XX.csv"),
        "there is a table of province 'XX', which has no region",
    ),
    Case(
        "netcdf-broken", "a netCDF file that is none", content(f"{NORTH}.nc", b"CDF\x01junk"), r"NO\.nc: cannot be read as netCDF"
    ),
    Case(
        "json-broken", "dataset.json cut off", content("dataset.json", b'{"name": "x"'), r"dataset\.json: cannot be read as JSON"
    ),
    Case("json-list", "dataset.json holds a list", content("dataset.json", b"[1]"), r"dataset\.json: is list; expected keys"),
    Case("odd-file", "a workbook among the tables of provinces", content("inventory/NO.xlsx", b"PK"), r"no table of a province"),
    Case(
        "odd-province-file", "an inventory of an unknown province", content("inventory/XX.csv", b"a,b\n"), "is the table of 'XX'"
    ),
]

HEADERS = [
    Case("column-missing", "a column is missing", without_column("regions", "area_km2"), "column 'area_km2' is missing", True),
    Case(
        "column-misspelt",
        "a column is misspelt",
        renamed("fuels", "emission_factor", "emision_factor"),
        "column 'emission_factor' is missing .there is 'emision_factor'",
    ),
    Case(
        "column-twice", "a column stands there twice", renamed("fuels", "unit", "name"), "column 'name' stands there twice", True
    ),
    Case("column-extra", "a column nobody knows", with_column("regions", "gdp_2019"), "column 'gdp_2019' is unknown"),
    Case("header-blank", "a header cell is blank", renamed("fuels", "unit", ""), r"the header of column 3 is blank", True),
    Case(
        "header-shifted",
        "the header is one column off",
        table("fuels", lambda r: r.header.insert(0, r.header.pop())),
        r"fuels\.csv: row \d+, column",
        True,
    ),
    Case(
        "header-missing",
        "there is no header",
        table("fuels", lambda r: r.header.__setitem__(slice(None), r.rows.pop(0))),
        "column 'fuel' is missing",
        True,
    ),
    Case(
        "two-headers",
        "two header rows, the upper one merged",
        table("regions", _two_headers),
        "the header of column 1 is blank",
        True,
    ),
    Case("transposed", "a table on its side", table("fuels", _transposed), "column 'name' is missing", True),
    Case(
        "row-too-long",
        "a thousands comma without quotes",
        text("fuels.csv", "coal,Coal,t,2.0", "coal,Coal,t,2,000"),
        "has 5 cells; expected 4",
    ),
    Case("row-too-short", "a row ends early", table("fuels", lambda r: r.rows[0].pop()), "column 'emission_factor' is empty"),
    Case("key-unknown", "an unknown key in dataset", with_row("dataset", "colour", "red"), "key 'colour' is unknown"),
    Case("key-twice", "a key of dataset twice", with_row("dataset", "year", "2021"), "key 'year' stands there twice"),
]

CELLS = [
    Case("full-width", "full-width digits", cell("regions", 0, "gdp", "\uff11\uff12\uff13"), "not in plain digits"),
    Case("arabic-digits", "Arabic-Indic digits", cell("regions", 0, "gdp", "\u0661\u0662"), "not in plain digits"),
    Case("thousands", "thousands separators", cell("regions", 0, "gdp", "1,417,950"), "with thousands separators"),
    Case("thousands-blank", "blanks between thousands", cell("regions", 0, "gdp", "1 417 950"), "with thousands separators"),
    Case("underscores", "underscores as Python has them", cell("regions", 0, "gdp", "1_417_950"), "with thousands separators"),
    Case("decimal-comma", "a decimal comma", cell("regions", 0, "lon", "10,5"), "with a decimal comma"),
    Case("percent", "a percentage", cell("observations", 0, "reliability", "90%"), "a percentage; expected a plain number"),
    Case(
        "percent-as-number",
        "percent instead of a share",
        cell("observations", 0, "reliability", "90"),
        "is 90; expected at most 1",
    ),
    Case(
        "share-as-percent", "a benchmark share in percent", cell("benchmarks", 3, "value", "20"), "expected a share from 0 to 1"
    ),
    Case("text", "text in a number cell", cell("regions", 0, "population", "about a million"), "text; expected a number"),
    Case("dash", "a dash for no datum", cell("inventory", 0, "activity", "-"), "is '-', text; expected a number"),
    Case("nan", "NaN", cell("regions", 0, "gdp", "NaN"), "is 'NaN', no finite number"),
    Case("infinity", "infinity", cell("observations", 0, "value", "inf"), "is 'inf', no finite number"),
    Case("overflow", "a number too large for any", cell("regions", 0, "gdp", "1e999"), "is '1e999', no finite number"),
    Case("hex", "a hexadecimal number", cell("regions", 0, "gdp", "0x1F"), "text; expected a number"),
    Case("spreadsheet-error", "an error value", cell("regions", 0, "gdp", "#DIV/0!"), "an error value of a spreadsheet"),
    Case(
        "formula-number", "a formula in a number cell", cell("regions", 0, "gdp", "=1+1"), "a formula; expected the number itself"
    ),
    Case("formula-name", "a formula as a name", cell("regions", 0, "name", "=HYPERLINK(A1)"), "begins like a formula"),
    Case("command-name", "a name that a spreadsheet would run", cell("regions", 0, "name", "@SUM(A1)"), "begins like a formula"),
    Case(
        "line-break-name", "a line break in a name", cell("regions", 0, "name", "Ald\nport"), "holds a control character or line"
    ),
    Case("blank-code", "a code with a blank before it", cell("regions", 0, "region", " N1"), "has blanks around it", True),
    Case("blank-number", "a number that is missing", cell("regions", 0, "population", ""), "column 'population' is empty"),
    Case("blank-name", "a name that is missing", cell("regions", 0, "name", ""), "column 'name' is empty; expected text"),
    Case("not-a-truth", "neither true nor false", cell("sectors", 0, "key", "maybe"), "expected true or false"),
    Case(
        "unknown-kind", "a kind of region nobody knows", cell("regions", 0, "kind", "town"), "expected one of city, municipality"
    ),
    Case("unknown-industry", "an unknown industry", cell("sectors", 0, "industry", "quaternary"), "expected one of primary"),
    Case(
        "unknown-status", "an unknown status", cell("observations", 0, "status", "guessed"), "expected one of observed, imputed"
    ),
    Case(
        "unknown-quantity", "an unknown quantity", cell("observations", 0, "quantity", "turnover"), "expected one of value_added"
    ),
    Case("population-0", "a population of 0", cell("regions", 0, "population", "0"), "is 0; expected above 0", True),
    Case("population-negative", "a negative population", cell("regions", 0, "population", "-5"), "is -5; expected above 0", True),
    Case(
        "rural-above-all",
        "more rural people than people",
        cell("regions", 0, "population_rural", "1400001"),
        "at most population",
    ),
    Case(
        "latitude",
        "latitude and longitude swapped",
        several(cell("regions", 0, "lat", "116.4"), cell("regions", 0, "lon", "39.9")),
        "column 'lat' is 116.4; expected at most 90",
    ),
    Case("negative-observation", "a negative observation", cell("observations", 0, "value", "-1"), "is -1; expected at least 0"),
    Case(
        "negative-emissions", "negative emissions", cell("inventory", 0, "activity", "-90000"), "is -90000; expected at least 0"
    ),
    Case(
        "no-amount", "an inventory row without an amount", cell("inventory", 0, "activity", ""), "are empty; expected one of them"
    ),
    Case("no-fuel", "an activity without a fuel", cell("inventory", 0, "fuel", ""), "has no emission factor"),
]

CODES = [
    Case("region-twice", "a region twice", twice("regions", 1), "region 'N2' stands there twice", True),
    Case(
        "two-provinces",
        "a city in two provinces",
        with_row("regions", *["N1", "Aldport", "", "SO", "South", "city", "9000", "9", "9000", "1", "1", "9"]),
        "region 'N1' stands there twice",
        True,
    ),
    Case("sector-twice", "a sector twice", twice("sectors", 1), "sector 'ENE' stands there twice", True),
    Case(
        "datum-twice",
        "a datum twice",
        twice("observations", 0),
        "region 'N1', quantity 'value_added', sectors 'AGR'.*twice",
        True,
    ),
    Case(
        "unknown-region",
        "a datum of an unknown city",
        cell("observations", 0, "region", "N9"),
        "is 'N9'; expected a code of regions",
        True,
    ),
    Case("unknown-sector", "a datum of an unknown sector", cell("observations", 0, "sectors", "AGT"), "did you mean 'AGR'"),
    Case("unknown-fuel", "an unknown fuel", cell("inventory", 0, "fuel", "peat"), "is 'peat'; expected a code of fuels"),
    Case(
        "unknown-inventory-sector",
        "an unknown inventory sector",
        cell("inventory", 0, "inventory_sector", "99"),
        "is '99'; expected a",
    ),
    Case(
        "unknown-category",
        "an unknown category",
        with_row("observations", "N1", "final_demand", "", "army", "5", "10^4 XTS", "x", "observed", "1"),
        "is 'army'; expected a code of final_demand",
    ),
    Case(
        "leading-zero",
        "codes that lost their zeros",
        several(cell("sectors", 0, "sector", "01")),
        "the row of sector '01' is missing",
        True,
    ),
    Case(
        "bridge-missing", "an inventory sector without a sector", without_row("bridge", 0), "inventory sector '1' has no sector"
    ),
    Case("bridge-household", "a household with a sector", with_row("bridge", "7", "SER"), "the bridge gives it a sector"),
    Case(
        "bridge-unknown",
        "a bridge to an unknown sector",
        cell("bridge", 0, "sector", "AGX"),
        "is 'AGX'; expected a code of sectors",
    ),
    Case(
        "no-inventory-change",
        "no category is the inventory change",
        cell("final_demand", 3, "role", "capital"),
        "0 categories have the role 'inventory'",
        True,
    ),
    Case(
        "two-inventory-changes",
        "two categories are the inventory change",
        cell("final_demand", 2, "role", "inventory"),
        "2 categories have the role 'inventory'",
        True,
    ),
    Case(
        "category-is-sector",
        "a category with the code of a sector",
        cell("final_demand", 0, "category", "AGR"),
        "is a sector and a",
        True,
    ),
    Case(
        "province-path",
        "a province code with a path",
        several(*(cell("regions", k, "province", "../NO") for k in (0, 1))),
        r"is '\.\./NO'; expected letters a-z and digits",
        True,
    ),
    Case(
        "province-script",
        "a province code in Chinese",
        several(*(cell("regions", k, "province", "北") for k in (0, 1))),
        "is '北'; expected letters a-z and digits",
        True,
    ),
    Case("code-separator", "a code with a semicolon", cell("sectors", 0, "sector", "A;B"), "is 'A;B'; expected no blanks", True),
    Case("code-quote", "a code with a quotation mark", cell("fuels", 0, "fuel", 'co"al'), "expected no blanks, quotes", True),
    Case("out-of-order", "regions out of order", swapped_rows("regions", 0, 1), "region 'N2' is out of order; expected 'N1'"),
    Case(
        "municipality-of-two",
        "a municipality with a second city",
        cell("regions", 0, "kind", "municipality"),
        "has 2 regions; expected one",
    ),
    Case(
        "province-without-city",
        "a province without cities",
        several(without_row("regions", 0), without_row("regions", 0)),
        "there is a table of province 'NO', which has no region",
        True,
    ),
    Case(
        "two-names",
        "a province with two names",
        cell("regions", 1, "province_name", "Nord"),
        "is called 'Nord'; expected 'North'",
    ),
    Case(
        "unit-of-datum",
        "a datum in another unit",
        cell("observations", 0, "unit", "10^8 XTS"),
        r"is '10\^8 XTS'; expected '10\^4 XTS'",
    ),
    Case(
        "output-of-sets",
        "output of several sectors",
        cell("observations", 19, "sectors", "ENE;MAN"),
        "expected one sector for output",
    ),
    Case(
        "sector-doubled",
        "a sector twice in one datum",
        cell("observations", 1, "sectors", "ENE;ENE"),
        "expected every sector once",
    ),
]

ACCOUNTS = [
    Case("negative-output", "a negative output", cell(NORTH, 0, "output", "-500000"), "output is -500000 at sector AGR", True),
    Case(
        "added-above-output",
        "value added above output",
        cell(NORTH, 4, "AGR", "900000"),
        "value added of sector AGR is 1050000, above",
    ),
    Case(
        "row-open", "a row that does not balance", cell(NORTH, 0, "exports", "11000"), "the row of sector AGR adds up to 501000"
    ),
    Case(
        "column-open",
        "a column that does not balance",
        cell(NORTH, 4, "AGR", "150500"),
        "the column of sector AGR adds up to 500500",
    ),
    Case("transposed-cell", "two digits swapped in a cell", cell(NORTH, 1, "MAN", "414000"), "the row of sector ENE", True),
    Case(
        "negative-use",
        "a negative input",
        several(cell(NORTH, 0, "MAN", "-10"), cell(NORTH, 0, "exports", "178010"), cell(NORTH, 4, "MAN", "648010")),
        "total_use is -10 at sector AGR, use MAN",
    ),
    Case(
        "negative-consumption",
        "negative consumption",
        several(cell(NORTH, 0, "households", "-10"), cell(NORTH, 0, "exports", "160010")),
        "total_use is -10 at sector AGR, use households",
    ),
    Case("output-blank", "an output that is missing", cell(NORTH, 0, "output", ""), "column 'output' is empty", True),
    Case("io-text", "text in a provincial table", cell(NORTH, 0, "AGR", "n.a."), "text; expected a number", True),
    Case("io-column-missing", "a use is missing", without_column(NORTH, "capital"), "column 'capital' is missing"),
    Case("io-row-missing", "a product is missing", without_row(NORTH, 2), "the row of sector 'MAN' is missing"),
    Case("io-row-twice", "a product twice", twice(NORTH, 2), "the code 'MAN' stands there twice"),
    Case("io-column-extra", "a use nobody knows", with_column(NORTH, "tourism", "0"), "column 'tourism' is unknown"),
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
        "io-items", "other items of value added than elsewhere", cell(NORTH, 4, "sector", "salaries"), "value-added items differ"
    ),
    Case("one-of-a-pair", "outflow without inflow", without_column(NORTH, "inflow"), "inflow is not reported, but outflow is"),
    Case(
        "all-zero",
        "a table of zeros",
        table(NORTH, lambda r: r.rows.__setitem__(slice(None), [[x[0], *["0"] * (len(x) - 1)] for x in r.rows])),
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
    Case("gdp-1000", "GDP off by 1,000", scaled("regions", None, "gdp", 1e-3), "USD per head; expected 30", True),
    Case("gdp-10000", "GDP in units instead of 10^4", scaled("regions", None, "gdp", 1e4), "USD per head; expected 30", True),
    Case("gdp-10", "GDP off by 10", scaled("regions", None, "gdp", 0.1), "the GDP of the province's regions is", True),
    Case(
        "table-1000",
        "a table off by 1,000",
        all_scaled(NORTH, 1e-3),
        "value added of the table is .* the GDP of the province",
        True,
    ),
    Case("nation-100", "the nation off by 100", all_scaled("national", 100), "value added of the national table is"),
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
        "output of the cities of province 'SO', sectors MAN, adds up to 9.9e.07, that of the province is 4e.06",
    ),
    Case("city-co2-kt", "a city's CO2 in Mt", cell("observations", 3, "value", "8.2"), "t per head; expected 0.001 to 2000"),
    Case(
        "city-co2-kg", "cities' CO2 in kg", scaled("observations", None, "value", 1e3, "emissions"), "t per head; expected", True
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
    Case("factor-kg", "emission factors in kg", scaled("fuels", 0, "emission_factor", 1000), "expected at most 1000 t CO2", True),
    Case(
        "people-10000",
        "people in 10^4",
        scaled("regions", None, "population", 1e-4),
        "USD per head; expected|at most population",
        True,
    ),
    Case("area", "area in m2", scaled("regions", 0, "area_km2", 1e6), "persons per km2; expected"),
    Case(
        "year", "data of another year", info("year", "2015"), "key 'year' is 2015; expected 2020, the year of the configuration"
    ),
    Case("year-text", "a year that is none", info("year", "MMXX"), "key 'year' is 'MMXX'; expected a year"),
    Case(
        "currency",
        "another currency than the unit",
        info("currency", "USD"),
        r"key 'unit' is '10\^4 XTS'; expected '10\^4 USD'",
        True,
    ),
    Case("currency-text", "a currency without a code", info("currency", "Toy dollars"), "expected a code of three letters"),
    Case("unit", "money in another unit", info("unit", "10^6 XTS"), r"key 'unit' is '10\^6 XTS'; expected '10\^4 XTS'", True),
    Case("usd-rate", "no exchange rate", info("usd_rate", "0"), "key 'usd_rate' is 0.0; expected XTS per US dollar", True),
]

LEVELS += [
    Case(
        "city-co2-1000",
        "a city's CO2 in 1,000 t",
        scaled("observations", 3, "value", 1e-3, "emissions"),
        "its GDP at the intensity of its province gives .* expected the same within a factor of 100",
    ),
]

POLYGONS = [
    Case(
        "no-geojson",
        "boundaries that are no GeoJSON",
        content("boundaries.geojson", b"{}"),
        "no GeoJSON with a property 'region'",
    ),
    Case("geojson-cut", "boundaries cut off", truncated("boundaries.geojson"), "no GeoJSON with a property 'region'"),
    Case(
        "geojson-property",
        "polygons without a region",
        text("boundaries.geojson", '"region"', '"id"'),
        "no GeoJSON with a property",
    ),
    Case(
        "bow-tie", "a polygon that crosses itself", geometry("N1", BOW), "polygon of region 'N1' is not valid .Self-intersection"
    ),
    Case("metres", "polygons in metres", geometry("N1", METRES), "expected longitude and latitude in degrees"),
    Case(
        "point",
        "a point for a polygon",
        geometry("N1", {"type": "Point", "coordinates": [1, 1]}),
        "is a Point; expected a Polygon",
    ),
    Case("no-geometry", "a polygon without a geometry", geometry("N1", None), "polygon of region 'N1' cannot be read"),
    Case(
        "polygon-unknown",
        "a polygon of an unknown region",
        text("boundaries.geojson", '"N1"', '"N9"'),
        "there is no such region",
        True,
    ),
    Case("polygon-twice", "a polygon twice", text("boundaries.geojson", '"N1"', '"N2"'), "'N2' stands there twice", True),
]

FOLDER = [*FILES, *HEADERS, *CELLS, *CODES, *ACCOUNTS, *LEVELS, *POLYGONS]


def _merge(sheet) -> None:
    top = header_of(sheet)
    sheet.merge_cells(start_row=top, start_column=2, end_row=top, end_column=3)


def _shift(sheet) -> None:
    sheet.insert_cols(1)


def _wrong_name(sheet) -> None:
    sheet.title = "Fuel list"


WORKBOOK = [
    Case("xlsx-empty", "a workbook of 0 bytes", content("dataset.xlsx", b""), "the file is empty", True),
    Case("xlsx-truncated", "a workbook cut off", truncated("dataset.xlsx"), "the workbook is damaged", True),
    Case(
        "xlsx-password",
        "a workbook with a password",
        content("dataset.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        "damaged or protected by a password",
        True,
    ),
    Case(
        "xlsx-csv", "CSV called .xlsx", content("dataset.xlsx", b"a,b\n1,2\n"), "no Excel workbook, whatever its name says", True
    ),
    Case("xlsx-merged", "merged header cells", sheet("fuels", _merge), "the header of column 3 is blank .merged cells", True),
    Case("xlsx-shifted", "a sheet one column to the right", sheet("fuels", _shift), "the header of column 1 is blank", True),
    Case(
        "xlsx-sheet",
        "a sheet under another name",
        sheet("fuels", _wrong_name),
        r"sheet 'Fuel list': the sheet is none of the dataset's",
        True,
    ),
    Case("xlsx-formula", "a formula in a number cell", sheet_cell("regions", 0, "gdp", "=SUM(A1:A9)"), "column 'gdp' is empty"),
    Case("xlsx-error", "an error value", sheet_cell("regions", 0, "gdp", "#DIV/0!"), "an error value of a spreadsheet"),
    Case(
        "xlsx-date",
        "a number that became a date",
        sheet_cell("regions", 0, "gdp", datetime.datetime(2012, 3, 4)),
        "is a date or time",
    ),
    Case(
        "xlsx-text-number",
        "a number with thousands separators",
        sheet_cell("regions", 0, "gdp", "1,417,950"),
        "thousands separators",
    ),
    Case("xlsx-truth", "a truth value in a number cell", sheet_cell("regions", 0, "gdp", True), "is True; expected a number"),
    Case(
        "xlsx-io",
        "text in a provincial sheet",
        sheet_cell("province NO", 0, "AGR", "x"),
        "sheet 'province NO': row .* expected a number",
        True,
    ),
    Case(
        "xlsx-and-csv",
        "a table as CSV and as a sheet",
        content("fuels.csv", b"fuel,name,unit,emission_factor\ncoal,Coal,t,2\ngas,Gas,m3,20\n"),
        "the table stands in .*dataset.xlsx.* as well",
    ),
]


def _drop(name):
    return lambda data: data.drop_vars(name)


def _unit(value):
    def change(data):
        data["output"].attrs["units"] = value

    return change


CONTRACT = [
    Case(
        "nc-nan",
        "NaN in a cell",
        netcdf_cell("provinces/NO.nc", "total_use", np.nan, sector="ENE", use="MAN"),
        "total_use is nan at sector ENE, use MAN; expected a finite number",
    ),
    Case(
        "nc-inf",
        "infinity in a cell",
        netcdf_cell("provinces/NO.nc", "value_added", np.inf, item="wages", sector="MAN"),
        "value_added is inf at item wages, sector MAN",
    ),
    Case("nc-variable", "a variable is missing", netcdf("provinces/NO.nc", _drop("imports")), "variable 'imports' is missing"),
    Case(
        "nc-units",
        "a variable in another unit",
        netcdf("provinces/NO.nc", _unit("10^6 CNY")),
        r"is in '10\^6 CNY'; expected '10\^4",
    ),
    Case(
        "nc-order",
        "sectors in another order",
        netcdf("provinces/NO.nc", lambda d: d.isel(sector=[1, 0, 2, 3])),
        "dimension 'sector' has 'ENE' where 'AGR' stands",
    ),
    Case(
        "nc-sector",
        "a sector too few",
        netcdf("provinces/NO.nc", lambda d: d.isel(sector=[0, 1, 2])),
        "dimension 'sector' has 3 labels",
    ),
    Case(
        "nc-dims",
        "a variable with a dimension too many",
        netcdf(
            "provinces/NO.nc", lambda d: d.assign(output=d["output"].expand_dims(year=[2020]).assign_attrs(d["output"].attrs))
        ),
        "variable 'output' has dims",
    ),
    Case("nc-labels", "no labels of items", netcdf("provinces/NO.nc", _drop("item")), "dimension 'item' has no labels"),
    Case("nc-truncated", "a file cut off", truncated("provinces/NO.nc"), r"NO\.nc: cannot be read as netCDF"),
    Case(
        "nc-nation",
        "the nation does not balance",
        netcdf_cell("national.nc", "exports", 1.0, sector="MAN"),
        "national.nc: the row of",
    ),
    Case(
        "json-key",
        "a key of dataset.json is missing",
        text("dataset.json", '"usd_rate"', '"usd_rat"'),
        "key 'usd_rate' is missing",
    ),
    Case(
        "other-province",
        "a datum in the file of another province",
        lambda f: (f / "observations/SO.csv").write_text(
            (f / "observations/SO.csv").read_text(encoding="utf-8") + "N1,exports,AGR,,5,10^4 XTS,x,observed,1\n",
            encoding="utf-8",
        ),
        "region 'N1' belongs to province 'NO'",
    ),
    Case(
        "observations-of-one",
        "the observations of one province are missing",
        removed("observations/NO.csv"),
        "NO.csv: the file is missing",
    ),
]

#: Text of a configuration file, and the message.
CONFIG = [
    Case("yaml-missing", "no configuration file", None, "cannot be read .No such file"),
    Case("yaml-empty", "an empty configuration", "", "is empty; expected keys and values"),
    Case("yaml-list", "a list", "- run\n", "is a list; expected keys and values"),
    Case("yaml-broken", "a bracket that is never closed", "run: a\ndataset: {kind: user\n", "line 3: no plain YAML"),
    Case("yaml-tab", "a tab for indentation", "run: a\ncities:\n\tsplit: joint\n", "no plain YAML"),
    Case("yaml-twice", "a key twice", "run: a\nrun: b\n", "key 'run' stands there twice"),
    Case(
        "yaml-tag",
        "a tag that would run a program",
        'run: !!python/object/apply:os.system ["touch ran"]\n',
        "no plain YAML: could not",
    ),
    Case("yaml-latin", "a configuration in Latin-1", b"run: a # \xe9\n", "is not text in UTF-8"),
    Case("key-misspelt", "a key is misspelt", "cities: {spilt: joint}\n", "unknown key 'cities.spilt': did you mean 'split'"),
    Case("section-misspelt", "a section is misspelt", "citys: {split: joint}\n", "unknown key 'citys': did you mean 'cities'"),
    Case(
        "value-unknown",
        "a choice that is none",
        "cities: {split: half}\n",
        "'cities.split' is 'half': Input should be 'paper' or",
    ),
    Case("value-range", "a share above 1", "provinces: {err_tol: 5}\n", "'provinces.err_tol' is 5: Input should be less than or"),
    Case(
        "value-negative", "a negative weight", "cities: {rho_gdp: -1}\n", "'cities.rho_gdp' is -1: Input should be greater than 0"
    ),
    Case(
        "value-text", "text for a number", "solver: {tol_inner: tiny}\n", "'solver.tol_inner' is 'tiny': Input should be a valid"
    ),
    Case("value-infinite", "infinity", "cities: {rho_gdp: .inf}\n", "'cities.rho_gdp' is inf: Input should be a finite number"),
    Case("value-nan", "NaN", "cities: {demand_weight: .nan}\n", "'cities.demand_weight' is nan"),
    Case("value-missing", "a section without keys", "cities:\n", "'cities' is None: Input should be"),
    Case("no-raw-dir", "kind user without a folder", "dataset: {kind: user}\n", "kind 'user' needs raw_dir"),
    Case(
        "thresholds",
        "thresholds that rise",
        "groups: {thresholds_usd: [1000, 2000, 3000, 4000]}\n",
        "expected four falling amounts",
    ),
    Case("year-range", "a year of two digits", "dataset: {year: 12}\n", "year is 12, expected 1900 to 2100"),
    Case("run-path", "a run name with a path", "run: ../elsewhere\n", "'run' is '../elsewhere'"),
    Case("run-name", "a run name with a blank", "run: my run\n", "'run' is 'my run'"),
    Case("variant", "a variant with an unknown value", "variants: {a: {cities: {split: half}}}\n", "split.* is 'half'|'variants"),
    Case("variant-key", "a variant with an unknown key", "variants: {a: {cities: {spilt: joint}}}\n", "spilt"),
    Case("key-sectors", "a key sector twice", "scenarios: {key_sectors: [coal, coal]}\n", "names coal twice"),
]

#: Configurations that a sound folder cannot serve.
CHAIN = [
    Case("solver-missing", "a solver that is not installed", {"solver": {"name": "MOSEK"}}, "MOSEK is not installed"),
    Case("solver-weak", "a solver that misses the tolerance", {"solver": {"name": "SCS"}}, "SCS|misses the tolerance"),
    Case("no-national", "national calibration without a national table", {"national": None}, "national"),
    Case(
        "control-total",
        "a national control total without a national inventory",
        {"inventory": {"control_total": "national"}},
        "there is no national inventory",
    ),
    Case(
        "priors-missing",
        "a table of priors that is not there",
        {"cities": {"priors": "nowhere.csv", "trade_prior": "border"}},
        r"nowhere\.csv: cannot be read",
    ),
    Case("iterations", "too few iterations", {"solver": {"max_iterations": 1}}, "misses the tolerance"),
    Case("too-much-added", "value added above what the cap leaves", {"cities": {"va_delta": 0.9}}, "value added"),
    Case("neighbours", "few sectors to fit a tilt on", {"method": "calibrated"}, "0 sectors tell how demand follows supply"),
]
