"""Competitors of the literature on tables whose numbers follow by hand; they are told what the
methods are told, no more.
"""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from known_world import CITIES, invented, write

from citymrio.base.errors import DataError
from citymrio.config.models import Config
from citymrio.trade.distances import region_distances
from known_truth.as_dataset import CASES, System
from known_truth.competitors import (
    RULES,
    Facts,
    best_delta,
    flq,
    heterogeneity,
    mr_gras,
    placed,
    pool,
    ras,
    scaled_pool,
    slq_of,
)
from known_truth.run import estimated_parts, outside_priors
from known_truth.scores import (
    TOGETHER,
    Scores,
    differences,
    equal_accounts,
    parts_of,
    weighted_median,
)
from known_truth.table import in_groups, read_known_table


def given(home=60.0, out=20.0, into=10.0, shares=(0.75, 0.25)):
    """Two provinces, one sector, one category and stock changes: province 0 of two cities, all uses
    in the final category.
    """
    cells = np.zeros((2, 1, 2, 3))
    cells[0, 0, 0, 1], cells[0, 0, 1, 1], cells[1, 0, 0, 1], cells[1, 0, 1, 1] = (
        home,
        out,
        into,
        30.0,
    )
    share = np.array([*shares, 1.0])[:, None]
    use = np.repeat(np.array([0.5, 0.5, 1.0])[:, None, None], 3, axis=2)
    output = np.array([80.0, 80.0, 40.0])[:, None] * share
    regions = pd.DataFrame(
        {
            "region": ["A", "B", "C"],
            "lon": [0.0, 1.0, 9.0],
            "lat": [50.0, 50.0, 50.0],
            "area_km2": 900.0,
        }
    )
    zero = np.zeros((3, 1))
    return Facts(
        cells,
        np.array([0, 0, 1]),
        share,
        use,
        output,
        output,
        zero,
        zero,
        2,
        regions,
        np.ones(1),
        np.zeros(1),
    )


PAIR = np.array([0, 1])


def inside(case, rule):
    """Deliveries among the two cities of province 0, (origin, destination)."""
    return placed(case, rule)[:2, 0, :2, 1]


def test_zeros_leave_no_trade_between_cities_of_a_province():
    assert inside(given(), RULES["zeros"]) == pytest.approx(np.diag([30.0, 30.0]))


def test_the_pool_splits_by_supply_and_use():
    assert pool(given())[:2, 0, :2, 1] == pytest.approx(60 * np.outer([0.75, 0.25], [0.5, 0.5]))


def test_cross_hauling_is_twice_the_smaller_flow_over_supply_and_demand():
    # out 20 and in 10 of province 0, the other way round of province 1: 2 (10 + 10) over (80 + 70)
    # + (40 + 50)
    assert heterogeneity(given()) == pytest.approx([40 / 240])


def test_charm_keeps_what_is_not_crossed_at_home():
    # city A: S = 60, D = 35, q = 95/6, own = 35 - 95/12; city B: S = 20, D = 35, q = 55/6, own = 20
    # - 55/12
    flows = inside(given(), RULES["charm"])
    assert np.diag(flows) == pytest.approx([35 - 95 / 12, 20 - 55 / 12])
    assert flows.sum(axis=0) == pytest.approx([30.0, 30.0])


def test_borrowed_home_shares_are_those_of_the_other_provinces():
    # province 1 uses 30 of its own out of 50; province 0 60 out of 70: a city with 35 of demand
    # takes .6 of it from itself
    assert np.diag(inside(given(), RULES["borrowed"])) == pytest.approx([21.0, 21.0])
    alone = dataclasses.replace(
        given(), cells=given().cells[:1, :, :1], place=np.array([0, 0]), share=given().share[:2]
    )
    alone = dataclasses.replace(alone, use=given().use[:2], output=given().output[:2])
    assert np.diag(inside(alone, RULES["borrowed"])) == pytest.approx([30.0, 30.0]), (
        "nobody to borrow from"
    )


def test_gravity_meets_supply_and_demand_with_the_ratio_of_its_prior():
    case = dataclasses.replace(given(), border=np.array([np.log(3.0)]))
    flows = inside(case, RULES["gravity_ras"])
    assert flows.sum(axis=1) == pytest.approx([45.0, 15.0]) and flows.sum(axis=0) == pytest.approx(
        [30.0, 30.0]
    )
    far = region_distances(case.regions.iloc[:2])
    odds = 9.0 * far[0, 1] ** 2 / (far[0, 0] * far[1, 1])  # theta is 1
    assert flows[0, 0] * flows[1, 1] / (flows[0, 1] * flows[1, 0]) == pytest.approx(odds)


def test_location_quotients_are_those_of_the_textbook():
    """Two sectors: city A makes 30 of 40 and 10 of 60, so that it has .4 of all output."""
    case = given()
    wide = dataclasses.replace(
        case,
        cells=np.concatenate([np.ones((2, 2, 2, 2)), np.zeros((2, 2, 2, 2))], axis=3),
        share=np.array([[0.75, 1 / 6], [0.25, 5 / 6], [1.0, 1.0]]),
        output=np.array([[30.0, 10.0], [10.0, 50.0], [1.0, 1.0]]),
        use=np.full((3, 2, 4), 0.5),
        stock=3,
    )
    simple, size = slq_of(wide, PAIR)
    assert size == pytest.approx([0.4, 0.6])
    assert simple[:, 0] == pytest.approx([0.75 / 0.4, (1 / 6) / 0.4])
    own = flq(wide, PAIR, 0.3)[0, :, 0]  # (sector, use)
    rate = np.log2(1.4) ** 0.3
    first, second = 1.875, 1 / 2.4
    expected = [
        [min(1, first * rate), 1.0, min(1, first * rate)],
        [second / first * rate, second * rate, second * rate],
    ]
    assert own[:, :3] == pytest.approx(np.array(expected))


def test_the_exponent_of_flq_is_the_one_with_the_smallest_error():
    case = given()
    truth = placed(case, lambda g, m: flq(g, m, 0.35))

    class Truth:
        @staticmethod
        def trade():
            return truth[..., 1].transpose(1, 0, 2)

    assert best_delta(Truth, case) == pytest.approx(0.35)


def test_ras_meets_both_sums_and_keeps_the_odds_ratio():
    prior = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    found = ras(prior, np.array([[4.0, 6.0]]), np.array([[5.0, 5.0]]))
    assert found.sum(axis=2) == pytest.approx(np.array([[4.0, 6.0]])) and found.sum(
        axis=1
    ) == pytest.approx(np.array([[5.0, 5.0]]))
    assert found[0, 0, 0] * found[0, 1, 1] / (found[0, 0, 1] * found[0, 1, 0]) == pytest.approx(
        4 / 6
    )


def test_gras_scales_what_is_negative_the_other_way():
    """One row: 3 up and 1 down to a total of 4: l = (4 + sqrt(16 + 12)) / 6."""
    prior = np.array([[[[3.0, -1.0]]]])
    factor = (4 + np.sqrt(28)) / 6
    found = mr_gras(
        prior,
        np.array([[4.0]]),
        np.full((1, 2), np.nan),
        np.full((1, 1, 1, 2), np.nan),
        np.array([0]),
    )
    assert found.ravel() == pytest.approx(
        [3 * factor, -1 / factor]
    ) and found.sum() == pytest.approx(4.0)


def test_mr_gras_meets_rows_columns_and_blocks_and_keeps_signs():
    rng = np.random.default_rng(3)
    place = np.array([1, 0, 1, 0, 2])
    member = np.eye(3)[place]

    def made():
        table = rng.uniform(0.5, 2, (5, 2, 5, 4))
        table[..., 3] *= rng.choice([-0.2, 0.2], (5, 2, 5))
        table[0, 0, 1, 0] = 0.0
        return table

    prior, truth = made(), made()
    truth = np.abs(truth) * np.sign(prior)
    blocks = np.einsum("rp,riqc,qs->pisc", member, np.einsum("risc->risc", truth), member)
    columns = truth.sum(axis=(0, 1))
    columns[2, 1] = np.nan  # not known
    found = mr_gras(prior, truth.sum(axis=(2, 3)), columns, blocks, place)
    assert found.sum(axis=(2, 3)) == pytest.approx(truth.sum(axis=(2, 3)), abs=1e-6)
    known = np.isfinite(columns)
    assert found.sum(axis=(0, 1))[known] == pytest.approx(columns[known], abs=1e-6)
    assert np.einsum("rp,riqc,qs->pisc", member, found, member) == pytest.approx(blocks, abs=1e-6)
    assert (np.sign(found) == np.sign(prior)).all() and not np.allclose(found, prior, rtol=0.05)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    arrays, regions = invented()
    return read_known_table(write(tmp_path_factory.mktemp("competitors"), arrays), regions)


@pytest.fixture(scope="module")
def priors(world):
    return outside_priors(world)


def tables(world, priors, case):
    told = Facts.of(System.of(world, priors, Config(), case=CASES[case]))
    found = {name: placed(told, rule) for name, rule in RULES.items()}
    return {
        **found,
        "flq": placed(told, lambda g, m: flq(g, m, 0.3)),
        "mr_gras": scaled_pool(told),
        "emissions": told.emissions,
    }


@pytest.mark.parametrize("case", list(CASES))
def test_competitors_are_told_nothing_beyond_the_case(world, priors, case):
    """Another truth that says the same of cities: who trades, buys and exports changes, no rule
    does.
    """
    city, rng = np.flatnonzero(world.is_city), np.random.default_rng(4)
    z, f = world.z.copy(), world.f.copy()
    for array in (z, f):  # who of the cities sells, and (of final demand) who of them buys
        total = array[city].sum(axis=0)
        array[city] = (
            rng.dirichlet(np.ones(len(city)), size=total.shape).transpose(3, 0, 1, 2) * total
        )
    total = f[:, :, city].sum(axis=2)
    f[:, :, city] = (
        rng.dirichlet(np.ones(len(city)), size=total.shape) * total[..., None]
    ).transpose(0, 1, 3, 2)
    exports = world.exports.copy()
    exports[city] = exports[city][::-1]
    # the sums of the province, what is made and what is earned are as before
    other = dataclasses.replace(world, z=z, f=f, exports=exports)
    one, two = tables(world, priors, case), tables(other, priors, case)
    for name, values in one.items():
        assert two[name] == pytest.approx(values, rel=1e-6, abs=1e-9), name


@pytest.mark.parametrize("case", list(CASES))
def test_competitors_spend_what_technology_and_province_say(world, priors, case):
    city, width = np.flatnonzero(world.is_city), len(world.sectors)
    true = np.concatenate([world.z, world.f], axis=3)[:, :, city].sum(axis=2)
    for name, cells in tables(world, priors, case).items():
        if name != "emissions":
            found = cells[:, :, city].sum(axis=2)
            assert found.sum(axis=0) == pytest.approx(true.sum(axis=0), rel=1e-6, abs=1e-9), name
            assert found[~world.is_city][..., :width] == pytest.approx(
                true[~world.is_city][..., :width], rel=1e-6
            ), name


def test_emissions_of_competitors_meet_the_totals_that_are_told(world, priors):
    system = System.of(world, priors, Config(uncertainty={"emissions_sd": 0.0, "observed_sd": 0.0}))
    found = Facts.of(system).emissions
    assert found[world.is_city].sum(axis=0) == pytest.approx(
        system.stressor[world.is_city].sum(axis=0)
    )
    assert found[world.is_city].sum(axis=1) == pytest.approx(
        system.stressor[world.is_city].sum(axis=1), rel=0.05
    )


def test_equal_accounts_say_nothing_of_tables_and_carry_the_provinces_level(world, priors):
    system = System.of(world, priors, Config(), case=CASES["all_sectors"])
    parts = estimated_parts(system, Facts.of(system), "cba_equals_pba", 0.0)
    assert set(parts) == {"embodied", "production"}
    scores = Scores(system.table, system.stressor)
    table = scores.table({"cba_equals_pba": scores.pieces(parts)}, ["cba_equals_pba"]).query(
        "group == 'all'"
    )
    value = table.set_index("quantity")["value"]
    assert (
        value["footprint_level"] == pytest.approx(1.0)
        and value["production_wape"] == 0
        and value["embodied_level"] == 0
    )
    assert np.isnan(value["flows_wape"])


def test_the_truth_scores_nought_and_twice_the_truth_one(world, priors):
    system = System.of(world, priors, Config(), case=CASES["all_sectors"])
    scores = Scores(world, system.stressor)
    exact = parts_of(world, system.stressor)
    twice = {name: 2 * values for name, values in exact.items()}
    methods = {"calibrated": scores.pieces(exact), "zeros": scores.pieces(twice)}
    table = scores.table(methods, ["zeros"]).set_index(["method", "quantity", "group"])
    for quantity in (
        "flows_inside",
        "flows_across",
        "own_use",
        "footprint",
        "embodied_inside",
        "production",
    ):
        assert table["value"]["calibrated", f"{quantity}_wape", "all"] == pytest.approx(
            0.0, abs=1e-12
        )
        assert table["value"]["calibrated", f"{quantity}_level", "goods"] == pytest.approx(1.0)
        assert table["value"]["zeros", f"{quantity}_wape", "all"] == pytest.approx(1.0)
        row = table.loc["zeros", f"{quantity}_wape", "all"]
        assert row[["difference", "low", "high"]].tolist() == pytest.approx([-1.0, -1.0, -1.0])
    assert table["value"]["zeros", "footprint_median", "all"] == pytest.approx(1.0)
    assert table["skill"]["calibrated", "footprint_median", "all"] == pytest.approx(1.0)


def test_an_interval_holds_what_another_draw_of_cities_gives(world, priors):
    """Errors of one city alone: where it is not drawn there is no difference, so that the interval
    holds 0.
    """
    system = System.of(world, priors, Config(), case=CASES["all_sectors"])
    scores, exact = Scores(world, system.stressor), parts_of(world, system.stressor)
    off = {
        **exact,
        "production": exact["production"] * np.where(np.arange(len(world.regions)) == 0, 1.5, 1.0),
    }
    table = scores.table(
        {"zeros": scores.pieces(off), "calibrated": scores.pieces(exact)}, ["zeros"]
    )
    row = table.set_index(["method", "quantity", "group"]).loc["zeros", "production_wape", "all"]
    share = exact["production"][:, :CITIES].sum(axis=0)
    assert (
        row["difference"] == pytest.approx(-0.5 * share[0] / share.sum())
        and row["low"] < row["difference"] <= row["high"] == 0
    )


def test_a_median_counts_values_as_often_as_they_are_drawn():
    weights = np.array([[1, 1, 1], [0, 2, 1], [1, 0, 1], [0, 0, 0]], float)
    assert weighted_median(np.array([3.0, 1.0, 2.0]), weights) == pytest.approx(
        [2.0, 1.0, 2.5, np.nan], nan_ok=True
    )


def test_all_systems_together_are_as_wide_as_systems_differ():
    columns = ["method", "case", "quantity", "group", "difference", "low", "high"]
    one = pd.DataFrame([("slq", "c", "flows_wape", "all", -0.2, -0.21, -0.19)], columns=columns)
    two = one.assign(difference=0.4, low=0.39, high=0.41)
    truth, other = (
        {"basis": "published", "trade": "observed", "table": name} for name in ("a", "b")
    )
    third = two.assign(difference=9.0)
    for guess in (
        {"basis": "estimated", "trade": "observed"},
        {"basis": "published", "trade": "modelled"},
    ):
        found = differences(
            {"one": (one, truth), "two": (two, other), "three": (third, guess | {"table": "c"})}
        )
        row = found[found["system"].eq(TOGETHER)].iloc[0]
        assert row["difference"] == pytest.approx(0.1)
        assert (row["low"], row["high"]) == pytest.approx((-0.2, 0.4), abs=0.02), (
            "both systems are drawn, or one of them twice"
        )
        assert found["system"].tolist() == ["one", "two", "three", TOGETHER], (
            "what is no truth does not count in all"
        )
    found = differences({"one": (one, truth), "same": (one, truth), "two": (two, other)})
    assert found.loc[found["system"].eq(TOGETHER), "difference"].tolist() == pytest.approx([0.1]), (
        "one table in two ways"
    )
    assert TOGETHER not in set(differences({"one": (one, truth), "same": (two, truth)})["system"])


def test_cities_are_put_into_provinces_by_the_seed(world):
    one, same, other = (in_groups(world, 2, seed).regions["province"] for seed in (1, 1, 2))
    assert one.equals(same) and not one.equals(other)
    assert sorted(one[world.is_city].value_counts()) == [2, 3]
    assert one[~world.is_city].equals(world.regions["province"][~world.is_city])
    assert "at random into 2 provinces (seed 1)" in in_groups(world, 2).notes[-1]
    with pytest.raises(DataError, match="3 groups of 5 cities. Fix: name 1 to 2 groups"):
        in_groups(world, 3)


def test_trade_inside_and_across_provinces_is_told_apart(world, priors):
    table = in_groups(world, 2)
    scores = Scores(table, world.value_added)
    exact = parts_of(table, world.value_added)
    off = {**exact, "flows": exact["flows"].copy()}
    place = table.regions["province"].to_numpy()
    across = place[:, None] != place
    off["flows"][:, across] *= 1.5
    value = scores.table({"calibrated": scores.pieces(off)}, []).set_index(["quantity", "group"])[
        "value"
    ]
    assert value["flows_inside_wape", "all"] == 0 and value[
        "flows_across_wape", "all"
    ] == pytest.approx(0.5)
    assert value["flows_across_level", "goods"] == pytest.approx(1.5)
    # twice the trade inside: wrong by its size, right in its pattern
    twice = {**exact, "flows": exact["flows"] * np.where(across, 1.0, 2.0)}
    value = scores.table({"calibrated": scores.pieces(twice)}, []).set_index(["quantity", "group"])[
        "value"
    ]
    assert value["flows_inside_wape", "all"] == pytest.approx(1.0)
    assert value["pattern_inside_wape", "all"] == pytest.approx(0, abs=1e-12)
    assert equal_accounts(world.value_added)["production"].shape == world.value_added.T.shape
