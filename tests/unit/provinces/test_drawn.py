"""The provincial system of a member of the ensemble: drawn, and every identity kept."""

import numpy as np
import pytest
import xarray as xr
from province_worlds import COUNTRY as CITIES
from province_worlds import assert_identities, balanced, country, mrio_of, regions

from citymrio.config.models import Provinces, Solver
from citymrio.provinces.drawn import (
    SUPPLIED,
    drawn_system,
    hauled_share,
    is_open,
    shrink_hauling,
)
from citymrio.provinces.mrio import province_mrio
from citymrio.provinces.trade import province_trade

FINAL = ["households", "capital", "stock_changes"]


@pytest.fixture(scope="module")
def system():
    return balanced(*country(CITIES))[0]


def drawn(system, hauling=0.0, demand=0.0, flows=0.0, seed=3):
    rng = np.random.default_rng(seed)
    provinces, sectors = system["province"].values, system["sector"].values

    def factors(sd, **coords):
        shape = [len(labels) for labels in coords.values()]
        return xr.DataArray(np.exp(sd * rng.standard_normal(shape)), coords, tuple(coords))

    return (
        factors(hauling, province=provinces, sector=sectors),
        factors(demand, province=provinces, use=FINAL),
        factors(flows, sector=sectors, origin=provinces, destination=provinces),
    )


def member(system, **spreads):
    hauling, demand, flows = drawn(system, **spreads)
    after = drawn_system(system, hauling, demand, 0.98)
    return after, province_mrio(
        after, province_trade(after, regions(CITIES), Provinces(), Solver(), factors=flows)[0]
    )


def test_without_a_spread_the_provinces_are_as_they_were(system):
    same, mrio = member(system)
    for name in ("total_use", "imports", "outflow", "inflow", "local", "transit"):
        np.testing.assert_allclose(same[name], system[name], rtol=1e-12, atol=1e-6)
    np.testing.assert_allclose(mrio["table"], mrio_of(system)["table"], rtol=1e-9, atol=1e-6)


def test_drawn_provinces_keep_rows_columns_and_the_nation(system):
    after, mrio = member(system, hauling=0.8, demand=0.3, flows=0.6)
    assert_identities(mrio)
    np.testing.assert_allclose(
        after["outflow"].sum("province"), after["inflow"].sum("province"), rtol=1e-12
    )
    final = system["use"].isin(FINAL)
    for kept in (True, False):
        before, moved = (
            one["total_use"].where(final if kept else ~final, 0.0) for one in (system, after)
        )
        over = ["province", "use"] if kept else ["province"]
        np.testing.assert_allclose(moved.sum(over), before.sum(over), rtol=1e-12)
    np.testing.assert_allclose(
        after["imports"].sum("province"), system["imports"].sum("province"), rtol=1e-12
    )
    np.testing.assert_allclose(
        after["local"] + after["outflow"], system["local"] + system["outflow"], rtol=1e-9
    )
    assert (after[["outflow", "inflow", "local", "imports"]].to_array() >= 0).all()
    # a printed total of a category is as uncertain as its provinces; what stocks lose stays
    before, moved = (one["total_use"].sel(use=FINAL) for one in (system, after))
    assert (
        abs(moved.sum(["province", "sector"]) / before.sum(["province", "sector"]) - 1) > 1e-3
    ).all()
    xr.testing.assert_equal(moved.where(moved < 0), before.where(before < 0))


def hauling_system(odds, size=1.0):
    """A system whose provinces could make what they use, with these odds of cross-hauling."""
    coords = {
        "province": [f"P{k}" for k in range(len(odds))],
        "sector": [f"s{k}" for k in range(odds.shape[1])],
    }
    share, dims = odds / (1 + odds), ("province", "sector")
    made = size * np.ones_like(odds)
    accounts = {"output": made, "outflow": share * made, "inflow": share * made}
    accounts |= dict.fromkeys(("exports", "imports", "error", "transit"), np.zeros_like(odds))
    use = made[:, :, None]
    return xr.Dataset(
        {name: (dims, values) for name, values in accounts.items()}
        | {"total_use": ((*dims, "use"), use)},
        coords | {"use": ["households"]},
    )


def test_expected_cross_hauling_is_nearer_to_the_true_one():
    rng = np.random.default_rng(4)
    true = 0.1 * np.exp(0.6 * rng.normal(size=(80, 1)) + 0.2 * rng.normal(size=(80, 6)))
    error = 0.5 * rng.normal(size=(80, 1))
    system = hauling_system(true * np.exp(error))
    factors, left = shrink_hauling(system, 0.5)
    best = 0.6 * 0.5 / np.hypot(0.6, 0.5)  # of what is expected given the printed
    assert left == pytest.approx(best, rel=0.1)
    assert np.std(np.log(factors.values) + error) < 1.1 * best < 0.85 * error.std()
    share, _ = hauled_share(system)
    np.testing.assert_allclose(share, np.minimum(system["outflow"], 1), rtol=1e-12)
    spread = np.log(factors.values[:, 0]).std()
    assert spread > 0.1 and np.allclose(factors, factors[:, :1]), "products of a province alike"


def test_large_provinces_cross_haul_less_and_are_expected_to():
    """Drawn to the mean of all, large provinces would trade too much: the nation with them."""
    rng, size = np.random.default_rng(5), np.exp(np.linspace(-2, 2, 80))[:, None]
    true = 0.1 * size**-0.5 * np.ones((1, 6))
    error = 0.4 * rng.normal(size=(80, 1))
    factors, left = shrink_hauling(hauling_system(true * np.exp(error), size), 0.4)
    slope = np.polyfit(np.log(size[:, 0]), np.log((true * factors.values)[:, 0]) + error[:, 0], 1)[
        0
    ]
    assert slope == pytest.approx(-0.5, abs=0.05)
    assert np.std(np.log(factors.values) + error) < 0.6 * error.std() and left < 0.25


def test_cross_hauling_without_error_of_one_province_or_supplied_stays():
    odds = np.array([[0.1, 0.2], [0.4, 0.0], [0.0, 0.0]])
    assert (shrink_hauling(hauling_system(odds), 0.0)[0] == 1).all()
    factors, left = shrink_hauling(hauling_system(odds), 0.4)
    assert (factors[2] == 1).all(), "nothing is cross-hauled there"
    assert left < 0.4 and (factors[:2] != 1).all()
    factors, left = shrink_hauling(hauling_system(odds, np.array([[1.0], [2.0], [3.0]])), 0.4)
    assert left < 0.4 and np.allclose(factors, 1), "two provinces of two sizes lie on a line"
    supplied = hauling_system(odds).assign_attrs(calibrate=SUPPLIED)
    for system in (hauling_system(odds[:1]), supplied):
        factors, left = shrink_hauling(system, 0.4)
        assert left == 0.4 and (factors == 1).all()


def test_less_cross_hauling_is_more_own_use_at_the_same_net_trade(system):
    hauling, demand, _ = drawn(system)
    less = drawn_system(system, 0.5 * hauling, demand, 0.98)
    before, after = (np.minimum(one["outflow"], one["inflow"]) for one in (system, less))
    assert (after <= before).all() and float(after.sum()) < 0.8 * float(before.sum())
    np.testing.assert_allclose(
        less["local"] - system["local"], before - after, rtol=1e-9, atol=1e-6
    )
    net = system["outflow"] - system["inflow"]
    np.testing.assert_allclose(less["outflow"] - less["inflow"], net, rtol=1e-9, atol=1e-3)


def test_a_supplied_or_printed_use_by_source_leaves_nothing_open(system):
    assert is_open(system)
    assert not is_open(system.assign_attrs(calibrate=SUPPLIED))
    printed = system.assign(imports_use=system["total_use"])
    assert not is_open(printed)
    whole = {name: printed["total_use"] * (printed[margin] / printed["total_use"].sum("use")).fillna(0.0)
             for name, margin in (("home_use", "local"), ("inflow_use", "inflow"), ("imports_use", "imports"))}  # fmt: skip
    printed = printed.assign(whole)
    after, mrio = member(printed, hauling=0.8, demand=0.3, flows=0.6)
    assert after is printed
    assert_identities(mrio)
