"""The chain of one province: accounts, split, tables, trade, link (method sections 1-6)."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from province_worlds import SECTORS, balanced_world, final_demand, province_of, regions

from citymrio.base.errors import BalanceError
from citymrio.base.labels import array
from citymrio.cities import outputs
from citymrio.cities.accounts import city_accounts
from citymrio.cities.chain import estimate_province, link
from citymrio.cities.split import OPEN, _close_home, _solve_bordered, split_supply_demand
from citymrio.cities.tables import city_tables
from citymrio.config.models import Solver

CITIES = {"11": 1, "12": 2, "13": 4, "14": 6, "15": 1}
SECTOR = ["01"]


@pytest.fixture(scope="module")
def world():
    return balanced_world(CITIES)


def estimate(world, province, observed=None, **options):
    result = estimate_province(province_of(world, province, observed, **options))
    return result.linked, result.accounts, result.diagnostics


def accounts_of(world, province, observed=None, **options):
    accounts, report = city_accounts(province_of(world, province, observed, **options))
    return accounts, report.table()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"split": "joint"},
        {"split": "joint", "trade_prior": "power", "theta": 2.0},
        {"trade_prior": "power"},
        {"demand": "proxy"},
        {"demand": "blend", "demand_weight": 0.4},
        {"import_mode": "by_product"},
    ],
    ids=str,
)
@pytest.mark.parametrize("province", sorted(CITIES))
def test_cities_add_up_to_their_province_and_balance_by_row_and_column(world, province, options):
    linked, _, _ = estimate(world, province, **options)
    mrio = world["mrio"]
    table, x = linked["table"], linked["output"]
    local = table.sel(layer=["self", "intra"]).sum(["layer", "region"])
    np.testing.assert_allclose(
        local, mrio["table"].sel(origin=province, destination=province), rtol=1e-8
    )
    rest = mrio["table"].sel(destination=province).sum("origin") - mrio["table"].sel(
        origin=province, destination=province
    )
    np.testing.assert_allclose(table.sel(layer="rest").sum("region"), rest, rtol=1e-8)
    column = table.sum(["layer", "sector"]).sel(use=SECTORS).rename(use="sector") + linked[
        "imports"
    ].sel(use=SECTORS).rename(use="sector")
    np.testing.assert_allclose(column + linked["value_added"], x, rtol=1e-9)
    outgoing = (
        mrio["table"]
        .sel(origin=province)
        .drop_sel(destination=province)
        .sel(use="stock_changes")
        .sum("destination")
    )
    row = (
        table.sel(layer="self").sum("use")
        + linked["trade"].sum("destination").rename(origin="region")
        + linked["out_rest"]
        + linked["exports"]
        + linked["error"]
        + linked["stock_changes_share"] * outgoing
    )
    np.testing.assert_allclose(row.transpose("region", "sector"), x, rtol=1e-9)
    np.testing.assert_allclose(
        linked["trade"].sum("origin").rename(destination="region").transpose("region", "sector"),
        table.sel(layer="intra").sum("use"),
        rtol=1e-9,
        atol=1e-9,
    )
    for name in ("output", "exports", "value_added"):
        np.testing.assert_allclose(
            linked[name].sum("region"), mrio[name].sel(province=province), rtol=1e-9
        )
    assert (linked["table"].drop_sel(use="stock_changes") >= 0).all()


def test_observed_value_added_moves_output_and_keeps_the_province(world):
    observed = world["observations"]["14"].copy()
    base = estimate(world, "14")[0]
    row = observed.index[observed["sectors"] == "02;03"][0]
    observed.loc[row, "value"] *= 3
    changed = estimate(world, "14", observed)[0]
    region = observed.loc[row, "region"]
    assert float(changed["output"].sel(region=region, sector="02")) > 1.5 * float(
        base["output"].sel(region=region, sector="02")
    )
    np.testing.assert_allclose(
        changed["output"].sum("region"), base["output"].sum("region"), rtol=1e-12
    )


def test_one_sector_output_observed_replaces_the_industry_share(world):
    observed = world["observations"]["13"]
    one = observed.iloc[[0]].assign(quantity="output", sectors="03", value=1.0)
    rows = [
        one.assign(region=r, value=v)
        for r, v in zip(["1301", "1302", "1303", "1304"], [1.0, 2.0, 3.0, 4.0], strict=True)
    ]
    accounts, report = accounts_of(world, "13", pd.concat([observed, *rows], ignore_index=True))
    share = accounts["output"].sel(sector="03") / accounts["output"].sel(sector="03").sum()
    np.testing.assert_allclose(share, [0.1, 0.2, 0.3, 0.4], rtol=1e-12)
    assert (report["quantity"] == "output level gap").any()


def test_a_city_without_observation_is_imputed_and_flagged(world):
    observed = world["observations"]["13"]
    _, report = accounts_of(world, "13", observed[observed["region"] != "1302"])
    assert set(report.loc[report["flag"] == "imputed", "region"]) == {"1302"}


def test_a_city_that_is_all_of_its_province_has_nothing_filled_in(world):
    """It was said to have, beside a summary that counts it as observed."""
    _, report = accounts_of(world, "11", world["observations"]["11"].iloc[:0])
    assert not report["flag"].eq("imputed").any()


def test_value_added_above_the_ceiling_of_output_stops_with_the_place(world):
    mrio = world["mrio"].copy(deep=True)
    mrio["value_added"].loc[{"province": "13", "sector": "02"}] = 0.999 * mrio["output"].sel(
        province="13", sector="02"
    )
    with pytest.raises(BalanceError, match="province 13, sector 02: value added"):
        accounts_of({**world, "mrio": mrio}, "13")


def test_exports_above_supply_stop_with_the_place(world):
    mrio = world["mrio"].copy(deep=True)
    mrio["exports"].loc[{"province": "13", "sector": "02"}] = 1.2 * mrio["output"].sel(
        province="13", sector="02"
    )
    with pytest.raises(BalanceError, match=r"province 13, sector 02: exports .* exceed"):
        accounts_of({**world, "mrio": mrio}, "13")


# --- the split, on one sector with given margins
# -------------------------------------------------------------------------


def margins(supply, demand, out, inf):
    """Accounts and world of one sector, whose S, D, OUT, INF are the given ones."""
    codes = [f"r{n}" for n in range(len(supply))]
    local = float(np.sum(supply) - out)
    assert local == pytest.approx(np.sum(demand) - inf)
    dims = ("region", "sector")
    accounts = xr.Dataset(
        {
            "supply": array(np.array(supply, float)[:, None], dims, "x"),
            "demand": array(np.array(demand, float)[:, None], dims, "x"),
        },
        coords={"region": codes, "sector": SECTOR},
    )
    cells = np.zeros((2, 1, 2, 2))
    cells[0, 0, 0, 0], cells[0, 0, 1, 0], cells[1, 0, 0, 0] = local, out, inf
    zero = np.zeros((2, 1))
    mrio = xr.Dataset(
        {
            "table": array(cells, ("origin", "sector", "destination", "use"), "x"),
            "imports": array(np.zeros((2, 2)), ("province", "use"), "x"),
            **{
                name: array(zero + sum(supply), ("province", "sector"), "x") for name in ("output",)
            },
            **{
                name: array(zero, ("province", "sector"), "x")
                for name in ("exports", "error", "value_added")
            },
        },
        coords={
            "origin": ["p", "q"],
            "destination": ["p", "q"],
            "province": ["p", "q"],
            "sector": SECTOR,
            "use": ["01", "stock_changes"],
        },
    )
    table = regions({"p": len(supply)})
    table["region"] = codes
    demand = final_demand()
    tables = {
        "regions": table,
        "sectors": pd.DataFrame({"sector": SECTOR}),
        "final_demand": demand[demand["role"] == "stock_changes"],
    }
    return accounts, {"mrio": mrio, "dataset": tables, "observations": {"p": pd.DataFrame()}}


def split_of(supply, demand, out, inf, solver=None, **options):
    accounts, world = margins(supply, demand, out, inf)
    result, report = split_supply_demand(
        province_of(world, "p", solver=solver, **options), accounts
    )
    return {
        name: result[name].values[:, 0]
        for name in ("self", "out_intra", "out_rest", "in_intra", "in_rest")
    }, report.table()


def test_the_paper_split_agrees_with_clarabel():
    args = ([40.0, 25.0, 10.0, 20.0, 5.0], [20.0, 20.0, 15.0, 10.0, 10.0], 50.0, 25.0)
    ours, _ = split_of(*args)
    theirs, _ = split_of(*args, solver=Solver(name="CLARABEL", tol_inner=1e-4, tol_outer=1e-2))
    for name, values in ours.items():
        np.testing.assert_allclose(values, theirs[name], rtol=2e-3, atol=1e-3)


@pytest.mark.parametrize("split", ["paper", "joint"])
def test_the_split_does_not_depend_on_the_money_unit(split):
    args = ([40.0, 25.0, 10.0, 20.0, 5.0], [20.0, 20.0, 15.0, 10.0, 10.0], 50.0, 25.0)
    one, _ = split_of(*args, split=split)
    other, _ = split_of(*[np.multiply(a, 1000.0) for a in args], split=split)
    for name, values in one.items():
        np.testing.assert_allclose(other[name] / 1000, values, rtol=1e-10)


@pytest.mark.parametrize(("traded", "closes"), [(0.01, True), (800.0, False)])
def test_a_gap_of_the_home_market_is_measured_by_its_smallest_part(world, traded, closes):
    """A city that supplies itself with nearly all of it leaves the gap to the others: the tables
    would miss their rows by far.
    """
    own, bought, gone = (
        np.array([[800.0], [0.0], [0.0]]),
        np.array([[0.0], [0.6], [0.4]]),
        np.array([[0.5], [0.5], [0.0]]),
    )
    parts = {
        "self": own,
        "in_intra": traded * bought,
        "out_intra": traded * gone,
        "in_rest": own,
        "out_rest": own,
    }
    home = (800.0 + traded) * (1 + 0.2 * OPEN)
    m = {"LOC": np.array([home]), "INF": np.array([800.0]), "OUT": np.array([800.0])}
    before = {name: values.copy() for name, values in parts.items()}
    assert (
        _close_home(parts, m, province_of(world, "13").step("split_supply_demand", "split"))
        is closes
    )
    gap = home - (parts["self"] + parts["in_intra"]).sum()
    assert abs(gap) <= OPEN * traded
    assert all((parts[name] == before[name]).all() for name in ("in_rest", "out_rest"))
    assert closes or all((parts[name] == before[name]).all() for name in parts)


@pytest.mark.parametrize("split", ["paper", "joint"])
def test_the_split_follows_a_permutation_of_the_cities(split):
    order = [3, 0, 4, 1, 2]
    supply, demand = (
        np.array([40.0, 25.0, 10.0, 20.0, 5.0]),
        np.array([20.0, 20.0, 15.0, 10.0, 10.0]),
    )
    one, _ = split_of(supply, demand, 50.0, 25.0, split=split)
    other, _ = split_of(supply[order], demand[order], 50.0, 25.0, split=split)
    for name, values in one.items():
        np.testing.assert_allclose(other[name], values[order], rtol=1e-10)


def test_two_cities_trade_with_each_other_only():
    parts, _ = split_of([40.0, 10.0], [15.0, 30.0], 20.0, 15.0)
    np.testing.assert_allclose(parts["out_intra"], parts["in_intra"][::-1], rtol=1e-10)
    assert (parts["self"] > 0).all()


def test_a_dominant_city_meets_condition_h_with_equality():
    parts, report = split_of([900.0, 1.0, 2.0, 3.0], [800.0, 2.0, 3.0, 1.0], 300.0, 200.0)
    assert parts["out_intra"][0] + parts["in_intra"][0] == pytest.approx(
        parts["out_intra"].sum(), rel=1e-10
    )
    assert (report["quantity"] == "condition (H) binds").sum() == 1


@pytest.mark.parametrize(
    ("supply", "demand", "out", "inf", "zero"),
    [
        ([10.0, 0.0, 5.0], [4.0, 8.0, 3.0], 5.0, 5.0, ("self", "out_intra", "out_rest")),
        ([10.0, 6.0, 5.0], [14.0, 0.0, 7.0], 5.0, 5.0, ("self", "in_intra", "in_rest")),
    ],
)
def test_a_city_without_supply_or_demand_has_zero_parts(supply, demand, out, inf, zero):
    parts, _ = split_of(supply, demand, out, inf)
    assert all(parts[name][1] == 0 for name in zero)


@pytest.mark.parametrize(("out", "inf"), [(0.0, 5.0), (5.0, 0.0), (0.0, 0.0), (21.0, 21.0)])
def test_missing_outflow_inflow_or_home_market_are_structural_zeros(out, inf):
    parts, _ = split_of([10.0, 6.0, 5.0], [6.0 - (out - inf), 8.0, 7.0], out, inf)
    assert parts["out_rest"].sum() == pytest.approx(out)
    assert parts["in_rest"].sum() == pytest.approx(inf)
    assert parts["self"].sum() + parts["out_intra"].sum() == pytest.approx(21.0 - out, abs=1e-9)


@pytest.mark.parametrize("split", ["paper", "joint"])
def test_a_small_home_market_is_met_relative_to_itself(split):
    """As Guangxi's instruments: 30,000 come in and 6,000 go out for each unit that stays; step 4 is
    asked for what stays.
    """
    rng = np.random.default_rng(5)
    supply, demand = rng.lognormal(9, 0.8, 14), rng.lognormal(10, 0.8, 14)
    out, inf = supply.sum() * (1 - 3e-5), 0.0
    demand *= (supply.sum() - out) / demand.sum() * 3e4
    inf = demand.sum() - (supply.sum() - out)
    parts, _ = split_of(supply, demand, out, inf, split=split)
    home = (parts["self"] + parts["in_intra"]).sum()
    assert home == pytest.approx(supply.sum() - out, rel=1e-11)
    assert parts["out_intra"].sum() == pytest.approx(parts["in_intra"].sum(), rel=1e-14)
    assert parts["in_rest"].sum() == pytest.approx(inf, rel=1e-11)


def test_margins_that_do_not_close_are_refused_with_sector_and_amounts():
    accounts, world = margins([10.0, 6.0], [9.0, 7.0], 4.0, 4.0)
    accounts["supply"][0, 0] = 11.0
    with pytest.raises(
        BalanceError, match=r"province p, sector 01: supply of the cities sums to 17"
    ):
        split_supply_demand(province_of(world, "p"), accounts)


def test_joint_uniform_split_has_its_closed_form():
    supply, demand = np.array([40.0, 25.0, 10.0]), np.array([20.0, 20.0, 15.0])
    parts, _ = split_of(supply, demand, 40.0, 20.0, split="joint")
    np.testing.assert_allclose(parts["self"], supply * demand * 35 / (75 * 55), rtol=1e-9)
    np.testing.assert_allclose(parts["out_rest"], supply * 40 / 75, rtol=1e-9)


# --- CO2 totals that enter as observations of output (method 16 R6)
# ------------------------------------------------------


def with_emissions(world, province, targets, status="observed"):
    observed = world["observations"][province]
    rows = [
        observed.iloc[0].to_dict()
        | {"region": r, "quantity": "emissions", "sectors": "", "value": v, "status": status}
        for r, v in targets.items()
    ]
    return pd.concat([observed, pd.DataFrame(rows)], ignore_index=True)


def outputs_with(world, province, targets, intensity, status="observed", **options):
    coords = {"province": [province], "inventory_sector": ["all"], "sector": SECTORS}
    e = xr.DataArray(intensity[None, None], coords, ("province", "inventory_sector", "sector"))
    observed = with_emissions(world, province, targets, status)
    return accounts_of(
        world, province, observed, intensities=e, emissions_enter="output", **options
    )


def test_co2_totals_of_the_prior_leave_outputs_unchanged(world):
    e = np.array([0.1, 2.0, 0.5, 0.05, 0.02])
    base, _ = accounts_of(world, "13")
    targets = dict(zip(base["region"].values, base["output"].values @ e, strict=True))
    changed, _ = outputs_with(world, "13", targets, e)
    np.testing.assert_allclose(changed["output"], base["output"], rtol=1e-9)


def test_a_larger_co2_total_moves_output_to_the_city_and_keeps_the_province(world):
    e = np.array([0.1, 2.0, 0.5, 0.05, 0.02])
    base, _ = accounts_of(world, "13")
    targets = dict(zip(base["region"].values, base["output"].values @ e, strict=True))
    first = base["region"].values[0]
    targets[first] *= 1.6
    changed, report = outputs_with(world, "13", targets, e)
    (worst,) = report.loc[report["quantity"] == "largest softened CO2 total", "region"]
    assert worst == first
    ratio = changed["output"].sel(region=first) / base["output"].sel(region=first)
    assert float(ratio.sel(sector="02")) > 1.2
    assert float(ratio.sel(sector="02")) > float(ratio.sel(sector="05"))
    np.testing.assert_allclose(
        changed["output"].sum("region"), base["output"].sum("region"), rtol=1e-9
    )


def test_a_filled_in_co2_total_moves_no_output(world):
    base, _ = accounts_of(world, "13")
    targets = dict(zip(base["region"].values, (1e6, 1.0), strict=False))
    changed, _ = outputs_with(
        world, "13", targets, np.array([0.1, 2.0, 0.5, 0.05, 0.02]), status="imputed"
    )
    np.testing.assert_array_equal(changed["output"], base["output"])


def test_a_co2_total_out_of_reach_stops_at_the_bound_and_is_reported(world, monkeypatch):
    monkeypatch.setattr(outputs, "LOG_BOUND", 0.5)
    e = np.array([0.1, 2.0, 0.5, 0.05, 0.02])
    base, _ = accounts_of(world, "13")
    targets = dict(zip(base["region"].values, base["output"].values @ e, strict=True))
    first = base["region"].values[0]
    targets[first] *= 1e-4
    changed, report = outputs_with(world, "13", targets, e)
    assert first in set(report.loc[report["quantity"] == "CO2 total at its bound", "region"])
    np.testing.assert_allclose(
        changed["output"].sum("region"), base["output"].sum("region"), rtol=1e-9
    )
    assert float(
        changed["output"].sel(region=first, sector="02")
        / base["output"].sel(region=first, sector="02")
    ) > np.exp(-1.5)


@pytest.fixture
def softened(world):
    """A province whose columns had to be softened: one city buys more for its sector 01 than was
    planned, another less.
    """
    province = province_of(world, "13")
    result = estimate_province(province)
    accounts, tables = result.accounts, result.tables

    def linked(amount, flag=1):
        changed = tables.copy(deep=True)
        changed["table"].loc[{"layer": "rest", "use": "01", "sector": "02"}] += np.array(
            [amount, -amount, 0.0, 0.0]
        )
        changed.attrs["softened"] = flag
        return link(province, accounts, result.split, changed, result.trade)

    return accounts, tables, linked


def test_a_plain_table_says_that_nothing_was_softened(softened):
    _, tables, _ = softened
    assert tables.attrs["softened"] == 0


def test_softened_columns_leave_their_difference_in_value_added(softened):
    accounts, _, linked = softened
    result = linked(0.01)
    added, before = result["value_added"].values, accounts["value_added"].values
    assert added[:2, 0] - before[:2, 0] == pytest.approx([-0.01, 0.01], rel=1e-6)
    column = result["table"].sel(use=SECTORS).sum(["layer", "sector"]).rename(use="sector") + added
    column = column + result["imports"].sel(use=SECTORS).rename(use="sector")
    np.testing.assert_allclose(column, result["output"], rtol=1e-9)
    np.testing.assert_allclose(added.sum(axis=0), before.sum(axis=0), rtol=1e-9)


def test_column_totals_in_conflict_are_softened_and_said(world):
    """A city told to make a product that nothing of its plan can hold: the table comes all the
    same, and the columns add up.
    """
    province = province_of(world, "13")
    accounts, _ = city_accounts(province)
    split, _ = split_supply_demand(province, accounts)
    accounts = accounts.copy(deep=True)
    moved = 0.9 * min(accounts["value_added"].values[0, 0], accounts["value_added"].values[1, 0])
    inputs = (
        accounts["output"] - accounts["value_added"] - accounts["imports"].sel(use=SECTORS).values
    ).values[1, 0]
    shift = min(moved, 0.999 * inputs)
    accounts["value_added"].values[0, 0] -= 2 * shift
    accounts["value_added"].values[1, 0] += shift
    tables, report = city_tables(province, accounts, split)
    assert tables.attrs["softened"] == 1 and report.table()["flag"].eq("softened").any()


def test_little_beside_what_is_known_to_come_in_needs_no_other_solver():
    """What is left of demand is then known to few digits: the margins have to be closed."""
    share = np.random.default_rng(0).dirichlet(np.ones(4), 3)[:, :, None]
    outside, taken = np.ones((1, 4)), 1e5 * share[1]
    m = {"S": 1.5 * share[0], "D": taken + share[2], "M": taken}
    m |= {"LOC": np.ones(1), "OUT": np.full(1, 0.5), "INF": np.full(1, 1e5)}
    found = _solve_bordered(np.ones((1, 4, 4)), outside, outside, m, 1e-12)
    assert found is not None
    assert found["trade"].sum() == pytest.approx(1, rel=1e-10)
