"""Many regions: solves by iteration on factors, counties inside provinces, and tables of one level, against dense solves."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
import xarray as xr
from nested_worlds import MONEY, make_world

from citymrio.base.errors import BalanceError, CertificateError, DataError
from citymrio.nested import NestedMRIO, leontief, regional
from citymrio.nested.one_level import OneLevelMRIO
from citymrio.nested.regional import RegionalSystem

R, N, K = 9, 4, 2
REGIONS, SECTORS = [f"r{r}" for r in range(R)], [f"s{i}" for i in range(N)]
CATEGORIES = ["households", "capital"]


def dense_of(own, intra, tau):
    """D as a matrix (R n, R n)."""
    count, n = intra.shape[:2]
    cells = np.einsum("irs,sij->risj", np.stack([np.asarray(m) for m in tau]), intra)
    cells[np.arange(count), :, np.arange(count)] += own
    return cells.reshape(count * n, count * n)


def drawn(seed=0, used=0.6, home=0.0):
    rng = np.random.default_rng(seed)
    own, intra = rng.gamma(1, 1, (2, R, N, N))
    scale = used / (own + intra).sum(axis=1, keepdims=True)
    tau = rng.gamma(0.3, 1, (N, R, R))
    tau[:, np.arange(R), np.arange(R)] *= home
    return own * scale, intra * scale, tau / tau.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("case", [{}, {"home": 5.0}, {"used": 0.97, "seed": 3}], ids=["off-diagonal", "with home", "nearly all"])
def test_regional_solves_equal_dense(case, transposed, monkeypatch):
    monkeypatch.setattr(regional, "COLUMNS", 2)
    monkeypatch.setattr(regional, "BLOCK", 1)
    parts, right = drawn(**case), np.random.default_rng(1).normal(size=(R, N, 5))
    system, matrix = RegionalSystem(*parts, threads=2), np.eye(R * N) - dense_of(*parts)
    expected = np.linalg.solve(matrix.T if transposed else matrix, right.reshape(R * N, 5)).reshape(right.shape)
    found = system.solve(right, transposed)
    np.testing.assert_allclose(found, expected, atol=1e-12 * np.abs(expected).max())
    np.testing.assert_array_equal(found, RegionalSystem(*parts, threads=1).solve(right, transposed))


def test_an_iteration_that_does_not_converge_says_so(monkeypatch):
    monkeypatch.setattr(regional, "STEPS", 3)
    with pytest.raises(CertificateError, match="stopped at a relative residual of .* after 2 steps"):
        RegionalSystem(*drawn(used=0.97)).solve(np.ones((R, N, 1)))


@pytest.mark.parametrize("world", [{"seed": 1}, {"seed": 5, "cities": (12, 1, 3, 9)}], ids=["small", "uneven"])
@pytest.mark.parametrize("keep", [True, False], ids=["by category", "summed"])
def test_large_provinces_have_the_flows_of_the_direct_solve(world, keep, monkeypatch):
    world = make_world(**world)
    direct, large = world.nested, world.nested
    expected = direct.trace(world.emissions, keep_category=keep)
    monkeypatch.setattr(leontief, "DIRECT", 10)
    large.threads = 2
    found = large.trace(world.emissions, keep_category=keep)
    assert large.leontief.iterates and not direct.leontief.iterates
    for name in expected:
        np.testing.assert_allclose(found[name].values, expected[name].values, atol=1e-13 * abs(expected[name]).max().item())
    assert found.attrs["residual"] < 1e-13
    right = np.random.default_rng(2).normal(size=(direct.shape[0], 3))
    np.testing.assert_allclose(large.solve(right), direct.solve(right), atol=1e-12)
    np.testing.assert_allclose(large.solve_transposed(right), direct.solve_transposed(right), atol=1e-12)


def test_a_wrong_local_solve_is_refused(monkeypatch):
    world = make_world(seed=1)
    monkeypatch.setattr(leontief, "DIRECT", 10)
    nested = world.nested
    assert nested.leontief.iterates
    right = RegionalSystem.solve
    monkeypatch.setattr(RegionalSystem, "solve", lambda self, b, transposed=False: right(self, b, transposed) * (1 + 1e-8))
    with pytest.raises(CertificateError, match="relative residual"):
        nested.trace(world.emissions)


# --- one level ------------------------------------------------------------------------------------------------------


def labelled(values, *dims, **coords):
    known = {"region": REGIONS, "sector": SECTORS, "use": [*SECTORS, *CATEGORIES], "origin": REGIONS, "destination": REGIONS}
    return xr.DataArray(values, {dim: {**known, **coords}[dim] for dim in dims}, dims, attrs={"units": MONEY})


@pytest.fixture(scope="module")
def parts():
    """A balanced table of one level: use, trade, output, exports, error; and its emissions."""
    rng = np.random.default_rng(7)
    use, trade = rng.gamma(1, 1, (R, N, N + K)), rng.gamma(0.4, 1, (N, R, R))
    use[2, :, 1] = 0.0  # a sector without output
    trade[1, 2] = 0.0
    trade /= trade.sum(axis=1, keepdims=True)
    exports, error = rng.random((R, N)), rng.normal(0, 0.01, (R, N))
    exports[2, 1] = error[2, 1] = 0.0
    for _ in range(300):
        output = np.einsum("irs,sic->ri", trade, use) + exports + error
        use[:, :, :N] *= np.minimum(1, 0.8 * output / np.maximum(use[:, :, :N].sum(axis=1), 1e-9))[:, None, :]
    output = np.einsum("irs,sic->ri", trade, use) + exports + error
    given = {
        "use": labelled(use, "region", "sector", "use"),
        "trade": labelled(trade, "sector", "origin", "destination"),
        "output": labelled(output, "region", "sector"),
        "exports": labelled(exports, "region", "sector"),
        "error": labelled(error, "region", "sector"),
    }
    return given, labelled(rng.random((R, N)) * output, "region", "sector").assign_attrs(units="t CO2")


@pytest.fixture(scope="module")
def truth(parts):
    """Flows (R, R, K), exports and error by delivering region, multipliers: by numpy's dense inverse."""
    given, emissions = parts
    use, trade, x = (given[name].values for name in ("use", "trade", "output"))
    cells = np.einsum("irs,sic->risc", trade, use)
    z, y = cells[..., :N].reshape(R * N, R * N), cells[..., N:].reshape(R * N, R * K)
    intensity = np.divide(emissions.values, x, out=np.zeros_like(x), where=x > 0)
    inverse = np.linalg.inv(np.eye(R * N) - np.divide(z, x.ravel(), out=np.zeros_like(z), where=x.ravel() > 0))
    by_origin = np.einsum("ri,rim->rm", intensity, inverse.reshape(R, N, R * N))
    return (by_origin @ y).reshape(R, R, K), by_origin.sum(axis=0).reshape(R, N)


def test_one_level_footprints_and_flows_equal_numpys_dense_solve(parts, truth):
    given, emissions = parts
    flows, multiplier = truth
    table = OneLevelMRIO(**given, threads=2)
    found = table.footprints(emissions)
    np.testing.assert_allclose(found["cba"].values, flows.sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found["multiplier"].values, multiplier, rtol=1e-12)
    leaving = (found["exports"] + found["error"]).sum()
    np.testing.assert_allclose((found["cba"].sum() + leaving).item(), found["pba"].sum().item(), rtol=1e-13)
    np.testing.assert_allclose(table.flows(emissions).values, flows.sum(axis=2), rtol=1e-11, atol=1e-13 * flows.max())
    block = table.flows(emissions, origins=["r7", "r0"])
    np.testing.assert_allclose(block.values, flows.sum(axis=2)[[7, 0]], rtol=1e-11, atol=1e-13 * flows.max())
    assert list(block["origin"].values) == ["r7", "r0"] and table.residual < 1e-13


def test_one_level_takes_several_stressors_sparse_shares_and_any_order(parts):
    given, emissions = parts
    both = xr.concat([emissions, 2 * emissions], "gas").transpose("region", "sector", "gas")
    table = OneLevelMRIO(**given)
    found = table.footprints(both)
    expected = table.footprints(emissions)
    np.testing.assert_allclose(found["cba"].isel(gas=1).values, 2 * expected["cba"].values, rtol=1e-13)
    sparse = {sector: sp.csc_array(given["trade"].sel(sector=sector).values) for sector in SECTORS}
    again = OneLevelMRIO(**given | {"trade": sparse}).footprints(emissions)
    np.testing.assert_allclose(again["cba"].values, expected["cba"].values, rtol=1e-13)
    order = np.random.default_rng(0).permutation(R)
    shuffled = given | {"use": given["use"].isel(region=order), "trade": given["trade"].isel(sector=[2, 0, 3, 1])}
    other = OneLevelMRIO(**shuffled).footprints(emissions)["cba"].sel(region=REGIONS)
    np.testing.assert_allclose(other.values, expected["cba"].values, rtol=1e-12)


def test_one_level_equals_the_nested_engine_on_the_same_table(parts):
    from citymrio.nested.given import given_nested

    given, emissions = parts
    cells = np.einsum("irs,sic->risc", given["trade"].values, given["use"].values)
    inputs = cells[..., :N].sum(axis=(0, 1))
    x = given["output"].values
    accounts = {"exports": given["exports"].values, "error": given["error"].values, "output": x, "value_added": x - inputs}
    accounts |= {"column_error": np.zeros_like(x), "imports": np.zeros((R, N + K))}
    roles = dict(zip(CATEGORIES, ("household", "capital"), strict=True))
    nested = NestedMRIO(given_nested(cells, accounts, regions=REGIONS, sectors=SECTORS, roles=roles, unit=MONEY))
    table = OneLevelMRIO(**given)
    np.testing.assert_allclose(table.flows(emissions).values, nested.flows(emissions).values, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"trade": lambda t: t * 0.9}, DataError, "sector s0: the shares of what r0 buys add up to 0.9, expected 1"),
        ({"trade": lambda t: t - 0.01}, DataError, "sector s0: a share is negative"),
        ({"trade": lambda t: t.isel(origin=slice(1))}, DataError, "labels of 'origin' differ"),
        ({"output": lambda x: x * 1.001}, BalanceError, "region r., sector s.: the row adds up to"),
        ({"use": lambda u: u.where(u["region"] != "r4")}, DataError, "region r4, sector s0, use s0: value is nan"),
        ({"exports": lambda e: e.isel(region=slice(3))}, DataError, "exports: labels of 'region' differ"),
    ],
    ids=["shares not 1", "negative share", "labels of trade", "row", "not a number", "labels of exports"],
)
def test_one_level_says_what_is_wrong(parts, change, error, message):
    given = dict(parts[0])
    for name, function in change.items():
        given[name] = function(given[name])
    with pytest.raises(error, match=message):
        OneLevelMRIO(**given)


def test_one_level_refuses_a_table_that_is_not_productive(parts):
    """Every region buys 1.2 of what it makes and sells it on; a negative error closes the rows."""
    given = dict(parts[0])
    use = given["use"].values.copy()
    x = given["output"].values
    use[:, :, :N] = 1.2 * x[:, None, :] / N
    given["use"] = labelled(use, "region", "sector", "use")
    sold = np.einsum("irs,sic->ri", given["trade"].values, use)
    given["error"] = labelled(x - sold - given["exports"].values, "region", "sector")
    with pytest.raises(BalanceError, match="not productive: spectral radius of A 1.2"):
        OneLevelMRIO(**given)


def test_one_level_refuses_unknown_origins_and_missing_matrices(parts):
    given, emissions = parts
    with pytest.raises(DataError, match="unknown regions: \\['x'\\]"):
        OneLevelMRIO(**given).flows(emissions, origins=["x"])
    with pytest.raises(DataError, match="sectors without a matrix: \\['s1'"):
        OneLevelMRIO(**given | {"trade": {"s0": sp.csr_array((R, R))}})
