"""China 2017: another year is data, not code (real files where they are; lists of the project
always).
"""

import re
import shutil

import numpy as np
import pandas as pd
import pytest
from sound_dataset import check_dataset

from citymrio.assessment.paper import stands_beside_the_paper
from citymrio.base.concordance import common_labels, read_pairs
from citymrio.base.labels import read_dataset, read_json, read_table
from citymrio.config.models import Dataset
from citymrio.dataset.contract.grid import Grid
from citymrio.dataset.sources.china import build as china
from citymrio.dataset.sources.china.cities import read_census, read_value_added
from citymrio.dataset.sources.china.coded import HALF_FEN
from citymrio.dataset.sources.polygons import measures
from citymrio.dataset.sources.retrieve import locate, read_sources, retrieve

YEARS = ("china2012", "china2017")


def concordance(root):
    return root / f"config/concordance/{'-'.join(YEARS)}.csv"


def lists(root, year, name):
    return pd.read_csv(
        root / f"config/classification/{year}/{name}.csv", dtype=str, keep_default_na=False
    )


def settings(root, year, **keys):
    return Dataset(
        kind="china",
        year=int(year[-4:]),
        sources=str(root / f"config/sources/{year}.csv"),
        classification=str(root / f"config/classification/{year}"),
        **keys,
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory, shared, root):
    folder = tmp_path_factory.mktemp("china2017")
    china.build(settings(root, "china2017", raw_dir=str(shared / "data/china2017/raw")), folder)
    return folder


@pytest.mark.parametrize("year", YEARS)
def test_every_inventory_sector_of_production_has_a_target_and_every_sector_of_the_table_a_source(
    root, year
):
    sectors, inventory, bridge = (
        lists(root, year, name) for name in ("sectors", "inventory_sectors", "bridge")
    )
    made = inventory.inventory_sector[inventory.kind == "production"]
    assert set(bridge.inventory_sector) == set(made)
    assert set(bridge.sector) == set(sectors.sector)
    assert sectors.sector.is_unique


@pytest.mark.parametrize("year", YEARS)
def test_key_sectors_of_the_inventory_are_bridged_to_key_sectors_of_the_table(root, year):
    sectors, inventory, bridge = (
        lists(root, year, name) for name in ("sectors", "inventory_sectors", "bridge")
    )
    key = dict(zip(sectors.sector, sectors.key, strict=True))
    targets = bridge[
        bridge.inventory_sector.isin(inventory.inventory_sector[inventory.key != ""])
    ].sector
    assert {key[code] for code in targets} == {"true"}
    assert {code for code in key if key[code] == "true"} == set(targets)


def test_both_years_have_41_common_sectors(root):
    names = [lists(root, year, "sectors").name.tolist() for year in YEARS]
    found = common_labels(*names, read_pairs(concordance(root))["sector"])
    assert len(set(found.a.values())) == len(set(found.b.values())) == 41
    assert found.only == ([], [])


def test_years_share_the_files_that_cover_both_and_no_other(root):
    first, second = (
        read_sources(root / f"config/sources/{year}.csv").set_index("file") for year in YEARS
    )
    shared = second.index[second.found_at != ""]
    assert (first.loc[shared, "sha256"] == second.loc[shared, "sha256"]).all()
    assert set(second.role[second.found_at != ""]) == {
        "inventory_nation",
        "emissions_cities",
        "value_added_cities",
        "population_cities",
    }
    same_name = first.index.intersection(second.index).difference(shared)
    assert len(same_name) == 31
    assert (first.loc[same_name, "sha256"] != second.loc[same_name, "sha256"]).all()


def test_downloads_of_two_years_never_share_a_folder(root):
    folders = [settings(root, year).raw_folder for year in YEARS]
    assert folders[0] != folders[1]


def test_shared_files_are_found_in_the_folder_of_the_other_year(root, shared):
    sources = read_sources(root / "config/sources/china2017.csv")
    for source in sources[sources.found_at != ""].itertuples(index=False):
        path, _ = locate(source, shared / "data/china2017/raw")
        assert path is not None
        assert "china2012" in str(path)


def test_what_another_year_has_brought_is_copied_and_not_downloaded_again(root, shared, tmp_path):
    sources = read_sources(root / "config/sources/china2017.csv")
    chosen = sources[sources.role == "inventory_nation"].assign(
        url="https://127.0.0.1:9/nothing-is-here"
    )
    chosen.to_csv(tmp_path / "later.csv", index=False)
    before = tmp_path / "downloads/china2012" / chosen.file.iloc[0]
    before.parent.mkdir(parents=True)
    shutil.copyfile(shared / "data/china2012/raw" / chosen.file.iloc[0], before)
    paths = retrieve(
        Dataset(
            kind="china", sources=str(tmp_path / "later.csv"), downloads=str(tmp_path / "downloads")
        )
    )
    assert paths == [tmp_path / "downloads/later" / chosen.file.iloc[0]]
    assert paths[0].read_bytes() == before.read_bytes()


def test_no_year_stands_in_the_adapter(root):
    for path in sorted((root / "scripts/citymrio/datasets").glob("china*.py")):
        code = re.sub(r'""".*?"""|#[^\n]*', "", path.read_text(encoding="utf-8"), flags=re.S)
        assert not re.search(r"(?<!\d)20[0-3]\d(?!\d)", code), path.name


def test_amounts_below_half_a_fen_are_nothing():
    cells = [[HALF_FEN, -HALF_FEN, 5.1e-9, -5.1e-9]]
    codes = {name: k for k, name in enumerate("abcd")}
    grid = Grid("table", cells, {"row": 0}, codes, lambda *_: "a cell", least=HALF_FEN)
    assert grid.block(["row"], [*codes]).tolist() == [[HALF_FEN, -HALF_FEN, 0.0, 0.0]]


def test_the_comparison_with_the_paper_belongs_to_its_year_only():
    assert stands_beside_the_paper("china", 2012)
    assert not stands_beside_the_paper("china", 2017)
    assert not stands_beside_the_paper("user", 2012)
    assert stands_beside_the_paper("synthetic", 2017)


def test_the_real_2017_keeps_the_contract(built):
    check_dataset(built)
    info = read_json(built / "dataset.json")
    assert info["year"] == 2017
    assert (info["counts"]["provinces"], info["counts"]["cities"], info["counts"]["regions"]) == (
        31,
        309,
        313,
    )
    assert info["usd_rate"] == 6.7518


def test_the_real_2017_has_no_dust_of_spreadsheets(built):
    for path in sorted(built.glob("provinces/*.nc")):
        table = read_dataset(path)
        for name, variable in table.data_vars.items():
            values = np.abs(variable.values)
            assert not ((values > 0) & (values < HALF_FEN)).any(), (path.name, name)


def test_regions_of_2017_are_those_of_2012_but_for_changed_codes(built, root):
    codes = set(read_table(built / "regions.csv").region)
    rules = dict(read_pairs(concordance(root))["region"])
    assert "650500" in codes
    assert "652200" not in codes
    assert rules["652200"] == "650500"


def test_the_national_table_of_2017_is_total_use_of_home_products_and_imports(built):
    national = read_dataset(built / "national.nc")
    closing = (
        national.total_use.sum("use")
        + national.exports
        - national.imports
        + national.error
        - national.output
    )
    assert float(np.abs(closing).max()) < 1.0
    assert float(national.value_added.sum()) == pytest.approx(
        8_232_157_064.396, rel=1e-9
    )  # printed total, 10^4 CNY


@pytest.mark.parametrize(
    ("year", "chaohu"), [(2007, True), (2010, True), (2015, False), (2018, False)]
)
def test_regions_and_polygons_of_years_without_tables_in_the_project(
    built, root, shared, year, chaohu
):
    raw, tables = (
        shared / "data/china2012/raw/cities",
        china.Classification(root / "config/classification/china2017"),
    )
    provinces = tables["provinces"].sort_values("province", ignore_index=True)
    panel = read_value_added(
        raw / "industry_2000_2023.xlsx", year=year, nested_units=tables["nested_units"]
    )
    census = read_census(raw / "census_2010_2020.csv")
    io = {path.stem: read_dataset(path) for path in built.glob("provinces/*.nc")}
    regions = china.assemble_regions(
        panel, census, io, tables, provinces, year=year, unsplit=("46", "53", "54", "63")
    )
    assert ("341400" in set(regions.region)) == chaohu
    assert 1.2e9 < regions.population.sum() < 1.45e9
    dataset = settings(root, "china2017").model_copy(update={"year": year})
    shapes, _ = china._shapes(dataset, tables, regions)
    assert set(shapes.index) >= set(regions.region)
    if chaohu:
        assert (
            8_000 < float(measures(shapes[shapes.index == "341400"]).area_km2.iloc[0]) < 10_500
        )  # 9,394 km2 until 2011
