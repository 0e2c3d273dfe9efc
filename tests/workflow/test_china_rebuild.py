"""One province's raw file in the China run: what depends on it runs anew, and what does not depend
on it does not.

The run is that of `make china2012` where its results are there; `make test-rebuild` makes its
estimation where they are not. The dataset is made anew; what would follow is listed without running
it.
"""

from __future__ import annotations

import csv
import hashlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlrd
from checkout import ROOT, Checkout

pytestmark = [pytest.mark.slow, pytest.mark.night]

CONFIG, SOURCES = "config/china2012.yaml", "config/sources/china2012.csv"
ESTIMATION = {
    "balance_provinces": 1,
    "province_trade": 1,
    "province_mrio": 1,
    "cities": 31,
    "nest": 1,
}
BELOW = {"emissions": 1, "footprint": 1, "footprints": 1}


@pytest.fixture(scope="module")
def china(shared, tmp_path_factory) -> Checkout:
    """A checkout with the raw files in `raw`, and every result that the footprints need."""
    raw = shared / "data/china2012/raw"
    if not raw.is_dir():
        pytest.skip(f"needs the raw files in {raw}")
    checkout = Checkout.make(tmp_path_factory.mktemp("china"))
    shutil.copytree(raw, checkout.folder / "raw", copy_function=shutil.copyfile)
    for path in [checkout.folder / "raw", *(checkout.folder / "raw").rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    if (ROOT / "results/china2012/footprint/footprints.nc").is_file() and (
        ROOT / ".snakemake"
    ).is_dir():
        shutil.copytree(ROOT / "results/china2012", checkout.results("china2012"))
        shutil.copytree(ROOT / ".snakemake", checkout.folder / ".snakemake")
    elif "REBUILD_TABLE" not in os.environ:
        pytest.skip(
            "needs the results of `make china2012` (`make test-rebuild` makes what it needs)"
        )
    run(checkout, "footprints")
    return checkout


def run(checkout: Checkout, *arguments: str) -> str:
    code, text = checkout.run(*arguments, "--config", "dataset={raw_dir: raw}", config=CONFIG)
    assert code == 0, text
    return text


def to_do(checkout: Checkout) -> dict[str, int]:
    """Rule -> jobs that the footprints would need."""
    text = run(checkout, "footprints", "--dry-run", "--quiet", "rules")
    table = text[text.index("Job stats:") :] if "Job stats:" in text else ""
    return {
        rule: int(count)
        for rule, count in re.findall(r"^(\w+) +(\d+)$", table, flags=re.M)
        if rule != "total"
    }


def listed(checkout: Checkout, name: str) -> None:
    """Write size and checksum of a raw file into the sources list."""
    path, content = checkout.folder / SOURCES, (checkout.folder / "raw" / name).read_bytes()
    with open(path, encoding="utf-8", newline="") as table:
        rows = list(csv.DictReader(table))
    row = next(row for row in rows if row["file"] == name)
    row["bytes"], row["sha256"] = str(len(content)), hashlib.sha256(content).hexdigest()
    with open(path, "w", encoding="utf-8", newline="") as table:
        writer = csv.DictWriter(table, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def households_move(path: Path) -> None:
    """In a provincial table, households in the country and in town exchange 1,000 of two products:
    every total stays.
    """
    book = xlrd.open_workbook(str(path))
    copy = openpyxl.Workbook()
    copy.remove(copy.active)
    for sheet in book.sheets():
        rows = [
            [None if value == "" else value for value in sheet.row_values(k)]
            for k in range(sheet.nrows)
        ]
        header = next((row for row in rows if {"FU101", "FU102"} <= set(map(str, row))), None)
        if header is not None:
            country, town = header.index("FU101"), header.index("FU102")
            both = [
                row
                for row in rows[rows.index(header) + 1 :]
                if isinstance(row[country], float) and row[country] > 1e5
            ]
            for row, change in zip(both[:2], (1000.0, -1000.0), strict=True):
                row[country] += change
                row[town] -= change
        target = copy.create_sheet(sheet.name)
        for row in rows:
            target.append(row)
    copy.save(path)  # an .xlsx under the old name: the adapter goes by content


def fuels_move(path: Path) -> None:
    """In the inventory of one province, two sectors exchange 0.1 Mt of two fuels: every total
    stays.
    """
    book = openpyxl.load_workbook(path)
    sheet = book["Hebei2012"]
    fuels = {str(cell.value).strip(): cell.column for cell in sheet[1]}
    sectors = {str(row[0].value).strip(): row[0].row for row in sheet.iter_rows(max_col=1)}
    for sector, change in (
        ("Smelting and Pressing of Ferrous Metals", 0.1),
        ("Metal Products", -0.1),
    ):
        for fuel, sign in (("Coke", 1), ("Raw Coal", -1)):
            sheet.cell(sectors[sector], fuels[fuel]).value += sign * change
    book.save(path)


@pytest.mark.parametrize(
    ("change", "name", "edit", "expected"),
    [
        (
            "China: fuels of one province in the workbook of inventories",
            "ceads/provinces_2012.xlsx",
            fuels_move,
            BELOW,
        ),
        (
            "China: the table of one province",
            "provincial_io/130000.xls",
            households_move,
            {**ESTIMATION, **BELOW},
        ),
    ],
    ids=["inventory", "table"],
)
def test_a_provinces_raw_file_runs_what_depends_on_it(
    china, rebuilds, change: str, name: str, edit: Callable[[Path], None], expected: dict[str, int]
):
    """Provinces are balanced in one system: a table of one changes the trade of all. An inventory
    changes no table.

    The table comes last, since all of the estimation would have to be made before the next change.
    """
    run(china, "footprints")
    assert to_do(china) == {}
    edit(china.folder / "raw" / name)
    listed(china, name)
    before = china.logs("china2012")
    run(china, "results/china2012/dataset")
    first = {job for job, time in china.logs("china2012").items() if before.get(job) != time}
    found = to_do(china)
    rebuilds.add(
        f"{change} (target: footprints)",
        {
            "retrieve",
            "dataset",
            *(f"{rule} x{count}" for rule, count in expected.items() if rule != "footprints"),
        },
        {*first, *(f"{rule} x{count}" for rule, count in found.items() if rule != "footprints")},
    )
    assert first == {"retrieve", "dataset"}
    assert found == expected
