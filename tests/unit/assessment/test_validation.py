"""Data left out: each once, its prediction does not know it, and the scores of constructed cases
are right.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from toy_run import write_folder

from citymrio.assessment.validation import GDP_HIDDEN, GDP_TOLD, PER_HEAD, TOTAL
from citymrio.assessment.validation.apart import kept_apart, scores_apart
from citymrio.assessment.validation.left_out import (
    Left,
    between_years,
    deal_folds,
    draws_of_totals,
    leave_out,
    leave_out_gdp,
    left_out_emissions,
    left_out_value_added,
    neighbours,
    printed_totals,
    printed_value_added,
)
from citymrio.assessment.validation.scores import TENTHS, pit_lognormal, pit_of_draws, scores
from citymrio.chain.steps import known_of, run_steps
from citymrio.config.models import Config, Uncertainty
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources import user
from citymrio.trade.priors.table import PARAMETERS, SPREAD_PARAMETERS


@pytest.fixture(scope="module")
def left(tmp_path_factory) -> Left:
    """The toy country: two provinces of two and three cities; one city has no CO2 total."""
    folder = tmp_path_factory.mktemp("toy")
    raw = write_folder(folder / "raw")
    config = Config.model_validate(
        {"dataset": {"kind": "user", "raw_dir": str(raw), "year": 2020}, "validation": {"folds": 2}}
    )
    user.build(config.dataset, folder / "dataset")
    dataset = DatasetFolder.read(folder / "dataset")
    return Left(dataset, config, run_steps(known_of(dataset, config), "mrio")["mrio"])


@pytest.fixture(params=["intensity", "output", "both"])
def any_way(left, request, tmp_path) -> Left:
    """The toy country, whose CO2 totals enter intensities, outputs, or both by their variances."""
    sectors = left.dataset.tables["sectors"]
    values = dict.fromkeys((*PARAMETERS, *SPREAD_PARAMETERS), 0.4)
    rows = [
        (row.sector, row.name, row.kind, name, value, 0.1)
        for row in sectors.itertuples(index=False)
        for name, value in values.items()
    ]
    columns = ["sector", "sector_name", "kind", "parameter", "prior", "se"]
    priors = pd.DataFrame(rows, columns=columns)
    priors.to_csv(tmp_path / "priors.csv", index=False)
    cities = {
        "emissions_enter": request.param,
        "priors": str(tmp_path / "priors.csv"),
        "trade_prior": "border",
    }
    config = left.config.model_dump() | {"cities": left.config.cities.model_dump() | cities}
    return replace(left, config=Config.model_validate(config))


def changed(left: Left, region: str, quantity: str, factor: float) -> Left:
    """The same with other printed values of a city."""
    tables = {
        p: table.assign(
            value=table["value"].where(
                ~(table["region"].eq(region) & table["quantity"].eq(quantity)),
                table["value"] * factor,
            )
        )
        for p, table in left.dataset.observations.items()
    }
    return replace(left, dataset=replace(left.dataset, observations=tables))


def predicted(table: pd.DataFrame, **where: str) -> pd.Series:
    rows = table[(table[[*where]] == pd.Series(where)).all(axis=1)]
    return rows.set_index("region")["predicted"]


def test_every_city_that_reports_and_is_not_alone_in_its_province_is_in_one_fold():
    regions = pd.DataFrame(
        {"region": [*"abcdefg"], "province": [*"1111223"], "kind": ["city"] * 6 + ["municipality"]}
    )
    dealt = deal_folds(regions, [*"abcefg"], 3, 1)
    assert dealt.keys() == {*"abcef"}  # d reports nothing, g is alone
    assert sorted(dealt[code] for code in "abc") == [
        1,
        2,
        3,
    ]  # the cities of a province are spread over the folds
    assert deal_folds(regions, [*"gfecba"], 3, 1) == dealt and dealt["e"] != dealt["f"]
    assert neighbours(regions, [*"abcefg"]) == dict.fromkeys("abc", "some") | {
        "d": "all",
        "e": "all",
        "f": "all",
        "g": "all",
    }


def test_a_fold_takes_the_datum_out_and_nothing_else(left):
    own = pd.DataFrame(
        {
            "region": ["N1", "S1"],
            "inventory_sector": ["3", "3"],
            "emissions": [1.0, 2.0],
            "case": 2.0,
        }
    )
    dataset = replace(left.dataset, inventory_city=own)
    reduced = leave_out(dataset, ["N1"], "emissions")
    before, after = (pd.concat(d.observations.values()) for d in (dataset, reduced))
    gone = before[before["region"].eq("N1") & before["quantity"].eq("emissions")]
    assert len(gone) == 1 and len(after) == len(before) - 1
    assert not (after["region"].eq("N1") & after["quantity"].eq("emissions")).any()
    assert reduced.inventory_city["region"].tolist() == ["S1"]
    assert leave_out(dataset, ["N1"], "value_added").inventory_city is own
    assert set(printed_totals(dataset).index) - set(printed_totals(reduced).index) == {"N1"}


def test_a_hidden_gdp_is_that_of_the_others_per_head(left):
    table = left.regions.set_index("region")
    hidden = leave_out_gdp(left.dataset, ["S1"]).tables["regions"].set_index("region")["gdp"]
    others = table.loc[["S2", "S3"]]
    assert hidden["S1"] == pytest.approx(
        table.at["S1", "population"] * others["gdp"].sum() / others["population"].sum()
    )
    np.testing.assert_array_equal(hidden.drop("S1"), table["gdp"].drop("S1"))


def test_values_added_are_printed_where_sets_of_sectors_make_up_the_industries(left):
    printed = printed_value_added(left.dataset)
    assert printed.index.tolist() == ["N1", "N2", "S1", "S2", "S3"] and [*printed.columns] == [
        "primary",
        "secondary",
        "tertiary",
    ]
    split = {
        p: t[~(t["region"].eq("N1") & t["sectors"].eq("AGR"))]
        for p, t in left.dataset.observations.items()
    }
    assert "N1" not in printed_value_added(replace(left.dataset, observations=split)).index


@pytest.mark.slow
def test_a_predicted_total_does_not_know_the_printed_one(any_way):
    first, other = (
        left_out_emissions(any_way),
        left_out_emissions(changed(any_way, "S1", "emissions", 1.5)),
    )
    assert first["region"].tolist() == other["region"].tolist() and set(first["region"]) == {
        "N1",
        "N2",
        "S1",
        "S2",
    }
    one, two = predicted(first, method="run"), predicted(other, method="run")
    assert two["S1"] == one["S1"] > 0
    assert first.set_index("region").at["S1", "fold"] != first.set_index("region").at["S2", "fold"]
    told = [table.set_index("region")["told"] for table in (first, other)]
    assert told[1]["S1"] > told[0]["S1"]  # what the run makes of it when it is told
    assert two["S2"] != one["S2"]  # its neighbour is predicted with it


@pytest.mark.slow
def test_a_predicted_total_does_not_know_the_citys_own_inventory(any_way):
    found = []
    for tonnes in (1e5, 4e5):
        own = pd.DataFrame(
            {
                "region": "S1",
                "inventory_sector": ["3", "4"],
                "fuel": "",
                "activity": np.nan,
                "case": 1.0,
            }
        )
        dataset = replace(any_way.dataset, inventory_city=own.assign(emissions=[tonnes, 5e4]))
        found.append(predicted(left_out_emissions(replace(any_way, dataset=dataset)), method="run"))
    assert found[0]["S1"] == found[1]["S1"] > 0


@pytest.mark.slow
def test_a_predicted_value_added_does_not_know_the_printed_one(left):
    first, other = (
        left_out_value_added(left),
        left_out_value_added(changed(left, "S1", "value_added", 0.8)),
    )
    for method in (GDP_TOLD, GDP_HIDDEN, PER_HEAD):
        for industry in ("primary", "secondary", "tertiary", TOTAL):
            one, two = (
                predicted(table, method=method, industry=industry)["S1"] for table in (first, other)
            )
            assert two == pytest.approx(one, rel=1e-9), (method, industry)
    table = left.regions
    richer = replace(
        left.dataset,
        tables=left.dataset.tables
        | {"regions": table.assign(gdp=table["gdp"].where(table["region"].ne("S1"), 2e6))},
    )
    third = left_out_value_added(Left(richer, left.config, left.mrio))
    gdp = [predicted(t, method=GDP_TOLD, industry=TOTAL)["S1"] for t in (first, third)]
    hidden = [predicted(t, method=GDP_HIDDEN, industry=TOTAL)["S1"] for t in (first, third)]
    assert gdp[1] != pytest.approx(gdp[0], rel=1e-3) and hidden[1] == pytest.approx(
        hidden[0], rel=1e-9
    )


@pytest.mark.slow
def test_a_draw_of_a_left_out_total_does_not_know_the_printed_one_and_is_its_own_in_any_part(
    any_way,
):
    both, second = draws_of_totals(any_way, [1, 2]), draws_of_totals(any_way, [2])
    pd.testing.assert_frame_equal(
        both[both["member"].eq(2)].reset_index(drop=True), second, check_dtype=False
    )
    assert both.groupby("region").size().to_dict() == dict.fromkeys(["N1", "N2", "S1", "S2"], 2)
    other = draws_of_totals(changed(any_way, "N1", "emissions", 1.5), [2]).set_index("region")[
        "emissions"
    ]
    same = second.set_index("region")["emissions"]
    assert other["N1"] == same["N1"] and other["N2"] != same["N2"]
    assert len(draws_of_totals(any_way, [])) == 0


def test_a_total_stands_beside_the_years_around_it(left):
    rows = [
        ("N1", 2019, 4.0),
        ("N1", 2020, 5.0),
        ("N1", 2021, 9.0),
        ("N2", 2019, 1.0),
        ("N2", 2020, 1.0),
    ]
    table = between_years(left, pd.DataFrame(rows, columns=["region", "year", "emissions"]))
    assert table[["region", "printed", "predicted"]].values.tolist() == [
        ["N1", pytest.approx(5.0), pytest.approx(6.0)]
    ]
    assert between_years(left, None).empty


def rows(errors: list[float], provinces: str, method: str = "run") -> pd.DataFrame:
    """Rows of left_out.csv whose predictions are exp(error) times the truth."""
    truth = np.arange(1.0, len(errors) + 1)
    codes = [f"r{k}" for k in range(len(errors))]
    about = {
        "quantity": "emissions",
        "industry": "",
        "method": method,
        "region": codes,
        "province": [*provinces],
        "neighbours": "all",
    }
    return pd.DataFrame(
        about | {"printed": 2 * truth, "told": truth, "predicted": truth * np.exp(errors)}
    )


def test_scores_of_a_constructed_case():
    table = rows([0.3, 0.1, -0.1, -0.3], "aabb")
    draws = pd.DataFrame(
        [(m, f"r{k}", float(m)) for m in range(1, 5) for k in range(4)],
        columns=["member", "region", "emissions"],
    )
    parts = [
        draws,
        draws.iloc[:0].astype(object),
    ]  # as they are read from the file of a part without members
    found = scores(table, pd.concat(parts), Uncertainty()).set_index(["against", "neighbours"])
    told, printed = found.loc[("told", "")], found.loc[("printed", "")]
    truth = np.arange(1.0, 5)
    assert told["wape"] == pytest.approx(
        np.abs(truth * np.exp([0.3, 0.1, -0.1, -0.3]) - truth).sum() / truth.sum()
    )
    assert told[["median_log_error", "bias", "data"]].tolist() == pytest.approx([0.2, 0.0, 4])
    assert told["log_sd"] == pytest.approx(np.sqrt(0.2 / 3)) and told[
        "log_sd_within"
    ] == pytest.approx(np.sqrt(0.04 / 2))
    assert printed["bias"] == pytest.approx(-np.log(2)) and told[
        "rank_correlation"
    ] == pytest.approx(1)
    # draws are 1, 2, 3, 4 everywhere: with their ties, truths lie in 0 to .4, .2 to .6, .4 to .8
    # and .6 to 1
    assert [told[f"within_{level}"] for level in (50, 80)] == pytest.approx([0.625, 0.875])
    assert told[[*TENTHS]].tolist() == pytest.approx([1 / 16, 1 / 16, *[1 / 8] * 6, 1 / 16, 1 / 16])
    assert set(found.index) == {(a, n) for a in ("told", "printed") for n in ("", "all")}


def test_intervals_that_are_right_hold_what_they_say():
    rng = np.random.default_rng(1)
    errors = rng.normal(0, 0.2, 4000)
    table = rows([*errors], "ab" * 2000, method="per_head")
    none = pd.DataFrame(columns=["member", "region", "emissions"]).astype({"emissions": float})
    found = (
        scores(table, none, Uncertainty(imputed_sd=0.2))
        .query("against == 'told' and neighbours == ''")
        .iloc[0]
    )
    assert found[["within_50", "within_80", "within_90"]].tolist() == pytest.approx(
        [0.5, 0.8, 0.9], abs=0.02
    )
    narrow = (
        scores(table, none, Uncertainty(imputed_sd=0.1))
        .query("against == 'told' and neighbours == ''")
        .iloc[0]
    )
    assert narrow["within_90"] < 0.62 and narrow["log_sd"] == pytest.approx(0.2, abs=0.01)
    assert pit_lognormal(pd.Series([1.0]), pd.Series([2.0]), 0.0).isna().to_numpy().all()


def test_few_draws_that_are_right_hold_what_they_say_too():
    rng = np.random.default_rng(2)
    table = rows([0.0] * 3000, "ab" * 1500).assign(told=rng.lognormal(size=3000))
    draws = pd.DataFrame(
        {"member": np.tile(np.arange(7), 3000), "region": np.repeat(table["region"], 7)}
    )
    found = (
        scores(table, draws.assign(emissions=rng.lognormal(size=21000)), Uncertainty())
        .query("against == 'told'")
        .iloc[0]
    )
    assert found[["within_50", "within_80", "within_90"]].tolist() == pytest.approx(
        [0.5, 0.8, 0.9], abs=0.02
    )
    assert found[[*TENTHS]].tolist() == pytest.approx([0.1] * 10, abs=0.02)


def test_a_region_without_draws_has_no_place_among_them():
    draws = pd.DataFrame({"member": [1, 2], "region": "a", "emissions": [1.0, 3.0]})
    place = pit_of_draws(draws, pd.Series({"a": 2.0, "b": 2.0}))
    assert place.loc["a"].tolist() == pytest.approx([1 / 3, 2 / 3]) and place.loc["b"].isna().all()


def test_shares_of_plants_beside_those_of_the_run():
    regions = pd.DataFrame(
        {
            "region": ["a", "b", "c"],
            "name": [*"ABC"],
            "province": ["1", "1", "2"],
            "population": 1.0,
            "gdp": [3.0, 1, 1],
        }
    )
    coords = {"region": ["a", "b", "c"], "sector": ["x", "y"]}
    output = xr.DataArray([[60.0, 1], [40, 1], [5, 1]], coords, ("region", "sector"))
    emissions = xr.DataArray([[10.0, 0], [90, 0], [5, 0]], coords, ("region", "sector"))
    extra = pd.DataFrame(
        {
            "extra": "plants",
            "quantity": "output",
            "sectors": "x",
            "category": "",
            "source": "s",
            "region": ["a", "b", "c"],
            "value": [1.0, 3, 9],
        }
    )
    table = kept_apart(
        [extra], xr.Dataset({"output": output}), xr.Dataset({"emissions": emissions}), regions
    )
    assert table["region"].tolist() == ["a", "b"]  # a city alone has all of its province
    assert table[["told", "account", "emissions", "population", "gdp"]].values.tolist() == [
        [0.25, 0.6, 0.1, 0.5, 0.75],
        [0.75, 0.4, 0.9, 0.5, 0.25],
    ]
    score = scores_apart(table).set_index("estimate")
    assert score["wrong_percent"].to_dict() == pytest.approx(
        {"account": 35, "emissions": 15, "population": 25, "gdp": 50}
    )
    assert score.loc["emissions", "rank_correlation"] == pytest.approx(1) and score.loc[
        "account", "rank_correlation"
    ] == pytest.approx(-1)
    assert kept_apart([], xr.Dataset(), xr.Dataset(), regions).empty
