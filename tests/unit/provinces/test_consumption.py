"""Consumption functions: the fit finds what was drawn, few provinces leave the prior, cities keep
both margins.
"""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from province_worlds import balanced_world, province_of
from scipy.special import digamma, polygamma
from small_countries import tiny

from citymrio.assessment.ensemble.inputs import draw
from citymrio.assessment.ensemble.member import member_priors
from citymrio.base.errors import DataError
from citymrio.cities import accounts as accounts_module
from citymrio.cities.accounts import city_accounts
from citymrio.cities.chain import estimate_province
from citymrio.cities.demand import consumption_shares, redistribute_within_categories
from citymrio.config.models import Config, Solver
from citymrio.provinces.consumption import (
    DEMAND_AVERAGED,
    ELASTICITY,
    ELASTICITY_SD,
    SCALE_SD,
    SPREAD,
    SPREAD_WORTH,
    consumption_rows,
    fit_consumption,
    posterior,
)
from citymrio.provinces.dispersion import effective_cities
from citymrio.provinces.priors import run_priors
from citymrio.trade.priors.kernel import home_shares
from citymrio.trade.priors.table import FOLLOWS
from known_truth.run import consumption_priors

FINAL = pd.DataFrame(
    {
        "category": ["rural", "urban", "government", "capital"],
        "role": ["household", "household", "government", "capital"],
        "residence": ["rural", "urban", "all", "all"],
    }
)
TRUE, SPREADS = np.array([0.5, 0.8, 0.3, 1.2]), np.array([0.1, 0.2, 0.3, 0.25])
CITIES = {"11": 1, "12": 2, "13": 4, "14": 6, "15": 1}


def nation(count, seed=0):
    """Final demand (province, category), GDP and people of provinces whose demand follows
    consumption functions.
    """
    rng = np.random.default_rng(seed)
    population = rng.uniform(1e6, 9e7, count)
    people = pd.DataFrame(
        {"population": population, "population_rural": population * rng.uniform(0.2, 0.7, count)}
    )
    gdp = population * np.exp(rng.normal(1, 0.45, count))
    rural = people["population_rural"].to_numpy()
    own = np.stack([rural, population - rural, population, population], axis=1)
    demand = (
        own * (gdp / population)[:, None] ** TRUE * np.exp(rng.normal(0, SPREADS, (count, 4))) * 0.3
    )
    return demand, gdp, people


def fitted_on(count, seed=0):
    table = consumption_rows(*nation(count, seed), FINAL, "test")
    return {
        name: rows.set_index("sector").loc[FINAL["category"]]
        for name, rows in table.groupby("parameter")
    }


def test_drawn_elasticities_and_spreads_come_back():
    rows = fitted_on(31)
    off = (rows["elasticity"]["prior"] - TRUE) / rows["elasticity"]["se"]
    assert (
        (off.abs() < 2.5).all()
        and (rows["elasticity"]["se"] < 0.2).all()
        and (rows["elasticity"]["n"] == 31).all()
    )
    spread_se = np.sqrt(rows["demand_sd"]["se"] ** 2 - SCALE_SD**2)
    assert (np.abs(np.log(rows["demand_sd"]["prior"] / SPREADS)) < 2.5 * spread_se).all()
    many = fitted_on(2000)
    assert many["elasticity"]["prior"].to_numpy() == pytest.approx(TRUE, abs=0.04)
    assert many["elasticity"]["prior"].to_numpy() == pytest.approx(
        many["elasticity"]["estimate"].to_numpy(), abs=2e-3
    )
    assert many["demand_sd"]["prior"].to_numpy() == pytest.approx(SPREADS, rel=0.05)


@pytest.mark.slow
def test_intervals_of_the_fit_hold_what_was_drawn_from_its_priors():
    rng, ranks = np.random.default_rng(4), []
    for _ in range(200):
        e, s = (
            rng.normal(ELASTICITY, ELASTICITY_SD),
            SPREAD * np.sqrt(SPREAD_WORTH / rng.chisquare(SPREAD_WORTH)),
        )
        x = rng.normal(0, 0.4, 5)
        mean, sd, log_s, log_sd = posterior(e * x + rng.normal(0, s, 5), x)
        ranks.append((abs(e - mean) < 1.645 * sd, abs(np.log(s) - log_s) < 1.645 * log_sd))
    assert np.mean(ranks, axis=0).min() > 0.85 and np.mean(ranks, axis=0).max() < 0.95


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_few_provinces_lean_on_the_prior(count):
    rows = fitted_on(count, seed=3)
    prior = (
        consumption_priors(FINAL, "test")
        .query("parameter == 'elasticity'")
        .set_index("sector")
        .loc[FINAL["category"]]
    )
    assert prior["prior"].to_numpy() == pytest.approx(ELASTICITY) and prior[
        "se"
    ].to_numpy() == pytest.approx(ELASTICITY_SD)
    if count < 2:  # one province says nothing of how two differ
        np.testing.assert_allclose(rows["elasticity"][["prior", "se"]], prior[["prior", "se"]])
    else:
        # a surprise widens the spread, and with it what is left open: two provinces never count for
        # more than the prior
        assert (rows["elasticity"]["se"] < 1.05 * ELASTICITY_SD).all() and rows["elasticity"][
            "prior"
        ].between(0, 2).all()
    assert rows["elasticity"]["estimate"].notna().all() == (count > 2)
    assert rows["demand_sd"]["prior"].between(0.08, 0.5).all()


def test_provinces_alike_per_head_leave_the_elasticity_to_the_prior_and_tell_the_spread():
    rng = np.random.default_rng(1)
    mean, sd, log_s, _ = posterior(rng.normal(0, 0.1, 200), np.zeros(200))
    assert (mean, sd) == pytest.approx((ELASTICITY, ELASTICITY_SD)) and np.exp(
        log_s
    ) == pytest.approx(0.1, rel=0.15)


def test_cities_spread_by_as_much_more_as_a_province_averages_over(world):
    regions, final = world["dataset"]["regions"], world["dataset"]["final_demand"]
    spread = fit_consumption(world["mrio"], regions, final).query("parameter == 'demand_sd'")[
        "prior"
    ]
    alone = fit_consumption(
        world["mrio"],
        regions.groupby("province", as_index=False)[
            ["population", "population_rural", "gdp"]
        ].sum(),
        final,
    )
    ratio = spread / alone.query("parameter == 'demand_sd'")["prior"]
    assert effective_cities(regions) > 2 and ratio.to_numpy() == pytest.approx(
        effective_cities(regions) ** DEMAND_AVERAGED
    )


def test_the_step_to_cities_is_that_of_observed_cities(shared):
    """Investment, public expenditure and deposits of cities around their GDP, per head."""
    panel = pd.read_csv(shared / "data/extra/raw/city_panel_investment.csv", encoding="utf-8-sig")
    powers = []
    for year in (2008, 2010, 2012, 2014, 2016):
        for name in ("fai_100m", "fiscal_expenditure_100m", "deposit_balance_100m"):
            own = panel[panel["year"].eq(year) & ~panel["fai_imputed"].astype(bool)]
            own = own[(own[[name, "gdp_100m", "pop_10k"]] > 0).all(axis=1)]
            own = own[own.groupby("province")["city"].transform("size") >= 3]
            whole = own.groupby("province")[[name, "gdp_100m", "pop_10k"]].sum()
            effective = (
                whole["gdp_100m"] ** 2 / own["gdp_100m"].pow(2).groupby(own["province"]).sum()
            )
            y, x = (np.log(whole[c] / whole["pop_10k"]) for c in (name, "gdp_100m"))
            between = np.std(y - np.polyval(np.polyfit(x, y, 1), x), ddof=2)
            y, x = (np.log(own[c] / own["pop_10k"]) for c in (name, "gdp_100m"))
            y, x = (v - v.groupby(own["province"]).transform("mean") for v in (y, x))
            left = y - (x @ y) / (x @ x) * x
            within = np.sqrt((left**2).sum() / (len(own) - len(whole) - 1))
            powers.append(np.log(within / between) / np.log(effective.mean()))
    assert pytest.approx(np.mean(powers), abs=0.02) == DEMAND_AVERAGED
    assert np.std(powers) * np.log(6) < SCALE_SD


def test_the_prior_of_the_spread_is_that_of_printed_tables():
    """`demand_sd`, column `estimate`, in provinces/priors.csv of China 2012 and 2017: four
    categories each, fitted on 31 provinces.
    """
    seen = np.log([0.178, 0.153, 0.312, 0.240, 0.339, 0.354, 0.292, 0.322])
    freedom = 29 / 2
    scatter = seen.var(ddof=1) - polygamma(1, freedom) / 4
    # log s of the prior: variance polygamma(1, worth / 2) / 4
    assert polygamma(1, SPREAD_WORTH / 2) / 4 == pytest.approx(scatter, rel=0.05)
    by_chance = [(digamma(half) - np.log(half)) / 2 for half in (freedom, SPREAD_WORTH / 2)]
    assert pytest.approx(np.exp(seen.mean() - by_chance[0] + by_chance[1]), abs=0.005) == SPREAD


def test_money_people_and_order_of_provinces_change_nothing():
    demand, gdp, people = nation(12)
    one = consumption_rows(demand, gdp, people, FINAL, "test")
    other = consumption_rows(demand[::-1] * 1e4, gdp[::-1] * 1e4, people[::-1] / 1e3, FINAL, "test")
    np.testing.assert_allclose(one[["prior", "se"]], other[["prior", "se"]], rtol=1e-9)


@pytest.fixture(scope="module")
def world():
    world = balanced_world(CITIES)
    config = Config.model_validate({"method": "calibrated"})
    return world | {"priors": run_priors(world["mrio"], world["dataset"], config)}


def calibrated(world, code, observed=None, **options):
    keys = {
        "split": "joint",
        "trade_prior": "border",
        "demand": "consumption",
        "demand_tilt": True,
    } | options
    return replace(province_of(world, code, observed, **keys), priors=world["priors"])


def expected(province, accounts):
    """Shares of cities by the formula, (region, category)."""
    e = world_elasticity(province)
    people, gdp = (
        province.cities["population"].to_numpy(),
        accounts["value_added"].sum("sector").values,
    )
    weight = people[:, None] ** (1 - e) * gdp[:, None] ** e
    return weight / weight.sum(axis=0)


def world_elasticity(province):
    rows = province.priors[province.priors["parameter"].eq("elasticity")].set_index("sector")[
        "prior"
    ]
    return rows.loc[["households", "capital"]].to_numpy()


def test_the_fit_reads_demand_with_imports_of_the_provincial_mrio(world):
    table = fit_consumption(
        world["mrio"], world["dataset"]["regions"], world["dataset"]["final_demand"]
    )
    np.testing.assert_array_equal(
        table["prior"], world["priors"].query("kind == 'demand'")["prior"]
    )
    more = world["mrio"].assign(
        imports=world["mrio"]["imports"] * xr.where(world["mrio"]["province"] == "14", 3.0, 1.0)
    )
    other = fit_consumption(more, world["dataset"]["regions"], world["dataset"]["final_demand"])
    assert not np.allclose(other["prior"], table["prior"], rtol=1e-3)


@pytest.mark.parametrize("mode", ["by_use", "by_product"])
@pytest.mark.parametrize("tilt", [True, False])
def test_the_level_of_a_category_is_that_of_the_function_and_cells_of_the_province_close(
    world, mode, tilt
):
    province = calibrated(world, "14", demand_tilt=tilt, import_mode=mode)
    result = estimate_province(province)
    f = result.accounts["final_prior"].sel(category=["households", "capital"]).values
    domestic = province.domestic[:, province.final]
    np.testing.assert_allclose(f.sum(axis=0), domestic, rtol=1e-9)
    np.testing.assert_allclose(
        f.sum(axis=1), expected(province, result.accounts) * domestic.sum(axis=0), rtol=1e-9
    )
    # the table keeps what a city demands in all: demand of its industries is what they buy
    table = (
        result.tables["table"].sel(use=["households", "capital"]).sum(["layer", "sector", "use"])
    )
    np.testing.assert_allclose(table, f.sum(axis=(1, 2)), rtol=1e-8)


def test_outputs_follow_what_a_city_uses(world):
    """A city that uses more of a product makes more of it, and its industry earns as much as
    before: that is what is told of it.
    """
    province, one, made = calibrated(world, "14"), 1, {}
    names, worth = province.names, province.block.value_added / province.block.output
    for follows in (0.0, 0.5, 1.0):
        rows = pd.DataFrame(
            {"sector": names, "parameter": FOLLOWS, "kind": "goods", "prior": 0.1 * follows}
        )
        rows.loc[one, "prior"] = follows
        priors = pd.concat([province.priors, rows], ignore_index=True)
        accounts, _ = city_accounts(replace(province, priors=priors))
        made[follows] = accounts["output"].transpose("region", "sector").values
        np.testing.assert_allclose(made[follows].sum(axis=0), made[0.0].sum(axis=0), rtol=1e-9)
        for industry in province.sectors["industry"].unique():
            own = (province.sectors["industry"] == industry).to_numpy()
            earned, before = ((made[b] * worth)[:, own].sum(axis=1) for b in (follows, 0.0))
            np.testing.assert_allclose(earned, before, rtol=1e-9)
    use = accounts["demand"].transpose("region", "sector").values[:, one]
    gaps = [np.std(np.log(x[:, one] / use)) for x in made.values()]
    assert gaps[2] < 0.6 * gaps[0] and gaps[2] < gaps[1] < gaps[0]


def test_the_lean_towards_own_supply_moves_products_and_no_level(world):
    plain, tilted = (
        city_accounts(calibrated(world, "14", demand_tilt=tilt))[0]["final_prior"].sel(
            category=["households", "capital"]
        )
        for tilt in (False, True)
    )
    np.testing.assert_allclose(plain.sum("sector"), tilted.sum("sector"), rtol=1e-9)
    assert np.abs(plain / tilted - 1).max() > 0.01


def test_demand_leans_by_home_shares_of_demand_that_leans(world):
    """So does the demand that kappa is fitted on; by those of demand that does not it leans less."""
    province = calibrated(world, "14")
    accounts, report = city_accounts(province)
    outflow, inflow = (
        part[:, province.kept].sum(axis=1)
        for part in (province.block.outgoing, province.block.rest)
    )
    supply = accounts["supply"].values
    plain, leaning = (
        home_shares(supply, one["demand"].values, outflow, inflow, province.reference)
        for one in (city_accounts(calibrated(world, "14", demand_tilt=False))[0], accounts)
    )
    rows = report.table()
    used = rows[rows["quantity"].eq("home share of the demand tilt")]["value"].to_numpy(float)
    assert np.abs(used - leaning).mean() < 0.3 * np.abs(plain - leaning).mean()


@pytest.mark.parametrize("mode", ["by_use", "by_product"])
def test_home_shares_are_of_demand_for_domestic_products(world, mode, monkeypatch):
    """With imports by product they were of all demand, whose sums no flows have."""
    seen = []

    def noted(supply, demand, outflow, inflow, reference):
        rows, columns = supply.sum(axis=0) + inflow, demand.sum(axis=0) + outflow
        seen.append(np.abs(rows - columns).max() / rows.max())
        return home_shares(supply, demand, outflow, inflow, reference)

    monkeypatch.setattr(accounts_module, "home_shares", noted)
    city_accounts(calibrated(world, "14", import_mode=mode))
    assert len(seen) == 2 and max(seen) < 1e-9


def test_both_margins_stay_whatever_the_factors():
    rng = np.random.default_rng(2)
    demand = rng.lognormal(0, 1, (5, 4, 3))
    demand[:, 1, 0] = 0.0
    moved = redistribute_within_categories(
        demand, rng.lognormal(0, 0.8, (5, 4)), SimpleNamespace(solver=Solver()), "test"
    )
    np.testing.assert_allclose(moved.sum(axis=0), demand.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(moved.sum(axis=1), demand.sum(axis=1), rtol=1e-11)
    assert not np.allclose(moved, demand, rtol=0.05)


def test_rural_demand_follows_rural_people(world):
    province = calibrated(world, "13")
    final = province.final_demand.assign(residence=["rural", "all", "all"])
    va = province.block.value_added[None] * np.array([1.0, 2.0, 3.0, 4.0])[:, None]
    cities = province.cities.assign(population_rural=[0.0, 1e5, 2e5, 3e5])
    shares = consumption_shares(replace(province, final_demand=final, cities=cities), va)
    assert shares[0, 0] == 0 and (shares[1:, 0] > 0).all() and (shares[:, 1] > 0).all()
    nobody = consumption_shares(
        replace(province, final_demand=final, cities=cities.assign(population_rural=0.0)), va
    )
    np.testing.assert_allclose(nobody, consumption_shares(province, va))


def drawn(province, rng, spread=True):
    """Factors of a draw: levels by category, products."""
    count, width = len(province.codes), len(province.names)
    one = np.ones((count, width))
    level = np.exp(rng.standard_normal((count, 2))) if spread else np.ones((count, 2))
    data = dict.fromkeys(("output", "productivity", "exports"), (("region", "sector"), one))
    data["demand"] = (("region", "sector"), rng.lognormal(-0.08, 0.4, (count, width)))
    data["demand_level"] = (("region", "category"), level)
    data["trade"] = (("region", "partner"), np.ones((count, count)))
    data |= {
        "intensity": (("region", "inventory_sector"), np.ones((count, 1))),
        "border": (("province", "sector"), np.zeros((1, width))),
    }
    coords = {
        "region": province.codes,
        "partner": province.codes,
        "sector": province.names,
        "category": ["households", "capital"],
        "province": [province.code],
        "inventory_sector": ["all"],
    }
    return xr.Dataset(data, coords)


def test_the_mean_of_the_draws_is_the_central_value(world):
    province, rng = calibrated(world, "14"), np.random.default_rng(5)
    va = province.block.value_added[None] * np.linspace(1, 3, 6)[:, None]
    central = consumption_shares(province, va)
    draws = np.array(
        [
            consumption_shares(replace(province, factors=drawn(province, rng)), va)
            for _ in range(200)
        ]
    )
    sd = draws.std(axis=0)
    assert (np.abs(draws.mean(axis=0) - central) < 0.1 * sd + 4 * sd / np.sqrt(200)).all()
    spread = (
        province.priors.query("parameter == 'demand_sd'")
        .set_index("sector")
        .loc[["households", "capital"], "prior"]
    )
    odds = np.log(draws[:, 0] / draws[:, 1])
    assert odds.std(axis=0) == pytest.approx(np.sqrt(2) * spread.to_numpy(), rel=0.2)


def test_a_drawn_mix_of_products_leaves_the_levels(world):
    province = calibrated(world, "14")
    plain = city_accounts(province)[0]["final_prior"].sum("sector")
    mixed = city_accounts(
        replace(province, factors=drawn(province, np.random.default_rng(6), spread=False))
    )[0]["final_prior"]
    # factors of 1 by category lie at the median of the draws, not at their mean: shares of cities
    # are the same
    np.testing.assert_allclose(mixed.sum("sector"), plain, rtol=1e-9)


def test_observed_demand_enters_as_data(world):
    observed = world["observations"]["14"]
    codes = world["dataset"]["regions"].query("province == '14'")["region"].tolist()
    free = (
        estimate_province(calibrated(world, "14"))
        .accounts["final_prior"]
        .sel(category="capital")
        .sum("sector")
    )
    datum = observed.iloc[[0]].assign(
        region=codes[0],
        quantity="final_demand",
        sectors="",
        category="capital",
        value=3 * float(free[0]),
        reliability=0.9,
    )
    told = pd.concat([observed, datum], ignore_index=True)
    found = (
        estimate_province(calibrated(world, "14", told))
        .accounts["final_prior"]
        .sel(category="capital")
        .sum("sector")
    )
    assert float(found[0]) > 1.8 * float(free[0]) and float(found.sum()) == pytest.approx(
        float(free.sum()), rel=1e-9
    )


def test_a_member_moves_every_elasticity_by_its_own_draw_and_the_spread_by_its_logarithm(world):
    priors = world["priors"]
    moved = member_priors(
        priors, {"elasticity": {"households": 1.0, "capital": -2.0}, "demand_sd": 1.0, "theta": 3.0}
    )
    rows = priors["kind"].eq("demand")
    pd.testing.assert_frame_equal(
        moved[~rows], priors[~rows]
    )  # theta was given: it has no standard error
    one, other = (table[rows].set_index(["parameter", "sector"]) for table in (priors, moved))
    for category, z in (("households", 1.0), ("capital", -2.0)):
        row = one.loc["elasticity", category]
        assert other.loc[("elasticity", category), "prior"] == pytest.approx(
            max(row["prior"] + z * row["se"], 0.0)
        )
        row = one.loc["demand_sd", category]
        assert other.loc[("demand_sd", category), "prior"] == pytest.approx(
            row["prior"] * np.exp(row["se"])
        )


def test_draws_of_a_run_reach_elasticities_levels_and_spread():
    dataset, config = (
        tiny(),
        Config.model_validate({"method": "calibrated", "uncertainty": {"members": 2}}),
    )
    drawn = draw(dataset, config.uncertainty, 1)
    categories = drawn.factors["category"].values.tolist()
    assert (
        list(drawn.errors["elasticity"]) == categories and np.ndim(drawn.errors["demand_sd"]) == 0
    )
    assert len(set(drawn.errors["elasticity"].values())) == len(categories)
    assert (
        drawn.factors["demand_level"].dims == ("region", "category")
        and drawn.factors["demand_level"].std() > 0
    )
    assert {"demand_level", "elasticity"} <= {*drawn.by_region}
    assert len(set(drawn.by_region["elasticity"])) == 1


def test_without_priors_the_rule_says_what_it_needs(world):
    with pytest.raises(DataError, match="needs elasticity.*another trade_prior, demand"):
        city_accounts(province_of(world, "14", demand="consumption"))
