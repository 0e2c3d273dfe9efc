"""CO2 inventories: fuels and sectors by name, Mt to t, totals that add up."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from china_world import FUELS, YEAR, write_classification, write_inventories, write_sheet

from citymrio.base.errors import DataError, DataErrors
from citymrio.dataset.contract.corrections import COLUMNS, Corrections
from citymrio.dataset.sources.china.emissions import (
    read_city_emissions,
    read_inventories,
)

VALUES = np.random.default_rng(2).uniform(0.1, 9, (5, 3))


@pytest.fixture
def lists(tmp_path):
    write_classification(tmp_path / "lists")
    sectors, provinces = (
        pd.read_csv(tmp_path / f"lists/{n}.csv", dtype=str, keep_default_na=False)
        for n in ("inventory_sectors", "provinces")
    )
    return {"sectors": sectors, "fuels": pd.read_csv(tmp_path / "lists/fuels.csv")}, provinces


def sheets_of(provinces, year):
    """Sheets of the provinces that have an inventory by their list."""
    named = zip(provinces.province, provinces.inventory_sheet, strict=True)
    return {province: f"{name}{year}" for province, name in named if name}


@pytest.fixture
def read(tmp_path, lists):
    """Write a national inventory, read it back."""

    def write_and_read(values=VALUES, **options):
        write_inventories(tmp_path / "i.xlsx", {str(YEAR): values}, **options)
        return read_inventories(tmp_path / "i.xlsx", {"": str(YEAR)}, **lists[0])[""]

    return write_and_read


def test_a_national_inventory_is_read_in_tonnes_by_sector(read):
    table = read()
    total = table.groupby("inventory_sector").emissions.sum()
    assert list(total.index) == ["1", "2", "3", "4", "5"]
    assert np.allclose(total, VALUES.sum(axis=1) * 1e6, rtol=1e-14)


def test_provincial_inventories_keep_fuels_and_process_emissions_apart(tmp_path, lists):
    write_inventories(tmp_path / "i.xlsx", {f"Ningxia{YEAR}": VALUES, f"Beijing{YEAR}": 2 * VALUES})
    tables = read_inventories(tmp_path / "i.xlsx", sheets_of(lists[1], YEAR), **lists[0])
    assert sorted(tables) == ["11", "64"]  # Hainan has no sheet by its list
    wide = tables["64"].pivot(index="inventory_sector", columns="fuel", values="emissions")
    assert np.allclose(wide[["raw_coal", "diesel_oil", "process"]], VALUES * 1e6, rtol=1e-14)


def test_headings_with_underscores_are_the_same_fuels(read):
    plain = read()
    assert read(fuels=[f.replace(" ", "_") for f in FUELS], total="Scope_1_Total").equals(plain)


def test_a_missing_sheet_is_named_with_the_sheets_there_are(tmp_path, lists):
    write_inventories(tmp_path / "i.xlsx", {f"Beijing{YEAR}": VALUES})
    with pytest.raises(DataError, match=f"no sheet 'Ningxia{YEAR}' .sheets: NOTE, Beijing{YEAR}"):
        read_inventories(tmp_path / "i.xlsx", sheets_of(lists[1], YEAR), **lists[0])


@pytest.mark.parametrize(
    "edit, message",
    [
        (
            lambda s: setattr(s["B2"], "value", "kt CO2"),
            "unit is Mt CO2, kt CO2|unit is kt CO2, Mt CO2",
        ),
        (
            lambda s: setattr(s["A6"], "value", "Something"),
            "sectors Power, Steam and Hot Water are missing",
        ),
        (
            lambda s: setattr(s["B6"], "value", -1.0),
            "cell B6: emissions are -1 Mt, a value of 0 or more",
        ),
        (
            lambda s: setattr(s["B6"], "value", "n/a"),
            "cell B6: the cell is 'n/a', text; expected a number",
        ),
        (
            lambda s: setattr(s["F6"], "value", 1.0),
            "cell F6: the printed total is 1 Mt, its parts sum to",
        ),
        (
            lambda s: setattr(s["F4"], "value", 1.0),
            "cell F4: the printed total is 1 Mt, its parts sum to",
        ),
        (lambda s: setattr(s["C1"], "value", "Petrol"), "no row holds the fuels"),
    ],
)
def test_a_damaged_inventory_is_refused_with_place_and_value(read, edit, message):
    with pytest.raises(DataError, match=message):
        read(edit=edit)


HEADER = ["ID", "city", "year", "emission"]


@pytest.mark.parametrize(
    "rows, message",
    [
        ([["a", "甲", YEAR - 1, 1.0]], f"no city total for {YEAR}"),
        ([["a", "甲", YEAR, 0.0]], "row 2|cell D2: emissions are 0 Mt"),
        ([["a", "甲", YEAR, 1.0], ["b", "甲", YEAR, 2.0]], "city 甲 has two totals"),
        ([["a", "甲", YEAR, "1,0"]], "cell D2: the cell is '1,0'"),
    ],
)
def test_damaged_city_totals_are_refused(tmp_path, rows, message):
    write_sheet(tmp_path / "c.xlsx", "vector", [HEADER, *rows])
    with pytest.raises(DataError, match=message):
        read_city_emissions(tmp_path / "c.xlsx", year=YEAR)


def test_city_totals_of_all_years_are_read_in_tonnes(tmp_path):
    write_sheet(
        tmp_path / "c.xlsx",
        "vector",
        [HEADER, ["a", "甲", YEAR, 1.5], ["b", "乙", YEAR + 1, 9.0], [None] * 4],
    )
    table = read_city_emissions(tmp_path / "c.xlsx", year=YEAR)
    assert table[["name", "year", "emissions"]].values.tolist() == [
        ["甲", YEAR, 1.5e6],
        ["乙", YEAR + 1, 9e6],
    ]


def test_all_bad_cells_of_all_provinces_are_named_at_once_and_the_lines_they_propose_are_read(
    tmp_path, lists
):
    damaged = VALUES.copy()
    damaged[1, 0], damaged[3, 2] = -0.5, -0.25
    path = tmp_path / "i.xlsx"
    write_inventories(path, {f"Ningxia{YEAR}": damaged, f"Beijing{YEAR}": 2 * damaged})
    options = {"names": sheets_of(lists[1], YEAR), **lists[0]}
    lines = Corrections(tmp_path / "corrections.csv")
    with pytest.raises(DataErrors) as error:
        read_inventories(path, corrections=lines.of("ceads/i.xlsx"), **options)
    assert len(error.value.faults) == 4 and "replace" not in str(error.value)
    proposed = [fault.fix.splitlines()[1] for fault in error.value.faults]
    lines.path.write_text(",".join(COLUMNS) + "\n" + "\n".join(proposed) + "\n", encoding="utf-8")
    lines = Corrections.read(lines.path)
    tables = read_inventories(path, corrections=lines.of("ceads/i.xlsx"), **options)
    assert lines.unused() == []
    assert all((table.emissions >= 0).all() for table in tables.values())
    assert tables["64"].emissions.sum() == pytest.approx(np.maximum(damaged, 0).sum() * 1e6)


def test_the_real_inventories_have_the_known_totals(shared, root):
    raw, lists = shared / "data/china2012/raw/ceads", root / "config/classification"
    sectors = pd.read_csv(
        lists / "china2012/inventory_sectors.csv", dtype=str, keep_default_na=False
    )
    fuels = pd.read_csv(lists / "china2012/fuels.csv")
    provinces = pd.read_csv(lists / "china/provinces.csv", dtype=str, keep_default_na=False)
    known = {"sectors": sectors, "fuels": fuels}
    tables = read_inventories(raw / "provinces_2012.xlsx", sheets_of(provinces, 2012), **known)
    assert len(tables) == 30 and "54" not in tables
    assert sum(t.emissions.sum() for t in tables.values()) / 1e6 == pytest.approx(9742.7, abs=0.05)
    nation = read_inventories(raw / "china_1997_2019.xlsx", {"": "2012"}, **known)[""]
    assert nation.emissions.sum() / 1e6 == pytest.approx(9080.5, abs=0.05)
    cities = read_city_emissions(raw / "cities_1997_2019.xlsx", year=2012)
    cities = cities[cities.year == 2012]
    assert len(cities) == 263 and cities.emissions.sum() / 1e6 == pytest.approx(9911.6, abs=0.05)
