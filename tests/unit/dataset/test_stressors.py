"""The table of further stressors: what keeps its rules, and every fault of it at once with place and
fix.
"""

from __future__ import annotations

import given_files
import pandas as pd
import pytest
import toy_run
import xarray as xr
from china_world import PROVINCES, make_world
from sound_dataset import check_dataset

from citymrio.base.errors import CityMRIOError
from citymrio.base.labels import read_table
from citymrio.config.models import Dataset
from citymrio.dataset.contract.checks import faults_of
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.reading import make_dataset
from citymrio.dataset.sources.china import build
from citymrio.emissions.stressors import TEXT, stressor_inventories

HEAD = ["stressor", "unit", "region", "province", "sector", "value"]
#: Water of both provinces by sector, and the total of a city; employment of all cities.
SOUND = [
    *(["water", "m3", "", province, "AGR", 5e6] for province in ("NO", "SO")),
    ["water", "m3", "", "NO", "households", 3e6],
    ["water", "m3", "N1", "", "", 4e6],
    *(["jobs", "persons", region, "", "MAN", 100] for region in ("N1", "N2", "S1", "S2", "S3")),
]


def folder(tmp_path, rows, head=HEAD):
    return toy_run.write_folder(tmp_path, lambda tables: tables.update(stressors=[head, *rows]))


def faults(tmp_path, rows, head=HEAD):
    return [str(fault) for fault in faults_of(read_folder(folder(tmp_path, rows, head)))]


def test_a_sound_table_is_kept_and_said(tmp_path):
    given = folder(tmp_path / "given", SOUND)
    config = Dataset(kind="user", raw_dir=str(given), year=2020)
    read, _ = make_dataset(config, tmp_path / "dataset")
    assert read.set_index("table").loc["stressors", "note"] == "water (m3), jobs (persons)"
    assert len((tmp_path / "dataset/stressors.csv").read_text().splitlines()) == len(SOUND) + 1


def test_every_fault_of_a_row_is_told_at_once(tmp_path):
    rows = [
        ["water", "m3", "", "NO", "AGR", -1],
        ["water", "", "", "NO", "ENE", 1],
        ["water", "m3", "N9", "", "MAN", 1],
        ["water", "m3", "", "SO", "AGRI", 1],
        ["CO2", "t", "", "SO", "AGR", 1],
        ["water", "m3", "S1", "SO", "SER", 1],
        ["water", "m3", "", "SO", "", 1],
        ["water", "m3", "", "SO", "MAN", ""],
    ]
    found = faults(tmp_path, [*rows, *SOUND[:1]])
    for row, text in (
        (2, "column 'value' is -1; expected at least 0"),
        (2, "sector 'AGR', inventory_sector '' appears twice"),
        (3, "column 'unit' is empty"),
        (4, "column 'region' is 'N9'; expected a code of regions"),
        (5, "column 'sector' is 'AGRI'; expected a code of sectors"),
        (6, "column 'stressor' is 'CO2'; expected another code than CO2"),
        (7, "expected region or province, not both"),
        (8, "expected sector or inventory_sector, unless it is the total of a region"),
        (9, "column 'value' is empty"),
    ):
        assert any(f"row {row}, " in one and text in one and "Fix: " in one for one in found), (
            text,
            found,
        )


def test_one_unit_and_one_list_of_sectors_for_a_stressor(tmp_path):
    head = [*HEAD, "inventory_sector"]
    rows = [[*row, ""] for row in SOUND] + [
        ["water", "l", "", "SO", "MAN", 1, ""],
        ["jobs", "persons", "N1", "", "", 1, "4"],
    ]
    text = "\n".join(faults(tmp_path, rows, head))
    assert "expected the same unit in every row of a stressor" in text
    assert "expected either sector or inventory_sector in all rows of a stressor" in text


def test_every_region_is_spoken_for_once(tmp_path):
    rows = [SOUND[0], *SOUND[2:], ["jobs", "persons", "", "NO", "AGR", 7]]
    water, jobs = faults(tmp_path, rows)
    assert "stressor 'water': no row by sector speaks for region S1, S2, S3; expected" in water
    assert (
        "stressor 'jobs': rows of the region and of its province say the amounts of region N1, N2 "
        "twice" in jobs
    )
    assert "Fix: add them" in water and "Fix: keep the finest" in jobs


def test_a_sector_called_as_households_are_is_refused(tmp_path):
    def change(tables):
        tables["stressors"] = [HEAD, *SOUND]
        for name in ("sectors", "bridge"):
            tables[name] = [
                ["households" if cell == "SER" else cell for cell in row] for row in tables[name]
            ]

    found = faults_of(read_folder(toy_run.write_folder(tmp_path, change)))
    said = "column 'sector' is 'households', which stands for the direct emissions and use of"
    assert any("sectors.csv: row " in text and said in text for text in map(str, found)), found


def test_a_given_table_may_bring_them_too(tmp_path):
    lists = given_files.toy()[1]
    rows = [
        ["B", "farms", 1.0],
        ["B", "plants", 2.0],
        ["A", "farms", 3.0],
        ["A", "households", 4.0],
    ]
    lists["stressors"] = pd.DataFrame(rows, columns=["region", "sector", "value"]).assign(
        stressor="water", unit="m3"
    )
    folder = given_files.write_toy_lists(tmp_path / "lists", lists)
    config = Dataset(kind="mrio", raw_dir=str(folder), year=2020, mrio="table")
    make_dataset(config, tmp_path / "given")
    names = ("regions", "sectors", "inventory_sectors", "bridge", "fuels")
    tables = {name: read_table(tmp_path / f"given/{name}.csv") for name in names}
    labels = {"region": ["B", "A"], "sector": ["farms", "plants"]}
    output = xr.DataArray([[1.0, 1.0], [1.0, 1.0]], labels, ("region", "sector"))
    made = read_table(tmp_path / "given/stressors.csv", text=TEXT)
    water = stressor_inventories(made, tables, {"output": output})["water"]
    assert water["emissions"].values.tolist() == [[1.0, 2.0], [3.0, 0.0]]
    assert water["household_emissions"].values.tolist() == [0.0, 4.0]
    assert set(water["status"].values) == {"observed"} and set(water["basis"].values) == {"own"}


@pytest.mark.slow
def test_chinese_lists_may_bring_them_too(tmp_path):
    china = make_world(tmp_path / "china")
    path = tmp_path / "china/lists/year/stressors.csv"
    head, row = "stressor,unit,province,inventory_sector,value\n", "water,m3,{},{},5\n"
    sectors = read_table(path.parent / "inventory_sectors.csv")["inventory_sector"]
    rows = [row.format(province, sectors[0]) for province in PROVINCES]
    path.write_text(head + "".join(rows), encoding="utf-8")
    build.build(china, tmp_path / "dataset")
    check_dataset(tmp_path / "dataset", levels=False)
    assert len(read_table(tmp_path / "dataset/stressors.csv")) == len(PROVINCES)
    path.write_text(head + "".join(rows).replace(",5\n", ",-5\n"), encoding="utf-8")
    with pytest.raises(CityMRIOError, match="column 'value' is -5; expected at least 0"):
        build.build(china, tmp_path / "other")
