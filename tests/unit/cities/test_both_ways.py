"""The same numbers through cvxpy, as in the main estimate, and by factors and arrays, as in variants
and the ensemble.
"""

import numpy as np
import pandas as pd
import pytest
from small_countries import tiny

from citymrio.base.errors import collect_notices
from citymrio.base.solvers import DIRECT, DUAL
from citymrio.chain.estimate import estimate
from citymrio.chain.steps import known_of, run_steps
from citymrio.cities.chain import estimate_province
from citymrio.cities.province import Province
from citymrio.config.models import load_config

FILES = ("accounts", "split", "tables", "trade", "linked")
METHODS = {
    "paper": {},
    "calibrated": {"method": "calibrated"},
    "joint": {"cities": {"split": "joint", "trade_prior": "power", "theta": 1.5}},
    "output": {"cities": {"emissions_enter": "output"}},
    "blend": {"cities": {"demand": "blend", "demand_weight": 0.4}},
    "as printed": {"provinces": {"calibrate": "none"}},
    "residual": {"emissions": {"missing": "residual"}},
}
#: What `make test` tries; the slow tests try the others.
QUICK = ("calibrated",)


def same(one, other):
    """Variables to 1e-10, in cells of nearly nothing of the largest."""
    assert {*one.variables} == {*other.variables} and one.attrs == other.attrs
    for name in one.variables:
        found, expected = one[name].values, other[name].values
        if found.dtype.kind != "f":
            np.testing.assert_array_equal(found, expected, err_msg=str(name))
            continue
        size = np.nanmax(np.abs(expected), initial=0.0)
        np.testing.assert_allclose(found, expected, 1e-10, 1e-13 * size, err_msg=str(name))


@pytest.mark.parametrize(
    "method",
    [pytest.param(name, marks=[pytest.mark.slow] * (name not in QUICK)) for name in METHODS],
)
def test_both_ways_give_the_same_numbers(method):
    dataset, config = tiny(), load_config(METHODS[method])
    assert (config.solver.name, config.in_memory.solver.name) == (DUAL, DIRECT)
    with collect_notices():
        made, direct = (
            run_steps(known_of(dataset, one), "system", "mrio")
            for one in (config, config.in_memory)
        )
        same(made["system"], direct["system"])
        same(mrio := made["mrio"], direct["mrio"])
        result = estimate(dataset, config, mrio)
        known = run_steps(known_of(dataset, config, mrio=mrio), "intensities", "priors").values()
        for code in dataset.codes:
            parts = mrio, code, dataset.tables, dataset.observations[code], config.cities
            compiled, arrays = (
                estimate_province(Province.of(*parts, solver, *known))
                for solver in (config.solver, config.solver.direct)
            )
            for file in FILES:
                same(getattr(compiled, file), getattr(arrays, file))
            same(compiled.accounts, result.accounts[code])
        same(
            run_steps(known_of(dataset, config, nested=result.nested), "inventory")["inventory"],
            result.inventory,
        )


def test_what_becomes_of_data_and_the_diagnostics_are_the_same_both_ways():
    dataset, config = tiny(), load_config({})
    with collect_notices():
        mrio = run_steps(known_of(dataset, config), "mrio")["mrio"]
        code = dataset.tables["regions"]["province"].value_counts().idxmax()
        parts = mrio, code, dataset.tables, dataset.observations[code], config.cities
        one, other = (
            estimate_province(Province.of(*parts, solver))
            for solver in (config.solver, config.solver.direct)
        )
    tables = [part.diagnostics for part in (one, other)]
    of_solver = tables[0]["quantity"].isin(["iterations", "residual", "relative_gap", "entropy"])
    assert 0 < of_solver.sum() < len(of_solver)
    told = [table[~of_solver] for table in tables]
    pd.testing.assert_frame_equal(*told, rtol=1e-10)
    assert tables[0]["quantity"].equals(tables[1]["quantity"])
    assert len(one.used) == len(dataset.observations[code])
    pd.testing.assert_frame_equal(one.used, other.used, rtol=1e-10)


def test_a_solver_without_a_direct_form_is_kept():
    config = load_config({"solver": {"name": "CLARABEL", "tol_inner": 1e-8, "tol_outer": 1e-6}})
    assert config.in_memory.solver == config.solver
