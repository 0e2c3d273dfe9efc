"""Problems without a solution, or with solutions only at the boundary: told apart, and named."""

import logging

import numpy as np
import pytest

from citymrio.entropy import EntropyModel, InfeasibleError

CITIES = ["Anping", "Boyang", "Changle", "Dongwan"]


def trade(out, into):
    """Trade between cities, zero diagonal (method, section 5)."""
    model = EntropyModel("trade of cities, province 13, sector 05")
    t = model.variable("trade", 1.0 - np.eye(len(out)))
    model.equal("outflow", t.sum_over(1), out, labels=CITIES[: len(out)])
    model.equal("inflow", t.sum_over(0), into, labels=CITIES[: len(out)])
    return model


def named(error):
    return {(name, label) for name, label, _ in error.value.conflict}


@pytest.mark.parametrize("gap", [6.0, 1e-3, 1e-8])
def test_totals_that_disagree_are_named_with_their_difference(gap):
    with pytest.raises(InfeasibleError, match="contradict each other") as error:
        trade([10.0, 3, 4, 2], [3.0, 5, 6, 5 + gap]).solve()
    assert error.value.amount == pytest.approx(gap, rel=1e-6)
    assert named(error) == {(side, city) for side in ("inflow", "outflow") for city in CITIES}
    assert "province 13, sector 05" in str(error.value)


@pytest.mark.parametrize("excess", [0.5, 1e-4, 1e-7])
def test_dominant_city_without_condition_h_is_named_with_its_excess(excess):
    with pytest.raises(InfeasibleError) as error:
        trade([10.0, 3, 4, 2], [9 + excess, 3, 4, 3 - excess]).solve()
    assert error.value.amount == pytest.approx(excess, rel=1e-5)
    first = {("outflow", "Anping")} | {("inflow", city) for city in CITIES[1:]}
    second = {("inflow", "Anping")} | {("outflow", city) for city in CITIES[1:]}
    assert named(error) in (first, second)


def test_two_cities_that_do_not_mirror_each_other_are_refused():
    with pytest.raises(InfeasibleError) as error:
        trade([3.0, 7.0], [6.0, 4.0]).solve()
    assert error.value.amount == pytest.approx(1.0)


def test_dominant_city_exactly_at_condition_h_has_the_star_as_solution(caplog):
    with caplog.at_level(logging.INFO):
        solution = trade([10.0, 3, 4, 2], [9.0, 3, 4, 3]).solve()
    star = np.zeros((4, 4))
    star[0, 1:], star[1:, 0] = [3, 4, 3], [3, 4, 2]
    np.testing.assert_allclose(solution["trade"], star, rtol=1e-12)
    np.testing.assert_array_equal(solution.forced["trade"], (star == 0) & ~np.eye(4, dtype=bool))
    assert "'trade' at [1, 2]" in caplog.text


def test_forced_zeros_are_an_error_on_request():
    with pytest.raises(
        InfeasibleError, match=r"every solution has zeros .* 'trade' at \[1, 2\], \[1, 3\]"
    ):
        trade([10.0, 3, 4, 2], [9.0, 3, 4, 3]).solve(boundary="error")


@pytest.mark.parametrize("room", [1e-3, 1e-7, 1e-10])
def test_a_dominant_city_just_inside_condition_h_is_solved_without_forced_zeros(room):
    solution = trade([10.0, 3, 4, 2], [9 - room, 3, 4, 3 + room]).solve()
    assert not solution.forced["trade"].any()
    assert solution["trade"][1:, 1:].sum() == pytest.approx(room, rel=1e-4)


def capped(total, cap):
    model = EntropyModel("exports of cities")
    x = model.variable("exports", np.arange(1.0, 5.0))
    model.equal("total", x.total(), total, labels=["province"])
    model.at_most("cap", x.each(), cap, labels=CITIES)
    return model


def test_caps_below_the_total_are_named_with_the_shortage():
    with pytest.raises(
        InfeasibleError, match=r"'total' at province ask for 15\.2, against 'cap' at .* with 12"
    ) as error:
        capped(15.2, np.full(4, 3.0)).solve()
    assert error.value.amount == pytest.approx(3.2)
    assert named(error) == {("total", "province")} | {("cap", city) for city in CITIES}


def test_caps_equal_to_the_total_are_solved():
    np.testing.assert_allclose(
        capped(12.0, np.full(4, 3.0)).solve()["exports"], np.full(4, 3.0), rtol=1e-12
    )


def test_caps_of_zero_are_zeros():
    values = capped(5.0, np.array([3.0, 0, 0, 3])).solve()["exports"]
    assert values[1] == values[2] == 0.0
    np.testing.assert_allclose(values[[0, 3]], [2.0, 3.0], rtol=1e-12)


def test_positive_target_over_an_all_zero_prior_is_named():
    model = EntropyModel("city tables")
    x = model.variable("table", np.array([[1.0, 2.0], [0.0, 0.0]]))
    model.equal("row total", x.sum_over(1), [3.0, 0.5], labels=["05", "06"])
    with pytest.raises(InfeasibleError, match=r"'row total' at 06 \(target 0\.5\)") as error:
        model.solve()
    assert named(error) == {("row total", "06")}


def test_zero_targets_force_zeros_and_then_others_contradict():
    model = EntropyModel("chain")
    x = model.variable("x", np.ones((2, 2)))
    model.equal("rows", x.sum_over(1), [0.0, 4.0], labels=["a", "b"])
    model.equal("first column", x.sum_over(0).pick([0]), [0.0], labels=["c"])
    model.equal("diagonal", x.dot(np.eye(2)), [4.0], labels=["d"])
    np.testing.assert_allclose(model.solve()["x"], [[0, 0], [0, 4]], rtol=1e-12)
    model.equal("corner", x.dot(np.array([[0, 0], [1, 0]])), [1.0], labels=["e"])
    with pytest.raises(InfeasibleError, match="'corner' at e"):
        model.solve()


def test_negative_total_of_positive_variables_is_named():
    model = EntropyModel("supply")
    x = model.variable("x", np.ones(3))
    model.equal("supply", x.total(), -1.0, labels=["Anping"])
    with pytest.raises(InfeasibleError, match="'supply' at Anping"):
        model.solve()


def test_the_conflict_of_one_block_is_named_alone():
    """Five sectors in one model, one of them inconsistent: the others are not accused."""
    generator = np.random.default_rng(4)
    prior = generator.random((5, 6, 6))
    out, into = prior.sum(2), prior.sum(1)
    into[3, 0] *= 1.001
    model = EntropyModel("five sectors")
    x = model.variable("x", prior)
    labels = [f"{s} {r}" for s in range(5) for r in range(6)]
    model.equal("out", x.sum_over(2), out.ravel(), labels=labels)
    model.equal("in", x.sum_over(1), into.ravel(), labels=labels)
    with pytest.raises(InfeasibleError) as error:
        model.solve()
    assert {label.split()[0] for _, label in named(error)} == {"3"}
    assert error.value.amount == pytest.approx(into[3].sum() - out[3].sum(), rel=1e-6)


def test_the_conflict_is_found_whatever_the_solver():
    with pytest.raises(InfeasibleError) as error:
        trade([10.0, 3, 4, 2], [9.5, 3, 4, 2.5]).solve(solver="CLARABEL", tol=1e-6)
    assert error.value.amount == pytest.approx(0.5)


def test_soft_constraints_take_the_conflict_instead():
    model = EntropyModel("soft conflict")
    x = model.variable("x", np.ones((2, 2)))
    model.equal("rows", x.sum_over(1), [1.0, 2.0])
    model.equal("columns", x.sum_over(0), [5.0, 5.0], soft=10.0)
    solution = model.solve()
    np.testing.assert_allclose(solution["x"].sum(1), [1.0, 2.0], rtol=1e-12)
    assert solution.slack["columns"].sum() == pytest.approx(3.0 - 10.0, rel=1e-12)


def test_one_wrong_column_total_among_three_way_margins_is_traced_to_its_column():
    """The rows that add up to the wrong total are named, and no other of the many implied totals."""
    generator = np.random.default_rng(8)
    table = generator.random((6, 8, 9))
    cells, rows, columns = table.sum(0), table.sum(2), table.sum(1)
    columns[4, 3] *= 1.001
    model = EntropyModel("three-way margins")
    x = model.variable("table", generator.random(table.shape))
    model.equal(
        "cells",
        x.sum_over(0),
        cells.ravel(),
        labels=[f"{i},{c}" for i in range(8) for c in range(9)],
    )
    model.equal("rows", x.sum_over(2), rows.ravel())
    model.equal(
        "columns",
        x.sum_over(1),
        columns.ravel(),
        labels=[f"{s},{c}" for s in range(6) for c in range(9)],
    )
    with pytest.raises(InfeasibleError) as error:
        model.solve()
    expected = {("columns", f"{s},3") for s in range(6)} | {("cells", f"{i},3") for i in range(8)}
    assert named(error) == expected
    assert error.value.amount == pytest.approx(columns[4, 3] * 0.001 / 1.001, rel=1e-6)
