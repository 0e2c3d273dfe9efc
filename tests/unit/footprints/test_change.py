"""Change between two runs: decomposition against dense matrices, merged sectors and regions,
inequality.
"""

import itertools

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from nested_worlds import make_world

from citymrio.analysis.inequality import gini, inequality, palma, theil
from citymrio.base.errors import DataError
from citymrio.footprints.change import EFFECTS, Side, decompose, price_index
from citymrio.nested.columns import MergedColumns
from citymrio.nested.leontief import Leontief

CITIES = (1, 2, 3)
#: Own sector -> common one: the earlier run has two sectors where the later has one, and the other
#: way round.
SECTORS = (
    {"01": "A", "02": "B", "03": "C", "04": "C", "05": "D"},
    {"01": "A", "02": "B", "03": "C", "04": "D", "05": "D"},
)
COMMON = ["A", "B", "C", "D"]


@pytest.fixture(scope="module")
def worlds():
    return [make_world(seed=seed, cities=CITIES, zero_outputs=0) for seed in (3, 8)]


def side(world, sector_of, region_of, prices=None):
    nested = world.nested
    rng = np.random.default_rng(int(nested.dataset["output"].values.sum()))
    use = nested.categories
    demand = nested.purchases().sel(use=use).sum("use") + nested.dataset["imports"].sel(
        use=use
    ).sum("use")
    people = xr.DataArray(
        rng.uniform(5, 20, nested.regions.size), {"region": nested.regions}, ("region",)
    )
    regions = list(dict.fromkeys(region_of[code] for code in nested.regions))
    sectors = list(dict.fromkeys(sector_of[code] for code in nested.sectors))
    return Side(
        nested,
        world.emissions,
        demand,
        people,
        sector_of,
        region_of,
        sectors,
        regions,
        np.ones(len(sectors)) if prices is None else prices,
    )


def regions_of(world, merge=False):
    names = {code: code for code in world.nested.regions}
    if merge:
        two = [code for code in names if code.startswith("13")][1:]
        names |= dict.fromkeys(two, two[0])
    return names


def dense(world, one: Side, prices=None):
    """e, A, F (rows, regions), y, P of a world added up to common labels, as plain matrices."""
    table = one.nested.aggregate(dict(one.region_of), dict(one.sector_of))
    n, count = len(one.sectors), len(one.regions)
    cells = table["table"].values
    p = np.ones(n) if prices is None else prices
    z = cells[..., :n].reshape(count * n, count * n)
    x = table["output"].values.reshape(-1)
    index = np.tile(p, count)
    emissions = np.zeros((count, n))
    for code, sector in itertools.product(one.nested.regions, one.nested.sectors):
        value = float(world.emissions.sel(region=code, sector=sector))
        emissions[
            one.regions.index(one.region_of[code]), one.sectors.index(one.sector_of[sector])
        ] += value
    f = cells[..., n:].sum(axis=3).reshape(count * n, count)
    imports = table["imports"].values[:, n:].sum(axis=1)
    constant = (f / index[:, None]).sum(axis=0)
    y = constant * (f.sum(axis=0) + imports) / f.sum(axis=0)
    people = np.array(
        [
            sum(
                float(one.people.sel(region=c)) for c in one.nested.regions if one.region_of[c] == r
            )
            for r in one.regions
        ]
    )
    a = z / x[None] * index[None, :] / index[:, None]
    return emissions.reshape(-1) / x * index, a, f / index[:, None], y, people


def by_hand(first, second):
    """The five effects by exchanging factors one at a time in dense matrices, in both orders,
    averaged.
    """
    factors = [
        (e, np.linalg.inv(np.eye(len(e)) - a), f / y, y / p, p) for e, a, f, y, p in (first, second)
    ]

    def value(choice):
        e, inverse, u, level, people = (factors[k][i] for i, k in enumerate(choice))
        return e @ inverse @ u * level * people

    def walk(order):
        effects, choice = {}, [0] * len(EFFECTS)
        for i in order:
            before = value(choice)
            choice[i] = 1
            effects[EFFECTS[i]] = value(choice) - before
        return effects

    ways = [walk(order) for order in ((0, 1, 2, 3, 4), (4, 3, 2, 1, 0))]
    return {name: (ways[0][name] + ways[1][name]) / 2 for name in EFFECTS}, value([1] * 5) - value(
        [0] * 5
    )


@pytest.mark.parametrize("merge", [False, True])
@pytest.mark.parametrize("prices", [None, np.array([1.3, 0.9, 1.1, 2.0])])
def test_effects_are_those_of_dense_matrices_added_up_to_common_labels(worlds, merge, prices):
    sides = [
        side(world, names, regions_of(world, merge), index)
        for world, names, index in zip(worlds, SECTORS, (None, prices), strict=True)
    ]
    result, _ = decompose(*sides)
    expected, change = by_hand(dense(worlds[0], sides[0]), dense(worlds[1], sides[1], prices))
    scale = np.abs(result["earlier"].values).max()
    for name in EFFECTS:
        assert result[name].values == pytest.approx(expected[name], abs=1e-9 * scale), name
    assert (result["later"] - result["earlier"]).values == pytest.approx(change, abs=1e-9 * scale)


def test_effects_sum_to_the_change_of_every_region(worlds):
    sides = [
        side(world, names, regions_of(world)) for world, names in zip(worlds, SECTORS, strict=True)
    ]
    result, checks = decompose(*sides)
    total = sum(result[name] for name in EFFECTS)
    change = result["later"] - result["earlier"]
    assert (np.abs(total - change) <= 1e-9 * np.abs(change)).all()
    assert checks["sum_of_effects"] <= 1e-9
    assert checks["emissions_later"] <= 1e-9


def test_without_merging_the_footprints_are_those_of_the_run(worlds):
    own = {code: code for code in worlds[0].nested.sectors}
    sides = [side(world, own, regions_of(world)) for world in worlds]
    result, _ = decompose(*sides)
    nested = worlds[1].nested
    cba = nested.trace(worlds[1].emissions)["flows_category"].sum(("origin", "category"))
    assert result["later"].values == pytest.approx(cba.values, rel=1e-10)


def test_only_the_factor_that_changed_has_an_effect(worlds):
    own = {code: code for code in worlds[0].nested.sectors}
    first = side(worlds[0], own, regions_of(worlds[0]))
    doubled = Side(**{**vars_of(first), "emissions": 2 * first.emissions})
    result, _ = decompose(first, doubled)
    assert result["intensity"].values == pytest.approx(result["earlier"].values)
    assert all((result[name].values == pytest.approx(0.0, abs=1e-12)) for name in EFFECTS[1:])
    crowded = Side(**{**vars_of(first), "people": 2 * first.people})
    result, _ = decompose(first, crowded)
    assert result["population"].values == pytest.approx(-result["level"].values)


def vars_of(one: Side) -> dict:
    return {name: getattr(one, name) for name in Side.__dataclass_fields__}


def test_merged_coefficients_are_output_weighted_means_of_columns(worlds):
    nested = worlds[0].nested
    count, n = nested.regions.size, nested.sectors.size
    groups = np.arange(count)[:, None] * n + np.array([0, 1, 2, 2, 4])
    merged = MergedColumns.of(nested.coefficients, groups, nested.dataset["output"].values)
    unit = np.zeros((count, n, 2))
    unit[1, 2, 0] = unit[1, 3, 1] = 1.0
    x = nested.dataset["output"].values[1]
    plain, mixed = nested.coefficients.matmat(unit), merged.matmat(unit)
    expected = (plain[..., 0] * x[2] + plain[..., 1] * x[3]) / (x[2] + x[3])
    assert mixed[..., 0] == pytest.approx(expected)
    assert mixed[..., 1] == pytest.approx(expected)
    right = np.random.default_rng(1).random((count, n, 1))
    solved = Leontief(merged).solve(right)
    assert solved - merged.matmat(solved) == pytest.approx(right)


def test_regions_of_two_provinces_cannot_be_merged(worlds):
    nested = worlds[0].nested
    groups = np.zeros(nested.dataset["output"].shape, dtype=int)
    with pytest.raises(DataError, match="two provinces"):
        MergedColumns.of(nested.coefficients, groups, nested.dataset["output"].values)


def test_what_one_run_alone_has_is_coverage_and_no_effect(worlds):
    own = {code: code for code in worlds[0].nested.sectors}
    region_of = regions_of(worlds[0])
    gone = [code for code in region_of if code.startswith("13")][-1]
    first, second = (side(world, own, region_of) for world in worlds)
    # the earlier run knows the place by another name: one region in either run alone
    places = [*second.regions, "elsewhere"]
    first = Side(
        **vars_of(first) | {"region_of": region_of | {gone: "elsewhere"}, "regions": places}
    )
    second = Side(**vars_of(second) | {"regions": places})
    result, checks = decompose(first, second)
    alone = result.sel(region=[gone, "elsewhere"])
    assert all((alone[name] == 0).all() for name in EFFECTS)
    assert alone["earlier"].values[0] == alone["later"].values[1] == 0
    moved = result["later"] - result["earlier"]
    assert alone["coverage"].values == pytest.approx(moved.sel(region=alone.region).values)
    whole = sum(result[name] for name in EFFECTS) + result["coverage"]
    assert whole.values == pytest.approx(moved.values, rel=1e-9)
    # what the others use of the place that the earlier run alone has
    flows = worlds[0].nested.trace(worlds[0].emissions)["flows_category"].sum("category")
    later = worlds[1].nested.trace(worlds[1].emissions)["flows_category"].sum("category")
    for region in (code for code in region_of if code != gone):
        used = [float(found.sel(origin=gone, destination=region)) for found in (flows, later)]
        assert float(result["coverage"].sel(region=region)) == pytest.approx(used[1] - used[0])
    assert max(checks.values()) < 1e-9


@pytest.mark.parametrize("text", ["1_0", "1,1", "\uff11", "1e400"])
def test_a_price_index_that_is_no_plain_number_is_refused(text):
    with pytest.raises(DataError, match="the price index of b is '"):
        price_index(["a", "b"], pd.DataFrame({"sector": ["a", "b"], "deflator": ["1.1", text]}))


def test_a_price_index_is_one_number_or_a_table():
    assert price_index(["a", "b"], 1.1).tolist() == [1.1, 1.1]
    assert price_index(
        ["a", "b"], pd.DataFrame({"sector": ["b", "a"], "deflator": [2.0, 3.0]})
    ).tolist() == [3.0, 2.0]
    with pytest.raises(DataError, match="no price index for b"):
        price_index(["a", "b"], pd.DataFrame({"sector": ["a"], "deflator": [2.0]}))
    with pytest.raises(DataError, match="price index"):
        price_index(["a"], -1.0)


def test_measures_of_inequality_have_their_textbook_values():
    people = np.array([60.0, 40.0])
    assert gini(np.array([1.0, 1.0]), people) == pytest.approx(0.0)
    assert gini(np.array([0.0, 5.0]), people) == pytest.approx(0.6)
    assert theil(np.array([0.0, 5.0]), people) == pytest.approx(np.log(100 / 40))
    assert palma(np.array([1.0, 2.0]), np.array([50.0, 50.0])) == pytest.approx(20 / 40)


def test_theil_and_gini_of_provinces_add_up():
    rng = np.random.default_rng(4)
    index = [f"c{k}" for k in range(12)]
    values, people = pd.Series(rng.gamma(2, 1, 12), index), pd.Series(rng.uniform(1, 9, 12), index)
    province = pd.Series(list("aaabbbccccdd"), index)
    table = inequality(values, people, province).set_index(["measure", "component"])["value"]
    assert table["theil", "between"] + table["theil", "within"] == pytest.approx(
        table["theil", "total"]
    )
    assert table["gini", "between"] + table["gini", "within"] + table[
        "gini", "overlap"
    ] == pytest.approx(table["gini", "total"])
    assert table["gini", "overlap"] >= 0
    flat = inequality(
        province.map({"a": 1.0, "b": 2.0, "c": 5.0, "d": 3.0}), people, province
    ).set_index(["measure", "component"])
    assert flat.loc[("theil", "within"), "value"] == pytest.approx(0.0, abs=1e-12)


def test_a_negative_value_per_capita_is_refused():
    one = pd.Series([1.0, -1.0], ["r", "s"])
    with pytest.raises(DataError, match="region s"):
        inequality(one, pd.Series([1.0, 1.0], ["r", "s"]), pd.Series(["p", "p"], ["r", "s"]))
