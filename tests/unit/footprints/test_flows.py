"""Flows by block are the flows of all pairs: exact beside the dense solve, in every sum."""

from __future__ import annotations

import analysis_world
import numpy as np
import pandas as pd
import pytest
from nested_worlds import inventory_of, make_world

from citymrio.assessment.audit import audit
from citymrio.base.labels import read_dataset, write_dataset
from citymrio.footprints import footprint
from citymrio.footprints.footprint import footprints, intercity
from citymrio.nested import flows as module
from citymrio.nested import leontief
from citymrio.nested.flows import Flows, pairs
from citymrio.report.explorer.blocks import largest_block

TOLERANCE = 1e-10


@pytest.fixture(scope="module")
def world():
    return make_world(7, cities=(1, 3, 4, 2), sectors=6)


@pytest.fixture(scope="module")
def whole(world):
    return footprints(world.nested, inventory_of(world, orphan=12.5))


@pytest.fixture(scope="module")
def blocks(world, tmp_path_factory):
    """The same footprints by block, as they are read from a file."""
    path = tmp_path_factory.mktemp("blocks") / "footprints.nc"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "WHOLE", 3)
        write_dataset(footprints(world.nested, inventory_of(world, orphan=12.5)), path)
    return read_dataset(path)


def close(found, expected):
    np.testing.assert_allclose(
        found, expected, rtol=TOLERANCE, atol=TOLERANCE * np.abs(expected).max()
    )


def test_accounts_are_those_of_the_whole_matrix(whole, blocks):
    assert {"flows", "va_flows", "flows_category"} == {*whole} - {*blocks}
    for name in {*whole} & {*blocks}:
        close(blocks[name].values, whole[name].transpose(*blocks[name].dims).values)


@pytest.mark.parametrize("direct", [leontief.DIRECT, 10])
def test_every_flow_is_that_of_the_dense_solve(monkeypatch, direct):
    """Value added as well, whether provinces are factorised or iterated."""
    monkeypatch.setattr(module, "WHOLE", 3)
    monkeypatch.setattr(leontief, "DIRECT", direct)
    world = make_world(9, cities=(4, 1, 5), sectors=4)
    result = footprints(world.nested, inventory_of(world))
    table, size, count = world.nested.to_dense(), world.nested.shape[0], 10
    x = world.nested.dataset["output"].values.ravel()
    share = np.divide(1.0, x, out=np.zeros_like(x), where=x > 0)
    demand = table["Y"].values.reshape(size, count, -1).sum(axis=2)
    needed = np.linalg.solve(np.eye(size) - table["Z"].values.reshape(size, size) * share, demand)
    stressors = {
        "flows": world.emissions.values.ravel(),
        "va_flows": world.nested.dataset["value_added"].values.ravel(),
    }
    for name, stressor in stressors.items():
        expected = ((stressor * share)[:, None] * needed).reshape(count, -1, count).sum(axis=1)
        close(pairs(result, name).values, expected)


@pytest.mark.parametrize("name", ["flows", "va_flows"])
def test_sums_are_those_of_the_matrix_for_regions_in_any_order(whole, blocks, name):
    rng = np.random.default_rng(3)
    codes = rng.permutation(whole["region"].values)[:8].tolist()
    expected = whole[name].sel(origin=codes, destination=codes).values
    flows = Flows.of(blocks, name, codes)
    order = np.concatenate(flows.members)
    chosen, left, right = rng.random(8) < 0.5, rng.random((3, 8)), rng.random((2, 8))
    close(np.hstack([values for _, values in flows.into()]), expected[:, order])
    close(pairs(blocks, name).sel(origin=codes, destination=codes).values, expected)
    close(np.vstack([values for _, values in flows.out_of()]), expected[order])
    close(flows.own, np.diag(expected))
    close(flows.by_origin(chosen), expected[:, chosen].sum(axis=1))
    close(flows.by_destination(chosen), expected[chosen].sum(axis=0))
    close(flows.between(left, right), left @ (expected - np.diag(np.diag(expected))) @ right.T)


def test_scopes_are_those_of_the_matrix(world, whole, blocks):
    owner = world.nested.provinces[world.nested.province_of]
    regions = pd.DataFrame({"region": world.nested.regions, "province": owner})
    close(intercity(blocks, regions)["mt"], intercity(whole, regions)["mt"])


def test_tables_of_groups_are_those_of_the_matrix(monkeypatch):
    expected = analysis_world.make()
    monkeypatch.setattr(footprint, "in_blocks", lambda nested: True)
    found = analysis_world.make.__wrapped__()
    assert "flows" not in found.footprints
    for name, table in expected.tables.items():
        pd.testing.assert_frame_equal(found.tables[name], table, rtol=1e-9, atol=1e-12)


def test_the_largest_flows_of_a_page_are_those_of_the_matrix(whole, blocks):
    found, expected = (largest_block(Flows.of(one), 4) for one in (blocks, whole))
    about = expected.about
    assert found.about == about | {name: pytest.approx(about[name]) for name in ("top", "step")}
    assert found._replace(about=about) == expected


@pytest.mark.parametrize("part", ["", "flows_within", "flows_rate", "deliveries"])
def test_the_audit_sees_a_block_that_is_wrong(world, blocks, part):
    changed = blocks.copy(deep=True)
    if part:
        changed[part].values.flat[np.argmax(changed[part].values)] *= 1.01
    found = audit(world.nested, world.mrio, world.system, world.accounts, changed)
    assert found.set_index("invariant")["passed"].all() == (not part)


def test_small_runs_and_tables_of_many_provinces_keep_the_whole_matrix(world, monkeypatch):
    assert not module.in_blocks(world.nested)
    monkeypatch.setattr(module, "WHOLE", 3)
    assert module.in_blocks(world.nested)
    assert not module.in_blocks(make_world(1, cities=(1, 1, 2, 1), sectors=6).nested)
