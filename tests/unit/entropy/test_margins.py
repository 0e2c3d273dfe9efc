"""Margin-only problems without a matrix of constraints: the solutions and the refusals of EntropyModel."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp

from citymrio.base.errors import CertificateError, DataError, InfeasibleError
from citymrio.entropy import EntropyModel, margins
from citymrio.entropy.certificate import certify
from citymrio.entropy.margins import Margins, fit_margins
from citymrio.trade.one_level import border_reference, one_level_trade


def problem(kind: str):
    """Prior, row sums, column sums."""
    rng = np.random.default_rng(len(kind))
    count = 24
    place = rng.random((count, 2))
    distance = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1)) + 0.01
    priors = {
        "uniform": np.ones((count, count)),
        "gravity": distance**-2.0,
        "border": border_reference(distance**-1.0, np.arange(count) % 3, 0.05),
        "local": np.exp(-distance / 0.03),
        "few cells": rng.gamma(0.2, 1, (count, count)) * (rng.random((count, count)) < 0.5) + np.eye(count),
        "no diagonal": 1.0 - np.eye(count),
        "oblong": rng.gamma(0.5, 1, (count, 7)),
        "empty margins": distance**-1.0,
    }
    prior = priors[kind]
    if kind == "few cells":
        flow = prior * rng.lognormal(0, 1, prior.shape)
        return prior, flow.sum(axis=1), flow.sum(axis=0)
    rows, columns = rng.lognormal(0, 0.4, prior.shape[0]), rng.lognormal(0, 0.4, prior.shape[1])
    if kind == "empty margins":
        rows[[2, 5]] = columns[[5, 6, 9]] = 0.0
    return prior, rows, columns * rows.sum() / columns.sum()


def given(rows, columns, title="trade of tests"):
    return Margins(rows, columns, [f"r{k}" for k in range(len(rows))], [f"s{k}" for k in range(len(columns))], title=title)


def model_of(prior, rows, columns):
    model = EntropyModel("trade of tests")
    flow, asked = model.variable("flow", prior=prior), given(rows, columns)
    model.equal("outflow", flow.sum_over(1), rows, labels=asked.row_labels)
    model.equal("inflow", flow.sum_over(0), columns, labels=asked.column_labels)
    return model


KINDS = ["uniform", "gravity", "border", "local", "few cells", "no diagonal", "oblong", "empty margins"]


@pytest.mark.parametrize("kind", KINDS)
def test_solution_and_certificate_equal_those_of_the_entropy_model(kind):
    prior, rows, columns = problem(kind)
    kept = prior.copy()
    found = fit_margins(prior, given(rows, columns))
    expected = model_of(prior, rows, columns).solve(tol=1e-13)
    np.testing.assert_allclose(found.x, expected["flow"], rtol=1e-11, atol=1e-12 * rows.sum() / prior.size)
    np.testing.assert_array_equal(prior, kept)
    ours, theirs = found.certificate, expected.certificate
    assert ours.objective == pytest.approx(theirs.objective, rel=1e-11)
    assert ours.entropy == pytest.approx(theirs.entropy, rel=1e-11)
    assert (ours.variables, ours.constraints) == (prior.size, rows.size + columns.size)


@pytest.mark.parametrize("moved", [0.0, 1e-6], ids=["right", "wrong by 1e-6"])
def test_certificate_equals_the_general_one(moved, monkeypatch):
    """Computed a row at a time from solution and dual alone; a wrong solution shows."""
    monkeypatch.setattr(margins, "BLOCK", 1)
    prior, rows, columns = problem("few cells")
    found = fit_margins(prior, given(rows, columns))
    x = found.x * (1 + moved * np.random.default_rng(0).random(prior.shape))
    ours = margins.certify_margins(x, found.row_dual, found.column_dual, prior, given(rows, columns))
    dense = np.concatenate([np.kron(np.eye(24), np.ones(24)), np.kron(np.ones(24), np.eye(24))])
    y = np.concatenate([found.row_dual, found.column_dual])
    theirs = certify(
        x.ravel(),
        y,
        prior=prior.ravel(),
        weight=np.ones(prior.size),
        matrix=sp.csr_array(dense),
        target=np.concatenate([rows, columns]),
        equality=np.ones(48, dtype=bool),
    )
    for name in ("relative_gap", "residual", "entropy", "objective"):
        assert getattr(ours, name) == pytest.approx(getattr(theirs, name), rel=1e-6, abs=1e-15)
    assert ours.passes(1e-12) == (moved == 0)


@pytest.mark.parametrize(
    ("prior", "rows", "columns"),
    [
        (np.ones((3, 3)), [1, 1, 1], [1, 1, 2]),
        (np.array([[0, 0], [1, 1.0]]), [1, 1], [1, 1]),
        (np.ones((2, 2)), [3, -1], [1, 1]),
        (1 - np.eye(4), [3.5, 1, 1, 1], [3.5, 1, 1, 1]),
        (np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1.0]]), [2, 2, 1, 1], [1, 1, 2, 2]),
    ],
    ids=["sums differ", "empty row", "negative", "condition H", "a block too small"],
)
def test_infeasible_margins_are_refused_as_by_the_entropy_model(prior, rows, columns):
    rows, columns = np.array(rows, dtype=float), np.array(columns, dtype=float)
    with pytest.raises(InfeasibleError) as theirs:
        model_of(prior, rows, columns).solve()
    with pytest.raises(InfeasibleError) as ours:
        fit_margins(prior, given(rows, columns))
    assert ours.value.amount == pytest.approx(theirs.value.amount)
    start = str(theirs.value).split(":")[1].split("(")[0]
    assert str(ours.value).startswith(f"trade of tests:{start}")
    assert ours.value.conflict


def test_margins_without_room_have_the_zeros_that_they_force():
    """The star: the first region sells to all others, and buys from all others (condition H holds with equality)."""
    sums = np.array([3.0, 1.0, 1.0, 1.0])
    found = fit_margins(1 - np.eye(4), given(sums, sums))
    expected = np.zeros((4, 4))
    expected[0, 1:] = expected[1:, 0] = 1.0
    np.testing.assert_allclose(found.x, expected, atol=1e-11)
    assert found.certificate.passes(1e-12)


def test_a_certificate_that_is_missed_is_an_error(monkeypatch):
    monkeypatch.setattr(margins, "SWEEPS", 2)
    monkeypatch.setattr(margins, "NEWTON", 0)
    with pytest.raises(CertificateError, match=r"trade of tests: residual .* \('outflow' at r\d+\)"):
        fit_margins(problem("local")[0], given(*problem("local")[1:]))


@pytest.mark.parametrize("prior", [-np.ones((2, 2)), np.full((2, 2), np.nan), np.ones((2, 3))], ids=["negative", "nan", "shape"])
def test_a_prior_that_is_none_is_refused(prior):
    with pytest.raises(DataError, match="expected numbers >= 0 of shape"):
        fit_margins(prior, given(np.ones(2), np.ones(2)))


def test_trade_of_one_level_is_the_same_on_two_threads_and_gives_shares():
    rng, count, regions, sectors = np.random.default_rng(5), 12, [f"r{k}" for k in range(12)], ["s1", "s2", "s3"]
    outflow, inflow = rng.lognormal(0, 1, (2, count, 3))
    inflow[4, 1] = 0.0
    inflow *= outflow.sum(axis=0) / inflow.sum(axis=0)
    prior = border_reference(rng.gamma(1, 1, (count, count)) + 0.1, np.arange(count) // 4, 0.2)
    names = {"regions": regions, "sectors": sectors}
    trade, certificates = one_level_trade(outflow, inflow, prior, **names)
    again, _ = one_level_trade(outflow, inflow, lambda _: prior, **names, threads=2)
    np.testing.assert_array_equal(trade, again)
    np.testing.assert_allclose(trade.sum(axis=2).T, outflow, rtol=1e-12)
    np.testing.assert_allclose(trade.sum(axis=1).T, inflow, rtol=1e-12)
    assert all(certificate.passes(1e-12) for certificate in certificates)
    shares, _ = one_level_trade(outflow, inflow, prior, **names, shares=True)
    np.testing.assert_allclose(shares.sum(axis=1), inflow.T > 0, rtol=1e-13)
    outflow[0, 2] *= 2
    with pytest.raises(InfeasibleError, match="trade, sector s3: the constraints contradict each other"):
        one_level_trade(outflow, inflow, prior, **names)


def test_a_border_factor_is_a_share():
    with pytest.raises(DataError, match="border factor of 22, expected 0 to 1"):
        border_reference(np.ones((2, 2)), np.array(["A", "B"]), 22)
