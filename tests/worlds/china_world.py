"""A China of three provinces and three sectors, written in the layouts of the real sources:
workbooks made on the spot.
"""

from __future__ import annotations

import csv
import hashlib
from pathlib import Path

import numpy as np
import openpyxl

from citymrio.config.models import Dataset

YEAR = 2015
SECTORS = ["01", "02", "03"]
COLUMNS = [
    "TIU",
    "FU101",
    "FU102",
    "FU103",
    "FU201",
    "FU202",
    "EX",
    "OF",
    "TFU",
    "IM",
    "IF",
    "ERR",
    "GO",
]
ITEMS = ["VA001", "VA002", "VA003", "VA004"]
FUELS = ["Raw Coal", "Diesel Oil"]
INVENTORY = ["Farming", "Power, Steam and Hot Water", "Others", "Urban", "Rural"]
PROVINCES = {"11": "北京", "46": "海南", "64": "宁夏"}
SHEETS = {"11": "Beijing", "46": "", "64": "Ningxia"}
CITIES = {"110000": "北京市", "460100": "海口市", "640100": "银川市", "640200": "石嘴山市"}


def table_numbers(seed: int = 1, *, trade: bool = True) -> dict[str, np.ndarray]:
    """A small table that adds up: Z (3, 3), F (3, 5), V (4, 3), flows (3,)."""
    rng = np.random.default_rng(seed)
    z, f = rng.uniform(10, 90, (3, 3)), rng.uniform(5, 50, (3, 5))
    f[:, 4] -= 20.0
    ex, im, error = rng.uniform(1, 9, 3), rng.uniform(1, 9, 3), rng.uniform(-1, 1, 3)
    outflow, inflow = (
        (rng.uniform(1, 9, 3), rng.uniform(1, 9, 3)) if trade else (np.zeros(3), np.zeros(3))
    )
    output = z.sum(1) + f.sum(1) + ex - im + outflow - inflow + error
    short = np.maximum(0.0, z.sum(0) + 40.0 - output)  # every sector keeps a value added of 40
    outflow = outflow + short if trade else outflow
    ex = ex if trade else ex + short
    output = output + short
    value_added = np.outer([0.5, 0.1, 0.1, 0.3], output - z.sum(0))
    return {
        "z": z,
        "f": f,
        "v": value_added,
        "EX": ex,
        "IM": im,
        "OF": outflow,
        "IF": inflow,
        "ERR": error,
        "GO": output,
    }


def write_io(
    path: Path,
    numbers: dict,
    *,
    title: str,
    top: int = 4,
    left: int = 1,
    as_numbers: bool = False,
    edit=None,
) -> None:
    """An input-output workbook; `top` and `left` move it about, `edit(sheet, address_of)` damages
    it before it is saved.
    """
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "说明"
    sheet = book.create_sheet("基本流量表")
    sheet.cell(1, 1, title)
    sector = [int(c) if as_numbers else c for c in SECTORS]
    rows, columns = [*SECTORS, "TII", *ITEMS, "TVA", "TI"], [*SECTORS, *COLUMNS]
    place = {}
    for i, name in enumerate(rows):
        place[name] = top + 2 + i
        sheet.cell(place[name], left + 1, sector[i] if i < 3 else name)
    for j, name in enumerate(columns):
        place["c" + name] = left + 2 + j
        sheet.cell(top + 1, place["c" + name], sector[j] if j < 3 else name)
    sheet.cell(top + 1, left, "代码")

    def put(row: str, column: str, value: float) -> None:
        sheet.cell(place[row], place["c" + column], float(value))

    z, f, v = numbers["z"], numbers["f"], numbers["v"]
    for i, row in enumerate(SECTORS):
        for j, column in enumerate(SECTORS):
            put(row, column, z[i, j])
        for k, column in enumerate(("FU101", "FU102", "FU103", "FU201", "FU202")):
            put(row, column, f[i, k])
        for column in ("EX", "OF", "IM", "IF", "ERR", "GO"):
            put(row, column, numbers[column][i])
        put(row, "TIU", z[i].sum())
        put(row, "TFU", f[i].sum() + numbers["EX"][i] + numbers["OF"][i])
        put("TII", row, z[:, i].sum())
        put("TVA", row, v[:, i].sum())
        put("TI", row, numbers["GO"][i])
        for k, item in enumerate(ITEMS):
            put(item, row, v[k, i])
    if edit:
        edit(sheet, lambda row, column: sheet.cell(place[row], place["c" + column]))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def write_inventories(
    path: Path, sheets: dict[str, np.ndarray], *, fuels=FUELS, total="Scope 1 Total", edit=None
) -> None:
    """An inventory workbook: one sheet per name, values (5 sectors, 2 fuels + process) in Mt."""
    book = openpyxl.Workbook()
    book.active.title = "NOTE"
    for name, values in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append([None, *fuels, "Scope 2 Heat", "Process", total])
        sheet.append([None, *["Mt CO2"] * 5])
        sheet.append([None])
        whole = values.sum(axis=0)
        sheet.append(["Total Consumption", *whole[:2], 0, whole[2], whole.sum()])
        for sector, row in zip(INVENTORY, values, strict=True):
            sheet.append([sector + "   ", *row[:2], 0, row[2], row.sum()])
        if edit:
            edit(sheet)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def write_sheet(path: Path, name: str, rows: list[list]) -> None:
    """A workbook with a note and one sheet of rows."""
    book = openpyxl.Workbook()
    book.active.title = "NOTE"
    sheet = book.create_sheet(name)
    for row in rows:
        sheet.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


PANEL_HEADER = [
    "年度标识",
    "城市名称",
    "城市代码",
    "城市类别",
    "省份名称",
    "gdp（亿元人民币）",
    "第一产业增加值（亿元人民币）",
    "第二产业增加值",
    "第三产业增加值",
]


def panel_row(code: str, gdp: float, *, year: int = YEAR, name: str | None = None) -> list:
    """A row of the city panel with shares 0.1, 0.5, 0.4 of GDP."""
    return [
        year,
        name or CITIES[code],
        int(code),
        "地级市",
        "省",
        gdp,
        0.1 * gdp,
        0.5 * gdp,
        0.4 * gdp,
    ]


def write_csv(path: Path, rows: list[list]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle, lineterminator="\n").writerows(rows)


def write_classification(folder: Path) -> None:
    """A classification of three sectors and five inventory sectors; the country's own tables are
    cut down to three provinces.
    """
    layout = [["table", "axis", "code", "role", "name"]]
    for table in ("province", "nation"):
        names = dict(zip(("FU101", "FU102", "FU103", "FU201", "FU202"), CATEGORIES, strict=True))
        layout += [[table, "column", code, "final_demand", name] for code, name in names.items()]
        flows = {
            "EX": "exports",
            "OF": "outflow",
            "IM": "imports",
            "IF": "inflow",
            "ERR": "error",
            "GO": "output",
        }
        layout += [
            [table, "column", c, "flow", n]
            for c, n in flows.items()
            if table == "province" or c not in ("OF", "IF")
        ]
        layout += [
            [table, "column", "TIU", "total", "intermediate_use"],
            [table, "row", "TII", "total", "intermediate_input"],
        ]
        layout += [[table, "row", item, "value_added", f"item_{item}"] for item in ITEMS]
        layout += [
            [table, "row", "TVA", "total", "value_added"],
            [table, "row", "TI", "total", "input"],
        ]
    tables = {
        "io_layout": layout,
        "sectors": [["sector", "name", "industry", "kind", "group_a", "group_b", "key"],
                    ["01", "Farming", "primary", "goods", "agriculture", "agriculture", "false"],
                    ["02", "Power", "secondary", "goods", "energy", "energy", "true"],
                    ["03", "Services", "tertiary", "services", "high_tech", "services", "false"]],
        "final_demand": [["category", "name", "role", "residence"],
                         ["rural_households", "Rural", "household", "rural"], ["urban_households", "Urban", "household", "urban"],
                         ["government", "Government", "government", "all"], ["capital", "Capital", "capital", "all"],
                         ["stock_changes", "Inventories", "stock_changes", "all"]],
        "inventory_sectors": [["inventory_sector", "name", "kind", "residence", "key"],
                              ["1", INVENTORY[0], "production", "", ""], ["2", INVENTORY[1], "production", "", "electricity"],
                              ["3", INVENTORY[2], "production", "", ""], ["4", INVENTORY[3], "household", "urban", ""],
                              ["5", INVENTORY[4], "household", "rural", ""]],
        "bridge": [["inventory_sector", "sector"], ["1", "01"], ["2", "02"], ["3", "03"]],
        "fuels": [["fuel", "name", "unit", "emission_factor"], ["raw_coal", "Raw Coal", "t", 1.6],
                  ["diesel_oil", "Diesel Oil", "t", 3.1]],
        "benchmarks": [["parameter", "value", "unit", "source"], ["peak_emissions", 12.0, "Gt CO2", "assumed"]],
        "prices": [["parameter", "value", "source"], ["usd_rate", 6.2, "assumed"]],
        "notes": [["note"], ["Invented for a test."]],
        "provinces": [["province", "name", "name_local", "kind", "inventory_sheet"],
                      ["11", "Beijing", "北京", "municipality", "Beijing"],
                      ["46", "Hainan", "海南", "province", ""], ["64", "Ningxia", "宁夏", "province", "Ningxia"]],
        "region_names": [["region", "name", "name_local"], *([c, f"City {c}", n] for c, n in CITIES.items()),
                         ["640300", "Wuzhong", "吴忠市"]],
        "added_units": [["region", "name_local", "last_year", "note"], ["640300", "吴忠市", "", "not in the panel"]],
        "nested_units": [["region", "contains", "first_year", "last_year", "note"]],
        "population_corrections": [["last_year", "census", "unit", "region", "taken_from", "persons", "urban", "source"]],
        "boundary_units": [["district", "name", "region", "last_year"]],
        "code_changes": [["code", "current", "note"], ["110000", "110100", "municipality"]],
        "city_aliases": [["printed", "region", "note"]],
        "other_names": [["region", "other_name"], ["110000", "Peking"], ["460100", "Hoihow"]],
    }  # fmt: skip
    for name, rows in tables.items():
        write_csv(folder / f"{name}.csv", rows)


CATEGORIES = ["rural_households", "urban_households", "government", "capital", "stock_changes"]


def make_world(folder: Path) -> Dataset:
    """Raw files, sources list and classification below `folder`; the configuration that builds
    them.
    """
    raw, rng = folder / "raw", np.random.default_rng(3)
    roles = {}
    for i, (province, name) in enumerate(PROVINCES.items()):
        file = f"io/{province}.xlsx"
        write_io(
            raw / file,
            table_numbers(i, trade=province != "64"),
            title=f"{name}{YEAR}年投入产出表",
            top=3 + i,
        )
        roles[file] = ("provincial_io", province)
    inventories = {f"{SHEETS[p]}{YEAR}": rng.uniform(0.1, 5, (5, 3)) for p in ("11", "64")}
    write_inventories(raw / "inventory.xlsx", inventories)
    totals = [
        ("北京", YEAR, 10.5),
        ("宁夏银川", YEAR, 7.0),
        ("海南海口", YEAR, 2.0),
        ("宁夏银川", YEAR - 1, 6.0),
    ]
    vector = [
        ["ID", "city", "year", "emission"],
        *([f"{city}{year}", city, year, value] for city, year, value in totals),
    ]
    write_sheet(raw / "cities.xlsx", "emission vector", vector)
    rows = [panel_row(code, 100.0 + 50 * i) for i, code in enumerate(CITIES)]
    write_sheet(
        raw / "panel.xlsx",
        "面板数据",
        [PANEL_HEADER, *rows, panel_row("640100", 1.0, year=YEAR - 1), [None] * 9],
    )
    census = [
        [
            "city",
            "city_code",
            "popu_2020",
            "popu_urban_2020",
            "popu_rural_2020",
            "popu_2010",
            "popu_urban_2010",
            "popu_rural_2010",
        ]
    ]
    for i, (code, name) in enumerate({**CITIES, "640300": "吴忠市"}.items()):
        people, code = 1000.0 * (i + 1), "110100" if code == "110000" else code
        census.append(
            [
                name,
                code,
                1.2 * people,
                0.8 * people,
                0.4 * people,
                people,
                0.5 * people,
                0.5 * people,
            ]
        )
    write_csv(raw / "census.csv", census)
    roles |= {
        "inventory.xlsx": ("inventory_provinces", ""),
        "cities.xlsx": ("emissions_cities", ""),
        "panel.xlsx": ("value_added_cities", ""),
        "census.csv": ("population_cities", ""),
    }
    write_sources(folder / "sources.csv", raw, roles)
    write_classification(folder / "lists" / "year")
    return Dataset(
        kind="china",
        year=YEAR,
        raw_dir=str(raw),
        sources=str(folder / "sources.csv"),
        unsplit=("46",),
        classification=str(folder / "lists" / "year"),
    )


PLANTS_HEADER = ["Name", "Fuel", "Generator Technology", "Capacity (MW)", "Commissioning Date", "Operational Status",
                 "Latitude", "Longitude"]  # fmt: skip
#: Two plants of Yinchuan, one of Shizuishan; Wuzhong has none that counts, since its plant is of a
#: later year.
PLANTS = [
    ["Yinchuan coal", "Coal", "", 600, "2006", "Operational", 38.49, 106.23],
    ["Yinchuan wind", "Wind", "Onshore Wind", 100, "", "", 38.45, 106.20],
    ["Shizuishan coal", "Coal", "", 300, "2014-2016", "", 39.02, 106.38],
    ["Wuzhong coal", "Coal", "", 900, str(YEAR + 1), "", 37.98, 106.20],
    ["Wuzhong old", "Coal", "", 50, "1980", "Shutdown", 37.98, 106.20],
    ["Beijing gas", "Natural Gas", "CCGT", 400, "2010", "", 39.90, 116.40],
]
INVESTMENT_HEADER = ["year", "city", "city_code", "fai_100m", "fai_imputed"]
INVESTMENT = [
    [YEAR, "银川市", 640100, 60.0, "False"],
    [YEAR, "石嘴山市", 640200, 20.0, "True"],
    [YEAR, "北京市", 110000, 70.0, "False"],
    [YEAR, "海口市", 460100, 5.0, "False"],
    [YEAR - 1, "银川市", 640100, 1.0, "False"],
]


def add_extras(folder: Path, dataset: Dataset, *, plants=PLANTS, investment=INVESTMENT) -> Dataset:
    """Files of extra observations in a folder of their own, their list, and what the classification
    says of them.
    """
    write_csv(folder / "extras/plants.csv", [PLANTS_HEADER, *plants])
    write_csv(folder / "extras/panel.csv", [INVESTMENT_HEADER, *investment])
    write_sources(
        folder / "extras.csv",
        folder / "extras",
        {"plants.csv": ("power_plants", ""), "panel.csv": ("investment", "")},
    )
    hours = [["fuel", "technology", "hours", "source"], ["Coal", "", 5000, "assumed"], ["Wind", "", 2000, "assumed"],
             ["Natural Gas", "", 3000, "assumed"], ["Hydro", "", 3500, "assumed"], ["Hydro", "Pumped", 0, "assumed"],
             ["Hydro", "Dam and Pumped", 3000, "assumed"]]  # fmt: skip
    extras = [
        [
            "extra",
            "quantity",
            "sectors",
            "category",
            "unit",
            "reliability",
            "reliability_imputed",
            "source",
        ],
        ["power_plants", "output", "02", "", "MWh", 0.7, 0.3, "plants"],
        ["investment", "final_demand", "", "capital", "10^8 CNY", 0.7, 0.3, "panel"],
    ]
    write_csv(folder / "lists/year/full_load_hours.csv", hours)
    write_csv(folder / "lists/year/extras.csv", extras)
    return dataset.model_copy(
        update={
            "extras": ("power_plants", "investment"),
            "extras_sources": str(folder / "extras.csv"),
            "extras_dir": str(folder / "extras"),
        }
    )


def write_sources(
    path: Path, raw: Path, roles: dict[str, tuple[str, str]], *, url: str = "https://example.org/"
) -> None:
    """A sources list of files that lie in `raw`."""
    rows = [["file", "role", "province", "bytes", "sha256", "content", "url", "terms"]]
    for file, (role, province) in sorted(roles.items()):
        content = (raw / file).read_bytes()
        rows.append(
            [
                file,
                role,
                province,
                len(content),
                hashlib.sha256(content).hexdigest(),
                role,
                url + file,
                "none",
            ]
        )
    write_csv(path, rows)
