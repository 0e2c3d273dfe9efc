"""The toy country as its publishers would print it: workbooks with titles, codes, names and
subtotals; make and use tables; and the faults that such tables have.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import openpyxl
import toy
import toy_blocks

Rows = list[list]
NAMES = [row[1] for row in toy.SECTORS]
#: Headings of the columns of a table, as bureaus print them.
HEADINGS = {
    "households": "Household consumption",
    "government": "Government consumption",
    "capital": "Gross fixed capital formation",
    "stock_changes": "Changes in inventories",
    "exports": "Exports",
    "imports": "Imports",
    "outflow": "Outflow to other provinces",
    "inflow": "Inflow from other provinces",
    "error": "Others",
    "output": "Total output",
}
#: What the folder does not tell of regions.
PLACES = """\
region,population,population_rural,lon,lat,area_km2
NO,2300000,730000,11,50.5,14000
SO,3300000,920000,11.5,49.5,21000
"""


def table(name: str) -> Rows:
    """Rows of `provinces/NO`, `provinces/SO` or `national`, the header first."""
    return [list(row) for row in toy.example_tables()[name]]


def write_rows(path: Path, rows: Rows) -> Path:
    """A CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows(rows)
    return path


def printed(rows: Rows, title: str, names: Sequence[str] = NAMES) -> Rows:
    """A table as a bureau's sheet: a title, unit, headings above codes, names beside codes, and
    subtotals of uses, demand, inputs and value added.
    """
    header, n = rows[0], len(toy.CODES)
    place = {name: k for k, name in enumerate(header)}
    demand = [place[name] for name in toy.CATEGORIES]
    others = header[1 + n + len(demand) :]
    out: Rows = [
        [title],
        ["(at producers' prices)"],
        ["Unit: 10000 XTS"],
        [None, None, "", *names, "Intermediate use", *(HEADINGS[c] for c in toy.CATEGORIES)]
        + ["Final demand", *(HEADINGS[name] for name in others)],
        [
            None,
            None,
            "code",
            *toy.CODES,
            "TIU",
            "F1",
            "F2",
            "F3",
            "F4",
            "TFU",
            *range(901, 901 + len(others)),
        ],
    ]
    for name, row in zip(names, rows[1 : 1 + n], strict=True):
        uses, final = row[1 : 1 + n], [row[k] for k in demand]
        rest = [row[place[other]] for other in others]
        out.append([None, name, row[0], *uses, sum(uses), *final, sum(final), *rest])
    inputs = [sum(row[1 + j] for row in rows[1 : 1 + n]) for j in range(n)]
    out.append([None, "Intermediate inputs", "TII", *inputs])
    items = rows[1 + n :]
    for k, row in enumerate(items):
        out.append(["Value added" if k == 0 else None, row[0], f"V{k + 1}", *row[1 : 1 + n]])
    added = [sum(row[1 + j] for row in items) for j in range(n)]
    out.append([None, "Total value added", "TVA", *added])
    out.append(["Total input", None, "TI", *(a + b for a, b in zip(inputs, added, strict=True))])
    return out


def add_column(sheet: Rows, before: str, heading: str, values: Sequence[float]) -> None:
    """Put a column of products into a printed sheet, before the one of a heading."""
    at = sheet[3].index(before)
    for row in sheet[3:]:
        row[at:at] = [None] * (len(row) > at)
    sheet[3][at], sheet[4][at] = heading, 950
    for row, value in zip(sheet[5:], values, strict=False):
        row[at] = value


def add_to_column(sheet: Rows, heading: str, values: Sequence[float]) -> None:
    """Add amounts of products to the column of a heading of a printed sheet."""
    at = sheet[3].index(heading)
    for row, value in zip(sheet[5:], values, strict=False):
        row[at] += value


def write_book(path: Path, sheets: dict[str, Rows]) -> Path:
    """A workbook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def workbooks(
    folder: Path,
    change: Callable[[str, Rows], None] = lambda name, rows: None,
    edit: Callable[[Rows], None] = lambda sheet: None,
) -> Path:
    """Both provinces and the nation, a workbook each; `change` is told the name and the rows of
    the table, `edit` the printed sheet.
    """
    for name, title in (
        ("provinces/NO", "North 2020 input-output table"),
        ("provinces/SO", "South 2020 input-output table"),
        ("national", "Toyland 2020 input-output table"),
    ):
        rows = table(name)
        change(name, rows)
        sheet = printed(rows, title)
        edit(sheet)
        write_book(folder / f"{name.split('/')[-1]}.xlsx", {"table": sheet})
    return folder


def inventory_sheet(factor: float) -> Rows:
    """An inventory of CEADs: a total, two sectors and a fuel, in Mt CO2."""
    return [
        [None, "Raw Coal", "Process", "Scope 1 Total"],
        [None, *["Mt CO2"] * 3],
        ["Total Consumption", 7 * factor, 2 * factor, 9 * factor],
        ["Farming", 1 * factor, 0, 1 * factor],
        ["Power", 6 * factor, 2 * factor, 8 * factor],
    ]


#: The lists of its rows and columns.
OF_INVENTORY = {
    "inventory_sectors": "inventory_sector,name,kind,residence,key\n1,Farming,production,,\n"
    "2,Power,production,,electricity\n",
    "bridge": "inventory_sector,sector\n1,AGR\n2,ENE\n2,MAN\n2,SER\n",
    "fuels": "fuel,name,unit,emission_factor\ncoal,Raw Coal,t,2\n",
}


def make_and_use(folder: Path) -> Path:
    """The nation as tables of 5 products and 4 industries: a make table (industries by products),
    imports printed below 0, totals, scrap that no industry makes as its own product.
    """
    rows = table("national")
    place = {name: k for k, name in enumerate(rows[0])}
    n = len(toy.CODES)
    output = [row[place["output"]] for row in rows[1 : 1 + n]]
    make: Rows = [["", *toy.CODES, "Scrap", "Total industry output"]]
    for j, code in enumerate(toy.CODES):
        scrap = 1000 if code == "MAN" else 0
        own = [output[j] if i == j else 0 for i in range(n)]
        make.append([code, *own, scrap, output[j] + scrap])
    use: Rows = [["", *toy.CODES, *(HEADINGS[c] for c in toy.CATEGORIES), "Exports", "Imports"]]
    for row in rows[1 : 1 + n]:
        finals = [row[place[c]] for c in toy.CATEGORIES]
        use.append([*row[: 1 + n], *finals, row[place["exports"]], -row[place["imports"]]])
    use.append(["Scrap", 0, 0, 0, 0, 1000, 0, 0, 0, 0, 0])
    for row in rows[1 + n :]:
        # the larger output of scrap is value added
        extra = 1000 if row[0] == "surplus" else 0
        use.append(
            [
                row[0],
                *(
                    v + (extra if c == "MAN" else 0)
                    for c, v in zip(toy.CODES, row[1:], strict=False)
                ),
            ]
        )
    write_rows(folder / "national_make.csv", make)
    write_rows(folder / "national_use.csv", use)
    return folder


#: What is called "Imported products" below the home products of a table.
IMPORTED = "Imported products"


def home_and_imported(
    name: str, title: str, change: Callable[[Rows, Rows], None] = lambda home, imported: None
) -> tuple[Rows, Rows]:
    """A table as two sheets: use of home products, with a row of what is imported, and use of
    imported products. `change` is told the sheets.
    """
    rows, n = table(name), len(toy.CODES)
    place = {label: k for k, label in enumerate(rows[0])}
    bought = toy_blocks.blocks(rows)["imports"].round()
    uses = range(1, 1 + n + len(toy.CATEGORIES))
    block = [[*rows[0][: uses.stop], "imports"]]
    for i, row in enumerate(rows[1 : 1 + n]):
        block.append([row[0], *map(int, bought[i]), int(bought[i].sum())])
        row[place["output"]] += int(bought[i].sum()) - row[place["imports"]]
        for k in uses:
            row[k] -= int(bought[i, k - 1])
    for row in rows[: 1 + n]:
        del row[place["imports"]]
    surplus = rows[-1]
    for j in range(n):  # inputs and outputs changed by what was rounded
        paid = sum(row[1 + j] for row in rows[1:]) + int(bought[:, j].sum())
        surplus[1 + j] += rows[1 + j][-1] - paid
    home, imported = printed(rows, title), printed(block, title)[: 6 + n]
    at = next(k for k, row in enumerate(home) if "TII" in row) + 1
    sums = [int(value) for value in bought.sum(axis=0)]
    parts = [*sums[:n], sum(sums[:n]), *sums[n:], sum(sums[n:])]
    home.insert(at, ["", IMPORTED, "IMP", *parts])
    for j in range(n):
        home[-1][3 + j] += sums[j]
    change(home, imported)
    return home, imported


def pairs(
    folder: Path,
    change: Callable[[str, Rows, Rows], None] = lambda name, home, imported: None,
    form: str = "sheets",
) -> Path:
    """Both provinces and the nation as home and imported products: two sheets of a workbook, two
    workbooks (`files`), or one below the other in a sheet (`stacked`).
    """
    for name, title in (
        ("provinces/NO", "North 2020 input-output table"),
        ("provinces/SO", "South 2020 input-output table"),
        ("national", "Toyland 2020 input-output table"),
    ):
        sheets = home_and_imported(name, title, partial(change, name))
        stem = name.split("/")[-1]
        if form == "sheets":
            both = dict(zip(("Home products", "Imports"), sheets, strict=True))
            write_book(folder / f"{stem}.xlsx", both)
        elif form == "files":
            for end, rows in zip(("home", "imports"), sheets, strict=True):
                write_book(folder / f"{stem}_{end}.xlsx", {"table": rows})
        else:
            home, imported = sheets
            n = len(toy.CODES)
            block = [[*row[:-1], *[None] * (len(home[4]) - len(row)), row[-1]] for row in imported]
            home[3][-1] = "Total output / imports"
            stacked = [*home[: 5 + n], *block[5 : 5 + n], *home[6 + n + 1 :]]
            write_book(folder / f"{stem}.xlsx", {"table": stacked})
    return folder


def as_eurostat_prints(folder: Path) -> tuple[Rows, Rows]:
    """A country of three products: sheets DOM and IMP, totals behind products both ways, imports and
    taxes in rows of their own, output in a row alone, goods that are sold abroad again.
    """
    codes, names = ["A", "B-E", "F-U"], ["Agriculture", "Industry", "Services"]
    labels = ["Households", "Government", "Gross fixed capital formation", "Changes in inventories"]
    home = [
        [5, 20, 3, 30, 0, 2, -1, 6],
        [6, 40, 20, 50, 5, 30, 2, 40],
        [4, 30, 60, 90, 70, 25, 0, 9],
    ]
    bought = [[1, 4, 1, 5, 0, 0, 0, 2], [2, 15, 6, 20, 1, 9, 1, 4], [0, 3, 5, 4, 0, 1, 0, 0]]

    def sheet(title: str, cells: Rows) -> Rows:
        sums = [sum(row[k] for row in cells) for k in range(8)]
        rows = [*zip(codes, names, cells, strict=True), ("TOTAL", "Total", sums)]
        above = ["", "", *codes, "TOTAL", "P3_S14", "P3_S13", "P51G", "P52", "P6", "TU"]
        head = ["", "", *names, "Total", *labels, "Exports", "Total use"]
        body = [[a, b, *c[:3], sum(c[:3]), *c[3:], sum(c)] for a, b, c in rows]
        return [[title], ["Million euro"], head, above, *body]

    domestic, imported = sheet("Home, 2015", home), sheet("From abroad, 2015", bought)
    use = [sum(row[j] for row in home) for j in range(3)]
    foreign, taxes = imported[-1][2:5], [1, 2, 3]
    output = [sum(row) for row in home]
    paid = [a + b + c for a, b, c in zip(use, foreign, taxes, strict=True)]
    added = [a - b for a, b in zip(output, paid, strict=True)]
    domestic += [["IMP", "Use of imported products, cif", *imported[-1][2:]]]
    for code, name, row in (
        ("D21X31", "Taxes less subsidies on products", taxes),
        ("TIC", "Total intermediate consumption at purchasers' prices", paid),
        ("B1G", "Value added at basic prices", added),
        ("P1", "Output at basic prices", output),
    ):
        domestic.append([code, name, *row])
    write_book(folder / "fi.xlsx", {"DOM": domestic, "IMP": imported})
    return home, bought
