"""Names beside codes: those of another classification are said, spelling is not; columns that
nobody reads are said.
"""

from __future__ import annotations

import pandas as pd
import pytest
from ceads_world import mrio
from ceads_world import read as read_mrio
from china_world import CATEGORIES, SECTORS, YEAR, table_numbers, write_classification, write_io

from citymrio.base.errors import collect_notices
from citymrio.base.printed_names import differing_names, match_codes
from citymrio.dataset.sources.china.build import Classification
from citymrio.dataset.sources.china.raw import _sector_names
from citymrio.dataset.sources.china.tables import read_io_table

NAMES = {
    "01": ("Farming", "农林牧渔产品和服务"),
    "02": ("Power", "电力、热力的生产和供应"),
    "03": ("Services", "居民服务"),
}


def names_of(root, year: int) -> dict:
    return _sector_names(Classification(root / f"config/classification/china{year}")["sectors"])


@pytest.mark.parametrize(("printed", "listed"), [(2012, 2017), (2017, 2012)])
@pytest.mark.parametrize("language", [0, 1])
def test_names_of_another_year_are_found_sector_by_sector(root, printed, listed, language):
    texts = {code: [names[language]] for code, names in names_of(root, printed).items()}
    assert set(map(str, range(24, 35))) <= set(differing_names(texts, names_of(root, listed)))
    assert differing_names(texts, names_of(root, printed)) == {}


@pytest.mark.parametrize(
    "text",
    [
        "农 林 牧 渔\n产品和服务",
        "农林牧渔业",
        "ＦＡＲＭＩＮＧ",
        "farming, forestry",
        "Farming products",
        "中间使用",
        "01",
        "Ackerbau?",
    ],
)
def test_another_spelling_is_no_difference(text):
    texts = {"01": [text, "Farming"] if text in ("中间使用", "Ackerbau?") else [text]}
    assert differing_names(texts, NAMES) == {}


def test_a_name_in_a_script_that_the_lists_do_not_have_cannot_be_judged():
    assert (
        differing_names(
            {"01": ["Сельское хозяйство"]}, {code: names[:1] for code, names in NAMES.items()}
        )
        == {}
    )


def test_the_same_code_counts_where_the_name_is_alike_and_no_code_without_a_name_of_its_own():
    sectors = pd.DataFrame({"sector": ["01", "02"], "name": ["Steel", "Farming and forestry"]})
    printed = {"01": ["Hotels"], "02": ["Farming"], "03": ["steel"], "04": ["餐饮"]}
    with collect_notices() as notices:
        found = match_codes(printed, sectors, "their.csv")
    assert found == {"01": "", "02": "02", "03": "01", "04": ""}
    (notice,) = notices
    assert notice.value == "1 of 4: 02 is 'Farming', here 'Farming and forestry'"


@pytest.fixture
def read(tmp_path):
    """Read a small table after `edit`, with the warnings it gave."""
    write_classification(tmp_path / "lists")
    layout = pd.read_csv(tmp_path / "lists/io_layout.csv", dtype=str)

    def write_and_read(edit):
        write_io(
            tmp_path / "64.xlsx",
            table_numbers(),
            title=f"宁夏{YEAR}年投入产出表",
            left=2,
            edit=edit,
        )
        with collect_notices() as notices:
            read_io_table(
                tmp_path / "64.xlsx",
                sectors=NAMES,
                categories=CATEGORIES,
                layout=layout[layout.table == "province"],
                year=YEAR,
            )
        return notices

    return write_and_read


def beside(*names):
    def edit(sheet, at):
        for sector, name in zip(SECTORS, names, strict=True):
            sheet.cell(at(sector, sector).row, 1, name)

    return edit


def test_a_bureaus_table_with_the_names_of_another_year_is_read_with_a_warning(read):
    assert read(beside("农林牧渔业", "电力、热力生产和供应", "居民服务")) == []
    (notice,) = read(beside("农林牧渔业", "居民服务", "电力、热力的生产和供应"))
    assert "64.xlsx, sheet '基本流量表'" in notice.where
    swapped = [
        ("02", "居民服务", "电力、热力的生产和供应"),
        ("03", "电力、热力的生产和供应", "居民服务"),
    ]
    assert notice.value == "2 of 3: " + "; ".join(
        f"{c} is '{there}', sectors.csv says '{own}'" for c, there, own in swapped
    )


def test_a_column_of_numbers_that_the_layout_does_not_mention_is_said_with_code_and_sum(read):
    def edit(sheet, at):
        column = sheet.max_column + 1
        sheet.cell(at("01", "GO").row - 1, column, "FU302")
        for sector, value in zip(SECTORS, (10.0, 0.5, 200.0), strict=True):
            sheet.cell(at(sector, "GO").row, column, value)

    (notice,) = read(edit)
    assert notice.what == "a column of numbers that the layout does not mention"
    assert notice.value == "FU302, sum 210.5"
    assert read(None) == []  # TFU, the sum of the columns before it, is no news


def test_a_supplied_mrio_whose_labels_name_others_is_read_with_a_warning(tmp_path):
    def labels(sheet):
        for row in range(3, 9):
            sheet.cell(row, 2).value = ("Farming", "Mining")[row % 2]

    listed = {"11": "Tianjin", "12": "Beijing", "13": "Hebei"}
    mrio(tmp_path / "a.xlsx", labels)
    with collect_notices() as notices:
        read_mrio(tmp_path / "a.xlsx", provinces=listed, sectors=("Farming", "Mining"))
    assert [n.value.split(":")[0] for n in notices] == ["2 of 3", "2 of 2"]
    assert "11 is 'Beijing', regions.csv says 'Tianjin'" in notices[0].value
    assert notices[1].where.endswith("province 11")
