"""Catalogue: workbooks, datasets in the form of the contract, configurations, and what a sound
dataset cannot serve.
"""

from __future__ import annotations

import datetime

import numpy as np
from case import Case
from damage import (
    content,
    header_of,
    netcdf,
    netcdf_cell,
    removed,
    sheet,
    sheet_cell,
    text,
    truncated,
)


def _merge(sheet) -> None:
    top = header_of(sheet)
    sheet.merge_cells(start_row=top, start_column=2, end_row=top, end_column=3)


def _shift(sheet) -> None:
    sheet.insert_cols(1)


def _wrong_name(sheet) -> None:
    sheet.title = "Fuel list"


WORKBOOK = [
    Case("xlsx-empty", "a workbook of 0 bytes", content("dataset.xlsx", b""), "the file is empty"),
    Case(
        "xlsx-truncated", "a workbook cut off", truncated("dataset.xlsx"), "the workbook is damaged"
    ),
    Case(
        "xlsx-password",
        "a workbook with a password",
        content("dataset.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600),
        "damaged or protected by a password",
    ),
    Case(
        "xlsx-csv",
        "CSV called .xlsx",
        content("dataset.xlsx", b"a,b\n1,2\n"),
        "not an Excel workbook, whatever its name says",
    ),
    Case(
        "xlsx-merged",
        "merged header cells",
        sheet("fuels", _merge),
        "the header of column 3 is blank .merged cells",
        True,
    ),
    Case(
        "xlsx-shifted",
        "a sheet one column to the right",
        sheet("fuels", _shift),
        "the header of column 1 is blank",
        True,
    ),
    Case(
        "xlsx-sheet",
        "a sheet under another name",
        sheet("fuels", _wrong_name),
        r"sheet 'Fuel list': the dataset has no table of this name",
        True,
    ),
    Case(
        "xlsx-formula",
        "a formula in a number cell that was never computed",
        sheet_cell("regions", 0, "gdp", "=SUM(A1:A9)"),
        r"dataset\.xlsx, sheet 'regions': the cell [A-Z]+\d+ holds a formula without its value",
    ),
    Case(
        "xlsx-formula-sectors",
        "a formula where blank means all sectors",
        sheet_cell("observations", 1, "sectors", "=A1"),
        r"dataset\.xlsx, sheet 'observations': the cell [A-Z]+\d+ holds a formula without its "
        r"value",
    ),
    Case(
        "xlsx-far",
        "a value in the last corner of a sheet",
        sheet("fuels", lambda sheet: sheet.cell(1048576, 16384, "x")),
        "sheet 'fuels': .* expected a table without distant cells",
    ),
    Case(
        "xlsx-error",
        "an error value",
        sheet_cell("regions", 0, "gdp", "#DIV/0!"),
        "an error value of a spreadsheet",
    ),
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
    Case(
        "xlsx-truth",
        "a truth value in a number cell",
        sheet_cell("regions", 0, "gdp", True),
        "is True; expected a number",
    ),
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
        content(
            "fuels.csv", b"fuel,name,unit,emission_factor\ncoal,Coal,t,2\ngas,Gas,10^4 m3,20\n"
        ),
        "the table is in .*dataset.xlsx.* as well",
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
    Case(
        "nc-variable",
        "a variable is missing",
        netcdf("provinces/NO.nc", _drop("imports")),
        "variable 'imports' is missing",
    ),
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
        "dimension 'sector' has 'ENE' where the lists have 'AGR'",
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
            "provinces/NO.nc",
            lambda d: d.assign(
                output=d["output"].expand_dims(year=[2020]).assign_attrs(d["output"].attrs)
            ),
        ),
        "variable 'output' has dims",
    ),
    Case(
        "nc-labels",
        "no labels of items",
        netcdf("provinces/NO.nc", _drop("item")),
        "dimension 'item' has no labels",
    ),
    Case(
        "nc-truncated",
        "a file cut off",
        truncated("provinces/NO.nc"),
        r"NO\.nc: cannot be read as netCDF",
    ),
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
            (f / "observations/SO.csv").read_text(encoding="utf-8")
            + "N1,exports,AGR,,5,10^4 XTS,x,observed,1\n",
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


def _flipped(name):
    """Change one byte and keep the size."""

    def damage(folder):
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(bytes(data))

    return damage


#: Raw files of a sources list (kind `china`).
RAW = [
    Case(
        "raw-missing",
        "a raw file is missing",
        removed("io/11.xlsx"),
        r"io/11\.xlsx is missing .*sha256",
    ),
    Case("raw-empty", "a raw file of 0 bytes", content("io/11.xlsx", b""), r"io/11\.xlsx is empty"),
    Case(
        "raw-truncated",
        "a raw file cut off",
        truncated("io/11.xlsx"),
        r"has \d+ bytes .truncated.; expected \d+",
    ),
    Case(
        "raw-altered",
        "a raw file with one byte changed",
        _flipped("io/11.xlsx"),
        r"has been altered .its sha256 differs",
    ),
    Case(
        "raw-longer",
        "a raw file with something behind it",
        lambda f: (f / "census.csv").write_bytes((f / "census.csv").read_bytes() + b"\n"),
        r"census\.csv has \d+ bytes; expected \d+",
    ),
]

#: Text of a configuration file, and the message.
CONFIG = [
    Case("yaml-missing", "no configuration file", None, "cannot be read .No such file"),
    Case("yaml-empty", "an empty configuration", "", "is empty; expected keys and values"),
    Case("yaml-list", "a list", "- run\n", "is a list; expected keys and values"),
    Case(
        "yaml-broken",
        "a bracket that is never closed",
        "run: a\ndataset: {kind: user\n",
        "line 3: not plain YAML",
    ),
    Case(
        "yaml-tab", "a tab for indentation", "run: a\ncities:\n\tsplit: joint\n", "not plain YAML"
    ),
    Case("yaml-twice", "a key twice", "run: a\nrun: b\n", "key 'run' appears twice"),
    Case(
        "yaml-tag",
        "a tag that would run a program",
        'run: !!python/object/apply:os.system ["touch ran"]\n',
        "not plain YAML: could not",
    ),
    Case("yaml-latin", "a configuration in Latin-1", b"run: a # \xe9\n", "is not text in UTF-8"),
    Case(
        "key-misspelt",
        "a key is misspelt",
        "cities: {spilt: joint}\n",
        "unknown key 'cities.spilt': did you mean 'split'",
    ),
    Case(
        "section-misspelt",
        "a section is misspelt",
        "citys: {split: joint}\n",
        "unknown key 'citys': did you mean 'cities'",
    ),
    Case(
        "value-unknown",
        "a choice that is none",
        "cities: {split: half}\n",
        "'cities.split' is 'half': Input should be 'paper' or",
    ),
    Case(
        "value-range",
        "a share above 1",
        "provinces: {err_tol: 5}\n",
        "'provinces.err_tol' is 5: Input should be less than or",
    ),
    Case(
        "value-negative",
        "a negative weight",
        "cities: {rho_gdp: -1}\n",
        "'cities.rho_gdp' is -1: Input should be greater than 0",
    ),
    Case(
        "value-text",
        "text for a number",
        "solver: {tol_inner: tiny}\n",
        "'solver.tol_inner' is 'tiny': Input should be a valid",
    ),
    Case(
        "value-infinite",
        "infinity",
        "cities: {rho_gdp: .inf}\n",
        "'cities.rho_gdp' is inf: Input should be a finite number",
    ),
    Case("value-nan", "NaN", "cities: {demand_weight: .nan}\n", "'cities.demand_weight' is nan"),
    Case(
        "value-missing",
        "a section without keys",
        "cities:\n",
        "'cities' is empty; expected keys and values below it",
    ),
    Case(
        "no-raw-dir",
        "kind user without a folder",
        "dataset: {kind: user}\n",
        "kind 'user' needs raw_dir",
    ),
    Case(
        "thresholds",
        "thresholds that rise",
        "groups: {thresholds_usd: [1000, 2000, 3000, 4000]}\n",
        "expected four falling amounts",
    ),
    Case(
        "year-range",
        "a year of two digits",
        "dataset: {year: 12}\n",
        "'dataset.year' is 12: Input should be greater than or equal to 1900",
    ),
    Case(
        "run-path",
        "a run name with a path",
        "run: ../elsewhere\n",
        "'run' is '../elsewhere'; expected letters, digits",
    ),
    Case("run-name", "a run name with a blank", "run: my run\n", "'run' is 'my run'"),
    Case(
        "variant",
        "a variant with an unknown value",
        "variants: {a: {cities: {split: half}}}\n",
        "variant 'a': 'cities.split' is 'half'",
    ),
    Case(
        "variant-key",
        "a variant with an unknown key",
        "variants: {a: {cities: {spilt: joint}}}\n",
        "'a': unknown key 'cities.spilt': did you mean 'split'",
    ),
    Case(
        "range-reversed",
        "bounds that contradict each other",
        "uncertainty: {theta_range: [2.0, 0.5]}\n",
        r"theta_range is \(2.0, 0.5\): the first must not exceed the second",
    ),
    Case(
        "key-sectors",
        "a key sector twice",
        "scenarios: {key_sectors: [coal, coal]}\n",
        "names coal twice",
    ),
]

#: Configurations that a sound folder cannot serve.
CHAIN = [
    Case(
        "solver-weak",
        "a solver that misses the tolerance",
        {"solver": {"name": "SCS"}},
        "tol_inner is 1e-12 .*which SCS does not reach",
    ),
    Case(
        "no-national",
        "national calibration without a national table",
        {"national": None},
        "national",
    ),
    Case(
        "control-total",
        "a national control total without a national inventory",
        {"emissions": {"control_total": "national"}},
        "there is no national inventory",
    ),
    Case(
        "priors-missing",
        "a table of priors that is not there",
        {"cities": {"priors": "nowhere.csv", "trade_prior": "border"}},
        r"nowhere\.csv: cannot be read",
    ),
    Case(
        "iterations",
        "too few iterations",
        {"solver": {"max_iterations": 1}},
        "misses the tolerance",
    ),
    Case(
        "too-much-added",
        "value added above what the cap leaves",
        {"cities": {"va_delta": 0.9}},
        "value added",
    ),
]
