"""Observed trade between zones as known truth: what is read, what the fit sees, what is scored."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from province_worlds import balanced_world, province_of

from citymrio.base.errors import DataError
from citymrio.cities.accounts import city_accounts
from citymrio.cities.split import split_supply_demand
from citymrio.trade.distances import province_distances, region_distances
from citymrio.trade.priors.fit import border_from_sums
from known_truth import observed_trade
from known_truth.observed_trade import (
    ObservedTrade,
    accuracy_of_trade,
    between_zones,
    priors_of_others,
    priors_of_zones,
    read_observed_trade,
    trade_spreads,
    true_between_zones,
)
from known_truth.report import experiment
from known_truth.systems import System, read_systems

PARENTS, ZONES, PRODUCTS = 7, 3, ("4", "5")
THETA, BORDER = 1.2, 0.9


def files(folder):
    """zones.csv and flows.csv.gz of a nation whose trade follows gravity and a border effect, with
    noise.
    """
    rng = np.random.default_rng(5)
    count = PARENTS * ZONES
    zones = pd.DataFrame(
        {
            "zone": [f"{n:02d}" for n in range(count)],
            "parent": [f"S{n // ZONES}" for n in range(count)],
        }
    )
    centre = rng.uniform(-1, 1, (PARENTS, 2)).repeat(ZONES, axis=0) * (12, 6) + rng.uniform(
        -1.5, 1.5, (count, 2)
    )
    zones = zones.assign(
        lon=centre[:, 0] - 90,
        lat=centre[:, 1] + 40,
        area_km2=rng.uniform(5e3, 4e4, count),
        activity_musd=1.0,
    )
    distance = region_distances(zones.rename(columns={"zone": "region"}))
    rows = []
    for product in PRODUCTS:
        flows = np.exp(
            rng.normal(0, 0.5, (count, 1))
            + rng.normal(0, 0.5, count)
            + rng.normal(0, 0.3, (count, count))
        )
        flows = 1e4 * flows * distance**-THETA * np.exp(BORDER * np.eye(count))
        rows += [
            (a, b, product, flows[i, j])
            for i, a in enumerate(zones["zone"])
            for j, b in enumerate(zones["zone"])
        ]
    zones.to_csv(folder / "zones.csv", index=False)
    pd.DataFrame(rows, columns=["origin", "destination", "product", "value"]).to_csv(
        folder / "flows.csv.gz", index=False
    )
    return System(
        "nation",
        str(folder / "flows.csv.gz"),
        "Nation",
        regions=str(folder / "zones.csv"),
        trade="survey",
    )


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    return files(tmp_path_factory.mktemp("trade"))


@pytest.fixture(scope="module")
def trade(system):
    return read_observed_trade(system)


def test_products_and_zones_that_do_not_count_are_left_out(system, trade):
    assert trade.flows.shape == (2, 21, 21) and trade.sectors["sector"].tolist() == ["4", "5"]
    assert trade.regions["region"][0] == "00" and trade.judged == [f"S{n}" for n in range(PARENTS)]
    part = read_observed_trade(System(**{**vars(system), "products": "5", "without": "S0;04"}))
    assert part.flows == pytest.approx(
        np.delete(np.delete(trade.flows[1:], [0, 1, 2, 4], 1), [0, 1, 2, 4], 2)
    )
    for key, word in (("products", "product '9'"), ("without", "zone '9'")):
        with pytest.raises(DataError, match=f"{word} is not there"):
            read_observed_trade(System(**{**vars(system), key: "9"}))


def test_no_zone_of_the_judged_parent_enters_the_fit(trade):
    own, rng = trade.members("S3"), np.random.default_rng(1)
    changed = trade.flows.copy()
    changed[:, own] *= rng.uniform(0, 5, (2, 3, 1))
    changed[:, :, own] *= rng.uniform(0, 5, (2, 1, 3))
    other = ObservedTrade(trade.regions, trade.sectors, changed)
    pd.testing.assert_frame_equal(
        priors_of_others(other, "S3", "calibrated"), priors_of_others(trade, "S3", "calibrated")
    )
    assert not priors_of_others(other, "S2", "calibrated").equals(
        priors_of_others(trade, "S2", "calibrated")
    )


def test_the_step_is_the_joint_split_of_a_run():
    """The same supply, use, outflow, inflow and reference: the same trade among the cities."""
    world = balanced_world({"11": 1, "13": 4, "14": 6})
    names = world["dataset"]["sectors"]["sector"].tolist()
    kinds = world["dataset"]["sectors"]["kind"]
    parts = [
        pd.DataFrame({"sector": names, "kind": kinds, "parameter": p, "prior": v})
        for p, v in (("theta", 1.1), ("kappa", 2.0))
    ]
    parts.append(
        pd.DataFrame({"sector": names, "kind": kinds, "parameter": "border_effect", "prior": 1.3})
    )
    priors = pd.concat(parts, ignore_index=True)
    province = replace(province_of(world, "14", split="joint", trade_prior="border"), priors=priors)
    split, _ = split_supply_demand(province, city_accounts(province)[0])
    count = len(province.codes)
    inside = split["trade"].transpose("sector", "origin", "destination").values.copy()
    inside[:, np.arange(count), np.arange(count)] = (
        split["self"].transpose("sector", "region").values
    )
    flows = np.zeros((len(names), count + 1, count + 1))
    flows[:, :count, :count] = inside
    flows[:, :count, -1], flows[:, -1, :count] = (
        split[name].transpose("sector", "region").values for name in ("out_rest", "in_rest")
    )
    rest = province.cities.iloc[:1].assign(region="rest", province="elsewhere")
    known = ObservedTrade(
        pd.concat([province.cities, rest], ignore_index=True), province.sectors, flows
    )
    found = between_zones(known, "14", "calibrated", priors)
    assert found == pytest.approx(true_between_zones(known, "14"), rel=1e-7, abs=1e-9 * flows.max())


def test_rules_are_scored_apart_by_size_and_by_level(system):
    result, priors, about = experiment(system)
    assert len(priors) == 4 and about["trade"] == "survey" and len(about["cities"]) == 21
    table = result.pivot(index="method", columns="quantity", values="value")
    assert set(table.columns) == {
        "flows_inside_wape",
        "flows_inside_level",
        "own_use_wape",
        "own_use_level",
    }
    assert (
        table.loc["border_carried", "flows_inside_wape"]
        < 0.6 * table.loc["joint_uniform", "flows_inside_wape"]
    )
    assert (
        0.7
        < table.loc["border_carried", "flows_inside_level"]
        < 1.3
        < table.loc["joint_uniform", "flows_inside_level"]
    )
    rows = result[result["method"].eq("joint_uniform") & result["quantity"].eq("flows_inside_wape")]
    assert (
        (rows["low"] < rows["difference"]).all()
        and (rows["difference"] < rows["high"]).all()
        and (rows["high"] < 0).all()
    )
    assert result.loc[result["method"].eq("calibrated"), "difference"].isna().all()


def test_a_table_of_distances_is_a_rule_of_its_own_and_has_no_gaps(system, trade, tmp_path):
    distance = region_distances(trade.regions)
    codes = trade.regions["region"].to_numpy()
    rows = [
        (a, b, 0.7 * distance[i, j])
        for i, a in enumerate(codes)
        for j, b in enumerate(codes)
        if (a, b) != ("00", "01")
    ]
    road = pd.DataFrame(rows, columns=["orig_FAFID", "dest_FAFID", "Distance"])
    road = road[~(road["orig_FAFID"].eq("01") & road["dest_FAFID"].eq("02"))]
    road = road[~(road["orig_FAFID"].eq("02") & road["dest_FAFID"].eq("01"))]
    road.to_csv(tmp_path / "miles.csv", index=False)
    given = read_observed_trade(
        System(**{**vars(system), "distances": str(tmp_path / "miles.csv")})
    )
    assert given.road.to_numpy() == pytest.approx(0.7 * distance)
    methods = [set(accuracy_of_trade(one)["method"]) for one in (given, trade)]
    assert methods[0] - methods[1] == {"road"} and not methods[1] - methods[0]


def test_spreads_are_those_of_pairs_of_own_supply_and_of_the_rest(trade, monkeypatch):
    table = trade_spreads(trade).set_index("part")
    assert table["spread"].to_dict() == {
        "pair of cities": "city_trade_sd",
        "home": "own_trade_sd",
        "sold outside": "openness_sd",
        "bought outside": "openness_sd",
    }
    assert (table["sd"] > 0.02).all() and table.loc["home", "values"] == PARENTS * ZONES
    monkeypatch.setattr(
        observed_trade, "between_zones", lambda trade, parent, *_: true_between_zones(trade, parent)
    )
    assert trade_spreads(trade)["sd"].max() == pytest.approx(0, abs=1e-12)


def test_a_list_names_observed_trade_and_leaves_out_what_is_not_here(system, tmp_path):
    (tmp_path / "list.csv").write_text(
        "system,truth,regions,trade,products\nhere,flows.csv.gz,zones.csv,survey,4\nelsewhere,gone.csv.gz,zones.csv,modelled,\n"
    )
    here, gone = read_systems(tmp_path / "list.csv", "", str(system.truth).rsplit("/", 1)[0])
    assert here.is_trade and not here.is_absent and here.trade == "survey"
    assert gone.is_absent
    (tmp_path / "list.csv").write_text("system,truth,trade\nhere,flows.csv.gz,heard\n")
    with pytest.raises(Exception, match="trade is 'heard'; expected observed, survey, modelled"):
        read_systems(tmp_path / "list.csv", str(system.truth).rsplit("/", 1)[0])


@pytest.fixture
def folder(shared):
    """Observed trade."""
    if not (found := shared / "data/trade").is_dir():
        pytest.skip(f"needs the observed trade in {found}")
    return found


@pytest.mark.slow
def test_the_numbers_of_the_united_states(folder):
    """What was measured before the rule was chosen: zones of all seven products, nothing fitted on
    them.
    """
    states = System(
        "us",
        str(folder / "cfs_states_manufacturing_flows.csv.gz"),
        regions=str(folder / "cfs_states.csv"),
        without="Alaska;Hawaii",
    )
    table = accuracy_of_trade(read_observed_trade(states)).pivot(
        index="method", columns="quantity", values="value"
    )
    assert table.loc[
        "discount", ["flows_inside_wape", "flows_inside_level"]
    ].tolist() == pytest.approx([0.58, 1.32], abs=0.01)
    assert table.loc[
        "border_carried", ["flows_inside_wape", "flows_inside_level"]
    ].tolist() == pytest.approx([0.47, 0.98], abs=0.01)
    assert 0.8 < table.loc["calibrated", "flows_inside_level"] < 1.25


def changes_of_products(trade: ObservedTrade) -> pd.DataFrame:
    """Change of the border effect of every product from parents to the zones of one of at least
    three, theta 1 (product, parent).
    """
    codes, apart = province_distances(trade.regions)
    member = (trade.regions["province"].to_numpy() == np.array(codes)[:, None]).astype(float)

    def borders(flows, distance):
        home = np.einsum("irr->ir", flows)
        sums = zip(home, flows.sum(axis=2) - home, flows.sum(axis=1) - home, strict=True)
        return np.array([border_from_sums(*one, distance, 1.0)[0] for one in sums])

    above = borders(np.einsum("pr,irs,qs->ipq", member, trade.flows, member), apart)
    found = {}
    for parent in codes:
        own = trade.members(parent)
        if len(own) > 2:
            inside = trade.flows[:, own][:, :, own]
            found[parent] = borders(inside, region_distances(trade.regions.iloc[own])) - above
    return pd.DataFrame(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flows", "zones", "products", "expected"),
    [
        ("faf5_2017_food_flows", "faf5_zones", "4;5;6;7", {"": 0.59}),
        (
            "cfs_states_manufacturing_flows",
            "cfs_states",
            "",
            {"2002": 0.53, "2007": 0.44, "2012": 0.40},
        ),
    ],
)
def test_borders_of_products_change_each_in_its_own_way(folder, flows, zones, products, expected):
    """`border_product_sd` is what draws without it leave of the mean square of these four."""
    paths = {"truth": f"{flows}.csv.gz", "regions": f"{zones}.csv"}
    paths = {name: str(folder / path) for name, path in paths.items()}
    system = System("us", **paths, products=products, without="Alaska;Hawaii")
    trade = read_observed_trade(system)
    changes = changes_of_products(trade)
    for year, spread in expected.items():
        own = changes[trade.sectors["sector"].str.startswith(year)]
        around = own - own.mean()
        freedom = around.notna().to_numpy().sum() - around.shape[1]
        assert float((around**2).sum().sum() / freedom) ** 0.5 == pytest.approx(spread, abs=0.005)


def test_regions_without_known_partners_are_judged_by_own_use_and_outflow(trade, tmp_path):
    """One country of three zones: what leaves a zone is known, and what it takes in of all products
    together.
    """
    own, flows = trade.members("S0"), trade.flows
    zones = trade.regions.iloc[own].rename(columns={"region": "zone"})
    inside = flows[:, own][:, :, own]
    home = np.einsum("irr->ir", inside)
    taken = (inside.sum(axis=1) - home).sum(axis=0)
    zones.assign(inflow_rest_of_country_all_products=taken).to_csv(
        tmp_path / "zones.csv", index=False
    )
    rows = [
        (z, p, home[i, k], inside[i, k].sum() - home[i, k])
        for i, p in enumerate(PRODUCTS)
        for k, z in enumerate(zones["zone"])
    ]
    pd.DataFrame(rows, columns=["zone", "product", "own_use", "outflow_rest_of_country"]).to_csv(
        tmp_path / "use.csv", index=False
    )
    pd.DataFrame({"product": PRODUCTS, "kind": ["goods", "services"]}).to_csv(
        tmp_path / "products.csv", index=False
    )
    priors_of_zones(trade).to_csv(tmp_path / "priors.csv", index=False)
    names = {
        name: str(tmp_path / f"{file}.csv")
        for name, file in (("regions", "zones"), ("sectors", "products"), ("fit", "priors"))
    }
    system = System("country", str(tmp_path / "use.csv"), "Country", **names)
    result, priors, about = experiment(system)
    assert (
        priors.empty
        and about["sectors"] == {"goods": 1, "services": 1}
        and set(result["group"]) == {"all", "goods", "services"}
    )
    whole = result[result["group"].eq("all")].pivot(
        index="method", columns="quantity", values="value"
    )
    assert (
        whole.loc["border_carried", "own_use_wape"]
        < 0.5 * whole.loc["joint_uniform", "own_use_wape"]
    )
    level = whole.loc["border_carried", ["own_use_level", "flows_inside_level"]].to_numpy(float)
    assert level @ [home.sum(), inside.sum() - home.sum()] == pytest.approx(
        inside.sum()
    )  # supply is kept
    pd.DataFrame({"product": PRODUCTS[:1], "kind": ["goods"]}).to_csv(
        tmp_path / "products.csv", index=False
    )
    with pytest.raises(DataError, match="product '5' has no kind"):
        experiment(system)
