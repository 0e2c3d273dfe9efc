"""EntropyModel: known solutions, closed forms, labels, slacks and duals."""

import gc

import numpy as np
import pytest
import scipy.sparse as sp

from citymrio.entropy import (
    CertificateError,
    EntropyModel,
    InfeasibleError,
    Labels,
    capped_proportional,
    certify,
)
from citymrio.entropy.dual import Dual

JUNIUS_OOSTERHAVEN = np.array([[7.0, 3, 5, -3], [2, 9, 8, 1], [-2, 0, 2, 1]])


def gras_model():
    model = EntropyModel("Junius-Oosterhaven table")
    n = model.signed_variable("table", JUNIUS_OOSTERHAVEN)
    model.equal("rows", n.sum_over(1), [15, 26, -1])
    model.equal("columns", n.sum_over(0), [9, 16, 17, -2])
    return model


def test_gras_solves_the_junius_oosterhaven_table():
    expected = [
        [8.97644, 3.74316, 5.72173, -3.44133],
        [2.79934, 12.25684, 9.99231, 0.95151],
        [-2.77578, 0, 1.28596, 0.48982],
    ]
    solution = gras_model().solve()
    np.testing.assert_allclose(solution["table"], expected, atol=5e-6)
    assert solution["table"][2, 1] == 0.0
    assert solution.certificate.passes(1e-13)


def test_two_margins_equal_iterated_scaling():
    generator = np.random.default_rng(1)
    prior = generator.random((6, 9))
    rows, columns = prior.sum(1) * generator.random(6), None
    columns = (prior * generator.random((6, 9))).sum(0)
    columns *= rows.sum() / columns.sum()
    model = EntropyModel("ras")
    x = model.variable("x", prior)
    model.equal("rows", x.sum_over(1), rows)
    model.equal("columns", x.sum_over(0), columns)
    scaled = prior.copy()
    for _ in range(2000):
        scaled *= (rows / scaled.sum(1))[:, None]
        scaled *= columns / scaled.sum(0)
    np.testing.assert_allclose(model.solve()["x"], scaled, rtol=1e-12)


@pytest.mark.parametrize("total, capped", [(6.0, 0), (10.0, 1), (14.5, 4), (15.0, 5)])
def test_caps_equal_the_capped_proportional_projection(total, capped):
    prior, cap = np.array([1.0, 2, 3, 4, 5, 0]), np.full(6, 3.0)
    model = EntropyModel("caps")
    x = model.variable("x", prior)
    model.equal("total", x.total(), total)
    model.at_most("cap", x.each(), cap)
    values, factor, at_cap = capped_proportional(prior, total, cap)
    np.testing.assert_allclose(model.solve()["x"], values, rtol=1e-11)
    np.testing.assert_allclose(
        values, np.minimum(factor * prior, np.where(prior > 0, cap, 0)), rtol=1e-14
    )
    assert at_cap.sum() == capped


def test_capped_projection_names_the_shortage():
    with pytest.raises(InfeasibleError, match=r"caps add up to 6 \(short of 1\.5\)"):
        capped_proportional(np.ones(3), 7.5, np.array([1.0, 2, 3]))


def test_capped_projection_refuses_a_total_over_an_empty_prior():
    with pytest.raises(InfeasibleError, match="the prior is 0 everywhere"):
        capped_proportional(np.zeros(3), 1.0, 1.0)


def test_capped_projection_reaches_its_total_over_twelve_orders_of_magnitude():
    prior = 10.0 ** np.linspace(-6, 6, 50)
    values, _, _ = capped_proportional(prior, 1e4, np.full(50, 400.0))
    assert abs(values.sum() / 1e4 - 1) < 1e-14
    assert np.all(values <= 400.0)


def split(supply, demand, out, into, unit=1.0):
    """Method, section 3: supply and demand of cities with self-supply counted on both sides,
    uniform reference.
    """
    count = len(supply)
    model = EntropyModel("split")
    parts = {
        name: model.variable(name, np.ones(count), weight=2.0 if name == "L" else 1.0)
        for name in "LOEIM"
    }
    model.equal("supply", parts["L"].each() + parts["O"].each() + parts["E"].each(), supply * unit)
    model.equal("demand", parts["L"].each() + parts["I"].each() + parts["M"].each(), demand * unit)
    model.equal("outflow", parts["E"].total(), out * unit)
    model.equal("inflow", parts["M"].total(), into * unit)
    return model.solve()


def test_split_is_free_of_the_money_unit():
    supply, demand = np.array([50.0, 20, 10, 5, 40]), np.array([30.0, 30, 20, 10, 15])
    base = split(supply, demand, 40.0, 20.0)
    for unit in (1e-3, 1e4, 1e9):
        other = split(supply, demand, 40.0, 20.0, unit)
        for name in "LOEIM":
            np.testing.assert_allclose(other[name] / unit, base[name], rtol=1e-11)


def test_split_has_the_product_form_of_the_method():
    s = split(np.array([50.0, 20, 10, 5, 40]), np.array([30.0, 30, 20, 10, 15]), 40.0, 20.0)
    np.testing.assert_allclose(s["L"] ** 2, s["O"] * s["I"], rtol=1e-10)
    np.testing.assert_allclose(s["E"] / s["O"], (s["E"] / s["O"])[0], rtol=1e-10)
    np.testing.assert_allclose(s["M"] / s["I"], (s["M"] / s["I"])[0], rtol=1e-10)


def test_permuting_cities_permutes_the_solution():
    generator = np.random.default_rng(5)
    prior, truth = generator.random((7, 8)), generator.random((7, 8))

    def solve(order, across):
        model = EntropyModel("permuted")
        x = model.variable("x", prior[np.ix_(order, across)])
        target = truth[np.ix_(order, across)]
        model.equal("rows", x.sum_over(1), target.sum(1))
        model.equal("columns", x.sum_over(0), target.sum(0))
        return model.solve()["x"]

    order, across = generator.permutation(7), generator.permutation(8)
    base = solve(np.arange(7), np.arange(8))
    np.testing.assert_allclose(solve(order, across), base[np.ix_(order, across)], rtol=1e-12)


def test_prior_that_meets_the_constraints_is_returned_unchanged():
    prior = np.random.default_rng(2).random((4, 5, 6))
    model = EntropyModel("fixed point")
    x = model.variable("x", prior)
    for axis in range(3):
        model.equal(f"margin {axis}", x.sum_over(axis), prior.sum(axis))
    np.testing.assert_allclose(model.solve()["x"], prior, rtol=1e-13)


def test_soft_row_gives_the_exponent_of_unbalanced_transport():
    """One soft total: x = q (b / sum x)^rho, so that s = q_total (b / s)^rho."""
    prior, target, rho = np.array([1.0, 2, 3]), 20.0, 4.0
    model = EntropyModel("soft")
    x = model.variable("x", prior)
    model.equal("total", x.total(), target, soft=rho)
    solution = model.solve()
    total = solution["x"].sum()
    assert total == pytest.approx(6.0 ** (1 / (1 + rho)) * target ** (rho / (1 + rho)), rel=1e-12)
    assert solution.slack["total"][0] == pytest.approx(total - target, rel=1e-12)


def test_linear_term_tilts_the_prior():
    model = EntropyModel("linear")
    x = model.variable("x", np.array([1.0, 1.0]))
    model.equal("total", x.total(), 3.0)
    model.linear(x.each(), [0.0, np.log(2.0)])
    np.testing.assert_allclose(model.solve()["x"], [2.0, 1.0], rtol=1e-13)


def test_weights_divide_the_exponent():
    model = EntropyModel("weights")
    x = model.variable("x", np.ones(2), weight=np.array([1.0, 2.0]))
    model.equal("total", x.total(), 6.0)
    a, b = model.solve()["x"]
    assert a == pytest.approx(b**2, rel=1e-12)
    assert a + b == pytest.approx(6.0, rel=1e-14)


def test_dual_is_the_change_of_the_optimum_with_the_target():
    def solve(total):
        model = EntropyModel("dual")
        x = model.variable("x", np.array([1.0, 2.0, 5.0]))
        model.equal("total", x.total(), total)
        model.at_most("cap", x.each(), [10.0, 1.5, 10.0])
        return model.solve()

    step = 1e-5
    slope = (solve(4 + step).certificate.objective - solve(4 - step).certificate.objective) / (
        2 * step
    )
    assert solve(4.0).dual["total"][0] == pytest.approx(slope, rel=1e-7)


def test_expressions_add_scale_and_select():
    model = EntropyModel("expressions")
    a = model.variable("a", np.ones((2, 3)))
    b = model.variable("b", np.ones(2))
    rows = 2 * a.sum_over(1) - b.each() * np.array([1.0, 3.0])
    dense = rows.stacked({"a": slice(0, 6), "b": slice(6, 8)}, 8).toarray()
    np.testing.assert_array_equal(dense, [[2, 2, 2, 0, 0, 0, -1, 0], [0, 0, 0, 2, 2, 2, 0, -3]])
    np.testing.assert_array_equal(
        rows.pick([1]).stacked({"a": slice(0, 6), "b": slice(6, 8)}, 8).toarray(), dense[1:]
    )
    general = a.rows(sp.csr_array(np.arange(12.0).reshape(2, 6)))
    np.testing.assert_array_equal(general.parts["a"].toarray(), np.arange(12.0).reshape(2, 6))
    weighted = a.dot(np.array([[1.0], [10.0]]))
    np.testing.assert_array_equal(weighted.parts["a"].toarray(), [[1, 1, 1, 10, 10, 10]])


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_sums_of_chosen_cells_are_general_rows_of_ones(sign):
    rng = np.random.default_rng(4)
    prior = sign * rng.random((3, 4, 5)) * (rng.random((3, 4, 5)) < 0.7)
    x = EntropyModel("chosen").signed_variable("x", prior)
    row = rng.integers(-1, 7, prior.shape)
    chosen = row.ravel() >= 0
    matrix = sp.csr_array(
        (np.ones(chosen.sum()), (row.ravel()[chosen], np.flatnonzero(chosen))),
        shape=(8, prior.size),
    )
    one, other = x.sums(row, 8), x.rows(matrix)
    assert one.count == other.count == 8
    np.testing.assert_array_equal(one.parts["x"].toarray(), other.parts["x"].toarray())
    np.testing.assert_allclose(
        one.parts["x"] @ np.abs(prior.ravel()[x.support]), matrix @ prior.ravel(), rtol=1e-14
    )


def test_sum_over_keeps_remaining_axes_in_c_order():
    prior = np.arange(24.0).reshape(2, 3, 4)
    model = EntropyModel("axes")
    x = model.variable("x", prior)
    for axes in (0, 1, 2, (0, 1), (0, 2), (1, -1), (0, 1, 2)):
        rows = x.sum_over(axes)
        np.testing.assert_array_equal(
            rows.parts["x"] @ prior.ravel()[x.support], prior.sum(axes).ravel()
        )


@pytest.mark.parametrize(
    "build, message",
    [
        (lambda m: m.variable("x", np.array([1.0, -1.0])), "must be finite and >= 0"),
        (lambda m: m.variable("x", np.array([1.0, np.nan])), "must be finite"),
        (lambda m: m.variable("x", np.ones(2), weight=0.0), "must be positive"),
        (
            lambda m: m.equal("rows", m.variable("x", np.ones(2)).each(), [1.0, np.nan]),
            "not finite",
        ),
        (
            lambda m: m.equal("rows", m.variable("x", np.ones(2)).each(), 1.0, labels=["a"]),
            "2 rows but 1 labels",
        ),
        (
            lambda m: m.equal("rows", m.variable("x", np.ones(2)).each(), -1.0, soft=1.0),
            "soft constraint",
        ),
        (lambda m: m.variable("x", ["a"]), "faulty: prior of 'x': expected numbers, not"),
        (lambda m: m.variable("x", np.ones(2), [1.0] * 3), r"weights of 'x': .* shape \(2,\), not"),
        (lambda m: m.variable("x", np.ones(2)).sum_over(5), "axis 5 is out of bounds"),
        (lambda m: m.variable("x", np.ones(2)).dot([1.0] * 3), r"weights of 'x': .* shape \(2,\)"),
        (
            lambda m: m.equal("rows", m.variable("x", np.ones(2)).each(), [1.0] * 3),
            r"constraint 'rows': expected numbers of shape \(2,\), not",
        ),
        (lambda m: m.variable("x", np.ones(2)).sums([0, 9], 2), "sums below 2, not 2 with .* to 9"),
        (lambda m: m.variable("x", np.ones(2)).sums([0], 1), "expected 2 cells .* not 1 with"),
        (
            lambda m: m.equal("rows", m.variable("x", np.ones(2)), [1.0] * 2),
            "constraint 'rows' needs rows of a variable",
        ),
        (
            lambda m: m.linear(m.variable("x", np.ones(2)).each(), [1.0] * 3),
            "coefficients of a linear term: expected numbers",
        ),
    ],
)
def test_wrong_input_is_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build(EntropyModel("faulty"))


def test_tolerance_missed_by_a_solver_is_an_error_whatever_its_status():
    with pytest.raises(CertificateError, match="misses the tolerance 1e-14"):
        gras_model().solve(
            solver="CLARABEL", tol=1e-14, tol_gap_abs=1e-6, tol_gap_rel=1e-6, tol_feas=1e-6
        )


@pytest.mark.parametrize("solver", ["ENTROPY_DUAL", "ENTROPY_DIRECT"])
def test_iterations_that_do_not_suffice_are_an_error(solver):
    generator = np.random.default_rng(0)
    model = EntropyModel("too few")
    x = model.variable("x", generator.random((20, 20)) * 10.0 ** generator.uniform(-5, 5, (20, 20)))
    target = generator.random((20, 20))
    model.equal("rows", x.sum_over(1), target.sum(1))
    model.equal("columns", x.sum_over(0), target.sum(0))
    with pytest.raises(CertificateError, match="worst constraint"):
        model.solve(solver=solver, max_iterations=1)


def test_certificate_sees_a_wrong_primal_and_a_wrong_dual():
    prior, matrix, target = np.ones(3), sp.csr_array(np.ones((1, 3))), np.array([6.0])
    facts = {
        "prior": prior,
        "weight": np.ones(3),
        "matrix": matrix,
        "target": target,
        "equality": np.array([True]),
    }
    x, y = np.full(3, 2.0), np.array([np.log(2.0)])
    assert certify(x, y, **facts).passes(1e-15)
    assert certify(x * 1.01, y, **facts).residual == pytest.approx(0.01 / 1.01)
    assert certify(np.array([1.0, 2.0, 3.0]), y, **facts).relative_gap > 0.05
    assert certify(x, y + 0.1, **facts).relative_gap > 1e-3
    assert not np.isfinite(certify(np.array([-1.0, 3.0, 4.0]), y, **facts).relative_gap)


def test_certificate_measures_small_rows_by_their_own_margin():
    facts = {
        "prior": np.ones(2),
        "weight": np.ones(2),
        "matrix": sp.eye_array(2).tocsr(),
        "equality": np.ones(2, dtype=bool),
    }
    target = np.array([1e9, 1e-3])
    x = np.array([1e9, 1.1e-3])
    assert certify(x, np.log(x), target=target, **facts).residual == pytest.approx(0.1 / 1.1)


def test_solution_is_the_same_whatever_the_solver():
    a = gras_model().solve()["table"]
    b = gras_model().solve(
        solver="CLARABEL", tol=1e-6, tol_gap_rel=1e-12, tol_gap_abs=1e-12, tol_feas=1e-12
    )["table"]
    np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_model_without_any_variable_is_solved_by_zeros():
    model = EntropyModel("empty")
    x = model.variable("x", np.zeros((2, 2)))
    model.equal("rows", x.sum_over(1), np.zeros(2))
    np.testing.assert_array_equal(model.solve()["x"], np.zeros((2, 2)))


def problems():
    """One problem of every kind the chain poses: two margins, caps, soft rows, forced zeros, signs,
    linear costs.
    """
    rng = np.random.default_rng(7)
    prior = rng.random((5, 6)) * (rng.random((5, 6)) > 0.2)
    wanted = prior * rng.random((5, 6))
    soft = EntropyModel("margins, a cap, soft totals")
    x = soft.variable("x", prior, weight=2.0)
    soft.equal("rows", x.sum_over(1), wanted.sum(1))
    soft.at_most("cap", x.each(), np.where(prior > 0, 0.9 * wanted.max(), 1.0).ravel())
    soft.equal("columns", x.sum_over(0), 0.8 * wanted.sum(0), soft=5.0)
    soft.linear(x.total(), 0.3)
    zeros = EntropyModel("a margin of 0")
    y = zeros.variable("y", prior + 0.1)
    zeros.equal("rows", y.sum_over(1), [1.0, 2.0, 0.0, 3.0, 1.0])
    zeros.equal("columns", y.sum_over(0), [2.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    return {"gras": gras_model(), "soft": soft, "zeros": zeros}


@pytest.mark.parametrize("name", ["gras", "soft", "zeros"])
def test_the_way_around_cvxpy_gives_what_cvxpy_gives(name):
    one, other = problems()[name].solve(), problems()[name].solve(solver="ENTROPY_DIRECT")
    for variable in one.values:
        np.testing.assert_allclose(other[variable], one[variable], rtol=1e-11, atol=1e-14)
        np.testing.assert_array_equal(other.forced[variable], one.forced[variable])
    for block in one.dual:
        np.testing.assert_allclose(other.dual[block], one.dual[block], rtol=1e-8, atol=1e-10)
    for block in one.slack:
        np.testing.assert_allclose(other.slack[block], one.slack[block], rtol=1e-8, atol=1e-12)
    assert other.certificate.passes(1e-12)


def test_the_way_around_cvxpy_names_a_conflict_alike():
    messages = []
    for solver in ("ENTROPY_DUAL", "ENTROPY_DIRECT"):
        model = EntropyModel("two totals")
        x = model.variable("x", np.ones((2, 2)))
        model.equal("rows", x.sum_over(1), [1.0, 2.0], labels=["a", "b"])
        model.equal("columns", x.sum_over(0), [1.0, 3.0], labels=["c", "d"])
        with pytest.raises(InfeasibleError) as error:
            model.solve(solver=solver)
        messages.append(str(error.value))
    assert messages[0] == messages[1] and "'rows'" in messages[0]


def test_without_a_diagnosis_a_conflict_is_a_missed_tolerance_and_no_program_is_solved(monkeypatch):
    def never(*_, **__):
        raise AssertionError("looked for the reason")

    model = EntropyModel("two totals")
    x = model.variable("x", np.ones((2, 2)))
    model.equal("rows", x.sum_over(1), [1.0, 2.0], labels=["a", "b"])
    model.equal("columns", x.sum_over(0), [1.0, 3.0], labels=["c", "d"])
    monkeypatch.setattr("citymrio.entropy.kernel.find_conflict", never)
    with pytest.raises(CertificateError):
        model.solve(solver="ENTROPY_DIRECT", diagnose=False)
    with pytest.raises(AssertionError, match="looked for the reason"):
        model.solve(solver="ENTROPY_DIRECT")


def test_labels_are_the_combinations_of_their_parts():
    labels = Labels("city {}, {}", ["a", "b"], ["1", "2", "3"], chosen=np.array([4, 0]))
    assert [*labels] == ["city b, 2", "city a, 1"]
    assert [*Labels("{}{}", "ab", "12")] == ["a1", "a2", "b1", "b2"]


def test_what_a_solve_needed_is_free_without_the_garbage_collector():
    model = EntropyModel("flows")
    flows = model.variable("flows", np.array([[1.0, 2.0], [3.0, 4.0]]))
    model.equal("sales", flows.sum_over(1), np.array([30.0, 10.0]))
    model.equal("purchases", flows.sum_over(0), np.array([24.0, 16.0]))
    gc.collect()
    gc.disable()
    try:
        model.solve("ENTROPY_DIRECT")
        assert not [one for one in gc.get_objects() if isinstance(one, Dual)]
    finally:
        gc.enable()
