"""Structural paths: exact against full enumeration; paths + remainder = total; layers add up."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from nested_worlds import make_world

from citymrio.base.errors import DataError
from citymrio.footprints.supply_chains import PathSearch, all_paths, region_layers, supply_paths


@pytest.fixture(scope="module")
def world():
    return make_world(13, cities=(1, 2), sectors=3, zero_outputs=0)


@pytest.fixture(scope="module")
def search(world):
    nested = world.nested
    return PathSearch(nested, nested.intensity(world.emissions))


@pytest.fixture(scope="module")
def dense(search):
    nested = search.nested
    size = nested.shape[0]
    return np.asarray(nested.A @ np.eye(size)), search.intensity.ravel()


def enumerate_paths(dense, demand, depth):
    """Every path up to `depth` deliveries: (value, chain)."""
    coefficients, intensity = dense
    for length in range(1, depth + 2):
        for chain in itertools.product(range(demand.size), repeat=length):
            weight = demand[chain[0]]
            for buyer, seller in itertools.pairwise(chain):
                weight = weight * coefficients[seller, buyer]
            yield intensity[chain[-1]] * weight, chain


@pytest.mark.parametrize("category", [None, "capital", "stock_changes"])
def test_largest_paths_equal_full_enumeration(search, dense, category):
    region = search.nested.regions[1]
    demand = search.demand(region, category).ravel()
    every = sorted((abs(value) for value, _ in enumerate_paths(dense, demand, 4)), reverse=True)
    found = search.largest(region, category, count=25)
    values = found.table.query("kind == 'path'")["value"].abs().to_numpy()
    deepest = int(found.table["order"].max())
    assert deepest <= 4, "the enumeration must reach the deepest path found"
    np.testing.assert_allclose(values, every[:25], rtol=1e-10)
    assert found.bound >= every[25] * (1 - 1e-12)


def test_listed_paths_have_the_value_of_their_chain(search, dense):
    nested = search.nested
    region = nested.regions[2]
    demand = search.demand(region).ravel()
    for row in search.largest(region, count=8).table.query("kind == 'path'").itertuples():
        chain = [part.split("/") for part in reversed(row.path.split(" > "))]
        nodes = [
            int(np.flatnonzero(nested.regions == r)[0]) * nested.sectors.size
            + list(nested.sectors).index(i)
            for r, i in chain
        ]
        weight = demand[nodes[0]]
        for buyer, seller in itertools.pairwise(nodes):
            weight *= dense[0][seller, buyer]
        assert row.value == pytest.approx(dense[1][nodes[-1]] * weight, rel=1e-10)
        assert (row.origin, row.origin_sector) == tuple(chain[-1])
        assert (row.product_region, row.product_sector) == tuple(chain[0])
        assert row.order == len(chain) - 1


def test_paths_and_remainder_are_the_footprint(world, search):
    nested = search.nested
    cba = nested.flows(world.emissions, by="category").sum("origin")
    for region, category in itertools.product(nested.regions, nested.categories):
        found = search.largest(region, category, count=5)
        kinds = found.table.groupby("kind")["value"].sum()
        assert kinds["path"] + kinds["remainder"] == pytest.approx(kinds["total"], rel=1e-12)
        expected = float(cba.sel(destination=region, category=category))
        assert kinds["total"] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_the_remainder_shrinks_with_the_number_of_paths(search):
    region = search.nested.regions[0]
    remainders = [search.largest(region, "capital", count).remainder for count in (1, 10, 100)]
    assert remainders[0] > remainders[1] > remainders[2] > 0


def test_columns_from_the_factors_are_those_of_the_operator():
    nested = make_world(14, cities=(2, 1, 3), sectors=4).nested
    search = PathSearch(nested, nested.intensity(nested.dataset["output"]))
    matrix = nested.A @ np.eye(nested.shape[0])
    for node in range(nested.shape[0]):
        np.testing.assert_allclose(
            search.column(node).ravel(), matrix[:, node], rtol=1e-12, atol=1e-15
        )


def test_layers_and_remainder_are_the_footprint(search):
    table = search.layers(search.nested.regions[1], count=6)
    kinds = table.groupby("kind")["value"].sum()
    assert kinds["layer"] + kinds["remainder"] == pytest.approx(kinds["total"], rel=1e-12)
    assert list(table["layer"].dropna()) == list(range(6))
    assert table["cumulative"].iloc[-2] == pytest.approx(1.0)


def test_layers_equal_powers_of_the_matrix(search, dense):
    region = search.nested.regions[0]
    demand = search.demand(region).ravel()
    for row in search.layers(region, count=4).query("kind == 'layer'").itertuples():
        assert row.value == pytest.approx(
            dense[1] @ np.linalg.matrix_power(dense[0], row.layer) @ demand, rel=1e-12
        )


def test_tables_of_several_regions_name_region_and_category(world):
    nested = world.nested
    chosen = list(nested.regions[:2])
    paths, layers = supply_paths(
        nested, nested.intensity(world.emissions), chosen, ("capital", None), count=3
    )
    assert list(paths.columns[:3]) == ["region", "category", "kind"]
    assert len(paths) == 4 * 5
    assert set(layers["category"]) == {"capital", ""}


def test_no_regions_give_empty_tables(world):
    nested = world.nested
    paths, layers = supply_paths(nested, nested.intensity(world.emissions), [])
    assert paths.empty and layers.empty
    assert "value" in paths and "cumulative" in layers


def test_negative_intensity_is_refused(world):
    intensity = world.nested.intensity(world.emissions)
    intensity[0, 1] = -0.5
    with pytest.raises(
        DataError, match=f"region {world.nested.regions[0]}, sector 02: intensity is -0.5"
    ):
        PathSearch(world.nested, intensity)


def test_unknown_region_is_refused(search):
    with pytest.raises(DataError, match="unknown region '999999'"):
        search.largest("999999")


def test_layers_of_all_regions_are_those_of_each(search):
    whole = region_layers(search, 4)
    for region in search.nested.regions:
        one, found = search.layers(region, count=4), whole[whole["region"] == region]
        assert found["layer"].tolist()[:4] == [0, 1, 2, 3]
        parts = one[one["kind"].isin(["layer", "remainder"])]
        np.testing.assert_allclose(found["value"], parts["value"], rtol=1e-10)
        np.testing.assert_allclose(found["share"], parts["share"], rtol=1e-10)
        assert found["value"].sum() == pytest.approx(one["value"].iloc[-1], rel=1e-10)


def test_chains_of_all_regions_are_those_of_each(world, search):
    chains, layers = all_paths(world.nested, world.nested.intensity(world.emissions), count=5)
    assert (
        chains["region"].unique().tolist()
        == layers["region"].unique().tolist()
        == search.nested.regions.tolist()
    )
    for region in search.nested.regions:
        paths = search.largest(region, count=5).table.query("kind == 'path'")
        found = chains[chains["region"] == region]
        assert found["path"].tolist() == paths["path"].tolist()
        np.testing.assert_allclose(found["value"], paths["value"], rtol=1e-12)


def test_of_many_regions_those_with_the_largest_footprints_are_searched(world, search):
    chains, layers = all_paths(
        world.nested, world.nested.intensity(world.emissions), count=2, most=2
    )
    footprint = layers.groupby("region")["value"].sum().sort_values()
    assert set(chains["region"]) == set(footprint.index[-2:])
    assert set(layers["region"]) == set(search.nested.regions)
