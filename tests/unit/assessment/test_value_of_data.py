"""The value of data: known worlds give known falls, chance gives none, and only what is lacking
counts.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from collected_data import rows

from citymrio.__main__ import main
from citymrio.assessment.ensemble import asked, kinds, value
from citymrio.assessment.ensemble.convergence import quantile
from citymrio.assessment.ensemble.kinds import KINDS, Kind, Part, lacks_datum, parts
from citymrio.assessment.ensemble.layout import REJECTED
from citymrio.assessment.ensemble.value import (
    Outcomes,
    collectable,
    explained_variance,
    shrink_gains,
    value_of_data,
)
from citymrio.base.errors import DataError
from citymrio.base.labels import write_table
from citymrio.config.models import Figures, load_config
from citymrio.dataset.dataset import DatasetFolder
from citymrio.report.columns import dictionary
from citymrio.report.value_of_data import figures, page

CODES, SECTORS = ["a1", "a2", "b1", "b2", "c1"], ["1", "2", "3"]
KIND = {kind.name: kind for kind in KINDS}
LABELS = ("sectors", "inventory_sectors", "final_demand")
RUN = {"name": "Nowhere", "year": 2012, "synthetic": False}


def observed(*data: tuple) -> pd.DataFrame:
    columns = ["region", "quantity", "sectors", "category", "status", "value"]
    return pd.DataFrame([(*row, 1.0) for row in data], columns=columns)


@pytest.fixture(scope="module")
def dataset():
    regions = pd.DataFrame(
        {"region": CODES, "name": [code.upper() for code in CODES], "province": [*"aabbc"]}
    )
    sectors = pd.DataFrame(
        {"sector": SECTORS, "name": ["Farms", "Mines", "Shops"], "industry": ["i", "ii", "ii"]}
    )
    final = pd.DataFrame(
        {"category": ["people", "capital", "stocks"], "name": ["People", "Capital", "Stocks"]}
        | {"role": ["household", "capital", "stock_changes"]}
    )
    a = observed(
        ("a1", "value_added", "1", "", "observed"),
        ("a1", "value_added", "2;3", "", "observed"),
        ("a2", "value_added", "1", "", "observed"),
        ("a2", "value_added", "2;3", "", "imputed"),
        ("a2", "final_demand", "", "people", "observed"),
        ("a1", "output", "3", "", "observed"),
        ("a1", "emissions", "", "", "observed"),
    )
    return DatasetFolder(
        tables={
            "regions": regions.assign(kind="city"),
            "sectors": sectors,
            "final_demand": final,
            "inventory_sectors": pd.DataFrame(
                {"inventory_sector": ["r1", "r2"], "name": ["Coal", "Steel"]}
            ),
        },
        provinces={},
        national=None,
        observations={"a": a, "b": a.iloc[:0], "c": a.iloc[:0]},
        inventory={},
        inventory_city=pd.DataFrame({"region": ["b2"]}),
        inventory_national=None,
        info={},
    )


def accounts(output: np.ndarray | None = None) -> xr.Dataset:
    """Where there is output, and emissions by row of the inventory: everywhere, if nothing else is
    said.
    """
    data = {
        "output": (("region", "sector"), np.ones((len(CODES), 3)) if output is None else output)
    }
    data |= {"emissions_row": (("region", "inventory_sector"), np.ones((len(CODES), 2)))}
    return xr.Dataset(data, {"region": CODES, "sector": SECTORS, "inventory_sector": ["r1", "r2"]})


def lacks(dataset: DatasetFolder, name: str, output: np.ndarray | None = None) -> np.ndarray:
    return lacks_datum(KIND[name], dataset, parts(KIND[name], dataset.tables), accounts(output))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("value_added_industry", [[0, 0], [0, 1], [1, 1], [1, 1], [0, 0]]),
        ("value_added_total", [[0], [1], [1], [1], [0]]),
        ("value_added_sector", [[0, 1, 1], [0, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0]]),
        ("output_sector", [[1, 1, 0], [1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0]]),
        ("final_demand_category", [[1, 1], [0, 1], [1, 1], [1, 1], [0, 0]]),
        ("final_demand_total", [[1], [1], [1], [1], [0]]),
        ("emissions_total", [[0], [1], [1], [0], [0]]),
        ("emissions_row", [[1, 1], [1, 1], [1, 1], [0, 0], [0, 0]]),
    ],
)
def test_a_city_lacks_what_no_observation_covers(dataset, name, expected):
    """Imputed data do not count, own inventories do, and a city alone in its province lacks
    nothing.
    """
    assert lacks(dataset, name).astype(int).tolist() == expected


def test_a_sector_without_output_needs_no_datum(dataset):
    active = np.ones((len(CODES), 3))
    active[0, 1] = active[1, 2] = 0
    assert lacks(dataset, "value_added_sector", active)[:2].astype(int).tolist() == [
        [0, 0, 1],
        [0, 1, 0],
    ]
    assert lacks(dataset, "output_sector", active)[0].tolist() == [True, False, False]


def test_rows_are_observations_that_cover_what_was_lacking(dataset):
    """What a kind would add is what `lacks_datum` then finds there."""
    for kind in KINDS:
        wanted = parts(kind, dataset.tables)
        table = rows(kind, np.ones((len(CODES), len(wanted))), CODES, wanted, "10^4 EUR")
        grown = {
            "a": pd.concat([dataset.observations["a"], table]),
            "b": table.iloc[:0],
            "c": table.iloc[:0],
        }
        assert not lacks_datum(
            kind, dataclasses.replace(dataset, observations=grown), wanted, accounts()
        ).any(), kind


def test_what_is_explained_is_the_squared_correlation_with_the_erroneous_datum():
    rng = np.random.default_rng(1)
    x = rng.standard_normal((20_000, 3, 1)) * [[[1.0], [1.0], [0.5]]]
    outcome = x[:, :, 0] * [1.0, 1.0, -2.0] + rng.standard_normal((20_000, 3)) * [0.0, 1.0, 1.0]
    noise = np.array([0.0, 0.0, 0.25]).reshape(3, 1, 1)
    assert explained_variance(outcome, x, noise) == pytest.approx([1.0, 0.5, 0.25], abs=0.02)
    twice = np.concatenate([x, x], axis=2)
    assert explained_variance(outcome, twice, np.tile(noise, (1, 2, 2))) == pytest.approx(
        explained_variance(outcome, x, noise), abs=1e-3
    )
    assert explained_variance(outcome * 0 + 3.0, x, noise).tolist() == [0, 0, 0]


@pytest.mark.parametrize("size", [0.0, 0.3])
def test_chance_explains_nothing_however_few_the_members(size):
    rng = np.random.default_rng(2)
    outcome, index = rng.standard_normal((25, 4000)), rng.standard_normal((25, 4000, 4))
    noise = np.broadcast_to(size * np.eye(4), (4000, 4, 4))
    gain = explained_variance(outcome, index, noise)
    assert abs(gain.mean()) < 0.01 < gain.std()
    kept, error = shrink_gains(gain, 25, 4)
    assert kept.max() < 0.1 < gain.max() and (error < gain.std()).all()


def test_cities_that_differ_keep_their_difference():
    gain = np.array([0.05, 0.9] * 50)
    kept, _ = shrink_gains(gain, 200, 1)
    assert kept[:2] == pytest.approx([0.05, 0.9], abs=0.05)


def world(count: int = 400, share: float = 0.6):
    """Members in which output explains a known share of the variance of every city's footprint, and
    nothing of production.
    """
    rng = np.random.default_rng(3)
    member, region = np.arange(count + 1), len(CODES)
    level = rng.standard_normal((count + 1, region)) * 0.3
    other = rng.standard_normal((count + 1, region)) * 0.3
    cba = 10 * np.exp(np.sqrt(share) * level + np.sqrt(1 - share) * other)
    pba = 5 * np.exp(0.1 * rng.standard_normal((count + 1, region)))
    coords = {
        "member": member,
        "region": CODES,
        "sector": SECTORS,
        "category": ["people", "capital", "stocks"],
    }
    coords["inventory_sector"] = ["r1", "r2"]
    flat = np.ones((count + 1, region, 3))
    output = flat * np.exp(level)[:, :, None]
    dims = ("member", "region", "sector")
    data = dict.fromkeys(("value_added", "exports", "final_products", "emissions"), (dims, flat))
    data |= {"output": (dims, output), "final_demand": (("member", "region", "category"), flat)}
    data |= {"emissions_row": (("member", "region", "inventory_sector"), flat[:, :, :2])}
    data |= dict.fromkeys(("imports", "emissions_total"), (dims[:2], flat[:, :, 0]))
    footprints = xr.Dataset(
        {
            "flows": (("origin", "destination"), np.ones((region, region))),
            "pba": ("region", np.ones(region)),
            "cba": (("region", "category"), np.ones((region, 3))),
            "multiplier": (("region", "sector"), np.ones((region, 3))),
        },
        {"origin": CODES, "destination": CODES}
        | {name: coords[name] for name in ("region", "sector", "category")},
    )
    members = xr.Dataset(
        {"cba_mt": (dims[:2], cba), "pba_mt": (dims[:2], pba)}, {"member": member, "region": CODES}
    )
    numbers = pd.DataFrame(
        {"member": member, "quantity": value.SHARE, "value": 50 + 100 * level.mean(axis=1)}
    )
    return members, numbers, footprints, xr.Dataset(data, coords)


def alike(members):
    return pd.DataFrame({"member": members["member"].values[1:], "weight": 1.0})


@pytest.fixture(scope="module")
def table(dataset):
    members, numbers, footprints, shown = world()
    regions, config = dataset.tables["regions"], load_config({}).uncertainty
    outcomes = Outcomes.of(members, numbers, footprints, regions, alike(members), 0.9)
    return value_of_data(outcomes, collectable(shown, dataset, footprints, config), regions)


def test_its_columns_are_those_of_the_dictionary(table):
    listed = [column.name for column in dictionary() if column.table == "uncertainty/value_of_data"]
    assert sorted(table) == sorted(listed)


def test_a_known_world_has_its_known_fall(table):
    """Output explains 60%, less what its error of 5% hides (c1 lacks nothing and keeps its own
    width).
    """
    expected = 100 * (1 - np.sqrt(1 - 0.6 * 0.3**2 / (0.3**2 + 0.05**2)))
    whole = table[table["sectors"].eq("") & table["category"].eq("")].set_index(
        ["target", "region", "kind"]
    )
    city = whole.loc[("cba_mt", "a1", "output_total")]
    assert city["fall_pct"] == pytest.approx(expected, abs=5)
    assert city["expected"] == pytest.approx(city["width"] * (1 - city["fall_pct"] / 100))
    nation = whole.loc[("cba_mt", "", "output_total")]
    assert nation["lacking"] == 4 and nation["fall_pct"] == pytest.approx(
        0.8 * city["fall_pct"], abs=4
    )
    assert 0.3 < nation["se_pct"] < 5
    assert whole.loc[("intercity_share", "", "output_total"), "fall_pct"] > 40
    assert whole.loc[("cba_mt", "", "exports_total"), "fall_pct"] == 0
    assert whole.loc[("pba_mt", "", "output_sector"), "fall_pct"] < 3
    assert {region for _, region, _ in whole.index} == {"", "a1", "a2", "b1", "b2"}


def test_in_a_sum_wide_intervals_that_fall_most_count_with_their_width(dataset):
    """One city is wide because its output is unknown; the others are narrow, and output says
    nothing of them.
    """
    members, numbers, footprints, shown = world(200)
    level = np.log(shown["output"].isel(sector=0))
    cba = 10 * np.exp(
        xr.where(level["region"] == "a1", 3 * level, 0.1 * np.log(members["cba_mt"] / 10))
    )
    config, regions = load_config({}).uncertainty, dataset.tables["regions"]
    outcomes = Outcomes.of(
        members.assign(cba_mt=cba.transpose("member", "region")),
        numbers,
        footprints,
        regions,
        alike(members),
        0.9,
    )
    share = outcomes.width["cba_mt"][0] / outcomes.width["cba_mt"].sum()
    found = value_of_data(outcomes, collectable(shown, dataset, footprints, config), regions)
    row = found[
        found["kind"].eq("output_total") & found["region"].eq("") & found["target"].eq("cba_mt")
    ].iloc[0]
    known = 1 - np.sqrt(0.05**2 / (0.3**2 + 0.05**2))
    assert share > 0.7 and row["fall_pct"] == pytest.approx(100 * share * known, abs=6)


def test_widths_are_those_of_members_that_weigh_as_in_the_intervals(dataset):
    members, numbers, footprints, _ = world(60)
    weights = alike(members).assign(weight=lambda t: 1.0 + (t["member"] % 3 == 0))
    found = Outcomes.of(members, numbers, footprints, dataset.tables["regions"], weights, 0.9)
    own, drawn = weights["weight"].to_numpy(), members.isel(member=slice(1, None))
    for name in ("cba_mt", "pba_mt"):
        low, high = quantile(drawn[name].values, [0.05, 0.95], own)
        np.testing.assert_array_almost_equal(found.width[name], high - low)
    low, high = quantile(numbers["value"].to_numpy()[1:], [0.05, 0.95], own)
    assert found.width["intercity_share"] == pytest.approx(high - low)


def test_ranks_follow_the_falls(table):
    nation = table[table["region"].eq("") & table["sectors"].eq("") & table["category"].eq("")]
    for _, group in nation.groupby("target"):
        order = group.sort_values("rank")
        assert order["rank"].tolist() == list(range(1, len(group) + 1))
        assert order["fall_pct"].is_monotonic_decreasing
    first = nation[nation["target"].eq("cba_mt") & nation["rank"].eq(1)]
    assert first["kind"].item().startswith("output")


def test_one_more_kind_is_one_entry(dataset, monkeypatch):
    members, numbers, footprints, shown = world(40)
    regions, config = dataset.tables["regions"], load_config({}).uncertainty
    extra = Kind("heat", "heat sold in all", "output", "output", "total", "imputed_sd")
    monkeypatch.setattr(value, "KINDS", (extra,))
    monkeypatch.setattr(kinds, "KINDS", (extra,))
    found = value_of_data(
        Outcomes.of(members, numbers, footprints, regions, alike(members), 0.9),
        collectable(shown, dataset, footprints, config),
        regions,
    )
    assert set(found["kind"]) == {"heat"} and set(found["error"]) == {config.imputed_sd}
    assert "| `heat` | heat sold in all | `output` | `imputed_sd` |" in kinds.markdown()


def test_too_few_members_are_refused_in_words(dataset):
    members, numbers, footprints, _ = world(19)
    with pytest.raises(DataError, match=r"19 members .* at least 20 are needed.*MEMBERS=100"):
        Outcomes.of(members, numbers, footprints, dataset.tables["regions"], alike(members), 0.9)


def test_the_page_says_what_is_first_what_is_there_and_what_tells_nothing(table, dataset):
    numbers = pd.DataFrame({"quantity": [REJECTED], "mean": [2.0], "members": [402.0]})
    have = table[table["kind"].ne("imports_total")]
    tables = {"value_of_data": have, "numbers": numbers, **{n: dataset.tables[n] for n in LABELS}}
    text = page(tables, RUN, 0.9, "calibrated")
    chinese = page(tables, RUN, 0.9, "calibrated", "zh")
    own = re.sub(r'<span lang="en">.*?</span>|<style>.*?</style>|<[^>]+>', " ", chinese, flags=re.S)
    assert "若缺少该数据的每个城市都提供" in own and "哪些数据值得收集" in own
    assert set(re.findall("[A-Za-z]{3,}", own)) <= {"GDP"}
    first = have[
        have["target"].eq("cba_mt")
        & have["region"].eq("")
        & have["rank"].eq(1)
        & have["sectors"].eq("")
    ].iloc[0]
    assert (
        f"gave its {first['words']}, the interval would fall by {first['fall_pct']:.0f}% (±" in text
    )
    assert (
        "The members are too few to tell the first two apart." in text
    )  # output in all, and of every sector, are the same here
    assert "Every city has imports in all." in text and "value added in all (GDP) (3)" in text
    assert "widths of 90% intervals of 400 members, method calibrated" in text
    assert "Output of one sector, for footprints: " in text and "Mines" in text
    drawn = figures(tables, RUN, 0.9, "calibrated", Figures())["value_of_data"]
    left, right = drawn.axes
    assert len(left.get_yticklabels()) == have.loc[have["region"].eq(""), "kind"].nunique()
    assert {label.get_text().split(":")[0] for label in right.get_yticklabels()} == {
        "A1",
        "A2",
        "B1",
        "B2",
    }


def test_the_members_of_a_run_that_has_enough_are_used_and_fewer_grow(tmp_path):
    config, results = tmp_path / "mine.yaml", tmp_path / "results"
    config.write_text("run: mine\n")
    assert asked.members_asked(config, results) == asked.USUAL
    config.write_text("run: mine\nuncertainty: {members: 160}\n")
    assert asked.members_asked(config, results) == 160
    table = results / "mine/uncertainty/numbers.csv"
    for members, expected in ((200, 200), (6, 160)):
        write_table(pd.DataFrame({"quantity": ["sum", REJECTED], "members": [1, members]}), table)
        assert asked.members_asked(config, results) == expected
    assert main(["members", str(tmp_path / "none.yaml")]) == 1


def test_the_docs_list_the_kinds(root):
    assert kinds.markdown() in (Path(root) / "docs/value-of-data.md").read_text(encoding="utf-8")
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert Part(("1", "2")).label == "1;2"
