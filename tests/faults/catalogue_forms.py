"""Catalogue: files, headers, cells and codes of a folder of CSV files."""

from __future__ import annotations

import shutil

from case import Case
from damage import (
    cell,
    content,
    copied,
    no_rows,
    recoded,
    removed,
    renamed,
    several,
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

NORTH = "provinces/NO"


def _transposed(rows) -> None:
    lines = [rows.header, *[line + [""] * (len(rows.header) - len(line)) for line in rows.rows]]
    flipped = [list(line) for line in zip(*lines, strict=True)]
    rows.header, rows.rows = flipped[0], flipped[1:]


def _two_headers(rows) -> None:
    rows.rows.insert(0, rows.header)
    rows.header = ["", "people", "", "", "", "", "", "", "money", "", "", ""]


def _semicolons(folder) -> None:
    path = folder / "fuels.csv"
    lines = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if not line.startswith(("#", '"#'))
    ]
    path.write_text("\n".join(line.replace(",", ";") for line in lines) + "\n", encoding="utf-8")


FILES = [
    Case("no-folder", "the folder is not there", shutil.rmtree, "there is no such folder"),
    Case(
        "no-regions",
        "regions.csv is missing",
        removed("regions.csv"),
        r"regions\.csv: the file is missing",
        True,
    ),
    Case(
        "no-sectors",
        "sectors.csv is missing",
        removed("sectors.csv"),
        r"sectors\.csv: the file is missing",
    ),
    Case(
        "no-observations",
        "observations are missing",
        removed("observations.csv"),
        r"observations\.csv: the file is missing, and so are",
    ),
    Case(
        "no-table-of-a-province",
        "a provincial table is missing",
        removed(f"{NORTH}.csv"),
        r"NO\.csv: the file is missing, and so are the sheet 'p",
    ),
    Case(
        "no-dataset-keys",
        "dataset.csv is missing",
        removed("dataset.csv"),
        r"dataset\.csv: the file is missing, and so are",
    ),
    Case(
        "empty-file",
        "a file of 0 bytes",
        content("fuels.csv", b""),
        r"fuels\.csv: the file is empty",
    ),
    Case(
        "blank-file",
        "a file of blanks",
        content("fuels.csv", b" \n\n"),
        r"fuels\.csv: the file is empty",
    ),
    Case(
        "comments-only",
        "a file of comments",
        content("fuels.csv", b"# fuels\n"),
        r"fuels\.csv: there is no header row",
    ),
    Case(
        "no-inventory-rows",
        "an inventory without rows",
        no_rows("inventory"),
        "there is no emission inventory by sector",
    ),
    Case(
        "no-inventory",
        "no inventory at all",
        removed("inventory.csv"),
        "there is no emission inventory by sector",
    ),
    Case(
        "truncated-csv",
        "a table cut off inside a row",
        truncated("regions.csv", 0.9),
        r"regions\.csv: row \d+.*",
        True,
    ),
    Case(
        "open-quote",
        "a quotation mark that is never closed",
        text("fuels.csv", "coal,Coal", 'coal,"Coal'),
        r"row \d+ is not valid CSV",
    ),
    Case(
        "zip-as-csv",
        "a workbook called .csv",
        content("fuels.csv", b"PK\x03\x04junk"),
        "is an Excel workbook or zip archive, what",
    ),
    Case(
        "html-as-csv",
        "a web page called .csv",
        content("fuels.csv", b"<html>login</html>"),
        "is HTML or XML, whatever its name",
    ),
    Case(
        "pdf-as-csv",
        "a PDF called .csv",
        content("fuels.csv", b"%PDF-1.7"),
        "is PDF, whatever its name says",
    ),
    Case(
        "netcdf-as-csv",
        "netCDF called .csv",
        content("fuels.csv", b"\x89HDF\r\n"),
        "is netCDF, whatever its name says",
    ),
    Case(
        "gbk",
        "a table in GBK instead of UTF-8",
        recoded("regions.csv", "gb18030"),
        r"row \d+ is not text in UTF-8",
        True,
    ),
    Case("utf16", "a table in UTF-16", recoded("fuels.csv", "utf-16"), r"is not text in UTF-8"),
    Case(
        "nul",
        "a NUL character in a table",
        text("fuels.csv", "Coal", "Co\0al"),
        "holds a NUL character",
    ),
    Case(
        "semicolons",
        "semicolons between the columns",
        _semicolons,
        "columns are not separated by commas",
    ),
    Case(
        "twice-a-province",
        "the same table as file and in a folder",
        copied(f"{NORTH}.csv", "provinces/XX.csv"),
        "there is a table of province 'XX', which has no region",
    ),
    Case(
        "netcdf-broken",
        "a netCDF file that is none",
        content(f"{NORTH}.nc", b"CDF\x01junk"),
        r"NO\.nc: cannot be read as netCDF",
        True,
    ),
    Case(
        "json-broken",
        "dataset.json cut off",
        content("dataset.json", b'{"name": "x"'),
        r"dataset\.json: cannot be read as JSON",
        True,
    ),
    Case(
        "json-list",
        "dataset.json holds a list",
        content("dataset.json", b"[1]"),
        r"dataset\.json: is list; expected keys",
        True,
    ),
    Case(
        "odd-file",
        "a workbook among the tables of provinces",
        content("inventory/NO.xlsx", b"PK"),
        r"inventory/NO\.xlsx: nothing reads this file",
    ),
    Case(
        "odd-province-file",
        "an inventory of an unknown province",
        content("inventory/XX.csv", b"a,b\n"),
        "is the table of 'XX', which is not a province",
    ),
]

HEADERS = [
    Case(
        "column-missing",
        "a column is missing",
        without_column("regions", "area_km2"),
        "column 'area_km2' is missing",
        True,
    ),
    Case(
        "column-misspelt",
        "a column is misspelt",
        renamed("fuels", "emission_factor", "emision_factor"),
        "column 'emission_factor' is missing .there is 'emision_factor'",
    ),
    Case(
        "column-twice",
        "a column appears twice",
        renamed("fuels", "unit", "name"),
        "column 'name' appears twice",
        True,
    ),
    Case(
        "column-extra",
        "a column nobody knows",
        with_column("regions", "gdp_2019"),
        "column 'gdp_2019' is unknown",
    ),
    Case(
        "header-blank",
        "a header cell is blank",
        renamed("fuels", "unit", ""),
        r"the header of column 3 is blank",
        True,
    ),
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
        r"regions\.csv: row \d+: the headers of columns 1, 3, 4, 5, 6, 7, 8 are blank",
        True,
    ),
    Case(
        "transposed",
        "a table on its side",
        table("fuels", _transposed),
        "column 'name' is missing",
        True,
    ),
    Case(
        "row-too-long",
        "a thousands comma without quotes",
        text("fuels.csv", "coal,Coal,t,2.0", "coal,Coal,t,2,000"),
        "has 5 cells; expected 4",
    ),
    Case(
        "row-too-short",
        "a row ends early",
        table("fuels", lambda r: r.rows[0].pop()),
        "column 'emission_factor' is empty",
    ),
    Case(
        "key-unknown",
        "an unknown key in dataset",
        with_row("dataset", "colour", "red"),
        "key 'colour' is unknown",
    ),
    Case(
        "key-twice",
        "a key of dataset twice",
        with_row("dataset", "year", "2021"),
        "key 'year' appears twice",
    ),
]

CELLS = [
    Case(
        "full-width",
        "full-width digits",
        cell("regions", 0, "gdp", "\uff11\uff12\uff13"),
        "not in plain digits",
    ),
    Case(
        "arabic-digits",
        "Arabic-Indic digits",
        cell("regions", 0, "gdp", "\u0661\u0662"),
        "not in plain digits",
    ),
    Case(
        "thousands",
        "thousands separators",
        cell("regions", 0, "gdp", "1,417,950"),
        "with thousands separators",
    ),
    Case(
        "thousands-blank",
        "blanks between thousands",
        cell("regions", 0, "gdp", "1 417 950"),
        "with thousands separators",
    ),
    Case(
        "underscores",
        "underscores as Python has them",
        cell("regions", 0, "gdp", "1_417_950"),
        "with thousands separators",
    ),
    Case(
        "decimal-comma",
        "a decimal comma",
        cell("regions", 0, "lon", "10,5"),
        "with a decimal comma",
    ),
    Case(
        "percent",
        "a percentage",
        cell("observations", 0, "reliability", "90%"),
        "a percentage; expected a plain number",
    ),
    Case(
        "percent-as-number",
        "percent instead of a share",
        cell("observations", 0, "reliability", "90"),
        "is 90; expected at most 1",
    ),
    Case(
        "share-as-percent",
        "a benchmark share in percent",
        cell("benchmarks", 3, "value", "20"),
        "expected value from 0 to 1 where parameter is a share",
    ),
    Case(
        "text",
        "text in a number cell",
        cell("regions", 0, "population", "about a million"),
        "text; expected a number",
    ),
    Case(
        "dash",
        "a dash for no datum",
        cell("inventory", 0, "activity", "-"),
        "is '-', text; expected a number",
    ),
    Case("nan", "NaN", cell("regions", 0, "gdp", "NaN"), "is 'NaN', not a finite number"),
    Case(
        "infinity",
        "infinity",
        cell("observations", 0, "value", "inf"),
        "is 'inf', not a finite number",
    ),
    Case(
        "overflow",
        "a number too large for any",
        cell("regions", 0, "gdp", "1e999"),
        "is '1e999', not a finite number",
    ),
    Case(
        "hex", "a hexadecimal number", cell("regions", 0, "gdp", "0x1F"), "text; expected a number"
    ),
    Case(
        "spreadsheet-error",
        "an error value",
        cell("regions", 0, "gdp", "#DIV/0!"),
        "an error value of a spreadsheet",
    ),
    Case(
        "formula-number",
        "a formula in a number cell",
        cell("regions", 0, "gdp", "=1+1"),
        "a formula; expected the number itself",
    ),
    Case(
        "formula-name",
        "a formula as a name",
        cell("regions", 0, "name", "=HYPERLINK(A1)"),
        "begins like a formula",
    ),
    Case(
        "command-name",
        "a name that a spreadsheet would run",
        cell("regions", 0, "name", "@SUM(A1)"),
        "begins like a formula",
    ),
    Case(
        "line-break-name",
        "a line break in a name",
        cell("regions", 0, "name", "Ald\nport"),
        "holds a control character or line",
    ),
    Case(
        "blank-code",
        "a code with a blank before it",
        cell("regions", 0, "region", " N1"),
        "has blanks around it",
        True,
    ),
    Case(
        "blank-number",
        "a number that is missing",
        cell("regions", 0, "population", ""),
        "column 'population' is empty",
    ),
    Case(
        "blank-name",
        "a name that is missing",
        cell("regions", 0, "name", ""),
        "column 'name' is empty; expected text",
    ),
    Case(
        "not-a-truth",
        "neither true nor false",
        cell("sectors", 0, "key", "maybe"),
        "expected true or false",
    ),
    Case(
        "unknown-kind",
        "a kind of region nobody knows",
        cell("regions", 0, "kind", "town"),
        "expected one of city, municipality",
    ),
    Case(
        "unknown-industry",
        "an unknown industry",
        cell("sectors", 0, "industry", "quaternary"),
        "expected one of primary",
    ),
    Case(
        "unknown-status",
        "an unknown status",
        cell("observations", 0, "status", "guessed"),
        "expected one of observed, imputed",
    ),
    Case(
        "unknown-quantity",
        "an unknown quantity",
        cell("observations", 0, "quantity", "turnover"),
        "expected one of value_added",
    ),
    Case(
        "population-0",
        "a population of 0",
        cell("regions", 0, "population", "0"),
        "is 0; expected above 0",
        True,
    ),
    Case(
        "population-negative",
        "a negative population",
        cell("regions", 0, "population", "-5"),
        "is -5; expected above 0",
        True,
    ),
    Case(
        "rural-above-all",
        "more rural people than people",
        cell("regions", 0, "population_rural", "1400001"),
        "population is 1400000, population_rural is 1400001; expected population_rural at most "
        "population",
    ),
    Case(
        "latitude",
        "latitude and longitude swapped",
        several(cell("regions", 0, "lat", "116.4"), cell("regions", 0, "lon", "39.9")),
        "column 'lat' is 116.4; expected at most 90",
    ),
    Case(
        "negative-observation",
        "a negative observation",
        cell("observations", 0, "value", "-1"),
        "is -1; expected at least 0",
    ),
    Case(
        "negative-emissions",
        "negative emissions",
        cell("inventory", 0, "activity", "-90000"),
        "is -90000; expected at least 0",
    ),
    Case(
        "no-amount",
        "an inventory row without an amount",
        cell("inventory", 0, "activity", ""),
        "activity is empty, emissions is empty; expected activity or emissions",
    ),
    Case(
        "no-fuel",
        "an activity without a fuel",
        cell("inventory", 0, "fuel", ""),
        "fuel is empty, activity is .*; expected emissions, or a fuel with an emission factor",
    ),
]

CODES = [
    Case("region-twice", "a region twice", twice("regions", 1), "region 'N2' appears twice", True),
    Case(
        "two-provinces",
        "a city in two provinces",
        with_row(
            "regions",
            *["N1", "Aldport", "", "SO", "South", "city", "9000", "9", "9000", "1", "1", "9"],
        ),
        "region 'N1' appears twice",
        True,
    ),
    Case("sector-twice", "a sector twice", twice("sectors", 1), "sector 'ENE' appears twice", True),
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
    Case(
        "unknown-sector",
        "a datum of an unknown sector",
        cell("observations", 0, "sectors", "AGT"),
        "did you mean 'AGR'",
    ),
    Case(
        "unknown-fuel",
        "an unknown fuel",
        cell("inventory", 0, "fuel", "peat"),
        "is 'peat'; expected a code of fuels",
    ),
    Case(
        "unknown-inventory-sector",
        "an unknown inventory sector",
        cell("inventory", 0, "inventory_sector", "99"),
        "is '99'; expected a",
    ),
    Case(
        "unknown-category",
        "an unknown category",
        with_row(
            "observations", "N1", "final_demand", "", "army", "5", "10^4 XTS", "x", "observed", "1"
        ),
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
        "bridge-missing",
        "an inventory sector without a sector",
        without_row("bridge", 0),
        "inventory sector '1' has no sector",
    ),
    Case(
        "bridge-household",
        "a household with a sector",
        with_row("bridge", "7", "SER"),
        "the bridge gives it a sector",
    ),
    Case(
        "bridge-unknown",
        "a bridge to an unknown sector",
        cell("bridge", 0, "sector", "AGX"),
        "is 'AGX'; expected a code of sectors",
    ),
    Case(
        "no-stock-changes",
        "no category is stock changes",
        cell("final_demand", 3, "role", "capital"),
        "0 categories have the role 'stock_changes'",
        True,
    ),
    Case(
        "two-stock-changes",
        "two categories are stock changes",
        cell("final_demand", 2, "role", "stock_changes"),
        "2 categories have the role 'stock_changes'",
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
    Case(
        "code-separator",
        "a code with a semicolon",
        cell("sectors", 0, "sector", "A;B"),
        "is 'A;B'; expected no blanks",
        True,
    ),
    Case(
        "code-quote",
        "a code with a quotation mark",
        cell("fuels", 0, "fuel", 'co"al'),
        "expected no blanks, quotes",
        True,
    ),
    Case(
        "out-of-order",
        "regions out of order",
        swapped_rows("regions", 0, 1),
        "region 'N2' is out of order; expected 'N1'",
    ),
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
        cell("observations", 0, "unit", "10^4 EUR"),
        r"is '10\^4 EUR'; expected 10\^4 XTS \(or another unit of it",
    ),
    Case(
        "emissions-of-sets",
        "CO2 of sectors of the tables, not of the inventory",
        cell("observations", 3, "sectors", "ENE;MAN"),
        "column 'sectors' is 'ENE'; expected a code of inventory_sectors",
        more=True,
    ),
    Case(
        "sector-doubled",
        "a sector twice in one datum",
        cell("observations", 1, "sectors", "ENE;ENE"),
        "expected every code of sectors once",
    ),
    Case(
        "stock-changes-observed",
        "observed stock changes",
        with_row(
            "observations",
            "N1",
            "final_demand",
            "",
            "stock_changes",
            "5",
            "10^4 XTS",
            "x",
            "observed",
            "1",
        ),
        "column 'category' is 'stock_changes', stock changes; expected another category",
    ),
    Case(
        "share-of-emissions",
        "emissions as a share",
        content(
            "observations.csv",
            b"region,quantity,sectors,category,value,unit,source,status,reliability,measure\n"
            b"N1,emissions,,,5,t CO2,x,observed,1,share\n",
        ),
        "quantity is 'emissions', measure is 'share'; expected measure amount where",
    ),
    Case(
        "set-twice",
        "a datum twice with its sectors in another order",
        with_row(
            "observations",
            "N1",
            "value_added",
            "MAN;ENE",
            "",
            "598950",
            "10^4 XTS",
            "invented",
            "observed",
            "1",
        ),
        "quantity is 'value_added', sectors is 'MAN;ENE', category is empty, source is "
        "'invented'; expected .* and source once",
        True,
    ),
]
