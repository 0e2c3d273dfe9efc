"""A dataset folder to fill in, and a toy example that runs: `make dataset-template DIR=mydata`
(docs/bring-your-own-data.md).

mydata/config.yaml        a configuration; it runs the example until `raw_dir` names your own folder
mydata/example/           the toy country as CSV files       mydata/example_workbook/   the same as
one workbook mydata/csv/               empty tables with comments         mydata/workbook/
the same as one workbook
"""

from __future__ import annotations

import argparse
import csv
import io
import re
import shlex
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandera.pandas as pa

from ...base.errors import CityMRIOError, DataError
from ...base.labels import write_atomic
from ..contract.folder import DEFAULTS, KEYS, MADE, OF_SHEETS, OPTIONAL_KEYS
from ..contract.tables import BY_NAME, MONEY, OPTIONAL
from ..io_cells import ACCOUNTS

SECTORS = [
    ("AGR", "Agriculture", "primary", "goods", "agriculture", "agriculture", False),
    ("ENE", "Coal and electricity", "secondary", "goods", "energy", "energy", True),
    ("MAN", "Manufacturing", "secondary", "goods", "heavy", "heavy", True),
    ("SER", "Construction and services", "tertiary", "services", "high_tech", "services", False),
]
CODES = [row[0] for row in SECTORS]
FINAL_DEMAND = [
    ("households", "Households", "household", "all"),
    ("government", "Government", "government", "all"),
    ("capital", "Capital formation", "capital", "all"),
    ("stock_changes", "Changes in inventories", "stock_changes", "all"),
]
CATEGORIES = [row[0] for row in FINAL_DEMAND]
ITEMS = ("wages", "taxes", "surplus")
#: region, name, name_local, province, kind, population, share of rural people, longitude, latitude,
#: share of the province in value added of AGR, ENE + MAN, SER
REGIONS = [
    ("N1", "Aldport", "Альдпорт", "NO", "city", 1_400_000, 0.2, 10.5, 50.5, (0.25, 0.45, 0.60)),
    ("N2", "Brimfell", "Бримфелль", "NO", "city", 900_000, 0.5, 11.5, 50.5, (0.75, 0.55, 0.40)),
    ("S1", "Corvale", "柯谷", "SO", "city", 1_800_000, 0.1, 10.5, 49.5, (0.10, 0.50, 0.55)),
    ("S2", "Dunmoor", "敦沼", "SO", "city", 800_000, 0.4, 11.5, 49.5, (0.30, 0.40, 0.25)),
    ("S3", "Eastwick", "东维", "SO", "city", 700_000, 0.6, 12.5, 49.5, (0.60, 0.10, 0.20)),
]
PROVINCES = {"NO": "North", "SO": "South"}
#: Output by sector, 10^4 XTS.
OUTPUT = {
    "NO": (500_000, 700_000, 2_400_000, 2_000_000),
    "SO": (700_000, 500_000, 4_000_000, 3_400_000),
}
#: Inputs per 1,000 of output (rows: products; columns: users).
INPUTS = {
    "NO": ((120, 0, 70, 20), (20, 200, 60, 30), (180, 150, 350, 130), (80, 120, 120, 200)),
    "SO": ((100, 0, 60, 20), (30, 150, 50, 30), (200, 200, 380, 140), (90, 150, 130, 180)),
}
#: Shares of value added per 1,000 by item.
ITEM_SHARES = (500, 100, 400)
#: Final demand by product: households, government, capital, inventories. The households of SO take
#: what the nation leaves.
DEMAND = {
    "NO": (
        (150_000, 0, 10_000, 5_000),
        (110_000, 0, 0, -3_000),
        (390_000, 0, 560_000, 8_000),
        (540_000, 330_000, 330_000, 0),
    ),
    "SO": (
        (0, 0, 15_000, -6_000),
        (0, 0, 0, 4_000),
        (0, 0, 900_000, 12_000),
        (0, 480_000, 500_000, 0),
    ),
}
EXPORTS = {"NO": (10_000, 0, 350_000, 60_000), "SO": (20_000, 0, 700_000, 150_000)}
IMPORTS = {"NO": (20_000, 60_000, 200_000, 40_000), "SO": (40_000, 120_000, 350_000, 90_000)}
#: What both provinces sell to each other of the same product, before the difference.
CROSS = (40_000, 30_000, 300_000, 120_000)
FUELS = [("coal", "Coal", "t", 2.0), ("gas", "Natural gas", "10^4 m3", 20.0)]
INVENTORY_SECTORS = [
    ("1", "Agriculture", "production", "", ""),
    ("2", "Coal mining", "production", "", "coal"),
    ("3", "Electricity", "production", "", "electricity"),
    ("4", "Iron and steel", "production", "", "iron_steel"),
    ("5", "Other manufacturing", "production", "", ""),
    ("6", "Construction and services", "production", "", ""),
    ("7", "Households", "household", "", ""),
]
BRIDGE = [("1", "AGR"), ("2", "ENE"), ("3", "ENE"), ("4", "MAN"), ("5", "MAN"), ("6", "SER")]
#: Coal (t) and gas (10^4 m3) by inventory sector; emissions of processes (t) of iron and steel.
ENERGY = {
    "NO": (
        (90_000, 0),
        (250_000, 0),
        (4_800_000, 9_000),
        (1_500_000, 4_000),
        (700_000, 12_000),
        (150_000, 15_000),
        (200_000, 9_000),
    ),
    "SO": (
        (110_000, 0),
        (60_000, 0),
        (4_200_000, 30_000),
        (1_900_000, 9_000),
        (1_200_000, 25_000),
        (220_000, 30_000),
        (180_000, 16_000),
    ),
}
PROCESS = {"NO": 400_000, "SO": 600_000}
#: CO2 totals of cities, 10^6 t; one city has none.
EMISSIONS = {"N1": 8.2, "N2": 8.6, "S1": 9.4, "S2": 7.0}
#: What else is known of cities: region, quantity, sectors, 10^4 XTS.
TOTALS = [
    ("S1", "output", "MAN", 2_100_000),
    ("S1", "exports", "", 470_000),
    ("S2", "imports", "MAN", 110_000),
]
BENCHMARKS = [
    ("global_intensity.electricity", 12.0, "t CO2 per 10^4 XTS", "assumed, toy"),
    ("global_intensity.coal", 0.9, "t CO2 per 10^4 XTS", "assumed, toy"),
    ("global_intensity.iron_steel", 1.5, "t CO2 per 10^4 XTS", "assumed, toy"),
    ("megacity_capital_share.Elsewhere", 0.2, "1", "assumed, toy"),
    ("per_capita.global", 4.9, "t CO2 per person", "assumed, toy"),
    ("per_capita.us", 17.0, "t CO2 per person", "assumed, toy"),
    ("per_capita.eu", 7.5, "t CO2 per person", "assumed, toy"),
    ("peak_emissions", 0.06, "Gt CO2", "assumed, toy"),
]
INFO = [
    ("name", "Toyland"),
    ("year", 2020),
    ("currency", "XTS"),
    ("unit", "10^4 XTS"),
    ("usd_rate", 2),
    ("price_basis", "producers' prices, current"),
    ("synthetic", "true"),
    ("notes", "Everything in this example is invented."),
]
INVENTORIES = ("inventory", "inventory_city", "inventory_national")
#: Columns that the example leaves out: all that is observed are amounts, all is of one year.
LEFT_OUT = (
    ("observations", "measure"),
    ("extras", "measure"),
    ("benchmarks", "year"),
    *((name, "status") for name in INVENTORIES),
)
#: Columns of every table.
HEADERS = {"dataset": ["key", "value"]} | {
    name: [column for column in schema.columns if (name, column) not in LEFT_OUT]
    for name, schema in BY_NAME.items()
}
INVENTED = "invented"


def _accounts() -> dict[str, dict[str, Any]]:
    """use, value added and trade of both provinces as whole numbers that close."""
    parts: dict[str, dict[str, Any]] = {}
    for p in PROVINCES:
        intermediate = [
            [INPUTS[p][i][j] * OUTPUT[p][j] // 1000 for j in range(4)] for i in range(4)
        ]
        added = [OUTPUT[p][j] - sum(intermediate[i][j] for i in range(4)) for j in range(4)]
        parts[p] = {
            "use": [row + list(DEMAND[p][i]) for i, row in enumerate(intermediate)],
            "added": added,
        }
    for i in range(4):
        supply = sum(OUTPUT[p][i] + IMPORTS[p][i] - EXPORTS[p][i] for p in PROVINCES)
        parts["SO"]["use"][i][4] = supply - sum(sum(parts[p]["use"][i]) for p in PROVINCES)
    net = [
        OUTPUT["NO"][i] + IMPORTS["NO"][i] - EXPORTS["NO"][i] - sum(parts["NO"]["use"][i])
        for i in range(4)
    ]
    north = [(CROSS[i] + max(net[i], 0), CROSS[i] + max(-net[i], 0)) for i in range(4)]
    for p, flows in (("NO", north), ("SO", [(inflow, outflow) for outflow, inflow in north])):
        parts[p]["outflow"], parts[p]["inflow"] = [f[0] for f in flows], [f[1] for f in flows]
    return parts


def _io_rows(
    use: Sequence[Sequence[int]],
    added: Sequence[int],
    exports: Sequence[int],
    imports: Sequence[int],
    output: Sequence[int],
    outflow: Sequence[int] | None = None,
    inflow: Sequence[int] | None = None,
) -> list[list[Any]]:
    names = ["exports", "imports", *(["outflow", "inflow"] if outflow else []), "error", "output"]
    rows: list[list[Any]] = [["sector", *CODES, *CATEGORIES, *names]]
    for i, code in enumerate(CODES):
        flows = [outflow[i], inflow[i]] if outflow and inflow else []
        rows.append([code, *use[i], exports[i], imports[i], *flows, 0, output[i]])
    taken = [0] * 4
    for k, item in enumerate(ITEMS):
        part = [
            added[j] * ITEM_SHARES[k] // 1000 if k < len(ITEMS) - 1 else added[j] - taken[j]
            for j in range(4)
        ]
        taken = [taken[j] + part[j] for j in range(4)]
        rows.append([item, *part])
    return rows


def example_tables() -> dict[str, list[list[Any]]]:
    """Every table of the toy country as rows, the header first; input-output tables are
    `provinces/<p>`, `national`.
    """
    parts = _accounts()
    regions, observations = [HEADERS["regions"]], [HEADERS["observations"]]
    for code, name, local, p, kind, people, rural, lon, lat, shares in REGIONS:
        added = parts[p]["added"]
        by_industry = [
            ("AGR", added[0] * shares[0]),
            ("ENE;MAN", (added[1] + added[2]) * shares[1]),
            ("SER", added[3] * shares[2]),
        ]
        gdp = round(sum(value for _, value in by_industry))
        regions.append(
            [
                code,
                name,
                local,
                p,
                PROVINCES[p],
                kind,
                people,
                round(people * rural),
                gdp,
                lon,
                lat,
                7000,
            ]
        )
        for sectors, value in by_industry:
            observations.append(
                [
                    code,
                    "value_added",
                    sectors,
                    "",
                    round(value),
                    "10^4 XTS",
                    INVENTED,
                    "observed",
                    0.9,
                ]
            )
        if code in EMISSIONS:
            total = round(EMISSIONS[code] * 1e6)
            observations.append(
                [code, "emissions", "", "", total, "t CO2", INVENTED, "observed", 0.7]
            )
    for region, quantity, sectors, value in TOTALS:
        observations.append(
            [region, quantity, sectors, "", value, "10^4 XTS", INVENTED, "observed", 0.8]
        )
    inventory: list[list[Any]] = [HEADERS["inventory"]]
    for p in PROVINCES:
        for row, amounts in zip(INVENTORY_SECTORS, ENERGY[p], strict=True):
            for (fuel, *_), amount in zip(FUELS, amounts, strict=True):
                if amount:
                    inventory.append([p, row[0], fuel, amount, ""])
        inventory.append([p, "4", "process", "", PROCESS[p]])
    lists: dict[str, Any] = {
        "dataset": INFO,
        "sectors": [(*row[:-1], str(row[-1]).lower()) for row in SECTORS],
        "final_demand": FINAL_DEMAND,
        "inventory_sectors": INVENTORY_SECTORS,
        "bridge": BRIDGE,
        "fuels": FUELS,
        "benchmarks": BENCHMARKS,
    }
    result = {"dataset": [], "regions": regions} | {
        name: [HEADERS[name], *map(list, rows)] for name, rows in lists.items()
    }
    result |= {"observations": observations, "inventory": inventory}
    for p in PROVINCES:
        result[f"provinces/{p}"] = _io_rows(
            parts[p]["use"],
            parts[p]["added"],
            EXPORTS[p],
            IMPORTS[p],
            OUTPUT[p],
            parts[p]["outflow"],
            parts[p]["inflow"],
        )

    def summed(values: Mapping[str, Sequence[int]]) -> list[int]:
        return [sum(column) for column in zip(*values.values(), strict=True)]

    use = [summed({p: parts[p]["use"][i] for p in PROVINCES}) for i in range(4)]
    added = summed({p: parts[p]["added"] for p in PROVINCES})
    result["national"] = _io_rows(use, added, summed(EXPORTS), summed(IMPORTS), summed(OUTPUT))
    return result


def example_boundaries() -> dict[str, Any]:
    """GeoJSON: a square of one degree around every city."""
    features = []
    for code, *_, lon, lat, _ in REGIONS:
        west, south, east, north = lon - 0.5, lat - 0.5, lon + 0.5, lat + 0.5
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        features.append(
            {
                "type": "Feature",
                "properties": {"region": code},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    return {"type": "FeatureCollection", "features": features}


#: What the input-output tables are, as spreadsheets; other tables: their schemas.
NOTES: dict[str, tuple[str, ...]] = {
    "national": (
        "The national table: as a province, without outflow and inflow. Needed for "
        "provinces.calibrate: national.",
    ),
    "province": (
        "One table per province: products (rows) by uses (columns), total use, imports and "
        "inflows included; money in one unit.",
        "Rows: uses + exports - imports + outflow - inflow + error = output. Below the products "
        "one row per item of value added.",
        "Columns: inputs + value added = output. Leave exports and imports, or outflow and "
        "inflow, blank if not reported.",
        "Products from abroad and from other provinces by use, or supply and use tables: see "
        "docs/bring-your-own-data.md.",
    ),
}
#: Columns whose codes other tables refer to.
CODE_COLUMNS = ("region", "province", "sector", "category", "inventory_sector", "fuel")
IO_HEADER = ["sector", "<sector 1>", "<sector 2>", "<category 1>", "<category 2>", *ACCOUNTS]
CONFIG = """\
# A run on your own data. Every key: config/README.md. Check it before running: make check-data
# CONFIG={path}
run: {run}

dataset:
  kind: user
  # The toy example. When you have filled in {folder}/csv (or the workbook in {folder}/workbook),
  # name that folder instead.
  raw_dir: {folder}/example
  year: 2020

groups:
  clusters: 3  # structure types: at most as many as there are cities

scenarios:
  key_sectors: [electricity, iron_steel, coal]  # those that inventory_sectors has
"""


def write_template(folder: str | Path) -> list[Path]:
    """Write the empty folder, the example and a configuration; returns the files.

    Raises
    ------
    DataError
        The folder is there already and not empty.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(
            "is there already",
            where=str(folder),
            fix="name a folder that is not there yet: DIR=...",
        )
    written: list[Path] = []
    empty = {name: _commented(notes(name)) + [header] for name, header in HEADERS.items()}
    empty["provinces/P1"] = _commented(NOTES["province"]) + [IO_HEADER]
    empty["national"] = _commented(NOTES["national"]) + [
        [name for name in IO_HEADER if name not in ("outflow", "inflow")]
    ]
    filled = {
        name: _commented(NOTES.get(kind(name)) or notes(name)) + rows
        for name, rows in example_tables().items()
    }
    for tables, csv_folder, book in (
        (empty, "csv", "workbook"),
        (filled, "example", "example_workbook"),
    ):
        for name, rows in tables.items():
            written.append(_csv(rows, folder / csv_folder / f"{name}.csv"))
        written.append(_workbook(tables, folder / book / "dataset.xlsx"))
    import json

    text = json.dumps(example_boundaries(), indent=1) + "\n"
    for name in ("example", "example_workbook"):
        written.append(_text(text, folder / name / "boundaries.geojson"))
    run = re.sub(r"[^A-Za-z0-9_.-]+", "_", folder.name).lstrip("_.-") or "mydata"
    shown = json.dumps(str(folder), ensure_ascii=False)[1:-1]
    content = CONFIG.format(run=run, folder=shown, path=folder / "config.yaml")
    content = content.replace(f"raw_dir: {shown}/example", f'raw_dir: "{shown}/example"')
    written.append(_text(content, folder / "config.yaml"))
    return written


def notes(table: str) -> list[str]:
    """What a table holds in lines of at most 120 characters, for the comments of an empty one."""
    if table == "dataset":
        texts = [
            "About the dataset, one key a row; several sources or notes with ; between. Keys "
            "that may be left out have (*)."
        ]
        keys = {
            key: meaning
            for key, meaning in {**KEYS, **OPTIONAL_KEYS, **OF_SHEETS}.items()
            if key not in MADE
        }
        texts += [
            f"{key}{' (*)' if key in DEFAULTS or key not in KEYS else ''}: {meaning}"
            for key, meaning in keys.items()
        ]
    else:
        schema = BY_NAME[table]
        optional = " Optional: remove this table if you have none." if table in OPTIONAL else ""
        texts = [f"{schema.description}{optional}"]
        for name, _, unit, values, _, meaning in (
            described_column(name, column) for name, column in schema.columns.items()
        ):
            of = "" if unit == "-" else f" ({MONEY})" if unit == MONEY else f" ({unit})"
            texts.append(f"{name}{of}: {meaning}{'' if values == '-' else f'; {values}'}")
    return [
        line
        for text in texts
        for line in textwrap.wrap(text.replace("`", ""), 120, subsequent_indent="  ")
    ]


def described_column(name: str, column: pa.Column) -> tuple[str, ...]:
    """Name, type, unit, values, whether it may be blank, and meaning of a column."""
    about = column.metadata or {}
    refers = about.get("refers")
    text = "code" if refers or name in CODE_COLUMNS else "text"
    kind = {"float64": "number", "bool": "true or false"}.get(str(column.dtype), text)
    values = [
        str(check.error)
        for check in column.checks
        if str(check.error) not in ("text, not blank", "a finite number")
    ]
    if refers:
        also = "".join(f" or `{code}`" for code in about.get("also", ()))
        values.append(
            f"codes of {refers}.csv, joined by ;"
            if about.get("many")
            else f"a code of {refers}.csv{also}"
        )
        values += (
            ["of {2}.csv where {0} is {1}".format(*about["instead"])] if "instead" in about else []
        )
    blank = "yes, or no column" if not column.required else "yes" if column.nullable else "no"
    return (
        f"`{name}`",
        kind,
        about.get("unit", ""),
        "; ".join(values) or "-",
        blank,
        column.description or "",
    )


def kind(table: str) -> str:
    """What a table is: that of a province is called by its code."""
    return "province" if table.startswith("provinces/") else table


def _commented(lines: Sequence[str]) -> list[list[Any]]:
    return [[f"# {line}"] for line in lines]


def _text(text: str, path: Path) -> Path:
    write_atomic(path, lambda target: Path(target).write_text(text, encoding="utf-8"))
    return path


def _csv(rows: list[list[Any]], path: Path) -> Path:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return _text(buffer.getvalue(), path)


def _workbook(tables: dict[str, list[list[Any]]], path: Path) -> Path:
    import datetime

    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(name.replace("provinces/", "province "))
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
    book.properties.created = book.properties.modified = datetime.datetime(2020, 1, 1)
    write_atomic(path, book.save)
    return path


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the template to the folder named by the first argument."""
    parser = argparse.ArgumentParser(
        prog="citymrio template", description="Write a dataset folder to fill in."
    )
    parser.add_argument("folder", type=Path, help="where; it must be new or empty")
    folder = parser.parse_args(arguments).folder
    try:
        written = write_template(folder)
    except (CityMRIOError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(written)} files in {folder}. The toy example runs as it is:")
    config = shlex.quote(str(folder / "config.yaml"))
    if Path("Snakefile").is_file():
        print(
            f"  make check-data CONFIG={config}\n  .venv/bin/snakemake --cores all --configfile "
            f"{config}"
        )
    else:  # the library alone was installed
        print(
            f"  citymrio check {config}\nTables are made in a clone of the project, whose "
            "README says how."
        )
    return 0
