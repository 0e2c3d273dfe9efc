"""A year of which the project knows nothing: files under other names and in other layouts, lists
alone, no code.

The raw files of 2017 stand for those of 2016, rewritten the way bureaus and CEADs differ from year
to year. Skipped where the real files are not at hand.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from sound_dataset import check_dataset

from citymrio.assessment.audit import audit
from citymrio.base.labels import read_json
from citymrio.chain.estimate import estimate
from citymrio.config.models import Config, Dataset
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources.china import build as china
from citymrio.dataset.sources.retrieve import read_sources
from citymrio.dataset.workbook import Sheet, Workbook, code

YEAR, LIKE = 2016, 2017
WIDE = {
    ord(letter): ord(letter) + 0xFEE0 for letter in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
}  #: full-width forms
#: Taken out of the country: no table.
WITHOUT = "54"


def write(path: Path, sheets: list[tuple[str, list[list]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def of_year(rows: list[list]) -> list[list]:
    """Titles that name the other year: now this one, in full-width digits and with blanks."""
    shown = " ".join(str(YEAR)).translate(WIDE)
    return [
        [cell.replace(str(LIKE), shown) if isinstance(cell, str) else cell for cell in row]
        for row in rows
    ]


def coded_rows(sheet: Sheet) -> tuple[int, int, int]:
    """Row of the column codes, first row of a sector, number of sectors."""
    header = next(
        k
        for k, row in enumerate(sheet.rows)
        if {"01", "02", "03", "42"} <= {code(cell) for cell in row}
    )
    return header, header + 1, 42


def without_errors(rows: list[list], header: int) -> list[list]:
    """The table without its column of errors."""
    place = [code(cell) for cell in rows[header]].index("ERR")
    return [row[:place] + row[place + 1 :] for row in rows]


def respelled(rows: list[list], header: int, number: int) -> list[list]:
    """Codes as numbers, in full width, with zeros and blanks: by turns."""
    ways = (
        lambda c: int(c) if c.isdigit() else c.lower(),
        lambda c: c.translate(WIDE),
        lambda c: f" {c[:2]} {c[2:]}".rstrip(),
        lambda c: f"0{c}" if c.isdigit() else c,
    )
    way = ways[number % len(ways)]
    column = next(
        k
        for k in range(4)
        if sum(code(row[k]).isdigit() for row in rows[header + 1 :] if len(row) > k) > 30
    )
    result = [list(row) for row in rows]
    result[header] = [
        way(code(cell)) if code(cell) and cell != "代码" else cell for cell in result[header]
    ]
    for row in result[header + 1 :]:
        if len(row) > column and code(row[column]):
            row[column] = way(code(row[column]))
    return result


def provincial_tables(source: Path, target: Path, names: pd.DataFrame) -> dict[str, str]:
    """31 workbooks less one, each laid out in another way; their files by province."""
    files = {}
    for number, (province, english) in enumerate(zip(names.province, names.name, strict=True)):
        if province == WITHOUT:
            continue
        book = Workbook(source / f"{province}0000.xls")
        sheet = next(iter(book.sheets()))
        rows, (header, first, count) = of_year(sheet.rows), coded_rows(sheet)
        where = [code(cell) for cell in rows[header]].index("ERR")
        errors = [row[where] for row in rows[first : first + count]]
        rows = respelled(rows, header, number)
        if number % 2 and not any(errors):
            rows = without_errors(rows, header)
        if number % 3 == 1:  # sectors from last to first, as rows
            rows[first : first + count] = rows[first : first + count][::-1]
        rows = [[]] * (number % 4) + [[None] * (number % 3) + row for row in rows]
        decoy = [[f"{english} 2003"], *rows[1:]]
        notes = [["说明"], ["01", "02"]]
        sheets = [("说明", notes), ("2003", decoy)] if number % 5 == 0 else [("说明", notes)]
        files[province] = f"tables/{english.lower().replace(' ', '_')} 投入产出表.xlsx"
        write(target / files[province], [*sheets, (f"表{number}", rows)])
    return files


def inventories(source: Path, target: Path) -> None:
    """The workbook of provincial inventories with its sheets and rows in another order, names with
    blanks, older headings.
    """
    book = Workbook(source)
    sheets = list(book.sheets())
    result = []
    for number, sheet in enumerate(reversed(sheets)):
        rows = [list(row) for row in sheet.rows]
        name = sheet.name.replace(str(LIKE), f" {YEAR}" if number % 2 else str(YEAR))
        if sheet.name.endswith(str(LIKE)):
            rows[0] = (
                ["Total" if cell == "Scope 1 Total" else cell for cell in rows[0]]
                if number % 3 == 0
                else rows[0]
            )
            rows[1] = ["Mt  CO2" if cell == "Mt CO2" else cell for cell in rows[1]]
            rows[4:] = rows[4:][::-1]
            rows = [["CO2 emissions"], *([None, *row] if number % 2 else row for row in rows)]
        result.append((name.upper() if number % 4 == 0 else name, rows))
    write(target, result)


def national_table(source: Path, target: Path) -> None:
    book = Workbook(source)
    sheets = [(sheet.name, of_year(sheet.rows)) for sheet in book.sheets()]
    write(target, [(name, [[], [], *rows]) for name, rows in reversed(sheets)])


def sources_list(raw: Path, roles: dict[str, tuple[str, str]], path: Path) -> None:
    rows = []
    for file, (role, province) in roles.items():
        content = (raw / file).read_bytes()
        rows.append(
            (
                file,
                role,
                province,
                len(content),
                hashlib.sha256(content).hexdigest(),
                role,
                "https://example.org/x",
                "-",
            )
        )
    columns = ["file", "role", "province", "bytes", "sha256", "content", "url", "terms"]
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory, shared, root) -> Dataset:
    """Files, a sources list and a classification folder of 2016: what another user would write."""
    base = tmp_path_factory.mktemp("another year")
    raw, lists = base / "raw", base / "lists/china2016"
    old = {year: shared / f"data/china{year}/raw" for year in (2012, LIKE)}
    names = pd.read_csv(
        root / "config/classification/china/provinces.csv", dtype=str, keep_default_na=False
    )
    roles = {
        file: ("provincial_io", p)
        for p, file in provincial_tables(old[LIKE] / "provincial_io", raw, names).items()
    }
    national_table(old[LIKE] / "national_io/china.xlsx", raw / "nation.xlsx")
    inventories(old[LIKE] / "ceads/provinces_2017.xlsx", raw / "inventories.xlsx")
    roles |= {"nation.xlsx": ("national_io", ""), "inventories.xlsx": ("inventory_provinces", "")}
    known = read_sources(root / "config/sources/china2017.csv")
    for role in ("inventory_nation", "emissions_cities", "value_added_cities", "population_cities"):
        file = known.file[known.role == role].iloc[0]
        (raw / Path(file).name).symlink_to((old[2012] / file).resolve())
        roles[Path(file).name] = (role, "")
    sources_list(raw, roles, base / "china2016.csv")
    shutil.copytree(root / "config/classification/china", base / "lists/china")
    shutil.copytree(root / "config/classification/china2017", lists)
    names[names.province != WITHOUT].to_csv(lists / "provinces.csv", index=False)
    pd.DataFrame(
        {"parameter": ["usd_rate"], "value": ["6.6423"], "source": ["mean of 2016"]}
    ).to_csv(lists / "prices.csv", index=False)
    return Dataset(
        kind="china",
        year=YEAR,
        raw_dir=str(raw),
        sources=str(base / "china2016.csv"),
        classification=str(lists),
    )


@pytest.fixture(scope="module")
def built(dataset, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("dataset")
    china.build(dataset, folder)
    check_dataset(folder)
    return folder


@pytest.mark.night
def test_lists_alone_make_the_dataset_of_another_year(built, tmp_path, shared, root):
    info = read_json(built / "dataset.json")
    assert (info["year"], info["usd_rate"], info["counts"]["provinces"]) == (YEAR, 6.6423, 30)
    assert any("not part of the country: Xizang" in note for note in info["notes"])
    assert not any(str(other) in note for note in info["notes"][-6:] for other in (2012, LIKE))
    like = Dataset(
        kind="china",
        year=LIKE,
        raw_dir=str(shared / "data/china2017/raw"),
        sources=str(root / "config/sources/china2017.csv"),
        classification=str(root / "config/classification/china2017"),
    )
    china.build(like, tmp_path)
    mine, theirs = DatasetFolder.read(built), DatasetFolder.read(tmp_path)
    assert set(theirs.provinces) - set(mine.provinces) == {WITHOUT}
    for province, table in mine.provinces.items():  # the same numbers, wherever they stood
        for name, values in table.data_vars.items():
            np.testing.assert_allclose(
                values, theirs.provinces[province][name], rtol=1e-13, err_msg=f"{province} {name}"
            )
        key = ["inventory_sector", "fuel"]
        amounts = [
            data.inventory[province].sort_values(key)["emissions"].to_numpy()
            for data in (mine, theirs)
        ]
        np.testing.assert_allclose(*amounts, rtol=1e-13, err_msg=province)
    regions = mine.tables["regions"]
    assert not regions.region.str.startswith(WITHOUT).any()
    assert (
        regions.gdp
        != theirs.tables["regions"].set_index("region").gdp.reindex(regions.region).values
    ).mean() > 0.9


@pytest.mark.night
def test_another_year_runs_through_to_an_audit_without_a_failed_row(built):
    config, data = Config(), DatasetFolder.read(built)
    found = estimate(data, config)
    report = audit(
        found.nested,
        found.mrio,
        found.system,
        found.accounts,
        found.footprints,
        config.audit.tolerance,
    )
    assert report["passed"].all(), report[~report["passed"]]
    assert len(report) >= 15


def test_no_module_of_the_adapter_names_a_year_of_a_run(root):
    for path in sorted((root / "scripts/citymrio/datasets").glob("china*.py")):
        lines = [line.split("#")[0] for line in path.read_text(encoding="utf-8").splitlines()]
        outside = re.sub(r'"""(?s:.*?)"""', "", "\n".join(lines))
        assert not re.findall(r"\b(?:19|20)\d\d\b", outside), path.name
