"""Simulation-based calibration: ranks, drawn countries, what passes and what fails."""

import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path

import calibration_tables as tables
import drawn_countries as country
import numpy as np
import pandas as pd
import prove_intervals as evidence
import psutil
import pytest
import xarray as xr
from averages import power_of_averages
from china_tables import provincial_tables
from scipy.stats import kstest

from citymrio.assessment.ensemble.inputs import INPUTS, draw
from citymrio.assessment.ensemble.member import kept, run_members
from citymrio.base.errors import BalanceError, DataError
from citymrio.base.labels import INTENSITY_CHANGE, read_dataset, stack_named
from citymrio.chain.estimate import Estimate
from citymrio.chain.steps import TO_GAPS, known_of, run_steps
from citymrio.config.models import Cities, Dataset, Uncertainty
from citymrio.dataset.dataset import DatasetFolder
from citymrio.dataset.sources.china.emissions import read_city_emissions
from citymrio.dataset.sources.synthetic.blueprint import Blueprint
from citymrio.dataset.sources.synthetic.build import write
from citymrio.dataset.sources.synthetic.country import PLANS, draw_country
from citymrio.dataset.sources.synthetic.economy import draw_economy
from citymrio.dataset.sources.synthetic.parameters import Parameters
from citymrio.provinces.consumption import ELASTICITY, ELASTICITY_SD, SPREAD
from citymrio.provinces.dispersion import AVERAGED, PRIOR_SPREADS
from citymrio.trade.distances import province_distances, region_distances
from citymrio.trade.priors.fit import border_from_sums, fit_margins
from citymrio.trade.priors.table import carried_border

#: Seed and number of a country that trades by gravity.
GRAVITY = 1, 0


@pytest.fixture(scope="module")
def gravity(tmp_path_factory):
    return country.drawn_country(*GRAVITY, tmp_path_factory.mktemp("gravity"))


@pytest.fixture(scope="module")
def estimated(gravity):
    """Configuration, what members share and the estimate of that country."""
    config = country.settings_of(len(gravity.land.regions))
    return config, *country.context_of(gravity.dataset, config)


def of_countries(rank: np.ndarray, kind: str = "headline") -> pd.DataFrame:
    """A table of one quantity with these ranks, one a country."""
    table = pd.DataFrame(dict.fromkeys(country.COLUMNS, 1.0), index=range(len(rank)))
    family = [country.FAMILIES[k % 2] for k in range(len(rank))]
    return table.assign(
        quantity="x",
        kind=kind,
        item=0,
        rank=rank,
        rank_central=0.5,
        number=range(len(rank)),
        family=family,
    )


# --- ranks
# ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [lambda rng, n: rng.normal(size=n), lambda rng, n: rng.poisson(2, n)],
    ids=["amounts", "counts"],
)
def test_ranks_are_uniform_where_the_truth_is_one_of_the_draws(make):
    rng = np.random.default_rng(5)
    found = []
    for _ in range(3000):
        draws = make(rng, 12).astype(float)
        found.append(country.rank(draws[1:], draws[0], rng))
    assert kstest(found, "uniform").pvalue > 0.01
    assert np.mean(np.abs(np.array(found) - 0.5) <= 0.45) == pytest.approx(0.9, abs=0.02)


def test_a_truth_above_all_draws_has_the_last_rank_and_round_off_is_a_tie():
    rng, draws = np.random.default_rng(1), np.full(9, 3.0)
    assert country.rank(draws, 4.0, rng) > 0.9
    assert country.rank(draws, 2.0, rng) < 0.1
    assert np.std(
        [country.rank(draws, 3.0 * (1 + 1e-13), rng) for _ in range(500)]
    ) == pytest.approx(12**-0.5, abs=0.03)


# --- countries
# -----------------------------------------------------------------------------------------------------------


def test_parameters_are_drawn_and_none_is_the_default():
    default = Parameters()
    for number, family in enumerate(country.FAMILIES):
        found = country.drawn_parameters(family, np.random.default_rng(number))
        assert found.trade == family
        ranges = country.RANGES | country.OF_FAMILY[family]
        assert all(getattr(found, name) != getattr(default, name) for name in ranges)
        assert {*ranges} <= {field.name for field in fields(Parameters)}
        assert not found.detail, "cities know their value added and CO2 totals only"
        assert sorted(found.types) == sorted(default.types) and found.types != default.types


def test_what_is_home_bound_is_made_where_it_is_used_whichever_product_that_is():
    table, dealt = Blueprint.load("tiny").technology, []
    for number in range(20):
        found = country.drawn_blueprint(np.random.default_rng(number)).technology
        order = found.sort_values("border")
        assert order["local"].iloc[0] < 0.1 and order["local"].corr(order["border"]) > 0.9
        assert sorted(found["spread"]) == sorted(table["spread"])
        dealt.append(order["sector"].iloc[-1])
    assert len({*dealt}) > 2


@pytest.mark.parametrize(
    ("name", "prior"),
    [
        ("intensity_sd", PRIOR_SPREADS["intensity_sector_sd"]),
        ("level_sd", PRIOR_SPREADS["intensity_sd"]),
        ("value_added_sd", PRIOR_SPREADS["productivity_sd"]),
        ("taste_sd", SPREAD),
        ("products_sd", PRIOR_SPREADS["demand_product_sd"]),
        ("openness_sd", Uncertainty().exports_sd),
        ("own_sd", Uncertainty().own_trade_sd),
        ("home_sd", Uncertainty().border_change_sd),
        ("hauling_sd", Uncertainty().cross_hauling_sd),
        ("province_hauling_sd", Uncertainty().province_hauling_sd),
        ("statistics_sd", Uncertainty().observed_sd),
        ("totals_sd", Uncertainty().emissions_sd),
        ("population_sd", Uncertainty().population_sd),
        ("inventory_sd", Uncertainty().inventory_sd),
        ("province_inventory_sd", Uncertainty().province_inventory_sd),
        ("province_row_sd", Uncertainty().province_row_sd),
    ],
)
def test_ranges_reach_far_below_and_above_a_prior(name, prior):
    """Countries all less dispersed than the priors would make draws look too wide."""
    low, high = (np.ravel(end)[-1] for end in country.RANGES[name])  # of a pair: inside provinces
    assert low < prior / 2 and high > 1.5 * prior


#: How much more demand per head follows GDP than its parameter says (`RANGES`).
RISES = {"household": 0.28, "capital": 0.03}


def test_elasticities_lie_as_far_below_the_prior_as_above():
    for name, rises in RISES.items():
        low, high = country.RANGES[name]
        assert (low + high) / 2 + rises == pytest.approx(ELASTICITY)
        assert low + rises < ELASTICITY - ELASTICITY_SD < ELASTICITY + ELASTICITY_SD < high + rises


def border_excess(trade: np.ndarray, regions: pd.DataFrame, carried: np.ndarray) -> float:
    """What the border between the cities of a province has beyond the one that is carried to them
    (sector,): the mean of provinces and products, weighted by what cities sell to one another.

    `trade` is (sector, origin, destination) in the order of `regions`.
    """
    found, weights = [], []
    for rows in regions.reset_index(drop=True).groupby("province").groups.values():
        distance = region_distances(regions.iloc[rows])
        for flows, border in zip(trade[:, rows][:, :, rows], carried, strict=True):
            home = np.diag(flows)
            sold, bought = flows.sum(axis=1) - home, flows.sum(axis=0) - home
            found.append(border_from_sums(home, sold, bought, distance, Cities().theta)[0] - border)
            weights.append(sold.sum())
    known = np.isfinite(found)
    return float(np.average(np.array(found)[known], weights=np.array(weights)[known]))


def excess_of_truth(number: int) -> float:
    """The excess in the true trade of a country; not a number where it cannot be built."""
    rng = np.random.default_rng([5, number])
    blueprint = country.drawn_blueprint(rng)
    parameters = country.drawn_parameters(country.FAMILIES[number % 2], rng)
    plan, cities = country.drawn_plan(rng), Cities()
    try:
        land = draw_country(plan, rng, parameters)
        made = draw_economy(blueprint, land, plan, parameters, rng)
    except (BalanceError, DataError):
        return np.nan
    sectors = blueprint.sectors[["sector", "kind"]]
    trade, regions = made.trade, land.regions.assign(gdp=made.output.sum(axis=1))
    codes, apart = province_distances(regions)
    member = regions["province"].to_numpy() == np.array(codes)[:, None]
    between = np.einsum("pr,irs,qs->ipq", member, trade, member)
    kept = np.einsum("ipp->pi", between)
    sums = (kept, between.sum(axis=2).T - kept, between.sum(axis=1).T - kept)
    parts = (
        xr.DataArray(part, {"sector": blueprint.sector}, ("region", "sector")) for part in sums
    )
    priors = fit_margins(*parts, apart, sectors, cities.theta, "", "")
    return border_excess(trade, regions, carried_border(priors, blueprint.sector, cities, ""))


def excess_of_draws(number: int, folder: Path) -> list[float]:
    """The excess in eight draws of the ensemble of a country."""
    dataset = country.drawn_country(5, number, folder).dataset
    config = country.settings_of(len(dataset.tables["regions"]), seed=number)
    context, main = country.context_of(dataset, config)
    nested = main.nested
    regions = dataset.tables["regions"].set_index("region").loc[nested.regions].reset_index()
    priors = run_steps(known_of(dataset, config.in_memory), "priors")["priors"]
    carried = carried_border(priors, nested.sectors, config.cities, "")
    categories = [name for name, role in nested.roles.items() if role != "stock_changes"]
    found = []

    def watch(member: int, result: Estimate) -> None:
        dense = result.nested.to_dense()
        use = dense["Z"].sum(str(dense["Z"].dims[-1]))
        use = use + dense["Y"].sel(category=categories).sum("category")
        use = use.sel(origin=nested.regions, destination=nested.regions)
        trade = use.transpose("sector", "origin", "destination").values
        found.append(border_excess(trade, regions, carried))

    run_members(context, range(1, 9), watch)
    return found


@pytest.mark.slow
@pytest.mark.night
@pytest.mark.parametrize("family", [0, 1])
def test_borders_of_drawn_countries_are_as_high_as_in_draws_and_scatter_as_much(family, tmp_path):
    """Ranks of trade say nothing about the draws where countries are of another kind than these."""
    truths = np.array([excess_of_truth(number) for number in range(family, 400, 2)])
    truths = truths[np.isfinite(truths)]
    draws = [excess_of_draws(n, tmp_path / str(n)) for n in range(400 + family, 440 + family, 2)]
    means = np.mean(draws, axis=1)
    error = np.hypot(truths.std() / len(truths) ** 0.5, means.std() / len(means) ** 0.5)
    assert truths.mean() == pytest.approx(means.mean(), abs=2 * error)
    assert truths.std() > 0.9 * np.std(draws, axis=1).mean()


def earned_and_spent(
    blueprint, land, plan, parameters, rng, role="capital"
) -> tuple[np.ndarray, np.ndarray]:
    """GDP and a role's final demand per person of the cities of a country that is made."""
    made, count = draw_economy(blueprint, land, plan, parameters, rng), len(blueprint.sector)
    people = land.regions["population"].to_numpy()
    earned = (made.output - made.use[:, :, :count].sum(axis=1)).sum(axis=1)
    place = list(blueprint.final_demand["role"]).index(role)
    return earned / people, made.use[:, :, count + place].sum(axis=1) / people


@pytest.mark.slow
@pytest.mark.parametrize("role", RISES)
def test_demand_of_drawn_countries_follows_gdp_by_more_than_its_parameter(role):
    found = []
    for number in range(300):
        rng = np.random.default_rng([6, number])
        blueprint = country.drawn_blueprint(rng)
        parameters = country.drawn_parameters(country.FAMILIES[number % 2], rng)
        plan = country.drawn_plan(rng)
        try:
            land = draw_country(plan, rng, parameters)
            both = earned_and_spent(blueprint, land, plan, parameters, rng, role)
        except (BalanceError, DataError):
            continue
        table = pd.DataFrame(np.log(both).T, columns=["x", "y"])
        table -= table.groupby(land.regions["province"].to_numpy()).transform("mean")
        slope = (table["x"] @ table["y"]) / (table["x"] @ table["x"])
        found.append(slope - getattr(parameters, role))
    assert np.mean(found) == pytest.approx(RISES[role], abs=3 * np.std(found) / len(found) ** 0.5)


def spreads_and_skew(emitted, earned, place) -> tuple[float, float, float]:
    """Of log CO2 per unit of GDP: standard deviation of the means of places, and around them; and
    skewness around them.
    """
    log = pd.Series(np.log(np.asarray(emitted) / np.asarray(earned)))
    group = log.groupby(np.asarray(place))
    around = log - group.transform("mean")
    return group.mean().std(), around.std(ddof=0), (around**3).mean() / around.std(ddof=0) ** 3


@pytest.fixture(scope="module")
def drawn_cities(tmp_path_factory):
    """Of 150 drawn countries: province, emissions, GDP and value added by sector of cities."""
    found, folder = [], tmp_path_factory.mktemp("drawn")
    for number in range(150):
        made = country.drawn_country(11, number, folder / str(number))
        regions = made.land.regions.set_index("region")
        added = read_dataset(made.folder / "truth/truth.nc")["value_added"]
        table = added.transpose("region", "sector").to_pandas().loc[regions.index]
        own = made.dataset.tables["regions"].set_index("region")["gdp"][regions.index]
        emitted = made.emissions.by_inventory_sector.sum(axis=1)
        found.append((regions["province"], emitted, own, table))
    return found


@pytest.mark.slow
def test_industries_of_drawn_cities_differ_as_those_of_observed_ones(drawn_cities):
    """`AVERAGED` is measured on Chinese cities. Cities that share nothing would show .5."""
    sectors = Blueprint.load("tiny").sectors
    industry = sectors.set_index("sector")["industry"]
    powers = [
        power_of_averages(table.T.groupby(industry).sum().T, place)
        for place, *_, table in drawn_cities
    ]
    assert np.mean(powers) == pytest.approx(AVERAGED, abs=0.05)


def together(added: np.ndarray) -> np.ndarray:
    """Correlations of log shares in the sum (sector, sector), around their mean over the places.

    `added`: value added (..., place, sector).
    """
    log = np.log(added / added.sum(axis=-1, keepdims=True))
    log = (log - log.mean(axis=-2, keepdims=True)).reshape(-1, added.shape[-1])
    return np.corrcoef(log.T)


@pytest.mark.slow
def test_sectors_of_drawn_provinces_go_together_as_those_of_observed_ones(shared, drawn_cities):
    """Mining with power, heavy industry with construction: what groups of sectors share is less
    than what each has of its own.
    """
    groups = [["02"], range(6, 11), range(11, 16), range(16, 22), ["25"], ["28"]]
    observed = []
    for _, table in provincial_tables(shared / "data/china2012/raw/provincial_io", 2012):
        added = table["value_added"].sum("item")
        observed.append(
            [float(added.sel(sector=[f"{int(one):02d}" for one in own]).sum()) for own in groups]
        )
    observed = np.array(observed)
    observed = observed[(observed > 0).all(axis=1)]
    assert len(observed) == 27  # the others mine no coal
    secondary = [f"{number:02d}" for number in range(2, 8)]
    drawn = [own.groupby(place).sum()[secondary].to_numpy() for place, _, _, own in drawn_cities]
    seen = together(np.array([own for own in drawn if own.shape == (5, 6) and (own > 0).all()]))
    for pair, found in {(0, 4): 0.29, (2, 5): -0.06}.items():
        assert together(observed)[pair] == pytest.approx(found, abs=0.01)
        assert seen[pair] == pytest.approx(found, abs=0.25)


@pytest.mark.slow
def test_co2_per_gdp_of_drawn_cities_differs_as_that_of_observed_ones(shared, drawn_cities):
    """Between provinces, inside them, and with as few cities that emit for many more."""
    raw = shared / "data"
    panel = pd.read_csv(raw / "extra/raw/city_panel_investment.csv", encoding="utf-8-sig")
    short = panel["province"].str.replace("省|市|自治区|壮族|回族|维吾尔", "", regex=True)
    panel = panel.assign(name=short + panel["city"].str.removesuffix("市"))
    totals = read_city_emissions(raw / "china2012/raw/ceads/cities_1997_2019.xlsx", year=2012)
    cities = panel[panel["gdp_100m"] > 0].merge(totals, on=["name", "year"])
    group = cities.groupby(["year", "province"])["name"]
    cities = cities[(group.transform("size") >= 4) & cities["year"].between(2008, 2016)]
    observed = [
        spreads_and_skew(own["emissions"], own["gdp_100m"], own["province"])
        for _, own in cities.groupby("year")
    ]
    assert cities.groupby("year").size().min() > 190
    drawn = [spreads_and_skew(emitted, gdp, place) for place, emitted, gdp, _ in drawn_cities]
    found = np.mean(observed, axis=0)
    assert found == pytest.approx((0.465, 0.61, 0.17), abs=0.01)
    assert np.mean(drawn, axis=0) == pytest.approx(found, abs=0.1)


@pytest.mark.parametrize("size", [pytest.param("full", marks=pytest.mark.slow), "drawn"])
def test_cities_of_invented_countries_demand_by_what_they_earn(size):
    """Not by an income that their outputs never give: elasticities are those of GDP per head."""
    rng, blueprint = np.random.default_rng(7), replace(Blueprint.load("tiny"), size="drawn")
    parameters, plan = country.drawn_parameters("gravity", rng), country.drawn_plan(rng)
    if size == "full":
        blueprint, parameters, plan = Blueprint.load(size), Parameters(), PLANS[size]
    parameters = replace(parameters, taste_sd=(0.0, 0.0), investment_sd=(0.0, 0.0))
    land = draw_country(plan, rng, parameters)
    x, y = np.log(earned_and_spent(blueprint, land, plan, parameters, rng))
    assert np.polyfit(x, y, 1)[0] == pytest.approx(parameters.capital, rel=0.02)
    assert np.corrcoef(x, y)[0, 1] > 0.999


@pytest.mark.slow
def test_no_process_outlives_a_command_that_is_killed():
    code = "import subprocess; from prove_intervals import spread; "
    calls = 'list(spread(subprocess.run, [(["sleep", "600"],), (["sleep", "600"],)], 2))'
    folder = Path(evidence.__file__).parent
    with subprocess.Popen([sys.executable, "-c", code + calls], cwd=folder) as started:
        until, asleep = time.monotonic() + 120, []
        while len(asleep) < 2:  # both processes of the pool are at work
            assert time.monotonic() < until
            time.sleep(0.2)
            found = psutil.Process(started.pid).children(recursive=True)
            asleep = [process for process in found if process.name() == "sleep"]
        started.kill()
    left = psutil.wait_procs([process for process in found if process not in asleep], timeout=60)[1]
    for process in [*asleep, *left]:
        process.kill()
    assert left == []


@pytest.mark.slow
def test_printed_cross_hauling_errs_and_nothing_else(gravity, tmp_path):
    rng = np.random.default_rng(8)
    plan, blueprint = country.drawn_plan(rng), country.drawn_blueprint(rng)
    known = country.drawn_parameters("gravity", rng)
    tables = []
    for sd in (0.0, 0.5):
        parameters = replace(known, hauling_sd=sd, province_hauling_sd=sd)
        write(Dataset(seed=3), blueprint, plan, parameters, tmp_path / str(sd))
        folder = DatasetFolder.read(tmp_path / str(sd))
        tables.append(xr.concat([*folder.provinces.values()], "province"))
    exact, printed = tables
    moved = printed["outflow"] - exact["outflow"]
    xr.testing.assert_allclose(moved, printed["inflow"] - exact["inflow"], rtol=1e-9, atol=1e-3)
    assert (abs(moved) > 0.01 * exact["outflow"]).any("sector").all()
    for name in ("total_use", "imports", "exports", "error", "value_added"):
        np.testing.assert_allclose(printed[name], exact[name], rtol=1e-9, atol=1e-3)
    supply = printed["output"] - printed["exports"] - printed["error"]
    assert (printed["outflow"] <= np.maximum(supply, exact["outflow"]) * (1 + 1e-9)).all()


@pytest.mark.parametrize("name", ["taste_sd", "investment_sd"])
def test_demand_scatters_inside_provinces_as_observed_cities_do(name):
    """1.18 times as much as between provinces of 5.8 cities: a province's cities have much in
    common (provinces.consumption.DEMAND_AVERAGED).
    """
    rng = np.random.default_rng(9)
    drawn = [country.drawn_parameters(country.FAMILIES[n % 2], rng) for n in range(2000)]
    between, inside = np.square([getattr(parameters, name) for parameters in drawn]).T
    assert np.median(np.sqrt(inside / (between + inside / 5.8))) == pytest.approx(1.18, abs=0.06)


@pytest.mark.parametrize("spread", ["taste_sd", "investment_sd"])
def test_cities_of_a_province_have_what_scatters_between_provinces_in_common(spread):
    rng, blueprint = np.random.default_rng(7), replace(Blueprint.load("tiny"), size="drawn")
    parameters, plan = country.drawn_parameters("gravity", rng), country.drawn_plan(rng)
    parameters = replace(
        parameters,
        **{"taste_sd": (0.0, 0.0), "investment_sd": (0.0, 0.0), spread: (0.3, 0.0)},
    )
    land = draw_country(plan, rng, parameters)
    earned, invested = earned_and_spent(blueprint, land, plan, parameters, rng)
    left = np.log(invested / earned**parameters.capital)
    means = np.bincount(land.province_index, left) / np.bincount(land.province_index)
    np.testing.assert_allclose(left, means[land.province_index], atol=0.01)
    assert means.std() > 0.1


def test_cities_know_what_the_case_knows(gravity):
    table = pd.concat(gravity.dataset.observations.values())
    regions = gravity.dataset.tables["regions"]
    assert set(table["quantity"]) == {"value_added", "emissions"}
    assert (table[table["quantity"].eq("value_added")].groupby("region").size() == 3).all()
    assert table["quantity"].eq("emissions").sum() == round(len(regions) * 5 / 6)
    assert gravity.dataset.inventory_city is None
    sizes = regions.groupby("province").size()
    assert len(sizes) == 5 and sizes.between(3, 8).all()


def test_outputs_and_intensities_share_the_whole_gap_of_a_total(gravity, estimated):
    """What they left of it the inventory, which meets totals, would put on intensities alone."""
    config, _, main = estimated
    intensities = run_steps(known_of(gravity.dataset, config), "intensities")["intensities"]
    e, households = intensities["intensity"], intensities["household"].sum("inventory_sector")
    for code, accounts in main.accounts.items():
        table = gravity.dataset.observations[code]
        told = table[table["quantity"].eq("emissions")].set_index("region")["value"].astype(float)
        share = accounts["output"] * accounts[INTENSITY_CHANGE]
        emitted = (share * e.sel(province=code).sum("inventory_sector")).sum("sector")
        left = np.log(told / (emitted + households).sel(region=told.index.tolist()).values)
        assert left.std(ddof=0) < 0.01


@pytest.mark.slow
def test_draws_of_a_told_total_lie_between_it_and_what_its_outputs_say(gravity, estimated):
    """As its error and the spreads of outputs and intensities weigh: met as printed and drawn
    around it, totals would scatter by their error twice, and so leave too little to cities without
    one. Sums of sectors hold outputs, which then give way less than their spread alone says.
    """
    dataset, sd = gravity.dataset, 0.3
    config = country.settings_of(len(gravity.land.regions), emissions_sd=sd)
    context, main = country.context_of(dataset, config)
    made = run_steps(known_of(dataset, config, mrio=main.mrio), "priors", "gaps", steps=TO_GAPS)
    gaps = stack_named(made["gaps"], "province").set_index("region")
    gap, limit = gaps["value"].astype(float), gaps["limit"].astype(float)
    found = []

    def watch(member: int, result: Estimate) -> None:
        emitted = result.footprints["pba_total"].to_series().loc[gap.index]
        found.append(np.log(emitted))

    run_members(context, range(21), watch)

    def around(values: pd.Series) -> pd.Series:
        return values - values.groupby(gaps["province"]).transform("mean")

    moved = around(pd.concat(found[1:], axis=1).mean(axis=1) - found[0])
    weight = sd**2 / (sd**2 + np.mean(limit**2))
    assert 0.1 < weight < -(moved @ gap) / (gap @ gap) < 0.6


def test_draws_of_intensities_are_around_the_provinces(gravity):
    """Their posterior is that of logarithms: factors of mean 1, most of which lie below, would put
    cities without a CO2 total below the others.
    """
    config = Uncertainty(intensity_sd=0.5, intensity_sector_sd=0.5, intensity_row_sd=0.5)
    nothing = draw(gravity.dataset, config, 1)
    nothing.factors["intensity"].values[...] = 1.0
    for entry in INPUTS:
        if entry.name in ("intensity", "intensity_mix"):
            sizes = {dim: nothing.factors.sizes[dim] for dim in entry.dims}
            drawn = entry.enter(nothing, np.zeros([*sizes.values()]), config)
            assert np.all(drawn.factors["intensity"] == 1.0), entry.name


def test_families_differ_in_their_trade_alone(gravity, estimated, tmp_path):
    """The same draws under the other model of trade: outputs and demand stay, deliveries do not."""
    other = country.drawn_country(
        *GRAVITY,
        tmp_path,
        lambda family, rng: replace(country.drawn_parameters(family, rng), trade="opportunities"),
    )
    config, _, main = estimated
    tables_of = [country.truth_of(one, main, config)[0].nested for one in (gravity, other)]
    one, two = (table.dataset for table in tables_of)
    assert np.allclose(one["output"], two["output"], rtol=1e-9)
    assert not np.allclose(one["use_self"], two["use_self"], rtol=0.05)


@pytest.mark.slow
def test_a_country_that_cannot_be_built_is_drawn_anew_and_counted(monkeypatch, tmp_path):
    tried, real = [], country.write

    def write(*values):
        tried.append(values)
        if len(tried) < 3:
            raise BalanceError("a closed province supplies more than it uses")
        return real(*values)

    monkeypatch.setattr(country, "write", write)
    assert country.drawn_country(1, 0, tmp_path).redrawn == 2
    assert len({values[0].seed for values in tried}) == 3, "every attempt is another country"
    monkeypatch.setattr(
        country, "write", lambda *values: (_ for _ in ()).throw(BalanceError("never"))
    )
    with pytest.raises(BalanceError, match="none of 50 drawn countries"):
        country.drawn_country(1, 0, tmp_path)


def test_true_numbers_are_those_of_the_true_table(gravity, estimated):
    """What a member keeps of the truth beside sums of the true emissions and of the true table."""
    config, context, main = estimated
    truth, dataset = country.truth_of(gravity, main, config)
    regions, numbers = kept(truth, dataset, config, context.structure, None)
    value = numbers.set_index("quantity")["value"]
    production = gravity.emissions.bridged.sum(axis=1)
    assert regions.set_index("region")["pba_mt"].to_numpy() == pytest.approx(production / 1e6)
    assert value["sum of city production emissions (PBA)"] == pytest.approx(production.sum() / 1e6)
    assert {*country.HEADLINE} <= {*value.index}
    people = gravity.land.regions["population"].to_numpy()
    assert regions["per_capita_t"].to_numpy() == pytest.approx(
        regions["cba_mt"].to_numpy() * 1e6 / people
    )


@pytest.mark.slow
def test_a_country_is_ranked_and_a_stopped_estimate_is_said(monkeypatch):
    result = country.run_country(1, 0, 1)
    assert (
        result.about["members"] == 1
        and result.about["left_out"] == 0
        and not result.about["stopped"]
    )
    kinds = result.table.groupby("kind")["quantity"].nunique()
    assert kinds["headline"] == len(country.HEADLINE) and kinds["array"] == 13
    assert result.table["rank"].between(0, 1).all() and np.isfinite(result.table["truth"]).all()

    def stop(*values):
        raise BalanceError("the data contradict one another")

    monkeypatch.setattr(country, "context_of", stop)
    stopped = country.run_country(1, 0, 1)
    assert (
        stopped.about["stopped"] == "BalanceError: the data contradict one another"
        and stopped.table.empty
    )


def test_every_country_has_draws_of_its_own(gravity, monkeypatch):
    """By its numbers, not by what it is: one country stands for all here."""
    seeds = []

    def stop(dataset, config):
        seeds.append(config.uncertainty.seed)
        raise BalanceError("not estimated")

    monkeypatch.setattr(country, "drawn_country", lambda *values: gravity)
    monkeypatch.setattr(country, "context_of", stop)
    for seed, number in [(1, 0), (1, 1), (2, 0), (1, 0)]:
        country.run_country(seed, number, 1)
    assert len({*seeds}) == 3 and seeds[0] == seeds[-1]


# --- what passes
# ---------------------------------------------------------------------------------------------------------


def failures(table: pd.DataFrame, stopped: str = "") -> list[str]:
    about = pd.DataFrame({"number": range(table["number"].nunique())}).assign(stopped="")
    about.loc[0, "stopped"] = stopped
    return tables.verdict(tables.coverage(table), tables.ranks(table), tables.pooled(table), about)


@pytest.mark.parametrize(
    ("bend", "fails"),
    [
        (lambda even: even, 0),
        (lambda even: 0.5 + (even - 0.5) * 0.6, 3),
        (lambda even: even**1.4, 1),
    ],
)
def test_uniform_ranks_pass_and_others_fail(bend, fails):
    even = (np.arange(200) + 0.5) / 200
    said = failures(of_countries(bend(even)))
    assert len(said) == fails, said


def test_ranks_of_a_sample_are_told_and_do_not_decide_and_an_estimate_that_stops_does():
    even = (np.arange(60) + 0.5) / 60
    table = of_countries(np.sqrt(even))
    assert failures(table) == []
    assert len(tables.uneven(tables.ranks(table))) == 1
    assert failures(table, "why") == ["country 0 has no estimate: why"]
    assert len(failures(of_countries(even**5))) == 2, "coverage decides in a sample, too"


def test_bounds_are_wider_for_fewer_countries():
    assert tables.bounds(30) == pytest.approx((0.85 - 2 * (0.85 * 0.15 / 30) ** 0.5, 1.0))
    assert tables.bounds(200) == pytest.approx((0.7995, 0.9808), abs=1e-4)
    assert tables.bounds(10**6, 0.01) == pytest.approx((0.83, 0.97))


def test_p_values_are_corrected_for_their_number():
    assert tables.holm(pd.Series([0.04, 0.01, 0.5])).tolist() == pytest.approx([0.08, 0.03, 0.5])


@pytest.mark.slow
def test_a_finished_country_is_not_run_again_and_the_exit_status_is_that_of_the_verdict(
    monkeypatch, tmp_path, capsys
):
    even = (np.arange(40) + 0.5) / 40

    def run(seed, number, members):
        table = of_countries(even).iloc[[number]][[*country.COLUMNS]]
        about = {
            "seed": seed,
            "number": number,
            "family": country.FAMILIES[number % 2],
            "redrawn": 1,
            "members": members,
        }
        return country.Result(table, about | {"left_out": 0, "stopped": "", "seconds": 0.1})

    monkeypatch.setattr(evidence, "run_country", run)
    words = ["--number", "40", "--members", "9", "--cores", "1", "--folder", str(tmp_path)]
    assert evidence.main(words) == 0
    assert "40 could not be built" in capsys.readouterr().out
    monkeypatch.setattr(
        evidence, "run_country", lambda *values: pytest.fail("the country is there")
    )
    assert evidence.main(words) == 0
    for name in (
        "coverage.csv",
        "ranks.csv",
        "bias.csv",
        "countries.csv",
        "evidence.json",
        "evidence.png",
        "evidence.pdf",
    ):
        assert (tmp_path / name).is_file()
    monkeypatch.setattr(
        evidence, "pooled", lambda table: {"cover90": 0.5, "se90": 0.01, "low": 0.83, "high": 0.97}
    )
    assert evidence.main(words) == 1
    assert (
        "fails: all numbers of headline.csv together: 90% intervals hold 50.0% of the truths"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize("word", [("--seed", "-5"), ("--cores", "two"), ("--cores", "0")])
def test_words_that_ask_for_nothing_are_refused_in_one_line(word, capsys):
    with pytest.raises(SystemExit) as stop:
        evidence.main(word)
    assert stop.value.code == 2 and "SEED (--seed) at least 0, CORES" in capsys.readouterr().err
