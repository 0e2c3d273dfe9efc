"""The synthetic country keeps the dataset contract, and its truth keeps every identity."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy.spatial import Voronoi
from sound_dataset import check_dataset

from citymrio.base.errors import BalanceError, ConfigError, DataError
from citymrio.base.labels import read_dataset, read_json, read_table
from citymrio.config.models import Dataset, load_config
from citymrio.dataset.sources.synthetic import build as synthetic
from citymrio.dataset.sources.synthetic import economy, emissions, geography, observed
from citymrio.dataset.sources.synthetic.blueprint import Blueprint
from citymrio.dataset.sources.synthetic.country import PLANS, draw_country
from citymrio.dataset.sources.synthetic.economy import draw_economy
from citymrio.dataset.sources.synthetic.parameters import Parameters
from citymrio.nested import NestedMRIO


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("tiny")
    synthetic.build(Dataset(size="tiny"), folder)
    return folder


@pytest.fixture(scope="module")
def full(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("full")
    synthetic.build(Dataset(size="full"), folder)
    return folder


@pytest.fixture(scope="module")
def sized(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("sized")
    synthetic.build(Dataset(size={"provinces": 7, "cities": 24, "sectors": 11}), folder)
    return folder


NAMED = ("tiny", pytest.param("full", marks=pytest.mark.slow))


@pytest.fixture(scope="module", params=["sized", *NAMED])
def country(request) -> Path:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module", params=NAMED)
def named(request) -> Path:
    return request.getfixturevalue(request.param)


def digest(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def truth_of(folder: Path) -> xr.Dataset:
    return read_dataset(folder / "truth/truth.nc")


def worst(gap: np.ndarray, size: np.ndarray) -> float:
    return float(np.max(np.abs(gap) / np.maximum(np.abs(size), 1.0)))


# --- contract
# ------------------------------------------------------------------------------------------------------------


def test_dataset_passes_the_schemas(country):
    check_dataset(country)


@pytest.mark.slow
@pytest.mark.slow
def test_full_country_has_the_scale_of_the_study(full):
    regions = read_table(full / "regions.csv")
    assert regions["province"].nunique() == 31
    assert dict(regions["kind"].value_counts()) == {"city": 305, "municipality": 4, "province": 4}
    sizes = {
        name: len(read_table(full / f"{name}.csv"))
        for name in ("sectors", "inventory_sectors", "fuels", "final_demand")
    }
    assert sizes == {"sectors": 42, "inventory_sectors": 47, "fuels": 17, "final_demand": 5}
    assert read_json(full / "dataset.json")["counts"]["cities_inventory_observed"] == 244


def test_tiny_country_has_provinces_of_1_2_4_6_and_1_cities(tiny):
    assert list(read_table(tiny / "regions.csv").groupby("province").size()) == [1, 2, 4, 6, 1]


def test_same_seed_gives_the_same_bytes(tiny, tmp_path):
    synthetic.build(Dataset(size="tiny"), tmp_path)
    assert digest(tmp_path) == digest(tiny)


#: Numbers of the two countries since their cities demand by what they earn: means of all cells,
#: weighted by their place.
BEFORE = {
    "tiny": {
        "regions": 2825929.7235563165,
        "observations": 3765895.541303544,
        "inventory": 710183.0920301841,
        "inventory_city": 190231.75731831064,
        "inventory_national": 32811969.129523207,
        "emissions_history": 15245209.725813359,
        "truth/emissions": 2573727.4037035406,
        "benchmarks": 3.128970588235294,
    },
    "full": {
        "regions": 3938310.871157781,
        "observations": 4602593.344151417,
        "inventory": 440775.9533206423,
        "inventory_city": 65783.41978326991,
        "inventory_national": 245627710.53201035,
        "emissions_history": 18566350.61157727,
        "truth/emissions": 703753.5410364331,
        "benchmarks": 4.564705882352942,
    },
}


def test_default_parameters_make_the_countries_that_there_were(request, named):
    """Runs, documents and tests quote these countries: what is drawn for others must not move them."""
    size = request.node.callspec.params["named"]
    for name, before in BEFORE[size].items():
        values = np.concatenate(
            [
                read_table(path).select_dtypes("number").to_numpy(float).ravel()
                for path in files(named, name)
            ]
        )
        assert placed_mean(values) == pytest.approx(before, rel=1e-9), name


def test_households_emit_by_the_gdp_that_their_city_has():
    """As they spend: not by an income that outputs never give."""
    blueprint, parameters = Blueprint.load("tiny"), replace(Parameters(), fuel=0.9)
    land = draw_country(PLANS["tiny"], np.random.default_rng([15, 1]), parameters)
    output = np.ones((len(land.regions), len(blueprint.sector)))
    people = land.regions["population"].to_numpy(float)
    richer = np.linspace(0.5, 2.0, len(people))
    one, other = (
        emissions.draw_emissions(
            blueprint, land, output, people * by, parameters, np.random.default_rng(3)
        ).by_inventory_sector
        for by in (np.ones(len(people)), richer)
    )
    ratio = other / one
    households = (blueprint.inventory["kind"] != "production").to_numpy()
    assert ratio[:, ~households] == pytest.approx(1.0)
    assert ratio[:, households] / ratio[:1, households] == pytest.approx(
        np.repeat(((richer / richer[0]) ** 0.9)[:, None], households.sum(), axis=1)
    )


def test_a_closed_province_does_not_earn_and_spend_ever_less():
    """It may not make more than it uses: demand that follows what it earns would fall with it."""
    blueprint, plan, parameters = Blueprint.load("tiny"), PLANS["tiny"], Parameters()
    land = draw_country(plan, np.random.default_rng([15, 1]), parameters)
    made = draw_economy(blueprint, land, plan, parameters, np.random.default_rng([15, 2]))
    inputs = made.use[:, :, : len(blueprint.sector)].sum(axis=(1, 2))
    earned = (made.output.sum(axis=1) - inputs) / land.regions["population"]
    closed = land.regions["province"].isin(plan.closed)
    assert closed.sum() == 1
    assert (earned / land.regions["income"])[closed].item() > 0.2


def test_a_region_that_earns_less_than_nothing_is_refused(monkeypatch):
    """What it spends would be no number, and all the country with it."""
    blueprint, plan, parameters = Blueprint.load("tiny"), PLANS["tiny"], Parameters()
    land = draw_country(plan, np.random.default_rng([15, 1]), parameters)
    monkeypatch.setattr(economy, "_stock_changes", lambda _, output, rng: -5 * output)
    with pytest.raises(BalanceError, match="earns less than nothing"):
        draw_economy(blueprint, land, plan, parameters, np.random.default_rng([15, 2]))


def files(folder: Path, name: str) -> list[Path]:
    return sorted(folder.glob(f"{name}/*.csv")) or [folder / f"{name}.csv"]


def placed_mean(values: np.ndarray) -> float:
    return float(np.nansum(values * np.linspace(0.5, 1.5, len(values))) / len(values))


def test_another_seed_gives_another_country(tiny, tmp_path):
    synthetic.build(Dataset(size="tiny", seed=7), tmp_path)
    assert not np.array_equal(truth_of(tmp_path)["output"], truth_of(tiny)["output"])


def test_no_name_or_code_occurs_twice(country):
    regions = read_table(country / "regions.csv")
    assert regions["region"].is_unique and regions["name"].is_unique


# --- geography
# -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("height", [-9.0, -0.58])
def test_a_country_that_drowns_is_refused(monkeypatch, height):
    """It was a ValueError of numpy."""
    monkeypatch.setattr(geography, "_field", lambda points, _: np.full(len(points), height))
    with pytest.raises(DataError, match=r"cells of land are to have 99 provinces.*another seed"):
        geography.mosaic(500, 99, np.random.default_rng(0))


def test_polygons_are_valid_and_hold_their_seat(country):
    shapes = (
        gpd.read_file(country / "boundaries.geojson")
        .set_index("region")
        .set_crs(None, allow_override=True)
    )
    regions = read_table(country / "regions.csv").set_index("region")
    assert shapes.geometry.is_valid.all()
    seats = gpd.GeoSeries(gpd.points_from_xy(regions["lon"], regions["lat"]), index=regions.index)
    assert shapes.geometry.reindex(regions.index).contains(seats).all()


def test_polygons_cover_the_land_without_overlap(country):
    shapes = gpd.read_file(country / "boundaries.geojson").geometry.set_crs(
        None, allow_override=True
    )
    assert shapes.union_all().area == pytest.approx(shapes.area.sum(), rel=1e-9)


@pytest.mark.slow
@pytest.mark.slow
def test_a_province_of_the_main_land_is_connected(full):
    shapes = gpd.read_file(full / "boundaries.geojson")
    whole = shapes.assign(province=shapes["region"].str[:3]).dissolve("province").geometry
    largest = whole.map(
        lambda shape: max(part.area for part in getattr(shape, "geoms", [shape])) / shape.area
    )
    assert (largest > 0.6).all()


# --- truth: I1-I7
# --------------------------------------------------------------------------------------------------------


def test_truth_is_a_nested_table_that_balances_to_round_off(country):
    NestedMRIO.from_dataset(truth_of(country), tolerance=1e-11)


def test_cities_sum_to_the_provincial_cells(country):
    truth = truth_of(country)
    province = truth["region_province"].values
    for q, code in enumerate(truth["province"].values):
        members = truth.isel(region=np.flatnonzero(province == code))
        table = truth["province_table"].sel(province=code)
        own = (
            (members["use_self"] + members["use_intra"])
            .sum("region")
            .transpose("sector", "use")
            .values
        )
        rest = members["use_rest"].sum("region").transpose("sector", "use").values
        cells = table.transpose("origin_province", "sector", "use").values
        assert worst(own - cells[q], cells[q]) < 1e-10
        assert worst(rest - (cells.sum(axis=0) - cells[q]), rest) < 1e-10


def test_shares_of_origin_sum_to_one(country):
    truth = truth_of(country)
    intra = truth["intra_share"].groupby("pair_destination").sum().values
    assert np.all(np.isclose(intra, 1, atol=1e-12) | (intra == 0))
    out = truth["out_share"].groupby(truth["region_province"]).sum().values
    assert np.all(np.isclose(out, 1, atol=1e-12) | (out == 0))


def test_value_added_plus_imports_of_industry_equals_final_use_of_domestic_products(country):
    truth = truth_of(country)
    sectors, uses = truth["sector"].values, truth["use"].values
    final = [use for use in uses if use not in sectors]
    use = truth["use_self"] + truth["use_intra"] + truth["use_rest"]
    left = truth["value_added"].sum() + truth["imports"].sel(use=sectors).sum()
    right = use.sel(use=final).sum() + truth["exports"].sum() + truth["error"].sum()
    assert float(left) == pytest.approx(float(right), rel=1e-11)


def test_only_the_inventory_column_has_negative_cells(country):
    truth = truth_of(country)
    stock = (
        read_table(country / "final_demand.csv")
        .query("role == 'stock_changes'")["category"]
        .iloc[0]
    )
    table = truth["province_table"]
    assert float(table.sel(use=stock).min()) < 0
    assert float(table.drop_sel(use=stock).min()) >= 0


def test_value_added_is_positive_where_there_is_output(country):
    truth = truth_of(country)
    active = truth["output"].values > 0
    assert (truth["value_added"].values[active] > 0).all()
    assert (truth["value_added"].values[~active] == 0).all()


@pytest.mark.slow
def test_a_province_keeps_more_of_its_products_than_size_and_distance_explain(full):
    truth = truth_of(full)
    deliveries = (
        truth["province_table"]
        .sum("use")
        .transpose("origin_province", "sector", "province")
        .sum("sector")
        .values
    )
    assert 0.6 < np.trace(deliveries) / deliveries.sum() < 0.8


# --- awkward cases
# -------------------------------------------------------------------------------------------------------


def test_a_province_of_the_tiny_country_sends_nothing_to_others(tiny):
    assert (read_dataset(tiny / "provinces/P05.nc")["outflow"].values == 0).all()
    table = truth_of(tiny)["province_table"].sel(
        origin_province="P05", province=["P01", "P02", "P03", "P04"]
    )
    assert (table.values == 0).all()


def test_tiny_country_has_a_city_without_output_in_a_sector_its_province_has(tiny):
    output = truth_of(tiny)["output"]
    assert float(output.sel(region="P0402", sector="02")) == 0
    assert float(output.sel(region="P0401", sector="02")) > 0


def test_a_province_lacks_a_sector_altogether(country):
    output = truth_of(country)["output"]
    assert (output.groupby(truth_of(country)["region_province"]).sum() == 0).any()


def test_some_provinces_have_an_error_column_and_some_do_not(country):
    error = (
        np.abs(truth_of(country)["error"])
        .groupby(truth_of(country)["region_province"])
        .sum()
        .sum("sector")
        .values
    )
    assert (error > 0).any() and (error == 0).any()


def test_one_region_emits_in_a_sector_without_output(named):
    emissions = read_table(named / "truth/emissions.csv").pivot(
        index="region", columns="sector", values="emissions"
    )
    output = (
        truth_of(named)["output"]
        .to_pandas()
        .reindex(index=emissions.index, columns=emissions.columns)
    )
    assert ((output == 0) & (emissions > 0)).to_numpy().sum() == 1


def test_a_city_without_observed_value_added_has_no_row_for_it(tiny):
    table = read_table(tiny / "observations/P04.csv")
    seen = set(table.loc[table["quantity"] == "value_added", "region"])
    assert seen == {"P0401", "P0402", "P0403", "P0404", "P0405"}


# --- observed data
# -------------------------------------------------------------------------------------------------------


def test_provincial_tables_balance_in_rows_and_columns(country):
    for path in sorted(country.glob("provinces/*.nc")):
        table = read_dataset(path).fillna(0.0)
        use = table["total_use"].transpose("sector", "use")
        row = (
            use.sum("use")
            + table["exports"]
            - table["imports"]
            + table["outflow"]
            - table["inflow"]
            + table["error"]
        )
        column = (
            use.sel(use=table["sector"].values).sum("sector").values
            + table["value_added"].sum("item").values
        )
        output = table["output"].values
        assert worst(row.values - output, output) < 1e-9, path.name
        assert worst(column - output, output) < 1e-9, path.name


def test_trade_accounts_of_provinces_are_not_negative(country):
    for path in sorted(country.glob("provinces/*.nc")):
        table = read_dataset(path).fillna(0.0)
        for name in ("exports", "imports", "outflow", "inflow"):
            assert (table[name].values >= 0).all(), (path.name, name)


@pytest.mark.slow
def test_unreported_trade_is_missing_as_a_pair(full):
    tables = [read_dataset(path) for path in sorted(full.glob("provinces/*.nc"))]
    absent = {
        name: sum(bool(t[name].isnull().all()) for t in tables)
        for name in ("outflow", "inflow", "exports", "imports")
    }
    assert absent == {"outflow": 2, "inflow": 2, "exports": 1, "imports": 1}


def test_nation_is_the_sum_of_the_true_provinces(country):
    nation, truth = read_dataset(country / "national.nc"), truth_of(country)
    for name in ("output", "exports", "error"):
        assert np.allclose(
            nation[name].values, truth[name].sum("region").values, rtol=1e-12, atol=1e-6
        )
    row = nation["total_use"].sum("use") + nation["exports"] - nation["imports"] + nation["error"]
    assert worst(row.values - nation["output"].values, nation["output"].values) < 1e-9


def test_distortion_keeps_a_product_that_never_leaves_at_home():
    rng = np.random.default_rng(0)
    account = {
        "use": np.array([[40.0, 60.0], [10.0, 90.0]])[:, [0, 1, 1]],
        "imports": np.zeros(2),
        "exports": np.zeros(2),
        "error": np.zeros(2),
        "output": np.array([160.0, 190.0]),
        "value_added": np.array([110.0, 40.0]),
        "outflow": np.zeros(2),
        "inflow": np.zeros(2),
    }
    seen = observed.distort(account, Parameters(), rng, transit=np.full(2, 0.3))
    assert (seen["outflow"] == 0).all()
    row = seen["use"].sum(axis=1) + seen["outflow"] - seen["inflow"] + seen["error"]
    assert np.allclose(row, seen["output"], rtol=1e-14)


@pytest.mark.slow
def test_city_value_added_is_near_the_truth(full):
    truth = truth_of(full)["value_added"].to_pandas()
    ratios = []
    for path in sorted(full.glob("observations/*.csv")):
        table = read_table(path).query("quantity == 'value_added'")
        ratios += [
            row.value / truth.loc[row.region, row.sectors.split(";")].sum()
            for row in table.itertuples()
        ]
    assert np.std(np.log(ratios)) == pytest.approx(0.05, abs=0.005)


def test_activity_times_factor_gives_the_true_emissions_of_a_province(country):
    factor = read_table(country / "fuels.csv").set_index("fuel")["emission_factor"]
    households = read_table(country / "inventory_sectors.csv").query("kind == 'household'")[
        "inventory_sector"
    ]
    truth = read_table(country / "truth/emissions.csv")
    truth = truth.groupby(truth["region"].str[:3])["emissions"].sum()
    for path in sorted(country.glob("inventory/*.csv")):
        table = read_table(path)
        amount = table["emissions"].fillna(table["activity"] * table["fuel"].map(factor))
        assert amount[~table["inventory_sector"].isin(households)].sum() == pytest.approx(
            truth[path.stem], rel=1e-12
        )


@pytest.mark.slow
def test_city_inventories_come_in_three_cases(full):
    table = pd.concat(read_table(path) for path in sorted(full.glob("inventory_city/*.csv")))
    assert set(table["case"]) == {1, 2, 3}
    assert table["region"].nunique() == 244


def test_a_country_has_the_numbers_that_are_asked_for(sized):
    counts, sectors = read_json(sized / "dataset.json")["counts"], read_table(sized / "sectors.csv")
    assert (counts["provinces"], counts["cities"], len(sectors)) == (7, 24, 11)
    assert read_json(sized / "dataset.json")["name"].startswith(
        "synthetic country (7 provinces, 24 cities, 11 sectors"
    )


@pytest.mark.slow
def test_codes_of_more_than_a_hundred_cities_a_province_stay_in_order(tmp_path):
    synthetic.build(Dataset(size={"provinces": 4, "cities": 140, "sectors": 8}), tmp_path)
    regions = read_table(tmp_path / "regions.csv")
    assert regions.groupby("province").size().max() > 100
    assert regions["region"].is_monotonic_increasing
    assert regions["region"].is_unique


@pytest.mark.parametrize("count", [42, 83, 200])
def test_parts_of_a_sector_add_up_to_it(count):
    whole, fine = Blueprint.load("full"), Blueprint.load("full").split(count)
    owner = np.array([whole.sector.index(code.split("-")[0]) for code in fine.sector])
    of = np.eye(len(whole.sector))[owner].T
    assert len(set(fine.sector)) == count
    np.testing.assert_allclose(of @ fine.products, whole.products, atol=1e-15)
    np.testing.assert_allclose(of @ fine.inputs, whole.inputs[:, owner], atol=1e-15)
    np.testing.assert_array_equal(fine.bridge, whole.bridge[:, owner])


@pytest.mark.parametrize(
    ("size", "fault"),
    [
        ("large", "Input should be 'full' or 'tiny'"),
        ({"provinces": 4, "cities": 8}, "'dataset.size.sectors' .* Field required"),
        ({"provinces": 3, "cities": 8, "sectors": 8}, "'dataset.size.provinces' is 3: .* 4"),
        ({"provinces": 9, "cities": 17, "sectors": 8}, "expected two a province"),
        ({"provinces": 31, "cities": 9000, "sectors": 42}, "25 GiB; expected at most 4 GiB"),
        ({"province": 4}, "unknown key 'dataset.size.province': did you mean 'provinces'"),
    ],
)
def test_a_size_that_cannot_be_drawn_is_refused(size, fault):
    with pytest.raises(ConfigError, match=fault):
        load_config({"dataset": {"kind": "synthetic", "size": size}})


# --- building blocks
# -----------------------------------------------------------------------------------------------------


def test_input_shares_of_every_sector_sum_to_one():
    for size in ("tiny", "full"):
        assert np.allclose(Blueprint.load(size).inputs.sum(axis=0), 1, atol=1e-14)


def test_balanced_flows_meet_both_margins_even_with_strong_home_bias():
    rng = np.random.default_rng(3)
    distance = rng.uniform(50, 2000, (40, 40))
    prior = economy.kernel(
        distance + distance.T, np.arange(40) // 5, theta=1.0, border=7.0, province_border=1.0
    )
    supply, demand = rng.lognormal(0, 1.5, 40), rng.lognormal(0, 1.5, 40)
    demand *= supply.sum() / demand.sum()
    flows = economy.balance(prior, supply, demand, where="test")
    assert np.allclose(flows.sum(axis=1), supply, rtol=1e-11)
    assert np.allclose(flows.sum(axis=0), demand, rtol=1e-13)


def test_margins_that_no_flows_can_have_are_refused():
    prior = np.eye(2)
    with pytest.raises(BalanceError, match="margins missed"):
        economy.balance(prior, np.array([1.0, 2.0]), np.array([2.0, 1.0]), where="test")


def test_different_totals_are_refused_with_both_named():
    with pytest.raises(BalanceError, match="supply 3 differs from demand 4"):
        economy.balance(np.ones((2, 2)), np.array([1.0, 2.0]), np.array([2.0, 2.0]), where="test")


def test_cells_move_to_the_means_of_their_corners():
    points = np.random.default_rng(5).uniform(-1.25, 1.25, (400, 2))
    diagram, expected = Voronoi(points), points.copy()
    for cell, region in enumerate(diagram.point_region):
        corners = diagram.regions[region]
        if corners and -1 not in corners and np.all(np.abs(diagram.vertices[corners]) < 1.3):
            expected[cell] = diagram.vertices[corners].mean(axis=0)
    assert 0 < (expected == points).all(axis=1).sum() < 200
    np.testing.assert_array_equal(
        geography._relax(points), expected
    )  # to the last bit: the country depends on it


def test_inventory_rows_are_those_of_its_sectors_and_fuels_one_by_one():
    of = Blueprint.load("tiny")
    factor, fuels = of.fuels["emission_factor"].to_numpy(float), of.fuels["fuel"].tolist()
    amounts = np.random.default_rng(6).uniform(-1, 1, (len(of.inventory), len(fuels) + 1)).clip(0)
    expected = []
    for q, code in enumerate(of.inventory["inventory_sector"]):
        expected += [
            (code, fuel, amounts[q, f] / factor[f], np.nan)
            for f, fuel in enumerate(fuels)
            if amounts[q, f] > 0
        ]
        expected += [(code, "process", np.nan, amounts[q, -1])] if amounts[q, -1] > 0 else []
    table = pd.DataFrame(expected, columns=["inventory_sector", "fuel", "activity", "emissions"])
    pd.testing.assert_frame_equal(emissions.activity_rows(of, amounts), table, check_exact=True)


def test_errors_of_printed_inventories_have_mean_one_and_are_shared_as_said():
    rng = np.random.default_rng(3)
    one = observed.inventory_errors(
        3000, 4, Parameters(province_inventory_sd=0.1, province_row_sd=0.2), rng
    )
    assert one.mean() == pytest.approx(1, abs=0.02)
    assert np.log(one).std() == pytest.approx(0.05**0.5, rel=0.05)
    level = np.log(one).mean(axis=1)
    assert level.std() == pytest.approx((0.01 + 0.04 / 4) ** 0.5, rel=0.05)
    assert np.ptp(observed.inventory_errors(3, 4, Parameters(inventory_sd=0.1), rng)) == 0
    assert (observed.inventory_errors(3, 4, Parameters(), rng) == 1).all(), (
        "the default countries print the truth"
    )
