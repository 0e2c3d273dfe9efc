"""The nested table: factored products, exact solves, aggregation, disk, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from nested_worlds import CATEGORIES, MONEY, make_world

from citymrio.base.errors import BalanceError, CertificateError, DataError
from citymrio.base.labels import read_dataset, write_dataset
from citymrio.nested import NestedMRIO, leontief
from citymrio.nested.nest import VARIABLES

WORLDS = {
    "mixed": {"seed": 1},
    "two provinces of one city": {"seed": 2, "cities": (1, 1), "sectors": 3},
    "one dominant province": {"seed": 3, "cities": (7, 1, 2), "sectors": 4, "zero_outputs": 4},
    "an autarkic province": {"seed": 4, "autarkic": 1},
    "pairs only": {"seed": 5, "cities": (2, 2, 2), "sectors": 6, "sparsity": 0.5},
}


@pytest.fixture(scope="module", params=WORLDS, ids=list(WORLDS))
def world(request):
    return make_world(**WORLDS[request.param])


@pytest.fixture(scope="module")
def nested(world):
    return world.nested


@pytest.fixture(scope="module")
def matrices(nested):
    """Dense A (N, N) and F (N, R K), each from the dense table."""
    table, size = nested.to_dense(), nested.shape[0]
    x = nested.dataset["output"].values.ravel()
    flows = table["Z"].values.reshape(size, size)
    return np.divide(flows, x, out=np.zeros_like(flows), where=x > 0), table["Y"].values.reshape(
        size, -1
    )


def test_product_equals_dense(nested, matrices):
    vectors = np.random.default_rng(0).normal(size=(nested.shape[0], 3))
    np.testing.assert_allclose(nested.A @ vectors, matrices[0] @ vectors, atol=1e-13)
    np.testing.assert_allclose(nested.A @ vectors[:, 0], matrices[0] @ vectors[:, 0], atol=1e-13)


def test_transposed_product_equals_dense(nested, matrices):
    vectors = np.random.default_rng(1).normal(size=(nested.shape[0], 3))
    np.testing.assert_allclose(nested.A.T @ vectors, matrices[0].T @ vectors, atol=1e-13)


def test_final_demand_operator_equals_dense(nested, matrices):
    rng = np.random.default_rng(2)
    weights, prices = rng.normal(size=(matrices[1].shape[1], 2)), rng.normal(size=nested.shape[0])
    np.testing.assert_allclose(
        nested.final_demand @ weights, matrices[1] @ weights, rtol=1e-12, atol=1e-11
    )
    np.testing.assert_allclose(
        nested.final_demand.T @ prices, matrices[1].T @ prices, rtol=1e-12, atol=1e-11
    )


def test_solves_equal_dense_inverse(nested, matrices):
    right = np.random.default_rng(3).normal(size=(nested.shape[0], 2))
    system = np.eye(nested.shape[0]) - matrices[0]
    np.testing.assert_allclose(nested.solve(right), np.linalg.solve(system, right), atol=1e-12)
    np.testing.assert_allclose(
        nested.solve_transposed(right), np.linalg.solve(system.T, right), atol=1e-12
    )


def test_solving_all_final_uses_returns_output(nested):
    demand = nested.demand() + nested.dataset["exports"] + nested.dataset["error"]
    solved = nested.solve(demand)
    np.testing.assert_allclose(
        solved.values, nested.dataset["output"].values, rtol=1e-10, atol=1e-12
    )
    assert solved.attrs["residual"] < 1e-13


def test_trace_equals_dense_flows(world, nested, matrices):
    regions, n = nested.regions.size, nested.sectors.size
    intensity = nested.intensity(world.emissions).values
    emitted = np.zeros((regions, regions, n))
    emitted[np.arange(regions), np.arange(regions)] = intensity
    inverse = np.linalg.inv(np.eye(nested.shape[0]) - matrices[0])
    by_origin = emitted.reshape(regions, -1) @ inverse
    expected = (by_origin @ matrices[1]).reshape(regions, regions, -1)
    traced = nested.trace(world.emissions)
    np.testing.assert_allclose(
        traced["flows_category"].values, expected, rtol=1e-10, atol=1e-11 * expected.max()
    )
    exports = by_origin @ nested.dataset["exports"].values.ravel()
    np.testing.assert_allclose(
        traced["exports"].values, exports, rtol=1e-10, atol=1e-12 * exports.max()
    )
    np.testing.assert_allclose(
        traced["multiplier"].values.ravel(), by_origin.sum(axis=0), rtol=1e-10
    )
    assert traced.attrs["residual"] < 1e-13


def test_stressors_traced_together_have_the_flows_of_each_alone(world, nested):
    value_added = nested.dataset["value_added"]
    stressors = [(world.emissions, True), (value_added, False), (value_added * 0.0, True)]
    for (stressor, keep), found in zip(stressors, nested.traces(stressors), strict=True):
        alone = nested.trace(stressor, keep_category=keep)
        assert set(found) == set(alone) and found.attrs["residual"] < 1e-13
        for name in alone:
            np.testing.assert_allclose(
                found[name], alone[name], rtol=1e-13, atol=1e-14 * abs(alone[name]).max().item()
            )
            assert found[name].attrs == alone[name].attrs
    by_category, summed = (nested.trace(value_added, keep_category=keep) for keep in (True, False))
    expected = by_category["flows_category"].sum("category").values
    np.testing.assert_allclose(
        summed["flows"].values, expected, rtol=1e-12, atol=1e-13 * expected.max()
    )


def test_a_wrong_solve_of_a_province_is_refused(monkeypatch):
    world, right = make_world(seed=1), leontief.lu_solve
    table = world.nested
    assert not table.is_dense and table.leontief
    monkeypatch.setattr(
        leontief, "lu_solve", lambda *args, **options: right(*args, **options) * (1 + 1e-8)
    )
    with pytest.raises(CertificateError, match="relative residual"):
        table.trace(world.emissions)


def test_flows_by_emitting_sector_equal_dense(world, nested, matrices):
    regions = nested.regions.size
    needed = (
        np.linalg.solve(np.eye(nested.shape[0]) - matrices[0], matrices[1])
        .reshape(nested.shape[0], regions, -1)
        .sum(axis=2)
    )
    expected = nested.intensity(world.emissions).values.ravel()[:, None] * needed
    found = nested.flows(world.emissions, by="sector").values.reshape(nested.shape[0], regions)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-11 * expected.max())


def test_views_of_flows_add_up_alike(world, nested):
    by_region = nested.flows(world.emissions)
    for by, dims in {"category": ["category"], "sector": ["sector"]}.items():
        np.testing.assert_allclose(
            nested.flows(world.emissions, by=by).sum(dims).values, by_region.values, atol=1e-9
        )


def test_product_footprints_add_up_to_cba(world, nested):
    by_product = nested.product_footprints(nested.multipliers(world.emissions))
    cba = nested.flows(world.emissions, by="category").sum("origin")
    np.testing.assert_allclose(by_product.sum("sector").values, cba.values, rtol=1e-10, atol=1e-9)


def test_aggregation_to_provinces_returns_the_provincial_table(world, nested):
    provinces = dict(zip(nested.regions, nested.provinces[nested.province_of], strict=True))
    table = nested.aggregate(regions=provinces)["table"]
    np.testing.assert_allclose(table.values, world.mrio["table"].values, rtol=1e-12, atol=1e-12)


def test_a_mapping_that_leaves_regions_out_or_invents_some_is_refused(nested):
    first, *others = nested.regions.tolist()
    for mapping, message in (
        ({first: "x"}, f"{len(others)} regions without a group: .*Fix: give every one"),
        (dict.fromkeys([first, *others, "moon"], "x"), "1 regions that do not exist: moon. Fix: "),
    ):
        with pytest.raises(DataError, match=message):
            nested.aggregate(regions=mapping)


def test_aggregation_of_sectors_keeps_every_row(nested):
    groups = {sector: "goods" if k % 2 else "services" for k, sector in enumerate(nested.sectors)}
    grouped = nested.aggregate(sectors=groups)
    rows = grouped["table"].sum(["destination", "use"]) + (
        grouped["exports"] + grouped["error"]
    ).rename(region="origin")
    np.testing.assert_allclose(rows.values, grouped["output"].values, rtol=1e-12)
    assert list(grouped["sector"].values) == ["services", "goods"]


def test_blocks_are_parts_of_the_dense_table(nested):
    table, first, last = nested.to_dense(), nested.regions[0], nested.regions[-1]
    for origin, destination in (
        (first, first),
        (first, last),
        (last, first),
        (last, nested.regions[-2]),
    ):
        cells, part = (
            nested.block(origin, destination),
            table.sel(origin=origin, destination=destination),
        )
        np.testing.assert_array_equal(cells.sel(use=nested.sectors).values, part["Z"].values)
        np.testing.assert_array_equal(cells.sel(use=nested.categories).values, part["Y"].values)


def test_round_trip_through_disk_is_exact(nested, tmp_path):
    write_dataset(nested.to_dataset(), tmp_path / "mrio.nc")
    again = NestedMRIO.from_dataset(read_dataset(tmp_path / "mrio.nc"))
    xr.testing.assert_identical(again.to_dataset(), nested.to_dataset())


def test_shuffled_regions_and_sectors_give_the_same_flows(world, nested):
    rng = np.random.default_rng(5)
    regions, sectors = rng.permutation(nested.regions), rng.permutation(nested.sectors)
    shuffled = NestedMRIO.from_dataset(nested.to_dataset().sel(region=regions, sector=sectors))
    flows = shuffled.flows(world.emissions).sel(origin=nested.regions, destination=nested.regions)
    np.testing.assert_allclose(
        flows.values, nested.flows(world.emissions).values, rtol=1e-9, atol=1e-9
    )


def test_flows_of_a_region_split_in_equal_parts_add_up(world, nested):
    """A county table made of proportional parts of cities has the cities' flows: aggregation
    invariance.
    """
    from leontief_worlds import split_regions

    parts, owner, stressor = split_regions(
        nested, world.emissions, {region: 1 + k % 3 for k, region in enumerate(nested.regions)}
    )
    flows = parts.flows(stressor).values
    matrix = (owner[None, :] == np.arange(nested.regions.size)[:, None]).astype(float)
    np.testing.assert_allclose(
        matrix @ flows @ matrix.T, nested.flows(world.emissions).values, rtol=1e-10, atol=1e-9
    )


def test_a_table_of_whole_numbers_gives_the_flows_of_the_same_amounts():
    labels = {
        "region": ["a", "b"],
        "sector": ["s"],
        "use": ["s", "households"],
        "province": ["P"],
        "origin_province": ["P"],
    }
    sizes = {**{dim: len(names) for dim, names in labels.items()}, "pair": 2}
    cells = {
        "use_self": [[[2, 5]], [[1, 7]]],
        "use_intra": [[[0, 0]], [[3, 0]]],
        "output": [[10], [8]],
        "value_added": [[8], [4]],
    }
    cells |= {"intra_share": [[1], [1]], "region_province": ["P", "P"]}
    whole = {
        name: np.array(cells.get(name, np.zeros([sizes[dim] for dim in dims], int)))
        for name, dims in VARIABLES.items()
    }
    pairs = {"pair_origin": ("pair", ["a", "b"]), "pair_destination": ("pair", ["b", "a"])}
    data = {
        name: (VARIABLES[name], values, {"units": "10^4 EUR"}) for name, values in whole.items()
    }
    dataset = xr.Dataset(data, labels | pairs, {"final_demand": '{"households": "household"}'})
    assert dataset["output"].dtype.kind == "i"
    emissions = xr.DataArray([[10], [4]], {"region": ["a", "b"], "sector": ["s"]})
    flows = NestedMRIO(dataset).flows(emissions)
    np.testing.assert_allclose(flows.values, [[6.25, 3.75], [0.0, 4.0]], rtol=1e-12)


def test_factorisation_is_shared(nested):
    assert nested.leontief is nested.leontief


def test_results_do_not_depend_on_threads(world, nested):
    other = NestedMRIO.from_dataset(nested.to_dataset(), threads=3)
    xr.testing.assert_identical(other.trace(world.emissions), nested.trace(world.emissions))


def test_table_cannot_be_changed(nested):
    with pytest.raises(ValueError, match="read-only"):
        nested.dataset["output"].values[0, 0] = 1.0


def test_scaling_all_money_leaves_coefficients(nested):
    dataset = nested.to_dataset()
    for name, variable in dataset.data_vars.items():
        if variable.attrs["units"] == MONEY:
            dataset[name] = variable / 7.3
    vector = np.random.default_rng(6).normal(size=nested.shape[0])
    np.testing.assert_allclose(
        NestedMRIO.from_dataset(dataset).A @ vector, nested.A @ vector, rtol=1e-12, atol=1e-14
    )


# --- what is refused
# -------------------------------------------------------------------------------------------------


@pytest.fixture
def small():
    return make_world(1)


def test_nan_is_refused_with_its_place(small):
    dataset = small.nested.to_dataset()
    region, sector = dataset["region"].values[3], dataset["sector"].values[2]
    dataset["use_self"].loc[{"region": region, "sector": sector, "use": "01"}] = np.nan
    with pytest.raises(
        DataError, match=f"use_self is nan at region {region}, sector {sector}, use 01"
    ):
        NestedMRIO.from_dataset(dataset)


def test_nan_in_linked_tables_is_refused_with_province(small):
    small.linked["13"]["trade"][0, 0, 1] = np.nan
    with pytest.raises(DataError, match="linked tables of province 13: trade is nan"):
        small.nested.to_dataset()


def test_output_that_does_not_fit_rows_is_refused(small):
    dataset = small.nested.to_dataset()
    dataset["exports"][2, 1] += 0.1
    with pytest.raises(
        BalanceError, match=f"region {dataset['region'].values[2]}, sector 02: the row adds up to"
    ):
        NestedMRIO.from_dataset(dataset)


def test_output_that_does_not_fit_columns_is_refused(small):
    dataset = small.nested.to_dataset()
    dataset["value_added"][4, 3] += 0.1
    with pytest.raises(
        BalanceError,
        match=f"region {dataset['region'].values[4]}, sector 04: the column adds up to",
    ):
        NestedMRIO.from_dataset(dataset)


def test_zero_output_with_purchases_is_refused(small):
    dataset = small.nested.to_dataset()
    r, i = np.argwhere(dataset["output"].values == 0)[0]
    dataset["use_self"][r, (i + 1) % 5, i] = 0.5
    with pytest.raises(BalanceError, match="output is 0 but purchases of 0.5 are recorded"):
        NestedMRIO.from_dataset(dataset)


def test_negative_output_is_refused(small):
    dataset = small.nested.to_dataset()
    dataset["output"][0, 0] *= -1
    with pytest.raises(BalanceError, match="output is -"):
        NestedMRIO.from_dataset(dataset)


def test_unproductive_table_is_refused(small):
    dataset = small.nested.to_dataset()
    # one city uses up all its products twice over: value added pays for it, so that the identities
    # still hold
    r, n = 0, dataset.sizes["sector"]
    extra = 3.0 * dataset["output"].values[r]
    for i in range(n):
        dataset["use_self"][r, i, i] += extra[i]
    dataset["error"][r] -= extra
    dataset["value_added"][r] -= extra
    with pytest.raises(BalanceError, match="not productive: spectral radius of A"):
        NestedMRIO.from_dataset(dataset)


def test_a_column_sum_above_one_passes_when_the_spectral_radius_is_below(small):
    dataset = small.nested.to_dataset()
    value = float(dataset["value_added"][0, 0] + dataset["imports"][0, 0]) * 1.05
    dataset["use_self"][0, 1, 0] += value
    dataset["error"][0, 1] -= value
    dataset["value_added"][0, 0] -= value
    report = NestedMRIO.from_dataset(dataset).productivity
    assert report["max_column_sum"] > 1 > report["spectral_radius"]


def test_missing_province_is_refused(small):
    small.linked.pop("12")
    with pytest.raises(DataError, match=r"provinces without linked tables: \['12'\]"):
        small.nested.to_dataset()


def test_trade_of_a_city_with_itself_is_refused(small):
    small.linked["13"]["trade"][1, 2, 2] = 0.25
    region = small.linked["13"]["region"].values[2]
    with pytest.raises(
        DataError, match=f"province 13, sector 02: trade of {region} with itself is 0.25"
    ):
        small.nested.to_dataset()


def test_purchases_without_trade_are_refused(small):
    small.linked["13"]["trade"][2, :, 1] = 0.0
    with pytest.raises(
        DataError, match="province 13, sector 03: .* buys from its province, but has no trade"
    ):
        small.nested.to_dataset()


def test_outflow_without_origin_is_refused(small):
    small.linked["12"]["out_rest"][:, 0] = 0.0
    with pytest.raises(
        DataError, match="province 12, sector 01: 12 has outflows, but no city's out_rest"
    ):
        small.nested.to_dataset()


def test_two_inventory_categories_are_refused(small):
    with pytest.raises(DataError, match="role stock_changes: .*at most one.*Fix: add them up"):
        NestedMRIO.from_parts(small.mrio, small.linked, {**CATEGORIES, "capital": "stock_changes"})


def test_stressor_without_output_is_refused(small):
    nested = small.nested
    r, i = np.argwhere(nested.dataset["output"].values == 0)[0]
    emissions = small.emissions.copy()
    emissions[r, i] = 3.0
    with pytest.raises(
        DataError,
        match=f"region {nested.regions[r]}, sector {nested.sectors[i]}: stressor of 3 in a "
        "sector without",
    ):
        nested.multipliers(emissions)


def test_stressor_with_unknown_labels_is_refused(small):
    with pytest.raises(DataError, match="labels of 'region' differ"):
        small.nested.multipliers(small.emissions.isel(region=slice(1, None)))


def test_stressor_that_is_not_finite_is_refused(small):
    emissions = small.emissions.copy()
    emissions[1, 1] = np.inf
    with pytest.raises(DataError, match="stressor, region 120100, sector 02: value is inf"):
        small.nested.multipliers(emissions)


def test_right_hand_side_of_wrong_length_is_refused(small):
    with pytest.raises(DataError, match="must be finite with 55 rows"):
        small.nested.solve(np.ones(54))
