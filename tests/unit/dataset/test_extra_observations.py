"""Extra observations: asked for by name, refused where there are none of a name, and kept out of
every other estimate.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import toy_run

from citymrio.base.errors import ConfigError, DataError, collect_notices
from citymrio.base.labels import read_table, write_table
from citymrio.config import places
from citymrio.config.models import Dataset, load_config
from citymrio.config.unused import unused_keys
from citymrio.dataset.check import check_run
from citymrio.dataset.contract.folder import read_folder
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.extras import check_names, with_extras
from citymrio.dataset.sources import user
from citymrio.dataset.sources.template import write_template

CHINA = {"kind": "china", "extras": ["power_plants"]}
COLUMNS = [
    "region",
    "quantity",
    "sectors",
    "category",
    "value",
    "unit",
    "source",
    "status",
    "reliability",
]
OBSERVED = pd.DataFrame(
    [("C1", "value_added", "", "", 5.0, "10^4 EUR", "a", "observed", 0.9)], columns=COLUMNS
)
EXTRAS = pd.DataFrame(
    [
        ("C1", "output", "ENE", "", 3.0, "MWh", "b", "observed", 0.7, "share", "plants"),
        ("C2", "output", "ENE", "", 1.0, "MWh", "b", "observed", 0.7, "share", "plants"),
        (
            "C1",
            "final_demand",
            "",
            "capital",
            9.0,
            "10^8 EUR",
            "c",
            "imputed",
            0.3,
            "share",
            "investment",
        ),
    ],
    columns=[*COLUMNS, "measure", "extra"],
)


def test_only_the_named_ones_join_the_observations():
    assert with_extras(OBSERVED, EXTRAS, []) is OBSERVED
    assert with_extras(OBSERVED, None, ["plants"]) is OBSERVED
    joined = with_extras(OBSERVED, EXTRAS, ["plants"])
    assert joined["value"].tolist() == [5.0, 3.0, 1.0] and joined["measure"].tolist() == [
        "",
        "share",
        "share",
    ]
    assert list(joined.columns) == [*COLUMNS, "measure"]
    assert len(with_extras(OBSERVED, EXTRAS, ["plants", "investment"])) == 4


def test_a_name_the_dataset_lacks_is_refused():
    check_names(["plants"], [EXTRAS], "here")
    with pytest.raises(DataError, match="names 'plant'; the dataset has investment, plants"):
        check_names(["plants", "plant"], [EXTRAS], "here")
    with pytest.raises(DataError, match="the dataset has no extra observations"):
        check_names(["plants"], [], "here")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"dataset": CHINA, "cities": {"extras": ["investment"]}},
            "cities.extras names 'investment', expected power_plants",
        ),
        ({"cities": {"extras": ["power_plants"]}}, "expected none: dataset.extras names none"),
        (
            {"dataset": CHINA, "variants": {"v": {"cities": {"extras": ["investment"]}}}},
            "variant 'v': cities.extras names 'investment'",
        ),
        ({"dataset": {**CHINA, "extras": ["plants"]}}, "'dataset.extras.0' is 'plants'"),
        (
            {"dataset": {**CHINA, "extras": ["power_plants"] * 2}},
            "names power_plants twice, expected every name once",
        ),
        (
            {"dataset": CHINA, "cities": {"extras": ["power_plants"] * 2}},
            "names power_plants twice, expected every name once",
        ),
    ],
)
def test_a_configuration_that_asks_for_what_is_not_there_is_refused(values, words):
    with pytest.raises(ConfigError) as error:
        load_config(values)
    assert words in str(error.value)


def test_a_variant_may_use_what_the_main_estimate_does_not():
    config = load_config(
        {"dataset": CHINA, "variants": {"with": {"cities": {"extras": ["power_plants"]}}}}
    )
    assert config.cities.extras == () and config.with_variant("with").cities.extras == (
        "power_plants",
    )


def test_places_of_extras_are_checked_and_keys_without_effect_are_said(tmp_path, monkeypatch, root):
    lists = {
        name: str(root / f"config/{name}")
        for name in ("sources/china2012.csv", "classification/china2012")
    }
    own = {
        "sources": lists["sources/china2012.csv"],
        "classification": lists["classification/china2012"],
        "raw_dir": str(tmp_path),
    }
    config = load_config(
        {"dataset": {**CHINA, **own, "extras_sources": "nowhere.csv", "extras_dir": "no/folder"}}
    )
    said = "\n".join(map(str, places.faults(config)))
    assert "'dataset.extras_sources' is nowhere.csv: there is no such file" in said
    assert "'dataset.extras_dir' is no/folder: there is no such folder" in said
    assert unused_keys(config) == []
    idle = load_config({"dataset": {"kind": "china", **own, "extras_dir": "no/folder"}})
    assert places.faults(idle) == []
    assert [notice.what for notice in unused_keys(idle)] == ["'dataset.extras_dir' has no effect"]


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """The toy country as a folder of one's own, with extra observations of province NO; the file
    that holds them.
    """
    monkeypatch.chdir(tmp_path)
    write_template("mine")
    user.build(Dataset(kind="user", raw_dir="mine/example", year=2020), "country")
    regions = read_table("country/regions.csv").query("province == 'NO'")["region"].tolist()
    same = {
        "quantity": "output",
        "sectors": "ENE",
        "category": "",
        "unit": "MWh",
        "source": "invented",
        "status": "observed",
    }
    rows = [
        {"region": region, "value": 10.0 * k, "reliability": 0.7, **same}
        for k, region in enumerate(regions)
    ]
    write_table(
        pd.DataFrame(rows)[COLUMNS].assign(measure="share", extra="plants"), "country/extras/NO.csv"
    )
    Path("mine.yaml").write_text(
        "run: mine\ndataset: {kind: user, raw_dir: country, year: 2020}\n", encoding="utf-8"
    )
    return Path("country/extras/NO.csv")


@pytest.mark.slow
def test_a_folder_of_ones_own_may_have_them(mine):
    checked = check_run("mine.yaml")
    assert checked.faults == []
    assert checked.read.set_index("table").at["extras", "rows"] == len(read_table(mine))
    with open("mine.yaml", "a", encoding="utf-8") as file:
        file.write("variants: {with: {cities: {extras: [plant]}}}\n")
    said = [fault.message for fault in check_run("mine.yaml").faults]
    assert said == ["'cities.extras' names 'plant'; the dataset has plants"]


def test_emissions_are_no_extra(mine):
    write_table(
        read_table(mine).assign(quantity="emissions", sectors="", unit="t CO2", measure="amount"),
        mine,
    )
    said = "\n".join(fault.message for fault in check_run("mine.yaml").faults)
    assert "expected quantity other than emissions (CO2 totals belong in observations)" in said


def test_a_dataset_is_read_with_those_that_are_named(mine):
    user.build(Dataset(kind="user", raw_dir="country", year=2020), "out")
    bare, full = (
        DatasetFolder.read("out", names).observations["NO"] for names in ((), ("plants",))
    )
    assert len(full) - len(bare) == len(read_table(mine))
    with pytest.raises(DataError, match="the dataset has plants"):
        DatasetFolder.read("out", ("mines",))


def test_a_gap_has_the_regions_own_nearest_year_times_the_growth_of_the_others(tmp_path):
    plain = read_folder(toy_run.write_folder(tmp_path / "plain"))
    before = plain.tables["observations"].frame

    def of_years(tables: toy_run.Tables) -> None:
        head, *rows = tables["observations"]
        at = {name: head.index(name) for name in head}
        mine = [row for row in rows if row[at["region"]] == "N1"]
        found = [[*row, ""] for row in rows if row not in mine]
        found += [[*row, "2018"] for row in mine]
        for row in rows:  # all of the others have doubled from 2018 to 2020
            if row not in mine and row[at["quantity"]] == "value_added":
                half = [*row, 2018]
                half[at["value"]] = float(row[at["value"]]) / 2
                found.append(half)
        tables["observations"] = [[*head, "year"], *found]

    with collect_notices() as notices:
        folder = toy_run.write_folder(tmp_path / "gap", of_years)
        data = read_folder(folder)
    assert [str(fault) for fault in data.faults] == []
    after = data.tables["observations"].frame
    assert [*after] == [*before] and len(after) == len(before)
    key = ["region", "quantity", "sectors", "category", "source"]
    after, before = (part.set_index(key)[["value", "status"]] for part in (after, before))
    after = after.loc[before.index]
    own = before.index.get_level_values("region") == "N1"
    added = before.index.get_level_values("quantity") == "value_added"
    assert (own & added).any() and (own & ~added).any()
    times = np.where(own & added, 2.0, 1.0)  # of the rest no other region tells 2018
    np.testing.assert_allclose(after["value"], times * before["value"])
    assert (after["status"] == before["status"].mask(own, "imputed")).all()
    (said,) = [notice.value for notice in notices if "has in other years" in notice.what]
    assert "N1 value_added" in said and ": 2018 (x 2)" in said and "(x 1)" in said


@pytest.mark.parametrize("written", ["last", "2018.5", '20"18'])
def test_a_year_of_an_observation_that_is_no_year_is_the_only_fault(tmp_path, written):
    def odd(tables: toy_run.Tables) -> None:
        head, first, *rows = tables["observations"]
        tables["observations"] = [[*head, "year"], [*first, written], *([*row, ""] for row in rows)]

    (fault,) = read_folder(toy_run.write_folder(tmp_path, odd)).faults
    assert f"row 2: '{written}' is no year. Fix: write a year, such as 2020" in str(fault)


def test_observations_of_years_may_be_none(tmp_path):
    def empty(tables: toy_run.Tables) -> None:
        tables["observations"] = [[*tables["observations"][0], "year"]]

    data = read_folder(toy_run.write_folder(tmp_path, empty))
    assert data.faults == [] and data.tables["observations"].frame.empty


def test_an_observation_of_another_year_in_another_unit_fills_no_gap_that_is_none(tmp_path):
    """It stood beside the year's own datum, as one more source."""

    def units(tables: toy_run.Tables) -> None:
        head, first, *rows = tables["observations"]
        other = dict(zip(head, first, strict=True)) | {"unit": "10^8 XTS", "source": "older"}
        found = [[*first, ""], [*other.values(), "2018"], *([*row, ""] for row in rows)]
        tables["observations"] = [[*head, "year"], *found]

    data = read_folder(toy_run.write_folder(tmp_path, units))
    assert data.faults == [] and "older" not in {*data.tables["observations"].frame["source"]}
