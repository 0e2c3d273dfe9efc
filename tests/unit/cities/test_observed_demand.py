"""Observed final demand of cities scales their demand by category; the province's cells stay exact,
the slack is reported.
"""

import numpy as np
import pandas as pd
import pytest
from province_worlds import balanced_world, province_of

from citymrio.base.diagnostics import Diagnostics
from citymrio.base.errors import collect_notices
from citymrio.cities.chain import estimate_province
from citymrio.cities.observations import Datum
from citymrio.cities.province import CityStep
from citymrio.cities.totals import Account, bring_to_level, solve_account
from citymrio.config.models import Cities, Solver

CITIES = {"11": 1, "12": 2, "14": 6}
FINAL = ["households", "capital"]


@pytest.fixture(scope="module")
def world():
    return balanced_world(CITIES)


def observed(world, province, *data):
    known = world["observations"][province]
    rows = [
        known.iloc[0].to_dict()
        | {"quantity": "final_demand", "sectors": ""}
        | dict(zip(("region", "category", "value"), d, strict=True))
        for d in data
    ]
    return pd.concat([known, pd.DataFrame(rows)], ignore_index=True)


def estimate(world, province, *data, **options):
    known = observed(world, province, *data) if data else world["observations"][province]
    result = estimate_province(province_of(world, province, known, **options))
    return result.linked, result.accounts, result.diagnostics


def about_demand(notices):
    """Notices on final demand; the invented value added of this world has a level of its own."""
    return [notice for notice in notices if "final demand" in notice.what]


def used(linked, region, categories=FINAL):
    """Final demand of a city by category, imports included."""
    part = linked.sel(region=region, use=categories)
    return (part["table"].sum(["layer", "sector"]) + part["imports"]).to_series()


def province_keeps(world, province, linked, accounts):
    mrio, table = world["mrio"], linked["table"]
    local = table.sel(layer=["self", "intra"]).sum(["layer", "region"])
    np.testing.assert_allclose(
        local, mrio["table"].sel(origin=province, destination=province), rtol=1e-8
    )
    domestic = (
        mrio["table"].sel(destination=province, use=FINAL).sum("origin").rename(use="category")
    )
    if accounts.attrs["import_mode"] == "by_use":
        found = accounts["final_prior"].sel(category=FINAL).sum("region")
        np.testing.assert_allclose(found, domestic.transpose("sector", "category"), rtol=1e-12)


@pytest.mark.parametrize(
    "options",
    [{}, {"split": "joint"}, {"demand": "proxy"}, {"import_mode": "by_product"}, {"rho_gdp": 1e3}],
    ids=str,
)
def test_a_city_whose_final_demand_is_twice_as_large_demands_nearly_twice_as_much(world, options):
    base, before, _ = estimate(world, "14", **options)
    data = used(base, "1402")
    linked, accounts, report = estimate(
        world, "14", *(("1402", k, 2 * data[k]) for k in FINAL), **options
    )
    rho = options.get("rho_gdp", 10.0)
    low = 0.9 if rho == 10.0 else 0.99
    for category in FINAL:
        assert low < used(linked, "1402")[category] / (2 * data[category]) < 1.0001
    final = accounts["final_demand"].sel(region="1402") / before["final_demand"].sel(region="1402")
    assert (final > 1.6).all(), "the city demands more of every product"
    others = (
        accounts["final_demand"].drop_sel(region="1402").sum()
        / before["final_demand"].drop_sel(region="1402").sum()
    )
    assert others < 1
    province_keeps(world, "14", linked, accounts)
    slack = report[report["quantity"].str.startswith("softened final demand")].set_index(
        "quantity"
    )["value"]
    assert list(slack.index) == ["softened final demand" for _ in FINAL] and (slack < 0).all()


@pytest.mark.parametrize("options", [{}, {"import_mode": "by_product"}, {"rho_gdp": 1e3}], ids=str)
def test_tables_with_observed_demand_are_found_by_factors(world, options, monkeypatch):
    base, _, _ = estimate(world, "14", split="joint")
    data = [("1402", "capital", 2.0), ("1403", "households", 0.6), ("1403", "capital", 0.7)]
    known = [(city, k, factor * used(base, city)[k]) for city, k, factor in data]
    general, _, _ = estimate(world, "14", *known, split="joint", **options)

    def refuse(model, *_, **__):
        raise AssertionError(f"the general solver is asked for {model}")

    monkeypatch.setattr("citymrio.cities.tables._solve_model", refuse)
    direct = Solver().direct
    factors, _, _ = estimate(world, "14", *known, split="joint", solver=direct, **options)
    np.testing.assert_allclose(factors["table"], general["table"], rtol=1e-9, atol=1e-12)


def test_an_observation_moves_its_own_category_alone(world):
    base, before, _ = estimate(world, "14")
    capital = used(base, "1403")["capital"]
    _, accounts, _ = estimate(world, "14", ("1403", "capital", 0.5 * capital))
    ratio = accounts["final_prior"] / before["final_prior"].where(before["final_prior"] > 0)
    np.testing.assert_array_equal(ratio.sel(category="households"), 1.0)
    assert (ratio.sel(category="capital", region="1403") < 0.65).all()
    assert (ratio.sel(category="capital").drop_sel(region="1403") > 1).all()


@pytest.mark.parametrize(
    "cities", [["1402"], ["1401", "1404"], [f"140{n}" for n in range(1, 7)]], ids=len
)
def test_observations_that_agree_with_the_estimate_change_nothing(world, cities):
    base, before, _ = estimate(world, "14")
    demand = before["final_prior"].sum("sector") + base["imports"].sel(use=FINAL).rename(
        use="category"
    )
    data = [(r, k, float(demand.sel(region=r, category=k))) for r in cities for k in FINAL]
    with collect_notices() as notices:
        _, accounts, report = estimate(world, "14", *data)
    np.testing.assert_allclose(accounts["final_prior"], before["final_prior"], rtol=1e-10)
    np.testing.assert_allclose(accounts["demand"], before["demand"], rtol=1e-10)
    assert (
        not about_demand(notices) and not report["quantity"].str.startswith("softened final").any()
    )


def test_all_cities_at_another_level_are_brought_to_the_province_and_it_is_said(world):
    base, before, _ = estimate(world, "14")
    data = [(f"140{n}", "capital", 1.3 * used(base, f"140{n}")["capital"]) for n in range(1, 7)]
    with collect_notices() as notices:
        _, accounts, report = estimate(world, "14", *data)
    gap = report.set_index("quantity").loc["final demand level gap", "value"]
    assert gap == pytest.approx(1.3, rel=1e-2)
    assert [notice.value for notice in about_demand(notices)] == [f"{gap:.4g} times"]
    np.testing.assert_allclose(
        accounts["final_demand"].sum("region"), before["final_demand"].sum("region"), rtol=1e-12
    )


def random_case(seed=0):
    rng = np.random.default_rng(seed)
    prior = rng.lognormal(0, 1, (4, 5, 2))
    goal = np.full((4, 2), np.nan)
    goal[1, 0], goal[2, 0], goal[0, 1] = (
        2 * prior[1, :, 0].sum(),
        0.4 * prior[2, :, 0].sum(),
        3 * prior[0, :, 1].sum(),
    )
    return prior, goal


def step_of(solver=None):
    return CityStep(
        "p", list("abcd"), Cities(rho_gdp=10.0), solver or Solver(), Diagnostics("accounts")
    )


def data_of(values, products=5):
    """Data on categories (region, category), NaN where there is none."""
    result = []
    for r, k in np.argwhere(np.isfinite(values)):
        weights = np.outer(np.ones(products), np.arange(len(FINAL)) == k).ravel()
        result.append(Datum(int(r), weights, float(values[r, k]), FINAL[k], 0.9))
    return result


def account_of(prior, data):
    flat = prior.reshape(len(prior), -1)
    return Account(
        "final demand",
        flat,
        flat.sum(axis=0),
        data,
        [f"{k}{i}" for i in "vwxyz" for k in FINAL],
        exact=False,
    )


def solved(prior, goal, solver):
    return solve_account(step_of(solver), account_of(prior, data_of(goal))).reshape(prior.shape)


def test_the_solution_is_the_entropy_solution():
    prior, goal = random_case()
    found = solved(prior, goal, Solver())
    np.testing.assert_allclose(found.sum(axis=0), prior.sum(axis=0), rtol=1e-13)
    # f = f0 a_ik b_k^r with b = (s / goal)^-rho where observed, 1 elsewhere
    log = np.log(found / prior)
    factor = log - log[3][None]
    known = np.isfinite(goal)
    scale = -10.0 * np.log(found.sum(axis=1) / np.where(known, goal, 1.0))
    np.testing.assert_allclose(
        factor, np.broadcast_to(np.where(known, scale, 0.0)[:, None], factor.shape), atol=1e-9
    )
    np.testing.assert_allclose(
        found,
        solved(prior, goal, Solver(name="CLARABEL", tol_inner=1e-5, tol_outer=1e-5)),
        rtol=1e-3,
    )


def test_zero_is_an_observation():
    prior, _ = random_case()
    goal = np.full((4, 2), np.nan)
    goal[1, 0] = 0.0
    found = solved(prior, goal, Solver())
    assert found[1, :, 0].sum() < 0.01 * prior[1, :, 0].sum() and (found[1, :, 0] > 0).all()


def goals(values, prior):
    step, values = step_of(), np.array(values)
    flat = prior.reshape(len(prior), -1)
    with collect_notices() as notices:
        data = bring_to_level(step, "final demand", flat, flat.sum(axis=0), data_of(values))
    result = np.full(values.shape, np.nan)
    for datum in data:
        result[datum.city, FINAL.index(datum.name)] = datum.value
    return result, step.report.rows, notices


def test_what_cannot_be_met_is_not_used_and_said():
    prior, _ = random_case()
    prior[0, :, 0] = 0.0
    values = np.full((4, 2), np.nan)
    values[0, 0], values[:, 1] = 7.0, 0.0
    result, rows, notices = goals(values, prior)
    assert np.isnan(result).all()
    assert len(notices) == 5 and all("is not used" in notice.what for notice in notices)
    assert sorted(row["region"] for row in rows) == ["a", "a", "b", "c", "d"]


def test_data_of_some_cities_are_levelled_by_the_square_of_what_they_are_of_the_province():
    prior, _ = random_case()
    values = np.full((4, 2), np.nan)
    use = prior.sum(axis=1)
    values[2, 0], values[0, 1], values[1, 1] = 2 * use[2, 0], 2 * use[0, 1], 4 * use[1, 1]
    result, _, _ = goals(values, prior)
    part = use[2, 0] / use[:, 0].sum()
    assert result[2, 0] == pytest.approx(values[2, 0] * 0.5 ** (part**2), rel=1e-12)
    assert result[1, 1] / result[0, 1] == pytest.approx(values[1, 1] / values[0, 1], rel=1e-12)
    assert use[:2, 1].sum() < result[:2, 1].sum() < values[:2, 1].sum()


def test_the_only_city_of_a_province_keeps_its_province(world):
    base, _, _ = estimate(world, "11")
    data = used(base, "1101")
    with collect_notices() as notices:
        linked, _, report = estimate(world, "11", ("1101", "capital", 2 * data["capital"]))
    np.testing.assert_array_equal(linked["table"], base["table"])
    assert report.set_index("quantity").loc["final demand level gap", "value"] == pytest.approx(2.0)
    assert [notice.value for notice in about_demand(notices)] == ["2 times"]


def test_imports_known_by_product_leave_product_by_product(world):
    base, accounts, _ = estimate(world, "14")
    mrio = world["mrio"].sel(province="14", use=FINAL)
    home = mrio["table"].sel(destination="14").sum("origin").transpose("sector", "use").values
    with_imports = 1 + np.divide(
        mrio["import_table"].transpose("sector", "use").values,
        home,
        out=np.zeros_like(home),
        where=home > 0,
    )
    used = (
        accounts["final_prior"].sel(category=FINAL).transpose("region", "sector", "category").values
        * with_imports
    )
    rows = [
        world["observations"]["14"].iloc[0].to_dict()
        | {
            "region": region,
            "quantity": "final_demand",
            "sectors": product,
            "category": category,
            "value": used[r, i, k],
        }
        for r, region in enumerate(accounts["region"].values)
        for i, product in enumerate(accounts["sector"].values)
        for k, category in enumerate(FINAL)
        if used[r, i, k] > 0
    ]
    known = pd.concat([world["observations"]["14"], pd.DataFrame(rows)], ignore_index=True)
    with collect_notices() as notices:
        found = estimate_province(province_of(world, "14", known)).accounts
    assert not about_demand(notices)
    np.testing.assert_allclose(found["final_prior"], accounts["final_prior"], rtol=1e-9)
