"""The China of `china_world` in the layout of 2007, written as a user would find it: raw files, and
lists alone to read them by.

Provinces print one column of outflow and one of inflow, foreign trade included; two columns that no
list knows; sectors under other names; headings in other rows; intermediate use below 0 in two
provinces.
"""

from __future__ import annotations

from pathlib import Path

import china_world as world
import numpy as np
import openpyxl

YEAR = 2007
PROVINCES = {"11": "北京", "46": "海南", "64": "宁夏"}
#: GDP of the provinces, 10^4 yuan, and of the cities, share in it.
GDP = {"11": 9.0e7, "46": 1.2e7, "64": 0.9e7}
CITIES = {"110000": 1.0, "640100": 0.5, "640200": 0.3, "640300": 0.2}
NAMES = ["农业", "工业", "其他服务业"]
INPUTS = np.array([[0.30, 0.08, 0.02], [0.50, 0.75, 0.50], [0.20, 0.17, 0.48]])
#: Cells below 0: product, user, share of the user's inputs.
NEGATIVE = {"64": [(0, 1, 0.004), (0, 2, 0.002)], "46": [(2, 0, 0.01)]}
COLUMNS = [
    "TIU",
    "FU101",
    "FU102",
    "FU103",
    "FU201",
    "FU202",
    "EX",
    "TFU",
    "IM",
    "X1",
    "ERR",
    "X2",
    "GO",
]


def provinces() -> tuple[dict[str, dict[str, np.ndarray]], dict[str, np.ndarray]]:
    """Numbers of the provinces that add up, with their true foreign trade (`exports`, `imports`),
    and of the nation.
    """
    rng, tables = np.random.default_rng(7), {}
    for province, gdp in GDP.items():
        added = gdp * np.array([0.1, 0.5, 0.4])
        output = added / np.array([0.5, 0.35, 0.55])
        z = INPUTS * (output - added)
        for i, j, share in NEGATIVE.get(province, ()):
            z[1, j] += z[i, j] + share * (output - added)[j]
            z[i, j] = -share * (output - added)[j]
        tables[province] = {
            "z": z,
            "GO": output,
            "added": added,
            "exports": 0.08 * output * rng.uniform(0.5, 1.5, 3),
        }
        tables[province]["imports"] = 0.06 * output * rng.uniform(0.5, 1.5, 3)
    flows = {(p, q): 0.05 * np.minimum(tables[p]["GO"], tables[q]["GO"]) * rng.uniform(0.5, 1.5, 3)
             for p in GDP for q in GDP if p != q}  # fmt: skip
    for p, table in tables.items():
        table["OF"] = table["exports"] + sum(flow for (a, _), flow in flows.items() if a == p)
        table["IF"] = table["imports"] + sum(flow for (_, b), flow in flows.items() if b == p)
        final = table["GO"] - table["z"].sum(1) - table["OF"] + table["IF"]
        table["f"] = final[:, None] * np.array([0.12, 0.33, 0.15, 0.37, 0.03])
        table["v"] = np.outer([0.5, 0.1, 0.1, 0.3], table["GO"] - table["z"].sum(0))
    nation = {
        name: sum(table[name] for table in tables.values())
        for name in ("z", "f", "v", "GO", "exports", "imports")
    }
    nation["z"] = np.maximum(nation["z"], 0.0)
    nation["f"] = nation["f"] * ((nation["GO"] - nation["z"].sum(1) - nation["exports"] + nation["imports"])
                                 / nation["f"].sum(1))[:, None]  # fmt: skip
    nation["v"] = np.outer([0.5, 0.1, 0.1, 0.3], nation["GO"] - nation["z"].sum(0))
    return tables, nation


def write_table(path: Path, numbers: dict[str, np.ndarray], *, title: str, top: int) -> None:
    """A workbook in the layout of 2007: trade in one column each way, heads of the nation are the
    same codes.
    """
    total = {
        "EX": numbers.get("OF", numbers["exports"]),
        "IM": numbers.get("IF", numbers["imports"]),
    }
    z, f, v = numbers["z"], numbers["f"], numbers["v"]
    columns = {"TIU": z.sum(1), **dict(zip(COLUMNS[1:6], f.T, strict=True)), "EX": total["EX"], "TFU": f.sum(1) + total["EX"],
               "IM": total["IM"], "X1": 0.11 * numbers["GO"], "ERR": np.zeros(3), "X2": 0.07 * numbers["GO"],
               "GO": numbers["GO"]}  # fmt: skip
    book = openpyxl.Workbook()
    sheet = book.active
    rows = [[title], *[[] for _ in range(top)], [None, "代码", "名称", *world.SECTORS, *columns]]
    for i, sector in enumerate(world.SECTORS):
        rows.append(
            [None, sector, NAMES[i], *z[i], *(float(values[i]) for values in columns.values())]
        )
    rows.append([None, "TII", "中间投入合计", *z.sum(0)])
    rows += [[None, item, None, *v[k]] for k, item in enumerate(world.ITEMS)]
    rows += [[None, "TVA", None, *v.sum(0)], [None, "TI", None, *numbers["GO"]]]
    for row in rows:
        sheet.append([float(cell) if isinstance(cell, np.floating) else cell for cell in row])
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def lists(folder: Path) -> None:
    """The classification: that of `china_world` with what is different in 2007."""
    world.write_classification(folder)
    flows = {"EX": "outflow_total", "IM": "inflow_total", "ERR": "error", "GO": "output"}
    rows = [["table", "axis", "code", "role", "name"]]
    for table in ("province", "nation"):
        named = flows if table == "province" else {**flows, "EX": "exports", "IM": "imports"}
        rows += [
            [table, "column", code, "final_demand", name]
            for code, name in zip(COLUMNS[1:6], world.CATEGORIES, strict=True)
        ]
        rows += [[table, "column", code, "flow", name] for code, name in named.items()]
        rows += [
            [table, "column", "TIU", "total", "intermediate_use"],
            [table, "row", "TII", "total", "intermediate_input"],
        ]
        rows += [[table, "row", item, "value_added", f"item_{item}"] for item in world.ITEMS]
        rows += [
            [table, "row", "TVA", "total", "value_added"],
            [table, "row", "TI", "total", "input"],
        ]
    world.write_csv(folder / "io_layout.csv", rows)
    sectors = [["sector", "name", "industry", "kind", "group_a", "group_b", "key", "name_local"],
               ["01", "Agriculture", "primary", "goods", "agriculture", "agriculture", "false", NAMES[0]],
               ["02", "Industry", "secondary", "goods", "energy", "energy", "true", NAMES[1]],
               ["03", "Other services", "tertiary", "services", "high_tech", "services", "false", NAMES[2]]]  # fmt: skip
    world.write_csv(folder / "sectors.csv", sectors)


def make(folder: Path) -> Path:
    """All that a user writes below `folder`; returns the configuration."""
    raw, (tables, nation) = folder / "raw", provinces()
    roles = {}
    for k, (province, name) in enumerate(PROVINCES.items()):
        file = f"io/{name}.xlsx"
        write_table(raw / file, tables[province], title=f"{name}{YEAR}年投入产出表", top=k)
        roles[file] = ("provincial_io", province)
    write_table(raw / "nation.xlsx", nation, title=f"{YEAR}年全国投入产出表", top=5)
    shares = np.array(
        [[0.02, 0.01, 0], [0.4, 0.05, 0.1], [0.05, 0.1, 0], [0.03, 0.02, 0], [0.04, 0.01, 0]]
    )
    world.write_inventories(
        raw / "inventory.xlsx",
        {f"{world.SHEETS[p]}{YEAR}": shares * 1.5e-6 * GDP[p] for p in ("11", "64")},
        total="Total",
    )
    rows = [
        world.panel_row(
            code,
            GDP[code[:2]] * share / 1e4,
            year=YEAR,
            name={**world.CITIES, "640300": "吴忠市"}[code],
        )
        for code, share in CITIES.items()
    ]
    world.write_sheet(raw / "panel.xlsx", "面板数据", [world.PANEL_HEADER, *rows])
    totals = [["city", "year", "emission"], ["北京", YEAR, 100.0], ["宁夏银川", YEAR, 6.0]]
    world.write_sheet(raw / "cities.xlsx", "emission vector", totals)
    people = {
        **{code: GDP[code[:2]] * share / 3.0 for code, share in CITIES.items()},
        "460100": GDP["46"] / 3.0,
    }
    census = [
        [
            "city",
            "city_code",
            *(f"popu{part}_{y}" for y in (2020, 2010) for part in ("", "_urban", "_rural")),
        ]
    ]
    for code, count in people.items():
        census.append(
            [
                code,
                "110100" if code == "110000" else code,
                *(s * count for s in (1.2, 0.8, 0.4, 1.0, 0.5, 0.5)),
            ]
        )
    world.write_csv(raw / "census.csv", census)
    roles |= {
        "nation.xlsx": ("national_io", ""),
        "inventory.xlsx": ("inventory_provinces", ""),
        "panel.xlsx": ("value_added_cities", ""),
        "cities.xlsx": ("emissions_cities", ""),
        "census.csv": ("population_cities", ""),
    }
    world.write_sources(folder / "sources.csv", raw, roles)
    lists(folder / "lists/china2007")
    config = folder / "china2007.yaml"
    config.write_text(
        f"run: china2007\ndataset:\n  kind: china\n  year: {YEAR}\n  raw_dir: {raw}\n  sources: "
        f"{folder}/sources.csv\n"
        f"  classification: {folder}/lists/china2007\n  unsplit: ['46']\n",
        encoding="utf-8",
    )
    return config
