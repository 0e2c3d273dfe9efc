"""A table given cell by cell: the same numbers as the factored table and as plain dense algebra,
and what it falls back on.
"""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from given_world import given
from nested_worlds import make_world

from citymrio.base.errors import CertificateError
from citymrio.base.labels import read_dataset, write_dataset
from citymrio.footprints.supply_chains import PathSearch
from citymrio.nested import NestedMRIO
from citymrio.nested.columns import GivenColumns
from citymrio.nested.leontief import DirectLeontief


@pytest.fixture(scope="module")
def world():
    return make_world(seed=5, cities=(9, 1, 12, 6, 1, 8), sectors=6, zero_outputs=5)


@pytest.fixture(scope="module")
def factored(world):
    return world.nested


@pytest.fixture(scope="module")
def table(factored):
    nested = NestedMRIO.from_dataset(given(factored))
    assert nested.is_dense
    assert not factored.is_dense
    return nested


def test_trace_equals_plain_dense_algebra(world, table):
    dense, size = table.to_dense(), table.shape[0]
    x, e = table.dataset["output"].values.ravel(), table.intensity(world.emissions).values.ravel()
    a = np.divide(dense["Z"].values.reshape(size, size), x, out=np.zeros((size, size)), where=x > 0)
    count, n = table.dataset["output"].shape
    needed = np.linalg.solve(np.eye(size) - a, dense["Y"].values.reshape(size, -1))
    flows = (e[:, None] * needed).reshape(count, n, count, -1).sum(axis=1)
    traced = table.trace(world.emissions)
    np.testing.assert_allclose(
        traced["flows_category"], flows, rtol=0, atol=1e-10 * np.abs(flows).max()
    )
    abroad = e * np.linalg.solve(np.eye(size) - a, table.dataset["exports"].values.ravel())
    np.testing.assert_allclose(traced["exports"], abroad.reshape(count, n).sum(axis=1), rtol=1e-10)
    assert traced.attrs["residual"] <= 1e-10


def test_every_view_equals_that_of_the_factored_table(world, factored, table):
    scale = float(abs(factored.dataset["output"]).max())
    for found, known in (
        (table.trace(world.emissions), factored.trace(world.emissions)),
        (
            table.trace(world.emissions, keep_category=False),
            factored.trace(world.emissions, keep_category=False),
        ),
        (table.to_dense(), factored.to_dense()),
        (table.aggregate(), factored.aggregate()),
    ):
        xr.testing.assert_allclose(found, known, rtol=1e-9, atol=1e-11 * scale)
    for kind in ("sector", "region"):
        xr.testing.assert_allclose(
            table.flows(world.emissions, kind),
            factored.flows(world.emissions, kind),
            rtol=1e-9,
            atol=1e-8,
        )
    prices = factored.multipliers(world.emissions)
    xr.testing.assert_allclose(
        table.product_footprints(prices), factored.product_footprints(prices), rtol=1e-9, atol=1e-9
    )
    xr.testing.assert_allclose(table.purchases(), factored.purchases(), rtol=1e-10, atol=1e-10)
    xr.testing.assert_allclose(table.deliveries(), factored.deliveries(), rtol=1e-10, atol=1e-10)


def test_the_cells_are_not_copied(table):
    cells = table.dataset["province_table"].values
    assert isinstance(table.coefficients, GivenColumns)
    assert all(np.shares_memory(source, cells) for source in table.coefficients.source)


def test_own_cells_beside_the_table_keep_the_factored_form(factored):
    """A table whose own blocks are not those of its provinces is not given cell by cell."""
    data = given(factored)
    data["province_table"][0, 0, 0, 0] += 1.0
    assert not NestedMRIO.from_dataset(data).is_dense


def test_where_refinement_stalls_the_factors_are_of_double_precision(table):
    leontief = DirectLeontief(table.coefficients)
    leontief.steps, leontief.tolerance = 0, 1e-13  # as single precision leaves it
    right = np.random.default_rng(3).normal(size=(*table.dataset["output"].shape, 2))
    found = leontief.solve(right)
    assert leontief.residual <= 1e-13
    np.testing.assert_allclose(found - table.coefficients.matmat(found), right, atol=1e-12)


def test_a_residual_that_double_precision_leaves_is_refused(table):
    leontief = DirectLeontief(table.coefficients, tolerance=1e-20)
    with pytest.raises(CertificateError, match="relative residual"):
        leontief.solve_transposed(np.ones((*table.dataset["output"].shape, 1)))


def test_a_table_is_written_as_it_is_also_when_it_was_read_from_a_compressed_file(table, tmp_path):
    packed = {name: {"zlib": True} for name in ("province_table", "use_self")}
    table.to_dataset().to_netcdf(tmp_path / "packed.nc", engine="netcdf4", encoding=packed)
    write_dataset(read_dataset(tmp_path / "packed.nc"), tmp_path / "mrio.nc")
    with xr.open_dataset(tmp_path / "mrio.nc") as written:
        assert not any(written[name].encoding["zlib"] for name in packed)
    xr.testing.assert_identical(
        NestedMRIO.from_dataset(read_dataset(tmp_path / "mrio.nc")).dataset, table.dataset
    )


def test_supply_chains_go_through_a_region_s_own_cells_too(world, factored, table):
    intensity = factored.intensity(world.emissions)
    one, other = PathSearch(factored, intensity), PathSearch(table, intensity)
    region = str(table.regions[0])
    for node in (0, table.shape[0] - 1):
        np.testing.assert_allclose(other.column(node), one.column(node), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(
        other.largest(region).table["value"], one.largest(region).table["value"], rtol=1e-10
    )
